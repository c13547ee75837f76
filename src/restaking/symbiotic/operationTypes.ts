// The operations of a Symbiotic ledger, one member of a union for each name.

/** One member for each name, so that a name selects its member. */
type Named<K extends string, F> = K extends string ? { readonly op: K } & F : never;

type Subnetwork = { readonly net: string; readonly id: bigint };
type Slash = Subnetwork & { readonly operator: string; readonly amount: bigint; readonly captureAgo: bigint };

export type VaultOperation =
  | { readonly op: 'advance'; readonly seconds: bigint }
  | { readonly op: 'deposit'; readonly who: string; readonly amount: bigint; readonly onBehalfOf?: string }
  | { readonly op: 'withdraw'; readonly who: string; readonly amount: bigint; readonly claimer?: string }
  | { readonly op: 'redeem'; readonly who: string; readonly shares: bigint; readonly claimer?: string }
  | { readonly op: 'claim'; readonly who: string; readonly epoch: bigint; readonly recipient?: string }
  | { readonly op: 'claimBatch'; readonly who: string; readonly epochs: readonly bigint[]; readonly recipient?: string }
  | Named<'setDepositWhitelist' | 'setIsDepositLimit', { readonly status: boolean }>
  | { readonly op: 'setDepositorWhitelistStatus'; readonly account: string; readonly status: boolean }
  | { readonly op: 'setDepositLimit'; readonly limit: bigint };

export type DelegatorOperation =
  | Named<'setMaxNetworkLimit' | 'setNetworkLimit', Subnetwork & { readonly amount: bigint }>
  | (Subnetwork & { readonly op: 'setOperatorNetworkLimit'; readonly operator: string; readonly amount: bigint })
  | (Subnetwork & { readonly op: 'setOperatorNetworkShares'; readonly operator: string; readonly shares: bigint });

export type RegistryOperation =
  | Named<'registerOperator' | 'optInVault' | 'optOutVault', { readonly operator: string }>
  | Named<'optInNetwork' | 'optOutNetwork', { readonly operator: string; readonly net: string }>
  | { readonly op: 'registerNetwork'; readonly net: string };

export type SlasherOperation =
  | Named<'slash' | 'requestSlash', Slash>
  | { readonly op: 'executeSlash'; readonly net: string; readonly index: bigint }
  | { readonly op: 'vetoSlash'; readonly index: bigint; readonly who: string }
  /** Nobody when `resolver` is left out. */
  | (Subnetwork & { readonly op: 'setResolver'; readonly resolver?: string | null });

export type Operation = VaultOperation | DelegatorOperation | RegistryOperation | SlasherOperation;
