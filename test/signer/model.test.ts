// No two different messages ever leave for one key, chain and height, whatever happens: more than 100,000 operations against a model of two lines.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MemoryStore } from '../../src/signer/MemoryStore.ts';
import type { SignStore } from '../../src/signer/SignStore.ts';
import { type Ask, ModelWorld, type Tally } from './modelWorld.ts';
import { ask, world } from './support.ts';

type Command = fc.AsyncCommand<object, ModelWorld>;
type Act = readonly [name: string, run: (world: ModelWorld) => Promise<void>];

const command = ([name, run]: Act): Command => ({
  check: () => true,
  run: async (_, world) => {
    world.count('operation');
    await run(world);
  },
  toString: () => name,
});

const slot = fc.nat(3);
const low = fc.nat(40);
const which = fc.nat(3);
const one = (name: string, run: Act[1]): fc.Arbitrary<Act> => fc.constant([name, run]);

const restart = one('restart', (world) => world.restart());
const raise = fc.tuple(slot, low).map(([at, to]): Act => [`raise ${at} to ${to}`, (world) => world.raise(at, to)]);
const unfence = slot.map((at): Act => [`raise ${at} to the fence`, (world) => world.raise(at, 'to the fence')]);
const prune = fc.tuple(slot, low).map(([at, to]): Act => [`prune ${at} to ${to}`, (world) => world.prune(at, to)]);
const importing = which.map((each): Act => [`import ${each}`, (world) => world.import(each)]);
const foreign = fc
  .tuple(slot, fc.uniqueArray(fc.nat(160), { maxLength: 3 }), fc.nat(2))
  .map(([at, heights, message]): Act => [`foreign ${at} ${heights}: ${message}`, (world) => world.importForeign(at, heights, message)]);
const exporting = fc.boolean().map((signatures): Act => [`export ${signatures}`, (world) => world.export(signatures)]);
const prepare = fc.tuple(slot, fc.nat(150)).map(([at, start]): Act => [`prepare ${at} ${start}`, (world) => world.prepare(at, start)]);
/** Raises or prunes among the heights that are asked for, a little later than they are. */
type Overtake = { readonly at: number; readonly above: number; readonly prunes: boolean; readonly turns: number };
const overtake = fc.oneof(
  { weight: 15, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.record({ at: slot, above: fc.nat(3), prunes: fc.boolean(), turns: fc.nat(30) }) },
);
const meanwhile = fc.oneof(
  { weight: 12, arbitrary: one('nothing', async () => {}) },
  { weight: 4, arbitrary: restart },
  ...[raise, prune, importing, unfence].map((arbitrary) => ({ weight: 1, arbitrary })),
);

/** Many requests for few heights of one slot or all, at once, to both processes, while something else happens. */
const asked = fc.record({ signer: fc.nat(1), slot, height: fc.nat(3), message: fc.nat(2), form: fc.nat(24) });
const crowd = fc
  .record({
    base: fc.nat(150),
    asks: fc.array(asked, { minLength: 10, maxLength: 40, size: 'max' }),
    at: fc.option(slot),
    seed: fc.integer(),
    perMille: fc.constantFrom(0, 0, 20, 100, 400),
    meanwhile,
    overtake,
  })
  .map(({ base, asks, at, seed, perMille, meanwhile: [name, act], overtake: late }): Act => {
    const run = async (world: ModelWorld): Promise<void> => {
      await Promise.all([act(world), late && overtaking(world, late, base)]);
    };
    const given = asks.map((each): Ask => ({ ...each, height: base + each.height, slot: at ?? each.slot }));
    const shown = given.map((each) => `${each.signer}/${each.slot}@${each.height}=${each.message}/${each.form}`).join(' ');
    return [
      `ask(${seed}, ${perMille}, ${name}, ${JSON.stringify(late)}): ${shown}`,
      (world) => world.ask(given, seed, perMille, () => run(world)),
    ];
  });

async function overtaking(world: ModelWorld, { at, above, prunes, turns }: Overtake, base: number): Promise<void> {
  for (let i = 0; i < turns; i++) await undefined;
  await (prunes ? world.prune(at, base + above) : world.raise(at, base + above));
}

const copying = [
  one('backup', async (world) => world.backup()),
  which.map((each): Act => [`restore ${each}`, (world) => world.restore(each)]),
];
const commands = [
  ...Array.from({ length: 30 }, () => crowd),
  ...[unfence, unfence, unfence, unfence, exporting, importing, prepare, restart, raise, prune, foreign, foreign],
  ...copying,
  ...copying,
  one('exchange', (world) => world.exchange()),
].map((acts) => acts.map(command));

describe('against the model', () => {
  test('no two different messages ever leave for one key, chain and height', async () => {
    const tally: Tally = new Map();
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 60, size: 'max' }), async (given) => {
        const world = await ModelWorld.start(tally);
        await fc.asyncModelRun(() => ({ model: {}, real: world }), given);
      }),
      { seed: 20_251_121, numRuns: 210 },
    );
    // What never happens is not tested.
    const least = { operation: 100_000, signed: 7_000, returned: 5_000, restart: 1_000, restore: 100, exchange: 50, import: 100 };
    const refusals = { 'signer.double-sign': 5_000, 'signer.fenced': 1_000, 'signer.below-watermark': 1_000, 'signer.key-condemned': 100 };
    for (const [what, times] of Object.entries({ ...least, ...refusals, 'store.unavailable': 5_000, contradiction: 5 })) {
      expect([what, (tally.get(what) ?? 0) >= times]).toEqual([what, true]);
    }
  }, 300_000);

  test('nor from one process under which its store is exchanged for older copies of itself, without any witness', async () => {
    const act = fc.oneof(
      { weight: 12, arbitrary: fc.record({ kind: fc.constant('ask' as const), height: fc.nat(12), message: fc.nat(2) }) },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constantFrom('copy' as const, 'back' as const), height: fc.nat(3), message: fc.nat(0) }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('raise' as const), height: fc.nat(12), message: fc.nat(0) }) },
    );
    let fenced = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 60, size: 'max' }), async (acts) => {
        let inner = new MemoryStore();
        const copies = [inner.image()];
        const store: SignStore = new Proxy(inner, { get: (_, name) => Reflect.get(inner, name, inner).bind(inner) });
        const at = world({ store });
        const left = new Map<bigint, string>();
        for (const { kind, height, message } of acts) {
          if (kind === 'copy') copies.push(inner.image());
          else if (kind === 'back') inner = new MemoryStore(copies.at(-1 - (height % copies.length)));
          else if (kind === 'raise') await inner.raiseWatermark(at.slot, BigInt(height));
          else {
            const outcome = await ask(at, BigInt(height), String(message));
            if (outcome.kind === 'refused') fenced += outcome.refusal.code === 'signer.fenced' ? 1 : 0;
            else expect(left.set(BigInt(height), left.get(BigInt(height)) ?? String(message)).get(BigInt(height))).toBe(String(message));
          }
        }
      }),
      { seed: 20_251_121, numRuns: 400 },
    );
    expect(fenced).toBeGreaterThan(500);
  });
});
