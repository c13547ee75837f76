// What wallets return from signMessage: base64 of 65 bytes, of a witness, or of a full BIP322 transaction. BIP137, BIP322 version 2.0.0
// (which puts the form in front: smp, ful, pof).
import { base64 } from '@scure/base';
import * as Bytes from '../../base/Bytes.ts';
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import * as Bip322 from '../../bitcoin/Bip322.ts';

export type Reason =
  | Check.Reason
  | { readonly code: 'pop.empty-answer'; readonly field: string }
  | { readonly code: 'pop.hex-answer'; readonly field: string }
  | { readonly code: 'pop.not-base64'; readonly field: string }
  | { readonly code: 'pop.unknown-form'; readonly field: string; readonly gotBytes: number };

export type Answer = { readonly form: 'compact' | 'witness' | 'transaction'; readonly bytes: Uint8Array };

const COMPACT_BYTES = 65;
/** A P2WPKH witness has 108 bytes, a full transaction with it some 170; nobody's answer has as many as this. */
const MAX_CHARACTERS = 4_000;
/** Version, marker and flag, one input, one output, lock time. */
const SHORTEST_TRANSACTION = 60;

/** The signature in a wallet's answer, its form told by its bytes. @throws pop.* */
export function readAnswer(text: string, field = 'signatureBase64'): Answer {
  const { bytes, named } = fromBase64(Check.text(text, field), field);
  const found = formOf(bytes);
  if (found !== undefined && (named === undefined || named === found)) return { form: found, bytes };
  const gotBytes = bytes.length;
  const forms = '65 bytes of ECDSA, a witness, or a BIP322 transaction';
  return fail<Reason>({ code: 'pop.unknown-form', field, gotBytes }, `${field}: expected ${named ?? forms}, got ${gotBytes} other bytes`);
}

function formOf(bytes: Uint8Array): Answer['form'] | undefined {
  if (bytes.length === COMPACT_BYTES) return 'compact';
  const read = Bip322.readWitness(bytes);
  if ('stack' in read && read.stack.length > 0 && read.next === bytes.length) return 'witness';
  // The version of a full one is 0 or 2, in little-endian order.
  const isTransaction = bytes.length >= SHORTEST_TRANSACTION && bytes[1] === 0 && bytes[2] === 0 && bytes[3] === 0;
  return isTransaction ? 'transaction' : undefined;
}

function fromBase64(text: string, field: string): { readonly bytes: Uint8Array; readonly named: Answer['form'] | undefined } {
  if (text === '') fail<Reason>({ code: 'pop.empty-answer', field }, `${field}: the wallet returned no signature`);
  if (text.length > 40 && /^(0x)?([0-9a-fA-F]{2})+$/.test(text))
    fail<Reason>({ code: 'pop.hex-answer', field }, `${field}: that is hex; wallets return base64, and the bytes would be others`);
  const form = /^(smp|ful|pof)(?=[A-Za-z0-9+/])/.exec(text)?.[1];
  if (form === 'pof')
    fail<Reason>({ code: 'pop.unknown-form', field, gotBytes: text.length }, `${field}: a proof of funds is no proof here`);
  const bytes = text.length <= MAX_CHARACTERS ? decode(form === undefined ? text : text.slice(form.length)) : undefined;
  if (bytes === undefined) fail<Reason>({ code: 'pop.not-base64', field }, `${field}: expected base64 with its padding, nothing around it`);
  return { bytes, named: form === 'smp' ? 'witness' : form === 'ful' ? 'transaction' : undefined };
}

function decode(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  try {
    return Bytes.copy(base64.decode(text));
  } catch {
    return undefined;
  }
}
