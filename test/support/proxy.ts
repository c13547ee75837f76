// A TCP proxy on the loopback address that cuts off or freezes what goes through it, for everybody or for one process only.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /**
   * Ends what is open and refuses what comes. With a process: ends only what that process has open, and lets what is open otherwise go on;
   * who comes is not looked at one by one, for the table of all sockets may be long.
   */
  readonly cut: (fromPid?: number) => void;
  /** Holds back all bytes, both ways, without ending anything: a network that drops packets. */
  readonly freeze: () => void;
  /** Everything passes again. What was cut stays ended; what was frozen goes on. */
  readonly heal: () => void;
  readonly close: () => Promise<void>;
}

type Pair = { readonly near: Socket; readonly far: Socket; readonly port: number | undefined; isFrozen: boolean };

/** Starts a proxy on a free port in front of `target`. */
export async function startProxy(target: { readonly port: number; readonly host?: string }): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  const state = { isCut: false, isFrozen: false };
  const server = createServer({ allowHalfOpen: false }, (near) => {
    near.on('error', () => near.destroy());
    const port = near.remotePort;
    if (state.isCut) {
      near.destroy();
      return;
    }
    const far = connect(target.port, target.host ?? '127.0.0.1');
    const pair: Pair = { near, far, port, isFrozen: false };
    pairs.add(pair);
    join(pair, () => pairs.delete(pair));
    if (state.isFrozen) setFrozen(pair, true);
  });
  await listen(server);
  return {
    port: (server.address() as AddressInfo).port,
    cut: (fromPid) => {
      state.isCut = true;
      const isTheirs = fromPid === undefined ? () => true : socketsOf(fromPid);
      for (const pair of [...pairs]) if (isTheirs(pair.port)) end(pair);
    },
    freeze: () => {
      state.isFrozen = true;
      for (const pair of pairs) setFrozen(pair, true);
    },
    heal: () => {
      state.isCut = false;
      state.isFrozen = false;
      for (const pair of pairs) setFrozen(pair, false);
    },
    close: async () => {
      for (const pair of pairs) end(pair);
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}

/** Ports of the loopback address that nothing uses at this moment. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(servers.map(listen));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise<void>((done) => server.close(() => done()))));
  return ports;
}

function listen(server: Server): Promise<void> {
  return new Promise((done, failed) => {
    server.once('error', failed);
    server.listen(0, '127.0.0.1', () => done());
  });
}

function join(pair: Pair, gone: () => void): void {
  const { near, far } = pair;
  far.on('error', () => end(pair));
  near.on('error', () => end(pair));
  near.on('close', () => {
    end(pair);
    gone();
  });
  far.on('close', () => end(pair));
  near.pipe(far);
  far.pipe(near);
}

function end({ near, far }: Pair): void {
  near.destroy();
  far.destroy();
}

function setFrozen(pair: Pair, isFrozen: boolean): void {
  // to be piped twice would double every byte
  if (pair.isFrozen === isFrozen) return;
  pair.isFrozen = isFrozen;
  const { near, far } = pair;
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    if (isFrozen) {
      from.unpipe(to);
      from.pause();
    } else if (!from.destroyed && !to.destroyed) from.pipe(to);
  }
}

/** Tells whether a process has the local socket with a port; only Linux knows. */
function socketsOf(pid: number): (port: number | undefined) => boolean {
  const links = new Set<string>();
  try {
    for (const fd of readdirSync(`/proc/${pid}/fd`)) links.add(linkOf(`/proc/${pid}/fd/${fd}`));
  } catch {
    // gone: then it has none
  }
  const table = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => linesOf(file)).map((line) => line.trim().split(/\s+/));
  const ports = new Set(table.filter((fields) => links.has(`socket:[${fields[9]}]`)).map((fields) => fields[1]?.split(':')[1]));
  return (port) => port !== undefined && ports.has(port.toString(16).toUpperCase().padStart(4, '0'));
}

function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // closed in the meantime
    return '';
  }
}
