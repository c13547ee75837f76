// Signing histories: what is written comes back, what is malformed is refused by the name of its field, and nothing lowers a watermark.
import { readFileSync } from 'node:fs';
import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Hex from '../../src/base/Hex.ts';
import * as Interchange from '../../src/signer/Interchange.ts';
import { MemoryStore } from '../../src/signer/MemoryStore.ts';
import type { SignStore } from '../../src/signer/SignStore.ts';
import { collect, record, rejects, rootOf, slotOf } from '../node/store/conformanceSupport.ts';
import { conformsToSchema } from './schema.ts';
import { text, vote, world } from './support.ts';

type Json = Record<string, unknown>;
type File = { metadata: Json; data: Json[] };

const GENESIS = Hex.encode(rootOf('genesis'));

/** A store with two keys on two chains. */
async function filled(): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.enrol(slotOf(2, 'bbn-1'), -1n);
  await store.claim(slotOf(2, 'bbn-1'), [record(12n), record(9n), record(2n ** 64n - 1n)]);
  await store.enrol(slotOf(1, 'bbn-1'), 5n);
  await store.claim(slotOf(1, 'bbn-1'), [record(7n)]);
  await store.raiseWatermark(slotOf(1, 'a/"\u00e9'), 40n);
  await store.enrol(slotOf(3, 'bbn-1'), -1n);
  return store;
}

/** The text with a right checksum over changed content, as a program that writes such files makes it. */
function rewritten(source: string, change: (file: File) => void): string {
  const file = JSON.parse(source) as File;
  change(file);
  const { checksum: _, ...metadata } = file.metadata;
  const checksum = Hex.encode(sha256(text(JSON.stringify({ metadata, data: file.data }))));
  return JSON.stringify({ metadata: { ...metadata, checksum }, data: file.data });
}

const votesOf = (slot: Json | undefined): Json[] => (slot?.['signed_votes'] ?? []) as Json[];

const refuses = (source: string, code: string, field?: string, options?: Interchange.ParseOptions): void => {
  const expected = field === undefined ? { code } : { code, field };
  let thrown: unknown = 'nothing';
  try {
    Interchange.parse(source, options);
  } catch (error) {
    thrown = (error as { reason?: unknown }).reason;
  }
  expect(thrown).toMatchObject(expected);
};

describe('an export', () => {
  test('is sorted, names everything but the slot that protects nothing, and holds no signature', async () => {
    const source = await Interchange.render(await filled());
    const { metadata, data } = JSON.parse(source) as File;
    expect(Object.keys(metadata)).toEqual(['interchange_format_version', 'scheme', 'checksum']);
    expect(data.map(({ eots_pk, chain_id }) => `${String(eots_pk).slice(0, 2)} ${chain_id}`)).toEqual(['01 a/"é', '01 bbn-1', '02 bbn-1']);
    expect(data[0]).toEqual({ eots_pk: '01'.repeat(32), chain_id: 'a/"é', context: '', min_height: '40', signed_votes: [] });
    expect(data[2]).toMatchObject({ min_height: '18446744073709551615', last_signed_height: '18446744073709551615' });
    expect(votesOf(data[2]).map(({ height }) => height)).toEqual(['9', '12', '18446744073709551615']);
    expect(source).not.toContain(Hex.encode(record(7n).signature));
    expect(source.endsWith('}\n')).toBe(true);
  });

  test.each([
    ['as it is', {}],
    ['with genesis and context', { genesis: { 'bbn-1': GENESIS }, context: 'ab'.repeat(32) }],
    ['with signatures', { unsafeSignatures: true }],
    ['of watermarks alone', { votes: 'none' as const }],
    ['from a height on', { votes: { from: 10n } }],
    ['of one key', { publicKeys: [slotOf(2).publicKey] }],
    ['of one chain', { chainIds: ['bbn-1'] }],
  ])('%s, imported into an empty store and exported again, is the same text', async (_, options) => {
    const source = await Interchange.render(await filled(), options);
    const copy = new MemoryStore();
    const merged = await Interchange.importInto(copy, Interchange.parse(source));
    expect(merged.every(({ contradiction }) => contradiction === undefined)).toBe(true);
    expect(await Interchange.render(copy, options)).toBe(source);
    await Interchange.importInto(copy, Interchange.parse(source));
    expect(await Interchange.render(copy, options)).toBe(source);
    expect(conformsToSchema(Interchange.HISTORY_SCHEMA, JSON.parse(source))).toBe('');
  });

  test('of any history is the same after an import, and agrees with the schema', async () => {
    const heights = fc.uniqueArray(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { maxLength: 5 });
    const slots = fc.array(fc.record({ key: fc.nat(3), chainId: fc.constantFrom('a', 'b', ''), heights, watermark: fc.nat(99) }), {
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(slots, fc.boolean(), async (histories, unsafeSignatures) => {
        const store = new MemoryStore();
        await store.merge(
          histories.map(({ key, chainId, heights: signed, watermark }) => ({
            ...slotOf(key, chainId),
            watermark: BigInt(watermark - 1),
            records: signed.map((height) => record(height)),
          })),
        );
        const source = await Interchange.render(store, { unsafeSignatures });
        const copy = new MemoryStore();
        await Interchange.importInto(copy, Interchange.parse(source));
        expect(await Interchange.render(copy, { unsafeSignatures })).toBe(source);
        expect(conformsToSchema(Interchange.HISTORY_SCHEMA, JSON.parse(source))).toBe('');
      }),
      { numRuns: 200, seed: 5 },
    );
  });

  test('that lists no votes, or some, stands over all of them', async () => {
    for (const votes of ['none', { from: 8n }] as const) {
      const [, first] = Interchange.parse(await Interchange.render(await filled(), { votes }));
      expect(first).toMatchObject({ chainId: 'bbn-1', watermark: 7n, records: [] });
    }
  });

  test('of a pruned slot keeps the watermark over what was pruned', async () => {
    const store = await filled();
    await store.prune(slotOf(2, 'bbn-1'), 2n ** 64n - 1n);
    const [, , parsed] = Interchange.parse(await Interchange.render(store));
    expect(parsed).toMatchObject({ watermark: 2n ** 64n - 1n, records: [] });
  });

  test('of a condemned key condemns it elsewhere', async () => {
    const store = await filled();
    await store.condemn(slotOf(1).publicKey, 'two votes at 7');
    const source = await Interchange.render(store, { chainIds: ['bbn-1'] });
    const copy = new MemoryStore();
    await Interchange.importInto(copy, Interchange.parse(source));
    expect((await copy.read(slotOf(1, 'bbn-1'), [])).condemned).toBe('two votes at 7');
    expect((await copy.read(slotOf(2, 'bbn-1'), [])).condemned).toBeUndefined();
    expect(await Interchange.render(copy, { chainIds: ['bbn-1'] })).toBe(source);
  });

  test('takes no genesis or context that is none', async () => {
    await rejects(Interchange.render(await filled(), { genesis: { 'bbn-1': 'ABC' } }), 'interchange.malformed');
    await rejects(Interchange.render(await filled(), { context: 'x' }), 'interchange.malformed');
  });
});

describe('an import', () => {
  const whole = async (): Promise<string> => Interchange.render(await filled(), { unsafeSignatures: true, genesis: { 'bbn-1': GENESIS } });
  const watermark = async (store: SignStore, key: number, chainId = 'bbn-1'): Promise<bigint | undefined> =>
    (await store.read(slotOf(key, chainId), [])).watermark;

  test('raises the watermark to the highest height that the file knows', async () => {
    const source = await whole();
    const [, first] = Interchange.parse(source);
    expect(first).toMatchObject({ chainId: 'bbn-1', watermark: 7n });
    const change = (min?: string, last?: string) => (file: File) => {
      const { signed_votes, min_height: _, last_signed_height: __, ...rest } = file.data[1] ?? {};
      file.data[1] = { ...rest, min_height: min, ...(last === undefined ? {} : { last_signed_height: last }), signed_votes };
    };
    const second = (text: string): bigint | undefined => Interchange.parse(rewrittenInOrder(text))[1]?.watermark;
    expect(second(rewritten(source, change('90', '8')))).toBe(90n);
    expect(second(rewritten(source, change('3', '8')))).toBe(8n);
    expect(second(rewritten(source, change('3')))).toBe(7n);
    refuses(rewrittenInOrder(rewritten(source, change('3', '6'))), 'interchange.malformed', 'data[1].last_signed_height');
  });

  test('never lowers a watermark and never drops a record: the higher of both sides stands, in either order', async () => {
    const older = await filled();
    const newer = new MemoryStore(older.image());
    await newer.claim(slotOf(1, 'bbn-1'), [record(100n)]);
    await newer.raiseWatermark(slotOf(1, 'bbn-1'), 90n);
    const [oldText, newText] = [await Interchange.render(older), await Interchange.render(newer)];
    for (const order of [
      [oldText, newText],
      [newText, oldText],
    ]) {
      const store = new MemoryStore();
      for (const source of order) await Interchange.importInto(store, Interchange.parse(source));
      expect(await watermark(store, 1)).toBe(100n);
      expect((await collect(store.records(slotOf(1, 'bbn-1')))).map(({ height }) => height)).toEqual([7n, 100n]);
    }
    // a signer that went on keeps what it has
    await newer.raiseWatermark(slotOf(1, 'bbn-1'), 500n);
    await Interchange.importInto(newer, Interchange.parse(oldText));
    expect(await watermark(newer, 1)).toBe(500n);
    expect((await newer.claim(slotOf(1, 'bbn-1'), [record(400n)]))[0]?.kind).toBe('below-watermark');
  });

  test('of a contradiction condemns the key, writes nothing else of its slot, and leaves the others alone', async () => {
    const store = await filled();
    const change = (file: File): void => {
      const [, first] = file.data;
      const votes = votesOf(first);
      first && Object.assign(first, { min_height: '70', signed_votes: votes.map((each) => ({ ...each, signing_root: 'ee'.repeat(32) })) });
    };
    const merged = await Interchange.importInto(store, Interchange.parse(rewritten(await whole(), change)));
    expect(merged.map(({ contradiction }) => contradiction)).toEqual([undefined, { height: 7n }, undefined]);
    expect((await store.read(slotOf(1, 'bbn-1'), [])).condemned).toContain('7');
    expect(await watermark(store, 1)).toBe(5n);
    expect((await store.read(slotOf(2, 'bbn-1'), [])).condemned).toBeUndefined();
  });

  test('of a file that contradicts itself condemns too', async () => {
    const change = (file: File): void => {
      const votes = votesOf(file.data[1]);
      votes.push({ ...votes[0], signing_root: 'ee'.repeat(32) });
    };
    const store = new MemoryStore();
    await Interchange.importInto(store, Interchange.parse(rewritten(await whole(), change)));
    expect((await store.read(slotOf(1, 'bbn-1'), [])).condemned).toBeDefined();
  });

  test('gives no permission: what the store has pruned is not signed again for a history that names another message', async () => {
    const at = world();
    for (const height of [3n, 7n]) await at.signer.sign({ ...at.slot, height, message: vote(height, 'fork') });
    await at.store.prune(at.slot, 5n);
    const other = world();
    for (const height of [3n, 4n, 9n]) await other.signer.sign({ ...other.slot, height, message: vote(height) });
    const [merged] = await Interchange.importInto(at.store, Interchange.parse(await Interchange.render(other.store)));
    expect(merged).toMatchObject({ added: 1, watermark: 9n, contradiction: undefined });
    const asked = async (height: bigint, what: string | number = 0) => at.signer.sign({ ...at.slot, height, message: vote(height, what) });
    expect(await asked(3n)).toMatchObject({ kind: 'refused', refusal: { code: 'signer.below-watermark' } });
    expect(await asked(4n)).toMatchObject({ kind: 'refused', refusal: { code: 'signer.below-watermark' } });
    expect((await asked(7n, 'fork')).kind).toBe('returned');
    expect((await asked(9n)).kind).toBe('returned');
  });

  test('keeps votes with their signatures under the watermark too: they are not signed again, but returned', async () => {
    const at = world();
    await at.store.raiseWatermark(at.slot, 20n);
    const other = world();
    const outcome = await other.signer.sign({ ...other.slot, height: 3n, message: vote(3n) });
    await Interchange.importInto(at.store, Interchange.parse(await Interchange.render(other.store, { unsafeSignatures: true })));
    expect(await at.signer.sign({ ...at.slot, height: 3n, message: vote(3n) })).toEqual({ ...outcome, kind: 'returned' });
  });

  test('of another message than the store holds under its watermark condemns as well', async () => {
    const at = world();
    await at.signer.sign({ ...at.slot, height: 3n, message: vote(3n, 'fork') });
    await at.store.raiseWatermark(at.slot, 20n);
    const other = world();
    await other.signer.sign({ ...other.slot, height: 3n, message: vote(3n) });
    const [merged] = await Interchange.importInto(at.store, Interchange.parse(await Interchange.render(other.store)));
    expect(merged?.contradiction).toEqual({ height: 3n });
  });

  test('of another chain, key, context or genesis is refused as a whole', async () => {
    const source = await whole();
    refuses(source, 'interchange.foreign-chain', undefined, { expectChainIds: ['bbn-1'] });
    refuses(source, 'interchange.foreign-chain', undefined, { expectChainIds: [] });
    expect(Interchange.parse(source, { expectChainIds: ['bbn-1', 'a/"é'] }).length).toBe(3);
    refuses(source, 'interchange.foreign-key', undefined, { expectPublicKeys: [slotOf(1).publicKey] });
    expect(Interchange.parse(source, { expectPublicKeys: [slotOf(1).publicKey, slotOf(2).publicKey] }).length).toBe(3);
    refuses(source, 'interchange.foreign-context', undefined, { context: 'ab'.repeat(32) });
    expect(Interchange.parse(source, { context: '' }).length).toBe(3);
    refuses(source, 'interchange.foreign-genesis', undefined, { genesis: { 'bbn-1': '00'.repeat(32) } });
    const bare = await Interchange.render(await filled());
    refuses(bare, 'interchange.missing-genesis', undefined, { genesis: { 'bbn-1': GENESIS } });
    expect(Interchange.parse(source, { genesis: { 'bbn-1': GENESIS, other: '00'.repeat(32) } }).length).toBe(3);
  });

  test('refuses what is no JSON, without repeating it', () => {
    for (const source of ['', '{', 'abandon abandon about', '{"metadata":{}} x', '\u0000']) {
      refuses(source, 'interchange.not-json');
      expect(() => Interchange.parse(source)).not.toThrow(/abandon/);
    }
  });

  test('refuses a file of which anything but the layout was changed', async () => {
    const source = await whole();
    expect(Interchange.parse(JSON.stringify(JSON.parse(source))).length).toBe(3);
    const root = Hex.encode(record(7n).signingRoot);
    refuses(source.replace(root, 'ff'.repeat(32)), 'interchange.wrong-checksum');
    refuses(source.replace('"40"', '"4"'), 'interchange.wrong-checksum');
    refuses(source.replace('a/\\"é', 'bbn-1'), 'interchange.wrong-checksum');
    const file = JSON.parse(source) as File;
    refuses(JSON.stringify({ ...file, data: file.data.slice(1) }), 'interchange.wrong-checksum');
    refuses(JSON.stringify({ ...file, data: [...file.data].reverse() }), 'interchange.wrong-checksum');
  });
});

/** Puts the fields of each slot into the order of the format and mends the checksum. */
function rewrittenInOrder(source: string): string {
  const names = ['eots_pk', 'chain_id', 'genesis_hash', 'context', 'min_height', 'last_signed_height', 'condemned', 'signed_votes'];
  return rewritten(source, (file) => {
    file.data = file.data.map((slot) => Object.fromEntries(names.filter((name) => name in slot).map((name) => [name, slot[name]])));
  });
}

describe('malformed files', () => {
  const SLOT = 'data[1]';
  const change = (at: string, value: unknown): ((file: File) => void) => {
    const path = at.split(/[.[\]]+/).filter((part) => part !== '');
    return (file) => {
      let here: unknown = file;
      for (const part of path.slice(0, -1)) here = (here as Json)[part];
      const last = path.at(-1) ?? '';
      if (value === undefined) delete (here as Json)[last];
      else (here as Json)[last] = value;
    };
  };
  const bad = (values: readonly unknown[], ...fields: string[]): [string, unknown][] =>
    fields.flatMap((field) => values.map((value): [string, unknown] => [field, value]));
  const rows: [string, unknown][] = [
    ...bad(
      [1, '', '-1', '+1', '01', '1.0', '1e3', ' 1', '0x1', '18446744073709551616', '99999999999999999999', null, [], {}, true],
      `${SLOT}.min_height`,
    ),
    ...bad([7, '07', '18446744073709551616', null, '6'], `${SLOT}.last_signed_height`),
    ...bad([7, '-7', null, ''], `${SLOT}.signed_votes[0].height`),
    ...bad(
      ['', 'ab', 'AB'.repeat(32), '0x'.repeat(32), 'ab'.repeat(33), 5, null],
      `${SLOT}.eots_pk`,
      `${SLOT}.signed_votes[0].signing_root`,
    ),
    ...bad(['', 'zz'.repeat(32), null], `${SLOT}.signed_votes[0].signature`, `${SLOT}.genesis_hash`, 'metadata.checksum'),
    ...bad([5, null, 'x'.repeat(129), 'a\ud800'], `${SLOT}.chain_id`),
    ...bad([5, null, 'ab', 'AB'.repeat(32)], `${SLOT}.context`),
    ...bad(['', 5, 'x'.repeat(1001)], `${SLOT}.condemned`),
    ...bad([{}, null, 'x'], `${SLOT}.signed_votes`, 'data'),
    ...bad([[], null, 'x', 7], SLOT, `${SLOT}.signed_votes[0]`, 'metadata'),
  ];

  test.each(rows)('%s: %j is refused by its name, and by the schema where it says so', async (field, value) => {
    const source = await Interchange.render(await filled(), { unsafeSignatures: true, genesis: { 'bbn-1': GENESIS } });
    const file = JSON.parse(source) as File;
    change(field, value)(file);
    refuses(JSON.stringify(file), 'interchange.malformed', field);
    const isRange = /^(18446744073709551616|9{20}|6)$/.test(String(value)) || value === 'a\ud800';
    expect(conformsToSchema(Interchange.HISTORY_SCHEMA, file) === '').toBe(isRange);
  });

  test.each([
    ['metadata.interchange_format_version', '2', 'interchange.wrong-version'],
    ['metadata.scheme', 'bls', 'interchange.wrong-scheme'],
    ['metadata.extra', 1, 'interchange.unknown-field'],
    ['extra', 1, 'interchange.unknown-field'],
    [`${SLOT}.max_height`, '1', 'interchange.unknown-field'],
    [`${SLOT}.signed_votes[0].message`, 'ab', 'interchange.unknown-field'],
    ['metadata', undefined, 'interchange.missing-field'],
    ['data', undefined, 'interchange.missing-field'],
    ...['interchange_format_version', 'scheme', 'checksum'].map(
      (name) => [`metadata.${name}`, undefined, 'interchange.missing-field'] as const,
    ),
    ...['eots_pk', 'chain_id', 'context', 'min_height', 'signed_votes', 'signed_votes[0].height', 'signed_votes[0].signing_root'].map(
      (name) => [`${SLOT}.${name}`, undefined, 'interchange.missing-field'] as const,
    ),
  ] as const)('%s: %j is %s', async (field, value, code) => {
    const file = JSON.parse(await Interchange.render(await filled())) as File;
    change(field, value)(file);
    refuses(JSON.stringify(file), code, code.endsWith('field') ? field : undefined);
    expect(conformsToSchema(Interchange.HISTORY_SCHEMA, file)).not.toBe('');
  });

  test('a field that reaches for prototypes is unknown like any other', async () => {
    const source = await Interchange.render(await filled());
    refuses(source.replace('"metadata"', '"__proto__": {}, "metadata"'), 'interchange.unknown-field', '__proto__');
    refuses(source.replace('"metadata"', '"toString": {}, "metadata"'), 'interchange.unknown-field', 'toString');
  });

  test('other JSON is refused whatever it is', () => {
    for (const value of [null, 1, 'x', [], {}, [{}], { data: [] }, { metadata: {} }, { metadata: null, data: null }]) {
      expect(() => Interchange.parse(JSON.stringify(value))).toThrow(/interchange\.(malformed|missing-field)/);
    }
    fc.assert(
      fc.property(fc.json(), (source) => {
        expect(() => Interchange.parse(source)).toThrow(/interchange\./);
      }),
      { seed: 3, numRuns: 300 },
    );
  });
});

describe('a signer that takes over a history', () => {
  test('signs nothing that the first one might have signed, gives the same bytes for the same votes, and goes on above', async () => {
    const first = world();
    const signatures = new Map<bigint, Uint8Array>();
    for (const height of [3n, 5n, 9n]) {
      const outcome = await first.signer.sign({ ...first.slot, height, message: vote(height) });
      if (outcome.kind !== 'refused') signatures.set(height, outcome.signature);
    }
    const second = world({ opens: false });
    const before = await second.signer.sign({ ...second.slot, height: 10n, message: vote(10n) });
    expect(before).toEqual({ kind: 'refused', refusal: { code: 'signer.not-enrolled' } });
    await Interchange.importInto(second.store, Interchange.parse(await Interchange.render(first.store)));
    for (const height of [3n, 5n, 9n]) {
      const same = await second.signer.sign({ ...second.slot, height, message: vote(height) });
      expect(same).toEqual({ kind: 'returned', signature: signatures.get(height) });
      const other = await second.signer.sign({ ...second.slot, height, message: vote(height, 'other') });
      expect(other).toEqual({ kind: 'refused', refusal: { code: 'signer.double-sign', height } });
    }
    const between = await second.signer.sign({ ...second.slot, height: 7n, message: vote(7n) });
    expect(between).toMatchObject({ kind: 'refused', refusal: { code: 'signer.below-watermark', watermark: 9n } });
    expect((await second.signer.sign({ ...second.slot, height: 10n, message: vote(10n) })).kind).toBe('signed');
  });
});

describe('the published schema', () => {
  test('is the one that the package exports', () => {
    const published: unknown = JSON.parse(readFileSync(new URL('../../docs/schema/signing-history.schema.json', import.meta.url), 'utf8'));
    expect(JSON.stringify(published)).toBe(JSON.stringify(Interchange.HISTORY_SCHEMA));
  });
});
