// What is wrong with a recognised transaction, or worth a word: plain data with a code, so that all of it can be told at once.
import { isSatlockError } from '../../base/Errors.ts';

/** Every code, with what its facts are. Those that pass on another module's refusal have the refusal's own code in `cause`. */
export type Code =
  | 'recognise.no-params'
  | 'recognise.value-out-of-range'
  | 'recognise.time-out-of-range'
  | 'recognise.params-mismatch'
  | 'recognise.several-staking-outputs'
  | 'recognise.not-for-the-chain'
  | 'recognise.insane'
  | 'recognise.not-a-stake'
  | 'recognise.wrong-count'
  | 'recognise.lock-time'
  | 'recognise.version'
  | 'recognise.sequence'
  | 'recognise.script-sig'
  | 'recognise.wrong-output-script'
  | 'recognise.wrong-fee'
  | 'recognise.dust'
  | 'recognise.slashes-too-little'
  | 'recognise.immature'
  | 'recognise.key-path'
  | 'recognise.unreadable-witness'
  | 'recognise.other-output'
  | 'recognise.wrong-quorum'
  | 'recognise.invalid-signature'
  | 'recognise.unexpected-spend'
  | 'recognise.other-staker'
  | 'recognise.other-finality-provider'
  | 'recognise.covenant-overlap'
  | 'recognise.value-decreased'
  | 'recognise.wrong-input'
  | 'recognise.other-params-version'
  | 'recognise.overflow'
  | 'recognise.cap-unknown'
  | 'recognise.annex'
  | 'recognise.shape-only';

/** One problem or note. `cause` is the code of the check that failed, `reference` the text of the chain's own error where there is one. */
export type Problem = {
  readonly code: Code;
  readonly message: string;
  readonly facts: Readonly<Record<string, string | number>>;
  readonly cause?: string;
  readonly reference?: string;
};

type Facts = Readonly<Record<string, string | number | bigint>>;

/** A growing list of problems. */
export class Problems {
  readonly list: Problem[] = [];

  add(code: Code, message: string, facts: Facts = {}, reference?: string): void {
    const plain = Object.fromEntries(
      Object.entries(facts).map(([key, value]) => [key, typeof value === 'bigint' ? value.toString() : value]),
    );
    this.list.push({ code, message, facts: plain, ...(reference === undefined ? {} : { reference }) });
  }

  /** Adds the problem unless the condition holds. */
  must(condition: boolean, code: Code, message: string, facts: Facts = {}, reference?: string): void {
    if (!condition) this.add(code, message, facts, reference);
  }

  /** Runs a check of another module and passes on its refusal. */
  refusal(code: Code, check: () => unknown): void {
    try {
      check();
    } catch (error) {
      if (!isSatlockError(error)) throw error;
      const { reference } = error.reason as { readonly reference?: unknown };
      const text = typeof reference === 'string' ? { reference } : {};
      this.list.push({ code, message: error.message, facts: {}, cause: error.code, ...text });
    }
  }
}
