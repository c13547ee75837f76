// What a covenant member is asked to sign, read from the answers of a node or from the staker's message. Nothing in it is believed.
// Babylon proto/babylon/btcstaking/v1/query.proto BTCDelegationResponse, tx.proto MsgCreateBTCDelegation and MsgBtcStakeExpand.
import { base64 } from '@scure/base';
import * as Bytes from '../../base/Bytes.ts';
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import * as Hex from '../../base/Hex.ts';
import * as Sats from '../../base/Sats.ts';
import * as Tx from '../../bitcoin/Tx.ts';
import * as ChainView from '../ChainView.ts';
import * as Pop from '../chain/pop.ts';
import { attempt } from '../chain/verdict.ts';
import * as Json from '../json/object.ts';
import * as Message from '../Message.ts';
import type { StakingParams } from '../Params.ts';
import * as ProofOfPossession from '../ProofOfPossession.ts';
import * as StakingContract from '../StakingContract.ts';
import * as StakingTx from '../StakingTx.ts';

export type Reason =
  | Check.Reason
  | Hex.Reason
  | Json.Reason
  | ChainView.Reason
  | Message.Reason
  | { readonly code: 'covenant-review.not-base64'; readonly field: string }
  | { readonly code: 'covenant-review.unknown-pop-type'; readonly field: string }
  | { readonly code: 'covenant-review.not-a-request'; readonly field: string }
  | { readonly code: 'covenant-review.other-message'; readonly typeUrl: string }
  | { readonly code: 'covenant-review.no-params'; readonly field: string };

/** The scripts that a remote request names; they are compared with the rebuilt ones. */
export type Scripts = {
  readonly slashing: Uint8Array;
  readonly unbonding: Uint8Array;
  readonly unbondingSlashing: Uint8Array;
  readonly previousUnbonding?: Uint8Array;
};

/** A delegation as somebody describes it, with what the staker gave for it. */
export type Subject = {
  readonly record: ChainView.DelegationRecord;
  /** Over both slashing transactions. @shape 64 bytes each */
  readonly stakerSignatures: { readonly stakingSlashing?: Uint8Array; readonly unbondingSlashing?: Uint8Array };
  readonly pop?: ProofOfPossession.Pop;
  /** For an expansion: the delegation whose stake it spends. */
  readonly previous?: ChainView.DelegationRecord;
  readonly scripts?: Scripts;
  /** What a message says of the unbonding output. */
  readonly unbondingValueSats?: bigint;
};

/** The version of the file form with several parts. */
export const SCHEMA = 'satlock-covenant-request/1';

const EMPTY: ChainView.CovenantSigners = { slashing: [], unbonding: [], unbondingSlashing: [], expansion: [] };

type Answer = Readonly<Record<string, unknown>>;
const isThere = (value: unknown): boolean => value !== null && value !== undefined;
const object = (value: unknown, field: string): Answer => Check.object(value as Answer, field);

/**
 * A delegation out of a node's REST answers: its own and, for an expansion, that of the delegation before.
 *
 * @throws input.*, hex.*, sats.*, chain-view.*, covenant-review.*
 */
export function fromRest(json: unknown, options: { readonly previous?: unknown; readonly pop?: unknown } = {}): Subject {
  const { previous, pop } = Check.object(options, 'options');
  const outer = object(json, 'btc_delegation');
  const one = isThere(outer['btc_delegation']) ? object(outer['btc_delegation'], 'btc_delegation') : outer;
  const undelegation = object(one['undelegation_response'], 'undelegation_response');
  return checked({
    record: ChainView.delegationFromRest(one),
    stakerSignatures: {
      ...signature('stakingSlashing', one['delegator_slash_sig_hex'], 'delegator_slash_sig_hex'),
      ...signature('unbondingSlashing', undelegation['delegator_slashing_sig_hex'], 'delegator_slashing_sig_hex'),
    },
    ...(isThere(pop) ? { pop: popFrom(pop) } : {}),
    ...(isThere(previous) ? { previous: ChainView.delegationFromRest(previous) } : {}),
  });
}

/** A signature that is there; an empty one is none. */
function signature(name: keyof Subject['stakerSignatures'], value: unknown, field: string): Subject['stakerSignatures'] {
  if (!isThere(value) || value === '') return {};
  return { [name]: Hex.decode(Check.text(value, field), field) };
}

function popFrom(json: unknown): ProofOfPossession.Pop {
  const one = object(json, 'pop');
  const type = popTypeOf(one['btc_sig_type'] ?? one['btcSigType'] ?? 0, 'pop.btc_sig_type');
  return { type, signature: fromBase64(one['btc_sig'] ?? one['btcSig'], 'pop.btc_sig') };
}

/** A proof of a type that there is not is no proof that was left out: the chain refuses it. */
function popTypeOf(btcSigType: unknown, field: string): ProofOfPossession.Type {
  const known = Pop.typeOf({ btcSigType: btcSigType as number | ProofOfPossession.Type });
  if (known !== undefined) return known;
  return fail<Reason>({ code: 'covenant-review.unknown-pop-type', field }, `${field}: expected ${ProofOfPossession.TYPES.join(', ')}`);
}

function fromBase64(value: unknown, field: string): Uint8Array {
  const text = Check.text(value, field);
  try {
    return base64.decode(text);
  } catch (cause) {
    return fail<Reason>({ code: 'covenant-review.not-base64', field }, `${field}: expected base64`, { cause });
  }
}

/**
 * A delegation out of the staker's own message, before the chain has it. `params` is the version that the chain will take: of the tip, or of
 * the including block where the message has a proof.
 *
 * @throws input.*, chain-view.*, covenant-review.other-message, covenant-review.unknown-pop-type
 */
export function fromMessage(message: Message.Message, options: { readonly params: StakingParams; readonly previous?: unknown }): Subject {
  const { typeUrl, value } = Check.object(message, 'message');
  const { params, previous } = Check.object(options, 'options');
  if (typeUrl !== Message.CREATE_BTC_DELEGATION && typeUrl !== Message.BTC_STAKE_EXPAND) {
    const got = Check.text(typeUrl, 'message.typeUrl').slice(0, 80);
    return fail<Reason>({ code: 'covenant-review.other-message', typeUrl: got }, `expected a registration, got ${JSON.stringify(got)}`);
  }
  const given = Check.object(value, 'message.value');
  const stakingTx = Check.bytes(given.stakingTx, 'stakingTx');
  const expansion = typeUrl === Message.BTC_STAKE_EXPAND ? expansionOf(value as Message.MsgBtcStakeExpand) : {};
  return checked({
    record: {
      stakerAddr: given.stakerAddr,
      btcPk: given.btcPk,
      fpBtcPkList: given.fpBtcPkList,
      stakingTimeBlocks: given.stakingTime,
      unbondingTimeBlocks: given.unbondingTime,
      paramsVersion: Check.object(params, 'params').version,
      startHeight: 0,
      endHeight: 0,
      totalSats: Sats.from(given.stakingValue, 'stakingValue'),
      stakingTx,
      stakingOutputIndex: outputIndexOf(given, params),
      slashingTx: given.slashingTx,
      unbondingTx: given.unbondingTx,
      unbondingSlashingTx: given.unbondingSlashingTx,
      covenantSigners: EMPTY,
      ...expansion,
    },
    stakerSignatures: {
      ...givenBytes('stakingSlashing', given.delegatorSlashingSig, 'delegatorSlashingSig'),
      ...givenBytes('unbondingSlashing', given.delegatorUnbondingSlashingSig, 'delegatorUnbondingSlashingSig'),
    },
    unbondingValueSats: given.unbondingValue,
    ...(isThere(given.pop) ? { pop: popIn(given.pop) } : {}),
    ...(isThere(previous) ? { previous: ChainView.delegationFromRest(previous) } : {}),
  });
}

function popIn(given: Message.MsgCreateBTCDelegation['pop']): ProofOfPossession.Pop {
  const { btcSigType, btcSig } = Check.object(given as NonNullable<typeof given>, 'pop');
  return { type: popTypeOf(btcSigType, 'pop.btcSigType'), signature: btcSig };
}

/** A message carries every signature; an empty one is none. */
function givenBytes(name: keyof Subject['stakerSignatures'], value: Uint8Array, field: string): Subject['stakerSignatures'] {
  return Check.bytes(value, field).length === 0 ? {} : { [name]: value };
}

/** The chain looks the output up by script and value; without one, output 0 is as wrong as any. */
function outputIndexOf(given: Message.MsgCreateBTCDelegation | Message.MsgBtcStakeExpand, params: StakingParams): number {
  const index = attempt(() => {
    const { covenantPks, covenantQuorum, unbondingTimeBlocks } = params;
    const contract = StakingContract.from({
      stakerPk: given.btcPk as (typeof covenantPks)[number],
      finalityProviderPks: given.fpBtcPkList as typeof covenantPks,
      covenantPks,
      covenantQuorum,
      stakingTimeBlocks: given.stakingTime,
      unbondingTimeBlocks,
      profile: 'generic',
    });
    return StakingTx.findOutput(Tx.decode(given.stakingTx), contract, Sats.from(given.stakingValue));
  });
  return index ?? 0;
}

function expansionOf(value: Message.MsgBtcStakeExpand): Pick<ChainView.DelegationRecord, 'expansion'> {
  const funding = Tx.decode(value.fundingTx, 'fundingTx');
  const staking = Tx.decode(value.stakingTx, 'stakingTx');
  const vout = staking.ins[1]?.index ?? 0;
  const fundingOutput = Tx.outputOf(funding, vout, 'fundingTx.outputIndex');
  // The outpoint itself names the transaction: another one with the same output would not be what is spent.
  if (staking.ins[1] !== undefined && Tx.outpointOf(staking, 1).txid !== Tx.txid(funding))
    fail<Reason>({ code: 'covenant-review.not-a-request', field: 'fundingTx' }, 'fundingTx: input 1 spends another transaction');
  return { expansion: { previousStakingTxid: value.previousStakingTxHash, fundingOutput } };
}

/**
 * A file for the command line: the REST answer itself, the staker's message as JSON, or an object of the schema `satlock-covenant-request/1`
 * with `delegation` (either of them) and, where there are any, `previous` (a REST answer) and `pop`.
 *
 * @throws json.*, covenant-review.*, and as {@link fromRest}, {@link fromMessage}
 */
export function fromJson(json: unknown, options: { readonly params?: StakingParams } = {}): Subject {
  const { params } = Check.object(options, 'options');
  const outer = object(json, 'request');
  if (!Object.hasOwn(outer, 'schema')) return one(outer, {}, params);
  const { values } = Json.from(json, 'request', SCHEMA, ['delegation'], ['previous', 'pop']);
  const { delegation, previous, pop } = values;
  return one(object(delegation, 'request.delegation'), { previous, pop }, params);
}

function one(json: Answer, parts: { readonly previous?: unknown; readonly pop?: unknown }, params: StakingParams | undefined): Subject {
  if (!Object.hasOwn(json, 'typeUrl') && !Object.hasOwn(json, '@type')) return fromRest(json, parts);
  if (isThere(parts.pop))
    fail<Reason>({ code: 'covenant-review.not-a-request', field: 'request.pop' }, 'request.pop: a message has its own proof of possession');
  if (params === undefined)
    return fail<Reason>(
      { code: 'covenant-review.no-params', field: 'params' },
      'params: a message does not name its version; give the tip height or the version',
    );
  return fromMessage(Message.fromJson(json), { params, previous: parts.previous });
}

/**
 * An own, checked copy: who changes an argument later does not change what is signed.
 *
 * @throws input.*, chain-view.*, sats.*
 */
export function checked(subject: Subject): Subject {
  const { record, stakerSignatures, pop, previous, scripts, unbondingValueSats } = Check.object(subject, 'subject');
  const { stakingSlashing, unbondingSlashing } = Check.object(stakerSignatures, 'stakerSignatures');
  const bytes = (value: Uint8Array, field: string): Uint8Array => Bytes.copy(Check.bytes(value, field));
  return Object.freeze({
    record: ChainView.checkRecord(record),
    stakerSignatures: Object.freeze({
      ...(stakingSlashing === undefined ? {} : { stakingSlashing: bytes(stakingSlashing, 'stakerSignatures.stakingSlashing') }),
      ...(unbondingSlashing === undefined ? {} : { unbondingSlashing: bytes(unbondingSlashing, 'stakerSignatures.unbondingSlashing') }),
    }),
    ...(pop === undefined
      ? {}
      : { pop: Object.freeze({ type: Check.object(pop, 'pop').type, signature: bytes(pop.signature, 'pop.signature') }) }),
    ...(previous === undefined ? {} : { previous: ChainView.checkRecord(previous, 'previous') }),
    ...(scripts === undefined ? {} : { scripts: checkedScripts(scripts, bytes) }),
    ...(unbondingValueSats === undefined
      ? {}
      : { unbondingValueSats: Check.bigInteger(unbondingValueSats, 'unbondingValueSats', -(2n ** 63n), 2n ** 63n - 1n) }),
  });
}

function checkedScripts(scripts: Scripts, bytes: (value: Uint8Array, field: string) => Uint8Array): Scripts {
  const { slashing, unbonding, unbondingSlashing, previousUnbonding } = Check.object(scripts, 'scripts');
  return Object.freeze({
    slashing: bytes(slashing, 'scripts.slashing'),
    unbonding: bytes(unbonding, 'scripts.unbonding'),
    unbondingSlashing: bytes(unbondingSlashing, 'scripts.unbondingSlashing'),
    ...(previousUnbonding === undefined ? {} : { previousUnbonding: bytes(previousUnbonding, 'scripts.previousUnbonding') }),
  });
}
