// A Symbiotic V1 ledger as one thing: one vault with its delegator and slasher, made from a configuration, changed by operations, forked,
// saved, explained. Each operation is one transaction of the contract function that it names; the functions themselves are in the files named
// as the contracts of symbioticfi/core.
import * as Check from '../../base/Check.ts';
import type { Intermediate } from '../state/intermediate.ts';
import { type Outcome, outcome } from '../state/Revert.ts';
import { Store } from '../state/store.ts';
import * as Config from './Config.ts';
import { checkSaved } from './consistency.ts';
import { dispatch } from './dispatch.ts';
import type { Operation } from './Operations.ts';
import type { Reason as RequestReason } from './requests.ts';
import { readSaved, SAVED_SCHEMA, type Saved, savedConfig } from './saved.ts';
import { State } from './state.ts';
import { type StateView, viewOf } from './stateView.ts';

export type { Intermediate } from '../state/intermediate.ts';
export type { Outcome } from '../state/Revert.ts';
export type { Saved } from './saved.ts';
export type { StateView } from './stateView.ts';

/** All state of the contracts; nothing outside changes it but the functions that take it. */
export type Ledger = State;

/** What operations return, by the names of the contracts' return values. */
export type Results = Readonly<Record<string, unknown>>;

export type Reason = RequestReason;

/**
 * An empty vault. {@link Config.DEFAULTS} where `config` is silent.
 *
 * @throws input.*, symbiotic.unknown-type, symbiotic.bad-id, symbiotic.duplicate-id, symbiotic.unknown-id, symbiotic.unused-field
 */
export function create(config: Partial<Config.Config> & Pick<Config.Config, 'networks' | 'operators'>): Ledger {
  return new State(Config.config(Check.object(config, 'config')), new Store());
}

/**
 * Does one operation as one transaction. Refused by the contract, it is a value with the deployed error name, and nothing has changed.
 *
 * @throws input.*, symbiotic.bad-id, symbiotic.no-such-function - for what no caller of the contracts could send
 */
export function apply(ledger: Ledger, operation: Operation): Outcome<Results> {
  return outcome(() => ledger.store.atomic(() => ({ ...dispatch(ledger, operation) })));
}

/** Does the operation, and tells every integer that was rounded on the way, in order. */
export function explain(
  ledger: Ledger,
  operation: Operation,
): { readonly outcome: Outcome<Results>; readonly intermediates: readonly Intermediate[] } {
  const intermediates: Intermediate[] = [];
  ledger.note = (what, expr, value) => intermediates.push({ what, expr, value });
  try {
    return { outcome: apply(ledger, operation), intermediates };
  } finally {
    ledger.note = undefined;
  }
}

/** An independent ledger with the same state. What neither side has changed since is shared: it costs the same for any number of accounts. */
export function fork(ledger: Ledger): Ledger {
  return new State(ledger.config, ledger.store.fork());
}

/**
 * Everything as decimal text, in the form of the traces' `state`. O(n log n) in what the ledger holds.
 *
 * @param subnetworks keys `net:id` to list in `stakes` besides those that accepted operations named
 */
export function view(ledger: Ledger, subnetworks: Iterable<string> = []): StateView {
  return viewOf(ledger, subnetworks);
}

/** The whole state as plain JSON; equal states give equal text. */
export function toJson(ledger: Ledger): Saved {
  return { schema: SAVED_SCHEMA, config: savedConfig(ledger.config), tables: ledger.store.save() };
}

/**
 * The ledger that `toJson` wrote: it goes on identically.
 *
 * @throws ledger.bad-snapshot, input.*, symbiotic.*
 */
export function fromJson(json: unknown): Ledger {
  const { config, tables } = readSaved(json);
  const store = Store.load(tables);
  const ledger = new State(Config.config(config), store);
  store.claimed();
  checkSaved(ledger);
  return ledger;
}
