// The published JSON Schema is what the tables say today.
import { describe, expect, it } from 'vitest';
import * as Schema from '../../src/vectors/Schema.ts';
import { textOf } from './support.ts';

describe('Schema', () => {
  it('is the published file', () => {
    expect(textOf('schema/satlock-vectors-1.schema.json')).toBe(Schema.serialize());
  });
});
