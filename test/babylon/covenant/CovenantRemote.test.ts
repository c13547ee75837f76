// The reference's request form: keys out of the scripts, everything else out of the operator's own parameters, and no signature for what differs.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as CovenantRemote from '../../../src/babylon/CovenantRemote.ts';
import * as CovenantReview from '../../../src/babylon/CovenantReview.ts';
import * as CovenantSigner from '../../../src/babylon/CovenantSigner.ts';
import { isSatlockError } from '../../../src/base/Errors.ts';
import * as Hex from '../../../src/base/Hex.ts';
import * as Tx from '../../../src/bitcoin/Tx.ts';
import { codeOf, failure, hex, keyOf, P2TR, P2WPKH, SEED } from '../../support/stakes.ts';
import { provider, slashUnbonding, stake, V0, V1 } from '../chain/world.ts';
import { pay } from './forgeries.ts';
import { altered, delegation, expansionOf, member, policy, remoteRequestOf, rest, SET } from './requests.ts';

const covenantPk = member.publicKey;
const hints = { stakingTimeBlocks: 1_000 };
const request = remoteRequestOf(delegation);
const prepare = (json: unknown = request, more: CovenantRemote.Hints = hints): CovenantSigner.Prepared =>
  CovenantRemote.prepare({ request: json, policy, hints: more, covenantPk });
const direct = CovenantSigner.prepare({ subject: CovenantReview.fromRest(rest), policy, covenantPk });
const checksOf = (json: unknown, more: CovenantRemote.Hints = hints): readonly string[] =>
  CovenantReview.failures(CovenantRemote.review({ request: json, policy, hints: more, covenantPk })).map(({ check }) => check);

describe('a request by the rules', () => {
  it('asks for the same signatures as the delegation itself', () => {
    const prepared = prepare();
    expect(hex(prepared.digest)).toBe(hex(direct.digest));
    expect(prepared.report.paramsVersion).toBe(1);
    const signatures = CovenantSigner.sign({ prepared, secretKey: member.secretKey });
    const response = CovenantRemote.toResponse(signatures);
    expect(Object.keys(response)).toEqual([
      'slashing_transactions_signatures',
      'unbonding_transaction_signature',
      'slash_unbonding_transactions_signatures',
      'stake_expansion_transaction_signature',
    ]);
    expect(response.stake_expansion_transaction_signature).toBe('');
    expect(delegation.unbonding.verify(covenantPk, Hex.decode(response.unbonding_transaction_signature))).toBe(true);
    expect(
      [response.slashing_transactions_signatures, response.slash_unbonding_transactions_signatures].map(([one]) => one?.length),
    ).toEqual([130, 130]);
  });

  it('is found without hints: the version by its committee and amounts, the time by trying', () => {
    const weeks = remoteRequestOf(stake({ outputIndex: 1, stakingTimeBlocks: 1_008 }));
    expect(prepare(weeks, {}).report.stakingTimeBlocks).toBe(1_008);
    expect(CovenantRemote.isRefusal(failure(() => prepare(weeks, { maxTimesTried: 2 })))).toBe(true);
    const old = stake({ params: V0, stakingTimeBlocks: 64_000 });
    const prepared = CovenantRemote.prepare({ request: remoteRequestOf(old), policy: { ...policy, tipHeight: 399 }, covenantPk });
    expect(prepared.report.paramsVersion).toBe(0);
    expect(prepared.report.stakingTimeBlocks).toBe(64_000);
  }, 60_000);

  it('may carry the staker’s signatures, which are then verified', () => {
    const signatures = {
      delegator_slashing_sig_hex: rest['delegator_slash_sig_hex'],
      delegator_unbonding_slashing_sig_hex: rest.undelegation_response['delegator_slashing_sig_hex'],
    };
    expect(checksOf({ ...request, ...signatures })).toEqual([]);
    const strict = { request, policy: { ...policy, requireStakerSignatures: true }, hints, covenantPk };
    expect(CovenantRemote.review(strict).ok).toBe(false);
    expect(CovenantRemote.review({ ...strict, request: { ...request, ...signatures } }).ok).toBe(true);
    expect(checksOf({ ...request, delegator_slashing_sig_hex: signatures.delegator_unbonding_slashing_sig_hex })).toEqual([
      'staker.slashing-signature',
    ]);
  });

  it('carries no proof of possession, so that a policy that demands one is never passed over', () => {
    const strict = { ...policy, requirePop: true };
    const report = CovenantRemote.review({ request, policy: strict, hints, covenantPk });
    expect(CovenantReview.failures(report).map(({ check }) => check)).toEqual(['staker.possession']);
    expect(CovenantRemote.isRefusal(failure(() => CovenantRemote.prepare({ request, policy: strict, hints, covenantPk })))).toBe(true);
  });

  it('for an expansion is answered with the fourth signature', () => {
    const { child, output } = expansionOf();
    const expansion = {
      previous_active_stake_tx_hex: Tx.toHex(delegation.stakingTransaction),
      other_funding_output_hex: output,
      previous_staking_output_idx: 1,
      previous_active_stake_unbonding_script_hex: hex(delegation.contract.staking.paths.unbonding.script),
    };
    const json = { ...remoteRequestOf(child), stake_expansion: expansion };
    const more = { ...hints, previousStakingTimeBlocks: 1_000 };
    const prepared = prepare(json, more);
    const signatures = CovenantSigner.sign({ prepared, secretKey: member.secretKey });
    expect(CovenantRemote.toResponse(signatures).stake_expansion_transaction_signature).toHaveLength(128);
    // A release of the reference has the fields beside the others, and sends them empty where there is no expansion.
    expect(hex(prepare({ ...remoteRequestOf(child), ...expansion }, more).digest)).toBe(hex(prepared.digest));
    expect(codeOf(() => prepare({ ...json, ...expansion }, more))).toBe('covenant-remote.two-expansions');
    const empty = {
      previous_active_stake_tx_hex: '',
      other_funding_output_hex: '',
      previous_staking_output_idx: 0,
      previous_active_stake_unbonding_script_hex: '',
    };
    for (const none of [empty, { stake_expansion: null }]) expect(hex(prepare({ ...request, ...none }).digest)).toBe(hex(direct.digest));
    // Of the stake before everything is rebuilt too.
    const bad: readonly (readonly [Readonly<Record<string, unknown>>, string])[] = [
      [{ previous_staking_output_idx: 0 }, 'expansion.previous-script'],
      [{ previous_active_stake_tx_hex: Tx.toHex(stake().stakingTransaction) }, 'expansion.first-input'],
      [
        { previous_active_stake_unbonding_script_hex: hex(stake({ owner: keyOf('x') }).contract.staking.paths.unbonding.script) },
        'expansion.staker',
      ],
    ];
    for (const [change, check] of bad) expect(checksOf({ ...json, stake_expansion: { ...expansion, ...change } }, more)).toContain(check);
    expect(codeOf(() => prepare({ ...json, stake_expansion: { ...expansion, other_funding_output_hex: output.slice(2) } }, more))).toBe(
      'covenant-remote.malformed-output',
    );
    const weaker = stake({ params: { ...V1, covenantQuorum: 1 }, profile: 'generic' }).contract.staking.paths.unbonding.script;
    const named = { ...expansion, previous_active_stake_unbonding_script_hex: hex(weaker) };
    expect(checksOf({ ...json, stake_expansion: named }, more)).toEqual(['script.previous-unbonding']);
    expect(checksOf(remoteRequestOf(child), more)).toEqual([]);
  });
});

describe('refused by the signer alone', () => {
  const unbonding = altered(delegation.unbonding.transaction, pay(0, P2TR));
  const forged = slashUnbonding(delegation, unbonding);
  const otherProvider = stake({ outputIndex: 1, providers: [keyOf('fp2')] });
  const rows: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
    [
      'a forged unbonding output',
      { unbonding_tx_hex: Tx.toHex(unbonding), slash_unbonding_tx_hex: hex(forged.unbondingSlashingTx) },
      'unbonding.script',
    ],
    [
      'a slashing that pays elsewhere',
      { slashing_tx_hex: Tx.toHex(altered(delegation.stakingSlashing.transaction, pay(0, P2WPKH))) },
      'slashing.destination',
    ],
    [
      'a change that goes elsewhere',
      { slashing_tx_hex: Tx.toHex(altered(delegation.stakingSlashing.transaction, pay(1, P2TR))) },
      'slashing.change',
    ],
    ['another output', { staking_output_idx: 0 }, 'staking.script'],
    ['the unbonding script exchanged', { unbonding_script_hex: request['slashing_script_hex'] }, 'script.unbonding'],
    [
      'the slashing script of another provider',
      { slashing_script_hex: hex(otherProvider.contract.staking.paths.slashing.script) },
      'script.slashing',
    ],
    [
      'the other slashing script of another provider',
      { unbonding_slashing_script_hex: hex(otherProvider.contract.staking.paths.slashing.script) },
      'script.unbonding-slashing',
    ],
    ['an encryption key of another provider', { fp_enc_keys: [`02${hex(keyOf('fp2').publicKey)}`] }, 'staking.script'],
    ['two encryption keys', { fp_enc_keys: [`02${hex(provider.publicKey)}`, `02${hex(keyOf('fp2').publicKey)}`] }, 'keys.provider-count'],
    ['no encryption key', { fp_enc_keys: [] }, 'keys.provider-count'],
    ['the transactions exchanged', { slashing_tx_hex: request['slash_unbonding_tx_hex'] }, 'slashing.input'],
  ];

  it.each(rows)('%s', (_, change, check) => {
    expect(checksOf({ ...request, ...change })).toContain(check);
    const error = failure(() => prepare({ ...request, ...change }));
    expect(CovenantRemote.isRefusal(error)).toBe(true);
  });

  it('a committee of strangers, whatever scripts the request brings', () => {
    const evil = stake({ params: { ...V0, covenantPks: ['e1', 'e2', 'e3'].map((name) => keyOf(name).publicKey) } });
    expect(checksOf(remoteRequestOf(evil), { ...hints, paramsVersion: 1 })).toContain('staking.script');
  });

  it('what is no request', () => {
    const rowsOf: readonly (readonly [unknown, string])[] = [
      [{ ...request, fp_enc_keys: [`03${hex(provider.publicKey)}`] }, 'covenant-remote.bad-encryption-key'],
      [{ ...request, fp_enc_keys: [hex(provider.publicKey)] }, 'input.wrong-length'],
      [{ ...request, slashing_script_hex: request['unbonding_script_hex'] }, 'covenant-remote.other-leaf'],
      [{ ...request, slashing_script_hex: '' }, 'leaf-reader.unexpected'],
      [{ ...request, staking_tx_hex: '' }, 'tx.malformed'],
      [{ ...request, staking_output_idx: 9 }, 'input.out-of-range'],
      [{ ...request, more: 1 }, 'json.unknown-field'],
      [{ ...request, unbonding_tx_hex: undefined }, 'input.not-text'],
      [undefined, 'json.not-an-object'],
      [[], 'json.not-an-object'],
    ];
    for (const [i, [json, code]] of rowsOf.entries())
      expect([i, codeOf(() => CovenantRemote.prepare({ request: json, policy, hints, covenantPk }))]).toEqual([i, code]);
  });

  it('one flipped bit anywhere', () => {
    const names = Object.keys(request).filter((name) => typeof request[name] === 'string');
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.nat(), (name, at) => {
        const bytes = Hex.decode(request[name] as string);
        const bit = at % (8 * bytes.length);
        bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
        try {
          prepare({ ...request, [name]: hex(bytes) }, { ...hints, paramsVersion: 1 });
        } catch (error) {
          if (isSatlockError(error)) return;
          throw error;
        }
        // A slashing may pay a larger fee than the smallest: without the staker's signature that is a request like any other.
        const change = (raw: unknown): bigint => Tx.fromHex(raw as string).outs[1]?.value ?? 0n;
        if (!name.startsWith('slash') || change(hex(bytes)) >= change(request[name])) throw new Error(`${name}, bit ${bit}: signed`);
      }),
      { seed: SEED, numRuns: 400, endOnFailure: true },
    );
  }, 60_000);

  it('a version that the operator does not allow', () => {
    const report = CovenantRemote.review({ request, policy: { paramsSet: SET, allowedVersions: [0] }, hints, covenantPk });
    expect(CovenantReview.failures(report).map(({ check }) => check)).toContain('params.allowed');
  });
});
