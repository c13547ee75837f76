// Every TypeScript example of the README and every file in examples/ runs as it stands.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { toModule } from './fences.ts';

const root = resolve(import.meta.dirname, '../..');
mkdirSync(join(root, '.cache'), { recursive: true });
const folder = mkdtempSync(join(root, '.cache/readme-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (file: string): string => execFileSync(process.execPath, ['--import', 'tsx', file], { cwd: root, encoding: 'utf8' });
const fences = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1] as string);

/** What each README example prints, as far as it is fixed. */
const EXPECTED = [
  /^bc1p[a-z0-9]{58} 385n\n\/babylon\.btcstaking\.v1\.MsgCreateBTCDelegation [0-9a-f]{64}\n$/,
  /^true true\n$/,
  /^500372ad3b2c5c28b5e89ed8516c9ce5c8c86d6bda0e32722ec2c54b2005f657 true\n$/,
];

describe('README', () => {
  it('has an expectation for each example', () => {
    expect(fences).toHaveLength(EXPECTED.length);
  });

  it.each(fences.map((code, i) => [i, code] as const))('example %i runs', (i, code) => {
    const file = join(folder, `example-${i}.ts`);
    writeFileSync(file, toModule(code));
    expect(run(file)).toMatch(EXPECTED[i] as RegExp);
  });

  it('links to files that exist', () => {
    const text = readFileSync(join(root, 'README.md'), 'utf8');
    const links = [...text.matchAll(/\]\((?!#|https?:)([^)]+)\)/g)].map((match) => match[1] as string);
    expect(links.length).toBeGreaterThan(10);
    expect(links.filter((link) => !existsSync(join(root, link)))).toEqual([]);
  });
});

describe('examples', () => {
  it('are listed, all of them', () => {
    const text = readFileSync(join(root, 'examples/README.md'), 'utf8');
    const names = readdirSync(join(root, 'examples'), { withFileTypes: true }).map((entry) => entry.name);
    expect(names.filter((name) => name !== 'README.md' && !text.includes(`(${name}`))).toEqual([]);
  });

  it.each(readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.ts')))('%s runs', (name) => {
    expect(run(join(root, 'examples', name)).length).toBeGreaterThan(0);
  });
});
