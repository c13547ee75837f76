// What a covenant member found out about a delegation: every numbered question with what was expected and what is there, in a fixed order.
import { isSatlockError } from '../../base/Errors.ts';

/**
 * `not-asked`: the delegation or the form gives no occasion (no expansion, no proof of possession). `not-reached`: an earlier refusal left
 * nothing to look at. `told`: a fact that decides nothing.
 */
export type Outcome = 'passed' | 'failed' | 'not-asked' | 'not-reached' | 'told';

/** The answer to one question. Amounts and heights are decimal text, bytes hex. */
export type Item = {
  /** Place in the list; it stays the same from report to report. */
  readonly number: number;
  /** Stable name, such as `unbonding.fee`. */
  readonly check: string;
  readonly what: string;
  readonly outcome: Outcome;
  readonly expected?: string;
  readonly got?: string;
  /** Our code of the fault. */
  readonly why?: string;
  /** The chain's codespace and code for this question, where it asks it. */
  readonly reference?: string;
};

/** An answer without its place. */
export type Finding = {
  readonly outcome: Outcome;
  readonly expected?: string;
  readonly got?: string;
  readonly why?: string;
};

/** A question: its name, its words, the chain's code, and how it is answered. */
export type Question<C> = {
  readonly check: string;
  readonly what: string;
  readonly reference?: string;
  readonly ask: (context: C) => Finding;
};

/** Asks every question in order. What a module below refuses is the answer; errors that are not ours pass. */
export function askAll<C>(questions: readonly Question<C>[], context: C): readonly Item[] {
  return questions.map(({ check, what, reference, ask }, i) => ({
    number: i + 1,
    check,
    what,
    ...answered(ask, context),
    ...(reference === undefined ? {} : { reference }),
  }));
}

function answered<C>(ask: (context: C) => Finding, context: C): Finding {
  try {
    return ask(context);
  } catch (error) {
    if (!isSatlockError(error)) throw error;
    return { outcome: 'failed', got: error.message, why: error.code };
  }
}

export const passed = (expected: string, got: string = expected): Finding => ({ outcome: 'passed', expected, got });
export const failed = (expected: string, got: string, why: string): Finding => ({ outcome: 'failed', expected, got, why });
export const notAsked = (got: string): Finding => ({ outcome: 'not-asked', got });
export const notReached: Finding = { outcome: 'not-reached' };
export const told = (got: string, expected?: string): Finding => ({
  outcome: 'told',
  got,
  ...(expected === undefined ? {} : { expected }),
});

/** Passed when a condition holds. */
export function holds(condition: boolean, expected: string, got: string, why: string): Finding {
  return condition ? passed(expected, got) : failed(expected, got, why);
}

/** Passed when both are the same text. */
export function equal(expected: string, got: string, why: string): Finding {
  return holds(expected === got, expected, got, why);
}
