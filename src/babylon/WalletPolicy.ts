// The outputs of a contract as wallet policies: a template with placeholders and a list of extended keys. BIP388, BIP380, BIP386, BIP32.
//   staking          tr(@0,{and_v(and_v(v:pk(@1/**),v:pk(@2)),multi_a(6,@3,…)),{and_v(v:pk(@1/**),multi_a(6,@3,…)),and_v(v:pk(@1/**),older(T))}})
// No output of the protocol fits the strict language of BIP388; {@link DEPARTURES} says where and why.
import { sha256 } from '@noble/hashes/sha2.js';
import { HDKey } from '@scure/bip32';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Ecc from '../crypto/Ecc.ts';
import * as PublicKey from '../crypto/PublicKey.ts';
import * as Descriptor from './Descriptor.ts';

/** Which output of a contract. */
export type Kind = Descriptor.Parsed['kind'];

/** Template and keys, as a signing device is asked to register them. */
export type WalletPolicy = { readonly template: string; readonly keys: readonly string[] };

/** The place below `/**` at which the staker keys of this contract stand. */
export type Place = { readonly change: 0 | 1; readonly index: number };

/** A staker's account: where the extended key comes from, and the key. */
export type Account = {
  readonly xpub: string;
  /** Left out for a key without known origin. The path is written `86'/0'/0'`, with or without `m/`. */
  readonly origin?: { readonly masterFingerprint: Uint8Array; readonly path: string };
};

export type Reason =
  | Descriptor.Reason
  | { readonly code: 'wallet-policy.bad-xpub'; readonly field: string }
  | { readonly code: 'wallet-policy.bad-origin'; readonly field: string }
  | { readonly code: 'wallet-policy.wrong-network'; readonly field: string; readonly expected: 'xpub' | 'tpub' }
  | { readonly code: 'wallet-policy.not-the-staker'; readonly field: string; readonly derived: string }
  | { readonly code: 'wallet-policy.duplicate-key'; readonly field: string }
  | { readonly code: 'wallet-policy.unknown-kind' }
  | { readonly code: 'wallet-policy.bad-key'; readonly index: number }
  | { readonly code: 'wallet-policy.bad-template'; readonly at: number; readonly expected: string };

/** What the templates use beyond the strict language of BIP388, each of them with its reason. Devices that are strict refuse them. */
export const DEPARTURES: readonly { readonly code: string; readonly rule: string; readonly why: string }[] = Object.freeze([
  Object.freeze({
    code: 'fixed-key',
    rule: 'every placeholder is followed by /** or /<M;N>/*',
    why: 'the internal key, the finality provider and the covenant are fixed keys: a derived one would be another script',
  }),
  Object.freeze({
    code: 'repeated-key',
    rule: 'one placeholder does not occur twice with the same derivation',
    why: 'the staker key stands in every leaf, the covenant keys in two: the protocol says so',
  }),
]);

export declare namespace from {
  type Options = {
    readonly kind: Kind;
    /** Terms of the contract; a contract's own terms fit. */
    readonly terms: Descriptor.StakingTerms & Descriptor.UnbondingTerms;
    /** One account for each staker key, in any order. */
    readonly accounts: readonly Account[];
    readonly place: Place;
    /** Decides between xpub and tpub for the fixed keys; mainnet when left out. */
    readonly network?: 'mainnet' | 'testnet';
  };
}

/**
 * The policy of an output. Fixed keys are written as extended keys at depth 0, whose chain code is the hash of the key: nothing is derived
 * from them, and two wallets write the same.
 *
 * With several stakers the order inside `multi_a` is that of the keys at `place`: such a policy holds for this place only.
 *
 * @throws wallet-policy.bad-xpub, wallet-policy.bad-origin, wallet-policy.wrong-network
 * @throws wallet-policy.not-the-staker - an account whose key at the place is none of the stakers
 * @throws wallet-policy.duplicate-key - two accounts for one key
 * @throws wallet-policy.unknown-kind, input.*, and what {@link Descriptor} refuses
 * @source BIP388 "Formal definition"; the form of fixed keys: ledger-bitcoin-babylon src/lib/babylon/index.ts formatKey
 */
export function from(options: from.Options, ecc: Ecc.Ecc = Ecc.auto()): WalletPolicy {
  const { kind, terms, accounts, place, network = 'mainnet' } = Check.object(options, 'options');
  const version = network === 'mainnet' ? MAINNET : TESTNET;
  if (network !== 'mainnet' && network !== 'testnet')
    fail<Check.Reason>({ code: 'input.missing', field: 'network' }, 'network: expected mainnet or testnet');
  checkPlace(place);
  const descriptor = bodyOf(descriptorOf(kind, Check.object(terms, 'terms'), ecc));
  const stakers = new Map<string, string>();
  for (const [i, account] of Check.list(accounts, 'accounts').entries()) {
    const field = `accounts[${i}]`;
    const { node, text } = readAccount(account, field, version);
    const key = Hex.encode(derive(node, place));
    if (!terms.stakerPks.some((pk) => Hex.encode(pk) === key))
      fail<Reason>(
        { code: 'wallet-policy.not-the-staker', field, derived: key },
        `${field}: its key at ${place.change}/${place.index} is ${key}, which is no staker key of the contract`,
      );
    if (stakers.has(key)) fail<Reason>({ code: 'wallet-policy.duplicate-key', field }, `${field}: this key has an account already`);
    stakers.set(key, text);
  }
  for (const [i, pk] of terms.stakerPks.entries())
    if (!stakers.has(Hex.encode(pk)))
      fail<Check.Reason>({ code: 'input.missing', field: `accounts of stakerPks[${i}]` }, `stakerPks[${i}]: no account has this key`);
  return placeholders(descriptor, stakers, version);
}

/**
 * The descriptor of a policy at a place, with checksum: staker keys with their origin, fixed keys as 32 bytes. Nodes and libraries that know
 * BIP380 take it, also with private keys in the place of the extended ones.
 *
 * @throws wallet-policy.bad-template, wallet-policy.bad-key, and what {@link Descriptor.parse} refuses
 */
export function toDescriptor(policy: WalletPolicy, place: Place, ecc: Ecc.Ecc = Ecc.auto()): string {
  checkPlace(place);
  const opened = open(policy);
  Descriptor.parse(
    expand(opened, (node, _, ranged) => Hex.encode(ranged ? derive(node, place) : xOnly(node))),
    ecc,
  );
  const body = expand(opened, (node, text, ranged) => (ranged ? `${text}/${place.change}/${place.index}` : Hex.encode(xOnly(node))));
  return `${body}#${Descriptor.checksum(body)}`;
}

/**
 * The multipath descriptor of a policy, with checksum: `/**` becomes `/<0;1>/*`. Only with a single staker do all its indexes stand for
 * outputs of the protocol.
 *
 * @throws wallet-policy.bad-template, wallet-policy.bad-key
 * @source BIP388 "Descriptor derivation", BIP389
 */
export function toMultipathDescriptor(policy: WalletPolicy): string {
  const body = expand(open(policy), (node, text, ranged) => (ranged ? `${text}/<0;1>/*` : Hex.encode(xOnly(node))));
  return `${body}#${Descriptor.checksum(body)}`;
}

/**
 * What the policy says at a place: the terms of the output, read as strictly as a descriptor.
 *
 * @throws wallet-policy.bad-template, wallet-policy.bad-key, and what {@link Descriptor.parse} refuses
 */
export function parse(policy: WalletPolicy, place: Place, ecc: Ecc.Ecc = Ecc.auto()): Descriptor.Parsed {
  checkPlace(place);
  return Descriptor.parse(
    expand(open(policy), (node, _, ranged) => Hex.encode(ranged ? derive(node, place) : xOnly(node))),
    ecc,
  );
}

/**
 * The policy of a wallet's ordinary account, `tr(@0/**)` or `wpkh(@0/**)`: strict BIP388. It is what the Babylon app of a Ledger is given
 * (release 2 and later); the contract goes to the device as metadata, outside the policy.
 *
 * @throws wallet-policy.bad-xpub, wallet-policy.bad-origin
 */
export function account(kind: 'p2tr' | 'p2wpkh', from: Account): WalletPolicy {
  if (kind !== 'p2tr' && kind !== 'p2wpkh') fail<Reason>({ code: 'wallet-policy.unknown-kind' }, 'kind: expected p2tr or p2wpkh');
  const { text } = readAccount(from, 'account', undefined);
  return Object.freeze({ template: kind === 'p2tr' ? 'tr(@0/**)' : 'wpkh(@0/**)', keys: Object.freeze([text]) });
}

/**
 * A fixed key as an extended key: depth 0, no parent, chain code SHA-256 of the 32 bytes, even y.
 *
 * @throws public-key.not-on-curve, input.*
 */
export function fixedKey(publicKey: Uint8Array, network: 'mainnet' | 'testnet' = 'mainnet', ecc: Ecc.Ecc = Ecc.auto()): string {
  return fixed(PublicKey.fromXOnly(publicKey, 'publicKey', ecc), network === 'mainnet' ? MAINNET : TESTNET);
}

// ---- extended keys

type Version = { readonly private: number; readonly public: number };
const MAINNET: Version = { private: 0x0488ade4, public: 0x0488b21e };
const TESTNET: Version = { private: 0x04358394, public: 0x043587cf };

function fixed(key: Uint8Array, versions: Version): string {
  const publicKey = Bytes.concat(Uint8Array.of(2), key);
  return new HDKey({ versions, publicKey, chainCode: sha256(key), depth: 0, index: 0, parentFingerprint: 0 }).publicExtendedKey;
}

/** The key of an extended public key text, of one network or of either. */
function decode(text: string, versions: Version | undefined): HDKey | undefined {
  for (const candidate of versions === undefined ? [MAINNET, TESTNET] : [versions]) {
    try {
      const node = HDKey.fromExtendedKey(text, candidate);
      // A private key is nobody's business here; it is not repeated in an error either.
      if (node.privateKey === null && node.publicExtendedKey === text) return node;
    } catch {
      // Another network, or no extended key: told apart by the caller.
    }
  }
  return undefined;
}

function readAccount(from: Account, field: string, versions: Version | undefined): { readonly node: HDKey; readonly text: string } {
  const { xpub, origin } = Check.object(from, field);
  // The longest extended key has 112 characters; base58 takes time that grows with the square of the length.
  const node = Check.text(xpub, `${field}.xpub`).length > 112 ? undefined : decode(xpub, versions);
  if (node === undefined) {
    if (versions !== undefined && xpub.length <= 112 && decode(xpub, undefined) !== undefined) {
      const expected = versions === MAINNET ? 'xpub' : 'tpub';
      fail<Reason>(
        { code: 'wallet-policy.wrong-network', field, expected },
        `${field}.xpub: expected ${expected}…, this key is of another network`,
      );
    }
    fail<Reason>({ code: 'wallet-policy.bad-xpub', field: `${field}.xpub` }, `${field}.xpub: not an extended public key`);
  }
  return { node, text: `${origin === undefined ? '' : originText(origin, `${field}.origin`)}${xpub}` };
}

function originText(origin: NonNullable<Account['origin']>, field: string): string {
  const { masterFingerprint, path } = Check.object(origin, field);
  const steps = Check.text(path, `${field}.path`).replace(/^m\/?/, '');
  if (steps.length > 255 || !/^(\d{1,10}['h]?(\/\d{1,10}['h]?)*)?$/.test(steps) || !steps.split('/').every(inRange))
    fail<Reason>({ code: 'wallet-policy.bad-origin', field: `${field}.path` }, `${field}.path: expected a path such as 86'/0'/0'`);
  const fingerprint = Hex.encode(Check.bytes(masterFingerprint, `${field}.masterFingerprint`, 4));
  return `[${[fingerprint, ...(steps === '' ? [] : [steps.replaceAll('h', "'")])].join('/')}]`;
}

function inRange(step: string): boolean {
  return Number(step.replace(/['h]$/, '') || '0') < 0x8000_0000;
}

function derive(node: HDKey, { change, index }: Place): Uint8Array {
  return xOnly(node.deriveChild(change).deriveChild(index));
}

function xOnly(node: HDKey): Uint8Array {
  return (node.publicKey ?? new Uint8Array(33)).slice(1);
}

function checkPlace(place: Place): void {
  const { change, index } = Check.object(place, 'place');
  Check.integer(change, 'place.change', 0, 1);
  Check.integer(index, 'place.index', 0, 0x7fff_ffff);
}

// ---- templates

function descriptorOf(kind: Kind, terms: from.Options['terms'], ecc: Ecc.Ecc): string {
  if (kind === 'staking') return Descriptor.staking(terms, ecc);
  if (kind === 'unbonding') return Descriptor.unbonding(terms, ecc);
  if (kind === 'slashing-change') return Descriptor.slashingChange(terms, ecc);
  return fail<Reason>({ code: 'wallet-policy.unknown-kind' }, 'kind: expected staking, unbonding or slashing-change');
}

function bodyOf(descriptor: string): string {
  return descriptor.slice(0, descriptor.indexOf('#'));
}

/** Keys become placeholders in the order of their first occurrence, as BIP388 wants. */
function placeholders(descriptor: string, stakers: ReadonlyMap<string, string>, versions: Version): WalletPolicy {
  const order = new Map<string, number>();
  const keys: string[] = [];
  const template = descriptor.replace(/[0-9a-f]{64}/g, (key) => {
    const known = order.get(key);
    const index = known ?? keys.length;
    if (known === undefined) {
      order.set(key, index);
      keys.push(stakers.get(key) ?? fixed(Hex.decode(key), versions));
    }
    return stakers.has(key) ? `@${index}/**` : `@${index}`;
  });
  return Object.freeze({ template, keys: Object.freeze(keys) });
}

type Entry = { readonly node: HDKey; readonly text: string };
type Opened = { readonly template: string; readonly entries: readonly Entry[] };

/** The policy with its keys decoded. */
function open(policy: WalletPolicy): Opened {
  const { template, keys } = Check.object(policy, 'policy');
  Check.text(template, 'policy.template');
  if (template.length > 100_000 || /[0-9a-f]{64}|#/.test(template)) badTemplate(0, 'placeholders only, without keys and checksum');
  const entries = Check.list(keys, 'policy.keys').map((key, i) => readKey(Check.text(key, `policy.keys[${i}]`), i));
  const seen = new Set(entries.map(({ node }) => Hex.encode(node.publicKey ?? new Uint8Array(0))));
  if (seen.size !== entries.length)
    fail<Reason>({ code: 'wallet-policy.duplicate-key', field: 'policy.keys' }, 'policy.keys: a key occurs twice');
  return { template, entries };
}

/** The template with its keys put in; the order and use of placeholders is checked, the rest is left to the reader of descriptors. */
function expand({ template, entries }: Opened, put: (node: HDKey, text: string, ranged: boolean) => string): string {
  let next = 0;
  const ranged = new Map<number, boolean>();
  const body = template.replace(/@(0|[1-9][0-9]{0,3})(\/\*\*)?/g, (_, digits: string, suffix: string | undefined, at: number) => {
    const index = Number(digits);
    const entry = entries[index];
    if (entry === undefined || index > next) return badTemplate(at, `a placeholder up to @${Math.min(next, entries.length - 1)}`);
    if (index === next) next++;
    const isRanged = suffix !== undefined;
    if ((ranged.get(index) ?? isRanged) !== isRanged) badTemplate(at, 'one use of each key: fixed, or with /**');
    ranged.set(index, isRanged);
    return put(entry.node, entry.text, isRanged);
  });
  if (next !== entries.length) badTemplate(template.length, `the placeholder @${next}`);
  if (body.includes('@')) badTemplate(body.indexOf('@'), 'a placeholder such as @1/** or @2');
  return body;
}

function readKey(text: string, index: number): Entry {
  const [, origin, xpub = ''] = /^(\[[0-9a-f]{8}(?:\/\d{1,10}'?){0,25}\])?([1-9A-HJ-NP-Za-km-z]{111,112})$/.exec(text) ?? [];
  const steps = origin === undefined ? [] : origin.slice(1, -1).split('/').slice(1);
  const node = steps.every((step) => inRange(step)) ? decode(xpub, undefined) : undefined;
  return node === undefined
    ? fail<Reason>(
        { code: 'wallet-policy.bad-key', index },
        `policy.keys[${index}]: expected an extended public key, with or without origin`,
      )
    : { node, text };
}

function badTemplate(at: number, expected: string): never {
  fail<Reason>({ code: 'wallet-policy.bad-template', at, expected }, `policy.template, character ${at}: expected ${expected}`);
}
