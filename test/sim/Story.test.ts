// The story: what it says adds up, it is the same for the same seed, and every network's parameters carry it.
import { describe, expect, it } from 'vitest';
import * as Networks from '../../src/babylon/Networks.ts';
import * as ParamsSet from '../../src/babylon/ParamsSet.ts';
import * as SlashingTx from '../../src/babylon/SlashingTx.ts';
import { hasCode } from '../../src/base/Errors.ts';
import * as Rate from '../../src/base/Rate.ts';
import * as Sats from '../../src/base/Sats.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import { EmbeddedChain } from '../../src/sim/chain/EmbeddedChain.ts';
import * as Story from '../../src/sim/story/Story.ts';

function tell(name: Networks.StakingName, stakers: number, seed: string, version?: number): Promise<Story.Account> {
  const network = Networks.from(name);
  const params = version === undefined ? ParamsSet.latest(network.paramsSet) : ParamsSet.byVersion(network.paramsSet, version);
  const chain = new EmbeddedChain({ height: 900_000, time: 1_767_225_600 });
  return Story.tell({ network, params, stakers, seed, chain, chainName: 'embedded', bitcoinNetwork: network.bitcoinNetwork });
}

describe('Story', () => {
  it('slashes everybody who has not left, by the rate, and returns the rest', async () => {
    const account = await tell('bbn-1', 7, 'adds up');
    expect(account.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(account.refusals).toHaveLength(7);
    expect(account.refusals.filter(({ refused }) => !refused)).toEqual([]);
    expect(account.stakers.map(({ fate }) => fate)).toEqual(['active', 'unbonding', 'withdrawn', 'extended', 'active', 'active', 'active']);
    const rate = Rate.parse('0.001');
    for (const { fate, stakeSats, slashedSats, feesSats, returnedSats } of account.stakers) {
      const slashable = fate === 'unbonding' ? Sats.from(stakeSats - 9_600n) : stakeSats;
      expect(slashedSats).toBe(fate === 'withdrawn' ? 0n : SlashingTx.slashingAmountSats(slashable, rate));
      expect(stakeSats).toBe(slashedSats + feesSats + returnedSats);
    }
  });

  it('conserves every satoshi of every transaction and slashes at 355 vbytes', async () => {
    const { transactions } = await tell('bbn-1', 4, 'conserves');
    const outputs = new Map<string, bigint>();
    for (const { hex, txid, vsize, step } of transactions) {
      const transaction = Tx.fromHex(hex);
      expect(Tx.txid(transaction)).toBe(txid);
      if (step === 'slash') expect(vsize).toBe(355);
      const known = transaction.ins.map((_, i) => Tx.outpointOf(transaction, i)).map(({ txid: id, vout }) => outputs.get(`${id}:${vout}`));
      if (known.every((value) => value !== undefined)) {
        const paid = transaction.outs.reduce((sum, { value }) => sum + value, 0n);
        expect(paid).toBeLessThan(known.reduce((sum: bigint, value) => sum + (value ?? 0n), 0n));
      }
      for (const [vout, { value }] of transaction.outs.entries()) outputs.set(`${txid}:${vout}`, value);
    }
    expect(transactions.filter(({ step }) => step === 'slash')).toHaveLength(3);
  });

  it('is the same for the same seed and another for another', async () => {
    const [one, again, other] = [await tell('bbn-1', 2, 'one'), await tell('bbn-1', 2, 'one'), await tell('bbn-1', 2, 'other')];
    expect(again).toEqual(one);
    expect(other.transactions[0]?.txid).not.toBe(one.transactions[0]?.txid);
  });

  it.each([
    ['bbn-1', 0],
    ['bbn-test-6', 5],
    ['bbn-test-6', 0],
    ['bbn-test-5', 6],
  ] as const)('carries %s, parameter version %i', async (name, version) => {
    const account = await tell(name, 2, 'networks', version);
    expect(account.checks.filter(({ ok }) => !ok)).toEqual([]);
  });

  it('compares with a restaking ledger: the whole rate at full allocation, half of it at half, nothing for who has left', async () => {
    const { restaking, stakers } = await tell('bbn-1', 6, 'compares');
    for (const [i, { fate, stakeSats }] of stakers.entries()) {
      const [full, half] = restaking.map(({ stakers: side }) => side[i]?.lossShares);
      expect(full).toBe(fate === 'withdrawn' ? 0n : stakeSats * 10_000_000n);
      expect(half).toBe(fate === 'withdrawn' ? 0n : stakeSats * 5_000_000n);
    }
  });

  it('refuses no stakers and too many', async () => {
    await expect(tell('bbn-1', 0, 's')).rejects.toSatisfy((error) => hasCode(error, 'input.out-of-range'));
    await expect(tell('bbn-1', 1001, 's')).rejects.toSatisfy((error) => hasCode(error, 'input.out-of-range'));
  });
});
