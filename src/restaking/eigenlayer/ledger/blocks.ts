// Block numbers as the contracts store them: uint32.
import { revert, UNDERFLOW } from '../../state/Revert.ts';
import { MAX_BLOCK } from '../Config.ts';
import type { State } from './state.ts';

/** The block this many after the current one. @throws ledger.reverted - Panic(0x11) beyond uint32 */
export function blockAfter(state: State, blocks: bigint): bigint {
  const block = state.block + blocks;
  if (block > MAX_BLOCK) revert(UNDERFLOW);
  return block;
}
