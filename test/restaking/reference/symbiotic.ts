// Second, independent implementation of the Symbiotic V1 ledger, for comparison in tests only: literal, and the whole state is copied before
// each operation and put back when it is refused.
import { integer, type Json, type JsonObject, object, text } from './json.ts';
import { Refusal } from './maths.ts';
import * as Slasher from './symbiotic-slasher.ts';
import { emptyState, epochAt, latest, readConfig, subnetwork, type World } from './symbiotic-state.ts';
import * as Vault from './symbiotic-vault.ts';

function advance(world: World, op: JsonObject): Json {
  world.state.time += integer(op, 'seconds');
  return { ok: true };
}

const operations: Record<string, (world: World, op: JsonObject) => Json> = {
  advance,
  deposit: Vault.deposit,
  withdraw: Vault.withdraw,
  redeem: Vault.redeem,
  claim: Vault.claim,
  setMaxNetworkLimit: Slasher.setMaxNetworkLimit,
  setNetworkLimit: Slasher.setNetworkLimit,
  setOperatorNetworkLimit: Slasher.setOperatorNetworkLimit,
  setOperatorNetworkShares: Slasher.setOperatorNetworkShares,
  setResolver: Slasher.setResolver,
  slash: Slasher.slash,
  requestSlash: Slasher.requestSlash,
  executeSlash: Slasher.executeSlash,
  vetoSlash: Slasher.vetoSlash,
};

function accountDump(world: World, account: string): JsonObject {
  const { state, config } = world;
  const epoch = epochAt(config, state.time);
  const shares = latest(state.sharesOf[account]);
  const active = Vault.assetsDown(shares, latest(state.activeStake), latest(state.activeShares));
  const own = state.withdrawalShares.filter((one) => one.account === account && one.shares !== 0n);
  return {
    activeShares: String(shares),
    activeBalance: String(active),
    slashableBalance: String(active + Vault.withdrawalsOf(state, epoch, account) + Vault.withdrawalsOf(state, epoch + 1n, account)),
    tokens: String(state.tokens[account] ?? 0n),
    withdrawalShares: Object.fromEntries(own.map((one) => [String(one.epoch), String(one.shares)])),
    withdrawalsOf: Object.fromEntries(own.map((one) => [String(one.epoch), String(Vault.withdrawalsOf(state, one.epoch, account))])),
  };
}

function stakeDump(world: World, sub: string, operator: string): JsonObject {
  const { state } = world;
  const key = `${sub}|${operator}`;
  return {
    stake: String(Slasher.stakeAt(world, sub, operator, state.time)),
    slashableStakeAtPrevSecond: String(Slasher.slashableStake(world, sub, operator, state.time - 1n)),
    cumulativeSlash: String(latest(state.cumulativeSlash[key])),
    latestSlashedCaptureTimestamp: String(state.latestCapture[key] ?? 0n),
  };
}

function dump(world: World): JsonObject {
  const { state, config } = world;
  const epoch = epochAt(config, state.time);
  const assetsOf = (e: bigint): bigint => state.withdrawals.find((one) => one.epoch === e)?.assets ?? 0n;
  const stakes: JsonObject = {};
  for (const sub of world.subnetworks)
    for (const operator of config.operators) stakes[`${sub}|${operator}`] = stakeDump(world, sub, operator);
  const byEpoch = (value: 'assets' | 'shares'): JsonObject =>
    Object.fromEntries(state.withdrawals.filter((one) => one[value] !== 0n).map((one) => [String(one.epoch), String(one[value])]));
  return {
    time: String(state.time),
    currentEpoch: String(epoch),
    activeStake: String(latest(state.activeStake)),
    activeShares: String(latest(state.activeShares)),
    totalStake: String(latest(state.activeStake) + assetsOf(epoch) + assetsOf(epoch + 1n)),
    collateral: String(state.collateral),
    burner: String(state.burner),
    withdrawals: byEpoch('assets'),
    withdrawalShares: byEpoch('shares'),
    accounts: Object.fromEntries(config.accounts.map((account) => [account, accountDump(world, account)])),
    stakes,
    ...(config.slasher === 'veto'
      ? {
          requests: state.requests.map((request) => ({
            amount: String(request.amount),
            captureTimestamp: String(request.capture),
            vetoDeadline: String(request.deadline),
            completed: request.completed,
          })),
        }
      : {}),
  };
}

export class ReferenceSymbiotic {
  readonly #world: World;

  constructor(json: Json) {
    const config = readConfig(object(json, 'config'));
    this.#world = { config, state: emptyState(config.startTime), subnetworks: [] };
  }

  /** Applies one operation of a trace; a refused one changes nothing. */
  apply(json: Json): Json {
    const op = object(json, 'op');
    const operation = operations[text(op, 'op')];
    if (operation === undefined) throw new TypeError(`unknown operation ${text(op, 'op')}`);
    const sub = op['net'] !== undefined && op['id'] !== undefined ? subnetwork(op) : undefined;
    if (sub !== undefined && !this.#world.subnetworks.includes(sub)) this.#world.subnetworks.push(sub);
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
