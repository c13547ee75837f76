// What stands in the documents for a reader's own clients and wallets: a node of Babylon whose checks and committee are real, a Bitcoin chain
// that mines what it is sent, and wallets as the field has them. Blocks of docs/*.md use these by name; the page says so.
import * as ChainView from '../../src/babylon/ChainView.ts';
import * as Covenant from '../../src/babylon/Covenant.ts';
import * as Delegation from '../../src/babylon/Delegation.ts';
import * as Message from '../../src/babylon/Message.ts';
import * as Networks from '../../src/babylon/Networks.ts';
import * as Params from '../../src/babylon/Params.ts';
import * as Registration from '../../src/babylon/Registration.ts';
import * as Slasher from '../../src/babylon/Slasher.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as InclusionProof from '../../src/bitcoin/InclusionProof.ts';
import * as LeafSpend from '../../src/bitcoin/LeafSpend.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as Schnorr from '../../src/crypto/Schnorr.ts';
import { blockOf } from '../support/blocks.ts';
import * as Flows from '../support/flows.ts';
import { type Peer, peerBitcoin } from '../support/peerWallet.ts';

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

// ---- Bitcoin

const blocks = new Map<number, Uint8Array>();
let tip = Flows.TIP;

/** A Bitcoin node: `broadcast` puts the transaction into the next block. */
export const bitcoin = {
  async broadcast(hex: string): Promise<string> {
    const transaction = Tx.fromHex(hex);
    tip += 1;
    blocks.set(tip, blockOf([{ raw: Tx.encode(transaction), stripped: Tx.encode(Tx.stripped(transaction)) }], undefined, tip));
    return Tx.txid(transaction);
  },
  async tipHeight(): Promise<number> {
    return tip;
  },
  /** The raw block. */
  async block(height: number): Promise<Uint8Array> {
    return blocks.get(height) ?? blockOf([], undefined, height);
  },
  /** As an Electrum server answers `blockchain.transaction.get_merkle`. */
  async merkle(txid: string, height: number): Promise<{ readonly pos: number; readonly merkle: string[]; readonly blockHash: string }> {
    const { index, siblings, blockHash } = InclusionProof.fromBlock(await bitcoin.block(height), txid);
    return { pos: index, merkle: siblings.map((one) => Hex.encode(Uint8Array.from(one).reverse())), blockHash };
  },
  /** Time passes. */
  async wait(count: number): Promise<void> {
    tip += count;
  },
};

// ---- Babylon

type Created = Message.MsgCreateBTCDelegation | Message.MsgBtcStakeExpand;
type Registered = { readonly value: Created; readonly delegation: Delegation.Delegation; startHeight: number; spent?: Uint8Array };
const registered = new Map<string, Registered>();

const view = (): ChainView.ChainView =>
  ChainView.ofNetwork(
    { ...Networks.from('bbn-1'), paramsSet: Flows.NETWORK.paramsSet },
    {
      tipHeight: tip,
      babylonHeight: 2_000_000n,
      headers: [...blocks].map(([height, block]) => ({ height, raw: block.slice(0, 80) })),
      finalityProviders: [{ btcPk: Flows.PROVIDER.publicKey, slashed: false, jailed: false, softDeleted: false }],
      delegations: [...registered.keys()].map((txid) => ChainView.delegationFromRest(delegationAnswer(txid))),
    },
  );

function create(value: Created): void {
  const contract = StakingContract.fromParams(Flows.PARAMS, {
    stakerPk: PublicKey.fromXOnly(value.btcPk),
    finalityProviderPks: value.fpBtcPkList.map((key) => PublicKey.fromXOnly(key)),
    stakingTimeBlocks: value.stakingTime,
  });
  const delegation = Delegation.from({ contract, rules: Flows.PARAMS, stakingTransaction: Tx.decode(value.stakingTx) });
  registered.set(delegation.stakingTxid, { value, delegation, startHeight: 0 });
}

function recordOf(txid: string): Registered {
  const record = registered.get(txid);
  if (record === undefined) throw new Error(`no delegation ${txid}`);
  return record;
}

/** Height of the block that a proof names; the chain has checked it. */
function heightOf(proof: Message.InclusionProof | undefined): number {
  const hash = Hex.encode(Uint8Array.from(proof?.key?.hash ?? []).reverse());
  return [...view().headers.values()].find((header) => header.hash === hash)?.height ?? 0;
}

function accept(message: Message.Message): void {
  const verdict = Registration.check(message as Registration.Checked, view());
  if (!verdict.ok) throw new Error(`${verdict.codespace}/${verdict.code}: ${verdict.reference}`);
  if (message.typeUrl === Message.CREATE_BTC_DELEGATION || message.typeUrl === Message.BTC_STAKE_EXPAND) {
    const { value } = message as { readonly value: Created };
    create(value);
    if ('stakingTxInclusionProof' in value && value.stakingTxInclusionProof !== undefined)
      recordOf(Tx.txid(Tx.decode(value.stakingTx))).startHeight = heightOf(value.stakingTxInclusionProof);
  } else if (message.typeUrl === Message.ADD_INCLUSION_PROOF) {
    const { value } = message as { readonly value: Message.MsgAddBTCDelegationInclusionProof };
    recordOf(value.stakingTxHash).startHeight = heightOf(value.stakingTxInclusionProof);
  } else if (message.typeUrl === Message.BTC_UNDELEGATE) {
    const { value } = message as { readonly value: Message.MsgBTCUndelegate };
    recordOf(value.stakingTxHash).spent = value.stakeSpendingTx;
  }
}

function extensionOf(value: Created): object {
  if (!('previousStakingTxHash' in value)) return {};
  const { delegation: previous } = recordOf(value.previousStakingTxHash);
  const transaction = Tx.decode(value.stakingTx);
  const funding = Tx.outputOf(Tx.decode(value.fundingTx), Tx.outpointOf(transaction, 1).vout);
  const { scriptPubKey } = previous.contract.staking;
  const spentOutputs = [{ scriptPubKey, valueSats: previous.stakingValueSats }, funding];
  const spend = LeafSpend.from({ transaction, spentOutputs, inputIndex: 0, leaf: previous.contract.staking.paths.unbonding });
  const script = Hex.encode(funding.scriptPubKey);
  const amount = Hex.encode(Uint8Array.from(new Uint8Array(new BigUint64Array([funding.valueSats]).buffer)));
  return {
    stk_exp: {
      previous_staking_tx_hash_hex: value.previousStakingTxHash,
      other_funding_tx_out_hex: `${amount}${(script.length / 2).toString(16).padStart(2, '0')}${script}`,
      previous_stk_covenant_sigs: Flows.COVENANT.map(({ publicKey, secretKey }) => ({
        pk: Hex.encode(publicKey),
        sig: base64(Schnorr.sign(spend.sighash(), secretKey)),
      })),
    },
  };
}

/** As a node's REST interface gives it, the committee's signatures in it. */
function delegationAnswer(txid: string): object {
  const { value, delegation, startHeight, spent } = recordOf(txid);
  const members = Flows.COVENANT.map(({ secretKey }) => Covenant.sign({ delegation, secretKey, auxRand: new Uint8Array(32) }));
  const adaptors = (list: (member: Covenant.MemberSignatures) => readonly Uint8Array[]): object[] =>
    members.map((member) => ({ cov_pk: Hex.encode(member.covenantPk), adaptor_sigs: list(member).map(base64) }));
  return {
    btc_delegation: {
      staker_addr: value.stakerAddr,
      btc_pk: Hex.encode(value.btcPk),
      fp_btc_pk_list: value.fpBtcPkList.map(Hex.encode),
      staking_time: value.stakingTime,
      start_height: startHeight,
      end_height: startHeight === 0 ? 0 : startHeight + value.stakingTime,
      total_sat: value.stakingValue.toString(),
      staking_tx_hex: Hex.encode(value.stakingTx),
      slashing_tx_hex: Hex.encode(value.slashingTx),
      delegator_slash_sig_hex: Hex.encode(value.delegatorSlashingSig),
      covenant_sigs: adaptors(({ stakingSlashing }) => stakingSlashing),
      staking_output_idx: delegation.stakingOutputIndex,
      unbonding_time: value.unbondingTime,
      undelegation_response: {
        unbonding_tx_hex: Hex.encode(value.unbondingTx),
        covenant_unbonding_sig_list: members.map(({ covenantPk, unbonding }) => ({ pk: Hex.encode(covenantPk), sig: base64(unbonding) })),
        slashing_tx_hex: Hex.encode(value.unbondingSlashingTx),
        delegator_slashing_sig_hex: Hex.encode(value.delegatorUnbondingSlashingSig),
        covenant_slashing_sigs: adaptors(({ unbondingSlashing }) => unbondingSlashing),
        delegator_unbonding_info_response: spent === undefined ? null : { spend_stake_tx_hex: '' },
      },
      params_version: 0,
      stk_exp: null,
      ...extensionOf(value),
    },
  };
}

function paramsAnswer(): object {
  const { version, ...ours } = Params.toJson(Flows.PARAMS);
  return {
    params: [
      {
        version,
        params: {
          covenant_pks: ours.covenantPks,
          covenant_quorum: ours.covenantQuorum,
          min_staking_value_sat: ours.minStakingValueSats,
          max_staking_value_sat: ours.maxStakingValueSats,
          min_staking_time_blocks: ours.minStakingTimeBlocks,
          max_staking_time_blocks: ours.maxStakingTimeBlocks,
          slashing_pk_script: base64(Flows.PARAMS.slashingPkScript),
          min_slashing_tx_fee_sat: ours.minSlashingTxFeeSats,
          slashing_rate: ours.slashingRate,
          unbonding_time_blocks: ours.unbondingTimeBlocks,
          unbonding_fee_sat: ours.unbondingFeeSats,
          min_commission_rate: ours.minCommissionRate,
          delegation_creation_base_gas_fee: ours.delegationCreationBaseGasFee,
          allow_list_expiration_height: ours.allowListExpirationHeight,
          btc_activation_height: ours.btcActivationHeight,
        },
      },
    ],
  };
}

/** A node of Babylon: its REST interface, and a client that signs and sends messages. */
export const babylon = {
  async get(path: string): Promise<unknown> {
    const name = path.replace(/^\/babylon\/\w+\/v1\//, '');
    if (name === 'params_versions') return paramsAnswer();
    if (name === 'tip') return { header: { height: tip, header_hex: Hex.encode((await bitcoin.block(tip)).slice(0, 80)) } };
    if (name.startsWith('btc_delegation/')) return delegationAnswer(name.slice('btc_delegation/'.length));
    if (/^finality_providers\/[0-9a-f]{64}\/finality_provider$/.test(name)) {
      const key = name.split('/')[1];
      return { finality_provider: { btc_pk: key, slashed_babylon_height: '0', jailed: false, soft_deleted: false, commission: '0.05' } };
    }
    throw new Error(`404 ${path}`);
  },
  async broadcast(any: Message.Any): Promise<void> {
    accept(Message.decode(any));
  },
};

export const finalityProviderPkHex: string = Hex.encode(Flows.PROVIDER.publicKey);

/** What happens when the provider of a delegation signs twice: the transaction that somebody broadcasts. */
export function slashed(delegation: Delegation.Delegation): Tx.Transaction {
  const { value } = recordOf(delegation.stakingTxid);
  const publicKey = value.btcPk;
  const { transaction } = Slasher.slash(
    {
      delegation,
      covenantSignatures: Flows.COVENANT.map(({ secretKey }) => Covenant.sign({ delegation, secretKey })),
      stakerSignatures: {
        stakingSlashing: [{ publicKey, signature: value.delegatorSlashingSig }],
        unbondingSlashing: [{ publicKey, signature: value.delegatorUnbondingSlashingSig }],
      },
    },
    'staking',
    Flows.PROVIDER.secretKey,
  );
  return transaction;
}

// ---- wallets

/** A coin as explorers list it, in the form of both libraries. */
export type ListedCoin = { txid: string; vout: number; value: number; scriptPubKey: string; rawTxHex?: string };

/** Coins of the wallet. */
export const utxos: ListedCoin[] = [8_000_000, 3_000_000, 60_000].map((value, vout) => ({
  txid: '5a'.repeat(32),
  vout,
  value,
  scriptPubKey: Hex.encode(Flows.keyOfType('p2tr').scriptPubKey),
}));

/** The objects that are handed to the peer's manager: of the field, nothing in them is ours. */
const field = Flows.providerOf();
const sources = new Map<string, string>();
type Manager = ConstructorParameters<Peer['BabylonBtcStakingManager']>;
/** With the peer's types, as its users declare them. */
export const btcProvider: Manager[2] = { ...field, getTransactionHex: async (txid) => sources.get(txid) ?? '' };
export const babylonProvider: Manager[3] = Flows.babylonWallet();
/** Serialised key and address, as a login gives them. */
const own = Flows.keyOfType('p2tr');
export const walletAddress: string = own.address;
export const walletPublicKeyHex: string = Hex.encode(own.publicKey);
export const babylonAddress: string = Flows.BABYLON_ADDRESS;

/** `window.unisat`. */
export const unisat = {
  requestAccounts: async (): Promise<string[]> => [own.address],
  getPublicKey: async (): Promise<string> => walletPublicKeyHex,
  getNetwork: async (): Promise<string> => 'livenet',
  signPsbt: async (
    psbtHex: string,
    options: { readonly autoFinalized?: boolean; readonly toSignInputs?: readonly { readonly index: number }[] } = {},
  ): Promise<string> => {
    const { autoFinalized = true, toSignInputs } = options;
    const signInputs = toSignInputs === undefined ? {} : { signInputs: toSignInputs };
    return field.signPsbt(psbtHex, { autoFinalized, ...signInputs });
  },
  signMessage: async (message: string, type: 'ecdsa' | 'bip322-simple' = 'ecdsa'): Promise<string> =>
    btcProvider.signMessage(message, type),
  getInscriptions: async (): Promise<{ total: number; list: { output: string }[] }> => ({ total: 0, list: [] }),
};

// ---- the peer's manager, as its users have it

export const stakingParams: (typeof Flows.PEER_PARAMS)[] = [Flows.PEER_PARAMS];

/** A coin of the wallet that nothing has spent, and the transaction that made it. */
export function freshCoin(valueSats: number): { readonly utxo: ListedCoin; readonly previousTransaction: Tx.Transaction } {
  const output = { scriptPubKey: own.scriptPubKey, valueSats: BigInt(valueSats) };
  const previousTransaction = Tx.create([{ outpoint: { txid: '77'.repeat(32), vout: valueSats % 7 } }], [output]);
  const utxo = {
    txid: Tx.txid(previousTransaction),
    vout: 0,
    value: valueSats,
    scriptPubKey: Hex.encode(own.scriptPubKey),
    rawTxHex: Tx.toHex(previousTransaction),
  };
  sources.set(utxo.txid, utxo.rawTxHex);
  return { utxo, previousTransaction };
}

/** `Transaction.fromHex` of the bitcoinjs-lib that the peer brings along. */
export const transactionOf: (hex: string) => ReturnType<typeof peerBitcoin.Transaction.fromHex> = (hex) =>
  peerBitcoin.Transaction.fromHex(hex);
