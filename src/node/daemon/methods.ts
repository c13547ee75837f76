// The methods of the service, from decoded request to encoded answer. Who may call is decided before; what is signed is decided by the signer.
// finality-provider eotsmanager/service/rpcserver.go; where this one differs, the comment says so.
import { type Metadata, status } from '@grpc/grpc-js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { fail } from '../../base/Errors.ts';
import * as Hex from '../../base/Hex.ts';
import type { Backups } from './backup.ts';
import type { KeysPort, Limits, Outcome, SignerPort } from './ports.ts';
import { type RefusedItem, refusedBatch, refusedStatus, refusedTrailers, Status } from './status.ts';
import * as Wire from './wire.ts';

/** What is known of a caller. */
export type Caller = {
  /** On TLS, loopback or a Unix socket: what is sent here is read by nobody on the way. */
  readonly isPrivate: boolean;
};

/** What is told of an answered call, besides its bytes; all of it may stand in logs and metrics. */
export type Told = {
  readonly publicKey?: string;
  readonly chainId?: string;
  readonly height?: bigint;
  readonly signed?: number;
  readonly lastSigned?: bigint;
  readonly returned?: number;
  readonly refused?: readonly RefusedItem[];
  readonly schnorr?: boolean;
  readonly randomness?: { readonly startHeight: bigint; readonly count: number };
};

export type Answer = { readonly bytes: Uint8Array; readonly trailers?: Metadata };

/** One method: how its request is read, and its work. `what`: how the reference begins the text of an error. */
export type Method<T> = {
  readonly codec: Wire.Codec<T>;
  readonly what: string;
  /** More than any honest request. @unit bytes */
  readonly maxBytes: number;
  /** So many times the limit of a call; 1 unless given. */
  readonly patience?: number;
  readonly run: (request: T, caller: Caller, tell: (told: Told) => void) => Promise<Answer>;
};

export type MethodOptions = {
  readonly signer: SignerPort;
  readonly keystore: KeysPort;
  readonly backups: Backups;
  readonly strict: boolean;
  readonly limits: Limits;
};

const SMALL = 65_536;
/** A chain id of CometBFT has at most 50 characters. */
const MAX_CHAIN_ID_BYTES = 128;
const MAX_HEIGHT = 0xffff_ffff_ffff_ffffn;
/** Tag, length and value of one item in the answer of CreateRandomnessPairList. */
const PUB_RAND_BYTES = 34;
/** Lists that are made at once: each may hold as much memory as a message may have. */
const MAX_LISTS_AT_ONCE = 2;
const MAX_LISTS_WAITING = 16;

// biome-ignore lint/suspicious/noExplicitAny: methods of different messages in one table; each entry pairs its codec with its own work
export type AnyMethod = Method<any>;

/** All methods of the service by name. */
export function makeMethods(options: MethodOptions): ReadonlyMap<string, AnyMethod> {
  return new Map<string, AnyMethod>([
    ['Ping', { codec: Wire.PingRequest, what: 'failed to ping', maxBytes: SMALL, run: async () => ({ bytes: new Uint8Array(0) }) }],
    ['CreateRandomnessPairList', randomness(options)],
    ['SignEOTS', signEots(options)],
    ['UnsafeSignEOTS', unsafeSignEots()],
    ['SignSchnorrSig', signSchnorr(options)],
    ['SignBatchEOTS', signBatch(options)],
    ['SaveEOTSKeyName', saveKeyName(options)],
    ['UnlockKey', unlockKey(options)],
    ['Backup', backup(options)],
  ]);
}

type RequestOf<C> = C extends Wire.Codec<infer T> ? T : never;

function randomness({ signer, limits }: MethodOptions): Method<RequestOf<typeof Wire.CreateRandomnessPairListRequest>> {
  const gate = new Gate(MAX_LISTS_AT_ONCE, MAX_LISTS_WAITING);
  const max = Math.floor(limits.maxMessageBytes / PUB_RAND_BYTES);
  return {
    ...{ codec: Wire.CreateRandomnessPairListRequest, what: 'failed to create randomness pair list', maxBytes: SMALL, patience: 10 },
    async run({ uid, chainId, startHeight, num, interval: given }, _caller, tell) {
      const slot = slotOf(uid, chainId);
      const interval = given === undefined || given === 0n ? 1n : given;
      if (num > max) {
        throw invalid(`num: at most ${max} values fit the message limit of ${limits.maxMessageBytes} bytes, got ${num}`);
      }
      if (num > 0 && startHeight + BigInt(num - 1) * interval > MAX_HEIGHT) throw invalid('the last height passes 2^64-1');
      const pubRandList = await gate.run(() => signer.randomness({ ...slot, startHeight, count: num, interval }));
      tell({ ...toldOf(slot), randomness: { startHeight, count: pubRandList.length } });
      return { bytes: Wire.CreateRandomnessPairListResponse.encode({ pubRandList }) };
    },
  };
}

function signEots({ signer }: MethodOptions): Method<RequestOf<typeof Wire.SignEOTSRequest>> {
  return {
    ...{ codec: Wire.SignEOTSRequest, what: 'failed to sign EOTS', maxBytes: SMALL },
    async run({ uid, chainId, msg, height }, _caller, tell) {
      const slot = slotOf(uid, chainId);
      const outcome = await signer.sign({ ...slot, height, message: msg });
      tell({ ...toldOf(slot), height, ...count([{ ...outcome, height }]) });
      if (outcome.kind === 'refused') throw refusedStatus({ height, refusal: outcome.refusal });
      return { bytes: Wire.SignEOTSResponse.encode({ sig: outcome.signature }) };
    },
  };
}

/** Two signatures without a record between them are a key given away: there is no way to switch this on. */
function unsafeSignEots(): Method<RequestOf<typeof Wire.SignEOTSRequest>> {
  return {
    ...{ codec: Wire.SignEOTSRequest, what: 'failed to sign EOTS', maxBytes: SMALL },
    run: () => Promise.reject(new Status(status.PERMISSION_DENIED, 'UnsafeSignEOTS is not served by this signer and cannot be enabled')),
  };
}

/** The reference signs any 32 bytes here; the signer takes digests that it knows. */
function signSchnorr({ signer }: MethodOptions): Method<RequestOf<typeof Wire.SignSchnorrSigRequest>> {
  return {
    ...{ codec: Wire.SignSchnorrSigRequest, what: 'failed to sign Schnorr signature', maxBytes: SMALL },
    async run({ uid, msg }, _caller, tell) {
      const publicKey = keyOf(uid);
      if (msg.length !== 32) throw invalid(`msg: expected a digest of 32 bytes, got ${msg.length}`);
      const sig = await signer.signDigest({ publicKey, digest: msg });
      tell({ publicKey: Hex.encode(publicKey), schnorr: true });
      return { bytes: Wire.SignSchnorrSigResponse.encode({ sig }) };
    },
  };
}

/** Refused items are left out, as the reference leaves out conflicts, but the trailers say which and why; in strict mode they fail the call. */
function signBatch({ signer, strict, limits }: MethodOptions): Method<RequestOf<typeof Wire.SignBatchEOTSRequest>> {
  return {
    ...{ codec: Wire.SignBatchEOTSRequest, what: 'failed to sign batch EOTS', maxBytes: limits.maxMessageBytes },
    async run({ uid, chainId, signRequests }, _caller, tell) {
      const slot = slotOf(uid, chainId);
      if (signRequests.length > limits.maxBatch) throw invalid(`at most ${limits.maxBatch} votes in one batch, got ${signRequests.length}`);
      const repeated = repeatedHeight(signRequests);
      if (repeated !== undefined) throw new Status(status.INVALID_ARGUMENT, `duplicate height in batch: height ${repeated} stands twice`);
      const items = signRequests.map(({ msg, height }) => ({ height, message: msg }));
      const outcomes = await signer.signBatch(slot, items);
      const counted = count(outcomes);
      tell({ ...toldOf(slot), ...counted });
      if (strict && counted.refused.length > 0) throw refusedBatch(counted.refused);
      const responses = outcomes.flatMap((outcome) =>
        outcome.kind === 'refused' ? [] : [{ sig: outcome.signature, height: outcome.height }],
      );
      return { bytes: Wire.SignBatchEOTSResponse.encode({ responses }), trailers: refusedTrailers(counted.refused) };
    },
  };
}

/** Keys have their names in the keystore here; the method only answers as the reference would for a key that is there. */
function saveKeyName({ keystore }: MethodOptions): Method<RequestOf<typeof Wire.SaveEOTSKeyNameRequest>> {
  const what = 'failed to save EOTS key name';
  return {
    ...{ codec: Wire.SaveEOTSKeyNameRequest, what, maxBytes: SMALL },
    async run({ keyName, eotsPk }) {
      const publicKey = Hex.encode(fromSec1(eotsPk));
      if (keyName === '') throw new Status(status.UNKNOWN, `${what}: cannot save empty key name`);
      const known = keystore.list().find((key) => Hex.encode(key.publicKey) === publicKey);
      if (known?.name === keyName) throw new Status(status.UNKNOWN, `${what}: EOTS key with the same key name already exists`);
      if (known !== undefined) throw new Status(status.UNKNOWN, `${what}: EOTS key name already exists`);
      const text = `${what}: this signer does not hold the key, so it cannot be named here: satlock signer keys add`;
      throw new Status(status.FAILED_PRECONDITION, text);
    },
  };
}

function unlockKey({ keystore }: MethodOptions): Method<RequestOf<typeof Wire.UnlockKeyRequest>> {
  const what = 'failed to unlock key';
  return {
    ...{ codec: Wire.UnlockKeyRequest, what, maxBytes: SMALL },
    async run({ uid, passphrase }, { isPrivate }, tell) {
      const publicKey = Hex.encode(keyOf(uid));
      if (!isPrivate) {
        const text = `${what}: a passphrase is taken on loopback, a Unix socket or TLS only; change it if it was a real one`;
        throw new Status(status.FAILED_PRECONDITION, text);
      }
      await keystore.unlock(publicKey, passphrase);
      tell({ publicKey });
      return { bytes: new Uint8Array(0) };
    },
  };
}

function backup({ backups }: MethodOptions): Method<RequestOf<typeof Wire.BackupRequest>> {
  return {
    ...{ codec: Wire.BackupRequest, what: 'failed to backup', maxBytes: SMALL },
    // `dbPath` names eotsd's own file; the store that is open is the one that is copied.
    run: async ({ backupDir }) => ({ bytes: Wire.BackupResponse.encode({ backupName: await backups.write(backupDir) }) }),
  };
}

function slotOf(uid: Uint8Array, chainId: Uint8Array): { readonly publicKey: Uint8Array; readonly chainId: string } {
  const publicKey = keyOf(uid);
  if (chainId.length === 0 || chainId.length > MAX_CHAIN_ID_BYTES) {
    throw invalid(`chain_id: expected 1..${MAX_CHAIN_ID_BYTES} bytes, got ${chainId.length}`);
  }
  try {
    return { publicKey, chainId: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(chainId) };
  } catch {
    throw invalid('chain_id: not UTF-8');
  }
}

function keyOf(uid: Uint8Array): Uint8Array {
  // The reference looks any bytes up in its table of names and finds nothing.
  if (uid.length !== 32) throw new Status(status.UNKNOWN, `EOTS key name not found: uid has ${uid.length} bytes, an x-only key has 32`);
  return Uint8Array.from(uid);
}

/** The x coordinate of a point in SEC1 form. */
function fromSec1(bytes: Uint8Array): Uint8Array {
  try {
    if (bytes.length !== 33 && bytes.length !== 65) fail({ code: 'daemon.bad-point' }, 'not 33 or 65 bytes');
    return secp256k1.Point.fromBytes(Uint8Array.from(bytes)).toBytes(true).slice(1);
  } catch {
    throw new Status(status.UNKNOWN, 'failed to parse EOTS public key: expected a SEC1 point of 33 or 65 bytes on secp256k1');
  }
}

function toldOf(slot: { readonly publicKey: Uint8Array; readonly chainId: string }): Told {
  return { publicKey: Hex.encode(slot.publicKey), chainId: slot.chainId };
}

function count(outcomes: readonly (Outcome & { readonly height: bigint })[]): Told & { readonly refused: readonly RefusedItem[] } {
  const signed = outcomes.filter(({ kind }) => kind === 'signed');
  const refused = outcomes.flatMap((one) => (one.kind === 'refused' ? [{ height: one.height, refusal: one.refusal }] : []));
  const last = signed.at(-1)?.height;
  const returned = outcomes.length - signed.length - refused.length;
  return { signed: signed.length, returned, refused, ...(last === undefined ? {} : { lastSigned: last }) };
}

function repeatedHeight(items: readonly { readonly height: bigint }[]): bigint | undefined {
  const seen = new Set<bigint>();
  for (const { height } of items) {
    if (seen.has(height)) return height;
    seen.add(height);
  }
  return undefined;
}

function invalid(text: string): Status {
  return new Status(status.INVALID_ARGUMENT, text);
}

/** So many jobs at once, so many that wait, and a refusal for the rest. */
class Gate {
  readonly #atOnce: number;
  readonly #maxWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(atOnce: number, maxWaiting: number) {
    this.#atOnce = atOnce;
    this.#maxWaiting = maxWaiting;
  }

  async run<T>(job: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#atOnce) {
      if (this.#waiting.length >= this.#maxWaiting) {
        throw new Status(status.RESOURCE_EXHAUSTED, 'too many lists of randomness are being made: ask again later');
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running++;
    try {
      return await job();
    } finally {
      const next = this.#waiting.shift();
      // The place is handed over, so that nobody slips in between.
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
