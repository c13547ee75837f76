// What the daemon is given and what it hands back: the signer, the keys and the store behind it, and its limits.
// finality-provider eotsmanager/config/config.go has the same settings where eotsd has them at all.
import type { Refusal } from '../../signer/Decision.ts';
import type { SignStore } from '../../signer/SignStore.ts';
import type { Observer } from './Observer.ts';

/** What became of one vote. @shape signature: 32 bytes */
export type Outcome =
  | { readonly kind: 'signed' | 'returned'; readonly signature: Uint8Array }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** What the daemon asks of a signer; signer/Signer.ts is one. @shape publicKey, digest: 32 bytes; randomness: 32 bytes each */
export interface SignerPort {
  sign(request: {
    readonly publicKey: Uint8Array;
    readonly chainId: string;
    readonly height: bigint;
    readonly message: Uint8Array;
  }): Promise<Outcome>;
  signBatch(
    slot: { readonly publicKey: Uint8Array; readonly chainId: string },
    items: readonly { readonly height: bigint; readonly message: Uint8Array }[],
  ): Promise<readonly (Outcome & { readonly height: bigint })[]>;
  randomness(request: {
    readonly publicKey: Uint8Array;
    readonly chainId: string;
    readonly startHeight: bigint;
    readonly count: number;
    readonly interval: bigint;
  }): Promise<readonly Uint8Array[]>;
  signDigest(request: { readonly publicKey: Uint8Array; readonly digest: Uint8Array }): Promise<Uint8Array>;
}

/** What the daemon asks of the keys; node/keystore/Keystore.ts is one. */
export interface KeysPort {
  list(): readonly { readonly name: string; readonly publicKey: Uint8Array; readonly unlocked: boolean }[];
  /** `key`: the public key in hex. */
  unlock(key: string, passphrase: string): Promise<unknown>;
}

export type Limits = {
  /** Of a request and of an answer. @unit bytes */
  readonly maxMessageBytes: number;
  /** Open at once; the oldest connection that never proved itself gives way to a new one. */
  readonly maxConnections: number;
  /** On one connection. */
  readonly maxConcurrentStreams: number;
  /** Calls of all connections that are open at once; what comes on top is answered ResourceExhausted. Strangers get half. */
  readonly maxCalls: number;
  /** Requests that are received at once, half of them of strangers; others wait behind flow control. Together with `maxMessageBytes` it bounds the memory. */
  readonly maxReceiving: number;
  /** How long a connection may take for its first bytes, and a call for its request. */
  readonly receiveTimeoutMs: number;
  /** A call that takes longer (a list of randomness: ten times) is answered DeadlineExceeded; what it signs stays stored, asking again returns it. */
  readonly callTimeoutMs: number;
  /** A connection without calls is closed after this time. */
  readonly idleTimeoutMs: number;
  /** Pings to find dead peers. */
  readonly keepaliveMs: number;
  /** Items of one SignBatchEOTS. */
  readonly maxBatch: number;
  /** How long a graceful stop waits for running calls. */
  readonly stopTimeoutMs: number;
};

export type LogOptions = {
  readonly level?: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Where the lines go: JSON, one object for each. Default: standard output. */
  readonly stream?: { write(line: string): void };
};

export type ServeOptions = {
  readonly signer: SignerPort;
  readonly keystore: KeysPort;
  /** Closed when the daemon stops. Pass it through `Observer.store` before the signer is made, so that its failures halt the daemon. */
  readonly store: SignStore;
  /** `host:port`, `[::1]:port`, port 0 for any, or `unix:/path/of/socket`. Only loopback and Unix sockets go without MAC key or mTLS. */
  readonly listen: string;
  readonly auth?: {
    /** The bytes of eotsd's `HMACKey`, as they are. Never empty. */
    readonly hmacKey?: Uint8Array;
    /** Takes no bare eotsd MAC, and fails a batch as a whole when an item is refused. */
    readonly strict?: boolean;
  };
  /** Paths of PEM files. With `clientCaFile` every client needs a certificate of it. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string; readonly clientCaFile?: string };
  /** HTTP for /metrics, /healthz and /readyz; `host:port`, loopback unless `anywhere`. Absent: none. */
  readonly metrics?: { readonly listen: string; readonly anywhere?: boolean };
  readonly log?: LogOptions;
  /** The only folder that Backup writes to. Absent: Backup is refused. */
  readonly backupFolder?: string;
  readonly limits?: Partial<Limits>;
  readonly observer?: Observer;
};

export interface RunningSigner {
  /** What a client connects to: `127.0.0.1:12582`, or `unix:/path`. */
  readonly address: string;
  /** 0 for a Unix socket. */
  readonly port: number;
  readonly metricsAddress: string | undefined;
  /** Why nothing is signed any more, if so. */
  halted(): string | undefined;
  /** Reads the TLS files again; the running connections stay. */
  reloadTls(): Promise<void>;
  /** Takes no new calls, finishes the running ones within the limit, closes the store. Further calls return the same promise. */
  stop(): Promise<void>;
  /** Stops at once, without waiting for calls; the store is closed. */
  abort(): Promise<void>;
  /** Settles when the daemon has stopped. */
  readonly closed: Promise<void>;
}

export type Reason =
  | { readonly code: 'daemon.bad-address'; readonly field: string }
  | { readonly code: 'daemon.unauthenticated-listen'; readonly address: string }
  | { readonly code: 'daemon.metrics-not-loopback'; readonly address: string }
  | { readonly code: 'daemon.empty-hmac-key' }
  | { readonly code: 'daemon.strict-without-auth' }
  | { readonly code: 'daemon.cannot-listen'; readonly address: string; readonly problem: string }
  | { readonly code: 'daemon.bad-tls'; readonly file: string; readonly problem: string }
  | { readonly code: 'daemon.bad-backup-folder'; readonly problem: string }
  | { readonly code: 'daemon.bad-limit'; readonly field: string };
