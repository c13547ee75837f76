// Random stakes in the words of both libraries. The peer runs as published; only the curve under its bitcoinjs-lib is a faster one, given
// through that library's own hook, and objects of its class Staking are made without the constructor, whose point checks (some 2 ms a key in
// asm.js) would be most of the time. Its code of the flows is untouched.
import { createRequire } from 'node:module';
import fc from 'fast-check';
import * as tiny from 'tiny-secp256k1';
import { expect } from 'vitest';
import * as Delegation from '../../src/babylon/Delegation.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as Rate from '../../src/base/Rate.ts';
import * as Sats from '../../src/base/Sats.ts';
import * as Address from '../../src/bitcoin/Address.ts';
import type { Coin } from '../../src/bitcoin/Coin.ts';
import * as Fee from '../../src/bitcoin/Fee.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';
import { peer } from '../support/peerWallet.ts';
import type { KeyPair } from '../support/stakes.ts';
import { type WalletKind, walletCoin } from '../support/wallets.ts';

export { peer };

/** Inputs per flow. */
export const RUNS = 500;
export const SEED = 20_251_121;

type Peer = typeof peer;
export type PeerTransaction = Parameters<Peer['unbondingTransaction']>[1];
export type PeerNetwork = Parameters<Peer['unbondingTransaction']>[3];
export type PeerPsbt = ReturnType<Peer['slashEarlyUnbondedTransaction']>['psbt'];
export type PeerUtxo = Parameters<Peer['stakingTransaction']>[3][number];
export type PeerStaking = InstanceType<Peer['Staking']>;
export type PeerScripts = ReturnType<PeerStaking['buildScripts']>;
export type PeerParams = ConstructorParameters<Peer['BabylonBtcStakingManager']>[1][number];

const require = createRequire(import.meta.url);
/** The peer's own copy of bitcoinjs-lib. */
export const bitcoinjs: {
  readonly networks: { readonly bitcoin: PeerNetwork; readonly testnet: PeerNetwork; readonly regtest: PeerNetwork };
  readonly Transaction: { fromHex(hex: string): PeerTransaction };
  readonly Psbt: { fromHex(hex: string): PeerPsbt };
  initEccLib(ecc: unknown): void;
} = createRequire(require.resolve('@babylonlabs-io/btc-staking-ts'))('bitcoinjs-lib');
bitcoinjs.initEccLib(tiny);

export const MAINNET: PeerNetwork = bitcoinjs.networks.bitcoin;
export const hex: (bytes: Uint8Array) => string = Hex.encode;

/** Checks both libraries on {@link RUNS} random inputs; a property that leaves inputs out has compared too few. */
export function onRandom<T>(inputs: fc.Arbitrary<T>, compare: (input: T) => void, runs: number = RUNS): void {
  let compared = 0;
  const property = fc.property(inputs, (input) => {
    compare(input);
    compared++;
  });
  fc.assert(property, { seed: SEED, numRuns: runs, endOnFailure: true });
  expect(compared).toBeGreaterThanOrEqual(runs);
}

export async function onRandomAsync<T>(inputs: fc.Arbitrary<T>, compare: (input: T) => Promise<void>, runs: number = RUNS): Promise<void> {
  let compared = 0;
  const property = fc.asyncProperty(inputs, async (input) => {
    await compare(input);
    compared++;
  });
  await fc.assert(property, { seed: SEED, numRuns: runs, endOnFailure: true });
  expect(compared).toBeGreaterThanOrEqual(runs);
}

/** Keys of random stakes: drawn from a stock, since making one costs more than comparing a script. */
const STOCK: readonly KeyPair[] = Array.from({ length: 240 }, (_, i) => {
  const bytes = new Uint8Array(32).fill(0x31);
  new DataView(bytes.buffer).setUint32(28, i + 1);
  const secretKey = SecretKey.from(bytes);
  return { secretKey, publicKey: PublicKey.ofSecret(secretKey) };
});

/** A random stake: who, on which terms, in which transaction. */
export type Case = {
  readonly staker: KeyPair;
  readonly providers: readonly KeyPair[];
  readonly covenant: readonly KeyPair[];
  readonly quorum: number;
  readonly stakingTime: number;
  readonly unbondingTime: number;
  readonly valueSats: number;
  readonly unbondingFee: number;
  readonly rateBps: number;
  readonly slashingFee: number;
  readonly slashingScript: string;
  /** Outputs before the stake. */
  readonly outputIndex: number;
};

const SLASHING_SCRIPTS = ['6a07626162796c6f6e', `0014${'33'.repeat(20)}`, `5120${'44'.repeat(32)}`, `76a914${'55'.repeat(20)}88ac`];

/** Small times more often than by chance: their numbers have another form in scripts. */
const blocks: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 1, max: 65_535 }),
  fc.constantFrom(1, 2, 15, 16, 17, 127, 128, 255, 256, 32_767, 32_768, 65_535),
);

export type Limits = { readonly maxProviders?: number; readonly maxMembers?: number; readonly times?: fc.Arbitrary<number> };

export function cases({ maxProviders = 3, maxMembers = 9, times = blocks }: Limits = {}): fc.Arbitrary<Case> {
  return fc
    .record({
      first: fc.integer({ min: 0, max: STOCK.length - 1 }),
      // Without a common divisor with the size of the stock: the walk through it meets no key twice.
      step: fc.constantFrom(1, 7, 11, 13, 17, 19, 23, 29),
      providers: fc.integer({ min: 1, max: maxProviders }),
      members: fc.integer({ min: 1, max: maxMembers }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      stakingTime: times,
      unbondingTime: times,
      valueSats: fc.integer({ min: 200_000, max: 2_000_000_000 }),
      unbondingFee: fc.integer({ min: 1_000, max: 50_000 }),
      rateBps: fc.integer({ min: 100, max: 5_000 }),
      slashingFee: fc.integer({ min: 1_000, max: 20_000 }),
      slashingScript: fc.constantFrom(...SLASHING_SCRIPTS),
      outputIndex: fc.integer({ min: 0, max: 3 }),
    })
    .map(({ first, step, providers, members, share, ...terms }) => {
      const key = (i: number): KeyPair => STOCK[(first + i * step) % STOCK.length] as KeyPair;
      const many = (from: number, count: number): KeyPair[] => Array.from({ length: count }, (_, i) => key(from + i));
      const quorum = 1 + Math.min(members - 1, Math.floor(share * members));
      return { ...terms, quorum, staker: key(0), providers: many(1, providers), covenant: many(1 + providers, members) };
    });
}

export const pkOf = ({ publicKey }: KeyPair): PublicKey.XOnlyPublicKey => publicKey;
const bufferOf = ({ publicKey }: KeyPair): Buffer => Buffer.from(publicKey);

// ---- the stake in our words

export function contractOf(c: Case): StakingContract.StakingContract {
  return StakingContract.from({
    stakerPk: c.staker.publicKey,
    finalityProviderPks: c.providers.map(pkOf),
    covenantPks: c.covenant.map(pkOf),
    covenantQuorum: c.quorum,
    stakingTimeBlocks: c.stakingTime,
    unbondingTimeBlocks: c.unbondingTime,
    profile: 'generic',
  });
}

export function rulesOf(c: Case): Delegation.Rules {
  return {
    slashingPkScript: Hex.decode(c.slashingScript),
    slashingRate: Rate.parse((c.rateBps / 10_000).toFixed(4)),
    minSlashingTxFeeSats: Sats.from(BigInt(c.slashingFee)),
    unbondingFeeSats: Sats.from(BigInt(c.unbondingFee)),
  };
}

/** The delegation, and its staking transaction with outputs of others around the stake. */
export function delegationOf(c: Case): Delegation.Delegation {
  const contract = contractOf(c);
  const other = { scriptPubKey: Hex.decode(`0014${'22'.repeat(20)}`), valueSats: 12_345n };
  const stake = { scriptPubKey: contract.staking.scriptPubKey, valueSats: BigInt(c.valueSats) };
  const before = Array.from({ length: c.outputIndex }, () => other);
  const txid = c.valueSats.toString(16).padStart(64, '1');
  const stakingTransaction = Tx.create([{ outpoint: { txid, vout: 1 } }], [...before, stake, other]);
  return Delegation.from({ contract, rules: rulesOf(c), stakingTransaction });
}

// ---- the stake in the peer's words

export function scriptsOf(c: Case): PeerScripts {
  return new peer.StakingScriptData(
    bufferOf(c.staker),
    c.providers.map(bufferOf),
    c.covenant.map(bufferOf),
    c.quorum,
    c.stakingTime,
    c.unbondingTime,
  ).buildScripts();
}

export function peerParamsOf(c: Case): PeerParams {
  return {
    version: 0,
    btcActivationHeight: 100,
    covenantNoCoordPks: c.covenant.map(({ publicKey }) => hex(publicKey)),
    covenantQuorum: c.quorum,
    unbondingTime: c.unbondingTime,
    unbondingFeeSat: c.unbondingFee,
    minStakingAmountSat: 100_000,
    maxStakingAmountSat: 5_000_000_000,
    minStakingTimeBlocks: 1,
    maxStakingTimeBlocks: 65_535,
    slashing: { slashingPkScriptHex: c.slashingScript, slashingRate: c.rateBps / 10_000, minSlashingTxFeeSat: c.slashingFee },
  };
}

/** The peer's class for one stake, by what its constructor sets. */
export function peerStakingOf(c: Case, address: string): PeerStaking {
  const staking = Object.create(peer.Staking.prototype) as PeerStaking;
  return Object.assign(staking, {
    network: MAINNET,
    stakerInfo: { address, publicKeyNoCoordHex: hex(c.staker.publicKey) },
    params: peerParamsOf(c),
    finalityProviderPksNoCoordHex: c.providers.map(({ publicKey }) => hex(publicKey)),
    stakingTimelock: c.stakingTime,
  });
}

export const toPeer = (transaction: Tx.Transaction): PeerTransaction => bitcoinjs.Transaction.fromHex(Tx.toHex(transaction));

/** The unsigned transaction of a PSBT of the peer. */
export function unsigned(psbt: PeerPsbt): string {
  return (psbt.data.globalMap.unsignedTx.toBuffer() as Buffer).toString('hex');
}

// ---- coins

/** The kinds of coins that the peer can put into a PSBT and whose signing leaves the txid alone. */
export const COIN_KINDS: readonly WalletKind[] = ['p2wpkh', 'p2tr', 'p2sh-p2wpkh', 'p2wsh 2-of-3'];

/** Coins in the peer's words. */
export function utxosOf(coins: readonly Coin[]): PeerUtxo[] {
  return coins.map(({ outpoint, valueSats, scriptPubKey, redeemScript, witnessScript, previousTransaction }) => ({
    ...outpoint,
    value: Number(valueSats),
    scriptPubKey: hex(scriptPubKey),
    ...(redeemScript === undefined ? {} : { redeemScript: hex(redeemScript) }),
    ...(witnessScript === undefined ? {} : { witnessScript: hex(witnessScript) }),
    ...(previousTransaction === undefined ? {} : { rawTxHex: hex(previousTransaction) }),
  }));
}

export type Purse = { readonly coins: readonly Coin[]; readonly address: string; readonly changeScript: Uint8Array };

/** Coins of different values, and where the change goes. */
export function purses(limits: { readonly maxCoins: number; readonly minSats: number; readonly maxSats: number }): fc.Arbitrary<Purse> {
  const { maxCoins, minSats: min, maxSats: max } = limits;
  return fc
    .record({
      values: fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: maxCoins }),
      kinds: fc.array(fc.constantFrom(...COIN_KINDS), { minLength: maxCoins, maxLength: maxCoins }),
      change: fc.constantFrom(
        `0014${'66'.repeat(20)}`,
        `5120${'77'.repeat(31)}01`,
        `76a914${'88'.repeat(20)}88ac`,
        `a914${'99'.repeat(20)}87`,
      ),
      owner: fc.integer({ min: 0, max: 7 }),
    })
    .map(({ values, kinds, change, owner }) => {
      const changeScript = change.startsWith('5120') ? Hex.decode(`5120${hex((STOCK[owner] as KeyPair).publicKey)}`) : Hex.decode(change);
      const coins = values.map((value, i) => walletCoin(kinds[i] as WalletKind, BigInt(value), i));
      return { coins, changeScript, address: Address.encode(changeScript, 'mainnet') };
    });
}

/** A rate at which a transaction of this weight pays exactly this fee; undefined where none does. */
export function rateFor(feeSats: bigint, weight: number): bigint | undefined {
  const vbytes = (BigInt(weight) + 3n) / 4n;
  const rate = (feeSats * 1000n) / vbytes;
  return rate >= Fee.MIN_RATE && Fee.at(weight, rate as Fee.RatePerKvb) === feeSats ? rate : undefined;
}

/**
 * A PSBT of ours without the entries that the peer never writes, for the comparison of all the rest: the merkle root of leaf spends (BIP371),
 * and what is named in `more`.
 */
export function withoutExtras(psbtHex: string, more: readonly string[] = []): string {
  const psbt = bitcoinjs.Psbt.fromHex(psbtHex);
  const extras = ['tapMerkleRoot', ...more];
  for (const input of psbt.data.inputs as unknown as Record<string, unknown>[]) {
    // A leaf spend always says its root.
    expect('tapMerkleRoot' in input).toBe('tapLeafScript' in input);
    for (const name of extras) delete input[name];
  }
  return psbt.toHex();
}
