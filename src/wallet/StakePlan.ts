// What a flow starts from, before anybody is asked: the parameters of the right height, the contract, the funded transaction, the delegation.
// Which height decides is the chain's rule (babylon x/btcstaking/keeper/btc_delegations.go): the tip of its Bitcoin light client for a stake
// that is registered first, the block of inclusion for one that exists.
import * as Delegation from '../babylon/Delegation.ts';
import * as ExtensionTx from '../babylon/ExtensionTx.ts';
import * as OpReturn from '../babylon/OpReturn.ts';
import type { StakingParams } from '../babylon/Params.ts';
import * as ParamsSet from '../babylon/ParamsSet.ts';
import * as Phase1Params from '../babylon/Phase1Params.ts';
import * as StakingContract from '../babylon/StakingContract.ts';
import * as StakingTx from '../babylon/StakingTx.ts';
import * as Blocks from '../base/Blocks.ts';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Sats from '../base/Sats.ts';
import type * as Coin from '../bitcoin/Coin.ts';
import * as InclusionProof from '../bitcoin/InclusionProof.ts';
import type * as Network from '../bitcoin/Network.ts';
import * as Tx from '../bitcoin/Tx.ts';
import * as Ecc from '../crypto/Ecc.ts';
import type { XOnlyPublicKey } from '../crypto/PublicKey.ts';

export type Reason =
  | StakingTx.Reason
  | StakingContract.Reason
  | ExtensionTx.Reason
  | Delegation.Reason
  | ParamsSet.Reason
  | Phase1Params.Reason
  | OpReturn.Reason
  | InclusionProof.Reason
  | { readonly code: 'stake-plan.other-staker'; readonly expected: string; readonly got: string }
  | { readonly code: 'stake-plan.other-transaction'; readonly field: string; readonly expected: string; readonly got: string }
  | { readonly code: 'stake-plan.coinbase' }
  | { readonly code: 'stake-plan.coins-choice' }
  | { readonly code: 'stake-plan.no-phase-1' };

/** What a stake is to be. The order of coins is the order of inputs. */
export type Options = {
  readonly paramsSet: ParamsSet.ParamsSet;
  /** Tip of Babylon's own Bitcoin light client, not of a Bitcoin node. */
  readonly babylonBtcTipHeight: number;
  readonly stakerPk: XOnlyPublicKey;
  readonly finalityProviderPk: XOnlyPublicKey;
  readonly stakingTimeBlocks: number;
  readonly valueSats: bigint;
  readonly feeRateSatsPerKvb: bigint;
  readonly changeScriptPubKey: Uint8Array;
  readonly maxFeeRateSatsPerKvb?: bigint;
} & Coins;

/** How coins are chosen: what must or must not be spent, how change is avoided, and the rest of `CoinSelection.select`. */
export type Selection = Omit<
  StakingTx.fund.Options,
  | 'contract'
  | 'params'
  | 'valueSats'
  | 'changeScriptPubKey'
  | 'feeRateSatsPerKvb'
  | 'maxFeeRateSatsPerKvb'
  | 'candidates'
  | 'registration'
  | 'allowTxidChange'
  | 'replaceable'
>;

/** Either the coins to choose from, or the very coins to spend. */
export type Coins =
  | { readonly candidates: readonly Coin.Coin[]; readonly selection?: Selection; readonly coins?: never }
  | { readonly coins: readonly Coin.Coin[]; readonly candidates?: never; readonly selection?: never };

/** A planned stake: nothing is signed or registered. */
export type StakePlan = {
  /** The tip of Babylon's light client that it was planned for. */
  readonly babylonBtcTipHeight: number;
  readonly params: StakingParams;
  readonly contract: StakingContract.StakingContract;
  readonly built: StakingTx.build.Built;
  /** Those that the transaction spends, in the order of its inputs. */
  readonly coins: readonly Coin.Coin[];
  readonly delegation: Delegation.Delegation;
};

/**
 * The plan of a new stake, under the parameters in force at the tip of Babylon's light client.
 *
 * @throws params.none-at-height, staking-contract.*, staking-tx.*, coin.*, fee.*, coin-selection.*
 */
export function forStake(options: Options, ecc: Ecc.Ecc = Ecc.auto()): StakePlan {
  const { paramsSet, stakerPk, finalityProviderPk, stakingTimeBlocks } = Check.object(options, 'options');
  const height = Blocks.height(options.babylonBtcTipHeight, 'babylonBtcTipHeight');
  const params = ParamsSet.atHeight(paramsSet, height);
  Check.bytes(finalityProviderPk, 'finalityProviderPk', 32);
  const contract = StakingContract.fromParams(params, { stakerPk, finalityProviderPks: [finalityProviderPk], stakingTimeBlocks }, ecc);
  const valueSats = Sats.from(options.valueSats, 'valueSats');
  const { changeScriptPubKey, feeRateSatsPerKvb, maxFeeRateSatsPerKvb } = options;
  const ceiling = maxFeeRateSatsPerKvb === undefined ? {} : { maxFeeRateSatsPerKvb };
  const terms = { contract, params, valueSats, changeScriptPubKey, feeRateSatsPerKvb, ...ceiling };
  const { built, coins } = fund(terms, options);
  const delegation = Delegation.from({ contract, rules: params, stakingTransaction: built.transaction, stakingOutputIndex: 0 });
  return { babylonBtcTipHeight: height, params, contract, built, coins, delegation };
}

/** An existing stake with the block that includes it. */
export type ExistingOptions = {
  readonly paramsSet: ParamsSet.ParamsSet;
  readonly stakingTransaction: Tx.Transaction;
  readonly inclusionHeight: number;
  readonly inclusionProof: InclusionProof.InclusionProof;
  /** The 80 bytes of the block's header: with it the proof is verified here, else by the chain only. */
  readonly header?: Uint8Array;
  /** With it the header must have the work of this network: nobody can make one up. */
  readonly bitcoinNetwork?: Network.Network;
  readonly stakerPk: XOnlyPublicKey;
  readonly finalityProviderPk: XOnlyPublicKey;
  readonly stakingTimeBlocks: number;
  readonly valueSats: bigint;
};

/** An existing stake, ready to be registered. */
export type ExistingStake = {
  readonly params: StakingParams;
  readonly delegation: Delegation.Delegation;
  readonly inclusionProof: InclusionProof.InclusionProof;
};

/**
 * The plan of a stake that is on Bitcoin already, under the parameters of the block that includes it. Exactly one output must have the stake's
 * script and value, as the chain demands.
 *
 * @throws params.none-at-height, staking-tx.*, staking-contract.*, inclusion-proof.*
 * @throws stake-plan.other-transaction - the proof is of another transaction
 */
export function forExisting(options: ExistingOptions, ecc: Ecc.Ecc = Ecc.auto()): ExistingStake {
  const { paramsSet, stakingTransaction, inclusionProof, header, stakerPk, finalityProviderPk, stakingTimeBlocks } = Check.object(
    options,
    'options',
  );
  const params = ParamsSet.atHeight(paramsSet, Blocks.height(options.inclusionHeight, 'inclusionHeight'));
  Check.bytes(finalityProviderPk, 'finalityProviderPk', 32);
  const contract = StakingContract.fromParams(params, { stakerPk, finalityProviderPks: [finalityProviderPk], stakingTimeBlocks }, ecc);
  Tx.check(stakingTransaction, 'stakingTransaction');
  const stakingOutputIndex = StakingTx.findOutput(stakingTransaction, contract, Sats.from(options.valueSats, 'valueSats'));
  const delegation = Delegation.from({ contract, rules: params, stakingTransaction, stakingOutputIndex });
  const { txid } = Check.object(inclusionProof, 'inclusionProof');
  if (txid !== delegation.stakingTxid)
    fail<Reason>(
      {
        code: 'stake-plan.other-transaction',
        field: 'inclusionProof.txid',
        expected: delegation.stakingTxid,
        got: Check.text(txid, 'inclusionProof.txid'),
      },
      `inclusionProof: it is of another transaction than the stake ${delegation.stakingTxid}`,
    );
  checkProof(inclusionProof, header, options.bitcoinNetwork);
  return { params, delegation, inclusionProof };
}

/** A phase-1 stake: its data output tells staker, provider and time. */
export type Phase1Options = Omit<ExistingOptions, 'finalityProviderPk' | 'stakingTimeBlocks' | 'valueSats'> & {
  readonly phase1: Phase1Params.Phase1Set;
};

/**
 * The plan of a stake of the lock-only phase, read out of its transaction (babylon docs/register-bitcoin-stake.md, "Phase-1 Stakers").
 *
 * @throws phase1.none-at-height, op-return.*, stake-plan.other-staker, and as {@link forExisting}
 */
export function forPhase1(options: Phase1Options, ecc: Ecc.Ecc = Ecc.auto()): ExistingStake {
  const { phase1, stakingTransaction, stakerPk, ...rest } = Check.object(options, 'options');
  if (phase1 === undefined) fail<Reason>({ code: 'stake-plan.no-phase-1' }, 'phase1: this network had no lock-only phase');
  const version = Phase1Params.atHeight(phase1, Blocks.height(options.inclusionHeight, 'inclusionHeight'));
  const { tag, covenantPks, covenantQuorum } = version;
  const { data, stakingValueSats } = OpReturn.parseStakingTx({ transaction: stakingTransaction, tag, covenantPks, covenantQuorum }, ecc);
  if (!Bytes.equal(data.stakerPk, Check.bytes(stakerPk, 'stakerPk', 32))) {
    const facts = { expected: Hex.encode(stakerPk), got: Hex.encode(data.stakerPk) };
    fail<Reason>({ code: 'stake-plan.other-staker', ...facts }, `the stake belongs to the key ${facts.got}`);
  }
  const { finalityProviderPk, stakingTimeBlocks } = data;
  return forExisting({ ...rest, stakingTransaction, stakerPk, finalityProviderPk, stakingTimeBlocks, valueSats: stakingValueSats }, ecc);
}

/** What a stake is to become. Provider and staker key stay: the chain knows no other extension. */
export type ExtensionOptions = {
  readonly paramsSet: ParamsSet.ParamsSet;
  readonly babylonBtcTipHeight: number;
  readonly previous: Delegation.Delegation;
  readonly stakingTimeBlocks: number;
  /** At least the previous value, and that when left out. */
  readonly valueSats?: bigint;
  readonly feeRateSatsPerKvb: bigint;
  readonly changeScriptPubKey: Uint8Array;
  readonly maxFeeRateSatsPerKvb?: bigint;
} & Funding;

/** Either the coins to choose the one from that pays, or that one. */
export type Funding =
  | { readonly candidates: readonly Coin.Coin[]; readonly selection?: ExtensionSelection; readonly funding?: never }
  | { readonly funding: Coin.Coin; readonly candidates?: never; readonly selection?: never };

/** How the funding coin is chosen: what must not be spent, and the rest of `ExtensionTx.fund`. */
export type ExtensionSelection = Omit<
  ExtensionTx.fund.Options,
  'previous' | 'contract' | 'valueSats' | 'changeScriptPubKey' | 'feeRateSatsPerKvb' | 'maxFeeRateSatsPerKvb' | 'candidates'
>;

export type ExtensionPlan = {
  /** The tip of Babylon's light client that it was planned for. */
  readonly babylonBtcTipHeight: number;
  readonly params: StakingParams;
  readonly contract: StakingContract.StakingContract;
  readonly previous: Delegation.Delegation;
  readonly built: ExtensionTx.build.Built;
  readonly funding: Coin.Coin;
  readonly delegation: Delegation.Delegation;
};

/**
 * The plan of an extension, under the parameters in force at the tip of Babylon's light client. The old stake is spent under its own.
 *
 * @throws extension-tx.needs-consolidation - no single coin pays; its reason has the plan of a transaction that makes one
 * @throws params.none-at-height, extension-tx.*, staking-tx.*, coin.*, fee.*
 */
export function forExtension(options: ExtensionOptions, ecc: Ecc.Ecc = Ecc.auto()): ExtensionPlan {
  const { paramsSet, previous, stakingTimeBlocks, changeScriptPubKey, feeRateSatsPerKvb, maxFeeRateSatsPerKvb } = Check.object(
    options,
    'options',
  );
  const { stakerPks, finalityProviderPks } = Delegation.check(previous, 'previous').contract.terms;
  const height = Blocks.height(options.babylonBtcTipHeight, 'babylonBtcTipHeight');
  const params = ParamsSet.atHeight(paramsSet, height);
  const [stakerPk] = stakerPks as readonly [XOnlyPublicKey, ...XOnlyPublicKey[]];
  const contract = StakingContract.fromParams(params, { stakerPk, finalityProviderPks, stakingTimeBlocks }, ecc);
  const valueSats = options.valueSats === undefined ? previous.stakingValueSats : Sats.from(options.valueSats, 'valueSats');
  StakingTx.checkAgainst(params, contract, valueSats);
  const ceiling = maxFeeRateSatsPerKvb === undefined ? {} : { maxFeeRateSatsPerKvb };
  const terms = { previous, contract, valueSats, changeScriptPubKey, feeRateSatsPerKvb, ...ceiling };
  const { built, funding } = fundExtension(terms, options);
  const delegation = Delegation.from({ contract, rules: params, stakingTransaction: built.transaction, stakingOutputIndex: 0 });
  return { babylonBtcTipHeight: height, params, contract, previous, built, funding, delegation };
}

/**
 * The coins that a transaction spends, in the order of its inputs, found among those of the wallet.
 *
 * @throws stake-plan.other-transaction - an input that is none of them
 */
export function coinsOf(transaction: Tx.Transaction, wallet: readonly Coin.Coin[]): readonly Coin.Coin[] {
  const known = new Map<string, Coin.Coin>();
  for (const [i, coin] of Check.list(wallet, 'coins').entries()) {
    const { txid, vout } = Tx.checkOutpoint(Check.object(coin, `coins[${i}]`).outpoint, `coins[${i}].outpoint`);
    known.set(`${txid}:${vout}`, coin);
  }
  return Tx.check(transaction).ins.map((_, i) => {
    const { txid, vout } = Tx.outpointOf(transaction, i);
    const got = `${txid}:${vout}`;
    return (
      known.get(got) ??
      fail<Reason>(
        { code: 'stake-plan.other-transaction', field: `transaction.ins[${i}]`, expected: 'a coin of the wallet', got },
        `input ${i} spends ${got}, which is none of the given coins`,
      )
    );
  });
}

type Terms = Omit<StakingTx.build.Options, 'coins' | 'params'> & { readonly params: StakingParams };

function fund(terms: Terms, given: Coins): { readonly built: StakingTx.build.Built; readonly coins: readonly Coin.Coin[] } {
  if (given.coins !== undefined && given.candidates !== undefined)
    fail<Reason>({ code: 'stake-plan.coins-choice' }, 'give either candidates to choose from, or the coins to spend');
  if (given.coins !== undefined) return { built: StakingTx.build({ ...terms, coins: given.coins }), coins: [...given.coins] };
  // Stated here whatever `selection` holds: what is registered before it is sent keeps its txid.
  const kept = { registration: 'pre-staking', allowTxidChange: false, replaceable: false } as const;
  const built = StakingTx.fund({ ...given.selection, ...terms, ...kept, candidates: given.candidates });
  return { built, coins: built.coins };
}

function fundExtension(
  terms: Omit<ExtensionTx.build.Options, 'funding'>,
  given: Funding,
): { readonly built: ExtensionTx.build.Built; readonly funding: Coin.Coin } {
  if (given.funding !== undefined) return { built: ExtensionTx.build({ ...terms, funding: given.funding }), funding: given.funding };
  const built = ExtensionTx.fund({ ...given.selection, ...terms, candidates: given.candidates });
  return { built, funding: built.funding };
}

/** The shape always, the tree where the header is known, the header's work where the network is. */
function checkProof(proof: InclusionProof.InclusionProof, header: Uint8Array | undefined, network: Network.Network | undefined): void {
  InclusionProof.toBytes(proof);
  if (proof.index === 0)
    fail<Reason>({ code: 'stake-plan.coinbase' }, 'inclusionProof.index: place 0 is the coinbase, which is no stake to Babylon');
  const finding =
    header !== undefined
      ? InclusionProof.check(proof, header, network === undefined ? {} : { network })
      : proof.index >= 2 ** proof.siblings.length
        ? 'inclusion-proof.index-beyond-depth'
        : undefined;
  if (finding !== undefined) fail<Reason>({ code: finding }, `inclusionProof: ${InclusionProof.WHY[finding]}`);
}
