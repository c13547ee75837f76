// The off-chain calculation against its own SQL: data/rewards-calculation.json.gz holds random snapshots, submissions of all kinds, and what
// the queries of Layr-Labs/sidecar pkg/rewards/1_…22_gold….go (commit f98a5a64) made of them in PostgreSQL 15.18. Further the worked
// example of that repository's docs/docs/sidecar/rewards/calculation.md (sections 2 and 3), and quotients that PostgreSQL computed.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Calculation from '../../../src/restaking/eigenlayer/RewardsCalculation.ts';
import * as RewardsMerkle from '../../../src/restaking/eigenlayer/RewardsMerkle.ts';
import * as Snapshots from '../../../src/restaking/eigenlayer/RewardsSnapshots.ts';
import * as Numeric from '../../../src/restaking/eigenlayer/rewards/numeric.ts';

type Round = {
  readonly snapshots: readonly Calculation.DaySnapshot[];
  readonly submissions: readonly Calculation.SubmissionTerms[];
  readonly rewards: readonly string[];
};

const text = gunzipSync(readFileSync(new URL('./data/rewards-calculation.json.gz', import.meta.url))).toString('utf8');
const { rounds } = JSON.parse(text, (key, value: unknown) =>
  key !== 'rewards' && typeof value === 'string' && /^[0-9]+$/.test(value) ? BigInt(value) : value,
) as { readonly rounds: readonly Round[] };

const DAY = 86_400n;
const dateOf = (time: bigint): string => new Date(Number(time) * 1000).toISOString().slice(0, 10);
const E18 = 10n ** 18n;

describe('the SQL of the sidecar', () => {
  it.each(rounds.map((round, i) => [i, round] as const))('round %i: every earner, every day, every kind, to the wei', (_i, round) => {
    const rows = round.submissions.flatMap((submission) =>
      Calculation.rewardsOf(submission, round.snapshots).map(
        ({ day, earner, amount }) => `${submission.kind} ${dateOf(day)} ${earner} ${amount}`,
      ),
    );
    expect(rows.sort()).toEqual([...round.rewards].sort());
  });

  it('is there in all six kinds, with refunds', () => {
    const all = rounds.flatMap(({ rewards }) => rewards);
    for (const kind of ['avs', 'allEarners', 'uniqueStake', 'totalStake', 'operatorDirectedAVS', 'operatorDirectedSet'])
      expect(all.filter((row) => row.startsWith(`${kind} `)).length).toBeGreaterThan(100);
    expect(all.filter((row) => row.includes(' avs ')).length).toBeGreaterThan(20);
  });
});

describe('the worked example of the sidecar', () => {
  const day = (time: string): bigint => BigInt(Date.parse(`${time}T00:00:00Z`) / 1000);
  const submission: Calculation.SubmissionTerms = {
    kind: 'avs',
    avs: 'AVS1',
    operatorSetId: null,
    amount: 21n * E18,
    operatorRewards: null,
    strategies: [
      ['stETH', E18],
      ['rETH', 2n * E18],
    ],
    startTimestamp: day('2024-04-21'),
    duration: 21n * DAY,
  };
  const operators = (restaked: readonly string[], first: readonly Calculation.StakerDay[]): Calculation.OperatorDay[] => [
    { operator: 'Operator1', avss: [{ avs: 'AVS1', strategies: restaked }], stakers: first },
    {
      operator: 'Operator2',
      avss: [{ avs: 'AVS1', strategies: ['stETH'] }],
      stakers: [{ staker: 'Staker3', shares: [['stETH', 2n * E18]] }],
    },
  ];
  // The state table of the document gives Staker1 2e18 rETH on the second day, its results are those of 1e18.
  const snapshots: Calculation.DaySnapshot[] = [
    { day: day('2024-04-25'), operators: operators(['stETH'], [{ staker: 'Staker1', shares: [['stETH', E18]] }]) },
    {
      day: day('2024-04-26'),
      operators: operators(
        ['stETH', 'rETH'],
        [
          {
            staker: 'Staker1',
            shares: [
              ['stETH', E18],
              ['rETH', E18],
            ],
          },
          { staker: 'Staker2', shares: [['stETH', E18]] },
        ],
      ),
    },
  ];

  it('gives its operators and stakers the printed tokens', () => {
    expect(Calculation.tokensPerDay(21n * E18, 21n * DAY)).toBe(E18);
    const rewards = Calculation.rewardsOf(submission, snapshots);
    const of = (time: string): object =>
      Object.fromEntries(rewards.filter((each) => each.day === day(time)).map(({ earner, amount }) => [earner, amount]));
    expect(of('2024-04-25')).toEqual({
      Operator1: 33333333333333300n,
      Staker1: 299999999999999700n,
      Operator2: 66666666666666600n,
      Staker3: 599999999999999400n,
    });
    expect(of('2024-04-26')).toEqual({
      Operator1: 66666666666666600n,
      Staker1: 450000000000000000n,
      Staker2: 149999999999999400n,
      Operator2: 33333333333333300n,
      Staker3: 299999999999999700n,
    });
  });

  it('ends in a root from which everybody can claim', () => {
    const earnings = Calculation.cumulative([{ token: 'R1', rewards: Calculation.rewardsOf(submission, snapshots) }]);
    const tree = RewardsMerkle.distribution(earnings);
    expect(RewardsMerkle.claim(tree, 0n, 'Operator1', ['R1']).tokenLeaves).toEqual([
      { token: 'R1', cumulativeEarnings: 99999999999999900n },
    ]);
  });

  it('refuses what it cannot know', () => {
    const [first] = snapshots as [Calculation.DaySnapshot];
    expect(() => Calculation.rewardsOf(submission, [first, first])).toThrow('rewards.duplicate-day');
    expect(() => Calculation.rewardsOf({ ...submission, kind: 'forAll' }, [first])).toThrow('rewards.not-calculated');
    const directed = { ...submission, kind: 'operatorDirectedAVS', operatorRewards: [['Operator1', 1n]] } as const;
    expect(() => Calculation.rewardsOf(directed, snapshots)).toThrow('rewards.missing-day');
    expect(Calculation.rewardsOf(submission, [{ ...first, day: day('2024-04-21') }])).toEqual([]);
  });
});

describe("PostgreSQL's quotients", () => {
  const parse = (value: string): Numeric.Numeric => {
    const [whole, decimals = ''] = value.split('.') as [string, string?];
    return { units: BigInt(whole + decimals), scale: decimals.length };
  };
  it.each([
    ['1', '3', '0.33333333333333333333'],
    ['0.5974', '85', '0.00702823529411764706'],
    ['360181590830166131860', '199603082462819', '1804489.121039795775'],
    // No decimals are left: 123456789012345678.9 and 14285714285714285714.6 are rounded before anybody floors them.
    ['1234567890123456789000', '10000', '123456789012345679'],
    ['100000000000000000002', '7', '14285714285714285715'],
  ])('%s / %s = %s', (a, b, expected) => {
    expect(Numeric.quotient(parse(a), parse(b))).toEqual(parse(expected));
  });

  it('let a split be 1 wei more than the exact floor, which the spec of the calculation does not tell', () => {
    const amount = 1234567890123456789n * 7n;
    expect(Calculation.tokensPerDay(amount + 4n, 7n * DAY)).toBe(1234567890123456790n);
  });

  it('never give more than the tokens of a day, but for half a wei a row', () => {
    const shares = fc.bigInt({ min: 1n, max: 10n ** 27n });
    fc.assert(
      fc.property(fc.array(shares, { minLength: 1, maxLength: 8 }), fc.bigInt({ min: 1n, max: 10n ** 30n }), (stakes, amount) => {
        const stakers = stakes.map((each, i) => ({ staker: `s${i}`, shares: [['S', each]] as const }));
        const snapshot = { day: DAY, operators: [{ operator: 'op', avss: [{ avs: 'avs', strategies: ['S'] }], stakers }] };
        const terms = {
          kind: 'avs',
          avs: 'avs',
          operatorSetId: null,
          amount,
          operatorRewards: null,
          strategies: [['S', E18]],
          startTimestamp: 0n,
          duration: DAY,
        } as const;
        const total = Calculation.rewardsOf(terms, [snapshot]).reduce((sum, each) => sum + each.amount, 0n);
        expect(total).toBeLessThanOrEqual(amount);
      }),
      { seed: 9, numRuns: 200 },
    );
  });
});

describe('snapshots', () => {
  const at = (day: number, hour = 10): bigint => BigInt(day) * DAY + BigInt(hour) * 3600n;
  const on = (day: number): bigint => BigInt(day) * DAY;

  it('of a submission leave out its start and have its end', () => {
    expect(Snapshots.snapshotDays(on(3), 2n * DAY)).toEqual([on(4), on(5)]);
  });

  it('take the last change of the day before', () => {
    const changes = [
      { time: at(1), value: 100n },
      { time: at(1, 20), value: 200n },
      { time: on(3), value: 300n },
    ];
    expect([1, 2, 3, 4].map((day) => Snapshots.valueAt(changes, on(day)))).toEqual([undefined, 200n, 200n, 300n]);
    expect(() => Snapshots.valueAt([...changes].reverse(), on(1))).toThrow('rewards.not-in-order');
  });

  it('round registrations up and deregistrations down', () => {
    const changes = [
      { time: at(0), value: true },
      { time: at(3, 23), value: false },
      { time: at(5), value: true },
      { time: at(5, 11), value: false },
    ];
    expect([0, 1, 2, 3, 4, 5, 6].map((day) => Snapshots.isRegisteredAt(changes, on(day)))).toEqual([
      false,
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it('round allocations up and deallocations down, and max magnitudes down', () => {
    const changes = [
      { time: at(1), value: 5n },
      { time: at(3), value: 9n },
      { time: at(6, 1), value: 20n },
      { time: at(6), value: 2n },
    ];
    expect([1, 2, 3, 4, 5, 6].map((day) => Snapshots.allocationAt(changes, on(day)))).toEqual([0n, 5n, 5n, 9n, 9n, 2n]);
    expect([0, 1].map((day) => Snapshots.maxMagnitudeAt([{ time: at(1), value: 7n }], on(day)))).toEqual([E18, 7n]);
  });

  it('slash stakers by the event, not by the contracts', () => {
    expect(Snapshots.sharesAfterSlash(10n, E18 / 3n)).toBe(7n);
    expect(Snapshots.sharesAfterSlash(-5n, E18)).toBe(-5n);
    expect(Snapshots.beaconWadSlashed(E18, 750_000_000_000_000_001n)).toBe(249_999_999_999_999_999n);
    expect(Snapshots.beaconWadSlashed(3n, 2n)).toBe(333_333_333_333_333_334n);
  });
});
