// Questions about parameters, keys and the staking output. The chain's own are babylon x/btcstaking/types/validate_parsed_message.go.
import * as Bytes from '../../base/Bytes.ts';
import * as Hex from '../../base/Hex.ts';
import * as TapTree from '../../bitcoin/TapTree.ts';
import * as Tx from '../../bitcoin/Tx.ts';
import { contractIn, type Facts, REGISTRATION_AGE } from './facts.ts';
import { equal, type Finding, failed, holds, notAsked, notReached, passed, type Question } from './report.ts';

export const PARAMS: readonly Question<Facts>[] = [
  { check: 'params.known', what: 'the parameter version is in the operator’s own set', reference: 'undefined/1', ask: isKnown },
  { check: 'params.allowed', what: 'the operator allows this version', ask: isAllowed },
  { check: 'params.height', what: 'the version was in force when the stake could be registered', ask: wasInForce },
  { check: 'params.unbonding-time', what: 'the unbonding time is the parameters’', reference: 'btcstaking/1114', ask: unbondingTime },
];

export const KEYS: readonly Question<Facts>[] = [
  { check: 'keys.staker', what: 'the staker’s key is a point that somebody can sign for', reference: 'undefined/1', ask: stakerKey },
  { check: 'keys.provider-count', what: 'exactly one finality provider', reference: 'btcstaking/1116', ask: providerCount },
  { check: 'keys.providers', what: 'the providers’ keys are points, none twice', reference: 'btcstaking/1118', ask: providerKeys },
  { check: 'keys.distinct', what: 'staker, providers and covenant share no key', reference: 'btcstaking/1108', ask: distinctKeys },
  { check: 'keys.member', what: 'this member belongs to the committee of the version', reference: 'btcstaking/1107', ask: isMember },
  { check: 'provider.state', what: 'the provider is registered and not slashed', reference: 'btcstaking/1104', ask: providerState },
];

export const STAKING: readonly Question<Facts>[] = [
  { check: 'staking.sanity', what: 'the staking transaction keeps Bitcoin’s rules', reference: 'btcstaking/1108', ask: stakingSanity },
  { check: 'staking.script', what: 'the output at the index has the rebuilt script', reference: 'btcstaking/1108', ask: stakingScript },
  { check: 'staking.value', what: 'it has the registered value', reference: 'btcstaking/1108', ask: stakingValue },
  { check: 'staking.unique', what: 'no second output has the same script and value', reference: 'btcstaking/1108', ask: stakingUnique },
  { check: 'staking.time', what: 'the staking time is within the parameters', reference: 'btcstaking/1108', ask: stakingTime },
  { check: 'staking.amount', what: 'the value is within the parameters', reference: 'btcstaking/1108', ask: stakingAmount },
];

function isKnown({ params, policy, subject }: Facts): Finding {
  const { versions } = policy.paramsSet;
  const expected = `one of 0..${versions.length - 1}`;
  return holds(params !== undefined, expected, String(subject.record.paramsVersion), 'params.unknown-version');
}

function isAllowed({ policy: { allowedVersions }, subject }: Facts): Finding {
  const got = subject.record.paramsVersion;
  if (allowedVersions === undefined) return notAsked('every known version is allowed');
  return holds(allowedVersions.includes(got), allowedVersions.join(' or '), String(got), 'covenant-review.version-not-allowed');
}

/**
 * A registration with proof takes the version of the including block, one without that of the tip at that moment. That tip is seldom known:
 * then any version counts that was in force within the last blocks before the stake was mined, or before now.
 */
function wasInForce({ policy, subject }: Facts): Finding {
  const { startHeight, paramsVersion, btcTipHeight } = subject.record;
  const { tipHeight } = policy;
  if (tipHeight !== undefined && startHeight > tipHeight)
    return failed(`mined at ${tipHeight} at the latest`, `mined at ${startHeight}`, 'covenant-review.above-tip');
  const created = policy.createdAtHeight ?? btcTipHeight;
  const mined = startHeight > 0 ? startHeight : undefined;
  // With a proof the stake was deep at its registration, without one it was not yet mined.
  const exact = created === undefined ? undefined : mined !== undefined && mined < created ? mined : created;
  const to = exact ?? mined ?? tipHeight;
  const age = policy.registrationAgeBlocks ?? REGISTRATION_AGE;
  const versions = to === undefined ? newest(policy) : between(policy, exact ?? Math.max(0, to - age), to);
  const when =
    to === undefined ? 'the newest one, since no height is given' : exact === undefined ? `of the ${age} blocks to ${to}` : `at ${to}`;
  const expected = `${versions.join(' or ') || 'none'} (${when})`;
  return holds(versions.includes(paramsVersion), expected, String(paramsVersion), 'covenant-review.version-not-in-force');
}

function newest({ paramsSet }: Facts['policy']): readonly number[] {
  return [paramsSet.versions.length - 1];
}

/** Versions in force at some height of a span. */
function between({ paramsSet: { versions } }: Facts['policy'], from: number, to: number): readonly number[] {
  return versions
    .filter(({ btcActivationHeight }, i) => {
      const next = versions[i + 1]?.btcActivationHeight;
      return btcActivationHeight <= to && (next === undefined || next > from);
    })
    .map(({ version }) => version);
}

function unbondingTime({ params, subject }: Facts): Finding {
  if (params === undefined) return notReached;
  return equal(String(params.unbondingTimeBlocks), String(subject.record.unbondingTimeBlocks), 'registration.unbonding-time');
}

function keyFault({ ecc }: Facts, key: Uint8Array): string | undefined {
  if (TapTree.isNums(key)) return 'staking-contract.unspendable-key';
  return ecc.isXOnly(key) ? undefined : 'public-key.not-on-curve';
}

function stakerKey(facts: Facts): Finding {
  const { btcPk } = facts.subject.record;
  const fault = keyFault(facts, btcPk);
  return fault === undefined ? passed('a key', Hex.encode(btcPk)) : failed('a key', Hex.encode(btcPk), fault);
}

function providerCount({ subject, policy }: Facts): Finding {
  const got = subject.record.fpBtcPkList.length;
  const many = policy.profile === 'generic';
  return holds(many ? got > 0 : got === 1, many ? 'at least 1' : '1', String(got), 'registration.several-providers');
}

function providerKeys(facts: Facts): Finding {
  const keys = facts.subject.record.fpBtcPkList;
  const got = keys.map(Hex.encode);
  const fault = keys.map((key) => keyFault(facts, key)).find((one) => one !== undefined);
  if (fault !== undefined) return failed('keys', got.join(), fault);
  return holds(new Set(got).size === got.length, 'distinct keys', got.join(), 'registration.duplicate-provider');
}

function distinctKeys({ stake, params }: Facts): Finding {
  if (params === undefined) return notReached;
  const { btcPk, fpBtcPkList } = stake.record;
  const seen = new Set<string>();
  const twice = [btcPk, ...fpBtcPkList, ...params.covenantPks].map(Hex.encode).find((key) => seen.size === seen.add(key).size);
  if (twice !== undefined) return failed('no key twice', twice, 'staking-contract.duplicate-key');
  const made = stake.contract();
  return made === undefined || 'terms' in made ? passed('no key twice') : failed('a contract', made.reference, made.why);
}

function isMember({ params, covenantPk, subject }: Facts): Finding {
  if (covenantPk === undefined) return notAsked('no key of a member is given');
  if (params === undefined) return notReached;
  const expected = `a member of version ${subject.record.paramsVersion}`;
  return holds(
    params.covenantPks.some((key) => Bytes.equal(key, covenantPk)),
    expected,
    Hex.encode(covenantPk),
    'covenant.not-a-member',
  );
}

/** The chain takes signatures for a slashed provider's delegation; such a stake could be slashed at once. */
function providerState({ policy: { providers }, subject, features }: Facts): Finding {
  if (providers === undefined) return notAsked('no source of providers is given');
  for (const key of subject.record.fpBtcPkList) {
    const known = providers.find(({ btcPk }) => Bytes.equal(btcPk, key));
    if (known === undefined) return failed('registered', Hex.encode(key), 'registration.unknown-provider');
    if (known.slashed) return failed('not slashed', Hex.encode(key), 'registration.slashed-provider');
    if (known.softDeleted && features.refusesDeletedProviders)
      return failed('not deleted', Hex.encode(key), 'registration.deleted-provider');
  }
  return passed('registered and not slashed');
}

function stakingSanity({ stake }: Facts): Finding {
  Tx.checkSanity(stake.transaction);
  return passed('a sane transaction', stake.outpoint.txid);
}

function stakingScript({ stake }: Facts): Finding {
  const contract = contractIn(stake);
  if (contract === undefined) return notReached;
  const expected = Hex.encode(contract.staking.scriptPubKey);
  return equal(expected, Hex.encode(stake.output.scriptPubKey), 'delegation.not-the-staking-output');
}

function stakingValue({ stake }: Facts): Finding {
  return equal(`${stake.record.totalSats} sat`, `${stake.output.valueSats} sat`, 'registration.other-value');
}

function stakingUnique({ stake }: Facts): Finding {
  const { scriptPubKey, valueSats } = stake.output;
  const alike = stake.transaction.outs.filter(({ script, value }) => value === valueSats && Bytes.equal(script, scriptPubKey)).length;
  return equal('1', String(alike), 'staking-tx.several-staking-outputs');
}

function stakingTime({ params, subject }: Facts): Finding {
  if (params === undefined) return notReached;
  const { minStakingTimeBlocks: min, maxStakingTimeBlocks: max } = params;
  const got = subject.record.stakingTimeBlocks;
  return holds(got >= min && got <= max, `${min}..${max} blocks`, `${got} blocks`, 'staking-tx.time-out-of-range');
}

function stakingAmount({ params, stake }: Facts): Finding {
  if (params === undefined) return notReached;
  const { minStakingValueSats: min, maxStakingValueSats: max } = params;
  const { valueSats: got } = stake.output;
  return holds(got >= min && got <= max, `${min}..${max} sat`, `${got} sat`, 'staking-tx.value-out-of-range');
}
