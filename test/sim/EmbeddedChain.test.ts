// The chain in memory: confirms, refuses conflicts and unknown coins, and keeps relative timelocks to the block.
import { describe, expect, it } from 'vitest';
import * as Bytes from '../../src/base/Bytes.ts';
import * as Sighash from '../../src/bitcoin/Sighash.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import { auto } from '../../src/crypto/Ecc.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as Schnorr from '../../src/crypto/Schnorr.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';
import type { Coin } from '../../src/sim/chain/BitcoinPort.ts';
import { EmbeddedChain } from '../../src/sim/chain/EmbeddedChain.ts';

const key = SecretKey.fromHex('07'.repeat(32));
const script = Bytes.concat(Uint8Array.of(0x51, 0x20), PublicKey.ofSecret(key));
const start = { height: 100, time: 1_700_000_000 };

function pay(coin: Pick<Coin, 'outpoint' | 'scriptPubKey' | 'valueSats'>, valueSats: bigint, sequence = 0xffff_ffff): Tx.Transaction {
  const transaction = Tx.create([{ outpoint: coin.outpoint, sequence }], [{ scriptPubKey: script, valueSats }]);
  transaction.setWitness(0, [Schnorr.sign(Sighash.keyPath(Sighash.prepare(transaction, [coin]), 0), key, new Uint8Array(32))]);
  return transaction;
}

describe('EmbeddedChain', () => {
  it('funds, takes a valid spend once, and knows it afterwards', async () => {
    const chain = new EmbeddedChain(start, auto());
    const coin = await chain.fund(script, 50_000n);
    expect(coin.confirmedHeight).toBe(101);
    const raw = Tx.encode(pay(coin, 40_000n));
    expect(await chain.submit(raw)).toMatchObject({ accepted: true });
    expect(await chain.testAccept(Tx.encode(pay(coin, 39_000n)))).toEqual({ allowed: false, rejectReason: 'txn-mempool-conflict' });
    expect(await chain.mine(1)).toEqual({ height: 102 });
    expect(await chain.testAccept(raw)).toEqual({ allowed: false, rejectReason: 'txn-already-known' });
    expect(await chain.testAccept(Tx.encode(pay(coin, 39_000n)))).toEqual({ allowed: false, rejectReason: 'missing-inputs' });
  });

  it('refuses a wrong signature and an output above the input', async () => {
    const chain = new EmbeddedChain(start);
    const coin = await chain.fund(script, 50_000n);
    const forged = pay(coin, 40_000n);
    forged.setWitness(0, [new Uint8Array(64).fill(1)]);
    expect(await chain.testAccept(Tx.encode(forged))).toMatchObject({
      allowed: false,
      rejectReason: expect.stringContaining('Invalid Schnorr signature'),
    });
    expect(await chain.testAccept(Tx.encode(pay(coin, 50_001n)))).toEqual({ allowed: false, rejectReason: 'bad-txns-in-belowout' });
  });

  it('keeps a relative timelock to the block', async () => {
    const chain = new EmbeddedChain(start);
    const coin = await chain.fund(script, 50_000n);
    const raw = Tx.encode(pay(coin, 40_000n, 10));
    // Mined at h, it may be in block h + 10: allowed once the tip is h + 9.
    await chain.mine(8);
    expect(await chain.testAccept(raw)).toEqual({ allowed: false, rejectReason: 'non-BIP68-final' });
    await chain.mine(1);
    expect(await chain.testAccept(raw)).toEqual({ allowed: true });
  });

  it('never makes the same coin twice', async () => {
    const chain = new EmbeddedChain(start);
    const coins = [await chain.fund(script, 1_000n), await chain.fund(script, 1_000n)];
    expect(new Set(coins.map(({ outpoint }) => outpoint.txid)).size).toBe(2);
  });
});
