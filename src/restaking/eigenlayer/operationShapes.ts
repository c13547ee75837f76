// The JSON of each operation, as schemas.
import { z } from 'zod';
import { firstProblem, type Problem } from '../state/problem.ts';
import { ID, MAX_UINT256 } from '../state/schemas.ts';
import type { Operation } from './operation.ts';

const digits = z.union([z.string().regex(/^-?(?:0|[1-9][0-9]{0,77})$/), z.number().int()], {
  error: 'expected an integer below 2^53, or decimal digits as text',
});
const signed = z.codec(digits, z.bigint(), { decode: (given) => BigInt(given), encode: (value) => value.toString() });
const uint = signed.pipe(z.bigint().nonnegative('expected an integer that is not negative').max(MAX_UINT256, 'expected at most 2^256 - 1'));
/** Operator set ids, blocks, slash ids. */
const uint32 = signed.pipe(z.bigint().nonnegative('expected 0..2^32-1').max(0xffff_ffffn, 'expected 0..2^32-1'));
const id = z.string().regex(ID, 'expected a name of 1..80 visible characters without | and :');
const ids = z.array(id);
const uints = z.array(uint);
const flag = z.boolean();
const set = { avs: id, id: uint32 };
const change = { ...set, strategies: ids, newMagnitudes: uints };
const pair = z.tuple([id, uint]);

type Shape<K extends Operation['op']> = z.ZodType<Extract<Operation, { op: K }>, unknown>;

export const SHAPES: { readonly [K in Operation['op']]: Shape<K> } = {
  advance: z.strictObject({ op: z.literal('advance'), blocks: uint32 }),
  deposit: z.strictObject({ op: z.literal('deposit'), staker: id, strategy: id, amount: uint }),
  donate: z.strictObject({ op: z.literal('donate'), strategy: id, amount: uint }),
  rebaseDown: z.strictObject({ op: z.literal('rebaseDown'), strategy: id, amount: uint }),
  clearBurnOrRedistributableShares: z.strictObject({
    op: z.literal('clearBurnOrRedistributableShares'),
    ...set,
    slashId: uint,
    strategy: id.exactOptional(),
  }),
  registerOperator: z.strictObject({ op: z.literal('registerOperator'), operator: id, allocationDelay: uint32 }),
  delegate: z.strictObject({ op: z.literal('delegate'), staker: id, operator: id }),
  undelegate: z.strictObject({ op: z.literal('undelegate'), staker: id, caller: id.exactOptional() }),
  redelegate: z.strictObject({ op: z.literal('redelegate'), staker: id, operator: id }),
  queueWithdrawal: z.strictObject({ op: z.literal('queueWithdrawal'), staker: id, strategies: ids, depositShares: uints }),
  completeWithdrawal: z.strictObject({
    op: z.literal('completeWithdrawal'),
    withdrawal: id,
    receiveAsTokens: flag,
    caller: id.exactOptional(),
  }),
  createOperatorSet: z.strictObject({
    op: z.literal('createOperatorSet'),
    ...set,
    strategies: ids,
    redistributionRecipient: id.exactOptional(),
    slasher: id.exactOptional(),
  }),
  addStrategies: z.strictObject({ op: z.literal('addStrategies'), ...set, strategies: ids }),
  removeStrategies: z.strictObject({ op: z.literal('removeStrategies'), ...set, strategies: ids }),
  setAllocationDelay: z.strictObject({ op: z.literal('setAllocationDelay'), operator: id, delay: uint32 }),
  modifyAllocations: z.union([
    z.strictObject({ op: z.literal('modifyAllocations'), operator: id, ...change }),
    z.strictObject({ op: z.literal('modifyAllocations'), operator: id, params: z.array(z.strictObject(change)) }),
  ]),
  clearDeallocationQueue: z.strictObject({ op: z.literal('clearDeallocationQueue'), operator: id, strategies: ids, numToClear: uints }),
  registerForOperatorSets: z.strictObject({
    op: z.literal('registerForOperatorSets'),
    operator: id,
    avs: id,
    ids: z.array(uint32),
    caller: id.exactOptional(),
  }),
  deregisterFromOperatorSets: z.strictObject({
    op: z.literal('deregisterFromOperatorSets'),
    operator: id,
    avs: id,
    ids: z.array(uint32),
    caller: id.exactOptional(),
  }),
  updateSlasher: z.strictObject({ op: z.literal('updateSlasher'), ...set, slasher: id }),
  slash: z.strictObject({ op: z.literal('slash'), ...set, operator: id, strategies: ids, wads: uints, caller: id.exactOptional() }),
  createPod: z.strictObject({ op: z.literal('createPod'), staker: id }),
  newValidator: z.strictObject({
    op: z.literal('newValidator'),
    staker: id,
    validator: id,
    balanceGwei: uint,
    effectiveBalanceGwei: uint.exactOptional(),
    compounding: flag.exactOptional(),
    wrongCredentials: flag.exactOptional(),
  }),
  setBeaconBalance: z.strictObject({
    op: z.literal('setBeaconBalance'),
    validator: id,
    balanceGwei: uint.exactOptional(),
    effectiveBalanceGwei: uint.exactOptional(),
    slashed: flag.exactOptional(),
    exiting: flag.exactOptional(),
  }),
  podReceive: z.strictObject({ op: z.literal('podReceive'), staker: id, wei: uint }),
  verifyWithdrawalCredentials: z.strictObject({
    op: z.literal('verifyWithdrawalCredentials'),
    staker: id,
    validators: ids,
  }),
  verifyCheckpointProofs: z.strictObject({ op: z.literal('verifyCheckpointProofs'), staker: id, validators: ids }),
  startCheckpoint: z.strictObject({ op: z.literal('startCheckpoint'), staker: id, revertIfNoBalance: flag.exactOptional() }),
  verifyStaleBalance: z.strictObject({ op: z.literal('verifyStaleBalance'), staker: id, validator: id }),
  recordBalanceUpdate: z.strictObject({
    op: z.literal('recordBalanceUpdate'),
    staker: id,
    prevRestakedBalanceWei: uint,
    balanceDeltaWei: signed,
  }),
  setSplit: z.strictObject({
    op: z.literal('setSplit'),
    kind: z.enum(['avs', 'pi', 'set']),
    operator: id,
    avs: id.exactOptional(),
    id: uint32.exactOptional(),
    split: uint,
  }),
  optInFee: z.strictObject({ op: z.literal('optInFee'), who: id, value: flag }),
  submitRewards: z.strictObject({
    op: z.literal('submitRewards'),
    type: z.enum(['avs', 'allEarners', 'uniqueStake', 'totalStake', 'operatorDirectedAVS', 'operatorDirectedSet']),
    avs: id,
    id: uint32.exactOptional(),
    token: id,
    amount: uint.exactOptional(),
    operatorRewards: z.array(pair).exactOptional(),
    startTimestamp: uint,
    duration: uint,
    strategies: z.array(pair),
  }),
  submitRoot: z.strictObject({
    op: z.literal('submitRoot'),
    endTimestamp: uint,
    earnings: z.array(z.tuple([id, z.array(pair)])),
    caller: id.exactOptional(),
  }),
  disableRoot: z.strictObject({ op: z.literal('disableRoot'), index: uint }),
  setClaimerFor: z.strictObject({ op: z.literal('setClaimerFor'), earner: id, claimer: id }),
  claim: z.strictObject({
    op: z.literal('claim'),
    root: uint,
    earner: id,
    tokens: ids,
    recipient: id,
    caller: id.exactOptional(),
    forged: flag.exactOptional(),
  }),
};

/** The operation, or the first field that is not as it should be. */
export function read(name: Operation['op'], json: unknown): { readonly value: Operation } | Problem {
  const result = z.safeDecode(SHAPES[name] as z.ZodType<Operation, unknown>, json);
  return result.success ? { value: result.data } : firstProblem(result.error);
}
