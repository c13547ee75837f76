// What unlocked keys are turned into: EOTS signers and sources of nonces, made once and not for each signature. The ring is asked every time.
import * as Bytes from '../base/Bytes.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import type { Ecc } from '../crypto/Ecc.ts';
import * as Eots from '../crypto/Eots.ts';
import * as PubRand from '../crypto/PubRand.ts';
import type * as SecretKey from '../crypto/SecretKey.ts';
import type { KeyRing, Reason } from './ports.ts';
import type { PublicKey } from './types.ts';

/** How many chains of one key have their sources of nonces kept: each may hold many points. */
const MAX_CHAINS = 8;

/** One key. Holds secrets until {@link KeyMaterial.wipe}. */
export class KeyMaterial {
  readonly #secretKey: Uint8Array;
  readonly #signer: Eots.EotsSigner;
  readonly #sources = new Map<string, PubRand.NonceSource>();
  readonly #ecc: Ecc;
  readonly #pointsKept: number | undefined;

  /** @throws secret-key.out-of-range - for a key that was wiped */
  constructor(secretKey: SecretKey.SecretKey, ecc: Ecc, pointsKept: number | undefined) {
    this.#signer = Eots.signer(secretKey, ecc);
    this.#secretKey = Bytes.copy(secretKey);
    this.#ecc = ecc;
    this.#pointsKept = pointsKept;
  }

  get publicKey(): PublicKey {
    return this.#signer.publicKey;
  }

  /** True for the same secret, byte for byte: a negated key has the same public key, but other nonces. */
  isOf(secretKey: SecretKey.SecretKey): boolean {
    let difference = secretKey.length ^ this.#secretKey.length;
    for (let i = 0; i < this.#secretKey.length; i++) difference |= (this.#secretKey[i] ?? 0) ^ (secretKey[i] ?? 0);
    return difference === 0;
  }

  /** The s of a message with this hash, with the nonce of this height. Protects nothing by itself: the caller claims before it lets it go. */
  sign(
    chainId: string,
    height: bigint,
    root: Uint8Array,
    withPubRand: boolean,
  ): { readonly signature: Uint8Array; readonly pubRand: Uint8Array | undefined } {
    const nonce = this.source(chainId).pair(height);
    try {
      return { signature: this.#signer.signRoot(root, nonce), pubRand: withPubRand ? nonce.pubRand : undefined };
    } finally {
      nonce.wipe();
    }
  }

  source(chainId: string): PubRand.NonceSource {
    const known = this.#sources.get(chainId);
    if (known !== undefined) return known;
    for (const [oldest, source] of this.#sources) {
      if (this.#sources.size < MAX_CHAINS) break;
      this.#sources.delete(oldest);
      source.wipe();
    }
    const source = PubRand.source(this.#secretKey as SecretKey.SecretKey, chainId, { ecc: this.#ecc, maxKept: this.#pointsKept });
    this.#sources.set(chainId, source);
    return source;
  }

  wipe(): void {
    this.#secretKey.fill(0);
    this.#signer.wipe();
    for (const source of this.#sources.values()) source.wipe();
    this.#sources.clear();
  }

  toString(): string {
    return `KeyMaterial(${Hex.encode(this.publicKey)})`;
  }
}

/** The keys of a ring that were used lately. */
export class UnlockedKeys {
  readonly #ring: KeyRing;
  readonly #ecc: Ecc;
  readonly #pointsKept: number | undefined;
  readonly #materials = new Map<string, KeyMaterial>();

  constructor(ring: KeyRing, ecc: Ecc, pointsKept: number | undefined) {
    this.#ring = ring;
    this.#ecc = ecc;
    this.#pointsKept = pointsKept;
  }

  /** The secret that the ring has under this public key, whosoever it is. @throws signer.unknown-key, signer.locked-key */
  secretOf(publicKey: PublicKey): SecretKey.SecretKey {
    try {
      return this.#ring.use(publicKey);
    } catch (error) {
      this.forget(publicKey);
      throw error;
    }
  }

  /** @throws signer.unknown-key, signer.locked-key, signer.key-mismatch */
  materialOf(publicKey: PublicKey): KeyMaterial {
    const secretKey = this.secretOf(publicKey);
    const id = Hex.encode(publicKey);
    const known = this.#materials.get(id);
    if (known?.isOf(secretKey)) return known;
    this.forget(publicKey);
    const material = new KeyMaterial(secretKey, this.#ecc, this.#pointsKept);
    if (!Bytes.equal(material.publicKey, publicKey)) {
      material.wipe();
      fail<Reason>({ code: 'signer.key-mismatch', publicKey: id }, 'public key mismatch: requested key does not match stored key');
    }
    this.#materials.set(id, material);
    return material;
  }

  /** One key, or all. */
  forget(publicKey?: PublicKey): void {
    const ids = publicKey === undefined ? [...this.#materials.keys()] : [Hex.encode(publicKey)];
    for (const id of ids) {
      this.#materials.get(id)?.wipe();
      this.#materials.delete(id);
    }
  }
}
