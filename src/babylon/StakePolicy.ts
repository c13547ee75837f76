// Guard rails: what is known to lose coins or yield, looked for in a plan before anything is signed. Errors block, warnings are acknowledged by code.
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Sats from '../base/Sats.ts';
import * as Tx from '../bitcoin/Tx.ts';
import * as DelegationOf from './Delegation.ts';
import type { Reason as DaysReason } from './policy/days.ts';
import type { Reason as LimitsReason } from './policy/limits.ts';
import { DEFAULTS } from './policy/limits.ts';
import type * as Plan from './policy/plan.ts';
import * as Read from './policy/read.ts';
import { type Finding, type Report, reportOf } from './policy/report.ts';
import { type Case, type Flow, NEEDS, type Severity } from './policy/rule.ts';
import { TABLE } from './policy/table.ts';
import { check as checkContract } from './StakingContract.ts';

export type {
  ChainFacts,
  ExtensionPlan,
  Intent,
  KnownDelegation,
  Limits,
  PlanCoin,
  PlanWithdrawalInput,
  PopFacts,
  ProviderFacts,
  RegistrationKind,
  StakeFacts,
  StakePlan,
  UnbondingPlan,
  WalletFacts,
  WithdrawalPlan,
} from './policy/plan.ts';
export type { Finding, Report } from './policy/report.ts';
export type { Facts, Flow, Severity } from './policy/rule.ts';

export type Reason =
  | Read.Reason
  | LimitsReason
  | DaysReason
  | DelegationOf.Reason
  | { readonly code: 'stake-policy.unknown-choice'; readonly field: string; readonly expected: readonly string[] }
  | { readonly code: 'stake-policy.errors'; readonly codes: readonly string[]; readonly findings: readonly Finding[] }
  | { readonly code: 'stake-policy.unacknowledged'; readonly codes: readonly string[]; readonly findings: readonly Finding[] }
  | { readonly code: 'stake-policy.unknown-acknowledgement'; readonly got: readonly string[] }
  | { readonly code: 'stake-policy.stale-acknowledgement'; readonly got: readonly string[] };

/** The usual limits; a plan may bring others. */
export const LIMITS: Plan.Limits = DEFAULTS;

/** A rule as it stands in the documents. */
export type RuleInfo = {
  readonly code: string;
  readonly severity: Severity;
  readonly prevents: string;
  readonly flows: readonly Flow[];
};

/** Every rule, in the order of reports. The codes that end in `.not-checked` are in {@link NOT_CHECKED}. */
export const RULES: readonly RuleInfo[] = Object.freeze(
  TABLE.map(({ code, severity, prevents, flows }) => Object.freeze({ code, severity, prevents, flows })),
);

/** What a report says when knowledge was missing. */
export const NOT_CHECKED: readonly { readonly code: string; readonly reason: string; readonly remedy: string }[] = Object.freeze(
  Object.values(NEEDS).map(({ code, what, remedy }) => Object.freeze({ code, reason: what, remedy })),
);

/**
 * Everything that is known to go wrong with a planned stake, and everything that could not be looked at.
 *
 * @throws input.*, sats.*, stake-policy.* - a plan of wrong types; what is wrong with the stake itself is never thrown
 */
export function review(plan: Plan.StakePlan): Report {
  Check.object(plan, 'plan');
  const registration = choice(plan.registration, 'registration', ['pre-staking', 'post-staking', 'migration']);
  const step = choice(plan.step ?? 'register', 'step', ['register', 'broadcast']);
  const inclusion = Read.optional(plan.inclusion, (given) => {
    const { height, index } = Check.object(given, 'inclusion');
    Check.integer(height, 'inclusion.height', 0, 0xffff_ffff);
    if (index !== undefined) Check.integer(index, 'inclusion.index', 0, 0xffff_ffff);
    return { height, ...(index === undefined ? {} : { index }) };
  });
  return reportOf({
    ...stakeCase(plan, undefined),
    flow: 'stake',
    registration,
    step,
    inclusion,
    hasProof: Read.optional(plan.hasInclusionProof, (value) => Read.flag(value, 'hasInclusionProof')),
    status: Read.optional(plan.status, (value) => Check.text(value, 'status')),
  });
}

/**
 * The same of a planned extension.
 *
 * @throws as {@link review}; delegation.not-a-delegation
 */
export function reviewExtension(plan: Plan.ExtensionPlan): Report {
  const { previous, stakerAddress, previousStakerAddress } = Check.object(plan, 'plan');
  DelegationOf.check(previous, 'previous');
  const text = (value: string | undefined, field: string): string | undefined => Read.optional(value, (given) => Check.text(given, field));
  const [now, before] = [text(stakerAddress, 'stakerAddress'), text(previousStakerAddress, 'previousStakerAddress')];
  return reportOf({
    ...stakeCase(plan, previous),
    flow: 'extension',
    previousInclusionHeight: Read.optional(plan.previousInclusionHeight, (value) => heightOf(value, 'previousInclusionHeight')),
    previousStatus: text(plan.previousStatus, 'previousStatus'),
    accounts: now === undefined || before === undefined ? undefined : { before, now },
  });
}

/**
 * The same of an unbonding before the end.
 *
 * @throws as {@link review}; delegation.not-a-delegation
 */
export function reviewUnbonding(plan: Plan.UnbondingPlan): Report {
  const { delegation } = Check.object(plan, 'plan');
  DelegationOf.check(delegation, 'delegation');
  return reportOf({
    ...EMPTY,
    ...Read.limitPart(plan.limits),
    ...Read.chainPart(plan.network, plan.chain),
    ...Read.providerPart(plan.provider),
    ...Read.walletPart(plan.wallet),
    flow: 'unbonding',
    contract: delegation.contract,
    delegation,
    identity: delegation.stakingTxid,
    txid: delegation.stakingTxid,
    signed: Read.optional(plan.transaction, (given) => Tx.check(given)),
    inclusionHeight: Read.optional(plan.inclusionHeight, (value) => heightOf(value, 'inclusionHeight')),
    covenantSignatures: Read.optional(plan.covenantSignatures, (value) => Check.integer(value, 'covenantSignatures', 0, 1000)),
    isStakeSpent: Read.optional(plan.isStakeSpent, (value) => Read.flag(value, 'isStakeSpent')),
    referenceFeeRate: Read.rateOf(plan.referenceFeeRateSatsPerKvb),
  });
}

/**
 * The same of a withdrawal.
 *
 * @throws as {@link review}
 */
export function reviewWithdrawal(plan: Plan.WithdrawalPlan): Report {
  const { inputs, transaction } = Check.object(plan, 'plan');
  Tx.check(transaction);
  const checked = Check.list(inputs, 'inputs').map(checkWithdrawalInput);
  Read.checkDistinct(checked, 'inputs');
  const coins = checked.map(({ outpoint, valueSats, script, witnessBytes }) => ({
    outpoint,
    valueSats,
    scriptPubKey: script,
    witnessBytes,
  }));
  const spent = new Set(transaction.ins.map((_, i) => Read.placeOf(Tx.outpointOf(transaction, i))));
  const known = coins.every(({ outpoint }) => spent.has(Read.placeOf(outpoint)));
  const complete = known && coins.length === transaction.ins.length;
  const inSats = coins.reduce((sum, { valueSats }) => sum + valueSats, 0n);
  const outSats = transaction.outs.reduce((sum, { value }) => sum + value, 0n);
  const bare = 4 * Tx.stripped(transaction).byteLength(false) + 2;
  return reportOf({
    ...EMPTY,
    ...Read.limitPart(plan.limits),
    ...Read.chainPart(plan.network, plan.chain),
    ...Read.providerPart(plan.provider),
    ...Read.walletPart(plan.wallet),
    flow: 'withdrawal',
    transaction,
    inputs: checked,
    identity: Tx.txid(transaction),
    txid: Tx.txid(transaction),
    ...Read.eachOf({ minedHeights: checked.map(({ minedHeight }) => minedHeight), spent: checked.map(({ isSpent }) => isSpent) }),
    addresses: Read.addressesOf(plan.addresses),
    referenceFeeRate: Read.rateOf(plan.referenceFeeRateSatsPerKvb),
    feeSats: complete ? inSats - outSats : undefined,
    weight: complete ? coins.reduce((sum, { witnessBytes }) => sum + witnessBytes, bare) : undefined,
  });
}

/**
 * Passes when the report has no error and every warning is acknowledged: by its code, or by `code@fingerprint`, which holds for this plan
 * with these facts only.
 *
 * @throws stake-policy.errors - with all of them; errors cannot be acknowledged
 * @throws stake-policy.unacknowledged - with all warnings that are left
 * @throws stake-policy.unknown-acknowledgement - a code that is no warning's
 * @throws stake-policy.stale-acknowledgement - a fingerprint of another plan, or of other facts
 */
export function requireAcknowledged(report: Report, acknowledged: readonly string[] = []): void {
  const { findings } = checkReport(report);
  const given = Check.list(acknowledged, 'acknowledged').map((text, i) => Check.text(text, `acknowledged[${i}]`));
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length > 0)
    fail<Reason>(
      { code: 'stake-policy.errors', codes: codesOf(errors), findings: errors },
      `${count(errors.length, 'error')}: ${errors.map(({ code, reason }) => `${code}: ${reason}`).join('; ')}`,
    );
  const warnings = new Set(TABLE.filter(({ severity }) => severity === 'warning').map(({ code }) => code));
  const unknown = given.filter((text) => !warnings.has(text.split('@')[0] ?? ''));
  if (unknown.length > 0)
    fail<Reason>({ code: 'stake-policy.unknown-acknowledgement', got: unknown }, `no warning has the code ${unknown.join(', ')}`);
  const stale = given.filter((text) => text.includes('@') && !findings.some((finding) => acknowledgementOf(finding) === text));
  if (stale.length > 0)
    fail<Reason>(
      { code: 'stake-policy.stale-acknowledgement', got: stale },
      `${stale.join(', ')}: this was acknowledged for another plan or for other facts`,
    );
  const left = findings.filter(
    (finding) => finding.severity === 'warning' && !given.includes(finding.code) && !given.includes(acknowledgementOf(finding)),
  );
  if (left.length > 0)
    fail<Reason>(
      { code: 'stake-policy.unacknowledged', codes: codesOf(left), findings: left },
      `${count(left.length, 'warning')} not acknowledged: ${left.map(({ code, reason }) => `${code}: ${reason}`).join('; ')}`,
    );
}

/** `code@fingerprint`: acknowledges this finding and no other. */
export function acknowledgementOf(finding: Finding): string {
  const { code, fingerprint } = Check.object(finding, 'finding');
  return `${Check.text(code, 'finding.code')}@${Check.text(fingerprint, 'finding.fingerprint')}`;
}

/** The report as text, one paragraph for each finding. */
export function toText(report: Report): string {
  const { findings } = checkReport(report);
  const of = (severity: Severity): number => findings.filter((finding) => finding.severity === severity).length;
  const head = `${count(of('error'), 'error')}, ${count(of('warning'), 'warning')}, ${count(of('info'), 'note')}`;
  const parts = findings.map((finding) => {
    const { severity, code, reason, remedy } = finding;
    const acknowledge = severity === 'warning' ? `\n         acknowledge: ${acknowledgementOf(finding)}` : '';
    return `${severity.padEnd(8)} ${code}\n         ${reason}\n         do: ${remedy}${acknowledge}`;
  });
  return [head, ...parts].join('\n\n');
}

/** The table of rules as Markdown. */
export function rulesAsMarkdown(): string {
  const rows = RULES.map(({ code, severity, flows, prevents }) => `| \`${code}\` | ${severity} | ${flows.join(', ')} | ${prevents} |`);
  const missing = NOT_CHECKED.map(({ code, reason, remedy }) => `| \`${code}\` | ${reason} | ${remedy} |`);
  return [
    '| Code | Severity | Reviews | What it prevents |',
    '|---|---|---|---|',
    ...rows,
    '',
    '| Code (info) | What is missing | What to do |',
    '|---|---|---|',
    ...missing,
    '',
  ].join('\n');
}

// ---- private

const EMPTY: Omit<Case, 'flow' | 'limits'> = {
  registration: undefined,
  step: 'register',
  contract: undefined,
  params: undefined,
  transaction: undefined,
  stakeOutputs: [],
  stakeSats: undefined,
  slashingFeeSats: undefined,
  previous: undefined,
  delegation: undefined,
  inputs: [],
  identity: '',
  partly: [],
  txid: '',
};

function stakeCase(plan: Plan.StakeFacts, previous: DelegationOf.Delegation | undefined): Omit<Case, 'flow'> {
  const contract = checkContract(plan.contract);
  const params = Read.checkParams(plan.params);
  const transaction = Tx.check(plan.stakingTransaction, 'stakingTransaction');
  const script = contract.staking.scriptPubKey;
  const stakeOutputs = transaction.outs.flatMap((output, i) => (Bytes.equal(output.script, script) ? [i] : []));
  const [first, ...more] = stakeOutputs;
  const intent = Read.optional(plan.intent, (given) => Check.object(given, 'intent')) ?? {};
  const whole = (value: number | undefined, field: string): number | undefined =>
    Read.optional(value, (given) => Check.integer(given, field, 1, 1_000_000));
  const [days, blocks] = [whole(intent.days, 'intent.days'), whole(intent.blocks, 'intent.blocks')];
  const pop = Read.optional(plan.pop, checkPop);
  return {
    ...EMPTY,
    ...Read.limitPart(plan.limits),
    ...Read.chainPart(plan.network, plan.chain),
    ...Read.providerPart(plan.provider),
    ...Read.walletPart(plan.wallet),
    ...Read.coinPart(transaction, plan.coins, previous === undefined ? undefined : stakeInputOf(previous)),
    contract,
    params,
    transaction,
    stakeOutputs,
    stakeSats: first === undefined || more.length > 0 ? undefined : Tx.outputOf(transaction, first).valueSats,
    slashingFeeSats: Read.optional(plan.slashingFeeSats, (value) => Sats.from(value, 'slashingFeeSats')),
    previous,
    identity: `${Tx.txid(transaction)} ${Hex.encode(script)}`,
    txid: Tx.txid(transaction),
    askedValueSats: Read.optional(intent.valueSats, (value) => Sats.from(value, 'intent.valueSats')),
    askedDuration: days === undefined && blocks === undefined ? undefined : { days, blocks },
    addresses: Read.addressesOf(plan.addresses),
    known: Read.optional(plan.knownDelegations, (list) => Check.list(list, 'knownDelegations').map(checkKnown)),
    pop,
    popContext: pop?.context,
    popValid: pop?.isValid,
    isAllowListed: Read.optional(plan.isAllowListed, (value) => Read.flag(value, 'isAllowListed')),
    referenceFeeRate: Read.rateOf(plan.referenceFeeRateSatsPerKvb),
  };
}

/** The old committee decides the witness of an extension's first input. */
function stakeInputOf({ staking, contract }: DelegationOf.Delegation): NonNullable<Parameters<typeof Read.coinPart>[2]> {
  const { covenantPks, covenantQuorum, stakerPks, stakerQuorum } = contract.terms;
  const { script, controlBlock } = contract.staking.paths.unbonding;
  const keys = covenantPks.length + stakerPks.length;
  const slots = 64 * (covenantQuorum + stakerQuorum) + keys;
  const witnessBytes = (keys + 2 < 253 ? 1 : 3) + slots + (script.length < 253 ? 1 : 3) + script.length + 1 + controlBlock.length;
  return { ...staking, witnessBytes };
}

function checkPop(pop: Plan.PopFacts): Plan.PopFacts {
  const { type, context, bitcoinAddress, isValid } = Check.object(pop, 'pop');
  choice(type, 'pop.type', ['BIP340', 'BIP322', 'ECDSA']);
  if (context !== undefined) Check.text(context, 'pop.context');
  if (bitcoinAddress !== undefined) Check.text(bitcoinAddress, 'pop.bitcoinAddress');
  if (isValid !== undefined) Read.flag(isValid, 'pop.isValid');
  return pop;
}

function checkKnown(known: Plan.KnownDelegation, i: number): Plan.KnownDelegation {
  const field = `knownDelegations[${i}]`;
  const { stakerPk, stakingTxid, stakingOutputIndex } = Check.object(known, field);
  const { txid, vout } = Tx.checkOutpoint({ txid: stakingTxid, vout: stakingOutputIndex }, field);
  return { stakerPk: Check.bytes(stakerPk, `${field}.stakerPk`, 32), stakingTxid: txid, stakingOutputIndex: vout };
}

function checkWithdrawalInput(
  input: Plan.PlanWithdrawalInput,
  i: number,
): Plan.PlanWithdrawalInput & { readonly script: Uint8Array; readonly witnessBytes: number } {
  const field = `inputs[${i}]`;
  const { contract, from, outpoint, valueSats, minedHeight, isSpent } = Check.object(input, field);
  checkContract(contract, `${field}.contract`);
  choice(from, `${field}.from`, ['staking', 'unbonding', 'slashing-change']);
  if (minedHeight !== undefined) heightOf(minedHeight, `${field}.minedHeight`);
  if (isSpent !== undefined) Read.flag(isSpent, `${field}.isSpent`);
  const output = from === 'staking' ? contract.staking : from === 'unbonding' ? contract.unbonding : contract.slashingChange;
  const { script, controlBlock } = output.paths.timelock;
  const { stakerPks, stakerQuorum } = contract.terms;
  const prefix = (length: number): number => (length < 253 ? 1 : 3);
  const slots = stakerPks.length + 64 * stakerQuorum;
  return {
    ...input,
    outpoint: Tx.checkOutpoint(outpoint, `${field}.outpoint`),
    valueSats: Sats.from(valueSats, `${field}.valueSats`),
    script: output.scriptPubKey,
    witnessBytes:
      prefix(stakerPks.length + 2) + slots + prefix(script.length) + script.length + prefix(controlBlock.length) + controlBlock.length,
  };
}

function heightOf(value: number, field: string): number {
  return Check.integer(value, field, 0, 0xffff_ffff);
}

function choice<T extends string>(value: T, field: string, expected: readonly T[]): T {
  if (!expected.includes(value))
    fail<Reason>({ code: 'stake-policy.unknown-choice', field, expected }, `${field}: expected ${expected.join(', ')}`);
  return value;
}

function checkReport(report: Report): Report {
  const { findings, txid } = Check.object(report, 'report');
  Check.text(txid, 'report.txid');
  for (const [i, finding] of Check.list(findings, 'report.findings').entries()) {
    const field = `report.findings[${i}]`;
    const { code, severity, reason, remedy, fingerprint } = Check.object(finding, field);
    choice(severity, `${field}.severity`, ['error', 'warning', 'info']);
    for (const [key, value] of Object.entries({ code, reason, remedy, fingerprint })) Check.text(value, `${field}.${key}`);
  }
  return report;
}

function codesOf(findings: readonly Finding[]): readonly string[] {
  return [...new Set(findings.map(({ code }) => code))];
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}
