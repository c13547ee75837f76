// Structured logs: one JSON object a line, of named fields that are known to be harmless. No metadata, message, passphrase or MAC is ever handed
// to the logger; `redact` is the second net below that.
import { type DestinationStream, destination, type Logger, pino } from 'pino';
import type { LogOptions } from './ports.ts';

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'> & { flush(): void };

const SECRETS = ['key', 'hmacKey', 'passphrase', 'secret', 'secretKey', 'mac', 'metadata', 'request', 'body', 'message'];

export function makeLog(options: LogOptions = {}): Log {
  // Standard error, so that a command's own output stays readable by programs; written at once, so that the last line before a crash is there.
  const stream: DestinationStream = options.stream ?? destination({ fd: 2, sync: true });
  const log = pino(
    {
      level: options.level ?? 'info',
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]), censor: '(kept out)' },
    },
    stream,
  );
  return Object.assign(log, { flush: () => undefined });
}

/** Lines that strangers can cause, at most so many in a time: a log must not fill the disk that the records go to. */
export class Throttle {
  readonly #max: number;
  readonly #windowMs: number;
  #since = Number.NEGATIVE_INFINITY;
  #count = 0;
  #left = 0;

  constructor(max = 20, windowMs = 10_000) {
    this.#max = max;
    this.#windowMs = windowMs;
  }

  /** Calls `write` with the number of lines that were left out before it, or not at all. */
  run(write: (leftOut: number) => void, now: number = performance.now()): void {
    if (now - this.#since >= this.#windowMs) {
      this.#since = now;
      this.#count = 0;
    }
    if (this.#count >= this.#max) {
      this.#left++;
      return;
    }
    this.#count++;
    const left = this.#left;
    this.#left = 0;
    write(left);
  }
}
