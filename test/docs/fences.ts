// The code blocks of a document as a program: all `ts` blocks of a file in order are one module, so that later ones build on earlier ones.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as World from './world.ts';

export const ROOT: string = resolve(import.meta.dirname, '../..');
const WORLD = join(ROOT, 'test/docs/world.ts');

export type Fence = { readonly language: string; readonly code: string; readonly line: number };

export const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** Every document of the folder. */
export const DOCUMENTS: readonly string[] = readdirSync(join(ROOT, 'docs'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);

export function fencesOf(text: string): readonly Fence[] {
  return [...text.matchAll(/^```(\S*)[^\n]*\n([\s\S]*?)^```$/gm)].map(({ 1: language = '', 2: code = '', index }) => ({
    language,
    code,
    line: text.slice(0, index).split('\n').length,
  }));
}

/** The source file of each entry of the package, as its users import it. */
const ENTRIES: ReadonlyMap<string, string> = new Map(
  Object.entries((JSON.parse(read('package.json')) as { readonly exports: Readonly<Record<string, string | { default: string }>> }).exports)
    .filter((entry): entry is [string, { default: string }] => typeof entry[1] === 'object')
    .map(([name, { default: built }]) => [
      `satlock${name.slice(1)}`,
      join(ROOT, built.replace(/^\.\/dist\//, 'src/').replace(/\.js$/, '.ts')),
    ]),
);

/** Entries that a text imports and that the package does not have. */
export function missingEntriesOf(text: string): readonly string[] {
  const named = [...text.matchAll(/(?:from |import\()'(satlock[^']*)'/g)].map((match) => match[1] as string);
  return [...new Set(named)].filter((name) => !ENTRIES.has(name));
}

/** The blocks as a module that runs in a checkout: imports of the package go to its source, and what the page takes for granted is there. */
export function toModule(code: string): string {
  const local = code.replace(/from '(satlock[^']*)'/g, (_, name: string) => {
    const source = ENTRIES.get(name);
    if (source === undefined) throw new Error(`${name} is no entry of the package`);
    return `from '${source}'`;
  });
  const given = Object.keys(World).filter((name) => new RegExp(`(?<![.\\w])${name}\\b`).test(code) && !code.includes(`const ${name} `));
  return `${given.length === 0 ? '' : `import { ${given.join(', ')} } from '${WORLD}';\n`}${local}\nexport {};\n`;
}

export function moduleOf(document: string): string | undefined {
  const blocks = fencesOf(read(document)).filter(({ language }) => language === 'ts');
  return blocks.length === 0 ? undefined : toModule(blocks.map(({ code }) => code).join('\n'));
}

/** What the blocks say that they print: a comment `// → text` behind each console.log. */
export function printedOf(document: string): readonly string[] {
  return fencesOf(read(document)).flatMap(({ language, code }) =>
    language === 'ts' ? [...code.matchAll(/\/\/ → (.*)$/gm)].map((match) => match[1] as string) : [],
  );
}

/** The commands of the shell blocks. */
export function commandsOf(document: string): readonly string[] {
  return fencesOf(read(document)).flatMap(({ language, code }) =>
    language === 'sh' ? code.split('\n').filter((line) => /^(npx )?satlock /.test(line)) : [],
  );
}

/** The anchors of a document's headings, as GitHub makes them. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const withoutCode = text.replace(/^```[\s\S]*?^```$/gm, '');
  return new Set(
    [...withoutCode.matchAll(/^#+ (.+)$/gm)].map(({ 1: title = '' }) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
