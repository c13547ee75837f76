// What the chain would answer to a provider's message, before it is sent: its questions in its order, with its codes; and what becomes of a vote.
// Babylon x/finality/keeper/msg_server.go, x/finality/types/msg.go, x/btcstaking/keeper/{msg_server,finality_providers}.go.
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Ecc from '../crypto/Ecc.ts';
import { every, type Failure, first, type Step, type Verdict, type Warning } from './chain/verdict.ts';
import * as FinalityView from './FinalityView.ts';
import * as CommitRules from './finality/commitRules.ts';
import * as Consequences from './finality/consequence.ts';
import type { Base } from './finality/context.ts';
import * as CreateProviderRules from './finality/createProviderRules.ts';
import * as UnjailRules from './finality/unjailRules.ts';
import * as VoteRules from './finality/voteRules.ts';
import type { Message } from './Message.ts';

export type { Failure, Verdict, Warning } from './chain/verdict.ts';
export type { Consequence } from './finality/consequence.ts';

export type Reason = Check.Reason | FinalityView.Reason | { readonly code: 'finality-rules.not-checked'; readonly typeUrl: string };

/** The messages that are judged here; `Registration.check` judges those of delegations and the evidence of selective slashing. */
export type Checked = Message<
  | '/babylon.finality.v1.MsgCommitPubRandList'
  | '/babylon.finality.v1.MsgAddFinalitySig'
  | '/babylon.finality.v1.MsgUnjailFinalityProvider'
  | '/babylon.btcstaking.v1.MsgCreateFinalityProvider'
>;

/** Every refusal at once. */
export type Report = { readonly ok: boolean; readonly failures: readonly Failure[]; readonly warnings: readonly Warning[] };

/** The rules of one kind of message. */
type Rules<V> = {
  readonly NAME: string;
  readonly STEPS: readonly Step<Base<V>>[];
  readonly OWN?: readonly Step<Base<V>>[];
  readonly checkValue: (value: V) => void;
  readonly warnings: (base: Base<V>) => readonly Warning[];
};

type Case = {
  readonly first: () => Failure | undefined;
  readonly all: () => readonly Failure[];
  readonly warnings: () => readonly Warning[];
};

function bind<V>(rules: Rules<V>, value: V, view: FinalityView.FinalityView, ecc: Ecc.Ecc): Case {
  rules.checkValue(value);
  const base = { value, view, ecc };
  const steps = [...rules.STEPS, ...(rules.OWN ?? [])];
  const named = (failure: Failure): Failure => ({ ...failure, check: `${rules.NAME}.${failure.check}` });
  return {
    first: () => {
      const failure = first(steps, base);
      return failure === undefined ? undefined : named(failure);
    },
    all: () => every(steps, base).map(named),
    warnings: () => rules.warnings(base),
  };
}

function caseOf(message: Message, given: FinalityView.FinalityView, ecc: Ecc.Ecc): Case {
  Check.object(message, 'message');
  const typeUrl = Check.text(message.typeUrl, 'message.typeUrl');
  Check.object(message.value, 'message.value');
  const view = FinalityView.check(given);
  switch (message.typeUrl) {
    case '/babylon.finality.v1.MsgCommitPubRandList':
      return bind(CommitRules, message.value, view, ecc);
    case '/babylon.finality.v1.MsgAddFinalitySig':
      return bind(VoteRules, message.value, view, ecc);
    case '/babylon.finality.v1.MsgUnjailFinalityProvider':
      return bind(UnjailRules, message.value, view, ecc);
    case '/babylon.btcstaking.v1.MsgCreateFinalityProvider':
      return bind(CreateProviderRules, message.value, view, ecc);
    default:
      return fail<Reason>({ code: 'finality-rules.not-checked', typeUrl }, `no checks are known here for ${typeUrl}`);
  }
}

/**
 * What the chain would answer to a message in the next block: its first refusal in its own order, by codespace, code and text, with our code and
 * the field. After its questions come ours (codespace `satlock`): a vote that the chain takes as evidence against the provider. A refused message
 * is a value, never an error.
 *
 * @differs scalars and coordinates that the chain reduces are refused; texts of libraries below the chain are shortened
 * @throws input.*, finality-view.*, finality-rules.not-checked - when the arguments are no message and no view
 * @source babylon x/finality/keeper/msg_server.go, x/btcstaking/keeper/finality_providers.go
 */
export function check(message: Message, view: FinalityView.FinalityView, ecc: Ecc.Ecc = Ecc.auto()): Verdict {
  const judge = caseOf(message, view, ecc);
  const failure = judge.first();
  const warnings = judge.warnings();
  return failure === undefined ? { ok: true, warnings } : { ok: false, ...failure, warnings };
}

/** Every refusal that does not merely follow from another one, in the chain's order; the first is that of {@link check}. @throws as {@link check} */
export function checkAll(message: Message, view: FinalityView.FinalityView, ecc: Ecc.Ecc = Ecc.auto()): Report {
  const judge = caseOf(message, view, ecc);
  const failures = judge.all();
  return { ok: failures.length === 0, failures, warnings: judge.warnings() };
}

/**
 * What becomes of a vote in the next block, honest or not: refused, counted, stored as half an evidence, or the end of the provider.
 *
 * @throws input.*, finality-view.*
 * @source babylon x/finality/keeper/msg_server.go AddFinalitySig
 */
export function consequenceOf(
  message: Message<'/babylon.finality.v1.MsgAddFinalitySig'>,
  view: FinalityView.FinalityView,
  ecc: Ecc.Ecc = Ecc.auto(),
): Consequences.Consequence {
  const { value } = Check.object(message, 'message');
  VoteRules.checkValue(Check.object(value, 'message.value'));
  return Consequences.of({ value, view: FinalityView.check(view), ecc });
}
