// Starts test/node/store/lmdbChild.ts, or another script, and reads what it says.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SCRIPT = new URL('./lmdbChild.ts', import.meta.url);

export type Child = {
  readonly process: ChildProcess;
  /** All lines said until now. */
  readonly lines: string[];
  /** Resolves when such a line was said. */
  readonly said: (line: string | RegExp) => Promise<string>;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  readonly errors: () => string;
};

export type Start = {
  /** Another script than lmdbChild.ts. */
  readonly script?: URL;
  /** A program that runs node, such as a tracer. */
  readonly under?: readonly string[];
  readonly uid?: number;
};

export function child(args: readonly (string | number)[], { script = SCRIPT, under = [], uid }: Start = {}): Child {
  const [program = process.execPath, ...before] = [...under, process.execPath];
  const started = spawn(program, [...before, '--import', import.meta.resolve('tsx'), fileURLToPath(script), ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid, env: { ...process.env, TMPDIR: '/tmp', HOME: '/tmp' } }),
  });
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  let [rest, errors] = ['', ''];
  started.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    for (const each of waiting) each();
  });
  started.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-20_000);
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    started.on('close', (code, signal) => {
      resolve({ code, signal });
      for (const each of waiting) each();
    });
  });
  const said = (wanted: string | RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      let read = 0;
      const look = (): void => {
        const found = lines.slice(read).find((line) => (typeof wanted === 'string' ? line === wanted : wanted.test(line)));
        read = lines.length;
        if (found !== undefined) resolve(found);
        else if (started.exitCode !== null || started.signalCode !== null) reject(new Error(`ended without saying ${wanted}: ${errors}`));
        else return;
        waiting.delete(look);
      };
      waiting.add(look);
      look();
    });
  return { process: started, lines, said, ended, errors: () => errors };
}

export function temporary(): string {
  return mkdtempSync(join(tmpdir(), 'satlock-lmdb-'));
}
