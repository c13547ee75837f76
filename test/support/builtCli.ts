// The command line as the package ships it: built once for a whole run of the tests, so that a process does not compile the sources each time it
// starts. It is made anew when any source is newer.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const BUILT = join(ROOT, '.cache/built-cli');
const DONE = join(BUILT, 'done');

/** The bin file to start with Node. */
export const BIN: string = join(BUILT, 'bin/satlock.mjs');

/** Vitest's global set-up. */
export function setup(): void {
  const inputs = ['package.json', 'tsconfig.build.json', 'tsconfig.json', 'bin/satlock.mjs'].map((file) => join(ROOT, file));
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).map((file) => join(ROOT, 'src', file));
  const newest = Math.max(...[...inputs, ...sources].map((file) => statSync(file).mtimeMs));
  if (existsSync(DONE) && statSync(DONE).mtimeMs > newest) return;
  rmSync(BUILT, { recursive: true, force: true });
  mkdirSync(join(BUILT, 'bin'), { recursive: true });
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', join(BUILT, 'dist')], { cwd: ROOT });
  copyFileSync(join(ROOT, 'bin/satlock.mjs'), BIN);
  copyFileSync(join(ROOT, 'package.json'), join(BUILT, 'package.json'));
  writeFileSync(DONE, '');
}
