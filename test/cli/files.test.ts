// Files that the command line names and that cannot be used: the error says which option named them, and the exit code whose fault it is.
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import * as Params from '../../src/babylon/Params.ts';
import { failOfFile, newSecretFile, onFile, readBytes, writeNew } from '../../src/cli/io.ts';
import { V0, V1 } from '../babylon/chain/world.ts';
import { member, rest } from '../babylon/covenant/requests.ts';
import { failure, hex } from '../support/stakes.ts';
import { satlock } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'satlock-files-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const missing = join(folder, 'missing');
const inMissing = join(missing, 'new');
const taken = join(folder, 'taken');
writeFileSync(taken, 'what was there', { mode: 0o600 });
const file = (name: string, content: unknown): string => {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 });
  return path;
};
const request = file('request.json', { btc_delegation: rest });
const params = file('params.json', [V0, V1].map(Params.toJson));
const secret = file('member.key', hex(member.secretKey));
const pk = '50'.repeat(32);
const home = join(folder, 'home');
function thrown(act: () => unknown): unknown {
  try {
    return ['returned', act()];
  } catch (error) {
    return error;
  }
}

describe('a file that an option names', () => {
  satlock(['signer', 'init', '--home', home]);

  it.each([
    ['<file>', missing, ['covenant', 'check', missing]],
    ['<file>', missing, ['covenant', 'log', missing]],
    ['<file>', folder, ['covenant', 'check', folder]],
    ['--params', missing, ['covenant', 'check', taken, '--params', missing]],
    ['--providers', missing, ['covenant', 'check', taken, '--providers', missing]],
    ['--secret-file', missing, ['covenant', 'sign', request, '--log', inMissing, '--secret-file', missing]],
    [
      '--log',
      inMissing,
      ['covenant', 'sign', request, '--log', inMissing, '--params', params, '--tip-height', '500', '--secret-file', secret],
    ],
    ['<file>', missing, ['finality', 'evidence', missing]],
    ['--tls-ca', missing, ['finality', 'vote', '--signer', '127.0.0.1:1', '--tls-ca', missing]],
    ['--hmac-key-file', missing, ['finality', 'vote', '--signer', '127.0.0.1:1', '--hmac-key-file', missing]],
    ['--hmac-key-file', missing, ['signer', 'serve', '--home', home, '--hmac-key-file', missing]],
    ['--passphrase-file', missing, ['signer', 'keys', 'add', '--name', 'a', '--home', home, '--passphrase-file', missing]],
    ['--home', inMissing, ['signer', 'init', '--home', join(taken, 'home')]],
    ['<file>', missing, ['signer', 'history', 'import', missing, '--home', home]],
    ['<file>', folder, ['signer', 'history', 'import', folder, '--home', home, '--format', 'json-lines']],
    ['--out', inMissing, ['vectors', 'generate', '--kind', 'eots.sign', '--seed', '1', '--count', '1', '--out', inMissing]],
  ])('%s %s', (option, _file, args) => {
    const vote = args[1] === 'vote' ? ['--public-key', pk, '--account', 'bbn1x', '--height', '7', '--app-hash', pk] : [];
    const commit = args[1] === 'vote' ? ['--commit-start', '1', '--commit-count', '100'] : [];
    const { code, err } = satlock([...args, ...vote, ...commit]);
    expect([code, err]).toEqual([2, expect.stringMatching(/\[(cli|interchange|eotsd)\.[a-z-]+\]\n$/)]);
    expect(err).toContain(option === '<file>' ? args.find((arg) => arg.startsWith(folder)) : `${option}: `);
  });

  it('is never overwritten', () => {
    expect(satlock(['eots', 'keygen', '--secret-file', taken])).toMatchObject({ code: 2, err: expect.stringContaining('--secret-file: ') });
    for (const act of [() => writeNew('--out', taken, 'x'), () => newSecretFile('--key-file', taken)])
      expect(failure(act)).toMatchObject({ reason: { code: 'cli.file-exists', file: taken } });
    expect(readFileSync(taken, 'utf8')).toBe('what was there');
  });
});

describe('files', () => {
  it('an error of the machine is not one of the input, and what is no error of a file stays what it is', () => {
    const error = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES', syscall: 'open' });
    expect(failure(() => failOfFile('--log', taken, error))).toMatchObject({
      reason: { code: 'cli.file-failed', option: '--log', file: taken, errno: 'EACCES' },
      cause: error,
    });
    for (const other of [new RangeError('x'), undefined, Object.assign(new Error('x'), { code: 'ERR_X' })])
      expect(thrown(() => onFile('--log', taken, () => failOfFile('--log', taken, other)))).toBe(other);
  });

  it.skipIf(process.getuid?.() === 0)('a file that may not be read ends with 3', () => {
    const closed = join(folder, 'closed');
    mkdirSync(closed);
    chmodSync(closed, 0);
    expect(satlock(['covenant', 'check', join(closed, 'file')]).code).toBe(3);
    chmodSync(closed, 0o700);
  });

  it('a new one with a secret is its owner’s alone, and goes when it is discarded', () => {
    const path = join(folder, 'secret');
    const file = newSecretFile('--key-file', path);
    file.write('a line');
    expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual(['a line\n', 0o600]);
    const other = join(folder, 'discarded');
    newSecretFile('--key-file', other).discard();
    expect(failure(() => readBytes('--key-file', other))).toMatchObject({ reason: { code: 'cli.bad-file', errno: 'ENOENT' } });
    expect(failure(() => newSecretFile('--key-file', '-'))).toMatchObject({ reason: { code: 'cli.usage' } });
  });
});
