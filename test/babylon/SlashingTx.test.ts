// What is slashed to the satoshi, and the chain's fourteen questions in the chain's order, each with its own text.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Delegation from '../../src/babylon/Delegation.ts';
import * as SlashingTx from '../../src/babylon/SlashingTx.ts';
import * as Rate from '../../src/base/Rate.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import {
  BURN,
  bytes,
  castOf,
  codeOf,
  contractOf,
  failure,
  hex,
  keysOf,
  P2WPKH,
  RULES,
  reference,
  refusal,
  SEED,
  sats,
  stakingTransaction,
  untyped,
} from '../support/stakes.ts';

const contract = contractOf(castOf({ covenant: keysOf('cov', 3), covenantQuorum: 2 }));
const funding: SlashingTx.Funding = {
  outpoint: { txid: '87e94e7a5cd4e80a29d7b78a4060df5a8580072240e64a193351c9135f2b5cf5', vout: 0 },
  valueSats: sats(500_000),
};
const P2PKH = bytes(`76a914${'22'.repeat(20)}88ac`);
const P2SH = bytes(`a914${'22'.repeat(20)}87`);
const P2WSH = bytes(`0020${'22'.repeat(32)}`);
const P2A = bytes('51024e73');

describe('slashingAmountSats', () => {
  const amount = (value: bigint, rate: string): bigint => SlashingTx.slashingAmountSats(sats(value), Rate.parse(rate));

  it('is the double product rounded half up, one below the exact one at some halves', () => {
    expect(amount(2_500n, '0.0006')).toBe(1n);
    expect(amount(3_000n, '0.0045')).toBe(13n);
    expect(amount(99_588_200n, '0.6325')).toBe(62_989_536n);
  });

  it('is that of a real delegation: 2,500 of 50,000 and 2,400 of 48,000 at 0.05', () => {
    expect([amount(50_000n, '0.05'), amount(48_000n, '0.05')]).toEqual([2_500n, 2_400n]);
    expect([amount(500_000n, '0.1'), amount(498_000n, '0.1')]).toEqual([50_000n, 49_800n]);
  });

  it('rounds half up, not down and not to even', () => {
    expect([amount(10n, '0.05'), amount(30n, '0.05'), amount(9n, '0.05'), amount(11n, '0.05')]).toEqual([1n, 2n, 0n, 1n]);
  });

  const exact = (value: bigint, units: bigint): bigint => (2n * value * units + 10_000n) / 20_000n;

  it('equals the exact rational form away from halves, up to 1,000 bitcoin', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 11n }), fc.integer({ min: 1, max: 9999 }), (value, units) => {
        fc.pre((value * BigInt(units)) % 10_000n !== 5_000n);
        expect(SlashingTx.slashingAmountSats(sats(value), Rate.from(units))).toBe(exact(value, BigInt(units)));
      }),
      { seed: SEED, numRuns: 20_000 },
    );
  });

  it('follows the doubles also where they cannot tell .4996 from a half: there it is one above the exact one', () => {
    expect(amount(6_193_762_024_598n, '0.7102')).toBe(4_398_809_789_870n);
    expect(exact(6_193_762_024_598n, 7_102n)).toBe(4_398_809_789_869n);
  });

  it('at halves is the exact one or one less, never more', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 9n }), fc.integer({ min: 1, max: 9999 }), (base, units) => {
        // value * units = 5000 mod 10000 for odd units: value is a multiple of 5000 and an odd one.
        const value = (2n * base + 1n) * 5_000n;
        const got = SlashingTx.slashingAmountSats(sats(value), Rate.from(units));
        const difference = exact(value, BigInt(units)) - got;
        expect(difference === 0n || difference === 1n).toBe(true);
      }),
      { seed: SEED, numRuns: 5_000 },
    );
  });

  it('is exact for every deployed rate, halves included', () => {
    for (const text of ['0.0001', '0.0005', '0.001', '0.005', '0.01', '0.05', '0.1', '0.25', '0.3333', '0.5']) {
      const units = BigInt(Rate.parse(text));
      fc.assert(
        fc.property(fc.bigInt({ min: 0n, max: 10n ** 12n }), (base) => {
          for (const value of [base, 5_000n * (2n * base + 1n), 50n * (2n * base + 1n), 10n * (2n * base + 1n)])
            if (value < 10n ** 13n) expect(amount(value, text)).toBe(exact(value, units));
        }),
        { seed: SEED, numRuns: 500 },
      );
    }
  });

  it('refuses amounts and rates that are none, also 100 %', () => {
    expect(refusal(() => SlashingTx.slashingAmountSats(untyped(500_000), Rate.parse('0.1')))).toEqual(['input.not-integer', 'valueSats']);
    for (const rate of [0.1, '0.1', Number.NaN, 0, 10_000, 20_000])
      expect(
        codeOf(() => SlashingTx.slashingAmountSats(sats(500_000), untyped(rate))),
        String(rate),
      ).toMatch(/^input\./);
  });
});

describe('build', () => {
  const build =
    (rules: Partial<SlashingTx.Rules>, options: Partial<SlashingTx.build.Options> = {}) =>
    () =>
      SlashingTx.build({ contract, funding, rules: { ...RULES, ...rules }, ...options });
  const valued = (value: bigint): Partial<SlashingTx.build.Options> => ({ funding: { ...funding, valueSats: sats(value) } });

  it('gives the transactions of the worked example, in version 2 and in the version 1 of the Go builder', () => {
    const expected =
      '0200000001f55c2b5f13c95133194ae640220780855adf60408ab7d7290ae8d45c7a4ee9870000000000ffffffff0250c3000000000000096a07626162796c6f6ee8d906000000000022512047e97142f48f242a00bdfe5da4888597de05da0bedd86e2e9670a235c505776900000000';
    expect(Tx.toHex(build({})())).toBe(expected);
    expect(Tx.txid(build({})())).toBe('cf419c2d33cd4a81c6ad6133be2e25f567bb867d4f6d7ef6844e2175895665cc');
    expect(Tx.toHex(build({}, { version: 1 })())).toBe(`01${expected.slice(2)}`);
    for (const version of [0, 3, -1, 1.5]) expect(codeOf(build({}, { version: untyped(version) }))).toMatch(/^input\./);
  });

  it('refuses in the words of the chain: script, rate, amount, change, dust', () => {
    expect(reference(build({ slashingPkScript: new Uint8Array(0) }))).toEqual([
      'slashing-tx.no-script',
      'slashing pk script must not be empty',
    ]);
    for (const slashingRate of [0, 10_000, 0.1, Number.NaN, '0.1'])
      expect(reference(build({ slashingRate: untyped(slashingRate) }))).toEqual(['slashing-tx.bad-rate', 'invalid slashing rate']);
    expect(reference(build({ slashingRate: Rate.parse('0.0001') }, valued(4_000n)))).toEqual([
      'slashing-tx.nothing-slashed',
      'insufficient slashing amount',
    ]);
    expect(reference(build({ minSlashingTxFeeSats: sats(450_000) }))).toEqual(['slashing-tx.no-change', 'insufficient change amount']);
    expect(reference(build({ minSlashingTxFeeSats: sats(449_900) }))).toEqual(['slashing-tx.dust', 'transaction contains a dust output']);
    expect(reference(build({ minSlashingTxFeeSats: sats(0) }))).toEqual([
      'slashing-tx.bad-min-fee',
      'slashing transaction min fee must be larger than 0',
    ]);
  });

  it('keeps the change at 330 sat and refuses it at 329', () => {
    const change = (fee: bigint): bigint | undefined => build({ minSlashingTxFeeSats: sats(fee) })().outs[1]?.value;
    expect(change(449_670n)).toBe(330n);
    expect(failure(() => change(449_671n)).reason).toMatchObject({ code: 'slashing-tx.dust', output: 1, valueSats: '329', minSats: '330' });
  });

  it.each([
    ['P2WPKH', P2WPKH, 294n],
    ['P2WSH', P2WSH, 330n],
    ['P2SH', P2SH, 540n],
    ['P2PKH', P2PKH, 546n],
    ['P2A', P2A, 240n],
  ] as const)('holds the dust limit of a %s slashing script on both sides', (_, slashingPkScript, min) => {
    const slashed = (value: bigint): bigint | undefined => build({ slashingPkScript }, valued(value * 10n))().outs[0]?.value;
    const enough = { minSlashingTxFeeSats: sats(100) };
    const at = (value: bigint) => build({ slashingPkScript, ...enough }, valued(value * 10n));
    expect(at(min)().outs[0]?.value).toBe(min);
    expect(failure(at(min - 1n)).reason).toMatchObject({ code: 'slashing-tx.dust', output: 0, minSats: min.toString() });
    expect(slashed(min * 10n)).toBe(min * 10n);
  });

  it('exempts OP_RETURN from dust: one satoshi may be burnt', () => {
    expect(build({ slashingRate: Rate.parse('0.0001') }, valued(10_000n))().outs[0]?.value).toBe(1n);
  });

  it('guards the change against a fee that is a typing error, but not against the parameter itself', () => {
    expect(codeOf(build({}, { feeSats: sats(380_001) }))).toBe('fee.too-high');
    expect(build({}, { feeSats: sats(380_000) })().outs[1]?.value).toBe(70_000n);
    expect(build({ minSlashingTxFeeSats: sats(400_000) })().outs[1]?.value).toBe(50_000n);
    expect(reference(build({}, { feeSats: sats(999) }))).toEqual([
      'slashing-tx.fee-below-minimum',
      'slashing transaction fee must be larger than 1000',
    ]);
    expect(build({}, { feeSats: sats(1_000) })().outs[1]?.value).toBe(449_000n);
  });

  it('refuses fees and minimum fees that are no satoshi: NaN would pass every comparison', () => {
    for (const value of [1000, '1000', Number.NaN]) {
      expect(refusal(build({}, { feeSats: untyped(value) }))).toEqual(['input.not-integer', 'feeSats']);
      expect(refusal(build({ minSlashingTxFeeSats: untyped(value) }, { feeSats: sats(5_000) }))).toEqual([
        'input.not-integer',
        'minSlashingTxFeeSats',
      ]);
    }
    expect(refusal(build({ slashingPkScript: untyped('6a') }))).toEqual(['input.not-bytes', 'slashingPkScript']);
    expect(refusal(build({}, { funding: { ...funding, valueSats: untyped(500_000) } }))).toEqual([
      'input.not-integer',
      'funding.valueSats',
    ]);
  });

  it('computes the amount of the second transaction on the value after the unbonding fee', () => {
    const delegation = Delegation.from({ contract, rules: RULES, stakingTransaction: stakingTransaction(contract, 500_000n) });
    expect(delegation.stakingSlashing.transaction.outs.map(({ value }) => value)).toEqual([50_000n, 449_000n]);
    expect(delegation.unbondingSlashing.transaction.outs.map(({ value }) => value)).toEqual([49_800n, 447_200n]);
  });

  it('builds what its own check and the chain accept, whatever the terms', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 10_000n, max: 10n ** 12n }),
        fc.integer({ min: 1, max: 9999 }),
        fc.bigInt({ min: 1n, max: 5_000n }),
        fc.constantFrom(BURN, P2WPKH, P2SH, P2PKH, P2WSH),
        (value, units, fee, slashingPkScript) => {
          const rules = { slashingPkScript, slashingRate: Rate.from(units), minSlashingTxFeeSats: sats(fee) };
          const paying = { ...funding, valueSats: sats(value) };
          let slashing: Tx.Transaction;
          try {
            slashing = SlashingTx.build({ contract, funding: paying, rules });
          } catch (error) {
            expect((error as { code?: string }).code).toMatch(/^slashing-tx\.(nothing-slashed|no-change|dust)$/);
            return;
          }
          SlashingTx.check({ slashing, contract, funding: paying, rules });
          expect(slashing.outs.reduce((sum, output) => sum + output.value, fee)).toBe(value);
        },
      ),
      { seed: SEED, numRuns: 2_000 },
    );
  });
});

describe('check: the questions of the chain, each alone violated', () => {
  const good = (): Tx.Transaction => SlashingTx.build({ contract, funding, rules: RULES });
  type Change = {
    readonly tx?: (transaction: Tx.Transaction) => void;
    readonly rules?: Partial<Record<keyof SlashingTx.Rules, unknown>>;
    readonly funding?: Partial<Record<keyof SlashingTx.Funding, unknown>>;
  };
  const check = (change: Change) => () => {
    const slashing = good();
    change.tx?.(slashing);
    SlashingTx.check({
      slashing,
      contract,
      funding: untyped<SlashingTx.Funding>({ ...funding, ...change.funding }),
      rules: untyped<SlashingTx.Rules>({ ...RULES, ...change.rules }),
    });
  };
  const output = (index: number, change: Partial<Tx.Transaction['outs'][number]>): Change => ({
    tx: (transaction) => {
      Object.assign(transaction.outs[index] as object, change);
    },
  });
  const input = (change: Partial<Tx.Transaction['ins'][number]>): Change => ({
    tx: (transaction) => {
      Object.assign(transaction.ins[0] as object, change);
    },
  });
  const changeScript = hex(contract.slashingChange.scriptPubKey);

  const QUESTIONS: readonly (readonly [question: string, change: Change, code: string, text: string | undefined])[] = [
    ['2 the funding value is money', { funding: { valueSats: 2_100_000_000_000_001n } }, 'input.out-of-range', undefined],
    [
      '3 minimum fee',
      { rules: { minSlashingTxFeeSats: 0n } },
      'slashing-tx.bad-min-fee',
      'slashing transaction min fee must be larger than 0',
    ],
    ['4 rate', { rules: { slashingRate: 10_000 } }, 'slashing-tx.bad-rate', 'invalid slashing rate'],
    ['2 the funding outpoint is one', { funding: { outpoint: { ...funding.outpoint, vout: -1 } } }, 'input.out-of-range', undefined],
    ['6 sanity', { tx: (t) => t.outs.splice(0) }, 'tx.no-outputs', undefined],
    [
      '6 number of inputs',
      { tx: (t) => t.addInput(new Uint8Array(32).fill(7), 0) },
      'pre-signed.wrong-count',
      'tx must have exactly 1 inputs',
    ],
    ['6 number of outputs', { tx: (t) => t.addOutput(P2WPKH, 300n) }, 'pre-signed.wrong-count', 'tx must have exactly 2 outputs'],
    [
      '6 locktime',
      {
        tx: (t) => {
          t.locktime = 1;
        },
      },
      'pre-signed.lock-time',
      'pre-signed tx must not have locktime',
    ],
    [
      '6 version 0',
      {
        tx: (t) => {
          t.version = 0;
        },
      },
      'pre-signed.version',
      'tx version must be between 1 and 2',
    ],
    [
      '6 version 3',
      {
        tx: (t) => {
          t.version = 3;
        },
      },
      'pre-signed.version',
      'tx version must be between 1 and 2',
    ],
    ['6 weight', { tx: (t) => t.setWitness(0, [new Uint8Array(400_000)]) }, 'pre-signed.too-heavy', 'tx weight must not exceed 400000'],
    ['6 replaceable', input({ sequence: 0xffff_fffe }), 'pre-signed.replaceable', 'pre-signed tx must not be replaceable'],
    ['6 scriptSig', input({ script: bytes('51') }), 'pre-signed.script-sig', 'pre-signed tx must not have signature script'],
    [
      '7 amount',
      output(0, { value: 49_999n }),
      'slashing-tx.slashes-too-little',
      'slashing transaction must slash at least staking output value * slashing rate',
    ],
    [
      '8 slashing script',
      output(0, { script: bytes('6a07626162796c6f6f') }),
      'slashing-tx.wrong-slashing-script',
      'slashing transaction must pay to the provided slashing address',
    ],
    [
      '9 change script',
      output(1, { script: P2WPKH }),
      'slashing-tx.wrong-change-script',
      `invalid slashing tx change output pkscript, expected: ${changeScript}, got: ${hex(P2WPKH)}`,
    ],
    ['10 dust', output(1, { value: 329n }), 'slashing-tx.dust', 'transaction contains a dust output'],
    [
      '12 outputs above the funding',
      output(1, { value: 450_000n }),
      'slashing-tx.spends-more',
      'slashing transaction must not spend more than staking transaction',
    ],
    ['13 fee', output(1, { value: 449_001n }), 'slashing-tx.fee-below-minimum', 'slashing transaction fee must be larger than 1000'],
    [
      '14 funding transaction',
      { funding: { outpoint: { txid: 'ab'.repeat(32), vout: 0 } } },
      'slashing-tx.wrong-input',
      'slashing transaction must spend staking output',
    ],
    [
      '14 funding output',
      { funding: { outpoint: { ...funding.outpoint, vout: 1 } } },
      'slashing-tx.wrong-input',
      'slashing transaction input must spend staking output',
    ],
  ];

  it.each(QUESTIONS)('%s', (_, change, code, text) => expect(reference(check(change))).toEqual([code, text]));

  it('11 values above zero: a burn of nothing', () => {
    // At 0.0001 of 4,000 sat the amount rounds to 0, so question 7 lets it pass.
    const small = { ...funding, valueSats: sats(4_000) };
    const slashing = good();
    for (const [i, value] of [0n, 3_000n].entries()) Object.assign(slashing.outs[i] as object, { value });
    const rules = { ...RULES, slashingRate: Rate.parse('0.0001') };
    expect(reference(() => SlashingTx.check({ slashing, contract, funding: small, rules }))).toEqual([
      'slashing-tx.no-value',
      'values of slashing and staking transaction must be larger than 0',
    ]);
    const worthless = { ...funding, valueSats: sats(0) };
    expect(codeOf(() => SlashingTx.check({ slashing: good(), contract, funding: worthless, rules: RULES }))).toBe('slashing-tx.no-value');
  });

  it('answers with the earlier question when two are violated', () => {
    const breaking = (...changes: readonly Change[]): Change => ({
      tx: (transaction) => {
        for (const { tx } of changes) tx?.(transaction);
      },
      rules: Object.assign({}, ...changes.map(({ rules }) => rules)),
      funding: Object.assign({}, ...changes.map(({ funding: given }) => given)),
    });
    const meaningful = QUESTIONS.filter(([question]) => !question.startsWith('2') && !question.startsWith('6 sanity'));
    for (const [i, [first, change, code, text]] of meaningful.entries()) {
      for (const [second, later] of meaningful.slice(i + 1)) {
        // Two changes of one field are one change.
        if (first.slice(0, 2) === second.slice(0, 2)) continue;
        const both = breaking(later, change);
        if (first.startsWith('10') && (second.startsWith('12') || second.startsWith('13'))) continue;
        if (first.startsWith('12') && second.startsWith('13')) continue;
        expect(reference(check(both)), `${first} before ${second}`).toEqual([code, text]);
      }
    }
  });

  it('takes what the chain takes: a higher amount, the exact minimum fee, version 1, a witness, an upper-case txid', () => {
    const accepted: readonly Change[] = [
      {},
      {
        tx: (t) => {
          Object.assign(t.outs[0] as object, { value: 60_000n });
          Object.assign(t.outs[1] as object, { value: 439_000n });
        },
      },
      {
        tx: (t) => {
          t.version = 1;
        },
      },
      { tx: (t) => t.setWitness(0, [bytes('aabb')]) },
      { funding: { outpoint: { txid: funding.outpoint.txid.toUpperCase(), vout: 0 } } },
      output(1, { value: 330n }),
    ];
    for (const change of accepted) expect(check(change)).not.toThrow();
  });

  it('takes the double amount where the exact one would be a satoshi higher', () => {
    const paying = { ...funding, valueSats: sats(99_588_200) };
    const rules = { ...RULES, slashingRate: Rate.parse('0.6325') };
    const slashing = SlashingTx.build({ contract, funding: paying, rules });
    expect(() => SlashingTx.check({ slashing, contract, funding: paying, rules })).not.toThrow();
    Object.assign(slashing.outs[0] as object, { value: 62_989_535n });
    expect(codeOf(() => SlashingTx.check({ slashing, contract, funding: paying, rules }))).toBe('slashing-tx.slashes-too-little');
  });
});
