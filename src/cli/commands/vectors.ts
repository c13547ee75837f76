// satlock vectors: check vector files against this library, and make new ones for other implementations.
import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import * as AnyFile from '../../vectors/AnyFile.ts';
import * as Format from '../../vectors/Format.ts';
import * as Generate from '../../vectors/Generate.ts';
import type * as Verify from '../../vectors/Verify.ts';
import { EXIT, exitCodeOf } from '../exit.ts';
import { note, onFile, print, printable, readJson, toJson, usage } from '../io.ts';
import * as parse from '../parse.ts';

type FileResult = {
  readonly file: string;
  readonly passed: number;
  readonly failed: number;
  readonly mismatches: Verify.FileResult['mismatches'];
};

/** So many mismatches of a file are printed; the rest is counted. */
const SHOWN = 5;

export function vectorsCommand(): Command {
  const command = new Command('vectors').description('check or make test vectors: cases of satlock-vectors/1, traces of restaking-trace/1');
  command
    .command('verify')
    .description('run every case of the files and compare what their expectations list; of a trace every result and every given state')
    .argument('<file...>', 'JSON files, gzip-compressed or not')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  satlock vectors verify vectors/eots/*.json vectors/bitcoin/spend.json.gz vectors/eigenlayer/*.json.gz',
    )
    .action(verify);
  command
    .command('generate')
    .description('make cases, every fourth of them a refusal; the same seed gives the same file')
    .requiredOption('--kind <kind>', `one of ${Generate.KINDS.join(', ')}`)
    .option('--seed <text>', 'seed', 'satlock')
    .option('--count <number>', 'number of cases', parse.integer('--count', 1, 100_000), 20)
    .option('--out <file>', 'write there instead of stdout')
    .option('--json', 'accepted for symmetry: the output is JSON in any case')
    .addHelpText('after', '\nExample:\n  satlock vectors generate --kind eots.extract --seed one --count 100 --out eots.json')
    .action(generate);
  command.addHelpText('after', '\nExample:\n  satlock vectors verify vectors/eots/*.json');
  return command;
}

function verify(files: readonly string[], options: { readonly json?: boolean }): void {
  const results: FileResult[] = [];
  let worst = 0;
  for (const file of files) {
    try {
      results.push({ file, ...AnyFile.verify(AnyFile.parse(readJson(file))) });
    } catch (error) {
      // One file's trouble, even a bug of ours, takes nothing from the others.
      note(`satlock: ${printable(file)}: ${printable((error as Error).message)}`);
      worst = Math.max(worst, exitCodeOf(error) === EXIT.BUG ? EXIT.BUG : EXIT.USAGE);
    }
  }
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.reduce((sum, result) => sum + result.failed, 0);
  const unreadable = files.length - results.length;
  print(options, { passed, failed, unreadable, files: results }, () =>
    [...results.map(lines), `${passed} passed, ${failed} failed`].join('\n'),
  );
  if (unreadable > 0) process.exitCode = worst;
  else if (failed > 0) process.exitCode = EXIT.FINDING;
}

function lines({ file, passed, failed, mismatches }: FileResult): string {
  if (failed === 0) return `ok    ${file} (${passed})`;
  const shown = mismatches
    .slice(0, SHOWN)
    .map(({ id, field, expected, got }) => `        ${printable(id)}: ${printable(field)}: expected ${show(expected)}, got ${show(got)}`);
  const more = mismatches.length > SHOWN ? [`        and ${mismatches.length - SHOWN} more`] : [];
  return [`FAIL  ${file} (${failed} of ${passed + failed})`, ...shown, ...more].join('\n');
}

function show(value: unknown): string {
  return typeof value === 'string' ? printable(value) : toJson(value).replaceAll(/\s+/g, ' ');
}

function generate(options: { readonly kind: string; readonly seed: string; readonly count: number; readonly out?: string }): void {
  const kind = Generate.KINDS.find((known) => known === options.kind) ?? usage('--kind', `expected one of ${Generate.KINDS.join(', ')}`);
  const text = Format.serialize(Generate.generate({ kind, seed: options.seed, count: options.count }));
  if (options.out === undefined) process.stdout.write(text);
  else {
    const { out } = options;
    onFile('--out', out, () => writeFileSync(out, text));
  }
}
