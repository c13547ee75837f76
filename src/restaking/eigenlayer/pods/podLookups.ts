// What the functions of pods ask for first: the pod, a validator, whether a group of functions is paused, small arguments.
import * as Check from '../../../base/Check.ts';
import * as Requests from '../ledger/requests.ts';
import type { State } from '../ledger/state.ts';
import type { BeaconValidator, Pod } from './podStorage.ts';

export type Reason = Requests.Reason;

/** Bits of EigenPodManager's pausing; those of EigenPod are kept there too. */
export const PAUSED = { newPods: 0, verifyCredentials: 2, startCheckpoint: 6, verifyCheckpointProofs: 7, verifyStaleBalance: 8 } as const;

/** @throws ledger.reverted - CurrentlyPaused */
export function whenNotPaused(state: State, group: keyof typeof PAUSED): void {
  Requests.whenNotPaused(state, 'EigenPodManager', PAUSED[group]);
}

/** @throws eigenlayer.unknown-id - when the staker has no pod: then there is nothing that could be called */
export function podOf(state: State, staker: string): Pod {
  Requests.account(staker, 'staker');
  return state.pods.pods.get(staker) ?? Requests.unknownId('staker', staker);
}

/** @throws input.not-text, eigenlayer.unknown-id - a validator that the beacon chain does not have */
export function beaconValidator(state: State, validator: string, field: string): BeaconValidator {
  return state.pods.beaconValidators.get(Check.text(validator, field)) ?? Requests.unknownId(field, validator);
}

/** @throws input.missing, input.not-list, eigenlayer.unknown-id */
export function validators(state: State, ids: readonly string[]): readonly string[] {
  Check.list(ids, 'validators').forEach((id, i) => void beaconValidator(state, id, `validators[${i}]`));
  return ids;
}

/** False when it is left out. @throws input.not-flag */
export function flag(value: boolean | undefined, field: string): boolean {
  return value === undefined ? false : Check.flag(value, field);
}
