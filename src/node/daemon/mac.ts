// The two MACs of a request: eotsd's over the message alone, and ours over method, time, nonce and message.
// finality-provider eotsmanager/service/hmac.go and eotsmanager/client; the second one is this project's own.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Metadata keys. */
export const BARE = 'x-fpd-hmac';
export const STRONG = 'x-satlock-mac';
export const TIME = 'x-satlock-time';
export const NONCE = 'x-satlock-nonce';

/** How far the client's clock may be from ours, each way. @unit milliseconds */
export const WINDOW_MS = 30_000;

/** Standard base64 of HMAC-SHA256(key, canonical message). The method is not in it: a MAC serves every method with the same message. */
export function bareMac(key: Uint8Array, canonical: Uint8Array): string {
  return createHmac('sha256', key).update(canonical).digest('base64');
}

/** What a strong MAC covers besides the bytes of the request. `timeMs`: Unix milliseconds, decimal; `nonce`: 32 lower-case hex digits. */
export type Stamp = { readonly method: string; readonly timeMs: string; readonly nonce: string };

/** Standard base64 of HMAC-SHA256(key, "satlock-mac-v1" 00 method 00 time 00 nonce 00 request). */
export function strongMac(key: Uint8Array, { method, timeMs, nonce }: Stamp, request: Uint8Array): string {
  return createHmac('sha256', key).update(`satlock-mac-v1\0${method}\0${timeMs}\0${nonce}\0`).update(request).digest('base64');
}

export function freshNonce(): string {
  return randomBytes(16).toString('hex');
}

/** Compares without telling by its time how far two texts agree. Their lengths are no secret. */
export function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a, 'utf8');
  const right = Buffer.from(b, 'utf8');
  return left.length === right.length && timingSafeEqual(left, right);
}

/**
 * Nonces that were used. Only requests with a valid MAC get in, so strangers cannot fill it; when it is full, requests are refused rather than
 * nonces forgotten. Ages are counted by a clock that nobody sets.
 */
export class NonceCache {
  readonly #used = new Map<string, number>();
  readonly #max: number;
  readonly #now: () => number;

  constructor(max: number, now: () => number = () => performance.now()) {
    this.#max = max;
    this.#now = now;
  }

  /** True the first time. `full`: ask again later. */
  use(nonce: string): 'fresh' | 'used' | 'full' {
    const now = this.#now();
    for (const [old, at] of this.#used) {
      // A stamp is valid from 30 s before to 30 s after its time: a minute. Kept twice as long, for a clock that is set back a little.
      if (now - at < 4 * WINDOW_MS) break;
      this.#used.delete(old);
    }
    if (this.#used.has(nonce)) return 'used';
    if (this.#used.size >= this.#max) return 'full';
    this.#used.set(nonce, now);
    return 'fresh';
  }

  get size(): number {
    return this.#used.size;
  }
}
