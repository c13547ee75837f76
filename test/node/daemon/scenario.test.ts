// What an unchanged fpd does with the daemon, by a client that shares no code with it, and the status and text of everything that can go wrong.
// finality-provider eotsmanager/service/rpcserver.go, finality-provider/service; statuses by eotsmanager/types/errors.go.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import * as BabylonAddress from '../../../src/babylon/BabylonAddress.ts';
import * as ProofOfPossession from '../../../src/babylon/ProofOfPossession.ts';
import * as PubRandCommit from '../../../src/babylon/PubRandCommit.ts';
import * as Bytes from '../../../src/base/Bytes.ts';
import * as Hex from '../../../src/base/Hex.ts';
import * as Eots from '../../../src/crypto/Eots.ts';
import * as MerkleTree from '../../../src/crypto/MerkleTree.ts';
import * as PublicKey from '../../../src/crypto/PublicKey.ts';
import * as Schnorr from '../../../src/crypto/Schnorr.ts';
import { EotsClient } from '../../support/eotsClient.ts';
import { atEnd, CHAIN, failure, HMAC_KEY, KEY_BYTES, PASSPHRASE, start, TestKeys, vote, type World } from './support.ts';

const { status } = grpc;
const PROTO = readFileSync(join(import.meta.dirname, '../../../src/node/daemon/eotsmanager.proto'), 'utf8');
const root = protobuf.parse(PROTO).root;

/** A client of another protobuf library and of grpc-js's generic calls: what `protoc` would have made. */
class Generic {
  readonly #client: grpc.Client;
  constructor(address: string) {
    this.#client = new grpc.Client(address, grpc.credentials.createInsecure());
    atEnd(() => this.#client.close());
  }

  call(name: string, message: Record<string, unknown>, metadata = new grpc.Metadata()): Promise<Record<string, unknown>> {
    const method = root.lookupService('proto.EOTSManager').methods[name];
    const request = root.lookupType(`proto.${method?.requestType}`);
    const response = root.lookupType(`proto.${method?.responseType}`);
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        `/proto.EOTSManager/${name}`,
        (value: protobuf.Message) => Buffer.from(request.encode(value).finish()),
        (bytes: Buffer) => response.toObject(response.decode(bytes), { longs: String, defaults: true }),
        ...([request.fromObject(message), metadata, { deadline: Date.now() + 10_000 }] as const),
        (error, value) => (error === null ? resolve(value as Record<string, unknown>) : reject(error)),
      );
    });
  }
}

function fpd(world: World, hmacKey = HMAC_KEY): EotsClient {
  const client = new EotsClient(world.running.address, { hmacKey });
  atEnd(() => client.close());
  return client;
}

const withKey = { auth: { hmacKey: KEY_BYTES } };

describe('an unchanged fpd', () => {
  it('commits randomness and votes, block after block, again after a failure, and on no fork', async () => {
    const world = await start(withKey);
    const client = fpd(world);
    const { publicKey } = world.keys;
    const xOnly = PublicKey.fromXOnly(publicKey);
    await client.ping();
    // commit
    const list = await client.randomness(publicKey, CHAIN, 1_000n, 200);
    expect(list).toHaveLength(200);
    const commit = { startHeight: 1_000n, numPubRand: 200n, commitment: MerkleTree.root([...list]) };
    const signature = await client.signDigest(publicKey, PubRandCommit.signingHash(commit));
    expect(PubRandCommit.verify({ ...commit, finalityProviderPk: xOnly, signature })).toBe(true);
    // vote
    const votes = Array.from({ length: 50 }, (_, i) => ({ height: 1_000n + BigInt(i), message: vote(1_000n + BigInt(i)) }));
    const first = await client.signBatch(publicKey, CHAIN, votes);
    expect(first.sigs.map(({ height }) => height)).toEqual(votes.map(({ height }) => height));
    for (const [i, { sig }] of first.sigs.entries()) {
      const message = votes[i]?.message ?? new Uint8Array(0);
      expect(Eots.verify({ publicKey: xOnly, pubRand: list[i] ?? new Uint8Array(32), message, signature: sig })).toBe(true);
    }
    expect(first.trailers.get('x-satlock-refused')).toEqual([]);
    // the answer got lost: the same bytes again, one by one and together
    expect(await client.sign(publicKey, CHAIN, 1_007n, vote(1_007n))).toEqual(first.sigs[7]?.sig);
    expect((await client.signBatch(publicKey, CHAIN, votes)).sigs).toEqual(first.sigs);
    // a fork from 1,048 on: what was signed is left out, the new heights are signed
    const fork = [1_048n, 1_049n, 1_050n, 1_051n].map((height) => ({ height, message: vote(height, 1) }));
    const second = await client.signBatch(publicKey, CHAIN, fork);
    expect(second.sigs.map(({ height }) => height)).toEqual([1_050n, 1_051n]);
    expect(JSON.parse(String(second.trailers.get('x-satlock-refused')[0]))).toEqual([
      { height: '1048', code: 'signer.double-sign' },
      { height: '1049', code: 'signer.double-sign' },
    ]);
    expect(await failure(client.sign(publicKey, CHAIN, 1_048n, vote(1_048n, 1)))).toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: 'double sign',
    });
    // another chain is another slot, with other nonces
    const elsewhere = await client.sign(publicKey, 'other-chain', 1_048n, vote(1_048n, 1));
    expect(Hex.encode(elsewhere)).not.toBe(Hex.encode(first.sigs[48]?.sig ?? new Uint8Array(0)));
    expect(await world.metric(`eots_fp_total_eots_sign_counter{fp_btc_pk_hex="${Hex.encode(publicKey)}"}`)).toBe(53);
    expect(await world.metric(`eots_fp_last_eots_sign_height{fp_btc_pk_hex="${Hex.encode(publicKey)}"}`)).toBe(1_048);
    expect(await world.metric(`satlock_signer_returned_total{fp_btc_pk_hex="${Hex.encode(publicKey)}"}`)).toBe(51);
    expect(await world.metric(`satlock_signer_refused_total{fp_btc_pk_hex="${Hex.encode(publicKey)}",code="signer.double-sign"}`)).toBe(3);
    expect(await world.metric(`eots_fp_total_schnorr_sign_counter{fp_btc_pk_hex="${Hex.encode(publicKey)}"}`)).toBe(1);
    expect(await world.metric(`eots_fp_total_generated_randomness_counter{fp_btc_pk_hex="${Hex.encode(publicKey)}"}`)).toBe(1);
    expect(await world.metric(`eots_fp_last_generated_randomness_height{fp_btc_pk_hex="${Hex.encode(publicKey)}"}`)).toBe(1_000);
  });

  it('has each height signed once, however many ask at once', async () => {
    const world = await start();
    const { publicKey } = world.keys;
    const clients = Array.from({ length: 4 }, () => fpd(world));
    const answers = await Promise.all(
      Array.from({ length: 80 }, async (_, i) => {
        const height = 10n + BigInt(i % 5);
        const fork = i % 7;
        try {
          return {
            height,
            fork,
            sig: Hex.encode((await clients[i % 4]?.sign(publicKey, CHAIN, height, vote(height, fork))) ?? new Uint8Array(0)),
          };
        } catch (error) {
          expect(error).toMatchObject({ code: status.FAILED_PRECONDITION, details: 'double sign' });
          return undefined;
        }
      }),
    );
    const byHeight = new Map<bigint, Set<string>>();
    for (const answer of answers) {
      if (answer === undefined) continue;
      byHeight.set(answer.height, (byHeight.get(answer.height) ?? new Set()).add(`${answer.fork}:${answer.sig}`));
    }
    expect([...byHeight.values()].map((set) => set.size)).toEqual([1, 1, 1, 1, 1]);
  });
});

describe('a client of another library', () => {
  it('understands every answer', async () => {
    const world = await start();
    const client = new Generic(world.running.address);
    const uid = world.keys.publicKey;
    const chainId = new TextEncoder().encode(CHAIN);
    expect(await client.call('Ping', {})).toEqual({});
    const { pubRandList } = await client.call('CreateRandomnessPairList', { uid, chainId, startHeight: 5, num: 3, interval: 10 });
    const direct = await world.client().randomness({ publicKey: uid, chainId: CHAIN, startHeight: 5n, count: 3, interval: 10n });
    expect((pubRandList as Uint8Array[]).map((each) => Hex.encode(Uint8Array.from(each)))).toEqual(direct.map(Hex.encode));
    const { sig } = await client.call('SignEOTS', { uid, chainId, msg: vote(15n), height: 15 });
    expect(
      Eots.verify({
        publicKey: PublicKey.fromXOnly(uid),
        pubRand: direct[1] ?? uid,
        message: vote(15n),
        signature: Uint8Array.from(sig as Uint8Array),
      }),
    ).toBe(true);
    const { responses } = await client.call('SignBatchEOTS', {
      uid,
      chainId,
      signRequests: [
        { msg: vote(15n), height: 15 },
        { msg: vote(0n), height: 0 },
      ],
    });
    expect((responses as { height: string }[]).map(({ height }) => height)).toEqual(['15', '0']);
    expect(await client.call('UnlockKey', { uid, passphrase: PASSPHRASE })).toEqual({});
  });

  it('gets randomness of interval 1 when it says 0 or nothing', async () => {
    const world = await start();
    const client = new Generic(world.running.address);
    const base = { uid: world.keys.publicKey, chainId: new TextEncoder().encode(CHAIN), startHeight: 100, num: 4 };
    const values = async (message: Record<string, unknown>): Promise<string[]> =>
      ((await client.call('CreateRandomnessPairList', message))['pubRandList'] as Uint8Array[]).map((each) =>
        Hex.encode(Uint8Array.from(each)),
      );
    const one = await values({ ...base, interval: 1 });
    expect(await values(base)).toEqual(one);
    expect(await values({ ...base, interval: 0 })).toEqual(one);
    const three = await values({ ...base, interval: 3 });
    expect(three[0]).toBe(one[0]);
    expect(three[1]).toBe(one[3]);
    expect(await values({ ...base, num: 0 })).toEqual([]);
  });
});

describe('what is not signed', () => {
  it('UnsafeSignEOTS is always denied, with every MAC', async () => {
    const world = await start(withKey);
    const body = { uid: world.keys.publicKey, chainId: new TextEncoder().encode(CHAIN), msg: vote(5n), height: 5 };
    const metadata = new grpc.Metadata();
    const encoded = root.lookupType('proto.SignEOTSRequest').encode(root.lookupType('proto.SignEOTSRequest').fromObject(body)).finish();
    const { createHmac } = await import('node:crypto');
    metadata.set('x-fpd-hmac', createHmac('sha256', HMAC_KEY).update(encoded).digest('base64'));
    expect(await failure(new Generic(world.running.address).call('UnsafeSignEOTS', body, metadata))).toMatchObject({
      code: status.PERMISSION_DENIED,
    });
    expect((await world.store.slots()).length).toBe(0);
  });

  it('no digest but of randomness made here and of listed addresses', async () => {
    const keys = new TestKeys();
    const address = BabylonAddress.encode(new Uint8Array(20).fill(3));
    const world = await start({ keys });
    const client = fpd(world);
    const { publicKey } = keys;
    const unknown = { code: status.FAILED_PRECONDITION };
    expect(await failure(client.signDigest(publicKey, new Uint8Array(32).fill(1)))).toMatchObject(unknown);
    const list = await client.randomness(publicKey, CHAIN, 1n, 100);
    const commit = { startHeight: 1n, numPubRand: 100n, commitment: MerkleTree.root([...list]) };
    expect(await failure(client.signDigest(publicKey, PubRandCommit.signingHash({ ...commit, startHeight: 2n })))).toMatchObject(unknown);
    expect(await client.signDigest(publicKey, PubRandCommit.signingHash(commit))).toHaveLength(64);
    const { sha256 } = await import('@noble/hashes/sha2.js');
    const digest = sha256(ProofOfPossession.messageFor({ type: 'BIP340', babylonAddress: address }));
    expect(await failure(client.signDigest(publicKey, digest))).toMatchObject(unknown);
    keys.addresses = [address];
    expect(Schnorr.verify(digest, PublicKey.fromXOnly(publicKey), await client.signDigest(publicKey, digest))).toBe(true);
    for (const length of [0, 31, 33, 64]) {
      expect(await failure(client.signDigest(publicKey, new Uint8Array(length)))).toMatchObject({ code: status.INVALID_ARGUMENT });
    }
  });

  it('no vote of another height, nothing that is no vote, nothing under the watermark, nothing of a slot that nobody opened', async () => {
    const keys = new TestKeys();
    const world = await start({ keys });
    const client = fpd(world);
    const refusal = async (height: bigint, message: Uint8Array): Promise<string> => {
      const error = await failure(client.sign(keys.publicKey, CHAIN, height, message));
      expect(error.code).toBe(status.FAILED_PRECONDITION);
      const [text] = (error as unknown as grpc.ServiceError).metadata.get('x-satlock-refused');
      return (JSON.parse(String(text)) as { code: string }[]).map(({ code }) => code).join();
    };
    expect(await refusal(5n, vote(6n))).toBe('signer.height-mismatch');
    expect(await refusal(5n, vote(5n).subarray(1))).toBe('signer.not-a-vote');
    expect(await refusal(5n, new Uint8Array(0))).toBe('signer.not-a-vote');
    keys.opens = false;
    expect(await refusal(5n, vote(5n))).toBe('signer.not-enrolled');
    await world.store.raiseWatermark({ publicKey: keys.publicKey, chainId: CHAIN }, 10n);
    expect(await refusal(10n, vote(10n))).toBe('signer.below-watermark');
    expect(await client.sign(keys.publicKey, CHAIN, 11n, vote(11n))).toHaveLength(32);
    await world.signer.observe({ publicKey: keys.publicKey, chainId: CHAIN }, 20n, 'chain');
    expect(await refusal(30n, vote(30n))).toBe('signer.fenced');
    const text = 'a vote at height 20 may exist that this store does not hold, and the watermark is 10: raise the watermark';
    expect((await failure(client.sign(keys.publicKey, CHAIN, 30n, vote(30n)))).message).toContain(text);
    expect(await world.metric('satlock_signer_fenced_slots')).toBe(1);
    await world.store.raiseWatermark({ publicKey: keys.publicKey, chainId: CHAIN }, 20n);
    await client.sign(keys.publicKey, CHAIN, 30n, vote(30n));
    expect(await world.metric('satlock_signer_fenced_slots')).toBe(0);
    await world.store.condemn(keys.publicKey, 'two messages at height 3');
    expect(await refusal(31n, vote(31n))).toBe('signer.key-condemned');
  });

  it('in strict mode no batch with a refused item, and then nothing is lost', async () => {
    const world = await start({ auth: { hmacKey: KEY_BYTES, strict: true } });
    const client = world.client({ hmacKey: KEY_BYTES });
    const slot = { publicKey: world.keys.publicKey, chainId: CHAIN };
    await client.sign({ ...slot, height: 5n, message: vote(5n) });
    const votes = [5n, 6n].map((height) => ({ height, message: vote(height, 1) }));
    const error = await failure(client.signBatch(slot, votes));
    expect(error).toMatchObject({ reason: { status: 'FAILED_PRECONDITION', refused: [{ height: 5n, code: 'signer.double-sign' }] } });
    expect(error.message).toMatch(/5 \(double sign\)/);
    expect((await world.store.read(slot, [6n])).records[0]?.signature).toHaveLength(32);
    expect((await client.signBatch(slot, votes.slice(1))).signatures.size).toBe(1);
  });
});

describe('errors of the reference', () => {
  const CASES: readonly (readonly [string, string, Record<string, unknown>, number, RegExp])[] = [
    [
      'a key that is not here',
      'SignEOTS',
      { uid: new Uint8Array(32).fill(9), chainId: Buffer.from('c'), msg: vote(1n), height: 1 },
      status.UNKNOWN,
      /^failed to sign EOTS: EOTS key name not found$/,
    ],
    [
      'a key of 31 bytes',
      'SignEOTS',
      { uid: new Uint8Array(31), chainId: Buffer.from('c'), msg: vote(1n), height: 1 },
      status.UNKNOWN,
      /EOTS key name not found/,
    ],
    [
      'a batch with a key that is not here',
      'SignBatchEOTS',
      { uid: new Uint8Array(32).fill(9), chainId: Buffer.from('c'), signRequests: [{ msg: vote(1n), height: 1 }] },
      status.UNKNOWN,
      /EOTS key name not found/,
    ],
    [
      'randomness of a key that is not here',
      'CreateRandomnessPairList',
      { uid: new Uint8Array(32).fill(9), chainId: Buffer.from('c'), num: 1 },
      status.UNKNOWN,
      /EOTS key name not found/,
    ],
    [
      'unlocking a key that is not here',
      'UnlockKey',
      { uid: new Uint8Array(32).fill(9), passphrase: PASSPHRASE },
      status.UNKNOWN,
      /^failed to unlock key: EOTS key name not found$/,
    ],
    ['no chain id', 'SignEOTS', { uid: new TestKeys().publicKey, msg: vote(1n), height: 1 }, status.INVALID_ARGUMENT, /chain_id/],
    [
      'a chain id of 129 bytes',
      'SignEOTS',
      { uid: new TestKeys().publicKey, chainId: new Uint8Array(129).fill(97), msg: vote(1n), height: 1 },
      status.INVALID_ARGUMENT,
      /chain_id/,
    ],
    [
      'a chain id that is no text',
      'SignEOTS',
      { uid: new TestKeys().publicKey, chainId: new Uint8Array([0xc3, 0x28]), msg: vote(1n), height: 1 },
      status.INVALID_ARGUMENT,
      /UTF-8/,
    ],
    [
      'heights beyond 64 bits',
      'CreateRandomnessPairList',
      { uid: new TestKeys().publicKey, chainId: Buffer.from('c'), startHeight: '18446744073709551615', num: 2 },
      status.INVALID_ARGUMENT,
      /2\^64-1/,
    ],
    [
      'an interval that overflows',
      'CreateRandomnessPairList',
      { uid: new TestKeys().publicKey, chainId: Buffer.from('c'), startHeight: 0, num: 3, interval: '9223372036854775808' },
      status.INVALID_ARGUMENT,
      /2\^64-1/,
    ],
    [
      'more randomness than a message holds',
      'CreateRandomnessPairList',
      { uid: new TestKeys().publicKey, chainId: Buffer.from('c'), num: 493_448 },
      status.INVALID_ARGUMENT,
      /493447 values fit the message limit of 16777216 bytes/,
    ],
    [
      'as much as num can say',
      'CreateRandomnessPairList',
      { uid: new TestKeys().publicKey, chainId: Buffer.from('c'), num: 4_294_967_295 },
      status.INVALID_ARGUMENT,
      /message limit/,
    ],
    [
      'a height twice in a batch',
      'SignBatchEOTS',
      {
        uid: new TestKeys().publicKey,
        chainId: Buffer.from('c'),
        signRequests: [
          { msg: vote(1n), height: 1 },
          { msg: vote(1n), height: 1 },
        ],
      },
      status.INVALID_ARGUMENT,
      /^duplicate height in batch/,
    ],
    ['an empty key name', 'SaveEOTSKeyName', { keyName: '', eotsPk: sec1() }, status.UNKNOWN, /cannot save empty key name/],
    [
      'the name that the key has',
      'SaveEOTSKeyName',
      { keyName: 'alice', eotsPk: sec1() },
      status.UNKNOWN,
      /EOTS key with the same key name already exists/,
    ],
    ['another name', 'SaveEOTSKeyName', { keyName: 'bob', eotsPk: sec1(false) }, status.UNKNOWN, /EOTS key name already exists/],
    [
      'an x-only key to be named',
      'SaveEOTSKeyName',
      { keyName: 'bob', eotsPk: new TestKeys().publicKey },
      status.UNKNOWN,
      /failed to parse EOTS public key/,
    ],
    [
      'no point',
      'SaveEOTSKeyName',
      { keyName: 'bob', eotsPk: Bytes.concat(new Uint8Array([2]), new Uint8Array(32).fill(0xff)) },
      status.UNKNOWN,
      /failed to parse EOTS public key/,
    ],
    [
      'a stranger to be named',
      'SaveEOTSKeyName',
      { keyName: 'bob', eotsPk: secp256k1.Point.BASE.toBytes(true) },
      status.FAILED_PRECONDITION,
      /keys add/,
    ],
    [
      'a wrong passphrase',
      'UnlockKey',
      { uid: new TestKeys().publicKey, passphrase: 'a wrong one' },
      status.UNKNOWN,
      /^failed to unlock key: the passphrase is wrong$/,
    ],
    ['no backup folder', 'Backup', {}, status.FAILED_PRECONDITION, /no backup folder/],
  ];

  it('each with its status and text', async () => {
    const world = await start();
    const client = new Generic(world.running.address);
    for (const [what, method, message, code, text] of CASES) {
      const error = await failure(client.call(method, message));
      expect([what, error.code, error.details], what).toEqual([what, code, expect.stringMatching(text)]);
    }
    expect(await world.store.slots()).toEqual([]);
  });

  it('a locked key, until it is unlocked', async () => {
    const keys = new TestKeys();
    keys.unlocked = false;
    const world = await start({ keys });
    const client = fpd(world);
    expect(await failure(client.sign(keys.publicKey, CHAIN, 5n, vote(5n)))).toMatchObject({
      code: status.UNKNOWN,
      details: expect.stringMatching(/locked/),
    });
    await world.client().unlock(keys.publicKey, PASSPHRASE);
    expect(await client.sign(keys.publicKey, CHAIN, 5n, vote(5n))).toHaveLength(32);
    expect(await world.metric('satlock_signer_unlocked_keys')).toBeDefined();
  });

  it('bytes that are no protobuf, methods that do not exist', async () => {
    const world = await start();
    const client = fpd(world);
    expect(await failure(client.call('SignEOTS', new Uint8Array([0x0a, 0x05])))).toMatchObject({
      code: status.INTERNAL,
      details: expect.stringMatching(/^grpc: error unmarshalling request/),
    });
    expect(await failure(client.call('Exfiltrate', new Uint8Array(0)))).toMatchObject({ code: status.UNIMPLEMENTED });
    expect(await failure(client.call('SignSchnorrSig', new Uint8Array(70_000)))).toMatchObject({ code: status.INVALID_ARGUMENT });
  });
});

function sec1(compressed = true): Uint8Array {
  return secp256k1.Point.fromBytes(Bytes.concat(new Uint8Array([2]), new TestKeys().publicKey)).toBytes(compressed);
}
