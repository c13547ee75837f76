// What a staker costs in memory, for row 31. In a process of its own: node --expose-gc --import tsx bench/ledgerMemory.ts <package root> <stakers>
import { building, type EigenLayer, type Ledger, type Operation, run } from './ledgers.ts';

const [, , rootUrl = '', count = ''] = process.argv;
const stakers = Number(count);
const lib = (await import(rootUrl.replace(/index\.js$/, 'restaking/eigenlayer/EigenLayer.js'))) as EigenLayer;

function heap(): number {
  // Twice: what the first collection finalises, the second one takes.
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

/** All of these operations for each staker. */
function each(ledger: Ledger, operations: (staker: string, i: number) => readonly Operation[]): void {
  for (let i = 0; i < stakers; i++) run(lib, ledger, operations(`staker${i}`, i));
}

const ledger = lib.create({ strategies: ['S1', 'S2', 'S3'].map((id) => ({ id })) });
run(lib, ledger, building({ operators: 1_000, sets: 100, stakers: 0 }));
const before = heap();
each(ledger, (staker, i) => [
  { op: 'deposit', staker, strategy: 'S1', amount: 10n ** 18n + BigInt(i) },
  { op: 'delegate', staker, operator: `operator${i % 1_000}` },
]);
const delegated = heap();
each(ledger, (staker, i) => [
  { op: 'deposit', staker, strategy: 'S2', amount: 10n ** 18n + BigInt(i) },
  { op: 'deposit', staker, strategy: 'S3', amount: 10n ** 18n + BigInt(i) },
  { op: 'queueWithdrawal', staker, strategies: ['S1'], depositShares: [10n ** 17n] },
]);
const queued = heap();
// Looked at once more, so that nothing of it can be collected before.
if (!lib.apply(ledger, { op: 'advance', blocks: 1n }).ok) throw new Error('time passes');
console.log(
  JSON.stringify({
    'delegated, one strategy': (delegated - before) / stakers,
    'delegated, three strategies, one withdrawal queued': (queued - before) / stakers,
  }),
);
