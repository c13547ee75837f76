// Which commitment of randomness rules a height, looked up height by height: commitments leave gaps, and what was fetched as one run of heights
// shifts its proofs by each gap. Babylon x/finality/keeper/public_randomness.go GetPubRandCommitForHeight, GetTimestampedPubRandCommitForHeight.
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import type { StoredCommit } from './FinalityView.ts';

export type Reason = Check.Reason | { readonly code: 'randomness-index.repeated-start'; readonly startHeight: string };

/** Commitments of one provider, by ascending start; made by {@link from}. */
export type RandomnessIndex = { readonly commits: readonly StoredCommit[] };

/** Heights from..to, both included. */
export type Range = { readonly from: bigint; readonly to: bigint };

/** What a vote for a height would find. `reference` is the chain's code. */
export type Finding =
  | { readonly kind: 'usable'; readonly commit: StoredCommit }
  | { readonly kind: 'none'; readonly reference: 'finality/1103' }
  | { readonly kind: 'not-timestamped'; readonly commit: StoredCommit; readonly reference: 'finality/1111' };

const UINT64_MAX = 0xffff_ffff_ffff_ffffn;

/**
 * The index over commitments as the chain stores them (`ProviderWatch.commits`, `FinalityView.commitsFromRest`), in any order.
 *
 * @throws input.*, randomness-index.repeated-start - the chain keeps one commitment a start height
 */
export function from(commits: readonly StoredCommit[]): RandomnessIndex {
  const copies = Check.list(commits, 'commits').map((commit, i) => copyOf(commit, `commits[${i}]`));
  copies.sort((a, b) => (a.startHeight < b.startHeight ? -1 : 1));
  for (const [i, { startHeight }] of copies.entries()) {
    if (copies[i + 1]?.startHeight !== startHeight) continue;
    fail<Reason>(
      { code: 'randomness-index.repeated-start', startHeight: startHeight.toString() },
      `two commitments start at height ${startHeight}: they are of two providers or of two chains`,
    );
  }
  return Object.freeze({ commits: Object.freeze(copies) });
}

/** The last height that a commitment covers. @throws input.* */
export function endOf(commit: Pick<StoredCommit, 'startHeight' | 'numPubRand'>): bigint {
  const { startHeight, numPubRand } = Check.object(commit, 'commit');
  Check.bigInteger(startHeight, 'commit.startHeight', 0n, UINT64_MAX);
  return startHeight + Check.bigInteger(numPubRand, 'commit.numPubRand', 1n, UINT64_MAX) - 1n;
}

/**
 * The commitment that the chain takes for a height: the one with the largest start at or below it, if it reaches that far; no other is looked at.
 *
 * @throws input.not-integer, input.out-of-range
 */
export function lookUp(index: RandomnessIndex, height: bigint): StoredCommit | undefined {
  const commits = commitsOf(index);
  Check.bigInteger(height, 'height', 0n, UINT64_MAX);
  let low = 0;
  let high = commits.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const one = commits[middle];
    if (one !== undefined && one.startHeight <= height) low = middle + 1;
    else high = middle;
  }
  const found = commits[low - 1];
  return found !== undefined && height <= endOf(found) ? found : undefined;
}

/** Whether a vote for the height could be proved now. `lastFinalizedEpoch` 0: nothing is final on Bitcoin yet. @throws input.* */
export function find(index: RandomnessIndex, height: bigint, lastFinalizedEpoch: bigint): Finding {
  Check.bigInteger(lastFinalizedEpoch, 'lastFinalizedEpoch', 0n, UINT64_MAX);
  const commit = lookUp(index, height);
  if (commit === undefined) return { kind: 'none', reference: 'finality/1103' };
  if (lastFinalizedEpoch === 0n || lastFinalizedEpoch < commit.epochNum)
    return { kind: 'not-timestamped', commit, reference: 'finality/1111' };
  return { kind: 'usable', commit };
}

/** The commitment with the largest start: the next one must start above its end. */
export function last(index: RandomnessIndex): StoredCommit | undefined {
  return commitsOf(index).at(-1);
}

/** The heights of from..to that no commitment covers: at each of them the provider has no power. @throws input.* */
export function gaps(index: RandomnessIndex, range: Range): readonly Range[] {
  const { from, to } = Check.object(range, 'range');
  Check.bigInteger(from, 'range.from', 0n, UINT64_MAX);
  Check.bigInteger(to, 'range.to', from, UINT64_MAX);
  const commits = commitsOf(index);
  const found: Range[] = [];
  let next = from;
  for (const [i, commit] of commits.entries()) {
    // A later commitment hides what an earlier one covers from its start on.
    const following = commits[i + 1]?.startHeight;
    const end = following !== undefined && following <= endOf(commit) ? following - 1n : endOf(commit);
    if (end < next) continue;
    if (commit.startHeight > to) break;
    if (commit.startHeight > next) found.push({ from: next, to: commit.startHeight - 1n });
    next = end + 1n;
  }
  if (next <= to) found.push({ from: next, to });
  return found;
}

function commitsOf(index: RandomnessIndex): readonly StoredCommit[] {
  return Check.list(Check.object(index, 'index').commits, 'index.commits');
}

function copyOf(commit: StoredCommit, field: string): StoredCommit {
  const { startHeight, numPubRand, commitment, epochNum } = Check.object(commit, field);
  Check.bigInteger(startHeight, `${field}.startHeight`, 0n, UINT64_MAX - 1n);
  return Object.freeze({
    startHeight,
    numPubRand: Check.bigInteger(numPubRand, `${field}.numPubRand`, 1n, UINT64_MAX - startHeight),
    commitment: Bytes.copy(Check.bytes(commitment, `${field}.commitment`, 32)),
    epochNum: Check.bigInteger(epochNum, `${field}.epochNum`, 0n, UINT64_MAX),
  });
}
