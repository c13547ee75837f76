// One history in which every operation is accepted at least once, on a ledger that has every kind of vault.
import type * as Config from '../../../src/restaking/eigenlayer/Config.ts';
import type { Operation } from '../../../src/restaking/eigenlayer/Operations.ts';
import * as RewardsMerkle from '../../../src/restaking/eigenlayer/RewardsMerkle.ts';

const WAD = 10n ** 18n;
const ETH = 10n ** 9n;
const WEEK = 604_800n;
const DAY = 86_400n;
/** An hour into the first epoch of emissions. */
const START = 1_773_878_400n + 3_600n;
const TODAY = START - (START % DAY);

/** Nothing in it is a default. */
export const CONFIG: Config.Config = {
  profile: 'v1.13.0',
  withdrawalDelayBlocks: 10n,
  deallocationDelayBlocks: 11n,
  configurationDelayBlocks: 12n,
  slashResolutionDelayBlocks: 5n,
  startBlock: 1_000n,
  startTime: START,
  strategies: [
    { id: 'S1', kind: 'base' },
    { id: 'T', kind: 'tvl', maxPerDeposit: 10_000n, maxTotalDeposits: 20_000n },
    { id: 'EIGEN', kind: 'eigen' },
    { id: 'V' },
  ],
  rewards: {
    calculationIntervalSeconds: 2n * DAY,
    maxRewardsDuration: 28n * DAY,
    maxRetroactiveLength: 14n * DAY,
    maxFutureLength: 15n * DAY,
    genesisRewardsTimestamp: 1_710_979_200n + DAY,
    activationDelay: 100n,
    defaultOperatorSplitBips: 999n,
    owner: 'boss',
    rewardsUpdater: 'poster',
    feeRecipient: 'till',
    rewardsForAllSubmitters: ['mint', 'other'],
    emissions: {
      contract: 'mint',
      backingToken: 'bE',
      token: 'E',
      inflationRate: 1_000_000n,
      startTime: 1_773_878_400n - DAY,
      epochLength: 2n * WEEK,
      incentiveCouncil: 'council',
    },
  },
};

/** The same as traces write it. */
export const CONFIG_JSON: { readonly [field: string]: unknown } = {
  profile: 'v1.13.0',
  minWithdrawalDelayBlocks: 10,
  deallocationDelay: 11,
  allocationConfigurationDelay: '12',
  slashResolutionDelay: 5,
  startBlock: 1000,
  startTime: `${START}`,
  strategies: [
    { id: 'S1', kind: 'base' },
    { id: 'T', kind: 'tvl', maxPerDeposit: '10000', maxTotalDeposits: '20000' },
    { id: 'EIGEN', kind: 'eigen' },
    'V',
  ],
  rewards: {
    calculationIntervalSeconds: '172800',
    maxRewardsDuration: '2419200',
    maxRetroactiveLength: '1209600',
    maxFutureLength: 1296000,
    genesisRewardsTimestamp: '1711065600',
    activationDelay: '100',
    defaultOperatorSplitBips: '999',
    owner: 'boss',
    rewardsUpdater: 'poster',
    feeRecipient: 'till',
    rewardsForAllSubmitters: ['mint', 'other'],
    emissions: {
      contract: 'mint',
      backingToken: 'bE',
      token: 'E',
      inflationRate: '1000000',
      startTime: '1773792000',
      epochLength: '1209600',
      incentiveCouncil: 'council',
    },
  },
};

const approval = (salt: string): { signer: string; salt: string; expiry: bigint } => ({ signer: 'guard', salt, expiry: START + WEEK });

const staking: readonly Operation[] = [
  { op: 'advance', blocks: 1n },
  { op: 'registerOperator', operator: 'op1', allocationDelay: 0n, delegationApprover: 'warden' },
  { op: 'modifyOperatorDetails', operator: 'op1', delegationApprover: 'guard' },
  { op: 'delegate', staker: 'alice', operator: 'op1', approval: approval('1') },
  { op: 'deposit', staker: 'alice', strategy: 'S1', amount: 1_000_000n },
  { op: 'deposit', staker: 'alice', strategy: 'EIGEN', amount: 7_000n, token: 'bEIGEN' },
  {
    op: 'depositIntoStrategyWithSignature',
    staker: 'alice',
    strategy: 'S1',
    amount: 5_000n,
    token: 'S1',
    expiry: START + WEEK,
    signature: { signer: 'alice', nonce: 0n },
  },
  { op: 'donate', strategy: 'S1', amount: 100n },
  { op: 'rebaseDown', strategy: 'S1', amount: 50n },
  { op: 'setTVLLimits', strategy: 'T', maxPerDeposit: 500n, maxTotalDeposits: 600n },
  { op: 'removeStrategiesFromDepositWhitelist', strategies: ['T', 'EIGEN'] },
  { op: 'addStrategiesToDepositWhitelist', strategies: ['T'] },
];

const permissions: readonly Operation[] = [
  { op: 'addPendingAdmin', account: 'op1', admin: 'adm' },
  { op: 'acceptAdmin', account: 'op1', caller: 'adm' },
  { op: 'addPendingAdmin', account: 'op1', admin: 'adm2', caller: 'adm' },
  { op: 'removePendingAdmin', account: 'op1', admin: 'adm2', caller: 'adm' },
  { op: 'addPendingAdmin', account: 'op1', admin: 'adm3', caller: 'adm' },
  { op: 'acceptAdmin', account: 'op1', caller: 'adm3' },
  { op: 'removeAdmin', account: 'op1', admin: 'adm3', caller: 'adm' },
  { op: 'setAppointee', account: 'op1', appointee: 'bot', target: 'AllocationManager', selector: 'modifyAllocations', caller: 'adm' },
];

const allocation: readonly Operation[] = [
  { op: 'updateAVSMetadataURI', avs: 'avs', caller: 'avs' },
  { op: 'setAVSRegistrar', avs: 'avs', refusesRegistration: null, refusesDeregistration: 'NotNow', caller: 'avs' },
  { op: 'setAVSRegistrar', avs: 'avs', refusesRegistration: null, refusesDeregistration: null },
  { op: 'createOperatorSet', avs: 'avs', id: 0n, strategies: ['S1', 'T'], slasher: 'judge', caller: 'avs' },
  { op: 'createOperatorSet', avs: 'other', id: 0n, strategies: ['S1'], redistributionRecipient: 'fund' },
  { op: 'createOperatorSets', avs: 'avs', params: [{ id: 1n, strategies: ['S1', 'BEACON'], slasher: 'judge' }], caller: 'avs' },
  {
    op: 'createRedistributingOperatorSets',
    avs: 'avs',
    params: [{ id: 2n, strategies: ['V', 'S1'] }],
    redistributionRecipients: ['fund'],
    caller: 'avs',
  },
  { op: 'addStrategies', avs: 'avs', id: 0n, strategies: ['V'], caller: 'avs' },
  { op: 'removeStrategies', avs: 'avs', id: 0n, strategies: ['V'], caller: 'avs' },
  { op: 'registerForOperatorSets', operator: 'op1', avs: 'avs', ids: [0n, 1n], caller: 'adm' },
  { op: 'modifyAllocations', operator: 'op1', avs: 'avs', id: 0n, strategies: ['S1'], newMagnitudes: [WAD / 2n], caller: 'bot' },
  {
    op: 'modifyAllocations',
    operator: 'op1',
    params: [{ avs: 'avs', id: 1n, strategies: ['S1', 'BEACON'], newMagnitudes: [WAD / 4n, WAD] }],
    caller: 'adm',
  },
  { op: 'slash', avs: 'avs', id: 0n, operator: 'op1', strategies: ['S1'], wads: [WAD / 10n], caller: 'judge' },
  { op: 'advance', blocks: 6n },
  { op: 'clearBurnOrRedistributableShares', avs: 'avs', id: 0n, slashId: 1n, strategy: 'S1' },
  { op: 'updateSlasher', avs: 'avs', id: 0n, slasher: 'jury', caller: 'avs' },
  { op: 'setAllocationDelay', operator: 'op1', delay: 5n, caller: 'adm' },
  { op: 'deregisterFromOperatorSets', operator: 'op1', avs: 'avs', ids: [1n], caller: 'avs' },
  { op: 'clearDeallocationQueue', operator: 'op1', strategies: ['S1'], numToClear: [65_535n] },
  { op: 'removeAppointee', account: 'op1', appointee: 'bot', target: 'AllocationManager', selector: 'modifyAllocations', caller: 'adm' },
];

const withdrawals: readonly Operation[] = [
  { op: 'queueWithdrawal', staker: 'alice', strategies: ['S1'], depositShares: [10n] },
  {
    op: 'queueWithdrawals',
    staker: 'alice',
    params: [
      { strategies: ['S1', 'EIGEN'], depositShares: [20n, 30n] },
      { strategies: ['EIGEN'], depositShares: [40n] },
    ],
  },
  { op: 'undelegate', staker: 'alice', caller: 'guard' },
  { op: 'registerOperator', operator: 'op2', allocationDelay: 1n },
  { op: 'delegate', staker: 'alice', operator: 'op1', approval: approval('2') },
  { op: 'redelegate', staker: 'alice', operator: 'op2' },
  { op: 'advance', blocks: 11n },
  { op: 'completeWithdrawal', withdrawal: 'W0', receiveAsTokens: true, tokens: ['S1'], caller: 'alice' },
  {
    op: 'completeQueuedWithdrawals',
    withdrawals: [
      { withdrawal: 'W1', receiveAsTokens: false, caller: 'alice' },
      { withdrawal: 'W2', receiveAsTokens: true, tokens: ['bEIGEN'] },
    ],
  },
];

const pods: readonly Operation[] = [
  { op: 'createPod', staker: 'carol' },
  { op: 'newValidator', staker: 'carol', validator: 'v1', balanceGwei: 33n * ETH, compounding: true, activated: true },
  {
    op: 'newValidator',
    staker: 'carol',
    validator: 'v2',
    balanceGwei: 32n * ETH,
    effectiveBalanceGwei: 31n * ETH,
    wrongCredentials: true,
    activated: false,
  },
  { op: 'setProofSubmitter', staker: 'carol', submitter: 'prover', caller: 'carol' },
  { op: 'verifyWithdrawalCredentials', staker: 'carol', validators: ['v1'], caller: 'prover' },
  { op: 'podReceive', staker: 'carol', wei: 3n * ETH },
  { op: 'startCheckpoint', staker: 'carol', revertIfNoBalance: true, caller: 'prover' },
  { op: 'verifyCheckpointProofs', staker: 'carol', validators: ['v1'] },
  {
    op: 'setBeaconBalance',
    validator: 'v1',
    balanceGwei: 30n * ETH,
    effectiveBalanceGwei: 30n * ETH,
    slashed: true,
    exiting: true,
    activated: true,
  },
  { op: 'advance', blocks: 1n },
  { op: 'verifyStaleBalance', staker: 'carol', validator: 'v1' },
  { op: 'verifyCheckpointProofs', staker: 'carol', validators: ['v1'] },
  { op: 'recordBalanceUpdate', staker: 'carol', prevRestakedBalanceWei: 30n * WAD, balanceDeltaWei: -(ETH * ETH) },
  { op: 'setProofSubmitter', staker: 'carol', submitter: null },
];

const EARNINGS: RewardsMerkle.Earnings = [
  ['alice', [['USD', 500n]]],
  ['carol', [['USD', 300n]]],
];

const rewards: readonly Operation[] = [
  { op: 'setActivationDelay', activationDelay: 24n, caller: 'boss' },
  { op: 'setDefaultOperatorSplit', split: 500n, caller: 'boss' },
  { op: 'setFeeRecipient', feeRecipient: 'purse', caller: 'boss' },
  { op: 'setRewardsUpdater', rewardsUpdater: 'poster2', caller: 'boss' },
  { op: 'setRewardsForAllSubmitter', submitter: 'giver', value: true, caller: 'boss' },
  { op: 'optInFee', who: 'avs', value: true, caller: 'avs' },
  { op: 'setSplit', kind: 'avs', operator: 'op1', avs: 'avs', split: 10_000n, caller: 'adm' },
  { op: 'setSplit', kind: 'set', operator: 'op2', avs: 'avs', id: 0n, split: 0n },
  { op: 'setSplit', kind: 'pi', operator: 'op2', split: 1n },
  {
    op: 'submitRewards',
    type: 'uniqueStake',
    avs: 'avs',
    id: 0n,
    token: 'USD',
    amount: 10_000n,
    startTimestamp: TODAY - (TODAY % (2n * DAY)),
    duration: 2n * DAY,
    strategies: [
      ['S1', WAD],
      ['T', 2n * WAD],
    ],
    caller: 'avs',
  },
  {
    op: 'submitRewards',
    type: 'operatorDirectedAVS',
    avs: 'avs',
    token: 'USD',
    operatorRewards: [
      ['op1', 50n],
      ['op2', 70n],
    ],
    startTimestamp: TODAY - (TODAY % (2n * DAY)) - 4n * DAY,
    duration: 2n * DAY,
    strategies: [['BEACON', WAD]],
    description: 'for "uptime", | and : too',
  },
  { op: 'submitRoot', endTimestamp: TODAY - 3n, earnings: EARNINGS, caller: 'poster2' },
  { op: 'submitRoot', endTimestamp: TODAY - 2n, root: RewardsMerkle.distribution(EARNINGS).root, caller: 'poster2' },
  { op: 'submitRoot', endTimestamp: TODAY - 1n, root: new Uint8Array(32).fill(7) },
  { op: 'disableRoot', index: 2n, caller: 'poster2' },
  { op: 'advance', blocks: 3n },
  { op: 'setClaimerFor', earner: 'alice', claimer: 'agent', caller: 'alice' },
  { op: 'claim', root: 0n, earner: 'alice', tokens: ['USD'], recipient: 'alice', caller: 'agent', forged: false },
  {
    op: 'processClaims',
    claims: [
      {
        claim: RewardsMerkle.claim(RewardsMerkle.distribution(EARNINGS), 1n, 'carol', ['USD']),
        recipient: 'carol',
        caller: 'carol',
      },
    ],
  },
];

const distribution = {
  distributionType: 'OperatorSetTotalStake',
  weight: 6_000n,
  startEpoch: 1n,
  totalEpochs: 0n,
  operatorSet: { avs: 'avs', id: 0n },
  submissions: [
    [['S1', WAD]],
    [
      ['S1', WAD],
      ['T', 1n],
    ],
  ],
} as const;

const emissions: readonly Operation[] = [
  { op: 'setIncentiveCouncil', incentiveCouncil: 'council2', caller: 'boss' },
  { op: 'addDistribution', distribution: { ...distribution, weight: 1n }, caller: 'council2' },
  { op: 'addDistribution', distribution: { ...distribution, distributionType: 'Manual', weight: 7n, submissions: [] } },
  // The total stake of a set is rewarded by its AVS, or by whom it let.
  {
    op: 'setAppointee',
    account: 'avs',
    appointee: 'mint',
    target: 'RewardsCoordinator',
    selector: 'createTotalStakeRewardsSubmission',
  },
  { op: 'updateDistribution', distributionId: 0n, distribution, caller: 'council2' },
  { op: 'advance', blocks: (2n * WEEK) / 12n },
  { op: 'pressButton', length: 5n },
  { op: 'sweep' },
];

const durationVault: readonly Operation[] = [
  {
    op: 'deployDurationVaultStrategy',
    strategy: 'V',
    vaultAdmin: 'keeper',
    arbitrator: 'arbiter',
    duration: 1_200n,
    maxPerDeposit: 100n,
    stakeCap: 900n,
    avs: 'avs',
    id: 2n,
    delegationApprover: 'guard',
  },
  { op: 'updateTVLLimits', strategy: 'V', maxPerDeposit: 200n, stakeCap: 1_000n, caller: 'keeper' },
  { op: 'updateDelegationApprover', strategy: 'V', delegationApprover: null, caller: 'keeper' },
  { op: 'setRewardsClaimer', strategy: 'V', claimer: 'keeper', caller: 'keeper' },
  { op: 'delegate', staker: 'dave', operator: 'V' },
  { op: 'deposit', staker: 'dave', strategy: 'V', amount: 150n },
  { op: 'lock', strategy: 'V', caller: 'keeper' },
  { op: 'advance', blocks: 50n },
  { op: 'advanceToWithdrawals', strategy: 'V', caller: 'arbiter' },
  { op: 'markMatured', strategy: 'V' },
  { op: 'blacklistToken', strategy: 'V' },
];

const pausing: readonly Operation[] = [
  { op: 'pause', contract: 'DelegationManager', newPausedStatus: 5n },
  { op: 'unpause', contract: 'DelegationManager', newPausedStatus: 1n },
  { op: 'pauseAll', contract: 'StrategyBase', strategy: 'S1' },
];

export const HISTORY: readonly Operation[] = [
  ...staking,
  ...permissions,
  ...allocation,
  ...withdrawals,
  ...pods,
  ...rewards,
  ...emissions,
  ...durationVault,
  ...pausing,
];
