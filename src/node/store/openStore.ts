// The store that a URL names. A backend is loaded only when it is asked for: whoever keeps LMDB needs no PostgreSQL.
import { isAbsolute, join } from 'node:path';
import * as Check from '../../base/Check.ts';
import type { SignStore } from '../../signer/SignStore.ts';
import * as Cluster from './clusterErrors.ts';

export type { Reason } from './clusterErrors.ts';

export type Options = {
  /** Nothing is written, and every change is refused. LMDB only: the cluster stores refuse it by rights of the user. */
  readonly readOnly?: boolean;
  /**
   * May a new store be made where there is none? Default: yes, unless `readOnly`. Say false where a store is known to have existed:
   * where there is a witness file, or a key that is bound to a store.
   */
  readonly create?: boolean;
  /** Is told what an operator should know of a cluster store: no synchronous standby, few members, endpoints that do not answer. */
  readonly onWarning?: ((warning: string) => void) | undefined;
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
  const cluster: Cluster.OpenOptions = { create: options.create ?? true, onWarning: options.onWarning };
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(where)?.[1]?.toLowerCase();
  if (scheme === 'postgres' || scheme === 'postgresql') return (await import('./PostgresStore.ts')).open(where, cluster);
  if (scheme === 'etcd') return (await import('./EtcdStore.ts')).open(where, cluster);
  return Cluster.badUrl('scheme', 'expected lmdb:<path>, postgres://… or etcd://…');
}

async function openLmdb(path: string, { readOnly = false, create = !readOnly }: Options): Promise<SignStore> {
  return (await import('./LmdbStore.ts')).open({ path, readOnly, create });
}

function lmdbPath(url: string): string {
  // lmdb:///path is the same as lmdb:/path; a host or a query would be a mistake
  const path = url.slice(LMDB.length).replace(/^\/\/(?=\/)/, '');
  if (path.startsWith('//')) return Cluster.badUrl('host', 'LMDB is on this machine: lmdb:/path');
  if (/[?#\0]/.test(path)) return Cluster.badUrl('path', 'no ?, # or zero byte');
  if (!isAbsolute(path)) return Cluster.badUrl('path', 'expected the absolute path of a folder');
  return path;
}
