// Row 12: what an import costs in a fresh process.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PROJECT } from '../build.ts';
import type { Fixtures } from '../fixtures.ts';
import { spreadOf } from '../measure.ts';
import type { Finding } from '../report.ts';

type Cost = { readonly cpu: number; readonly wall: number };

/** One dynamic import, by the clocks of the new process. @unit milliseconds */
function costOf(specifier: string, flags: readonly string[] = []): Cost {
  const script = `const cpu = process.cpuUsage(), wall = performance.now();
    await import(${JSON.stringify(specifier)});
    const { user, system } = process.cpuUsage(cpu);
    console.log(JSON.stringify({ cpu: (user + system) / 1000, wall: performance.now() - wall }));`;
  const output = execFileSync(process.execPath, [...flags, '--input-type=module', '--eval', script], { cwd: PROJECT, encoding: 'utf8' });
  return JSON.parse(output) as Cost;
}

export function importRows({ lib }: Fixtures, quick: boolean): readonly Finding[] {
  const source = pathToFileURL(join(PROJECT, 'src', 'index.ts')).href;
  const crypto = lib.rootUrl.replace(/index\.js$/, 'crypto/index.js');
  const cases: readonly { readonly name: string; readonly run: () => Cost }[] = [
    { name: 'satlock: package root, built', run: () => costOf(lib.rootUrl) },
    { name: 'satlock: crypto, built', run: () => costOf(crypto) },
    { name: '@babylonlabs-io/btc-staking-ts', run: () => costOf('@babylonlabs-io/btc-staking-ts') },
    { name: '@scure/btc-signer', run: () => costOf('@scure/btc-signer') },
    ...(quick ? [] : [{ name: 'satlock: package root from source, through tsx', run: () => costOf(source, ['--import', 'tsx']) }]),
  ];
  const costs: Cost[][] = cases.map(() => []);
  for (let round = 0; round < (quick ? 3 : 9); round++) for (const [i, { run }] of cases.entries()) costs[i]?.push(run());
  const times = cases.flatMap(({ name }, i) =>
    (['cpu', 'wall'] as const).map((clock) => ({
      name: `${name}, ${clock}`,
      spread: spreadOf((costs[i] ?? []).map((cost) => cost[clock])),
    })),
  );
  const ours = times[0]?.spread.median ?? Number.NaN;
  return [
    {
      row: 12,
      kind: 'time',
      unit: 'ms',
      name: 'Import in a fresh process, start of Node not counted',
      checked: 'nothing to compare; the processes take turns',
      times,
      target: { text: 'built package root below 150 ms of CPU', met: ours < 150 },
      note: 'wall time is what a user waits; on a busy machine it measures the others too',
    },
  ];
}
