// satlock ledger explain: which floor, which factor.
import * as Traces from '../../../restaking/Traces.ts';
import { print, printable, usage } from '../../io.ts';
import { heading, operationText, resultText, type Selection, selected } from './select.ts';

type Explained = ReturnType<Traces.Machine['explain']> & { readonly step: number; readonly operation: Traces.Json };

export function explainTraces(file: string, options: Selection & { readonly step?: number }): void {
  const traces = selected(file, options);
  const reports = traces.map((trace) => ({ id: trace.id, heading: heading(trace), steps: explained(trace, options.step) }));
  print(options, { traces: reports.map(({ id, steps }) => ({ id, steps })) }, () =>
    reports.map((report) => [report.heading, ...report.steps.flatMap(lines)].join('\n')).join('\n\n'),
  );
}

function explained(trace: Traces.Trace, only: number | undefined): readonly Explained[] {
  const last = trace.steps.length - 1;
  if (only !== undefined && only > last) usage('--step', `trace ${printable(trace.id)} has steps 0 to ${last}`);
  const machine = trace.start();
  const steps: Explained[] = [];
  for (const [step, { json }] of trace.steps.slice(0, only === undefined ? undefined : only + 1).entries()) {
    const found = Traces.explain(trace, machine, step);
    if (only === undefined || step === only) steps.push({ step, operation: json, ...found });
  }
  return steps;
}

function lines({ step, operation, result, intermediates }: Explained): string[] {
  const width = Math.max(0, ...intermediates.map(({ what }) => what.length));
  return [
    `${String(step).padStart(5)}  ${operationText(operation)}`,
    ...intermediates.map(({ what, expr, value }) => printable(`       ${what.padEnd(width)}  ${expr} = ${value}`)),
    `       ${resultText(result)}`,
  ];
}
