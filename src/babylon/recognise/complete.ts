// What a revealed leaf says about the leaves beside it: their hashes stand in the control block, so a guess of a committee, a provider or a
// time is either proven or wrong. No other knowledge of the contract is needed.
import * as Bytes from '../../base/Bytes.ts';
import * as Hex from '../../base/Hex.ts';
import { pushNumber } from '../../bitcoin/Script.ts';
import * as Tapscript from '../../bitcoin/Tapscript.ts';
import * as TapTree from '../../bitcoin/TapTree.ts';
import type { XOnlyPublicKey } from '../../crypto/PublicKey.ts';
import type { Group, Leaf, Place, Source } from '../LeafReader.ts';

/** A committee with the times that its parameters allow. */
export type Committee = {
  /** The parameter version, and whether it is of the lock-only phase. */
  readonly version: number;
  readonly phase: 1 | 2;
  readonly covenantPks: readonly XOnlyPublicKey[];
  readonly covenantQuorum: number;
  readonly unbondingTimeBlocks: number;
  readonly stakingTimesBlocks: readonly number[];
};

/** Guesses to be proven. */
export type Hints = {
  readonly committees: readonly Committee[];
  readonly finalityProviders: readonly (readonly XOnlyPublicKey[])[];
  /** Try every time from 1 to 65535 where none of the committees' fits. */
  readonly searchTimes: boolean;
};

/** What is known of a contract. Everything here follows from the leaf or from a hash beside it. */
export type Part = {
  readonly source: Source;
  readonly stakers: Group;
  readonly covenant?: Group;
  readonly finalityProviders?: readonly XOnlyPublicKey[];
  readonly stakingTimeBlocks?: number;
  readonly unbondingTimeBlocks?: number;
  /** Committees of the hints that are this covenant. */
  readonly committees: readonly Committee[];
  /** False when only the shape of the leaf says that it belongs to a stake. */
  readonly proven: boolean;
  /** Hash of the slashing leaf where the control block has it: the unbonding output can be computed from it without the providers. */
  readonly slashingHash?: Uint8Array;
};

const MAX_TIME = 65_535;

/** What `place` and the hints say together. */
export function complete(place: Place, hints: Hints): Part {
  const { leaf } = place;
  if (leaf.path === 'slashing') return ofSlashing(leaf, place, hints);
  return leaf.path === 'unbonding' ? ofUnbonding(leaf, place, hints) : ofTimelock(leaf, place, hints);
}

type Of<Path extends Leaf['path']> = Extract<Leaf, { readonly path: Path }>;

function ofTimelock({ stakers, timelockBlocks }: Of<'timelock'>, { sources, siblings }: Place, hints: Hints): Part {
  const source = sources[0] as Source;
  const [beside, above] = siblings;
  const plain = { source, stakers };
  if (source === 'slashing-change') return { ...plain, unbondingTimeBlocks: timelockBlocks, committees: [], proven: false };
  const time = source === 'staking' ? { stakingTimeBlocks: timelockBlocks } : { unbondingTimeBlocks: timelockBlocks };
  const slashingHash = (source === 'staking' ? above : beside) as Uint8Array;
  // Both trees have the slashing leaf; only the staking output has the unbonding leaf, which names the committee alone.
  const committees = hints.committees.filter(
    (committee) =>
      (source !== 'staking' || same(unbondingHash(stakers, covenantOf(committee)), beside)) &&
      (source === 'staking' ||
        hints.finalityProviders.some((keys) => same(slashingLeafHash(stakers, keys, covenantOf(committee)), slashingHash))),
  );
  const [first] = committees;
  if (first === undefined) return { ...plain, ...time, committees, proven: false, slashingHash };
  const covenant = covenantOf(first);
  const providers = hints.finalityProviders.find((keys) => same(slashingLeafHash(stakers, keys, covenant), slashingHash));
  return { ...plain, ...time, covenant, committees, proven: true, slashingHash, ...given('finalityProviders', providers) };
}

function ofUnbonding({ stakers, covenant }: Of<'unbonding'>, { siblings }: Place, hints: Hints): Part {
  const [beside, slashingHash] = siblings as [Uint8Array, Uint8Array];
  const committees = hints.committees.filter((committee) => isCommittee(committee, covenant));
  const time = timeOf(
    stakers,
    beside,
    committees.flatMap(({ stakingTimesBlocks }) => stakingTimesBlocks),
    hints.searchTimes,
  );
  const providers = hints.finalityProviders.find((keys) => same(slashingLeafHash(stakers, keys, covenant), slashingHash));
  const found = { ...given('stakingTimeBlocks', time), ...given('finalityProviders', providers) };
  return { source: 'staking', stakers, covenant, committees, proven: committees.length > 0, slashingHash, ...found };
}

function ofSlashing(leaf: Of<'slashing'>, { siblings, spendable }: Place, hints: Hints): Part {
  const { stakers, covenant, finalityProviders } = leaf;
  const committees = hints.committees.filter((committee) => isCommittee(committee, covenant));
  const beside = siblings[0] as Uint8Array;
  const known = {
    ...{ stakers, covenant, finalityProviders: finalityProviders.keys, committees },
    ...{ proven: committees.length > 0, slashingHash: spendable.leafHash },
  };
  const unbondingTimes = committees.map(({ unbondingTimeBlocks }) => unbondingTimeBlocks);
  const stakingTimes = committees.flatMap(({ stakingTimesBlocks }) => stakingTimesBlocks);
  const other = unbondingHash(stakers, covenant);
  const branch = (time: number): Uint8Array => TapTree.branchHash(timelockHash(stakers, time), other);
  for (const searchTimes of hints.searchTimes ? [false, true] : [false]) {
    const unbondingTimeBlocks = timeOf(stakers, beside, unbondingTimes, searchTimes);
    if (unbondingTimeBlocks !== undefined) return { source: 'unbonding', ...known, unbondingTimeBlocks };
    const stakingTimeBlocks = candidates(stakingTimes, searchTimes).find((time) => same(branch(time), beside));
    if (stakingTimeBlocks !== undefined) return { source: 'staking', ...known, stakingTimeBlocks };
  }
  // The unbonding time comes from a short list, the staking time from a range: what none of the list fits is a staking output.
  return { source: 'staking', ...known };
}

/** True when a version of the parameters has this covenant. */
export function isCommittee({ covenantPks, covenantQuorum }: Pick<Committee, 'covenantPks' | 'covenantQuorum'>, covenant: Group): boolean {
  return covenantQuorum === covenant.quorum && sameKeys(covenantPks, covenant.keys);
}

/** The same keys in any order. */
export function sameKeys(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  if (a.length !== b.length) return false;
  const there = new Set(b.map((key) => Hex.encode(key)));
  return there.size === b.length && a.every((key) => there.has(Hex.encode(key)));
}

export function timelockHash({ keys, quorum }: Group, time: number): Uint8Array {
  const stakers = Tapscript.multiKey(keys, quorum, 'verify');
  return TapTree.leafHash(Bytes.concat(stakers, pushNumber(time), Uint8Array.of(0xb2)));
}

function covenantOf({ covenantPks, covenantQuorum }: Committee): Group {
  return { keys: covenantPks, quorum: covenantQuorum };
}

function unbondingHash(stakers: Group, covenant: Group): Uint8Array {
  return TapTree.leafHash(
    Bytes.concat(Tapscript.multiKey(stakers.keys, stakers.quorum, 'verify'), Tapscript.multiKey(covenant.keys, covenant.quorum, 'leave')),
  );
}

function slashingLeafHash(stakers: Group, providers: readonly XOnlyPublicKey[], covenant: Group): Uint8Array {
  const head = Bytes.concat(Tapscript.multiKey(stakers.keys, stakers.quorum, 'verify'), Tapscript.multiKey(providers, 1, 'verify'));
  return TapTree.leafHash(Bytes.concat(head, Tapscript.multiKey(covenant.keys, covenant.quorum, 'leave')));
}

function timeOf(stakers: Group, hash: Uint8Array, likely: readonly number[], searchTimes: boolean): number | undefined {
  const head = Tapscript.multiKey(stakers.keys, stakers.quorum, 'verify');
  return candidates(likely, searchTimes).find((time) =>
    same(TapTree.leafHash(Bytes.concat(head, pushNumber(time), Uint8Array.of(0xb2))), hash),
  );
}

function candidates(likely: readonly number[], searchTimes: boolean): readonly number[] {
  return searchTimes ? Array.from({ length: MAX_TIME }, (_, i) => i + 1) : [...new Set(likely)];
}

function same(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && Bytes.equal(a, b);
}

function given<K extends string, T>(key: K, value: T | undefined): { readonly [P in K]?: T } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: T };
}
