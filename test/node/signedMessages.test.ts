// Signed messages and the node: it verifies ours (P2PKH by ECDSA; P2WPKH and P2TR by BIP322), and ours is what it signs.

import { ripemd160 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import * as ProofOfPossession from '../../src/babylon/ProofOfPossession.ts';
import * as Address from '../../src/bitcoin/Address.ts';
import * as Bip322 from '../../src/bitcoin/Bip322.ts';
import * as SignedMessage from '../../src/bitcoin/SignedMessage.ts';
import * as TapTree from '../../src/bitcoin/TapTree.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';
import * as Rpc from '../../src/node/BitcoindRpc.ts';
import { toWIF } from '../support/wif.ts';
import { describeWithNode } from './support.ts';

const ACCOUNT = 'bbn1cyqgpk0nlsutlm5ymkfpya30fqntanc8slpure';
const MESSAGES = ['', ACCOUNT, ProofOfPossession.context({ chainId: 'bbn-1', role: 'staker' }) + ACCOUNT, 'ä€😀', 'x'.repeat(300)];
const base64 = (value: Uint8Array): string => Buffer.from(value).toString('base64');

const keys = [3, 4, 5, 6].map((byte) => {
  const secretKey = SecretKey.from(new Uint8Array(32).fill(byte));
  const point = PublicKey.compressedOfSecret(secretKey);
  const hash = ripemd160(sha256(point));
  const address = (script: readonly number[]): string => Address.encode(Uint8Array.from(script), 'regtest');
  return {
    secretKey,
    point,
    p2pkh: address([0x76, 0xa9, 20, ...hash, 0x88, 0xac]),
    p2wpkh: address([0, 20, ...hash]),
    p2tr: address([...TapTree.scriptPubKeyOf(TapTree.tweak(point.slice(1), new Uint8Array(0)).outputKey)]),
  };
});

describeWithNode('a node', ({ node }) => {
  const verify = (address: string, signature: Uint8Array, message: string): Promise<Rpc.Json> =>
    node().rpc.call('verifymessage', address, base64(signature), message);

  it('verifies our signed messages, and no other message under them', async () => {
    for (const { secretKey, p2pkh } of keys)
      for (const message of MESSAGES) {
        const signature = SignedMessage.sign(message, secretKey);
        expect(await verify(p2pkh, signature, message)).toBe(true);
        expect(await verify(p2pkh, signature, `${message}.`)).toBe(false);
        expect(await verify(p2pkh, SignedMessage.withPlainHeader(signature.map((byte, i) => (i === 0 ? byte + 8 : byte))), message)).toBe(
          true,
        );
      }
  });

  it('signs what we sign up to its nonce, and we recover its key', async () => {
    for (const { secretKey, point } of keys)
      for (const message of MESSAGES) {
        const text = Rpc.asText(await node().rpc.call('signmessagewithprivkey', toWIF(secretKey, 'test'), message), 'signature');
        const signature = Uint8Array.from(Buffer.from(text, 'base64'));
        expect(SignedMessage.recover(message, signature)).toEqual({ publicKey: point, compressed: true });
        expect(SignedMessage.verify(message, point, signature)).toBe(true);
      }
  });

  describe('with BIP322', () => {
    it('verifies our simple signatures of P2WPKH and P2TR, and no other message under them', async () => {
      for (const { secretKey, p2wpkh, p2tr } of keys)
        for (const address of [p2wpkh, p2tr])
          for (const message of MESSAGES) {
            const witness = Bip322.signSimple(message, secretKey, Address.decode(address, 'regtest'));
            expect(await verify(address, witness, message), `${address} ${message}`).toBe(true);
            expect(await verify(address, witness, `${message}.`)).toBe(false);
          }
    });

    it('agrees with us on proofs of possession with one byte changed', async () => {
      const [{ secretKey, point, p2wpkh, p2tr }] = keys as [(typeof keys)[number]];
      let refused = 0;
      for (const address of [p2wpkh, p2tr]) {
        const script = Address.decode(address, 'regtest');
        const witness = Bip322.signSimple(ACCOUNT, secretKey, script, { auxRand: new Uint8Array(32) });
        for (let at = 0; at < witness.length; at += 3) {
          const changed = witness.map((byte, i) => (i === at ? byte ^ 1 : byte));
          const theirs = await verify(address, changed, ACCOUNT).catch(() => false);
          const pop = ProofOfPossession.fromBip322(address, changed);
          const ours = ProofOfPossession.verify({ pop, babylonAddress: ACCOUNT, btcPk: point.slice(1) });
          expect(ours.valid, `${address} byte ${at}`).toBe(theirs);
          if (!ours.valid) refused++;
        }
      }
      expect(refused).toBeGreaterThan(50);
    });
  });
});
