// The life of a provider, unjailing to the nanosecond, and jailing against the chain's own bookkeeping of missed blocks, run block by block.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as FinalityProvider from '../../src/babylon/FinalityProvider.ts';
import * as FinalityRules from '../../src/babylon/FinalityRules.ts';
import * as FinalityView from '../../src/babylon/FinalityView.ts';
import * as Networks from '../../src/babylon/Networks.ts';
import { codeOf, filled, SEED, untyped } from '../support/stakes.ts';
import { CARRIER, jailed, NOW, OWNER, params, provider, providerFacts, unjail, viewOf } from './finality/world.ts';

describe('the states', () => {
  const power = { power: 5n, jailed: false, slashed: false };
  const idle = { ...power, power: 0n };
  it.each([
    ['REGISTERED', idle, 'REGISTERED'],
    ['REGISTERED', power, 'ACTIVE'],
    ['ACTIVE', power, 'ACTIVE'],
    ['ACTIVE', idle, 'INACTIVE'],
    ['INACTIVE', idle, 'INACTIVE'],
    ['INACTIVE', power, 'ACTIVE'],
    ['ACTIVE', { ...power, jailed: true }, 'JAILED'],
    ['REGISTERED', { ...idle, jailed: true }, 'JAILED'],
    ['JAILED', { ...idle, jailed: true }, 'JAILED'],
    ['JAILED', idle, 'INACTIVE'],
    ['JAILED', power, 'ACTIVE'],
    ['ACTIVE', { power: 5n, jailed: true, slashed: true }, 'SLASHED'],
    ['SLASHED', power, 'SLASHED'],
  ] as const)('%s with %o: %s', (before, polled, after) => {
    expect(FinalityProvider.next(before, polled)).toBe(after);
  });

  it('have the numbers of the program that operators know', () => {
    expect(FinalityProvider.STATES).toEqual(['REGISTERED', 'ACTIVE', 'INACTIVE', 'SLASHED', 'JAILED']);
    expect(codeOf(() => FinalityProvider.next(untyped('RETIRED'), idle))).toBe('input.out-of-range');
    expect(codeOf(() => FinalityProvider.next('ACTIVE', { ...idle, power: -1n }))).toBe('input.out-of-range');
  });
});

describe('unjailing', () => {
  const info = { startHeight: 900n, missedBlocks: 0n, jailedUntilNs: NOW - 1n };
  const ask = (changes: object = {}, of: object = {}) =>
    FinalityProvider.unjailing({
      provider: { addr: OWNER, jailed: true, slashedBabylonHeight: 0n, ...of },
      signingInfo: info,
      signer: OWNER,
      blockTimeNs: NOW,
      ...changes,
    });

  it('is ready strictly after the time, signed by the registered account', () => {
    expect(ask()).toEqual({ ready: true });
    expect(ask({ blockTimeNs: NOW - 1n })).toEqual({ ready: false, why: 'too-early', remainingNs: 1n });
    expect(ask({ blockTimeNs: NOW - 6n })).toEqual({ ready: false, why: 'too-early', remainingNs: 6n });
    expect(ask({ signer: CARRIER })).toEqual({ ready: false, why: 'other-signer', expectedSigner: OWNER });
    expect(ask({}, { jailed: false })).toEqual({ ready: false, why: 'not-jailed' });
    expect(ask({}, { slashedBabylonHeight: 1n })).toEqual({ ready: false, why: 'slashed' });
    // Go's zero time: the chain says that such a provider is not jailed (btcstaking/1122).
    const never = { ...info, jailedUntilNs: FinalityView.timeNs('0001-01-01T00:00:00Z') };
    expect(ask({ signingInfo: never })).toEqual({ ready: false, why: 'not-jailed' });
    expect(ask({ signingInfo: undefined })).toEqual({ ready: false, why: 'never-active' });
  });

  it('agrees with the checks of the message', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.boolean(), fc.boolean(), fc.integer({ min: -2, max: 2 }), (isJailed, slashed, own, offset) => {
        const ofProvider = {
          ...jailed,
          jailed: isJailed,
          slashedBabylonHeight: slashed ? 1n : 0n,
          signingInfo: { ...info, jailedUntilNs: NOW + BigInt(offset) },
        };
        const signer = own ? OWNER : CARRIER;
        const verdict = FinalityRules.check({ ...unjail, value: { ...unjail.value, signer } }, viewOf({}, ofProvider));
        expect(ask({ signer, signingInfo: ofProvider.signingInfo }, ofProvider).ready).toBe(verdict.ok);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });
});

describe('liveness', () => {
  it('of mainnet jails above 8000 missed blocks of 10000', () => {
    const { finality } = Networks.from('bbn-1');
    expect(FinalityProvider.minSigned(finality)).toBe(2_000n);
    const at = (missedBlocks: bigint, tipHeight: bigint) =>
      FinalityProvider.liveness({ params: finality, signingInfo: { startHeight: 100_000n, missedBlocks, jailedUntilNs: 0n }, tipHeight });
    expect(at(7_998n, 200_003n)).toEqual({
      judgedUpTo: 200_000n,
      maxMissed: 8_000n,
      missed: 7_998n,
      missesLeft: 2n,
      jailedFromHeight: 200_003n,
      inFirstWindow: false,
    });
    expect(at(8_000n, 200_003n)).toMatchObject({ missesLeft: 0n, jailedFromHeight: 200_001n });
    expect(at(0n, 100_003n)).toMatchObject({ judgedUpTo: 100_000n, jailedFromHeight: 110_001n, inFirstWindow: true });
  });

  it('rounds halves to the even number', () => {
    const least = (signedBlocksWindow: bigint, minSignedPerWindow: string) =>
      FinalityProvider.minSigned({ signedBlocksWindow, minSignedPerWindow });
    expect([least(5n, '0.5'), least(3n, '0.5'), least(7n, '0.5'), least(10n, '0.25'), least(10n, '0.26'), least(10n, '0.249')]).toEqual([
      2n,
      2n,
      4n,
      2n,
      3n,
      2n,
    ]);
    expect([least(100n, '0'), least(100n, '1'), least(1n, '0.5')]).toEqual([0n, 100n, 0n]);
  });

  it('promises nothing that the chain does not keep: bookkeeping block by block', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom('0', '0.05', '0.2', '0.5', '0.75', '1'),
        fc.array(fc.boolean(), { maxLength: 40 }),
        (window, minSignedPerWindow, history) => {
          const own = { signedBlocksWindow: BigInt(window), minSignedPerWindow, finalitySigTimeout: 3n };
          const chain = bookkeeping(50n, own);
          for (const missed of history) if (chain.judge(missed)) return;
          const tipHeight = chain.height + 3n;
          const signingInfo = { startHeight: 50n, missedBlocks: chain.missed, jailedUntilNs: 0n };
          const { missesLeft, jailedFromHeight, judgedUpTo } = FinalityProvider.liveness({ params: own, signingInfo, tipHeight });
          expect(judgedUpTo).toBe(chain.height);
          // Everything is missed from here on: jailed at the named height or, where old misses leave the window, later.
          for (let i = 0n; i < missesLeft; i++) expect(chain.judge(true)).toBe(false);
          while (!chain.judge(true)) if (chain.height > 50n + 5n * BigInt(window)) break;
          expect(chain.height).toBeGreaterThanOrEqual(jailedFromHeight);
          if (history.every((missed) => !missed)) {
            const isEver = own.signedBlocksWindow > FinalityProvider.minSigned(own) || chain.missed > 0n;
            if (isEver && FinalityProvider.minSigned(own) > 0n) expect(chain.height).toBe(jailedFromHeight);
          }
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });
});

/** The chain's own counting, with its bitmap. */
function bookkeeping(startHeight: bigint, own: { signedBlocksWindow: bigint; minSignedPerWindow: string }) {
  const bits = new Map<bigint, boolean>();
  const maxMissed = own.signedBlocksWindow - FinalityProvider.minSigned(own);
  const state = {
    height: startHeight - 1n,
    missed: 0n,
    /** True when the provider is jailed for this height. */
    judge(missed: boolean): boolean {
      state.height += 1n;
      const place = (state.height - startHeight) % own.signedBlocksWindow;
      const before = bits.get(place) ?? false;
      if (missed && !before) state.missed += 1n;
      if (!missed && before) state.missed -= 1n;
      bits.set(place, missed);
      return state.height > startHeight + own.signedBlocksWindow && state.missed > maxMissed;
    },
  };
  return state;
}

describe('a view', () => {
  const facts = { tipHeight: 10n, tipTimeNs: NOW, params, epochInterval: 100n, lastFinalizedEpoch: 0n };

  it('counts epochs as the chain does: epoch 0 is genesis alone', () => {
    expect([0n, 1n, 360n, 361n, 720n, 721n].map((height) => FinalityView.epochOf(height, 360n))).toEqual([0n, 1n, 1n, 2n, 2n, 3n]);
  });

  it('is of a network, can be changed, and finds providers by key', () => {
    const view = FinalityView.ofNetwork(Networks.from('bbn-1'), {
      tipHeight: 10n,
      tipTimeNs: NOW,
      lastFinalizedEpoch: 0n,
      providers: [providerFacts],
    });
    expect([view.epochInterval, view.params.minPubRand]).toEqual([360n, 8_192n]);
    expect(FinalityView.providerOf(view, provider.publicKey)?.addr).toBe(OWNER);
    expect(FinalityView.providerOf(view, filled(32, 1))).toBeUndefined();
    expect(FinalityView.withFacts(view, { tipHeight: 11n }).providers.size).toBe(1);
  });

  it('keeps copies', () => {
    const btcPk = provider.publicKey.slice();
    const view = FinalityView.from({ ...facts, providers: [{ ...providerFacts, btcPk }] });
    btcPk.fill(0);
    expect(FinalityView.providerOf(view, provider.publicKey)).toBeDefined();
  });

  it.each([
    [{ tipHeight: -1n }, 'input.out-of-range'],
    [{ epochInterval: 0n }, 'input.out-of-range'],
    [{ params: { ...params, minSignedPerWindow: '1.1' } }, 'input.out-of-range'],
    [{ params: { ...params, minSignedPerWindow: '.5' } }, 'finality-view.bad-decimal'],
    [{ params: { ...params, signedBlocksWindow: 0n } }, 'input.out-of-range'],
    [{ release: 'v9' }, 'chain-view.unknown-release'],
    [{ minCommissionRate: '0.03' }, 'finality-view.bad-decimal'],
    [{ blocks: [{ height: 11n, appHash: filled(32, 1), finalized: false }] }, 'finality-view.above-tip'],
    [{ blocks: [{ height: 1n, appHash: filled(31, 1), finalized: false }] }, 'input.wrong-length'],
    [{ blocks: [1n, 1n].map((height) => ({ height, appHash: filled(32, 1), finalized: false })) }, 'finality-view.repeated'],
    [{ providers: [providerFacts, providerFacts] }, 'finality-view.repeated'],
    [{ providers: [{ ...providerFacts, commits: [providerFacts.commits?.[0], providerFacts.commits?.[0]] }] }, 'finality-view.repeated'],
    [{ providers: [{ ...providerFacts, jailed: 'no' }] }, 'input.not-flag'],
    [{ providers: [{ ...providerFacts, power: [[1n, 1n]] }] }, 'input.not-map'],
    [{ providers: [{ ...providerFacts, highestVotedHeight: 4_294_967_296 }] }, 'input.out-of-range'],
    [{ popContext: 'ab' }, 'input.wrong-length'],
  ])('is refused with %o', (changes, code) => {
    expect(codeOf(() => FinalityView.from(untyped({ ...facts, ...changes })))).toBe(code);
  });

  it.each([
    ['1970-01-01T00:00:00Z', 0n],
    ['1970-01-01T00:00:00.000000001Z', 1n],
    ['2000-02-29T23:59:59.9Z', 951_868_799_900_000_000n],
    ['0001-01-01T00:00:00Z', -62_135_596_800_000_000_000n],
    ['1969-12-31T23:59:59.5Z', -500_000_000n],
    ['9999-12-31T23:59:59Z', 253_402_300_799_000_000_000n],
  ])('reads the time %s', (text, expected) => {
    expect(FinalityView.timeNs(text)).toBe(expected);
  });

  it('agrees with the clock of the machine on random days', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date('1601-01-01'), max: new Date('2999-12-31'), noInvalidDate: true }), (date) => {
        expect(FinalityView.timeNs(date.toISOString())).toBe(BigInt(date.getTime()) * 1_000_000n);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it.each(['2026-05-12', '2026-05-12T08:00:00+01:00', '2026-02-29T00:00:00Z', '2026-13-01T00:00:00Z', '2026-01-01T24:00:00Z', 'now'])(
    'does not read the time %s',
    (text) => {
      expect(codeOf(() => FinalityView.timeNs(text))).toBe('finality-view.bad-time');
    },
  );
});
