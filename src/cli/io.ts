// What a command may touch: streams, environment, files. Results are data first; text is made from them at the end.
import { closeSync, openSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { fail, isSatlockError } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as SecretKey from '../crypto/SecretKey.ts';

export type Reason =
  | { readonly code: 'cli.usage'; readonly option: string }
  | { readonly code: 'cli.no-secret'; readonly variable: string }
  | { readonly code: 'cli.bad-file' | 'cli.file-failed'; readonly option: string; readonly file: string; readonly errno: string }
  | { readonly code: 'cli.file-exists'; readonly option: string; readonly file: string }
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

/** What the file system says of a name that another one mends; anything else it says of the machine. */
const BAD_NAME: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EISDIR: 'a folder, expected a file',
  ENOTDIR: 'a part of its path is no folder',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'its links lead in a circle',
};

/**
 * Throws the file system's error as one that says which option named the file; other errors as they are.
 *
 * @throws cli.bad-file - another name mends it; cli.file-exists; cli.file-failed - the machine's own problem
 */
export function failOfFile(option: string, file: string, cause: unknown): never {
  if (!(cause instanceof Error) || isSatlockError(cause)) throw cause;
  const { code: errno, syscall } = cause as NodeJS.ErrnoException;
  if (errno === undefined || syscall === undefined) throw cause;
  if (errno === 'EEXIST')
    fail<Reason>({ code: 'cli.file-exists', option, file }, `${option}: ${file} exists; it is never overwritten, choose another name`, {
      cause,
    });
  const problem = Object.hasOwn(BAD_NAME, errno) ? BAD_NAME[errno] : undefined;
  const code = problem === undefined ? 'cli.file-failed' : 'cli.bad-file';
  const machine = ['EACCES', 'EPERM'].includes(errno) ? `no permission (${errno})` : `${syscall} failed (${errno})`;
  return fail<Reason>({ code, option, file, errno }, `${option}: ${file}: ${problem ?? machine}`, { cause });
}

/** Runs what touches a file that the command line names. @throws as {@link failOfFile} */
export function onFile<T>(option: string, file: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    return failOfFile(option, file, error);
  }
}

/** The bytes of a file that the command line names, or of stdin (`-`). @throws as {@link failOfFile} */
export function readBytes(option: string, file: string): Buffer<ArrayBuffer> {
  return onFile(option, file, () => readFileSync(file === '-' ? 0 : file));
}

/** Writes a new file that only its owner can read. @throws as {@link failOfFile} */
export function writeNew(option: string, file: string, text: string): void {
  onFile(option, file, () => writeFileSync(file, text, { flag: 'wx', mode: 0o600, flush: true }));
}

/** JSON of a file, gzip-compressed or not. @throws cli.not-json, cli.too-large, and as {@link failOfFile} */
export function readJson(file: string, option = '<file>'): unknown {
  let bytes: Uint8Array = onFile(option, file, () => readFileSync(file));
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
 * @throws cli.no-secret - with the name of the variable; secret-key.out-of-range; as {@link failOfFile}
 */
export function readSecret(file: string | undefined): SecretKey.SecretKey {
  if (file !== undefined && /^(0x)?[0-9a-fA-F]{64}$/.test(file)) {
    usage('--secret-file', 'expected a file name, got what looks like a secret key; it is in your shell history now');
  }
  const text = file === undefined ? process.env[SECRET_VARIABLE] : readBytes('--secret-file', file).toString('utf8');
  if (text === undefined || text.trim() === '') {
    fail<Reason>(
      { code: 'cli.no-secret', variable: SECRET_VARIABLE },
      `no secret key: give --secret-file FILE (- for stdin) or set ${SECRET_VARIABLE}`,
    );
  }
  // Others who can read the file can vote in the provider's name, and lose its key.
  if (file !== undefined) noteIfLoose(file);
  return SecretKey.fromHex(text.trim(), 'secretKey');
}

/** Says so when others than its owner can read a file with a secret. */
export function noteIfLoose(file: string): void {
  if (file === '-' || process.platform === 'win32') return;
  const stat = statSync(file);
  if (stat.isFile() && (stat.mode & 0o077) !== 0) note(`satlock: ${file} can be read by others than its owner; chmod 600 it`);
}

/** A new file that only its owner can read, opened before the secret is made, so that no work is lost. */
export type SecretFile = {
  /** Writes the line, durably, and closes the file. */
  readonly write: (line: string) => void;
  /** Closes the file and removes it. */
  readonly discard: () => void;
};

/** Opens a new file for a secret; what is there is never overwritten. @throws as {@link failOfFile} */
export function newSecretFile(option: string, file: string): SecretFile {
  if (file === '-') usage(option, 'expected a file name: a secret goes to a file that only you can read');
  const handle = onFile(option, file, () => openSync(file, 'wx', 0o600));
  return {
    write: (line) =>
      onFile(option, file, () => {
        try {
          writeFileSync(handle, `${line}\n`, { flush: true });
        } finally {
          closeSync(handle);
        }
      }),
    discard: () => {
      closeSync(handle);
      unlinkSync(file);
    },
  };
}
