// Which file a store of one machine is: its inode and birth. A copy has others, even one that was made with everything around it.
import * as fs from 'node:fs';
import { join } from 'node:path';
import { fail } from '../base/Errors.ts';
import type { SignStore } from '../signer/SignStore.ts';

export type Reason = { readonly code: 'store-file.no-path' };

/**
 * The identity of a store's data file, or undefined for a store that has none of its own. Where the file system does not keep when a file was made
 * (it then tells the time of the last change instead), the inode alone counts. Device numbers do not: they change when a machine starts again.
 *
 * @throws store-file.no-path - an LMDB store that hides its folder: a copy of it could not be told from the original
 */
export function identityOf(store: SignStore): string | undefined {
  if (store.kind !== 'lmdb') return undefined;
  const { path } = store as { readonly path?: unknown };
  if (typeof path !== 'string') fail<Reason>({ code: 'store-file.no-path' }, 'an LMDB store that does not say in which folder it lies');
  const { ino, birthtimeNs, ctimeNs } = fs.statSync(join(path, 'data.mdb'), { bigint: true });
  return birthtimeNs === 0n || birthtimeNs === ctimeNs ? `${ino}` : `${ino}:${birthtimeNs}`;
}

/** The same file, by as much as both tell. */
export function isSame(a: string, b: string): boolean {
  const [inodeA, bornA] = a.split(':');
  const [inodeB, bornB] = b.split(':');
  return inodeA === inodeB && (bornA === undefined || bornB === undefined || bornA === bornB);
}
