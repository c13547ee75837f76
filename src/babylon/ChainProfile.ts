// Which rules beyond Bitcoin's own apply: those of a release of the Babylon chain, or none.

/**
 * `babylon-v4`: what the chain of releases v4 accepts (one finality provider per delegation, one staker key, covenant majority).
 * `generic`: everything that the scripts can express and Bitcoin can spend.
 */
export type ChainProfile = 'babylon-v4' | 'generic';

/** What mainnet runs. */
export const DEFAULT: ChainProfile = 'babylon-v4';
