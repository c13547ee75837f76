// DelegationManager: operators, delegation, the withdrawal queue; refusals in the contract's order. Numbers of the named traces T02, T03, T13, T22.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as AllocationManager from '../../../src/restaking/eigenlayer/AllocationManager.ts';
import * as Config from '../../../src/restaking/eigenlayer/Config.ts';
import * as DelegationManager from '../../../src/restaking/eigenlayer/DelegationManager.ts';
import * as EigenPodManager from '../../../src/restaking/eigenlayer/EigenPodManager.ts';
import { State } from '../../../src/restaking/eigenlayer/ledger/state.ts';
import * as PermissionController from '../../../src/restaking/eigenlayer/PermissionController.ts';
import { WAD } from '../../../src/restaking/eigenlayer/SlashingLib.ts';
import * as StrategyBase from '../../../src/restaking/eigenlayer/StrategyBase.ts';
import * as StrategyManager from '../../../src/restaking/eigenlayer/StrategyManager.ts';
import { Store } from '../../../src/restaking/state/store.ts';
import { advance, DELAYS, refusal } from './allocation.ts';

const DELAY = DELAYS.withdrawalDelayBlocks;
const ETHER = 10n ** 18n;
const STRATEGIES = ['S1', 'S2', 'S3'];

function newLedger(over: Partial<Config.Config> = {}): State {
  const strategies = STRATEGIES.map((id) => ({ id }));
  return new State(Config.config({ ...DELAYS, startBlock: 1000n, strategies, ...over }), new Store());
}

const register = (ledger: State, operator = 'op', delegationApprover: string | null = null) =>
  DelegationManager.registerAsOperator(ledger, { operator, allocationDelay: 0n, delegationApprover });
const deposit = (ledger: State, staker: string, amount: bigint, strategy = 'S1') =>
  StrategyManager.depositIntoStrategy(ledger, { staker, strategy, amount });
const delegate = (ledger: State, staker: string, operator = 'op') => DelegationManager.delegateTo(ledger, { staker, operator });
const queue = (ledger: State, staker: string, depositShares: bigint, strategy = 'S1') =>
  DelegationManager.queueWithdrawals(ledger, { staker, strategies: [strategy], depositShares: [depositShares] }).withdrawals[0];
const complete = (ledger: State, withdrawal: string, receiveAsTokens = true) =>
  DelegationManager.completeQueuedWithdrawal(ledger, { withdrawal, receiveAsTokens });
const operatorShares = (ledger: State, strategy = 'S1', operator = 'op') =>
  DelegationManager.getOperatorShares(ledger, { operator, strategies: [strategy] })[0];
const withdrawable = (ledger: State, staker: string, strategy = 'S1') =>
  DelegationManager.getWithdrawableShares(ledger, { staker, strategies: [strategy] }).withdrawableShares[0];
const factor = (ledger: State, staker: string, strategy = 'S1') => DelegationManager.depositScalingFactor(ledger, { staker, strategy });
const paid = (ledger: State, holder: string, token = 'S1') => ledger.strategies.balances.get(`${holder}|${token}`) ?? 0n;

/** op can be slashed by avs:0 in all of S1. */
function withSet(over: Partial<Config.Config> = {}): State {
  const ledger = newLedger(over);
  register(ledger);
  AllocationManager.updateAVSMetadataURI(ledger, { avs: 'avs' });
  AllocationManager.createOperatorSets(ledger, { avs: 'avs', id: 0n, strategies: ['S1', 'BEACON'] });
  AllocationManager.registerForOperatorSets(ledger, { operator: 'op', avs: 'avs', ids: [0n] });
  const strategies = ['S1', 'BEACON'];
  AllocationManager.modifyAllocations(ledger, { operator: 'op', avs: 'avs', id: 0n, strategies, newMagnitudes: [WAD, WAD] });
  return ledger;
}

function slash(ledger: State, wad: bigint, strategy = 'S1'): readonly bigint[] {
  return AllocationManager.slashOperator(ledger, { avs: 'avs', id: 0n, operator: 'op', strategies: [strategy], wads: [wad] }).shares;
}

describe('registerAsOperator', () => {
  it('delegates the operator to itself with what it has, and its delay is in force', () => {
    const ledger = newLedger();
    deposit(ledger, 'op', 5n);
    register(ledger);
    expect(DelegationManager.isOperator(ledger, { operator: 'op' })).toBe(true);
    expect(DelegationManager.isDelegated(ledger, { staker: 'alice' })).toBe(false);
    expect(operatorShares(ledger)).toBe(5n);
    expect(refusal(ledger, () => register(ledger))).toBe('ActivelyDelegated');
    expect(refusal(ledger, () => DelegationManager.undelegate(ledger, { staker: 'op' }))).toBe('OperatorsCannotUndelegate');
    delegate(ledger, 'alice');
    expect(refusal(ledger, () => register(ledger, 'alice'))).toBe('ActivelyDelegated');
    ledger.setPaused('DelegationManager', 0, true);
    expect(refusal(ledger, () => register(ledger, 'op2'))).toBe('CurrentlyPaused');
  });
});

describe('delegateTo', () => {
  it('refuses in the order of the contract', () => {
    const ledger = newLedger();
    register(ledger);
    ledger.setPaused('DelegationManager', 0, true);
    expect(refusal(ledger, () => delegate(ledger, 'alice', 'nobody'))).toBe('OperatorNotRegistered');
    expect(refusal(ledger, () => delegate(ledger, 'op', 'nobody'))).toBe('ActivelyDelegated');
    expect(refusal(ledger, () => delegate(ledger, 'alice'))).toBe('CurrentlyPaused');
    ledger.setPaused('DelegationManager', 0, false);
    delegate(ledger, 'alice');
    // A staker who delegates is no operator.
    expect(refusal(ledger, () => delegate(ledger, 'bob', 'alice'))).toBe('OperatorNotRegistered');
  });

  it('needs the approval of the operator’s approver, each salt once', () => {
    const ledger = newLedger();
    register(ledger, 'op', 'ann');
    const run = (staker: string, over: Partial<DelegationManager.Approval> = {}) =>
      DelegationManager.delegateTo(ledger, {
        staker,
        operator: 'op',
        approval: { signer: 'ann', salt: '1', expiry: ledger.time, ...over },
      });
    // Nothing was sent: an empty signature that expired in 1970.
    expect(refusal(ledger, () => delegate(ledger, 'alice'))).toBe('SignatureExpired');
    expect(refusal(ledger, () => run('alice', { expiry: ledger.time - 1n, signer: 'bob' }))).toBe('SignatureExpired');
    expect(refusal(ledger, () => run('alice', { signer: 'op' }))).toBe('InvalidSignature');
    // What was refused spent no salt.
    run('alice');
    expect(DelegationManager.delegationApproverSaltIsSpent(ledger, { approver: 'ann', salt: '1' })).toBe(true);
    expect(refusal(ledger, () => run('bob', { expiry: 0n }))).toBe('SaltSpent');
    run('bob', { salt: '2' });
    DelegationManager.modifyOperatorDetails(ledger, { operator: 'op', delegationApprover: 'amy' });
    expect(refusal(ledger, () => run('carol', { salt: '3' }))).toBe('InvalidSignature');
    // Salts are the approver's.
    run('carol', { signer: 'amy' });
    DelegationManager.modifyOperatorDetails(ledger, { operator: 'op', delegationApprover: null });
    delegate(ledger, 'dave');
  });

  it('is changed by the operator or those it lets', () => {
    const ledger = newLedger();
    register(ledger);
    const modify = (caller: string, operator = 'op') =>
      DelegationManager.modifyOperatorDetails(ledger, { operator, caller, delegationApprover: 'ann' });
    expect(refusal(ledger, () => modify('bob'))).toBe('InvalidPermissions');
    const target = { target: 'DelegationManager', selector: 'modifyOperatorDetails' };
    PermissionController.setAppointee(ledger, { account: 'op', appointee: 'bob', ...target });
    modify('bob');
    expect(DelegationManager.delegationApprover(ledger, { operator: 'op' })).toBe('ann');
    expect(refusal(ledger, () => modify('alice', 'alice'))).toBe('OperatorNotRegistered');
  });

  it('forgives slashing before it, and is impossible where nothing is left', () => {
    const ledger = withSet();
    for (const strategy of STRATEGIES) deposit(ledger, 'alice', 100n * ETHER, strategy);
    slash(ledger, WAD / 10n);
    delegate(ledger, 'alice');
    expect([factor(ledger, 'alice'), factor(ledger, 'alice', 'S2')]).toEqual([1111111111111111111n, WAD]);
    expect(operatorShares(ledger)).toBe(100n * ETHER);
    expect(withdrawable(ledger, 'alice')).toBe(99999999999999999990n);
    slash(ledger, WAD);
    deposit(ledger, 'bob', 1n);
    expect(refusal(ledger, () => delegate(ledger, 'bob'))).toBe('FullySlashed');
    delegate(ledger, 'carol');
  });
});

describe('deposits of those who delegate', () => {
  it('are not charged for earlier slashing (T02)', () => {
    const ledger = withSet();
    deposit(ledger, 'alice', 100n * ETHER);
    delegate(ledger, 'alice');
    slash(ledger, WAD / 10n);
    expect(operatorShares(ledger)).toBe(90n * ETHER);
    deposit(ledger, 'alice', 100n * ETHER);
    expect(factor(ledger, 'alice')).toBe(1055555555555555555n);
    deposit(ledger, 'bob', 7n * ETHER);
    delegate(ledger, 'bob');
    expect(operatorShares(ledger)).toBe(197n * ETHER);
    expect(slash(ledger, 333333333333333333n)).toEqual([65666666666666666666n]);
    deposit(ledger, 'alice', 12345n);
    expect(factor(ledger, 'alice')).toBe(1055555555555555591n);
    expect(withdrawable(ledger, 'alice')).toBe(126666666666666678738n);
    expect(operatorShares(ledger)).toBe(131333333333333345679n);
  });
});

describe('undelegate', () => {
  it('is for the staker, the operator, whom it lets, and its approver', () => {
    const callers = ['alice', 'op', 'ann', 'pam'];
    for (const caller of callers) {
      const ledger = newLedger();
      register(ledger, 'op', 'ann');
      PermissionController.setAppointee(ledger, { account: 'op', appointee: 'pam', target: 'DelegationManager', selector: 'undelegate' });
      const run = (by = caller) => DelegationManager.undelegate(ledger, { staker: 'alice', caller: by });
      expect(refusal(ledger, run)).toBe('NotActivelyDelegated');
      const approval = { signer: 'ann', salt: '1', expiry: ledger.time };
      DelegationManager.delegateTo(ledger, { staker: 'alice', operator: 'op', approval });
      ledger.setPaused('DelegationManager', 1, true);
      expect(refusal(ledger, () => run('bob'))).toBe('CallerCannotUndelegate');
      expect(refusal(ledger, run)).toBe('CurrentlyPaused');
      ledger.setPaused('DelegationManager', 1, false);
      expect(run()).toEqual({ withdrawals: [] });
      expect(DelegationManager.delegatedTo(ledger, { staker: 'alice' })).toBe(null);
    }
  });

  it('queues one withdrawal a strategy, and redelegate goes on under another operator', () => {
    const ledger = withSet();
    register(ledger, 'op2');
    deposit(ledger, 'alice', 40n, 'S1');
    deposit(ledger, 'alice', 5n, 'S2');
    delegate(ledger, 'alice');
    slash(ledger, WAD / 8n);
    const withdrawals = [
      { id: 'W0', withdrawableAtQueue: [35n] },
      { id: 'W1', withdrawableAtQueue: [5n] },
    ];
    expect(refusal(ledger, () => DelegationManager.redelegate(ledger, { staker: 'alice', operator: 'op3' }))).toBe('OperatorNotRegistered');
    expect(DelegationManager.redelegate(ledger, { staker: 'alice', operator: 'op2' })).toEqual({ withdrawals });
    expect([operatorShares(ledger, 'S1'), operatorShares(ledger, 'S1', 'op2')]).toEqual([0n, 0n]);
    expect(factor(ledger, 'alice')).toBe(WAD);
    // Still slashable by the old operator's sets.
    expect(DelegationManager.getSlashableSharesInQueue(ledger, { operator: 'op', strategy: 'S1' })).toBe(35n);
    slash(ledger, WAD / 7n);
    advance(ledger, DELAY + 1n);
    complete(ledger, 'W0', false);
    expect(StrategyManager.getDeposits(ledger, { staker: 'alice' })).toEqual({ strategies: ['S1'], shares: [30n] });
    expect(operatorShares(ledger, 'S1', 'op2')).toBe(30n);
  });
});

describe('queueWithdrawals', () => {
  it('refuses in the order of the contract', () => {
    const ledger = newLedger();
    register(ledger);
    const run = (strategies: string[], depositShares: bigint[], staker = 'alice') =>
      refusal(ledger, () => DelegationManager.queueWithdrawals(ledger, { staker, strategies, depositShares }));
    deposit(ledger, 'alice', 10n);
    deposit(ledger, 'bob', 100n);
    delegate(ledger, 'bob');
    ledger.setPaused('DelegationManager', 1, true);
    expect(run(['S1'], [])).toBe('CurrentlyPaused');
    ledger.setPaused('DelegationManager', 1, false);
    expect(run(['S1'], [])).toBe('InputArrayLengthMismatch');
    expect(run([], [])).toBe('InputArrayLengthZero');
    expect(run(['S1'], [0n])).toBe('SharesAmountZero');
    expect(run(['S1'], [11n])).toBe('SharesAmountTooHigh');
    expect(run(['S1', 'S1'], [5n, 6n])).toBe('SharesAmountTooHigh');
    expect(run(['S2'], [1n])).toBe('SharesAmountTooHigh');
    // What the operator has goes first.
    expect(run(['S1'], [101n], 'bob')).toBe('Panic(0x11)');
    delegate(ledger, 'alice');
    expect(run(['S1'], [11n])).toBe('SharesAmountTooHigh');
    expect(DelegationManager.cumulativeWithdrawalsQueued(ledger, { staker: 'alice' })).toBe(0n);
  });

  it('queues several, each with its own nonce, and all or none', () => {
    const ledger = newLedger();
    deposit(ledger, 'alice', 10n);
    const of = (shares: bigint) => ({ strategies: ['S1'], depositShares: [shares] });
    const run = (...params: DelegationManager.WithdrawalParams[]) =>
      DelegationManager.queueWithdrawals(ledger, { staker: 'alice', params });
    expect(refusal(ledger, () => run(of(6n), of(5n)))).toBe('SharesAmountTooHigh');
    expect(run()).toEqual({ withdrawals: [] });
    expect(run(of(6n), of(4n)).withdrawals.map(({ id }) => id)).toEqual(['W0', 'W1']);
    expect(DelegationManager.getQueuedWithdrawals(ledger, { staker: 'alice' })).toMatchObject([
      { id: 'W0', nonce: 0n, startBlock: 1000n, operator: null, scaledShares: [6n], shares: [6n] },
      { id: 'W1', nonce: 1n },
    ]);
  });

  it('takes a strategy off the list at its last share: the last one moves into the hole', () => {
    const ledger = newLedger();
    for (const strategy of STRATEGIES) deposit(ledger, 'alice', 10n, strategy);
    queue(ledger, 'alice', 10n, 'S1');
    expect(DelegationManager.getDepositedShares(ledger, { staker: 'alice' })).toEqual({ strategies: ['S3', 'S2'], shares: [10n, 10n] });
    queue(ledger, 'alice', 10n, 'S2');
    queue(ledger, 'alice', 9n, 'S3');
    deposit(ledger, 'alice', 1n, 'S2');
    expect(DelegationManager.getDepositedShares(ledger, { staker: 'alice' })).toEqual({ strategies: ['S3', 'S2'], shares: [1n, 1n] });
  });

  it('slashes what waits, through the last block of the delay (T03)', () => {
    const ledger = withSet();
    deposit(ledger, 'alice', 90n * ETHER);
    deposit(ledger, 'bob', 10n * ETHER);
    delegate(ledger, 'alice');
    delegate(ledger, 'bob');
    expect(queue(ledger, 'alice', 30n * ETHER)).toEqual({ id: 'W0', withdrawableAtQueue: [30n * ETHER] });
    advance(ledger, DELAY);
    expect(slash(ledger, 333333333333333333n)).toEqual([33333333333333333300n]);
    expect(queue(ledger, 'alice', ETHER)?.withdrawableAtQueue).toEqual([666666666666666667n]);
    expect(refusal(ledger, () => complete(ledger, 'W0'))).toBe('WithdrawalDelayNotElapsed');
    advance(ledger, 1n);
    expect(slash(ledger, WAD / 2n)).toEqual([23333333333333333380n]);
    complete(ledger, 'W0');
    expect(paid(ledger, 'alice')).toBe(20000000000000000010n);
    advance(ledger, DELAY);
    complete(ledger, 'W1');
    expect(paid(ledger, 'alice')).toBe(20000000000000000010n + 333333333333333333n);
  });

  it('records for slashing what the profile says (T22)', () => {
    const burned = (['v1.12.0', 'v1.13.0', 'v1.13.1'] as const).map((profile) => {
      const ledger = withSet({ profile });
      for (const [i, amount] of [1001n, 1003n, 1007n, 1009n].entries()) {
        deposit(ledger, `s${i}`, amount);
        delegate(ledger, `s${i}`);
      }
      slash(ledger, 123456789012345678n);
      for (const [i, amount] of [1001n, 1003n, 1007n].entries()) queue(ledger, `s${i}`, amount);
      queue(ledger, 's3', 500n);
      queue(ledger, 's3', 509n);
      return slash(ledger, WAD)[0];
    });
    expect(burned).toEqual([3525n, 3525n, 3521n]);
  });

  it('scales a second part of the same strategy by what the first left', () => {
    const ledger = withSet();
    slash(ledger, WAD / 10n);
    deposit(ledger, 'alice', 1000n);
    delegate(ledger, 'alice');
    const { withdrawals } = DelegationManager.queueWithdrawals(ledger, {
      staker: 'alice',
      strategies: ['S1', 'S1'],
      depositShares: [400n, 600n],
    });
    expect(withdrawals).toEqual([{ id: 'W0', withdrawableAtQueue: [399n, 599n] }]);
    expect(DelegationManager.getQueuedWithdrawal(ledger, { withdrawal: 'W0' })).toMatchObject({ scaledShares: [444n, 666n] });
    expect(operatorShares(ledger)).toBe(2n);
  });

  it('cannot look back before the first block of a chain', () => {
    const ledger = withSet({ startBlock: 5n });
    deposit(ledger, 'alice', 10n);
    delegate(ledger, 'alice');
    const view = () => DelegationManager.getSlashableSharesInQueue(ledger, { operator: 'op', strategy: 'S1' });
    expect(refusal(ledger, view)).toBe('Panic(0x11)');
    expect(refusal(ledger, () => slash(ledger, 1n))).toBe('Panic(0x11)');
    advance(ledger, DELAY - 4n);
    expect(view()).toBe(0n);
  });
});

describe('completeQueuedWithdrawal', () => {
  function queued(): State {
    const ledger = newLedger();
    deposit(ledger, 'alice', 10n);
    queue(ledger, 'alice', 10n);
    return ledger;
  }

  it('refuses in the order of the contract', () => {
    const ledger = queued();
    const run = (over: Partial<DelegationManager.CompleteRequest> = {}) =>
      refusal(ledger, () => DelegationManager.completeQueuedWithdrawal(ledger, { withdrawal: 'W0', receiveAsTokens: true, ...over }));
    ledger.setPaused('DelegationManager', 2, true);
    expect(run({ tokens: [] })).toBe('CurrentlyPaused');
    ledger.setPaused('DelegationManager', 2, false);
    expect(run({ tokens: [], caller: 'bob' })).toBe('InputArrayLengthMismatch');
    expect(run({ tokens: ['S2'], caller: 'bob' })).toBe('WithdrawerNotCaller');
    expect(run({ withdrawal: 'W1' })).toBe('WithdrawalNotQueued');
    expect(run({ tokens: ['S2'] })).toBe('WithdrawalDelayNotElapsed');
    advance(ledger, DELAY);
    expect(run()).toBe('WithdrawalDelayNotElapsed');
    advance(ledger, 1n);
    expect(run({ tokens: ['S2'] })).toBe('OnlyUnderlyingToken');
    expect(run({ caller: 'alice' })).toBe('');
    expect(paid(ledger, 'alice')).toBe(10n);
    expect(run({ caller: 'bob' })).toBe('WithdrawerNotCaller');
    expect(run()).toBe('WithdrawalNotQueued');
  });

  it('completes several, all or none, and the contract’s order of the rest', () => {
    const ledger = newLedger();
    deposit(ledger, 'alice', 10n);
    for (let i = 0; i < 4; i++) queue(ledger, 'alice', 2n);
    advance(ledger, DELAY + 1n);
    const of = (withdrawal: string) => ({ withdrawal, receiveAsTokens: true });
    const run = (...ids: string[]) => DelegationManager.completeQueuedWithdrawals(ledger, { withdrawals: ids.map(of) });
    expect(refusal(ledger, () => run('W1', 'W1'))).toBe('WithdrawalNotQueued');
    run('W0', 'W1');
    // Each time the last one moved into the hole.
    expect(DelegationManager.getQueuedWithdrawals(ledger, { staker: 'alice' }).map(({ id }) => id)).toEqual(['W3', 'W2']);
    expect(paid(ledger, 'alice')).toBe(4n);
  });

  it('leaves out what was slashed to nothing, also as shares', () => {
    for (const receiveAsTokens of [true, false]) {
      const ledger = withSet();
      deposit(ledger, 'alice', 10n, 'S1');
      deposit(ledger, 'alice', 10n, 'S2');
      delegate(ledger, 'alice');
      DelegationManager.queueWithdrawals(ledger, { staker: 'alice', strategies: ['S1', 'S2'], depositShares: [10n, 10n] });
      slash(ledger, WAD);
      expect(DelegationManager.getQueuedWithdrawal(ledger, { withdrawal: 'W0' })?.shares).toEqual([0n, 10n]);
      advance(ledger, DELAY + 1n);
      complete(ledger, 'W0', receiveAsTokens);
      expect([paid(ledger, 'alice'), paid(ledger, 'alice', 'S2')]).toEqual([0n, receiveAsTokens ? 10n : 0n]);
      expect(operatorShares(ledger, 'S2')).toBe(receiveAsTokens ? 0n : 10n);
    }
  });

  it('gives no shares under an operator without magnitude', () => {
    const ledger = withSet();
    deposit(ledger, 'alice', 10n);
    queue(ledger, 'alice', 10n);
    delegate(ledger, 'alice');
    slash(ledger, WAD);
    advance(ledger, DELAY + 1n);
    expect(refusal(ledger, () => complete(ledger, 'W0', false))).toBe('FullySlashed');
    complete(ledger, 'W0');
    expect(paid(ledger, 'alice')).toBe(10n);
  });

  it('pays at the price of the day', () => {
    const ledger = queued();
    StrategyBase.donate(ledger, { strategy: 'S1', amount: 1010n });
    advance(ledger, DELAY + 1n);
    complete(ledger, 'W0');
    expect(paid(ledger, 'alice')).toBe(20n);
  });
});

describe('native ETH', () => {
  const report = (ledger: State, staker: string, prevRestakedBalanceWei: bigint, balanceDeltaWei: bigint) =>
    EigenPodManager.recordBeaconChainETHBalanceUpdate(ledger, { staker, prevRestakedBalanceWei, balanceDeltaWei });

  function withPod(): State {
    const ledger = withSet();
    EigenPodManager.createPod(ledger, { staker: 'alice' });
    report(ledger, 'alice', 0n, 32n * ETHER);
    return ledger;
  }

  it('lets 0 shares be queued, and asks for what is there', () => {
    const ledger = withPod();
    expect(queue(ledger, 'alice', 0n, 'BEACON')).toEqual({ id: 'W0', withdrawableAtQueue: [0n] });
    expect(refusal(ledger, () => queue(ledger, 'alice', 33n * ETHER, 'BEACON'))).toBe('SharesNegative');
    delegate(ledger, 'alice');
    expect(refusal(ledger, () => queue(ledger, 'alice', 33n * ETHER, 'BEACON'))).toBe('Panic(0x11)');
  });

  it('is delegated without what validators lost, and follows them afterwards', () => {
    const ledger = withPod();
    report(ledger, 'alice', 32n * ETHER, -8n * ETHER);
    delegate(ledger, 'alice');
    expect(operatorShares(ledger, 'BEACON')).toBe(24n * ETHER);
    report(ledger, 'alice', 24n * ETHER, -12n * ETHER);
    expect(operatorShares(ledger, 'BEACON')).toBe(12n * ETHER);
    expect(withdrawable(ledger, 'alice', 'BEACON')).toBe(12n * ETHER);
    slash(ledger, WAD / 2n, 'BEACON');
    expect(operatorShares(ledger, 'BEACON')).toBe(6n * ETHER);
    expect(DelegationManager.undelegate(ledger, { staker: 'alice' }).withdrawals).toEqual([
      { id: 'W0', withdrawableAtQueue: [6n * ETHER] },
    ]);
  });

  it('is remembered in the queue as uint224, as the contract cuts it', () => {
    const ledger = withPod();
    report(ledger, 'alice', 32n * ETHER, 2n ** 200n * 10n ** 9n);
    delegate(ledger, 'alice');
    queue(ledger, 'alice', 2n ** 224n + 5n, 'BEACON');
    expect(DelegationManager.getSlashableSharesInQueue(ledger, { operator: 'op', strategy: 'BEACON' })).toBe(5n);
  });

  it('forgets its factor at the last share', () => {
    const ledger = withPod();
    slash(ledger, WAD / 2n, 'BEACON');
    delegate(ledger, 'alice');
    expect(factor(ledger, 'alice', 'BEACON')).toBe(2n * WAD);
    queue(ledger, 'alice', 31n * ETHER, 'BEACON');
    expect(factor(ledger, 'alice', 'BEACON')).toBe(2n * WAD);
    queue(ledger, 'alice', ETHER, 'BEACON');
    expect(factor(ledger, 'alice', 'BEACON')).toBe(WAD);
  });
});

describe('views', () => {
  it('convert what is wanted into deposit shares', () => {
    const ledger = withSet();
    deposit(ledger, 'alice', 1000n);
    delegate(ledger, 'alice');
    slash(ledger, WAD / 2n);
    const convert = (withdrawableShares: bigint[]) =>
      DelegationManager.convertToDepositShares(ledger, { staker: 'alice', strategies: ['S1'], withdrawableShares });
    expect(convert([250n])).toEqual([500n]);
    expect(refusal(ledger, () => convert([]))).toBe('Panic(0x32)');
    slash(ledger, WAD);
    expect(refusal(ledger, () => convert([1n]))).toBe('Panic(0x12)');
    expect(DelegationManager.getOperatorsShares(ledger, { operators: ['op', 'no'], strategies: ['S1', 'S2'] })).toEqual([
      [0n, 0n],
      [0n, 0n],
    ]);
    expect(DelegationManager.minWithdrawalDelayBlocks(ledger)).toBe(DELAY);
  });
});

describe('misuse', () => {
  it('is told with the field', () => {
    const ledger = newLedger();
    const is = (code: string, run: () => unknown) => expect(refusal(ledger, run)).toBe(code);
    is('eigenlayer.bad-id', () => register(ledger, 'a:b'));
    is('input.not-integer', () => DelegationManager.registerAsOperator(ledger, { operator: 'op', allocationDelay: 1 as never }));
    is('input.out-of-range', () => DelegationManager.registerAsOperator(ledger, { operator: 'op', allocationDelay: 1n << 32n }));
    is('input.not-text', () => delegate(ledger, undefined as never));
    is('eigenlayer.bad-id', () =>
      DelegationManager.delegateTo(ledger, { staker: 'a', operator: 'b', approval: { signer: 'x', salt: '|', expiry: 0n } }),
    );
    is('eigenlayer.unknown-id', () => queue(ledger, 'alice', 1n, 'S9'));
    is('input.out-of-range', () => queue(ledger, 'alice', -1n));
    is('input.not-integer', () => queue(ledger, 'alice', 1 as never));
    is('input.missing', () => DelegationManager.queueWithdrawals(ledger, { staker: 'a', strategies: ['S1'] } as never));
    is('input.not-list', () => DelegationManager.queueWithdrawals(ledger, { staker: 'a', params: 'S1' } as never));
    is('input.not-flag', () => complete(ledger, 'W0', 1 as never));
    is('input.not-text', () => complete(ledger, 0 as never));
    is('eigenlayer.unknown-id', () => withdrawable(ledger, 'alice', 'S9'));
  });
});

describe('whatever happens in v1.13.1', () => {
  const STAKERS = ['a', 'b', 'c'];
  const amount = fc.bigInt({ min: 1n, max: 2000n });
  const who = fc.constantFrom(...STAKERS);
  const step = fc.oneof(
    fc.record({ kind: fc.constant('deposit' as const), who, amount }),
    fc.record({ kind: fc.constant('delegate' as const), who, amount }),
    fc.record({ kind: fc.constant('queue' as const), who, amount }),
    fc.record({ kind: fc.constant('undelegate' as const), who, amount }),
    fc.record({ kind: fc.constant('complete' as const), who, amount }),
    fc.record({ kind: fc.constant('slash' as const), who, amount }),
    fc.record({ kind: fc.constant('advance' as const), who, amount }),
  );

  it('the operator has what its stakers can withdraw, and the vault what all are owed', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const ledger = withSet();
        const run = {
          deposit: (staker: string, of: bigint) => deposit(ledger, staker, of),
          delegate: (staker: string) => delegate(ledger, staker),
          queue: (staker: string, of: bigint) => queue(ledger, staker, of),
          undelegate: (staker: string) => DelegationManager.undelegate(ledger, { staker }),
          complete: (staker: string, of: bigint) =>
            complete(ledger, DelegationManager.getQueuedWithdrawals(ledger, { staker })[0]?.id ?? 'W', of % 2n === 0n),
          slash: (_staker: string, of: bigint) => slash(ledger, of * 10n ** 15n > WAD ? WAD / 3n : of * 10n ** 14n),
          advance: (_staker: string, of: bigint) => advance(ledger, of % 12n),
        };
        for (const { kind, who: staker, amount: of } of steps) refusal(ledger, () => run[kind](staker, of));
        const sum = (values: readonly bigint[]) => values.reduce((a, b) => a + b, 0n);
        const own = (staker: string) => withdrawable(ledger, staker) ?? 0n;
        const delegated = STAKERS.filter((staker) => DelegationManager.isDelegated(ledger, { staker }));
        expect(operatorShares(ledger)).toBeGreaterThanOrEqual(sum(delegated.map(own)));
        const waiting = STAKERS.flatMap((staker) =>
          DelegationManager.getQueuedWithdrawals(ledger, { staker }).flatMap(({ shares }) => shares),
        );
        const slashed = StrategyManager.getPendingSlashIds(ledger, { avs: 'avs', id: 0n }).flatMap(
          (slashId) => StrategyManager.getBurnOrRedistributableShares(ledger, { avs: 'avs', id: 0n, slashId }).shares,
        );
        const owed = sum(STAKERS.map(own)) + sum(waiting) + sum(slashed);
        expect(StrategyBase.vaultOf(ledger, { strategy: 'S1' }).totalShares).toBeGreaterThanOrEqual(owed);
      }),
      { seed: 21, numRuns: 200 },
    );
  });
});
