// One thing that a wallet is asked to sign: the request, the words for the wallet, and what of its answer is accepted. Building it is pure, so
// it can be looked at, shown, stored and sent to another device before anybody signs.
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as SigningRequest from '../bitcoin/SigningRequest.ts';
import type { BitcoinProvider, SignPsbtOptions } from './Provider.ts';
import * as Provider from './Provider.ts';

export type Reason =
  | Check.Reason
  | Provider.Reason
  | SigningRequest.Reason
  | { readonly code: 'step.not-a-step'; readonly field: string; readonly got: string }
  | { readonly code: 'step.not-signed'; readonly step: string; readonly publicKey: string }
  | { readonly code: 'step.incomplete'; readonly step: string; readonly inputs: readonly number[] }
  | { readonly code: 'step.txid-changed'; readonly step: string; readonly expected: string; readonly got: string };

/** What is signed. */
export type Name = 'staking' | 'staking-slashing' | 'unbonding-slashing' | 'unbonding' | 'withdrawal' | 'extension';

/** A step; {@link accept} of it takes what the wallet answered, checks all of it, and gives what the flow needs. */
export type Step<Result> = {
  readonly name: Name;
  readonly request: SigningRequest.SigningRequest;
  /** For {@link Provider.BitcoinProvider.signPsbt}: the contracts, the action, the inputs to sign. */
  readonly options: SignPsbtOptions;
  /**
   * @throws signing-request.* - the answer is not what was asked, or a signature does not hold
   * @throws step.not-signed, step.incomplete, step.txid-changed
   */
  readonly accept: (answer: SigningRequest.Answer) => Result;
};

/** The PSBT of a step as wallets take it: lower-case hex. */
export function psbtHex<Result>(step: Step<Result>): string {
  return SigningRequest.toHex(check(step).request);
}

/**
 * Asks a wallet to sign a step. Only a checked result comes out.
 *
 * @throws provider.*, and as `step.accept`
 */
export async function ask<Result>(provider: BitcoinProvider, step: Step<Result>): Promise<Result> {
  check(step);
  return step.accept(await Provider.signPsbt(provider, psbtHex(step), step.options));
}

/**
 * Asks a wallet for several steps: with one question where it can sign PSBTs together.
 *
 * @throws provider.*, and as `accept` of each step, in order
 */
export async function askAll<Result>(provider: BitcoinProvider, steps: readonly Step<Result>[]): Promise<readonly Result[]> {
  const asked = Check.list(steps, 'steps').map((step, i) => ({ psbtHex: psbtHex(check(step, `steps[${i}]`)), options: step.options }));
  const answers = await Provider.signPsbts(provider, asked);
  return steps.map((step, i) => step.accept(answers[i] as string));
}

/** @throws input.missing, step.not-a-step */
export function check<Result>(value: Step<Result>, field = 'step'): Step<Result> {
  if (value === undefined || value === null) Check.missing(field);
  if (typeof value !== 'object' || typeof value.accept !== 'function' || typeof value.request !== 'object') {
    const got = Check.kindOf(value);
    fail<Reason>({ code: 'step.not-a-step', field, got }, `${field}: expected a step, got ${got}; make one with Steps`);
  }
  return value;
}
