// One stake for both libraries: the same person, parameters, coins and wallet. The wallet is canned: it signed every question once before the
// clock ran (with the peer's own bitcoinjs-lib) and answers the same question with the same text.
import { createHash } from 'node:crypto';
import { type PeerWallet, peer, walletOf } from '../test/support/peerWallet.ts';
import { type Fixtures, hash, hex, type Person, yes } from './fixtures.ts';
import { MAINNET, peerBitcoin, type Utxo } from './peers.ts';

export type Coin = import('../src/index.ts').Coin.Coin;
type Manager = InstanceType<typeof peer.BabylonBtcStakingManager>;
export type Kind = 'p2wpkh' | 'p2tr';

export const BABYLON_ADDRESS = 'bbn1cyqgpk0nlsutlm5ymkfpya30fqntanc8slpure';
export const STAKING_TIME = 64_000;
export const STAKE_SATS = 100_000_000n;
/** Of the peer's fee rates, which are whole numbers. @unit satoshi per vbyte */
export const PEER_RATE = 2;

/** The answers that a wallet gave, by question. */
export type Canned = {
  signPsbt(psbtHex: string): Promise<string>;
  signMessage(message: string): Promise<string>;
  getTransactionHex(): Promise<string>;
};

export class Wallet {
  readonly fixtures: Fixtures;
  readonly staker: Person;
  readonly kind: Kind;
  readonly scriptPubKey: Uint8Array;
  readonly address: string;
  /** With its parity. */
  readonly publicKey: Uint8Array;
  readonly tipHeight: number;
  readonly #live: PeerWallet;
  readonly #answers = new Map<string, string>();

  constructor(fixtures: Fixtures, kind: Kind, staker: Person = fixtures.staker) {
    const { lib, params } = fixtures;
    this.fixtures = fixtures;
    this.staker = staker;
    this.kind = kind;
    this.tipHeight = params.btcActivationHeight + 1_000;
    this.publicKey = lib.PublicKey.compressedOfSecret(staker.secretKey);
    this.scriptPubKey = scriptOf(fixtures, kind, this.publicKey);
    this.address = lib.Address.encode(this.scriptPubKey, 'mainnet');
    this.#live = walletOf(staker.secretKey, (message) => {
      const witness = lib.Bip322.signSimple(message, staker.secretKey, this.scriptPubKey, { auxRand: new Uint8Array(32) });
      return Buffer.from(witness).toString('base64');
    });
  }

  /** A wallet that signs, and remembers: for the run before the clock. */
  get recording(): Canned {
    const remember = async (question: string, ask: () => Promise<string>): Promise<string> => {
      const answer = this.#answers.get(question) ?? (await ask());
      this.#answers.set(question, answer);
      return answer;
    };
    return {
      signPsbt: (psbtHex) => remember(psbtHex, () => this.#live.signPsbt(psbtHex)),
      signMessage: (message) => remember(message, () => this.#live.signMessage(message, 'bip322-simple')),
      getTransactionHex: async () => '',
    };
  }

  /** A wallet that only repeats. */
  get canned(): Canned {
    return {
      signPsbt: async (psbtHex) => this.answer(psbtHex),
      signMessage: async (text) => this.answer(text),
      getTransactionHex: async () => '',
    };
  }

  answer(question: string): string {
    const answer = this.#answers.get(question);
    if (answer === undefined) throw new Error('the canned wallet was never asked this');
    return answer;
  }

  /** One coin that pays for the stake, then `count - 1` that are too small to. */
  coinsForOne(count: number): readonly Coin[] {
    return this.coins(Array.from({ length: count }, (_, i) => (i === 0 ? 3n * STAKE_SATS : 20_000n + BigInt(count - i))));
  }

  coins(values: readonly bigint[]): readonly Coin[] {
    return values.map((valueSats, i) => ({
      outpoint: { txid: hex(hash(`coin ${i}`)), vout: i % 3 },
      scriptPubKey: this.scriptPubKey,
      valueSats,
      ...(this.kind === 'p2tr' ? { tapInternalKey: this.staker.publicKey } : {}),
    }));
  }

  utxos(coins: readonly Coin[]): Utxo[] {
    return coins.map(({ outpoint, valueSats, scriptPubKey }) => ({
      ...outpoint,
      value: Number(valueSats),
      scriptPubKey: hex(scriptPubKey),
    }));
  }

  get peerInfo(): { address: string; publicKeyNoCoordHex: string } {
    return { address: this.address, publicKeyNoCoordHex: hex(this.staker.publicKey) };
  }

  get peerInput(): { finalityProviderPksNoCoordHex: string[]; stakingAmountSat: number; stakingTimelock: number } {
    const finalityProviderPksNoCoordHex = [hex(this.fixtures.provider.publicKey)];
    return { finalityProviderPksNoCoordHex, stakingAmountSat: Number(STAKE_SATS), stakingTimelock: STAKING_TIME };
  }

  /** The peer's manager; messages go to `sent`, which stands for the Babylon account. */
  peerManager(wallet: Canned, sent: (message: unknown) => void): Manager {
    const babylon = {
      signTransaction: async (message: unknown): Promise<Uint8Array> => {
        sent(message);
        return new Uint8Array(1);
      },
    };
    return new peer.BabylonBtcStakingManager(MAINNET, [peerParams(this.fixtures)], wallet as never, babylon as never);
  }

  /** A transaction of the peer's kind. */
  peerTransaction(rawHex: string): ReturnType<typeof peerBitcoin.Transaction.fromHex> {
    return peerBitcoin.Transaction.fromHex(rawHex);
  }

  /** The peer's `Staking` object for this person. */
  peerStaking(): InstanceType<typeof peer.Staking> {
    const { finalityProviderPksNoCoordHex, stakingTimelock } = this.peerInput;
    return new peer.Staking(MAINNET, this.peerInfo, peerParams(this.fixtures), finalityProviderPksNoCoordHex, stakingTimelock);
  }
}

/** The parameters in the peer's words. */
export function peerParams({ params }: Fixtures): ConstructorParameters<typeof peer.BabylonBtcStakingManager>[1][number] {
  yes('the slashing rate is 0.1 %', params.slashingRate === 10);
  return {
    version: params.version,
    btcActivationHeight: params.btcActivationHeight,
    covenantNoCoordPks: params.covenantPks.map(hex),
    covenantQuorum: params.covenantQuorum,
    unbondingTime: params.unbondingTimeBlocks,
    unbondingFeeSat: Number(params.unbondingFeeSats),
    minStakingAmountSat: Number(params.minStakingValueSats),
    maxStakingAmountSat: Number(params.maxStakingValueSats),
    minStakingTimeBlocks: params.minStakingTimeBlocks,
    maxStakingTimeBlocks: params.maxStakingTimeBlocks,
    slashing: {
      slashingPkScriptHex: hex(params.slashingPkScript),
      slashingRate: 0.001,
      minSlashingTxFeeSat: Number(params.minSlashingTxFeeSats),
    },
  };
}

function scriptOf({ lib }: Fixtures, kind: Kind, publicKey: Uint8Array): Uint8Array {
  if (kind === 'p2wpkh') return Uint8Array.from([0x00, 0x14, ...hash160(publicKey)]);
  const { outputKey } = lib.TapTree.tweak(publicKey.slice(1), new Uint8Array(0));
  return Uint8Array.from([0x51, 0x20, ...outputKey]);
}

function hash160(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash('ripemd160').update(createHash('sha256').update(bytes).digest()).digest());
}
