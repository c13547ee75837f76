// The rules of the port src/signer/SignStore.ts as one suite that every backend runs: memory, LMDB, PostgreSQL, etcd.
// What the port leaves open is decided here and told beside the test; what a crash does to a backend is in that backend's own tests.
import fc from 'fast-check';
import { afterEach, describe, test } from 'vitest';
import type { SignStore } from '../../../src/signer/SignStore.ts';
import { claims, names, states } from './conformanceClaims.ts';
import { lists, merges, prunes } from './conformanceHistory.ts';
import { modelCommands, runModel } from './conformanceModel.ts';
import { misuse, races } from './conformanceRaces.ts';
import type { Setting } from './conformanceSupport.ts';

export type Options = {
  /** One more handle on the same store, as another process or connection would have; the first one stays open. */
  readonly again: (store: SignStore) => Promise<SignStore>;
  /** Removes what the test left, after every handle was closed. */
  readonly dispose?: (store: SignStore) => Promise<void>;
  /** Of the comparison with the model; default 25 runs of up to 40 operations. */
  readonly runs?: number;
  readonly seed?: number;
};

/**
 * Registers the suite.
 *
 * @param open a new and empty store each time
 */
export function conforms(name: string, open: () => Promise<SignStore>, options: Options): void {
  const handles: SignStore[] = [];
  const fresh = async (): Promise<SignStore> => {
    const store = await open();
    handles.push(store);
    return store;
  };
  const again = async (store: SignStore): Promise<SignStore> => {
    const other = await options.again(store);
    handles.push(other);
    return other;
  };
  const setting: Setting = { fresh, again, runs: options.runs ?? 25, seed: options.seed ?? 20_251_121 };

  describe(`${name} keeps the rules of a sign store`, () => {
    afterEach(async () => {
      const open = handles.splice(0);
      for (const store of open) await store.close();
      const [first] = open;
      if (first !== undefined) await options.dispose?.(first);
    });
    claims(setting);
    states(setting);
    names(setting);
    merges(setting);
    prunes(setting);
    lists(setting);
    races(setting);
    misuse(setting);
    model(setting);
  });
}

function model({ fresh, again, runs, seed }: Setting): void {
  test(`${runs} random histories through two handles agree with a model in memory`, async () => {
    await fc.assert(
      fc.asyncProperty(modelCommands(), async (commands) => {
        const store = await fresh();
        const handles = [store, await again(store)];
        await runModel(handles, commands);
      }),
      { numRuns: runs, seed },
    );
  }, 300_000);
}
