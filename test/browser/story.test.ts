// The wallet part in a browser, from a production build without polyfill: it builds, signs and verifies a stake, with the bytes that Node makes.
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pure } from '../../src/crypto/ecc/pure.ts';
import { type Result, story, withFixedRandomness } from './story/story.ts';
import { describeInBrowser, foreign, launch, PROJECT, type Site, siteOf, visit } from './support.ts';

/** What a polyfill of Node's library is called in the stores of packages. */
const SHIMS =
  /node_modules\/(buffer|process|events|util|stream|crypto-browserify|stream-browserify|readable-stream|path-browserify|vite-plugin-node-polyfills)\//;

describeInBrowser('a stake in the browser', () => {
  let site: Site;
  let browser: Browser;
  let expected: Result;

  beforeAll(async () => {
    [site, browser, expected] = await Promise.all([
      siteOf(join(PROJECT, 'test/browser/story')),
      launch(),
      withFixedRandomness(() => story(pure)),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  it('is a whole one: every signature holds, every spend is one that a node takes', () => {
    const { popHolds, consentHolds, sameAfterJson, stakingVerdict, unbondingVerdict, slashingVerdict, withdrawalVerdict } = expected;
    expect({ popHolds, consentHolds, sameAfterJson }).toEqual({ popHolds: true, consentHolds: true, sameAfterJson: true });
    expect([stakingVerdict, unbondingVerdict, slashingVerdict, withdrawalVerdict]).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(expected['withdrawalTooEarly']).toBe('non-BIP68-final');
  });

  it('gives the bytes of Node with the default backend, which is the pure one; no console message, no request elsewhere', async () => {
    const { page, requests, complaints } = await visit(browser, site.url);
    const got = await page.evaluate(() => window.tellStory('default'));
    expect(got).toEqual({ ...expected, backend: 'pure' });
    expect(complaints).toEqual([]);
    expect(foreign(requests, site.url)).toEqual([]);
    expect(requests.filter((url) => /wasm/.test(url))).toEqual([]);
    // What Node has and a browser has not is not there either.
    expect(await page.evaluate(() => ['Buffer', 'process', 'require', 'global'].filter((name) => name in globalThis))).toEqual([]);
    await page.context().close();
  });

  it('gives the same bytes with the WASM backend, which is loaded when it is asked for', async () => {
    const { page, requests, complaints } = await visit(browser, site.url);
    const before = requests.length;
    const got = await page.evaluate(() => window.tellStory('wasm'));
    expect(got).toEqual({ ...expected, backend: 'wasm' });
    expect(requests.slice(before).some((url) => url.endsWith('.wasm'))).toBe(true);
    expect(complaints).toEqual([]);
    expect(foreign(requests, site.url)).toEqual([]);
    await page.context().close();
  });

  it('has neither a shim nor the WASM backend in what is loaded at first', () => {
    const first = new Map(site.files.map((file) => [file.fileName, file]));
    const loaded = new Set<string>();
    const load = (name: string): void => {
      if (loaded.has(name)) return;
      loaded.add(name);
      for (const one of first.get(name)?.imports ?? []) load(one);
    };
    for (const { fileName, isEntry } of site.files) if (isEntry) load(fileName);
    const modules = [...loaded].flatMap((name) => first.get(name)?.modules ?? []);
    expect(modules.length).toBeGreaterThan(100);
    expect(modules.filter((id) => SHIMS.test(id) || /tiny-secp256k1|__vite-browser-external/.test(id))).toEqual([]);
    expect(site.files.some(({ modules: of }) => of.some((id) => id.includes('tiny-secp256k1')))).toBe(true);
  });
});
