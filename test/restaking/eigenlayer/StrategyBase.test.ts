// StrategyBase and its kinds: the price of shares, caps, EIGEN's two tokens. Numbers of the named trace T01.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Config from '../../../src/restaking/eigenlayer/Config.ts';
import * as DelegationManager from '../../../src/restaking/eigenlayer/DelegationManager.ts';
import { State } from '../../../src/restaking/eigenlayer/ledger/state.ts';
import * as StrategyBase from '../../../src/restaking/eigenlayer/StrategyBase.ts';
import * as StrategyManager from '../../../src/restaking/eigenlayer/StrategyManager.ts';
import { Store } from '../../../src/restaking/state/store.ts';
import { advance, DELAYS, refusal } from './allocation.ts';

const MAX = 2n ** 256n - 1n;

function ledgerOf(...strategies: Config.StrategyConfig[]): State {
  return new State(Config.config({ ...DELAYS, startBlock: 1000n, strategies }), new Store());
}

type Deposit = { staker?: string; strategy?: string; token?: string };
const deposit = (ledger: State, amount: bigint, { staker = 'alice', strategy = 'S1', token = strategy }: Deposit = {}) =>
  StrategyManager.depositIntoStrategy(ledger, { staker, strategy, amount, token }).shares;
const vault = (ledger: State, strategy = 'S1') => StrategyBase.vaultOf(ledger, { strategy });
const paid = (ledger: State, token: string, holder = 'alice') => ledger.strategies.balances.get(`${holder}|${token}`);

type Withdraw = { staker?: string; strategy?: string; tokens?: string[] };
/** Queues and completes as tokens. */
function withdraw(ledger: State, depositShares: bigint, { staker = 'alice', strategy = 'S1', tokens = [strategy] }: Withdraw = {}): void {
  const queued = DelegationManager.queueWithdrawals(ledger, { staker, strategies: [strategy], depositShares: [depositShares] });
  advance(ledger, DELAYS.withdrawalDelayBlocks + 1n);
  const withdrawal = queued.withdrawals[0]?.id ?? '';
  DelegationManager.completeQueuedWithdrawal(ledger, { withdrawal, receiveAsTokens: true, tokens });
}

describe('a vault', () => {
  it('sells shares at the price before the deposit, with 1000 virtual shares and tokens', () => {
    const ledger = ledgerOf({ id: 'S1' });
    expect(deposit(ledger, 1000n)).toBe(1000n);
    StrategyBase.donate(ledger, { strategy: 'S1', amount: 333n });
    expect(deposit(ledger, 1000n, { staker: 'bob' })).toBe(857n);
    expect(vault(ledger)).toEqual({ totalShares: 1857n, tokenBalance: 2333n });
    expect(refusal(ledger, () => deposit(ledger, 1n, { staker: 'carol' }))).toBe('NewSharesZero');
    expect(refusal(ledger, () => deposit(ledger, 0n))).toBe('NewSharesZero');
    expect(StrategyBase.sharesToUnderlying(ledger, { strategy: 'S1', shares: 857n })).toBe((3333n * 857n) / 2857n);
    expect(StrategyBase.underlyingToShares(ledger, { strategy: 'S1', amount: 1000n })).toBe(857n);
    expect(StrategyBase.userUnderlying(ledger, { strategy: 'S1', staker: 'alice' })).toBe(1166n);
    expect(StrategyBase.userUnderlying(ledger, { strategy: 'S1', staker: 'nobody' })).toBe(0n);
  });

  it('pays at the price of the day', () => {
    const ledger = ledgerOf({ id: 'S1' });
    deposit(ledger, 1000n);
    StrategyBase.donate(ledger, { strategy: 'S1', amount: 1000n });
    withdraw(ledger, 500n);
    expect(paid(ledger, 'S1')).toBe((3000n * 500n) / 2000n);
    expect(vault(ledger)).toEqual({ totalShares: 500n, tokenBalance: 1250n });
  });

  it('cannot pay more than it holds, as the virtual share lets it owe after a loss', () => {
    const ledger = ledgerOf({ id: 'S1' });
    deposit(ledger, 1000n);
    expect(refusal(ledger, () => StrategyBase.rebaseDown(ledger, { strategy: 'S1', amount: 1001n }))).toBe('Error(ERC20: balance)');
    StrategyBase.rebaseDown(ledger, { strategy: 'S1', amount: 1000n });
    DelegationManager.queueWithdrawals(ledger, { staker: 'alice', strategies: ['S1'], depositShares: [1000n] });
    advance(ledger, 11n);
    const complete = () => DelegationManager.completeQueuedWithdrawal(ledger, { withdrawal: 'W0', receiveAsTokens: true });
    expect(refusal(ledger, complete)).toBe('Error(ERC20: balance)');
    StrategyBase.donate(ledger, { strategy: 'S1', amount: 1000n });
    complete();
    expect(paid(ledger, 'S1')).toBe(1000n);
  });

  it('ends at 10^38 - 1 shares, and where uint256 ends', () => {
    const ledger = ledgerOf({ id: 'S1' }, { id: 'S2' }, { id: 'S3' });
    deposit(ledger, 10n ** 38n - 1n);
    expect(refusal(ledger, () => deposit(ledger, 1n))).toBe('TotalSharesExceedsMax');
    StrategyBase.donate(ledger, { strategy: 'S2', amount: MAX });
    expect(refusal(ledger, () => StrategyBase.donate(ledger, { strategy: 'S2', amount: 1n }))).toBe('Panic(0x11)');
    expect(refusal(ledger, () => deposit(ledger, 1n, { strategy: 'S2' }))).toBe('Panic(0x11)');
    // The rate that is emitted, 10^18 balance / shares, is what fails here.
    deposit(ledger, 10n ** 20n, { strategy: 'S3' });
    StrategyBase.donate(ledger, { strategy: 'S3', amount: MAX / 10n ** 18n - 10n ** 20n - 1000n });
    const rate = () => deposit(ledger, 10n ** 40n, { strategy: 'S3' });
    expect(refusal(ledger, rate)).toBe('Panic(0x11)');
    StrategyBase.rebaseDown(ledger, { strategy: 'S3', amount: 10n ** 40n });
    expect(rate()).toBeGreaterThan(0n);
  });

  it('can be paused on its own', () => {
    const ledger = ledgerOf({ id: 'S1' }, { id: 'S2' });
    deposit(ledger, 1000n);
    ledger.setPaused('StrategyBase:S1', 0, true);
    expect(refusal(ledger, () => deposit(ledger, 1n))).toBe('CurrentlyPaused');
    expect(deposit(ledger, 1000n, { strategy: 'S2' })).toBe(1000n);
    withdraw(ledger, 1n);
    ledger.setPaused('StrategyBase:S1', 1, true);
    DelegationManager.queueWithdrawals(ledger, { staker: 'alice', strategies: ['S1'], depositShares: [2n] });
    advance(ledger, 11n);
    const complete = (receiveAsTokens: boolean) =>
      DelegationManager.completeQueuedWithdrawal(ledger, { withdrawal: 'W1', receiveAsTokens });
    expect(refusal(ledger, () => complete(true))).toBe('CurrentlyPaused');
    complete(false);
  });

  it('keeps or pays every token that came in, and has the shares of its stakers', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('deposit' as const), amount: fc.bigInt({ min: 1n, max: 5000n }), who: fc.constantFrom('a', 'b', 'c') }),
      fc.record({
        kind: fc.constant('withdraw' as const),
        amount: fc.bigInt({ min: 1n, max: 5000n }),
        who: fc.constantFrom('a', 'b', 'c'),
      }),
      fc.record({ kind: fc.constant('donate' as const), amount: fc.bigInt({ min: 0n, max: 3000n }), who: fc.constant('a') }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const ledger = ledgerOf({ id: 'S1' });
        let tokens = 0n;
        for (const { kind, amount, who: staker } of steps) {
          if (kind === 'donate') StrategyBase.donate(ledger, { strategy: 'S1', amount });
          // A deposit of next to nothing is refused.
          if (kind === 'donate' || (kind === 'deposit' && refusal(ledger, () => deposit(ledger, amount, { staker })) === ''))
            tokens += amount;
          const [held = 0n] = StrategyManager.getDeposits(ledger, { staker }).shares;
          if (kind === 'withdraw' && amount <= held) withdraw(ledger, amount, { staker });
        }
        const out = ['a', 'b', 'c'].reduce((sum, who) => sum + (paid(ledger, 'S1', who) ?? 0n), 0n);
        const shares = ['a', 'b', 'c'].flatMap((staker) => StrategyManager.getDeposits(ledger, { staker }).shares);
        expect(vault(ledger).tokenBalance + out).toBe(tokens);
        expect(vault(ledger).totalShares).toBe(shares.reduce((a, b) => a + b, 0n));
      }),
      { seed: 20, numRuns: 150 },
    );
  });
});

describe('a vault with caps', () => {
  const tvl = { id: 'S1', kind: 'tvl', maxPerDeposit: 100n, maxTotalDeposits: 250n } as const;

  it('refuses one big deposit before a full vault, and counts donations', () => {
    const ledger = ledgerOf(tvl);
    expect(refusal(ledger, () => deposit(ledger, 101n))).toBe('MaxPerDepositExceedsMax');
    deposit(ledger, 100n);
    StrategyBase.donate(ledger, { strategy: 'S1', amount: 60n });
    expect(refusal(ledger, () => deposit(ledger, 101n))).toBe('MaxPerDepositExceedsMax');
    expect(refusal(ledger, () => deposit(ledger, 91n))).toBe('BalanceExceedsMaxTotalDeposits');
    expect(refusal(ledger, () => deposit(ledger, 91n, { token: 'S2' }))).toBe('OnlyUnderlyingToken');
    deposit(ledger, 90n);
  });

  it('can be given other caps', () => {
    const ledger = ledgerOf(tvl, { id: 'S2' }, { id: 'S3', kind: 'tvl' });
    const set = (maxPerDeposit: bigint, maxTotalDeposits: bigint, strategy = 'S1') =>
      StrategyBase.setTVLLimits(ledger, { strategy, maxPerDeposit, maxTotalDeposits });
    expect(refusal(ledger, () => set(11n, 10n))).toBe('MaxPerDepositExceedsMax');
    set(1000n, 1000n);
    expect(StrategyBase.getTVLLimits(ledger, { strategy: 'S1' })).toEqual({ maxPerDeposit: 1000n, maxTotalDeposits: 1000n });
    expect(deposit(ledger, 1000n)).toBe(1000n);
    set(0n, 0n);
    expect(refusal(ledger, () => deposit(ledger, 1n))).toBe('MaxPerDepositExceedsMax');
    expect(refusal(ledger, () => set(1n, 1n, 'S2'))).toBe('eigenlayer.no-limits');
    expect(StrategyBase.getTVLLimits(ledger, { strategy: 'S3' })).toEqual({ maxPerDeposit: MAX, maxTotalDeposits: MAX });
  });
});

describe('the vault of EIGEN', () => {
  it('takes and pays the token and its wrapped form, one for one', () => {
    const ledger = ledgerOf({ id: 'EIGEN', kind: 'eigen' }, { id: 'S2' });
    expect(deposit(ledger, 1000n, { strategy: 'EIGEN' })).toBe(1000n);
    expect(deposit(ledger, 1000n, { strategy: 'EIGEN', token: 'bEIGEN' })).toBe(1000n);
    expect(refusal(ledger, () => deposit(ledger, 1000n, { strategy: 'EIGEN', token: 'S2' }))).toBe('OnlyUnderlyingToken');
    expect(refusal(ledger, () => deposit(ledger, 1000n, { strategy: 'S2', token: 'EIGEN' }))).toBe('OnlyUnderlyingToken');
    withdraw(ledger, 600n, { strategy: 'EIGEN' });
    withdraw(ledger, 300n, { strategy: 'EIGEN', tokens: ['bEIGEN'] });
    expect([paid(ledger, 'EIGEN'), paid(ledger, 'bEIGEN')]).toEqual([600n, 300n]);
    expect(vault(ledger, 'EIGEN')).toEqual({ totalShares: 1100n, tokenBalance: 1100n });
    DelegationManager.queueWithdrawals(ledger, { staker: 'alice', strategies: ['EIGEN'], depositShares: [1n] });
    advance(ledger, 11n);
    const complete = () => DelegationManager.completeQueuedWithdrawal(ledger, { withdrawal: 'W2', receiveAsTokens: true, tokens: ['S2'] });
    expect(refusal(ledger, complete)).toBe('OnlyUnderlyingToken');
  });
});

describe('misuse', () => {
  it.each([
    ['a vault that is not there', { strategy: 'S9', amount: 1n }, 'eigenlayer.unknown-id'],
    ['native ETH', { strategy: 'BEACON', amount: 1n }, 'eigenlayer.unknown-id'],
    ['no text', { strategy: 7, amount: 1n }, 'input.not-text'],
    ['a number', { strategy: 'S1', amount: 1 }, 'input.not-integer'],
    ['a negative amount', { strategy: 'S1', amount: -1n }, 'input.out-of-range'],
    ['more than uint256', { strategy: 'S1', amount: MAX + 1n }, 'input.out-of-range'],
  ])('is told: %s', (_what, request, code) => {
    const ledger = ledgerOf({ id: 'S1' });
    expect(refusal(ledger, () => StrategyBase.donate(ledger, request as never))).toBe(code);
    expect(refusal(ledger, () => StrategyBase.rebaseDown(ledger, request as never))).toBe(code);
  });
});
