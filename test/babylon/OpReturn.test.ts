// Phase-1 data output: published bytes, the order of refusals, and the traps of foreign tags and PUSHDATA1.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as OpReturn from '../../src/babylon/OpReturn.ts';
import { isSatlockError } from '../../src/base/Errors.ts';
import * as Hex from '../../src/base/Hex.ts';
import { Transaction } from '../../src/bitcoin/Tx.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';

// Records 1 and 2 of babylon btcstaking/testvectors/vectors.json (keys without the parity byte).
const RECORDS = [
  {
    staker: '4000bd2c8b975d351c5f3a42618aca31e07e2b253fcd571e9630540a3cb6eafd',
    provider: '46542ccdcbde8a8c147c8d00f14d47f0d5c13c684d27497fc4610c7a4def15e5',
    covenant: ['4852a5d3e79cfdee1bda4ea729e879c1db0f19230eadd3cb96d3cb1efa8d30fa'],
    quorum: 1,
    time: 1000,
    output: '5120b2b169d39fb8ea9828f6ed8dbbeaa12594706d03bfd1638a912608a085fdd7a5',
    data: '6a4701020304004000bd2c8b975d351c5f3a42618aca31e07e2b253fcd571e9630540a3cb6eafd46542ccdcbde8a8c147c8d00f14d47f0d5c13c684d27497fc4610c7a4def15e503e8',
  },
  {
    staker: 'cc327c2a1ee1a70d7033bee61ed2e3e6ffc7c5f5d6c637c4f0d2ddfae8a257fe',
    provider: 'b5e37d93a8d04daee62838ac680ead407d7cbe0c858525781f8834495be0bce7',
    covenant: [
      'cc5c77da065c490a320834fdcf2c3da70ecd442054c90f874a1edb4669607b83',
      '2f57b6d267043beda2deebab1187a67316121f1eac24047c16d1209c5e6cd0a5',
      '784bdab9a1c71ea51fa5904227e721681453e59d20af3d97485e79e5518bdfff',
      'f31cf8fb9ee1d9157e172d65b1bd00a0b54cee3906df13ced709bfd8d407e9a2',
      '5c3e1bb7c6b475a9caeebcb09fab74546a9b8a364dd0ccede7e5aea5c5b12ed0',
    ],
    quorum: 3,
    time: 10_000,
    output: '5120bbc6be1fff9cb4d93cb638f0fc9e5df7036c137b89c8baa762fb8637acdf3da7',
    data: '6a470102030400cc327c2a1ee1a70d7033bee61ed2e3e6ffc7c5f5d6c637c4f0d2ddfae8a257feb5e37d93a8d04daee62838ac680ead407d7cbe0c858525781f8834495be0bce72710',
  },
] as const;
const [FIRST, SECOND] = RECORDS;
const TAG = Hex.decode('01020304');
const OFF_CURVE = `${'00'.repeat(31)}05`;

function reasonOf(run: () => unknown): Record<string, unknown> {
  try {
    run();
  } catch (error) {
    if (isSatlockError(error)) return { ...error.reason };
    throw error;
  }
  throw new Error('expected an error');
}

function transactionOf(...scripts: readonly string[]): Transaction {
  const transaction = new Transaction();
  transaction.addInput(new Uint8Array(32).fill(1), 0);
  for (const [i, script] of scripts.entries()) transaction.addOutput(Hex.decode(script), script.startsWith('6a') ? 0n : BigInt(1000 + i));
  return transaction;
}

const committee = (record: (typeof RECORDS)[number] = FIRST) => ({
  covenantPks: record.covenant.map((key) => PublicKey.fromHex(key)),
  covenantQuorum: record.quorum,
});
const parse = (scripts: readonly string[], changes: Partial<OpReturn.parseStakingTx.Options> = {}) =>
  OpReturn.parseStakingTx({ transaction: transactionOf(...scripts), tag: TAG, ...committee(), ...changes });
const at = (hex: string, byte: number, value: string) => hex.slice(0, 2 * byte) + value + hex.slice(2 * byte + value.length);

describe('output', () => {
  it.each(RECORDS)('writes and reads the published bytes, time $time', ({ staker, provider, time, data }) => {
    const fields = {
      tag: TAG,
      stakerPk: PublicKey.fromHex(staker),
      finalityProviderPk: PublicKey.fromHex(provider),
      stakingTimeBlocks: time,
    };
    expect(Hex.encode(OpReturn.build(fields))).toBe(data);
    expect(OpReturn.parseOutput(Hex.decode(data))).toEqual({ ...fields, version: 0 });
  });

  it('reads back every tag and time that it writes', () => {
    const keys = { stakerPk: PublicKey.fromHex(FIRST.staker), finalityProviderPk: PublicKey.fromHex(FIRST.provider) };
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.integer({ min: 1, max: 65_535 }), (tag, stakingTimeBlocks) => {
        const script = OpReturn.build({ tag, ...keys, stakingTimeBlocks });
        expect(script).toHaveLength(73);
        const data = OpReturn.parseOutput(script);
        expect(data).toEqual({ tag, version: 0, ...keys, stakingTimeBlocks });
      }),
      { seed: 3, numRuns: 100 },
    );
  });

  it('refuses in order, with the text of Go', () => {
    const refusal = (hex: string) => reasonOf(() => OpReturn.parseOutput(Hex.decode(hex)));
    const bad = at(at(at(FIRST.data, 6, '01'), 7, OFF_CURVE), 39, OFF_CURVE);
    expect(refusal(`${bad}00`)).toEqual({
      code: 'op-return.wrong-length',
      gotBytes: 74,
      expectedBytes: 73,
      reference: 'invalid op return data length: 74, expected: 73',
    });
    expect(refusal('')).toMatchObject({ code: 'op-return.wrong-length', gotBytes: 0 });
    expect(refusal(at(bad, 1, '46'))).toEqual({ code: 'op-return.not-data-push', reference: 'invalid op return script' });
    expect(refusal(at(bad, 0, '6b'))).toMatchObject({ code: 'op-return.not-data-push' });
    expect(refusal(bad)).toEqual({
      code: 'op-return.wrong-version',
      got: 1,
      reference: 'invalid op return version: 1, expected: 0',
    });
    expect(refusal(at(bad, 6, '00'))).toEqual({
      code: 'op-return.bad-staker-key',
      reference: 'cannot create V0 op_return data:invalid staker public key:',
    });
    expect(refusal(at(FIRST.data, 39, OFF_CURVE))).toMatchObject({ code: 'op-return.bad-finality-provider-key' });
    expect(OpReturn.parseOutput(Hex.decode(at(FIRST.data, 71, '0000'))).stakingTimeBlocks).toBe(0);
  });

  it('does not take a PUSHDATA1 for a tag', () => {
    // 73 bytes: OP_RETURN, PUSHDATA1, 70 bytes. Read two bytes in, the "tag" would begin with the length 46 and all the rest would fit.
    const trap = `6a4c46020304${FIRST.data.slice(12)}`;
    expect(Hex.decode(trap)).toHaveLength(73);
    expect(reasonOf(() => OpReturn.parseOutput(Hex.decode(trap)))).toMatchObject({ code: 'op-return.not-data-push' });
    expect(OpReturn.isPossible(transactionOf(FIRST.output, trap), Hex.decode('46020304'))).toBe(false);
    expect(reasonOf(() => parse([FIRST.output, trap]))).toMatchObject({ code: 'op-return.no-data-output' });
  });

  it('refuses what it cannot write', () => {
    const good = {
      tag: TAG,
      stakerPk: PublicKey.fromHex(FIRST.staker),
      finalityProviderPk: PublicKey.fromHex(FIRST.provider),
      stakingTimeBlocks: 1000,
    };
    const refusal = (changes: Record<string, unknown>) => reasonOf(() => OpReturn.build({ ...good, ...changes }));
    expect(refusal({ tag: TAG.subarray(1) })).toMatchObject({ code: 'input.wrong-length', field: 'tag' });
    expect(refusal({ stakingTimeBlocks: 0 })).toMatchObject({ code: 'input.out-of-range' });
    expect(refusal({ stakingTimeBlocks: 65_536 })).toMatchObject({ code: 'input.out-of-range' });
    expect(refusal({ stakerPk: Hex.decode(OFF_CURVE) })).toMatchObject({ code: 'public-key.not-on-curve', field: 'stakerPk' });
    expect(refusal({ finalityProviderPk: Hex.decode(OFF_CURVE) })).toMatchObject({ field: 'finalityProviderPk' });
  });
});

describe('filter', () => {
  it('wants two outputs and one matching data output', () => {
    const foreign = at(FIRST.data, 2, 'ffffffff');
    expect(OpReturn.isPossible(transactionOf('51', FIRST.data), TAG)).toBe(true);
    expect(OpReturn.isPossible(transactionOf(FIRST.data), TAG)).toBe(false);
    expect(OpReturn.isPossible(transactionOf('51', foreign), TAG)).toBe(false);
    expect(OpReturn.isPossible(transactionOf(FIRST.data, SECOND.data), TAG)).toBe(false);
    expect(OpReturn.isPossible(transactionOf('51', at(FIRST.data, 6, '01')), TAG)).toBe(false);
    // Keys are not looked at, and a foreign tag beside does not matter here.
    expect(OpReturn.isPossible(transactionOf('51', at(FIRST.data, 7, OFF_CURVE)), TAG)).toBe(true);
    expect(OpReturn.isPossible(transactionOf(foreign, FIRST.data), TAG)).toBe(true);
    expect(reasonOf(() => OpReturn.isPossible(transactionOf('51', FIRST.data), new Uint8Array(3)))).toMatchObject({
      code: 'input.wrong-length',
    });
  });
});

describe('transaction', () => {
  it.each(RECORDS)('recognises the published outputs in either order, time $time', (record) => {
    const options = { tag: TAG, ...committee(record) };
    const one = OpReturn.parseStakingTx({ transaction: transactionOf(record.output, record.data, '51'), ...options });
    expect(one).toMatchObject({ stakingOutputIndex: 0, dataOutputIndex: 1, stakingValueSats: 1000n });
    expect(Hex.encode(one.stakingScriptPubKey)).toBe(record.output);
    expect(one.data.stakingTimeBlocks).toBe(record.time);
    const two = OpReturn.parseStakingTx({ transaction: transactionOf(record.data, '51', record.output), ...options });
    expect(two).toMatchObject({ stakingOutputIndex: 2, dataOutputIndex: 0, stakingValueSats: 1002n });
  });

  it('refuses in the order of Go', () => {
    const foreign = at(FIRST.data, 2, 'ffffffff');
    const missing = { transaction: undefined } as unknown as Partial<OpReturn.parseStakingTx.Options>;
    // Each case has every later fault as well as its own, as far as they go together.
    expect(reasonOf(() => parse([], { ...missing, tag: new Uint8Array(5), covenantPks: [] }))).toEqual({
      code: 'op-return.bad-tag-length',
      gotBytes: 5,
      reference: 'invalid tag length: 5, expected: 4',
    });
    expect(reasonOf(() => parse([], { ...missing, covenantPks: [] }))).toEqual({ code: 'op-return.no-transaction', reference: 'nil tx' });
    expect(reasonOf(() => parse([], { covenantPks: [] }))).toMatchObject({ reference: 'no covenant keys specified' });
    expect(reasonOf(() => parse([], { covenantQuorum: 2 }))).toMatchObject({
      code: 'op-return.quorum-above-keys',
      reference: 'covenant quorum is greater than the number of covenant keys',
    });
    expect(reasonOf(() => parse([FIRST.data]))).toMatchObject({ reference: 'staking tx must have at least 2 outputs' });
    // A foreign tag beside the right one counts as a second data output.
    expect(reasonOf(() => parse([FIRST.output, FIRST.data, foreign]))).toMatchObject({
      indexes: [1, 2],
      reference: 'cannot parse staking transaction: multiple op return outputs found',
    });
    expect(reasonOf(() => parse([FIRST.output, '51']))).toMatchObject({ reference: 'transaction does not have expected op return output' });
    const own = at(foreign, 7, FIRST.covenant[0]);
    expect(reasonOf(() => parse([FIRST.output, own]))).toMatchObject({
      code: 'op-return.bad-contract',
      contractCode: 'staking-contract.duplicate-key',
      reference: 'cannot build staking info: ',
    });
    expect(reasonOf(() => parse([FIRST.output, foreign, FIRST.output]))).toMatchObject({
      indexes: [0, 2],
      reference: 'cannot parse staking transaction: multiple staking outputs found',
    });
    expect(reasonOf(() => parse([SECOND.output, foreign]))).toMatchObject({
      reference: 'staking output not found in potential staking transaction',
    });
    expect(reasonOf(() => parse([FIRST.output, foreign]))).toEqual({
      code: 'op-return.foreign-tag',
      got: 'ffffffff',
      expected: '01020304',
      reference: 'unexpected tag: ffffffff, expected: 01020304',
    });
  });

  it('ignores data outputs that do not parse', () => {
    const offCurve = at(FIRST.data, 7, OFF_CURVE);
    expect(parse([offCurve, FIRST.data, FIRST.output]).dataOutputIndex).toBe(1);
    expect(parse([at(FIRST.data, 6, '01'), FIRST.data, FIRST.output]).dataOutputIndex).toBe(1);
  });

  it('refuses contracts that nobody could spend', () => {
    expect(reasonOf(() => parse([FIRST.output, at(FIRST.data, 71, '0000')]))).toMatchObject({ code: 'op-return.bad-contract' });
    expect(reasonOf(() => parse([FIRST.output, FIRST.data], { covenantQuorum: 0 }))).toMatchObject({ code: 'op-return.bad-contract' });
  });
});
