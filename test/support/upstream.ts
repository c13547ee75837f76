// The five records that Babylon publishes for its staking scripts, and our contracts of their parameters.
// Origin: babylon btcstaking/testvectors/vectors.json (see vectors/babylon/README.md).
import { readFileSync } from 'node:fs';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';

export type UpstreamVector = {
  readonly name: string;
  readonly parameters: {
    readonly covenant_public_keys: readonly string[];
    readonly covenant_quorum: number;
    readonly finality_provider_public_keys: readonly string[];
    readonly staker_public_key: string;
    readonly staking_time: number;
    readonly staking_value: number;
    readonly staking_tx_hash: string;
    readonly staking_output_index: number;
    readonly unbonding_time: number;
    readonly unbonding_fee: number;
    readonly unbonding_tx_version: number;
    readonly tag: string;
    readonly network: string;
  };
  readonly expected: {
    readonly staking_output_pkscript_hex: string;
    readonly staking_output_value: number;
    readonly staking_transaction_timelock_script_hex: string;
    readonly staking_transaction_unbonding_script_hex: string;
    readonly staking_transaction_slashing_script_hex: string;
    readonly unbonding_transaction_hex: string;
    readonly unbonding_transaction_time_lock_script_hex: string;
    readonly unbonding_transaction_slashing_script_hex: string;
    /** Left out or empty where there is no data output. */
    readonly op_return_script_hex?: string;
  };
};

const file = new URL('../../vectors/babylon/upstream/btcstaking-vectors.json', import.meta.url);
export const key = (compressed: string): PublicKey.XOnlyPublicKey => PublicKey.fromCompressedAnyParity(Hex.decode(compressed));

export const upstreamVectors: readonly UpstreamVector[] = JSON.parse(readFileSync(file, 'utf8')).vectors;

export function upstreamContract({ parameters }: Pick<UpstreamVector, 'parameters'>): StakingContract.StakingContract {
  return StakingContract.from({
    stakerPk: key(parameters.staker_public_key),
    finalityProviderPks: parameters.finality_provider_public_keys.map(key),
    covenantPks: parameters.covenant_public_keys.map(key),
    covenantQuorum: parameters.covenant_quorum,
    stakingTimeBlocks: parameters.staking_time,
    unbondingTimeBlocks: parameters.unbonding_time,
    profile: 'generic',
  });
}
