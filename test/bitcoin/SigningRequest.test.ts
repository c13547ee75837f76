// A signing request: what signers that are not ours make of it, for every kind of input, and what is refused of their answers.
import { schnorr } from '@noble/curves/secp256k1.js';
import { Transaction as ScureTransaction } from '@scure/btc-signer';
import { Psbt } from 'bitcoinjs-lib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Bytes from '../../src/base/Bytes.ts';
import { isSatlockError } from '../../src/base/Errors.ts';
import * as Hex from '../../src/base/Hex.ts';
import type { Coin } from '../../src/bitcoin/Coin.ts';
import * as Codec from '../../src/bitcoin/psbt/codec.ts';
import * as Sighash from '../../src/bitcoin/Sighash.ts';
import * as SigningRequest from '../../src/bitcoin/SigningRequest.ts';
import * as TapTree from '../../src/bitcoin/TapTree.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import { bitcoinjsSign, coinOf, compressedOf, ECPair, KINDS, type Kind, OWNERS, SCRIPTS, SEGWIT } from '../support/signers.ts';
import { codeOf, failure, filled, hex, judge, type KeyPair, keyOf, SEED, untyped } from '../support/stakes.ts';

const [alice, bob, carol] = OWNERS as [KeyPair, KeyPair, KeyPair];

function payment(coins: readonly Coin[], paidSats = 50_000n): Tx.Transaction {
  return Tx.create(coins, [
    { scriptPubKey: SCRIPTS.p2wsh.scriptPubKey, valueSats: paidSats },
    { scriptPubKey: SCRIPTS.p2wpkh.scriptPubKey, valueSats: 30_000n },
  ]);
}

function requestOf(kinds: readonly Kind[], more: Partial<SigningRequest.Options> = {}): SigningRequest.SigningRequest {
  const coins = kinds.map((kind, i) => coinOf(kind, 100_000n, i + 1));
  return SigningRequest.from({ transaction: payment(coins), inputs: coins.map((coin) => ({ coin })), allowTxidChange: true, ...more });
}

const signersOf = (kind: Kind): readonly KeyPair[] =>
  kind === 'p2sh' || kind === 'p2wsh' || kind === 'p2sh-p2wsh' ? [alice, bob] : [alice];

/** The witness or scriptSig that bitcoinjs-lib makes of the same signatures. */
function finished(psbt: Psbt): Tx.Transaction {
  return psbt.finalizeAllInputs().extractTransaction(true) as unknown as Tx.Transaction;
}

describe.each(KINDS)('an input of kind %s', (kind) => {
  const request = requestOf([kind]);
  const signed = (): Psbt => bitcoinjsSign(SigningRequest.toBytes(request), signersOf(kind));

  it('is signed by bitcoinjs-lib and finished as bitcoinjs-lib finishes it', () => {
    const accepted = SigningRequest.accept(request, signed());
    expect(accepted.signatures[0]).toHaveLength(signersOf(kind).length);
    expect(accepted.missing).toEqual([]);
    expect(Tx.toHex(accepted.transaction as Tx.Transaction)).toBe(Tx.toHex(finished(signed())));
  });

  it('is read back when the wallet has finished it', () => {
    const final = signed().finalizeAllInputs();
    const accepted = SigningRequest.accept(request, final.toHex());
    expect(accepted.signatures).toEqual(SigningRequest.accept(request, signed()).signatures);
    expect(Tx.toHex(accepted.transaction as Tx.Transaction)).toBe(Tx.toHex(finished(signed())));
  });

  it('is signed by scure', () => {
    const transaction = ScureTransaction.fromPSBT(SigningRequest.toBytes(request));
    for (const { secretKey } of signersOf(kind)) transaction.sign(secretKey);
    const accepted = SigningRequest.accept(request, transaction.toPSBT(0));
    transaction.finalize();
    expect(Tx.toHex(accepted.transaction as Tx.Transaction)).toBe(hex(transaction.extract()));
    expect(SigningRequest.accept(request, transaction.toPSBT(0)).missing).toEqual([]);
  });

  it('refuses a signature of another key, one over something else, and none', () => {
    const other = keyOf('stranger');
    const psbt = SigningRequest.toPsbt(request);
    expect(codeOf(() => SigningRequest.accept(request, psbt))).toBe('signing-request.missing-signature');
    const isTaproot = kind === 'p2tr';
    const right = signed().data.inputs[0];
    if (isTaproot) psbt.updateInput(0, { tapKeySig: filled(64, 7) });
    else {
      const [one] = right?.partialSig ?? [];
      const signature = Bytes.copy(one?.signature as Uint8Array);
      signature[12] = (signature[12] as number) ^ 1;
      psbt.updateInput(0, { partialSig: [{ pubkey: one?.pubkey as Uint8Array, signature }] });
    }
    const wrong = failure(() => SigningRequest.accept(request, psbt));
    expect(wrong.reason).toMatchObject({ code: 'signing-request.invalid-signature', input: 0, why: 'does-not-verify' });
    const stranger = SigningRequest.toPsbt(request);
    const hash = filled(32, 1);
    if (isTaproot)
      stranger.updateInput(0, {
        tapScriptSig: [{ pubkey: other.publicKey, leafHash: hash, signature: schnorr.sign(hash, other.secretKey) }],
      });
    else {
      const signature = Bytes.copy(right?.partialSig?.[0]?.signature ?? filled(0, 0));
      stranger.updateInput(0, { partialSig: [{ pubkey: compressedOf(other), signature }] });
    }
    expect(failure(() => SigningRequest.accept(request, stranger)).reason).toMatchObject({
      code: 'signing-request.foreign-signature',
      input: 0,
      publicKey: isTaproot ? hex(other.publicKey) : hex(compressedOf(other)),
    });
  });

  it('refuses a sighash type that was not asked for, and takes it when it is allowed', () => {
    const type = Sighash.TYPE.ALL | Sighash.TYPE.ANYONE_CAN_PAY;
    const asked = requestOf([kind], { sighashType: type });
    const answer = bitcoinjsSign(SigningRequest.toBytes(asked), signersOf(kind), [type]);
    for (const input of answer.data.inputs) delete (input as { sighashType?: number }).sighashType;
    expect(failure(() => SigningRequest.accept(request, answer)).reason).toMatchObject({
      code: 'signing-request.other-sighash-type',
      expected: kind === 'p2tr' ? '0' : '1',
      got: '129',
    });
    expect(SigningRequest.accept(asked, answer).missing).toEqual([]);
    expect(SigningRequest.accept(requestOf([kind], { allowedSighashTypes: [type] }), answer).missing).toEqual([]);
  });
});

describe('all kinds in one transaction', () => {
  const request = requestOf(KINDS);

  it('are signed, checked and finished together', () => {
    const psbt = bitcoinjsSign(SigningRequest.toBytes(request), [alice, bob]);
    const { transaction, signatures } = SigningRequest.accept(request, psbt.toBase64());
    expect(signatures.map(({ length }) => length)).toEqual([1, 2, 1, 2, 1, 2, 1]);
    expect(Tx.toHex(transaction as Tx.Transaction)).toBe(Tx.toHex(finished(psbt)));
    expect(request.txid).toBeUndefined();
  });

  it('keep the txid that is known in advance when no input is from before segwit', () => {
    const segwit = requestOf(SEGWIT);
    const { transaction } = SigningRequest.accept(segwit, bitcoinjsSign(SigningRequest.toBytes(segwit), [alice, bob]));
    expect(Tx.txid(transaction as Tx.Transaction)).toBe(segwit.txid);
  });

  it('every hash type of every kind is hashed as bitcoinjs-lib hashes it', () => {
    const coins = KINDS.map((kind, i) => coinOf(kind, 100_000n, i + 1));
    const transaction = payment(coins);
    transaction.ins.forEach((input, i) => {
      input.sequence = 0xffff_fff0 - i;
    });
    const context = Sighash.prepare(transaction, coins);
    const code = SCRIPTS.p2pkh.scriptPubKey;
    for (const hashType of [1, 2, 3, 0x81, 0x82, 0x83])
      for (let i = 0; i < coins.length; i++) {
        const v0 = transaction.hashForWitnessV0(i, code, coins[i]?.valueSats as bigint, hashType);
        expect(hex(Sighash.segwitV0(context, i, code, { hashType }))).toBe(hex(v0));
        // SINGLE without an output: consensus signs the number one, whose lowest byte comes first; bitcoinjs-lib has it last.
        const old = (hashType & 3) === 3 && i >= 2 ? `01${'00'.repeat(31)}` : hex(transaction.hashForSignature(i, code, hashType));
        expect(hex(Sighash.legacy(context, i, code, { hashType }))).toBe(old);
      }
  });
});

describe('the request', () => {
  it('refuses coins whose signing changes the txid in a pre-signed flow (A1: the registered txid would never exist)', () => {
    for (const kind of ['p2pkh', 'p2sh'] as const)
      expect(failure(() => requestOf(['p2wpkh', kind], { allowTxidChange: false })).reason).toMatchObject({
        code: 'coin.txid-changes',
        field: 'inputs[1].coin',
      });
  });

  it('refuses a taproot coin of another internal key (D41), and shows no key that derives nothing', () => {
    const coin = { ...coinOf('p2tr'), tapInternalKey: keyOf('another').publicKey };
    const transaction = payment([coin]);
    expect(codeOf(() => SigningRequest.from({ transaction, inputs: [{ coin }] }))).toBe('psbt.other-internal-key');
    const { tapInternalKey: _, ...bare } = coin;
    const psbt = SigningRequest.toPsbt(SigningRequest.from({ transaction, inputs: [{ coin: bare }] }));
    expect(psbt.data.inputs[0]?.tapInternalKey).toBeUndefined();
    const v0 = { ...coinOf('p2wpkh'), tapInternalKey: alice.publicKey };
    expect(codeOf(() => SigningRequest.from({ transaction: payment([v0]), inputs: [{ coin: v0 }] }))).toBe('psbt.other-internal-key');
  });

  it('refuses a previous transaction that does not have the coin, and a legacy coin without one', () => {
    const of = (kind: Kind, change: object): string => {
      const coin = { ...coinOf(kind), ...change } as Coin;
      return codeOf(() => SigningRequest.from({ transaction: payment([coin]), inputs: [{ coin }], allowTxidChange: true }));
    };
    expect(of('p2pkh', { previousTransaction: undefined })).toBe('coin.missing-previous-transaction');
    expect(of('p2wpkh', { previousTransaction: coinOf('p2wpkh', 100_000n, 9).previousTransaction })).toBe(
      'coin.wrong-previous-transaction',
    );
    expect(of('p2pkh', { valueSats: 99_999n })).toBe('coin.wrong-previous-transaction');
    expect(of('p2pkh', { previousTransaction: filled(20, 1) })).toBe('tx.malformed');
    expect(of('p2wsh', { witnessScript: undefined })).toBe('coin.missing-script');
    expect(of('p2wsh', { witnessScript: Uint8Array.of(0x51) })).toBe('coin.wrong-script');
    expect(of('p2sh', { redeemScript: undefined })).toBe('coin.missing-script');
    expect(of('p2sh', { redeemScript: filled(22, 0) })).toBe('coin.wrong-script');
    expect(of('p2wpkh', { scriptPubKey: Uint8Array.of(0x6a), previousTransaction: undefined })).toBe('coin.unknown-script');
  });

  it('refuses another number of coins, other coins, and a transaction that is signed already', () => {
    const coins = [coinOf('p2wpkh', 100_000n, 1), coinOf('p2tr', 100_000n, 2)];
    const transaction = payment(coins);
    const inputs = coins.map((coin) => ({ coin }));
    expect(codeOf(() => SigningRequest.from({ transaction, inputs: inputs.slice(1) }))).toBe('signing-request.wrong-inputs');
    expect(codeOf(() => SigningRequest.from({ transaction, inputs: [...inputs].reverse() }))).toBe('psbt.other-coin');
    expect(codeOf(() => SigningRequest.from({ transaction, inputs: untyped([{}, {}]) }))).toBe('signing-request.not-a-source');
    transaction.setInputScript(0, Uint8Array.of(0x51));
    expect(failure(() => SigningRequest.from({ transaction, inputs })).reason).toEqual({
      code: 'signing-request.signed-already',
      input: 0,
    });
  });

  it('is not changed by what happens to its arguments later', () => {
    const coin = coinOf('p2sh-p2wsh');
    const transaction = payment([coin]);
    const request = SigningRequest.from({ transaction, inputs: [{ coin }] });
    const before = SigningRequest.toHex(request);
    for (const part of [coin.scriptPubKey, coin.redeemScript, coin.previousTransaction]) {
      const kept = Bytes.copy(part as Uint8Array);
      (part as Uint8Array).fill(0);
      expect(SigningRequest.toHex(request)).toBe(before);
      (part as Uint8Array).set(kept);
    }
    transaction.outs = [];
    request.transaction.outs.pop();
    request.toBytes().fill(0);
    expect(SigningRequest.toHex(request)).toBe(before);
    expect(request.transaction.outs).toHaveLength(2);
  });

  it('writes the sighash type only when asked: DEFAULT for taproot is ALL for ECDSA', () => {
    const types = (more: object): (number | undefined)[] =>
      SigningRequest.toPsbt(requestOf(['p2wpkh', 'p2tr'], more)).data.inputs.map(({ sighashType }) => sighashType);
    expect(types({})).toEqual([undefined, undefined]);
    expect(types({ sighashType: 0 })).toEqual([1, 0]);
    expect(types({ sighashType: 1 })).toEqual([1, 1]);
    expect(codeOf(() => requestOf(['p2tr'], { sighashType: 4 }))).toBe('sighash.bad-hash-type');
    expect(codeOf(() => requestOf(['p2tr'], { allowedSighashTypes: [0x80] }))).toBe('sighash.bad-hash-type');
  });

  it('writes the same bytes as bitcoinjs-lib writes after reading them', () => {
    const request = requestOf(KINDS, { sighashType: 1 });
    expect(Psbt.fromBuffer(SigningRequest.toBytes(request)).toHex()).toBe(SigningRequest.toHex(request));
    expect(Psbt.fromBase64(SigningRequest.toBase64(request)).toHex()).toBe(SigningRequest.toHex(request));
  });
});

describe('the forms of an answer', () => {
  const request = requestOf(['p2wpkh', 'p2tr']);
  const psbt = bitcoinjsSign(SigningRequest.toBytes(request), [alice]);
  const wanted = Tx.toHex(finished(Psbt.fromHex(psbt.toHex())));

  it.each([
    ['hex', psbt.toHex()],
    ['upper-case hex', psbt.toHex().toUpperCase()],
    ['base64 (H06)', psbt.toBase64()],
    ['base64 in lines', `\n ${psbt.toBase64().replace(/(.{60})/g, '$1\r\n')}\t`],
    ['hex with blanks', `  ${psbt.toHex()}\n`],
    ['base64 without padding', psbt.toBase64().replace(/=+$/, '')],
    ['bytes', psbt.toBuffer()],
    ['a Buffer', Buffer.from(psbt.toBuffer())],
    ['text as bytes', Buffer.from(psbt.toBase64())],
    ['an object', psbt],
    ['an object of another copy', { toBuffer: () => psbt.toBuffer() }],
  ])('%s', (_, answer) => {
    expect(Tx.toHex(SigningRequest.accept(request, answer).transaction as Tx.Transaction)).toBe(wanted);
  });

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'input.missing'],
    ['empty text', '', 'psbt.not-a-psbt'],
    ['a raw transaction', wanted, 'psbt.not-a-psbt'],
    ['a number', 5, 'psbt.not-a-psbt'],
    ['an empty object', {}, 'psbt.not-a-psbt'],
    ['an object that throws', { toBuffer: () => JSON.parse('{') as Uint8Array }, 'psbt.not-a-psbt'],
    ['other bytes', filled(80, 1), 'psbt.not-a-psbt'],
    ['odd hex', psbt.toHex().slice(1), 'psbt.not-a-psbt'],
    ['hex cut short by half a byte', psbt.toHex().slice(0, -1), 'psbt.malformed'],
    ['hex cut short', psbt.toHex().slice(0, -2), 'psbt.malformed'],
    ['bytes behind', `${psbt.toHex()}00`, 'psbt.malformed'],
    ['hex with a stranger', `${psbt.toHex().slice(0, 40)}zz${psbt.toHex().slice(42)}`, 'psbt.malformed'],
    ['base64 cut short', psbt.toBase64().slice(0, 80), 'psbt.malformed'],
    ['base64 with a stranger behind a very long padding', `cHNidP${'='.repeat(2_000_000)}x`, 'psbt.malformed'],
    ['base64 with a stranger', `${psbt.toBase64().slice(0, 40)}!${psbt.toBase64().slice(41)}`, 'psbt.malformed'],
  ])('refuses %s', (_, answer, code) => {
    expect(codeOf(() => SigningRequest.accept(request, untyped(answer)))).toBe(code);
  });

  it('refuses every truncation', () => {
    const raw = psbt.toBuffer();
    for (let length = 0; length < raw.length; length++)
      expect(codeOf(() => SigningRequest.accept(request, raw.slice(0, length)))).toMatch(/^psbt\.(malformed|not-a-psbt)$/);
  });

  it('refuses a key twice in one map, lengths in a longer form than needed, and a transaction with scriptSigs', () => {
    const raw = psbt.toBuffer();
    const entry = Uint8Array.of(2, 0xfc, 9, 1, 7);
    const withGlobal = (...parts: Uint8Array[]): Uint8Array => Bytes.concat(raw.slice(0, 5), ...parts, raw.slice(5));
    expect(SigningRequest.accept(request, withGlobal(entry)).missing).toEqual([]);
    expect(codeOf(() => SigningRequest.accept(request, withGlobal(entry, entry)))).toBe('psbt.malformed');
    const long = Uint8Array.of(2, 0xfc, 9, 0xfd, 1, 0, 7);
    expect(codeOf(() => SigningRequest.accept(request, withGlobal(long)))).toBe('psbt.malformed');
    const unsigned = request.transaction;
    unsigned.setInputScript(0, Uint8Array.of(0x51));
    const tx = unsigned.toBuffer();
    const made = Bytes.concat(raw.slice(0, 5), Uint8Array.of(1, 0, tx.length), tx, new Uint8Array(5));
    expect(codeOf(() => SigningRequest.accept(request, made))).toBe('psbt.malformed');
  });

  it('refuses version 2 by its name', () => {
    const version = Bytes.concat(Uint8Array.of(1, 0xfb, 4, 2, 0, 0, 0));
    const raw = psbt.toBuffer();
    expect(failure(() => SigningRequest.accept(request, Bytes.concat(raw.slice(0, 5), version, raw.slice(5)))).reason).toEqual({
      code: 'psbt.unsupported-version',
      version: 2,
    });
    version[3] = 0;
    expect(SigningRequest.accept(request, Bytes.concat(raw.slice(0, 5), version, raw.slice(5))).missing).toEqual([]);
  });
});

describe('what a wallet may not change beside the transaction', () => {
  const request = requestOf(SEGWIT);
  const signed = (): Psbt => bitcoinjsSign(SigningRequest.toBytes(request), [alice, bob]);
  type Input = { -readonly [K in keyof Psbt['data']['inputs'][number]]: Psbt['data']['inputs'][number][K] };

  it.each<[string, number, (input: Input) => void, object]>([
    [
      'an amount',
      2,
      (i) => Object.assign(i, { witnessUtxo: { ...i.witnessUtxo, value: 1n } }),
      { code: 'signing-request.other-coin', field: 'inputs[2].witnessUtxo.value', expected: '100000', got: '1' },
    ],
    [
      'a spent script',
      3,
      (i) => Object.assign(i, { witnessUtxo: { ...i.witnessUtxo, script: SCRIPTS.p2pkh.scriptPubKey } }),
      { code: 'signing-request.other-coin', field: 'inputs[3].witnessUtxo.script' },
    ],
    [
      'a previous transaction',
      2,
      (i) => Object.assign(i, { nonWitnessUtxo: coinOf('p2wpkh', 5n, 99).previousTransaction }),
      { code: 'signing-request.other-coin', field: 'inputs[2].nonWitnessUtxo' },
    ],
    [
      'a redeem script',
      0,
      (i) => Object.assign(i, { redeemScript: Uint8Array.of(0x51) }),
      { code: 'signing-request.other-script', field: 'inputs[0].redeemScript' },
    ],
    [
      'a witness script',
      3,
      (i) => Object.assign(i, { witnessScript: Uint8Array.of(0x51) }),
      { code: 'signing-request.other-script', field: 'inputs[3].witnessScript' },
    ],
    [
      'a sighash type',
      2,
      (i) => Object.assign(i, { sighashType: 2 }),
      { code: 'signing-request.other-sighash-type', input: 2, expected: '1', got: '2' },
    ],
  ])('%s', (_, input, change, expected) => {
    const psbt = signed();
    change(psbt.data.inputs[input] as Input);
    expect(failure(() => SigningRequest.accept(request, psbt)).reason).toMatchObject(expected);
  });

  it('a scriptSig: the txid would be another', () => {
    const final = signed().finalizeAllInputs();
    const nested = final.data.inputs[0] as Input;
    nested.finalScriptSig = Bytes.concat(Uint8Array.of(0x61), nested.finalScriptSig as Uint8Array);
    expect(failure(() => SigningRequest.accept(request, final)).reason).toMatchObject({
      code: 'signing-request.other-script-sig',
      field: 'inputs[0].finalScriptSig',
      input: 0,
    });
    const native = signed().finalizeAllInputs();
    (native.data.inputs[2] as Input).finalScriptSig = Uint8Array.of(0);
    expect(codeOf(() => SigningRequest.accept(request, native))).toBe('signing-request.other-script-sig');
  });

  it('nothing is missed when a wallet leaves out all that is not needed', () => {
    const { transaction, inputs } = Codec.decode(signed().toBuffer());
    const bare = inputs.map((fields) => [...fields.values()].filter(({ key }) => key[0] === 0x02 || key[0] === 0x13));
    const psbt = Codec.encode(transaction, [], bare, [[], []]);
    expect(SigningRequest.accept(request, psbt).missing).toEqual([]);
  });

  it('a signature with a high s, which nodes do not relay', () => {
    const psbt = signed();
    const one = psbt.data.inputs[2]?.partialSig?.[0] as { signature: Uint8Array };
    const n = 0xffffffff_ffffffff_ffffffff_fffffffe_baaedce6_af48a03b_bfd25e8c_d0364141n;
    const s = Bytes.toBigInt(one.signature.slice(-33, -1));
    const high = Bytes.fromBigInt32(n - s);
    const r = one.signature.slice(4, 4 + (one.signature[3] as number));
    one.signature = Bytes.concat(Uint8Array.of(0x30, r.length + 37, 2, r.length), r, Uint8Array.of(2, 33, 0), high, Uint8Array.of(1));
    expect(failure(() => SigningRequest.accept(request, psbt)).reason).toMatchObject({
      code: 'signing-request.invalid-signature',
      why: 'high-s',
    });
  });

  it('swapped signatures of two keys, and of two inputs', () => {
    const psbt = signed();
    const [first, second] = (psbt.data.inputs[3]?.partialSig ?? []) as unknown as [{ signature: Uint8Array }, { signature: Uint8Array }];
    [first.signature, second.signature] = [second.signature, first.signature];
    expect(codeOf(() => SigningRequest.accept(request, psbt))).toBe('signing-request.invalid-signature');
    const two = requestOf(['p2tr', 'p2tr']);
    const other = bitcoinjsSign(SigningRequest.toBytes(two), [alice]);
    const [a, b] = other.data.inputs as [Input, Input];
    [a.tapKeySig, b.tapKeySig] = [b.tapKeySig as Uint8Array, a.tapKeySig as Uint8Array];
    expect(failure(() => SigningRequest.accept(two, other)).reason).toMatchObject({ code: 'signing-request.invalid-signature', input: 0 });
  });
});

describe('combining', () => {
  const kinds: readonly Kind[] = ['p2sh', 'p2wsh', 'p2sh-p2wsh'];
  const request = requestOf(kinds);
  const by = (...people: KeyPair[]): Psbt => bitcoinjsSign(SigningRequest.toBytes(request), people);

  it('accept tells which inputs need more, combine completes them: any two of three, duplicates and all three as well', () => {
    expect(SigningRequest.accept(request, by(carol)).missing).toEqual([0, 1, 2]);
    expect(SigningRequest.accept(request, by(carol)).transaction).toBeUndefined();
    const whole = [
      [by(alice), by(bob)],
      [by(bob), by(alice)],
      [by(carol), by(bob), by(bob)],
      [by(alice, bob), by(carol)],
      [by(alice), by(carol).toBase64()],
    ];
    for (const answers of whole) {
      const { transaction, missing, ignored } = SigningRequest.combine(request, answers);
      expect([missing, ignored]).toEqual([[], []]);
      const finishedBy = SigningRequest.accept(request, Psbt.fromBuffer(SigningRequest.merge(request, answers)));
      expect(Tx.toHex(finishedBy.transaction as Tx.Transaction)).toBe(Tx.toHex(transaction as Tx.Transaction));
      expect(transaction?.ins[1]?.witness).toHaveLength(4);
    }
  });

  it('takes a valid signature beside a wrong one of the same key, and tells which was left out', () => {
    const bad = by(alice);
    for (const one of bad.data.inputs[1]?.partialSig ?? []) one.signature = Bytes.copy(one.signature).fill(9, 10, 20);
    const { missing, ignored } = SigningRequest.combine(request, [bad, by(alice), by(bob)]);
    expect(missing).toEqual([]);
    expect(ignored).toEqual([{ answer: 0, input: 1, publicKey: hex(compressedOf(alice)), why: 'invalid-signature' }]);
    expect(SigningRequest.combine(request, [bad, by(bob)]).missing).toEqual([1]);
    expect(SigningRequest.combine(request, []).missing).toEqual([0, 1, 2]);
  });

  it('keeps what it does not know of every answer, in the order of BIP174', () => {
    const unknown = (psbt: Psbt, key: number): Psbt => {
      psbt.addUnknownKeyValToGlobal({ key: Uint8Array.of(0xfc, key), value: filled(3, key) });
      psbt.addUnknownKeyValToInput(1, { key: Uint8Array.of(0xfc, key), value: filled(4, key) });
      psbt.addUnknownKeyValToOutput(0, { key: Uint8Array.of(0xfc, key), value: filled(5, key) });
      return psbt;
    };
    const merged = Psbt.fromBuffer(SigningRequest.merge(request, [unknown(by(alice), 2), unknown(by(bob), 1)]));
    const keys = (list: readonly { key: Uint8Array }[] | undefined): string[] => (list ?? []).map(({ key }) => hex(key));
    expect(keys(merged.data.globalMap.unknownKeyVals)).toEqual(['fc01', 'fc02']);
    expect(keys(merged.data.inputs[1]?.unknownKeyVals)).toEqual(['fc01', 'fc02']);
    expect(keys(merged.data.outputs[0]?.unknownKeyVals)).toEqual(['fc01', 'fc02']);
    expect(Hex.encode(SigningRequest.merge(request, [by(alice, bob)]))).toBe(by(alice, bob).toHex());
    expect(Hex.encode(SigningRequest.merge(request, []))).toBe(SigningRequest.toHex(request));
  });

  it('refuses an answer to another request', () => {
    const other = requestOf(['p2sh', 'p2wsh']);
    expect(codeOf(() => SigningRequest.combine(request, [by(alice), SigningRequest.toBytes(other)]))).toBe(
      'signing-request.other-input-count',
    );
  });
});

describe('fuzz', () => {
  it('a signed PSBT with changed bytes is refused by an error of ours, or means what it meant', () => {
    const request = requestOf(KINDS);
    const open = bitcoinjsSign(SigningRequest.toBytes(request), [alice, bob]);
    const whole = SigningRequest.accept(request, open);
    const known = new Set(whole.signatures.flat().map(({ signature }) => hex(signature)));
    const forms = [open.toBuffer(), Psbt.fromHex(open.toHex()).finalizeAllInputs().toBuffer()];
    let accepted = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...forms),
        fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255), how: fc.constantFrom('set', 'insert', 'remove') }), {
          minLength: 1,
          maxLength: 3,
        }),
        (form, changes) => {
          const raw = [...form];
          for (const { at, byte, how } of changes) {
            const place = at % raw.length;
            if (how === 'set') raw[place] = byte;
            else if (how === 'insert') raw.splice(place, 0, byte);
            else raw.splice(place, 1);
          }
          try {
            const result = SigningRequest.accept(request, Uint8Array.from(raw));
            accepted++;
            for (const { signature } of result.signatures.flat()) expect(known.has(hex(signature))).toBe(true);
            if (result.transaction !== undefined) expect(Tx.toHex(result.transaction)).toBe(Tx.toHex(whole.transaction as Tx.Transaction));
          } catch (error) {
            if (!isSatlockError(error)) throw error;
          }
        },
      ),
      { seed: SEED, numRuns: 1500 },
    );
    expect(accepted).toBeGreaterThan(0);
  });
});

describe('bitcoinjs signers over a wallet key', () => {
  it('are told apart: the output key of a taproot coin, not its internal key, signs', () => {
    const request = requestOf(['p2tr']);
    const psbt = SigningRequest.toPsbt(request);
    const hash = Sighash.keyPath(Sighash.prepare(request.transaction, request.spentOutputs), 0);
    psbt.updateInput(0, { tapKeySig: ECPair.fromPrivateKey(alice.secretKey).signSchnorr(hash) });
    expect(failure(() => SigningRequest.accept(request, psbt)).reason).toMatchObject({
      code: 'signing-request.invalid-signature',
      publicKey: hex(TapTree.tweak(alice.publicKey, new Uint8Array(0)).outputKey),
    });
  });

  it('taproot and P2WPKH inputs pass the check of scripts', () => {
    const request = requestOf(['p2wpkh', 'p2tr']);
    const { transaction } = SigningRequest.accept(request, bitcoinjsSign(SigningRequest.toBytes(request), [alice]));
    expect(judge(transaction as Tx.Transaction, request.spentOutputs)).toBe('valid');
  });
});
