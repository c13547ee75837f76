// Operations on time, on vaults from outside, and of StrategyManager.
import { z } from 'zod';
import type { Limits, TokenRequest } from '../StrategyBase.ts';
import type { ClearRequest, DepositRequest, DepositSignature } from '../StrategyManager.ts';
import { type Fields, type Named, operation, type Shapes } from './fields.ts';

export type VaultOperation =
  /** 12 seconds a block. */
  | { readonly op: 'advance'; readonly blocks: bigint }
  | Named<'donate' | 'rebaseDown', TokenRequest>
  | Named<'setTVLLimits', Limits & { readonly strategy: string }>
  | Named<'deposit', DepositRequest>
  | Named<'depositIntoStrategyWithSignature', DepositRequest & { readonly expiry: bigint; readonly signature: DepositSignature }>
  | Named<'addStrategiesToDepositWhitelist' | 'removeStrategiesFromDepositWhitelist', { readonly strategies: readonly string[] }>
  | Named<'clearBurnOrRedistributableShares', ClearRequest>;

export function vaultShapes(f: Fields): Shapes<VaultOperation> {
  const deposit = { staker: f.id, strategy: f.strategy, amount: f.uint256, token: f.optional(f.id) };
  return {
    advance: operation('advance', { blocks: f.uint32 }),
    donate: operation('donate', { strategy: f.strategy, amount: f.uint256 }),
    rebaseDown: operation('rebaseDown', { strategy: f.strategy, amount: f.uint256 }),
    setTVLLimits: operation('setTVLLimits', { strategy: f.strategy, maxPerDeposit: f.uint256, maxTotalDeposits: f.uint256 }),
    deposit: operation('deposit', deposit),
    depositIntoStrategyWithSignature: operation('depositIntoStrategyWithSignature', {
      ...deposit,
      expiry: f.uint256,
      signature: z.strictObject({ signer: f.id, nonce: f.uint256 }),
    }),
    addStrategiesToDepositWhitelist: operation('addStrategiesToDepositWhitelist', { strategies: z.array(f.strategy) }),
    removeStrategiesFromDepositWhitelist: operation('removeStrategiesFromDepositWhitelist', { strategies: z.array(f.strategy) }),
    clearBurnOrRedistributableShares: operation('clearBurnOrRedistributableShares', {
      avs: f.id,
      id: f.uint32,
      slashId: f.uint256,
      strategy: f.optional(f.strategy),
    }),
  };
}
