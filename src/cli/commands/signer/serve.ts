// satlock signer serve: the daemon. One line on the standard output when it listens, the log on the standard error.
import { Command } from 'commander';
import * as Hex from '../../../base/Hex.ts';
import type { Service, Options as ServiceOptions } from '../../../node/SignerService.ts';
import { EXIT } from '../../exit.ts';
import { note, toJson, usage } from '../../io.ts';
import * as parse from '../../parse.ts';
import { type Home, openHome } from './common.ts';
import { HMAC_VARIABLE, hmacKeyBytes, PASSPHRASE_HELP, PASSPHRASE_VARIABLE } from './passphrase.ts';
import { type StoreOption, storeOptions } from './store.ts';
import { unlockForServing } from './unlock.ts';

type Options = StoreOption & {
  readonly listen?: string;
  readonly passphraseFile?: string;
  readonly unlock?: readonly string[];
  readonly hmacKeyFile?: string;
  readonly strict?: boolean;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsClientCa?: string;
  readonly metrics?: string;
  readonly metricsAnywhere?: boolean;
  readonly chainId?: readonly string[];
  readonly babylonApi?: readonly string[];
  readonly logLevel?: string;
};

const HELP = `
fpd connects to it as to eotsd (EOTSManagerAddress). Without a key for HMAC or client certificates it listens on loopback only.
It ends with 0 on SIGTERM or SIGINT, after the requests that it has begun.

Examples:
  SATLOCK_PASSPHRASE=… satlock signer serve --home ~/.satlock --listen 127.0.0.1:12582
  satlock signer serve --home /var/lib/satlock --passphrase-file /run/secrets/passphrase --hmac-key-file /run/secrets/hmac \\
    --metrics 127.0.0.1:2113 --babylon-api bbn-1=https://node.example:1317`;

export function serveCommand(): Command {
  return storeOptions(new Command('serve'))
    .description('sign for fpd, over the wire of eotsd')
    .option('--listen <host:port>', 'port 0 takes a free one; unix:/path for a socket. 127.0.0.1:12582 unless config.json says otherwise')
    .option('--passphrase-file <file>', PASSPHRASE_HELP)
    .option('--unlock <name>', 'only this key, which then must open; may be given again; all, none', parse.collect)
    .option('--hmac-key-file <file>', `file with the text of fpd's HMACKey; without it ${HMAC_VARIABLE} is read`)
    .option(
      '--strict',
      'refuse requests that are authenticated in the way of eotsd alone, and a batch as a whole when one of its votes is refused',
    )
    .option('--tls-cert <file>', 'certificate chain, PEM')
    .option('--tls-key <file>', 'its key, PEM')
    .option('--tls-client-ca <file>', 'clients need a certificate of this authority, PEM')
    .option('--metrics <host:port>', 'Prometheus metrics, /healthz and /readyz over HTTP')
    .option('--metrics-anywhere', 'allow --metrics on other addresses than loopback; who reads them learns what is signed')
    .option('--chain-id <id>', 'serve this chain alone; may be given again', parse.collect)
    .option(
      '--babylon-api <url>',
      'REST of a node, as URL or chain-id=URL: what it has seen of the keys is compared with the store',
      parse.collect,
    )
    .option('--log-level <level>', 'debug, info, warn or error')
    .addHelpText('after', HELP)
    .action(run);
}

async function run(options: Options): Promise<void> {
  const home = await openHome(options);
  const hmacKey = hmacKeyBytes(options.hmacKeyFile);
  await unlockForServing(home.keystore, options);
  for (const name of [PASSPHRASE_VARIABLE, HMAC_VARIABLE]) delete process.env[name];
  const { start } = await import('../../../node/SignerService.ts');
  const { untilSignal } = await import('../../../node/daemon/SignerDaemon.ts');
  const service = await start(await serviceOptions(options, home, hmacKey));
  // First the handlers, then the line: a supervisor that has read it may send a signal at once.
  const stopped = untilSignal(service.running);
  announce(options, home, service);
  await stopped;
  const halted = service.running.halted();
  if (halted === undefined) return;
  note(`satlock: signing was halted: ${halted}`);
  process.exitCode = EXIT.ENVIRONMENT;
}

async function serviceOptions(options: Options, home: Home, hmacKey: Uint8Array | undefined): Promise<ServiceOptions> {
  const { DEFAULT_LISTEN } = await import('../../../node/SignerHome.ts');
  const { config } = home;
  const metrics = options.metrics ?? config.metrics;
  const tls = tlsOf(options);
  const level = logLevelOf(options.logLevel);
  return {
    ...home,
    store: options.store,
    listen: options.listen ?? config.listen ?? DEFAULT_LISTEN,
    strict: options.strict ?? config.strict ?? false,
    chains: options.chainId,
    babylonApi: [
      ...(options.babylonApi ?? []).map(nodeOf),
      ...Object.entries(config.babylonApi ?? {}).map(([chainId, baseUrl]) => ({ chainId, baseUrl })),
    ],
    warn: logWarning,
    log: { stream: process.stderr, ...(level === undefined ? {} : { level }) },
    ...(hmacKey === undefined ? {} : { hmacKey }),
    ...(tls === undefined ? {} : { tls }),
    ...(metrics === undefined ? {} : { metrics: { listen: metrics, anywhere: options.metricsAnywhere === true } }),
  };
}

function tlsOf({ tlsCert, tlsKey, tlsClientCa }: Options): ServiceOptions['tls'] {
  if (tlsCert === undefined && tlsKey === undefined && tlsClientCa === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) return usage('--tls-cert', '--tls-cert and --tls-key belong together');
  return { certFile: tlsCert, keyFile: tlsKey, ...(tlsClientCa === undefined ? {} : { clientCaFile: tlsClientCa }) };
}

/** `https://node` or `bbn-1=https://node`. */
function nodeOf(text: string): { readonly baseUrl: string; readonly chainId?: string } {
  const [, chainId, baseUrl] = /^([A-Za-z0-9._-]+)=(https?:.+)$/.exec(text) ?? [];
  return chainId === undefined || baseUrl === undefined ? { baseUrl: text } : { chainId, baseUrl };
}

type Level = 'debug' | 'info' | 'warn' | 'error';

function logLevelOf(level: string | undefined): Level | undefined {
  const known = (['debug', 'info', 'warn', 'error'] as const).find((each) => each === level);
  return level === undefined ? undefined : (known ?? usage('--log-level', 'expected debug, info, warn or error'));
}

/** In the form of the log's other lines: what reads them reads this. */
function logWarning(message: string): void {
  process.stderr.write(`${JSON.stringify({ level: 'warn', time: new Date().toISOString(), event: 'warning', msg: message })}\n`);
}

/** The one line that a supervisor waits for. */
function announce(options: Options, { keystore }: Home, { running, store, bindings }: Service): void {
  const keys = keystore
    .list()
    .map(({ name, publicKey, unlocked }) => ({ name, publicKey: Hex.encode(publicKey), unlocked, binding: bindings.get(name) }));
  const data = { listening: running.address, port: running.port, metrics: running.metricsAddress ?? null, store, keys };
  const unlocked = keys.filter((key) => key.unlocked).length;
  const text = `satlock signer listens on ${running.address}, store ${store.kind} ${store.storeId}, ${unlocked} of ${keys.length} keys unlocked`;
  process.stdout.write(`${options.json === true ? JSON.stringify(JSON.parse(toJson(data))) : text}\n`);
  if (keys.length === 0) note('satlock: there are no keys yet: satlock signer keys add');
}
