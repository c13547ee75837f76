// The five records of babylon btcstaking/testvectors/vectors.json in full: what the exchange format has no fields for, too.
import { describe, expect, it } from 'vitest';
import * as OpReturn from '../../src/babylon/OpReturn.ts';
import type * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as UnbondingTx from '../../src/babylon/UnbondingTx.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as Sats from '../../src/base/Sats.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import { key, type UpstreamVector, upstreamContract, upstreamVectors } from '../support/upstream.ts';

describe('upstream staking vectors', () => {
  it('are five, with keys of both parities and an OP_RETURN wherever there is one provider', () => {
    expect(upstreamVectors).toHaveLength(5);
    const keys = upstreamVectors.flatMap(({ parameters }) => [
      ...parameters.covenant_public_keys,
      ...parameters.finality_provider_public_keys,
    ]);
    expect(new Set(keys.map((one) => one.slice(0, 2)))).toEqual(new Set(['02', '03']));
    for (const { parameters, expected } of upstreamVectors)
      expect((expected.op_return_script_hex ?? '') !== '').toBe(parameters.finality_provider_public_keys.length === 1);
  });

  it.each(upstreamVectors)('$name', (vector) => {
    const { parameters, expected } = vector;
    const contract = upstreamContract(vector);
    const { staking, unbonding } = contract;
    const made = {
      staking_output_pkscript_hex: Hex.encode(staking.scriptPubKey),
      staking_output_value: parameters.staking_value,
      staking_transaction_timelock_script_hex: Hex.encode(staking.paths.timelock.script),
      staking_transaction_unbonding_script_hex: Hex.encode(staking.paths.unbonding.script),
      staking_transaction_slashing_script_hex: Hex.encode(staking.paths.slashing.script),
      unbonding_transaction_hex: unbondingHex(vector, contract),
      unbonding_transaction_time_lock_script_hex: Hex.encode(unbonding.paths.timelock.script),
      unbonding_transaction_slashing_script_hex: Hex.encode(unbonding.paths.slashing.script),
      op_return_script_hex: parameters.finality_provider_public_keys.length === 1 ? opReturnHex(vector) : '',
    };
    // The upstream file leaves the field out or empty where there is no data output.
    expect(made).toEqual({ op_return_script_hex: '', ...expected });
  });
});

function unbondingHex({ parameters }: UpstreamVector, contract: StakingContract.StakingContract): string {
  const feeSats = Sats.from(BigInt(parameters.unbonding_fee));
  const staking = {
    outpoint: { txid: parameters.staking_tx_hash, vout: parameters.staking_output_index },
    valueSats: Sats.from(BigInt(parameters.staking_value)),
  };
  const transaction = UnbondingTx.build({ contract, staking, feeSats });
  expect(transaction.version).toBe(parameters.unbonding_tx_version);
  UnbondingTx.check({ unbonding: transaction, contract, staking, feeSats });
  return Tx.toHex(transaction);
}

function opReturnHex({ parameters }: UpstreamVector): string {
  const stakerPk = key(parameters.staker_public_key);
  const finalityProviderPk = key(parameters.finality_provider_public_keys[0] ?? '');
  const tag = Hex.decode(parameters.tag);
  const script = OpReturn.build({ tag, stakerPk, finalityProviderPk, stakingTimeBlocks: parameters.staking_time });
  const back = OpReturn.parseOutput(script);
  expect(back).toEqual({ tag, version: 0, stakerPk, finalityProviderPk, stakingTimeBlocks: parameters.staking_time });
  return Hex.encode(script);
}
