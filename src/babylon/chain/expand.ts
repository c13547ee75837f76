// MsgBtcStakeExpand: a registration whose staking transaction spends the stake of an ACTIVE delegation.
// Babylon x/btcstaking/types/msg.go GetStakeExpansion, x/btcstaking/keeper/msg_server.go BtcStakeExpand.
import * as Bytes from '../../base/Bytes.ts';
import * as Hex from '../../base/Hex.ts';
import * as DelegationStatus from '../DelegationStatus.ts';
import type { MsgBtcStakeExpand } from '../Message.ts';
import type { StakingParams } from '../Params.ts';
import * as Basics from './basics.ts';
import { type Base, checkTypes, once, parsedOrNone } from './context.ts';
import { KINDS, warnings as registrationWarnings, statefulFailures } from './create.ts';
import { STEPS as CREATE_STATEFUL, type Registration, registrationOf } from './createStateful.ts';
import { STEPS as CREATE_STATELESS } from './createStateless.ts';
import * as Stored from './stored.ts';
import type { Parsed } from './transactions.ts';
import { every, type Failure, first, invalidArgument, type Outcome, own, plain, type Step, undecodable, type Warning } from './verdict.ts';

type Context = Registration & {
  readonly value: MsgBtcStakeExpand;
  readonly fundingTx: () => Parsed | undefined;
  readonly previous: () => Stored.Stored | Exclude<Outcome, undefined>;
};

/** Blocks between the last useful moment and the one at which we still let an expansion start; 500 in all on mainnet. @unit blocks */
const MARGIN = 169;

const EXISTS: readonly Step<Context>[] = [['stateless.0', messageExists]];

const STATELESS: readonly Step<Context>[] = [
  ['stateless.10', previousHashParses],
  ['stateless.11', fundingTxReads],
  ['stateless.12', inputsAreTwo],
  ['stateless.13', firstInputIsThePrevious],
  ['stateless.14', secondInputIsTheFunding],
  ['stateless.15', fundingOutputExists],
  ['stateless.16', fundingHasValue],
];

const STATEFUL: readonly Step<Context>[] = [
  ['stateful.1', previousIsActive],
  ['stateful.2', stakerAddrIsTheSame],
  ['stateful.3', providerIsTheSame],
  ['stateful.4', stakerKeyIsTheSame],
  ['stateful.4', providerIsNotDeleted],
  ['stateful.5', fundingIsNoStake],
  ['stateful.6', firstInputIsTheStakingOutput],
  ['stateful.7', valueIsNotLess],
  ['stateful.7', feeIsPositive],
  ['stateful.8', committeesOverlap],
];

/** What we refuse though the chain takes it. */
const OWN: readonly Step<Context>[] = [['own.1', thereIsTime]];

function contextOf(base: Base<MsgBtcStakeExpand>): Context {
  checkTypes(base.value, { ...KINDS, previousStakingTxHash: 'text', fundingTx: 'bytes' });
  const registration = registrationOf(base);
  return {
    ...registration,
    value: base.value,
    fundingTx: once(() => parsedOrNone(base.value.fundingTx)),
    previous: once(() => Stored.load(base.chain, base.value.previousStakingTxHash, 'previousStakingTxHash', base.ecc)),
  };
}

/** `stateful.9` are the sixteen questions of a registration: their own number stands behind it. */
function tail(failure: Failure): Failure {
  return { ...failure, check: failure.check.replace('stateful.', 'stateful.9.') };
}

function named(failure: Failure): Failure {
  return { ...failure, check: `expand.${failure.check}` };
}

export function firstFailure(base: Base<MsgBtcStakeExpand>): Failure | undefined {
  const context = contextOf(base);
  const before = first(EXISTS, context) ?? first(CREATE_STATELESS, base) ?? first(STATELESS, context) ?? first(STATEFUL, context);
  if (before !== undefined) return named(before);
  const rest = first(CREATE_STATEFUL, context);
  const failure = rest === undefined ? first(OWN, context) : tail(rest);
  return failure === undefined ? undefined : named(failure);
}

export function allFailures(base: Base<MsgBtcStakeExpand>): readonly Failure[] {
  const context = contextOf(base);
  const early = [...every(EXISTS, context), ...every(CREATE_STATELESS, base), ...every(STATELESS, context), ...every(STATEFUL, context)];
  return [...early, ...statefulFailures(context).map(tail), ...every(OWN, context)].map(named);
}

function messageExists({ chain }: Context): Outcome {
  if (chain.features.stakeExpansion) return undefined;
  const text = 'unable to resolve type URL /babylon.btcstaking.v1.MsgBtcStakeExpand';
  return undecodable(text, { field: 'typeUrl', why: 'registration.not-in-release', facts: { release: chain.release } });
}

function previousHashParses({ value }: Context): Outcome {
  return Basics.hashIsHex(value.previousStakingTxHash, 'previousStakingTxHash');
}

function fundingTxReads({ value }: Context): Outcome {
  const outcome = Basics.transactionReads(value.fundingTx, 'fundingTx', '');
  return outcome === undefined || outcome === 'blocked' ? outcome : { ...outcome, reference: outcome.reference.slice(2) };
}

function inputsAreTwo({ stakingTx }: Context): Outcome {
  const got = stakingTx()?.transaction.ins.length;
  if (got === undefined) return 'blocked';
  if (got === 2) return undefined;
  const why = { field: 'stakingTx', why: 'extension-tx.wrong-input-count', facts: { got } };
  return plain('stake expansion must have 2 inputs (TxIn)', why);
}

type Input = { readonly txid: string; readonly vout: number };

/** Input 0 or 1 of a staking transaction that has both. */
function inputOf({ stakingTx }: Context, index: 0 | 1): Input | undefined {
  const ins = stakingTx()?.transaction.ins;
  const input = ins?.[index];
  if (ins?.length !== 2 || input === undefined) return undefined;
  return { txid: Hex.encode(Bytes.reverse(input.hash)), vout: input.index };
}

function firstInputIsThePrevious(context: Context): Outcome {
  const { previousStakingTxHash: hash } = context.value;
  const input = inputOf(context, 0);
  const txid = Basics.storeKey(hash);
  if (input === undefined || txid === undefined) return 'blocked';
  if (input.txid === txid) return undefined;
  const text = `stake expansion first input must be the previous staking transaction hash ${hash}`;
  return plain(text, { field: 'stakingTx', why: 'extension-tx.wrong-input', facts: { input: 0, got: input.txid } });
}

function secondInputIsTheFunding(context: Context): Outcome {
  const funding = context.fundingTx();
  const input = inputOf(context, 1);
  if (funding === undefined || input === undefined) return 'blocked';
  if (input.txid === funding.txid) return undefined;
  const text = `stake expansion second input must be the given funding tx hash ${funding.txid}`;
  return plain(text, { field: 'fundingTx', why: 'extension-tx.wrong-input', facts: { input: 1, got: input.txid } });
}

function fundingOutputExists(context: Context): Outcome {
  const outputs = context.fundingTx()?.transaction.outs.length;
  const vout = inputOf(context, 1)?.vout;
  if (outputs === undefined || vout === undefined) return 'blocked';
  if (vout < outputs) return undefined;
  const text = `the given funding tx doesn't have the expected output index ${vout} (has ${outputs} outputs)`;
  return plain(text, { field: 'fundingTx', why: 'registration.no-funding-output', facts: { vout, outputs } });
}

/** Value of the coin that pays the fee. */
function fundingValue(context: Context): bigint | undefined {
  const vout = inputOf(context, 1)?.vout;
  return vout === undefined ? undefined : context.fundingTx()?.transaction.outs[vout]?.value;
}

function fundingHasValue(context: Context): Outcome {
  const valueSats = fundingValue(context);
  if (valueSats === undefined) return 'blocked';
  if (valueSats > 0n) return undefined;
  return plain(`funding output has invalid value ${valueSats}`, { field: 'fundingTx', why: 'extension-tx.funding-without-value' });
}

function previousIsActive({ value, chain, previous }: Context): Outcome {
  const stored = previous();
  if (!Stored.isStored(stored)) return stored;
  const status = DelegationStatus.inView(chain, stored.record);
  if (status === 'ACTIVE') return undefined;
  const text = `BTC delegation ${value.previousStakingTxHash} is not active, current status is ${status}`;
  return plain(text, { field: 'previousStakingTxHash', why: 'registration.parent-not-active', facts: { status } });
}

/** The previous delegation where there is one. */
function previousOf({ previous }: Context): Stored.Stored | undefined {
  const stored = previous();
  return Stored.isStored(stored) ? stored : undefined;
}

function stakerAddrIsTheSame(context: Context): Outcome {
  const before = previousOf(context)?.record.stakerAddr;
  const { stakerAddr } = context.value;
  if (before === undefined) return 'blocked';
  if (before.toLowerCase() === stakerAddr.toLowerCase()) return undefined;
  const text = `the previous BTC staking transaction staker address: ${before} does not match with current staker address: ${stakerAddr}`;
  return invalidArgument(text, { field: 'stakerAddr', why: 'registration.other-account', facts: { expected: before } });
}

function providerIsTheSame(context: Context): Outcome {
  const before = previousOf(context)?.record.fpBtcPkList.map(Hex.encode);
  if (before === undefined) return 'blocked';
  const after = context.value.fpBtcPkList.map(Hex.encode);
  // The chain looks at the first of each list: there is only one.
  if (after[0] === before[0]) return undefined;
  const text = `the previous BTC staking transaction FP: ${before.join()} is not the same as FP of the stake expansion ${after.join()}`;
  return invalidArgument(text, { field: 'fpBtcPkList[0]', why: 'extension-tx.other-finality-provider' });
}

function stakerKeyIsTheSame(context: Context): Outcome {
  if (!context.chain.features.expansionKeepsStakerKey) return undefined;
  const before = previousOf(context)?.record.btcPk;
  if (before === undefined) return 'blocked';
  if (Bytes.equal(before, context.value.btcPk)) return undefined;
  const text = `staker pk ${Hex.encode(context.value.btcPk)} does not match previous staker pk ${Hex.encode(before)}`;
  return invalidArgument(text, { field: 'btcPk', why: 'extension-tx.other-staker' });
}

function providerIsNotDeleted({ value, chain }: Context): Outcome {
  const key = value.fpBtcPkList[0] === undefined ? '' : Hex.encode(value.fpBtcPkList[0]);
  if (!chain.features.refusesDeletedProviders || chain.finalityProviders.get(key)?.softDeleted !== true) return undefined;
  const { reference } = { reference: `finality provider pk ${key} has been deleted: the finality provider has been deleted` };
  return { codespace: 'btcstaking', code: 1130, reference, field: 'fpBtcPkList[0]', why: 'registration.deleted-provider' };
}

function fundingIsNoStake(context: Context): Outcome {
  const input = inputOf(context, 1);
  if (input === undefined) return 'blocked';
  if (context.chain.delegations.get(input.txid)?.stakingOutputIndex !== input.vout) return undefined;
  const why = { field: 'fundingTx', why: 'extension-tx.funding-is-the-stake', facts: { outpoint: `${input.txid}:${input.vout}` } };
  return invalidArgument('the funding output cannot be a staking output', why);
}

function firstInputIsTheStakingOutput(context: Context): Outcome {
  const expected = previousOf(context)?.record.stakingOutputIndex;
  const got = inputOf(context, 0)?.vout;
  if (expected === undefined || got === undefined) return 'blocked';
  if (got === expected) return undefined;
  const text = `staking expansion tx input index ${got} does not match previous delegation staking output index ${expected}`;
  return invalidArgument(text, { field: 'stakingTx', why: 'extension-tx.wrong-input', facts: { input: 0, expected, got } });
}

function valueIsNotLess(context: Context): Outcome {
  const before = previousOf(context)?.record.totalSats;
  const { stakingValue } = context.value;
  if (before === undefined) return 'blocked';
  if (stakingValue >= before) return undefined;
  const text = `staking expansion output amount ${stakingValue} is less than previous delegation amount ${before}`;
  const facts = { newSats: stakingValue.toString(), oldSats: before.toString() };
  return invalidArgument(text, { field: 'stakingValue', why: 'extension-tx.value-decreased', facts });
}

function feeIsPositive(context: Context): Outcome {
  const before = previousOf(context)?.record.totalSats;
  const funding = fundingValue(context);
  const outs = context.stakingTx()?.transaction.outs;
  if (before === undefined || funding === undefined || outs === undefined) return 'blocked';
  const inputsSats = before + funding;
  const outputsSats = outs.reduce((sum, { value }) => sum + value, 0n);
  if (inputsSats > outputsSats) return undefined;
  const text = `invalid transaction fee: inputs ${inputsSats} <= outputs ${outputsSats}`;
  return invalidArgument(text, { field: 'stakingTx', why: 'extension-tx.no-fee' });
}

function committeesOverlap(context: Context): Outcome {
  const old = previousOf(context)?.params;
  const now = context.params();
  if (old === undefined || now === undefined) return 'blocked';
  const common = commonMembers(old, now);
  if (common >= old.covenantQuorum) return undefined;
  const text = `insufficient covenant committee overlap: need at least ${old.covenantQuorum} members from old committee in new committee`;
  const facts = { needed: old.covenantQuorum, common };
  return plain(text, { field: 'previousStakingTxHash', why: 'extension-tx.covenant-overlap', facts });
}

/** Members of both committees. */
export function commonMembers(old: StakingParams, now: StakingParams): number {
  const members = new Set(now.covenantPks.map(Hex.encode));
  return old.covenantPks.filter((key) => members.has(Hex.encode(key))).length;
}

/**
 * The expansion becomes active through its parent's undelegation, deep on Bitcoin and before the parent expires. Later it stays VERIFIED
 * for ever, without rewards.
 */
function thereIsTime(context: Context): Outcome {
  const record = previousOf(context)?.record;
  if (record === undefined) return 'blocked';
  const { tipHeight, confirmationDepthBlocks } = context.chain;
  const startBy = record.endHeight - record.unbondingTimeBlocks - confirmationDepthBlocks - MARGIN;
  if (tipHeight <= startBy) return undefined;
  const text = `too late to expand: the new stake must be deep and reported before the old one expires; start by height ${startBy}`;
  return own(text, { field: 'previousStakingTxHash', why: 'registration.expansion-too-late', facts: { tipHeight, startBy } });
}

export function warnings(base: Base<MsgBtcStakeExpand>): readonly Warning[] {
  const { previousStakingTxHash: hash, fundingTx } = base.value;
  const found = [...registrationWarnings(base)];
  const funding = parsedOrNone(fundingTx);
  if (funding !== undefined && funding.trailingBytes > 0) {
    const message = `fundingTx: ${funding.trailingBytes} bytes stand behind the transaction`;
    found.push({ why: 'registration.trailing-bytes', field: 'fundingTx', message });
  }
  if (hash.length !== 64)
    found.push({
      why: 'registration.short-hash',
      field: 'previousStakingTxHash',
      message: 'previousStakingTxHash: a txid has 64 digits; the chain fills short ones with zeros',
    });
  return found;
}
