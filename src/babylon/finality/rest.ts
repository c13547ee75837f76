// What a Babylon node's REST interface answers about finality, read into the records of a view. Keys are hex, other bytes base64, 64-bit
// numbers text. Babylon proto/babylon/finality/v1/query.proto, proto/babylon/btcstaking/v1/query.proto. Unknown fields are passed over.
import { base64 } from '@scure/base';
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import * as Hex from '../../base/Hex.ts';
import * as Time from './time.ts';
import type { FinalityParams, IndexedBlock, ProviderRecord, SigningInfo, StoredCommit } from './types.ts';

export type Reason =
  | Check.Reason
  | Hex.Reason
  | Time.Reason
  | { readonly code: 'finality-view.not-base64'; readonly field: string }
  | { readonly code: 'finality-view.not-decimal'; readonly field: string };

type Answer = Readonly<Record<string, unknown>>;

const UINT64_MAX = 0xffff_ffff_ffff_ffffn;

export const object = (value: unknown, field: string): Answer => Check.object(value as Answer, field);
const isThere = (value: unknown): boolean => value !== null && value !== undefined;
/** The object under `name`, or the object itself where no such field is around it. */
export const inner = (json: unknown, name: string): Answer => {
  const outer = object(json, name);
  return isThere(outer[name]) ? object(outer[name], name) : outer;
};
export const items = (value: unknown, field: string): readonly unknown[] =>
  isThere(value) ? Check.list(value as readonly unknown[], field) : [];
const uint32 = (value: unknown, field: string): number => Check.integer(value, field, 0, 0xffff_ffff);
const flag = (value: unknown): boolean => value === true;
export const key = (value: unknown, field: string): Uint8Array => Hex.decode(Check.text(value, field), field, 32);

/** An unsigned number of 64 bits as text; some gateways leave zeros out. */
export function uint64(value: unknown, field: string): bigint {
  const digits = Check.text(value ?? '0', field);
  if (!/^(0|[1-9][0-9]{0,19})$/.test(digits))
    fail<Reason>({ code: 'finality-view.not-decimal', field }, `${field}: expected decimal digits`);
  return Check.bigInteger(BigInt(digits), field, 0n, UINT64_MAX);
}

/** Bytes in base64. */
export function bytes(value: unknown, field: string, length: number): Uint8Array {
  const text = Check.text(value, field);
  let decoded: Uint8Array;
  try {
    decoded = base64.decode(text);
  } catch (cause) {
    return fail<Reason>({ code: 'finality-view.not-base64', field }, `${field}: expected base64`, { cause });
  }
  return Check.bytes(decoded, field, length);
}

/** `/babylon/btcstaking/v1/finality_providers/{pk}/finality_provider`. `queriedHeight` is the node's own height, when it says one. */
export function provider(json: unknown): ProviderRecord & { readonly queriedHeight: bigint } {
  const one = inner(json, 'finality_provider');
  return {
    btcPk: key(one['btc_pk'], 'btc_pk'),
    addr: Check.text(one['addr'], 'addr'),
    slashedBabylonHeight: uint64(one['slashed_babylon_height'], 'slashed_babylon_height'),
    jailed: flag(one['jailed']),
    softDeleted: flag(one['soft_deleted']),
    highestVotedHeight: uint32(one['highest_voted_height'] ?? 0, 'highest_voted_height'),
    queriedHeight: uint64(one['height'], 'height'),
  };
}

/** `/babylon/finality/v1/signing_infos/{pk}`. */
export function signingInfo(json: unknown): SigningInfo & { readonly btcPk: Uint8Array } {
  const one = inner(json, 'signing_info');
  return {
    btcPk: key(one['fp_btc_pk_hex'], 'fp_btc_pk_hex'),
    startHeight: uint64(one['start_height'], 'start_height'),
    missedBlocks: uint64(one['missed_blocks_counter'], 'missed_blocks_counter'),
    jailedUntilNs: Time.parse(Check.text(one['jailed_until'], 'jailed_until'), 'jailed_until'),
  };
}

/** `/babylon/finality/v1/finality_providers/{pk}/pub_rand_commit_list`: a map from start height to commitment, in no order; in ours it ascends. */
export function commits(json: unknown): readonly StoredCommit[] {
  const outer = object(json, 'pub_rand_commit_list');
  const map = object(outer['pub_rand_commit_map'] ?? {}, 'pub_rand_commit_map');
  const found = Object.keys(map).map((start): StoredCommit => {
    const field = `pub_rand_commit_map[${start.slice(0, 20)}]`;
    const one = object(map[start], field);
    return {
      startHeight: uint64(start, field),
      numPubRand: uint64(one['num_pub_rand'], `${field}.num_pub_rand`),
      commitment: bytes(one['commitment'], `${field}.commitment`, 32),
      epochNum: uint64(one['epoch_num'], `${field}.epoch_num`),
    };
  });
  return found.sort((a, b) => (a.startHeight < b.startHeight ? -1 : 1));
}

/** `/babylon/finality/v1/blocks/{height}`. */
export function block(json: unknown): IndexedBlock {
  const one = inner(json, 'block');
  return { height: uint64(one['height'], 'height'), appHash: bytes(one['app_hash'], 'app_hash', 32), finalized: flag(one['finalized']) };
}

/** `/babylon/finality/v1/votes/{height}`: who has voted for the chain's block. Keys in hex. */
export function votes(json: unknown): readonly Uint8Array[] {
  return items(object(json, 'votes')['btc_pks'], 'btc_pks').map((one, i) => key(one, `btc_pks[${i}]`));
}

/** `/babylon/finality/v1/params`. Parts of a second of the jailing time are dropped. */
export function params(json: unknown): FinalityParams {
  const one = inner(json, 'params');
  const duration = Check.text(one['jail_duration'], 'jail_duration');
  const seconds = /^([0-9]{1,12})(?:\.[0-9]{1,9})?s$/.exec(duration)?.[1];
  if (seconds === undefined)
    fail<Reason>({ code: 'finality-view.bad-time', field: 'jail_duration' }, 'jail_duration: expected seconds, 600s');
  return {
    maxActiveFinalityProviders: uint32(one['max_active_finality_providers'], 'max_active_finality_providers'),
    signedBlocksWindow: uint64(one['signed_blocks_window'], 'signed_blocks_window'),
    finalitySigTimeout: uint64(one['finality_sig_timeout'], 'finality_sig_timeout'),
    minSignedPerWindow: Check.text(one['min_signed_per_window'], 'min_signed_per_window'),
    minPubRand: uint64(one['min_pub_rand'], 'min_pub_rand'),
    jailDurationSeconds: Number(seconds),
    finalityActivationHeight: uint64(one['finality_activation_height'], 'finality_activation_height'),
  };
}

/** `…/finality_providers/{pk}/power/{height}` and `…/power`. @unit satoshi */
export function power(json: unknown): bigint {
  return uint64(object(json, 'power')['voting_power'], 'voting_power');
}

/** `/babylon/checkpointing/v1/last_raw_checkpoint/CKPT_STATUS_FINALIZED`: the last epoch that is final on Bitcoin. */
export function checkpointEpoch(json: unknown): bigint {
  return uint64(inner(json, 'raw_checkpoint')['epoch_num'], 'epoch_num');
}
