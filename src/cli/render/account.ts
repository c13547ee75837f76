// The account of a story as text: what happened, who lost what, and the same fault on a restaking ledger.
import Table from 'cli-table3';
import * as Sats from '../../base/Sats.ts';
import type { Account, Fate, StakerOutcome } from '../../sim/story/Account.ts';

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

function setting({ network, chain, paramsVersion, params, covenant, stakers, finalityProvider }: Account): string {
  const total = stakers.reduce((sum, { stakeSats }) => sum + stakeSats, 0n);
  return [
    `From a stake to a slash: ${network}, parameter version ${paramsVersion}, on ${chain === 'embedded' ? 'an embedded Bitcoin chain' : chain}`,
    `  ${stakers.length} stakers lock ${Sats.format(Sats.from(total))} for ${params.stakingTimeBlocks} blocks; ${covenant.quorum} of ${covenant.members} covenant members (test keys) co-sign every slashing.`,
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
    head: ['staker', 'at the fault', 'stake', 'slashed', 'fees', 'gets back', 'at height'],
    ...PLAIN,
    colAligns: ['right', 'left', 'right', 'right', 'right', 'right', 'right'],
  });
  for (const { index, fate, stakeSats, slashedSats, feesSats, returnedSats, returnedHeight } of stakers) {
    table.push([index, FATE[fate], ...[stakeSats, slashedSats, feesSats, returnedSats].map(amount), returnedHeight]);
  }
  const sum = (pick: (outcome: StakerOutcome) => bigint): string => amount(stakers.reduce((total, outcome) => total + pick(outcome), 0n));
  table.push(['all', '', sum((o) => o.stakeSats), sum((o) => o.slashedSats), sum((o) => o.feesSats), sum((o) => o.returnedSats), '']);
  const days = Math.round(params.unbondingTimeBlocks / 144);
  return `On Bitcoin (${network}): ${params.slashingRate} of each stake, in satoshi; the rest is locked for ${params.unbondingTimeBlocks} blocks more, about ${days} day${days === 1 ? '' : 's'}\n${table}`;
}

function restaking({ restaking: ledgers, params }: Account): string {
  const [first] = ledgers;
  const table = new Table({
    head: ['staker', 'when the operator is slashed', ...ledgers.map(({ allocated }) => `loses (${allocated} allocated)`)],
    ...PLAIN,
  });
  for (const [i, { index, exit }] of (first?.stakers ?? []).entries())
    table.push([index, exit, ...ledgers.map(({ stakers }) => amount(stakers[i]?.lossSats ?? 0n))]);
  table.push(['all', '', ...ledgers.map(({ totalLossSats }) => amount(totalLossSats))]);
  return `The same stakes and the same rate (${params.slashingRate}) on an EigenLayer ledger with unique stake allocation, as satoshi\n${table}`;
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
