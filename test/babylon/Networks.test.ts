// The bundled networks: every value is what was collected, every version passes the chain's rules, the table of real values holds.
import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import * as Networks from '../../src/babylon/Networks.ts';
import * as Params from '../../src/babylon/Params.ts';
import * as ParamsSet from '../../src/babylon/ParamsSet.ts';
import * as Phase1Params from '../../src/babylon/Phase1Params.ts';
import { height } from '../../src/base/Blocks.ts';
import { isSatlockError } from '../../src/base/Errors.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as Rate from '../../src/base/Rate.ts';
import * as Sats from '../../src/base/Sats.ts';

const STAKING = ['bbn-1', 'bbn-test-6', 'bbn-test-5'] as const;

function reasonOf(run: () => unknown): Record<string, unknown> {
  try {
    run();
  } catch (error) {
    if (isSatlockError(error)) return { ...error.reason };
    throw error;
  }
  throw new Error('expected an error');
}

const BURN = '6a07626162796c6f6e';
const P2PKH = '76a914010101010101010101010101010101010101010188ac';
const P2WPKH = '00145be12624d08a2b424095d7c07221c33450d14bf1';
// version, activation, min, max, min time, max time, U, unbonding fee, rate, slashing fee, script, keys, quorum
type Row = readonly [number, number, bigint, bigint, number, number, number, bigint, string, bigint, string, number, number];
const TESTNET_0_TO_4: readonly Row[] = [
  [0, 197535, 50000n, 5000000n, 64000, 64000, 1008, 2000n, '0.1', 1000n, P2PKH, 9, 6],
  [1, 198665, 50000n, 5000000n, 64000, 64000, 1008, 10000n, '0.1', 1000n, P2PKH, 9, 6],
  [2, 200665, 50000n, 5000000n, 64000, 64000, 1008, 10000n, '0.1', 1000n, P2PKH, 9, 6],
  [3, 215968, 50000n, 50000000n, 64000, 64000, 1008, 5000n, '0.1', 1000n, P2PKH, 9, 6],
  [4, 220637, 50000n, 50000000n, 64000, 64000, 1008, 5000n, '0.1', 1000n, P2PKH, 9, 6],
];
const TABLE: Readonly<Record<(typeof STAKING)[number], readonly Row[]>> = {
  'bbn-1': [
    [0, 857910, 500000n, 5000000n, 64000, 64000, 1008, 64000n, '0.001', 100000n, BURN, 9, 6],
    [1, 864790, 500000n, 50000000000n, 64000, 64000, 1008, 32000n, '0.001', 100000n, BURN, 9, 6],
    [2, 874088, 500000n, 500000000000n, 64000, 64000, 1008, 32000n, '0.001', 100000n, BURN, 9, 6],
    [3, 891425, 500000n, 500000000000n, 64000, 64000, 1008, 32000n, '0.001', 100000n, BURN, 9, 6],
    [4, 893362, 500000n, 500000000000n, 64000, 64000, 1008, 9600n, '0.001', 100000n, BURN, 9, 6],
    [5, 905634, 500000n, 500000000000n, 64000, 64000, 301, 9600n, '0.001', 150000n, BURN, 9, 6],
  ],
  'bbn-test-6': [
    ...TESTNET_0_TO_4,
    [5, 271923, 50000n, 35000000000n, 10000, 64000, 301, 2000n, '0.05', 5000n, P2WPKH, 3, 2],
    [6, 273725, 50000n, 35000000000n, 10000, 64000, 301, 2000n, '0.05', 9000n, P2WPKH, 9, 6],
  ],
  'bbn-test-5': [
    ...TESTNET_0_TO_4,
    [5, 227174, 50000n, 35000000000n, 10000, 64000, 1008, 2000n, '0.05', 5000n, P2WPKH, 9, 6],
    [6, 235952, 50000n, 35000000000n, 10000, 64000, 1008, 2000n, '0.05', 6000n, P2WPKH, 9, 6],
  ],
};

describe('bundled data', () => {
  // SHA-256 of the collected JSON files in compact form: a changed digit anywhere shows here.
  it.each([
    ['bbn-1', 'be6fcb4d8cfc6f5d2b923c3d3edbbe85f4c254f8adf1e8ff093b34c495cb8d36'],
    ['bbn-test-6', 'f3a4d109ea0c8ac56b5ba4aa7d1f3cc2464265cdb6b040fee1d45efcded9bc21'],
    ['bbn-test-5', 'a4893af0a7f641333782a9977c2a1aa566a03dc19fa3c8240cfada5271b2d431'],
    ['phase1-testnet', 'ecc4f7798ed20e6d6acef61d538c2665b64199f47600d96383886bd54b9a9a73'],
  ])('%s is what was collected', (name, digest) => {
    expect(Hex.encode(sha256(new TextEncoder().encode(JSON.stringify(Networks.dataOf(name)))))).toBe(digest);
  });

  it.each(STAKING)('%s: each version passes and reads back to the same JSON', (name) => {
    const versions = Networks.dataOf(name).btcstaking?.versions ?? [];
    const { paramsSet } = Networks.from(name);
    expect(paramsSet.versions.map(Params.toJson)).toEqual(versions);
    expect(paramsSet.versions).toHaveLength(name === 'bbn-1' ? 6 : 7);
  });

  it.each(['bbn-1', 'phase1-testnet'])('%s: each phase-1 version passes and reads back to the same JSON', (name) => {
    const data = Networks.dataOf(name).phase1;
    const set = Networks.from(name).phase1;
    expect(set?.versions.map(Phase1Params.toJson)).toEqual(data?.versions);
    expect(set?.versions).toHaveLength(name === 'bbn-1' ? 3 : 5);
    for (const { tag, confirmationDepth } of set?.versions ?? []) {
      expect(Hex.encode(tag)).toBe(data?.tagHex);
      expect(new TextDecoder().decode(tag)).toBe(data?.tagAscii);
      expect(confirmationDepth).toBe(data?.confirmationDepth);
    }
  });

  it.each(STAKING)('%s holds the real values over time', (name) => {
    const rows = Networks.from(name).paramsSet.versions.map((v): Row => {
      const { version, btcActivationHeight, minStakingValueSats: min, maxStakingValueSats: max } = v;
      const times = [v.minStakingTimeBlocks, v.maxStakingTimeBlocks, v.unbondingTimeBlocks] as const;
      const script = Hex.encode(v.slashingPkScript);
      const slashing = [Rate.format(v.slashingRate), v.minSlashingTxFeeSats, script] as const;
      return [version, btcActivationHeight, min, max, ...times, v.unbondingFeeSats, ...slashing, v.covenantPks.length, v.covenantQuorum];
    });
    expect(rows).toEqual(TABLE[name]);
  });

  it('holds the rest of the table', () => {
    for (const { minCommissionRate, delegationCreationBaseGasFee, allowListExpirationHeight } of Networks.from('bbn-1').paramsSet
      .versions) {
      expect(Number(minCommissionRate)).toBe(0.03);
      expect([delegationCreationBaseGasFee, allowListExpirationHeight]).toEqual([1_095_000n, 139_920n]);
    }
    const allowList = (name: (typeof STAKING)[number]) => Networks.from(name).paramsSet.versions.map((v) => v.allowListExpirationHeight);
    expect(allowList('bbn-test-6')).toEqual(Array(7).fill(100n));
    expect(allowList('bbn-test-5')).toEqual([26120n, 26120n, 26120n, 26120n, 26120n, 26124n, 26124n]);
  });

  it('keeps the stored order of the covenant keys, which changes at mainnet version 3', () => {
    const keys = Networks.from('mainnet').paramsSet.versions.map(({ covenantPks }) => covenantPks.map(Hex.encode));
    expect(keys[1]).toEqual(keys[0]);
    expect(keys[3]).not.toEqual(keys[2]);
    for (const list of keys) expect([...list].sort()).toEqual([...(keys[0] ?? [])].sort());
    expect(keys[0]?.[6]).toBe('cbdd028cfe32c1c1f2d84bfec71e19f92df509bba7b8ad31ca6c1a134fe09204');
    expect(keys[3]?.[8]).toBe('cbdd028cfe32c1c1f2d84bfec71e19f92df509bba7b8ad31ca6c1a134fe09204');
    const { covenantNames } = Networks.from('mainnet');
    for (const key of keys[5] ?? []) expect(covenantNames.has(key)).toBe(true);
    expect(covenantNames.get('de13fc96ea6899acbdc5db3afaa683f62fe35b60ff6eb723dad28a11d2b12f8c')).toBe('Cubist');
  });

  it('has phase-1 versions that equal the staking versions of the same number', () => {
    for (const [lockOnly, staking] of [
      ['bbn-1', 'bbn-1'],
      ['phase1-testnet', 'bbn-test-5'],
    ] as const) {
      for (const old of Networks.from(lockOnly as string).phase1?.versions ?? []) {
        const v = ParamsSet.byVersion(Networks.from(staking).paramsSet, old.version);
        const { cap, tag, confirmationDepth, covenantPksCompressed, activationHeight, ...shared } = old;
        expect(v).toMatchObject({ ...shared, btcActivationHeight: activationHeight });
      }
    }
  });
});

describe('networks', () => {
  it('answers to names and aliases', () => {
    expect(Networks.from('mainnet')).toEqual(Networks.from('bbn-1'));
    expect(Networks.from('testnet')).toEqual(Networks.from('bbn-test-6'));
    expect(Networks.from('bbn-test-4').name).toBe('phase1-testnet');
    expect(Networks.NAMES).toEqual(['bbn-1', 'bbn-test-6', 'bbn-test-5', 'phase1-testnet']);
    for (const name of ['', 'bbn-2', 'BBN-1', 'toString', '__proto__'])
      expect(reasonOf(() => Networks.from(name))).toMatchObject({ code: 'networks.unknown', got: name });
  });

  it('says which chain, which Bitcoin network and how fresh', () => {
    expect(Networks.NAMES.map((name) => [Networks.from(name as string).chainId, Networks.from(name as string).bitcoinNetwork])).toEqual([
      ['bbn-1', 'mainnet'],
      ['bbn-test-6', 'signet'],
      ['bbn-test-5', 'signet'],
      [undefined, 'signet'],
    ]);
    expect(Networks.from('mainnet').asOf).toBe('2026-05-12');
    expect(Networks.from('mainnet').sources).toHaveLength(10);
  });

  it('knows the depths and keeps unbonding above the finalisation timeout', () => {
    const { btccheckpoint } = Networks.from('mainnet');
    expect(btccheckpoint).toMatchObject({ btcConfirmationDepth: 30, finalizationTimeoutBlocks: 300 });
    expect(btccheckpoint.history.map((h) => [h.fromBabylonHeight, h.btcConfirmationDepth, h.finalizationTimeoutBlocks])).toEqual([
      [1n, 10, 100],
      [226n, 30, 300],
    ]);
    for (const name of STAKING) {
      const { btccheckpoint: now, paramsSet } = Networks.from(name);
      const { history, ...values } = now;
      expect(history.at(-1)).toMatchObject(values);
      Params.assertAboveFinalization(ParamsSet.latest(paramsSet), now.finalizationTimeoutBlocks);
    }
    expect(Networks.from('bbn-1').finality).toMatchObject({ signedBlocksWindow: 10_000n, minPubRand: 8_192n, jailDurationSeconds: 600 });
    expect(Networks.from('bbn-1').btcLightClient?.baseHeight).toBe(854_784);
    expect(Networks.from('bbn-1').upgrades).toContainEqual({ name: 'v4', babylonHeight: 1_893_601n });
    expect(Networks.from('bbn-test-5').upgrades).toContainEqual({ name: 'v3', babylonHeight: undefined });
  });

  it('narrows to networks that run staking', () => {
    const lockOnly: Networks.Network = Networks.from('phase1-testnet');
    expect(reasonOf(() => Networks.assertStaking(lockOnly))).toEqual({ code: 'networks.no-staking', name: 'phase1-testnet' });
    const network: Networks.Network = Networks.from('bbn-1' as string);
    Networks.assertStaking(network);
    expect(network.paramsSet.versions).toHaveLength(6);
  });
});

describe('phase 1', () => {
  const set = Networks.from('mainnet').phase1;
  if (set === undefined) throw new Error('mainnet had a phase 1');
  const [first] = set.versions;
  const good = Phase1Params.toJson(first);
  const refusal = (changes: Record<string, unknown>) => reasonOf(() => Phase1Params.from({ ...good, ...changes }));

  it('counts a stake by the cap of its version', () => {
    const total = (sats: bigint) => Phase1Params.isOverflow(first, height(857_910), Sats.from(sats));
    // The stake that crosses the cap is still counted: only the total before it matters.
    expect([total(0n), total(99_999_999_999n), total(100_000_000_000n)]).toEqual([false, false, true]);
    const second = Phase1Params.atHeight(set, height(864_790));
    const at = (h: number) => Phase1Params.isOverflow(second, height(h), Sats.MAX);
    expect([at(864_790), at(864_799), at(864_800)]).toEqual([false, false, true]);
  });

  it('chooses by the including block', () => {
    expect(Phase1Params.atHeight(set, height(864_789)).version).toBe(0);
    expect(Phase1Params.atHeight(set, height(874_088)).version).toBe(2);
    expect(reasonOf(() => Phase1Params.atHeight(set, height(857_909)))).toMatchObject({ code: 'phase1.none-at-height' });
  });

  it.each([
    ['params.unknown-field', { staking_cap: 1 }],
    ['input.wrong-length', { tagHex: '62626e' }],
    ['phase1.no-covenant-keys', { covenantPks: [] }],
    ['phase1.quorum', { covenantQuorum: 10 }],
    ['phase1.quorum', { covenantQuorum: 0 }],
    ['phase1.duplicate-covenant-key', { covenantPks: [...good.covenantPks, good.covenantPks[0]] }],
    [
      'phase1.conflicting-fields',
      { covenantPks: good.covenantPks.map((pk, i) => ({ ...pk, xonly: good.covenantPks[(i + 1) % 9]?.xonly })) },
    ],
    ['public-key.bad-prefix', { covenantPks: good.covenantPks.map(({ xonly }) => ({ compressed: `05${xonly}`, xonly })) }],
    ['phase1.not-positive', { maxStakingSats: '0' }],
    ['phase1.stake-range', { maxStakingSats: '499999' }],
    ['input.out-of-range', { unbondingTimeBlocks: 0 }],
    ['phase1.unbonding-fee', { unbondingFeeSats: '499001' }],
    ['phase1.staking-time-range', { maxStakingTimeBlocks: 63_999 }],
    ['input.out-of-range', { confirmationDepth: 1 }],
    ['phase1.not-positive', { activationHeight: 0 }],
    ['phase1.conflicting-fields', { capHeight: 900_000 }],
    ['phase1.conflicting-fields', { stakingCapSats: null }],
    ['phase1.cap-below-max-stake', { stakingCapSats: '4999999' }],
  ])('refuses: %s %j', (code, changes) => {
    expect(refusal(changes)).toMatchObject({ code });
  });

  it('accepts the limits', () => {
    const accepts = (changes: Record<string, unknown>) => Phase1Params.from({ ...good, ...changes });
    expect(accepts({ unbondingFeeSats: '499000' }).unbondingFeeSats).toBe(499_000n);
    expect(accepts({ stakingCapSats: '5000000' }).cap).toEqual({ kind: 'total', stakingCapSats: 5_000_000n });
    expect(accepts({ covenantQuorum: 1 }).covenantQuorum).toBe(1);
    expect(accepts({ confirmationDepth: 2 }).confirmationDepth).toBe(2);
  });

  it('refuses caps that fall, gaps and disorder', () => {
    const version = (n: number, changes: Record<string, unknown>) => Phase1Params.from({ ...good, version: n, ...changes });
    const second = { activationHeight: 860_000 };
    expect(reasonOf(() => Phase1Params.setFrom([first, version(1, { ...second, stakingCapSats: '99999999999' })]))).toEqual({
      code: 'phase1.cap-lowered',
      version: 1,
      previous: '100000000000',
      got: '99999999999',
    });
    const byHeight = (n: number, activationHeight: number, capHeight: number) =>
      version(n, { activationHeight, capHeight, stakingCapSats: null });
    expect(Phase1Params.setFrom([first, byHeight(1, 860_000, 5)]).versions).toHaveLength(2);
    expect(reasonOf(() => Phase1Params.setFrom([first, byHeight(1, 860_000, 5), byHeight(2, 870_000, 4)]))).toMatchObject({
      code: 'phase1.cap-lowered',
      version: 2,
    });
    // The last total counts, also across a version with a cap height.
    const again = version(2, { activationHeight: 870_000, stakingCapSats: '99999999999' });
    expect(reasonOf(() => Phase1Params.setFrom([first, byHeight(1, 860_000, 5), again]))).toMatchObject({ code: 'phase1.cap-lowered' });
    expect(reasonOf(() => Phase1Params.setFrom([first, version(2, second)]))).toMatchObject({ code: 'phase1.version-gap', expected: 1 });
    expect(reasonOf(() => Phase1Params.setFrom([first, version(1, {})]))).toMatchObject({ code: 'phase1.activation-order' });
    expect(reasonOf(() => Phase1Params.setFrom([]))).toEqual({ code: 'phase1.empty-set' });
  });
});

describe('one caller', () => {
  it('cannot change the covenant of another by overwriting bytes', () => {
    const mine = Networks.from('bbn-1');
    const before = Array.from(ParamsSet.latest(mine.paramsSet).covenantPks[0] as Uint8Array);
    (ParamsSet.latest(mine.paramsSet).covenantPks[0] as Uint8Array).fill(0);
    expect(Array.from(ParamsSet.latest(Networks.from('bbn-1').paramsSet).covenantPks[0] as Uint8Array)).toEqual(before);
  });
});
