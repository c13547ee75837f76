// A stand-in for the Babylon chain: its checks are the library's (in the chain's order, with the chain's words), its committee signs with real
// keys, and it believes nothing but messages and blocks. A wallet talks to a node of Babylon in its place.
import {
  ChainView,
  Covenant,
  CovenantApproval,
  Delegation,
  type LeafSpend,
  type Message,
  type Params,
  ParamsSet,
  PublicKey,
  Registration,
  Sats,
  Schnorr,
  type SecretKey,
  StakingContract,
  Tx,
  type Witness,
} from '../../src/index.ts';

type Record_ = ChainView.DelegationRecord;
type Created = Message.MsgCreateBTCDelegation | Message.MsgBtcStakeExpand;

/** A block of Bitcoin as the chain's light client knows it. */
export type Header = { readonly height: number; readonly raw: Uint8Array };

export type Options = {
  readonly params: Params.StakingParams;
  readonly committee: readonly SecretKey.SecretKey[];
  readonly finalityProviderPk: PublicKey.XOnlyPublicKey;
  /** k: blocks on top of the one that includes a stake. */
  readonly confirmationDepthBlocks: number;
};

export class Babylon {
  readonly #options: Options;
  readonly #headers: Header[] = [];
  readonly #records = new Map<string, Record_>();
  #tipHeight = 1;

  constructor(options: Options) {
    this.#options = options;
  }

  /** The light client follows Bitcoin. */
  follow(tipHeight: number, ...headers: readonly Header[]): void {
    this.#tipHeight = tipHeight;
    this.#headers.push(...headers);
  }

  /** The status of a delegation, as the chain computes it. */
  status(delegation: Delegation.Delegation): string {
    return Registration.readiness(this.#record(delegation.stakingTxid), this.#view()).status;
  }

  /** Takes a message, or throws the chain's refusal. */
  submit(message: Message.Message): void {
    const verdict = Registration.check(message as Registration.Checked, this.#view());
    if (!verdict.ok) throw new Error(`Babylon refuses: ${verdict.codespace}/${verdict.code} ${verdict.reference} (${verdict.why})`);
    switch (message.typeUrl) {
      case '/babylon.btcstaking.v1.MsgCreateBTCDelegation':
      case '/babylon.btcstaking.v1.MsgBtcStakeExpand':
        this.#create(message.value);
        return;
      case '/babylon.btcstaking.v1.MsgAddBTCDelegationInclusionProof':
        this.#activate(message.value.stakingTxHash, message.value.stakingTxInclusionProof);
        return;
      case '/babylon.btcstaking.v1.MsgBTCUndelegate':
        this.#undelegate(message.value);
        return;
      default:
        throw new Error(`nothing is done with ${message.typeUrl}`);
    }
  }

  /** The committee looks at a registered delegation, rebuilt from what was registered, and signs all of it. */
  approve(stakingTxid: string): CovenantApproval.CovenantApproval {
    const record = this.#record(stakingTxid);
    const delegation = this.#rebuild(record);
    const members = this.#options.committee.map((secretKey) => Covenant.sign({ delegation, secretKey }));
    const keys = members.map(({ covenantPk }) => covenantPk);
    const covenantSigners = {
      slashing: keys,
      unbonding: keys,
      unbondingSlashing: keys,
      expansion: record.expansion === undefined ? [] : keys,
    };
    this.#records.set(stakingTxid, { ...record, covenantSigners });
    return CovenantApproval.fromMembers(members);
  }

  /** What members sign besides for an extension: the spend of the previous stake. */
  signExtension(spend: LeafSpend.LeafSpend): readonly Witness.KeySignature[] {
    return this.#options.committee.map((secretKey) => ({
      publicKey: PublicKey.ofSecret(secretKey),
      signature: Schnorr.sign(spend.sighash(), secretKey),
    }));
  }

  #create(value: Created): void {
    const stakingTx = Tx.decode(value.stakingTx);
    const expansion =
      'previousStakingTxHash' in value
        ? {
            previousStakingTxid: value.previousStakingTxHash,
            fundingOutput: Tx.outputOf(Tx.decode(value.fundingTx), stakingTx.ins[1]?.index ?? 0),
          }
        : undefined;
    const none: readonly Uint8Array[] = [];
    const draft = {
      ...{ stakerAddr: value.stakerAddr, btcPk: value.btcPk, fpBtcPkList: value.fpBtcPkList },
      ...{ stakingTimeBlocks: value.stakingTime, unbondingTimeBlocks: value.unbondingTime, paramsVersion: 0 },
      ...{ startHeight: 0, endHeight: 0, btcTipHeight: this.#tipHeight, totalSats: Sats.from(value.stakingValue) },
      ...{ stakingTx: value.stakingTx, stakingOutputIndex: 0, slashingTx: value.slashingTx },
      ...{ unbondingTx: value.unbondingTx, unbondingSlashingTx: value.unbondingSlashingTx },
      covenantSigners: { slashing: none, unbonding: none, unbondingSlashing: none, expansion: none },
      ...(expansion === undefined ? {} : { expansion }),
    };
    const record = { ...draft, stakingOutputIndex: this.#rebuild(draft).stakingOutputIndex };
    const txid = Tx.txid(stakingTx);
    this.#records.set(txid, record);
    if ('stakingTxInclusionProof' in value && value.stakingTxInclusionProof !== undefined)
      this.#activate(txid, value.stakingTxInclusionProof);
  }

  #activate(stakingTxid: string, proof: Message.InclusionProof | undefined): void {
    const record = this.#record(stakingTxid);
    const startHeight = this.#heightOf(proof);
    this.#records.set(stakingTxid, { ...record, startHeight, endHeight: startHeight + record.stakingTimeBlocks });
  }

  #undelegate({ stakingTxHash, stakeSpendingTx, stakeSpendingTxInclusionProof }: Message.MsgBTCUndelegate): void {
    const record = this.#record(stakingTxHash);
    const spending = Tx.decode(stakeSpendingTx);
    const child = Tx.txid(spending);
    if (this.#records.has(child)) this.#activate(child, stakeSpendingTxInclusionProof);
    const isRegistered = child === Tx.txid(Tx.decode(record.unbondingTx));
    this.#records.set(stakingTxHash, { ...record, unbondingInfo: { spendStakeTx: isRegistered ? new Uint8Array(0) : stakeSpendingTx } });
  }

  #rebuild(record: Record_): Delegation.Delegation {
    const { params } = this.#options;
    const contract = StakingContract.fromParams(params, {
      stakerPk: PublicKey.fromXOnly(record.btcPk),
      finalityProviderPks: record.fpBtcPkList.map((key) => PublicKey.fromXOnly(key)),
      stakingTimeBlocks: record.stakingTimeBlocks,
    });
    return Delegation.from({ contract, rules: params, stakingTransaction: Tx.decode(record.stakingTx) });
  }

  #record(txid: string): Record_ {
    const record = this.#records.get(txid);
    if (record === undefined) throw new Error(`Babylon knows no delegation ${txid}`);
    return record;
  }

  #heightOf(proof: Message.InclusionProof | undefined): number {
    const hash = proof?.key?.hash;
    const header = [...this.#view().headers.values()].find((one) => hash !== undefined && displayOf(hash) === one.hash);
    if (header === undefined) throw new Error('the light client has no such block');
    return header.height;
  }

  #view(): ChainView.ChainView {
    const { params, finalityProviderPk, confirmationDepthBlocks } = this.#options;
    return ChainView.from({
      paramsSet: ParamsSet.from([params]),
      confirmationDepthBlocks,
      tipHeight: this.#tipHeight,
      babylonHeight: 1_000_000n,
      headers: this.#headers,
      finalityProviders: [{ btcPk: finalityProviderPk, slashed: false, jailed: false, softDeleted: false }],
      delegations: [...this.#records.values()],
    });
  }
}

function displayOf(hash: Uint8Array): string {
  return [...hash]
    .reverse()
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}
