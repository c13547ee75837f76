// satlock ledger and satlock vectors verify on files of a stranger: what is printed, what is refused, what is never overwritten.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { satlock } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'satlock-ledger-attack-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function file(content: unknown): string {
  const path = join(folder, `${files++}.json`);
  writeFileSync(path, typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content));
  return path;
}

const deposit = { op: 'deposit', staker: 'alice', strategy: 'S1', amount: '10' };
const trace = (step: object, more: object = {}): object => ({ id: 'one', config: { strategies: ['S1'] }, steps: [step], ...more });
const ESCAPE = 'x\nok    all (99)\u001b[2J\u202e';

describe('names of a stranger', () => {
  it.each<[string, readonly string[], object]>([
    ['a title', ['ledger', 'run'], trace({ op: deposit, result: { ok: true, shares: ESCAPE } }, { id: ESCAPE, title: ESCAPE })],
    ['an id in an error', ['ledger', 'run'], trace({ op: { op: 'setBeaconBalance', validator: 'v', balanceGwei: 1 } }, { id: ESCAPE })],
    ['an operation', ['ledger', 'explain'], trace({ op: { op: ESCAPE } })],
    ['a field', ['ledger', 'run'], trace({ op: { ...deposit, [ESCAPE]: 1 } })],
    ['a staker that the file expects', ['vectors', 'verify'], trace({ op: deposit, state: { stakers: { [ESCAPE]: { x: '1' } } } })],
    ['all that a mismatch shows', ['vectors', 'verify'], trace({ op: deposit, result: { ok: true, [ESCAPE]: ESCAPE } }, { id: ESCAPE })],
  ])('in %s neither make lines nor move the cursor', (_, command, content) => {
    const { code, out, err } = satlock([...command, file(content)]);
    expect(code).toBeGreaterThan(0);
    expect(code).toBeLessThan(3);
    for (const character of ['\u001b', '\u202e']) expect(`${out}${err}`).not.toContain(character);
    expect(`${out}${err}`).not.toMatch(/^ok {4}all/m);
    expect(`${out}${err}`).toContain('\\u001b');
  });
});

describe('files that are none', () => {
  const deep = `${'['.repeat(300_000)}${']'.repeat(300_000)}`;
  it.each<[string, string | Buffer]>([
    ['a gzip bomb', gzipSync(Buffer.alloc(257 * 1024 * 1024, ' '))],
    ['half a gzip file', Buffer.from([0x1f, 0x8b, 8])],
    ['bytes', Buffer.from([0xff, 0xfe, 0])],
    ['a list of lists', deep],
    ['a result of lists', `{"config":{"strategies":["S1"]},"steps":[{"op":{"op":"advance","blocks":1},"result":${deep}}]}`],
    ['no traces', '{"traces":[]}'],
    ['traces of the prototype', '{"__proto__":{"traces":[{}]},"schema":"restaking-trace/1"}'],
  ])('%s: exit 2, one line', (_, content) => {
    const path = file(content);
    for (const command of [
      ['ledger', 'run'],
      ['ledger', 'explain'],
    ]) {
      const { code, out, err } = satlock([...command, path]);
      expect([code, out, err.split('\n').length]).toEqual([2, '', 2]);
    }
    expect(satlock(['vectors', 'verify', path]).code).toBe(2);
    expect(satlock(['ledger', 'run', file(trace({ op: deposit })), '--from', path]).code).toBe(2);
  });
});

describe('snapshots', () => {
  it('are never written over, are of one kind of ledger and have one profile', () => {
    const [path, saved] = [file(trace({ op: deposit })), join(folder, 'saved.json')];
    expect(satlock(['ledger', 'run', path, '--save', saved]).code).toBe(0);
    const before = readFileSync(saved, 'utf8');
    expect(satlock(['ledger', 'run', path, '--save', saved]).err).toContain('cli.file-exists');
    expect(satlock(['ledger', 'run', path, '--from', saved, '--save', saved]).code).toBe(2);
    expect(readFileSync(saved, 'utf8')).toBe(before);
    expect(satlock(['ledger', 'run', path, '--from', saved, '--ledger', 'symbiotic']).code).toBe(2);
    for (const command of ['run', 'explain'])
      expect(satlock(['ledger', command, path, '--from', saved, '--profile', 'v1.12.0']).err).toContain(
        '--profile: does not go with --from',
      );
  });

  it('and all that is printed are the same for the same file', () => {
    const [path, one, other] = [file(trace({ op: deposit })), join(folder, 'one.json'), join(folder, 'other.json')];
    const outs = [one, other].map((saved) => satlock(['ledger', 'run', path, '--states', 'all', '--json', '--save', saved]).out);
    expect(outs[0]).toBe(outs[1]);
    expect(readFileSync(one, 'utf8')).toBe(readFileSync(other, 'utf8'));
  });
});
