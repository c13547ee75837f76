// A trace and its steps in lines.
import type * as Traces from '../../../restaking/Traces.ts';
import { printable } from '../../io.ts';

/** Under a step's number. */
export const INDENT = '       ';

export function heading({ id, title }: Pick<Traces.Trace, 'id' | 'title'>): string {
  return printable(title === undefined ? id : `${id}: ${title}`);
}

/** `    4  deposit staker=alice strategy=S1 amount=1000`. */
export function stepLine(step: number, operation: Traces.Json): string {
  return `${String(step).padStart(5)}  ${operationText(operation)}`;
}

function operationText(json: Traces.Json): string {
  const { op, ...fields } = json as { readonly [key: string]: Traces.Json };
  return printable([String(op), ...Object.entries(fields).map(([key, value]) => `${key}=${valueText(value)}`)].join(' '));
}

/** `ok shares=1000`, or `refused: FullySlashed`. */
export function resultText(result: Traces.Json): string {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return printable(valueText(result));
  const { ok, error, ...values } = result as Traces.Result;
  if (ok !== true) return `refused: ${printable(valueText(error ?? null))}`;
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

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
