// A history of values by non-decreasing key, as the contracts' checkpoint libraries keep it: the last value at or before a key.
// Each version is immutable and shares its past with the versions before it, so that undoing and forking cost nothing: a list with jump
// pointers (Myers, "An applicative random-access stack", 1983): push O(1), look-up O(log n), one small object an entry.
import { z } from 'zod';
import { integer, uint } from './schemas.ts';
import type { Schema } from './store.ts';

export type Snapshots = {
  readonly key: bigint;
  readonly value: bigint;
  /** Number of entries up to this one. */
  readonly length: number;
  readonly previous: Snapshots | undefined;
  /** An older entry, far enough back that a search takes O(log n) steps. */
  readonly jump: Snapshots | undefined;
};

/** Adds an entry; one with the key of the last entry takes its place. Keys never decrease: the caller's block number is the key. */
export function push(history: Snapshots | undefined, key: bigint, value: bigint): Snapshots {
  const previous = history !== undefined && history.key === key ? history.previous : history;
  const length = (previous?.length ?? 0) + 1;
  return { key, value, length, previous, jump: jumpOf(previous) };
}

/** The newest value, or `otherwise` when there is none. */
export function latest(history: Snapshots | undefined, otherwise: bigint): bigint {
  return history === undefined ? otherwise : history.value;
}

/** The value of the last entry at or before `key`, or `otherwise` when all are later. O(log n). */
export function at(history: Snapshots | undefined, key: bigint, otherwise: bigint): bigint {
  let node = history;
  while (node !== undefined && node.key > key) node = node.jump !== undefined && node.jump.key > key ? node.jump : node.previous;
  return node === undefined ? otherwise : node.value;
}

/** Oldest first. */
export function toList(history: Snapshots | undefined): (readonly [bigint, bigint])[] {
  const list: (readonly [bigint, bigint])[] = [];
  for (let node = history; node !== undefined; node = node.previous) list.push([node.key, node.value]);
  return list.reverse();
}

/** A history with at least one entry, as a list of [key, value]. */
export const snapshots: Schema<Snapshots> = z.codec(
  z
    .array(z.tuple([uint, integer]))
    .min(1)
    .refine((list) => list.every(([key], i) => i === 0 || key > (list[i - 1] as [bigint, bigint])[0]), 'keys must increase'),
  z.custom<Snapshots>(),
  {
    decode: (list) => list.reduce<Snapshots | undefined>((history, [key, value]) => push(history, key, value), undefined) as Snapshots,
    encode: (history) => toList(history).map(([key, value]) => [key, value] as [bigint, bigint]),
  },
);

function jumpOf(previous: Snapshots | undefined): Snapshots | undefined {
  const jump = previous?.jump;
  if (previous === undefined) return undefined;
  // Two jumps of equal length behind each other become one.
  if (jump !== undefined && previous.length - jump.length === jump.length - (jump.jump?.length ?? 0)) return jump.jump;
  return previous;
}
