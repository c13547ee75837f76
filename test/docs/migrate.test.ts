// The migration guide names everything that btc-staking-ts exports, and nothing that satlock does not have.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { exists, peerNames } from './exports.ts';
import { read } from './fences.ts';

const require = createRequire(import.meta.url);
const GUIDE = 'docs/migrate-from-btc-staking-ts.md';
const text = read(GUIDE);

type Row = { readonly theirs: readonly string[]; readonly ours: string; readonly notes: string };
const spans = (cell: string): readonly string[] => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] as string);
const table = (title: string): readonly (readonly string[])[] =>
  (text.split(`## ${title}\n`)[1]?.split('\n## ')[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

const rows: readonly Row[] = table('Every name').map(([theirs = '', ours = '', notes = '']) => ({ theirs: spans(theirs), ours, notes }));
const named = rows.flatMap(({ theirs }) => theirs);
const peer = peerNames();

describe('the table of names', () => {
  it('has every export of the package with its members, by its declarations and at run time', () => {
    expect(peer.length).toBeGreaterThan(150);
    expect(peer.filter((name) => !named.includes(name))).toEqual([]);
    const atRunTime = Object.keys(require('@babylonlabs-io/btc-staking-ts') as object);
    expect(atRunTime.length).toBeGreaterThan(25);
    expect(atRunTime.filter((name) => !named.includes(name))).toEqual([]);
  });

  it('names nothing that the package does not have, and nothing twice', () => {
    expect(named.filter((name) => !peer.includes(name))).toEqual([]);
    expect(named.filter((name, i) => named.indexOf(name) !== i)).toEqual([]);
  });

  it('has a counterpart that exists in each row, or none and the reason', () => {
    for (const { theirs, ours, notes } of rows) {
      if (ours === 'none') expect(notes.length, theirs.join()).toBeGreaterThan(20);
      else expect(spans(ours).length, theirs.join()).toBeGreaterThan(0);
    }
    const missing = rows.flatMap(({ ours }) => spans(ours)).filter((name) => !exists(name));
    expect(missing).toEqual([]);
  });

  it('would notice a name that is not there', () => {
    expect(exists('Staker#plan')).toBe(true);
    expect(exists('Staker#stake')).toBe(false);
    expect(exists('Stake.from')).toBe(false);
    expect(exists('PlainKey.fromWif')).toBe(true);
  });
});

describe('the manager', () => {
  it('has a section with both sides for each of its methods', () => {
    const titles = [...text.matchAll(/^### (.*)$/gm)].flatMap((match) => (match[1] as string).split(', '));
    const methods = peer.filter((name) => name.startsWith('BabylonBtcStakingManager.')).map((name) => name.split('.')[1]);
    expect([...titles].sort()).toEqual([...methods].sort());
    for (const method of methods) expect(text).toContain(`manager.${method}(`);
  });
});

describe('the table of errors', () => {
  it('has every code that the package uses', () => {
    const source = readFileSync(require.resolve('@babylonlabs-io/btc-staking-ts'), 'utf8');
    const codes = new Set([...source.matchAll(/StakingError(?:\.fromUnknown)?\(\s*(?:\w+,\s*)?"([A-Z_]+)"/g)].map((match) => match[1]));
    expect(codes.size).toBeGreaterThan(3);
    const listed = table('Error codes').flatMap(([code = '']) => spans(code));
    expect([...codes].filter((code) => !listed.includes(code as string))).toEqual([]);
  });
});
