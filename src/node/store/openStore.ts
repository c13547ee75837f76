// The store that a URL names. A backend is loaded only when it is asked for: whoever keeps LMDB needs no PostgreSQL.
import { isAbsolute, join } from 'node:path';
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import type { SignStore } from '../../signer/SignStore.ts';

export type Reason = { readonly code: 'store.bad-url'; readonly field: string; readonly problem: string };

export type Options = {
  /** Nothing is written, and every change is refused. LMDB only: the cluster stores refuse it by rights of the user. */
  readonly readOnly?: boolean;
  /**
   * May a new store be made where there is none? Default: yes, unless `readOnly`. Say false where a store is known to have existed:
   * where there is a witness file, or a key that is bound to a store.
   */
  readonly create?: boolean;
};

/** `lmdb:` and what its path follows. */
const LMDB = 'lmdb:';

/**
 * Opens a store.
 *
 * @param where `lmdb:<absolute path of a folder>`, `postgres://…`, `postgresql://…`, `etcd://host:port[,host:port]/prefix?…`, or a signer's home folder, whose store is in data/
 * @throws store.bad-url - for any other scheme, and for what the backend cannot read; the URL itself is never told, it may hold a password
 * @throws store.* of the backend
 */
export async function openStore(where: string | { readonly home: string }, options: Options = {}): Promise<SignStore> {
  if (typeof where !== 'string') return openLmdb(join(Check.text(Check.object(where, 'where').home, 'home'), 'data'), options);
  if (where.startsWith(LMDB)) return openLmdb(lmdbPath(where), options);
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(where)?.[1]?.toLowerCase();
  if (scheme === 'postgres' || scheme === 'postgresql')
    return (await import('./PostgresStore.ts')).open(where, { create: options.create ?? true });
  if (scheme === 'etcd') return (await import('./EtcdStore.ts')).open(where, { create: options.create ?? true });
  return badUrl('scheme', 'expected lmdb:<path>, postgres://… or etcd://…');
}

async function openLmdb(path: string, { readOnly = false, create = !readOnly }: Options): Promise<SignStore> {
  return (await import('./LmdbStore.ts')).open({ path, readOnly, create });
}

function lmdbPath(url: string): string {
  // lmdb:///path is the same as lmdb:/path; a host or a query would be a mistake
  const path = url.slice(LMDB.length).replace(/^\/\/(?=\/)/, '');
  if (path.startsWith('//')) return badUrl('host', 'LMDB is on this machine: lmdb:/path');
  if (/[?#\0]/.test(path)) return badUrl('path', 'no ?, # or zero byte');
  if (!isAbsolute(path)) return badUrl('path', 'expected the absolute path of a folder');
  return path;
}

function badUrl(field: string, problem: string): never {
  return fail<Reason>({ code: 'store.bad-url', field, problem }, `store URL, ${field}: ${problem}`);
}
