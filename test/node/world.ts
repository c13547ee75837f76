// People, contracts, stakes and wallets for the tests on a node, and the comparison of its verdicts with ours. Wallet coins are signed by
// tiny-secp256k1 over the hashes of bitcoinjs-lib, so that not everything in a transaction comes from the code under test.
import { ripemd160 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { script as bitcoinScript } from 'bitcoinjs-lib';
import * as tiny from 'tiny-secp256k1';
import { expect } from 'vitest';
import * as Covenant from '../../src/babylon/Covenant.ts';
import * as Delegation from '../../src/babylon/Delegation.ts';
import * as Slasher from '../../src/babylon/Slasher.ts';
import * as SlashingTx from '../../src/babylon/SlashingTx.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as StakingTx from '../../src/babylon/StakingTx.ts';
import * as UnbondingTx from '../../src/babylon/UnbondingTx.ts';
import * as WithdrawalTx from '../../src/babylon/WithdrawalTx.ts';
import * as Witness from '../../src/babylon/Witness.ts';
import * as Bytes from '../../src/base/Bytes.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as Rate from '../../src/base/Rate.ts';
import * as Sats from '../../src/base/Sats.ts';
import type * as Coin from '../../src/bitcoin/Coin.ts';
import type { LeafSpend } from '../../src/bitcoin/LeafSpend.ts';
import * as SpendCheck from '../../src/bitcoin/SpendCheck.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';
import * as RegtestChain from '../../src/node/RegtestChain.ts';

// ---- people and contracts

/** A key that everybody can compute. */
export type Person = {
  readonly secretKey: SecretKey.SecretKey;
  readonly publicKey: PublicKey.XOnlyPublicKey;
  readonly compressed: Uint8Array;
};

export function person(name: string): Person {
  const secretKey = SecretKey.from(sha256(utf8ToBytes(`satlock node test ${name}`)));
  return { secretKey, publicKey: PublicKey.ofSecret(secretKey), compressed: PublicKey.compressedOfSecret(secretKey) };
}

type Group = readonly [quorum: number, members: number];

/** Who may sign how, and for how many blocks outputs are locked. */
export type Shape = {
  readonly name: string;
  readonly covenant: Group;
  readonly stakers?: Group;
  readonly providers?: number;
  readonly stakingTimeBlocks: number;
  readonly unbondingTimeBlocks: number;
  readonly slashingPkScript?: Uint8Array;
  readonly slashingRate?: string;
  readonly slashingTxVersion?: 1 | 2;
};

/** OP_RETURN "babylon", where mainnet burns. */
export const BURN: Uint8Array = Hex.decode('6a07626162796c6f6e');

/** A contract with the secret keys of everybody in it. */
export type Cast = {
  readonly shape: Shape;
  readonly contract: StakingContract.StakingContract;
  readonly rules: Delegation.Rules;
  readonly stakers: readonly Person[];
  readonly providers: readonly Person[];
  readonly covenant: readonly Person[];
};

const group = (name: string, size: number): readonly Person[] => Array.from({ length: size }, (_, i) => person(`${name} ${i}`));
const keysOf = (people: readonly Person[]): readonly PublicKey.XOnlyPublicKey[] => people.map(({ publicKey }) => publicKey);

export function castOf(shape: Shape, seed: string = shape.name): Cast {
  const stakers = group(`${seed} staker`, shape.stakers?.[1] ?? 1);
  const providers = group(`${seed} provider`, shape.providers ?? 1);
  const covenant = group(`${seed} covenant`, shape.covenant[1]);
  const contract = StakingContract.from({
    stakers: { pks: keysOf(stakers), quorum: shape.stakers?.[0] ?? 1 },
    finalityProviderPks: keysOf(providers),
    covenantPks: keysOf(covenant),
    covenantQuorum: shape.covenant[0],
    stakingTimeBlocks: shape.stakingTimeBlocks,
    unbondingTimeBlocks: shape.unbondingTimeBlocks,
    profile: 'generic',
  });
  const rules = {
    slashingPkScript: shape.slashingPkScript ?? BURN,
    slashingRate: Rate.parse(shape.slashingRate ?? '0.1'),
    minSlashingTxFeeSats: Sats.from(10_000n),
    unbondingFeeSats: Sats.from(3_000n),
  };
  return { shape, contract, rules, stakers, providers, covenant };
}

// ---- wallets

export const COIN_KINDS = ['p2wpkh', 'p2tr', 'p2sh-p2wpkh', 'p2wsh', 'p2sh-p2wsh'] as const;
export type CoinKind = (typeof COIN_KINDS)[number];

/** An output script of a wallet with what is needed to spend it. P2WSH is 2-of-3. */
export type Purse = {
  readonly kind: CoinKind;
  readonly owners: readonly [Person, Person, Person];
  readonly scriptPubKey: Uint8Array;
  readonly redeemScript?: Uint8Array;
  readonly witnessScript?: Uint8Array;
};
export type WalletCoin = Coin.Coin & { readonly purse: Purse };

const hash160 = (bytes: Uint8Array): Uint8Array => ripemd160(sha256(bytes));
const p2sh = (redeemScript: Uint8Array): Uint8Array => Bytes.concat(Hex.decode('a914'), hash160(redeemScript), Hex.decode('87'));
export const p2tr = ({ publicKey }: Person): Uint8Array => Bytes.concat(Hex.decode('5120'), publicKey);
export const p2wpkh = ({ compressed }: Person): Uint8Array => Bytes.concat(Hex.decode('0014'), hash160(compressed));
export const p2pkh = ({ compressed }: Person): Uint8Array => Bytes.concat(Hex.decode('76a914'), hash160(compressed), Hex.decode('88ac'));

export function purse(kind: CoinKind, name: string): Purse {
  const owners = [0, 1, 2].map((i) => person(`${name} owner ${i}`)) as unknown as Purse['owners'];
  const pushes = owners.map(({ compressed }) => Bytes.concat(Hex.decode('21'), compressed));
  const witnessScript = Bytes.concat(Hex.decode('52'), ...pushes, Hex.decode('53ae'));
  const p2wsh = Bytes.concat(Hex.decode('0020'), sha256(witnessScript));
  const program = p2wpkh(owners[0]);
  switch (kind) {
    case 'p2tr':
      return { kind, owners, scriptPubKey: p2tr(owners[0]) };
    case 'p2wpkh':
      return { kind, owners, scriptPubKey: program };
    case 'p2sh-p2wpkh':
      return { kind, owners, scriptPubKey: p2sh(program), redeemScript: program };
    case 'p2wsh':
      return { kind, owners, scriptPubKey: p2wsh, witnessScript };
    case 'p2sh-p2wsh':
      return { kind, owners, scriptPubKey: p2sh(p2wsh), redeemScript: p2wsh, witnessScript };
  }
}

export async function fundPurse(chain: RegtestChain.RegtestChain, from: Purse, valueSats: bigint): Promise<WalletCoin> {
  const { outpoint, scriptPubKey, valueSats: value } = await chain.fund(from.scriptPubKey, valueSats);
  const { redeemScript, witnessScript } = from;
  return {
    outpoint,
    scriptPubKey,
    valueSats: value,
    purse: from,
    ...(redeemScript === undefined ? {} : { redeemScript }),
    ...(witnessScript === undefined ? {} : { witnessScript }),
  };
}

/** Signs input `index`, which spends a wallet coin, in place. */
export function signCoin(
  transaction: Tx.Transaction,
  index: number,
  spentOutputs: readonly Tx.SpentOutput[],
  { kind, owners, ...from }: Purse,
): void {
  const scripts = spentOutputs.map(({ scriptPubKey }) => scriptPubKey);
  const values = spentOutputs.map(({ valueSats }) => valueSats);
  const ALL = 1;
  const ecdsa = (code: Uint8Array, { secretKey }: Person): Uint8Array =>
    bitcoinScript.signature.encode(usualSignature(transaction.hashForWitnessV0(index, code, values[index] ?? 0n, ALL), secretKey), ALL);
  const [first, , third] = owners;
  if (kind === 'p2tr') {
    transaction.setWitness(index, [tiny.signSchnorr(transaction.hashForWitnessV1(index, scripts, values, 0), first.secretKey)]);
  } else if (from.witnessScript === undefined) {
    transaction.setWitness(index, [ecdsa(p2pkh(first), first), first.compressed]);
  } else {
    const signatures = [first, third].map((one) => ecdsa(from.witnessScript as Uint8Array, one));
    transaction.setWitness(index, [new Uint8Array(), ...signatures, from.witnessScript]);
  }
}

/** 71 or 72 bytes once encoded with its hash type: the one in a hundred that is shorter would make sizes differ from run to run. */
function usualSignature(hash: Uint8Array, secretKey: Uint8Array): Uint8Array {
  const TRIES = 32;
  for (let i = 0; i < TRIES; i++) {
    const signature = tiny.sign(hash, secretKey, new Uint8Array(32).fill(i));
    if ([71, 72].includes(bitcoinScript.signature.encode(signature, 1).length)) return signature;
  }
  throw new Error('no signature of the usual length');
}

// ---- stakes

/** A delegation whose staking transaction is in a block, with everybody's keys. */
export type Stake = { readonly cast: Cast; readonly delegation: Delegation.Delegation; readonly confirmedHeight: number };

export const STAKE_SATS: Sats.Sats = Sats.from(1_000_003n);
export const FEE_RATE = 2_000n;

export function delegationOf({ contract, rules, shape }: Cast, stakingTransaction: Tx.Transaction): Delegation.Delegation {
  const { slashingTxVersion } = shape;
  return Delegation.from({ contract, rules, stakingTransaction, ...(slashingTxVersion === undefined ? {} : { slashingTxVersion }) });
}

/** So many stakes of one contract, all in the same block; every staking transaction is first held against the mempool. */
export async function openStakes(
  chain: RegtestChain.RegtestChain,
  cast: Cast,
  count: number,
  valueSats: Sats.Sats = STAKE_SATS,
): Promise<Stake[]> {
  const from = purse('p2tr', `${cast.shape.name} wallet`);
  const coins = await Promise.all(Array.from({ length: count }, () => fundPurse(chain, from, valueSats + 10_000n)));
  const transactions = coins.map((coin) => {
    const { transaction } = StakingTx.build({
      contract: cast.contract,
      valueSats,
      coins: [coin],
      changeScriptPubKey: coin.scriptPubKey,
      feeRateSatsPerKvb: FEE_RATE,
    });
    signCoin(transaction, 0, [coin], from);
    return transaction;
  });
  for (const transaction of transactions) await mustPass(chain, transaction);
  const { height } = await chain.mine(1, { txs: transactions.map(Tx.encode) });
  const stakes = transactions.map((transaction) => ({ cast, delegation: delegationOf(cast, transaction), confirmedHeight: height }));
  for (const { delegation } of stakes) checkPreSigned(delegation);
  return stakes;
}

/** What the Babylon chain demands of the pre-signed transactions, beyond what Bitcoin does. */
function checkPreSigned({
  contract,
  rules,
  staking,
  unbondingOutput,
  unbonding,
  stakingSlashing,
  unbondingSlashing,
}: Delegation.Delegation): void {
  UnbondingTx.check({ unbonding: unbonding.transaction, contract, staking, feeSats: rules.unbondingFeeSats });
  SlashingTx.check({ slashing: stakingSlashing.transaction, contract, funding: staking, rules });
  SlashingTx.check({ slashing: unbondingSlashing.transaction, contract, funding: unbondingOutput, rules });
}

// ---- signing and completing

const AUX = new Uint8Array(32);

/** Signatures of these people over a leaf spend, by a library of its own. */
export function sign(people: readonly Person[], spend: LeafSpend, hashType = 0): Witness.KeySignature[] {
  const message = spend.sighash(hashType);
  return people.map(({ publicKey, secretKey }) => ({
    publicKey,
    signature: Bytes.concat(tiny.signSchnorr(message, secretKey, AUX), Uint8Array.from(hashType === 0 ? [] : [hashType])),
  }));
}

/** Everybody's signatures, more than any quorum. */
export function signaturesOf({ stakers, providers, covenant }: Cast, spend: LeafSpend): Required<Witness.Signatures> {
  return { staker: sign(stakers, spend), finalityProvider: sign(providers, spend), covenant: sign(covenant, spend) };
}

/** The spend with the witness that the library assembles from everybody's signatures. */
export function complete(
  cast: Cast,
  path: Witness.Path,
  spend: LeafSpend,
  signatures: Witness.Signatures = signaturesOf(cast, spend),
): Tx.Transaction {
  const { contract } = cast;
  return spend.withWitness(Witness.assemble({ contract, path, spend, signatures }).stack);
}

/** What an indexer of slashings knows of a stake. */
export function slashableOf({ cast, delegation }: Stake): Slasher.Slashable {
  return {
    delegation,
    stakerSignatures: {
      stakingSlashing: sign(cast.stakers, delegation.stakingSlashing),
      unbondingSlashing: sign(cast.stakers, delegation.unbondingSlashing),
    },
    covenantSignatures: cast.covenant.map(({ secretKey }) => Covenant.sign({ delegation, secretKey, auxRand: AUX })),
  };
}

/** The slashing transaction as the protocol makes it: out of the provider's key and adaptor signatures. */
export function slash(stake: Stake, target: Slasher.Target, provider: Person | undefined = stake.cast.providers[0]): Tx.Transaction {
  if (provider === undefined) throw new Error('no such provider');
  return Slasher.slash(slashableOf(stake), target, provider.secretKey).transaction;
}

/** Where withdrawals go. */
export const HOME: Person = person('home');

export type Withdrawal = { readonly transaction: Tx.Transaction; readonly built: WithdrawalTx.build.Built };

/** The signed withdrawal of an output of a stake: the output of its staking, unbonding or slashing transaction. */
export function withdraw({ cast, delegation }: Stake, from: WithdrawalTx.Source, slashing?: Tx.Transaction): Withdrawal {
  const { contract } = delegation;
  const input = { contract, from, ...outputOf(delegation, from, slashing) };
  const built = WithdrawalTx.build({ inputs: [input], destinationScriptPubKey: p2wpkh(HOME), feeRateSatsPerKvb: FEE_RATE });
  const [spend] = built.spends as readonly [LeafSpend];
  return { built, transaction: complete(cast, 'timelock', spend) };
}

function outputOf(
  delegation: Delegation.Delegation,
  from: WithdrawalTx.Source,
  slashing?: Tx.Transaction,
): Pick<WithdrawalTx.Input, 'outpoint' | 'valueSats'> {
  if (from === 'staking') return delegation.staking;
  if (from === 'unbonding') return delegation.unbondingOutput;
  if (slashing === undefined) throw new Error('which slashing transaction?');
  const { valueSats } = Tx.outputOf(slashing, WithdrawalTx.SLASHING_CHANGE_INDEX);
  return { outpoint: { txid: Tx.txid(slashing), vout: WithdrawalTx.SLASHING_CHANGE_INDEX }, valueSats: Sats.from(valueSats) };
}

// ---- verdicts

/** What the node said, in the terms of a spend verdict, and its own words beside it. */
export type NodeVerdict = {
  readonly consensusValid: boolean;
  readonly standard: boolean;
  readonly scriptError?: string;
  readonly rejectReason?: string;
  /** The mempool's reason as it came. */
  readonly mempoolError?: string;
  /** The block's reason as it came. */
  readonly blockError?: string;
  readonly vsize?: number;
  readonly feeSats?: bigint;
};

/** Refusals of the mempool for what a transaction pays: these are no rule of standardness. */
const FEE_REASONS = /^(min relay fee not met|mempool min fee not met|max-fee-exceeded)/;

/** Asks the node twice: would the mempool take it, may the next block hold it. Nothing changes. */
export async function judge(chain: RegtestChain.RegtestChain, rawTx: Uint8Array): Promise<NodeVerdict> {
  const [acceptance, block] = await Promise.all([chain.testAccept(rawTx), chain.generateBlockWith([rawTx])]);
  const mempoolError = acceptance.allowed || FEE_REASONS.test(acceptance.rejectReason) ? undefined : acceptance.rejectReason;
  const blockError = block.accepted ? undefined : block.error;
  const mempoolScript = mempoolError === undefined ? null : RegtestChain.scriptErrorOf(mempoolError);
  const blockScript = blockError === undefined ? null : RegtestChain.scriptErrorOf(blockError);
  // A transaction that a block refuses before its scripts has no script error.
  const scriptError = blockError === undefined ? mempoolScript : blockScript;
  return {
    consensusValid: block.accepted,
    standard: mempoolError === undefined,
    ...(scriptError === null ? {} : { scriptError }),
    ...(mempoolError === undefined || mempoolScript !== null ? {} : { rejectReason: mempoolError }),
    ...(mempoolError === undefined ? {} : { mempoolError }),
    ...(blockError === undefined ? {} : { blockError }),
    ...(acceptance.allowed ? { vsize: acceptance.vsize, feeSats: acceptance.feeSats } : {}),
  };
}

/** The four fields that both verdicts have. */
export function comparable({ consensusValid, standard, scriptError, rejectReason }: SpendCheck.Verdict | NodeVerdict): object {
  return { consensusValid, standard, scriptError, rejectReason };
}

/** The outputs that a transaction spends, as the node has them; null when one is unknown or spent. */
export async function prevoutsOf(chain: RegtestChain.RegtestChain, transaction: Tx.Transaction): Promise<SpendCheck.Prevout[] | null> {
  const { height } = await chain.tip();
  const prevouts: SpendCheck.Prevout[] = [];
  for (const i of transaction.ins.keys()) {
    const output = await chain.unspent(Tx.outpointOf(transaction, i));
    if (output === null) return null;
    const { scriptPubKey, valueSats, confirmations } = output;
    prevouts.push({ scriptPubKey, valueSats, confirmedHeight: height + 1 - confirmations });
  }
  return prevouts;
}

/** The outputs that the spend check knows: P2TR and P2WPKH. */
const isJudged = ({ scriptPubKey: { length, 0: version } }: SpendCheck.Prevout): boolean =>
  (length === 34 && version === 0x51) || (length === 22 && version === 0);

/** The node's verdict; where the spend check knows the inputs, it must say the same. */
export async function judgeBoth(chain: RegtestChain.RegtestChain, transaction: Tx.Transaction): Promise<NodeVerdict> {
  const rawTx = Tx.encode(transaction);
  const verdict = await judge(chain, rawTx);
  const prevouts = await prevoutsOf(chain, transaction);
  if (prevouts?.every(isJudged)) {
    const { height, medianTime } = await chain.tip();
    const ours = SpendCheck.verifySpend({ transaction: rawTx, prevouts, tipHeight: height, medianTime });
    expect(comparable(ours), `the spend check against the node: ${verdict.mempoolError}; ${verdict.blockError}`).toEqual(
      comparable(verdict),
    );
  }
  return verdict;
}

/** The transaction relays and a block may hold it. */
export async function mustPass(chain: RegtestChain.RegtestChain, transaction: Tx.Transaction): Promise<NodeVerdict> {
  const verdict = await judgeBoth(chain, transaction);
  expect(verdict).toMatchObject({ consensusValid: true, standard: true });
  expect(verdict.vsize).toBe(transaction.virtualSize());
  return verdict;
}

/** Neither mempool nor block take it, for this script error. */
export async function mustFailScript(chain: RegtestChain.RegtestChain, transaction: Tx.Transaction, text: string): Promise<void> {
  const verdict = await judgeBoth(chain, transaction);
  expect(verdict).toMatchObject({ consensusValid: false, standard: false, scriptError: text });
  expect(RegtestChain.scriptErrorOf(verdict.mempoolError ?? '')).toBe(text);
}

/** Hands in transactions through the mempool, each must be taken, and mines them. Returns the height of their block. */
export async function confirm(chain: RegtestChain.RegtestChain, ...transactions: readonly Tx.Transaction[]): Promise<number> {
  for (const transaction of transactions) {
    await mustPass(chain, transaction);
    expect(await chain.submit(Tx.encode(transaction))).toEqual({ accepted: true, txid: Tx.txid(transaction) });
  }
  const { height } = await chain.mine(1);
  for (const transaction of transactions) expect((await chain.blockOf(Tx.txid(transaction)))?.height).toBe(height);
  return height;
}

/** Mines until the tip is `height`, which is not below it. */
export async function mineTo(chain: RegtestChain.RegtestChain, height: number): Promise<void> {
  const { height: now } = await chain.tip();
  if (height < now) throw new Error(`the tip is ${now} already`);
  if (height > now) await chain.mine(height - now);
}

/**
 * Withdrawals of coins from block `confirmedHeight` with a lock of `blocks`: refused by mempool and block one block before they are mature, and
 * taken by both, and mined, right then.
 */
export async function matures(
  chain: RegtestChain.RegtestChain,
  withdrawals: readonly Withdrawal[],
  confirmedHeight: number,
  blocks: number,
): Promise<void> {
  const firstBlock = confirmedHeight + blocks;
  await mineTo(chain, firstBlock - 2);
  for (const { transaction } of withdrawals) await mustBeEarly(chain, transaction);
  await chain.mine(1);
  expect(await confirm(chain, ...withdrawals.map(({ transaction }) => transaction))).toBe(firstBlock);
}

/** Refused for its relative lock by mempool and block, whatever its scripts. */
export async function mustBeEarly(chain: RegtestChain.RegtestChain, transaction: Tx.Transaction): Promise<void> {
  const verdict = await judgeBoth(chain, transaction);
  expect(verdict).toMatchObject({ consensusValid: false, standard: false, rejectReason: 'non-BIP68-final' });
  expect(verdict.blockError).toMatch(/^bad-txns-nonfinal(,|$)/);
}
