// Claims: each leaf is proven against a usable root, then what is above the amount claimed so far is paid.
// Implements the internal rules of eigenlayer-contracts src/contracts/core/RewardsCoordinator.sol (_checkClaim, _verifyEarnerClaimProof,
// _verifyTokenClaimProof, _processClaim) and of src/contracts/libraries/Merkle.sol. Who is who is decided by address.
import * as Bytes from '../../../base/Bytes.ts';
import * as Hex from '../../../base/Hex.ts';
import { require } from '../../state/Revert.ts';
import { accountKey } from '../ledger/addresses.ts';
import type { State } from '../ledger/state.ts';
import { COORDINATOR } from '../RewardsConfig.ts';
import * as RewardsMerkle from '../RewardsMerkle.ts';
import { transfer } from './rewardsParameters.ts';
import { usableRoot } from './rewardsRoots.ts';

const HASH_BYTES = 32;

/**
 * @throws ledger.reverted - Panic(0x32), RootDisabled, RootNotActivated, InputArrayLengthMismatch, InvalidEarnerLeafIndex,
 * InvalidTokenLeafIndex, EmptyRoot, InvalidProofLength, InvalidClaimProof
 */
export function checkClaim(state: State, claim: RewardsMerkle.MerkleClaim): void {
  const { root } = usableRoot(state, claim.rootIndex);
  const { earnerIndex, earnerLeaf, earnerTreeProof, tokenIndices, tokenLeaves, tokenTreeProofs } = claim;
  require(tokenIndices.length === tokenTreeProofs.length, 'InputArrayLengthMismatch');
  require(tokenTreeProofs.length === tokenLeaves.length, 'InputArrayLengthMismatch');
  const earner = RewardsMerkle.earnerLeaf(earnerLeaf.earner, earnerLeaf.earnerTokenRoot);
  checkInclusion(earner, earnerIndex, earnerTreeProof, Hex.decode(root), 'InvalidEarnerLeafIndex');
  tokenLeaves.forEach(({ token, cumulativeEarnings }, i) => {
    const leaf = RewardsMerkle.tokenLeaf(token, cumulativeEarnings);
    const [index, proof] = [tokenIndices[i], tokenTreeProofs[i]] as [bigint, Uint8Array];
    checkInclusion(leaf, index, proof, earnerLeaf.earnerTokenRoot, 'InvalidTokenLeafIndex');
  });
}

/** @throws ledger.reverted - as checkClaim, then UnauthorizedCaller, EarningsNotGreaterThanClaimed, Error(ERC20: balance) */
export function pay(state: State, claim: RewardsMerkle.MerkleClaim, caller: string | undefined, recipient: string): void {
  checkClaim(state, claim);
  const { earner } = claim.earnerLeaf;
  const account = accountKey(earner);
  const claimer = state.rewards.claimers.get(account) ?? earner;
  require(accountKey(caller ?? earner) === accountKey(claimer), 'UnauthorizedCaller');
  for (const { token, cumulativeEarnings } of claim.tokenLeaves) {
    const key = `${account}|${accountKey(token)}`;
    const claimed = state.rewards.claimed.get(key)?.cumulative ?? 0n;
    require(cumulativeEarnings > claimed, 'EarningsNotGreaterThanClaimed');
    state.rewards.claimed.set(key, { earner, token, cumulative: cumulativeEarnings });
    transfer(state, token, COORDINATOR, recipient, cumulativeEarnings - claimed);
  }
}

function checkInclusion(leaf: Uint8Array, index: bigint, proof: Uint8Array, root: Uint8Array, badIndex: string): void {
  const depth = BigInt(Math.floor(proof.length / HASH_BYTES));
  // A shift by 256 and more gives 0 on chain: then no index is small enough.
  require(depth < 256n && index < 1n << depth, badIndex);
  require(root.some((byte) => byte !== 0), 'EmptyRoot');
  require(proof.length % HASH_BYTES === 0, 'InvalidProofLength');
  require(Bytes.equal(RewardsMerkle.rootFrom(leaf, index, proof), root), 'InvalidClaimProof');
}
