// Bad input of the same kinds as in the table, made at random and put into every field of every entry of the flows: what comes back is an error of
// the one class, or what the right value gives; nothing is cut off or converted on the way.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Params from '../../src/babylon/Params.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as StakingTx from '../../src/babylon/StakingTx.ts';
import * as WithdrawalTx from '../../src/babylon/WithdrawalTx.ts';
import { SatlockError } from '../../src/base/Errors.ts';
import * as Sats from '../../src/base/Sats.ts';
import * as CoinSelection from '../../src/bitcoin/CoinSelection.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as CovenantApproval from '../../src/wallet/CovenantApproval.ts';
import * as Utxo from '../../src/wallet/Utxo.ts';
import { FEE_RATE } from '../support/flows.ts';
import { filled, P2WPKH, SEED, untyped } from '../support/stakes.ts';
import { coins, contract, delegation, funding, json, sigs, stakeTerms, terms, utxo, world } from './stage.ts';

type Fields = Readonly<Record<string, unknown>>;
/** An entry, right arguments for it, and what of its result is compared. */
type Entry = { readonly name: string; readonly right: Fields; readonly run: (fields: Fields) => unknown };

const entry = <T>(name: string, right: object, run: (fields: T) => unknown): Entry => ({
  name,
  right: right as Fields,
  run: (fields) => run(untyped<T>(fields)),
});

// Provider and staker of an extension are those of the stake.
const { finalityProviderPk: _, ...extensionTerms } = stakeTerms;

const ENTRIES: readonly Entry[] = [
  entry<StakingContract.Options>('StakingContract.from', terms, (fields) => StakingContract.toJson(StakingContract.from(fields))),
  entry<Params.StakingParamsJson>('Params.from', json, (fields) => Params.toJson(Params.from(fields))),
  entry<Utxo.Utxo>('Utxo.toCoin', utxo, (fields) => Utxo.toCoin(fields)),
  entry<StakingTx.build.Options>(
    'StakingTx.build',
    { contract: contract(), coins, valueSats: 600_000n, changeScriptPubKey: P2WPKH, feeRateSatsPerKvb: FEE_RATE },
    (fields) => Tx.toHex(StakingTx.build(fields).transaction),
  ),
  entry<CoinSelection.select.Options>(
    'CoinSelection.select',
    {
      candidates: coins,
      outputs: [{ scriptPubKey: P2WPKH, valueSats: 600_000n }],
      changeScriptPubKey: P2WPKH,
      feeRateSatsPerKvb: FEE_RATE,
    },
    (fields) => CoinSelection.select(fields).feeSats,
  ),
  entry<Parameters<typeof world.staker.plan>[0]>(
    'Staker.plan',
    { ...stakeTerms, coins },
    (fields) => world.staker.plan(fields).delegation.stakingTxid,
  ),
  entry<Parameters<typeof world.staker.planExtension>[0]>(
    'Staker.planExtension',
    { ...extensionTerms, previous: delegation, funding },
    (fields) => world.staker.planExtension(fields).delegation.stakingTxid,
  ),
  entry<WithdrawalTx.build.Options>(
    'WithdrawalTx.build',
    {
      inputs: [{ contract: delegation.contract, from: 'staking', ...delegation.staking }],
      destinationScriptPubKey: P2WPKH,
      feeRateSatsPerKvb: FEE_RATE,
    },
    (fields) => Tx.toHex(WithdrawalTx.build(fields).transaction),
  ),
  entry<CovenantApproval.HexSignature>('CovenantApproval.fromHex', sigs[0] as object, (fields) => CovenantApproval.fromHex([fields])),
];

/** Values that are right nowhere. */
const WRONG: readonly unknown[] = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -1,
  0.5,
  100.5,
  2 ** 53,
  -1n,
  2n ** 70n,
  true,
  Symbol('x'),
  () => 1,
  new Map(),
  new Date(0),
  new Uint8Array(5),
  new Uint16Array(32),
  filled(4_000, 1),
  { length: 32 },
  { valueOf: () => 5, toString: () => '5' },
  // biome-ignore lint/suspicious/noSparseArray: the hole is the point
  [1, , 3],
  [[]],
  '5zz',
  ' 5',
  '0x05',
  '1e3',
  '-5',
  'NaN',
  `${'ab'.repeat(32)}zz`,
  `${'ab'.repeat(32)} # comment`,
  '\u0660',
];

/** Fields whose absence or another value is fine: what the entry does not look at, or may be left out. */
const OPTIONAL: Readonly<Record<string, readonly string[]>> = {
  'StakingContract.from': ['profile'],
  'Params.from': ['sources'],
};

function outcome(act: () => unknown): { readonly value: unknown } | { readonly error: unknown } {
  try {
    return { value: act() };
  } catch (error) {
    return { error };
  }
}

describe.each(ENTRIES.map((one) => [one.name, one] as const))('%s', (name, { right, run }) => {
  const names = Object.keys(right).filter((field) => !(OPTIONAL[name] ?? []).includes(field));

  it.each(names)('%s: refuses every value that is right nowhere, by the one class of errors', (field) => {
    for (const wrong of [null, ...WRONG]) {
      const done = outcome(() => run({ ...right, [field]: wrong }));
      if ('value' in done) throw new Error(`${name}: ${field} took ${typeof wrong} ${String(wrong).slice(0, 40)}`);
      expect(done.error).toBeInstanceOf(SatlockError);
      expect((done.error as SatlockError).code).toMatch(/^[a-z0-9-]+[.][a-z0-9-]+$/);
    }
  });

  it('gives an error of the one class, or a result, for anything at all', () => {
    const inputs = fc.tuple(
      fc.constantFrom(...names),
      fc.anything({
        withBigInt: true,
        withTypedArray: true,
        withSparseArray: true,
        withNullPrototype: true,
        withDate: true,
        withMap: true,
      }),
    );
    const check = ([field, value]: [string, unknown]): void => {
      const done = outcome(() => run({ ...right, [field]: value }));
      if ('error' in done) expect(done.error).toBeInstanceOf(SatlockError);
    };
    fc.assert(fc.property(inputs, check), { seed: SEED, numRuns: 400 });
    for (const value of [undefined, null, 5, 'text', [], filled(3, 3), () => 1]) {
      const done = outcome(() => run(untyped(value)));
      expect('error' in done && done.error).toBeInstanceOf(SatlockError);
    }
  });

  it('takes frozen objects, proxies, objects without a prototype and subclasses of Uint8Array as what they hold', () => {
    const want = run(right);
    class Bytes extends Uint8Array {}
    const subclassed = Object.fromEntries(
      Object.entries(right).map(([key, value]) => [key, value instanceof Uint8Array ? Bytes.from(value) : value]),
    );
    const bare = Object.assign(Object.create(null) as Record<string, unknown>, right);
    for (const same of [Object.freeze({ ...right }), new Proxy({ ...right }, {}), bare, subclassed]) expect(run(same)).toEqual(want);
  });

  it('looks at its arguments and changes none', () => {
    const shown = (value: unknown): string => JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one));
    const before = shown(right);
    run(right);
    expect(shown(right)).toBe(before);
  });
});

it('hex of wallets may be in upper case, and nothing may stand behind it', () => {
  const upper = { ...utxo, txid: utxo.txid.toUpperCase(), scriptPubKey: utxo.scriptPubKey.toUpperCase() };
  expect(Utxo.toCoin(upper)).toEqual(Utxo.toCoin(utxo));
  for (const tail of ['zz', ' ', '\n', '0', '#', '\0'])
    for (const field of ['txid', 'scriptPubKey'] as const)
      expect(outcome(() => Utxo.toCoin({ ...utxo, [field]: utxo[field] + tail }))).toHaveProperty('error.code');
});

it('integers are kept to the last digit, and what is beyond them is refused', () => {
  const amount = fc.bigInt({ min: 0n, max: 2n ** 64n });
  const check = (value: bigint): void => {
    const done = outcome(() => Sats.from(value));
    if ('value' in done) expect(done.value).toBe(value);
    else expect(value > Sats.MAX).toBe(true);
  };
  fc.assert(fc.property(amount, check), { seed: SEED, numRuns: 500 });
});
