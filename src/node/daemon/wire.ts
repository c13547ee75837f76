// The messages of eotsmanager.proto: read leniently, as Go's protobuf does, and written canonically (ascending fields, proto3 defaults left out,
// no unknown fields), because the MAC covers the canonical form. finality-provider eotsmanager/proto/eotsmanager.proto, service/hmac.go.
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { fail, isSatlockError } from '../../base/Errors.ts';

export type Reason =
  | { readonly code: 'wire.malformed'; readonly problem: string }
  | { readonly code: 'wire.too-many'; readonly field: string; readonly limit: number };

/** One field: how it is read onto what was read before it, and how it is written. */
type Field<T> = {
  readonly no: number;
  /** As the .proto file spells it; a test compares. */
  readonly type: string;
  readonly wireType: WireType;
  readonly initial: () => T;
  readonly read: (reader: BinaryReader, before: T) => T;
  readonly write: (writer: BinaryWriter, value: T) => void;
};

// biome-ignore lint/suspicious/noExplicitAny: the shape is a map of fields of different types; `Message` gets each one's own back
type Shape = Readonly<Record<string, Field<any>>>;
export type Message<S extends Shape> = { readonly [K in keyof S]: S[K] extends Field<infer T> ? T : never };

/** Reads and writes one kind of message. */
export type Codec<T> = {
  readonly name: string;
  readonly fields: readonly { readonly no: number; readonly type: string; readonly name: string }[];
  /** @throws wire.malformed, wire.too-many */
  readonly decode: (bytes: Uint8Array) => T;
  readonly encode: (message: T) => Uint8Array;
};

/** Items of one batch that are read at all; `Limits.maxBatch` may be lower. */
export const MAX_ITEMS = 10_000;

function bytesField(no: number): Field<Uint8Array> {
  return {
    ...{ no, type: 'bytes', wireType: WireType.LengthDelimited },
    initial: () => new Uint8Array(0),
    read: (reader) => reader.bytes(),
    write: (writer, value) => {
      if (value.length > 0) writer.tag(no, WireType.LengthDelimited).bytes(value);
    },
  };
}

function textField(no: number): Field<string> {
  return {
    ...{ no, type: 'string', wireType: WireType.LengthDelimited },
    initial: () => '',
    read: (reader) => reader.string(true),
    write: (writer, value) => {
      if (value !== '') writer.tag(no, WireType.LengthDelimited).string(value);
    },
  };
}

function uint64Field(no: number): Field<bigint> {
  return {
    ...{ no, type: 'uint64', wireType: WireType.Varint },
    initial: () => 0n,
    read: (reader) => BigInt(reader.uint64()),
    write: (writer, value) => {
      if (value !== 0n) writer.tag(no, WireType.Varint).uint64(value);
    },
  };
}

/** Explicit presence: a zero that was sent is written again. */
function optionalUint64Field(no: number): Field<bigint | undefined> {
  return {
    ...{ no, type: 'optional uint64', wireType: WireType.Varint },
    initial: () => undefined,
    read: (reader) => BigInt(reader.uint64()),
    write: (writer, value) => {
      if (value !== undefined) writer.tag(no, WireType.Varint).uint64(value);
    },
  };
}

function uint32Field(no: number): Field<number> {
  return {
    ...{ no, type: 'uint32', wireType: WireType.Varint },
    initial: () => 0,
    read: (reader) => reader.uint32(),
    write: (writer, value) => {
      if (value !== 0) writer.tag(no, WireType.Varint).uint32(value);
    },
  };
}

/** Unlike a single field, an empty item is written. */
function repeatedBytesField(no: number): Field<readonly Uint8Array[]> {
  return {
    ...{ no, type: 'repeated bytes', wireType: WireType.LengthDelimited },
    initial: () => [],
    read: (reader, before) => append(before, reader.bytes()),
    write: (writer, items) => {
      const isShort = no < 16 && items.every((item) => item.length < 128);
      if (isShort) writer.raw(packed(no, items));
      else for (const item of items) writer.tag(no, WireType.LengthDelimited).bytes(item);
    },
  };
}

/** Tag and length of a byte each, all in one array: lists of randomness have hundreds of thousands of items. */
function packed(no: number, items: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(items.reduce((sum, item) => sum + item.length + 2, 0));
  let at = 0;
  for (const item of items) {
    bytes[at++] = (no << 3) | WireType.LengthDelimited;
    bytes[at++] = item.length;
    bytes.set(item, at);
    at += item.length;
  }
  return bytes;
}

function repeatedField<T>(no: number, codec: Codec<T>): Field<readonly T[]> {
  return {
    ...{ no, type: `repeated ${codec.name}`, wireType: WireType.LengthDelimited },
    initial: () => [],
    read: (reader, before) => {
      if (before.length >= MAX_ITEMS) {
        fail<Reason>(
          { code: 'wire.too-many', field: codec.name, limit: MAX_ITEMS },
          `at most ${MAX_ITEMS} of ${codec.name} in one request`,
        );
      }
      return append(before, codec.decode(reader.bytes()));
    },
    write: (writer, items) => {
      for (const item of items) writer.tag(no, WireType.LengthDelimited).bytes(codec.encode(item));
    },
  };
}

/** In place: the list is the reader's own until the message is complete. */
function append<T>(list: readonly T[], item: T): readonly T[] {
  (list as T[]).push(item);
  return list;
}

function message<S extends Shape>(name: string, shape: S): Codec<Message<S>> {
  const entries = Object.entries(shape).sort(([, a], [, b]) => a.no - b.no);
  const byNumber = new Map(entries.map(([key, field]) => [field.no, { key, field }] as const));
  return {
    name,
    fields: entries.map(([key, { no, type }]) => ({ no, type, name: key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) })),
    decode(bytes) {
      const values: Record<string, unknown> = {};
      for (const [key, field] of entries) values[key] = field.initial();
      reading(() => {
        const reader = new BinaryReader(bytes);
        while (reader.pos < reader.len) {
          const [no, wireType] = reader.tag();
          const known = byNumber.get(no);
          // A known number with another wire type is an unknown field, as it is for Go.
          if (known === undefined || known.field.wireType !== wireType) reader.skip(wireType, no);
          else values[known.key] = known.field.read(reader, values[known.key]);
        }
      });
      return values as Message<S>;
    },
    encode(values) {
      const writer = new BinaryWriter();
      for (const [key, field] of entries) field.write(writer, values[key]);
      return writer.finish();
    },
  };
}

function reading(read: () => void): void {
  try {
    read();
  } catch (cause) {
    if (isSatlockError(cause)) throw cause;
    const problem = cause instanceof Error ? cause.message : 'unreadable';
    fail<Reason>({ code: 'wire.malformed', problem }, `not the protobuf of this request: ${problem}`, { cause });
  }
}

const SignDataRequest = message('SignDataRequest', { msg: bytesField(1), height: uint64Field(2) });
const SignDataResponse = message('SignDataResponse', { sig: bytesField(1), height: uint64Field(2) });
const empty = (name: string): Codec<Record<never, never>> => message(name, {});

type SignRequest = { readonly uid: Uint8Array; readonly chainId: Uint8Array; readonly msg: Uint8Array; readonly height: bigint };
type RandomnessRequest = {
  readonly uid: Uint8Array;
  readonly chainId: Uint8Array;
  readonly startHeight: bigint;
  readonly num: number;
  readonly interval: bigint | undefined;
};
type SignData = { readonly msg: Uint8Array; readonly height: bigint };
type Sig = { readonly sig: Uint8Array };

export const PingRequest: Codec<Record<never, never>> = empty('PingRequest');
export const PingResponse: Codec<Record<never, never>> = empty('PingResponse');
export const CreateRandomnessPairListRequest: Codec<RandomnessRequest> = message('CreateRandomnessPairListRequest', {
  uid: bytesField(1),
  chainId: bytesField(2),
  startHeight: uint64Field(3),
  num: uint32Field(4),
  interval: optionalUint64Field(5),
});
export const CreateRandomnessPairListResponse: Codec<{ readonly pubRandList: readonly Uint8Array[] }> = message(
  'CreateRandomnessPairListResponse',
  { pubRandList: repeatedBytesField(1) },
);
export const SignEOTSRequest: Codec<SignRequest> = message('SignEOTSRequest', {
  uid: bytesField(1),
  chainId: bytesField(2),
  msg: bytesField(3),
  height: uint64Field(4),
});
export const SignEOTSResponse: Codec<Sig> = message('SignEOTSResponse', { sig: bytesField(1) });
export const SignSchnorrSigRequest: Codec<{ readonly uid: Uint8Array; readonly msg: Uint8Array }> = message('SignSchnorrSigRequest', {
  uid: bytesField(1),
  msg: bytesField(2),
});
export const SignSchnorrSigResponse: Codec<Sig> = message('SignSchnorrSigResponse', { sig: bytesField(1) });
export const SignBatchEOTSRequest: Codec<{
  readonly uid: Uint8Array;
  readonly chainId: Uint8Array;
  readonly signRequests: readonly SignData[];
}> = message('SignBatchEOTSRequest', { uid: bytesField(1), chainId: bytesField(2), signRequests: repeatedField(3, SignDataRequest) });
export const SignBatchEOTSResponse: Codec<{ readonly responses: readonly (Sig & { readonly height: bigint })[] }> = message(
  'SignBatchEOTSResponse',
  { responses: repeatedField(1, SignDataResponse) },
);
export const SaveEOTSKeyNameRequest: Codec<{ readonly keyName: string; readonly eotsPk: Uint8Array }> = message('SaveEOTSKeyNameRequest', {
  keyName: textField(1),
  eotsPk: bytesField(2),
});
export const SaveEOTSKeyNameResponse: Codec<Record<never, never>> = empty('SaveEOTSKeyNameResponse');
export const UnlockKeyRequest: Codec<{ readonly uid: Uint8Array; readonly passphrase: string }> = message('UnlockKeyRequest', {
  uid: bytesField(1),
  passphrase: textField(2),
});
export const UnlockKeyResponse: Codec<Record<never, never>> = empty('UnlockKeyResponse');
export const BackupRequest: Codec<{ readonly dbPath: string; readonly backupDir: string }> = message('BackupRequest', {
  dbPath: textField(1),
  backupDir: textField(2),
});
export const BackupResponse: Codec<{ readonly backupName: string }> = message('BackupResponse', { backupName: textField(1) });

/** The standard health service, /grpc.health.v1.Health/Check. @source grpc/grpc doc/health-checking.md */
export const HealthCheckRequest: Codec<{ readonly service: string }> = message('HealthCheckRequest', { service: textField(1) });
/** `status`: 1 serving, 2 not serving. */
export const HealthCheckResponse: Codec<{ readonly status: number }> = message('HealthCheckResponse', { status: uint32Field(1) });

/** Every message by its name in the .proto file, the nested ones among them. */
// biome-ignore lint/suspicious/noExplicitAny: a table of codecs of different messages, for the test that compares names and numbers
export const ALL: readonly Codec<any>[] = [
  ...[PingRequest, PingResponse, CreateRandomnessPairListRequest, CreateRandomnessPairListResponse, SignEOTSRequest, SignEOTSResponse],
  ...[SignSchnorrSigRequest, SignSchnorrSigResponse, SignDataRequest, SignBatchEOTSRequest, SignDataResponse, SignBatchEOTSResponse],
  ...[SaveEOTSKeyNameRequest, SaveEOTSKeyNameResponse, UnlockKeyRequest, UnlockKeyResponse, BackupRequest, BackupResponse],
];

export const SERVICE = '/proto.EOTSManager/';
