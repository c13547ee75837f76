// The form of a rule, and the case that rules look at: a plan after its check, one optional field for each piece of knowledge.
import type * as Tx from '../../bitcoin/Tx.ts';
import type { Delegation } from '../Delegation.ts';
import type * as Networks from '../Networks.ts';
import type * as Params from '../Params.ts';
import type { StakingContract } from '../StakingContract.ts';
import type * as Plan from './plan.ts';

export type Severity = 'error' | 'warning' | 'info';
export type Flow = 'stake' | 'extension' | 'unbonding' | 'withdrawal';

/** Numbers with their unit in the name; amounts as decimal text. */
export type Facts = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** What a rule has seen. */
export type Observation = { readonly facts: Facts; readonly reason: string; readonly remedy: string };

/** Knowledge that a caller may not have. */
export type Need =
  | 'network'
  | 'tipHeight'
  | 'inclusion'
  | 'hasProof'
  | 'status'
  | 'latestParamsVersion'
  | 'today'
  | 'babylonHeight'
  | 'isAllowListed'
  | 'provider'
  | 'providerSlashed'
  | 'providerJailed'
  | 'providerDeleted'
  | 'providerActive'
  | 'commission'
  | 'commissionLimits'
  | 'owns'
  | 'stakerKeys'
  | 'askedValueSats'
  | 'askedDuration'
  | 'coins'
  | 'confirmations'
  | 'coinbase'
  | 'spent'
  | 'inscribed'
  | 'runes'
  | 'rare'
  | 'feeSats'
  | 'weight'
  | 'referenceFeeRate'
  | 'addresses'
  | 'known'
  | 'pop'
  | 'popContext'
  | 'popValid'
  | 'previousInclusionHeight'
  | 'previousStatus'
  | 'accounts'
  | 'signed'
  | 'covenantSignatures'
  | 'isStakeSpent'
  | 'inclusionHeight'
  | 'minedHeights';

/** A plan that has been checked. Fields of other flows than its own are undefined. */
export type Case = {
  readonly flow: Flow;
  readonly limits: Plan.Limits;
  readonly registration: Plan.RegistrationKind | undefined;
  readonly step: 'register' | 'broadcast';
  readonly contract: StakingContract | undefined;
  readonly params: Params.StakingParams | undefined;
  readonly transaction: Tx.Transaction | undefined;
  /** Outputs that pay to the contract. */
  readonly stakeOutputs: readonly number[];
  /** Value of the one output that does. */
  readonly stakeSats: bigint | undefined;
  readonly slashingFeeSats: bigint | undefined;
  readonly previous: Delegation | undefined;
  readonly delegation: Delegation | undefined;
  readonly inputs: readonly Plan.PlanWithdrawalInput[];
  /** Bytes that stand for the plan in fingerprints. */
  readonly identity: string;
  readonly txid: string;
  /** Facts that are known of some coins or outputs only: looked at where they are, and reported as not checked. */
  readonly partly: readonly Need[];
} & Known;

type Known = {
  readonly network?: Networks.Network | undefined;
  readonly tipHeight?: number | undefined;
  readonly inclusion?: { readonly height: number; readonly index?: number } | undefined;
  readonly hasProof?: boolean | undefined;
  readonly status?: string | undefined;
  readonly latestParamsVersion?: number | undefined;
  /** Day number, and whether it was estimated from the tip. */
  readonly today?: { readonly day: number; readonly estimated: boolean } | undefined;
  readonly babylonHeight?: bigint | undefined;
  readonly isAllowListed?: boolean | undefined;
  readonly provider?: Plan.ProviderFacts | undefined;
  readonly providerSlashed?: boolean | undefined;
  readonly providerJailed?: boolean | undefined;
  readonly providerDeleted?: boolean | undefined;
  readonly providerActive?: boolean | undefined;
  /** Decimal fractions in units of 10^-18. */
  readonly commission?: bigint | undefined;
  readonly commissionLimits?: { readonly max: bigint; readonly change: bigint } | undefined;
  readonly owns?: ((scriptPubKey: Uint8Array) => boolean) | undefined;
  readonly stakerKeys?: readonly Uint8Array[] | undefined;
  readonly askedValueSats?: bigint | undefined;
  readonly askedDuration?: { readonly days?: number | undefined; readonly blocks?: number | undefined } | undefined;
  readonly coins?: readonly Plan.PlanCoin[] | undefined;
  // One entry for each coin; undefined when it is known of none.
  readonly confirmations?: readonly (number | undefined)[] | undefined;
  readonly coinbase?: readonly (boolean | undefined)[] | undefined;
  readonly spent?: readonly (boolean | undefined)[] | undefined;
  readonly inscribed?: readonly (boolean | undefined)[] | undefined;
  readonly runes?: readonly (boolean | undefined)[] | undefined;
  readonly rare?: readonly (boolean | undefined)[] | undefined;
  readonly feeSats?: bigint | undefined;
  readonly weight?: number | undefined;
  readonly referenceFeeRate?: bigint | undefined;
  readonly addresses?: readonly string[] | undefined;
  readonly known?: readonly Plan.KnownDelegation[] | undefined;
  readonly pop?: Plan.PopFacts | undefined;
  readonly popContext?: string | undefined;
  readonly popValid?: boolean | undefined;
  readonly previousInclusionHeight?: number | undefined;
  readonly previousStatus?: string | undefined;
  readonly accounts?: { readonly before: string; readonly now: string } | undefined;
  readonly signed?: Tx.Transaction | undefined;
  readonly covenantSignatures?: number | undefined;
  readonly isStakeSpent?: boolean | undefined;
  readonly inclusionHeight?: number | undefined;
  readonly minedHeights?: readonly (number | undefined)[] | undefined;
};

/** The same case with what a rule needs. */
type With<K extends Need> = Case & { readonly [P in K]-?: NonNullable<Case[P]> };

type Spec<K extends Need> = {
  readonly code: string;
  readonly severity: Severity;
  /** What would happen without the rule. */
  readonly prevents: string;
  readonly flows: readonly Flow[];
  readonly needs?: readonly K[];
  /** False where the question does not arise: then nothing is missing either. */
  readonly applies?: (given: Case) => boolean;
  readonly check: (given: With<K>) => Observation | readonly Observation[] | undefined;
};

/** A rule of the table. */
export type Rule = Omit<Spec<Need>, 'check' | 'needs' | 'applies'> & {
  readonly needs: readonly Need[];
  readonly applies: (given: Case) => boolean;
  readonly check: (given: Case) => readonly Observation[];
};

/** The rule of a specification: `check` is called only when everything that it needs is known. */
export function rule<const K extends Need = never>(spec: Spec<K>): Rule {
  return {
    ...spec,
    needs: spec.needs ?? [],
    applies: spec.applies ?? (() => true),
    check: (given) => {
      const seen = spec.check(given as With<K>);
      if (seen === undefined) return [];
      return isList(seen) ? seen : [seen];
    },
  };
}

function isList(seen: Observation | readonly Observation[]): seen is readonly Observation[] {
  return Array.isArray(seen);
}

/** What is missing, and where it comes from. */
export const NEEDS: Readonly<Record<Need, { readonly code: string; readonly what: string; readonly remedy: string }>> = {
  network: { code: 'network.not-checked', what: 'the network is not known', remedy: 'give network: Networks.from(name)' },
  tipHeight: {
    code: 'tip.not-checked',
    what: "the tip of Babylon's Bitcoin light client is not known",
    remedy: 'ask the chain for its light client tip and give chain.tipHeight',
  },
  inclusion: {
    code: 'inclusion.not-checked',
    what: 'the block that includes the staking transaction is not known',
    remedy: 'give inclusion when the transaction has been mined',
  },
  hasProof: { code: 'inclusion-proof.not-checked', what: 'whether a proof goes along is not known', remedy: 'give hasInclusionProof' },
  status: { code: 'status.not-checked', what: 'the status of the delegation is not known', remedy: 'ask the chain and give status' },
  latestParamsVersion: {
    code: 'params-version.not-checked',
    what: "the chain's newest parameter version is not known",
    remedy: 'ask the params query and give chain.latestParamsVersion',
  },
  today: { code: 'data-age.not-checked', what: 'the date is not known', remedy: 'give chain.date' },
  babylonHeight: { code: 'babylon-height.not-checked', what: 'the Babylon height is not known', remedy: 'give chain.babylonHeight' },
  isAllowListed: {
    code: 'allow-list.not-checked',
    what: 'whether the transaction is on the allow list is not known',
    remedy: 'look the txid up in the list of the network and give isAllowListed',
  },
  provider: {
    code: 'provider.not-checked',
    what: 'the finality provider is not known',
    remedy: 'ask the chain for the finality provider and give provider',
  },
  providerSlashed: { code: 'provider-slashed.not-checked', what: 'whether it was slashed is not known', remedy: 'give provider.isSlashed' },
  providerJailed: { code: 'provider-jailed.not-checked', what: 'whether it is jailed is not known', remedy: 'give provider.isJailed' },
  providerDeleted: { code: 'provider-deleted.not-checked', what: 'whether it was deleted is not known', remedy: 'give provider.isDeleted' },
  providerActive: { code: 'provider-active.not-checked', what: 'whether it votes is not known', remedy: 'give provider.isActive' },
  commission: { code: 'commission.not-checked', what: 'the commission is not known', remedy: 'give provider.commission' },
  commissionLimits: {
    code: 'commission-limits.not-checked',
    what: 'how far and how fast the commission may rise is not known',
    remedy: 'give provider.maxCommission and provider.maxCommissionChange',
  },
  owns: {
    code: 'ownership.not-checked',
    what: 'which outputs are the wallet’s is not known',
    remedy: 'give wallet.scripts or wallet.owns',
  },
  stakerKeys: { code: 'staker-key.not-checked', what: 'the keys of the wallet are not known', remedy: 'give wallet.stakerPks' },
  askedValueSats: { code: 'asked-value.not-checked', what: 'the amount that was meant is not known', remedy: 'give intent.valueSats' },
  askedDuration: {
    code: 'asked-time.not-checked',
    what: 'the time that was meant is not known',
    remedy: 'give intent.days or intent.blocks',
  },
  coins: { code: 'coins.not-checked', what: 'the coins that are spent are not known', remedy: 'give coins' },
  confirmations: { code: 'coin-confirmations.not-checked', what: 'confirmations are not known', remedy: 'give confirmations of each coin' },
  coinbase: { code: 'coinbase.not-checked', what: 'whether coins are mining rewards is not known', remedy: 'give isCoinbase of each coin' },
  spent: { code: 'coin-spent.not-checked', what: 'whether coins are spent is not known', remedy: 'give isSpent of each coin' },
  inscribed: {
    code: 'inscriptions.not-checked',
    what: 'inscriptions are not known',
    remedy: 'ask an indexer and give hasInscription of each coin',
  },
  runes: { code: 'runes.not-checked', what: 'runes are not known', remedy: 'ask an indexer and give hasRunes of each coin' },
  rare: { code: 'rare-sats.not-checked', what: 'rare satoshis are not known', remedy: 'ask an indexer and give hasRareSats of each coin' },
  feeSats: { code: 'fee.not-checked', what: 'the fee is not known', remedy: 'give every coin that the transaction spends' },
  weight: {
    code: 'fee-rate.not-checked',
    what: 'the size of the signed transaction is not known',
    remedy: 'give every coin with the scripts that its kind needs',
  },
  referenceFeeRate: {
    code: 'reference-fee.not-checked',
    what: 'the usual fee rate is not known',
    remedy: 'ask a node or a fee service and give referenceFeeRateSatsPerKvb',
  },
  addresses: { code: 'addresses.not-checked', what: 'no address texts were given', remedy: 'give the texts in addresses' },
  known: { code: 'known-delegations.not-checked', what: 'other delegations are not known', remedy: 'give knownDelegations' },
  pop: { code: 'pop.not-checked', what: 'the proof of possession is not known', remedy: 'give pop' },
  popContext: { code: 'pop-context.not-checked', what: 'the signing context is not known', remedy: 'give pop.context, or empty text' },
  popValid: { code: 'pop-signature.not-checked', what: 'nobody verified the proof', remedy: 'verify it and give pop.isValid' },
  previousInclusionHeight: {
    code: 'deadline.not-checked',
    what: 'the block of the previous stake is not known',
    remedy: 'give previousInclusionHeight',
  },
  previousStatus: {
    code: 'previous-status.not-checked',
    what: 'the status of the previous stake is not known',
    remedy: 'ask the chain and give previousStatus',
  },
  accounts: {
    code: 'account.not-checked',
    what: 'the Babylon accounts are not known',
    remedy: 'give stakerAddress and previousStakerAddress',
  },
  signed: { code: 'transaction.not-checked', what: 'what is to be signed was not given', remedy: 'give transaction' },
  covenantSignatures: {
    code: 'covenant.not-checked',
    what: 'the covenant’s signatures were not counted',
    remedy: 'verify them and give covenantSignatures',
  },
  isStakeSpent: { code: 'stake-spent.not-checked', what: 'whether the stake is spent is not known', remedy: 'give isStakeSpent' },
  inclusionHeight: { code: 'maturity.not-checked', what: 'the block of the stake is not known', remedy: 'give inclusionHeight' },
  minedHeights: {
    code: 'mined-height.not-checked',
    what: 'the blocks of the outputs are not known',
    remedy: 'give minedHeight of each input',
  },
};

// ---- small words for reasons and remedies

/** Blocks as days, for people: "64000 blocks (about 444 days)". */
export function duration(blocks: number): string {
  const tenths = Math.round((blocks * 10) / 144);
  const days = tenths >= 100 ? String(Math.round(blocks / 144)) : `${Math.floor(tenths / 10)}.${tenths % 10}`;
  return `${blocks} blocks (about ${days} days)`;
}

/** A share in hundredths of a percent as text: 150 is "1.5 %". Rounded up, so that nothing looks smaller than it is. */
export function share(part: bigint, whole: bigint): { readonly bps: number; readonly text: string } {
  const bps = whole <= 0n ? 10_000_000 : Number((part * 10_000n + whole - 1n) / whole);
  return { bps, text: `${Math.floor(bps / 100)}.${String(bps % 100).padStart(2, '0')} %` };
}

/** A rate as people write it: 1500 is "1.5 sat/vB". */
export function perVbyte(satsPerKvb: bigint): string {
  const fraction = (satsPerKvb % 1000n).toString().padStart(3, '0').replace(/0+$/, '');
  return `${satsPerKvb / 1000n}${fraction === '' ? '' : `.${fraction}`} sat/vB`;
}
