// What RewardsCoordinator and EmissionsController store, with the tokens that they hold and paid out.
import { z } from 'zod';
import { flag, text, uint } from '../../state/schemas.ts';
import type { Schema, Store } from '../../state/store.ts';
import type { Table } from '../../state/table.ts';

/** `oldBips` is 65535 until a first split is activated. */
export type Split = { readonly oldBips: bigint; readonly newBips: bigint; readonly activatedAt: bigint };

/** What the owner can change, and where the roots stand. */
export type Parameters = {
  readonly activationDelay: bigint;
  readonly defaultOperatorSplitBips: bigint;
  readonly rewardsUpdater: string;
  readonly feeRecipient: string;
  readonly lastEndTimestamp: bigint;
  readonly rootCount: bigint;
};

export const KINDS = ['avs', 'forAll', 'allEarners', 'uniqueStake', 'totalStake', 'operatorDirectedAVS', 'operatorDirectedSet'] as const;
export type SubmissionKind = (typeof KINDS)[number];

/** An accepted submission, net of the protocol fee. */
export type Submission = {
  readonly kind: SubmissionKind;
  /** AVS, or the submitter of rewards for all. */
  readonly avs: string;
  /** Of the operator set, where the submission is for one. */
  readonly operatorSetId: bigint | null;
  readonly nonce: bigint;
  readonly token: string;
  /** The whole of it; in the operator-directed form the sum. @unit token wei */
  readonly amount: bigint;
  readonly operatorRewards: readonly (readonly [operator: string, amount: bigint])[] | null;
  readonly strategies: readonly (readonly [strategy: string, multiplier: bigint])[];
  readonly startTimestamp: bigint;
  readonly duration: bigint;
  readonly description: string | null;
  /** @unit s */
  readonly submittedAt: bigint;
};

export type Root = {
  /** 32 bytes in hex. */
  readonly root: string;
  readonly endTimestamp: bigint;
  readonly activatedAt: bigint;
  readonly isDisabled: boolean;
  /** Of the tree that the ledger built; null when only the root was given. */
  readonly depth: bigint | null;
};

/** An earner's leaf: its place in the tree of earners, and its tokens ascending by address. */
export type EarnerEntry = { readonly index: bigint; readonly tokens: readonly (readonly [token: string, cumulative: bigint])[] };

/** Kept by address, shown by name. */
export type Claimed = { readonly earner: string; readonly token: string; readonly cumulative: bigint };

export const DISTRIBUTION_TYPES = [
  'Disabled',
  'RewardsForAllEarners',
  'OperatorSetTotalStake',
  'OperatorSetUniqueStake',
  'EigenDA',
  'Manual',
] as const;
export type DistributionType = (typeof DISTRIBUTION_TYPES)[number];

export type Distribution = {
  readonly distributionType: DistributionType;
  /** Of the epoch's emission. @unit 1/10000 */
  readonly weight: bigint;
  readonly startEpoch: bigint;
  /** 0: without end. */
  readonly totalEpochs: bigint;
  /** The AVS also of an EigenDA distribution; ignored by those that need none. */
  readonly operatorSet: { readonly avs: string; readonly id: bigint } | null;
  /** Strategies and multipliers of each submission. */
  readonly submissions: readonly (readonly (readonly [strategy: string, multiplier: bigint])[])[];
};

export type Epoch = { readonly isMinted: boolean; readonly totalProcessed: bigint; readonly totalAdded: bigint };
export type EmissionsParameters = { readonly incentiveCouncil: string; readonly totalWeight: bigint; readonly distributionCount: bigint };

const PAIRS = z.array(z.tuple([text, uint]));
const SPLIT: Schema<Split> = z.strictObject({ oldBips: uint, newBips: uint, activatedAt: uint });
const PARAMETERS: Schema<Parameters> = z.strictObject({
  activationDelay: uint,
  defaultOperatorSplitBips: uint,
  rewardsUpdater: text,
  feeRecipient: text,
  lastEndTimestamp: uint,
  rootCount: uint,
});
const SUBMISSION: Schema<Submission> = z.strictObject({
  kind: z.enum(KINDS),
  avs: text,
  operatorSetId: uint.nullable(),
  nonce: uint,
  token: text,
  amount: uint,
  operatorRewards: PAIRS.nullable(),
  strategies: PAIRS,
  startTimestamp: uint,
  duration: uint,
  description: text.nullable(),
  submittedAt: uint,
});
const ROOT: Schema<Root> = z.strictObject({
  root: z.string().regex(/^[0-9a-f]{64}$/),
  endTimestamp: uint,
  activatedAt: uint,
  isDisabled: flag,
  depth: uint.nullable(),
});
const EARNER: Schema<EarnerEntry> = z.strictObject({ index: uint, tokens: PAIRS });
const CLAIMED: Schema<Claimed> = z.strictObject({ earner: text, token: text, cumulative: uint });
const DISTRIBUTION: Schema<Distribution> = z.strictObject({
  distributionType: z.enum(DISTRIBUTION_TYPES),
  weight: uint,
  startEpoch: uint,
  totalEpochs: uint,
  operatorSet: z.strictObject({ avs: text, id: uint }).nullable(),
  submissions: z.array(PAIRS),
});
const EPOCH: Schema<Epoch> = z.strictObject({ isMinted: flag, totalProcessed: uint, totalAdded: uint });
const EMISSIONS: Schema<EmissionsParameters> = z.strictObject({ incentiveCouncil: text, totalWeight: uint, distributionCount: uint });

export class RewardsStorage {
  /** One record under `now`; the configuration's values where there is none. */
  readonly parameters: Table<Parameters>;
  /** `avs|operator|avs`, `pi|operator`, `set|operator|avs|id`. */
  readonly splits: Table<Split>;
  /** Address of an earner in hex to the name of its claimer. */
  readonly claimers: Table<string>;
  /** Those whose submissions pay the protocol fee; addresses in lower case. */
  readonly feePayers: Table<boolean>;
  /** Those whom the owner let submit for all, or no longer; addresses in lower case. */
  readonly forAllSubmitters: Table<boolean>;
  readonly nonces: Table<bigint>;
  /** `avs|nonce`. */
  readonly submissions: Table<Submission>;
  /** By index. */
  readonly roots: Table<Root>;
  /** `root|earner`. */
  readonly earners: Table<EarnerEntry>;
  /** `root|level|index` to a node in hex, level 0 the leaves; nodes of padding only are left out. */
  readonly nodes: Table<string>;
  /** Both addresses in hex: `earner|token`. */
  readonly claimed: Table<Claimed>;
  /** `holder|token`: tokens inside these contracts, and those that they paid. */
  readonly balances: Table<bigint>;
  /** One record under `now`. */
  readonly emissions: Table<EmissionsParameters>;
  /** By id. */
  readonly distributions: Table<Distribution>;
  /** By number. */
  readonly epochs: Table<Epoch>;

  constructor(store: Store) {
    this.parameters = store.table('rewards.parameters', PARAMETERS);
    this.splits = store.table('rewards.splits', SPLIT);
    this.claimers = store.table('rewards.claimers', text);
    this.feePayers = store.table('rewards.feePayers', flag);
    this.forAllSubmitters = store.table('rewards.forAllSubmitters', flag);
    this.nonces = store.table('rewards.nonces', uint);
    this.submissions = store.table('rewards.submissions', SUBMISSION);
    this.roots = store.table('rewards.roots', ROOT);
    this.earners = store.table('rewards.earners', EARNER);
    this.nodes = store.table('rewards.nodes', text);
    this.claimed = store.table('rewards.claimed', CLAIMED);
    this.balances = store.table('rewards.balances', uint);
    this.emissions = store.table('emissions.parameters', EMISSIONS);
    this.distributions = store.table('emissions.distributions', DISTRIBUTION);
    this.epochs = store.table('emissions.epochs', EPOCH);
  }
}
