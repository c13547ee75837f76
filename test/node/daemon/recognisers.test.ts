// Which bytes are votes, which digests are signed: the main line and the line with signing contexts.
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as BabylonAddress from '../../../src/babylon/BabylonAddress.ts';
import * as FinalityVote from '../../../src/babylon/FinalityVote.ts';
import * as PubRandCommit from '../../../src/babylon/PubRandCommit.ts';
import * as Bytes from '../../../src/base/Bytes.ts';
import * as Hex from '../../../src/base/Hex.ts';
import * as SecretKey from '../../../src/crypto/SecretKey.ts';
import { babylonRecognisers, signingContexts } from '../../../src/node/recognisers.ts';

const BSN = 'bbn-test-5';
const contexts = { [BSN]: signingContexts(BSN) };
const main = babylonRecognisers();
const both = babylonRecognisers({ contexts });
const appHash = new Uint8Array(32).fill(7);
const address = BabylonAddress.encode(new Uint8Array(20).fill(9));

describe('votes', () => {
  it('are 40 bytes whose first eight are the height', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), fc.uint8Array({ minLength: 32, maxLength: 32 }), (height, hash) => {
        expect(main.vote(FinalityVote.message(height, hash), 'bbn-1')).toEqual({ height });
      }),
      { seed: 11, numRuns: 200 },
    );
  });

  it('are not anything of another length', () => {
    for (const length of [0, 8, 32, 39, 41, 64, 72, 104, 105]) expect(main.vote(new Uint8Array(length), 'bbn-1')).toBeUndefined();
  });

  it('of a chain with a context carry exactly that context', () => {
    const plain = FinalityVote.message(5n, appHash);
    const context = utf8ToBytes(contexts[BSN]?.vote ?? '');
    expect(both.vote(Bytes.concat(context, plain), BSN)).toEqual({ height: 5n });
    expect(both.vote(plain, BSN)).toBeUndefined();
    const other = Uint8Array.from(context);
    other[63] = (other[63] ?? 0) ^ 1;
    expect(both.vote(Bytes.concat(other, plain), BSN)).toBeUndefined();
    expect(both.vote(Bytes.concat(utf8ToBytes(contexts[BSN]?.commitment ?? ''), plain), BSN)).toBeUndefined();
    expect(both.vote(plain, 'bbn-1')).toEqual({ height: 5n });
    expect(both.vote(Bytes.concat(context, plain), 'bbn-1')).toBeUndefined();
  });

  it('have the contexts of the chain', () => {
    expect(contexts[BSN]?.vote).toBe('d52fb66cbac092277b9c104e9fd73126b79d318b7b04424c57f4825073d59175');
    expect(contexts[BSN]?.commitment).toBe('924701d6a82d43c0f23a29b9cbd4107b22765d08eacd4f6cd71e49e8ddce881d');
  });

  it('need contexts that are contexts', () => {
    for (const vote of ['', 'ab', contexts[BSN]?.vote.toUpperCase() ?? '']) {
      const bad = { x: { ...signingContexts(BSN), vote } };
      expect(() => babylonRecognisers({ contexts: bad })).toThrow(/recognisers.bad-context/);
    }
  });
});

describe('commitments', () => {
  it('sign what a commitment signs', () => {
    const made = PubRandCommit.create({ secretKey: SecretKey.random(), chainId: 'bbn-1', startHeight: 77n, numPubRand: 5 });
    const list = { chainId: 'bbn-1', startHeight: 77n, count: 5, root: made.commit.commitment };
    expect(Hex.encode(main.commitmentDigest(list))).toBe(Hex.encode(PubRandCommit.signingHash(made.commit)));
    const bsn = { ...list, chainId: BSN };
    expect(Hex.encode(both.commitmentDigest(bsn))).toBe(Hex.encode(PubRandCommit.signingHash(made.commit, contexts[BSN]?.commitment)));
    expect(Hex.encode(both.commitmentDigest(list))).toBe(Hex.encode(main.commitmentDigest(list)));
  });
});

describe('possession', () => {
  it('signs the twenty bytes of the account, not its text', () => {
    const digests = main.possessionDigests(address).map(Hex.encode);
    expect(digests).toEqual([Hex.encode(sha256(new Uint8Array(20).fill(9)))]);
    expect(digests).not.toContain(Hex.encode(sha256(utf8ToBytes(address))));
  });

  it('signs the exported document when asked, and with each configured context', () => {
    const all = babylonRecognisers({ contexts, exportedPossession: true }).possessionDigests(address.toUpperCase()).map(Hex.encode);
    const account = new Uint8Array(20).fill(9);
    expect(all).toEqual([
      Hex.encode(sha256(account)),
      Hex.encode(sha256(Bytes.concat(utf8ToBytes(contexts[BSN]?.possession ?? ''), account))),
      Hex.encode(sha256(utf8ToBytes(address))),
    ]);
  });

  it('takes accounts of Babylon only', () => {
    expect(() => main.possessionDigests('cosmos1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqnrql8a')).toThrow(/babylon-address/);
  });
});
