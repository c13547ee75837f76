// Operations of DelegationManager.
import { z } from 'zod';
import type { CompleteRequest, DelegateRequest, RegisterRequest, WithdrawalParams } from '../DelegationManager.ts';
import { type Caller, type Fields, type Named, operation, type Shapes } from './fields.ts';

export type DelegationOperation =
  | Named<'registerOperator', RegisterRequest>
  | Named<'modifyOperatorDetails', Caller & { readonly operator: string; readonly delegationApprover: string | null }>
  | Named<'delegate' | 'redelegate', DelegateRequest>
  | Named<'undelegate', Caller & { readonly staker: string }>
  /** One withdrawal. */
  | Named<'queueWithdrawal', WithdrawalParams & { readonly staker: string }>
  /** Several, all or none. */
  | Named<'queueWithdrawals', { readonly staker: string; readonly params: readonly WithdrawalParams[] }>
  | Named<'completeWithdrawal', CompleteRequest>
  | Named<'completeQueuedWithdrawals', { readonly withdrawals: readonly CompleteRequest[] }>;

export function delegationShapes(f: Fields): Shapes<DelegationOperation> {
  const caller = { caller: f.optional(f.id) };
  const approval = z.strictObject({ signer: f.id, salt: f.id, expiry: f.uint256 });
  const delegate = { staker: f.id, operator: f.id, approval: f.optional(approval) };
  const params = { strategies: z.array(f.strategy), depositShares: z.array(f.uint256) };
  const complete = { withdrawal: f.id, receiveAsTokens: f.flag, tokens: f.optional(z.array(f.id)), ...caller };
  return {
    registerOperator: operation('registerOperator', {
      operator: f.id,
      allocationDelay: f.uint32,
      delegationApprover: f.optional(f.id.nullable()),
    }),
    modifyOperatorDetails: operation('modifyOperatorDetails', { operator: f.id, delegationApprover: f.id.nullable(), ...caller }),
    delegate: operation('delegate', delegate),
    redelegate: operation('redelegate', delegate),
    undelegate: operation('undelegate', { staker: f.id, ...caller }),
    queueWithdrawal: operation('queueWithdrawal', { staker: f.id, ...params }),
    queueWithdrawals: operation('queueWithdrawals', { staker: f.id, params: z.array(z.strictObject(params)) }),
    completeWithdrawal: operation('completeWithdrawal', complete),
    completeQueuedWithdrawals: operation('completeQueuedWithdrawals', { withdrawals: z.array(z.strictObject(complete)) }),
  };
}
