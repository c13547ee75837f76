// What the steps need from a wallet and from a Babylon account: two small async interfaces. The shapes are those that wallets already serve
// (btc-staking-ts src/types/manager.ts, babylon-toolkit wallet-connector), so that an existing provider object works unchanged.
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import { type Reason as AnswerReason, badAnswer, isOurs, property, settled } from './answers.ts';

/** `method` is the provider's; what it answered is told by its kind only, for it may hold anything. */
export type Reason =
  | Check.Reason
  | { readonly code: 'provider.rejected'; readonly method: string }
  | { readonly code: 'provider.failed'; readonly method: string }
  | AnswerReason
  | { readonly code: 'provider.unsupported'; readonly method: string };

/** How a message is signed: the Bitcoin message of old, or a BIP322 simple signature. */
export type MessageType = 'ecdsa' | 'bip322-simple';

/** The contracts of the agreement between wallets; `ContractMetadata` writes them. */
export type ContractId =
  | 'babylon:staking'
  | 'babylon:staking-expansion'
  | 'babylon:unbonding'
  | 'babylon:withdraw'
  | 'babylon:slashing'
  | 'babylon:slashing-burn';

/**
 * A contract that a wallet (above all a hardware wallet) needs to recognise what it signs. As wide as the peer's type, so that a provider that
 * is declared with it is one of ours; what we write is a {@link ContractId}.
 */
export type Contract = {
  readonly id: string;
  readonly params: Readonly<Record<string, string | number | readonly string[] | readonly number[]>>;
};

/** Which input is to be signed, by whom and how. One of address and publicKey is given. */
export type SignInput = {
  readonly index: number;
  readonly address?: string;
  /** The wallet's compressed key as hex. */
  readonly publicKey?: string;
  readonly sighashTypes?: readonly number[];
  /** False for a leaf: the key signs as it is. True for the key path of a taproot coin. */
  readonly useTweakedSigner?: boolean;
  /** The older name of the opposite. */
  readonly disableTweakSigner?: boolean;
};

/** The wallet-facing options of a PSBT. */
export type SignPsbtOptions = {
  /** False: the signatures only. Wallets finalise by default, and their finalisers do not know the empty slots of a covenant. */
  readonly autoFinalized?: boolean;
  readonly contracts?: readonly Contract[];
  readonly action?: { readonly name: string };
  readonly signInputs?: readonly SignInput[];
  /** A sentence for the person who signs. */
  readonly displayMessage?: string;
};

/** A Bitcoin wallet. PSBTs go as hex; the answer may be hex or base64, finalised or not. */
export interface BitcoinProvider {
  signPsbt(psbtHex: string, options?: SignPsbtOptions): Promise<string>;
  /** Answers base64. */
  signMessage(message: string, type: MessageType): Promise<string>;
  /** Several PSBTs with one question to the user, in order. */
  signPsbts?(psbtHexes: string[], options?: SignPsbtOptions[]): Promise<string[]>;
  getTransactionHex?(txid: string): Promise<string>;
}

/** A message as Cosmos wallets take it: fields by name in camel case, bytes as Uint8Array, 64-bit integers as numbers. */
export type BabylonMessage = { readonly typeUrl: string; readonly value: object };

/** A Babylon account. */
export interface BabylonProvider {
  /** Answers the signed transaction, ready to be broadcast. */
  signTransaction(message: BabylonMessage): Promise<Uint8Array>;
  getCurrentHeight?(): Promise<number>;
  getChainId?(): Promise<string>;
}

/**
 * The answer of a provider's method; bytes and lists are copies. Whatever it throws becomes an error of ours; that the user said no is told from
 * other failures. Errors of our own signers pass, and are known by their class: a wallet that only calls its error `SatlockError` (or has it
 * from another copy of this package) has failed like any other, and what it threw is the cause.
 *
 * @throws provider.rejected - the user declined
 * @throws provider.failed - anything else, with the provider's error as cause
 * @throws provider.bad-answer - an answer that throws when it is read
 */
export async function ask<T>(method: string, call: () => Promise<T> | T): Promise<T> {
  Check.text(method, 'method');
  Check.callable(call, 'call');
  try {
    return settled(method, await call());
  } catch (cause) {
    if (isOurs(cause)) throw cause;
    if (isRejection(cause)) fail<Reason>({ code: 'provider.rejected', method }, `${method}: the user declined`, { cause });
    return fail<Reason>({ code: 'provider.failed', method }, `${method}: the wallet failed`, { cause });
  }
}

/**
 * Asks for the signature of one PSBT. The answer is text and nothing more is known of it.
 *
 * @throws provider.*
 */
export async function signPsbt(provider: BitcoinProvider, psbtHex: string, options: SignPsbtOptions): Promise<string> {
  checkBitcoin(provider);
  const answer: unknown = await ask('signPsbt', () => provider.signPsbt(psbtHex, options));
  return textOf('signPsbt', answer);
}

/**
 * Asks for several PSBTs: at once where the wallet can, else one after the other. Answers stand in the order of the questions.
 *
 * @throws provider.*
 */
export async function signPsbts(
  provider: BitcoinProvider,
  psbts: readonly { readonly psbtHex: string; readonly options: SignPsbtOptions }[],
): Promise<readonly string[]> {
  checkBitcoin(provider);
  for (const [i, one] of Check.list(psbts, 'psbts').entries()) Check.text(Check.object(one, `psbts[${i}]`).psbtHex, `psbts[${i}].psbtHex`);
  if (typeof provider.signPsbts === 'function' && psbts.length > 1) {
    const hexes = psbts.map(({ psbtHex }) => psbtHex);
    const answers: unknown = await ask('signPsbts', () =>
      provider.signPsbts?.(
        hexes,
        psbts.map(({ options }) => options),
      ),
    );
    if (!Array.isArray(answers) || answers.length !== psbts.length) badAnswer('signPsbts', answers);
    return answers.map((answer: unknown) => textOf('signPsbts', answer));
  }
  const answers: string[] = [];
  for (const { psbtHex, options } of psbts) answers.push(await signPsbt(provider, psbtHex, options));
  return answers;
}

/** @throws provider.* */
export async function signMessage(provider: BitcoinProvider, message: string, type: MessageType): Promise<string> {
  checkBitcoin(provider);
  const answer: unknown = await ask('signMessage', () => provider.signMessage(message, type));
  return textOf('signMessage', answer);
}

/**
 * Asks the Babylon account for a signed transaction.
 *
 * @throws provider.*
 */
export async function signTransaction(provider: BabylonProvider, message: BabylonMessage): Promise<Uint8Array> {
  checkBabylon(provider);
  const answer: unknown = await ask('signTransaction', () => provider.signTransaction(message));
  if (!Check.isBytes(answer) || answer.length === 0) badAnswer('signTransaction', answer);
  return answer;
}

/** @throws input.missing, input.not-object, provider.unsupported */
export function checkBitcoin(provider: BitcoinProvider): BitcoinProvider {
  for (const method of ['signPsbt', 'signMessage'] as const) {
    if (typeof Check.object(provider, 'bitcoin')[method] !== 'function')
      fail<Reason>({ code: 'provider.unsupported', method }, `bitcoin.${method}: not a function`);
  }
  return provider;
}

/** @throws input.missing, input.not-object, provider.unsupported */
export function checkBabylon(provider: BabylonProvider): BabylonProvider {
  if (typeof Check.object(provider, 'babylon').signTransaction !== 'function')
    fail<Reason>({ code: 'provider.unsupported', method: 'signTransaction' }, 'babylon.signTransaction: not a function');
  return provider;
}

/** Answers that are empty mean a closed window as often as a fault. */
function textOf(method: string, answer: unknown): string {
  return typeof answer === 'string' && answer !== '' ? answer : badAnswer(method, answer);
}

/** EIP-1193's code, which Bitcoin wallets have taken over, the connector's codes, or the words of those that have none. */
function isRejection(error: unknown): boolean {
  if (typeof error === 'string') return saysRejection(error);
  const [code, message] = [property(error, 'code'), property(error, 'message')];
  return code === 4001 || code === 'CONNECTION_REJECTED' || (typeof message === 'string' && saysRejection(message));
}

/** The pattern takes the square of the length of what it is asked about, and the text is the wallet's: its beginning tells. */
function saysRejection(text: string): boolean {
  return REJECTION.test(text.slice(0, 500));
}

const REJECTION = /\b(user|request)\b.*\b(reject|denied|declin|cancel)|\b(rejected|denied|declined|cancell?ed)\b.*\b(by|user)\b/i;
