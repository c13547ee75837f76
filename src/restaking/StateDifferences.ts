// Compares JSON of traces: what is absent has its default, on either side. The default is 0, false, nothing or empty; and WAD for the factors
// and magnitudes that start whole.
import type { Json } from './trace/json.ts';

export type Difference = { readonly field: string; readonly expected: string; readonly got: string };

type Fields = { readonly [key: string]: Json };
/** Which number says no more than its absence. */
type Default = '0' | '1000000000000000000' | 'none';
type Path = readonly string[];

/** Stands for any name. */
const ANY = Symbol('any');
const WAD = '1000000000000000000';

/** By place, not by name alone: who is called `maxMagnitude` has ordinary numbers. */
const DEFAULTS: readonly (readonly [place: readonly (string | typeof ANY)[], standard: Default])[] = [
  [['stakers', ANY, 'depositScalingFactor'], WAD],
  [['stakers', ANY, 'pod', 'beaconChainSlashingFactor'], WAD],
  [['operators', ANY, 'maxMagnitude'], WAD],
  [['operators', ANY, 'allocatableMagnitude'], WAD],
  // A slash that took no share is recorded all the same.
  [['operatorSets', ANY, 'burnOrRedistributable'], 'none'],
];

/** The places where the state `got` is not as `expected`. Top-level fields that `expected` does not list are not looked at. */
export function between(expected: Json, got: Json, path: string): readonly Difference[] {
  return differences(expected, got, path, isObject(expected) ? Object.keys(expected) : []);
}

/** The places where the result `got` is not as `expected`: all of it, also what only one of them has. */
export function ofResults(expected: Json, got: Json, path: string): readonly Difference[] {
  return differences(expected, got, path, isObject(expected) && isObject(got) ? keysOf(expected, got) : []);
}

function differences(expected: Json, got: Json, path: string, keys: readonly string[]): readonly Difference[] {
  if (!isObject(expected) || !isObject(got)) return compare(expected, got, path);
  return keys.flatMap((key) => {
    const [one, other] = [own(expected, key), own(got, key)].map((value) => pruned(value, '0', [key]));
    return compare(one, other, `${path}.${key}`);
  });
}

function compare(expected: Json | undefined, got: Json | undefined, path: string): readonly Difference[] {
  if (isObject(expected) && isObject(got))
    return keysOf(expected, got).flatMap((key) => compare(own(expected, key), own(got, key), `${path}.${key}`));
  if (Array.isArray(expected) && Array.isArray(got) && expected.length === got.length)
    return expected.flatMap((one: Json, i) => compare(one, got[i] as Json, `${path}[${i}]`));
  return expected === got ? [] : [{ field: path, expected: shown(expected), got: shown(got) }];
}

/** Without what has its default; numbers as decimal text. */
function pruned(value: Json | undefined, standard: Default, path: Path): Json | undefined {
  if (value === undefined || value === null || value === false) return undefined;
  if (typeof value === 'number') return pruned(String(value), standard, path);
  if (typeof value === 'string') return value === standard ? undefined : value;
  if (value === true) return true;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map((one: Json) => pruned(one, 'none', []) ?? null);
  const fields = Object.entries(value as Fields).flatMap(([key, one]) => {
    const place = [...path, key];
    const kept = pruned(one, standardOf(place, standard), place);
    return kept === undefined ? [] : [[key, kept] as const];
  });
  return fields.length === 0 ? undefined : Object.fromEntries(fields);
}

function standardOf(path: Path, around: Default): Default {
  const found = DEFAULTS.find(([place]) => place.length === path.length && place.every((name, i) => name === ANY || name === path[i]));
  return found === undefined ? around : found[1];
}

function keysOf(expected: Fields, got: Fields): readonly string[] {
  return [...new Set([...Object.keys(expected), ...Object.keys(got)])].sort();
}

function own(fields: Fields, key: string): Json | undefined {
  return Object.hasOwn(fields, key) ? fields[key] : undefined;
}

function isObject(value: Json | undefined): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: Json | undefined): string {
  return value === undefined ? 'nothing' : typeof value === 'string' ? value : JSON.stringify(value);
}
