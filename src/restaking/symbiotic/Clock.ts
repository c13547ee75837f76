// Time of a ledger: nothing passes unless it is told to.
import * as Check from '../../base/Check.ts';
import { MAX_TIME } from './Config.ts';
import type { State } from './state.ts';

export type Reason = Check.Reason;

/**
 * Lets seconds pass.
 *
 * @throws input.not-integer, input.out-of-range - the contracts' timestamps end at 2^48 - 1
 */
export function advance(ledger: State, request: { readonly seconds: bigint }): Record<never, never> {
  const { seconds } = Check.object(request, 'request');
  ledger.setTime(ledger.time + Check.bigInteger(seconds, 'seconds', 0n, MAX_TIME - ledger.time));
  return {};
}
