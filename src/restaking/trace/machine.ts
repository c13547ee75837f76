// What a trace needs of a ledger: both kinds of ledger are driven through this.
import type { Intermediate } from '../state/intermediate.ts';
import type { Json, JsonObject } from './json.ts';

/** `{ ok: true, … }` or `{ ok: false, error }`, as JSON. */
export type Result = JsonObject;

export type Machine = {
  /** Does a step's operation. @throws what is no refusal of the contracts but bad input */
  readonly apply: (operation: unknown) => Result;
  /** Does it, and tells every rounded integer. */
  readonly explain: (operation: unknown) => { readonly result: Result; readonly intermediates: readonly Intermediate[] };
  readonly state: () => JsonObject;
  /** The ledger as JSON, from which it can go on. */
  readonly save: () => unknown;
};

/** Versions of the contracts: what is asked for comes before the trace's own, and that before the file's. */
export type Profiles = { readonly over?: string | undefined; readonly otherwise?: string | undefined };

/** One kind of ledger. */
export type Kind = {
  /** The trace's `config`, read once for all machines that it starts. @throws trace.bad-config */
  readonly start: (config: Json, profiles: Profiles) => { readonly start: () => Machine; readonly profile?: string };
  /** What reads a step's `op`, for all steps of a trace. @throws operation.unknown, operation.bad-field */
  readonly operations: (config: Json) => (json: unknown) => unknown;
  /** A machine that goes on from what `save` gave. @throws ledger.bad-snapshot */
  readonly resume: (saved: unknown) => Machine;
};
