// The messages of the Babylon chain as typed values: protobuf, proto3 JSON, amino JSON, and what they cost in gas and fees.
// Babylon proto/babylon/{btcstaking/v1,finality/v1,incentive}/tx.proto, app/ante/fee_checker.go, x/incentive/keeper/refund_tx_decorator.go.
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as InclusionProof from '../bitcoin/InclusionProof.ts';
import * as Value from './messages/check.ts';
import * as Json from './messages/json.ts';
import type { Table } from './messages/schema.ts';
import { BIP322_SIG, DEFINITIONS } from './messages/tables.ts';
import type { Any, BIP322Sig, Message, TypeUrl, InclusionProof as WireInclusionProof } from './messages/types.ts';
import * as Wire from './messages/wire.ts';

export type { Json, JsonObject } from './messages/json.ts';
export type * from './messages/types.ts';
export type { UnknownField } from './messages/wire.ts';

export type Reason =
  | Value.Reason
  | Wire.Reason
  | Json.Reason
  | Hex.Reason
  | InclusionProof.Reason
  | { readonly code: 'message.unknown-type'; readonly typeUrl: string }
  | { readonly code: 'message.unknown-rules' }
  | { readonly code: 'message.unknown-content'; readonly fields: readonly string[] }
  | { readonly code: 'message.not-canonical'; readonly typeUrl: string };

/**
 * `chain` (the default): lengths of keys, hashes and signatures, addresses and txids, and nothing left out, as the chain asks of every message
 * whatever its state. `wire`: only what the wire types can carry; absent fields are their defaults.
 */
export type Options = { readonly rules?: Value.Rules };

/** Every type URL that is known here. */
export const TYPE_URLS: readonly TypeUrl[] = Object.freeze(Object.keys(DEFINITIONS) as TypeUrl[]);

/** The type URL of a message. */
export const CREATE_BTC_DELEGATION = '/babylon.btcstaking.v1.MsgCreateBTCDelegation';
export const BTC_STAKE_EXPAND = '/babylon.btcstaking.v1.MsgBtcStakeExpand';
export const ADD_INCLUSION_PROOF = '/babylon.btcstaking.v1.MsgAddBTCDelegationInclusionProof';
export const ADD_COVENANT_SIGS = '/babylon.btcstaking.v1.MsgAddCovenantSigs';
export const BTC_UNDELEGATE = '/babylon.btcstaking.v1.MsgBTCUndelegate';
export const SELECTIVE_SLASHING_EVIDENCE = '/babylon.btcstaking.v1.MsgSelectiveSlashingEvidence';

/**
 * A checked copy of a message: every field of the right type and form, enums by name.
 *
 * @throws message.unknown-type, message.unknown-field, message.bad-*, input.* - with the field
 */
export function check(message: Message, options: Options = {}): Message {
  const { typeUrl, table } = known(message);
  return make(typeUrl, Value.checked(table, message.value, '', rulesOf(options)));
}

/**
 * The canonical protobuf bytes of a message, with its type.
 *
 * @throws as {@link check}
 * @source babylon proto/babylon
 */
export function encode(message: Message, options: Options = {}): Any {
  const { typeUrl, table } = known(message);
  return { typeUrl, value: Wire.encode(table, Value.checked(table, message.value, '', rulesOf(options))) };
}

/**
 * The message that the bytes are the one canonical encoding of: no unknown fields, nothing twice, nothing out of order.
 *
 * @throws message.unknown-type, message.malformed, message.wrong-wire-type
 * @throws message.unknown-content - fields that the chain's nodes would refuse
 * @throws message.not-canonical - other bytes for the same message
 * @throws as {@link check}
 */
export function decode(any: Any, options: Options = {}): Message {
  const { message, unknownFields } = decodeTolerant(any);
  const { typeUrl } = message;
  if (unknownFields.length > 0) {
    const fields = unknownFields.map(({ field }) => field);
    fail<Reason>(
      { code: 'message.unknown-content', fields },
      `${typeUrl}: nodes refuse a message with unknown fields (${fields.join(', ')})`,
    );
  }
  if (!Bytes.equal(encode(message, { rules: 'wire' }).value, any.value))
    fail<Reason>({ code: 'message.not-canonical', typeUrl }, `${typeUrl}: not in the one canonical encoding`);
  return check(message, options);
}

/**
 * What the chain's decoder reads: unknown fields are kept aside, the last value of a field wins, a nested message given twice is merged.
 * Lengths and forms are as they come.
 *
 * @throws message.unknown-type, message.malformed, message.wrong-wire-type
 */
export function decodeTolerant(any: Any): { readonly message: Message; readonly unknownFields: readonly Wire.UnknownField[] } {
  const { typeUrl, table } = known(any);
  const { value, unknown } = Wire.decode(table, Check.bytes(any.value, 'value'));
  return { message: make(typeUrl, value), unknownFields: unknown };
}

/**
 * Proto3 JSON: `{ typeUrl, value }` with camelCase names, bytes in base64, 64-bit integers as text, enums by name, defaults left out.
 *
 * @throws as {@link check} under `wire` rules
 */
export function toJson(message: Message): { readonly typeUrl: TypeUrl; readonly value: Json.JsonObject } {
  const { typeUrl, table } = known(message);
  return { typeUrl, value: Json.toJson(table, Value.checked(table, message.value, '', 'wire')) };
}

/**
 * The message of proto3 JSON: `{ typeUrl, value }`, or `{ "@type", … }` as the chain's own tools print it. Names in camelCase or as in the
 * proto files, 64-bit integers as text or safe numbers, enums by name or number, base64 in either alphabet; absent fields are their defaults.
 *
 * @throws message.unknown-type, message.unknown-field, message.duplicate-field, message.bad-*, input.*
 */
export function fromJson(json: unknown): Message {
  const given = Check.object(json, 'message') as Readonly<Record<string, unknown>>;
  const { '@type': type, ...rest } = given;
  const flat = type !== undefined;
  if (!flat) {
    for (const key of Object.keys(given))
      if (key !== 'typeUrl' && key !== 'value')
        fail<Reason>({ code: 'message.unknown-field', field: key }, `${key}: expected typeUrl and value`);
  }
  const { typeUrl, table } = known({ typeUrl: flat ? type : given['typeUrl'] });
  return make(typeUrl, Value.checked(table, Json.fromJson(table, flat ? rest : given['value'], ''), '', 'wire'));
}

/**
 * Amino JSON, as hardware wallets sign it: type URL as type, names as in the proto files and sorted, zero values left out, enums as numbers,
 * 64-bit integers as text, bytes in base64, decimals with 18 places.
 *
 * @throws as {@link check}
 * @source cosmos-sdk x/tx signing/aminojson
 */
export function toAmino(message: Message, options: Options = {}): { readonly type: TypeUrl; readonly value: Json.JsonObject } {
  const { typeUrl, table } = known(message);
  return { type: typeUrl, value: Json.toAmino(table, Value.checked(table, message.value, '', rulesOf(options))) };
}

/** The account that must sign the transaction with this message. @throws message.unknown-type, input.* */
export function signerOf(message: Message): string {
  const { typeUrl } = known(message);
  const { signer } = DEFINITIONS[typeUrl];
  return Check.text((Check.object(message.value, 'value') as Readonly<Record<string, unknown>>)[signer], signer);
}

/** The bytes that `btcSig` holds for BIP322. @throws input.*, message.bad-text */
export function encodeBip322Sig(signature: BIP322Sig): Uint8Array {
  return Wire.encode(BIP322_SIG, Value.checked(BIP322_SIG, signature, 'bip322', 'chain'));
}

/** What `btcSig` holds for BIP322, read as the chain does: unknown fields are passed over, the last value wins. @throws message.malformed, message.wrong-wire-type */
export function decodeBip322Sig(btcSig: Uint8Array): BIP322Sig {
  return Wire.decode(BIP322_SIG, Check.bytes(btcSig, 'btcSig')).value as BIP322Sig;
}

/** An inclusion proof as messages carry it. @throws input.*, hex.* */
export function inclusionProof(proof: InclusionProof.InclusionProof): WireInclusionProof {
  const bytes = InclusionProof.toBytes(proof);
  return { key: { index: proof.index, hash: Hex.decode(proof.blockHash, 'proof.blockHash', 32).reverse() }, proof: bytes };
}

/**
 * The inclusion proof of a message, for the transaction that it is about.
 *
 * @throws input.missing, input.wrong-length, hex.*
 */
export function readInclusionProof(wire: WireInclusionProof, txid: string): InclusionProof.InclusionProof {
  const { key, proof } = Check.object(wire, 'inclusionProof');
  if (key === undefined || key === null) return Check.missing('inclusionProof.key');
  const blockHash = Hex.encode(Bytes.reverse(Check.bytes(key.hash, 'inclusionProof.key.hash', 32)));
  return InclusionProof.fromBytes({ txid, index: key.index, proof, blockHash });
}

/**
 * The wire form of a decimal: `0.05` is `50000000000000000`, the value times 10^18.
 *
 * @throws message.bad-decimal - no plain decimal of at most 18 places
 */
export function decimal(text: string, field = 'decimal'): string {
  const match = /^([0-9]{1,18})(?:\.([0-9]{1,18}))?$/.exec(Check.text(text, field));
  if (match === null) return fail<Reason>({ code: 'message.bad-decimal', field }, `${field}: expected a decimal such as 0.05`);
  return BigInt((match[1] ?? '0') + (match[2] ?? '').padEnd(18, '0')).toString();
}

/** The 18-place decimal of its wire form. @throws message.bad-decimal */
export function formatDecimal(wire: string, field = 'decimal'): string {
  if (!/^(0|[1-9][0-9]{0,36})$/.test(Check.text(wire, field)))
    fail<Reason>({ code: 'message.bad-decimal', field }, `${field}: expected digits, the value times 10^18`);
  return Json.formatDecimal(wire);
}

/** The chain's global gas price of 0.002 ubbn, as gas for one ubbn. */
const GAS_PER_UBBN = 500n;

/**
 * The least fee for a gas limit: `round(0.002 * gasLimit)`, halves to the even number.
 *
 * @unit ubbn
 * @throws input.not-integer, input.out-of-range
 * @source babylon app/ante/fee_checker.go
 */
export function minimumFeeUbbn(gasLimit: bigint): bigint {
  Check.bigInteger(gasLimit, 'gasLimit', 0n, 0xffff_ffff_ffff_ffffn);
  const whole = gasLimit / GAS_PER_UBBN;
  const twice = 2n * (gasLimit % GAS_PER_UBBN);
  return twice > GAS_PER_UBBN || (twice === GAS_PER_UBBN && whole % 2n === 1n) ? whole + 1n : whole;
}

/**
 * The gas that the chain takes besides what it measures: a delegation without inclusion proof and every expansion pay the parameters' fee.
 *
 * @unit gas
 * @throws message.unknown-type, input.*
 * @source babylon x/btcstaking/keeper/btc_delegations.go
 */
export function baseGas(message: Message, params: { readonly delegationCreationBaseGasFee: bigint }): bigint {
  const { delegationCreationBaseGasFee: fee } = Check.object(params, 'params');
  Check.bigInteger(fee, 'params.delegationCreationBaseGasFee', 0n, 0xffff_ffff_ffff_ffffn);
  known(message);
  Check.object(message.value, 'value');
  if (message.typeUrl === BTC_STAKE_EXPAND) return fee;
  return message.typeUrl === CREATE_BTC_DELEGATION && message.value.stakingTxInclusionProof === undefined ? fee : 0n;
}

/** The messages whose fee comes back. */
const REFUNDABLE: ReadonlySet<string> = new Set([
  ADD_INCLUSION_PROOF,
  ADD_COVENANT_SIGS,
  BTC_UNDELEGATE,
  SELECTIVE_SLASHING_EVIDENCE,
  '/babylon.finality.v1.MsgAddFinalitySig',
  '/babylon.btclightclient.v1.MsgInsertHeaders',
  '/babylon.btccheckpoint.v1.MsgInsertBTCSpvProof',
]);

/**
 * True when the fee of a transaction with these messages comes back once all of them succeed: only messages of the refundable kinds, no two
 * alike. Such a transaction may use no fee granter.
 *
 * @throws input.*
 * @source babylon x/incentive/keeper/refund_tx_decorator.go
 */
export function isRefundable(messages: readonly Any[]): boolean {
  const seen = new Set<string>();
  for (const [i, message] of Check.list(messages, 'messages').entries()) {
    const { typeUrl, value } = Check.object(message, `messages[${i}]`);
    const key = `${Check.text(typeUrl, `messages[${i}].typeUrl`)} ${Hex.encode(Check.bytes(value, `messages[${i}].value`))}`;
    if (!REFUNDABLE.has(typeUrl) || seen.has(key)) return false;
    seen.add(key);
  }
  return seen.size > 0;
}

function known(message: { readonly typeUrl?: unknown }): { readonly typeUrl: TypeUrl; readonly table: Table } {
  const typeUrl = Check.text(Check.object(message, 'message').typeUrl, 'typeUrl');
  if (!isKnown(typeUrl)) {
    const shown = typeUrl.slice(0, 80);
    return fail<Reason>(
      { code: 'message.unknown-type', typeUrl: shown },
      `typeUrl: no message of the type ${JSON.stringify(shown)} is known here`,
    );
  }
  return { typeUrl, table: DEFINITIONS[typeUrl].table };
}

function isKnown(typeUrl: string): typeUrl is TypeUrl {
  return Object.hasOwn(DEFINITIONS, typeUrl);
}

/** The table has made sure of every field. */
function make(typeUrl: TypeUrl, value: Value.Checked): Message {
  return { typeUrl, value } as unknown as Message;
}

function rulesOf(options: Options): Value.Rules {
  const { rules = 'chain' } = Check.object(options, 'options');
  if (rules !== 'chain' && rules !== 'wire') fail<Reason>({ code: 'message.unknown-rules' }, 'rules: expected chain or wire');
  return rules;
}
