// satlock ledger run: the steps, what each came to, the state; and the file's own expectations, where it has some.
import * as StateDifferences from '../../../restaking/StateDifferences.ts';
import * as Traces from '../../../restaking/Traces.ts';
import { EXIT } from '../../exit.ts';
import { print, printable, toJson, writeNew } from '../../io.ts';
import { count, heading, INDENT, resultText, stepLine } from './lines.ts';
import { naming, only, type Selection, selected, started } from './select.ts';
import { stateText } from './stateText.ts';
import type { Fields } from './table.ts';

export const STATES = ['all', 'changes', 'last', 'none'] as const;

export type RunOptions = Selection & { readonly states: (typeof STATES)[number]; readonly save?: string };

type StepReport = {
  readonly step: number;
  readonly operation: Traces.Json;
  readonly result: Traces.Result;
  /** From what the file expects. */
  readonly differences: readonly StateDifferences.Difference[];
  /** With `--states changes`: from the state before. */
  readonly changes?: readonly Change[];
  readonly state?: Fields;
};
type Change = { readonly field: string; readonly before: string; readonly after: string };
type TraceReport = {
  readonly trace: Traces.Trace;
  readonly steps: readonly StepReport[];
  /** How many results and states the file has something to say of. */
  readonly compared: { readonly results: number; readonly states: number };
  readonly mismatches: number;
  readonly state?: Fields;
};

/** Exit 1 when the file expects something else. */
export function runTraces(file: string, options: RunOptions): void {
  const traces = selected(file, options);
  for (const option of ['from', 'save'] as const) if (options[option] !== undefined) only(traces, `--${option}`);
  const reports = traces.map((trace) => runTrace(file, trace, options));
  const mismatches = reports.reduce((sum, report) => sum + report.mismatches, 0);
  const data = reports.map(({ trace: { id, ledger }, ...report }) => ({ id, ledger, ...report }));
  print(options, { traces: data, mismatches }, () => text(reports));
  if (mismatches > 0) process.exitCode = EXIT.FINDING;
}

function runTrace(file: string, trace: Traces.Trace, options: RunOptions): TraceReport {
  const machine = started(trace, options.from);
  const last: Last = { state: options.states === 'changes' ? machine.state() : {} };
  const steps = trace.steps.map((_, i) => naming(file, () => runStep(trace, machine, i, options.states, last)));
  if (options.save !== undefined) writeNew('--save', options.save, `${toJson(machine.save())}\n`);
  const compared = {
    results: trace.steps.filter(({ expected }) => expected.result !== undefined).length,
    states: trace.steps.filter(({ expected }) => expected.state !== undefined).length,
  };
  const mismatches = steps.reduce((sum, { differences }) => sum + differences.length, 0);
  return { trace, steps, compared, mismatches, ...(options.states === 'none' ? {} : { state: machine.state() }) };
}

/** The state after the step before. */
type Last = { state: Fields };

function runStep(trace: Traces.Trace, machine: Traces.Machine, i: number, states: RunOptions['states'], last: Last): StepReport {
  const { json, expected } = trace.steps[i] as Traces.Step;
  const result = Traces.step(trace, machine, i);
  const isSeen = states === 'all' || states === 'changes' || expected.state !== undefined;
  const state = isSeen ? machine.state() : {};
  const differences = [
    ...(expected.result === undefined ? [] : StateDifferences.ofResults(expected.result, result, 'result')),
    ...(expected.state === undefined ? [] : StateDifferences.between(expected.state, state, 'state')),
  ];
  const report = { step: i, operation: json, result, differences };
  if (states === 'all') return { ...report, state };
  if (states !== 'changes') return report;
  const changes = StateDifferences.between(last.state, state, 'state');
  last.state = state;
  return {
    ...report,
    changes: changes.map(({ field, expected, got }) => ({ field: field.slice('state.'.length), before: expected, after: got })),
  };
}

function text(reports: readonly TraceReport[]): string {
  const parts = reports.map((report) => {
    const { trace, steps, state } = report;
    const seen = new Map<string, string>();
    const lines = steps.flatMap((step) => stepLines(trace, step, seen));
    const end =
      state === undefined || steps.at(-1)?.state !== undefined || steps.at(-1)?.changes !== undefined
        ? []
        : ['', ...stateLines(trace, state)];
    return [heading(trace), ...lines, ...end, '', verdict([report])].join('\n');
  });
  return [...parts, ...(reports.length > 1 ? [`${count(reports.length, 'trace')}: ${verdict(reports)}`] : [])].join('\n\n');
}

function stepLines(trace: Traces.Trace, report: StepReport, seen: Map<string, string>): string[] {
  const { step, operation, result, changes, state } = report;
  return [
    stepLine(step, operation),
    `${INDENT}${resultText(result)}`,
    ...mismatchLines(trace, report, seen),
    ...withoutEchoes(changes ?? []).map((line) => `${INDENT}${printable(line)}`),
    ...(state === undefined ? [] : ['', ...stateLines(trace, state), '']),
  ];
}

/** The least slashable stake mostly changes as the allocated stake does: then it is not said again. */
function withoutEchoes(changes: readonly Change[]): readonly string[] {
  const lines = changes.map(({ field, before, after }) => `${field}: ${before} -> ${after}`);
  const isEcho = (line: string): boolean => {
    const said = line.replace(/minSlashableStake(AfterDeallocationDelay)?/, 'allocatedStake');
    return said !== line && lines.includes(said);
  };
  return lines.filter((line) => !isEcho(line));
}

/** One line for the result, and one for each field of the state that differs in another way than after the step before. */
function mismatchLines(trace: Traces.Trace, { step, differences }: StepReport, seen: Map<string, string>): string[] {
  const result = trace.steps[step]?.expected.result;
  const inResult = differences.some(({ field }) => field.startsWith('result'));
  const inState = differences
    .filter(({ field }) => field.startsWith('state'))
    .map(({ field, expected, got }) => [field.slice('state.'.length), `the file says ${expected}, got ${got}`] as const);
  const fresh = inState.filter(([field, values]) => seen.get(field) !== values);
  seen.clear();
  for (const [field, values] of inState) seen.set(field, values);
  return [
    ...(inResult && result !== undefined ? [`${INDENT}DIFFERS: the file says ${resultText(result)}`] : []),
    ...fresh.map(([field, values]) => `${INDENT}DIFFERS ${printable(`${field}: ${values}`)}`),
  ];
}

function stateLines(trace: Traces.Trace, state: Fields): readonly string[] {
  return stateText(trace.ledger, state)
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`));
}

function verdict(reports: readonly TraceReport[]): string {
  const sum = (of: (report: TraceReport) => number): number => reports.reduce((total, report) => total + of(report), 0);
  const steps = count(
    sum((report) => report.steps.length),
    'step',
  );
  const [results, states] = [sum(({ compared }) => compared.results), sum(({ compared }) => compared.states)];
  const refused = refusals(reports);
  if (results + states === 0) return `${steps}${refused}; the file expects nothing`;
  const wrong = sum((report) => report.steps.filter(({ differences }) => differences.length > 0).length);
  if (wrong > 0) return `${steps}${refused}, ${wrong} of them not as the file says`;
  return `${steps}${refused}, all as the file says: ${count(results, 'result')}, ${count(states, 'state')}`;
}

/** How many steps were refused, and of how many the file does not say so: a mistake in a history shows there. */
function refusals(reports: readonly TraceReport[]): string {
  const refused = reports.flatMap((report) =>
    report.steps.filter(({ result }) => result['ok'] !== true).map(({ step }) => [report, step] as const),
  );
  if (refused.length === 0) return '';
  const unsaid = refused.filter(([{ trace }, step]) => trace.steps[step]?.expected.result === undefined);
  if (unsaid.length === 0) return ` (${refused.length} refused)`;
  return ` (${refused.length} refused, of which the file does not say so of ${unsaid.length}: ${ranges(unsaid.map(([, step]) => step))})`;
}

/** The first few, in order. */
function ranges(steps: readonly number[]): string {
  const shown = steps.slice(0, 10).join(', ');
  return steps.length > 10 ? `steps ${shown}, …` : `${steps.length === 1 ? 'step' : 'steps'} ${shown}`;
}
