// The provider's guide: its sessions run as they stand, and the commands that would not end have the options that the guide gives them.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type * as Signer from '../../src/signer/Decision.ts';
import { fencesOf, ROOT, read } from './fences.ts';

const GUIDE = 'docs/finality-provider.md';
const BIN = join(ROOT, 'bin/satlock.mjs');
const folder = mkdtempSync(join(tmpdir(), 'satlock-guide-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fences = fencesOf(read(GUIDE));
const lines = (language: string): string[] =>
  fences.filter((fence) => fence.language === language).flatMap(({ code }) => code.replaceAll('\\\n', ' ').split('\n'));

describe(GUIDE, () => {
  it('has sessions that run in their order', () => {
    const commands = lines('sh').filter((line) => line !== '');
    expect(commands.length).toBeGreaterThan(6);
    const script = `set -e\nsatlock() { ${JSON.stringify(process.execPath)} ${JSON.stringify(BIN)} "$@"; }\n${commands.map((line) => line.replace(/^npx /, '')).join('\n')}`;
    const env = { ...process.env, SATLOCK_PASSPHRASE: 'correct horse battery staple' };
    const output = execFileSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8', env });
    expect(output).toContain('fp');
  }, 120_000);

  it('names commands and options that exist', () => {
    const commands = lines('text').filter((line) => line.startsWith('satlock '));
    expect(commands.length).toBeGreaterThan(6);
    for (const command of commands) {
      const words = /^satlock ((?:[a-z][a-z-]*(?: |$))+)/.exec(command)?.[1]?.trim().split(' ') ?? [];
      const help = helpOf(words);
      const options = command.match(/ --[a-z-]+/g)?.map((option) => option.trim()) ?? [];
      expect(
        options.filter((option) => !help.includes(option)),
        command,
      ).toEqual([]);
    }
  }, 120_000);

  it('explains every refusal', () => {
    const codes: Record<Signer.Refusal['code'], true> = {
      'signer.not-a-vote': true,
      'signer.height-mismatch': true,
      'signer.double-sign': true,
      'signer.key-condemned': true,
      'signer.not-enrolled': true,
      'signer.below-watermark': true,
      'signer.fenced': true,
    };
    expect(Object.keys(codes).filter((code) => !read(GUIDE).includes(`| \`${code}\` |`))).toEqual([]);
  });
});

const helps = new Map<string, string>();
function helpOf(words: readonly string[]): string {
  const name = words.join(' ');
  const known = helps.get(name) ?? execFileSync(process.execPath, [BIN, ...words, '--help'], { encoding: 'utf8' });
  helps.set(name, known);
  return known;
}
