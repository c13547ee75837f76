// One table a message: number, kind and what the chain asks of each field. Babylon proto/babylon/{btcstaking,finality}/v1, incentive, btccheckpoint.
// Fields of other release lines (bsn_id, max_finality_providers, multisig_info, the old staking_tx_hash of the slashing evidence) are unknown on
// purpose: nodes refuse transactions that hold fields they do not know.
import type { Kind, Row, Table, TableOf } from './schema.ts';
import type * as Types from './types.ts';

/** The names of BTCSigType; the number is the place. */
export const SIG_TYPES: readonly Types.BtcSigType[] = ['BIP340', 'BIP322', 'ECDSA'];

const KEY = { kind: 'bytes', bytes: 32 } as const;
const HASH = KEY;
const SIGNATURE = { kind: 'bytes', bytes: 64 } as const;
const ADAPTOR = { kind: 'bytes', bytes: 65 } as const;
const SOME = { kind: 'bytes', bytes: 'some' } as const;
const ADDRESS = { kind: 'string', form: 'address' } as const;
const TXID = { kind: 'string', form: 'txid' } as const;
const DECIMAL = { kind: 'string', form: 'decimal' } as const;
const TEXT = { kind: 'string' } as const;
const UINT32 = { kind: 'uint32' } as const;
const UINT64 = { kind: 'uint64' } as const;
const INT64 = { kind: 'int64' } as const;

const one = (number: number, kind: Kind): Row => ({ ...kind, number });
const optional = (number: number, kind: Kind): Row => ({ ...kind, number, optional: true });
const many = (number: number, kind: Kind): Row => ({ ...kind, number, repeated: true });
const nested = (table: Table): Kind => ({ kind: 'message', table });

const POP: TableOf<Types.ProofOfPossessionBTC> = { btcSigType: one(1, { kind: 'enum', names: SIG_TYPES }), btcSig: one(2, SOME) };
const TRANSACTION_KEY: TableOf<Types.TransactionKey> = { index: one(1, UINT32), hash: one(2, HASH) };
// A block of one transaction has an empty proof.
const INCLUSION: TableOf<Types.InclusionProof> = {
  key: one(1, nested(TRANSACTION_KEY)),
  proof: one(2, { kind: 'bytes', bytes: 'nodes' }),
};
const DESCRIPTION: TableOf<Types.Description> = {
  moniker: one(1, TEXT),
  identity: optional(2, TEXT),
  website: optional(3, TEXT),
  securityContact: optional(4, TEXT),
  details: optional(5, TEXT),
};
const COMMISSION: TableOf<Types.CommissionRates> = { rate: one(1, DECIMAL), maxRate: one(2, DECIMAL), maxChangeRate: one(3, DECIMAL) };
const MERKLE_PROOF: TableOf<Types.MerkleProof> = {
  total: one(1, INT64),
  index: one(2, INT64),
  leafHash: one(3, HASH),
  aunts: many(4, HASH),
};
const PARAMS: TableOf<Types.ChainParams> = {
  covenantPks: many(1, KEY),
  covenantQuorum: one(2, UINT32),
  minStakingValueSat: one(3, INT64),
  maxStakingValueSat: one(4, INT64),
  minStakingTimeBlocks: one(5, UINT32),
  maxStakingTimeBlocks: one(6, UINT32),
  slashingPkScript: one(7, { kind: 'bytes' }),
  minSlashingTxFeeSat: one(8, INT64),
  slashingRate: one(9, DECIMAL),
  unbondingTimeBlocks: one(10, UINT32),
  unbondingFeeSat: one(11, INT64),
  minCommissionRate: one(12, DECIMAL),
  delegationCreationBaseGasFee: one(13, UINT64),
  allowListExpirationHeight: one(14, UINT64),
  btcActivationHeight: one(15, UINT32),
};

/** What a BIP322 `btcSig` holds: no message of its own. */
export const BIP322_SIG: TableOf<Types.BIP322Sig> = { address: one(1, { kind: 'string', form: 'some' }), sig: one(2, SOME) };

const CREATE_DELEGATION: TableOf<Types.MsgCreateBTCDelegation> = {
  stakerAddr: one(1, ADDRESS),
  pop: one(2, nested(POP)),
  btcPk: one(3, KEY),
  fpBtcPkList: many(4, KEY),
  stakingTime: one(5, UINT32),
  stakingValue: one(6, INT64),
  stakingTx: one(7, SOME),
  stakingTxInclusionProof: optional(8, nested(INCLUSION)),
  slashingTx: one(9, SOME),
  delegatorSlashingSig: one(10, SIGNATURE),
  unbondingTime: one(11, UINT32),
  unbondingTx: one(12, SOME),
  unbondingValue: one(13, INT64),
  unbondingSlashingTx: one(14, SOME),
  delegatorUnbondingSlashingSig: one(15, SIGNATURE),
};

const STAKE_EXPAND: TableOf<Types.MsgBtcStakeExpand> = {
  stakerAddr: one(1, ADDRESS),
  pop: one(2, nested(POP)),
  btcPk: one(3, KEY),
  fpBtcPkList: many(4, KEY),
  stakingTime: one(5, UINT32),
  stakingValue: one(6, INT64),
  stakingTx: one(7, SOME),
  slashingTx: one(8, SOME),
  delegatorSlashingSig: one(9, SIGNATURE),
  unbondingTime: one(10, UINT32),
  unbondingTx: one(11, SOME),
  unbondingValue: one(12, INT64),
  unbondingSlashingTx: one(13, SOME),
  delegatorUnbondingSlashingSig: one(14, SIGNATURE),
  previousStakingTxHash: one(15, TXID),
  fundingTx: one(16, SOME),
};

const ADD_PROOF: TableOf<Types.MsgAddBTCDelegationInclusionProof> = {
  signer: one(1, ADDRESS),
  stakingTxHash: one(2, TXID),
  stakingTxInclusionProof: one(3, nested(INCLUSION)),
};

const ADD_COVENANT_SIGS: TableOf<Types.MsgAddCovenantSigs> = {
  signer: one(1, ADDRESS),
  pk: one(2, KEY),
  stakingTxHash: one(3, TXID),
  slashingTxSigs: many(4, ADAPTOR),
  unbondingTxSig: one(5, SIGNATURE),
  slashingUnbondingTxSigs: many(6, ADAPTOR),
  stakeExpansionTxSig: optional(7, SIGNATURE),
};

const UNDELEGATE: TableOf<Types.MsgBTCUndelegate> = {
  signer: one(1, ADDRESS),
  stakingTxHash: one(2, TXID),
  stakeSpendingTx: one(3, SOME),
  stakeSpendingTxInclusionProof: one(4, nested(INCLUSION)),
  fundingTransactions: many(5, SOME),
};

const ADD_FINALITY_SIG: TableOf<Types.MsgAddFinalitySig> = {
  signer: one(1, ADDRESS),
  fpBtcPk: one(2, KEY),
  blockHeight: one(3, UINT64),
  pubRand: one(4, KEY),
  proof: one(5, nested(MERKLE_PROOF)),
  blockAppHash: one(6, HASH),
  finalitySig: one(7, { kind: 'bytes', bytes: 32 }),
};

const COMMIT_PUB_RAND: TableOf<Types.MsgCommitPubRandList> = {
  signer: one(1, ADDRESS),
  fpBtcPk: one(2, KEY),
  startHeight: one(3, UINT64),
  numPubRand: one(4, UINT64),
  commitment: one(5, HASH),
  sig: one(6, SIGNATURE),
};

/** What is known of a message type: its table and the field that names the Cosmos signer. */
export type Definition<T> = { readonly table: TableOf<T>; readonly signer: keyof T & string };

export const DEFINITIONS: { readonly [T in Types.TypeUrl]: Definition<Types.Values[T]> } = {
  '/babylon.btcstaking.v1.MsgCreateBTCDelegation': { signer: 'stakerAddr', table: CREATE_DELEGATION },
  '/babylon.btcstaking.v1.MsgBtcStakeExpand': { signer: 'stakerAddr', table: STAKE_EXPAND },
  '/babylon.btcstaking.v1.MsgAddBTCDelegationInclusionProof': { signer: 'signer', table: ADD_PROOF },
  '/babylon.btcstaking.v1.MsgAddCovenantSigs': { signer: 'signer', table: ADD_COVENANT_SIGS },
  '/babylon.btcstaking.v1.MsgBTCUndelegate': { signer: 'signer', table: UNDELEGATE },
  '/babylon.btcstaking.v1.MsgSelectiveSlashingEvidence': {
    signer: 'signer',
    table: { signer: one(1, ADDRESS), recoveredFpBtcSk: one(3, { kind: 'bytes', bytes: 32 }) },
  },
  '/babylon.btcstaking.v1.MsgCreateFinalityProvider': {
    signer: 'addr',
    table: {
      addr: one(1, ADDRESS),
      description: one(2, nested(DESCRIPTION)),
      btcPk: one(4, KEY),
      pop: one(5, nested(POP)),
      commission: one(7, nested(COMMISSION)),
    },
  },
  '/babylon.btcstaking.v1.MsgEditFinalityProvider': {
    signer: 'addr',
    table: {
      addr: one(1, ADDRESS),
      btcPk: one(2, KEY),
      description: one(3, nested(DESCRIPTION)),
      commission: optional(4, DECIMAL),
    },
  },
  '/babylon.btcstaking.v1.MsgUpdateParams': {
    signer: 'authority',
    table: { authority: one(1, ADDRESS), params: one(2, nested(PARAMS)) },
  },
  '/babylon.finality.v1.MsgCommitPubRandList': { signer: 'signer', table: COMMIT_PUB_RAND },
  '/babylon.finality.v1.MsgAddFinalitySig': { signer: 'signer', table: ADD_FINALITY_SIG },
  '/babylon.finality.v1.MsgUnjailFinalityProvider': {
    signer: 'signer',
    table: { signer: one(1, ADDRESS), fpBtcPk: one(2, KEY) },
  },
  '/babylon.finality.v1.MsgResumeFinalityProposal': {
    signer: 'authority',
    table: { authority: one(1, ADDRESS), fpPksHex: many(2, { kind: 'string', form: 'some' }), haltingHeight: one(3, UINT32) },
  },
  '/babylon.incentive.MsgWithdrawReward': {
    signer: 'address',
    table: { type: one(1, { kind: 'string', form: 'some' }), address: one(2, ADDRESS) },
  },
  '/babylon.incentive.MsgSetWithdrawAddress': {
    signer: 'delegatorAddress',
    table: { delegatorAddress: one(1, ADDRESS), withdrawAddress: one(2, ADDRESS) },
  },
};
