// Signing plans: golden files for all eight kinds, amounts that add up, fees that are told when they are paid, and foreign transactions refused.
import { describe, expect, it } from 'vitest';
import * as Delegation from '../../src/babylon/Delegation.ts';
import * as ExtensionTx from '../../src/babylon/ExtensionTx.ts';
import * as SigningPlan from '../../src/babylon/SigningPlan.ts';
import * as WithdrawalTx from '../../src/babylon/WithdrawalTx.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import { codeOf, P2WPKH, sats, stakingTransaction } from '../support/stakes.ts';
import * as Good from './policyPlans.ts';

const { contract, network, params, CHANGE } = Good;
const HEIGHT = 948_000;
const built = Good.build();
const delegation = Delegation.from({ contract, rules: params, stakingTransaction: built.transaction });
const setting = { network: network.bitcoinNetwork, inclusionHeight: HEIGHT } as const;
const registration = SigningPlan.forDelegation({ delegation, coinValuesSats: [Good.goodCoin.valueSats], network: 'mainnet' });

function withdrawalOf(from: WithdrawalTx.Source): SigningPlan.SigningPlan {
  const slashed = Tx.outputOf(delegation.stakingSlashing.transaction, 1);
  const outputs = {
    staking: delegation.staking,
    unbonding: delegation.unbondingOutput,
    'slashing-change': { outpoint: { txid: delegation.stakingSlashing.txid, vout: 1 }, valueSats: sats(slashed.valueSats) },
  };
  const input = { contract, from, ...outputs[from], minedHeight: HEIGHT };
  const { transaction } = WithdrawalTx.build({ inputs: [input], destinationScriptPubKey: CHANGE, feeRateSatsPerKvb: 2_000n });
  return SigningPlan.forWithdrawal({ transaction, inputs: [input], network: 'mainnet' });
}

const extended = ExtensionTx.build({
  previous: delegation,
  contract,
  valueSats: sats(50_500_000n),
  funding: { ...Good.goodCoin, outpoint: { txid: 'ee'.repeat(32), vout: 0 }, valueSats: sats(1_000_000n) },
  changeScriptPubKey: CHANGE,
  feeRateSatsPerKvb: 2_000n,
});
const extension = SigningPlan.forExtension({
  previous: delegation,
  contract,
  transaction: extended.transaction,
  fundingValueSats: 1_000_000n,
  confirmationDepthBlocks: 30,
  ...setting,
});

const PLANS: Readonly<Record<SigningPlan.Kind, SigningPlan.SigningPlan>> = {
  staking: only('staking'),
  unbonding: only('unbonding'),
  'staking-slashing': only('staking-slashing'),
  'unbonding-slashing': only('unbonding-slashing'),
  'withdraw-expired': withdrawalOf('staking'),
  'withdraw-unbonded': withdrawalOf('unbonding'),
  'withdraw-slashed': withdrawalOf('slashing-change'),
  extension,
};

function only(kind: SigningPlan.Kind): SigningPlan.SigningPlan {
  return { items: registration.items.filter((item) => item.kind === kind) };
}

describe.each(Object.entries(PLANS))('%s', (kind, plan) => {
  it('reads as its golden files', async () => {
    expect(plan.items.map((item) => item.kind)).toEqual([kind]);
    await expect(`${SigningPlan.toText(plan)}\n`).toMatchFileSnapshot(`golden/signing-plan.${kind}.txt`);
    await expect(`${JSON.stringify(plan, null, 2)}\n`).toMatchFileSnapshot(`golden/signing-plan.${kind}.json`);
  });

  it('adds up, in both units', () => {
    const [item] = plan.items;
    const sum = (flows: readonly SigningPlan.Flow[]): bigint => flows.reduce((total, { amount }) => total + BigInt(amount.sats), 0n);
    expect(sum(item?.spends ?? [])).toBe(sum(item?.pays ?? []) + BigInt(item?.fee.sats ?? '-1'));
    for (const { sats: text, btc } of [...(item?.spends ?? []), ...(item?.pays ?? [])].map(({ amount }) => amount))
      expect(btc.replace(/[. BTC]/g, '').replace(/^0+(?=\d)/, '')).toBe(text);
  });

  it('is plain data', () => {
    const back = JSON.parse(JSON.stringify(plan));
    expect(back).toEqual(plan);
    expect(SigningPlan.toText(back)).toBe(SigningPlan.toText(plan));
  });
});

describe('the fee that frightened somebody', () => {
  it.each(['staking-slashing', 'unbonding-slashing'] as const)('of %s is paid only if slashed', (kind) => {
    const [item] = PLANS[kind].items;
    expect(item?.fee).toMatchObject({ sats: '150000', btc: '0.00150000 BTC', when: 'only if slashed' });
    expect(item?.signature).toMatch(/^consent only/);
    expect(SigningPlan.toText(PLANS[kind])).toContain('150000 sat (0.00150000 BTC), only if slashed');
  });

  it('is the only one of its kind: the others say when they are paid', () => {
    const times = Object.fromEntries(Object.entries(PLANS).map(([kind, { items }]) => [kind, items[0]?.fee.when]));
    expect(times).toEqual({
      staking: 'now',
      unbonding: 'when broadcast',
      'staking-slashing': 'only if slashed',
      'unbonding-slashing': 'only if slashed',
      'withdraw-expired': 'now',
      'withdraw-unbonded': 'now',
      'withdraw-slashed': 'now',
      extension: 'now',
    });
  });
});

describe('heights', () => {
  it('are those at which the chain and Bitcoin act', () => {
    const text = SigningPlan.toText(SigningPlan.forDelegation({ delegation, coinValuesSats: [60_000_000n], ...setting }));
    expect(text).toContain(`from block ${HEIGHT + 64_000} on`);
    expect(text).toContain(`After block ${HEIGHT + 64_000 - 301} the timelock of the stake is sooner`);
    // Expired at the tip H + 64000 - 301; mined 30 blocks before the last tip below that.
    expect(SigningPlan.toText(extension)).toContain(
      `mined by block ${HEIGHT + 64_000 - 301 - 1 - 30} and reported below tip ${HEIGHT + 64_000 - 301}`,
    );
  });

  it('are left open when the block is not known, and days are called approximate', () => {
    const text = SigningPlan.toText(registration);
    expect(text).toContain('64000 blocks (about 444 days) after the block that includes the stake');
    expect(text).not.toMatch(/from block \d/);
  });
});

describe('several outputs in one withdrawal', () => {
  it('are told by an item for each kind', () => {
    const inputs = (['staking', 'unbonding'] as const).map((from, i) => ({
      contract,
      from,
      outpoint: { txid: `${i}1`.repeat(32), vout: 0 },
      valueSats: sats(1_000_000n),
    }));
    const { transaction } = WithdrawalTx.build({ inputs, destinationScriptPubKey: CHANGE, feeRateSatsPerKvb: 2_000n });
    const { items } = SigningPlan.forWithdrawal({ transaction, inputs, network: 'mainnet' });
    expect(items.map(({ kind }) => kind)).toEqual(['withdraw-expired', 'withdraw-unbonded']);
    expect(items.map(({ spends }) => spends.length)).toEqual([2, 2]);
  });
});

describe('what does not belong together is refused', () => {
  const inputs = [{ contract, from: 'staking' as const, ...delegation.staking }];
  const { transaction } = WithdrawalTx.build({ inputs, destinationScriptPubKey: CHANGE, feeRateSatsPerKvb: 2_000n });
  const other = { ...inputs[0], outpoint: { txid: 'aa'.repeat(32), vout: 0 } } as (typeof inputs)[0];

  it.each<readonly [string, () => unknown, string]>([
    [
      'coins of another number',
      () => SigningPlan.forDelegation({ delegation, network: 'mainnet', coinValuesSats: [1n, 2n] }),
      'signing-plan.foreign-inputs',
    ],
    [
      'coins of too little value',
      () => SigningPlan.forDelegation({ delegation, network: 'mainnet', coinValuesSats: [1n] }),
      'signing-plan.foreign-inputs',
    ],
    [
      'an input that is not spent',
      () => SigningPlan.forWithdrawal({ transaction, inputs: [other], network: 'mainnet' }),
      'signing-plan.foreign-inputs',
    ],
    ['no inputs', () => SigningPlan.forWithdrawal({ transaction, inputs: [], network: 'mainnet' }), 'signing-plan.foreign-inputs'],
    [
      'an extension of another stake',
      () =>
        SigningPlan.forExtension({
          previous: Good.delegation,
          contract,
          transaction: extended.transaction,
          fundingValueSats: 1_000_000n,
          network: 'mainnet',
        }),
      'signing-plan.foreign-inputs',
    ],
    [
      'an extension into another contract',
      () => {
        const changed = Tx.copy(extended.transaction);
        for (const output of changed.outs) output.script = P2WPKH;
        return SigningPlan.forExtension({
          previous: delegation,
          contract,
          transaction: changed,
          fundingValueSats: 1_000_000n,
          network: 'mainnet',
        });
      },
      'signing-plan.no-stake',
    ],
  ])('%s', (_, act, code) => {
    expect(codeOf(act)).toBe(code);
  });
});

describe('without coins', () => {
  it('the staking transaction is left out: it is on Bitcoin', () => {
    const plan = SigningPlan.forDelegation({ delegation, network: 'mainnet' });
    expect(plan.items.map(({ kind }) => kind)).toEqual(['staking-slashing', 'unbonding-slashing', 'unbonding']);
  });

  it('other slashing scripts are not called burnt', () => {
    const rules = { ...params, slashingPkScript: P2WPKH };
    const paid = Delegation.from({ contract, rules: { ...rules }, stakingTransaction: stakingTransaction(contract, 50_000_000n) });
    const text = SigningPlan.toText(SigningPlan.forDelegation({ delegation: paid, network: 'mainnet' }));
    expect(text).toContain('paid to the slashing script');
    expect(text).not.toContain('burnt');
  });
});
