// The withdrawal queue: how shares leave a staker, wait while they can be slashed, and become tokens or shares again.
// Implements eigenlayer-contracts DelegationManager._removeSharesAndQueueWithdrawal, _completeQueuedWithdrawal, _getSharesByWithdrawalRoot.
import { require, revert, UNDERFLOW } from '../../state/Revert.ts';
import { maxMagnitudeAt } from '../allocation/magnitudes.ts';
import { BEACON, MAX_BLOCK } from '../Config.ts';
import type { State } from '../ledger/state.ts';
import * as SlashingLib from '../SlashingLib.ts';
import * as DelegatedShares from './delegatedShares.ts';
import type { Staker, Withdrawal } from './delegationStorage.ts';
import * as ShareManagers from './shareManagers.ts';
import * as StakerShares from './stakerShares.ts';
import * as WithdrawalQueue from './withdrawalQueue.ts';

/** A withdrawal that was queued. */
export type Queued = {
  readonly id: string;
  /** What each strategy's part was worth in the block of queueing; it can only become less. @unit shares */
  readonly withdrawableAtQueue: readonly bigint[];
};

export type Leaving = {
  readonly staker: string;
  /** Under whom the shares were; null: not delegated. */
  readonly operator: string | null;
  readonly strategies: readonly string[];
  readonly depositShares: readonly bigint[];
  /** Computed once, before the first strategy. */
  readonly slashingFactors: readonly bigint[];
};

/** Queues one withdrawal. @throws ledger.reverted - InputArrayLengthZero, Panic(0x11), SharesAmountZero, SharesAmountTooHigh, SharesNegative */
export function queueWithdrawal(state: State, leaving: Leaving): Queued {
  const { staker, operator, strategies } = leaving;
  require(strategies.length !== 0, 'InputArrayLengthZero');
  let record = StakerShares.staker(state, staker);
  const removed = strategies.map((strategy, i) => {
    const part = removeShares(state, leaving, record, strategy, i);
    record = part.after;
    return part;
  });
  // A list that is pushed to would keep room for sixteen more as long as the withdrawal waits.
  const scaledShares = removed.map(({ scaled }) => scaled);
  state.delegation.stakers.set(staker, { ...record, nonce: record.nonce + 1n });
  const { nonce } = record;
  const id = WithdrawalQueue.enqueue(state, { staker, operator, nonce, startBlock: state.block, strategies, scaledShares });
  return { id, withdrawableAtQueue: removed.map(({ withdrawable }) => withdrawable) };
}

export type Completion = {
  readonly receiveAsTokens: boolean;
  /** One for each strategy. */
  readonly tokens: readonly string[];
};

/**
 * Pays or gives back what slashing until the end of the delay left. All factors are read before anything moves: those of the operator at
 * queue time as of that end, but the beacon chain's as of now, and those under which shares come back.
 *
 * @throws ledger.reverted - WithdrawalDelayNotElapsed, and what paying (vaults, pods) or adding shares refuses
 */
export function completeWithdrawal(state: State, id: string, withdrawal: Withdrawal, completion: Completion): void {
  const { staker, strategies } = withdrawal;
  const slashableUntil = lastSlashableBlock(state, withdrawal);
  require(state.block > slashableUntil, 'WithdrawalDelayNotElapsed');
  const factors = factorsAt(state, withdrawal, slashableUntil);
  const { operator } = StakerShares.staker(state, staker);
  const newFactors = DelegatedShares.slashingFactors(state, staker, operator, strategies);
  WithdrawalQueue.dequeue(state, id, withdrawal);
  strategies.forEach((strategy, i) => {
    const scaled = withdrawal.scaledShares[i] ?? 0n;
    const factor = factors[i] ?? 0n;
    const shares = SlashingLib.withdrawableFromScaled(scaled, factor);
    state.note?.(`sharesToWithdraw(${strategy})`, `floor(${scaled} * ${factor} / 1e18)`, shares);
    if (shares === 0n) return;
    if (completion.receiveAsTokens) {
      ShareManagers.withdrawSharesAsTokens(state, staker, strategy, completion.tokens[i] ?? strategy, shares);
      return;
    }
    const added = ShareManagers.addShares(state, staker, strategy, shares);
    DelegatedShares.delegateShares(state, staker, strategy, added, newFactors[i] ?? 0n);
  });
}

/** What a queued withdrawal would pay by all slashing so far; final once its delay is over, but for native ETH. */
export function queuedWithdrawalShares(state: State, withdrawal: Withdrawal): bigint[] {
  const { staker, operator, strategies, scaledShares } = withdrawal;
  const slashableUntil = lastSlashableBlock(state, withdrawal);
  const factors =
    slashableUntil < state.block
      ? factorsAt(state, withdrawal, slashableUntil)
      : DelegatedShares.slashingFactors(state, staker, operator, strategies);
  return scaledShares.map((scaled, i) => SlashingLib.withdrawableFromScaled(scaled, factors[i] ?? 0n));
}

/** `getDepositedShares`: token strategies in the contract's order, then native ETH if there is any. */
export function depositedShares(state: State, staker: string): { readonly strategies: string[]; readonly shares: bigint[] } {
  const { holdings } = StakerShares.staker(state, staker);
  const strategies = holdings.map(({ strategy }) => strategy);
  const shares = holdings.map((held) => held.depositShares);
  const native = ShareManagers.depositShares(state, staker, BEACON);
  return native === 0n ? { strategies, shares } : { strategies: [...strategies, BEACON], shares: [...shares, native] };
}

/** Inclusive. @throws ledger.reverted - Panic(0x11) beyond uint32 */
function lastSlashableBlock(state: State, { startBlock }: Withdrawal): bigint {
  const block = startBlock + state.config.withdrawalDelayBlocks;
  if (block > MAX_BLOCK) revert(UNDERFLOW);
  return block;
}

function factorsAt(state: State, { staker, operator, strategies }: Withdrawal, block: bigint): bigint[] {
  return strategies.map((strategy) =>
    DelegatedShares.slashingFactor(state, staker, strategy, maxMagnitudeAt(state, operator, strategy, block)),
  );
}

type Removed = { readonly scaled: bigint; readonly withdrawable: bigint; readonly after: Staker };

/** Of one strategy; the record is still to be written. */
function removeShares(state: State, leaving: Leaving, record: Staker, strategy: string, i: number): Removed {
  const { staker, operator } = leaving;
  const shares = leaving.depositShares[i] ?? 0n;
  const factor = leaving.slashingFactors[i] ?? 0n;
  // As an earlier part of this withdrawal left it: it may be of the same strategy, and have reset the factor.
  const scaling = StakerShares.scalingFactor(record, strategy);
  const scaled = SlashingLib.scaledShares(shares, scaling);
  const withdrawable = SlashingLib.withdrawableFromScaled(scaled, factor);
  const of = `${staker},${strategy}`;
  state.note?.(`scaled(${of})`, `floor(${shares} * ${scaling} / 1e18)`, scaled);
  state.note?.(`withdrawable(${of})`, `floor(${scaled} * ${factor} / 1e18)`, withdrawable);
  if (operator !== null) {
    DelegatedShares.queueScaledShares(state, operator, strategy, queuedRecord(state, of, scaled, withdrawable, factor));
    DelegatedShares.decreaseOperatorShares(state, operator, strategy, withdrawable);
  }
  return { scaled, withdrawable, after: ShareManagers.removeDepositShares(state, staker, record, strategy, shares) };
}

/** What a slash finds in the queue: from v1.13.1 no more than what can be withdrawn (ELIP-019). */
function queuedRecord(state: State, of: string, scaled: bigint, withdrawable: bigint, factor: bigint): bigint {
  if (state.config.profile !== 'v1.13.1') return scaled;
  const record = factor === 0n ? 0n : SlashingLib.divDown(withdrawable, factor);
  state.note?.(`queuedRecord(${of})`, `floor(${withdrawable} * 1e18 / ${factor})`, record);
  return record;
}
