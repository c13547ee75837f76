// Random operation sequences for the EigenLayer ledgers: the reference runs along, so that most operations make sense.
import { ReferenceEigenLayer } from './eigenlayer.ts';
import { Builder } from './generate-builder.ts';
import * as Pods from './generate-pods.ts';
import * as Rewards from './generate-rewards.ts';
import { fullList, scenarios } from './generate-scenarios.ts';
import * as Services from './generate-services.ts';
import * as Staking from './generate-staking.ts';
import type { JsonObject } from './json.ts';
import type { Random } from './random.ts';

export type Sequence = { config: JsonObject; ops: JsonObject[] };

type SlasherRecord = { now: string; next: string; eff: bigint };

/** The builder with what the state does not show: slashers, validators, roots, and operations that are to follow. */
export class EigenLayerBuilder extends Builder {
  readonly operatorNames: readonly string[] = ['o1', 'o2', 'o3'];
  readonly strategies: readonly string[];
  readonly delays: { withdrawal: bigint; config: bigint };
  readonly validators: Pods.Validator[] = [];
  readonly roots: Rewards.GeneratedRoot[] = [];
  readonly claimers: Record<string, string> = {};
  readonly later: JsonObject[] = [];
  readonly #slashers: Record<string, SlasherRecord> = {};
  queued = 0;

  constructor(random: Random, config: JsonObject, shape: { strategies: string[]; withdrawalDelay: number; configDelay: number }) {
    super(random, config, new ReferenceEigenLayer(config));
    this.strategies = shape.strategies;
    this.delays = { withdrawal: BigInt(shape.withdrawalDelay), config: BigInt(shape.configDelay) };
  }

  slasherOf(set: string): string {
    const record = this.#slashers[set];
    if (record === undefined) return set.split(':')[0] ?? '';
    return this.number(['block']) >= record.eff ? record.next : record.now;
  }

  override push(op: JsonObject): JsonObject {
    const set = `${op['avs']}:${op['id']}`;
    const before = this.slasherOf(set);
    const result = super.push(op);
    if (result['ok'] !== true) return result;
    if (Array.isArray(result['withdrawals'])) this.queued += result['withdrawals'].length;
    if (op['op'] === 'createOperatorSet' && typeof op['slasher'] === 'string')
      this.#slashers[set] = { now: op['slasher'], next: op['slasher'], eff: 0n };
    if (op['op'] === 'updateSlasher' && typeof op['slasher'] === 'string') {
      const record = this.#slashers[set];
      const block = this.number(['block']);
      if (record?.next === op['slasher'] && block < record.eff) return result;
      this.#slashers[set] = { now: before, next: op['slasher'], eff: block + this.delays.config + 1n };
    }
    if (op['op'] === 'verifyWithdrawalCredentials' && Array.isArray(op['validators'])) {
      for (const validator of this.validators) if (op['validators'].includes(validator.name)) validator.isVerified = true;
    }
    if (op['op'] === 'submitRoot')
      this.roots.push({ earnings: earningsOf(op), activatedAt: this.number(['time']) + 604_800n, isDisabled: false });
    const disabled = op['op'] === 'disableRoot' ? this.roots[Number(op['index'])] : undefined;
    if (disabled !== undefined) disabled.isDisabled = true;
    if (op['op'] === 'setClaimerFor') this.claimers[String(op['earner'])] = String(op['claimer']);
    return result;
  }
}

function earningsOf(op: JsonObject): Rewards.GeneratedRoot['earnings'] {
  const list = Array.isArray(op['earnings']) ? op['earnings'] : [];
  return list.map((entry) => {
    const [earner, tokens] = Array.isArray(entry) ? entry : [];
    const pairs = Array.isArray(tokens) ? tokens : [];
    return {
      earner: String(earner),
      tokens: pairs.map((pair): [string, string] => (Array.isArray(pair) ? [String(pair[0]), String(pair[1])] : ['', '0'])),
    };
  });
}

function advance(b: EigenLayerBuilder): Staking.Proposal {
  const how = b.random.below(100);
  const burns = b.names('operatorSets').some((set) => b.names('operatorSets', set, 'slashResolutionBlock').length > 0);
  const waits = b.roots.some((root) => !root.isDisabled && root.activatedAt > b.number(['time']));
  if ((burns || waits) && how < 14) return { op: 'advance', blocks: 50_399 + b.random.below(4) };
  return { op: 'advance', blocks: how < 60 ? b.random.between(1, 3) : b.random.between(2, 12) };
}

type Weighted = readonly (readonly [number, (b: EigenLayerBuilder) => Staking.Proposal])[];

const ledgerOperations: Weighted = [
  [14, advance],
  [12, Staking.deposit],
  [3, Staking.donate],
  [2, Staking.registerOperator],
  [7, Staking.delegate],
  [4, Staking.undelegate],
  [11, Staking.queueWithdrawal],
  [11, Staking.completeWithdrawal],
  [1, Services.createOperatorSet],
  [2, Services.changeStrategies],
  [6, Services.changeMembership],
  [2, Services.setAllocationDelay],
  [11, Services.modifyAllocations],
  [2, Services.clearDeallocationQueue],
  [1, Services.updateSlasher],
  [10, Services.slash],
  [5, Services.clearBurn],
  [2, Pods.createPod],
  [3, Pods.newValidator],
  [4, Pods.verifyCredentials],
  [4, Pods.setBeaconBalance],
  [2, Pods.podReceive],
  [5, Pods.startCheckpoint],
  [5, Pods.proveCheckpoint],
  [1, Pods.verifyStale],
  [3, Pods.recordBalanceUpdate],
];

const rewardsOperations: Weighted = [
  [4, Rewards.setSplit],
  [1, Rewards.optInFee],
  [10, Rewards.submitRewards],
  [4, Rewards.submitRoot],
  [1, Rewards.disableRoot],
  [1, Rewards.setClaimerFor],
  [8, Rewards.claim],
];

function propose(b: EigenLayerBuilder): JsonObject {
  const pool = b.config['rewards'] !== undefined && b.random.chance(25) ? rewardsOperations : ledgerOperations;
  const total = pool.reduce((sum, [weight]) => sum + weight, 0);
  for (;;) {
    let left = b.random.below(total);
    for (const [weight, make] of pool) {
      left -= weight;
      if (left >= 0) continue;
      const op = make(b);
      if (op !== undefined) return op;
      break;
    }
    if (b.random.chance(10)) return { op: 'advance', blocks: 1 };
  }
}

/** Operators, sets and first deposits: what a random sequence starts from. */
function found(b: EigenLayerBuilder): void {
  const { random, strategies } = b;
  const three = strategies.slice(0, 3);
  b.push({ op: 'registerOperator', operator: 'o1', allocationDelay: 0 });
  b.push({ op: 'registerOperator', operator: 'o2', allocationDelay: random.below(4) });
  b.push({ op: 'createOperatorSet', avs: 'v1', id: 0, strategies: [...random.some(three), 'BEACON'] });
  b.push({ op: 'createOperatorSet', avs: 'v1', id: 7, strategies: random.some(three), redistributionRecipient: 'rec' });
  b.push({ op: 'createOperatorSet', avs: 'v2', id: 1, strategies: [...three, 'BEACON'] });
  b.push({ op: 'registerForOperatorSets', operator: 'o1', avs: 'v1', ids: [0, 7] });
  b.push({ op: 'registerForOperatorSets', operator: random.pick(['o1', 'o2']), avs: 'v2', ids: [1] });
  for (let i = 0; i < 3; i++) {
    const op = Services.modifyAllocations(b);
    if (op !== undefined) b.push(op);
  }
  for (const staker of ['a', 'b', 'c'])
    b.push({ op: 'deposit', staker, strategy: random.pick(three), amount: String(Staking.amountToDeposit(b)) });
}

/** A random configuration and as many operations as asked for (a scenario at the start may run over). */
export function eigenLayerSequence(random: Random, length: number): Sequence {
  const isLong = random.chance(5);
  const strategies = Array.from({ length: isLong ? 34 : random.between(2, 3) }, (_, i) => `S${i + 1}`);
  const withdrawalDelay = random.between(1, 8);
  const configDelay = random.between(1, 8);
  const config: JsonObject = {
    ...{ minWithdrawalDelayBlocks: withdrawalDelay, deallocationDelay: random.between(1, 8), allocationConfigurationDelay: configDelay },
    ...{ startBlock: 1000, startTime: 1_746_600_000, strategies },
    profile: random.pick(['v1.12.0', 'v1.13.0', 'v1.13.1', 'v1.13.1']),
    ...(random.chance(40) ? { rewards: {} } : {}),
  };
  const b = new EigenLayerBuilder(random, config, { strategies, withdrawalDelay, configDelay });
  if (isLong) fullList(b);
  else if (random.chance(35)) random.pick(scenarios)(b);
  if (b.ops.length < length) found(b);
  while (b.ops.length < length) b.push(b.later.shift() ?? propose(b));
  return { config, ops: b.ops };
}
