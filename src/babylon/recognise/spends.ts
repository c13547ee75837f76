// Inputs that spend an output of a stake: which path, by whom, and whether the transaction is what the path is meant for.
import * as Bytes from '../../base/Bytes.ts';
import { isSatlockError } from '../../base/Errors.ts';
import * as Sats from '../../base/Sats.ts';
import type * as Tx from '../../bitcoin/Tx.ts';
import type { XOnlyPublicKey } from '../../crypto/PublicKey.ts';
import * as LeafReader from '../LeafReader.ts';
import * as StakingContract from '../StakingContract.ts';
import type * as Witness from '../Witness.ts';
import { complete, type Part } from './complete.ts';
import type { Context, Rules, Tracked } from './context.ts';
import { type Classified, checkKind, classify, type Kind, type Next } from './kinds.ts';
import { type Problem, Problems } from './problem.ts';
import type { Origin, Revealed, Seen } from './seen.ts';
import { checkSignatures, type Signer } from './signatures.ts';
import type { LookAlike } from './stakings.ts';
import type { OfferedLeaf, SubjectInput } from './subject.ts';

type Contract = StakingContract.StakingContract;

/** The spend of an output of a stake. It is valid when it has no problems. */
export type Spend = {
  readonly kind: Kind;
  readonly inputIndex: number;
  readonly outpoint: Tx.Outpoint;
  readonly source: LeafReader.Source;
  /** Undefined while nothing but the outputs tells it: an unsigned transaction. */
  readonly path?: Witness.Path;
  /** The output was known, or the leaf and its control block prove the committee and with it the stake. */
  readonly certainty: 'known' | 'proven';
  readonly stakers: LeafReader.Group;
  readonly covenant?: LeafReader.Group;
  readonly finalityProviders?: readonly XOnlyPublicKey[];
  readonly stakingTimeBlocks?: number;
  readonly unbondingTimeBlocks?: number;
  /** When everything of it is known. */
  readonly contract?: Contract;
  readonly paramsVersion?: number;
  readonly rules?: Rules;
  /** The stake where this began. */
  readonly stake?: Tx.Outpoint;
  readonly valueSats?: Sats.Sats;
  /** Fee of the whole transaction, when all of its inputs are known. */
  readonly feeSats?: bigint;
  readonly signed: 'complete' | 'partial' | 'none';
  /** Who has signed; `isValid` is undefined while a spent output is not known. */
  readonly signers: readonly Signer[];
  /** Whether this is the very transaction of the delegation; undefined when no delegation was given. */
  readonly isRegistered?: boolean;
  /** Slashed amount. */
  readonly slashedSats?: bigint;
  /** The output that stays under the contract. */
  readonly next?: Next;
  /** Of an extension: the output that locks the stake again. */
  readonly extendedTo?: number;
  readonly problems: readonly Problem[];
  readonly notes: readonly Problem[];
};

export function findSpends(seen: Seen): { readonly spends: readonly Spend[]; readonly lookAlikes: readonly LookAlike[] } {
  const spends: Spend[] = [];
  const lookAlikes: LookAlike[] = [];
  for (const [i, input] of seen.subject.inputs.entries()) {
    const tracked = seen.context.lookup(input.outpoint);
    const found = tracked === undefined ? findUnknown(seen, input, i, lookAlikes) : findKnown(seen, input, i, tracked);
    if (found !== undefined) spends.push(found);
  }
  return { spends, lookAlikes };
}

/** The leaf of a witness, or of a PSBT that offers one. `undefined`: it reveals none. */
function reveal(input: SubjectInput, scriptPubKey: Uint8Array | undefined, context: Context): Revealed | undefined {
  if (input.witness.length > 0) return { ...LeafReader.spend(input.witness, scriptPubKey, context.ecc), isFinal: true };
  const [offered] = input.offered;
  return offered === undefined ? undefined : { ...offeredPlace(offered, input, scriptPubKey, context), isFinal: false };
}

function offeredPlace(
  { script, controlBlock }: OfferedLeaf,
  input: SubjectInput,
  scriptPubKey: Uint8Array | undefined,
  context: Context,
): Omit<Revealed, 'isFinal'> {
  const place = LeafReader.place({ script, controlBlock, ...(scriptPubKey === undefined ? {} : { scriptPubKey }) }, context.ecc);
  const mine = input.partial.filter(({ leafHash }) => Bytes.equal(leafHash, place.spendable.leafHash));
  const of = (group: LeafReader.Group | undefined): Witness.KeySignature[] =>
    mine.filter(({ publicKey }) => group?.keys.some((key) => Bytes.equal(key, publicKey)));
  const { leaf } = place;
  const signatures = {
    staker: of(leaf.stakers),
    finalityProvider: of(leaf.path === 'slashing' ? leaf.finalityProviders : undefined),
    covenant: of(leaf.path === 'timelock' ? undefined : leaf.covenant),
  };
  return { ...place, signatures };
}

function findKnown(seen: Seen, input: SubjectInput, inputIndex: number, tracked: Tracked): Spend {
  const problems = new Problems();
  const notes = new Problems();
  const { contract, source } = tracked;
  const { terms } = contract;
  const expected = outputOf(contract, source).scriptPubKey;
  const { prevout } = input;
  if (prevout !== undefined)
    problems.must(
      Bytes.equal(prevout.scriptPubKey, expected) && prevout.valueSats === tracked.valueSats,
      'recognise.other-output',
      'the spent output that is given is not the one that is known',
      { knownSats: tracked.valueSats, givenSats: prevout.valueSats },
    );
  let revealed: Revealed | undefined;
  try {
    revealed = reveal(input, expected, seen.context);
  } catch (error) {
    if (!isSatlockError(error)) throw error;
    // Nobody can take the key path of a stake; what cannot be read was not built by the protocol. Both are an alarm.
    problems.refusal(error.code === 'leaf-reader.key-path' ? 'recognise.key-path' : 'recognise.unreadable-witness', () => {
      throw error;
    });
  }
  const origin: Origin = {
    ...tracked,
    stakers: { keys: terms.stakerPks, quorum: terms.stakerQuorum },
    covenant: { keys: terms.covenantPks, quorum: terms.covenantQuorum },
    finalityProviders: terms.finalityProviderPks,
    stakingTimeBlocks: terms.stakingTimeBlocks,
    unbondingTimeBlocks: terms.unbondingTimeBlocks,
  };
  return finish(seen, inputIndex, input, origin, 'known', revealed, problems, notes);
}

function findUnknown(seen: Seen, input: SubjectInput, inputIndex: number, lookAlikes: LookAlike[]): Spend | undefined {
  const { context } = seen;
  let revealed: Revealed | undefined;
  try {
    revealed = reveal(input, seen.prevouts[inputIndex]?.scriptPubKey, context);
  } catch (error) {
    if (!isSatlockError(error)) throw error;
    return undefined;
  }
  if (revealed === undefined) return undefined;
  const part = complete(revealed, context.hints);
  if (!part.proven) {
    const problems = new Problems();
    problems.add('recognise.shape-only', `the ${revealed.leaf.path} leaf has the shape of a stake's, and no known committee proves it`, {
      path: revealed.leaf.path,
      source: part.source,
    });
    lookAlikes.push({ kind: 'leaf', problem: problems.list[0] as Problem, inputIndex });
    return undefined;
  }
  const committee = part.committees[0];
  const params = context.paramsSet?.versions.find(({ version }) => committee?.phase === 2 && version === committee.version);
  const phase1 = context.phase1?.versions.find(({ version }) => committee?.phase === 1 && version === committee.version);
  const valueSats = seen.prevouts[inputIndex]?.valueSats;
  const { committees: _, proven: __, ...known } = part;
  const rules = rulesOf(part, params, phase1);
  const contract = contractOf(part, committee?.unbondingTimeBlocks, context);
  const origin: Origin = {
    ...known,
    ...(contract === undefined ? {} : { contract }),
    ...(rules === undefined ? {} : { rules }),
    ...(valueSats === undefined ? {} : { valueSats: Sats.from(valueSats) }),
    // Several versions share a committee: only a single one is told.
    ...(part.committees.length === 1 && committee !== undefined ? { paramsVersion: committee.version } : {}),
  };
  return finish(seen, inputIndex, input, origin, 'proven', revealed, new Problems(), new Problems());
}

/** Amounts are held against a version only when it is the one. */
function rulesOf(
  { committees }: Part,
  params: (Rules['slashing'] & { readonly unbondingFeeSats: Sats.Sats }) | undefined,
  phase1: { readonly unbondingFeeSats: Sats.Sats } | undefined,
): Rules | undefined {
  if (committees.length !== 1) return undefined;
  if (params !== undefined) return { unbondingFeeSats: params.unbondingFeeSats, slashing: params };
  return phase1 === undefined ? undefined : { unbondingFeeSats: phase1.unbondingFeeSats };
}

function contractOf(part: Part, likelyUnbondingTime: number | undefined, { ecc }: Context): Contract | undefined {
  const { stakers, covenant, finalityProviders, stakingTimeBlocks, unbondingTimeBlocks = likelyUnbondingTime } = part;
  if (covenant === undefined || finalityProviders === undefined || stakingTimeBlocks === undefined || unbondingTimeBlocks === undefined)
    return undefined;
  return StakingContract.from(
    {
      ...{ stakers: { pks: stakers.keys, quorum: stakers.quorum }, finalityProviderPks: finalityProviders, covenantPks: covenant.keys },
      ...{ covenantQuorum: covenant.quorum, stakingTimeBlocks, unbondingTimeBlocks, profile: 'generic' },
    },
    ecc,
  );
}

export function outputOf(contract: Contract, source: LeafReader.Source): { readonly scriptPubKey: Uint8Array } {
  return source === 'slashing-change' ? contract.slashingChange : contract[source];
}

function finish(
  seen: Seen,
  inputIndex: number,
  input: SubjectInput,
  origin: Origin,
  certainty: Spend['certainty'],
  revealed: Revealed | undefined,
  problems: Problems,
  notes: Problems,
): Spend {
  const spentHeight = origin.confirmedHeight ?? seen.spentHeights[inputIndex];
  const path = revealed?.leaf.path;
  // A witness that cannot be read is no sign of any kind, whatever the outputs look like.
  const isUnreadable = revealed === undefined && input.witness.length > 0;
  const { kind, next, extendedTo }: Classified = isUnreadable ? { kind: 'unexpected' } : classify(seen, inputIndex, origin, path);
  if (revealed?.annex !== undefined) notes.add('recognise.annex', 'the witness has an annex: nodes do not relay it, blocks may hold it');
  const feeSats = feeOf(seen);
  checkKind({ seen, inputIndex, input, origin, path, kind, next, extendedTo, spentHeight, feeSats }, problems);
  const { signers, signed } = checkSignatures(seen, inputIndex, revealed, problems);
  const isRegistered = registeredAs(origin, seen.subject.txid, kind);
  const slashedSats = kind === 'slashing' ? seen.subject.transaction.outs[0]?.value : undefined;
  const { slashingHash: _, delegation: __, confirmedHeight: ___, ...facts } = origin;
  return {
    ...pick(facts),
    ...{ kind, inputIndex, outpoint: input.outpoint, certainty, signed, signers },
    ...(path === undefined ? {} : { path }),
    ...(feeSats === undefined ? {} : { feeSats }),
    ...(isRegistered === undefined ? {} : { isRegistered }),
    ...(slashedSats === undefined ? {} : { slashedSats }),
    ...(next === undefined ? {} : { next }),
    ...(extendedTo === undefined ? {} : { extendedTo }),
    problems: problems.list,
    notes: notes.list,
  };
}

const FACTS = [
  'source',
  'stakers',
  'covenant',
  'finalityProviders',
  'stakingTimeBlocks',
  'unbondingTimeBlocks',
  'contract',
  'paramsVersion',
  'rules',
  'stake',
  'valueSats',
] as const;

function pick(origin: Origin): Pick<Origin, (typeof FACTS)[number]> {
  return Object.fromEntries(FACTS.flatMap((key) => (origin[key] === undefined ? [] : [[key, origin[key]]]))) as Pick<
    Origin,
    (typeof FACTS)[number]
  >;
}

function feeOf({ subject, prevouts }: Seen): bigint | undefined {
  let sum = 0n;
  for (const i of subject.inputs.keys()) {
    const prevout = prevouts[i];
    if (prevout === undefined) return undefined;
    sum += prevout.valueSats;
  }
  return sum - subject.transaction.outs.reduce((total, { value }) => total + value, 0n);
}

function registeredAs({ delegation }: Origin, txid: string, kind: Kind): boolean | undefined {
  if (delegation === undefined || kind === 'withdrawal' || kind === 'extension') return undefined;
  try {
    const { unbonding, stakingSlashing, unbondingSlashing } = delegation;
    return [unbonding, stakingSlashing, unbondingSlashing].some((one) => one.txid === txid);
  } catch (error) {
    if (!isSatlockError(error)) throw error;
    return false;
  }
}
