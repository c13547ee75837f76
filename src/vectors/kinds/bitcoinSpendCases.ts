// Makes cases of bitcoin.spend: every path of the three outputs and the extension, built by the library, signed, and then spoiled in one way.
import * as Delegation from '../../babylon/Delegation.ts';
import * as ExtensionTx from '../../babylon/ExtensionTx.ts';
import * as StakingContract from '../../babylon/StakingContract.ts';
import * as WithdrawalTx from '../../babylon/WithdrawalTx.ts';
import type * as Witness from '../../babylon/Witness.ts';
import * as Hex from '../../base/Hex.ts';
import * as Rate from '../../base/Rate.ts';
import * as Sats from '../../base/Sats.ts';
import * as LeafSpend from '../../bitcoin/LeafSpend.ts';
import * as Sighash from '../../bitcoin/Sighash.ts';
import * as TapTree from '../../bitcoin/TapTree.ts';
import * as Tx from '../../bitcoin/Tx.ts';
import type { Ecc } from '../../crypto/Ecc.ts';
import * as Schnorr from '../../crypto/Schnorr.ts';
import type { Draft, Spoiling } from '../definition.ts';
import type { Input } from '../model.ts';
import type { Random } from '../random.ts';
import { makeParty, nameOf, type Party } from './contract.ts';
import * as Made from './made.ts';

const PATHS = [
  'staking-timelock',
  'unbonding-timelock',
  'change-timelock',
  'unbonding',
  'staking-slashing',
  'unbonding-slashing',
  'extension',
] as const;

/** An unsigned spend of our output by input 0, with the groups of keys whose slots its witness has, bottom first. */
type Unsigned = {
  readonly name: string;
  readonly spend: LeafSpend.LeafSpend;
  readonly groups: readonly Group[];
  /** The relative lock of the leaf, where it has one. @unit blocks */
  readonly lock: number;
  /** The key of a second input, spent by key path. */
  readonly funding?: Made.KeyPair;
};
type Group = { readonly role: Witness.Role; readonly keys: readonly Made.KeyPair[]; readonly quorum: number };

/** A signed spend and the chain around it. */
type Scene = {
  readonly unsigned: Unsigned;
  readonly transaction: Tx.Transaction;
  readonly slots: Uint8Array[];
  readonly tipHeight: number;
  readonly confirmedHeight: number;
};

function makeUnsigned(random: Random, ecc: Ecc, path: (typeof PATHS)[number]): Unsigned {
  const party = makeParty(random, ecc);
  const name = `${path}-${nameOf(party)}`;
  const contract = contractFor(party, random, ecc);
  const delegation = delegationFor(contract, random);
  const { stakingTimeBlocks, unbondingTimeBlocks } = contract.terms;
  const staker: Group = { role: 'staker', keys: [party.staker], quorum: 1 };
  const provider: Group = { role: 'finalityProvider', keys: descending(party.providers), quorum: 1 };
  const covenant: Group = { role: 'covenant', keys: descending(party.covenant), quorum: party.quorum };
  switch (path) {
    case 'unbonding':
      return { name, spend: delegation.unbonding, groups: [covenant, staker], lock: 0 };
    case 'staking-slashing':
      return { name, spend: delegation.stakingSlashing, groups: [covenant, provider, staker], lock: 0 };
    case 'unbonding-slashing':
      return { name, spend: delegation.unbondingSlashing, groups: [covenant, provider, staker], lock: 0 };
    case 'extension':
      return { name, groups: [covenant, staker], lock: 0, ...extend(delegation, party, random, ecc) };
    case 'staking-timelock':
      return { name, spend: withdraw(delegation, 'staking', random), groups: [staker], lock: stakingTimeBlocks };
    case 'unbonding-timelock':
      return { name, spend: withdraw(delegation, 'unbonding', random), groups: [staker], lock: unbondingTimeBlocks };
    case 'change-timelock':
      return { name, spend: withdraw(delegation, 'slashing-change', random), groups: [staker], lock: unbondingTimeBlocks };
  }
}

function contractFor(party: Party, random: Random, ecc: Ecc): StakingContract.StakingContract {
  return StakingContract.from(
    {
      stakerPk: party.staker.publicKey,
      finalityProviderPks: party.providers.map(({ publicKey }) => publicKey),
      covenantPks: party.covenant.map(({ publicKey }) => publicKey),
      covenantQuorum: party.quorum,
      stakingTimeBlocks: random.pick(Made.LOCKS),
      unbondingTimeBlocks: random.pick(Made.LOCKS),
      profile: 'generic',
    },
    ecc,
  );
}

function delegationFor(contract: StakingContract.StakingContract, random: Random): Delegation.Delegation {
  const valueSats = BigInt(random.integer(1_000_000, 500_000_000));
  return Delegation.from({
    contract,
    rules: {
      slashingPkScript: Hex.decode(random.pick(['6a07626162796c6f6e', `0014${Made.hex(random, 20)}`])),
      slashingRate: Rate.parse(random.pick(['0.001', '0.05', '0.1', '0.5'])),
      minSlashingTxFeeSats: Sats.from(BigInt(random.integer(1_000, 20_000))),
      unbondingFeeSats: Sats.from(BigInt(random.integer(1_000, 20_000))),
    },
    stakingTransaction: Tx.create(
      [{ outpoint: { txid: Made.hex(random, 32), vout: 0 } }],
      [{ scriptPubKey: contract.staking.scriptPubKey, valueSats }],
    ),
    slashingTxVersion: random.pick([1, 2]),
  });
}

function withdraw(delegation: Delegation.Delegation, from: WithdrawalTx.Source, random: Random): LeafSpend.LeafSpend {
  const { contract } = delegation;
  const funding =
    from === 'staking'
      ? delegation.staking
      : from === 'unbonding'
        ? delegation.unbondingOutput
        : {
            outpoint: { txid: delegation.stakingSlashing.txid, vout: WithdrawalTx.SLASHING_CHANGE_INDEX },
            valueSats: Sats.from(Tx.outputOf(delegation.stakingSlashing.transaction, WithdrawalTx.SLASHING_CHANGE_INDEX).valueSats),
          };
  const destinationScriptPubKey = walletScript(random);
  const { spends } = WithdrawalTx.build({ inputs: [{ contract, from, ...funding }], destinationScriptPubKey, feeRateSatsPerKvb: 2_000n });
  return spends[0] as LeafSpend.LeafSpend;
}

function extend(
  previous: Delegation.Delegation,
  party: Party,
  random: Random,
  ecc: Ecc,
): { readonly spend: LeafSpend.LeafSpend; readonly funding: Made.KeyPair } {
  const funding = Made.keyPair(random, ecc);
  const { spend } = ExtensionTx.build({
    previous,
    contract: contractFor(party, random, ecc),
    valueSats: previous.stakingValueSats,
    funding: {
      // The wallet's output key, without a tweak that this spend would not show.
      scriptPubKey: TapTree.scriptPubKeyOf(funding.publicKey),
      valueSats: BigInt(random.integer(100_000, 1_000_000)),
      outpoint: { txid: Made.hex(random, 32), vout: random.integer(0, 9) },
    },
    changeScriptPubKey: walletScript(random),
    feeRateSatsPerKvb: 3_000n,
  });
  return { spend, funding };
}

/** Slots stand descending by key. */
function descending(keys: readonly Made.KeyPair[]): readonly Made.KeyPair[] {
  return [...keys].sort((a, b) => (Hex.encode(a.publicKey) < Hex.encode(b.publicKey) ? 1 : -1));
}

/** A P2WPKH output: any 20 bytes will do, where a taproot key must be on the curve. */
function walletScript(random: Random): Uint8Array {
  return Uint8Array.of(0x00, 0x14, ...random.bytes(20));
}

/** Signs after `change` has touched the transaction. `extra` members sign beyond the quorum; `hashType` is appended unless it is 0. */
function makeScene(
  unsigned: Unsigned,
  random: Random,
  ecc: Ecc,
  options: { readonly change?: (transaction: Tx.Transaction) => void; readonly extra?: number; readonly hashType?: number } = {},
): Scene {
  const { change, extra = 0, hashType = 0 } = options;
  const transaction = unsigned.spend.transaction;
  change?.(transaction);
  const { spentOutputs, leaf } = unsigned.spend;
  const spend = LeafSpend.from({ transaction, inputIndex: 0, spentOutputs, leaf });
  const type = hashType === 0 ? '' : hashType.toString(16).padStart(2, '0');
  const slots = unsigned.groups.flatMap(({ role, keys, quorum }) => {
    const signers = random.shuffled(keys).slice(0, quorum + (role === 'covenant' ? extra : 0));
    return keys.map((key) =>
      signers.includes(key)
        ? Hex.decode(Hex.encode(Schnorr.sign(spend.sighash(hashType), key.secretKey, random.bytes(32), ecc)) + type)
        : new Uint8Array(0),
    );
  });
  if (unsigned.funding !== undefined) {
    const hash = Sighash.keyPath(Sighash.prepare(transaction, spentOutputs), 1);
    transaction.setWitness(1, [Schnorr.sign(hash, unsigned.funding.secretKey, random.bytes(32), ecc)]);
  }
  const confirmedHeight = random.integer(100, 800_000);
  // From the first block that may hold the spend on.
  const tipHeight = confirmedHeight + Math.max(unsigned.lock, 1) - 1 + random.pick([0, 0, 1, 1000]);
  return { unsigned, transaction, slots, tipHeight, confirmedHeight };
}

/** The input of a scene, with another witness or chain where given. */
function inputOf(scene: Scene, changes: { readonly witness?: readonly Uint8Array[]; readonly tipHeight?: number } = {}): Input {
  const { unsigned, slots, confirmedHeight } = scene;
  const { script, controlBlock } = unsigned.spend.leaf;
  const transaction = scene.transaction.clone();
  transaction.setWitness(0, [...(changes.witness ?? [...slots, script, controlBlock])]);
  return {
    transaction: Tx.toHex(transaction),
    prevouts: unsigned.spend.spentOutputs.map(({ scriptPubKey, valueSats }) => ({
      scriptPubKey: Hex.encode(scriptPubKey),
      valueSats: valueSats.toString(),
      confirmedHeight,
    })),
    tipHeight: changes.tipHeight ?? scene.tipHeight,
    medianTime: 1_700_000_000,
  };
}

type Mutation = {
  readonly name: string;
  readonly make: (unsigned: Unsigned, random: Random, ecc: Ecc) => Input;
  /** Whether it changes anything here. */
  readonly applies?: (unsigned: Unsigned) => boolean;
};

const hasEmptySlot = ({ groups }: Unsigned): boolean => groups.some(({ keys, quorum }) => keys.length > quorum);
const hasIdleMember = ({ groups }: Unsigned): boolean =>
  groups.some(({ role, keys, quorum }) => role === 'covenant' && keys.length > quorum);
const hasSeveralSlots = ({ groups }: Unsigned): boolean => groups.length > 1;
const hasLock = ({ lock }: Unsigned): boolean => lock > 1;

/** The witness of a scene as the mutation wants it; `slots` may be changed in place. */
function witness(
  name: string,
  change: (slots: Uint8Array[], leaf: { script: Uint8Array; controlBlock: Uint8Array }, random: Random, unsigned: Unsigned) => Uint8Array[],
): Mutation {
  return {
    name,
    make: (unsigned, random, ecc) => {
      const scene = makeScene(unsigned, random, ecc);
      const { script, controlBlock } = unsigned.spend.leaf;
      return inputOf(scene, {
        witness: change(scene.slots, { script: script.slice(), controlBlock: controlBlock.slice() }, random, unsigned),
      });
    },
  };
}

function signed(name: string, options: (unsigned: Unsigned, random: Random) => Parameters<typeof makeScene>[3]): Mutation {
  return { name, make: (unsigned, random, ecc) => inputOf(makeScene(unsigned, random, ecc, options(unsigned, random))) };
}

function filled(slots: readonly Uint8Array[], bytes: number): Uint8Array[] {
  return slots.map((slot) => (slot.length === 0 ? new Uint8Array(bytes) : slot));
}

/** The last slot is the staker's; it is never empty. */
function replaceLast(slots: readonly Uint8Array[], replacement: Uint8Array): Uint8Array[] {
  return [...slots.slice(0, -1), replacement];
}

const VALID: Mutation = signed('valid', () => ({}));

const MUTATIONS: readonly Mutation[] = [
  signed('type-all', () => ({ hashType: 0x01 })),
  signed('type-single-anyone', () => ({ hashType: 0x83 })),
  { ...signed('one-signature-more', () => ({ extra: 1 })), applies: hasIdleMember },
  signed('version-1', () => ({ change: (tx) => setVersion(tx, 1) })),
  signed('version-4', () => ({ change: (tx) => setVersion(tx, 4) })),
  { ...signed('sequence-less', ({ lock }) => ({ change: (tx) => setSequence(tx, lock - 1) })), applies: hasLock },
  signed('sequence-more', ({ lock }) => ({ change: (tx) => setSequence(tx, Math.min(lock + 1, 0xffff)) })),
  signed('sequence-disabled', () => ({ change: (tx) => setSequence(tx, 0xffff_ffff) })),
  signed('locktime-above-tip', () => ({ change: lockAboveTip })),
  signed('dust-output', () => ({ change: (tx) => setValue(tx, 329n) })),
  signed('outputs-above-inputs', () => ({ change: (tx) => setValue(tx, 2_000_000_000_000n) })),
  signed('output-above-21-million', () => ({ change: (tx) => setValue(tx, Sats.MAX + 1n) })),
  witness('staker-slot-empty', (slots, { script, controlBlock }) => [...replaceLast(slots, new Uint8Array(0)), script, controlBlock]),
  witness('staker-bit-turned', (slots, { script, controlBlock }, random) => [
    ...replaceLast(slots, Hex.decode(Made.flipped(Hex.encode(slots[slots.length - 1] as Uint8Array), random))),
    script,
    controlBlock,
  ]),
  witness('staker-type-00', (slots, { script, controlBlock }) => [
    ...replaceLast(slots, Hex.decode(`${Hex.encode(slots[slots.length - 1] as Uint8Array)}00`)),
    script,
    controlBlock,
  ]),
  {
    ...witness('slots-reversed', (slots, { script, controlBlock }) => [...slots.reverse(), script, controlBlock]),
    applies: hasSeveralSlots,
  },
  witness('bottom-slot-missing', (slots, { script, controlBlock }) => [...slots.slice(1), script, controlBlock]),
  witness('bottom-slot-empty', (slots, { script, controlBlock }) => [new Uint8Array(0), ...slots.slice(1), script, controlBlock]),
  {
    ...witness('empty-slots-filled', (slots, { script, controlBlock }) => [...filled(slots, 64), script, controlBlock]),
    applies: hasEmptySlot,
  },
  {
    ...witness('empty-slots-zero-byte', (slots, { script, controlBlock }) => [...filled(slots, 1), script, controlBlock]),
    applies: hasEmptySlot,
  },
  witness('item-more', (slots, { script, controlBlock }) => [new Uint8Array(0), ...slots, script, controlBlock]),
  witness('item-of-81-bytes', (slots, { script, controlBlock }) => [new Uint8Array(81), ...slots, script, controlBlock]),
  witness('parity-turned', (slots, { script, controlBlock }) => [...slots, script, turned(controlBlock, 0)]),
  witness('path-turned', (slots, { script, controlBlock }) => [...slots, script, turned(controlBlock, controlBlock.length - 1)]),
  witness('control-block-longer', (slots, { script, controlBlock }) => [...slots, script, Uint8Array.of(...controlBlock, 0)]),
  witness('leaf-turned', (slots, { script, controlBlock }) => [...slots, turned(script, script.length - 1), controlBlock]),
  witness('annex', (slots, { script, controlBlock }) => [...slots, script, controlBlock, Uint8Array.of(0x50, 1)]),
  witness('no-witness', () => []),
  {
    name: 'one-block-early',
    make: (unsigned, random, ecc) => {
      const scene = makeScene(unsigned, random, ecc);
      return inputOf(scene, { tipHeight: scene.confirmedHeight + unsigned.lock - 2 });
    },
    applies: hasLock,
  },
  {
    name: 'other-value',
    make: (unsigned, random, ecc) => {
      const input = inputOf(makeScene(unsigned, random, ecc));
      const [first, ...rest] = input['prevouts'] as readonly [Input, ...Input[]];
      return Made.but(input, { prevouts: [Made.but(first, { valueSats: String(Number(first['valueSats']) + 1) }), ...rest] });
    },
  },
];

function setVersion(transaction: Tx.Transaction, version: number): void {
  transaction.version = version;
}

function setSequence(transaction: Tx.Transaction, sequence: number): void {
  for (const input of transaction.ins.slice(0, 1)) input.sequence = sequence;
}

function setValue(transaction: Tx.Transaction, value: bigint): void {
  for (const output of transaction.outs.slice(-1)) output.value = value;
}

function lockAboveTip(transaction: Tx.Transaction): void {
  transaction.locktime = 499_999_999;
  for (const input of transaction.ins) if (input.sequence === Tx.FINAL_SEQUENCE) input.sequence = 0xffff_fffe;
}

function turned(bytes: Uint8Array, at: number): Uint8Array {
  bytes[at] = (bytes[at] as number) ^ 1;
  return bytes;
}

/** A third of the spends is left alone, the others are spoiled in one way that shows at them; the paths come in turn. */
export function makeSpendDraft(random: Random, index: number, ecc: Ecc): Draft {
  const unsigned = makeUnsigned(random, ecc, PATHS[index % PATHS.length] ?? 'unbonding');
  const applicable = MUTATIONS.filter(({ applies }) => applies === undefined || applies(unsigned));
  const { name, make } = random.chance(30) ? VALID : random.pick([VALID, ...applicable]);
  return { name: `${unsigned.name}-${name}`, input: make(unsigned, random, ecc) };
}

export function spendSpoilings(): readonly Spoiling[] {
  const spoiling = (name: string, error: string, changes: (good: Input, random: Random) => Input): Spoiling => ({
    name,
    error,
    spoil: (random, ecc) => {
      const good = VALID.make(makeUnsigned(random, ecc, random.pick(PATHS)), random, ecc);
      return Made.but(good, changes(good, random));
    },
  });
  const raw = (good: Input): string => String(good['transaction']);
  const first = (good: Input, changes: Input): Input => {
    const [one, ...rest] = good['prevouts'] as readonly [Input, ...Input[]];
    return { prevouts: [Made.but(one, changes), ...rest] };
  };
  return [
    spoiling('truncated', 'spend.malformed-transaction', (good) => ({ transaction: raw(good).slice(0, -2) })),
    spoiling('cut-in-half', 'spend.malformed-transaction', (good, random) => ({
      transaction: raw(good).slice(0, 2 * random.integer(5, raw(good).length / 2 - 1)),
    })),
    spoiling('trailing-byte', 'spend.malformed-transaction', (good) => ({ transaction: `${raw(good)}00` })),
    spoiling('no-bytes', 'spend.malformed-transaction', () => ({ transaction: '' })),
    spoiling('odd-hex', 'hex.odd-length', (good) => ({ transaction: raw(good).slice(1) })),
    spoiling('no-hex', 'hex.bad-digit', (good) => ({ transaction: `${raw(good)}0x` })),
    spoiling('no-prevouts', 'spend.wrong-prevout-count', () => ({ prevouts: [] })),
    spoiling('prevout-too-many', 'spend.wrong-prevout-count', (good) => {
      const prevouts = good['prevouts'] as readonly Input[];
      return { prevouts: [...prevouts, ...prevouts] };
    }),
    spoiling('p2wsh-prevout', 'spend.unsupported-script', (good, random) => first(good, { scriptPubKey: `0020${Made.hex(random, 32)}` })),
    spoiling('value-above-21-million', 'input.out-of-range', (good) => first(good, { valueSats: '2100000000000001' })),
    spoiling('negative-value', 'input.out-of-range', (good) => first(good, { valueSats: -1 })),
    spoiling('fractional-value', 'input.not-integer', (good) => first(good, { valueSats: 0.1 })),
    spoiling('confirmed-after-the-spend', 'input.out-of-range', (good) => first(good, { confirmedHeight: Number(good['tipHeight']) + 2 })),
    spoiling('negative-tip', 'input.out-of-range', () => ({ tipHeight: -1 })),
    spoiling('fractional-median-time', 'input.not-integer', () => ({ medianTime: 1.5 })),
    {
      name: 'no-median-time-before',
      error: 'spend.missing-median-time',
      spoil: (random, ecc) =>
        inputOf(makeScene(makeUnsigned(random, ecc, 'unbonding'), random, ecc, { change: (tx) => setSequence(tx, 0x0040_0001) })),
    },
  ];
}
