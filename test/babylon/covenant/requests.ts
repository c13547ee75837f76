// Requests to a covenant member as a node's REST interface answers, with consistent liars: who controls node and staker signs what he forged.
import * as CovenantReview from '../../../src/babylon/CovenantReview.ts';
import type * as Delegation from '../../../src/babylon/Delegation.ts';
import * as ParamsSet from '../../../src/babylon/ParamsSet.ts';
import * as LeafSpend from '../../../src/bitcoin/LeafSpend.ts';
import * as Tx from '../../../src/bitcoin/Tx.ts';
import { hex, type KeyPair, keyOf, pks, signatureOf } from '../../support/stakes.ts';
import { ACCOUNT, covenant, paying, type StakeOptions, stake, staker, TIP, V0, V1 } from '../chain/world.ts';

export const member: KeyPair = covenant[2] as KeyPair;
export const stranger: KeyPair = keyOf('stranger');
export const SET: ParamsSet.ParamsSet = ParamsSet.from([V0, V1]);
export const policy: CovenantReview.Policy = { paramsSet: SET, tipHeight: TIP };

export type Rest = Record<string, unknown> & { undelegation_response: Record<string, unknown> };
type Transactions = {
  readonly slashing?: Tx.Transaction;
  readonly unbonding?: Tx.Transaction;
  readonly unbondingSlashing?: Tx.Transaction;
};

/** A delegation as a node shows it before anybody of the covenant has signed; transactions in place of its own are signed by the staker. */
export function restOf(delegation: Delegation.Delegation, forged: Transactions = {}, owner: KeyPair = staker, paramsVersion = 1): Rest {
  const { contract, stakingTransaction, stakingOutputIndex } = delegation;
  const { stakerPks, finalityProviderPks, stakingTimeBlocks, unbondingTimeBlocks } = contract.terms;
  const slashing = forged.slashing ?? delegation.stakingSlashing.transaction;
  const unbonding = forged.unbonding ?? delegation.unbonding.transaction;
  const unbondingSlashing = forged.unbondingSlashing ?? delegation.unbondingSlashing.transaction;
  return {
    staker_addr: ACCOUNT,
    btc_pk: hex(stakerPks[0] as Uint8Array),
    fp_btc_pk_list: finalityProviderPks.map(hex),
    staking_time: stakingTimeBlocks,
    start_height: 0,
    end_height: 0,
    total_sat: delegation.stakingValueSats.toString(),
    staking_tx_hex: Tx.toHex(stakingTransaction),
    slashing_tx_hex: Tx.toHex(slashing),
    delegator_slash_sig_hex: signed(slashing, Tx.outputOf(stakingTransaction, stakingOutputIndex), contract.staking.paths.slashing, owner),
    covenant_sigs: [],
    staking_output_idx: stakingOutputIndex,
    active: false,
    status_desc: 'PENDING',
    unbonding_time: unbondingTimeBlocks,
    undelegation_response: {
      unbonding_tx_hex: Tx.toHex(unbonding),
      covenant_unbonding_sig_list: [],
      slashing_tx_hex: Tx.toHex(unbondingSlashing),
      delegator_slashing_sig_hex: signed(unbondingSlashing, Tx.outputOf(unbonding, 0), contract.unbonding.paths.slashing, owner),
      covenant_slashing_sigs: [],
      delegator_unbonding_info_response: null,
    },
    params_version: paramsVersion,
    stk_exp: null,
  };
}

function signed(transaction: Tx.Transaction, spent: Tx.SpentOutput, leaf: LeafSpend.Parts['leaf'], owner: KeyPair): string {
  const spentOutputs = transaction.ins.map(() => spent);
  return hex(signatureOf(LeafSpend.from({ transaction, inputIndex: 0, spentOutputs, leaf }), owner));
}

/** A copy with changes; names of the undelegation start with a dot. */
export function withFields(rest: Rest, changes: Readonly<Record<string, unknown>>): Rest {
  const copy = structuredClone(rest);
  for (const [name, value] of Object.entries(changes))
    if (name.startsWith('.')) copy.undelegation_response[name.slice(1)] = value;
    else copy[name] = value;
  return copy;
}

/** A transaction with something changed. */
export function altered(transaction: Tx.Transaction, change: (copy: Tx.Transaction) => void): Tx.Transaction {
  const copy = Tx.copy(transaction);
  change(copy);
  return copy;
}

/** Lists of a node in which these members stand. */
export function signedBy(members: readonly KeyPair[]): Readonly<Record<string, unknown>> {
  const keys = pks(members).map(hex);
  return {
    covenant_sigs: keys.map((cov_pk) => ({ cov_pk, adaptor_sigs: [] })),
    '.covenant_unbonding_sig_list': keys.map((pk) => ({ pk, sig: '' })),
    '.covenant_slashing_sigs': keys.map((cov_pk) => ({ cov_pk, adaptor_sigs: [] })),
  };
}

export const delegation: Delegation.Delegation = stake({ outputIndex: 1 });
export const rest: Rest = restOf(delegation);

export type Expansion = {
  readonly child: Delegation.Delegation;
  readonly json: Rest;
  readonly previous: Rest;
  readonly funding: Tx.Transaction;
  readonly coin: Tx.SpentOutput;
  /** The coin as the chain stores it, in hex. */
  readonly output: string;
};

/** An expansion of {@link delegation}, mined at 450, by a coin of 50,000 sat. */
export function expansionOf(options: StakeOptions = {}, fundingSats = 50_000n): Expansion {
  const funding = paying(fundingSats);
  const coin = Tx.outputOf(funding, 0);
  const inputs = [delegation.staking.outpoint, { txid: Tx.txid(funding), vout: 0 }];
  const child = stake({ inputs, valueSats: 520_000n, ...options });
  const output = `${coin.valueSats.toString(16).padStart(16, '0').match(/../g)?.reverse().join('')}${coin.scriptPubKey.length.toString(16).padStart(2, '0')}${hex(coin.scriptPubKey)}`;
  const json: Rest = {
    ...restOf(child, {}, options.owner ?? staker),
    stk_exp: { previous_staking_tx_hash_hex: delegation.stakingTxid, other_funding_tx_out_hex: output, previous_stk_covenant_sigs: [] },
  };
  const previous = withFields(rest, { ...signedBy(covenant.slice(0, 2)), start_height: 450, end_height: 1_450, active: true });
  return { child, json, previous, funding, coin, output };
}

/** The first question that fails, and our code. */
export function faultOf(
  json: unknown,
  changes: Partial<CovenantReview.Policy> = {},
  options: { readonly previous?: unknown; readonly pop?: unknown; readonly covenantPk?: Uint8Array } = {},
): readonly [string, string | undefined, string | undefined] | undefined {
  const { covenantPk = member.publicKey, ...parts } = options;
  const subject = CovenantReview.fromRest(json, parts);
  const report = CovenantReview.review({ subject, policy: { ...policy, ...changes }, covenantPk });
  const failed = report.items.find(({ outcome }) => outcome === 'failed');
  return failed === undefined ? undefined : [failed.check, failed.why, failed.reference];
}

export const covenantMember = (index: number): KeyPair => covenant[index] as KeyPair;

/** A delegation as the reference's emulator posts it to its remote signer. */
export function remoteRequestOf(one: Delegation.Delegation): Readonly<Record<string, unknown>> {
  const { contract } = one;
  return {
    staking_tx_hex: Tx.toHex(one.stakingTransaction),
    slashing_tx_hex: Tx.toHex(one.stakingSlashing.transaction),
    unbonding_tx_hex: Tx.toHex(one.unbonding.transaction),
    slash_unbonding_tx_hex: Tx.toHex(one.unbondingSlashing.transaction),
    staking_output_idx: one.stakingOutputIndex,
    slashing_script_hex: hex(contract.staking.paths.slashing.script),
    unbonding_script_hex: hex(contract.staking.paths.unbonding.script),
    unbonding_slashing_script_hex: hex(contract.unbonding.paths.slashing.script),
    fp_enc_keys: contract.terms.finalityProviderPks.map((key) => `02${hex(key)}`),
  };
}
