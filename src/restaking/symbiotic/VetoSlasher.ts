// The slasher with veto: a request waits until its resolver can no longer veto it, and is carried out within the epoch's length.
// Implements symbioticfi/core src/contracts/slasher/VetoSlasher.sol.
import * as Check from '../../base/Check.ts';
import { require, revert } from '../state/Revert.ts';
import { min, uint48 } from './arithmetic.ts';
import { ZERO_ADDRESS } from './Config.ts';
import * as OptIns from './optIns.ts';
import * as Requests from './requests.ts';
import * as Resolvers from './resolvers.ts';
import * as Slashes from './slashes.ts';
import * as SlashRequests from './slashRequests.ts';
import type { State } from './state.ts';
import type { SlashRequest } from './storage.ts';

export type Reason = Requests.Reason;

/**
 * Asks for a slash, for a capture that will still be young enough when the veto's time is over.
 *
 * @returns the request's number
 * @throws ledger.reverted - NotNetworkMiddleware, InvalidCaptureTimestamp, InsufficientSlash, Panic(0x11)
 * @throws input.*, symbiotic.bad-id, symbiotic.no-such-function
 * @source symbioticfi/core src/contracts/slasher/VetoSlasher.sol requestSlash
 */
export function requestSlash(ledger: State, request: SlashRequests.SlashRequest): { readonly slashIndex: bigint } {
  const { net, amount: wanted, capture } = SlashRequests.read(ledger, request);
  Requests.checkHas(ledger.config, 'requestSlash');
  return Requests.transaction(ledger, () => {
    const { requests, counters } = ledger.slashing;
    const { epochDuration, vetoDuration } = ledger.config;
    SlashRequests.checkMiddleware(ledger, net);
    const vetoDeadline = uint48(ledger.time + vetoDuration);
    const oldest = uint48(vetoDeadline - epochDuration);
    require(capture.captureTimestamp >= oldest && capture.captureTimestamp < ledger.time, 'InvalidCaptureTimestamp');
    const amount = min(wanted, Slashes.slashableStake(ledger, capture));
    require(amount !== 0n, 'InsufficientSlash');
    const slashIndex = counters.get('requests') ?? 0n;
    requests.set(`${slashIndex}`, { net, ...capture, amount, vetoDeadline, completed: false });
    counters.set('requests', slashIndex + 1n);
    return { slashIndex };
  });
}

/**
 * Carries a request out: at once where there is no resolver (at the capture, or a second ago), else from its deadline on.
 *
 * @param request.net the network whose middleware asks
 * @returns what was booked, at most what is still slashable for the capture; the vault may hold, and send, less @unit token wei
 * @throws ledger.reverted - SlashRequestNotExist, NotNetworkMiddleware, VetoPeriodNotEnded, SlashPeriodEnded, InsufficientSlash,
 * SlashRequestCompleted, Panic(0x11)
 * @throws input.*, symbiotic.bad-id, symbiotic.no-such-function
 * @source symbioticfi/core src/contracts/slasher/VetoSlasher.sol executeSlash
 */
export function executeSlash(ledger: State, request: { readonly net: string; readonly index: bigint }): { readonly slashedAmount: bigint } {
  const net = Requests.account(Check.object(request, 'request').net, 'net');
  const index = Requests.amount(request.index, 'index');
  Requests.checkHas(ledger.config, 'executeSlash');
  return Requests.transaction(ledger, () => {
    const asked = requestOf(ledger, index);
    require(net === asked.net, 'NotNetworkMiddleware');
    const canBeVetoed = captureResolver(ledger, asked) !== null && ledger.time < asked.vetoDeadline;
    require(!canBeVetoed, 'VetoPeriodNotEnded');
    require(ledger.time - asked.captureTimestamp <= ledger.config.epochDuration, 'SlashPeriodEnded');
    const slashedAmount = min(asked.amount, Slashes.slashableStake(ledger, asked));
    require(slashedAmount !== 0n, 'InsufficientSlash');
    require(!asked.completed, 'SlashRequestCompleted');
    ledger.slashing.requests.set(`${index}`, { ...asked, completed: true });
    Slashes.record(ledger, asked, slashedAmount);
    return { slashedAmount };
  });
}

/**
 * Ends a request without a slash. Only the resolver at the capture can, while there still is a resolver, and before the deadline.
 *
 * @throws ledger.reverted - SlashRequestNotExist, NoResolver, NotResolver, VetoPeriodEnded, SlashRequestCompleted
 * @throws input.*, symbiotic.bad-id, symbiotic.no-such-function
 * @source symbioticfi/core src/contracts/slasher/VetoSlasher.sol vetoSlash
 */
export function vetoSlash(ledger: State, request: { readonly who: string; readonly index: bigint }): Record<never, never> {
  const who = Requests.account(Check.object(request, 'request').who, 'who');
  const index = Requests.amount(request.index, 'index');
  Requests.checkHas(ledger.config, 'vetoSlash');
  return Requests.transaction(ledger, () => {
    const asked = requestOf(ledger, index);
    const resolver = captureResolver(ledger, asked);
    require(resolver !== null, 'NoResolver');
    require(who === resolver, 'NotResolver');
    require(ledger.time < asked.vetoDeadline, 'VetoPeriodEnded');
    require(!asked.completed, 'SlashRequestCompleted');
    ledger.slashing.requests.set(`${index}`, { ...asked, completed: true });
    return {};
  });
}

/**
 * A network says who may veto the slashes of one of its subnetworks.
 *
 * @param request.resolver nobody when left out, null or the zero address
 * @throws ledger.reverted - NotNetwork, AlreadySet, SafeCastOverflowedUintDowncast (a delay that ends after 2^48 seconds)
 * @throws input.*, symbiotic.bad-id, symbiotic.no-such-function
 * @source symbioticfi/core src/contracts/slasher/VetoSlasher.sol setResolver
 */
export function setResolver(ledger: State, request: Requests.Subnetwork & { readonly resolver?: string | null }): Record<never, never> {
  const key = Requests.subnetwork(Check.object(request, 'request'));
  const { net } = request;
  const named = Requests.accountOr(request.resolver ?? undefined, 'resolver', ZERO_ADDRESS);
  Requests.checkHas(ledger.config, 'setResolver');
  return Requests.transaction(ledger, () => {
    require(OptIns.isNetwork(ledger, net), 'NotNetwork');
    Resolvers.setResolver(ledger, key, named === ZERO_ADDRESS ? null : named);
    ledger.delegation.subnetworks.set(key, true);
    return {};
  });
}

/**
 * Who may veto slashes for captures at a time; null: nobody.
 *
 * @throws input.*, symbiotic.bad-id
 * @source symbioticfi/core src/contracts/slasher/VetoSlasher.sol resolverAt
 */
export function resolverAt(
  ledger: State,
  request: Requests.Subnetwork & {
    /** @unit s */
    readonly timestamp: bigint;
  },
): string | null {
  const key = Requests.subnetwork(Check.object(request, 'request'));
  return Resolvers.resolverAt(ledger, key, Requests.timestamp(request.timestamp, 'timestamp'));
}

function requestOf(ledger: State, index: bigint): SlashRequest {
  return ledger.slashing.requests.get(`${index}`) ?? revert('SlashRequestNotExist');
}

/** The resolver at the capture; null too when there was none a second ago. */
function captureResolver(ledger: State, { subnetwork, captureTimestamp }: SlashRequest): string | null {
  const present = Resolvers.resolverAt(ledger, subnetwork, ledger.time - 1n);
  return present === null ? null : Resolvers.resolverAt(ledger, subnetwork, captureTimestamp);
}
