// Everything that can be done to an EigenLayer ledger, as types: one member of the union for each name.

/** One member for each name, so that a name selects its member. */
type Named<K extends string, F> = K extends string ? { readonly op: K } & F : never;

type Members = { readonly avs: string; readonly id: bigint };

/** New magnitudes of one operator set. */
export type MagnitudeChange = Members & { readonly strategies: readonly string[]; readonly newMagnitudes: readonly bigint[] };

/** Time, tokens that come and go without the ledger, and vaults. */
export type VaultOperation =
  /** 12 seconds a block. */
  | { readonly op: 'advance'; readonly blocks: bigint }
  | { readonly op: 'deposit'; readonly staker: string; readonly strategy: string; readonly amount: bigint }
  | { readonly op: 'donate'; readonly strategy: string; readonly amount: bigint }
  | { readonly op: 'rebaseDown'; readonly strategy: string; readonly amount: bigint }
  | (Members & {
      readonly op: 'clearBurnOrRedistributableShares';
      readonly slashId: bigint;
      /** One of them; all when left out. */
      readonly strategy?: string;
    });

export type DelegationOperation =
  | { readonly op: 'registerOperator'; readonly operator: string; readonly allocationDelay: bigint }
  | { readonly op: 'delegate'; readonly staker: string; readonly operator: string }
  | { readonly op: 'undelegate'; readonly staker: string; readonly caller?: string }
  | { readonly op: 'redelegate'; readonly staker: string; readonly operator: string }
  | {
      readonly op: 'queueWithdrawal';
      readonly staker: string;
      readonly strategies: readonly string[];
      readonly depositShares: readonly bigint[];
    }
  | { readonly op: 'completeWithdrawal'; readonly withdrawal: string; readonly receiveAsTokens: boolean; readonly caller?: string };

export type AllocationOperation =
  | (Members & {
      readonly op: 'createOperatorSet';
      readonly strategies: readonly string[];
      readonly redistributionRecipient?: string;
      /** The AVS itself when left out. */
      readonly slasher?: string;
    })
  | Named<'addStrategies' | 'removeStrategies', Members & { readonly strategies: readonly string[] }>
  | { readonly op: 'setAllocationDelay'; readonly operator: string; readonly delay: bigint }
  | (MagnitudeChange & { readonly op: 'modifyAllocations'; readonly operator: string })
  | { readonly op: 'modifyAllocations'; readonly operator: string; readonly params: readonly MagnitudeChange[] }
  | {
      readonly op: 'clearDeallocationQueue';
      readonly operator: string;
      readonly strategies: readonly string[];
      readonly numToClear: readonly bigint[];
    }
  | Named<
      'registerForOperatorSets' | 'deregisterFromOperatorSets',
      { readonly operator: string; readonly avs: string; readonly ids: readonly bigint[]; readonly caller?: string }
    >
  | (Members & { readonly op: 'updateSlasher'; readonly slasher: string })
  | (Members & {
      readonly op: 'slash';
      readonly operator: string;
      readonly strategies: readonly string[];
      /** Fractions of what the set holds. @unit 1e-18 */
      readonly wads: readonly bigint[];
      readonly caller?: string;
    });

export type PodOperation =
  | { readonly op: 'createPod'; readonly staker: string }
  | {
      readonly op: 'newValidator';
      readonly staker: string;
      readonly validator: string;
      readonly balanceGwei: bigint;
      /** The balance in whole ETH, at most 32 (2048 when compounding), when left out. */
      readonly effectiveBalanceGwei?: bigint;
      readonly compounding?: boolean;
      readonly wrongCredentials?: boolean;
    }
  | {
      readonly op: 'setBeaconBalance';
      readonly validator: string;
      readonly balanceGwei?: bigint;
      readonly effectiveBalanceGwei?: bigint;
      readonly slashed?: boolean;
      readonly exiting?: boolean;
    }
  | { readonly op: 'podReceive'; readonly staker: string; readonly wei: bigint }
  | Named<'verifyWithdrawalCredentials' | 'verifyCheckpointProofs', { readonly staker: string; readonly validators: readonly string[] }>
  | { readonly op: 'startCheckpoint'; readonly staker: string; readonly revertIfNoBalance?: boolean }
  | { readonly op: 'verifyStaleBalance'; readonly staker: string; readonly validator: string }
  /** The report of a pod without its proofs. */
  | {
      readonly op: 'recordBalanceUpdate';
      readonly staker: string;
      readonly prevRestakedBalanceWei: bigint;
      readonly balanceDeltaWei: bigint;
    };

export type RewardsOperation =
  | {
      readonly op: 'setSplit';
      readonly kind: 'avs' | 'pi' | 'set';
      readonly operator: string;
      readonly avs?: string;
      readonly id?: bigint;
      /** @unit 1/10000 */
      readonly split: bigint;
    }
  | { readonly op: 'optInFee'; readonly who: string; readonly value: boolean }
  | {
      readonly op: 'submitRewards';
      readonly type: 'avs' | 'allEarners' | 'uniqueStake' | 'totalStake' | 'operatorDirectedAVS' | 'operatorDirectedSet';
      readonly avs: string;
      readonly id?: bigint;
      readonly token: string;
      readonly amount?: bigint;
      readonly operatorRewards?: readonly (readonly [operator: string, amount: bigint])[];
      readonly startTimestamp: bigint;
      /** @unit s */
      readonly duration: bigint;
      readonly strategies: readonly (readonly [strategy: string, multiplier: bigint])[];
    }
  | {
      readonly op: 'submitRoot';
      readonly endTimestamp: bigint;
      readonly earnings: readonly (readonly [earner: string, tokens: readonly (readonly [token: string, cumulative: bigint])[]])[];
      readonly caller?: string;
    }
  | { readonly op: 'disableRoot'; readonly index: bigint }
  | { readonly op: 'setClaimerFor'; readonly earner: string; readonly claimer: string }
  | {
      readonly op: 'claim';
      readonly root: bigint;
      readonly earner: string;
      readonly tokens: readonly string[];
      readonly recipient: string;
      readonly caller?: string;
      /** Spoils the proof. */
      readonly forged?: boolean;
    };

export type Operation = VaultOperation | DelegationOperation | AllocationOperation | PodOperation | RewardsOperation;
