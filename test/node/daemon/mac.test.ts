// Both MACs: eotsd's worked example, what the strong one binds, and what its checks refuse, by a clock of the test's own.
import { createHmac } from 'node:crypto';
import { Metadata } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import * as Hex from '../../../src/base/Hex.ts';
import { Auth } from '../../../src/node/daemon/auth.ts';
import * as Mac from '../../../src/node/daemon/mac.ts';
import * as Wire from '../../../src/node/daemon/wire.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const KEY = utf8('test-hmac-key');
const METHOD = '/proto.EOTSManager/SignEOTS';
const request = Wire.SignEOTSRequest.encode({
  uid: utf8('test-uid'),
  chainId: utf8('test-chain'),
  msg: utf8('test-message'),
  height: 100n,
});
const canonical = (): Uint8Array => request;

function metadataOf(values: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(values)) metadata.set(key, value);
  return metadata;
}

class Clock {
  ms = 1_700_000_000_000;
  readonly now = (): number => this.ms;
}

function strong(clock: Clock, change: Partial<Mac.Stamp & { readonly key: Uint8Array; readonly body: Uint8Array }> = {}): Metadata {
  const stamp = { method: METHOD, timeMs: `${clock.ms}`, nonce: Mac.freshNonce(), ...change };
  const mac = Mac.strongMac(change.key ?? KEY, stamp, change.body ?? request);
  return metadataOf({ [Mac.STRONG]: mac, [Mac.TIME]: stamp.timeMs, [Mac.NONCE]: stamp.nonce });
}

function make(options: { readonly strict?: boolean; readonly key?: Uint8Array | null; readonly maxNonces?: number } = {}) {
  const clock = new Clock();
  const { strict = false, key = KEY, maxNonces } = options;
  const auth = new Auth({ hmacKey: key ?? undefined, strict, nowMs: clock.now, ...(maxNonces === undefined ? {} : { maxNonces }) });
  clock.ms += 60_000;
  const check = (metadata: Metadata, method = METHOD, body = request): string | undefined =>
    auth.check({ method, metadata, request: body, canonical })?.text;
  return { clock, auth, check };
}

describe("eotsd's MAC", () => {
  it('is the worked example', () => {
    expect(Hex.encode(request)).toBe('0a08746573742d756964120a746573742d636861696e1a0c746573742d6d6573736167652064');
    expect(Mac.bareMac(KEY, request)).toBe('il8QZZ0e7rcx1V7GAAJnMJQkuC2zg5MBTy9+SwPwmDQ=');
  });

  it('lets in what it fits, with the texts of the reference for the rest', () => {
    const { check } = make();
    expect(check(metadataOf({ [Mac.BARE]: Mac.bareMac(KEY, request) }))).toBeUndefined();
    expect(check(metadataOf({ [Mac.BARE]: Mac.bareMac(utf8('other'), request) }))).toBe('invalid HMAC');
    expect(check(metadataOf({ [Mac.BARE]: `${Mac.bareMac(KEY, request)} ` }))).toBe('invalid HMAC');
    expect(check(metadataOf({ [Mac.BARE]: '' }))).toBe('invalid HMAC');
    expect(check(metadataOf({ 'user-agent': 'x' }))).toBe('HMAC not provided');
    expect(check(new Metadata())).toBe('metadata is not provided');
  });

  it('is over the canonical form, not over the bytes that came', () => {
    const { auth } = make();
    const odd = Hex.decode(`2064${Hex.encode(request.subarray(0, request.length - 2))}`);
    const metadata = metadataOf({ [Mac.BARE]: Mac.bareMac(KEY, request) });
    const rewritten = (): Uint8Array => Wire.SignEOTSRequest.encode(Wire.SignEOTSRequest.decode(odd));
    expect(auth.check({ method: METHOD, metadata, request: odd, canonical: rewritten })).toBeUndefined();
  });

  it('is needed for every method but Ping and the health check', () => {
    const { check } = make();
    for (const method of [
      'SaveEOTSKeyName',
      'UnlockKey',
      'Backup',
      'UnsafeSignEOTS',
      'SignSchnorrSig',
      'CreateRandomnessPairList',
      'SignBatchEOTS',
    ]) {
      expect(check(metadataOf({ a: 'b' }), `/proto.EOTSManager/${method}`)).toBe('HMAC not provided');
    }
    expect(check(metadataOf({ a: 'b' }), '/proto.EOTSManager/Ping')).toBeUndefined();
    expect(check(metadataOf({ a: 'b' }), '/grpc.health.v1.Health/Check')).toBeUndefined();
  });

  it('does not do in strict mode, however right it is', () => {
    const { check } = make({ strict: true });
    expect(check(metadataOf({ [Mac.BARE]: Mac.bareMac(KEY, request) }))).toMatch(/strict mode/);
  });
});

describe('the strong MAC', () => {
  it('is over name, method, time, nonce and request, a zero byte between each', () => {
    const nonce = '00112233445566778899aabbccddeeff';
    const hex = Buffer.concat([
      ...[Buffer.from('satlock-mac-v1'), Buffer.alloc(1), Buffer.from('/proto.EOTSManager/SignEOTS'), Buffer.alloc(1)],
      ...[Buffer.from('1700000000000'), Buffer.alloc(1), Buffer.from(nonce), Buffer.alloc(1), request],
    ]);
    const expected = createHmac('sha256', KEY).update(hex).digest('base64');
    expect(Mac.strongMac(KEY, { method: METHOD, timeMs: '1700000000000', nonce }, request)).toBe(expected);
    expect(expected).toBe('e4Bl3ElGIJB3fyuCK9aK1wPydpgUVjjU1aMQfE02X9s=');
  });

  it('lets in once', () => {
    const { clock, check } = make({ strict: true });
    const metadata = strong(clock);
    expect(check(metadata)).toBeUndefined();
    expect(check(metadata)).toMatch(/was here before/);
    expect(check(strong(clock))).toBeUndefined();
  });

  it('binds method, time, nonce, body and key', () => {
    const { clock, check } = make();
    expect(check(strong(clock), '/proto.EOTSManager/UnlockKey')).toBe('invalid HMAC');
    expect(check(strong(clock), METHOD, request.subarray(1))).toBe('invalid HMAC');
    expect(check(strong(clock, { key: utf8('other') }))).toBe('invalid HMAC');
    for (const [key, value] of [
      [Mac.TIME, `${clock.ms + 1}`],
      [Mac.NONCE, Mac.freshNonce()],
    ] as const) {
      const metadata = strong(clock);
      metadata.set(key, value);
      expect(check(metadata)).toBe('invalid HMAC');
    }
  });

  it('takes no field from its neighbour', () => {
    const { clock, check } = make();
    // time "17…0" and nonce "0…" against time "17…" and nonce "00…"
    const nonce = '0'.repeat(32);
    const stamp = { method: METHOD, timeMs: `${clock.ms}`, nonce };
    const moved = metadataOf({
      [Mac.STRONG]: Mac.strongMac(KEY, stamp, request),
      [Mac.TIME]: stamp.timeMs.slice(0, -1),
      [Mac.NONCE]: `0${nonce}`,
    });
    expect(check(moved)).toBe('invalid HMAC');
  });

  it('holds for thirty seconds each way', () => {
    const { clock, check } = make();
    const at = (offset: number): string | undefined => check(strong(clock, { timeMs: `${clock.ms + offset}` }));
    expect(at(-30_000)).toBeUndefined();
    expect(at(30_000)).toBeUndefined();
    expect(at(-30_001)).toMatch(/clocks/);
    expect(at(30_001)).toMatch(/clocks/);
    expect(at(-60_000)).toMatch(/clocks/);
  });

  it('of a request from before the start is refused: its nonce may have been used in the life before', () => {
    const clock = new Clock();
    const early = strong(clock, { timeMs: `${clock.ms - 1}` });
    const auth = new Auth({ hmacKey: KEY, strict: true, nowMs: clock.now });
    clock.ms += 10;
    expect(auth.check({ method: METHOD, metadata: early, request, canonical })?.why).toBe('stale');
    expect(auth.check({ method: METHOD, metadata: strong(clock), request, canonical })).toBeUndefined();
  });

  it('is checked whenever one of its fields is there, also beside a good bare MAC, for Ping, and without a key', () => {
    const { clock, check } = make();
    for (const key of [Mac.STRONG, Mac.TIME, Mac.NONCE]) {
      const metadata = strong(clock);
      metadata.set(Mac.BARE, Mac.bareMac(KEY, request));
      metadata.remove(key);
      expect(check(metadata)).toMatch(/^HMAC not provided/);
    }
    const wrong = strong(clock, { key: utf8('other') });
    wrong.set(Mac.BARE, Mac.bareMac(KEY, request));
    expect(check(wrong)).toBe('invalid HMAC');
    expect(check(strong(clock, { key: utf8('other') }), '/proto.EOTSManager/Ping')).toBe('invalid HMAC');
    expect(make({ key: null }).check(strong(clock))).toMatch(/no HMAC key/);
  });

  it('has a time and a nonce of one form', () => {
    const { clock, check } = make();
    for (const timeMs of ['', '0', `0${clock.ms}`, `${clock.ms}.5`, '1e12', `-${clock.ms}`, ` ${clock.ms}`]) {
      expect(check(strong(clock, { timeMs })), timeMs).toBeDefined();
    }
    for (const nonce of ['', 'a', 'A'.repeat(32), 'g'.repeat(32), '0'.repeat(31), '0'.repeat(33)]) {
      expect(check(strong(clock, { nonce })), nonce).toBeDefined();
    }
  });

  it('is refused, not forgotten, when the memory of nonces is full', () => {
    const { clock, auth, check } = make({ maxNonces: 3 });
    const first = strong(clock);
    expect(check(first)).toBeUndefined();
    for (let i = 0; i < 2; i++) expect(check(strong(clock))).toBeUndefined();
    expect(auth.check({ method: METHOD, metadata: strong(clock), request, canonical })?.why).toBe('busy');
    expect(check(first)).toMatch(/was here before/);
    // Wrong MACs take no place.
    expect(make({ maxNonces: 1 }).check(strong(clock, { key: utf8('other') }))).toBe('invalid HMAC');
  });
});

describe('nonces', () => {
  it('are kept for two minutes of a clock that nobody sets', () => {
    let now = 0;
    const cache = new Mac.NonceCache(10, () => now);
    expect(cache.use('a')).toBe('fresh');
    now = 119_999;
    expect(cache.use('a')).toBe('used');
    now = 120_000;
    expect(cache.use('a')).toBe('fresh');
    expect(cache.size).toBe(1);
  });
});
