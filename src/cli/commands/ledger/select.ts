// Which traces of which file, and where they start; errors that name the file.
import { fail, isSatlockError } from '../../../base/Errors.ts';
import * as Traces from '../../../restaking/Traces.ts';
import { printable, readJson, usage } from '../../io.ts';

export type Selection = {
  readonly trace?: readonly string[];
  readonly profile?: string;
  readonly ledger?: Traces.LedgerName;
  readonly from?: string;
  readonly json?: boolean;
};

/** @throws trace.*, cli.* */
export function selected(file: string, options: Selection, profile: string | undefined = options.profile): readonly Traces.Trace[] {
  if (options.from !== undefined && options.profile !== undefined) usage('--profile', 'does not go with --from: the snapshot has its own');
  const json = readJson(file);
  const { traces } = naming(file, () =>
    Traces.parse(json, {
      ...(profile === undefined ? {} : { profile }),
      ...(options.ledger === undefined ? {} : { ledger: options.ledger }),
    }),
  );
  const chosen = options.trace === undefined ? traces : options.trace.map((id) => byId(traces, id));
  const other = profile === undefined ? undefined : chosen.find(({ ledger }) => ledger !== 'eigenlayer');
  if (other !== undefined)
    usage(options.profile === undefined ? '--against' : '--profile', `trace ${printable(other.id)} is of Symbiotic, which has no profiles`);
  return chosen;
}

function byId(traces: readonly Traces.Trace[], id: string): Traces.Trace {
  const has = (): string => printable(traces.map((trace) => trace.id).join(', '));
  return traces.find((trace) => trace.id === id) ?? usage('--trace', `the file has no trace ${printable(id)}; it has ${has()}`);
}

/** The ledger at a trace's beginning, or as a snapshot has it. @throws ledger.bad-snapshot, cli.* */
export function started(trace: Traces.Trace, from: string | undefined): Traces.Machine {
  if (from === undefined) return trace.start();
  const saved = readJson(from, '--from');
  const machine = naming(from, () => Traces.resume(trace.ledger, saved));
  const { profile } = (saved as { readonly config: { readonly profile?: string } }).config;
  if (trace.profile !== profile)
    usage(
      '--from',
      `the snapshot is of ${printable(String(profile))}, trace ${printable(trace.id)} of ${String(trace.profile)}: its config can say so`,
    );
  return machine;
}

export function only(traces: readonly Traces.Trace[], option: string): void {
  if (traces.length !== 1) usage(option, `takes one trace, and there are ${traces.length}: choose with --trace`);
}

/** Runs what reads the file, or runs what it says. @throws the same errors, with the file's name */
export function naming<T>(file: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!isSatlockError(error)) throw error;
    return fail({ ...error.reason, file }, `${file}: ${sentence(error.reason, error.message)}`, { cause: error });
  }
}

/** The place once, the problem once. */
function sentence(reason: { readonly code: string }, message: string): string {
  const { trace, step, field, problem } = reason as Partial<Record<string, string | number>>;
  const own = (text: string): string => text.replace(/( \[[a-z0-9.-]+\])+$/, '');
  if (field === undefined || problem === undefined) return own(message);
  const what = own(String(problem));
  const place = step === undefined ? '' : `trace ${trace}, step ${step}: `;
  return `${place}${what.startsWith(`${field}: `) ? what : `${field}: ${what}`}`;
}
