// Every code block of docs/*.md runs as it stands, and every link leads somewhere. The `ts` blocks of a file are one module, in order, checked
// by the compiler and run; what a block says that it prints (`// → …`) is what it prints. Commands of `sh` blocks run after them, in the same
// folder. Blocks without a language, and those called `text`, are no code.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { anchorsOf, commandsOf, DOCUMENTS, fencesOf, missingEntriesOf, moduleOf, printedOf, ROOT, read, toModule } from './fences.ts';

mkdirSync(join(ROOT, '.cache'), { recursive: true });
const folder = mkdtempSync(join(ROOT, '.cache/docs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (file: string): string => execFileSync(process.execPath, ['--import', 'tsx', file], { cwd: folder, encoding: 'utf8' });
const fileOf = (document: string): string => join(folder, basename(document).replace(/\.md$/, '.ts'));

const programs = DOCUMENTS.flatMap((document) => {
  const code = moduleOf(document);
  return code === undefined ? [] : [{ document, code }];
});
for (const { document, code } of programs) writeFileSync(fileOf(document), code);

describe('documents', () => {
  it('with code are found', () => {
    expect(programs.map(({ document }) => document)).toEqual(
      expect.arrayContaining(['docs/wallet.md', 'docs/migrate-from-btc-staking-ts.md']),
    );
  });

  it.each(DOCUMENTS)('%s has no code of a kind that nobody runs', (document) => {
    const unknown = fencesOf(read(document)).filter(({ language }) => !['ts', 'sh', 'text', ''].includes(language));
    expect(unknown.map(({ language, line }) => `${document}:${line} ${language}`)).toEqual([]);
  });

  it.each([...DOCUMENTS, 'README.md'])('%s imports what package.json exports', (document) => {
    expect(missingEntriesOf(read(document))).toEqual([]);
  });

  it('and the README have blocks that the compiler takes', () => {
    const readme = fencesOf(read('README.md')).filter(({ language }) => language === 'ts');
    for (const [i, { code }] of readme.entries()) writeFileSync(join(folder, `readme-${i}.ts`), toModule(code));
    const compilerOptions = { noUnusedLocals: false, rewriteRelativeImportExtensions: false };
    const config = { extends: join(ROOT, 'tsconfig.json'), compilerOptions, include: ['*.ts'], exclude: [] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    let complaints = '';
    try {
      execFileSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8', cwd: folder });
    } catch (error) {
      // About the blocks: what the source itself may lack is told by check:types.
      const { stdout } = error as { readonly stdout: string };
      complaints = stdout
        .split('\n')
        .filter((line) => /^[\w-]+\.ts\(/.test(line))
        .join('\n');
    }
    expect(complaints, complaints).toBe('');
  }, 120_000);

  it.each(programs.map(({ document }) => document))('%s runs, and prints what it says', (document) => {
    expect(run(fileOf(document)).split('\n').slice(0, -1)).toEqual(printedOf(document));
    for (const command of commandsOf(document)) {
      const script = `satlock() { ${JSON.stringify(process.execPath)} ${JSON.stringify(join(ROOT, 'bin/satlock.mjs'))} "$@"; }; ${command.replace(/^npx /, '')}`;
      expect(execFileSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8' }).length, command).toBeGreaterThan(0);
    }
  });
});

describe('tables of failures', () => {
  const source = execFileSync('grep', ['-rhoE', "'[a-z0-9-]+\\.[a-z0-9-]+'", join(ROOT, 'src')], { encoding: 'utf8', maxBuffer: 1 << 26 });
  const codes = new Set(source.split('\n').map((line) => line.slice(1, -1)));
  const cells = read('docs/wallet.md')
    .split(/^\| What fails \| Code \|.*$/m)
    .slice(1)
    .flatMap((table) => (table.split('\n\n')[0] ?? '').split('\n').filter((line) => /^\| [^-]/.test(line)))
    .map((row) => row.split('|')[2] ?? '');

  it('name codes that exist', () => {
    expect(cells.length).toBeGreaterThan(20);
    const unknown = cells.flatMap((cell) => {
      let namespace = '';
      return [...cell.matchAll(/`([a-z0-9-]*)\.([a-z0-9-]+|\*)`/g)].flatMap(({ 1: own = '', 2: problem = '' }) => {
        namespace = own === '' ? namespace : own;
        const isThere =
          problem === '*' ? [...codes].some((code) => code.startsWith(`${namespace}.`)) : codes.has(`${namespace}.${problem}`);
        return isThere ? [] : [`${namespace}.${problem}`];
      });
    });
    expect(unknown).toEqual([]);
  });
});

const PAGES = [...DOCUMENTS, 'README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'examples/README.md', 'bench/README.md', 'vectors/README.md'];

describe('links', () => {
  it.each(PAGES)('of %s lead to files and headings that exist', (page) => {
    const text = read(page).replace(/^```[\s\S]*?^```$/gm, '');
    const broken = [...text.matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].filter(({ 1: link = '' }) => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : normalize(join(dirname(page), path));
      if (!existsSync(join(ROOT, target))) return true;
      return anchor !== undefined && !anchorsOf(read(target)).has(anchor);
    });
    expect(broken.map((match) => match[1])).toEqual([]);
  });
});
