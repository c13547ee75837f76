// MsgAddCovenantSigs: what a member signed for a delegation. Babylon x/btcstaking/keeper/msg_server.go AddCovenantSigs.
import * as Bytes from '../../base/Bytes.ts';
import * as Hex from '../../base/Hex.ts';
import * as Sats from '../../base/Sats.ts';
import * as LeafSpend from '../../bitcoin/LeafSpend.ts';
import type { SpendableLeaf } from '../../bitcoin/TapTree.ts';
import * as Tx from '../../bitcoin/Tx.ts';
import * as AdaptorSig from '../../crypto/AdaptorSig.ts';
import type { Ecc } from '../../crypto/Ecc.ts';
import * as DelegationStatus from '../DelegationStatus.ts';
import type { MsgAddCovenantSigs } from '../Message.ts';
import * as Basics from './basics.ts';
import { type Base, checkTypes, once, parsedOrNone } from './context.ts';
import { commonMembers } from './expand.ts';
import * as Stored from './stored.ts';
import { caught, every, type Failure, first, type Outcome, plain, type Step, staking, textOf, type Warning } from './verdict.ts';

type Context = Base<MsgAddCovenantSigs> & {
  readonly stored: () => Stored.Stored | Exclude<Outcome, undefined>;
  /** Absent and empty are the same on the wire. */
  readonly expansionSig: Uint8Array | undefined;
};

const STATELESS: readonly Step<Context>[] = [
  ['stateless.0', decodes],
  ['stateless.1', pkLifts],
  ['stateless.2', slashingSigsAreThere],
  ['stateless.3', hashIsLong],
  ['stateless.4', unbondingSigParses],
  ['stateless.5', unbondingSlashingSigsAreThere],
];

const STATEFUL: readonly Step<Context>[] = [
  ['stateful.1', delegationExists],
  ['stateful.2', isMember],
  ['stateful.3', hasNotSigned],
  ['stateful.4', isOpen],
  ['stateful.5', slashingSigsAreEnough],
  ['stateful.5', slashingSigsVerify],
  ['stateful.6', unbondingSlashingSigsAreEnough],
  ['stateful.7', unbondingSigVerifies],
  ['stateful.8', unbondingSlashingSigsVerify],
  ['stateful.9', expansionSigIsWanted],
  ['stateful.9', expansionSigIsThere],
  ['stateful.9', expansionSigIsNew],
  ['stateful.9', isMemberOfTheOldCommittee],
  ['stateful.9', committeesOverlap],
  ['stateful.9', expansionSigVerifies],
];

function contextOf(base: Base<MsgAddCovenantSigs>): Context {
  const { value, chain, ecc } = base;
  checkTypes(value, {
    signer: 'text',
    pk: 'bytes',
    stakingTxHash: 'text',
    slashingTxSigs: 'bytesList',
    unbondingTxSig: 'bytes',
    slashingUnbondingTxSigs: 'bytesList',
    ...(value.stakeExpansionTxSig === undefined ? {} : { stakeExpansionTxSig: 'bytes' as const }),
  });
  const expansionSig = value.stakeExpansionTxSig?.length === 0 ? undefined : value.stakeExpansionTxSig;
  return { ...base, stored: once(() => Stored.load(chain, value.stakingTxHash, 'stakingTxHash', ecc)), expansionSig };
}

function named(failure: Failure): Failure {
  return { ...failure, check: `covenantSigs.${failure.check}` };
}

export function firstFailure(base: Base<MsgAddCovenantSigs>): Failure | undefined {
  const context = contextOf(base);
  const failure = first(STATELESS, context) ?? first(STATEFUL, context);
  return failure === undefined ? undefined : named(failure);
}

export function allFailures(base: Base<MsgAddCovenantSigs>): readonly Failure[] {
  const context = contextOf(base);
  return [...every(STATELESS, context), ...every(STATEFUL, context)].map(named);
}

export function warnings(): readonly Warning[] {
  return [];
}

function decodes({ value }: Context): Outcome {
  return Basics.keyDecodes(value.pk, 'pk');
}

function pkLifts({ value, ecc }: Context): Outcome {
  if (value.pk.length === 0) return plain('empty BTC covenant public key', { field: 'pk', why: 'registration.no-key' });
  if (value.pk.length !== 32) return 'blocked';
  const fault = Basics.keyFault(value.pk, ecc);
  return fault === undefined ? undefined : plain(`invalid BTC public key: ${fault}`, { field: 'pk', why: 'public-key.not-on-curve' });
}

function slashingSigsAreThere({ value }: Context): Outcome {
  if (value.slashingTxSigs.length > 0) return undefined;
  return plain('empty covenant signatures on slashing tx', { field: 'slashingTxSigs', why: 'registration.no-signature' });
}

function hashIsLong({ value }: Context): Outcome {
  return Basics.hashIsLong(value.stakingTxHash, 'stakingTxHash');
}

function unbondingSigParses({ value }: Context): Outcome {
  const field = 'unbondingTxSig';
  if (value.unbondingTxSig.length === 0) return plain('empty covenant signature', { field, why: 'registration.no-signature' });
  const fault = Basics.signatureFault(value.unbondingTxSig);
  if (fault === undefined) return undefined;
  return plain(`invalid covenant unbonding signature: ${fault}`, { field, why: 'registration.malformed-signature' });
}

function unbondingSlashingSigsAreThere({ value }: Context): Outcome {
  if (value.slashingUnbondingTxSigs.length > 0) return undefined;
  return plain('empty covenant signature', { field: 'slashingUnbondingTxSigs', why: 'registration.no-signature' });
}

function delegationExists({ stored }: Context): Outcome {
  const delegation = stored();
  return Stored.isStored(delegation) ? undefined : delegation;
}

/** The delegation where there is one and the member's key is a key. */
function delegationOf({ value, ecc, stored }: Context): Stored.Stored | undefined {
  const delegation = stored();
  return Stored.isStored(delegation) && value.pk.length === 32 && ecc.isXOnly(value.pk) ? delegation : undefined;
}

const has = (keys: readonly Uint8Array[], key: Uint8Array): boolean => keys.some((one) => Bytes.equal(one, key));

function isMember(context: Context): Outcome {
  const { pk } = context.value;
  const delegation = delegationOf(context);
  if (delegation === undefined) return 'blocked';
  if (has(delegation.params.covenantPks, pk)) return undefined;
  return staking(1107, `covenant pk: ${Hex.encode(pk)}`, { field: 'pk', why: 'covenant.not-a-member' });
}

function hasNotSigned(context: Context): Outcome {
  const { pk } = context.value;
  const signers = delegationOf(context)?.record.covenantSigners;
  if (signers === undefined) return 'blocked';
  if (![signers.slashing, signers.unbonding, signers.unbondingSlashing].every((keys) => has(keys, pk))) return undefined;
  return staking(1123, '', { field: 'pk', why: 'registration.already-signed' });
}

function isOpen({ chain, stored }: Context): Outcome {
  const delegation = stored();
  if (!Stored.isStored(delegation)) return 'blocked';
  const status = DelegationStatus.inView(chain, delegation.record);
  if (status !== 'UNBONDED' && status !== 'EXPIRED') return undefined;
  const why = { field: 'stakingTxHash', why: 'registration.already-unbonded', facts: { status } };
  return staking(1110, 'the BTC delegation is already unbonded', why);
}

type List = 'slashingTxSigs' | 'slashingUnbondingTxSigs';

function slashingSigsAreEnough(context: Context): Outcome {
  return sigsAreEnough(context, 'slashingTxSigs');
}

function unbondingSlashingSigsAreEnough(context: Context): Outcome {
  return sigsAreEnough(context, 'slashingUnbondingTxSigs');
}

function sigsAreEnough({ value, stored }: Context, field: List): Outcome {
  const delegation = stored();
  if (!Stored.isStored(delegation)) return 'blocked';
  const expected = delegation.record.fpBtcPkList.length;
  const got = value[field].length;
  if (got === expected) return undefined;
  const text = `number of covenant signatures: ${got}, number of finality providers being staked to: ${expected}`;
  return staking(1110, text, { field, why: 'covenant.wrong-count', facts: { expected, got } });
}

function slashingSigsVerify(context: Context): Outcome {
  const delegation = delegationOf(context);
  if (delegation === undefined) return 'blocked';
  return adaptorsVerify(context, 'slashingTxSigs', slashingOf(delegation));
}

function unbondingSlashingSigsVerify(context: Context): Outcome {
  const delegation = delegationOf(context);
  if (delegation === undefined) return 'blocked';
  return adaptorsVerify(context, 'slashingUnbondingTxSigs', unbondingSlashingOf(delegation));
}

/** One signature for each provider, encrypted under its key. */
function adaptorsVerify(context: Context, field: List, spend: LeafSpend.LeafSpend | undefined): Outcome {
  const { value, ecc, stored } = context;
  const delegation = stored();
  if (!Stored.isStored(delegation) || spend === undefined) return 'blocked';
  const providers = delegation.record.fpBtcPkList;
  if (value[field].length !== providers.length) return 'blocked';
  for (const [i, adaptorSignature] of value[field].entries()) {
    const encryptionKey = providers[i] as Uint8Array;
    if (isAdaptor(value.pk, encryptionKey, spend, adaptorSignature, ecc)) continue;
    const text = `err: ${textOf(1110, 'err: the adaptor signature is not valid')}`;
    return staking(1110, text, { field: `${field}[${i}]`, why: 'covenant.bad-signature' });
  }
  return undefined;
}

function isAdaptor(
  publicKey: Uint8Array,
  encryptionKey: Uint8Array,
  spend: LeafSpend.LeafSpend,
  adaptorSignature: Uint8Array,
  ecc: Ecc,
): boolean {
  let valid = false;
  const fault = caught(() => {
    valid = AdaptorSig.verify({ publicKey, encryptionKey, message: spend.sighash(), adaptorSignature }, ecc);
  });
  return fault === undefined && valid;
}

/** The slashing of a stored stake. */
function slashingOf({ record, stakingTx, contract }: Stored.Stored): LeafSpend.LeafSpend | undefined {
  const output = Tx.outputOf(stakingTx.transaction, record.stakingOutputIndex);
  return spendOf(record.slashingTx, [output], contract().staking.paths.slashing);
}

/** The slashing of what unbonding leaves of it. */
function unbondingSlashingOf({ record, contract }: Stored.Stored): LeafSpend.LeafSpend | undefined {
  const unbonding = parsedOrNone(record.unbondingTx)?.transaction;
  if (unbonding === undefined || unbonding.outs.length !== 1) return undefined;
  return spendOf(record.unbondingSlashingTx, [Tx.outputOf(unbonding, 0)], contract().unbonding.paths.slashing);
}

function spendOf(raw: Uint8Array, spentOutputs: readonly Tx.SpentOutput[], leaf: SpendableLeaf): LeafSpend.LeafSpend | undefined {
  const transaction = parsedOrNone(raw)?.transaction;
  if (transaction === undefined || transaction.ins.length !== spentOutputs.length) return undefined;
  if (spentOutputs.some(({ valueSats }) => valueSats < 0n || valueSats > Sats.MAX)) return undefined;
  return LeafSpend.from({ transaction, inputIndex: 0, spentOutputs, leaf });
}

function unbondingSigVerifies(context: Context): Outcome {
  const delegation = delegationOf(context);
  if (delegation === undefined) return 'blocked';
  const { record, stakingTx, contract } = delegation;
  const output = Tx.outputOf(stakingTx.transaction, record.stakingOutputIndex);
  const spend = spendOf(record.unbondingTx, [output], contract().staking.paths.unbonding);
  if (spend === undefined) return 'blocked';
  const { pk, unbondingTxSig } = context.value;
  if (unbondingTxSig.length === 64 && spend.verify(pk, unbondingTxSig, context.ecc)) return undefined;
  return staking(1110, 'signature is not valid', { field: 'unbondingTxSig', why: 'covenant.bad-signature' });
}

/** Everything about the spend of the parent is wrapped once more. */
function refuseExpansion(text: string, why: string, facts: Readonly<Record<string, unknown>> = {}): Outcome {
  const wrapped = `error validating stake expansion signatures: ${text}`;
  return staking(1110, wrapped, { field: 'stakeExpansionTxSig', why, facts });
}

function expansionSigIsWanted({ stored, expansionSig }: Context): Outcome {
  const delegation = stored();
  if (!Stored.isStored(delegation)) return 'blocked';
  if (delegation.parent !== undefined || expansionSig === undefined) return undefined;
  const text = 'stake expansion tx signature provided for non-stake expansion delegation';
  return refuseExpansion(text, 'registration.unwanted-expansion-signature');
}

function expansionSigIsThere({ stored, expansionSig }: Context): Outcome {
  const delegation = stored();
  if (!Stored.isStored(delegation)) return 'blocked';
  if (delegation.parent === undefined || expansionSig !== undefined) return undefined;
  return refuseExpansion('empty stake expansion covenant signature', 'registration.no-signature');
}

function expansionSigIsNew(context: Context): Outcome {
  const delegation = delegationOf(context);
  if (delegation?.parent === undefined) return delegation === undefined ? 'blocked' : undefined;
  if (!has(delegation.record.covenantSigners.expansion, context.value.pk)) return undefined;
  return refuseExpansion(textOf(1123, 'stake expansion transaction'), 'registration.already-signed');
}

function isMemberOfTheOldCommittee(context: Context): Outcome {
  const delegation = delegationOf(context);
  if (delegation?.parent === undefined) return delegation === undefined ? 'blocked' : undefined;
  const { pk } = context.value;
  const { params, record } = delegation.parent;
  if (has(params.covenantPks, pk)) return undefined;
  const version = record.paramsVersion;
  const text = `covenant with pk ${Hex.encode(pk)} was not a member at params (version ${version}) of the previous delegation`;
  return refuseExpansion(textOf(1110, text), 'covenant.not-a-member', { paramsVersion: version });
}

function committeesOverlap({ stored }: Context): Outcome {
  const delegation = stored();
  if (!Stored.isStored(delegation)) return 'blocked';
  const old = delegation.parent?.params;
  if (old === undefined || commonMembers(old, delegation.params) >= old.covenantQuorum) return undefined;
  const text = `not enough overlap in covenant committee members for stake expansion: quorum=${old.covenantQuorum}`;
  return refuseExpansion(textOf(1110, text), 'extension-tx.covenant-overlap', { quorum: old.covenantQuorum });
}

function expansionSigVerifies(context: Context): Outcome {
  const delegation = delegationOf(context);
  const { expansionSig, ecc, value } = context;
  if (delegation?.parent === undefined || delegation.record.expansion === undefined)
    return delegation === undefined ? 'blocked' : undefined;
  if (expansionSig === undefined) return 'blocked';
  const { parent, record } = delegation;
  const output = Tx.outputOf(parent.stakingTx.transaction, parent.record.stakingOutputIndex);
  const spent = [output, delegation.record.expansion.fundingOutput];
  const spend = spendOf(record.stakingTx, spent, parent.contract().staking.paths.unbonding);
  if (spend === undefined) return 'blocked';
  if (expansionSig.length === 64 && spend.verify(value.pk, expansionSig, ecc)) return undefined;
  const text = 'bad covenant signature of stake expansion: signature is not valid';
  return refuseExpansion(textOf(1110, text), 'covenant.bad-signature');
}
