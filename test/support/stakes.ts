// Keys, contracts, delegations and signatures for tests; every key follows from its name, so that a failing test fails again.
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import * as Covenant from '../../src/babylon/Covenant.ts';
import * as Delegation from '../../src/babylon/Delegation.ts';
import type { Slashable } from '../../src/babylon/Slasher.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as WitnessOf from '../../src/babylon/Witness.ts';
import * as Bytes from '../../src/base/Bytes.ts';
import { isSatlockError, type SatlockError } from '../../src/base/Errors.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as Rate from '../../src/base/Rate.ts';
import * as Sats from '../../src/base/Sats.ts';
import type { LeafSpend } from '../../src/bitcoin/LeafSpend.ts';
import * as SpendCheck from '../../src/bitcoin/SpendCheck.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import type { Ecc } from '../../src/crypto/Ecc.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as Schnorr from '../../src/crypto/Schnorr.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';

/** Seed of every property test that uses these helpers. */
export const SEED = 20_260_731;

export const hex: (value: Uint8Array) => string = Hex.encode;
export const bytes = (text: string): Uint8Array => Hex.decode(text);
export const sats = (value: bigint | number): Sats.Sats => Sats.from(BigInt(value));
/** `count` times the byte `value`. */
export const filled = (count: number, value: number): Uint8Array => new Uint8Array(count).fill(value);

/** A value of another type than the compiler wants: what a caller in plain JavaScript passes. */
export function untyped<T>(value: unknown): T {
  return value as T;
}

export type KeyPair = { readonly secretKey: SecretKey.SecretKey; readonly publicKey: PublicKey.XOnlyPublicKey };

/** The key pair of a name. */
export function keyOf(name: string): KeyPair {
  const secretKey = SecretKey.from(sha256(utf8ToBytes(`spec/${name}`)));
  return { secretKey, publicKey: PublicKey.ofSecret(secretKey) };
}

/** `count` key pairs: role1, role2, … */
export function keysOf(role: string, count: number): readonly KeyPair[] {
  return Array.from({ length: count }, (_, i) => keyOf(`${role}${i + 1}`));
}

/** Key pairs of a role, of which the first has the wanted parity of y. */
export function keyWithParity(role: string, parity: 2 | 3): KeyPair {
  for (let i = 0; ; i++) {
    const pair = keyOf(`${role} ${i}`);
    if (PublicKey.compressedOfSecret(pair.secretKey)[0] === parity) return pair;
  }
}

export const pks = (pairs: readonly KeyPair[]): PublicKey.XOnlyPublicKey[] => pairs.map(({ publicKey }) => publicKey);

/** Everybody who signs for a contract. */
export type Cast = {
  readonly stakers: readonly KeyPair[];
  readonly stakerQuorum: number;
  readonly providers: readonly KeyPair[];
  readonly covenant: readonly KeyPair[];
  readonly covenantQuorum: number;
};

export const MAINNET_LIKE: Cast = {
  stakers: [keyOf('staker')],
  stakerQuorum: 1,
  providers: [keyOf('fp1')],
  covenant: keysOf('cov', 9),
  covenantQuorum: 6,
};

export const castOf = (changes: Partial<Cast> = {}): Cast => ({ ...MAINNET_LIKE, ...changes });

/** The options of a contract of this cast: 1008 and 144 blocks unless said otherwise; generic when the chain would not take the cast. */
export function optionsOf(cast: Cast, changes: Partial<StakingContract.Options> = {}): StakingContract.Options {
  const [only] = cast.stakers;
  const single = cast.stakers.length === 1 && only !== undefined;
  return {
    ...(single ? { stakerPk: only.publicKey } : { stakers: { pks: pks(cast.stakers), quorum: cast.stakerQuorum } }),
    finalityProviderPks: pks(cast.providers),
    covenantPks: pks(cast.covenant),
    covenantQuorum: cast.covenantQuorum,
    stakingTimeBlocks: 1008,
    unbondingTimeBlocks: 144,
    profile: 'generic',
    ...changes,
  };
}

export function contractOf(cast: Cast, changes: Partial<StakingContract.Options> = {}, ecc?: Ecc): StakingContract.StakingContract {
  return StakingContract.from(optionsOf(cast, changes), ecc);
}

/** OP_RETURN "babylon", the slashing script of mainnet. */
export const BURN: Uint8Array = bytes('6a07626162796c6f6e');

export const RULES: Delegation.Rules = {
  slashingPkScript: BURN,
  slashingRate: Rate.parse('0.1'),
  minSlashingTxFeeSats: sats(1000),
  unbondingFeeSats: sats(2000),
};

export const P2WPKH: Uint8Array = bytes(`0014${'22'.repeat(20)}`);
export const P2TR: Uint8Array = bytes(`5120${'33'.repeat(32)}`);

/** A staking transaction with the stake at `index`, after outputs that pay elsewhere. */
export function stakingTransaction(contract: StakingContract.StakingContract, valueSats: bigint, index = 0): Tx.Transaction {
  const decoys = Array.from({ length: index }, (_, i) => ({ scriptPubKey: P2WPKH, valueSats: 10_000n + BigInt(i) }));
  return Tx.create(
    [{ outpoint: { txid: '11'.repeat(32), vout: 3 } }],
    [...decoys, { scriptPubKey: contract.staking.scriptPubKey, valueSats }, { scriptPubKey: P2WPKH, valueSats: 123_456n }],
  );
}

export type Stake = { readonly cast: Cast; readonly contract: StakingContract.StakingContract; readonly delegation: Delegation.Delegation };

/** A delegation of 500,000 sat unless said otherwise. */
export function stakeOf(
  cast: Cast,
  changes: Partial<Delegation.Options> & { readonly valueSats?: bigint; readonly outputIndex?: number } = {},
): Stake {
  const { valueSats = 500_000n, outputIndex = 0, ...rest } = changes;
  const contract = rest.contract ?? contractOf(cast);
  const delegation = Delegation.from({
    contract,
    rules: RULES,
    stakingTransaction: stakingTransaction(contract, valueSats, outputIndex),
    ...rest,
  });
  return { cast, contract, delegation };
}

const AUX = new Uint8Array(32);

/** A signature of `pair` on a spend; with a hash type it has 65 bytes. */
export function signatureOf(spend: LeafSpend, pair: KeyPair, hashType = 0): Uint8Array {
  const signature = Schnorr.sign(spend.sighash(hashType), pair.secretKey, AUX);
  return hashType === 0 ? signature : Bytes.concat(signature, Uint8Array.of(hashType));
}

/** Signatures of all these keys on a spend. */
export function signaturesOf(spend: LeafSpend, pairs: readonly KeyPair[], hashType = 0): WitnessOf.KeySignature[] {
  return pairs.map((pair) => ({ publicKey: pair.publicKey, signature: signatureOf(spend, pair, hashType) }));
}

/** The delegation with the signatures of its admission: all covenant members, all stakers. */
export function slashableOf({ cast, delegation }: Stake): Slashable {
  return {
    delegation,
    stakerSignatures: {
      stakingSlashing: signaturesOf(delegation.stakingSlashing, cast.stakers),
      unbondingSlashing: signaturesOf(delegation.unbondingSlashing, cast.stakers),
    },
    covenantSignatures: cast.covenant.map(({ secretKey }) => Covenant.sign({ delegation, secretKey, auxRand: AUX })),
  };
}

/** The signed transaction of a spend with the signatures of these people. */
export function signedBy(
  contract: StakingContract.StakingContract,
  path: WitnessOf.Path,
  spend: LeafSpend,
  signers: { readonly staker?: readonly KeyPair[]; readonly finalityProvider?: readonly KeyPair[]; readonly covenant?: readonly KeyPair[] },
): Tx.Transaction {
  const signatures = {
    staker: signaturesOf(spend, signers.staker ?? []),
    finalityProvider: signaturesOf(spend, signers.finalityProvider ?? []),
    covenant: signaturesOf(spend, signers.covenant ?? []),
  };
  return spend.withWitness(WitnessOf.assemble({ contract, path, spend, signatures }).stack);
}

/** What a node would say of a transaction over these outputs, mined long ago. */
export function verdictOf(transaction: Tx.Transaction, spentOutputs: readonly Tx.SpentOutput[]): SpendCheck.Verdict {
  const prevouts = spentOutputs.map(({ scriptPubKey, valueSats }) => ({ scriptPubKey, valueSats, confirmedHeight: 100 }));
  return SpendCheck.verifySpend({ transaction, prevouts, tipHeight: 100_000, medianTime: 1_800_000_000 });
}

/** The script error of a spend, or `valid` when both a block and the mempool take it. */
export function judge(transaction: Tx.Transaction, spentOutputs: readonly Tx.SpentOutput[]): string {
  const verdict = verdictOf(transaction, spentOutputs);
  return verdict.consensusValid && verdict.standard ? 'valid' : (verdict.scriptError ?? verdict.rejectReason ?? 'invalid');
}

/** The error of ours that `act` throws; any other outcome fails the test. */
export function failure(act: () => unknown): SatlockError {
  try {
    act();
  } catch (error) {
    if (isSatlockError(error)) return error;
    throw error;
  }
  throw new Error('expected an error, got none');
}

export const codeOf = (act: () => unknown): string => failure(act).code;

/** The code and the field that an error names. */
export function refusal(act: () => unknown): readonly [string, unknown] {
  const { code, reason } = failure(act);
  return [code, (reason as { field?: unknown }).field];
}

/** The code and the chain's own text. */
export function reference(act: () => unknown): readonly [string, unknown] {
  const { code, reason } = failure(act);
  return [code, (reason as { reference?: unknown }).reference];
}

/** A backend that counts its calls by name. */
export function counting(ecc: Ecc): { readonly ecc: Ecc; readonly calls: Record<string, number> } {
  const calls: Record<string, number> = {};
  const counted = Object.fromEntries(
    Object.entries(ecc).map(([name, member]) => {
      if (typeof member !== 'function') return [name, member];
      const count = (...args: unknown[]): unknown => {
        calls[name] = (calls[name] ?? 0) + 1;
        return (member as (...given: unknown[]) => unknown)(...args);
      };
      return [name, count];
    }),
  );
  return { ecc: counted as unknown as Ecc, calls };
}
