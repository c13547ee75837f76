// A stake extension: a new staking transaction whose first input is the previous stake, spent through its unbonding leaf.
// The rules are those of babylon x/btcstaking/types/msg.go GetStakeExpansion and x/btcstaking/keeper/msg_server.go.
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Sats from '../base/Sats.ts';
import * as Address from '../bitcoin/Address.ts';
import * as Coin from '../bitcoin/Coin.ts';
import * as Dust from '../bitcoin/Dust.ts';
import * as Fee from '../bitcoin/Fee.ts';
import * as LeafSpend from '../bitcoin/LeafSpend.ts';
import * as Tx from '../bitcoin/Tx.ts';
import { check as checkDelegation, type Delegation, type Reason as DelegationReason } from './Delegation.ts';
import { check as checkContract, type StakingContract } from './StakingContract.ts';
import * as StakingTx from './StakingTx.ts';

export type Reason =
  | Tx.Reason
  | Fee.Reason
  | Coin.Reason
  | Address.Reason
  | Sats.Reason
  | { readonly code: 'extension-tx.other-staker'; readonly reference: string }
  | { readonly code: 'extension-tx.other-finality-provider'; readonly reference: string }
  | { readonly code: 'extension-tx.value-decreased'; readonly newSats: string; readonly oldSats: string; readonly reference: string }
  | { readonly code: 'extension-tx.covenant-overlap'; readonly needed: number; readonly common: number; readonly reference: string }
  | StakingTx.Reason
  | DelegationReason
  | { readonly code: 'extension-tx.wrong-input-count'; readonly got: number; readonly reference: string }
  | { readonly code: 'extension-tx.wrong-input'; readonly input: 0 | 1; readonly reference: string }
  | { readonly code: 'extension-tx.no-fee'; readonly inputsSats: string; readonly outputsSats: string; readonly reference: string }
  | { readonly code: 'extension-tx.funding-is-the-stake' }
  | { readonly code: 'extension-tx.funding-without-value'; readonly reference: string }
  | { readonly code: 'extension-tx.insufficient-funds'; readonly haveSats: string; readonly needSats: string };

export declare namespace build {
  type Options = {
    readonly previous: Delegation;
    readonly contract: StakingContract;
    /** At least the previous value. */
    readonly valueSats: Sats.Sats;
    /** Exactly one coin pays the fee: the chain wants two inputs. */
    readonly funding: Coin.Coin;
    readonly changeScriptPubKey: Uint8Array;
    readonly feeRateSatsPerKvb: bigint;
    readonly maxFeeRateSatsPerKvb?: bigint;
  };
  type Built = {
    readonly spend: LeafSpend.LeafSpend;
    readonly transaction: Tx.Transaction;
    readonly stakingOutputIndex: 0;
    readonly feeSats: Sats.Sats;
    readonly changeSats: Sats.Sats;
    readonly signedWeight: number;
  };
}

/**
 * The unsigned extension: input 0 the previous stake, input 1 the funding coin, output 0 the new stake, then the change.
 * `spend` is input 0, for the staker's and the *old* committee's signatures; input 1 is signed as usual.
 *
 * @throws extension-tx.*, coin.*, fee.*, tx.too-heavy
 * @throws address.not-payable - a change script that would give the change away
 */
export function build(options: build.Options): build.Built {
  const { previous, contract, funding } = Check.object(options, 'options');
  checkDelegation(previous, 'previous');
  checkContract(contract);
  checkTerms(previous, contract);
  const valueSats = Sats.from(options.valueSats, 'valueSats');
  const oldSats = previous.stakingValueSats;
  checkValue(valueSats, oldSats);
  checkFunding(previous, funding);
  const maxRate = options.maxFeeRateSatsPerKvb ?? Fee.MAX_RATE;
  const feeRate = Fee.rate(options.feeRateSatsPerKvb, 'feeRateSatsPerKvb', maxRate);
  const inputs = [stakeInput(previous), Coin.toInput(funding, 'funding')];
  const stake = { scriptPubKey: contract.staking.scriptPubKey, valueSats };
  const haveSats = oldSats + funding.valueSats;
  const plain = Coin.unsigned(inputs, [stake]);
  const plainWeight = Tx.checkWeight(Coin.signedWeight(plain, inputs));
  const changeScript = Address.checkPayable(options.changeScriptPubKey, 'changeScriptPubKey');
  const changeWeight = plainWeight + 4 * (9 + changeScript.length);
  const changeSats = haveSats - valueSats - Fee.at(changeWeight, feeRate);
  const withChange = changeSats > 0n && !Dust.isDust(changeScript, changeSats);
  const needSats = valueSats + Fee.at(plainWeight, feeRate);
  if (!withChange && haveSats < needSats)
    fail<Reason>(
      { code: 'extension-tx.insufficient-funds', haveSats: haveSats.toString(), needSats: needSats.toString() },
      `stake and funding have ${haveSats} sat, the new stake and the fee need ${needSats}`,
    );
  const transaction = withChange ? Coin.unsigned(inputs, [stake, { scriptPubKey: changeScript, valueSats: changeSats }]) : plain;
  const signedWeight = withChange ? changeWeight : plainWeight;
  const feeSats = Sats.from(haveSats - valueSats - (withChange ? changeSats : 0n), 'feeSats');
  Fee.checkCeiling(feeSats, signedWeight, maxRate);
  const spentOutputs = [
    { scriptPubKey: previous.contract.staking.scriptPubKey, valueSats: oldSats },
    { scriptPubKey: funding.scriptPubKey, valueSats: funding.valueSats },
  ];
  const spend = LeafSpend.from({ transaction, inputIndex: 0, spentOutputs, leaf: previous.contract.staking.paths.unbonding });
  return { spend, transaction, stakingOutputIndex: 0, feeSats, changeSats: withChange ? Sats.from(changeSats) : Sats.ZERO, signedWeight };
}

export declare namespace check {
  type Options = {
    readonly transaction: Tx.Transaction;
    readonly previous: Delegation;
    readonly contract: StakingContract;
    readonly funding: Tx.SpentOutput & { readonly outpoint: Tx.Outpoint };
  };
}

/**
 * Refuses an extension transaction that the chain would refuse, in its order; gives the index of the new staking output.
 *
 * @throws extension-tx.*, tx.*, staking-tx.no-staking-output, staking-tx.several-staking-outputs
 * @source babylon x/btcstaking/types/msg.go GetStakeExpansion, x/btcstaking/keeper/msg_server.go BtcStakeExpand
 */
export function check(options: check.Options): { readonly stakingOutputIndex: number } {
  const { transaction, previous, contract, funding } = Check.object(options, 'options');
  checkDelegation(previous, 'previous');
  checkContract(contract);
  Tx.checkSanity(transaction);
  const got = transaction.ins.length;
  if (got !== 2) {
    const reference = 'stake expansion must have 2 inputs (TxIn)';
    fail<Reason>({ code: 'extension-tx.wrong-input-count', got, reference }, `an extension has exactly 2 inputs, this one has ${got}`);
  }
  const stake = previous.staking.outpoint;
  const first = Tx.outpointOf(transaction, 0);
  if (first.txid !== stake.txid) wrongInput(0, `stake expansion first input must be the previous staking transaction hash ${stake.txid}`);
  const coin = Tx.checkOutpoint(Check.object(funding, 'funding').outpoint, 'funding.outpoint');
  const second = Tx.outpointOf(transaction, 1);
  if (second.txid !== coin.txid) wrongInput(1, `stake expansion second input must be the given funding tx hash ${coin.txid}`);
  if (second.vout !== coin.vout) wrongInput(1, `the given funding tx doesn't have the expected output index ${second.vout}`);
  checkTerms(previous, contract);
  checkFunding(previous, funding);
  if (first.vout !== stake.vout) {
    wrongInput(0, `staking expansion tx input index ${first.vout} does not match previous delegation staking output index ${stake.vout}`);
  }
  const stakingOutputIndex = StakingTx.findOutput(transaction, contract);
  checkValue(Sats.from(Tx.outputOf(transaction, stakingOutputIndex).valueSats), previous.stakingValueSats);
  const inputsSats = previous.stakingValueSats + funding.valueSats;
  const outputsSats = transaction.outs.reduce((sum, { value }) => sum + value, 0n);
  if (inputsSats <= outputsSats) {
    const reference = `invalid transaction fee: inputs ${inputsSats} <= outputs ${outputsSats}`;
    const reason = {
      code: 'extension-tx.no-fee',
      inputsSats: inputsSats.toString(),
      outputsSats: outputsSats.toString(),
      reference,
    } as const;
    fail<Reason>(reason, `the outputs take ${outputsSats} of ${inputsSats} sat and leave no fee`);
  }
  return { stakingOutputIndex };
}

function wrongInput(input: 0 | 1, reference: string): never {
  fail<Reason>({ code: 'extension-tx.wrong-input', input, reference }, `input ${input} is not the one that an extension needs there`);
}

function checkValue(valueSats: Sats.Sats, oldSats: Sats.Sats): void {
  if (valueSats >= oldSats) return;
  const reference = `staking expansion output amount ${valueSats} is less than previous delegation amount ${oldSats}`;
  const reason = { code: 'extension-tx.value-decreased', newSats: valueSats.toString(), oldSats: oldSats.toString(), reference } as const;
  fail<Reason>(reason, `an extension keeps or raises the stake: ${oldSats} sat before, ${valueSats} now`);
}

/** The old committee decides the size of the witness: all its slots, `quorum` of them filled. */
function stakeInput(previous: Delegation): Coin.Input {
  const { covenantPks, covenantQuorum, stakerPks, stakerQuorum } = previous.contract.terms;
  const { script, controlBlock } = previous.contract.staking.paths.unbonding;
  const slots = 65 * (covenantQuorum + stakerQuorum) + (covenantPks.length - covenantQuorum) + (stakerPks.length - stakerQuorum);
  const scriptPrefix = script.length < 253 ? 1 : 3;
  const countPrefix = covenantPks.length + stakerPks.length + 2 < 253 ? 1 : 3;
  return {
    outpoint: previous.staking.outpoint,
    scriptSig: new Uint8Array(0),
    witnessBytes: countPrefix + slots + scriptPrefix + script.length + 1 + controlBlock.length,
  };
}

function checkTerms(previous: Delegation, contract: StakingContract): void {
  const before = previous.contract.terms;
  const after = contract.terms;
  if (!sameKeys(before.stakerPks, after.stakerPks) || before.stakerQuorum !== after.stakerQuorum) {
    fail<Reason>(
      { code: 'extension-tx.other-staker', reference: 'staker pk does not match previous staker pk' },
      'an extension keeps the staker key',
    );
  }
  if (after.profile === 'babylon-v4' && !sameKeys(before.finalityProviderPks, after.finalityProviderPks)) {
    fail<Reason>(
      { code: 'extension-tx.other-finality-provider', reference: 'different finality provider' },
      'an extension keeps the finality provider (profile babylon-v4)',
    );
  }
  const members = new Set(after.covenantPks.map((key) => Hex.encode(key)));
  const common = before.covenantPks.filter((key) => members.has(Hex.encode(key))).length;
  // A new member cannot sign for the old output and a message carries all signatures at once: both quorums come from the common members.
  const needed = Math.max(before.covenantQuorum, after.covenantQuorum);
  if (common < needed) {
    const reference = `insufficient covenant committee overlap: need at least ${before.covenantQuorum} members from old committee in new committee`;
    fail<Reason>(
      { code: 'extension-tx.covenant-overlap', needed, common, reference },
      `${needed} covenant members must belong to both committees, ${common} do`,
    );
  }
}

function checkFunding(previous: Delegation, funding: check.Options['funding']): void {
  const { txid, vout } = Tx.checkOutpoint(Check.object(funding, 'funding').outpoint, 'funding.outpoint');
  if (typeof funding.valueSats !== 'bigint') Sats.from(funding.valueSats, 'funding.valueSats');
  if (txid === previous.stakingTxid && vout === previous.stakingOutputIndex)
    fail<Reason>({ code: 'extension-tx.funding-is-the-stake' }, 'the funding coin is the stake itself');
  if (funding.valueSats <= 0n)
    fail<Reason>(
      { code: 'extension-tx.funding-without-value', reference: `stake expansion funding output has invalid value ${funding.valueSats}` },
      'the funding coin has no value',
    );
}

function sameKeys(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  const sorted = (keys: readonly Uint8Array[]): Uint8Array[] => [...keys].sort(Bytes.compare);
  return a.length === b.length && Bytes.equal(Bytes.concat(...sorted(a)), Bytes.concat(...sorted(b)));
}
