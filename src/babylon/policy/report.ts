// Runs the table over a case: what was seen, and what could not be looked at for want of knowledge.
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import * as Hex from '../../base/Hex.ts';
import { type Case, type Facts, type Flow, NEEDS, type Need, type Severity } from './rule.ts';
import { TABLE } from './table.ts';

/** One thing that was seen, or that was not looked at. */
export type Finding = {
  /** Stable, `area.problem`. */
  readonly code: string;
  readonly severity: Severity;
  /** What is the matter, with the numbers. */
  readonly reason: string;
  readonly remedy: string;
  readonly facts: Facts;
  /** Changes with the plan and with the facts. @shape 16 hex digits */
  readonly fingerprint: string;
};

/**
 * All findings over a plan, errors first. It is plain data: JSON keeps it. `txid` says what was reviewed: of a stake, an extension and an
 * unbonding the staking transaction, of a withdrawal that transaction itself.
 */
export type Report = { readonly flow: Flow; readonly txid: string; readonly findings: readonly Finding[] };

const ORDER: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 };

/** The report of a case. */
export function reportOf(given: Case): Report {
  const findings: Finding[] = [];
  const missing = new Map<Need, string[]>();
  const add = (found: Omit<Finding, 'fingerprint'>): void => {
    findings.push({ ...found, fingerprint: fingerprintOf(given, found.code, found.facts) });
  };
  for (const { code, severity, flows, needs, applies, check } of TABLE) {
    if (!flows.includes(given.flow) || !applies(given)) continue;
    const unknown = needs.filter((need) => given[need] === undefined);
    // A rule that misses several things is listed under the first: each is listed once.
    const [first] = unknown;
    const note = first ?? needs.find((need) => given.partly.includes(need));
    if (note !== undefined) missing.set(note, [...(missing.get(note) ?? []), code]);
    if (first === undefined) for (const { facts, reason, remedy } of check(given)) add({ code, severity, reason, remedy, facts });
  }
  for (const [need, codes] of missing) {
    const { code, what, remedy } = NEEDS[need];
    add({ code, severity: 'info', reason: `${what}; not checked: ${codes.join(', ')}`, remedy, facts: { notChecked: codes } });
  }
  findings.sort((a, b) => ORDER[a.severity] - ORDER[b.severity]);
  return Object.freeze({ flow: given.flow, txid: given.txid, findings: Object.freeze(findings) });
}

function fingerprintOf({ flow, identity }: Case, code: string, facts: Facts): string {
  return Hex.encode(sha256(utf8ToBytes(JSON.stringify([flow, identity, code, facts])))).slice(0, 16);
}
