// Random messages of every type, from the tables of fields that this file spells again: what is compared must not come from what is tested.
import fc from 'fast-check';

/** Kinds by letters: s text, b bytes, k 32 bytes, g 64, a 65, n whole hashes, u uint32, l int64, U uint64, e enum; upper-case names are messages. */
type Shape = Readonly<Record<string, string>>;

const POP: Shape = { btcSigType: 'e', btcSig: 'b' };
const KEY: Shape = { index: 'u', hash: 'k' };
const INCLUSION: Shape = { key: 'KEY', proof: 'n' };
const DESCRIPTION: Shape = { moniker: 's', identity: 's', website: 's', securityContact: 's', details: 's' };
const COMMISSION: Shape = { rate: 'd', maxRate: 'd', maxChangeRate: 'd' };
const PROOF: Shape = { total: 'l', index: 'l', leafHash: 'k', aunts: '[k' };
const PARAMS: Shape = {
  covenantPks: '[k',
  covenantQuorum: 'u',
  minStakingValueSat: 'l',
  maxStakingValueSat: 'l',
  minStakingTimeBlocks: 'u',
  maxStakingTimeBlocks: 'u',
  slashingPkScript: 'b',
  minSlashingTxFeeSat: 'l',
  slashingRate: 'd',
  unbondingTimeBlocks: 'u',
  unbondingFeeSat: 'l',
  minCommissionRate: 'd',
  delegationCreationBaseGasFee: 'U',
  allowListExpirationHeight: 'U',
  btcActivationHeight: 'u',
};
const NESTED: Readonly<Record<string, Shape>> = { POP, KEY, INCLUSION, DESCRIPTION, COMMISSION, PROOF, PARAMS };

const STAKE: Shape = { stakerAddr: 's', pop: 'POP', btcPk: 'k', fpBtcPkList: '[k', stakingTime: 'u', stakingValue: 'l', stakingTx: 'b' };
const REST: Shape = {
  slashingTx: 'b',
  delegatorSlashingSig: 'g',
  unbondingTime: 'u',
  unbondingTx: 'b',
  unbondingValue: 'l',
  unbondingSlashingTx: 'b',
  delegatorUnbondingSlashingSig: 'g',
};

export const SHAPES: Readonly<Record<string, Shape>> = {
  '/babylon.btcstaking.v1.MsgCreateBTCDelegation': { ...STAKE, stakingTxInclusionProof: '?INCLUSION', ...REST },
  '/babylon.btcstaking.v1.MsgBtcStakeExpand': { ...STAKE, ...REST, previousStakingTxHash: 's', fundingTx: 'b' },
  '/babylon.btcstaking.v1.MsgAddBTCDelegationInclusionProof': { signer: 's', stakingTxHash: 's', stakingTxInclusionProof: 'INCLUSION' },
  '/babylon.btcstaking.v1.MsgAddCovenantSigs': {
    signer: 's',
    pk: 'k',
    stakingTxHash: 's',
    slashingTxSigs: '[a',
    unbondingTxSig: 'g',
    slashingUnbondingTxSigs: '[a',
    stakeExpansionTxSig: 'g',
  },
  '/babylon.btcstaking.v1.MsgBTCUndelegate': {
    signer: 's',
    stakingTxHash: 's',
    stakeSpendingTx: 'b',
    stakeSpendingTxInclusionProof: 'INCLUSION',
    fundingTransactions: '[b',
  },
  '/babylon.btcstaking.v1.MsgSelectiveSlashingEvidence': { signer: 's', recoveredFpBtcSk: 'k' },
  '/babylon.btcstaking.v1.MsgCreateFinalityProvider': {
    addr: 's',
    description: 'DESCRIPTION',
    btcPk: 'k',
    pop: 'POP',
    commission: 'COMMISSION',
  },
  '/babylon.btcstaking.v1.MsgEditFinalityProvider': { addr: 's', btcPk: 'k', description: 'DESCRIPTION', commission: 'd' },
  '/babylon.btcstaking.v1.MsgUpdateParams': { authority: 's', params: 'PARAMS' },
  '/babylon.finality.v1.MsgCommitPubRandList': {
    signer: 's',
    fpBtcPk: 'k',
    startHeight: 'U',
    numPubRand: 'U',
    commitment: 'k',
    sig: 'g',
  },
  '/babylon.finality.v1.MsgAddFinalitySig': {
    signer: 's',
    fpBtcPk: 'k',
    blockHeight: 'U',
    pubRand: 'k',
    proof: 'PROOF',
    blockAppHash: 'k',
    finalitySig: 'k',
  },
  '/babylon.finality.v1.MsgUnjailFinalityProvider': { signer: 's', fpBtcPk: 'k' },
  '/babylon.finality.v1.MsgResumeFinalityProposal': { authority: 's', fpPksHex: '[s', haltingHeight: 'u' },
  '/babylon.incentive.MsgWithdrawReward': { type: 's', address: 's' },
  '/babylon.incentive.MsgSetWithdrawAddress': { delegatorAddress: 's', withdrawAddress: 's' },
};

const bytes = (minLength: number, maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength, maxLength });
const edges = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
/** The peer reads 64-bit integers as numbers: what it can hold. */
const MAX = BigInt(Number.MAX_SAFE_INTEGER);

function kind(letter: string): fc.Arbitrary<unknown> {
  if (letter.startsWith('[')) return fc.array(kind(letter.slice(1)), { maxLength: 3 });
  if (letter.startsWith('?')) return fc.option(kind(letter.slice(1)), { nil: undefined });
  const nested = NESTED[letter];
  if (nested !== undefined) return fc.option(record(nested), { nil: undefined, freq: 8 });
  switch (letter) {
    case 's':
      return fc.oneof(fc.string({ unit: 'grapheme', maxLength: 70 }), edges('', 'bbn1…', '\ufeffx', '\u0000'));
    case 'd':
      return edges('', '0', '50000000000000000', '1000000000000000000');
    case 'b':
      return fc.oneof(bytes(0, 200), bytes(0, 2), bytes(16_380, 16_390));
    case 'k':
      return fc.oneof(bytes(32, 32), bytes(0, 40));
    case 'g':
      return fc.oneof(bytes(64, 64), bytes(0, 70));
    case 'a':
      return fc.oneof(bytes(65, 65), bytes(0, 70));
    case 'n':
      return bytes(0, 400);
    case 'u':
      return fc.oneof(edges(0, 1, 127, 128, 65_535, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff), fc.nat());
    case 'l':
      return fc.oneof(edges(0n, 1n, -1n, 127n, 128n, MAX, -MAX), fc.bigInt({ min: -MAX, max: MAX }));
    case 'U':
      return fc.oneof(edges(0n, 1n, 0xffff_ffffn, MAX), fc.bigInt({ min: 0n, max: MAX }));
    default:
      return edges('BIP340', 'BIP322', 'ECDSA');
  }
}

function record(shape: Shape): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  return fc.record(Object.fromEntries(Object.entries(shape).map(([key, letter]) => [key, kind(letter)])));
}

/** A message of this type, within what the wire and the peer can hold. */
export function message(typeUrl: string): fc.Arbitrary<{ readonly typeUrl: string; readonly value: Readonly<Record<string, unknown>> }> {
  return record(SHAPES[typeUrl] ?? {}).map((value) => ({ typeUrl, value }));
}
