// What RewardsCoordinator's views tell: splits in effect, roots, claimed amounts, submissions and their hashes.
// Implements the view functions of eigenlayer-contracts src/contracts/core/RewardsCoordinator.sol.
import { isSatlockError } from '../../base/Errors.ts';
import * as Hex from '../../base/Hex.ts';
import { nameOf, revert } from '../state/Revert.ts';
import { id } from './Config.ts';
import { accountKey } from './ledger/addresses.ts';
import type { Reason as RequestReason } from './ledger/requests.ts';
import type { State } from './ledger/state.ts';
import { type SplitRequest, splitKey } from './RewardsCoordinator.ts';
import * as RewardsMerkle from './RewardsMerkle.ts';
import { checkClaim as check } from './rewards/rewardsClaims.ts';
import { submissionHash as hashOf } from './rewards/rewardsHash.ts';
import { parameters } from './rewards/rewardsParameters.ts';
import { uint32 } from './rewards/rewardsRequests.ts';
import { prove } from './rewards/rewardsRoots.ts';
import { splitOf } from './rewards/rewardsSplits.ts';
import type { Root, Submission } from './rewards/rewardsStorage.ts';

export type { Root, Submission } from './rewards/rewardsStorage.ts';
export type Reason = RequestReason | RewardsMerkle.Reason;

/**
 * The split in effect.
 *
 * @unit 1/10000
 * @throws input.*, eigenlayer.bad-id
 * @source RewardsCoordinator.sol getOperatorAVSSplit, getOperatorPISplit, getOperatorSetSplit
 */
export function operatorSplit(ledger: State, of: Pick<SplitRequest, 'kind' | 'operator' | 'avs' | 'id'>): bigint {
  return splitOf(ledger, splitKey(of));
}

/** @source RewardsCoordinator.sol getDistributionRootsLength */
export function getDistributionRootsLength(ledger: State): bigint {
  return parameters(ledger).rootCount;
}

/** @throws ledger.reverted - Panic(0x32) @throws input.* @source RewardsCoordinator.sol getDistributionRootAtIndex */
export function getDistributionRootAtIndex(ledger: State, index: bigint): Root {
  return ledger.rewards.roots.get(`${uint32(index, 'index')}`) ?? revert('Panic(0x32)');
}

/** The newest root that claims can use, with its index. @source RewardsCoordinator.sol getCurrentClaimableDistributionRoot */
export function getCurrentClaimableDistributionRoot(ledger: State): { readonly index: bigint; readonly root: Root } | undefined {
  for (let index = parameters(ledger).rootCount - 1n; index >= 0n; index--) {
    const root = getDistributionRootAtIndex(ledger, index);
    if (!root.isDisabled && ledger.time >= root.activatedAt) return { index, root };
  }
  return undefined;
}

/** @throws ledger.reverted - InvalidRoot @throws input.* @source RewardsCoordinator.sol getRootIndexFromHash */
export function getRootIndexFromHash(ledger: State, root: Uint8Array): bigint {
  const hex = Hex.encode(root);
  for (let index = parameters(ledger).rootCount - 1n; index >= 0n; index--)
    if (getDistributionRootAtIndex(ledger, index).root === hex) return index;
  return revert('InvalidRoot');
}

/** @unit token wei @throws input.*, eigenlayer.bad-id @source RewardsCoordinator.sol cumulativeClaimed */
export function cumulativeClaimed(ledger: State, earner: string, token: string): bigint {
  const key = `${accountKey(id(earner, 'earner'))}|${accountKey(id(token, 'token'))}`;
  return ledger.rewards.claimed.get(key)?.cumulative ?? 0n;
}

/** Who claims for the earner; undefined: the earner. @throws input.*, eigenlayer.bad-id @source RewardsCoordinator.sol claimerFor */
export function claimerFor(ledger: State, earner: string): string | undefined {
  return ledger.rewards.claimers.get(accountKey(id(earner, 'earner')));
}

/** @throws input.*, eigenlayer.bad-id @source RewardsCoordinator.sol submissionNonce */
export function submissionNonce(ledger: State, avs: string): bigint {
  return ledger.rewards.nonces.get(id(avs, 'avs')) ?? 0n;
}

/** What an AVS submitted, net of the fee, by nonce. O(number of them). @throws input.*, eigenlayer.bad-id */
export function submissions(ledger: State, avs: string): Submission[] {
  const count = submissionNonce(ledger, avs);
  return Array.from({ length: Number(count) }, (_, nonce) => ledger.rewards.submissions.get(`${avs}|${nonce}`) as Submission);
}

/**
 * The hash under which a submission is known.
 *
 * @shape 32 bytes
 * @source RewardsCoordinator.sol isAVSRewardsSubmissionHash and its like
 */
export function submissionHash(submission: Submission): Uint8Array {
  return hashOf(submission);
}

/**
 * The claim of an earner's tokens by a tree that the ledger built, for processClaim.
 *
 * @throws input.*, eigenlayer.bad-id, rewards-merkle.not-in-tree
 */
export function proveClaim(ledger: State, root: bigint, earner: string, tokens: readonly string[]): RewardsMerkle.MerkleClaim {
  return prove(ledger, uint32(root, 'root'), id(earner, 'earner'), tokens);
}

/**
 * Whether a claim could be processed as far as its root and proofs go.
 *
 * @throws input.*, eigenlayer.bad-id
 * @source RewardsCoordinator.sol checkClaim
 */
export function checkClaim(ledger: State, claim: RewardsMerkle.MerkleClaim): boolean {
  try {
    check(ledger, RewardsMerkle.checkedClaim(claim));
    return true;
  } catch (error) {
    if (isSatlockError(error) && nameOf(error) !== undefined) return false;
    throw error;
  }
}
