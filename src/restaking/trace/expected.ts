// What a trace file says of its steps, as far as it can be compared at all: integers that JSON has not rounded, and no deeper than a state.
import { isObject } from './json.ts';

/** States have seven levels. */
const MAX_DEPTH = 32;

/**
 * Checks `result`, `intermediates` and `state` of a step.
 *
 * @param refuse throws, with the place and the problem
 */
export function checkExpected(expected: object, place: string, refuse: (field: string, problem: string) => never): void {
  for (const [name, value] of Object.entries(expected)) {
    if (name === 'intermediates' && !Array.isArray(value)) refuse(`${place}.${name}`, 'expected a list');
    check(value, `${place}.${name}`, 0, refuse);
  }
}

function check(value: unknown, place: string, depth: number, refuse: (field: string, problem: string) => never): void {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) refuse(place, 'expected an integer below 2^53, or decimal digits as text');
  if (typeof value !== 'object' || value === null) return;
  if (depth === MAX_DEPTH) refuse(place.slice(0, 200), `nested deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) value.forEach((one: unknown, i) => void check(one, `${place}[${i}]`, depth + 1, refuse));
  else if (isObject(value)) for (const [key, one] of Object.entries(value)) check(one, `${place}.${key}`, depth + 1, refuse);
}
