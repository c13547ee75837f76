// satlock ledger run --against: the same steps under two versions of the contracts, and where they part.
import * as StateDifferences from '../../../restaking/StateDifferences.ts';
import * as Traces from '../../../restaking/Traces.ts';
import { print, printable, usage } from '../../io.ts';
import { heading, INDENT, resultText, stepLine } from './lines.ts';
import { naming, type Selection, selected } from './select.ts';
import { fields } from './table.ts';

export type DiffOptions = Selection & { readonly against: string; readonly save?: string };

type Report = {
  readonly id: string;
  readonly heading: string;
  /** Before and after. */
  readonly profiles: readonly [string, string];
  readonly steps: readonly StepDiff[];
};
type StepDiff = {
  readonly step: number;
  readonly operation: Traces.Json;
  readonly results: { readonly before: Traces.Result; readonly after: Traces.Result };
  /** Of the results, and of the states after the step. */
  readonly differences: readonly Named[];
};
/** Values under the first profile and under the second. */
type Named = { readonly field: string; readonly before: string; readonly after: string };

/** A difference is what was asked for: it is no failure. */
export function diffTraces(file: string, options: DiffOptions): void {
  for (const option of ['from', 'save'] as const) if (options[option] !== undefined) usage(`--${option}`, 'does not go with --against');
  const after = selected(file, options, options.against);
  const reports = selected(file, options).map((trace, i) => compared(file, trace, after[i] as Traces.Trace));
  print(options, { traces: reports.map(({ heading: _, ...report }) => report) }, () => reports.map(textOf).join('\n\n'));
}

/** Steps whose results differ, and those after which the states differ in another way than before. */
function compared(file: string, before: Traces.Trace, after: Traces.Trace): Report {
  const [one, other] = [before.start(), after.start()];
  const profiles = [profileOf(one), profileOf(other)] as const;
  let last = '[]';
  const steps = before.steps.flatMap(({ json }, step) => {
    const [first, second] = naming(file, () => [Traces.step(before, one, step), Traces.step(after, other, step)] as const);
    const ofResults = StateDifferences.ofResults(first, second, 'result');
    const ofStates = StateDifferences.between(one.state(), other.state(), 'state');
    const seen = JSON.stringify(ofStates);
    if (seen === last && ofResults.length === 0) return [];
    last = seen;
    const differences = [...ofResults, ...ofStates].map(({ field, expected, got }) => ({ field, before: expected, after: got }));
    return [{ step, operation: json, results: { before: first, after: second }, differences }];
  });
  return { id: before.id, heading: heading(before), profiles, steps };
}

function profileOf(machine: Traces.Machine): string {
  const { config } = machine.save() as { readonly config?: Traces.Json };
  return String(fields(config)['profile']);
}

function textOf({ heading: title, profiles, steps }: Report): string {
  const seen = new Map<string, string>();
  const lines = steps.flatMap((step) => stepLines(step, seen));
  return [`${title} (${profiles[0]} -> ${profiles[1]})`, ...(lines.length === 0 ? [`${INDENT}no difference`] : lines)].join('\n');
}

/** Of a step what is new: the rest of the state differs as it did. */
function stepLines({ step, operation, results, differences }: StepDiff, seen: Map<string, string>): string[] {
  const inResult = differences.some(({ field }) => field.startsWith('result'));
  const inState = differences.filter(({ field }) => field.startsWith('state'));
  const now = new Map(inState.map(({ field, before, after }) => [field.slice('state.'.length), `${before} -> ${after}`]));
  const fresh = [...now].filter(([field, values]) => seen.get(field) !== values);
  const isPart = (field: string, other: string): boolean => `${field}.`.startsWith(`${other}.`) || `${other}.`.startsWith(`${field}.`);
  const gone = [...seen.keys()].filter((field) => ![...now.keys()].some((other) => isPart(field, other)));
  seen.clear();
  for (const [field, values] of now) seen.set(field, values);
  return [
    stepLine(step, operation),
    ...(inResult ? [`${INDENT}${resultText(results.before)} -> ${resultText(results.after)}`] : []),
    ...fresh.map(([field, values]) => `${INDENT}${printable(`${field}: ${values}`)}`),
    ...gone.map((field) => `${INDENT}${printable(field)}: equal again`),
  ];
}
