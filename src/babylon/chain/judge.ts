// The checks of all messages under one name, and what a registered stake still lacks.
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import * as Ecc from '../../crypto/Ecc.ts';
import * as ChainView from '../ChainView.ts';
import * as DelegationStatus from '../DelegationStatus.ts';
import type { Message, MsgBTCUndelegate, MsgBtcStakeExpand, MsgCreateBTCDelegation } from '../Message.ts';
import * as AddInclusionProof from './addInclusionProof.ts';
import type { Base } from './context.ts';
import * as CovenantSigs from './covenantSigs.ts';
import * as Create from './create.ts';
import * as Expand from './expand.ts';
import * as SelectiveSlashing from './selectiveSlashing.ts';
import * as Undelegate from './undelegate.ts';
import type { Failure, Verdict, Warning } from './verdict.ts';

export type { Failure, Verdict, Warning };

export type Reason =
  | Check.Reason
  | ChainView.Reason
  | { readonly code: 'registration.not-checked'; readonly typeUrl: string }
  | { readonly code: 'registration.unknown-params'; readonly paramsVersion: number };

/** The messages that are judged here. */
export type Checked = Message<
  | '/babylon.btcstaking.v1.MsgCreateBTCDelegation'
  | '/babylon.btcstaking.v1.MsgBtcStakeExpand'
  | '/babylon.btcstaking.v1.MsgAddBTCDelegationInclusionProof'
  | '/babylon.btcstaking.v1.MsgAddCovenantSigs'
  | '/babylon.btcstaking.v1.MsgBTCUndelegate'
  | '/babylon.btcstaking.v1.MsgSelectiveSlashingEvidence'
>;

export type CheckOptions = {
  /** The transaction's gas limit: held against the base gas of a registration without proof. */
  readonly gasLimit?: bigint;
};

/** Every refusal at once. */
export type Report = { readonly ok: boolean; readonly failures: readonly Failure[]; readonly warnings: readonly Warning[] };

/** The checks of one kind of message. */
type Judge<V> = {
  readonly firstFailure: (base: Base<V>) => Failure | undefined;
  readonly allFailures: (base: Base<V>) => readonly Failure[];
  readonly warnings: (base: Base<V>) => readonly Warning[];
};

/** A judge with the message it is for; the type URL decides which. */
type Case = {
  readonly first: () => Failure | undefined;
  readonly all: () => readonly Failure[];
  readonly warnings: () => readonly Warning[];
};

function caseOf(message: Message, given: ChainView.ChainView, options: CheckOptions, ecc: Ecc.Ecc): Case {
  Check.object(message, 'message');
  Check.text(message.typeUrl, 'message.typeUrl');
  Check.object(message.value, 'message.value');
  const chain = ChainView.check(given);
  const { gasLimit } = Check.object(options, 'options');
  if (gasLimit !== undefined) Check.bigInteger(gasLimit, 'gasLimit', 0n, 0xffff_ffff_ffff_ffffn);
  const bind = <V>(judge: Judge<V>, value: V): Case => {
    const base = { value, chain, ecc, gasLimit };
    return { first: () => judge.firstFailure(base), all: () => judge.allFailures(base), warnings: () => judge.warnings(base) };
  };
  switch (message.typeUrl) {
    case '/babylon.btcstaking.v1.MsgCreateBTCDelegation':
      return bind<MsgCreateBTCDelegation>(Create, message.value);
    case '/babylon.btcstaking.v1.MsgBtcStakeExpand':
      return bind<MsgBtcStakeExpand>(Expand, message.value);
    case '/babylon.btcstaking.v1.MsgAddBTCDelegationInclusionProof':
      return bind(AddInclusionProof, message.value);
    case '/babylon.btcstaking.v1.MsgAddCovenantSigs':
      return bind(CovenantSigs, message.value);
    case '/babylon.btcstaking.v1.MsgBTCUndelegate':
      return bind<MsgBTCUndelegate>(Undelegate, message.value);
    case '/babylon.btcstaking.v1.MsgSelectiveSlashingEvidence':
      return bind(SelectiveSlashing, message.value);
    default: {
      const { typeUrl } = message as { readonly typeUrl: string };
      return fail<Reason>({ code: 'registration.not-checked', typeUrl }, `no checks are known for ${typeUrl}`);
    }
  }
}

/**
 * What the chain would answer to a message in this state: its first refusal, in its own order, by codespace, code and text, with our code and
 * the field. After its questions come ours (codespace `satlock`): what it takes and what ruins a stake. A refused message is a value, never
 * an error.
 *
 * @differs transactions that spend the null outpoint are refused, whatever their scriptSig; texts of libraries below the chain are shortened
 * @throws input.*, chain-view.not-a-view, registration.not-checked - when the arguments are no message and no view
 * @source babylon x/btcstaking/types/create_delegation_parser.go, x/btcstaking/keeper/msg_server.go
 */
export function check(message: Message, chain: ChainView.ChainView, options: CheckOptions = {}, ecc: Ecc.Ecc = Ecc.auto()): Verdict {
  const judge = caseOf(message, chain, options, ecc);
  const failure = judge.first();
  const warnings = judge.warnings();
  return failure === undefined ? { ok: true, warnings } : { ok: false, ...failure, warnings };
}

/**
 * Every refusal that does not merely follow from another one, in the chain's order; the first is that of {@link check}.
 *
 * @throws as {@link check}
 */
export function checkAll(message: Message, chain: ChainView.ChainView, options: CheckOptions = {}, ecc: Ecc.Ecc = Ecc.auto()): Report {
  const judge = caseOf(message, chain, options, ecc);
  const failures = judge.all();
  return { ok: failures.length === 0, failures, warnings: judge.warnings() };
}

/** What stands between a registered delegation and its voting power. */
export type Readiness = {
  readonly status: DelegationStatus.Status;
  /** Members who still have to sign everything before the quorum. */
  readonly signaturesMissing: number;
  /** A proof of inclusion was accepted. */
  readonly proved: boolean;
  /** Blocks that Babylon's light client must still see before a proof is accepted; undefined when the stake is not known to be mined. */
  readonly blocksToProof: number | undefined;
  /** The stake's heights, once it is known to be mined. */
  readonly heights: DelegationStatus.Heights | undefined;
};

/**
 * How far a stored delegation is. Where it is mined is taken from the accepted proof, or from the view's `minedAt`.
 *
 * @throws chain-view.not-a-view, registration.unknown-params - the view lacks the parameters of the delegation or of its parent
 */
export function readiness(record: ChainView.DelegationRecord, view: ChainView.ChainView): Readiness {
  const chain = ChainView.check(view, 'view');
  const checked = ChainView.checkRecord(record);
  const { stakingTimeBlocks, unbondingTimeBlocks, startHeight, covenantSigners, paramsVersion, expansion } = checked;
  const quorums = DelegationStatus.quorumsOf(chain, checked);
  if (quorums === undefined)
    return fail<Reason>({ code: 'registration.unknown-params', paramsVersion }, `parameter version ${paramsVersion} is not in the view`);
  const { quorum, previousQuorum = 0 } = quorums;
  const lists = [covenantSigners.slashing, covenantSigners.unbonding, covenantSigners.unbondingSlashing];
  const missing = [
    ...lists.map((keys) => quorum - keys.length),
    expansion === undefined ? 0 : previousQuorum - covenantSigners.expansion.length,
  ];
  const proved = DelegationStatus.hasInclusionProof(checked);
  const minedHeight = proved ? startHeight : chain.minedAt.get(ChainView.txidOf(checked));
  const { confirmationDepthBlocks, tipHeight } = chain;
  const heights =
    minedHeight === undefined
      ? undefined
      : DelegationStatus.heights({ minedHeight, stakingTimeBlocks, unbondingTimeBlocks, confirmationDepthBlocks });
  return {
    status: DelegationStatus.of(checked, { tipHeight, ...quorums }),
    signaturesMissing: Math.max(0, ...missing),
    proved,
    blocksToProof: heights === undefined ? undefined : proved ? 0 : Math.max(0, heights.proofFromTip - tipHeight),
    heights,
  };
}
