// PSBTs: a signer finds what it needs, another transaction is noticed, and a finished witness has its empty slots.

import { hash160 } from 'bitcoinjs-lib/src/crypto';
import { describe, expect, it } from 'vitest';
import * as ExtensionTx from '../../src/babylon/ExtensionTx.ts';
import * as Witness from '../../src/babylon/Witness.ts';
import * as Bytes from '../../src/base/Bytes.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as LeafSpend from '../../src/bitcoin/LeafSpend.ts';
import * as Psbt from '../../src/bitcoin/Psbt.ts';
import * as TapTree from '../../src/bitcoin/TapTree.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as Schnorr from '../../src/crypto/Schnorr.ts';
import { castOf, codeOf, keyOf, sats, stakeOf } from '../support/stakes.ts';

const staker = keyOf('staker');

describe('Psbt.fromCoins', () => {
  const bip86 = TapTree.scriptPubKeyOf(TapTree.tweak(staker.publicKey, new Uint8Array(0)).outputKey);
  const nestedScript = Bytes.concat(Uint8Array.of(0, 20), new Uint8Array(20).fill(7));
  const nested = Bytes.concat(Uint8Array.of(0xa9, 20), hash160(nestedScript), Uint8Array.of(0x87));
  const coins = [
    { outpoint: { txid: '11'.repeat(32), vout: 0 }, scriptPubKey: bip86, valueSats: sats(50_000n) },
    { outpoint: { txid: '22'.repeat(32), vout: 1 }, scriptPubKey: nested, valueSats: sats(60_000n), redeemScript: nestedScript },
  ];
  const transaction = Tx.create(coins, [{ scriptPubKey: bip86, valueSats: 100_000n }]);

  it('holds the transaction, the spent outputs and the wallet key, and survives the wire', () => {
    const psbt = Psbt.Psbt.fromBuffer(Psbt.fromCoins(transaction, coins, staker.publicKey).toBuffer());
    expect(Hex.encode(psbt.data.globalMap.unsignedTx.toBuffer())).toBe(Tx.toHex(transaction));
    expect(psbt.data.inputs.map(({ witnessUtxo }) => witnessUtxo?.value)).toEqual([50_000n, 60_000n]);
    expect(psbt.data.inputs[0]?.tapInternalKey).toEqual(staker.publicKey);
    expect(psbt.data.inputs[1]?.tapInternalKey).toBeUndefined();
    expect(psbt.data.inputs[1]?.redeemScript).toEqual(nestedScript);
  });

  it('refuses a wrong coin, too few coins and a taproot coin of another key', () => {
    expect(codeOf(() => Psbt.fromCoins(transaction, [...coins].reverse()))).toBe('psbt.other-coin');
    expect(codeOf(() => Psbt.fromCoins(transaction, coins.slice(1)))).toBe('psbt.wrong-coins');
    expect(codeOf(() => Psbt.fromCoins(transaction, coins, keyOf('other').publicKey))).toBe('psbt.other-internal-key');
  });
});

describe('Psbt.fromLeafSpend', () => {
  const cast = castOf();
  const { contract, delegation } = stakeOf(cast);

  it('shows the leaf that is taken and all spent outputs', () => {
    const { data } = Psbt.fromLeafSpend(delegation.unbonding);
    const { script, controlBlock } = contract.staking.paths.unbonding;
    expect(data.inputs[0]?.tapLeafScript).toEqual([{ script, controlBlock, leafVersion: 0xc0 }]);
    expect(data.inputs[0]?.tapInternalKey).toEqual(TapTree.nums());
    expect(data.inputs[0]?.witnessUtxo).toEqual({ script: contract.staking.scriptPubKey, value: delegation.stakingValueSats });
  });

  it('gives back the signatures of its own leaf, and a finalized witness keeps the empty slots: 12 items for every signer count above the quorum', () => {
    const spend = delegation.unbonding;
    const leafHash = spend.leaf.leafHash;
    for (const signers of [6, 7, 9]) {
      const psbt = Psbt.fromLeafSpend(spend);
      const tapScriptSig = [...cast.covenant.slice(9 - signers), staker].map(({ publicKey, secretKey }) => ({
        pubkey: publicKey,
        signature: Schnorr.sign(spend.sighash(), secretKey),
        leafHash,
      }));
      psbt.updateInput(0, { tapScriptSig });
      const given = Psbt.signaturesFor(psbt, spend);
      expect(given).toHaveLength(signers + 1);
      const ofStaker = given.filter(({ publicKey }) => Bytes.equal(publicKey, staker.publicKey));
      const { stack } = Witness.assemble({ contract, path: 'unbonding', spend, signatures: { staker: ofStaker, covenant: given } });
      expect(stack).toHaveLength(12);
      expect(stack.slice(0, 9).filter((item) => item.length > 0)).toHaveLength(6);
      Psbt.finalize(psbt, 0, stack);
      expect(psbt.extractTransaction(true).ins[0]?.witness.map((item) => Hex.encode(item))).toEqual(stack.map((item) => Hex.encode(item)));
    }
  });

  it('notices that a wallet has changed the transaction', () => {
    const changed = delegation.unbonding.transaction;
    changed.outs[0] = { ...changed.outs[0], script: contract.unbonding.scriptPubKey, value: 1_000n };
    const { inputIndex, spentOutputs, leaf } = delegation.unbonding;
    const other = LeafSpend.from({ transaction: changed, inputIndex, spentOutputs, leaf });
    expect(codeOf(() => Psbt.signaturesFor(Psbt.fromLeafSpend(other), delegation.unbonding))).toBe('psbt.other-transaction');
  });

  it('takes an extension that a nested segwit coin pays for: its scriptSig is known, and no part of a PSBT', () => {
    const redeemScript = Bytes.concat(Uint8Array.of(0, 20), new Uint8Array(20).fill(9));
    const funding = {
      outpoint: { txid: '33'.repeat(32), vout: 0 },
      scriptPubKey: Bytes.concat(Uint8Array.of(0xa9, 20), hash160(redeemScript), Uint8Array.of(0x87)),
      valueSats: sats(90_000n),
      redeemScript,
    };
    const { spend } = ExtensionTx.build({
      previous: delegation,
      contract,
      valueSats: delegation.stakingValueSats,
      funding,
      changeScriptPubKey: redeemScript,
      feeRateSatsPerKvb: 2_000n,
    });
    expect(spend.transaction.ins[1]?.script.length).toBe(23);
    expect(Psbt.signaturesFor(Psbt.fromLeafSpend(spend), spend)).toEqual([]);
  });
});
