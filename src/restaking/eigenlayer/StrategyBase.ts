// A vault of one token (StrategyBase, StrategyBaseTVLLimits, EigenStrategy): its price, and what happens to its tokens from outside.
// Implements eigenlayer-contracts src/contracts/strategies. Deposits and withdrawals come through StrategyManager and DelegationManager.
import { fail } from '../../base/Errors.ts';
import { require } from '../state/Revert.ts';
import { BEACON } from './Config.ts';
import * as StakerShares from './delegation/stakerShares.ts';
import * as Requests from './ledger/requests.ts';
import type { State } from './ledger/state.ts';
import { limits, vaultConfig } from './strategies/strategyHooks.ts';
import type { Limits, Vault } from './strategies/strategyStorage.ts';
import * as Vaults from './strategies/vaults.ts';

export type { Limits, Vault } from './strategies/strategyStorage.ts';

export type Reason = Requests.Reason | { readonly code: 'eigenlayer.no-limits'; readonly field: string; readonly strategy: string };

export type TokenRequest = {
  readonly strategy: string;
  /** @unit token wei */
  readonly amount: bigint;
};

/**
 * Tokens are sent to the vault without a deposit, or it earns them: every share becomes worth more.
 *
 * @throws ledger.reverted - Panic(0x11)
 * @throws input.*, eigenlayer.unknown-id
 */
export function donate(ledger: State, request: TokenRequest): Record<string, never> {
  const strategy = vaultId(ledger, request.strategy);
  Requests.amount(request.amount, 'amount');
  return Requests.transaction(ledger, () => {
    Vaults.donate(ledger, strategy, request.amount);
    return {};
  });
}

/**
 * The vault loses tokens, as when a rebasing token was slashed itself: every share becomes worth less.
 *
 * @throws ledger.reverted - Error(ERC20: balance)
 * @throws input.*, eigenlayer.unknown-id
 */
export function rebaseDown(ledger: State, request: TokenRequest): Record<string, never> {
  const strategy = vaultId(ledger, request.strategy);
  Requests.amount(request.amount, 'amount');
  return Requests.transaction(ledger, () => {
    Vaults.rebaseDown(ledger, strategy, request.amount);
    return {};
  });
}

/**
 * Changes the caps of a `tvl` vault; what is deposited already may exceed them.
 *
 * @throws ledger.reverted - MaxPerDepositExceedsMax
 * @throws input.*, eigenlayer.unknown-id, eigenlayer.no-limits
 * @source eigenlayer-contracts src/contracts/strategies/StrategyBaseTVLLimits.sol setTVLLimits
 */
export function setTVLLimits(ledger: State, request: Limits & { readonly strategy: string }): Record<string, never> {
  const { id } = capped(ledger, request.strategy);
  const maxPerDeposit = Requests.amount(request.maxPerDeposit, 'maxPerDeposit');
  const maxTotalDeposits = Requests.amount(request.maxTotalDeposits, 'maxTotalDeposits');
  return Requests.transaction(ledger, () => {
    require(maxPerDeposit <= maxTotalDeposits, 'MaxPerDepositExceedsMax');
    ledger.strategies.limits.set(id, { maxPerDeposit, maxTotalDeposits });
    return {};
  });
}

/**
 * The caps of a `tvl` vault.
 *
 * @throws input.not-text, eigenlayer.unknown-id, eigenlayer.no-limits
 * @source eigenlayer-contracts src/contracts/strategies/StrategyBaseTVLLimits.sol getTVLLimits
 */
export function getTVLLimits(ledger: State, request: { readonly strategy: string }): Limits {
  return limits(ledger, capped(ledger, request.strategy));
}

/** Total shares and tokens of a vault. @throws input.not-text, eigenlayer.unknown-id */
export function vaultOf(ledger: State, request: { readonly strategy: string }): Vault {
  return Vaults.vault(ledger, vaultId(ledger, request.strategy));
}

/**
 * What shares would be paid out as now. @unit token wei
 *
 * @throws ledger.reverted - Panic(0x11)
 * @throws input.*, eigenlayer.unknown-id
 * @source eigenlayer-contracts src/contracts/strategies/StrategyBase.sol sharesToUnderlyingView
 */
export function sharesToUnderlying(ledger: State, request: { readonly strategy: string; readonly shares: bigint }): bigint {
  const vault = vaultOf(ledger, request);
  return Vaults.sharesToUnderlying(vault, Requests.amount(request.shares, 'shares'));
}

/**
 * The shares that an amount of tokens is worth now. @unit shares
 *
 * @throws ledger.reverted - Panic(0x11)
 * @throws input.*, eigenlayer.unknown-id
 * @source eigenlayer-contracts src/contracts/strategies/StrategyBase.sol underlyingToSharesView
 */
export function underlyingToShares(ledger: State, request: TokenRequest): bigint {
  const vault = vaultOf(ledger, request);
  return Vaults.underlyingToShares(vault, Requests.amount(request.amount, 'amount'));
}

/**
 * What a staker's deposit shares would be paid out as, were nothing slashed: the contract looks at deposit shares. @unit token wei
 *
 * @throws ledger.reverted - Panic(0x11)
 * @throws input.not-text, eigenlayer.unknown-id, eigenlayer.bad-id
 * @source eigenlayer-contracts src/contracts/strategies/StrategyBase.sol userUnderlyingView
 */
export function userUnderlying(ledger: State, request: { readonly strategy: string; readonly staker: string }): bigint {
  const shares = StakerShares.depositShares(ledger, Requests.account(request.staker, 'staker'), vaultId(ledger, request.strategy));
  return sharesToUnderlying(ledger, { strategy: request.strategy, shares });
}

/** Native ETH has no vault. */
function vaultId(ledger: State, strategy: string): string {
  if (strategy === BEACON) Requests.unknownId('strategy', strategy);
  return Requests.strategy(ledger, strategy, 'strategy');
}

function capped(ledger: State, strategy: string): NonNullable<ReturnType<typeof vaultConfig>> {
  const vault = vaultConfig(ledger, vaultId(ledger, strategy));
  if (vault?.kind !== 'tvl')
    return fail<Reason>({ code: 'eigenlayer.no-limits', field: 'strategy', strategy }, `strategy: ${strategy} has no caps`);
  return vault;
}
