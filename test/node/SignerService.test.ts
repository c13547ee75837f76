// A signer put together, over a store on the disk: what it notices about the file of its store before it hears the first request.
import { cpSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import * as SignerHome from '../../src/node/SignerHome.ts';
import * as SignerService from '../../src/node/SignerService.ts';

const root = mkdtempSync(join(tmpdir(), 'satlock-service-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const CHAIN = 'bbn-test';
const PASSPHRASE = 'only for tests';
const options = { scryptN: 2 ** 14 };

/** A home whose key was served, with a store that knows of height 5. */
async function servedHome(name: string): Promise<SignerHome.Paths> {
  const paths = SignerHome.init(join(root, name));
  const { publicKey } = await SignerHome.keystore(paths, options).generate({ name: 'fp', passphrase: PASSPHRASE });
  expect(await warningsOf(paths)).toEqual([]);
  const store = await SignerHome.openStore(paths, undefined, { create: false });
  await store.raiseWatermark({ publicKey, chainId: CHAIN }, 5n);
  await store.close();
  return paths;
}

/** What is told when the signer starts; it is stopped at once. */
async function warningsOf(paths: SignerHome.Paths): Promise<readonly string[]> {
  const warnings: string[] = [];
  const keystore = SignerHome.keystore(paths, options);
  await keystore.unlock('fp', PASSPHRASE);
  const { running } = await SignerService.start({
    ...{ paths, config: {}, keystore, listen: '127.0.0.1:0', strict: false, babylonApi: [] },
    ...{ warn: (warning: string) => warnings.push(warning), log: { level: 'silent' } },
  });
  await running.stop();
  return warnings;
}

/** What `satlock signer status` shows. */
async function findingsOf(paths: SignerHome.Paths): Promise<readonly string[]> {
  const store = await SignerHome.openStore(paths, undefined, { readOnly: true });
  try {
    return (await SignerHome.findings(paths, SignerHome.keystore(paths, options), store)).map(({ problem }) => problem);
  } finally {
    await store.close();
  }
}

describe('the file of a store', () => {
  it('is the same at every start: nothing is said', async () => {
    const paths = await servedHome('same');
    expect(await warningsOf(paths)).toEqual([]);
    expect(await warningsOf(paths)).toEqual([]);
    expect(await findingsOf(paths)).toEqual([]);
  });

  it('that is a copy is noticed, though it holds all that the witness has seen', async () => {
    const paths = await servedHome('copy');
    expect(await warningsOf(paths)).toEqual([]);
    cpSync(paths.data, `${paths.data}.copy`, { recursive: true });
    rmSync(paths.data, { recursive: true });
    renameSync(`${paths.data}.copy`, paths.data);
    expect(await findingsOf(paths)).toEqual(['copied']);
    expect(await warningsOf(paths)).toEqual([expect.stringContaining('this file is a copy of the store')]);
  });

  it('that was served, but whose witness is gone, is taken for a copy', async () => {
    const paths = await servedHome('alone');
    expect(await warningsOf(paths)).toEqual([]);
    rmSync(paths.witness);
    expect(await findingsOf(paths)).toEqual(['no-witness']);
    expect(await warningsOf(paths)).toEqual([expect.stringContaining('witness.json beside it is gone')]);
  });
});
