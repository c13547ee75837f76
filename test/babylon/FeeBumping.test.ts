// Which transaction of a delegation can have its fee raised: the answer for every kind, and builders that keep to it.
import { describe, expect, it } from 'vitest';
import * as FeeBumping from '../../src/babylon/FeeBumping.ts';
import * as StakingTx from '../../src/babylon/StakingTx.ts';
import * as WithdrawalTx from '../../src/babylon/WithdrawalTx.ts';
import type * as Coin from '../../src/bitcoin/Coin.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import { castOf, codeOf, failure, P2WPKH, sats, stakeOf, untyped } from '../support/stakes.ts';
import { signWallet, walletCoin } from '../support/wallets.ts';

const cast = castOf();
const { contract, delegation } = stakeOf(cast);
const coin = walletCoin('p2tr', 600_000n, 1);
const own = coin.scriptPubKey;
const terms = { contract, valueSats: sats(500_000), coins: [coin], changeScriptPubKey: own, feeRateSatsPerKvb: 1_000n };
const late = { registration: 'post-staking', replaceable: true } as const;

describe('the answer', () => {
  it.each([
    ['staking-registered', 'txid-is-registered', true],
    ['staking-not-registered', true, true],
    ['unbonding', 'signed-by-the-committee', 'no-free-output'],
    ['staking-slashing', 'signed-by-the-committee', 'no-free-output'],
    ['unbonding-slashing', 'signed-by-the-committee', 'no-free-output'],
    ['withdrawal', true, true],
    ['extension', 'signed-by-the-committee', true],
  ] as const)('%s: replacement %s, child %s', (kind, replacement, child) => {
    const found = FeeBumping.answer(kind);
    const short = (way: FeeBumping.Way): true | string => (way.possible ? true : way.why);
    expect([short(found.replacement), short(found.child)]).toEqual([replacement, child]);
    expect(found.replacement.note.length + found.child.note.length).toBeGreaterThan(40);
  });

  it('is given for every kind, and for no other', () => {
    expect(FeeBumping.KINDS).toHaveLength(7);
    for (const kind of ['staking', 'toString', 7, null])
      expect(codeOf(() => FeeBumping.answer(untyped(kind)))).toBe('fee-bumping.unknown-kind');
  });

  it('looks at the transaction itself: does it signal, has it an output of the wallet', () => {
    const final = StakingTx.build(terms).transaction;
    const signalling = StakingTx.build({ ...terms, ...late }).transaction;
    expect(FeeBumping.answer('staking-not-registered', final, [own])).toMatchObject({
      replacement: { possible: false, why: 'does-not-signal' },
      child: { possible: true },
    });
    expect(FeeBumping.answer('staking-not-registered', signalling, [P2WPKH])).toMatchObject({
      replacement: { possible: true },
      child: { possible: false, why: 'no-own-output' },
    });
    expect(FeeBumping.answer('staking-registered', signalling, [own])).toMatchObject({ replacement: { why: 'txid-is-registered' } });
  });

  it('is true of the pre-signed transactions: they are final, and their outputs are locks of the contract or burned', () => {
    for (const { transaction } of [delegation.unbonding, delegation.stakingSlashing, delegation.unbondingSlashing]) {
      expect(transaction.ins.every(({ sequence }) => sequence === Tx.FINAL_SEQUENCE)).toBe(true);
      const locks = [contract.unbonding, contract.slashingChange].map(({ scriptPubKey }) => String(scriptPubKey));
      expect(transaction.outs.every(({ script }) => script[0] === 0x6a || locks.includes(String(script)))).toBe(true);
    }
  });
});

describe('replaceStaking', () => {
  const { transaction } = StakingTx.build({ ...terms, ...late });
  const bump = (options: Partial<FeeBumping.replaceStaking.Options> = {}): FeeBumping.replaceStaking.Replaced =>
    FeeBumping.replaceStaking({
      registration: 'post-staking',
      contract,
      transaction,
      coins: [coin],
      changeIndex: 1,
      feeRateSatsPerKvb: 4_000n,
      ...options,
    });

  it('keeps the stake and lowers the change', () => {
    const found = bump();
    expect(found.stakingOutputIndex).toBe(0);
    expect(found.transaction.outs.map(({ value }) => value)).toEqual([500_000n, 100_000n - found.feeSats]);
    expect(Tx.txid(found.transaction)).not.toBe(Tx.txid(transaction));
  });

  it('is refused for a registered transaction: its txid would change under everything that is pre-signed', () => {
    expect(failure(() => bump({ registration: 'pre-staking' })).reason).toEqual({
      code: 'fee-bumping.impossible',
      kind: 'staking-registered',
      way: 'replacement',
      why: 'txid-is-registered',
    });
    expect(codeOf(() => bump({ registration: untyped(undefined) }))).toBe('fee-bumping.impossible');
  });

  it('never takes the fee from the stake', () => {
    expect(codeOf(() => bump({ changeIndex: 0 }))).toBe('staking-tx.change-is-the-contract');
  });
});

describe('replaceWithdrawal', () => {
  const input = { contract, from: 'staking', ...delegation.staking } as const;
  const old = WithdrawalTx.build({ inputs: [input], destinationScriptPubKey: own, feeRateSatsPerKvb: 1_000n });

  it('pays the new rate, and at least the old fee and its own relay', () => {
    const replace = (feeRateSatsPerKvb: bigint): WithdrawalTx.build.Built =>
      FeeBumping.replaceWithdrawal({ inputs: [input], destinationScriptPubKey: own, feeRateSatsPerKvb, replacedFeeSats: old.feeSats });
    const vbytes = BigInt(Math.ceil(old.signedWeight / 4));
    expect(replace(1_100n).feeSats).toBe(2n * vbytes);
    expect(replace(5_000n).feeSats).toBe(5n * vbytes);
    expect(replace(5_000n).transaction.ins.map(({ sequence }) => sequence)).toEqual([1008]);
    expect(codeOf(() => replace(2_000_000n))).toBe('input.out-of-range');
  });
});

describe('child', () => {
  const built = StakingTx.build(terms);
  const parent = Tx.copy(built.transaction);
  signWallet(parent, 0, 'p2tr', [coin]);
  const { previousTransaction: _, ...bare } = coin;
  const change: Coin.Coin = { ...bare, outpoint: { txid: Tx.txid(parent), vout: 1 }, valueSats: built.changeSats };
  const child = (options: Partial<FeeBumping.child.Options> = {}): unknown =>
    FeeBumping.child({
      kind: 'staking-registered',
      contracts: [contract],
      parent: { transaction: parent, feeSats: built.feeSats },
      coin: change,
      packageFeeRateSatsPerKvb: 3_000n,
      ...options,
    });

  it('spends the change', () => {
    expect(child()).toMatchObject({ packageRateSatsPerKvb: 3_000n });
  });

  it('never the stake, and nothing of transactions without a free output', () => {
    const stake = { outpoint: { txid: Tx.txid(parent), vout: 0 }, valueSats: 500_000n, scriptPubKey: contract.staking.scriptPubKey };
    expect(codeOf(() => child({ coin: stake }))).toBe('staking-tx.coin-is-the-contract');
    for (const kind of ['unbonding', 'staking-slashing', 'unbonding-slashing'] as const)
      expect(failure(() => child({ kind })).reason).toMatchObject({ code: 'fee-bumping.impossible', why: 'no-free-output' });
  });
});
