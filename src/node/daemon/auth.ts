// Who may call: eotsd's MAC as it is, ours where the client offers it, and only ours in strict mode.
// finality-provider eotsmanager/service/hmac.go for the bare MAC, its exemptions and its texts.
import type { Metadata } from '@grpc/grpc-js';
import * as Mac from './mac.ts';

/** Why a call is not let in: a label for metrics, and the text of the status. Never a MAC. */
export type Denied = {
  readonly why: 'missing' | 'invalid' | 'replay' | 'stale' | 'weak' | 'unchecked' | 'busy';
  readonly text: string;
};

/** What an auth check needs to know of a call. */
export type Presented = {
  /** Full name, /proto.EOTSManager/… */
  readonly method: string;
  readonly metadata: Metadata;
  /** The message as it came. */
  readonly request: Uint8Array;
  /** The message as Go writes it. */
  readonly canonical: () => Uint8Array;
};

export type AuthOptions = {
  readonly hmacKey: Uint8Array | undefined;
  readonly strict: boolean;
  readonly nowMs?: () => number;
  readonly maxNonces?: number;
};

/** Some 2,000 authenticated requests a second for two minutes. */
const MAX_NONCES = 262_144;

/** Ping tells that the process is up, and nothing else; the health service tells as much. */
const EXEMPT: ReadonlySet<string> = new Set(['/proto.EOTSManager/Ping', '/grpc.health.v1.Health/Check']);

const denied = (why: Denied['why'], text: string): Denied => ({ why, text });

export class Auth {
  readonly #key: Uint8Array | undefined;
  readonly #strict: boolean;
  readonly #now: () => number;
  readonly #startedMs: number;
  readonly #nonces: Mac.NonceCache;

  constructor({ hmacKey, strict, nowMs = Date.now, maxNonces = MAX_NONCES }: AuthOptions) {
    this.#key = hmacKey === undefined ? undefined : Uint8Array.from(hmacKey);
    this.#strict = strict;
    this.#now = nowMs;
    this.#startedMs = nowMs();
    this.#nonces = new Mac.NonceCache(maxNonces);
  }

  /** What can be said before the message has come: nothing is received for a call that offers no MAC. */
  precheck(method: string, metadata: Metadata): Denied | undefined {
    if (this.#key === undefined || EXEMPT.has(method)) return undefined;
    if (isStrong(metadata)) return undefined;
    if (Object.keys(metadata.getMap()).length === 0) return denied('missing', 'metadata is not provided');
    if (first(metadata, Mac.BARE) === undefined) return denied('missing', 'HMAC not provided');
    if (this.#strict) return denied('weak', `strict mode: ${Mac.BARE} does not bind method and time; send ${Mac.STRONG}`);
    return undefined;
  }

  /** Undefined lets the call in. The fields of the strong MAC are checked whenever one of them is there, also for calls that need none. */
  check(call: Presented): Denied | undefined {
    if (isStrong(call.metadata)) return this.#checkStrong(call);
    const early = this.precheck(call.method, call.metadata);
    if (early !== undefined || this.#key === undefined || EXEMPT.has(call.method)) return early;
    const given = first(call.metadata, Mac.BARE) ?? '';
    return Mac.sameText(given, Mac.bareMac(this.#key, call.canonical())) ? undefined : denied('invalid', 'invalid HMAC');
  }

  #checkStrong({ method, metadata, request }: Presented): Denied | undefined {
    if (this.#key === undefined) return denied('unchecked', `${Mac.STRONG}: this signer has no HMAC key to check it with`);
    const mac = first(metadata, Mac.STRONG);
    const timeMs = first(metadata, Mac.TIME);
    const nonce = first(metadata, Mac.NONCE);
    if (mac === undefined || timeMs === undefined || nonce === undefined) {
      return denied('missing', `HMAC not provided: ${Mac.STRONG}, ${Mac.TIME} and ${Mac.NONCE} belong together`);
    }
    // The MAC comes first: nothing that a stranger wrote is compared with clock or cache.
    if (!Mac.sameText(mac, Mac.strongMac(this.#key, { method, timeMs, nonce }, request))) return denied('invalid', 'invalid HMAC');
    if (!/^[1-9][0-9]{0,15}$/.test(timeMs) || !/^[0-9a-f]{32}$/.test(nonce))
      return denied('invalid', 'invalid HMAC: malformed time or nonce');
    return this.#checkFresh(Number(timeMs), nonce);
  }

  #checkFresh(timeMs: number, nonce: string): Denied | undefined {
    const now = this.#now();
    if (Math.abs(now - timeMs) > Mac.WINDOW_MS) {
      return denied(
        'stale',
        `invalid HMAC: the clocks of client and signer are more than ${Mac.WINDOW_MS / 1_000} s apart, or the request is old`,
      );
    }
    // The nonces of the process before this one are gone.
    if (timeMs < this.#startedMs && now >= this.#startedMs) return denied('stale', 'invalid HMAC: the request is older than this process');
    const use = this.#nonces.use(nonce);
    if (use === 'used') return denied('replay', 'invalid HMAC: this request was here before');
    if (use === 'full') return denied('busy', 'too many requests in the replay window: send it again later');
    return undefined;
  }
}

function isStrong(metadata: Metadata): boolean {
  return [Mac.STRONG, Mac.TIME, Mac.NONCE].some((key) => metadata.get(key).length > 0);
}

function first(metadata: Metadata, key: string): string | undefined {
  const [value] = metadata.get(key);
  return value === undefined ? undefined : value.toString();
}
