// What no trace reaches, found by reading the contracts beside the ledger: expectations by hand from the Solidity sources.
import { describe, expect, it } from 'vitest';
import * as AllocationManager from '../../../src/restaking/eigenlayer/AllocationManager.ts';
import * as Config from '../../../src/restaking/eigenlayer/Config.ts';
import * as DelegationManager from '../../../src/restaking/eigenlayer/DelegationManager.ts';
import * as Vault from '../../../src/restaking/eigenlayer/DurationVaultStrategy.ts';
import * as EigenLayer from '../../../src/restaking/eigenlayer/EigenLayer.ts';
import { State } from '../../../src/restaking/eigenlayer/ledger/state.ts';
import * as SlashingLib from '../../../src/restaking/eigenlayer/SlashingLib.ts';
import * as StrategyManager from '../../../src/restaking/eigenlayer/StrategyManager.ts';
import { nameOf } from '../../../src/restaking/state/Revert.ts';
import { Store } from '../../../src/restaking/state/store.ts';
import { advance, DELAYS, newLedger, refusal, slash, withAllocation } from './allocation.ts';

const { WAD } = SlashingLib;
const MAX_UINT256 = 2n ** 256n - 1n;
const ZERO = `0x${'0'.repeat(40)}`;
const V = 'V';
const VAULT: Vault.VaultConfig = {
  strategy: V,
  vaultAdmin: 'admin',
  arbitrator: 'judge',
  duration: 12_000n,
  maxPerDeposit: 500n,
  stakeCap: 900n,
  avs: 'avs',
  id: 0n,
};

function vaultLedger(profile: Config.Profile): State {
  const ledger = new State(Config.config({ ...DELAYS, profile, strategies: [{ id: V }] }), new Store());
  AllocationManager.updateAVSMetadataURI(ledger, { avs: 'avs' });
  AllocationManager.createOperatorSets(ledger, { avs: 'avs', id: 0n, strategies: [V] });
  return ledger;
}

/** What a pure function throws, by the contract's name. */
function nameThrown(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    return nameOf(error);
  }
  return undefined;
}

describe('a duration vault', () => {
  const deposit = (ledger: State) => StrategyManager.depositIntoStrategy(ledger, { staker: 'alice', strategy: V, amount: 10n });

  it.each([
    ['v1.12.0', 'UnderlyingTokenBlacklisted'],
    ['v1.13.0', ''],
    ['v1.13.1', ''],
  ] as const)('of %s asks whether its token is blacklisted: "%s"', (profile, expected) => {
    const ledger = vaultLedger(profile);
    Vault.initialize(ledger, VAULT);
    DelegationManager.delegateTo(ledger, { staker: 'alice', operator: V });
    deposit(ledger);
    DelegationManager.queueWithdrawals(ledger, { staker: 'alice', strategies: [V], depositShares: [5n] });
    advance(ledger, 11n);
    Vault.blacklistToken(ledger, { strategy: V });
    expect(refusal(ledger, () => deposit(ledger))).toBe(expected);
    const complete = { withdrawal: 'W0', receiveAsTokens: false };
    expect(refusal(ledger, () => DelegationManager.completeQueuedWithdrawal(ledger, complete))).toBe(expected);
  });

  it.each([
    ['InvalidVaultAdmin', { vaultAdmin: ZERO, arbitrator: ZERO, duration: 0n }],
    ['InvalidArbitrator', { arbitrator: ZERO, duration: 0n }],
    ['InvalidDuration', { duration: 0n, avs: ZERO }],
    ['MaxPerDepositExceedsMax', { maxPerDeposit: 901n, avs: ZERO }],
    ['OperatorIntegrationInvalid', { avs: ZERO }],
  ])('that nobody owns, or that serves nobody, is %s', (expected, changed) => {
    const ledger = vaultLedger('v1.13.1');
    expect(refusal(ledger, () => Vault.initialize(ledger, { ...VAULT, ...changed }))).toBe(expected);
  });

  it('is on the whitelist when it is deployed', () => {
    const ledger = vaultLedger('v1.13.1');
    StrategyManager.removeStrategiesFromDepositWhitelist(ledger, { strategies: [V] });
    Vault.initialize(ledger, VAULT);
    DelegationManager.delegateTo(ledger, { staker: 'alice', operator: V });
    expect(deposit(ledger)).toEqual({ shares: 10n });
  });
});

describe('the zero address', () => {
  it('as delegation approver is nobody', () => {
    const ledger = newLedger();
    DelegationManager.registerAsOperator(ledger, { operator: 'op', allocationDelay: 0n, delegationApprover: ZERO });
    expect(DelegationManager.delegationApprover(ledger, { operator: 'op' })).toBeNull();
    expect(refusal(ledger, () => DelegationManager.delegateTo(ledger, { staker: 'alice', operator: 'op' }))).toBe('');
    DelegationManager.modifyOperatorDetails(ledger, { operator: 'op', delegationApprover: 'judge' });
    DelegationManager.modifyOperatorDetails(ledger, { operator: 'op', delegationApprover: ZERO });
    expect(refusal(ledger, () => DelegationManager.delegateTo(ledger, { staker: 'bob', operator: 'op' }))).toBe('');
  });
});

describe('the fixed-point arithmetic', () => {
  // Math.mulDiv: a product of more than 256 bits is compared with the divisor before anything is divided.
  it('says overflow, not division by 0, where the product leaves 256 bits', () => {
    const ledger = withAllocation();
    DelegationManager.delegateTo(ledger, { staker: 'alice', operator: 'op' });
    slash(ledger, WAD);
    const convert = (withdrawable: bigint) => () =>
      DelegationManager.convertToDepositShares(ledger, { staker: 'alice', strategies: ['S1'], withdrawableShares: [withdrawable] });
    const fits = MAX_UINT256 / WAD;
    expect(refusal(ledger, convert(0n))).toBe('Panic(0x12)');
    expect(refusal(ledger, convert(fits))).toBe('Panic(0x12)');
    expect(refusal(ledger, convert(fits + 1n))).toBe('Error(Math: mulDiv overflow)');
  });

  it('counts up to the next integer with a check of its own', () => {
    // 2^257 - 1 is a product; half of it is 2^256 - 1 and a half.
    const factor = 535_006_138_814_359n;
    const other = (2n ** 257n - 1n) / factor;
    expect(factor * other).toBe(2n ** 257n - 1n);
    expect(SlashingLib.mulDivDown(factor, other, 2n)).toBe(MAX_UINT256);
    expect(nameThrown(() => SlashingLib.mulDivUp(factor, other, 2n))).toBe('Panic(0x11)');
    expect(nameThrown(() => SlashingLib.mulDivUp(MAX_UINT256, 2n, 1n))).toBe('Error(Math: mulDiv overflow)');
  });

  it('adds with a check', () => {
    const nearly = 2n * WAD - 1n;
    expect(nameThrown(() => SlashingLib.depositScalingFactorAfter(nearly, 2n ** 255n, 2n ** 254n, WAD))).toBe('Panic(0x11)');
    expect(nameThrown(() => SlashingLib.depositScalingFactorAfter(1n, MAX_UINT256, 1n, 1n))).toBe('Panic(0x11)');
  });
});

describe('a completed withdrawal', () => {
  it('is refused for a wrong number of tokens first, then for the caller', () => {
    const ledger = newLedger();
    StrategyManager.depositIntoStrategy(ledger, { staker: 'alice', strategy: 'S1', amount: 10n });
    StrategyManager.depositIntoStrategy(ledger, { staker: 'alice', strategy: 'S2', amount: 10n });
    DelegationManager.queueWithdrawals(ledger, { staker: 'alice', strategies: ['S1', 'S2'], depositShares: [10n, 10n] });
    advance(ledger, 11n);
    const done = { withdrawal: 'W0', receiveAsTokens: true };
    DelegationManager.completeQueuedWithdrawal(ledger, done);
    const again = (request: object) => refusal(ledger, () => DelegationManager.completeQueuedWithdrawal(ledger, { ...done, ...request }));
    expect(again({ tokens: ['S1'], caller: 'mallory' })).toBe('InputArrayLengthMismatch');
    expect(again({ tokens: ['S1', 'S2'], caller: 'mallory' })).toBe('WithdrawerNotCaller');
    expect(again({ tokens: ['S1', 'S2'], caller: 'alice' })).toBe('WithdrawalNotQueued');
    expect(again({})).toBe('WithdrawalNotQueued');
  });
});

describe('native ETH in the order of strategies', () => {
  const [below, above] = ['0xbeaC0eeEeeeeEEeEeEEEEeeEEeEeeeEeeEEBEaBF', '0xbeaC0eeEeeeeEEeEeEEEEeeEEeEeeeEeeEEBEaC1'];

  it('has the place of its address where strategies are addresses', () => {
    const ledger = EigenLayer.create({ strategies: [{ id: below }, { id: above }] });
    const set = { avs: 'avs', id: 0n };
    EigenLayer.apply(ledger, { op: 'registerOperator', operator: 'op', allocationDelay: 0n });
    EigenLayer.apply(ledger, { op: 'createOperatorSet', ...set, strategies: [below, 'BEACON', above] });
    EigenLayer.apply(ledger, { op: 'registerForOperatorSets', operator: 'op', avs: 'avs', ids: [0n] });
    const slashed = (...strategies: string[]) =>
      EigenLayer.apply(ledger, { op: 'slash', ...set, operator: 'op', strategies, wads: strategies.map(() => WAD) });
    expect(slashed(below, 'BEACON', above)).toMatchObject({ ok: true });
    const refused = { ok: false, error: 'StrategiesMustBeInAscendingOrder' };
    expect(slashed(below, above, 'BEACON')).toEqual(refused);
    expect(slashed('BEACON', below)).toEqual(refused);
    expect(slashed('BEACON', 'BEACON')).toEqual(refused);
    expect(EigenLayer.apply(ledger, { op: 'deposit', staker: 'alice', strategy: above, amount: 5n })).toMatchObject({ ok: true });
  });

  it('comes after all names', () => {
    const ledger = newLedger();
    expect(ledger.rank('BEACON')).toBeGreaterThan(ledger.rank('EIGEN') ?? Number.NaN);
  });
});

describe('a chain younger than the withdrawal delay', () => {
  it('can be looked at, though it cannot slash', () => {
    const ledger = EigenLayer.create({ strategies: [{ id: 'S1' }], startBlock: 1n, withdrawalDelayBlocks: 10n });
    EigenLayer.apply(ledger, { op: 'registerOperator', operator: 'op', allocationDelay: 0n });
    EigenLayer.apply(ledger, { op: 'deposit', staker: 'op', strategy: 'S1', amount: 100n });
    EigenLayer.apply(ledger, { op: 'queueWithdrawal', staker: 'op', strategies: ['S1'], depositShares: [40n] });
    const inQueue = () => EigenLayer.view(ledger).operators['op'];
    EigenLayer.apply(ledger, { op: 'advance', blocks: 9n });
    expect(refusal(ledger, () => DelegationManager.getSlashableSharesInQueue(ledger, { operator: 'op', strategy: 'S1' }))).toBe(
      'Panic(0x11)',
    );
    expect(inQueue()?.slashableSharesInQueue).toEqual({});
    EigenLayer.apply(ledger, { op: 'advance', blocks: 1n });
    expect(inQueue()?.slashableSharesInQueue).toEqual({ S1: '40' });
  });
});
