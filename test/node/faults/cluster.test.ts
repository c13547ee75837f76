// Whole signers on several "machines" behind one store, while members, signers and the ways between them fail: no height is ever signed twice,
// and a majority goes on answering. The same votes are asked of all signers at once, each for another block.
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import * as FinalityVote from '../../../src/babylon/FinalityVote.ts';
import { EotsClient } from '../../support/eotsClient.ts';
import { missingEtcd, startEtcd } from '../../support/etcdServer.ts';
import { Ledger } from '../../support/ledger.ts';
import { missingPostgres, startPostgresPair } from '../../support/postgresServer.ts';
import { describeIfInstalled, until } from '../../support/serverProcess.ts';
import { cleanUp, type Daemon, HMAC_KEY, type Home, newHome, satlock, serve, temporaryFolder } from '../../support/signerProcess.ts';

const CHAIN = 'cluster-test-1';
const voteFor = (height: bigint, fork: number): Uint8Array => FinalityVote.message(height, new Uint8Array(32).fill(fork));

const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});
afterAll(cleanUp);

/** Homes of several machines that have the same key. */
async function homesOf(count: number): Promise<readonly Home[]> {
  const first = await newHome();
  const others = Array.from({ length: count - 1 }, async () => {
    const home = join(temporaryFolder('signer'), 'home');
    await satlock(['signer', 'init', '--home', home]);
    copyFileSync(join(first.home, 'keys/alice.json'), join(home, 'keys/alice.json'));
    return { home, publicKey: first.publicKey };
  });
  return [first, ...(await Promise.all(others))];
}

type Machine = { daemon: Daemon; client: EotsClient };

/** Signers of one key on one store, and what they have let go. */
class Signers {
  readonly ledger = new Ledger();
  readonly machines: Machine[] = [];
  readonly #homes: readonly Home[];
  readonly #url: string;
  #height = 100n;
  #isWorking = true;

  constructor(homes: readonly Home[], url: string) {
    this.#homes = homes;
    this.#url = url;
  }

  static async start(count: number, url: string): Promise<Signers> {
    const signers = new Signers(await homesOf(count), url);
    for (let i = 0; i < count; i++) await signers.restart(i);
    endings.push(async () => {
      for (const { client, daemon } of signers.machines) {
        client.close();
        daemon.child.kill('SIGCONT');
        await daemon.kill('SIGKILL');
      }
    });
    return signers;
  }

  async restart(i: number): Promise<void> {
    const old = this.machines[i];
    const daemon = await serve((this.#homes[i] as Home).home, ['--store', this.#url]);
    this.machines[i] = { daemon, client: new EotsClient(daemon.address, { hmacKey: HMAC_KEY, deadlineMs: 8_000 }) };
    // Calls that are under way on the old one are let end by themselves.
    if (old !== undefined) endings.push(async () => old.client.close());
  }

  /** Asks one signer; every failure but a refusal of a second message says nothing about what the store holds. */
  async ask(machine: number, height: bigint, fork: number): Promise<'signed' | 'refused' | 'failed'> {
    const message = voteFor(height, fork);
    const { client } = this.machines[machine] as Machine;
    try {
      this.ledger.add(height, message, await client.sign((this.#homes[0] as Home).publicKey, CHAIN, height, message));
      return 'signed';
    } catch (error) {
      const { code, details } = error as { readonly code?: status; readonly details?: string };
      if (code === undefined) throw error;
      return code === status.FAILED_PRECONDITION && details === 'double sign' ? 'refused' : 'failed';
    }
  }

  /** Works until {@link stop}: all signers at once, for different blocks of the same heights. */
  async work(): Promise<void> {
    while (this.#isWorking) {
      const height = this.#height++;
      await Promise.race([
        Promise.all(this.machines.map((_, i) => this.ask(i, height, i + 1))),
        new Promise((resolve) => setTimeout(resolve, 400)),
      ]);
    }
  }

  stop(): void {
    this.#isWorking = false;
  }

  /** Waits for so many more heights that are signed: the answer to "does it still work?". */
  async progress(heights = 8): Promise<void> {
    const goal = this.ledger.released.size + heights;
    await until(`${heights} more heights are signed`, () => this.ledger.released.size >= goal, 30_000);
  }

  /** What a signer says once it has found the store again: one that was cut off fails a few times first. */
  async #answer(machine: number, height: bigint, fork: number): Promise<'signed' | 'refused' | 'failed'> {
    let answer = await this.ask(machine, height, fork);
    for (let tries = 0; answer === 'failed' && tries < 20; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      answer = await this.ask(machine, height, fork);
    }
    return answer;
  }

  /** Every vote that was let go is given again by every signer, and no other one is. */
  async compareAll(): Promise<void> {
    for (const [height, { message }] of [...this.ledger.released].slice(-40)) {
      for (const i of this.machines.keys()) {
        expect(await this.#answer(i, height, message[8] as number)).toBe('signed');
        expect(await this.#answer(i, height, 99)).toBe('refused');
      }
    }
  }
}

describeIfInstalled(missingEtcd, 'three signers on three members of etcd', () => {
  it('go on while one of anything fails, and sign no height twice', async () => {
    const etcd = await startEtcd({ members: 3 });
    endings.push(() => etcd.stop());
    const signers = await Signers.start(3, etcd.url('faults', '?timeout=2500'));
    const working = signers.work();
    await signers.progress();

    const leader = await etcd.leader();
    await leader.kill();
    await signers.progress();
    await leader.restart();

    const paused = await etcd.leader();
    paused.pause();
    await signers.progress();
    paused.resume();

    const alone = await etcd.leader();
    alone.isolate();
    await signers.progress();
    alone.heal();
    await signers.progress();

    // A signer that sleeps in the middle of its work, and wakes up when others have gone on.
    const [sleeper, cutOff, killed] = signers.machines as [Machine, Machine, Machine];
    sleeper.daemon.child.kill('SIGSTOP');
    await signers.progress();
    sleeper.daemon.child.kill('SIGCONT');
    for (const { clientProxy } of etcd.members) clientProxy.cut(cutOff.daemon.child.pid);
    await signers.progress();
    for (const { clientProxy } of etcd.members) clientProxy.heal();
    await killed.daemon.kill('SIGKILL');
    await signers.progress();
    await signers.restart(2);
    await signers.progress();

    signers.stop();
    await working;
    await signers.compareAll();
    expect(signers.ledger.released.size).toBeGreaterThan(50);
  }, 240_000);

  it('answer nothing without a majority', async () => {
    const etcd = await startEtcd({ members: 3 });
    endings.push(() => etcd.stop());
    const signers = await Signers.start(1, etcd.url('minority', '?timeout=1500'));
    expect(await signers.ask(0, 1n, 1)).toBe('signed');
    await etcd.members[0]?.kill();
    await etcd.members[1]?.kill();
    expect(await signers.ask(0, 2n, 1)).toBe('failed');
    // Not even what is stored: this member alone cannot know that it is the newest.
    expect(await signers.ask(0, 1n, 1)).toBe('failed');
    await etcd.members[0]?.restart();
    await until('a majority answers', async () => (await signers.ask(0, 1n, 1)) === 'signed', 30_000);
    expect(await signers.ask(0, 1n, 2)).toBe('refused');
  }, 120_000);
});

describeIfInstalled(missingPostgres, 'two signers on a PostgreSQL primary and its synchronous standby', () => {
  it('wait for the standby, follow its promotion, and sign no height twice', async () => {
    const { primary, standby } = await startPostgresPair();
    endings.push(
      () => standby.stop(),
      () => primary.stop(),
    );
    const url = primary.url('?standbys=required&timeout=2500');
    const both = url.replace(/@([^/]+)\//, (_, host: string) => `@${host},${new URL(standby.url()).host}/`);
    const signers = await Signers.start(2, both.replace('standbys=required&', ''));
    const working = signers.work();
    await signers.progress();

    // While the standby sleeps no commit is acknowledged, so no vote leaves.
    standby.pause();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const before = signers.ledger.released.size;
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    expect(signers.ledger.released.size - before).toBeLessThanOrEqual(2);
    standby.resume();
    await signers.progress();

    (signers.machines[0] as Machine).daemon.child.kill('SIGSTOP');
    await signers.progress();
    (signers.machines[0] as Machine).daemon.child.kill('SIGCONT');

    await primary.kill();
    // Both have met the standby before it is promoted, and found nothing in it that would stop them for good.
    for (let i = 0; i < 6; i++) expect(await signers.ask(i % 2, 100n, 1)).toBe('failed');
    await standby.promote();
    await signers.progress();

    signers.stop();
    await working;
    await signers.compareAll();
    expect(signers.ledger.released.size).toBeGreaterThan(25);
  }, 240_000);
});

describe('the tests above', () => {
  it('notice a signer that signs twice', () => {
    const ledger = new Ledger();
    ledger.add(1n, voteFor(1n, 1), new Uint8Array(32));
    expect(() => ledger.add(1n, voteFor(1n, 2), new Uint8Array(32))).toThrow('two messages');
    expect(() => ledger.add(1n, voteFor(1n, 1), new Uint8Array(32).fill(1))).toThrow('two signatures');
  });
});
