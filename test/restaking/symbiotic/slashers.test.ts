// Both slashers: what is slashable for a capture, vetoes, resolvers and their delay; every refusal in order.
import { describe, expect, it } from 'vitest';
import * as Slasher from '../../../src/restaking/symbiotic/Slasher.ts';
import type * as Symbiotic from '../../../src/restaking/symbiotic/Symbiotic.ts';
import * as VetoSlasher from '../../../src/restaking/symbiotic/VetoSlasher.ts';
import { accept, at, DAY, ledger, NET, refused, restaked, WEEK, ZERO } from './support.ts';

const hit = (amount: bigint, captureAgo: bigint, operator = 'op1') => ({ ...NET, operator, amount, captureAgo }) as const;
const slash = (...given: Parameters<typeof hit>) => ({ op: 'slash', ...hit(...given) }) as const;
const request = (...given: Parameters<typeof hit>) => ({ op: 'requestSlash', ...hit(...given) }) as const;
const execute = (index: bigint, net = 'net') => ({ op: 'executeSlash', net, index }) as const;
const veto = (index: bigint, who = 'judge') => ({ op: 'vetoSlash', index, who }) as const;

describe('the instant slasher', () => {
  it('refuses in the order of the contract', () => {
    const state = restaked();
    accept(state, { op: 'advance', seconds: 2n * WEEK });
    expect(refused(state, { ...slash(0n, WEEK + 1n), net: 'other' })).toBe('NotNetworkMiddleware');
    expect(refused(state, slash(0n, WEEK + 1n))).toBe('InvalidCaptureTimestamp');
    expect(refused(state, slash(1n, 0n))).toBe('InvalidCaptureTimestamp');
    expect(refused(state, slash(0n, WEEK))).toBe('InsufficientSlash');
    expect(refused(state, slash(1n, 1n, 'op2'))).toBe('InsufficientSlash');
    expect(accept(state, slash(1n, WEEK))).toEqual({ slashedAmount: 1n });
  });

  it('slashes again only for the newest capture or a newer one, and no more than is left', () => {
    const state = restaked();
    accept(state, slash(300n, 50n));
    expect(refused(state, slash(1n, 51n))).toBe('InsufficientSlash');
    const stake = (captureAgo: bigint): bigint =>
      Slasher.slashableStake(state, { ...NET, operator: 'op1', captureTimestamp: state.time - captureAgo });
    expect([stake(51n), stake(50n), stake(49n), stake(0n), stake(WEEK + 1n)]).toEqual([0n, 700n, 700n, 0n, 0n]);
    expect(accept(state, slash(800n, 50n))).toEqual({ slashedAmount: 700n });
    expect(refused(state, slash(1n, 40n))).toBe('InsufficientSlash');
    expect(at(state, 'activeStake')).toBe('0');
  });

  it('S3: books more than a vault holds that serves two networks', () => {
    const state = ledger({ delegator: 'full' });
    for (const net of ['net', 'net2'] as const)
      accept(
        state,
        { op: 'setMaxNetworkLimit', net, id: 0n, amount: 10n ** 6n },
        { op: 'setNetworkLimit', net, id: 0n, amount: 10n ** 6n },
        { op: 'setOperatorNetworkLimit', net, id: 0n, operator: 'op1', amount: 700n },
      );
    accept(state, { op: 'deposit', who: 'alice', amount: 1000n }, { op: 'deposit', who: 'bob', amount: 7n });
    accept(state, { op: 'advance', seconds: 100n }, { op: 'withdraw', who: 'alice', amount: 333n }, { op: 'advance', seconds: 100n });
    accept(state, slash(650n, 50n));
    expect([at(state, 'activeStake'), at(state, 'withdrawals')]).toEqual(['239', { '1': '118' }]);
    accept(state, { op: 'withdraw', who: 'bob', amount: 1n });
    expect(accept(state, { ...slash(650n, 150n), net: 'net2' })).toEqual({ slashedAmount: 650n });
    expect([at(state, 'burner'), at(state, 'collateral')]).toEqual(['1007', '0']);
    expect(accept(state, { ...slash(650n, 100n), net: 'net2' })).toEqual({ slashedAmount: 24n });
    expect(at(state, 'burner')).toBe('1007');
    expect(accept(state, { op: 'deposit', who: 'bob', amount: 1000n })).toEqual({ mintedShares: 672000n });
  });

  it('needs a clock beyond the epoch length, as every chain has', () => {
    const state = ledger({ startTime: 5n });
    accept(state, { op: 'advance', seconds: 5n });
    expect(refused(state, slash(1n, 1n))).toBe('Panic(0x11)');
    expect(at(state, 'stakes')).toEqual({});
    accept(state, { op: 'setMaxNetworkLimit', ...NET, amount: 1n });
    expect(at(state, 'stakes', 'net:0|op1', 'slashableStakeAtPrevSecond')).toBe('0');
  });
});

const vetoed = (): Symbiotic.Ledger => {
  const state = restaked({ slasher: 'veto' });
  accept(state, { op: 'setResolver', ...NET, resolver: 'judge' }, { op: 'advance', seconds: DAY });
  return state;
};

describe('the slasher with veto', () => {
  it('refuses requests in the order of the contract', () => {
    const state = vetoed();
    accept(state, { op: 'advance', seconds: WEEK });
    expect(refused(state, { ...request(0n, 0n), net: 'other' })).toBe('NotNetworkMiddleware');
    expect(refused(state, request(0n, 0n))).toBe('InvalidCaptureTimestamp');
    expect(refused(state, request(1n, 5n * DAY + 1n))).toBe('InvalidCaptureTimestamp');
    expect(refused(state, request(0n, 5n * DAY))).toBe('InsufficientSlash');
    expect(accept(state, request(5000n, 5n * DAY))).toEqual({ slashIndex: 0n });
    expect(at(state, 'requests', '0')).toEqual({
      amount: '1000',
      captureTimestamp: `${state.time - 5n * DAY}`,
      vetoDeadline: `${state.time + 2n * DAY}`,
      completed: false,
    });
  });

  it('S2: vetoes, deadlines, and the order of the checks', () => {
    const state = vetoed();
    accept(state, request(300n, 60n));
    expect(refused(state, execute(0n))).toBe('VetoPeriodNotEnded');
    expect(refused(state, veto(0n, 'alice'))).toBe('NotResolver');
    accept(state, veto(0n));
    expect(refused(state, veto(0n))).toBe('SlashRequestCompleted');
    expect(refused(state, execute(0n))).toBe('VetoPeriodNotEnded');
    accept(state, request(400n, 60n), request(900n, 30n), { op: 'advance', seconds: 2n * DAY - 1n });
    expect(refused(state, execute(1n))).toBe('VetoPeriodNotEnded');
    accept(state, { op: 'advance', seconds: 1n });
    expect(refused(state, veto(1n))).toBe('VetoPeriodEnded');
    // The vetoed one: it has stake to slash, and is completed.
    expect(refused(state, execute(0n))).toBe('SlashRequestCompleted');
    expect(accept(state, execute(1n))).toEqual({ slashedAmount: 400n });
    expect(accept(state, execute(2n))).toEqual({ slashedAmount: 600n });
    // Completed too, but the stake is looked at first.
    expect(refused(state, execute(2n))).toBe('InsufficientSlash');
    expect(accept(state, { op: 'deposit', who: 'alice', amount: 77n })).toEqual({ mintedShares: 77077n });
  });

  it('refuses what does not exist, what others ask, and what is too late', () => {
    const state = vetoed();
    expect(refused(state, execute(0n))).toBe('SlashRequestNotExist');
    expect(refused(state, veto(0n))).toBe('SlashRequestNotExist');
    accept(state, request(300n, 60n));
    expect(refused(state, execute(0n, 'net2'))).toBe('NotNetworkMiddleware');
    expect(refused(state, execute(1n))).toBe('SlashRequestNotExist');
    accept(state, { op: 'advance', seconds: WEEK - 60n });
    expect(accept(state, { op: 'advance', seconds: 1n })).toEqual({});
    expect(refused(state, execute(0n))).toBe('SlashPeriodEnded');
    const other = vetoed();
    accept(other, request(300n, 60n), { op: 'advance', seconds: WEEK - 60n });
    expect(accept(other, execute(0n))).toEqual({ slashedAmount: 300n });
  });

  it('waits for nobody where there is no resolver', () => {
    const state = restaked({ slasher: 'veto' });
    accept(state, request(300n, 60n));
    expect(refused(state, veto(0n))).toBe('NoResolver');
    expect(accept(state, execute(0n))).toEqual({ slashedAmount: 300n });
    // A resolver that came after the capture cannot veto it, and is not waited for.
    accept(state, { op: 'setResolver', ...NET, resolver: 'judge' }, { op: 'advance', seconds: 1n }, request(300n, 2n));
    expect(refused(state, veto(1n))).toBe('NoResolver');
    expect(accept(state, execute(1n))).toEqual({ slashedAmount: 300n });
  });
});

describe('a resolver', () => {
  const resolver = (state: Symbiotic.Ledger, timestamp: bigint = state.time): string | null =>
    VetoSlasher.resolverAt(state, { ...NET, timestamp });
  const set = (name?: string | null) => ({ op: 'setResolver', ...NET, ...(name === undefined ? {} : { resolver: name }) }) as const;

  it('is set by a network, and not to what it is', () => {
    const state = restaked({ slasher: 'veto' });
    expect(refused(state, { ...set('judge'), net: 'other' })).toBe('NotNetwork');
    for (const nobody of [undefined, null, ZERO]) expect(refused(state, set(nobody))).toBe('AlreadySet');
    accept(state, set('judge'));
    expect(resolver(state)).toBe('judge');
    expect(resolver(state, state.time - 1n)).toBeNull();
    expect(refused(state, set('judge'))).toBe('AlreadySet');
  });

  it('changes some epochs after the start of the current one; a pending change is replaced, or dropped by the old name', () => {
    const state = vetoed();
    const change = 1_750_000_000n + 3n * WEEK;
    accept(state, set('judge2'));
    expect([resolver(state, change - 1n), resolver(state, change)]).toEqual(['judge', 'judge2']);
    // Asked again, it is put off: no longer what it was, so it is no change that is set already.
    accept(state, { op: 'advance', seconds: WEEK }, set('judge2'));
    expect([resolver(state, change), resolver(state, change + WEEK)]).toEqual(['judge', 'judge2']);
    accept(state, set());
    expect(resolver(state, change + WEEK)).toBeNull();
    accept(state, set('judge'));
    expect(resolver(state, change + 100n * WEEK)).toBe('judge');
    expect(refused(state, set('judge'))).toBe('AlreadySet');
    accept(state, set(ZERO), { op: 'advance', seconds: 3n * WEEK });
    expect(resolver(state)).toBeNull();
    expect(refused(state, set())).toBe('AlreadySet');
    accept(state, set('judge3'));
    expect(resolver(state, state.time + 3n * WEEK)).toBe('judge3');
  });

  it('of the capture may veto while there is any resolver; afterwards nobody', () => {
    const state = vetoed();
    accept(state, set('judge2'), { op: 'advance', seconds: 3n * WEEK - DAY - 200n });
    accept(state, request(10n, 1n), request(20n, 1n), { op: 'advance', seconds: 300n });
    expect(resolver(state)).toBe('judge2');
    expect(refused(state, veto(0n, 'judge2'))).toBe('NotResolver');
    accept(state, veto(0n, 'judge'));
    // Removed: neither is the deadline waited for any longer.
    const gone = vetoed();
    accept(gone, set(), { op: 'advance', seconds: 3n * WEEK - DAY - 200n }, request(10n, 1n), { op: 'advance', seconds: 100n });
    expect(resolver(gone)).toBeNull();
    // The second in which it ends still has a resolver in the second before.
    expect(refused(gone, execute(0n))).toBe('VetoPeriodNotEnded');
    accept(gone, { op: 'advance', seconds: 1n });
    expect(refused(gone, veto(0n))).toBe('NoResolver');
    expect(accept(gone, execute(0n))).toEqual({ slashedAmount: 10n });
  });

  it('cannot be put off beyond what a timestamp holds', () => {
    const state = restaked({ slasher: 'veto', resolverSetEpochsDelay: 2n ** 48n - 1n });
    accept(state, set('judge'));
    expect(refused(state, set('judge2'))).toBe('SafeCastOverflowedUintDowncast');
  });
});
