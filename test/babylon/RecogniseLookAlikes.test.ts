// What looks like a stake and is none, and what is one and breaks a rule: every rule is broken once, and nothing else is said of it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Networks from '../../src/babylon/Networks.ts';
import * as ParamsSet from '../../src/babylon/ParamsSet.ts';
import * as Recognise from '../../src/babylon/Recognise.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as WithdrawalTx from '../../src/babylon/WithdrawalTx.ts';
import { isSatlockError } from '../../src/base/Errors.ts';
import * as LeafSpend from '../../src/bitcoin/LeafSpend.ts';
import * as TapTree from '../../src/bitcoin/TapTree.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import { Dice, joined } from '../support/blocks.ts';
import { ANNEX, extensionOf, FUNDING, randomLife, signed } from '../support/lives.ts';
import { BURN, bytes, castOf, codeOf, contractOf, filled, keyOf, P2TR, P2WPKH, SEED, sats, stakeOf } from '../support/stakes.ts';

const OUTPOINT = { txid: '11'.repeat(32), vout: 3 };
const created = (outputs: readonly Tx.SpentOutput[]): Tx.Transaction => Tx.create([{ outpoint: OUTPOINT }], outputs);
const codes = (items: readonly { readonly problems: readonly Recognise.Problem[] }[]): string[] =>
  items.flatMap(({ problems }) => problems.map(({ code }) => code));

describe('later stakes', () => {
  const { paramsSet } = Networks.from('bbn-1');
  const [staker, provider] = [keyOf('staker').publicKey, keyOf('fp1').publicKey];
  const latest = ParamsSet.latest(paramsSet);
  const contract = StakingContract.fromParams(latest, { stakerPk: staker, finalityProviderPks: [provider], stakingTimeBlocks: 64_000 });
  const out = (valueSats: bigint, scriptPubKey = contract.staking.scriptPubKey): Tx.SpentOutput => ({ scriptPubKey, valueSats });
  const candidates = { stakerPks: [staker], finalityProviderPks: [provider] };
  const known = Recognise.context({ paramsSet, candidates });

  it('take the version of their height, and its unbonding time', () => {
    for (const params of paramsSet.versions) {
      const found = Recognise.transaction(created([out(600_000n)]), known, { height: params.btcActivationHeight });
      expect(found.stakings).toMatchObject([
        { paramsVersion: params.version, notes: [], contract: { terms: { unbondingTimeBlocks: params.unbondingTimeBlocks } } },
      ]);
    }
  });

  it('of a contract under an older version are told so', () => {
    const byContract = Recognise.context({
      paramsSet,
      contracts: [
        StakingContract.fromParams(ParamsSet.byVersion(paramsSet, 4), {
          stakerPk: staker,
          finalityProviderPks: [provider],
          stakingTimeBlocks: 64_000,
        }),
      ],
    });
    const found = Recognise.transaction(created([out(600_000n)]), byContract, { height: latest.btcActivationHeight + 1 });
    expect(found.stakings).toMatchObject([
      { paramsVersion: 4, problems: [], notes: [{ code: 'recognise.other-params-version', facts: { version: 4, inForce: 5 } }] },
    ]);
  });

  it('of a contract that no version has are told so', () => {
    const foreign = contractOf(castOf(), { stakingTimeBlocks: 64_000 });
    const found = Recognise.transaction(
      created([out(600_000n, foreign.staking.scriptPubKey)]),
      { paramsSet, contracts: [foreign] },
      { height: 910_000 },
    );
    expect(codes(found.stakings)).toEqual(['recognise.params-mismatch']);
  });

  it.each<readonly [string, readonly string[], readonly Tx.SpentOutput[]]>([
    ['a satoshi below the minimum', ['recognise.value-out-of-range'], [out(latest.minStakingValueSats - 1n)]],
    ['a satoshi above the maximum', ['recognise.value-out-of-range'], [out(latest.maxStakingValueSats + 1n)]],
    [
      'two equal staking outputs',
      ['recognise.several-staking-outputs', 'recognise.several-staking-outputs'],
      [out(600_000n), out(600_000n)],
    ],
    ['two staking outputs of different value', [], [out(600_000n), out(600_001n)]],
  ])('with %s: %j', (_, expected, outputs) => {
    expect(codes(Recognise.transaction(created(outputs), known, { height: 910_000 }).stakings)).toEqual(expected);
  });

  it('of two providers are none for the chain', () => {
    const pair = [provider, keyOf('fp2').publicKey];
    const two = { paramsSet, candidates: { stakerPks: [staker], finalityProviderPks: [pair] } };
    const script = StakingContract.fromParams(latest, {
      stakerPk: staker,
      finalityProviderPks: pair,
      stakingTimeBlocks: 64_000,
      profile: 'generic',
    }).staking.scriptPubKey;
    const [found] = Recognise.transaction(created([out(600_000n, script)]), two, { height: 910_000 }).stakings;
    expect(found?.problems).toMatchObject([
      { code: 'recognise.not-for-the-chain', cause: 'staking-contract.profile', reference: 'btcstaking/1116' },
    ]);
  });

  it('are found by no other script', () => {
    const { terms } = contract;
    const others = [
      StakingContract.from({ ...terms, stakerPk: staker, stakingTimeBlocks: 63_999 }),
      StakingContract.from({ ...terms, stakerPk: keyOf('other').publicKey }),
      StakingContract.from({ ...terms, stakerPk: staker, finalityProviderPks: [keyOf('other').publicKey] }),
      StakingContract.from({ ...terms, stakerPk: staker, covenantQuorum: 7 }),
    ];
    const outputs = [
      ...others.map(({ staking }) => out(600_000n, staking.scriptPubKey)),
      out(600_000n, contract.unbonding.scriptPubKey),
      out(600_000n, contract.slashingChange.scriptPubKey),
    ];
    expect(Recognise.transaction(created(outputs), known, { height: 910_000 })).toMatchObject({ stakings: [], lookAlikes: [] });
  });
});

describe('a spend of a known stake that breaks one rule', () => {
  const life = randomLife(new Dice('one rule'));
  const { contract, delegation } = life;
  const extension = extensionOf(life);
  const known = Recognise.context({ delegations: [{ delegation, confirmedHeight: 100 }], contracts: [extension.contract] });
  type Change = (tx: Tx.Transaction) => void;
  const changed = (spend: LeafSpend.LeafSpend, change: Change): LeafSpend.LeafSpend => {
    const transaction = spend.transaction;
    change(transaction);
    return LeafSpend.from({ transaction, inputIndex: spend.inputIndex, spentOutputs: spend.spentOutputs, leaf: spend.leaf });
  };
  const out = (tx: Tx.Transaction, i: number): Tx.Transaction['outs'][number] => tx.outs[i] as Tx.Transaction['outs'][number];
  const into = (tx: Tx.Transaction, i: number): Tx.Transaction['ins'][number] => tx.ins[i] as Tx.Transaction['ins'][number];
  const withdrawal = WithdrawalTx.build({
    inputs: [{ contract, from: 'staking', ...delegation.staking }],
    destinationScriptPubKey: P2WPKH,
    feeSats: sats(2_000),
  }).spends[0] as LeafSpend.LeafSpend;
  const T = contract.terms.stakingTimeBlocks;

  it.each<readonly [string, 'unbonding' | 'slashing' | 'timelock', LeafSpend.LeafSpend, Change, Recognise.Kind, readonly string[]]>([
    [
      'unbonding of version 1',
      'unbonding',
      delegation.unbonding,
      (tx) => {
        tx.version = 1;
      },
      'unbonding',
      ['recognise.version'],
    ],
    [
      'unbonding of version 3',
      'unbonding',
      delegation.unbonding,
      (tx) => {
        tx.version = 3;
      },
      'unbonding',
      ['recognise.version'],
    ],
    [
      'unbonding with a locktime',
      'unbonding',
      delegation.unbonding,
      (tx) => {
        tx.locktime = 1;
      },
      'unbonding',
      ['recognise.lock-time'],
    ],
    [
      'unbonding that is replaceable',
      'unbonding',
      delegation.unbonding,
      (tx) => {
        into(tx, 0).sequence = 0xffff_fffd;
      },
      'unbonding',
      ['recognise.sequence'],
    ],
    [
      'unbonding with a satoshi more fee',
      'unbonding',
      delegation.unbonding,
      (tx) => {
        out(tx, 0).value -= 1n;
      },
      'unbonding',
      ['recognise.wrong-fee'],
    ],
    [
      'unbonding with everything wrong',
      'unbonding',
      delegation.unbonding,
      (tx) => {
        tx.version = 1;
        tx.locktime = 5;
        into(tx, 0).sequence = 0;
        out(tx, 0).value -= 1n;
      },
      'unbonding',
      ['recognise.lock-time', 'recognise.version', 'recognise.sequence', 'recognise.wrong-fee'],
    ],
    [
      'unbonding leaf to a stranger',
      'unbonding',
      delegation.unbonding,
      (tx) => {
        out(tx, 0).script = P2TR;
      },
      'unexpected',
      ['recognise.unexpected-spend'],
    ],
    [
      'unbonding leaf with a second output',
      'unbonding',
      delegation.unbonding,
      (tx) => {
        out(tx, 0).value -= 1_000n;
        tx.addOutput(P2WPKH, 500n);
      },
      'unexpected',
      ['recognise.unexpected-spend'],
    ],
    [
      'slashing of version 3',
      'slashing',
      delegation.stakingSlashing,
      (tx) => {
        tx.version = 3;
      },
      'slashing',
      ['recognise.version'],
    ],
    [
      'slashing to another script',
      'slashing',
      delegation.stakingSlashing,
      (tx) => {
        out(tx, 0).script = P2WPKH;
        out(tx, 0).value += 400n;
        out(tx, 1).value -= 400n;
      },
      'slashing',
      ['recognise.wrong-output-script'],
    ],
    [
      'slashing that returns the rest elsewhere',
      'slashing',
      delegation.stakingSlashing,
      (tx) => {
        out(tx, 1).script = P2TR;
      },
      'slashing',
      ['recognise.wrong-output-script'],
    ],
    [
      'slashing of a satoshi too little',
      'slashing',
      delegation.stakingSlashing,
      (tx) => {
        out(tx, 0).value -= 1n;
      },
      'slashing',
      ['recognise.slashes-too-little'],
    ],
    [
      'slashing of more',
      'slashing',
      delegation.stakingSlashing,
      (tx) => {
        out(tx, 0).value += 10n;
        out(tx, 1).value -= 10n;
      },
      'slashing',
      [],
    ],
    [
      'slashing with a fee below the minimum',
      'slashing',
      delegation.stakingSlashing,
      (tx) => {
        out(tx, 1).value += 1n;
      },
      'slashing',
      ['recognise.wrong-fee'],
    ],
    [
      'slashing with three outputs',
      'slashing',
      delegation.stakingSlashing,
      (tx) => {
        tx.addOutput(P2WPKH, 500n);
        out(tx, 1).value -= 500n;
      },
      'slashing',
      ['recognise.wrong-count'],
    ],
    [
      'withdrawal of version 1',
      'timelock',
      withdrawal,
      (tx) => {
        tx.version = 1;
      },
      'withdrawal',
      ['recognise.version'],
    ],
    [
      'withdrawal a block too short',
      'timelock',
      withdrawal,
      (tx) => {
        into(tx, 0).sequence = T - 1;
      },
      'withdrawal',
      ['recognise.sequence'],
    ],
    [
      'withdrawal in units of time',
      'timelock',
      withdrawal,
      (tx) => {
        into(tx, 0).sequence = 0x0040_0000 + T;
      },
      'withdrawal',
      ['recognise.sequence'],
    ],
    [
      'withdrawal with relative locks off',
      'timelock',
      withdrawal,
      (tx) => {
        into(tx, 0).sequence = 0xffff_ffff;
      },
      'withdrawal',
      ['recognise.sequence'],
    ],
    ['extension as it should be', 'unbonding', extension.spend, () => undefined, 'extension', []],
    [
      'extension that lowers the stake',
      'unbonding',
      extension.spend,
      (tx) => {
        out(tx, 0).value = delegation.stakingValueSats - 1n;
      },
      'extension',
      ['recognise.value-decreased'],
    ],
  ])('%s', (_, path, spend, change, kind, expected) => {
    const broken = changed(spend, change);
    const found = Recognise.transaction(signed(life, path, broken), known, { spentOutputs: spend.spentOutputs }).spends[0];
    expect([found?.kind, codes(found === undefined ? [] : [found])]).toEqual([kind, expected]);
    if (kind !== 'withdrawal' && kind !== 'extension') expect(found?.isRegistered).toBe(false);
  });

  it('extension with a third input, or with the stake second', () => {
    const { spend } = extension;
    const three = spend.transaction;
    three.addInput(filled(32, 9), 0, 0xffff_ffff);
    const spentOutputs = [...spend.spentOutputs, { scriptPubKey: P2WPKH, valueSats: 1_000n }];
    const wide = LeafSpend.from({ transaction: three, inputIndex: 0, spentOutputs, leaf: spend.leaf });
    const found = Recognise.transaction(signed(life, 'unbonding', wide), known, { spentOutputs });
    expect([found.spends[0]?.kind, codes(found.spends)]).toEqual(['extension', ['recognise.wrong-count']]);
    const turned = spend.transaction;
    turned.ins.reverse();
    const prevouts = [...spend.spentOutputs].reverse();
    const second = LeafSpend.from({ transaction: turned, inputIndex: 1, spentOutputs: prevouts, leaf: spend.leaf });
    const other = Recognise.transaction(signed(life, 'unbonding', second), known, { spentOutputs: prevouts });
    expect([other.spends[0]?.kind, codes(other.spends)]).toEqual(['extension', ['recognise.wrong-input']]);
  });

  it('withdrawal too early, at its height, and later', () => {
    const see = (height: number): string[] => codes(Recognise.transaction(signed(life, 'timelock', withdrawal), known, { height }).spends);
    expect([see(100 + T - 1), see(100 + T), see(100 + T + 7)]).toEqual([['recognise.immature'], [], []]);
  });

  it('a signature that is not valid, one too few, one too many', () => {
    const good = signed(life, 'slashing', delegation.stakingSlashing);
    const witness = good.ins[0]?.witness ?? [];
    const see = (items: readonly Uint8Array[]): string[] => {
      const tx = Tx.copy(good);
      tx.setWitness(0, [...items]);
      return codes(Recognise.transaction(tx, known).spends);
    };
    const first = witness.findIndex(({ length }) => length === 64);
    const empty = witness.findIndex(({ length }) => length === 0);
    const put = (at: number, item: Uint8Array): Uint8Array[] => witness.map((one, i) => (i === at ? item : one));
    expect(see(witness)).toEqual([]);
    expect(see(put(first, filled(64, 1)))).toEqual(['recognise.invalid-signature']);
    expect(see(put(first, joined(witness[first] as Uint8Array, bytes('00'))))).toEqual(['recognise.invalid-signature']);
    expect(see(put(first, new Uint8Array()))).toEqual(['recognise.wrong-quorum']);
    if (empty >= 0) expect(see(put(empty, filled(64, 1)))).toEqual(['recognise.invalid-signature', 'recognise.wrong-quorum']);
    expect(see([...witness, ANNEX])).toContain('recognise.invalid-signature');
    expect(see(witness.slice(1))).toEqual(['recognise.unreadable-witness', 'recognise.unexpected-spend']);
    expect(see([filled(64, 1)])).toEqual(['recognise.key-path', 'recognise.unexpected-spend']);
    expect(see([bytes('51'), joined(bytes('c0'), TapTree.nums())])).toEqual(['recognise.unreadable-witness', 'recognise.unexpected-spend']);
  });
});

describe('what is not ours', () => {
  const { paramsSet, phase1 } = Networks.from('bbn-1');
  const strangers = Recognise.context({ paramsSet, phase1, searchTimes: false });
  const { contract } = stakeOf(castOf());
  const leafSpend = (script: Uint8Array, more: readonly Uint8Array[] = []): Tx.Transaction => {
    const { leaves } = TapTree.build({ script });
    const tx = created([{ scriptPubKey: P2TR, valueSats: 5n }]);
    tx.setWitness(0, [...more, script, (leaves[0] as TapTree.SpendableLeaf).controlBlock]);
    return tx;
  };
  const nothing = { isValid: false, stakings: [], spends: [] };

  it.each<readonly [string, Tx.Transaction]>([
    ['a payment', created([{ scriptPubKey: P2WPKH, valueSats: 5n }])],
    [
      'a key path spend',
      (() => {
        const tx = created([{ scriptPubKey: P2TR, valueSats: 5n }]);
        tx.setWitness(0, [filled(64, 1)]);
        return tx;
      })(),
    ],
    ['an OP_SUCCESS leaf', leafSpend(bytes('50'))],
    [
      'an OP_SUCCESS leaf that begins like a timelock',
      leafSpend(joined(contract.staking.paths.timelock.script, bytes('fe')), [filled(64, 1)]),
    ],
    ['a leaf of other opcodes', leafSpend(bytes('5151'))],
    ['an inscription', leafSpend(joined(bytes('20'), keyOf('x').publicKey, bytes('ac0063036f726451'), bytes('68')), [filled(64, 1)])],
    [
      'a leaf of a committee that nobody knows',
      (() => {
        const tx = created([{ scriptPubKey: P2TR, valueSats: 5n }]);
        const { script, controlBlock } = contract.staking.paths.unbonding;
        tx.setWitness(0, [...Array.from({ length: 10 }, () => filled(64, 1)), script, controlBlock]);
        return tx;
      })(),
    ],
  ])('%s is not recognised', (_, tx) => {
    expect(Recognise.transaction(tx, strangers, { height: 910_000 })).toMatchObject(nothing);
  });

  it('a transaction may be recognised without anything known: it is nothing', () => {
    expect(Recognise.transaction(created([{ scriptPubKey: P2WPKH, valueSats: 5n }]), {})).toMatchObject({ ...nothing, lookAlikes: [] });
  });

  it('wrong arguments are refused by name', () => {
    const tx = created([{ scriptPubKey: P2WPKH, valueSats: 5n }]);
    expect(codeOf(() => Recognise.transaction({} as never, {}))).toBe('tx.not-a-transaction');
    expect(codeOf(() => Recognise.transaction(tx, { hints: 5 } as never))).toBe('recognise.not-a-context');
    expect(codeOf(() => Recognise.psbt({} as never, {}))).toBe('recognise.not-a-psbt');
    expect(codeOf(() => Recognise.transaction(tx, {}, { height: -1 }))).toBe('input.out-of-range');
    expect(codeOf(() => Recognise.context({ paramsSet: 5 as never }))).toBe('params.not-a-set');
  });

  it('random witnesses and outputs never are anything but recognised or not', () => {
    const life = randomLife(new Dice('fuzz'));
    const known = Recognise.context({ paramsSet, phase1, delegations: [life.delegation], contracts: [extensionOf(life).contract] });
    const { staking } = life.delegation;
    const scripts = [life.contract.staking, life.contract.unbonding, life.contract.slashingChange].map(({ scriptPubKey }) => scriptPubKey);
    const items = [...Object.values(life.contract.staking.paths), ...Object.values(life.contract.unbonding.paths)].flatMap(
      ({ script, controlBlock }) => [script, controlBlock],
    );
    const item = fc.oneof(fc.uint8Array({ maxLength: 70 }), fc.constantFrom(...items, filled(64, 2), new Uint8Array(), ANNEX));
    const script = fc.oneof(fc.uint8Array({ maxLength: 80 }), fc.constantFrom(...scripts, BURN, P2TR, P2WPKH));
    fc.assert(
      fc.property(
        fc.array(item, { maxLength: 14 }),
        fc.array(fc.tuple(script, fc.bigInt({ min: 0n, max: 2_100_000_000_000_000n })), { maxLength: 4 }),
        fc.integer({ min: -5, max: 5 }),
        fc.nat(0xffff_ffff),
        fc.boolean(),
        (witness, outputs, version, sequence, twice) => {
          const tx = new Tx.Transaction();
          tx.version = version;
          for (const { txid, vout } of [staking.outpoint, ...(twice ? [FUNDING.outpoint] : [])])
            tx.addInput(bytes(txid).reverse(), vout, sequence);
          for (const [scriptPubKey, value] of outputs) tx.addOutput(scriptPubKey, value);
          tx.setWitness(0, witness);
          try {
            const { spends } = Recognise.transaction(tx, known, { height: 900_000 });
            return spends.length === 1;
          } catch (error) {
            // No bytes say a negative version, or no outputs.
            return isSatlockError(error) && (version < 0 || outputs.length === 0);
          }
        },
      ),
      { seed: SEED, numRuns: 2_000 },
    );
  });
});
