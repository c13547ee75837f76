// How the contracts' functions are entered: arguments are checked, a refusal leaves no trace and has one code.
import * as Check from '../../../base/Check.ts';
import { fail } from '../../../base/Errors.ts';
import { nameOf, type Reason as Reverted, revert } from '../../state/Revert.ts';
import { MAX_UINT256 } from '../../state/schemas.ts';
import * as Config from '../Config.ts';
import type { State } from './state.ts';

/** What any function of a ledger may throw. `ledger.reverted` carries the deployed error name, all others are misuse. */
export type Reason = Config.Reason | Reverted | { readonly code: 'eigenlayer.unknown-id'; readonly field: string; readonly got: string };

/** Runs one transaction. @throws ledger.reverted - with everything undone */
export function transaction<T>(ledger: State, run: () => T): T {
  try {
    return ledger.store.atomic(run);
  } catch (error) {
    // The arithmetic has codes of its own; outside a refusal is a refusal.
    const reference = nameOf(error);
    if (reference === undefined) throw error;
    return revert(reference);
  }
}

/** @throws ledger.reverted - CurrentlyPaused */
export function whenNotPaused(ledger: State, contract: string, bit: number): void {
  if (ledger.isPaused(contract, bit)) revert('CurrentlyPaused');
}

/** A staker, an operator, any address. @throws input.not-text, eigenlayer.bad-id */
export function account(value: string, field: string): string {
  return Config.id(value, field);
}

/** A uint256. @throws input.not-integer, input.out-of-range */
export function amount(value: bigint, field: string): bigint {
  return Check.bigInteger(value, field, 0n, MAX_UINT256);
}

/** A strategy of the ledger's configuration, or BEACON. @throws input.not-text, eigenlayer.unknown-id */
export function strategy(ledger: State, value: string, field: string): string {
  if (ledger.rank(Check.text(value, field)) === undefined) unknownId(field, value);
  return value;
}

/** Throws `eigenlayer.unknown-id`. */
export function unknownId(field: string, got: string): never {
  fail<Reason>({ code: 'eigenlayer.unknown-id', field, got: got.slice(0, 80) }, `${field}: the ledger knows no ${got.slice(0, 80)}`);
}

/** @throws input.missing, input.not-list, eigenlayer.unknown-id */
export function strategies(ledger: State, values: readonly string[], field: string): readonly string[] {
  // The name of an element is made when it is needed: this is on the way of every withdrawal.
  Check.list(values, field).forEach((value, i) => {
    if (ledger.rank(value) === undefined) strategy(ledger, value, `${field}[${i}]`);
  });
  return values;
}

/** @throws input.missing, input.not-list, input.not-integer, input.out-of-range */
export function amounts(values: readonly bigint[], field: string): readonly bigint[] {
  Check.list(values, field).forEach((value, i) => {
    if (typeof value !== 'bigint' || value < 0n || value > MAX_UINT256) amount(value, `${field}[${i}]`);
  });
  return values;
}
