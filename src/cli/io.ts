// What a command may touch: streams, environment, files. Results are data first; text is made from them at the end.
import { chmodSync, closeSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as SecretKey from '../crypto/SecretKey.ts';

export type Reason =
  | { readonly code: 'cli.usage'; readonly option: string }
  | { readonly code: 'cli.no-secret'; readonly variable: string }
  | { readonly code: 'cli.file-exists'; readonly file: string }
  | { readonly code: 'cli.not-json'; readonly file: string }
  | { readonly code: 'cli.too-large'; readonly file: string; readonly maxBytes: number };

export const SECRET_VARIABLE = 'SATLOCK_SECRET_KEY';
/** Larger files are no vector files; a gzip bomb stops here as well. */
const MAX_FILE = 256 * 1024 * 1024;

/** Prints text, or the data as JSON with bigints as decimal strings. */
export function print(options: { readonly json?: boolean | undefined }, data: unknown, text: () => string): void {
  process.stdout.write(options.json === true ? `${toJson(data)}\n` : `${printableLines(text())}\n`);
}

export function note(text: string): void {
  process.stderr.write(`${printableLines(text)}\n`);
}

/**
 * Text of a stranger as one line: control characters could repaint the terminal and forge lines, those of format turn the order of letters
 * around. Both are written as JSON writes them.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, escaped);
}

/** The same of text that is made of lines of ours. What is a stranger's in it went through {@link printable} where a line more would mislead. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`).join('');
}

export function toJson(data: unknown): string {
  const json = JSON.stringify(
    data,
    (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value instanceof Uint8Array ? Hex.encode(value) : value),
    2,
  );
  // JSON leaves those beyond 7e as they are; escaped they mean the same.
  return printableLines(json);
}

/** Throws the error of a wrong option. */
export function usage(option: string, message: string): never {
  fail<Reason>({ code: 'cli.usage', option }, `${option}: ${message}`);
}

/** JSON of a file, gzip-compressed or not. @throws cli.not-json, cli.too-large, and the file system's own errors */
export function readJson(file: string): unknown {
  let bytes: Uint8Array = readFileSync(file);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    try {
      bytes = gunzipSync(bytes, { maxOutputLength: MAX_FILE });
    } catch (cause) {
      fail<Reason>({ code: 'cli.not-json', file }, `${file}: not a readable gzip file of at most ${MAX_FILE} bytes`, { cause });
    }
  }
  if (bytes.length > MAX_FILE) fail<Reason>({ code: 'cli.too-large', file, maxBytes: MAX_FILE }, `${file}: larger than ${MAX_FILE} bytes`);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    return fail<Reason>({ code: 'cli.not-json', file }, `${file}: not a JSON file`, { cause });
  }
}

/**
 * A secret key as 64 hex digits from a file, from stdin (`-`) or from the environment; never from an argument, which other users can see.
 *
 * @throws cli.no-secret - with the name of the variable; secret-key.out-of-range
 */
export function readSecret(file: string | undefined): SecretKey.SecretKey {
  if (file !== undefined && /^(0x)?[0-9a-fA-F]{64}$/.test(file)) {
    usage('--secret-file', 'expected a file name, got what looks like a secret key; it is in your shell history now');
  }
  const text = file === undefined ? process.env[SECRET_VARIABLE] : readFileSync(file === '-' ? 0 : file, 'utf8');
  if (text === undefined || text.trim() === '') {
    fail<Reason>(
      { code: 'cli.no-secret', variable: SECRET_VARIABLE },
      `no secret key: give --secret-file FILE (- for stdin) or set ${SECRET_VARIABLE}`,
    );
  }
  // Others who can read the file can vote in the provider's name, and lose its key.
  if (file !== undefined && file !== '-' && process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) {
    note(`satlock: ${file} can be read by others than its owner; chmod 600 it`);
  }
  return SecretKey.fromHex(text.trim(), 'secretKey');
}

/** Writes a secret to a new file that only its owner can read. An existing file is never overwritten. */
export function writeSecret(file: string, secret: SecretKey.SecretKey): void {
  let handle: number;
  try {
    handle = openSync(file, 'wx', 0o600);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    fail<Reason>({ code: 'cli.file-exists', file }, `${file} exists; a key is never overwritten, choose another name`, { cause });
  }
  try {
    writeFileSync(handle, `${Hex.encode(secret)}\n`);
  } finally {
    closeSync(handle);
  }
  chmodSync(file, 0o600);
}
