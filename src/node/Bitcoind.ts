// Finds, starts and stops a Bitcoin node on a regtest chain of its own: temporary folder, own password, loopback, no peers.
// Options follow Bitcoin Core 25 and Bitcoin Knots 29; a Knots node is told to use Core's relay policy.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { accessSync, constants, rmSync, statSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as Check from '../base/Check.ts';
import { fail, hasCode } from '../base/Errors.ts';
import * as BitcoindRpc from './BitcoindRpc.ts';

export type Reason =
  | Check.Reason
  | { readonly code: 'bitcoind.not-found'; readonly named: string | null }
  | { readonly code: 'bitcoind.not-usable'; readonly binary: string }
  | { readonly code: 'bitcoind.too-old'; readonly version: string; readonly needed: string }
  | { readonly code: 'bitcoind.start-failed'; readonly binary: string; readonly problem: string; readonly log: string };

/** A running regtest node. */
export interface Node {
  readonly rpc: BitcoindRpc.Rpc;
  /** For clients of your own; the password is in memory only. */
  readonly rpcOptions: BitcoindRpc.Options;
  /** "Bitcoin Knots daemon version v29.4.3.knots20260508". */
  readonly version: string;
  readonly isKnots: boolean;
  readonly binary: string;
  readonly dataDir: string;
  readonly pid: number;
  /** Ends the process and removes the folder. Safe to call again; never throws for a node that is already gone. */
  readonly stop: () => Promise<void>;
}

export interface StartOptions {
  /** Path of the program; default is what {@link find} finds. */
  readonly binary?: string;
  /** Further command-line options, such as `-mempoolfullrbf=1`. They are visible to other users of the machine: no secrets. */
  readonly extraArgs?: readonly string[];
  /** Until the node answers; default 60,000. */
  readonly startTimeoutMs?: number;
}

/** First version with `maxburnamount` and with `generateblock` that leaves the chain alone (`submit` = false). */
const OLDEST = 250_000;
const PROJECT_CACHE = resolve(fileURLToPath(new URL('../..', import.meta.url)), '.cache', 'bitcoind');

/**
 * The path of a bitcoind: the one that BITCOIND names, else the first on PATH, else the one that `scripts/bitcoind.mjs fetch`
 * has unpacked ($XDG_CACHE_HOME/satlock/bitcoind, or .cache/bitcoind in the project); null when there is none.
 *
 * @throws bitcoind.not-found - BITCOIND is set and names no program
 */
export function find(env: Readonly<Record<string, string | undefined>> = process.env): string | null {
  const named = env['BITCOIND'];
  if (named !== undefined && named !== '') {
    const path = resolve(named);
    return isProgram(path) ? path : fail<Reason>({ code: 'bitcoind.not-found', named }, `BITCOIND=${named} is no executable file`);
  }
  const xdg = env['XDG_CACHE_HOME'];
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  if (xdg !== undefined && xdg !== '') folders.push(join(xdg, 'satlock', 'bitcoind'));
  folders.push(PROJECT_CACHE);
  return folders.map((folder) => join(resolve(folder), 'bitcoind')).find(isProgram) ?? null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * Starts a node on a fresh regtest chain and waits until it answers.
 *
 * @throws bitcoind.not-found - no program is given or found
 * @throws bitcoind.not-usable - the program does not run here or is no Bitcoin node
 * @throws bitcoind.too-old - older than version 25
 * @throws bitcoind.start-failed - with the last lines of its log
 */
export async function startRegtest(options: StartOptions = {}): Promise<Node> {
  const startTimeoutMs = Check.integer(options.startTimeoutMs ?? 60_000, 'startTimeoutMs', 1, 3_600_000);
  const extraArgs = Check.list(options.extraArgs ?? [], 'extraArgs').map((arg) => Check.text(arg, 'extraArgs'));
  const binary = options.binary ?? find();
  if (binary === null) {
    fail<Reason>({ code: 'bitcoind.not-found', named: null }, 'no bitcoind: set BITCOIND or run node scripts/bitcoind.mjs fetch');
  }
  const version = await versionOf(binary);
  const TRIES = 3;
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce({ binary, version, extraArgs, startTimeoutMs });
    } catch (error) {
      // a port that was free a moment ago may be taken by now
      const isPortTaken =
        hasCode<Reason, 'bitcoind.start-failed'>(error, 'bitcoind.start-failed') && /Unable to bind|in use/i.test(error.reason.log);
      if (!isPortTaken || attempt === TRIES) throw error;
    }
  }
}

async function versionOf(binary: string): Promise<string> {
  let line = '';
  try {
    line = (await promisify(execFile)(binary, ['--version'], { timeout: 30_000 })).stdout.split('\n')[0] ?? '';
  } catch (cause) {
    fail<Reason>({ code: 'bitcoind.not-usable', binary }, `${binary} does not run here`, { cause });
  }
  if (!/^Bitcoin .*version v/.test(line)) fail<Reason>({ code: 'bitcoind.not-usable', binary }, `${binary} is no Bitcoin node`);
  return line;
}

interface Plan {
  readonly binary: string;
  readonly version: string;
  readonly extraArgs: readonly string[];
  readonly startTimeoutMs: number;
}

async function startOnce(plan: Plan): Promise<Node> {
  const isKnots = /knots/i.test(plan.version);
  const [port, rpcPort] = await freePorts();
  const auth = { user: 'satlock', password: randomBytes(24).toString('hex') };
  const dataDir = await mkdtemp(join(tmpdir(), 'satlock-regtest-'));
  await writeFile(join(dataDir, 'bitcoin.conf'), configText({ port, rpcPort, auth, isKnots }), { mode: 0o600 });
  const child = spawn(plan.binary, [`-datadir=${dataDir}`, ...plan.extraArgs], { stdio: ['ignore', 'ignore', 'pipe'], cwd: dataDir });
  const run = watch(child, dataDir);
  const rpcOptions = { port: rpcPort, auth };
  const rpc = BitcoindRpc.connect(rpcOptions);
  try {
    await untilReady(rpc, run, plan);
    const pid = await pidOf(run);
    return {
      rpc,
      rpcOptions,
      version: plan.version,
      isKnots,
      binary: plan.binary,
      dataDir,
      pid,
      stop: stopper(BitcoindRpc.connect({ ...rpcOptions, timeoutMs: 3_000 }), run),
    };
  } catch (error) {
    await stopper(null, run)();
    throw error;
  }
}

interface ConfigFacts {
  readonly port: number;
  readonly rpcPort: number;
  readonly auth: { readonly user: string; readonly password: string };
  readonly isKnots: boolean;
}

function configText({ port, rpcPort, auth, isKnots }: ConfigFacts): string {
  const salt = randomBytes(16).toString('hex');
  const proof = createHmac('sha256', salt).update(auth.password).digest('hex');
  const lines = [
    'regtest=1',
    'server=1',
    'daemon=0',
    'printtoconsole=0',
    `rpcauth=${auth.user}:${salt}$${proof}`,
    'txindex=1',
    'acceptnonstdtxn=0',
    'fallbackfee=0.00001',
    'persistmempool=0',
    'dbcache=16',
    'par=1',
    'rpcworkqueue=256',
    // no peers, and nothing that looks for some
    'dnsseed=0',
    'fixedseeds=0',
    'discover=0',
    'listenonion=0',
    'natpmp=0',
    ...(isKnots ? ['corepolicy=1', 'softwareexpiry=0'] : []),
    '[regtest]',
    'listen=0',
    'connect=0',
    `port=${port}`,
    `rpcport=${rpcPort}`,
    'rpcbind=127.0.0.1',
    'rpcallowip=127.0.0.1',
  ];
  return `${lines.join('\n')}\n`;
}

/** Two ports of 127.0.0.1 that nothing uses at this moment. */
async function freePorts(): Promise<readonly [number, number]> {
  const servers = [createServer(), createServer()];
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((done, failed) => {
          server.once('error', failed);
          server.listen(0, '127.0.0.1', () => {
            const address = server.address();
            done(typeof address === 'object' && address !== null ? address.port : 0);
          });
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return [ports[0] ?? 0, ports[1] ?? 0];
}

/** A started process and what is known about its end. */
interface Run {
  readonly child: ChildProcess;
  readonly dataDir: string;
  readonly ended: Promise<void>;
  readonly hasEnded: () => boolean;
  readonly stderr: () => string;
  /** The node's own process, where the program is a script that started it. */
  otherPid: number | null;
}

function watch(child: ChildProcess, dataDir: string): Run {
  let ended = false;
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-8_000);
  });
  const end = new Promise<void>((done) => {
    const finish = (): void => {
      ended = true;
      done();
    };
    child.once('error', (error) => {
      stderr += `${error.message}\n`;
      finish();
    });
    child.once('exit', finish);
  });
  const run: Run = { child, dataDir, ended: end, hasEnded: () => ended, stderr: () => stderr, otherPid: null };
  guard(run);
  return run;
}

async function untilReady(rpc: BitcoindRpc.Rpc, run: Run, plan: Plan): Promise<void> {
  const steps = Math.ceil(plan.startTimeoutMs / 50);
  for (let step = 0; step < steps; step++) {
    if (run.hasEnded()) return startFailed(run, plan, 'it ended at once');
    try {
      const info = BitcoindRpc.asObject(await rpc.call('getnetworkinfo'), 'getnetworkinfo');
      if (BitcoindRpc.asInteger(info['version'], 'version') < OLDEST) {
        fail<Reason>(
          { code: 'bitcoind.too-old', version: plan.version, needed: '25.0' },
          `${plan.version}: version 25.0 or later is needed`,
        );
      }
      return;
    } catch (error) {
      const WARMING_UP = -28;
      const isEarly =
        hasCode<BitcoindRpc.Reason, 'bitcoind-rpc.unreachable'>(error, 'bitcoind-rpc.unreachable') ||
        BitcoindRpc.isRpcError(error, WARMING_UP);
      // another program on the port answers otherwise: then our node says so in its log when it ends
      if (!isEarly && !hasCode<BitcoindRpc.Reason, 'bitcoind-rpc.unauthorized'>(error, 'bitcoind-rpc.unauthorized')) throw error;
    }
    await sleep(50);
  }
  return startFailed(run, plan, `no answer within ${plan.startTimeoutMs} ms`);
}

async function startFailed(run: Run, plan: Plan, problem: string): Promise<never> {
  let log = run.stderr();
  try {
    const debug = await readFile(join(run.dataDir, 'regtest', 'debug.log'), 'utf8');
    log = `${debug.split('\n').slice(-15).join('\n')}\n${log}`.trim();
  } catch {
    // it ended before it had a log
  }
  fail<Reason>({ code: 'bitcoind.start-failed', binary: plan.binary, problem, log }, `${plan.binary}: ${problem}\n${log}`);
}

async function pidOf(run: Run): Promise<number> {
  const started = run.child.pid ?? 0;
  const text = await readFile(join(run.dataDir, 'regtest', 'bitcoind.pid'), 'utf8').catch(() => '');
  const own = /^[1-9][0-9]*$/.test(text.trim()) ? Number(text.trim()) : started;
  if (own !== started) run.otherPid = own;
  return own;
}

// --- stopping --------------------------------------------------------------------------------------------------------

function stopper(rpc: BitcoindRpc.Rpc | null, run: Run): () => Promise<void> {
  let stopping: Promise<void> | null = null;
  return () => {
    stopping ??= stop(rpc, run);
    return stopping;
  };
}

async function stop(rpc: BitcoindRpc.Rpc | null, run: Run): Promise<void> {
  if (rpc !== null && !isGone(run)) {
    const isAsked = await rpc.call('stop').then(
      () => true,
      () => false,
    );
    // one that hangs, or cannot hear us, is dealt with below
    if (isAsked) await gone(run, 20_000);
  }
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (isGone(run)) break;
    kill(run, signal);
    await gone(run, 3_000);
  }
  await rm(run.dataDir, { recursive: true, force: true, maxRetries: 5 });
  unguard(run);
}

async function gone(run: Run, limitMs: number): Promise<void> {
  for (let waited = 0; waited < limitMs && !isGone(run); waited += 20) await sleep(20);
}

function isGone(run: Run): boolean {
  return run.hasEnded() && (run.otherPid === null || !isAlive(run.otherPid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function kill(run: Run, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (!run.hasEnded()) run.child.kill(signal);
  if (run.otherPid !== null && isAlive(run.otherPid)) process.kill(run.otherPid, signal);
}

// Nodes that run when this process ends. The handlers are there only while there are any.
const running = new Set<Run>();
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function guard(run: Run): void {
  if (running.size === 0) {
    process.on('exit', endAll);
    for (const signal of SIGNALS) process.on(signal, onSignal);
  }
  running.add(run);
}

function unguard(run: Run): void {
  running.delete(run);
  if (running.size > 0) return;
  process.off('exit', endAll);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

/** Synchronous, since nothing else runs any more: kill by process id, remove the folders. */
function endAll(): void {
  for (const run of running) {
    kill(run, 'SIGKILL');
    rmSync(run.dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}

function onSignal(signal: NodeJS.Signals): void {
  endAll();
  for (const run of [...running]) unguard(run);
  // who else listens decides how the process ends; without us the signal does what it always does
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}
