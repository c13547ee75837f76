// One line of a covenant member's log: JSON with the hash of the line before and its own, so that a change anywhere shows at its line.
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import type { Prepared, Signatures } from '../../babylon/CovenantSigner.ts';
import * as Bytes from '../../base/Bytes.ts';
import * as Hex from '../../base/Hex.ts';
import type { LeafSpend } from '../../bitcoin/LeafSpend.ts';
import type { XOnlyPublicKey } from '../../crypto/PublicKey.ts';

export const SCHEMA = 'satlock-covenant-log/1';
/** Stands before the first line. */
export const ZERO: string = '0'.repeat(64);

export type Role = 'stakingSlashing' | 'unbonding' | 'unbondingSlashing' | 'expansion';

/** A line as it is read back. Signatures are no secret: the chain shows them to everybody. */
export type Entry = {
  readonly schema: typeof SCHEMA;
  /** 0, 1, 2 … */
  readonly sequence: number;
  /** ISO 8601, by the clock of the machine. */
  readonly time: string;
  /** Hash of the line before. */
  readonly previous: string;
  readonly covenantPk: string;
  /** `txid:index` of the stake. */
  readonly outpoint: string;
  /** Digest over everything that was asked for. */
  readonly request: string;
  readonly paramsVersion: number;
  readonly finalityProviderPks: readonly string[];
  readonly signed: readonly { readonly what: Role; readonly txid: string; readonly sighash: string }[];
  readonly signatures: {
    readonly stakingSlashing: readonly string[];
    readonly unbonding: string;
    readonly unbondingSlashing: readonly string[];
    readonly expansion?: string;
  };
  /** SHA-256 over the signatures in this order, joined. */
  readonly signaturesHash: string;
  /** SHA-256 over the line without this field. */
  readonly hash: string;
};

export type Place = { readonly sequence: number; readonly previous: string; readonly time: string };

const hashOf = (text: string): string => Hex.encode(sha256(utf8ToBytes(text)));

/** The line of a request and its signatures, without the end of line. */
export function encode(prepared: Prepared, signatures: Signatures, { sequence, previous, time }: Place): string {
  const { covenantPk, outpoint, digest, finalityProviderPks, spends, report } = prepared;
  const { stakingSlashing, unbonding, unbondingSlashing, expansion } = signatures;
  const one = (what: Role, spend: LeafSpend): Entry['signed'][number] => ({
    what,
    txid: spend.txid,
    sighash: Hex.encode(spend.sighash()),
  });
  const body: Omit<Entry, 'hash'> = {
    schema: SCHEMA,
    sequence,
    time,
    previous,
    covenantPk: Hex.encode(covenantPk),
    outpoint: `${outpoint.txid}:${outpoint.vout}`,
    request: Hex.encode(digest),
    paramsVersion: report.paramsVersion,
    finalityProviderPks: finalityProviderPks.map(Hex.encode),
    signed: [
      one('stakingSlashing', spends.stakingSlashing),
      one('unbonding', spends.unbonding),
      one('unbondingSlashing', spends.unbondingSlashing),
      ...(spends.expansion === undefined ? [] : [one('expansion', spends.expansion)]),
    ],
    signatures: {
      stakingSlashing: stakingSlashing.map(Hex.encode),
      unbonding: Hex.encode(unbonding),
      unbondingSlashing: unbondingSlashing.map(Hex.encode),
      ...(expansion === undefined ? {} : { expansion: Hex.encode(expansion) }),
    },
    signaturesHash: signaturesHashOf(stakingSlashing, unbonding, unbondingSlashing, expansion),
  };
  const text = JSON.stringify(body);
  return `${text.slice(0, -1)},"hash":"${hashOf(text)}"}`;
}

function signaturesHashOf(
  stakingSlashing: readonly Uint8Array[],
  unbonding: Uint8Array,
  unbondingSlashing: readonly Uint8Array[],
  expansion: Uint8Array | undefined,
): string {
  return Hex.encode(
    sha256(Bytes.concat(...stakingSlashing, unbonding, ...unbondingSlashing, ...(expansion === undefined ? [] : [expansion]))),
  );
}

/** The entry of a line, or what is wrong with it. `sequence` and `previous` are what its place asks for. */
export function decode(line: string, { sequence, previous }: Omit<Place, 'time'>): Entry | string {
  const split = /^(\{.*),"hash":"([0-9a-f]{64})"\}$/.exec(line);
  const [, head, hash] = split ?? [];
  if (head === undefined || hash === undefined) return 'not a line of this log';
  if (hashOf(`${head}}`) !== hash) return 'its hash is another: the line was changed';
  let entry: unknown;
  try {
    entry = JSON.parse(line);
  } catch {
    return 'not JSON';
  }
  // The hash is right: this program wrote it, or somebody who took pains to look like it.
  if (!isEntry(entry)) return 'fields are missing or of another form';
  if (entry.sequence !== sequence)
    return `its number is ${entry.sequence}, ${sequence} belongs here: lines were removed, added or exchanged`;
  if (entry.previous !== previous) return 'it does not follow the line before: lines were removed, added or exchanged';
  return entry;
}

const isHex = (value: unknown, bytes: number): value is string =>
  typeof value === 'string' && new RegExp(`^[0-9a-f]{${2 * bytes}}$`).test(value);
const isListOf = (value: unknown, is: (one: unknown) => boolean): boolean => Array.isArray(value) && value.every(is);

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false;
  const one = value as Readonly<Record<keyof Entry, unknown>>;
  const { signatures } = one;
  if (typeof signatures !== 'object' || signatures === null) return false;
  const { stakingSlashing, unbonding, unbondingSlashing, expansion } = signatures as Readonly<Record<Role, unknown>>;
  return (
    one.schema === SCHEMA &&
    Number.isSafeInteger(one.sequence) &&
    typeof one.time === 'string' &&
    [one.previous, one.covenantPk, one.request, one.signaturesHash, one.hash].every((text) => isHex(text, 32)) &&
    typeof one.outpoint === 'string' &&
    /^[0-9a-f]{64}:(0|[1-9][0-9]{0,9})$/.test(one.outpoint) &&
    Number.isSafeInteger(one.paramsVersion) &&
    isListOf(one.finalityProviderPks, (key) => isHex(key, 32)) &&
    isListOf(one.signed, isSigned) &&
    isListOf(stakingSlashing, (text) => isHex(text, 65)) &&
    isListOf(unbondingSlashing, (text) => isHex(text, 65)) &&
    isHex(unbonding, 64) &&
    (expansion === undefined || isHex(expansion, 64))
  );
}

function isSigned(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { what, txid, sighash } = value as Readonly<Record<string, unknown>>;
  return typeof what === 'string' && isHex(txid, 32) && isHex(sighash, 32);
}

/** The signatures of a line. */
export function signaturesIn({ covenantPk, signatures }: Entry): Signatures {
  const { stakingSlashing, unbonding, unbondingSlashing, expansion } = signatures;
  return {
    covenantPk: Hex.decode(covenantPk) as XOnlyPublicKey,
    stakingSlashing: stakingSlashing.map((text) => Hex.decode(text)),
    unbonding: Hex.decode(unbonding),
    unbondingSlashing: unbondingSlashing.map((text) => Hex.decode(text)),
    ...(expansion === undefined ? {} : { expansion: Hex.decode(expansion) }),
  };
}
