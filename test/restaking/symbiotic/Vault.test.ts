// The vault: conversions with one virtual share, epochs, claims, slashing by epochs, who may deposit; every refusal in order.
import { describe, expect, it } from 'vitest';
import * as Symbiotic from '../../../src/restaking/symbiotic/Symbiotic.ts';
import * as VaultViews from '../../../src/restaking/symbiotic/VaultViews.ts';
import { codeOf } from '../support.ts';
import { accept, at, DAY, ETHER, ledger, MAX, NET, refused, restaked, WEEK, ZERO } from './support.ts';

describe('the worked example S1', () => {
  const state = ledger();
  const net = { ...NET };
  const slash = (operator: string, amount: bigint, captureAgo: bigint) => ({ op: 'slash', ...net, operator, amount, captureAgo }) as const;

  it('divides 150 ETH and one wei between two operators as one to two', () => {
    accept(
      state,
      { op: 'setMaxNetworkLimit', ...net, amount: 10n ** 24n },
      { op: 'setNetworkLimit', ...net, amount: 10n ** 24n },
      { op: 'setOperatorNetworkShares', ...net, operator: 'op1', shares: 1n },
      { op: 'setOperatorNetworkShares', ...net, operator: 'op2', shares: 2n },
      { op: 'deposit', who: 'alice', amount: 100n * ETHER },
      { op: 'deposit', who: 'bob', amount: 50n * ETHER + 1n },
    );
    expect(at(state, 'stakes', 'net:0|op1', 'stake')).toBe('50000000000000000000');
    expect(at(state, 'stakes', 'net:0|op2', 'stake')).toBe('100000000000000000000');
  });

  it('takes a slash of the same epoch from the stake and the next withdrawals', () => {
    accept(state, { op: 'advance', seconds: DAY }, { op: 'withdraw', who: 'alice', amount: 30n * ETHER });
    expect(at(state, 'activeStake')).toBe('120000000000000000001');
    accept(state, { op: 'advance', seconds: DAY });
    const { outcome, intermediates } = Symbiotic.explain(state, slash('op2', 10n * ETHER + 1n, 3600n));
    expect(outcome).toEqual({ ok: true, slashedAmount: 10n * ETHER + 1n });
    expect(intermediates.map(({ what, value }) => [what, value])).toEqual([
      [`stakeAt(net:0,op2,${1_750_000_000n + 2n * DAY - 3600n})`, 80n * ETHER],
      ['activeSlashed', 8n * ETHER],
    ]);
    expect(intermediates[1]?.expr).toBe('floor(10000000000000000001 * 120000000000000000001 / 150000000000000000001)');
    expect(at(state, 'activeStake')).toBe('112000000000000000001');
    expect(at(state, 'withdrawals')).toEqual({ '1': '27999999999999999999' });
  });

  it('takes a slash of the last epoch from the withdrawals of both epochs too', () => {
    accept(state, { op: 'advance', seconds: 5n * DAY });
    expect(accept(state, { op: 'redeem', who: 'bob', shares: 20n * ETHER })).toEqual({
      withdrawnAssets: 18666666666666666666n,
      mintedShares: 18666666666666666666n,
    });
    accept(state, { op: 'advance', seconds: DAY });
    expect(accept(state, slash('op1', 10n ** 30n, 2n * DAY))).toEqual({ slashedAmount: 37333333333333333333n });
    expect(at(state, 'activeStake')).toBe('68444444444444444446');
    expect(at(state, 'withdrawals')).toEqual({ '1': '20533333333333333332', '2': '13688888888888888889' });
    expect(refused(state, slash('op1', 1n, 2n * DAY))).toBe('InsufficientSlash');
  });

  it('pays a withdrawal when its epoch is over', () => {
    expect(refused(state, { op: 'claim', who: 'alice', epoch: 1n })).toBe('InvalidEpoch');
    accept(state, { op: 'advance', seconds: 6n * DAY });
    expect(accept(state, { op: 'claim', who: 'alice', epoch: 1n })).toEqual({ amount: 20533333333333333332n });
    expect(at(state, 'accounts', 'alice', 'tokens')).toBe('20533333333333333332');
  });
});

describe('deposit', () => {
  it('gives the shares to somebody else when asked to', () => {
    const state = ledger();
    expect(accept(state, { op: 'deposit', who: 'alice', amount: 10n, onBehalfOf: 'bob' })).toEqual({ mintedShares: 10n });
    expect(VaultViews.balancesOf(state, { account: 'bob' })).toEqual({ activeShares: 10n, activeBalance: 10n, slashableBalance: 10n });
    expect(VaultViews.balancesOf(state, { account: 'alice' }).activeShares).toBe(0n);
  });

  it('is refused in the order of the contract', () => {
    const state = ledger();
    accept(state, { op: 'setDepositWhitelist', status: true });
    expect(refused(state, { op: 'deposit', who: 'alice', amount: 0n, onBehalfOf: ZERO })).toBe('InvalidOnBehalfOf');
    expect(refused(state, { op: 'deposit', who: 'alice', amount: 0n })).toBe('NotWhitelistedDepositor');
    accept(state, { op: 'setDepositorWhitelistStatus', account: 'alice', status: true });
    expect(refused(state, { op: 'deposit', who: 'alice', amount: 0n })).toBe('InsufficientDeposit');
    // The whitelist is for who pays, not for who gets the shares.
    expect(accept(state, { op: 'deposit', who: 'alice', amount: 5n, onBehalfOf: 'bob' })).toEqual({ mintedShares: 5n });
    expect(refused(state, { op: 'deposit', who: 'bob', amount: 5n, onBehalfOf: 'alice' })).toBe('NotWhitelistedDepositor');
    accept(state, { op: 'setIsDepositLimit', status: true });
    expect(refused(state, { op: 'deposit', who: 'alice', amount: 1n })).toBe('DepositLimitReached');
    accept(state, { op: 'setDepositLimit', limit: 7n });
    expect(refused(state, { op: 'deposit', who: 'alice', amount: 3n })).toBe('DepositLimitReached');
    accept(state, { op: 'deposit', who: 'alice', amount: 2n });
    // The limit is for the active stake: what is being withdrawn does not count.
    accept(state, { op: 'withdraw', who: 'alice', amount: 2n }, { op: 'deposit', who: 'alice', amount: 2n });
    accept(state, { op: 'setIsDepositLimit', status: false }, { op: 'deposit', who: 'alice', amount: 100n });
    expect(refused(state, { op: 'deposit', who: 'alice', amount: MAX })).toBe('Panic(0x11)');
  });

  it('may give no share for one wei, when a share is worth more', () => {
    const state = restaked();
    accept(state, { op: 'slash', ...NET, operator: 'op1', amount: 1000n, captureAgo: 1n });
    accept(state, { op: 'deposit', who: 'bob', amount: 3n });
    expect(at(state, 'activeShares')).toBe(`${1000n + 3n * 1001n}`);
    // 4003 shares for 3 wei: a withdrawal of one wei costs ceil(4004 / 4) shares and leaves 3002 for 2.
    expect(accept(state, { op: 'withdraw', who: 'bob', amount: 1n })).toEqual({ burnedShares: 1001n, mintedShares: 1n });
  });

  it('is refused as arithmetic refuses when shares no longer fit, and the vault stays as it is', () => {
    const state = restaked({}, 2n ** 128n);
    accept(state, { op: 'setMaxNetworkLimit', ...NET, amount: MAX }, { op: 'setNetworkLimit', ...NET, amount: MAX });
    accept(state, { op: 'advance', seconds: 1n }, { op: 'slash', ...NET, operator: 'op1', amount: MAX, captureAgo: 1n });
    expect(at(state, 'activeStake')).toBe('0');
    expect(refused(state, { op: 'deposit', who: 'alice', amount: 2n ** 128n })).toBe('Panic(0x11)');
    expect(accept(state, { op: 'deposit', who: 'alice', amount: 2n ** 127n })).toEqual({ mintedShares: 2n ** 255n + 2n ** 127n });
  });
});

describe('withdraw and redeem', () => {
  it('are refused in the order of the contract', () => {
    const state = ledger();
    accept(state, { op: 'deposit', who: 'alice', amount: 100n }, { op: 'deposit', who: 'bob', amount: 100n });
    expect(refused(state, { op: 'withdraw', who: 'alice', amount: 0n, claimer: ZERO })).toBe('InvalidClaimer');
    expect(refused(state, { op: 'withdraw', who: 'alice', amount: 0n })).toBe('InsufficientWithdrawal');
    expect(refused(state, { op: 'withdraw', who: 'alice', amount: 101n })).toBe('TooMuchWithdraw');
    expect(refused(state, { op: 'withdraw', who: 'alice', amount: MAX })).toBe('TooMuchWithdraw');
    expect(refused(state, { op: 'redeem', who: 'alice', shares: 101n, claimer: ZERO })).toBe('InvalidClaimer');
    expect(refused(state, { op: 'redeem', who: 'alice', shares: 101n })).toBe('TooMuchRedeem');
    expect(refused(state, { op: 'redeem', who: 'carol', shares: 0n })).toBe('InsufficientRedemption');
  });

  it('give the claim to somebody else when asked to', () => {
    const state = ledger();
    accept(state, { op: 'deposit', who: 'alice', amount: 100n }, { op: 'withdraw', who: 'alice', amount: 40n, claimer: 'bob' });
    accept(state, { op: 'redeem', who: 'alice', shares: 10n, claimer: 'bob' }, { op: 'advance', seconds: 2n * WEEK });
    expect(VaultViews.withdrawalsOf(state, { account: 'bob', epoch: 1n })).toEqual({ amount: 50n, isClaimed: false });
    expect(refused(state, { op: 'claim', who: 'alice', epoch: 1n })).toBe('InsufficientClaim');
    expect(accept(state, { op: 'claim', who: 'bob', epoch: 1n, recipient: 'carol' })).toEqual({ amount: 50n });
    expect(at(state, 'accounts', 'carol', 'tokens')).toBe('50');
    expect(VaultViews.withdrawalsOf(state, { account: 'bob', epoch: 1n })).toEqual({ amount: 50n, isClaimed: true });
  });

  it('wait one to two epochs', () => {
    for (const [asked, paid] of [
      [0n, 2n * WEEK],
      [WEEK - 1n, WEEK + 1n],
    ] as const) {
      const state = ledger();
      accept(state, { op: 'deposit', who: 'alice', amount: 9n }, { op: 'advance', seconds: asked });
      accept(state, { op: 'withdraw', who: 'alice', amount: 9n }, { op: 'advance', seconds: paid - 1n });
      expect(refused(state, { op: 'claim', who: 'alice', epoch: 1n })).toBe('InvalidEpoch');
      expect(accept(state, { op: 'advance', seconds: 1n }, { op: 'claim', who: 'alice', epoch: 1n })).toEqual({ amount: 9n });
    }
  });
});

describe('claim and claimBatch', () => {
  const state = ledger();
  accept(state, { op: 'deposit', who: 'alice', amount: 100n }, { op: 'withdraw', who: 'alice', amount: 10n });
  accept(state, { op: 'advance', seconds: WEEK }, { op: 'withdraw', who: 'alice', amount: 20n }, { op: 'advance', seconds: 2n * WEEK });

  it('are refused in the order of the contract', () => {
    expect(refused(state, { op: 'claim', who: 'alice', epoch: 9n, recipient: ZERO })).toBe('InvalidRecipient');
    expect(refused(state, { op: 'claim', who: 'alice', epoch: 3n })).toBe('InvalidEpoch');
    expect(refused(state, { op: 'claim', who: 'alice', epoch: 0n })).toBe('InsufficientClaim');
    expect(refused(state, { op: 'claimBatch', who: 'alice', epochs: [], recipient: ZERO })).toBe('InvalidRecipient');
    expect(refused(state, { op: 'claimBatch', who: 'alice', epochs: [] })).toBe('InvalidLengthEpochs');
    expect(refused(state, { op: 'claimBatch', who: 'alice', epochs: [1n, 2n, 1n] })).toBe('AlreadyClaimed');
    expect(refused(state, { op: 'claimBatch', who: 'alice', epochs: [1n, 3n] })).toBe('InvalidEpoch');
  });

  it('pay all epochs at once, and each once', () => {
    expect(accept(state, { op: 'claimBatch', who: 'alice', epochs: [2n, 1n], recipient: 'bob' })).toEqual({ amount: 30n });
    expect(refused(state, { op: 'claim', who: 'alice', epoch: 1n })).toBe('AlreadyClaimed');
    expect(at(state, 'accounts', 'bob', 'tokens')).toBe('30');
    expect(at(state, 'collateral')).toBe('70');
  });
});

describe('the settings of deposits', () => {
  it('are refused when they are as asked', () => {
    const state = ledger();
    expect(refused(state, { op: 'setDepositWhitelist', status: false })).toBe('AlreadySet');
    expect(refused(state, { op: 'setIsDepositLimit', status: false })).toBe('AlreadySet');
    expect(refused(state, { op: 'setDepositLimit', limit: 0n })).toBe('AlreadySet');
    expect(refused(state, { op: 'setDepositorWhitelistStatus', account: ZERO, status: false })).toBe('InvalidAccount');
    expect(refused(state, { op: 'setDepositorWhitelistStatus', account: 'alice', status: false })).toBe('AlreadySet');
    accept(state, { op: 'setDepositorWhitelistStatus', account: 'alice', status: true }, { op: 'setDepositLimit', limit: 1n });
    expect(refused(state, { op: 'setDepositorWhitelistStatus', account: 'alice', status: true })).toBe('AlreadySet');
    accept(state, { op: 'setDepositorWhitelistStatus', account: 'alice', status: false });
    // A limit alone limits nothing.
    accept(state, { op: 'deposit', who: 'alice', amount: 2n });
  });
});

describe('a slash', () => {
  it('takes what the floors leave over from the current withdrawals, and what these do not hold from the next ones', () => {
    const state = restaked({}, 10n);
    accept(state, { op: 'advance', seconds: WEEK - 100n }, { op: 'withdraw', who: 'alice', amount: 3n });
    // Epoch 1: stake 7, nothing to claim for epoch 1, 3 for epoch 2. 5 of 10: 3.5 and 1.5 are both floored, and one is left over.
    expect(accept(state, { op: 'slash', ...NET, operator: 'op1', amount: 5n, captureAgo: 1n })).toEqual({ slashedAmount: 5n });
    expect(at(state, 'activeStake')).toBe('4');
    expect(at(state, 'withdrawals')).toEqual({ '2': '1' });
  });

  it('sends to the burner, be it an account, nobody, or the zero address', () => {
    for (const burner of ['alice', 'fire', ZERO]) {
      const state = restaked({ burner });
      accept(state, { op: 'slash', ...NET, operator: 'op1', amount: 400n, captureAgo: 1n });
      expect(at(state, 'burner')).toBe('400');
      expect(at(state, 'collateral')).toBe('600');
      expect(at(state, 'accounts', 'alice', 'tokens')).toBe(burner === 'alice' ? '400' : '0');
      expect(Object.keys(at(state, 'accounts') as object)).toEqual(['alice']);
    }
  });
});

describe('the views', () => {
  it('count the withdrawals that a slash can reach', () => {
    const state = ledger({ accounts: ['dora'] });
    accept(state, { op: 'deposit', who: 'alice', amount: 10n }, { op: 'withdraw', who: 'alice', amount: 4n });
    accept(state, { op: 'advance', seconds: WEEK }, { op: 'withdraw', who: 'alice', amount: 1n });
    expect(VaultViews.currentEpoch(state)).toBe(1n);
    expect(VaultViews.totalStake(state)).toBe(10n);
    expect(VaultViews.balancesOf(state, { account: 'alice' })).toEqual({ activeShares: 5n, activeBalance: 5n, slashableBalance: 10n });
    accept(state, { op: 'advance', seconds: WEEK });
    expect(VaultViews.totalStake(state)).toBe(6n);
    expect(Object.keys(at(state, 'accounts') as object)).toEqual(['dora', 'alice']);
    expect(codeOf(() => VaultViews.balancesOf(state, { account: 'a|b' }))).toBe('symbiotic.bad-id');
  });
});
