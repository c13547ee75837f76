// What a Babylon node's REST interface answers about delegations and providers, read into the records of a view.
// Babylon proto/babylon/btcstaking/v1/query.proto, x/btcstaking/types/query.go. Unknown fields are passed over: releases add some.
import { base64 } from '@scure/base';
import * as Bytes from '../../base/Bytes.ts';
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import * as Hex from '../../base/Hex.ts';
import * as Sats from '../../base/Sats.ts';
import type { CovenantSigners, DelegationRecord, FinalityProvider } from './viewTypes.ts';

export type Reason =
  | Check.Reason
  | Hex.Reason
  | Sats.Reason
  | { readonly code: 'chain-view.not-base64'; readonly field: string }
  | { readonly code: 'chain-view.malformed-output'; readonly field: string };

type Answer = Readonly<Record<string, unknown>>;

const object = (value: unknown, field: string): Answer => Check.object(value as Answer, field);
const hex = (value: unknown, field: string, length?: number): Uint8Array => Hex.decode(Check.text(value, field), field, length);
const uint32 = (value: unknown, field: string): number => Check.integer(value, field, 0, 0xffff_ffff);
const items = (value: unknown, field: string): readonly unknown[] =>
  value === null || value === undefined ? [] : Check.list(value as readonly unknown[], field);
const isThere = (value: unknown): boolean => value !== null && value !== undefined;

/**
 * A delegation as `/babylon/btcstaking/v1/btc_delegation/{txid}` gives it, with or without the field `btc_delegation` around it.
 *
 * @throws input.*, hex.*, sats.*, chain-view.not-base64, chain-view.malformed-output
 */
export function delegation(json: unknown): DelegationRecord {
  const outer = object(json, 'btc_delegation');
  const one = isThere(outer['btc_delegation']) ? object(outer['btc_delegation'], 'btc_delegation') : outer;
  const undelegation = object(one['undelegation_response'], 'undelegation_response');
  const info = undelegation['delegator_unbonding_info_response'];
  const expansion = one['stk_exp'];
  return {
    stakerAddr: Check.text(one['staker_addr'], 'staker_addr'),
    btcPk: hex(one['btc_pk'], 'btc_pk', 32),
    fpBtcPkList: items(one['fp_btc_pk_list'], 'fp_btc_pk_list').map((key, i) => hex(key, `fp_btc_pk_list[${i}]`, 32)),
    stakingTimeBlocks: uint32(one['staking_time'], 'staking_time'),
    unbondingTimeBlocks: uint32(one['unbonding_time'], 'unbonding_time'),
    paramsVersion: uint32(one['params_version'], 'params_version'),
    startHeight: uint32(one['start_height'], 'start_height'),
    endHeight: uint32(one['end_height'], 'end_height'),
    totalSats: Sats.parse(Check.text(one['total_sat'], 'total_sat'), 'total_sat'),
    stakingTx: hex(one['staking_tx_hex'], 'staking_tx_hex'),
    stakingOutputIndex: uint32(one['staking_output_idx'], 'staking_output_idx'),
    slashingTx: hex(one['slashing_tx_hex'], 'slashing_tx_hex'),
    unbondingTx: hex(undelegation['unbonding_tx_hex'], 'unbonding_tx_hex'),
    unbondingSlashingTx: hex(undelegation['slashing_tx_hex'], 'undelegation_response.slashing_tx_hex'),
    covenantSigners: signersOf(one, undelegation),
    // Empty content is content: the registered unbonding transaction was seen.
    ...(isThere(info)
      ? {
          unbondingInfo: {
            spendStakeTx: hex(object(info, 'delegator_unbonding_info_response')['spend_stake_tx_hex'], 'spend_stake_tx_hex'),
          },
        }
      : {}),
    ...(isThere(expansion) ? { expansion: expansionOf(object(expansion, 'stk_exp')) } : {}),
  };
}

function signersOf(one: Answer, undelegation: Answer): CovenantSigners {
  const keys = (list: unknown, key: string, field: string): readonly Uint8Array[] =>
    items(list, field).map((entry, i) => hex(object(entry, `${field}[${i}]`)[key], `${field}[${i}].${key}`, 32));
  const expansion = one['stk_exp'];
  return {
    slashing: keys(one['covenant_sigs'], 'cov_pk', 'covenant_sigs'),
    unbonding: keys(undelegation['covenant_unbonding_sig_list'], 'pk', 'covenant_unbonding_sig_list'),
    unbondingSlashing: keys(undelegation['covenant_slashing_sigs'], 'cov_pk', 'covenant_slashing_sigs'),
    expansion: isThere(expansion)
      ? keys(object(expansion, 'stk_exp')['previous_stk_covenant_sigs'], 'pk', 'previous_stk_covenant_sigs')
      : [],
  };
}

function expansionOf(one: Answer): NonNullable<DelegationRecord['expansion']> {
  return {
    previousStakingTxid: Check.text(one['previous_staking_tx_hash_hex'], 'previous_staking_tx_hash_hex'),
    fundingOutput: outputOf(hex(one['other_funding_tx_out_hex'], 'other_funding_tx_out_hex'), 'other_funding_tx_out_hex'),
  };
}

/** A serialised output: value, length, script. No script of a standard output needs a longer length. */
function outputOf(raw: Uint8Array, field: string): { readonly scriptPubKey: Uint8Array; readonly valueSats: bigint } {
  const length = raw[8];
  if (length === undefined || length >= 0xfd || raw.length !== 9 + length)
    return fail<Reason>({ code: 'chain-view.malformed-output', field }, `${field}: not a transaction output`);
  return { valueSats: Bytes.toBigInt(Bytes.reverse(raw.subarray(0, 8))), scriptPubKey: Bytes.copy(raw.subarray(9)) };
}

/**
 * A provider as `/babylon/btcstaking/v1/finality_providers/{pk}/finality_provider` gives it, with or without the field around it.
 *
 * @throws input.*, hex.*
 */
export function finalityProvider(json: unknown): FinalityProvider {
  const outer = object(json, 'finality_provider');
  const one = isThere(outer['finality_provider']) ? object(outer['finality_provider'], 'finality_provider') : outer;
  const flag = (key: string): boolean => one[key] === true;
  return {
    btcPk: hex(one['btc_pk'], 'btc_pk', 32),
    slashed: Check.text(one['slashed_babylon_height'], 'slashed_babylon_height') !== '0',
    jailed: flag('jailed'),
    softDeleted: flag('soft_deleted'),
  };
}

/**
 * A header as `/babylon/btclightclient/v1/tip` and `/mainchain` give it. The bytes are hex; some gateways give base64.
 *
 * @throws input.*, hex.*, chain-view.not-base64
 */
export function header(json: unknown): { readonly height: number; readonly raw: Uint8Array } {
  const outer = object(json, 'header');
  const one = typeof outer['header'] === 'object' && isThere(outer['header']) ? object(outer['header'], 'header') : outer;
  const height = uint32(one['height'], 'header.height');
  if (one['header_hex'] !== undefined) return { height, raw: hex(one['header_hex'], 'header.header_hex', 80) };
  return { height, raw: Check.bytes(fromBase64(one['header'], 'header.header'), 'header.header', 80) };
}

function fromBase64(value: unknown, field: string): Uint8Array {
  try {
    return base64.decode(Check.text(value, field));
  } catch (cause) {
    return fail<Reason>({ code: 'chain-view.not-base64', field }, `${field}: expected base64`, { cause });
  }
}
