// An EigenLayer ledger as one thing: made from a configuration, changed by operations, forked, saved, explained.
// Each operation is one transaction of the contract function that it names; the functions themselves are in the files named as the contracts.
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import type { Intermediate } from '../state/intermediate.ts';
import { type Outcome, outcome } from '../state/Revert.ts';
import { Store } from '../state/store.ts';
import * as Config from './Config.ts';
import { checkSaved } from './ledger/consistency.ts';
import { dispatch } from './ledger/dispatch.ts';
import { transaction } from './ledger/requests.ts';
import type { ResultOf } from './ledger/results.ts';
import { readSaved, SAVED_SCHEMA, type Saved, savedConfig } from './ledger/saved.ts';
import { State } from './ledger/state.ts';
import { viewOf } from './ledger/stateView.ts';
import type { StateView } from './ledger/stateViewTypes.ts';
import * as Operations from './Operations.ts';

export type { Intermediate } from '../state/intermediate.ts';
export type { Outcome } from '../state/Revert.ts';
export type { ResultOf } from './ledger/results.ts';
export type { Saved } from './ledger/saved.ts';
export type {
  AllocationView,
  Amounts,
  CheckpointView,
  OperatorSetView,
  OperatorView,
  PodView,
  StakerView,
  StateView,
  VaultView,
  WithdrawalView,
} from './ledger/stateViewTypes.ts';

/** All state of the contracts; nothing outside changes it but the functions that take it. */
export type Ledger = State;

export type Reason = Config.Reason | Operations.Reason;

/**
 * An empty ledger. Mainnet's delays where `config` is silent.
 *
 * @throws input.*, eigenlayer.* - as {@link Config.config}
 */
export function create(config: Config.Given): Ledger {
  return new State(Config.config(config), new Store());
}

/**
 * Does one operation as one transaction. Refused by the contract, it is a value with the deployed error name, and nothing has changed.
 *
 * @throws operation.unknown, operation.bad-field, operation.unreadable, input.*, eigenlayer.* - for what no caller of the contracts could send
 */
export function apply<O extends Operations.Operation>(ledger: Ledger, operation: O): Outcome<ResultOf<O['op']>> {
  checkLedger(ledger);
  const taken = Operations.take(operation) as O;
  return outcome(() => transaction(ledger, () => dispatch(ledger, taken)));
}

/** Without types anything can stand in the place of the ledger. @throws input.not-object */
function checkLedger(ledger: Ledger): void {
  if (!(ledger instanceof State)) {
    const got = Check.kindOf(ledger);
    fail<Check.Reason>({ code: 'input.not-object', field: 'ledger', got }, `ledger: expected what create or fromJson returned, got ${got}`);
  }
}

/** Does the operation, and tells every integer that was rounded on the way, in order. */
export function explain<O extends Operations.Operation>(
  ledger: Ledger,
  operation: O,
): { readonly outcome: Outcome<ResultOf<O['op']>>; readonly intermediates: readonly Intermediate[] } {
  checkLedger(ledger);
  const intermediates: Intermediate[] = [];
  ledger.note = (what, expr, value) => intermediates.push({ what, expr, value });
  try {
    return { outcome: apply(ledger, operation), intermediates };
  } finally {
    ledger.note = undefined;
  }
}

/** An independent ledger with the same state. What neither side has changed since is shared: it costs the same for any number of stakers. */
export function fork(ledger: Ledger): Ledger {
  checkLedger(ledger);
  return new State(ledger.config, ledger.store.fork());
}

/**
 * Everything as decimal text, in the form of the traces' `state`. O(n log n) in what the ledger holds.
 *
 * @param options.splits keys of rewards splits (`avs|operator|avs`, `pi|operator`, `set|operator|avs|id`) to show beside those that were set
 */
export function view(ledger: Ledger, options: { readonly splits?: readonly string[] } = {}): StateView {
  checkLedger(ledger);
  return viewOf(ledger, options.splits);
}

/** The whole state as plain JSON; equal states give equal text. */
export function toJson(ledger: Ledger): Saved {
  checkLedger(ledger);
  return { schema: SAVED_SCHEMA, config: savedConfig(ledger.config), tables: ledger.store.save() };
}

/**
 * The ledger that `toJson` wrote: it goes on identically.
 *
 * @throws ledger.bad-snapshot, input.*, eigenlayer.*
 */
export function fromJson(json: unknown): Ledger {
  const { config, tables } = readSaved(json);
  const store = Store.load(tables);
  const ledger = new State(Config.config(config), store);
  store.claimed();
  checkSaved(ledger);
  return ledger;
}
