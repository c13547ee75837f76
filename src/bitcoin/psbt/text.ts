// The forms in which wallets hand over a PSBT: hex, base64, bytes, or the object of a library.
import { base64 } from '@scure/base';
import * as Bytes from '../../base/Bytes.ts';
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import * as Hex from '../../base/Hex.ts';
import { isPsbt, malformed } from './codec.ts';

export type Reason = Check.Reason | { readonly code: 'psbt.not-a-psbt'; readonly got: string };

/** A PSBT object of any copy and version of bitcoinjs-lib: what has this method is as good. */
export type PsbtObject = { readonly toBuffer: () => Uint8Array };

/** What a signer hands back: hex or base64 text, bytes, or an object. */
export type Answer = string | Uint8Array | PsbtObject;

/**
 * The bytes of an answer. Blanks and line breaks in text are skipped, upper-case hex is read, base64 may lack its padding.
 *
 * @throws psbt.not-a-psbt, psbt.malformed
 */
export function bytesOf(answer: Answer, name: string): Uint8Array {
  if (answer === undefined || answer === null) Check.missing(name);
  if (typeof answer === 'string') return textBytes(answer);
  if (Check.isBytes(answer)) return fromBytes(Bytes.copy(answer));
  return fromBytes(objectBytes(answer, name));
}

function objectBytes(answer: PsbtObject, name: string): Uint8Array {
  const got = Check.kindOf(answer);
  const refuse = (cause?: unknown): never =>
    fail<Reason>(
      { code: 'psbt.not-a-psbt', got },
      `${name}: expected a PSBT as hex, base64, bytes or an object with toBuffer, got ${got}`,
      cause === undefined ? {} : { cause },
    );
  if (typeof answer !== 'object') return refuse();
  let made: unknown;
  try {
    made = typeof answer.toBuffer === 'function' ? answer.toBuffer() : undefined;
  } catch (cause) {
    return refuse(cause);
  }
  return Check.isBytes(made) ? Bytes.copy(made) : refuse();
}

function fromBytes(raw: Uint8Array): Uint8Array {
  if (isPsbt(raw)) return raw;
  // Some wallets give the text as bytes.
  if (raw[0] === 0x63 || raw[0] === 0x37) return textBytes(Array.from(raw, (byte) => String.fromCharCode(byte)).join(''));
  return fail<Reason>({ code: 'psbt.not-a-psbt', got: Check.kindOf(raw) }, 'the bytes are no PSBT: they do not start with 70736274ff');
}

function textBytes(text: string): Uint8Array {
  const plain = text.replace(/[ \t\r\n]+/g, '');
  if (/^70736274ff/i.test(plain)) {
    try {
      return Hex.decode(plain, 'psbt');
    } catch (cause) {
      malformed('its hex is broken', undefined, undefined, cause);
    }
  }
  if (plain.startsWith('cHNidP')) {
    try {
      // Two at most: a pattern without a bound takes the square of the length of a row of them that ends in something else.
      const bare = plain.replace(/={1,2}$/, '');
      return base64.decode(bare + '='.repeat((4 - (bare.length % 4)) % 4));
    } catch (cause) {
      malformed('its base64 is broken', undefined, undefined, cause);
    }
  }
  const advice = /^0[12]000000[0-9a-f]*$/i.test(plain) ? '; this is a raw transaction' : '';
  return fail<Reason>(
    { code: 'psbt.not-a-psbt', got: `text of ${text.length} characters` },
    `expected a PSBT: hex starts with 70736274ff, base64 with cHNidP8${advice}`,
  );
}

/** PSBT bytes as base64, the usual form for hardware wallets and Bitcoin Core. */
export function toBase64(raw: Uint8Array): string {
  return base64.encode(raw);
}
