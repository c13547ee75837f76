// Every vector file of the package, through the parser and the library; and the tables in vectors/README.md, line by line.
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as Traces from '../../src/restaking/Traces.ts';
import * as AnyFile from '../../src/vectors/AnyFile.ts';
import * as Format from '../../src/vectors/Format.ts';
import * as Verify from '../../src/vectors/Verify.ts';
import { jsonOf, textOf, vectorFiles } from './support.ts';

const files = vectorFiles();
const parsed = new Map(files.map((path) => [path, Format.parse(jsonOf(path))]));

/** Rows of the table whose second column has this head. */
function rowsOf(head: string): readonly (readonly string[])[] {
  const table = textOf('README.md').split(`| File | ${head} |`)[1]?.split('\n\n')[0] ?? '';
  const rows = table.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  return rows.filter((cells) => cells[1]?.includes('/') === true).map((cells) => cells.slice(1, -1));
}

describe('vector files', () => {
  it.each(files)('%s passes', (path) => {
    const file = parsed.get(path);
    expect(file).toBeDefined();
    if (file === undefined) return;
    expect(Verify.verifyFile(file)).toEqual({ passed: file.cases.length, failed: 0, mismatches: [] });
  });

  it('are listed in the README with their cases and refusals, each once', () => {
    const rows = rowsOf('Kind').map((cells) => cells.slice(0, 4).join(' '));
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

describe('trace files', () => {
  const root = new URL('../../vectors/', import.meta.url);
  const paths = Traces.LEDGERS.flatMap((folder) => readdirSync(new URL(`${folder}/`, root)).map((name) => `${folder}/${name}`))
    .filter((path) => /\.json(\.gz)?$/.test(path))
    .sort();

  it('are listed in the README with their ledger, profile, traces and steps, each once', () => {
    const expected = paths.map((path) => {
      const json = jsonOf(path);
      const { traces } = Traces.parse(json);
      const { profile = '-' } = json as { readonly profile?: string };
      const steps = traces.reduce((sum, trace) => sum + trace.steps.length, 0);
      return [path, [...new Set(traces.map(({ ledger }) => ledger))].join(), profile, `${traces.length}`, `${steps}`];
    });
    expect(expected.length).toBeGreaterThan(4);
    expect(rowsOf('Ledger').map((cells) => cells.slice(0, 5))).toEqual(expected);
  });

  it('as the README writes one pass, and fail where a value is another', () => {
    const example = textOf('README.md').split('```json\n')[2]?.split('```')[0] ?? '';
    const verified = (text: string): object => AnyFile.verify(AnyFile.parse(JSON.parse(text)));
    expect(verified(example)).toEqual({ passed: 1, failed: 0, mismatches: [] });
    for (const [value, other] of [
      ['"shares": "1000"', '"shares": "1001"'],
      ['"tokenBalance": "1000"', '"tokenBalance": "1001"'],
      ['OperatorNotRegistered', 'ActivelyDelegated'],
    ] as const)
      expect(verified(example.replace(value, other)), other).toMatchObject({ passed: 0, failed: 1 });
  });
});
