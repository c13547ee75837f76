// What a signer of ours reads of the wallet options, and how it signs messages: the same for the plain key and the account.
import { base64 } from '@scure/base';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Bip322 from '../bitcoin/Bip322.ts';
import * as SignedMessage from '../bitcoin/SignedMessage.ts';
import type * as Ecc from '../crypto/Ecc.ts';
import type { SecretKey } from '../crypto/SecretKey.ts';
import type { AddressType } from './keyScripts.ts';
import type { MessageType, SignPsbtOptions } from './Provider.ts';
import type { Options } from './psbtSigner.ts';

export type Reason =
  | Check.Reason
  | { readonly code: 'signer.message-type'; readonly got: string }
  | { readonly code: 'signer.no-bip322'; readonly addressType: AddressType };

/** The inputs that are asked for, and whether complete ones are to be finalised. Contracts and actions are for people and devices. */
export function optionsOf(options: SignPsbtOptions | undefined): Options {
  const { autoFinalized, signInputs } = Check.object(options ?? {}, 'options');
  const inputs = signInputs === undefined ? undefined : Check.list(signInputs, 'options.signInputs');
  return {
    finalize: autoFinalized !== false,
    ...(inputs === undefined
      ? {}
      : {
          inputs: inputs.map((one, i) =>
            Check.integer(Check.object(one, `options.signInputs[${i}]`).index, `options.signInputs[${i}].index`, 0, 0xffff),
          ),
        }),
  };
}

/**
 * A message signature as wallets give it: base64 of 65 bytes, or of a BIP322 witness.
 *
 * @throws signer.message-type, signer.no-bip322
 */
export function signMessage(
  message: string,
  type: MessageType,
  key: { readonly secretKey: SecretKey; readonly scriptPubKey: Uint8Array; readonly addressType: AddressType },
  ecc: Ecc.Ecc,
): string {
  Check.text(message, 'message');
  if (type === 'ecdsa') return base64.encode(SignedMessage.sign(message, key.secretKey, ecc));
  if (type !== 'bip322-simple') {
    const got = typeof type === 'string' ? type : Check.kindOf(type);
    return fail<Reason>({ code: 'signer.message-type', got }, 'type: expected ecdsa or bip322-simple');
  }
  const { addressType } = key;
  if (addressType !== 'p2tr' && addressType !== 'p2wpkh')
    fail<Reason>({ code: 'signer.no-bip322', addressType }, `an address of type ${addressType} signs messages by ECDSA`);
  return base64.encode(Bip322.signSimple(message, key.secretKey, key.scriptPubKey, {}, ecc));
}
