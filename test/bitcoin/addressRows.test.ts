// Addresses that trip the published wallet library, one test for each row of the list of its slips.
import { toBech32 } from 'bitcoinjs-lib/src/address';
import { describe, expect, it } from 'vitest';
import * as ProofOfPossession from '../../src/babylon/ProofOfPossession.ts';
import * as Address from '../../src/bitcoin/Address.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import { pointOf } from '../support/points.ts';
import { bytes, codeOf, filled, hex, keyOf } from '../support/stakes.ts';

const script = bytes('5120d3aefe29fd5c62d7b2382b1f7c956cc4d8342e6f310c1c0bf2553fa96f931108');
const mainnet = Address.encode(script, 'mainnet');

describe('Bitcoin addresses', () => {
  it('C04, C05: in upper case are taproot, and sign as taproot', () => {
    expect(Address.kindOf(Address.decode(mainnet.toUpperCase(), 'mainnet'))).toBe('p2tr');
    expect(ProofOfPossession.methodFor(mainnet.toUpperCase(), 'mainnet')).toEqual({ type: 'BIP322', method: 'bip322-simple' });
    expect(codeOf(() => Address.decode(mainnet.slice(0, 20).toUpperCase() + mainnet.slice(20), 'mainnet'))).toBe('address.malformed');
  });

  it('C06: of regtest are taproot', () => {
    const regtest = Address.encode(script, 'regtest');
    expect(regtest).toMatch(/^bcrt1p/);
    expect(Address.kindOf(Address.decode(regtest, 'regtest'))).toBe('p2tr');
    expect(ProofOfPossession.methodFor(regtest, 'regtest').type).toBe('BIP322');
    expect(codeOf(() => Address.decode(regtest, 'testnet'))).toBe('address.wrong-network');
  });

  it('C07: pay-to-anchor is not taproot', () => {
    expect(codeOf(() => Address.decode('bc1pfeessrawgf', 'mainnet'))).toBe('address.unknown-version');
    expect(Address.kindOf(bytes('51024e73'))).toBeUndefined();
    expect(codeOf(() => Address.checkPayable(bytes('51024e73'), 'change'))).toBe('address.not-payable');
  });

  it('C08: P2PKH and P2SH sign by ECDSA', () => {
    const [staker] = [keyOf('staker').publicKey];
    expect(ProofOfPossession.methodFor('13iYQ1bRRuWK6aKngBRScw1k7yDZzEhp9D', 'mainnet')).toEqual({ type: 'ECDSA', method: 'ecdsa' });
    const nested = Address.encode(Uint8Array.of(0xa9, 20, ...staker.slice(0, 20), 0x87), 'mainnet');
    expect(ProofOfPossession.methodFor(nested, 'mainnet').type).toBe('ECDSA');
    const wsh = Address.encode(Uint8Array.of(0, 32, ...staker), 'mainnet');
    expect(ProofOfPossession.methodFor(wsh, 'mainnet').type).toBe('ECDSA');
    const wpkh = Address.encode(Uint8Array.of(0, 20, ...staker.slice(0, 20)), 'mainnet');
    expect(ProofOfPossession.methodFor(wpkh, 'mainnet').type).toBe('BIP322');
  });

  it('C10: of future witness versions are no place for coins', () => {
    for (let version = 2; version <= 16; version++) {
      const address = toBech32(filled(32, 0x22), version, 'bc');
      expect(codeOf(() => Address.decode(address, 'mainnet'))).toBe('address.unknown-version');
      expect(codeOf(() => ProofOfPossession.methodFor(address, 'mainnet'))).toBe('address.unknown-version');
      expect(codeOf(() => Address.checkPayable(Uint8Array.of(0x50 + version, 32, ...filled(32, 0x22)), 'to'))).toBe('address.not-payable');
    }
  });

  it('C11: with blanks around or inside are refused', () => {
    for (const text of [`${mainnet} `, ` ${mainnet}`, `${mainnet}\n`, `${mainnet}\u00a0`, `${mainnet.slice(0, 9)} ${mainnet.slice(9)}`])
      expect(codeOf(() => Address.decode(text, 'mainnet'))).toBe('address.malformed');
  });
});

describe('compressed keys', () => {
  const secret = keyOf('staker').secretKey;
  const point = PublicKey.compressedOfSecret(secret);
  const x = point.slice(1);

  it('A26: of odd y give the x-only key where any parity is meant, and are refused where it is not', () => {
    expect(hex(PublicKey.fromCompressedAnyParity(Uint8Array.of(3, ...x)))).toBe(hex(x));
    expect(hex(PublicKey.fromCompressedAnyParity(Uint8Array.of(2, ...x)))).toBe(hex(x));
    expect(codeOf(() => PublicKey.fromCompressed(Uint8Array.of(3, ...x)))).toBe('public-key.odd-y');
  });

  it('A27: with another prefix are refused', () => {
    for (let prefix = 0; prefix < 256; prefix++) {
      if (prefix === 2 || prefix === 3) continue;
      const code = [4, 6, 7].includes(prefix) ? 'public-key.uncompressed' : 'public-key.bad-prefix';
      expect(codeOf(() => PublicKey.fromCompressedAnyParity(Uint8Array.of(prefix, ...x)))).toBe(code);
    }
  });

  it('A28, A30: of 65 bytes are refused, whether y fits or not', () => {
    const full = pointOf(secret);
    for (const value of [full, Uint8Array.of(...full.slice(0, 64), (full[64] as number) ^ 1), Uint8Array.of(6, ...full.slice(1))])
      expect(codeOf(() => PublicKey.fromCompressedAnyParity(value))).toBe('public-key.uncompressed');
  });

  it('A29: with anything behind them are refused', () => {
    for (const extra of [1, 7, 31, 33])
      expect(codeOf(() => PublicKey.fromCompressedAnyParity(Uint8Array.of(...point, ...filled(extra, 9))))).toBe('input.wrong-length');
    expect(codeOf(() => PublicKey.fromCompressedAnyParity(point.slice(0, 32)))).toBe('input.wrong-length');
  });
});
