// What one slash of one operator set does in one strategy: magnitudes, operator shares, queued withdrawals, stakers. A single look without a
// ledger, by the formulas that AllocationManager.slashOperator uses.
// Implements Layr-Labs/eigenlayer-contracts AllocationManager.slashOperator and DelegationManager.slashOperatorShares (profile v1.13.1).
import * as Check from '../../base/Check.ts';
import { nameOf } from '../state/Revert.ts';
import { type Slashable, type SlashedMagnitudes, slashMagnitudes } from './allocation/slashedMagnitudes.ts';
import * as SlashingLib from './SlashingLib.ts';

/** Before the slash, as the contracts read it in that block (matured modifications applied). Shares and magnitudes are integers of WAD scale. */
export type Before = {
  /** The operator's max magnitude in the strategy, of all operator sets. */
  readonly maxMagnitude: bigint;
  /** Sum of what all operator sets hold of it. */
  readonly encumberedMagnitude: bigint;
  /** What the slashing set holds. */
  readonly currentMagnitude: bigint;
  /** A modification that waits: negative is a deallocation and still slashable, positive an allocation and not. */
  readonly pendingDiff?: bigint;
  readonly operatorShares: bigint;
  /** Scaled shares queued for withdrawal and still inside the withdrawal delay. */
  readonly queuedScaledShares?: bigint;
  readonly stakers?: readonly Staker[];
};

/** A staker delegated to the operator. */
export type Staker = {
  readonly depositShares: bigint;
  /** WAD where nothing is stored. */
  readonly depositScalingFactor: bigint;
  /** For native ETH; WAD when left out. */
  readonly beaconChainSlashingFactor?: bigint;
};

export type After = {
  readonly ok: true;
  /** False when the set holds nothing: the contract skips the strategy and records no entry. */
  readonly slashed: boolean;
  readonly slashedMagnitude: bigint;
  /** What the event says: the slashed part of the max magnitude before, as WAD fraction, floored. */
  readonly wadSlashed: bigint;
  readonly maxMagnitude: bigint;
  readonly encumberedMagnitude: bigint;
  readonly currentMagnitude: bigint;
  readonly pendingDiff: bigint;
  readonly slashedOperatorShares: bigint;
  readonly operatorShares: bigint;
  readonly slashedQueuedShares: bigint;
  /** Both together: what is burned or redistributed; may be 0 although magnitude was slashed. */
  readonly burnOrRedistributableShares: bigint;
  /** In the order of `Before.stakers`. */
  readonly stakers: readonly { readonly withdrawableSharesBefore: bigint; readonly withdrawableShares: bigint }[];
};

/** Refused with the deployed error name; nothing changes. */
export type Reverted = { readonly ok: false; readonly revert: 'InvalidWadToSlash' | 'Panic(0x11)' | 'Panic(0x12)' };

export type Reason = Check.Reason | SlashingLib.Reason;

const MAX_UINT256 = (1n << 256n) - 1n;

/**
 * Slashes `wadsToSlash` of what the operator set holds. Magnitude is rounded against the operator, shares in favour of stakers:
 * every slash takes at least one unit of magnitude and perhaps no share. Magnitudes of other sets stay as they are, but every staker
 * of the operator loses the same fraction of shares, slashed magnitude / max magnitude.
 *
 * @param wadsToSlash fraction of the set's current magnitude; @unit 1e-18
 * @throws input.* - negative or non-bigint quantities
 * @source eigenlayer-contracts src/contracts/core/AllocationManager.sol, DelegationManager.sol
 */
export function slash(before: Before, wadsToSlash: bigint): After | Reverted {
  const { maxMagnitude, encumberedMagnitude, currentMagnitude } = checkMagnitudes(before);
  const pendingDiff = before.pendingDiff ?? 0n;
  const operatorShares = quantity(before.operatorShares, 'operatorShares');
  const queuedScaled = quantity(before.queuedScaledShares ?? 0n, 'queuedScaledShares');
  if (typeof wadsToSlash !== 'bigint') Check.bigInteger(wadsToSlash, 'wadsToSlash', 1n, SlashingLib.WAD);
  if (wadsToSlash <= 0n || wadsToSlash > SlashingLib.WAD) return { ok: false, revert: 'InvalidWadToSlash' };
  if (currentMagnitude === 0n) return skipped(before);
  const taken = magnitudesAfter({ maxMagnitude, encumberedMagnitude, currentMagnitude, pendingDiff }, wadsToSlash);
  if ('revert' in taken) return taken;
  const { pendingDiffReduction: _, ...after } = taken;
  const slashedOperatorShares = SlashingLib.slashedShares(operatorShares, maxMagnitude, after.maxMagnitude);
  const queuedShares = SlashingLib.withdrawableFromScaled(queuedScaled, maxMagnitude);
  const slashedQueuedShares = SlashingLib.slashedShares(queuedShares, maxMagnitude, after.maxMagnitude);
  return {
    ok: true,
    slashed: true,
    ...after,
    slashedOperatorShares,
    operatorShares: operatorShares - slashedOperatorShares,
    slashedQueuedShares,
    burnOrRedistributableShares: slashedOperatorShares + slashedQueuedShares,
    stakers: withdrawables(before, after.maxMagnitude),
  };
}

/** Magnitudes that cannot be together in a ledger end in the contract's arithmetic error. */
function magnitudesAfter(before: Slashable, wad: bigint): SlashedMagnitudes | Reverted {
  try {
    return slashMagnitudes(before, wad);
  } catch (error) {
    const name = nameOf(error);
    if (name !== 'Panic(0x11)' && name !== 'Panic(0x12)') throw error;
    return { ok: false, revert: name };
  }
}

function skipped(before: Before): After {
  return {
    ok: true,
    slashed: false,
    slashedMagnitude: 0n,
    wadSlashed: 0n,
    maxMagnitude: before.maxMagnitude,
    encumberedMagnitude: before.encumberedMagnitude,
    currentMagnitude: 0n,
    pendingDiff: before.pendingDiff ?? 0n,
    slashedOperatorShares: 0n,
    operatorShares: before.operatorShares,
    slashedQueuedShares: 0n,
    burnOrRedistributableShares: 0n,
    stakers: withdrawables(before, before.maxMagnitude),
  };
}

function withdrawables({ stakers = [], maxMagnitude }: Before, maxAfter: bigint): After['stakers'] {
  return stakers.map(({ depositShares, depositScalingFactor, beaconChainSlashingFactor }) => {
    const at = (magnitude: bigint): bigint => {
      // The beacon factor is folded in first, with a floor of its own.
      const factor = beaconChainSlashingFactor === undefined ? magnitude : SlashingLib.mulDown(magnitude, beaconChainSlashingFactor);
      return SlashingLib.withdrawableShares(depositShares, depositScalingFactor, factor);
    };
    return { withdrawableSharesBefore: at(maxMagnitude), withdrawableShares: at(maxAfter) };
  });
}

function checkMagnitudes(before: Before): Pick<Before, 'maxMagnitude' | 'encumberedMagnitude' | 'currentMagnitude'> {
  const { maxMagnitude, encumberedMagnitude, currentMagnitude, pendingDiff = 0n } = before;
  Check.bigInteger(maxMagnitude, 'maxMagnitude', 0n, SlashingLib.WAD);
  Check.bigInteger(encumberedMagnitude, 'encumberedMagnitude', 0n, SlashingLib.WAD);
  Check.bigInteger(currentMagnitude, 'currentMagnitude', 0n, SlashingLib.WAD);
  Check.bigInteger(pendingDiff, 'pendingDiff', -SlashingLib.WAD, SlashingLib.WAD);
  return before;
}

function quantity(value: bigint, field: string): bigint {
  return Check.bigInteger(value, field, 0n, MAX_UINT256);
}
