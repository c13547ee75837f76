// Every row of the table of bad inputs that the published peer was tried on: what must be refused is refused with a code and the field's name,
// what must be accepted works. The rows are in rows.ts.
import { describe, expect, it } from 'vitest';
import { isSatlockError, SatlockError } from '../../src/base/Errors.ts';
import { ROWS } from './rows.ts';

/** The ids of the table, by letter. */
const IDS: Readonly<Record<string, readonly number[]>> = {
  A: [1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 19, 20, 21, 22, 23, 25, 26, 27, 28, 29, 31, 32, 33, 34, 35, 37],
  B: [1, 2, 3, 4, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16, 18, 19, 20],
  C: [1, 2, 4, 5, 6, 7, 8, 10, 11],
  D: [
    1, 2, 3, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24, 25, 26, 27, 29, 30, 31, 32, 33, 35, 36, 37, 38, 39, 41, 42, 43,
    44, 45,
  ],
  E: [2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 14, 15, 16, 17, 18],
  F: [1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 13, 14, 15],
  G: [1, 2, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20, 22],
  H: [1, 2, 3, 4, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22, 24, 25, 26, 27, 28, 30, 31],
};

async function outcome(act: () => unknown): Promise<unknown> {
  try {
    return await act();
  } catch (error) {
    return error;
  }
}

describe('the table of bad inputs', () => {
  for (const [id, row] of Object.entries(ROWS)) {
    it(`${id}: ${row.what}`, async () => {
      if ('accept' in row) {
        await row.accept();
        return;
      }
      const error = await outcome(row.act);
      if (!(error instanceof SatlockError) || !isSatlockError(error)) throw error instanceof Error ? error : new Error('it was accepted');
      const { field } = error.reason as { readonly field?: string };
      expect([error.code, ...(row.refuse.length === 2 ? [field] : [])]).toEqual(row.refuse);
    });
  }

  it('has a test for each of its 167 rows, and none is left out', () => {
    const ids = Object.entries(IDS).flatMap(([letter, numbers]) => numbers.map((n) => `${letter}${String(n).padStart(2, '0')}`));
    expect(ids).toHaveLength(167);
    expect(Object.keys(ROWS)).toEqual(expect.arrayContaining(ids));
    // What must be refused, by the table: with the code of the refusal, and the field where it is about one.
    for (const row of Object.values(ROWS)) if ('refuse' in row) expect(row.refuse[0]).toMatch(/^[a-z0-9-]+[.][a-z0-9-]+$/);
  });
});
