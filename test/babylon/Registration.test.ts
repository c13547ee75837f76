// Messages from verified parts: what does not fit together is never built; what is built passes; what is spoiled on the way is refused.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type * as ChainView from '../../src/babylon/ChainView.ts';
import * as Delegation from '../../src/babylon/Delegation.ts';
import * as Message from '../../src/babylon/Message.ts';
import * as Registration from '../../src/babylon/Registration.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as Bytes from '../../src/base/Bytes.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import { codeOf, failure, filled, hex, keyOf, SEED, sats, signatureOf, signedBy, untyped } from '../support/stakes.ts';
import {
  ACCOUNT,
  blockWith,
  covenant,
  created,
  memberOf,
  mineOf,
  partsOf,
  paying,
  provider,
  recordOf,
  STRANGER,
  stake,
  staker,
  V0,
  V1,
  viewOf,
} from './chain/world.ts';

const delegation = stake();
const other = stake({ valueSats: 600_000n });
const parts = partsOf(delegation);
const mined = mineOf(delegation, 450);
const reason = (act: () => unknown): unknown => failure(act).reason;

describe('create refuses what does not fit together', () => {
  it.each<[string, Partial<Registration.CreateOptions>, string]>([
    ['another value than the one that was signed for', { expected: { stakingValueSats: sats(500_001) } }, 'registration.other-value'],
    ['another staking transaction', { expected: { stakingTransaction: other.stakingTransaction } }, 'registration.other-transaction'],
    [
      'another unbonding transaction',
      { expected: { unbondingTransaction: other.unbonding.transaction } },
      'registration.other-transaction',
    ],
    [
      'the slashing transaction of another output',
      { expected: { stakingSlashingTransaction: delegation.unbondingSlashing.transaction } },
      'registration.other-transaction',
    ],
    ['signatures in the wrong places', { stakingSlashingSignature: parts.unbondingSlashingSignature }, 'registration.bad-signature'],
    [
      'a signature of somebody else',
      { unbondingSlashingSignature: signatureOf(delegation.unbondingSlashing, provider) },
      'registration.bad-signature',
    ],
    ['64 times 07', { stakingSlashingSignature: filled(64, 7) }, 'registration.bad-signature'],
    ['no signature', { stakingSlashingSignature: new Uint8Array(0) }, 'input.wrong-length'],
    ['a proof of possession of another key', { pop: partsOf(delegation, provider).pop }, 'registration.bad-pop'],
    ['a proof of possession for another account', { stakerAddress: STRANGER }, 'registration.bad-pop'],
    ['an account of five bytes', { stakerAddress: 'bbn1qqqqqqqqv70kd6' }, 'babylon-address.wrong-length'],
    ['a validator', { stakerAddress: 'bbnvaloper1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq4ceu5w' }, 'babylon-address.malformed'],
    ['a proof for another transaction', { inclusionProof: mineOf(other, 450).inclusionProof }, 'registration.other-transaction'],
    ['a proof for the coinbase', { inclusionProof: mineOf(delegation, 450, 0).inclusionProof }, 'registration.coinbase'],
    ['siblings of 31 bytes', { inclusionProof: { ...mined.inclusionProof, siblings: [filled(31, 1)] } }, 'input.wrong-length'],
    ['a negative index', { inclusionProof: { ...mined.inclusionProof, index: -3 } }, 'input.out-of-range'],
  ])('%s', (_, changes, code) => {
    expect(codeOf(() => Registration.create({ ...parts, ...changes }))).toBe(code);
  });

  it('and says which field', () => {
    expect(reason(() => Registration.create({ ...parts, expected: { stakingTransaction: other.stakingTransaction } }))).toEqual({
      code: 'registration.other-transaction',
      field: 'expected.stakingTransaction',
      expected: delegation.stakingTxid,
      got: other.stakingTxid,
    });
    expect(reason(() => Registration.create({ ...parts, expected: { stakingValueSats: sats(5_000_000) } }))).toMatchObject({
      expectedSats: '5000000',
      gotSats: '500000',
    });
  });

  it('several stakers', () => {
    const { stakerPks: _, stakerQuorum: __, ...terms } = delegation.contract.terms;
    const stakers = { pks: [keyOf('first').publicKey, keyOf('second').publicKey], quorum: 2 };
    const contract = StakingContract.from({ ...terms, stakers, profile: 'generic' });
    const output = { scriptPubKey: contract.staking.scriptPubKey, valueSats: delegation.stakingValueSats };
    const stakingTransaction = Tx.create([{ outpoint: { txid: '77'.repeat(32), vout: 0 } }], [output]);
    const shared = Delegation.from({ contract, rules: delegation.rules, stakingTransaction });
    expect(codeOf(() => Registration.create({ ...parts, delegation: shared }))).toBe('registration.several-stakers');
  });

  it('takes what agrees', () => {
    const expected = {
      stakingValueSats: sats(500_000),
      stakingTransaction: delegation.stakingTransaction,
      unbondingTransaction: delegation.unbonding.transaction,
      stakingSlashingTransaction: delegation.stakingSlashing.transaction,
      unbondingSlashingTransaction: delegation.unbondingSlashing.transaction,
    };
    expect(Registration.create({ ...parts, expected })).toEqual(Registration.create(parts));
  });

  it('hands out copies', () => {
    const { value } = Registration.create(parts);
    value.delegatorSlashingSig.fill(0);
    value.btcPk.fill(0);
    expect(hex(parts.stakingSlashingSignature)).not.toBe('00'.repeat(64));
    expect(Registration.check(created(delegation), viewOf()).ok).toBe(true);
  });

  it('encodes: the chain reads back what was built', () => {
    const message = created(delegation, mined.inclusionProof);
    expect(Message.decode(Message.encode(message))).toEqual(message);
  });
});

describe('the other builders refuse as well', () => {
  const old = stake({ outputIndex: 1 });
  const funding = paying(50_000n);
  const inputs = [old.staking.outpoint, { txid: Tx.txid(funding), vout: 0 }];
  const child = stake({ inputs, valueSats: 520_000n });
  const extend = (changes: Partial<Registration.ExtendOptions> = {}) =>
    Registration.extend({ ...partsOf(child), previous: old, fundingTransaction: funding, ...changes });
  const spending = signedBy(delegation.contract, 'unbonding', delegation.unbonding, { staker: [staker], covenant: covenant.slice(0, 2) });
  const block = blockWith(delegation.unbonding.txid, 495);
  const undelegate = (changes: object = {}) =>
    Registration.undelegate({ signer: ACCOUNT, delegation, spendingTransaction: spending, inclusionProof: block.proof, ...changes });

  it('extend', () => {
    expect(Registration.check(extend(), viewOf({ delegations: [recordOf(old, { minedHeight: 450 })] })).ok).toBe(true);
    const cases: readonly (readonly [Partial<Registration.ExtendOptions>, string])[] = [
      [{ previous: other }, 'extension-tx.wrong-input'],
      [{ fundingTransaction: paying(49_999n) }, 'extension-tx.wrong-input'],
      [partsOf(stake({ inputs, valueSats: 499_999n })), 'extension-tx.value-decreased'],
      [partsOf(stake({ inputs: inputs.slice(0, 1), valueSats: 520_000n })), 'extension-tx.wrong-input-count'],
      [partsOf(stake({ inputs, valueSats: 560_000n })), 'extension-tx.no-fee'],
      [partsOf(stake({ inputs, valueSats: 520_000n, providers: [keyOf('fp2')] })), 'extension-tx.other-finality-provider'],
      [partsOf(stake({ inputs, valueSats: 520_000n, owner: keyOf('x') }), keyOf('x')), 'extension-tx.other-staker'],
    ];
    for (const [changes, code] of cases)
      expect(
        codeOf(() => extend(changes)),
        code,
      ).toBe(code);
  });

  it('inclusion', () => {
    const build = (changes: object) => () =>
      Registration.inclusion({ signer: ACCOUNT, delegation, inclusionProof: mined.inclusionProof, ...changes });
    expect(codeOf(build({ signer: 'cosmos1x' }))).toBe('babylon-address.malformed');
    expect(codeOf(build({ delegation: other }))).toBe('registration.other-transaction');
    expect(codeOf(build({ inclusionProof: mineOf(delegation, 450, 0).inclusionProof }))).toBe('registration.coinbase');
  });

  it('undelegate', () => {
    expect(undelegate().value.fundingTransactions).toEqual([Tx.encode(delegation.stakingTransaction)]);
    expect(reason(() => undelegate({ delegation: other }))).toMatchObject({
      code: 'registration.bad-spend',
      why: 'registration.other-spend',
    });
    expect(reason(() => undelegate({ spendingTransaction: delegation.unbonding.transaction }))).toMatchObject({
      code: 'registration.bad-spend',
      field: 'spendingTransaction',
      why: 'registration.no-witness',
    });
    expect(codeOf(() => undelegate({ inclusionProof: mined.inclusionProof }))).toBe('registration.other-transaction');
    const twice = undelegate({ fundingTransactions: [delegation.stakingTransaction, paying(1n)] });
    expect(twice.value.fundingTransactions.length).toBe(2);
  });

  it('covenantSignatures', () => {
    const signatures = memberOf(delegation, covenant[0] ?? staker);
    const build = (changes: object) => () => Registration.covenantSignatures({ signer: ACCOUNT, delegation, signatures, ...changes });
    expect(codeOf(build({ delegation: other }))).toBe('covenant.bad-signature');
    expect(codeOf(build({ extension: { spend: other.unbonding, signature: filled(64, 1) } }))).toBe('registration.other-transaction');
    expect(codeOf(build({ extension: { spend: {}, signature: filled(64, 1) } }))).toBe('leaf-spend.not-a-leaf-spend');
  });

  it('selectiveSlashing', () => {
    const build = (recoveredSecretKey: Uint8Array) => () =>
      Registration.selectiveSlashing({
        signer: ACCOUNT,
        finalityProviderPk: provider.publicKey,
        recoveredSecretKey: untyped(recoveredSecretKey),
      });
    const error = failure(build(staker.secretKey));
    expect(error.code).toBe('registration.other-provider');
    expect(JSON.stringify(error.toJSON())).not.toContain(hex(staker.secretKey));
    expect(codeOf(build(new Uint8Array(32)))).toBe('secret-key.out-of-range');
  });
});

const arbitrary = fc.record({
  valueSats: fc.bigInt({ min: 50_000n, max: 5_000_000n }),
  stakingTimeBlocks: fc.integer({ min: 800, max: 64_000 }),
  outputIndex: fc.integer({ min: 0, max: 4 }),
  owner: fc.integer({ min: 0, max: 5 }).map((i) => keyOf(`owner ${i}`)),
  slashingTxVersion: fc.constantFrom<1 | 2>(1, 2),
  params: fc.constantFrom(V0, V1),
});

describe('properties', () => {
  it('whatever is built of a valid stake passes, with and without proof', () => {
    fc.assert(
      fc.property(arbitrary, fc.boolean(), (options, proved) => {
        const one = stake(options);
        const height = options.params === V0 ? 300 : 450;
        const block = blockWith(one.stakingTxid, height, 1);
        const message = created(one, proved ? block.proof : undefined, options.owner);
        const tipHeight = proved ? height + 10 : height;
        expect(Registration.check(message, viewOf({ headers: [block.header], tipHeight }))).toEqual({ ok: true, warnings: [] });
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  it('one byte flipped in any field is refused, or changes nothing that counts', () => {
    const message = created(delegation, mined.inclusionProof);
    const view = viewOf({ headers: [mined.header] });
    const fields = [
      'btcPk',
      'stakingTx',
      'slashingTx',
      'unbondingTx',
      'unbondingSlashingTx',
      'delegatorSlashingSig',
      'delegatorUnbondingSlashingSig',
    ] as const;
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.nat(), fc.integer({ min: 1, max: 255 }), (field, place, mask) => {
        const spoiled = Bytes.copy(message.value[field]);
        const at = place % spoiled.length;
        spoiled[at] = (spoiled[at] as number) ^ mask;
        expect(Registration.check({ ...message, value: { ...message.value, [field]: spoiled } }, view).ok).toBe(false);
      }),
      { seed: SEED, numRuns: 400 },
    );
  });

  it('a byte flipped in the witness of a staking transaction is no other stake', () => {
    const signed = delegation.stakingTransaction;
    signed.setWitness(0, [filled(64, 5)]);
    const raw = Tx.encode(signed);
    const message = created(delegation);
    for (const at of [raw.length - 10, raw.length - 40]) {
      const spoiled = Bytes.copy(raw);
      spoiled[at] = (spoiled[at] as number) ^ 1;
      expect(Registration.check({ ...message, value: { ...message.value, stakingTx: spoiled } }, viewOf()).ok).toBe(true);
    }
  });

  it('bytes cut off or random are refused, never thrown', () => {
    const message = created(delegation);
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom('stakingTx', 'slashingTx', 'unbondingTx', 'unbondingSlashingTx'),
        (raw, field) => {
          const verdict = Registration.check({ ...message, value: { ...message.value, [field]: raw } }, viewOf());
          expect(verdict.ok).toBe(false);
          expect(
            Registration.checkAll({ ...message, value: { ...message.value, [field]: raw } }, viewOf()).failures.length,
          ).toBeGreaterThan(0);
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });
});

describe('how far a delegation is', () => {
  const at = (changes: Parameters<typeof recordOf>[1], view: Partial<ChainView.Options> = {}): Registration.Readiness =>
    Registration.readiness(recordOf(delegation, changes), viewOf(view));
  const minedAt = new Map([[delegation.stakingTxid, 495]]);

  it('counts signatures and blocks', () => {
    expect(at({ signed: 0 })).toEqual({
      status: 'PENDING',
      signaturesMissing: 2,
      proved: false,
      blocksToProof: undefined,
      heights: undefined,
    });
    expect(at({ signed: 2 }, { minedAt })).toMatchObject({ status: 'VERIFIED', signaturesMissing: 0, proved: false, blocksToProof: 5 });
    expect(at({ signed: 2 }, { minedAt, tipHeight: 505 })).toMatchObject({ status: 'VERIFIED', blocksToProof: 0 });
    expect(at({ signed: 3, minedHeight: 450 })).toMatchObject({ status: 'ACTIVE', signaturesMissing: 0, proved: true, blocksToProof: 0 });
  });

  it('names the heights of an active stake', () => {
    expect(at({ minedHeight: 450 }).heights).toEqual({
      endHeight: 1_450,
      proofFromTip: 460,
      activeUntilTip: 1_389,
      expiredFromTip: 1_390,
      expansionMinedBy: 1_379,
    });
  });

  it('refuses a delegation whose parameters are not in the view', () => {
    expect(codeOf(() => Registration.readiness({ ...recordOf(delegation), paramsVersion: 9 }, viewOf()))).toBe(
      'registration.unknown-params',
    );
  });
});

describe('misuse', () => {
  const message = created(delegation);

  it('of the message', () => {
    expect(codeOf(() => Registration.check(untyped(null), viewOf()))).toBe('input.missing');
    expect(codeOf(() => Registration.check(untyped({ typeUrl: '/x', value: {} }), viewOf()))).toBe('registration.not-checked');
    for (const key of Object.keys(message.value).filter((one) => one !== 'pop')) {
      const spoiled = untyped<typeof message>({ ...message, value: { ...message.value, [key]: {} } });
      expect(
        codeOf(() => Registration.check(spoiled, viewOf())),
        key,
      ).toMatch(/^input\./);
    }
  });

  it('of the view and the options', () => {
    expect(codeOf(() => Registration.check(message, untyped({})))).toBe('chain-view.not-a-view');
    expect(codeOf(() => Registration.check(message, viewOf(), { gasLimit: untyped(5) }))).toBe('input.not-integer');
  });
});
