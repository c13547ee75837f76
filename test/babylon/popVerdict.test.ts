// The chain's verdict on proofs of possession, rule by rule with its words, and what it lets through.
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { bech32m } from '@scure/base';
import { describe, expect, it } from 'vitest';
import * as ProofOfPossession from '../../src/babylon/ProofOfPossession.ts';
import * as Address from '../../src/bitcoin/Address.ts';
import * as Bip322 from '../../src/bitcoin/Bip322.ts';
import * as SignedMessage from '../../src/bitcoin/SignedMessage.ts';
import * as TapTree from '../../src/bitcoin/TapTree.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';
import { backends } from '../crypto/support.ts';
import { pointOf } from '../support/points.ts';
import {
  auxRand,
  BIP322,
  babylonAddress,
  bip322,
  btcPk,
  ecdsa,
  hash160,
  highS,
  LEGACY,
  NESTED,
  network,
  other,
  otherSecret,
  point,
  put,
  RECOVERY,
  secretKey,
  sign,
  stackOf,
  TR,
  verdict,
  WPKH,
} from '../support/pops.ts';
import * as Slow from '../support/slow/secp256k1.ts';
import { bytes, codeOf, hex, untyped } from '../support/stakes.ts';

describe("the chain's verdict", () => {
  const [ecdsaDer = new Uint8Array(0), key = new Uint8Array(0)] = stackOf(WPKH);
  const [schnorr = new Uint8Array(0)] = stackOf(TR);
  const wpkh = (...stack: readonly Uint8Array[]): ProofOfPossession.Pop => bip322(WPKH, stack);
  const tr = (...stack: readonly Uint8Array[]): ProofOfPossession.Pop => bip322(TR, stack);
  const compact = (signature: Uint8Array): ProofOfPossession.Pop => ({ type: 'ECDSA', signature });
  const UNSUPPORTED = `${BIP322}unsupported bip322 address type. Only supported options are p2wpkh and p2tr bip86 key spending path`;
  const EMPTY = `${BIP322}cannot verify bip322 signature. One of the required parameters is empty`;
  const MALFORMED = 'invalid BTC BIP340 signature: bytes cannot be converted to a *schnorr.Signature object';
  const uncompressed = pointOf(secretKey);
  const uncompressedAddress = Address.encode(Uint8Array.of(0, 20, ...hash160(uncompressed)), network);
  const raw = (text: string): ProofOfPossession.Pop => ({ type: 'BIP322', signature: bytes(text) });
  const withWitness = (witness: string): ProofOfPossession.Pop => ProofOfPossession.fromBip322(TR, bytes(witness));
  const offCurve = (): Uint8Array => {
    let x = 5n;
    while (Slow.lift(x) !== undefined) x++;
    return Slow.b32(x);
  };

  const rows: readonly (readonly [string, ProofOfPossession.Pop, ProofOfPossession.Why, string, 'stateless' | 'stateful'])[] = [
    ['no signature', { type: 'BIP340', signature: new Uint8Array(0) }, 'pop.empty-signature', 'empty BTC signature', 'stateless'],
    ['63 bytes of BIP340', { type: 'BIP340', signature: new Uint8Array(63) }, 'pop.wrong-length', MALFORMED, 'stateless'],
    ['65 bytes of BIP340', { type: 'BIP340', signature: new Uint8Array(65) }, 'pop.wrong-length', MALFORMED, 'stateless'],
    [
      'BIP340 r = p',
      { type: 'BIP340', signature: Slow.join(Slow.b32(Slow.p), new Uint8Array(32)) },
      'pop.out-of-range',
      MALFORMED,
      'stateless',
    ],
    [
      'BIP340 s = n',
      { type: 'BIP340', signature: Slow.join(btcPk, Slow.b32(Slow.n)) },
      'pop.invalid-signature',
      'failed to verify pop.BtcSig',
      'stateful',
    ],
    [
      'BIP340 of ECDSA',
      { type: 'BIP340', signature: ecdsa().slice(1) },
      'pop.invalid-signature',
      'failed to verify pop.BtcSig',
      'stateful',
    ],
    ['64 bytes of ECDSA', compact(ecdsa().slice(1)), 'pop.wrong-length', 'invalid BTC ECDSA signature size', 'stateless'],
    [
      '66 bytes of ECDSA',
      compact(Slow.join(ecdsa(), Uint8Array.of(0))),
      'pop.wrong-length',
      'invalid BTC ECDSA signature size',
      'stateless',
    ],
    [
      'header 26',
      compact(put(ecdsa(), 0, 26)),
      'pop.bad-header',
      `${RECOVERY}invalid signature: public key recovery code 26 is not in the valid range [27, 34]`,
      'stateful',
    ],
    [
      'a BIP137 header that nobody converted',
      compact(put(ecdsa(), 0, 39)),
      'pop.bad-header',
      `${RECOVERY}invalid signature: public key recovery code 39 is not in the valid range [27, 34]`,
      'stateful',
    ],
    [
      'r = 0',
      compact(Slow.join(Uint8Array.of(31), new Uint8Array(32), Slow.b32(1n))),
      'pop.out-of-range',
      `${RECOVERY}invalid signature: R is 0`,
      'stateful',
    ],
    [
      'r = n',
      compact(Slow.join(Uint8Array.of(31), Slow.b32(Slow.n), Slow.b32(1n))),
      'pop.out-of-range',
      `${RECOVERY}invalid signature: R >= group order`,
      'stateful',
    ],
    [
      's = 0',
      compact(Slow.join(Uint8Array.of(31), btcPk, new Uint8Array(32))),
      'pop.out-of-range',
      `${RECOVERY}invalid signature: S is 0`,
      'stateful',
    ],
    [
      's = n',
      compact(Slow.join(Uint8Array.of(31), btcPk, Slow.b32(Slow.n))),
      'pop.out-of-range',
      `${RECOVERY}invalid signature: S >= group order`,
      'stateful',
    ],
    [
      'recovery 2 where r + n passes p',
      compact(put(ecdsa(), 0, (ecdsa()[0] as number) + 2)),
      'pop.no-key',
      `${RECOVERY}invalid signature: signature R + N >= P`,
      'stateful',
    ],
    [
      'r off the curve',
      compact(Slow.join(Uint8Array.of(31), offCurve(), Slow.b32(1n))),
      'pop.no-key',
      `${RECOVERY}invalid signature: not for a valid curve point`,
      'stateful',
    ],
    [
      'high s, the recovery bit turned with it',
      compact(highS(ecdsa())),
      'pop.high-s',
      `${RECOVERY}invalid signature: S >= group order/2`,
      'stateful',
    ],
    [
      'ECDSA of another key',
      compact(SignedMessage.sign(babylonAddress, otherSecret)),
      'pop.foreign-key',
      'the recovered PK does not match the given PK',
      'stateful',
    ],
    ['protobuf that ends early', raw('0a'), 'pop.malformed-bip322', 'invalid BTC BIP322 signature: unexpected EOF', 'stateless'],
    [
      'an address as a number',
      raw('0801'),
      'pop.malformed-bip322',
      'invalid BTC BIP322 signature: proto: wrong wireType = 0 for field Address',
      'stateless',
    ],
    [
      'a witness as a number',
      raw('1001'),
      'pop.malformed-bip322',
      'invalid BTC BIP322 signature: proto: wrong wireType = 0 for field Sig',
      'stateless',
    ],
    [
      'field 0',
      raw('0200'),
      'pop.malformed-bip322',
      'invalid BTC BIP322 signature: proto: BIP322Sig: illegal tag 0 (wire type 2)',
      'stateless',
    ],
    [
      'the end of a group',
      raw('1c'),
      'pop.malformed-bip322',
      'invalid BTC BIP322 signature: proto: BIP322Sig: wiretype end group for non-group',
      'stateless',
    ],
    ['wire type 7', raw('1f'), 'pop.malformed-bip322', 'invalid BTC BIP322 signature: proto: illegal wireType 7', 'stateless'],
    [
      'a tag of eleven bytes',
      raw('8080808080808080808000'),
      'pop.malformed-bip322',
      'invalid BTC BIP322 signature: proto: integer overflow',
      'stateless',
    ],
    [
      'a negative length',
      raw('0affffffffffffffffff01'),
      'pop.malformed-bip322',
      'invalid BTC BIP322 signature: proto: negative length found during unmarshaling',
      'stateless',
    ],
    ['a length of 2^32 + 1', raw('0a818080801061'), 'pop.malformed-bip322', 'invalid BTC BIP322 signature: unexpected EOF', 'stateless'],
    ['no address', ProofOfPossession.fromBip322('', Bip322.encodeWitness([schnorr])), 'pop.empty-part', EMPTY, 'stateful'],
    ['no witness', ProofOfPossession.fromBip322(TR, new Uint8Array(0)), 'pop.empty-part', EMPTY, 'stateful'],
    ['H07: nothing signed', withWitness(''), 'pop.empty-part', EMPTY, 'stateful'],
    ['a witness without items', withWitness('00'), 'pop.unsupported-address', UNSUPPORTED, 'stateful'],
    ['a witness that ends early', withWitness('0140aa'), 'pop.malformed-witness', `${BIP322}unexpected EOF`, 'stateful'],
    ['a witness without its item', withWitness('01'), 'pop.malformed-witness', `${BIP322}EOF`, 'stateful'],
    [
      'a count in three bytes',
      withWitness('fd0100'),
      'pop.malformed-witness',
      `${BIP322}ReadVarInt: non-canonical varint 1 - discriminant fd must encode a value greater than fd`,
      'stateful',
    ],
    [
      'too many items',
      withWitness('fe01093d00'),
      'pop.malformed-witness',
      `${BIP322}too many witness items to fit into max message size [count 4000001, max 4000000]`,
      'stateful',
    ],
    [
      'too large an item',
      withWitness('01fe01093d00'),
      'pop.malformed-witness',
      `${BIP322}script witness item is larger than the max allowed size [count 4000001, max 4000000]`,
      'stateful',
    ],
    ['a full transaction', ProofOfPossession.fromBip322(TR, fullOf(TR)), 'pop.unsupported-address', UNSUPPORTED, 'stateful'],
    ['P2SH-P2WPKH', bip322(NESTED, [ecdsaDer, key]), 'pop.unsupported-address', UNSUPPORTED, 'stateful'],
    ['P2PKH', bip322(LEGACY, [ecdsaDer, key]), 'pop.unsupported-address', UNSUPPORTED, 'stateful'],
    [
      'P2WSH',
      bip322(Address.encode(Uint8Array.of(0, 32, ...btcPk), network), [schnorr]),
      'pop.unsupported-address',
      UNSUPPORTED,
      'stateful',
    ],
    ['a public key in place of an address', bip322(hex(point), [ecdsaDer, key]), 'pop.unsupported-address', UNSUPPORTED, 'stateful'],
    [
      'a mixed-case address',
      bip322(`B${TR.slice(1)}`, [schnorr]),
      'pop.bad-address',
      `${BIP322}string not all lowercase or all uppercase`,
      'stateful',
    ],
    ['a wrong checksum', bip322(`${TR.slice(0, -1)}q`, [schnorr]), 'pop.bad-address', `${BIP322}invalid checksum`, 'stateful'],
    [
      'a base58 address of another network',
      bip322('mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn', [ecdsaDer, key]),
      'pop.bad-address',
      `${BIP322}unknown address type`,
      'stateful',
    ],
    ['no address at all', bip322('staker', [schnorr]), 'pop.bad-address', `${BIP322}decoded address is of unknown format`, 'stateful'],
    ['witness version 2', bip322(segwit(2, btcPk), [schnorr]), 'pop.bad-address', `${BIP322}unsupported witness version: 0x2`, 'stateful'],
    [
      'a taproot program of 33 bytes',
      bip322(segwit(1, point), [schnorr]),
      'pop.bad-address',
      `${BIP322}unsupported witness program length: 33`,
      'stateful',
    ],
    ['a taproot annex', tr(schnorr, Uint8Array.of(0x50)), 'pop.unsupported-address', UNSUPPORTED, 'stateful'],
    ['three items', wpkh(ecdsaDer, key, key), 'pop.unsupported-address', UNSUPPORTED, 'stateful'],
    [
      'an empty signature',
      wpkh(new Uint8Array(0), key),
      'pop.bad-signature-length',
      `${BIP322}sighash validation failed: empty signature in witness`,
      'stateful',
    ],
    [
      'a signature of 8 bytes',
      wpkh(new Uint8Array(8), key),
      'pop.bad-signature-length',
      `${BIP322}sighash validation failed: signature too short for P2WPKH: 8 bytes`,
      'stateful',
    ],
    [
      'SINGLE',
      wpkh(put(ecdsaDer, ecdsaDer.length - 1, 3), key),
      'pop.bad-hash-type',
      `${BIP322}sighash validation failed: invalid sighash type for P2WPKH: 0x03, expected SIGHASH_ALL (0x01)`,
      'stateful',
    ],
    [
      '63 bytes of taproot',
      tr(schnorr.slice(1)),
      'pop.bad-signature-length',
      `${BIP322}sighash validation failed: invalid taproot signature length: 63, expected 64 (SIGHASH_DEFAULT) or 65 (with sighash byte)`,
      'stateful',
    ],
    [
      'taproot with 81',
      tr(Slow.join(schnorr, Uint8Array.of(0x81))),
      'pop.bad-hash-type',
      `${BIP322}sighash validation failed: invalid sighash type for taproot: 0x81, expected SIGHASH_ALL (0x01) or SIGHASH_DEFAULT`,
      'stateful',
    ],
    ['taproot that calls DEFAULT ALL', tr(Slow.join(schnorr, Uint8Array.of(1))), 'pop.invalid-signature', BIP322, 'stateful'],
    ['another key in the witness', wpkh(ecdsaDer, other), 'pop.wrong-public-key', `${BIP322}OP_EQUALVERIFY failed`, 'stateful'],
    [
      'an uncompressed key',
      bip322(uncompressedAddress, [ecdsaDer, uncompressed]),
      'pop.uncompressed-key',
      `${BIP322}only compressed keys are accepted post-segwit`,
      'stateful',
    ],
    [
      'a signature of nobody',
      wpkh(bytes('300602010102010101'), key),
      'pop.invalid-signature',
      `${BIP322}signature not empty on failed checksig`,
      'stateful',
    ],
    [
      'r = 0 in DER',
      wpkh(bytes('300602010002010101'), key),
      'pop.out-of-range',
      `${BIP322}false stack entry at end of script execution`,
      'stateful',
    ],
    [
      'R with a zero too many',
      wpkh(bytes('30070202000102010101'), key),
      'pop.not-der',
      `${BIP322}malformed signature: R value has too much padding`,
      'stateful',
    ],
    ['negative S', wpkh(bytes('300602010102018101'), key), 'pop.not-der', `${BIP322}malformed signature: S is negative`, 'stateful'],
    [
      'no sequence',
      wpkh(bytes('310602010102010101'), key),
      'pop.not-der',
      `${BIP322}malformed signature: format has wrong type: 0x31`,
      'stateful',
    ],
    [
      'a wrong length',
      wpkh(bytes('300702010102010101'), key),
      'pop.not-der',
      `${BIP322}malformed signature: bad length: 7 != 6`,
      'stateful',
    ],
    [
      '73 bytes',
      wpkh(Slow.join(new Uint8Array(73), Uint8Array.of(1)), key),
      'pop.not-der',
      `${BIP322}malformed signature: too long: 73 > 72`,
      'stateful',
    ],
    [
      'R over the end',
      wpkh(bytes('300602090102010101'), key),
      'pop.not-der',
      `${BIP322}malformed signature: S type indicator missing`,
      'stateful',
    ],
    [
      'S without length',
      wpkh(bytes('300602030102010101'), key),
      'pop.not-der',
      `${BIP322}malformed signature: S length missing`,
      'stateful',
    ],
    ['S too short', wpkh(bytes('300602010102000101'), key), 'pop.not-der', `${BIP322}malformed signature: invalid S length`, 'stateful'],
    [
      'R no integer',
      wpkh(bytes('300603010102010101'), key),
      'pop.not-der',
      `${BIP322}malformed signature: R integer marker: 0x3 != 0x2`,
      'stateful',
    ],
    [
      'R of no bytes',
      wpkh(bytes('30070200020301010101'), key),
      'pop.not-der',
      `${BIP322}malformed signature: R length is zero`,
      'stateful',
    ],
    [
      'an item of 521 bytes',
      wpkh(Slow.join(new Uint8Array(520), Uint8Array.of(1)), key),
      'pop.item-too-large',
      `${BIP322}element size 521 exceeds max allowed size 520`,
      'stateful',
    ],
    ['taproot with leaves', leafy(), 'pop.foreign-key', `${BIP322}bip322Sig.Address does not correspond to bip340PK`, 'stateful'],
    [
      'H09: P2WPKH of another key',
      foreignWpkh(),
      'pop.foreign-key',
      `${BIP322}bip322Sig.Address does not correspond to bip340PK`,
      'stateful',
    ],
  ];

  it.each(rows)('on %s', (_, pop, why, reference, stage) => {
    for (const ecc of backends) {
      const found = ProofOfPossession.verify({ pop, babylonAddress, btcPk }, ecc);
      expect(found).toMatchObject({ valid: false, why, stage });
      if (!found.valid) expect(found.reference.startsWith(reference), found.reference).toBe(true);
    }
  });

  it('on a key that is no coordinate is a refusal', () => {
    for (const pop of [sign('BIP340'), sign('ECDSA'), sign('BIP322', TR)])
      expect(verdict(pop, offCurve())).toMatchObject({ valid: false, why: 'pop.key-not-on-curve' });
    expect(verdict(sign('BIP322', WPKH), offCurve())).toMatchObject({ valid: false, why: 'pop.foreign-key' });
    const off = segwit(1, offCurve());
    expect(verdict(bip322(off, [schnorr]))).toMatchObject({ why: 'pop.key-not-on-curve' });
  });

  it('takes P2TR with ALL, and either parity of the key', () => {
    const even = (point[0] as number) === 2 ? Slow.int(secretKey) : Slow.n - Slow.int(secretKey);
    const tweaked = Slow.b32(Slow.modulo(even + Slow.int(Slow.tagged('TapTweak', btcPk)), Slow.n));
    const hash = Bip322.sighash(babylonAddress, Address.decode(TR, network), 1);
    const signature = backends[0]?.schnorrSign(hash, tweaked, auxRand) as Uint8Array;
    expect(verdict(tr(Slow.join(signature, Uint8Array.of(1))))).toEqual({ valid: true });
    const negated = SecretKey.from(Slow.b32(Slow.n - Slow.int(secretKey)));
    expect(verdict({ type: 'ECDSA', signature: SignedMessage.sign(babylonAddress, negated) })).toEqual({ valid: true });
  });

  it('is lenient where nobody should rely on it, and warns', () => {
    const witness = Bip322.encodeWitness([schnorr]);
    const field = (number: number, value: Uint8Array): Uint8Array =>
      new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(value).finish();
    const text = (value: string): Uint8Array => new TextEncoder().encode(value);
    const proof = (...parts: readonly Uint8Array[]): ProofOfPossession.Pop => ({ type: 'BIP322', signature: Slow.join(...parts) });
    const cases: readonly (readonly [ProofOfPossession.Pop, readonly ProofOfPossession.Warning[]])[] = [
      [ProofOfPossession.fromBip322(TR, Slow.join(witness, bytes('00ff'))), ['pop.bytes-after-witness']],
      [proof(field(2, witness), field(1, text(TR))), ['pop.non-canonical-encoding']],
      [proof(field(1, text(WPKH)), field(1, text(TR)), field(2, bytes('00')), field(2, witness)), ['pop.non-canonical-encoding']],
      [proof(field(1, text(TR)), field(2, witness), field(3, bytes('aa'))), ['pop.non-canonical-encoding']],
      // Unknown fields of every wire type, a group with another number at its end among them.
      [
        proof(bytes('1801'), bytes('210000000000000000'), bytes('2d00000000'), bytes('3308013c'), field(1, text(TR)), field(2, witness)),
        ['pop.non-canonical-encoding'],
      ],
      [ProofOfPossession.fromBip322(TR.toUpperCase(), witness), ['pop.upper-case-address']],
      [ProofOfPossession.fromBip322(Address.encode(Address.decode(TR, network), 'testnet'), witness), ['pop.foreign-address-prefix']],
      [ProofOfPossession.fromBip322(Address.encode(Address.decode(TR, network), 'simnet'), witness), ['pop.foreign-address-prefix']],
      [bip322(segwit(1, hash160(point)), [ecdsaDer, key]), ['pop.odd-witness-version']],
      [compact(put(ecdsa(), 0, (ecdsa()[0] as number) - 4)), ['pop.uncompressed-header']],
    ];
    for (const [pop, warnings] of cases) {
      expect(verdict(pop)).toEqual({ valid: true });
      expect(ProofOfPossession.warnings(pop, network)).toEqual(warnings);
    }
  });

  it('is over bytes of any origin, too, and nothing to sign is nothing proven', () => {
    const message = new TextEncoder().encode(babylonAddress);
    expect(ProofOfPossession.verifyMessage({ pop: sign('BIP322', TR), message, btcPk, network: 'signet' })).toEqual({ valid: true });
    expect(ProofOfPossession.verifyMessage({ pop: sign('BIP322', TR), message: new Uint8Array(0), btcPk })).toMatchObject({
      why: 'pop.empty-part',
    });
  });

  it('needs a key of 32 bytes, a known type and a proof', () => {
    const pop = sign('BIP340');
    expect(codeOf(() => verdict(pop, point))).toBe('input.wrong-length');
    expect(codeOf(() => verdict(untyped({ type: 'bip340', signature: pop.signature })))).toBe('pop.unknown-type');
    expect(codeOf(() => verdict(untyped({ type: 'BIP340', signature: 'aa' })))).toBe('input.not-bytes');
    expect(codeOf(() => verdict(untyped(undefined)))).toBe('input.missing');
  });

  function fullOf(address: string): Uint8Array {
    const transaction = Bip322.toSign(babylonAddress, Address.decode(address, network));
    transaction.setWitness(0, [...stackOf(address)]);
    return transaction.toBuffer();
  }

  /** The output has a leaf beside the key, and the signature is good for it. */
  function leafy(): ProofOfPossession.Pop {
    const leaf = TapTree.build({ script: Uint8Array.of(0x51) }, btcPk);
    const even = (point[0] as number) === 2 ? Slow.int(secretKey) : Slow.n - Slow.int(secretKey);
    const tweaked = Slow.b32(Slow.modulo(even + Slow.int(Slow.tagged('TapTweak', btcPk, leaf.merkleRoot)), Slow.n));
    const hash = Bip322.sighash(babylonAddress, leaf.scriptPubKey);
    return bip322(Address.encode(leaf.scriptPubKey, network), [backends[0]?.schnorrSign(hash, tweaked, auxRand) as Uint8Array]);
  }

  function foreignWpkh(): ProofOfPossession.Pop {
    const script = Uint8Array.of(0, 20, ...hash160(other));
    return ProofOfPossession.fromBip322(Address.encode(script, network), Bip322.signSimple(babylonAddress, otherSecret, script));
  }
});

function segwit(version: number, program: Uint8Array): string {
  return bech32m.encode('bc', [version, ...bech32m.toWords(program)]);
}
