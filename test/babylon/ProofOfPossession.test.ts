// Proofs of possession: what is signed, the worked values, and what wallets return.
import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as ProofOfPossession from '../../src/babylon/ProofOfPossession.ts';
import * as Address from '../../src/bitcoin/Address.ts';
import * as Bip322 from '../../src/bitcoin/Bip322.ts';
import * as SignedMessage from '../../src/bitcoin/SignedMessage.ts';
import * as TapTree from '../../src/bitcoin/TapTree.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';
import { backends } from '../crypto/support.ts';
import {
  babylonAddress,
  base64,
  btcPk,
  CONTEXT,
  ecdsa,
  fromBase64,
  highS,
  LEGACY,
  NESTED,
  network,
  other,
  otherSecret,
  point,
  put,
  secretKey,
  sign,
  stackOf,
  TR,
  verdict,
  WPKH,
} from '../support/pops.ts';
import * as Slow from '../support/slow/secp256k1.ts';
import { codeOf, failure, hex, SEED, untyped } from '../support/stakes.ts';

describe('what is signed', () => {
  it('is the account: its bytes for BIP340, its text for the others', () => {
    expect(hex(ProofOfPossession.messageFor({ type: 'BIP340', babylonAddress }))).toBe('c10080d9f3fc38bfee84dd9212762f4826becf07');
    for (const type of ['BIP322', 'ECDSA'] as const)
      expect(new TextDecoder().decode(ProofOfPossession.messageFor({ type, babylonAddress }))).toBe(babylonAddress);
    expect(ProofOfPossession.textFor({ babylonAddress: babylonAddress.toUpperCase() })).toBe(babylonAddress);
    expect(ProofOfPossession.textFor({ babylonAddress, context: '' })).toBe(babylonAddress);
  });

  it('begins with the context where a chain has one: 84 bytes, or 106 characters', () => {
    expect(ProofOfPossession.textFor({ babylonAddress, context: CONTEXT })).toBe(CONTEXT + babylonAddress);
    expect(ProofOfPossession.messageFor({ type: 'BIP340', babylonAddress, context: CONTEXT })).toHaveLength(84);
    expect(ProofOfPossession.messageFor({ type: 'ECDSA', babylonAddress, context: CONTEXT })).toHaveLength(106);
    expect(hex(sha256(ProofOfPossession.messageFor({ type: 'BIP340', babylonAddress, context: CONTEXT })))).toBe(
      '63d3c490d94c1ec00888462dc943d1095c0adfa797d7cc6786bd547c31feda1a',
    );
  });

  it.each([
    ['bbn-test-5', 'staker', 'd89ed83fa7bfaefcad17838ffc92977fd1f9113fe07c59f3b71e2ac20e541e97'],
    ['bbn-test-5', 'finalityProvider', 'fe2acd34342320a28198af62c01c84289922b73360861fe5fdad1835f53703fb'],
    ['bbn-1', 'staker', '392376b1ca863487087702a0f74e90d44cd1f339a5776687c591bf5402395511'],
    ['bbn-1', 'finalityProvider', 'b46118edaf8d2e6c5d0728e4ad7380fff51c6ad07e02cba1862ccb77ed59b87f'],
  ] as const)('context of %s for a %s', (chainId, role, want) => {
    expect(ProofOfPossession.context({ chainId, role })).toBe(want);
    expect(ProofOfPossession.context({ chainId, role, version: 0 })).toBe(want);
    expect(ProofOfPossession.context({ chainId, role, version: 1 })).not.toBe(want);
  });

  it('is refused where context, chain or role make no sense', () => {
    for (const context of ['bbn-1', CONTEXT.toUpperCase(), CONTEXT.slice(1), `${CONTEXT} `])
      expect(codeOf(() => ProofOfPossession.textFor({ babylonAddress, context }))).toBe('pop.bad-context');
    for (const chainId of ['', 'a/b', 'a b', 'ä', 'x'.repeat(51)])
      expect(codeOf(() => ProofOfPossession.context({ chainId, role: 'staker' }))).toBe('pop.bad-chain-id');
    expect(codeOf(() => ProofOfPossession.context({ chainId: 'bbn-1', role: untyped('toString') }))).toBe('pop.unknown-role');
    expect(codeOf(() => ProofOfPossession.messageFor({ type: untyped('bip322'), babylonAddress }))).toBe('pop.unknown-type');
    expect(codeOf(() => ProofOfPossession.textFor({ babylonAddress: 'bbn1qqqqqqqqv70kd6' }))).toBe('babylon-address.wrong-length');
  });
});

describe('proofs by a key', () => {
  it.each([
    [
      undefined,
      '7216a6d47788f88be4e8bcd4587a3e52220c5913fd48054fb841b7a1c7f97d2e4cb0703d86d1572252337d7ffaf4961742a0d0311729b8fb245fa02320ac0a71',
    ],
    [
      CONTEXT,
      'daec3500b9dfc3f266dcb043c52bc68f9e5a5309a7def3851abf59e7c4b13b9873e6536f50ef9b36ab03e8d796ec3aefdc5e46bc8ce263df53d9cd5e10bd6d46',
    ],
  ])('are the worked ones, in protobuf too (context %s)', (context, schnorr) => {
    const pop = sign('BIP340', undefined, context);
    expect(hex(pop.signature)).toBe(schnorr);
    expect(hex(ProofOfPossession.encode(pop))).toBe(`1240${schnorr}`);
    const compact = sign('ECDSA', undefined, context);
    expect(hex(ProofOfPossession.encode(compact))).toBe(`08021241${hex(compact.signature)}`);
    expect(hex(SignedMessage.digest(ProofOfPossession.textFor({ babylonAddress, ...(context === undefined ? {} : { context }) })))).toBe(
      context === undefined
        ? '771fe6cd07181f4559694aca75cfb385815f7da0ecb5602364b9e0b6e98eb6d0'
        : '64ee6e2d7ddbfb7bc2c2aa4980ed49069958fd250ab6a18b756966f9f8718522',
    );
    const text = (value: string): string => hex(new TextEncoder().encode(value));
    const tr = hex(ProofOfPossession.encode(sign('BIP322', TR, context)));
    expect(tr.startsWith(`08011284010a3e${text(TR)}12420140`)).toBe(true);
    const wpkh = hex(ProofOfPossession.encode(sign('BIP322', WPKH)));
    expect(wpkh.startsWith(`0801129a010a2a${text(WPKH)}126c02`)).toBe(true);
  });

  it('of every type verify with and without context, on every backend, and not across', () => {
    const scripts = [undefined, WPKH, TR];
    for (const ecc of backends)
      for (const [type, address] of [
        ['BIP340', scripts[0]],
        ['BIP322', WPKH],
        ['BIP322', TR],
        ['ECDSA', scripts[0]],
      ] as const)
        for (const context of [undefined, CONTEXT]) {
          const pop = sign(type, address, context);
          const judge = (given: string | undefined): ProofOfPossession.Verdict =>
            ProofOfPossession.verify({ pop, babylonAddress, btcPk, ...(given === undefined ? {} : { context: given }) }, ecc);
          expect(judge(context)).toEqual({ valid: true });
          expect(judge(context === undefined ? CONTEXT : undefined).valid).toBe(false);
          expect(ProofOfPossession.warnings(pop, network)).toEqual([]);
          expect(
            ProofOfPossession.verify({
              pop,
              babylonAddress: babylonAddress.toUpperCase(),
              btcPk,
              ...(context === undefined ? {} : { context }),
            }).valid,
          ).toBe(true);
        }
  });

  it('of BIP322 need the address of the key, native segwit, and a network', () => {
    expect(codeOf(() => sign('BIP322', NESTED))).toBe('pop.wrong-type-for-address');
    expect(codeOf(() => sign('BIP322', LEGACY))).toBe('pop.wrong-type-for-address');
    expect(codeOf(() => ProofOfPossession.sign({ type: 'BIP322', secretKey, babylonAddress, network }))).toBe('input.missing');
    expect(codeOf(() => ProofOfPossession.sign({ type: 'BIP322', secretKey, babylonAddress, address: TR }))).toBe('input.missing');
    const foreign = Address.encode(TapTree.scriptPubKeyOf(other.slice(1)), network);
    expect(codeOf(() => sign('BIP322', foreign))).toBe('bip322.not-your-script');
    expect(codeOf(() => ProofOfPossession.sign({ type: 'BIP322', secretKey, babylonAddress, address: TR, network: 'testnet' }))).toBe(
      'address.wrong-network',
    );
  });

  it('do not survive a change of any byte', () => {
    for (const pop of [sign('BIP340'), sign('ECDSA'), sign('BIP322', TR), sign('BIP322', WPKH)])
      for (let at = 0; at < pop.signature.length; at++)
        for (const change of [1, 0x40, 0x80]) {
          const signature = put(pop.signature, at, (pop.signature[at] as number) ^ change);
          // The header's bit for a compressed key says nothing to the chain (27..30 and 31..34 are alike).
          if (pop.type === 'ECDSA' && at === 0 && verdict({ ...pop, signature }).valid) expect(signature[0]).toBeLessThan(35);
          else expect(verdict({ ...pop, signature }).valid, `${pop.type} byte ${at}`).toBe(false);
        }
  });

  it('are of one key and one account, whoever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.constantFrom('BIP340', 'ECDSA', 'BIP322'), (d, type) => {
        fc.pre(d.some((byte) => byte !== 0) && (d[0] ?? 0) < 255);
        const key = SecretKey.from(d);
        const publicKey = PublicKey.ofSecret(key);
        const address = Address.encode(TapTree.scriptPubKeyOf(TapTree.tweak(publicKey, new Uint8Array(0)).outputKey), 'signet');
        const pop = ProofOfPossession.sign({ type, secretKey: key, babylonAddress, address, network: 'signet' });
        expect(verdict(pop, publicKey)).toEqual({ valid: true });
        expect(verdict(pop).valid).toBe(false);
        const account = 'bbn1dy8msutc9fyx27s76l96nzufwr2fcm7r4nc7hu';
        expect(ProofOfPossession.verify({ pop, babylonAddress: account, btcPk: publicKey }).valid).toBe(false);
      }),
      { seed: SEED, numRuns: 60 },
    );
  });
});

describe('what a wallet returned', () => {
  const answer = (signatureBase64: string, changes: Partial<ProofOfPossession.WalletAnswer> = {}): ProofOfPossession.Pop =>
    ProofOfPossession.fromWallet({ signatureBase64, babylonAddress, btcPk, address: TR, network, ...changes });
  const simple = (address: string): string => base64(Bip322.encodeWitness(stackOf(address)));

  it('is a proof: BIP322 of P2TR and P2WPKH, in either case and with the prefix of BIP322 version 2', () => {
    for (const address of [TR, WPKH, TR.toUpperCase()]) {
      const lower = address.toLowerCase();
      for (const text of [simple(lower), `smp${simple(lower)}`]) {
        const pop = answer(text, { address });
        expect(pop).toEqual(sign('BIP322', lower));
        expect(verdict(pop)).toEqual({ valid: true });
        expect(ProofOfPossession.warnings(pop, network)).toEqual([]);
      }
    }
  });

  it('is verified once, not again for the message that it goes into; another key, account, context or byte is', () => {
    const pop = answer(simple(TR));
    expect(verdict(pop)).toEqual({ valid: true });
    const verify = (changes: Partial<ProofOfPossession.VerifyOptions>): boolean =>
      ProofOfPossession.verify({ pop, babylonAddress, btcPk, ...changes }).valid;
    for (let i = 0; i < 2; i++) {
      expect(verify({})).toBe(true);
      expect(verify({ btcPk: other.slice(1) })).toBe(false);
      expect(verify({ context: CONTEXT })).toBe(false);
      expect(verify({ pop: { ...pop, type: 'ECDSA' } })).toBe(false);
      expect(verify({ pop: { ...pop, signature: put(pop.signature, 80, (pop.signature[80] as number) ^ 1) } })).toBe(false);
    }
  });

  it('is a proof: ECDSA of every kind of address, by any header', () => {
    for (const address of [LEGACY, NESTED, WPKH, TR])
      for (const shift of [0, 4, 8]) {
        const pop = answer(base64(put(ecdsa(), 0, (ecdsa()[0] as number) + shift)), { address });
        expect(pop).toEqual({ type: 'ECDSA', signature: ecdsa() });
      }
  });

  it('is a proof: a full BIP322 transaction is reduced to its witness', () => {
    for (const address of [TR, WPKH]) {
      const transaction = Bip322.toSign(babylonAddress, Address.decode(address, network));
      transaction.setWitness(0, [...stackOf(address)]);
      for (const prefix of ['', 'ful'])
        expect(answer(prefix + base64(transaction.toBuffer()), { address })).toEqual(sign('BIP322', address));
      transaction.version = 2;
      expect(codeOf(() => answer(base64(transaction.toBuffer()), { address }))).toBe('bip322.not-simple');
    }
  });

  it('with a context is over the context', () => {
    const pop = sign('ECDSA', undefined, CONTEXT);
    expect(answer(base64(pop.signature), { context: CONTEXT })).toEqual(pop);
    expect(codeOf(() => answer(base64(pop.signature)))).toBe('pop.foreign-key');
  });

  it('is what the fixtures of the published wallet library hold', () => {
    const address = 'tb1plqg44wluw66vpkfccz23rdmtlepnx2m3yef57yyz66flgxdf4h8q7wu6pf';
    const text = 'AUDG4E+rqWGwxtqAl3YuIY8vZ81qCbuLChpdQ7t0xxKpI8+TxXqeJzer8iNOtDbcKddhl8QDL5+1LQ70GsvEtF2t';
    const script = Address.decode(address, 'testnet');
    expect(Bip322.verifySimple(babylonAddress, script, fromBase64(text))).toBe(true);
    const compact = fromBase64('H+DSu5O5tgPBv1HUj+E8+KQSP3Guqdydr0LOTTcwJTldesgjEQyzvurLcVeliK3uXt7rjahIjK97JXBaoWVcgZc=');
    const signer = SignedMessage.recover(babylonAddress, compact);
    expect(hex(signer?.publicKey.slice(1) ?? compact)).toMatch(/^8333358d.*9a37$/);
  });

  it.each<readonly [string, string, string, Partial<ProofOfPossession.WalletAnswer>]>([
    ['H07: nothing', '', 'pop.empty-answer', {}],
    ['H08: hex of a witness', hex(fromBase64(simple(TR))), 'pop.hex-answer', {}],
    ['H08: hex of 65 bytes', hex(ecdsa()), 'pop.hex-answer', { address: LEGACY }],
    ['H08: hex with its prefix', `0x${hex(ecdsa())}`, 'pop.hex-answer', { address: LEGACY }],
    ['H09: another key', base64(SignedMessage.sign(babylonAddress, otherSecret)), 'pop.foreign-key', {}],
    ['H09: 64 times 07', base64(new Uint8Array(66).fill(7)), 'pop.unknown-form', {}],
    ['a blank behind', `${simple(TR)} `, 'pop.not-base64', {}],
    ['a line feed inside', `${simple(TR).slice(0, 40)}\n${simple(TR).slice(40)}`, 'pop.not-base64', {}],
    [
      'base64 for addresses of the web',
      base64(put(ecdsa(), 64, 255))
        .replaceAll('+', '-')
        .replaceAll('/', '_')
        .replace(/^./, '-'),
      'pop.not-base64',
      {},
    ],
    ['no padding', base64(ecdsa()).replace(/=+$/, ''), 'pop.not-base64', {}],
    ['characters after the padding', `${base64(ecdsa())}AA`, 'pop.not-base64', {}],
    [
      'bits that are not zero before the padding',
      base64(ecdsa()).replace(/(.)=$/, (_, last: string) => `${String.fromCharCode(last.charCodeAt(0) + 1)}=`),
      'pop.not-base64',
      {},
    ],
    ['a text', 'signed', 'pop.not-base64', {}],
    ['a proof of funds', `pof${simple(TR)}`, 'pop.unknown-form', {}],
    ['a full one that is simple', `ful${simple(TR)}`, 'pop.unknown-form', {}],
    ['bytes after the witness', base64(Slow.join(fromBase64(simple(TR)), Uint8Array.of(0))), 'pop.unknown-form', {}],
    ['BIP322 of P2SH-P2WPKH', simple(WPKH), 'pop.wrong-type-for-address', { address: NESTED }],
    ['BIP322 of P2PKH', simple(WPKH), 'pop.wrong-type-for-address', { address: LEGACY }],
    ['the signature of another address', simple(WPKH), 'pop.unsupported-address', { address: TR }],
    ['another account', simple(TR), 'pop.invalid-signature', { babylonAddress: 'bbn1dy8msutc9fyx27s76l96nzufwr2fcm7r4nc7hu' }],
    ['high s', base64(highS(ecdsa())), 'pop.high-s', {}],
    ['header 43', base64(put(ecdsa(), 0, 43)), 'signed-message.bad-header', {}],
    ['an address of another network', simple(TR), 'address.wrong-network', { network: 'testnet' }],
    ['no address', simple(TR), 'address.malformed', { address: 'wallet' }],
    ['H13: a validator', simple(TR), 'babylon-address.malformed', { babylonAddress: 'bbnvaloper1cyqgpk0nlsutlm5ymkfpya30fqntanc8slpure' }],
    ['megabytes', 'Q'.repeat(2_000_000), 'pop.not-base64', {}],
  ])('is refused by a code: %s', (_, text, code, changes) => {
    expect(failure(() => answer(text, changes)).code).toBe(code);
  });

  it('of another type than text is refused by field', () => {
    expect(failure(() => answer(untyped(undefined))).reason).toMatchObject({ code: 'input.not-text', field: 'signatureBase64' });
    expect(codeOf(() => answer(simple(TR), { btcPk: point }))).toBe('input.wrong-length');
    expect(codeOf(() => answer(untyped(ecdsa())))).toBe('input.not-text');
  });
});
