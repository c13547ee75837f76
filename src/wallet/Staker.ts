// A staker with a wallet and a Babylon account: every flow as one call, made of the steps of Steps.ts. Each call plans, asks, verifies all that
// came back, and only then gives it on. The counterparts in btc-staking-ts (BabylonBtcStakingManager):
//
//   estimateBtcStakingFee                             plan(…).built.feeSats
//   preStakeRegistrationBabylonTransaction            plan, then registerBeforeStaking
//   createSignedBtcStakingTransaction                 signStaking
//   postStakeRegistrationBabylonTransaction           registerAfterStaking; registerPhase1 where the data output tells the terms
//   createPartialSignedBtcUnbondingTransaction        signPartialUnbonding
//   createSignedBtcUnbondingTransaction               signUnbonding
//   createSignedBtcWithdrawStakingExpiredTransaction  withdraw, from: 'staking'
//   createSignedBtcWithdrawEarlyUnbondedTransaction   withdraw, from: 'unbonding'
//   createSignedBtcWithdrawSlashingTransaction        withdraw, from: 'slashing-change'
//   estimateBtcStakingExpansionFee                    planExtension(…).built.feeSats
//   stakingExpansionRegistrationBabylonTransaction    planExtension, then registerExtension
//   createSignedBtcStakingExpansionTransaction        signExtension
//   createProofOfPossession                           provePossession
//
// Source of the flows: babylon docs/register-bitcoin-stake.md, x/btcstaking/README.md.
import * as BabylonAddress from '../babylon/BabylonAddress.ts';
import { check as checkDelegation, type Delegation } from '../babylon/Delegation.ts';
import type * as Message from '../babylon/Message.ts';
import type * as Networks from '../babylon/Networks.ts';
import type * as ParamsSet from '../babylon/ParamsSet.ts';
import type * as Phase1Params from '../babylon/Phase1Params.ts';
import * as ProofOfPossession from '../babylon/ProofOfPossession.ts';
import * as Registration from '../babylon/Registration.ts';
import * as StakePolicy from '../babylon/StakePolicy.ts';
import * as WithdrawalTx from '../babylon/WithdrawalTx.ts';
import type { KeySignature } from '../babylon/Witness.ts';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import type * as Sats from '../base/Sats.ts';
import * as Address from '../bitcoin/Address.ts';
import type { Coin, KeyOrigin } from '../bitcoin/Coin.ts';
import type * as InclusionProof from '../bitcoin/InclusionProof.ts';
import * as Network from '../bitcoin/Network.ts';
import type { OutputInfo } from '../bitcoin/SigningRequest.ts';
import * as Tx from '../bitcoin/Tx.ts';
import * as Ecc from '../crypto/Ecc.ts';
import * as PublicKey from '../crypto/PublicKey.ts';
import { toProvider } from './babylonMessage.ts';
import * as CovenantApproval from './CovenantApproval.ts';
import { typeOf } from './keyScripts.ts';
import type { BabylonProvider, BitcoinProvider } from './Provider.ts';
import * as Provider from './Provider.ts';
import * as StakePlan from './StakePlan.ts';
import * as Step from './Step.ts';
import * as Steps from './Steps.ts';
import * as Output from './withdrawable.ts';

export type Reason =
  | StakePlan.Reason
  | Step.Reason
  | Steps.Reason
  | StakePolicy.Reason
  | ProofOfPossession.Reason
  | { readonly code: 'staker.no-babylon-account' }
  | { readonly code: 'staker.other-transaction'; readonly expected: string; readonly got: string }
  | { readonly code: 'staker.foreign-address'; readonly field: string }
  | { readonly code: 'staker.report-of-another-plan'; readonly expected: string; readonly got: string }
  | { readonly code: 'staker.wrong-chain-id'; readonly expected: string; readonly got: string }
  | Output.Reason;

/** The network's data; a {@link Networks.Network} with parameters is one. */
export type NetworkData = {
  readonly bitcoinNetwork: Network.Network;
  readonly paramsSet: ParamsSet.ParamsSet;
  readonly phase1?: Phase1Params.Phase1Set | undefined;
  readonly chainId?: string | undefined;
};

/** Whose stake it is. */
export type Account = {
  /** The wallet's Bitcoin address: change and withdrawals go there unless said otherwise, and it decides how the proof is signed. */
  readonly address: string;
  /** The wallet's compressed key (33 bytes), or the x-only staker key (32). */
  readonly publicKey: Uint8Array;
  readonly babylonAddress: string;
  /** An address that is not of this key (a vault's, say) is refused unless it is meant: change and withdrawals go there. */
  readonly addressIsForeign?: boolean;
  /** Of the staker key (x-only), for wallets that sign by derivation. */
  readonly keyOrigins?: readonly KeyOrigin[];
  /** Scripts of the wallet beside that of the address, such as those of its change addresses: change that goes elsewhere is refused. */
  readonly ownScripts?: readonly Uint8Array[];
};

export type Options = {
  readonly network: NetworkData;
  readonly account: Account;
  readonly bitcoin: BitcoinProvider;
  /** Left out, messages are returned unsigned. */
  readonly babylon?: BabylonProvider;
  /** For a chain with a signing context: from which Babylon height on, and its version. No chain that runs has one. */
  readonly popContext?: { readonly fromBabylonHeight: number; readonly version: number };
};

/**
 * What a review of the plan found, and which of its warnings the person has read: nobody is asked to sign before. Without a report the plan is
 * reviewed with what it tells itself, and an error refuses it; warnings need a report that somebody has seen.
 */
export type Guard = {
  readonly report?: StakePolicy.Report;
  readonly acknowledged?: readonly string[];
  readonly pop?: ProofOfPossession.Pop;
};

/** A registration: `message` for any client, and signed where a Babylon account is connected. */
export type Registered = {
  readonly delegation: Delegation;
  readonly consents: { readonly staking: KeySignature; readonly unbonding: KeySignature };
  readonly pop: ProofOfPossession.Pop;
  readonly message: Message.Message;
  readonly signedBabylonTx?: Uint8Array;
};

type Planned = Omit<StakePlan.Options, 'paramsSet' | 'stakerPk' | 'changeScriptPubKey' | 'candidates' | 'coins'> &
  StakePlan.Coins & { readonly changeScriptPubKey?: Uint8Array };

export type { Withdrawable } from './withdrawable.ts';

/** The flows of one staker. */
export class Staker {
  readonly network: NetworkData;
  readonly account: Account;
  readonly stakerPk: PublicKey.XOnlyPublicKey;
  /** Where the wallet's address pays to. */
  readonly scriptPubKey: Uint8Array;
  readonly #bitcoin: BitcoinProvider;
  readonly #babylon: BabylonProvider | undefined;
  readonly #popContext: Options['popContext'];
  readonly #ecc: Ecc.Ecc;

  /** Use {@link from}: it checks. */
  constructor(options: Options, stakerPk: PublicKey.XOnlyPublicKey, scriptPubKey: Uint8Array, ecc: Ecc.Ecc) {
    this.network = options.network;
    this.account = options.account;
    this.stakerPk = stakerPk;
    this.scriptPubKey = scriptPubKey;
    this.#bitcoin = options.bitcoin;
    this.#babylon = options.babylon;
    this.#popContext = options.popContext;
    this.#ecc = ecc;
  }

  /** The plan of a new stake: what will be built, signed and paid, before anybody is asked. @throws as {@link StakePlan.forStake} */
  plan(options: Planned): StakePlan.StakePlan {
    const { changeScriptPubKey = this.scriptPubKey } = Check.object(options, 'options');
    const { paramsSet } = this.network;
    return StakePlan.forStake({ ...options, paramsSet, stakerPk: this.stakerPk, changeScriptPubKey }, this.#ecc);
  }

  /**
   * The guard rails over a plan: every known way to lose coins or yield, as far as the plan, the account and `facts` tell (the provider, what is
   * known of the coins, what the person meant …); the rest is listed as not checked. The report goes into the guard of the registration.
   *
   * @throws as StakePolicy.review
   */
  review(plan: StakePlan.StakePlan, facts: Partial<StakePolicy.StakePlan> = {}): StakePolicy.Report {
    const { coins } = Check.object(plan, 'plan');
    return StakePolicy.review({ registration: 'pre-staking', ...this.#facts(plan, facts), coins: facts.coins ?? coins });
  }

  /** The same of a planned extension. @throws as StakePolicy.reviewExtension */
  reviewExtension(plan: StakePlan.ExtensionPlan, facts: Partial<StakePolicy.ExtensionPlan> = {}): StakePolicy.Report {
    const { previous, funding } = Check.object(plan, 'plan');
    const { babylonAddress } = this.account;
    const own = { previous, stakerAddress: babylonAddress, coins: facts.coins ?? [funding] };
    return StakePolicy.reviewExtension({ ...this.#facts(plan, facts), ...own });
  }

  /** What a plan and the account tell the guard rails, under what the caller knows better. */
  #facts<F extends Partial<StakePolicy.StakeFacts>>(
    plan: StakePlan.StakePlan | StakePlan.ExtensionPlan,
    facts: F,
  ): F & StakePolicy.StakeFacts {
    const { contract, params, built, babylonBtcTipHeight } = plan;
    const { name, asOf } = this.network as Partial<Networks.Network>;
    const { chain, wallet } = Check.object(facts, 'facts');
    const { ownScripts = [] } = this.account;
    return {
      // A network put together by hand may lack what the rules look at: then they say so.
      ...(name === undefined || asOf === undefined ? {} : { network: this.network as Networks.Network }),
      addresses: [this.account.address],
      ...facts,
      contract,
      params,
      stakingTransaction: built.transaction,
      chain: { tipHeight: babylonBtcTipHeight, ...chain },
      wallet: { scripts: [this.scriptPubKey, ...ownScripts], stakerPks: [this.stakerPk], ...wallet },
    };
  }

  /**
   * Registers a planned stake before it is on Bitcoin: two consents to slashing, the proof of possession, the message.
   *
   * @throws staker.report-of-another-plan, stake-policy.*, provider.*, signing-request.*, step.*, pop.*, registration.*
   */
  async registerBeforeStaking(plan: StakePlan.StakePlan | Pick<StakePlan.StakePlan, 'delegation'>, guard: Guard = {}): Promise<Registered> {
    const { delegation } = Check.object(plan, 'plan');
    checkDelegation(delegation, 'plan.delegation');
    return this.#register(delegation, guard, { ...('babylonBtcTipHeight' in plan ? { review: () => this.review(plan) } : {}) });
  }

  /**
   * Registers a stake that is on Bitcoin, with the proof of its inclusion and under the parameters of its block.
   *
   * @throws as {@link StakePlan.forExisting} and {@link registerBeforeStaking}
   */
  async registerAfterStaking(
    options: Omit<StakePlan.ExistingOptions, 'paramsSet' | 'stakerPk' | 'bitcoinNetwork'>,
    guard: Guard = {},
  ): Promise<Registered> {
    const { paramsSet, bitcoinNetwork } = this.network;
    const own = { paramsSet, bitcoinNetwork, stakerPk: this.stakerPk };
    const { delegation, inclusionProof } = StakePlan.forExisting({ ...Check.object(options, 'options'), ...own }, this.#ecc);
    return this.#register(delegation, guard, { inclusionProof });
  }

  /**
   * Registers a stake of the lock-only phase: its terms are read from its data output.
   *
   * @throws as {@link StakePlan.forPhase1} and {@link registerBeforeStaking}
   */
  async registerPhase1(
    options: Omit<StakePlan.Phase1Options, 'paramsSet' | 'stakerPk' | 'phase1' | 'bitcoinNetwork'>,
    guard: Guard = {},
  ): Promise<Registered> {
    const { paramsSet, bitcoinNetwork, phase1 } = this.network;
    if (phase1 === undefined) return fail<Reason>({ code: 'stake-plan.no-phase-1' }, 'this network had no lock-only phase');
    const own = { paramsSet, bitcoinNetwork, stakerPk: this.stakerPk, phase1 };
    const { delegation, inclusionProof } = StakePlan.forPhase1({ ...Check.object(options, 'options'), ...own }, this.#ecc);
    return this.#register(delegation, guard, { inclusionProof });
  }

  /**
   * Signs the staking transaction of a registered delegation, once the covenant has approved all of it: without its signatures the coins could
   * be left only when the timelock ends.
   *
   * @param options.coins the wallet's coins; those that the transaction spends are found among them
   * @throws covenant-approval.quorum-not-reached, coin.txid-changes, stake-plan.other-transaction, provider.*, signing-request.*, step.*
   */
  async signStaking(options: {
    readonly delegation: Delegation;
    readonly coins: readonly Coin[];
    readonly approval: CovenantApproval.CovenantApproval;
    readonly outputs?: readonly OutputInfo[];
  }): Promise<Tx.Transaction> {
    const { delegation, coins, approval, outputs = [] } = Check.object(options, 'options');
    CovenantApproval.check(approval, delegation, this.#ecc);
    const spent = StakePlan.coinsOf(delegation.stakingTransaction, coins);
    return Step.ask(this.#bitcoin, Steps.staking(delegation, spent, outputs, this.#ecc));
  }

  /** The staker's signature on the unbonding transaction, for whoever completes it. @throws provider.*, signing-request.*, step.* */
  async signPartialUnbonding(delegation: Delegation): Promise<KeySignature> {
    return Step.ask(this.#bitcoin, Steps.unbonding(delegation, this.#signer(), this.#ecc));
  }

  /**
   * The finished unbonding transaction. The covenant's signatures are verified before anybody is asked.
   *
   * @param options.covenantSignatures as the chain gives them, in any order; more than the quorum is fine
   * @throws covenant-approval.quorum-not-reached, provider.*, signing-request.*, step.*
   */
  async signUnbonding(options: {
    readonly delegation: Delegation;
    readonly covenantSignatures: readonly (KeySignature | CovenantApproval.HexSignature)[];
  }): Promise<Steps.Completed> {
    const { delegation } = Check.object(options, 'options');
    const covenant = CovenantApproval.signaturesOf(options.covenantSignatures);
    CovenantApproval.checkUnbonding(delegation, covenant, this.#ecc);
    const staker = await this.signPartialUnbonding(delegation);
    return Steps.completeUnbonding(delegation, { staker: [staker], covenant }, this.#ecc);
  }

  /**
   * Withdraws matured outputs: of a stake whose time is over, of an unbonded one, of what a slashing left.
   *
   * @param options.tipHeight of Bitcoin; with it and `confirmedHeight` an early withdrawal is refused here
   * @throws staker.not-mature, staker.not-a-slashing, withdrawal-tx.*, provider.*, signing-request.*, step.*
   */
  async withdraw(options: {
    readonly outputs: readonly Output.Withdrawable[];
    readonly feeRateSatsPerKvb: bigint;
    readonly destinationScriptPubKey?: Uint8Array;
    readonly tipHeight?: number;
    readonly maxFeeRateSatsPerKvb?: bigint;
  }): Promise<{ readonly transaction: Tx.Transaction; readonly valueSats: Sats.Sats; readonly feeSats: Sats.Sats }> {
    const { outputs, feeRateSatsPerKvb, tipHeight, maxFeeRateSatsPerKvb } = Check.object(options, 'options');
    const inputs = Check.list(outputs, 'outputs').map((one, i) => Output.withdrawalInput(one, tipHeight, `outputs[${i}]`));
    const { destinationScriptPubKey = this.scriptPubKey } = options;
    const ceiling = maxFeeRateSatsPerKvb === undefined ? {} : { maxFeeRateSatsPerKvb };
    const built = WithdrawalTx.build({ inputs, destinationScriptPubKey, feeRateSatsPerKvb, ...ceiling });
    const transaction = await Step.ask(this.#bitcoin, Steps.withdrawal(built, inputs, this.#signer(), this.#ecc));
    return { transaction, valueSats: built.valueSats, feeSats: built.feeSats };
  }

  /** The plan of an extension: a new stake out of an old one, without unbonding. @throws as {@link StakePlan.forExtension} */
  planExtension(
    options: Omit<StakePlan.ExtensionOptions, 'paramsSet' | 'changeScriptPubKey' | keyof StakePlan.Funding> &
      StakePlan.Funding & { readonly changeScriptPubKey?: Uint8Array },
  ): StakePlan.ExtensionPlan {
    const { changeScriptPubKey = this.scriptPubKey } = Check.object(options, 'options');
    return StakePlan.forExtension({ ...options, paramsSet: this.network.paramsSet, changeScriptPubKey }, this.#ecc);
  }

  /**
   * Registers a planned extension.
   *
   * @param fundingTransaction the transaction that made the funding coin; left out, the coin's own is taken, or the wallet is asked for it
   * @throws as {@link registerBeforeStaking}
   */
  async registerExtension(
    plan: StakePlan.ExtensionPlan | Pick<StakePlan.ExtensionPlan, 'delegation' | 'previous' | 'funding'>,
    guard: Guard & { readonly fundingTransaction?: Tx.Transaction } = {},
  ): Promise<Registered> {
    const { delegation, previous, funding } = Check.object(plan, 'plan');
    const { fundingTransaction = await this.#transactionOf(funding) } = Check.object(guard, 'guard');
    return this.#register(delegation, guard, {
      ...('babylonBtcTipHeight' in plan ? { review: () => this.reviewExtension(plan) } : {}),
      previous,
      fundingTransaction: Tx.check(fundingTransaction, 'fundingTransaction'),
    });
  }

  /** The transaction that made a coin: the coin's own, else the wallet is asked. */
  async #transactionOf({ outpoint, previousTransaction }: Coin): Promise<Tx.Transaction> {
    if (previousTransaction !== undefined) return Tx.decode(previousTransaction, 'funding.previousTransaction');
    const { txid } = Tx.checkOutpoint(outpoint, 'funding.outpoint');
    if (this.#bitcoin.getTransactionHex === undefined) return Check.missing('fundingTransaction');
    const answer = await Provider.ask('getTransactionHex', () => this.#bitcoin.getTransactionHex?.(txid));
    const transaction = Tx.fromHex(Check.text(answer, 'getTransactionHex'), 'getTransactionHex');
    const got = Tx.txid(transaction);
    if (got !== txid)
      fail<Reason>({ code: 'staker.other-transaction', expected: txid, got }, `the wallet was asked for ${txid}, it gave ${got}`);
    return transaction;
  }

  /**
   * Signs a registered extension, once the covenant has approved the new stake and its members of old the spend of the previous one.
   *
   * @throws covenant-approval.quorum-not-reached, provider.*, signing-request.*, step.*
   */
  async signExtension(options: {
    readonly plan: StakePlan.ExtensionPlan;
    readonly approval: CovenantApproval.CovenantApproval;
    readonly covenantSignatures: readonly (KeySignature | CovenantApproval.HexSignature)[];
    readonly outputs?: readonly OutputInfo[];
  }): Promise<Tx.Transaction> {
    const { plan, approval, covenantSignatures, outputs = [] } = Check.object(options, 'options');
    const { delegation, previous, contract, built, funding } = Check.object(plan, 'plan');
    CovenantApproval.check(approval, delegation, this.#ecc);
    const parts = { previous, contract, built, funding, covenantSignatures, signer: this.#signer(), outputs };
    return Step.ask(this.#bitcoin, Steps.extension(parts, this.#ecc));
  }

  /** The message that proves a registered stake's inclusion; anybody may send it. Signed where a Babylon account is connected. */
  async proveInclusion(delegation: Delegation, inclusionProof: InclusionProof.InclusionProof): Promise<Sent> {
    return this.#send(Registration.inclusion({ signer: this.account.babylonAddress, delegation, inclusionProof }));
  }

  /**
   * The message that tells Babylon of the spend of a stake: by its unbonding, its extension or otherwise. Anybody may send it.
   *
   * @param options.spendingTransaction with its witness
   * @param options.fundingTransactions the previous transactions of all other inputs
   */
  async reportSpend(options: {
    readonly delegation: Delegation;
    readonly spendingTransaction: Tx.Transaction;
    readonly inclusionProof: InclusionProof.InclusionProof;
    readonly fundingTransactions?: readonly Tx.Transaction[];
  }): Promise<Sent> {
    return this.#send(Registration.undelegate({ signer: this.account.babylonAddress, ...Check.object(options, 'options') }, this.#ecc));
  }

  /**
   * The proof that the staker key agrees to the Babylon account: asked of the wallet as its address demands, converted and verified. One proof
   * serves all delegations of the same key and account.
   *
   * @throws provider.*, pop.*
   */
  async provePossession(): Promise<ProofOfPossession.Pop> {
    return this.#prove(await this.#context());
  }

  async #prove(context: string | undefined): Promise<ProofOfPossession.Pop> {
    const { address, babylonAddress } = this.account;
    const network = this.network.bitcoinNetwork;
    const signed = { babylonAddress, ...(context === undefined ? {} : { context }) };
    const { method } = ProofOfPossession.methodFor(address, network);
    const signatureBase64 = await Provider.signMessage(this.#bitcoin, ProofOfPossession.textFor(signed), method);
    return ProofOfPossession.fromWallet({ ...signed, signatureBase64, btcPk: this.stakerPk, address, network }, this.#ecc);
  }

  async #register(delegation: Delegation, guard: Guard, extra: Extra): Promise<Registered> {
    const { pop: given } = Check.object(guard, 'guard');
    this.#pass(delegation, guard, extra.review);
    const signer = this.#signer();
    const consents = [
      Steps.slashingConsent(delegation, 'staking', signer, this.#ecc),
      Steps.slashingConsent(delegation, 'unbonding', signer, this.#ecc),
    ];
    const [staking, unbonding] = (await Step.askAll(this.#bitcoin, consents)) as readonly [KeySignature, KeySignature];
    const context = await this.#context();
    const pop = given ?? (await this.#prove(context));
    const parts = {
      ...(context === undefined ? {} : { popContext: context }),
      delegation,
      stakerAddress: this.account.babylonAddress,
      pop,
      stakingSlashingSignature: staking.signature,
      unbondingSlashingSignature: unbonding.signature,
    };
    const { previous, fundingTransaction, inclusionProof } = extra;
    const message =
      previous !== undefined && fundingTransaction !== undefined
        ? Registration.extend({ ...parts, previous, fundingTransaction }, this.#ecc)
        : Registration.create({ ...parts, ...(inclusionProof === undefined ? {} : { inclusionProof }) }, this.#ecc);
    return { delegation, consents: { staking, unbonding }, pop, ...(await this.#send(message)) };
  }

  /** Refuses what the guard rails refuse, before anybody is asked. */
  #pass(delegation: Delegation, { report, acknowledged }: Guard, review: Extra['review']): void {
    if (report === undefined) {
      const own = review?.();
      if (own === undefined) return;
      StakePolicy.requireAcknowledged({ ...own, findings: own.findings.filter(({ severity }) => severity === 'error') });
      return;
    }
    const { txid } = Check.object(report, 'guard.report');
    if (txid !== delegation.stakingTxid)
      fail<Reason>(
        { code: 'staker.report-of-another-plan', expected: delegation.stakingTxid, got: Check.text(txid, 'guard.report.txid') },
        `guard.report: it is of ${txid}, the stake is ${delegation.stakingTxid}; use review of this plan`,
      );
    StakePolicy.requireAcknowledged(report, acknowledged);
  }

  async #send(message: Message.Message): Promise<Sent> {
    if (this.#babylon === undefined) return { message };
    await this.#checkChain(this.#babylon);
    return { message, signedBabylonTx: await Provider.signTransaction(this.#babylon, toProvider(message)) };
  }

  /** A wallet on another chain would sign a message that no node of ours takes. */
  async #checkChain(babylon: BabylonProvider): Promise<void> {
    const { chainId } = this.network;
    if (chainId === undefined || babylon.getChainId === undefined) return;
    const got = await Provider.ask('getChainId', () => babylon.getChainId?.());
    if (got !== chainId) {
      const name = typeof got === 'string' ? got.slice(0, 50) : Check.kindOf(got);
      fail<Reason>(
        { code: 'staker.wrong-chain-id', expected: chainId, got: name },
        `the Babylon wallet is on ${name}, the stake is for ${chainId}`,
      );
    }
  }

  async #context(): Promise<string | undefined> {
    const upgrade = this.#popContext;
    const babylon = this.#babylon;
    if (upgrade === undefined || babylon?.getCurrentHeight === undefined || babylon.getChainId === undefined) return undefined;
    const height = await Provider.ask('getCurrentHeight', () => babylon.getCurrentHeight?.());
    const chainId = await Provider.ask('getChainId', () => babylon.getChainId?.());
    if (Check.integer(height, 'currentHeight', 0, Number.MAX_SAFE_INTEGER) < upgrade.fromBabylonHeight) return undefined;
    return ProofOfPossession.context({ chainId: Check.text(chainId, 'chainId'), role: 'staker', version: upgrade.version });
  }

  #signer(): Steps.Signer {
    const { address, publicKey, keyOrigins } = this.account;
    return {
      stakerPk: this.stakerPk,
      address,
      ...(publicKey.length === 33 ? { publicKey } : {}),
      ...(keyOrigins === undefined ? {} : { keyOrigins }),
    };
  }
}

/** A message, signed where a Babylon account is connected. */
export type Sent = { readonly message: Message.Message; readonly signedBabylonTx?: Uint8Array };

type Extra = {
  /** The review that is made when the caller brings none. */
  readonly review?: () => StakePolicy.Report;
  readonly inclusionProof?: InclusionProof.InclusionProof;
  readonly previous?: Delegation;
  readonly fundingTransaction?: Tx.Transaction;
};

/**
 * A staker with a wallet. Any provider object of btc-staking-ts serves.
 *
 * @throws provider.unsupported, network.unknown, address.*, babylon-address.*, public-key.*, input.*
 */
export function from(options: Options, ecc: Ecc.Ecc = Ecc.auto()): Staker {
  const { network, account, bitcoin, babylon } = Check.object(options, 'options');
  const { bitcoinNetwork } = Check.object(network, 'network');
  Network.from(bitcoinNetwork);
  const { address, publicKey, babylonAddress } = Check.object(account, 'account');
  const ownScripts = Check.list(account.ownScripts ?? [], 'account.ownScripts').map((script, i) =>
    Bytes.copy(Check.bytes(script, `account.ownScripts[${i}]`)),
  );
  Provider.checkBitcoin(bitcoin);
  if (babylon !== undefined) Provider.checkBabylon(babylon);
  const scriptPubKey = Address.decode(address, bitcoinNetwork, 'account.address', ecc);
  BabylonAddress.parse(babylonAddress, 'account.babylonAddress');
  const isXOnly = Check.bytes(publicKey, 'account.publicKey').length === 32;
  const stakerPk = isXOnly
    ? PublicKey.fromXOnly(publicKey, 'account.publicKey', ecc)
    : PublicKey.fromCompressedAnyParity(publicKey, 'account.publicKey', ecc);
  if (account.addressIsForeign !== true && !paysTo(publicKey, scriptPubKey, ecc))
    fail<Reason>(
      { code: 'staker.foreign-address', field: 'account.address' },
      'account.address: it does not belong to the key, and change and withdrawals would go there; say addressIsForeign if that is meant',
    );
  return new Staker({ ...options, account: { ...account, publicKey: Bytes.copy(publicKey), ownScripts } }, stakerPk, scriptPubKey, ecc);
}

/** An x-only key stands for both compressed ones. */
function paysTo(publicKey: Uint8Array, scriptPubKey: Uint8Array, ecc: Ecc.Ecc): boolean {
  const keys = publicKey.length === 33 ? [publicKey] : [2, 3].map((parity) => Bytes.concat(Uint8Array.of(parity), publicKey));
  return keys.some((key) => typeOf(key, scriptPubKey, ecc) !== undefined);
}
