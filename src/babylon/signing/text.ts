// The words of a signing plan.
import * as Check from '../../base/Check.ts';
import * as Hex from '../../base/Hex.ts';
import * as Sats from '../../base/Sats.ts';
import * as Address from '../../bitcoin/Address.ts';
import type { Network } from '../../bitcoin/Network.ts';
import type * as Tx from '../../bitcoin/Tx.ts';
import type { Delegation } from '../Delegation.ts';
import { duration } from '../policy/rule.ts';
import type { StakingContract } from '../StakingContract.ts';
import type { Amount, FeeTime, Flow, Item, Kind } from './item.ts';

export type Setting = { readonly network: Network; readonly inclusionHeight: number | undefined };

type Common = { readonly contract: StakingContract; readonly transaction: Tx.Transaction; readonly network: Network };

const amount = (value: bigint): Amount => ({ sats: value.toString(), btc: Sats.format(Sats.from(value)) });
const words = ({ sats, btc }: Amount): string => `${sats} sat (${btc})`;
const nameOf = (script: Uint8Array, network: Network): string =>
  Address.kindOf(script) === undefined ? Hex.encode(script) : Address.encode(script, network);
const CONSENT = 'consent only: nothing moves unless the provider is slashed';
const MOVES = 'moves coins when broadcast';
const ONLY_IF_SLASHED = 'with an honest provider this fee is never paid';

function flow(role: string, value: bigint, script: Uint8Array, network: Network, note: string): Flow {
  return { role, amount: amount(value), to: nameOf(script, network), note };
}

function feeLine(value: bigint, when: FeeTime, note: string): Item['fee'] {
  return { ...amount(value), when, note };
}

/** How the committee is spelled: "6 of 9". */
function quorum({ terms: { covenantQuorum, covenantPks } }: StakingContract): string {
  return `${covenantQuorum} of the ${covenantPks.length} covenant members`;
}

function afterUnbonding({ terms }: StakingContract): string {
  return duration(terms.unbondingTimeBlocks);
}

/** When the lock of a stake ends. */
function endLine({ terms }: StakingContract, inclusionHeight: number | undefined): string {
  const lock = duration(terms.stakingTimeBlocks);
  if (inclusionHeight === undefined) return `You alone can take the coins ${lock} after the block that includes the stake.`;
  return `You alone can take the coins from block ${inclusionHeight + terms.stakingTimeBlocks} on: ${lock} after block ${inclusionHeight}.`;
}

/** Outputs beside the stake. */
function otherFlows(transaction: Tx.Transaction, stake: number, network: Network): readonly Flow[] {
  return transaction.outs.flatMap(({ script, value }, i): readonly Flow[] => {
    if (i === stake) return [];
    if (script[0] === 0x6a) return [flow('data', value, script, network, 'names the stake for indexers; nobody gets coins')];
    return [flow('change', value, script, network, 'must be an address of yours: compare it')];
  });
}

export function staking(
  given: Common & {
    readonly index: number;
    readonly values: readonly bigint[];
    readonly fee: bigint;
    readonly inclusionHeight: number | undefined;
  },
): Item {
  const { contract, transaction, network, index, values, fee } = given;
  const stake = transaction.outs[index];
  return {
    kind: 'staking',
    title: 'Staking transaction',
    what: `Locks ${words(amount(stake?.value ?? 0n))} under your key, the finality provider and the covenant. It stays yours on Bitcoin.`,
    txid: transaction.getId(),
    signature: MOVES,
    spends: [
      {
        role: 'coins',
        amount: amount(values.reduce((sum, value) => sum + value, 0n)),
        to: `${values.length} coin${values.length === 1 ? '' : 's'} of yours`,
        note: 'all of it is spent: stake, change and fee',
      },
    ],
    pays: [
      flow(
        'stake',
        stake?.value ?? 0n,
        stake?.script ?? new Uint8Array(),
        network,
        `locked for ${duration(contract.terms.stakingTimeBlocks)}`,
      ),
      ...otherFlows(transaction, index, network),
    ],
    fee: feeLine(fee, 'now', 'the only fee that is paid when you stake'),
    when: [
      'Broadcast it only after the delegation is VERIFIED on Babylon and the covenant signatures have been checked.',
      endLine(contract, given.inclusionHeight),
      `Before that: with the unbonding transaction, then ${afterUnbonding(contract)} more.`,
    ],
    others: [
      `${quorum(contract)} must sign with you to unbond early; alone they can do nothing.`,
      'If the provider signs two blocks at one height, anybody can learn its key and broadcast the slashing transaction that you have consented to.',
    ],
  };
}

export function unbonding(
  given: Common & { readonly stakeSats: bigint; readonly fee: bigint; readonly inclusionHeight: number | undefined },
): Item {
  const { contract, transaction, network, stakeSats, fee } = given;
  const [output] = transaction.outs;
  return {
    kind: 'unbonding',
    title: 'Unbonding transaction',
    what: 'Ends the stake early, whenever you want. It is registered now and signed by you when you need it.',
    txid: transaction.getId(),
    signature: 'kept until it is needed',
    spends: [flow('stake', stakeSats, contract.staking.scriptPubKey, network, 'the whole stake')],
    pays: [
      flow(
        'unbonding',
        output?.value ?? 0n,
        output?.script ?? new Uint8Array(),
        network,
        `yours alone after ${afterUnbonding(contract)}; slashable until then`,
      ),
    ],
    fee: feeLine(fee, 'when broadcast', 'paid only if you unbond early; fixed by the network, it cannot be raised later'),
    when: [
      'At any time before the timelock of the stake has ended.',
      `The coins can be withdrawn ${afterUnbonding(contract)} after the block that includes it.`,
      given.inclusionHeight === undefined
        ? 'Near the end of the stake its timelock is sooner and costs no unbonding fee.'
        : `After block ${given.inclusionHeight + contract.terms.stakingTimeBlocks - contract.terms.unbondingTimeBlocks} the timelock of the stake is sooner, and costs no unbonding fee.`,
    ],
    others: [`${quorum(contract)} sign it in advance, before the stake is broadcast. Without your signature they cannot unbond for you.`],
  };
}

export function slashing(
  given: Common & {
    readonly kind: 'staking-slashing' | 'unbonding-slashing';
    readonly spentSats: bigint;
    readonly rate: string;
    readonly fee: bigint;
  },
): Item {
  const { kind, contract, transaction, network, spentSats, rate, fee } = given;
  const [slashed, change] = transaction.outs;
  const early = kind === 'unbonding-slashing';
  const burns = slashed?.script[0] === 0x6a;
  const slashedSats = slashed?.value ?? 0n;
  return {
    kind,
    title: early ? 'Consent to slashing of the unbonding output' : 'Consent to slashing of the stake',
    what: `Says what happens ${early ? 'while you unbond' : 'while you stake'} if your finality provider signs two blocks at one height. You sign it in advance: the chain takes no stake without it.`,
    txid: transaction.getId(),
    signature: CONSENT,
    spends: [
      flow(
        early ? 'unbonding' : 'stake',
        spentSats,
        (early ? contract.unbonding : contract.staking).scriptPubKey,
        network,
        'only if the provider is slashed',
      ),
    ],
    pays: [
      flow(
        'slashed',
        slashedSats,
        slashed?.script ?? new Uint8Array(),
        network,
        `${burns ? 'burnt' : 'paid to the slashing script'}: ${rate} of ${spentSats} sat`,
      ),
      flow(
        'yours',
        change?.value ?? 0n,
        change?.script ?? new Uint8Array(),
        network,
        `comes back to you alone, after ${afterUnbonding(contract)}`,
      ),
    ],
    fee: feeLine(fee, 'only if slashed', ONLY_IF_SLASHED),
    when: [
      'Now: never. Your signature alone is not enough to broadcast it.',
      early
        ? `Only while the unbonding output exists: for ${afterUnbonding(contract)} after the unbonding, until you withdraw.`
        : 'Only while the stake is unspent, also after its timelock has ended, until you withdraw.',
      `If slashed you lose ${words(amount(slashedSats + fee))}: ${slashedSats} sat slashed and ${fee} sat fee.`,
    ],
    others: [
      `Needs the signature of the finality provider and of ${quorum(contract)}: the covenant's are encrypted to the provider's key. A double vote reveals that key to everybody; a provider that uses it alone reveals it too, and is slashed as a whole.`,
      'It can pay nobody but these two outputs.',
    ],
  };
}

export type WithdrawalInput = {
  readonly kind: Extract<Kind, `withdraw-${string}`>;
  readonly outpoint: Tx.Outpoint;
  readonly valueSats: bigint;
  readonly scriptPubKey: Uint8Array;
  readonly lockBlocks: number;
  readonly minedHeight: number | undefined;
};

const WITHDRAWALS: Readonly<Record<WithdrawalInput['kind'], { readonly title: string; readonly what: string; readonly role: string }>> = {
  'withdraw-expired': { title: 'Withdrawal of an expired stake', what: 'Takes the stake after its whole timelock.', role: 'stake' },
  'withdraw-unbonded': { title: 'Withdrawal after unbonding', what: 'Takes the coins that were unbonded early.', role: 'unbonding' },
  'withdraw-slashed': { title: 'Withdrawal after a slash', what: 'Takes what a slash has left to you.', role: 'rest' },
};

export function withdrawal(
  kind: WithdrawalInput['kind'],
  transaction: Tx.Transaction,
  inputs: readonly WithdrawalInput[],
  fee: bigint,
  network: Network,
): Item {
  const { title, what } = WITHDRAWALS[kind];
  const own = inputs.filter((input) => input.kind === kind);
  const slashable = kind !== 'withdraw-slashed';
  return {
    kind,
    title,
    what: `${what} You alone sign; nothing of it is locked any more.`,
    txid: transaction.getId(),
    signature: MOVES,
    spends: inputs.map((input) =>
      flow(WITHDRAWALS[input.kind].role, input.valueSats, input.scriptPubKey, network, `locked for ${duration(input.lockBlocks)}`),
    ),
    pays: transaction.outs.map(({ script, value }) => flow('yours', value, script, network, 'must be an address of yours: compare it')),
    fee: feeLine(fee, 'now', 'paid when you withdraw'),
    when: own.map(({ minedHeight, lockBlocks, outpoint }) =>
      minedHeight === undefined
        ? `${outpoint.txid}:${outpoint.vout}: ${duration(lockBlocks)} after the block that includes it.`
        : `${outpoint.txid}:${outpoint.vout}: from block ${minedHeight + lockBlocks} on, ${duration(lockBlocks)} after block ${minedHeight}.`,
    ),
    others: slashable
      ? ['Neither covenant nor provider is needed. Until it is mined, a slashing transaction could still spend the same output.']
      : ['Neither covenant nor provider is needed, and nobody can slash it again.'],
  };
}

export function extension(
  given: Common & {
    readonly previous: Delegation;
    readonly funding: bigint;
    readonly index: number;
    readonly fee: bigint;
    readonly depth: number | undefined;
    readonly inclusionHeight: number | undefined;
  },
): Item {
  const { previous, contract, transaction, network, funding, index, fee, depth, inclusionHeight } = given;
  const stake = transaction.outs[index]?.value ?? 0n;
  const old = previous.contract.terms;
  const deep = depth === undefined ? 'the confirmation depth' : `${depth} blocks`;
  const expires = inclusionHeight === undefined ? undefined : inclusionHeight + old.stakingTimeBlocks - old.unbondingTimeBlocks;
  return {
    kind: 'extension',
    title: 'Stake extension',
    what: 'Moves the whole old stake into a new one of the same provider, without unbonding. The old lock ends, a new one begins.',
    txid: transaction.getId(),
    signature: MOVES,
    spends: [
      flow('stake', previous.stakingValueSats, previous.contract.staking.scriptPubKey, network, 'the old stake, by its unbonding path'),
      { role: 'coins', amount: amount(funding), to: 'one coin of yours', note: 'pays the fee, and more stake if wanted' },
    ],
    pays: [
      flow('stake', stake, contract.staking.scriptPubKey, network, `locked anew for ${duration(contract.terms.stakingTimeBlocks)}`),
      ...otherFlows(transaction, index, network),
    ],
    fee: feeLine(fee, 'now', 'paid by the coin; no unbonding fee is paid'),
    when: [
      'Broadcast it only after the extension is VERIFIED on Babylon.',
      expires === undefined
        ? `It must be mined, lie under ${deep} and be reported before the old stake expires on Babylon, ${duration(old.unbondingTimeBlocks)} before its timelock ends.`
        : `It must be mined by block ${expires - 1 - (depth ?? 0)} and reported below tip ${expires}: later it earns nothing.`,
      `You alone can take the coins ${duration(contract.terms.stakingTimeBlocks)} after the block that includes it.`,
    ],
    others: [
      `${quorum(previous.contract)} of the old stake sign the move with you; without your signature they cannot move it.`,
      'Until it is mined, the old unbonding and slashing transactions stay valid.',
    ],
  };
}

/** The texts of an item, checked: a plan may come from a file. */
export function checkItem(item: Item, field: string): Item {
  Check.object(item, field);
  for (const key of ['kind', 'title', 'what', 'txid', 'signature'] as const) Check.text(item[key], `${field}.${key}`);
  for (const key of ['spends', 'pays'] as const) {
    for (const [i, entry] of Check.list(item[key], `${field}.${key}`).entries()) {
      const place = `${field}.${key}[${i}]`;
      for (const name of ['role', 'to', 'note'] as const) Check.text(Check.object(entry, place)[name], `${place}.${name}`);
      checkAmount(entry.amount, `${place}.amount`);
    }
  }
  checkAmount(item.fee, `${field}.fee`);
  for (const name of ['when', 'note'] as const) Check.text(item.fee[name], `${field}.fee.${name}`);
  for (const key of ['when', 'others'] as const)
    for (const [i, line] of Check.list(item[key], `${field}.${key}`).entries()) Check.text(line, `${field}.${key}[${i}]`);
  return item;
}

function checkAmount(value: Amount, field: string): void {
  for (const name of ['sats', 'btc'] as const) Check.text(Check.object(value, field)[name], `${field}.${name}`);
}

/** One item as text. */
export function render(item: Item, number: number): string {
  const lines = (label: string, flows: readonly Flow[]): readonly string[] =>
    flows.map(
      ({ role, amount: value, to, note }, i) =>
        `${(i === 0 ? label : '').padEnd(10)}${role}: ${words(value)} ${label === 'pays' ? 'to' : 'of'} ${to}\n${' '.repeat(10)}  ${note}`,
    );
  const list = (label: string, texts: readonly string[]): readonly string[] =>
    texts.map((text, i) => `${(i === 0 ? label : '').padEnd(10)}${text}`);
  const { fee } = item;
  return [
    `${number}. ${item.title}`,
    `${' '.repeat(10)}${item.what}`,
    `${'txid'.padEnd(10)}${item.txid}`,
    `${'signature'.padEnd(10)}${item.signature}`,
    ...lines('spends', item.spends),
    ...lines('pays', item.pays),
    `${'fee'.padEnd(10)}${words(fee)}, ${fee.when}: ${fee.note}`,
    ...list('when', item.when),
    ...list('others', item.others),
  ].join('\n');
}
