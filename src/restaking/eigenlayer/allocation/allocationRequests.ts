// What AllocationManager is asked for: the shapes of requests, and their checks before any rule of the contract.
import * as Check from '../../../base/Check.ts';
import { MAX_BLOCK } from '../Config.ts';
import * as Requests from '../ledger/requests.ts';
import type { State } from '../ledger/state.ts';
import type { Change } from './allocationChanges.ts';
import { type OperatorSetId, setKey } from './operatorSets.ts';

export type Caller = {
  /** The account of the request (operator or AVS) when left out. */
  readonly caller?: string;
};

/** An operator set to be made. */
export type NewSet = {
  /** @unit 0..2^32-1 */
  readonly id: bigint;
  readonly strategies: readonly string[];
  /** Who may slash; the AVS itself when left out. */
  readonly slasher?: string;
};

/** New magnitudes in one operator set. */
export type MagnitudeChange = OperatorSetId & {
  readonly strategies: readonly string[];
  /** Of the operator's stake in each strategy. @unit 1e-18 */
  readonly newMagnitudes: readonly bigint[];
};

/** An operator and sets of one AVS. */
export type Registration = Caller & { readonly operator: string; readonly avs: string; readonly ids: readonly bigint[] };

const MAX_UINT64 = (1n << 64n) - 1n;
/** What a registrar reverts with. */
const ERROR_NAME = /^[ -~]{1,200}$/;

export function callerOf({ caller }: Caller, account: string): string {
  return caller === undefined ? account : Requests.account(caller, 'caller');
}

/** @throws input.* */
export function limited(values: readonly bigint[], field: string, max: bigint): readonly bigint[] {
  return Check.list(values, field).map((value, i) => Check.bigInteger(value, `${field}[${i}]`, 0n, max));
}

/** @param at where it stands in the request, for errors */
export function changeOf(ledger: State, change: MagnitudeChange, at: string): Change {
  return {
    setKey: setKey(change, at),
    strategies: Requests.strategies(ledger, change.strategies, `${at}strategies`),
    newMagnitudes: limited(change.newMagnitudes, `${at}newMagnitudes`, MAX_UINT64),
  };
}

/** With the keys of the sets. */
export function registrationOf(request: Registration): {
  readonly operator: string;
  readonly avs: string;
  readonly keys: readonly string[];
} {
  const operator = Requests.account(Check.object(request, 'request').operator, 'operator');
  const avs = Requests.account(request.avs, 'avs');
  return { operator, avs, keys: limited(request.ids, 'ids', MAX_BLOCK).map((id) => `${avs}:${id}`) };
}

export function newSets(ledger: State, avs: string, params: readonly NewSet[]): readonly Required<NewSet>[] {
  return Check.list(params, 'params').map((set, i) => {
    const at = `params[${i}].`;
    const { id, slasher = avs } = Check.object(set, `params[${i}]`);
    setKey({ avs, id }, at);
    const strategies = Requests.strategies(ledger, set.strategies, `${at}strategies`);
    return { id, strategies, slasher: Requests.account(slasher, `${at}slasher`) };
  });
}

/** null: agrees. */
export function errorName(value: string | null, field: string): string | null {
  if (value === null) return null;
  if (!ERROR_NAME.test(Check.text(value, field))) Check.outOfRange(field, 1n, 200n, `${value.length} characters`);
  return value;
}
