// MsgAddBTCDelegationInclusionProof: a VERIFIED delegation becomes ACTIVE. An expansion does so through MsgBTCUndelegate of its parent, by the
// same questions. Babylon x/btcstaking/keeper/{msg_server,inclusion_proof}.go AddBTCDelegationInclusionProof.
import type { ChainView } from '../ChainView.ts';
import * as DelegationStatus from '../DelegationStatus.ts';
import type { InclusionProof, MsgAddBTCDelegationInclusionProof } from '../Message.ts';
import * as Basics from './basics.ts';
import { type Base, checkTypes, once } from './context.ts';
import * as Inclusion from './inclusion.ts';
import * as Stored from './stored.ts';
import { every, type Failure, first, type Outcome, plain, type Step, staking, type Warning } from './verdict.ts';

type Context = Base<MsgAddBTCDelegationInclusionProof> & {
  readonly stored: () => Stored.Stored | Exclude<Outcome, undefined>;
};

const FIELD = 'stakingTxInclusionProof';

const STATELESS: readonly Step<Context>[] = [
  ['stateless.0', decodes],
  ['stateless.1', hashIsLong],
  ['stateless.2', proofIsThere],
  ['stateless.3', proofIsWhole],
  ['stateless.4', signerParses],
];

const STATEFUL: readonly Step<Context>[] = [
  ['stateful.1', delegationExists],
  ['stateful.2', isNoExpansion],
];

/** What is asked wherever a proof makes a delegation active; the numbers go on from those of the message. */
export type Activation = {
  readonly chain: ChainView;
  readonly stored: Stored.Stored;
  readonly proof: InclusionProof;
  readonly field: string;
};

export const ACTIVATION: readonly Step<Activation>[] = [
  ['stateful.3', hasNoProof],
  ['stateful.4', hasQuorum],
  ['stateful.5', isNotUnbonded],
  ['stateful.6', proofHolds],
  ['stateful.7', isNotTooEarly],
];

function contextOf(base: Base<MsgAddBTCDelegationInclusionProof>): Context {
  checkTypes(base.value, { signer: 'text', stakingTxHash: 'text', [FIELD]: 'proof' });
  return { ...base, stored: once(() => Stored.load(base.chain, base.value.stakingTxHash, 'stakingTxHash', base.ecc)) };
}

function activationOf({ value, chain, stored }: Context): Activation | undefined {
  const delegation = stored();
  const proof = value.stakingTxInclusionProof;
  if (!Stored.isStored(delegation) || proof?.key === undefined || delegation.record.expansion !== undefined) return undefined;
  return { chain, stored: delegation, proof, field: FIELD };
}

export function firstFailure(base: Base<MsgAddBTCDelegationInclusionProof>): Failure | undefined {
  const context = contextOf(base);
  const activation = activationOf(context);
  const failure =
    first(STATELESS, context) ?? first(STATEFUL, context) ?? (activation === undefined ? undefined : first(ACTIVATION, activation));
  return failure === undefined ? undefined : named(failure);
}

export function allFailures(base: Base<MsgAddBTCDelegationInclusionProof>): readonly Failure[] {
  const context = contextOf(base);
  const activation = activationOf(context);
  const rest = activation === undefined ? [] : every(ACTIVATION, activation);
  return [...every(STATELESS, context), ...every(STATEFUL, context), ...rest].map(named);
}

export function warnings({ value }: Base<MsgAddBTCDelegationInclusionProof>): readonly Warning[] {
  return Inclusion.warnings(value.stakingTxInclusionProof, FIELD);
}

function named(failure: Failure): Failure {
  return { ...failure, check: `inclusion.${failure.check}` };
}

function decodes({ value }: Context): Outcome {
  return Basics.proofDecodes(value.stakingTxInclusionProof, FIELD);
}

function hashIsLong({ value }: Context): Outcome {
  return Basics.hashIsLong(value.stakingTxHash, 'stakingTxHash');
}

function proofIsThere({ value }: Context): Outcome {
  return value.stakingTxInclusionProof === undefined
    ? plain('empty inclusion proof', { field: FIELD, why: 'registration.no-proof' })
    : undefined;
}

function proofIsWhole({ value }: Context): Outcome {
  const proof = value.stakingTxInclusionProof;
  return proof === undefined ? 'blocked' : Basics.proofIsWhole(proof, FIELD, 'invalid inclusion proof: ');
}

function signerParses({ value: { signer } }: Context): Outcome {
  return Basics.addressParses(signer, 'signer', (inner) => `invalid signer addr: ${signer} - ${inner}`);
}

function delegationExists({ stored }: Context): Outcome {
  const delegation = stored();
  return Stored.isStored(delegation) ? undefined : delegation;
}

function isNoExpansion({ value, stored }: Context): Outcome {
  const delegation = stored();
  if (!Stored.isStored(delegation)) return 'blocked';
  if (delegation.record.expansion === undefined) return undefined;
  const text = `the BTC delegation ${value.stakingTxHash} is a stake expansion, use MsgBTCUndelegate to set the inclusion proof`;
  return plain(text, { field: 'stakingTxHash', why: 'registration.is-expansion' });
}

function hasNoProof({ stored, field }: Activation): Outcome {
  if (!DelegationStatus.hasInclusionProof(stored.record)) return undefined;
  return plain(`the delegation ${stored.txid} already has inclusion proof`, { field, why: 'registration.already-proved' });
}

function hasQuorum({ chain, stored, field }: Activation): Outcome {
  const quorums = DelegationStatus.quorumsOf(chain, stored.record);
  if (quorums === undefined) return 'blocked';
  if (DelegationStatus.hasQuorum(stored.record, quorums)) return undefined;
  return plain(`the delegation ${stored.txid} has not received a quorum of covenant signatures`, { field, why: 'registration.no-quorum' });
}

function isNotUnbonded({ stored, field }: Activation): Outcome {
  if (stored.record.unbondingInfo === undefined) return undefined;
  return plain(`the delegation ${stored.txid} is already unbonded`, { field, why: 'registration.already-unbonded' });
}

function proofHolds({ chain, stored, proof, field }: Activation): Outcome {
  return first(Inclusion.STEPS, {
    chain,
    proof,
    field,
    txid: stored.txid,
    stakingTimeBlocks: stored.record.stakingTimeBlocks,
    unbondingTimeBlocks: stored.params.unbondingTimeBlocks,
  });
}

/** The tip at creation is not public: a view without it cannot answer, and says nothing. */
function isNotTooEarly({ chain, stored, proof, field }: Activation): Outcome {
  const { btcTipHeight } = stored.record;
  const height = Inclusion.heightOf(chain, proof);
  if (height === undefined) return 'blocked';
  if (btcTipHeight === undefined || height >= btcTipHeight) return undefined;
  const text = `btc tip height at the time of the delegation creation: ${btcTipHeight}, staking tx inclusion height: ${height}`;
  return staking(1124, text, { field, why: 'registration.included-too-early', facts: { btcTipHeight, height } });
}
