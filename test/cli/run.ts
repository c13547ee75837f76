// Runs the command line as a user does: the bin file in a process of its own.
import { spawnSync } from 'node:child_process';
import { BIN as bin } from '../support/builtCli.ts';

export type Result = { readonly code: number | null; readonly out: string; readonly err: string };

export function satlock(
  args: readonly string[],
  options: { readonly input?: string; readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {},
): Result {
  const { SATLOCK_SECRET_KEY: _, ...inherited } = process.env;
  const child = spawnSync(process.execPath, [bin, ...args], {
    encoding: 'utf8',
    input: options.input ?? '',
    env: { ...inherited, ...options.env },
    cwd: options.cwd,
    maxBuffer: 1 << 28,
  });
  return { code: child.status, out: child.stdout, err: child.stderr };
}
