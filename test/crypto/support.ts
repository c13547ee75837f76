// Shared by the tests of this folder: vector files, the backends, arbitraries, and a catcher that returns the error.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { isSatlockError, type SatlockError } from '../../src/base/Errors.ts';
import * as Hex from '../../src/base/Hex.ts';
import type { Ecc } from '../../src/crypto/Ecc.ts';
import { native } from '../../src/crypto/ecc/native.ts';
import { pure } from '../../src/crypto/ecc/pure.ts';
import { wasm } from '../../src/crypto/ecc/wasm.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';
import { n } from '../support/slow/secp256k1.ts';

export const SEED = 20_260_730;

export const hex: (value: Uint8Array) => string = Hex.encode;
export const bytes = (text: string): Uint8Array => Hex.decode(text);
export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

export interface Case {
  readonly id: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly expect: Readonly<Record<string, unknown>>;
}

function open(path: string): string {
  return readFileSync(new URL(`../../vectors/${path}`, import.meta.url), 'utf8');
}

/** The cases of one of our vector files; the number is asserted, so that a lost case is noticed. */
export function cases(path: string, kind: string, count: number): readonly Case[] {
  const file = JSON.parse(open(path)) as { schema: string; kind: string; cases: Case[] };
  if (file.schema !== 'satlock-vectors/1' || file.kind !== kind || file.cases.length !== count) {
    throw new Error(`${path}: expected ${count} cases of ${kind}, got ${file.cases.length} of ${file.kind}`);
  }
  return file.cases;
}

/** The rows of an upstream CSV without quotes; rows without index are comments. */
export function rows(path: string): readonly Readonly<Record<string, string>>[] {
  const [head = '', ...lines] = open(path)
    .split(/\r?\n/)
    .filter((line) => line !== '');
  const names = head.split(',');
  return lines
    .map((line) => {
      const values = line.split(',');
      return Object.fromEntries(names.map((name, i) => [name, i === names.length - 1 ? values.slice(i).join(',') : (values[i] ?? '')]));
    })
    .filter((row) => row['index'] !== '');
}

/** The bytes or text of a field of a case. */
export function field(source: Readonly<Record<string, unknown>>, name: string): Uint8Array {
  return bytes(text(source, name));
}

export function text(source: Readonly<Record<string, unknown>>, name: string): string {
  const value = source[name];
  if (typeof value !== 'string') throw new Error(`no text in ${name}`);
  return value;
}

export function optionalText(source: Readonly<Record<string, unknown>>, name: string): string | undefined {
  return source[name] === undefined ? undefined : text(source, name);
}

function nativeOrNothing(): Ecc[] {
  try {
    return [native()];
  } catch {
    return [];
  }
}

/** Every backend that this machine has; the native one needs a binary for the platform. */
export const backends: readonly Ecc[] = [pure, wasm, ...nativeOrNothing()];

/** The error that `act` throws; fails when it throws none of ours. */
export function failure(act: () => unknown): SatlockError {
  try {
    act();
  } catch (error) {
    if (isSatlockError(error)) return error;
    throw error;
  }
  throw new Error('expected an error, got none');
}

export const codeOf = (act: () => unknown): string => failure(act).code;

export const anyBytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
export const anyMessage: fc.Arbitrary<Uint8Array> = fc.uint8Array({ maxLength: 120 });
export const anyScalar: fc.Arbitrary<bigint> = fc.bigInt({ min: 1n, max: n - 1n });
export const key = (scalar: bigint): SecretKey.SecretKey => SecretKey.fromHex(scalar.toString(16).padStart(64, '0'));
