// Guard rails: each rule has a plan that trips it and nothing else, plans without a fault raise nothing, and acknowledgements hold for what was seen.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Delegation from '../../src/babylon/Delegation.ts';
import type * as ExtensionTx from '../../src/babylon/ExtensionTx.ts';
import * as Networks from '../../src/babylon/Networks.ts';
import * as OpReturn from '../../src/babylon/OpReturn.ts';
import * as ParamsSet from '../../src/babylon/ParamsSet.ts';
import * as StakePolicy from '../../src/babylon/StakePolicy.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as StakingTx from '../../src/babylon/StakingTx.ts';
import * as WithdrawalTx from '../../src/babylon/WithdrawalTx.ts';
import * as Blocks from '../../src/base/Blocks.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import { coinOf, P2PKH } from '../support/coins.ts';
import { codeOf, failure, hex, keyOf, keysOf, P2WPKH, pks, SEED, sats, stakingTransaction } from '../support/stakes.ts';
import * as Good from './policyPlans.ts';

const { goodStake, goodPost, goodExtension, goodUnbonding, goodWithdrawal, network, params, contract, built, CHANGE, TIP } = Good;
const codes = ({ findings }: StakePolicy.Report): string[] => findings.map(({ code }) => code);

const stake = (changes: Partial<StakePolicy.StakePlan>): StakePolicy.Report => StakePolicy.review({ ...goodStake, ...changes });
const post = (changes: Partial<StakePolicy.StakePlan>): StakePolicy.Report => StakePolicy.review({ ...goodPost, ...changes });
const extension = (changes: Partial<StakePolicy.ExtensionPlan>): StakePolicy.Report =>
  StakePolicy.reviewExtension({ ...goodExtension, ...changes });
const unbonding = (changes: Partial<StakePolicy.UnbondingPlan>): StakePolicy.Report =>
  StakePolicy.reviewUnbonding({ ...goodUnbonding, ...changes });
const withdrawal = (changes: Partial<StakePolicy.WithdrawalPlan>): StakePolicy.Report =>
  StakePolicy.reviewWithdrawal({ ...goodWithdrawal, ...changes });
const coin = (changes: Partial<StakePolicy.PlanCoin>): StakePolicy.Report => stake({ coins: [{ ...Good.goodCoin, ...changes }] });
const provider = (changes: Partial<StakePolicy.ProviderFacts>): StakePolicy.Report =>
  stake({ provider: { ...Good.goodProvider, ...changes } });
const chain = (changes: StakePolicy.ChainFacts): Pick<StakePolicy.StakePlan, 'chain'> => ({ chain: { ...Good.chain, ...changes } });

/** The plan with another contract, its transaction built for it. */
function withContract(other: StakingContract.StakingContract, more: Partial<StakePolicy.StakePlan> = {}): StakePolicy.Report {
  return stake({ contract: other, stakingTransaction: Good.build({ contract: other }).transaction, ...more });
}

/** The transaction after a change. */
function changed(source: Tx.Transaction, change: (copy: Tx.Transaction) => void): Tx.Transaction {
  const copy = Tx.copy(source);
  change(copy);
  return copy;
}

/** A plan over another amount, with a coin that pays it at the same rate. */
function withValue(valueSats: bigint, more: Partial<StakePolicy.StakePlan> = {}): StakePolicy.Report {
  const coins = [{ ...Good.goodCoin, valueSats: valueSats + 10_000_000n }];
  const { transaction } = Good.build({ valueSats: sats(valueSats), coins });
  return stake({ stakingTransaction: transaction, coins, intent: { valueSats: sats(valueSats), blocks: 64_000 }, ...more });
}

/** The plan with a transaction that pays this fee, from a coin of the right value. */
function withFee(feeSats: bigint, more: Partial<StakePolicy.StakePlan> = {}): StakePolicy.Report {
  const valueSats = built.transaction.outs.reduce((sum, { value }) => sum + value, feeSats);
  return stake({ coins: [{ ...Good.goodCoin, valueSats }], ...more });
}

function withOutput(script: Uint8Array, value: bigint, more: Partial<StakePolicy.StakePlan> = {}): StakePolicy.Report {
  const stakingTransaction = changed(built.transaction, (copy) => {
    const change = copy.outs[1] as Tx.Transaction['outs'][number];
    change.value -= value;
    copy.addOutput(script, value);
  });
  return stake({ stakingTransaction, ...more });
}

const testnet = Networks.from('testnet');
const older = ParamsSet.byVersion(network.paramsSet, 4);
const olderContract = StakingContract.fromParams(older, Good.contractOptions);
const dataOutput = (changes: Partial<OpReturn.build.Options>): Uint8Array =>
  OpReturn.build({
    tag: network.phase1?.versions[0].tag ?? new Uint8Array(4),
    stakerPk: Good.staker.publicKey,
    finalityProviderPk: Good.provider.publicKey,
    stakingTimeBlocks: 64_000,
    ...changes,
  });
const listed = { ...params, allowListExpirationHeight: 4_000_000n };
const listedNetwork = { ...network, paramsSet: ParamsSet.from([...network.paramsSet.versions.slice(0, 5), listed]) };
const soon = {
  ...network,
  paramsSet: ParamsSet.from([...network.paramsSet.versions, { ...params, version: 6, btcActivationHeight: Blocks.height(TIP + 12) }]),
};
const generic = (changes: Partial<StakingContract.Options>): StakingContract.StakingContract =>
  StakingContract.from({ ...contract.terms, stakerPk: Good.staker.publicKey, ...changes, profile: 'generic' });
/** A committee of which five are the old ones. */
const rotated = {
  ...params,
  covenantPks: [...params.covenantPks.slice(0, 5), ...pks(keysOf('rotated', 4))],
};
const rotatedNetwork = { ...network, paramsSet: ParamsSet.from([...network.paramsSet.versions.slice(0, 5), rotated]) };
const rotatedContract = StakingContract.fromParams(rotated, Good.contractOptions);
const extended = (changes: Partial<ExtensionTx.build.Options>): Tx.Transaction => Good.extend(changes).transaction;
const otherStaker = StakingContract.fromParams(params, { ...Good.contractOptions, stakerPk: keyOf('another').publicKey });
const otherProvider = StakingContract.fromParams(params, { ...Good.contractOptions, finalityProviderPks: [keyOf('other').publicKey] });
/** A stake transaction in the form of an extension, whatever the rules of one say. */
const loose = (to: StakingContract.StakingContract, value: bigint): Tx.Transaction =>
  changed(extended({}), (copy) => {
    const [first, second] = copy.outs as [Tx.Transaction['outs'][number], Tx.Transaction['outs'][number]];
    second.value += first.value - value;
    first.script = to.staking.scriptPubKey;
    first.value = value;
  });
const smallStake = Delegation.from({ contract, rules: params, stakingTransaction: stakingTransaction(contract, 500_000n) });
const smallUnbonding: Partial<StakePolicy.UnbondingPlan> = { delegation: smallStake, transaction: smallStake.unbonding.transaction };
const expensive = { limits: { maxUnbondingFeeShareBps: 100 } };
const bigWithdrawal = (feeSats: bigint): Partial<StakePolicy.WithdrawalPlan> => ({
  transaction: WithdrawalTx.build({ inputs: [Good.withdrawalInput], destinationScriptPubKey: CHANGE, feeSats: sats(feeSats) }).transaction,
});

/** The rule, a report that it must be in, and what else the same fault trips. */
const TRIPS: readonly (readonly [string, () => StakePolicy.Report, (readonly string[])?])[] = [
  ['registration.without-proof', () => post({ hasInclusionProof: false })],
  ['registration.without-proof', () => stake({ inclusion: { height: TIP - 100 }, hasInclusionProof: false })],
  ['registration.unneeded-proof', () => stake({ hasInclusionProof: true })],
  ['registration.coinbase', () => post({ inclusion: { height: TIP - 100, index: 0 } })],
  [
    'registration.window-closed',
    // tip + U < H + staking time fails by one block.
    () => post({ ...chain({ tipHeight: TIP + 63_599 }) }),
  ],
  ['registration.window-closing', () => post({ ...chain({ tipHeight: TIP + 63_598 }) })],
  ['registration.not-deep-enough', () => post({ inclusion: { height: TIP - 29 } })],
  ['registration.duplicate', () => stake({ knownDelegations: [knownOf(Tx.txid(built.transaction), keyOf('another').publicKey)] })],
  ['registration.not-verified', () => stake({ step: 'broadcast', status: 'PENDING' })],
  ['allow-list.not-listed', () => stake({ params: listed, network: listedNetwork, isAllowListed: false })],
  [
    'network.no-staking',
    () => stake({ network: { ...network, paramsSet: undefined } as unknown as Networks.Network }),
    ['data.params-outdated'],
  ],
  [
    'network.wrong-params',
    () => {
      const own = ParamsSet.byVersion(testnet.paramsSet, 5);
      const other = StakingContract.fromParams(own, Good.contractOptions);
      return withContract(other, { params: own, slashingFeeSats: sats(150_000n) });
    },
  ],
  ['network.wrong-address', () => stake({ addresses: ['tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx'] })],
  ['network.wrong-address', () => withdrawal({ addresses: [Good.address, 'rubbish'] })],
  ['network.wrong-tag', () => withOutput(dataOutput({ tag: new Uint8Array(4) }), 0n)],
  ['network.other-data', () => withOutput(dataOutput({ stakingTimeBlocks: 1000 }), 0n)],
  ['network.other-data', () => withOutput(dataOutput({ finalityProviderPk: keyOf('other').publicKey }), 0n)],
  ['data.params-outdated', () => stake(chain({ latestParamsVersion: 6 }))],
  ['data.old', () => stake({ chain: { tipHeight: TIP, babylonHeight: 3_000_000n, date: '2026-08-11' } }), ['params-version.not-checked']],
  ['data.old', () => stake({ chain: { tipHeight: TIP + 15_000, babylonHeight: 3_000_000n } }), ['params-version.not-checked']],
  ['version.wrong', () => withContract(olderContract, { params: older })],
  ['version.wrong', () => stake(chain({ tipHeight: 905_633 })), ['version.activation-near']],
  ['version.wrong-at-inclusion', () => post({ inclusion: { height: 905_633, index: 5 } })],
  ['version.activation-near', () => stake({ network: soon })],
  ['version.other-terms', () => withContract(olderContract)],
  ['profile.several-providers', () => withContract(generic({ finalityProviderPks: [Good.provider.publicKey, keyOf('second').publicKey] }))],
  [
    'profile.several-stakers',
    () => {
      const { stakerPks: _pks, stakerQuorum: _quorum, ...terms } = contract.terms;
      const stakers = { pks: [Good.staker.publicKey, keyOf('second').publicKey], quorum: 1 };
      return withContract(StakingContract.from({ ...terms, stakers, profile: 'generic' }));
    },
  ],
  ['amount.no-stake-output', () => stake({ contract: otherProvider }), ['output.change-not-owned', 'provider.other-key']],
  ['amount.no-stake-output', () => withOutput(contract.staking.scriptPubKey, 1_000_000n)],
  ['amount.out-of-range', () => withValue(499_999n, wide)],
  ['amount.not-asked', () => stake({ intent: { valueSats: sats(5_000_000n), blocks: 64_000 } })],
  ['amount.not-slashable', () => withValue(150_000n, wide), ['amount.out-of-range']],
  [
    'time.out-of-range',
    () => {
      const short = StakingContract.fromParams(params, { ...Good.contractOptions, stakingTimeBlocks: 10_000 });
      return withContract(short, { intent: { valueSats: Good.VALUE, blocks: 10_000 } });
    },
  ],
  ['time.not-asked', () => stake({ intent: { valueSats: Good.VALUE, blocks: 63_999 } })],
  ['time.longer-than-asked', () => stake({ intent: { valueSats: Good.VALUE, days: 90 } })],
  ['time.very-long', () => stake({ limits: { longLockBlocks: 63_999 } })],
  ['key.not-the-wallets', () => stake({ wallet: { scripts: [CHANGE], stakerPks: [keyOf('another').publicKey] } })],
  ['key.reused', () => stake({ knownDelegations: [knownOf('ab'.repeat(32), Good.staker.publicKey)] })],
  ['key.shared-with-coin', () => coin({ tapInternalKey: Good.staker.publicKey })],
  ['provider.other-key', () => provider({ publicKey: keyOf('another').publicKey })],
  ['provider.unknown', () => provider({ isRegistered: false })],
  ['provider.slashed', () => provider({ isSlashed: true, isActive: false })],
  ['provider.deleted', () => provider({ isDeleted: true, isActive: false })],
  ['provider.jailed', () => provider({ isJailed: true, isActive: false })],
  ['provider.inactive', () => provider({ isActive: false })],
  ['provider.high-commission', () => provider({ commission: '0.200000000000000001' })],
  ['provider.commission-can-rise', () => provider({ maxCommission: '1' })],
  // The parent expires at H + 64000 - 301; the child must be 30 deep below that.
  ['extension.too-late', () => extension({ previousInclusionHeight: TIP + 31 - 63_699 })],
  ['extension.deadline-near', () => extension({ previousInclusionHeight: TIP + 32 - 63_699 })],
  ['extension.deadline-near', () => extension({ previousInclusionHeight: TIP + 32 - 63_699 + 144 })],
  ['extension.not-active', () => extension({ previousStatus: 'VERIFIED' })],
  [
    'extension.covenant-overlap',
    () =>
      extension({
        params: rotated,
        network: rotatedNetwork,
        contract: rotatedContract,
        stakingTransaction: loose(rotatedContract, Good.VALUE),
      }),
  ],
  [
    'extension.other-staker',
    () =>
      extension({
        contract: otherStaker,
        stakingTransaction: loose(otherStaker, Good.VALUE),
        wallet: { scripts: [CHANGE], stakerPks: [keyOf('another').publicKey] },
      }),
  ],
  [
    'extension.other-provider',
    () =>
      extension({
        contract: otherProvider,
        stakingTransaction: loose(otherProvider, Good.VALUE),
        provider: { ...Good.goodProvider, publicKey: keyOf('other').publicKey },
      }),
  ],
  [
    'extension.value-decreased',
    () => extension({ stakingTransaction: loose(contract, Good.VALUE - 1n), intent: { valueSats: sats(Good.VALUE - 1n), blocks: 64_000 } }),
  ],
  ['extension.wrong-inputs', () => extension({ stakingTransaction: changed(extended({}), (copy) => copy.ins.reverse()) })],
  ['extension.other-account', () => extension({ stakerAddress: 'bbn1b' })],
  [
    'unbonding.wrong-transaction',
    () => unbonding({ transaction: changed(Good.delegation.unbonding.transaction, (copy) => (copy.outs[0] as { value: bigint }).value--) }),
  ],
  ['unbonding.stake-spent', () => unbonding({ isStakeSpent: true })],
  ['unbonding.covenant-short', () => unbonding({ covenantSignatures: 5 })],
  // Free by the timelock in block end, by unbonding in block tip + 1 + 301.
  ['unbonding.timelock-sooner', () => unbonding({ inclusionHeight: TIP + 302 - 64_000 })],
  // 9,600 sat for 320 vB are 30 sat/vB.
  ['unbonding.fee-rate-low', () => unbonding({ referenceFeeRateSatsPerKvb: 60_001n })],
  ['unbonding.provider-slashed', () => unbonding({ provider: { ...Good.goodProvider, isSlashed: true } })],
  ['unbonding.provider-slashed', () => withdrawal({ provider: { ...Good.goodProvider, isSlashed: true } })],
  ['unbonding.fee-share', () => unbonding({ ...smallUnbonding, ...expensive })],
  ['withdrawal.immature', () => withdrawal({ inputs: [{ ...Good.withdrawalInput, minedHeight: TIP - 299 }] })],
  ['withdrawal.spent', () => withdrawal({ inputs: [{ ...Good.withdrawalInput, isSpent: true }] })],
  [
    'withdrawal.wrong-inputs',
    () => withdrawal({ inputs: [{ ...Good.withdrawalInput, outpoint: { txid: 'cd'.repeat(32), vout: 0 } }] }),
    ['fee.not-checked'],
  ],
  ['withdrawal.wrong-sequence', () => withdrawal(sequence(300))],
  ['withdrawal.wrong-sequence', () => withdrawal(sequence(0x0040_012d))],
  ['withdrawal.wrong-sequence', () => withdrawal(sequence(Tx.FINAL_SEQUENCE))],
  ['withdrawal.destination-not-owned', () => withdrawal({ wallet: { scripts: [P2WPKH] } })],
  ['coin.unknown-input', () => stake({ coins: [] }), ['fee.not-checked']],
  [
    'coin.duplicate-input',
    () => stake({ stakingTransaction: changed(built.transaction, duplicateInput) }),
    ['fee.high', 'fee.share', 'fee.rate-high'],
  ],
  ['coin.txid-changes', () => coin({ scriptPubKey: P2PKH })],
  ['coin.unconfirmed', () => coin({ confirmations: 0 })],
  ['coin.immature', () => coin({ isCoinbase: true, confirmations: 99 })],
  ['coin.spent', () => coin({ isSpent: true })],
  ['coin.inscribed', () => coin({ hasInscription: true })],
  ['coin.runes', () => coin({ hasRunes: true })],
  ['coin.rare-sats', () => coin({ hasRareSats: true })],
  [
    'coin.is-a-stake',
    () => stake({ knownDelegations: [knownOf(Good.goodCoin.outpoint.txid, keyOf('another').publicKey, Good.goodCoin.outpoint.vout)] }),
  ],
  ['transaction.replaceable', () => stake({ stakingTransaction: changed(built.transaction, (copy) => setSequence(copy, 0xffff_fffd)) })],
  [
    'transaction.locked',
    () =>
      stake({
        stakingTransaction: changed(built.transaction, (copy) => {
          setSequence(copy, 0xffff_fffe);
          copy.locktime = TIP + 1;
        }),
      }),
  ],
  ['output.unspendable', () => withOutput(new Uint8Array([0x51]), 1_000n)],
  ['output.unspendable', () => withOutput(new Uint8Array([0x6a, 0x01, 0x02]), 1_000n)],
  ['output.dust', () => withOutput(CHANGE, 329n)],
  ['output.uneconomic-change', () => withOutput(CHANGE, 330n, { referenceFeeRateSatsPerKvb: 6_000n, limits: { minFeeRatePercent: 1 } })],
  ['output.change-not-owned', () => stake({ wallet: { scripts: [], stakerPks: [Good.staker.publicKey] } })],
  ['fee.negative', () => withFee(-1n)],
  ['fee.below-relay-minimum', () => withFee(10n)],
  ['fee.high', () => withFee(100_001n, { limits: { maxFeeRatePercent: 1_000_000 } })],
  ['fee.share', () => withFee(50_001n, { limits: { maxFeeRatePercent: 1_000_000, maxFeeShareBps: 10 } })],
  ['fee.share', () => withdrawal({ ...bigWithdrawal(50_000n), limits: { maxFeeRatePercent: 1_000_000, maxFeeShareBps: 10 } })],
  ['fee.rate-high', () => stake({ referenceFeeRateSatsPerKvb: 600n })],
  ['fee.rate-high', () => withdrawal({ referenceFeeRateSatsPerKvb: 600n })],
  ['fee.rate-low', () => stake({ referenceFeeRateSatsPerKvb: 5_000n })],
  ['fee.rate-low', () => withdrawal({ referenceFeeRateSatsPerKvb: 5_000n })],
  ['slashing.loss', () => stake({})],
  ['slashing.fee-share', () => stake({ limits: { maxSlashingFeeShareBps: 29 } })],
  ['unbonding.fee-share', () => stake({ limits: { maxUnbondingFeeShareBps: 1 } })],
  [
    'pop.wrong-type',
    () => stake({ pop: { type: 'BIP322', context: '', bitcoinAddress: '3P14159f73E4gFr7JterCCQh9QjiTjiZrG', isValid: true } }),
  ],
  ['pop.wrong-context', () => stake({ pop: { type: 'ECDSA', context: 'ab'.repeat(32), isValid: true } })],
  ['pop.invalid', () => stake({ pop: { type: 'ECDSA', context: '', isValid: false } })],
];

function knownOf(stakingTxid: string, stakerPk: Uint8Array, stakingOutputIndex = 0): StakePolicy.KnownDelegation {
  return { stakingTxid, stakerPk, stakingOutputIndex };
}

function duplicateInput(copy: Tx.Transaction): void {
  const [input] = copy.ins;
  if (input !== undefined) copy.ins.push({ ...input });
}

function setLocktime(copy: Tx.Transaction): void {
  copy.locktime = TIP + 5;
}

function setSequence(copy: Tx.Transaction, value: number): void {
  for (const input of copy.ins) input.sequence = value;
}

function sequence(value: number): Partial<StakePolicy.WithdrawalPlan> {
  return { transaction: changed(Good.withdrawal.transaction, (copy) => setSequence(copy, value)) };
}

/** Limits under which a small amount has no other fault than its size. */
const wide: Partial<StakePolicy.StakePlan> = {
  limits: { maxSlashingFeeShareBps: 1_000_000, maxUnbondingFeeShareBps: 1_000_000, maxFeeShareBps: 1_000_000 },
};

const GOOD: ReadonlySet<string> = new Set(['slashing.loss']);

describe('plans without a fault', () => {
  it.each<readonly [string, StakePolicy.Report, readonly string[]]>([
    ['a stake before it is on Bitcoin', stake({}), ['slashing.loss']],
    ['a stake that is on Bitcoin', post({}), ['slashing.loss']],
    ['a stake of phase 1', post({ registration: 'migration' }), ['slashing.loss']],
    ['the broadcast', stake({ step: 'broadcast', status: 'VERIFIED' }), ['slashing.loss']],
    ['an extension', extension({}), ['slashing.loss']],
    ['an unbonding', unbonding({}), []],
    ['a withdrawal', withdrawal({}), []],
  ])('%s raises nothing', (_, report, expected) => {
    expect(codes(report)).toEqual(expected);
    expect(() => StakePolicy.requireAcknowledged(report)).not.toThrow();
  });

  it('whatever amount, rate and coins: no error and no warning', () => {
    const amounts = fc.record({
      value: fc.bigInt({ min: 5_000_000n, max: 500_000_000_000n }),
      rate: fc.bigInt({ min: 100n, max: 50_000n }),
      kind: fc.constantFrom('P2WPKH', 'P2TR', 'P2SH-P2WPKH', 'P2WSH 2-of-3', 'P2SH-P2WSH 2-of-3'),
      coins: fc.integer({ min: 1, max: 5 }),
      spare: fc.bigInt({ min: 50_000n, max: 10_000_000n }),
      confirmations: fc.integer({ min: 100, max: 1000 }),
      isCoinbase: fc.boolean(),
    });
    fc.assert(
      fc.property(amounts, ({ value, rate, kind, coins: count, spare, confirmations, isCoinbase }) => {
        const each = (value + spare) / BigInt(count) + 100_000n;
        const coins = Array.from({ length: count }, (_, i) => ({
          ...Good.goodCoin,
          ...coinOf(kind, each, 0x40 + i),
          confirmations,
          isCoinbase,
        }));
        const { transaction } = StakingTx.build({
          contract,
          params,
          valueSats: sats(value),
          coins,
          changeScriptPubKey: CHANGE,
          feeRateSatsPerKvb: rate,
        });
        const report = stake({
          stakingTransaction: transaction,
          coins,
          intent: { valueSats: sats(value), days: 445 },
          referenceFeeRateSatsPerKvb: rate,
        });
        expect(codes(report)).toEqual(['slashing.loss']);
      }),
      { seed: SEED, numRuns: 40 },
    );
  });
});

describe('each rule', () => {
  it.each(TRIPS.map(([code, report, also = []]) => [code, report, also] as const))('%s', (code, report, also) => {
    const rule = StakePolicy.RULES.find((one) => one.code === code);
    const found = report().findings.filter((finding) => code === 'slashing.loss' || !GOOD.has(finding.code));
    expect([...new Set(found.map((finding) => finding.code))].sort()).toEqual([code, ...also].sort());
    const finding = found.find((one) => one.code === code);
    expect(finding?.severity).toBe(rule?.severity);
    expect(finding?.reason.length).toBeGreaterThan(20);
    expect(finding?.remedy.length).toBeGreaterThan(5);
    expect(JSON.parse(JSON.stringify(finding))).toEqual(finding);
  });

  it('is tripped here, has a code of its own, and stands in the document', () => {
    const tripped = new Set(TRIPS.map(([code]) => code));
    expect(StakePolicy.RULES.map(({ code }) => code).filter((code) => !tripped.has(code))).toEqual([]);
    expect(new Set(StakePolicy.RULES.map(({ code }) => code)).size).toBe(StakePolicy.RULES.length);
    const document = readFileSync(new URL('../../docs/stake-policy.md', import.meta.url), 'utf8');
    expect(document).toContain(StakePolicy.rulesAsMarkdown());
  });
});

describe('at the edge of a rule', () => {
  it.each<readonly [string, () => StakePolicy.Report]>([
    ['registration.window-closed', () => post({ ...chain({ tipHeight: TIP + 63_598 }) })],
    ['registration.window-closing', () => post({ ...chain({ tipHeight: TIP + 63_598 - 144 }) })],
    ['registration.not-deep-enough', () => post({ inclusion: { height: TIP - 30 } })],
    ['version.activation-near', () => stake({ network: soon, ...chain({ tipHeight: TIP - 1 }) })],
    ['extension.too-late', () => extension({ previousInclusionHeight: TIP + 32 - 63_699 })],
    ['extension.deadline-near', () => extension({ previousInclusionHeight: TIP + 32 - 63_699 + 145 })],
    ['unbonding.timelock-sooner', () => unbonding({ inclusionHeight: TIP + 303 - 64_000 })],
    ['unbonding.fee-rate-low', () => unbonding({ referenceFeeRateSatsPerKvb: 60_000n })],
    ['withdrawal.immature', () => withdrawal({ inputs: [{ ...Good.withdrawalInput, minedHeight: TIP + 1 - 301 }] })],
    ['coin.immature', () => coin({ isCoinbase: true, confirmations: 100 })],
    ['slashing.fee-share', () => stake({ limits: { maxSlashingFeeShareBps: 30 } })],
    ['time.longer-than-asked', () => stake({ intent: { valueSats: Good.VALUE, days: 405 } })],
    ['data.old', () => stake({ chain: { tipHeight: TIP, babylonHeight: 3_000_000n, date: '2026-08-10' } })],
    ['coin.txid-changes', () => post({ coins: [{ ...Good.goodCoin, scriptPubKey: P2PKH }] })],
    ['allow-list.not-listed', () => stake({ params: listed, network: listedNetwork, isAllowListed: true })],
    ['allow-list.not-listed', () => stake({ params: listed, network: listedNetwork, ...chain({ babylonHeight: 4_000_000n }) })],
    ['network.wrong-tag', () => withOutput(dataOutput({}), 0n)],
    ['transaction.locked', () => stake({ stakingTransaction: changed(built.transaction, setLocktime) })],
  ])('%s is silent', (code, report) => {
    expect(codes(report())).not.toContain(code);
  });
});

describe('the deadlines of a stake of block 910000, for 64000 blocks, at 301 and 30', () => {
  const at = (tipHeight: number): string[] => codes(extension({ previousInclusionHeight: 910_000, ...chain({ tipHeight }) }));
  const registered = (tipHeight: number): string[] => codes(post({ inclusion: { height: 910_000 }, ...chain({ tipHeight }) }));
  it('an extension is mined by block 973668', () => {
    expect(at(973_667)).toContain('extension.deadline-near');
    expect(at(973_667)).not.toContain('extension.too-late');
    expect(at(973_668)).toContain('extension.too-late');
  });
  it('a registration is taken at the tips 910030 to 973698', () => {
    expect(registered(910_029)).toContain('registration.not-deep-enough');
    expect(registered(910_030)).not.toContain('registration.not-deep-enough');
    expect(registered(973_698)).not.toContain('registration.window-closed');
    expect(registered(973_699)).toContain('registration.window-closed');
  });
});

describe('what is not known', () => {
  const bare = { registration: 'pre-staking', contract, params, stakingTransaction: built.transaction } as const;

  it('is said, with every rule that was left out', () => {
    const report = StakePolicy.review(bare);
    const missing = report.findings.filter(({ code }) => code.endsWith('.not-checked'));
    expect(missing.every(({ severity }) => severity === 'info')).toBe(true);
    const left = new Set(missing.flatMap(({ facts }) => facts['notChecked'] as readonly string[]));
    const ran = [
      'version.other-terms',
      'amount.no-stake-output',
      'time.very-long',
      'profile.several-stakers',
      'output.dust',
      'slashing.loss',
    ];
    const whole = StakePolicy.RULES.filter(({ flows }) => flows.includes('stake')).map(({ code }) => code);
    for (const code of ran) expect(left.has(code), code).toBe(false);
    // With nothing known a rule is either left out by name, or needs nothing, or its question does not arise.
    const silent = whole.filter((code) => !left.has(code));
    for (const code of silent)
      expect(code).toMatch(
        /^(amount|time|version\.other|profile|output|slashing|unbonding|coin\.duplicate|transaction|network\.(other|wrong-tag)|registration|allow-list|data|provider|version\.wrong-at)/,
      );
    expect(left.size).toBeGreaterThan(35);
  });

  it.each<readonly [string, Partial<StakePolicy.StakePlan>]>([
    ['tip.not-checked', { chain: { babylonHeight: 3_000_000n, date: '2026-06-01', latestParamsVersion: 5 } }],
    [
      'data-age.not-checked',
      { network: { ...network, bitcoinNetwork: 'signet' }, addresses: [], chain: { tipHeight: TIP, babylonHeight: 3_000_000n } },
    ],
    ['provider-slashed.not-checked', { provider: { publicKey: Good.provider.publicKey, isRegistered: true } }],
    ['inscriptions.not-checked', { coins: [{ ...coinOf('P2TR', 60_000_000n) }] }],
    ['inclusion-proof.not-checked', { registration: 'post-staking', inclusion: { height: TIP - 100 } }],
    ['inclusion.not-checked', { registration: 'post-staking' }],
    ['status.not-checked', { step: 'broadcast' }],
    ['fee-rate.not-checked', { coins: [{ ...Good.goodCoin, scriptPubKey: new Uint8Array([0x51]) }] }],
    ['babylon-height.not-checked', { chain: { tipHeight: TIP, latestParamsVersion: 5 } }],
    ['ownership.not-checked', { wallet: { stakerPks: [] } }],
    ['pop-signature.not-checked', { pop: { type: 'BIP340' } }],
  ])('%s', (code, changes) => {
    expect(codes(stake(changes))).toContain(code);
  });

  it('has a code of its own each', () => {
    expect(StakePolicy.NOT_CHECKED.every(({ code }) => code.endsWith('.not-checked'))).toBe(true);
    expect(new Set(StakePolicy.NOT_CHECKED.map(({ code }) => code)).size).toBe(StakePolicy.NOT_CHECKED.length);
  });
});

describe('ownership', () => {
  it('may be asked by a question, and the answer must be one', () => {
    expect(codes(stake({ wallet: { owns: (script) => hex(script) === hex(CHANGE), stakerPks: [Good.staker.publicKey] } }))).toEqual([
      'slashing.loss',
    ]);
    expect(codes(stake({ wallet: { owns: () => false, stakerPks: [Good.staker.publicKey] } }))).toContain('output.change-not-owned');
    const answers = (): boolean => 'yes' as unknown as boolean;
    expect(codeOf(() => stake({ wallet: { owns: answers } }))).toBe('stake-policy.not-boolean');
  });
});

describe('acknowledgement', () => {
  const warned = coin({ confirmations: 0, hasInscription: true });
  const erring = coin({ isSpent: true, hasRunes: true });

  it('is asked of every warning, by code or by what was seen', () => {
    expect(failure(() => StakePolicy.requireAcknowledged(warned)).reason).toMatchObject({
      code: 'stake-policy.unacknowledged',
      codes: ['coin.unconfirmed', 'coin.inscribed'],
    });
    expect(codeOf(() => StakePolicy.requireAcknowledged(warned, ['coin.unconfirmed']))).toBe('stake-policy.unacknowledged');
    expect(() => StakePolicy.requireAcknowledged(warned, ['coin.unconfirmed', 'coin.inscribed'])).not.toThrow();
    const seen = warned.findings.filter(({ severity }) => severity === 'warning').map(StakePolicy.acknowledgementOf);
    expect(() => StakePolicy.requireAcknowledged(warned, seen)).not.toThrow();
  });

  it('by what was seen does not cover another plan, nor other facts', () => {
    const seen = warned.findings.filter(({ severity }) => severity === 'warning').map(StakePolicy.acknowledgementOf);
    const plans = [
      coin({ confirmations: 0, hasInscription: true, valueSats: 60_000_001n }),
      withContract(otherStaker, { coins: [{ ...Good.goodCoin, confirmations: 0, hasInscription: true }], wallet: { scripts: [CHANGE] } }),
    ];
    for (const report of plans)
      expect(codeOf(() => StakePolicy.requireAcknowledged(report, seen))).toBe('stake-policy.stale-acknowledgement');
  });

  it('never covers an error, and errors are told before warnings', () => {
    expect(failure(() => StakePolicy.requireAcknowledged(erring, ['coin.runes'])).reason).toMatchObject({
      code: 'stake-policy.errors',
      codes: ['coin.spent'],
    });
    expect(codeOf(() => StakePolicy.requireAcknowledged(erring, ['coin.spent']))).toBe('stake-policy.errors');
  });

  it.each(['coin.spent', 'slashing.loss', 'coin.unknown', '', '@', 'coins.not-checked', 'toString'])('of %j is refused', (code) => {
    expect(codeOf(() => StakePolicy.requireAcknowledged(warned, [code]))).toBe('stake-policy.unknown-acknowledgement');
  });

  it('of what was not found does no harm', () => {
    expect(() => StakePolicy.requireAcknowledged(stake({}), ['coin.runes'])).not.toThrow();
  });

  it('is printed with each warning', () => {
    const text = StakePolicy.toText(warned);
    expect(text).toMatch(/^0 errors, 2 warnings, 1 note\n/);
    for (const finding of warned.findings) expect(text).toContain(finding.reason);
    expect(text).toContain(`acknowledge: ${StakePolicy.acknowledgementOf(warned.findings[0] as StakePolicy.Finding)}`);
  });
});

describe('a report', () => {
  it('survives JSON', () => {
    const report = coin({ confirmations: 0 });
    const back: StakePolicy.Report = JSON.parse(JSON.stringify(report));
    expect(back).toEqual(report);
    expect(codeOf(() => StakePolicy.requireAcknowledged(back))).toBe('stake-policy.unacknowledged');
  });

  it('is the same for the same plan', () => {
    expect(coin({ confirmations: 0 })).toEqual(coin({ confirmations: 0 }));
  });

  it('with a severity that does not exist is refused: it would count as none', () => {
    const [finding] = coin({ confirmations: 0 }).findings;
    const report = { flow: 'stake', txid: '', findings: [{ ...finding, severity: 'WARNING' }] } as unknown as StakePolicy.Report;
    expect(codeOf(() => StakePolicy.requireAcknowledged(report))).toBe('stake-policy.unknown-choice');
  });
});

describe('a plan of wrong types', () => {
  it.each<readonly [string, Partial<Record<keyof StakePolicy.StakePlan, unknown>>, string]>([
    ['an unknown registration', { registration: 'both' }, 'stake-policy.unknown-choice'],
    ['a date that does not exist', { chain: { date: '2026-02-29' } }, 'stake-policy.bad-date'],
    ['a commission in percent', { provider: { ...Good.goodProvider, commission: '5' } }, 'stake-policy.bad-fraction'],
    ['a commission above one', { provider: { ...Good.goodProvider, commission: '1.01' } }, 'stake-policy.bad-fraction'],
    ['a limit that does not exist', { limits: { maxFee: 1 } }, 'stake-policy.unknown-limit'],
    ['a truth that is none', { coins: [{ ...Good.goodCoin, isSpent: 'no' }] }, 'stake-policy.not-boolean'],
    ['half a confirmation', { coins: [{ ...Good.goodCoin, confirmations: 0.5 }] }, 'input.not-integer'],
    ['a version that is none', { params: {} }, 'params.not-parameters'],
  ])('%s', (_, changes, code) => {
    expect(codeOf(() => stake(changes as Partial<StakePolicy.StakePlan>))).toBe(code);
  });
});
