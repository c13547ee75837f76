// Against the published TypeScript peer (npm @babylonlabs-io/btc-staking-ts): random contracts give the same scripts and the same unsigned
// transactions, byte for byte. Where the two differ on purpose, the difference is a test of its own.
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import * as Delegation from '../../src/babylon/Delegation.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as Rate from '../../src/base/Rate.ts';
import * as Sats from '../../src/base/Sats.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';

const require = createRequire(import.meta.url);
const peer = require('@babylonlabs-io/btc-staking-ts') as typeof import('@babylonlabs-io/btc-staking-ts');
const peerBitcoin = createRequire(require.resolve('@babylonlabs-io/btc-staking-ts'))('bitcoinjs-lib') as {
  networks: { bitcoin: Parameters<typeof peer.unbondingTransaction>[3] };
  Transaction: { fromHex(hex: string): Parameters<typeof peer.unbondingTransaction>[1] };
};
const { bitcoin } = peerBitcoin.networks;

beforeAll(() => peer.initBTCCurve());

type Case = {
  keys: readonly PublicKey.XOnlyPublicKey[];
  providers: number;
  members: number;
  quorum: number;
  stakingTime: number;
  unbondingTime: number;
  valueSats: number;
  unbondingFee: number;
  rateBps: number;
  slashingFee: number;
  opReturn: boolean;
};

const cases: fc.Arbitrary<Case> = fc
  .record({
    seed: fc.integer({ min: 1, max: 2 ** 31 }),
    providers: fc.integer({ min: 1, max: 4 }),
    members: fc.integer({ min: 1, max: 12 }),
    stakingTime: fc.integer({ min: 1, max: 65_535 }),
    unbondingTime: fc.integer({ min: 1, max: 65_535 }),
    valueSats: fc.integer({ min: 200_000, max: 2_000_000_000 }),
    unbondingFee: fc.integer({ min: 1, max: 50_000 }),
    rateBps: fc.integer({ min: 100, max: 5_000 }),
    slashingFee: fc.integer({ min: 1, max: 20_000 }),
    opReturn: fc.boolean(),
  })
  .chain(({ seed, ...terms }) =>
    fc
      .integer({ min: 1, max: terms.members })
      .map((quorum) => ({ ...terms, quorum, keys: keysFrom(seed, 1 + terms.providers + terms.members) })),
  );

function keysFrom(seed: number, count: number): readonly PublicKey.XOnlyPublicKey[] {
  return Array.from({ length: count }, (_, i) => {
    const bytes = new Uint8Array(32);
    new DataView(bytes.buffer).setUint32(24, seed);
    bytes[31] = i + 1;
    return PublicKey.ofSecret(SecretKey.from(bytes));
  });
}

function ours(c: Case): Delegation.Delegation {
  const [stakerPk, ...rest] = c.keys as [PublicKey.XOnlyPublicKey, ...PublicKey.XOnlyPublicKey[]];
  const contract = StakingContract.from({
    stakerPk,
    finalityProviderPks: rest.slice(0, c.providers),
    covenantPks: rest.slice(c.providers),
    covenantQuorum: c.quorum,
    stakingTimeBlocks: c.stakingTime,
    unbondingTimeBlocks: c.unbondingTime,
    profile: 'generic',
  });
  const other = { scriptPubKey: Hex.decode(`0014${'22'.repeat(20)}`), valueSats: 12_345n };
  const stake = { scriptPubKey: contract.staking.scriptPubKey, valueSats: BigInt(c.valueSats) };
  const stakingTransaction = Tx.create([{ outpoint: { txid: '11'.repeat(32), vout: 1 } }], [other, stake]);
  const rules = {
    slashingPkScript: Hex.decode(c.opReturn ? '6a07626162796c6f6e' : `0014${'33'.repeat(20)}`),
    slashingRate: Rate.parse((c.rateBps / 10_000).toFixed(4)),
    minSlashingTxFeeSats: Sats.from(BigInt(c.slashingFee)),
    unbondingFeeSats: Sats.from(BigInt(c.unbondingFee)),
  };
  return Delegation.from({ contract, rules, stakingTransaction });
}

describe('the TypeScript peer agrees', () => {
  it('on scripts, the unbonding and both slashing transactions of random contracts', () => {
    const check = (c: Case): void => {
      const delegation = ours(c);
      const { contract } = delegation;
      const [staker, ...rest] = c.keys.map((key) => Buffer.from(key)) as [Buffer, ...Buffer[]];
      const scripts = new peer.StakingScriptData(
        staker,
        rest.slice(0, c.providers),
        rest.slice(c.providers),
        c.quorum,
        c.stakingTime,
        c.unbondingTime,
      ).buildScripts();
      expect(scripts.timelockScript.toString('hex')).toBe(Hex.encode(contract.staking.paths.timelock.script));
      expect(scripts.unbondingScript.toString('hex')).toBe(Hex.encode(contract.staking.paths.unbonding.script));
      expect(scripts.slashingScript.toString('hex')).toBe(Hex.encode(contract.staking.paths.slashing.script));
      expect(scripts.unbondingTimelockScript.toString('hex')).toBe(Hex.encode(contract.unbonding.paths.timelock.script));
      const staking = peerBitcoin.Transaction.fromHex(Tx.toHex(delegation.stakingTransaction));
      const unbonding = peer.unbondingTransaction(scripts, staking, c.unbondingFee, bitcoin, 1).transaction;
      expect(unbonding.toHex()).toBe(Tx.toHex(delegation.unbonding.transaction));
      const { slashingPkScript } = delegation.rules;
      const rate = c.rateBps / 10_000;
      const slash = peer.slashTimelockUnbondedTransaction(
        scripts,
        staking,
        Hex.encode(slashingPkScript),
        rate,
        c.slashingFee,
        bitcoin,
        1,
      ).psbt;
      expect(unsigned(slash)).toBe(Tx.toHex(delegation.stakingSlashing.transaction));
      const early = peer.slashEarlyUnbondedTransaction(scripts, unbonding, Hex.encode(slashingPkScript), rate, c.slashingFee, bitcoin).psbt;
      expect(unsigned(early)).toBe(Tx.toHex(delegation.unbondingSlashing.transaction));
    };
    fc.assert(fc.property(cases, check), { seed: 20_251_121, numRuns: 60 });
  });

  it('not on a fractional quorum, which it writes into the script and we refuse', () => {
    const [staker, provider, ...members] = keysFrom(7, 5) as [
      PublicKey.XOnlyPublicKey,
      PublicKey.XOnlyPublicKey,
      ...PublicKey.XOnlyPublicKey[],
    ];
    const theirs = new peer.StakingScriptData(
      Buffer.from(staker),
      [Buffer.from(provider)],
      members.map((key) => Buffer.from(key)),
      0.5,
      100,
      100,
    ).buildScripts();
    expect(theirs.unbondingScript.length).toBeGreaterThan(0);
    const options = {
      stakerPk: staker,
      finalityProviderPks: [provider],
      covenantPks: members,
      covenantQuorum: 0.5,
      stakingTimeBlocks: 100,
      unbondingTimeBlocks: 100,
    };
    expect(() => StakingContract.from(options)).toThrow(/covenantQuorum: expected an integer/);
  });
});

function unsigned(psbt: ReturnType<typeof peer.slashEarlyUnbondedTransaction>['psbt']): string {
  return (psbt.data.globalMap.unsignedTx.toBuffer() as Buffer).toString('hex');
}
