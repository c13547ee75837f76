// A staker's key, addresses and account, and proofs made with them; the values of the worked example.
import { ripemd160 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import * as ProofOfPossession from '../../src/babylon/ProofOfPossession.ts';
import * as Address from '../../src/bitcoin/Address.ts';
import * as Bip322 from '../../src/bitcoin/Bip322.ts';
import * as SignedMessage from '../../src/bitcoin/SignedMessage.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';
import * as Slow from './slow/secp256k1.ts';

export const secretKey: SecretKey.SecretKey = SecretKey.fromHex('6c6cfc74997e11ab2f6195c12481ed5ecea6c1cb4ce54f2c7aa84aaa51f51efa');
export const point: Uint8Array = PublicKey.compressedOfSecret(secretKey);
export const btcPk: Uint8Array = point.slice(1);
export const otherSecret: SecretKey.SecretKey = SecretKey.from(new Uint8Array(32).fill(9));
export const other: Uint8Array = PublicKey.compressedOfSecret(otherSecret);
export const babylonAddress = 'bbn1cyqgpk0nlsutlm5ymkfpya30fqntanc8slpure';
export const CONTEXT = 'd89ed83fa7bfaefcad17838ffc92977fd1f9113fe07c59f3b71e2ac20e541e97';
export const WPKH = 'bc1qrh9c8stymum6gu3q8uv6z8geyc8qtjlcs6fffz';
export const TR = 'bc1prd3lf83tacxeu6mf6l77xxk9kxg9xpm37mp7hnfzgngxjqwx0fes3tdssm';
export const LEGACY = '13iYQ1bRRuWK6aKngBRScw1k7yDZzEhp9D';
export const network = 'mainnet' as const;
export const auxRand: Uint8Array = new Uint8Array(32);
export const hash160 = (value: Uint8Array): Uint8Array => ripemd160(sha256(value));
export const NESTED: string = Address.encode(Uint8Array.of(0xa9, 20, ...hash160(Address.decode(WPKH, network)), 0x87), network);

export const base64 = (value: Uint8Array): string => Buffer.from(value).toString('base64');
export const fromBase64 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64'));
export const put = (value: Uint8Array, at: number, byte: number): Uint8Array => value.map((old, i) => (i === at ? byte : old));
export const BIP322 = 'failed to verify possession of babylon sig by the BTC key: ';
export const RECOVERY = 'failed to recover btc public key when verifying ECDSA PoP: ';

export const sign = (type: ProofOfPossession.Type, address?: string, context?: string): ProofOfPossession.Pop =>
  ProofOfPossession.sign({
    type,
    secretKey,
    babylonAddress,
    network,
    auxRand,
    ...(address === undefined ? {} : { address }),
    ...(context === undefined ? {} : { context }),
  });
export const verdict = (pop: ProofOfPossession.Pop, key: Uint8Array = btcPk): ProofOfPossession.Verdict =>
  ProofOfPossession.verify({ pop, babylonAddress, btcPk: key });
export const stackOf = (address: string): readonly Uint8Array[] =>
  Bip322.decodeWitness(Bip322.signSimple(babylonAddress, secretKey, Address.decode(address, network), { auxRand }));
export const bip322 = (address: string, stack: readonly Uint8Array[]): ProofOfPossession.Pop =>
  ProofOfPossession.fromBip322(address, Bip322.encodeWitness(stack));
export const ecdsa = (): Uint8Array => SignedMessage.sign(babylonAddress, secretKey);
export const highS = (signature: Uint8Array): Uint8Array =>
  Slow.join(
    Uint8Array.of(31 + (((signature[0] as number) - 31) ^ 1)),
    signature.slice(1, 33),
    Slow.b32(Slow.n - Slow.int(signature.slice(33))),
  );
