// Dumps of an eotsd's records as JSON lines: both forms of a line, what a database gives and its dump agree, and what is not whole is refused.
import { describe, expect, it } from 'vitest';
import { isSatlockError, type SatlockError } from '../../../src/base/Errors.ts';
import * as Hex from '../../../src/base/Hex.ts';
import * as EotsdHistory from '../../../src/node/eotsd/EotsdHistory.ts';
import { bytesOf, fileOf, vote } from './databases.ts';

const RAW = {
  key: '62626e2d31dd25f870e7f2f27fb1a9772eff67e1c55d8d8a6b07f58629b24be6010b897fd000000000001e8483',
  value:
    '0a2800000000001e84839934d1f6a07d6b93e73ab14dd436e82be238ba14a8000bd7e769d7946ca367cb1220e336eb5d9a64294c3ee1c3f4ede06fdb1a896f183e3689952c75aa17bebb96a11880d0eab6b733',
};
const FIELDS = {
  chain_id: 'bbn-1',
  eots_pk: 'dd25f870e7f2f27fb1a9772eff67e1c55d8d8a6b07f58629b24be6010b897fd0',
  height: '2000003',
  msg: '00000000001e84839934d1f6a07d6b93e73ab14dd436e82be238ba14a8000bd7e769d7946ca367cb',
  eots_sig: 'e336eb5d9a64294c3ee1c3f4ede06fdb1a896f183e3689952c75aa17bebb96a1',
  timestamp_ms: '1767225600000',
};

const dump = (...lines: readonly unknown[]): string =>
  fileOf(lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));

async function failure(promise: Promise<unknown>): Promise<SatlockError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (isSatlockError(error)) return error;
  throw new Error(`no error of ours: ${String(error)}`);
}

describe('a dump', () => {
  it('may have the pairs of the database or their fields, with the same meaning', async () => {
    const raw = await EotsdHistory.read(dump(RAW, '', { records: 1 }));
    const fields = await EotsdHistory.read(dump(FIELDS, { records: 1 }, ''));
    expect(raw).toEqual(fields);
    expect(raw.odd).toEqual([]);
    const [slot] = raw.slots;
    expect(slot).toMatchObject({ chainId: 'bbn-1', watermark: 2_000_003n });
    expect(Hex.encode(slot?.publicKey ?? new Uint8Array(0))).toBe(FIELDS.eots_pk);
    expect(slot?.records.map(({ height, signedAtMs }) => [height, signedAtMs])).toEqual([[2_000_003n, 1_767_225_600_000n]]);
    expect(Hex.encode(slot?.records[0]?.signature ?? new Uint8Array(0))).toBe(FIELDS.eots_sig);
  });

  it('of a database gives what the database gives', async () => {
    const { slots } = await EotsdHistory.read(fileOf(bytesOf('history')), { recordsPerSlot: 300 });
    const votes = slots.filter(({ chainId }) => chainId !== 'overflow');
    const history = { slots: votes, keyNames: [], odd: [], oddCount: 0, recordCount: 0 };
    const text = `${[...EotsdHistory.dumpLines(history)].join('\r\n')}\r\n`;
    const again = await EotsdHistory.read(fileOf(text));
    expect(again.slots).toEqual(votes);
    expect(again.recordCount).toBe(800);
  });

  it('may leave out signature and time, and then says so', async () => {
    const { eots_sig: _, timestamp_ms: __, ...bare } = FIELDS;
    const read = await EotsdHistory.read(dump(bare, { records: 1 }));
    expect(read.odd.map(({ oddities }) => oddities)).toEqual([['bad-signature', 'bad-time']]);
    expect(read.slots[0]?.records[0]).toMatchObject({ height: 2_000_003n });
    expect(read.slots[0]?.records[0]?.signature).toBeUndefined();
  });

  it('keeps two messages of one height, which condemn their key where they are merged', async () => {
    const other = Hex.encode(vote(9, 1).message);
    const read = await EotsdHistory.read(dump(FIELDS, { ...FIELDS, msg: other }, { records: 2 }));
    expect(read.slots[0]?.records.map(({ height }) => height)).toEqual([2_000_003n, 2_000_003n]);
    expect(read.odd.map(({ oddities }) => oddities)).toEqual([['height-mismatch']]);
  });

  it.each<[string, readonly unknown[], number | undefined, number]>([
    ['without its last line', [FIELDS, RAW], undefined, 2],
    ['that lost a line', [FIELDS, { records: 2 }], 2, 1],
    ['that goes on after its end', [{ records: 0 }, FIELDS], 0, 1],
    ['with nothing in it', [''], undefined, 0],
  ])('%s is refused', async (_, lines, expected, found) => {
    expect((await failure(EotsdHistory.read(dump(...lines)))).reason).toEqual({ code: 'eotsd.incomplete-dump', expected, found });
  });

  it.each<[string, unknown, string | undefined]>([
    ['cut off', '{"chain_id":"bbn-1","eots_pk":"dd25', undefined],
    ['of another kind', [1, 2], undefined],
    ['with an unknown field', { ...FIELDS, more: 1 }, 'more'],
    ['with both forms', { ...FIELDS, ...RAW }, 'chain_id'],
    ['without a message', { ...FIELDS, msg: undefined }, 'msg'],
    ['with half a byte', { ...FIELDS, msg: '0' }, 'msg'],
    ['with a message that is no hex', { ...FIELDS, msg: 'zz' }, 'msg'],
    ['with a short key', { ...FIELDS, eots_pk: 'aa' }, 'eots_pk'],
    ['with a height that is a number', { ...FIELDS, height: 5 }, 'height'],
    ['with a height below zero', { ...FIELDS, height: '-1' }, 'height'],
    ['with a height in another notation', { ...FIELDS, height: '0x10' }, 'height'],
    ['with a height of 65 bits', { ...FIELDS, height: '18446744073709551616' }, 'height'],
    ['with half a character', { ...FIELDS, chain_id: 'a\ud800' }, 'chain_id'],
    ['that counts in text', { records: '1' }, 'records'],
    ['that counts to less than nothing', { records: -1 }, 'records'],
  ])('with a line %s is refused, by line and field', async (_, line, field) => {
    const error = await failure(EotsdHistory.read(dump(FIELDS, line, { records: 2 })));
    expect(error.reason).toEqual({ code: 'eotsd.malformed-line', line: 2, field });
    expect(error.message).not.toContain('dd25');
  });

  it('that is not there is unreadable', async () => {
    expect((await failure(EotsdHistory.read('/nowhere/at/all'))).code).toBe('eotsd.unreadable');
    expect((await failure(EotsdHistory.readDump('/nowhere/at/all'))).code).toBe('eotsd.unreadable');
  });
});
