// Small makers of slots and records for the suites of stores.
import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import { hasCode } from '../../../src/base/Errors.ts';
import type { Claimed, SignRecord, SignStore, Slot } from '../../../src/signer/SignStore.ts';

/** The highest height that eight bytes hold. */
export const HIGHEST: bigint = 2n ** 64n - 1n;

export function bytes32(fill: number): Uint8Array {
  return new Uint8Array(32).fill(fill);
}

export function slotOf(key: number, chainId = 'bbn-1'): Slot {
  return { publicKey: bytes32(key), chainId };
}

export function rootOf(text: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(text).digest());
}

/** A whole record of the message `what` at `height`: the same arguments give the same record. */
export function record(height: bigint, what = 'vote'): SignRecord & { readonly signature: Uint8Array; readonly message: Uint8Array } {
  const message = new TextEncoder().encode(`${what} at ${height}`);
  const signingRoot = new Uint8Array(createHash('sha256').update(message).digest());
  const signature = new Uint8Array(createHash('sha256').update('signature').update(message).digest());
  return { height, signingRoot, signature, message, signedAtMs: 1_700_000_000_000n + (height % 1000n) };
}

export async function collect<T>(from: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of from) all.push(each);
  return all;
}

export function inserted(outcome: Claimed): boolean {
  return outcome.kind === 'inserted';
}

export type Setting = {
  readonly fresh: () => Promise<SignStore>;
  readonly again: (store: SignStore) => Promise<SignStore>;
  readonly runs: number;
  readonly seed: number;
};

/** The code that the promise rejects with; `resolved` when it does not. */
export function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'resolved',
    (error: unknown) => (error as { code?: unknown }).code,
  );
}

/** The promise rejects with exactly this code. */
export async function rejects(promise: Promise<unknown>, code: string): Promise<void> {
  const outcome = await promise.then(
    () => 'resolved',
    (error: unknown) => error,
  );
  expect(hasCode(outcome, code) ? code : outcome).toBe(code);
}
