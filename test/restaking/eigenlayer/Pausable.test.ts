// Switches of the contracts: which way they may be turned, and that each stops its functions, before anything else is looked at.
import { beforeEach, describe, expect, it } from 'vitest';
import * as Config from '../../../src/restaking/eigenlayer/Config.ts';
import * as EigenLayer from '../../../src/restaking/eigenlayer/EigenLayer.ts';
import type { Operation } from '../../../src/restaking/eigenlayer/Operations.ts';
import * as Pausable from '../../../src/restaking/eigenlayer/Pausable.ts';
import { codeOf } from '../support.ts';
import { CONFIG, HISTORY } from './history.ts';

const MAX = (1n << 256n) - 1n;
let ledger: EigenLayer.Ledger;
beforeEach(() => {
  ledger = EigenLayer.create(CONFIG);
});

const change = (op: 'pause' | 'unpause', newPausedStatus: bigint, contract: Pausable.Contract = 'DelegationManager'): unknown =>
  EigenLayer.apply(ledger, { op, contract, newPausedStatus });
const status = (contract: Pausable.Contract = 'DelegationManager'): bigint => Pausable.paused(ledger, { contract });

const OK = { ok: true };
const REFUSED = { ok: false, error: 'InvalidNewPausedStatus' };

describe('the status of a contract', () => {
  it('only gains bits by pause, and only loses them by unpause', () => {
    expect([status(), change('pause', 0b101n), status()]).toEqual([0n, OK, 0b101n]);
    expect([change('pause', 0b110n), change('pause', 0b100n), change('pause', 0n), status()]).toEqual([REFUSED, REFUSED, REFUSED, 0b101n]);
    expect([change('pause', 0b101n), change('pause', 0b111n), status()]).toEqual([OK, OK, 0b111n]);
    expect([change('unpause', 0b1000n), change('unpause', 0b1001n), status()]).toEqual([REFUSED, REFUSED, 0b111n]);
    expect([change('unpause', 0b111n), change('unpause', 0b010n), status()]).toEqual([OK, OK, 0b010n]);
    expect([change('unpause', 0n), status()]).toEqual([OK, 0n]);
  });

  it('has 256 bits', () => {
    expect(EigenLayer.apply(ledger, { op: 'pauseAll', contract: 'DelegationManager' })).toEqual(OK);
    expect([status(), change('unpause', MAX - 2n), status()]).toEqual([MAX, OK, MAX - 2n]);
    expect(codeOf(() => change('pause', MAX + 1n))).toBe('operation.bad-field');
    expect(codeOf(() => Pausable.pause(ledger, { contract: 'DelegationManager', newPausedStatus: MAX + 1n }))).toBe('input.out-of-range');
  });

  it('is its own for each contract and each vault, and part of the state', () => {
    change('pause', 7n, 'StrategyManager');
    EigenLayer.apply(ledger, { op: 'pause', contract: 'StrategyBase', strategy: 'S1', newPausedStatus: 1n });
    const again = EigenLayer.fromJson(EigenLayer.toJson(ledger));
    expect([status(), status('StrategyManager')]).toEqual([0n, 7n]);
    for (const one of [ledger, again, EigenLayer.fork(ledger)]) {
      expect(Pausable.paused(one, { contract: 'StrategyManager' })).toBe(7n);
      expect(Pausable.paused(one, { contract: 'StrategyBase', strategy: 'S1' })).toBe(1n);
      expect(Pausable.paused(one, { contract: 'StrategyBase', strategy: 'T' })).toBe(0n);
    }
  });

  it('leaves nothing behind when all is on again', () => {
    const before = EigenLayer.toJson(ledger);
    change('pause', 7n);
    change('unpause', 0n);
    expect(EigenLayer.toJson(ledger)).toEqual(before);
  });

  it('is asked for by the name of a contract, of a vault with its strategy', () => {
    const paused = (request: object): string => codeOf(() => Pausable.paused(ledger, request as Pausable.PausedRequest));
    expect(paused({ contract: 'AVSDirectory' })).toBe('eigenlayer.unknown-contract');
    expect(paused({ contract: 5 })).toBe('input.not-text');
    expect(paused({ contract: 'StrategyBase' })).toBe('input.missing');
    expect(paused({ contract: 'StrategyBase', strategy: 'S9' })).toBe('eigenlayer.unknown-id');
    expect(paused({ contract: 'StrategyBase', strategy: Config.BEACON })).toBe('eigenlayer.unknown-id');
    expect(paused({ contract: 'StrategyManager', strategy: 'S1' })).toBe('eigenlayer.unused-field');
    expect(codeOf(() => Pausable.pauseAll(ledger, null as never))).toBe('input.missing');
  });
});

const SWITCHES = Object.entries(Pausable.BITS).flatMap(([contract, bits]) =>
  Object.entries(bits).map(([name, bit]) => [contract as Pausable.Contract, name, bit] as const),
);

/** Which operation each switch stops; those that are not in the history by hand. */
const STOPS: Readonly<Record<string, Operation['op'] | Operation>> = {
  'AllocationManager modifyAllocations': 'modifyAllocations',
  'AllocationManager operatorSlashing': 'slash',
  'AllocationManager operatorSetRegistrationAndDeregistration': 'registerForOperatorSets',
  'DelegationManager newDelegation': 'registerOperator',
  'DelegationManager enterWithdrawalQueue': 'queueWithdrawal',
  'DelegationManager exitWithdrawalQueue': 'completeWithdrawal',
  'EigenPodManager newEigenPods': 'createPod',
  'EigenPodManager verifyCredentials': 'verifyWithdrawalCredentials',
  'EigenPodManager startCheckpoint': 'startCheckpoint',
  'EigenPodManager verifyCheckpointProofs': 'verifyCheckpointProofs',
  'EigenPodManager verifyStaleBalance': 'verifyStaleBalance',
  'EmissionsController tokenFlows': 'pressButton',
  'RewardsCoordinator avsRewardsSubmission': submission('avs'),
  'RewardsCoordinator rewardsForAllSubmission': submission('forAll'),
  'RewardsCoordinator processClaim': 'claim',
  'RewardsCoordinator submitDisableRoots': 'submitRoot',
  'RewardsCoordinator rewardAllStakersAndOperators': submission('allEarners'),
  'RewardsCoordinator operatorDirectedAVSRewardsSubmission': { ...submission('operatorDirectedAVS'), operatorRewards: [] },
  'RewardsCoordinator operatorAVSSplit': 'setSplit',
  'RewardsCoordinator operatorPISplit': { op: 'setSplit', kind: 'pi', operator: 'op2', split: 1n },
  'RewardsCoordinator operatorSetSplit': { op: 'setSplit', kind: 'set', operator: 'op2', avs: 'avs', id: 0n, split: 0n },
  'RewardsCoordinator operatorDirectedOperatorSetRewardsSubmission': { ...submission('operatorDirectedSet'), operatorRewards: [] },
  'RewardsCoordinator uniqueStakeRewardsSubmission': submission('uniqueStake'),
  'RewardsCoordinator totalStakeRewardsSubmission': submission('totalStake'),
  'StrategyBase deposits': 'deposit',
  'StrategyBase withdrawals': 'completeWithdrawal',
  'StrategyManager deposits': 'deposit',
  'StrategyManager burningAndRedistribution': 'clearBurnOrRedistributableShares',
};

function submission(type: 'avs' | 'forAll' | 'allEarners' | 'uniqueStake' | 'totalStake' | 'operatorDirectedAVS' | 'operatorDirectedSet') {
  return {
    op: 'submitRewards',
    type,
    avs: 'avs',
    id: 0n,
    token: 'USD',
    amount: 0n,
    startTimestamp: 0n,
    duration: 0n,
    strategies: [],
  } as const;
}

describe.each(SWITCHES)('%s %s', (contract, name, bit) => {
  it('stops its functions, and no other switch does', () => {
    const stopped = STOPS[`${contract} ${name}`];
    const place = typeof stopped === 'string' ? HISTORY.findIndex(({ op }) => op === stopped) : HISTORY.length;
    for (const operation of HISTORY.slice(0, place)) if (!operation.op.startsWith('pause')) EigenLayer.apply(ledger, operation);
    const operation = typeof stopped === 'string' ? HISTORY[place] : stopped;
    if (operation === undefined) throw new Error(`nothing is known that ${name} stops`);
    const run = (newPausedStatus: bigint): unknown => {
      const fork = EigenLayer.fork(ledger);
      Pausable.pause(fork, { contract, newPausedStatus, ...(contract === 'StrategyBase' ? { strategy: 'S1' } : {}) });
      return EigenLayer.apply(fork, operation);
    };
    expect(run(1n << BigInt(bit))).toEqual({ ok: false, error: 'CurrentlyPaused' });
    // Of a deposit the vault's own switch is asked too, a stale balance starts a checkpoint.
    const others = Object.values(Pausable.BITS[contract]).reduce((sum, other) => sum | (1n << BigInt(other)), 0n);
    const rest = MAX ^ (name === 'verifyStaleBalance' ? others : 1n << BigInt(bit));
    expect(run(rest)).not.toEqual({ ok: false, error: 'CurrentlyPaused' });
  });
});
