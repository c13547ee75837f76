// The same stakes and the same fault on a restaking ledger: all stakers delegate to one operator, which allocates part of its magnitude
// to one operator set. A slash takes the rate of what is allocated (EigenLayer AllocationManager.slashOperator, unique stake).
import { fail } from '../../base/Errors.ts';
import type { RateBps } from '../../base/Rate.ts';
import * as AllocationSlash from '../../restaking/eigenlayer/AllocationSlash.ts';
import * as SlashingLib from '../../restaking/eigenlayer/SlashingLib.ts';
import type { Fate, RestakingOutcome, StakerOutcome } from './Account.ts';

export type Reason = { readonly code: 'story.ledger-reverted'; readonly revert: string };

/** A satoshi as shares of 18 decimals, so that the two sides have the same number of coins. */
export const SHARES_PER_SAT: bigint = 10_000_000_000n;

/** How much of the operator's magnitude the slashing set holds. */
const ALLOCATIONS = [
  { allocated: '100 %', magnitude: SlashingLib.WAD },
  { allocated: '50 %', magnitude: SlashingLib.WAD / 2n },
] as const;

/** What a Babylon staker's situation corresponds to. A queued withdrawal stays slashable for 100,800 blocks; a completed one is gone. */
const EXIT: Readonly<Record<Fate, string>> = {
  active: 'delegated',
  extended: 'delegated',
  unbonding: 'withdrawal queued, still slashable',
  withdrawn: 'withdrawal completed',
};

/** The outcome for each allocation. */
export function onRestakingLedger(outcomes: readonly StakerOutcome[], rate: RateBps): readonly RestakingOutcome[] {
  return ALLOCATIONS.map(({ allocated, magnitude }) => slashAllocation(outcomes, rate, allocated, magnitude));
}

function slashAllocation(outcomes: readonly StakerOutcome[], rate: RateBps, allocated: string, currentMagnitude: bigint): RestakingOutcome {
  const shares = (fates: readonly Fate[]): bigint =>
    outcomes.reduce((sum, { fate, stakeSats }) => (fates.includes(fate) ? sum + stakeSats * SHARES_PER_SAT : sum), 0n);
  const wadsToSlash = (BigInt(rate) * SlashingLib.WAD) / 10_000n;
  const present = outcomes.filter(({ fate }) => fate !== 'withdrawn');
  const result = AllocationSlash.slash(
    {
      maxMagnitude: SlashingLib.WAD,
      encumberedMagnitude: currentMagnitude,
      currentMagnitude,
      operatorShares: shares(['active', 'extended']),
      queuedScaledShares: shares(['unbonding']),
      stakers: present.map(({ stakeSats }) => ({ depositShares: stakeSats * SHARES_PER_SAT, depositScalingFactor: SlashingLib.WAD })),
    },
    wadsToSlash,
  );
  if (!result.ok) fail<Reason>({ code: 'story.ledger-reverted', revert: result.revert }, `the ledger reverts with ${result.revert}`);
  const keptShares = new Map(present.map(({ index }, i) => [index, result.stakers[i]?.withdrawableShares ?? 0n]));
  const stakers = outcomes.map(({ index, fate, stakeSats }) => {
    const stakeShares = stakeSats * SHARES_PER_SAT;
    const kept = keptShares.get(index) ?? stakeShares;
    return { index, keptShares: kept, lossShares: stakeShares - kept, exit: EXIT[fate] };
  });
  return { allocated, stakers, totalLossShares: stakers.reduce((sum, { lossShares }) => sum + lossShares, 0n) };
}
