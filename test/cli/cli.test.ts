// The command line: exit codes, JSON, secrets, and no stack trace for a user's mistake.
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { satlock } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'satlock-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const STAKER = 'a7fee5f17c9c8bb5062158225718d464aae0cc78b4563bf1ca1653fce413a43b';
const PROVIDER = 'a0de2f54af59442d224b992a680fa802f6a3d5534f7d2943fdd9bf0061a6fc1a';
const COVENANT = [
  '8514a59245e7f69de9b2c13112f3b9f425d384950605df680ebe6ed1f653d269',
  'e04c15c3e27ef4c109e215d8359974502a4a7e23827e13f8763606ee00e8b62d',
  'dd70139934d55db6af188f0effd4d541b45a50f6d6cb53112df5c3e687b879d7',
];

describe('satlock', () => {
  it.each([
    [['--help']],
    [['demo', '--help']],
    [['vectors', 'verify', '--help']],
    [['eots', 'sign', '--help']],
    [['script', 'staking', '--help']],
    [['params', '--help']],
  ])('%j prints help and exits 0', (args) => {
    const { code, out } = satlock(args);
    expect(code).toBe(0);
    expect(out).toContain('Usage: satlock');
  });

  it('answers no command, an unknown command and an unknown option with code 2 and no stack trace', () => {
    for (const args of [[], ['dance'], ['params', '--colour']]) {
      const { code, err } = satlock(args);
      expect(code, args.join(' ')).toBe(2);
      expect(err).not.toMatch(/\bat .*:\d+:\d+/);
    }
  });
});

describe('satlock params', () => {
  it('shows the version in force at a height', () => {
    const { code, out } = satlock(['params', 'bbn-1', '--height', '893362', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ network: 'bbn-1', versions: [{ version: 4, unbondingFeeSats: '9600' }] });
  });

  it.each([
    [['params', 'bbn-9'], 'networks.unknown'],
    [['params', 'bbn-1', '--params-version', '99'], 'params.unknown-version'],
    [['params', 'bbn-1', '--height', '1'], 'params.none-at-height'],
    [['params', 'bbn-1', '--height', '1e3'], 'cli.usage'],
  ])('%j exits 2 with %s', (args, code) => {
    const result = satlock([...args, '--json']);
    expect(result.code).toBe(2);
    expect(JSON.parse(result.out).error.code).toBe(code);
  });
});

describe('satlock script', () => {
  const covenant = COVENANT.flatMap((key) => ['--covenant', key]);
  const terms = [
    '--staker',
    STAKER,
    '--finality-provider',
    PROVIDER,
    ...covenant,
    '--covenant-quorum',
    '2',
    '--staking-time',
    '1008',
    '--unbonding-time',
    '144',
    '--json',
  ];

  it.each([
    ['staking', 'bc1p6wh0u20at33d0v3c9v0he9tvcnvrgtn0xyxpczlj25l6jmunzyyqy9eu87'],
    ['unbonding', 'bc1pp93nwg2cxa9avpq5m0y4tgfn6wxe6kkuxqdeqa7ye0hzn2mssuzs0kre9l'],
    ['slashing', 'bc1pgl5hzsh53ujz5q9alew6fzy9jl0qtkstahvxut5kwz3rt3g9wa5sq3hn59'],
  ])('%s gives the address of the worked example, which was computed elsewhere', (output, address) => {
    const { code, out } = satlock(['script', output, ...terms]);
    expect(code).toBe(0);
    expect(JSON.parse(out).address).toBe(address);
  });

  it.each([
    [['--staker', STAKER, '--finality-provider', STAKER], 'staking-contract.duplicate-key'],
    [['--staker', STAKER.slice(2), '--finality-provider', PROVIDER], 'input.wrong-length'],
    [['--staker', `${STAKER.slice(0, -1)}g`, '--finality-provider', PROVIDER], 'hex.bad-digit'],
    [['--staker', `02${STAKER}`, '--finality-provider', PROVIDER], 'input.wrong-length'],
    [['--staker', 'f'.repeat(64), '--finality-provider', PROVIDER], 'public-key.not-on-curve'],
    [['--staker', STAKER, '--finality-provider', PROVIDER, '--staking-time', '65536'], 'input.out-of-range'],
    [['--staker', STAKER, '--finality-provider', PROVIDER, '--staking-time', '100.5'], 'cli.usage'],
    [['--staker', STAKER, '--finality-provider', `${PROVIDER},${COVENANT[0]}`], 'staking-contract.profile'],
  ])('%j exits 2 with %s', (args, code) => {
    const result = satlock(['script', 'staking', '--params', 'bbn-1', ...args, '--json']);
    expect(result.code).toBe(2);
    expect(JSON.parse(result.out).error.code).toBe(code);
  });
});

describe('satlock eots', () => {
  const secretFile = join(folder, 'provider.key');
  const vote = (block: string): string[] => [
    'eots',
    'sign',
    '--secret-file',
    secretFile,
    '--chain-id',
    'test-1',
    '--height',
    '7',
    '--app-hash',
    block.repeat(32),
    '--unsafe-no-record',
    '--json',
  ];

  it('makes a key that only its owner can read, and never overwrites one', () => {
    const made = satlock(['eots', 'keygen', '--secret-file', secretFile]);
    expect(made.code).toBe(0);
    expect(statSync(secretFile).mode & 0o777).toBe(0o600);
    const secret = readFileSync(secretFile, 'utf8').trim();
    expect(made.out + made.err).not.toContain(secret);
    const again = satlock(['eots', 'keygen', '--secret-file', secretFile]);
    expect(again.code).toBe(2);
    expect(readFileSync(secretFile, 'utf8').trim()).toBe(secret);
  });

  it('signs, verifies, and extracts the key from two votes of one height', () => {
    const [one, two] = [vote('01'), vote('02')].map((args) => JSON.parse(satlock(args).out));
    const common = ['--public-key', one.publicKey, '--pub-rand', one.pubRand];
    const verify = (signature: string): number | null =>
      satlock(['eots', 'verify', ...common, '--message', one.message, '--signature', signature]).code;
    expect(verify(one.signature)).toBe(0);
    expect(verify(two.signature)).toBe(1);
    const extracted = satlock([
      'eots',
      'extract',
      ...common,
      '--message1',
      one.message,
      '--signature1',
      one.signature,
      '--message2',
      two.message,
      '--signature2',
      two.signature,
      '--json',
    ]);
    const { secretKey } = JSON.parse(extracted.out);
    const resigned = satlock([...vote('03').filter((arg) => arg !== '--secret-file' && arg !== secretFile)], {
      env: { SATLOCK_SECRET_KEY: secretKey },
    });
    expect(JSON.parse(resigned.out).publicKey).toBe(one.publicKey);
    const same = satlock([
      'eots',
      'extract',
      ...common,
      '--message1',
      one.message,
      '--signature1',
      one.signature,
      '--message2',
      one.message,
      '--signature2',
      one.signature,
    ]);
    expect(same.code).toBe(1);
  });

  it('does not sign unless the user says that nothing is recorded, nor without a key', () => {
    expect(satlock(vote('01').filter((arg) => arg !== '--unsafe-no-record'))).toMatchObject({ code: 2 });
    const without = satlock(vote('01').filter((arg) => arg !== '--secret-file' && arg !== secretFile));
    expect(without.code).toBe(2);
    expect(JSON.parse(without.out).error.code).toBe('cli.no-secret');
  });

  it('reads a key from stdin and does not print it when it is malformed', () => {
    const planted = 'deadbeef'.repeat(8).replace(/.$/, 'x');
    const args = ['eots', 'sign', '--secret-file', '-', '--chain-id', 'test-1', '--height', '7', '--message', '00', '--unsafe-no-record'];
    const { code, out, err } = satlock(args, { input: planted });
    expect(code).toBe(2);
    expect(out + err).not.toContain('deadbeef');
    expect(satlock(args, { input: '11'.repeat(32) }).code).toBe(0);
  });
});

describe('what would go wrong in silence', () => {
  it('a key in place of its file name is not repeated', () => {
    const key = 'deadbeef'.repeat(8);
    const { code, out, err } = satlock([
      'eots',
      'sign',
      '--secret-file',
      key,
      '--chain-id',
      'x',
      '--height',
      '1',
      '--message',
      '00',
      '--unsafe-no-record',
    ]);
    expect(code).toBe(2);
    expect(out + err).not.toContain('deadbeef');
  });

  it.each([[['--staking-time', '5']], [['--covenant-quorum', '9']], [['--unbonding-time', '1']]])(
    '%j beside the parameters of a network gives no address',
    (args) => {
      const result = satlock(['script', 'staking', '--params', 'bbn-1', '--staker', STAKER, '--finality-provider', PROVIDER, ...args]);
      expect(result.code).toBe(2);
      expect(result.out).toBe('');
    },
  );

  it('control characters of a file do not reach the terminal', () => {
    const file = join(folder, 'forged.json');
    const id = 'x\u001b[2K\u009b1A\n0 passed';
    writeFileSync(
      file,
      JSON.stringify({
        schema: 'satlock-vectors/1',
        kind: 'eots.randomness',
        source: 's',
        cases: [{ id, input: { secretKey: '11'.repeat(32), chainId: 'c', height: 1 }, expect: { publicNonce: '00'.repeat(32) } }],
      }),
    );
    const { code, out } = satlock(['vectors', 'verify', file]);
    expect(code).toBe(1);
    expect(out).toContain('x\\u001b[2K\\u009b1A\\u000a0 passed: publicNonce');
  });
});

describe('satlock vectors', () => {
  const write = (name: string, content: string | Uint8Array): string => {
    const file = join(folder, name);
    writeFileSync(file, content);
    return file;
  };
  const made = satlock(['vectors', 'generate', '--kind', 'eots.sign', '--seed', 'cli', '--count', '8']);

  it('makes a file that it verifies itself, plain and compressed', () => {
    expect(made.code).toBe(0);
    const files = [write('a.json', made.out), write('a.json.gz', gzipSync(made.out))];
    const { code, out } = satlock(['vectors', 'verify', ...files]);
    expect(out.trim().split('\n').at(-1)).toBe('16 passed, 0 failed');
    expect(code).toBe(0);
    expect(satlock(['vectors', 'generate', '--kind', 'eots.sign', '--seed', 'cli', '--count', '8']).out).toBe(made.out);
  });

  it('names id, field, expected and got of a mismatch, and exits 1', () => {
    const file = JSON.parse(made.out);
    const target = file.cases.find((one: { expect: { signature?: string } }) => one.expect.signature !== undefined);
    target.expect.signature = '00'.repeat(32);
    const { code, out } = satlock(['vectors', 'verify', write('wrong.json', JSON.stringify(file))]);
    expect(code).toBe(1);
    expect(out).toContain(`${target.id}: signature: expected ${'00'.repeat(32)}, got `);
    expect(out).toContain('7 passed, 1 failed');
  });

  it.each([
    ['no-json.json', 'hello'],
    ['truncated.json.gz', gzipSync('{}').subarray(0, 12)],
    ['kind.json', '{"schema":"satlock-vectors/1","kind":"no.such","source":"x","cases":[]}'],
    ['field.json', '{"schema":"satlock-vectors/1","kind":"eots.sign","source":"x","cases":[],"more":1}'],
    ['missing.json', undefined],
  ])('exits 2 for %s and still reads the others', (name, content) => {
    const bad = content === undefined ? join(folder, name) : write(name, content);
    const { code, out, err } = satlock(['vectors', 'verify', bad, write('good.json', made.out)]);
    expect(code).toBe(2);
    expect(err).toContain(bad);
    expect(err).not.toMatch(/\bat .*:\d+:\d+/);
    expect(out).toContain('8 passed, 0 failed');
  });
});

describe('satlock demo', () => {
  it('tells the story and writes every transaction', () => {
    const out = join(folder, 'out');
    const { code, out: text } = satlock(['demo', '--stakers', '2', '--seed', 'cli', '--out', out]);
    expect(code).toBe(0);
    expect(text).toContain('355 vbytes');
    expect(text).not.toContain('FAIL');
    const account = JSON.parse(readFileSync(join(out, 'demo.json'), 'utf8'));
    expect(account.checks.every((check: { ok: boolean }) => check.ok)).toBe(true);
    expect(account.transactions.length).toBeGreaterThan(5);
  });

  it('prints the same as JSON', () => {
    const out = join(folder, 'json');
    const { out: text } = satlock(['demo', '--stakers', '1', '--out', out, '--json']);
    expect(JSON.parse(text)).toEqual(JSON.parse(readFileSync(join(out, 'demo.json'), 'utf8')));
  });

  it.each([[['--network', 'bbn-9']], [['--network', 'phase1-testnet']], [['--stakers', '0']], [['--stakers', 'many']]])(
    '%j exits 2 and writes nothing',
    (args) => {
      const out = join(folder, 'nothing');
      expect(satlock(['demo', ...args, '--out', out]).code).toBe(2);
      expect(existsSync(out)).toBe(false);
    },
  );
});
