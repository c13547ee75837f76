// What a person signs, in words and numbers: for each transaction of a delegation what it is, who gets what, when, and which fee is paid now.
// The eight kinds are those of babylon docs/staking-script.md and docs/bitcoin-stake-extension.md. Days are approximations and say so.
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Rate from '../base/Rate.ts';
import * as Sats from '../base/Sats.ts';
import * as Network from '../bitcoin/Network.ts';
import * as Tx from '../bitcoin/Tx.ts';
import { check as checkDelegation, type Delegation, type Reason as DelegationReason } from './Delegation.ts';
import { check as checkContract, type StakingContract } from './StakingContract.ts';
import type { Item } from './signing/item.ts';
import * as SigningText from './signing/text.ts';
import type * as WithdrawalTx from './WithdrawalTx.ts';

export type { Amount, FeeTime, Flow, Item, Kind } from './signing/item.ts';

/** All of them in the order of signing; plain data. */
export type SigningPlan = { readonly items: readonly Item[] };

export type Reason =
  | DelegationReason
  | Network.Reason
  | { readonly code: 'signing-plan.foreign-inputs'; readonly inputs: number; readonly values: number }
  | { readonly code: 'signing-plan.no-stake' }
  | { readonly code: 'signing-plan.unknown-source'; readonly field: string };

/** What the words depend on besides the transactions. */
export type Setting = {
  readonly network: Network.Network;
  /** Bitcoin height of the block with the stake, when there is one. */
  readonly inclusionHeight?: number;
};

export declare namespace forDelegation {
  type Options = Setting & {
    readonly delegation: Delegation;
    /** Values of the coins that the staking transaction spends, in the order of its inputs; left out, the staking transaction is on Bitcoin already. */
    readonly coinValuesSats?: readonly bigint[];
  };
}

/**
 * The transactions of a registration: both consents to slashing, the unbonding transaction, and the staking transaction with the values of its coins.
 *
 * @throws signing-plan.foreign-inputs - not one value for each input
 * @throws delegation.not-a-delegation, network.unknown, input.*
 */
export function forDelegation(options: forDelegation.Options): SigningPlan {
  const { delegation, coinValuesSats } = Check.object(options, 'options');
  checkDelegation(delegation);
  const setting = settingOf(options);
  const items = [
    slashingItem(delegation, 'staking-slashing', setting),
    slashingItem(delegation, 'unbonding-slashing', setting),
    unbondingItem(delegation, setting),
    ...(coinValuesSats === undefined ? [] : [stakingItem(delegation, coinValuesSats, setting)]),
  ];
  return Object.freeze({ items: Object.freeze(items) });
}

export declare namespace forWithdrawal {
  type Options = Setting & {
    readonly transaction: Tx.Transaction;
    readonly inputs: readonly (WithdrawalTx.Input & { readonly minedHeight?: number })[];
  };
}

/**
 * A withdrawal, with one item for each kind of output in it; a transaction over several kinds is told by all of them.
 *
 * @throws signing-plan.foreign-inputs, signing-plan.unknown-source, network.unknown, input.*
 */
export function forWithdrawal(options: forWithdrawal.Options): SigningPlan {
  const { transaction, inputs } = Check.object(options, 'options');
  Tx.check(transaction);
  const setting = settingOf(options);
  const checked = Check.list(inputs, 'inputs').map((input, i) => checkInput(input, i, transaction));
  if (checked.length !== transaction.ins.length || checked.length === 0) foreignInputs(transaction.ins.length, checked.length);
  const kinds = [...new Set(checked.map(({ kind }) => kind))];
  const items = kinds.map((kind) =>
    SigningText.withdrawal(
      kind,
      transaction,
      checked,
      feeOf(
        transaction,
        checked.map(({ valueSats }) => valueSats),
      ),
      setting.network,
    ),
  );
  return Object.freeze({ items: Object.freeze(items) });
}

export declare namespace forExtension {
  type Options = Setting & {
    readonly previous: Delegation;
    readonly contract: StakingContract;
    readonly transaction: Tx.Transaction;
    readonly fundingValueSats: bigint;
    /** k of the network. */
    readonly confirmationDepthBlocks?: number;
  };
}

/**
 * The staking transaction of an extension. Its slashing consents and its unbonding transaction are those of the new delegation:
 * {@link forDelegation} without coins.
 *
 * @throws signing-plan.foreign-inputs, signing-plan.no-stake, delegation.not-a-delegation, network.unknown, input.*
 */
export function forExtension(options: forExtension.Options): SigningPlan {
  const { previous, contract, transaction, fundingValueSats, confirmationDepthBlocks } = Check.object(options, 'options');
  checkDelegation(previous, 'previous');
  checkContract(contract);
  Tx.check(transaction);
  const setting = settingOf(options);
  const depth =
    confirmationDepthBlocks === undefined ? undefined : Check.integer(confirmationDepthBlocks, 'confirmationDepthBlocks', 0, 65_535);
  const funding = Sats.from(fundingValueSats, 'fundingValueSats');
  if (transaction.ins.length !== 2 || !Tx.spends(transaction, 0, previous.staking.outpoint)) foreignInputs(transaction.ins.length, 2);
  const index = stakeIndex(transaction, contract);
  const fee = feeOf(transaction, [previous.stakingValueSats, funding]);
  const item = SigningText.extension({ previous, contract, transaction, funding, index, fee, depth, ...setting });
  return Object.freeze({ items: Object.freeze([item]) });
}

/** The plan as text, a section for each transaction. */
export function toText(plan: SigningPlan): string {
  return Check.list(Check.object(plan, 'plan').items, 'plan.items')
    .map((item, i) => SigningText.render(SigningText.checkItem(item, `plan.items[${i}]`), i + 1))
    .join('\n\n');
}

// ---- the four of a registration

function settingOf({ network, inclusionHeight }: Setting): SigningText.Setting {
  return {
    network: Network.from(network),
    inclusionHeight: inclusionHeight === undefined ? undefined : Check.integer(inclusionHeight, 'inclusionHeight', 0, 0xffff_ffff),
  };
}

function slashingItem(delegation: Delegation, kind: 'staking-slashing' | 'unbonding-slashing', setting: SigningText.Setting): Item {
  const spend = kind === 'staking-slashing' ? delegation.stakingSlashing : delegation.unbondingSlashing;
  const spentSats = spend.spentOutputs[0]?.valueSats ?? 0n;
  const { transaction } = spend;
  return SigningText.slashing({
    kind,
    contract: delegation.contract,
    transaction,
    spentSats,
    rate: Rate.format(delegation.rules.slashingRate),
    fee: feeOf(transaction, [spentSats]),
    network: setting.network,
  });
}

function unbondingItem(delegation: Delegation, { network, inclusionHeight }: SigningText.Setting): Item {
  const { transaction } = delegation.unbonding;
  return SigningText.unbonding({
    contract: delegation.contract,
    transaction,
    stakeSats: delegation.stakingValueSats,
    fee: feeOf(transaction, [delegation.stakingValueSats]),
    network,
    inclusionHeight,
  });
}

function stakingItem(delegation: Delegation, values: readonly bigint[], { network, inclusionHeight }: SigningText.Setting): Item {
  const transaction = delegation.stakingTransaction;
  const checked = Check.list(values, 'coinValuesSats').map((value, i) => Sats.from(value, `coinValuesSats[${i}]`));
  if (checked.length !== transaction.ins.length) foreignInputs(transaction.ins.length, checked.length);
  return SigningText.staking({
    contract: delegation.contract,
    transaction,
    index: delegation.stakingOutputIndex,
    values: checked,
    fee: feeOf(transaction, checked),
    network,
    inclusionHeight,
  });
}

/** What the inputs have more than the outputs. @throws signing-plan.foreign-inputs - when it is less than nothing */
function feeOf(transaction: Tx.Transaction, values: readonly bigint[]): bigint {
  const inSats = values.reduce((sum, value) => sum + value, 0n);
  const feeSats = inSats - transaction.outs.reduce((sum, { value }) => sum + value, 0n);
  return feeSats < 0n ? foreignInputs(transaction.ins.length, values.length) : feeSats;
}

function stakeIndex(transaction: Tx.Transaction, contract: StakingContract): number {
  const index = transaction.outs.findIndex(({ script }) => Bytes.equal(script, contract.staking.scriptPubKey));
  return index < 0 ? fail<Reason>({ code: 'signing-plan.no-stake' }, 'no output pays to the new contract') : index;
}

const SOURCES = { staking: 'withdraw-expired', unbonding: 'withdraw-unbonded', 'slashing-change': 'withdraw-slashed' } as const;

function checkInput(input: forWithdrawal.Options['inputs'][number], i: number, transaction: Tx.Transaction): SigningText.WithdrawalInput {
  const field = `inputs[${i}]`;
  const { contract, from, outpoint, valueSats, minedHeight } = Check.object(input, field);
  checkContract(contract, `${field}.contract`);
  if (typeof from !== 'string' || !Object.hasOwn(SOURCES, from))
    fail<Reason>(
      { code: 'signing-plan.unknown-source', field: `${field}.from` },
      `${field}.from: expected staking, unbonding or slashing-change`,
    );
  const place = Tx.checkOutpoint(outpoint, `${field}.outpoint`);
  if (!transaction.ins.some((_, at) => Tx.spends(transaction, at, place))) foreignInputs(transaction.ins.length, i);
  const { stakingTimeBlocks, unbondingTimeBlocks } = contract.terms;
  const output = from === 'staking' ? contract.staking : from === 'unbonding' ? contract.unbonding : contract.slashingChange;
  return {
    kind: SOURCES[from],
    outpoint: place,
    valueSats: Sats.from(valueSats, `${field}.valueSats`),
    scriptPubKey: output.scriptPubKey,
    lockBlocks: from === 'staking' ? stakingTimeBlocks : unbondingTimeBlocks,
    minedHeight: minedHeight === undefined ? undefined : Check.integer(minedHeight, `${field}.minedHeight`, 0, 0xffff_ffff),
  };
}

function foreignInputs(inputs: number, values: number): never {
  fail<Reason>(
    { code: 'signing-plan.foreign-inputs', inputs, values },
    'the coins that were given are not those that the transaction spends, or their values are too small',
  );
}
