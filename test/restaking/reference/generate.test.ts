// The generators of sequences: they repeat themselves by seed, keep to the vocabulary of the traces, and between them meet every refusal.
import { describe, expect, it } from 'vitest';
import { ReferenceEigenLayer } from './eigenlayer.ts';
import { eigenLayerSequence, Random, type Sequence, symbioticSequence } from './generate.ts';
import { object } from './json.ts';
import { ReferenceSymbiotic } from './symbiotic.ts';

const SEEDS = 40;
const LENGTH = 250;

/** Every error that the rules give to an operation of the vocabulary. */
const eigenLayerErrors: Record<string, string> = {
  vaults:
    'NewSharesZero TotalSharesExceedsMax WithdrawalAmountExceedsTotalDeposits StrategyNotWhitelisted SharesAmountZero MaxStrategiesExceeded',
  delegation: 'FullySlashed InvalidDepositScalingFactor ActivelyDelegated OperatorNotRegistered NotActivelyDelegated',
  undelegation: 'OperatorsCannotUndelegate CallerCannotUndelegate InputArrayLengthMismatch InputArrayLengthZero Panic(0x11)',
  withdrawals: 'SharesAmountTooHigh SharesNegative WithdrawerNotCaller WithdrawalNotQueued WithdrawalDelayNotElapsed',
  sets: 'InvalidOperatorSet StrategyAlreadyInOperatorSet StrategyNotInOperatorSet InvalidStrategy InvalidPermissions InvalidOperator',
  members: 'AlreadyMemberOfSet InvalidCaller NotMemberOfSet',
  allocations: 'UninitializedAllocationDelay ModificationAlreadyPending SameMagnitude InsufficientMagnitude',
  slashes: 'OperatorNotSlashable StrategiesMustBeInAscendingOrder InvalidWadToSlash SlashResolutionDelayNotElapsed',
  credentials: 'BeaconTimestampTooFarInPast BeaconTimestampBeforeLatestCheckpoint CredentialsAlreadyVerified ValidatorIsExitingBeaconChain',
  checkpoints: 'WithdrawalCredentialsNotForEigenPod ValidatorNotActiveInPod ValidatorNotSlashedOnBeaconChain CheckpointAlreadyActive',
  pods: 'CannotCheckpointTwiceInSingleBlock NoBalanceToCheckpoint NoActiveCheckpoint SharesNotMultipleOfGwei InsufficientWithdrawableBalance',
  splits: 'SplitExceedsMax PreviousSplitPending',
  submissions: 'DurationExceedsMax InvalidDurationRemainder DurationIsZero InvalidStartTimestampRemainder StartTimestampTooFarInPast',
  amounts: 'StrategiesNotInAscendingOrder AmountIsZero AmountExceedsMax StartTimestampTooFarInFuture SubmissionNotRetroactive',
  roots:
    'OperatorsNotInAscendingOrder UnauthorizedCaller NewRootMustBeForNewCalculatedPeriod RewardsEndTimestampNotElapsed RootNotActivated',
  claims: 'RootDisabled InvalidRootIndex RootAlreadyActivated InvalidClaimProof EarningsNotGreaterThanClaimed Error(ERC20:_balance)',
};

const symbioticErrors: Record<string, string> = {
  vault: 'InsufficientDeposit InsufficientWithdrawal TooMuchWithdraw TooMuchRedeem InsufficientRedemption',
  claims: 'InvalidEpoch AlreadyClaimed InsufficientClaim',
  limits: 'ExceedsMaxNetworkLimit AlreadySet',
  slashes: 'InvalidCaptureTimestamp InsufficientSlash SlashRequestNotExist NotNetworkMiddleware VetoPeriodNotEnded SlashPeriodEnded',
  vetoes: 'SlashRequestCompleted NoResolver NotResolver VetoPeriodEnded',
};

function names(groups: Record<string, string>): string[] {
  const all = Object.values(groups).flatMap((group) => group.split(' '));
  return all.map((name) => name.replace('_', ' ')).sort();
}

/** Operation: its fields; those after '/' may be absent. */
const vocabulary: Record<string, string> = {
  advance: '/blocks seconds',
  deposit: 'amount/staker strategy who',
  donate: 'strategy amount',
  rebaseDown: 'strategy amount',
  registerOperator: 'operator allocationDelay',
  delegate: 'staker operator',
  undelegate: 'staker/caller',
  redelegate: 'staker operator',
  queueWithdrawal: 'staker strategies depositShares',
  completeWithdrawal: 'withdrawal receiveAsTokens/caller',
  createOperatorSet: 'avs id strategies/redistributionRecipient slasher',
  addStrategies: 'avs id strategies',
  removeStrategies: 'avs id strategies',
  setAllocationDelay: 'operator delay',
  modifyAllocations: 'operator/avs id strategies newMagnitudes params',
  clearDeallocationQueue: 'operator strategies numToClear',
  registerForOperatorSets: 'operator avs ids/caller',
  deregisterFromOperatorSets: 'operator avs ids/caller',
  updateSlasher: 'avs id slasher',
  slash: 'id operator/avs strategies wads caller net amount captureAgo',
  clearBurnOrRedistributableShares: 'avs id slashId/strategy',
  createPod: 'staker',
  newValidator: 'staker validator balanceGwei/effectiveBalanceGwei compounding wrongCredentials',
  setBeaconBalance: 'validator/balanceGwei effectiveBalanceGwei slashed exiting',
  podReceive: 'staker wei',
  verifyWithdrawalCredentials: 'staker validators',
  startCheckpoint: 'staker/revertIfNoBalance',
  verifyStaleBalance: 'staker validator',
  verifyCheckpointProofs: 'staker validators',
  recordBalanceUpdate: 'staker prevRestakedBalanceWei balanceDeltaWei',
  setSplit: 'kind operator split/avs id',
  optInFee: 'who value',
  submitRewards: 'type avs token startTimestamp duration strategies/id amount operatorRewards',
  submitRoot: 'endTimestamp earnings/caller',
  disableRoot: 'index',
  setClaimerFor: 'earner claimer',
  claim: '/root earner tokens recipient caller forged who epoch',
  withdraw: 'who amount',
  redeem: 'who shares',
  setMaxNetworkLimit: 'net id amount',
  setNetworkLimit: 'net id amount',
  setOperatorNetworkLimit: 'net id operator amount',
  setOperatorNetworkShares: 'net id operator shares',
  setResolver: 'net id/resolver',
  requestSlash: 'net id operator amount captureAgo',
  executeSlash: 'net index',
  vetoSlash: 'index who',
};

function words(list: string | undefined): string[] {
  return (list ?? '').split(' ').filter((word) => word !== '');
}

type Tally = { errors: string[]; accepted: number; total: number; operations: string[]; profiles: string[] };

function tally(make: (seed: number) => Sequence, create: (sequence: Sequence) => ReferenceEigenLayer | ReferenceSymbiotic): Tally {
  const errors = new Set<string>();
  const operations = new Set<string>();
  const profiles = new Set<string>();
  let accepted = 0;
  let total = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const sequence = make(seed);
    const ledger = create(sequence);
    profiles.add(String(sequence.config['profile']));
    for (const op of sequence.ops) {
      const result = object(ledger.apply(op), 'result');
      operations.add(String(op['op']));
      total += 1;
      if (result['ok'] === true) accepted += 1;
      else errors.add(String(result['error']));
    }
  }
  return { errors: [...errors].sort(), accepted, total, operations: [...operations].sort(), profiles: [...profiles].sort() };
}

const kinds = [
  ['EigenLayer', eigenLayerSequence, (one: Sequence) => new ReferenceEigenLayer(one.config), names(eigenLayerErrors), 37],
  ['Symbiotic', symbioticSequence, (one: Sequence) => new ReferenceSymbiotic(one.config), names(symbioticErrors), 14],
] as const;

describe.each(kinds)('sequences for %s', (kind, generate, create, expected, operationCount) => {
  const result = tally((seed) => generate(new Random(seed), LENGTH), create);

  it('meet every refusal and no other', () => {
    expect(result.errors).toEqual(expected);
  });

  it('use every operation, mostly with success', () => {
    expect(result.operations).toHaveLength(operationCount);
    expect(result.accepted / result.total).toBeGreaterThan(0.7);
    expect(result.accepted / result.total).toBeLessThan(0.92);
    if (kind === 'EigenLayer') expect(result.profiles).toEqual(['v1.12.0', 'v1.13.0', 'v1.13.1']);
  });

  it('are the same for the same seed', () => {
    expect(generate(new Random(7), 60)).toEqual(generate(new Random(7), 60));
    expect(generate(new Random(7), 60)).not.toEqual(generate(new Random(8), 60));
  });

  it('keep to the vocabulary', () => {
    for (let seed = 1; seed <= 10; seed++) {
      for (const op of generate(new Random(seed), LENGTH).ops) {
        const [needed, optional] = (vocabulary[String(op['op'])] ?? 'unknown').split('/');
        const fields = Object.keys(op).filter((field) => field !== 'op');
        expect(fields, String(op['op'])).toEqual(expect.arrayContaining(words(needed)));
        expect([...words(needed), ...words(optional)], String(op['op'])).toEqual(expect.arrayContaining(fields));
      }
    }
  });
});
