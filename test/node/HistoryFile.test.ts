// A history is read for what it is, whatever its name: JSON of ours, a database of eotsd, a dump; and nothing of a foreign one.
import { describe, expect, it } from 'vitest';
import * as Hex from '../../src/base/Hex.ts';
import * as EotsdHistory from '../../src/node/eotsd/EotsdHistory.ts';
import { readHistories } from '../../src/node/HistoryFile.ts';
import * as Interchange from '../../src/signer/Interchange.ts';
import { MemoryStore } from '../../src/signer/MemoryStore.ts';
import type { MergeInput } from '../../src/signer/SignStore.ts';
import { bytesOf, fileOf } from './eotsd/databases.ts';

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'read',
    (error: { code?: string }) => error.code ?? String(error),
  );
const database = fileOf(bytesOf('history'));
const read = await EotsdHistory.readDatabase(database);
const slots = (histories: readonly MergeInput[]): string[] =>
  histories
    .map(({ publicKey, chainId, watermark, records }) => `${Hex.encode(publicKey)} ${chainId} ${watermark} ${records.length}`)
    .sort();
const dump = fileOf(`${[...EotsdHistory.dumpLines(read)].join('\n')}\n`);
const store = new MemoryStore();
await Interchange.importInto(store, read.slots);
const interchange = fileOf(await Interchange.render(store));

describe('a history file', () => {
  it.each([
    ['eotsd', database],
    ['json-lines', dump],
    ['interchange', interchange],
  ] as const)('of the kind %s is recognised, and read when it is named', async (format, path) => {
    for (const asked of ['auto', format] as const) {
      const file = await readHistories(path, { format: asked });
      expect(file.format).toBe(format);
      const expected = format === 'json-lines' ? (await EotsdHistory.readDump(path)).slots : read.slots;
      expect(slots(file.histories)).toEqual(slots(expected));
    }
  });

  it.each([
    ['eotsd', database],
    ['json-lines', dump],
    ['interchange', interchange],
  ] as const)('of the kind %s is refused whole when a chain or a key in it is another one', async (_format, path) => {
    const [first] = read.slots;
    const [chainId, publicKey] = [first?.chainId ?? '', first?.publicKey ?? new Uint8Array(32)];
    expect(new Set(read.slots.map((slot) => slot.chainId)).size).toBeGreaterThan(1);
    expect(await codeOf(readHistories(path, { expectChainIds: [chainId] }))).toBe('interchange.foreign-chain');
    expect(await codeOf(readHistories(path, { expectPublicKeys: [new Uint8Array(32)] }))).toBe('interchange.foreign-key');
    const expectChainIds = read.slots.map((slot) => slot.chainId);
    const expectPublicKeys = [publicKey, ...read.slots.map((slot) => slot.publicKey)];
    expect(await codeOf(readHistories(path, { expectChainIds, expectPublicKeys }))).toBe('read');
  });

  it('of another kind is refused', async () => {
    expect(await codeOf(readHistories(fileOf('')))).toBe('interchange.not-json');
    expect(await codeOf(readHistories(fileOf('{"records":0}')))).toBe('read');
    expect(await codeOf(readHistories(fileOf('hello')))).toBe('interchange.not-json');
    expect(await codeOf(readHistories(fileOf(Uint8Array.of(0xff, 0xfe, 0xfd))))).toBe('interchange.not-utf8');
    expect(await codeOf(readHistories(database, { format: 'interchange' }))).toMatch(/^interchange\./);
    expect(await codeOf(readHistories(interchange, { format: 'eotsd' }))).toMatch(/^eotsd\./);
    expect(await codeOf(readHistories(interchange, { format: 'json-lines' }))).toMatch(/^eotsd\./);
  });

  it('says how many records no honest eotsd writes', async () => {
    const odd = await EotsdHistory.readDatabase(fileOf(bytesOf('odd')));
    expect((await readHistories(fileOf(bytesOf('odd')))).odd).toBe(odd.oddCount);
    expect(odd.oddCount).toBeGreaterThan(0);
  });
});
