// Kinds eots.randomness and eots.commitment: the nonce of a height (finality-provider eotsmanager/randgenerator/randgenerator.go) and the
// commitment to consecutive ones (babylon x/finality/types/msg.go MsgCommitPubRandList; cometbft crypto/merkle).
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import * as PubRandCommit from '../../babylon/PubRandCommit.ts';
import * as Bytes from '../../base/Bytes.ts';
import * as Check from '../../base/Check.ts';
import * as Hex from '../../base/Hex.ts';
import * as MerkleTree from '../../crypto/MerkleTree.ts';
import * as PubRand from '../../crypto/PubRand.ts';
import * as SecretKey from '../../crypto/SecretKey.ts';
import type { Definition, Spoiling } from '../definition.ts';
import * as Field from '../fields.ts';
import type { Input } from '../model.ts';
import type { Random } from '../random.ts';
import * as Read from '../reader.ts';
import { contextOf } from './eots.ts';
import * as Made from './made.ts';

const MAX_UINT64 = 0xffff_ffff_ffff_ffffn;

export const eotsRandomness: Definition = {
  kind: 'eots.randomness',
  about: "the nonce of a height: HMAC-SHA256 of the stored key's bytes over height, chain-id and iteration",
  input: { secretKey: Field.hex(32), chainId: Field.text(), height: Field.integer('0..2^64-1') },
  expect: { secretNonce: Field.hex(), publicNonce: Field.hex() },
  outputs(input, ecc) {
    const secretKey = SecretKey.from(Read.bytes(input, 'secretKey'));
    const chainId = Read.text(input, 'chainId');
    const height = Read.bigInteger(input, 'height');
    const publicNonce = (): Uint8Array => PubRand.derive(secretKey, chainId, height, ecc).pubRand;
    return {
      publicNonce: () => Hex.encode(publicNonce()),
      secretNonce: () => {
        const expected = publicNonce();
        const secret = firstScalar(secretKey, chainId, height);
        // The library never hands out a nonce's secret half: the formula stands here again, and must give the library's public half.
        const agrees = Bytes.equal(PubRand.fromSecret(secret, ecc).pubRand, expected);
        return agrees ? Hex.encode(secret) : `not the secret half of ${Hex.encode(expected)}`;
      },
    };
  },
  draft(random) {
    const input = randomnessInput(random);
    return { name: String(input['chainId']) || 'empty-chain-id', input };
  },
  spoilings: [
    spoilRandomness('zero-key', 'secret-key.out-of-range', () => ({ secretKey: Made.ZERO })),
    spoilRandomness('key-is-order', 'secret-key.out-of-range', () => ({ secretKey: Made.ORDER })),
    spoilRandomness('key-33-bytes', 'input.wrong-length', (random) => ({ secretKey: Made.hex(random, 33) })),
    spoilRandomness('negative-height', 'input.out-of-range', () => ({ height: -1 })),
    spoilRandomness('height-above-64-bits', 'input.out-of-range', () => ({ height: (MAX_UINT64 + 1n).toString() })),
    spoilRandomness('fractional-height', 'input.not-integer', () => ({ height: 1.5 })),
    spoilRandomness('height-in-words', 'input.not-integer', () => ({ height: 'first' })),
    spoilRandomness('half-a-surrogate', 'pub-rand.malformed-chain-id', () => ({ chainId: 'bbn-\udfff' })),
    spoilRandomness('chain-id-a-number', 'input.not-text', () => ({ chainId: 1 })),
  ],
};

/** Of iteration 0; the next ones are needed once in 2^127 keys and heights. */
function firstScalar(secretKey: Uint8Array, chainId: string, height: bigint): Uint8Array {
  return hmac(sha256, secretKey, Bytes.concat(Bytes.fromUint64BE(height), utf8ToBytes(chainId), Bytes.fromUint64BE(0n)));
}

export const eotsCommitment: Definition = {
  kind: 'eots.commitment',
  about: 'the Merkle root over public nonces of consecutive heights, what is signed of it, and the proof of one of them',
  input: {
    publicNonces: Field.list(Field.hex(32)),
    startHeight: Field.integer('0..2^64-1'),
    proofIndex: Field.optional(Field.integer('position in publicNonces; leafHash and aunts are its proof')),
    context: Field.optional(Field.text()),
  },
  expect: { commitment: Field.hex(), signingHash: Field.hex(), leafHash: Field.hex(), aunts: Field.list(Field.hex()) },
  outputs(input) {
    const nonces = Read.bytesList(input, 'publicNonces').map((nonce, i) => Check.bytes(nonce, `publicNonces[${i}]`, 32));
    const startHeight = Read.bigInteger(input, 'startHeight');
    const { context } = contextOf(input);
    const commitment = (): Uint8Array => MerkleTree.root(nonces);
    const signingHash = (): Uint8Array =>
      PubRandCommit.signingHash({ startHeight, numPubRand: BigInt(nonces.length), commitment: commitment() }, context);
    const roots = { commitment: () => Hex.encode(commitment()), signingHash: () => Hex.encode(signingHash()) };
    if (!Read.has(input, 'proofIndex')) return roots;
    const proof = (): MerkleTree.Proof => MerkleTree.prove(nonces, Read.integer(input, 'proofIndex'));
    return {
      ...roots,
      leafHash: () => Hex.encode(proof().leafHash),
      aunts: () => proof().aunts.map((aunt) => Hex.encode(aunt)),
    };
  },
  draft(random) {
    const input = commitmentInput(random, random.pick([1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 17, 33]));
    return { name: `${(input['publicNonces'] as readonly string[]).length}-heights`, input };
  },
  spoilings: [
    spoilCommitment('no-nonces', 'pub-rand-commit.overflow', () => ({ publicNonces: [], proofIndex: 0 })),
    spoilCommitment('last-height-above-64-bits', 'pub-rand-commit.overflow', () => ({ startHeight: MAX_UINT64.toString() })),
    spoilCommitment('start-above-64-bits', 'input.out-of-range', () => ({ startHeight: (MAX_UINT64 + 1n).toString() })),
    spoilCommitment('negative-start', 'input.out-of-range', () => ({ startHeight: -1 })),
    spoilCommitment('index-past-the-end', 'input.out-of-range', () => ({ proofIndex: 5 })),
    spoilCommitment('negative-index', 'input.out-of-range', () => ({ proofIndex: -1 })),
    spoilCommitment('fractional-index', 'input.not-integer', () => ({ proofIndex: 0.5 })),
    spoilCommitment('nonce-31-bytes', 'input.wrong-length', (random) => ({ publicNonces: [Made.hex(random, 32), Made.hex(random, 31)] })),
    spoilCommitment('nonces-no-list', 'input.not-list', (random) => ({ publicNonces: Made.hex(random, 32) })),
  ],
};

function randomnessInput(random: Random): Input {
  return {
    secretKey: Hex.encode(Made.secretKey(random)),
    chainId: random.pick(['bbn-1', 'bbn-test-5', 'bbn-test-6', 'chain-ä-1', '']),
    height: height(random),
  };
}

/** Small ones, and both ends of 64 bits. */
function height(random: Random): string {
  const any = Bytes.toBigInt(random.bytes(8));
  return random.pick([0n, 1n, 255n, 256n, BigInt(random.integer(2, 10_000_000)), 1n << 32n, (1n << 53n) + 1n, any, MAX_UINT64]).toString();
}

function commitmentInput(random: Random, count: number): Input {
  return {
    publicNonces: Array.from({ length: count }, () => Made.hex(random, 32)),
    startHeight: String(random.integer(0, 100_000_000)),
    ...(random.chance(75) ? { proofIndex: random.integer(0, count - 1) } : {}),
    ...(random.chance(25) ? { context: Made.hex(random, 32) } : {}),
  };
}

function spoilRandomness(name: string, error: string, changes: (random: Random) => Input): Spoiling {
  return { name, error, spoil: (random) => Made.but(randomnessInput(random), changes(random)) };
}

function spoilCommitment(name: string, error: string, changes: (random: Random) => Input): Spoiling {
  return { name, error, spoil: (random) => Made.but({ ...commitmentInput(random, 5), proofIndex: 1 }, changes(random)) };
}
