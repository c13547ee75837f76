// Blocks in, events out: whole lives in a chain of blocks, reorganisations, caps, and blocks that do not fit.
import { describe, expect, it } from 'vitest';
import * as OpReturn from '../../src/babylon/OpReturn.ts';
import * as StakeIndex from '../../src/babylon/StakeIndex.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import { blockOf, Dice, hashOf, joined, raw as rawOf, usualTransaction } from '../support/blocks.ts';
import { ANNEX, extensionOf, phase1Of, randomLife, signed, withdrawalOf } from '../support/lives.ts';
import { bytes, codeOf, keyOf, keysOf, P2WPKH, pks } from '../support/stakes.ts';

/** Blocks that follow each other, from height 100; each with so many transactions of strangers around ours. */
class Chain {
  readonly blocks: Uint8Array[] = [];
  readonly #dice: Dice;
  constructor(label: string) {
    this.#dice = new Dice(label);
  }
  /** The next block over these transactions; on another branch with another `salt`. */
  next(transactions: readonly Tx.Transaction[], salt = 0): Uint8Array {
    const strangers = (): ReturnType<typeof rawOf>[] => Array.from({ length: 3 }, () => rawOf(usualTransaction(this.#dice)));
    const ours = transactions.map((tx) => ({ raw: Tx.encode(tx), stripped: Tx.encode(Tx.stripped(tx)) }));
    const previous = this.blocks[this.blocks.length - 1];
    const block = blockOf(
      [...strangers(), ...ours, ...strangers()],
      previous === undefined ? undefined : hashOf(previous),
      this.blocks.length + salt,
    );
    this.blocks.push(block);
    return block;
  }
}

const short = (events: readonly StakeIndex.Event[]): unknown[] =>
  events.map(({ kind, txid, detail }) => [
    kind,
    txid,
    'inputIndex' in detail ? detail.inputIndex : 'outputIndex' in detail ? detail.outputIndex : -1,
  ]);

describe('whole lives in a chain', () => {
  const life = randomLife(new Dice('index'));
  const { contract, delegation, stakingTx } = life;
  const extension = extensionOf(life);
  const unbonding = signed(life, 'unbonding', delegation.unbonding, ANNEX);
  const slashing = signed(life, 'slashing', delegation.stakingSlashing);
  const unbondingSlashing = signed(life, 'slashing', delegation.unbondingSlashing);
  const of = (from: Parameters<typeof withdrawalOf>[1]): Tx.Transaction => signed(life, 'timelock', withdrawalOf(life, from));
  const index = (): StakeIndex.StakeIndex => StakeIndex.create({ contracts: [contract, extension.contract] });
  const play = (chain: Chain, stakes: StakeIndex.StakeIndex, blocks: readonly (readonly Tx.Transaction[])[]): unknown[] =>
    blocks.map((transactions) => short(stakes.connect(chain.next(transactions), 99 + chain.blocks.length, 'verify')));

  it.each<readonly [string, readonly (readonly Tx.Transaction[])[], readonly (readonly unknown[])[]]>([
    ['stake, withdrawal', [[stakingTx], [], [of('staking')]], [['staked'], [], ['withdrawn']]],
    ['stake, unbonding, withdrawal', [[stakingTx], [unbonding], [of('unbonding')]], [['staked'], ['unbonded'], ['withdrawn']]],
    [
      'stake, slashing, withdrawal of the rest',
      [[stakingTx], [slashing], [of('slashing-change')]],
      [['staked'], ['slashed'], ['withdrawn']],
    ],
    ['stake, unbonding, slashing', [[stakingTx], [unbonding], [unbondingSlashing]], [['staked'], ['unbonded'], ['slashed']]],
    ['stake and extension', [[stakingTx], [signed(life, 'unbonding', extension.spend)]], [['staked'], ['extended', 'staked']]],
    ['all in one block', [[stakingTx, unbonding, unbondingSlashing]], [['staked', 'unbonded', 'slashed']]],
    ['what never was staked', [[unbonding], [of('staking')]], [['look-alike'], ['look-alike']]],
  ])('%s', (_, blocks, expected) => {
    const chain = new Chain('life');
    const stakes = index();
    const events = play(chain, stakes, blocks);
    expect(events.map((of) => (of as unknown[][]).map(([kind]) => kind))).toEqual(expected);
    expect(stakes.tip?.height).toBe(99 + blocks.length);
    // Back to the start, and forward again: the same events, and what was tracked before.
    const tracked = stakes.trackedCount;
    for (let i = blocks.length - 1; i >= 0; i--) expect(short(stakes.disconnect())).toEqual([...(events[i] as unknown[])].reverse());
    expect([stakes.trackedCount, stakes.undoCount, stakes.tip?.height]).toEqual([0, 0, 99]);
    expect(chain.blocks.map((block, i) => short(stakes.connect(block, 100 + i)))).toEqual(events);
    expect(stakes.trackedCount).toBe(tracked);
  });

  it('tells what is tracked, and forgets what is spent', () => {
    const chain = new Chain('tracked');
    const stakes = index();
    play(chain, stakes, [[stakingTx]]);
    expect(stakes.find(delegation.staking.outpoint)).toMatchObject({
      source: 'staking',
      confirmedHeight: 100,
      valueSats: delegation.stakingValueSats,
    });
    play(chain, stakes, [[unbonding]]);
    expect(stakes.find(delegation.staking.outpoint)).toBeUndefined();
    expect(stakes.find(delegation.unbondingOutput.outpoint)).toMatchObject({
      source: 'unbonding',
      confirmedHeight: 101,
      stake: delegation.staking.outpoint,
    });
    play(chain, stakes, [[of('unbonding')]]);
    expect(stakes.trackedCount).toBe(0);
  });

  it('follows a reorganisation: unbonded on one branch, slashed on the other', () => {
    const chain = new Chain('reorg');
    const stakes = index();
    play(chain, stakes, [[stakingTx], [unbonding], [of('unbonding')]]);
    expect([stakes.disconnect(), stakes.disconnect()].map(short)).toEqual([
      [['withdrawn', Tx.txid(of('unbonding')), 0]],
      [['unbonded', Tx.txid(unbonding), 0]],
    ]);
    chain.blocks.length = 1;
    expect(short(stakes.connect(chain.next([slashing], 50), 101))).toEqual([['slashed', Tx.txid(slashing), 0]]);
    expect(stakes.connect(chain.next([of('unbonding')], 50), 102)).toMatchObject([{ kind: 'look-alike' }]);
    expect(stakes.find({ txid: Tx.txid(slashing), vout: 1 })).toMatchObject({ source: 'slashing-change', confirmedHeight: 101 });
  });

  it('of a delegation that was given knows the registered transactions', () => {
    const stakes = StakeIndex.create({ delegations: [delegation], contracts: [extension.contract] });
    const chain = new Chain('given');
    play(chain, stakes, [[stakingTx]]);
    const [event] = stakes.connect(chain.next([unbonding]), 101);
    expect(event).toMatchObject({ kind: 'unbonded', detail: { isRegistered: true, problems: [] } });
  });

  it('warns of a withdrawal that is too early for its block', () => {
    const stakes = index();
    const chain = new Chain('early');
    const [, event] = stakes.connect(chain.next([stakingTx, of('staking')]), 100);
    expect(event).toMatchObject({ kind: 'withdrawn', detail: { problems: [{ code: 'recognise.immature' }] } });
  });
});

describe('stakes of phase 1', () => {
  const covenant = pks(keysOf('cov', 3));
  const people = pks(keysOf('phase1 staker', 4));
  const provider = keyOf('fp1').publicKey;
  const contracts = people.map((stakerPk) =>
    StakingContract.from({
      stakerPk,
      finalityProviderPks: [provider],
      covenantPks: covenant,
      covenantQuorum: 2,
      stakingTimeBlocks: 1_000,
      unbondingTimeBlocks: 100,
    }),
  );
  const set = phase1Of(contracts[0] as StakingContract.StakingContract, {
    stakingCapSats: '150000',
    maxStakingSats: '150000',
    unbondingFeeSats: '1000',
  });
  const staking = (i: number, valueSats: bigint): Tx.Transaction => {
    const contract = contracts[i] as StakingContract.StakingContract;
    const [stakerPk] = contract.terms.stakerPks as [never];
    const data = OpReturn.build({ tag: bytes('01020304'), stakerPk, finalityProviderPk: provider, stakingTimeBlocks: 1_000 });
    return Tx.create(
      [{ outpoint: { txid: '22'.repeat(32), vout: i } }],
      [
        { scriptPubKey: contract.staking.scriptPubKey, valueSats },
        { scriptPubKey: data, valueSats: 0n },
      ],
    );
  };
  /** An unbonding as it lies in a block; the index does not need its signatures to be right. */
  const unbondingOf = (i: number, valueSats: bigint): Tx.Transaction => {
    const contract = contracts[i] as StakingContract.StakingContract;
    const tx = Tx.create(
      [{ outpoint: { txid: Tx.txid(staking(i, valueSats)), vout: 0 } }],
      [{ scriptPubKey: contract.unbonding.scriptPubKey, valueSats: valueSats - 1_000n }],
    );
    const { script, controlBlock } = contract.staking.paths.unbonding;
    const signature = new Uint8Array(64).fill(1);
    tx.setWitness(0, [signature, signature, new Uint8Array(), signature, script, controlBlock]);
    return tx;
  };
  const overflowOf = (events: readonly StakeIndex.Event[]): unknown[] =>
    events.map((event) => (event.kind === 'staked' ? event.detail.isOverflow : event.kind));

  it('are found by their tag, counted up to the cap, and make room when they unbond; a reorganisation restores the total', () => {
    const stakes = StakeIndex.create({ phase1: set });
    const chain = new Chain('phase 1');
    const connect = (...transactions: readonly Tx.Transaction[]): unknown[] =>
      overflowOf(stakes.connect(chain.next(transactions), 100 + chain.blocks.length - 1));
    // The one that crosses the cap is counted, the next is not.
    expect(connect(staking(0, 100_000n), staking(1, 60_000n), staking(2, 50_000n))).toEqual([false, false, true]);
    expect(stakes.phase1ActiveSats).toBe(160_000n);
    // An unbonding makes room for later stakes, never for those that were too late.
    expect(connect(unbondingOf(2, 50_000n))).toEqual(['unbonded']);
    expect(stakes.phase1ActiveSats).toBe(160_000n);
    expect(connect(unbondingOf(0, 100_000n), staking(3, 20_000n))).toEqual(['unbonded', false]);
    expect(stakes.phase1ActiveSats).toBe(80_000n);
    expect(overflowOf(stakes.disconnect())).toEqual([false, 'unbonded']);
    expect(stakes.phase1ActiveSats).toBe(160_000n);
    stakes.disconnect();
    stakes.disconnect();
    expect([stakes.phase1ActiveSats, stakes.trackedCount]).toEqual([0n, 0]);
  });
});

describe('a block that does not fit', () => {
  const contract = randomLife(new Dice('fit')).contract;
  const start = (): readonly [Chain, StakeIndex.StakeIndex] => {
    const chain = new Chain('fit');
    const stakes = StakeIndex.create({ contracts: [contract], undoBlocks: 2 });
    for (let i = 0; i < 3; i++) stakes.connect(chain.next([]), 100 + i);
    return [chain, stakes];
  };

  it('is refused and changes nothing', () => {
    const [chain, stakes] = start();
    const { tip } = stakes;
    const next = chain.next([]);
    expect(codeOf(() => stakes.connect(chain.blocks[0] as Uint8Array, 103))).toBe('stake-index.not-next');
    expect(codeOf(() => stakes.connect(next, 104))).toBe('stake-index.not-next');
    expect(codeOf(() => stakes.connect(next.subarray(0, next.length - 1), 103))).toBe('block-reader.truncated');
    const other = joined(next.subarray(0, next.length - 1), Uint8Array.of(1));
    expect(codeOf(() => stakes.connect(other, 103, 'verify'))).toBe('block-reader.wrong-merkle-root');
    expect(stakes.tip).toEqual(tip);
    stakes.connect(next, 103);
    expect(stakes.tip?.height).toBe(103);
  });

  it('is taken off no deeper than is remembered', () => {
    const [, stakes] = start();
    stakes.disconnect();
    stakes.disconnect();
    expect(codeOf(() => stakes.disconnect())).toBe('stake-index.nothing-to-undo');
    expect(stakes.tip?.height).toBe(100);
  });

  it('wrong options are refused by name', () => {
    expect(codeOf(() => StakeIndex.create({ undoBlocks: -1 }))).toBe('input.out-of-range');
    expect(codeOf(() => StakeIndex.create({ contracts: [{} as never] }))).toBe('staking-contract.not-a-contract');
  });
});

it('memory holds what is tracked: strangers leave nothing behind', () => {
  const life = randomLife(new Dice('memory'));
  const stakes = StakeIndex.create({ contracts: [life.contract] });
  const chain = new Chain('memory');
  stakes.connect(chain.next([life.stakingTx]), 100);
  for (let i = 1; i < 30; i++)
    stakes.connect(
      chain.next([Tx.create([{ outpoint: { txid: '33'.repeat(32), vout: i } }], [{ scriptPubKey: P2WPKH, valueSats: 5n }])]),
      100 + i,
    );
  expect(stakes.trackedCount).toBe(1);
});
