// What a trace can do, for who writes one: each operation with its fields and what it is for.
import type * as Operations from '../../../restaking/eigenlayer/Operations.ts';
import type * as SymbioticOperations from '../../../restaking/symbiotic/Operations.ts';
import type { LedgerName } from '../../../restaking/Traces.ts';

/** Fields in the order of the traces; `?` marks one that may be left out. */
type Entry = readonly [fields: string, purpose: string];

const EIGENLAYER: { readonly [K in Operations.Operation['op']]: Entry } = {
  advance: ['blocks', 'time goes on, 12 s a block'],
  deposit: ['staker strategy amount token?', 'tokens into a vault'],
  depositIntoStrategyWithSignature: [
    'staker strategy amount token? expiry signature',
    'for a staker who signed: signature {signer, nonce}',
  ],
  donate: ['strategy amount', 'tokens to a vault for no shares: the price of a share rises'],
  rebaseDown: ['strategy amount', 'tokens go from a vault: the price of a share falls'],
  setTVLLimits: ['strategy maxPerDeposit maxTotalDeposits', 'caps of a vault of kind tvl'],
  addStrategiesToDepositWhitelist: ['strategies', 'all are on it at the beginning'],
  removeStrategiesFromDepositWhitelist: ['strategies', 'no more deposits'],
  clearBurnOrRedistributableShares: ['avs id slashId strategy?', 'pays out slashed shares: burned, or to the recipient'],
  registerOperator: ['operator allocationDelay delegationApprover?', 'becomes an operator, with all it holds'],
  modifyOperatorDetails: ['operator delegationApprover caller?', "whose approval delegations need; null: nobody's"],
  delegate: ['staker operator approval?', 'puts its shares under an operator; approval {signer, salt, expiry}'],
  undelegate: ['staker caller?', 'leaves the operator; queues all shares'],
  redelegate: ['staker operator approval?', 'leaves, and goes to another operator'],
  queueWithdrawal: ['staker strategies depositShares', 'one withdrawal of several strategies'],
  queueWithdrawals: ['staker params', 'several at once: [{strategies, depositShares}]'],
  completeWithdrawal: ['withdrawal receiveAsTokens tokens? caller?', 'a queued withdrawal W0, W1, … as tokens, or as shares again'],
  completeQueuedWithdrawals: ['withdrawals', 'several, all or none: [{withdrawal, receiveAsTokens, tokens?, caller?}]'],
  updateAVSMetadataURI: ['avs caller?', 'an AVS announces itself, before its first operator set'],
  setAVSRegistrar: ['avs refusesRegistration refusesDeregistration caller?', 'the error that its registrar answers with; null: it agrees'],
  createOperatorSet: ['avs id strategies slasher? redistributionRecipient? caller?', 'burns what it slashes, or pays the recipient'],
  createOperatorSets: ['avs params caller?', 'several: [{id, strategies, slasher?}]'],
  createRedistributingOperatorSets: ['avs params redistributionRecipients caller?', 'several, each with its recipient'],
  addStrategies: ['avs id strategies caller?', 'to an operator set'],
  removeStrategies: ['avs id strategies caller?', 'from an operator set'],
  registerForOperatorSets: ['operator avs ids caller?', 'from now on slashable where stake is allocated'],
  deregisterFromOperatorSets: ['operator avs ids caller?', 'stays slashable for the deallocation delay'],
  setAllocationDelay: ['operator delay caller?', 'in force after the configuration delay'],
  modifyAllocations: [
    'operator avs id strategies newMagnitudes caller?',
    'of one set; or params, a list of {avs, id, strategies, newMagnitudes}',
  ],
  clearDeallocationQueue: ['operator strategies numToClear', 'writes down deallocations whose time has come'],
  updateSlasher: ['avs id slasher caller?', 'in force after the configuration delay'],
  slash: ['avs id operator strategies wads caller?', 'fractions of what the set holds, of 10^18'],
  createPod: ['staker', 'for native ETH'],
  newValidator: [
    'staker validator balanceGwei effectiveBalanceGwei? compounding? wrongCredentials? activated?',
    'on the beacon chain, with the pod as its withdrawal address',
  ],
  setBeaconBalance: [
    'validator balanceGwei? effectiveBalanceGwei? slashed? exiting? activated?',
    'what the beacon chain says of a validator from now on',
  ],
  podReceive: ['staker wei', 'ETH comes into a pod'],
  setProofSubmitter: ['staker submitter caller?', 'who may prove for the owner; null: nobody'],
  verifyWithdrawalCredentials: ['staker validators caller?', 'validators of a pod begin to count'],
  startCheckpoint: ['staker revertIfNoBalance? caller?', 'fixes the balances that are proved next'],
  verifyStaleBalance: ['staker validator', 'anybody starts the checkpoint of a slashed validator'],
  verifyCheckpointProofs: ['staker validators', 'balances of an open checkpoint; with the last one it ends'],
  recordBalanceUpdate: ['staker prevRestakedBalanceWei balanceDeltaWei', "a pod's report without its proofs"],
  setSplit: ['kind operator avs? id? split caller?', 'avs, pi or set: what the operator keeps, of 10000'],
  optInFee: ['who value caller?', 'whether the protocol takes its fee of submissions'],
  submitRewards: [
    'type avs id? token amount? operatorRewards? startTimestamp duration strategies description? caller?',
    'avs, forAll, allEarners, uniqueStake, totalStake, operatorDirectedAVS or operatorDirectedSet; strategies [[strategy, multiplier]]',
  ],
  submitRoot: ['endTimestamp earnings caller?', 'cumulative earnings: [[earner, [[token, amount]]]]; or root, 32 bytes in hex'],
  disableRoot: ['index caller?', 'before it is in force'],
  setClaimerFor: ['earner claimer caller?', 'who claims instead of the earner'],
  claim: [
    'root earner tokens recipient caller? forged?',
    'what a root says that was not yet claimed; or claim, with its proofs, and recipient',
  ],
  processClaims: ['claims', 'several, all or none'],
  setActivationDelay: ['activationDelay caller?', 'of roots and splits, in seconds; by the owner'],
  setDefaultOperatorSplit: ['split caller?', 'of 10000; by the owner'],
  setFeeRecipient: ['feeRecipient caller?', 'by the owner'],
  setRewardsUpdater: ['rewardsUpdater caller?', 'who submits roots; by the owner'],
  setRewardsForAllSubmitter: ['submitter value caller?', 'who may reward all earners; by the owner'],
  pressButton: ['length', 'mints for the epoch and hands out so many distributions'],
  sweep: ['', 'once nothing is left to process, the rest goes to the council'],
  addDistribution: [
    'distribution caller?',
    '{distributionType, weight, startEpoch, totalEpochs, operatorSet?, submissions: [[[strategy, multiplier]]]}',
  ],
  updateDistribution: ['distributionId distribution caller?', 'for epochs to come'],
  setIncentiveCouncil: ['incentiveCouncil caller?', 'who is paid what is left over'],
  addPendingAdmin: ['account admin caller?', 'who accepts acts for the account'],
  acceptAdmin: ['account caller', 'with the first admin the account itself no longer acts'],
  removePendingAdmin: ['account admin caller?', 'before it accepts'],
  removeAdmin: ['account admin caller?', 'never the last one'],
  setAppointee: ['account appointee target selector caller?', 'may call one function of one contract'],
  removeAppointee: ['account appointee target selector caller?', 'may no longer'],
  pause: ['contract strategy? newPausedStatus', 'groups of functions, by bits'],
  unpause: ['contract strategy? newPausedStatus', 'the bits that stay'],
  pauseAll: ['contract strategy?', 'every group'],
  deployDurationVaultStrategy: [
    'strategy vaultAdmin arbitrator duration maxPerDeposit stakeCap avs id delegationApprover?',
    'makes a plain vault one that locks deposits and is its own operator',
  ],
  lock: ['strategy caller?', 'a duration vault allocates; no more deposits'],
  markMatured: ['strategy', 'its time is over: withdrawals open'],
  advanceToWithdrawals: ['strategy caller?', 'the arbitrator ends it early'],
  updateTVLLimits: ['strategy maxPerDeposit stakeCap caller?', 'of a duration vault'],
  updateDelegationApprover: ['strategy delegationApprover caller?', 'of a duration vault'],
  setRewardsClaimer: ['strategy claimer caller?', 'of a duration vault'],
  blacklistToken: ['strategy', 'of a duration vault: no more deposits'],
};

const SYMBIOTIC: { readonly [K in SymbioticOperations.Operation['op']]: Entry } = {
  advance: ['seconds', 'time goes on'],
  deposit: ['who amount onBehalfOf?', 'tokens into the vault'],
  withdraw: ['who amount claimer?', 'so many tokens, claimable two epochs later'],
  redeem: ['who shares claimer?', 'so many shares, claimable two epochs later'],
  claim: ['who epoch recipient?', 'what was withdrawn for an epoch that is over'],
  claimBatch: ['who epochs recipient?', 'several of them'],
  setDepositWhitelist: ['status', 'whether depositors have to be listed'],
  setDepositorWhitelistStatus: ['account status', 'lists a depositor'],
  setIsDepositLimit: ['status', 'whether there is a limit'],
  setDepositLimit: ['limit', 'of the active stake'],
  setMaxNetworkLimit: ['net id amount', 'by the network: the most that it takes'],
  setNetworkLimit: ['net id amount', "by the vault's curator"],
  setOperatorNetworkLimit: ['net id operator amount', 'delegator full'],
  setOperatorNetworkShares: ['net id operator shares', 'delegator network: how its stake is split'],
  registerOperator: ['operator', 'with the registry'],
  registerNetwork: ['net', 'with the registry'],
  optInVault: ['operator', 'to the vault'],
  optOutVault: ['operator', 'of the vault: no stake from now on'],
  optInNetwork: ['operator net', 'to a network'],
  optOutNetwork: ['operator net', 'of a network: no stake from now on'],
  setResolver: ['net id resolver?', 'slasher veto: who may veto; nobody when left out'],
  slash: ['net id operator amount captureAgo', 'slasher instant: stake as it was captureAgo seconds ago'],
  requestSlash: ['net id operator amount captureAgo', 'slasher veto'],
  executeSlash: ['net index', 'slasher veto: after the time for a veto'],
  vetoSlash: ['index who', 'slasher veto: by the resolver'],
};

const ENTRIES: { readonly [K in LedgerName]: Readonly<Record<string, Entry>> } = { eigenlayer: EIGENLAYER, symbiotic: SYMBIOTIC };

export type Operation = {
  readonly op: string;
  readonly fields: readonly { readonly name: string; readonly isOptional: boolean }[];
  readonly purpose: string;
};

export function operationsOf(ledger: LedgerName): readonly Operation[] {
  return Object.entries(ENTRIES[ledger]).map(([op, [fields, purpose]]) => ({
    op,
    fields: fields.split(' ').flatMap((field) => (field === '' ? [] : [{ name: field.replace('?', ''), isOptional: field.endsWith('?') }])),
    purpose,
  }));
}
