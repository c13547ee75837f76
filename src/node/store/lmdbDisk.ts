// Looking at LMDB's files beside LMDB: copies read through, and whether a file is still the one that was opened.
import * as fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type * as Encoding from './lmdbEncoding.ts';
import { corrupt } from './lmdbFailure.ts';
import { PageFile } from './lmdbFile.ts';
import { Known } from './lmdbKnown.ts';
import { verify } from './lmdbVerify.ts';

export const DATA_FILE = 'data.mdb';
export const LOCK_FILE = 'lock.mdb';

/** A data file that nobody has open is whole: returns its meta record. @throws store.corrupt, store.truncated, store.wrong-version */
export async function verifyCopy(path: string): Promise<Encoding.Meta> {
  const meta = await withFile(path, (file) => verify(file, file.snapshots(), new Known()));
  return meta ?? corrupt(path, 'the file holds nothing');
}

/** Opens, looks, closes. */
export async function withFile<T>(path: string, look: (file: PageFile) => Promise<T>): Promise<T> {
  const handle = fs.openSync(path, 'r');
  try {
    return await look(new PageFile(path, handle));
  } finally {
    fs.closeSync(handle);
  }
}

/** Undefined where there is no such file. The lock file must never be opened here: closing it would let go of LMDB's locks. */
export function inodeOf(path: string): bigint | undefined {
  return fs.statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}

/** Another process may be writing the meta pages at this moment: what is wrong five times is wrong. */
export async function settled<T>(look: () => T): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return look();
    } catch (error) {
      if (attempt === 5) throw error;
      await sleep(4);
    }
  }
}
