// Shared by the tests of this folder: files under vectors/, parsed or as they are.
import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { isSatlockError, type SatlockError } from '../../src/base/Errors.ts';
import * as Format from '../../src/vectors/Format.ts';

const ROOT = new URL('../../vectors/', import.meta.url);

export function textOf(path: string): string {
  const raw = readFileSync(new URL(path, ROOT));
  return (path.endsWith('.gz') ? gunzipSync(raw) : raw).toString('utf8');
}

export function jsonOf(path: string): unknown {
  return JSON.parse(textOf(path));
}

/** A file that a test knows the shape of. */
export function dataOf<T>(path: string): T {
  return jsonOf(path) as T;
}

/** Every JSON file one folder deep, gzip-compressed or not, whose schema is ours and whose kind this version reads. */
export function vectorFiles(): readonly string[] {
  const folders = readdirSync(ROOT, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders
    .flatMap(({ name }) => readdirSync(new URL(`${name}/`, ROOT)).map((file) => `${name}/${file}`))
    .filter((path) => path.endsWith('.json') || path.endsWith('.json.gz'))
    .filter((path) => isOurs(jsonOf(path)))
    .sort();
}

function isOurs(json: unknown): boolean {
  const { schema, kind } = json as { schema?: unknown; kind?: unknown };
  return schema === Format.SCHEMA && Format.KINDS.some((one) => one === kind);
}

export function failure(act: () => unknown): SatlockError {
  try {
    act();
  } catch (error) {
    if (isSatlockError(error)) return error;
    throw error;
  }
  throw new Error('expected an error, got none');
}
