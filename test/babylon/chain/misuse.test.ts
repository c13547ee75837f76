// One wrong value at every place of right arguments: an answer or an error of ours, never a raw TypeError.
import { expect, it } from 'vitest';
import * as ChainView from '../../../src/babylon/ChainView.ts';
import * as DelegationStatus from '../../../src/babylon/DelegationStatus.ts';
import * as ParamsSet from '../../../src/babylon/ParamsSet.ts';
import * as Registration from '../../../src/babylon/Registration.ts';
import { isSatlockError } from '../../../src/base/Errors.ts';
import * as Tx from '../../../src/bitcoin/Tx.ts';
import { filled, signedBy } from '../../support/stakes.ts';
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
  stake,
  staker,
  TIP,
  V0,
  V1,
  viewOf,
} from './world.ts';

const WRONG: readonly unknown[] = [
  undefined,
  null,
  42,
  -1,
  5n,
  'text',
  {},
  [],
  [undefined],
  [{}],
  filled(1, 1),
  true,
  (): void => {},
  Object.create(null),
];

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

const put = (list: readonly unknown[], at: number, value: unknown): readonly unknown[] => list.map((item, i) => (i === at ? value : item));

/** `value` with a wrong value at each place inside. */
function* spoiled(value: unknown, depth: number): Generator<unknown> {
  yield* WRONG;
  if (depth === 0) return;
  if (Array.isArray(value)) {
    for (const [i, item] of value.slice(0, 2).entries()) for (const wrong of spoiled(item, depth - 1)) yield put(value, i, wrong);
  } else if (isPlain(value)) {
    for (const [key, item] of Object.entries(value)) for (const wrong of spoiled(item, depth - 1)) yield { ...value, [key]: wrong };
  }
}

const delegation = stake();
const mined = mineOf(delegation, 450);
const message = created(delegation, mined.inclusionProof);
const funding = paying(50_000n);
const old = stake({ outputIndex: 1 });
const child = stake({ inputs: [old.staking.outpoint, { txid: Tx.txid(funding), vout: 0 }], valueSats: 520_000n });
const extension = { ...partsOf(child), previous: old, fundingTransaction: funding };
const record = {
  ...recordOf(delegation),
  expansion: { previousStakingTxid: old.stakingTxid, fundingOutput: Tx.outputOf(funding, 0) },
  unbondingInfo: { spendStakeTx: filled(1, 1) },
};
const view = viewOf({ headers: [mined.header], delegations: [record, recordOf(old, { minedHeight: 450 })] });
const options = {
  paramsSet: ParamsSet.from([V0, V1]),
  confirmationDepthBlocks: 10,
  tipHeight: TIP,
  babylonHeight: 1n,
  release: 'main',
  profile: 'generic',
  popContext: 'ab'.repeat(32),
  headers: [{ hash: '12'.repeat(32), height: 5, merkleRoot: filled(32, 1) }],
  finalityProviders: [{ btcPk: provider.publicKey, slashed: false, jailed: false, softDeleted: false }],
  delegations: [record],
  allowedStakingTxids: [delegation.stakingTxid],
  minedAt: new Map([[delegation.stakingTxid, 5]]),
};
const spending = signedBy(delegation.contract, 'unbonding', delegation.unbonding, { staker: [staker], covenant: covenant.slice(0, 2) });
const block = blockWith(delegation.unbonding.txid, 495);
const undelegation = {
  signer: ACCOUNT,
  delegation,
  spendingTransaction: spending,
  inclusionProof: block.proof,
  fundingTransactions: [funding],
};
const signatures = {
  signer: ACCOUNT,
  delegation,
  signatures: memberOf(delegation, covenant[0] ?? staker),
};
const slashing = { signer: ACCOUNT, finalityProviderPk: provider.publicKey, recoveredSecretKey: provider.secretKey };
const inclusion = { signer: ACCOUNT, delegation, inclusionProof: mined.inclusionProof };

type Call = (...args: readonly never[]) => unknown;
const CALLS: readonly (readonly [string, Call, readonly unknown[]])[] = [
  [
    'create',
    Registration.create as Call,
    [{ ...partsOf(delegation), inclusionProof: mined.inclusionProof, expected: { stakingValueSats: 500_000n } }],
  ],
  ['extend', Registration.extend as Call, [extension]],
  ['inclusion', Registration.inclusion as Call, [inclusion]],
  ['undelegate', Registration.undelegate as Call, [undelegation]],
  ['covenantSignatures', Registration.covenantSignatures as Call, [signatures]],
  ['selectiveSlashing', Registration.selectiveSlashing as Call, [slashing]],
  ['check create', Registration.check as Call, [message, view, { gasLimit: 5n }]],
  ['checkAll create', Registration.checkAll as Call, [message, view]],
  ['check extend', Registration.check as Call, [Registration.extend(extension), view]],
  ['check inclusion', Registration.checkAll as Call, [Registration.inclusion(inclusion), view]],
  ['check undelegate', Registration.checkAll as Call, [Registration.undelegate(undelegation), view]],
  ['check covenantSignatures', Registration.checkAll as Call, [Registration.covenantSignatures(signatures), view]],
  ['check selectiveSlashing', Registration.checkAll as Call, [Registration.selectiveSlashing(slashing), view]],
  ['readiness', Registration.readiness as Call, [record, view]],
  ['ChainView.from', ChainView.from as Call, [options]],
  ['ChainView.fromJson', ChainView.fromJson as Call, [ChainView.toJson(view)]],
  ['ChainView.withFacts', ChainView.withFacts as Call, [view, { tipHeight: 1 }]],
  ['ChainView.checkRecord', ChainView.checkRecord as Call, [record]],
  ['ChainView.paramsOf', ChainView.paramsOf as Call, [view, record]],
  ['DelegationStatus.of', DelegationStatus.of as Call, [record, { tipHeight: 5, quorum: 2, previousQuorum: 2 }]],
  ['DelegationStatus.hasQuorum', DelegationStatus.hasQuorum as Call, [record, { quorum: 2, previousQuorum: 2 }]],
  ['DelegationStatus.inView', DelegationStatus.inView as Call, [view, record]],
];

it.each(CALLS)('%s', (_, call, args) => {
  const attempt = (given: readonly unknown[]): unknown => {
    try {
      call(...(given as never[]));
      return undefined;
    } catch (error) {
      return isSatlockError(error) ? undefined : error;
    }
  };
  for (const [i, arg] of args.entries()) for (const wrong of spoiled(arg, 3)) expect(attempt(put(args, i, wrong))).toBeUndefined();
});
