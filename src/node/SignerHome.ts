// The folder of a signer: config.json, keys/, data/ (the store), witness.json and backup/. Files are for their owner only.
// finality-provider eotsmanager/config/config.go has eotsd.conf, a keyring and data/eots.db in the same place.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fail } from '../base/Errors.ts';
import type { Ecc } from '../crypto/Ecc.ts';
import type { Recognisers } from '../signer/Recognisers.ts';
import type { SignStore } from '../signer/SignStore.ts';
import { fastest } from './fastestEcc.ts';
import { Keystore, type Options as KeystoreOptions } from './keystore/Keystore.ts';
import * as Kdf from './keystore/kdf.ts';
import * as OwnerFiles from './ownerFiles.ts';
import { babylonRecognisers, type RecogniserOptions } from './recognisers.ts';
import { type Options as OpenOptions, openStore as openNamed } from './store/openStore.ts';
import * as StoreFile from './storeFile.ts';
import * as Witness from './Witness.ts';

/** What config.json may say; the command line says otherwise. */
export type Config = {
  /** `lmdb:<path>`, `postgres://…` or `etcd://…`; absent: LMDB in data/. May hold a password, so the file is for its owner only. */
  readonly store?: string;
  /** `host:port`; absent: 127.0.0.1:12582, where eotsd listens. */
  readonly listen?: string;
  /** `host:port` of the HTTP metrics. */
  readonly metrics?: string;
  readonly strict?: boolean;
  /** REST addresses of Babylon nodes by chain id: what the chain shows of a key is compared with the store. */
  readonly babylonApi?: Readonly<Record<string, string>>;
  /** The only chains that are served. */
  readonly chains?: readonly string[];
  /** Signing contexts of chains of the BSN line, by chain id. */
  readonly contexts?: NonNullable<RecogniserOptions['contexts']>;
  /** Also signs what `eotsd pop export` signs. */
  readonly exportedPossession?: boolean;
  /** Work of the passphrase for new key files: scrypt's N, a power of two from 2^14 to 2^19; absent: 2^17. */
  readonly scryptN?: number;
};

export type Paths = {
  readonly home: string;
  readonly config: string;
  readonly keys: string;
  readonly data: string;
  readonly witness: string;
  readonly backup: string;
};

export type Reason =
  | OwnerFiles.Reason
  | { readonly code: 'signer-home.missing'; readonly home: string }
  | { readonly code: 'signer-home.exists'; readonly home: string }
  | { readonly code: 'signer-home.bad-config'; readonly file: string; readonly problem: string };

export const DEFAULT_LISTEN = '127.0.0.1:12582';
const FORMAT = 'satlock-signer';
const VERSION = 1;
const MAX_BYTES = 1 << 20;

/** Where the home is when nobody says: SATLOCK_HOME, or .satlock in the user's folder. */
export function defaultHome(): string {
  return process.env['SATLOCK_HOME'] ?? join(homedir(), '.satlock');
}

export function pathsOf(home: string): Paths {
  const root = resolve(home);
  const at = (name: string): string => join(root, name);
  return { home: root, config: at('config.json'), keys: at('keys'), data: at('data'), witness: at('witness.json'), backup: at('backup') };
}

/**
 * Makes a home. One that is there is left as it is.
 *
 * @throws signer-home.exists, signer-home.bad-config, owner-files.loose-permissions
 */
export function init(home: string, config: Config = {}): Paths {
  const paths = pathsOf(home);
  check(config, paths.config);
  for (const folder of [paths.home, paths.keys, paths.data, paths.backup]) OwnerFiles.ensureFolder(folder);
  try {
    OwnerFiles.create(paths.config, `${JSON.stringify({ format: FORMAT, version: VERSION, ...config }, undefined, 2)}\n`);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    fail<Reason>({ code: 'signer-home.exists', home: paths.home }, `${paths.home}: there is a signer already; nothing was changed`, {
      cause,
    });
  }
  return paths;
}

/**
 * The paths and the config of a home.
 *
 * @throws signer-home.missing - with the command that makes one
 * @throws signer-home.bad-config, owner-files.loose-permissions
 */
export function open(home: string): { readonly paths: Paths; readonly config: Config } {
  const paths = pathsOf(home);
  if (!existsSync(paths.config)) {
    fail<Reason>(
      { code: 'signer-home.missing', home: paths.home },
      `${paths.home}: no signer here; make one with: satlock signer init --home ${paths.home}`,
    );
  }
  OwnerFiles.checkFolder(paths.home);
  return { paths, config: read(paths.config) };
}

/** The keys of a home. @throws keystore.*, owner-files.* */
export function keystore(paths: Paths, options: Omit<KeystoreOptions, 'folder'> = {}): Keystore {
  return new Keystore({ ...options, folder: paths.keys });
}

/**
 * The store of a signer: the one that a URL names, or LMDB in the home.
 *
 * @throws store.missing - there is none, and `create` is not set
 * @throws store.*
 */
export async function openStore(paths: Paths, url: string | undefined, options: OpenOptions = {}): Promise<SignStore> {
  return openNamed(url ?? { home: paths.home }, options);
}

/**
 * True when nothing shows that this signer ever had a store: no witness, and no key that belongs to one. Only then may an empty store be made in
 * passing; otherwise one is missing.
 */
export function neverHadStore(paths: Paths, keystore: Keystore): boolean {
  return !existsSync(paths.witness) && keystore.list().every((key) => key.storeId === null);
}

/** For the witness: which file the store is, where it has one of its own, and whether a key belonged to it before. */
export function fileOf(store: SignStore, wasServed: boolean): { readonly file?: string; readonly wasServed?: boolean } {
  const file = StoreFile.identityOf(store);
  return file === undefined ? {} : { file, wasServed };
}

/** What the witness of a home finds in a store, without writing anything: slots that sign nothing new until their watermark is raised. */
export async function findings(paths: Paths, keys: Keystore, store: SignStore): Promise<readonly Witness.Finding[]> {
  const { storeId } = await store.identity();
  const wasServed = keys.list().some((key) => key.storeId === storeId);
  return Witness.look({ path: paths.witness, store, ...fileOf(store, wasServed) });
}

/** What the config says a vote looks like, and the fastest arithmetic of this machine. */
export function cryptoOf(config: Config): { readonly recognisers: Recognisers; readonly ecc: Ecc } {
  const { contexts, exportedPossession } = config;
  const options = { ...(contexts === undefined ? {} : { contexts }), ...(exportedPossession === undefined ? {} : { exportedPossession }) };
  return { recognisers: babylonRecognisers(options), ecc: fastest() };
}

function read(file: string): Config {
  let json: unknown;
  try {
    json = JSON.parse(OwnerFiles.read(file, MAX_BYTES));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    // The parser's message quotes the text, which may hold a password.
    return badConfig(file, 'not JSON');
  }
  if (!isObject(json)) return badConfig(file, 'expected an object');
  const { format, version, ...config } = json;
  if (format !== FORMAT) badConfig(file, `format: expected ${FORMAT}`);
  if (version !== VERSION) badConfig(file, `version: this release reads version ${VERSION}`);
  return check(config, file);
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isFlag = (value: unknown): boolean => typeof value === 'boolean';
const isTable = (isValue: (value: unknown) => boolean) => (value: unknown) => isObject(value) && Object.values(value).every(isValue);
const isContexts = (value: unknown): boolean =>
  isObject(value) &&
  Object.keys(value).sort().join() === 'commitment,possession,vote' &&
  Object.values(value).every((text) => typeof text === 'string' && /^[0-9a-f]{64}$/.test(text));

const FIELDS: Readonly<Record<keyof Config, readonly [(value: unknown) => boolean, string]>> = {
  store: [isText, 'a text such as lmdb:/path, postgres://… or etcd://…'],
  listen: [isText, 'a text such as 127.0.0.1:12582'],
  metrics: [isText, 'a text such as 127.0.0.1:2113'],
  strict: [isFlag, 'true or false'],
  babylonApi: [isTable(isText), 'an object of addresses by chain id'],
  chains: [(value) => Array.isArray(value) && value.length > 0 && value.every(isText), 'a list of chain ids such as ["bbn-1"]'],
  contexts: [isTable(isContexts), 'by chain id: vote, commitment and possession, 64 lower-case hex digits each'],
  exportedPossession: [isFlag, 'true or false'],
  scryptN: [(value) => typeof value === 'number' && Kdf.isAcceptable(value), 'a power of two from 16384 to 524288'],
};

/** A setting that is misspelt is refused: it would not protect. */
function check(config: Readonly<Record<string, unknown>> | Config, file: string): Config {
  for (const [field, value] of Object.entries(config)) {
    const rule = Object.hasOwn(FIELDS, field) ? FIELDS[field as keyof Config] : undefined;
    if (rule === undefined) return badConfig(file, `${field}: unknown setting; known are ${Object.keys(FIELDS).join(', ')}`);
    if (!rule[0](value)) badConfig(file, `${field}: expected ${rule[1]}`);
  }
  return config as Config;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function badConfig(file: string, problem: string): never {
  return fail<Reason>({ code: 'signer-home.bad-config', file, problem }, `${file}: ${problem}`);
}
