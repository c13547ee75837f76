// How the contracts' functions are entered: arguments are checked, and a refusal leaves no trace.
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import type { Reason as Reverted } from '../state/Revert.ts';
import { MAX_UINT256 } from '../state/schemas.ts';
import * as Config from './Config.ts';
import type { State } from './state.ts';

/** What any function of a ledger may throw. `ledger.reverted` carries the deployed error name, all others are misuse. */
export type Reason =
  | Config.Reason
  | Reverted
  | { readonly code: 'symbiotic.no-such-function'; readonly function: string; readonly field: string; readonly got: string };

/** How a request names a subnetwork. */
export type Subnetwork = {
  readonly net: string;
  /** @unit 0..2^96-1 */
  readonly id: bigint;
};

const MAX_UINT96 = (1n << 96n) - 1n;

/** The functions that only some types of contracts have. */
const FUNCTIONS: Readonly<Record<string, { readonly field: 'delegator' | 'slasher'; readonly types: readonly string[] }>> = {
  setNetworkLimit: { field: 'delegator', types: ['network', 'full', 'operator'] },
  setOperatorNetworkShares: { field: 'delegator', types: ['network'] },
  setOperatorNetworkLimit: { field: 'delegator', types: ['full'] },
  slash: { field: 'slasher', types: ['instant'] },
  requestSlash: { field: 'slasher', types: ['veto'] },
  executeSlash: { field: 'slasher', types: ['veto'] },
  vetoSlash: { field: 'slasher', types: ['veto'] },
  setResolver: { field: 'slasher', types: ['veto'] },
};

/** Runs one transaction. @throws ledger.reverted - with everything undone */
export function transaction<T>(ledger: State, run: () => T): T {
  return ledger.store.atomic(run);
}

/** @throws symbiotic.no-such-function - when the delegator or slasher of this configuration is of a type without the function */
export function checkHas(config: Config.Config, name: string): void {
  const only = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (only === undefined) return;
  const { field, types } = only;
  const got = config[field];
  if (types.includes(got)) return;
  fail<Reason>(
    { code: 'symbiotic.no-such-function', function: name, field, got },
    `${name}: only with ${field} ${types.join(', ')}, not ${got}`,
  );
}

/** Any address. @throws input.not-text, symbiotic.bad-id */
export function account(value: string, field: string): string {
  return Config.id(value, field);
}

/** An address that may be left out, then `otherwise`. @throws input.not-text, symbiotic.bad-id */
export function accountOr(value: string | undefined, field: string, otherwise: string): string {
  return value === undefined ? otherwise : account(value, field);
}

/** A uint256. @throws input.not-integer, input.out-of-range */
export function amount(value: bigint, field: string): bigint {
  return Check.bigInteger(value, field, 0n, MAX_UINT256);
}

/** The key of a subnetwork in all tables, `net:id`. @throws input.*, symbiotic.bad-id */
export function subnetwork(request: Subnetwork): string {
  return `${account(request.net, 'net')}:${Check.bigInteger(request.id, 'id', 0n, MAX_UINT96)}`;
}

/** The network of a subnetwork's key. */
export function networkOf(key: string): string {
  return key.slice(0, key.indexOf(':'));
}

/** A uint48. @throws input.not-integer, input.out-of-range */
export function timestamp(value: bigint, field: string): bigint {
  return Check.bigInteger(value, field, 0n, Config.MAX_TIME);
}
