// What a slash takes of an allocation: a pure formula, the same for a ledger and for a single look.
// Implements steps 3 and 4 of eigenlayer-contracts src/contracts/core/AllocationManager.sol _slashOperator.
import { minus } from '../../state/Revert.ts';
import * as SlashingLib from '../SlashingLib.ts';

/** @unit 1e-18 */
export type Slashable = {
  readonly maxMagnitude: bigint;
  readonly encumberedMagnitude: bigint;
  readonly currentMagnitude: bigint;
  /** Negative: a deallocation that waits, still slashable. Positive: an allocation that waits, not yet slashable. */
  readonly pendingDiff: bigint;
};

export type SlashedMagnitudes = Slashable & {
  readonly slashedMagnitude: bigint;
  /** The part of the max magnitude before, as the event tells it: floored. */
  readonly wadSlashed: bigint;
  /** How much less a waiting deallocation will release. */
  readonly pendingDiffReduction: bigint;
};

/**
 * Slashes `wad` of the current magnitude, which must not be 0. Rounded up: at least one unit. A deallocation that waits shrinks by a
 * rounding of its own.
 *
 * @throws ledger.reverted - Panic(0x12), Panic(0x11) - where sums of magnitudes do not hold, which no ledger reaches
 */
export function slashMagnitudes(before: Slashable, wad: bigint): SlashedMagnitudes {
  const { maxMagnitude, encumberedMagnitude, currentMagnitude, pendingDiff } = before;
  const slashedMagnitude = SlashingLib.mulUp(currentMagnitude, wad);
  const wadSlashed = SlashingLib.divDown(slashedMagnitude, maxMagnitude);
  const pendingDiffReduction = pendingDiff < 0n ? SlashingLib.mulUp(-pendingDiff, wad) : 0n;
  return {
    slashedMagnitude,
    wadSlashed,
    pendingDiffReduction,
    currentMagnitude: minus(currentMagnitude, slashedMagnitude),
    maxMagnitude: minus(maxMagnitude, slashedMagnitude),
    encumberedMagnitude: minus(encumberedMagnitude, slashedMagnitude),
    pendingDiff: pendingDiff + pendingDiffReduction,
  };
}
