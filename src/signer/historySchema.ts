// The JSON Schema (draft 2020-12) of signing histories, for editors and other programs; docs/schema/signing-history.schema.json is a copy.
// What a schema cannot say (the checksum, and that the heights fit together) Interchange checks.
type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json };

const HEX32 = { type: 'string', pattern: '^[0-9a-f]{64}$' } as const;
const HEIGHT = { type: 'string', pattern: '^(0|[1-9][0-9]{0,19})$' } as const;

const VOTE: Json = {
  type: 'object',
  required: ['height', 'signing_root'],
  additionalProperties: false,
  properties: {
    height: { ...HEIGHT, description: 'height of the vote, which chose its nonce; decimal, up to 2^64-1' },
    signing_root: { ...HEX32, description: 'SHA-256 of the signed message, context included' },
    signature: {
      ...HEX32,
      description: 's of the signature. Two files with different votes of one height reveal the key: left out unless asked for',
    },
  },
};

const SLOT: Json = {
  type: 'object',
  required: ['eots_pk', 'chain_id', 'context', 'min_height', 'signed_votes'],
  additionalProperties: false,
  properties: {
    eots_pk: { ...HEX32, description: 'x-only public key of the finality provider' },
    chain_id: { type: 'string', maxLength: 128, description: 'the chain-id that the nonces are derived with' },
    genesis_hash: { ...HEX32, description: 'hash of the chain’s genesis: networks with the same chain-id share their nonces' },
    context: { type: 'string', pattern: '^([0-9a-f]{64})?$', description: 'signing context; empty on the main line' },
    min_height: { ...HEIGHT, description: 'watermark: whoever takes over this history signs nothing new at this height or below' },
    last_signed_height: { ...HEIGHT, description: 'the highest height signed, listed or not; no lower than the votes listed' },
    condemned: {
      type: 'string',
      minLength: 1,
      maxLength: 1000,
      description: 'two votes of one height exist: this key is never used again',
    },
    signed_votes: {
      type: 'array',
      items: VOTE,
      description: 'what was signed; same height and other root than elsewhere condemns the key',
    },
  },
};

/** The schema as an object. */
export const HISTORY_SCHEMA: { readonly [key: string]: Json } = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'satlock-signing-history-1.schema.json',
  title: 'Signing history of finality providers',
  type: 'object',
  required: ['metadata', 'data'],
  additionalProperties: false,
  properties: {
    metadata: {
      type: 'object',
      required: ['interchange_format_version', 'scheme', 'checksum'],
      additionalProperties: false,
      properties: {
        interchange_format_version: { const: '1' },
        scheme: { const: 'babylon-eots-v1' },
        checksum: {
          ...HEX32,
          description:
            'SHA-256 of the UTF-8 text that JSON.stringify makes, without blanks, of {metadata, data}, fields in the order of this schema, absent ones and the checksum left out',
        },
      },
    },
    data: { type: 'array', items: SLOT, description: 'one entry for each key and chain' },
  },
};
