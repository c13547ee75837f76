// Slashing on a real node: what is burnt or paid, to the satoshi; who may slash; which of the two transactions wins; the key that it gives away.
import * as tiny from 'tiny-secp256k1';
import { expect, it } from 'vitest';
import * as Slasher from '../../src/babylon/Slasher.ts';
import * as SlashingTx from '../../src/babylon/SlashingTx.ts';
import * as Witness from '../../src/babylon/Witness.ts';
import * as Bytes from '../../src/base/Bytes.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as Rate from '../../src/base/Rate.ts';
import * as Sats from '../../src/base/Sats.ts';
import * as Dust from '../../src/bitcoin/Dust.ts';
import * as LeafSpends from '../../src/bitcoin/LeafSpend.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';
import { describeWithNode } from './support.ts';
import * as World from './world.ts';

const LIMIT_MS = 60_000;
const LOCKS = { stakingTimeBlocks: 100, unbondingTimeBlocks: 10 } as const;
const TREASURY = World.person('treasury');
const SEGWIT = World.purse('p2wsh', 'treasury');
const NESTED = World.purse('p2sh-p2wpkh', 'treasury');

describeWithNode('slashing on a node', ({ chain }) => {
  // Virtual sizes counted by hand: 229 and the script of the first output, for 2 of 3 members and one provider.
  it.each([
    ['OP_RETURN "babylon"', World.BURN, 238],
    ['a bare OP_RETURN', Hex.decode('6a'), 230],
    ['P2PKH', World.p2pkh(TREASURY), 254],
    ['P2WPKH', World.p2wpkh(TREASURY), 251],
    ['P2SH', NESTED.scriptPubKey, 252],
    ['P2WSH', SEGWIT.scriptPubKey, 263],
    ['P2TR', World.p2tr(TREASURY), 263],
  ])(
    'of both outputs to %s, of version 1 and 2',
    async (name, slashingPkScript, vsize) => {
      for (const slashingTxVersion of [1, 2] as const) {
        const shape = {
          name: `slash to ${name}, ${slashingTxVersion}`,
          covenant: [2, 3],
          ...LOCKS,
          slashingPkScript,
          slashingTxVersion,
        } as const;
        const cast = World.castOf(shape);
        const [first, second] = (await World.openStakes(chain(), cast, 2)) as [World.Stake, World.Stake];
        await World.confirm(chain(), World.complete(cast, 'unbonding', second.delegation.unbonding));
        const fundings = [first.delegation.staking, second.delegation.unbondingOutput];
        const transactions = [World.slash(first, 'staking'), World.slash(second, 'unbonding')];
        await World.confirm(chain(), ...transactions);
        for (const [i, transaction] of transactions.entries()) {
          const { valueSats } = fundings[i] as SlashingTx.Funding;
          const slashed = (valueSats * 1_000n + 5_000n) / 10_000n;
          expect([transaction.version, transaction.virtualSize()]).toEqual([slashingTxVersion, vsize]);
          const published = Tx.decode(await chain().rawTransaction(Tx.txid(transaction)));
          expect(published.outs.map(({ value }) => value)).toEqual([slashed, valueSats - slashed - cast.rules.minSlashingTxFeeSats]);
          // What is burnt is in no set of coins.
          const coin = await chain().unspent({ txid: Tx.txid(transaction), vout: 0 });
          if (Dust.isUnspendable(slashingPkScript)) expect(coin).toBeNull();
          else expect(coin).toMatchObject({ scriptPubKey: slashingPkScript, valueSats: slashed });
        }
      }
    },
    LIMIT_MS,
  );

  it.each(['0.0001', '0.001', '0.1', '0.3333', '0.5', '0.8'])(
    'takes the rate %s of odd amounts',
    async (slashingRate) => {
      const shape = { name: `rate ${slashingRate}`, covenant: [1, 1], ...LOCKS, slashingRate } as const;
      const cast = World.castOf(shape);
      for (const value of [100_005n, 123_456_789n]) {
        const [stake] = (await World.openStakes(chain(), cast, 1, Sats.from(value))) as [World.Stake];
        const transaction = World.slash(stake, 'staking');
        await World.confirm(chain(), transaction);
        const exact = (value * BigInt(Rate.parse(slashingRate)) + 5_000n) / 10_000n;
        expect(transaction.outs[0]?.value).toBe(exact);
      }
    },
    LIMIT_MS,
  );

  it(
    'has the dust limits of the node, for both outputs',
    async () => {
      // One satoshi is enough to burn; a script that can be spent needs its limit.
      for (const [slashingPkScript, least] of [
        [World.BURN, 1n],
        [World.p2pkh(TREASURY), 546n],
        [World.p2wpkh(TREASURY), 294n],
        [NESTED.scriptPubKey, 540n],
        [World.p2tr(TREASURY), 330n],
      ] as const) {
        const shape = {
          name: `dust ${Hex.encode(slashingPkScript)}`,
          covenant: [1, 1],
          ...LOCKS,
          slashingPkScript,
          slashingRate: '0.001',
        } as const;
        const cast = World.castOf(shape);
        const [stake] = (await World.openStakes(chain(), cast, 1, Sats.from(1_000_000n))) as [World.Stake];
        const { contract, staking, stakingSlashing } = stake.delegation;
        // With the amount of the first output moved by hand; the signatures are made for it.
        const paying = (slashedSats: bigint, changeSats: bigint): Tx.Transaction => {
          const transaction = stakingSlashing.transaction;
          for (const [i, value] of [slashedSats, changeSats].entries())
            (transaction.outs[i] as Tx.Transaction['outs'][number]).value = value;
          const { spentOutputs, leaf } = stakingSlashing;
          return World.complete(cast, 'slashing', LeafSpends.from({ transaction, inputIndex: 0, spentOutputs, leaf }));
        };
        const rules = { ...cast.rules, slashingRate: Rate.parse('0.0001') };
        const check = (slashing: Tx.Transaction) => () =>
          SlashingTx.check({
            slashing,
            contract,
            funding: { ...staking, valueSats: Sats.from(9_000n) },
            rules: { ...rules, minSlashingTxFeeSats: Sats.from(1n) },
          });
        await World.mustPass(chain(), paying(least, 900_000n));
        await World.mustPass(chain(), paying(least + 1n, 330n));
        expect(check(paying(least, 5_000n))).not.toThrow();
        expect(check(paying(least, 330n))).not.toThrow();
        for (const [slashed, change] of [...(least > 1n ? [[least - 1n, 5_000n] as const] : []), [least, 329n] as const]) {
          expect(await World.judgeBoth(chain(), paying(slashed, change))).toMatchObject({
            consensusValid: true,
            standard: false,
            rejectReason: 'dust',
          });
          expect(check(paying(slashed, change))).toThrow(/slashing-tx.dust/);
        }
      }
    },
    LIMIT_MS,
  );

  it(
    'can be made by each of ten providers, and gives that key away and no other',
    async () => {
      const cast = World.castOf({ name: 'ten providers', covenant: [18, 20], providers: 10, ...LOCKS });
      const stakes = await World.openStakes(chain(), cast, 3);
      for (const [i, stake] of stakes.entries()) {
        const provider = [...cast.providers][[0, 4, 9][i] as number] as World.Person;
        const slashable = World.slashableOf(stake);
        const { transaction, ignored } = Slasher.slash(slashable, 'staking', provider.secretKey);
        expect(ignored.map(({ why }) => why)).toEqual(['not-needed', 'not-needed']);
        await World.confirm(chain(), transaction);
        const published = Tx.decode(await chain().rawTransaction(Tx.txid(transaction)));
        const recovered = Slasher.recoverKey(slashable, published);
        expect(recovered.finalityProviderPk).toEqual(provider.publicKey);
        // The key of the point with even y: the provider's own or its negation, which sign alike.
        expect([provider.secretKey, tiny.privateNegate(provider.secretKey)].map(Hex.encode)).toContain(Hex.encode(recovered.secretKey));
        const next = World.slashableOf(stakes[(i + 1) % stakes.length] as World.Stake);
        if (i < 2) await World.mustPass(chain(), Slasher.slash(next, 'staking', recovered.secretKey).transaction);
      }
      const [stake] = stakes as [World.Stake];
      expect(() => World.slash(stake, 'staking', World.person('nobody'))).toThrow(/slasher.not-its-provider/);
    },
    LIMIT_MS,
  );

  it(
    'passes over bad covenant signatures as long as a quorum is left',
    async () => {
      const cast = World.castOf({ name: 'bad members', covenant: [6, 9], ...LOCKS });
      const [stake] = (await World.openStakes(chain(), cast, 1)) as [World.Stake];
      const slashable = World.slashableOf(stake);
      const [provider] = cast.providers as [World.Person];
      const spoilt = (count: number): Slasher.Slashable => ({
        ...slashable,
        covenantSignatures: slashable.covenantSignatures.map((member, i) =>
          i < count ? { ...member, stakingSlashing: member.stakingSlashing.map((bytes) => flipped(bytes)) } : member,
        ),
      });
      await World.mustPass(chain(), Slasher.slash(slashable, 'staking', provider.secretKey).transaction);
      await World.mustPass(chain(), Slasher.slash(spoilt(3), 'staking', provider.secretKey).transaction);
      expect(() => Slasher.slash(spoilt(4), 'staking', provider.secretKey)).toThrow(/witness.quorum-not-reached/);
      // Adaptor signatures in place of signatures are worth nothing on Bitcoin.
      const spend = stake.delegation.stakingSlashing;
      const undecrypted = slashable.covenantSignatures.map(({ stakingSlashing: [bytes] }) => (bytes ?? new Uint8Array(65)).slice(1));
      const stack = World.complete(cast, 'slashing', spend).ins[0]?.witness ?? [];
      const slots = stack.slice(0, 9).map((slot, i) => (slot.length === 0 ? slot : (undecrypted[i] as Uint8Array)));
      await World.mustFailScript(chain(), spend.withWitness([...slots, ...stack.slice(9)]), 'Invalid Schnorr signature');
    },
    LIMIT_MS,
  );

  it(
    'needs the provider and the staker',
    async () => {
      for (const providers of [1, 3]) {
        const cast = World.castOf({ name: `who signs ${providers}`, covenant: [2, 3], providers, ...LOCKS });
        const [stake] = (await World.openStakes(chain(), cast, 1)) as [World.Stake];
        const spend = stake.delegation.stakingSlashing;
        const stack = World.complete(cast, 'slashing', spend).ins[0]?.witness ?? [];
        const covenant = stack.slice(0, 3);
        const [staker, ...leaf] = stack.slice(-3) as [Uint8Array, ...Uint8Array[]];
        const signed = new Map(World.sign(cast.providers, spend).map(({ publicKey, signature }) => [Hex.encode(publicKey), signature]));
        const descending = [...cast.providers].sort((a, b) => Bytes.compare(b.publicKey, a.publicKey));
        const slots = (signers: number): Uint8Array[] =>
          descending.map(({ publicKey }, i) => (i < signers ? (signed.get(Hex.encode(publicKey)) as Uint8Array) : new Uint8Array()));
        const of = (providerSlots: readonly Uint8Array[], stakerSlot: Uint8Array) =>
          spend.withWitness([...covenant, ...providerSlots, stakerSlot, ...leaf]);
        const COUNT = providers === 1 ? 'Script failed an OP_CHECKSIGVERIFY operation' : 'Script failed an OP_NUMEQUALVERIFY operation';
        await World.mustPass(chain(), of(slots(1), staker));
        await World.mustFailScript(chain(), of(slots(0), staker), COUNT);
        await World.mustFailScript(chain(), of(slots(1), new Uint8Array()), 'Script failed an OP_CHECKSIGVERIFY operation');
        if (providers > 1) {
          await World.mustFailScript(chain(), of(slots(2), staker), COUNT);
          await World.mustFailScript(chain(), of([...slots(1)].reverse(), staker), 'Invalid Schnorr signature');
        }
      }
    },
    LIMIT_MS,
  );

  it(
    'one of the two transactions of a stake always works, also when the unbonding is in the same block',
    async () => {
      const cast = World.castOf({ name: 'race', covenant: [2, 3], ...LOCKS });
      const [provider] = cast.providers as [World.Person];
      const stakes = await World.openStakes(chain(), cast, 3);
      const [left, racing, held] = stakes as [World.Stake, World.Stake, World.Stake];
      const unbonding = (stake: World.Stake) => World.complete(cast, 'unbonding', stake.delegation.unbonding);
      await World.confirm(chain(), unbonding(left));
      const attempts = Slasher.slashAll(stakes.map(World.slashableOf), provider.secretKey);
      expect(attempts.map(({ target, ok }) => [target, ok])).toEqual(
        stakes.flatMap(() => [
          ['staking', true],
          ['unbonding', true],
        ]),
      );
      const of = ({ delegation }: World.Stake, target: Slasher.Target): Tx.Transaction => {
        const found = attempts.find((attempt) => attempt.delegation === delegation && attempt.target === target);
        if (found?.ok !== true) throw new Error('no such slashing');
        return found.transaction;
      };
      const judge = async (transaction: Tx.Transaction) => {
        const { mempoolError, blockError } = await World.judge(chain(), Tx.encode(transaction));
        return [mempoolError, blockError?.replace(/,.*/, '')];
      };
      const MISSING = ['missing-inputs', 'bad-txns-inputs-missingorspent'];
      expect(await judge(of(left, 'staking'))).toEqual(MISSING);
      expect(await judge(of(left, 'unbonding'))).toEqual([undefined, undefined]);
      expect(await judge(of(held, 'staking'))).toEqual([undefined, undefined]);
      expect(await judge(of(held, 'unbonding'))).toEqual(MISSING);
      // In the mempool, an unbonding that came first stands in the way of one slashing and carries the other.
      await chain().submit(Tx.encode(unbonding(racing)));
      // The slashing pays more and replaces it; nodes without full replacement keep what came first.
      const race = await chain().testAccept(Tx.encode(of(racing, 'staking')));
      expect(race.allowed ? 'replaces' : race.rejectReason).toBeOneOf(['replaces', 'txn-mempool-conflict']);
      expect(await chain().generateBlockWith([Tx.encode(of(racing, 'staking'))])).toEqual({ accepted: true });
      expect(await chain().generateBlockWith([unbonding(racing), of(racing, 'staking')].map(Tx.encode))).toMatchObject({ accepted: false });
      expect(await chain().testAccept(Tx.encode(of(racing, 'unbonding')))).toMatchObject({ allowed: true });
      const { height } = await chain().mine(1, {
        txs: [unbonding(racing), of(racing, 'unbonding'), of(held, 'staking'), of(left, 'unbonding')].map(Tx.encode),
      });
      for (const stake of [racing, left]) expect((await chain().blockOf(Tx.txid(of(stake, 'unbonding'))))?.height).toBe(height);
      for (const stake of stakes) {
        expect(await judge(unbonding(stake))).toEqual(MISSING);
        for (const target of ['staking', 'unbonding'] as const) {
          const [mempool, block] = await judge(of(stake, target));
          expect(mempool).toMatch(/missing-inputs|txn-already-known/);
          expect(block).toMatch(/bad-txns-inputs-missingorspent|bad-txns-BIP30/);
        }
      }
    },
    LIMIT_MS,
  );

  it(
    'of M-of-N stakers needs their quorum too',
    async () => {
      const cast = World.castOf({ name: 'joint stake', covenant: [2, 3], stakers: [2, 3], ...LOCKS });
      const [stake] = (await World.openStakes(chain(), cast, 1)) as [World.Stake];
      const spend = stake.delegation.stakingSlashing;
      const all = World.signaturesOf(cast, spend);
      const stack = Witness.assemble({ contract: cast.contract, path: 'slashing', spend, signatures: all }).stack;
      await World.mustPass(chain(), World.slash(stake, 'staking'));
      const stakerSlots = stack.slice(4, 7);
      const signed = stakerSlots.findIndex(({ length }) => length > 0);
      const lone = stack.map((item, i) => (i === 4 + signed ? new Uint8Array() : item));
      await World.mustFailScript(chain(), spend.withWitness(lone), 'Script failed an OP_NUMEQUALVERIFY operation');
    },
    LIMIT_MS,
  );

  it(
    'comes back by itself after a reorganisation, on whichever output there is then',
    async () => {
      const cast = World.castOf({ name: 'reorganised', covenant: [2, 3], ...LOCKS });
      const stakes = await World.openStakes(chain(), cast, 3);
      const [first, , third] = stakes as [World.Stake, World.Stake, World.Stake];
      const [provider] = cast.providers;
      if (provider === undefined) throw new Error('no provider');
      const attempts = Slasher.slashAll(stakes.map(World.slashableOf), SecretKey.from(provider.secretKey));
      const due = async (): Promise<string[]> => {
        const states = new Map<string, Slasher.OutputState>();
        for (const attempt of attempts) {
          const outpoint = Slasher.targetOf(attempt);
          // Spends in the mempool count; an output that the chain does not know is null as well, and not due either way.
          states.set(`${outpoint.txid}:${outpoint.vout}`, (await chain().unspent(outpoint)) === null ? 'spent' : 'unspent');
        }
        const open = Slasher.due(attempts, ({ txid, vout }) => states.get(`${txid}:${vout}`) ?? 'unknown');
        return open.map(({ delegation, target }) => `${stakes.findIndex((stake) => stake.delegation === delegation)} ${target}`);
      };
      const slashOf = (stake: World.Stake, target: Slasher.Target): Tx.Transaction => World.slash(stake, target);
      expect(await due()).toEqual(['0 staking', '1 staking', '2 staking']);
      const height = await World.confirm(chain(), slashOf(first, 'staking'));
      expect(await due()).toEqual(['1 staking', '2 staking']);
      // The block is lost, and in the one that takes its place the staker's unbonding is faster than the slashing.
      await chain().invalidate(height);
      const unbonding = World.complete(cast, 'unbonding', first.delegation.unbonding);
      await chain().mine(2, { txs: [Tx.encode(unbonding)] });
      expect(await due()).toEqual(['0 unbonding', '1 staking', '2 staking']);
      await World.confirm(chain(), slashOf(first, 'unbonding'), slashOf(third, 'staking'));
      expect(await due()).toEqual(['1 staking']);
    },
    LIMIT_MS,
  );
});

/** With one bit changed in the middle. */
function flipped(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy[40] = (copy[40] ?? 0) ^ 1;
  return copy;
}
