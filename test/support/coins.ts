// Wallet coins of every kind that keeps its txid, with real signatures: ECDSA of 72 bytes with the hash type (high r, low s), Schnorr of 64.
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { ripemd160 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import * as Bytes from '../../src/base/Bytes.ts';
import type * as Coin from '../../src/bitcoin/Coin.ts';
import * as Sighash from '../../src/bitcoin/Sighash.ts';
import type * as Tx from '../../src/bitcoin/Tx.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as Schnorr from '../../src/crypto/Schnorr.ts';
import { bytes, filled, type KeyPair, keysOf } from './stakes.ts';

export type Kind = 'P2WPKH' | 'P2TR' | 'P2SH-P2WPKH' | 'P2WSH 2-of-3' | 'P2WSH 3-of-5' | 'P2SH-P2WSH 2-of-3';
export const KINDS: readonly Kind[] = ['P2WPKH', 'P2TR', 'P2SH-P2WPKH', 'P2WSH 2-of-3', 'P2WSH 3-of-5', 'P2SH-P2WSH 2-of-3'];

const hash160 = (value: Uint8Array): Uint8Array => ripemd160(sha256(value));
const concat = Bytes.concat;
const owners = keysOf('wallet', 5);
const compressed = ({ secretKey }: KeyPair): Uint8Array => PublicKey.compressedOfSecret(secretKey);
const owner = owners[0] as KeyPair;
const keyHash = hash160(compressed(owner));

/** A k-of-n CHECKMULTISIG script over the wallet's keys. */
export function multisig(k: number, n: number): Uint8Array {
  const keys = owners.slice(0, n).map((pair) => concat(Uint8Array.of(33), compressed(pair)));
  return concat(Uint8Array.of(0x50 + k), ...keys, Uint8Array.of(0x50 + n, 0xae));
}

const p2wpkh = concat(bytes('0014'), keyHash);
const p2wsh = (script: Uint8Array): Uint8Array => concat(bytes('0020'), sha256(script));
const p2sh = (script: Uint8Array): Uint8Array => concat(bytes('a914'), hash160(script), bytes('87'));

/** Output scripts whose spends change the txid. */
export const P2PKH: Uint8Array = concat(bytes('76a914'), keyHash, bytes('88ac'));
export const BARE_P2SH: Pick<Coin.Coin, 'scriptPubKey' | 'redeemScript'> = {
  scriptPubKey: p2sh(multisig(2, 3)),
  redeemScript: multisig(2, 3),
};

function scriptsOf(kind: Kind): Pick<Coin.Coin, 'scriptPubKey' | 'redeemScript' | 'witnessScript'> {
  switch (kind) {
    case 'P2WPKH':
      return { scriptPubKey: p2wpkh };
    case 'P2TR':
      return { scriptPubKey: concat(bytes('5120'), owner.publicKey) };
    case 'P2SH-P2WPKH':
      return { scriptPubKey: p2sh(p2wpkh), redeemScript: p2wpkh };
    case 'P2WSH 2-of-3':
      return { scriptPubKey: p2wsh(multisig(2, 3)), witnessScript: multisig(2, 3) };
    case 'P2WSH 3-of-5':
      return { scriptPubKey: p2wsh(multisig(3, 5)), witnessScript: multisig(3, 5) };
    case 'P2SH-P2WSH 2-of-3':
      return { scriptPubKey: p2sh(p2wsh(multisig(2, 3))), redeemScript: p2wsh(multisig(2, 3)), witnessScript: multisig(2, 3) };
  }
}

/** A coin of a kind; its txid is the byte `id`, 32 times. */
export function coinOf(kind: Kind, valueSats: bigint, id = 0x55): Coin.Coin {
  return {
    outpoint: { txid: filled(32, id).reduce((text) => text + id.toString(16).padStart(2, '0'), ''), vout: 1 },
    valueSats,
    ...scriptsOf(kind),
  };
}

/** Signs input `index`, a coin of `kind`, as a wallet does: witness, and the scriptSig of nested coins. */
export function sign(transaction: Tx.Transaction, index: number, kind: Kind, coins: readonly Tx.SpentOutput[]): void {
  const coin = coins[index] as Coin.Coin;
  if (kind === 'P2TR') {
    const hash = Sighash.keyPath(Sighash.prepare(transaction, coins), index);
    transaction.setWitness(index, [Schnorr.sign(hash, owner.secretKey, new Uint8Array(32))]);
    return;
  }
  const { redeemScript, witnessScript } = coin;
  if (redeemScript !== undefined) transaction.setInputScript(index, concat(Uint8Array.of(redeemScript.length), redeemScript));
  const hash = transaction.hashForWitnessV0(index, witnessScript ?? P2PKH, coin.valueSats, 1);
  if (witnessScript === undefined) {
    transaction.setWitness(index, [ecdsa(hash, owner), compressed(owner)]);
    return;
  }
  const needed = (witnessScript[0] as number) - 0x50;
  const signatures = owners.slice(0, needed).map((pair) => ecdsa(hash, pair));
  transaction.setWitness(index, [new Uint8Array(0), ...signatures, witnessScript]);
}

/** The largest usual signature: tries nonces until r has its top bit set. */
function ecdsa(hash: Uint8Array, { secretKey }: KeyPair): Uint8Array {
  for (let i = 0; ; i++) {
    const signature = secp256k1.sign(hash, secretKey, { prehash: false, lowS: true, format: 'der', extraEntropy: filled(32, i) });
    if (signature.length === 71) return concat(signature, Uint8Array.of(1));
  }
}
