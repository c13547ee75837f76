// Coins: which keep the txid when they are signed, and that their weight is the weight after signing.
import { describe, expect, it } from 'vitest';
import * as Coin from '../../src/bitcoin/Coin.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import { BARE_P2SH, coinOf, KINDS, multisig, P2PKH, sign } from '../support/coins.ts';
import { bytes, codeOf, failure, hex, judge, P2WPKH, refusal, untyped } from '../support/stakes.ts';
import { signWallet, WALLET_KINDS, walletCoin } from '../support/wallets.ts';

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

describe('where the txid may change', () => {
  const LEGACY = { allowTxidChange: true } as const;

  it.each(WALLET_KINDS)('%s weighs after signing what was announced before', (kind) => {
    const spent = [1, 2].map((id) => walletCoin(kind, 100_000n, id));
    const inputs = spent.map((one) => Coin.toInput(one, 'coin', LEGACY));
    const unsigned = Coin.unsigned(inputs, outputs);
    const signed = Tx.copy(unsigned);
    for (const i of spent.keys()) signWallet(signed, i, kind, spent);
    expect(signed.weight()).toBe(Coin.signedWeight(unsigned, inputs));
  });

  it('legacy beside segwit inputs: the empty witness of each counts a byte', () => {
    const kinds = ['p2pkh', 'p2tr', 'p2sh 2-of-3', 'p2sh-p2wpkh', 'p2pkh'] as const;
    const spent = kinds.map((kind, i) => walletCoin(kind, 100_000n, i));
    const inputs = spent.map((one) => Coin.toInput(one, 'coin', LEGACY));
    const unsigned = Coin.unsigned(inputs, outputs);
    const signed = Tx.copy(unsigned);
    for (const [i, kind] of kinds.entries()) signWallet(signed, i, kind, spent);
    expect(signed.weight()).toBe(Coin.signedWeight(unsigned, inputs));
    const sum = inputs.reduce((total, input) => total + Coin.inputWeight(input), 0);
    expect(signed.weight()).toBe(4 * (10 + 31) + 2 + sum);
  });

  it.each([
    ['p2pkh', 592],
    ['p2sh 2-of-3', 297 * 4],
  ] as const)('%s: %i weight units in a transaction without witness', (kind, weight) => {
    const inputs = [Coin.toInput(walletCoin(kind, 1_000n), 'coin', LEGACY)];
    expect(Coin.signedWeight(Coin.unsigned(inputs, outputs), inputs)).toBe(4 * (10 + 31) + weight);
  });

  it('D38: needs the transaction that made the coin, unless only the weight is asked', () => {
    for (const kind of ['p2pkh', 'p2sh 2-of-3'] as const) {
      const { previousTransaction: _, ...bare } = walletCoin(kind, 1_000n);
      expect(failure(() => Coin.toInput(bare, 'coins[1]', LEGACY)).reason).toMatchObject({
        code: 'coin.missing-previous-transaction',
        field: 'coins[1]',
      });
      expect(Coin.toInput(bare, 'coin', { ...LEGACY, weighOnly: true }).scriptSigBytes).toBeGreaterThan(100);
      for (const wrong of ['true', 1, {}, null])
        expect(codeOf(() => Coin.toInput(bare, 'coin', { allowTxidChange: untyped(wrong), weighOnly: true }))).toBe('coin.txid-changes');
    }
  });
});

describe('the transaction that made a coin', () => {
  it('is held against it for every kind: a wallet would sign a fee that nobody sees', () => {
    for (const kind of WALLET_KINDS) {
      const coin_ = walletCoin(kind, 5_000n, 3);
      const other = walletCoin(kind, 6_000n, 3);
      const to = (change: object) => () => Coin.toInput({ ...coin_, ...change }, 'coin', { allowTxidChange: true });
      expect(to({})).not.toThrow();
      const what = (change: object): unknown => (failure(to(change)).reason as { what?: unknown }).what;
      expect(what({ previousTransaction: other.previousTransaction })).toBe('txid');
      expect(what({ outpoint: { ...coin_.outpoint, vout: 1 } })).toBe('vout');
      expect(what({ valueSats: 5_001n })).toBe('value');
      const stranger = kind === 'p2tr' ? P2WPKH : bytes(`5120${'33'.repeat(32)}`);
      expect(what({ scriptPubKey: stranger, redeemScript: undefined, witnessScript: undefined })).toBe('script');
    }
  });

  it('must be one', () => {
    const coin_ = walletCoin('p2wpkh', 5_000n);
    const raw = coin_.previousTransaction as Uint8Array;
    expect(refusal(() => Coin.toInput({ ...coin_, previousTransaction: untyped(hex(raw)) }))).toEqual([
      'input.not-bytes',
      'coin.previousTransaction',
    ]);
    for (const bad of [raw.subarray(1), new Uint8Array([...raw, 0])])
      expect(refusal(() => Coin.toInput({ ...coin_, previousTransaction: bad }))).toEqual(['tx.malformed', 'coin.previousTransaction']);
  });
});

describe('a taproot coin', () => {
  it('whose internal key nobody has is refused: it is locked by scripts', async () => {
    const { nums } = await import('../../src/bitcoin/TapTree.ts');
    expect(failure(() => Coin.toInput({ ...walletCoin('p2tr', 5_000n), tapInternalKey: nums() })).reason).toEqual({
      code: 'coin.not-key-path',
      field: 'coin',
    });
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
