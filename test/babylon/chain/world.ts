// A small chain with everything that the checks ask about: parameters in two versions, a committee of three, blocks with real Merkle trees.
import { sha256 } from '@noble/hashes/sha2.js';
import * as BabylonAddress from '../../../src/babylon/BabylonAddress.ts';
import * as ChainView from '../../../src/babylon/ChainView.ts';
import * as Covenant from '../../../src/babylon/Covenant.ts';
import * as Delegation from '../../../src/babylon/Delegation.ts';
import type * as Message from '../../../src/babylon/Message.ts';
import * as Params from '../../../src/babylon/Params.ts';
import * as ParamsSet from '../../../src/babylon/ParamsSet.ts';
import * as ProofOfPossession from '../../../src/babylon/ProofOfPossession.ts';
import * as Registration from '../../../src/babylon/Registration.ts';
import * as SlashingTx from '../../../src/babylon/SlashingTx.ts';
import * as StakingContract from '../../../src/babylon/StakingContract.ts';
import * as Bytes from '../../../src/base/Bytes.ts';
import * as Hex from '../../../src/base/Hex.ts';
import * as InclusionProof from '../../../src/bitcoin/InclusionProof.ts';
import * as LeafSpend from '../../../src/bitcoin/LeafSpend.ts';
import * as Tx from '../../../src/bitcoin/Tx.ts';
import { hex, type KeyPair, keyOf, keysOf, P2TR, P2WPKH, pks, sats, signatureOf } from '../../support/stakes.ts';

export const K = 10;
export const TIP = 500;
export const STAKING_TIME = 1_000;
export const VALUE = 500_000n;

export const staker: KeyPair = keyOf('staker');
export const provider: KeyPair = keyOf('fp1');
export const covenant: readonly KeyPair[] = keysOf('cov', 3);

const paramsJson = {
  version: 0,
  btcActivationHeight: 100,
  covenantPks: pks(covenant).map(hex),
  covenantQuorum: 2,
  minStakingValueSats: '50000',
  maxStakingValueSats: '5000000',
  minStakingTimeBlocks: 800,
  maxStakingTimeBlocks: 64_000,
  slashingPkScriptHex: '6a07626162796c6f6e',
  minSlashingTxFeeSats: '1000',
  slashingRate: '0.1',
  unbondingTimeBlocks: 50,
  unbondingFeeSats: '1000',
  minCommissionRate: '0.03',
  delegationCreationBaseGasFee: '1095000',
  allowListExpirationHeight: '0',
};

/** One version, with changes. */
export const paramsOf = (changes: Partial<Params.StakingParamsJson> = {}): Params.StakingParams =>
  Params.from({ ...paramsJson, ...changes });
export const V0: Params.StakingParams = paramsOf();
export const paramsV1 = { version: 1, btcActivationHeight: 400, unbondingTimeBlocks: 60, unbondingFeeSats: '2000' } as const;
export const V1: Params.StakingParams = paramsOf(paramsV1);

export const addressOf = (name: string): string => BabylonAddress.encode(sha256(new TextEncoder().encode(name)).slice(0, 20));
export const ACCOUNT: string = addressOf('staker');
export const STRANGER: string = addressOf('stranger');

/** The view: both versions, the provider, nothing else. */
export function viewOf(changes: Partial<ChainView.Options> = {}): ChainView.ChainView {
  return ChainView.from({
    paramsSet: ParamsSet.from([V0, V1]),
    confirmationDepthBlocks: K,
    tipHeight: TIP,
    babylonHeight: 7n,
    finalityProviders: [{ btcPk: provider.publicKey, slashed: false, jailed: false, softDeleted: false }],
    ...changes,
  });
}

export type StakeOptions = {
  readonly params?: Params.StakingParams;
  readonly stakingTimeBlocks?: number;
  readonly valueSats?: bigint;
  readonly owner?: KeyPair;
  readonly providers?: readonly KeyPair[];
  readonly inputs?: readonly Tx.Outpoint[];
  readonly extraOutputs?: readonly Tx.SpentOutput[];
  readonly outputIndex?: number;
  readonly slashingTxVersion?: 1 | 2;
  readonly profile?: 'generic' | 'babylon-v4';
};

/** A delegation under a version; whether that version allows it is for the checks to say. */
export function stake(options: StakeOptions = {}): Delegation.Delegation {
  const { params = V1, stakingTimeBlocks = STAKING_TIME, valueSats = VALUE, owner = staker, providers = [provider] } = options;
  const contract = StakingContract.fromParams(params, {
    stakerPk: owner.publicKey,
    finalityProviderPks: pks(providers),
    stakingTimeBlocks,
    profile: options.profile ?? (providers.length === 1 ? 'babylon-v4' : 'generic'),
  });
  const before = Array.from({ length: options.outputIndex ?? 0 }, () => ({ scriptPubKey: P2WPKH, valueSats: 1_000n }));
  const stakingTransaction = Tx.create(
    (options.inputs ?? [{ txid: '11'.repeat(32), vout: 3 }]).map((outpoint) => ({ outpoint })),
    [
      ...before,
      { scriptPubKey: contract.staking.scriptPubKey, valueSats },
      ...(options.extraOutputs ?? [{ scriptPubKey: P2WPKH, valueSats: 4_321n }]),
    ],
  );
  const { slashingPkScript, slashingRate, minSlashingTxFeeSats, unbondingFeeSats } = params;
  return Delegation.from({
    contract,
    rules: { slashingPkScript, slashingRate, minSlashingTxFeeSats, unbondingFeeSats },
    stakingTransaction,
    stakingOutputIndex: options.outputIndex ?? 0,
    slashingTxVersion: options.slashingTxVersion ?? 2,
  });
}

const popOf = (owner: KeyPair, babylonAddress: string): ProofOfPossession.Pop =>
  ProofOfPossession.sign({ type: 'ECDSA', secretKey: owner.secretKey, babylonAddress });

/** What the staker gives for it. */
export function partsOf(
  delegation: Delegation.Delegation,
  owner: KeyPair = staker,
  stakerAddress: string = ACCOUNT,
): Registration.CreateOptions {
  return {
    delegation,
    stakerAddress,
    pop: popOf(owner, stakerAddress),
    stakingSlashingSignature: signatureOf(delegation.stakingSlashing, owner),
    unbondingSlashingSignature: signatureOf(delegation.unbondingSlashing, owner),
  };
}

export type Create = Message.Message<'/babylon.btcstaking.v1.MsgCreateBTCDelegation'>;

/** Its registration, as a wallet builds it. */
export function created(
  delegation: Delegation.Delegation,
  inclusionProof?: InclusionProof.InclusionProof,
  owner: KeyPair = staker,
): Create {
  return Registration.create({ ...partsOf(delegation, owner), ...(inclusionProof === undefined ? {} : { inclusionProof }) });
}

const double = (value: Uint8Array): Uint8Array => sha256(sha256(value));

/** Root of a Merkle tree, by the definition. */
function rootOf(level: readonly Uint8Array[]): Uint8Array {
  if (level.length === 1) return level[0] as Uint8Array;
  const next: Uint8Array[] = [];
  for (let i = 0; i < level.length; i += 2) {
    const left = level[i] as Uint8Array;
    next.push(double(Bytes.concat(left, level[i + 1] ?? left)));
  }
  return rootOf(next);
}

export type Block = {
  readonly header: { readonly height: number; readonly raw: Uint8Array };
  readonly proof: InclusionProof.InclusionProof;
};

/** A block at `height` with the transaction at `index` of five. */
export function blockWith(txid: string, height: number, index = 2): Block {
  const txids = Array.from({ length: 5 }, (_, i) => (i === index ? txid : hex(double(Uint8Array.of(i, height & 255, height >> 8)))));
  const raw = new Uint8Array(80);
  raw[0] = 2;
  raw.set(rootOf(txids.map((one) => Hex.decode(one).reverse())), 36);
  new DataView(raw.buffer).setUint32(68, height, true);
  return { header: { height, raw }, proof: InclusionProof.fromTxids({ txids, txid, header: raw }) };
}

export type Mined = {
  readonly header: Block['header'];
  readonly wire: { readonly key: Message.TransactionKey; readonly proof: Uint8Array };
  readonly inclusionProof: InclusionProof.InclusionProof;
};

/** A stake in a block, with its proof as a message carries it. */
export function mineOf(delegation: Delegation.Delegation, height: number, index = 2): Mined {
  const { header, proof } = blockWith(delegation.stakingTxid, height, index);
  return {
    header,
    wire: { key: { index, hash: Hex.decode(proof.blockHash).reverse() }, proof: Bytes.concat(...proof.siblings) },
    inclusionProof: proof,
  };
}

/** The record that the chain would store, signed by the first `signed` members, proved at `minedHeight` when given. */
export function recordOf(
  delegation: Delegation.Delegation,
  changes: Partial<ChainView.DelegationRecord> & {
    readonly signed?: number;
    readonly minedHeight?: number;
    readonly params?: Params.StakingParams;
  } = {},
): ChainView.DelegationRecord {
  const { signed = 2, minedHeight, params = V1, ...rest } = changes;
  const { stakerPks, finalityProviderPks, stakingTimeBlocks, unbondingTimeBlocks } = delegation.contract.terms;
  const signers = pks(covenant).slice(0, signed);
  return {
    stakerAddr: ACCOUNT,
    btcPk: stakerPks[0] as Uint8Array,
    fpBtcPkList: finalityProviderPks,
    stakingTimeBlocks,
    unbondingTimeBlocks,
    paramsVersion: params.version,
    startHeight: minedHeight ?? 0,
    endHeight: minedHeight === undefined ? 0 : minedHeight + stakingTimeBlocks,
    btcTipHeight: 405,
    totalSats: delegation.stakingValueSats,
    stakingTx: Tx.encode(delegation.stakingTransaction),
    stakingOutputIndex: delegation.stakingOutputIndex,
    slashingTx: Tx.encode(delegation.stakingSlashing.transaction),
    unbondingTx: Tx.encode(delegation.unbonding.transaction),
    unbondingSlashingTx: Tx.encode(delegation.unbondingSlashing.transaction),
    covenantSigners: { slashing: signers, unbonding: signers, unbondingSlashing: signers, expansion: [] },
    ...rest,
  };
}

/** The unbonding slashing transaction and its signature for another unbonding transaction: what a consistent liar would send. */
export function slashUnbonding(
  delegation: Delegation.Delegation,
  unbonding: Tx.Transaction,
  owner: KeyPair = staker,
): Pick<Message.MsgCreateBTCDelegation, 'unbondingTx' | 'unbondingValue' | 'unbondingSlashingTx' | 'delegatorUnbondingSlashingSig'> {
  const output = Tx.outputOf(unbonding, 0);
  const transaction = SlashingTx.build({
    contract: delegation.contract,
    funding: { outpoint: { txid: Tx.txid(unbonding), vout: 0 }, valueSats: sats(output.valueSats) },
    rules: delegation.rules,
  });
  const spend = LeafSpend.from({ transaction, inputIndex: 0, spentOutputs: [output], leaf: delegation.contract.unbonding.paths.slashing });
  return {
    unbondingTx: Tx.encode(unbonding),
    unbondingValue: output.valueSats,
    unbondingSlashingTx: Tx.encode(transaction),
    delegatorUnbondingSlashingSig: signatureOf(spend, owner),
  };
}

/** A transaction with something changed, as bytes. */
export function changed(raw: Uint8Array, change: (transaction: Tx.Transaction) => void): Uint8Array {
  const transaction = Tx.decode(raw);
  change(transaction);
  return Tx.encode(transaction);
}

/** A transaction that pays coins to somebody: the funding of something. */
export const paying = (valueSats: bigint, outputs = 1): Tx.Transaction =>
  Tx.create(
    [{ outpoint: { txid: '77'.repeat(32), vout: 0 } }],
    Array.from({ length: outputs }, () => ({ scriptPubKey: P2TR, valueSats })),
  );

/** All signatures of a member. */
export const memberOf = (delegation: Delegation.Delegation, member: KeyPair): Covenant.MemberSignatures =>
  Covenant.sign({ delegation, secretKey: member.secretKey, auxRand: new Uint8Array(32) });

/** A row of the tables: what is broken, and where and how the chain notices. */
export type Row<V> = {
  readonly name: string;
  readonly check: string;
  readonly code: string;
  readonly why: string;
  readonly field: string;
  readonly text: string;
  /** Names of the fields and view parts that are changed: rows with different ones can be combined. */
  readonly touches: readonly string[];
  readonly value?: Partial<V>;
  readonly chain?: Partial<ChainView.Options>;
  readonly gasLimit?: bigint;
};
