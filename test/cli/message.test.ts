// satlock message: JSON to bytes and back, and what the exit codes say.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { satlock } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'satlock-message-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { cases } = JSON.parse(readFileSync(new URL('../../vectors/babylon/message.json', import.meta.url), 'utf8')) as {
  readonly cases: readonly {
    readonly input: { readonly typeUrl: string; readonly value: object };
    readonly expect: { readonly encoded: string };
  }[];
};
const file = (json: unknown): string => {
  const path = join(folder, 'message.json');
  writeFileSync(path, typeof json === 'string' ? json : JSON.stringify(json));
  return path;
};
const reward = {
  '@type': '/babylon.incentive.MsgWithdrawReward',
  type: 'btc_staker',
  address: 'bbn1cyqgpk0nlsutlm5ymkfpya30fqntanc8slpure',
};
const REWARD = `0a0a6274635f7374616b6572122a${Buffer.from(reward.address).toString('hex')}`;

describe('satlock message', () => {
  it('encodes what the published package encodes, and reads it back', () => {
    for (const { input, expect: expected } of cases.slice(0, 4)) {
      const { code, out } = satlock(['message', 'encode', file(input)]);
      expect(code).toBe(0);
      expect(out.trim()).toBe(expected.encoded);
      const base64 = Buffer.from(expected.encoded, 'hex').toString('base64');
      const name = input.typeUrl.slice(input.typeUrl.lastIndexOf('.') + 1);
      for (const bytes of [expected.encoded, base64]) {
        const back = satlock(['message', 'decode', '--type', name, '--json', bytes]);
        expect(back.code, back.out).toBe(0);
        expect(satlock(['message', 'encode', file(back.out)]).out.trim()).toBe(expected.encoded);
      }
    }
  });

  it('prints bytes, signer and amino JSON', () => {
    const path = file(reward);
    expect(JSON.parse(satlock(['message', 'encode', path, '--json']).out)).toEqual({
      typeUrl: reward['@type'],
      hex: REWARD,
      base64: Buffer.from(REWARD, 'hex').toString('base64'),
      signer: reward.address,
    });
    expect(JSON.parse(satlock(['message', 'encode', path, '--amino']).out)).toEqual({
      type: reward['@type'],
      value: { address: reward.address, type: 'btc_staker' },
    });
  });

  it.each([
    [{ ...reward, address: 'bbn1qqqqqqqqv70kd6' }, 'message.bad-address'],
    [{ ...reward, amount: 1 }, 'message.unknown-field'],
    [{ ...reward, '@type': '/babylon.incentive.MsgReward' }, 'message.unknown-type'],
    ['{', 'cli.not-json'],
  ])('refuses %j', (json, code) => {
    const result = satlock(['message', 'encode', file(json), '--json']);
    expect(result.code).toBe(2);
    expect(JSON.parse(result.out).error.code).toBe(code);
  });

  it('encodes what the wire can hold when asked', () => {
    const path = file({ ...reward, address: '' });
    expect(satlock(['message', 'encode', path]).code).toBe(2);
    expect(satlock(['message', 'encode', path, '--rules', 'wire']).out.trim()).toBe('0a0a6274635f7374616b6572');
  });

  it('lists unknown fields with code 1 when tolerant, and refuses them otherwise', () => {
    const strict = satlock(['message', 'decode', '--type', 'MsgWithdrawReward', `${REWARD}1801`, '--json']);
    expect(strict.code).toBe(2);
    expect(JSON.parse(strict.out).error.code).toBe('message.unknown-content');
    const tolerant = satlock(['message', 'decode', '--type', 'MsgWithdrawReward', '--tolerant', `${REWARD}1801`, '--json']);
    expect(tolerant.code).toBe(1);
    expect(JSON.parse(tolerant.out)).toMatchObject({
      value: { type: 'btc_staker', address: reward.address },
      unknownFields: [{ field: '#3', number: 3, wireType: 0, bytes: '1801' }],
      finding: { code: 'message.unknown-content' },
    });
    expect(satlock(['message', 'decode', '--type', 'MsgWithdrawReward', '--tolerant', REWARD]).code).toBe(0);
  });

  it('keeps control characters of strangers off the terminal', () => {
    const type = Buffer.from('\u001b[2J\u009b2J\u007f').toString('hex');
    const { code, out } = satlock([
      'message',
      'decode',
      '--type',
      'MsgWithdrawReward',
      '--tolerant',
      `0a${(type.length / 2).toString(16).padStart(2, '0')}${type}`,
    ]);
    expect(code).toBe(1);
    expect(out).toContain('\\u001b[2J\\u009b2J\\u007f');
    expect(out).not.toMatch(/[^\P{Cc}\n]/u);
  });

  it.each([
    [['message', 'decode', REWARD], 2],
    [['message', 'decode', '--type', 'MsgStake', REWARD], 2],
    [['message', 'decode', '--type', 'MsgWithdrawReward', 'zz!'], 2],
    [['message', 'encode', 'no-such-file.json'], 2],
    [['message', '--help'], 0],
    [['message', 'encode', '--help'], 0],
    [['message', 'decode', '--help'], 0],
  ])('%j exits with %i', (args, code) => {
    const result = satlock(args);
    expect(result.code).toBe(code);
    expect(result.err).not.toMatch(/\bat .*:\d+:\d+/);
    if (code === 0) expect(result.out).toContain('Example');
  });
});
