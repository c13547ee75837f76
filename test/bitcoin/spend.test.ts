// The spend check as its callers see it: verdicts, the rule and input that are named, typed refusals, both forms of input.
import { Transaction } from 'bitcoinjs-lib';
import { describe, expect, it } from 'vitest';
import * as Hex from '../../src/base/Hex.ts';
import * as SpendCheck from '../../src/bitcoin/SpendCheck.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import { pure } from '../../src/crypto/ecc/pure.ts';
import { type Draft, hex, isSignature } from '../support/spends/draft.ts';
import { base, changed, input, judge, options, setSequence, spoil, TIP, VALID, world } from '../support/spends/offline.ts';
import { BESIDE, coinOf, keyHashInput, keyPathInput } from '../support/spends/outputs.ts';

describe('a verdict', () => {
  it.each(['staking-timelock', 'unbonding', 'slashing', 'unbonding-timelock', 'unbonding-slashing', 'change-timelock'] as const)(
    'takes an honest %s spend',
    (path) => {
      expect(judge(base(path).draft)).toEqual(VALID);
    },
  );

  it('names the rule and the input', () => {
    const draft = changed('unbonding', (one) => {
      one.inputs.push(keyPathInput(coinOf(world, BESIDE.keyPath)));
      spoil(one, 1);
    });
    const failure = { rule: 'SCHNORR_SIG', inputIndex: 1, text: 'Invalid Schnorr signature' };
    expect(judge(draft)).toEqual({
      consensusValid: false,
      standard: false,
      scriptError: 'Invalid Schnorr signature',
      failure,
      policyFailure: failure,
    });
  });

  it('tells the block and the mempool apart', () => {
    // version 4 is fine in a block; a wrong signature is not
    const draft = changed('unbonding', (one) => {
      one.version = 4;
      spoil(one, 0);
    });
    expect(judge(draft)).toMatchObject({
      consensusValid: false,
      standard: false,
      scriptError: 'Invalid Schnorr signature',
      rejectReason: 'version',
      failure: { rule: 'SCHNORR_SIG', inputIndex: 0 },
      policyFailure: { rule: 'version' },
    });
  });

  it('gives the script error of the mempool where the block is valid', () => {
    const draft = changed('unbonding', (one) => {
      one.inputs.push(keyHashInput(coinOf(world, BESIDE.wpkh)));
      const [signature] = input(one, 1).items;
      if (signature !== undefined && isSignature(signature)) signature.hashType = 0x04;
    });
    expect(judge(draft)).toEqual({
      consensusValid: true,
      standard: false,
      scriptError: 'Signature hash type missing or not understood',
      policyFailure: { rule: 'SIG_HASHTYPE', inputIndex: 1, text: 'Signature hash type missing or not understood' },
    });
  });

  it('gives no script error when the mempool refuses before it runs the scripts of a valid block', () => {
    const draft = changed('unbonding', (one) => void one.outputs.push({ script: hex('61'), value: 1000n }));
    expect(judge(draft)).toEqual({
      consensusValid: true,
      standard: false,
      rejectReason: 'scriptpubkey',
      policyFailure: { rule: 'scriptpubkey', text: 'output 1 has no standard script' },
    });
  });

  it('puts immaturity before scripts, and says from when on', () => {
    const draft = changed('unbonding-timelock', (one) => {
      input(one).sequence = 202;
      spoil(one, 0);
    });
    expect(judge(draft)).toMatchObject({
      rejectReason: 'non-BIP68-final',
      failure: { rule: 'non-BIP68-final', inputIndex: 0, text: expect.stringContaining('from block 1002 on, the next is 1001') },
    });
    expect(judge(draft)).not.toHaveProperty('scriptError');
    expect(judge(changed('unbonding-timelock', (one) => setSequence(one, 201)))).toEqual(VALID);
  });

  it('counts a relative lock by time from the median time before the coin', () => {
    // 120,000 s are 234 units of 512 s and 192 s
    const at = (units: number): SpendCheck.Verdict => judge(changed('unbonding', (one) => setSequence(one, 0x40_0000 + units)));
    expect(at(234)).toEqual(VALID);
    expect(at(235)).toMatchObject({ consensusValid: false, rejectReason: 'non-BIP68-final' });
  });
});

describe('dust', () => {
  const withDust = (feeSats: bigint, ...dust: bigint[]): SpendCheck.Verdict =>
    judge(
      changed('unbonding', (one) => {
        const script = (one.outputs[0] as Draft['outputs'][number]).script;
        const rest = input(one).coin.valueSats - feeSats - dust.reduce((sum, value) => sum + value, 0n);
        one.outputs = [{ script, value: rest }, ...dust.map((value) => ({ script, value }))];
      }),
    );

  it('is refused with a fee, taken as the only one without', () => {
    expect(withDust(1000n, 329n)).toMatchObject({ consensusValid: true, standard: false, rejectReason: 'dust' });
    expect(withDust(1000n, 330n)).toEqual(VALID);
    expect(withDust(0n, 329n)).toEqual(VALID);
    expect(withDust(0n, 329n, 329n)).toMatchObject({ standard: false, rejectReason: 'dust' });
  });
});

describe('the input', () => {
  const honest = options(base('unbonding').draft);
  const prevout = honest.prevouts[0] as SpendCheck.Prevout;

  it('may be a transaction object', () => {
    const raw = honest.transaction as Uint8Array;
    expect(SpendCheck.verifySpend({ ...honest, transaction: Transaction.fromBuffer(raw) })).toEqual(VALID);
    expect(SpendCheck.verifySpend({ ...honest, transaction: Tx.decode(raw) })).toEqual(VALID);
  });

  it('is not changed', () => {
    const transaction = Transaction.fromBuffer(honest.transaction as Uint8Array);
    const before = transaction.toHex();
    SpendCheck.verifySpend({ ...honest, transaction });
    expect(transaction.toHex()).toBe(before);
  });

  it('may be judged with any backend', () => {
    expect(SpendCheck.verifySpend(honest, pure)).toEqual(VALID);
    expect(SpendCheck.verifySpend(options(changed('slashing', (one) => spoil(one, 0))), pure)).toMatchObject({
      scriptError: 'Invalid Schnorr signature',
    });
  });

  const raw = Hex.encode(honest.transaction as Uint8Array);
  it.each([
    ['nothing', ''],
    ['a byte too many', `${raw}00`],
    ['a byte too few', raw.slice(0, -2)],
    ['another transaction behind it', raw + raw],
    ['an unknown flag', raw.replace(/^020000000001/, '020000000002')],
    ['a length in a longer form', raw.replace(/^02000000000101/, '020000000001fd0100')],
    ['a count beyond the end', raw.replace(/^02000000000101/, '020000000001feffff0000')],
    ['a length beyond what nodes read', raw.replace(/^02000000000101/, '020000000001ffffffffffffffff7f')],
    ['a witness marked but empty', `02000000000101${'11'.repeat(36)}00ffffffff01e80300000000000001510000000000`],
    ['inputs left out', '020000000001e803000000000000015100000000'],
  ])('is refused when it has %s', (_, text) => {
    expect(() => SpendCheck.verifySpend({ ...honest, transaction: hex(text) })).toThrowError(
      expect.objectContaining({ code: 'spend.malformed-transaction' }),
    );
  });

  it('may be a transaction that is bad beyond its scripts', () => {
    expect(SpendCheck.verifySpend({ ...honest, transaction: hex('02000000000000000000'), prevouts: [] })).toMatchObject({
      consensusValid: false,
      rejectReason: 'bad-txns-vin-empty',
    });
  });

  it.each<[string, unknown]>([
    ['spend.wrong-prevout-count', { prevouts: [] }],
    ['spend.wrong-prevout-count', { prevouts: [prevout, prevout] }],
    ['input.not-list', { prevouts: prevout }],
    ['input.missing', { prevouts: [null] }],
    ['input.missing', { transaction: null }],
    ['input.missing', { transaction: raw }],
    ['input.not-integer', { transaction: {} }],
    ['input.not-integer', { prevouts: [{ ...prevout, valueSats: 5 }] }],
    ['input.out-of-range', { prevouts: [{ ...prevout, valueSats: -1n }] }],
    ['input.out-of-range', { prevouts: [{ ...prevout, confirmedHeight: TIP + 2 }] }],
    ['input.not-bytes', { prevouts: [{ ...prevout, scriptPubKey: '5120' }] }],
    ['input.not-integer', { tipHeight: 1.5 }],
    ['input.not-integer', { medianTime: undefined }],
    ['input.out-of-range', { tipHeight: -1 }],
  ])('is refused with %s', (code, change) => {
    expect(() => SpendCheck.verifySpend({ ...honest, ...(change as object) })).toThrowError(expect.objectContaining({ code }));
  });

  it.each([`a914${'11'.repeat(20)}87`, `0020${'11'.repeat(32)}`, '51024e73', `5220${'11'.repeat(32)}`, '', '51'])(
    'is refused for spending %s',
    (script) => {
      const prevouts = [{ ...prevout, scriptPubKey: hex(script) }];
      expect(() => SpendCheck.verifySpend({ ...honest, prevouts })).toThrowError(
        expect.objectContaining({ reason: { code: 'spend.unsupported-script', inputIndex: 0 } }),
      );
    },
  );

  it('needs the median time only for a lock by time', () => {
    const without = (sequence: number): SpendCheck.SpendOptions => {
      const { prevouts, ...rest } = options(changed('unbonding', (one) => setSequence(one, sequence)));
      return { ...rest, prevouts: prevouts.map(({ medianTimeBefore: _, ...coin }) => coin) };
    };
    expect(SpendCheck.verifySpend(without(5))).toEqual(VALID);
    expect(() => SpendCheck.verifySpend(without(0x40_0001))).toThrowError(
      expect.objectContaining({ reason: { code: 'spend.missing-median-time', inputIndex: 0 } }),
    );
  });
});
