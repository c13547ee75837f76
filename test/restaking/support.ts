// Shared by the tests of the ledgers.
import { isSatlockError } from '../../src/base/Errors.ts';

/** The code of what `act` throws; the code must be ours. */
export function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (isSatlockError(error)) return error.code;
    throw error;
  }
  throw new Error('expected an error, got none');
}
