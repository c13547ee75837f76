// The coins of a review: each outpoint once, whatever the case of its txid, and looked up rather than searched.
import { describe, expect, it } from 'vitest';
import * as StakePolicy from '../../src/babylon/StakePolicy.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import { bytes, codeOf, failure } from '../support/stakes.ts';
import { built, goodCoin, goodExtension, goodStake, goodWithdrawal } from './policyPlans.ts';

const stake = (changes: Partial<StakePolicy.StakePlan>): StakePolicy.Report => StakePolicy.review({ ...goodStake, ...changes });
const place = (i: number): string => i.toString(16).padStart(64, '0');
const coinAt = (i: number): StakePolicy.PlanCoin => ({ ...goodCoin, outpoint: { txid: place(i), vout: 0 } });

describe('one outpoint twice is refused', () => {
  const { txid, vout } = goodCoin.outpoint;

  it.each<readonly [string, readonly StakePolicy.PlanCoin[]]>([
    ['with two values', [goodCoin, { ...goodCoin, valueSats: 1n }]],
    ['with one value', [goodCoin, goodCoin]],
    ['with its txid in capitals', [goodCoin, { ...goodCoin, outpoint: { txid: txid.toUpperCase(), vout } }]],
  ])('%s', (_, coins) => {
    const { reason } = failure(() => stake({ coins }));
    expect(reason).toEqual({ code: 'stake-policy.duplicate-coin', field: 'coins[1]', coin: `${txid}:${vout}` });
  });

  it('in an extension and in a withdrawal too', () => {
    const coins = [...(goodExtension.coins ?? []), ...(goodExtension.coins ?? [])];
    expect(codeOf(() => StakePolicy.reviewExtension({ ...goodExtension, coins }))).toBe('stake-policy.duplicate-coin');
    const inputs = [...goodWithdrawal.inputs, ...goodWithdrawal.inputs];
    const { reason } = failure(() => StakePolicy.reviewWithdrawal({ ...goodWithdrawal, inputs }));
    expect(reason).toMatchObject({ code: 'stake-policy.duplicate-coin', field: 'inputs[1]' });
  });
});

it('of many coins each input finds its own in one step', () => {
  const stakingTransaction = Tx.copy(built.transaction);
  for (let i = 0; i < 100; i++) stakingTransaction.addInput(bytes(place(i)).reverse(), 0);
  let read = 0;
  const hashOf = (hash: Uint8Array): Uint8Array => {
    read++;
    return hash;
  };
  for (const input of stakingTransaction.ins) {
    const { hash } = input;
    Object.defineProperty(input, 'hash', { enumerable: true, get: () => hashOf(hash) });
  }
  const report = stake({ coins: [...Array.from({ length: 1_000 }, (_, i) => coinAt(i)), goodCoin], stakingTransaction });
  expect(report.findings.map(({ code }) => code)).not.toContain('coin.unknown-input');
  expect(read).toBeLessThan(20 * stakingTransaction.ins.length);
});
