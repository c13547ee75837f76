// Traces: histories of a ledger as files ("restaking-trace/1"), read strictly, run step by step.
// A whole file is read before anything runs: an unknown operation in the last step refuses the first.
import * as Check from '../base/Check.ts';
import { fail, isSatlockError, type SatlockError } from '../base/Errors.ts';
import { eigenLayerKind } from './trace/eigenlayer.ts';
import { checkExpected } from './trace/expected.ts';
import { isObject, type Json } from './trace/json.ts';
import type { Kind, Machine, Result } from './trace/machine.ts';
import { symbioticKind } from './trace/symbiotic.ts';

export type { Intermediate } from './state/intermediate.ts';
export type { Json } from './trace/json.ts';
export type { Machine, Result } from './trace/machine.ts';

export const SCHEMA = 'restaking-trace/1';

export const LEDGERS = ['eigenlayer', 'symbiotic'] as const;
export type LedgerName = (typeof LEDGERS)[number];

export type Step = {
  /** As the file has it. */
  readonly json: Json;
  readonly name: string;
  readonly operation: unknown;
  /** What the file says came of it; it may say nothing. */
  readonly expected: { readonly result?: Json; readonly intermediates?: Json; readonly state?: Json };
};

export type Trace = {
  readonly id: string;
  readonly title?: string;
  readonly why?: string;
  readonly ledger: LedgerName;
  /** The version of the EigenLayer contracts; Symbiotic has one only. */
  readonly profile?: string;
  /** A new ledger at the trace's beginning. */
  readonly start: () => Machine;
  readonly steps: readonly Step[];
};

export type TraceFile = { readonly source?: string; readonly traces: readonly Trace[] };

export type Reason =
  | Check.Reason
  | { readonly code: 'trace.bad-file'; readonly field: string; readonly problem: string }
  | { readonly code: 'trace.bad-step'; readonly trace: string; readonly step: number; readonly field: string; readonly problem: string };

export type Options = {
  /** The profile of the EigenLayer contracts, over what the file says. */
  readonly profile?: string;
  /** The kind of ledger, over what the traces look like. */
  readonly ledger?: LedgerName;
};

const KINDS: { readonly [K in LedgerName]: Kind } = { eigenlayer: eigenLayerKind, symbiotic: symbioticKind };
/** Traces may also stand in a file of the vectors' format, by its kind. */
const SCHEMAS: readonly unknown[] = [SCHEMA, 'satlock-vectors/1'];
const FILE_FIELDS = ['schema', 'kind', 'profile', 'source', 'traces'];
const TRACE_FIELDS = ['id', 'name', 'title', 'why', 'config', 'steps'];
const STEP_FIELDS = ['op', 'result', 'intermediates', 'state'];

/** Whether JSON looks like traces: so that another format can be tried where it does not. */
export function isTraceFile(json: unknown): boolean {
  if (Array.isArray(json)) return isObject(json[0]) && Object.hasOwn(json[0], 'steps');
  if (!isObject(json)) return false;
  return (
    json['schema'] === SCHEMA ||
    ['traces', 'steps'].some((field) => Object.hasOwn(json, field)) ||
    LEDGERS.some((one) => json['kind'] === `${one}.trace`)
  );
}

/**
 * Reads a file of traces: an object with `traces`, a bare list of traces, or one trace alone.
 *
 * @throws trace.bad-file - the file's or a trace's own fields
 * @throws trace.bad-step - an unknown operation, or a field that is not as it should be: with the trace, the step (from 0) and the field
 */
export function parse(json: unknown, options: Options = {}): TraceFile {
  const file = fileOf(json);
  const fileProfile = textOf(file, 'profile', 'profile');
  const seen = new Set<string>();
  const list = listOf(file['traces'], 'traces');
  // Of no traces all would be as expected.
  if (list.length === 0) badFile('traces', 'expected at least one');
  const traces = list.map((one, i) => parseTrace(one, `traces[${i}]`, { ...options, kind: file['kind'], fileProfile }));
  for (const { id } of traces) {
    if (seen.has(id)) badFile('id', `two traces have the id ${id}`);
    seen.add(id);
  }
  const source = textOf(file, 'source', 'source');
  return { ...(source === undefined ? {} : { source }), traces };
}

/**
 * Runs one step.
 *
 * @throws trace.bad-step - the operation is no refusal of the contracts, but names what does not exist
 */
export function step(trace: Trace, machine: Machine, index: number): Result {
  return guarded(trace, index, ({ operation }) => machine.apply(operation));
}

/** Runs one step and tells every rounded integer. @throws trace.bad-step */
export function explain(trace: Trace, machine: Machine, index: number): ReturnType<Machine['explain']> {
  return guarded(trace, index, ({ operation }) => machine.explain(operation));
}

/** A ledger that goes on from a snapshot. @throws ledger.bad-snapshot, input.* */
export function resume(ledger: LedgerName, saved: unknown): Machine {
  return KINDS[ledger].resume(saved);
}

function guarded<T>(trace: Trace, index: number, run: (one: Step) => T): T {
  const one = trace.steps[index];
  if (one === undefined) return Check.outOfRange('step', 0n, BigInt(trace.steps.length - 1), String(index));
  try {
    return run(one);
  } catch (error) {
    return badStep(trace.id, index, error);
  }
}

type Given = Readonly<Record<string, unknown>>;

function fileOf(json: unknown): Given {
  if (Array.isArray(json)) return { traces: json };
  if (!isObject(json)) return badFile('file', `expected an object, got ${Check.kindOf(json)}`);
  // One trace alone.
  if (Object.hasOwn(json, 'steps')) return { traces: [json] };
  onlyFields(json, FILE_FIELDS, '');
  const { schema } = json;
  if (schema !== undefined && !SCHEMAS.includes(schema)) return badFile('schema', `expected ${SCHEMAS.join(' or ')}`);
  return json;
}

function parseTrace(
  json: unknown,
  place: string,
  options: Options & { readonly kind: unknown; readonly fileProfile: string | undefined },
): Trace {
  if (!isObject(json)) return badFile(place, `expected an object, got ${Check.kindOf(json)}`);
  onlyFields(json, TRACE_FIELDS, `${place}.`);
  const id = textOf(json, 'id', `${place}.id`) ?? textOf(json, 'name', `${place}.name`) ?? place;
  const config = json['config'] as Json;
  const ledger = options.ledger ?? ledgerOf(options.kind, config);
  const kind = KINDS[ledger];
  const title = textOf(json, 'title', `${place}.title`);
  const why = textOf(json, 'why', `${place}.why`);
  const profiles = { over: options.profile, otherwise: options.fileProfile };
  const { start, profile } = inFile(place, () => kind.start(config, profiles));
  const read = inFile(place, () => kind.operations(config));
  const steps = listOf(json['steps'], `${place}.steps`).map((one, i) =>
    parseStep(one, `${place}.steps[${i}]`, (operation) => {
      try {
        return read(operation);
      } catch (error) {
        return badStep(id, i, error);
      }
    }),
  );
  const texts = { ...(title === undefined ? {} : { title }), ...(why === undefined ? {} : { why }) };
  return { id, ...texts, ledger, ...(profile === undefined ? {} : { profile }), start, steps };
}

function parseStep(json: unknown, place: string, read: (operation: unknown) => unknown): Step {
  if (!isObject(json)) return badFile(place, `expected an object, got ${Check.kindOf(json)}`);
  onlyFields(json, STEP_FIELDS, `${place}.`);
  if (!Object.hasOwn(json, 'op')) return badFile(`${place}.op`, 'missing');
  const operation = read(json['op']);
  const { op: given, ...expected } = json as { readonly op: Json };
  checkExpected(expected, place, badFile);
  return { json: given, name: String((given as Given)['op']), operation, expected };
}

/** By the file's `kind`, else by the configuration: only Symbiotic's has epochs. */
function ledgerOf(kind: unknown, config: unknown): LedgerName {
  const named = LEDGERS.find((one) => kind === `${one}.trace`);
  if (named !== undefined) return named;
  if (kind !== undefined) return badFile('kind', `expected ${LEDGERS.map((one) => `${one}.trace`).join(' or ')}`);
  return isObject(config) && Object.hasOwn(config, 'epochDuration') ? 'symbiotic' : 'eigenlayer';
}

function onlyFields(given: Given, known: readonly string[], prefix: string): void {
  for (const key of Object.keys(given)) if (!known.includes(key)) badFile(`${prefix}${key}`, 'no such field');
}

function textOf(given: Given, key: string, field: string): string | undefined {
  const value = given[key];
  if (value === undefined || (typeof value === 'string' && value !== '')) return value;
  return badFile(field, `expected text, got ${Check.kindOf(value)}`);
}

function listOf(value: unknown, field: string): readonly unknown[] {
  return Array.isArray(value) ? value : badFile(field, value === undefined ? 'missing' : `expected a list, got ${Check.kindOf(value)}`);
}

function inFile<T>(place: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!isSatlockError(error)) throw error;
    const { field, problem } = wordsOf(error);
    return badFile(field === undefined || field === '' ? `${place}.config` : `${place}.config.${field}`, problem, error);
  }
}

/** The field of an error and what is wrong with it, each said once. */
function wordsOf(error: SatlockError): { readonly field?: string; readonly problem: string } {
  const { field, problem } = error.reason as { readonly field?: string; readonly problem?: string };
  if (problem !== undefined) return { ...(field === undefined ? {} : { field }), problem };
  const words = error.message.replace(/ \[[a-z.-]+\]$/, '');
  if (field === undefined) return { problem: words };
  return { field, problem: words.startsWith(`${field}: `) ? words.slice(field.length + 2) : words };
}

function badFile(field: string, problem: string, cause?: unknown): never {
  fail<Reason>({ code: 'trace.bad-file', field, problem }, `${field}: ${problem}`, { cause });
}

function badStep(trace: string, index: number, error: unknown): never {
  if (!isSatlockError(error)) throw error;
  const { field = 'op', problem } = wordsOf(error);
  fail<Reason>({ code: 'trace.bad-step', trace, step: index, field, problem }, `trace ${trace}, step ${index}: ${field}: ${problem}`, {
    cause: error,
  });
}
