// Runs traces on the ledgers of the library and compares each given result and each given state. `intermediates` are a model's way there
// and no result of the contracts: they may be called otherwise and are not compared.
import { isSatlockError } from '../base/Errors.ts';
import * as StateDifferences from '../restaking/StateDifferences.ts';
import * as Traces from '../restaking/Traces.ts';
import type { FileResult, Mismatch } from './Verify.ts';

/** After the first step that differs the rest of a trace says nothing of its own. */
export function verifyTraces(file: Traces.TraceFile): FileResult {
  const found = file.traces.map(mismatchesOf);
  const failed = found.filter((mismatches) => mismatches.length > 0).length;
  return { passed: file.traces.length - failed, failed, mismatches: found.flat() };
}

function mismatchesOf(trace: Traces.Trace): readonly Mismatch[] {
  // As a case without expectations, it could not fail.
  if (trace.steps.every(({ expected }) => expected.result === undefined && expected.state === undefined))
    return [{ id: trace.id, field: 'steps', expected: 'a result or a state', got: 'nothing to compare with' }];
  const machine = trace.start();
  for (const [i, { name, expected }] of trace.steps.entries()) {
    const found = stepDifferences(trace, machine, i, expected);
    if (found.length > 0)
      return found.map(({ field, expected: wanted, got }) => ({ id: `${trace.id} step ${i} (${name})`, field, expected: wanted, got }));
  }
  return [];
}

function stepDifferences(
  trace: Traces.Trace,
  machine: Traces.Machine,
  i: number,
  expected: Traces.Step['expected'],
): readonly StateDifferences.Difference[] {
  let result: Traces.Result;
  try {
    result = Traces.step(trace, machine, i);
  } catch (error) {
    const got = isSatlockError(error) ? `error ${error.code}: ${error.message}` : `crash ${String(error)}`;
    return [{ field: 'result', expected: 'an outcome', got }];
  }
  const inResult = expected.result === undefined ? [] : StateDifferences.ofResults(expected.result, result, 'result');
  // A result that differs makes every state differ: the result says more.
  if (inResult.length > 0 || expected.state === undefined) return inResult;
  return StateDifferences.between(expected.state, machine.state(), 'state');
}
