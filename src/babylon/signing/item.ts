// The shape of a signing plan's entries.
/** The eight transactions that a staker is asked to sign. */
export type Kind =
  | 'staking'
  | 'unbonding'
  | 'staking-slashing'
  | 'unbonding-slashing'
  | 'withdraw-expired'
  | 'withdraw-unbonded'
  | 'withdraw-slashed'
  | 'extension';

/** When a fee leaves the staker. */
export type FeeTime = 'now' | 'when broadcast' | 'only if slashed';

/** An amount in both units, exact. */
export type Amount = { readonly sats: string; readonly btc: string };

/** One output or input as people see it. */
export type Flow = {
  /** `stake`, `change`, `yours`, `burnt`, … */
  readonly role: string;
  readonly amount: Amount;
  /** Address, or the output script in hex where there is none. */
  readonly to: string;
  /** Who can spend it, and when. */
  readonly note: string;
};

/** One transaction for people. */
export type Item = {
  readonly kind: Kind;
  readonly title: string;
  readonly what: string;
  readonly txid: string;
  /** What the signature does now. */
  readonly signature:
    | 'moves coins when broadcast'
    | 'consent only: nothing moves unless the provider is slashed'
    | 'kept until it is needed';
  readonly spends: readonly Flow[];
  readonly pays: readonly Flow[];
  readonly fee: Amount & { readonly when: FeeTime; readonly note: string };
  readonly when: readonly string[];
  readonly others: readonly string[];
};
