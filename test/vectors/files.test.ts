// Every vector file of the package, through the parser and the library; and the table in vectors/README.md, line by line.
import { describe, expect, it } from 'vitest';
import * as Format from '../../src/vectors/Format.ts';
import * as Verify from '../../src/vectors/Verify.ts';
import { jsonOf, textOf, vectorFiles } from './support.ts';

const files = vectorFiles();
const parsed = new Map(files.map((path) => [path, Format.parse(jsonOf(path))]));

describe('vector files', () => {
  it.each(files)('%s passes', (path) => {
    const file = parsed.get(path);
    expect(file).toBeDefined();
    if (file === undefined) return;
    expect(Verify.verifyFile(file)).toEqual({ passed: file.cases.length, failed: 0, mismatches: [] });
  });

  it('are listed in the README with their cases and refusals, each once', () => {
    const rows = textOf('README.md')
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .filter((cells) => cells[1]?.includes('/') === true)
      .map((cells) => cells.slice(1, 5).join(' '));
    const expected = files.map((path) => {
      const file = parsed.get(path);
      const refusals = file?.cases.filter(({ expect }) => Format.isRefusal(expect)).length;
      return `${path} ${file?.kind} ${file?.cases.length} ${refusals}`;
    });
    expect(rows).toEqual(expected);
  });

  it('hold all kinds and networks, more than 500 cases, and refusals by code', () => {
    const all = [...parsed.values()];
    expect(new Set(all.map(({ kind }) => kind))).toEqual(new Set(Format.KINDS));
    const cases = all.flatMap((file) => file.cases);
    expect(cases.length).toBeGreaterThan(1_000);
    const codes = cases.flatMap(({ expect }) => (Format.isRefusal(expect) ? [expect.error] : []));
    expect(codes.length).toBeGreaterThan(200);
    expect(codes.every((code) => typeof code === 'string')).toBe(true);
    expect(new Set(codes).size).toBeGreaterThan(40);
    expect(new Set(cases.flatMap(({ input }) => (typeof input['network'] === 'string' ? [input['network']] : [])))).toEqual(
      new Set(['mainnet', 'testnet', 'signet', 'regtest', 'Mainnet']),
    );
  });

  it('survive being written again', () => {
    for (const file of parsed.values()) expect(Format.parse(JSON.parse(Format.serialize(file)))).toEqual(file);
  });
});
