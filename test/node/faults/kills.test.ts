// kill -9 of real signers under load, at random moments: after each kill what was answered is answered again with the same bytes, everything
// that contradicts it is refused, and over the whole life no height ever has two messages signed.
// SATLOCK_KILLS sets how many kills there are: the test command makes a few, CI two hundred, `npm run test:kills` two thousand.
import { status } from '@grpc/grpc-js';
import { afterAll, describe, expect, it } from 'vitest';
import * as FinalityVote from '../../../src/babylon/FinalityVote.ts';
import * as Hex from '../../../src/base/Hex.ts';
import * as Eots from '../../../src/crypto/Eots.ts';
import * as PublicKey from '../../../src/crypto/PublicKey.ts';
import { EotsClient } from '../../support/eotsClient.ts';
import { Ledger } from '../../support/ledger.ts';
import { cleanUp, type Daemon, HMAC_KEY, type Home, newHome, serve } from '../../support/signerProcess.ts';

const KILLS = Number(process.env['SATLOCK_KILLS'] ?? 24);
const LANES = 2;
const CHAIN = 'kill-test-1';

afterAll(cleanUp);

/** A generator of its own for each lane: the moments of the kills differ from run to run anyway, the votes do not. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const voteFor = (height: bigint, fork: number): Uint8Array => FinalityVote.message(height, new Uint8Array(32).fill(fork));

class Lane {
  readonly ledger = new Ledger();
  readonly #home: Home;
  readonly #roll: () => number;
  #height = 1_000n;
  #inFlight: bigint[] = [];
  kills = 0;
  refusals = 0;

  constructor(home: Home, seed: number) {
    this.#home = home;
    this.#roll = dice(seed);
  }

  /** Start, look at what the last kill left, work, die. */
  async round(): Promise<void> {
    const daemon = await serve(this.#home.home);
    const client = new EotsClient(daemon.address, { hmacKey: HMAC_KEY });
    try {
      await this.#replay(client);
      await this.#workUntilKilled(client, daemon);
    } finally {
      client.close();
      await daemon.kill('SIGKILL');
    }
    this.kills++;
  }

  /** Everything that was answered is a signature of its vote under the randomness of its height. */
  async verifyAll(): Promise<void> {
    const daemon = await serve(this.#home.home);
    const client = new EotsClient(daemon.address, { hmacKey: HMAC_KEY });
    const { publicKey } = this.#home;
    try {
      const pubRands = await client.randomness(publicKey, CHAIN, 1_000n, Number(this.#height) - 1_000);
      for (const [height, { message, sig }] of this.ledger.released) {
        const pubRand = pubRands[Number(height) - 1_000] as Uint8Array;
        if (!Eots.verify({ publicKey: PublicKey.fromXOnly(publicKey), pubRand, message, signature: Hex.decode(sig) }))
          throw new Error(`height ${height}`);
      }
    } finally {
      client.close();
      await daemon.kill('SIGKILL');
    }
  }

  /** Signs, or tells why not. A broken connection is a `killed`: the signer may have recorded the vote or not. */
  async #ask(client: EotsClient, height: bigint, message: Uint8Array): Promise<'signed' | 'refused' | 'killed'> {
    try {
      this.ledger.add(height, message, await client.sign(this.#home.publicKey, CHAIN, height, message));
      return 'signed';
    } catch (error) {
      const { code, details } = error as { readonly code?: status; readonly details?: string };
      if (code === status.FAILED_PRECONDITION && details === 'double sign') return 'refused';
      if (code === status.UNAVAILABLE || code === status.CANCELLED) return 'killed';
      throw error;
    }
  }

  async #replay(client: EotsClient): Promise<void> {
    const answered = [...this.ledger.released].slice(-60);
    for (const [height, { message }] of answered) {
      expect(await this.#ask(client, height, message)).toBe('signed');
      expect(await this.#ask(client, height, voteFor(height, 250)), `another message at ${height}`).toBe('refused');
      this.refusals++;
    }
    // What was under way may have been recorded or not: whichever comes first now, the other one is refused.
    for (const height of this.#inFlight) {
      if (this.ledger.released.has(height)) continue;
      const outcomes = [];
      for (const fork of [200, 1, 2, 3]) outcomes.push(await this.#ask(client, height, voteFor(height, fork)));
      expect(outcomes.filter((outcome) => outcome === 'signed')).toHaveLength(1);
    }
    this.#inFlight = [];
  }

  async #workUntilKilled(client: EotsClient, daemon: Daemon): Promise<void> {
    let isAlive = true;
    const killed = new Promise((resolve) => setTimeout(resolve, 4 + this.#roll() * 90)).then(() => {
      daemon.child.kill('SIGKILL');
      isAlive = false;
    });
    const worker = async (): Promise<void> => {
      while (isAlive) {
        const height = this.#height++;
        this.#inFlight.push(height);
        if (this.#roll() < 0.2) await this.#batch(client, height);
        // Two or three different votes for one height at once: one of them wins, in the store.
        else await Promise.all([1, 2, ...(this.#roll() < 0.3 ? [3] : [])].map((fork) => this.#ask(client, height, voteFor(height, fork))));
      }
    };
    await Promise.all([killed, ...Array.from({ length: 6 }, worker)]);
  }

  async #batch(client: EotsClient, first: bigint): Promise<void> {
    const heights = Array.from({ length: 20 }, (_, i) => (i === 0 ? first : this.#height++));
    this.#inFlight.push(...heights);
    const votes = heights.map((height) => ({ height, message: voteFor(height, 1) }));
    try {
      const { sigs } = await client.signBatch(this.#home.publicKey, CHAIN, votes);
      for (const { height, sig } of sigs) this.ledger.add(height, voteFor(height, 1), sig);
    } catch (error) {
      const { code } = error as { readonly code?: status };
      if (code !== status.UNAVAILABLE && code !== status.CANCELLED) throw error;
    }
  }
}

describe('signers that are killed', () => {
  it(
    `${KILLS} times lose no answered vote and sign no second one`,
    async () => {
      const lanes = await Promise.all(Array.from({ length: LANES }, async (_, i) => new Lane(await newHome(), 7 + i)));
      await Promise.all(
        lanes.map(async (lane) => {
          for (let i = 0; i < Math.ceil(KILLS / LANES); i++) await lane.round();
          await lane.verifyAll();
        }),
      );
      expect(lanes.reduce((sum, { kills }) => sum + kills, 0)).toBeGreaterThanOrEqual(KILLS);
      for (const { ledger, refusals } of lanes) {
        expect(ledger.released.size).toBeGreaterThan(KILLS / LANES);
        expect(refusals).toBeGreaterThan(0);
      }
    },
    30_000 + KILLS * 6_000,
  );
});
