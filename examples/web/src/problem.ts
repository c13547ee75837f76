// What went wrong, with its code and the field of the form beside which it is shown.
import { isSatlockError } from '../../../src/index.ts';
import type { FieldName } from './model.ts';

export type Problem = { readonly code: string; readonly message: string; readonly field?: FieldName };

class PageError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Throws an error of the page itself. */
export function fail(code: string, message: string): never {
  throw new PageError(code, message);
}

const BY_CODE: readonly (readonly [RegExp, FieldName])[] = [
  [/^params\.none-at-height/, 'tip'],
  [/value-out-of-range|^staking-tx\.dust|^sats\./, 'amount'],
  [/time-out-of-range/, 'time'],
  [/^fee\./, 'feeRate'],
  [/insufficient|^coin|^tx\.duplicate-input|^tx\.too-heavy/, 'coins'],
  [/^address\.|change/, 'change'],
  [/duplicate-key/, 'providerPk'],
  [/unspendable-key|not-on-curve/, 'stakerPk'],
];

/** The problem that an error tells of. Bugs are not hidden: they go on. */
export function problemOf(error: unknown): Problem {
  if (error instanceof PageError) return { code: error.code, message: error.message };
  if (!isSatlockError(error)) throw error;
  const { code } = error;
  const field = BY_CODE.find(([pattern]) => pattern.test(code))?.[1];
  const message = error.message.replace(` [${code}]`, '');
  return { code, message, ...(field === undefined ? {} : { field }) };
}
