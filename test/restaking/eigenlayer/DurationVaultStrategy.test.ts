// A duration vault through its life, and what it refuses in each state. No trace of the contracts has one: expectations by hand from
// DurationVaultStrategy.sol.
import { beforeEach, describe, expect, it } from 'vitest';
import * as AllocationManager from '../../../src/restaking/eigenlayer/AllocationManager.ts';
import * as AllocationManagerView from '../../../src/restaking/eigenlayer/AllocationManagerView.ts';
import * as Config from '../../../src/restaking/eigenlayer/Config.ts';
import * as DelegationManager from '../../../src/restaking/eigenlayer/DelegationManager.ts';
import * as Vault from '../../../src/restaking/eigenlayer/DurationVaultStrategy.ts';
import { State } from '../../../src/restaking/eigenlayer/ledger/state.ts';
import { splitOf } from '../../../src/restaking/eigenlayer/rewards/rewardsSplits.ts';
import * as StrategyBase from '../../../src/restaking/eigenlayer/StrategyBase.ts';
import * as StrategyManager from '../../../src/restaking/eigenlayer/StrategyManager.ts';
import { Store } from '../../../src/restaking/state/store.ts';
import { advance, refusal } from './pods.ts';

const V = 'V';
const WAD = 10n ** 18n;
const DELAY = 100n;
const set = { avs: 'avs', id: 3n };
const config: Vault.VaultConfig = {
  strategy: V,
  vaultAdmin: 'admin',
  arbitrator: 'judge',
  duration: 12_000n,
  maxPerDeposit: 500n,
  stakeCap: 900n,
  ...set,
};

let ledger: State;

beforeEach(() => begin('v1.13.1'));

function begin(profile: Config.Profile): void {
  const strategies = [{ id: 'S1' }, { id: V }, { id: 'T', kind: 'tvl' as const }];
  ledger = new State(Config.config({ profile, strategies, withdrawalDelayBlocks: DELAY, deallocationDelayBlocks: DELAY }), new Store());
  AllocationManager.updateAVSMetadataURI(ledger, { avs: 'avs' });
  AllocationManager.createOperatorSets(ledger, { ...set, strategies: [V] });
}

const lock = () => Vault.lock(ledger, { strategy: V });
const deposit = (staker: string, amount: bigint) => StrategyManager.depositIntoStrategy(ledger, { staker, strategy: V, amount });
const join = (staker: string) => DelegationManager.delegateTo(ledger, { staker, operator: V });
const queue = (staker: string, shares: bigint) =>
  DelegationManager.queueWithdrawals(ledger, { staker, strategies: [V], depositShares: [shares] });
const complete = (withdrawal: string, receiveAsTokens = true) =>
  DelegationManager.completeQueuedWithdrawal(ledger, { withdrawal, receiveAsTokens });
const allocation = () => AllocationManagerView.getAllocation(ledger, { operator: V, strategy: V, ...set });
const vault = () => Vault.durationVaultOf(ledger, { strategy: V });

/** alice has 400 in it. */
function open(): void {
  Vault.initialize(ledger, config);
  join('alice');
  deposit('alice', 400n);
}

function locked(): void {
  open();
  lock();
}

describe('initialize', () => {
  it('makes it an operator of its set with the longest delay needed and splits of 0', () => {
    expect(Vault.initialize(ledger, config)).toEqual({});
    expect(ledger.delegation.stakers.get(V)?.operator).toBe(V);
    expect(AllocationManagerView.getAllocationDelay(ledger, { operator: V })).toEqual({ isSet: true, delay: DELAY + 1n });
    expect(AllocationManagerView.getMembers(ledger, set)).toEqual([V]);
    ledger.setClock({ block: ledger.block, time: ledger.time + 604_800n });
    expect(['avs|V|avs', 'set|V|avs|3', 'pi|V'].map((key) => splitOf(ledger, key))).toEqual([0n, 0n, 0n]);
    expect(splitOf(ledger, 'pi|other')).toBe(1000n);
  });

  it('refuses in the order of the contract', () => {
    const bad = (changes: Partial<Vault.VaultConfig>) => refusal(ledger, () => Vault.initialize(ledger, { ...config, ...changes }));
    expect(bad({ duration: 0n, maxPerDeposit: 901n })).toBe('InvalidDuration');
    expect(bad({ duration: 63_072_001n })).toBe('InvalidDuration');
    expect(bad({ maxPerDeposit: 901n, id: 9n })).toBe('MaxPerDepositExceedsMax');
    expect(bad({ id: 9n })).toBe('InvalidOperatorSet');
    AllocationManager.setAVSRegistrar(ledger, { avs: 'avs', refusesRegistration: 'NoVaults', refusesDeregistration: null });
    expect(bad({})).toBe('NoVaults');
    AllocationManager.setAVSRegistrar(ledger, { avs: 'avs', refusesRegistration: null, refusesDeregistration: null });
    expect(bad({ duration: 63_072_000n })).toBe('');
    expect(bad({ duration: 0n })).toBe('Error(Initializable: contract is already initialized)');
  });

  it('takes only a vault that nobody has used', () => {
    const attempt = (strategy: string) => () => Vault.initialize(ledger, { ...config, strategy });
    expect(attempt('T')).toThrow('eigenlayer.vault-in-use');
    expect(attempt('BEACON')).toThrow('eigenlayer.unknown-id');
    expect(attempt('S9')).toThrow('eigenlayer.unknown-id');
    StrategyManager.depositIntoStrategy(ledger, { staker: 'bob', strategy: 'S1', amount: 5n });
    expect(attempt('S1')).toThrow('eigenlayer.vault-in-use');
    expect(() => lock()).toThrow('strategy: V is no duration vault [eigenlayer.not-a-duration-vault]');
  });
});

describe('deposits', () => {
  it('are for stakers of the vault, within both caps at the vault price', () => {
    open();
    expect(refusal(ledger, () => deposit('bob', 600n))).toBe('MustBeDelegatedToVaultOperator');
    join('bob');
    expect(refusal(ledger, () => deposit('bob', 502n))).toBe('DepositExceedsMaxPerDeposit');
    expect(refusal(ledger, () => deposit('bob', 501n))).toBe('DepositExceedsMaxPerDeposit');
    expect(deposit('bob', 500n)).toEqual({ shares: 500n });
    expect(refusal(ledger, () => deposit('bob', 1n))).toBe('BalanceExceedsMaxTotalDeposits');
  });

  it('count active shares, not those that wait in the queue, and not tokens that were given', () => {
    open();
    deposit('alice', 500n);
    queue('alice', 300n);
    expect(refusal(ledger, () => deposit('alice', 301n))).toBe('BalanceExceedsMaxTotalDeposits');
    deposit('alice', 299n);
    StrategyBase.donate(ledger, { strategy: V, amount: 2199n });
    // A share is worth two: 899 active ones are 1798.
    expect(refusal(ledger, () => deposit('alice', 2n))).toBe('BalanceExceedsMaxTotalDeposits');
  });

  it('by completing a withdrawal as shares follow the same rules', () => {
    open();
    queue('alice', 100n);
    advance(ledger, DELAY + 1n);
    Vault.updateTVLLimits(ledger, { strategy: V, maxPerDeposit: 99n, stakeCap: 900n });
    expect(refusal(ledger, () => complete('W0', false))).toBe('DepositExceedsMaxPerDeposit');
    Vault.updateTVLLimits(ledger, { strategy: V, maxPerDeposit: 100n, stakeCap: 900n });
    expect(complete('W0', false)).toEqual({});
  });

  it('stop for a blacklisted token in v1.12.0, after the state is looked at', () => {
    begin('v1.12.0');
    open();
    Vault.blacklistToken(ledger, { strategy: V });
    expect(refusal(ledger, () => deposit('bob', 1n))).toBe('UnderlyingTokenBlacklisted');
    expect(refusal(ledger, () => Vault.blacklistToken(ledger, { strategy: V }))).toBe('AlreadyBlacklisted');
    lock();
    expect(refusal(ledger, () => deposit('bob', 1n))).toBe('DepositsLocked');
  });
});

describe('lock', () => {
  it('allocates everything, slashable only after what was queued before is out', () => {
    open();
    queue('alice', 100n);
    const block = ledger.block;
    lock();
    expect(allocation()).toEqual({ currentMagnitude: 0n, pendingDiff: WAD, effectBlock: block + DELAY + 1n });
    expect(vault()).toMatchObject({ state: 'ALLOCATIONS', lockedAt: ledger.time, unlockAt: ledger.time + 12_000n, maturedAt: 0n });
    advance(ledger, DELAY + 1n);
    expect(complete('W0')).toEqual({});
    expect(AllocationManager.slashOperator(ledger, { ...set, operator: V, strategies: [V], wads: [WAD / 2n] }).shares).toEqual([150n]);
  });

  it('shuts both doors', () => {
    locked();
    expect(refusal(ledger, () => deposit('alice', 1n))).toBe('DepositsLocked');
    expect(refusal(ledger, () => queue('alice', 401n))).toBe('Panic(0x11)');
    expect(refusal(ledger, () => queue('alice', 0n))).toBe('SharesAmountZero');
    expect(refusal(ledger, () => queue('alice', 1n))).toBe('WithdrawalsLockedDuringAllocations');
    expect(refusal(ledger, () => DelegationManager.undelegate(ledger, { staker: 'alice' }))).toBe('WithdrawalsLockedDuringAllocations');
    expect(refusal(ledger, () => Vault.updateTVLLimits(ledger, { strategy: V, maxPerDeposit: 1n, stakeCap: 1n }))).toBe('DepositsLocked');
    StrategyManager.depositIntoStrategy(ledger, { staker: 'alice', strategy: 'S1', amount: 5n });
    const other = () => DelegationManager.queueWithdrawals(ledger, { staker: 'alice', strategies: ['S1'], depositShares: [5n] });
    expect(refusal(ledger, other)).toBe('');
  });

  it('is the admin’s, once, and wants the set to know the vault', () => {
    open();
    AllocationManager.removeStrategiesFromOperatorSet(ledger, { ...set, strategies: [V] });
    expect(refusal(ledger, () => Vault.lock(ledger, { strategy: V, caller: 'judge' }))).toBe('OnlyVaultAdmin');
    expect(refusal(ledger, lock)).toBe('StrategyNotSupportedByOperatorSet');
    AllocationManager.addStrategiesToOperatorSet(ledger, { ...set, strategies: [V] });
    ledger.setPaused('AllocationManager', 0, true);
    expect(refusal(ledger, lock)).toBe('CurrentlyPaused');
    ledger.setPaused('AllocationManager', 0, false);
    lock();
    expect(refusal(ledger, lock)).toBe('VaultAlreadyLocked');
  });

  it('is refused while a modification waits', () => {
    open();
    AllocationManager.modifyAllocations(ledger, { operator: V, ...set, strategies: [V], newMagnitudes: [1n] });
    expect(refusal(ledger, lock)).toBe('PendingAllocation');
  });
});

describe('maturity', () => {
  const mark = () => Vault.markMatured(ledger, { strategy: V });
  const later = (seconds: bigint) => ledger.setClock({ block: ledger.block + seconds / 12n, time: ledger.time + seconds });

  it('comes when the duration is over, not a second before', () => {
    open();
    expect(refusal(ledger, mark)).toBe('DurationNotElapsed');
    lock();
    later(11_999n);
    expect(refusal(ledger, mark)).toBe('DurationNotElapsed');
    later(1n);
    expect(mark()).toEqual({ deallocated: true, deregistered: true });
    expect(vault()).toMatchObject({ state: 'WITHDRAWALS', maturedAt: ledger.time });
    expect(allocation()).toEqual({ currentMagnitude: WAD, pendingDiff: -WAD, effectBlock: ledger.block + DELAY + 1n });
    expect(AllocationManagerView.getMembers(ledger, set)).toEqual([]);
    expect(refusal(ledger, () => deposit('alice', 1n))).toBe('DepositsLocked');
    queue('alice', 400n);
    advance(ledger, DELAY + 1n);
    complete('W0');
    expect(ledger.strategies.balances.get('alice|V')).toBe(400n);
  });

  it('opens withdrawals also when the calls to the set fail, and can be tried again', () => {
    locked();
    later(12_000n);
    AllocationManager.setAVSRegistrar(ledger, { avs: 'avs', refusesRegistration: null, refusesDeregistration: 'Stay' });
    ledger.setPaused('AllocationManager', 0, true);
    expect(mark()).toEqual({ deallocated: false, deregistered: false });
    expect(AllocationManagerView.getMembers(ledger, set)).toEqual([V]);
    expect(queue('alice', 1n).withdrawals).toHaveLength(1);
    ledger.setPaused('AllocationManager', 0, false);
    expect(mark()).toEqual({ deallocated: true, deregistered: false });
    AllocationManager.setAVSRegistrar(ledger, { avs: 'avs', refusesRegistration: null, refusesDeregistration: null });
    // The deallocation is under way: no other can be made.
    expect(mark()).toEqual({ deallocated: false, deregistered: true });
    advance(ledger, DELAY + 1n);
    expect(mark()).toEqual({ deallocated: true, deregistered: true });
  });

  it('comes earlier on the arbitrator’s word, while the lock lasts', () => {
    const early = (caller?: string) => () =>
      Vault.advanceToWithdrawals(ledger, { strategy: V, ...(caller === undefined ? {} : { caller }) });
    open();
    expect(refusal(ledger, early('admin'))).toBe('OnlyArbitrator');
    expect(refusal(ledger, early())).toBe('VaultNotLocked');
    lock();
    // The allocation is not in force yet.
    expect(early()()).toEqual({ deallocated: false, deregistered: true });
    expect(vault().state).toBe('WITHDRAWALS');
    expect(refusal(ledger, early('admin'))).toBe('OnlyArbitrator');
    later(12_000n);
    expect(early()()).toEqual({ deallocated: true, deregistered: true });
    expect(allocation().currentMagnitude).toBe(0n);
  });

  it('is no longer the arbitrator’s once the duration is over', () => {
    locked();
    later(12_000n);
    expect(refusal(ledger, () => Vault.advanceToWithdrawals(ledger, { strategy: V }))).toBe('DurationAlreadyElapsed');
  });
});

describe('the admin', () => {
  it('changes caps, approver and claimer; nobody else does', () => {
    open();
    const caller = 'eve';
    expect(refusal(ledger, () => Vault.updateTVLLimits(ledger, { strategy: V, maxPerDeposit: 2n, stakeCap: 1n, caller }))).toBe(
      'OnlyVaultAdmin',
    );
    expect(refusal(ledger, () => Vault.updateTVLLimits(ledger, { strategy: V, maxPerDeposit: 2n, stakeCap: 1n }))).toBe(
      'MaxPerDepositExceedsMax',
    );
    expect(refusal(ledger, () => Vault.updateDelegationApprover(ledger, { strategy: V, delegationApprover: 'x', caller }))).toBe(
      'OnlyVaultAdmin',
    );
    Vault.updateDelegationApprover(ledger, { strategy: V, delegationApprover: 'x' });
    expect(ledger.delegation.operators.get(V)?.delegationApprover).toBe('x');
    expect(refusal(ledger, () => Vault.setRewardsClaimer(ledger, { strategy: V, claimer: 'x', caller }))).toBe('OnlyVaultAdmin');
    Vault.setRewardsClaimer(ledger, { strategy: V, claimer: 'x' });
    expect(ledger.rewards.claimers.entries().map(([, claimer]) => claimer)).toEqual(['x']);
  });
});

describe('snapshots', () => {
  it('keep the vault', () => {
    locked();
    const copy = new State(ledger.config, Store.load(JSON.parse(JSON.stringify(ledger.store.save()))));
    expect(Vault.durationVaultOf(copy, { strategy: V })).toEqual(vault());
  });
});
