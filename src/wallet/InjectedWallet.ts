// Wallets that a browser injects (UniSat, OKX, OneKey) and wallet-connector's IBTCProvider, as a Bitcoin provider with one form of options.
// What the wallet says of itself is checked: its network, and that its public key belongs to its address.
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Address from '../bitcoin/Address.ts';
import * as Network from '../bitcoin/Network.ts';
import * as Ecc from '../crypto/Ecc.ts';
import * as PublicKey from '../crypto/PublicKey.ts';
import { badAnswer, property, reading, settled } from './answers.ts';
import { type AddressType, typeOf } from './keyScripts.ts';
import type { BitcoinProvider, MessageType, SignPsbtOptions } from './Provider.ts';
import * as Provider from './Provider.ts';

export type Reason =
  | Provider.Reason
  | Address.Reason
  | PublicKey.Reason
  | { readonly code: 'injected-wallet.unknown-kind'; readonly got: string }
  | { readonly code: 'injected-wallet.wrong-network'; readonly expected: Network.Network; readonly got: string }
  | { readonly code: 'injected-wallet.other-key'; readonly address: string; readonly publicKey: string }
  | { readonly code: 'injected-wallet.no-account' };

/** `connector`: wallet-connector's IBTCProvider, which takes our options as they are. */
export type Kind = 'unisat' | 'okx' | 'onekey' | 'connector';
const KINDS: readonly Kind[] = ['unisat', 'okx', 'onekey', 'connector'];

/** An output that carries an inscription: never to be spent by accident. */
export type Inscription = { readonly txid: string; readonly vout: number };

/** What wallets of the UniSat family inject. */
export type UnisatLike = {
  requestAccounts(): Promise<string[]>;
  getPublicKey(): Promise<string>;
  getNetwork(): Promise<string>;
  getChain?(): Promise<{ enum: string }>;
  signPsbt(psbtHex: string, options?: object): Promise<string>;
  signPsbts?(psbtHexes: string[], options?: object[]): Promise<string[]>;
  signMessage(message: string, type?: MessageType): Promise<string>;
  getInscriptions?(cursor?: number, size?: number): Promise<{ total: number; list: { output?: string; location?: string }[] }>;
};

/** wallet-connector's provider. */
export type ConnectorLike = {
  connectWallet(): Promise<unknown>;
  getAddress(): Promise<string>;
  getPublicKeyHex(): Promise<string>;
  getNetwork(): Promise<string>;
  signPsbt(psbtHex: string, options?: SignPsbtOptions): Promise<string>;
  signPsbts?(psbtHexes: string[], options?: SignPsbtOptions[]): Promise<string[]>;
  signMessage(message: string, type: MessageType): Promise<string>;
  getInscriptions?(): Promise<readonly Inscription[]>;
};

export type Options = {
  readonly kind: Kind;
  readonly wallet: UnisatLike | ConnectorLike;
  /** The network that the stake is for. */
  readonly network: Network.Network;
};

/** A connected wallet. */
export type Connected = BitcoinProvider & {
  readonly kind: Kind;
  readonly network: Network.Network;
  readonly address: string;
  readonly addressType: AddressType;
  readonly scriptPubKey: Uint8Array;
  /** 33 bytes. */
  readonly publicKey: Uint8Array;
  readonly stakerPk: PublicKey.XOnlyPublicKey;
  /** Outputs with inscriptions, as far as the wallet knows any: coins that must never be spent. */
  readonly getInscriptions: () => Promise<readonly Inscription[]>;
};

/**
 * Connects and checks: the network is the one asked for, and the key is that of the address.
 *
 * @throws provider.rejected, provider.failed, provider.bad-answer, provider.unsupported
 * @throws injected-wallet.wrong-network, injected-wallet.other-key, injected-wallet.no-account, injected-wallet.unknown-kind
 * @throws address.*, public-key.*
 */
export async function connect(options: Options, ecc: Ecc.Ecc = Ecc.auto()): Promise<Connected> {
  const { kind, wallet } = Check.object(options, 'options');
  if (!KINDS.includes(kind)) {
    const got = typeof kind === 'string' ? kind : Check.kindOf(kind);
    fail<Reason>({ code: 'injected-wallet.unknown-kind', got }, `kind: expected one of ${KINDS.join(', ')}`);
  }
  const network = Network.from(options.network);
  const call = caller(wallet);
  const address = await accountOf(call, kind);
  await checkNetwork(call, kind, network);
  const scriptPubKey = Address.decode(address, network, 'wallet.address', ecc);
  const keyText = await call.text(kind === 'connector' ? 'getPublicKeyHex' : 'getPublicKey');
  const publicKey = Hex.decode(keyText, 'wallet.publicKey', 33);
  const stakerPk = PublicKey.fromCompressedAnyParity(publicKey, 'wallet.publicKey', ecc);
  const addressType = typeOf(publicKey, scriptPubKey, ecc);
  if (addressType === undefined)
    fail<Reason>(
      { code: 'injected-wallet.other-key', address, publicKey: Hex.encode(publicKey) },
      `the wallet's address ${address} does not belong to its public key ${Hex.encode(publicKey)}`,
    );
  const own = { address, publicKey: Hex.encode(publicKey) };
  const connected: Connected = {
    kind,
    network,
    address,
    addressType,
    scriptPubKey,
    publicKey,
    stakerPk,
    signPsbt: async (psbtHex, wanted) => call.text('signPsbt', psbtHex, toWalletOptions(kind, wanted, own)),
    signMessage: async (message, type) => call.text('signMessage', message, type),
    getInscriptions: () => inscriptionsOf(call, kind),
  };
  if (!call.has('signPsbts')) return connected;
  return {
    ...connected,
    signPsbts: async (psbtHexes, wanted = []) => {
      const answers = await call.any(
        'signPsbts',
        psbtHexes,
        psbtHexes.map((_, i) => toWalletOptions(kind, wanted[i], own)),
      );
      if (!isTexts(answers)) return badAnswer('signPsbts', answers);
      return answers;
    },
  };
}

/** The options of the UniSat family. */
export type WalletOptions = {
  readonly autoFinalized: boolean;
  readonly toSignInputs?: readonly {
    readonly index: number;
    readonly address?: string;
    readonly publicKey?: string;
    readonly sighashTypes?: readonly number[];
    readonly useTweakedSigner?: boolean;
    readonly disableTweakSigner?: boolean;
  }[];
  readonly contracts?: SignPsbtOptions['contracts'];
  readonly action?: SignPsbtOptions['action'];
};

/**
 * Our options in the words of a wallet. `useTweakedSigner` decides where both names are given; UniSat is told that one alone, older OKX knows
 * only its opposite, so OKX and OneKey get both. An input without owner is the wallet's own.
 *
 * @source UniSat "signPsbt" options; babylon-toolkit wallet-connector core/utils/psbtOptionsMapper
 */
export function toWalletOptions(
  kind: Kind,
  options: SignPsbtOptions | undefined,
  own: { readonly address: string; readonly publicKey: string },
): SignPsbtOptions | WalletOptions {
  const { signInputs, autoFinalized, contracts, action } = Check.object(options ?? {}, 'options');
  if (kind === 'connector') return options ?? {};
  const owner = Check.object(own, 'own');
  const rest = { ...(contracts === undefined ? {} : { contracts }), ...(action === undefined ? {} : { action }) };
  // Finalising is what these wallets do when nothing is said; said, it cannot change with a release.
  const auto = { autoFinalized: autoFinalized ?? true };
  if (signInputs === undefined) return { ...auto, ...rest };
  const toSignInputs = Check.list(signInputs, 'options.signInputs').map((one, i) => {
    const { index, address, publicKey, sighashTypes, useTweakedSigner, disableTweakSigner } = Check.object(one, `options.signInputs[${i}]`);
    const tweaked = useTweakedSigner ?? (disableTweakSigner === undefined ? undefined : !disableTweakSigner);
    const named = publicKey === undefined && address === undefined ? { publicKey: owner.publicKey } : {};
    return {
      index,
      ...named,
      ...(address === undefined ? {} : { address }),
      ...(publicKey === undefined ? {} : { publicKey }),
      ...(sighashTypes === undefined ? {} : { sighashTypes }),
      ...(tweaked === undefined ? {} : { useTweakedSigner: tweaked }),
      ...(tweaked === undefined || kind === 'unisat' ? {} : { disableTweakSigner: !tweaked }),
    };
  });
  return { ...auto, toSignInputs, ...rest };
}

/** Methods of a wallet by name; what it answers is not believed. */
type Caller = {
  readonly has: (method: string) => boolean;
  readonly any: (method: string, ...args: readonly unknown[]) => Promise<unknown>;
  readonly text: (method: string, ...args: readonly unknown[]) => Promise<string>;
};

function caller(wallet: object): Caller {
  const methods = Check.object(wallet, 'wallet') as Readonly<Record<string, unknown>>;
  const has = (method: string): boolean => typeof methods[method] === 'function';
  const any = async (method: string, ...args: readonly unknown[]): Promise<unknown> => {
    const member = methods[method];
    if (typeof member !== 'function') return fail<Reason>({ code: 'provider.unsupported', method }, `the wallet has no method ${method}`);
    // As a method: wallets use `this`.
    return Provider.ask(method, () => (member as (...given: unknown[]) => unknown).apply(wallet, [...args]));
  };
  const text = async (method: string, ...args: readonly unknown[]): Promise<string> => {
    const answer = await any(method, ...args);
    return typeof answer === 'string' && answer !== '' ? answer : badAnswer(method, answer);
  };
  return { has, any, text };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

async function accountOf(call: Caller, kind: Kind): Promise<string> {
  if (kind === 'connector') {
    await call.any('connectWallet');
    return call.text('getAddress');
  }
  const accounts = await call.any('requestAccounts');
  if (!Array.isArray(accounts)) badAnswer('requestAccounts', accounts);
  const [account] = accounts as readonly unknown[];
  if (typeof account !== 'string' || account === '')
    return fail<Reason>({ code: 'injected-wallet.no-account' }, 'the wallet gives no account; is it unlocked?');
  return account;
}

/** Names of networks, lower case. `testnet` of a wallet that does not tell more may be any network with the prefix tb. */
const NAMES: Readonly<Record<string, readonly Network.Network[]>> = {
  livenet: ['mainnet'],
  mainnet: ['mainnet'],
  bitcoin_mainnet: ['mainnet'],
  testnet: ['testnet'],
  bitcoin_testnet: ['testnet'],
  bitcoin_testnet4: ['testnet'],
  testnet4: ['testnet'],
  signet: ['signet'],
  bitcoin_signet: ['signet'],
  regtest: ['regtest'],
  simnet: ['simnet'],
};

async function checkNetwork(call: Caller, kind: Kind, network: Network.Network): Promise<void> {
  // UniSat calls signet a testnet, and tells the two apart only here.
  const chain = kind !== 'connector' && call.has('getChain') ? await call.any('getChain') : undefined;
  const named = property(chain, 'enum');
  const got = typeof named === 'string' ? named : await call.text('getNetwork');
  const known = Object.hasOwn(NAMES, got.toLowerCase()) ? NAMES[got.toLowerCase()] : undefined;
  if (known?.includes(network) !== true)
    fail<Reason>(
      { code: 'injected-wallet.wrong-network', expected: network, got: got.slice(0, 40) },
      `the wallet is on another network than ${network}`,
    );
}

async function inscriptionsOf(call: Caller, kind: Kind): Promise<readonly Inscription[]> {
  if (!call.has('getInscriptions')) return [];
  if (kind === 'connector') return readInscriptions(await call.any('getInscriptions'));
  const found: Inscription[] = [];
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = await call.any('getInscriptions', found.length, PAGE);
    const { list, total } = pageOf(answer);
    if (!Array.isArray(list)) return badAnswer('getInscriptions', answer);
    for (const one of readInscriptions(list)) found.push(one);
    // A page may be shorter than it was asked for: the end is where the wallet counts to, or where nothing comes any more.
    if (list.length === 0 || (typeof total === 'number' ? found.length >= total : list.length < PAGE)) {
      if (typeof total === 'number' && found.length < total) incomplete(found.length, total);
      return found;
    }
  }
  return incomplete(found.length, undefined);
}

/** Read or refused: a count that cannot be read is not one that is missing. */
function pageOf(answer: unknown): { readonly list?: unknown; readonly total?: unknown } {
  if (typeof answer !== 'object' || answer === null) return {};
  return reading('getInscriptions', () => {
    const { list, total } = answer as { readonly list?: unknown; readonly total?: unknown };
    return { list: settled('getInscriptions', list), total };
  });
}

const PAGE = 100;
const MAX_PAGES = 1000;

/** A list with a gap is worse than none: what is missing in it would be spent. */
function incomplete(got: number, total: number | undefined): never {
  const missing = total === undefined ? `more than ${got}` : `${got} of ${total}`;
  fail<Reason>(
    { code: 'provider.bad-answer', method: 'getInscriptions', got: missing },
    `getInscriptions: the wallet gave ${missing} inscriptions; the others would be spent like any coin`,
  );
}

/** `{ txid, vout }`, or the UniSat form with the outpoint as "txid:vout". */
function readInscriptions(list: unknown): readonly Inscription[] {
  if (!Array.isArray(list)) badAnswer('getInscriptions', list);
  return list.map((item: unknown) => {
    const [txid, vout, output, location] = ['txid', 'vout', 'output', 'location'].map((name) => property(item, name));
    if (typeof txid === 'string' && typeof vout === 'number') return inscription(txid, vout);
    const text = typeof output === 'string' ? output : typeof location === 'string' ? location : '';
    const [id = '', index = ''] = text.split(':');
    return /^\d{1,10}$/.test(index) ? inscription(id, Number(index)) : badAnswer('getInscriptions', item);
  });
}

function inscription(txid: string, vout: number): Inscription {
  Hex.decode(txid, 'inscription.txid', 32);
  return { txid: txid.toLowerCase(), vout: Check.integer(vout, 'inscription.vout', 0, 0xffff_fffe) };
}
