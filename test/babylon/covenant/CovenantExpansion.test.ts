// Expansions before a covenant member: the delegation before is rebuilt from its own parameters, and every rule is asked.
import { describe, expect, it } from 'vitest';
import * as CovenantReview from '../../../src/babylon/CovenantReview.ts';
import * as DelegationOf from '../../../src/babylon/Delegation.ts';
import * as ParamsSet from '../../../src/babylon/ParamsSet.ts';
import * as Tx from '../../../src/bitcoin/Tx.ts';
import { hex, type KeyPair, keyOf, keysOf, pks } from '../../support/stakes.ts';
import { covenant, paramsOf, paramsV1, STRANGER, stake, staker, V0, V1 } from '../chain/world.ts';
import { spend } from './forgeries.ts';
import { altered, delegation, expansionOf, faultOf, member, policy, rest, restOf, stranger, withFields } from './requests.ts';

describe('an expansion', () => {
  const made = expansionOf();
  const fault = (json: unknown = made.json, previous: unknown = made.previous, changes: Partial<CovenantReview.Policy> = {}) =>
    faultOf(json, changes, { previous });

  it('passes with the delegation before', () => {
    expect(fault()).toBeUndefined();
  });

  const fresh = keysOf('new', 3);
  const rotated = (count: number): Partial<CovenantReview.Policy> => ({
    paramsSet: ParamsSet.from([
      V0,
      V1,
      paramsOf({
        ...paramsV1,
        version: 2,
        btcActivationHeight: 450,
        covenantPks: pks([...fresh.slice(count), ...covenant.slice(3 - count)]).map(hex),
      }),
    ]),
  });
  const underRotated = (count: number): unknown => {
    const params = rotated(count).paramsSet?.versions[2];
    if (params === undefined) throw new Error('no version');
    const { child, output } = expansionOf({ params });
    return {
      ...restOf(child, {}, staker, 2),
      stk_exp: { previous_staking_tx_hash_hex: delegation.stakingTxid, other_funding_tx_out_hex: output, previous_stk_covenant_sigs: [] },
    };
  };

  const rows: readonly (readonly [string, () => unknown, string])[] = [
    ['without the delegation before', () => fault(made.json, null), 'expansion.previous'],
    ['with another one', () => fault(made.json, restOf(stake())), 'expansion.previous'],
    ['of an unknown version', () => fault(made.json, withFields(made.previous, { params_version: 9 })), 'expansion.previous-params'],
    ['of the version exchanged', () => fault(made.json, withFields(made.previous, { params_version: 0 })), 'expansion.previous-params'],
    [
      'of another stake in the same transaction',
      () => fault(made.json, withFields(made.previous, { staking_output_idx: 0 })),
      'expansion.previous-script',
    ],
    ['of a forged timelock', () => fault(made.json, withFields(made.previous, { staking_time: 1_001 })), 'expansion.previous-script'],
    ['of another amount', () => fault(made.json, withFields(made.previous, { total_sat: '500001' })), 'expansion.previous-value'],
    ['of another account', () => fault(made.json, withFields(made.previous, { staker_addr: STRANGER })), 'expansion.account'],
    ['with a smaller stake', () => fault(expansionOf({ valueSats: 499_999n }).json), 'expansion.value'],
    ['without a fee', () => fault(expansionOf({ valueSats: 545_679n }).json), 'expansion.fee'],
    ['with a coin without value', () => fault(expansionOf({}, 0n).json), 'expansion.funding'],
    ['with one input', () => fault(expansionOf({ inputs: [delegation.staking.outpoint] }).json), 'expansion.inputs'],
    [
      'with the inputs exchanged',
      () => fault(expansionOf({ inputs: [{ txid: Tx.txid(made.funding), vout: 0 }, delegation.staking.outpoint] }).json),
      'expansion.first-input',
    ],
    [
      'of another output',
      () =>
        fault(
          expansionOf({
            inputs: [
              { txid: delegation.stakingTxid, vout: 0 },
              { txid: Tx.txid(made.funding), vout: 0 },
            ],
          }).json,
        ),
      'expansion.first-input',
    ],
    ['to another provider', () => fault(expansionOf({ providers: [keyOf('fp2')] }).json), 'expansion.provider'],
    ['by another staker', () => fault(expansionOf({ owner: stranger }).json), 'expansion.staker'],
    ['with too little overlap of the committees', () => fault(underRotated(1), made.previous, rotated(1)), 'expansion.overlap'],
    ['with a delegation before that nobody asked for', () => fault(rest, made.previous), 'expansion.previous'],
    [
      'whose stake before this member has signed',
      () =>
        fault({
          ...made.json,
          stk_exp: { ...(made.json['stk_exp'] as object), previous_stk_covenant_sigs: [{ pk: hex(member.publicKey), sig: '' }] },
        }),
      'state.not-signed',
    ],
  ];

  it.each(rows)('is refused %s', (_, act, check) => {
    expect(act()).toEqual([check, expect.any(String), expect.any(String)]);
  });

  it('has a scriptSig on the stake before', () => {
    const scripted = altered(made.child.stakingTransaction, spend({ script: Uint8Array.of(0) }));
    const { slashingPkScript, slashingRate, minSlashingTxFeeSats, unbondingFeeSats } = V1;
    const rules = { slashingPkScript, slashingRate, minSlashingTxFeeSats, unbondingFeeSats };
    const liar = DelegationOf.from({ contract: made.child.contract, rules, stakingTransaction: scripted });
    const stk_exp = made.json['stk_exp'];
    expect(fault({ ...restOf(liar), stk_exp })).toEqual(['expansion.first-input', 'pre-signed.script-sig', 'undefined/1']);
  });

  it('spends the stake before twice', () => {
    // The library builds no other transactions for it: theirs are those of the honest one.
    const transaction = altered(made.child.stakingTransaction, ({ ins }) => {
      ins[1] = { ...(ins[0] as Tx.Transaction['ins'][number]) };
    });
    const twice = withFields(made.json, { staking_tx_hex: Tx.toHex(transaction) });
    const subject = CovenantReview.fromRest(twice, { previous: made.previous });
    const failures = CovenantReview.failures(CovenantReview.review({ subject, policy, covenantPk: member.publicKey }));
    expect(failures).toContainEqual(expect.objectContaining({ check: 'staking.sanity', outcome: 'failed' }));
    expect(failures).toContainEqual(expect.objectContaining({ check: 'expansion.funding', why: 'extension-tx.funding-is-the-stake' }));
  });

  it('takes a rotated committee with enough overlap, for a member of both', () => {
    expect(fault(underRotated(2), made.previous, rotated(2))).toBeUndefined();
    const newcomer = fresh[2] as KeyPair;
    const parts = { previous: made.previous, covenantPk: newcomer.publicKey };
    expect(faultOf(underRotated(2), rotated(2), parts)).toEqual(['expansion.member', 'covenant.not-a-member', 'btcstaking/1110']);
  });

  it('a release that lets the staker’s key change is told, not refused', () => {
    const report = CovenantReview.review({
      subject: CovenantReview.fromRest(expansionOf({ owner: stranger }).json, { previous: made.previous }),
      policy: { ...policy, release: 'v4.3' },
      covenantPk: member.publicKey,
    });
    expect(CovenantReview.failures(report)).toEqual([]);
    expect(report.items.find(({ check }) => check === 'expansion.staker')?.outcome).toBe('told');
  });
});
