// The arithmetic of a vault: shares for tokens and tokens for shares, with virtual shares and balance against a manipulated first price.
// Implements eigenlayer-contracts src/contracts/strategies/StrategyBase.sol and the 1:1 wrapping of EigenStrategy.sol.

import { plus, times } from '../../state/checkedArithmetic.ts';
import { require, revert, UNDERFLOW } from '../../state/Revert.ts';
import { MAX_UINT256 } from '../../state/schemas.ts';
import { whenNotPaused } from '../ledger/requests.ts';
import type { State } from '../ledger/state.ts';
import { WAD } from '../SlashingLib.ts';
import { beforeDeposit, vaultConfig } from './strategyHooks.ts';
import type { Vault } from './strategyStorage.ts';

/** Virtual shares and virtual balance. */
export const OFFSET = 1000n;
export const MAX_TOTAL_SHARES: bigint = 10n ** 38n - 1n;

/** Bits of a vault's own pausing, which is kept under `StrategyBase:<strategy>`. */
const PAUSED_DEPOSITS = 0;
const PAUSED_WITHDRAWALS = 1;

/** The exchange rate is emitted as WAD * balance / shares, and above this the product leaves uint256. */
const MAX_VIRTUAL_BALANCE = MAX_UINT256 / WAD;

/** Said by the token, not by a contract of EigenLayer. */
const TOKEN_REFUSES = 'Error(ERC20: balance)';

const EMPTY: Vault = { totalShares: 0n, tokenBalance: 0n };

export function vault(state: State, strategy: string): Vault {
  return state.strategies.vaults.get(strategy) ?? EMPTY;
}

/** The token that a vault holds: named as the vault, but for EIGEN, whose vault holds bEIGEN. */
export function underlyingToken(state: State, strategy: string): string {
  return vaultConfig(state, strategy)?.kind === 'eigen' ? `b${strategy}` : strategy;
}

/**
 * Tokens arrive and become shares, by the price before.
 *
 * @returns new shares
 * @throws ledger.reverted - CurrentlyPaused, MaxPerDepositExceedsMax, BalanceExceedsMaxTotalDeposits, OnlyUnderlyingToken, NewSharesZero,
 *   TotalSharesExceedsMax, Panic(0x11)
 */
export function deposit(state: State, strategy: string, token: string, amount: bigint): bigint {
  whenNotPaused(state, `StrategyBase:${strategy}`, PAUSED_DEPOSITS);
  const before = vault(state, strategy);
  const isAccepted = accepts(state, strategy, token);
  const tokenBalance = isAccepted ? plus(before.tokenBalance, amount) : before.tokenBalance;
  beforeDeposit(state, vaultConfig(state, strategy), amount, tokenBalance);
  require(isAccepted, 'OnlyUnderlyingToken');
  const virtualBalance = plus(tokenBalance, OFFSET);
  const newShares = times(amount, before.totalShares + OFFSET) / (virtualBalance - amount);
  state.note?.('newShares', `floor(${amount} * (${before.totalShares} + 1000) / (${before.tokenBalance} + 1000))`, newShares);
  require(newShares !== 0n, 'NewSharesZero');
  const totalShares = plus(before.totalShares, newShares);
  require(totalShares <= MAX_TOTAL_SHARES, 'TotalSharesExceedsMax');
  checkRate(virtualBalance);
  state.strategies.vaults.set(strategy, { totalShares, tokenBalance });
  return newShares;
}

/**
 * Shares become tokens by the price of this block, and go to `recipient`.
 *
 * @returns the amount
 * @throws ledger.reverted - CurrentlyPaused, OnlyUnderlyingToken, WithdrawalAmountExceedsTotalDeposits, Panic(0x11), Error(ERC20: balance)
 */
export function withdraw(state: State, recipient: string, strategy: string, token: string, shares: bigint): bigint {
  whenNotPaused(state, `StrategyBase:${strategy}`, PAUSED_WITHDRAWALS);
  require(accepts(state, strategy, token), 'OnlyUnderlyingToken');
  const { totalShares, tokenBalance } = vault(state, strategy);
  require(shares <= totalShares, 'WithdrawalAmountExceedsTotalDeposits');
  const virtualBalance = plus(tokenBalance, OFFSET);
  const amount = times(virtualBalance, shares) / (totalShares + OFFSET);
  state.note?.('amountOut', `floor((${tokenBalance} + 1000) * ${shares} / (${totalShares} + 1000))`, amount);
  checkRate(virtualBalance - amount);
  // After a negative rebase the virtual share can be worth more than the vault holds.
  require(amount <= tokenBalance, TOKEN_REFUSES);
  state.strategies.vaults.set(strategy, { totalShares: totalShares - shares, tokenBalance: tokenBalance - amount });
  const account = `${recipient}|${token}`;
  state.strategies.balances.set(account, (state.strategies.balances.get(account) ?? 0n) + amount);
  return amount;
}

/** Tokens come without shares. @throws ledger.reverted - Panic(0x11) */
export function donate(state: State, strategy: string, amount: bigint): void {
  const before = vault(state, strategy);
  state.strategies.vaults.set(strategy, { ...before, tokenBalance: plus(before.tokenBalance, amount) });
}

/** Tokens vanish from the vault. @throws ledger.reverted - Error(ERC20: balance) */
export function rebaseDown(state: State, strategy: string, amount: bigint): void {
  const before = vault(state, strategy);
  require(amount <= before.tokenBalance, TOKEN_REFUSES);
  state.strategies.vaults.set(strategy, { ...before, tokenBalance: before.tokenBalance - amount });
}

/** @throws ledger.reverted - Panic(0x11) */
export function sharesToUnderlying({ totalShares, tokenBalance }: Vault, shares: bigint): bigint {
  return times(plus(tokenBalance, OFFSET), shares) / (totalShares + OFFSET);
}

/** @throws ledger.reverted - Panic(0x11) */
export function underlyingToShares({ totalShares, tokenBalance }: Vault, amount: bigint): bigint {
  return times(amount, totalShares + OFFSET) / plus(tokenBalance, OFFSET);
}

/** A vault takes its own token; that of EIGEN also the wrapped one, which has the vault's name. */
function accepts(state: State, strategy: string, token: string): boolean {
  return token === strategy || token === underlyingToken(state, strategy);
}

function checkRate(virtualBalance: bigint): void {
  if (virtualBalance > MAX_VIRTUAL_BALANCE) revert(UNDERFLOW);
}
