// satlock ledger explain: which floor, which factor.
import type * as Traces from '../../../restaking/Traces.ts';
import { explain } from '../../../restaking/Traces.ts';
import { print, printable, usage } from '../../io.ts';
import { heading, INDENT, resultText, stepLine } from './lines.ts';
import { naming, only, type Selection, selected, started } from './select.ts';

type Explained = ReturnType<Traces.Machine['explain']> & { readonly step: number; readonly operation: Traces.Json };

export function explainTraces(file: string, options: Selection & { readonly step?: number }): void {
  const traces = selected(file, options);
  if (options.from !== undefined) only(traces, '--from');
  const reports = traces.map((trace) => ({ id: trace.id, heading: heading(trace), steps: explained(file, trace, options) }));
  print(options, { traces: reports.map(({ id, steps }) => ({ id, steps })) }, () =>
    reports.map((report) => [report.heading, ...report.steps.flatMap(lines)].join('\n')).join('\n\n'),
  );
}

type Part = { readonly step?: number; readonly from?: string };

function explained(file: string, trace: Traces.Trace, { step: wanted, from }: Part): readonly Explained[] {
  const last = trace.steps.length - 1;
  if (wanted !== undefined && wanted > last) usage('--step', `trace ${printable(trace.id)} has steps 0 to ${last}`);
  const machine = started(trace, from);
  const all = trace.steps.slice(0, wanted === undefined ? undefined : wanted + 1);
  const steps = all.map(({ json }, step) => ({ step, operation: json, ...naming(file, () => explain(trace, machine, step)) }));
  return wanted === undefined ? steps : steps.slice(-1);
}

function lines({ step, operation, result, intermediates }: Explained): string[] {
  const width = Math.max(0, ...intermediates.map(({ what }) => what.length));
  return [
    stepLine(step, operation),
    ...intermediates.map(({ what, expr, value }) => printable(`${INDENT}${what.padEnd(width)}  ${expr} = ${value}`)),
    `${INDENT}${resultText(result)}`,
  ];
}
