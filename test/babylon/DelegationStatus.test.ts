// The status function by table, and the figures of a mainnet stake.
import { describe, expect, it } from 'vitest';
import * as DelegationStatus from '../../src/babylon/DelegationStatus.ts';
import * as Networks from '../../src/babylon/Networks.ts';
import * as ParamsSet from '../../src/babylon/ParamsSet.ts';
import * as Blocks from '../../src/base/Blocks.ts';
import { codeOf, filled, keysOf, P2TR, pks, untyped } from '../support/stakes.ts';

const keys = pks(keysOf('cov', 9));
const signers = (slashing: number, unbonding = slashing, unbondingSlashing = slashing, expansion = 0) => ({
  slashing: keys.slice(0, slashing),
  unbonding: keys.slice(0, unbonding),
  unbondingSlashing: keys.slice(0, unbondingSlashing),
  expansion: keys.slice(0, expansion),
});
const facts = (changes: Partial<DelegationStatus.Facts> = {}): DelegationStatus.Facts => ({
  covenantSigners: signers(6),
  startHeight: 910_000,
  endHeight: 974_000,
  unbondingTimeBlocks: 301,
  ...changes,
});
const at = (tipHeight: number, changes: Partial<DelegationStatus.Facts> = {}, previousQuorum?: number): DelegationStatus.Status =>
  DelegationStatus.of(facts(changes), { tipHeight, quorum: 6, ...(previousQuorum === undefined ? {} : { previousQuorum }) });
const none = { startHeight: 0, endHeight: 0 };
const gone = { unbondingInfo: { spendStakeTx: new Uint8Array(0) } };
const expansion = { expansion: { previousStakingTxid: 'ab'.repeat(32), fundingOutput: { scriptPubKey: P2TR, valueSats: 1n } } };

describe('the first question that is answered decides', () => {
  it.each<[string, number, Partial<DelegationStatus.Facts>, DelegationStatus.Status]>([
    ['reported as spent, even with empty content', 910_100, gone, 'UNBONDED'],
    ['spent wins over everything', 980_000, { ...gone, ...none, covenantSigners: signers(0) }, 'UNBONDED'],
    ['a spend with content', 910_100, { unbondingInfo: { spendStakeTx: filled(9, 1) } }, 'UNBONDED'],
    ['no quorum', 910_100, { covenantSigners: signers(5) }, 'PENDING'],
    ['no quorum in the first list', 910_100, { covenantSigners: signers(5, 6, 6) }, 'PENDING'],
    ['no quorum in the second list', 910_100, { covenantSigners: signers(6, 5, 6) }, 'PENDING'],
    ['no quorum in the third list', 910_100, { covenantSigners: signers(6, 6, 5) }, 'PENDING'],
    ['without quorum it never expires', 990_000, { covenantSigners: signers(5) }, 'PENDING'],
    ['more than the quorum', 910_100, { covenantSigners: signers(9) }, 'ACTIVE'],
    ['no proof', 990_000, none, 'VERIFIED'],
    ['half a proof is none', 910_100, { endHeight: 0 }, 'VERIFIED'],
    ['its block went with a reorganisation', 909_999, {}, 'UNBONDED'],
    ['in its own block', 910_000, {}, 'ACTIVE'],
    ['the last active tip', 973_698, {}, 'ACTIVE'],
    ['the first expired tip', 973_699, {}, 'EXPIRED'],
  ])('%s', (_, tipHeight, changes, status) => {
    expect(at(tipHeight, changes)).toBe(status);
  });

  it('an expansion also needs the quorum of its parent', () => {
    expect(at(910_100, { ...expansion, covenantSigners: signers(6, 6, 6, 3) }, 4)).toBe('PENDING');
    expect(at(910_100, { ...expansion, covenantSigners: signers(6, 6, 6, 4) }, 4)).toBe('ACTIVE');
    expect(codeOf(() => at(910_100, { ...expansion, covenantSigners: signers(6, 6, 6, 4) }))).toBe('input.not-integer');
  });

  it('the numbers are the chain’s', () => {
    expect(DelegationStatus.NUMBERS).toEqual({ PENDING: 0, VERIFIED: 1, ACTIVE: 2, UNBONDED: 3, EXPIRED: 4 });
  });

  it('refuses what is no number', () => {
    expect(codeOf(() => at(untyped('7')))).toBe('input.not-integer');
    expect(codeOf(() => DelegationStatus.of(facts(), { tipHeight: 1, quorum: 0 }))).toBe('input.out-of-range');
    expect(codeOf(() => DelegationStatus.of(untyped(null), { tipHeight: 1, quorum: 1 }))).toBe('input.missing');
  });
});

describe('figures of a mainnet stake', () => {
  const mainnet = Networks.from('mainnet');
  const { unbondingTimeBlocks } = ParamsSet.byVersion(mainnet.paramsSet, 5);

  it('mined in block 910000 for 64000 blocks', () => {
    const heights = DelegationStatus.heights({
      minedHeight: 910_000,
      stakingTimeBlocks: 64_000,
      unbondingTimeBlocks,
      confirmationDepthBlocks: mainnet.btccheckpoint.btcConfirmationDepth,
    });
    expect(heights).toEqual({
      endHeight: 974_000,
      proofFromTip: 910_030,
      activeUntilTip: 973_698,
      expiredFromTip: 973_699,
      expansionMinedBy: 973_668,
    });
    expect(at(heights.activeUntilTip)).toBe('ACTIVE');
    expect(at(heights.expiredFromTip)).toBe('EXPIRED');
  });

  it('the version changes between the tips 905633 and 905634', () => {
    const versionAt = (height: number) => ParamsSet.atHeight(mainnet.paramsSet, Blocks.height(height));
    expect([versionAt(905_633), versionAt(905_634)].map((one) => [one.version, one.unbondingTimeBlocks])).toEqual([
      [4, 1_008],
      [5, 301],
    ]);
  });

  it('refuses heights and times that are none', () => {
    const options = { minedHeight: 1, stakingTimeBlocks: 5, unbondingTimeBlocks: 2, confirmationDepthBlocks: 1 };
    for (const key of Object.keys(options))
      expect(codeOf(() => DelegationStatus.heights({ ...options, [key]: -1 }))).toBe('input.out-of-range');
  });
});
