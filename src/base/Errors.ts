// The one error class of the library. Misuse and malformed input throw it; expected outcomes of the protocol are values.

/** Why something failed: a stable code `namespace.problem` and the facts, with units in the key names. Never a secret. */
export type Reason = { readonly code: string };

/** The only error class that this library throws on purpose. Anything else that escapes is a bug of ours. */
export class SatlockError<R extends Reason = Reason> extends Error {
  override readonly name: string = 'SatlockError';
  readonly reason: R;

  constructor(reason: R, message: string, options: { cause?: unknown } = {}) {
    super(`${message} [${reason.code}]`, options);
    this.reason = reason;
  }

  get code(): R['code'] {
    return this.reason.code;
  }

  /** A plain object for workers and logs; bigints become decimal strings. */
  toJSON(): { name: string; code: string; message: string; reason: unknown } {
    const reason: unknown = JSON.parse(
      JSON.stringify(this.reason, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)),
    );
    return { name: this.name, code: this.reason.code, message: this.message, reason };
  }
}

/** Throws a {@link SatlockError}; an expression, so that it can stand where a value is expected. */
export function fail<R extends Reason>(reason: R, message: string, options: { cause?: unknown } = {}): never {
  throw new SatlockError<R>(reason, message, options);
}

/** Narrows by code, never by class, so that two installed copies of the package still agree. */
export function hasCode<R extends Reason, C extends R['code']>(error: unknown, code: C): error is SatlockError<Extract<R, { code: C }>> {
  return error instanceof Error && (error as Partial<SatlockError>).reason?.code === code;
}

/** True for an error of this library, whichever copy of it made the error. */
export function isSatlockError(error: unknown): error is SatlockError {
  return error instanceof Error && error.name === 'SatlockError' && typeof (error as Partial<SatlockError>).reason?.code === 'string';
}
