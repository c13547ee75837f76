// What the trace R01 does not touch: pauses, callers, permissions, overflows, bare roots with claims made elsewhere, hashes.
import { keccak_256 } from '@noble/hashes/sha3.js';
import { beforeEach, describe, expect, it } from 'vitest';
import * as Hex from '../../../src/base/Hex.ts';
import { State } from '../../../src/restaking/eigenlayer/ledger/state.ts';
import * as RewardsCoordinator from '../../../src/restaking/eigenlayer/RewardsCoordinator.ts';
import * as Views from '../../../src/restaking/eigenlayer/RewardsCoordinatorViews.ts';
import * as RewardsMerkle from '../../../src/restaking/eigenlayer/RewardsMerkle.ts';
import { rewardsView } from '../../../src/restaking/eigenlayer/rewards/rewardsView.ts';
import { Store } from '../../../src/restaking/state/store.ts';
import { addOperatorSet, errorOf as errorIn, rewardsLedger } from './rewardsLedger.ts';

const NOW = 1_746_600_000n;
const TODAY = 1_746_576_000n;
const WEEK = 604_800n;
const ZERO = `0x${'0'.repeat(40)}`;

let ledger: State;
const errorOf = (run: () => object): unknown => errorIn(ledger, run);
const submission = (over: Partial<RewardsCoordinator.SubmitRequest> = {}): RewardsCoordinator.SubmitRequest => ({
  type: 'avs',
  avs: 'avs',
  token: 'R1',
  amount: 10n,
  startTimestamp: TODAY,
  duration: WEEK,
  strategies: [['S1', 1n]],
  ...over,
});
const submit = (over: Partial<RewardsCoordinator.SubmitRequest> = {}): unknown =>
  errorOf(() => RewardsCoordinator.submitRewards(ledger, submission(over)));
const directed = (operatorRewards: readonly (readonly [string, bigint])[]): unknown =>
  submit({ type: 'operatorDirectedAVS', startTimestamp: TODAY - WEEK, operatorRewards });

beforeEach(() => {
  ledger = rewardsLedger({ startTime: NOW });
  addOperatorSet(ledger, 'avs', 0n);
});

describe('submissions', () => {
  it.each([
    ['avs', 0],
    ['forAll', 1],
    ['allEarners', 4],
    ['operatorDirectedAVS', 5],
    ['operatorDirectedSet', 9],
    ['uniqueStake', 10],
    ['totalStake', 11],
  ] as const)('%s is paused by bit %i, before anything else', (type, bit) => {
    ledger.setPaused('RewardsCoordinator', bit, true);
    expect(submit({ type, id: 7n, operatorRewards: [], strategies: [], amount: 0n })).toBe('CurrentlyPaused');
  });

  it('are refused in the order of the contract', () => {
    expect(submit({ type: 'uniqueStake', id: 0n, caller: 'x' })).toBe('InvalidPermissions');
    expect(submit({ type: 'uniqueStake', id: 1n, strategies: [] })).toBe('InvalidOperatorSet');
    expect(submit({ strategies: [], duration: 63_158_401n })).toBe('InputArrayLengthZero');
    expect(submit({ duration: 63_072_001n })).toBe('DurationExceedsMax');
    expect(submit({ duration: 63_072_000n })).toBe('ok');
    expect(submit({ startTimestamp: 1_710_979_200n - 86_400n })).toBe('StartTimestampTooFarInPast');
    ledger.strategies.unlisted.set('S2', true);
    expect(
      submit({
        strategies: [
          ['S2', 1n],
          ['S1', 1n],
        ],
      }),
    ).toBe('StrategyNotWhitelisted');
    expect(
      submit({
        strategies: [
          ['S1', 1n],
          ['S1', 1n],
        ],
        amount: 0n,
      }),
    ).toBe('StrategiesNotInAscendingOrder');
    expect(
      submit({
        strategies: [
          ['BEACON', 1n],
          ['S1', 1n],
        ],
      }),
    ).toBe('StrategiesNotInAscendingOrder');
    expect(
      submit({
        strategies: [
          ['S1', 1n],
          ['BEACON', 1n],
        ],
        amount: 10n ** 38n - 1n,
      }),
    ).toBe('ok');
    expect(submit({ amount: 10n ** 38n })).toBe('AmountExceedsMax');
  });

  it('for operators: ascending, none of nobody, none of nothing, the sum within the limit', () => {
    expect(directed([])).toBe('InputArrayLengthZero');
    expect(directed([[ZERO, 1n]])).toBe('InvalidAddressZero');
    expect(
      directed([
        ['b', 1n],
        ['a', 1n],
      ]),
    ).toBe('OperatorsNotInAscendingOrder');
    expect(
      directed([
        ['a', 1n],
        ['a', 1n],
      ]),
    ).toBe('OperatorsNotInAscendingOrder');
    expect(
      directed([
        [`0x${'b'.repeat(40)}`, 1n],
        [`0x${'A'.repeat(40)}`, 1n],
      ]),
    ).toBe('OperatorsNotInAscendingOrder');
    expect(
      directed([
        [`0x${'A'.repeat(40)}`, 1n],
        [`0x${'b'.repeat(40)}`, 1n],
        ['a', 1n],
      ]),
    ).toBe('ok');
    expect(
      directed([
        ['a', 1n],
        ['b', 0n],
      ]),
    ).toBe('AmountIsZero');
    expect(
      directed([
        ['a', 10n ** 38n - 1n],
        ['b', 1n],
      ]),
    ).toBe('AmountExceedsMax');
    // amount * 2000 leaves 256 bits, also for those who pay no fee.
    expect(directed([['a', (1n << 256n) / 2000n + 1n]])).toBe('Panic(0x11)');
    expect(submit({ type: 'operatorDirectedAVS', startTimestamp: TODAY - WEEK + 86_400n, operatorRewards: [['a', 1n]] })).toBe(
      'SubmissionNotRetroactive',
    );
  });

  it('pay the fee of the caller, whoever the AVS is; programmatic incentives pay none', () => {
    ledger.allocation.appointees.add('avs|RewardsCoordinator|createUniqueStakeRewardsSubmission', 'bot');
    RewardsCoordinator.setOptInForProtocolFee(ledger, { who: 'bot', value: true });
    expect(submit({ type: 'uniqueStake', id: 0n, caller: 'bot', amount: 104n })).toBe('ok');
    expect(submit({ type: 'uniqueStake', id: 0n, amount: 104n })).toBe('ok');
    expect(submit({ type: 'totalStake', id: 0n, caller: 'bot' })).toBe('InvalidPermissions');
    RewardsCoordinator.configure(ledger, { rewardsForAllSubmitter: { submitter: 'bot', value: true }, feeRecipient: 'treasury' });
    expect(submit({ type: 'allEarners', avs: 'bot', amount: 100n })).toBe('ok');
    expect(rewardsView(ledger).balances).toEqual({ RC: { R1: '288' }, feeRecipient: { R1: '20' } });
    expect(Views.submissions(ledger, 'avs').map(({ amount }) => amount)).toEqual([84n, 104n]);
    RewardsCoordinator.setOptInForProtocolFee(ledger, { who: 'bot', value: false });
    expect(submit({ type: 'uniqueStake', id: 0n, caller: 'bot', amount: 5n })).toBe('ok');
    expect(rewardsView(ledger).balances['feeRecipient']).toEqual({ R1: '20' });
  });

  it('have the hash of their ABI encoding', () => {
    submit({ avs: `0x${'a1'.repeat(20)}`, token: `0x${'b2'.repeat(20)}`, strategies: [['BEACON', 3n]], amount: 4n });
    const [given] = Views.submissions(ledger, `0x${'a1'.repeat(20)}`);
    const words = ['a1'.repeat(20), 0n, 0x60n, 0xa0n, 'b2'.repeat(20), 4n, TODAY, WEEK, 1n, 'beac0eeeeeeeeeeeeeeeeeeeeeeeeeeeeeebeac0', 3n];
    const encoded = words.map((word) => (typeof word === 'string' ? word : word.toString(16)).padStart(64, '0')).join('');
    expect(Hex.encode(Views.submissionHash(given as Views.Submission))).toBe(Hex.encode(keccak_256(Hex.decode(encoded))));
  });

  it('for operators have the hash of theirs', () => {
    const a = `0x${'01'.repeat(20)}`;
    submit({
      type: 'operatorDirectedAVS',
      avs: a,
      token: a,
      startTimestamp: TODAY - WEEK,
      operatorRewards: [[a, 5n]],
      strategies: [['BEACON', 3n]],
      description: 'x',
    });
    const [given] = Views.submissions(ledger, a);
    const id = '01'.repeat(20);
    const beacon = 'beac0eeeeeeeeeeeeeeeeeeeeeeeeeeeeeebeac0';
    const words = [id, 0n, 0x60n, 0xc0n, id, 0x120n, TODAY - WEEK, WEEK, 0x180n, 1n, beacon, 3n, 1n, id, 5n, 1n];
    const encoded = words.map((word) => (typeof word === 'string' ? word : word.toString(16)).padStart(64, '0')).join('');
    const text = '78'.padEnd(64, '0');
    expect(Hex.encode(Views.submissionHash(given as Views.Submission))).toBe(Hex.encode(keccak_256(Hex.decode(encoded + text))));
  });
});

describe('splits', () => {
  const set = (over: Partial<RewardsCoordinator.SplitRequest> = {}): unknown =>
    errorOf(() => RewardsCoordinator.setSplit(ledger, { kind: 'pi', operator: 'op', split: 1n, ...over }));

  it('are paused each by its bit, and only the operator or whom it let sets them', () => {
    for (const [kind, bit] of [
      ['avs', 6],
      ['pi', 7],
      ['set', 8],
    ] as const) {
      ledger.setPaused('RewardsCoordinator', bit, true);
      expect(set({ kind, avs: 'avs', id: 9n, caller: 'x' })).toBe('CurrentlyPaused');
      ledger.setPaused('RewardsCoordinator', bit, false);
      expect(set({ kind, avs: 'avs', id: 9n, caller: 'x' })).toBe('InvalidPermissions');
    }
    expect(set({ kind: 'set', avs: 'avs', id: 9n, split: 10_001n })).toBe('InvalidOperatorSet');
  });

  it('follow the default until the first is active, also when the default changes meanwhile', () => {
    set({ split: 77n });
    RewardsCoordinator.configure(ledger, { defaultOperatorSplitBips: 500n });
    expect(Views.operatorSplit(ledger, { kind: 'pi', operator: 'op' })).toBe(500n);
    ledger.setClock({ block: 1n, time: NOW + WEEK });
    expect(Views.operatorSplit(ledger, { kind: 'pi', operator: 'op' })).toBe(77n);
    expect(set()).toBe('PreviousSplitPending');
    ledger.setClock({ block: 2n, time: NOW + WEEK + 1n });
    expect(set({ split: 88n })).toBe('ok');
    expect(Views.operatorSplit(ledger, { kind: 'pi', operator: 'op' })).toBe(77n);
  });
});

describe('claims', () => {
  const alice = `0x${'Aa'.repeat(20)}`;
  const token = `0x${'Cc'.repeat(20)}`;
  const given = RewardsMerkle.distribution([
    [
      alice,
      [
        [token, 9n],
        ['R1', 4n],
      ],
    ],
    ['bob', [[token, 1n]]],
    ['carol', [[token, 1n]]],
  ]);
  const claim = RewardsMerkle.claim(given, 0n, alice, [token]);
  const process = (over: Partial<RewardsMerkle.MerkleClaim> = {}, more: object = {}): unknown =>
    errorOf(() => RewardsCoordinator.processClaim(ledger, { claim: { ...claim, ...over }, recipient: 'cold', ...more }));

  beforeEach(() => {
    submit({ token, amount: 100n });
    RewardsCoordinator.submitRoot(ledger, { endTimestamp: TODAY, root: given.root });
    ledger.setClock({ block: 1n, time: NOW + WEEK });
  });

  it('with their own proofs work on a bare root, once, by whatever spelling of the address', () => {
    expect(Views.checkClaim(ledger, claim)).toBe(true);
    expect(process()).toBe('ok');
    expect(process()).toBe('EarningsNotGreaterThanClaimed');
    expect(process({ earnerLeaf: { ...claim.earnerLeaf, earner: alice.toLowerCase() } })).toBe('EarningsNotGreaterThanClaimed');
    expect(process({ tokenLeaves: [{ token: token.toLowerCase(), cumulativeEarnings: 9n }] })).toBe('EarningsNotGreaterThanClaimed');
    expect(Views.cumulativeClaimed(ledger, alice.toLowerCase(), token)).toBe(9n);
  });

  it('are refused in the order of the contract', () => {
    expect(process({ rootIndex: 1n })).toBe('Panic(0x32)');
    expect(process({ tokenIndices: [] })).toBe('InputArrayLengthMismatch');
    expect(process({ tokenLeaves: [] })).toBe('InputArrayLengthMismatch');
    expect(process({ earnerIndex: 4n })).toBe('InvalidEarnerLeafIndex');
    expect(process({ earnerIndex: (claim.earnerIndex + 1n) % 4n })).toBe('InvalidClaimProof');
    expect(process({ earnerTreeProof: new Uint8Array(65) })).toBe('InvalidProofLength');
    expect(process({ earnerTreeProof: new Uint8Array(32 * 256) })).toBe('InvalidEarnerLeafIndex');
    expect(process({ tokenIndices: [2n] })).toBe('InvalidTokenLeafIndex');
    expect(process({ tokenLeaves: [{ token, cumulativeEarnings: 10n }] })).toBe('InvalidClaimProof');
    expect(process({}, { caller: 'mallory' })).toBe('UnauthorizedCaller');
    ledger.setPaused('RewardsCoordinator', 2, true);
    expect(process({ rootIndex: 1n })).toBe('CurrentlyPaused');
  });

  it('of an empty root are refused by name', () => {
    RewardsCoordinator.submitRoot(ledger, { endTimestamp: TODAY + 1n, root: new Uint8Array(32) });
    ledger.setClock({ block: 2n, time: NOW + 2n * WEEK });
    expect(process({ rootIndex: 1n })).toBe('EmptyRoot');
  });

  it('by names are proven by the tree of the ledger; what it does not hold is misuse', () => {
    RewardsCoordinator.submitRoot(ledger, {
      endTimestamp: TODAY + 1n,
      earnings: [
        [alice, [[token, 20n]]],
        ['bob', [[token, 2n]]],
      ],
    });
    const byName = { root: 1n, earner: 'bob', tokens: [token], recipient: 'bob' };
    expect(errorOf(() => RewardsCoordinator.processClaim(ledger, { ...byName, earner: 'nobody' }))).toBe('RootNotActivated');
    ledger.setClock({ block: 2n, time: NOW + 2n * WEEK });
    expect(() => RewardsCoordinator.processClaim(ledger, { ...byName, earner: 'nobody' })).toThrow('rewards-merkle.not-in-tree');
    expect(errorOf(() => RewardsCoordinator.processClaim(ledger, byName))).toBe('ok');
    const both = [
      { ...byName, earner: alice },
      { ...byName, root: 0n },
    ];
    // The second claim fails, and takes the first one with it.
    expect(() => RewardsCoordinator.processClaims(ledger, both)).toThrow('rewards-merkle.not-in-tree');
    expect(Views.cumulativeClaimed(ledger, alice, token)).toBe(0n);
    expect(Views.getCurrentClaimableDistributionRoot(ledger)?.index).toBe(1n);
    expect(Views.getRootIndexFromHash(ledger, given.root)).toBe(0n);
  });

  it('are made by the claimer alone once there is one; the zero address gives the right back', () => {
    const claimer = (over: object): unknown =>
      errorOf(() => RewardsCoordinator.setClaimerFor(ledger, { earner: alice, claimer: 'bot', ...over }));
    expect(claimer({ caller: 'x' })).toBe('InvalidPermissions');
    ledger.allocation.appointees.add(`${alice}|RewardsCoordinator|setClaimerFor`, 'x');
    expect(claimer({ caller: 'x' })).toBe('InvalidEarner');
    ledger.delegation.operators.set(alice, { delegationApprover: null });
    expect(claimer({ caller: 'x' })).toBe('ok');
    expect(process()).toBe('UnauthorizedCaller');
    expect(claimer({ claimer: ZERO })).toBe('ok');
    expect(process({}, { caller: alice.toLowerCase() })).toBe('ok');
  });
});

describe('the owner', () => {
  it('alone configures, within limits', () => {
    const configure = (over: object): unknown => errorOf(() => RewardsCoordinator.configure(ledger, over));
    expect(configure({ caller: 'x' })).toBe('Error(Ownable: caller is not the owner)');
    expect(configure({ defaultOperatorSplitBips: 10_001n })).toBe('SplitExceedsMax');
    expect(configure({ feeRecipient: ZERO })).toBe('InvalidAddressZero');
    expect(configure({ rewardsUpdater: 'u2', activationDelay: 0n })).toBe('ok');
    const root = { endTimestamp: TODAY, root: new Uint8Array(32).fill(1) };
    expect(errorOf(() => RewardsCoordinator.submitRoot(ledger, { ...root, caller: 'rewardsUpdater' }))).toBe('UnauthorizedCaller');
    expect(errorOf(() => RewardsCoordinator.submitRoot(ledger, root))).toBe('ok');
    expect(errorOf(() => RewardsCoordinator.disableRoot(ledger, { index: 0n }))).toBe('RootAlreadyActivated');
  });

  it('state survives saving', () => {
    submit();
    RewardsCoordinator.submitRoot(ledger, { endTimestamp: TODAY, earnings: [['a', [['R1', 1n]]]] });
    const copy = new State(ledger.config, Store.load(JSON.parse(JSON.stringify(ledger.store.save()))));
    expect(rewardsView(copy)).toEqual(rewardsView(ledger));
    copy.setClock({ block: 2n, time: NOW + WEEK });
    RewardsCoordinator.processClaim(copy, { root: 0n, earner: 'a', tokens: ['R1'], recipient: 'a' });
    expect(rewardsView(copy).cumulativeClaimed).toEqual({ a: { R1: '1' } });
    expect(rewardsView(ledger).cumulativeClaimed).toEqual({});
  });
});
