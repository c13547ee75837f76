// StrategyManager: deposits in the contract's order of refusals, deposits by signature, whitelist, clearing of slashed shares.
import { describe, expect, it } from 'vitest';
import * as AllocationManager from '../../../src/restaking/eigenlayer/AllocationManager.ts';
import * as Config from '../../../src/restaking/eigenlayer/Config.ts';
import * as DelegationManager from '../../../src/restaking/eigenlayer/DelegationManager.ts';
import { State } from '../../../src/restaking/eigenlayer/ledger/state.ts';
import { WAD } from '../../../src/restaking/eigenlayer/SlashingLib.ts';
import * as StrategyBase from '../../../src/restaking/eigenlayer/StrategyBase.ts';
import * as StrategyManager from '../../../src/restaking/eigenlayer/StrategyManager.ts';
import { Store } from '../../../src/restaking/state/store.ts';
import { advance, DELAYS, refusal } from './allocation.ts';

const BURN = '0x00000000000000000000000000000000000E16E4';
const SET = { avs: 'avs', id: 0n };

function ledgerOf(profile: Config.Profile = 'v1.13.1', count = 3): State {
  const strategies = Array.from({ length: count }, (_, i) => ({ id: `S${i + 1}` }));
  return new State(Config.config({ ...DELAYS, slashResolutionDelayBlocks: 7n, startBlock: 1000n, profile, strategies }), new Store());
}

const deposit = (ledger: State, staker: string, strategy: string, amount = 1000n) =>
  StrategyManager.depositIntoStrategy(ledger, { staker, strategy, amount }).shares;

/** alice has 1000 of S1 and S2 each under an operator that the set can slash. */
function slashable(profile?: Config.Profile, redistributionRecipient?: string): State {
  const ledger = ledgerOf(profile);
  const strategies = ['S1', 'S2'];
  for (const strategy of strategies) deposit(ledger, 'alice', strategy);
  DelegationManager.registerAsOperator(ledger, { operator: 'op', allocationDelay: 0n });
  DelegationManager.delegateTo(ledger, { staker: 'alice', operator: 'op' });
  AllocationManager.updateAVSMetadataURI(ledger, { avs: 'avs' });
  const recipient = redistributionRecipient === undefined ? {} : { redistributionRecipient };
  AllocationManager.createOperatorSets(ledger, { ...SET, strategies, ...recipient });
  AllocationManager.registerForOperatorSets(ledger, { operator: 'op', avs: 'avs', ids: [0n] });
  AllocationManager.modifyAllocations(ledger, { operator: 'op', ...SET, strategies, newMagnitudes: [WAD, WAD] });
  return ledger;
}

const slash = (ledger: State, ...wads: bigint[]) =>
  AllocationManager.slashOperator(ledger, { ...SET, operator: 'op', strategies: ['S1', 'S2'].slice(0, wads.length), wads });
const clear = (ledger: State, slashId = 1n, strategy?: string) =>
  StrategyManager.clearBurnOrRedistributableShares(ledger, { ...SET, slashId, ...(strategy === undefined ? {} : { strategy }) });

describe('depositIntoStrategy', () => {
  it('refuses in the order of the contract', () => {
    const ledger = ledgerOf();
    const run = () => refusal(ledger, () => deposit(ledger, 'alice', 'S1', 0n));
    ledger.setPaused('StrategyManager', 0, true);
    StrategyManager.removeStrategiesFromDepositWhitelist(ledger, { strategies: ['S1'] });
    expect(run()).toBe('CurrentlyPaused');
    ledger.setPaused('StrategyManager', 0, false);
    expect(run()).toBe('StrategyNotWhitelisted');
    expect(refusal(ledger, () => deposit(ledger, 'alice', 'BEACON'))).toBe('StrategyNotWhitelisted');
    StrategyManager.addStrategiesToDepositWhitelist(ledger, { strategies: ['S1', 'S2'] });
    expect(run()).toBe('NewSharesZero');
    expect(deposit(ledger, 'alice', 'S1')).toBe(1000n);
  });

  it('takes 32 strategies a staker, and more of those', () => {
    const ledger = ledgerOf('v1.13.1', 33);
    for (let i = 1; i <= 32; i++) deposit(ledger, 'alice', `S${i}`);
    expect(refusal(ledger, () => deposit(ledger, 'alice', 'S33'))).toBe('MaxStrategiesExceeded');
    deposit(ledger, 'alice', 'S32');
    deposit(ledger, 'bob', 'S33');
    expect(StrategyManager.getDeposits(ledger, { staker: 'alice' }).shares).toHaveLength(32);
  });

  it('asks the whitelist for deposits only', () => {
    const ledger = ledgerOf();
    deposit(ledger, 'alice', 'S1');
    StrategyManager.removeStrategiesFromDepositWhitelist(ledger, { strategies: ['S1'] });
    expect(StrategyManager.strategyIsWhitelistedForDeposit(ledger, { strategy: 'S1' })).toBe(false);
    expect(StrategyManager.strategyIsWhitelistedForDeposit(ledger, { strategy: 'S2' })).toBe(true);
    DelegationManager.queueWithdrawals(ledger, { staker: 'alice', strategies: ['S1'], depositShares: [1000n] });
    advance(ledger, 11n);
    DelegationManager.completeQueuedWithdrawal(ledger, { withdrawal: 'W0', receiveAsTokens: false });
    expect(StrategyManager.getDeposits(ledger, { staker: 'alice' })).toEqual({ strategies: ['S1'], shares: [1000n] });
  });

  it('is refused where the operator was slashed to nothing, and open to those without operator', () => {
    const ledger = slashable();
    slash(ledger, WAD);
    expect(refusal(ledger, () => deposit(ledger, 'alice', 'S1'))).toBe('FullySlashed');
    expect(deposit(ledger, 'carol', 'S1')).toBe(1000n);
  });
});

describe('depositIntoStrategyWithSignature', () => {
  const request = { staker: 'alice', strategy: 'S1', amount: 1000n };

  it('needs the staker, the right nonce, and time', () => {
    const ledger = ledgerOf();
    const run = (over: { signer?: string; nonce?: bigint; expiry?: bigint } = {}) => {
      const { signer = 'alice', nonce = 0n, expiry = ledger.time } = over;
      const { shares } = StrategyManager.depositIntoStrategyWithSignature(ledger, { ...request, expiry, signature: { signer, nonce } });
      return shares;
    };
    expect(refusal(ledger, () => run({ expiry: ledger.time - 1n, signer: 'bob' }))).toBe('SignatureExpired');
    expect(refusal(ledger, () => run({ signer: 'bob' }))).toBe('InvalidSignature');
    expect(refusal(ledger, () => run({ nonce: 1n }))).toBe('InvalidSignature');
    expect(run()).toBe(1000n);
    expect(refusal(ledger, () => run())).toBe('InvalidSignature');
    expect(StrategyManager.signatureNonce(ledger, { staker: 'alice' })).toBe(1n);
    ledger.setPaused('StrategyManager', 0, true);
    expect(refusal(ledger, () => run({ nonce: 1n, expiry: 0n }))).toBe('CurrentlyPaused');
    ledger.setPaused('StrategyManager', 0, false);
    StrategyManager.removeStrategiesFromDepositWhitelist(ledger, { strategies: ['S1'] });
    // Refused after the signature was found good: it stays unused.
    expect(refusal(ledger, () => run({ nonce: 1n }))).toBe('StrategyNotWhitelisted');
    StrategyManager.addStrategiesToDepositWhitelist(ledger, { strategies: ['S1'] });
    expect(run({ nonce: 1n })).toBe(1000n);
    expect(StrategyManager.getDeposits(ledger, { staker: 'alice' })).toEqual({ strategies: ['S1'], shares: [2000n] });
  });
});

describe('clearBurnOrRedistributableShares', () => {
  it('burns after the resolution delay, from v1.13.0', () => {
    for (const profile of ['v1.13.0', 'v1.13.1'] as const) {
      const ledger = slashable(profile);
      slash(ledger, WAD / 10n, WAD / 2n);
      expect(StrategyManager.getSlashResolutionBlock(ledger, { ...SET, slashId: 1n })).toBe(1007n);
      advance(ledger, 7n);
      expect(refusal(ledger, () => clear(ledger))).toBe('SlashResolutionDelayNotElapsed');
      expect(refusal(ledger, () => clear(ledger, 1n, 'S3'))).toBe('SlashResolutionDelayNotElapsed');
      advance(ledger, 1n);
      ledger.setPaused('StrategyManager', 1, true);
      expect(refusal(ledger, () => clear(ledger))).toBe('CurrentlyPaused');
      ledger.setPaused('StrategyManager', 1, false);
      expect(clear(ledger)).toEqual({ amounts: [100n, 500n] });
      expect(ledger.strategies.balances.get(`${BURN}|S2`)).toBe(500n);
      expect(StrategyBase.vaultOf(ledger, { strategy: 'S1' })).toEqual({ totalShares: 900n, tokenBalance: 900n });
      expect(StrategyManager.getSlashResolutionBlock(ledger, { ...SET, slashId: 1n })).toBe(0n);
    }
  });

  it('burns at once in v1.12.0, paused or not', () => {
    const ledger = slashable('v1.12.0');
    ledger.setPaused('StrategyManager', 1, true);
    slash(ledger, WAD / 10n);
    expect(StrategyManager.getSlashResolutionBlock(ledger, { ...SET, slashId: 1n })).toBe(0n);
    expect(clear(ledger)).toEqual({ amounts: [100n] });
  });

  it('pays the recipient at the price of the day, strategy by strategy', () => {
    const ledger = slashable('v1.12.0', 'rita');
    slash(ledger, WAD / 10n, WAD / 2n);
    slash(ledger, WAD / 10n);
    const slashOf = (slashId: bigint) => StrategyManager.getBurnOrRedistributableShares(ledger, { ...SET, slashId });
    expect(slashOf(1n)).toEqual({ strategies: ['S1', 'S2'], shares: [100n, 500n] });
    expect(StrategyManager.getPendingSlashIds(ledger, SET)).toEqual([1n, 2n]);
    expect(StrategyManager.getPendingOperatorSets(ledger)).toEqual(['avs:0']);
    StrategyBase.donate(ledger, { strategy: 'S2', amount: 2000n });
    expect(clear(ledger, 1n, 'S2')).toEqual({ amounts: [1000n] });
    expect(clear(ledger, 1n, 'S2')).toEqual({ amounts: [0n] });
    expect(ledger.strategies.balances.get('rita|S2')).toBe(1000n);
    expect(slashOf(1n)).toEqual({ strategies: ['S1'], shares: [100n] });
    expect(clear(ledger, 1n)).toEqual({ amounts: [100n] });
    expect(StrategyManager.getPendingSlashIds(ledger, SET)).toEqual([2n]);
    expect(clear(ledger, 2n)).toEqual({ amounts: [90n] });
    expect(StrategyManager.getPendingOperatorSets(ledger)).toEqual([]);
  });

  it('finds nothing in unknown sets and slashes, and an entry of no shares pays nothing', () => {
    const ledger = slashable();
    expect(clear(ledger, 9n)).toEqual({ amounts: [] });
    expect(clear(ledger, 9n, 'S1')).toEqual({ amounts: [0n] });
    expect(StrategyManager.clearBurnOrRedistributableShares(ledger, { avs: 'nobody', id: 3n, slashId: 1n })).toEqual({ amounts: [] });
    slash(ledger, 1n);
    expect(StrategyManager.getBurnOrRedistributableShares(ledger, { ...SET, slashId: 1n })).toEqual({ strategies: ['S1'], shares: [0n] });
    advance(ledger, 8n);
    expect(clear(ledger)).toEqual({ amounts: [0n] });
    expect(StrategyManager.getPendingSlashIds(ledger, SET)).toEqual([]);
  });
});

describe('misuse', () => {
  it.each([
    [{ staker: 'a|b', strategy: 'S1', amount: 1n }, 'eigenlayer.bad-id'],
    [{ staker: '', strategy: 'S1', amount: 1n }, 'eigenlayer.bad-id'],
    [{ strategy: 'S1', amount: 1n }, 'input.not-text'],
    [{ staker: 'alice', strategy: 'S9', amount: 1n }, 'eigenlayer.unknown-id'],
    [{ staker: 'alice', strategy: 'S1', amount: 1 }, 'input.not-integer'],
    [{ staker: 'alice', strategy: 'S1', amount: 1n << 256n }, 'input.out-of-range'],
    [{ staker: 'alice', strategy: 'S1', amount: 1n, token: 'a b' }, 'eigenlayer.bad-id'],
  ])('is told: %o', (request, code) => {
    const ledger = ledgerOf();
    expect(refusal(ledger, () => StrategyManager.depositIntoStrategy(ledger, request as never))).toBe(code);
  });

  it('of other functions is told', () => {
    const ledger = ledgerOf();
    const strategies = ['S1', 'S9'];
    expect(refusal(ledger, () => StrategyManager.addStrategiesToDepositWhitelist(ledger, { strategies }))).toBe('eigenlayer.unknown-id');
    expect(refusal(ledger, () => StrategyManager.removeStrategiesFromDepositWhitelist(ledger, { strategies }))).toBe(
      'eigenlayer.unknown-id',
    );
    expect(refusal(ledger, () => clear(ledger, 1n, 'S9'))).toBe('eigenlayer.unknown-id');
    expect(refusal(ledger, () => clear(ledger, -1n))).toBe('input.out-of-range');
  });
});
