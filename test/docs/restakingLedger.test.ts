// The guide to the ledgers: its commands print what it shows, each number of its example is one that the ledger printed, and what it says of
// profiles, delays and traces is so. Its TypeScript runs in docs.test.ts.
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import * as Networks from '../../src/babylon/Networks.ts';
import * as Rate from '../../src/base/Rate.ts';
import * as Config from '../../src/restaking/eigenlayer/Config.ts';
import * as SymbioticConfig from '../../src/restaking/symbiotic/Config.ts';
import * as Traces from '../../src/restaking/Traces.ts';
import { BIN } from '../support/builtCli.ts';
import { jsonOf } from '../vectors/support.ts';
import { fencesOf, ROOT, read } from './fences.ts';

const GUIDE = 'docs/restaking-ledger.md';
const guide = read(GUIDE);

type Session = { readonly command: string; readonly shown: readonly string[]; readonly line: number };

const sessions: readonly Session[] = fencesOf(guide)
  .filter(({ language, code }) => language === 'text' && code.startsWith('$ npx satlock '))
  .map(({ code, line }) => {
    const [command = '', ...shown] = code.trimEnd().split('\n');
    return { command: command.replace('$ npx satlock ', ''), shown, line };
  });

const outputs = new Map<string, string>();
function outputOf(command: string): string {
  const known = outputs.get(command);
  if (known !== undefined) return known;
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...command.split(' ')], { cwd: ROOT, encoding: 'utf8' });
  expect([status, stderr], command).toEqual([0, '']);
  outputs.set(command, stdout);
  return stdout;
}

/** The parts between lines of `…`. */
function parts(shown: readonly string[]): readonly string[] {
  return `\n${shown.join('\n')}\n`.split(/(?<=\n)…\n/).map((part) => part.replace(/^\n/, ''));
}

/** The text of a section, without its blocks. */
const prose = (title: string): string => (guide.split(`## ${title}\n`)[1]?.split('\n## ')[0] ?? '').replace(/^```[\s\S]*?^```$/gm, '');

describe(GUIDE, () => {
  it('has sessions', () => {
    expect(sessions.length).toBeGreaterThan(5);
  });

  it.each(sessions)('line $line: $command prints what is shown, in this order', ({ command, shown }) => {
    const output = outputOf(command);
    let from = 0;
    for (const part of parts(shown)) {
      const at = output.indexOf(part, from);
      expect(at >= 0 && (at === 0 || output[at - 1] === '\n'), `${command} does not print\n${part}but\n${output}`).toBe(true);
      from = at + part.length;
    }
    if (shown[0] !== '…') expect(output.startsWith(shown[0] ?? '')).toBe(true);
    if (shown.at(-1) !== '…') expect(from).toBe(output.length);
  });

  it('names no number in its example that the ledger did not print', () => {
    const file = 'docs/examples/slashed-withdrawal.json';
    const printed = `${outputOf(`ledger run ${file} --states all`)}${outputOf(`ledger explain ${file}`)}`.replaceAll("'", '');
    const text = prose('One history');
    const whole = [...text.matchAll(/(?<![\d.,])\d{4,}(?![\d.,]*\d)/g)].map(([number]) => number);
    expect(whole.length).toBeGreaterThan(3);
    expect(whole.filter((number) => !new RegExp(`(?<!\\d)${number}(?!\\d)`).test(printed))).toEqual([]);
    // 28.5 stETH are printed as wei, magnitudes as they are.
    const decimals = [...text.matchAll(/(?<![\d.])\d+\.\d+/g)].map(([number]) => number);
    expect(decimals.length).toBeGreaterThan(8);
    const inWei = (number: string): string => {
      const [units = '', fraction = ''] = number.split('.');
      return `${BigInt(units)}${fraction.padEnd(18, '0')}`.replace(/^0+/, '');
    };
    expect(decimals.filter((number) => !new RegExp(`(?<!\\d)${inWei(number)}(?!\\d)`).test(printed))).toEqual([]);
  });

  it('counts right: what alice left, what is too much, what a small deposit costs', () => {
    const [trace] = Traces.parse(JSON.parse(read('docs/examples/slashed-withdrawal.json'))).traces;
    if (trace === undefined) throw new Error('no trace');
    expect(trace.steps).toHaveLength(18);
    const machine = trace.start();
    for (const [i] of trace.steps.entries()) Traces.step(trace, machine, i);
    const state = machine.state() as unknown as {
      readonly operators: { readonly op: { readonly shares: { readonly stETH: string } } };
      readonly stakers: Readonly<Record<string, { readonly withdrawableShares: { readonly stETH: string } }>>;
    };
    const worth = (name: string): bigint => BigInt(state.stakers[name]?.withdrawableShares.stETH ?? '0');
    const text = prose('One history').replaceAll('\n', ' ');
    expect(text).toContain(`are ${BigInt(state.operators.op.shares.stETH) - worth('alice') - worth('bob')} wei more than both`);
    const lost = 6_668_421_052_631_578_949n + 1000n - worth('bob');
    expect([lost, text.includes('ten wei are gone')]).toEqual([10n, true]);
  });

  it('has the profiles, the default and the delays of mainnet', () => {
    const rows = [...guide.matchAll(/^\| `(v[\d.]+)` \|/gm)].map(([, name]) => name);
    expect(rows).toEqual([...Config.PROFILES]);
    expect(guide).toContain(`| \`${Config.MAINNET.profile}\` | the default`);
    const { withdrawalDelayBlocks, deallocationDelayBlocks, configurationDelayBlocks, slashResolutionDelayBlocks } = Config.MAINNET;
    expect(deallocationDelayBlocks).toBe(withdrawalDelayBlocks);
    for (const blocks of [withdrawalDelayBlocks, configurationDelayBlocks, slashResolutionDelayBlocks]) {
      const days = Number(blocks) / 7200;
      expect(guide.replace(/\s+/g, ' ')).toContain(`${blocks.toLocaleString('en')} blocks (${days} days)`);
    }
  });

  it('has the kinds of delegators and slashers', () => {
    for (const name of [...SymbioticConfig.DELEGATORS, ...SymbioticConfig.SLASHERS]) expect(prose('Symbiotic')).toContain(`\`${name}\``);
  });

  it('says of Babylon what is built in', () => {
    const network = Networks.from('bbn-1');
    Networks.assertStaking(network);
    const { versions } = network.paramsSet;
    expect(new Set(versions.map(({ slashingRate }) => Rate.format(slashingRate)))).toEqual(new Set(['0.001']));
    const [first, newest] = [versions[0], versions.at(-1)].map((one) => one?.unbondingTimeBlocks);
    expect(versions.every(({ unbondingTimeBlocks: blocks }) => blocks === first || blocks === newest)).toBe(true);
    expect(guide).toContain(`${first?.toLocaleString('en')} Bitcoin blocks (7 days), in the newest parameters ${newest} (2 days)`);
  });

  it('counts the traces', () => {
    const count = (path: string): number => Traces.parse(jsonOf(path)).traces.length;
    const named = count('eigenlayer/traces.json.gz') + count('eigenlayer/traces.v1.13.1.json.gz');
    const random = count('eigenlayer/fuzz.v1.12.0.json.gz') + count('eigenlayer/fuzz.v1.13.1.json.gz');
    expect(count('symbiotic/traces.json.gz')).toBe(3);
    expect(guide.replace(/\s+/g, ' ')).toContain(`${named} named and ${random} random ones for EigenLayer, three for Symbiotic`);
  });
});
