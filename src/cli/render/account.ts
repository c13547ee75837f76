// The account of a story as text: what happened, who lost what, and the same fault on a restaking ledger.
import Table from 'cli-table3';
import * as Sats from '../../base/Sats.ts';
import type { Account, Fate, StakerOutcome } from '../../sim/story/Account.ts';
import { SHARES_PER_SAT } from '../../sim/story/Comparison.ts';

const PLAIN = { style: { head: [], border: [] }, chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' } };

const FATE: Readonly<Record<Fate, string>> = {
  active: 'staked',
  unbonding: 'unbonding',
  extended: 'staked (extended)',
  withdrawn: 'withdrawn before',
};

export function renderAccount(account: Account, file: string): string {
  return [setting(account), fault(account), losses(account), restaking(account), refusals(account), ending(account, file)].join('\n\n');
}

function setting({ network, chain, paramsVersion, paramsAsOf, params, covenant, stakers, finalityProvider }: Account): string {
  const total = stakers.reduce((sum, { stakeSats }) => sum + stakeSats, 0n);
  return [
    `From a stake to a slash: ${network}, parameter version ${paramsVersion} (as of ${paramsAsOf}), on ${chain === 'embedded' ? 'an embedded Bitcoin chain' : chain}`,
    `  ${stakers.length} staker${stakers.length === 1 ? ' locks' : 's lock'} ${Sats.format(Sats.from(total))} for ${params.stakingTimeBlocks} blocks; ${covenant.quorum} of ${covenant.members} covenant members (test keys) co-sign every slashing.`,
    `  Finality provider ${finalityProvider.publicKey} commits randomness for ${finalityProvider.commit.numPubRand} heights and votes ${finalityProvider.honestVotes} times.`,
  ].join('\n');
}

function fault({ finalityProvider, faultHeight }: Account): string {
  const { equivocation, extractedKey } = finalityProvider;
  const votes = equivocation.votes.map(({ appHash, signature }) => `    block ${appHash.slice(0, 16)}…  signature ${signature}`);
  return [
    `Babylon height ${equivocation.height}, Bitcoin height ${faultHeight}: the provider signs two blocks with the same randomness ${equivocation.pubRand.slice(0, 16)}…`,
    ...votes,
    `  (s1 - s2) / (e1 - e2) = ${extractedKey}`,
    '  That is the secret key of the provider. With it anybody decrypts the covenant signatures and completes the slashing transactions.',
  ].join('\n');
}

function losses({ stakers, params, network }: Account): string {
  const table = new Table({
    head: ['staker', 'at the fault', 'stake', 'slashed', 'fees', 'gets back', 'loses in all', 'coins back at height'],
    ...PLAIN,
    colAligns: ['right', 'left', 'right', 'right', 'right', 'right', 'right', 'right'],
  });
  const lossOf = ({ stakeSats, returnedSats }: Pick<StakerOutcome, 'stakeSats' | 'returnedSats'>): string =>
    percent(stakeSats - returnedSats, stakeSats);
  for (const outcome of stakers) {
    const { index, fate, stakeSats, slashedSats, feesSats, returnedSats, returnedHeight } = outcome;
    table.push([index, FATE[fate], ...[stakeSats, slashedSats, feesSats, returnedSats].map(amount), lossOf(outcome), returnedHeight]);
  }
  const sum = (pick: (outcome: StakerOutcome) => bigint): bigint => stakers.reduce((total, outcome) => total + pick(outcome), 0n);
  const [stake, back] = [sum((o) => o.stakeSats), sum((o) => o.returnedSats)];
  const middle = [stake, sum((o) => o.slashedSats), sum((o) => o.feesSats), back].map(amount);
  table.push(['all', '', ...middle, percent(stake - back, stake), '']);
  const days = Math.round(params.unbondingTimeBlocks / 144);
  const burnt = params.slashingPkScript.startsWith('6a') ? 'burnt (OP_RETURN)' : `paid to the script ${params.slashingPkScript}`;
  return [
    `On Bitcoin (${network}), in satoshi: ${params.slashingRate} of each stake is ${burnt}; the rest is locked for ${params.unbondingTimeBlocks} blocks more, about ${days} day${days === 1 ? '' : 's'}`,
    table.toString(),
    `  fees: what the unbonding, slashing and withdrawal transactions take from the stake; the slashing transaction alone pays ${amount(params.minSlashingTxFeeSats)}, whatever the size of the stake.`,
  ].join('\n');
}

function restaking({ restaking: ledgers, params }: Account): string {
  const [first] = ledgers;
  const table = new Table({
    head: ['staker', 'when the operator is slashed', ...ledgers.map(({ allocated }) => `loses, ${allocated} allocated`)],
    ...PLAIN,
    colAligns: ['right', 'left', ...ledgers.map(() => 'right' as const)],
  });
  for (const [i, { index, exit }] of (first?.stakers ?? []).entries())
    table.push([index, exit, ...ledgers.map(({ stakers }) => shares(stakers[i]?.lossShares ?? 0n))]);
  table.push(['all', '', ...ledgers.map(({ totalLossShares }) => shares(totalLossShares))]);
  return [
    `EigenLayer's slashing formula on the same stakes at the same rate (${params.slashingRate}), unique stake allocation, in satoshi`,
    table.toString(),
    '  allocated: the part of its stake that the operator has put at the disposal of the service that slashes. There the service chooses the rate, and',
    '  whether to slash; no proof is asked for. No transaction fees are counted on this side. A queued withdrawal stays slashable for 100,800 Ethereum blocks (14 days).',
  ].join('\n');
}

function refusals({ refusals: attempts }: Account): string {
  return [
    'What the chain refused:',
    ...attempts.map(({ attempt, got, refused }) => `  ${refused ? 'ok  ' : 'FAIL'} ${attempt}: ${got}`),
  ].join('\n');
}

function ending({ checks, transactions }: Account, file: string): string {
  const slashes = transactions.filter(({ step }) => step === 'slash');
  const counts = `${transactions.length} transactions, ${slashes.length} of them slashings (${[...new Set(slashes.map(({ vsize }) => vsize))].join(', ')} vbytes each); all in ${file}`;
  return [...checks.map(({ name, ok }) => `${ok ? 'ok  ' : 'FAIL'} ${name}`), counts].join('\n');
}

/** Groups of three digits: 1'234'567. */
function amount(value: bigint): string {
  return value.toString().replace(/\B(?=(\d{3})+$)/g, "'");
}

/** Shares as satoshi with their decimals, exact: 2'031.28. */
function shares(value: bigint): string {
  const fraction = (value % SHARES_PER_SAT).toString().padStart(10, '0').replace(/0+$/, '');
  return fraction === '' ? amount(value / SHARES_PER_SAT) : `${amount(value / SHARES_PER_SAT)}.${fraction}`;
}

/** part of whole as a percentage with two decimals, rounded half up, in integers. */
function percent(part: bigint, whole: bigint): string {
  const hundredths = (part * 20_000n + whole) / (2n * whole);
  return `${hundredths / 100n}.${(hundredths % 100n).toString().padStart(2, '0')} %`;
}
