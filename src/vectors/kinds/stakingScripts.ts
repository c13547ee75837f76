// Kind staking.scripts: leaves, output scripts and addresses of a stake (babylon btcstaking/types.go).
import * as Hex from '../../base/Hex.ts';
import * as Address from '../../bitcoin/Address.ts';
import * as Network from '../../bitcoin/Network.ts';
import type { Definition } from '../definition.ts';
import * as Field from '../fields.ts';
import * as Read from '../reader.ts';
import { CONTRACT_FIELDS, CONTRACT_SPOILINGS, contractInput, contractOf, makeParty, nameOf } from './contract.ts';
import * as Made from './made.ts';

export const stakingScripts: Definition = {
  kind: 'staking.scripts',
  about: 'leaves, output scripts and addresses of a stake',
  input: CONTRACT_FIELDS,
  expect: {
    timelockScript: Field.hex(),
    unbondingScript: Field.hex(),
    slashingScript: Field.about(Field.hex(), 'the same in the staking and the unbonding output'),
    unbondingTimelockScript: Field.about(Field.hex(), 'the same in the unbonding output and the change of a slashing'),
    stakingPkScript: Field.hex(),
    stakingAddress: Field.text(),
    unbondingPkScript: Field.hex(),
    unbondingAddress: Field.text(),
    slashingRefundPkScript: Field.hex(),
    slashingRefundAddress: Field.text(),
  },
  outputs(input, ecc) {
    const contract = contractOf(input, ecc);
    const network = Network.from(Read.text(input, 'network'));
    const { staking, unbonding, slashingChange } = contract;
    const address = (script: Uint8Array): string => Address.encode(script, network);
    return {
      timelockScript: () => Hex.encode(staking.paths.timelock.script),
      unbondingScript: () => Hex.encode(staking.paths.unbonding.script),
      slashingScript: () => Hex.encode(staking.paths.slashing.script),
      unbondingTimelockScript: () => Hex.encode(unbonding.paths.timelock.script),
      stakingPkScript: () => Hex.encode(staking.scriptPubKey),
      stakingAddress: () => address(staking.scriptPubKey),
      unbondingPkScript: () => Hex.encode(unbonding.scriptPubKey),
      unbondingAddress: () => address(unbonding.scriptPubKey),
      slashingRefundPkScript: () => Hex.encode(slashingChange.scriptPubKey),
      slashingRefundAddress: () => address(slashingChange.scriptPubKey),
    };
  },
  draft(random, _index, ecc) {
    const party = makeParty(random, ecc);
    return { name: nameOf(party), input: contractInput(party, random) };
  },
  spoilings: [
    ...CONTRACT_SPOILINGS.map(({ name, error, changes }) => ({
      name,
      error,
      spoil: (random: Parameters<typeof makeParty>[0], ecc: Parameters<typeof makeParty>[1]) => {
        const good = contractInput(makeParty(random, ecc), random);
        return Made.but(good, changes(good, random, ecc));
      },
    })),
    {
      name: 'unknown-network',
      error: 'network.unknown',
      spoil: (random, ecc) => Made.but(contractInput(makeParty(random, ecc), random), { network: 'Mainnet' }),
    },
  ],
};
