// Row 20: a raw block looked through for stakes, beside bitcoinjs-lib's Block.fromBuffer; and the cost against the size of the block.
import { Block } from 'bitcoinjs-lib';
import { usualBlock } from '../../test/support/blocks.ts';
import { type Fixtures, hash, hex, same } from '../fixtures.ts';
import { type Budget, compare, exponentOf, type Side, sweep } from '../measure.ts';
import type { Finding } from '../report.ts';

const TRANSACTIONS = 3_000;
const WATCHED = 10_000;
const WARM_UP_BLOCKS = 30;
const SIZES = [500, 1_000, 2_000, 4_000] as const;

export function blockRows({ lib }: Fixtures, budget: Budget, quick: boolean): readonly Finding[] {
  const raw = usualBlock('bench block', TRANSACTIONS);
  const buffer = Buffer.from(raw);
  const views = [...lib.BlockReader.transactions(raw)];
  const other = Block.fromBuffer(buffer).transactions ?? [];
  same('numbers of transactions', `${views.length}`, `${other.length}`);
  same('ids', views.map(({ txid }) => txid).join(), other.map((transaction) => transaction.getId()).join());
  const scripts = (list: Iterable<{ readonly scriptPubKey: Uint8Array }>): string =>
    [...list].map(({ scriptPubKey }) => hex(scriptPubKey)).join();
  for (const [i, view] of views.entries())
    same('output scripts', scripts(view.outputs()), (other[i]?.outs ?? []).map(({ script }) => hex(script)).join());

  // As an indexer has it: scripts and outpoints of thousands of stakes, the tag of phase 1, and every spend of a leaf under the NUMS key.
  const [payee] = [...(views[1_000] as (typeof views)[number]).outputs()];
  const [spender] = [...(views[2_000] as (typeof views)[number]).inputs()];
  if (payee === undefined || spender === undefined) throw new Error('a transaction has outputs and inputs');
  const targets = lib.BlockReader.targets({
    scripts: [payee.scriptPubKey, ...Array.from({ length: WATCHED }, (_, i) => Uint8Array.from([0x51, 0x20, ...hash(`script ${i}`)]))],
    outpoints: [spender.outpoint, ...Array.from({ length: WATCHED }, (_, i) => ({ txid: hex(hash(`outpoint ${i}`)), vout: 0 }))],
    opReturnTags: [Uint8Array.of(0x62, 0x62, 0x6e, 0x31)],
    internalKey: lib.TapTree.nums(),
  });
  const found = [...lib.BlockReader.scan(raw, targets)].map(({ transaction }) => transaction.index);
  same('matches', found.join(), '1000,2000');

  const scan = (block: Uint8Array): Side => ({
    name: `satlock ${block.length} bytes`,
    run: () => [...lib.BlockReader.scan(block, targets)].length,
  });
  const ours = { ...scan(raw), name: `satlock: BlockReader.scan for ${WATCHED} scripts, ${WATCHED} outpoints, a tag and leaf spends` };
  const theirs = { name: 'bitcoinjs-lib: Block.fromBuffer, nothing looked for', run: () => Block.fromBuffer(buffer) };
  // An indexer reads blocks all day: both are measured as they run then, compiled, not at the first block of a process.
  for (let i = 0; i < WARM_UP_BLOCKS; i++) for (const side of [ours, theirs]) side.run(i);
  const comparison = compare(ours, theirs, budget);
  const sizes = quick ? SIZES.slice(0, 3) : SIZES;
  const blocks = sizes.map((size) => usualBlock(`bench block of ${size}`, size));
  const timings = sweep(blocks.map(scan), budget);
  const points = sizes.map((size, i) => ({ size, microseconds: (timings[i] as (typeof timings)[number]).microseconds }));
  const exponent = exponentOf(points.map(({ size, microseconds }) => ({ size, time: microseconds.median })));
  const checked = 'number, ids and output scripts of all transactions; the scan finds the two that it should find';
  const text = '>= 10x';
  return [
    {
      ...{ row: 20, kind: 'ratio', name: `Raw block of ${TRANSACTIONS + 1} transactions, ${raw.length} bytes`, comparison, checked },
      target: { text, met: comparison.ratio.median >= 10 },
      note: 'the scan checks every length as strictly as a node does and makes objects of the matches alone; txids are hashed when asked for',
    },
    {
      ...{ row: 20, kind: 'curve', name: 'Raw block scan against the number of transactions', checked },
      curves: [{ name: 'satlock', points, exponent }],
      target: { text: 'linear or better (n^1.15)', met: exponent <= 1.15 },
    },
  ];
}
