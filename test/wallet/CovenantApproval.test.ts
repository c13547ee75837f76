// The covenant's signatures as a node's REST interface gives them: a real delegation of the public testnet.
import { describe, expect, it } from 'vitest';
import * as ChainView from '../../src/babylon/ChainView.ts';
import * as Delegation from '../../src/babylon/Delegation.ts';
import * as Networks from '../../src/babylon/Networks.ts';
import * as ParamsSet from '../../src/babylon/ParamsSet.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as CovenantApproval from '../../src/wallet/CovenantApproval.ts';
import { dataOf } from '../vectors/support.ts';

type Entry = Record<string, unknown>;
type Rest = Entry & { readonly covenant_sigs: readonly Entry[]; readonly undelegation_response: Entry };

const json = dataOf<{ readonly btc_delegation: Rest }>('babylon/upstream/testnet-delegation.json');
const rest = json.btc_delegation;
const record = ChainView.delegationFromRest(rest);
const rules = ParamsSet.byVersion(Networks.from('bbn-test-5').paramsSet, record.paramsVersion);
const contract = StakingContract.fromParams(rules, {
  stakerPk: PublicKey.fromXOnly(record.btcPk),
  finalityProviderPks: record.fpBtcPkList.map((key) => PublicKey.fromXOnly(key)),
  stakingTimeBlocks: record.stakingTimeBlocks,
});
const delegation = Delegation.from({ contract, rules, stakingTransaction: Tx.decode(record.stakingTx) });
const codeOf = (call: () => unknown): unknown => {
  try {
    return call();
  } catch (error) {
    return (error as { readonly code?: string }).code;
  }
};

describe('the approval in an answer of a node', () => {
  it('holds for the delegation that was rebuilt from the same answer', () => {
    const approval = CovenantApproval.fromRest(json);
    expect(approval.previousStake).toEqual([]);
    expect(approval.stakingSlashing.length).toBeGreaterThanOrEqual(rules.covenantQuorum);
    CovenantApproval.check(approval, delegation);
    CovenantApproval.check(CovenantApproval.fromRest(rest), delegation);
  });

  it('does not hold when a signature of the last that is needed is missing or another one', () => {
    const short = { ...rest, covenant_sigs: rest.covenant_sigs.slice(1) };
    const quorum = (json: unknown) => codeOf(() => CovenantApproval.check(CovenantApproval.fromRest(json), delegation));
    expect(rest.covenant_sigs).toHaveLength(rules.covenantQuorum);
    expect(quorum(short)).toBe('covenant-approval.quorum-not-reached');
    const swapped = { ...rest, covenant_sigs: rest.undelegation_response['covenant_slashing_sigs'] };
    expect(quorum(swapped)).toBe('covenant-approval.quorum-not-reached');
  });

  it('is empty before the covenant has signed, and has the signatures of an extension', () => {
    const none = { undelegation_response: { covenant_unbonding_sig_list: null }, covenant_sigs: [] };
    expect(CovenantApproval.fromRest(none)).toEqual({ stakingSlashing: [], unbondingSlashing: [], unbonding: [], previousStake: [] });
    const list = rest.undelegation_response['covenant_unbonding_sig_list'];
    const extended = CovenantApproval.fromRest({ ...rest, stk_exp: { previous_stk_covenant_sigs: list } });
    expect(extended.previousStake).toEqual(extended.unbonding);
  });

  it.each([
    [{ ...rest, covenant_sigs: 'many' }, /^covenant_sigs/],
    [{ ...rest, covenant_sigs: [{ cov_pk: 'zz', adaptor_sigs: [] }] }, /^covenant_sigs\[0\]\.cov_pk/],
    [{ ...rest, covenant_sigs: [{ cov_pk: '11'.repeat(32), adaptor_sigs: ['%'] }] }, /^covenant_sigs\[0\]\.adaptor_sigs\[0\]/],
    [{ undelegation_response: { covenant_unbonding_sig_list: [{ pk: '11'.repeat(32), sig: 'AAAA' }] } }, /\.sig: /],
    [{}, /^undelegation_response/],
    [null, /^btc_delegation/],
  ])('names the field that is wrong: %#', (answer, message) => {
    expect(() => CovenantApproval.fromRest(answer)).toThrow(message);
    expect(codeOf(() => CovenantApproval.fromRest(answer))).toMatch(/^(input|hex|covenant-approval)\./);
  });
});
