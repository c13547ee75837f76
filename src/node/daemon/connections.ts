// The sockets of the daemon, before HTTP/2: how many, for how long without a word, and who gives way when there are too many.
// grpc-js has no such limits of its own; it takes connections from outside (`createConnectionInjector`).
import { lstatSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type Address, bindServer } from './addresses.ts';
import type { Limits } from './ports.ts';

/** The shortest thing that an HTTP/2 client says first: its preface. */
const PREFACE_BYTES = 24;

type Known = { readonly since: number; readonly key: string | undefined; proven: boolean };

export type ConnectionsOptions = {
  readonly limits: Limits;
  readonly accept: (socket: Socket) => void;
  readonly onChange: (open: number) => void;
  readonly onDrop: (why: 'full' | 'evicted' | 'silent') => void;
};

export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #server: Server;
  /** In the order of their arrival. */
  readonly #open = new Map<Socket, Known>();
  readonly #byKey = new Map<string, Known>();
  readonly #sweep: NodeJS.Timeout;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#server = createServer({ noDelay: true, keepAlive: true }, (socket) => this.#accept(socket));
    this.#sweep = setInterval(() => this.#dropSilent(), Math.max(50, Math.min(1_000, options.limits.receiveTimeoutMs / 4)));
    this.#sweep.unref();
  }

  /** @returns the address as clients write it, and the port. @throws daemon.cannot-listen */
  async listen(address: Address): Promise<{ readonly address: string; readonly port: number }> {
    if (address.kind === 'unix') await removeStale(address.path);
    const bound = await bindServer(this.#server, address);
    // An accept that fails (no more file descriptors) is no reason to stop: the next one may succeed.
    this.#server.on('error', () => this.#options.onDrop('full'));
    return bound;
  }

  /** The connection of this peer passed authentication: it no longer gives way to newcomers. */
  prove(peer: string): void {
    const known = this.#byKey.get(peer);
    if (known !== undefined) known.proven = true;
  }

  /** Unix sockets have no name to know them by; their owner made them for himself. */
  isProven(peer: string): boolean {
    return peer === 'unknown' || (this.#byKey.get(peer)?.proven ?? false);
  }

  get open(): number {
    return this.#open.size;
  }

  /** Takes no new connections; the running ones stay. */
  stopListening(): void {
    clearInterval(this.#sweep);
    this.#server.close();
  }

  /**
   * Settles when the connections on which a call was answered have closed: what was written on them is out. Those that never came past
   * authentication wait for nothing; Unix sockets cannot be told apart.
   */
  async drained(): Promise<void> {
    const carriers = [...this.#open].filter(
      ([{ bytesRead }, { key, proven }]) => proven || (key === undefined && bytesRead >= PREFACE_BYTES),
    );
    await Promise.all(carriers.map(([socket]) => new Promise<void>((resolve) => socket.once('close', () => resolve()))));
  }

  destroy(): void {
    this.stopListening();
    for (const socket of this.#open.keys()) socket.destroy();
  }

  #accept(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    if (this.#open.size >= this.#options.limits.maxConnections && !this.#evict()) {
      socket.destroy();
      this.#options.onDrop('full');
      return;
    }
    const { remoteAddress, remotePort } = socket;
    const key = remoteAddress === undefined || remotePort === undefined ? undefined : `${remoteAddress}:${remotePort}`;
    const known = { since: performance.now(), key, proven: false };
    this.#open.set(socket, known);
    if (key !== undefined) this.#byKey.set(key, known);
    socket.once('close', () => this.#forget(socket, known));
    this.#options.onChange(this.#open.size);
    this.#options.accept(socket);
  }

  #forget(socket: Socket, known: Known): void {
    this.#open.delete(socket);
    if (known.key !== undefined && this.#byKey.get(known.key) === known) this.#byKey.delete(known.key);
    this.#options.onChange(this.#open.size);
  }

  /** Makes room: the oldest connection that never passed authentication goes. */
  #evict(): boolean {
    for (const [socket, known] of this.#open) {
      if (known.proven) continue;
      this.#forget(socket, known);
      socket.destroy();
      this.#options.onDrop('evicted');
      return true;
    }
    return false;
  }

  #dropSilent(): void {
    const limit = performance.now() - this.#options.limits.receiveTimeoutMs;
    for (const [socket, { since }] of this.#open) {
      if (since > limit) break;
      if (socket.bytesRead >= PREFACE_BYTES) continue;
      socket.destroy();
      this.#options.onDrop('silent');
    }
  }
}

/** A socket file that nobody listens on any more is left by a killed process; one that answers is another daemon's. */
async function removeStale(path: string): Promise<void> {
  try {
    if (!lstatSync(path).isSocket()) return;
  } catch {
    return;
  }
  const answers = await new Promise<boolean>((resolve) => {
    const probe = connect({ path });
    probe.once('connect', () => resolve(true));
    probe.once('error', () => resolve(false));
    probe.once('close', () => probe.destroy());
    setTimeout(() => probe.destroy(), 1_000).unref();
  });
  if (!answers) unlinkSync(path);
}
