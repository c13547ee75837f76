// Outputs that lock a stake: by the data output of phase 1, or by scripts that are waited for. Whether each is valid under its parameters.
import * as Blocks from '../../base/Blocks.ts';
import * as Bytes from '../../base/Bytes.ts';
import { isSatlockError } from '../../base/Errors.ts';
import * as Hex from '../../base/Hex.ts';
import * as Sats from '../../base/Sats.ts';
import * as Tx from '../../bitcoin/Tx.ts';
import * as OpReturn from '../OpReturn.ts';
import type * as Params from '../Params.ts';
import * as ParamsSet from '../ParamsSet.ts';
import * as Phase1Params from '../Phase1Params.ts';
import * as StakingContract from '../StakingContract.ts';
import { type Context, type Expected, fits, hasCommittee, type Rules } from './context.ts';
import { type Problem, Problems } from './problem.ts';

type Contract = StakingContract.StakingContract;

/** A staking output. It is valid when it has no problems. */
export type Staking = {
  readonly kind: 'staking';
  readonly phase: 1 | 2;
  /** By the data output, a contract that was given, or the keys that are watched. */
  readonly how: 'op-return' | 'contract' | 'candidate';
  readonly outputIndex: number;
  readonly valueSats: Sats.Sats;
  readonly contract: Contract;
  readonly paramsVersion?: number;
  readonly rules?: Rules;
  /** Only of phase 1: where the data output stands, and whether the stake is locked without being counted; undefined while that is unknown. */
  readonly dataOutputIndex?: number;
  readonly isOverflow?: boolean;
  readonly problems: readonly Problem[];
  readonly notes: readonly Problem[];
};

/** Something that looks like ours and is not. */
export type LookAlike = { readonly kind: 'phase-1 staking' | 'leaf'; readonly problem: Problem; readonly inputIndex?: number };

/** Where the transaction stands in the chain, as far as it is known. */
export type Place = {
  /** Height of the including block. */
  readonly height?: number;
  /** Active stakes of phase 1 before this transaction, over all versions. */
  readonly phase1ActiveSats?: bigint;
};

export type Found = { readonly stakings: readonly Staking[]; readonly lookAlikes: readonly LookAlike[] };

export function findStakings(transaction: Tx.Transaction, context: Context, place: Place): Found {
  const lookAlikes: LookAlike[] = [];
  const phase1 = findPhase1(transaction, context, place, lookAlikes);
  const byScript = new Map<string, number[]>();
  for (const [i, { script }] of transaction.outs.entries()) {
    if (i === phase1?.outputIndex || script.length !== 34 || context.expected(script) === undefined) continue;
    const key = Hex.encode(script);
    byScript.set(key, [...(byScript.get(key) ?? []), i]);
  }
  const others = [...byScript.values()].flatMap((indexes) =>
    indexes.map((index) => expectedStaking(transaction, index, indexes, context, place)),
  );
  const stakings = [...(phase1 === undefined ? [] : [phase1]), ...others].sort((a, b) => a.outputIndex - b.outputIndex);
  return { stakings, lookAlikes };
}

// ---- phase 1

function findPhase1(transaction: Tx.Transaction, context: Context, place: Place, lookAlikes: LookAlike[]): Staking | undefined {
  const versions = context.phase1?.versions ?? [];
  const tagged = versions.filter(({ tag }) => transaction.outs.some(({ script }) => hasTag(script, tag)));
  if (context.phase1 === undefined || tagged.length === 0) return undefined;
  const problems = new Problems();
  const inForce = place.height === undefined ? [...tagged].reverse() : phase1AtHeight(context.phase1, place.height, problems);
  const failed: Problems = new Problems();
  for (const params of inForce) {
    const parsed = tryParse(transaction, params, context, failed);
    if (parsed !== undefined) return phase1Staking(parsed, params, context, place);
  }
  const [problem] = [...problems.list, ...failed.list];
  if (problem !== undefined) lookAlikes.push({ kind: 'phase-1 staking', problem });
  return undefined;
}

function hasTag(script: Uint8Array, tag: Uint8Array): boolean {
  return script.length === 73 && script[0] === 0x6a && Bytes.equal(script.subarray(2, 6), tag);
}

function phase1AtHeight(set: Phase1Params.Phase1Set, height: number, problems: Problems): readonly Phase1Params.Phase1Params[] {
  try {
    return [Phase1Params.atHeight(set, Blocks.height(height))];
  } catch (error) {
    if (!isSatlockError(error)) throw error;
    problems.refusal('recognise.no-params', () => {
      throw error;
    });
    return [];
  }
}

/** The indexer of phase 1 wants both: the cheap filter by tag, and the strict reading. Each passes something that the other refuses. */
function tryParse(
  transaction: Tx.Transaction,
  { tag, covenantPks, covenantQuorum }: Phase1Params.Phase1Params,
  context: Context,
  failed: Problems,
): OpReturn.StakingTx | undefined {
  if (!OpReturn.isPossible(transaction, tag)) {
    const facts = { tag: Hex.encode(tag), outputs: transaction.outs.length };
    failed.add('recognise.not-a-stake', 'not exactly one data output of version 0 with this tag beside another output', facts);
    return undefined;
  }
  let parsed: OpReturn.StakingTx | undefined;
  failed.refusal('recognise.not-a-stake', () => {
    parsed = OpReturn.parseStakingTx({ transaction, tag, covenantPks, covenantQuorum }, context.ecc);
  });
  return parsed;
}

function phase1Staking(parsed: OpReturn.StakingTx, params: Phase1Params.Phase1Params, context: Context, place: Place): Staking {
  const { stakerPk, finalityProviderPk, stakingTimeBlocks } = parsed.data;
  const contract = StakingContract.fromParams(
    params,
    { stakerPk, finalityProviderPks: [finalityProviderPk], stakingTimeBlocks, profile: 'generic' },
    context.ecc,
  );
  const problems = new Problems();
  const notes = new Problems();
  limits(problems, params, contract, parsed.stakingValueSats);
  const isOverflow = overflowOf(params, place, notes);
  const chain = place.height === undefined ? undefined : inForceAt(context, place.height);
  return {
    ...({ kind: 'staking', phase: 1, how: 'op-return', contract, paramsVersion: params.version } as const),
    outputIndex: parsed.stakingOutputIndex,
    dataOutputIndex: parsed.dataOutputIndex,
    valueSats: Sats.from(parsed.stakingValueSats),
    rules: { unbondingFeeSats: params.unbondingFeeSats, ...(chain === undefined ? {} : { slashing: chain }) },
    ...(isOverflow === undefined ? {} : { isOverflow }),
    problems: problems.list,
    notes: notes.list,
  };
}

function overflowOf(params: Phase1Params.Phase1Params, { height, phase1ActiveSats }: Place, notes: Problems): boolean | undefined {
  const { cap } = params;
  if (height === undefined || (cap.kind === 'total' && phase1ActiveSats === undefined)) {
    notes.add('recognise.cap-unknown', 'whether the stake is counted depends on the block and on the stakes before it');
    return undefined;
  }
  const active = Sats.from(phase1ActiveSats ?? 0n, 'phase1ActiveSats');
  const isOverflow = Phase1Params.isOverflow(params, Blocks.height(height), active);
  const limit = cap.kind === 'height' ? { capHeight: cap.capHeight } : { stakingCapSats: cap.stakingCapSats };
  if (isOverflow) notes.add('recognise.overflow', 'the cap was reached: the stake is locked and not counted', { height, ...limit });
  return isOverflow;
}

// ---- later stakes

function expectedStaking(transaction: Tx.Transaction, index: number, indexes: readonly number[], context: Context, place: Place): Staking {
  const { scriptPubKey, valueSats } = Tx.outputOf(transaction, index);
  const expected = context.expected(scriptPubKey) as Expected;
  const problems = new Problems();
  const notes = new Problems();
  const params = chooseParams(expected, context, place, problems, notes);
  const contract = contractUnder(expected, params, context);
  if (params !== undefined) {
    limits(problems, params, contract, valueSats);
    problems.refusal('recognise.not-for-the-chain', () =>
      StakingContract.from({ ...optionsOf(contract), profile: 'babylon-v4' }, context.ecc),
    );
  }
  // The chain looks by script and value: with two such outputs it finds none.
  const equal = indexes.filter((other) => transaction.outs[other]?.value === valueSats);
  const reference = 'staking tx does not contain expected staking output';
  if (equal.length > 1)
    problems.add(
      'recognise.several-staking-outputs',
      `outputs ${equal.join(', ')} have this script and value`,
      { count: equal.length },
      reference,
    );
  problems.refusal('recognise.insane', () => Tx.checkSanity(transaction));
  return {
    ...({ kind: 'staking', phase: 2, how: expected.how, outputIndex: index, contract } as const),
    valueSats: Sats.from(valueSats),
    ...(params === undefined
      ? {}
      : { paramsVersion: params.version, rules: { unbondingFeeSats: params.unbondingFeeSats, slashing: params } }),
    problems: problems.list,
    notes: notes.list,
  };
}

/** The version that decides: the one in force if the script can be its own, else the nearest one before it that the script belongs to. */
function chooseParams(
  { contract, how, versions }: Expected,
  context: Context,
  { height }: Place,
  problems: Problems,
  notes: Problems,
): Params.StakingParams | undefined {
  const { paramsSet } = context;
  if (paramsSet === undefined) return undefined;
  const own = how === 'candidate' ? versions : paramsSet.versions.filter((params) => fits(params, contract));
  const newest = own[own.length - 1];
  if (height === undefined) {
    if (newest === undefined) mismatch(problems, ParamsSet.latest(paramsSet), contract);
    return newest;
  }
  const inForce = inForceAt(context, height);
  if (inForce === undefined) {
    problems.add(
      'recognise.no-params',
      `no parameters are in force at height ${height}`,
      { height },
      `no parameters found for block height ${height}`,
    );
    return undefined;
  }
  if (own.includes(inForce)) return inForce;
  const earlier = [...own].reverse().find(({ btcActivationHeight }) => btcActivationHeight <= height);
  if (earlier === undefined) {
    mismatch(problems, inForce, contract);
    return undefined;
  }
  // Registered before it was included, a stake keeps the version of its registration.
  const facts = { version: earlier.version, inForce: inForce.version, height };
  notes.add(
    'recognise.other-params-version',
    `made for parameter version ${earlier.version}, version ${inForce.version} is in force`,
    facts,
  );
  return earlier;
}

export function inForceAt(context: Context, height: number): Params.StakingParams | undefined {
  return [...(context.paramsSet?.versions ?? [])].reverse().find(({ btcActivationHeight }) => btcActivationHeight <= height);
}

function mismatch(problems: Problems, params: Params.StakingParams, contract: Contract): void {
  const field = hasCommittee(params, contract.terms) ? 'unbondingTimeBlocks' : 'covenant';
  problems.add('recognise.params-mismatch', `no version up to ${params.version} has this ${field}`, { field, version: params.version });
}

/** The unbonding time of a candidate follows from the version. */
function contractUnder({ contract, how }: Expected, params: Params.StakingParams | undefined, context: Context): Contract {
  if (how === 'contract' || params === undefined || params.unbondingTimeBlocks === contract.terms.unbondingTimeBlocks) return contract;
  return StakingContract.from({ ...optionsOf(contract), unbondingTimeBlocks: params.unbondingTimeBlocks }, context.ecc);
}

export function optionsOf({ terms }: Contract): StakingContract.Options {
  const { stakerPks, stakerQuorum, ...rest } = terms;
  return { ...rest, stakers: { pks: stakerPks, quorum: stakerQuorum } };
}

type Limits = Pick<
  Params.StakingParams,
  'version' | 'minStakingTimeBlocks' | 'maxStakingTimeBlocks' | 'minStakingValueSats' | 'maxStakingValueSats'
>;

function limits(problems: Problems, params: Limits, { terms }: Contract, valueSats: bigint): void {
  const { version, minStakingTimeBlocks: minBlocks, maxStakingTimeBlocks: maxBlocks } = params;
  const { minStakingValueSats: minSats, maxStakingValueSats: maxSats } = params;
  const blocks = terms.stakingTimeBlocks;
  problems.must(
    blocks >= minBlocks && blocks <= maxBlocks,
    'recognise.time-out-of-range',
    `parameter version ${version} allows ${minBlocks}..${maxBlocks} blocks, got ${blocks}`,
    { blocks, minBlocks, maxBlocks, version },
  );
  problems.must(
    valueSats >= minSats && valueSats <= maxSats,
    'recognise.value-out-of-range',
    `parameter version ${version} allows ${minSats}..${maxSats} sat, got ${valueSats}`,
    { valueSats, minSats, maxSats, version },
  );
}
