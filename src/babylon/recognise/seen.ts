// What the parts of the recognition hand to each other: the transaction with its surroundings, and what is known of a spent output.
import type * as Sats from '../../base/Sats.ts';
import type * as Tx from '../../bitcoin/Tx.ts';
import type { Delegation } from '../Delegation.ts';
import type * as LeafReader from '../LeafReader.ts';
import type { StakingContract } from '../StakingContract.ts';
import type * as Witness from '../Witness.ts';
import type { Part } from './complete.ts';
import type { Context, Rules } from './context.ts';
import type { Staking } from './stakings.ts';
import type { Subject } from './subject.ts';

/** A transaction under the glass. */
export type Seen = {
  readonly subject: Subject;
  readonly context: Context;
  readonly stakings: readonly Staking[];
  /** Height of the including block. */
  readonly height: number | undefined;
  readonly spentHeights: readonly (number | undefined)[];
  /** The outputs that are spent, as far as they are known. */
  readonly prevouts: readonly (Tx.SpentOutput | undefined)[];
};

/** What is known of the output that an input spends. */
export type Origin = Omit<Part, 'committees' | 'proven'> & {
  readonly contract?: StakingContract;
  readonly rules?: Rules;
  readonly paramsVersion?: number;
  readonly valueSats?: Sats.Sats;
  readonly confirmedHeight?: number;
  readonly delegation?: Delegation;
  /** The stake where this began. */
  readonly stake?: Tx.Outpoint;
};

/** What an input reveals; not final in a PSBT, where more signatures may come and more than enough may be there. */
export type Revealed = LeafReader.Place & {
  readonly signatures: Witness.Parsed;
  readonly annex?: Uint8Array;
  readonly isFinal: boolean;
};
