// Reports of pods: gains, losses, refusals. Numbers by hand from SlashingLib's formulas.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as EigenPodManager from '../../../src/restaking/eigenlayer/EigenPodManager.ts';
import * as PodShares from '../../../src/restaking/eigenlayer/pods/podShares.ts';
import { WAD } from '../../../src/restaking/eigenlayer/SlashingLib.ts';
import { delegate, ETH, GWEI, newLedger, notes, refusal, slashTo } from './pods.ts';

const report = (ledger: ReturnType<typeof newLedger>, delta: bigint, previous = 0n, staker = 'alice') =>
  EigenPodManager.recordBeaconChainETHBalanceUpdate(ledger, { staker, prevRestakedBalanceWei: previous, balanceDeltaWei: delta });

function withPod() {
  const ledger = newLedger();
  EigenPodManager.createPod(ledger, { staker: 'alice' });
  return ledger;
}

describe('createPod', () => {
  it('makes one pod a staker', () => {
    const ledger = withPod();
    expect(refusal(ledger, () => EigenPodManager.createPod(ledger, { staker: 'alice' }))).toBe('EigenPodAlreadyExists');
    expect(EigenPodManager.createPod(ledger, { staker: 'bob' })).toEqual({});
  });

  it('is refused while paused, and that comes first', () => {
    const ledger = withPod();
    ledger.setPaused('EigenPodManager', 0, true);
    expect(refusal(ledger, () => EigenPodManager.createPod(ledger, { staker: 'alice' }))).toBe('CurrentlyPaused');
  });
});

describe('recordBeaconChainETHBalanceUpdate', () => {
  it('wants a pod, then whole gwei', () => {
    const ledger = withPod();
    expect(refusal(ledger, () => report(ledger, 1n, 0n, 'bob'))).toBe('OnlyEigenPod');
    expect(refusal(ledger, () => report(ledger, GWEI + 1n))).toBe('SharesNotMultipleOfGwei');
    expect(refusal(ledger, () => report(ledger, -1n))).toBe('SharesNotMultipleOfGwei');
  });

  it('adds a gain to shares of the staker and the operator', () => {
    const ledger = withPod();
    delegate(ledger, 'alice', 'op');
    expect(report(ledger, 32n * ETH)).toEqual({});
    expect(EigenPodManager.stakerDepositShares(ledger, 'alice')).toBe(32n * ETH);
    expect(ledger.delegation.operatorShares.get('op|BEACON')).toBe(32n * ETH);
  });

  it('lowers the beacon factor by the lost part and takes the operator the difference', () => {
    const ledger = withPod();
    delegate(ledger, 'alice', 'op');
    report(ledger, 32n * ETH);
    slashTo(ledger, 'op', 900_000_000_000_000_000n);
    const lines = notes(ledger, () => report(ledger, -3n * ETH, 32n * ETH));
    expect(lines).toEqual([
      `beaconChainSlashingFactor(alice) = floor(${WAD} * ${29n * ETH} / ${32n * ETH}) = 906250000000000000`,
      'factorDecrease = floor(900000000000000000 * 93750000000000000 / 1e18) = 84375000000000000',
      `scaled(alice,BEACON) = floor(${32n * ETH} * ${WAD} / 1e18) = ${32n * ETH}`,
      `operatorSharesRemoved(alice,BEACON) = floor(${32n * ETH} * 84375000000000000 / 1e18) = 2700000000000000000`,
    ]);
    expect(EigenPodManager.beaconChainSlashingFactor(ledger, 'alice')).toBe(906_250_000_000_000_000n);
    expect(EigenPodManager.stakerDepositShares(ledger, 'alice')).toBe(32n * ETH);
    expect(ledger.delegation.operatorShares.get('op|BEACON')).toBe(29_300_000_000_000_000_000n);
  });

  it('floors the factor: a third of a third', () => {
    const ledger = withPod();
    report(ledger, 3n * GWEI);
    report(ledger, -2n * GWEI, 3n * GWEI);
    expect(EigenPodManager.beaconChainSlashingFactor(ledger, 'alice')).toBe(333_333_333_333_333_333n);
    report(ledger, -2n * GWEI, 3n * GWEI);
    expect(EigenPodManager.beaconChainSlashingFactor(ledger, 'alice')).toBe(111_111_111_111_111_111n);
  });

  it('cannot lose more than there was, nor anything of nothing', () => {
    const ledger = withPod();
    report(ledger, 3n * GWEI);
    expect(refusal(ledger, () => report(ledger, -4n * GWEI, 3n * GWEI))).toBe('Panic(0x11)');
    expect(refusal(ledger, () => report(ledger, -GWEI, 0n))).toBe('Panic(0x11)');
  });

  it('a pod whose factor is 0 is dead for gains, not for reports of nothing', () => {
    const ledger = withPod();
    report(ledger, 32n * ETH);
    report(ledger, -32n * ETH, 32n * ETH);
    expect(EigenPodManager.beaconChainSlashingFactor(ledger, 'alice')).toBe(0n);
    expect(refusal(ledger, () => report(ledger, GWEI))).toBe('FullySlashed');
    expect(report(ledger, 0n)).toEqual({});
  });

  it('keeps shares below 2^255', () => {
    const ledger = withPod();
    const most = 2n ** 255n - 1n - ((2n ** 255n - 1n) % GWEI);
    report(ledger, most);
    expect(refusal(ledger, () => report(ledger, GWEI))).toBe('Panic(0x11)');
  });

  it('names the field of bad input', () => {
    const ledger = withPod();
    const bad = (delta: unknown) => report(ledger, delta as bigint);
    expect(() => bad(5)).toThrow('balanceDeltaWei: expected a bigint, got the number 5; write it with an n: 5n [input.not-integer]');
    expect(() => bad(2n ** 255n)).toThrow('input.out-of-range');
    expect(() => report(ledger, 0n, -1n)).toThrow('prevRestakedBalanceWei');
    expect(() => report(ledger, 0n, 0n, 'a|b')).toThrow('eigenlayer.bad-id');
  });
});

describe('what DelegationManager calls', () => {
  it('removes deposit shares down to none; removing none is fine', () => {
    const ledger = withPod();
    report(ledger, 5n * GWEI);
    const remove = (shares: bigint) => () => ({ left: PodShares.removeDepositShares(ledger, 'alice', shares) });
    expect(remove(0n)()).toEqual({ left: 5n * GWEI });
    expect(refusal(ledger, remove(5n * GWEI + 1n))).toBe('SharesNegative');
    expect(refusal(ledger, remove(2n ** 255n))).toBe("Error(SafeCast: value doesn't fit in an int256)");
    expect(remove(5n * GWEI)()).toEqual({ left: 0n });
  });

  it('refuses to add or pay 2^255 shares, or to pay none', () => {
    const ledger = withPod();
    const pay = (shares: bigint) => () => PodShares.withdrawAsTokens(ledger, 'alice', shares) ?? {};
    expect(refusal(ledger, () => PodShares.addShares(ledger, 'alice', 2n ** 255n))).toBe('SharesNegative');
    expect(refusal(ledger, pay(2n ** 255n))).toBe('SharesNegative');
    expect(refusal(ledger, pay(0n))).toBe('SharesNegative');
    expect(refusal(ledger, pay(GWEI))).toBe('InsufficientWithdrawableBalance');
    expect(refusal(ledger, () => PodShares.withdrawAsTokens(ledger, 'nobody', GWEI) ?? {})).toBe('InsufficientWithdrawableBalance');
  });
});

describe('the beacon factor', () => {
  it('never rises, and each report is one floored fraction', () => {
    const losses = fc.array(fc.tuple(fc.bigInt(1n, 10n ** 12n), fc.bigInt(0n, 10n ** 12n)), { maxLength: 8 });
    fc.assert(
      fc.property(losses, (list) => {
        const ledger = withPod();
        let expected = WAD;
        for (const [loss, left] of list) {
          report(ledger, -loss * GWEI, (loss + left) * GWEI);
          expected = (expected * left) / (loss + left);
          expect(EigenPodManager.beaconChainSlashingFactor(ledger, 'alice')).toBe(expected);
        }
      }),
      { seed: 42, numRuns: 100 },
    );
  });
});
