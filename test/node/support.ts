// One Bitcoin node per test file. Without a node the tests are skipped, loudly; with SATLOCK_REQUIRE_BITCOIND=1 they fail instead.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, it } from 'vitest';
import * as Bitcoind from '../../src/node/Bitcoind.ts';
import * as RegtestChain from '../../src/node/RegtestChain.ts';

/** What the tests of a {@link describeWithNode} block use; ask inside tests and hooks, not while tests are collected. */
export interface Host {
  readonly node: () => Bitcoind.Node;
  readonly chain: () => RegtestChain.RegtestChain;
}

const SKIPPED = 'node tests skipped: no bitcoind (set BITCOIND or run node scripts/bitcoind.mjs fetch)';
const START_LIMIT_MS = 120_000;

/** True when a node can be started here. */
export function hasNode(): boolean {
  return Bitcoind.find() !== null;
}

/**
 * A `describe` block with a running regtest node and a funded chain, started before its tests and stopped after them.
 * Use it once per file, at the top level.
 */
export function describeWithNode(
  name: string,
  body: (host: Host) => void,
  options: Bitcoind.StartOptions & RegtestChain.Options = {},
): void {
  if (!hasNode()) {
    withoutNode(name, () =>
      body({ node: () => fromRunning<Bitcoind.Node>(null), chain: () => fromRunning<RegtestChain.RegtestChain>(null) }),
    );
    return;
  }
  describe(name, () => {
    let node: Bitcoind.Node | null = null;
    let chain: RegtestChain.RegtestChain | null = null;
    beforeAll(async () => {
      node = await Bitcoind.startRegtest(options);
      chain = await RegtestChain.create(node, options);
    }, START_LIMIT_MS);
    afterAll(async () => {
      await node?.stop();
    }, START_LIMIT_MS);
    body({ node: () => fromRunning(node), chain: () => fromRunning(chain) });
  });
}

/** A `describe` block whose tests start nodes themselves. */
export function describeIfNode(name: string, body: () => void): void {
  if (hasNode()) describe(name, body);
  else withoutNode(name, body);
}

function withoutNode(name: string, body: () => void): void {
  if (process.env['SATLOCK_REQUIRE_BITCOIND'] === '1') {
    describe(name, () => {
      it('needs a Bitcoin node', () => {
        throw new Error('SATLOCK_REQUIRE_BITCOIND=1, but there is no bitcoind (set BITCOIND or run node scripts/bitcoind.mjs fetch)');
      });
    });
    return;
  }
  sayOnce();
  describe.skip(name, body);
}

function fromRunning<T>(value: T | null): T {
  if (value === null) throw new Error('the node is not running yet: ask inside a test');
  return value;
}

/** One line per run, not one per test file: the files run in processes of their own, whose parent is the run. */
function sayOnce(): void {
  const folder = fileURLToPath(new URL('../../.cache/', import.meta.url));
  const run = String(process.ppid);
  let last = '';
  try {
    last = readFileSync(`${folder}node-tests-skipped`, 'utf8');
  } catch {
    // the first run without a node
  }
  if (last === run) return;
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}node-tests-skipped`, run);
  } catch {
    // then the line is said more than once
  }
  process.stderr.write(`${SKIPPED}\n`);
}
