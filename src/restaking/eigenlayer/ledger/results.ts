// What each operation returns when it is not refused.
import type { QueuedWithdrawals } from '../DelegationManager.ts';
import type { advanceToWithdrawals, markMatured } from '../DurationVaultStrategy.ts';
import type { addDistribution, pressButton, sweep } from '../EmissionsController.ts';
import type { Operation } from './operation.ts';

type Shares = { readonly shares: bigint };

/** The operations that return something; all others return nothing. */
type Returned = {
  deposit: Shares;
  depositIntoStrategyWithSignature: Shares;
  undelegate: QueuedWithdrawals;
  redelegate: QueuedWithdrawals;
  queueWithdrawal: QueuedWithdrawals;
  queueWithdrawals: QueuedWithdrawals;
  /** Shares of each strategy, burned or redistributed later. */
  slash: { readonly slashId: bigint; readonly shares: readonly bigint[] };
  /** Tokens of each strategy. */
  clearBurnOrRedistributableShares: { readonly amounts: readonly bigint[] };
  pressButton: ReturnType<typeof pressButton>;
  sweep: ReturnType<typeof sweep>;
  addDistribution: ReturnType<typeof addDistribution>;
  markMatured: ReturnType<typeof markMatured>;
  advanceToWithdrawals: ReturnType<typeof advanceToWithdrawals>;
};

export type ResultOf<K extends Operation['op']> = K extends keyof Returned ? Returned[K] : Readonly<Record<never, never>>;
