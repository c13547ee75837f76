// Roots of cumulative earnings: posted by one account, usable after a delay, disabled before that.
// Implements eigenlayer-contracts src/contracts/core/RewardsCoordinator.sol submitRoot and disableRoot. A root that is given by its earnings
// keeps its tree, so that claims can be proven.
import * as Hex from '../../../base/Hex.ts';
import { require, revert } from '../../state/Revert.ts';
import { isSame } from '../ledger/addresses.ts';
import type { State } from '../ledger/state.ts';
import * as RewardsMerkle from '../RewardsMerkle.ts';
import { activation, parameters, setParameters } from './rewardsParameters.ts';
import type { Root } from './rewardsStorage.ts';

/** Reading past the end of an array. */
const OUT_OF_BOUNDS = 'Panic(0x32)';

/** @throws ledger.reverted - UnauthorizedCaller */
export function checkUpdater(state: State, caller: string | undefined): void {
  const { rewardsUpdater } = parameters(state);
  require(isSame(caller ?? rewardsUpdater, rewardsUpdater), 'UnauthorizedCaller');
}

/** @throws ledger.reverted - NewRootMustBeForNewCalculatedPeriod, RewardsEndTimestampNotElapsed */
export function postRoot(state: State, root: Uint8Array, endTimestamp: bigint, tree: RewardsMerkle.Distribution | undefined): void {
  const { lastEndTimestamp, rootCount } = parameters(state);
  require(endTimestamp > lastEndTimestamp, 'NewRootMustBeForNewCalculatedPeriod');
  require(endTimestamp < state.time, 'RewardsEndTimestampNotElapsed');
  const depth = tree === undefined ? null : BigInt(tree.levels.length - 1);
  const record: Root = { root: Hex.encode(root), endTimestamp, activatedAt: activation(state), isDisabled: false, depth };
  state.rewards.roots.set(`${rootCount}`, record);
  setParameters(state, { lastEndTimestamp: endTimestamp, rootCount: rootCount + 1n });
  if (tree !== undefined) keepTree(state, rootCount, tree);
}

/** @throws ledger.reverted - InvalidRootIndex, RootDisabled, RootAlreadyActivated */
export function disable(state: State, index: bigint): void {
  const root = state.rewards.roots.get(`${index}`) ?? revert('InvalidRootIndex');
  require(!root.isDisabled, 'RootDisabled');
  require(state.time < root.activatedAt, 'RootAlreadyActivated');
  state.rewards.roots.set(`${index}`, { ...root, isDisabled: true });
}

/** @throws ledger.reverted - Panic(0x32), RootDisabled, RootNotActivated */
export function usableRoot(state: State, index: bigint): Root {
  const root = state.rewards.roots.get(`${index}`) ?? revert(OUT_OF_BOUNDS);
  require(!root.isDisabled, 'RootDisabled');
  require(state.time >= root.activatedAt, 'RootNotActivated');
  return root;
}

/**
 * The claim of these tokens by the tree that was posted. O(log n) in the number of earners.
 *
 * @throws rewards-merkle.not-in-tree - also when the root was posted without its earnings
 */
export function prove(state: State, index: bigint, earner: string, tokens: readonly string[]): RewardsMerkle.MerkleClaim {
  const entry = state.rewards.earners.get(`${index}|${earner}`) ?? RewardsMerkle.notInTree('earner', earner);
  const depth = Number(state.rewards.roots.get(`${index}`)?.depth ?? 0n);
  const node = (level: number, at: number): Uint8Array | undefined => {
    const hex = state.rewards.nodes.get(`${index}|${level}|${at}`);
    return hex === undefined ? undefined : Hex.decode(hex);
  };
  const earnerTreeProof = RewardsMerkle.proof(node, depth, Number(entry.index));
  return RewardsMerkle.claimOf({ rootIndex: index, index: entry.index, earner, earnerTreeProof, entry: entry.tokens, tokens });
}

function keepTree(state: State, index: bigint, tree: RewardsMerkle.Distribution): void {
  tree.earners.forEach(({ earner, tokens }, i) => {
    state.rewards.earners.set(`${index}|${earner}`, { index: BigInt(i), tokens });
  });
  tree.levels.forEach((nodes, level) => {
    nodes.forEach((node, i) => {
      state.rewards.nodes.set(`${index}|${level}|${i}`, Hex.encode(node));
    });
  });
}
