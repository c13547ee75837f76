// A real 6-of-9 delegation of the public testnet, rebuilt from its parameters: transactions, amounts, ids, and every signature that it carries.
import { describe, expect, it } from 'vitest';
import * as Covenant from '../../src/babylon/Covenant.ts';
import * as Delegation from '../../src/babylon/Delegation.ts';
import * as SlashingTx from '../../src/babylon/SlashingTx.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as Rate from '../../src/base/Rate.ts';
import * as Sats from '../../src/base/Sats.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import { dataOf, failure } from './support.ts';

type Adaptor = { readonly cov_pk: string; readonly adaptor_sigs: readonly string[] };
type Data = {
  readonly btc_delegation: {
    readonly btc_pk: string;
    readonly fp_btc_pk_list: readonly string[];
    readonly staking_time: number;
    readonly total_sat: string;
    readonly staking_tx_hex: string;
    readonly slashing_tx_hex: string;
    readonly delegator_slash_sig_hex: string;
    readonly covenant_sigs: readonly Adaptor[];
    readonly staking_output_idx: number;
    readonly unbonding_time: number;
    readonly undelegation_response: {
      readonly unbonding_tx_hex: string;
      readonly covenant_unbonding_sig_list: readonly { readonly pk: string; readonly sig: string }[];
      readonly slashing_tx_hex: string;
      readonly delegator_slashing_sig_hex: string;
      readonly covenant_slashing_sigs: readonly Adaptor[];
    };
  };
  readonly params: {
    readonly covenant_pks: readonly string[];
    readonly covenant_quorum: number;
    readonly slashing_pk_script: string;
    readonly min_slashing_tx_fee_sat: string;
    readonly slashing_rate: string;
    readonly unbonding_fee_sat: string;
  };
};

const { btc_delegation: record, params } = dataOf<Data>('babylon/upstream/testnet-delegation.json');
const undelegation = record.undelegation_response;
const key = (text: string): PublicKey.XOnlyPublicKey => PublicKey.fromHex(text);
const base64 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64'));

const contract = StakingContract.from({
  stakerPk: key(record.btc_pk),
  finalityProviderPks: record.fp_btc_pk_list.map(key),
  covenantPks: params.covenant_pks.map(key),
  covenantQuorum: params.covenant_quorum,
  stakingTimeBlocks: record.staking_time,
  unbondingTimeBlocks: record.unbonding_time,
});
const rules: Delegation.Rules = {
  slashingPkScript: base64(params.slashing_pk_script),
  slashingRate: Rate.parse(params.slashing_rate),
  minSlashingTxFeeSats: Sats.parse(params.min_slashing_tx_fee_sat),
  unbondingFeeSats: Sats.parse(params.unbonding_fee_sat),
};
const delegation = Delegation.from({ contract, rules, stakingTransaction: Tx.fromHex(record.staking_tx_hex) });

const members: readonly Covenant.MemberSignatures[] = record.covenant_sigs.map(({ cov_pk, adaptor_sigs }) => ({
  covenantPk: key(cov_pk),
  stakingSlashing: adaptor_sigs.map(base64),
  unbondingSlashing: (undelegation.covenant_slashing_sigs.find((one) => one.cov_pk === cov_pk)?.adaptor_sigs ?? []).map(base64),
  unbonding: base64(undelegation.covenant_unbonding_sig_list.find(({ pk }) => pk === cov_pk)?.sig ?? ''),
}));

describe('a testnet delegation', () => {
  it('is found in its staking transaction', () => {
    expect(delegation.stakingOutputIndex).toBe(record.staking_output_idx);
    expect(delegation.stakingValueSats).toBe(BigInt(record.total_sat));
    expect(delegation.stakingTxid).toMatch(/^56d54aa3.*b880$/);
  });

  it('gives the transactions of the chain, byte for byte', () => {
    expect(Tx.toHex(delegation.unbonding.transaction)).toBe(undelegation.unbonding_tx_hex);
    expect(Tx.toHex(delegation.stakingSlashing.transaction)).toBe(record.slashing_tx_hex);
    expect(Tx.toHex(delegation.unbondingSlashing.transaction)).toBe(undelegation.slashing_tx_hex);
    expect(delegation.unbonding.txid).toMatch(/^384b97e5.*84c4$/);
    expect(delegation.stakingSlashing.txid).toMatch(/^a5d8dc6c.*648e$/);
    expect(delegation.unbondingSlashing.txid).toMatch(/^cec1a6dd.*49ec$/);
    expect(Hex.encode(delegation.stakingSlashing.sighash())).toBe('bd4c82c2f8b3acb625c3eb85c06df081c943b1d5851b05bdf10ecc7b83c5d461');
  });

  it('has these amounts', () => {
    const values = (transaction: Tx.Transaction): readonly bigint[] => transaction.outs.map(({ value }) => value);
    expect(values(delegation.unbonding.transaction)).toEqual([48_000n]);
    expect(values(delegation.stakingSlashing.transaction)).toEqual([2_500n, 41_500n]);
    expect(values(delegation.unbondingSlashing.transaction)).toEqual([2_400n, 39_600n]);
    expect(SlashingTx.slashingAmountSats(Sats.from(50_000n), rules.slashingRate)).toBe(2_500n);
  });

  it("passes the chain's checks", () => {
    SlashingTx.check({ slashing: Tx.fromHex(record.slashing_tx_hex), contract, funding: delegation.staking, rules });
    SlashingTx.check({ slashing: Tx.fromHex(undelegation.slashing_tx_hex), contract, funding: delegation.unbondingOutput, rules });
  });

  it("carries the staker's consent to both slashings, each for its own transaction", () => {
    const [staking, unbonding] = [Hex.decode(record.delegator_slash_sig_hex), Hex.decode(undelegation.delegator_slashing_sig_hex)];
    const staker = key(record.btc_pk);
    expect(delegation.stakingSlashing.verify(staker, staking)).toBe(true);
    expect(delegation.unbondingSlashing.verify(staker, unbonding)).toBe(true);
    expect(delegation.stakingSlashing.verify(staker, unbonding)).toBe(false);
    expect(delegation.unbondingSlashing.verify(staker, staking)).toBe(false);
  });

  it('carries six valid sets of covenant signatures of the 66-byte form', () => {
    expect(members).toHaveLength(6);
    for (const signatures of members) {
      expect(signatures.stakingSlashing[0]).toHaveLength(66);
      Covenant.check({ delegation, signatures });
    }
  });

  it('refuses a covenant signature in the wrong place', () => {
    const [first, second] = members;
    if (first === undefined || second === undefined) throw new Error('no members');
    const swapped = { ...first, stakingSlashing: first.unbondingSlashing };
    expect(failure(() => Covenant.check({ delegation, signatures: swapped })).reason).toMatchObject({
      code: 'covenant.bad-signature',
      field: 'stakingSlashing[0]',
    });
    const others = { ...first, unbonding: second.unbonding };
    expect(failure(() => Covenant.check({ delegation, signatures: others })).reason).toMatchObject({ field: 'unbonding' });
  });
});
