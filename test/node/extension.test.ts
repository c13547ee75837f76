// Stake extensions on a real node: the old stake and one coin of every kind become a new stake, which has a life of its own.
import { expect, it } from 'vitest';
import type * as Delegation from '../../src/babylon/Delegation.ts';
import * as ExtensionTx from '../../src/babylon/ExtensionTx.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as Sats from '../../src/base/Sats.ts';
import * as LeafSpends from '../../src/bitcoin/LeafSpend.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import { describeWithNode } from './support.ts';
import * as World from './world.ts';

const LIMIT_MS = 60_000;
const SHAPE = { covenant: [6, 9], stakingTimeBlocks: 40, unbondingTimeBlocks: 6 } as const;

type Extended = { readonly transaction: Tx.Transaction; readonly built: ExtensionTx.build.Built };

describeWithNode('extensions on a node', ({ chain }) => {
  /** The signed extension of a stake into `contract`. */
  async function extend(
    { cast, delegation }: World.Stake,
    options: {
      readonly contract?: StakingContract.StakingContract;
      readonly from?: World.Purse;
      readonly addedSats?: bigint;
      readonly fundingSats?: bigint;
    } = {},
  ): Promise<Extended> {
    const { contract = cast.contract, from = World.purse('p2tr', 'extension'), addedSats = 0n, fundingSats = 50_000n } = options;
    const funding = await World.fundPurse(chain(), from, fundingSats);
    const built = ExtensionTx.build({
      previous: delegation,
      contract,
      valueSats: Sats.from(delegation.stakingValueSats + addedSats),
      funding,
      changeScriptPubKey: World.p2wpkh(World.HOME),
      feeRateSatsPerKvb: World.FEE_RATE,
    });
    const transaction = World.complete(cast, 'unbonding', built.spend);
    World.signCoin(transaction, 1, built.spend.spentOutputs, from);
    expect(Tx.txid(transaction)).toBe(Tx.txid(built.transaction));
    return { transaction, built };
  }

  // Counted by hand for 6 of 9, with a P2WPKH change output and without; two ECDSA signatures may be shorter.
  it.each([
    ['p2wpkh', 419, 388],
    ['p2tr', 409, 378],
    ['p2sh-p2wpkh', 442, 411],
    ['p2wsh', 456, 425],
    ['p2sh-p2wsh', 491, 460],
  ] as const)(
    'with a coin of kind %s, as heavy as estimated',
    async (kind, withChange, withoutChange) => {
      const cast = World.castOf({ name: `extension ${kind}`, ...SHAPE });
      const stakes = await World.openStakes(chain(), cast, 2);
      const from = World.purse(kind, 'extension');
      for (const [i, stake] of stakes.entries()) {
        // All of the coin goes into the stake but the fee and a rest below the dust limit, or there is change.
        const addedSats = i === 0 ? 20_000n : 50_000n - 2n * BigInt(withoutChange) - 200n;
        const { transaction, built } = await extend(stake, { from, addedSats });
        const { vsize = 0, feeSats } = await World.mustPass(chain(), transaction);
        expect(feeSats).toBe(built.feeSats);
        expect(built.changeSats > 0n).toBe(i === 0);
        const estimate = Math.ceil(built.signedWeight / 4);
        expect(estimate).toBe(i === 0 ? withChange : withoutChange);
        expect(estimate - vsize).toBeOneOf([0, 1]);
        await World.confirm(chain(), transaction);
        const txid = Tx.txid(transaction);
        expect(await chain().unspent({ txid, vout: 0 })).toMatchObject({
          scriptPubKey: cast.contract.staking.scriptPubKey,
          valueSats: stake.delegation.stakingValueSats + addedSats,
        });
      }
    },
    LIMIT_MS,
  );

  it(
    'makes a stake that is slashed, unbonded, extended and withdrawn like any other, and ends the old one',
    async () => {
      const cast = World.castOf({ name: 'extended', ...SHAPE });
      const stakes = await World.openStakes(chain(), cast, 4);
      const extended: World.Stake[] = [];
      const extensions = await Promise.all(stakes.map((stake) => extend(stake, { addedSats: 1_000n })));
      const height = await World.confirm(chain(), ...extensions.map(({ transaction }) => transaction));
      for (const { transaction } of extensions)
        extended.push({ cast, delegation: World.delegationOf(cast, transaction), confirmedHeight: height });
      for (const old of stakes) {
        // Everything that was signed for the old output is void.
        for (const transaction of [World.complete(cast, 'unbonding', old.delegation.unbonding), World.slash(old, 'staking')])
          expect(await chain().testAccept(Tx.encode(transaction))).toEqual({ allowed: false, rejectReason: 'missing-inputs' });
      }
      const [slashed, left, again, kept] = extended as [World.Stake, World.Stake, World.Stake, World.Stake];
      const second = await extend(again);
      await World.confirm(
        chain(),
        World.slash(slashed, 'staking'),
        World.complete(cast, 'unbonding', left.delegation.unbonding),
        second.transaction,
      );
      const unbondingSlash = World.slash(left, 'unbonding');
      const third: World.Stake = { cast, delegation: World.delegationOf(cast, second.transaction), confirmedHeight: height + 1 };
      await World.confirm(chain(), unbondingSlash, World.slash(third, 'staking'));
      // The lock counts from the block of the extension.
      await World.matures(chain(), [World.withdraw(kept, 'staking')], height, SHAPE.stakingTimeBlocks);
    },
    LIMIT_MS,
  );

  it(
    'changes committee and times: the old members sign the old output, the new ones the new',
    async () => {
      const cast = World.castOf({ name: 'committee', ...SHAPE });
      const [stake] = (await World.openStakes(chain(), cast, 1)) as [World.Stake];
      const { terms } = cast.contract;
      const newcomers = [0, 1].map((i) => World.person(`newcomer ${i}`));
      const covenant = [...cast.covenant.slice(0, 7), ...newcomers];
      const contract = StakingContract.from({
        stakerPk: terms.stakerPks[0] as (typeof terms.stakerPks)[number],
        finalityProviderPks: terms.finalityProviderPks,
        covenantPks: covenant.map(({ publicKey }) => publicKey),
        covenantQuorum: 7,
        stakingTimeBlocks: 300,
        unbondingTimeBlocks: 8,
      });
      const { transaction, built } = await extend(stake, { contract });
      // A newcomer's signature takes no slot of the old output.
      const signatures = {
        staker: World.sign(cast.stakers, built.spend),
        covenant: World.sign([...newcomers, ...cast.covenant.slice(0, 5)], built.spend),
      };
      expect(() => World.complete(cast, 'unbonding', built.spend, signatures)).toThrow(/witness.quorum-not-reached/);
      await World.confirm(chain(), transaction);
      const renewed = { ...cast, contract, covenant, shape: { ...cast.shape, covenant: [7, 9] as const } };
      const next: World.Stake = { cast: renewed, delegation: World.delegationOf(renewed, transaction), confirmedHeight: 0 };
      await World.mustPass(chain(), World.complete(renewed, 'unbonding', next.delegation.unbonding));
      await World.confirm(chain(), World.slash(next, 'staking'));
    },
    LIMIT_MS,
  );

  it(
    'is signed over both inputs: another amount, script or order makes every signature void',
    async () => {
      const cast = World.castOf({ name: 'commitments', ...SHAPE });
      const [stake] = (await World.openStakes(chain(), cast, 1)) as [World.Stake];
      const from = World.purse('p2tr', 'extension');
      const { transaction, built } = await extend(stake, { from });
      await World.mustPass(chain(), transaction);
      const { spend } = built;
      const [old, funding] = spend.spentOutputs as readonly [Tx.SpentOutput, Tx.SpentOutput];
      /** The spend with the stake's witness made by somebody who believes other things of the inputs. */
      const believing = (spentOutputs: readonly Tx.SpentOutput[]): Tx.Transaction => {
        const wrong = LeafSpends.from({ transaction: spend.transaction, inputIndex: 0, spentOutputs, leaf: spend.leaf });
        const signed = World.complete(cast, 'unbonding', wrong);
        World.signCoin(signed, 1, spend.spentOutputs, from);
        return signed;
      };
      for (const wrong of [
        [old, { ...funding, valueSats: funding.valueSats + 1n }],
        [{ ...old, valueSats: old.valueSats - 1n }, funding],
        [old, { ...funding, scriptPubKey: World.p2tr(World.HOME) }],
        [funding, old],
      ])
        await World.mustFailScript(chain(), believing(wrong), 'Invalid Schnorr signature');
      // The change goes elsewhere, or an input is put in front, after the signing.
      const diverted = transaction.clone();
      (diverted.outs[1] as Tx.Transaction['outs'][number]).script = World.p2tr(World.person('thief'));
      await World.mustFailScript(chain(), diverted, 'Invalid Schnorr signature');
      const swapped = transaction.clone();
      swapped.ins.reverse();
      await World.mustFailScript(chain(), swapped, 'Invalid Schnorr signature');
      const alone: Delegation.Delegation = stake.delegation;
      expect(() =>
        ExtensionTx.build({
          previous: alone,
          contract: cast.contract,
          valueSats: Sats.from(alone.stakingValueSats - 1n),
          funding: { ...funding, outpoint: { txid: '00'.repeat(32), vout: 0 } },
          changeScriptPubKey: World.BURN,
          feeRateSatsPerKvb: 1_000n,
        }),
      ).toThrow(/extension-tx.value-decreased/);
    },
    LIMIT_MS,
  );
});
