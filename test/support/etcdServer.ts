// Real etcd clusters of one or three members on loopback ports, each member behind a proxy for its clients and one for its peers.
import { execFile } from 'node:child_process';
import { chownSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePorts, startProxy, type TcpProxy } from './proxy.ts';
import { account, findProgram, newFolder, removeFolder, type ServerProcess, start, until } from './serverProcess.ts';

export interface EtcdMember {
  readonly name: string;
  /** Clients reach the member here: a proxy, so that they can be cut off from it. */
  readonly endpoint: string;
  /** Straight to the member, for tests that look at it. */
  readonly directEndpoint: string;
  readonly clientProxy: TcpProxy;
  readonly process: () => ServerProcess;
  readonly kill: () => Promise<void>;
  readonly pause: () => Promise<void>;
  readonly resume: () => void;
  /** Starts it again on its data. */
  readonly restart: () => Promise<void>;
  /** No byte between this member and its peers, in either direction. */
  readonly isolate: () => void;
  readonly heal: () => void;
}

export interface EtcdCluster {
  readonly members: readonly EtcdMember[];
  /** `etcd://host:port,...` of all members, through their proxies. */
  readonly url: (prefix: string, parameters?: string) => string;
  /** Runs etcdctl against the members that are asked directly. */
  readonly ctl: (args: readonly string[], member?: number) => Promise<string>;
  readonly leader: () => Promise<EtcdMember>;
  /** A folder for files of etcdctl. */
  readonly folder: string;
  /** Stops all members and starts them again from a snapshot file. */
  readonly restore: (snapshot: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

const program = findProgram('etcd');
const ctlProgram = findProgram('etcdctl');

/** Why etcd cannot be started here; undefined when it can. */
export const missingEtcd: string | undefined =
  program === undefined || ctlProgram === undefined ? 'there is no etcd or etcdctl (Debian: etcd-server, etcd-client)' : undefined;

export type EtcdOptions = {
  readonly members: 1 | 3;
  /** Restores this snapshot file into the first member, instead of an empty start. */
  readonly snapshot?: string;
  readonly extraArgs?: readonly string[];
  /** Serves clients by TLS only, and only those with this certificate. */
  readonly tls?: { readonly cert: string; readonly key: string };
};

/** Starts a cluster and waits until it has a leader. */
export async function startEtcd(options: EtcdOptions): Promise<EtcdCluster> {
  const owner = account('etcd');
  const folder = newFolder('etcd', owner);
  const ports = await freePorts(options.members * 2);
  const certificates = options.tls === undefined ? undefined : store(folder, options.tls, owner);
  const plans: Plan[] = [];
  for (let i = 0; i < options.members; i++) {
    const [client, peer] = [ports[2 * i] ?? 0, ports[2 * i + 1] ?? 0];
    const peerProxy = await startProxy({ port: peer });
    const clientProxy = await startProxy({ port: client });
    plans.push({ name: `m${i}`, client, peer, peerProxy, clientProxy, folder, owner, certificates, extraArgs: options.extraArgs ?? [] });
  }
  const running = plans.map(() => undefined as ServerProcess | undefined);
  const initial = plans.map((plan) => `${plan.name}=http://127.0.0.1:${plan.peerProxy.port}`).join(',');
  if (options.snapshot !== undefined) await restore(plans, initial, options.snapshot);
  const launch = (i: number): void => {
    const plan = plans[i];
    if (plan !== undefined) running[i] = launchMember(plan, initial);
  };
  plans.forEach((_, i) => {
    launch(i);
  });
  const ctl = (args: readonly string[], member = 0): Promise<string> =>
    run(args, `127.0.0.1:${plans[member]?.client}`, owner, certificates);
  const healthy = async (): Promise<void> => {
    for (const i of plans.keys()) await until('etcd answers', () => isHealthy(ctl, i), 30_000, join(folder, `m${i}.log`));
  };
  const members = plans.map((plan, i) => member(plan, plans, running, i, () => launch(i)));
  const cluster: EtcdCluster = {
    members,
    url: (prefix, parameters = '') => `etcd://${members.map(({ endpoint }) => endpoint).join(',')}/${prefix}${parameters}`,
    ctl,
    leader: () => leaderOf(members, ctl),
    folder,
    restore: async (snapshot) => {
      await Promise.all(running.map((each) => each?.stop('SIGKILL')));
      await restore(plans, initial, snapshot);
      plans.forEach((_, i) => {
        launch(i);
      });
      await healthy();
    },
    stop: async () => {
      await Promise.all(running.map((each) => each?.stop('SIGKILL')));
      await Promise.all(plans.flatMap((plan) => [plan.peerProxy.close(), plan.clientProxy.close()]));
      removeFolder(folder);
    },
  };
  try {
    await healthy();
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

type Plan = {
  readonly name: string;
  readonly client: number;
  readonly peer: number;
  readonly peerProxy: TcpProxy;
  readonly clientProxy: TcpProxy;
  readonly folder: string;
  readonly owner: ReturnType<typeof account>;
  readonly certificates: Certificates | undefined;
  readonly extraArgs: readonly string[];
};

type Certificates = { readonly cert: string; readonly key: string };

function store(folder: string, { cert, key }: Certificates, owner: ReturnType<typeof account>): Certificates {
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  for (const [file, text] of [
    [files.cert, cert],
    [files.key, key],
  ] as const) {
    writeFileSync(file, text);
    if (owner !== undefined) chownSync(file, owner.uid, owner.gid);
  }
  return files;
}

function launchMember(plan: Plan, initial: string): ServerProcess {
  if (program === undefined) throw new Error(missingEtcd);
  const dataDir = join(plan.folder, plan.name);
  const scheme = plan.certificates === undefined ? 'http' : 'https';
  const args = [
    `--name=${plan.name}`,
    `--data-dir=${dataDir}`,
    `--listen-client-urls=${scheme}://127.0.0.1:${plan.client}`,
    `--advertise-client-urls=${scheme}://127.0.0.1:${plan.clientProxy.port}`,
    ...(plan.certificates === undefined
      ? []
      : [
          `--cert-file=${plan.certificates.cert}`,
          `--key-file=${plan.certificates.key}`,
          `--trusted-ca-file=${plan.certificates.cert}`,
          '--client-cert-auth',
        ]),
    `--listen-peer-urls=http://127.0.0.1:${plan.peer}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${plan.peerProxy.port}`,
    `--initial-cluster=${initial}`,
    '--initial-cluster-state=new',
    '--logger=zap',
    '--log-outputs=stderr',
    ...plan.extraArgs,
  ];
  return start(program, args, { account: plan.owner, cwd: plan.folder, log: join(plan.folder, `${plan.name}.log`), lastSignal: 'KILL' });
}

function member(plan: Plan, plans: readonly Plan[], running: (ServerProcess | undefined)[], i: number, launch: () => void): EtcdMember {
  const process = (): ServerProcess => {
    const now = running[i];
    if (now === undefined) throw new Error('not started');
    return now;
  };
  const others = plans.filter((each) => each !== plan);
  return {
    name: plan.name,
    endpoint: `127.0.0.1:${plan.clientProxy.port}`,
    directEndpoint: `127.0.0.1:${plan.client}`,
    clientProxy: plan.clientProxy,
    process,
    kill: () => process().stop('SIGKILL'),
    pause: () => process().pause(),
    resume: () => process().signal('SIGCONT'),
    restart: async () => {
      if (process().isRunning()) await process().stop('SIGKILL');
      launch();
      await until('the member is back', () => isHealthy((args) => run(args, `127.0.0.1:${plan.client}`, plan.owner, plan.certificates), 0));
    },
    isolate: () => {
      plan.peerProxy.cut();
      for (const other of others) other.peerProxy.cut(process().pid);
    },
    heal: () => {
      plan.peerProxy.heal();
      for (const other of others) other.peerProxy.heal();
    },
  };
}

async function restore(plans: readonly Plan[], initial: string, snapshot: string): Promise<void> {
  for (const plan of plans) {
    const dataDir = join(plan.folder, plan.name);
    rmSync(dataDir, { recursive: true, force: true });
    const peers = [`--initial-cluster=${initial}`, `--initial-advertise-peer-urls=http://127.0.0.1:${plan.peerProxy.port}`];
    await run(['snapshot', 'restore', snapshot, `--name=${plan.name}`, `--data-dir=${dataDir}`, ...peers], '', plan.owner);
  }
}

async function run(
  args: readonly string[],
  endpoint: string,
  owner: ReturnType<typeof account>,
  certificates?: Certificates,
): Promise<string> {
  if (ctlProgram === undefined) throw new Error(missingEtcd);
  const where = endpoint === '' ? [] : [`--endpoints=${endpoint}`, '--command-timeout=4s', '--dial-timeout=2s'];
  const tls =
    certificates === undefined ? [] : [`--cacert=${certificates.cert}`, `--cert=${certificates.cert}`, `--key=${certificates.key}`];
  const env = { PATH: process.env['PATH'] ?? '', ETCDCTL_API: '3' };
  return (await promisify(execFile)(ctlProgram, [...where, ...tls, ...args], { env, cwd: '/', ...owner })).stdout;
}

async function isHealthy(ctl: (args: readonly string[], member?: number) => Promise<string>, i: number): Promise<boolean> {
  return ctl(['endpoint', 'health'], i).then(
    () => true,
    () => false,
  );
}

async function leaderOf(
  members: readonly EtcdMember[],
  ctl: (args: readonly string[], member?: number) => Promise<string>,
): Promise<EtcdMember> {
  for (const [i, each] of members.entries()) {
    const line = await ctl(['endpoint', 'status', '--write-out=fields'], i).catch(() => '');
    const id = /"MemberID" : (\d+)/.exec(line)?.[1];
    if (id !== undefined && id === /"Leader" : (\d+)/.exec(line)?.[1]) return each;
  }
  throw new Error('no member leads');
}
