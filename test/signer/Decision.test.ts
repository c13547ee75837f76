// The decision over every combination of what may be asked, stored and known, against a table that says the same in other words.
import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, test } from 'vitest';
import { type Decision, decide, type Question } from '../../src/signer/Decision.ts';
import type { SignRecord } from '../../src/signer/SignStore.ts';
import { text } from './support.ts';

const HEIGHT = 10n;
const ROOT = sha256(text('this'));
const OTHER = sha256(text('other'));
const SIGNATURE = new Uint8Array(32).fill(7);

const VOTES = { none: undefined, same: { height: HEIGHT }, lower: { height: 9n }, higher: { height: 11n } } as const;
const RECORDS: { readonly [name: string]: SignRecord | undefined } = {
  none: undefined,
  same: { height: HEIGHT, signingRoot: ROOT, signature: SIGNATURE },
  unsigned: { height: HEIGHT, signingRoot: ROOT },
  other: { height: HEIGHT, signingRoot: OTHER, signature: SIGNATURE },
  otherUnsigned: { height: HEIGHT, signingRoot: OTHER },
};
const WATERMARKS = [undefined, -1n, 0n, 9n, 10n, 11n];
const SEEN = [undefined, 0n, 9n, 10n, 11n];

type Row = { vote: keyof typeof VOTES; record: string; watermark: bigint | undefined; seen: bigint | undefined; condemned: boolean };
const rows: Row[] = Object.keys(VOTES).flatMap((vote) =>
  Object.keys(RECORDS).flatMap((record) =>
    WATERMARKS.flatMap((watermark) =>
      SEEN.flatMap((seen) => [true, false].map((condemned) => ({ vote: vote as Row['vote'], record, watermark, seen, condemned }))),
    ),
  ),
);

function ask({ vote, record, watermark, seen, condemned }: Row, highestSigned?: bigint): Decision {
  const question: Question = {
    height: HEIGHT,
    signingRoot: ROOT,
    vote: VOTES[vote],
    stored: { watermark, highestSigned, condemned: condemned ? 'two votes' : undefined, record: RECORDS[record] },
    signedElsewhereUpTo: seen,
  };
  return decide(question);
}

/** The first of these that holds. */
const TABLE: readonly (readonly [string, (row: Row) => boolean])[] = [
  ['signer.not-a-vote', ({ vote }) => vote === 'none'],
  ['signer.height-mismatch', ({ vote }) => vote !== 'same'],
  ['signer.key-condemned', ({ condemned }) => condemned],
  ['signer.double-sign', ({ record }) => record.startsWith('other')],
  ['return', ({ record }) => record === 'same'],
  ['signer.not-enrolled', ({ watermark }) => watermark === undefined],
  ['signer.below-watermark', ({ record, watermark = -1n }) => record === 'none' && watermark >= HEIGHT],
  ['signer.fenced', ({ watermark = -1n, seen = -2n }) => seen > watermark],
  ['sign', () => true],
];

const told = (decision: Decision): string => (decision.kind === 'refuse' ? decision.refusal.code : decision.kind);

describe('decide', () => {
  test(`answers ${rows.length} combinations as the table says`, () => {
    for (const row of rows) expect([row, told(ask(row))]).toEqual([row, TABLE.find(([, holds]) => holds(row))?.[0]]);
  });

  test('reaches every line of the table', () => {
    expect(new Set(rows.map((row) => told(ask(row))))).toEqual(new Set(TABLE.map(([answer]) => answer)));
  });

  test('does not look at the highest signed height: one vote far ahead neither opens nor closes anything', () => {
    for (const row of rows) expect(ask(row, 2n ** 64n - 1n)).toEqual(ask(row));
  });

  test('signs in one case alone where there is no record: a vote of its height, above the watermark, with nothing lost', () => {
    const signing = rows.filter((row) => row.record === 'none' && told(ask(row)) === 'sign');
    expect(signing.length).toBeGreaterThan(0);
    for (const { vote, watermark = HEIGHT, seen = -1n, condemned } of signing) {
      expect([vote, condemned, watermark < HEIGHT, seen <= watermark]).toEqual(['same', false, true, true]);
    }
  });

  test('names the facts of a refusal', () => {
    const row: Row = { vote: 'same', record: 'none', watermark: 4n, seen: 9n, condemned: false };
    expect(ask(row)).toEqual({
      kind: 'refuse',
      refusal: { code: 'signer.fenced', height: 10n, signedElsewhereUpTo: 9n, watermark: 4n },
    });
    expect(ask({ ...row, vote: 'lower' })).toMatchObject({ refusal: { height: 10n, voteHeight: 9n } });
    expect(ask({ ...row, watermark: 11n })).toMatchObject({ refusal: { height: 10n, watermark: 11n } });
    expect(ask({ ...row, condemned: true })).toMatchObject({ refusal: { why: 'two votes' } });
    expect(ask({ ...row, record: 'other' })).toMatchObject({ refusal: { height: 10n } });
    expect(ask({ ...row, record: 'same' })).toEqual({ kind: 'return', signature: SIGNATURE });
  });

  test('takes no shortened root for the same one', () => {
    const record = { height: HEIGHT, signingRoot: ROOT.slice(0, 31), signature: SIGNATURE };
    const stored = { watermark: -1n, highestSigned: undefined, condemned: undefined, record };
    expect(told(decide({ height: HEIGHT, signingRoot: ROOT, vote: { height: HEIGHT }, stored, signedElsewhereUpTo: undefined }))).toBe(
      'signer.double-sign',
    );
    const empty = { ...stored, record: { ...record, signingRoot: new Uint8Array(0) } };
    expect(
      told(decide({ height: HEIGHT, signingRoot: ROOT, vote: { height: HEIGHT }, stored: empty, signedElsewhereUpTo: undefined })),
    ).toBe('signer.double-sign');
  });
});
