// Secrets as text, passphrases, words and MAC keys: from a file, from the environment or from a prompt that does not echo; never from an argument.
import { isUtf8 } from 'node:buffer';
import { fail } from '../../../base/Errors.ts';
import { noteIfLoose, readBytes, usage } from '../../io.ts';

export type Reason = { readonly code: 'cli.no-secret'; readonly variable: string } | { readonly code: 'cli.interrupted' };

export const PASSPHRASE_VARIABLE = 'SATLOCK_PASSPHRASE';
export const NEW_PASSPHRASE_VARIABLE = 'SATLOCK_NEW_PASSPHRASE';
export const HMAC_VARIABLE = 'SATLOCK_HMAC_KEY';
const MAX_BYTES = 4_096;

export type Source = {
  /** The option that names the file, and its value. */
  readonly option: string;
  readonly file: string | undefined;
  readonly variable: string;
  readonly prompt: string;
  /** Ask twice: a passphrase that is mistyped when it is set locks the key for ever. */
  readonly confirm?: boolean;
};

export const PASSPHRASE_HELP: string = `file with the passphrase, - for stdin; without it ${PASSPHRASE_VARIABLE} is read, or you are asked`;

export function passphrase(file: string | undefined, confirm: boolean, prompt = 'Passphrase: '): Promise<string> {
  return secretText({ option: '--passphrase-file', file, variable: PASSPHRASE_VARIABLE, prompt, confirm });
}

/** True when a passphrase can be had without an error: a file, the variable, or somebody at the terminal. */
export function hasPassphrase(file: string | undefined): boolean {
  return file !== undefined || variable(PASSPHRASE_VARIABLE) !== undefined || canAsk();
}

/** One line of secret text. @throws cli.no-secret, cli.usage, cli.bad-file, cli.file-failed */
export async function secretText(source: Source): Promise<string> {
  const { option, file, confirm = false } = source;
  if (file !== undefined) return fromFile(option, file);
  const given = variable(source.variable);
  if (given !== undefined) return given;
  if (!canAsk()) {
    fail<Reason>(
      { code: 'cli.no-secret', variable: source.variable },
      `no terminal to ask at: give ${option} FILE (- for stdin) or set ${source.variable}`,
    );
  }
  const text = await ask(source.prompt);
  if (confirm && (await ask('Again: ')) !== text) usage(option, 'the two entries differ; nothing was changed');
  return text;
}

/** The text of a MAC key, if there is one. @throws cli.usage, cli.bad-file, cli.file-failed */
export function hmacKeyText(file: string | undefined): string | undefined {
  if (file !== undefined) return fromFile('--hmac-key-file', file);
  const text = process.env[HMAC_VARIABLE];
  // An empty one is a mistake: it would mean that anybody may ask.
  if (text === '') usage(HMAC_VARIABLE, 'empty; leave it out to run without authentication');
  return text;
}

/** The bytes that a signer keys its MAC with: the text as it is. @throws as {@link hmacKeyText} */
export function hmacKeyBytes(file: string | undefined): Uint8Array | undefined {
  const text = hmacKeyText(file);
  return text === undefined ? undefined : new TextEncoder().encode(text);
}

function variable(name: string): string | undefined {
  const value = process.env[name];
  return value === undefined || value === '' ? undefined : value;
}

function fromFile(option: string, file: string): string {
  const bytes = readBytes(option, file);
  if (bytes.length > MAX_BYTES) usage(option, `${file}: longer than ${MAX_BYTES} bytes`);
  noteIfLoose(file);
  // Bytes that are no UTF-8 would all become the same sign.
  if (!isUtf8(bytes)) usage(option, `${file}: not text in UTF-8`);
  const text = bytes.toString('utf8').replace(/\r?\n$/, '');
  if (/[\r\n]/.test(text)) usage(option, `${file}: expected one line`);
  if (text === '') usage(option, `${file}: empty`);
  return text;
}

function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** Asks on the terminal without echo. Ctrl-C ends the process as it does everywhere. */
export function ask(prompt: string): Promise<string> {
  const { stdin, stderr } = process;
  const decoder = new TextDecoder();
  let text = '';
  stderr.write(prompt);
  stdin.setRawMode(true);
  return new Promise((resolve) => {
    const done = (): void => {
      stdin.off('data', read).off('end', done);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write('\n');
      resolve(text);
    };
    const read = (chunk: Uint8Array): void => {
      for (const character of decoder.decode(chunk, { stream: true })) {
        if (character === '\r' || character === '\n' || character === '\u0004') {
          done();
          return;
        }
        if (character === '\u0003') interrupt();
        else if (character === '\u007f' || character === '\b') text = [...text].slice(0, -1).join('');
        else if (character >= ' ') text += character;
      }
    };
    stdin.on('data', read).on('end', done);
    stdin.resume();
  });
}

function interrupt(): void {
  process.stdin.setRawMode(false);
  process.stderr.write('\n');
  process.kill(process.pid, 'SIGINT');
}
