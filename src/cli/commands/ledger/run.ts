// satlock ledger run: the steps, what each came to, the state; and the file's own expectations, where it has some.
import * as StateDifferences from '../../../restaking/StateDifferences.ts';
import * as Traces from '../../../restaking/Traces.ts';
import { EXIT } from '../../exit.ts';
import { print, printable, readJson, toJson, writeNew } from '../../io.ts';
import { heading, only, operationText, resultText, type Selection, selected } from './select.ts';

export const STATES = ['all', 'last', 'none'] as const;

export type RunOptions = Selection & {
  readonly states: (typeof STATES)[number];
  readonly from?: string;
  readonly save?: string;
};

type StepReport = {
  readonly step: number;
  readonly operation: Traces.Json;
  readonly result: Traces.Result;
  readonly differences: readonly StateDifferences.Difference[];
  readonly state?: Traces.Json;
};
type TraceReport = { readonly id: string; readonly heading: string; readonly steps: readonly StepReport[]; readonly state: Traces.Json };

/** Exit 1 when the file expects something else. */
export function runTraces(file: string, options: RunOptions): void {
  const traces = selected(file, options);
  if (options.from !== undefined) only(traces, '--from');
  if (options.save !== undefined) only(traces, '--save');
  const reports = traces.map((trace) => {
    const machine = options.from === undefined ? trace.start() : Traces.resume(trace.ledger, readJson(options.from, '--from'));
    const steps = trace.steps.map((_, i) => runStep(trace, machine, i, options));
    if (options.save !== undefined) writeNew('--save', options.save, `${toJson(machine.save())}\n`);
    return { id: trace.id, heading: heading(trace), steps, state: machine.state() };
  });
  const mismatches = reports.flatMap(({ steps }) => steps.flatMap(({ differences }) => differences)).length;
  print(options, { traces: reports.map(({ heading: _, ...report }) => report), mismatches }, () => text(reports, options.states));
  if (mismatches > 0) process.exitCode = EXIT.FINDING;
}

function runStep(trace: Traces.Trace, machine: Traces.Machine, i: number, { states }: RunOptions): StepReport {
  const { json, expected } = trace.steps[i] as Traces.Step;
  const result = Traces.step(trace, machine, i);
  const state = states === 'all' || expected.state !== undefined ? machine.state() : undefined;
  const differences = [
    ...(expected.result === undefined ? [] : StateDifferences.between(expected.result, result, 'result')),
    ...(expected.state === undefined || state === undefined ? [] : StateDifferences.between(expected.state, state, 'state')),
  ];
  return { step: i, operation: json, result, differences, ...(states === 'all' && state !== undefined ? { state } : {}) };
}

function text(reports: readonly TraceReport[], states: RunOptions['states']): string {
  return reports
    .map((report) => [report.heading, ...report.steps.flatMap(lines), ...(states === 'last' ? [toJson(report.state)] : [])].join('\n'))
    .join('\n\n');
}

function lines({ step, operation, result, differences, state }: StepReport): string[] {
  return [
    `${String(step).padStart(5)}  ${operationText(operation)}`,
    `       ${resultText(result)}`,
    ...differences.map(
      ({ field, expected, got }) => `       DIFFERS ${printable(field)}: the file says ${printable(expected)}, got ${printable(got)}`,
    ),
    ...(state === undefined ? [] : [toJson(state)]),
  ];
}
