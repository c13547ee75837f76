// Signature messages: the BIP341 vectors, bitcoinjs-lib as a second opinion on random transactions, a worked tapscript example, misuse.
import { readFileSync } from 'node:fs';
import { Transaction } from 'bitcoinjs-lib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Hex from '../../src/base/Hex.ts';
import * as Sighash from '../../src/bitcoin/Sighash.ts';
import * as TapTree from '../../src/bitcoin/TapTree.ts';

const hex = Hex.decode;
const HASH_TYPES = [0x00, 0x01, 0x02, 0x03, 0x81, 0x82, 0x83];

type KeyPathSpending = {
  given: { rawUnsignedTx: string; utxosSpent: { scriptPubKey: string; amountSats: number }[] };
  intermediary: Record<'hashAmounts' | 'hashOutputs' | 'hashPrevouts' | 'hashScriptPubkeys' | 'hashSequences', string>;
  inputSpending: { given: { txinIndex: number; hashType: number }; intermediary: { sigMsg: string; sigHash: string } }[];
};

describe('BIP341 wallet vectors', () => {
  const url = new URL('../../vectors/bip341/wallet-test-vectors.json', import.meta.url);
  const [{ given, intermediary, inputSpending }] = (JSON.parse(readFileSync(url, 'utf8')) as { keyPathSpending: [KeyPathSpending] })
    .keyPathSpending;
  const context = Sighash.prepare(
    Transaction.fromHex(given.rawUnsignedTx),
    given.utxosSpent.map(({ scriptPubKey, amountSats }) => ({ scriptPubKey: hex(scriptPubKey), valueSats: BigInt(amountSats) })),
  );

  it('shares the hashes over all inputs and outputs', () => {
    expect(Object.fromEntries(Object.entries(context.shared).map(([name, hash]) => [name, Hex.encode(hash)]))).toEqual({
      amounts: intermediary.hashAmounts,
      outputs: intermediary.hashOutputs,
      prevouts: intermediary.hashPrevouts,
      scriptPubKeys: intermediary.hashScriptPubkeys,
      sequences: intermediary.hashSequences,
    });
  });

  it.each(inputSpending.map((one) => [one.given.txinIndex, one.given.hashType, one.intermediary] as const))(
    'input %i with hash type %i',
    (index, hashType, { sigMsg, sigHash }) => {
      expect(Hex.encode(Sighash.sigMsg(context, index, { hashType }))).toBe(sigMsg);
      expect(Hex.encode(Sighash.keyPath(context, index, { hashType }))).toBe(sigHash);
    },
  );
});

const bytes = (minLength: number, maxLength = minLength): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength, maxLength });
const amount = fc.bigInt({ min: 0n, max: 2_100_000_000_000_000n });
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const anyInput = fc.record({
  hash: bytes(32),
  index: uint32,
  sequence: uint32,
  // beyond 252 bytes the length takes three bytes
  spent: fc.record({ scriptPubKey: fc.oneof({ weight: 3, arbitrary: bytes(34) }, bytes(0, 300)), valueSats: amount }),
});
const anyTransaction = fc.record({
  version: uint32,
  locktime: uint32,
  inputs: fc.array(anyInput, { minLength: 1, maxLength: 6 }),
  outputs: fc.array(fc.record({ script: fc.oneof(bytes(34), bytes(0, 300)), value: amount }), { minLength: 1, maxLength: 6 }),
});
const anyOptions = fc.record({
  hashType: fc.constantFrom(...HASH_TYPES),
  annex: fc.option(
    bytes(0, 300).map((rest) => Uint8Array.of(0x50, ...rest)),
    { nil: undefined },
  ),
  leafHash: fc.option(bytes(32), { nil: undefined }),
});

function build({ version, locktime, inputs, outputs }: typeof anyTransaction extends fc.Arbitrary<infer T> ? T : never): Transaction {
  const transaction = new Transaction();
  transaction.version = version;
  transaction.locktime = locktime;
  for (const { hash, index, sequence } of inputs) transaction.addInput(hash, index, sequence);
  for (const { script, value } of outputs) transaction.addOutput(script, value);
  return transaction;
}

describe('against bitcoinjs-lib', () => {
  it('gives the same hash for every input, hash type, annex and leaf', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(anyTransaction, anyOptions, (given, { hashType, annex, leafHash }) => {
        const transaction = build(given);
        const spent = given.inputs.map((input) => input.spent);
        const context = Sighash.prepare(transaction, spent);
        const options = annex === undefined ? { hashType } : { hashType, annex };
        for (const index of given.inputs.keys()) {
          if ((hashType & 3) === 3 && index >= given.outputs.length) continue;
          const scripts = spent.map(({ scriptPubKey }) => scriptPubKey);
          // bitcoinjs-lib takes it that the signing input is taproot, as it is
          if ((hashType & 0x80) !== 0 && scripts[index]?.length !== 34) continue;
          const values = spent.map(({ valueSats }) => valueSats);
          const expected = transaction.hashForWitnessV1(index, scripts, values, hashType, leafHash, annex);
          const ours =
            leafHash === undefined ? Sighash.keyPath(context, index, options) : Sighash.tapscript(context, index, leafHash, options);
          expect(Hex.encode(ours)).toBe(Hex.encode(expected));
          seen.add(`${hashType} ${annex === undefined} ${leafHash === undefined} ${index > 0}`);
        }
      }),
      { seed: 341, numRuns: 1000 },
    );
    // every kind has come up, at the first input and at later ones
    expect(seen.size).toBe(7 * 2 * 2 * 2);
  });
});

// Worked example: an unbonding transaction of a stake of 500,000 sat, signed by one of its leaves.
const STAKE = { scriptPubKey: hex('5120d3aefe29fd5c62d7b2382b1f7c956cc4d8342e6f310c1c0bf2553fa96f931108'), valueSats: 500_000n };
const UNBONDING = hex(
  '0200000001f55c2b5f13c95133194ae640220780855adf60408ab7d7290ae8d45c7a4ee9870000000000ffffffff0150990700000000002251200963372158374bd60414dbc955a133d38d9d5adc301b9077c4cbee29ab70870500000000',
);
const LEAF = hex(
  '20a7fee5f17c9c8bb5062158225718d464aae0cc78b4563bf1ca1653fce413a43bad208514a59245e7f69de9b2c13112f3b9f425d384950605df680ebe6ed1f653d269ac20dd70139934d55db6af188f0effd4d541b45a50f6d6cb53112df5c3e687b879d7ba20e04c15c3e27ef4c109e215d8359974502a4a7e23827e13f8763606ee00e8b62dba529c',
);

describe('a tapscript signature of type DEFAULT', () => {
  const context = Sighash.prepare(Transaction.fromBuffer(UNBONDING), [STAKE]);
  const leafHash = TapTree.leafHash(LEAF);

  it('signs 212 bytes', () => {
    const message = Sighash.sigMsg(context, 0, { leafHash });
    expect(message).toHaveLength(212);
    expect(Hex.encode(message.slice(0, 10))).toBe('00000200000000000000');
    expect(Hex.encode(message.slice(170))).toBe(`0200000000${Hex.encode(leafHash)}00ffffffff`);
  });

  it('has the hash of the worked example', () => {
    expect(Hex.encode(Sighash.tapscript(context, 0, leafHash))).toBe('752531edbe5986831fe375b460a43c1f0bb3b61b2947c80b643a2fc0893b2bef');
  });

  it('covers the same as ALL under another hash', () => {
    const all = Sighash.sigMsg(context, 0, { leafHash, hashType: Sighash.TYPE.ALL });
    expect(all.slice(2)).toEqual(Sighash.sigMsg(context, 0, { leafHash }).slice(2));
    expect(Sighash.tapscript(context, 0, leafHash, { hashType: 1 })).not.toEqual(Sighash.tapscript(context, 0, leafHash));
  });

  it('reads a negative version as unsigned', () => {
    const negative = { ...Transaction.fromBuffer(UNBONDING), version: -1 };
    expect(Hex.encode(Sighash.sigMsg(Sighash.prepare(negative, [STAKE]), 0).slice(2, 6))).toBe('ffffffff');
  });

  it('is of the transaction as it was when prepared', () => {
    const transaction = Transaction.fromBuffer(UNBONDING);
    const before = Sighash.prepare(transaction, [STAKE]);
    const expected = HASH_TYPES.map((hashType) => Sighash.tapscript(before, 0, leafHash, { hashType }));
    transaction.version = 7;
    transaction.outs[0] = { script: new Uint8Array(3), value: 1n };
    transaction.ins[0] = { ...(transaction.ins[0] as Transaction['ins'][number]), sequence: 1 };
    expect(HASH_TYPES.map((hashType) => Sighash.tapscript(before, 0, leafHash, { hashType }))).toEqual(expected);
  });
});

describe('refusals', () => {
  const transaction = Transaction.fromBuffer(UNBONDING);
  const context = Sighash.prepare(transaction, [STAKE]);
  const leafHash = TapTree.leafHash(LEAF);
  const second = new Transaction();
  second.addInput(new Uint8Array(32), 0);
  second.addInput(new Uint8Array(32), 1);
  second.addOutput(STAKE.scriptPubKey, 1n);

  it.each([
    ['sighash.wrong-prevout-count', () => Sighash.prepare(transaction, [])],
    ['sighash.wrong-prevout-count', () => Sighash.prepare(transaction, [STAKE, STAKE])],
    ['input.out-of-range', () => Sighash.keyPath(context, 1)],
    ['input.out-of-range', () => Sighash.keyPath(context, -1)],
    ['input.not-integer', () => Sighash.keyPath(context, 0.5)],
    ['input.wrong-length', () => Sighash.tapscript(context, 0, leafHash.slice(1))],
    ['sighash.bad-annex', () => Sighash.keyPath(context, 0, { annex: hex('51') })],
    ['sighash.bad-annex', () => Sighash.keyPath(context, 0, { annex: new Uint8Array() })],
    ['sighash.no-matching-output', () => Sighash.keyPath(Sighash.prepare(second, [STAKE, STAKE]), 1, { hashType: 3 })],
    ['sighash.no-matching-output', () => Sighash.keyPath(Sighash.prepare(second, [STAKE, STAKE]), 1, { hashType: 0x83 })],
  ])('%s', (code, call) => {
    expect(call).toThrowError(expect.objectContaining({ code }));
  });

  it('knows seven hash types', () => {
    const known = Array.from({ length: 256 }, (_, type) => type).filter(Sighash.isHashType);
    expect(known).toEqual([0x00, 0x01, 0x02, 0x03, 0x81, 0x82, 0x83]);
    for (const hashType of [0x04, 0x80, 0x84, 0xff, 256, -1, Number.NaN]) {
      expect(() => Sighash.keyPath(context, 0, { hashType })).toThrowError(expect.objectContaining({ code: 'sighash.bad-hash-type' }));
    }
  });
});
