// When randomness is committed: the table of finality-provider's loop, its edges, and a provider that follows the plan for a long time.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Networks from '../../src/babylon/Networks.ts';
import * as RandomnessPlan from '../../src/babylon/RandomnessPlan.ts';
import { codeOf, SEED } from '../support/stakes.ts';

const settings: RandomnessPlan.Settings = {
  numPubRand: 50_000,
  timestampingDelayBlocks: 6_000n,
  minPubRand: 8_192n,
  finalityActivationHeight: 27_600n,
};
const next = (facts: Partial<RandomnessPlan.Facts>, changes: Partial<RandomnessPlan.Settings> = {}) =>
  RandomnessPlan.next({ ...settings, ...changes }, { tipHeight: 1_000_000n, lastCommittedHeight: undefined, ...facts });
const commit = (startHeight: bigint, reason: string, gap?: { from: bigint; to: bigint }) => ({
  kind: 'commit',
  startHeight,
  numPubRand: 50_000,
  reason,
  gap,
});

describe('the loop', () => {
  it.each([
    ['nothing was committed', undefined, commit(1_006_000n, 'first')],
    ['the last height is long past', 900_000n, commit(1_006_000n, 'behind', { from: 900_001n, to: 1_005_999n })],
    ['one height less than without gap', 1_005_998n, commit(1_006_000n, 'behind', { from: 1_005_999n, to: 1_005_999n })],
    ['the last before D - 1: no gap', 1_005_999n, commit(1_006_000n, 'behind')],
    ['the last is D', 1_006_000n, commit(1_006_001n, 'extend')],
    ['the last is D + n - 1', 1_055_999n, commit(1_056_000n, 'extend')],
  ] as const)('%s', (_, lastCommittedHeight, expected) => {
    expect(next({ lastCommittedHeight })).toEqual(expected);
  });

  it('does nothing from D + n on, and says when there is something to do again', () => {
    expect(next({ lastCommittedHeight: 1_056_000n })).toEqual({ kind: 'nothing', reason: 'enough', dueAtTip: 1_000_001n });
    expect(next({ lastCommittedHeight: 1_060_000n })).toEqual({ kind: 'nothing', reason: 'enough', dueAtTip: 1_004_001n });
    expect(next({ lastCommittedHeight: 1_060_000n, tipHeight: 1_004_000n }).kind).toBe('nothing');
    expect(next({ lastCommittedHeight: 1_060_000n, tipHeight: 1_004_001n })).toEqual(commit(1_060_001n, 'extend'));
  });

  it('never starts below the activation of finality', () => {
    expect(next({ tipHeight: 100n })).toEqual(commit(27_600n, 'first'));
    expect(next({ tipHeight: 21_600n })).toEqual(commit(27_600n, 'first'));
    expect(next({ tipHeight: 21_601n })).toEqual(commit(27_601n, 'first'));
  });

  it('never starts where the chain takes no start: 160000 above the block that would execute it', () => {
    const far = { finalityActivationHeight: 200_000n };
    expect(next({ tipHeight: 39_999n }, far)).toEqual({ kind: 'nothing', reason: 'too-far-ahead', dueAtTip: 40_000n });
    expect(next({ tipHeight: 40_000n }, far)).toEqual(commit(200_000n, 'first'));
    expect(next({}, { timestampingDelayBlocks: 160_001n })).toEqual({ kind: 'nothing', reason: 'too-far-ahead', dueAtTip: undefined });
    expect(next({}, { timestampingDelayBlocks: 160_000n }).kind).toBe('commit');
  });

  it('says why nothing is due for a provider that cannot commit, and while a commitment is under way', () => {
    const provider = { registered: true, slashed: false, softDeleted: false };
    const why = (facts: Partial<RandomnessPlan.Facts>): string => next(facts).reason;
    expect(why({ provider })).toBe('first');
    expect(why({ provider: { ...provider, registered: false } })).toBe('not-registered');
    expect(why({ provider: { ...provider, slashed: true } })).toBe('slashed');
    expect(why({ provider: { ...provider, softDeleted: true } })).toBe('deleted');
    expect(why({ inFlight: true })).toBe('in-flight');
    expect(why({ tipHeight: 0xffff_ffff_ffff_fff0n })).toBe('end-of-heights');
    // The last height that can be named is 2^64 - 2: the chain adds start and count, and refuses a sum that wraps (finality/1117).
    const end = 0xffff_ffff_ffff_ffffn - 50_000n;
    expect(why({ tipHeight: end - 7_000n, lastCommittedHeight: end - 1n })).toBe('extend');
    expect(why({ tipHeight: end - 7_000n, lastCommittedHeight: end })).toBe('end-of-heights');
  });

  it('refuses settings that the chain refuses, and numbers that are none', () => {
    expect(codeOf(() => next({}, { numPubRand: 8_191 }))).toBe('randomness-plan.too-few');
    expect(next({}, { numPubRand: 8_192 }).kind).toBe('commit');
    expect(codeOf(() => next({}, { numPubRand: 0 }))).toBe('input.out-of-range');
    expect(codeOf(() => next({ tipHeight: -1n }))).toBe('input.out-of-range');
    expect(codeOf(() => next({ tipHeight: 5 as unknown as bigint }))).toBe('input.not-integer');
  });
});

describe('the delay', () => {
  it('of mainnet is that of 300 Bitcoin blocks and of an epoch, not 6000', () => {
    expect(RandomnessPlan.settingsOf(Networks.from('bbn-1'))).toEqual({
      numPubRand: 50_000,
      timestampingDelayBlocks: 18_360n,
      minPubRand: 8_192n,
      finalityActivationHeight: 27_600n,
    });
  });

  it('grows with faster blocks and rounds up', () => {
    const delay = (babylonBlockSeconds: number): bigint =>
      RandomnessPlan.timestampingDelay({ finalizationTimeoutBlocks: 100, epochInterval: 360n, babylonBlockSeconds });
    expect([delay(10), delay(7), delay(60)]).toEqual([6_360n, 8_932n, 1_360n]);
  });

  it('can be set', () => {
    const changed = RandomnessPlan.settingsOf(Networks.from('bbn-1'), { timestampingDelayBlocks: 20_000n, numPubRand: 9_000 });
    expect([changed.timestampingDelayBlocks, changed.numPubRand]).toEqual([20_000n, 9_000]);
    expect(codeOf(() => RandomnessPlan.settingsOf(Networks.from('bbn-1'), { numPubRand: 5 }))).toBe('randomness-plan.too-few');
  });
});

describe('a provider that follows the plan', () => {
  it('never overlaps, keeps to the rule in each step, and is covered from the first start on as long as it looks often enough', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400 }),
        fc.bigInt({ min: 0n, max: 300n }),
        fc.bigInt({ min: 0n, max: 2_000n }),
        fc.array(fc.bigInt({ min: 0n, max: 90n }), { minLength: 5, maxLength: 60 }),
        (numPubRand, timestampingDelayBlocks, finalityActivationHeight, steps) => {
          const own = { numPubRand, timestampingDelayBlocks, finalityActivationHeight, minPubRand: 1n };
          let tipHeight = 1_000n;
          let lastCommittedHeight: bigint | undefined;
          for (const step of steps) {
            const plan = RandomnessPlan.next(own, { tipHeight, lastCommittedHeight });
            const last = lastCommittedHeight ?? 0n;
            if (plan.kind === 'commit') {
              expect(plan.startHeight).toBeGreaterThan(last);
              expect(plan.startHeight).toBeGreaterThanOrEqual(finalityActivationHeight);
              if (plan.gap !== undefined) expect(plan.gap).toEqual({ from: last + 1n, to: plan.startHeight - 1n });
              lastCommittedHeight = plan.startHeight + BigInt(numPubRand) - 1n;
            } else {
              expect(plan.reason).toBe('enough');
              expect(last).toBeGreaterThanOrEqual(tipHeight + timestampingDelayBlocks + BigInt(numPubRand));
              expect(plan.dueAtTip).toBeGreaterThan(tipHeight);
              expect(RandomnessPlan.next(own, { tipHeight: plan.dueAtTip ?? 0n, lastCommittedHeight }).kind).toBe('commit');
              expect(RandomnessPlan.next(own, { tipHeight: (plan.dueAtTip ?? 0n) - 1n, lastCommittedHeight }).kind).toBe('nothing');
            }
            tipHeight += step;
          }
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });
});
