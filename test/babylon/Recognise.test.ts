// Recognition of any transaction: round trips of random contracts, the published vectors, look-alikes, and whatever bytes come along.
import { describe, expect, it } from 'vitest';
import * as Delegation from '../../src/babylon/Delegation.ts';
import * as LeafReader from '../../src/babylon/LeafReader.ts';
import * as Networks from '../../src/babylon/Networks.ts';
import * as ParamsSet from '../../src/babylon/ParamsSet.ts';
import * as Recognise from '../../src/babylon/Recognise.ts';
import type * as StakingContract from '../../src/babylon/StakingContract.ts';
import type { LeafSpend } from '../../src/bitcoin/LeafSpend.ts';
import * as Psbt from '../../src/bitcoin/Psbt.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import { Dice } from '../support/blocks.ts';
import { ANNEX, extensionOf, type Life, type Path, phase1Of, randomLife, signed, withdrawalOf } from '../support/lives.ts';
import { bytes, hex, sats, signaturesOf } from '../support/stakes.ts';
import { upstreamContract, upstreamVectors } from '../support/upstream.ts';
import { dataOf } from '../vectors/support.ts';

const sorted = (keys: readonly Uint8Array[]): string[] => keys.map(hex).sort();

type TestnetRecord = {
  readonly btc_delegation: {
    readonly btc_pk: string;
    readonly fp_btc_pk_list: readonly string[];
    readonly staking_time: number;
    readonly unbonding_time: number;
    readonly total_sat: string;
    readonly staking_tx_hex: string;
    readonly staking_output_idx: number;
    readonly slashing_tx_hex: string;
    readonly undelegation_response: { readonly unbonding_tx_hex: string; readonly slashing_tx_hex: string };
  };
};

type Expected = {
  readonly kind: Recognise.Kind;
  readonly source: LeafReader.Source;
  readonly path: Path;
  readonly spend: LeafSpend;
};

function spendsOf(life: Life, extension: LeafSpend = extensionOf(life).spend): readonly Expected[] {
  const { unbonding, stakingSlashing, unbondingSlashing } = life.delegation;
  return [
    { kind: 'unbonding', source: 'staking', path: 'unbonding', spend: unbonding },
    { kind: 'slashing', source: 'staking', path: 'slashing', spend: stakingSlashing },
    { kind: 'slashing', source: 'unbonding', path: 'slashing', spend: unbondingSlashing },
    { kind: 'extension', source: 'staking', path: 'unbonding', spend: extension },
    { kind: 'withdrawal', source: 'staking', path: 'timelock', spend: withdrawalOf(life, 'staking') },
    { kind: 'withdrawal', source: 'unbonding', path: 'timelock', spend: withdrawalOf(life, 'unbonding') },
    { kind: 'withdrawal', source: 'slashing-change', path: 'timelock', spend: withdrawalOf(life, 'slashing-change') },
  ];
}

/** What the leaf says must be what the contract says. */
function compareLeaf(leaf: LeafReader.Leaf, { terms }: StakingContract.StakingContract, source: LeafReader.Source): void {
  expect([sorted(leaf.stakers.keys), leaf.stakers.quorum]).toEqual([sorted(terms.stakerPks), terms.stakerQuorum]);
  if (leaf.path === 'timelock') {
    expect(leaf.timelockBlocks).toBe(source === 'staking' ? terms.stakingTimeBlocks : terms.unbondingTimeBlocks);
    return;
  }
  expect([sorted(leaf.covenant.keys), leaf.covenant.quorum]).toEqual([sorted(terms.covenantPks), terms.covenantQuorum]);
  if (leaf.path === 'slashing')
    expect([sorted(leaf.finalityProviders.keys), leaf.finalityProviders.quorum]).toEqual([sorted(terms.finalityProviderPks), 1]);
}

describe('1,000 random contracts', () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7])(
    'every kind is recognised, with and without annex, and nothing is wrong with it (part %i of 8)',
    (part) => {
      const dice = new Dice(`round trip ${part}`);
      for (let i = 0; i < 125; i++) {
        const life = randomLife(dice);
        const { contract, delegation, stakingTx } = life;
        const extension = extensionOf(life);
        const known = Recognise.context({ delegations: [delegation], contracts: [extension.contract] });
        const staked = Recognise.transaction(stakingTx, known);
        expect(staked).toMatchObject({
          isValid: true,
          spends: [],
          lookAlikes: [],
          stakings: [{ kind: 'staking', phase: 2, problems: [] }],
        });
        expect(staked.stakings[0]).toMatchObject({ outputIndex: delegation.stakingOutputIndex, valueSats: delegation.stakingValueSats });
        for (const [j, { kind, source, path, spend }] of spendsOf(life, extension.spend).entries()) {
          const annex = (i + j) % 2 === 0 ? ANNEX : undefined;
          const transaction = signed(life, path, spend, annex, dice.below(life.providers.length));
          const leafSpend = LeafReader.spend(transaction.ins[0]?.witness ?? [], spend.spentOutputs[0]?.scriptPubKey);
          compareLeaf(leafSpend.leaf, contract, source);
          expect(leafSpend.sources).toContain(source);
          const spentOutputs = spend.spentOutputs;
          const result = Recognise.transaction(transaction, known, { spentOutputs });
          const [found] = result.spends;
          expect(result.isValid, JSON.stringify(found?.problems)).toBe(true);
          expect(found).toMatchObject({ kind, source, path, certainty: 'known', signed: 'complete', problems: [] });
          expect(found?.signers.every(({ isValid }) => isValid === true)).toBe(true);
          expect(found?.notes.map(({ code }) => code)).toEqual(annex === undefined ? [] : ['recognise.annex']);
          if (kind === 'unbonding' || kind === 'slashing')
            expect([found?.isRegistered, found?.next?.outputIndex]).toEqual([true, kind === 'slashing' ? 1 : 0]);
          if (kind === 'extension') expect(result.stakings.map(({ outputIndex }) => outputIndex)).toEqual([found?.extendedTo]);
          // Without a witness inputs and outputs tell the kind.
          if (i % 4 !== 0) continue;
          const bare = Recognise.transaction(spend.transaction, known, { spentOutputs }).spends[0];
          expect([bare?.kind, bare?.signed, bare?.problems]).toEqual([kind, 'none', []]);
        }
      }
    },
  );

  it('a stranger recovers all of a contract from a slashing or unbonding spend: keys, quorums and both times', () => {
    const dice = new Dice('stranger');
    for (let i = 0; i < 6; i++) {
      const life = randomLife(dice);
      const { terms } = life.contract;
      const phase1 = phase1Of(life.contract, { unbondingFeeSats: `${life.delegation.rules.unbondingFeeSats}` });
      const strangers = { phase1, searchTimes: true, candidates: { stakerPks: [], finalityProviderPks: [terms.finalityProviderPks] } };
      for (const { kind, path, source, spend } of spendsOf(life).filter((one) => one.kind !== 'extension')) {
        const { spends, lookAlikes } = Recognise.transaction(signed(life, path, spend, ANNEX), strangers, {
          spentOutputs: spend.spentOutputs,
        });
        if (source === 'slashing-change') {
          // A single leaf with one key proves nothing.
          expect([spends, lookAlikes.map(({ problem }) => problem.code)]).toEqual([[], ['recognise.shape-only']]);
          continue;
        }
        expect(spends).toHaveLength(1);
        const [found] = spends as [Recognise.Spend];
        expect(found).toMatchObject({ kind, source, path, certainty: 'proven', problems: [] });
        expect([sorted(found.stakers.keys), sorted(found.covenant?.keys ?? []), sorted(found.finalityProviders ?? [])]).toEqual([
          sorted(terms.stakerPks),
          sorted(terms.covenantPks),
          sorted(terms.finalityProviderPks),
        ]);
        const time = source === 'staking' ? found.stakingTimeBlocks : found.unbondingTimeBlocks;
        expect(time).toBe(source === 'staking' ? terms.stakingTimeBlocks : terms.unbondingTimeBlocks);
        if (source === 'staking') expect(found.contract?.staking.scriptPubKey).toEqual(life.contract.staking.scriptPubKey);
        expect(found.signers.every(({ isValid }) => isValid === true)).toBe(true);
      }
    }
  });
});

describe('PSBTs', () => {
  const life = randomLife(new Dice('psbt'));
  const known = Recognise.context({ delegations: [life.delegation], contracts: [extensionOf(life).contract] });

  it('are recognised by their leaf, and tell who has signed so far', () => {
    for (const { kind, path, source, spend } of spendsOf(life)) {
      const psbt = Psbt.fromLeafSpend(spend);
      expect(Recognise.psbt(psbt, known).spends).toMatchObject([{ kind, path, source, signed: 'none', signers: [], problems: [] }]);
      const everybody = signaturesOf(spend, [...life.stakers, ...life.covenant, ...life.providers]);
      const add = ({ publicKey, signature }: (typeof everybody)[number]): void => {
        psbt.updateInput(spend.inputIndex, { tapScriptSig: [{ pubkey: publicKey, signature, leafHash: spend.leaf.leafHash }] });
      };
      const [first, ...rest] = everybody as [(typeof everybody)[number], ...typeof everybody];
      add(first);
      const partial = Recognise.psbt(psbt, known).spends[0];
      expect(partial?.signers).toMatchObject([{ role: 'staker', publicKey: first.publicKey, isValid: true }]);
      for (const one of rest) add(one);
      // More signatures than the quorum are no fault of a PSBT.
      expect(Recognise.psbt(psbt, known).spends).toMatchObject([{ kind, signed: 'complete', problems: [] }]);
    }
  });

  it('are recognised once they are final', () => {
    for (const { kind, path, spend } of spendsOf(life)) {
      const psbt = Psbt.fromLeafSpend(spend);
      const transaction = signed(life, path, spend);
      Psbt.finalize(psbt, spend.inputIndex, transaction.ins[spend.inputIndex]?.witness ?? []);
      expect(Recognise.psbt(psbt, known).spends).toMatchObject([{ kind, path, signed: 'complete', problems: [] }]);
    }
  });

  it('with another amount than the known one are told', () => {
    const { unbonding } = life.delegation;
    const psbt = Psbt.fromLeafSpend(unbonding);
    const input = psbt.data.inputs[0] as { witnessUtxo: { script: Uint8Array; value: bigint } };
    input.witnessUtxo = { ...input.witnessUtxo, value: 5n };
    expect(Recognise.psbt(psbt, known).spends[0]?.problems.map(({ code }) => code)).toEqual(['recognise.other-output']);
  });
});

const problemsOf = (result: Recognise.Recognition): string[] =>
  [...result.stakings, ...result.spends].flatMap(({ problems }) => problems.map(({ code }) => code));

describe('the five published vectors of the Go implementation', () => {
  it.each(upstreamVectors)('$name', ({ parameters: p, expected }) => {
    const contract = upstreamContract({ parameters: p });
    const outputs = [{ scriptPubKey: bytes(expected.staking_output_pkscript_hex), valueSats: BigInt(p.staking_value) }];
    const opReturn = expected.op_return_script_hex ?? '';
    const data = opReturn === '' ? [] : [{ scriptPubKey: bytes(opReturn), valueSats: 0n }];
    const staking = Tx.create([{ outpoint: { txid: '11'.repeat(32), vout: 0 } }], [...data, ...outputs]);
    const found = Recognise.transaction(staking, { contracts: [contract] });
    expect(found).toMatchObject({ isValid: true, stakings: [{ outputIndex: data.length, contract, valueSats: BigInt(p.staking_value) }] });
    const leaves = [
      expected.staking_transaction_timelock_script_hex,
      expected.staking_transaction_unbonding_script_hex,
      expected.staking_transaction_slashing_script_hex,
      expected.unbonding_transaction_time_lock_script_hex,
      expected.unbonding_transaction_slashing_script_hex,
    ].map((script) => LeafReader.parse(bytes(script)));
    expect(leaves.map(({ path }) => path)).toEqual(['timelock', 'unbonding', 'slashing', 'timelock', 'slashing']);
    for (const [i, leaf] of leaves.entries()) compareLeaf(leaf, contract, i < 3 ? 'staking' : 'unbonding');
    // The unbonding transaction of the vector spends an output of its own making.
    const tracked = Recognise.context({});
    tracked.track({
      ...{ contract, source: 'staking', phase: 2, valueSats: sats(p.staking_value) },
      ...{ outpoint: { txid: p.staking_tx_hash, vout: p.staking_output_index }, stake: { txid: p.staking_tx_hash, vout: 0 } },
      rules: { unbondingFeeSats: sats(p.unbonding_fee) },
    });
    const unbonding = Recognise.transaction(Tx.fromHex(expected.unbonding_transaction_hex), tracked);
    expect(unbonding).toMatchObject({ isValid: true, spends: [{ kind: 'unbonding', next: { outputIndex: 0 } }] });
    if (data.length === 0) return;
    const phase1 = phase1Of(contract, {
      tagHex: p.tag,
      unbondingFeeSats: `${p.unbonding_fee}`,
      minStakingSats: `${p.unbonding_fee + 1000}`,
    });
    const byData = Recognise.transaction(staking, { phase1 }, { height: 5 });
    expect(byData.stakings).toMatchObject([{ phase: 1, how: 'op-return', outputIndex: 1, dataOutputIndex: 0, problems: [] }]);
    expect(byData.stakings[0]?.contract.staking.scriptPubKey).toEqual(outputs[0]?.scriptPubKey);
  });
});

describe('a real delegation of the testnet', () => {
  const { btc_delegation: record } = dataOf<TestnetRecord>('babylon/upstream/testnet-delegation.json');
  const { paramsSet } = Networks.from('bbn-test-5');
  const finalityProviderPks = record.fp_btc_pk_list.map((text) => PublicKey.fromHex(text));
  const candidates = { stakerPks: [PublicKey.fromHex(record.btc_pk)], finalityProviderPks, stakingTimesBlocks: [record.staking_time] };
  const staking = Tx.fromHex(record.staking_tx_hex);
  const height = 240_000;

  it('is found by the keys of staker and provider alone, under the version of its height', () => {
    const found = Recognise.transaction(staking, { paramsSet, candidates }, { height });
    expect(found.stakings).toMatchObject([
      { how: 'candidate', paramsVersion: 6, outputIndex: record.staking_output_idx, valueSats: BigInt(record.total_sat), problems: [] },
    ]);
    expect(found.stakings[0]?.contract.terms.unbondingTimeBlocks).toBe(record.unbonding_time);
  });

  it('has an unbonding and two slashing transactions that are valid under that version', () => {
    const contract = Recognise.transaction(staking, { paramsSet, candidates }, { height }).stakings[0]?.contract;
    const rules = ParamsSet.byVersion(paramsSet, 6);
    const delegation = Delegation.from({ contract: contract as StakingContract.StakingContract, rules, stakingTransaction: staking });
    const known = Recognise.context({ paramsSet, delegations: [delegation] });
    const undelegation = record.undelegation_response;
    for (const [text, kind, source] of [
      [undelegation.unbonding_tx_hex, 'unbonding', 'staking'],
      [record.slashing_tx_hex, 'slashing', 'staking'],
      [undelegation.slashing_tx_hex, 'slashing', 'unbonding'],
    ] as const) {
      const found = Recognise.transaction(Tx.fromHex(text), known, { height });
      expect(found).toMatchObject({
        isValid: true,
        spends: [{ kind, source, paramsVersion: 6, isRegistered: true, stake: { txid: delegation.stakingTxid } }],
      });
    }
  });

  it('is told from a version that was not in force, and from limits', () => {
    const early = Recognise.transaction(staking, { paramsSet, candidates }, { height: 1 });
    expect(problemsOf(early)).toContain('recognise.no-params');
    const changed = Tx.copy(staking);
    (changed.outs[record.staking_output_idx] as Tx.Transaction['outs'][number]).value = 1_000n;
    const small = Recognise.transaction(changed, { paramsSet, candidates }, { height });
    expect(small.stakings[0]?.problems).toMatchObject([
      { code: 'recognise.value-out-of-range', facts: { valueSats: '1000', minSats: '50000' } },
    ]);
  });
});
