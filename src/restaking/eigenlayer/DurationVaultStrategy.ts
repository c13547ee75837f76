// A vault that is its own operator: it takes deposits, is locked and allocated to one operator set for a time, then pays out.
// Implements eigenlayer-contracts src/contracts/strategies/DurationVaultStrategy.sol. Deposits, queueing and payments go through StrategyManager
// and DelegationManager as those of any vault; what this one checks of them is in durationVaults.ts.
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import { outcome, require } from '../state/Revert.ts';
import * as AllocationManager from './AllocationManager.ts';
import { updatedAllocation } from './allocation/allocations.ts';
import { setKey } from './allocation/operatorSets.ts';
import { BEACON, MAX_BLOCK } from './Config.ts';
import * as DelegationManager from './DelegationManager.ts';
import { ZERO_ADDRESS } from './ledger/addresses.ts';
import * as Requests from './ledger/requests.ts';
import type { State } from './ledger/state.ts';
import * as RewardsCoordinator from './RewardsCoordinator.ts';
import { WAD } from './SlashingLib.ts';
import { vaultConfig } from './strategies/strategyHooks.ts';
import type { DurationVault } from './strategies/strategyStorage.ts';
import * as Vaults from './strategies/vaults.ts';

export type { DurationVault } from './strategies/strategyStorage.ts';

export type Reason =
  | Requests.Reason
  | { readonly code: 'eigenlayer.not-a-duration-vault'; readonly field: 'strategy'; readonly strategy: string }
  | { readonly code: 'eigenlayer.vault-in-use'; readonly field: 'strategy'; readonly strategy: string };

type Nothing = Record<never, never>;
type VaultRequest = { readonly strategy: string; readonly caller?: string };

/** What became of the two calls with which a vault leaves its operator set; it pays out either way. */
export type Cleanup = { readonly deallocated: boolean; readonly deregistered: boolean };

/** Two years. @unit s */
const MAX_DURATION = 63_072_000n;
const MAX_UINT32 = 0xffff_ffffn;

export type VaultConfig = {
  /** A plain vault of the ledger's configuration into which nothing was deposited yet. */
  readonly strategy: string;
  readonly vaultAdmin: string;
  readonly arbitrator: string;
  /** How long it is locked; @unit s, 1..63072000 */
  readonly duration: bigint;
  /** @unit token wei */
  readonly maxPerDeposit: bigint;
  /** Of all that is delegated to the vault, queued shares left out; @unit token wei */
  readonly stakeCap: bigint;
  /** The operator set that it serves. */
  readonly avs: string;
  readonly id: bigint;
  readonly delegationApprover?: string | null;
};

/**
 * Makes a vault a duration vault: an operator of its own name, registered for its operator set, with an allocation delay one block longer than
 * the withdrawal delay, so that what was queued before a lock is never slashed, and with splits of 0. It takes deposits.
 *
 * @throws ledger.reverted - Error(Initializable: contract is already initialized), InvalidVaultAdmin, InvalidArbitrator,
 *   InvalidDuration, MaxPerDepositExceedsMax, OperatorIntegrationInvalid (no AVS), Panic(0x11), ActivelyDelegated, InvalidOperatorSet, AlreadyMemberOfSet, CurrentlyPaused, what the AVS's registrar says
 * @throws input.*, eigenlayer.unknown-id, eigenlayer.bad-id, eigenlayer.vault-in-use
 * @source eigenlayer-contracts src/contracts/strategies/DurationVaultStrategy.sol initialize, StrategyFactory.sol deployDurationVaultStrategy
 */
export function initialize(ledger: State, request: VaultConfig): Nothing {
  const { strategy, avs, id, ...given } = Check.object(request, 'request');
  const vault: DurationVault = {
    state: 'DEPOSITS',
    vaultAdmin: Requests.account(given.vaultAdmin, 'vaultAdmin'),
    arbitrator: Requests.account(given.arbitrator, 'arbitrator'),
    duration: Check.bigInteger(given.duration, 'duration', 0n, MAX_UINT32),
    lockedAt: 0n,
    unlockAt: 0n,
    maturedAt: 0n,
    avs,
    id,
    maxPerDeposit: Requests.amount(given.maxPerDeposit, 'maxPerDeposit'),
    stakeCap: Requests.amount(given.stakeCap, 'stakeCap'),
    isTokenBlacklisted: false,
  };
  setKey(request);
  checkPlain(ledger, strategy);
  return Requests.transaction(ledger, () => {
    require(!ledger.strategies.durationVaults.has(strategy), 'Error(Initializable: contract is already initialized)');
    require(vault.vaultAdmin !== ZERO_ADDRESS, 'InvalidVaultAdmin');
    require(vault.arbitrator !== ZERO_ADDRESS, 'InvalidArbitrator');
    require(vault.duration > 0n && vault.duration <= MAX_DURATION, 'InvalidDuration');
    require(vault.maxPerDeposit <= vault.stakeCap, 'MaxPerDepositExceedsMax');
    require(avs !== ZERO_ADDRESS, 'OperatorIntegrationInvalid');
    ledger.strategies.durationVaults.set(strategy, vault);
    becomeOperator(ledger, strategy, vault, given.delegationApprover ?? null);
    ledger.strategies.unlisted.delete(strategy);
    return {};
  });
}

/**
 * Closes deposits and queueing and allocates everything to the operator set, slashable after the vault's allocation delay. Withdrawals that are
 * queued can be completed.
 *
 * @param request.caller the vault's admin when left out
 * @throws ledger.reverted - OnlyVaultAdmin, VaultAlreadyLocked, StrategyNotSupportedByOperatorSet, Panic(0x11), PendingAllocation, those of
 *   AllocationManager.modifyAllocations
 * @throws input.*, eigenlayer.unknown-id, eigenlayer.bad-id, eigenlayer.not-a-duration-vault
 * @source eigenlayer-contracts src/contracts/strategies/DurationVaultStrategy.sol lock
 */
export function lock(ledger: State, request: VaultRequest): Nothing {
  const { strategy } = Check.object(request, 'request');
  const vault = durationVault(ledger, strategy);
  const caller = callerOf(request, vault.vaultAdmin);
  return Requests.transaction(ledger, () => {
    require(caller === vault.vaultAdmin, 'OnlyVaultAdmin');
    require(vault.state === 'DEPOSITS', 'VaultAlreadyLocked');
    const key = setKey(vault);
    require(ledger.allocation.setStrategies.has(key, strategy), 'StrategyNotSupportedByOperatorSet');
    const lockedAt = time32(ledger);
    require(lockedAt + vault.duration <= MAX_UINT32, 'Panic(0x11)');
    const locked: DurationVault = { ...vault, state: 'ALLOCATIONS', lockedAt, unlockAt: lockedAt + vault.duration };
    ledger.strategies.durationVaults.set(strategy, locked);
    require(updatedAllocation(ledger, strategy, key, strategy).effectBlock === 0n, 'PendingAllocation');
    allocate(ledger, strategy, vault, WAD);
    return {};
  });
}

/**
 * Opens withdrawals once the duration is over, and leaves the operator set as far as that succeeds; called again, tries only the latter.
 * Anyone may.
 *
 * @throws ledger.reverted - DurationNotElapsed (also before a lock)
 * @throws input.*, eigenlayer.unknown-id, eigenlayer.not-a-duration-vault
 * @source eigenlayer-contracts src/contracts/strategies/DurationVaultStrategy.sol markMatured
 */
export function markMatured(ledger: State, request: { readonly strategy: string }): Cleanup {
  const { strategy } = Check.object(request, 'request');
  const vault = durationVault(ledger, strategy);
  return Requests.transaction(ledger, () => {
    if (vault.state === 'WITHDRAWALS') return cleanup(ledger, strategy, vault);
    require(vault.state === 'ALLOCATIONS' && ledger.time >= vault.unlockAt, 'DurationNotElapsed');
    return mature(ledger, strategy, vault);
  });
}

/**
 * Opens withdrawals before the duration is over, on the arbitrator's word; otherwise as {@link markMatured}.
 *
 * @param request.caller the arbitrator when left out
 * @throws ledger.reverted - OnlyArbitrator, VaultNotLocked, DurationAlreadyElapsed
 * @throws input.*, eigenlayer.unknown-id, eigenlayer.bad-id, eigenlayer.not-a-duration-vault
 * @source eigenlayer-contracts src/contracts/strategies/DurationVaultStrategy.sol advanceToWithdrawals
 */
export function advanceToWithdrawals(ledger: State, request: VaultRequest): Cleanup {
  const { strategy } = Check.object(request, 'request');
  const vault = durationVault(ledger, strategy);
  const caller = callerOf(request, vault.arbitrator);
  return Requests.transaction(ledger, () => {
    require(caller === vault.arbitrator, 'OnlyArbitrator');
    if (vault.state === 'WITHDRAWALS') return cleanup(ledger, strategy, vault);
    require(vault.state === 'ALLOCATIONS', 'VaultNotLocked');
    require(ledger.time < vault.unlockAt, 'DurationAlreadyElapsed');
    return mature(ledger, strategy, vault);
  });
}

/**
 * Changes the caps while deposits are open; what is deposited already may exceed them.
 *
 * @param request.caller the vault's admin when left out
 * @throws ledger.reverted - OnlyVaultAdmin, DepositsLocked, MaxPerDepositExceedsMax
 * @throws input.*, eigenlayer.unknown-id, eigenlayer.bad-id, eigenlayer.not-a-duration-vault
 * @source eigenlayer-contracts src/contracts/strategies/DurationVaultStrategy.sol updateTVLLimits
 */
export function updateTVLLimits(ledger: State, request: VaultRequest & Pick<DurationVault, 'maxPerDeposit' | 'stakeCap'>): Nothing {
  const { strategy } = Check.object(request, 'request');
  const vault = durationVault(ledger, strategy);
  const caller = callerOf(request, vault.vaultAdmin);
  const maxPerDeposit = Requests.amount(request.maxPerDeposit, 'maxPerDeposit');
  const stakeCap = Requests.amount(request.stakeCap, 'stakeCap');
  return Requests.transaction(ledger, () => {
    require(caller === vault.vaultAdmin, 'OnlyVaultAdmin');
    require(vault.state === 'DEPOSITS', 'DepositsLocked');
    require(maxPerDeposit <= stakeCap, 'MaxPerDepositExceedsMax');
    ledger.strategies.durationVaults.set(strategy, { ...vault, maxPerDeposit, stakeCap });
    return {};
  });
}

/**
 * Changes whose approval delegations to the vault need; null: nobody's.
 *
 * @param request.caller the vault's admin when left out
 * @throws ledger.reverted - OnlyVaultAdmin
 * @throws input.*, eigenlayer.unknown-id, eigenlayer.bad-id, eigenlayer.not-a-duration-vault
 * @source eigenlayer-contracts src/contracts/strategies/DurationVaultStrategy.sol updateDelegationApprover
 */
export function updateDelegationApprover(ledger: State, request: VaultRequest & { readonly delegationApprover: string | null }): Nothing {
  const { strategy, delegationApprover } = Check.object(request, 'request');
  const { vaultAdmin } = durationVault(ledger, strategy);
  const caller = callerOf(request, vaultAdmin);
  return Requests.transaction(ledger, () => {
    require(caller === vaultAdmin, 'OnlyVaultAdmin');
    return DelegationManager.modifyOperatorDetails(ledger, { operator: strategy, delegationApprover });
  });
}

/**
 * Names who claims the rewards of the vault as an operator.
 *
 * @param request.caller the vault's admin when left out
 * @throws ledger.reverted - OnlyVaultAdmin, InvalidPermissions
 * @throws input.*, eigenlayer.unknown-id, eigenlayer.bad-id, eigenlayer.not-a-duration-vault
 * @source eigenlayer-contracts src/contracts/strategies/DurationVaultStrategy.sol setRewardsClaimer
 */
export function setRewardsClaimer(ledger: State, request: VaultRequest & { readonly claimer: string }): Nothing {
  const { strategy, claimer } = Check.object(request, 'request');
  const { vaultAdmin } = durationVault(ledger, strategy);
  const caller = callerOf(request, vaultAdmin);
  return Requests.transaction(ledger, () => {
    require(caller === vaultAdmin, 'OnlyVaultAdmin');
    return RewardsCoordinator.setClaimerFor(ledger, { earner: strategy, claimer });
  });
}

/**
 * Blacklists the vault's token. In v1.12.0 that stops its deposits for ever; later vaults take them all the same.
 *
 * @throws ledger.reverted - AlreadyBlacklisted
 * @throws input.*, eigenlayer.unknown-id, eigenlayer.not-a-duration-vault
 * @source eigenlayer-contracts src/contracts/strategies/StrategyFactory.sol blacklistTokens
 */
export function blacklistToken(ledger: State, request: { readonly strategy: string }): Nothing {
  const { strategy } = Check.object(request, 'request');
  const vault = durationVault(ledger, strategy);
  return Requests.transaction(ledger, () => {
    require(!vault.isTokenBlacklisted, 'AlreadyBlacklisted');
    ledger.strategies.durationVaults.set(strategy, { ...vault, isTokenBlacklisted: true });
    return {};
  });
}

/** Its state, times, caps and roles. @throws input.not-text, eigenlayer.unknown-id, eigenlayer.not-a-duration-vault */
export function durationVaultOf(ledger: State, request: { readonly strategy: string }): DurationVault {
  return durationVault(ledger, Check.object(request, 'request').strategy);
}

function durationVault(ledger: State, strategy: string): DurationVault {
  Requests.strategy(ledger, strategy, 'strategy');
  return (
    ledger.strategies.durationVaults.get(strategy) ??
    fail<Reason>({ code: 'eigenlayer.not-a-duration-vault', field: 'strategy', strategy }, `strategy: ${strategy} is no duration vault`)
  );
}

function checkPlain(ledger: State, strategy: string): void {
  Requests.strategy(ledger, strategy, 'strategy');
  if (strategy === BEACON) Requests.unknownId('strategy', strategy);
  if (ledger.strategies.durationVaults.has(strategy)) return;
  const isPlain = (vaultConfig(ledger, strategy)?.kind ?? 'base') === 'base';
  if (!isPlain || Vaults.vault(ledger, strategy).totalShares > 0n)
    fail<Reason>({ code: 'eigenlayer.vault-in-use', field: 'strategy', strategy }, `strategy: ${strategy} is another vault already`);
}

function callerOf({ caller }: VaultRequest, account: string): string {
  return caller === undefined ? account : Requests.account(caller, 'caller');
}

function time32(ledger: State): bigint {
  return BigInt.asUintN(32, ledger.time);
}

function becomeOperator(ledger: State, operator: string, { avs, id }: DurationVault, delegationApprover: string | null): void {
  const allocationDelay = ledger.config.withdrawalDelayBlocks + 1n;
  require(allocationDelay <= MAX_BLOCK, 'Panic(0x11)');
  DelegationManager.registerAsOperator(ledger, { operator, allocationDelay, delegationApprover });
  AllocationManager.registerForOperatorSets(ledger, { operator, avs, ids: [id] });
  RewardsCoordinator.setSplit(ledger, { kind: 'avs', operator, avs, split: 0n });
  RewardsCoordinator.setSplit(ledger, { kind: 'set', operator, avs, id, split: 0n });
  RewardsCoordinator.setSplit(ledger, { kind: 'pi', operator, split: 0n });
}

function mature(ledger: State, strategy: string, vault: DurationVault): Cleanup {
  ledger.strategies.durationVaults.set(strategy, { ...vault, state: 'WITHDRAWALS', maturedAt: time32(ledger) });
  return cleanup(ledger, strategy, vault);
}

/** Neither call may stand in the way of withdrawals: a refusal is only told. */
function cleanup(ledger: State, strategy: string, vault: DurationVault): Cleanup {
  return { deallocated: deallocate(ledger, strategy, vault), deregistered: deregister(ledger, strategy, vault) };
}

function deallocate(ledger: State, strategy: string, vault: DurationVault): boolean {
  const { currentMagnitude, pendingDiff, effectBlock } = updatedAllocation(ledger, strategy, setKey(vault), strategy);
  if (currentMagnitude === 0n && pendingDiff === 0n) return true;
  // A modification that waits allows no other.
  if (effectBlock !== 0n) return false;
  return outcome(() => allocate(ledger, strategy, vault, 0n)).ok;
}

function deregister(ledger: State, operator: string, { avs, id }: DurationVault): boolean {
  if (!ledger.allocation.members.has(`${avs}:${id}`, operator)) return true;
  return outcome(() => AllocationManager.deregisterFromOperatorSets(ledger, { operator, avs, ids: [id] })).ok;
}

function allocate(ledger: State, strategy: string, { avs, id }: DurationVault, magnitude: bigint): Nothing {
  return AllocationManager.modifyAllocations(ledger, { operator: strategy, avs, id, strategies: [strategy], newMagnitudes: [magnitude] });
}
