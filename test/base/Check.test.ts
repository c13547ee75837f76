// Untyped input: what passes, what is refused, and that errors name the field and the limit but never the content.
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Check from '../../src/base/Check.ts';
import * as Hex from '../../src/base/Hex.ts';
import { codeOf, failure, refusal, SEED, untyped } from '../support/stakes.ts';

const NOT_BYTES: readonly unknown[] = [undefined, null, 'ff', 255, [1, 2], {}, new Uint16Array(2), new DataView(new ArrayBuffer(2)), 1n];

describe('Check.bytes', () => {
  it('refuses everything that only looks like bytes', () => {
    for (const value of NOT_BYTES) expect(refusal(() => Check.bytes(value, 'key'))).toEqual(['input.not-bytes', 'key']);
  });

  it('takes Buffers and arrays of another realm, which hosts hand out', () => {
    expect(Check.bytes(Buffer.from([1, 2]), 'key', 2)).toHaveLength(2);
    expect(Check.bytes(runInNewContext('new Uint8Array(3)'), 'key', 3)).toHaveLength(3);
  });

  it('names both lengths when the length is wrong', () => {
    const { reason } = failure(() => Check.bytes(new Uint8Array(33), 'key', 32));
    expect(reason).toEqual({ code: 'input.wrong-length', field: 'key', expectedBytes: '32', gotBytes: 33 });
  });

  it('does not repeat the content, which may be a secret', () => {
    const error = failure(() => Check.bytes('correct horse battery staple', 'passphrase'));
    expect(`${error.message}${JSON.stringify(error)}${error.stack}`).not.toContain('horse');
  });
});

describe('a value that throws when it is looked at', () => {
  const revoked = (target: object): unknown => {
    const { proxy, revoke } = Proxy.revocable(target, {});
    revoke();
    return proxy;
  };
  const boom = (): never => {
    throw new TypeError('boom');
  };
  const prototypeThrows = new Proxy({}, { getPrototypeOf: boom });
  const longList = new Proxy([], { get: boom });
  const headless = Object.setPrototypeOf(new Uint8Array(2), revoked({}) as object) as unknown;
  const hostile = [
    revoked({}),
    revoked([]),
    revoked(new Uint8Array(1)),
    new Proxy(new Uint8Array(32), {}),
    prototypeThrows,
    longList,
    headless,
  ];
  const empty = Object.create(Uint8Array.prototype) as unknown;
  const view = Object.setPrototypeOf(new DataView(new ArrayBuffer(2)), Uint8Array.prototype) as unknown;

  it('is no byte array, and neither is what has only the prototype of one', () => {
    for (const value of [...hostile, empty, view]) {
      expect(Check.isBytes(value)).toBe(false);
      expect(refusal(() => Check.bytes(value, 'key'))).toEqual(['input.not-bytes', 'key']);
      expect(typeof Check.kindOf(value)).toBe('string');
    }
  });

  it('is refused by the other checks with an error of ours', () => {
    for (const value of hostile) expect(codeOf(() => Check.text(value, 'f'))).toBe('input.not-text');
    expect(codeOf(() => Check.object(revoked({}), 'f'))).toBe('input.not-object');
    expect(codeOf(() => Check.list(untyped<readonly unknown[]>(revoked([])), 'f'))).toBe('input.not-list');
    expect(Check.kindOf(longList)).toBe('object');
    const shrinking = Object.defineProperty(new Uint8Array(2), 'length', { get: boom });
    expect(Check.kindOf(shrinking)).toBe('object');
  });
});

describe('Check.integer and Check.bigInteger', () => {
  it('refuse floats, NaN, infinities, unsafe integers and numbers as text: nothing is truncated', () => {
    for (const value of [0.5, 100.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '5', 5n, null, undefined, [5], true])
      expect(refusal(() => Check.integer(value, 'blocks', 0, 100))).toEqual(['input.not-integer', 'blocks']);
    for (const value of [5, 0.5, '5', null, undefined, Number.NaN])
      expect(refusal(() => Check.bigInteger(value, 'sats', 0n, 100n))).toEqual(['input.not-integer', 'sats']);
  });

  it('hold both limits on both sides', () => {
    expect([0, 100].map((value) => Check.integer(value, 'n', 0, 100))).toEqual([0, 100]);
    for (const value of [-1, 101]) expect(codeOf(() => Check.integer(value, 'n', 0, 100))).toBe('input.out-of-range');
    expect([0n, 100n].map((value) => Check.bigInteger(value, 'n', 0n, 100n))).toEqual([0n, 100n]);
    for (const value of [-1n, 101n]) expect(codeOf(() => Check.bigInteger(value, 'n', 0n, 100n))).toBe('input.out-of-range');
  });

  it('name the limits', () => {
    const { reason, message } = failure(() => Check.integer(70_000, 'blocks', 1, 65_535));
    expect(reason).toEqual({ code: 'input.out-of-range', field: 'blocks', min: '1', max: '65535', got: '70000' });
    expect(message).toBe('blocks: expected 1..65535, got 70000 [input.out-of-range]');
  });

  it('never throw anything but our own error, whatever they are given', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withTypedArray: true, withNullPrototype: true }), (value) => {
        for (const act of [
          () => Check.integer(value, 'f', 0, 1),
          () => Check.bigInteger(value, 'f', 0n, 1n),
          () => Check.bytes(value, 'f'),
          () => Check.text(value, 'f'),
          () => Check.list(untyped<readonly unknown[]>(value), 'f'),
        ]) {
          try {
            act();
          } catch (error) {
            expect((error as Error).name).toBe('SatlockError');
          }
        }
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });
});

describe('Check.object and Check.callable', () => {
  it('take any object, with or without a prototype', () => {
    for (const value of [{}, Object.create(null) as object, new Proxy({}, {})]) expect(Check.object(value, 'options')).toBe(value);
    expect(Check.callable(String, 'stateOf')).toBe(String);
  });

  it('tell what is missing from what is something else', () => {
    for (const value of [undefined, null]) {
      expect(refusal(() => Check.object(value, 'options'))).toEqual(['input.missing', 'options']);
      expect(refusal(() => Check.callable(value, 'stateOf'))).toEqual(['input.missing', 'stateOf']);
      expect(refusal(() => Check.list(untyped<readonly unknown[]>(value), 'keys'))).toEqual(['input.missing', 'keys']);
    }
    for (const value of [1, 1n, 'a', [], new Uint8Array(1), Object]) {
      expect(refusal(() => Check.object(value, 'options'))).toEqual(['input.not-object', 'options']);
    }
    expect(refusal(() => Check.callable({}, 'stateOf'))).toEqual(['input.not-object', 'stateOf']);
  });

  it('a flag is true or false, a map a Map, and nothing that counts as one', () => {
    expect([Check.flag(true, 'f'), Check.flag(false, 'f')]).toEqual([true, false]);
    for (const value of [undefined, null, 0, 1, 'true', '', [], {}, Object(true)])
      expect(refusal(() => Check.flag(value, 'jailed'))).toEqual(['input.not-flag', 'jailed']);
    const map = new Map([[1n, 2n]]);
    expect(Check.map(map, 'power', 'height')).toBe(map);
    for (const value of [undefined, null, {}, [[1n, 2n]], new Set(), 'Map'])
      expect(refusal(() => Check.map(value, 'power', 'height'))).toEqual(['input.not-map', 'power']);
    expect(() => Check.flag(0, 'jailed')).toThrow('jailed: expected true or false, got number');
    expect(() => Check.map([1], 'power', 'height')).toThrow('power: expected a Map from height, got a list of 1');
  });

  it('bytes without a prototype are no reason to crash', () => {
    const bare: unknown = Object.setPrototypeOf(new Uint8Array(1), null);
    expect(refusal(() => Check.bytes(bare, 'key'))).toEqual(['input.not-bytes', 'key']);
  });
});

describe('the remedy stands in the message', () => {
  it.each<readonly [string, () => unknown, string]>([
    ['text for bytes', () => Check.bytes('00', 'key', 32), 'PublicKey.fromHex for keys, Hex.decode for bytes'],
    ['a compressed key', () => Check.bytes(new Uint8Array(33).fill(2), 'key', 32), 'PublicKey.fromCompressed or fromCompressedAnyParity'],
    ['a number for an amount', () => Check.bigInteger(500_000, 'valueSats', 0n, 1n), 'amounts are bigint: 500000n'],
    ['a number for a height', () => Check.bigInteger(7, 'height', 0n, 1n), 'write it with an n: 7n'],
    ['a bigint for a number', () => Check.integer(7n, 'vout', 0, 1), 'write it without the n'],
    ['the prefix 0x', () => Hex.decode('0x00'), 'leave out the prefix 0x'],
  ])('%s', (_name, call, remedy) => {
    expect(call).toThrow(remedy);
  });

  it('says nothing of a secret but its length', () => {
    expect(() => Check.bytes(new Uint8Array(33).fill(2), 'secretKey', 32)).toThrow('expected 32 bytes, got 33 [input.wrong-length]');
  });
});

describe('Check.text and Check.list', () => {
  it('refuse other types', () => {
    for (const value of [1, null, undefined, ['a']]) expect(refusal(() => Check.text(value, 'name'))).toEqual(['input.not-text', 'name']);
    for (const value of ['abc', { length: 1 }, new Uint8Array(2)])
      expect(refusal(() => Check.list(untyped<readonly unknown[]>(value), 'keys'))).toEqual(['input.not-list', 'keys']);
  });
});
