// The acceptance rows of a wallet library, each in a compact form; where a longer test stands elsewhere, its file is named.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import * as Delegation from '../../src/babylon/Delegation.ts';
import * as Descriptor from '../../src/babylon/Descriptor.ts';
import * as ExtensionTx from '../../src/babylon/ExtensionTx.ts';
import * as LeafReader from '../../src/babylon/LeafReader.ts';
import * as Message from '../../src/babylon/Message.ts';
import * as SigningPlan from '../../src/babylon/SigningPlan.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as StakingTx from '../../src/babylon/StakingTx.ts';
import type * as Witness from '../../src/babylon/Witness.ts';
import { SatlockError } from '../../src/base/Errors.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as Sats from '../../src/base/Sats.ts';
import type { Coin } from '../../src/bitcoin/Coin.ts';
import * as CoinSelection from '../../src/bitcoin/CoinSelection.ts';
import * as Fee from '../../src/bitcoin/Fee.ts';
import * as SigningRequest from '../../src/bitcoin/SigningRequest.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as Ecc from '../../src/crypto/Ecc.ts';
import * as Staker from '../../src/wallet/Staker.ts';
import * as Steps from '../../src/wallet/Steps.ts';
import { type Codec, peerCodecs } from '../babylon/messages/peer.ts';
import {
  approvalOf,
  COVENANT,
  changed,
  coinsOf,
  FEE_RATE,
  NETWORK,
  PARAMS,
  PROVIDER,
  planOf,
  STAKE_SATS,
  STAKER,
  STAKING_TIME,
  TIP,
  type World,
  worldOf,
} from '../support/flows.ts';
import { peerBitcoin } from '../support/peerWallet.ts';
import {
  castOf,
  codeOf,
  contractOf,
  counting,
  failure,
  filled,
  judge,
  keyOf,
  P2TR,
  P2WPKH,
  SEED,
  signaturesOf,
} from '../support/stakes.ts';
import { purseOf, signWallet, WALLET_KINDS, walletCoin } from '../support/wallets.ts';

const hex = Hex.encode;
const world = worldOf();
const { delegation, coins, contract } = { ...planOf(world), contract: planOf(world).delegation.contract };
const stakeTerms = { babylonBtcTipHeight: TIP, stakingTimeBlocks: STAKING_TIME, valueSats: STAKE_SATS, feeRateSatsPerKvb: FEE_RATE };
const first = <T>(list: readonly T[]): T => list[0] as T;

async function refusalOf(act: () => Promise<unknown>): Promise<string> {
  const error: unknown = await act().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof SatlockError ? error.code : `not refused: ${String(error)}`;
}

// ---- row 1; the flows are those of test/wallet/hostile.test.ts, which also checks them with both kinds of answers

const made = Tx.create([{ outpoint: { txid: '66'.repeat(32), vout: 0 } }], [{ scriptPubKey: world.key.scriptPubKey, valueSats: 200_000n }]);
const funding: Coin = world.key.coin({
  outpoint: { txid: Tx.txid(made), vout: 0 },
  valueSats: 200_000n,
  previousTransaction: Tx.encode(made),
});

const withdraw = ({ staker }: World, from: 'staking' | 'unbonding' | 'slashing-change'): Promise<unknown> => {
  const slashing = from === 'slashing-change' ? { slashingTransaction: delegation.stakingSlashing.transaction } : {};
  return staker.withdraw({ outputs: [{ delegation, from, ...slashing }], feeRateSatsPerKvb: FEE_RATE });
};
const extend = ({ staker }: World): Promise<unknown> => {
  const plan = staker.planExtension({ ...stakeTerms, previous: delegation, funding });
  return staker.signExtension({
    plan,
    approval: approvalOf(plan.delegation),
    covenantSignatures: signaturesOf(plan.built.spend, COVENANT),
  });
};

const FLOWS: readonly (readonly [string, string, (by: World) => Promise<unknown>])[] = [
  ['staking', 'staking', ({ staker }) => staker.signStaking({ delegation, coins, approval: approvalOf(delegation) })],
  ['staking slashing', 'slashing', ({ staker }) => staker.registerBeforeStaking({ delegation })],
  ['unbonding slashing', 'unbonding-slashing', ({ staker }) => staker.registerBeforeStaking({ delegation })],
  ['unbonding', 'unbonding', ({ staker }) => staker.signPartialUnbonding(delegation)],
  ['withdrawal of a stake', 'withdraw', (by) => withdraw(by, 'staking')],
  ['withdrawal after unbonding', 'withdraw', (by) => withdraw(by, 'unbonding')],
  ['withdrawal after slashing', 'withdraw', (by) => withdraw(by, 'slashing-change')],
  ['extension', 'staking-expansion', extend],
];

const TAMPERINGS: Readonly<Record<string, (transaction: Tx.Transaction) => void>> = {
  'input-': ({ ins }) => {
    first(ins).hash = filled(32, 9);
  },
  'output-script': ({ outs }) => {
    first(outs).script = P2TR;
  },
  'output-value': ({ outs }) => {
    first(outs).value -= 1n;
  },
  sequence: ({ ins }) => {
    first(ins).sequence = 7;
  },
  version: (transaction) => {
    transaction.version = 3;
  },
  locktime: (transaction) => {
    transaction.locktime = 5;
  },
};

it('row 1: 48 of 48 tamperings of a wallet are refused', async () => {
  let refused = 0;
  for (const [flow, action, run] of FLOWS)
    for (const [what, change] of Object.entries(TAMPERINGS)) {
      const by = worldOf({
        swap: (psbt, options) => (options?.action?.name === `sign-btc-${action}-transaction` ? changed(psbt, change) : psbt),
      });
      expect(await refusalOf(() => run(by)), `${flow}, ${what}`).toMatch(/^signing-request[.]other-/);
      refused++;
    }
  expect(refused).toBe(48);
});

// Row 3 is A1 of neverAgain.test.ts; a scriptSig that the wallet puts in is caught as well.
it('row 3: a scriptSig that a wallet puts into a pre-signed transaction is refused', async () => {
  const answer = (text: string): string => {
    const psbt = peerBitcoin.Psbt.fromHex(text);
    psbt.data.updateInput(0, { finalScriptSig: Buffer.from([1, 1]) });
    return psbt.toHex();
  };
  const by = worldOf({ finalize: true, answer });
  const code = await refusalOf(() => by.staker.signStaking({ delegation, coins, approval: approvalOf(delegation) }));
  expect(code).toMatch(/^(psbt|signing-request|step)[.]/);
});

describe('row 5: work grows with the number of coins, not with its square', () => {
  // Reads of the coins' fields are counted, since time on a busy machine tells nothing; times are in the bench.
  const readsOf = (count: number): number => {
    let reads = 0;
    const many = Array.from({ length: count }, (_, i) => {
      const { previousTransaction: _made, ...coin } = walletCoin('p2wpkh', 20_000n, i);
      return new Proxy(coin, {
        get: (target, name) => {
          reads++;
          return Reflect.get(target, name) as unknown;
        },
      });
    });
    const valueSats = Sats.from(BigInt(count) * 15_000n);
    const terms = { contract, valueSats, changeScriptPubKey: P2WPKH, feeRateSatsPerKvb: 1_000n };
    const { transaction } = StakingTx.build({ ...terms, coins: many });
    const outputs = [{ scriptPubKey: P2WPKH, valueSats: valueSats as bigint }];
    CoinSelection.select({ candidates: many, outputs, changeScriptPubKey: P2WPKH, feeRateSatsPerKvb: 1_000n, maxTries: 1_000 });
    SigningRequest.toBytes(SigningRequest.from({ transaction, inputs: many.map((coin) => ({ coin })) }));
    return reads;
  };

  it('of choosing, building and writing the PSBT', () => {
    const [small, large] = [readsOf(150), readsOf(600)];
    expect(large / small).toBeGreaterThan(3);
    expect(large / small).toBeLessThan(4.4);
  });

  it('and more inputs than a transaction can have are told as that', () => {
    const many = Array.from({ length: 3_000 }, (_, i) => ({
      outpoint: { txid: 'ab'.repeat(32), vout: i },
      scriptPubKey: P2WPKH,
      valueSats: 20_000n,
    }));
    const terms = { contract, changeScriptPubKey: P2WPKH, feeRateSatsPerKvb: 1_000n };
    expect(codeOf(() => StakingTx.build({ ...terms, coins: many, valueSats: Sats.from(1_000_000n) }))).toBe('tx.too-heavy');
    const outputs = [{ scriptPubKey: P2WPKH, valueSats: 50_000_000n }];
    expect(codeOf(() => CoinSelection.select({ ...terms, candidates: many, outputs }))).toBe('coin-selection.too-many-coins');
  });
});

// test/node/paths.test.ts spends them on a node.
it('row 6: each of the 84 quorums of 6 of 9 finishes the unbonding, beside a bad signature', () => {
  const { unbonding: spend } = delegation;
  const staker = signaturesOf(spend, [STAKER]);
  const all = signaturesOf(spend, COVENANT);
  const bad = { publicKey: first(COVENANT).publicKey, signature: filled(64, 7) };
  let quorums = 0;
  for (let mask = 0; mask < 512; mask++) {
    const chosen = all.filter((_, i) => (mask >> i) & 1);
    if (chosen.length !== 6) continue;
    const { transaction } = Steps.completeUnbonding(delegation, { staker, covenant: [bad, ...chosen] });
    expect(first(transaction.ins).witness).toHaveLength(12);
    expect(judge(transaction, spend.spentOutputs)).toBe('valid');
    quorums++;
  }
  expect(quorums).toBe(84);
});

describe('row 8', () => {
  let codecs: ReadonlyMap<string, Codec>;
  beforeAll(async () => {
    codecs = await peerCodecs();
  });

  // test/babylon/Message.test.ts compares every message.
  it('the bytes of 50 messages are those of the published package', async () => {
    for (let i = 0; i < 50; i++) {
      const by = worldOf();
      const plan = planOf(by, coinsOf(by.key, 8_000_000n + BigInt(i)));
      const { message } = await by.staker.registerBeforeStaking(plan);
      const codec = codecs.get(message.typeUrl.slice(1)) as Codec;
      const { value } = Message.encode(message);
      expect(hex(Uint8Array.from(codec.encode(codec.decode(value)).finish()))).toBe(hex(value));
      expect(codec.toJSON(codec.decode(value))).toMatchObject({ stakerAddr: by.staker.account.babylonAddress, stakingTime: STAKING_TIME });
    }
  });

  it('what a wallet imports knows neither Buffer nor cosmjs nor a module of Node', () => {
    const root = join(import.meta.dirname, '../../src');
    const folders = ['base', 'crypto', 'bitcoin', 'babylon', 'wallet'];
    const files = folders.flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(root, folder, name)),
    );
    for (const file of files.filter(
      (name) => name.endsWith('.ts') && !name.endsWith(join('ecc', 'native.ts')) && !name.endsWith(join('ecc', 'host.ts')),
    )) {
      const code = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '');
      expect(code, file).not.toMatch(/\bBuffer[.(]|from '(buffer|node:|@cosmjs|crypto')/);
    }
    const { dependencies } = JSON.parse(readFileSync(join(root, '../package.json'), 'utf8')) as { dependencies: Record<string, string> };
    expect(Object.keys(dependencies).filter((name) => /cosmjs|babylon-proto|buffer/.test(name))).toEqual([]);
  });
});

it('row 9: the pre-staking flow computes three tweaks for a delegation, and one for each address', async () => {
  const { ecc, calls } = counting(Ecc.auto());
  const by = worldOf({}, 'p2wpkh');
  const { account } = by.staker;
  const own = { secretless: Staker.from({ network: NETWORK, account, bitcoin: by.wallet }, ecc) };
  const before = { ...calls };
  const plan = own.secretless.plan({ ...stakeTerms, finalityProviderPk: PROVIDER.publicKey, coins: coinsOf(by.key, 8_000_000n) });
  const { delegation: planned } = await own.secretless.registerBeforeStaking(plan);
  expect(planned.stakingTxid).toMatch(/^[0-9a-f]{64}$/);
  expect((calls['pointAddScalar'] ?? 0) - (before['pointAddScalar'] ?? 0)).toBe(3);
});

// test/bitcoin/CoinSelection.test.ts does the same for chosen coins.
it('row 12: the rate paid is the one asked for up to 1 %, over 10 kinds of input and 100 rates', () => {
  const rates = Array.from({ length: 100 }, (_, i) => BigInt(Math.round(100 * 10_000 ** (i / 99))));
  const kinds = WALLET_KINDS.slice(0, 10);
  const contractSmall = contractOf(castOf());
  let compared = 0;
  for (const kind of kinds) {
    const many = [1, 2].map((id) => walletCoin(kind, 3_000_000n, id));
    const terms = {
      contract: contractSmall,
      coins: many,
      valueSats: Sats.from(1_000_000n),
      changeScriptPubKey: purseOf('p2wpkh').scriptPubKey,
    };
    const late = { registration: 'post-staking', allowTxidChange: true } as const;
    const probe = StakingTx.build({ ...terms, ...late, feeRateSatsPerKvb: 1_000n });
    for (const i of many.keys()) signWallet(probe.transaction, i, kind, many);
    const real = probe.transaction.virtualSize();
    for (const feeRateSatsPerKvb of rates) {
      const { feeSats } = StakingTx.build({ ...terms, ...late, feeRateSatsPerKvb });
      const asked = (BigInt(real) * feeRateSatsPerKvb + 999n) / 1000n;
      expect(feeSats >= asked, `${kind} at ${feeRateSatsPerKvb}`).toBe(true);
      // A whole satoshi is the least step at the lowest rates.
      expect(Number(feeSats - asked)).toBeLessThanOrEqual(Math.max(1, Number(asked) * 0.01));
      compared++;
    }
  }
  expect(compared).toBe(1_000);
  expect(codeOf(() => Fee.rate(1_000_000_000n))).toBe('input.out-of-range');
  expect(Fee.rate(1_000_000_000n, 'feeRateSatsPerKvb', 1_000_000_000n)).toBe(1_000_000_000n);
});

// test/babylon/SigningPlan.test.ts holds the golden plans of all eight kinds.
it('row 13: the slashing fee is told as one that is paid only if slashed', () => {
  const plan = SigningPlan.forDelegation({ delegation, network: 'mainnet' });
  const text = SigningPlan.toText(plan);
  expect(text).toMatch(/fee +150000 sat [^\n]*only if slashed/);
});

// test/bitcoin/SigningRequest.test.ts has the fields, test/node/psbt.test.ts the node's view.
it('row 15: two builds of a PSBT with origins are equal, and what others put in stays', () => {
  const origin = { publicKey: STAKER.publicKey, masterFingerprint: filled(4, 7), path: "m/86'/0'/0'/0/0" };
  const request = (): SigningRequest.SigningRequest => Steps.unbonding(delegation, { keyOrigins: [origin] }).request;
  expect(SigningRequest.toHex(request())).toBe(SigningRequest.toHex(request()));
  const [input] = SigningRequest.toPsbt(request()).data.inputs;
  expect([input?.tapMerkleRoot?.length, input?.tapBip32Derivation?.[0]?.path]).toEqual([32, origin.path]);
  expect(input?.tapBip32Derivation?.[0]?.leafHashes.map(hex)).toEqual([hex(delegation.unbonding.leaf.leafHash)]);
  const psbt = SigningRequest.toPsbt(request());
  psbt.data.addUnknownKeyValToInput(0, { key: Uint8Array.of(0xfc, 1, 2), value: Uint8Array.of(3) });
  const [{ publicKey: pubkey, signature }] = signaturesOf(delegation.unbonding, [STAKER]) as [Witness.KeySignature];
  psbt.data.updateInput(0, { tapScriptSig: [{ pubkey, signature, leafHash: delegation.unbonding.leaf.leafHash }] });
  expect(hex(SigningRequest.merge(request(), [psbt]))).toContain('03fc0102');
});

// test/babylon/LeafReader.test.ts and Recognise*.test.ts read 1,000 contracts and every transaction.
it('row 16: what was built is read back', () => {
  const { terms } = contract;
  const read = LeafReader as unknown as Record<string, (script: Uint8Array) => unknown>;
  expect(Object.keys(read).length).toBeGreaterThan(0);
  expect(StakingContract.fromJson(StakingContract.toJson(contract)).terms).toEqual(terms);
  const back = Delegation.fromJson(Delegation.toJson(delegation));
  expect([back.stakingTxid, back.unbonding.txid, back.stakingSlashing.txid, back.unbondingSlashing.txid]).toEqual([
    delegation.stakingTxid,
    delegation.unbonding.txid,
    delegation.stakingSlashing.txid,
    delegation.unbondingSlashing.txid,
  ]);
});

it('row 18: the profile of the chain refuses two providers and another provider in an extension, the generic one does not', () => {
  const two = {
    stakerPk: STAKER.publicKey,
    stakingTimeBlocks: STAKING_TIME,
    finalityProviderPks: [PROVIDER.publicKey, keyOf('another').publicKey],
  };
  const chain = failure(() => StakingContract.fromParams(PARAMS, { ...two, profile: 'babylon-v4' }));
  expect(chain.reason).toMatchObject({ code: 'staking-contract.profile', field: 'finalityProviderPks', reference: 'btcstaking/1116' });
  expect(StakingContract.fromParams(PARAMS, { ...two, profile: 'generic' }).terms.finalityProviderPks).toHaveLength(2);
  const other = StakingContract.fromParams(PARAMS, { ...two, finalityProviderPks: [keyOf('another').publicKey] });
  const terms = { previous: delegation, contract: other, valueSats: delegation.stakingValueSats, funding, changeScriptPubKey: P2WPKH };
  const refused = failure(() => ExtensionTx.build({ ...terms, feeRateSatsPerKvb: FEE_RATE }));
  expect(refused.reason).toMatchObject({ code: 'extension-tx.other-finality-provider', reference: 'different finality provider' });
});

// test/babylon/Descriptor.test.ts and test/node/descriptors.test.ts: an independent compiler, and the node.
it('row 20: the descriptor of a stake names all of its keys and its locks', () => {
  const text = Descriptor.staking(contract.terms);
  for (const key of [...contract.terms.stakerPks, ...contract.terms.finalityProviderPks, ...contract.terms.covenantPks])
    expect(text).toContain(hex(key));
  expect(text).toContain(`older(${STAKING_TIME})`);
  expect(text).toMatch(/^tr\(.*\)#[a-z0-9]{8}$/);
});

describe('row 23: coins that are not to be spent', () => {
  it('never-use is never spent, whatever the coins are', () => {
    const inputs = fc.tuple(
      fc.array(fc.integer({ min: 1_000, max: 900_000 }), { minLength: 2, maxLength: 12 }),
      fc.integer({ min: 1, max: 4_095 }),
      fc.integer({ min: 1_000, max: 400_000 }),
    );
    const check = ([values, mask, value]: [number[], number, number]): void => {
      const candidates = values.map((one, i) => walletCoin(i % 2 === 0 ? 'p2wpkh' : 'p2tr', BigInt(one), i));
      const never = candidates.filter((_, i) => (mask >> i) & 1).map(({ outpoint }) => outpoint);
      const outputs = [{ scriptPubKey: P2TR, valueSats: BigInt(value) }];
      const options = { candidates, neverUse: never, outputs, changeScriptPubKey: P2WPKH, feeRateSatsPerKvb: 2_000n };
      let chosen: readonly Coin[] = [];
      try {
        chosen = CoinSelection.select(options).coins;
      } catch (error) {
        expect((error as SatlockError).code).toBe('coin-selection.insufficient-funds');
      }
      for (const { outpoint } of chosen) expect(never).not.toContainEqual(outpoint);
    };
    fc.assert(fc.property(inputs, check), { seed: SEED, numRuns: 300 });
  });

  it('five small coins for an extension give a plan', () => {
    const candidates = [1, 2, 3, 4, 5].map((id) => walletCoin('p2wpkh', 375n, id));
    const terms = {
      previous: delegation,
      contract,
      valueSats: delegation.stakingValueSats,
      changeScriptPubKey: P2WPKH,
      feeRateSatsPerKvb: 1_000n,
    };
    const { reason } = failure(() => ExtensionTx.fund({ ...terms, candidates }));
    expect(reason).toMatchObject({ code: 'extension-tx.needs-consolidation', plan: { inputs: expect.any(Array) } });
  });
});
