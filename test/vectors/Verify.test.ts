// That the verifier sees what is wrong: outputs, codes, acceptance where a refusal is due, and crashes of ours.
import { describe, expect, it } from 'vitest';
import { SatlockError } from '../../src/base/Errors.ts';
import * as Ecc from '../../src/crypto/Ecc.ts';
import { pure } from '../../src/crypto/ecc/pure.ts';
import * as Format from '../../src/vectors/Format.ts';
import * as Generate from '../../src/vectors/Generate.ts';
import * as Verify from '../../src/vectors/Verify.ts';
import { jsonOf } from './support.ts';

const KEY = '01'.repeat(32);
const NONCE = '02'.repeat(32);

function file(kind: Format.Kind, ...cases: readonly { input: Format.Input; expect: Format.Case['expect'] }[]): Format.VectorFile {
  return Format.parse({ schema: Format.SCHEMA, kind, source: 'test', cases: cases.map((one, i) => ({ id: `case-${i}`, ...one })) });
}

function mismatchesOf(one: Format.VectorFile): readonly Verify.Mismatch[] {
  return Verify.verifyFile(one).mismatches;
}

describe('Verify.verifyFile', () => {
  const input = { secretKey: KEY, secretNonce: NONCE, message: 'ab' };

  it('reports a wrong output with what came instead, and counts the case once', () => {
    const right = Generate.generate({ kind: 'eots.sign', seed: 'x', count: 1 }).cases[0];
    const expect_ = right?.expect as Record<string, string>;
    const wrong = { publicKey: KEY, publicNonce: expect_['publicNonce'] ?? '', signature: NONCE };
    const report = Verify.verifyFile(
      file('eots.sign', { input: right?.input ?? {}, expect: wrong }, { input: right?.input ?? {}, expect: expect_ }),
    );
    expect(report).toEqual({
      passed: 1,
      failed: 1,
      mismatches: [
        { id: 'case-0', field: 'publicKey', expected: KEY, got: expect_['publicKey'] },
        { id: 'case-0', field: 'signature', expected: NONCE, got: expect_['signature'] },
      ],
    });
  });

  it('compares listed outputs alone', () => {
    const [made] = Generate.generate({ kind: 'eots.sign', seed: 'x', count: 1 }).cases;
    const { publicKey } = (made?.expect ?? {}) as Record<string, string>;
    expect(mismatchesOf(file('eots.sign', { input: made?.input ?? {}, expect: { publicKey: publicKey ?? '' } }))).toEqual([]);
  });

  it('computes listed outputs alone: what else would fail does not matter', () => {
    const json = jsonOf('babylon/staking-transactions.json') as {
      cases: { input: Record<string, unknown>; expect: Record<string, string> }[];
    };
    const [first] = json.cases;
    const unsigned = { ...first?.input, covenantSignatures: [], stakerSignature: '' };
    const { unbondingTxid, unbondingWitness } = first?.expect ?? {};
    expect(mismatchesOf(file('staking.transactions', { input: unsigned, expect: { unbondingTxid: unbondingTxid ?? '' } }))).toEqual([]);
    expect(mismatchesOf(file('staking.transactions', { input: unsigned, expect: { unbondingWitness: unbondingWitness ?? '' } }))).toEqual([
      { id: 'case-0', field: 'unbondingWitness', expected: unbondingWitness, got: 'error witness.quorum-not-reached' },
    ]);
  });

  it('compares lists item by item and in order', () => {
    const publicNonces = [KEY, NONCE, 'ab'.repeat(32)];
    const given = { publicNonces, startHeight: 1, proofIndex: 0 };
    const got = mismatchesOf(file('eots.commitment', { input: given, expect: { aunts: [] } }))[0]?.got as readonly string[];
    expect(got).toHaveLength(2);
    expect(mismatchesOf(file('eots.commitment', { input: given, expect: { aunts: got } }))).toEqual([]);
    for (const other of [[...got].reverse(), got.slice(1), [...got, KEY]])
      expect(mismatchesOf(file('eots.commitment', { input: given, expect: { aunts: other } }))).toHaveLength(1);
  });

  it('fails on an output that the input does not determine', () => {
    const given = { publicNonces: [KEY], startHeight: 1 };
    expect(mismatchesOf(file('eots.commitment', { input: given, expect: { leafHash: KEY } }))[0]?.got).toMatch(/^nothing/);
    // A name that every object has is no output either.
    expect(() => file('eots.commitment', { input: given, expect: { toString: KEY } })).toThrow(/no such field/);
  });

  it('wants exactly the code of a refusal, or any with true', () => {
    const zero = { ...input, secretKey: '00'.repeat(32) };
    const both = file(
      'eots.sign',
      { input: zero, expect: { error: 'secret-key.out-of-range' } },
      { input: zero, expect: { error: true } },
      { input: zero, expect: { error: 'eots.nonce-out-of-range' } },
    );
    expect(Verify.verifyFile(both)).toEqual({
      passed: 2,
      failed: 1,
      mismatches: [{ id: 'case-2', field: 'error', expected: 'error eots.nonce-out-of-range', got: 'error secret-key.out-of-range' }],
    });
  });

  it('fails when a refusal is due and the input is accepted', () => {
    expect(mismatchesOf(file('eots.sign', { input, expect: { error: true } }))).toEqual([
      { id: 'case-0', field: 'error', expected: 'any error', got: 'accepted' },
    ]);
  });

  it('fails when outputs are due and the input is refused', () => {
    const zero = { ...input, secretKey: '00'.repeat(32) };
    expect(mismatchesOf(file('eots.sign', { input: zero, expect: { publicKey: KEY } }))[0]?.got).toBe('error secret-key.out-of-range');
  });

  it('counts a crash as a failed case, a refusal that is due included, and goes on', () => {
    const crash = (): never => {
      throw new TypeError('the backend broke');
    };
    const broken: Ecc.Ecc = { ...pure, pointFromScalar: crash };
    const report = Verify.verifyFile(
      file(
        'eots.sign',
        { input, expect: { error: true } },
        { input, expect: { publicKey: KEY } },
        { input: { ...input, secretKey: '00'.repeat(32) }, expect: { error: true } },
      ),
      broken,
    );
    expect(report.failed).toBe(2);
    expect(report.passed).toBe(1);
    expect(report.mismatches.map(({ got }) => got)).toEqual(['crash TypeError: the backend broke', 'crash TypeError: the backend broke']);
  });

  it('takes errors of another copy of the package', () => {
    class SatlockErrorOfAnotherCopy extends Error {
      override readonly name = 'SatlockError';
      readonly reason = { code: 'secret-key.out-of-range' };
      readonly code = 'secret-key.out-of-range';
    }
    const broken: Ecc.Ecc = {
      ...pure,
      pointFromScalar: () => {
        throw new SatlockErrorOfAnotherCopy();
      },
    };
    expect(new SatlockErrorOfAnotherCopy()).not.toBeInstanceOf(SatlockError);
    expect(Verify.verifyFile(file('eots.sign', { input, expect: { error: 'secret-key.out-of-range' } }), broken).failed).toBe(0);
  });

  it.each([null, 7, true, [], {}, '', 'zz', '0', 'ab'.repeat(40), -1, 1.5, 1e300, '1e3', [null], [[]], { a: 1 }].map((value) => [value]))(
    'refuses %j anywhere with an error of the library, never with a crash',
    (value) => {
      for (const kind of Format.KINDS) {
        const [good] = Generate.generate({ kind, seed: 'fields', count: 1 }).cases;
        for (const key of Object.keys(good?.input ?? {})) {
          // Past the parser, which would refuse some of it: the input of a case alone must not crash the run.
          const one = { id: key, input: { ...good?.input, [key]: value }, expect: { error: true } } as const;
          const [mismatch] = mismatchesOf({ schema: Format.SCHEMA, kind, source: 'test', cases: [one] });
          if (mismatch !== undefined) expect(`${kind} ${key}: ${mismatch.got}`).toBe(`${kind} ${key}: accepted`);
        }
      }
    },
  );

  it('gives the same with every backend', () => {
    const made = Generate.generate({ kind: 'adaptor.signature', seed: 'backends', count: 12 }, Ecc.auto());
    expect(Verify.verifyFile(made, pure).failed).toBe(0);
  });
});
