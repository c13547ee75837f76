// A real delegation of the public testnet, as a node's REST interface gives it, judged under the parameters of its network:
// what its staker and its covenant once sent passes every check that can still be asked.
import { describe, expect, it } from 'vitest';
import * as ChainView from '../../../src/babylon/ChainView.ts';
import * as DelegationStatus from '../../../src/babylon/DelegationStatus.ts';
import type * as Message from '../../../src/babylon/Message.ts';
import * as Networks from '../../../src/babylon/Networks.ts';
import * as Registration from '../../../src/babylon/Registration.ts';
import * as Hex from '../../../src/base/Hex.ts';
import { dataOf } from '../../vectors/support.ts';
import { ACCOUNT } from './world.ts';

type Adaptors = { readonly cov_pk: string; readonly adaptor_sigs: readonly string[] };
type Rest = {
  readonly staker_addr: string;
  readonly status_desc: string;
  readonly delegator_slash_sig_hex: string;
  readonly covenant_sigs: readonly Adaptors[];
  readonly undelegation_response: {
    readonly delegator_slashing_sig_hex: string;
    readonly covenant_unbonding_sig_list: readonly { readonly pk: string; readonly sig: string }[];
    readonly covenant_slashing_sigs: readonly Adaptors[];
  };
};

const json = dataOf<{ readonly btc_delegation: Rest }>('babylon/upstream/testnet-delegation.json').btc_delegation;
const record = ChainView.delegationFromRest(json);
const none = { slashing: [], unbonding: [], unbondingSlashing: [], expansion: [] };
const stakingTxHash = ChainView.txidOf(record);
const network = Networks.from('bbn-test-5');
/** Its version of the parameters applies from here on. */
const FROM = 235_952;
const view = (changes: Partial<ChainView.Options> = {}): ChainView.ChainView =>
  ChainView.ofNetwork(network, {
    tipHeight: FROM,
    babylonHeight: 1_000_000n,
    finalityProviders: record.fpBtcPkList.map((btcPk) => ({ btcPk, slashed: false, jailed: false, softDeleted: false })),
    ...changes,
  });
const base64 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64'));

describe('its covenant', () => {
  const messages = json.covenant_sigs.map(({ cov_pk, adaptor_sigs }): Message.Message<'/babylon.btcstaking.v1.MsgAddCovenantSigs'> => {
    const { covenant_unbonding_sig_list: unbonding, covenant_slashing_sigs: slashing } = json.undelegation_response;
    return {
      typeUrl: '/babylon.btcstaking.v1.MsgAddCovenantSigs',
      value: {
        signer: ACCOUNT,
        pk: Hex.decode(cov_pk),
        stakingTxHash,
        slashingTxSigs: adaptor_sigs.map(base64),
        unbondingTxSig: base64(unbonding.find(({ pk }) => pk === cov_pk)?.sig ?? ''),
        slashingUnbondingTxSigs: (slashing.find((one) => one.cov_pk === cov_pk)?.adaptor_sigs ?? []).map(base64),
      },
    };
  });

  it('signed what the chain takes, member by member', () => {
    expect(messages.length).toBeGreaterThanOrEqual(6);
    for (const message of messages)
      expect(Registration.check(message, view({ delegations: [{ ...record, covenantSigners: none }] }))).toEqual({
        ok: true,
        warnings: [],
      });
  });

  it('cannot sign twice', () => {
    for (const message of messages) expect(Registration.check(message, view({ delegations: [record] }))).toMatchObject({ code: 1123 });
  });
});

describe('its staker', () => {
  const value: Message.MsgCreateBTCDelegation = {
    stakerAddr: json.staker_addr,
    // The interface does not show the proof of possession.
    pop: { btcSigType: 'ECDSA', btcSig: new Uint8Array(65).fill(1) },
    btcPk: record.btcPk,
    fpBtcPkList: record.fpBtcPkList,
    stakingTime: record.stakingTimeBlocks,
    stakingValue: record.totalSats,
    stakingTx: record.stakingTx,
    slashingTx: record.slashingTx,
    delegatorSlashingSig: Hex.decode(json.delegator_slash_sig_hex),
    unbondingTime: record.unbondingTimeBlocks,
    unbondingTx: record.unbondingTx,
    unbondingValue: unbondingValue(),
    unbondingSlashingTx: record.unbondingSlashingTx,
    delegatorUnbondingSlashingSig: Hex.decode(json.undelegation_response.delegator_slashing_sig_hex),
  };

  it('sent what passes, but for the proof of possession that nobody shows', () => {
    const report = Registration.checkAll({ typeUrl: '/babylon.btcstaking.v1.MsgCreateBTCDelegation', value }, view());
    expect(report.failures.map(({ check, code }) => [check, code])).toEqual([['create.stateful.1', 1117]]);
  });

  it('the version before asks for less, the one before that for another committee', () => {
    const at = (tipHeight: number) =>
      Registration.checkAll({ typeUrl: '/babylon.btcstaking.v1.MsgCreateBTCDelegation', value }, view({ tipHeight })).failures.map(
        ({ check }) => check,
      );
    expect(at(FROM - 1)).toEqual(['create.stateful.1']);
    expect(at(200_000)).toContain('create.stateful.6');
  });

  it('the allow list, while it was there, knew nothing of it', () => {
    const report = Registration.checkAll(
      { typeUrl: '/babylon.btcstaking.v1.MsgCreateBTCDelegation', value },
      view({ babylonHeight: 26_123n }),
    );
    expect(report.failures.map(({ check }) => check)).toEqual(['create.stateful.1', 'create.stateful.15']);
  });
});

function unbondingValue(): bigint {
  const fees = ChainView.paramsOf(view(), record)?.unbondingFeeSats ?? 0n;
  return record.totalSats - fees;
}

it('the view says of it what the node said', () => {
  expect(json.status_desc).toBe('VERIFIED');
  expect(DelegationStatus.inView(view(), record)).toBe('VERIFIED');
  expect(Registration.readiness(record, view({ minedAt: new Map([[stakingTxHash, FROM]]) }))).toMatchObject({
    status: 'VERIFIED',
    signaturesMissing: 0,
    proved: false,
    blocksToProof: network.btccheckpoint.btcConfirmationDepth,
    heights: { endHeight: FROM + 64_000, expiredFromTip: FROM + 64_000 - 1_008 },
  });
});
