// Rewards on chain: AVSs submit tokens, operators choose their split, one account posts roots of what everybody earned, earners claim.
// Implements eigenlayer-contracts src/contracts/core/RewardsCoordinator.sol. Rules: rewardsEntry, rewardsSubmissions, rewardsSplits,
// rewardsRoots, rewardsClaims; views: RewardsCoordinatorViews.
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import { require } from '../state/Revert.ts';
import { checkCanCall } from './allocation/permissions.ts';
import { id } from './Config.ts';
import { accountKey, isSame, plainKey, ZERO_ADDRESS } from './ledger/addresses.ts';
import { amount, type Reason as RequestReason, transaction, whenNotPaused } from './ledger/requests.ts';
import type { State } from './ledger/state.ts';
import { WHOLE_BIPS } from './RewardsConfig.ts';
import * as RewardsMerkle from './RewardsMerkle.ts';
import { pay } from './rewards/rewardsClaims.ts';
import { createDirected, createPools, isDelegable, isForSet } from './rewards/rewardsEntry.ts';
import { CONTRACT, checkOwner, rewardsConfig, setParameters } from './rewards/rewardsParameters.ts';
import { multipliers, operatorAmounts, setOf, uint16, uint32 } from './rewards/rewardsRequests.ts';
import { checkUpdater, disable, postRoot, prove, usableRoot } from './rewards/rewardsRoots.ts';
import { changeSplit } from './rewards/rewardsSplits.ts';
import { KINDS, type SubmissionKind } from './rewards/rewardsStorage.ts';
import type { Pairs, Submitter } from './rewards/rewardsSubmissions.ts';

export type Reason =
  | RequestReason
  | RewardsMerkle.Reason
  | { readonly code: 'eigenlayer.wrong-caller'; readonly field: 'caller'; readonly got: string };
type Nothing = Record<string, never>;

export type SubmitRequest = {
  /** Also `forAll`, createRewardsForAllSubmission, which mainnet pauses. */
  readonly type: SubmissionKind;
  /** Of the submission; of rewards for all the submitter. */
  readonly avs: string;
  /** Of the operator set, where the submission is for one. */
  readonly id?: bigint;
  readonly token: string;
  /** Of all forms but the operator-directed ones. @unit token wei */
  readonly amount?: bigint;
  readonly operatorRewards?: Pairs;
  /** @unit s */
  readonly startTimestamp: bigint;
  /** @unit s */
  readonly duration: bigint;
  readonly strategies: Pairs;
  /** Of the operator-directed forms; only hashed. */
  readonly description?: string;
  /** The AVS when left out; somebody else where the AVS can appoint. */
  readonly caller?: string;
};

/**
 * Submits rewards, by the function of the given type; all tokens come into the contract, the fee of a caller who opted in goes on.
 *
 * @throws ledger.reverted - CurrentlyPaused, UnauthorizedCaller, InvalidPermissions, InvalidOperatorSet, InputArrayLengthZero,
 * DurationExceedsMax, InvalidDurationRemainder, DurationIsZero, InvalidStartTimestampRemainder, StartTimestampTooFarInPast,
 * StrategyNotWhitelisted, StrategiesNotInAscendingOrder, AmountIsZero, AmountExceedsMax, StartTimestampTooFarInFuture;
 * SubmissionNotRetroactive, InvalidAddressZero, OperatorsNotInAscendingOrder
 * @throws input.*, eigenlayer.bad-id, eigenlayer.unknown-id, eigenlayer.wrong-caller
 * @source eigenlayer-contracts src/contracts/core/RewardsCoordinator.sol createAVSRewardsSubmission, createRewardsForAllSubmission,
 * createRewardsForAllEarners, createUniqueStakeRewardsSubmission, createTotalStakeRewardsSubmission,
 * createOperatorDirectedAVSRewardsSubmission, createOperatorDirectedOperatorSetRewardsSubmission
 */
export function submitRewards(ledger: State, request: SubmitRequest): Nothing {
  const submitter = submitterOf(request);
  const common = {
    token: id(request.token, 'token'),
    strategies: multipliers(ledger, request.strategies, 'strategies'),
    startTimestamp: uint32(request.startTimestamp, 'startTimestamp'),
    duration: uint32(request.duration, 'duration'),
  };
  if (submitter.kind === 'operatorDirectedAVS' || submitter.kind === 'operatorDirectedSet') {
    const operatorRewards = operatorAmounts(request.operatorRewards ?? Check.missing('operatorRewards'), 'operatorRewards');
    const description = Check.text(request.description ?? '', 'description');
    return transaction(ledger, () => {
      createDirected(ledger, submitter, { ...common, operatorRewards, description });
      return {};
    });
  }
  const pool = { ...common, amount: amount(request.amount ?? Check.missing('amount'), 'amount') };
  return transaction(ledger, () => {
    createPools(ledger, submitter, [pool]);
    return {};
  });
}

/** `avs`: for an AVS. `pi`: for programmatic incentives. `set`: for an operator set. */
export type SplitRequest = {
  readonly kind: 'avs' | 'pi' | 'set';
  readonly operator: string;
  readonly avs?: string;
  readonly id?: bigint;
  /** @unit 1/10000 */
  readonly split: bigint;
  /** The operator when left out. */
  readonly caller?: string;
};

const SPLITS = {
  avs: { selector: 'setOperatorAVSSplit', pauseBit: 6 },
  pi: { selector: 'setOperatorPISplit', pauseBit: 7 },
  set: { selector: 'setOperatorSetSplit', pauseBit: 8 },
} as const;

/**
 * Sets what part of its rewards an operator keeps, from the end of the activation delay on.
 *
 * @throws ledger.reverted - CurrentlyPaused, InvalidPermissions, InvalidOperatorSet, SplitExceedsMax, PreviousSplitPending
 * @throws input.*, eigenlayer.bad-id
 * @source eigenlayer-contracts src/contracts/core/RewardsCoordinator.sol setOperatorAVSSplit, setOperatorPISplit, setOperatorSetSplit
 */
export function setSplit(ledger: State, request: SplitRequest): Nothing {
  const { kind } = request;
  const operator = id(request.operator, 'operator');
  const caller = id(request.caller ?? operator, 'caller');
  const split = uint16(request.split, 'split');
  const { selector, pauseBit } = SPLITS[kind] ?? Check.missing('kind');
  const set = kind === 'set' ? setOf(request) : undefined;
  const key = splitKey(request);
  return transaction(ledger, () => {
    whenNotPaused(ledger, CONTRACT, pauseBit);
    checkCanCall(ledger, operator, caller, { target: CONTRACT, selector });
    if (set !== undefined) require(ledger.allocation.operatorSets.has(`${set.avs}:${set.id}`), 'InvalidOperatorSet');
    changeSplit(ledger, key, split);
    return {};
  });
}

/** The key of a split in the state: `avs|operator|avs`, `pi|operator`, `set|operator|avs|id`. @throws input.*, eigenlayer.bad-id */
export function splitKey(request: Pick<SplitRequest, 'kind' | 'operator' | 'avs' | 'id'>): string {
  const operator = id(request.operator, 'operator');
  if (request.kind === 'pi') return `pi|${operator}`;
  if (request.kind === 'avs') return `avs|${operator}|${id(request.avs ?? Check.missing('avs'), 'avs')}`;
  const set = setOf(request);
  return `set|${operator}|${set.avs}|${set.id}`;
}

/**
 * Opts a submitter in to the protocol fee, or out of it.
 *
 * @throws ledger.reverted - InvalidPermissions
 * @throws input.*, eigenlayer.bad-id
 * @source eigenlayer-contracts src/contracts/core/RewardsCoordinator.sol setOptInForProtocolFee
 */
export function setOptInForProtocolFee(
  ledger: State,
  request: { readonly who: string; readonly value: boolean; readonly caller?: string },
): Nothing {
  const who = id(request.who, 'who');
  const caller = id(request.caller ?? who, 'caller');
  const isOptedIn = Check.flag(request.value, 'value');
  return transaction(ledger, () => {
    checkCanCall(ledger, who, caller, { target: CONTRACT, selector: 'setOptInForProtocolFee' });
    if (isOptedIn) ledger.rewards.feePayers.set(plainKey(who), true);
    else ledger.rewards.feePayers.delete(plainKey(who));
    return {};
  });
}

/** With the earnings the ledger builds the tree and can prove claims; a bare root is 32 bytes. */
export type RootRequest = {
  /** Up to when rewards are counted. @unit s */
  readonly endTimestamp: bigint;
  /** The rewards updater when left out. */
  readonly caller?: string;
} & ({ readonly earnings: RewardsMerkle.Earnings } | { readonly root: Uint8Array });

/**
 * Posts the root of what everybody has earned so far; claims can use it after the activation delay.
 *
 * @throws ledger.reverted - CurrentlyPaused, UnauthorizedCaller, NewRootMustBeForNewCalculatedPeriod, RewardsEndTimestampNotElapsed
 * @throws input.*, eigenlayer.bad-id, rewards-merkle.no-leaves, rewards-merkle.duplicate
 * @source eigenlayer-contracts src/contracts/core/RewardsCoordinator.sol submitRoot
 */
export function submitRoot(ledger: State, request: RootRequest): Nothing {
  const endTimestamp = uint32(request.endTimestamp, 'endTimestamp');
  const caller = request.caller === undefined ? undefined : id(request.caller, 'caller');
  const tree = 'earnings' in request ? RewardsMerkle.distribution(request.earnings) : undefined;
  const root = 'root' in request ? Check.bytes(request.root, 'root', 32) : (tree?.root ?? Check.missing('earnings'));
  return transaction(ledger, () => {
    whenNotPaused(ledger, CONTRACT, 3);
    checkUpdater(ledger, caller);
    postRoot(ledger, root, endTimestamp, tree);
    return {};
  });
}

/**
 * Disables a root that is not yet usable.
 *
 * @throws ledger.reverted - CurrentlyPaused, UnauthorizedCaller, InvalidRootIndex, RootDisabled, RootAlreadyActivated
 * @throws input.*, eigenlayer.bad-id
 * @source eigenlayer-contracts src/contracts/core/RewardsCoordinator.sol disableRoot
 */
export function disableRoot(ledger: State, request: { readonly index: bigint; readonly caller?: string }): Nothing {
  const index = uint32(request.index, 'index');
  const caller = request.caller === undefined ? undefined : id(request.caller, 'caller');
  return transaction(ledger, () => {
    whenNotPaused(ledger, CONTRACT, 3);
    checkUpdater(ledger, caller);
    disable(ledger, index);
    return {};
  });
}

/**
 * Names who claims for an earner; the zero address gives that back to the earner. For an operator or AVS others may call whom it let.
 *
 * @throws ledger.reverted - InvalidPermissions, InvalidEarner (only for other callers than the earner)
 * @throws input.*, eigenlayer.bad-id
 * @source eigenlayer-contracts src/contracts/core/RewardsCoordinator.sol setClaimerFor
 */
export function setClaimerFor(
  ledger: State,
  request: { readonly earner: string; readonly claimer: string; readonly caller?: string },
): Nothing {
  const earner = id(request.earner, 'earner');
  const claimer = id(request.claimer, 'claimer');
  const caller = id(request.caller ?? earner, 'caller');
  return transaction(ledger, () => {
    // An earner calls the form without earner, which asks for no permission.
    if (!isSame(caller, earner)) {
      checkCanCall(ledger, earner, caller, { target: CONTRACT, selector: 'setClaimerFor' });
      require(ledger.delegation.operators.has(earner) || ledger.allocation.setsOfAvs.size(earner) > 0, 'InvalidEarner');
    }
    if (claimer === ZERO_ADDRESS) ledger.rewards.claimers.delete(accountKey(earner));
    else ledger.rewards.claimers.set(accountKey(earner), claimer);
    return {};
  });
}

/** Either what to claim by a tree of the ledger, or a claim with its proofs. */
export type ClaimRequest = {
  readonly recipient: string;
  /** The earner when left out. */
  readonly caller?: string;
} & (
  | {
      /** Index of the root. */
      readonly root: bigint;
      readonly earner: string;
      readonly tokens: readonly string[];
      /** Spoils the proof. */
      readonly forged?: boolean;
    }
  | { readonly claim: RewardsMerkle.MerkleClaim }
);

/**
 * Pays an earner's tokens up to the proven cumulative amounts.
 *
 * @throws ledger.reverted - CurrentlyPaused, Panic(0x32) (no such root), RootDisabled, RootNotActivated, InputArrayLengthMismatch,
 * InvalidEarnerLeafIndex, InvalidTokenLeafIndex, EmptyRoot, InvalidProofLength, InvalidClaimProof, UnauthorizedCaller,
 * EarningsNotGreaterThanClaimed, Error(ERC20: balance)
 * @throws rewards-merkle.not-in-tree - what a tree of the ledger does not hold
 * @throws input.*, eigenlayer.bad-id
 * @source eigenlayer-contracts src/contracts/core/RewardsCoordinator.sol processClaim
 */
export function processClaim(ledger: State, request: ClaimRequest): Nothing {
  return processClaims(ledger, [request]);
}

/**
 * Several claims in one transaction.
 *
 * @throws as processClaim
 * @source eigenlayer-contracts src/contracts/core/RewardsCoordinator.sol processClaims
 */
export function processClaims(ledger: State, requests: readonly ClaimRequest[]): Nothing {
  const checked = Check.list(requests, 'requests').map((request) => ({
    recipient: id(request.recipient, 'recipient'),
    caller: request.caller === undefined ? undefined : id(request.caller, 'caller'),
    claim: claimOf(ledger, request),
  }));
  return transaction(ledger, () => {
    whenNotPaused(ledger, CONTRACT, 2);
    for (const { claim, caller, recipient } of checked) pay(ledger, claim(), caller, recipient);
    return {};
  });
}

/** What the owner may change; what is left out stays. */
export type OwnerRequest = {
  /** The owner when left out. */
  readonly caller?: string;
  /** Of roots and splits from now on. @unit s */
  readonly activationDelay?: bigint;
  /** @unit 1/10000 */
  readonly defaultOperatorSplitBips?: bigint;
  readonly feeRecipient?: string;
  readonly rewardsUpdater?: string;
  readonly rewardsForAllSubmitter?: { readonly submitter: string; readonly value: boolean };
};

/**
 * The owner's settings.
 *
 * @throws ledger.reverted - Error(Ownable: caller is not the owner), SplitExceedsMax, InvalidAddressZero
 * @throws input.*, eigenlayer.bad-id
 * @source eigenlayer-contracts src/contracts/core/RewardsCoordinator.sol setActivationDelay, setDefaultOperatorSplit, setFeeRecipient,
 * setRewardsUpdater, setRewardsForAllSubmitter
 */
export function configure(ledger: State, request: OwnerRequest): Nothing {
  const { activationDelay, defaultOperatorSplitBips, feeRecipient, rewardsUpdater, rewardsForAllSubmitter } = request;
  const caller = id(request.caller ?? rewardsConfig(ledger).owner, 'caller');
  const changed = {
    ...(activationDelay === undefined ? {} : { activationDelay: uint32(activationDelay, 'activationDelay') }),
    ...(defaultOperatorSplitBips === undefined
      ? {}
      : { defaultOperatorSplitBips: uint16(defaultOperatorSplitBips, 'defaultOperatorSplitBips') }),
    ...(feeRecipient === undefined ? {} : { feeRecipient: id(feeRecipient, 'feeRecipient') }),
    ...(rewardsUpdater === undefined ? {} : { rewardsUpdater: id(rewardsUpdater, 'rewardsUpdater') }),
  };
  if (rewardsForAllSubmitter !== undefined) id(rewardsForAllSubmitter.submitter, 'rewardsForAllSubmitter.submitter');
  return transaction(ledger, () => {
    checkOwner(ledger, caller);
    require((defaultOperatorSplitBips ?? 0n) <= WHOLE_BIPS, 'SplitExceedsMax');
    require(feeRecipient !== ZERO_ADDRESS, 'InvalidAddressZero');
    setParameters(ledger, changed);
    if (rewardsForAllSubmitter !== undefined)
      ledger.rewards.forAllSubmitters.set(plainKey(rewardsForAllSubmitter.submitter), rewardsForAllSubmitter.value);
    return {};
  });
}

function submitterOf(request: SubmitRequest): Submitter {
  const kind = KINDS.includes(request.type) ? request.type : Check.missing('type');
  const avs = id(request.avs, 'avs');
  const caller = id(request.caller ?? avs, 'caller');
  // createAVSRewardsSubmission and its like know no other AVS than their caller.
  if (!isDelegable(kind) && !isSame(caller, avs))
    fail<Reason>({ code: 'eigenlayer.wrong-caller', field: 'caller', got: caller }, `caller: only ${avs} itself can submit this`);
  return { kind, caller, avs, operatorSetId: isForSet(kind) ? setOf(request).id : null };
}

/** Read when it is run: an unusable root is refused before the tree is looked into. */
function claimOf(ledger: State, request: ClaimRequest): () => RewardsMerkle.MerkleClaim {
  if ('claim' in request) {
    const claim = RewardsMerkle.checkedClaim(request.claim);
    return () => claim;
  }
  const root = uint32(request.root, 'root');
  const earner = id(request.earner, 'earner');
  const tokens = Check.list(request.tokens, 'tokens').map((token, i) => id(token, `tokens[${i}]`));
  return () => {
    usableRoot(ledger, root);
    const claim = prove(ledger, root, earner, tokens);
    return request.forged === true ? spoiled(claim) : claim;
  };
}

function spoiled(claim: RewardsMerkle.MerkleClaim): RewardsMerkle.MerkleClaim {
  const earnerTokenRoot = claim.earnerLeaf.earnerTokenRoot.map((byte) => byte ^ 1);
  return { ...claim, earnerLeaf: { ...claim.earnerLeaf, earnerTokenRoot } };
}
