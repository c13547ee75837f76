// Operations of EigenPod and EigenPodManager, and on the beacon chain that pods prove things about.
import { z } from 'zod';
import type { BeaconBalance, NewValidator } from '../BeaconChain.ts';
import { type Caller, type Fields, type Named, operation, type Shapes } from './fields.ts';

type Pod = { readonly staker: string };
type Validators = Pod & { readonly validators: readonly string[] };

export type PodOperation =
  | Named<'createPod', Pod>
  | Named<'newValidator', NewValidator>
  | Named<'setBeaconBalance', BeaconBalance>
  | Named<'podReceive', Pod & { readonly wei: bigint }>
  /** null: only the owner. */
  | Named<'setProofSubmitter', Caller & Pod & { readonly submitter: string | null }>
  | Named<'verifyWithdrawalCredentials', Caller & Validators>
  | Named<'startCheckpoint', Caller & Pod & { readonly revertIfNoBalance?: boolean }>
  | Named<'verifyStaleBalance', Pod & { readonly validator: string }>
  | Named<'verifyCheckpointProofs', Validators>
  /** The report of a pod without its proofs. */
  | Named<'recordBalanceUpdate', Pod & { readonly prevRestakedBalanceWei: bigint; readonly balanceDeltaWei: bigint }>;

export function podShapes(f: Fields): Shapes<PodOperation> {
  const caller = { caller: f.optional(f.id) };
  const flag = f.optional(f.flag);
  const validators = { staker: f.id, validators: z.array(f.id) };
  return {
    createPod: operation('createPod', { staker: f.id }),
    newValidator: operation('newValidator', {
      staker: f.id,
      validator: f.id,
      balanceGwei: f.uint64,
      effectiveBalanceGwei: f.optional(f.uint64),
      compounding: flag,
      wrongCredentials: flag,
      activated: flag,
    }),
    setBeaconBalance: operation('setBeaconBalance', {
      validator: f.id,
      balanceGwei: f.optional(f.uint64),
      effectiveBalanceGwei: f.optional(f.uint64),
      slashed: flag,
      exiting: flag,
      activated: flag,
    }),
    podReceive: operation('podReceive', { staker: f.id, wei: f.uint256 }),
    setProofSubmitter: operation('setProofSubmitter', { staker: f.id, submitter: f.id.nullable(), ...caller }),
    verifyWithdrawalCredentials: operation('verifyWithdrawalCredentials', { ...validators, ...caller }),
    startCheckpoint: operation('startCheckpoint', { staker: f.id, revertIfNoBalance: flag, ...caller }),
    verifyStaleBalance: operation('verifyStaleBalance', { staker: f.id, validator: f.id }),
    verifyCheckpointProofs: operation('verifyCheckpointProofs', validators),
    recordBalanceUpdate: operation('recordBalanceUpdate', {
      staker: f.id,
      prevRestakedBalanceWei: f.uint256,
      balanceDeltaWei: f.int256,
    }),
  };
}
