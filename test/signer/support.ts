// A signer for tests: real cryptography, a store in memory, a ring of keys, and votes that look like the chain's (8 bytes of height, 32 of a hash).
import { sha256 } from '@noble/hashes/sha2.js';
import * as Bytes from '../../src/base/Bytes.ts';
import { fail } from '../../src/base/Errors.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';
import { MemoryStore } from '../../src/signer/MemoryStore.ts';
import type { Recognisers } from '../../src/signer/Recognisers.ts';
import { type KeyRing, type Outcome, Signer, type SignerEvent, type SignerOptions } from '../../src/signer/Signer.ts';
import type { SignStore, Slot } from '../../src/signer/SignStore.ts';

export const CHAIN = 'bbn-test';

export const text = (value: string): Uint8Array => new TextEncoder().encode(value);

export function secretOf(name: string): SecretKey.SecretKey {
  return SecretKey.from(sha256(text(`satlock test signer ${name}`)));
}

/** A vote: the height and what stands for an app hash. */
export function vote(height: bigint, what: string | number = 0): Uint8Array {
  return Bytes.concat(Bytes.fromUint64BE(height), sha256(text(`app hash ${what}`)));
}

export const RECOGNISERS: Recognisers = {
  vote: (message) => (message.length === 40 ? { height: Bytes.toBigInt(message.subarray(0, 8)) } : undefined),
  commitmentDigest: ({ startHeight, count, root }) =>
    sha256(Bytes.concat(Bytes.fromUint64BE(startHeight), Bytes.fromUint64BE(BigInt(count)), root)),
  possessionDigests: (address) => [sha256(text(address)), sha256(text(`raw ${address}`))],
};

/** A ring whose keys can be locked and whose slots open by themselves where it is said. */
export class TestRing implements KeyRing {
  readonly #keys = new Map<string, SecretKey.SecretKey>();
  readonly locked: Set<string> = new Set();
  readonly opens: Set<string> = new Set();
  readonly addresses: Map<string, readonly string[]> = new Map();
  uses = 0;

  add(secretKey: SecretKey.SecretKey, options: { readonly opens?: boolean } = {}): Uint8Array {
    const publicKey = PublicKey.ofSecret(secretKey);
    this.put(publicKey, secretKey);
    if (options.opens !== false) this.opens.add(Hex.encode(publicKey));
    return publicKey;
  }

  /** Under any public key, its own or not. */
  put(publicKey: Uint8Array, secretKey: SecretKey.SecretKey): void {
    this.#keys.set(Hex.encode(publicKey), secretKey);
  }

  readonly publicKeys = (): readonly Uint8Array[] => [...this.#keys.keys()].map((id) => Hex.decode(id));

  use(publicKey: Uint8Array): SecretKey.SecretKey {
    this.uses++;
    const id = Hex.encode(publicKey);
    const known = this.#keys.get(id);
    if (known === undefined) fail({ code: 'signer.unknown-key', publicKey: id }, 'EOTS key name not found');
    if (this.locked.has(id)) fail({ code: 'signer.locked-key', publicKey: id }, 'this key is locked');
    return SecretKey.from(known);
  }

  opensByItself(publicKey: Uint8Array): boolean {
    return this.opens.has(Hex.encode(publicKey));
  }

  possessionAddresses(publicKey: Uint8Array): readonly string[] {
    return this.addresses.get(Hex.encode(publicKey)) ?? [];
  }
}

export type World = {
  readonly signer: Signer;
  readonly store: SignStore;
  readonly ring: TestRing;
  readonly slot: Slot;
  readonly secretKey: SecretKey.SecretKey;
  readonly events: SignerEvent[];
};

/** One signer with one key whose slots open by themselves. */
export function world(options: Partial<SignerOptions> & { readonly opens?: boolean; readonly key?: string } = {}): World {
  const { opens = true, key = 'one', ...rest } = options;
  const ring = new TestRing();
  const secretKey = secretOf(key);
  const slot: Slot = { publicKey: ring.add(secretKey, { opens }), chainId: CHAIN };
  const store = options.store ?? new MemoryStore();
  const events: SignerEvent[] = [];
  const signer = new Signer({
    store,
    keys: ring,
    recognisers: RECOGNISERS,
    nowMs: () => 1_700_000_000_000n,
    onEvent: (event) => events.push(event),
    ...rest,
  });
  return { signer, store, ring, slot, secretKey, events };
}

export function codeOf(outcome: Outcome): string {
  return outcome.kind === 'refused' ? outcome.refusal.code : outcome.kind;
}

/** Asks for a vote of a height; `what` stands for its app hash. */
export async function ask({ signer, slot }: Pick<World, 'signer' | 'slot'>, height: bigint, what?: string): Promise<Outcome> {
  return signer.sign({ ...slot, height, message: vote(height, what) });
}

export function signatureOf(outcome: Outcome | undefined): Uint8Array {
  if (outcome === undefined || outcome.kind === 'refused') throw new Error('not signed');
  return outcome.signature;
}
