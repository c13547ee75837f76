// Transactions: one byte string for one transaction, sanity rule by rule, and no memory shared with whoever gave or got one.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Tx from '../../src/bitcoin/Tx.ts';
import { bytes, codeOf, failure, hex, P2TR, P2WPKH, refusal, SEED, untyped } from '../support/stakes.ts';

/** The unbonding transaction of the worked example, and the same with a witness of one item. */
const UNBONDING =
  '0200000001f55c2b5f13c95133194ae640220780855adf60408ab7d7290ae8d45c7a4ee9870000000000ffffffff0150990700000000002251200963372158374bd60414dbc955a133d38d9d5adc301b9077c4cbee29ab70870500000000';
const TXID = '89ae0f4cecfcdd4f4c5b76528e74bc59f5b5cc0ac1952efc30774c5957399f78';
const WITH_WITNESS = `${UNBONDING.slice(0, 8)}0001${UNBONDING.slice(8, -8)}0102abcd${UNBONDING.slice(-8)}`;
const OUTPOINT = { txid: '11'.repeat(32), vout: 0 };
const build = (): Tx.Transaction => Tx.create([{ outpoint: OUTPOINT }], [{ scriptPubKey: P2TR, valueSats: 1000n }]);

describe('decode', () => {
  it('keeps the txid of a transaction read from a Buffer, however often it is looked at', () => {
    const transaction = Tx.decode(Buffer.from(UNBONDING, 'hex'));
    for (let i = 0; i < 3; i++) {
      Tx.checkSanity(transaction);
      expect(Tx.outpointOf(transaction, 0)).toEqual({ txid: '87e94e7a5cd4e80a29d7b78a4060df5a8580072240e64a193351c9135f2b5cf5', vout: 0 });
      expect(Tx.txid(transaction)).toBe(TXID);
    }
  });

  it('does not follow later changes of the bytes it read', () => {
    const raw = Buffer.from(UNBONDING, 'hex');
    const transaction = Tx.decode(raw);
    raw.fill(0);
    expect(Tx.toHex(transaction)).toBe(UNBONDING);
  });

  it('refuses trailing bytes, truncation and superfluous or long forms: two byte strings would mean one transaction', () => {
    for (const text of [
      `${UNBONDING}00`,
      `${UNBONDING}${UNBONDING}`,
      UNBONDING.slice(0, -2),
      '',
      '02000000',
      // A witness flag without witness, an input count of three bytes, an output value of -1, a huge count.
      `${UNBONDING.slice(0, 8)}0001${UNBONDING.slice(8, -8)}00${UNBONDING.slice(-8)}`,
      `02000000fd0100${UNBONDING.slice(10)}`,
      UNBONDING.replace('5099070000000000', 'ffffffffffffffff'),
      '02000000ffffffffffffffffff',
    ])
      expect(
        refusal(() => Tx.decode(bytes(text), 'stakingTx')),
        text,
      ).toEqual(['tx.malformed', 'stakingTx']);
  });

  it('refuses every truncation and reads every witness back', () => {
    for (let end = 0; end < WITH_WITNESS.length; end += 2)
      expect(codeOf(() => Tx.fromHex(WITH_WITNESS.slice(0, end)))).toBe('tx.malformed');
    expect(Tx.toHex(Tx.fromHex(WITH_WITNESS))).toBe(WITH_WITNESS);
    expect(hex(Tx.encode(Tx.fromHex(WITH_WITNESS)))).toBe(WITH_WITNESS);
    expect(Tx.txid(Tx.fromHex(WITH_WITNESS))).toBe(TXID);
  });

  it('fails in no other way on noise', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 120 }),
        fc.integer({ min: 0, max: 93 }),
        fc.integer({ min: 0, max: 255 }),
        (noise, at, byte) => {
          const flipped = bytes(WITH_WITNESS);
          flipped[at] = byte;
          for (const raw of [noise, flipped]) {
            try {
              expect(hex(Tx.encode(Tx.decode(raw)))).toBe(hex(raw));
            } catch (error) {
              expect((error as { code?: string }).code).toBe('tx.malformed');
            }
          }
        },
      ),
      { seed: SEED, numRuns: 1000 },
    );
  });

  it('refuses hex with anything behind it', () => {
    expect(codeOf(() => Tx.fromHex(`${UNBONDING}zz`))).toBe('hex.bad-digit');
    expect(codeOf(() => Tx.fromHex(untyped(bytes(UNBONDING))))).toBe('input.not-text');
    expect(codeOf(() => Tx.decode(untyped(UNBONDING)))).toBe('input.not-bytes');
  });
});

describe('create', () => {
  it('refuses the same outpoint twice, also when one txid is written in upper case', () => {
    const txid = 'ab'.repeat(32);
    const outpoints = [
      { txid, vout: 1 },
      { txid: txid.toUpperCase(), vout: 1 },
    ];
    const inputs = outpoints.map((outpoint) => ({ outpoint }));
    expect(failure(() => Tx.create(inputs, [{ scriptPubKey: P2TR, valueSats: 1n }])).reason).toEqual({
      code: 'tx.duplicate-input',
      input: 1,
      txid,
      vout: 1,
    });
  });

  it('refuses txids of other lengths and digits, and output numbers that are none', () => {
    const spending = (txid: unknown, vout: unknown) => () =>
      Tx.create([{ outpoint: { txid: untyped(txid), vout: untyped(vout) } }], [{ scriptPubKey: P2TR, valueSats: 1n }]);
    expect(refusal(spending('11'.repeat(30), 0))).toEqual(['input.wrong-length', 'inputs[0].outpoint.txid']);
    expect(refusal(spending(`${'11'.repeat(31)}zz`, 0))).toEqual(['hex.bad-digit', 'inputs[0].outpoint.txid']);
    expect(refusal(spending(`${'11'.repeat(32)} `, 0))).toEqual(['hex.odd-length', 'inputs[0].outpoint.txid']);
    expect(refusal(spending(new Uint8Array(32), 0))).toEqual(['input.not-text', 'inputs[0].outpoint.txid']);
    for (const vout of [1.5, Number.NaN, '0', 0n])
      expect(refusal(spending('11'.repeat(32), vout))).toEqual(['input.not-integer', 'inputs[0].outpoint.vout']);
    for (const vout of [-1, 2 ** 32])
      expect(refusal(spending('11'.repeat(32), vout))).toEqual(['input.out-of-range', 'inputs[0].outpoint.vout']);
  });

  it('refuses amounts that are no satoshi, and scripts that are no bytes', () => {
    const paying = (scriptPubKey: unknown, valueSats: unknown) => () =>
      Tx.create([{ outpoint: OUTPOINT }], [{ scriptPubKey: untyped(scriptPubKey), valueSats: untyped(valueSats) }]);
    for (const value of [1000, 0.5, '1000', undefined])
      expect(refusal(paying(P2TR, value))).toEqual(['input.not-integer', 'outputs[0].valueSats']);
    for (const value of [-1n, 2_100_000_000_000_001n])
      expect(refusal(paying(P2TR, value))).toEqual(['input.out-of-range', 'outputs[0].valueSats']);
    for (const script of ['0014', undefined, null])
      expect(refusal(paying(script, 1n))).toEqual(['input.not-bytes', 'outputs[0].scriptPubKey']);
  });

  it('keeps its own copy of the scripts', () => {
    const script = Buffer.from(P2TR);
    const transaction = Tx.create([{ outpoint: OUTPOINT }], [{ scriptPubKey: script, valueSats: 1000n }]);
    const before = Tx.toHex(transaction);
    script.fill(0);
    expect(Tx.toHex(transaction)).toBe(before);
  });

  it('makes version 2, locktime 0 and final sequences', () => {
    const { version, locktime, ins } = build();
    expect([version, locktime, ins[0]?.sequence]).toEqual([2, 0, 0xffff_ffff]);
  });
});

describe('checkSanity', () => {
  const broken = (change: (transaction: Tx.Transaction) => void): string => {
    const transaction = build();
    change(transaction);
    return codeOf(() => Tx.checkSanity(transaction));
  };
  const first = <T>(list: readonly T[]): T => list[0] as T;

  it('refuses no inputs, no outputs, and values or totals beyond 21 million', () => {
    expect(broken((t) => t.ins.splice(0))).toBe('tx.no-inputs');
    expect(broken((t) => t.outs.splice(0))).toBe('tx.no-outputs');
    for (const value of [-1n, 2_100_000_000_000_001n, (1n << 60n) - 1n])
      expect(
        broken((t) => {
          first(t.outs).value = value;
        }),
      ).toBe('tx.bad-value');
    expect(
      broken((t) => {
        for (let i = 0; i < 2; i++) t.outs.push({ script: P2TR, value: 1_050_000_000_000_000n });
      }),
    ).toBe('tx.bad-total');
  });

  it('refuses a null prevout and an outpoint spent twice', () => {
    expect(
      broken((t) => {
        first(t.ins).hash = new Uint8Array(32);
        first(t.ins).index = 0xffff_ffff;
      }),
    ).toBe('tx.null-prevout');
    expect(broken((t) => t.ins.push({ ...first(t.ins) }))).toBe('tx.duplicate-input');
  });

  it('refuses more than a megabyte without witness', () => {
    const { reason } = failure(() => {
      const transaction = build();
      transaction.outs.push({ script: new Uint8Array(1_000_000), value: 0n });
      Tx.checkSanity(transaction);
    });
    expect(reason).toMatchObject({ code: 'tx.too-large', maxBytes: 1_000_000 });
  });
});

describe('copies', () => {
  it('share no bytes with the original', () => {
    const original = Tx.fromHex(WITH_WITNESS);
    for (const copied of [Tx.copy(original), Tx.stripped(original)]) {
      for (const { hash, script, witness } of copied.ins) for (const array of [hash, script, ...witness]) array.fill(0xee);
      for (const { script } of copied.outs) script.fill(0xee);
    }
    expect(Tx.toHex(original)).toBe(WITH_WITNESS);
  });

  it('without witness leave the original its witness', () => {
    const original = Tx.fromHex(WITH_WITNESS);
    expect(Tx.toHex(Tx.stripped(original))).toBe(UNBONDING);
    expect(Tx.toHex(original)).toBe(WITH_WITNESS);
  });
});

describe('outputs, inputs and weights', () => {
  it('are named when they do not exist', () => {
    for (const index of [1, -1]) expect(refusal(() => Tx.outputOf(build(), index))).toEqual(['input.out-of-range', 'outputIndex']);
    for (const index of [0.5, Number.NaN]) expect(codeOf(() => Tx.outputOf(build(), index))).toBe('input.not-integer');
    for (const index of [1, -1, 0.5]) expect(codeOf(() => Tx.outpointOf(build(), index))).toBe('input.out-of-range');
  });

  it('spends compares txid and output number, and no case of letters', () => {
    const txid = 'ab'.repeat(32);
    const transaction = Tx.create([{ outpoint: { txid, vout: 7 } }], [{ scriptPubKey: P2WPKH, valueSats: 1n }]);
    expect(Tx.spends(transaction, 0, { txid: txid.toUpperCase(), vout: 7 })).toBe(true);
    expect(Tx.spends(transaction, 0, { txid, vout: 6 })).toBe(false);
    expect(Tx.spends(transaction, 0, { txid: 'ba'.repeat(32), vout: 7 })).toBe(false);
  });

  it('stop at the weight that nodes relay', () => {
    expect(Tx.checkWeight(400_000)).toBe(400_000);
    expect(failure(() => Tx.checkWeight(400_001)).reason).toEqual({ code: 'tx.too-heavy', weight: 400_001, maxWeight: 400_000 });
  });
});
