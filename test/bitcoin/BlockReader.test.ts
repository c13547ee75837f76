// Raw blocks: the same as bitcoinjs-lib reads, every fault with its place, and what a scan finds.
import { Block } from 'bitcoinjs-lib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSatlockError } from '../../src/base/Errors.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as BlockReader from '../../src/bitcoin/BlockReader.ts';
import {
  blockOf,
  Dice,
  encode,
  joined,
  type RawTransaction,
  raw as rawOf,
  size,
  uint32,
  uint64,
  usualBlock,
  usualTransaction,
} from '../support/blocks.ts';
import { codeOf, failure, SEED } from '../support/stakes.ts';

const hex = (bytes: Uint8Array): string => Hex.encode(bytes);
const tiny = usualBlock('tiny', 5);

const SIMPLE: RawTransaction = {
  inputs: [{ hash: new Uint8Array(32).fill(7), vout: 1, witness: [Uint8Array.of(1, 2, 3)] }],
  outputs: [{ valueSats: 5_000n, script: joined(Uint8Array.of(0x51, 0x20), new Uint8Array(32).fill(9)) }],
};
/** A block with one transaction of these bytes; what the coinbase commits to is not looked at. */
const around = (transaction: Uint8Array): Uint8Array => blockOf([{ raw: transaction, stripped: transaction }]);

describe('a block against bitcoinjs-lib', () => {
  it.each([0, 1, 2, 3, 40, 700])('reads the same header, ids, inputs, outputs and witnesses with %i transactions', (count) => {
    const raw = usualBlock(`against ${count}`, count);
    const other = Block.fromBuffer(Buffer.from(raw));
    const head = BlockReader.check(raw);
    expect(head).toEqual({
      version: other.version,
      previousBlockHash: hex(Uint8Array.from(other.prevHash as Uint8Array).reverse()),
      merkleRoot: hex(Uint8Array.from(other.merkleRoot as Uint8Array).reverse()),
      time: other.timestamp,
      bits: other.bits,
      nonce: other.nonce,
      hash: other.getId(),
    });
    const ours = [...BlockReader.transactions(raw)];
    expect(ours.length).toBe(count + 1);
    for (const [i, transaction] of (other.transactions ?? []).entries()) {
      const view = ours[i] as BlockReader.TransactionView;
      expect(view.txid).toBe(transaction.getId());
      // Of a coinbase bitcoinjs-lib answers zeros, what stands for it in the commitment; nodes give the hash of its bytes.
      if (i > 0) expect(view.wtxid).toBe(hex(Uint8Array.from(transaction.getHash(true)).reverse()));
      expect(hex(view.bytes())).toBe(transaction.toHex());
      expect([view.index, view.length, view.version, view.lockTime]).toEqual([
        i,
        transaction.byteLength(),
        transaction.version >>> 0,
        transaction.locktime,
      ]);
      expect(
        [...view.inputs()].map(({ outpoint, scriptSig, sequence }) => [outpoint.txid, outpoint.vout, hex(scriptSig), sequence]),
      ).toEqual(
        transaction.ins.map(({ hash, index, script, sequence }) => [hex(Uint8Array.from(hash).reverse()), index, hex(script), sequence]),
      );
      expect([...view.outputs()].map(({ valueSats, scriptPubKey }) => [valueSats, hex(scriptPubKey)])).toEqual(
        transaction.outs.map(({ value, script }) => [value, hex(script)]),
      );
      expect(transaction.ins.map((_, input) => view.witness(input).map(hex))).toEqual(
        transaction.ins.map(({ witness }) => witness.map(hex)),
      );
      expect(view.transaction().getId()).toBe(view.txid);
    }
    expect(BlockReader.walk(raw)).toEqual({
      transactions: count + 1,
      inputs: ours.reduce((sum, { inputCount }) => sum + inputCount, 0),
      outputs: ours.reduce((sum, { outputCount }) => sum + outputCount, 0),
    });
  });

  it('hands out copies: the block is nobody’s to change, and a later change of it reaches no copy', () => {
    const raw = Uint8Array.from(tiny);
    const views = [...BlockReader.transactions(raw)];
    const bytes = views.map((view) => [hex(view.bytes()), view.txid]);
    for (const view of views) {
      view.bytes().fill(0);
      for (const { scriptPubKey } of view.outputs()) scriptPubKey.fill(0);
      for (const { scriptSig } of view.inputs()) scriptSig.fill(0);
      for (const item of view.witness(0)) item.fill(0);
    }
    expect(hex(raw)).toBe(hex(tiny));
    expect([...BlockReader.transactions(raw)].map((view) => [hex(view.bytes()), view.txid])).toEqual(bytes);
  });

  it('reads a block that is cut out of a Buffer', () => {
    const buffer = Buffer.concat([Buffer.from([1, 2, 3]), tiny, Buffer.from([4])]);
    expect(BlockReader.check(buffer.subarray(3, 3 + tiny.length)).hash).toBe(BlockReader.header(tiny).hash);
  });
});

describe('a malformed block', () => {
  it('is refused wherever it ends', () => {
    for (let length = 0; length < tiny.length; length++) {
      const { code, reason } = failure(() => BlockReader.walk(tiny.subarray(0, length)));
      expect(code).toMatch(/^block-reader\.(truncated|bad-count)$/);
      expect((reason as { at?: number }).at).toBeLessThanOrEqual(length);
    }
  });

  it.each<readonly [string, string, Uint8Array]>([
    ['bytes behind it', 'block-reader.trailing-bytes', joined(tiny, Uint8Array.of(0))],
    ['no transactions', 'block-reader.no-transactions', joined(tiny.subarray(0, 80), Uint8Array.of(0), new Uint8Array(9))],
    ['a count of transactions beyond the bytes', 'block-reader.bad-count', joined(tiny.subarray(0, 80), size(60_000), tiny.subarray(81))],
    ['a long form of the count', 'block-reader.bad-length', joined(tiny.subarray(0, 80), Uint8Array.of(0xfd, 6, 0), tiny.subarray(81))],
    ['a count of 2^64-1', 'block-reader.bad-length', joined(tiny.subarray(0, 80), new Uint8Array(9).fill(0xff), tiny.subarray(81))],
    ['no inputs', 'block-reader.no-inputs', around(joined(uint32(2), Uint8Array.of(0, 0), new Uint8Array(60)))],
    ['a witness flag and no inputs', 'block-reader.no-inputs', around(joined(uint32(2), Uint8Array.of(0, 1, 0), new Uint8Array(60)))],
    ['an unknown flag', 'block-reader.bad-flag', around(joined(uint32(2), Uint8Array.of(0, 2), encode(SIMPLE).subarray(6)))],
    [
      'a witness flag without witness',
      'block-reader.empty-witness',
      around(joined(uint32(2), Uint8Array.of(0, 1), encode(SIMPLE, false).subarray(4, -4), Uint8Array.of(0), uint32(0))),
    ],
    ['no outputs', 'block-reader.no-outputs', around(joined(encode({ ...SIMPLE, outputs: [] }, false), new Uint8Array(9)))],
    [
      'one satoshi too many',
      'block-reader.bad-value',
      around(encode({ ...SIMPLE, outputs: [{ valueSats: 2_100_000_000_000_001n, script: uint64(1n) }] })),
    ],
    [
      'a negative amount',
      'block-reader.bad-value',
      around(encode({ ...SIMPLE, outputs: [{ valueSats: (1n << 64n) - 1n, script: uint64(1n) }] })),
    ],
    ['more than four million bytes', 'block-reader.too-large', new Uint8Array(4_000_001)],
  ])('with %s is refused: %s', (_, code, raw) => {
    expect(codeOf(() => BlockReader.walk(raw))).toBe(code);
    expect(codeOf(() => [...BlockReader.transactions(raw)])).toBe(code);
    expect(codeOf(() => [...BlockReader.scan(raw, BlockReader.targets())])).toBe(code);
  });

  it('names the transaction and the byte', () => {
    const good = rawOf(SIMPLE);
    const bad = encode({ ...SIMPLE, outputs: [{ valueSats: 1n << 63n, script: uint64(1n) }] });
    const raw = blockOf([good, { raw: bad, stripped: bad }]);
    const start = raw.length - bad.length;
    // Version, marker and flag, one input of 41 bytes with its count, the count of outputs.
    expect(failure(() => BlockReader.walk(raw)).reason).toEqual({
      code: 'block-reader.bad-value',
      transaction: 2,
      at: start + 4 + 2 + 1 + 41 + 1,
    });
  });

  it('takes 21 million bitcoin in one output', () => {
    const raw = around(encode({ ...SIMPLE, outputs: [{ valueSats: 2_100_000_000_000_000n, script: uint64(1n) }] }));
    expect([...([...BlockReader.transactions(raw)][1] as BlockReader.TransactionView).outputs()][0]?.valueSats).toBe(
      2_100_000_000_000_000n,
    );
  });

  it('never is anything but refused by an error of ours, whatever the bytes', () => {
    const targets = BlockReader.targets({ opReturnTags: [uint32(1)], internalKey: new Uint8Array(32), scripts: [uint64(1n)] });
    const quiet = (act: () => unknown): boolean => {
      try {
        act();
        return true;
      } catch (error) {
        return isSatlockError(error);
      }
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(), fc.nat(255), fc.boolean(), (noise, place, byte, whole) => {
        const raw = whole ? Uint8Array.from(tiny) : joined(tiny.subarray(0, 80), noise);
        const at = 80 + (place % (raw.length - 79));
        if (at < raw.length) raw[at] = byte;
        for (const act of [
          () => BlockReader.walk(raw),
          () => BlockReader.check(raw),
          () => [...BlockReader.scan(raw, targets)],
          () => [...BlockReader.transactions(raw)].map((view) => [view.txid, [...view.inputs()], [...view.outputs()], view.witness(0)]),
        ])
          if (!quiet(act)) return false;
        return true;
      }),
      { seed: SEED, numRuns: 3_000 },
    );
  });

  it('costs no more than its bytes: counts that promise more are refused before anything is read', () => {
    const raw = joined(tiny.subarray(0, 80), size(1), uint32(2), Uint8Array.of(0xfe, 0xff, 0xff, 0x3c, 0), new Uint8Array(70));
    expect(codeOf(() => BlockReader.walk(raw))).toBe('block-reader.bad-count');
  });
});

describe('what a header commits to', () => {
  const block = usualBlock('commit', 4);

  it('is compared with the transactions', () => {
    const other = Uint8Array.from(block);
    const last = other.length - 1;
    other[last] = (other[last] as number) ^ 1;
    expect(codeOf(() => BlockReader.check(other))).toBe('block-reader.wrong-merkle-root');
    expect(() => BlockReader.check(other, { merkleRoot: false, witnessCommitment: false })).not.toThrow();
  });

  it('is compared with the witnesses', () => {
    const changed = {
      ...SIMPLE,
      inputs: [{ ...(SIMPLE.inputs[0] as RawTransaction['inputs'][number]), witness: [Uint8Array.of(4, 5, 6)] }],
    };
    const good = blockOf([rawOf(SIMPLE)]);
    const other = joined(good.subarray(0, good.length - encode(SIMPLE).length), encode(changed));
    expect(() => BlockReader.check(good)).not.toThrow();
    expect(codeOf(() => BlockReader.check(other))).toBe('block-reader.wrong-witness-commitment');
    expect(() => BlockReader.check(other, { witnessCommitment: false })).not.toThrow();
  });

  it('needs a commitment where there are witnesses, and none where there are none', () => {
    const coinbase: RawTransaction = {
      inputs: [{ hash: new Uint8Array(32), vout: 0xffff_ffff, scriptSig: uint32(1) }],
      outputs: [{ valueSats: 5n, script: uint32(1) }],
    };
    const draftOf = (transactions: readonly RawTransaction[]): Uint8Array =>
      joined(new Uint8Array(80), size(transactions.length), ...transactions.map((one) => encode(one)));
    const made = (transactions: readonly RawTransaction[]): Uint8Array => {
      const draft = draftOf(transactions);
      const { reason } = failure(() => BlockReader.check(draft));
      return joined(draft.subarray(0, 36), Hex.decode((reason as unknown as { got: string }).got).reverse(), draft.subarray(68));
    };
    const plain = { ...SIMPLE, inputs: [{ hash: new Uint8Array(32).fill(7), vout: 1 }] };
    expect(() => BlockReader.check(made([coinbase, plain]))).not.toThrow();
    expect(codeOf(() => BlockReader.check(made([coinbase, SIMPLE])))).toBe('block-reader.no-witness-commitment');
    expect(codeOf(() => BlockReader.check(draftOf([plain, SIMPLE])))).toBe('block-reader.no-coinbase');
    expect(codeOf(() => BlockReader.check(draftOf([coinbase, coinbase])))).toBe('block-reader.no-coinbase');
  });

  it('hides no repeated transaction (CVE-2012-2459)', () => {
    const two = blockOf([rawOf(SIMPLE), rawOf(usualTransaction(new Dice('repeat')))]);
    const [, , third] = [...BlockReader.transactions(two)] as [unknown, unknown, BlockReader.TransactionView];
    const repeated = joined(two.subarray(0, 80), size(4), two.subarray(81), third.bytes());
    expect(BlockReader.header(repeated).merkleRoot).toBe(BlockReader.header(two).merkleRoot);
    expect(codeOf(() => BlockReader.check(repeated))).toBe('block-reader.repeated-transactions');
  });
});

describe('a scan', () => {
  const TAG = Hex.decode('62626e31');
  const NUMS = Hex.decode('50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0');
  const script = joined(Uint8Array.of(0x51, 0x20), new Uint8Array(32).fill(0xab));
  const data = (tag: Uint8Array, length = 71): Uint8Array => joined(Uint8Array.of(0x6a, length), tag, new Uint8Array(length - tag.length));
  const leaf = (control: Uint8Array, annex?: Uint8Array): RawTransaction => ({
    ...SIMPLE,
    inputs: [
      { hash: new Uint8Array(32).fill(1), vout: 0, witness: [uint64(1n)] },
      { hash: new Uint8Array(32).fill(2), vout: 0, witness: [uint64(1n), uint32(2), control, ...(annex === undefined ? [] : [annex])] },
    ],
  });
  const control = joined(Uint8Array.of(0xc1), NUMS, new Uint8Array(64));
  const dice = new Dice('scan');
  const usual = Array.from({ length: 300 }, () => usualTransaction(dice));
  const paying: RawTransaction = { ...SIMPLE, outputs: [...SIMPLE.outputs, { valueSats: 1n, script }, { valueSats: 2n, script }] };
  const tagged: RawTransaction = {
    ...SIMPLE,
    outputs: [
      { valueSats: 0n, script: data(TAG) },
      { valueSats: 7n, script: data(uint32(4)) },
    ],
  };
  const all = [
    ...usual.slice(0, 100),
    paying,
    ...usual.slice(100, 200),
    tagged,
    leaf(control),
    leaf(control, Uint8Array.of(0x50, 1)),
    ...usual.slice(200),
  ];
  const block = blockOf(all.map(rawOf));
  const found = (wanted: BlockReader.Wanted): unknown =>
    [...BlockReader.scan(block, BlockReader.targets(wanted))].map(({ transaction, ...hits }) => [transaction.index, hits]);
  const none = { outputs: [], spends: [], tags: [], leafSpends: [] };

  it('finds outputs by script, and no other', () => {
    expect(found({ scripts: [script, uint64(4n), Uint8Array.of()] })).toEqual([[101, { ...none, outputs: [1, 2] }]]);
    for (const wrong of [script.subarray(1), joined(script, Uint8Array.of(0)), joined(script.subarray(0, -1), Uint8Array.of(0))])
      expect(found({ scripts: [wrong] })).toEqual([]);
  });

  it('finds every script, spend and tag that a look at each transaction finds', () => {
    const views = [...BlockReader.transactions(block)];
    const wanted = { scripts: [] as Uint8Array[], outpoints: [] as { txid: string; vout: number }[] };
    for (const view of views.filter((_, i) => i % 7 === 3)) {
      wanted.scripts.push(...[...view.outputs()].map(({ scriptPubKey }) => scriptPubKey));
      wanted.outpoints.push(...[...view.inputs()].map(({ outpoint }) => outpoint));
    }
    const scripts = new Set(wanted.scripts.map(hex));
    const outpoints = new Set(wanted.outpoints.map(({ txid, vout }) => `${txid}:${vout}`));
    const expected = views.flatMap((view) => {
      const outputs = [...view.outputs()].filter(({ scriptPubKey }) => scripts.has(hex(scriptPubKey))).map(({ index }) => index);
      const spends = [...view.inputs()]
        .filter(({ outpoint: { txid, vout } }) => outpoints.has(`${txid}:${vout}`))
        .map(({ index }) => index);
      return outputs.length + spends.length === 0 ? [] : [[view.index, { ...none, outputs, spends }]];
    });
    expect(expected.length).toBeGreaterThan(40);
    expect(found(wanted)).toEqual(expected);
  });

  it('finds data outputs by their tag, direct pushes only', () => {
    expect(found({ opReturnTags: [TAG] })).toEqual([[202, { ...none, tags: [0] }]]);
    const odd = blockOf(
      [
        data(TAG),
        joined(Uint8Array.of(0x6a, 0x4c, 67), TAG, new Uint8Array(63)),
        joined(data(TAG), uint32(0)),
        TAG,
        Uint8Array.of(0x6a),
        Uint8Array.of(),
      ].map((one) => rawOf({ ...SIMPLE, outputs: [{ valueSats: 0n, script: one }] })),
    );
    expect([...BlockReader.scan(odd, BlockReader.targets({ opReturnTags: [TAG] }))].map(({ transaction }) => transaction.index)).toEqual([
      1,
    ]);
  });

  it('finds leaf spends under an internal key, behind an annex too', () => {
    expect(found({ internalKey: NUMS })).toEqual([
      [203, { ...none, leafSpends: [1] }],
      [204, { ...none, leafSpends: [1] }],
    ]);
    expect(found({ internalKey: NUMS.slice().fill(1, 31) })).toEqual([]);
  });

  it('finds what is added between two matches, and no longer what is deleted', () => {
    const parent = rawOf(paying);
    const txid = [...BlockReader.transactions(around(parent.raw))][1]?.hash() as Uint8Array;
    const child = rawOf({ ...SIMPLE, inputs: [{ hash: txid, vout: 1 }] });
    const chained = blockOf([parent, child, child]);
    const targets = BlockReader.targets({ scripts: [script] });
    const seen: number[] = [];
    for (const { transaction, outputs, spends } of BlockReader.scan(chained, targets)) {
      seen.push(transaction.index);
      if (outputs.length > 0) targets.addOutpoint({ txid: transaction.txid, vout: outputs[0] as number });
      if (spends.length > 0) {
        const [{ outpoint }] = [...transaction.inputs()] as [BlockReader.InputView];
        expect([targets.deleteOutpoint(outpoint), targets.deleteOutpoint(outpoint)]).toEqual([true, false]);
      }
    }
    expect(seen).toEqual([1, 2]);
    expect(targets.size).toEqual({ scripts: 1, outpoints: 0 });
    expect([targets.deleteScript(script), targets.deleteScript(script)]).toEqual([true, false]);
  });
});
