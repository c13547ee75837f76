// Random messages of every type as proto3 JSON, and ways to spoil them. The fields are spelt here again, from the proto files: JSON that the
// library's own tables made would prove nothing to a reader of the file.
import { base64 } from '@scure/base';
import * as Hex from '../../base/Hex.ts';
import type { Draft, Spoiling } from '../definition.ts';
import type { Input } from '../model.ts';
import type { Random } from '../random.ts';

type Json = string | number | readonly Json[] | { readonly [key: string]: Json };
type Maker = (random: Random) => Json;

const bytes =
  (length: number): Maker =>
  (random) =>
    base64.encode(random.bytes(length));
const some =
  (min: number, max: number): Maker =>
  (random) =>
    base64.encode(random.bytes(random.integer(min, max)));
const list =
  (of: Maker, max: number): Maker =>
  (random) =>
    Array.from({ length: random.integer(0, max) }, () => of(random));
const object =
  (fields: Readonly<Record<string, Maker>>): Maker =>
  (random) =>
    Object.fromEntries(
      Object.entries(fields).flatMap(([key, make]): readonly (readonly [string, Json])[] =>
        random.chance(6) ? [] : [[key, make(random)]],
      ),
    );
const pick =
  (...choices: readonly [Json, ...Json[]]): Maker =>
  (random) =>
    random.pick(choices);

/** Heights, times and amounts at every change of a varint's length; amounts as text and as numbers. */
const uint32: Maker = pick(0, 1, 127, 128, 301, 16_383, 16_384, 64_000, 65_535, 2_097_151, 2_097_152, 4_294_967_295);
const int64: Maker = pick('1', 127, '128', 500_000, '490400', '34359738367', 34_359_738_368, '2100000000000000', '9223372036854775807');
const uint64: Maker = pick('1', '905634', 1_095_000, '9007199254740993', '18446744073709551615', '0');
const decimal: Maker = pick('0', '1000000000000000', '50000000000000000', '1000000000000000000');
const key = bytes(32);
const signature = bytes(64);
const adaptor = bytes(65);
const transaction = some(60, 300);
const txid: Maker = (random) => Hex.encode(random.bytes(32));
/** Text is not looked at by the encoding: none of these is an account of anybody. */
const address: Maker = (random) => `bbn1${Hex.encode(random.bytes(19))}`;

const pop = object({ btcSigType: pick('BIP340', 'BIP322', 'ECDSA', 1, 2), btcSig: some(64, 160) });
const inclusion = object({
  key: object({ index: uint32, hash: key }),
  proof: (random) => base64.encode(random.bytes(32 * random.integer(0, 14))),
});
const description = object({
  moniker: pick('provider', 'ü', ''),
  identity: pick('', 'id'),
  website: pick('https://example.org'),
  details: pick(''),
});
const stake = {
  stakerAddr: address,
  pop,
  btcPk: key,
  fpBtcPkList: list(key, 2),
  stakingTime: uint32,
  stakingValue: int64,
  stakingTx: transaction,
  slashingTx: transaction,
  delegatorSlashingSig: signature,
  unbondingTime: uint32,
  unbondingTx: transaction,
  unbondingValue: int64,
  unbondingSlashingTx: transaction,
  delegatorUnbondingSlashingSig: signature,
};
const params = object({
  covenantPks: list(key, 9),
  covenantQuorum: uint32,
  minStakingValueSat: int64,
  maxStakingValueSat: int64,
  minStakingTimeBlocks: uint32,
  maxStakingTimeBlocks: uint32,
  slashingPkScript: some(0, 34),
  minSlashingTxFeeSat: int64,
  slashingRate: decimal,
  unbondingTimeBlocks: uint32,
  unbondingFeeSat: int64,
  minCommissionRate: decimal,
  delegationCreationBaseGasFee: uint64,
  allowListExpirationHeight: uint64,
  btcActivationHeight: uint32,
});

const TYPES: readonly (readonly [string, Maker])[] = [
  ['/babylon.btcstaking.v1.MsgCreateBTCDelegation', object({ ...stake, stakingTxInclusionProof: inclusion })],
  ['/babylon.btcstaking.v1.MsgBtcStakeExpand', object({ ...stake, previousStakingTxHash: txid, fundingTx: transaction })],
  [
    '/babylon.btcstaking.v1.MsgAddBTCDelegationInclusionProof',
    object({ signer: address, stakingTxHash: txid, stakingTxInclusionProof: inclusion }),
  ],
  [
    '/babylon.btcstaking.v1.MsgAddCovenantSigs',
    object({
      signer: address,
      pk: key,
      stakingTxHash: txid,
      slashingTxSigs: list(adaptor, 2),
      unbondingTxSig: signature,
      slashingUnbondingTxSigs: list(adaptor, 2),
      stakeExpansionTxSig: signature,
    }),
  ],
  [
    '/babylon.btcstaking.v1.MsgBTCUndelegate',
    object({
      signer: address,
      stakingTxHash: txid,
      stakeSpendingTx: transaction,
      stakeSpendingTxInclusionProof: inclusion,
      fundingTransactions: list(transaction, 3),
    }),
  ],
  ['/babylon.btcstaking.v1.MsgSelectiveSlashingEvidence', object({ signer: address, recoveredFpBtcSk: key })],
  [
    '/babylon.btcstaking.v1.MsgCreateFinalityProvider',
    object({
      addr: address,
      description,
      btcPk: key,
      pop,
      commission: object({ rate: decimal, maxRate: decimal, maxChangeRate: decimal }),
    }),
  ],
  ['/babylon.btcstaking.v1.MsgEditFinalityProvider', object({ addr: address, btcPk: key, description, commission: decimal })],
  ['/babylon.btcstaking.v1.MsgUpdateParams', object({ authority: address, params })],
  [
    '/babylon.finality.v1.MsgCommitPubRandList',
    object({ signer: address, fpBtcPk: key, startHeight: uint64, numPubRand: uint64, commitment: key, sig: signature }),
  ],
  [
    '/babylon.finality.v1.MsgAddFinalitySig',
    object({
      signer: address,
      fpBtcPk: key,
      blockHeight: uint64,
      pubRand: key,
      proof: object({ total: int64, index: int64, leafHash: key, aunts: list(key, 4) }),
      blockAppHash: key,
      finalitySig: key,
    }),
  ],
  ['/babylon.finality.v1.MsgUnjailFinalityProvider', object({ signer: address, fpBtcPk: key })],
  ['/babylon.finality.v1.MsgResumeFinalityProposal', object({ authority: address, fpPksHex: list(txid, 3), haltingHeight: uint32 })],
  ['/babylon.incentive.MsgWithdrawReward', object({ type: pick('btc_staker', 'finality_provider', 'costaker'), address })],
  ['/babylon.incentive.MsgSetWithdrawAddress', object({ delegatorAddress: address, withdrawAddress: address })],
];

/** A message of each type in turn. */
export function draftMessage(random: Random, index: number): Draft {
  const [typeUrl, make] = TYPES[index % TYPES.length] as (typeof TYPES)[number];
  return { name: typeUrl.slice(typeUrl.lastIndexOf('.') + 1), input: { typeUrl, value: make(random) } };
}

const CREATE = '/babylon.btcstaking.v1.MsgCreateBTCDelegation';

function spoil(name: string, error: string, changes: Readonly<Record<string, unknown>>, typeUrl = CREATE): Spoiling {
  return {
    name,
    error,
    spoil: (random): Input => {
      const { value } = draftMessage(random, 0).input;
      return { typeUrl, value: { ...(value as object), ...changes } };
    },
  };
}

export const SPOILINGS: readonly Spoiling[] = [
  spoil('unknown-type', 'message.unknown-type', {}, '/babylon.btcstaking.v1.MsgStake'),
  spoil('no-type-url', 'message.unknown-type', {}, 'MsgCreateBTCDelegation'),
  spoil('unknown-field', 'message.unknown-field', { multisigInfo: {} }),
  spoil('both-spellings', 'message.duplicate-field', { stakingTx: 'AA==', staking_tx: 'AA==' }),
  spoil('no-base64', 'message.bad-base64', { btcPk: '****' }),
  spoil('bits-left-over', 'message.bad-base64', { btcPk: 'AB==' }),
  spoil('bytes-a-number', 'input.not-text', { btcPk: 5 }),
  spoil('bytes-no-list', 'input.not-list', { fpBtcPkList: 'AAAA' }),
  spoil('time-above-32-bits', 'input.out-of-range', { stakingTime: 4_294_967_296 }),
  spoil('time-negative', 'input.out-of-range', { stakingTime: -1 }),
  spoil('time-a-fraction', 'input.not-integer', { unbondingTime: 301.5 }),
  spoil('value-above-63-bits', 'input.out-of-range', { stakingValue: '9223372036854775808' }),
  spoil('value-in-exponent-form', 'message.bad-integer', { stakingValue: '5e5' }),
  spoil('value-beyond-exact-numbers', 'input.not-integer', { unbondingValue: 9_007_199_254_740_992 }),
  spoil('unknown-signature-type', 'message.bad-enum', { pop: { btcSigType: 'SCHNORR' } }),
  spoil('pop-a-list', 'input.not-object', { pop: [] }),
];
