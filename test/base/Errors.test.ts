// The one error class: narrowing works across copies of the package, and it survives JSON.
import { describe, expect, it } from 'vitest';
import { fail, hasCode, isSatlockError, SatlockError } from '../../src/base/Errors.ts';
import { failure } from '../support/stakes.ts';

type Reason = { readonly code: 'test.a'; readonly valueSats: bigint } | { readonly code: 'test.b' };

describe('SatlockError', () => {
  it('carries the code, the facts and the cause', () => {
    const cause = new Error('inner');
    const error = failure(() => fail<Reason>({ code: 'test.a', valueSats: 5n }, 'too few', { cause }));
    expect(error).toBeInstanceOf(SatlockError);
    expect(error.message).toBe('too few [test.a]');
    expect([error.name, error.code, error.cause]).toEqual(['SatlockError', 'test.a', cause]);
  });

  it('becomes JSON although facts may be bigints', () => {
    const error = failure(() => fail<Reason>({ code: 'test.a', valueSats: 5n }, 'too few'));
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'SatlockError',
      code: 'test.a',
      message: 'too few [test.a]',
      reason: { code: 'test.a', valueSats: '5' },
    });
  });

  it('is recognised by code, not by class: another copy of the package agrees', () => {
    const foreign = Object.assign(new Error('x'), { name: 'SatlockError', reason: { code: 'test.b' } });
    expect(isSatlockError(foreign)).toBe(true);
    expect(hasCode<Reason, 'test.b'>(foreign, 'test.b')).toBe(true);
    expect(hasCode<Reason, 'test.a'>(foreign, 'test.a')).toBe(false);
    for (const other of [undefined, null, 'text', new Error('plain'), { name: 'SatlockError', reason: { code: 'test.b' } }]) {
      expect(isSatlockError(other)).toBe(false);
      expect(hasCode<Reason, 'test.b'>(other, 'test.b')).toBe(false);
    }
  });
});
