// Row 21: what a browser has to load. Built by Vite as an application would be; the row says which parts weigh what.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { PROJECT } from '../build.ts';
import type { Finding } from '../report.ts';
import type { Size } from '../webSize.ts';

const NAMES: Readonly<Record<string, string>> = {
  page: 'satlock: a page that stakes, whole (story, key and all)',
  satlock: 'satlock: package root, everything kept',
  'satlock/wallet': 'satlock/wallet, everything kept',
  'satlock/babylon': 'satlock/babylon, everything kept',
  'satlock/bitcoin': 'satlock/bitcoin, everything kept',
  'satlock/crypto': 'satlock/crypto, everything kept',
  scripts: 'satlock: StakingContract.from alone, the rest shaken off',
  peer: '@babylonlabs-io/btc-staking-ts, everything kept',
};
/** Of the peer's size. */
const TARGET = 0.6;

export function webRows(): readonly Finding[] {
  const script = join(PROJECT, 'bench/webSize.ts');
  const text = execFileSync(process.execPath, ['--import', 'tsx', script], {
    cwd: PROJECT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const sizes = JSON.parse(text) as readonly Size[];
  const kilobytes = (name: string): number => (sizes.find((size) => size.name === name)?.gzip ?? Number.NaN) / 1000;
  const share = kilobytes('page') / kilobytes('peer');
  return [
    {
      row: 21,
      kind: 'time',
      unit: 'KB',
      name: `Browser bundle, gzipped: ${(100 * share).toFixed(0)}% of the peer's`,
      checked:
        'the page is the one that the browser tests run: plan, consents, proof, message, covenant, unbonding, slashing, withdrawal, verdicts',
      times: sizes.map(({ name, gzip }) => ({
        name: NAMES[name] ?? name,
        spread: { min: gzip / 1000, median: gzip / 1000, max: gzip / 1000 },
      })),
      target: { text: `a page that stakes weighs at most ${100 * TARGET}% of the peer`, met: share <= TARGET },
      note: "ours needs no shim; the peer's imports of Node's library are empty stubs here, so that it weighs less than one that runs",
    },
  ];
}
