// Who is active, in which order, and when a height is final: more than two thirds, not two thirds.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as VotingPower from '../../src/babylon/VotingPower.ts';
import { codeOf, filled, SEED } from '../support/stakes.ts';

const entry = (byte: number, bondedSats: bigint, changes: Partial<VotingPower.Entry> = {}): VotingPower.Entry => ({
  btcPk: filled(32, byte),
  bondedSats,
  timestamped: true,
  jailed: false,
  slashed: false,
  ...changes,
});
const shown = ({ ranked }: VotingPower.Table) => ranked.map(({ btcPk, power }) => [btcPk[0], power]);

describe('the table', () => {
  it('ranks by satoshi, then by key; those that cannot vote come after, by key alone', () => {
    const table = VotingPower.table(
      [
        entry(9, 900n, { jailed: true }),
        entry(8, 50n),
        entry(3, 50n),
        entry(7, 800n, { timestamped: false }),
        entry(5, 70n),
        entry(6, 60n, { slashed: true }),
      ],
      10,
    );
    expect(shown(table)).toEqual([
      [5, 70n],
      [3, 50n],
      [8, 50n],
      [6, 0n],
      [7, 0n],
      [9, 0n],
    ]);
    expect([table.active, table.totalPower]).toEqual([3, 170n]);
  });

  it('has as many active ones as the chain allows, and none without satoshi', () => {
    const table = VotingPower.table([entry(1, 5n), entry(2, 4n), entry(3, 3n), entry(4, 0n)], 2);
    expect([table.active, table.totalPower, shown(table)[2]]).toEqual([2, 9n, [3, 0n]]);
    expect(VotingPower.table([entry(1, 5n), entry(4, 0n)], 9).active).toBe(1);
    expect(VotingPower.table([], 9)).toEqual({ ranked: [], active: 0, totalPower: 0n });
  });

  it('is refused over a provider that is given twice', () => {
    expect(codeOf(() => VotingPower.table([entry(1, 5n), entry(2, 4n), entry(1, 6n)], 2))).toBe('voting-power.repeated-provider');
    expect(codeOf(() => VotingPower.table([entry(1, -5n)], 2))).toBe('input.out-of-range');
    expect(codeOf(() => VotingPower.table([], 0))).toBe('input.out-of-range');
  });

  it('does not depend on the order in which providers are given', () => {
    const entries = fc.uniqueArray(fc.integer({ min: 0, max: 255 }), { maxLength: 12 }).chain((bytes) =>
      fc.tuple(
        fc.constant(bytes),
        fc.array(fc.tuple(fc.bigInt({ min: 0n, max: 3n }), fc.boolean(), fc.boolean()), {
          minLength: bytes.length,
          maxLength: bytes.length,
        }),
      ),
    );
    fc.assert(
      fc.property(entries, fc.integer({ min: 1, max: 8 }), ([bytes, facts], max) => {
        const list = bytes.map((byte, i) =>
          entry(byte, facts[i]?.[0] ?? 0n, { timestamped: facts[i]?.[1] ?? true, jailed: facts[i]?.[2] ?? false }),
        );
        const table = VotingPower.table(list, max);
        expect(VotingPower.table([...list].reverse(), max)).toEqual(table);
        expect(table.ranked.filter(({ power }) => power > 0n)).toHaveLength(table.active);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });
});

describe('finality', () => {
  it('needs more than two thirds', () => {
    expect([
      VotingPower.isFinal(2n, 3n),
      VotingPower.isFinal(67n, 100n),
      VotingPower.isFinal(66n, 100n),
      VotingPower.isFinal(0n, 0n),
    ]).toEqual([false, true, false, false]);
    expect(VotingPower.isFinal(200_000_000_000_001n, 300_000_000_000_001n)).toBe(true);
    expect(codeOf(() => VotingPower.isFinal(4n, 3n))).toBe('input.out-of-range');
  });

  it('counts the active ones alone, each once', () => {
    const table = VotingPower.table([entry(1, 40n), entry(2, 30n), entry(3, 30n), entry(4, 29n)], 3);
    const tally = (...bytes: readonly number[]) =>
      VotingPower.tally(
        table,
        bytes.map((byte) => filled(32, byte)),
      );
    expect(tally(1, 2)).toEqual({ votedPower: 70n, final: true });
    expect(tally(2, 3, 3, 3)).toEqual({ votedPower: 60n, final: false });
    expect(tally(2, 4)).toEqual({ votedPower: 30n, final: false });
    expect(tally(9)).toEqual({ votedPower: 0n, final: false });
  });
});
