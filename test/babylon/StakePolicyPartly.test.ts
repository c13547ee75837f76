// Guard rails over facts that are known of some coins or outputs only: what one source knows is not hidden by what another does not say.
import { describe, expect, it } from 'vitest';
import * as StakePolicy from '../../src/babylon/StakePolicy.ts';
import * as WithdrawalTx from '../../src/babylon/WithdrawalTx.ts';
import { coinOf } from '../support/coins.ts';
import { CHANGE, FEE_RATE, goodCoin, goodStake, goodWithdrawal, build as stakeOf, TIP } from './policyPlans.ts';

const codes = ({ findings }: StakePolicy.Report): string[] => findings.map(({ code }) => code);

describe('what is not known', () => {
  it.each<readonly [Partial<StakePolicy.PlanCoin>, string, string]>([
    [{ isSpent: true }, 'coin.spent', 'coin-spent.not-checked'],
    [{ hasInscription: true }, 'coin.inscribed', 'inscriptions.not-checked'],
    [{ hasRunes: true }, 'coin.runes', 'runes.not-checked'],
    [{ hasRareSats: true }, 'coin.rare-sats', 'rare-sats.not-checked'],
    [{ confirmations: 0 }, 'coin.unconfirmed', 'coin-confirmations.not-checked'],
    [{ isCoinbase: true, confirmations: 3 }, 'coin.immature', 'coin-confirmations.not-checked'],
  ])('of one coin does not hide what is known of another: %o', (facts, code, missing) => {
    const stranger: StakePolicy.PlanCoin = coinOf('P2TR', 60_000_000n, 7);
    const known = { ...goodCoin, ...facts };
    const { transaction } = stakeOf({ coins: [known, stranger] });
    const report = (...coins: readonly StakePolicy.PlanCoin[]): StakePolicy.Report =>
      StakePolicy.review({ ...goodStake, stakingTransaction: transaction, coins });
    expect(codes(report(known, stranger))).toEqual(expect.arrayContaining([code, missing]));
    expect(codes(report(stranger, known))).toEqual(expect.arrayContaining([code, missing]));
    // Of the stranger nothing is said, and what is fine stays fine.
    expect(codes(report(goodCoin, stranger))).not.toContain(code);
    expect(codes(report(goodCoin, stranger))).toContain(missing);
  });

  it('of one output does not hide what is known of another, in a withdrawal', () => {
    const [input] = goodWithdrawal.inputs as [StakePolicy.PlanWithdrawalInput];
    const { minedHeight: _, isSpent: __, ...rest } = input;
    const stranger = { ...rest, outpoint: { txid: '99'.repeat(32), vout: 0 } };
    const early = { ...input, minedHeight: TIP, isSpent: true };
    const inputs = [stranger, early];
    const { transaction } = WithdrawalTx.build({ inputs, destinationScriptPubKey: CHANGE, feeRateSatsPerKvb: FEE_RATE });
    const report = StakePolicy.reviewWithdrawal({ ...goodWithdrawal, inputs, transaction });
    expect(codes(report)).toEqual(expect.arrayContaining(['withdrawal.immature', 'withdrawal.spent', 'mined-height.not-checked']));
    expect(report.findings.filter(({ code }) => code === 'withdrawal.immature')).toHaveLength(1);
  });
});
