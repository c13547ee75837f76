// The keys of a signer: one encrypted file for each in a folder that only its owner may enter, and in memory those that are unlocked.
// finality-provider eotsmanager/localmanager.go and the cosmos keyring behind it keep the same keys; a key is stored as it came, whatever its
// parity, because the nonces are derived from the stored bytes (eotsmanager/randgenerator/randgenerator.go).
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as BabylonAddress from '../../babylon/BabylonAddress.ts';
import * as Check from '../../base/Check.ts';
import { fail, hasCode } from '../../base/Errors.ts';
import * as Hex from '../../base/Hex.ts';
import * as PublicKey from '../../crypto/PublicKey.ts';
import * as SecretKey from '../../crypto/SecretKey.ts';
import type { KeyRing } from '../../signer/Signer.ts';
import * as OwnerFiles from '../ownerFiles.ts';
import * as ProcessLock from '../processLock.ts';
import * as Kdf from './kdf.ts';
import * as KeyFile from './keyFile.ts';
import * as Mnemonic from './mnemonic.ts';
import * as Names from './names.ts';

/** What may be told of a key. Nothing of it is authenticated before the key is unlocked. */
export type KeyInfo = KeyFile.Fixed & KeyFile.State & { readonly file: string; readonly unlocked: boolean };

/** What happened to a key when its store was opened: bound now or before, or why its slots do not open by themselves. */
export type Binding = 'bound' | 'other-store' | 'imported' | 'not-fresh' | 'locked';

export type Options = {
  readonly folder: string;
  /** Unix milliseconds. */
  readonly now?: () => number;
  /** Work of new key files, a power of two. The default is 2^17: 128 MiB and about half a second. */
  readonly scryptN?: number;
};

export type Reason =
  | KeyFile.Reason
  | Names.Reason
  | Mnemonic.Reason
  | OwnerFiles.Reason
  | { readonly code: 'keystore.name-taken'; readonly name: string }
  | { readonly code: 'keystore.key-known'; readonly name: string; readonly publicKey: string }
  | { readonly code: 'keystore.duplicate-key'; readonly names: readonly string[]; readonly publicKey: string }
  | { readonly code: 'keystore.unknown-key'; readonly key: string }
  | { readonly code: 'keystore.too-many'; readonly limit: number }
  | { readonly code: 'keystore.busy' }
  | ({ readonly code: 'keystore.folder-locked'; readonly lock: string } & ProcessLock.Holder)
  | { readonly code: 'keystore.changed-meanwhile'; readonly name: string }
  | { readonly code: 'keystore.too-many-addresses'; readonly limit: number }
  | { readonly code: 'keystore.bad-cost' }
  | { readonly code: 'signer.unknown-key'; readonly publicKey: string }
  | { readonly code: 'signer.locked-key'; readonly publicKey: string; readonly name: string };

/**
 * How long after it was made a key opens its slots by itself. The file of a generated key that was never bound to a store may be new, or a backup
 * of that day which lost its store since; a provider's first vote comes some 6,000 blocks, most of a day, after its key.
 *
 * @unit milliseconds
 */
export const FRESH_MS: number = 24 * 3_600_000;
const CLOCK_SKEW_MS = 300_000;
const MAX_KEYS = 1_000;
/** Each takes 128 MiB for half a second, one after the other; more callers than these wait elsewhere. */
const MAX_WAITING = 16;
/** Hidden, so that it is no key's name ({@link Names.PATTERN}). */
const LOCK_FILE = '.lock';
/** Another process holds the lock for a write or two. */
const LOCK_WAIT_MS = 5_000;

type Entry = { readonly file: KeyFile.KeyFile; readonly text: string };
type Unlocked = KeyFile.Opened & { entry: Entry };

/** A folder of keys. Files are read again whenever a key is unlocked, so that what another process adds is found. */
export class Keystore implements KeyRing {
  readonly folder: string;
  readonly #now: () => number;
  readonly #scryptN: number;
  #entries: ReadonlyMap<string, Entry> = new Map();
  readonly #unlocked = new Map<string, Unlocked>();
  #storeId: string | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /**
   * Opens a folder, and makes it when it is missing.
   *
   * @throws owner-files.loose-permissions - with the command that mends it
   * @throws keystore.malformed, keystore.duplicate-key, keystore.too-many, keystore.bad-cost
   */
  constructor(options: Options) {
    const { folder, now = Date.now, scryptN = Kdf.DEFAULT_N } = options;
    if (!Kdf.isAcceptable(scryptN)) {
      fail<Reason>({ code: 'keystore.bad-cost' }, `scryptN: expected a power of two from ${Kdf.MIN_N} to ${Kdf.MAX_N}`);
    }
    this.folder = folder;
    this.#now = now;
    this.#scryptN = scryptN;
    OwnerFiles.ensureFolder(folder);
    this.reload();
  }

  /** Reads the folder again. */
  reload(): void {
    const names = readdirSync(this.folder).flatMap((file) => Names.ofFile(file) ?? []);
    if (names.length > MAX_KEYS)
      fail<Reason>({ code: 'keystore.too-many', limit: MAX_KEYS }, `more than ${MAX_KEYS} keys in ${this.folder}`);
    const entries = new Map(names.sort().map((name) => [name, this.#load(name)] as const));
    const byKey = new Map<string, string>();
    for (const [name, { file }] of entries) {
      const publicKey = Hex.encode(file.publicKey);
      const before = byKey.get(publicKey);
      if (before !== undefined) {
        fail<Reason>(
          { code: 'keystore.duplicate-key', names: [before, name], publicKey },
          `keys ${before} and ${name} are the same key (${publicKey}); delete one of the two files`,
        );
      }
      byKey.set(publicKey, name);
    }
    this.#entries = entries;
  }

  list(): readonly KeyInfo[] {
    return [...this.#entries.values()].map(({ file }) => this.#info(file));
  }

  /** The key with a name, or with a public key in hex. @throws keystore.unknown-key */
  find(key: string): KeyInfo {
    return this.#info(this.#entryOf(key).file);
  }

  /**
   * A new key, from 24 fresh words that are returned once and kept nowhere.
   *
   * @throws keystore.bad-name, keystore.name-taken, keystore.short-passphrase, keystore.bad-hd-path, keystore.folder-locked
   */
  async generate(options: {
    readonly name: string;
    readonly passphrase: string;
    readonly hdPath?: string;
  }): Promise<KeyInfo & { readonly mnemonic: string }> {
    const mnemonic = Mnemonic.generate();
    const hdPath = Mnemonic.normalPath(options.hdPath ?? '');
    const info = await this.#add({ ...options, origin: 'generated', hdPath }, Mnemonic.secretOf(mnemonic, { hdPath }));
    return { ...info, mnemonic };
  }

  /**
   * Stores the key of a mnemonic. Without a path it is the BIP32 master key, as eotsd has it.
   *
   * @throws keystore.bad-mnemonic, keystore.bad-hd-path, keystore.bad-name, keystore.name-taken, keystore.key-known, keystore.short-passphrase
   * @throws keystore.folder-locked
   */
  async importMnemonic(options: {
    readonly name: string;
    readonly passphrase: string;
    readonly mnemonic: string;
    readonly mnemonicPassphrase?: string;
    readonly hdPath?: string;
  }): Promise<KeyInfo> {
    const { name, passphrase, mnemonic, mnemonicPassphrase = '' } = options;
    const hdPath = Mnemonic.normalPath(options.hdPath ?? '');
    const secretKey = Mnemonic.secretOf(mnemonic, { hdPath, passphrase: mnemonicPassphrase });
    return this.#add({ name, passphrase, origin: 'imported', hdPath }, secretKey);
  }

  /**
   * Stores a key as it is; the caller wipes its own copy.
   *
   * @shape secretKey: 32 bytes
   * @throws secret-key.out-of-range, keystore.bad-name, keystore.name-taken, keystore.key-known, keystore.short-passphrase
   * @throws keystore.folder-locked
   */
  async importSecret(options: { readonly name: string; readonly passphrase: string; readonly secretKey: Uint8Array }): Promise<KeyInfo> {
    const { name, passphrase } = options;
    return this.#add({ name, passphrase, origin: 'imported', hdPath: null }, SecretKey.from(options.secretKey));
  }

  /** The secret of a key, for the caller to wipe. @throws keystore.unknown-key, keystore.wrong-passphrase, keystore.altered */
  async export(key: string, passphrase: string): Promise<SecretKey.SecretKey> {
    const { secretKey, stateKey } = await this.#open(this.#entryOf(key).file, passphrase);
    stateKey.fill(0);
    return secretKey;
  }

  /** Deletes the file of a key and forgets the key. @throws keystore.unknown-key, keystore.folder-locked */
  remove(key: string): KeyInfo {
    const { file } = this.#entryOf(key);
    const info = this.#info(file);
    this.lock(file.publicKey);
    this.#alone(() => {
      OwnerFiles.remove(this.#pathOf(file.name));
      this.reload();
    });
    return info;
  }

  /**
   * Seals a key anew under another passphrase.
   *
   * @throws keystore.unknown-key, keystore.wrong-passphrase, keystore.short-passphrase, keystore.changed-meanwhile, keystore.folder-locked
   */
  async changePassphrase(key: string, passphrase: string, next: string): Promise<KeyInfo> {
    Kdf.checkPassphrase(next);
    const entry = this.#reread(key);
    const opened = await this.#open(entry.file, passphrase);
    try {
      const file = await this.#exclusive(() => KeyFile.seal(opened.secretKey, entry.file, entry.file.state, next, this.#scryptN));
      return this.#info(this.#alone(() => this.#replace(entry, file)).file);
    } finally {
      wipe(opened);
      // What is in memory was authenticated by the old passphrase; the file is by the new one.
      this.lock(entry.file.publicKey);
    }
  }

  /**
   * Lists or unlists a Babylon address that the key may prove its possession for. A proof binds an address to the key for ever, so it takes the
   * passphrase.
   *
   * @throws keystore.unknown-key, keystore.wrong-passphrase, keystore.too-many-addresses, babylon-address.*
   * @throws keystore.changed-meanwhile, keystore.folder-locked
   */
  async allowAddress(key: string, passphrase: string, address: string, allow = true): Promise<KeyInfo> {
    const { text } = BabylonAddress.parse(address);
    const entry = this.#reread(key);
    const opened = await this.#open(entry.file, passphrase);
    try {
      const { state } = entry.file;
      const others = state.possessionAddresses.filter((known) => known !== text);
      const possessionAddresses = allow ? [...others, text] : others;
      if (possessionAddresses.length > KeyFile.MAX_ADDRESSES) {
        const limit = KeyFile.MAX_ADDRESSES;
        fail<Reason>({ code: 'keystore.too-many-addresses', limit }, `a key lists at most ${limit} addresses; remove one first`);
      }
      const file = KeyFile.withState(entry.file, { ...state, possessionAddresses }, opened.stateKey);
      return this.#info(this.#alone(() => this.#replace(entry, file)).file);
    } finally {
      wipe(opened);
    }
  }

  /**
   * Brings a key into memory, and binds it when the store is known ({@link bindTo}). Unlocking twice checks the passphrase and changes nothing.
   *
   * @throws keystore.unknown-key, keystore.wrong-passphrase, keystore.altered, keystore.key-mismatch, keystore.short-passphrase, keystore.busy
   * @throws keystore.changed-meanwhile, keystore.folder-locked - while it is bound
   */
  async unlock(key: string, passphrase: string): Promise<KeyInfo> {
    const entry = this.#reread(key);
    const opened = await this.#open(entry.file, passphrase);
    const id = Hex.encode(entry.file.publicKey);
    const before = this.#unlocked.get(id);
    if (before === undefined) this.#unlocked.set(id, { ...opened, entry });
    else {
      SecretKey.wipe(opened.secretKey);
      this.#unlocked.set(id, { secretKey: before.secretKey, stateKey: opened.stateKey, entry });
      before.stateKey.fill(0);
    }
    if (this.#storeId !== undefined) this.#bind(id, this.#storeId);
    return this.find(id);
  }

  /**
   * Tries one passphrase on several keys, or on all. A key with another passphrase stays locked; any other fault is thrown.
   *
   * @returns the names of the keys that it opened, and of those that it did not
   * @throws as {@link unlock}, but for keystore.wrong-passphrase
   */
  async unlockEach(
    passphrase: string,
    keys: readonly string[] = this.list().map(({ name }) => name),
  ): Promise<{ readonly unlocked: readonly string[]; readonly refused: readonly string[] }> {
    const unlocked: string[] = [];
    const refused: string[] = [];
    for (const key of keys) {
      try {
        unlocked.push((await this.unlock(key, passphrase)).name);
      } catch (error) {
        if (!hasCode<Reason, 'keystore.wrong-passphrase'>(error, 'keystore.wrong-passphrase')) throw error;
        refused.push(this.find(key).name);
      }
    }
    return { unlocked, refused };
  }

  /** Wipes a key from memory, or all of them. */
  lock(publicKey?: Uint8Array): void {
    const ids = publicKey === undefined ? [...this.#unlocked.keys()] : [Hex.encode(publicKey)];
    for (const id of ids) {
      const opened = this.#unlocked.get(id);
      this.#unlocked.delete(id);
      if (opened !== undefined) wipe(opened);
    }
  }

  /**
   * Names the store that signs with these keys. Generated keys that belong to no store yet are marked with it, durably, before this returns or,
   * when they are locked, before their unlocking does.
   *
   * @returns what became of each key, by name
   * @throws keystore.changed-meanwhile, keystore.folder-locked
   */
  bindTo(storeId: string): ReadonlyMap<string, Binding> {
    if (!/^[0-9a-f]{32}$/.test(storeId)) Check.outOfRange('storeId', 0n, 2n ** 128n - 1n, JSON.stringify(storeId));
    this.#storeId = storeId;
    return new Map([...this.#entries].map(([name, { file }]) => [name, this.#bind(Hex.encode(file.publicKey), storeId)] as const));
  }

  /** What {@link bindTo} found for a key. */
  binding(publicKey: Uint8Array): Binding {
    return this.#storeId === undefined ? 'locked' : this.#bindingOf(Hex.encode(publicKey), this.#storeId);
  }

  /** All keys, unlocked or not. @shape 32 bytes each */
  publicKeys(): readonly Uint8Array[] {
    return [...this.#entries.values()].map(({ file }) => file.publicKey.slice());
  }

  /**
   * The key in memory: to be used at once, neither kept nor wiped. Locking wipes it.
   *
   * @throws signer.unknown-key, signer.locked-key
   */
  use(publicKey: Uint8Array): SecretKey.SecretKey {
    const id = Hex.encode(publicKey);
    const opened = this.#unlocked.get(id);
    if (opened !== undefined) return opened.secretKey;
    const known = [...this.#entries.values()].find(({ file }) => Hex.encode(file.publicKey) === id);
    if (known === undefined) return fail<Reason>({ code: 'signer.unknown-key', publicKey: id }, `no key ${id} in the keystore`);
    return fail<Reason>({ code: 'signer.locked-key', publicKey: id, name: known.file.name }, `key ${known.file.name} is locked`);
  }

  /** True when all that the key ever signed is in the store that is open: it was generated here, and is bound to this store. */
  opensByItself(publicKey: Uint8Array): boolean {
    return this.binding(publicKey) === 'bound';
  }

  /** The addresses that the operator listed, read again from the file when that is authentic. */
  possessionAddresses(publicKey: Uint8Array): readonly string[] {
    const opened = this.#unlocked.get(Hex.encode(publicKey));
    if (opened === undefined) return [];
    this.#refresh(opened);
    return opened.entry.file.state.possessionAddresses;
  }

  async #add(
    options: { readonly name: string; readonly passphrase: string } & Pick<KeyFile.Fixed, 'origin' | 'hdPath'>,
    secretKey: SecretKey.SecretKey,
  ): Promise<KeyInfo> {
    const { name, passphrase, origin, hdPath } = options;
    try {
      Names.check(name);
      Kdf.checkPassphrase(passphrase);
      this.reload();
      const publicKey = PublicKey.ofSecret(secretKey);
      this.#checkFree(name, Hex.encode(publicKey));
      const fixed = { name, publicKey, origin, hdPath, createdAt: new Date(this.#now()).toISOString() };
      const file = await this.#exclusive(() =>
        KeyFile.seal(secretKey, fixed, { storeId: null, possessionAddresses: [] }, passphrase, this.#scryptN),
      );
      this.#alone(() => {
        // Sealing took its time: the name and the key must still be free.
        this.reload();
        this.#checkFree(name, Hex.encode(publicKey));
        this.#create(name, KeyFile.encode(file));
        this.reload();
      });
      return this.#info(file);
    } finally {
      SecretKey.wipe(secretKey);
    }
  }

  #checkFree(name: string, publicKey: string): void {
    if (this.#entries.has(name)) nameTaken(name);
    if (this.#entries.size >= MAX_KEYS)
      fail<Reason>({ code: 'keystore.too-many', limit: MAX_KEYS }, `a keystore holds at most ${MAX_KEYS} keys`);
    for (const { file } of this.#entries.values()) {
      if (Hex.encode(file.publicKey) !== publicKey) continue;
      fail<Reason>({ code: 'keystore.key-known', name: file.name, publicKey }, `this key is here already, under the name ${file.name}`);
    }
  }

  #create(name: string, text: string): void {
    try {
      OwnerFiles.create(this.#pathOf(name), text);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') nameTaken(name);
      throw error;
    }
  }

  #bind(id: string, storeId: string): Binding {
    const opened = this.#unlocked.get(id);
    const found = this.#bindingOf(id, storeId);
    if (opened === undefined || found !== 'not-fresh') return found;
    const age = this.#now() - Date.parse(opened.entry.file.createdAt);
    if (age > FRESH_MS || age < -CLOCK_SKEW_MS) this.#refresh(opened);
    else {
      this.#alone(() => {
        this.#refresh(opened);
        const { file } = opened.entry;
        // Another process may have bound the key to its own store: the first one has it.
        if (file.state.storeId === null)
          opened.entry = this.#replace(opened.entry, KeyFile.withState(file, { ...file.state, storeId }, opened.stateKey));
      });
    }
    return this.#bindingOf(id, storeId);
  }

  #bindingOf(id: string, storeId: string): Binding {
    const opened = this.#unlocked.get(id);
    if (opened === undefined) return 'locked';
    const { origin, state } = opened.entry.file;
    if (origin === 'imported') return 'imported';
    if (state.storeId === null) return 'not-fresh';
    return state.storeId === storeId ? 'bound' : 'other-store';
  }

  /** Takes over what another process wrote to the file, if this key's passphrase authenticates it. */
  #refresh(opened: Unlocked): void {
    const { name, publicKey } = opened.entry.file;
    let now: Entry;
    try {
      now = this.#load(name);
    } catch {
      return;
    }
    if (now.text === opened.entry.text || Hex.encode(now.file.publicKey) !== Hex.encode(publicKey)) return;
    if (KeyFile.isAuthentic(now.file, opened.stateKey)) opened.entry = now;
  }

  #load(name: string): Entry {
    const path = this.#pathOf(name);
    const text = OwnerFiles.read(path, KeyFile.MAX_BYTES);
    const file = KeyFile.decode(text, path);
    if (file.name !== name) {
      const problem = `it says that its name is ${file.name}`;
      fail<Reason>({ code: 'keystore.malformed', file: path, problem }, `${path}: ${problem}; a key file keeps its name`);
    }
    return { file, text };
  }

  #reread(key: string): Entry {
    this.reload();
    return this.#entryOf(key);
  }

  /** Runs what looks at the folder and changes it while no other process does; at once when it is free. */
  #alone<T>(job: () => T): T {
    const path = join(this.folder, LOCK_FILE);
    const lock = ProcessLock.take(path, { waitMs: LOCK_WAIT_MS, refuse: (holder) => folderLocked(path, holder) });
    try {
      return job();
    } finally {
      lock.release();
    }
  }

  /** Replaces a file that is still the one that was read. To be run {@link #alone}: between the look and the change nobody may come. */
  #replace(read: Entry, file: KeyFile.KeyFile): Entry {
    const { name } = file;
    if (this.#load(name).text !== read.text) {
      fail<Reason>({ code: 'keystore.changed-meanwhile', name }, `key ${name}: another process changed its file meanwhile; try again`);
    }
    const text = KeyFile.encode(file);
    OwnerFiles.replace(this.#pathOf(name), text);
    this.reload();
    return { file, text };
  }

  #open(file: KeyFile.KeyFile, passphrase: string): Promise<KeyFile.Opened> {
    return this.#exclusive(() => KeyFile.open(file, passphrase));
  }

  /** One after the other: scrypt takes much memory, and anybody who reaches the daemon may ask for it. */
  async #exclusive<T>(job: () => Promise<T>): Promise<T> {
    if (this.#waiting >= MAX_WAITING) fail<Reason>({ code: 'keystore.busy' }, 'too many passphrases are being tried; try again later');
    this.#waiting++;
    const mine = this.#last.then(job, job);
    this.#last = mine.catch(() => undefined);
    try {
      return await mine;
    } finally {
      this.#waiting--;
    }
  }

  #entryOf(key: string): Entry {
    const byName = this.#entries.get(key);
    if (byName !== undefined) return byName;
    const wanted = key.toLowerCase();
    for (const entry of this.#entries.values()) if (Hex.encode(entry.file.publicKey) === wanted) return entry;
    return fail<Reason>({ code: 'keystore.unknown-key', key }, `no key ${JSON.stringify(key)} in ${this.folder}`);
  }

  #info(file: KeyFile.KeyFile): KeyInfo {
    const { name, publicKey, origin, hdPath, createdAt, state } = file;
    const unlocked = this.#unlocked.has(Hex.encode(publicKey));
    return { name, publicKey: publicKey.slice(), origin, hdPath, createdAt, ...state, file: this.#pathOf(name), unlocked };
  }

  #pathOf(name: string): string {
    return join(this.folder, Names.fileOf(Names.check(name)));
  }

  toJSON(): { readonly folder: string; readonly keys: readonly string[] } {
    return { folder: this.folder, keys: [...this.#entries.keys()] };
  }
}

function nameTaken(name: string): never {
  return fail<Reason>({ code: 'keystore.name-taken', name }, `a key with the name ${name} exists; it is never overwritten`);
}

function folderLocked(lock: string, holder: ProcessLock.Holder): never {
  return fail<Reason>(
    { code: 'keystore.folder-locked', lock, ...holder },
    `${lock}: ${ProcessLock.nameOf(holder)} changes a key; try again. If it is gone for certain, delete the lock file`,
  );
}

function wipe(opened: KeyFile.Opened): void {
  SecretKey.wipe(opened.secretKey);
  opened.stateKey.fill(0);
}
