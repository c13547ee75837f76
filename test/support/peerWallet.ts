// A Bitcoin wallet as the TypeScript peer's users write one: bitcoinjs-lib of the peer's own version, tiny-secp256k1, hex in and hex out.
// Nothing in it is ours, so that our flows are driven by what a wallet in the field answers; and each of its habits can be turned bad.
import { createRequire } from 'node:module';
import { Verifier } from 'bip322-js';
import * as tiny from 'tiny-secp256k1';
import type { SignPsbtOptions } from '../../src/wallet/Provider.ts';

const require = createRequire(import.meta.url);
export type Peer = typeof import('@babylonlabs-io/btc-staking-ts');
export const peer: Peer = require('@babylonlabs-io/btc-staking-ts') as Peer;
peer.initBTCCurve();

type PeerPsbt = {
  readonly data: {
    readonly inputs: {
      tapLeafScript?: { script: Buffer }[];
      tapScriptSig?: { pubkey: Buffer; signature: Buffer; leafHash: Buffer }[];
      tapInternalKey?: Buffer;
      witnessUtxo?: { script: Buffer; value: number };
    }[];
    updateInput(index: number, data: object): void;
  };
  updateInput(index: number, data: object): void;
  signInput(index: number, signer: object, sighashTypes?: number[]): void;
  finalizeInput(index: number): void;
  toHex(): string;
  toBase64(): string;
};
type PeerTransaction = Parameters<Peer['unbondingTransaction']>[1];

/** What is used of the peer's bitcoinjs-lib. */
export const peerBitcoin: {
  readonly networks: {
    readonly bitcoin: Parameters<Peer['unbondingTransaction']>[3];
    readonly regtest: Parameters<Peer['unbondingTransaction']>[3];
  };
  readonly Psbt: { fromHex(hex: string): PeerPsbt };
  readonly Transaction: { fromHex(hex: string): PeerTransaction };
  readonly crypto: { taggedHash(tag: string, data: Buffer): Buffer };
} = createRequire(require.resolve('@babylonlabs-io/btc-staking-ts'))('bitcoinjs-lib');

/** How this wallet behaves. */
export type Habits = {
  /** Finalises whatever the options say; by default it does unless `autoFinalized` is false. */
  readonly finalize?: boolean;
  readonly encoding?: 'hex' | 'base64' | 'HEX';
  /** Hash type of taproot signatures; default is 0. */
  readonly sighashType?: number;
  /** The PSBT that is signed in place of the one given. */
  readonly swap?: (psbtHex: string, options: SignPsbtOptions | undefined) => string;
  /** What is answered in place of the right answer. */
  readonly answer?: (answer: string, options: SignPsbtOptions | undefined) => string;
  readonly message?: (message: string, type: string) => string;
  /** Offers signPsbts. */
  readonly batch?: boolean;
};

export type Asked = {
  readonly method: 'signPsbt' | 'signPsbts' | 'signMessage';
  readonly payload: string;
  readonly options?: SignPsbtOptions;
};

/** A provider object for the peer's manager and for ours, with a record of what it was asked. */
export type PeerWallet = {
  signPsbt(psbtHex: string, options?: SignPsbtOptions): Promise<string>;
  signPsbts?(psbtHexes: string[], options?: SignPsbtOptions[]): Promise<string[]>;
  signMessage(message: string, type: 'ecdsa' | 'bip322-simple'): Promise<string>;
  getTransactionHex(txid: string): Promise<string>;
  readonly asked: Asked[];
};

/** The wallet of a secret key. `sign` makes message signatures; a wallet has its own code for that. */
export function walletOf(
  secretKey: Uint8Array,
  signMessage: (message: string, type: 'ecdsa' | 'bip322-simple') => string | Promise<string>,
  habits: Habits = {},
): PeerWallet {
  const asked: Asked[] = [];
  const one = (psbtHex: string, options?: SignPsbtOptions): string => {
    const signed = sign(secretKey, habits.swap?.(psbtHex, options) ?? psbtHex, options, habits);
    return habits.answer?.(signed, options) ?? signed;
  };
  const record = (method: Asked['method'], payload: string, options?: SignPsbtOptions): void => {
    asked.push({ method, payload, ...(options === undefined ? {} : { options }) });
  };
  return {
    asked,
    signPsbt: async (psbtHex, options) => {
      record('signPsbt', psbtHex, options);
      return one(psbtHex, options);
    },
    ...(habits.batch === true
      ? {
          signPsbts: async (psbtHexes: string[], options: SignPsbtOptions[] = []) => {
            for (const [i, psbtHex] of psbtHexes.entries()) record('signPsbts', psbtHex, options[i]);
            return psbtHexes.map((psbtHex, i) => one(psbtHex, options[i]));
          },
        }
      : {}),
    signMessage: async (message, type) => {
      record('signMessage', message);
      return habits.message?.(message, type) ?? (await signMessage(message, type));
    },
    getTransactionHex: async () => '',
  };
}

function sign(secretKey: Uint8Array, psbtHex: string, options: SignPsbtOptions | undefined, habits: Habits): string {
  const psbt = peerBitcoin.Psbt.fromHex(psbtHex);
  const signer = signerOf(secretKey);
  const wanted = options?.signInputs?.map(({ index }) => index) ?? [...psbt.data.inputs.keys()];
  for (const index of wanted) {
    const data = psbt.data.inputs[index];
    if (data === undefined) throw new Error(`no input ${index}`);
    const isTaproot = data.witnessUtxo?.script[0] === 0x51;
    const types = habits.sighashType === undefined ? undefined : [habits.sighashType];
    if (isTaproot && habits.sighashType !== undefined) psbt.updateInput(index, { sighashType: habits.sighashType });
    if (!isTaproot) psbt.signInput(index, signer);
    else if (data.tapLeafScript !== undefined) psbt.signInput(index, signer, types);
    else {
      if (data.tapInternalKey === undefined) psbt.updateInput(index, { tapInternalKey: signer.publicKey.subarray(1) });
      psbt.signInput(index, tweaked(secretKey), types);
    }
  }
  if (habits.finalize ?? options?.autoFinalized !== false) for (const index of wanted) psbt.finalizeInput(index);
  if (habits.encoding === 'base64') return psbt.toBase64();
  return habits.encoding === 'HEX' ? psbt.toHex().toUpperCase() : psbt.toHex();
}

function signerOf(secretKey: Uint8Array): { publicKey: Buffer; sign(hash: Uint8Array): Buffer; signSchnorr(hash: Uint8Array): Buffer } {
  return {
    publicKey: Buffer.from(tiny.pointFromScalar(secretKey, true) as Uint8Array),
    sign: (hash) => Buffer.from(tiny.sign(hash, secretKey)),
    signSchnorr: (hash) => Buffer.from(tiny.signSchnorr(hash, secretKey)),
  };
}

/** BIP86: no script tree. */
function tweaked(secretKey: Uint8Array): ReturnType<typeof signerOf> {
  const point = tiny.pointFromScalar(secretKey, true) as Uint8Array;
  const even = point[0] === 3 ? tiny.privateNegate(secretKey) : secretKey;
  const tweak = peerBitcoin.crypto.taggedHash('TapTweak', Buffer.from(point.subarray(1)));
  return signerOf(tiny.privateAdd(even, tweak) as Uint8Array);
}

/** The verdict of an independent library over a message signature. */
export function verifyMessage(address: string, message: string, signatureBase64: string): boolean {
  return Verifier.verifySignature(address, message, signatureBase64);
}
