/** What one slash of an operator set does: magnitudes, operator shares, queued withdrawals, stakers. */
export * as AllocationSlash from './eigenlayer/AllocationSlash.ts';
/** EigenLayer's fixed-point arithmetic on WAD, rounding in the name. */
export * as SlashingLib from './eigenlayer/SlashingLib.ts';
