// What a wallet throws or answers is read here: it may throw when it is looked at (a revoked proxy, a getter), and only errors of ours come out.
import * as Check from '../base/Check.ts';
import { fail, SatlockError } from '../base/Errors.ts';

export type Reason = { readonly code: 'provider.bad-answer'; readonly method: string; readonly got: string };

/**
 * An error that code of ours has made, such as a signer of this package. By class and not by name: a wallet that calls its error ours would
 * choose the code that the caller acts on. Of another copy of the package it is the wallet's error like any other, and stays readable as cause.
 */
export function isOurs(error: unknown): error is SatlockError {
  return attempt(() => error instanceof SatlockError && typeof error.code === 'string') === true;
}

/** A property of whatever it is; undefined where there is none, or where reading it throws. */
export function property(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? attempt(() => (of as Readonly<Record<string, unknown>>)[name]) : undefined;
}

/** The answer, with bytes and lists copied: what is behind them can neither throw nor change any more. What is in a list is left as it is. */
export function settled<T>(method: string, answer: T): T {
  if (typeof answer !== 'object' || answer === null) return answer;
  return reading(method, () => {
    if (Check.isBytes(answer)) return new Uint8Array(answer) as unknown as T;
    return Array.isArray(answer) ? (Array.from(answer as readonly unknown[]) as unknown as T) : answer;
  });
}

/** @throws provider.bad-answer - also when reading the answer throws */
export function reading<T>(method: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (isOurs(cause)) throw cause;
    return bad(method, 'what cannot be read', { cause });
  }
}

/** @throws provider.bad-answer */
export function badAnswer(method: string, answer: unknown): never {
  return bad(method, answer === '' ? 'empty text' : Check.kindOf(answer));
}

function bad(method: string, got: string, options: { readonly cause?: unknown } = {}): never {
  fail<Reason>({ code: 'provider.bad-answer', method, got }, `${method}: the wallet answered ${got}`, options);
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
