// EigenLayer reference ledger: native restaking, pods on a made-up beacon chain (EigenLayer contracts EigenPod, EigenPodManager).
import { addShares, currentFactor, increaseDelegation } from './eigenlayer-shares.ts';
import {
  BEACON,
  type BeaconValidator,
  beaconFactor,
  findPod,
  get,
  maxMagnitude,
  type Pod,
  type State,
  scalingFactor,
  type World,
} from './eigenlayer-state.ts';
import { flag, integer, integerOr, type Json, type JsonObject, text, texts } from './json.ts';
import { GWEI, minus, mul, mulDiv, refuse, require } from './maths.ts';

function podOf(state: State, op: JsonObject): Pod {
  const pod = findPod(state, text(op, 'staker'));
  if (pod === undefined) throw new Error(`no pod: ${JSON.stringify(op)}`);
  return pod;
}

function validatorOf(state: State, name: string): BeaconValidator {
  const validator = state.beacon.find((one) => one.name === name);
  if (validator === undefined) throw new Error(`no validator ${name}`);
  return validator;
}

export function createPod(world: World, op: JsonObject): Json {
  const { state } = world;
  const staker = text(op, 'staker');
  if (findPod(state, staker) !== undefined) throw new Error(`${staker} has a pod`);
  state.pods.push({
    ...{ staker, rel: 0n, active: 0n, cur: 0n, last: 0n, balanceWei: 0n },
    ...{ remaining: 0n, podBalanceGwei: 0n, deltas: 0n, prevBeaconBalance: 0n, snapshot: {}, validators: [] },
  });
  return { ok: true };
}

export function newValidator(world: World, op: JsonObject): Json {
  const balanceGwei = integer(op, 'balanceGwei');
  world.state.beacon.push({
    name: text(op, 'validator'),
    owner: text(op, 'staker'),
    balanceGwei,
    effectiveGwei: integerOr(op, 'effectiveBalanceGwei', balanceGwei),
    wrongCredentials: flag(op, 'wrongCredentials'),
    slashed: false,
    exiting: false,
  });
  return { ok: true };
}

export function setBeaconBalance(world: World, op: JsonObject): Json {
  const validator = validatorOf(world.state, text(op, 'validator'));
  validator.balanceGwei = integerOr(op, 'balanceGwei', validator.balanceGwei);
  validator.effectiveGwei = integerOr(op, 'effectiveBalanceGwei', validator.effectiveGwei);
  if (op['slashed'] !== undefined) validator.slashed = flag(op, 'slashed');
  if (op['exiting'] !== undefined) validator.exiting = flag(op, 'exiting');
  return { ok: true };
}

export function podReceive(world: World, op: JsonObject): Json {
  podOf(world.state, op).balanceWei += integer(op, 'wei');
  return { ok: true };
}

/** What the pod tells the manager: a rise adds deposit shares, a fall deepens the beacon factor. */
function report(state: State, staker: string, previousWei: bigint, deltaWei: bigint): void {
  require(deltaWei % GWEI === 0n, 'SharesNotMultipleOfGwei');
  const operator = state.op[staker];
  if (deltaWei > 0n) {
    const before = addShares(state, staker, BEACON, deltaWei);
    increaseDelegation(state, {
      ...{ staker, operator, before, strategy: BEACON },
      added: deltaWei,
      factor: currentFactor(state, staker, BEACON),
    });
  } else if (deltaWei < 0n) {
    const b = beaconFactor(state, staker);
    const next = mulDiv(b, minus(previousWei, -deltaWei), previousWei);
    state.b[staker] = next;
    if (operator === undefined) return;
    const D = get(state.D, `${staker}|${BEACON}`);
    const k = scalingFactor(state, staker, BEACON);
    const lost = mul(mul(D, k), mul(maxMagnitude(state, operator, BEACON), b - next));
    state.S[`${operator}|${BEACON}`] = minus(get(state.S, `${operator}|${BEACON}`), lost);
  }
}

export function recordBalanceUpdate(world: World, op: JsonObject): Json {
  report(world.state, text(op, 'staker'), integer(op, 'prevRestakedBalanceWei'), integer(op, 'balanceDeltaWei'));
  return { ok: true };
}

export function verifyWithdrawalCredentials(world: World, op: JsonObject): Json {
  const { state } = world;
  const pod = podOf(state, op);
  require(state.time > pod.cur, 'BeaconTimestampTooFarInPast');
  require(state.time > pod.last, 'BeaconTimestampBeforeLatestCheckpoint');
  let total = 0n;
  for (const name of texts(op, 'validators')) {
    const validator = validatorOf(state, name);
    require(!pod.validators.some((one) => one.name === name), 'CredentialsAlreadyVerified');
    require(!validator.exiting, 'ValidatorIsExitingBeaconChain');
    require(validator.owner === pod.staker && !validator.wrongCredentials, 'WithdrawalCredentialsNotForEigenPod');
    const amount = validator.effectiveGwei;
    pod.validators.push({ name, restakedGwei: amount, lastCheckpointedAt: pod.cur !== 0n ? pod.cur : pod.last, status: 'ACTIVE' });
    pod.active += 1n;
    pod.prevBeaconBalance += amount;
    total += amount;
  }
  report(state, pod.staker, 0n, total * GWEI);
  return { ok: true };
}

function finishIfDone(state: State, pod: Pod): void {
  if (pod.remaining !== 0n) return;
  const previous = pod.rel + pod.prevBeaconBalance;
  const delta = pod.podBalanceGwei + pod.deltas;
  pod.rel += pod.podBalanceGwei;
  pod.last = pod.cur;
  pod.cur = 0n;
  report(state, pod.staker, previous * GWEI, delta * GWEI);
}

function openCheckpoint(state: State, pod: Pod, revertIfNoBalance: boolean): void {
  require(pod.cur === 0n, 'CheckpointAlreadyActive');
  require(pod.last !== state.time, 'CannotCheckpointTwiceInSingleBlock');
  const received = pod.balanceWei / GWEI - pod.rel;
  require(!(revertIfNoBalance && received === 0n), 'NoBalanceToCheckpoint');
  pod.cur = state.time;
  pod.remaining = pod.active;
  pod.podBalanceGwei = received;
  pod.deltas = 0n;
  pod.prevBeaconBalance = 0n;
  pod.snapshot = {};
  for (const validator of state.beacon) pod.snapshot[validator.name] = validator.balanceGwei;
  finishIfDone(state, pod);
}

export function startCheckpoint(world: World, op: JsonObject): Json {
  openCheckpoint(world.state, podOf(world.state, op), flag(op, 'revertIfNoBalance'));
  return { ok: true };
}

export function verifyStaleBalance(world: World, op: JsonObject): Json {
  const { state } = world;
  const pod = podOf(state, op);
  const name = text(op, 'validator');
  const known = pod.validators.find((one) => one.name === name);
  require(state.time > (known?.lastCheckpointedAt ?? 0n), 'BeaconTimestampTooFarInPast');
  require(known?.status === 'ACTIVE', 'ValidatorNotActiveInPod');
  require(validatorOf(state, name).slashed, 'ValidatorNotSlashedOnBeaconChain');
  openCheckpoint(state, pod, false);
  return { ok: true };
}

export function verifyCheckpointProofs(world: World, op: JsonObject): Json {
  const { state } = world;
  const pod = podOf(state, op);
  require(pod.cur !== 0n, 'NoActiveCheckpoint');
  const checkpointTime = pod.cur;
  for (const name of texts(op, 'validators')) {
    const known = pod.validators.find((one) => one.name === name);
    if (known === undefined || known.status !== 'ACTIVE' || known.lastCheckpointedAt >= checkpointTime) continue;
    const now = get(pod.snapshot, name);
    pod.remaining -= 1n;
    pod.prevBeaconBalance += known.restakedGwei;
    pod.deltas += now - known.restakedGwei;
    known.restakedGwei = now;
    known.lastCheckpointedAt = checkpointTime;
    if (now === 0n) {
      known.status = 'WITHDRAWN';
      pod.active -= 1n;
    }
  }
  finishIfDone(state, pod);
  return { ok: true };
}

/** Pays a native withdrawal in whole gwei; the remainder is lost. */
export function payFromPod(state: State, staker: string, shares: bigint): bigint {
  const pod = findPod(state, staker);
  const gwei = shares / GWEI;
  if (pod === undefined || gwei > pod.rel) refuse('InsufficientWithdrawableBalance');
  pod.rel -= gwei;
  pod.balanceWei -= gwei * GWEI;
  return gwei * GWEI;
}
