// What the embedded store checks and copies before a call leaves the caller's hands.
import * as Bytes from '../../base/Bytes.ts';
import * as Check from '../../base/Check.ts';
import type { MergeInput, RandomnessList, SignRecord, Slot } from '../../signer/SignStore.ts';
import * as StoreInput from './storeInput.ts';
import { height, watermark } from './storeInput.ts';

type PublicKey = Slot['publicKey'];

export { HIGHEST, height, watermark } from './storeInput.ts';

/** @throws input.not-bytes, input.wrong-length, input.not-text, store.bad-text */
export function slot(given: Slot): Slot {
  Check.object(given, 'slot');
  return { publicKey: publicKey(given.publicKey), chainId: text(given.chainId, 'chainId') };
}

/** @throws input.not-bytes, input.wrong-length */
export function publicKey(given: PublicKey): PublicKey {
  return Bytes.copy(Check.bytes(given, 'publicKey', 32));
}

/** @throws input.not-text, input.wrong-length, store.bad-text */
export function text(given: string, field: string): string {
  StoreInput.utf8(given, field);
  return given;
}

/** @throws input.* */
export function record(given: SignRecord): SignRecord {
  Check.object(given, 'record');
  const { signature, message, signedAtMs } = given;
  return {
    height: height(given.height),
    signingRoot: Bytes.copy(Check.bytes(given.signingRoot, 'signingRoot', 32)),
    ...(signature === undefined ? {} : { signature: Bytes.copy(Check.bytes(signature, 'signature', 32)) }),
    ...(message === undefined ? {} : { message: Bytes.copy(StoreInput.message(message)) }),
    ...(signedAtMs === undefined ? {} : { signedAtMs: StoreInput.signedAtMs(signedAtMs) }),
  };
}

/** @throws input.*, store.repeated-height */
export function distinct(given: readonly SignRecord[]): readonly SignRecord[] {
  return StoreInput.distinct(Check.list(given, 'records').map(record));
}

/** @throws input.*, store.bad-text */
export function history(given: MergeInput): MergeInput {
  return { ...slot(given), watermark: watermark(given.watermark), records: Check.list(given.records, 'records').map(record) };
}

/** @throws input.*, store.bad-text */
export function list(given: RandomnessList): RandomnessList {
  Check.object(given, 'list');
  return {
    ...slot(given),
    startHeight: height(given.startHeight, 'startHeight'),
    count: Check.integer(given.count, 'count', 0, 2 ** 32 - 1),
    root: Bytes.copy(Check.bytes(given.root, 'root', 32)),
    digest: Bytes.copy(Check.bytes(given.digest, 'digest', 32)),
  };
}

/** @throws input.not-bytes, input.wrong-length */
export function digest(given: Uint8Array): Uint8Array {
  return Bytes.copy(Check.bytes(given, 'digest', 32));
}
