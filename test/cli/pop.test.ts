// satlock pop as a user runs it: the worked values, exit codes, secrets that never show.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { satlock } from './run.ts';

const SECRET = '6c6cfc74997e11ab2f6195c12481ed5ecea6c1cb4ce54f2c7aa84aaa51f51efa';
const PK = '240b37d8bce4db8b9a28fe7da331bb86057460cc4d19de2269ae1a0db218703a';
const ACCOUNT = 'bbn1cyqgpk0nlsutlm5ymkfpya30fqntanc8slpure';
const TR = 'bc1prd3lf83tacxeu6mf6l77xxk9kxg9xpm37mp7hnfzgngxjqwx0fes3tdssm';
const WPKH = 'bc1qrh9c8stymum6gu3q8uv6z8geyc8qtjlcs6fffz';
const SIGNATURE = 'AUC9hjswtgYOnR10to0AUzldWjKn0L50Hidy8/f/Z3UqbAfEGaNUv44hwRWU6V7eGeCZuHzZChwrNBOkwRXo+G66';
const account = ['--babylon-address', ACCOUNT];

const folder = mkdtempSync(join(tmpdir(), 'satlock-pop-'));
const secretFile = join(folder, 'staker.key');
writeFileSync(secretFile, `${SECRET}\n`);
chmodSync(secretFile, 0o600);
afterAll(() => rmSync(folder, { recursive: true }));

describe('satlock pop', () => {
  it('explains itself with an example for every command', () => {
    for (const command of [[], ['message'], ['sign'], ['verify']]) {
      const { code, out } = satlock(['pop', ...command, '--help']);
      expect(code).toBe(0);
      expect(out).toContain('Example');
    }
    expect(satlock(['--help']).out).toContain('pop');
  });

  it('says what is signed, and how', () => {
    const { out, code } = satlock(['pop', 'message', ...account, '--address', TR, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      text: ACCOUNT,
      bip340: 'c10080d9f3fc38bfee84dd9212762f4826becf07',
      type: 'BIP322',
      method: 'bip322-simple',
    });
    const context = satlock(['pop', 'message', ...account, '--chain-id', 'bbn-test-5']).out;
    expect(context).toContain(`d89ed83fa7bfaefcad17838ffc92977fd1f9113fe07c59f3b71e2ac20e541e97${ACCOUNT}`);
  });

  it('signs by every type, and verifies what it signed', () => {
    for (const [args, type] of [
      [[], 'BIP340'],
      [['--address', TR], 'BIP322'],
      [['--address', WPKH], 'BIP322'],
      [['--address', '13iYQ1bRRuWK6aKngBRScw1k7yDZzEhp9D'], 'ECDSA'],
      [['--address', TR, '--type', 'ECDSA', '--chain-id', 'bbn-1'], 'ECDSA'],
    ] as const) {
      const made = satlock(['pop', 'sign', ...account, ...args, '--secret-file', secretFile, '--json']);
      expect(made.code, made.err).toBe(0);
      const pop = JSON.parse(made.out) as { readonly type: string; readonly btcPk: string; readonly btcSig: string };
      expect([pop.type, pop.btcPk]).toEqual([type, PK]);
      expect(made.out + made.err).not.toContain(SECRET);
      const chain = args.includes('--chain-id' as never) ? ['--chain-id', 'bbn-1'] : [];
      const verify = ['pop', 'verify', ...account, ...chain, '--type', type, '--btc-sig', pop.btcSig];
      expect(satlock([...verify, '--btc-pk', PK])).toMatchObject({ code: 0, out: 'valid\n' });
      expect(satlock([...verify, '--btc-pk', `${PK.slice(0, -2)}3b`]).code).toBe(1);
    }
  });

  it('reads the secret from stdin and from the environment', () => {
    const args = ['pop', 'sign', ...account, '--type', 'ECDSA', '--json'];
    const fromStdin = satlock([...args, '--secret-file', '-'], { input: SECRET });
    const fromEnvironment = satlock(args, { env: { SATLOCK_SECRET_KEY: SECRET } });
    expect(fromStdin.out).toBe(fromEnvironment.out);
    expect((JSON.parse(fromStdin.out) as { btcSig: string }).btcSig).toBe(
      '1f54d4069b05db5cd52a7b8e1e729d631cb6c344452190417de4e4a183319b55c43a11f9daaf446d9cd2ce45128b3cfa906e243afcb2aa15d2ebd4be07cc5693c8',
    );
    expect(satlock(args)).toMatchObject({ code: 2 });
    expect(satlock([...args, '--secret-file', SECRET]).err).not.toContain(SECRET);
  });

  it("judges a wallet's answer with the chain's words", () => {
    const args = ['pop', 'verify', '--btc-pk', PK, '--address', TR, '--wallet-signature', SIGNATURE];
    expect(satlock([...args, ...account])).toMatchObject({ code: 0, out: 'valid\n' });
    const other = satlock([...args, '--babylon-address', 'bbn1dy8msutc9fyx27s76l96nzufwr2fcm7r4nc7hu', '--json']);
    expect(other.code).toBe(1);
    expect(JSON.parse(other.out)).toMatchObject({ valid: false, why: 'pop.invalid-signature', stage: 'stateful' });
    const text = satlock(['pop', 'verify', ...account, '--btc-pk', PK, '--type', 'ECDSA', '--btc-sig', '00']);
    expect(text).toMatchObject({ code: 1, out: 'not valid: pop.wrong-length\nthe chain says: invalid BTC ECDSA signature size\n' });
  });

  it('warns of what the chain tolerates', () => {
    const witness = Buffer.from(SIGNATURE, 'base64').toString('hex');
    const address = Buffer.from(TR).toString('hex');
    const btcSig = `0a3e${address}1243${witness}00`;
    const { code, out } = satlock(['pop', 'verify', ...account, '--btc-pk', PK, '--type', 'BIP322', '--btc-sig', btcSig]);
    expect(code).toBe(0);
    expect(out).toMatch(/^valid\nwarning: pop.bytes-after-witness/);
  });

  it.each([
    ['no account', ['message']],
    ['a validator', ['message', '--babylon-address', 'bbnvaloper1cyqgpk0nlsutlm5ymkfpya30fqntanc8slpure']],
    ['an unknown network', ['message', ...account, '--network', 'bbn-1']],
    ['BIP322 without address', ['sign', ...account, '--type', 'BIP322', '--secret-file', secretFile]],
    ['neither proof nor answer', ['verify', ...account, '--btc-pk', PK]],
    ['a proof without type', ['verify', ...account, '--btc-pk', PK, '--btc-sig', '00']],
    ['an answer without address', ['verify', ...account, '--btc-pk', PK, '--wallet-signature', SIGNATURE]],
    ['an answer in hex', ['verify', ...account, '--btc-pk', PK, '--address', TR, '--wallet-signature', '00'.repeat(65)]],
    ['a key of 33 bytes', ['verify', ...account, '--btc-pk', `02${PK}`, '--type', 'ECDSA', '--btc-sig', '00']],
  ])('refuses %s with code 2', (_, args) => {
    expect(satlock(['pop', ...args]).code).toBe(2);
  });
});
