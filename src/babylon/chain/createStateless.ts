// MsgCreateBTCDelegation before any state is asked: what is wrong with the message whatever the chain knows.
// Babylon x/btcstaking/types/create_delegation_parser.go; MsgBtcStakeExpand passes through the same.
import * as Hex from '../../base/Hex.ts';
import type { MsgBtcStakeExpand, MsgCreateBTCDelegation } from '../Message.ts';
import * as Basics from './basics.ts';
import type { Base } from './context.ts';
import * as Pop from './pop.ts';
import { type Outcome, panic, plain, type Step, staking } from './verdict.ts';

type Context = Base<MsgCreateBTCDelegation | MsgBtcStakeExpand>;

const MAX_TIME = 65_535;

/** In the chain's order; 0 is what fails before, in the decoder. */
export const STEPS: readonly Step<Context>[] = [
  ['stateless.0', decodes],
  ['stateless.1', proofIsWhole],
  ['stateless.2', stakingTxReads],
  ['stateless.2', slashingTxReads],
  ['stateless.2', unbondingTxReads],
  ['stateless.2', unbondingSlashingTxReads],
  ['stateless.3', unbondingTimeFits],
  ['stateless.3', stakingTimeFits],
  ['stateless.4', stakerAddrParses],
  ['stateless.5', popIsFormed],
  ['stateless.6', slashingSigParses],
  ['stateless.6', unbondingSlashingSigParses],
  ['stateless.7', providersAreThere],
  ['stateless.7', providersLift],
  ['stateless.7', providersDiffer],
  ['stateless.7', providerIsOne],
  ['stateless.8', btcPkLifts],
  ['stateless.9', stakingValueIsNotNegative],
  ['stateless.9', unbondingValueIsNotNegative],
];

function decodes({ value }: Context): Outcome {
  const proof = 'stakingTxInclusionProof' in value ? value.stakingTxInclusionProof : undefined;
  const keys = value.fpBtcPkList.map((key, i) => Basics.keyDecodes(key, `fpBtcPkList[${i}]`, true));
  return [Basics.keyDecodes(value.btcPk, 'btcPk'), ...keys, Basics.proofDecodes(proof, 'stakingTxInclusionProof')].find(
    (outcome) => outcome !== undefined,
  );
}

function proofIsWhole({ value }: Context): Outcome {
  const proof = 'stakingTxInclusionProof' in value ? value.stakingTxInclusionProof : undefined;
  if (proof === undefined) return undefined;
  return Basics.proofIsWhole(proof, 'stakingTxInclusionProof', 'failed to parse staking tx proof of inclusion: ');
}

function stakingTxReads({ value }: Context): Outcome {
  return Basics.transactionReads(value.stakingTx, 'stakingTx', 'failed to deserialize staking tx');
}

function slashingTxReads({ value }: Context): Outcome {
  if (value.slashingTx.length === 0) return panic({ field: 'slashingTx', why: 'registration.no-slashing-transaction' });
  return Basics.transactionReads(value.slashingTx, 'slashingTx', 'failed to deserialize staking slashing tx');
}

function unbondingTxReads({ value }: Context): Outcome {
  return Basics.transactionReads(value.unbondingTx, 'unbondingTx', 'failed to deserialize unbonding tx');
}

function unbondingSlashingTxReads({ value }: Context): Outcome {
  const field = 'unbondingSlashingTx';
  if (value.unbondingSlashingTx.length === 0) return panic({ field, why: 'registration.no-slashing-transaction' });
  return Basics.transactionReads(value.unbondingSlashingTx, field, 'failed to deserialize unbonding slashing tx');
}

function unbondingTimeFits({ value }: Context): Outcome {
  return timeFits(value.unbondingTime, 'unbondingTime', 'unbonding');
}

function stakingTimeFits({ value }: Context): Outcome {
  return timeFits(value.stakingTime, 'stakingTime', 'staking');
}

function timeFits(time: number, field: string, name: string): Outcome {
  if (time <= MAX_TIME) return undefined;
  return plain(`${name} time ${time} must be lower than ${MAX_TIME}`, { field, why: 'registration.time-too-long', facts: { time } });
}

function stakerAddrParses({ value: { stakerAddr } }: Context): Outcome {
  return Basics.addressParses(stakerAddr, 'stakerAddr', (inner) => `invalid staker address ${stakerAddr}: ${inner}`);
}

function popIsFormed({ value }: Context): Outcome {
  return Pop.isFormed(value.pop);
}

function slashingSigParses({ value }: Context): Outcome {
  return signatureParses(value.delegatorSlashingSig, 'delegatorSlashingSig', 'failed to parse staker staking slashing signature');
}

function unbondingSlashingSigParses({ value }: Context): Outcome {
  const text = 'failed to parse staker unbonding slashing signature';
  return signatureParses(value.delegatorUnbondingSlashingSig, 'delegatorUnbondingSlashingSig', text);
}

function signatureParses(signature: Uint8Array, field: string, text: string): Outcome {
  if (signature.length === 0) return plain(`${text}: cannot parse nil *bbn.BIP340Signature`, { field, why: 'registration.no-signature' });
  const fault = Basics.signatureFault(signature);
  if (fault === undefined) return undefined;
  return plain(`${text}: failed to parse *bbn.BIP340Signature: ${fault}`, { field, why: 'registration.malformed-signature' });
}

const PROVIDERS = 'failed to parse finality provider public keys: ';

function providersAreThere({ value }: Context): Outcome {
  if (value.fpBtcPkList.length > 0) return undefined;
  return plain(`${PROVIDERS}cannot parse empty list of *bbn.BIP340PubKey`, { field: 'fpBtcPkList', why: 'registration.no-provider' });
}

function providersLift({ value, ecc }: Context): Outcome {
  if (value.fpBtcPkList.some((key) => key.length !== 32)) return 'blocked';
  for (const [i, key] of value.fpBtcPkList.entries()) {
    const fault = Basics.keyFault(key, ecc);
    if (fault === undefined) continue;
    const text = `${PROVIDERS}failed to parse list of *bbn.BIP340PubKey: ${fault}`;
    return plain(text, { field: `fpBtcPkList[${i}]`, why: 'public-key.not-on-curve' });
  }
  return undefined;
}

function providersDiffer({ value }: Context): Outcome {
  const seen = new Set<string>();
  for (const [i, key] of value.fpBtcPkList.map(Hex.encode).entries()) {
    if (seen.has(key)) return staking(1118, '', { field: `fpBtcPkList[${i}]`, why: 'registration.duplicate-provider' });
    seen.add(key);
  }
  return undefined;
}

function providerIsOne({ value, chain }: Context): Outcome {
  if (chain.profile === 'generic' || value.fpBtcPkList.length <= 1) return undefined;
  return staking(1116, '', {
    field: 'fpBtcPkList',
    why: 'registration.several-providers',
    facts: { got: value.fpBtcPkList.length },
  });
}

function btcPkLifts({ value, ecc }: Context): Outcome {
  const text = 'failed to parse staker public key: ';
  if (value.btcPk.length === 0) return plain(`${text}cannot parse nil *bbn.BIP340PubKey`, { field: 'btcPk', why: 'registration.no-key' });
  if (value.btcPk.length !== 32) return 'blocked';
  const fault = Basics.keyFault(value.btcPk, ecc);
  if (fault === undefined) return undefined;
  return plain(`${text}failed to parse *bbn.BIP340PubKey: ${fault}`, { field: 'btcPk', why: 'public-key.not-on-curve' });
}

function stakingValueIsNotNegative({ value }: Context): Outcome {
  return valueIsNotNegative(value.stakingValue, 'stakingValue', 'staking');
}

function unbondingValueIsNotNegative({ value }: Context): Outcome {
  return valueIsNotNegative(value.unbondingValue, 'unbondingValue', 'unbonding');
}

function valueIsNotNegative(amount: bigint, field: string, name: string): Outcome {
  return amount >= 0n ? undefined : plain(`${name} value must be positive`, { field, why: 'registration.negative-value' });
}
