// Which kind of transaction a spend makes, and the rules that its kind must keep: babylon btcstaking/staking.go, x/btcstaking/types/msg.go.
import * as Blocks from '../../base/Blocks.ts';
import * as Bytes from '../../base/Bytes.ts';
import * as Sats from '../../base/Sats.ts';
import * as Dust from '../../bitcoin/Dust.ts';
import * as TapTree from '../../bitcoin/TapTree.ts';
import * as Tx from '../../bitcoin/Tx.ts';
import type { Source } from '../LeafReader.ts';
import * as SlashingTx from '../SlashingTx.ts';
import type * as Witness from '../Witness.ts';
import { sameKeys, timelockHash } from './complete.ts';
import type { Problems } from './problem.ts';
import type { Origin, Seen } from './seen.ts';
import type { Staking } from './stakings.ts';
import type { SubjectInput } from './subject.ts';

/** `unexpected`: the covenant has approved a spend that is neither an unbonding nor an extension, or nobody can say what it is. */
export type Kind = 'unbonding' | 'slashing' | 'withdrawal' | 'extension' | 'unexpected';
/** An output of this transaction that is under the contract. */
export type Next = { readonly outputIndex: number; readonly source: Source; readonly valueSats: Sats.Sats };
export type Classified = { readonly kind: Kind; readonly next?: Next; readonly extendedTo?: number };

/** The kind by path and outputs; without a path, of an unsigned transaction, by outputs and sequence. */
export function classify(seen: Seen, inputIndex: number, origin: Origin, path: Witness.Path | undefined): Classified {
  const slashed = path === 'slashing' || path === undefined ? changeOf(seen, origin) : undefined;
  if (path === 'slashing') return { kind: 'slashing', ...(slashed === undefined ? {} : { next: slashed }) };
  if (path === 'timelock') return { kind: 'withdrawal' };
  const unbonded = origin.source === 'staking' ? unbondedTo(seen, origin) : undefined;
  if (unbonded !== undefined) return { kind: 'unbonding', next: unbonded };
  if (path === undefined && slashed !== undefined) return { kind: 'slashing', next: slashed };
  const extended = origin.source === 'staking' ? extendedBy(seen, origin) : undefined;
  if (extended !== undefined) return { kind: 'extension', extendedTo: extended.outputIndex };
  if (path === 'unbonding') return { kind: 'unexpected' };
  // Unsigned: the sequence of a withdrawal is its lock, every other kind has ffffffff.
  const lock = lockOf(origin);
  const { sequence } = seen.subject.inputs[inputIndex] as SubjectInput;
  return { kind: lock !== undefined && sequence === lock ? 'withdrawal' : 'unexpected' };
}

/** The single output under the unbonding script. Without the contract it follows from the hash of the slashing leaf and the times of the versions. */
function unbondedTo({ subject, context }: Seen, origin: Origin): Next | undefined {
  const [only, ...more] = subject.transaction.outs;
  if (only === undefined || more.length > 0 || only.script.length !== 34) return undefined;
  const { contract, stakers, slashingHash } = origin;
  const next = { outputIndex: 0, source: 'unbonding', valueSats: Sats.from(only.value) } as const;
  if (contract !== undefined && Bytes.equal(contract.unbonding.scriptPubKey, only.script)) return next;
  if (origin.delegation !== undefined || slashingHash === undefined) return undefined;
  const times = new Set(context.hints.committees.map(({ unbondingTimeBlocks }) => unbondingTimeBlocks));
  for (const time of times) {
    const root = TapTree.branchHash(timelockHash(stakers, time), slashingHash);
    const { outputKey } = TapTree.tweak(TapTree.nums(), root, context.ecc);
    if (Bytes.equal(TapTree.scriptPubKeyOf(outputKey), only.script)) return next;
  }
  return undefined;
}

/** Output 1 under the script of the slashing change. */
function changeOf({ subject, context }: Seen, { contract, stakers, unbondingTimeBlocks }: Origin): Next | undefined {
  const change = subject.transaction.outs[1];
  if (change === undefined || change.script.length !== 34) return undefined;
  const next = { outputIndex: 1, source: 'slashing-change', valueSats: Sats.from(change.value) } as const;
  if (contract !== undefined && Bytes.equal(contract.slashingChange.scriptPubKey, change.script)) return next;
  if (contract !== undefined || subject.transaction.outs.length !== 2) return undefined;
  const likely = context.hints.committees.map((committee) => committee.unbondingTimeBlocks);
  const times = new Set(unbondingTimeBlocks === undefined ? likely : [unbondingTimeBlocks]);
  for (const time of times) {
    const { outputKey } = TapTree.tweak(TapTree.nums(), timelockHash(stakers, time), context.ecc);
    if (Bytes.equal(TapTree.scriptPubKeyOf(outputKey), change.script)) return next;
  }
  return undefined;
}

/** A stake of the same stakers in the same transaction. */
function extendedBy({ stakings }: Seen, { stakers }: Origin): Staking | undefined {
  return stakings.find(
    ({ contract }) => sameKeys(contract.terms.stakerPks, stakers.keys) && contract.terms.stakerQuorum === stakers.quorum,
  );
}

export function lockOf({ source, stakingTimeBlocks, unbondingTimeBlocks }: Origin): number | undefined {
  return source === 'staking' ? stakingTimeBlocks : unbondingTimeBlocks;
}

type Parts = {
  readonly seen: Seen;
  readonly inputIndex: number;
  readonly input: SubjectInput;
  readonly origin: Origin;
  readonly path: Witness.Path | undefined;
  readonly kind: Kind;
  readonly next: Next | undefined;
  readonly extendedTo: number | undefined;
  readonly spentHeight: number | undefined;
  readonly feeSats: bigint | undefined;
};

export function checkKind(parts: Parts, problems: Problems): void {
  switch (parts.kind) {
    case 'withdrawal':
      checkWithdrawal(parts, problems);
      break;
    case 'unbonding':
      checkPreSigned(parts, problems, { outputs: 1, versions: [2] });
      checkUnbondingFee(parts, problems);
      break;
    case 'slashing':
      checkPreSigned(parts, problems, { outputs: 2, versions: [1, 2] });
      checkSlashing(parts, problems);
      break;
    case 'extension':
      checkExtension(parts, problems);
      break;
    case 'unexpected':
      problems.add('recognise.unexpected-spend', 'neither an unbonding, a slashing, an extension nor a withdrawal of this stake');
  }
  if (parts.input.scriptSig.length > 0)
    problems.add('recognise.script-sig', 'a taproot input has no scriptSig', {}, 'pre-signed tx must not have signature script');
}

function checkPreSigned(
  { seen, input }: Parts,
  problems: Problems,
  shape: { readonly outputs: number; readonly versions: readonly number[] },
): void {
  const { ins, outs, version, locktime } = seen.subject.transaction;
  const count = (of: string, got: number, expected: number): void =>
    problems.must(
      got === expected,
      'recognise.wrong-count',
      `exactly ${expected} ${of} are allowed, got ${got}`,
      { of, got, expected },
      `tx must have exactly ${expected} ${of}`,
    );
  count('inputs', ins.length, 1);
  count('outputs', outs.length, shape.outputs);
  problems.must(
    locktime === 0,
    'recognise.lock-time',
    `the locktime must be 0, got ${locktime}`,
    { locktime },
    'pre-signed tx must not have locktime',
  );
  const [min] = shape.versions;
  const max = shape.versions[shape.versions.length - 1];
  const reference = `tx version must be between ${min} and ${max}`;
  problems.must(
    shape.versions.includes(version),
    'recognise.version',
    `the version must be ${shape.versions.join(' or ')}, got ${version}`,
    { version },
    reference,
  );
  const isFinal = input.sequence === Tx.FINAL_SEQUENCE;
  problems.must(
    isFinal,
    'recognise.sequence',
    'the sequence must be ffffffff',
    { sequence: input.sequence },
    'pre-signed tx must not be replaceable',
  );
}

function checkUnbondingFee({ origin: { rules, valueSats }, next }: Parts, problems: Problems): void {
  if (rules === undefined || valueSats === undefined || next === undefined) return;
  const expected = rules.unbondingFeeSats;
  const paid = valueSats - next.valueSats;
  const reference = paid <= 0n ? 'unbonding tx fee must be larger that 0' : `unbonding tx fee must be ${expected}, but got ${paid}`;
  problems.must(
    paid === expected,
    'recognise.wrong-fee',
    `the fee must be exactly ${expected} sat, got ${paid}`,
    { expected, paid },
    reference,
  );
}

function checkSlashing({ seen, origin: { rules, valueSats }, next }: Parts, problems: Problems): void {
  const { outs } = seen.subject.transaction;
  if (next === undefined)
    problems.add('recognise.wrong-output-script', 'output 1 does not return the rest to the staker under the unbonding time', {
      output: 1,
    });
  for (const [output, { script, value }] of outs.entries()) {
    const minSats = Dust.threshold(script);
    problems.must(
      !Dust.isDust(script, value),
      'recognise.dust',
      `output ${output} is dust`,
      { output, value, minSats },
      'transaction contains a dust output',
    );
  }
  const slashing = rules?.slashing;
  const [slashed] = outs;
  if (slashing === undefined || slashed === undefined) return;
  problems.must(
    Bytes.equal(slashed.script, slashing.slashingPkScript),
    'recognise.wrong-output-script',
    'output 0 does not pay to the slashing script',
    { output: 0 },
    'slashing transaction must pay to the provided slashing address',
  );
  if (valueSats === undefined) return;
  const least = SlashingTx.slashingAmountSats(valueSats, slashing.slashingRate);
  problems.must(
    slashed.value >= least && slashed.value > 0n,
    'recognise.slashes-too-little',
    `output 0 must slash at least ${least} sat, it has ${slashed.value}`,
    { got: slashed.value, least },
    'slashing transaction must slash at least staking output value * slashing rate',
  );
  const minFee = slashing.minSlashingTxFeeSats;
  const fee = valueSats - outs.reduce((sum, { value }) => sum + value, 0n);
  problems.must(
    fee >= minFee,
    'recognise.wrong-fee',
    `the fee must be at least ${minFee} sat, got ${fee}`,
    { fee, minFee },
    `slashing transaction fee must be larger than ${minFee}`,
  );
}

function checkWithdrawal({ seen, input, origin, spentHeight }: Parts, problems: Problems): void {
  const { version } = seen.subject.transaction;
  // As nodes compare it: unsigned.
  problems.must(version >>> 0 >= 2, 'recognise.version', `timelocks need version 2 or above, got ${version}`, { version });
  const lock = lockOf(origin);
  if (lock === undefined) return;
  const { sequence } = input;
  const blocks = sequence & 0xffff;
  // Bit 31 switches relative locks off, bit 22 counts in units of 512 seconds.
  const opens = (sequence & 0x8040_0000) === 0 && blocks >= lock;
  problems.must(opens, 'recognise.sequence', `the sequence must lock ${lock} blocks, got ${sequence.toString(16)}`, { sequence, lock });
  if (seen.height === undefined || spentHeight === undefined) return;
  const first = Blocks.maturity(Blocks.height(spentHeight), Blocks.timelock(Math.max(lock, opens ? blocks : 0)));
  problems.must(
    seen.height >= first,
    'recognise.immature',
    `not before block ${first}, it is in ${seen.height}`,
    { first, height: seen.height },
    'non-BIP68-final',
  );
}

function checkExtension({ seen, inputIndex, origin, extendedTo, feeSats }: Parts, problems: Problems): void {
  const { ins } = seen.subject.transaction;
  problems.must(
    ins.length === 2,
    'recognise.wrong-count',
    `an extension has exactly 2 inputs, got ${ins.length}`,
    { of: 'inputs', got: ins.length, expected: 2 },
    'stake expansion must have 2 inputs (TxIn)',
  );
  problems.must(inputIndex === 0, 'recognise.wrong-input', 'the previous stake is the first input', { inputIndex });
  const staking = seen.stakings.find(({ outputIndex }) => outputIndex === extendedTo);
  if (staking === undefined) return;
  const { terms } = staking.contract;
  const { finalityProviders, covenant, valueSats } = origin;
  if (finalityProviders !== undefined)
    problems.must(
      sameKeys(finalityProviders, terms.finalityProviderPks),
      'recognise.other-finality-provider',
      'an extension keeps its finality provider',
    );
  if (covenant !== undefined) {
    const common = covenant.keys.filter((key) => terms.covenantPks.some((other) => Bytes.equal(key, other))).length;
    const needed = covenant.quorum;
    problems.must(
      common >= needed,
      'recognise.covenant-overlap',
      `${needed} members of the old committee must be in the new one, ${common} are`,
      { needed, common },
      `insufficient covenant committee overlap: need at least ${needed} members from old committee in new committee`,
    );
  }
  if (valueSats !== undefined)
    problems.must(
      staking.valueSats >= valueSats,
      'recognise.value-decreased',
      `an extension keeps or raises the stake: ${valueSats} sat before, ${staking.valueSats} now`,
      { before: valueSats, now: staking.valueSats },
      `staking expansion output amount ${staking.valueSats} is less than previous delegation amount ${valueSats}`,
    );
  if (feeSats !== undefined) problems.must(feeSats > 0n, 'recognise.wrong-fee', 'an extension pays a fee', { fee: feeSats });
}
