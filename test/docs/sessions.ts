// The commands of a guide: its sessions (`sh` blocks) run as they stand, in their order and in one folder; those that would not end, or need a
// network (`text` blocks), have the options that the guide gives them.
import { execFileSync } from 'node:child_process';
import { BIN } from '../support/builtCli.ts';
import { fencesOf, read } from './fences.ts';

function linesOf(guide: string, language: string): readonly string[] {
  return fencesOf(read(guide))
    .filter((fence) => fence.language === language)
    .flatMap(({ code }) => code.replaceAll('\\\n', ' ').split('\n'))
    .filter((line) => line !== '');
}

/** What the sessions print; the first command that fails ends them. */
export function runSessions(guide: string, folder: string, env: Readonly<Record<string, string>> = {}): string {
  const commands = linesOf(guide, 'sh').map((line) => line.replace(/^npx /, ''));
  if (commands.length === 0) throw new Error(`${guide} has no session`);
  const script = `set -e\nsatlock() { ${JSON.stringify(process.execPath)} ${JSON.stringify(BIN)} "$@"; }\n${commands.join('\n')}`;
  return execFileSync('bash', ['-c', script], { cwd: folder, encoding: 'utf8', env: { ...process.env, ...env } });
}

/** Options of the other commands that their help does not know, with the command. */
export function unknownOptionsOf(guide: string): { readonly commands: number; readonly unknown: readonly string[] } {
  const commands = linesOf(guide, 'text').filter((line) => line.startsWith('satlock '));
  const unknown = commands.flatMap((command) => {
    const words = /^satlock ((?:[a-z][a-z-]*(?: |$))+)/.exec(command)?.[1]?.trim().split(' ') ?? [];
    const help = helpOf(words);
    return (command.match(/ --[a-z-]+/g) ?? []).filter((option) => !help.includes(option.trim())).map((option) => `${command}:${option}`);
  });
  return { commands: commands.length, unknown };
}

const helps = new Map<string, string>();
function helpOf(words: readonly string[]): string {
  const name = words.join(' ');
  const known = helps.get(name) ?? execFileSync(process.execPath, [BIN, ...words, '--help'], { encoding: 'utf8' });
  helps.set(name, known);
  return known;
}
