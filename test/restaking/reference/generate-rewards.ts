// Random operations of the rewards coordinator. Roots and their earnings are remembered: a claim needs an entry to prove.
import type { EigenLayerBuilder } from './generate-eigenlayer.ts';
import { BEACON, type Proposal } from './generate-staking.ts';
import type { JsonObject } from './json.ts';

const DAY = 86_400n;

export type GeneratedRoot = { earnings: { earner: string; tokens: [string, string][] }[]; activatedAt: bigint; isDisabled: boolean };

export function setSplit(b: EigenLayerBuilder): Proposal {
  const operator = b.random.pick(b.names('operators'));
  const split = b.random.chance(8) ? 10_001 : b.random.pick([0, 1, 250, 1000, 9999, 10_000]);
  const kind = b.random.pick(['avs', 'pi', 'set']);
  const avs = b.random.pick(['v1', 'v2']);
  if (kind === 'pi') return { op: 'setSplit', kind, operator, split };
  if (kind === 'avs') return { op: 'setSplit', kind, operator, avs, split };
  const id = b.random.chance(10) ? 88 : avs === 'v1' ? 0 : 1;
  return { op: 'setSplit', kind, operator, avs, id, split };
}

export function optInFee(b: EigenLayerBuilder): Proposal {
  return { op: 'optInFee', who: b.random.pick(['v1', 'v2', 'a']), value: b.random.chance(70) };
}

function period(b: EigenLayerBuilder, isDirected: boolean): { startTimestamp: number; duration: number } {
  const today = (b.number(['time']) / DAY) * DAY;
  const odd = b.random.below(40);
  let days = BigInt(b.random.between(1, 20));
  let start = isDirected
    ? today - (days + 1n + b.random.bigBelow(30n)) * DAY
    : today - b.random.bigBelow(150n) * DAY + b.random.bigBelow(25n) * DAY;
  let duration = days * DAY;
  if (odd === 0) start += 1n;
  if (odd === 1) duration += 1n;
  if (odd === 2) duration = 0n;
  if (odd === 3) start = today - 200n * DAY;
  if (odd === 4) start = today + 60n * DAY;
  if (odd === 5) {
    days = 731n;
    duration = days * DAY;
  }
  if (odd === 6) start = today;
  return { startTimestamp: Number(start), duration: Number(duration) };
}

export function submitRewards(b: EigenLayerBuilder): Proposal {
  const type = b.random.pick(['avs', 'uniqueStake', 'totalStake', 'operatorDirectedAVS', 'operatorDirectedSet', 'avs', 'allEarners']);
  if (type === 'allEarners' && b.random.chance(80)) return undefined;
  const isDirected = type.startsWith('operatorDirected');
  const avs = b.random.pick(['v1', 'v2']);
  const id = b.random.chance(4) ? 66 : avs === 'v1' ? 0 : 1;
  const isForSet = type !== 'avs' && type !== 'operatorDirectedAVS' && type !== 'allEarners';
  const order = [...b.strategies.slice(0, 3), BEACON];
  const chosen = b.random.some(order);
  if (b.random.chance(3)) chosen.reverse();
  if (b.random.chance(2)) chosen.length = 0;
  if (b.random.chance(2)) chosen.push('UNKNOWN');
  const strategies = chosen.map((strategy): [string, string] => [strategy, String(b.random.ofAnySize(19))]);
  const odd = b.random.below(60);
  const amount = odd === 0 ? 0n : odd === 1 ? 10n ** 38n : odd === 2 ? 10n ** 38n - 1n : b.random.ofAnySize(22);
  const operators = b.random.some(b.names('operators').sort());
  if (b.random.chance(4)) operators.reverse();
  if (b.random.chance(2)) operators.length = 0;
  const parts: JsonObject = isDirected
    ? {
        operatorRewards: operators.map((operator): [string, string] => [
          operator,
          String(odd === 3 ? 0n : odd === 1 ? amount : b.random.ofAnySize(20)),
        ]),
      }
    : { amount: String(amount) };
  return {
    ...{ op: 'submitRewards', type, avs, ...(isForSet ? { id } : {}), token: b.random.pick(['R1', 'R1', 'R2']) },
    ...period(b, isDirected),
    ...{ strategies, ...parts },
  };
}

export function submitRoot(b: EigenLayerBuilder): Proposal {
  const earners = b.random.some(['a', 'b', 'o1', 'o2']);
  const earnings = earners.map((earner): [string, [string, string][]] => {
    const tokens = b.random.some(['R1', 'R2']);
    return [
      earner,
      tokens.map((token): [string, string] => {
        const claimed = b.number(['rewards', 'cumulativeClaimed', earner, token]);
        const held = b.number(['rewards', 'balances', 'RC', token]);
        const more = b.random.chance(10) ? b.random.ofAnySize(24) : b.random.bigBelow(held / 3n + 2n);
        return [token, String(claimed + more)];
      }),
    ];
  });
  const now = b.number(['time']);
  const end = b.random.chance(6) ? now : b.random.chance(5) ? now - 86_400n * 30n : now - 1n - b.random.bigBelow(5n);
  return { op: 'submitRoot', endTimestamp: Number(end), earnings, ...(b.random.chance(5) ? { caller: 'mallory' } : {}) };
}

export function disableRoot(b: EigenLayerBuilder): Proposal {
  if (b.random.chance(15)) return { op: 'disableRoot', index: b.roots.length };
  const young = b.roots.flatMap((root, index) => (b.number(['time']) < root.activatedAt && !root.isDisabled ? [index] : []));
  if (young.length > 0 && b.random.chance(70)) return { op: 'disableRoot', index: b.random.pick(young) };
  return b.roots.length === 0 ? undefined : { op: 'disableRoot', index: b.random.below(b.roots.length) };
}

export function setClaimerFor(b: EigenLayerBuilder): Proposal {
  const earner = b.random.pick(['a', 'b', 'o1', 'o2']);
  return { op: 'setClaimerFor', earner, claimer: b.random.chance(50) ? 'bot' : earner };
}

export function claim(b: EigenLayerBuilder): Proposal {
  const time = b.number(['time']);
  const ripe = b.roots.flatMap((root, index) => (time >= root.activatedAt && !root.isDisabled ? [index] : []));
  const any = b.roots.map((_, index) => index);
  const indices = ripe.length > 0 && b.random.chance(92) ? ripe : b.random.chance(35) ? any : [];
  if (indices.length === 0) return undefined;
  const places = indices.flatMap((root) => (b.roots[root]?.earnings ?? []).map((one) => ({ root, ...one })));
  const open = (earner: string, tokens: [string, string][]): string[] =>
    tokens.filter(([token, sum]) => BigInt(sum) > b.number(['rewards', 'cumulativeClaimed', earner, token])).map(([token]) => token);
  const due = places.filter((one) => open(one.earner, one.tokens).length > 0);
  if (due.length === 0 && b.random.chance(70)) return undefined;
  const { root, earner, tokens } = b.random.pick(due.length > 0 && b.random.chance(92) ? due : places);
  const unclaimed = open(earner, tokens);
  const chosen = unclaimed.length > 0 && b.random.chance(90) ? unclaimed : tokens.map(([token]) => token);
  const claimer = b.claimers[earner] ?? earner;
  const caller = b.random.chance(6) ? 'mallory' : claimer;
  return {
    ...{ op: 'claim', root, earner, tokens: b.random.some(chosen), recipient: b.random.pick([earner, 'cold']) },
    ...(caller === earner ? {} : { caller }),
    ...(b.random.chance(4) ? { forged: true } : {}),
  };
}
