// The instant slasher: what a network's middleware asks for is taken at once.
// Implements symbioticfi/core src/contracts/slasher/Slasher.sol.
import * as Check from '../../base/Check.ts';
import { require } from '../state/Revert.ts';
import { min } from './arithmetic.ts';
import * as Requests from './requests.ts';
import * as Slashes from './slashes.ts';
import * as SlashRequests from './slashRequests.ts';
import type { State } from './state.ts';

export type Reason = Requests.Reason;

/**
 * Slashes an operator for what it did at a time within the last epoch's length.
 *
 * @returns what was booked, at most what was slashable at the capture; the vault may hold, and send, less @unit token wei
 * @throws ledger.reverted - NotNetworkMiddleware, InvalidCaptureTimestamp, InsufficientSlash, Panic(0x11)
 * @throws input.*, symbiotic.bad-id, symbiotic.no-such-function
 * @source symbioticfi/core src/contracts/slasher/Slasher.sol slash
 */
export function slash(ledger: State, request: SlashRequests.SlashRequest): { readonly slashedAmount: bigint } {
  const { net, amount, capture } = SlashRequests.read(ledger, request);
  Requests.checkHas(ledger.config, 'slash');
  return Requests.transaction(ledger, () => {
    const { captureTimestamp } = capture;
    SlashRequests.checkMiddleware(ledger, net);
    require(captureTimestamp >= Slashes.oldestCapture(ledger) && captureTimestamp < ledger.time, 'InvalidCaptureTimestamp');
    const slashedAmount = min(amount, Slashes.slashableStake(ledger, capture));
    require(slashedAmount !== 0n, 'InsufficientSlash');
    Slashes.record(ledger, capture, slashedAmount);
    return { slashedAmount };
  });
}

/**
 * What could be slashed of an operator for a capture, with either slasher.
 *
 * @unit token wei
 * @throws ledger.reverted - Panic(0x11) (while the clock is below the epoch's length)
 * @throws input.*, symbiotic.bad-id
 * @source symbioticfi/core src/contracts/slasher/BaseSlasher.sol slashableStake
 */
export function slashableStake(
  ledger: State,
  request: Requests.Subnetwork & {
    readonly operator: string;
    /** @unit s */
    readonly captureTimestamp: bigint;
  },
): bigint {
  const subnetwork = Requests.subnetwork(Check.object(request, 'request'));
  const operator = Requests.account(request.operator, 'operator');
  const captureTimestamp = Requests.timestamp(request.captureTimestamp, 'captureTimestamp');
  return Slashes.slashableStake(ledger, { subnetwork, operator, captureTimestamp });
}
