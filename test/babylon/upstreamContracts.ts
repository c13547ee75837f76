// The contracts of Babylon's published vectors, for tests that need contracts of others' making.
import { readFileSync } from 'node:fs';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';

type Vector = {
  readonly name: string;
  readonly parameters: {
    readonly covenant_public_keys: readonly string[];
    readonly covenant_quorum: number;
    readonly finality_provider_public_keys: readonly string[];
    readonly staker_public_key: string;
    readonly staking_time: number;
    readonly unbonding_time: number;
  };
};

const file = new URL('../../vectors/babylon/upstream/btcstaking-vectors.json', import.meta.url);
const vectors: readonly Vector[] = JSON.parse(readFileSync(file, 'utf8')).vectors;
const key = (compressed: string): PublicKey.XOnlyPublicKey => PublicKey.fromCompressedAnyParity(Hex.decode(compressed));

export const upstreamContracts: readonly { readonly name: string; readonly contract: StakingContract.StakingContract }[] = vectors.map(
  ({ name, parameters }) => ({
    name,
    contract: StakingContract.from({
      stakerPk: key(parameters.staker_public_key),
      finalityProviderPks: parameters.finality_provider_public_keys.map(key),
      covenantPks: parameters.covenant_public_keys.map(key),
      covenantQuorum: parameters.covenant_quorum,
      stakingTimeBlocks: parameters.staking_time,
      unbondingTimeBlocks: parameters.unbonding_time,
      profile: 'generic',
    }),
  }),
);
