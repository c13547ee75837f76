// Heights and durations of the Bitcoin chain. A duration is not a height; adding one to the other is the only mixture.
import type { Brand } from './Brand.ts';
import * as Check from './Check.ts';

/** Height of a Bitcoin block, 0..2^32-1. */
export type BlockHeight = Brand<number, 'btc-height'>;
/** A BIP68/BIP112 relative timelock in blocks, 1..65535. */
export type TimelockBlocks = Brand<number, 'btc-blocks'>;

/** Largest relative timelock in blocks: 16 bits of the sequence field (BIP68). */
export const MAX_TIMELOCK = 65_535;

/** @throws input.not-integer, input.out-of-range */
export function height(value: number, field = 'height'): BlockHeight {
  return Check.integer(value, field, 0, 0xffff_ffff) as BlockHeight;
}

/**
 * A relative timelock. 0 is refused: a leaf with 0 can never be spent (its operand is the false value that stays on the stack).
 *
 * @throws input.not-integer, input.out-of-range
 */
export function timelock(value: number, field = 'timelockBlocks'): TimelockBlocks {
  return Check.integer(value, field, 1, MAX_TIMELOCK) as TimelockBlocks;
}

/** The first height whose block may spend an output mined at `mined` under `lock` (BIP68). */
export function maturity(mined: BlockHeight, lock: TimelockBlocks): BlockHeight {
  return height(height(mined, 'minedHeight') + timelock(lock), 'maturityHeight');
}
