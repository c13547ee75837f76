// How a staker comes under an operator and leaves it: approvals, and what happens to the shares.
// Implements eigenlayer-contracts DelegationManager._delegate, _undelegate, _checkApproverSignature.
import { require } from '../../state/Revert.ts';
import { maxMagnitude } from '../allocation/magnitudes.ts';
import { BEACON } from '../Config.ts';
import { whenNotPaused } from '../ledger/requests.ts';
import type { State } from '../ledger/state.ts';
import * as PodShares from '../pods/podShares.ts';
import * as SlashingLib from '../SlashingLib.ts';
import * as DelegatedShares from './delegatedShares.ts';
import type { Staker } from './delegationStorage.ts';
import * as StakerShares from './stakerShares.ts';
import * as Withdrawals from './withdrawals.ts';

export const CONTRACT = 'DelegationManager';
export const PAUSED_NEW_DELEGATION = 0;
export const PAUSED_ENTER_WITHDRAWAL_QUEUE = 1;
export const PAUSED_EXIT_WITHDRAWAL_QUEUE = 2;

/** That an operator's approver lets one staker delegate: who signed (approver, staker, operator, salt, expiry). */
export type Approval = {
  readonly signer: string;
  /** Each can be used once for an approver. */
  readonly salt: string;
  /** The last second at which it is good. @unit s */
  readonly expiry: bigint;
};

/** What an omitted signature is on the chain: empty bytes, salt 0, expiry 0. */
const NO_APPROVAL = { signer: null, salt: '0', expiry: 0n } as const;

export function isOperator(state: State, account: string): boolean {
  return StakerShares.staker(state, account).operator === account;
}

/** @throws ledger.reverted - SaltSpent, SignatureExpired, InvalidSignature */
export function checkApproval(state: State, operator: string, approval: Approval | undefined): void {
  const approver = state.delegation.operators.get(operator)?.delegationApprover ?? null;
  if (approver === null) return;
  const { signer, salt, expiry } = approval ?? NO_APPROVAL;
  const key = `${approver}|${salt}`;
  require(!state.delegation.spentSalts.has(key), 'SaltSpent');
  state.delegation.spentSalts.set(key, true);
  require(expiry >= state.time, 'SignatureExpired');
  require(signer === approver, 'InvalidSignature');
}

/** All of a staker's shares count for the operator from now on, free of its past slashing. @throws ledger.reverted - FullySlashed, … */
export function delegate(state: State, staker: string, operator: string): void {
  whenNotPaused(state, CONTRACT, PAUSED_NEW_DELEGATION);
  const { strategies, shares } = Withdrawals.depositedShares(state, staker);
  // Without the beacon chain's losses: those are the staker's own and in the amount.
  const factors = strategies.map((strategy) => maxMagnitude(state, operator, strategy));
  let record: Staker = { ...StakerShares.staker(state, staker), operator };
  state.delegation.stakers.set(staker, record);
  strategies.forEach((strategy, i) => {
    const [deposited = 0n, factor = 0n] = [shares[i], factors[i]];
    const addedShares = strategy === BEACON ? nativeShares(state, staker, deposited) : deposited;
    record = DelegatedShares.delegateShares(state, staker, strategy, { record, prevDepositShares: 0n, addedShares }, factor);
  });
}

/** Queues all of a staker's shares, one withdrawal a strategy. @throws ledger.reverted - CurrentlyPaused, Panic(0x11) */
export function undelegate(state: State, staker: string): Withdrawals.Queued[] {
  whenNotPaused(state, CONTRACT, PAUSED_ENTER_WITHDRAWAL_QUEUE);
  const record = StakerShares.staker(state, staker);
  const { operator } = record;
  state.delegation.stakers.set(staker, { ...record, operator: null });
  const { strategies, shares } = Withdrawals.depositedShares(state, staker);
  const factors = DelegatedShares.slashingFactors(state, staker, operator, strategies);
  return strategies.map((strategy, i) => {
    const [depositShares = 0n, factor = 0n] = [shares[i], factors[i]];
    const leaving = { strategies: [strategy], depositShares: [depositShares], slashingFactors: [factor] };
    return Withdrawals.queueWithdrawal(state, { staker, operator, ...leaving });
  });
}

/** What validators lost is not delegated. */
function nativeShares(state: State, staker: string, depositShares: bigint): bigint {
  const scaling = DelegatedShares.depositScalingFactor(state, staker, BEACON);
  const beacon = PodShares.beaconFactor(state, staker);
  const scaled = SlashingLib.scaledShares(depositShares, scaling);
  const withdrawable = SlashingLib.withdrawableFromScaled(scaled, beacon);
  state.note?.(`scaled(${staker},${BEACON})`, `floor(${depositShares} * ${scaling} / 1e18)`, scaled);
  state.note?.(`withdrawable(${staker},${BEACON})`, `floor(${scaled} * ${beacon} / 1e18)`, withdrawable);
  return withdrawable;
}
