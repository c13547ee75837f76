// A hierarchical account (BIP32, BIP39; BIP44, BIP49, BIP84, BIP86): derives addresses and coins with their key origins, signs by derivation.
// Derivation and words are @scure/bip32's and @scure/bip39's. Reached by its own entry of the package: the word list weighs.
import { HDKey } from '@scure/bip32';
import { mnemonicToSeedSync, validateMnemonic } from '@scure/bip39';
import { wordlist as english } from '@scure/bip39/wordlists/english.js';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Address from '../bitcoin/Address.ts';
import type { Coin, KeyOrigin } from '../bitcoin/Coin.ts';
import * as Network from '../bitcoin/Network.ts';
import type * as Tx from '../bitcoin/Tx.ts';
import * as Ecc from '../crypto/Ecc.ts';
import type { XOnlyPublicKey } from '../crypto/PublicKey.ts';
import * as PublicKey from '../crypto/PublicKey.ts';
import * as SecretKey from '../crypto/SecretKey.ts';
import { type AddressType, type KeyScript, scriptOf } from './keyScripts.ts';
import type { BitcoinProvider, MessageType, SignPsbtOptions } from './Provider.ts';
import { type KeyRing, signPsbt } from './psbtSigner.ts';
import { optionsOf, signMessage } from './signerOptions.ts';

export type Reason =
  | Check.Reason
  | { readonly code: 'hd-account.bad-mnemonic' }
  | { readonly code: 'hd-account.bad-seed' }
  | { readonly code: 'hd-account.unknown-purpose'; readonly got: string }
  | { readonly code: 'hd-account.no-coin-path'; readonly scanned: number }
  | { readonly code: 'hd-account.wiped' };

/** BIP number of the account's kind. */
export type Purpose = 44 | 49 | 84 | 86;

const TYPES: ReadonlyMap<Purpose, AddressType> = new Map([
  [44, 'p2pkh'],
  [49, 'p2sh-p2wpkh'],
  [84, 'p2wpkh'],
  [86, 'p2tr'],
]);

export type Options = {
  readonly network: Network.Network;
  readonly purpose: Purpose;
  /** Number of the account, 0 when left out. */
  readonly account?: number;
};

/** A place in the account: receiving (0) or change (1), and the index. */
export type Place = { readonly change?: boolean; readonly index: number };

/** A derived address with everything that a PSBT says of it. */
export type Derived = KeyScript & {
  readonly address: string;
  /** 33 bytes. */
  readonly publicKey: Uint8Array;
  readonly stakerPk: XOnlyPublicKey;
  readonly path: string;
  /** Under the compressed key; x-only for taproot. */
  readonly keyOrigin: KeyOrigin;
  /** Of the same key inside a leaf, always x-only. */
  readonly leafKeyOrigin: KeyOrigin;
};

const HARDENED_MAX = 0x7fff_ffff;
/** Addresses that are looked through for a key or script that was not derived before. */
const GAP = 20;

/** An account as a wallet. It signs with the keys of the addresses that it has derived, and with those that a PSBT names by its origin. */
export class HdAccount implements BitcoinProvider {
  readonly network: Network.Network;
  readonly purpose: Purpose;
  readonly addressType: AddressType;
  /** "m/86'/0'/0'" */
  readonly path: string;
  readonly masterFingerprint: Uint8Array;
  readonly #account: HDKey;
  readonly #ecc: Ecc.Ecc;
  readonly #byPlace = new Map<string, Derived>();
  readonly #byScript = new Map<string, Derived>();
  readonly #byKey = new Map<string, Derived>();
  #isWiped = false;

  /** Use {@link fromMnemonic} or {@link fromSeed}: they check. */
  constructor(account: HDKey, masterFingerprint: Uint8Array, path: string, options: Options, ecc: Ecc.Ecc) {
    this.#account = account;
    this.#ecc = ecc;
    this.masterFingerprint = masterFingerprint;
    this.path = path;
    this.network = options.network;
    this.purpose = options.purpose;
    this.addressType = TYPES.get(options.purpose) as AddressType;
  }

  /** The address that a wallet shows: receiving, index 0. Its key is the staker's unless said otherwise, and its messages are signed by it. */
  get address(): string {
    return this.derive({ index: 0 }).address;
  }

  get stakerPk(): XOnlyPublicKey {
    return this.derive({ index: 0 }).stakerPk;
  }

  get publicKey(): Uint8Array {
    return Bytes.copy(this.derive({ index: 0 }).publicKey);
  }

  /** The extended public key of the account: enough to watch, not to sign. */
  get extendedPublicKey(): string {
    return this.#account.publicExtendedKey;
  }

  /** The address at a place. @throws input.*, hd-account.wiped */
  derive(place: Place): Derived {
    const { change = false, index } = Check.object(place, 'place');
    if (typeof change !== 'boolean') Check.object(change, 'place.change');
    Check.integer(index, 'place.index', 0, HARDENED_MAX);
    const step = `${change ? 1 : 0}/${index}`;
    const known = this.#byPlace.get(step);
    if (known !== undefined) return known;
    const { publicKey } = this.#child(change, index);
    if (publicKey === null) return fail<Reason>({ code: 'hd-account.wiped' }, 'the account has been wiped');
    const path = `${this.path}/${step}`;
    const script = scriptOf(publicKey, this.addressType, this.#ecc);
    const stakerPk = PublicKey.fromCompressedAnyParity(publicKey, 'publicKey', this.#ecc);
    const origin = (key: Uint8Array): KeyOrigin => ({ publicKey: key, masterFingerprint: this.masterFingerprint, path });
    const derived: Derived = Object.freeze({
      ...script,
      address: Address.encode(script.scriptPubKey, this.network),
      publicKey,
      stakerPk,
      path,
      keyOrigin: origin(this.addressType === 'p2tr' ? stakerPk : publicKey),
      leafKeyOrigin: origin(stakerPk),
    });
    this.#byPlace.set(step, derived);
    this.#byScript.set(Hex.encode(script.scriptPubKey), derived);
    this.#byKey.set(Hex.encode(stakerPk), derived);
    return derived;
  }

  /**
   * A coin of this account by its place, or by its script when the place is not known (the first {@link GAP} addresses of both chains, and all
   * that were derived).
   *
   * @throws hd-account.no-coin-path - the script is of no address that was looked at
   */
  coin(
    options: { readonly outpoint: Tx.Outpoint; readonly valueSats: bigint; readonly previousTransaction?: Uint8Array } & (
      | { readonly place: Place }
      | { readonly scriptPubKey: Uint8Array }
    ),
  ): Coin {
    const { outpoint, valueSats, previousTransaction } = Check.object(options, 'options');
    const derived = 'place' in options ? this.derive(options.place) : this.find(options.scriptPubKey);
    if (derived === undefined)
      return fail<Reason>(
        { code: 'hd-account.no-coin-path', scanned: GAP },
        `no address of the account has this script (${GAP} looked at)`,
      );
    const { scriptPubKey, redeemScript, tapInternalKey, keyOrigin } = derived;
    return {
      outpoint,
      valueSats,
      scriptPubKey,
      keyOrigins: [keyOrigin],
      ...(redeemScript === undefined ? {} : { redeemScript }),
      ...(tapInternalKey === undefined ? {} : { tapInternalKey }),
      ...(previousTransaction === undefined ? {} : { previousTransaction }),
    };
  }

  /** The address with this script, among those derived and the first of both chains. */
  find(scriptPubKey: Uint8Array): Derived | undefined {
    const text = Hex.encode(Check.bytes(scriptPubKey, 'scriptPubKey'));
    if (!this.#byScript.has(text)) this.#deriveGap();
    return this.#byScript.get(text);
  }

  /**
   * Signs every input that keys of this account can sign (or those of `signInputs`) and finalises those that are complete, unless
   * `autoFinalized` is false.
   *
   * @throws signer.*, hd-account.wiped
   */
  async signPsbt(psbt: string, options?: SignPsbtOptions): Promise<string> {
    return signPsbt(psbt, this.#ring(), optionsOf(options), this.#ecc);
  }

  /** Signs several PSBTs. @throws signer.*, hd-account.wiped */
  async signPsbts(psbts: readonly string[], options: readonly SignPsbtOptions[] = []): Promise<string[]> {
    const each = Check.list(options, 'options');
    return Check.list(psbts, 'psbts').map((psbt, i) => signPsbt(psbt, this.#ring(), optionsOf(each[i]), this.#ecc));
  }

  /** Signs a message with the key of the first address. Base64. @throws signer.message-type, signer.no-bip322, hd-account.wiped */
  async signMessage(message: string, type: MessageType): Promise<string> {
    const { scriptPubKey } = this.derive({ index: 0 });
    const secretKey = this.#secretAt(false, 0);
    try {
      return signMessage(message, type, { secretKey, scriptPubKey, addressType: this.addressType }, this.#ecc);
    } finally {
      SecretKey.wipe(secretKey);
    }
  }

  /** Overwrites the private key of the account. */
  wipe(): void {
    this.#isWiped = true;
    this.#account.wipePrivateData();
  }

  toJSON(): { readonly path: string; readonly network: Network.Network; readonly masterFingerprint: string } {
    return { path: this.path, network: this.network, masterFingerprint: Hex.encode(this.masterFingerprint) };
  }

  #child(change: boolean, index: number): HDKey {
    return this.#account.deriveChild(change ? 1 : 0).deriveChild(index);
  }

  #deriveGap(): void {
    for (const change of [false, true]) for (let index = 0; index < GAP; index++) this.derive({ change, index });
  }

  #secretAt(change: boolean, index: number): SecretKey.SecretKey {
    if (this.#isWiped) return fail<Reason>({ code: 'hd-account.wiped' }, 'the account has been wiped');
    const child = this.#child(change, index);
    try {
      const { privateKey } = child;
      return privateKey === null ? fail<Reason>({ code: 'hd-account.wiped' }, 'the account has been wiped') : SecretKey.from(privateKey);
    } finally {
      child.wipePrivateData();
    }
  }

  #ring(): KeyRing {
    if (this.#isWiped) fail<Reason>({ code: 'hd-account.wiped' }, 'the account has been wiped');
    return {
      ownerOf: (script) => this.find(script)?.publicKey,
      secretOf: (key, origins) => {
        const x = Hex.encode(key.length === 33 ? key.subarray(1) : key);
        this.#deriveNamed(origins);
        const place = this.#byKey
          .get(x)
          ?.path.slice(this.path.length + 1)
          .split('/');
        return place === undefined ? undefined : this.#secretAt(place[0] === '1', Number(place[1]));
      },
    };
  }

  /** Derives what a PSBT says is ours. The key is compared afterwards, so that a wrong origin finds nothing. */
  #deriveNamed(origins: readonly KeyOrigin[]): void {
    for (const { masterFingerprint, path } of origins) {
      if (!Bytes.equal(Bytes.copy(masterFingerprint), this.masterFingerprint)) continue;
      const normal = path.replaceAll('h', "'").replaceAll('H', "'");
      const rest = /^\/([01])\/(\d{1,10})$/.exec(normal.startsWith(this.path) ? normal.slice(this.path.length) : '');
      if (rest === null || Number(rest[2]) > HARDENED_MAX) continue;
      this.derive({ change: rest[1] === '1', index: Number(rest[2]) });
    }
  }
}

/**
 * The account of a mnemonic.
 *
 * @throws hd-account.bad-mnemonic - words, count or checksum; nothing of it is repeated
 * @throws hd-account.unknown-purpose, network.unknown, input.*
 * @source BIP39 "From mnemonic to seed", BIP44 "Path levels"
 */
export function fromMnemonic(
  secrets: { readonly mnemonic: string; readonly passphrase?: string; readonly wordlist?: readonly string[] },
  options: Options,
  ecc: Ecc.Ecc = Ecc.auto(),
): HdAccount {
  const { mnemonic, passphrase = '', wordlist = english } = Check.object(secrets, 'secrets');
  Check.text(mnemonic, 'mnemonic');
  Check.text(passphrase, 'passphrase');
  const words = [...Check.list(wordlist, 'wordlist')];
  let isValid = false;
  try {
    isValid = validateMnemonic(mnemonic, words);
  } catch {
    // Not valid then; the message may quote a word.
  }
  if (!isValid) fail<Reason>({ code: 'hd-account.bad-mnemonic' }, 'mnemonic: not a valid BIP39 mnemonic of this word list');
  const seed = mnemonicToSeedSync(mnemonic, passphrase);
  try {
    return fromSeed(seed, options, ecc);
  } finally {
    seed.fill(0);
  }
}

/**
 * The account of a seed.
 *
 * @shape seed: 16..64 bytes
 * @throws hd-account.bad-seed, hd-account.unknown-purpose, network.unknown, input.*
 * @source BIP32 "Master key generation"
 */
export function fromSeed(seed: Uint8Array, options: Options, ecc: Ecc.Ecc = Ecc.auto()): HdAccount {
  const { network, purpose, account = 0 } = Check.object(options, 'options');
  Network.from(network);
  if (!TYPES.has(purpose)) {
    const got = typeof purpose === 'number' ? String(purpose) : Check.kindOf(purpose);
    fail<Reason>({ code: 'hd-account.unknown-purpose', got }, `purpose: expected 44, 49, 84 or 86, got ${got}`);
  }
  Check.integer(account, 'account', 0, HARDENED_MAX);
  const path = `m/${purpose}'/${network === 'mainnet' ? 0 : 1}'/${account}'`;
  let master: HDKey;
  try {
    master = HDKey.fromMasterSeed(Bytes.copy(Check.bytes(seed, 'seed')));
  } catch {
    return fail<Reason>({ code: 'hd-account.bad-seed' }, 'seed: expected 16 to 64 bytes of entropy');
  }
  const fingerprint = Uint8Array.of(...[24, 16, 8, 0].map((shift) => (master.fingerprint >>> shift) & 0xff));
  const node = master.derive(path);
  master.wipePrivateData();
  return new HdAccount(node, fingerprint, path, { network, purpose }, ecc);
}
