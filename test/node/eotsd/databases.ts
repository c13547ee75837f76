// The databases of vectors/eotsd, unpacked into a temporary folder, and the rule by which their records were made.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'satlock-eotsd-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

export type Name = 'history' | 'odd' | 'fresh';

export function bytesOf(name: Name): Buffer {
  return gunzipSync(readFileSync(new URL(`../../../vectors/eotsd/${name}.db.gz`, import.meta.url)));
}

let files = 0;

/** A file with this content. */
export function fileOf(content: Uint8Array | string): string {
  const path = join(folder, `${files++}.db`);
  writeFileSync(path, content);
  return path;
}

export const folderPath: string = folder;

/** The message and the s of a made-up vote. */
export function vote(height: number, salt: number): { readonly message: Uint8Array; readonly signature: Uint8Array } {
  const message = Buffer.alloc(40, height % 251);
  message.writeBigUInt64BE(BigInt(height));
  const signature = Buffer.alloc(32, salt);
  signature.writeBigUInt64BE(BigInt(height * 7), 24);
  return { message: Uint8Array.from(message), signature: Uint8Array.from(signature) };
}
