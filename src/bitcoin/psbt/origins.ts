// Where keys come from, as signers find them: BIP32 paths in the entries of inputs and outputs, and the account keys of BIP174.
import { sha256 } from '@noble/hashes/sha2.js';
import { createBase58check } from '@scure/base';
import * as Bytes from '../../base/Bytes.ts';
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import type { KeyOrigin } from '../Coin.ts';
import * as CompactSize from '../CompactSize.ts';
import { uint32 } from '../spend/encode.ts';
import { type Field, field, GLOBAL } from './codec.ts';

export type Reason =
  | Check.Reason
  | { readonly code: 'psbt.bad-path'; readonly field: string }
  | { readonly code: 'psbt.bad-xpub'; readonly field: string; readonly why: 'encoding' | 'private' | 'version' | 'depth' };

/** The extended public key of an account, with the path from its master key (BIP174 PSBT_GLOBAL_XPUB): some wallets ask for it. */
export type AccountKey = {
  /** xpub… or tpub… as text. */
  readonly extendedPublicKey: string;
  readonly masterFingerprint: Uint8Array;
  readonly path: string;
};

/** The steps of a path: "m/86'/0'/0'/0/5", with ', h or H for hardened; "m" alone is the master key. @throws psbt.bad-path */
export function stepsOf(path: string, name: string): readonly number[] {
  const [start, ...steps] = Check.text(path, name).split('/');
  const bad = (): never => fail<Reason>({ code: 'psbt.bad-path', field: name }, `${name}: expected a path such as m/86'/0'/0'/0/0`);
  if (start !== 'm' || steps.length > 255) bad();
  return steps.map((step) => {
    const [, digits, hardened] = /^(0|[1-9][0-9]{0,9})(['hH]?)$/.exec(step) ?? bad();
    const index = Number(digits);
    if (index > 0x7fff_ffff) bad();
    return hardened === '' ? index : index + 0x8000_0000;
  });
}

/** Fingerprint and path as the value of an entry has them. */
function derivation(masterFingerprint: Uint8Array, path: string, name: string): Uint8Array {
  const fingerprint = Check.bytes(masterFingerprint, `${name}.masterFingerprint`, 4);
  return Bytes.concat(fingerprint, ...stepsOf(path, `${name}.path`).map(uint32));
}

/** The entry of a compressed key. @source BIP174 PSBT_IN_BIP32_DERIVATION, PSBT_OUT_BIP32_DERIVATION */
export function derivationField(type: number, { publicKey, masterFingerprint, path }: KeyOrigin, name: string): Field {
  return field(type, derivation(masterFingerprint, path, name), publicKey);
}

/** The entry of an x-only key; no leaf hashes mean the key path. @source BIP371 PSBT_IN_TAP_BIP32_DERIVATION, PSBT_OUT_TAP_BIP32_DERIVATION */
export function tapDerivationField(
  type: number,
  { publicKey, masterFingerprint, path }: KeyOrigin,
  leafHashes: readonly Uint8Array[],
  name: string,
): Field {
  return field(
    type,
    Bytes.concat(CompactSize.encode(leafHashes.length), ...leafHashes, derivation(masterFingerprint, path, name)),
    publicKey,
  );
}

/** Each origin is an object with a key that is one of this input or output. */
export function checkOrigins(origins: readonly KeyOrigin[] | undefined, name: string): readonly KeyOrigin[] {
  if (origins === undefined) return [];
  return Check.list(origins, name).map((origin, i) => {
    const { publicKey, masterFingerprint, path } = Check.object(origin, `${name}[${i}]`);
    Check.bytes(publicKey, `${name}[${i}].publicKey`);
    return { publicKey: Bytes.copy(publicKey), masterFingerprint, path };
  });
}

const XPUB_BYTES = 78;
/** Version bytes of xpub and tpub. */
const VERSIONS: readonly number[] = [0x0488_b21e, 0x0435_87cf];

/** The entry of an account key. @source BIP174 PSBT_GLOBAL_XPUB @throws psbt.bad-xpub, psbt.bad-path */
export function accountField(key: AccountKey, name: string): Field {
  const { extendedPublicKey, masterFingerprint, path } = Check.object(key, name);
  const bad = (why: 'encoding' | 'private' | 'version' | 'depth', text: string): never =>
    fail<Reason>({ code: 'psbt.bad-xpub', field: name, why }, `${name}.extendedPublicKey: ${text}`);
  const raw =
    decodeXpub(Check.text(extendedPublicKey, `${name}.extendedPublicKey`)) ?? bad('encoding', 'not an extended key in base58check');
  if (raw[45] === 0) bad('private', 'a private key has no place in a PSBT');
  const version = new DataView(raw.buffer, raw.byteOffset).getUint32(0);
  if (!VERSIONS.includes(version) || (raw[45] !== 2 && raw[45] !== 3)) bad('version', 'expected an xpub or tpub');
  if (raw[4] !== stepsOf(path, `${name}.path`).length) bad('depth', 'its depth is not the length of the path');
  return field(GLOBAL.XPUB, derivation(masterFingerprint, path, name), raw);
}

function decodeXpub(text: string): Uint8Array | undefined {
  if (text.length > 120) return undefined;
  try {
    const raw = createBase58check(sha256).decode(text);
    return raw.length === XPUB_BYTES ? raw : undefined;
  } catch {
    return undefined;
  }
}
