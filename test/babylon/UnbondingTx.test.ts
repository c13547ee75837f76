// The unbonding transaction: the fee is exact, the output is the contract's, and the coins spent are the stake's.
import { describe, expect, it } from 'vitest';
import type * as SlashingTx from '../../src/babylon/SlashingTx.ts';
import * as UnbondingTx from '../../src/babylon/UnbondingTx.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import { castOf, codeOf, contractOf, failure, hex, keyOf, keysOf, P2WPKH, reference, refusal, sats, untyped } from '../support/stakes.ts';

const contract = contractOf(castOf({ covenant: keysOf('cov', 3), covenantQuorum: 2 }));
const staking: SlashingTx.Funding = {
  outpoint: { txid: '87e94e7a5cd4e80a29d7b78a4060df5a8580072240e64a193351c9135f2b5cf5', vout: 0 },
  valueSats: sats(500_000),
};
const feeSats = sats(2000);
const build =
  (options: Partial<Parameters<typeof UnbondingTx.build>[0]> = {}) =>
  () =>
    UnbondingTx.build({ contract, staking, feeSats, ...options });

describe('build', () => {
  it('gives the transaction of the worked example', () => {
    const transaction = build()();
    expect(Tx.toHex(transaction)).toBe(
      '0200000001f55c2b5f13c95133194ae640220780855adf60408ab7d7290ae8d45c7a4ee9870000000000ffffffff0150990700000000002251200963372158374bd60414dbc955a133d38d9d5adc301b9077c4cbee29ab70870500000000',
    );
    expect(Tx.txid(transaction)).toBe('89ae0f4cecfcdd4f4c5b76528e74bc59f5b5cc0ac1952efc30774c5957399f78');
    expect(transaction.byteLength(false)).toBe(94);
  });

  it('refuses a fee of 0, in the words of the chain', () => {
    expect(reference(build({ feeSats: sats(0) }))).toEqual(['unbonding-tx.fee-not-positive', 'unbonding tx fee must be larger that 0']);
  });

  it('leaves 330 sat and refuses 329, and a fee above the stake', () => {
    expect(build({ feeSats: sats(499_670), maxFeeRateSatsPerKvb: 10_000_000n })().outs[0]?.value).toBe(330n);
    expect(failure(build({ feeSats: sats(499_671) })).reason).toEqual({ code: 'unbonding-tx.dust', valueSats: '329', minSats: '330' });
    expect(failure(build({ feeSats: sats(500_001) })).reason).toMatchObject({ code: 'sats.underflow', field: 'unbondingValueSats' });
  });

  it('refuses an absurd fee of rules that were written by hand, unless it is allowed by name', () => {
    const weight = UnbondingTx.signedWeight(contract);
    const most = BigInt(Math.ceil(weight / 4)) * 1_000n;
    expect(build({ feeSats: sats(most) })).not.toThrow();
    expect(failure(build({ feeSats: sats(most + 1n) })).reason).toMatchObject({ code: 'fee.too-high', maxFeeSats: String(most), weight });
    expect(codeOf(build({ feeSats: sats(2_000), maxFeeRateSatsPerKvb: untyped('much') }))).toBe('input.not-integer');
  });

  it('refuses amounts that are no satoshi: 9600.5, "9600", 9600', () => {
    for (const value of [9600.5, '9600', 9600]) {
      expect(refusal(build({ feeSats: untyped(value) }))).toEqual(['input.not-integer', 'unbondingFeeSats']);
      expect(refusal(build({ staking: { ...staking, valueSats: untyped(value) } }))).toEqual(['input.not-integer', 'staking.valueSats']);
    }
  });
});

describe('check', () => {
  const check =
    (change: (transaction: Tx.Transaction) => void, options: Partial<Parameters<typeof UnbondingTx.check>[0]> = {}) =>
    () => {
      const unbonding = build()();
      change(unbonding);
      UnbondingTx.check({ unbonding, contract, staking, feeSats, ...options });
    };
  const nothing = (): void => undefined;
  const output = (change: object) => (transaction: Tx.Transaction) => void Object.assign(transaction.outs[0] as object, change);

  it('takes what build gives, and the funding txid in upper case', () => {
    expect(check(nothing)).not.toThrow();
    expect(
      check(nothing, { staking: { ...staking, outpoint: { ...staking.outpoint, txid: staking.outpoint.txid.toUpperCase() } } }),
    ).not.toThrow();
  });

  it('refuses another script, and the unbonding script of other terms', () => {
    const expected = hex(contract.unbonding.scriptPubKey);
    expect(failure(check(output({ script: P2WPKH }))).reason).toEqual({ code: 'unbonding-tx.wrong-script', expected, got: hex(P2WPKH) });
    for (const changes of [{ unbondingTimeBlocks: 143 }, { covenantQuorum: 1 }, { stakerPk: keyOf('thief').publicKey }])
      expect(
        failure(
          check(output({ script: contractOf(castOf({ covenant: keysOf('cov', 3), covenantQuorum: 2 }), changes).unbonding.scriptPubKey })),
        ).code,
      ).toBe('unbonding-tx.wrong-script');
  });

  it('refuses another transaction, then another output', () => {
    expect(reference(check(nothing, { staking: { ...staking, outpoint: { txid: 'ab'.repeat(32), vout: 0 } } }))).toEqual([
      'unbonding-tx.wrong-input',
      'unbonding transaction must spend staking output',
    ]);
    expect(reference(check(nothing, { staking: { ...staking, outpoint: { ...staking.outpoint, vout: 99 } } }))).toEqual([
      'unbonding-tx.wrong-input',
      'unbonding transaction input must spend staking output',
    ]);
  });

  it('refuses a fee of 0 or less, and every other fee than the parameter', () => {
    for (const value of [500_000n, 500_001n])
      expect(reference(check(output({ value })))).toEqual(['unbonding-tx.fee-not-positive', 'unbonding tx fee must be larger that 0']);
    for (const [value, paid] of [
      [498_001n, 1999],
      [497_999n, 2001],
      [330n, 499_670],
    ] as const)
      expect(reference(check(output({ value })))).toEqual(['unbonding-tx.wrong-fee', `unbonding tx fee must be 2000, but got ${paid}`]);
  });

  it('asks in the order of the chain: shape, script, transaction, output, fee', () => {
    const other = { staking: { ...staking, outpoint: { txid: 'ab'.repeat(32), vout: 5 } } };
    const all = (transaction: Tx.Transaction): void => {
      transaction.version = 1;
      output({ script: P2WPKH, value: 1n })(transaction);
    };
    expect(reference(check(all, other))[0]).toBe('pre-signed.version');
    expect(reference(check(output({ script: P2WPKH, value: 1n }), other))[0]).toBe('unbonding-tx.wrong-script');
    expect(reference(check(output({ value: 1n }), other))).toEqual([
      'unbonding-tx.wrong-input',
      'unbonding transaction must spend staking output',
    ]);
  });
});
