// Compares JSON of traces: what is absent has its default, on either side. The default is 0, false, nothing or empty; and WAD for the factors
// and magnitudes that start whole.
import type { Json } from './trace/json.ts';

export type Difference = { readonly field: string; readonly expected: string; readonly got: string };

type Fields = { readonly [key: string]: Json };
/** Which number says no more than its absence. */
type Default = '0' | '1000000000000000000' | 'none';

const DEFAULTS: Readonly<Record<string, Default>> = {
  depositScalingFactor: '1000000000000000000',
  maxMagnitude: '1000000000000000000',
  allocatableMagnitude: '1000000000000000000',
  beaconChainSlashingFactor: '1000000000000000000',
  // A slash that took no share is recorded all the same.
  burnOrRedistributable: 'none',
};

/** The places where `got` is not as `expected`. Top-level fields that `expected` does not list are not looked at. */
export function between(expected: Json, got: Json, path: string): readonly Difference[] {
  if (!isObject(expected) || !isObject(got)) return compare(expected, got, path);
  return Object.keys(expected).flatMap((key) => {
    const standard = standardOf(key, '0');
    return compare(pruned(expected[key], standard), pruned(got[key], standard), `${path}.${key}`);
  });
}

function compare(expected: Json | undefined, got: Json | undefined, path: string): readonly Difference[] {
  if (isObject(expected) && isObject(got)) {
    const keys = [...new Set([...Object.keys(expected), ...Object.keys(got)])].sort();
    return keys.flatMap((key) => compare(own(expected, key), own(got, key), `${path}.${key}`));
  }
  if (Array.isArray(expected) && Array.isArray(got) && expected.length === got.length)
    return expected.flatMap((one: Json, i) => compare(one, got[i] as Json, `${path}[${i}]`));
  return expected === got ? [] : [{ field: path, expected: shown(expected), got: shown(got) }];
}

/** Without what has its default; numbers as decimal text. */
function pruned(value: Json | undefined, standard: Default): Json | undefined {
  if (value === undefined || value === null || value === false) return undefined;
  if (typeof value === 'number') return pruned(String(value), standard);
  if (typeof value === 'string') return value === standard ? undefined : value;
  if (value === true) return true;
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map((one: Json) => pruned(one, 'none') ?? null);
  const fields = Object.entries(value as Fields).flatMap(([key, one]) => {
    const kept = pruned(one, standardOf(key, standard));
    return kept === undefined ? [] : [[key, kept] as const];
  });
  return fields.length === 0 ? undefined : Object.fromEntries(fields);
}

function standardOf(key: string, around: Default): Default {
  return Object.hasOwn(DEFAULTS, key) ? (DEFAULTS[key] as Default) : around;
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
