// The bytes of a message that people sign: text as UTF-8, bytes as they are.
import { utf8ToBytes } from '@noble/hashes/utils.js';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';

export type Reason = Check.Reason | { readonly code: 'message.half-surrogate'; readonly field: string; readonly at: number };

/** Text that is not well-formed has no UTF-8 form: encoders replace half a surrogate pair, and two texts would have one signature. */
export function messageBytes(message: string | Uint8Array, field = 'message'): Uint8Array {
  if (typeof message !== 'string') return Check.bytes(message, field);
  const at = message.search(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/);
  if (at >= 0) fail<Reason>({ code: 'message.half-surrogate', field, at }, `${field}: character ${at} is half a surrogate pair`);
  return utf8ToBytes(message);
}
