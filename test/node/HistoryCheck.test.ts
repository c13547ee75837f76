// What a look through a history finds: nothing in one that a signer made, and each kind of damage by its name.

import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import * as FinalityVote from '../../src/babylon/FinalityVote.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';
import * as HistoryCheck from '../../src/node/HistoryCheck.ts';
import { babylonRecognisers } from '../../src/node/recognisers.ts';
import { MemoryStore } from '../../src/signer/MemoryStore.ts';
import { Signer } from '../../src/signer/Signer.ts';
import type { SignRecord } from '../../src/signer/SignStore.ts';

const secretKey = SecretKey.fromHex('500372ad3b2c5c28b5e89ed8516c9ce5c8c86d6bda0e32722ec2c54b2005f657');
const publicKey = PublicKey.ofSecret(secretKey);
const slot = { publicKey, chainId: 'bbn-1' };
const recognisers = babylonRecognisers();
const options = { recognisers, secretOf: () => secretKey };
const voteFor = (height: bigint, fork = 1): Uint8Array => FinalityVote.message(height, new Uint8Array(32).fill(fork));

async function signedHistory(heights: readonly bigint[]): Promise<MemoryStore> {
  const store = new MemoryStore();
  const keys = { publicKeys: () => [publicKey], use: () => secretKey, opensByItself: () => true, possessionAddresses: () => [] };
  const signer = new Signer({ store, keys, recognisers, nowMs: () => 0n });
  const outcomes = await signer.signBatch(
    slot,
    heights.map((height) => ({ height, message: voteFor(height) })),
  );
  expect(outcomes.every((outcome) => outcome.kind === 'signed')).toBe(true);
  return store;
}

/** A store that holds one record, whatever is wrong with it. */
async function holding(record: SignRecord): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.merge([{ ...slot, watermark: 0n, records: [record] }]);
  return store;
}

describe('a history', () => {
  it('that a signer made is whole', async () => {
    const report = await HistoryCheck.check(await signedHistory([5n, 6n, 9n]), slot, options);
    expect(report).toMatchObject({ records: 3, verified: 3, unverified: 0, unsigned: 0, problems: [], moreProblems: 0 });
  });

  it('is not verified without the key, but its records are looked at', async () => {
    const report = await HistoryCheck.check(await signedHistory([5n]), slot, { ...options, secretOf: () => undefined });
    expect(report).toMatchObject({ records: 1, verified: 0, unverified: 1, problems: [] });
  });

  it('does not verify with another key, nor on another chain, whose randomness is another', async () => {
    const store = await signedHistory([5n]);
    const other = SecretKey.fromHex('01'.repeat(32));
    expect((await HistoryCheck.check(store, slot, { ...options, secretOf: () => other })).problems).toEqual([
      { height: 5n, problem: 'bad-signature' },
    ]);
    const records: SignRecord[] = [];
    for await (const record of store.records(slot)) records.push(record);
    const moved = new MemoryStore();
    const elsewhere = { publicKey, chainId: 'bbn-2' };
    await moved.merge([{ ...elsewhere, watermark: 0n, records }]);
    expect((await HistoryCheck.check(moved, elsewhere, options)).problems).toEqual([{ height: 5n, problem: 'bad-signature' }]);
  });

  const root = sha256(voteFor(7n));
  const signature = new Uint8Array(32).fill(1);
  it.each<[string, SignRecord, string]>([
    ['a wrong signature', { height: 7n, signingRoot: root, message: voteFor(7n), signature }, 'bad-signature'],
    ['a message of another root', { height: 7n, signingRoot: root, message: voteFor(7n, 2), signature }, 'root-mismatch'],
    ['a vote of another height', { height: 8n, signingRoot: root, message: voteFor(7n), signature }, 'not-its-vote'],
    ['a message that is no vote', { height: 7n, signingRoot: sha256(signature), message: signature, signature }, 'not-its-vote'],
  ])('with %s says so', async (_what, record, problem) => {
    expect((await HistoryCheck.check(await holding(record), slot, options)).problems).toEqual([{ height: record.height, problem }]);
  });

  it('without signatures or messages is counted as that', async () => {
    expect(await HistoryCheck.check(await holding({ height: 7n, signingRoot: root }), slot, options)).toMatchObject({
      unsigned: 1,
      verified: 0,
    });
    expect(await HistoryCheck.check(await holding({ height: 7n, signingRoot: root, signature }), slot, options)).toMatchObject({
      unverified: 1,
    });
  });
});
