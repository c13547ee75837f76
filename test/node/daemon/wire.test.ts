// The messages against the .proto file as another protobuf library reads it, and against what Go would make of odd bytes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import * as Hex from '../../../src/base/Hex.ts';
import * as Wire from '../../../src/node/daemon/wire.ts';

const PROTO = readFileSync(join(import.meta.dirname, '../../../src/node/daemon/eotsmanager.proto'), 'utf8');
const root = protobuf.parse(PROTO, { keepCase: true }).root;
const hex = (bytes: Uint8Array): string => Hex.encode(Uint8Array.from(bytes));
const bytes = (max = 40): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength: max });
const u64 = fc.oneof(fc.constant(0n), fc.bigInt(0n, 2n ** 64n - 1n), fc.constant(2n ** 64n - 1n));

/** The bytes that protobufjs writes for a message of ours. 64-bit values go in as its Long. */
function theirs(name: string, message: Record<string, unknown>): Uint8Array {
  const type = root.lookupType(`proto.${name}`);
  return type.encode(type.fromObject(message)).finish();
}

describe('the .proto file', () => {
  it('has the messages of the table, field by field', () => {
    const described = Wire.ALL.map(({ name, fields }) => ({ name, fields }));
    const written = Wire.ALL.map(({ name }) => ({
      name,
      fields: root.lookupType(`proto.${name}`).fieldsArray.map((field) => ({
        no: field.id,
        type: `${field.repeated ? 'repeated ' : ''}${field.options?.['proto3_optional'] === true ? 'optional ' : ''}${field.type}`,
        name: field.name,
      })),
    }));
    expect(described).toEqual(written);
    const namespace = root.lookup('proto') as protobuf.Namespace;
    const messages = namespace.nestedArray.filter((each) => each instanceof protobuf.Type).map((each) => each.name);
    expect([...messages].sort()).toEqual(Wire.ALL.map(({ name }) => name).sort());
  });

  it('has the methods of eotsd', () => {
    expect(
      root.lookupService('proto.EOTSManager').methodsArray.map(({ name, requestType, responseType }) => [name, requestType, responseType]),
    ).toEqual([
      ['Ping', 'PingRequest', 'PingResponse'],
      ['CreateRandomnessPairList', 'CreateRandomnessPairListRequest', 'CreateRandomnessPairListResponse'],
      ['SignEOTS', 'SignEOTSRequest', 'SignEOTSResponse'],
      ['UnsafeSignEOTS', 'SignEOTSRequest', 'SignEOTSResponse'],
      ['SignSchnorrSig', 'SignSchnorrSigRequest', 'SignSchnorrSigResponse'],
      ['SignBatchEOTS', 'SignBatchEOTSRequest', 'SignBatchEOTSResponse'],
      ['SaveEOTSKeyName', 'SaveEOTSKeyNameRequest', 'SaveEOTSKeyNameResponse'],
      ['UnlockKey', 'UnlockKeyRequest', 'UnlockKeyResponse'],
      ['Backup', 'BackupRequest', 'BackupResponse'],
    ]);
  });
});

describe('messages', () => {
  it('are the bytes of another library, and are read from them', () => {
    const randomness = fc.record({
      ...{ uid: bytes(), chainId: bytes(), startHeight: u64, num: fc.nat(0xffff_ffff) },
      interval: fc.option(u64, { nil: undefined }),
    });
    fc.assert(
      fc.property(randomness, (message) => {
        const expected = theirs('CreateRandomnessPairListRequest', {
          ...{ uid: message.uid, chain_id: message.chainId, start_height: message.startHeight.toString(), num: message.num },
          ...(message.interval === undefined ? {} : { interval: message.interval.toString() }),
        });
        const ours = Wire.CreateRandomnessPairListRequest.encode(message);
        // protobufjs writes defaults that were set; Go does not, and the MAC is over Go's bytes.
        if (message.uid.length > 0 && message.chainId.length > 0 && message.startHeight > 0n && message.num > 0)
          expect(hex(ours)).toBe(hex(expected));
        const read = Wire.CreateRandomnessPairListRequest.decode(expected);
        expect({ ...read, uid: hex(read.uid), chainId: hex(read.chainId) }).toEqual({
          ...message,
          uid: hex(message.uid),
          chainId: hex(message.chainId),
        });
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  it('of batches are the same both ways', () => {
    const batch = fc.record({
      uid: bytes(),
      chainId: bytes(),
      signRequests: fc.array(fc.record({ msg: bytes(), height: u64 }), { maxLength: 8 }),
    });
    fc.assert(
      fc.property(batch, ({ uid, chainId, signRequests }) => {
        const requests = signRequests.map(({ msg, height }) => ({
          ...(msg.length === 0 ? {} : { msg }),
          ...(height === 0n ? {} : { height: height.toString() }),
        }));
        const expected = theirs('SignBatchEOTSRequest', {
          ...(uid.length === 0 ? {} : { uid }),
          ...(chainId.length === 0 ? {} : { chain_id: chainId }),
          sign_requests: requests,
        });
        expect(hex(Wire.SignBatchEOTSRequest.encode({ uid, chainId, signRequests }))).toBe(hex(expected));
        expect(hex(Wire.SignBatchEOTSRequest.encode(Wire.SignBatchEOTSRequest.decode(expected)))).toBe(hex(expected));
      }),
      { seed: 6, numRuns: 300 },
    );
  });

  it('of every kind survive being read and written', () => {
    for (const codec of Wire.ALL) expect(hex(codec.encode(codec.decode(new Uint8Array(0))))).toBe('');
  });

  it('keep an interval of zero, and leave out other zeros', () => {
    const zero = { uid: new Uint8Array(0), chainId: new Uint8Array(0), startHeight: 0n, num: 0 };
    expect(hex(Wire.CreateRandomnessPairListRequest.encode({ ...zero, interval: 0n }))).toBe('2800');
    expect(hex(Wire.CreateRandomnessPairListRequest.encode({ ...zero, interval: undefined }))).toBe('');
  });
});

describe('odd bytes are read as Go reads them', () => {
  const decode = (text: string): unknown => {
    const { uid, chainId, msg, height } = Wire.SignEOTSRequest.decode(Hex.decode(text));
    return [hex(uid), hex(chainId), hex(msg), height];
  };

  it('any order, the last one of a field wins, unknown fields and wrong wire types are skipped', () => {
    expect(decode('2005' + '0a01aa')).toEqual(['aa', '', '', 5n]);
    expect(decode('0a01aa' + '0a01bb')).toEqual(['bb', '', '', 0n]);
    expect(decode('7801' + '0a01aa' + '7b7c')).toEqual(['aa', '', '', 0n]);
    expect(decode('0805' + '2205ffffffffff')).toEqual(['', '', '', 0n]);
    // over-long varints
    expect(decode('20858000')).toEqual(['', '', '', 5n]);
  });

  it('and what is canonical has none of that', () => {
    const canonical = (text: string): string => hex(Wire.SignEOTSRequest.encode(Wire.SignEOTSRequest.decode(Hex.decode(text))));
    expect(canonical('2005' + '0a01aa' + '7801')).toBe('0a01aa2005');
    expect(canonical('0a00' + '2000')).toBe('');
  });

  it('is refused where Go refuses', () => {
    for (const bad of ['0a', '0a05aa', '20', '2080', '00', '07', '0b', '20ffffffffffffffffffff01', '0affffffff7f', '0e']) {
      expect(() => Wire.SignEOTSRequest.decode(Hex.decode(bad)), bad).toThrow(/wire.malformed/);
    }
    expect(() => Wire.UnlockKeyRequest.decode(Hex.decode('1202c328'))).toThrow(/wire.malformed/);
  });

  it('never throws anything else, whatever it is', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(Wire.ALL.length - 1), (input, index) => {
        const codec = Wire.ALL[index];
        try {
          codec?.decode(input);
        } catch (error) {
          expect(String(error)).toMatch(/wire\./);
        }
      }),
      { seed: 7, numRuns: 5_000 },
    );
  });

  it('stops at a limit of items', () => {
    const item = Hex.decode('1a00');
    const many = new Uint8Array(item.length * (Wire.MAX_ITEMS + 1));
    for (let i = 0; i < many.length; i += 2) many.set(item, i);
    expect(() => Wire.SignBatchEOTSRequest.decode(many)).toThrow(/wire.too-many/);
    expect(Wire.SignBatchEOTSRequest.decode(many.subarray(2)).signRequests).toHaveLength(Wire.MAX_ITEMS);
  });
});
