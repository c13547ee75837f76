// What the parser refuses, with the case and the field in the error, and what it lets pass.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Format from '../../src/vectors/Format.ts';
import { failure, jsonOf } from './support.ts';

type Json = Record<string, unknown>;
type Loose = { schema?: unknown; kind?: unknown; source?: unknown; cases: { id?: unknown; input: Json; expect: Json }[] };

/** One case of staking.transactions, changed. */
function changed(change: (file: Loose, one: Loose['cases'][number]) => void): unknown {
  const file = structuredClone(jsonOf('babylon/staking-transactions.json')) as Loose;
  file.cases = file.cases.slice(0, 2);
  const [one] = file.cases;
  if (one === undefined) throw new Error('no case');
  change(file, one);
  return file;
}

const refused: readonly (readonly [string, string, string | undefined, (file: Loose, one: Loose['cases'][number]) => void])[] = [
  ['no schema', 'vectors.missing-field', 'schema', (file) => void delete file.schema],
  ['another schema', 'vectors.unknown-schema', undefined, (file) => set(file, 'schema', 'satlock-vectors/2')],
  ['golden numbers', 'vectors.unsupported-schema', undefined, (file) => set(file, 'schema', 'satlock-golden/1')],
  [
    'restaking traces, which have a reader of their own',
    'vectors.unknown-schema',
    undefined,
    (file) => set(file, 'schema', 'restaking-trace/1'),
  ],
  ['no kind', 'vectors.missing-field', 'kind', (file) => void delete file.kind],
  ['an unknown kind', 'vectors.unknown-kind', undefined, (file) => set(file, 'kind', 'staking.script')],
  ['a kind named like a method', 'vectors.unknown-kind', undefined, (file) => set(file, 'kind', 'constructor')],
  ['the kind of a trace', 'vectors.unknown-kind', undefined, (file) => set(file, 'kind', 'symbiotic.trace')],
  ['no source', 'vectors.missing-field', 'source', (file) => void delete file.source],
  ['a source that is no text', 'vectors.wrong-type', 'source', (file) => set(file, 'source', 1)],
  ['an unknown field of the file', 'vectors.unknown-field', 'note', (file) => set(file, 'note', '')],
  ['cases that are no list', 'vectors.wrong-type', 'cases', (file) => set(file, 'cases', {})],
  ['a case that is no object', 'vectors.not-an-object', 'cases[1]', (file) => set(file.cases, '1', 'case')],
  ['no id', 'vectors.missing-field', 'cases[0].id', (_, one) => void delete one.id],
  ['an empty id', 'vectors.bad-value', 'cases[0].id', (_, one) => set(one, 'id', '')],
  ['an id that is no text', 'vectors.wrong-type', 'cases[0].id', (_, one) => set(one, 'id', 7)],
  ['an unknown field of a case', 'vectors.unknown-field', 'expected', (_, one) => set(one, 'expected', {})],
  ['a comment that is no text', 'vectors.wrong-type', 'comment', (_, one) => set(one, 'comment', null)],
  ['no input', 'vectors.missing-field', 'input', (_, one) => void Reflect.deleteProperty(one, 'input')],
  ['no expect', 'vectors.missing-field', 'expect', (_, one) => void Reflect.deleteProperty(one, 'expect')],
  ['an empty expect', 'vectors.nothing-expected', undefined, (_, one) => set(one, 'expect', {})],
  ['an unknown input', 'vectors.unknown-field', 'input.stakerPK', (_, { input }) => set(input, 'stakerPK', '')],
  ['a missing input', 'vectors.missing-field', 'input.stakerPk', (_, { input }) => void Reflect.deleteProperty(input, 'stakerPk')],
  ['an unknown nested input', 'vectors.unknown-field', 'input.slashing.fee', (_, { input }) => set(input['slashing'], 'fee', '1')],
  ['a missing nested input', 'vectors.missing-field', 'input.slashing.rate', (_, { input }) => unset(input['slashing'], 'rate')],
  ['hex that is none', 'vectors.bad-hex', 'input.stakerPk', (_, { input }) => set(input, 'stakerPk', 'zz'.repeat(32))],
  ['hex in upper case', 'vectors.bad-hex', 'input.stakerPk', (_, { input }) => set(input, 'stakerPk', 'AB'.repeat(32))],
  ['hex with prefix', 'vectors.bad-hex', 'input.stakerPk', (_, { input }) => set(input, 'stakerPk', `0x${'ab'.repeat(31)}`)],
  ['hex with a line feed', 'vectors.bad-hex', 'input.stakingTransaction', (_, { input }) => set(input, 'stakingTransaction', 'ab\n')],
  ['half a byte', 'vectors.bad-hex', 'input.stakingTransaction', (_, { input }) => set(input, 'stakingTransaction', 'abc')],
  ['33 bytes for 32', 'vectors.wrong-length', 'input.stakerPk', (_, { input }) => set(input, 'stakerPk', '02'.repeat(33))],
  ['a key in a list', 'vectors.wrong-length', 'input.covenantPks[1]', (_, { input }) => set(input['covenantPks'], '1', '00')],
  ['hex that is a number', 'vectors.wrong-type', 'input.stakerPk', (_, { input }) => set(input, 'stakerPk', 0)],
  ['a list that is text', 'vectors.wrong-type', 'input.covenantPks', (_, { input }) => set(input, 'covenantPks', '')],
  ['an object that is a list', 'vectors.not-an-object', 'input.slashing', (_, { input }) => set(input, 'slashing', [])],
  ['a fraction', 'vectors.wrong-type', 'input.covenantQuorum', (_, { input }) => set(input, 'covenantQuorum', 1.5)],
  ['a number above 2^53', 'vectors.wrong-type', 'input.unbondingFeeSats', (_, { input }) => set(input, 'unbondingFeeSats', 2 ** 53)],
  ['digits with a zero in front', 'vectors.wrong-type', 'input.unbondingFeeSats', (_, { input }) => set(input, 'unbondingFeeSats', '01')],
  ['a rate that is a number', 'vectors.wrong-type', 'input.slashing.rate', (_, { input }) => set(input['slashing'], 'rate', 0.1)],
  ['an unknown network', 'vectors.bad-value', 'input.network', (_, { input }) => set(input, 'network', 'simnet')],
  ['an unknown output', 'vectors.unknown-field', 'expect.txid', (_, { expect }) => set(expect, 'txid', '00')],
  ['an output that is a number', 'vectors.wrong-type', 'expect.stakingTxid', (_, { expect }) => set(expect, 'stakingTxid', 0)],
  ['an output in upper case', 'vectors.bad-hex', 'expect.stakingTxid', (_, { expect }) => set(expect, 'stakingTxid', 'AB')],
  ['a refusal with outputs', 'vectors.unknown-field', 'expect.stakingTxid', (_, { expect }) => set(expect, 'error', true)],
  ['a refusal that is false', 'vectors.wrong-type', 'expect.error', (_, one) => set(one, 'expect', { error: false })],
  ['a refusal without code', 'vectors.bad-value', 'expect.error', (_, one) => set(one, 'expect', { error: '' })],
];

function set(target: unknown, key: string, value: unknown): void {
  (target as Json)[key] = value;
}

function unset(target: unknown, key: string): void {
  Reflect.deleteProperty(target as Json, key);
}

describe('Format.parse refuses', () => {
  it.each(refused)('%s', (_, code, field, change) => {
    const error = failure(() => Format.parse(changed(change)));
    expect(error.code).toBe(code);
    if (field === undefined) return;
    expect(error.reason).toMatchObject({ field });
    expect(error.message).toContain(field);
    const inCase = field.startsWith('input') || field.startsWith('expect') || field === 'comment';
    if (inCase) {
      expect(error.reason).toMatchObject({ caseId: 'tx-0' });
      expect(error.message).toContain('case tx-0');
    }
  });

  it('two cases of one id', () => {
    const twice = changed((file, one) => set(file.cases, '1', one));
    expect(failure(() => Format.parse(twice)).reason).toEqual({ code: 'vectors.duplicate-id', caseId: 'tx-0' });
  });

  it('a bare list', () => {
    expect(failure(() => Format.parse([])).reason).toMatchObject({ code: 'vectors.not-an-object', field: 'file' });
  });

  it('an output that must be there', () => {
    const input = { transaction: '', prevouts: [], tipHeight: 0, medianTime: 0 };
    const one = { id: 'a', input, expect: { consensusValid: true } };
    const file = { schema: Format.SCHEMA, kind: 'bitcoin.spend', source: '', cases: [one] };
    expect(failure(() => Format.parse(file)).reason).toMatchObject({ code: 'vectors.missing-field', field: 'expect.standard' });
  });

  it('an adaptor signature input that is complete for nothing', () => {
    const one = { id: 'a', input: { message: '' }, expect: { error: true } };
    const file = { schema: Format.SCHEMA, kind: 'adaptor.signature', source: '', cases: [one] };
    expect(failure(() => Format.parse(file)).reason).toMatchObject({ code: 'vectors.missing-field', caseId: 'a', field: 'input' });
  });

  it('everything that is no vector file with an error of its own', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        expect(failure(() => Format.parse(json)).code).toMatch(/^vectors\./);
      }),
      { seed: 20_260_730, numRuns: 300 },
    );
  });

  it('a prototype in JSON as an unknown field', () => {
    const file = JSON.parse(`{"__proto__": {"schema": "satlock-vectors/1"}, "kind": "eots.sign", "source": "", "cases": []}`);
    expect(failure(() => Format.parse(file)).reason).toMatchObject({ code: 'vectors.missing-field', field: 'schema' });
    const input = JSON.parse(`{"__proto__": 1}`);
    const one = { id: 'a', input, expect: { error: true } };
    const other = { schema: Format.SCHEMA, kind: 'eots.sign', source: '', cases: [one] };
    expect(failure(() => Format.parse(other)).reason).toMatchObject({ code: 'vectors.unknown-field', field: 'input.__proto__' });
  });
});

describe('Format.parse accepts', () => {
  it('numbers and digits for every integer', () => {
    const file = Format.parse(
      changed((_, { input }) => {
        set(input, 'unbondingFeeSats', Number(input['unbondingFeeSats']));
        set(input, 'covenantQuorum', String(input['covenantQuorum']));
      }),
    );
    expect(file.cases[0]?.input['unbondingFeeSats']).toBe(2000);
  });

  it('any value in a refusal, but no other fields', () => {
    const spoil = (one: Loose['cases'][number]): void => {
      set(one, 'expect', { error: true });
      set(one.input, 'stakerPk', null);
      set(one.input, 'covenantPks', { not: 'a list' });
      set(one.input['slashing'], 'rate', 0.1);
    };
    expect(Format.parse(changed((_, one) => spoil(one))).cases[0]?.input['stakerPk']).toBeNull();
    const wider = changed((_, one) => {
      spoil(one);
      set(one.input['slashing'], 'more', 1);
    });
    expect(failure(() => Format.parse(wider)).reason).toMatchObject({ code: 'vectors.unknown-field', field: 'input.slashing.more' });
  });

  it('no cases at all', () => {
    const file = { schema: Format.SCHEMA, kind: 'eots.sign', source: 'nowhere', cases: [] };
    expect(Format.parse(file)).toEqual(file);
  });

  it('what it shares with nobody', () => {
    const json = changed(() => undefined) as Loose;
    const file = Format.parse(json);
    set(json.cases[0]?.input['slashing'], 'rate', '0.9');
    expect(file.cases[0]?.input['slashing']).toMatchObject({ rate: '0.25' });
  });
});
