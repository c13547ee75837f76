// What a vault answers to who asks about one account or about the whole, without listing everybody.
// Implements the views of symbioticfi/core src/contracts/vault/Vault.sol and VaultStorage.sol.
import * as Check from '../../base/Check.ts';
import * as Epochs from './epochs.ts';
import * as Requests from './requests.ts';
import type { State } from './state.ts';
import * as VaultShares from './vaultShares.ts';

export type Reason = Requests.Reason;

/** The number of the epoch that runs. @source symbioticfi/core src/contracts/vault/VaultStorage.sol currentEpoch */
export function currentEpoch(ledger: State): bigint {
  return Epochs.currentEpoch(ledger);
}

/** Active stake and the withdrawals of this epoch and the next. @unit token wei @source symbioticfi/core src/contracts/vault/Vault.sol totalStake */
export function totalStake(ledger: State): bigint {
  return VaultShares.totalStake(ledger);
}

/**
 * What an account's active shares are worth, and what it could lose in a slash (with its withdrawals of this epoch and the next).
 *
 * @unit token wei
 * @throws input.*, symbiotic.bad-id
 * @source symbioticfi/core src/contracts/vault/Vault.sol activeBalanceOf, slashableBalanceOf
 */
export function balancesOf(
  ledger: State,
  request: { readonly account: string },
): { readonly activeShares: bigint; readonly activeBalance: bigint; readonly slashableBalance: bigint } {
  const account = Requests.account(Check.object(request, 'request').account, 'account');
  return {
    activeShares: VaultShares.sharesOf(ledger, account),
    activeBalance: VaultShares.activeBalanceOf(ledger, account),
    slashableBalance: VaultShares.slashableBalanceOf(ledger, account),
  };
}

/**
 * An account's part of an epoch's withdrawals.
 *
 * @unit token wei
 * @throws input.*, symbiotic.bad-id
 * @source symbioticfi/core src/contracts/vault/Vault.sol withdrawalsOf, isWithdrawalsClaimed
 */
export function withdrawalsOf(
  ledger: State,
  request: { readonly account: string; readonly epoch: bigint },
): { readonly amount: bigint; readonly isClaimed: boolean } {
  const account = Requests.account(Check.object(request, 'request').account, 'account');
  const epoch = Requests.amount(request.epoch, 'epoch');
  const { isClaimed } = VaultShares.claimerShares(ledger, epoch, account);
  return { amount: VaultShares.withdrawalsOf(ledger, epoch, account), isClaimed };
}
