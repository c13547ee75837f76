// The secret nonces of one key on one chain: HMAC-SHA256 over height, chain-id and iteration, keyed with the key as stored.
// finality-provider eotsmanager/randgenerator/randgenerator.go (builds since February 2025, which hash the iteration too).
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import type { Ecc } from './ecc/interface.ts';
import { fromBytes32 } from './integers.ts';
import * as Scalar from './Scalar.ts';
import * as SecretKey from './SecretKey.ts';

export type Reason =
  | Check.Reason
  | SecretKey.Reason
  | { readonly code: 'pub-rand.malformed-chain-id'; readonly field: string }
  | { readonly code: 'pub-rand.wiped' };

type State = ReturnType<typeof sha256.create>;

/** The last height that fits eight bytes. */
export const MAX_HEIGHT = 0xffff_ffff_ffff_ffffn;

/** Derives nonces without repeating what depends on key and chain alone: the HMAC state after the key, and the bytes around the height. */
export interface Derivation {
  /** The secret scalar of a height, 1..n-1, as derived: not yet the one of even y. @throws input.not-integer, input.out-of-range, pub-rand.wiped */
  scalarAt(height: bigint): bigint;
  /** Its point. @shape 33 bytes */
  pointAt(height: bigint, ecc: Ecc): Uint8Array;
  /** @throws pub-rand.wiped */
  assertUsable(): void;
  wipe(): void;
}

/** What is hashed with the key, and where height and iteration stand in it, 8 bytes big-endian each. */
type Layout = { readonly data: Uint8Array; readonly heightAt: number; readonly iterationAt: number };

/** As eotsd: height || chain-id || iteration. */
function plain(chain: Uint8Array): Layout {
  const data = new Uint8Array(16 + chain.length);
  data.set(chain, 8);
  return { data, heightAt: 0, iterationAt: 8 + chain.length };
}

/** Ours: tag || length of the chain-id (8 bytes) || chain-id || height || iteration. No other use of the key's HMAC begins with the tag. */
function tagged(chain: Uint8Array): Layout {
  const tag = utf8ToBytes('satlock/eots-nonce/v1');
  const data = new Uint8Array(tag.length + 24 + chain.length);
  data.set(tag);
  new DataView(data.buffer).setBigUint64(tag.length, BigInt(chain.length));
  data.set(chain, tag.length + 8);
  const heightAt = tag.length + 8 + chain.length;
  return { data, heightAt, iterationAt: heightAt + 8 };
}

/** @throws input.not-bytes, input.wrong-length, input.not-text, secret-key.out-of-range, pub-rand.malformed-chain-id */
export function derivation(secretKey: SecretKey.SecretKey, chainId: string, scheme: 'plain' | 'tagged' = 'plain'): Derivation {
  SecretKey.toScalar(secretKey);
  const { data, heightAt, iterationAt } = (scheme === 'plain' ? plain : tagged)(chainIdBytes(chainId));
  const view = new DataView(data.buffer);
  const hashes: { readonly iHash: State; readonly oHash: State } = hmac.create(sha256, secretKey);
  // Two states that are used over and over: fresh ones for each nonce would cost more than its hashing.
  const inner = hashes.iHash.clone();
  const outer = hashes.oHash.clone();
  let wiped = false;
  const assertUsable = (): void => {
    if (wiped) fail<Reason>({ code: 'pub-rand.wiped' }, 'this source of nonces was wiped');
  };

  /** HMAC by its two hashes, which wipe their working states. */
  const derive = (height: bigint, iteration: bigint): Uint8Array => {
    assertUsable();
    view.setBigUint64(heightAt, Check.bigInteger(height, 'height', 0n, MAX_HEIGHT));
    view.setBigUint64(iterationAt, iteration);
    const first = hashes.iHash._cloneInto(inner).update(data).digest();
    const digest = hashes.oHash._cloneInto(outer).update(first).digest();
    first.fill(0);
    return digest;
  };
  return {
    scalarAt(height) {
      for (let iteration = 0n; ; iteration++) {
        const digest = derive(height, iteration);
        const k = fromBytes32(digest);
        digest.fill(0);
        if (Scalar.isNonZero(k)) return k;
      }
    },
    pointAt(height, ecc) {
      for (let iteration = 0n; ; iteration++) {
        const digest = derive(height, iteration);
        const point = ecc.pointFromScalar(digest);
        // No point for 0, or n and more: these are passed over, and a backend that has none for another scalar is no backend.
        const broken = point === null && Scalar.isNonZero(fromBytes32(digest));
        digest.fill(0);
        if (broken) fail({ code: 'scalar.out-of-range', field: 'scalar' }, 'the backend has no point for this scalar');
        if (point !== null) return point;
      }
    },
    assertUsable,
    wipe() {
      wiped = true;
      hashes.iHash.destroy();
      hashes.oHash.destroy();
    },
  };
}

function chainIdBytes(chainId: string): Uint8Array {
  const bytes = utf8ToBytes(Check.text(chainId, 'chainId'));
  // Text with half a surrogate pair has no UTF-8 form: the encoder would replace it, and two chains would share their nonces.
  if (/\p{Surrogate}/u.test(chainId)) {
    fail<Reason>({ code: 'pub-rand.malformed-chain-id', field: 'chainId' }, 'chainId: no well-formed Unicode text');
  }
  return bytes;
}
