// Output descriptors of the three contract outputs, for wallets and nodes that watch by descriptor. BIP380 (checksum), BIP386 (tr), BIP387 (multi_a).
//   staking          tr(H,{S,{U,T}})   T = and_v(v:STAKER,older(t))   U = and_v(v:STAKER,COVENANT)
//   unbonding        tr(H,{S,T})       S = and_v(and_v(v:STAKER,v:PROVIDER),COVENANT)
//   slashing change  tr(H,T)           a group of one key is pk(k), of several multi_a(quorum,k1,…), keys ascending
import * as Blocks from '../base/Blocks.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Tapscript from '../bitcoin/Tapscript.ts';
import * as TapTree from '../bitcoin/TapTree.ts';
import * as Ecc from '../crypto/Ecc.ts';
import * as PublicKey from '../crypto/PublicKey.ts';
import * as StakingContract from './StakingContract.ts';

type Key = PublicKey.XOnlyPublicKey;

/** The staker's keys; one key has quorum 1. */
export type StakerTerms = { readonly stakerPks: readonly Key[]; readonly stakerQuorum: number };
/** All keys; the quorum of the finality providers is always 1. A contract's terms fit. */
export type KeyTerms = StakerTerms & {
  readonly finalityProviderPks: readonly Key[];
  readonly covenantPks: readonly Key[];
  readonly covenantQuorum: number;
};
export type StakingTerms = KeyTerms & { readonly stakingTimeBlocks: number };
export type UnbondingTerms = KeyTerms & { readonly unbondingTimeBlocks: number };
export type SlashingChangeTerms = StakerTerms & { readonly unbondingTimeBlocks: number };

/** What a descriptor says, keys ascending. */
export type Parsed =
  | ({ readonly kind: 'staking' } & StakingTerms)
  | ({ readonly kind: 'unbonding' } & UnbondingTerms)
  | ({ readonly kind: 'slashing-change' } & SlashingChangeTerms);

export type Reason =
  | StakingContract.Reason
  | { readonly code: 'descriptor.bad-character'; readonly at: number }
  | { readonly code: 'descriptor.bad-checksum'; readonly expected: string; readonly got: string }
  | { readonly code: 'descriptor.syntax'; readonly at: number; readonly expected: string }
  | { readonly code: 'descriptor.internal-key'; readonly got: string; readonly expected: string }
  | { readonly code: 'descriptor.multi-of-one'; readonly at: number }
  | { readonly code: 'descriptor.not-ascending'; readonly at: number }
  | { readonly code: 'descriptor.provider-quorum'; readonly got: number }
  | { readonly code: 'descriptor.leaves-disagree'; readonly group: 'staker' | 'covenant' };

/**
 * The descriptor of the staking output, with checksum.
 *
 * @throws input.*, public-key.not-on-curve, tapscript.*, staking-contract.* - what the contract itself refuses
 */
export function staking(terms: StakingTerms, ecc: Ecc.Ecc = Ecc.auto()): string {
  const { stakingTimeBlocks } = Check.object(terms, 'terms');
  const checked = checkKeys(terms, stakingTimeBlocks, 1, ecc);
  const unbondingLeaf = andV(verify(stakerGroup(checked)), covenantGroup(checked));
  return withChecksum(`tr(${H},{${slashingLeaf(checked)},{${unbondingLeaf},${timelockLeaf(checked, stakingTimeBlocks)}}})`);
}

/**
 * The descriptor of the unbonding output, with checksum.
 *
 * @throws input.*, public-key.not-on-curve, tapscript.*, staking-contract.*
 */
export function unbonding(terms: UnbondingTerms, ecc: Ecc.Ecc = Ecc.auto()): string {
  const { unbondingTimeBlocks } = Check.object(terms, 'terms');
  const checked = checkKeys(terms, 1, unbondingTimeBlocks, ecc);
  return withChecksum(`tr(${H},{${slashingLeaf(checked)},${timelockLeaf(checked, unbondingTimeBlocks)}})`);
}

/**
 * The descriptor of the output that a slashing transaction returns to the staker, with checksum.
 *
 * @throws input.*, public-key.not-on-curve, tapscript.*
 */
export function slashingChange(terms: SlashingChangeTerms, ecc: Ecc.Ecc = Ecc.auto()): string {
  const checked = checkStakers(Check.object(terms, 'terms'), ecc);
  return withChecksum(`tr(${H},${timelockLeaf(checked, Blocks.timelock(terms.unbondingTimeBlocks, 'unbondingTimeBlocks'))})`);
}

/**
 * The eight characters that stand after `#`.
 *
 * @throws descriptor.bad-character - outside the characters of descriptors
 * @source BIP380 "Checksum"
 */
export function checksum(descriptor: string): string {
  Check.text(descriptor, 'descriptor');
  const symbols: number[] = [];
  let classes = 0;
  let count = 0;
  for (let at = 0; at < descriptor.length; at++) {
    const position = INPUT_CHARSET.indexOf(descriptor.charAt(at));
    if (position < 0) fail<Reason>({ code: 'descriptor.bad-character', at }, `character ${at} cannot stand in a descriptor`);
    symbols.push(position & 31);
    // The upper bits of three characters make one symbol more.
    classes = classes * 3 + (position >> 5);
    if (++count === 3) {
      symbols.push(classes);
      classes = 0;
      count = 0;
    }
  }
  if (count > 0) symbols.push(classes);
  const sum = polymod([...symbols, 0, 0, 0, 0, 0, 0, 0, 0]) ^ 1n;
  return Array.from({ length: 8 }, (_, i) => CHECKSUM_CHARSET.charAt(Number((sum >> BigInt(5 * (7 - i))) & 31n))).join('');
}

/**
 * The terms that a descriptor spells, in exactly the form that this module writes; a checksum is verified when it is there.
 *
 * @throws descriptor.bad-character, descriptor.bad-checksum, descriptor.syntax - with the place
 * @throws descriptor.internal-key - another internal key could be spent by its owner alone
 * @throws descriptor.multi-of-one - multi_a of one key is another script than the contract's
 * @throws descriptor.not-ascending, descriptor.provider-quorum
 * @throws descriptor.leaves-disagree - leaves with different stakers or committees
 * @throws public-key.not-on-curve, tapscript.*, staking-contract.* - what the contract itself refuses
 */
export function parse(text: string, ecc: Ecc.Ecc = Ecc.auto()): Parsed {
  const cursor = { text: verifiedBody(Check.text(text, 'descriptor')), at: 0 };
  take(cursor, 'tr(');
  const internalKey = takeKey(cursor);
  if (internalKey !== H) {
    const message = 'the internal key must be the NUMS key: every other key can be spent by its owner';
    fail<Reason>({ code: 'descriptor.internal-key', got: internalKey, expected: H }, message);
  }
  take(cursor, ',');
  const parsed = parseTree(cursor);
  take(cursor, ')');
  if (cursor.at !== cursor.text.length) syntax(cursor, 'the end');
  if (parsed.kind === 'staking') checkKeys(parsed, parsed.stakingTimeBlocks, 1, ecc);
  else if (parsed.kind === 'unbonding') checkKeys(parsed, 1, parsed.unbondingTimeBlocks, ecc);
  else checkStakers(parsed, ecc);
  return parsed;
}

// ---- writing

const H = Hex.encode(TapTree.nums());

function checkKeys(terms: KeyTerms, stakingTimeBlocks: number, unbondingTimeBlocks: number, ecc: Ecc.Ecc): KeyTerms {
  const { stakerPks, stakerQuorum, finalityProviderPks, covenantPks, covenantQuorum } = terms;
  const stakers = { pks: stakerPks, quorum: stakerQuorum };
  const keys = { stakers, finalityProviderPks, covenantPks, covenantQuorum };
  return StakingContract.from({ ...keys, stakingTimeBlocks, unbondingTimeBlocks, profile: 'generic' }, ecc).terms;
}

function checkStakers({ stakerPks, stakerQuorum }: StakerTerms, ecc: Ecc.Ecc): StakerTerms {
  for (const [i, key] of Tapscript.sortKeys(stakerPks, 'stakerPks').entries()) {
    if (TapTree.isNums(PublicKey.fromXOnly(key, `stakerPks[${i}]`, ecc)))
      fail<Reason>({ code: 'staking-contract.unspendable-key', field: 'stakerPks', role: 'stakerPks' }, 'stakerPks: this is the NUMS key');
  }
  Check.integer(stakerQuorum, 'stakerQuorum', 1, stakerPks.length);
  return { stakerPks, stakerQuorum };
}

function stakerGroup({ stakerPks, stakerQuorum }: StakerTerms): string {
  return group(stakerPks, stakerQuorum);
}

function covenantGroup({ covenantPks, covenantQuorum }: KeyTerms): string {
  return group(covenantPks, covenantQuorum);
}

function slashingLeaf(terms: KeyTerms): string {
  return andV(andV(verify(stakerGroup(terms)), verify(group(terms.finalityProviderPks, 1))), covenantGroup(terms));
}

function timelockLeaf(terms: StakerTerms, blocks: number): string {
  return andV(verify(stakerGroup(terms)), `older(${blocks})`);
}

function group(keys: readonly Key[], quorum: number): string {
  const texts = Tapscript.sortKeys(keys).map(Hex.encode);
  return texts.length === 1 ? `pk(${texts[0]})` : `multi_a(${quorum},${texts.join(',')})`;
}

function verify(expression: string): string {
  return `v:${expression}`;
}

function andV(first: string, second: string): string {
  return `and_v(${first},${second})`;
}

// ---- checksum

const INPUT_CHARSET = '0123456789()[],\'/*abcdefgh@:$%{}IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~ijklmnopqrstuvwxyzABCDEFGH`#"\\ ';
const CHECKSUM_CHARSET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATOR: readonly bigint[] = [0xf5dee51989n, 0xa9fdca3312n, 0x1bab10e32dn, 0x3706b1677an, 0x644d626ffdn];

function polymod(symbols: readonly number[]): bigint {
  let remainder = 1n;
  for (const symbol of symbols) {
    const top = remainder >> 35n;
    remainder = ((remainder & 0x7ffffffffn) << 5n) ^ BigInt(symbol);
    for (const [i, term] of GENERATOR.entries()) if (((top >> BigInt(i)) & 1n) === 1n) remainder ^= term;
  }
  return remainder;
}

function withChecksum(body: string): string {
  return `${body}#${checksum(body)}`;
}

function verifiedBody(text: string): string {
  const hash = text.indexOf('#');
  if (hash < 0) return text;
  const body = text.slice(0, hash);
  const got = text.slice(hash + 1);
  const expected = checksum(body);
  if (got !== expected)
    fail<Reason>({ code: 'descriptor.bad-checksum', expected, got }, `the checksum of this descriptor is ${expected}, got ${got}`);
  return body;
}

// ---- reading

type Cursor = { readonly text: string; at: number };
type Group = { readonly keys: readonly Key[]; readonly quorum: number; readonly spelled: string };

function parseTree(cursor: Cursor): Parsed {
  if (!skip(cursor, '{')) {
    const { staker, blocks } = parseTimelock(cursor);
    return { kind: 'slashing-change', stakerPks: staker.keys, stakerQuorum: staker.quorum, unbondingTimeBlocks: blocks };
  }
  const keys = parseSlashing(cursor);
  take(cursor, ',');
  const isStaking = skip(cursor, '{');
  if (isStaking) {
    parseUnbonding(cursor, keys);
    take(cursor, ',');
  }
  const { staker, blocks } = parseTimelock(cursor);
  agree(staker, keys.staker, 'staker');
  take(cursor, isStaking ? '}}' : '}');
  const terms = {
    stakerPks: keys.staker.keys,
    stakerQuorum: keys.staker.quorum,
    finalityProviderPks: keys.provider.keys,
    covenantPks: keys.covenant.keys,
    covenantQuorum: keys.covenant.quorum,
  };
  return isStaking
    ? { kind: 'staking', ...terms, stakingTimeBlocks: blocks }
    : { kind: 'unbonding', ...terms, unbondingTimeBlocks: blocks };
}

type SlashingKeys = { readonly staker: Group; readonly provider: Group; readonly covenant: Group };

function parseSlashing(cursor: Cursor): SlashingKeys {
  take(cursor, 'and_v(and_v(v:');
  const staker = parseGroup(cursor);
  take(cursor, ',v:');
  const provider = parseGroup(cursor);
  if (provider.quorum !== 1) {
    const got = provider.quorum;
    fail<Reason>({ code: 'descriptor.provider-quorum', got }, `one finality provider's signature is enough in a contract, here ${got}`);
  }
  take(cursor, '),');
  const covenant = parseGroup(cursor);
  take(cursor, ')');
  return { staker, provider, covenant };
}

function parseUnbonding(cursor: Cursor, keys: SlashingKeys): void {
  take(cursor, 'and_v(v:');
  agree(parseGroup(cursor), keys.staker, 'staker');
  take(cursor, ',');
  agree(parseGroup(cursor), keys.covenant, 'covenant');
  take(cursor, ')');
}

function parseTimelock(cursor: Cursor): { readonly staker: Group; readonly blocks: Blocks.TimelockBlocks } {
  take(cursor, 'and_v(v:');
  const staker = parseGroup(cursor);
  take(cursor, ',older(');
  const blocks = Blocks.timelock(takeNumber(cursor), 'older');
  take(cursor, '))');
  return { staker, blocks };
}

function parseGroup(cursor: Cursor): Group {
  const start = cursor.at;
  const keys: string[] = [];
  let quorum = 1;
  if (skip(cursor, 'pk(')) {
    keys.push(takeKey(cursor));
  } else {
    take(cursor, 'multi_a(');
    quorum = takeNumber(cursor);
    while (skip(cursor, ',')) keys.push(takeKey(cursor));
    if (keys.length === 0) syntax(cursor, 'a key');
    if (keys.length === 1)
      fail<Reason>({ code: 'descriptor.multi-of-one', at: start }, `at ${start}: multi_a of one key is not the contract's script, pk is`);
  }
  take(cursor, ')');
  // Lower-case hex of one length sorts as its bytes do. Equal keys are left to the contract's own check.
  for (let i = 1; i < keys.length; i++) {
    if ((keys[i] as string) < (keys[i - 1] as string))
      fail<Reason>({ code: 'descriptor.not-ascending', at: start }, `at ${start}: the keys of a group stand in ascending order`);
  }
  return { keys: keys.map((key) => Hex.decode(key) as Key), quorum, spelled: cursor.text.slice(start, cursor.at) };
}

function agree(one: Group, other: Group, name: 'staker' | 'covenant'): void {
  if (one.spelled !== other.spelled)
    fail<Reason>({ code: 'descriptor.leaves-disagree', group: name }, `the leaves name different ${name} keys or quorums`);
}

function skip(cursor: Cursor, token: string): boolean {
  if (!cursor.text.startsWith(token, cursor.at)) return false;
  cursor.at += token.length;
  return true;
}

function take(cursor: Cursor, token: string): void {
  if (!skip(cursor, token)) syntax(cursor, token);
}

function takeKey(cursor: Cursor): string {
  const key = /^[0-9a-f]{64}/.exec(cursor.text.slice(cursor.at, cursor.at + 64))?.[0] ?? syntax(cursor, '64 lower-case hex digits');
  cursor.at += key.length;
  return key;
}

function takeNumber(cursor: Cursor): number {
  const digits = /^[1-9][0-9]{0,8}/.exec(cursor.text.slice(cursor.at, cursor.at + 9))?.[0] ?? syntax(cursor, 'a number');
  cursor.at += digits.length;
  return Number(digits);
}

function syntax(cursor: Cursor, expected: string): never {
  fail<Reason>({ code: 'descriptor.syntax', at: cursor.at, expected }, `character ${cursor.at}: expected ${expected}`);
}
