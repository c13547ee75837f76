// The state of a ledger as the traces print it: decimal text, by the contracts' views; epochs without withdrawals are left out.
import { nameOf } from '../state/Revert.ts';
import * as Snapshots from '../state/snapshots.ts';
import { currentEpoch } from './epochs.ts';
import * as Slashes from './slashes.ts';
import * as Stakes from './stakes.ts';
import type { State } from './state.ts';
import * as VaultShares from './vaultShares.ts';

type Json = string | boolean | readonly Json[] | { readonly [key: string]: Json };
type Fields = { readonly [key: string]: Json };

/** By the names of the traces: `time`, `currentEpoch`, `activeStake`, `accounts`, `stakes`, … */
export type StateView = Fields;

/**
 * O(n log n) in all that the ledger holds: for looking, not for stepping.
 *
 * @param subnetworks keys `net:id` that `stakes` lists besides those that accepted operations named
 */
export function viewOf(state: State, subnetworks: Iterable<string>): StateView {
  const withdrawals = state.vault.withdrawals.entries();
  return {
    time: `${state.time}`,
    currentEpoch: `${currentEpoch(state)}`,
    activeStake: `${VaultShares.total(state, 'activeStake')}`,
    activeShares: `${VaultShares.total(state, 'activeShares')}`,
    totalStake: `${VaultShares.totalStake(state)}`,
    collateral: `${VaultShares.collateral(state)}`,
    burner: `${state.vault.balances.get(state.config.burner) ?? 0n}`,
    withdrawals: positive(withdrawals.map(([epoch, { assets }]) => [epoch, assets])),
    withdrawalShares: positive(withdrawals.map(([epoch, { shares }]) => [epoch, shares])),
    accounts: accounts(state),
    stakes: stakes(state, subnetworks),
    ...(state.config.slasher === 'veto' ? { requests: requests(state) } : {}),
  };
}

function positive(entries: readonly (readonly [string, bigint])[]): Fields {
  return Object.fromEntries(entries.flatMap(([key, value]) => (value === 0n ? [] : [[key, `${value}`]])));
}

/** The configured accounts, and all that have or had something. */
function accounts(state: State): Fields {
  const { activeSharesOf, withdrawalSharesOf, balances } = state.vault;
  const epochs = new Map<string, [bigint, bigint][]>();
  for (const [key, { shares }] of withdrawalSharesOf.entries()) {
    const at = key.indexOf('|');
    const account = key.slice(at + 1);
    const own = epochs.get(account) ?? [];
    own.push([BigInt(key.slice(0, at)), shares]);
    epochs.set(account, own);
  }
  const { accounts: configured, burner } = state.config;
  const paid = balances.entries().flatMap(([id]) => (id === burner ? [] : [id]));
  const all = new Set([...configured, ...activeSharesOf.entries().map(([id]) => id), ...epochs.keys(), ...paid]);
  return Object.fromEntries([...all].map((id) => [id, account(state, id, epochs.get(id) ?? [])]));
}

function account(state: State, id: string, epochs: readonly (readonly [bigint, bigint])[]): Fields {
  const own = epochs.filter(([, shares]) => shares > 0n);
  return {
    activeShares: `${VaultShares.sharesOf(state, id)}`,
    ...worth('activeBalance', () => VaultShares.activeBalanceOf(state, id)),
    ...worth('slashableBalance', () => VaultShares.slashableBalanceOf(state, id)),
    tokens: `${state.vault.balances.get(id) ?? 0n}`,
    withdrawalShares: Object.fromEntries(own.map(([epoch, shares]) => [`${epoch}`, `${shares}`])),
    withdrawalsOf: Object.assign(
      {},
      ...own.map(([epoch]) => worth(`${epoch}`, () => VaultShares.withdrawalsOf(state, epoch, id))),
    ) as Fields,
  };
}

/** Nothing where the contract's view reverts: beyond 2^256 it cannot multiply. */
function worth(name: string, of: () => bigint): Fields {
  try {
    return { [name]: `${of()}` };
  } catch (error) {
    if (nameOf(error) === undefined) throw error;
    return {};
  }
}

function stakes(state: State, subnetworks: Iterable<string>): Fields {
  const keys = new Set([...state.delegation.subnetworks.entries().map(([key]) => key), ...subnetworks]);
  const operators = [...state.config.operators, ...state.registry.entities.values('operators')];
  return Object.fromEntries([...keys].flatMap((key) => operators.map((operator) => [`${key}|${operator}`, stake(state, key, operator)])));
}

function stake(state: State, subnetwork: string, operator: string): Fields {
  const { time, slashing, config } = state;
  const key = `${subnetwork}|${operator}`;
  // A chain's clock is always above; the view would revert below.
  const slashable = time < config.epochDuration ? 0n : Slashes.slashableStake(state, { subnetwork, operator, captureTimestamp: time - 1n });
  return {
    stake: `${Stakes.stakeAt(state, subnetwork, operator, time)}`,
    slashableStakeAtPrevSecond: `${slashable}`,
    cumulativeSlash: `${Snapshots.latest(slashing.cumulativeSlash.get(key), 0n)}`,
    latestSlashedCaptureTimestamp: `${slashing.latestSlashedCaptureTimestamp.get(key) ?? 0n}`,
  };
}

function requests(state: State): readonly Fields[] {
  const { requests: all, counters } = state.slashing;
  return Array.from({ length: Number(counters.get('requests') ?? 0n) }, (_, i) => all.get(`${i}`)).flatMap((request) =>
    request === undefined
      ? []
      : [
          {
            amount: `${request.amount}`,
            captureTimestamp: `${request.captureTimestamp}`,
            vetoDeadline: `${request.vetoDeadline}`,
            completed: request.completed,
          },
        ],
  );
}
