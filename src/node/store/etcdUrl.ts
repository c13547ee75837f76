// etcd://[user[:password]@]host:port[,host:port…]/prefix?ca=…&cert=…&key=…&tls=1&timeout=… taken apart.
import { readFileSync } from 'node:fs';
import { badUrl } from './clusterErrors.ts';
import { milliseconds } from './postgresUrl.ts';

export type EtcdTarget = {
  /** host:port each. */
  readonly endpoints: readonly string[];
  /** Everything is kept under keys that begin with this, without slashes at the ends. */
  readonly prefix: string;
  readonly timeoutMs: number;
  readonly auth: { readonly username: string; readonly password: string } | undefined;
  /** Undefined: plain connections. Without certificates: the system's authorities. */
  readonly tls: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer } | undefined;
};

const SHAPE = /^etcd:\/\/(?:(.*)@)?([^/?@]+)(\/[^?]*)?(?:\?(.*))?$/s;
const KNOWN = ['ca', 'cert', 'key', 'tls', 'timeout'];
const DEFAULT_TIMEOUT_MS = 5_000;

/** @throws store.bad-url */
export function parse(url: string, env: Readonly<Record<string, string | undefined>> = process.env): EtcdTarget {
  const parts = SHAPE.exec(url);
  if (parts === null) badUrl('form', 'expected etcd://host:port[,host:port]/prefix');
  const [, user, hosts = '', path = '', query = ''] = parts;
  const parameters = new URLSearchParams(query);
  for (const name of parameters.keys()) if (!KNOWN.includes(name)) badUrl('parameters', `unknown parameter; known are ${KNOWN.join(', ')}`);
  const endpoints = hosts.split(',');
  if (!endpoints.every((endpoint) => /^(\[[0-9a-fA-F:.]+\]|[\w.-]+):\d{1,5}$/.test(endpoint)))
    badUrl('endpoints', 'expected host:port for each');
  const prefix = path.replace(/^\/+|\/+$/g, '');
  if (!/^[\w.-]*(\/[\w.-]+)*$/.test(prefix)) badUrl('prefix', 'expected letters, digits, dots, dashes, underscores and slashes');
  return {
    endpoints,
    prefix: prefix === '' ? 'satlock' : prefix,
    timeoutMs: milliseconds(parameters.get('timeout'), DEFAULT_TIMEOUT_MS),
    auth: authOf(user, env),
    tls: tlsOf(parameters),
  };
}

function authOf(user: string | undefined, env: Readonly<Record<string, string | undefined>>): EtcdTarget['auth'] {
  if (user === undefined || user === '') return undefined;
  const at = user.indexOf(':');
  try {
    const username = decodeURIComponent(at === -1 ? user : user.slice(0, at));
    const password = at === -1 ? (env['SATLOCK_STORE_PASSWORD'] ?? '') : decodeURIComponent(user.slice(at + 1));
    return { username, password };
  } catch {
    return badUrl('user', 'user and password must be percent-encoded');
  }
}

function tlsOf(parameters: URLSearchParams): EtcdTarget['tls'] {
  const file = (name: string): Buffer | undefined => {
    const path = parameters.get(name);
    if (path === null) return undefined;
    try {
      return readFileSync(path);
    } catch {
      return badUrl(name, 'the file cannot be read');
    }
  };
  const [ca, cert, key, tls] = [file('ca'), file('cert'), file('key'), parameters.get('tls')];
  if (tls !== null && tls !== '1' && tls !== 'true') badUrl('tls', 'the only values are "1" and "true"');
  if ((cert === undefined) !== (key === undefined)) badUrl('cert', 'a client certificate needs its key, and the key its certificate');
  if (tls === null && ca === undefined && cert === undefined) return undefined;
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}
