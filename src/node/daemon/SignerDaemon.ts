// The signer's daemon: eotsd's gRPC service, byte for byte, over a signer that never signs twice.
// finality-provider eotsmanager/proto/eotsmanager.proto, eotsmanager/service/{rpcserver,server,hmac}.go.
import { readFileSync } from 'node:fs';
import { type ConnectionInjector, logVerbosity, Server, setLogVerbosity, status } from '@grpc/grpc-js';
import { fail } from '../../base/Errors.ts';
import * as Interchange from '../../signer/Interchange.ts';
import { type Address, parseAddress } from './addresses.ts';
import { Admission } from './admission.ts';
import { Auth } from './auth.ts';
import { Backups } from './backup.ts';
import { Calls } from './calls.ts';
import { Connections } from './connections.ts';
import { type HttpServer, listenHttp } from './httpServer.ts';
import { type Log, makeLog, Throttle } from './log.ts';
import { type AnyMethod, makeMethods } from './methods.ts';
import { Observer } from './Observer.ts';
import type { Limits, Reason, RunningSigner, ServeOptions } from './ports.ts';
import { Probe } from './probe.ts';
import { Status } from './status.ts';
import { readCredentials } from './tlsFiles.ts';
import * as Wire from './wire.ts';

export { babylonRecognisers, signingContexts } from '../recognisers.ts';
export { type Halt, Observer } from './Observer.ts';
export type { KeysPort, Limits, LogOptions, Outcome, Reason, RunningSigner, ServeOptions, SignerPort } from './ports.ts';

/** What holds when nobody says otherwise. @unit as in {@link Limits} */
export const DEFAULT_LIMITS: Limits = Object.freeze({
  maxMessageBytes: 16 * 1024 * 1024,
  maxConnections: 256,
  maxConcurrentStreams: 64,
  maxCalls: 1_024,
  maxReceiving: 16,
  receiveTimeoutMs: 10_000,
  callTimeoutMs: 60_000,
  idleTimeoutMs: 600_000,
  keepaliveMs: 60_000,
  maxBatch: Wire.MAX_ITEMS,
  stopTimeoutMs: 10_000,
});

const SHORT_KEY_BYTES = 16;
/** How long the store may take to close when everything else has ended, and how long when a second signal came. */
const CLOSE_LIMIT_MS = 5_000;
const HURRIED_CLOSE_LIMIT_MS = 500;

/**
 * Starts the daemon. It answers when the promise resolves.
 *
 * @throws daemon.unauthenticated-listen, daemon.empty-hmac-key, daemon.strict-without-auth, daemon.bad-address, daemon.cannot-listen,
 *   daemon.bad-tls, daemon.metrics-not-loopback, daemon.bad-backup-folder
 */
export async function serve(options: ServeOptions): Promise<RunningSigner> {
  const address = parseAddress(options.listen, 'listen');
  checkAuth(options, address);
  const daemon = new Daemon(options);
  try {
    return await daemon.start(address);
  } catch (error) {
    daemon.abandon();
    throw error;
  }
}

/** Stops gracefully on SIGINT and SIGTERM, at once on a second one; reads the TLS files again on SIGHUP. Settles when the daemon has stopped. */
export async function untilSignal(running: RunningSigner): Promise<void> {
  let asked = false;
  const onStop = (): void => {
    if (asked) void running.abort();
    else void running.stop();
    asked = true;
  };
  const onReload = (): void => void running.reloadTls().catch(() => undefined);
  process.on('SIGINT', onStop).on('SIGTERM', onStop).on('SIGHUP', onReload);
  try {
    await running.closed;
  } finally {
    process.off('SIGINT', onStop).off('SIGTERM', onStop).off('SIGHUP', onReload);
  }
}

/** Who may reach the daemon must prove itself, or be on this machine. */
function checkAuth({ auth = {}, tls, listen }: ServeOptions, address: Address): void {
  const { hmacKey, strict } = auth;
  if (hmacKey !== undefined && (hmacKey.length === 0 || new TextDecoder().decode(hmacKey).trim() === '')) {
    fail<Reason>(
      { code: 'daemon.empty-hmac-key' },
      'the HMAC key is empty: eotsd takes that for no authentication at all, this signer does not',
    );
  }
  const isProven = hmacKey !== undefined || tls?.clientCaFile !== undefined;
  if (strict === true && !isProven) {
    fail<Reason>({ code: 'daemon.strict-without-auth' }, 'strict mode needs an HMAC key or client certificates (tls.clientCaFile)');
  }
  if (address.kind === 'unix' || address.isLoopback || isProven) return;
  fail<Reason>(
    { code: 'daemon.unauthenticated-listen', address: listen },
    `${listen}: everybody on the network could ask for signatures; set an HMAC key or client certificates, or listen on 127.0.0.1`,
  );
}

class Daemon implements RunningSigner {
  address = '';
  port = 0;
  metricsAddress: string | undefined;
  readonly closed: Promise<void>;
  readonly #options: ServeOptions;
  readonly #limits: Limits;
  readonly #log: Log;
  readonly #observer: Observer;
  readonly #probe: Probe;
  readonly #calls: Calls;
  readonly #admission: Admission;
  readonly #server: Server;
  readonly #connections: Connections;
  #injector: ConnectionInjector | undefined;
  #http: HttpServer | undefined;
  #stopping: Promise<void> | undefined;
  #isAborting = false;
  #hurry: () => void = () => undefined;
  #settle: () => void = () => undefined;

  constructor(options: ServeOptions) {
    const { keystore, store, auth = {}, tls } = options;
    this.#options = options;
    this.#limits = checkLimits({ ...DEFAULT_LIMITS, ...options.limits });
    this.#log = makeLog(options.log);
    this.#observer = options.observer ?? new Observer();
    this.#probe = new Probe({ store, keystore, observer: this.#observer, isStopping: () => this.#stopping !== undefined });
    this.closed = new Promise((resolve) => {
      this.#settle = resolve;
    });
    const checker = new Auth({ hmacKey: auth.hmacKey, strict: auth.strict ?? false });
    this.#calls = new Calls({
      ...{ auth: checker, observer: this.#observer, log: this.#log, limits: this.#limits, isTls: tls !== undefined },
      onProven: (peer) => this.#connections.prove(peer),
      isKnownKey: (key) => this.#probe.isKnownKey(key),
    });
    this.#connections = this.#makeConnections();
    this.#admission = this.#makeAdmission(checker);
    this.#server = this.#makeServer();
    this.#register();
  }

  async start(address: Address): Promise<RunningSigner> {
    const { tls, metrics, store } = this.#options;
    // What grpc-js traces on demand has every header in it, MACs too.
    setLogVerbosity(logVerbosity.ERROR);
    this.#injector = this.#server.createConnectionInjector(await readCredentials(tls));
    this.#observer.onHalt(({ code, message }) => this.#log.error({ event: 'halted', code, text: message }, 'signing is halted'));
    this.#observer.metrics.build.set({ version: version(), node: process.version, store: store.kind }, 1);
    this.#probe.keys();
    if (metrics !== undefined) {
      this.#http = await listenHttp(metrics, {
        registry: this.#observer.registry,
        refresh: () => this.#probe.refresh(),
        notReady: () => this.#probe.notReady(),
      });
      this.metricsAddress = this.#http.address;
    }
    ({ address: this.address, port: this.port } = await this.#connections.listen(address));
    this.#warn(address);
    this.#log.info(
      { event: 'listening', address: this.address, metrics: this.metricsAddress, store: store.kind, version: version() },
      'listening',
    );
    return this;
  }

  /** After a start that failed. The store stays its owner's. */
  abandon(): void {
    this.#connections.destroy();
    this.#server.forceShutdown();
    void this.#http?.close();
  }

  halted(): string | undefined {
    return this.#observer.halt?.message;
  }

  async reloadTls(): Promise<void> {
    const { tls } = this.#options;
    if (tls === undefined) return;
    try {
      const before = this.#injector;
      this.#injector = this.#server.createConnectionInjector(await readCredentials(tls));
      // What runs on the old certificates finishes there; clients come back on the new ones.
      before?.drain(this.#limits.callTimeoutMs);
      this.#log.info({ event: 'tls-reloaded' }, 'TLS files were read again');
    } catch (error) {
      this.#log.error({ event: 'tls-reload-failed', text: error instanceof Error ? error.message : 'failed' }, 'the old TLS files stay');
      throw error;
    }
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  abort(): Promise<void> {
    this.#isAborting = true;
    this.#hurry();
    return this.stop();
  }

  async #stop(): Promise<void> {
    this.#log.info({ event: 'stopping', openConnections: this.#connections.open }, 'stopping');
    this.#connections.stopListening();
    const hurried = new Promise<void>((resolve) => {
      this.#hurry = resolve;
      if (this.#isAborting) resolve();
    });
    // It tells every session to end after its last call. When it calls back says nothing: it takes sessions that are ending for ended, which
    // are those of old certificates, and from Node 24 on all. An answer is out when its connection has closed.
    this.#server.tryShutdown(() => undefined);
    const ended = Promise.all([this.#calls.idle(), this.#admission.idle()]).then(() => this.#connections.drained());
    await within(this.#limits.stopTimeoutMs, Promise.race([ended, hurried]));
    this.#server.forceShutdown();
    this.#connections.destroy();
    await this.#http?.close();
    const storeClosed = this.#options.store.close().then(
      () => true,
      () => false,
    );
    const isClosed = await within(this.#isAborting ? HURRIED_CLOSE_LIMIT_MS : CLOSE_LIMIT_MS, storeClosed);
    if (isClosed !== true) this.#log.error({ event: 'store-not-closed' }, 'the store did not close; what was answered is stored');
    this.#log.info({ event: 'stopped' }, 'stopped');
    this.#log.flush();
    this.#settle();
  }

  #makeConnections(): Connections {
    const { metrics } = this.#observer;
    const throttle = new Throttle();
    return new Connections({
      limits: this.#limits,
      accept: (socket) => this.#injector?.injectConnection(socket),
      onChange: (open) => metrics.connections.set(open),
      onDrop: (why) => {
        metrics.droppedConnections.inc({ why });
        throttle.run((leftOut) =>
          this.#log.warn({ event: 'dropped', why, ...(leftOut > 0 ? { leftOut } : {}) }, 'a connection was closed'),
        );
      },
    });
  }

  #makeAdmission(auth: Auth): Admission {
    return new Admission({
      limits: this.#limits,
      precheck: (method, metadata) => auth.precheck(method, metadata),
      onDenied: (method, peer, denied) => this.#calls.denied(method, peer, denied),
      onChange: (open) => this.#observer.metrics.openCalls.set(open),
      isStopping: () => this.#stopping !== undefined,
      isProven: (peer) => this.#connections.isProven(peer),
    });
  }

  #makeServer(): Server {
    const limits = this.#limits;
    return new Server({
      'grpc.max_receive_message_length': limits.maxMessageBytes,
      'grpc.max_send_message_length': limits.maxMessageBytes,
      'grpc.max_concurrent_streams': limits.maxConcurrentStreams,
      'grpc.max_connection_idle_ms': limits.idleTimeoutMs,
      'grpc.keepalive_time_ms': limits.keepaliveMs,
      'grpc.keepalive_timeout_ms': 20_000,
      // Its table of sockets grows with every connection that ever was.
      'grpc.enable_channelz': 0,
      interceptors: [this.#admission.interceptor],
    });
  }

  #register(): void {
    const { signer, keystore, auth, backupFolder, store } = this.#options;
    const backups = new Backups({ folder: backupFolder, store, exportHistory: (from) => Interchange.render(from) });
    const methods = makeMethods({ signer, keystore, backups, strict: auth?.strict ?? false, limits: this.#limits });
    for (const [name, method] of methods) this.#add(`${Wire.SERVICE}${name}`, name, method);
    this.#add('/grpc.health.v1.Health/Check', 'Check', this.#health());
  }

  #add(path: string, name: string, method: AnyMethod): void {
    const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // The bytes go through as they are: the strong MAC is over them.
    this.#server.register(path, this.#calls.handler(path, name, method), asBuffer, (bytes: Buffer) => bytes, 'unary');
  }

  #health(): AnyMethod {
    return {
      ...{ codec: Wire.HealthCheckRequest, what: 'failed to check health', maxBytes: 1_024 },
      run: async ({ service }: { readonly service: string }) => {
        if (service !== '' && service !== 'proto.EOTSManager') throw new Status(status.NOT_FOUND, 'unknown service');
        const isReady = (await this.#probe.notReady()) === undefined;
        return { bytes: Wire.HealthCheckResponse.encode({ status: isReady ? 1 : 2 }) };
      },
    };
  }

  #warn(address: Address): void {
    const { auth = {}, tls } = this.#options;
    const warn = (event: string, text: string): void => this.#log.warn({ event }, text);
    if (auth.hmacKey === undefined && tls?.clientCaFile === undefined) {
      warn('no-auth', 'no HMAC key and no client certificates: every process on this machine may ask for signatures');
    }
    if (auth.hmacKey !== undefined && auth.strict !== true) {
      warn(
        'bare-mac',
        'bare eotsd MACs are accepted: they bind neither method nor time, whoever reads one can send its request again for ever',
      );
    }
    if (auth.hmacKey !== undefined && auth.hmacKey.length < SHORT_KEY_BYTES)
      warn('short-key', `the HMAC key has fewer than ${SHORT_KEY_BYTES} bytes`);
    if (tls === undefined && address.kind === 'tcp' && !address.isLoopback) {
      warn('no-tls', 'listening beyond loopback without TLS: requests and answers can be read on the way; UnlockKey is refused');
    }
  }
}

function checkLimits(limits: Limits): Limits {
  for (const [name, value] of Object.entries(limits)) {
    if (Number.isSafeInteger(value) && value >= 1 && value <= 0x7fff_ffff) continue;
    fail<Reason>({ code: 'daemon.bad-limit', field: name }, `limits.${name}: expected an integer from 1 to 2^31-1`);
  }
  return limits;
}

/** Undefined when the time is over first. */
async function within<T>(limitMs: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function version(): string {
  const { version: text } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };
  return text;
}
