// MsgCreateBTCDelegation against the state: sixteen questions in the chain's order. MsgBtcStakeExpand ends with the same ones, always at the tip.
// Babylon x/btcstaking/keeper/btc_delegations.go CreateBTCDelegation, x/btcstaking/types/validate_parsed_message.go.
import * as Bytes from '../../base/Bytes.ts';
import * as Hex from '../../base/Hex.ts';
import * as Sats from '../../base/Sats.ts';
import * as LeafSpend from '../../bitcoin/LeafSpend.ts';
import type { SpendableLeaf } from '../../bitcoin/TapTree.ts';
import * as Tx from '../../bitcoin/Tx.ts';
import type { InclusionProof, MsgBtcStakeExpand, MsgCreateBTCDelegation } from '../Message.ts';
import type { StakingParams } from '../Params.ts';
import * as PreSigned from '../PreSigned.ts';
import * as SlashingTx from '../SlashingTx.ts';
import * as StakingContract from '../StakingContract.ts';
import * as StakingTx from '../StakingTx.ts';
import * as Basics from './basics.ts';
import { type Base, once, parsedOrNone } from './context.ts';
import * as Inclusion from './inclusion.ts';
import * as Pop from './pop.ts';
import type { Parsed } from './transactions.ts';
import { type Caught, caught, every, type Failure, first, type Outcome, plain, type Step, staking } from './verdict.ts';

/** A registration with what follows from it; `undefined` where the message does not allow it. */
export type Registration = Base<MsgCreateBTCDelegation | MsgBtcStakeExpand> & {
  readonly proof: InclusionProof | undefined;
  readonly stakingTx: () => Parsed | undefined;
  readonly slashingTx: () => Parsed | undefined;
  readonly unbondingTx: () => Parsed | undefined;
  readonly unbondingSlashingTx: () => Parsed | undefined;
  /** The version that the chain would take: of the including block with proof, of the tip without. */
  readonly params: () => StakingParams | undefined;
  readonly contract: () => StakingContract.StakingContract | Caught | undefined;
  /** Index of the staking output. */
  readonly output: () => number | undefined;
};

/** What the message and the view say together. */
export function registrationOf(base: Base<MsgCreateBTCDelegation | MsgBtcStakeExpand>): Registration {
  const { value, chain, ecc } = base;
  const proof = 'stakingTxInclusionProof' in value ? value.stakingTxInclusionProof : undefined;
  const stakingTx = once(() => parsedOrNone(value.stakingTx));
  const params = once(() => {
    const height = proof === undefined ? chain.tipHeight : Inclusion.heightOf(chain, proof);
    return height === undefined
      ? undefined
      : [...chain.paramsSet.versions].reverse().find(({ btcActivationHeight }) => btcActivationHeight <= height);
  });
  const contract = once(() => contractOf(base, params()));
  const output = once(() => {
    const made = contract();
    const parsed = stakingTx();
    if (!isContract(made) || parsed === undefined || value.stakingValue < 0n || value.stakingValue > Sats.MAX) return undefined;
    let index: number | undefined;
    caught(() => {
      index = StakingTx.findOutput(parsed.transaction, made, Sats.from(value.stakingValue));
    });
    return index;
  });
  return {
    ...base,
    proof,
    stakingTx,
    params,
    contract,
    output,
    slashingTx: once(() => parsedOrNone(value.slashingTx)),
    unbondingTx: once(() => parsedOrNone(value.unbondingTx)),
    unbondingSlashingTx: once(() => parsedOrNone(value.unbondingSlashingTx)),
    ecc,
  };
}

function contractOf(
  { value, ecc }: Base<MsgCreateBTCDelegation | MsgBtcStakeExpand>,
  params: StakingParams | undefined,
): StakingContract.StakingContract | Caught | undefined {
  if (params === undefined || value.btcPk.length !== 32 || value.fpBtcPkList.some((key) => key.length !== 32)) return undefined;
  let made: StakingContract.StakingContract | undefined;
  const fault = caught(() => {
    const { covenantPks, covenantQuorum, unbondingTimeBlocks } = params;
    made = StakingContract.from(
      {
        stakerPk: value.btcPk as (typeof covenantPks)[number],
        finalityProviderPks: value.fpBtcPkList as typeof covenantPks,
        covenantPks,
        covenantQuorum,
        stakingTimeBlocks: value.stakingTime,
        unbondingTimeBlocks,
        // How many providers there may be was asked before.
        profile: 'generic',
      },
      ecc,
    );
  });
  return fault ?? made;
}

function isContract(made: StakingContract.StakingContract | Caught | undefined): made is StakingContract.StakingContract {
  return made !== undefined && 'terms' in made;
}

/** In the chain's order. */
export const STEPS: readonly Step<Registration>[] = [
  ['stateful.1', popVerifies],
  ['stateful.2', isNew],
  ['stateful.3', providersTakeStakes],
  ['stateful.4', proofHolds],
  ['stateful.4', paramsExist],
  ['stateful.5', unbondingTimeIsTheParameters],
  ['stateful.6', stakingOutputIsThere],
  ['stateful.7', stakingTimeIsInBounds],
  ['stateful.7', stakingValueIsInBounds],
  ['stateful.8', slashingTxMatches],
  ['stateful.9', slashingSigIsValid],
  ['stateful.10', unbondingTxIsPreSigned],
  ['stateful.10', unbondingOutputIsExpected],
  ['stateful.11', unbondingSlashingTxMatches],
  ['stateful.12', unbondingSlashingSigIsValid],
  ['stateful.13', unbondingTxSpendsTheStake],
  ['stateful.14', unbondingFeeIsPositive],
  ['stateful.14', unbondingFeeIsTheParameters],
  ['stateful.15', isAllowed],
  ['stateful.16', gasSuffices],
];

function popVerifies({ value, chain, ecc }: Registration): Outcome {
  return Pop.verifies(value, chain, ecc);
}

function isNew({ chain, stakingTx }: Registration): Outcome {
  const txid = stakingTx()?.txid;
  if (txid === undefined) return 'blocked';
  if (!chain.delegations.has(txid)) return undefined;
  return staking(1106, `duplicated tx hash: ${txid}`, { field: 'stakingTx', why: 'registration.already-registered', facts: { txid } });
}

function providersTakeStakes({ value, chain }: Registration): Outcome {
  for (const [i, key] of value.fpBtcPkList.map(Hex.encode).entries()) {
    const field = `fpBtcPkList[${i}]`;
    const provider = chain.finalityProviders.get(key);
    if (provider === undefined) {
      const text = `finality provider pk ${key} is not found: the finality provider is not found`;
      return staking(1100, text, { field, why: 'registration.unknown-provider' });
    }
    if (provider.slashed) return staking(1104, `finality key: ${key}`, { field, why: 'registration.slashed-provider' });
    if (provider.softDeleted && chain.features.refusesDeletedProviders)
      return staking(1130, `finality provider pk ${key} has been deleted`, { field, why: 'registration.deleted-provider' });
  }
  return undefined;
}

function proofHolds(registration: Registration): Outcome {
  const { proof } = registration;
  return proof === undefined ? undefined : first(Inclusion.STEPS, subjectOf(registration, proof));
}

/** All faults of the proof, for the report that goes on. */
export function proofFaults(registration: Registration): readonly Failure[] {
  const { proof } = registration;
  return proof === undefined ? [] : every(Inclusion.STEPS, subjectOf(registration, proof));
}

/** The unbonding time is the message's own here: whether it is the parameter is asked later. */
function subjectOf({ value, chain, stakingTx }: Registration, proof: InclusionProof): Inclusion.Subject {
  return {
    chain,
    proof,
    field: 'stakingTxInclusionProof',
    txid: stakingTx()?.txid,
    stakingTimeBlocks: value.stakingTime,
    unbondingTimeBlocks: value.unbondingTime,
  };
}

function paramsExist({ chain, proof, params }: Registration): Outcome {
  if (params() !== undefined) return undefined;
  const height = proof === undefined ? chain.tipHeight : Inclusion.heightOf(chain, proof);
  if (height === undefined) return 'blocked';
  const field = proof === undefined ? 'stakingTx' : 'stakingTxInclusionProof';
  return plain(`no parameters found for block height ${height}`, { field, why: 'params.none-at-height', facts: { height } });
}

function unbondingTimeIsTheParameters({ value, params }: Registration): Outcome {
  const expected = params()?.unbondingTimeBlocks;
  if (expected === undefined) return 'blocked';
  if (value.unbondingTime === expected) return undefined;
  const text = `unbonding time ${value.unbondingTime} must be equal to ${expected}`;
  const facts = { expected, got: value.unbondingTime, paramsVersion: params()?.version };
  return staking(1114, text, { field: 'unbondingTime', why: 'registration.unbonding-time', facts });
}

function stakingOutputIsThere({ value, stakingTx, contract, output }: Registration): Outcome {
  const made = contract();
  const parsed = stakingTx();
  if (made === undefined || parsed === undefined) return 'blocked';
  if (!isContract(made)) {
    // A lock of 0 blocks is a script to the chain, which then refuses the time; it never is one here.
    if (value.stakingTime === 0) return notFound('stakingTime', { why: made.why, reference: '', facts: made.facts });
    const text = `failed to build staking info: error building staking info: error building scripts: ${made.reference}`;
    return staking(1108, text, Basics.whyOf(made, 'fpBtcPkList'));
  }
  if (output() !== undefined) return undefined;
  const { scriptPubKey } = made.staking;
  const values = parsed.transaction.outs.filter(({ script }) => Bytes.equal(script, scriptPubKey)).map((out) => out.value.toString());
  // The script is there: then it is the amount that differs, or there are several.
  const field = values.length === 0 ? 'stakingTx' : 'stakingValue';
  const fault = { reference: '', facts: { expectedSats: value.stakingValue.toString(), outputsSats: values } };
  const equal = values.filter((one) => one === value.stakingValue.toString()).length;
  return notFound(field, { ...fault, why: equal > 1 ? 'staking-tx.several-staking-outputs' : 'staking-tx.no-staking-output' });
}

function notFound(field: string, fault: Caught): Outcome {
  return staking(1108, 'staking tx does not contain expected staking output', Basics.whyOf(fault, field));
}

function stakingTimeIsInBounds({ value, params }: Registration): Outcome {
  const version = params();
  if (version === undefined) return 'blocked';
  const { minStakingTimeBlocks: min, maxStakingTimeBlocks: max } = version;
  return isWithin('time', BigInt(value.stakingTime), BigInt(min), BigInt(max), 'stakingTime', 'staking-tx.time-out-of-range');
}

function stakingValueIsInBounds({ value, params }: Registration): Outcome {
  const version = params();
  if (version === undefined) return 'blocked';
  const { minStakingValueSats: min, maxStakingValueSats: max } = version;
  return isWithin('value', value.stakingValue, min, max, 'stakingValue', 'staking-tx.value-out-of-range');
}

function isWithin(name: string, got: bigint, min: bigint, max: bigint, field: string, why: string): Outcome {
  if (got >= min && got <= max) return undefined;
  const text = `staking ${name} ${got} is out of bounds. Min: ${min}, Max: ${max}`;
  return staking(1108, text, { field, why, facts: { got: got.toString(), min: min.toString(), max: max.toString() } });
}

function slashingTxMatches({ stakingTx, slashingTx, params, contract, output }: Registration): Outcome {
  const fault = slashingFault({ funding: stakingTx(), index: output(), slashing: slashingTx(), params: params(), contract: contract() });
  if (fault === undefined || fault === 'blocked') return fault;
  return staking(1108, fault.reference, Basics.whyOf(fault, fault.reference.startsWith(INSANE) ? 'stakingTx' : 'slashingTx'));
}

function unbondingSlashingTxMatches({ unbondingTx, unbondingSlashingTx, params, contract }: Registration): Outcome {
  const funding = unbondingTx();
  if (funding?.transaction.outs.length !== 1) return 'blocked';
  const slashing = unbondingSlashingTx();
  // The share is taken of what unbonding leaves, not of the stake.
  const fault = slashingFault({ funding, index: 0, slashing, params: params(), contract: contract() });
  if (fault === undefined || fault === 'blocked') return fault;
  return staking(1114, `err: ${fault.reference}`, Basics.whyOf(fault, 'unbondingSlashingTx'));
}

const INSANE = 'funding transaction does not obey BTC rules';

function slashingFault(parts: {
  readonly funding: Parsed | undefined;
  readonly index: number | undefined;
  readonly slashing: Parsed | undefined;
  readonly params: StakingParams | undefined;
  readonly contract: ReturnType<Registration['contract']>;
}): Caught | 'blocked' | undefined {
  const { funding, index, slashing, params, contract } = parts;
  if (funding === undefined || index === undefined || slashing === undefined || params === undefined || !isContract(contract))
    return 'blocked';
  const insane = caught(() => Tx.checkSanity(funding.transaction));
  if (insane !== undefined) return { ...insane, reference: `${INSANE}: ${insane.reference}` };
  const fault = caught(() =>
    SlashingTx.check({
      slashing: slashing.transaction,
      contract,
      funding: { outpoint: { txid: funding.txid, vout: index }, valueSats: Sats.from(Tx.outputOf(funding.transaction, index).valueSats) },
      rules: params,
    }),
  );
  return fault === undefined ? undefined : { ...fault, reference: sanityText(fault, 'invalid slashing tx: ') };
}

/** The chain says where a fault of shape was found. */
function sanityText({ why, reference }: Caught, prefix: string): string {
  if (why.startsWith('tx.')) return `${prefix}btc transaction do not obey BTC rules: ${reference}`;
  return why.startsWith('pre-signed.') ? prefix + reference : reference;
}

function slashingSigIsValid({ value, ecc, stakingTx, slashingTx, contract, output }: Registration): Outcome {
  const made = contract();
  const index = output();
  if (!isContract(made) || index === undefined) return 'blocked';
  const leaf = made.staking.paths.slashing;
  return signatureVerifies(stakingTx(), index, slashingTx(), leaf, value.btcPk, value.delegatorSlashingSig, 'delegatorSlashingSig', ecc);
}

function unbondingSlashingSigIsValid({ value, ecc, unbondingTx, unbondingSlashingTx, contract }: Registration): Outcome {
  const made = contract();
  if (!isContract(made)) return 'blocked';
  const leaf = made.unbonding.paths.slashing;
  const field = 'delegatorUnbondingSlashingSig';
  return signatureVerifies(unbondingTx(), 0, unbondingSlashingTx(), leaf, value.btcPk, value[field], field, ecc);
}

function signatureVerifies(
  funding: Parsed | undefined,
  index: number,
  slashing: Parsed | undefined,
  leaf: SpendableLeaf,
  publicKey: Uint8Array,
  signature: Uint8Array,
  field: string,
  ecc: Registration['ecc'],
): Outcome {
  if (funding?.transaction.outs[index] === undefined || slashing === undefined || signature.length !== 64) return 'blocked';
  const { transaction } = slashing;
  const spentOutput = Tx.outputOf(funding.transaction, index);
  if (transaction.ins.length !== 1 || spentOutput.valueSats < 0n || spentOutput.valueSats > Sats.MAX) return 'blocked';
  const spend = LeafSpend.from({ transaction, inputIndex: 0, spentOutputs: [spentOutput], leaf });
  if (spend.verify(publicKey, signature, ecc)) return undefined;
  return staking(1109, 'invalid delegator signature: signature is not valid', { field, why: 'registration.bad-signature' });
}

function unbondingTxIsPreSigned({ unbondingTx }: Registration): Outcome {
  const parsed = unbondingTx();
  if (parsed === undefined) return 'blocked';
  const fault = caught(() => PreSigned.check(parsed.transaction, PreSigned.UNBONDING));
  if (fault === undefined) return undefined;
  const text = `unbonding tx is not a valid pre-signed transaction: ${sanityText(fault, '')}`;
  return staking(1114, text, Basics.whyOf(fault, 'unbondingTx'));
}

function unbondingOutputIsExpected({ value, unbondingTx, contract }: Registration): Outcome {
  const made = contract();
  const output = unbondingTx()?.transaction.outs[0];
  if (!isContract(made) || output === undefined) return 'blocked';
  const expected = made.unbonding.scriptPubKey;
  if (!Bytes.equal(output.script, expected)) {
    const text = `the unbonding output script is not expected, expected: ${Hex.encode(expected)}, got: ${Hex.encode(output.script)}`;
    return staking(1114, text, { field: 'unbondingTx', why: 'unbonding-tx.wrong-script' });
  }
  if (output.value === value.unbondingValue) return undefined;
  const text = `the unbonding output value is not expected, expected: ${value.unbondingValue}, got: ${output.value}`;
  const facts = { expectedSats: value.unbondingValue.toString(), gotSats: output.value.toString() };
  return staking(1114, text, { field: 'unbondingValue', why: 'registration.unbonding-value', facts });
}

function unbondingTxSpendsTheStake({ stakingTx, unbondingTx, output }: Registration): Outcome {
  const index = output();
  const parsed = stakingTx();
  const input = unbondingTx()?.transaction.ins[0];
  if (index === undefined || parsed === undefined || input === undefined) return 'blocked';
  const why = { field: 'unbondingTx', why: 'unbonding-tx.wrong-input' };
  if (Hex.encode(Bytes.reverse(input.hash)) !== parsed.txid) return staking(1114, 'unbonding transaction must spend staking output', why);
  return input.index === index ? undefined : staking(1114, 'unbonding transaction input must spend staking output', why);
}

/** Stake less what unbonding leaves of it. */
function unbondingFee({ stakingTx, unbondingTx, output }: Registration): bigint | undefined {
  const index = output();
  const staked = index === undefined ? undefined : stakingTx()?.transaction.outs[index]?.value;
  const left = unbondingTx()?.transaction.outs[0]?.value;
  return staked === undefined || left === undefined ? undefined : staked - left;
}

function unbondingFeeIsPositive(registration: Registration): Outcome {
  const feeSats = unbondingFee(registration);
  if (feeSats === undefined) return 'blocked';
  if (feeSats > 0n) return undefined;
  const why = { field: 'unbondingTx', why: 'unbonding-tx.fee-not-positive', facts: { feeSats: feeSats.toString() } };
  return staking(1114, 'unbonding tx fee must be larger that 0', why);
}

function unbondingFeeIsTheParameters(registration: Registration): Outcome {
  const got = unbondingFee(registration);
  const expected = registration.params()?.unbondingFeeSats;
  if (got === undefined || expected === undefined || got <= 0n) return 'blocked';
  if (got === expected) return undefined;
  const facts = { expectedSats: expected.toString(), gotSats: got.toString() };
  const why = { field: 'unbondingTx', why: 'unbonding-tx.wrong-fee', facts };
  return staking(1114, `unbonding tx fee must be ${expected}, but got ${got}`, why);
}

function isAllowed({ chain, stakingTx, params }: Registration): Outcome {
  const until = params()?.allowListExpirationHeight;
  const txid = stakingTx()?.txid;
  if (until === undefined || txid === undefined) return 'blocked';
  if (until === 0n || chain.babylonHeight >= until || chain.allowedStakingTxids.has(txid)) return undefined;
  const facts = { txid, babylonHeight: chain.babylonHeight.toString(), until: until.toString() };
  const text = `staking tx hash: ${txid}, is not in the allow list`;
  return staking(1108, text, { field: 'stakingTx', why: 'registration.not-in-allow-list', facts });
}

/** Without proof a delegation costs the base gas on top of everything else: a limit below it can never do. */
function gasSuffices({ proof, params, gasLimit }: Registration): Outcome {
  const needed = params()?.delegationCreationBaseGasFee;
  if (proof !== undefined || gasLimit === undefined || needed === undefined || gasLimit >= needed) return undefined;
  const text = `out of gas in location: delegation creation fee; gasWanted: ${gasLimit}, gasUsed: above ${needed}: out of gas`;
  const facts = { gasLimit: gasLimit.toString(), baseGas: needed.toString() };
  return { codespace: 'sdk', code: 11, reference: text, field: 'gasLimit', why: 'registration.out-of-gas', facts };
}
