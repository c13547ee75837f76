// A disk that is full, read-only, cut short or wrong, under a real signer: it says what is the matter and signs nothing blind.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterAll, describe, expect, it } from 'vitest';
import * as FinalityVote from '../../../src/babylon/FinalityVote.ts';
import { EotsClient } from '../../support/eotsClient.ts';
import { cleanUp, HMAC_KEY, type Home, newHome, satlock, serve, temporaryFolder } from '../../support/signerProcess.ts';

const CHAIN = 'disk-test-1';
const voteFor = (height: bigint, fork = 1): Uint8Array => FinalityVote.message(height, new Uint8Array(32).fill(fork));
const mounts: string[] = [];
afterAll(() => {
  for (const mount of mounts) spawnSync('umount', ['-l', mount]);
  cleanUp();
});

/** Serves, signs the votes of some heights, and stops. */
async function signed(home: Home, heights: readonly bigint[]): Promise<void> {
  const daemon = await serve(home.home);
  const client = new EotsClient(daemon.address, { hmacKey: HMAC_KEY });
  for (const height of heights) await client.sign(home.publicKey, CHAIN, height, voteFor(height));
  client.close();
  await daemon.kill('SIGTERM');
}

/** A copy of a home that has signed, for a fault of its own. */
function copyOf({ home, publicKey }: Home): Home {
  const copy = join(temporaryFolder('disk'), 'home');
  cpSync(home, copy, { recursive: true });
  return { home: copy, publicKey };
}

async function refusal(home: Home): Promise<string> {
  try {
    const daemon = await serve(home.home);
    await daemon.kill('SIGKILL');
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the signer started');
}

const dataOf = ({ home }: Home): string =>
  join(home, 'data', readdirSync(join(home, 'data')).find((name) => name.endsWith('.mdb') && !name.includes('lock')) as string);

describe('a signer whose disk fails', () => {
  it('refuses to start on a store that is cut short, wrong, emptied, gone, or older than it was', async () => {
    const home = await newHome();
    await signed(home, [1n]);
    const old = copyOf(home);
    await signed(
      home,
      Array.from({ length: 300 }, (_, i) => BigInt(i + 2)),
    );

    const short = copyOf(home);
    truncateSync(dataOf(short), statSync(dataOf(short)).size - 8_192);
    expect(await refusal(short)).toMatch(/ended with 3[\s\S]*store\.(truncated|corrupt)/);

    const wrong = copyOf(home);
    // Pages that were written before hold old copies of the record: it is changed wherever it stands.
    const bytes = readFileSync(dataOf(wrong));
    const record = Buffer.from(voteFor(200n));
    for (let at = bytes.indexOf(record); at >= 0; at = bytes.indexOf(record, at + 1)) bytes[at + 20] = 0xff;
    writeFileSync(dataOf(wrong), bytes);
    expect(await refusal(wrong)).toMatch(/ended with 3[\s\S]*store\.corrupt/);

    const emptied = copyOf(home);
    truncateSync(dataOf(emptied), 0);
    expect(await refusal(emptied)).toMatch(/ended with 3[\s\S]*store\./);

    const gone = copyOf(home);
    rmSync(join(gone.home, 'data'), { recursive: true });
    await expect(refusesToSign(gone, 400n)).resolves.toMatch(/store\.|signer\.not-enrolled|signer\.fenced/);

    // The data of yesterday under the witness of today.
    const restored = copyOf(home);
    rmSync(join(restored.home, 'data'), { recursive: true });
    cpSync(join(old.home, 'data'), join(restored.home, 'data'), { recursive: true });
    await expect(refusesToSign(restored, 250n)).resolves.toMatch(/store\.rolled-back|signer\.fenced/);
    await expect(refusesToSign(restored, 1_000n)).resolves.toMatch(/store\.rolled-back|signer\.fenced/);
    await satlock(['signer', 'watermark', 'raise', '--home', restored.home, '--key', 'alice', '--chain-id', CHAIN, '--height', '500']);
    await expect(refusesToSign(restored, 250n)).resolves.toMatch(/signer\.below-watermark|watermark/);
    await signed(restored, [501n]);
  }, 180_000);

  it.skipIf(process.getuid?.() === 0 && spawnSync('setpriv', ['--version']).error !== undefined)(
    'refuses a store that it may only read',
    async () => {
      const home = await newHome();
      await signed(home, [1n]);
      // Root may write everything: a read-only mount is what stops it.
      if (process.getuid?.() === 0) {
        if (!mounted(['--bind', home.home, home.home], home.home)) return;
        execFileSync('mount', ['-o', 'remount,ro,bind', home.home]);
      } else chmodSync(dataOf(home), 0o400);
      expect(await refusal(home)).toMatch(/ended with 3[\s\S]*(read-only|EROFS|EACCES)/);
    },
    60_000,
  );

  it.skipIf(process.getuid?.() !== 0)(
    'signs nothing more when the disk is full, and everything answered is there when there is room again',
    async (context) => {
      const folder = temporaryFolder('full');
      if (!mounted(['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', folder], folder)) return context.skip();
      const made = await newHome();
      const home = { home: join(folder, 'home'), publicKey: made.publicKey };
      cpSync(made.home, home.home, { recursive: true });
      const daemon = await serve(home.home);
      const client = new EotsClient(daemon.address, { hmacKey: HMAC_KEY });
      const answered = new Map<bigint, Uint8Array>();
      const batch = async (from: bigint): Promise<void> => {
        const votes = Array.from({ length: 200 }, (_, i) => ({ height: from + BigInt(i), message: voteFor(from + BigInt(i)) }));
        for (const { height, sig } of (await client.signBatch(home.publicKey, CHAIN, votes)).sigs) answered.set(height, sig);
      };
      await batch(1n);
      const ballast = join(folder, 'ballast');
      spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=64k']);
      let failure: { readonly code?: status; readonly details?: string } | undefined;
      for (let from = 1_000n; failure === undefined && from < 60_000n; from += 200n)
        await batch(from).catch((error: typeof failure) => (failure = error));
      expect(failure?.code).not.toBe(status.OK);
      expect(failure?.details, daemon.stderr()).toMatch(/full|space/);
      client.close();
      await daemon.kill('SIGKILL');
      expect(existsSync(ballast)).toBe(true);
      rmSync(ballast);

      const again = await serve(home.home);
      const other = new EotsClient(again.address, { hmacKey: HMAC_KEY });
      const some = [...answered].filter((_, i) => i % 97 === 0);
      for (const [height, sig] of some) {
        expect(await other.sign(home.publicKey, CHAIN, height, voteFor(height))).toEqual(sig);
        await expect(other.sign(home.publicKey, CHAIN, height, voteFor(height, 2))).rejects.toMatchObject({
          code: status.FAILED_PRECONDITION,
        });
      }
      other.close();
      await again.kill('SIGTERM');
    },
    120_000,
  );

  it('refuses a witness that says nothing', async () => {
    const home = await newHome();
    await signed(home, [1n]);
    writeFileSync(join(home.home, 'witness.json'), '{"storeId":');
    expect(await refusal(home)).toMatch(/witness/);
  }, 60_000);
});

function mounted(options: readonly string[], folder: string): boolean {
  if (spawnSync('mount', options).status !== 0) return false;
  mounts.push(folder);
  return true;
}

/** What a signer that starts, or does not, says to a vote. */
async function refusesToSign(home: Home, height: bigint): Promise<string> {
  let daemon: Awaited<ReturnType<typeof serve>>;
  try {
    daemon = await serve(home.home);
  } catch (error) {
    return (error as Error).message;
  }
  const client = new EotsClient(daemon.address, { hmacKey: HMAC_KEY });
  try {
    await client.sign(home.publicKey, CHAIN, height, voteFor(height));
    throw new Error('it signed');
  } catch (error) {
    return `${(error as Error).message}\n${daemon.stderr()}`;
  } finally {
    client.close();
    await daemon.kill('SIGTERM');
  }
}
