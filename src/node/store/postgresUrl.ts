// postgres://user:password@host:port[,host:port…]/database?schema=…&timeout=…&standbys=required&sslmode=… taken apart.
// Several hosts are tried in turn, as libpq does; everything that is not ours is left for the driver to read.
import { badUrl } from './clusterErrors.ts';

export type PostgresTarget = {
  /** One connection string for each host. They hold the password: never in a log or an error. */
  readonly hosts: readonly { readonly connectionString: string; readonly where: string }[];
  /** An identifier of lower-case letters, digits and underscores. */
  readonly schema: string;
  readonly timeoutMs: number;
  /** Refuse a server that names no synchronous standbys. */
  readonly needsStandbys: boolean;
};

const SHAPE = /^(postgres(?:ql)?):\/\/(?:(.*)@)?([^/?@]*)(\/[^?]*)?(?:\?(.*))?$/s;
const DEFAULT_TIMEOUT_MS = 5_000;
const OURS = ['schema', 'timeout', 'standbys'] as const;

/** @throws store.bad-url */
export function parse(url: string): PostgresTarget {
  const parts = SHAPE.exec(url);
  if (parts === null) badUrl('form', 'expected postgres://user@host:port/database');
  const [, scheme = '', user, hostList = '', path = '', query = ''] = parts;
  const parameters = new URLSearchParams(query);
  const schema = parameters.get('schema') ?? 'satlock';
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) badUrl('schema', 'expected lower-case letters, digits and underscores');
  const timeoutMs = milliseconds(parameters.get('timeout'), DEFAULT_TIMEOUT_MS);
  const standbys = parameters.get('standbys');
  if (standbys !== null && standbys !== 'required') badUrl('standbys', 'the only value is "required"');
  for (const name of OURS) parameters.delete(name);
  const rest = parameters.size === 0 ? '' : `?${parameters}`;
  const hosts = hostList.split(',').map((host) => ({
    connectionString: `${scheme}://${user === undefined ? '' : `${user}@`}${host}${path}${rest}`,
    where: host === '' ? 'the default host' : host,
  }));
  return { hosts, schema, timeoutMs, needsStandbys: standbys !== null };
}

/** @throws store.bad-url */
export function milliseconds(text: string | null, otherwise: number): number {
  if (text === null) return otherwise;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 100 || value > 600_000) badUrl('timeout', 'expected milliseconds, 100..600000');
  return value;
}
