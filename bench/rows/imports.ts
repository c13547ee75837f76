// Row 12: what an import costs in a fresh process.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PROJECT } from '../build.ts';
import type { Fixtures } from '../fixtures.ts';
import { spreadOf } from '../measure.ts';
import type { Finding } from '../report.ts';

/** Milliseconds of one dynamic import, by the clock of the new process. */
function timeOf(specifier: string, flags: readonly string[] = []): number {
  const script = `const start = performance.now(); await import(${JSON.stringify(specifier)}); console.log(performance.now() - start);`;
  const output = execFileSync(process.execPath, [...flags, '--input-type=module', '--eval', script], { cwd: PROJECT, encoding: 'utf8' });
  return Number(output.trim());
}

export function importRows({ lib }: Fixtures, quick: boolean): readonly Finding[] {
  const root = pathToFileURL(join(PROJECT, 'src', 'index.ts')).href;
  const cases: readonly { readonly name: string; readonly run: () => number }[] = [
    { name: 'satlock: package root, built', run: () => timeOf(lib.rootUrl) },
    { name: 'satlock: crypto, built', run: () => timeOf(lib.rootUrl.replace(/index\.js$/, 'crypto/index.js')) },
    { name: 'satlock: package root from source, transpiled by tsx on the way', run: () => timeOf(root, ['--import', 'tsx']) },
    { name: '@babylonlabs-io/btc-staking-ts', run: () => timeOf('@babylonlabs-io/btc-staking-ts') },
    { name: '@scure/btc-signer', run: () => timeOf('@scure/btc-signer') },
  ];
  const times: number[][] = cases.map(() => []);
  for (let round = 0; round < (quick ? 3 : 9); round++) for (const [i, { run }] of cases.entries()) times[i]?.push(run());
  const spreads = cases.map(({ name }, i) => ({ name, spread: spreadOf(times[i] ?? []) }));
  const ours = spreads[0]?.spread.median ?? Number.NaN;
  return [
    {
      row: 12,
      kind: 'time',
      unit: 'ms',
      name: 'Import in a fresh process, start of Node not counted',
      checked: 'nothing to compare; interleaved like the others',
      times: spreads,
      target: { text: 'built package root below 150 ms', met: ours < 150 },
    },
  ];
}
