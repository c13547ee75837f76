// Tagged hashes against their definition, for every tag and for any division of the input.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Tag, taggedHash } from '../../src/crypto/TaggedHash.ts';
import { tagged } from '../support/slow/secp256k1.ts';
import { anyMessage, hex, SEED } from './support.ts';

const TAGS: readonly Tag[] = [
  'BIP0340/aux',
  'BIP0340/nonce',
  'BIP0340/challenge',
  'TapLeaf',
  'TapBranch',
  'TapTweak',
  'TapSighash',
  'SchnorrAdaptor/aux',
  'SchnorrAdaptor/nonce',
  'BIP0322-signed-message',
];

describe.each(TAGS)('tag %s', (tag) => {
  it('is SHA256(SHA256(tag) || SHA256(tag) || parts), call after call', () => {
    fc.assert(
      fc.property(fc.array(anyMessage, { maxLength: 4 }), (parts) => {
        expect(hex(taggedHash(tag, ...parts))).toBe(hex(tagged(tag, ...parts)));
      }),
      { seed: SEED, numRuns: 20 },
    );
  });
});
