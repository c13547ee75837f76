// Runs the benchmark: builds the library, checks that both sides of each row compute the same, measures them in turns, prints ratios.
// Options: --quick, --filter <text>, --json <file>. A missed target is printed and changes nothing about the exit code.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { clean, load, PROJECT } from './build.ts';
import { Fixtures } from './fixtures.ts';
import type { Budget } from './measure.ts';
import { peerVersions } from './peers.ts';
import { type Finding, lines, type Machine, type Report, summary } from './report.ts';
import { blockRows } from './rows/blocks.ts';
import { coinRows } from './rows/coins.ts';
import { contractRows, treeRows, unbondingRows } from './rows/contract.ts';
import { adaptorRows, curveRows } from './rows/curve.ts';
import { eotsRows, randomnessRows } from './rows/eots.ts';
import { flowRows } from './rows/flow.ts';
import { importRows } from './rows/imports.ts';
import { ledgerRows } from './rows/ledger.ts';
import { manyRows } from './rows/many.ts';
import { psbtRows } from './rows/psbts.ts';
import { signerRows } from './rows/signer.ts';
import { slashingRows } from './rows/slashing.ts';
import { stakingRows } from './rows/staking.ts';
import { daemonRows, storeRows } from './rows/votes.ts';
import { webRows } from './rows/web.ts';

const BUDGET: Budget = { rounds: 15, batchMs: 25, maxMs: 3_000 };
const QUICK: Budget = { rounds: 5, batchMs: 6, maxMs: 400 };

type Group = {
  readonly name: string;
  readonly run: (fixtures: Fixtures, budget: Budget, quick: boolean) => readonly Finding[] | Promise<readonly Finding[]>;
};

const GROUPS: readonly Group[] = [
  { name: '1 contract scripts address', run: contractRows },
  { name: '2 unbonding transaction', run: unbondingRows },
  { name: '3 staking psbt inputs', run: stakingRows },
  { name: '4 5 6 eots sign extract verify', run: eotsRows },
  { name: '7 adaptor', run: adaptorRows },
  { name: '8 curve backends', run: curveRows },
  { name: '9 randomness merkle', run: randomnessRows },
  { name: '10 11 slashing verifySpend', run: slashingRows },
  { name: '12 import', run: (fixtures, _, quick) => importRows(fixtures, quick) },
  { name: '13 taproot tree', run: treeRows },
  { name: '14 flow', run: flowRows },
  { name: '15 coins funding', run: coinRows },
  { name: '16 withdrawal unbonding slashing psbt', run: psbtRows },
  { name: '17 18 19 delegations inputs counter', run: manyRows },
  { name: '20 block scan', run: blockRows },
  { name: '21 browser bundle size', run: webRows },
  { name: '22 23 24 25 signer vote randomness threads', run: signerRows },
  { name: '26 27 signer store durable', run: storeRows },
  { name: '28 signer daemon grpc', run: daemonRows },
  { name: '29 30 31 32 33 34 restaking ledger', run: ledgerRows },
];

function machine(): Machine {
  const [cpu] = cpus();
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: PROJECT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  const commit = ((): string => {
    try {
      return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', 'src') === '' ? '' : ' with changes in src'}`;
    } catch {
      return 'unknown';
    }
  })();
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    loadAverage: loadavg().map((load) => Number(load.toFixed(2))),
    commit,
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { json: { type: 'string' }, filter: { type: 'string' }, quick: { type: 'boolean', default: false } },
  });
  const start = performance.now();
  const host = machine();
  const print = (...text: readonly string[]): void => console.log(text.join('\n'));
  print(
    `satlock ${host.commit}; Node ${host.node}, ${host.platform}, ${host.cores} x ${host.cpu}, load ${host.loadAverage.join(' ')}`,
    Object.entries(peerVersions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
    'Ratios are medians over pairs of neighbouring batches (lowest … highest); times are CPU times of this machine and hour.',
    '',
  );
  const fixtures = new Fixtures(await load());
  const wanted = GROUPS.filter(
    ({ name }) =>
      values.filter === undefined ||
      name.split(' ').includes(values.filter) ||
      (Number.isNaN(Number(values.filter)) && name.includes(values.filter)),
  );
  if (wanted.length === 0) print(`no row matches "${values.filter}"; there are: ${GROUPS.map(({ name }) => name).join('; ')}`);
  const findings: Finding[] = [];
  for (const { run } of wanted) {
    const found = await run(fixtures, values.quick ? QUICK : BUDGET, values.quick);
    findings.push(...found);
    for (const finding of found) print(...lines(finding));
  }
  const seconds = (performance.now() - start) / 1000;
  print(...summary(findings), `${Math.round(seconds)} s`);
  if (values.json !== undefined) {
    const report: Report = { machine: host, quick: values.quick, seconds, peers: peerVersions, findings };
    writeFileSync(values.json, `${JSON.stringify(report, undefined, 2)}\n`);
  }
}

try {
  await main();
} finally {
  clean();
}
