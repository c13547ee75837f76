// Builds the library as it is published, into a cache folder of the project, and loads it: the runner's own transpiler wraps every
// closure to keep its name, which would be measured too.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const PROJECT: string = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = join(PROJECT, '.cache', `bench-${process.pid}`);

/** Everything that the rows use of the library. */
export type Library = typeof import('../src/index.ts') & {
  readonly backends: { readonly pure: Ecc; readonly wasm: Ecc; readonly native: Ecc | undefined };
  /** Address of the built package root. */
  readonly rootUrl: string;
  /** A built file that the package root does not export; by its path in src, without ending. */
  readonly part: (path: string) => Promise<unknown>;
};
export type Ecc = import('../src/index.ts').Ecc;

/** Compiles without type checks (the gate has those) and imports what came out. */
export async function load(): Promise<Library> {
  // As in the package: dist/ beside the manifest, where the daemon looks for its version.
  const dist = join(FOLDER, 'dist');
  mkdirSync(dist, { recursive: true });
  copyFileSync(join(PROJECT, 'package.json'), join(FOLDER, 'package.json'));
  const compiler = join(PROJECT, 'node_modules', 'typescript', 'bin', 'tsc');
  const project = join(PROJECT, 'tsconfig.build.json');
  const flags = ['--noCheck', '--declaration', 'false', '--isolatedDeclarations', 'false'];
  execFileSync(process.execPath, [compiler, '-p', project, '--outDir', dist, ...flags], { cwd: PROJECT, stdio: 'inherit' });
  const url = (path: string): string => pathToFileURL(join(dist, path)).href;
  const rootUrl = url('index.js');
  const root = (await import(rootUrl)) as typeof import('../src/index.ts');
  const { pure } = (await import(url('crypto/ecc/pure.js'))) as typeof import('../src/crypto/ecc/pure.ts');
  const { wasm } = (await import(url('crypto/ecc/wasm.js'))) as typeof import('../src/crypto/ecc/wasm.ts');
  const part = (path: string): Promise<unknown> => import(url(`${path}.js`));
  return { ...root, rootUrl, part, backends: { pure, wasm, native: await nativeOf(url('crypto/ecc/native.js')) } };
}

async function nativeOf(url: string): Promise<Ecc | undefined> {
  const module = (await import(url)) as typeof import('../src/crypto/ecc/native.ts');
  try {
    return module.native();
  } catch {
    return undefined;
  }
}

/** Removes what {@link load} has built. */
export function clean(): void {
  rmSync(FOLDER, { recursive: true, force: true });
}

/** The version of an installed package, by its manifest. */
export function versionOf(name: string): string {
  const manifest = join(PROJECT, 'node_modules', name, 'package.json');
  if (!existsSync(manifest)) return 'not installed';
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
