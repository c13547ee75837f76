// Operations of RewardsCoordinator.
import { z } from 'zod';
import type { ClaimRequest, RootRequest, SplitRequest, SubmitRequest } from '../RewardsCoordinator.ts';
import { KINDS } from '../rewards/rewardsStorage.ts';
import { type Caller, type Fields, type Named, operation, type Shapes } from './fields.ts';

export type RewardsOperation =
  | Named<'setSplit', SplitRequest>
  | Named<'optInFee', Caller & { readonly who: string; readonly value: boolean }>
  | Named<'submitRewards', SubmitRequest>
  | Named<'submitRoot', RootRequest>
  | Named<'disableRoot', Caller & { readonly index: bigint }>
  | Named<'setClaimerFor', Caller & { readonly earner: string; readonly claimer: string }>
  | Named<'claim', ClaimRequest>
  /** Several, all or none. */
  | Named<'processClaims', { readonly claims: readonly ClaimRequest[] }>
  // Of the owner.
  | Named<'setActivationDelay', Caller & { readonly activationDelay: bigint }>
  | Named<'setDefaultOperatorSplit', Caller & { readonly split: bigint }>
  | Named<'setFeeRecipient', Caller & { readonly feeRecipient: string }>
  | Named<'setRewardsUpdater', Caller & { readonly rewardsUpdater: string }>
  | Named<'setRewardsForAllSubmitter', Caller & { readonly submitter: string; readonly value: boolean }>;

export function rewardsShapes(f: Fields): Shapes<RewardsOperation> {
  const caller = { caller: f.optional(f.id) };
  return {
    ...ownerShapes(f),
    ...claimShapes(f),
    setSplit: operation('setSplit', {
      kind: z.enum(['avs', 'pi', 'set']),
      operator: f.id,
      avs: f.optional(f.id),
      id: f.optional(f.uint32),
      split: f.uint16,
      ...caller,
    }),
    optInFee: operation('optInFee', { who: f.id, value: f.flag, ...caller }),
    submitRewards: operation('submitRewards', {
      type: z.enum(KINDS),
      avs: f.id,
      id: f.optional(f.uint32),
      token: f.id,
      amount: f.optional(f.uint256),
      operatorRewards: f.optional(z.array(z.tuple([f.id, f.uint256]))),
      startTimestamp: f.uint32,
      duration: f.uint32,
      strategies: z.array(z.tuple([f.strategy, f.uint96])),
      description: f.optional(f.text),
      ...caller,
    }),
    setClaimerFor: operation('setClaimerFor', { earner: f.id, claimer: f.id, ...caller }),
  };
}

type RootsAndClaims = Extract<RewardsOperation, { readonly op: 'submitRoot' | 'disableRoot' | 'claim' | 'processClaims' }>;

function claimShapes(f: Fields): Shapes<RootsAndClaims> {
  const caller = { caller: f.optional(f.id) };
  const root = { endTimestamp: f.uint32, ...caller };
  const paid = { recipient: f.id, ...caller };
  // By a tree of the ledger, or with its proofs.
  const byTree = { root: f.uint32, earner: f.id, tokens: z.array(f.id), ...paid, forged: f.optional(f.flag) };
  const byProof = { claim: merkleClaim(f), ...paid };
  return {
    submitRoot: z.union([
      operation('submitRoot', { ...root, earnings: z.array(z.tuple([f.id, z.array(z.tuple([f.id, f.uint256]))])) }),
      operation('submitRoot', { ...root, root: f.bytes32 }),
    ]),
    disableRoot: operation('disableRoot', { index: f.uint32, ...caller }),
    claim: z.union([operation('claim', byTree), operation('claim', byProof)]),
    processClaims: operation('processClaims', { claims: z.array(z.union([z.strictObject(byTree), z.strictObject(byProof)])) }),
  };
}

type MerkleClaim = Extract<ClaimRequest, { readonly claim: unknown }>['claim'];

function merkleClaim(f: Fields): z.ZodType<MerkleClaim, unknown> {
  return z.strictObject({
    rootIndex: f.uint32,
    earnerIndex: f.uint32,
    earnerTreeProof: f.bytes,
    earnerLeaf: z.strictObject({ earner: f.id, earnerTokenRoot: f.bytes32 }),
    tokenIndices: z.array(f.uint32),
    tokenTreeProofs: z.array(f.bytes),
    tokenLeaves: z.array(z.strictObject({ token: f.id, cumulativeEarnings: f.uint256 })),
  });
}

type OwnerOperation = Extract<
  RewardsOperation,
  {
    readonly op: 'setActivationDelay' | 'setDefaultOperatorSplit' | 'setFeeRecipient' | 'setRewardsUpdater' | 'setRewardsForAllSubmitter';
  }
>;

function ownerShapes(f: Fields): Shapes<OwnerOperation> {
  const caller = { caller: f.optional(f.id) };
  return {
    setActivationDelay: operation('setActivationDelay', { activationDelay: f.uint32, ...caller }),
    setDefaultOperatorSplit: operation('setDefaultOperatorSplit', { split: f.uint16, ...caller }),
    setFeeRecipient: operation('setFeeRecipient', { feeRecipient: f.id, ...caller }),
    setRewardsUpdater: operation('setRewardsUpdater', { rewardsUpdater: f.id, ...caller }),
    setRewardsForAllSubmitter: operation('setRewardsForAllSubmitter', { submitter: f.id, value: f.flag, ...caller }),
  };
}
