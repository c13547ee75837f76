// Signers that race for the same heights with messages of their own, and a ledger of everything that any of them was told.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { isSatlockError } from '../../../src/base/Errors.ts';
import * as Hex from '../../../src/base/Hex.ts';
import type { SignStore, Slot } from '../../../src/signer/SignStore.ts';
import { until } from '../../support/serverProcess.ts';
import { collect, record } from './conformanceSupport.ts';

export interface Race {
  /** Claims that were answered with `inserted` so far. */
  readonly inserted: () => number;
  /** Codes of all failures so far. */
  readonly failures: () => readonly string[];
  /** Waits until every racer had so many more answers: the store answers. */
  readonly goesOn: (answers: number, limitMs?: number) => Promise<void>;
  /** Lets the racers finish what they are at. */
  readonly stop: () => Promise<void>;
  /** No two messages at one height were let go, and all that was let go is in the store. */
  readonly check: (store: SignStore) => Promise<void>;
}

/** Starts racers, one for each handle: each claims height after height, and asks again what failed, with a message of its own each time. */
export function race(handles: readonly SignStore[], slot: Slot): Race {
  const letGo = new Map<bigint, Set<string>>();
  const failures: string[] = [];
  const answers = handles.map(() => 0);
  let inserted = 0;
  let isOver = false;
  const tell = (height: bigint, root: Uint8Array): void => {
    letGo.set(height, (letGo.get(height) ?? new Set()).add(Hex.encode(root)));
  };
  const racer = async (store: SignStore, i: number): Promise<void> => {
    for (let height = 0n; !isOver; ) {
      const mine = record(height, `by ${i}, try ${failures.length}`);
      try {
        const [outcome] = await store.claim(slot, [mine]);
        if (outcome?.kind === 'inserted') {
          inserted++;
          tell(height, mine.signingRoot);
        } else if (outcome?.kind === 'held') tell(height, outcome.record.signingRoot);
        else throw new Error(`unexpected outcome ${outcome?.kind}`);
        answers[i] = (answers[i] ?? 0) + 1;
        height++;
      } catch (error) {
        if (!isSatlockError(error)) throw error;
        failures.push(error.code);
        await sleep(20);
      }
    }
  };
  const racers = handles.map(racer);
  const all = Promise.all(racers);
  // a racer that meets something unexpected is told by stop
  all.catch(() => undefined);
  return {
    inserted: () => inserted,
    failures: () => failures,
    goesOn: async (more, limitMs = 30_000) => {
      const goals = answers.map((count) => count + more);
      await until('every racer is answered', () => answers.every((count, i) => count >= (goals[i] ?? 0)), limitMs);
    },
    stop: async () => {
      isOver = true;
      await all;
    },
    check: async (store) => {
      const pairs = [...letGo].filter(([, roots]) => roots.size !== 1);
      expect(pairs).toEqual([]);
      const there = new Map((await collect(store.records(slot))).map(({ height, signingRoot }) => [height, Hex.encode(signingRoot)]));
      const lost = [...letGo].filter(([height, roots]) => !roots.has(there.get(height) ?? ''));
      expect(lost).toEqual([]);
      expect(letGo.size).toBeGreaterThan(0);
    },
  };
}
