// Coins: which keep the txid when they are signed, and that their weight is the weight after signing.
import { describe, expect, it } from 'vitest';
import * as Coin from '../../src/bitcoin/Coin.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import { BARE_P2SH, coinOf, KINDS, multisig, P2PKH, sign } from '../support/coins.ts';
import { bytes, codeOf, failure, hex, judge, P2WPKH, refusal, untyped } from '../support/stakes.ts';

const outputs = [{ scriptPubKey: P2WPKH, valueSats: 90_000n }];
const coin = coinOf('P2WPKH', 100_000n);

describe('a coin whose txid changes with its signature', () => {
  it('is refused: P2PKH', () => {
    expect(failure(() => Coin.toInput({ ...coin, scriptPubKey: P2PKH }, 'coins[3]')).reason).toEqual({
      code: 'coin.txid-changes',
      field: 'coins[3]',
      kind: 'p2pkh',
    });
  });

  it('is refused: bare P2SH, whatever its script', () => {
    expect(failure(() => Coin.toInput({ ...coin, ...BARE_P2SH })).reason).toMatchObject({ code: 'coin.txid-changes', kind: 'p2sh' });
  });
});

describe.each(KINDS)('%s', (kind) => {
  const spent = [coinOf(kind, 100_000n, 0x55), coinOf(kind, 100_000n, 0x56)];
  const inputs = spent.map((one, i) => Coin.toInput(one, `coins[${i}]`));
  const unsigned = Coin.unsigned(inputs, outputs);
  const signed = Tx.copy(unsigned);
  for (const i of spent.keys()) sign(signed, i, kind, spent);

  it('keeps its txid when it is signed', () => {
    expect(Tx.txid(signed)).toBe(Tx.txid(unsigned));
    expect(signed.hasWitnesses()).toBe(true);
  });

  it('weighs after signing what was announced before', () => {
    expect(signed.weight()).toBe(Coin.signedWeight(unsigned, inputs));
  });

  it.runIf(kind === 'P2WPKH' || kind === 'P2TR')('is signed for real: a node takes it', () => {
    expect(judge(signed, spent)).toBe('valid');
  });
});

describe('one input of each kind', () => {
  // Non-witness bytes and witness bytes of an input with 72-byte ECDSA signatures.
  it.each([
    ['P2WPKH', 41, 108],
    ['P2TR', 41, 66],
    ['P2SH-P2WPKH', 64, 108],
    ['P2WSH 2-of-3', 41, 254],
    ['P2WSH 3-of-5', 41, 395],
  ] as const)('%s: %i bytes and %i witness bytes', (kind, base, witness) => {
    const input = Coin.toInput(coinOf(kind, 1n));
    expect([41 + input.scriptSig.length, input.witnessBytes]).toEqual([base, witness]);
  });
});

describe('scripts of a coin', () => {
  const nested = coinOf('P2SH-P2WPKH', 1n);
  const { redeemScript: _, ...withoutRedeem } = nested;
  const wsh = coinOf('P2WSH 2-of-3', 1n);
  const { witnessScript: __, ...withoutWitness } = wsh;

  it('are asked for, and must hash to the output', () => {
    expect(failure(() => Coin.toInput(withoutRedeem)).reason).toMatchObject({ code: 'coin.missing-script', which: 'redeemScript' });
    expect(failure(() => Coin.toInput(withoutWitness)).reason).toMatchObject({ code: 'coin.missing-script', which: 'witnessScript' });
    expect(failure(() => Coin.toInput({ ...nested, redeemScript: multisig(2, 3) })).reason).toMatchObject({ code: 'coin.wrong-script' });
    expect(failure(() => Coin.toInput({ ...wsh, witnessScript: multisig(1, 3) })).reason).toMatchObject({ code: 'coin.wrong-script' });
    expect(refusal(() => Coin.toInput({ ...nested, redeemScript: untyped(hex(multisig(2, 3))) }))).toEqual([
      'input.not-bytes',
      'coin.redeemScript',
    ]);
  });

  it('of unknown form are refused, since nobody can say what their witness weighs', async () => {
    const { sha256 } = await import('@noble/hashes/sha2.js');
    const script = (text: string): Coin.Coin => {
      const witnessScript = bytes(text);
      return { ...coin, witnessScript, scriptPubKey: bytes(`0020${hex(sha256(witnessScript))}`) };
    };
    const key = `21${hex(multisig(1, 1)).slice(4, 70)}`;
    for (const text of [
      `${key}ac`,
      `51${key}51ac`,
      `52${key}51ae`,
      `00${key}51ae`,
      `51${key}52ae`,
      `51${key}${key}51ae`,
      '51',
      'ae',
      `51ae${key}`,
    ])
      expect(
        codeOf(() => Coin.toInput(script(text))),
        text,
      ).toBe('coin.unknown-script');
    expect(codeOf(() => Coin.toInput(script('4c')))).toBe('script.truncated');
    expect(Coin.toInput(script(`51${key}51ae`)).witnessBytes).toBe(2 + 73 + 1 + 37);
  });

  it('that no wallet can sign for are refused: OP_RETURN, bare keys, anchors, future versions, nothing', () => {
    for (const text of ['6a07626162796c6f6e', '51024e73', `5220${'22'.repeat(32)}`, '', '51'])
      expect(
        codeOf(() => Coin.toInput({ ...coin, scriptPubKey: bytes(text) })),
        text,
      ).toBe('coin.unknown-script');
  });
});

describe('values and outpoints of a coin', () => {
  it('are checked, not converted: strings would be joined and NaN would pass every comparison', () => {
    for (const value of [60_000, '60000', Number.NaN, 1_000_000.7, undefined])
      expect(refusal(() => Coin.toInput({ ...coin, valueSats: untyped(value) }, 'coins[0]'))).toEqual([
        'input.not-integer',
        'coins[0].valueSats',
      ]);
    expect(refusal(() => Coin.toInput({ ...coin, valueSats: -1n }, 'coins[0]'))).toEqual(['input.out-of-range', 'coins[0].valueSats']);
    expect(refusal(() => Coin.toInput({ ...coin, outpoint: { txid: 'zz', vout: 0 } }))).toEqual(['hex.bad-digit', 'coin.outpoint.txid']);
    expect(refusal(() => Coin.toInput({ ...coin, scriptPubKey: untyped('0014') }))).toEqual(['input.not-bytes', 'coin.scriptPubKey']);
  });

  it('are taken with upper-case txids, in lower case', () => {
    const txid = 'ab'.repeat(32);
    expect(Coin.toInput({ ...coin, outpoint: { txid: txid.toUpperCase(), vout: 0 } }).outpoint).toEqual({ txid, vout: 0 });
  });
});
