// A recognition as plain data with stable keys, and as lines for people.
import type * as Recognise from '../../babylon/Recognise.ts';
import type * as StakeIndex from '../../babylon/StakeIndex.ts';
import * as Hex from '../../base/Hex.ts';
import * as Sats from '../../base/Sats.ts';

type Item = Recognise.Staking | Recognise.Spend;
export type View = Readonly<Record<string, unknown>>;

const keys = (list: readonly Uint8Array[]): readonly string[] => list.map((key) => Hex.encode(key));

export function viewOfStaking(staking: Recognise.Staking): View {
  const { contract, rules, ...rest } = staking;
  const { terms } = contract;
  return {
    ...rest,
    scriptPubKey: Hex.encode(contract.staking.scriptPubKey),
    stakers: { pks: keys(terms.stakerPks), quorum: terms.stakerQuorum },
    finalityProviderPks: keys(terms.finalityProviderPks),
    covenant: { pks: keys(terms.covenantPks), quorum: terms.covenantQuorum },
    stakingTimeBlocks: terms.stakingTimeBlocks,
    unbondingTimeBlocks: terms.unbondingTimeBlocks,
    ...(rules === undefined ? {} : { unbondingFeeSats: rules.unbondingFeeSats }),
  };
}

export function viewOfSpend(spend: Recognise.Spend): View {
  const { contract, rules: _, stakers, covenant, finalityProviders, signers, ...rest } = spend;
  return {
    ...rest,
    stakers: { pks: keys(stakers.keys), quorum: stakers.quorum },
    ...(covenant === undefined ? {} : { covenant: { pks: keys(covenant.keys), quorum: covenant.quorum } }),
    ...(finalityProviders === undefined ? {} : { finalityProviderPks: keys(finalityProviders) }),
    ...(contract === undefined ? {} : { scriptPubKey: Hex.encode(contract.staking.scriptPubKey) }),
    signers: signers.map(({ role, publicKey, isValid }) => ({
      role,
      publicKey: Hex.encode(publicKey),
      ...(isValid === undefined ? {} : { isValid }),
    })),
  };
}

export function viewOf({ txid, stakings, spends, lookAlikes, isValid }: Recognise.Recognition): View {
  return { txid, isValid, stakings: stakings.map(viewOfStaking), spends: spends.map(viewOfSpend), lookAlikes };
}

export function viewOfEvent(event: StakeIndex.Event): View {
  const { detail, ...place } = event;
  if (event.kind === 'staked') return { ...place, detail: viewOfStaking(event.detail) };
  return { ...place, detail: event.kind === 'look-alike' ? event.detail : viewOfSpend(event.detail) };
}

const SOURCE = {
  staking: 'the staking output',
  unbonding: 'the unbonding output',
  'slashing-change': 'the rest of a slashed stake',
} as const;

/** The lines of a recognition. */
export function linesOf({ txid, stakings, spends, lookAlikes }: Recognise.Recognition): readonly string[] {
  const parts = [...stakings.map(stakingLines), ...spends.map(spendLines), ...lookAlikes.map(lookAlikeLines)];
  const head = `transaction   ${txid}`;
  return parts.length === 0 ? [head, 'no output locks a stake and no input spends one, as far as is known here'] : [head, ...parts.flat()];
}

export function stakingLines(staking: Recognise.Staking): readonly string[] {
  const { terms } = staking.contract;
  const phase = staking.phase === 1 ? ', phase 1 by its data output' : '';
  return [
    `output ${staking.outputIndex}: staking${phase}, ${Sats.format(staking.valueSats)}, ${version(staking.paramsVersion)}`,
    ...keyLines('staker', terms.stakerPks, terms.stakerQuorum),
    ...keyLines('provider', terms.finalityProviderPks, 1),
    `  covenant      ${terms.covenantQuorum} of ${terms.covenantPks.length}`,
    `  locked        ${terms.stakingTimeBlocks} blocks; ${terms.unbondingTimeBlocks} after unbonding`,
    ...(staking.isOverflow === undefined ? [] : [`  counted       ${staking.isOverflow ? 'no, the cap was reached' : 'yes'}`]),
    ...findings(staking),
  ];
}

export function spendLines(spend: Recognise.Spend): readonly string[] {
  const { outpoint, source, valueSats, feeSats, path, next, slashedSats, signers, covenant } = spend;
  const signed = signers.filter(({ isValid }) => isValid !== false);
  const of = (role: Recognise.Signer['role']): number => signed.filter((one) => one.role === role).length;
  const checked = signers.length > 0 && signers.every(({ isValid }) => isValid !== undefined) ? '' : ' (not verified)';
  return [
    `input ${spend.inputIndex}: ${spend.kind} of ${SOURCE[source]} ${outpoint.txid}:${outpoint.vout}, ${version(spend.paramsVersion)}`,
    `  certain by    ${spend.certainty === 'known' ? 'the delegation or contract given' : 'the leaf and its control block alone'}`,
    ...keyLines('staker', spend.stakers.keys, spend.stakers.quorum),
    ...(spend.finalityProviders === undefined ? [] : keyLines('provider', spend.finalityProviders, 1)),
    ...(covenant === undefined ? [] : [`  covenant      ${covenant.quorum} of ${covenant.keys.length}`]),
    `  path          ${path ?? 'none revealed: it is not signed'}`,
    ...(valueSats === undefined ? [] : [`  spends        ${Sats.format(valueSats)}`]),
    ...(slashedSats === undefined ? [] : [`  slashed       ${slashedSats} sat`]),
    ...(next === undefined ? [] : [`  stays locked  ${Sats.format(next.valueSats)} in output ${next.outputIndex}`]),
    ...(spend.extendedTo === undefined ? [] : [`  staked again  in output ${spend.extendedTo}`]),
    ...(feeSats === undefined ? [] : [`  fee           ${feeSats} sat`]),
    ...(signers.length === 0
      ? []
      : [
          `  signatures    ${spend.signed}: ${of('staker')} staker, ${of('finalityProvider')} provider, ${of('covenant')} covenant${checked}`,
        ]),
    ...(spend.isRegistered === undefined
      ? []
      : [`  registered    ${spend.isRegistered ? 'yes' : 'no: another transaction than the delegation has'}`]),
    ...findings(spend),
  ];
}

function lookAlikeLines({ kind, problem, inputIndex }: Recognise.LookAlike): readonly string[] {
  const where = inputIndex === undefined ? '' : ` in input ${inputIndex}`;
  return [`looks like a ${kind}${where} and is none here`, `  ${problem.cause ?? problem.code}: ${problem.message}`];
}

function keyLines(name: string, list: readonly Uint8Array[], quorum: number): readonly string[] {
  const more = list.length > 1 ? ` (${quorum} of ${list.length})` : '';
  return list.map((key) => `  ${name.padEnd(13)} ${Hex.encode(key)}${more}`);
}

function version(paramsVersion: number | undefined): string {
  return paramsVersion === undefined ? 'parameter version not known' : `parameter version ${paramsVersion}`;
}

function findings({ problems, notes }: Item): readonly string[] {
  const text = (mark: string, { code, message, reference }: Recognise.Problem): string =>
    `  ${mark} ${code}: ${message}${reference === undefined ? '' : ` (the chain says: ${reference})`}`;
  const all = [...problems.map((one) => text('PROBLEM', one)), ...notes.map((one) => text('note', one))];
  return problems.length === 0 ? [...all, '  valid'] : all;
}

/** One line of an event. */
export function eventLine(event: StakeIndex.Event): string {
  const head = `${event.height} ${event.kind.padEnd(10)} ${event.txid}`;
  if (event.kind === 'look-alike')
    return `${head}  ${event.detail.problem.cause ?? event.detail.problem.code}: ${event.detail.problem.message}`;
  const { detail } = event;
  const place = 'inputIndex' in detail ? `input ${detail.inputIndex}` : `output ${detail.outputIndex}`;
  const value = detail.valueSats === undefined ? '' : `, ${Sats.format(detail.valueSats)}`;
  const stakerPks = 'stakers' in detail ? detail.stakers.keys : detail.contract.terms.stakerPks;
  const problems = detail.problems.map(({ code }) => ` ${code}`).join('');
  return `${head}  ${place}${value}, staker ${keys(stakerPks).join(' ')}${problems}`;
}
