// satlock ledger run --against: the same steps under two versions of the contracts, and where they part.
import * as StateDifferences from '../../../restaking/StateDifferences.ts';
import * as Traces from '../../../restaking/Traces.ts';
import { print, printable, usage } from '../../io.ts';
import { heading, operationText, type Selection, selected } from './select.ts';

export type DiffOptions = Selection & { readonly against: string; readonly from?: string; readonly save?: string };

type StepDiff = { readonly step: number; readonly operation: Traces.Json; readonly differences: readonly Named[] };
/** Values under the first profile and under the second. */
type Named = { readonly field: string; readonly before: string; readonly after: string };

/** A difference is what was asked for: it is no failure. */
export function diffTraces(file: string, options: DiffOptions): void {
  for (const option of ['from', 'save'] as const) if (options[option] !== undefined) usage(`--${option}`, 'does not go with --against');
  const before = selected(file, options);
  const after = selected(file, options, options.against);
  const reports = before.map((trace, i) => ({ id: trace.id, heading: heading(trace), steps: differing(trace, after[i] as Traces.Trace) }));
  print(options, { traces: reports.map(({ id, steps }) => ({ id, steps })) }, () =>
    reports.map((report) => [report.heading, ...textOf(report.steps)].join('\n')).join('\n\n'),
  );
}

/** Steps after which the two ledgers differ in another way than before. */
function differing(before: Traces.Trace, after: Traces.Trace): readonly StepDiff[] {
  const [one, other] = [before.start(), after.start()];
  let last = '';
  return before.steps.flatMap(({ json }, step) => {
    const results = StateDifferences.between(Traces.step(before, one, step), Traces.step(after, other, step), 'result');
    const found = [...results, ...StateDifferences.between(one.state(), other.state(), 'state')];
    const differences = found.map(({ field, expected, got }) => ({ field, before: expected, after: got }));
    const seen = JSON.stringify(differences);
    if (seen === last || differences.length === 0) return [];
    last = seen;
    return [{ step, operation: json, differences }];
  });
}

function textOf(steps: readonly StepDiff[]): string[] {
  if (steps.length === 0) return ['       no difference'];
  return steps.flatMap(({ step, operation, differences }) => [
    `${String(step).padStart(5)}  ${operationText(operation)}`,
    ...differences.map(({ field, before, after }) => `       ${printable(field)}: ${printable(before)} -> ${printable(after)}`),
  ]);
}
