// Builds pages with Vite, serves them on the loopback address and opens them in Chromium. Without Chromium the tests are skipped, loudly; with
// SATLOCK_REQUIRE_CHROMIUM=1 they fail instead.
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { describe } from 'vitest';
import { wasmModules } from '../../examples/web/wasmModules.ts';

export const PROJECT: string = fileURLToPath(new URL('../..', import.meta.url));

/** CHROMIUM, then the PATH. */
export function findChromium(): string | undefined {
  const named = process.env['CHROMIUM'];
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const candidates =
    named === undefined ? folders.flatMap((folder) => ['chromium', 'google-chrome'].map((name) => join(folder, name))) : [named];
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const executablePath = findChromium();
const isRequired = process.env['SATLOCK_REQUIRE_CHROMIUM'] === '1';
if (executablePath === undefined && !isRequired)
  console.warn('no Chromium here: the browser tests are skipped (install the package "chromium" or set CHROMIUM)');

/** `describe` where Chromium is, or must be. */
export const describeInBrowser: ReturnType<typeof describe.skipIf> = describe.skipIf(executablePath === undefined && !isRequired);

/** A chunk or asset of a build. */
export type Built = {
  readonly fileName: string;
  readonly isEntry: boolean;
  readonly imports: readonly string[];
  readonly dynamicImports: readonly string[];
  readonly modules: readonly string[];
};
export type Site = { readonly url: string; readonly files: readonly Built[]; readonly close: () => Promise<void> };

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** What a page is built with: its own configuration, or none but the plugin that touches nothing but `.wasm` files. No shim is added. */
export type BuildOptions = { readonly configFile?: string; readonly mode?: string };

/** A production build of a page in a folder. */
export async function buildTo(
  root: string,
  outDir: string,
  { configFile, mode = 'production' }: BuildOptions = {},
): Promise<readonly Built[]> {
  const result = await build({
    root,
    mode,
    configFile: configFile ?? false,
    ...(configFile === undefined ? { base: './', plugins: [wasmModules()] } : {}),
    logLevel: 'error',
    build: { outDir, emptyOutDir: mode === 'production', chunkSizeWarningLimit: 2_000 },
  });
  const output = 'output' in result ? result.output : [];
  return output.map((file): Built => {
    if (file.type === 'asset') return { fileName: file.fileName, isEntry: false, imports: [], dynamicImports: [], modules: [] };
    const { fileName, isEntry, imports, dynamicImports, moduleIds: modules } = file;
    return { fileName, isEntry, imports, dynamicImports, modules };
  });
}

/** A production build of a page in a temporary folder, served on a free port of the loopback address. */
export async function siteOf(root: string, options: BuildOptions = {}): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'satlock-web-'));
  const files = await buildTo(root, folder, options);
  const server = await serve(folder);
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    await new Promise((done) => server.close(done));
    rmSync(folder, { recursive: true, force: true });
  };
  return { url: `http://127.0.0.1:${port}/`, files, close };
}

function serve(folder: string): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const path = join(folder, normalize(pathname === '/' ? '/index.html' : pathname));
    try {
      const body = readFileSync(path);
      response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done(server)));
}

const FLAGS: readonly string[] = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A browser with a fresh profile. */
export async function launch(): Promise<Browser> {
  if (executablePath === undefined) throw new Error('SATLOCK_REQUIRE_CHROMIUM=1, but there is no Chromium (set CHROMIUM)');
  return chromium.launch({ executablePath, args: [...FLAGS] });
}

/** A page, and everything that must not happen on it: messages of the console, errors, requests that leave the server. */
export type Visit = { readonly page: Page; readonly requests: string[]; readonly complaints: string[] };

export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`));
  await page.goto(url);
  return { page, requests, complaints };
}

/** Requests to other places than the page's own server; data and blob addresses make none. */
export function foreign(requests: readonly string[], url: string): readonly string[] {
  return requests.filter((one) => !one.startsWith(url) && !one.startsWith('data:') && !one.startsWith('blob:'));
}
