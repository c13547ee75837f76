// What AllocationManager can be asked; nothing here changes a ledger.
// Implements eigenlayer-contracts src/contracts/core/AllocationManagerView.sol. Stakes are in SlashableStake.ts under the names of the ledger's
// keys; here they are asked as the contract is, for lists.
import * as Check from '../../base/Check.ts';
import type { DelayInForce } from './allocation/allocationDelay.ts';
import type { Allocation } from './allocation/allocationStorage.ts';
import * as Allocations from './allocation/allocations.ts';
import * as Magnitudes from './allocation/magnitudes.ts';
import * as OperatorSets from './allocation/operatorSets.ts';
import { MAX_BLOCK } from './Config.ts';
import * as Requests from './ledger/requests.ts';
import type { State } from './ledger/state.ts';
import * as SlashableStake from './SlashableStake.ts';
import { BURN_ADDRESS } from './strategies/slashedShares.ts';

export type Reason = Requests.Reason;

type SetId = OperatorSets.OperatorSetId;
type OfOperator = { readonly operator: string };
type OfStrategy = OfOperator & { readonly strategy: string };

/** Number of operator sets that an AVS has made. */
export function getOperatorSetCount(ledger: State, request: { readonly avs: string }): number {
  return ledger.allocation.setsOfAvs.size(Requests.account(request.avs, 'avs'));
}

/** Operator sets to which the operator allocates something or soon will; in the contract's order. */
export function getAllocatedSets(ledger: State, request: OfOperator): readonly SetId[] {
  return ledger.allocation.allocatedSets.values(operatorOf(request)).map(decode);
}

/** The strategies that the operator allocates to a set; in the contract's order. */
export function getAllocatedStrategies(ledger: State, request: OfOperator & SetId): readonly string[] {
  return ledger.allocation.allocatedStrategies.values(`${operatorOf(request)}|${OperatorSets.setKey(request)}`);
}

/** The allocation in this block: a modification whose block has come is completed in the answer. @unit 1e-18 */
export function getAllocation(ledger: State, request: OfStrategy & SetId): Allocation {
  const { operator, strategy } = strategyOf(ledger, request);
  return allocationOf(ledger, operator, OperatorSets.setKey(request), strategy);
}

/** All sets with an allocation of the operator, and what they hold of one strategy. */
export function getStrategyAllocations(ledger: State, request: OfStrategy): readonly (SetId & Allocation)[] {
  const { operator, strategy } = strategyOf(ledger, request);
  const keys = ledger.allocation.allocatedSets.values(operator);
  return keys.map((key) => ({ ...decode(key), ...allocationOf(ledger, operator, key, strategy) }));
}

/** @unit 1e-18 */
export function getEncumberedMagnitude(ledger: State, request: OfStrategy): bigint {
  const { operator, strategy } = strategyOf(ledger, request);
  return Allocations.encumberedMagnitude(ledger, operator, strategy);
}

/** What the operator can still allocate. @unit 1e-18 */
export function getAllocatableMagnitude(ledger: State, request: OfStrategy): bigint {
  const { operator, strategy } = strategyOf(ledger, request);
  return Allocations.allocatableMagnitude(ledger, operator, strategy);
}

/** What slashing has left; WAD for an operator who was never slashed. @unit 1e-18 */
export function getMaxMagnitude(ledger: State, request: OfStrategy): bigint {
  const { operator, strategy } = strategyOf(ledger, request);
  return Magnitudes.maxMagnitude(ledger, operator, strategy);
}

/** As they were at the end of a block. @unit 1e-18 */
export function getMaxMagnitudesAtBlock(
  ledger: State,
  request: OfOperator & { readonly strategies: readonly string[]; readonly block: bigint },
): readonly bigint[] {
  const operator = operatorOf(request);
  const block = Check.bigInteger(request.block, 'block', 0n, MAX_BLOCK);
  const strategies = Requests.strategies(ledger, request.strategies, 'strategies');
  return strategies.map((strategy) => Magnitudes.maxMagnitudeAt(ledger, operator, strategy, block));
}

/** The allocation delay in force, and whether there is any. @unit blocks */
export function getAllocationDelay(ledger: State, request: OfOperator): DelayInForce {
  return Allocations.allocationDelay(ledger, operatorOf(request));
}

/** In the contract's order. */
export function getRegisteredSets(ledger: State, request: OfOperator): readonly SetId[] {
  return ledger.allocation.registeredSets.values(operatorOf(request)).map(decode);
}

export function isMemberOfOperatorSet(ledger: State, request: OfOperator & SetId): boolean {
  return ledger.allocation.members.has(OperatorSets.setKey(request), operatorOf(request));
}

export function isOperatorSet(ledger: State, request: SetId): boolean {
  return ledger.allocation.operatorSets.has(OperatorSets.setKey(request));
}

/** Registered operators in the contract's order. */
export function getMembers(ledger: State, request: SetId): readonly string[] {
  return ledger.allocation.members.values(OperatorSets.setKey(request));
}

export function getMemberCount(ledger: State, request: SetId): number {
  return ledger.allocation.members.size(OperatorSets.setKey(request));
}

/** In the contract's order. */
export function getStrategiesInOperatorSet(ledger: State, request: SetId): readonly string[] {
  return ledger.allocation.setStrategies.values(OperatorSets.setKey(request));
}

type Stakes = SetId & { readonly operators: readonly string[]; readonly strategies: readonly string[] };

/**
 * For each operator and strategy the least that the set can slash between now and `futureBlock`.
 *
 * @returns operator shares, by operator and then by strategy
 * @source eigenlayer-contracts src/contracts/core/AllocationManagerView.sol getMinimumSlashableStake
 */
export function getMinimumSlashableStake(
  ledger: State,
  request: Stakes & { readonly futureBlock: bigint },
): readonly (readonly bigint[])[] {
  const futureBlock = Check.bigInteger(request.futureBlock, 'futureBlock', 0n, MAX_BLOCK);
  return stakes(ledger, request, (operator, key, strategy) =>
    SlashableStake.minimumSlashableStake(ledger, operator, key, strategy, futureBlock),
  );
}

/**
 * For each operator and strategy the shares allocated to the set now.
 *
 * @returns operator shares, by operator and then by strategy
 * @source eigenlayer-contracts src/contracts/core/AllocationManagerView.sol getAllocatedStake
 */
export function getAllocatedStake(ledger: State, request: Stakes): readonly (readonly bigint[])[] {
  return stakes(ledger, request, (operator, key, strategy) => SlashableStake.allocatedStake(ledger, operator, key, strategy));
}

/** Registered, or deregistered at most the deallocation delay ago. */
export function isOperatorSlashable(ledger: State, request: OfOperator & SetId): boolean {
  return Allocations.isOperatorSlashable(ledger, operatorOf(request), OperatorSets.setKey(request));
}

/** Where slashed shares go: the burn address for a set without recipient, and for one that does not exist. */
export function getRedistributionRecipient(ledger: State, request: SetId): string {
  return ledger.allocation.operatorSets.get(OperatorSets.setKey(request))?.redistributionRecipient ?? BURN_ADDRESS;
}

export function isRedistributingOperatorSet(ledger: State, request: SetId): boolean {
  return getRedistributionRecipient(ledger, request) !== BURN_ADDRESS;
}

/** Whether some redistributing set can slash the operator. */
export function isOperatorRedistributable(ledger: State, request: OfOperator): boolean {
  return SlashableStake.isOperatorRedistributable(ledger, operatorOf(request));
}

/** How often a set has slashed: the last slash id. */
export function getSlashCount(ledger: State, request: SetId): bigint {
  return ledger.allocation.operatorSets.get(OperatorSets.setKey(request))?.slashCount ?? 0n;
}

/** Who may slash now; undefined for a set that does not exist. */
export function getSlasher(ledger: State, request: SetId): string | undefined {
  const set = ledger.allocation.operatorSets.get(OperatorSets.setKey(request));
  return set === undefined ? undefined : OperatorSets.slasherOf(ledger, set);
}

/** Who may slash from `effectBlock` on; undefined when nobody waits. */
export function getPendingSlasher(
  ledger: State,
  request: SetId,
): { readonly pendingSlasher: string; readonly effectBlock: bigint } | undefined {
  const set = ledger.allocation.operatorSets.get(OperatorSets.setKey(request));
  if (set === undefined || ledger.block >= set.slasherEffectBlock) return undefined;
  return { pendingSlasher: set.pendingSlasher, effectBlock: set.slasherEffectBlock };
}

function stakes(
  ledger: State,
  request: Stakes,
  of: (operator: string, setKey: string, strategy: string) => bigint,
): readonly (readonly bigint[])[] {
  const key = OperatorSets.setKey(request);
  const strategies = Requests.strategies(ledger, request.strategies, 'strategies');
  return Check.list(request.operators, 'operators').map((operator, i) => {
    Requests.account(operator, `operators[${i}]`);
    return strategies.map((strategy) => of(operator, key, strategy));
  });
}

function allocationOf(ledger: State, operator: string, key: string, strategy: string): Allocation {
  const { currentMagnitude, pendingDiff, effectBlock } = Allocations.updatedAllocation(ledger, operator, key, strategy);
  return { currentMagnitude, pendingDiff, effectBlock };
}

function operatorOf(request: OfOperator): string {
  return Requests.account(request.operator, 'operator');
}

function strategyOf(ledger: State, request: OfStrategy): OfStrategy {
  return { operator: operatorOf(request), strategy: Requests.strategy(ledger, request.strategy, 'strategy') };
}

function decode(key: string): SetId {
  const at = key.indexOf(':');
  return { avs: key.slice(0, at), id: BigInt(key.slice(at + 1)) };
}
