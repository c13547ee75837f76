// Who has power at a height, and when a height is final: babylon x/finality/types/power_table.go ApplyActiveFinalityProviders,
// SortFinalityProvidersWithZeroedVotingPower; x/finality/keeper/tallying.go.
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';

export type Reason = Check.Reason | { readonly code: 'voting-power.repeated-provider'; readonly publicKey: string };

/** A provider in the distribution of a height. @unit bondedSats: satoshi of active delegations */
export type Entry = {
  readonly btcPk: Uint8Array;
  readonly bondedSats: bigint;
  /** A commitment that contains this very height is final on Bitcoin. */
  readonly timestamped: boolean;
  readonly jailed: boolean;
  readonly slashed: boolean;
};

/** An entry with its place. @unit power: satoshi; 0 outside the active set */
export type Ranked = Entry & { readonly rank: number; readonly power: bigint };

export type Table = { readonly ranked: readonly Ranked[]; readonly active: number; readonly totalPower: bigint };

const UINT64_MAX = 0xffff_ffff_ffff_ffffn;

/**
 * The power table of a height. First those that can vote (timestamped, not jailed, not slashed) by satoshi descending, equal ones by key ascending;
 * then the others by key. Active are the first `maxActive` of the former that have any satoshi. Power is all of a provider's satoshi, without cap.
 *
 * @throws input.*, voting-power.repeated-provider
 */
export function table(entries: readonly Entry[], maxActive: number): Table {
  const most = Check.integer(maxActive, 'maxActive', 1, 0xffff_ffff);
  const sorted = Check.list(entries, 'entries').map((entry, i) => checked(entry, `entries[${i}]`));
  sorted.sort((a, b) => {
    if (usable(a) !== usable(b)) return usable(a) ? -1 : 1;
    if (usable(a) && a.bondedSats !== b.bondedSats) return a.bondedSats > b.bondedSats ? -1 : 1;
    return Bytes.compare(a.btcPk, b.btcPk);
  });
  const keys = new Set(sorted.map(({ btcPk }) => Hex.encode(btcPk)));
  if (keys.size !== sorted.length) {
    const twice = sorted.find(({ btcPk }, i) => sorted.some((other, j) => j > i && Bytes.equal(other.btcPk, btcPk)));
    const publicKey = twice === undefined ? '' : Hex.encode(twice.btcPk);
    fail<Reason>({ code: 'voting-power.repeated-provider', publicKey }, `the provider ${publicKey} is given twice`);
  }
  const end = sorted.findIndex((entry) => !usable(entry) || entry.bondedSats === 0n);
  const active = Math.min(most, end < 0 ? sorted.length : end);
  const ranked = sorted.map((entry, i) => ({ ...entry, rank: i + 1, power: i < active ? entry.bondedSats : 0n }));
  return { ranked, active, totalPower: ranked.reduce((sum, { power }) => sum + power, 0n) };
}

/** True when more than two thirds of all power has voted: exactly two thirds are not enough. @unit satoshi @throws input.* @source babylon x/finality/keeper/tallying.go tally */
export function isFinal(votedPower: bigint, totalPower: bigint): boolean {
  Check.bigInteger(totalPower, 'totalPower', 0n, UINT64_MAX);
  Check.bigInteger(votedPower, 'votedPower', 0n, totalPower);
  return 3n * votedPower > 2n * totalPower;
}

/** What voters of a height have of its power, and whether that finalises it. A height without any power is never final. @throws input.* */
export function tally(power: Table, voters: readonly Uint8Array[]): { readonly votedPower: bigint; readonly final: boolean } {
  const { ranked, totalPower } = Check.object(power, 'power');
  Check.list(ranked, 'power.ranked');
  const voted = new Set(Check.list(voters, 'voters').map((key, i) => Hex.encode(Check.bytes(key, `voters[${i}]`, 32))));
  const votedPower = ranked.reduce((sum, entry) => (voted.has(Hex.encode(entry.btcPk)) ? sum + entry.power : sum), 0n);
  return { votedPower, final: isFinal(votedPower, totalPower) };
}

const usable = ({ timestamped, jailed, slashed }: Entry): boolean => timestamped && !jailed && !slashed;

function checked(entry: Entry, field: string): Entry {
  const { btcPk, bondedSats } = Check.object(entry, field);
  Check.bytes(btcPk, `${field}.btcPk`, 32);
  Check.bigInteger(bondedSats, `${field}.bondedSats`, 0n, UINT64_MAX);
  return entry;
}
