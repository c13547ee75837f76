// Every transaction of a stake's life on a real node: relayed, mined, refused one block too early, for committees of every kind.
import * as tiny from 'tiny-secp256k1';
import { beforeAll, describe, expect, it } from 'vitest';
import * as ExtensionTx from '../../src/babylon/ExtensionTx.ts';
import * as OpReturn from '../../src/babylon/OpReturn.ts';
import * as StakingTx from '../../src/babylon/StakingTx.ts';
import * as Witness from '../../src/babylon/Witness.ts';
import * as Bytes from '../../src/base/Bytes.ts';
import { isSatlockError } from '../../src/base/Errors.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as Sats from '../../src/base/Sats.ts';
import type { LeafSpend } from '../../src/bitcoin/LeafSpend.ts';
import * as LeafSpends from '../../src/bitcoin/LeafSpend.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import { describeWithNode } from './support.ts';
import * as World from './world.ts';

const LIMIT_MS = 60_000;
const WRONG_COUNT = 'Script evaluated without error but finished with a false/empty top stack element';
const BAD_SIGNATURE = 'Invalid Schnorr signature';
const TAG = Hex.decode('62626e31');

const SHAPES: readonly World.Shape[] = [
  { name: '1 of 1', covenant: [1, 1], stakingTimeBlocks: 16, unbondingTimeBlocks: 5 },
  { name: '2 of 3', covenant: [2, 3], stakingTimeBlocks: 17, unbondingTimeBlocks: 4, slashingTxVersion: 1 },
  {
    name: '3 of 5, P2PKH',
    covenant: [3, 5],
    stakingTimeBlocks: 20,
    unbondingTimeBlocks: 6,
    slashingPkScript: World.p2pkh(World.person('treasury')),
  },
  { name: '6 of 9', covenant: [6, 9], stakingTimeBlocks: 128, unbondingTimeBlocks: 17, slashingRate: '0.001' },
  { name: '18 of 20, 10 providers', covenant: [18, 20], providers: 10, stakingTimeBlocks: 24, unbondingTimeBlocks: 8 },
  { name: '6 of 9, 2 of 3 stakers', covenant: [6, 9], stakers: [2, 3], providers: 2, stakingTimeBlocks: 22, unbondingTimeBlocks: 7 },
];
/** Virtual sizes of honest spends, counted by hand from the layout: unbonding, slashing, and the withdrawals to P2WPKH in order. */
const VSIZES: Readonly<Record<string, readonly [number, number, number, number, number]>> = {
  '1 of 1': [169, 204, 133, 125, 117],
  '2 of 3': [203, 238, 133, 125, 117],
  '3 of 5, P2PKH': [237, 288, 133, 125, 117],
  '6 of 9': [320, 355, 134, 125, 117],
};

describeWithNode('transactions of a stake on a node', ({ chain }) => {
  const cases = World.COIN_KINDS.flatMap((kind) => [false, true].map((hasData) => ({ kind, hasData })));
  it.each(cases)(
    'staking from $kind, data output: $hasData',
    async ({ kind, hasData }) => {
      const cast = World.castOf({ name: `staking ${kind}`, covenant: [2, 3], stakingTimeBlocks: 1_000, unbondingTimeBlocks: 50 });
      const { contract } = cast;
      const [stakerPk] = contract.terms.stakerPks;
      const [finalityProviderPk] = contract.terms.finalityProviderPks;
      if (stakerPk === undefined || finalityProviderPk === undefined) throw new Error('no keys');
      const opReturnScript = OpReturn.build({ tag: TAG, stakerPk, finalityProviderPk, stakingTimeBlocks: 1_000 });
      const from = World.purse(kind, `${kind} ${hasData}`);
      const coins = await Promise.all([100_000n, 100_000n].map((value) => World.fundPurse(chain(), from, value)));
      const build = (valueSats: bigint, used: readonly World.WalletCoin[]) =>
        StakingTx.build({
          contract,
          valueSats: Sats.from(valueSats),
          coins: used,
          changeScriptPubKey: World.p2wpkh(World.HOME),
          feeRateSatsPerKvb: 5_100n,
          ...(hasData ? { opReturnScript } : {}),
        });
      const CHANGE_OUTPUT = 4 * 31;
      const all = (used: readonly World.WalletCoin[]): bigint => {
        const weight = build(1_000n, used).signedWeight - CHANGE_OUTPUT;
        return 100_000n * BigInt(used.length) - (BigInt(Math.ceil(weight / 4)) * 5_100n + 999n) / 1_000n;
      };
      const [first] = coins;
      if (first === undefined) throw new Error('no coin');
      // With change, exactly everything, and a rest below the dust limit that goes to the fee; then two inputs.
      for (const [used, valueSats, changeSats] of [
        [[first], 50_000n, true],
        [[first], all([first]), false],
        [[first], all([first]) - 300n, false],
        [coins, 150_000n, true],
      ] as const) {
        const built = build(valueSats, used);
        const { transaction, feeSats } = built;
        const txid = Tx.txid(transaction);
        for (const i of used.keys()) World.signCoin(transaction, i, used, from);
        expect(Tx.txid(transaction)).toBe(txid);
        expect(built.changeSats > 0n).toBe(changeSats);
        const verdict = await World.mustPass(chain(), transaction);
        expect(verdict.feeSats).toBe(feeSats);
        // An ECDSA signature is one byte shorter now and then, a quarter of a virtual byte each.
        expect(Math.ceil(built.signedWeight / 4) - (verdict.vsize ?? 0)).toBeOneOf([0, 1]);
        expect(built.signedWeight - transaction.weight()).toBeOneOf(kind === 'p2tr' ? [0] : [0, 1, 2, 3, 4]);
        expect(feeSats * 1_000n).toBeGreaterThanOrEqual(5_100n * BigInt(verdict.vsize ?? 0));
        if (used !== coins) continue;
        await World.confirm(chain(), transaction);
        expect(await chain().unspent({ txid, vout: 0 })).toMatchObject({ scriptPubKey: contract.staking.scriptPubKey, valueSats });
        const published = Tx.decode(await chain().rawTransaction(txid));
        const identify = () =>
          OpReturn.parseStakingTx({ transaction: published, tag: TAG, covenantPks: contract.terms.covenantPks, covenantQuorum: 2 });
        if (hasData)
          expect(identify()).toMatchObject({ stakingOutputIndex: 0, dataOutputIndex: 1, data: { stakerPk, stakingTimeBlocks: 1_000 } });
        else expect(identify).toThrow(/op-return.no-data-output/);
      }
    },
    LIMIT_MS,
  );

  /** The stake moves into a new output of the same contract; a P2WPKH coin pays. */
  async function extend({ cast, delegation }: World.Stake): Promise<Tx.Transaction> {
    const from = World.purse('p2wpkh', `${cast.shape.name} extension`);
    const funding = await World.fundPurse(chain(), from, 20_000n);
    const built = ExtensionTx.build({
      previous: delegation,
      contract: cast.contract,
      valueSats: delegation.stakingValueSats,
      funding,
      changeScriptPubKey: from.scriptPubKey,
      feeRateSatsPerKvb: World.FEE_RATE,
    });
    const transaction = World.complete(cast, 'unbonding', built.spend);
    World.signCoin(transaction, 1, built.spend.spentOutputs, from);
    expect(Math.ceil(built.signedWeight / 4) - transaction.virtualSize()).toBeOneOf([0, 1]);
    return transaction;
  }

  it.each(SHAPES)(
    'the whole life of stakes of $name',
    async (shape) => {
      const cast = World.castOf(shape);
      const { stakingTimeBlocks, unbondingTimeBlocks } = shape;
      const stakes = await World.openStakes(chain(), cast, 5);
      const [kept, left, caught, slashed, extended] = stakes as [World.Stake, World.Stake, World.Stake, World.Stake, World.Stake];
      const sizes: (number | undefined)[] = [];

      // Unbonding and slashing of the staking output, and an extension, in one block.
      const unbonding = (stake: World.Stake) => World.complete(cast, 'unbonding', stake.delegation.unbonding);
      const [leave, flight] = [unbonding(left), unbonding(caught)];
      const firstSlash = World.slash(slashed, 'staking');
      sizes.push((await World.mustPass(chain(), leave)).vsize, (await World.mustPass(chain(), firstSlash)).vsize);
      const extension = await extend(extended);
      const height = await World.confirm(chain(), leave, flight, firstSlash, extension);
      expect(await chain().unspent(left.delegation.staking.outpoint)).toBeNull();

      // Slashing of an unbonding output: the covenant's signatures for it exist since registration. Two blocks later, so that the locks run
      // out one after the other and each can be seen from both sides.
      await chain().mine(1);
      const secondSlash = World.slash(caught, 'unbonding');
      expect((await World.mustPass(chain(), secondSlash)).vsize).toBe(sizes[1]);
      expect(await World.confirm(chain(), secondSlash)).toBe(height + 2);

      const leaving = World.withdraw(left, 'unbonding');
      const rest = World.withdraw(slashed, 'slashing-change', firstSlash);
      const restOfCaught = World.withdraw(caught, 'slashing-change', secondSlash);
      const keeping = World.withdraw(kept, 'staking');
      for (const { built, transaction } of [leaving, rest, restOfCaught, keeping]) expect(built.signedWeight).toBe(transaction.weight());
      sizes.push(...[keeping, leaving, rest].map(({ transaction }) => transaction.virtualSize()));
      await World.matures(chain(), [leaving, rest], height, unbondingTimeBlocks);
      await World.matures(chain(), [restOfCaught], height + 2, unbondingTimeBlocks);
      await World.matures(chain(), [keeping], kept.confirmedHeight, stakingTimeBlocks);
      for (const { transaction, built } of [leaving, rest, restOfCaught, keeping]) {
        const home = { scriptPubKey: World.p2wpkh(World.HOME), valueSats: built.valueSats };
        expect(await chain().unspent({ txid: Tx.txid(transaction), vout: 0 })).toMatchObject(home);
      }
      if (VSIZES[shape.name] !== undefined) expect(sizes).toEqual(VSIZES[shape.name]);
    },
    LIMIT_MS,
  );

  it(
    'an output can be withdrawn with a lock of one block, but not together with what makes it',
    async () => {
      const shape = { name: 'lock of one', covenant: [1, 2], stakingTimeBlocks: 1, unbondingTimeBlocks: 1 } as const;
      const [stake] = (await World.openStakes(chain(), World.castOf(shape), 1)) as [World.Stake];
      const unbonding = World.complete(stake.cast, 'unbonding', stake.delegation.unbonding);
      const { transaction } = World.withdraw(stake, 'unbonding');
      await chain().submit(Tx.encode(unbonding));
      expect(await chain().testAccept(Tx.encode(transaction))).toEqual({ allowed: false, rejectReason: 'non-BIP68-final' });
      expect(await chain().generateBlockWith([unbonding, transaction].map(Tx.encode))).toEqual({
        accepted: false,
        error: expect.stringMatching(/^bad-txns-nonfinal/),
      });
      await chain().mine(1);
      await World.confirm(chain(), transaction);
    },
    LIMIT_MS,
  );

  describe.each<World.Shape>([
    { name: '6 of 9 by hand', covenant: [6, 9], stakingTimeBlocks: 30, unbondingTimeBlocks: 7 },
    { name: '18 of 20 by hand', covenant: [18, 20], providers: 10, stakingTimeBlocks: 30, unbondingTimeBlocks: 7 },
    { name: '2 of 3 by hand', covenant: [2, 3], stakers: [2, 3], stakingTimeBlocks: 30, unbondingTimeBlocks: 7 },
  ])('witnesses of a committee of $name', (shape) => {
    const cast = World.castOf(shape);
    const [quorum, members] = shape.covenant;
    let stake: World.Stake;
    beforeAll(async () => {
      [stake] = (await World.openStakes(chain(), cast, 1)) as [World.Stake];
    }, LIMIT_MS);
    const PATHS: readonly ('unbonding' | 'slashing')[] = ['unbonding', 'slashing'];
    const spendOf = (path: 'unbonding' | 'slashing'): LeafSpend =>
      path === 'unbonding' ? stake.delegation.unbonding : stake.delegation.stakingSlashing;
    /** The honest witness in its parts. */
    const partsOf = (path: 'unbonding' | 'slashing') => {
      const spend = spendOf(path);
      const stack = World.complete(cast, path, spend).ins[0]?.witness ?? [];
      return {
        spend,
        slots: stack.slice(0, members),
        others: stack.slice(members, -2),
        script: spend.leaf.script,
        controlBlock: spend.leaf.controlBlock,
      };
    };
    /** One slot a member, keys descending, for so many signers; no check of any kind. */
    const slotsFor = (spend: LeafSpend, signers: number): Uint8Array[] => {
      const descending = [...World.sign(cast.covenant, spend)].sort((a, b) => Bytes.compare(b.publicKey, a.publicKey));
      return descending.map(({ signature }, i) => (i < signers ? signature : new Uint8Array()));
    };
    const sortedOut = (error: unknown) => (isSatlockError(error) ? error.reason : error);

    it.each(PATHS)(
      '%s: exactly the quorum of signatures, no fewer and no more',
      async (path) => {
        const { spend, others, script, controlBlock } = partsOf(path);
        const byHand = (signers: number) => spend.withWitness([...slotsFor(spend, signers), ...others, script, controlBlock]);
        for (let signers = 0; signers <= members; signers++) {
          if (signers === quorum) await World.mustPass(chain(), byHand(signers));
          else if ([0, 1, quorum - 1, quorum + 1, quorum + 2, members].includes(signers))
            await World.mustFailScript(chain(), byHand(signers), WRONG_COUNT);
        }
        const all = World.signaturesOf(cast, spend);
        const assemble = (signers: number) =>
          Witness.assemble({ contract: cast.contract, path, spend, signatures: { ...all, covenant: all.covenant.slice(0, signers) } });
        for (const signers of [quorum, Math.min(quorum + 2, members)]) {
          const { stack, ignored } = assemble(signers);
          await World.mustPass(chain(), spend.withWitness(stack));
          expect(ignored.filter(({ role, why }) => role === 'covenant' && why === 'not-needed')).toHaveLength(signers - quorum);
        }
        let refusal: unknown;
        try {
          assemble(quorum - 1);
        } catch (error) {
          refusal = sortedOut(error);
        }
        expect(refusal).toMatchObject({ code: 'witness.quorum-not-reached', role: 'covenant', needed: quorum, valid: quorum - 1 });
      },
      LIMIT_MS,
    );

    it.each(PATHS)(
      '%s: slots, leaf and control block in no other way',
      async (path) => {
        const { spend, slots, others, script, controlBlock } = partsOf(path);
        const other = cast.contract.staking.paths[path === 'unbonding' ? 'slashing' : 'unbonding'];
        const { timelock } = cast.contract.staking.paths;
        const flipped = controlBlock.slice();
        flipped[0] = (flipped[0] ?? 0) ^ 1;
        const empty = new Uint8Array();
        const of = (...stack: readonly Uint8Array[]) => spend.withWitness(stack);
        await World.mustPass(chain(), of(...slots, ...others, script, controlBlock));
        await World.mustFailScript(chain(), of(...[...slots].reverse(), ...others, script, controlBlock), BAD_SIGNATURE);
        await World.mustFailScript(chain(), of(...slots, ...others, script, flipped), 'Witness program hash mismatch');
        await World.mustFailScript(chain(), of(...slots, ...others, other.script, controlBlock), 'Witness program hash mismatch');
        await World.mustFailScript(chain(), of(...slots, ...others, script, other.controlBlock), 'Witness program hash mismatch');
        await World.mustFailScript(
          chain(),
          of(...slots, ...others, script, controlBlock.slice(0, -1)),
          'Invalid Taproot control block size',
        );
        // The staker's signature is for another leaf.
        await World.mustFailScript(chain(), of(...slots, ...others, other.script, other.controlBlock), BAD_SIGNATURE);
        await World.mustFailScript(
          chain(),
          of(...others.slice(-cast.stakers.length), timelock.script, timelock.controlBlock),
          BAD_SIGNATURE,
        );
        await World.mustFailScript(
          chain(),
          of(empty, ...slots, ...others, script, controlBlock),
          'Stack size must be exactly one after execution',
        );
        const filler = slots.map((slot) => (slot.length === 0 ? new Uint8Array(64) : slot));
        await World.mustFailScript(chain(), of(...filler, ...others, script, controlBlock), BAD_SIGNATURE);
        const zero = slots.map((slot) => (slot.length === 0 ? Uint8Array.of(0) : slot));
        await World.mustFailScript(chain(), of(...zero, ...others, script, controlBlock), 'Invalid Schnorr signature size');
        const typed = [...others.slice(0, -1), Bytes.concat(others[others.length - 1] ?? empty, Uint8Array.of(0))];
        if (cast.stakers.length === 1)
          await World.mustFailScript(chain(), of(...slots, ...typed, script, controlBlock), 'Invalid Schnorr signature hash type');
      },
      LIMIT_MS,
    );

    it(
      'unbonding: a signature of type ALL is as good when it is made for it',
      async () => {
        const spend = spendOf('unbonding');
        const ALL = 1;
        const signatures = { staker: World.sign(cast.stakers, spend, ALL), covenant: World.sign(cast.covenant, spend, ALL) };
        const transaction = World.complete(cast, 'unbonding', spend, signatures);
        expect(transaction.ins[0]?.witness.filter(({ length }) => length === 65)).toHaveLength(quorum + (shape.stakers?.[0] ?? 1));
        await World.mustPass(chain(), transaction);
      },
      LIMIT_MS,
    );

    it(
      'unbonding: an annex does not relay but is valid in a block when the signatures cover it',
      async () => {
        const spend = spendOf('unbonding');
        const annex = Hex.decode('50616e6e6578');
        const { transaction, spentOutputs, leaf } = spend;
        const scripts = spentOutputs.map(({ scriptPubKey }) => scriptPubKey);
        const values = spentOutputs.map(({ valueSats }) => valueSats);
        const hash = transaction.hashForWitnessV1(0, scripts, values, 0, leaf.leafHash, annex);
        const slots = (people: readonly World.Person[], needed: number) =>
          [...people]
            .sort((a, b) => Bytes.compare(b.publicKey, a.publicKey))
            .map(({ secretKey }, i) => (i < needed ? tiny.signSchnorr(hash, secretKey) : new Uint8Array()));
        const stack = [...slots(cast.covenant, quorum), ...slots(cast.stakers, shape.stakers?.[0] ?? 1), leaf.script, leaf.controlBlock];
        const covered = await World.judgeBoth(chain(), spend.withWitness([...stack, annex]));
        expect(covered).toMatchObject({ consensusValid: true, standard: false, rejectReason: 'bad-witness-taproot-annex' });
        const { slots: honest, others, script, controlBlock } = partsOf('unbonding');
        const uncovered = await World.judgeBoth(chain(), spend.withWitness([...honest, ...others, script, controlBlock, annex]));
        expect(uncovered).toMatchObject({ consensusValid: false, scriptError: BAD_SIGNATURE, rejectReason: 'bad-witness-taproot-annex' });
        await World.mustFailScript(chain(), spend.withWitness(stack), BAD_SIGNATURE);
      },
      LIMIT_MS,
    );

    it(
      'no withdrawal before the lock, with whatever version and sequence',
      async () => {
        const { built } = World.withdraw(stake, 'staking');
        const [spend] = built.spends as readonly [LeafSpend];
        const { stakingTimeBlocks } = shape;
        const LOCK = 'Locktime requirement not satisfied';
        const signed = (version: number, sequence: number): Tx.Transaction => {
          const transaction = built.transaction.clone();
          transaction.version = version;
          for (const input of transaction.ins) input.sequence = sequence;
          const again = LeafSpends.from({ transaction, inputIndex: 0, spentOutputs: spend.spentOutputs, leaf: spend.leaf });
          return World.complete(cast, 'timelock', again);
        };
        await World.mustBeEarly(chain(), signed(2, stakingTimeBlocks));
        await World.mustBeEarly(chain(), signed(2, 0xffff));
        for (const [version, sequence] of [
          [1, stakingTimeBlocks],
          [1, 0xffff_ffff],
          [2, 0xffff_ffff],
          [2, 0x8000_0000 + stakingTimeBlocks],
          [2, 0],
        ] as const)
          await World.mustFailScript(chain(), signed(version, sequence), LOCK);
        // Nor with the leaf of a shorter lock, which is none of this output's.
        const { timelock: shorter } = cast.contract.unbonding.paths;
        const stack = signed(2, 0xffff_ffff).ins[0]?.witness.slice(0, -2) ?? [];
        await World.mustFailScript(
          chain(),
          spendWith(built.transaction, [...stack, shorter.script, shorter.controlBlock]),
          'Witness program hash mismatch',
        );
      },
      LIMIT_MS,
    );
  });
});

function spendWith(unsigned: Tx.Transaction, stack: readonly Uint8Array[]): Tx.Transaction {
  const transaction = unsigned.clone();
  for (const input of transaction.ins) input.sequence = 0xffff_ffff;
  transaction.setWitness(0, [...stack]);
  return transaction;
}
