// Generated cases of kind babylon.pop: valid proofs of every type, and each of the chain's rules broken once.
import { ripemd160 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { base64 } from '@scure/base';
import * as BabylonAddress from '../../babylon/BabylonAddress.ts';
import * as ProofOfPossession from '../../babylon/ProofOfPossession.ts';
import * as Bytes from '../../base/Bytes.ts';
import * as Hex from '../../base/Hex.ts';
import * as Address from '../../bitcoin/Address.ts';
import * as Bip322 from '../../bitcoin/Bip322.ts';
import type * as Network from '../../bitcoin/Network.ts';
import * as SignedMessage from '../../bitcoin/SignedMessage.ts';
import * as TapTree from '../../bitcoin/TapTree.ts';
import type { Ecc } from '../../crypto/Ecc.ts';
import * as PublicKey from '../../crypto/PublicKey.ts';
import * as Scalar from '../../crypto/Scalar.ts';
import * as Schnorr from '../../crypto/Schnorr.ts';
import type * as SecretKey from '../../crypto/SecretKey.ts';
import type { Draft, Spoiling } from '../definition.ts';
import type { Input } from '../model.ts';
import type { Random } from '../random.ts';
import * as Made from './made.ts';

/** A staker with a wallet of one address. */
type Wallet = {
  readonly random: Random;
  readonly ecc: Ecc;
  readonly secretKey: SecretKey.SecretKey;
  readonly point: Uint8Array;
  readonly network: Network.Network;
  readonly message: Uint8Array;
  readonly kind: 'p2wpkh' | 'p2tr';
  readonly scriptPubKey: Uint8Array;
};

const hash160 = (bytes: Uint8Array): Uint8Array => ripemd160(sha256(bytes));

function walletOf(random: Random, ecc: Ecc, kind: Wallet['kind'] = random.pick(['p2wpkh', 'p2tr'])): Wallet {
  const secretKey = Made.secretKey(random);
  const point = PublicKey.compressedOfSecret(secretKey, ecc);
  const account = BabylonAddress.encode(random.bytes(20));
  const chain = { chainId: random.pick(['bbn-1', 'bbn-test-5']), role: 'staker' } as const;
  const message = utf8ToBytes((random.chance(50) ? ProofOfPossession.context(chain) : '') + account);
  const scriptPubKey = kind === 'p2tr' ? taproot(point.subarray(1), new Uint8Array(0), ecc) : keyHash(point);
  return { random, ecc, secretKey, point, network: random.pick(Made.NETWORKS), message, kind, scriptPubKey };
}

function taproot(key: Uint8Array, root: Uint8Array, ecc: Ecc): Uint8Array {
  return TapTree.scriptPubKeyOf(TapTree.tweak(key, root, ecc).outputKey);
}

function keyHash(key: Uint8Array): Uint8Array {
  return Bytes.concat(Uint8Array.of(0x00, 0x14), hash160(key));
}

function inputOf(wallet: Wallet, type: string, rest: Input): Input {
  const { point, message, network } = wallet;
  return { type, btcPk: Hex.encode(point.subarray(1)), messageHex: Hex.encode(message), network, ...rest };
}

function stackOf({ message, secretKey, scriptPubKey, random, ecc }: Wallet): readonly Uint8Array[] {
  return Bip322.decodeWitness(Bip322.signSimple(message, secretKey, scriptPubKey, { auxRand: random.bytes(32) }, ecc));
}

function bip322(wallet: Wallet, witness: Uint8Array, changes: Input = {}): Input {
  const address = Address.encode(wallet.scriptPubKey, wallet.network);
  return inputOf(wallet, 'bip322', { address, signature: base64.encode(witness), ...changes });
}

function ecdsa(wallet: Wallet, change: (signature: Uint8Array) => Uint8Array = (same) => same, changes: Input = {}): Input {
  const signature = change(SignedMessage.sign(wallet.message, wallet.secretKey, wallet.ecc));
  return inputOf(wallet, 'ecdsa', { signature: base64.encode(signature), ...changes });
}

function bip340(wallet: Wallet, changes: Input = {}): Input {
  const signature = Schnorr.sign(sha256(wallet.message), wallet.secretKey, wallet.random.bytes(32), wallet.ecc);
  return inputOf(wallet, 'bip340', { signature: Hex.encode(signature), ...changes });
}

/** The signature of `wallet` with some of its bytes replaced. */
function set(bytes: Uint8Array, at: number, value: number | Uint8Array): Uint8Array {
  const result = Bytes.copy(bytes);
  result.set(typeof value === 'number' ? [value] : value, at < 0 ? bytes.length + at : at);
  return result;
}

function turned(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.integer(0, bytes.length - 1);
  return set(bytes, at, (bytes[at] as number) ^ (1 << random.integer(0, 7)));
}

function otherKey(random: Random, ecc: Ecc): string {
  return Hex.encode(Made.keyPair(random, ecc).publicKey);
}

/** s to n - s: as valid to mathematics, refused by the chain. */
function highS(signature: Uint8Array): Uint8Array {
  const s = Bytes.toBigInt(signature.subarray(33));
  const recovery = ((signature[0] as number) - 31) ^ 1;
  return set(set(signature, 33, Scalar.toBytes(Scalar.N - s)), 0, 31 + recovery);
}

function withHashType(stack: readonly Uint8Array[], hashType: number, kind: Wallet['kind']): readonly Uint8Array[] {
  const [signature = new Uint8Array(0), ...rest] = stack;
  return [kind === 'p2tr' ? Bytes.concat(signature, Uint8Array.of(hashType)) : set(signature, -1, hashType), ...rest];
}

type Variant = readonly [name: string, make: (random: Random, ecc: Ecc) => Input];

const witness = (
  name: string,
  change: (stack: readonly Uint8Array[], wallet: Wallet) => readonly Uint8Array[],
  kind?: Wallet['kind'],
): Variant => [
  name,
  (random, ecc) => {
    const wallet = walletOf(random, ecc, kind);
    return bip322(wallet, Bip322.encodeWitness(change(stackOf(wallet), wallet)));
  },
];

const VALID: readonly Variant[] = [
  ['bip340', (random, ecc) => bip340(walletOf(random, ecc))],
  witness('p2wpkh', (stack) => stack, 'p2wpkh'),
  witness('p2tr', (stack) => stack, 'p2tr'),
  ['ecdsa', (random, ecc) => ecdsa(walletOf(random, ecc))],
  ['ecdsa-bip137-nested', (random, ecc) => ecdsa(walletOf(random, ecc), (signature) => set(signature, 0, (signature[0] as number) + 4))],
  ['ecdsa-bip137-segwit', (random, ecc) => ecdsa(walletOf(random, ecc), (signature) => set(signature, 0, (signature[0] as number) + 8))],
  [
    'ecdsa-uncompressed-header',
    (random, ecc) => ecdsa(walletOf(random, ecc), (signature) => set(signature, 0, (signature[0] as number) - 4)),
  ],
  [
    'bytes-after-witness',
    (random, ecc) => {
      const wallet = walletOf(random, ecc);
      return bip322(wallet, Bytes.concat(Bip322.encodeWitness(stackOf(wallet)), random.bytes(3)));
    },
  ],
  [
    'address-upper-case',
    (random, ecc) => {
      const wallet = walletOf(random, ecc);
      const address = Address.encode(wallet.scriptPubKey, wallet.network).toUpperCase();
      return bip322(wallet, Bip322.encodeWitness(stackOf(wallet)), { address });
    },
  ],
  [
    'address-of-another-network',
    (random, ecc) => {
      const wallet = walletOf(random, ecc);
      const address = Address.encode(wallet.scriptPubKey, wallet.network === 'mainnet' ? 'regtest' : 'mainnet');
      return bip322(wallet, Bip322.encodeWitness(stackOf(wallet)), { address });
    },
  ],
];

const REFUSED: readonly Variant[] = [
  ['bip340-other-key', (random, ecc) => bip340(walletOf(random, ecc), { btcPk: otherKey(random, ecc) })],
  ['bip340-other-message', (random, ecc) => bip340(walletOf(random, ecc), { messageHex: Made.hex(random, 20) })],
  ['bip340-65-bytes', (random, ecc) => bip340(walletOf(random, ecc), { signature: Made.hex(random, 65) })],
  ['bip340-r-is-field-prime', (random, ecc) => bip340(walletOf(random, ecc), { signature: Made.FIELD_PRIME + Made.hex(random, 32) })],
  ['bip340-key-off-curve', (random, ecc) => bip340(walletOf(random, ecc), { btcPk: Made.offCurve(random, ecc) })],
  ['bip322-other-key', (random, ecc) => ({ ...bip322Of(random, ecc), btcPk: otherKey(random, ecc) })],
  ['bip322-other-message', (random, ecc) => ({ ...bip322Of(random, ecc), messageHex: Made.hex(random, 42) })],
  ['bip322-no-message', (random, ecc) => ({ ...bip322Of(random, ecc), messageHex: '' })],
  ['bip322-no-signature', (random, ecc) => ({ ...bip322Of(random, ecc), signature: '' })],
  ['bip322-no-base64', (random, ecc) => ({ ...bip322Of(random, ecc), signature: `!${Made.hex(random, 20)}` })],
  [
    'bip322-address-mixed-case',
    (random, ecc) => spoiltAddress(random, ecc, (address) => `${address.slice(0, -1)}${address.slice(-1).toUpperCase()}X`),
  ],
  [
    'bip322-address-wrong-checksum',
    (random, ecc) => spoiltAddress(random, ecc, (address) => address.slice(0, -1) + (address.endsWith('q') ? 'p' : 'q')),
  ],
  [
    'bip322-address-of-another-key',
    (random, ecc) => spoiltAddress(random, ecc, () => Address.encode(keyHash(random.bytes(33)), 'mainnet')),
  ],
  [
    'bip322-p2wsh',
    (random, ecc) => spoiltAddress(random, ecc, () => Address.encode(Bytes.concat(Uint8Array.of(0, 0x20), random.bytes(32)), 'mainnet')),
  ],
  [
    'bip322-p2sh-p2wpkh',
    (random, ecc) => {
      const wallet = walletOf(random, ecc, 'p2wpkh');
      const nested = Bytes.concat(Uint8Array.of(0xa9, 0x14), hash160(wallet.scriptPubKey), Uint8Array.of(0x87));
      return bip322(wallet, Bip322.encodeWitness(stackOf(wallet)), { address: Address.encode(nested, wallet.network) });
    },
  ],
  [
    'bip322-p2pkh',
    (random, ecc) => {
      const wallet = walletOf(random, ecc, 'p2wpkh');
      const old = Bytes.concat(Uint8Array.of(0x76, 0xa9, 0x14), hash160(wallet.point), Uint8Array.of(0x88, 0xac));
      return bip322(wallet, Bip322.encodeWitness(stackOf(wallet)), { address: Address.encode(old, wallet.network) });
    },
  ],
  [
    'p2tr-with-leaves',
    (random, ecc) => {
      const wallet = walletOf(random, ecc, 'p2tr');
      const tweaked = taproot(wallet.point.subarray(1), random.bytes(32), ecc);
      return bip322(wallet, Bip322.encodeWitness(stackOf(wallet)), { address: Address.encode(tweaked, wallet.network) });
    },
  ],
  witness('no-items', () => []),
  witness('empty-signature', (stack) => [new Uint8Array(0), ...stack.slice(1)]),
  witness('p2tr-annex', (stack, { random }) => [...stack, Bytes.concat(Uint8Array.of(0x50), random.bytes(4))], 'p2tr'),
  witness('p2wpkh-three-items', (stack) => [...stack, new Uint8Array(0)], 'p2wpkh'),
  witness('p2wpkh-signature-alone', (stack) => stack.slice(0, 1), 'p2wpkh'),
  witness('hash-type-single', (stack, { kind }) => withHashType(stack, 3, kind)),
  witness('hash-type-all-anyone-can-pay', (stack, { kind }) => withHashType(stack, 0x81, kind)),
  witness('hash-type-zero', (stack, { kind }) => withHashType(stack, 0, kind)),
  witness('p2tr-default-called-all', (stack) => withHashType(stack, 1, 'p2tr'), 'p2tr'),
  witness('p2tr-63-bytes', ([signature = new Uint8Array(0)]) => [signature.subarray(1)], 'p2tr'),
  witness('turned-bit', ([signature = new Uint8Array(0), ...rest], { random }) => [turned(signature, random), ...rest]),
  witness(
    'p2wpkh-other-public-key',
    ([signature = new Uint8Array(0)], { random, ecc }) => [signature, PublicKey.compressedOfSecret(Made.secretKey(random), ecc)],
    'p2wpkh',
  ),
  witness('p2wpkh-high-s', ([signature = new Uint8Array(0), ...rest]) => [derHighS(signature), ...rest], 'p2wpkh'),
  witness('p2wpkh-padded-r', ([signature = new Uint8Array(0), ...rest]) => [derPadded(signature), ...rest], 'p2wpkh'),
  [
    'truncated-witness',
    (random, ecc) => {
      const wallet = walletOf(random, ecc);
      return bip322(wallet, Bip322.encodeWitness(stackOf(wallet)).subarray(0, -1));
    },
  ],
  [
    'witness-length-in-long-form',
    (random, ecc) => {
      const wallet = walletOf(random, ecc);
      const plain = Bip322.encodeWitness(stackOf(wallet));
      return bip322(wallet, Bytes.concat(Uint8Array.of(0xfd, plain[0] as number, 0), plain.subarray(1)));
    },
  ],
  [
    'full-transaction',
    (random, ecc) => {
      const wallet = walletOf(random, ecc);
      const transaction = Bip322.toSign(wallet.message, wallet.scriptPubKey);
      transaction.setWitness(0, [...stackOf(wallet)]);
      return bip322(wallet, transaction.toBuffer());
    },
  ],
  ['ecdsa-other-key', (random, ecc) => ecdsa(walletOf(random, ecc), undefined, { btcPk: otherKey(random, ecc) })],
  ['ecdsa-other-message', (random, ecc) => ecdsa(walletOf(random, ecc), undefined, { messageHex: Made.hex(random, 42) })],
  ['ecdsa-high-s', (random, ecc) => ecdsa(walletOf(random, ecc), highS)],
  [
    'ecdsa-other-recovery',
    (random, ecc) => ecdsa(walletOf(random, ecc), (signature) => set(signature, 0, (((signature[0] as number) - 31) ^ 1) + 31)),
  ],
  ['ecdsa-recovery-2', (random, ecc) => ecdsa(walletOf(random, ecc), (signature) => set(signature, 0, (signature[0] as number) + 2))],
  ['ecdsa-header-26', (random, ecc) => ecdsa(walletOf(random, ecc), (signature) => set(signature, 0, 26))],
  ['ecdsa-header-43', (random, ecc) => ecdsa(walletOf(random, ecc), (signature) => set(signature, 0, 43))],
  ['ecdsa-r-zero', (random, ecc) => ecdsa(walletOf(random, ecc), (signature) => set(signature, 1, new Uint8Array(32)))],
  ['ecdsa-s-zero', (random, ecc) => ecdsa(walletOf(random, ecc), (signature) => set(signature, 33, new Uint8Array(32)))],
  ['ecdsa-s-is-order', (random, ecc) => ecdsa(walletOf(random, ecc), (signature) => set(signature, 33, Hex.decode(Made.ORDER)))],
  [
    'ecdsa-r-off-curve',
    (random, ecc) => ecdsa(walletOf(random, ecc), (signature) => set(signature, 1, Hex.decode(Made.offCurve(random, ecc)))),
  ],
  ['ecdsa-64-bytes', (random, ecc) => ecdsa(walletOf(random, ecc), (signature) => signature.subarray(1))],
  [
    'ecdsa-turned-bit',
    (random, ecc) =>
      ecdsa(walletOf(random, ecc), (signature) => Bytes.concat(signature.subarray(0, 1), turned(signature.subarray(1), random))),
  ],
];

function bip322Of(random: Random, ecc: Ecc): Input {
  const wallet = walletOf(random, ecc);
  return bip322(wallet, Bip322.encodeWitness(stackOf(wallet)));
}

function spoiltAddress(random: Random, ecc: Ecc, change: (address: string) => string): Input {
  const input = bip322Of(random, ecc);
  return { ...input, address: change(String(input['address'])) };
}

/** s of a DER signature with hash type to n - s. */
function derHighS(signature: Uint8Array): Uint8Array {
  const length = signature[3] as number;
  const s = Scalar.N - Bytes.toBigInt(signature.subarray(6 + length, -1));
  // The high half has its first bit set, hence a zero in front.
  const body = Bytes.concat(signature.subarray(2, 4 + length), Uint8Array.of(2, 33, 0), Scalar.toBytes(s));
  return Bytes.concat(Uint8Array.of(0x30, body.length), body, signature.subarray(-1));
}

/** The same r with one zero more in front. */
function derPadded(signature: Uint8Array): Uint8Array {
  const length = signature[3] as number;
  const body = Bytes.concat(Uint8Array.of(2, length + 1, 0), signature.subarray(4, -1));
  return Bytes.concat(Uint8Array.of(0x30, body.length), body, signature.subarray(-1));
}

/** Every variant in turn, valid and refused ones by turns; every fourth case is a spoiling, for which no draft is made. */
export function makePopDraft(random: Random, index: number, ecc: Ecc): Draft {
  const turn = index - (index >> 2);
  const list = turn % 2 === 0 ? VALID : REFUSED;
  const [name, make] = list[(turn >> 1) % list.length] as Variant;
  return { name, input: make(random, ecc) };
}

/** Inputs that say nothing a chain could judge. */
export function popSpoilings(): readonly Spoiling[] {
  const spoil = (name: string, error: string, changes: (random: Random) => Input): Spoiling => ({
    name,
    error,
    spoil: (random, ecc) => Made.but(random.chance(50) ? bip322Of(random, ecc) : bip340(walletOf(random, ecc)), changes(random)),
  });
  return [
    spoil('key-33-bytes', 'input.wrong-length', (random) => ({ btcPk: `02${Made.hex(random, 32)}` })),
    spoil('key-no-hex', 'hex.bad-digit', (random) => ({ btcPk: `${Made.hex(random, 31)}zz` })),
    spoil('message-odd-hex', 'hex.odd-length', (random) => ({ messageHex: Made.hex(random, 8).slice(1) })),
    spoil('type-in-capitals', 'pop.unknown-type', () => ({ type: 'BIP322' })),
    spoil('unknown-network', 'network.unknown', () => ({ network: 'Mainnet' })),
    spoil('signature-a-number', 'input.not-text', () => ({ signature: 7 })),
    spoil('bip340-in-base64', 'hex.bad-digit', (random) => ({ type: 'bip340', signature: `${base64.encode(random.bytes(63))}zzzz` })),
    spoil('no-address', 'input.not-text', () => ({ type: 'bip322', address: 7 })),
  ];
}
