// The JSON Schema (draft 2020-12) of vector files, written from the same tables that the parser uses. It serves editors and other languages;
// what a schema cannot say (unique ids, which outputs an input determines) the parser checks.
import type { Definition } from './definition.ts';
import type { Field, Fields, Type } from './fields.ts';
import { DEFINITIONS } from './kinds/all.ts';
import { KINDS, SCHEMA } from './model.ts';

type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json };

/** The schema as an object. */
export function jsonSchema(): { readonly [key: string]: Json } {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'satlock-vectors-1.schema.json',
    title: SCHEMA,
    type: 'object',
    required: ['schema', 'kind', 'source', 'cases'],
    properties: {
      schema: { const: SCHEMA },
      kind: { enum: KINDS },
      source: { type: 'string', description: 'where the values come from' },
      cases: { type: 'array' },
    },
    additionalProperties: false,
    oneOf: KINDS.map((kind) => ({
      title: kind,
      description: DEFINITIONS[kind].about,
      properties: { kind: { const: kind }, cases: { items: caseSchema(DEFINITIONS[kind]) } },
    })),
    $defs: {
      hex: { type: 'string', pattern: '^([0-9a-f]{2})*$' },
      integer: {
        anyOf: [
          { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
          { type: 'string', pattern: '^(0|[1-9][0-9]*)$' },
        ],
      },
      refusal: {
        type: 'object',
        required: ['error'],
        properties: { error: { anyOf: [{ type: 'string', minLength: 1 }, { const: true }] } },
        additionalProperties: false,
      },
    },
  };
}

/** The schema as the text of the published file. */
export function serialize(): string {
  return `${JSON.stringify(jsonSchema(), null, 2)}\n`;
}

function caseSchema(definition: Definition): Json {
  const { input, forms, expect, always = [] } = definition;
  const oneForm: Record<string, Json> = forms === undefined ? {} : { anyOf: forms.map((required) => ({ required })) };
  return {
    type: 'object',
    required: ['id', 'input', 'expect'],
    properties: { id: { type: 'string', minLength: 1 }, comment: { type: 'string' }, input: true, expect: true },
    additionalProperties: false,
    oneOf: [
      {
        title: 'outputs',
        properties: {
          input: { ...objectSchema(input, 'strict'), ...oneForm },
          expect: { ...objectSchema(optionalBut(expect, always), 'strict'), minProperties: 1 },
        },
      },
      {
        title: 'refusal: values may be of any form',
        properties: { input: { ...objectSchema(input, 'any-value'), ...oneForm }, expect: { $ref: '#/$defs/refusal' } },
      },
    ],
  };
}

function optionalBut(fields: Fields, always: readonly string[]): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([key, field]) => [key, always.includes(key) ? field : { ...field, optional: true }]),
  );
}

function objectSchema(fields: Fields, mode: 'strict' | 'any-value'): Record<string, Json> {
  const required = Object.entries(fields).flatMap(([key, { optional }]) => (optional === true ? [] : [key]));
  return {
    type: 'object',
    ...(required.length === 0 ? {} : { required }),
    properties: Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, mode === 'strict' ? fieldSchema(field) : true])),
    additionalProperties: false,
  };
}

function fieldSchema(field: Field): Json {
  const { about } = field;
  return { ...typeSchema(field), ...(about === undefined ? {} : { description: about }) };
}

function typeSchema(type: Type): Record<string, Json> {
  switch (type.type) {
    case 'hex': {
      const { bytes } = type;
      if (bytes === undefined) return { $ref: '#/$defs/hex' };
      return { type: 'string', pattern: `^(${bytes.map((length) => `[0-9a-f]{${2 * length}}`).join('|')})$` };
    }
    case 'integer':
      return { $ref: '#/$defs/integer' };
    case 'text':
      return { type: 'string', ...(type.oneOf === undefined ? {} : { enum: type.oneOf }) };
    case 'boolean':
      return { type: 'boolean' };
    case 'json':
      return { type: 'object' };
    case 'list':
      return { type: 'array', items: typeSchema(type.of) };
    case 'object':
      return objectSchema(type.fields, 'strict');
  }
}
