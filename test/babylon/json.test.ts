// Contracts and delegations as JSON: nothing is lost, nothing unknown passes, and what is handed out is nobody's to change.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Delegation from '../../src/babylon/Delegation.ts';
import * as Networks from '../../src/babylon/Networks.ts';
import * as ParamsSet from '../../src/babylon/ParamsSet.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import { isSatlockError } from '../../src/base/Errors.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as Rate from '../../src/base/Rate.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import { castOf, contractOf, keysOf, P2TR, RULES, sats, stakeOf, stakingTransaction, untyped } from '../support/stakes.ts';

const again = (json: unknown): unknown => JSON.parse(JSON.stringify(json));
const facts = (call: () => unknown): { readonly code: string; readonly field: string | undefined } => {
  try {
    call();
  } catch (error) {
    if (isSatlockError(error)) return { code: error.code, field: (error.reason as { readonly field?: string }).field };
    throw error;
  }
  return { code: 'accepted', field: undefined };
};
const but = (json: object, path: string, value: unknown): unknown => {
  const copy = again(json) as Record<string, unknown>;
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let at = copy;
  for (const key of keys) at = at[key] as Record<string, unknown>;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
};

/** Everything that the later transactions consist of. */
const transactionsOf = (delegation: Delegation.Delegation): readonly string[] => [
  delegation.stakingTxid,
  ...[delegation.unbonding, delegation.stakingSlashing, delegation.unbondingSlashing].flatMap((spend) => [
    spend.txid,
    Tx.toHex(spend.transaction),
    Hex.encode(spend.sighash(0)),
    Hex.encode(spend.leaf.controlBlock),
  ]),
];

const randomStake = fc
  .record({
    stakers: fc.integer({ min: 1, max: 3 }),
    providers: fc.integer({ min: 1, max: 3 }),
    covenant: fc.integer({ min: 1, max: 9 }),
    outputIndex: fc.integer({ min: 0, max: 3 }),
    valueSats: fc.bigInt({ min: 100_000n, max: 2_000_000_000n }),
    rate: fc.integer({ min: 100, max: 9_000 }),
    feeSats: fc.option(fc.bigInt({ min: 1_000n, max: 5_000n }), { nil: undefined }),
    version: fc.constantFrom(1, 2, undefined),
    paramsVersion: fc.option(fc.nat(40), { nil: undefined }),
    stakingTimeBlocks: fc.integer({ min: 1, max: 65_535 }),
    unbondingTimeBlocks: fc.integer({ min: 1, max: 65_535 }),
    legacyInput: fc.boolean(),
  })
  .map(({ stakers, providers, covenant, outputIndex, valueSats, legacyInput, ...more }) => {
    const generic = stakers > 1 || providers > 1;
    const contract = StakingContract.from({
      stakers: { pks: keysOf('s', stakers).map(({ publicKey }) => publicKey), quorum: stakers },
      finalityProviderPks: keysOf('f', providers).map(({ publicKey }) => publicKey),
      covenantPks: keysOf('c', covenant).map(({ publicKey }) => publicKey),
      covenantQuorum: Math.floor(covenant / 2) + 1,
      stakingTimeBlocks: more.stakingTimeBlocks,
      unbondingTimeBlocks: more.unbondingTimeBlocks,
      profile: generic ? 'generic' : 'babylon-v4',
    });
    const transaction = stakingTransaction(contract, valueSats, outputIndex);
    if (legacyInput) for (const input of transaction.ins) input.script = Uint8Array.of(2, 1, 1);
    return Delegation.from({
      contract,
      stakingTransaction: transaction,
      stakingOutputIndex: outputIndex,
      rules: { ...RULES, slashingRate: Rate.from(more.rate) },
      ...(more.version === undefined ? {} : { slashingTxVersion: untyped<1 | 2>(more.version) }),
      ...(more.feeSats === undefined ? {} : { slashingFeeSats: sats(more.feeSats) }),
      ...(more.paramsVersion === undefined ? {} : { paramsVersion: more.paramsVersion }),
    });
  });

describe('a delegation as JSON', () => {
  it('read back gives the same transactions, scripts and text', () => {
    fc.assert(
      fc.property(randomStake, (delegation) => {
        const json = Delegation.toJson(delegation);
        const back = Delegation.fromJson(again(json));
        expect(transactionsOf(back)).toEqual(transactionsOf(delegation));
        expect(Delegation.toJson(back)).toEqual(json);
        expect(back.paramsVersion).toBe(delegation.paramsVersion);
        expect(back.contract.terms).toEqual(delegation.contract.terms);
        expect(back.contract.slashingChange).toEqual(delegation.contract.slashingChange);
      }),
      { seed: 7, numRuns: 60 },
    );
  });

  it('keeps the version of whole parameters, and the rules of another release stay as they were', () => {
    const params = ParamsSet.latest(Networks.from('mainnet').paramsSet);
    const contract = StakingContract.fromParams(params, {
      stakerPk: keysOf('s', 1)[0]?.publicKey ?? untyped(undefined),
      finalityProviderPks: keysOf('f', 1).map(({ publicKey }) => publicKey),
      stakingTimeBlocks: 64_000,
    });
    const delegation = Delegation.from({ contract, rules: params, stakingTransaction: stakingTransaction(contract, 1_000_000n) });
    const json = Delegation.toJson(delegation);
    expect(json).toMatchObject({
      schema: 'satlock-delegation/1',
      paramsVersion: params.version,
      rules: {
        slashingPkScriptHex: '6a07626162796c6f6e',
        slashingRate: '0.001',
        minSlashingTxFeeSats: '150000',
        unbondingFeeSats: '9600',
      },
      slashingTxVersion: 2,
      slashingFeeSats: '150000',
      stakingOutputIndex: 0,
    });
    expect(transactionsOf(Delegation.fromJson(again(json)))).toEqual(transactionsOf(delegation));
  });

  it('keeps version and fee of the slashing transactions', () => {
    const { delegation } = stakeOf(castOf(), { slashingTxVersion: 1, slashingFeeSats: sats(4_321) });
    const back = Delegation.fromJson(again(Delegation.toJson(delegation)));
    expect(Delegation.toJson(back)).toMatchObject({ slashingTxVersion: 1, slashingFeeSats: '4321' });
    const { transaction } = back.stakingSlashing;
    expect(transaction.version).toBe(1);
    expect(transaction.outs.reduce((sum, { value }) => sum + value, 0n)).toBe(500_000n - 4_321n);
  });

  it('drops the witness, which no later transaction commits to', () => {
    const { delegation, contract } = stakeOf(castOf());
    const signed = stakingTransaction(contract, 500_000n);
    for (const input of signed.ins) input.witness = [new Uint8Array(64)];
    const other = Delegation.from({ contract, rules: RULES, stakingTransaction: signed });
    expect(Delegation.toJson(other)).toEqual(Delegation.toJson(delegation));
  });

  const json = Delegation.toJson(stakeOf(castOf()).delegation);
  it.each<[string, unknown, string, string]>([
    ['schema', undefined, 'json.missing-field', 'delegation.schema'],
    ['schema', 'satlock-delegation/2', 'json.unknown-schema', 'delegation.schema'],
    ['schema', 1, 'json.unknown-schema', 'delegation.schema'],
    ['extra', 1, 'json.unknown-field', 'delegation.extra'],
    ['rules.extra', 1, 'json.unknown-field', 'delegation.rules.extra'],
    ['rules', [], 'json.not-an-object', 'delegation.rules'],
    ['rules.unbondingFeeSats', 9600, 'input.not-text', 'delegation.rules.unbondingFeeSats'],
    ['rules.unbondingFeeSats', '9600.0', 'sats.bad-text', 'delegation.rules.unbondingFeeSats'],
    ['rules.unbondingFeeSats', undefined, 'json.missing-field', 'delegation.rules.unbondingFeeSats'],
    ['rules.slashingRate', '0.12345', 'rate.too-precise', 'delegation.rules.slashingRate'],
    ['rules.slashingRate', 0.1, 'input.not-text', 'delegation.rules.slashingRate'],
    ['rules.slashingPkScriptHex', '6a0', 'hex.odd-length', 'delegation.rules.slashingPkScriptHex'],
    ['stakingOutputIndex', 7, 'input.out-of-range', 'stakingOutputIndex'],
    ['stakingOutputIndex', 1, 'delegation.not-the-staking-output', ''],
    ['stakingOutputIndex', '0', 'input.not-integer', 'delegation.stakingOutputIndex'],
    ['stakingTxid', '11'.repeat(32), 'delegation.other-transaction', 'delegation.stakingTransactionHex'],
    ['stakingTxid', '11'.repeat(31), 'input.wrong-length', 'delegation.stakingTxid'],
    ['stakingTransactionHex', json.stakingTransactionHex.slice(2), 'tx.malformed', 'delegation.stakingTransactionHex'],
    ['stakingTransactionHex', `${json.stakingTransactionHex}00`, 'tx.malformed', 'delegation.stakingTransactionHex'],
    ['slashingTxVersion', 3, 'input.out-of-range', 'delegation.slashingTxVersion'],
    ['slashingFeeSats', '-1', 'sats.bad-text', 'delegation.slashingFeeSats'],
    ['paramsVersion', '5', 'input.not-integer', 'delegation.paramsVersion'],
    ['paramsVersion', null, 'input.not-integer', 'delegation.paramsVersion'],
    ['contract', undefined, 'json.missing-field', 'delegation.contract'],
    ['contract', 'text', 'json.not-an-object', 'delegation.contract'],
    ['contract.schema', 'satlock-delegation/1', 'json.unknown-schema', 'delegation.contract.schema'],
    ['contract.profile', 'mainnet', 'chain-profile.unknown', ''],
    ['contract.covenantQuorum', 1, 'delegation.not-the-staking-output', ''],
    ['contract.covenantQuorum', 99, 'input.out-of-range', 'covenantQuorum'],
    ['contract.stakerPks', [], 'tapscript.no-keys', ''],
    ['contract.stakerPks', ['ab'], 'input.wrong-length', 'delegation.contract.stakerPks[0]'],
    ['contract.stakerPks', [5], 'input.not-text', 'delegation.contract.stakerPks[0]'],
    ['contract.stakingTimeBlocks', 0, 'input.out-of-range', 'stakingTimeBlocks'],
    ['contract.stakingTimeBlocks', 1.5, 'input.not-integer', 'delegation.contract.stakingTimeBlocks'],
    ['contract.stakingTimeBlocks', 1234, 'delegation.not-the-staking-output', ''],
  ])('refuses %s, case %#', (path, value, code, field) => {
    const found = facts(() => Delegation.fromJson(but(json, path, value)));
    expect(found.code).toBe(code);
    if (field !== '') expect(found.field).toBe(field);
  });

  it('takes nothing but an object', () => {
    for (const value of [undefined, null, 5, [], JSON.stringify(json), new Uint8Array(2), Object.create(json) as unknown])
      expect(facts(() => Delegation.fromJson(value)).code).toMatch(/^json\./);
  });

  it('survives any one value being wrong, with an error of ours', () => {
    const paths = [
      'schema',
      'contract',
      'stakingTxid',
      'stakingTransactionHex',
      'stakingOutputIndex',
      'rules',
      'slashingTxVersion',
      'slashingFeeSats',
    ];
    const inner = ['profile', 'stakerPks', 'stakerQuorum', 'finalityProviderPks', 'covenantPks', 'covenantQuorum'].map(
      (key) => `contract.${key}`,
    );
    fc.assert(
      fc.property(fc.constantFrom(...paths, ...inner), fc.jsonValue(), (path, value) => {
        expect(facts(() => Delegation.fromJson(but(json, path, value ?? null))).code).not.toBe('accepted');
      }),
      { seed: 8, numRuns: 300 },
    );
  });
});

describe('a contract as JSON', () => {
  it('is the terms as text', () => {
    const contract = contractOf(castOf());
    const json = StakingContract.toJson(contract);
    expect(json.schema).toBe('satlock-contract/1');
    expect(json.covenantPks).toEqual(contract.terms.covenantPks.map(Hex.encode));
    const back = StakingContract.fromJson(again(json));
    expect(back.terms).toEqual(contract.terms);
    expect(back.staking).toEqual(contract.staking);
    expect(StakingContract.toJson(back)).toEqual(json);
    expect(facts(() => StakingContract.fromJson({ ...json, stakerPk: json.stakerPks[0] }))).toEqual({
      code: 'json.unknown-field',
      field: 'contract.stakerPk',
    });
  });
});

describe('bytes that are handed out', () => {
  it('of a contract can be overwritten without effect on any output', () => {
    const contract = contractOf(castOf());
    const before = [contract.staking, contract.unbonding, contract.slashingChange, contract.terms];
    for (const output of [contract.staking, contract.unbonding, contract.slashingChange]) {
      output.scriptPubKey.fill(0);
      output.outputKey.fill(0);
      output.merkleRoot.fill(0);
      for (const leaf of Object.values(output.paths)) for (const bytes of [leaf.script, leaf.leafHash, leaf.controlBlock]) bytes.fill(0);
    }
    for (const keys of [contract.terms.stakerPks, contract.terms.finalityProviderPks, contract.terms.covenantPks])
      for (const key of keys) key.fill(0);
    expect([contract.staking, contract.unbonding, contract.slashingChange, contract.terms]).toEqual(before);
    expect(contract.staking).toEqual(contractOf(castOf()).staking);
  });

  it('of terms given to a contract are not kept', () => {
    const cast = castOf();
    const { terms } = contractOf(cast);
    const contract = new StakingContract.StakingContract(terms, untyped(undefined));
    terms.covenantPks[0]?.fill(0);
    expect(contract.terms).toEqual(contractOf(cast).terms);
  });

  it('of the rules of a delegation can be overwritten', () => {
    const { delegation } = stakeOf(castOf());
    delegation.rules.slashingPkScript.fill(0);
    expect(delegation.rules.slashingPkScript).toEqual(RULES.slashingPkScript);
    expect(Tx.outputOf(delegation.stakingSlashing.transaction, 0).scriptPubKey).toEqual(RULES.slashingPkScript);
    expect(P2TR.length).toBe(34);
  });
});
