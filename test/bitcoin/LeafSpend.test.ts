// A leaf spend: what is signed does not move, and a signature is valid only in the forms that Bitcoin takes.
import { describe, expect, it } from 'vitest';
import * as Bytes from '../../src/base/Bytes.ts';
import * as LeafSpend from '../../src/bitcoin/LeafSpend.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import { castOf, codeOf, failure, filled, hex, keyOf, P2WPKH, signatureOf, stakeOf } from '../support/stakes.ts';

const { delegation } = stakeOf(castOf());
const spend = delegation.unbonding;
const staker = keyOf('staker');

describe('from', () => {
  it('refuses prevouts that are not one for each input', () => {
    for (const spentOutputs of [[], [...spend.spentOutputs, ...spend.spentOutputs]])
      expect(
        failure(() => LeafSpend.from({ transaction: spend.transaction, inputIndex: 0, spentOutputs, leaf: spend.leaf })).reason,
      ).toEqual({
        code: 'leaf-spend.wrong-prevouts',
        inputs: 1,
        prevouts: spentOutputs.length,
      });
  });

  it('refuses an input that does not exist', () => {
    for (const inputIndex of [1, -1, 0.5])
      expect(
        codeOf(() => LeafSpend.from({ transaction: spend.transaction, spentOutputs: spend.spentOutputs, leaf: spend.leaf, inputIndex })),
      ).toBe('input.out-of-range');
  });

  it('does not follow later changes of its parts, although it hashes later', () => {
    const transaction = spend.transaction;
    const [spent] = spend.spentOutputs as [Tx.SpentOutput];
    const scriptPubKey = Buffer.from(spent.scriptPubKey);
    const list = [{ scriptPubKey, valueSats: spent.valueSats }];
    const mine = LeafSpend.from({ transaction, inputIndex: 0, spentOutputs: list, leaf: spend.leaf });
    scriptPubKey.fill(0);
    list.length = 0;
    for (const { hash } of transaction.ins) hash.fill(0);
    for (const { script } of transaction.outs) script.fill(0);
    expect(hex(mine.sighash())).toBe(hex(spend.sighash()));
  });
});

describe('what is handed out', () => {
  it('is a copy: transaction, sighash, witness', () => {
    const before = [hex(spend.sighash()), Tx.toHex(spend.transaction), hex(spend.leaf.script)];
    spend.sighash().fill(0);
    for (const { script } of spend.transaction.outs) script.fill(0);
    const signed = spend.withWitness([spend.leaf.script]);
    for (const { witness } of signed.ins) for (const item of witness) item.fill(0);
    expect([hex(spend.sighash()), Tx.toHex(spend.transaction), hex(spend.leaf.script)]).toEqual(before);
  });
});

describe('verify', () => {
  const valid = signatureOf(spend, staker);

  it('takes 64 bytes, and 65 with any hash type of BIP341 that the signature was made for', () => {
    expect(spend.verify(staker.publicKey, valid)).toBe(true);
    for (const hashType of [1, 2, 3, 0x81, 0x82, 0x83])
      expect(spend.verify(staker.publicKey, signatureOf(spend, staker, hashType)), `${hashType}`).toBe(true);
  });

  it('refuses 65 bytes ending 00, undefined hash types, and a hash type that was not signed', () => {
    for (const hashType of [0x00, 0x04, 0x80, 0x84, 0xff, 0x01, 0x02, 0x03, 0x81])
      expect(spend.verify(staker.publicKey, Bytes.concat(valid, Uint8Array.of(hashType))), `${hashType}`).toBe(false);
    expect(spend.verify(staker.publicKey, signatureOf(spend, staker, 1).subarray(0, 64))).toBe(false);
  });

  it('refuses other lengths, zeros, other keys, keys of other lengths and off the curve, without throwing', () => {
    for (const signature of [new Uint8Array(0), new Uint8Array(64), filled(64, 0xff), valid.subarray(1), Bytes.concat(valid, valid)])
      expect(spend.verify(staker.publicKey, signature)).toBe(false);
    for (const key of [keyOf('cov1').publicKey, staker.publicKey.subarray(1), filled(32, 0xff), new Uint8Array(0), filled(33, 2)])
      expect(spend.verify(key, valid)).toBe(false);
  });

  it('refuses a signature for another leaf, amount or transaction', () => {
    expect(delegation.stakingSlashing.verify(staker.publicKey, valid)).toBe(false);
    const [spent] = spend.spentOutputs as [Tx.SpentOutput];
    const parts = { transaction: spend.transaction, inputIndex: 0, leaf: spend.leaf };
    for (const other of [
      { ...spent, valueSats: spent.valueSats + 1n },
      { ...spent, scriptPubKey: P2WPKH },
    ])
      expect(LeafSpend.from({ ...parts, spentOutputs: [other] }).verify(staker.publicKey, valid)).toBe(false);
  });

  it('refuses SINGLE where there is no output beside the input, without throwing', () => {
    const transaction = spend.transaction;
    transaction.ins.push({ ...(transaction.ins[0] as (typeof transaction.ins)[number]), index: 9 });
    const spentOutputs = [...spend.spentOutputs, ...spend.spentOutputs];
    const second = LeafSpend.from({ transaction, inputIndex: 1, spentOutputs, leaf: spend.leaf });
    for (const hashType of [3, 0x83]) expect(second.verify(staker.publicKey, Bytes.concat(valid, Uint8Array.of(hashType)))).toBe(false);
    expect(second.verify(staker.publicKey, signatureOf(second, staker, 0x82))).toBe(true);
  });
});

describe('hashTypeOf', () => {
  it('reads the type by length, never by cutting', () => {
    expect(LeafSpend.hashTypeOf(new Uint8Array(64))).toBe(0);
    expect(LeafSpend.hashTypeOf(Bytes.concat(new Uint8Array(64), Uint8Array.of(0x83)))).toBe(0x83);
    expect([0, 63, 65, 66].map((length) => LeafSpend.hashTypeOf(new Uint8Array(length)))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
