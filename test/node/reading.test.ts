// A whole life on a node, read back from its raw blocks: the reader against bitcoinjs-lib and the node, the index against what was done.
import { Block } from 'bitcoinjs-lib';
import { expect, it } from 'vitest';
import * as ExtensionTx from '../../src/babylon/ExtensionTx.ts';
import * as StakeIndex from '../../src/babylon/StakeIndex.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as Sats from '../../src/base/Sats.ts';
import * as BlockReader from '../../src/bitcoin/BlockReader.ts';
import * as LeafSpend from '../../src/bitcoin/LeafSpend.ts';
import * as Sighash from '../../src/bitcoin/Sighash.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as Schnorr from '../../src/crypto/Schnorr.ts';
import { describeWithNode } from './support.ts';
import * as World from './world.ts';

const LIMIT_MS = 120_000;
const cast = World.castOf({ name: 'reading', covenant: [2, 3], stakingTimeBlocks: 12, unbondingTimeBlocks: 5 });
const longer = StakingContract.from({
  ...cast.contract.terms,
  stakers: { pks: cast.contract.terms.stakerPks, quorum: 1 },
  stakingTimeBlocks: 20,
});

/** The unbonding with an annex, which the signatures cover: nodes do not relay it, a block may hold it. */
function withAnnex({ delegation: { unbonding } }: World.Stake): Tx.Transaction {
  const annex = Hex.decode('50aabb');
  const hash = Sighash.tapscript(Sighash.prepare(unbonding.transaction, unbonding.spentOutputs), 0, unbonding.leaf.leafHash, { annex });
  const sign = ({ secretKey }: World.Person): Uint8Array => Schnorr.sign(hash, secretKey, new Uint8Array(32));
  const covenant = [...cast.covenant].sort((a, b) => Buffer.compare(b.publicKey, a.publicKey));
  const [first, , third] = covenant as [World.Person, World.Person, World.Person];
  const slots = [sign(first), new Uint8Array(), sign(third), sign(cast.stakers[0] as World.Person)];
  return unbonding.withWitness([...slots, unbonding.leaf.script, unbonding.leaf.controlBlock, annex]);
}

describeWithNode('the blocks of a life', ({ chain }) => {
  it(
    'are read as the node and bitcoinjs-lib have them, and give the events of that life, also after a reorganisation',
    async () => {
      const start = (await chain().tip()).height + 1;
      const expected: [string, string][] = [];
      const stakes = await World.openStakes(chain(), cast, 5);
      for (const { delegation } of stakes) expected.push(['staked', delegation.stakingTxid]);
      const [expiring, unbonding, slashed, unbondingSlashed, extended] = stakes as [
        World.Stake,
        World.Stake,
        World.Stake,
        World.Stake,
        World.Stake,
      ];

      const annexed = withAnnex(unbonding);
      const second = World.complete(cast, 'unbonding', unbondingSlashed.delegation.unbonding);
      const slashing = World.slash(slashed, 'staking');
      const unbondedAt = (await chain().mine(1, { txs: [annexed, second, slashing].map(Tx.encode) })).height;
      expected.push(['unbonded', Tx.txid(annexed)], ['unbonded', Tx.txid(second)], ['slashed', Tx.txid(slashing)]);

      const unbondingSlashing = World.slash(unbondingSlashed, 'unbonding');
      const purse = World.purse('p2tr', 'reading extension');
      const coin = await World.fundPurse(chain(), purse, 100_000n);
      const { spend } = ExtensionTx.build({
        previous: extended.delegation,
        contract: longer,
        valueSats: Sats.from(World.STAKE_SATS),
        funding: coin,
        changeScriptPubKey: coin.scriptPubKey,
        feeRateSatsPerKvb: World.FEE_RATE,
      });
      const extension = World.complete(
        cast,
        'unbonding',
        LeafSpend.from({ transaction: spend.transaction, inputIndex: 0, spentOutputs: spend.spentOutputs, leaf: spend.leaf }),
      );
      World.signCoin(extension, 1, spend.spentOutputs, purse);
      const slashedAt = (await chain().mine(1, { txs: [unbondingSlashing, extension].map(Tx.encode) })).height;
      expected.push(['slashed', Tx.txid(unbondingSlashing)], ['extended', Tx.txid(extension)], ['staked', Tx.txid(extension)]);

      const withdrawals = [
        [World.withdraw(unbonding, 'unbonding'), unbondedAt + 5],
        [World.withdraw(slashed, 'slashing-change', slashing), unbondedAt + 5],
        [World.withdraw(unbondingSlashed, 'slashing-change', unbondingSlashing), slashedAt + 5],
        [World.withdraw(expiring, 'staking'), expiring.confirmedHeight + 12],
      ] as const;
      for (const [{ transaction }, height] of withdrawals) {
        if ((await chain().tip()).height < height - 1) await World.mineTo(chain(), height - 1);
        await chain().mine(1, { txs: [Tx.encode(transaction)] });
        expected.push(['withdrawn', Tx.txid(transaction)]);
      }

      const end = (await chain().tip()).height;
      const blocks = await Promise.all(Array.from({ length: end - start + 1 }, (_, i) => chain().rawBlock(start + i)));
      for (const raw of blocks) {
        const other = Block.fromBuffer(Buffer.from(raw));
        expect(BlockReader.check(raw).hash).toBe(other.getId());
        expect([...BlockReader.transactions(raw)].map(({ txid }) => txid)).toEqual((other.transactions ?? []).map((tx) => tx.getId()));
        for (const [i, view] of [...BlockReader.transactions(raw)].entries())
          expect(Hex.encode(view.bytes())).toBe(other.transactions?.[i]?.toHex());
      }

      const index = StakeIndex.create({ contracts: [cast.contract, longer] });
      const connect = (): [string, string][] =>
        blocks
          .flatMap((raw, i) => index.connect(raw, start + i, 'verify'))
          .map((event): [string, string] => {
            // What a node has in its chain is valid, and the index knows enough to say so.
            if (event.kind !== 'look-alike') expect(event.detail.problems, `${event.kind} ${event.txid}`).toEqual([]);
            return [event.kind, event.txid];
          });
      expect(connect()).toEqual(expected);
      expect(index.tip).toEqual({ height: end, hash: (await chain().tip()).hash });
      // The extended stake alone is still locked.
      expect(index.trackedCount).toBe(1);
      expect(index.find({ txid: Tx.txid(extension), vout: 0 })).toMatchObject({ source: 'staking', confirmedHeight: slashedAt });
      for (let i = 0; i < blocks.length; i++) index.disconnect();
      expect([index.trackedCount, index.tip?.height]).toEqual([0, start - 1]);
      expect(connect()).toEqual(expected);

      // The node drops the last block and builds another way; so does the index.
      await chain().invalidate(end);
      const { height } = await chain().mine(2, { txs: [] });
      expect(short(index.disconnect())).toEqual([['withdrawn', Tx.txid(withdrawals[3][0].transaction)]]);
      for (let h = end; h <= height; h++) index.connect(await chain().rawBlock(h), h);
      expect(index.tip?.hash).toBe((await chain().tip()).hash);
    },
    LIMIT_MS,
  );
});

function short(events: readonly StakeIndex.Event[]): [string, string][] {
  return events.map(({ kind, txid }) => [kind, txid]);
}
