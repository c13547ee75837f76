// satlock plan: the report and the signing plan of a file, exit codes, acknowledgements, and files with mistakes.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as Good from '../babylon/policyPlans.ts';
import { hex } from '../support/stakes.ts';
import { satlock } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'satlock-plan-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { goodCoin, goodProvider } = Good;
const coin = {
  ...goodCoin.outpoint,
  valueSats: String(goodCoin.valueSats),
  scriptPubKey: hex(goodCoin.scriptPubKey),
  confirmations: 6,
  isCoinbase: false,
  isSpent: false,
  hasInscription: false,
  hasRunes: false,
  hasRareSats: false,
};
const plan = {
  network: 'bbn-1',
  registration: 'pre-staking',
  stakerPk: hex(Good.staker.publicKey),
  finalityProviderPk: hex(Good.provider.publicKey),
  stakingTimeBlocks: 64_000,
  stakingTransaction: Tx.toHex(Good.built.transaction),
  tipHeight: Good.TIP,
  feeRateSatsPerVbyte: 2,
  addresses: [Good.address],
  chain: { babylonHeight: 3_000_000, date: '2026-06-01', latestParamsVersion: 5 },
  provider: { ...goodProvider, publicKey: hex(goodProvider.publicKey) },
  wallet: { addresses: [Good.address], stakerPks: [hex(Good.staker.publicKey)] },
  intent: { valueSats: 50_000_000, days: 445 },
  coins: [coin],
  knownDelegations: [],
  pop: { type: 'BIP322', context: '', bitcoinAddress: Good.address, isValid: true },
};

let files = 0;
function run(changes: Readonly<Record<string, unknown>>, ...args: readonly string[]): ReturnType<typeof satlock> {
  const file = join(folder, `plan${files++}.json`);
  writeFileSync(file, JSON.stringify({ ...plan, ...changes }));
  return satlock(['plan', file, ...args]);
}

describe('satlock plan', () => {
  it('has help with an example', () => {
    const { code, out } = satlock(['plan', '--help']);
    expect(code).toBe(0);
    expect(out).toContain('satlock plan stake.json');
  });

  it('of a plan without a fault exits 0 and tells what is signed', () => {
    const { code, out } = run({});
    expect(code).toBe(0);
    expect(out).toContain('0 errors, 0 warnings, 1 note');
    expect(out).toContain('4. Staking transaction');
    expect(out).toContain('150000 sat (0.00150000 BTC), only if slashed');
    expect(out).toContain('308 sat (0.00000308 BTC), now');
  });

  it('of the fewest fields says what was not checked', () => {
    const { chain, provider, wallet, intent, coins, knownDelegations, pop, addresses, feeRateSatsPerVbyte } = plan;
    const left = Object.keys({ chain, provider, wallet, intent, coins, knownDelegations, pop, addresses, feeRateSatsPerVbyte });
    const { code, out } = run(Object.fromEntries(left.map((key) => [key, undefined])), '--json');
    expect(code).toBe(0);
    const { report, signingPlan } = JSON.parse(out);
    expect(report.findings.length).toBeGreaterThan(10);
    expect(signingPlan.items).toHaveLength(3);
  });

  it('with an error exits 1, names it, and has no signing plan', () => {
    const { code, out } = run({ coins: [{ ...coin, isSpent: true }] }, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ ok: false, refusal: { code: 'stake-policy.errors', codes: ['coin.spent'] } });
    expect(JSON.parse(out).signingPlan).toBeUndefined();
  });

  it('with warnings exits 1 until each is acknowledged', () => {
    const coins = [{ ...coin, confirmations: 0, hasRunes: true }];
    expect(run({ coins }).code).toBe(1);
    expect(run({ coins }, '--acknowledge', 'coin.unconfirmed').code).toBe(1);
    expect(run({ coins }, '--acknowledge', 'coin.unconfirmed', '--acknowledge', 'coin.runes').code).toBe(0);
    const seen = [...run({ coins }).out.matchAll(/acknowledge: (\S+)/g)].map(([, text = '']) => text);
    expect(seen).toHaveLength(2);
    expect(run({ coins }, '--acknowledge', seen.join(',')).code).toBe(0);
    const other = [{ ...coin, confirmations: 0, hasRunes: true, valueSats: '60000001' }];
    expect(run({ coins: other }, '--acknowledge', seen.join(','), '--json')).toMatchObject({ code: 2 });
  });

  it.each<readonly [string, Readonly<Record<string, unknown>>, string]>([
    ['a misspelled field', { walet: {} }, 'cli.unknown-field'],
    ['a misspelled fact', { coins: [{ ...coin, spent: false }] }, 'cli.unknown-field'],
    ['an unknown network', { network: 'bbn-9' }, 'networks.unknown'],
    ['a network without staking', { network: 'phase1-testnet' }, 'networks.no-staking'],
    ['no tip', { tipHeight: undefined }, 'input.not-integer'],
    ['half a satoshi', { intent: { valueSats: 0.5 } }, 'input.not-integer'],
    ['a key that is none', { stakerPk: 'ab' }, 'input.wrong-length'],
    ['a truth in text', { hasInclusionProof: 'false' }, 'stake-policy.not-boolean'],
    ['no transaction', { stakingTransaction: '00' }, 'tx.malformed'],
  ])('of a file with %s exits 2', (_, changes, code) => {
    const result = run(changes, '--json');
    expect(result.code).toBe(2);
    expect(JSON.parse(result.out).error.code).toBe(code);
  });

  it('of an unknown acknowledgement, a missing file or no JSON exits 2', () => {
    expect(run({}, '--acknowledge', 'coin.spent').code).toBe(2);
    expect(satlock(['plan', join(folder, 'none.json')]).code).toBe(2);
    const file = join(folder, 'text.json');
    writeFileSync(file, 'plan');
    expect(satlock(['plan', file]).code).toBe(2);
  });

  it('lets no text of the file repaint the terminal or pass for a line of ours', () => {
    const forged = '\u001b[2J\u009b2K\u202e\nok: nothing stands against signing';
    const calls: readonly Readonly<Record<string, unknown>>[] = [
      { step: 'broadcast', status: `PENDING${forged}` },
      { addresses: [`bc1${forged}`] },
      { pop: { type: 'BIP322', context: '', bitcoinAddress: forged, isValid: false } },
      { limits: { [forged]: 1 } },
      { [forged]: 1 },
    ];
    for (const changes of calls)
      for (const args of [[], ['--json']]) {
        const { code, out, err } = run(changes, ...args);
        const said = out + err;
        expect(code).not.toBe(0);
        expect(said).toContain('\\u001b[2J\\u009b2K\\u202e');
        expect(said).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
        expect(said).not.toMatch(/^ok: /m);
      }
  });
});
