// Runs the cases of a vector file through the library and compares what they list, nothing else.
import { isSatlockError } from '../base/Errors.ts';
import * as Ecc from '../crypto/Ecc.ts';
import type { Definition } from './definition.ts';
import { DEFINITIONS } from './kinds/all.ts';
import { type Case, isRefusal, type Value, type VectorFile } from './model.ts';

/** One thing that is not as expected. In `got`, `error …` is a refusal of the library and `crash …` a bug of it. */
export type Mismatch = { readonly id: string; readonly field: string; readonly expected: Value; readonly got: Value };

/** Cases, not fields, are counted. */
export type FileResult = { readonly passed: number; readonly failed: number; readonly mismatches: readonly Mismatch[] };

/**
 * Verifies every case. Expected outputs are computed one by one, and only those that a case lists; a refusal needs exactly its code.
 * Nothing that a case contains makes this throw: an exception that is no error of the library is a failed case.
 */
export function verifyFile(file: VectorFile, ecc: Ecc.Ecc = Ecc.auto()): FileResult {
  const definition = DEFINITIONS[file.kind];
  const mismatches: Mismatch[] = [];
  let failed = 0;
  for (const one of file.cases) {
    const found = isRefusal(one.expect)
      ? checkRefusal(definition, one, one.expect.error, ecc)
      : checkValues(definition, one, one.expect, ecc);
    if (found.length > 0) failed++;
    mismatches.push(...found);
  }
  return { passed: file.cases.length - failed, failed, mismatches };
}

function checkValues(definition: Definition, { id, input }: Case, expect: Readonly<Record<string, Value>>, ecc: Ecc.Ecc): Mismatch[] {
  const names = Object.keys(expect);
  let outputs: ReturnType<Definition['outputs']>;
  try {
    outputs = definition.outputs(input, ecc);
  } catch (error) {
    const field = names.join(', ');
    return [{ id, field, expected: 'outputs', got: describe(error) }];
  }
  return names.flatMap((field) => {
    const expected = expect[field] as Value;
    const got = outcome(outputs[field]);
    return sameValue(expected, got) ? [] : [{ id, field, expected, got }];
  });
}

function outcome(compute: (() => Value) | undefined): Value {
  if (compute === undefined) return 'nothing: this input does not determine it';
  try {
    return compute();
  } catch (error) {
    return describe(error);
  }
}

function checkRefusal(definition: Definition, { id, input }: Case, code: string | true, ecc: Ecc.Ecc): Mismatch[] {
  const expected = code === true ? 'any error' : `error ${code}`;
  try {
    for (const compute of Object.values(definition.outputs(input, ecc))) compute();
  } catch (error) {
    if (isSatlockError(error) && (code === true || error.code === code)) return [];
    return [{ id, field: 'error', expected, got: describe(error) }];
  }
  return [{ id, field: 'error', expected, got: 'accepted' }];
}

function describe(error: unknown): string {
  if (isSatlockError(error)) return `error ${error.code}`;
  return `crash ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
}

function sameValue(a: Value, b: Value): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return a === b;
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
