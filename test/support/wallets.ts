// Wallet coins of every kind that a wallet may hold, legacy ones too, with what is needed to sign them.
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { ripemd160 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import * as Bytes from '../../src/base/Bytes.ts';
import type * as Coin from '../../src/bitcoin/Coin.ts';
import * as Sighash from '../../src/bitcoin/Sighash.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as Schnorr from '../../src/crypto/Schnorr.ts';
import { bytes, filled, type KeyPair, keyOf } from './stakes.ts';

export const WALLET_KINDS = [
  'p2pkh',
  'p2sh 1-of-1',
  'p2sh 2-of-3',
  'p2sh 3-of-5',
  'p2sh 8-of-15',
  'p2sh-p2wpkh',
  'p2sh-p2wsh 2-of-3',
  'p2wpkh',
  'p2wsh 1-of-2',
  'p2wsh 2-of-3',
  'p2wsh 3-of-5',
  'p2wsh 11-of-20',
  'p2tr',
] as const;
export type WalletKind = (typeof WALLET_KINDS)[number];
/** Those whose signing leaves the txid as it is. */
export const STABLE_KINDS: readonly WalletKind[] = WALLET_KINDS.filter((kind) => kind !== 'p2pkh' && !/^p2sh \d/.test(kind));

const concat = Bytes.concat;
const hash160 = (value: Uint8Array): Uint8Array => ripemd160(sha256(value));
const compressed = ({ secretKey }: KeyPair): Uint8Array => PublicKey.compressedOfSecret(secretKey);
const owner = (name: string, i: number): KeyPair => keyOf(`wallet ${name} ${i}`);

const number = (value: number): Uint8Array => (value <= 16 ? Uint8Array.of(0x50 + value) : Uint8Array.of(1, value));

function multisig(name: string, k: number, n: number): Uint8Array {
  const keys = Array.from({ length: n }, (_, i) => concat(Uint8Array.of(33), compressed(owner(name, i))));
  return concat(number(k), ...keys, number(n), Uint8Array.of(0xae));
}

export const p2sh = (script: Uint8Array): Uint8Array => concat(bytes('a914'), hash160(script), bytes('87'));
export const p2wsh = (script: Uint8Array): Uint8Array => concat(bytes('0020'), sha256(script));
const p2wpkh = (pair: KeyPair): Uint8Array => concat(bytes('0014'), hash160(compressed(pair)));
const p2pkh = (pair: KeyPair): Uint8Array => concat(bytes('76a914'), hash160(compressed(pair)), bytes('88ac'));

/** An output script and what it hides; `name` makes other keys. */
export type Purse = Pick<Coin.Coin, 'scriptPubKey' | 'redeemScript' | 'witnessScript'>;

export function purseOf(kind: WalletKind, name = 'own'): Purse {
  const first = owner(name, 0);
  const [, k = 0, n = 0] = (/(\d+)-of-(\d+)/.exec(kind) ?? []).map(Number);
  const script = n === 0 ? new Uint8Array(0) : multisig(name, k, n);
  if (kind === 'p2pkh') return { scriptPubKey: p2pkh(first) };
  if (kind === 'p2wpkh') return { scriptPubKey: p2wpkh(first) };
  if (kind === 'p2tr') return { scriptPubKey: concat(bytes('5120'), first.publicKey) };
  if (kind === 'p2sh-p2wpkh') return { scriptPubKey: p2sh(p2wpkh(first)), redeemScript: p2wpkh(first) };
  if (kind.startsWith('p2sh-p2wsh')) return { scriptPubKey: p2sh(p2wsh(script)), redeemScript: p2wsh(script), witnessScript: script };
  if (kind.startsWith('p2wsh')) return { scriptPubKey: p2wsh(script), witnessScript: script };
  return { scriptPubKey: p2sh(script), redeemScript: script };
}

const parents = new Map<string, Uint8Array>();

/** A coin with the transaction that made it; `id` tells coins of the same kind and value apart. */
export function walletCoin(kind: WalletKind, valueSats: bigint, id = 0, name = 'own'): Coin.Coin {
  const purse = purseOf(kind, name);
  const parent = Tx.create(
    [{ outpoint: { txid: (id + 1).toString(16).padStart(64, '0'), vout: id % 7 } }],
    [{ scriptPubKey: purse.scriptPubKey, valueSats }],
  );
  const txid = Tx.txid(parent);
  const previousTransaction = parents.get(txid) ?? Tx.encode(parent);
  parents.set(txid, previousTransaction);
  return { outpoint: { txid, vout: 0 }, valueSats, ...purse, previousTransaction };
}

/** Signs input `index`, a coin of `kind`, as the largest usual signatures would: 72 bytes of ECDSA with the hash type, 64 of Schnorr. */
export function signWallet(transaction: Tx.Transaction, index: number, kind: WalletKind, coins: readonly Coin.Coin[], name = 'own'): void {
  const { redeemScript, witnessScript, valueSats, scriptPubKey } = coins[index] as Coin.Coin;
  const first = owner(name, 0);
  const k = Number(/(\d+)-of/.exec(kind)?.[1] ?? 1);
  if (kind === 'p2tr') {
    const hash = Sighash.keyPath(Sighash.prepare(transaction, coins), index);
    transaction.setWitness(index, [Schnorr.sign(hash, first.secretKey, new Uint8Array(32))]);
  } else if (kind === 'p2pkh') {
    const signature = ecdsa(transaction.hashForSignature(index, scriptPubKey, 1), first);
    transaction.setInputScript(index, concat(push(signature), push(compressed(first))));
  } else if (/^p2sh \d/.test(kind)) {
    const script = redeemScript as Uint8Array;
    const hash = transaction.hashForSignature(index, script, 1);
    const signatures = Array.from({ length: k }, (_, i) => push(ecdsa(hash, owner(name, i))));
    transaction.setInputScript(index, concat(Uint8Array.of(0), ...signatures, push(script)));
  } else if (witnessScript !== undefined) {
    const hash = transaction.hashForWitnessV0(index, witnessScript, valueSats, 1);
    const signatures = Array.from({ length: k }, (_, i) => ecdsa(hash, owner(name, i)));
    transaction.setWitness(index, [new Uint8Array(0), ...signatures, witnessScript]);
  } else {
    const hash = transaction.hashForWitnessV0(index, p2pkh(first), valueSats, 1);
    transaction.setWitness(index, [ecdsa(hash, first), compressed(first)]);
  }
  if (redeemScript !== undefined && !/^p2sh \d/.test(kind)) transaction.setInputScript(index, push(redeemScript));
}

function push(data: Uint8Array): Uint8Array {
  if (data.length <= 75) return concat(Uint8Array.of(data.length), data);
  if (data.length <= 255) return concat(Uint8Array.of(0x4c, data.length), data);
  return concat(Uint8Array.of(0x4d, data.length & 255, data.length >> 8), data);
}

function ecdsa(hash: Uint8Array, { secretKey }: KeyPair): Uint8Array {
  for (let i = 0; ; i++) {
    const signature = secp256k1.sign(hash, secretKey, { prehash: false, lowS: true, format: 'der', extraEntropy: filled(32, i) });
    if (signature.length === 71) return concat(signature, Uint8Array.of(1));
  }
}
