// The rewards part of a ledger's state as the traces print it: decimal text, what is 0 left out.

import type { State } from '../ledger/state.ts';
import { parameters } from './rewardsParameters.ts';
import { splitOf } from './rewardsSplits.ts';

type Texts = Readonly<Record<string, string>>;

export type RewardsView = {
  /** By `avs|operator|avs`, `pi|operator`, `set|operator|avs|id`: the split in effect. @unit 1/10000 */
  readonly splits: Texts;
  /** By holder and token; `RC` is the contract. */
  readonly balances: Readonly<Record<string, Texts>>;
  readonly nonces: Texts;
  /** By earner and token. */
  readonly cumulativeClaimed: Readonly<Record<string, Texts>>;
  readonly roots: string;
};

/** @param touchedSplits keys to show besides those that were ever set */
export function rewardsView(state: State, touchedSplits: Iterable<string> = []): RewardsView {
  const { splits, balances, nonces, claimed } = state.rewards;
  const keys = new Set([...splits.entries().map(([key]) => key), ...touchedSplits]);
  const held = balances.entries().map(([key, amount]): [string, string, bigint] => {
    const [holder, token] = key.split('|') as [string, string];
    return [holder, token, amount];
  });
  return {
    splits: Object.fromEntries([...keys].sort().map((key) => [key, `${splitOf(state, key)}`])),
    balances: byTwo(held),
    nonces: Object.fromEntries(nonces.entries().map(([avs, nonce]) => [avs, `${nonce}`])),
    cumulativeClaimed: byTwo(claimed.entries().map(([, { earner, token, cumulative }]) => [earner, token, cumulative])),
    roots: `${parameters(state).rootCount}`,
  };
}

function byTwo(rows: readonly (readonly [string, string, bigint])[]): Record<string, Record<string, string>> {
  const outer = new Map<string, [string, string][]>();
  for (const [first, second, value] of rows) {
    const inner = outer.get(first) ?? [];
    inner.push([second, `${value}`]);
    outer.set(first, inner);
  }
  return Object.fromEntries([...outer].map(([first, inner]) => [first, Object.fromEntries(inner)]));
}
