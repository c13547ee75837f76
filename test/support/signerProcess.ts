// Real `satlock signer serve` processes, on loopback ports of the system's choice, and homes in temporary folders. Whatever a test does, its
// processes are stopped by their ids when the test file ends.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as Hex from '../../src/base/Hex.ts';
import { BIN } from './builtCli.ts';

export const HMAC_KEY = 'only for tests';
export const ENVIRONMENT: NodeJS.ProcessEnv = { ...process.env, SATLOCK_PASSPHRASE: 'only for tests', SATLOCK_HMAC_KEY: HMAC_KEY };

const running = new Set<ChildProcess>();
const folders: string[] = [];

/** Kills what still runs and removes the folders; for `afterAll`. */
export function cleanUp(): void {
  for (const child of running) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}
process.once('exit', cleanUp);

export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `satlock-${name}-`));
  folders.push(folder);
  return folder;
}

/** Runs one command to its end; rejects with its stderr. */
export async function satlock(args: readonly string[], environment: NodeJS.ProcessEnv = ENVIRONMENT): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [BIN, ...args], { env: environment, maxBuffer: 1 << 26 });
  return stdout;
}

export type Home = { readonly home: string; readonly publicKey: Uint8Array };

/** A home with one generated key, made by the commands that an operator uses. */
export async function newHome(name = 'alice'): Promise<Home> {
  const home = join(temporaryFolder('signer'), 'home');
  await satlock(['signer', 'init', '--home', home]);
  cheapKeys(home);
  const { publicKey } = JSON.parse(await satlock(['signer', 'keys', 'add', '--home', home, '--name', name, '--json'])) as {
    publicKey: string;
  };
  return { home, publicKey: Hex.decode(publicKey) };
}

/** Keys that take little work to unlock: these tests start many signers. */
function cheapKeys(home: string): void {
  const file = join(home, 'config.json');
  writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), scryptN: 2 ** 14 }));
}

export type Daemon = {
  readonly address: string;
  readonly child: ChildProcess;
  readonly stderr: () => string;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  kill(signal: NodeJS.Signals): Promise<void>;
};

/** Starts a daemon and waits for the line that says where it listens. */
export async function serve(home: string, args: readonly string[] = [], environment: NodeJS.ProcessEnv = ENVIRONMENT): Promise<Daemon> {
  const child = spawn(process.execPath, [BIN, 'signer', 'serve', '--home', home, '--listen', '127.0.0.1:0', '--json', ...args], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('utf8')).slice(-20_000);
  });
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('exit', (code, signal) => {
      running.delete(child);
      resolve({ code, signal });
    });
  });
  const address = await new Promise<string>((resolve, reject) => {
    let stdout = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString('utf8');
      const listening = /^\{"listening":"([^"]+)".*\n/.exec(stdout)?.[1];
      if (listening !== undefined) resolve(listening);
    });
    void exited.then(({ code, signal }) =>
      reject(new Error(`the signer ended with ${code ?? signal} before it listened:\n${stdout}${stderr}`)),
    );
  });
  return {
    ...{ address, child, exited, stderr: () => stderr },
    kill: async (signal) => {
      child.kill(signal);
      await exited;
    },
  };
}
