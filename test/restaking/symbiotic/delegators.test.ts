// The four delegators, their limits, and the opt-ins without which an operator has no stake.
import { describe, expect, it } from 'vitest';
import * as BaseDelegator from '../../../src/restaking/symbiotic/BaseDelegator.ts';
import type * as Symbiotic from '../../../src/restaking/symbiotic/Symbiotic.ts';
import { codeOf } from '../support.ts';
import { accept, at, DAY, ledger, MAX, NET, refused, restaked } from './support.ts';

const stake = (state: Symbiotic.Ledger, operator: string, net = 'net', id = 0n): bigint =>
  BaseDelegator.stake(state, { net, id, operator });
const start = 1_750_000_000n;

describe('limits', () => {
  it('are refused in the order of the contract', () => {
    const state = ledger();
    expect(refused(state, { op: 'setMaxNetworkLimit', net: 'other', id: 0n, amount: 0n })).toBe('NotNetwork');
    expect(refused(state, { op: 'setMaxNetworkLimit', ...NET, amount: 0n })).toBe('AlreadySet');
    expect(refused(state, { op: 'setNetworkLimit', ...NET, amount: 1n })).toBe('ExceedsMaxNetworkLimit');
    expect(refused(state, { op: 'setNetworkLimit', ...NET, amount: 0n })).toBe('AlreadySet');
    accept(state, { op: 'setMaxNetworkLimit', ...NET, amount: 5n }, { op: 'setNetworkLimit', ...NET, amount: 5n });
    expect(refused(state, { op: 'setNetworkLimit', ...NET, amount: 6n })).toBe('ExceedsMaxNetworkLimit');
    expect(refused(state, { op: 'setNetworkLimit', ...NET, amount: 5n })).toBe('AlreadySet');
    expect(refused(state, { op: 'setOperatorNetworkShares', ...NET, operator: 'op1', shares: 0n })).toBe('AlreadySet');
  });

  it('come down with the maximum at once, and do not come back with it', () => {
    const state = restaked();
    accept(state, { op: 'setMaxNetworkLimit', ...NET, amount: 300n });
    expect(stake(state, 'op1')).toBe(300n);
    expect(BaseDelegator.stakeAt(state, { ...NET, operator: 'op1', timestamp: state.time - 1n })).toBe(1000n);
    accept(state, { op: 'setMaxNetworkLimit', ...NET, amount: 900n });
    expect(stake(state, 'op1')).toBe(300n);
    expect(refused(state, { op: 'setNetworkLimit', ...NET, amount: 300n })).toBe('AlreadySet');
  });

  it('are of one subnetwork each', () => {
    const state = restaked();
    accept(state, { op: 'setOperatorNetworkShares', net: 'net', id: 1n, operator: 'op1', shares: 1n });
    expect(stake(state, 'op1', 'net', 1n)).toBe(0n);
    expect(Object.keys(at(state, 'stakes') as object)).toEqual(['net:0|op1', 'net:0|op2', 'net:1|op1', 'net:1|op2']);
  });
});

describe('NetworkRestakeDelegator', () => {
  it('divides a limit by shares and rounds down', () => {
    const state = restaked();
    expect(stake(state, 'op1')).toBe(1000n);
    accept(state, { op: 'setOperatorNetworkShares', ...NET, operator: 'op2', shares: 2n });
    expect([stake(state, 'op1'), stake(state, 'op2')]).toEqual([333n, 666n]);
    accept(state, { op: 'setNetworkLimit', ...NET, amount: 100n });
    expect([stake(state, 'op1'), stake(state, 'op2')]).toEqual([33n, 66n]);
  });

  it('counts the shares of an operator that has not opted in, but gives it nothing', () => {
    const state = restaked();
    accept(state, { op: 'setOperatorNetworkShares', ...NET, operator: 'stranger', shares: 1n });
    expect([stake(state, 'op1'), stake(state, 'stranger')]).toEqual([500n, 0n]);
  });

  it('has no stake when nobody has shares, and refuses more shares than fit', () => {
    const state = restaked();
    accept(state, { op: 'setOperatorNetworkShares', ...NET, operator: 'op1', shares: MAX });
    expect(refused(state, { op: 'setOperatorNetworkShares', ...NET, operator: 'op2', shares: 1n })).toBe('Panic(0x11)');
    accept(state, { op: 'setOperatorNetworkShares', ...NET, operator: 'op1', shares: 0n });
    expect(stake(state, 'op1')).toBe(0n);
  });
});

describe('FullRestakeDelegator', () => {
  it('gives the same stake to all operators of all networks', () => {
    const state = ledger({ delegator: 'full' });
    for (const net of ['net', 'net2'] as const) {
      accept(state, { op: 'setMaxNetworkLimit', net, id: 0n, amount: 900n }, { op: 'setNetworkLimit', net, id: 0n, amount: 900n });
      for (const operator of ['op1', 'op2']) accept(state, { op: 'setOperatorNetworkLimit', net, id: 0n, operator, amount: 700n });
    }
    accept(state, { op: 'deposit', who: 'alice', amount: 600n });
    expect([stake(state, 'op1'), stake(state, 'op2'), stake(state, 'op1', 'net2')]).toEqual([600n, 600n, 600n]);
    accept(state, { op: 'deposit', who: 'alice', amount: 600n });
    expect(stake(state, 'op1')).toBe(700n);
    accept(state, { op: 'setMaxNetworkLimit', ...NET, amount: 10n });
    expect(stake(state, 'op1')).toBe(10n);
    expect(refused(state, { op: 'setOperatorNetworkLimit', ...NET, operator: 'op1', amount: 700n })).toBe('AlreadySet');
  });
});

describe('OperatorSpecificDelegator', () => {
  it('gives the stake to its operator, for every network', () => {
    const state = ledger({ delegator: 'operator', operator: 'op2' });
    for (const net of ['net', 'net2'] as const)
      accept(state, { op: 'setMaxNetworkLimit', net, id: 0n, amount: 900n }, { op: 'setNetworkLimit', net, id: 0n, amount: 400n });
    accept(state, { op: 'deposit', who: 'alice', amount: 300n });
    expect([stake(state, 'op1'), stake(state, 'op2'), stake(state, 'op2', 'net2')]).toEqual([0n, 300n, 300n]);
    accept(state, { op: 'deposit', who: 'alice', amount: 300n });
    expect(stake(state, 'op2')).toBe(400n);
    accept(state, { op: 'setMaxNetworkLimit', ...NET, amount: 50n });
    expect([stake(state, 'op2'), stake(state, 'op2', 'net2')]).toEqual([50n, 400n]);
  });
});

describe('OperatorNetworkSpecificDelegator', () => {
  it('gives the stake to its operator for its network, by the maximum alone', () => {
    const state = ledger({ delegator: 'operatorNetwork', operator: 'op1', network: 'net2' });
    expect(refused(state, { op: 'setMaxNetworkLimit', ...NET, amount: 0n })).toBe('AlreadySet');
    expect(refused(state, { op: 'setMaxNetworkLimit', ...NET, amount: 1n })).toBe('InvalidNetwork');
    accept(state, { op: 'setMaxNetworkLimit', net: 'net2', id: 3n, amount: 400n }, { op: 'deposit', who: 'alice', amount: 900n });
    accept(state, { op: 'advance', seconds: 10n }, { op: 'setMaxNetworkLimit', net: 'net2', id: 3n, amount: 90n });
    expect([stake(state, 'op1', 'net2', 3n), stake(state, 'op2', 'net2', 3n), stake(state, 'op1')]).toEqual([90n, 0n, 0n]);
    expect(BaseDelegator.stakeAt(state, { net: 'net2', id: 3n, operator: 'op1', timestamp: start })).toBe(400n);
    // A slash for a capture before the maximum came down.
    const slash = { op: 'slash', net: 'net2', id: 3n, operator: 'op1', amount: 1000n, captureAgo: 10n } as const;
    expect(accept(state, slash)).toEqual({ slashedAmount: 400n });
    expect(at(state, 'activeStake')).toBe('500');
  });
});

describe('opt-ins', () => {
  it('are refused in the order of the contract', () => {
    const state = ledger();
    expect(refused(state, { op: 'optInVault', operator: 'nobody' })).toBe('NotWho');
    expect(refused(state, { op: 'optInVault', operator: 'op1' })).toBe('AlreadyOptedIn');
    expect(refused(state, { op: 'optInNetwork', operator: 'nobody', net: 'nowhere' })).toBe('NotWho');
    expect(refused(state, { op: 'optInNetwork', operator: 'op1', net: 'nowhere' })).toBe('NotWhereEntity');
    expect(refused(state, { op: 'optInNetwork', operator: 'op1', net: 'net' })).toBe('AlreadyOptedIn');
    expect(refused(state, { op: 'optOutVault', operator: 'nobody' })).toBe('NotOptedIn');
    expect(refused(state, { op: 'optOutNetwork', operator: 'op1', net: 'nowhere' })).toBe('NotOptedIn');
    expect(refused(state, { op: 'optOutVault', operator: 'op1' })).toBe('OptOutCooldown');
    expect(refused(state, { op: 'registerOperator', operator: 'op1' })).toBe('OperatorAlreadyRegistered');
    expect(refused(state, { op: 'registerNetwork', net: 'net' })).toBe('NetworkAlreadyRegistered');
  });

  it('end the stake, not that of captures before', () => {
    const state = restaked();
    accept(state, { op: 'optOutNetwork', operator: 'op1', net: 'net' });
    expect(stake(state, 'op1')).toBe(0n);
    expect(refused(state, { op: 'optOutNetwork', operator: 'op1', net: 'net' })).toBe('NotOptedIn');
    expect(BaseDelegator.stakeAt(state, { ...NET, operator: 'op1', timestamp: state.time - 1n })).toBe(1000n);
    accept(state, { op: 'advance', seconds: DAY });
    const slash = (captureAgo: bigint) => ({ op: 'slash', ...NET, operator: 'op1', amount: 10n, captureAgo }) as const;
    expect(refused(state, slash(DAY))).toBe('InsufficientSlash');
    expect(accept(state, slash(DAY + 1n))).toEqual({ slashedAmount: 10n });
    accept(state, { op: 'optInNetwork', operator: 'op1', net: 'net' });
    expect(refused(state, { op: 'optOutNetwork', operator: 'op1', net: 'net' })).toBe('OptOutCooldown');
    expect(stake(state, 'op1')).toBe(990n);
    accept(state, { op: 'advance', seconds: 1n }, { op: 'optOutVault', operator: 'op1' });
    expect(stake(state, 'op1')).toBe(0n);
    accept(state, { op: 'optInVault', operator: 'op1' });
    expect(stake(state, 'op1')).toBe(990n);
  });

  it('let a new operator serve a new network', () => {
    const state = ledger();
    accept(state, { op: 'registerNetwork', net: 'net3' }, { op: 'registerOperator', operator: 'op3' });
    accept(
      state,
      { op: 'setMaxNetworkLimit', net: 'net3', id: 0n, amount: 9n },
      { op: 'setNetworkLimit', net: 'net3', id: 0n, amount: 9n },
    );
    accept(state, { op: 'setOperatorNetworkShares', net: 'net3', id: 0n, operator: 'op3', shares: 1n });
    accept(state, { op: 'deposit', who: 'alice', amount: 100n });
    expect([stake(state, 'op3', 'net3'), stake(state, 'op1', 'net3')]).toEqual([0n, 0n]);
    accept(state, { op: 'optInVault', operator: 'op3' });
    expect(stake(state, 'op3', 'net3')).toBe(0n);
    accept(state, { op: 'optInNetwork', operator: 'op3', net: 'net3' });
    expect(stake(state, 'op3', 'net3')).toBe(9n);
    expect(Object.keys(at(state, 'stakes') as object)).toEqual(['net3:0|op1', 'net3:0|op2', 'net3:0|op3']);
    accept(state, { op: 'advance', seconds: 1n });
    expect(accept(state, { op: 'slash', net: 'net3', id: 0n, operator: 'op3', amount: 50n, captureAgo: 1n })).toEqual({
      slashedAmount: 9n,
    });
  });
});

it('the stake of a time that has not come is no question', () => {
  const state = restaked();
  expect(codeOf(() => BaseDelegator.stakeAt(state, { ...NET, operator: 'op1', timestamp: state.time + 1n }))).toBe('input.out-of-range');
});
