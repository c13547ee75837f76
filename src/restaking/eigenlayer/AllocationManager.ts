// Operator sets, registrations, allocations and slashes.
// Implements eigenlayer-contracts src/contracts/core/AllocationManager.sol; its views are in AllocationManagerView.ts, as deployed.
// Who calls is the account of the request itself (operator or AVS) where `caller` is left out.
import * as Check from '../../base/Check.ts';
import { require } from '../state/Revert.ts';
import { type Change, changeAllocations } from './allocation/allocationChanges.ts';
import { allocationDelay, changeAllocationDelay } from './allocation/allocationDelay.ts';
import {
  type Caller,
  callerOf,
  changeOf,
  errorName,
  limited,
  type MagnitudeChange,
  type NewSet,
  newSets,
  type Registration,
  registrationOf,
} from './allocation/allocationRequests.ts';
import { clearDeallocations, isOperatorSlashable } from './allocation/allocations.ts';
import * as OperatorSets from './allocation/operatorSets.ts';
import { canCall, checkCanCall, type Target } from './allocation/permissions.ts';
import { checkStrategy, slashStrategy } from './allocation/slash.ts';
import { MAX_BLOCK } from './Config.ts';
import { blockAfter } from './ledger/blocks.ts';
import * as Requests from './ledger/requests.ts';
import type { State } from './ledger/state.ts';

export type { MagnitudeChange, NewSet } from './allocation/allocationRequests.ts';

export type Reason = Requests.Reason;

type SetRequest = OperatorSets.OperatorSetId & Caller;
type Done = Record<never, never>;

/** Which functions can be paused, by their bits. */
const PAUSED_MODIFY_ALLOCATIONS = 0;
const PAUSED_OPERATOR_SLASHING = 1;
const PAUSED_REGISTRATION = 2;

const NAME = 'AllocationManager';
const MAX_UINT16 = 0xffffn;

/**
 * Slashes an operator in strategies of one operator set. A slash id is used up even when nothing is allocated.
 *
 * @param request.wads fractions of what the set holds of each strategy; @unit 1e-18
 * @param request.caller the AVS when left out; only the set's slasher is let through
 * @returns for each strategy the shares that are burned or redistributed, of the operator's stakers and of queued withdrawals
 * @throws ledger.reverted - CurrentlyPaused, InputArrayLengthMismatch, InvalidOperatorSet, OperatorNotSlashable, InvalidCaller,
 *   StrategiesMustBeInAscendingOrder, InvalidWadToSlash, StrategyNotInOperatorSet
 * @throws input.*, eigenlayer.*
 * @source eigenlayer-contracts src/contracts/core/AllocationManager.sol slashOperator
 */
export function slashOperator(
  ledger: State,
  request: SetRequest & { readonly operator: string; readonly strategies: readonly string[]; readonly wads: readonly bigint[] },
): { readonly slashId: bigint; readonly shares: readonly bigint[] } {
  const setKey = OperatorSets.setKey(Check.object(request, 'request'));
  const operator = Requests.account(request.operator, 'operator');
  const strategies = Requests.strategies(ledger, request.strategies, 'strategies');
  const wads = Requests.amounts(request.wads, 'wads');
  const caller = callerOf(request, request.avs);
  return Requests.transaction(ledger, () => {
    Requests.whenNotPaused(ledger, NAME, PAUSED_OPERATOR_SLASHING);
    require(strategies.length === wads.length, 'InputArrayLengthMismatch');
    const set = OperatorSets.operatorSet(ledger, setKey);
    require(isOperatorSlashable(ledger, operator, setKey), 'OperatorNotSlashable');
    require(caller === OperatorSets.slasherOf(ledger, set), 'InvalidCaller');
    const slashId = set.slashCount + 1n;
    ledger.allocation.operatorSets.set(setKey, { ...set, slashCount: slashId });
    const shares = strategies.map((strategy, i) => {
      const wad = wads[i] ?? 0n;
      checkStrategy(ledger, setKey, strategy, wad, strategies[i - 1]);
      return slashStrategy(ledger, { operator, setKey, slashId }, strategy, wad);
    });
    return { slashId, shares };
  });
}

/**
 * Changes how much of an operator's magnitude operator sets hold, one set or several (`params`) in one transaction.
 *
 * @throws ledger.reverted - CurrentlyPaused, InvalidPermissions, UninitializedAllocationDelay, then for each set InputArrayLengthMismatch,
 *   InvalidOperatorSet, and for each strategy ModificationAlreadyPending, SameMagnitude, InsufficientMagnitude
 * @throws input.*, eigenlayer.*
 * @source eigenlayer-contracts src/contracts/core/AllocationManager.sol modifyAllocations
 */
export function modifyAllocations(
  ledger: State,
  request: Caller & { readonly operator: string } & (MagnitudeChange | { readonly params: readonly MagnitudeChange[] }),
): Done {
  const operator = Requests.account(Check.object(request, 'request').operator, 'operator');
  const caller = callerOf(request, operator);
  const changes: Change[] =
    'params' in request
      ? Check.list(request.params, 'params').map((one, i) => changeOf(ledger, Check.object(one, `params[${i}]`), `params[${i}].`))
      : [changeOf(ledger, request, '')];
  return Requests.transaction(ledger, () => {
    Requests.whenNotPaused(ledger, NAME, PAUSED_MODIFY_ALLOCATIONS);
    checkCanCall(ledger, operator, caller, target('modifyAllocations'));
    const { isSet, delay } = allocationDelay(ledger, operator);
    require(isSet, 'UninitializedAllocationDelay');
    for (const change of changes) changeAllocations(ledger, operator, change, delay);
    return {};
  });
}

/**
 * Completes deallocations whose block has come, oldest first, as many as asked for in each strategy. Anyone may.
 *
 * @throws ledger.reverted - CurrentlyPaused, InputArrayLengthMismatch
 * @throws input.*, eigenlayer.*
 * @source eigenlayer-contracts src/contracts/core/AllocationManager.sol clearDeallocationQueue
 */
export function clearDeallocationQueue(
  ledger: State,
  request: { readonly operator: string; readonly strategies: readonly string[]; readonly numToClear: readonly bigint[] },
): Done {
  const operator = Requests.account(Check.object(request, 'request').operator, 'operator');
  const strategies = Requests.strategies(ledger, request.strategies, 'strategies');
  const numToClear = limited(request.numToClear, 'numToClear', MAX_UINT16);
  return Requests.transaction(ledger, () => {
    Requests.whenNotPaused(ledger, NAME, PAUSED_MODIFY_ALLOCATIONS);
    require(strategies.length === numToClear.length, 'InputArrayLengthMismatch');
    strategies.forEach((strategy, i) => {
      clearDeallocations(ledger, operator, strategy, numToClear[i] ?? 0n);
    });
    return {};
  });
}

/**
 * Registers an operator for sets of an AVS, whose registrar may refuse. Allocations that are in force become slashable at once.
 *
 * @throws ledger.reverted - CurrentlyPaused, InvalidPermissions, InvalidOperator, InvalidOperatorSet, AlreadyMemberOfSet (also in the
 *   window after a deregistration), what the registrar says
 * @throws input.*, eigenlayer.*
 * @source eigenlayer-contracts src/contracts/core/AllocationManager.sol registerForOperatorSets
 */
export function registerForOperatorSets(ledger: State, request: Registration): Done {
  const { operator, avs, keys } = registrationOf(request);
  const caller = callerOf(request, operator);
  const { registeredSets, members, registrations, registrars } = ledger.allocation;
  return Requests.transaction(ledger, () => {
    Requests.whenNotPaused(ledger, NAME, PAUSED_REGISTRATION);
    checkCanCall(ledger, operator, caller, target('registerForOperatorSets'));
    require(ledger.delegation.operators.has(operator), 'InvalidOperator');
    for (const key of keys) {
      OperatorSets.operatorSet(ledger, key);
      require(!isOperatorSlashable(ledger, operator, key), 'AlreadyMemberOfSet');
      registeredSets.add(operator, key);
      members.add(key, operator);
      const slashableUntil = registrations.get(`${operator}|${key}`)?.slashableUntil ?? 0n;
      registrations.set(`${operator}|${key}`, { isRegistered: true, slashableUntil });
    }
    const refusal = registrars.get(avs)?.refusesRegistration ?? null;
    if (refusal !== null) require(false, refusal);
    return {};
  });
}

/**
 * Takes an operator out of sets, by the operator or by the AVS. It stays slashable for the deallocation delay, its last block included.
 *
 * @param request.caller the operator when left out
 * @throws ledger.reverted - CurrentlyPaused, InvalidCaller, InvalidOperatorSet, NotMemberOfSet, what the registrar says
 * @throws input.*, eigenlayer.*
 * @source eigenlayer-contracts src/contracts/core/AllocationManager.sol deregisterFromOperatorSets
 */
export function deregisterFromOperatorSets(ledger: State, request: Registration): Done {
  const { operator, avs, keys } = registrationOf(request);
  const caller = callerOf(request, operator);
  const { registeredSets, members, registrations, registrars } = ledger.allocation;
  return Requests.transaction(ledger, () => {
    Requests.whenNotPaused(ledger, NAME, PAUSED_REGISTRATION);
    const called = target('deregisterFromOperatorSets');
    require(canCall(ledger, operator, caller, called) || canCall(ledger, avs, caller, called), 'InvalidCaller');
    for (const key of keys) {
      OperatorSets.operatorSet(ledger, key);
      require(registrations.get(`${operator}|${key}`)?.isRegistered === true, 'NotMemberOfSet');
      registeredSets.remove(operator, key);
      members.remove(key, operator);
      const slashableUntil = blockAfter(ledger, ledger.config.deallocationDelayBlocks);
      registrations.set(`${operator}|${key}`, { isRegistered: false, slashableUntil });
    }
    const refusal = registrars.get(avs)?.refusesDeregistration ?? null;
    if (refusal !== null) require(false, refusal);
    return {};
  });
}

/**
 * Proposes an operator's allocation delay, in force after the configuration delay. One that still waits is forgotten.
 *
 * @throws ledger.reverted - InvalidPermissions, InvalidOperator
 * @throws input.*, eigenlayer.*
 * @source eigenlayer-contracts src/contracts/core/AllocationManager.sol setAllocationDelay
 */
export function setAllocationDelay(ledger: State, request: Caller & { readonly operator: string; readonly delay: bigint }): Done {
  const operator = Requests.account(Check.object(request, 'request').operator, 'operator');
  const delay = Check.bigInteger(request.delay, 'delay', 0n, MAX_BLOCK);
  const caller = callerOf(request, operator);
  return Requests.transaction(ledger, () => {
    checkCanCall(ledger, operator, caller, target('setAllocationDelay'));
    require(ledger.delegation.operators.has(operator), 'InvalidOperator');
    changeAllocationDelay(ledger, operator, delay);
    return {};
  });
}

/**
 * Says how the AVS's registrar answers from now on: it agrees (null), or reverts with this error. The contract behind it is not modelled.
 *
 * @throws ledger.reverted - InvalidPermissions
 * @throws input.*, eigenlayer.*
 * @source eigenlayer-contracts src/contracts/core/AllocationManager.sol setAVSRegistrar
 */
export function setAVSRegistrar(
  ledger: State,
  request: Caller & { readonly avs: string; readonly refusesRegistration: string | null; readonly refusesDeregistration: string | null },
): Done {
  const avs = Requests.account(Check.object(request, 'request').avs, 'avs');
  const caller = callerOf(request, avs);
  const refusesRegistration = errorName(request.refusesRegistration, 'refusesRegistration');
  const refusesDeregistration = errorName(request.refusesDeregistration, 'refusesDeregistration');
  return Requests.transaction(ledger, () => {
    checkCanCall(ledger, avs, caller, target('setAVSRegistrar'));
    ledger.allocation.registrars.set(avs, { refusesRegistration, refusesDeregistration });
    return {};
  });
}

/**
 * An AVS announces itself, which it must before it creates operator sets. What the metadata say is not kept.
 *
 * @throws ledger.reverted - InvalidPermissions
 * @throws input.*, eigenlayer.*
 * @source eigenlayer-contracts src/contracts/core/AllocationManager.sol updateAVSMetadataURI
 */
export function updateAVSMetadataURI(ledger: State, request: Caller & { readonly avs: string }): Done {
  const avs = Requests.account(Check.object(request, 'request').avs, 'avs');
  const caller = callerOf(request, avs);
  return Requests.transaction(ledger, () => {
    checkCanCall(ledger, avs, caller, target('updateAVSMetadataURI'));
    ledger.allocation.avss.set(avs, true);
    return {};
  });
}

/**
 * Makes operator sets whose slashed shares are burned, one or several (`params`). One with a recipient is passed on to
 * {@link createRedistributingOperatorSets}.
 *
 * @throws ledger.reverted - InvalidPermissions, NonexistentAVSMetadata, then for each set InvalidOperatorSet,
 *   StrategyAlreadyInOperatorSet, InputAddressZero (slasher)
 * @throws input.*, eigenlayer.*
 * @source eigenlayer-contracts src/contracts/core/AllocationManager.sol createOperatorSets
 */
export function createOperatorSets(
  ledger: State,
  request: Caller & { readonly avs: string } & (
      | (NewSet & { readonly redistributionRecipient?: string })
      | { readonly params: readonly NewSet[]; readonly redistributionRecipient?: undefined }
    ),
): Done {
  const avs = Requests.account(Check.object(request, 'request').avs, 'avs');
  const params = 'params' in request ? request.params : [request];
  if (request.redistributionRecipient !== undefined) {
    const { redistributionRecipient } = request;
    return createRedistributingOperatorSets(ledger, { ...request, params, redistributionRecipients: [redistributionRecipient] });
  }
  const sets = newSets(ledger, avs, params);
  const caller = callerOf(request, avs);
  return Requests.transaction(ledger, () => {
    checkCanCall(ledger, avs, caller, target('createOperatorSets'));
    require(ledger.allocation.avss.has(avs), 'NonexistentAVSMetadata');
    for (const { id, strategies, slasher } of sets) OperatorSets.createSet(ledger, { avs, id }, strategies, slasher, null);
    return {};
  });
}

/**
 * Makes operator sets whose slashed shares go to recipients, which can never be changed.
 *
 * @throws ledger.reverted - InvalidPermissions, InputArrayLengthMismatch, NonexistentAVSMetadata, then for each set InputAddressZero
 *   (recipient), InvalidRedistributionRecipient, InvalidOperatorSet, InvalidStrategy, StrategyAlreadyInOperatorSet, InputAddressZero (slasher)
 * @throws input.*, eigenlayer.*
 * @source eigenlayer-contracts src/contracts/core/AllocationManager.sol createRedistributingOperatorSets
 */
export function createRedistributingOperatorSets(
  ledger: State,
  request: Caller & { readonly avs: string; readonly params: readonly NewSet[]; readonly redistributionRecipients: readonly string[] },
): Done {
  const avs = Requests.account(Check.object(request, 'request').avs, 'avs');
  const sets = newSets(ledger, avs, request.params);
  const recipients = Check.list(request.redistributionRecipients, 'redistributionRecipients').map((recipient, i) =>
    Requests.account(recipient, `redistributionRecipients[${i}]`),
  );
  const caller = callerOf(request, avs);
  return Requests.transaction(ledger, () => {
    checkCanCall(ledger, avs, caller, target('createRedistributingOperatorSets'));
    require(sets.length === recipients.length, 'InputArrayLengthMismatch');
    require(ledger.allocation.avss.has(avs), 'NonexistentAVSMetadata');
    sets.forEach(({ id, strategies, slasher }, i) => {
      const recipient = OperatorSets.checkedRecipient(recipients[i] ?? '');
      OperatorSets.createSet(ledger, { avs, id }, strategies, slasher, recipient);
    });
    return {};
  });
}

/**
 * Adds strategies to an operator set, in force at once.
 *
 * @throws ledger.reverted - InvalidPermissions, InvalidOperatorSet, InvalidStrategy, StrategyAlreadyInOperatorSet
 * @throws input.*, eigenlayer.*
 * @source eigenlayer-contracts src/contracts/core/AllocationManager.sol addStrategiesToOperatorSet
 */
export function addStrategiesToOperatorSet(ledger: State, request: SetRequest & { readonly strategies: readonly string[] }): Done {
  const setKey = OperatorSets.setKey(Check.object(request, 'request'));
  const strategies = Requests.strategies(ledger, request.strategies, 'strategies');
  const caller = callerOf(request, request.avs);
  return Requests.transaction(ledger, () => {
    checkCanCall(ledger, request.avs, caller, target('addStrategiesToOperatorSet'));
    const { redistributionRecipient } = OperatorSets.operatorSet(ledger, setKey);
    OperatorSets.addStrategies(ledger, setKey, strategies, redistributionRecipient !== null);
    return {};
  });
}

/**
 * Takes strategies out of an operator set, in force at once: they can no longer be slashed, and are deallocated without delay.
 *
 * @throws ledger.reverted - InvalidPermissions, InvalidOperatorSet, StrategyNotInOperatorSet
 * @throws input.*, eigenlayer.*
 * @source eigenlayer-contracts src/contracts/core/AllocationManager.sol removeStrategiesFromOperatorSet
 */
export function removeStrategiesFromOperatorSet(ledger: State, request: SetRequest & { readonly strategies: readonly string[] }): Done {
  const setKey = OperatorSets.setKey(Check.object(request, 'request'));
  const strategies = Requests.strategies(ledger, request.strategies, 'strategies');
  const caller = callerOf(request, request.avs);
  return Requests.transaction(ledger, () => {
    checkCanCall(ledger, request.avs, caller, target('removeStrategiesFromOperatorSet'));
    OperatorSets.operatorSet(ledger, setKey);
    for (const strategy of strategies) require(ledger.allocation.setStrategies.remove(setKey, strategy), 'StrategyNotInOperatorSet');
    return {};
  });
}

/**
 * Proposes who slashes for an operator set, in force after the configuration delay. The one who waits already, proposed again, keeps his
 * clock; another one restarts it.
 *
 * @throws ledger.reverted - InvalidPermissions, InvalidOperatorSet, InputAddressZero
 * @throws input.*, eigenlayer.*
 * @source eigenlayer-contracts src/contracts/core/AllocationManager.sol updateSlasher
 */
export function updateSlasher(ledger: State, request: SetRequest & { readonly slasher: string }): Done {
  const setKey = OperatorSets.setKey(Check.object(request, 'request'));
  const slasher = Requests.account(request.slasher, 'slasher');
  const caller = callerOf(request, request.avs);
  return Requests.transaction(ledger, () => {
    checkCanCall(ledger, request.avs, caller, target('updateSlasher'));
    OperatorSets.proposeSlasher(ledger, setKey, slasher);
    return {};
  });
}

function target(selector: string): Target {
  return { target: NAME, selector };
}
