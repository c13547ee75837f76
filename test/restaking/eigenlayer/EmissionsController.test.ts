// EmissionsController: mainnet's emission, epochs and weights, every refusal; worked by hand from the contract's rules.
import { beforeEach, describe, expect, it } from 'vitest';
import * as Emissions from '../../../src/restaking/eigenlayer/EmissionsController.ts';
import type { State } from '../../../src/restaking/eigenlayer/ledger/state.ts';
import * as RewardsConfig from '../../../src/restaking/eigenlayer/RewardsConfig.ts';
import * as RewardsCoordinator from '../../../src/restaking/eigenlayer/RewardsCoordinator.ts';
import * as Views from '../../../src/restaking/eigenlayer/RewardsCoordinatorViews.ts';
import { rewardsView } from '../../../src/restaking/eigenlayer/rewards/rewardsView.ts';
import { addOperatorSet, errorOf as errorIn, rewardsLedger } from './rewardsLedger.ts';

const START = 1_773_878_400n;
const WEEK = 604_800n;
const RATE = 2_356_969_864_211_533_000_000_000n;
const STRATEGIES = [['S1', 10n ** 18n]] as const;

let ledger: State;
const at = (time: bigint): void => ledger.setClock({ block: ledger.block + 1n, time });
const distribution = (over: Partial<Emissions.DistributionRequest> = {}): Emissions.DistributionRequest => ({
  distributionType: 'RewardsForAllEarners',
  weight: 5_000n,
  startEpoch: 0n,
  totalEpochs: 0n,
  submissions: [STRATEGIES],
  ...over,
});
const add = (over: Partial<Emissions.DistributionRequest> = {}) => Emissions.addDistribution(ledger, { distribution: distribution(over) });
const errorOf = (run: () => object): unknown => errorIn(ledger, run);
const press = (length = 100n) => Emissions.pressButton(ledger, { length });

beforeEach(() => {
  ledger = rewardsLedger({ startTime: START - 10n });
  addOperatorSet(ledger, 'avs', 1n);
});

describe('an epoch', () => {
  it('mints once and gives out by weight, equal parts, the rest swept', () => {
    add({ weight: 3_333n, submissions: [STRATEGIES, STRATEGIES, STRATEGIES, STRATEGIES, STRATEGIES, STRATEGIES, STRATEGIES] });
    add({ distributionType: 'Manual', weight: 1n, submissions: [] });
    add({ distributionType: 'EigenDA', weight: 6_666n, operatorSet: { avs: 'eigenDA', id: 0n } });
    at(START);
    expect(Emissions.isButtonPressable(ledger)).toBe(true);
    expect(press(2n)).toEqual({ epoch: 0n, minted: RATE, processed: [{ distributionId: 0n }, { distributionId: 1n }] });
    expect(Emissions.sweep(ledger)).toEqual({ swept: 0n });
    expect(press()).toEqual({ epoch: 0n, minted: 0n, processed: [{ distributionId: 2n }] });
    // 2356969864211533000000000 * 3333 / 10000 = 785578055741703948900000; / 7 = 112225436534529135557142 and 6 wei remain.
    const each = 112_225_436_534_529_135_557_142n;
    const manual = 235_696_986_421_153_300_000n;
    const eigenDA = 1_571_156_111_483_407_897_800_000n;
    expect(Views.submissions(ledger, 'EmissionsController').map(({ amount }) => amount)).toEqual(Array(7).fill(each));
    expect(Views.submissions(ledger, 'eigenDA')).toMatchObject([
      { kind: 'avs', amount: eigenDA, startTimestamp: START, duration: WEEK, token: 'EIGEN' },
    ]);
    expect(rewardsView(ledger).balances).toEqual({
      EIGEN: { bEIGEN: `${RATE}` },
      RC: { EIGEN: `${7n * each + eigenDA}` },
      incentiveCouncil: { EIGEN: `${manual}` },
      EmissionsController: { EIGEN: `${RATE - 7n * each - eigenDA - manual}` },
    });
    expect(Emissions.sweep(ledger)).toEqual({ swept: 6n });
    expect(Emissions.sweep(ledger)).toEqual({ swept: 0n });
    expect(errorOf(() => press())).toBe('AllDistributionsProcessed');
    at(START + WEEK);
    expect(press()).toMatchObject({ epoch: 1n, minted: RATE });
  });

  it('is skipped by what is disabled, has not started, or has ended', () => {
    add({ weight: 1_000n, startEpoch: 1n, totalEpochs: 2n });
    add({ weight: 1_000n });
    at(START);
    expect(press().processed).toEqual([{ distributionId: 1n }]);
    Emissions.updateDistribution(ledger, {
      distributionId: 1n,
      distribution: distribution({ distributionType: 'Disabled', weight: 0n, startEpoch: 1n }),
    });
    expect(Emissions.totalWeight(ledger)).toBe(1_000n);
    const processed = [1n, 2n, 3n].map((epoch) => {
      at(START + epoch * WEEK);
      return press().processed.map(({ distributionId }) => distributionId);
    });
    expect(processed).toEqual([[0n], [0n], []]);
  });

  it('goes on where a submission is refused; its tokens stay for the council', () => {
    add({ distributionType: 'OperatorSetUniqueStake', weight: 2_000n, operatorSet: { avs: 'avs', id: 1n } });
    add({ weight: 1_000n });
    ledger.setPaused('RewardsCoordinator', 4, true);
    at(START);
    expect(press().processed).toEqual([
      { distributionId: 0n, error: 'InvalidPermissions' },
      { distributionId: 1n, error: 'CurrentlyPaused' },
    ]);
    expect(Emissions.sweep(ledger)).toEqual({ swept: RATE });
    expect(Views.submissionNonce(ledger, 'avs')).toBe(0n);
  });

  it('does not process what was added in it', () => {
    add();
    at(START);
    press();
    expect(add({ startEpoch: 1n })).toEqual({ distributionId: 1n });
    expect(Emissions.getTotalProcessableDistributions(ledger)).toBe(1n);
    expect(Emissions.isButtonPressable(ledger)).toBe(false);
    at(START + WEEK);
    expect(Emissions.getTotalProcessableDistributions(ledger)).toBe(2n);
    expect(press().processed.length).toBe(2);
  });

  it('with more submissions than wei gives nothing', () => {
    ledger = rewardsLedger({ startTime: START - 1n, rewards: { emissions: { inflationRate: 2n } } });
    Emissions.setIncentiveCouncil(ledger, { incentiveCouncil: 'council2' });
    at(START - 1n);
    add({ weight: 5_000n, submissions: [STRATEGIES, STRATEGIES] });
    add({ weight: 4_999n });
    at(START);
    expect(press().processed).toEqual([]);
    expect(Emissions.sweep(ledger)).toEqual({ swept: 2n });
    expect(rewardsView(ledger).balances['council2']).toEqual({ EIGEN: '2' });
  });

  it('ends at its boundary', () => {
    expect(Emissions.getCurrentEpoch(ledger)).toBe((1n << 256n) - 1n);
    expect(Emissions.nextTimeButtonPressable(ledger)).toBe(START);
    at(START + WEEK - 1n);
    expect([Emissions.getCurrentEpoch(ledger), Emissions.lastTimeButtonPressable(ledger)]).toEqual([0n, START]);
    at(START + WEEK);
    expect([Emissions.getCurrentEpoch(ledger), Emissions.nextTimeButtonPressable(ledger)]).toEqual([1n, START + 2n * WEEK]);
  });
});

describe('refusals leave no trace', () => {
  it('before the start and while work is left', () => {
    add();
    expect(errorOf(() => press())).toBe('EmissionsNotStarted');
    at(START);
    expect(errorOf(() => add({ startEpoch: 1n }))).toBe('AllDistributionsMustBeProcessed');
    const update = { distributionId: 0n, distribution: distribution({ startEpoch: 1n }) };
    expect(errorOf(() => Emissions.updateDistribution(ledger, update))).toBe('AllDistributionsMustBeProcessed');
    press();
    expect(errorOf(() => add())).toBe('StartEpochMustBeInTheFuture');
    expect(errorOf(() => add({ startEpoch: 1n, weight: 5_001n }))).toBe('TotalWeightExceedsMax');
    expect(errorOf(() => add({ startEpoch: 1n, submissions: [] }))).toBe('RewardsSubmissionsCannotBeEmpty');
    expect(errorOf(() => add({ startEpoch: 1n, weight: 5_000n }))).toBe('ok');
    expect(errorOf(() => Emissions.updateDistribution(ledger, { ...update, distributionId: 7n }))).toBe('Panic(0x32)');
  });

  it('of who may not, and of what is not', () => {
    const set = { distributionType: 'OperatorSetTotalStake', operatorSet: { avs: 'avs', id: 2n } } as const;
    expect(errorOf(() => add(set))).toBe('OperatorSetNotRegistered');
    expect(errorOf(() => add({ distributionType: 'Disabled' }))).toBe('CannotAddDisabledDistribution');
    const byOther = { distribution: distribution({ distributionType: 'Disabled' }), caller: 'mallory' };
    expect(errorOf(() => Emissions.addDistribution(ledger, byOther))).toBe('CallerIsNotIncentiveCouncil');
    const council = (caller: string, incentiveCouncil: string) => Emissions.setIncentiveCouncil(ledger, { caller, incentiveCouncil });
    expect(errorOf(() => council('mallory', 'x'))).toBe('Error(Ownable: caller is not the owner)');
    expect(errorOf(() => council('owner', `0x${'0'.repeat(40)}`))).toBe('InputAddressZero');
    ledger.setPaused('EmissionsController', 0, true);
    expect(errorOf(() => press())).toBe('CurrentlyPaused');
    expect(errorOf(() => Emissions.sweep(ledger))).toBe('CurrentlyPaused');
  });

  it('when a last epoch does not fit: the whole press', () => {
    add({ weight: 1n });
    add({ weight: 1n, totalEpochs: (1n << 64n) - 1n, startEpoch: 0n });
    at(START);
    expect(press().processed.length).toBe(2);
    add({ weight: 1n, totalEpochs: (1n << 64n) - 1n, startEpoch: 1n });
    at(START + WEEK);
    expect(errorOf(() => press())).toBe('Panic(0x11)');
    expect(press(2n).processed.length).toBe(2);
  });

  it('and misuse is no revert', () => {
    expect(() => add({ weight: -1n })).toThrow('input.out-of-range');
    expect(() => add({ submissions: [[['S9', 1n]]] })).toThrow('eigenlayer.unknown-id');
    expect(() => add({ distributionType: 'EigenDA' })).toThrow('input.missing');
    expect(() => RewardsConfig.config({ emissions: { startTime: START + 1n } })).toThrow('eigenlayer.not-aligned');
    expect(() =>
      RewardsCoordinator.submitRewards(ledger, { type: 'avs', avs: 'a', token: 'T', startTimestamp: 0n, duration: 0n, strategies: [] }),
    ).toThrow('input.missing');
  });
});
