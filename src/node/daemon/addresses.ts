// Where the daemon may listen: loopback and Unix sockets by themselves, anything else only for clients that prove themselves.
import { isIP, type Server } from 'node:net';
import { fail } from '../../base/Errors.ts';
import type { Reason } from './ports.ts';

export type Address =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly isLoopback: boolean }
  | { readonly kind: 'unix'; readonly path: string };

/**
 * Reads `host:port`, `[ipv6]:port` or `unix:/path`. A name other than localhost is not taken: what it stands for may change.
 *
 * @throws daemon.bad-address
 */
export function parseAddress(text: string, field: string): Address {
  if (text.startsWith('unix:')) {
    const path = text.slice(5).replace(/^\/\/(?=\/)/, '');
    // The kernel cuts longer paths off without a word.
    if (!path.startsWith('/') || Buffer.byteLength(path) > 100 || path.includes('\0')) bad(field, 'unix:/path of at most 100 bytes');
    return { kind: 'unix', path };
  }
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^[\]:]+)):([0-9]{1,5})$/.exec(text);
  const port = Number(match?.[3] ?? -1);
  const host = match?.[1] ?? (match?.[2] === 'localhost' ? '127.0.0.1' : match?.[2]) ?? '';
  const family = match?.[1] === undefined ? 4 : 6;
  if (isIP(host) !== family || port < 0 || port > 65_535) bad(field, '127.0.0.1:12582, [::1]:12582 or unix:/path');
  return { kind: 'tcp', host, port, isLoopback: isLoopback(host) };
}

/** 127.0.0.0/8 and ::1, also where IPv6 wraps IPv4. */
export function isLoopback(host: string): boolean {
  const plain = host.toLowerCase().replace(/^::ffff:(?=\d)/, '');
  return /^127\.\d+\.\d+\.\d+$/.test(plain) || plain === '::1' || /^(0+:){7}0*1$/.test(plain);
}

export function addressText(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Binds a server. A Unix socket is its owner's from the first moment.
 *
 * @returns the address as clients write it, and its port (0: a Unix socket)
 * @throws daemon.cannot-listen
 */
export async function bindServer(server: Server, address: Address): Promise<{ readonly address: string; readonly port: number }> {
  const isUnix = address.kind === 'unix';
  const where = isUnix ? { path: address.path } : { host: address.host, port: address.port, backlog: 512 };
  const failed = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    server.once('error', resolve);
    const umask = isUnix ? process.umask(0o177) : undefined;
    try {
      server.listen(where, () => {
        server.off('error', resolve);
        resolve(undefined);
      });
    } finally {
      if (umask !== undefined) process.umask(umask);
    }
  });
  const text = isUnix ? `unix:${address.path}` : addressText(address.host, address.port);
  if (failed !== undefined) {
    const problem = failed.code ?? 'unknown';
    fail<Reason>({ code: 'daemon.cannot-listen', address: text, problem }, `cannot listen on ${text}: ${problem}`, { cause: failed });
  }
  if (isUnix) return { address: text, port: 0 };
  const bound = server.address();
  const port = bound !== null && typeof bound === 'object' ? bound.port : address.port;
  return { address: addressText(address.host, port), port };
}

function bad(field: string, expected: string): never {
  fail<Reason>({ code: 'daemon.bad-address', field }, `${field}: expected ${expected}`);
}
