// The demo's story on a real node, its JSON, and the same story on the chain in memory.
import { expect, it } from 'vitest';
import * as Networks from '../../src/babylon/Networks.ts';
import * as ParamsSet from '../../src/babylon/ParamsSet.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import { toJson } from '../../src/cli/io.ts';
import { EmbeddedChain } from '../../src/sim/chain/EmbeddedChain.ts';
import * as Story from '../../src/sim/story/Story.ts';
import { describeWithNode } from './support.ts';

const LIMIT_MS = 120_000;

describeWithNode(
  'the story on a node',
  ({ chain, node }) => {
    it(
      'is told in full, every transaction is where it says, and the chain in memory tells the same',
      async () => {
        const network = Networks.from('bbn-1');
        const params = ParamsSet.latest(network.paramsSet);
        const common = { network, params, stakers: 3, seed: 'node test', bitcoinNetwork: 'regtest' } as const;
        const account = await Story.tell({ ...common, chain: chain(), chainName: node().version });

        expect(account.checks.filter(({ ok }) => !ok)).toEqual([]);
        expect(account.refusals.filter(({ refused }) => !refused)).toEqual([]);
        expect(account.refusals).toHaveLength(7);
        expect(account.stakers.map(({ fate }) => fate)).toEqual(['active', 'unbonding', 'withdrawn']);
        for (const { fate, stakeSats, slashedSats } of account.stakers)
          expect(slashedSats > 0n).toBe(fate !== 'withdrawn' && stakeSats > 0n);

        const json = JSON.parse(toJson(account));
        expect(json.transactions.map(({ step }: { step: string }) => step)).toEqual([
          ...['stake', 'stake', 'stake'],
          ...['unbond', 'withdraw', 'unbond'],
          ...['slash', 'slash', 'withdraw the rest', 'withdraw the rest'],
        ]);
        for (const { txid, height, vsize, hex } of json.transactions) {
          const transaction = Tx.fromHex(hex);
          expect([Tx.txid(transaction), transaction.virtualSize()]).toEqual([txid, vsize]);
          expect(await chain().blockOf(txid)).toMatchObject({ height });
          expect(Tx.toHex(Tx.decode(await chain().rawTransaction(txid)))).toBe(hex);
        }
        for (const { stakeSats, slashedSats, feesSats, returnedSats } of json.stakers)
          expect(BigInt(stakeSats)).toBe(BigInt(slashedSats) + BigInt(feesSats) + BigInt(returnedSats));

        const embedded = new EmbeddedChain({ height: params.btcActivationHeight + 1_000, time: 1_767_225_600 });
        const again = await Story.tell({ ...common, chain: embedded, chainName: 'embedded' });
        const withoutChain = ({
          stakers,
          transactions,
          refusals,
          finalityProvider,
          params: shown,
          covenant,
          restaking,
        }: Story.Account) => ({
          finalityProvider,
          shown,
          covenant,
          restaking,
          stakers: stakers.map(({ returnedHeight: _, ...outcome }) => outcome),
          transactions: transactions.map(({ step, staker, vsize }) => ({ step, staker, vsize })),
          refusals: refusals.map(({ attempt, expected, refused, got }) => ({
            attempt,
            expected,
            refused,
            got: got.replace(/^[a-z-]+verify[a-z-]+ /, ''),
          })),
        });
        expect(withoutChain(account)).toEqual(withoutChain(again));
        const first = (told: Story.Account): number => told.transactions[0]?.height ?? 0;
        const heights = (told: Story.Account) => told.transactions.map(({ height }) => height - first(told));
        expect(heights(account)).toEqual(heights(again));
      },
      LIMIT_MS,
    );
  },
  { startBlocks: 200 },
);
