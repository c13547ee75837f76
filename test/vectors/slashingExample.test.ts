// The worked slashing: two providers, 3-of-5 covenant, the second provider slashed. Rebuilt with the Slasher from the keys and signatures.
import { describe, expect, it } from 'vitest';
import * as Delegation from '../../src/babylon/Delegation.ts';
import * as Slasher from '../../src/babylon/Slasher.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as Rate from '../../src/base/Rate.ts';
import * as Sats from '../../src/base/Sats.ts';
import * as SpendCheck from '../../src/bitcoin/SpendCheck.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';
import { dataOf, failure } from './support.ts';

type Example = {
  readonly staker_pk: string;
  readonly fp_btc_pk_list: readonly string[];
  readonly slashed_fp_index: number;
  readonly slashed_fp_sk: string;
  readonly decryption_key_t: string;
  readonly covenant_pks: readonly string[];
  readonly covenant_quorum: number;
  readonly staking_time: number;
  readonly unbonding_time: number;
  readonly staking_value: number;
  readonly slashing_rate: string;
  readonly slashing_pk_script: string;
  readonly staking_tx: string;
  readonly staking_txid: string;
  readonly slashing_tx_unsigned: string;
  readonly slashing_tx_signed: string;
  readonly slashing_txid: string;
  readonly sighash: string;
  readonly control_block_slashing: string;
  readonly staker_signature: string;
  readonly covenant_adaptor_sigs: readonly { readonly cov_pk: string; readonly adaptor_sigs: readonly string[] }[];
  readonly fp_signature: string;
  readonly witness: readonly string[];
  readonly selective_slashing: { readonly covenant: string; readonly recovered: string };
};

const example = dataOf<Example>('babylon/examples/slashing.json');
const key = (text: string): PublicKey.XOnlyPublicKey => PublicKey.fromHex(text);
const unsigned = Tx.fromHex(example.slashing_tx_unsigned);
const feeSats = BigInt(example.staking_value) - unsigned.outs.reduce((sum, { value }) => sum + value, 0n);

const contract = StakingContract.from({
  stakerPk: key(example.staker_pk),
  finalityProviderPks: example.fp_btc_pk_list.map(key),
  covenantPks: example.covenant_pks.map(key),
  covenantQuorum: example.covenant_quorum,
  stakingTimeBlocks: example.staking_time,
  unbondingTimeBlocks: example.unbonding_time,
  profile: 'generic',
});
const delegation = Delegation.from({
  contract,
  rules: {
    slashingPkScript: Hex.decode(example.slashing_pk_script),
    slashingRate: Rate.parse(example.slashing_rate),
    minSlashingTxFeeSats: Sats.from(feeSats),
    unbondingFeeSats: Sats.from(1_000n),
  },
  stakingTransaction: Tx.fromHex(example.staking_tx),
});
const slashable: Slasher.Slashable = {
  delegation,
  stakerSignatures: {
    stakingSlashing: [{ publicKey: key(example.staker_pk), signature: Hex.decode(example.staker_signature) }],
    unbondingSlashing: [],
  },
  covenantSignatures: example.covenant_adaptor_sigs.map(({ cov_pk, adaptor_sigs }) => ({
    covenantPk: key(cov_pk),
    stakingSlashing: adaptor_sigs.map((one) => Hex.decode(one)),
    unbondingSlashing: [],
    unbonding: new Uint8Array(64),
  })),
};

function verdictOf(transaction: Tx.Transaction): SpendCheck.Verdict {
  return SpendCheck.verifySpend({
    transaction: Tx.encode(transaction),
    prevouts: [{ scriptPubKey: contract.staking.scriptPubKey, valueSats: BigInt(example.staking_value), confirmedHeight: 100 }],
    tipHeight: 100,
    medianTime: 1_700_000_000,
  });
}

describe('the worked slashing', () => {
  it('has this contract and transaction', () => {
    expect(delegation.stakingTxid).toBe(example.staking_txid);
    expect(Hex.encode(contract.staking.paths.slashing.controlBlock)).toBe(example.control_block_slashing);
    expect(Tx.toHex(delegation.stakingSlashing.transaction)).toBe(example.slashing_tx_unsigned);
    expect(Hex.encode(delegation.stakingSlashing.sighash())).toBe(example.sighash);
  });

  it("is completed with the provider's key, and valid", () => {
    const { transaction, ignored } = Slasher.slash(slashable, 'staking', SecretKey.fromHex(example.slashed_fp_sk));
    expect(Tx.txid(transaction)).toBe(example.slashing_txid);
    expect(verdictOf(transaction)).toEqual({ consensusValid: true, standard: true });
    const slots = transaction.ins[0]?.witness.map((item) => Hex.encode(item)) ?? [];
    expect(slots).toHaveLength(example.witness.length);
    // The example takes the three highest members of the four, we take the first three of the list: other slots, the rest is the same.
    expect(slots.slice(0, 5).filter((slot) => slot !== '')).toHaveLength(3);
    expect(slots.slice(5)).toEqual(example.witness.slice(5));
    expect(ignored.map(({ why }) => why)).toEqual(['not-needed']);
  });

  it('gives the published witness from the three members that it took', () => {
    const descending = [...example.covenant_pks].sort().reverse();
    const taken = descending.filter((_, i) => example.witness[i] !== '');
    const covenantSignatures = slashable.covenantSignatures.filter(({ covenantPk }) => taken.includes(Hex.encode(covenantPk)));
    const { transaction } = Slasher.slash({ ...slashable, covenantSignatures }, 'staking', SecretKey.fromHex(example.slashed_fp_sk));
    const slots = transaction.ins[0]?.witness.map((item) => Hex.encode(item)) ?? [];
    expect(slots.slice(0, 5)).toEqual(example.witness.slice(0, 5));
  });

  it('is valid as published, and gives the key away', () => {
    const published = Tx.fromHex(example.slashing_tx_signed);
    expect(verdictOf(published)).toEqual({ consensusValid: true, standard: true });
    expect(published.virtualSize()).toBe(281);
    const recovered = Slasher.recoverKey(slashable, published);
    expect(Hex.encode(recovered.secretKey)).toBe(example.selective_slashing.recovered);
    expect(Hex.encode(recovered.secretKey)).toBe(example.decryption_key_t);
    expect(Hex.encode(recovered.finalityProviderPk)).toBe(example.fp_btc_pk_list[example.slashed_fp_index]);
  });

  it('needs the quorum', () => {
    const covenantSignatures = slashable.covenantSignatures.slice(0, 2);
    const act = (): unknown => Slasher.slash({ ...slashable, covenantSignatures }, 'staking', SecretKey.fromHex(example.slashed_fp_sk));
    expect(failure(act).reason).toMatchObject({ code: 'witness.quorum-not-reached', role: 'covenant', needed: 3, valid: 2 });
  });
});
