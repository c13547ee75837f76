// Random operation sequences for the Symbiotic ledgers.
import { Builder } from './generate-builder.ts';
import type { Sequence } from './generate-eigenlayer.ts';
import type { JsonObject } from './json.ts';
import type { Random } from './random.ts';
import { ReferenceSymbiotic } from './symbiotic.ts';

const ACCOUNTS = ['alice', 'bob', 'carol'];
const NETWORKS = ['net', 'net2'];
const OPERATORS = ['op1', 'op2'];
const EPOCH = 604_800;

type Proposal = JsonObject | undefined;

function place(random: Random): { net: string; id: number } {
  return { net: random.pick(NETWORKS), id: random.chance(15) ? 1 : 0 };
}

function advance(b: Builder): Proposal {
  const how = b.random.below(100);
  if (how < 25) return { op: 'advance', seconds: 1 };
  if (how < 50) return { op: 'advance', seconds: b.random.between(1, 3600) };
  if (how < 90) return { op: 'advance', seconds: b.random.between(1, 172_800) };
  return { op: 'advance', seconds: b.random.pick([EPOCH - 1, EPOCH, EPOCH + 1, 2 * EPOCH]) };
}

function deposit(b: Builder): Proposal {
  const amount = b.random.chance(3) ? 0n : b.random.chance(40) ? 1n + b.random.bigBelow(2000n) : b.random.ofAnySize(27);
  return { op: 'deposit', who: b.random.pick(ACCOUNTS), amount: String(amount) };
}

function leave(b: Builder): Proposal {
  const holders = ACCOUNTS.filter((one) => b.number(['accounts', one, 'activeShares']) > 0n);
  if (holders.length === 0 && b.random.chance(80)) return undefined;
  const who = b.random.pick(holders.length > 0 && b.random.chance(96) ? holders : ACCOUNTS);
  const odd = b.random.below(20);
  if (b.random.chance(50)) {
    const shares = b.number(['accounts', who, 'activeShares']);
    const amount = odd === 0 ? shares + 1n : odd === 1 ? 0n : b.random.part(shares);
    return { op: 'redeem', who, shares: String(amount) };
  }
  const balance = b.number(['accounts', who, 'activeBalance']);
  const amount = odd === 0 ? balance * 2n + 1n : odd === 1 ? 0n : b.random.part(balance);
  return { op: 'withdraw', who, amount: String(amount) };
}

function claim(b: Builder, claimed: string[]): Proposal {
  const epoch = b.number(['currentEpoch']);
  const own = ACCOUNTS.flatMap((who) => b.names('accounts', who, 'withdrawalsOf').map((e) => ({ who, epoch: Number(e) })));
  const due = own.filter((one) => BigInt(one.epoch) < epoch && !claimed.includes(`${one.who}|${one.epoch}`));
  if (due.length > 0 && b.random.chance(92)) return { op: 'claim', ...b.random.pick(due) };
  if (b.random.chance(75)) return undefined;
  return { op: 'claim', who: b.random.pick(ACCOUNTS), epoch: Math.max(0, Number(epoch) + b.random.between(-1, 1)) };
}

function limits(b: Builder): Proposal {
  const where = place(b.random);
  const operator = b.random.pick(OPERATORS);
  const stake = b.number(['activeStake']);
  const amount = b.random.chance(25) ? 10n ** 30n + b.random.bigBelow(9n) : b.random.part(stake + 1000n);
  const how = b.random.below(100);
  if (how < 20) return { op: 'setMaxNetworkLimit', ...where, amount: String(amount) };
  if (how < 60) return { op: 'setNetworkLimit', ...where, amount: String(amount) };
  if (b.config['delegator'] === 'full') return { op: 'setOperatorNetworkLimit', ...where, operator, amount: String(amount) };
  return {
    op: 'setOperatorNetworkShares',
    ...where,
    operator,
    shares: String(b.random.below(4) === 0 ? b.random.ofAnySize(18) : b.random.below(4)),
  };
}

/** Where there is something to slash, and how much. */
function hit(b: Builder): { net: string; id: number; operator: string; amount: string; captureAgo: number } {
  const staked = b.names('stakes').filter((one) => b.number(['stakes', one, 'slashableStakeAtPrevSecond']) > 0n);
  const chosen =
    staked.length > 0 && b.random.chance(92) ? b.random.pick(staked) : `${b.random.pick(NETWORKS)}:0|${b.random.pick(OPERATORS)}`;
  const [subnetwork, operator] = chosen.split('|');
  const [net, id] = (subnetwork ?? '').split(':');
  const stake = b.number(['stakes', chosen, 'slashableStakeAtPrevSecond']);
  const latest = b.number(['stakes', chosen, 'latestSlashedCaptureTimestamp']);
  const since = Number(b.number(['time']) - latest);
  const how = b.random.below(100);
  let captureAgo = b.random.between(1, 5);
  if (how < 50) captureAgo = b.random.between(1, Math.max(1, Math.min(since, EPOCH)));
  else if (how < 54) captureAgo = b.random.pick([0, EPOCH + 1, EPOCH]);
  else if (how < 64) captureAgo = b.random.between(1, EPOCH);
  const amount = b.random.chance(2) ? 0n : b.random.chance(30) ? b.random.ofAnySize(27) : b.random.part(stake + 1n);
  return { net: net ?? '', id: Number(id), operator: operator ?? '', amount: String(amount), captureAgo };
}

type Request = { index: number; completed: boolean; deadline: bigint; capture: bigint };

function requests(b: Builder): Request[] {
  const list = b.see('requests');
  return (Array.isArray(list) ? list : []).map((one, index) => {
    if (one === null || typeof one !== 'object' || Array.isArray(one)) throw new TypeError('a request is no object');
    return {
      ...{ index, completed: one['completed'] === true },
      ...{ deadline: BigInt(String(one['vetoDeadline'])), capture: BigInt(String(one['captureTimestamp'])) },
    };
  });
}

function veto(b: Builder, nets: string[]): Proposal {
  const all = requests(b);
  const time = b.number(['time']);
  const how = b.random.below(100);
  if (how < 8) {
    const where = place(b.random);
    return { op: 'setResolver', ...where, ...(b.random.chance(80) ? { resolver: b.random.pick(['judge', 'judge2']) } : {}) };
  }
  const fresh = all.filter((one) => one.deadline > time && (!one.completed || b.random.chance(10)));
  const ended = all.filter((one) => one.deadline <= time && time - one.capture <= BigInt(EPOCH) && (!one.completed || b.random.chance(15)));
  if (b.random.chance(2))
    return {
      index: all.length,
      ...b.random.pick([
        { op: 'executeSlash', net: 'net' },
        { op: 'vetoSlash', who: 'judge' },
      ]),
    };
  if (ended.length > 0 && how < 60) {
    const { index } = b.random.pick(ended);
    if (b.random.chance(4)) return { op: 'vetoSlash', index, who: 'judge' };
    return { op: 'executeSlash', net: b.random.chance(95) ? (nets[index] ?? 'net') : b.random.pick(NETWORKS), index };
  }
  if (fresh.length > 0 && how < 35) {
    const { index } = b.random.pick(fresh);
    if (b.random.chance(25)) return { op: 'executeSlash', net: nets[index] ?? 'net', index };
    return { op: 'vetoSlash', index, who: b.random.chance(90) ? b.random.pick(['judge', 'judge', 'judge', 'judge2']) : 'alice' };
  }
  if (all.length > 0 && b.random.chance(4)) {
    const { index } = b.random.pick(all);
    return { op: 'executeSlash', net: nets[index] ?? 'net', index };
  }
  return { op: 'requestSlash', ...hit(b) };
}

/** A random configuration and as many operations as asked for. */
export function symbioticSequence(random: Random, length: number): Sequence {
  const slasher = random.pick(['instant', 'veto']);
  const config: JsonObject = {
    ...{ epochDuration: EPOCH, delegator: random.pick(['network', 'full']), slasher, vetoDuration: 172_800, resolverSetEpochsDelay: 3 },
    ...{ startTime: 1_750_000_000, networks: NETWORKS, operators: OPERATORS, accounts: ACCOUNTS },
  };
  const b = new Builder(random, config, new ReferenceSymbiotic(config));
  const nets: string[] = [];
  const claimed: string[] = [];
  for (const net of NETWORKS) {
    b.push({ op: 'setMaxNetworkLimit', net, id: 0, amount: String(10n ** 30n) });
    b.push({ op: 'setNetworkLimit', net, id: 0, amount: String(random.chance(60) ? 10n ** 30n : random.ofAnySize(24)) });
    for (const operator of OPERATORS) {
      if (config['delegator'] === 'full')
        b.push({ op: 'setOperatorNetworkLimit', net, id: 0, operator, amount: String(random.ofAnySize(24)) });
      else b.push({ op: 'setOperatorNetworkShares', net, id: 0, operator, shares: String(random.between(1, 5)) });
    }
    if (slasher === 'veto' && random.chance(70)) b.push({ op: 'setResolver', net, id: 0, resolver: 'judge' });
  }
  b.push({ op: 'deposit', who: 'alice', amount: String(random.ofAnySize(24)) });
  const operations: [number, (builder: Builder) => Proposal][] = [
    [25, advance],
    [18, deposit],
    [16, leave],
    [10, (builder) => claim(builder, claimed)],
    [7, limits],
    [26, slasher === 'veto' ? (builder) => veto(builder, nets) : (builder) => ({ op: 'slash', ...hit(builder) })],
  ];
  const total = operations.reduce((sum, [weight]) => sum + weight, 0);
  while (b.ops.length < length) {
    let left = random.below(total);
    const chosen = operations.find(([weight]) => {
      left -= weight;
      return left < 0;
    });
    const op = chosen?.[1](b);
    if (op === undefined) continue;
    const result = b.push(op);
    if (op['op'] === 'requestSlash' && result['ok'] === true) nets.push(String(op['net']));
    if (op['op'] === 'claim' && result['ok'] === true) claimed.push(`${op['who']}|${op['epoch']}`);
  }
  return { config, ops: b.ops };
}
