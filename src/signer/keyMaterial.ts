// What an unlocked key is turned into: its EOTS signer and its sources of nonces, made once and not for each signature.
import * as Bytes from '../base/Bytes.ts';
import * as Hex from '../base/Hex.ts';
import type { Ecc } from '../crypto/Ecc.ts';
import * as Eots from '../crypto/Eots.ts';
import * as PubRand from '../crypto/PubRand.ts';
import type * as SecretKey from '../crypto/SecretKey.ts';
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
