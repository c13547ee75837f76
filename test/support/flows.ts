// A network with a committee whose keys we hold, a staker, and the same stake for the peer's manager and for ours.
import { Signer } from 'bip322-js';
import { ECPairFactory } from 'ecpair';
import * as tiny from 'tiny-secp256k1';
import * as Covenant from '../../src/babylon/Covenant.ts';
import type { Delegation } from '../../src/babylon/Delegation.ts';
import * as Networks from '../../src/babylon/Networks.ts';
import * as Params from '../../src/babylon/Params.ts';
import * as ParamsSet from '../../src/babylon/ParamsSet.ts';
import { isSatlockError } from '../../src/base/Errors.ts';
import * as Hex from '../../src/base/Hex.ts';
import type { Coin } from '../../src/bitcoin/Coin.ts';
import * as InclusionProof from '../../src/bitcoin/InclusionProof.ts';
import * as Psbt from '../../src/bitcoin/Psbt.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as CovenantApproval from '../../src/wallet/CovenantApproval.ts';
import * as PlainKey from '../../src/wallet/PlainKey.ts';
import type { BabylonMessage } from '../../src/wallet/Provider.ts';
import * as Staker from '../../src/wallet/Staker.ts';
import { type Habits, type PeerWallet, peer, peerBitcoin, walletOf } from './peerWallet.ts';
import { type KeyPair, keyOf, keysOf, pks } from './stakes.ts';

export const STAKER: KeyPair = keyOf('flow staker');
export const PROVIDER: KeyPair = keyOf('flow provider');
export const COVENANT: readonly KeyPair[] = keysOf('flow covenant', 9);
export const BABYLON_ADDRESS = 'bbn1cyqgpk0nlsutlm5ymkfpya30fqntanc8slpure';
export const TIP = 925_000;
export const STAKE_SATS = 5_000_000n;
export const STAKING_TIME = 64_000;

const mainnet = Networks.from('bbn-1');

/** Mainnet's newest parameters with our committee. */
export const PARAMS: Params.StakingParams = Params.from({
  ...Params.toJson(ParamsSet.latest(mainnet.paramsSet)),
  version: 0,
  covenantPks: pks(COVENANT).map(Hex.encode),
});

export const NETWORK: Staker.NetworkData = { bitcoinNetwork: 'mainnet', paramsSet: ParamsSet.from([PARAMS]), chainId: 'bbn-1' };

export type AddressType = PlainKey.AddressType;

/** The staker's key as a wallet of ours, for addresses and coins. */
export function keyOfType(addressType: AddressType, pair: KeyPair = STAKER): PlainKey.PlainKey {
  return PlainKey.from(pair.secretKey, { network: 'mainnet', addressType });
}

/** Message signatures by bip322-js: BIP322, or the old form, which does not know the address. The same question has the same answer. */
function signMessage(pair: KeyPair, addressType: AddressType): (message: string, type: 'ecdsa' | 'bip322-simple') => string {
  const wif = ECPairFactory(tiny).fromPrivateKey(pair.secretKey).toWIF();
  return (message, type) => {
    const { address } = keyOfType(type === 'ecdsa' ? 'p2pkh' : addressType, pair);
    const known = SIGNED.get(address + message) ?? (Signer.sign(wif, address, message) as string);
    SIGNED.set(address + message, known);
    return known;
  };
}

const SIGNED = new Map<string, string>();

/** The peer's kind of provider for a key. */
export function providerOf(habits: Habits = {}, addressType: AddressType = 'p2tr', pair: KeyPair = STAKER): PeerWallet {
  return walletOf(pair.secretKey, signMessage(pair, addressType), habits);
}

export type BabylonWallet = {
  signTransaction(message: BabylonMessage): Promise<Uint8Array>;
  getChainId(): Promise<string>;
  getCurrentHeight(): Promise<number>;
  readonly messages: BabylonMessage[];
};

export function babylonWallet(chainId = 'bbn-1'): BabylonWallet {
  const messages: BabylonMessage[] = [];
  return {
    messages,
    signTransaction: async (message) => {
      messages.push(message);
      return Uint8Array.of(1, 2, 3);
    },
    getChainId: async () => chainId,
    getCurrentHeight: async () => 1_000_000,
  };
}

export type World = {
  readonly staker: Staker.Staker;
  readonly wallet: PeerWallet;
  readonly babylon: BabylonWallet;
  readonly key: PlainKey.PlainKey;
};

/** A staker of ours over a wallet with these habits. */
export function worldOf(habits: Habits = {}, addressType: AddressType = 'p2tr', network: Staker.NetworkData = NETWORK): World {
  const key = keyOfType(addressType);
  const wallet = providerOf(habits, addressType);
  const babylon = babylonWallet();
  const account = { address: key.address, publicKey: key.publicKey, babylonAddress: BABYLON_ADDRESS };
  return { staker: Staker.from({ network, account, bitcoin: wallet, babylon }), wallet, babylon, key };
}

/** Coins of the staker's address. */
export function coinsOf(key: PlainKey.PlainKey, ...values: readonly bigint[]): readonly Coin[] {
  return values.map((valueSats, vout) => key.coin({ outpoint: { txid: '5a'.repeat(32), vout }, valueSats }));
}

export const FEE_RATE = 3_000n;

export function planOf({ staker, key }: World, coins: readonly Coin[] = coinsOf(key, 8_000_000n)): ReturnType<Staker.Staker['plan']> {
  return staker.plan({
    babylonBtcTipHeight: TIP,
    finalityProviderPk: PROVIDER.publicKey,
    stakingTimeBlocks: STAKING_TIME,
    valueSats: STAKE_SATS,
    feeRateSatsPerKvb: FEE_RATE,
    coins,
  });
}

const AUX = new Uint8Array(32);

/** What the whole committee signs. */
export function approvalOf(delegation: Delegation, members: readonly KeyPair[] = COVENANT): CovenantApproval.CovenantApproval {
  return CovenantApproval.fromMembers(members.map(({ secretKey }) => Covenant.sign({ delegation, secretKey, auxRand: AUX })));
}

/** The same parameters in the peer's words. */
export const PEER_PARAMS: ConstructorParameters<typeof peer.BabylonBtcStakingManager>[1][number] = {
  version: 0,
  btcActivationHeight: PARAMS.btcActivationHeight,
  covenantNoCoordPks: PARAMS.covenantPks.map(Hex.encode),
  covenantQuorum: PARAMS.covenantQuorum,
  unbondingTime: PARAMS.unbondingTimeBlocks,
  unbondingFeeSat: Number(PARAMS.unbondingFeeSats),
  minStakingAmountSat: Number(PARAMS.minStakingValueSats),
  maxStakingAmountSat: Number(PARAMS.maxStakingValueSats),
  minStakingTimeBlocks: PARAMS.minStakingTimeBlocks,
  maxStakingTimeBlocks: PARAMS.maxStakingTimeBlocks,
  slashing: {
    slashingPkScriptHex: Hex.encode(PARAMS.slashingPkScript),
    slashingRate: 0.001,
    minSlashingTxFeeSat: Number(PARAMS.minSlashingTxFeeSats),
  },
};

export const PEER_INPUT: { finalityProviderPksNoCoordHex: string[]; stakingAmountSat: number; stakingTimelock: number } = {
  finalityProviderPksNoCoordHex: [Hex.encode(PROVIDER.publicKey)],
  stakingAmountSat: Number(STAKE_SATS),
  stakingTimelock: STAKING_TIME,
};

export function peerManager(wallet: PeerWallet, babylon: BabylonWallet): InstanceType<typeof peer.BabylonBtcStakingManager> {
  const { bitcoin } = peerBitcoin.networks;
  return new peer.BabylonBtcStakingManager(bitcoin, [PEER_PARAMS], wallet as never, babylon as never);
}

export function peerInfo(key: PlainKey.PlainKey): { address: string; publicKeyNoCoordHex: string } {
  return { address: key.address, publicKeyNoCoordHex: Hex.encode(key.stakerPk) };
}

/** Coins in the peer's words. */
export function utxosOf(
  coins: readonly Coin[],
): Parameters<InstanceType<typeof peer.BabylonBtcStakingManager>['preStakeRegistrationBabylonTransaction']>[3] {
  return coins.map(({ outpoint, valueSats, scriptPubKey, redeemScript, previousTransaction }) => ({
    ...outpoint,
    value: Number(valueSats),
    scriptPubKey: Hex.encode(scriptPubKey),
    ...(redeemScript === undefined ? {} : { redeemScript: Hex.encode(redeemScript) }),
    ...(previousTransaction === undefined ? {} : { rawTxHex: Hex.encode(previousTransaction) }),
  }));
}

/** A PSBT over a changed transaction: what a wallet signs that has been told something else. */
export function changed(psbtHex: string, change: (transaction: Tx.Transaction) => void): string {
  const psbt = Psbt.Psbt.fromHex(psbtHex);
  change((psbt.data.globalMap.unsignedTx as unknown as { readonly tx: Tx.Transaction }).tx);
  return psbt.toHex();
}

/** A stake of this network, in the words of a plan. */
export const TERMS: { readonly finalityProviderPk: KeyPair['publicKey']; readonly stakingTimeBlocks: number; readonly valueSats: bigint } =
  {
    finalityProviderPk: PROVIDER.publicKey,
    stakingTimeBlocks: STAKING_TIME,
    valueSats: STAKE_SATS,
  };

/** The same, at the tip and with a fee rate. */
export const STAKE_TERMS: typeof TERMS & { readonly babylonBtcTipHeight: number; readonly feeRateSatsPerKvb: typeof FEE_RATE } = {
  babylonBtcTipHeight: TIP,
  ...TERMS,
  feeRateSatsPerKvb: FEE_RATE,
};

/** A coin of the staker and the transaction that made it. */
export function fundingOf(world: World, valueSats = 200_000n): { readonly funding: Coin; readonly made: Tx.Transaction } {
  const { scriptPubKey } = world.key;
  const made = Tx.create([{ outpoint: { txid: '66'.repeat(32), vout: 0 } }], [{ scriptPubKey, valueSats }]);
  const outpoint = { txid: Tx.txid(made), vout: 0 };
  return { made, funding: world.key.coin({ outpoint, valueSats, previousTransaction: Tx.encode(made) }) };
}

/** The proof of a block of two, built from its txids. */
export function proofOf(transaction: Tx.Transaction): InclusionProof.InclusionProof {
  const txid = Tx.txid(transaction);
  return InclusionProof.fromTxids({ txids: ['ab'.repeat(32), txid], txid, blockHash: '01'.repeat(32) });
}

/** The code of the error of ours that a call ends in; anything else, and no error at all, fails the test. */
export async function codeOf(act: () => unknown): Promise<string> {
  try {
    await act();
  } catch (error) {
    if (isSatlockError(error)) return error.code;
    throw error;
  }
  throw new Error('expected an error, got none');
}
