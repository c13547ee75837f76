// The output scripts and addresses of one key, by kind of account: P2PKH (BIP44), P2SH-P2WPKH (BIP49), P2WPKH (BIP84), P2TR (BIP86).
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import { hash160, p2pkh, p2sh, p2wpkh } from '../bitcoin/OutputScript.ts';
import * as TapTree from '../bitcoin/TapTree.ts';
import type * as Ecc from '../crypto/Ecc.ts';

/** What a single key's coins pay to. */
export type AddressType = 'p2pkh' | 'p2sh-p2wpkh' | 'p2wpkh' | 'p2tr';
export const ADDRESS_TYPES: readonly AddressType[] = ['p2pkh', 'p2sh-p2wpkh', 'p2wpkh', 'p2tr'];

export type Reason = Check.Reason | { readonly code: 'address-type.unknown'; readonly got: string };

/** An output script with what spending it needs. */
export type KeyScript = { readonly scriptPubKey: Uint8Array; readonly redeemScript?: Uint8Array; readonly tapInternalKey?: Uint8Array };

/** @throws address-type.unknown */
export function checkType(type: AddressType): AddressType {
  if (!ADDRESS_TYPES.includes(type)) {
    const got = typeof type === 'string' ? type : Check.kindOf(type);
    fail<Reason>({ code: 'address-type.unknown', got }, `addressType: expected one of ${ADDRESS_TYPES.join(', ')}`);
  }
  return type;
}

/** The output script of a compressed key. */
export function scriptOf(publicKey: Uint8Array, type: AddressType, ecc: Ecc.Ecc): KeyScript {
  const program = p2wpkh(hash160(publicKey));
  switch (checkType(type)) {
    case 'p2pkh':
      return { scriptPubKey: p2pkh(hash160(publicKey)) };
    case 'p2sh-p2wpkh':
      return { scriptPubKey: p2sh(hash160(program)), redeemScript: program };
    case 'p2wpkh':
      return { scriptPubKey: program };
    case 'p2tr': {
      const tapInternalKey = Bytes.copy(publicKey.subarray(1));
      const { outputKey } = TapTree.tweak(tapInternalKey, new Uint8Array(0), ecc);
      return { scriptPubKey: TapTree.scriptPubKeyOf(outputKey), tapInternalKey };
    }
  }
}

/** Which kind of a key's scripts this one is; undefined when it belongs to another key. */
export function typeOf(publicKey: Uint8Array, scriptPubKey: Uint8Array, ecc: Ecc.Ecc): AddressType | undefined {
  return ADDRESS_TYPES.find((type) => Bytes.equal(scriptOf(publicKey, type, ecc).scriptPubKey, scriptPubKey));
}
