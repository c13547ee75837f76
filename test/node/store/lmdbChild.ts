// A process of its own for tests of the embedded store: it may be killed, stopped, traced, or die of a damaged file.
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSatlockError } from '../../../src/base/Errors.ts';
import * as Hex from '../../../src/base/Hex.ts';
import * as LmdbStore from '../../../src/node/store/LmdbStore.ts';
import { collect, record, slotOf } from './conformanceSupport.ts';

const [, , command = '', path = '', ...rest] = process.argv;

/** Out of this process before the next step: what the parent reads was said. */
function say(line: string): void {
  for (;;) {
    try {
      writeSync(1, `${line}\n`);
      return;
    } catch (error) {
      // the parent is slow and the pipe is full
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

function codeOf(error: unknown): string {
  return isSatlockError(error) ? error.code : `unexpected: ${error instanceof Error ? error.stack : String(error)}`;
}

/** Claims every height once, with messages of its own; says who won. */
async function race(tag: string, heights: number, batch: number): Promise<void> {
  const store = await LmdbStore.open({ path });
  say('ready');
  // all racers start together
  while (rest[3] !== 'at once' && !existsSync(join(path, 'go'))) await sleep(2);
  // each begins at another height, so that all of them win some and lose some
  const first = (Number(tag.at(-1)) || 0) * batch * Math.ceil(heights / batch / 8);
  for (let step = 0; step < heights; step += batch) {
    const own = Array.from({ length: batch }, (_, i) => record(BigInt(((first + step) % heights) + i), tag));
    const outcomes = await store.claim(slotOf(1), own);
    for (const [i, outcome] of outcomes.entries()) {
      const at = own[i];
      if (at === undefined) continue;
      const root = outcome.kind === 'held' ? outcome.record.signingRoot : at.signingRoot;
      say(`${at.height} ${outcome.kind} ${Hex.encode(root)}`);
    }
  }
  await store.close();
  say('done');
}

/** Claims until it is killed; each answer is said before the next claim. */
async function claimForEver(tag: string, from: number): Promise<void> {
  const store = await LmdbStore.open({ path });
  say('ready');
  const next = async (first: bigint): Promise<void> => {
    for (let height = first; ; height += 4n) {
      const [outcome] = await store.claim(slotOf(1), [record(height, tag)]);
      if (outcome?.kind === 'inserted') say(`${height} inserted ${Hex.encode(record(height, tag).signingRoot)}`);
    }
  };
  await Promise.all([0, 1, 2, 3].map((lane) => next(BigInt(from + lane))));
}

/** Answers of single claims and of a read, with marks for a trace of system calls around them. */
async function marked(count: number): Promise<void> {
  const store = await LmdbStore.open({ path });
  await store.enrol(slotOf(1), -1n);
  say('ready');
  for (let i = 0; i < count; i++) {
    say(`asked ${i}`);
    await store.claim(slotOf(1), [record(BigInt(i))]);
    say(`answered ${i}`);
  }
  say('waiting');
  // until another process has written at height 1000
  for (;;) {
    await sleep(20);
    const { records } = await store.read(slotOf(1), [1000n]);
    if (records[0] === undefined) continue;
    say('told');
    break;
  }
  await store.close();
}

type Mutation = { readonly kind: 'flip' | 'cut' | 'zero'; readonly at: number; readonly bit: number };

/** Opens one damaged copy after the other; says for each what became of it. */
async function damage(listFile: string, from: number): Promise<void> {
  const { mutations, expected } = JSON.parse(readFileSync(listFile, 'utf8')) as { mutations: Mutation[]; expected: string };
  for (const [i, mutation] of mutations.entries()) {
    if (i < from) continue;
    say(`${i} begins`);
    const folder = join(path, `copy-${i}`);
    mkdirSync(folder);
    writeFileSync(join(folder, 'data.mdb'), mutated(readFileSync(join(path, 'data.mdb')), mutation));
    say(`${i} ${await verdict(folder, expected, i % 3 === 0 ? 2 : 1)}`);
    rmSync(folder, { recursive: true });
  }
  say('done');
}

function mutated(bytes: Buffer, { kind, at, bit }: Mutation): Buffer {
  if (kind === 'cut') return bytes.subarray(0, at);
  if (kind === 'zero') bytes.fill(0, at, at + 64);
  else bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
  return bytes;
}

/** `same`: every record reads right, also after more was written and the store was opened again. Else the code of the refusal. */
async function verdict(folder: string, expected: string, rounds: number): Promise<string> {
  try {
    for (let round = 0; round < rounds; round++) {
      const store = await LmdbStore.open({ path: folder, timeoutMs: 5_000 });
      try {
        const digest = await digestOf(store);
        if (digest !== expected) return `DIFFERENT ${digest}`;
        await store.claim(
          slotOf(9),
          Array.from({ length: 40 }, (_, i) => record(BigInt(round * 40 + i))),
        );
      } finally {
        await store.close();
      }
    }
    return 'same';
  } catch (error) {
    return codeOf(error);
  }
}

/** Every slot but 9, into which more is written, as one text. */
async function digestOf(store: LmdbStore.LmdbStore): Promise<string> {
  const lines: string[] = [];
  for (const slot of await store.slots()) {
    if (slot.publicKey[0] === 9) continue;
    lines.push(`${slot.publicKey[0]} ${slot.chainId} ${slot.watermark} ${slot.highestSigned} ${slot.condemned}`);
    for await (const { height, signingRoot, signature, message } of store.records(slot)) {
      const parts = [signingRoot, signature, message].map((bytes) => (bytes === undefined ? '-' : Hex.encode(bytes)));
      lines.push([height, ...parts].join(' '));
    }
  }
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

/** Claims batches until the store refuses; then says why, and what is really there. */
async function fill(count: number): Promise<void> {
  const store = await LmdbStore.open({ path, create: true });
  await store.enrol(slotOf(1), -1n);
  say('ready');
  const told: bigint[] = [];
  let refusal = 'none';
  for (let i = 0; i < count && refusal === 'none'; i++) {
    const batch = Array.from({ length: 50 }, (_, k) => ({ ...record(BigInt(i * 50 + k)), message: new Uint8Array(500).fill(k) }));
    try {
      await store.claim(slotOf(1), batch);
      told.push(...batch.map(({ height }) => height));
    } catch (error) {
      refusal = codeOf(error);
    }
  }
  say(`refused ${refusal}`);
  await sleep(1_200);
  const there = (await collect(store.records(slotOf(1)))).map(({ height }) => height);
  say(`there ${there.length} told ${told.length} ${told.every((height, i) => there[i] === height) ? 'in order' : 'DIFFERENT'}`);
  await store.close();
}

async function openOnly(): Promise<void> {
  try {
    const store = await LmdbStore.open({
      path,
      ...(rest[0] === 'create' ? { create: true } : rest[0] === 'read-only' ? { readOnly: true } : {}),
    });
    const { storeId } = await store.identity();
    const outcome = await store.claim(slotOf(1), [record(77n)]).then(
      ([claimed]) => claimed?.kind,
      (error: unknown) => codeOf(error),
    );
    say(`opened ${storeId} ${outcome}`);
    await store.close();
  } catch (error) {
    say(`refused ${codeOf(error)}`);
  }
}

const commands: Readonly<Record<string, () => Promise<void>>> = {
  race: () => race(rest[0] ?? '', Number(rest[1]), Number(rest[2])),
  claim: () => claimForEver(rest[0] ?? '', Number(rest[1])),
  marked: () => marked(Number(rest[0])),
  damage: () => damage(rest[0] ?? '', Number(rest[1])),
  fill: () => fill(Number(rest[0])),
  open: openOnly,
  digest: async () => {
    const store = await LmdbStore.open({ path });
    say(await digestOf(store));
    await store.close();
  },
  copy: async () => copyFileSync(path, rest[0] ?? ''),
};

const run = commands[command];
if (run === undefined) throw new Error(`unknown command ${command}`);
await run();
