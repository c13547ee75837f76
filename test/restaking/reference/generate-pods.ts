// Random operations of native restaking. The state does not list validators, so the builder remembers them.
import type { EigenLayerBuilder } from './generate-eigenlayer.ts';
import { BEACON, type Proposal } from './generate-staking.ts';
import type { JsonObject } from './json.ts';

const GWEI = 10n ** 9n;

export type Validator = { name: string; owner: string; isVerified: boolean; balanceGwei: bigint; isBad: boolean; isSlashed: boolean };

function podOwners(b: EigenLayerBuilder): string[] {
  return b.names('stakers').filter((staker) => b.see('stakers', staker, 'pod') !== undefined);
}

export function createPod(b: EigenLayerBuilder): Proposal {
  const without = ['a', 'b', 'c', 'o1'].filter((staker) => b.see('stakers', staker, 'pod') === undefined);
  return without.length === 0 ? undefined : { op: 'createPod', staker: b.random.pick(without) };
}

export function newValidator(b: EigenLayerBuilder): Proposal {
  const owners = podOwners(b);
  if (owners.length === 0 || b.validators.length >= 12) return undefined;
  const staker = b.random.pick(owners);
  const name = `val${b.validators.length}`;
  const compounding = b.random.chance(30);
  const wrongCredentials = b.random.chance(6);
  const full = compounding ? 1n + b.random.bigBelow(2048n) : 32n;
  const balanceGwei = b.random.chance(60) ? full * GWEI : full * GWEI - b.random.bigBelow(GWEI) + b.random.bigBelow(GWEI / 2n);
  const effectiveBalanceGwei = b.random.chance(80) ? (balanceGwei / GWEI) * GWEI : b.random.bigBelow(full + 1n) * GWEI;
  b.validators.push({ name, owner: staker, isVerified: false, balanceGwei, isBad: wrongCredentials, isSlashed: false });
  return {
    ...{ op: 'newValidator', staker, validator: name, balanceGwei: String(balanceGwei) },
    ...{ effectiveBalanceGwei: String(effectiveBalanceGwei), compounding },
    ...(wrongCredentials ? { wrongCredentials } : {}),
  };
}

export function verifyCredentials(b: EigenLayerBuilder): Proposal {
  const fresh = b.validators.filter((one) => !one.isVerified && !one.isBad);
  if (fresh.length === 0 || b.random.chance(10)) {
    if (b.validators.length === 0 || b.random.chance(70)) return undefined;
    const any = b.random.pick(b.validators);
    return {
      op: 'verifyWithdrawalCredentials',
      staker: b.random.chance(80) ? any.owner : b.random.pick(podOwners(b)),
      validators: [any.name],
    };
  }
  const { owner, name } = b.random.pick(fresh);
  const also = fresh.filter((one) => one.owner === owner && one.name !== name).map((one) => one.name);
  return { op: 'verifyWithdrawalCredentials', staker: owner, validators: [name, ...also.slice(0, b.random.below(3))] };
}

export function setBeaconBalance(b: EigenLayerBuilder): Proposal {
  if (b.validators.length === 0) return undefined;
  const validator = b.random.pick(b.validators);
  const { balanceGwei } = validator;
  const how = b.random.below(100);
  const slashed = how < 20;
  let next = balanceGwei;
  if (how < 12) next = balanceGwei / 2n;
  else if (how < 50) next = balanceGwei + b.random.bigBelow(GWEI / 10n);
  else if (how < 75) next = balanceGwei - b.random.bigBelow(balanceGwei / 8n + 1n);
  else if (how < 85) next = balanceGwei - b.random.bigBelow(balanceGwei + 1n);
  else next = 0n;
  const leaves = balanceGwei - next;
  validator.balanceGwei = next;
  if (next === 0n && leaves > 0n && b.random.chance(80))
    b.later.push({ op: 'podReceive', staker: validator.owner, wei: String(leaves * GWEI) });
  // An unverified validator's effective balance is always told: the format has no rule for it.
  const effective = validator.isVerified ? {} : { effectiveBalanceGwei: String((next / GWEI) * GWEI) };
  validator.isSlashed ||= slashed;
  const exiting = b.random.chance(10);
  const attempt: JsonObject = { op: 'verifyWithdrawalCredentials', staker: validator.owner, validators: [validator.name] };
  if (exiting && !validator.isVerified) b.later.push(attempt);
  return {
    ...{ op: 'setBeaconBalance', validator: validator.name, balanceGwei: String(next), ...effective },
    ...(slashed ? { slashed } : {}),
    ...(exiting ? { exiting } : {}),
  };
}

export function podReceive(b: EigenLayerBuilder): Proposal {
  const owners = podOwners(b);
  if (owners.length === 0) return undefined;
  return { op: 'podReceive', staker: b.random.pick(owners), wei: String(b.random.ofAnySize(20)) };
}

export function startCheckpoint(b: EigenLayerBuilder): Proposal {
  const idle = podOwners(b).filter((one) => b.number(['stakers', one, 'pod', 'currentCheckpointTimestamp']) === 0n);
  const rested = idle.filter((one) => b.number(['stakers', one, 'pod', 'lastCheckpointTimestamp']) !== b.number(['time']));
  const owners = rested.length > 0 && b.random.chance(92) ? rested : b.random.chance(40) ? podOwners(b) : [];
  if (owners.length === 0) return undefined;
  const staker = b.random.pick(owners);
  const fresh = b.validators.find((one) => one.owner === staker && !one.isVerified);
  if (fresh !== undefined && b.random.chance(30)) b.later.push({ op: 'verifyWithdrawalCredentials', staker, validators: [fresh.name] });
  return { op: 'startCheckpoint', staker, ...(b.random.chance(15) ? { revertIfNoBalance: true } : {}) };
}

export function proveCheckpoint(b: EigenLayerBuilder): Proposal {
  const open = podOwners(b).filter((one) => b.number(['stakers', one, 'pod', 'currentCheckpointTimestamp']) !== 0n);
  if (open.length === 0) {
    const owners = podOwners(b);
    if (owners.length === 0 || b.random.chance(96)) return undefined;
    return { op: 'verifyCheckpointProofs', staker: b.random.pick(owners), validators: [] };
  }
  const staker = b.random.pick(open);
  const own = b.validators.filter((one) => one.owner === staker).map((one) => one.name);
  const validators = b.random.chance(60) ? own : b.random.some(own);
  return { op: 'verifyCheckpointProofs', staker, validators: b.random.shuffled(validators) };
}

export function verifyStale(b: EigenLayerBuilder): Proposal {
  if (b.validators.length === 0) return undefined;
  const slashed = b.validators.filter((one) => one.isSlashed && one.isVerified);
  if (slashed.length === 0 && b.random.chance(80)) return undefined;
  const { owner, name } = b.random.pick(slashed.length > 0 && b.random.chance(85) ? slashed : b.validators);
  return { op: 'verifyStaleBalance', staker: owner, validator: name };
}

export function recordBalanceUpdate(b: EigenLayerBuilder): Proposal {
  const owners = podOwners(b);
  if (owners.length === 0) return undefined;
  const staker = b.random.pick(owners);
  const held = b.number(['stakers', staker, 'depositShares', BEACON]);
  const whole = held / GWEI > 0n ? held / GWEI : 32n * GWEI;
  const odd = b.random.below(100);
  const part = odd < 45 ? b.random.bigBelow(whole / 4n + 2n) : b.random.part(whole);
  const isLoss = b.random.chance(45);
  const previous = (odd < 3 ? part / 2n : whole + (b.random.chance(30) ? b.random.bigBelow(GWEI) : 0n)) * GWEI;
  const delta = isLoss ? -part * GWEI : b.random.ofAnySize(12) * GWEI;
  const change = odd === 99 ? delta + 1n : odd === 98 ? 0n : delta;
  return { op: 'recordBalanceUpdate', staker, prevRestakedBalanceWei: String(previous), balanceDeltaWei: String(change) };
}
