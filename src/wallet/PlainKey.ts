// A wallet of one secret key: signs PSBTs and messages, and serves as a Bitcoin provider. For servers, tests and keys kept by other software;
// WIF is read by ecpair. Reached by its own entry of the package, so that who has a wallet already does not load it.
import { ECPairFactory } from 'ecpair';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Address from '../bitcoin/Address.ts';
import type { Coin } from '../bitcoin/Coin.ts';
import * as Network from '../bitcoin/Network.ts';
import type * as Tx from '../bitcoin/Tx.ts';
import * as Ecc from '../crypto/Ecc.ts';
import * as PublicKey from '../crypto/PublicKey.ts';
import * as SecretKey from '../crypto/SecretKey.ts';
import { type EcpairBackend, ecpairBackend } from './ecpairBackend.ts';
import { ADDRESS_TYPES, type AddressType, checkType, type KeyScript, scriptOf } from './keyScripts.ts';
import type { BitcoinProvider, MessageType, SignPsbtOptions } from './Provider.ts';
import { type KeyRing, signPsbt } from './psbtSigner.ts';
import { optionsOf, signMessage } from './signerOptions.ts';

export type { AddressType } from './keyScripts.ts';

export type Reason =
  | SecretKey.Reason
  | { readonly code: 'plain-key.bad-wif' }
  | { readonly code: 'plain-key.no-secret' }
  | { readonly code: 'plain-key.uncompressed' };

/** Where the key lives: the address decides the kind of message signature. */
export type Options = { readonly network: Network.Network; readonly addressType: AddressType };

/** One key as a wallet. Nothing of the secret shows when it is printed or serialised. */
export class PlainKey implements BitcoinProvider {
  readonly network: Network.Network;
  readonly addressType: AddressType;
  /** 33 bytes. */
  readonly publicKey: Uint8Array;
  /** What scripts hold: 32 bytes. */
  readonly stakerPk: PublicKey.XOnlyPublicKey;
  readonly scriptPubKey: Uint8Array;
  readonly address: string;
  readonly #secretKey: SecretKey.SecretKey;
  readonly #ecc: Ecc.Ecc;
  readonly #scripts: ReadonlySet<string>;
  readonly #script: KeyScript;

  /** Use {@link from}, {@link fromWif} or {@link fromEcpair}: they check. */
  constructor(secretKey: SecretKey.SecretKey, options: Options, ecc: Ecc.Ecc) {
    this.#secretKey = SecretKey.from(secretKey);
    this.#ecc = ecc;
    this.network = Network.from(options.network);
    this.addressType = checkType(options.addressType);
    this.publicKey = PublicKey.compressedOfSecret(secretKey, ecc);
    this.stakerPk = PublicKey.ofSecret(secretKey, ecc);
    this.#script = scriptOf(this.publicKey, this.addressType, ecc);
    this.scriptPubKey = this.#script.scriptPubKey;
    this.address = Address.encode(this.scriptPubKey, this.network);
    this.#scripts = new Set(ADDRESS_TYPES.map((type) => Hex.encode(scriptOf(this.publicKey, type, ecc).scriptPubKey)));
  }

  /** A coin of this key's address, with what a PSBT needs to say of it. */
  coin(options: { readonly outpoint: Tx.Outpoint; readonly valueSats: bigint; readonly previousTransaction?: Uint8Array }): Coin {
    const { outpoint, valueSats, previousTransaction } = Check.object(options, 'options');
    return { outpoint, valueSats, ...this.#script, ...(previousTransaction === undefined ? {} : { previousTransaction }) };
  }

  /**
   * Signs every input that this key can sign (or those of `signInputs`) and finalises those that are complete, unless `autoFinalized` is false.
   *
   * @throws signer.*
   */
  async signPsbt(psbt: string, options?: SignPsbtOptions): Promise<string> {
    return signPsbt(psbt, this.#ring(), optionsOf(options), this.#ecc);
  }

  /** Signs several PSBTs. @throws signer.* */
  async signPsbts(psbts: readonly string[], options: readonly SignPsbtOptions[] = []): Promise<string[]> {
    const each = Check.list(options, 'options');
    return Check.list(psbts, 'psbts').map((psbt, i) => signPsbt(psbt, this.#ring(), optionsOf(each[i]), this.#ecc));
  }

  /** Signs a message, by BIP322 only with a P2TR or P2WPKH address. Base64. @throws signer.message-type, signer.no-bip322 */
  async signMessage(message: string, type: MessageType): Promise<string> {
    return signMessage(
      message,
      type,
      { secretKey: this.#secretKey, scriptPubKey: this.scriptPubKey, addressType: this.addressType },
      this.#ecc,
    );
  }

  /** Overwrites the secret. What is signed afterwards is refused. */
  wipe(): void {
    SecretKey.wipe(this.#secretKey);
  }

  toJSON(): { readonly address: string; readonly network: Network.Network; readonly publicKey: string } {
    return { address: this.address, network: this.network, publicKey: Hex.encode(this.publicKey) };
  }

  #ring(): KeyRing {
    SecretKey.toScalar(this.#secretKey);
    return {
      ownerOf: (script) => (this.#scripts.has(Hex.encode(script)) ? Bytes.copy(this.publicKey) : undefined),
      secretOf: (key) => {
        const isOurs = Bytes.equal(key, key.length === 33 ? this.publicKey : this.stakerPk);
        return isOurs ? SecretKey.from(this.#secretKey) : undefined;
      },
    };
  }
}

/** A wallet of a secret key. @throws secret-key.out-of-range, network.unknown, address-type.unknown */
export function from(secretKey: SecretKey.SecretKey, options: Options, ecc: Ecc.Ecc = Ecc.auto()): PlainKey {
  Check.object(options, 'options');
  return new PlainKey(SecretKey.from(secretKey), options, ecc);
}

/**
 * A wallet of a key in wallet import format; the network of the text must be that of the options.
 *
 * @throws plain-key.bad-wif - checksum, length or network; nothing of the text is repeated
 * @throws plain-key.uncompressed - a key whose addresses are of uncompressed form: no segwit or taproot coin has them
 */
export function fromWif(wif: string, options: Options, ecc: Ecc.Ecc = Ecc.auto()): PlainKey {
  Check.text(wif, 'wif');
  const { network } = Check.object(options, 'options');
  const { bech32, pubKeyHash, scriptHash } = Network.prefixes(network);
  const version = { mainnet: 0x80, testnet: 0xef, signet: 0xef, regtest: 0xef, simnet: 0x64 }[network];
  const wifNetwork = { messagePrefix: '', bech32, bip32: { public: 0, private: 0 }, pubKeyHash, scriptHash, wif: version };
  const factory: (backend: EcpairBackend) => { fromWIF(text: string, network: typeof wifNetwork): EcpairLike } = ECPairFactory;
  let pair: EcpairLike;
  try {
    pair = factory(ecpairBackend(ecc)).fromWIF(wif, wifNetwork);
  } catch {
    // The parser's message may repeat part of the key.
    return fail<Reason>({ code: 'plain-key.bad-wif' }, `wif: not a private key in wallet import format of ${network}`);
  }
  return fromEcpair(pair, options, ecc);
}

/** What is used of an ecpair: any version of the library has it. */
export type EcpairLike = { readonly privateKey?: Uint8Array | undefined; readonly compressed?: boolean };

/** A wallet of an ecpair that holds its secret. @throws plain-key.no-secret, plain-key.uncompressed */
export function fromEcpair(pair: EcpairLike, options: Options, ecc: Ecc.Ecc = Ecc.auto()): PlainKey {
  const { privateKey, compressed } = Check.object(pair, 'pair');
  if (privateKey === undefined) fail<Reason>({ code: 'plain-key.no-secret' }, 'pair: this key pair has no private key');
  if (compressed === false) fail<Reason>({ code: 'plain-key.uncompressed' }, 'pair: the addresses of this key are of uncompressed form');
  return from(SecretKey.from(privateKey, 'pair.privateKey'), options, ecc);
}
