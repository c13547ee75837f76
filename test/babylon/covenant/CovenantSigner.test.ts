// The member's signatures: what the chain takes, what a node takes of the slashing that follows, and nothing for anything that was touched.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as CovenantReview from '../../../src/babylon/CovenantReview.ts';
import * as CovenantSigner from '../../../src/babylon/CovenantSigner.ts';
import * as Message from '../../../src/babylon/Message.ts';
import * as ParamsSet from '../../../src/babylon/ParamsSet.ts';
import * as Registration from '../../../src/babylon/Registration.ts';
import * as Slasher from '../../../src/babylon/Slasher.ts';
import * as Bytes from '../../../src/base/Bytes.ts';
import { isSatlockError } from '../../../src/base/Errors.ts';
import * as LeafSpend from '../../../src/bitcoin/LeafSpend.ts';
import * as Tx from '../../../src/bitcoin/Tx.ts';
import * as Ecc from '../../../src/crypto/Ecc.ts';
import { codeOf, failure, filled, hex, judge, type KeyPair, SEED, signaturesOf, untyped } from '../../support/stakes.ts';
import { ACCOUNT, covenant, provider, recordOf, stake, staker, V0, viewOf } from '../chain/world.ts';
import { altered, delegation, expansionOf, member, policy, rest, restOf, stranger, withFields } from './requests.ts';

const AUX = new Uint8Array(32);
const prepare = (json: unknown = rest, pair: KeyPair = member, previous?: unknown): CovenantSigner.Prepared =>
  CovenantSigner.prepare({ subject: CovenantReview.fromRest(json, { previous }), policy, covenantPk: pair.publicKey });
const signedBy = (pair: KeyPair, prepared = prepare(rest, pair)): CovenantSigner.Signatures =>
  CovenantSigner.sign({ prepared, secretKey: pair.secretKey, auxRand: AUX });

describe('sign', () => {
  it('gives the message that the chain takes, byte for byte through its wire form', () => {
    const prepared = prepare();
    const signatures = CovenantSigner.sign({ prepared, secretKey: member.secretKey });
    const message = CovenantSigner.toMessage({ prepared, signatures, signer: ACCOUNT });
    const travelled = Message.decode(Message.encode(message));
    expect(Registration.check(travelled, viewOf({ delegations: [recordOf(delegation)] }))).toEqual({ ok: true, warnings: [] });
    expect(message.value.slashingTxSigs.map(({ length }) => length)).toEqual([65]);
    expect(message.value.stakeExpansionTxSig).toBeUndefined();
  });

  it('a quorum of such members and a leaked provider key make slashings that a node takes', () => {
    const slashable: Slasher.Slashable = {
      delegation,
      stakerSignatures: {
        stakingSlashing: signaturesOf(delegation.stakingSlashing, [staker]),
        unbondingSlashing: signaturesOf(delegation.unbondingSlashing, [staker]),
      },
      covenantSignatures: covenant.slice(1).map((pair) => signedBy(pair)),
    };
    for (const target of ['staking', 'unbonding'] as const) {
      const { transaction, spend } = Slasher.slash(slashable, target, provider.secretKey);
      expect(judge(transaction, spend.spentOutputs)).toBe('valid');
    }
  });

  it('signs the transactions as given where the staker chose within the rules', () => {
    const slashing = altered(delegation.stakingSlashing.transaction, ({ outs: [slashed, change] }) => {
      if (slashed !== undefined) slashed.value += 2n;
      if (change !== undefined) change.value -= 2n;
    });
    const json = restOf(delegation, { slashing });
    const prepared = prepare(json);
    expect(prepared.spends.stakingSlashing.txid).toBe(Tx.txid(slashing));
    const signatures = signedBy(member, prepared);
    const message = CovenantSigner.toMessage({ prepared, signatures, signer: ACCOUNT });
    const stored = { ...recordOf(delegation), slashingTx: Tx.encode(slashing) };
    expect(Registration.check(message, viewOf({ delegations: [stored] })).ok).toBe(true);
  });

  it('draws fresh randomness when none is given, and the digest of the request stays', () => {
    const [one, two] = [prepare(), prepare()];
    expect(hex(one.digest)).toBe(hex(two.digest));
    const [a, b] = [one, two].map((prepared) => CovenantSigner.sign({ prepared, secretKey: member.secretKey }));
    expect(hex(a?.unbonding ?? AUX)).not.toBe(hex(b?.unbonding ?? AUX));
    expect(hex(prepare(rest, covenant[0]).digest)).not.toBe(hex(one.digest));
    expect(hex(prepare(restOf(stake())).digest)).not.toBe(hex(one.digest));
  });

  it('releases nothing that a broken backend made', () => {
    const broken = { ...Ecc.auto(), schnorrSign: () => filled(64, 1) };
    const prepared = prepare();
    const { reason } = failure(() => CovenantSigner.sign({ prepared, secretKey: member.secretKey }, broken));
    expect(reason).toMatchObject({ code: 'covenant-signer.self-check-failed', field: 'unbonding' });
  });

  it('refuses another key, and what was not prepared here', () => {
    const prepared = prepare();
    expect(codeOf(() => CovenantSigner.sign({ prepared, secretKey: stranger.secretKey }))).toBe('covenant-signer.other-key');
    const copy = { ...prepared, spends: { ...prepared.spends, unbonding: prepared.spends.stakingSlashing } };
    for (const forged of [copy, { ...prepared }, undefined, null, 7, {}]) {
      const code = codeOf(() => CovenantSigner.sign({ prepared: untyped(forged), secretKey: member.secretKey }));
      expect(['covenant-signer.not-prepared', 'input.missing']).toContain(code);
    }
  });

  it('keeps what was prepared when the caller changes his bytes afterwards', () => {
    const json = structuredClone(rest);
    const subject = CovenantReview.fromRest(json);
    const prepared = CovenantSigner.prepare({ subject, policy, covenantPk: member.publicKey });
    const before = hex(prepared.digest);
    subject.record.slashingTx.fill(0);
    subject.record.btcPk.fill(0);
    expect(() => CovenantSigner.sign({ prepared, secretKey: member.secretKey })).not.toThrow();
    expect(hex(prepare().digest)).toBe(before);
    // The stake's name in the log, and the policy that the signatures are judged by.
    expect(Reflect.set(prepared.outpoint, 'vout', 7)).toBe(false);
    const changing: { -readonly [Field in keyof typeof policy]: (typeof policy)[Field] } = { ...policy };
    const other = CovenantSigner.prepare({ subject: CovenantReview.fromRest(rest), policy: changing, covenantPk: member.publicKey });
    changing.paramsSet = ParamsSet.from([V0]);
    expect(() => CovenantSigner.sign({ prepared: other, secretKey: member.secretKey })).not.toThrow();
  });
});

describe('verify', () => {
  const prepared = prepare();
  const good = signedBy(member, prepared);
  const flipped = (signature: Uint8Array): Uint8Array => {
    const copy = Bytes.copy(signature);
    copy[40] = (copy[40] as number) ^ 1;
    return copy;
  };
  const other = signedBy(covenant[0] as KeyPair);
  const bad: readonly (readonly [string, Partial<Record<keyof CovenantSigner.Signatures, unknown>>])[] = [
    ['stakingSlashing[0]', { stakingSlashing: good.stakingSlashing.map(flipped) }],
    ['stakingSlashing[0]', { stakingSlashing: good.unbondingSlashing }],
    ['stakingSlashing', { stakingSlashing: [] }],
    ['stakingSlashing', { stakingSlashing: [...good.stakingSlashing, ...good.stakingSlashing] }],
    ['unbondingSlashing[0]', { unbondingSlashing: good.unbondingSlashing.map(flipped) }],
    ['unbondingSlashing[0]', { unbondingSlashing: other.unbondingSlashing }],
    ['unbonding', { unbonding: flipped(good.unbonding) }],
    ['unbonding', { unbonding: other.unbonding }],
    ['expansion', { expansion: good.unbonding }],
    ['covenantPk', { covenantPk: covenant[0]?.publicKey }],
  ];

  it.each(bad)('refuses a wrong %s', (field, change) => {
    const { reason } = failure(() => CovenantSigner.verify(prepared, untyped({ ...good, ...change })));
    expect(reason).toMatchObject({ code: 'covenant-signer.self-check-failed', field });
    expect(
      failure(() => CovenantSigner.toMessage({ prepared, signatures: untyped({ ...good, ...change }), signer: ACCOUNT })).reason,
    ).toEqual(reason);
  });

  it('refuses fields that are missing by their name', () => {
    for (const field of ['stakingSlashing', 'unbonding', 'unbondingSlashing', 'covenantPk'] as const) {
      const { reason } = failure(() => CovenantSigner.verify(prepared, untyped({ ...good, [field]: undefined })));
      expect((reason as { readonly field?: string }).field).toBe(field);
    }
    expect(codeOf(() => CovenantSigner.toMessage({ prepared, signatures: good, signer: 'bbn1' }))).toBe('babylon-address.malformed');
  });
});

describe('an expansion', () => {
  const { child, json, previous, coin } = expansionOf();
  const prepared = prepare(json, member, previous);
  const signatures = signedBy(member, prepared);

  it('is signed once more for the spend of the stake before, and the chain takes the message', () => {
    const message = CovenantSigner.toMessage({ prepared, signatures, signer: ACCOUNT });
    const parent = recordOf(delegation, { minedHeight: 450 });
    const pending = { ...recordOf(child), expansion: { previousStakingTxid: delegation.stakingTxid, fundingOutput: coin } };
    expect(Registration.check(message, viewOf({ delegations: [parent, pending] }))).toEqual({ ok: true, warnings: [] });
    expect(message.value.stakeExpansionTxSig).toHaveLength(64);
  });

  it('each member’s signature is over input 0 with both outputs that are spent, through the unbonding leaf of the stake before', () => {
    const spend = LeafSpend.from({
      transaction: child.stakingTransaction,
      inputIndex: 0,
      spentOutputs: [{ scriptPubKey: delegation.contract.staking.scriptPubKey, valueSats: delegation.stakingValueSats }, coin],
      leaf: delegation.contract.staking.paths.unbonding,
    });
    for (const pair of covenant) {
      const one = signedBy(pair, prepare(json, pair, previous)).expansion;
      expect(spend.verify(pair.publicKey, one ?? AUX)).toBe(true);
    }
  });

  it('without that signature nothing is released', () => {
    const { expansion: _, ...without } = signatures;
    expect(failure(() => CovenantSigner.verify(prepared, without)).reason).toMatchObject({ field: 'expansion' });
    expect(failure(() => CovenantSigner.verify(prepared, { ...signatures, expansion: filled(64, 1) })).reason).toMatchObject({
      field: 'expansion',
    });
  });
});

/** Every path in a JSON value. */
function pathsOf(value: unknown, path: readonly (string | number)[] = []): readonly (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, one]) => pathsOf(one, [...path, key]))];
}

function replaced(value: unknown, path: readonly (string | number)[], by: unknown): unknown {
  const [key, ...rest_] = path;
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string | number, unknown>;
  copy[key] = replaced(copy[key], rest_, by);
  if (copy[key] === DELETED) delete copy[key];
  return copy;
}

const DELETED = Symbol('deleted');
const junk = fc.oneof(
  fc.constantFrom<unknown>(
    DELETED,
    null,
    undefined,
    '',
    '00',
    'zz',
    0,
    -1,
    1,
    0.5,
    Number.NaN,
    2 ** 32,
    2 ** 53,
    10n,
    true,
    [],
    {},
    [null],
    [[]],
  ),
  fc.constantFrom<unknown>('00'.repeat(32), 'ff'.repeat(32), hex(staker.publicKey), hex(provider.publicKey), hex(member.publicKey)),
  fc.uint8Array({ maxLength: 150 }).map(hex),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<unknown>,
);

describe('mutilated requests', () => {
  const { json, previous } = expansionOf();
  const originals = [
    { request: { delegation: rest }, digest: hex(prepare().digest) },
    { request: { delegation: json, previous }, digest: hex(prepare(json, member, previous).digest) },
  ] as const;

  it('end in an error of ours, in a refusal, or in the very same signatures', () => {
    const outcomes = { errors: 0, refusals: 0, same: 0 };
    const cases = fc.constantFrom(...originals).chain((one) =>
      fc.record({
        one: fc.constant(one),
        changes: fc.array(fc.tuple(fc.constantFrom(...pathsOf(one.request)), junk), { minLength: 1, maxLength: 2 }),
      }),
    );
    fc.assert(
      fc.property(cases, ({ one, changes }) => {
        let request: unknown = one.request;
        for (const [path, by] of changes)
          if (pathsOf(request).some((known) => known.join() === path.join())) request = replaced(request, path, by);
        try {
          const { delegation: given, previous: before } = (request ?? {}) as { readonly delegation?: unknown; readonly previous?: unknown };
          const subject = CovenantReview.fromRest(given, { previous: before });
          const prepared = CovenantSigner.prepare({ subject, policy, covenantPk: member.publicKey });
          // Whatever was changed did not matter: what is signed is the same.
          expect(hex(prepared.digest)).toBe(one.digest);
          outcomes.same++;
        } catch (error) {
          if (!isSatlockError(error)) throw error;
          outcomes[error.code === 'covenant-signer.refused' ? 'refusals' : 'errors']++;
        }
      }),
      { seed: SEED, numRuns: 1_500, endOnFailure: true },
    );
    for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(50);
  }, 120_000);

  it('one flipped bit in any transaction, script or signature is never signed', () => {
    const texts = [
      'staking_tx_hex',
      'slashing_tx_hex',
      'delegator_slash_sig_hex',
      'btc_pk',
      '.unbonding_tx_hex',
      '.slashing_tx_hex',
      '.delegator_slashing_sig_hex',
    ];
    const textOf = (name: string): string => (name.startsWith('.') ? rest.undelegation_response[name.slice(1)] : rest[name]) as string;
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.nat(), (name, at) => {
        const bytes = Uint8Array.from(Buffer.from(textOf(name), 'hex'));
        const bit = at % (8 * bytes.length);
        bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
        try {
          prepare(withFields(rest, { [name]: hex(bytes) }));
        } catch (error) {
          if (isSatlockError(error)) return;
          throw error;
        }
        throw new Error(`${name}, bit ${bit}: signed`);
      }),
      { seed: SEED, numRuns: 500, endOnFailure: true },
    );
  }, 60_000);
});
