// Passphrases and mnemonics: from a file, from the environment or from a prompt that does not echo; never from an argument.
import { readFileSync, statSync } from 'node:fs';
import { fail } from '../../../base/Errors.ts';
import { note, usage } from '../../io.ts';

export type Reason = { readonly code: 'cli.no-secret'; readonly variable: string } | { readonly code: 'cli.interrupted' };

export const PASSPHRASE_VARIABLE = 'SATLOCK_PASSPHRASE';
export const NEW_PASSPHRASE_VARIABLE = 'SATLOCK_NEW_PASSPHRASE';
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

/** One line of secret text. @throws cli.no-secret, cli.usage, and the file system's own errors */
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

/** Children of ours need it no more, and neither does a core dump. */
function variable(name: string): string | undefined {
  const value = process.env[name];
  return value === undefined || value === '' ? undefined : value;
}

function fromFile(option: string, file: string): string {
  const bytes = readFileSync(file === '-' ? 0 : file);
  if (bytes.length > MAX_BYTES) usage(option, `${file}: longer than ${MAX_BYTES} bytes`);
  if (file !== '-' && process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0 && statSync(file).isFile()) {
    note(`satlock: ${file} can be read by others than its owner; chmod 600 it`);
  }
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
