// Inclusion proofs against a node: gettxoutproof of real blocks gives what the list of txids and the raw block give, for every place.
import { expect, it } from 'vitest';
import * as Bytes from '../../src/base/Bytes.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as InclusionProof from '../../src/bitcoin/InclusionProof.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as Rpc from '../../src/node/BitcoindRpc.ts';
import { describeWithNode } from './support.ts';

describeWithNode('inclusion proofs of a node', ({ node, chain }) => {
  it.each([1, 2, 6, 13, 40])('of a block with %i transactions and its coinbase: every index, three ways', async (count) => {
    const { rpc } = node();
    const burn = Uint8Array.of(0x51);
    const txs: Uint8Array[] = [];
    // Witness-free spends of an output that anybody may spend.
    const funded = await Promise.all(Array.from({ length: count }, () => chain().fund(burn, 10_000n)));
    await chain().mine(1);
    for (const { outpoint } of funded) txs.push(Tx.encode(Tx.create([{ outpoint }], [{ scriptPubKey: burn, valueSats: 9_000n }])));
    await chain().mine(1, { txs });
    const { hash } = await chain().tip();
    const block = Rpc.asObject(await rpc.call('getblock', hash, 1), 'getblock');
    const txids = Rpc.asList(block['tx'], 'tx').map((one) => Rpc.asText(one, 'txid'));
    expect(txids.length).toBe(count + 1);
    const raw = Rpc.asBytes(await rpc.call('getblock', hash, 0), 'block');
    const header = raw.subarray(0, 80);
    for (const [index, txid] of txids.entries()) {
      const tree = Rpc.asBytes(await rpc.call('gettxoutproof', [txid], hash), 'proof');
      const proof = InclusionProof.fromTxOutProof(tree);
      expect(proof).toMatchObject({ index, txid, blockHash: hash, transactionCount: count + 1 });
      expect(InclusionProof.fromTxids({ txids, txid, header, blockHash: hash })).toEqual(proof);
      expect(InclusionProof.fromBlock(raw, txid)).toEqual(proof);
      expect(InclusionProof.check(proof, header, { network: 'regtest' })).toBe(undefined);
      const wire = { txid, index, proof: InclusionProof.toBytes(proof) };
      expect(InclusionProof.verifyAsChain(wire, header)).toBe(true);
    }
    const all = Rpc.asBytes(await rpc.call('gettxoutproof', txids, hash), 'proof');
    for (const txid of txids) {
      expect(InclusionProof.fromTxOutProof(all, txid)).toEqual(InclusionProof.fromBlock(raw, txid));
      expect(Rpc.asList(await rpc.call('verifytxoutproof', Hex.encode(all)), 'verified').length).toBe(txids.length);
    }
    // What the node refuses, we refuse; of the padding the node does not ask.
    for (const broken of [all.subarray(0, -1), Bytes.concat(all, Uint8Array.of(0))])
      expect(() => InclusionProof.fromTxOutProof(broken)).toThrow();
  });
});
