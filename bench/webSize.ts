// Builds browser bundles with Vite and prints their gzipped sizes as JSON: ours without any shim, the peer's with its Node built-ins stubbed.
// A process of its own, because Vite is asynchronous and the bench is not.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, type Plugin } from 'vite';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = join(PROJECT, '.cache', `web-size-${process.pid}`);

/** @unit bytes; `lazy`: loaded later, if at all */
export type Size = { readonly name: string; readonly raw: number; readonly gzip: number; readonly lazy: number };

/** What stands in for Node's library: nothing. A real polyfill would make the peer's bundle larger. */
const stubs: Plugin = {
  name: 'stubs',
  enforce: 'pre',
  resolveId: (id) => (builtinModules.includes(id.replace(/^node:/, '')) ? `\0stub:${id}` : null),
  load: (id) => (id.startsWith('\0stub:') ? 'module.exports = {};' : null),
};

const whole = (path: string): string => `import * as all from ${JSON.stringify(path)}; globalThis.kept = all;`;
const source = (path: string): string => join(PROJECT, 'src', path);

/** Everything that a file exports is kept, so that nothing looks smaller than it is. */
const ENTRIES: readonly { readonly name: string; readonly code?: string; readonly file?: string; readonly plugins?: readonly Plugin[] }[] =
  [
    { name: 'page', file: join(PROJECT, 'test/browser/story/main.ts') },
    { name: 'satlock', code: whole(source('index.ts')) },
    { name: 'satlock/wallet', code: whole(source('wallet/index.ts')) },
    { name: 'satlock/babylon', code: whole(source('babylon/index.ts')) },
    { name: 'satlock/bitcoin', code: whole(source('bitcoin/index.ts')) },
    { name: 'satlock/crypto', code: whole(source('crypto/index.ts')) },
    {
      name: 'scripts',
      code: `import { StakingContract } from ${JSON.stringify(source('index.ts'))}; globalThis.kept = StakingContract.from;`,
    },
    { name: 'peer', code: whole('@babylonlabs-io/btc-staking-ts'), plugins: [stubs] },
  ];

async function sizeOf({ name, code, file, plugins = [] }: (typeof ENTRIES)[number]): Promise<Size> {
  const entry = file ?? join(FOLDER, `${name.replace('/', '-')}.mjs`);
  if (code !== undefined) writeFileSync(entry, code);
  const result = await build({
    root: FOLDER,
    configFile: false,
    logLevel: 'silent',
    plugins: [...plugins],
    build: { write: false, modulePreload: false, rolldownOptions: { input: entry } },
  });
  const output = 'output' in result ? result.output : [];
  const chunks = output.flatMap((file) => (file.type === 'chunk' ? [file] : []));
  const first = new Set<string>();
  const load = (fileName: string): void => {
    if (first.has(fileName)) return;
    first.add(fileName);
    for (const one of chunks.find((chunk) => chunk.fileName === fileName)?.imports ?? []) load(one);
  };
  for (const { isEntry, fileName } of chunks) if (isEntry) load(fileName);
  const sum = (list: typeof chunks, of: (code: string) => number): number => list.reduce((total, chunk) => total + of(chunk.code), 0);
  const gzip = (text: string): number => gzipSync(text, { level: 9 }).length;
  const loaded = chunks.filter(({ fileName }) => first.has(fileName));
  return {
    name,
    raw: sum(loaded, (text) => text.length),
    gzip: sum(loaded, gzip),
    lazy: sum(
      chunks.filter(({ fileName }) => !first.has(fileName)),
      gzip,
    ),
  };
}

async function main(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  try {
    const sizes: Size[] = [];
    for (const entry of ENTRIES) sizes.push(await sizeOf(entry));
    console.log(JSON.stringify(sizes));
  } finally {
    rmSync(FOLDER, { recursive: true, force: true });
  }
}

void main();
