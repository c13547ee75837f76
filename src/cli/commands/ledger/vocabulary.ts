// What a trace can do, for who writes one: each operation with its fields and what it is for.
import * as Operations from '../../../restaking/eigenlayer/Operations.ts';
import * as SymbioticOperations from '../../../restaking/symbiotic/Operations.ts';
import type { LedgerName } from '../../../restaking/Traces.ts';

/** Fields in the order of the traces; `?` marks one that may be left out. */
type Entry = readonly [fields: string, purpose: string];

type Entries = Readonly<Record<string, Entry | undefined>>;

const EIGENLAYER: { readonly [K in Operations.Operation['op']]?: Entry } = {
  advance: ['blocks', 'time goes on, 12 s a block'],
  deposit: ['staker strategy amount', 'tokens into a vault'],
  donate: ['strategy amount', 'tokens to a vault for no shares: the price of a share rises'],
  rebaseDown: ['strategy amount', 'tokens go from a vault: the price of a share falls'],
  registerOperator: ['operator allocationDelay', 'becomes an operator, with all it holds'],
  delegate: ['staker operator', 'puts its shares under an operator'],
  undelegate: ['staker caller?', 'leaves the operator; queues all shares'],
  redelegate: ['staker operator', 'leaves, and goes to another operator'],
  queueWithdrawal: ['staker strategies depositShares', 'one withdrawal of several strategies'],
  completeWithdrawal: ['withdrawal receiveAsTokens caller?', 'a queued withdrawal W0, W1, … as tokens, or as shares again'],
  createOperatorSet: ['avs id strategies redistributionRecipient? slasher?', 'burns what it slashes, or pays the recipient'],
  addStrategies: ['avs id strategies', 'to an operator set'],
  removeStrategies: ['avs id strategies', 'from an operator set'],
  registerForOperatorSets: ['operator avs ids caller?', 'from now on slashable where stake is allocated'],
  deregisterFromOperatorSets: ['operator avs ids caller?', 'stays slashable for the deallocation delay'],
  setAllocationDelay: ['operator delay', 'in force after the configuration delay'],
  modifyAllocations: [
    'operator avs id strategies newMagnitudes',
    'magnitudes of one set; or params, a list of {avs, id, strategies, newMagnitudes}',
  ],
  clearDeallocationQueue: ['operator strategies numToClear', 'writes down deallocations whose time has come'],
  updateSlasher: ['avs id slasher', 'in force after the configuration delay'],
  slash: ['avs id operator strategies wads caller?', 'fractions of what the set holds, of 10^18'],
  clearBurnOrRedistributableShares: ['avs id slashId strategy?', 'pays out slashed shares: burned, or to the recipient'],
  createPod: ['staker', 'for native ETH'],
  newValidator: [
    'staker validator balanceGwei effectiveBalanceGwei? compounding? wrongCredentials?',
    'on the beacon chain, with the pod as its withdrawal address',
  ],
  setBeaconBalance: [
    'validator balanceGwei? effectiveBalanceGwei? slashed? exiting?',
    'what the beacon chain says of a validator from now on',
  ],
  podReceive: ['staker wei', 'ETH comes into a pod'],
  verifyWithdrawalCredentials: ['staker validators', 'validators of a pod begin to count'],
  startCheckpoint: ['staker revertIfNoBalance?', 'fixes the balances that are proved next'],
  verifyStaleBalance: ['staker validator', 'anybody starts the checkpoint of a slashed validator'],
  verifyCheckpointProofs: ['staker validators', 'balances of an open checkpoint; with the last one it ends'],
  recordBalanceUpdate: ['staker prevRestakedBalanceWei balanceDeltaWei', "a pod's report without its proofs"],
  setSplit: ['kind operator avs? id? split', 'avs, pi or set: what the operator keeps, of 10000'],
  optInFee: ['who value', 'whether the protocol takes its fee of submissions'],
  submitRewards: [
    'type avs id? token amount? operatorRewards? startTimestamp duration strategies',
    'avs, allEarners, uniqueStake, totalStake, operatorDirectedAVS or operatorDirectedSet',
  ],
  submitRoot: ['endTimestamp earnings caller?', 'cumulative earnings: [[earner, [[token, amount]]]]'],
  disableRoot: ['index', 'before it is in force'],
  setClaimerFor: ['earner claimer', 'who claims instead of the earner'],
  claim: ['root earner tokens recipient caller? forged?', 'what a root says that was not yet claimed'],
};

const SYMBIOTIC: { readonly [K in SymbioticOperations.Operation['op']]?: Entry } = {
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

const NAMES: { readonly [K in LedgerName]: readonly string[] } = { eigenlayer: Operations.NAMES, symbiotic: SymbioticOperations.NAMES };
const ENTRIES: { readonly [K in LedgerName]: Entries } = { eigenlayer: EIGENLAYER, symbiotic: SYMBIOTIC };

export type Operation = {
  readonly op: string;
  /** Not of the few whose fields are only in the library's types. */
  readonly fields?: readonly { readonly name: string; readonly isOptional: boolean }[];
  readonly purpose?: string;
};

/** Every operation; those with their fields first. */
export function operationsOf(ledger: LedgerName): readonly Operation[] {
  const described = Object.entries(ENTRIES[ledger]).flatMap(([op, entry]) => (entry === undefined ? [] : [operationOf(op, entry)]));
  const others = NAMES[ledger].filter((name) => !Object.hasOwn(ENTRIES[ledger], name));
  return [...described, ...others.map((op) => ({ op }))];
}

function operationOf(op: string, [fields, purpose]: Entry): Operation {
  return { op, fields: fields.split(' ').map((field) => ({ name: field.replace('?', ''), isOptional: field.endsWith('?') })), purpose };
}
