// A covenant member's own look at a delegation before it signs: every script and transaction is rebuilt from the keys and the member's own
// parameters, and compared. What the reference trusts its node for (babylon covenant-emulator covenant/covenant.go) is asked here again:
// babylon x/btcstaking/types/validate_parsed_message.go, x/btcstaking/keeper/msg_server.go AddCovenantSigs.
import * as Check from '../base/Check.ts';
import * as Hex from '../base/Hex.ts';
import * as Ecc from '../crypto/Ecc.ts';
import * as PublicKey from '../crypto/PublicKey.ts';
import * as Transactions from './chain/transactions.ts';
import { type Facts, factsOf, type Policy } from './covenant/facts.ts';
import { CONSENT, SLASHING, UNBONDING, UNBONDING_SLASHING } from './covenant/questionsPreSigned.ts';
import { KEYS, PARAMS, STAKING } from './covenant/questionsStake.ts';
import { EXPANSION, POSSESSION, SCRIPTS, STATE } from './covenant/questionsState.ts';
import { askAll, type Item, type Outcome, type Question } from './covenant/report.ts';
import { checked, type Subject, type Reason as SubjectReason } from './covenant/subject.ts';

export type { Policy } from './covenant/facts.ts';
export type { Item, Outcome } from './covenant/report.ts';
export { fromJson, fromMessage, fromRest, SCHEMA, type Scripts, type Subject } from './covenant/subject.ts';

export type Reason = Check.Reason | SubjectReason | PublicKey.Reason;

/** Every question with its answer. Only texts, numbers and flags: it goes into a file as it is. */
export type Report = {
  /** Nothing failed and nothing was left open: the member may sign. */
  readonly ok: boolean;
  readonly stakingTxid: string;
  readonly stakingOutputIndex: number;
  readonly paramsVersion: number;
  readonly covenantPk?: string;
  readonly stakerPk: string;
  readonly finalityProviderPks: readonly string[];
  readonly valueSats: string;
  readonly stakingTimeBlocks: number;
  readonly isExpansion: boolean;
  /** In a fixed order; `number` is the place. */
  readonly items: readonly Item[];
  /** What the chain tolerates and other readers may not. */
  readonly warnings: readonly string[];
  /** What nobody can tell from a delegation and parameters. */
  readonly notChecked: readonly string[];
};

/** All questions in the order of the report. */
const QUESTIONS: readonly Question<Facts>[] = [
  ...PARAMS,
  ...KEYS,
  ...STAKING,
  ...SLASHING,
  ...UNBONDING,
  ...UNBONDING_SLASHING,
  ...CONSENT,
  ...POSSESSION,
  ...SCRIPTS,
  ...EXPANSION,
  ...STATE,
];

/** The names of all questions, in their order: number 1 is the first. */
export const CHECKS: readonly string[] = Object.freeze(QUESTIONS.map(({ check }) => check));

const NOT_CHECKED: readonly string[] = Object.freeze([
  'that the inputs of the staking transaction exist and are unspent',
  'that the staking transaction is mined where the chain says so',
  'that the stake is in the allow list, where there is one',
  'that what the chain is said to have already (signatures, status) is so',
]);

export type Options = {
  readonly subject: Subject;
  readonly policy: Policy;
  /** The member who would sign; without it the questions about it are not asked. @shape 32 bytes x-only */
  readonly covenantPk?: Uint8Array;
};

/**
 * The answers to all questions about a delegation. A fault of the delegation is an answer, never an error.
 *
 * @throws input.*, chain-view.*, params.not-a-set, public-key.not-on-curve - when the arguments themselves are none
 */
export function review(options: Options, ecc: Ecc.Ecc = Ecc.auto()): Report {
  return reviewed(options, ecc).report;
}

/** The report together with what was rebuilt for it; for the signer. */
export function reviewed(options: Options, ecc: Ecc.Ecc = Ecc.auto()): { readonly report: Report; readonly facts: Facts } {
  const { subject: given, policy, covenantPk } = Check.object(options, 'options');
  const subject = checked(given);
  const member = covenantPk === undefined ? undefined : PublicKey.fromXOnly(covenantPk, 'covenantPk', ecc);
  const facts = factsOf(subject, policy, member, ecc);
  const items = askAll(QUESTIONS, facts);
  const { record } = subject;
  const report: Report = {
    ok: !items.some(isInTheWay),
    stakingTxid: facts.stake.outpoint.txid,
    stakingOutputIndex: record.stakingOutputIndex,
    paramsVersion: record.paramsVersion,
    ...(member === undefined ? {} : { covenantPk: Hex.encode(member) }),
    stakerPk: Hex.encode(record.btcPk),
    finalityProviderPks: record.fpBtcPkList.map(Hex.encode),
    valueSats: facts.stake.output.valueSats.toString(),
    stakingTimeBlocks: record.stakingTimeBlocks,
    isExpansion: record.expansion !== undefined,
    items,
    warnings: warningsOf(subject),
    notChecked: NOT_CHECKED,
  };
  return { report, facts };
}

/** The questions that stand in the way of a signature. */
export function failures(report: Report): readonly Item[] {
  return Check.list(Check.object(report, 'report').items, 'report.items').filter(isInTheWay);
}

function isInTheWay({ outcome }: Item): boolean {
  return outcome === 'failed' || outcome === 'not-reached';
}

function warningsOf({ record }: Subject): readonly string[] {
  const raws = {
    stakingTx: record.stakingTx,
    slashingTx: record.slashingTx,
    unbondingTx: record.unbondingTx,
    unbondingSlashingTx: record.unbondingSlashingTx,
  };
  const found: string[] = [];
  for (const [field, raw] of Object.entries(raws)) {
    const parsed = Transactions.parse(raw);
    if (typeof parsed === 'string') continue;
    if (parsed.trailingBytes > 0) found.push(`${field}: ${parsed.trailingBytes} bytes stand behind the transaction`);
    if (parsed.hasWitness && field !== 'stakingTx') found.push(`${field}: a pre-signed transaction travels without witness`);
  }
  return found;
}

const MARKS: Readonly<Record<Outcome, string>> = {
  passed: 'ok     ',
  failed: 'FAILED ',
  'not-asked': '-      ',
  'not-reached': 'BLOCKED',
  told: 'note   ',
};

/** The report for people, one question a line; long scripts are cut where they agree. */
export function toText(report: Report): string {
  const { items, warnings, ok, stakingTxid, stakingOutputIndex, paramsVersion, notChecked } = Check.object(report, 'report');
  const bad = failures(report);
  return [
    `stake ${stakingTxid}:${stakingOutputIndex}, parameter version ${paramsVersion}`,
    ...items.flatMap(lineOf),
    ...warnings.map((warning) => `warning: ${warning}`),
    ...notChecked.map((one) => `not checked: ${one}`),
    ok ? 'every check passed' : `refused: ${bad.map(({ number, check }) => `${number} ${check}`).join(', ')}`,
  ].join('\n');
}

function lineOf({ number, check, what, outcome, expected, got, why, reference }: Item): readonly string[] {
  const head = `${String(number).padStart(3)} ${MARKS[outcome]} ${check}: ${what}`;
  if (outcome !== 'failed') return [got === undefined || got.length > 64 || outcome === 'passed' ? head : `${head} (${got})`];
  return [
    head,
    ...(expected === undefined ? [] : [`      expected ${expected}`]),
    ...(got === undefined ? [] : [`      got      ${got}`]),
    `      ${[why, reference === undefined ? undefined : `the chain: ${reference}`].filter((one) => one !== undefined).join('; ')}`,
  ];
}
