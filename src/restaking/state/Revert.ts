// How a ledger refuses an operation: with the error name of the deployed contract. Inside it is thrown, at the border it is a value.
import { isSatlockError, SatlockError } from '../../base/Errors.ts';

/** `reference` is what the contract reverts with: an error name, `Panic(0x11)`, `Panic(0x12)` or `Error(text)`. */
export type Reason = { readonly code: 'ledger.reverted'; readonly reference: string };

/** What an operation came to: its results, or the deployed error name; then nothing has changed. */
export type Outcome<T> = ({ readonly ok: true } & T) | { readonly ok: false; readonly error: string };

/** Arithmetic below 0 or above 2^256. */
export const UNDERFLOW = 'Panic(0x11)';
/** Division by 0. */
export const DIVISION_BY_ZERO = 'Panic(0x12)';

/** Refuses: nothing of the operation stays. @throws ledger.reverted */
export function revert(reference: string): never {
  throw new SatlockError<Reason>({ code: 'ledger.reverted', reference }, reference);
}

/** @throws ledger.reverted - with `reference`, unless `condition` holds */
export function require(condition: boolean, reference: string): asserts condition {
  if (!condition) revert(reference);
}

/** Checked subtraction of unsigned integers. @throws ledger.reverted - Panic(0x11) */
export function minus(a: bigint, b: bigint): bigint {
  if (b > a) revert(UNDERFLOW);
  return a - b;
}

/** The contract's error in an error, or undefined when it is no revert but bad input or a bug. */
export function nameOf(error: unknown): string | undefined {
  if (!isSatlockError(error)) return undefined;
  const { reference } = error.reason as Partial<Reason>;
  return typeof reference === 'string' ? reference : undefined;
}

/** Runs an operation and turns its revert into a value; any other error passes. The caller sees to it that nothing stays. */
export function outcome<T extends object>(run: () => T): Outcome<T> {
  try {
    return { ok: true, ...run() };
  } catch (error) {
    const name = nameOf(error);
    if (name === undefined) throw error;
    return { ok: false, error: name };
  }
}
