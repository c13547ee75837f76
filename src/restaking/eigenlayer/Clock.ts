// Time of a ledger: nothing passes unless it is told to.
import * as Check from '../../base/Check.ts';
import { MAX_BLOCK } from './Config.ts';
import type { State } from './ledger/state.ts';

/** Ethereum's slot. @unit s */
export const SECONDS_PER_BLOCK = 12n;

export type Reason = Check.Reason;

/**
 * Lets blocks pass, 12 seconds each.
 *
 * @throws input.not-integer, input.out-of-range - the contracts' block numbers end at 2^32 - 1
 */
export function advance(ledger: State, { blocks }: { readonly blocks: bigint }): object {
  const { block, time } = ledger;
  Check.bigInteger(blocks, 'blocks', 0n, MAX_BLOCK - block);
  ledger.setClock({ block: block + blocks, time: time + blocks * SECONDS_PER_BLOCK });
  return {};
}
