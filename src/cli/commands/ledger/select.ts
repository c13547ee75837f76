// Which traces of which file, and how a step is written in one line.
import * as Traces from '../../../restaking/Traces.ts';
import { printable, readJson, usage } from '../../io.ts';

export type Selection = {
  readonly trace?: readonly string[];
  readonly profile?: string;
  readonly ledger?: Traces.LedgerName;
  readonly json?: boolean;
};

/** @throws trace.*, cli.* */
export function selected(file: string, options: Selection, profile: string | undefined = options.profile): readonly Traces.Trace[] {
  const { traces } = Traces.parse(readJson(file), {
    ...(profile === undefined ? {} : { profile }),
    ...(options.ledger === undefined ? {} : { ledger: options.ledger }),
  });
  if (options.trace === undefined) return traces;
  return options.trace.map(
    (id) =>
      traces.find((trace) => trace.id === id) ??
      usage('--trace', `the file has no trace ${printable(id)}; it has ${printable(traces.map((trace) => trace.id).join(', '))}`),
  );
}

export function only(traces: readonly Traces.Trace[], option: string): Traces.Trace {
  const [one] = traces;
  return one !== undefined && traces.length === 1
    ? one
    : usage(option, `takes one trace, and there are ${traces.length}: choose with --trace`);
}

export function heading({ id, title }: Traces.Trace): string {
  return printable(title === undefined ? id : `${id}: ${title}`);
}

/** `deposit staker=alice strategy=S1 amount=1000`. */
export function operationText(json: Traces.Json): string {
  const { op, ...fields } = json as { readonly [key: string]: Traces.Json };
  return printable([String(op), ...Object.entries(fields).map(([key, value]) => `${key}=${valueText(value)}`)].join(' '));
}

/** `ok shares=1000`, or `refused: FullySlashed`. */
export function resultText(result: Traces.Result): string {
  const { ok, error, ...values } = result;
  if (ok !== true) return `refused: ${printable(String(error))}`;
  return printable(['ok', ...Object.entries(values).map(([key, value]) => `${key}=${valueText(value)}`)].join(' '));
}

function valueText(value: Traces.Json): string {
  if (Array.isArray(value)) return `[${value.map((one: Traces.Json) => valueText(one)).join(',')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([key, one]) => `${key}:${valueText(one as Traces.Json)}`)
      .join(',')}}`;
  return String(value);
}
