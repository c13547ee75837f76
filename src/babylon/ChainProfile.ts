// Which rules beyond Bitcoin's own apply: those of a release of the Babylon chain, or none.
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';

/**
 * `babylon-v4`: what the chain of releases v4 accepts (one finality provider per delegation, one staker key, covenant majority).
 * `generic`: everything that the scripts can express and Bitcoin can spend.
 */
export type ChainProfile = 'babylon-v4' | 'generic';

/** What mainnet runs. */
export const DEFAULT: ChainProfile = 'babylon-v4';

export type Reason = { readonly code: 'chain-profile.unknown'; readonly got: string };

/** @throws chain-profile.unknown */
export function from(profile: string): ChainProfile {
  if (profile !== 'babylon-v4' && profile !== 'generic')
    fail<Reason>(
      { code: 'chain-profile.unknown', got: typeof profile === 'string' ? profile : Check.kindOf(profile) },
      'profile: expected babylon-v4 or generic',
    );
  return profile;
}
