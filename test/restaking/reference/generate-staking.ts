// Random operations of stakers: deposits, delegation, withdrawals. Each proposes an operation, or nothing when the state offers none.
import type { EigenLayerBuilder } from './generate-eigenlayer.ts';
import type { JsonObject } from './json.ts';

export const BEACON = 'BEACON';

export type Proposal = JsonObject | undefined;

const STAKERS = ['a', 'b', 'c', 'd'];

export function amountToDeposit(b: EigenLayerBuilder): bigint {
  const how = b.random.below(100);
  if (how < 45) return 10n ** 15n * b.random.ofAnySize(6);
  if (how < 75) return 1n + b.random.bigBelow(5000n);
  if (how < 95) return b.random.ofAnySize(24);
  if (how < 98) return b.random.ofAnySize(33);
  return b.random.ofAnySize(38);
}

export function deposit(b: EigenLayerBuilder): Proposal {
  const staker = b.random.chance(12) ? b.random.pick(b.operatorNames) : b.random.pick(STAKERS);
  const strategy = b.random.chance(1) ? BEACON : b.random.pick(b.strategies);
  const amount = b.random.chance(2) ? 0n : amountToDeposit(b);
  return { op: 'deposit', staker, strategy, amount: String(amount) };
}

export function donate(b: EigenLayerBuilder): Proposal {
  const strategy = b.random.pick(b.strategies);
  const balance = b.number(['strategies', strategy, 'tokenBalance']);
  if (b.random.chance(50)) return { op: 'donate', strategy, amount: String(b.random.part(balance / 4n + 1000n)) };
  if (balance === 0n) return undefined;
  const amount = b.random.chance(15) ? b.random.part(balance) : b.random.bigBelow(balance / 5n + 1n);
  return { op: 'rebaseDown', strategy, amount: String(amount) };
}

function stakers(b: EigenLayerBuilder, which: (staker: string, operator: string | undefined) => boolean): string[] {
  return b.names('stakers').filter((staker) => {
    const operator = b.see('stakers', staker, 'delegatedTo');
    return which(staker, typeof operator === 'string' ? operator : undefined);
  });
}

export function registerOperator(b: EigenLayerBuilder): Proposal {
  const fresh = b.operatorNames.filter((name) => b.see('operators', name) === undefined);
  if (fresh.length === 0 && b.random.chance(70)) return undefined;
  const operator = fresh.length > 0 && b.random.chance(85) ? b.random.pick(fresh) : b.random.pick([...b.names('stakers'), 'o1']);
  if (b.see('operators', operator) === undefined && !b.operatorNames.includes(operator)) return undefined;
  return { op: 'registerOperator', operator, allocationDelay: b.random.below(6) };
}

export function delegate(b: EigenLayerBuilder): Proposal {
  const free = stakers(b, (staker, operator) => operator === undefined && !b.operatorNames.includes(staker));
  const operators = b.names('operators');
  if (b.random.chance(20) || free.length === 0) {
    if (free.length > 0 && b.random.chance(50)) return { op: 'delegate', staker: b.random.pick(free), operator: b.random.pick(STAKERS) };
    if (b.random.chance(80)) return undefined;
    return { op: 'delegate', staker: b.random.pick(STAKERS), operator: b.random.pick(operators) };
  }
  return { op: 'delegate', staker: b.random.pick(free), operator: b.random.pick(operators) };
}

export function undelegate(b: EigenLayerBuilder): Proposal {
  const bound = stakers(b, (staker, operator) => operator !== undefined && operator !== staker);
  if (bound.length === 0 || b.random.chance(15)) {
    const staker = b.random.pick(b.names('stakers'));
    return { op: 'undelegate', staker, ...(b.random.chance(50) ? { caller: b.random.pick(b.operatorNames) } : {}) };
  }
  const staker = b.random.pick(bound);
  const operator = b.see('stakers', staker, 'delegatedTo');
  if (b.random.chance(40)) {
    const to = b.random.chance(90) ? b.random.pick(b.names('operators')) : b.random.pick(STAKERS);
    return { op: 'redelegate', staker, operator: to };
  }
  const caller = b.random.chance(10) ? b.random.pick(['mallory', 'v1']) : b.random.chance(30) ? String(operator) : staker;
  return { op: 'undelegate', staker, ...(caller === staker ? {} : { caller }) };
}

function oddQueue(b: EigenLayerBuilder, staker: string, held: string[]): Proposal {
  const strategy = b.random.pick(held.length > 0 ? held : [...b.strategies, BEACON]);
  const owned = b.number(['stakers', staker, 'depositShares', strategy]);
  const odd = b.random.below(6);
  if (odd === 0) return { op: 'queueWithdrawal', staker, strategies: [], depositShares: [] };
  if (odd === 1) return { op: 'queueWithdrawal', staker, strategies: [strategy], depositShares: [] };
  const wrong = odd === 2 ? 0n : odd === 3 ? owned * 1000n + 1n : owned + 1n;
  return { op: 'queueWithdrawal', staker, strategies: [strategy], depositShares: [String(wrong)] };
}

export function queueWithdrawal(b: EigenLayerBuilder): Proposal {
  const holders = b.names('stakers').filter((one) => b.list('stakers', one, 'strategyList').length > 0);
  const staker = b.random.pick(holders.length > 0 && b.random.chance(97) ? holders : STAKERS);
  const held = b.list('stakers', staker, 'strategyList');
  if (held.length === 0 || b.random.chance(14)) return oddQueue(b, staker, held);
  const strategies = b.random.shuffled(b.random.some(held)).slice(0, 4);
  const depositShares = strategies.map((strategy) => b.random.part(b.number(['stakers', staker, 'depositShares', strategy])));
  const twice = strategies[0];
  const first = depositShares[0];
  if (b.random.chance(12) && twice !== undefined && first !== undefined && first > 1n) {
    const half = first / 2n;
    return { op: 'queueWithdrawal', staker, strategies: [twice, twice], depositShares: [String(half), String(first - half)] };
  }
  return { op: 'queueWithdrawal', staker, strategies, depositShares: depositShares.map(String) };
}

export function completeWithdrawal(b: EigenLayerBuilder): Proposal {
  const open = b.names('withdrawals');
  const receiveAsTokens = b.random.chance(55);
  if (b.queued > 0 && b.random.chance(3)) return { op: 'completeWithdrawal', withdrawal: `W${b.random.below(b.queued)}`, receiveAsTokens };
  const ripe = open.filter((id) => b.number(['block']) > b.number(['withdrawals', id, 'startBlock']) + b.delays.withdrawal);
  if (ripe.length === 0 && (open.length === 0 || b.random.chance(65))) return undefined;
  const withdrawal = b.random.pick(ripe.length > 0 && b.random.chance(94) ? ripe : open);
  if (b.random.chance(6)) return { op: 'completeWithdrawal', withdrawal, receiveAsTokens, caller: b.random.pick(['mallory', ...STAKERS]) };
  return { op: 'completeWithdrawal', withdrawal, receiveAsTokens };
}
