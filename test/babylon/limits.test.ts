// What the parameters of a network refuse, where a newcomer would forget to ask: at building, at the delegation, at the commitment.
import { describe, expect, it } from 'vitest';
import * as Delegation from '../../src/babylon/Delegation.ts';
import * as Networks from '../../src/babylon/Networks.ts';
import * as ParamsSet from '../../src/babylon/ParamsSet.ts';
import * as PubRandCommit from '../../src/babylon/PubRandCommit.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as StakingTx from '../../src/babylon/StakingTx.ts';
import { codeOf, failure, keyOf, P2WPKH, sats } from '../support/stakes.ts';

const { paramsSet, finality } = Networks.from('bbn-1');
const params = ParamsSet.byVersion(paramsSet, 5);
const contractFor = (stakingTimeBlocks: number): StakingContract.StakingContract =>
  StakingContract.fromParams(params, {
    stakerPk: keyOf('staker').publicKey,
    finalityProviderPks: [keyOf('fp1').publicKey],
    stakingTimeBlocks,
  });
const coins = [{ outpoint: { txid: '11'.repeat(32), vout: 0 }, scriptPubKey: P2WPKH, valueSats: 2_000_000n }];
const build = (valueSats: bigint, stakingTimeBlocks: number) =>
  StakingTx.build({
    contract: contractFor(stakingTimeBlocks),
    params,
    valueSats: sats(valueSats),
    coins,
    changeScriptPubKey: P2WPKH,
    feeRateSatsPerKvb: 1_000n,
  });

describe('with the parameters of mainnet', () => {
  it('a stake of the smallest value and the one staking time is built, one satoshi or block less is not', () => {
    expect(build(500_000n, 64_000).transaction.outs[0]?.value).toBe(500_000n);
    expect(codeOf(() => build(499_999n, 64_000))).toBe('staking-tx.value-out-of-range');
    expect(codeOf(() => build(500_000n, 63_999))).toBe('staking-tx.time-out-of-range');
  });

  it('a delegation under the rules of another version is refused: its fee and its slashing would be wrong', () => {
    const { transaction } = build(500_000n, 64_000);
    const of = (version: number) => () =>
      Delegation.from({ contract: contractFor(64_000), rules: ParamsSet.byVersion(paramsSet, version), stakingTransaction: transaction });
    expect(of(5)().stakingValueSats).toBe(500_000n);
    expect(failure(of(3)).reason).toMatchObject({
      code: 'staking-tx.params-mismatch',
      field: 'unbondingTimeBlocks',
      expected: '1008',
      got: '301',
    });
  });

  it('a commitment covers as many heights as the chain asks for, and none before finality', () => {
    const commit = { startHeight: finality.finalityActivationHeight, numPubRand: 8_192n, commitment: new Uint8Array(32) };
    PubRandCommit.checkAgainst(finality, commit);
    expect(codeOf(() => PubRandCommit.checkAgainst(finality, { ...commit, numPubRand: 8_191n }))).toBe('pub-rand-commit.too-few');
    expect(codeOf(() => PubRandCommit.checkAgainst(finality, { ...commit, startHeight: commit.startHeight - 1n }))).toBe(
      'pub-rand-commit.too-early',
    );
    expect(codeOf(() => PubRandCommit.checkAgainst(finality, { ...commit, startHeight: 2n ** 64n - 1n }))).toBe('pub-rand-commit.overflow');
  });
});
