// Every single forgery that a covenant member must find alone: what node and staker agree on, consistent and signed, and the question that
// stops it.
import type * as CovenantReview from '../../../src/babylon/CovenantReview.ts';
import type * as Delegation from '../../../src/babylon/Delegation.ts';
import * as DelegationOf from '../../../src/babylon/Delegation.ts';
import * as Rate from '../../../src/base/Rate.ts';
import * as Tx from '../../../src/bitcoin/Tx.ts';
import { hex, keyOf, keysOf, P2TR, P2WPKH, pks, sats } from '../../support/stakes.ts';
import { covenant, paramsOf, paramsV1, provider, slashUnbonding, stake, staker, V0, V1 } from '../chain/world.ts';
import { altered, delegation, member, type Rest, rest, restOf, signedBy, stranger, withFields } from './requests.ts';

/** Where coins must never go. */
export const attacker: Uint8Array = P2TR;
export const V0_JSON: Rest = restOf(stake({ params: V0 }), {}, staker, 0);

/** A delegation whose staker and node agree on other rules than the parameters say. */
function underRules(changes: Partial<Delegation.Rules>): Rest {
  const { slashingPkScript, slashingRate, minSlashingTxFeeSats, unbondingFeeSats } = V1;
  const { contract, stakingTransaction, stakingOutputIndex } = delegation;
  const rules = { slashingPkScript, slashingRate, minSlashingTxFeeSats, unbondingFeeSats, ...changes };
  return restOf(DelegationOf.from({ contract, stakingTransaction, stakingOutputIndex, rules }));
}

/** One of the three transactions, changed and signed anew; what follows from a changed unbonding is changed with it. */
const forgedSlashing = (change: (copy: Tx.Transaction) => void): Rest =>
  restOf(delegation, { slashing: altered(delegation.stakingSlashing.transaction, change) });
const forgedUnbondingSlashing = (change: (copy: Tx.Transaction) => void): Rest =>
  restOf(delegation, { unbondingSlashing: altered(delegation.unbondingSlashing.transaction, change) });
export function forgedUnbonding(change: (copy: Tx.Transaction) => void): Rest {
  const unbonding = altered(delegation.unbonding.transaction, change);
  const { unbondingSlashingTx, delegatorUnbondingSlashingSig } = slashUnbonding(delegation, unbonding);
  return withFields(rest, {
    '.unbonding_tx_hex': Tx.toHex(unbonding),
    '.slashing_tx_hex': hex(unbondingSlashingTx),
    '.delegator_slashing_sig_hex': hex(delegatorUnbondingSlashingSig),
  });
}

type Change = (copy: Tx.Transaction) => void;

export const pay =
  (index: number, script: Uint8Array): Change =>
  (copy) => {
    const output = copy.outs[index];
    if (output !== undefined) output.script = Uint8Array.from(script);
  };
const shift = (index: number, by: bigint) => (copy: Tx.Transaction) => {
  const output = copy.outs[index];
  if (output !== undefined) output.value += by;
};
export const spend = (change: {
  readonly index?: number;
  readonly sequence?: number;
  readonly script?: Uint8Array;
  readonly hash?: Uint8Array;
}): Change => {
  return (copy: Tx.Transaction) => {
    Object.assign(copy.ins[0] as object, change);
  };
};
const twoStakes = (): Rest => {
  const { contract } = delegation;
  const extra = { scriptPubKey: contract.staking.scriptPubKey, valueSats: 500_000n };
  const one = Tx.copy(stake({ outputIndex: 1 }).stakingTransaction);
  one.addOutput(extra.scriptPubKey, extra.valueSats);
  const { slashingPkScript, slashingRate, minSlashingTxFeeSats, unbondingFeeSats } = V1;
  const rules = { slashingPkScript, slashingRate, minSlashingTxFeeSats, unbondingFeeSats };
  // Our own builder refuses such a stake, so the liar makes the later transactions by hand.
  const txid = Tx.txid(one);
  const moved = (transaction: Tx.Transaction, to: string): Tx.Transaction =>
    altered(transaction, spend({ hash: Uint8Array.from(Buffer.from(to, 'hex').reverse()) }));
  const unbonding = moved(delegation.unbonding.transaction, txid);
  const liar = DelegationOf.from({ contract, stakingTransaction: delegation.stakingTransaction, stakingOutputIndex: 1, rules });
  const json = restOf(liar, {
    slashing: moved(liar.stakingSlashing.transaction, txid),
    unbonding,
    unbondingSlashing: moved(liar.unbondingSlashing.transaction, Tx.txid(unbonding)),
  });
  return withFields(json, { staking_tx_hex: Tx.toHex(one) });
};

export type Row = readonly [
  name: string,
  json: () => unknown,
  fault: readonly [string, string, string | undefined],
  policy?: Partial<CovenantReview.Policy>,
];
const c1108 = 'btcstaking/1108';
const c1109 = 'btcstaking/1109';
const c1114 = 'btcstaking/1114';

export const ROWS: readonly Row[] = [
  // Parameters
  ['an unknown version', () => withFields(rest, { params_version: 7 }), ['params.known', 'params.unknown-version', 'undefined/1']],
  ['a foreign version', () => V0_JSON, ['params.height', 'covenant-review.version-not-in-force', undefined], { tipHeight: 1_409 }],
  [
    'a foreign version without a tip',
    () => V0_JSON,
    ['params.height', 'covenant-review.version-not-in-force', undefined],
    { tipHeight: undefined as never },
  ],
  [
    'a foreign version for its tip of creation',
    () => V0_JSON,
    ['params.height', 'covenant-review.version-not-in-force', undefined],
    { createdAtHeight: 400 },
  ],
  [
    'a version that is not allowed',
    () => rest,
    ['params.allowed', 'covenant-review.version-not-allowed', undefined],
    { allowedVersions: [0] },
  ],
  ['a version not yet in force', () => rest, ['params.height', 'covenant-review.version-not-in-force', undefined], { tipHeight: 399 }],
  [
    'a stake mined above the tip',
    () => withFields(rest, { start_height: 501, end_height: 1_501 }),
    ['params.height', 'covenant-review.above-tip', undefined],
  ],
  ['the version exchanged', () => withFields(rest, { params_version: 0 }), ['params.unbonding-time', 'registration.unbonding-time', c1114]],
  [
    'another unbonding time',
    () => withFields(rest, { unbonding_time: 61 }),
    ['params.unbonding-time', 'registration.unbonding-time', c1114],
  ],
  // Keys
  [
    'a staker key off the curve',
    () => withFields(rest, { btc_pk: 'ff'.repeat(32) }),
    ['keys.staker', 'public-key.not-on-curve', 'undefined/1'],
  ],
  [
    'the NUMS key as staker',
    () => withFields(rest, { btc_pk: '50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0' }),
    ['keys.staker', 'staking-contract.unspendable-key', 'undefined/1'],
  ],
  [
    'no provider',
    () => withFields(rest, { fp_btc_pk_list: [] }),
    ['keys.provider-count', 'registration.several-providers', 'btcstaking/1116'],
  ],
  [
    'two providers',
    () => restOf(stake({ providers: [provider, keyOf('fp2')] })),
    ['keys.provider-count', 'registration.several-providers', 'btcstaking/1116'],
  ],
  [
    'a provider twice',
    () => withFields(rest, { fp_btc_pk_list: [hex(provider.publicKey), hex(provider.publicKey)] }),
    ['keys.providers', 'registration.duplicate-provider', 'btcstaking/1118'],
    { profile: 'generic' },
  ],
  [
    'a provider off the curve',
    () => withFields(rest, { fp_btc_pk_list: ['ff'.repeat(32)] }),
    ['keys.providers', 'public-key.not-on-curve', 'btcstaking/1118'],
  ],
  [
    'the staker as provider',
    () => withFields(rest, { fp_btc_pk_list: [hex(staker.publicKey)] }),
    ['keys.distinct', 'staking-contract.duplicate-key', c1108],
  ],
  [
    'a member as staker',
    () => withFields(rest, { btc_pk: hex(member.publicKey) }),
    ['keys.distinct', 'staking-contract.duplicate-key', c1108],
  ],
  ['a provider that nobody knows', () => rest, ['provider.state', 'registration.unknown-provider', 'btcstaking/1104'], { providers: [] }],
  [
    'a slashed provider',
    () => rest,
    ['provider.state', 'registration.slashed-provider', 'btcstaking/1104'],
    { providers: [{ btcPk: provider.publicKey, slashed: true, jailed: false, softDeleted: false }] },
  ],
  // The stake
  [
    'an exchanged provider',
    () => withFields(rest, { fp_btc_pk_list: [hex(keyOf('fp2').publicKey)] }),
    ['staking.script', 'delegation.not-the-staking-output', c1108],
  ],
  [
    'an exchanged staker',
    () => withFields(rest, { btc_pk: hex(stranger.publicKey) }),
    ['staking.script', 'delegation.not-the-staking-output', c1108],
  ],
  [
    'a wrong script',
    () => withFields(rest, { staking_tx_hex: Tx.toHex(altered(delegation.stakingTransaction, pay(1, attacker))) }),
    ['staking.script', 'delegation.not-the-staking-output', c1108],
  ],
  [
    'a committee of strangers',
    () => restOf(stake({ params: paramsOf({ ...paramsV1, covenantPks: pks(keysOf('evil', 3)).map(hex) }) })),
    ['staking.script', 'delegation.not-the-staking-output', c1108],
  ],
  [
    'a smaller quorum',
    () => restOf(stake({ params: { ...V1, covenantQuorum: 1 }, profile: 'generic' })),
    ['staking.script', 'delegation.not-the-staking-output', c1108],
  ],
  ['a wrong timelock', () => withFields(rest, { staking_time: 1_001 }), ['staking.script', 'delegation.not-the-staking-output', c1108]],
  [
    'another staking output index',
    () => withFields(rest, { staking_output_idx: 0 }),
    ['staking.script', 'delegation.not-the-staking-output', c1108],
  ],
  ['a wrong amount', () => withFields(rest, { total_sat: '500001' }), ['staking.value', 'registration.other-value', c1108]],
  ['the stake twice in one transaction', twoStakes, ['staking.unique', 'staking-tx.several-staking-outputs', c1108]],
  ['too long a time', () => restOf(stake({ stakingTimeBlocks: 64_001 })), ['staking.time', 'staking-tx.time-out-of-range', c1108]],
  ['too short a time', () => restOf(stake({ stakingTimeBlocks: 799 })), ['staking.time', 'staking-tx.time-out-of-range', c1108]],
  ['too small an amount', () => restOf(stake({ valueSats: 49_999n })), ['staking.amount', 'staking-tx.value-out-of-range', c1108]],
  ['too large an amount', () => restOf(stake({ valueSats: 5_000_001n })), ['staking.amount', 'staking-tx.value-out-of-range', c1108]],
  [
    'an input twice',
    () => {
      const double = altered(delegation.stakingTransaction, (copy) => {
        copy.addInput(Uint8Array.from(copy.ins[0]?.hash ?? []), copy.ins[0]?.index ?? 0);
      });
      return withFields(rest, { staking_tx_hex: Tx.toHex(double) });
    },
    ['staking.sanity', 'tx.duplicate-input', c1108],
  ],
  // Slashing of the stake
  [
    'slashing: another address',
    () => underRules({ slashingPkScript: P2WPKH }),
    ['slashing.destination', 'slashing-tx.wrong-slashing-script', c1108],
  ],
  [
    'slashing: a lower rate',
    () => underRules({ slashingRate: Rate.parse('0.0999') }),
    ['slashing.amount', 'slashing-tx.slashes-too-little', c1108],
  ],
  ['slashing: one satoshi less', () => forgedSlashing(shift(0, -1n)), ['slashing.amount', 'slashing-tx.slashes-too-little', c1108]],
  [
    'slashing: the change goes elsewhere',
    () => forgedSlashing(pay(1, attacker)),
    ['slashing.change', 'slashing-tx.wrong-change-script', c1108],
  ],
  [
    'slashing: too small a fee',
    () => underRules({ minSlashingTxFeeSats: sats(999) }),
    ['slashing.fee', 'slashing-tx.fee-below-minimum', c1108],
  ],
  ['slashing: dust', () => forgedSlashing(shift(1, -448_700n)), ['slashing.dust', 'slashing-tx.dust', c1108]],
  ['slashing: a scriptSig', () => forgedSlashing(spend({ script: Uint8Array.of(0) })), ['slashing.shape', 'pre-signed.script-sig', c1108]],
  [
    'slashing: a version',
    () =>
      forgedSlashing((copy) => {
        copy.version = 3;
      }),
    ['slashing.shape', 'pre-signed.version', c1108],
  ],
  [
    'slashing: a locktime',
    () =>
      forgedSlashing((copy) => {
        copy.locktime = 1;
      }),
    ['slashing.shape', 'pre-signed.lock-time', c1108],
  ],
  ['slashing: a sequence', () => forgedSlashing(spend({ sequence: 0xffff_fffd })), ['slashing.shape', 'pre-signed.replaceable', c1108]],
  [
    'slashing: a third output',
    () =>
      forgedSlashing((copy) => {
        copy.addOutput(attacker, 600n);
      }),
    ['slashing.shape', 'pre-signed.wrong-count', c1108],
  ],
  ['slashing: another input index', () => forgedSlashing(spend({ index: 0 })), ['slashing.input', 'slashing-tx.wrong-input', c1108]],
  [
    'slashing: another transaction',
    () => forgedSlashing(spend({ hash: new Uint8Array(32).fill(7) })),
    ['slashing.input', 'slashing-tx.wrong-input', c1108],
  ],
  // Unbonding
  ['unbonding: a forged output', () => forgedUnbonding(pay(0, attacker)), ['unbonding.script', 'unbonding-tx.wrong-script', c1114]],
  ['unbonding: one satoshi less', () => forgedUnbonding(shift(0, -1n)), ['unbonding.fee', 'unbonding-tx.wrong-fee', c1114]],
  ['unbonding: one satoshi more', () => forgedUnbonding(shift(0, 1n)), ['unbonding.fee', 'unbonding-tx.wrong-fee', c1114]],
  [
    'unbonding: the fee of another version',
    () => underRules({ unbondingFeeSats: V0.unbondingFeeSats }),
    ['unbonding.fee', 'unbonding-tx.wrong-fee', c1114],
  ],
  [
    'unbonding: a second output',
    () =>
      forgedUnbonding((copy) => {
        copy.addOutput(attacker, 600n);
      }),
    ['unbonding.shape', 'pre-signed.wrong-count', c1114],
  ],
  [
    'unbonding: a scriptSig',
    () => forgedUnbonding(spend({ script: Uint8Array.of(0) })),
    ['unbonding.shape', 'pre-signed.script-sig', c1114],
  ],
  [
    'unbonding: version 1',
    () =>
      forgedUnbonding((copy) => {
        copy.version = 1;
      }),
    ['unbonding.shape', 'pre-signed.version', c1114],
  ],
  [
    'unbonding: a locktime',
    () =>
      forgedUnbonding((copy) => {
        copy.locktime = 1;
      }),
    ['unbonding.shape', 'pre-signed.lock-time', c1114],
  ],
  ['unbonding: a sequence', () => forgedUnbonding(spend({ sequence: 0 })), ['unbonding.shape', 'pre-signed.replaceable', c1114]],
  [
    'unbonding: another output of the stake',
    () => forgedUnbonding(spend({ index: 0 })),
    ['unbonding.input', 'unbonding-tx.wrong-input', c1114],
  ],
  [
    'unbonding: the timelock of the other version',
    () => forgedUnbonding(pay(0, stake({ params: V0, outputIndex: 1 }).contract.unbonding.scriptPubKey)),
    ['unbonding.script', 'unbonding-tx.wrong-script', c1114],
  ],
  // Slashing of the unbonding
  [
    'unbonding slashing: another address',
    () => forgedUnbondingSlashing(pay(0, P2WPKH)),
    ['unbonding-slashing.destination', 'slashing-tx.wrong-slashing-script', c1114],
  ],
  [
    'unbonding slashing: one satoshi less',
    () => forgedUnbondingSlashing(shift(0, -1n)),
    ['unbonding-slashing.amount', 'slashing-tx.slashes-too-little', c1114],
  ],
  [
    'unbonding slashing: the change goes elsewhere',
    () => forgedUnbondingSlashing(pay(1, attacker)),
    ['unbonding-slashing.change', 'slashing-tx.wrong-change-script', c1114],
  ],
  [
    'unbonding slashing: too small a fee',
    () => forgedUnbondingSlashing(shift(1, 1n)),
    ['unbonding-slashing.fee', 'slashing-tx.fee-below-minimum', c1114],
  ],
  [
    'unbonding slashing: a scriptSig',
    () => forgedUnbondingSlashing(spend({ script: Uint8Array.of(0) })),
    ['unbonding-slashing.shape', 'pre-signed.script-sig', c1114],
  ],
  [
    'unbonding slashing: a version',
    () =>
      forgedUnbondingSlashing((copy) => {
        copy.version = 0;
      }),
    ['unbonding-slashing.shape', 'pre-signed.version', c1114],
  ],
  [
    'unbonding slashing: a locktime',
    () =>
      forgedUnbondingSlashing((copy) => {
        copy.locktime = 9;
      }),
    ['unbonding-slashing.shape', 'pre-signed.lock-time', c1114],
  ],
  [
    'unbonding slashing: a sequence',
    () => forgedUnbondingSlashing(spend({ sequence: 1 })),
    ['unbonding-slashing.shape', 'pre-signed.replaceable', c1114],
  ],
  [
    'unbonding slashing: of the stake itself',
    () => restOf(delegation, { unbondingSlashing: delegation.stakingSlashing.transaction }),
    ['unbonding-slashing.input', 'slashing-tx.wrong-input', c1114],
  ],
  // What the staker gave
  [
    'no signature of the staker',
    () => withFields(rest, { delegator_slash_sig_hex: '' }),
    ['staker.slashing-signature', 'covenant-review.no-staker-signature', c1109],
  ],
  [
    'a signature field that is missing',
    () => withFields(rest, { '.delegator_slashing_sig_hex': undefined }),
    ['staker.unbonding-slashing-signature', 'covenant-review.no-staker-signature', c1109],
  ],
  [
    'signatures exchanged',
    () => withFields(rest, { delegator_slash_sig_hex: rest.undelegation_response['delegator_slashing_sig_hex'] }),
    ['staker.slashing-signature', 'registration.bad-signature', c1109],
  ],
  ['a stranger’s signature', () => restOf(delegation, {}, stranger), ['staker.slashing-signature', 'registration.bad-signature', c1109]],
  [
    'a signature of 65 bytes',
    () => withFields(rest, { delegator_slash_sig_hex: `${rest['delegator_slash_sig_hex'] as string}01` }),
    ['staker.slashing-signature', 'registration.bad-signature', c1109],
  ],
  [
    'no proof of possession where one is wanted',
    () => rest,
    ['staker.possession', 'registration.no-pop', 'btcstaking/1117'],
    { requirePop: true },
  ],
  // What the chain has already
  ['signed already', () => withFields(rest, signedBy([member])), ['state.not-signed', 'registration.already-signed', 'btcstaking/1123']],
  [
    'unbonded',
    () => withFields(rest, { '.delegator_unbonding_info_response': { spend_stake_tx_hex: '' } }),
    ['state.open', 'registration.already-unbonded', 'btcstaking/1110'],
  ],
  [
    'expired',
    () => withFields(rest, { ...signedBy(covenant.slice(0, 2)), start_height: 450, end_height: 1_450 }),
    ['state.open', 'registration.already-unbonded', 'btcstaking/1110'],
    { tipHeight: 1_390 },
  ],
];
