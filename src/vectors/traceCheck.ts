// Runs traces on the ledgers of the library and compares each given result, its rounded integers and each given state.
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
  if (!trace.steps.some(({ expected }) => Object.keys(expected).length > 0))
    return [{ id: trace.id, field: 'steps', expected: 'a result, intermediates or a state', got: 'nothing to compare with' }];
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
  let done: Done;
  try {
    done = run(trace, machine, i, expected);
  } catch (error) {
    const got = isSatlockError(error) ? `error ${error.code}: ${error.message}` : `crash ${String(error)}`;
    return [{ field: 'result', expected: 'an outcome', got }];
  }
  const { result, intermediates } = done;
  const inResult = expected.result === undefined ? [] : StateDifferences.ofResults(expected.result, result, 'result');
  // A result that differs makes every state differ: the result says more.
  if (inResult.length > 0) return inResult;
  return [
    ...StateDifferences.ofResults({ intermediates: expected.intermediates ?? [] }, { intermediates }, 'step'),
    ...(expected.state === undefined ? [] : StateDifferences.between(expected.state, machine.state(), 'state')),
  ];
}

type Done = { readonly result: Traces.Json; readonly intermediates: Traces.Json };

/** The rounded integers only where the file has something to say of them. */
function run(trace: Traces.Trace, machine: Traces.Machine, i: number, expected: Traces.Step['expected']): Done {
  if (expected.intermediates === undefined) return { result: Traces.step(trace, machine, i), intermediates: [] };
  const { result, intermediates } = Traces.explain(trace, machine, i);
  return { result, intermediates: intermediates.map(({ what, expr, value }) => ({ what, expr, value: `${value}` })) };
}
