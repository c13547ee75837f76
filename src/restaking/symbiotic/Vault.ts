// The vault: deposits, withdrawals by epochs, claims, who may deposit and how much.
// Implements symbioticfi/core src/contracts/vault/Vault.sol; what its slasher calls is in vaultSlash.ts.
import * as Check from '../../base/Check.ts';
import { plus } from '../state/checkedArithmetic.ts';
import { require } from '../state/Revert.ts';
import * as Arithmetic from './arithmetic.ts';
import { ZERO_ADDRESS } from './Config.ts';
import * as Epochs from './epochs.ts';
import * as Requests from './requests.ts';
import type { State } from './state.ts';
import type { VaultSettings } from './storage.ts';
import * as VaultShares from './vaultShares.ts';

export type Reason = Requests.Reason;

/**
 * Puts tokens into the vault; they are stake at once.
 *
 * @param request.who who pays; @param request.onBehalfOf who gets the shares, `who` when left out; @param request.amount @unit token wei
 * @throws ledger.reverted - InvalidOnBehalfOf, NotWhitelistedDepositor, InsufficientDeposit, DepositLimitReached, Panic(0x11)
 * @throws input.*, symbiotic.bad-id
 * @source symbioticfi/core src/contracts/vault/Vault.sol deposit
 */
export function deposit(
  ledger: State,
  request: { readonly who: string; readonly amount: bigint; readonly onBehalfOf?: string },
): { readonly mintedShares: bigint } {
  const who = Requests.account(Check.object(request, 'request').who, 'who');
  const onBehalfOf = Requests.accountOr(request.onBehalfOf, 'onBehalfOf', who);
  const amount = Requests.amount(request.amount, 'amount');
  return Requests.transaction(ledger, () => {
    const { depositWhitelist, isDepositLimit, depositLimit } = settings(ledger);
    require(onBehalfOf !== ZERO_ADDRESS, 'InvalidOnBehalfOf');
    require(!depositWhitelist || ledger.vault.whitelistedDepositors.has(who), 'NotWhitelistedDepositor');
    VaultShares.receive(ledger, amount);
    require(amount !== 0n, 'InsufficientDeposit');
    const stake = VaultShares.total(ledger, 'activeStake');
    require(!isDepositLimit || stake + amount <= depositLimit, 'DepositLimitReached');
    const shares = VaultShares.total(ledger, 'activeShares');
    const mintedShares = Arithmetic.sharesDown(amount, shares, stake);
    ledger.note?.(`mintedShares(${onBehalfOf})`, `floor(${amount} * (${shares} + 1) / (${stake} + 1))`, mintedShares);
    VaultShares.setTotal(ledger, 'activeStake', stake + amount);
    VaultShares.setTotal(ledger, 'activeShares', plus(shares, mintedShares));
    VaultShares.setSharesOf(ledger, onBehalfOf, VaultShares.sharesOf(ledger, onBehalfOf) + mintedShares);
    return { mintedShares };
  });
}

/**
 * Asks for an amount back: it leaves the stake now, stays slashable, and can be claimed when the next epoch has ended.
 *
 * @param request.claimer who may claim it, `who` when left out; @param request.amount @unit token wei
 * @returns active shares burned, and shares of the next epoch's withdrawals minted
 * @throws ledger.reverted - InvalidClaimer, InsufficientWithdrawal, TooMuchWithdraw, Panic(0x11)
 * @throws input.*, symbiotic.bad-id
 * @source symbioticfi/core src/contracts/vault/Vault.sol withdraw
 */
export function withdraw(
  ledger: State,
  request: { readonly who: string; readonly amount: bigint; readonly claimer?: string },
): { readonly burnedShares: bigint; readonly mintedShares: bigint } {
  const who = Requests.account(Check.object(request, 'request').who, 'who');
  const claimer = Requests.accountOr(request.claimer, 'claimer', who);
  const amount = Requests.amount(request.amount, 'amount');
  return Requests.transaction(ledger, () => {
    require(claimer !== ZERO_ADDRESS, 'InvalidClaimer');
    require(amount !== 0n, 'InsufficientWithdrawal');
    const stake = VaultShares.total(ledger, 'activeStake');
    const shares = VaultShares.total(ledger, 'activeShares');
    const burnedShares = Arithmetic.sharesUp(amount, shares, stake);
    ledger.note?.(`burnedShares(${who})`, `ceil(${amount} * (${shares} + 1) / (${stake} + 1))`, burnedShares);
    require(burnedShares <= VaultShares.sharesOf(ledger, who), 'TooMuchWithdraw');
    const mintedShares = VaultShares.moveToNextEpoch(ledger, who, claimer, amount, burnedShares);
    return { burnedShares, mintedShares };
  });
}

/**
 * As {@link withdraw}, for a number of shares.
 *
 * @throws ledger.reverted - InvalidClaimer, TooMuchRedeem, InsufficientRedemption, Panic(0x11)
 * @throws input.*, symbiotic.bad-id
 * @source symbioticfi/core src/contracts/vault/Vault.sol redeem
 */
export function redeem(
  ledger: State,
  request: { readonly who: string; readonly shares: bigint; readonly claimer?: string },
): { readonly withdrawnAssets: bigint; readonly mintedShares: bigint } {
  const who = Requests.account(Check.object(request, 'request').who, 'who');
  const claimer = Requests.accountOr(request.claimer, 'claimer', who);
  const burned = Requests.amount(request.shares, 'shares');
  return Requests.transaction(ledger, () => {
    require(claimer !== ZERO_ADDRESS, 'InvalidClaimer');
    require(burned <= VaultShares.sharesOf(ledger, who), 'TooMuchRedeem');
    const stake = VaultShares.total(ledger, 'activeStake');
    const shares = VaultShares.total(ledger, 'activeShares');
    const withdrawnAssets = Arithmetic.assetsDown(burned, stake, shares);
    ledger.note?.(`withdrawnAssets(${who})`, `floor(${burned} * (${stake} + 1) / (${shares} + 1))`, withdrawnAssets);
    require(withdrawnAssets !== 0n, 'InsufficientRedemption');
    const mintedShares = VaultShares.moveToNextEpoch(ledger, who, claimer, withdrawnAssets, burned);
    return { withdrawnAssets, mintedShares };
  });
}

/**
 * Takes out what was withdrawn for an epoch that is over.
 *
 * @param request.recipient where the tokens go, `who` when left out
 * @throws ledger.reverted - InvalidRecipient, InvalidEpoch, AlreadyClaimed, InsufficientClaim
 * @throws input.*, symbiotic.bad-id
 * @source symbioticfi/core src/contracts/vault/Vault.sol claim
 */
export function claim(
  ledger: State,
  request: { readonly who: string; readonly epoch: bigint; readonly recipient?: string },
): { readonly amount: bigint } {
  const who = Requests.account(Check.object(request, 'request').who, 'who');
  const recipient = Requests.accountOr(request.recipient, 'recipient', who);
  const epoch = Requests.amount(request.epoch, 'epoch');
  return Requests.transaction(ledger, () => {
    require(recipient !== ZERO_ADDRESS, 'InvalidRecipient');
    const amount = claimOne(ledger, who, epoch);
    VaultShares.pay(ledger, recipient, amount);
    return { amount };
  });
}

/**
 * Takes out what was withdrawn for several epochs that are over: all of them, or nothing.
 *
 * @throws ledger.reverted - InvalidRecipient, InvalidLengthEpochs, InvalidEpoch, AlreadyClaimed, InsufficientClaim
 * @throws input.*, symbiotic.bad-id
 * @source symbioticfi/core src/contracts/vault/Vault.sol claimBatch
 */
export function claimBatch(
  ledger: State,
  request: { readonly who: string; readonly epochs: readonly bigint[]; readonly recipient?: string },
): { readonly amount: bigint } {
  const who = Requests.account(Check.object(request, 'request').who, 'who');
  const recipient = Requests.accountOr(request.recipient, 'recipient', who);
  const epochs = Check.list(request.epochs, 'epochs').map((epoch, i) => Requests.amount(epoch, `epochs[${i}]`));
  return Requests.transaction(ledger, () => {
    require(recipient !== ZERO_ADDRESS, 'InvalidRecipient');
    require(epochs.length > 0, 'InvalidLengthEpochs');
    const amount = epochs.reduce((sum, epoch) => sum + claimOne(ledger, who, epoch), 0n);
    VaultShares.pay(ledger, recipient, amount);
    return { amount };
  });
}

function claimOne(ledger: State, who: string, epoch: bigint): bigint {
  require(epoch < Epochs.currentEpoch(ledger), 'InvalidEpoch');
  const own = VaultShares.claimerShares(ledger, epoch, who);
  require(!own.isClaimed, 'AlreadyClaimed');
  const amount = VaultShares.withdrawalsOf(ledger, epoch, who);
  const { assets, shares } = VaultShares.withdrawalsIn(ledger, epoch);
  ledger.note?.(`claimed(${who},${epoch})`, `floor(${own.shares} * (${assets} + 1) / (${shares} + 1))`, amount);
  require(amount !== 0n, 'InsufficientClaim');
  VaultShares.setClaimerShares(ledger, epoch, who, { ...own, isClaimed: true });
  return amount;
}

/**
 * Whether only whitelisted accounts may deposit.
 *
 * @throws ledger.reverted - AlreadySet
 * @throws input.*
 * @source symbioticfi/core src/contracts/vault/Vault.sol setDepositWhitelist
 */
export function setDepositWhitelist(ledger: State, request: { readonly status: boolean }): Record<never, never> {
  const status = Check.flag(Check.object(request, 'request').status, 'status');
  return Requests.transaction(ledger, () => {
    require(settings(ledger).depositWhitelist !== status, 'AlreadySet');
    ledger.vault.settings.set('now', { ...settings(ledger), depositWhitelist: status });
    return {};
  });
}

/**
 * Whether one account may deposit while there is a whitelist.
 *
 * @throws ledger.reverted - InvalidAccount, AlreadySet
 * @throws input.*, symbiotic.bad-id
 * @source symbioticfi/core src/contracts/vault/Vault.sol setDepositorWhitelistStatus
 */
export function setDepositorWhitelistStatus(
  ledger: State,
  request: { readonly account: string; readonly status: boolean },
): Record<never, never> {
  const account = Requests.account(Check.object(request, 'request').account, 'account');
  const status = Check.flag(request.status, 'status');
  return Requests.transaction(ledger, () => {
    const { whitelistedDepositors } = ledger.vault;
    require(account !== ZERO_ADDRESS, 'InvalidAccount');
    require(whitelistedDepositors.has(account) !== status, 'AlreadySet');
    if (status) whitelistedDepositors.set(account, true);
    else whitelistedDepositors.delete(account);
    return {};
  });
}

/**
 * Whether the deposit limit counts.
 *
 * @throws ledger.reverted - AlreadySet
 * @throws input.*
 * @source symbioticfi/core src/contracts/vault/Vault.sol setIsDepositLimit
 */
export function setIsDepositLimit(ledger: State, request: { readonly status: boolean }): Record<never, never> {
  const status = Check.flag(Check.object(request, 'request').status, 'status');
  return Requests.transaction(ledger, () => {
    require(settings(ledger).isDepositLimit !== status, 'AlreadySet');
    ledger.vault.settings.set('now', { ...settings(ledger), isDepositLimit: status });
    return {};
  });
}

/**
 * How much active stake deposits may lead to, once {@link setIsDepositLimit} was called.
 *
 * @param request.limit @unit token wei
 * @throws ledger.reverted - AlreadySet
 * @throws input.*
 * @source symbioticfi/core src/contracts/vault/Vault.sol setDepositLimit
 */
export function setDepositLimit(ledger: State, request: { readonly limit: bigint }): Record<never, never> {
  const depositLimit = Requests.amount(Check.object(request, 'request').limit, 'limit');
  return Requests.transaction(ledger, () => {
    require(settings(ledger).depositLimit !== depositLimit, 'AlreadySet');
    ledger.vault.settings.set('now', { ...settings(ledger), depositLimit });
    return {};
  });
}

const NO_LIMITS: VaultSettings = { depositWhitelist: false, isDepositLimit: false, depositLimit: 0n };

function settings(ledger: State): VaultSettings {
  return ledger.vault.settings.get('now') ?? NO_LIMITS;
}
