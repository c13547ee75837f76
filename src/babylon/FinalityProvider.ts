// The life of a finality provider as its operator follows it: states, unjailing, and how many votes may still be missed.
// Finality-provider finality-provider/service (states); babylon x/finality/keeper/liveness.go, x/finality/types/{params,signing_info}.go.
import * as Check from '../base/Check.ts';
import type { FinalityParams, ProviderRecord, SigningInfo } from './FinalityView.ts';
import * as Decimals from './finality/decimals.ts';
import { NO_TIME } from './finality/time.ts';

export type Reason = Check.Reason | Decimals.Reason;

/** The number of a state in finality-provider's database is its place. */
export type State = 'REGISTERED' | 'ACTIVE' | 'INACTIVE' | 'SLASHED' | 'JAILED';
export const STATES: readonly State[] = Object.freeze(['REGISTERED', 'ACTIVE', 'INACTIVE', 'SLASHED', 'JAILED'] as const);

/** What a poll of the chain says. @unit power: satoshi, at the last block */
export type Polled = { readonly power: bigint; readonly jailed: boolean; readonly slashed: boolean };

/**
 * The next state. Slashed is for ever; a jailed provider is INACTIVE once it is unjailed, until it has power again; one that never had power stays
 * REGISTERED.
 *
 * @throws input.*
 * @source finality-provider finality-provider/service/finality_submitter.go FilterBlocksForVoting, event_loops.go
 */
export function next(state: State, polled: Polled): State {
  const { power, jailed, slashed } = Check.object(polled, 'polled');
  Check.bigInteger(power, 'power', 0n, 0xffff_ffff_ffff_ffffn);
  if (!STATES.includes(state)) Check.outOfRange('state', 0n, 4n, String(state));
  if (state === 'SLASHED' || slashed) return 'SLASHED';
  if (jailed) return 'JAILED';
  if (power > 0n) return 'ACTIVE';
  return state === 'REGISTERED' ? 'REGISTERED' : 'INACTIVE';
}

/** Whether MsgUnjailFinalityProvider would pass, and what is in its way. */
export type Unjailing =
  | { readonly ready: true }
  | { readonly ready: false; readonly why: 'not-jailed' | 'slashed' | 'never-active' }
  | { readonly ready: false; readonly why: 'other-signer'; readonly expectedSigner: string }
  /** @unit nanoseconds until the first block time that is late enough, when the last block was at `blockTimeNs` */
  | { readonly ready: false; readonly why: 'too-early'; readonly remainingNs: bigint };

/**
 * Whether the provider can be unjailed. The jailing ends strictly before the block's time, and the account that registered the provider signs, written
 * as it was registered. Power comes back a block later, if the provider still ranks and its randomness is timestamped.
 *
 * @unit blockTimeNs: nanoseconds since 1970
 * @throws input.*
 * @source babylon x/finality/keeper/msg_server.go UnjailFinalityProvider
 */
export function unjailing(options: {
  readonly provider: Pick<ProviderRecord, 'addr' | 'jailed' | 'slashedBabylonHeight'>;
  readonly signingInfo: SigningInfo | undefined;
  readonly signer: string;
  readonly blockTimeNs: bigint;
}): Unjailing {
  const { provider, signingInfo, signer, blockTimeNs } = Check.object(options, 'options');
  const { addr, jailed, slashedBabylonHeight } = Check.object(provider, 'provider');
  Check.text(signer, 'signer');
  if (slashedBabylonHeight !== 0n) return { ready: false, why: 'slashed' };
  if (addr !== signer) return { ready: false, why: 'other-signer', expectedSigner: addr };
  if (!jailed) return { ready: false, why: 'not-jailed' };
  if (signingInfo === undefined) return { ready: false, why: 'never-active' };
  const { jailedUntilNs } = signingInfo;
  // The chain takes that for a provider that never was jailed, whatever the flag says.
  if (jailedUntilNs === NO_TIME) return { ready: false, why: 'not-jailed' };
  if (jailedUntilNs < blockTimeNs) return { ready: true };
  return { ready: false, why: 'too-early', remainingNs: jailedUntilNs - blockTimeNs + 1n };
}

/** How near jailing is. @unit heights and numbers of blocks */
export type Liveness = {
  /** The chain judges height h in block h + timeout: votes must be in blocks h+1 … h+timeout. */
  readonly judgedUpTo: bigint;
  /** More missed blocks than this are jailed. */
  readonly maxMissed: bigint;
  readonly missed: bigint;
  /** So many more may be missed for sure. Misses of old blocks leave the window as it moves on, so it may be more. */
  readonly missesLeft: bigint;
  /** The first height whose miss can jail: if everything from the next judged height on is missed. */
  readonly jailedFromHeight: bigint;
  /** The first window is not over: nobody is jailed before. */
  readonly inFirstWindow: boolean;
};

/** The votes that a window asks for: round(minSignedPerWindow * window), halves to the even number. @source babylon x/finality/types/params.go MinSignedPerWindowInt */
export function minSigned(params: Pick<FinalityParams, 'signedBlocksWindow' | 'minSignedPerWindow'>): bigint {
  const { signedBlocksWindow, minSignedPerWindow } = Check.object(params, 'params');
  Check.bigInteger(signedBlocksWindow, 'params.signedBlocksWindow', 1n, 0x7fff_ffff_ffff_ffffn);
  return Decimals.round(Decimals.parse(minSignedPerWindow, 'params.minSignedPerWindow') * signedBlocksWindow);
}

/**
 * How many votes an active provider may still miss. Jailed is who has missed more than window - round(minSigned * window) of the last window, at a
 * height above start + window.
 *
 * @throws input.*, finality-view.bad-decimal
 * @source babylon x/finality/keeper/liveness.go HandleFinalityProviderLiveness
 */
export function liveness(options: {
  readonly params: Pick<FinalityParams, 'signedBlocksWindow' | 'minSignedPerWindow' | 'finalitySigTimeout'>;
  readonly signingInfo: SigningInfo;
  readonly tipHeight: bigint;
}): Liveness {
  const { params, signingInfo, tipHeight } = Check.object(options, 'options');
  const { startHeight, missedBlocks } = Check.object(signingInfo, 'signingInfo');
  Check.bigInteger(tipHeight, 'tipHeight', 0n, 0xffff_ffff_ffff_ffffn);
  Check.bigInteger(missedBlocks, 'signingInfo.missedBlocks', 0n, 0x7fff_ffff_ffff_ffffn);
  const { signedBlocksWindow, finalitySigTimeout } = params;
  const judgedUpTo = tipHeight > finalitySigTimeout ? tipHeight - finalitySigTimeout : 0n;
  const maxMissed = signedBlocksWindow - minSigned(params);
  const missesLeft = maxMissed > missedBlocks ? maxMissed - missedBlocks : 0n;
  const firstJailable = startHeight + signedBlocksWindow + 1n;
  // Heights before the start are not judged.
  const before = judgedUpTo >= startHeight ? judgedUpTo : startHeight - 1n;
  const byMisses = before + missesLeft + 1n;
  return {
    judgedUpTo,
    maxMissed,
    missed: missedBlocks,
    missesLeft,
    jailedFromHeight: byMisses > firstJailable ? byMisses : firstJailable,
    inFirstWindow: judgedUpTo < firstJailable,
  };
}
