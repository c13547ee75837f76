// What is known before a transaction is looked at: parameters, outputs under known contracts, and scripts that are waited for.
import * as Check from '../../base/Check.ts';
import { fail, isSatlockError } from '../../base/Errors.ts';
import * as Hex from '../../base/Hex.ts';
import * as Sats from '../../base/Sats.ts';
import * as Tx from '../../bitcoin/Tx.ts';
import type * as Ecc from '../../crypto/Ecc.ts';
import type { XOnlyPublicKey } from '../../crypto/PublicKey.ts';
import { check as checkDelegation, type Delegation, type Reason as DelegationReason } from '../Delegation.ts';
import type { Source } from '../LeafReader.ts';
import * as Params from '../Params.ts';
import * as ParamsSet from '../ParamsSet.ts';
import type { Phase1Params, Phase1Set } from '../Phase1Params.ts';
import type * as SlashingTx from '../SlashingTx.ts';
import * as StakingContract from '../StakingContract.ts';
import * as WithdrawalTx from '../WithdrawalTx.ts';
import { type Committee, type Hints, sameKeys } from './complete.ts';

type Contract = StakingContract.StakingContract;

export type Reason =
  | Check.Reason
  | DelegationReason
  | StakingContract.Reason
  | Params.Reason
  | ParamsSet.Reason
  | { readonly code: 'recognise.not-a-context'; readonly got: string };

/** What parameters say about amounts; phase 1 has no slashing. */
export type Rules = { readonly unbondingFeeSats: Sats.Sats; readonly slashing?: SlashingTx.Rules };

/** An unspent output of a known contract. */
export type Tracked = {
  readonly outpoint: Tx.Outpoint;
  readonly source: Source;
  readonly valueSats: Sats.Sats;
  readonly contract: Contract;
  readonly phase: 1 | 2;
  readonly rules?: Rules;
  readonly paramsVersion?: number;
  /** The stake that it comes from. */
  readonly stake: Tx.Outpoint;
  /** Height of the block with the output. */
  readonly confirmedHeight?: number;
  /** Of phase 1: its value is part of the total that a cap limits. */
  readonly isCounted?: boolean;
  /** Given by the caller: it tells which of the later transactions are the registered ones. */
  readonly delegation?: Delegation;
};

export type Options = {
  /** Parameters of the chain, as in `Networks.from(name).paramsSet`. Without them nothing is held against a version. */
  readonly paramsSet?: ParamsSet.ParamsSet | undefined;
  /** Parameters of the lock-only phase, as in `Networks.from(name).phase1`. */
  readonly phase1?: Phase1Set | undefined;
  readonly delegations?: readonly (Delegation | KnownDelegation)[];
  /** Contracts whose staking transaction is not known yet. */
  readonly contracts?: readonly Contract[];
  /** Keys that are watched: every contract of one of the stakers with one of the providers under any version. */
  readonly candidates?: Candidates;
  /** Recover times that no parameter version names, by trying all of them: a tenth of a second for a spend. */
  readonly searchTimes?: boolean;
};
export type KnownDelegation = { readonly delegation: Delegation; readonly paramsVersion?: number; readonly confirmedHeight?: number };
export type Candidates = {
  readonly stakerPks: readonly XOnlyPublicKey[];
  /** A provider, or several of one contract. */
  readonly finalityProviderPks: readonly (XOnlyPublicKey | readonly XOnlyPublicKey[])[];
  /** Besides the shortest and the longest time of each version. */
  readonly stakingTimesBlocks?: readonly number[];
};

/** A script that is waited for. The unbonding time is not in it: the version decides it. */
export type Expected = {
  readonly how: 'contract' | 'candidate';
  readonly contract: Contract;
  readonly versions: readonly Params.StakingParams[];
};

/** The prepared knowledge. Outputs may be added and taken away; everything is found in constant time. */
export class Context {
  readonly paramsSet: ParamsSet.ParamsSet | undefined;
  readonly phase1: Phase1Set | undefined;
  readonly hints: Hints;
  readonly ecc: Ecc.Ecc;
  readonly #tracked = new Map<string, Tracked>();
  readonly #expected = new Map<string, Expected>();

  /** Use {@link context}: it checks. */
  constructor(options: Options, ecc: Ecc.Ecc) {
    this.paramsSet = options.paramsSet;
    this.phase1 = options.phase1;
    this.ecc = ecc;
    const candidates = options.candidates;
    const times = candidates?.stakingTimesBlocks ?? [];
    const finalityProviders = (candidates?.finalityProviderPks ?? []).map((keys) =>
      Check.isBytes(keys) ? [keys as XOnlyPublicKey] : keys,
    );
    const committees = committeesOf(options.paramsSet, options.phase1, times);
    this.hints = { committees, finalityProviders, searchTimes: options.searchTimes === true };
  }

  /** The output of a known contract at this place. */
  lookup(outpoint: Tx.Outpoint): Tracked | undefined {
    return this.#tracked.get(keyOf(outpoint));
  }

  /** Outputs that are tracked. */
  get tracked(): Iterable<Tracked> {
    return this.#tracked.values();
  }

  get trackedCount(): number {
    return this.#tracked.size;
  }

  track(output: Tracked): void {
    this.#tracked.set(keyOf(output.outpoint), output);
  }

  untrack(outpoint: Tx.Outpoint): void {
    this.#tracked.delete(keyOf(outpoint));
  }

  expected(scriptPubKey: Uint8Array): Expected | undefined {
    return this.#expected.size === 0 ? undefined : this.#expected.get(Hex.encode(scriptPubKey));
  }

  /** Scripts that are waited for. */
  get expectedScripts(): readonly Uint8Array[] {
    return [...this.#expected.keys()].map((text) => Hex.decode(text));
  }

  expect(expected: Expected): void {
    const key = Hex.encode(expected.contract.staking.scriptPubKey);
    const before = this.#expected.get(key);
    // A contract that the caller names says more than a candidate; of one script all versions are kept.
    if (before?.how === 'contract') return;
    this.#expected.set(key, before === undefined ? expected : { ...expected, versions: [...before.versions, ...expected.versions] });
  }
}

export function keyOf({ txid, vout }: Tx.Outpoint): string {
  return `${txid}:${vout}`;
}

/** Prepares what is known. @throws input.*, and as the parts do */
export function context(options: Options, ecc: Ecc.Ecc): Context {
  const { paramsSet, phase1, delegations = [], contracts = [], candidates } = Check.object(options, 'context');
  if (paramsSet !== undefined) checkParams(paramsSet);
  if (phase1 !== undefined) checkPhase1(phase1);
  if (candidates !== undefined) checkCandidates(candidates);
  const made = new Context(options, ecc);
  for (const [i, contract] of Check.list(contracts, 'contracts').entries())
    made.expect({ how: 'contract', contract: StakingContract.check(contract, `contracts[${i}]`), versions: [] });
  for (const [i, given] of Check.list(delegations, 'delegations').entries()) addDelegation(made, given, `delegations[${i}]`);
  if (candidates !== undefined) addCandidates(made, candidates, ecc);
  return made;
}

function checkParams(set: ParamsSet.ParamsSet): void {
  ParamsSet.latest(set);
  for (const [i, params] of set.versions.entries()) Params.check(params, `paramsSet.versions[${i}]`);
}

function checkPhase1(set: Phase1Set): void {
  for (const [i, params] of Check.list(Check.object(set, 'phase1').versions, 'phase1.versions').entries()) {
    const field = `phase1.versions[${i}]`;
    const { tag, covenantPks, cap, version, covenantQuorum, unbondingTimeBlocks } = Check.object(params, field);
    Check.bytes(tag, `${field}.tag`, 4);
    for (const key of Check.list(covenantPks, `${field}.covenantPks`)) Check.bytes(key, `${field}.covenantPks`, 32);
    Check.object(cap, `${field}.cap`);
    for (const value of [version, covenantQuorum, unbondingTimeBlocks]) Check.integer(value, field, 0, 0xffff_ffff);
  }
}

function checkCandidates(candidates: Candidates): void {
  const { stakerPks, finalityProviderPks, stakingTimesBlocks = [] } = Check.object(candidates, 'candidates');
  for (const [i, key] of Check.list(stakerPks, 'candidates.stakerPks').entries()) Check.bytes(key, `candidates.stakerPks[${i}]`, 32);
  for (const [i, keys] of Check.list(finalityProviderPks, 'candidates.finalityProviderPks').entries()) {
    const field = `candidates.finalityProviderPks[${i}]`;
    if (Check.isBytes(keys)) Check.bytes(keys, field, 32);
    else for (const key of Check.list(keys, field)) Check.bytes(key, field, 32);
  }
  for (const time of Check.list(stakingTimesBlocks, 'candidates.stakingTimesBlocks'))
    Check.integer(time, 'candidates.stakingTimesBlocks', 1, 0xffff);
}

/** Returns `value` when it is prepared already, else prepares it. */
export function contextOf(value: Context | Options, ecc: Ecc.Ecc): Context {
  if (value instanceof Context) return value;
  if (typeof value === 'object' && value !== null && 'hints' in value) {
    const got = Check.kindOf(value);
    fail<Reason>({ code: 'recognise.not-a-context', got }, 'context: expected options, or what Recognise.context has made of them');
  }
  return context(value, ecc);
}

function committeesOf(
  paramsSet: ParamsSet.ParamsSet | undefined,
  phase1: Phase1Set | undefined,
  times: readonly number[],
): readonly Committee[] {
  const of = (phase: 1 | 2, params: Params.StakingParams | Phase1Params): Committee => {
    const { version, covenantPks, covenantQuorum, unbondingTimeBlocks } = params;
    const stakingTimesBlocks = timesOf(params, times);
    return { version, phase, covenantPks, covenantQuorum, unbondingTimeBlocks, stakingTimesBlocks };
  };
  // Newest first: of several versions with one committee the newest is meant, unless a height says otherwise.
  const chain = [...(paramsSet?.versions ?? [])].reverse().map((params) => of(2, params));
  return [...chain, ...[...(phase1?.versions ?? [])].reverse().map((params) => of(1, params))];
}

type Times = Pick<Params.StakingParams, 'minStakingTimeBlocks' | 'maxStakingTimeBlocks'>;

function timesOf({ minStakingTimeBlocks: min, maxStakingTimeBlocks: max }: Times, more: readonly number[]): readonly number[] {
  return [...new Set([max, min, ...more.filter((time) => time >= min && time <= max)])];
}

function addCandidates(made: Context, { stakerPks, finalityProviderPks, stakingTimesBlocks = [] }: Candidates, ecc: Ecc.Ecc): void {
  // Versions with one committee share their staking outputs: each script is computed once.
  const seen = new Map<string, Contract>();
  for (const params of made.paramsSet?.versions ?? []) {
    const committee = `${params.covenantQuorum} ${params.covenantPks.map((key) => Hex.encode(key)).sort()}`;
    for (const stakerPk of stakerPks)
      for (const given of finalityProviderPks)
        for (const time of timesOf(params, stakingTimesBlocks)) {
          const keys = Check.isBytes(given) ? [given as XOnlyPublicKey] : given;
          const label = `${committee} ${Hex.encode(stakerPk)} ${keys.map((key) => Hex.encode(key)).sort()} ${time}`;
          const contract =
            seen.get(label) ??
            StakingContract.fromParams(params, { stakerPk, finalityProviderPks: keys, stakingTimeBlocks: time, profile: 'generic' }, ecc);
          seen.set(label, contract);
          made.expect({ how: 'candidate', contract, versions: [params] });
        }
  }
}

function addDelegation(made: Context, given: Delegation | KnownDelegation, field: string): void {
  const known: KnownDelegation =
    'delegation' in Check.object(given, field) ? (given as KnownDelegation) : { delegation: given as Delegation };
  const delegation = checkDelegation(known.delegation, field);
  const { contract, rules } = delegation;
  const { confirmedHeight, paramsVersion = delegation.paramsVersion ?? versionOf(made.paramsSet, contract, rules.unbondingFeeSats) } =
    known;
  if (confirmedHeight !== undefined) Check.integer(confirmedHeight, `${field}.confirmedHeight`, 0, 0xffff_ffff);
  const common = {
    ...({ contract, phase: 2, delegation, stake: delegation.staking.outpoint } as const),
    rules: { unbondingFeeSats: rules.unbondingFeeSats, slashing: rules },
    ...(paramsVersion === undefined ? {} : { paramsVersion }),
  };
  made.expect({ how: 'contract', contract, versions: [] });
  const { staking } = delegation;
  made.track({ ...common, ...staking, source: 'staking', ...(confirmedHeight === undefined ? {} : { confirmedHeight }) });
  for (const output of laterOutputs(delegation)) made.track({ ...common, ...output });
}

/** The outputs of the registered transactions; none where amounts are too small for them to exist. */
function laterOutputs(delegation: Delegation): readonly Pick<Tracked, 'outpoint' | 'valueSats' | 'source'>[] {
  try {
    const changes = [delegation.stakingSlashing, delegation.unbondingSlashing].flatMap(({ transaction }) =>
      // Whichever version the slashing transaction has: the change is the same, its place is not.
      [1, 2].map((version) => {
        transaction.version = version;
        const vout = WithdrawalTx.SLASHING_CHANGE_INDEX;
        const valueSats = Sats.from(Tx.outputOf(transaction, vout).valueSats);
        return { outpoint: { txid: Tx.txid(transaction), vout }, valueSats, source: 'slashing-change' } as const;
      }),
    );
    return [{ ...delegation.unbondingOutput, source: 'unbonding' }, ...changes];
  } catch (error) {
    if (!isSatlockError(error)) throw error;
    return [];
  }
}

/** The newest version with this committee, unbonding time and fee. */
function versionOf(set: ParamsSet.ParamsSet | undefined, contract: Contract, unbondingFeeSats: Sats.Sats): number | undefined {
  return [...(set?.versions ?? [])].reverse().find((params) => fits(params, contract) && params.unbondingFeeSats === unbondingFeeSats)
    ?.version;
}

/** True when a contract was made under these parameters, as far as it shows. */
export function fits(params: Params.StakingParams, { terms }: Contract): boolean {
  return hasCommittee(params, terms) && params.unbondingTimeBlocks === terms.unbondingTimeBlocks;
}

export function hasCommittee(params: Pick<Params.StakingParams, 'covenantPks' | 'covenantQuorum'>, terms: Contract['terms']): boolean {
  return params.covenantQuorum === terms.covenantQuorum && sameKeys(params.covenantPks, terms.covenantPks);
}
