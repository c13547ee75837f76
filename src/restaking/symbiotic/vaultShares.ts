// What a vault holds and for whom: active stake, and the withdrawals of an epoch.
// Implements the views and the inner _withdraw of symbioticfi/core src/contracts/vault/Vault.sol and VaultStorage.sol.

import { plus } from '../state/checkedArithmetic.ts';
import { minus } from '../state/Revert.ts';
import * as Snapshots from '../state/snapshots.ts';
import * as Arithmetic from './arithmetic.ts';
import { currentEpoch } from './epochs.ts';
import type { State } from './state.ts';
import type { ClaimerShares, EpochWithdrawals } from './storage.ts';

export type Total = 'activeStake' | 'activeShares';

const NO_WITHDRAWALS: EpochWithdrawals = { assets: 0n, shares: 0n };
const NO_SHARES: ClaimerShares = { shares: 0n, isClaimed: false };

export function total(state: State, name: Total): bigint {
  return Snapshots.latest(state.vault.totals.get(name), 0n);
}

export function setTotal(state: State, name: Total, value: bigint): void {
  const { totals } = state.vault;
  totals.set(name, Snapshots.push(totals.get(name), state.time, value));
}

export function sharesOf(state: State, account: string): bigint {
  return Snapshots.latest(state.vault.activeSharesOf.get(account), 0n);
}

export function setSharesOf(state: State, account: string, value: bigint): void {
  const { activeSharesOf } = state.vault;
  activeSharesOf.set(account, Snapshots.push(activeSharesOf.get(account), state.time, value));
}

export function withdrawalsIn(state: State, epoch: bigint): EpochWithdrawals {
  return state.vault.withdrawals.get(`${epoch}`) ?? NO_WITHDRAWALS;
}

export function setAssetsIn(state: State, epoch: bigint, assets: bigint): void {
  state.vault.withdrawals.set(`${epoch}`, { ...withdrawalsIn(state, epoch), assets });
}

export function claimerShares(state: State, epoch: bigint, account: string): ClaimerShares {
  return state.vault.withdrawalSharesOf.get(`${epoch}|${account}`) ?? NO_SHARES;
}

export function setClaimerShares(state: State, epoch: bigint, account: string, record: ClaimerShares): void {
  state.vault.withdrawalSharesOf.set(`${epoch}|${account}`, record);
}

/** What an account's active shares are worth now. */
export function activeBalanceOf(state: State, account: string): bigint {
  return Arithmetic.assetsDown(sharesOf(state, account), total(state, 'activeStake'), total(state, 'activeShares'));
}

/** What an account's part of an epoch's withdrawals is worth, claimed or not. */
export function withdrawalsOf(state: State, epoch: bigint, account: string): bigint {
  const { assets, shares } = withdrawalsIn(state, epoch);
  return Arithmetic.assetsDown(claimerShares(state, epoch, account).shares, assets, shares);
}

/** Active stake and all withdrawals that a slash can still reach. */
export function totalStake(state: State): bigint {
  const epoch = currentEpoch(state);
  return total(state, 'activeStake') + withdrawalsIn(state, epoch).assets + withdrawalsIn(state, epoch + 1n).assets;
}

/** What an account would lose if everything were slashed now. */
export function slashableBalanceOf(state: State, account: string): bigint {
  const epoch = currentEpoch(state);
  return activeBalanceOf(state, account) + withdrawalsOf(state, epoch, account) + withdrawalsOf(state, epoch + 1n, account);
}

/** Moves assets from the active stake into the withdrawals of the next epoch. @returns shares of those withdrawals */
export function moveToNextEpoch(state: State, owner: string, claimer: string, assets: bigint, burnedShares: bigint): bigint {
  setSharesOf(state, owner, minus(sharesOf(state, owner), burnedShares));
  setTotal(state, 'activeShares', minus(total(state, 'activeShares'), burnedShares));
  setTotal(state, 'activeStake', minus(total(state, 'activeStake'), assets));
  const epoch = currentEpoch(state) + 1n;
  const before = withdrawalsIn(state, epoch);
  const minted = Arithmetic.sharesDown(assets, before.shares, before.assets);
  state.note?.(`withdrawalShares(${claimer},${epoch})`, `floor(${assets} * (${before.shares} + 1) / (${before.assets} + 1))`, minted);
  state.vault.withdrawals.set(`${epoch}`, {
    assets: plus(before.assets, assets),
    shares: plus(before.shares, minted),
  });
  const own = claimerShares(state, epoch, claimer);
  setClaimerShares(state, epoch, claimer, { ...own, shares: own.shares + minted });
  return minted;
}

/** Tokens in the vault. */
export function collateral(state: State): bigint {
  return state.vault.numbers.get('collateral') ?? 0n;
}

/** @throws ledger.reverted - Panic(0x11) when the token's total would leave uint256 */
export function receive(state: State, amount: bigint): void {
  state.vault.numbers.set('collateral', plus(collateral(state), amount));
}

/** Sends the vault's tokens to an address. */
export function pay(state: State, recipient: string, amount: bigint): void {
  const { balances, numbers } = state.vault;
  numbers.set('collateral', minus(collateral(state), amount));
  balances.set(recipient, (balances.get(recipient) ?? 0n) + amount);
}
