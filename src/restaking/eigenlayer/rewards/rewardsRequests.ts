// The arguments of RewardsCoordinator and EmissionsController, checked against the types that the contracts declare.
import * as Check from '../../../base/Check.ts';
import { id } from '../Config.ts';
import { amount, strategy } from '../ledger/requests.ts';
import type { State } from '../ledger/state.ts';
import type { Pairs } from './rewardsSubmissions.ts';

const MAX_UINT16 = 0xffffn;
const MAX_UINT32 = 0xffff_ffffn;
const MAX_UINT64 = (1n << 64n) - 1n;
const MAX_UINT96 = (1n << 96n) - 1n;

export const uint16 = (value: bigint, field: string): bigint => Check.bigInteger(value, field, 0n, MAX_UINT16);
export const uint32 = (value: bigint, field: string): bigint => Check.bigInteger(value, field, 0n, MAX_UINT32);
export const uint64 = (value: bigint, field: string): bigint => Check.bigInteger(value, field, 0n, MAX_UINT64);

/** The AVS and the number of an operator set, both required. */
export function setOf(request: { readonly avs?: string; readonly id?: bigint }): { readonly avs: string; readonly id: bigint } {
  return {
    avs: request.avs === undefined ? Check.missing('avs') : id(request.avs, 'avs'),
    id: request.id === undefined ? Check.missing('id') : uint32(request.id, 'id'),
  };
}

/** Strategies of the ledger with their multipliers (uint96). */
export function multipliers(state: State, given: Pairs, field: string): Pairs {
  return pairs(given, field).map(([name, multiplier], i) => [
    strategy(state, name, `${field}[${i}].strategy`),
    Check.bigInteger(multiplier, `${field}[${i}].multiplier`, 0n, MAX_UINT96),
  ]);
}

export function operatorAmounts(given: Pairs, field: string): Pairs {
  return pairs(given, field).map(([operator, value], i) => [
    id(operator, `${field}[${i}].operator`),
    amount(value, `${field}[${i}].amount`),
  ]);
}

function pairs(given: Pairs, field: string): Pairs {
  return Check.list(given, field).map((pair, i) => {
    Check.list(pair as readonly unknown[], `${field}[${i}]`);
    return pair;
  });
}
