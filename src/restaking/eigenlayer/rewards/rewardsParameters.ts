// What the rules of the two rewards contracts share: their configuration, the owner's parameters, who calls, and the tokens that they hold.

import { plus } from '../../state/checkedArithmetic.ts';
import { require } from '../../state/Revert.ts';
import { isSame, plainKey } from '../ledger/addresses.ts';
import type { State } from '../ledger/state.ts';
import type { EmissionsConfig, RewardsConfig } from '../RewardsConfig.ts';
import type { Parameters } from './rewardsStorage.ts';

export const CONTRACT = 'RewardsCoordinator';

export function rewardsConfig(state: State): RewardsConfig {
  return state.config.rewards;
}

export function emissionsConfig(state: State): EmissionsConfig {
  return rewardsConfig(state).emissions;
}

export function parameters(state: State): Parameters {
  const stored = state.rewards.parameters.get('now');
  if (stored !== undefined) return stored;
  const { activationDelay, defaultOperatorSplitBips, rewardsUpdater, feeRecipient } = rewardsConfig(state);
  return { activationDelay, defaultOperatorSplitBips, rewardsUpdater, feeRecipient, lastEndTimestamp: 0n, rootCount: 0n };
}

export function setParameters(state: State, changed: Partial<Parameters>): void {
  state.rewards.parameters.set('now', { ...parameters(state), ...changed });
}

/** @throws ledger.reverted - Error(Ownable: caller is not the owner) */
export function checkOwner(state: State, caller: string): void {
  require(isSame(caller, rewardsConfig(state).owner), 'Error(Ownable: caller is not the owner)');
}

/** When something that is set now takes effect; times are uint32. @throws ledger.reverted - Panic(0x11) @unit s */
export function activation(state: State): bigint {
  return plus32(BigInt.asUintN(32, state.time), parameters(state).activationDelay);
}

/** @throws ledger.reverted - Panic(0x11) */
export function plus32(a: bigint, b: bigint): bigint {
  require(a + b <= 0xffff_ffffn, 'Panic(0x11)');
  return a + b;
}

export function balanceOf(state: State, holder: string, token: string): bigint {
  return state.rewards.balances.get(`${holder}|${token}`) ?? 0n;
}

/** Tokens from outside the ledger. */
export function credit(state: State, holder: string, token: string, amount: bigint): void {
  if (amount === 0n) return;
  state.rewards.balances.set(`${holder}|${token}`, plus(balanceOf(state, holder, token), amount));
}

/** @throws ledger.reverted - Error(ERC20: balance), as the token of the traces says it */
export function transfer(state: State, token: string, from: string, to: string, amount: bigint): void {
  const held = balanceOf(state, from, token);
  require(held >= amount, 'Error(ERC20: balance)');
  if (amount === 0n) return;
  if (held === amount) state.rewards.balances.delete(`${from}|${token}`);
  else state.rewards.balances.set(`${from}|${token}`, held - amount);
  credit(state, to, token, amount);
}

export function isForAllSubmitter(state: State, submitter: string): boolean {
  const key = plainKey(submitter);
  return state.rewards.forAllSubmitters.get(key) ?? rewardsConfig(state).rewardsForAllSubmitters.some((known) => plainKey(known) === key);
}
