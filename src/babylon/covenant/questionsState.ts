// Questions about the proof of possession, about scripts that a request names, about an expansion, and about what the chain has already.
// The chain's own are babylon x/btcstaking/types/msg.go GetStakeExpansion and x/btcstaking/keeper/msg_server.go AddCovenantSigs.
import * as Bytes from '../../base/Bytes.ts';
import * as Hex from '../../base/Hex.ts';
import * as Tx from '../../bitcoin/Tx.ts';
import { commonMembers } from '../chain/expand.ts';
import * as DelegationStatus from '../DelegationStatus.ts';
import * as ProofOfPossession from '../ProofOfPossession.ts';
import { contractIn, type Facts, type Stake, shown } from './facts.ts';
import { equal, type Finding, failed, holds, notAsked, notReached, passed, type Question, told } from './report.ts';
import type { Scripts } from './subject.ts';

const has = (keys: readonly Uint8Array[], key: Uint8Array): boolean => keys.some((one) => Bytes.equal(one, key));

export const POSSESSION: readonly Question<Facts>[] = [
  { check: 'staker.possession', what: 'the proof of possession binds key and account', reference: 'btcstaking/1117', ask: possession },
];

function possession({ subject, policy, ecc }: Facts): Finding {
  const { pop, record } = subject;
  if (pop === undefined)
    return policy.requirePop === true ? failed('a proof', 'none', 'registration.no-pop') : notAsked('no proof of possession is given');
  const context = policy.popContext === undefined ? {} : { context: policy.popContext };
  const verdict = ProofOfPossession.verify({ pop, babylonAddress: record.stakerAddr, btcPk: record.btcPk, ...context }, ecc);
  return verdict.valid ? passed('a valid proof') : failed('a valid proof', verdict.reference, verdict.why);
}

/** A remote request names the leaves that it wants signed. */
export const SCRIPTS: readonly Question<Facts>[] = [
  scriptQuestion(
    'slashing',
    'the slashing leaf of the staking output',
    'slashing',
    ({ stake }) => contractIn(stake)?.staking.paths.slashing,
  ),
  scriptQuestion('unbonding', 'the unbonding leaf', 'unbonding', ({ stake }) => contractIn(stake)?.staking.paths.unbonding),
  scriptQuestion(
    'unbonding-slashing',
    'the slashing leaf of the unbonding output',
    'unbondingSlashing',
    ({ stake }) => contractIn(stake)?.unbonding.paths.slashing,
  ),
  scriptQuestion('previous-unbonding', 'the unbonding leaf of the stake before', 'previousUnbonding', ({ previous }) =>
    previous === undefined ? undefined : contractIn(previous)?.staking.paths.unbonding,
  ),
];

function scriptQuestion(
  name: string,
  what: string,
  key: keyof Scripts,
  leafOf: (facts: Facts) => { readonly script: Uint8Array } | undefined,
): Question<Facts> {
  return {
    check: `script.${name}`,
    what: `${what} is the one that the request names`,
    ask: (facts) => {
      const got = facts.subject.scripts?.[key];
      if (got === undefined) return notAsked('the request names no such script');
      const leaf = leafOf(facts);
      return leaf === undefined ? notReached : equal(Hex.encode(leaf.script), Hex.encode(got), 'covenant-review.other-script');
    },
  };
}

/** For an expansion only: what it is held against is the delegation before, with the parameters of its own version. */
type Expansion = { readonly stake: Stake; readonly previous: Stake; readonly fundingOutput: Tx.SpentOutput };

const EXPANSION_CODE = 'undefined/1';

function question(
  check: string,
  what: string,
  ask: (parts: Expansion, facts: Facts) => Finding,
  reference = EXPANSION_CODE,
): Question<Facts> {
  return {
    check: `expansion.${check}`,
    what,
    reference,
    ask: (facts) => {
      const { expansion } = facts.subject.record;
      if (expansion === undefined) return notAsked('not an expansion');
      if (facts.previous === undefined) return notReached;
      return ask({ stake: facts.stake, previous: facts.previous, fundingOutput: expansion.fundingOutput }, facts);
    },
  };
}

export const EXPANSION: readonly Question<Facts>[] = [
  { check: 'expansion.previous', what: 'the delegation before is given', reference: 'btcstaking/1102', ask: previousIsGiven },
  question('previous-params', 'its parameter version is known, and its unbonding time the parameters’', previousParams),
  question('previous-script', 'its output has the script rebuilt from its own parameters', previousScript),
  question('previous-value', 'its output has the registered value', previousValue),
  question('inputs', 'the staking transaction has exactly two inputs', twoInputs),
  question('first-input', 'input 0 spends the stake before, and has no scriptSig', firstInput),
  question('funding', 'input 1 is another coin with a value', funding),
  question('staker', 'it keeps the staker’s key', sameStaker),
  question('account', 'it keeps the staker’s account', sameAccount),
  question('provider', 'it keeps the finality provider', sameProvider),
  question('value', 'the new stake is not smaller', notSmaller),
  question('fee', 'the transaction pays a fee', positiveFee),
  question('overlap', 'enough members of the old committee are in the new one', overlap, 'btcstaking/1110'),
  question('member', 'this member belonged to the old committee', wasMember, 'btcstaking/1110'),
];

function previousIsGiven({ subject, previous }: Facts): Finding {
  const { expansion } = subject.record;
  if (expansion === undefined)
    return previous === undefined
      ? notAsked('not an expansion')
      : failed('no delegation before', shown(previous.outpoint), 'covenant-review.unexpected-previous');
  if (previous === undefined) return failed(expansion.previousStakingTxid, 'none', 'covenant-review.no-previous');
  return equal(expansion.previousStakingTxid, previous.outpoint.txid, 'covenant-review.other-previous');
}

function previousParams({ previous }: Expansion): Finding {
  const { paramsVersion, unbondingTimeBlocks } = previous.record;
  const expected = previous.params?.unbondingTimeBlocks;
  if (expected === undefined) return failed('a known version', String(paramsVersion), 'params.unknown-version');
  return equal(String(expected), String(unbondingTimeBlocks), 'registration.unbonding-time');
}

function previousScript({ previous }: Expansion): Finding {
  const contract = contractIn(previous);
  if (contract === undefined) return notReached;
  const expected = Hex.encode(contract.staking.scriptPubKey);
  return equal(expected, Hex.encode(previous.output.scriptPubKey), 'delegation.not-the-staking-output');
}

function previousValue({ previous }: Expansion): Finding {
  return equal(`${previous.record.totalSats} sat`, `${previous.output.valueSats} sat`, 'registration.other-value');
}

function twoInputs({ stake }: Expansion): Finding {
  return equal('2', String(stake.transaction.ins.length), 'extension-tx.wrong-input-count');
}

function firstInput({ stake, previous }: Expansion): Finding {
  const input = stake.transaction.ins[0];
  if (input === undefined) return notReached;
  if (input.script.length > 0) return failed('no scriptSig', `${input.script.length} bytes`, 'pre-signed.script-sig');
  return equal(shown(previous.outpoint), shown(Tx.outpointOf(stake.transaction, 0)), 'extension-tx.wrong-input');
}

function funding({ stake, previous, fundingOutput }: Expansion): Finding {
  if (stake.transaction.ins.length < 2) return notReached;
  const spent = Tx.outpointOf(stake.transaction, 1);
  if (shown(spent) === shown(previous.outpoint)) return failed('another coin', shown(spent), 'extension-tx.funding-is-the-stake');
  return holds(fundingOutput.valueSats > 0n, 'above 0 sat', `${fundingOutput.valueSats} sat`, 'extension-tx.funding-without-value');
}

function sameStaker({ stake, previous }: Expansion, { features }: Facts): Finding {
  const expected = Hex.encode(previous.record.btcPk);
  const got = Hex.encode(stake.record.btcPk);
  if (expected === got || features.expansionKeepsStakerKey) return equal(expected, got, 'extension-tx.other-staker');
  return told(got, expected);
}

function sameAccount({ stake, previous }: Expansion): Finding {
  const [expected, got] = [previous.record.stakerAddr.toLowerCase(), stake.record.stakerAddr.toLowerCase()];
  if (expected === '' && got === '') return notAsked('the form carries no account');
  return equal(expected, got, 'registration.other-account');
}

function sameProvider({ stake, previous }: Expansion): Finding {
  const keys = ({ record }: Stake): string => record.fpBtcPkList.map(Hex.encode).join();
  return equal(keys(previous), keys(stake), 'extension-tx.other-finality-provider');
}

function notSmaller({ stake, previous }: Expansion): Finding {
  const [old, now] = [previous.output.valueSats, stake.output.valueSats];
  return holds(now >= old, `at least ${old} sat`, `${now} sat`, 'extension-tx.value-decreased');
}

function positiveFee({ stake, previous, fundingOutput }: Expansion): Finding {
  const feeSats = stake.transaction.outs.reduce((left, { value }) => left - value, previous.output.valueSats + fundingOutput.valueSats);
  return holds(feeSats > 0n, 'above 0 sat', `${feeSats} sat`, 'extension-tx.no-fee');
}

function overlap({ stake, previous }: Expansion): Finding {
  if (stake.params === undefined || previous.params === undefined) return notReached;
  const common = commonMembers(previous.params, stake.params);
  const needed = previous.params.covenantQuorum;
  return holds(common >= needed, `at least ${needed}`, String(common), 'extension-tx.covenant-overlap');
}

function wasMember({ previous }: Expansion, { covenantPk }: Facts): Finding {
  if (covenantPk === undefined) return notAsked('no key of a member is given');
  if (previous.params === undefined) return notReached;
  const expected = `a member of version ${previous.record.paramsVersion}`;
  return holds(has(previous.params.covenantPks, covenantPk), expected, Hex.encode(covenantPk), 'covenant.not-a-member');
}

export const STATE: readonly Question<Facts>[] = [
  { check: 'state.open', what: 'the chain still takes signatures', reference: 'btcstaking/1110', ask: isOpen },
  { check: 'state.not-signed', what: 'this member has not signed yet', reference: 'btcstaking/1123', ask: notSigned },
  { check: 'state.quorum', what: 'signatures that the chain has; it takes more than the quorum', ask: quorum },
];

function isOpen({ subject: { record }, params, previous, policy }: Facts): Finding {
  const expected = 'PENDING, VERIFIED or ACTIVE';
  if (record.unbondingInfo !== undefined) return failed(expected, 'UNBONDED', 'registration.already-unbonded');
  if (policy.tipHeight === undefined) return passed(expected, 'not unbonded; without a tip height expiry is not seen');
  const previousQuorum = previous?.params?.covenantQuorum;
  if (params === undefined || (record.expansion !== undefined && previousQuorum === undefined)) return notReached;
  const context = { tipHeight: policy.tipHeight, quorum: params.covenantQuorum };
  const status = DelegationStatus.of(record, previousQuorum === undefined ? context : { ...context, previousQuorum });
  return holds(status !== 'UNBONDED' && status !== 'EXPIRED', expected, status, 'registration.already-unbonded');
}

/** The chain refuses a member that stands in all three lists, and a second signature on the stake before. */
function notSigned({ subject: { record }, covenantPk }: Facts): Finding {
  if (covenantPk === undefined) return notAsked('no key of a member is given');
  const { slashing, unbonding, unbondingSlashing, expansion } = record.covenantSigners;
  const everywhere = [slashing, unbonding, unbondingSlashing].every((keys) => has(keys, covenantPk));
  const before = record.expansion !== undefined && has(expansion, covenantPk);
  return holds(
    !everywhere && !before,
    'no signature of this member',
    everywhere || before ? 'signed' : 'none',
    'registration.already-signed',
  );
}

function quorum({ subject: { record }, params, previous }: Facts): Finding {
  const { slashing, unbonding, unbondingSlashing, expansion } = record.covenantSigners;
  const counts = [
    `${slashing.length} slashing`,
    `${unbonding.length} unbonding`,
    `${unbondingSlashing.length} unbonding slashing`,
    ...(record.expansion === undefined ? [] : [`${expansion.length} of the stake before`]),
  ];
  const needed = [params?.covenantQuorum, ...(record.expansion === undefined ? [] : [previous?.params?.covenantQuorum])];
  return told(counts.join(', '), `quorum ${needed.map((one) => one ?? 'unknown').join(' and ')}`);
}
