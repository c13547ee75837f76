// Which heights are voted for, messages that are matched by height alone, and what is left of a batch after a refusal.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as ChainError from '../../src/babylon/ChainError.ts';
import * as FinalityRules from '../../src/babylon/FinalityRules.ts';
import type { IndexedBlock } from '../../src/babylon/FinalityView.ts';
import * as FinalityVote from '../../src/babylon/FinalityVote.ts';
import * as RandomnessIndex from '../../src/babylon/RandomnessIndex.ts';
import * as RandomnessProofs from '../../src/babylon/RandomnessProofs.ts';
import * as VotePlan from '../../src/babylon/VotePlan.ts';
import { codeOf, filled, SEED } from '../support/stakes.ts';
import { appHashAt, blockAt, CARRIER, CHAIN, FIRST, params, provider, providerFacts, SECOND, TIP, viewOf } from './finality/world.ts';

const index = RandomnessIndex.from([FIRST, SECOND]);
const power = providerFacts.power ?? new Map<bigint, bigint>();
const facts: VotePlan.Facts = {
  tipHeight: TIP,
  params,
  epochInterval: 100n,
  lastFinalizedEpoch: 9n,
  provider: providerFacts,
  lastVotedHeight: 985n,
  power,
  index,
};
const blocksOf = (...heights: readonly bigint[]): IndexedBlock[] => heights.map((height) => blockAt(height));
const whyOf = (height: bigint, changes: Partial<VotePlan.Facts> = {}, block: Partial<IndexedBlock> = {}): string => {
  const { votes, skipped } = VotePlan.plan({ ...facts, ...changes }, [{ ...blockAt(height), ...block }]);
  return votes.length === 1 ? 'vote' : (skipped[0]?.why ?? 'lost');
};

describe('the heights', () => {
  it('are those with power, randomness that is final, and no vote yet; every other one has its reason', () => {
    const { votes, skipped } = VotePlan.plan(facts, blocksOf(1_001n, 995n, 985n, 989n, 990n, 1_000n, 986n));
    expect(votes.map(({ height, commit, countsForLiveness }) => [height, commit.startHeight, countsForLiveness])).toEqual([
      [986n, 980n, false],
      [989n, 980n, false],
      [995n, 995n, false],
      [1_000n, 995n, true],
    ]);
    expect(skipped).toEqual([
      { height: 985n, why: 'voted' },
      { height: 990n, why: 'no-randomness' },
      { height: 1_001n, why: 'above-tip' },
    ]);
    expect(votes[0]?.appHash).toEqual(appHashAt(986n));
  });

  it('count for liveness if the next block is in time, up to the last one that is', () => {
    const timeout = params.finalitySigTimeout;
    const countsAt = (tipHeight: bigint) =>
      VotePlan.plan({ ...facts, tipHeight }, blocksOf(998n)).votes.map(({ countsForLiveness }) => countsForLiveness);
    expect([countsAt(998n + timeout - 1n), countsAt(998n + timeout)]).toEqual([[true], [false]]);
  });

  it.each([
    ['slashed', { provider: { ...providerFacts, slashedBabylonHeight: 1n, jailed: true } }, {}],
    ['deleted', { provider: { ...providerFacts, softDeleted: true } }, {}],
    ['jailed', { provider: { ...providerFacts, jailed: true } }, {}],
    ['above-tip', { tipHeight: 997n }, {}],
    ['before-activation', { params: { ...params, finalityActivationHeight: 999n } }, {}],
    ['voted', { lastVotedHeight: 998n }, {}],
    ['finalized-and-timestamped', { lastFinalizedEpoch: 10n }, { finalized: true }],
    ['power-unknown', { power: new Map() }, {}],
    ['no-power', { power: new Map([[998n, 0n]]) }, {}],
    ['no-randomness', { index: RandomnessIndex.from([FIRST]) }, {}],
    ['not-timestamped', { lastFinalizedEpoch: 8n }, {}],
    ['vote', { lastVotedHeight: undefined }, { finalized: true }],
    ['vote', { lastVotedHeight: 997n, tipHeight: 998n, lastFinalizedEpoch: 10n }, {}],
  ] as const)('998: %s', (expected, changes, block) => {
    expect(whyOf(998n, changes, block)).toBe(expected);
  });

  it('are no more than a transaction takes, and the rest is named', () => {
    const { votes, skipped } = VotePlan.plan({ ...facts, maxVotes: 2 }, blocksOf(988n, 986n, 987n, 990n));
    expect(votes.map(({ height }) => height)).toEqual([986n, 987n]);
    expect(skipped).toEqual([
      { height: 988n, why: 'over-limit' },
      { height: 990n, why: 'no-randomness' },
    ]);
  });

  it('are refused where one comes with two blocks', () => {
    expect(codeOf(() => VotePlan.plan(facts, [blockAt(986n), { ...blockAt(986n), appHash: filled(32, 1) }]))).toBe(
      'vote-plan.repeated-height',
    );
    expect(codeOf(() => VotePlan.plan(facts, [{ ...blockAt(986n), appHash: filled(31, 1) }]))).toBe('input.wrong-length');
    expect(codeOf(() => VotePlan.plan({ ...facts, maxVotes: 0 }, []))).toBe('input.out-of-range');
  });

  it('are exactly those whose votes the chain takes and counts, on random states', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 980n, max: 1_002n }),
        fc.bigInt({ min: 0n, max: 11n }),
        fc.boolean(),
        fc.constantFrom(0n, 5n),
        fc.constantFrom('none', 'jailed', 'slashed', 'deleted'),
        fc.bigInt({ min: 985n, max: 1_000n }),
        (height, lastFinalizedEpoch, finalized, own, state, activation) => {
          const ofProvider = {
            jailed: state === 'jailed',
            slashedBabylonHeight: state === 'slashed' ? 7n : 0n,
            softDeleted: state === 'deleted',
            power: new Map([[height, own]]),
          };
          const ofChain = { lastFinalizedEpoch, params: { ...params, finalityActivationHeight: activation } };
          const planned = whyOf(
            height,
            { ...ofChain, lastVotedHeight: undefined, power: ofProvider.power, provider: { ...providerFacts, ...ofProvider } },
            { finalized },
          );
          const view = viewOf({ ...ofChain, blocks: height <= TIP ? [{ ...blockAt(height), finalized }] : [] }, ofProvider);
          const commit = RandomnessIndex.lookUp(index, height);
          if (commit === undefined) {
            expect(planned).not.toBe('vote');
            return;
          }
          const verdict = FinalityRules.check(voteOf(height), view);
          expect(planned === 'vote').toBe(verdict.ok);
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });
});

const proofs = new Map<bigint, RandomnessProofs.Proven>();
const prover = RandomnessProofs.prover({ commits: [FIRST, SECOND], source: RandomnessProofs.secretSource(provider.secretKey, CHAIN) });
for (let height = 980n; height <= 1_010n; height++)
  if (RandomnessIndex.lookUp(index, height) !== undefined) proofs.set(height, await prover.at(height));
const signatureAt = (height: bigint, appHash = appHashAt(height)): Uint8Array =>
  FinalityVote.unsafeSign({ secretKey: provider.secretKey, chainId: CHAIN, height, appHash }).signature;
const voteOf = (height: bigint): VotePlan.Vote => {
  const { votes } = VotePlan.plan(
    { ...facts, tipHeight: 2_000n, lastVotedHeight: undefined, lastFinalizedEpoch: 9n, power: new Map([[height, 1n]]) },
    blocksOf(height),
  );
  const built = VotePlan.messages({
    signer: CARRIER,
    publicKey: provider.publicKey,
    votes,
    signatures: new Map([[height, signatureAt(height)]]),
    proofs,
  });
  return built.messages[0] as VotePlan.Vote;
};

describe('the messages', () => {
  const { votes } = VotePlan.plan(facts, blocksOf(986n, 989n, 995n, 1_000n));
  const signatures = new Map(votes.map(({ height }) => [height, signatureAt(height)]));
  const build = (changes: Partial<Parameters<typeof VotePlan.messages>[0]> = {}) =>
    VotePlan.messages({ signer: CARRIER, publicKey: provider.publicKey, votes, signatures, proofs, ...changes });

  it('ask the signer for 40 bytes a height', () => {
    expect(VotePlan.requests(votes).map(({ height, message }) => [height, message])).toEqual(
      votes.map(({ height }) => [height, FinalityVote.message(height, appHashAt(height))]),
    );
  });

  it('over a gap each have the proof of their own height, and pass the checks of the chain', () => {
    const { messages, unsigned } = build();
    expect(unsigned).toEqual([]);
    expect(messages.map(({ value }) => [value.blockHeight, value.proof?.index, value.proof?.total])).toEqual([
      [986n, 6n, 10n],
      [989n, 9n, 10n],
      [995n, 0n, 16n],
      [1_000n, 5n, 16n],
    ]);
    for (const message of messages) expect(FinalityRules.check(message, viewOf()).ok).toBe(true);
  });

  it('are not shifted by a height that the signer refused', () => {
    const some = new Map(signatures);
    some.delete(989n);
    const { messages, unsigned } = build({ signatures: some });
    expect(unsigned).toEqual([989n]);
    expect(messages.map(({ value }) => value.blockHeight)).toEqual([986n, 995n, 1_000n]);
    for (const message of messages) expect(FinalityRules.check(message, viewOf()).ok).toBe(true);
  });

  it('are not built with a signature or a proof that is not of the height', () => {
    const swapped = (height: bigint, other: bigint): Map<bigint, Uint8Array> =>
      new Map([...signatures, [height, signatures.get(other) as Uint8Array]]);
    expect(codeOf(() => build({ signatures: swapped(989n, 986n) }))).toBe('vote-plan.bad-signature');
    expect(codeOf(() => build({ signatures: new Map([[986n, signatureAt(986n, filled(32, 1))]]) }))).toBe('vote-plan.bad-signature');
    expect(codeOf(() => build({ proofs: new Map() }))).toBe('vote-plan.no-proof');
    const shifted = new Map([...proofs, [989n, proofs.get(988n) as RandomnessProofs.Proven]]);
    expect(codeOf(() => build({ proofs: shifted }))).toBe('vote-plan.bad-proof');
    const relabelled = new Map([...proofs, [989n, { ...(proofs.get(988n) as RandomnessProofs.Proven), height: 989n }]]);
    expect(codeOf(() => build({ proofs: relabelled }))).toBe('vote-plan.bad-proof');
    expect(codeOf(() => build({ signer: 'bbn1' }))).toBe('babylon-address.malformed');
  });

  it('say how high was voted, of what was accepted alone', () => {
    const { messages } = build();
    expect(VotePlan.lastVoted(messages)).toBe(1_000n);
    expect(VotePlan.lastVoted(messages.slice(0, 2))).toBe(989n);
    expect(VotePlan.lastVoted([], 5n)).toBe(5n);
    expect(VotePlan.lastVoted(messages, 2_000n)).toBe(2_000n);
    expect(VotePlan.lastVoted([])).toBeUndefined();
  });
});

describe('the start', () => {
  it('is above all that was voted for and all that is final, and not below the activation', () => {
    const start = (lastVotedHeight?: bigint, highestVotedHeight?: bigint, lastFinalizedHeight?: bigint) =>
      VotePlan.startHeight({ lastVotedHeight, highestVotedHeight, lastFinalizedHeight, finalityActivationHeight: 500n });
    expect([start(), start(7n), start(499n), start(500n), start(1n, 900n, 2n), start(1n, 2n, 900n), start(900n, 2n, 3n)]).toEqual([
      500n,
      500n,
      500n,
      501n,
      901n,
      901n,
      901n,
    ]);
  });
});

describe('a refusal of a batch', () => {
  const batch = ['a', 'b', 'c'];
  const log = (index: number, words: string): string => `failed to execute message; message index: ${index}: ${words}`;
  const duplicate = (index: number): ChainError.Answer => ({
    codespace: 'finality',
    code: 1109,
    log: log(index, 'duplicated finality vote'),
  });

  it('takes out the message that was counted already, or is too late, and leaves the list alone', () => {
    expect(VotePlan.afterRefusal(batch, duplicate(1))).toEqual({ kind: 'resend', rest: ['a', 'c'], dropped: 'b' });
    expect(VotePlan.afterRefusal(batch, { codespace: 'finality', code: 1116, log: log(2, 'height: 7') })).toMatchObject({ dropped: 'c' });
    expect(batch).toEqual(['a', 'b', 'c']);
    expect(VotePlan.afterRefusal(['a'], duplicate(0))).toEqual({ kind: 'done', dropped: 'a' });
    expect(VotePlan.afterRefusal(['a'], { codespace: 'finality', code: 1109 })).toEqual({ kind: 'done', dropped: 'a' });
  });

  it('stops at any other, and where nobody knows which message is meant', () => {
    expect(VotePlan.afterRefusal(batch, { codespace: 'finality', code: 1109 })).toMatchObject({ kind: 'stop' });
    expect(VotePlan.afterRefusal(batch, { codespace: 'finality', code: 1108, log: log(1, 'x') })).toMatchObject({
      kind: 'stop',
      meaning: { action: 'give-up' },
    });
    expect(codeOf(() => VotePlan.afterRefusal(batch, duplicate(3)))).toBe('vote-plan.no-such-message');
  });
});

describe('a refusal', () => {
  it.each([
    ['finality', 1100, 'give-up'],
    ['finality', 1103, 'give-up'],
    ['finality', 1104, 'give-up'],
    ['finality', 1105, 'give-up'],
    ['finality', 1106, 'give-up'],
    ['finality', 1108, 'give-up'],
    ['finality', 1109, 'drop-message'],
    ['finality', 1111, 'later'],
    ['finality', 1116, 'drop-message'],
    ['btcstaking', 1100, 'give-up'],
    ['btcstaking', 1104, 'slashed'],
    ['btcstaking', 1121, 'jailed'],
    ['sdk', 32, 'retry'],
    ['undefined', 1, 'retry'],
    ['undefined', 111_222, 'retry'],
    ['sdk', 0, 'accepted'],
  ] as const)('%s/%i means %s', (codespace, code, action) => {
    expect(ChainError.classify({ codespace, code })).toMatchObject({ action, byText: false });
  });

  it('is told by its code, whatever its words quote', () => {
    const log = 'message index: 4: duplicated finality vote: the finality provider has already been jailed: slashed';
    expect(ChainError.classify({ codespace: 'sdk', code: 11, log })).toEqual({
      action: 'retry',
      code: 'sdk/11',
      messageIndex: 4,
      byText: false,
    });
    expect(ChainError.classify({ codespace: 'undefined', code: 1, log: 'tx from a jailed host' })).toMatchObject({ action: 'retry' });
  });

  it('of EOTS verification has no code: its words decide', () => {
    for (const log of ['calculated R y-value is odd', 'calculated R point was not given R', 'calculated R point is the point at infinity'])
      expect(ChainError.classify({ codespace: 'undefined', code: 1, log: `message index: 0: ${log}` })).toMatchObject({
        action: 'give-up',
        byText: true,
        messageIndex: 0,
      });
  });

  it('of a simulation has no code at all: the last description counts, and the innermost index', () => {
    const rpc = (words: string): string =>
      `rpc error: code = Unknown desc = failed to execute message; message index: 1: ${words} [baseapp.go:1] with gas`;
    const told = (words: string) => {
      const { action, code, messageIndex, byText } = ChainError.classify({ log: rpc(words) });
      return [action, code, messageIndex, byText];
    };
    expect(told('duplicated finality vote')).toEqual(['drop-message', 'finality/1109', 1, true]);
    expect(told('height: 7: the voting block is already finalized and timestamped')).toEqual(['drop-message', 'finality/1116', 1, true]);
    expect(told('finality provider public key: ab: the finality provider has already been slashed')).toEqual([
      'slashed',
      'btcstaking/1104',
      1,
      true,
    ]);
    expect(told('duplicated finality vote: the finality provider has already been jailed')).toEqual(['jailed', 'btcstaking/1121', 1, true]);
    expect(told('connection reset')).toEqual(['retry', undefined, 1, true]);
    expect(ChainError.classify({})).toEqual({ action: 'retry', code: undefined, messageIndex: undefined, byText: true });
    expect(codeOf(() => ChainError.classify({ code: -1 }))).toBe('input.out-of-range');
  });
});
