// Coins of every kind with the transactions that made them, and wallets that are not ours: bitcoinjs-lib with ecpair, and @scure/btc-signer.

import { initEccLib, Psbt } from 'bitcoinjs-lib';
import { hash160, sha256 } from 'bitcoinjs-lib/src/crypto';
import { ECPairFactory } from 'ecpair';
import * as tiny from 'tiny-secp256k1';
import * as Bytes from '../../src/base/Bytes.ts';
import type { Coin } from '../../src/bitcoin/Coin.ts';
import * as TapTree from '../../src/bitcoin/TapTree.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import { taggedHash } from '../../src/crypto/TaggedHash.ts';
import { bytes, type KeyPair, keysOf, sats } from './stakes.ts';

initEccLib(tiny);
export const ECPair: ReturnType<typeof ECPairFactory> = ECPairFactory(tiny);

export const OWNERS: readonly KeyPair[] = keysOf('psbt wallet', 3);
const concat = Bytes.concat;
export const compressedOf = ({ secretKey }: KeyPair): Uint8Array => PublicKey.compressedOfSecret(secretKey);
const owner = OWNERS[0] as KeyPair;

/** 2-of-3 CHECKMULTISIG. */
export const MULTISIG: Uint8Array = concat(
  Uint8Array.of(0x52),
  ...OWNERS.map((pair) => concat(Uint8Array.of(33), compressedOf(pair))),
  Uint8Array.of(0x53, 0xae),
);

const p2wpkh = concat(bytes('0014'), hash160(compressedOf(owner)));
const p2wsh = concat(bytes('0020'), sha256(MULTISIG));
const p2sh = (script: Uint8Array): Uint8Array => concat(bytes('a914'), hash160(script), bytes('87'));

export type Kind = 'p2pkh' | 'p2sh' | 'p2sh-p2wpkh' | 'p2sh-p2wsh' | 'p2wpkh' | 'p2wsh' | 'p2tr';
export const KINDS: readonly Kind[] = ['p2pkh', 'p2sh', 'p2sh-p2wpkh', 'p2sh-p2wsh', 'p2wpkh', 'p2wsh', 'p2tr'];
/** The kinds whose signing does not change the txid. */
export const SEGWIT: readonly Kind[] = KINDS.slice(2);

export const SCRIPTS: Readonly<Record<Kind, Pick<Coin, 'scriptPubKey' | 'redeemScript' | 'witnessScript' | 'tapInternalKey'>>> = {
  p2pkh: { scriptPubKey: concat(bytes('76a914'), hash160(compressedOf(owner)), bytes('88ac')) },
  p2sh: { scriptPubKey: p2sh(MULTISIG), redeemScript: MULTISIG },
  'p2sh-p2wpkh': { scriptPubKey: p2sh(p2wpkh), redeemScript: p2wpkh },
  'p2sh-p2wsh': { scriptPubKey: p2sh(p2wsh), redeemScript: p2wsh, witnessScript: MULTISIG },
  p2wpkh: { scriptPubKey: p2wpkh },
  p2wsh: { scriptPubKey: p2wsh, witnessScript: MULTISIG },
  p2tr: {
    scriptPubKey: TapTree.scriptPubKeyOf(TapTree.tweak(owner.publicKey, new Uint8Array(0)).outputKey),
    tapInternalKey: owner.publicKey,
  },
};

/** A coin with the transaction that made it; `id` makes its txid. */
export function coinOf(kind: Kind, valueSats = 100_000n, id = 1): Coin {
  const made = Tx.create(
    [{ outpoint: { txid: id.toString(16).padStart(64, '0'), vout: 0 } }],
    [
      { scriptPubKey: SCRIPTS.p2wpkh.scriptPubKey, valueSats: 1_000n },
      { scriptPubKey: SCRIPTS[kind].scriptPubKey, valueSats },
    ],
  );
  return {
    outpoint: { txid: Tx.txid(made), vout: 1 },
    valueSats: sats(valueSats),
    previousTransaction: Tx.encode(made),
    ...SCRIPTS[kind],
  };
}

/** Everything that wallets give back: hex of a PSBT. */
export type Sign = (psbt: Uint8Array) => Psbt;

/** bitcoinjs-lib's own signer, over every input that a key of these people can sign. Key path inputs get the tweaked key. */
export function bitcoinjsSign(raw: Uint8Array, people: readonly KeyPair[], sighashTypes?: number[]): Psbt {
  const psbt = Psbt.fromBuffer(raw);
  for (const [i, { tapInternalKey, tapLeafScript }] of psbt.data.inputs.entries()) {
    for (const { secretKey } of people) {
      const plain = ECPair.fromPrivateKey(secretKey);
      const isKeyPath = tapInternalKey !== undefined && tapLeafScript === undefined;
      const signer = isKeyPath ? plain.tweak(taggedHash('TapTweak', tapInternalKey)) : plain;
      try {
        psbt.signInput(i, signer, sighashTypes);
      } catch (error) {
        if (!/Can not sign|No script found|Cannot find|pubkey|Need one of|no tapleaf/i.test(String(error))) throw error;
      }
    }
  }
  return psbt;
}
