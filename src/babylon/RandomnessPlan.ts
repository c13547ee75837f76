// Whether randomness is to be committed now, and from which height: finality-provider finality-provider/service/rand_committer.go ShouldCommit,
// with the delay that commitments really need. Babylon x/finality/keeper/msg_server.go CommitPubRandList for what the chain takes.
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import type { StakingNetwork } from './Networks.ts';
import type { Range } from './RandomnessIndex.ts';

export type Reason =
  | Check.Reason
  | { readonly code: 'randomness-plan.too-few'; readonly numPubRand: number; readonly min: string; readonly reference: 'finality/1105' };

/**
 * How much is committed, and how far ahead.
 *
 * @unit numPubRand: heights of one commitment; timestampingDelayBlocks: Babylon blocks until a commitment can be used
 */
export type Settings = {
  readonly numPubRand: number;
  readonly timestampingDelayBlocks: bigint;
  readonly minPubRand: bigint;
  readonly finalityActivationHeight: bigint;
};

/** What is known of chain and provider. */
export type Facts = {
  readonly tipHeight: bigint;
  /** The last height of the last commitment; undefined: none yet. */
  readonly lastCommittedHeight: bigint | undefined;
  /** A commitment was sent, and nobody knows yet what became of it. */
  readonly inFlight?: boolean;
  readonly provider?: { readonly registered: boolean; readonly slashed: boolean; readonly softDeleted: boolean };
};

export type Plan =
  | {
      readonly kind: 'commit';
      readonly startHeight: bigint;
      readonly numPubRand: number;
      /**
       * `first`: nothing was committed. `behind`: what was committed ends before a new commitment could be used. `extend`: it is continued.
       * `wanted`: somebody chose the start; {@link next} never says so.
       */
      readonly reason: 'first' | 'behind' | 'extend' | 'wanted';
      /** Heights between the last commitment and this one: the provider will have no power there. */
      readonly gap: Range | undefined;
    }
  | {
      readonly kind: 'nothing';
      /** `enough`: committed far enough ahead. The others: a commitment would be refused or useless. */
      readonly reason: 'enough' | 'in-flight' | 'not-registered' | 'deleted' | 'slashed' | 'too-far-ahead' | 'end-of-heights';
      /** The tip at which there is something to do again, where that follows from the rule. */
      readonly dueAtTip: bigint | undefined;
    };

/** The chain takes no start so far above its height, or farther. @source babylon x/finality/types/constants.go MaxPubRandCommitOffset */
export const MAX_OFFSET = 160_000n;
/** What finality-provider commits at once. */
export const DEFAULT_NUM_PUB_RAND = 50_000;

const UINT64_MAX = 0xffff_ffff_ffff_ffffn;

/**
 * Babylon blocks from the sending of a commitment to its first use: its epoch ends, and the checkpoint of the epoch gets `finalizationTimeoutBlocks`
 * deep in Bitcoin. Finality-provider's 6000 stand for a timeout of 100; mainnet has 300 since its upgrade v1, which is 18360 at blocks of 10 s.
 *
 * @unit finalizationTimeoutBlocks: Bitcoin blocks; epochInterval and result: Babylon blocks; babylonBlockSeconds: seconds
 * @throws input.*
 * @source babylon x/btccheckpoint (checkpoint_finalization_timeout), x/finality/keeper/public_randomness.go
 */
export function timestampingDelay(options: {
  readonly finalizationTimeoutBlocks: number;
  readonly epochInterval: bigint;
  readonly babylonBlockSeconds?: number;
}): bigint {
  const { finalizationTimeoutBlocks, epochInterval, babylonBlockSeconds } = Check.object(options, 'options');
  const timeout = BigInt(Check.integer(finalizationTimeoutBlocks, 'finalizationTimeoutBlocks', 1, 0xffff_ffff));
  const seconds = BigInt(Check.integer(babylonBlockSeconds ?? 10, 'babylonBlockSeconds', 1, 3_600));
  Check.bigInteger(epochInterval, 'epochInterval', 1n, UINT64_MAX);
  return (timeout * 600n + seconds - 1n) / seconds + epochInterval;
}

/** The settings of a known network; changes replace. @throws input.*, randomness-plan.too-few */
export function settingsOf(network: StakingNetwork, changes: Partial<Settings> = {}): Settings {
  const { btccheckpoint, finality, epochInterval } = Check.object(network, 'network');
  if (epochInterval === undefined) return Check.missing('network.epochInterval');
  const { finalizationTimeoutBlocks } = Check.object(btccheckpoint, 'network.btccheckpoint');
  return checkSettings({
    numPubRand: DEFAULT_NUM_PUB_RAND,
    timestampingDelayBlocks: timestampingDelay({ finalizationTimeoutBlocks, epochInterval }),
    minPubRand: finality.minPubRand,
    finalityActivationHeight: finality.finalityActivationHeight,
    ...Check.object(changes, 'changes'),
  });
}

/**
 * What to do now. With D = tip + delay and L = the last committed height (none: 0):
 * L < D: commit from D on. L < D + numPubRand: commit from L + 1 on. Else nothing. Never from below the activation of finality.
 *
 * @throws input.*
 * @throws randomness-plan.too-few - settings that the chain refuses (finality/1105)
 * @source finality-provider finality-provider/service/rand_committer.go ShouldCommit
 */
export function next(settings: Settings, facts: Facts): Plan {
  const { numPubRand, timestampingDelayBlocks, finalityActivationHeight } = checkSettings(settings);
  const { tipHeight, lastCommittedHeight, inFlight, provider } = Check.object(facts, 'facts');
  uint64(tipHeight, 'tipHeight');
  if (lastCommittedHeight !== undefined) uint64(lastCommittedHeight, 'lastCommittedHeight');
  if (provider !== undefined) {
    const { registered, slashed, softDeleted } = Check.object(provider, 'provider');
    if (!registered) return nothing('not-registered');
    if (slashed) return nothing('slashed');
    if (softDeleted) return nothing('deleted');
  }
  if (inFlight === true) return nothing('in-flight');
  const count = BigInt(numPubRand);
  const usableFrom = tipHeight + timestampingDelayBlocks;
  const last = lastCommittedHeight ?? 0n;
  if (last >= usableFrom + count) return nothing('enough', last - timestampingDelayBlocks - count + 1n);
  const wanted = last < usableFrom ? usableFrom : last + 1n;
  const startHeight = wanted < finalityActivationHeight ? finalityActivationHeight : wanted;
  if (startHeight + count > UINT64_MAX) return nothing('end-of-heights');
  // The message is executed in the block after the tip, at the earliest.
  if (startHeight >= tipHeight + 1n + MAX_OFFSET) {
    // A start that goes along with the tip stays too far.
    return nothing('too-far-ahead', startHeight === usableFrom ? undefined : startHeight - MAX_OFFSET);
  }
  const reason = lastCommittedHeight === undefined ? 'first' : last < usableFrom ? 'behind' : 'extend';
  const gap = lastCommittedHeight !== undefined && startHeight > last + 1n ? { from: last + 1n, to: startHeight - 1n } : undefined;
  return { kind: 'commit', startHeight, numPubRand, reason, gap };
}

function nothing(reason: Extract<Plan, { kind: 'nothing' }>['reason'], dueAtTip?: bigint): Plan {
  return { kind: 'nothing', reason, dueAtTip };
}

function checkSettings(settings: Settings): Settings {
  const { numPubRand, timestampingDelayBlocks, minPubRand, finalityActivationHeight } = Check.object(settings, 'settings');
  Check.integer(numPubRand, 'settings.numPubRand', 1, 2 ** 24);
  Check.bigInteger(timestampingDelayBlocks, 'settings.timestampingDelayBlocks', 0n, UINT64_MAX);
  uint64(minPubRand, 'settings.minPubRand');
  uint64(finalityActivationHeight, 'settings.finalityActivationHeight');
  if (BigInt(numPubRand) < minPubRand)
    fail<Reason>(
      { code: 'randomness-plan.too-few', numPubRand, min: minPubRand.toString(), reference: 'finality/1105' },
      `settings.numPubRand: the chain takes ${minPubRand} heights at least, got ${numPubRand}`,
    );
  return { numPubRand, timestampingDelayBlocks, minPubRand, finalityActivationHeight };
}

function uint64(value: bigint, field: string): bigint {
  return Check.bigInteger(value, field, 0n, UINT64_MAX);
}
