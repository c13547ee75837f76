// The page for wallet developers, in a browser: it shows what Node computes, says what is wrong beside the field, can be used by keyboard, on a
// phone and without a network. Screenshots of it go to out/.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FIRST_STAKER } from '../../examples/web/src/demo.ts';
import { build as buildStake, type View } from '../../examples/web/src/model.ts';
import * as Delegation from '../../src/babylon/Delegation.ts';
import * as SigningRequest from '../../src/bitcoin/SigningRequest.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import { pure } from '../../src/crypto/ecc/pure.ts';
import { contrasts, labels, overflows } from './audit.ts';
import { buildTo, describeInBrowser, foreign, launch, PROJECT, type Site, siteOf, type Visit, visit } from './support.ts';

const ROOT = join(PROJECT, 'examples/web');
const CONFIG = join(ROOT, 'vite.config.ts');
const LAPTOP = { width: 1366, height: 860 };
const PHONE = { width: 375, height: 812 };
const COINS = `${'5a'.repeat(32)}:0 3100000 12\n${'5b'.repeat(32)}:1 2400000 140\n${'5c'.repeat(32)}:0 800000 3`;

const open = async (browser: Browser, url: string, options: Parameters<typeof visit>[2] = {}): Promise<Visit> => {
  const opened = await visit(browser, url, { viewport: LAPTOP, reducedMotion: 'reduce', ...options });
  await opened.page.waitForSelector('#data');
  return opened;
};
const type = async (page: Page, id: string, text: string): Promise<void> => {
  await page.fill(`#${id}`, text);
  await page.press(`#${id}`, 'Tab');
};
const errorOf = (page: Page, id: string): Promise<string | null> => page.textContent(`#${id}-error`);
const ready = (page: Page): Promise<unknown> => page.waitForSelector('main:not([aria-busy]):not(.stale)');

describeInBrowser('the page for wallet developers', () => {
  let site: Site;
  let browser: Browser;
  let view: View;

  beforeAll(async () => {
    [site, browser] = await Promise.all([siteOf(ROOT, { configFile: CONFIG }), launch()]);
    const { page } = await open(browser, site.url);
    const value = (id: string): Promise<string> => page.inputValue(`#build-${id}`);
    const [stakerPk, providerPk, change, tip] = await Promise.all(['stakerPk', 'providerPk', 'change', 'tip'].map(value));
    const texts = { network: 'bbn-1', amount: '5000000', time: '64000', feeRate: '3', coins: COINS };
    const given = { ...texts, stakerPk: stakerPk ?? '', providerPk: providerPk ?? '', change: change ?? '', tip: tip ?? '' };
    const outcome = await buildStake(given, { isDemo: true, staker: FIRST_STAKER, ecc: pure });
    if ('problems' in outcome) throw new Error(JSON.stringify(outcome.problems));
    view = outcome.view;
    await page.context().close();
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  it('shows the delegation that Node builds, and seven transactions that a node would take, by either curve', async () => {
    const { page, requests, complaints } = await open(browser, site.url);
    const expected = JSON.stringify(Delegation.toJson(view.delegation), undefined, 2);
    expect(await page.textContent('#delegation-json')).toBe(expected);
    expect(await page.locator('.transaction .verdict.ok').count()).toBe(7);
    expect(await page.locator('.transaction .verdict.bad').count()).toBe(0);
    // The slots of the slashing: nine of the committee of which three are empty, the provider, the staker, script and control block.
    expect(await page.locator('#tx-staking-slashing .witness li').count()).toBe(13);
    expect(await page.locator('#tx-staking-slashing .witness li.empty').count()).toBe(3);
    expect(requests.filter((url) => /wasm/.test(url))).toEqual([]);
    await page.selectOption('#curve', 'wasm');
    await page.waitForFunction(() => document.getElementById('speed')?.textContent?.endsWith('wasm'));
    expect(await page.textContent('#delegation-json')).toBe(expected);
    expect(await page.locator('.transaction .verdict.ok').count()).toBe(7);
    expect(complaints).toEqual([]);
    expect(foreign(requests, site.url)).toEqual([]);
    await page.context().close();
  });

  it('says what is wrong by its code beside the field, all of it at once', async () => {
    const { page, complaints } = await open(browser, site.url);
    await page.uncheck('#demo');
    await ready(page);
    await type(page, 'build-amount', '1000');
    await page.waitForSelector('main.stale');
    expect(await errorOf(page, 'build-amount')).toContain('staking-tx.value-out-of-range');
    expect(await page.getAttribute('#build-amount', 'aria-invalid')).toBe('true');
    await type(page, 'build-amount', '0.5');
    await type(page, 'build-providerPk', 'zz');
    await type(page, 'build-coins', 'no coin');
    await page.waitForFunction(() => document.getElementById('build-coins-error')?.textContent !== '');
    expect(await errorOf(page, 'build-amount')).toContain('sats.');
    expect(await errorOf(page, 'build-providerPk')).toContain('hex.');
    expect(await errorOf(page, 'build-coins')).toContain('page.bad-coin');
    await type(page, 'build-amount', '5000000');
    await type(page, 'build-providerPk', 'a0de2f54af59442d224b992a680fa802f6a3d5534f7d2943fdd9bf0061a6fc1a');
    await type(page, 'build-coins', COINS);
    await ready(page);
    expect(await page.locator('[aria-invalid]').count()).toBe(0);
    // The real committee: nobody's signature can be made here, the slots are drawn.
    expect(await page.locator('#tx-unbonding .witness li.later').count()).toBe(10);
    expect(await page.locator('.transaction .verdict').count()).toBe(0);
    // A coin that is not in a block yet: a warning, which blocks until it has been read.
    await type(page, 'build-coins', `${'5a'.repeat(32)}:0 9000000 0`);
    await page.waitForSelector('.finding.warning >> text=coin.unconfirmed');
    expect(await page.textContent('#review [role=status]')).toContain('not yet acknowledged: coin.unconfirmed');
    await page.check('text=I have read coin.unconfirmed');
    expect(await page.textContent('#review [role=status]')).toBe('Nothing stands against signing.');
    await page.selectOption('#build-network', 'bbn-test-6');
    await page.waitForFunction(() => document.getElementById('summary')?.textContent?.includes('tb1p'));
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('reads a pasted delegation without loss, refuses a damaged one, and runs nothing that is pasted', async () => {
    const { page, complaints } = await open(browser, site.url);
    const json = JSON.stringify(Delegation.toJson(view.delegation), undefined, 2);
    await page.click('#tab-read');
    const paste = async (text: string): Promise<void> => {
      await page.fill('#read-json', text);
      await page.click('#panel-read button[type=submit]');
    };
    await paste(json);
    await ready(page);
    expect(await page.textContent('#delegation-json')).toBe(json);
    // Its coins are not known: the staking transaction stays unsigned, everything else is signed and judged.
    expect(await page.locator('.transaction .verdict.ok').count()).toBe(6);
    await paste(json.replace(view.delegation.stakingTxid, '00'.repeat(32)));
    await page.waitForSelector('main.stale');
    expect(await errorOf(page, 'read-json')).toContain('delegation.other-transaction');
    const markup = '<img src=x onerror="document.title=1">';
    await paste(JSON.stringify({ ...Delegation.toJson(view.delegation), schema: markup }));
    await page.waitForFunction(() => document.getElementById('read-json-error')?.textContent?.includes('<img'));
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.title()).toBe('satlock stake inspector');
    await paste('{');
    await page.waitForFunction(() => document.getElementById('read-json-error')?.textContent?.includes('page.not-json'));
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('recognises transactions and PSBTs, and does not look at secret keys', async () => {
    const { page, complaints } = await open(browser, site.url);
    const { delegation, signed } = view;
    await page.click('#tab-raw');
    const recognise = async (text: string): Promise<string> => {
      await page.fill('#raw-raw', text);
      await page.click('#panel-raw button[type=submit]');
      return (await page.textContent('main')) ?? '';
    };
    expect(await recognise(Tx.toHex(signed?.unbonding ?? delegation.unbonding.transaction))).toMatch(
      /^Unbonding.*nothing is wrong.*the very one/s,
    );
    expect(await recognise(Tx.toHex(signed?.stakingSlashing ?? delegation.stakingSlashing.transaction))).toMatch(
      /^Slashing.*Slashed5,000 sat/s,
    );
    expect(await recognise(SigningRequest.toBase64(SigningRequest.fromLeafSpend(delegation.unbonding)))).toMatch(/^Unbonding.*Signednone/s);
    const other = Tx.create([{ outpoint: { txid: '12'.repeat(32), vout: 0 } }], [{ scriptPubKey: new Uint8Array([0x51]), valueSats: 5n }]);
    expect(await recognise(Tx.toHex(other))).toMatch(/^Nothing of Babylon/);
    await recognise('00ff');
    expect(await errorOf(page, 'raw-raw')).toContain('tx.malformed');
    await recognise('cHNidP8');
    expect(await errorOf(page, 'raw-raw')).toContain('page.bad-psbt');
    await recognise(`K${'x'.repeat(51)}`);
    expect(await errorOf(page, 'raw-raw')).toContain('page.looks-secret');
    expect(await page.inputValue('#raw-raw')).toBe('');
    await page.click('#tab-build');
    expect(await page.locator('#summary').count()).toBe(1);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('can be used by keyboard, every control has a name, texts stand out, nothing overflows', async () => {
    const { page } = await open(browser, site.url, { viewport: PHONE });
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('To the results');
    await page.focus('#tab-build');
    await page.keyboard.press('ArrowRight');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('tab-read');
    expect(await page.isVisible('#panel-read')).toBe(true);
    await page.keyboard.press('End');
    expect(await page.isVisible('#panel-raw')).toBe(true);
    await page.keyboard.press('Home');
    await page.evaluate(() => {
      for (const details of document.querySelectorAll('details')) details.open = true;
    });
    expect(await page.evaluate(labels)).toEqual([]);
    for (const theme of ['light', 'dark']) {
      await page.evaluate((name) => document.documentElement.setAttribute('data-theme', name), theme);
      expect(await page.evaluate(contrasts), theme).toEqual([]);
    }
    for (const width of [320, 375, 768, 1024, 1366]) {
      await page.setViewportSize({ width, height: 812 });
      expect(await page.evaluate(overflows), `${width} px`).toEqual([]);
    }
    await page.context().close();
  });

  it('opens from a file, without any server', async () => {
    const folder = join(PROJECT, 'out/web');
    await buildTo(ROOT, folder, { configFile: CONFIG, mode: 'single' });
    const { page, requests, complaints } = await open(browser, pathToFileURL(join(folder, 'offline.html')).href);
    expect(await page.locator('.transaction .verdict.ok').count()).toBe(7);
    expect(complaints).toEqual([]);
    expect(requests.filter((url) => !url.startsWith('data:'))).toHaveLength(1);
    await page.context().close();
  });

  it('is photographed', async () => {
    const folder = join(PROJECT, 'out/screenshots');
    mkdirSync(folder, { recursive: true });
    for (const colorScheme of ['light', 'dark'] as const)
      for (const [name, viewport] of [
        ['laptop', LAPTOP],
        ['phone', PHONE],
      ] as const) {
        const { page } = await open(browser, site.url, { viewport, colorScheme });
        const shoot = (state: string): Promise<unknown> => page.screenshot({ path: join(folder, `${name}-${colorScheme}-${state}.png`) });
        const at = (id: string): Promise<void> => page.evaluate((target) => document.getElementById(target)?.scrollIntoView(), id);
        if (name === 'phone') await at('summary');
        await shoot('stake');
        await at('tx-unbonding');
        await shoot('transactions');
        await at('build-network');
        await type(page, 'build-amount', '1');
        await page.waitForSelector('main.stale');
        await shoot('error');
        await page.context().close();
      }
  });
});
