// What a slot, a height, a watermark and a record may be: the checks of this folder.
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import type { MergeInput, SignRecord, Slot } from './SignStore.ts';

export type Reason = Check.Reason | { readonly code: 'signer.malformed-chain-id'; readonly field: string };

/** The last height that fits the eight bytes of a vote. */
export const MAX_HEIGHT = 0xffff_ffff_ffff_ffffn;

/** @throws input.not-bytes, input.wrong-length, input.not-text, signer.malformed-chain-id */
export function slot(value: Slot): Slot {
  const { publicKey, chainId } = Check.object(value, 'slot');
  return { publicKey: Uint8Array.from(Check.bytes(publicKey, 'publicKey', 32)), chainId: chain(chainId) };
}

/** Half a surrogate pair has no UTF-8 form: an encoder replaces it, and two chains would share their records. */
function chain(value: string): string {
  Check.text(value, 'chainId');
  if (/\p{Surrogate}/u.test(value)) {
    fail<Reason>({ code: 'signer.malformed-chain-id', field: 'chainId' }, 'chainId: no well-formed Unicode text');
  }
  return value;
}

export function height(value: bigint, field = 'height'): bigint {
  return Check.bigInteger(value, field, 0n, MAX_HEIGHT);
}

/** -1 leaves every height open. */
export function watermark(value: bigint): bigint {
  return Check.bigInteger(value, 'watermark', -1n, MAX_HEIGHT);
}

/** A copy that shares no memory with the caller. */
export function record(value: SignRecord): SignRecord {
  const { signature, message, signedAtMs } = Check.object(value, 'record');
  return {
    height: height(value.height),
    signingRoot: Uint8Array.from(Check.bytes(value.signingRoot, 'signingRoot', 32)),
    ...(signature === undefined ? {} : { signature: Uint8Array.from(Check.bytes(signature, 'signature', 32)) }),
    ...(message === undefined ? {} : { message: Uint8Array.from(Check.bytes(message, 'message')) }),
    ...(signedAtMs === undefined ? {} : { signedAtMs: Check.bigInteger(signedAtMs, 'signedAtMs', 0n, MAX_HEIGHT) }),
  };
}

export function history(value: MergeInput): MergeInput {
  return { ...slot(value), watermark: watermark(value.watermark), records: Check.list(value.records, 'records').map(record) };
}
