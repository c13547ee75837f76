// What a refusal by the chain means for a provider: by codespace and code, and by words only where there is no code. Finality-provider
// clientcontroller/retry_utils.go and clientcontroller/babylon/consumer.go search the whole text; a refusal that quotes another one misleads them.
import * as Check from '../base/Check.ts';
import { EOTS, FINALITY } from './finality/errors.ts';

export type Reason = Check.Reason;

/** What a node says of a transaction: a result has codespace and code, the error of a simulation has words alone. */
export type Answer = { readonly codespace?: string | undefined; readonly code?: number | undefined; readonly log?: string | undefined };

/** What to do. */
export type Action =
  /** Nothing was refused. */
  | 'accepted'
  /** This message is useless, the others are not: take it out and send the rest. */
  | 'drop-message'
  /** The same message may pass later. */
  | 'later'
  /** Sending again may help: it says nothing of the messages. */
  | 'retry'
  /** No repetition helps: somebody has to look. */
  | 'give-up'
  /** The provider is jailed: wait for its unjailing. */
  | 'jailed'
  /** The provider is slashed, for ever. */
  | 'slashed';

export type Meaning = {
  readonly action: Action;
  /** `finality/1109`; undefined where no code was given and none could be told from the words. */
  readonly code: string | undefined;
  /** Which message of the transaction was refused, from 0; the chain says it in words only. */
  readonly messageIndex: number | undefined;
  /** The words decided, for lack of a code. */
  readonly byText: boolean;
};

/** By code, in the order of the modules. What is not here is retried. */
const ACTIONS: Readonly<Record<string, Action>> = {
  'finality/1100': 'give-up',
  'finality/1103': 'give-up',
  'finality/1104': 'give-up',
  'finality/1105': 'give-up',
  'finality/1106': 'give-up',
  'finality/1108': 'give-up',
  'finality/1109': 'drop-message',
  'finality/1111': 'later',
  'finality/1112': 'later',
  'finality/1115': 'later',
  'finality/1116': 'drop-message',
  'finality/1117': 'give-up',
  'finality/1122': 'give-up',
  'btcstaking/1100': 'give-up',
  'btcstaking/1103': 'give-up',
  'btcstaking/1104': 'slashed',
  'btcstaking/1111': 'give-up',
  'btcstaking/1112': 'give-up',
  'btcstaking/1121': 'jailed',
  'btcstaking/1122': 'give-up',
  'btcstaking/1125': 'give-up',
};

/** Descriptions that an error ends with, for errors without a code; those of two modules differ in their words. */
const WORDS: readonly (readonly [words: string, code: string])[] = [
  ...Object.entries(FINALITY).map(([code, words]) => [words, `finality/${code}`] as const),
  ['the finality provider is not found', 'btcstaking/1100'],
  ['the finality provider has already been registered', 'btcstaking/1103'],
  ['the finality provider has already been slashed', 'btcstaking/1104'],
  ['the finality provider has already been jailed', 'btcstaking/1121'],
  ['the finality provider is not jailed', 'btcstaking/1122'],
];

/** The code of an error that has none of its own. */
const NO_CODE = 'undefined/1';

/**
 * What an answer means. A code decides alone, whatever the words quote; errors of EOTS verification, which have no code, and simulations are told by
 * their words.
 *
 * @throws input.*
 * @source finality-provider clientcontroller/retry_utils.go, clientcontroller/babylon/consumer.go
 */
export function classify(answer: Answer): Meaning {
  const { codespace, code, log = '' } = Check.object(answer, 'answer');
  if (codespace !== undefined) Check.text(codespace, 'codespace');
  if (code !== undefined) Check.integer(code, 'code', 0, 0xffff_ffff);
  const text = Check.text(log, 'log');
  const messageIndex = indexIn(text);
  if (code === 0) return { action: 'accepted', code: undefined, messageIndex: undefined, byText: false };
  const known = code === undefined || codespace === undefined || codespace === '' ? undefined : `${codespace}/${code}`;
  if (known !== undefined && known !== NO_CODE) return { action: ACTIONS[known] ?? 'retry', code: known, messageIndex, byText: false };
  if (Object.values(EOTS).some((words) => text.includes(words))) return { action: 'give-up', code: known, messageIndex, byText: true };
  if (known === NO_CODE) return { action: 'retry', code: known, messageIndex, byText: false };
  const told = lastWords(text);
  return { action: told === undefined ? 'retry' : (ACTIONS[told] ?? 'retry'), code: told, messageIndex, byText: true };
}

/** The code whose description stands last: what is wrapped around an error stands in front of it. */
function lastWords(text: string): string | undefined {
  let found: { readonly at: number; readonly code: string } | undefined;
  for (const [words, code] of WORDS) {
    const at = text.lastIndexOf(words);
    if (at >= 0 && (found === undefined || at > found.at)) found = { at, code };
  }
  return found?.code;
}

/** Of several numbers the last is the innermost. */
function indexIn(text: string): number | undefined {
  const [, digits] = [...text.matchAll(/message index: ([0-9]{1,9})/g)].at(-1) ?? [];
  return digits === undefined ? undefined : Number(digits);
}
