// Deposits of tokens, which vaults take them, and what becomes of slashed shares.
// Implements eigenlayer-contracts src/contracts/core/StrategyManager.sol, with the resolution delay of v1.13.0 (ELIP-016).
import { require } from '../state/Revert.ts';
import { type OperatorSetId, setKey } from './allocation/operatorSets.ts';
import { BEACON } from './Config.ts';
import * as DelegatedShares from './delegation/delegatedShares.ts';
import * as StakerShares from './delegation/stakerShares.ts';
import * as Requests from './ledger/requests.ts';
import type { State } from './ledger/state.ts';
import * as SlashedShares from './strategies/slashedShares.ts';
import * as Vaults from './strategies/vaults.ts';

export type Reason = Requests.Reason;

const CONTRACT = 'StrategyManager';
const PAUSED_DEPOSITS = 0;
/** From v1.13.0. */
const PAUSED_BURNING_AND_REDISTRIBUTION = 1;

export type DepositRequest = {
  readonly staker: string;
  readonly strategy: string;
  /** @unit token wei */
  readonly amount: bigint;
  /** Named as the vault when left out; the vault of EIGEN also takes bEIGEN (`b` and its name). */
  readonly token?: string;
};

/** What a staker signed, so that somebody else may deposit for them: this deposit, with this nonce. */
export type DepositSignature = { readonly signer: string; readonly nonce: bigint };

/**
 * Pays tokens in; the shares count for the staker's operator at once.
 *
 * @returns shares @unit shares of the vault
 * @throws ledger.reverted - CurrentlyPaused, StrategyNotWhitelisted, MaxPerDepositExceedsMax, BalanceExceedsMaxTotalDeposits,
 *   OnlyUnderlyingToken, NewSharesZero, TotalSharesExceedsMax, SharesAmountZero, MaxStrategiesExceeded, FullySlashed,
 *   InvalidDepositScalingFactor, Panic(0x11)
 * @throws input.*, eigenlayer.unknown-id, eigenlayer.bad-id
 * @source eigenlayer-contracts src/contracts/core/StrategyManager.sol depositIntoStrategy
 */
export function depositIntoStrategy(ledger: State, request: DepositRequest): { readonly shares: bigint } {
  // What is checked is what is done, also when a getter would say something else next time.
  const taken = { ...request };
  checkDeposit(ledger, taken);
  return Requests.transaction(ledger, () => {
    Requests.whenNotPaused(ledger, CONTRACT, PAUSED_DEPOSITS);
    return { shares: deposit(ledger, taken) };
  });
}

/**
 * Deposits for a staker who signed that it may be done: the tokens are the caller's, the shares the staker's.
 *
 * @param request.expiry the last second at which the signature is good; @unit s
 * @throws ledger.reverted - CurrentlyPaused, SignatureExpired, InvalidSignature (another signer or nonce), then those of
 *   {@link depositIntoStrategy}
 * @throws input.*, eigenlayer.unknown-id, eigenlayer.bad-id
 * @source eigenlayer-contracts src/contracts/core/StrategyManager.sol depositIntoStrategyWithSignature
 */
export function depositIntoStrategyWithSignature(
  ledger: State,
  request: DepositRequest & { readonly expiry: bigint; readonly signature: DepositSignature },
): { readonly shares: bigint } {
  const taken = { ...request, signature: { ...request.signature } };
  checkDeposit(ledger, taken);
  const { staker, signature, expiry } = taken;
  Requests.amount(expiry, 'expiry');
  Requests.account(signature.signer, 'signature.signer');
  Requests.amount(signature.nonce, 'signature.nonce');
  return Requests.transaction(ledger, () => {
    Requests.whenNotPaused(ledger, CONTRACT, PAUSED_DEPOSITS);
    const nonce = signatureNonce(ledger, { staker });
    require(expiry >= ledger.time, 'SignatureExpired');
    require(signature.signer === staker && signature.nonce === nonce, 'InvalidSignature');
    ledger.strategies.signatureNonces.set(staker, nonce + 1n);
    return { shares: deposit(ledger, taken) };
  });
}

/**
 * Lets vaults take deposits; one that does already stays as it is.
 *
 * @throws input.*, eigenlayer.unknown-id
 * @source eigenlayer-contracts src/contracts/core/StrategyManager.sol addStrategiesToDepositWhitelist
 */
export function addStrategiesToDepositWhitelist(ledger: State, request: { readonly strategies: readonly string[] }): Record<string, never> {
  for (const strategy of Requests.strategies(ledger, request.strategies, 'strategies')) ledger.strategies.unlisted.delete(strategy);
  return {};
}

/**
 * Stops deposits into vaults; withdrawals go on, as tokens and as shares.
 *
 * @throws input.*, eigenlayer.unknown-id
 * @source eigenlayer-contracts src/contracts/core/StrategyManager.sol removeStrategiesFromDepositWhitelist
 */
export function removeStrategiesFromDepositWhitelist(
  ledger: State,
  request: { readonly strategies: readonly string[] },
): Record<string, never> {
  for (const strategy of Requests.strategies(ledger, request.strategies, 'strategies')) ledger.strategies.unlisted.set(strategy, true);
  return {};
}

export type ClearRequest = OperatorSetId & {
  readonly slashId: bigint;
  /** Only this one, as clearBurnOrRedistributableSharesByStrategy does; all when left out. */
  readonly strategy?: string;
};

/**
 * Burns what a slash took, or pays it to the set's recipient, at the price of this block; anyone may call it. Unknown sets and slash ids
 * have nothing to clear.
 *
 * @returns amounts in the contract's order of the slash's strategies; with `strategy` one, 0 when the slash has no entry of it
 * @throws ledger.reverted - CurrentlyPaused and SlashResolutionDelayNotElapsed (from v1.13.0), WithdrawalAmountExceedsTotalDeposits (before
 *   v1.13.1 more can be recorded than exists), Panic(0x11), Error(ERC20: balance)
 * @throws input.*, eigenlayer.unknown-id, eigenlayer.bad-id
 * @source eigenlayer-contracts src/contracts/core/StrategyManager.sol clearBurnOrRedistributableShares and …ByStrategy
 */
export function clearBurnOrRedistributableShares(ledger: State, request: ClearRequest): { readonly amounts: readonly bigint[] } {
  const key = setKey(request);
  const { slashId, strategy } = request;
  Requests.amount(slashId, 'slashId');
  if (strategy !== undefined) Requests.strategy(ledger, strategy, 'strategy');
  return Requests.transaction(ledger, () => {
    if (SlashedShares.hasResolutionDelay(ledger)) {
      Requests.whenNotPaused(ledger, CONTRACT, PAUSED_BURNING_AND_REDISTRIBUTION);
      require(ledger.block > resolutionBlock(ledger, key, slashId), 'SlashResolutionDelayNotElapsed');
    }
    const strategies = strategy === undefined ? ledger.strategies.slashed.values(`${key}|${slashId}`) : [strategy];
    return { amounts: strategies.map((one) => clear(ledger, key, slashId, one)) };
  });
}

/** Whether a vault takes deposits. @throws input.not-text, eigenlayer.unknown-id */
export function strategyIsWhitelistedForDeposit(ledger: State, request: { readonly strategy: string }): boolean {
  return isWhitelisted(ledger, Requests.strategy(ledger, request.strategy, 'strategy'));
}

/** The nonce that a staker's next deposit signature must have. */
export function signatureNonce(ledger: State, { staker }: { readonly staker: string }): bigint {
  return ledger.strategies.signatureNonces.get(staker) ?? 0n;
}

/** A staker's token strategies with their deposit shares, in the contract's order. */
export function getDeposits(
  ledger: State,
  { staker }: { readonly staker: string },
): { readonly strategies: readonly string[]; readonly shares: readonly bigint[] } {
  const { holdings } = StakerShares.staker(ledger, staker);
  return { strategies: holdings.map(({ strategy }) => strategy), shares: holdings.map(({ depositShares }) => depositShares) };
}

/** What a slash took and what is not cleared yet. @throws input.*, eigenlayer.bad-id */
export function getBurnOrRedistributableShares(
  ledger: State,
  request: OperatorSetId & { readonly slashId: bigint },
): { readonly strategies: readonly string[]; readonly shares: readonly bigint[] } {
  const slash = `${setKey(request)}|${Requests.amount(request.slashId, 'slashId')}`;
  const strategies = ledger.strategies.slashed.values(slash);
  return { strategies, shares: strategies.map((strategy) => ledger.strategies.slashedShares.get(`${slash}|${strategy}`) ?? 0n) };
}

/** Slash ids of a set with something to clear, in the contract's order. @throws input.*, eigenlayer.bad-id */
export function getPendingSlashIds(ledger: State, request: OperatorSetId): bigint[] {
  return ledger.strategies.pendingSlashes.values(setKey(request)).map(BigInt);
}

/** Operator sets (`avs:id`) with something to clear, in the contract's order. */
export function getPendingOperatorSets(ledger: State): string[] {
  return ledger.strategies.pendingOperatorSets.values(SlashedShares.PENDING);
}

/** From v1.13.0: the last block in which a slash cannot be cleared; 0 when nothing is pending. @throws input.*, eigenlayer.bad-id */
export function getSlashResolutionBlock(ledger: State, request: OperatorSetId & { readonly slashId: bigint }): bigint {
  return resolutionBlock(ledger, setKey(request), Requests.amount(request.slashId, 'slashId'));
}

function checkDeposit(ledger: State, { staker, strategy, amount, token }: DepositRequest): void {
  Requests.account(staker, 'staker');
  Requests.strategy(ledger, strategy, 'strategy');
  Requests.amount(amount, 'amount');
  if (token !== undefined) Requests.account(token, 'token');
}

function deposit(ledger: State, { staker, strategy, amount, token = strategy }: DepositRequest): bigint {
  require(isWhitelisted(ledger, strategy), 'StrategyNotWhitelisted');
  const shares = Vaults.deposit(ledger, strategy, token, amount);
  DelegatedShares.increaseWith(ledger, staker, strategy, StakerShares.addShares(ledger, staker, strategy, shares));
  return shares;
}

function clear(ledger: State, key: string, slashId: bigint, strategy: string): bigint {
  const shares = SlashedShares.takeSlashedShares(ledger, key, slashId, strategy);
  if (shares === 0n) return 0n;
  const recipient = ledger.allocation.operatorSets.get(key)?.redistributionRecipient ?? SlashedShares.BURN_ADDRESS;
  return Vaults.withdraw(ledger, recipient, strategy, Vaults.underlyingToken(ledger, strategy), shares);
}

/** Native ETH is deposited through pods. */
function isWhitelisted(ledger: State, strategy: string): boolean {
  return strategy !== BEACON && !ledger.strategies.unlisted.has(strategy);
}

function resolutionBlock(ledger: State, key: string, slashId: bigint): bigint {
  return ledger.strategies.resolutionBlocks.get(`${key}|${slashId}`) ?? 0n;
}
