// What a Symbiotic ledger is set up with: one vault, its delegator and slasher, and who is registered when it begins.
// Implements the initialisation parameters of symbioticfi/core src/contracts/vault/Vault.sol, src/contracts/delegator/*.sol and
// src/contracts/slasher/VetoSlasher.sol; the defaults are those of its script/DeployVault.s.sol.
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import { ID } from '../state/schemas.ts';

/** By type number: NetworkRestake, FullRestake, OperatorSpecific, OperatorNetworkSpecific. */
export const DELEGATORS = ['network', 'full', 'operator', 'operatorNetwork'] as const;
export type Delegator = (typeof DELEGATORS)[number];

export const SLASHERS = ['instant', 'veto'] as const;
export type Slasher = (typeof SLASHERS)[number];

export type Config = {
  readonly delegator: Delegator;
  readonly slasher: Slasher;
  /** The only one who gets stake: for the delegators `operator` and `operatorNetwork`. */
  readonly operator?: string;
  /** The only one that gets stake: for the delegator `operatorNetwork`. */
  readonly network?: string;
  /** @unit s */
  readonly epochDuration: bigint;
  /** Below `epochDuration`. Not looked at with the instant slasher. @unit s */
  readonly vetoDuration: bigint;
  /** How many epochs later a changed resolver counts, at least 3. Not looked at with the instant slasher. */
  readonly resolverSetEpochsDelay: bigint;
  /** When the vault is made: its first epoch begins. @unit s */
  readonly startTime: bigint;
  /** Registered. */
  readonly networks: readonly string[];
  /** Registered, and opted in to the vault and to all of `networks` since `startTime`. */
  readonly operators: readonly string[];
  /** Always in the view of the state; others are when they have something. */
  readonly accounts: readonly string[];
  /** Where slashed tokens go: any address, the zero address too. */
  readonly burner: string;
};

export type Reason =
  | Check.Reason
  | { readonly code: 'symbiotic.unknown-field'; readonly field: string }
  | { readonly code: 'symbiotic.unknown-type'; readonly field: string; readonly got: string }
  | { readonly code: 'symbiotic.bad-id'; readonly field: string; readonly got: string }
  | { readonly code: 'symbiotic.duplicate-id'; readonly field: string; readonly id: string }
  | { readonly code: 'symbiotic.unknown-id'; readonly field: string; readonly got: string }
  | { readonly code: 'symbiotic.unused-field'; readonly field: string; readonly delegator: Delegator };

/** What is left out of a configuration. */
export const DEFAULTS: Omit<Config, 'networks' | 'operators'> = {
  delegator: 'network',
  slasher: 'veto',
  epochDuration: 604_800n,
  vetoDuration: 86_400n,
  resolverSetEpochsDelay: 3n,
  startTime: 1_750_000_000n,
  accounts: [],
  burner: '0x000000000000000000000000000000000000dEaD',
};

const FIELDS: readonly string[] = [...Object.keys(DEFAULTS), 'networks', 'operators', 'operator', 'network'];

/** Timestamps and durations are uint48 in the contracts. @unit s */
export const MAX_TIME = 0xffff_ffff_ffffn;
/** "Nobody", as contracts write it. */
export const ZERO_ADDRESS = '0x0000000000000000000000000000000000000000';
/** The contracts' minimum. */
const MIN_RESOLVER_DELAY = 3n;

/**
 * The configuration with {@link DEFAULTS} where `given` is silent.
 *
 * @throws input.*, symbiotic.unknown-field, symbiotic.unknown-type, symbiotic.bad-id, symbiotic.duplicate-id, symbiotic.unknown-id, symbiotic.unused-field
 */
export function config(given: Partial<Config> & Pick<Config, 'networks' | 'operators'>): Config {
  const other = Object.keys(Check.object(given, 'config')).find((field) => !FIELDS.includes(field));
  if (other !== undefined)
    fail<Reason>({ code: 'symbiotic.unknown-field', field: other.slice(0, 80) }, `${other.slice(0, 80)}: no such field`);
  const all: Config = { ...DEFAULTS, ...given };
  oneOf(DELEGATORS, all.delegator, 'delegator');
  oneOf(SLASHERS, all.slasher, 'slasher');
  Check.bigInteger(all.epochDuration, 'epochDuration', 1n, MAX_TIME);
  const isVeto = all.slasher === 'veto';
  Check.bigInteger(all.vetoDuration, 'vetoDuration', 0n, isVeto ? all.epochDuration - 1n : MAX_TIME);
  Check.bigInteger(all.resolverSetEpochsDelay, 'resolverSetEpochsDelay', isVeto ? MIN_RESOLVER_DELAY : 0n, MAX_TIME);
  Check.bigInteger(all.startTime, 'startTime', 0n, MAX_TIME);
  for (const field of ['networks', 'operators', 'accounts'] as const) ids(all[field], field);
  id(all.burner, 'burner');
  only(all, 'operator', all.operators, ['operator', 'operatorNetwork']);
  only(all, 'network', all.networks, ['operatorNetwork']);
  return { ...all, networks: [...all.networks], operators: [...all.operators], accounts: [...all.accounts] };
}

/** A name or an address: 1..80 visible ASCII characters, without `|` and `:`. @throws input.not-text, symbiotic.bad-id */
export function id(value: string, field: string): string {
  if (!ID.test(Check.text(value, field))) {
    const got = value.length > 40 ? `${value.length} characters` : JSON.stringify(value);
    fail<Reason>({ code: 'symbiotic.bad-id', field, got }, `${field}: expected 1..80 visible characters without | and :, got ${got}`);
  }
  return value;
}

function oneOf(known: readonly string[], value: string, field: string): void {
  if (known.includes(Check.text(value, field))) return;
  const got = value.slice(0, 40);
  fail<Reason>({ code: 'symbiotic.unknown-type', field, got }, `${field}: expected ${known.join(', ')}, got ${got}`);
}

function ids(values: readonly string[], name: string): void {
  const seen = new Set<string>();
  Check.list(values, name).forEach((value, i) => {
    const field = `${name}[${i}]`;
    if (seen.has(id(value, field)))
      fail<Reason>({ code: 'symbiotic.duplicate-id', field, id: value }, `${field}: ${value} is there already`);
    seen.add(value);
  });
}

/** The one operator or network of a delegator that has one. */
function only(all: Config, field: 'operator' | 'network', known: readonly string[], delegators: readonly Delegator[]): void {
  const value = all[field];
  const { delegator } = all;
  if (delegators.includes(delegator)) {
    if (value === undefined) Check.missing(field);
    if (!known.includes(id(value, field)))
      fail<Reason>({ code: 'symbiotic.unknown-id', field, got: value }, `${field}: ${value} is none of ${field}s`);
  } else if (value !== undefined)
    fail<Reason>({ code: 'symbiotic.unused-field', field, delegator }, `${field}: a delegator of type ${delegator} has none`);
}
