// The signer around the decision: what leaves, what does not, and why.
import { describe, expect, test } from 'vitest';
import * as Eots from '../../src/crypto/Eots.ts';
import * as PubRand from '../../src/crypto/PubRand.ts';
import { vote, world } from './support.ts';

describe('a vote', () => {
  test('is signed once, with the nonce of its height, and the same bytes come back for ever', async () => {
    const { signer, slot, secretKey } = world();
    const message = vote(7n);
    const first = await signer.sign({ ...slot, height: 7n, message });
    if (first.kind !== 'signed') throw new Error(first.kind);
    const pubRand = PubRand.derive(secretKey, slot.chainId, 7n).pubRand;
    expect(Eots.verify({ publicKey: slot.publicKey, pubRand, message, signature: first.signature })).toBe(true);
    expect(await signer.sign({ ...slot, height: 7n, message })).toEqual({ kind: 'returned', signature: first.signature });
    expect(await signer.sign({ ...slot, height: 7n, message: vote(7n, 'other') })).toEqual({
      kind: 'refused',
      refusal: { code: 'signer.double-sign', height: 7n },
    });
  });
});
