// satlock covenant, as a user runs it: reports, exit codes, the log, and the remote signer as a process.
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import * as CovenantReview from '../../src/babylon/CovenantReview.ts';
import * as Message from '../../src/babylon/Message.ts';
import * as Params from '../../src/babylon/Params.ts';
import * as Registration from '../../src/babylon/Registration.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import { ACCOUNT, created, recordOf, stake, V0, V1, viewOf } from '../babylon/chain/world.ts';
import { attacker, forgedUnbonding, pay } from '../babylon/covenant/forgeries.ts';
import { delegation, expansionOf, member, remoteRequestOf, rest, restOf, stranger, withFields } from '../babylon/covenant/requests.ts';
import { hex } from '../support/stakes.ts';
import { satlock } from './run.ts';

const folder = fs.mkdtempSync(join(tmpdir(), 'satlock-covenant-cli-'));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  fs.writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o600 });
  return path;
}

const params = file('params.json', [V0, V1].map(Params.toJson));
const secret = file('member.key', hex(member.secretKey));
const good = file('good.json', { btc_delegation: rest });
const forged = file('forged.json', forgedUnbonding(pay(0, attacker)));
const common = ['--params', params, '--tip-height', '500'];
const log = join(folder, 'member.log');
const sign = (request: string, ...args: string[]) =>
  satlock(['covenant', 'sign', request, ...common, '--secret-file', secret, '--log', log, ...args]);

describe('check', () => {
  it('prints every check in order, and exits 0 for a delegation by the rules', () => {
    const { code, out } = satlock(['covenant', 'check', good, ...common, '--covenant-pk', hex(member.publicKey), '--json']);
    expect(code).toBe(0);
    const report = JSON.parse(out) as CovenantReview.Report;
    expect(report.ok).toBe(true);
    expect(report.items.map(({ check }) => check)).toEqual(CovenantReview.CHECKS);
    expect(satlock(['covenant', 'check', good, ...common])).toMatchObject({ code: 0, err: '' });
  });

  it('exits 1 for a refused one, and names what was expected and what is there', () => {
    const { code, out } = satlock(['covenant', 'check', forged, ...common]);
    expect(code).toBe(1);
    expect(out).toContain('FAILED  unbonding.script');
    expect(out).toContain(`got      ${hex(attacker)}`);
    expect(out).toContain('the chain: btcstaking/1114');
    expect(satlock(['covenant', 'check', good, ...common, '--params-version', '0']).code).toBe(1);
    // Built-in parameters have another committee.
    expect(satlock(['covenant', 'check', good]).code).toBe(1);
  });

  it('exits 2 for what cannot be read', () => {
    const bad = [
      file('text.json', 'x'),
      file('empty.json', {}),
      file('fields.json', withFields(rest, { staking_tx_hex: 'zz' })),
      file('unknown.json', { schema: CovenantReview.SCHEMA, delegation: rest, tipHeight: 1 }),
    ];
    for (const path of bad) expect([path, satlock(['covenant', 'check', path, ...common]).code]).toEqual([path, 2]);
    expect(satlock(['covenant', 'check', good, '--network', 'nowhere']).code).toBe(2);
  });

  it('reads the staker’s message, an expansion with the delegation before, and the remote signer’s request', () => {
    const message = file('message.json', Message.toJson(created(stake())));
    expect(satlock(['covenant', 'check', message, ...common, '--require-pop']).code).toBe(0);
    const { json, previous } = expansionOf();
    const expansion = file('expansion.json', { schema: CovenantReview.SCHEMA, delegation: json, previous });
    expect(satlock(['covenant', 'check', expansion, ...common]).code).toBe(0);
    expect(satlock(['covenant', 'check', file('alone.json', json), ...common]).code).toBe(1);
    const request = file('request.json', remoteRequestOf(stake({ stakingTimeBlocks: 64_000 })));
    expect(satlock(['covenant', 'check', request, ...common]).code).toBe(0);
  });

  it('has help with an example', () => {
    for (const args of [[], ['check'], ['sign'], ['log'], ['serve']]) {
      const { code, out } = satlock(['covenant', ...args, '--help']);
      expect([code, /Example:\n {2}satlock covenant/.test(out)]).toEqual([0, true]);
    }
  });
});

describe('sign', () => {
  it('signs, logs, and gives the same again; the chain takes the message', () => {
    const { code, out } = sign(good, '--signer', ACCOUNT, '--json');
    expect(code).toBe(0);
    const data = JSON.parse(out);
    expect(data).toMatchObject({ ok: true, kind: 'signed', log: { line: 1 } });
    const message = Message.fromJson(data.message);
    expect(Registration.check(message, viewOf({ delegations: [recordOf(delegation)] }))).toEqual({ ok: true, warnings: [] });
    expect(hex(Message.encode(message).value)).toBe(data.protobuf);
    const again = JSON.parse(sign(good, '--json').out);
    expect(again).toMatchObject({ kind: 'stored', log: data.log, signatures: data.signatures });
    const listed = satlock(['covenant', 'log', log, '--json']);
    expect([listed.code, JSON.parse(listed.out).lines]).toEqual([0, 1]);
  });

  it('refuses a forged delegation with the report, and leaves no line', () => {
    const { code, out } = sign(forged, '--json');
    expect([code, JSON.parse(out).ok]).toEqual([1, false]);
    expect(JSON.parse(satlock(['covenant', 'log', log, '--json']).out).lines).toBe(1);
  });

  it('refuses another set for the same stake, another key, and a log that was touched', () => {
    const slashing = Tx.copy(delegation.stakingSlashing.transaction);
    const [, change] = slashing.outs;
    if (change !== undefined) change.value -= 1n;
    const other = sign(file('other.json', restOf(delegation, { slashing })));
    expect([other.code, other.out]).toEqual([1, '']);
    expect(other.err).toContain('covenant-log.conflict');
    const foreign = satlock([
      'covenant',
      'sign',
      good,
      ...common,
      '--secret-file',
      file('foreign.key', hex(stranger.secretKey)),
      '--log',
      log,
    ]);
    expect([foreign.code, foreign.out.includes('FAILED  keys.member')]).toEqual([1, true]);
    const copy = join(folder, 'copy.log');
    fs.cpSync(log, copy);
    fs.cpSync(`${log}.head`, `${copy}.head`);
    fs.truncateSync(copy, 100);
    const cut = satlock(['covenant', 'sign', good, ...common, '--secret-file', secret, '--log', copy]);
    expect([cut.code, /line 1: .*\[covenant-log\.truncated\]/.test(cut.err)]).toEqual([1, true]);
    expect(satlock(['covenant', 'log', copy]).code).toBe(1);
    expect(satlock(['covenant', 'sign', good, ...common, '--secret-file', secret]).code).toBe(2);
  });

  it('never shows the key', () => {
    const { out, err } = sign(good);
    expect(out + err).not.toContain(hex(member.secretKey));
    expect(fs.readFileSync(log, 'utf8')).not.toContain(hex(member.secretKey));
  });

  it('answers a remote request in its form too', () => {
    const { code, out } = sign(file('remote.json', remoteRequestOf(stake({ stakingTimeBlocks: 64_000 }))), '--json');
    expect([code, Object.keys(JSON.parse(out).response)[0]]).toEqual([0, 'slashing_transactions_signatures']);
  });

  it('takes a key of a keystore', () => {
    const home = join(folder, 'home');
    const env = { SATLOCK_PASSPHRASE: 'a long enough passphrase' };
    expect(satlock(['signer', 'init', '--home', home]).code).toBe(0);
    const imported = satlock(['signer', 'keys', 'import-hex', '--home', home, '--name', 'member', '--secret-file', secret], { env });
    expect(imported.code).toBe(0);
    const { code, out } = satlock(
      ['covenant', 'sign', good, ...common, '--key', 'member', '--home', home, '--log', join(folder, 'keystore.log'), '--json'],
      {
        env,
      },
    );
    expect([code, JSON.parse(out).kind]).toEqual([0, 'signed']);
  });
});

describe('serve', () => {
  it('answers, is alone on its log, and stops when asked', async () => {
    const ownLog = join(folder, 'served.log');
    const bin = resolve(import.meta.dirname, '../../bin/satlock.mjs');
    const args = ['covenant', 'serve', '--listen', '127.0.0.1:0', ...common, '--secret-file', secret, '--log', ownLog];
    const child = spawn(process.execPath, [bin, ...args], {
      env: { ...process.env, SATLOCK_HMAC_KEY: 'mac' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    try {
      const first = await new Promise<string>((done, failed) => {
        let text = '';
        child.stdout.on('data', (chunk: Buffer) => {
          text += chunk.toString('utf8');
          if (text.includes('\n')) done(text);
        });
        child.once('exit', (code) => failed(new Error(`ended with ${code}`)));
      });
      const { listening } = JSON.parse(first.split('\n')[0] as string) as { readonly listening: string };
      const body = JSON.stringify(remoteRequestOf(stake({ stakingTimeBlocks: 64_000 })));
      const mac = createHmac('sha256', 'mac').update(body).digest('hex');
      const response = await fetch(`http://${listening}/v1/sign-transactions`, {
        method: 'POST',
        body,
        headers: { 'X-Covenant-HMAC': mac },
      });
      expect(response.status).toBe(200);
      const locked = satlock(['covenant', 'sign', good, ...common, '--secret-file', secret, '--log', ownLog]);
      expect([locked.code, locked.err.includes('covenant-log.locked')]).toEqual([3, true]);
    } finally {
      const ended = new Promise<number | null>((done) => child.once('exit', done));
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
    }
    expect(fs.existsSync(`${ownLog}.lock`)).toBe(false);
    expect(JSON.parse(satlock(['covenant', 'log', ownLog, '--json']).out).lines).toBe(1);
  }, 60_000);
});
