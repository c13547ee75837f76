// One key in one file: JSON, version 1. The secret is sealed with XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) under a key that scrypt makes of
// the passphrase; all that never changes is its associated data. What changes later (the store that the key belongs to, the addresses that it may
// prove possession for) carries an HMAC-SHA256 under the second half of scrypt's output. So the daemon, which has that half in memory while
// the key is unlocked, binds the key to its store without the passphrase, and nobody binds or unbinds it without having unlocked it.
// The HMAC key comes from the passphrase and not from the secret key: the secret key already keys the nonces, and does nothing else.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import * as Bytes from '../../base/Bytes.ts';
import { fail, isSatlockError } from '../../base/Errors.ts';
import * as Hex from '../../base/Hex.ts';
import * as PublicKey from '../../crypto/PublicKey.ts';
import * as SecretKey from '../../crypto/SecretKey.ts';
import * as Kdf from './kdf.ts';
import * as Names from './names.ts';

/** What is fixed when the key is made. */
export type Fixed = {
  readonly name: string;
  /** @shape 32 bytes x-only */
  readonly publicKey: Uint8Array;
  /** Only a key that was generated here cannot have signed anywhere else before. */
  readonly origin: 'generated' | 'imported';
  /** Where in its mnemonic the key is; null for a key that came as bytes. */
  readonly hdPath: string | null;
  /** ISO 8601, UTC, milliseconds. */
  readonly createdAt: string;
};

/** What changes later. */
export type State = {
  /** The store that knows all that this key ever signed; null before the first one. */
  readonly storeId: string | null;
  /** Babylon addresses that the key may prove its possession for. */
  readonly possessionAddresses: readonly string[];
};

export type KeyFile = Fixed & {
  readonly kdf: Kdf.Kdf;
  /** @shape nonce: 24 bytes; sealed: 48 bytes */
  readonly cipher: { readonly name: 'xchacha20-poly1305'; readonly nonce: Uint8Array; readonly sealed: Uint8Array };
  readonly state: State;
  /** @shape 32 bytes */
  readonly stateMac: Uint8Array;
};

export type Opened = { readonly secretKey: SecretKey.SecretKey; readonly stateKey: Uint8Array };

export type Reason =
  | Kdf.Reason
  | { readonly code: 'keystore.malformed'; readonly file: string; readonly problem: string }
  | { readonly code: 'keystore.wrong-passphrase'; readonly name: string }
  | { readonly code: 'keystore.altered'; readonly name: string }
  | { readonly code: 'keystore.key-mismatch'; readonly name: string };

const FORMAT = 'satlock-key';
const VERSION = 1;
export const MAX_BYTES = 65_536;
export const MAX_ADDRESSES = 100;

/** Seals a secret key under a passphrase. @throws keystore.short-passphrase, keystore.kdf-failed */
export async function seal(
  secretKey: SecretKey.SecretKey,
  fixed: Fixed,
  state: State,
  passphrase: string,
  n: number = Kdf.DEFAULT_N,
): Promise<KeyFile> {
  const kdf = Kdf.fresh(n);
  const { sealKey, stateKey } = await Kdf.derive(passphrase, kdf);
  try {
    const nonce = Uint8Array.from(randomBytes(24));
    const { name, publicKey, origin, hdPath, createdAt } = fixed;
    const sealed = xchacha20poly1305(sealKey, nonce, associated(fixed, kdf)).encrypt(secretKey);
    const body = { name, publicKey, origin, hdPath, createdAt, kdf, cipher: { name: 'xchacha20-poly1305' as const, nonce, sealed } };
    return { ...body, state, stateMac: macOf(stateKey, body, state) };
  } finally {
    sealKey.fill(0);
    stateKey.fill(0);
  }
}

/**
 * The secret key, and the key that authenticates the state; the caller wipes both.
 *
 * @throws keystore.wrong-passphrase - or the sealed part or its metadata was changed: the cipher cannot tell which
 * @throws keystore.altered - the passphrase is right, and the store id or the addresses are not what was written
 * @throws keystore.key-mismatch - the secret is not the one of the public key
 * @throws keystore.short-passphrase, keystore.kdf-failed
 */
export async function open(file: KeyFile, passphrase: string): Promise<Opened> {
  const { name, kdf, cipher } = file;
  const { sealKey, stateKey } = await Kdf.derive(passphrase, kdf);
  let bytes: Uint8Array | undefined;
  let secretKey: SecretKey.SecretKey | undefined;
  try {
    bytes = decrypted(sealKey, file);
    if (bytes === undefined) {
      return fail<Reason>(
        { code: 'keystore.wrong-passphrase', name },
        `key ${name}: wrong passphrase, or the file was changed (${cipher.name} does not open)`,
      );
    }
    secretKey = SecretKey.from(bytes);
    if (!Bytes.equal(PublicKey.ofSecret(secretKey), file.publicKey)) {
      fail<Reason>({ code: 'keystore.key-mismatch', name }, `key ${name}: public key mismatch: requested key does not match stored key`);
    }
    if (!isAuthentic(file, stateKey)) {
      fail<Reason>(
        { code: 'keystore.altered', name },
        `key ${name}: its store id or addresses were changed by something else than satlock; put the file back from a backup, or import the key`,
      );
    }
    return { secretKey, stateKey };
  } catch (error) {
    if (secretKey !== undefined) SecretKey.wipe(secretKey);
    stateKey.fill(0);
    throw error;
  } finally {
    bytes?.fill(0);
    sealKey.fill(0);
  }
}

/** The file with another state, authenticated by a key that {@link open} gave. */
export function withState(file: KeyFile, state: State, stateKey: Uint8Array): KeyFile {
  return { ...file, state, stateMac: macOf(stateKey, file, state) };
}

/** True when the state is what the holder of this key wrote. */
export function isAuthentic(file: KeyFile, stateKey: Uint8Array): boolean {
  return timingSafeEqual(macOf(stateKey, file, file.state), file.stateMac);
}

/** The text of the file. */
export function encode(file: KeyFile): string {
  const { kdf, cipher, state } = file;
  const json = {
    format: FORMAT,
    version: VERSION,
    name: file.name,
    publicKey: Hex.encode(file.publicKey),
    origin: file.origin,
    hdPath: file.hdPath,
    createdAt: file.createdAt,
    kdf: { name: kdf.name, n: kdf.n, r: kdf.r, p: kdf.p, salt: Hex.encode(kdf.salt) },
    cipher: { name: cipher.name, nonce: Hex.encode(cipher.nonce), sealed: Hex.encode(cipher.sealed) },
    state: { storeId: state.storeId, possessionAddresses: state.possessionAddresses, mac: Hex.encode(file.stateMac) },
  };
  return `${JSON.stringify(json, undefined, 2)}\n`;
}

/**
 * Reads the text of a file. Fields that the format does not have are refused: nothing would authenticate them.
 *
 * @throws keystore.malformed - with the field
 */
export function decode(text: string, path: string): KeyFile {
  const malformed = (problem: string, cause?: unknown): never =>
    fail<Reason>({ code: 'keystore.malformed', file: path, problem }, `${path}: no key file of satlock: ${problem}`, { cause });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // The parser's message quotes the text.
    return malformed('not JSON');
  }
  const root = new Fields(json, '', malformed);
  if (root.text('format') !== FORMAT) malformed(`format: expected ${FORMAT}`);
  if (root.number('version') !== VERSION) malformed(`version: this release reads version ${VERSION}`);
  const kdf = root.object('kdf');
  const cipher = root.object('cipher');
  const state = root.object('state');
  const file: KeyFile = {
    name: root.match('name', Names.PATTERN, 'letters, digits, . _ -'),
    publicKey: root.hex('publicKey', 32),
    origin: root.match('origin', /^(generated|imported)$/, 'generated or imported') as 'generated' | 'imported',
    hdPath: root.isNull('hdPath') ? null : root.match('hdPath', /^m(\/(0|[1-9][0-9]{0,9})'?){0,10}$/, "null, or m/44'/118'/0'/0/0"),
    createdAt: root.match('createdAt', /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/, 'a time such as 2026-01-31T00:00:00.000Z'),
    kdf: kdfOf(kdf, malformed),
    cipher: {
      name: cipher.match('name', /^xchacha20-poly1305$/, 'xchacha20-poly1305') as 'xchacha20-poly1305',
      nonce: cipher.hex('nonce', 24),
      sealed: cipher.hex('sealed', 48),
    },
    state: {
      storeId: state.isNull('storeId') ? null : state.match('storeId', /^[0-9a-f]{32}$/, 'null, or 32 hex digits'),
      possessionAddresses: state.texts('possessionAddresses', /^[a-z0-9]{8,100}$/, MAX_ADDRESSES),
    },
    stateMac: state.hex('mac', 32),
  };
  if (Number.isNaN(Date.parse(file.createdAt))) malformed('createdAt: no such time');
  for (const fields of [root, kdf, cipher, state]) fields.end();
  return file;
}

function kdfOf(fields: Fields, malformed: (problem: string) => never): Kdf.Kdf {
  const name = fields.match('name', /^scrypt$/, 'scrypt') as 'scrypt';
  const n = fields.number('n');
  if (!Kdf.isAcceptable(n)) malformed(`kdf.n: expected a power of two from ${Kdf.MIN_N} to ${Kdf.MAX_N}`);
  if (fields.number('r') !== 8 || fields.number('p') !== 1) malformed('kdf: expected r 8 and p 1');
  return { name, n, r: 8, p: 1, salt: fields.hex('salt', 32) };
}

function decrypted(sealKey: Uint8Array, file: KeyFile): Uint8Array | undefined {
  try {
    return xchacha20poly1305(sealKey, file.cipher.nonce, associated(file, file.kdf)).decrypt(file.cipher.sealed);
  } catch {
    return undefined;
  }
}

/** A JSON list is one-to-one: no two lists of values have the same text. */
function associated(fixed: Fixed, kdf: Kdf.Kdf): Uint8Array {
  const { name, publicKey, origin, hdPath, createdAt } = fixed;
  const list = [
    FORMAT,
    VERSION,
    name,
    Hex.encode(publicKey),
    origin,
    hdPath,
    createdAt,
    kdf.name,
    kdf.n,
    kdf.r,
    kdf.p,
    Hex.encode(kdf.salt),
  ];
  return new TextEncoder().encode(JSON.stringify(list));
}

function macOf(stateKey: Uint8Array, file: Omit<KeyFile, 'state' | 'stateMac'>, state: State): Uint8Array {
  const list = [
    `${FORMAT}-state`,
    VERSION,
    Hex.encode(file.publicKey),
    Hex.encode(file.cipher.sealed),
    state.storeId,
    state.possessionAddresses,
  ];
  return Uint8Array.from(createHmac('sha256', stateKey).update(JSON.stringify(list)).digest());
}

/** Reads the fields of a JSON object, each once; {@link end} refuses those that nobody asked for. */
class Fields {
  readonly #values: ReadonlyMap<string, unknown>;
  readonly #path: string;
  readonly #malformed: (problem: string) => never;
  readonly #asked = new Set<string>();

  constructor(value: unknown, path: string, malformed: (problem: string) => never) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      malformed(`${path === '' ? 'file' : path}: expected an object`);
    this.#values = new Map(Object.entries(value as object));
    this.#path = path;
    this.#malformed = malformed;
  }

  object(key: string): Fields {
    return new Fields(this.#take(key), this.#where(key), this.#malformed);
  }

  isNull(key: string): boolean {
    return this.#take(key) === null;
  }

  text(key: string): string {
    const value = this.#take(key);
    return typeof value === 'string' ? value : this.#malformed(`${this.#where(key)}: expected text`);
  }

  number(key: string): number {
    const value = this.#take(key);
    return typeof value === 'number' ? value : this.#malformed(`${this.#where(key)}: expected a number`);
  }

  match(key: string, pattern: RegExp, expected: string): string {
    const value = this.text(key);
    return pattern.test(value) ? value : this.#malformed(`${this.#where(key)}: expected ${expected}`);
  }

  texts(key: string, pattern: RegExp, most: number): readonly string[] {
    const value = this.#take(key);
    if (!Array.isArray(value) || value.length > most || !value.every((item) => typeof item === 'string' && pattern.test(item))) {
      return this.#malformed(`${this.#where(key)}: expected a list of at most ${most} addresses`);
    }
    return value;
  }

  hex(key: string, length: number): Uint8Array {
    try {
      return Hex.decode(this.text(key), this.#where(key), length);
    } catch (error) {
      return isSatlockError(error)
        ? this.#malformed(`${this.#where(key)}: expected ${2 * length} hex digits`)
        : this.#malformed('unreadable');
    }
  }

  end(): void {
    for (const key of this.#values.keys()) if (!this.#asked.has(key)) this.#malformed(`${this.#where(key)}: unknown field`);
  }

  #take(key: string): unknown {
    this.#asked.add(key);
    return this.#values.get(key);
  }

  #where(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`;
  }
}
