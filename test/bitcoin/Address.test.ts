// Addresses: one network, one case, one checksum for each version, and never coins to an output that its owner cannot spend.
import { toBech32 } from 'bitcoinjs-lib/src/address';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Bytes from '../../src/base/Bytes.ts';
import * as Address from '../../src/bitcoin/Address.ts';
import * as Network from '../../src/bitcoin/Network.ts';
import * as TapTree from '../../src/bitcoin/TapTree.ts';
import { bytes, codeOf, failure, filled, hex, keyOf, P2TR, refusal, SEED, untyped } from '../support/stakes.ts';

const STAKE = bytes('5120d3aefe29fd5c62d7b2382b1f7c956cc4d8342e6f310c1c0bf2553fa96f931108');
const ADDRESSES: Readonly<Record<string, string>> = {
  mainnet: 'bc1p6wh0u20at33d0v3c9v0he9tvcnvrgtn0xyxpczlj25l6jmunzyyqy9eu87',
  testnet: 'tb1p6wh0u20at33d0v3c9v0he9tvcnvrgtn0xyxpczlj25l6jmunzyyqnd0na3',
  signet: 'tb1p6wh0u20at33d0v3c9v0he9tvcnvrgtn0xyxpczlj25l6jmunzyyqnd0na3',
  regtest: 'bcrt1p6wh0u20at33d0v3c9v0he9tvcnvrgtn0xyxpczlj25l6jmunzyyq7594gt',
};
const HASH = '22'.repeat(20);
const SCRIPTS: Readonly<Record<Address.Kind, string>> = {
  p2tr: hex(STAKE),
  p2wpkh: `0014${HASH}`,
  p2wsh: `0020${'22'.repeat(32)}`,
  p2sh: `a914${HASH}87`,
  p2pkh: `76a914${HASH}88ac`,
};

describe('encode and decode', () => {
  it('give the addresses of the worked example on every network', () => {
    for (const [network, address] of Object.entries(ADDRESSES)) {
      expect(Address.encode(STAKE, Network.from(network))).toBe(address);
      expect(hex(Address.decode(address, Network.from(network)))).toBe(hex(STAKE));
    }
  });

  it('return every standard script unchanged, on every network', () => {
    for (const network of Network.ALL)
      for (const [kind, text] of Object.entries(SCRIPTS)) {
        expect(Address.kindOf(bytes(text))).toBe(kind);
        expect(hex(Address.decode(Address.encode(bytes(text), network), network))).toBe(text);
      }
  });

  it('accept upper-case bech32 and refuse mixed case', () => {
    const address = ADDRESSES['mainnet'] as string;
    expect(hex(Address.decode(address.toUpperCase(), 'mainnet'))).toBe(hex(STAKE));
    expect(codeOf(() => Address.decode(`B${address.slice(1)}`, 'mainnet'))).toBe('address.malformed');
  });
});

describe('decode refuses', () => {
  it('an address of another network, by name', () => {
    for (const [from, to] of [
      ['mainnet', 'testnet'],
      ['testnet', 'mainnet'],
      ['testnet', 'regtest'],
      ['regtest', 'signet'],
      ['mainnet', 'simnet'],
    ] as const) {
      for (const [kind, text] of Object.entries(SCRIPTS)) {
        // The test networks share their base58 prefixes: there a legacy address tells nothing.
        const isLegacy = kind === 'p2sh' || kind === 'p2pkh';
        if (isLegacy && from !== 'mainnet' && to !== 'mainnet') continue;
        const address = Address.encode(bytes(text), from);
        expect(failure(() => Address.decode(address, to, 'changeAddress')).reason, `${address} on ${to}`).toEqual({
          code: 'address.wrong-network',
          field: 'changeAddress',
          expected: to,
        });
      }
    }
  });

  it('every single wrong character', () => {
    const address = ADDRESSES['mainnet'] as string;
    fc.assert(
      fc.property(fc.integer({ min: 4, max: address.length - 1 }), fc.constantFrom(...'qpzry9x8gf2tvdw0s3jn54khce6mua7l'), (at, digit) => {
        if (address[at] === digit) return;
        const changed = address.slice(0, at) + digit + address.slice(at + 1);
        expect(codeOf(() => Address.decode(changed, 'mainnet'))).toBe('address.malformed');
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('blanks, prefixes, nothing, and other types', () => {
    const address = ADDRESSES['mainnet'] as string;
    for (const text of [` ${address}`, `${address} `, `bitcoin:${address}`, '', 'bc1', hex(STAKE)])
      expect(
        refusal(() => Address.decode(text, 'mainnet')),
        text,
      ).toEqual(['address.malformed', 'address']);
    for (const value of [null, undefined, 5, STAKE]) expect(codeOf(() => Address.decode(untyped(value), 'mainnet'))).toBe('input.not-text');
    expect(codeOf(() => Address.decode(address, untyped('Mainnet')))).toBe('network.unknown');
    expect(codeOf(() => Address.encode(STAKE, untyped('toString')))).toBe('network.unknown');
  });

  it('the checksum of the other version: bech32 for taproot, bech32m for version 0', () => {
    const wrong = 'bc1p6wh0u20at33d0v3c9v0he9tvcnvrgtn0xyxpczlj25l6jmunzyyq3efszu';
    const wrong0 = 'bc1qyg3zyg3zyg3zyg3zyg3zyg3zyg3zyg3zdxurmh';
    for (const address of [wrong, wrong0]) expect(codeOf(() => Address.decode(address, 'mainnet'))).toBe('address.malformed');
  });

  it('programs of unknown versions and lengths, among them the anyone-can-spend anchor', () => {
    const encode = (version: number, length: number): string => toBech32(filled(length, 0x22), version, 'bc');
    expect(codeOf(() => Address.decode('bc1pfeessrawgf', 'mainnet'))).toBe('address.unknown-version');
    for (const address of [encode(2, 32), encode(16, 32), encode(1, 20), encode(1, 33), encode(17, 32), encode(31, 32)])
      expect(
        codeOf(() => Address.decode(address, 'mainnet')),
        address,
      ).toBe('address.unknown-version');
    const short = toBech32(filled(21, 0x22), 0, 'bc');
    expect(codeOf(() => Address.decode(short, 'mainnet'))).toBe('address.malformed');
  });

  it('a taproot key off the curve: coins sent there are lost', () => {
    const offCurve = toBech32(filled(32, 0xff), 1, 'bc');
    expect(refusal(() => Address.decode(offCurve, 'mainnet', 'destination'))).toEqual(['address.not-on-curve', 'destination']);
  });
});

describe('checkPayable', () => {
  it('lets the five standard kinds through', () => {
    for (const text of Object.values(SCRIPTS)) expect(hex(Address.checkPayable(bytes(text), 'to'))).toBe(text);
    expect(Address.checkPayable(P2TR, 'to')).toBe(P2TR);
  });

  it('refuses outputs that anybody or nobody can spend: empty, OP_RETURN, OP_TRUE, anchor, bare key, future versions, near misses', () => {
    const key = hex(keyOf('staker').publicKey);
    const scripts = [
      '',
      '6a',
      '6a07626162796c6f6e',
      '51',
      '51024e73',
      `20${key}ac`,
      `5220${key}`,
      `5121${key}00`,
      `0014${HASH}00`,
      `0015${HASH}00`,
    ];
    for (const text of [...scripts, `a914${HASH}88`, `76a914${HASH}88ad`])
      expect(
        refusal(() => Address.checkPayable(bytes(text), 'to')),
        text,
      ).toEqual(['address.not-payable', 'to']);
    expect(refusal(() => Address.checkPayable(untyped('0014'), 'to'))).toEqual(['input.not-bytes', 'to']);
  });

  it('has no address for them either', () => {
    for (const text of ['', '6a', '51024e73']) expect(codeOf(() => Address.encode(bytes(text), 'mainnet'))).toBe('address.no-address');
  });
});

describe('checkPayable', () => {
  it('refuses a taproot output that nobody can spend', () => {
    const offCurve = Uint8Array.of(0x51, 0x20, ...new Uint8Array(31), 5);
    expect(codeOf(() => Address.checkPayable(offCurve, 'change'))).toBe('address.not-on-curve');
    // The bare NUMS key is on the curve, and nobody's all the same.
    const dead = Bytes.concat(Uint8Array.of(0x51, 0x20), TapTree.nums());
    expect(codeOf(() => Address.checkPayable(dead, 'change'))).toBe('address.not-on-curve');
    expect(refusal(() => Address.decode(Address.encode(dead, 'mainnet'), 'mainnet', 'change'))).toEqual(['address.not-on-curve', 'change']);
  });
});

describe('decode', () => {
  it('does not spend time on text that is longer than any address', () => {
    expect(codeOf(() => Address.decode('z'.repeat(100_000), 'mainnet'))).toBe('address.malformed');
  });
});
