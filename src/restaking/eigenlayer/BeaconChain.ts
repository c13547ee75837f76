// A synthetic beacon chain: validators with balances that pods prove things about. It says what the caller says; no consensus rules but one.
// Implements the parts of ethereum/consensus-specs' Validator container that eigenlayer-contracts src/contracts/pods/EigenPod.sol reads.
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import * as Requests from './ledger/requests.ts';
import type { State } from './ledger/state.ts';
import * as Lookups from './pods/podLookups.ts';
import type { BeaconValidator } from './pods/podStorage.ts';

export type Reason = Lookups.Reason | { readonly code: 'eigenlayer.validator-exists'; readonly field: string; readonly validator: string };

/** Balances are uint64 gwei in the beacon state. */
const MAX_GWEI = (1n << 64n) - 1n;
const ETH = 1_000_000_000n;
const MAX_EFFECTIVE = 32n * ETH;
const MAX_EFFECTIVE_COMPOUNDING = 2048n * ETH;

export type NewValidator = {
  /** Owner of the pod to which the withdrawal credentials point; the pod may come later. */
  readonly staker: string;
  readonly validator: string;
  readonly balanceGwei: bigint;
  /** The balance in whole ETH, at most 32 (2048 when compounding), when left out. */
  readonly effectiveBalanceGwei?: bigint;
  /** 0x02 credentials instead of 0x01: pods take both. */
  readonly compounding?: boolean;
  /** Credentials that point elsewhere. */
  readonly wrongCredentials?: boolean;
  /** False: no activation epoch yet. */
  readonly activated?: boolean;
};

/**
 * Puts a validator into the beacon state.
 *
 * @throws eigenlayer.validator-exists, input.*, eigenlayer.bad-id
 * @source ethereum/consensus-specs specs/electra/beacon-chain.md get_max_effective_balance
 */
export function newValidator(ledger: State, request: NewValidator): Record<never, never> {
  const podOwner = Requests.account(Check.object(request, 'request').staker, 'staker');
  const id = Requests.account(request.validator, 'validator');
  const balanceGwei = gwei(request.balanceGwei, 'balanceGwei');
  const isCompounding = Lookups.flag(request.compounding, 'compounding');
  const { effectiveBalanceGwei } = request;
  const validator: BeaconValidator = {
    podOwner,
    balanceGwei,
    effectiveBalanceGwei:
      effectiveBalanceGwei === undefined ? effective(balanceGwei, isCompounding) : gwei(effectiveBalanceGwei, 'effectiveBalanceGwei'),
    isCompounding,
    hasWrongCredentials: Lookups.flag(request.wrongCredentials, 'wrongCredentials'),
    isSlashed: false,
    isExiting: false,
    isActivated: Lookups.flag(request.activated ?? true, 'activated'),
    balanceAtCheckpoint: null,
  };
  if (ledger.pods.beaconValidators.has(id))
    fail<Reason>({ code: 'eigenlayer.validator-exists', field: 'validator', validator: id }, `validator: ${id} is there already`);
  return Requests.transaction(ledger, () => {
    ledger.pods.beaconValidators.set(id, validator);
    return {};
  });
}

export type BeaconBalance = {
  readonly validator: string;
  readonly balanceGwei?: bigint;
  readonly effectiveBalanceGwei?: bigint;
  readonly slashed?: boolean;
  /** Has an exit epoch. */
  readonly exiting?: boolean;
  readonly activated?: boolean;
};

/**
 * Changes what the beacon state says of a validator; what is left out stays.
 *
 * @throws eigenlayer.unknown-id, input.*
 */
export function setBeaconBalance(ledger: State, request: BeaconBalance): Record<never, never> {
  const before = Lookups.beaconValidator(ledger, Check.object(request, 'request').validator, 'validator');
  const { balanceGwei = before.balanceGwei, effectiveBalanceGwei = before.effectiveBalanceGwei } = request;
  const after: BeaconValidator = {
    ...before,
    balanceGwei: gwei(balanceGwei, 'balanceGwei'),
    effectiveBalanceGwei: gwei(effectiveBalanceGwei, 'effectiveBalanceGwei'),
    isSlashed: Lookups.flag(request.slashed ?? before.isSlashed, 'slashed'),
    isExiting: Lookups.flag(request.exiting ?? before.isExiting, 'exiting'),
    isActivated: Lookups.flag(request.activated ?? before.isActivated, 'activated'),
    balanceAtCheckpoint: balanceAtCheckpoint(ledger, before),
  };
  return Requests.transaction(ledger, () => {
    ledger.pods.beaconValidators.set(request.validator, after);
    return {};
  });
}

/** An open checkpoint is proven against the state at its start, so the first change after the start keeps the old balance. */
function balanceAtCheckpoint(ledger: State, { podOwner, balanceGwei, balanceAtCheckpoint }: BeaconValidator): Kept {
  const timestamp = ledger.pods.pods.get(podOwner)?.currentCheckpointTimestamp ?? 0n;
  if (timestamp === 0n) return null;
  return balanceAtCheckpoint?.timestamp === timestamp ? balanceAtCheckpoint : { timestamp, balanceGwei };
}
type Kept = BeaconValidator['balanceAtCheckpoint'];

function effective(balanceGwei: bigint, isCompounding: boolean): bigint {
  const whole = balanceGwei - (balanceGwei % ETH);
  const max = isCompounding ? MAX_EFFECTIVE_COMPOUNDING : MAX_EFFECTIVE;
  return whole < max ? whole : max;
}

function gwei(value: bigint, field: string): bigint {
  return Check.bigInteger(value, field, 0n, MAX_GWEI);
}
