// An output that a staker takes back: which one it is, and whether its lock has run out.
import { check as checkDelegation, type Delegation } from '../babylon/Delegation.ts';
import * as SlashingTx from '../babylon/SlashingTx.ts';
import * as WithdrawalTx from '../babylon/WithdrawalTx.ts';
import * as Blocks from '../base/Blocks.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Sats from '../base/Sats.ts';
import * as Tx from '../bitcoin/Tx.ts';

export type Reason =
  | { readonly code: 'staker.not-mature'; readonly field: string; readonly maturesAt: number; readonly nextBlock: number }
  | { readonly code: 'staker.not-a-slashing'; readonly field: string };

/** An output to withdraw. With the height of its block, maturity is checked before anybody signs. */
export type Withdrawable = {
  readonly delegation: Delegation;
  readonly from: WithdrawalTx.Source;
  /** For `slashing-change`: the slashing transaction that is on Bitcoin. */
  readonly slashingTransaction?: Tx.Transaction;
  readonly confirmedHeight?: number;
};

/**
 * The input of a withdrawal.
 *
 * @throws staker.not-mature, staker.not-a-slashing, slashing-tx.*, pre-signed.*
 */
export function withdrawalInput(output: Withdrawable, tipHeight: number | undefined, field: string): WithdrawalTx.Input {
  const { delegation, from: source, slashingTransaction, confirmedHeight } = Check.object(output, field);
  const { contract, staking, unbondingOutput } = checkDelegation(delegation, `${field}.delegation`);
  const { stakingTimeBlocks, unbondingTimeBlocks } = contract.terms;
  if (confirmedHeight !== undefined) {
    // A height without the other would look like a check and be none.
    if (tipHeight === undefined) Check.missing('tipHeight');
    const lock = source === 'staking' ? stakingTimeBlocks : unbondingTimeBlocks;
    const maturesAt = Blocks.maturity(Blocks.height(confirmedHeight, `${field}.confirmedHeight`), lock);
    const nextBlock = Blocks.height(tipHeight, 'tipHeight') + 1;
    if (nextBlock < maturesAt)
      fail<Reason>(
        { code: 'staker.not-mature', field, maturesAt, nextBlock },
        `${field}: it can be withdrawn from block ${maturesAt} on, the next one is ${nextBlock}`,
      );
  }
  if (source !== 'slashing-change') return { contract, from: source, ...(source === 'unbonding' ? unbondingOutput : staking) };
  const slashing = Tx.check(slashingTransaction as Tx.Transaction, `${field}.slashingTransaction`);
  const spent = Tx.outpointOf(slashing, 0).txid;
  const funding = spent === delegation.stakingTxid ? staking : spent === delegation.unbonding.txid ? unbondingOutput : undefined;
  if (funding === undefined)
    return fail<Reason>({ code: 'staker.not-a-slashing', field }, `${field}.slashingTransaction: it spends no output of this delegation`);
  SlashingTx.check({ slashing: Tx.stripped(slashing), contract, funding, rules: delegation.rules });
  const { valueSats } = Tx.outputOf(slashing, WithdrawalTx.SLASHING_CHANGE_INDEX);
  const outpoint = { txid: Tx.txid(slashing), vout: WithdrawalTx.SLASHING_CHANGE_INDEX };
  return { contract, from: source, outpoint, valueSats: Sats.from(valueSats) };
}
