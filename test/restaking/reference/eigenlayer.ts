// Second, independent implementation of the EigenLayer ledger, for comparison in tests only: written from the rules in the most literal way, it
// copies the whole state before each operation and puts the copy back when the operation is refused.
import * as Allocation from './eigenlayer-allocation.ts';
import * as Delegation from './eigenlayer-delegation.ts';
import { dump } from './eigenlayer-dump.ts';
import * as Pods from './eigenlayer-pods.ts';
import * as Rewards from './eigenlayer-rewards.ts';
import * as Sets from './eigenlayer-sets.ts';
import * as Shares from './eigenlayer-shares.ts';
import * as Slashing from './eigenlayer-slashing.ts';
import { emptyState, include, readConfig, type World } from './eigenlayer-state.ts';
import { integer, integerOr, type Json, type JsonObject, object, text } from './json.ts';
import { Refusal } from './maths.ts';

function advance(world: World, op: JsonObject): Json {
  world.state.block += integer(op, 'blocks');
  world.state.time += 12n * integer(op, 'blocks');
  return { ok: true };
}

const operations: Record<string, (world: World, op: JsonObject) => Json> = {
  advance,
  deposit: Shares.deposit,
  donate: Shares.donate,
  rebaseDown: Shares.rebaseDown,
  registerOperator: Delegation.registerOperator,
  delegate: Delegation.delegate,
  undelegate: Delegation.undelegate,
  redelegate: Delegation.redelegate,
  queueWithdrawal: Delegation.queueWithdrawal,
  completeWithdrawal: Delegation.completeWithdrawal,
  createOperatorSet: Sets.createOperatorSet,
  addStrategies: Sets.addStrategies,
  removeStrategies: Sets.removeStrategies,
  registerForOperatorSets: Sets.registerForOperatorSets,
  deregisterFromOperatorSets: Sets.deregisterFromOperatorSets,
  updateSlasher: Sets.updateSlasher,
  setAllocationDelay: Allocation.setAllocationDelay,
  modifyAllocations: Allocation.modifyAllocations,
  clearDeallocationQueue: Allocation.clearDeallocationQueue,
  slash: Slashing.slash,
  clearBurnOrRedistributableShares: Slashing.clearBurnOrRedistributableShares,
  createPod: Pods.createPod,
  newValidator: Pods.newValidator,
  setBeaconBalance: Pods.setBeaconBalance,
  podReceive: Pods.podReceive,
  verifyWithdrawalCredentials: Pods.verifyWithdrawalCredentials,
  startCheckpoint: Pods.startCheckpoint,
  verifyStaleBalance: Pods.verifyStaleBalance,
  verifyCheckpointProofs: Pods.verifyCheckpointProofs,
  recordBalanceUpdate: Pods.recordBalanceUpdate,
  setSplit: Rewards.setSplit,
  optInFee: Rewards.optInFee,
  submitRewards: Rewards.submitRewards,
  submitRoot: Rewards.submitRoot,
  disableRoot: Rewards.disableRoot,
  setClaimerFor: Rewards.setClaimerFor,
  claim: Rewards.claim,
};

export class ReferenceEigenLayer {
  readonly #world: World;

  constructor(config: Json) {
    const json = object(config, 'config');
    const state = emptyState(integerOr(json, 'startBlock', 22_500_000n), integerOr(json, 'startTime', 1_746_600_000n));
    this.#world = { config: readConfig(json), state, namedStakers: [], namedSplits: [] };
  }

  /** Applies one operation of a trace; a refused one changes nothing. */
  apply(json: Json): Json {
    const op = object(json, 'op');
    const operation = operations[text(op, 'op')];
    if (operation === undefined) throw new TypeError(`unknown operation ${text(op, 'op')}`);
    if (op['staker'] !== undefined) include(this.#world.namedStakers, text(op, 'staker'));
    if (op['op'] === 'registerOperator') include(this.#world.namedStakers, text(op, 'operator'));
    const before = structuredClone(this.#world.state);
    try {
      return operation(this.#world, op);
    } catch (error) {
      this.#world.state = before;
      if (error instanceof Refusal) return { ok: false, error: error.error };
      throw error;
    }
  }

  /** The state as traces print it. */
  state(): Json {
    return dump(this.#world);
  }
}
