// From a passphrase to the two keys of a key file: scrypt (RFC 7914) of the host's OpenSSL, off the main thread.
// Parameters that a file names are bounded before they are used: a hostile file must not take all memory, nor a weak one pass.
import { randomBytes, scrypt } from 'node:crypto';
import { fail } from '../../base/Errors.ts';

/** What a key file says of its derivation. @shape salt: 32 bytes @unit n: iterations; memory is 128 * n * r bytes */
export type Kdf = { readonly name: 'scrypt'; readonly n: number; readonly r: 8; readonly p: 1; readonly salt: Uint8Array };

/** Seals the secret; authenticates what changes later without the passphrase at hand. */
export type Derived = { readonly sealKey: Uint8Array; readonly stateKey: Uint8Array };

export type Reason =
  | { readonly code: 'keystore.short-passphrase'; readonly minCharacters: number }
  | { readonly code: 'keystore.kdf-failed' };

const MIN_PASSPHRASE = 8;
/** 128 MiB, about half a second. */
export const DEFAULT_N: number = 2 ** 17;
/** 16 MiB: what RFC 7914 calls interactive. A file below it was not made by a careful program. */
export const MIN_N: number = 2 ** 14;
/** 512 MiB. */
export const MAX_N: number = 2 ** 19;

export function fresh(n: number): Kdf {
  return { name: 'scrypt', n, r: 8, p: 1, salt: Uint8Array.from(randomBytes(32)) };
}

/** True for the numbers that a file may name. */
export function isAcceptable(n: number): boolean {
  return Number.isSafeInteger(n) && n >= MIN_N && n <= MAX_N && Number.isInteger(Math.log2(n));
}

/** @throws keystore.short-passphrase - fewer than 8 characters, as eotsd asks */
export function checkPassphrase(passphrase: string): void {
  if (typeof passphrase === 'string' && [...passphrase].length >= MIN_PASSPHRASE) return;
  fail<Reason>(
    { code: 'keystore.short-passphrase', minCharacters: MIN_PASSPHRASE },
    `passphrase: expected at least ${MIN_PASSPHRASE} characters`,
  );
}

/**
 * The keys behind a passphrase; the caller wipes them. The text counts in Unicode form NFC, so that two keyboards agree.
 *
 * @throws keystore.short-passphrase, keystore.kdf-failed
 */
export async function derive(passphrase: string, kdf: Kdf): Promise<Derived> {
  checkPassphrase(passphrase);
  const { n, r, p, salt } = kdf;
  const secret = new TextEncoder().encode(passphrase.normalize('NFC'));
  try {
    const both = await new Promise<Buffer>((resolve, reject) =>
      scrypt(secret, salt, 64, { N: n, r, p, maxmem: 128 * r * (n + p + 2) + 2 ** 20 }, (error, key) =>
        error === null ? resolve(key) : reject(error),
      ),
    );
    const derived = { sealKey: Uint8Array.from(both.subarray(0, 32)), stateKey: Uint8Array.from(both.subarray(32)) };
    both.fill(0);
    return derived;
  } catch (cause) {
    return fail<Reason>({ code: 'keystore.kdf-failed' }, `scrypt failed; it needs ${(128 * r * n) / 2 ** 20} MiB of memory`, { cause });
  } finally {
    secret.fill(0);
  }
}
