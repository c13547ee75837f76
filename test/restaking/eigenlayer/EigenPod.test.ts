// Pods step by step: credentials, checkpoints, payments; what each refuses and in which order.
import { describe, expect, it } from 'vitest';
import * as BeaconChain from '../../../src/restaking/eigenlayer/BeaconChain.ts';
import * as EigenPod from '../../../src/restaking/eigenlayer/EigenPod.ts';
import * as EigenPodManager from '../../../src/restaking/eigenlayer/EigenPodManager.ts';
import { State } from '../../../src/restaking/eigenlayer/ledger/state.ts';
import * as PodShares from '../../../src/restaking/eigenlayer/pods/podShares.ts';
import type { Pod } from '../../../src/restaking/eigenlayer/pods/podStorage.ts';
import { Store } from '../../../src/restaking/state/store.ts';
import { advance, delegate, ETH, GWEI, newLedger, notes, refusal } from './pods.ts';

const staker = 'alice';
const G32 = 32_000_000_000n;

function withValidators(...validators: string[]): State {
  const ledger = newLedger();
  EigenPodManager.createPod(ledger, { staker });
  for (const validator of validators) BeaconChain.newValidator(ledger, { staker, validator, balanceGwei: G32 });
  return ledger;
}

function verified(...validators: string[]): State {
  const ledger = withValidators(...validators);
  EigenPod.verifyWithdrawalCredentials(ledger, { staker, validators });
  advance(ledger);
  return ledger;
}

const podOf = (ledger: State): Pod => ledger.pods.pods.get(staker) as Pod;
const factor = (ledger: State) => EigenPodManager.beaconChainSlashingFactor(ledger, staker);
const shares = (ledger: State) => EigenPodManager.stakerDepositShares(ledger, staker);
const verify = (ledger: State, ...validators: string[]) => EigenPod.verifyWithdrawalCredentials(ledger, { staker, validators });
const prove = (ledger: State, ...validators: string[]) => EigenPod.verifyCheckpointProofs(ledger, { staker, validators });
const start = (ledger: State, revertIfNoBalance = false) => EigenPod.startCheckpoint(ledger, { staker, revertIfNoBalance });
const setBalance = (ledger: State, validator: string, balanceGwei: bigint) =>
  BeaconChain.setBeaconBalance(ledger, { validator, balanceGwei });
const receive = (ledger: State, wei: bigint) => EigenPod.podReceive(ledger, { staker, wei });

describe('verifyWithdrawalCredentials', () => {
  it('counts effective balances', () => {
    const ledger = withValidators('v1');
    BeaconChain.newValidator(ledger, { staker, validator: 'v2', balanceGwei: 33_500_000_000n });
    BeaconChain.newValidator(ledger, { staker, validator: 'v3', balanceGwei: 33_500_000_000n, compounding: true });
    BeaconChain.newValidator(ledger, { staker, validator: 'v4', balanceGwei: 5n, effectiveBalanceGwei: 7n });
    verify(ledger, 'v1', 'v2', 'v3', 'v4');
    expect(shares(ledger)).toBe((32n + 32n + 33n) * ETH + 7n * GWEI);
    expect(podOf(ledger)).toMatchObject({ activeValidatorCount: 4n, checkpoint: { prevBeaconBalanceGwei: 97_000_000_007n } });
  });

  it('refuses validators in the order of the contract', () => {
    const ledger = withValidators('v1');
    const change = (what: object) => BeaconChain.setBeaconBalance(ledger, { validator: 'w', ...what });
    const request = { validator: 'w', balanceGwei: G32, wrongCredentials: true, activated: false };
    BeaconChain.newValidator(ledger, { staker, ...request });
    change({ exiting: true });
    expect(refusal(ledger, () => verify(ledger, 'v1', 'w'))).toBe('ValidatorInactiveOnBeaconChain');
    change({ activated: true });
    expect(refusal(ledger, () => verify(ledger, 'v1', 'w'))).toBe('ValidatorIsExitingBeaconChain');
    change({ exiting: false });
    expect(refusal(ledger, () => verify(ledger, 'v1', 'w'))).toBe('WithdrawalCredentialsNotForEigenPod');
    expect(refusal(ledger, () => verify(ledger, 'v1', 'v1'))).toBe('CredentialsAlreadyVerified');
    EigenPodManager.createPod(ledger, { staker: 'bob' });
    const asBob = () => EigenPod.verifyWithdrawalCredentials(ledger, { staker: 'bob', validators: ['v1'] });
    expect(refusal(ledger, asBob)).toBe('WithdrawalCredentialsNotForEigenPod');
    expect(verify(ledger, 'v1')).toEqual({});
    BeaconChain.setBeaconBalance(ledger, { validator: 'v1', exiting: true, activated: false });
    expect(refusal(ledger, () => verify(ledger, 'v1'))).toBe('CredentialsAlreadyVerified');
  });

  it('wants proofs newer than the open checkpoint and the last one', () => {
    const ledger = verified('v1');
    BeaconChain.newValidator(ledger, { staker, validator: 'v2', balanceGwei: G32 });
    start(ledger);
    expect(refusal(ledger, () => verify(ledger, 'v2'))).toBe('BeaconTimestampTooFarInPast');
    prove(ledger, 'v1');
    expect(refusal(ledger, () => verify(ledger, 'v2'))).toBe('BeaconTimestampBeforeLatestCheckpoint');
    advance(ledger);
    expect(verify(ledger, 'v2')).toEqual({});
  });

  it('lets the owner and the proof submitter in, and nobody while paused', () => {
    const ledger = withValidators('v1');
    const by = (caller: string) => () => EigenPod.verifyWithdrawalCredentials(ledger, { staker, validators: ['v1'], caller });
    ledger.setPaused('EigenPodManager', 2, true);
    expect(refusal(ledger, by('bot'))).toBe('OnlyEigenPodOwnerOrProofSubmitter');
    EigenPod.setProofSubmitter(ledger, { staker, submitter: 'bot' });
    expect(refusal(ledger, by('bot'))).toBe('CurrentlyPaused');
    ledger.setPaused('EigenPodManager', 2, false);
    expect(by('bot')()).toEqual({});
    expect(refusal(ledger, () => EigenPod.setProofSubmitter(ledger, { staker, submitter: 'x', caller: 'bot' }))).toBe('OnlyEigenPodOwner');
    EigenPod.setProofSubmitter(ledger, { staker, submitter: null });
    expect(refusal(ledger, () => EigenPod.startCheckpoint(ledger, { staker, caller: 'bot' }))).toBe('OnlyEigenPodOwnerOrProofSubmitter');
  });
});

describe('a checkpoint', () => {
  it('is refused while one is open, twice in a second, and without ETH when that is asked', () => {
    const ledger = verified('v1');
    expect(refusal(ledger, () => start(ledger, true))).toBe('NoBalanceToCheckpoint');
    receive(ledger, GWEI - 1n);
    expect(refusal(ledger, () => start(ledger, true))).toBe('NoBalanceToCheckpoint');
    expect(refusal(ledger, () => prove(ledger, 'v1'))).toBe('NoActiveCheckpoint');
    start(ledger);
    expect(refusal(ledger, () => start(ledger, true))).toBe('CheckpointAlreadyActive');
    prove(ledger, 'v1');
    expect(refusal(ledger, () => start(ledger, true))).toBe('CannotCheckpointTwiceInSingleBlock');
    expect(refusal(ledger, () => prove(ledger, 'v1'))).toBe('NoActiveCheckpoint');
  });

  it('is over at once without validators; dust below a gwei waits', () => {
    const ledger = withValidators();
    receive(ledger, 3n * GWEI - 1n);
    start(ledger, true);
    expect(shares(ledger)).toBe(2n * GWEI);
    expect(podOf(ledger)).toMatchObject({ restakedExecutionLayerGwei: 2n, currentCheckpointTimestamp: 0n, balanceWei: 3n * GWEI - 1n });
    advance(ledger);
    receive(ledger, 1n);
    start(ledger, true);
    expect(shares(ledger)).toBe(3n * GWEI);
  });

  it('proves the state at its start, also against changes in the same block', () => {
    const ledger = verified('v1', 'v2');
    setBalance(ledger, 'v1', 30_000_000_000n);
    start(ledger);
    setBalance(ledger, 'v1', 1n);
    setBalance(ledger, 'v2', 16_000_000_000n);
    advance(ledger, 5n);
    setBalance(ledger, 'v1', 2n);
    prove(ledger, 'v1', 'v2');
    expect(factor(ledger)).toBe(968_750_000_000_000_000n);
    expect(podOf(ledger).checkpoint).toEqual({
      proofsRemaining: 0n,
      podBalanceGwei: 0n,
      balanceDeltasGwei: -2_000_000_000n,
      prevBeaconBalanceGwei: 64_000_000_000n,
    });
    start(ledger);
    prove(ledger, 'v1', 'v2');
    expect(factor(ledger)).toBe((968_750_000_000_000_000n * 16_000_000_002n) / 62_000_000_000n);
  });

  it('starts without looking at validators', () => {
    const ledger = verified('v1', 'v2', 'v3');
    const before = ledger.pods.beaconValidators.entries();
    start(ledger);
    expect(ledger.pods.beaconValidators.entries()).toEqual(before);
  });

  it('passes over what needs no proof: twice in a list, verified since, withdrawn, never verified', () => {
    const ledger = verified('v1', 'v2');
    BeaconChain.newValidator(ledger, { staker, validator: 'late', balanceGwei: G32 });
    BeaconChain.newValidator(ledger, { staker, validator: 'unknown', balanceGwei: G32 });
    start(ledger);
    advance(ledger);
    verify(ledger, 'late');
    prove(ledger, 'v1', 'v1', 'late', 'unknown');
    expect(podOf(ledger).checkpoint.proofsRemaining).toBe(1n);
    prove(ledger, 'v1');
    expect(podOf(ledger).checkpoint.proofsRemaining).toBe(1n);
    prove(ledger, 'v2');
    expect(podOf(ledger).checkpoint.proofsRemaining).toBe(0n);
    expect(ledger.pods.podValidators.get('alice|late')?.lastCheckpointedAt).toBe(podOf(ledger).lastCheckpointTimestamp);
  });

  it('lets a full exit become ETH that the pod pays, whole gwei of it', () => {
    const ledger = verified('v1');
    setBalance(ledger, 'v1', 0n);
    receive(ledger, 32n * ETH);
    start(ledger);
    prove(ledger, 'v1');
    expect(factor(ledger)).toBe(10n ** 18n);
    expect(podOf(ledger)).toMatchObject({ activeValidatorCount: 0n, restakedExecutionLayerGwei: G32 });
    expect(ledger.pods.podValidators.get('alice|v1')?.status).toBe('WITHDRAWN');
    PodShares.withdrawAsTokens(ledger, staker, 5n * GWEI + 999_999_999n);
    expect(podOf(ledger)).toMatchObject({ restakedExecutionLayerGwei: G32 - 5n, balanceWei: 32n * ETH - 5n * GWEI });
    expect(ledger.strategies.balances.get('alice|BEACON')).toBe(5n * GWEI);
    advance(ledger);
    expect(refusal(ledger, () => verify(ledger, 'v1'))).toBe('CredentialsAlreadyVerified');
  });

  it('measures a loss against what is left after payments and with validators verified meanwhile', () => {
    const ledger = verified('v1');
    delegate(ledger, staker, 'op');
    ledger.delegation.operatorShares.set('op|BEACON', 32n * ETH);
    receive(ledger, 10n * ETH);
    start(ledger);
    prove(ledger, 'v1');
    advance(ledger);
    setBalance(ledger, 'v1', 24_000_000_000n);
    start(ledger);
    advance(ledger);
    BeaconChain.newValidator(ledger, { staker, validator: 'v2', balanceGwei: G32 });
    verify(ledger, 'v2');
    PodShares.withdrawAsTokens(ledger, staker, 10n * ETH);
    const lines = notes(ledger, () => prove(ledger, 'v2', 'v1'));
    expect(lines[0]).toBe(`beaconChainSlashingFactor(alice) = floor(${ETH} * ${56n * ETH} / ${64n * ETH}) = 875000000000000000`);
    expect(lines).toHaveLength(4);
    expect(ledger.delegation.operatorShares.get('op|BEACON')).toBe(74n * ETH - (74n * ETH) / 8n);
  });

  it('a loss of an exited validator is relative to what was there before its ETH came: 4 of 32', () => {
    const ledger = verified('v1');
    setBalance(ledger, 'v1', 0n);
    receive(ledger, 28n * ETH);
    start(ledger);
    prove(ledger, 'v1');
    expect(factor(ledger)).toBe(875_000_000_000_000_000n);
    expect(podOf(ledger).restakedExecutionLayerGwei).toBe(28_000_000_000n);
  });

  it('is refused as a whole when its report is: the pod is dead', () => {
    const ledger = verified('v1');
    setBalance(ledger, 'v1', 0n);
    start(ledger);
    prove(ledger, 'v1');
    expect(factor(ledger)).toBe(0n);
    advance(ledger);
    receive(ledger, ETH);
    expect(refusal(ledger, () => start(ledger))).toBe('FullySlashed');
    expect(podOf(ledger).restakedExecutionLayerGwei).toBe(0n);
  });

  it('is refused while paused', () => {
    const ledger = verified('v1');
    ledger.setPaused('EigenPodManager', 6, true);
    expect(refusal(ledger, () => start(ledger))).toBe('CurrentlyPaused');
    ledger.setPaused('EigenPodManager', 6, false);
    start(ledger);
    ledger.setPaused('EigenPodManager', 7, true);
    expect(refusal(ledger, () => prove(ledger, 'v1'))).toBe('CurrentlyPaused');
  });
});

describe('verifyStaleBalance', () => {
  const stale = (ledger: State, validator: string) => EigenPod.verifyStaleBalance(ledger, { staker, validator });

  it('opens a checkpoint for an active validator that was slashed', () => {
    const ledger = verified('v1');
    BeaconChain.newValidator(ledger, { staker, validator: 'v2', balanceGwei: G32 });
    expect(refusal(ledger, () => stale(ledger, 'v2'))).toBe('ValidatorNotActiveInPod');
    expect(refusal(ledger, () => stale(ledger, 'v1'))).toBe('ValidatorNotSlashedOnBeaconChain');
    BeaconChain.setBeaconBalance(ledger, { validator: 'v1', slashed: true });
    stale(ledger, 'v1');
    expect(podOf(ledger).currentCheckpointTimestamp).toBe(ledger.time);
    expect(refusal(ledger, () => stale(ledger, 'v1'))).toBe('CheckpointAlreadyActive');
    prove(ledger, 'v1');
    expect(refusal(ledger, () => stale(ledger, 'v1'))).toBe('BeaconTimestampTooFarInPast');
  });

  it('has two switches', () => {
    const ledger = verified('v1');
    for (const bit of [6, 8]) {
      ledger.setPaused('EigenPodManager', bit, true);
      expect(refusal(ledger, () => stale(ledger, 'v1'))).toBe('CurrentlyPaused');
      ledger.setPaused('EigenPodManager', bit, false);
    }
  });
});

describe('integers as the contract cuts and checks them', () => {
  it('a pod balance of 2^64 gwei is read as 0', () => {
    const ledger = withValidators();
    receive(ledger, 2n ** 64n * GWEI);
    expect(refusal(ledger, () => start(ledger, true))).toBe('NoBalanceToCheckpoint');
    receive(ledger, 5n * GWEI);
    start(ledger, true);
    expect(shares(ledger)).toBe(5n * GWEI);
  });

  it('a validator balance of 2^63 gwei counts as negative, and sums beyond int64 revert', () => {
    const ledger = verified('v1');
    setBalance(ledger, 'v1', 2n ** 63n);
    start(ledger);
    expect(refusal(ledger, () => prove(ledger, 'v1'))).toBe('Panic(0x11)');
  });

  it('what validators held before must fit uint64', () => {
    const ledger = withValidators('v1');
    BeaconChain.newValidator(ledger, { staker, validator: 'w', balanceGwei: 0n, effectiveBalanceGwei: 2n ** 64n - 1n });
    expect(refusal(ledger, () => verify(ledger, 'v1', 'w'))).toBe('Panic(0x11)');
  });
});

describe('bad input', () => {
  const ledger = verified('v1');

  it('is no refusal of the contract', () => {
    expect(() => EigenPod.startCheckpoint(ledger, { staker: 'bob' })).toThrow('staker: the ledger knows no bob [eigenlayer.unknown-id]');
    expect(() => prove(ledger, 'v1', 'v9')).toThrow('validators[1]: the ledger knows no v9 [eigenlayer.unknown-id]');
    expect(() => setBalance(ledger, 'v9', 1n)).toThrow('eigenlayer.unknown-id');
    expect(() => BeaconChain.newValidator(ledger, { staker, validator: 'v1', balanceGwei: 1n })).toThrow('eigenlayer.validator-exists');
    expect(() => setBalance(ledger, 'v1', 2n ** 64n)).toThrow('input.out-of-range');
    expect(() => receive(ledger, -1n)).toThrow('input.out-of-range');
    const flag = 'yes' as unknown as boolean;
    expect(() => start(ledger, flag)).toThrow('revertIfNoBalance: expected true or false, got string [input.not-flag]');
    expect(() => prove(ledger, ...([7] as unknown as string[]))).toThrow('validators[0]');
    expect(() => verify(undefined as unknown as State)).toThrow();
  });
});

describe('snapshots', () => {
  it('keep an open checkpoint', () => {
    const ledger = verified('v1');
    start(ledger);
    setBalance(ledger, 'v1', 16_000_000_000n);
    const copy = new State(ledger.config, Store.load(JSON.parse(JSON.stringify(ledger.store.save()))));
    prove(copy, 'v1');
    expect(factor(copy)).toBe(10n ** 18n);
    expect(podOf(copy).currentCheckpointTimestamp).toBe(0n);
    expect(podOf(ledger).currentCheckpointTimestamp).not.toBe(0n);
  });
});
