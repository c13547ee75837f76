// The libraries that we are measured against, as their users load them.
import { createRequire } from 'node:module';
import * as tiny from 'tiny-secp256k1';
import { versionOf } from './build.ts';

const require = createRequire(import.meta.url);

export type BtcStaking = typeof import('@babylonlabs-io/btc-staking-ts');
export type BtcNetwork = ConstructorParameters<BtcStaking['Staking']>[0];
export type Utxo = Parameters<InstanceType<BtcStaking['Staking']>['createStakingTransaction']>[1][number];
export type Scripts = ReturnType<InstanceType<BtcStaking['StakingScriptData']>['buildScripts']>;

/** What is used of the bitcoinjs-lib that btc-staking-ts brings along (6.1.5, another one than ours). */
type PeerBitcoin = {
  readonly networks: { readonly bitcoin: BtcNetwork };
  readonly address: { toOutputScript(address: string, network: BtcNetwork): Uint8Array };
  readonly payments: {
    p2tr(options: { internalPubkey: Buffer; scriptTree: unknown; network: BtcNetwork }): { readonly address?: string };
  };
  readonly Transaction: { fromHex(hex: string): Parameters<BtcStaking['unbondingTransaction']>[1] };
};

export const btcStaking: BtcStaking = require('@babylonlabs-io/btc-staking-ts') as BtcStaking;
btcStaking.initBTCCurve();

export const peerBitcoin: PeerBitcoin = createRequire(require.resolve('@babylonlabs-io/btc-staking-ts'))('bitcoinjs-lib') as PeerBitcoin;
/** The internal key that the protocol fixes, in the form in which the peer's library wants it. */
const NUMS = Buffer.from('50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0', 'hex');
export const MAINNET: BtcNetwork = peerBitcoin.networks.bitcoin;

/** Address and script of the staking output. That function of the peer is not exported; its calls are these. */
export function peerStakingOutput(scripts: Scripts): { address: string; scriptPubKey: Uint8Array } {
  return peerOutput([{ output: scripts.slashingScript }, [{ output: scripts.unbondingScript }, { output: scripts.timelockScript }]]);
}

/** Any taproot output as the peer makes it: the payment, and its address read back. */
export function peerOutput(scriptTree: unknown): { address: string; scriptPubKey: Uint8Array } {
  const { address } = peerBitcoin.payments.p2tr({ internalPubkey: NUMS, scriptTree, network: MAINNET });
  if (address === undefined) throw new Error('the peer gives no address');
  return { address, scriptPubKey: peerBitcoin.address.toOutputScript(address, MAINNET) };
}

export const peerVersions: Readonly<Record<string, string>> = Object.fromEntries(
  ['@babylonlabs-io/btc-staking-ts', '@scure/btc-signer', 'tiny-secp256k1', '@noble/curves', 'secp256k1'].map((name) => [
    name,
    versionOf(name),
  ]),
);

export { tiny };
