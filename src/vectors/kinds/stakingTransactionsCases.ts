// Makes cases of staking.transactions: stakes with all their signatures, and every way to spoil them.
import * as Delegation from '../../babylon/Delegation.ts';
import * as Bytes from '../../base/Bytes.ts';
import * as Hex from '../../base/Hex.ts';
import * as Rate from '../../base/Rate.ts';
import * as Sats from '../../base/Sats.ts';
import * as TapTree from '../../bitcoin/TapTree.ts';
import * as Tx from '../../bitcoin/Tx.ts';
import type { Ecc } from '../../crypto/Ecc.ts';
import * as Schnorr from '../../crypto/Schnorr.ts';
import type { Draft, Spoiling } from '../definition.ts';
import type { Input } from '../model.ts';
import type { Random } from '../random.ts';
import { CONTRACT_SPOILINGS, contractInput, contractOf, makeParty, nameOf, type Party } from './contract.ts';
import * as Made from './made.ts';

/** The mainnet slashing script, OP_RETURN "babylon": exempt from the dust rule. */
const BURN = '6a07626162796c6f6e';

type Half = readonly [valueSats: bigint, rate: string];
/** Values and rates whose product ends in exactly .5: at the first the protocol's double falls below it, the others are rounded up. */
const HALVES: readonly [Half, ...Half[]] = [
  [99_588_200n, '0.6325'],
  [2_500_000_010n, '0.05'],
  [1_000_050n, '0.01'],
  [100_000_500n, '0.001'],
];

type Stake = { readonly party: Party; readonly input: Input; readonly sighash: Uint8Array };
type Money = { readonly valueSats: bigint; readonly rate: string; readonly pkScript: string; readonly unbondingFeeSats: number };

function makeStake(random: Random, ecc: Ecc, money: Money): Stake {
  const party = makeParty(random, ecc);
  const { transaction, stakingOutputIndex, input } = makeInput(party, random, ecc, money);
  const delegation = Delegation.from({
    contract: contractOf(input, ecc),
    rules: {
      slashingPkScript: Hex.decode(money.pkScript),
      slashingRate: Rate.parse(money.rate),
      minSlashingTxFeeSats: Sats.ZERO,
      unbondingFeeSats: Sats.from(BigInt(money.unbondingFeeSats)),
    },
    stakingTransaction: transaction,
    stakingOutputIndex,
  });
  const sighash = delegation.unbonding.sighash();
  const { staker, covenant, quorum } = party;
  const signers = random.shuffled(covenant).slice(0, random.integer(quorum, covenant.length));
  const signed = {
    ...input,
    covenantSignatures: signers.map((member) => ({
      covenantPk: Hex.encode(member.publicKey),
      signature: sign(member, sighash, random, ecc),
    })),
    stakerSignature: sign(staker, sighash, random, ecc),
  };
  return { party, input: signed, sighash };
}

function makeInput(
  party: Party,
  random: Random,
  ecc: Ecc,
  money: Money,
): {
  readonly transaction: Tx.Transaction;
  readonly stakingOutputIndex: number;
  readonly input: Input;
} {
  const terms = contractInput(party, random);
  const stake = { scriptPubKey: contractOf(terms, ecc).staking.scriptPubKey, valueSats: money.valueSats };
  const others = random.pick([0, 1, 1, 2]);
  const stakingOutputIndex = random.integer(0, others);
  const outputs = Array.from({ length: others }, () => otherOutput(random));
  outputs.splice(stakingOutputIndex, 0, stake);
  const inputs = Array.from({ length: random.pick([1, 1, 2]) }, () => ({
    outpoint: { txid: Made.hex(random, 32), vout: random.integer(0, 9) },
    ...(random.chance(25) ? { sequence: 0xffff_fffd } : {}),
  }));
  const transaction = Tx.create(inputs, outputs);
  transaction.version = random.pick([2, 2, 1]);
  transaction.locktime = random.pick([0, 0, 857_909]);
  if (random.chance(30)) for (const i of inputs.keys()) transaction.setWitness(i, [random.bytes(71), random.bytes(33)]);
  const input = {
    ...terms,
    stakingTransaction: Tx.toHex(transaction),
    stakingOutputIndex,
    unbondingFeeSats: String(money.unbondingFeeSats),
    slashing: { pkScript: money.pkScript, rate: money.rate, minFeeSats: String(random.integer(1, 20_000)) },
  };
  return { transaction, stakingOutputIndex, input };
}

/** Values and rates that leave every output above its dust limit. */
function makeMoney(random: Random): Money {
  const unbondingFeeSats = random.integer(1, 20_000);
  const [halfValue, halfRate] = random.pick(HALVES);
  if (random.chance(20)) return { valueSats: halfValue, rate: halfRate, pkScript: BURN, unbondingFeeSats };
  return {
    valueSats: BigInt(random.integer(1, 9)) * 10n ** BigInt(random.integer(6, 12)) + BigInt(random.integer(0, 99_999)),
    rate: random.pick(['0.001', '0.01', '0.05', '0.1', '0.25', '0.5', `0.${random.integer(1000, 8999)}`]),
    pkScript: random.pick([BURN, BURN, `5120${Made.hex(random, 32)}`, `0014${Made.hex(random, 20)}`, `76a914${Made.hex(random, 20)}88ac`]),
    unbondingFeeSats,
  };
}

function otherOutput(random: Random): Tx.SpentOutput {
  const data = Bytes.concat(Hex.decode('6a47'), random.bytes(71));
  return random.pick<Tx.SpentOutput>([
    { scriptPubKey: TapTree.scriptPubKeyOf(random.bytes(32)), valueSats: BigInt(random.integer(330, 1_000_000)) },
    { scriptPubKey: Bytes.concat(Uint8Array.of(0, 20), random.bytes(20)), valueSats: BigInt(random.integer(294, 1_000_000)) },
    { scriptPubKey: data, valueSats: 0n },
  ]);
}

function sign({ secretKey }: Made.KeyPair, sighash: Uint8Array, random: Random, ecc: Ecc): string {
  return Hex.encode(Schnorr.sign(sighash, secretKey, random.bytes(32), ecc));
}

type Signature = { readonly covenantPk: string; readonly signature: string };

function signaturesOf(input: Input): readonly Signature[] {
  return input['covenantSignatures'] as readonly Signature[];
}

/** A stake; in every third a useless signature stands before the good ones, and is passed over. */
export function makeTransactionsDraft(random: Random, _index: number, ecc: Ecc): Draft {
  const { party, input, sighash } = makeStake(random, ecc, makeMoney(random));
  const name = nameOf(party);
  const signatures = signaturesOf(input);
  const stranger = Made.keyPair(random, ecc);
  const idle = party.covenant.find(({ publicKey }) => signatures.every(({ covenantPk }) => covenantPk !== Hex.encode(publicKey)));
  const first = signatures[0];
  const useless: readonly [string, Signature | undefined] = random.pick<readonly [string, Signature | undefined]>([
    ['unknown-signer', { covenantPk: Hex.encode(stranger.publicKey), signature: sign(stranger, sighash, random, ecc) }],
    ['bad-signature', idle && { covenantPk: Hex.encode(idle.publicKey), signature: Made.hex(random, 64) }],
    ['bad-signature', first && { covenantPk: first.covenantPk, signature: Made.flipped(first.signature, random) }],
    ['short-signature', first && { covenantPk: first.covenantPk, signature: first.signature.slice(2) }],
  ]);
  const [why, extra] = useless;
  if (!random.chance(33) || extra === undefined) return { name, input };
  return {
    name: `${name}-${why}`,
    comment: 'the first covenant signature does not count; a quorum stands behind it',
    input: Made.but(input, { covenantSignatures: [extra, ...signatures] }),
  };
}

export function transactionSpoilings(): readonly Spoiling[] {
  return [...contractSpoilings(), ...transactionFaults(), ...moneyFaults(), ...signatureFaults()];
}

/** A dozen of the contract's: the others are the same code, and staking.scripts has them all. */
function contractSpoilings(): readonly Spoiling[] {
  return CONTRACT_SPOILINGS.filter((_, i) => i % 3 === 0).map(({ name, error, changes }) =>
    spoiling(name, error, ({ input }, random, ecc) => changes(input, random, ecc)),
  );
}

function transactionFaults(): readonly Spoiling[] {
  const raw = (input: Input): string => String(input['stakingTransaction']);
  const rebuilt = ({ input }: Stake, change: (transaction: Tx.Transaction) => void): Input => {
    const transaction = Tx.fromHex(raw(input));
    change(transaction);
    return { stakingTransaction: Tx.toHex(transaction) };
  };
  return [
    spoiling('truncated', 'tx.malformed', ({ input }) => ({ stakingTransaction: raw(input).slice(0, -2) })),
    spoiling('cut-in-half', 'tx.malformed', ({ input }, random) => ({
      stakingTransaction: raw(input).slice(0, 2 * random.integer(1, raw(input).length / 2 - 1)),
    })),
    spoiling('trailing-byte', 'tx.malformed', ({ input }) => ({ stakingTransaction: `${raw(input)}00` })),
    spoiling('two-transactions', 'tx.malformed', ({ input }) => ({ stakingTransaction: raw(input) + raw(input) })),
    spoiling('no-bytes', 'tx.malformed', () => ({ stakingTransaction: '' })),
    spoiling('odd-hex', 'hex.odd-length', ({ input }) => ({ stakingTransaction: raw(input).slice(1) })),
    spoiling('no-such-output', 'input.out-of-range', () => ({ stakingOutputIndex: 3 })),
    spoiling('negative-output-index', 'input.out-of-range', () => ({ stakingOutputIndex: -1 })),
    spoiling('fractional-output-index', 'input.not-integer', () => ({ stakingOutputIndex: 0.5 })),
    spoiling('wrong-output', 'delegation.not-the-staking-output', (stake, random) => {
      const index = Number(stake.input['stakingOutputIndex']);
      const changes = rebuilt(stake, (transaction) => {
        const { scriptPubKey, valueSats } = otherOutput(random);
        transaction.outs.splice(index, 0, { script: scriptPubKey, value: valueSats });
      });
      return { ...changes, stakingOutputIndex: index };
    }),
    spoiling('other-contract', 'delegation.not-the-staking-output', ({ input }) => ({
      unbondingTimelock: input['unbondingTimelock'],
      stakingTimelock: input['stakingTimelock'] === 7 ? 8 : 7,
    })),
    spoiling('output-above-21-million', 'tx.bad-value', (stake) =>
      rebuilt(stake, ({ outs }) => {
        for (const output of outs) output.value = Sats.MAX + 1n;
      }),
    ),
    spoiling('outputs-above-21-million', 'tx.bad-total', (stake) =>
      rebuilt(stake, (transaction) => {
        for (const output of transaction.outs) output.value = Sats.MAX;
        transaction.addOutput(Hex.decode(BURN), 1n);
      }),
    ),
    spoiling('input-twice', 'tx.duplicate-input', (stake) =>
      rebuilt(stake, (transaction) => {
        const [first] = transaction.ins;
        if (first !== undefined) transaction.addInput(first.hash, first.index);
        transaction.stripWitnesses();
      }),
    ),
  ];
}

function moneyFaults(): readonly Spoiling[] {
  const slashing = ({ input }: Stake, changes: Input): Input => ({ slashing: Made.but(input['slashing'] as Input, changes) });
  const rate = (name: string, error: string, value: unknown): Spoiling =>
    spoiling(name, error, (stake) => slashing(stake, { rate: value }));
  const fee = (name: string, error: string, value: unknown): Spoiling => spoiling(name, error, () => ({ unbondingFeeSats: value }));
  const poor: Money = { valueSats: 100_000n, rate: '0.1', pkScript: BURN, unbondingFeeSats: 1 };
  return [
    fee('unbonding-fee-zero', 'unbonding-tx.fee-not-positive', '0'),
    fee('unbonding-fee-negative-number', 'input.out-of-range', -1),
    fee('unbonding-fee-negative-text', 'sats.bad-text', '-1'),
    fee('unbonding-fee-fraction', 'input.not-integer', 0.5),
    fee('unbonding-fee-in-btc', 'sats.bad-text', '0.00002'),
    fee('unbonding-fee-exponent', 'sats.bad-text', '1e3'),
    fee('unbonding-fee-above-21-million', 'input.out-of-range', '2100000000000001'),
    fee('unbonding-fee-above-64-bits', 'input.out-of-range', '18446744073709551616'),
    poorer('unbonding-fee-above-stake', 'sats.underflow', poor, () => ({ unbondingFeeSats: '100001' })),
    poorer('unbonding-dust', 'unbonding-tx.dust', poor, () => ({ unbondingFeeSats: '99671' })),
    rate('rate-zero', 'rate.out-of-range', '0'),
    rate('rate-one', 'rate.out-of-range', '1'),
    rate('rate-above-one', 'rate.out-of-range', '1.5'),
    rate('rate-five-decimals', 'rate.too-precise', '0.25555'),
    rate('rate-below-one-ten-thousandth', 'rate.too-precise', '0.00005'),
    rate('rate-negative', 'rate.bad-text', '-0.5'),
    rate('rate-percent', 'rate.bad-text', '10%'),
    rate('rate-a-number', 'input.not-text', 0.1),
    poorer('rate-rounds-to-nothing', 'slashing-tx.nothing-slashed', { ...poor, valueSats: 4_000n }, (stake) =>
      slashing(stake, { rate: '0.0001' }),
    ),
    poorer('slashed-output-dust', 'slashing-tx.dust', { ...poor, valueSats: 2_000n }, (stake, random) =>
      slashing(stake, { pkScript: `5120${Made.hex(random, 32)}`, minFeeSats: '1' }),
    ),
    poorer('change-dust', 'slashing-tx.dust', poor, (stake) => slashing(stake, { minFeeSats: '89671' })),
    poorer('no-change', 'slashing-tx.no-change', poor, (stake) => slashing(stake, { minFeeSats: '90000' })),
    spoiling('no-slashing-script', 'slashing-tx.no-script', (stake) => slashing(stake, { pkScript: '' })),
    spoiling('slashing-fee-zero', 'slashing-tx.bad-min-fee', (stake) => slashing(stake, { minFeeSats: '0' })),
    spoiling('slashing-fee-negative', 'input.out-of-range', (stake) => slashing(stake, { minFeeSats: -1 })),
    spoiling('slashing-fee-fraction', 'input.not-integer', (stake) => slashing(stake, { minFeeSats: 1000.5 })),
    spoiling('slashing-fee-above-21-million', 'input.out-of-range', (stake) => slashing(stake, { minFeeSats: '2100000000000001' })),
  ];
}

function signatureFaults(): readonly Spoiling[] {
  const NOT_REACHED = 'witness.quorum-not-reached';
  const covenant = (name: string, change: (good: readonly Signature[], random: Random) => readonly Signature[]): Spoiling =>
    spoiling(name, NOT_REACHED, ({ input, party }, random) => ({
      covenantSignatures: change(signaturesOf(input).slice(0, party.quorum), random),
    }));
  return [
    covenant('one-signature-too-few', (good) => good.slice(1)),
    covenant('no-signatures', () => []),
    covenant('one-bad-signature', ([first, ...rest], random) => (first === undefined ? [] : [spoiled(first, random), ...rest])),
    covenant('last-signature-bad', (good, random) => good.map((one, i) => (i === good.length - 1 ? spoiled(one, random) : one))),
    covenant('one-signer-twice', (good) => [...good.slice(1), ...good.slice(1, 2)]),
    covenant('signature-with-type-00', (good) => good.map((one) => ({ ...one, signature: `${one.signature}00` }))),
    covenant('signatures-of-strangers', (good, random) => good.map(({ signature }) => ({ covenantPk: Made.hex(random, 32), signature }))),
    spoiling('bad-staker-signature', NOT_REACHED, ({ input }, random) => ({
      stakerSignature: Made.flipped(String(input['stakerSignature']), random),
    })),
    spoiling('empty-staker-signature', NOT_REACHED, () => ({ stakerSignature: '' })),
    spoiling('staker-signature-no-hex', 'hex.bad-digit', () => ({ stakerSignature: 'xx'.repeat(64) })),
  ];
}

function spoiled(one: Signature, random: Random): Signature {
  return { ...one, signature: Made.flipped(one.signature, random) };
}

type Changes = (stake: Stake, random: Random, ecc: Ecc) => Input;

function spoiling(name: string, error: string, changes: Changes): Spoiling {
  return { name, error, spoil: (random, ecc) => spoil(makeStake(random, ecc, makeMoney(random)), random, ecc, changes) };
}

/** The same with a stake of this value. */
function poorer(name: string, error: string, money: Money, changes: Changes): Spoiling {
  return { name, error, spoil: (random, ecc) => spoil(makeStake(random, ecc, money), random, ecc, changes) };
}

function spoil(stake: Stake, random: Random, ecc: Ecc, changes: Changes): Input {
  return Made.but(stake.input, changes(stake, random, ecc));
}
