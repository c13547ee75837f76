// The failures of the stores of several machines. Whatever they say, whether a write happened is unknown unless it is said.

import { fail } from '../../base/Errors.ts';
import type { Reason as InputReason } from './storeInput.ts';

type Backend = 'postgres' | 'etcd';

export type Reason =
  | { readonly code: 'store.unavailable'; readonly backend: Backend; readonly where: string; readonly problem: string }
  | { readonly code: 'store.timeout'; readonly backend: Backend; readonly where: string; readonly limitMs: number }
  | { readonly code: 'store.not-durable'; readonly backend: Backend; readonly where: string; readonly problem: string }
  | { readonly code: 'store.full'; readonly backend: Backend; readonly where: string }
  | { readonly code: 'store.read-only'; readonly backend: Backend; readonly where: string; readonly problem: string }
  | { readonly code: 'store.corrupt'; readonly backend: Backend; readonly where: string; readonly problem: string }
  | { readonly code: 'store.wrong-version'; readonly backend: Backend; readonly found: string; readonly needed: string }
  | { readonly code: 'store.missing'; readonly backend: Backend; readonly where: string }
  | { readonly code: 'store.rolled-back'; readonly backend: Backend; readonly where: string; readonly problem: string }
  | InputReason
  | { readonly code: 'store.bad-url'; readonly field: string; readonly problem: string };

/** Throws `store.unavailable`. */
export function unavailable(backend: Backend, where: string, problem: string, cause?: unknown): never {
  fail<Reason>({ code: 'store.unavailable', backend, where, problem }, `${backend} at ${where}: ${problem}`, { cause });
}

/** Throws `store.timeout`. */
export function timedOut(backend: Backend, where: string, limitMs: number, cause?: unknown): never {
  fail<Reason>(
    { code: 'store.timeout', backend, where, limitMs },
    `${backend} at ${where}: no answer within ${limitMs} ms; whether anything was written is unknown`,
    { cause },
  );
}

/** Throws `store.not-durable`. */
export function notDurable(backend: Backend, where: string, problem: string): never {
  fail<Reason>({ code: 'store.not-durable', backend, where, problem }, `${backend} at ${where} does not keep what it is told: ${problem}`);
}

/** Throws `store.corrupt`. */
export function corrupt(backend: Backend, where: string, problem: string, cause?: unknown): never {
  fail<Reason>({ code: 'store.corrupt', backend, where, problem }, `${backend} at ${where}: ${problem}`, { cause });
}

/** Throws `store.rolled-back`. */
export function rolledBack(backend: Backend, where: string, problem: string): never {
  fail<Reason>({ code: 'store.rolled-back', backend, where, problem }, `${backend} at ${where}: ${problem}`);
}

/** Throws `store.read-only`. */
export function readOnly(backend: Backend, where: string, problem: string): never {
  fail<Reason>({ code: 'store.read-only', backend, where, problem }, `${backend} at ${where} takes no writes: ${problem}`);
}

/** Throws `store.full`. */
export function full(backend: Backend, where: string, cause?: unknown): never {
  fail<Reason>({ code: 'store.full', backend, where }, `${backend} at ${where} has no space left`, { cause });
}

/** Throws `store.wrong-version`. */
export function wrongVersion(backend: Backend, found: string, needed: string): never {
  fail<Reason>({ code: 'store.wrong-version', backend, found, needed }, `${backend}: ${found}, but ${needed} is needed`);
}

/** Throws `store.missing`. */
export function missing(backend: Backend, where: string): never {
  fail<Reason>({ code: 'store.missing', backend, where }, `${backend} at ${where} holds no sign store of this name, and none may be made`);
}

/** Throws `store.bad-url`. The URL itself is never told: it may hold a password. */
export function badUrl(field: string, problem: string): never {
  fail<Reason>({ code: 'store.bad-url', field, problem }, `store URL, ${field}: ${problem}`);
}

export type OpenOptions = {
  /** May a new store be made where there is none? Default yes. Say false where a store is known to have existed. */
  readonly create?: boolean;
  /** Is told what an operator should know: few members, endpoints that do not answer, no standby. */
  readonly onWarning?: ((warning: string) => void) | undefined;
};

/** What a driver's error says, in one line. */
export function textOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown problem';
  const text = error instanceof AggregateError && error.message === '' ? error.errors.map(textOf).join('; ') : error.message;
  return text.replace(/\s+/g, ' ').slice(0, 300);
}
