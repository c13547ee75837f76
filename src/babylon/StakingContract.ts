// Who may spend a stake and when: keys, quorums and times, checked once, and the three taproot outputs that follow from them.
// Implements the script and tree layout of babylon btcstaking/types.go (BuildStakingInfo, BuildUnbondingInfo) and its slashing change output.
import * as Blocks from '../base/Blocks.ts';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Tapscript from '../bitcoin/Tapscript.ts';
import * as TapTree from '../bitcoin/TapTree.ts';
import * as Ecc from '../crypto/Ecc.ts';
import * as PublicKey from '../crypto/PublicKey.ts';
import * as ChainProfile from './ChainProfile.ts';
import * as Fields from './json/fields.ts';
import * as Json from './json/object.ts';

type Key = PublicKey.XOnlyPublicKey;

export type Reason =
  | PublicKey.Reason
  | Tapscript.Reason
  | ChainProfile.Reason
  | Fields.Reason
  | Json.Reason
  | {
      readonly code: 'staking-contract.duplicate-key';
      readonly field: string;
      readonly key: string;
      readonly roles: readonly [string, string];
      readonly reference: string;
    }
  | { readonly code: 'staking-contract.not-a-contract'; readonly field: string; readonly got: string }
  | { readonly code: 'staking-contract.staker-choice' }
  | { readonly code: 'staking-contract.unspendable-key'; readonly field: string; readonly role: string }
  | { readonly code: 'staking-contract.too-many-keys'; readonly role: string; readonly max: number; readonly got: number }
  | {
      readonly code: 'staking-contract.profile';
      readonly field: string;
      readonly profile: ChainProfile.ChainProfile;
      readonly rule: string;
      readonly reference?: string;
    };

/** The keys, quorums and times of a stake. One staker is `stakerPk`; M-of-N stakers are `stakers`. Key order does not matter to Bitcoin. */
export type Options = {
  readonly stakerPk?: Key;
  readonly stakers?: { readonly pks: readonly Key[]; readonly quorum: number };
  readonly finalityProviderPks: readonly Key[];
  readonly covenantPks: readonly Key[];
  readonly covenantQuorum: number;
  readonly stakingTimeBlocks: number;
  readonly unbondingTimeBlocks: number;
  readonly profile?: ChainProfile.ChainProfile;
};

/** Checked terms: own copies of the keys, in the order given (finality providers: the order of adaptor signature lists). */
export type Terms = {
  readonly stakerPks: readonly Key[];
  readonly stakerQuorum: number;
  readonly finalityProviderPks: readonly Key[];
  readonly covenantPks: readonly Key[];
  readonly covenantQuorum: number;
  readonly stakingTimeBlocks: Blocks.TimelockBlocks;
  readonly unbondingTimeBlocks: Blocks.TimelockBlocks;
  readonly profile: ChainProfile.ChainProfile;
};

/** An output of the contract with its ways out by name. */
export type Output<Path extends string> = Omit<TapTree.TapOutput, 'leaves'> & {
  readonly paths: Readonly<Record<Path, TapTree.SpendableLeaf>>;
};

/** Largest group of keys that the Go script builder writes (10,000 bytes a group). */
const MAX_GROUP = 294;

/**
 * A stake's contract. Scripts and tweaks are computed at first use and kept: three point additions in all, whatever is built from it. Keys
 * and scripts are handed out as copies: a byte that a caller changes would otherwise stand in the next output that is paid to.
 */
export class StakingContract {
  readonly #terms: Terms;
  readonly #ecc: Ecc.Ecc;
  #staking?: Output<'timelock' | 'unbonding' | 'slashing'>;
  #unbonding?: Output<'timelock' | 'slashing'>;
  #slashingChange?: Output<'timelock'>;
  #slashingScript?: Uint8Array;

  /** Use {@link from}: it checks. */
  constructor(terms: Terms, ecc: Ecc.Ecc) {
    this.#terms = copyOfTerms(terms);
    this.#ecc = ecc;
  }

  /** The terms; fresh copies of the keys. */
  get terms(): Terms {
    return copyOfTerms(this.#terms);
  }

  /** The output that locks the stake: `{{timelock(T), unbonding}, slashing}`. */
  get staking(): Output<'timelock' | 'unbonding' | 'slashing'> {
    if (this.#staking === undefined) {
      const { stakerPks, stakerQuorum, stakingTimeBlocks, covenantPks, covenantQuorum } = this.#terms;
      const timelock = { script: Tapscript.timelock(stakerPks, stakerQuorum, stakingTimeBlocks, 'stakerPks') };
      const stakerPart = Tapscript.multiKey(stakerPks, stakerQuorum, 'verify', 'stakerPks');
      const unbonding = { script: Bytes.concat(stakerPart, Tapscript.multiKey(covenantPks, covenantQuorum, 'leave', 'covenantPks')) };
      const { leaves, ...output } = TapTree.build([[timelock, unbonding], { script: this.#slashing() }], undefined, this.#ecc);
      this.#staking = { ...output, paths: { timelock: at(leaves, 0), unbonding: at(leaves, 1), slashing: at(leaves, 2) } };
    }
    return copyOfOutput(this.#staking);
  }

  /** The output of the unbonding transaction: `{timelock(U), slashing}`. Its slashing leaf is the staking output's. */
  get unbonding(): Output<'timelock' | 'slashing'> {
    if (this.#unbonding === undefined) {
      const { leaves, ...output } = TapTree.build(
        [{ script: this.#unbondingTimelock() }, { script: this.#slashing() }],
        undefined,
        this.#ecc,
      );
      this.#unbonding = { ...output, paths: { timelock: at(leaves, 0), slashing: at(leaves, 1) } };
    }
    return copyOfOutput(this.#unbonding);
  }

  /** The output of a slashing transaction that returns the rest to the staker: the single leaf `timelock(U)`. */
  get slashingChange(): Output<'timelock'> {
    if (this.#slashingChange === undefined) {
      const { leaves, ...output } = TapTree.build({ script: this.#unbondingTimelock() }, undefined, this.#ecc);
      this.#slashingChange = { ...output, paths: { timelock: at(leaves, 0) } };
    }
    return copyOfOutput(this.#slashingChange);
  }

  /** True when `finalityProviderPk` is one of the contract's providers. */
  hasFinalityProvider(finalityProviderPk: Uint8Array): boolean {
    Check.bytes(finalityProviderPk, 'finalityProviderPk');
    return this.#terms.finalityProviderPks.some((pk) => Bytes.equal(pk, finalityProviderPk));
  }

  #slashing(): Uint8Array {
    if (this.#slashingScript === undefined) {
      const { stakerPks, stakerQuorum, finalityProviderPks, covenantPks, covenantQuorum } = this.#terms;
      this.#slashingScript = Bytes.concat(
        Tapscript.multiKey(stakerPks, stakerQuorum, 'verify', 'stakerPks'),
        // One provider's signature is enough, however many there are: the quorum is fixed to 1.
        Tapscript.multiKey(finalityProviderPks, 1, 'verify', 'finalityProviderPks'),
        Tapscript.multiKey(covenantPks, covenantQuorum, 'leave', 'covenantPks'),
      );
    }
    return this.#slashingScript;
  }

  #unbondingTimelock(): Uint8Array {
    const { stakerPks, stakerQuorum, unbondingTimeBlocks } = this.#terms;
    return Tapscript.timelock(stakerPks, stakerQuorum, unbondingTimeBlocks, 'stakerPks');
  }
}

/**
 * The contract of these terms.
 *
 * @unit times in blocks, 1..65535
 * @throws input.* - wrong types, lengths and ranges, with the field
 * @throws public-key.not-on-curve - in any role: such a leaf could never be spent and no node would say so
 * @throws tapscript.no-keys, tapscript.duplicate-key, tapscript.bad-quorum
 * @throws staking-contract.duplicate-key - one key in two roles
 * @throws staking-contract.unspendable-key - the NUMS key, for which nobody can sign
 * @throws staking-contract.too-many-keys - more than 294 in a group
 * @throws staking-contract.profile - a rule of the chain profile
 * @throws chain-profile.unknown - a profile that does not exist has no rules: it would pass for `generic`
 * @source babylon btcstaking/types.go, x/btcstaking/types/create_delegation_parser.go, x/btcstaking/types/params.go
 */
export function from(options: Options, ecc: Ecc.Ecc = Ecc.auto()): StakingContract {
  const stakers = stakersOf(Check.object(options, 'options'));
  const terms: Terms = {
    stakerPks: checkGroup(stakers.pks, 'stakerPks', ecc),
    stakerQuorum: checkQuorum(stakers.quorum, stakers.pks.length, 'stakerQuorum'),
    finalityProviderPks: checkGroup(options.finalityProviderPks, 'finalityProviderPks', ecc),
    covenantPks: checkGroup(options.covenantPks, 'covenantPks', ecc),
    covenantQuorum: checkQuorum(options.covenantQuorum, options.covenantPks.length, 'covenantQuorum'),
    stakingTimeBlocks: Blocks.timelock(options.stakingTimeBlocks, 'stakingTimeBlocks'),
    unbondingTimeBlocks: Blocks.timelock(options.unbondingTimeBlocks, 'unbondingTimeBlocks'),
    profile: ChainProfile.from(options.profile ?? ChainProfile.DEFAULT),
  };
  checkRolesDisjoint(terms);
  if (terms.profile === 'babylon-v4') checkBabylonV4(terms);
  return new StakingContract(terms, ecc);
}

/**
 * Returns `value` when it has the shape of a contract: two installed copies of the package agree.
 *
 * @throws input.missing, staking-contract.not-a-contract
 */
export function check(value: StakingContract, field = 'contract'): StakingContract {
  if (value === undefined || value === null) Check.missing(field);
  if (typeof value !== 'object' || !('terms' in value) || typeof value.hasFinalityProvider !== 'function') {
    const got = Check.kindOf(value);
    const advice = 'make one with StakingContract.from or fromParams';
    fail<Reason>({ code: 'staking-contract.not-a-contract', field, got }, `${field}: expected a StakingContract, got ${got}; ${advice}`);
  }
  return value;
}

/** What a parameter version decides; named here, so that the contract knows no parameters. */
type FromParams = 'covenantPks' | 'covenantQuorum' | 'unbondingTimeBlocks';

/**
 * The contract of a stake under a version of a network's parameters: covenant and unbonding time are theirs.
 *
 * @throws as {@link from}; whether value and staking time are within the limits is `StakingTx.checkAgainst`'s matter
 */
export function fromParams(
  params: Pick<Options, FromParams>,
  options: Omit<Options, FromParams>,
  ecc: Ecc.Ecc = Ecc.auto(),
): StakingContract {
  const { covenantPks, covenantQuorum, unbondingTimeBlocks } = Check.object(params, 'params');
  if (covenantPks === undefined && ('paramsSet' in params || 'versions' in params))
    fail<Check.Reason>(
      { code: 'input.missing', field: 'params.covenantPks' },
      'params: expected one version of the parameters; take it with ParamsSet.atHeight(network.paramsSet, height) or ParamsSet.latest',
    );
  return from({ ...Check.object(options, 'options'), covenantPks, covenantQuorum, unbondingTimeBlocks }, ecc);
}

/** The version of the JSON form; a later one will be read as well. */
export const SCHEMA = 'satlock-contract/1';

/** The JSON form of a contract: keys as hex, in the order given. */
export type ContractJson = {
  readonly schema: typeof SCHEMA;
  readonly profile: ChainProfile.ChainProfile;
  readonly stakerPks: readonly string[];
  readonly stakerQuorum: number;
  readonly finalityProviderPks: readonly string[];
  readonly covenantPks: readonly string[];
  readonly covenantQuorum: number;
  readonly stakingTimeBlocks: number;
  readonly unbondingTimeBlocks: number;
};

/** The contract as JSON, without loss: {@link fromJson} gives the same scripts. */
export function toJson(contract: StakingContract): ContractJson {
  const { terms } = check(contract);
  return {
    schema: SCHEMA,
    profile: terms.profile,
    stakerPks: terms.stakerPks.map(Hex.encode),
    stakerQuorum: terms.stakerQuorum,
    finalityProviderPks: terms.finalityProviderPks.map(Hex.encode),
    covenantPks: terms.covenantPks.map(Hex.encode),
    covenantQuorum: terms.covenantQuorum,
    stakingTimeBlocks: terms.stakingTimeBlocks,
    unbondingTimeBlocks: terms.unbondingTimeBlocks,
  };
}

const JSON_FIELDS: readonly string[] = [
  'profile',
  'stakerPks',
  'stakerQuorum',
  'finalityProviderPks',
  'covenantPks',
  'covenantQuorum',
  'stakingTimeBlocks',
  'unbondingTimeBlocks',
];

/**
 * The contract that JSON spells, checked like any other.
 *
 * @throws json.* - another schema, a field too many or missing, with its path
 * @throws input.*, hex.*, and as {@link from}
 */
export function fromJson(json: unknown, ecc: Ecc.Ecc = Ecc.auto(), name = 'contract'): StakingContract {
  const fields = Json.from(json, name, SCHEMA, JSON_FIELDS);
  const keys = (key: string): readonly Key[] => Fields.bytesList(fields, key, 32) as readonly Key[];
  return from(
    {
      profile: ChainProfile.from(Fields.text(fields, 'profile')),
      stakers: { pks: keys('stakerPks'), quorum: Fields.uint32(fields, 'stakerQuorum') },
      finalityProviderPks: keys('finalityProviderPks'),
      covenantPks: keys('covenantPks'),
      covenantQuorum: Fields.uint32(fields, 'covenantQuorum'),
      stakingTimeBlocks: Fields.uint32(fields, 'stakingTimeBlocks'),
      unbondingTimeBlocks: Fields.uint32(fields, 'unbondingTimeBlocks'),
    },
    ecc,
  );
}

function stakersOf(options: Options): { readonly pks: readonly Key[]; readonly quorum: number } {
  if (options.stakers !== undefined && options.stakerPk !== undefined) {
    fail<Reason>({ code: 'staking-contract.staker-choice' }, 'give either stakerPk or stakers, not both');
  }
  if (options.stakers !== undefined && options.stakers !== null) return Check.object(options.stakers, 'stakers');
  if (options.stakerPk !== undefined) return { pks: [options.stakerPk], quorum: 1 };
  return fail<Check.Reason>({ code: 'input.missing', field: 'stakerPk' }, 'stakerPk: missing');
}

function checkGroup(keys: readonly Key[], role: string, ecc: Ecc.Ecc): readonly Key[] {
  const { length } = Check.list(keys, role);
  if (length > MAX_GROUP)
    fail<Reason>(
      { code: 'staking-contract.too-many-keys', role, max: MAX_GROUP, got: length },
      `${role}: at most ${MAX_GROUP} keys, got ${length}`,
    );
  Tapscript.sortKeys(keys, role);
  return Object.freeze(keys.map((key, i) => checkKey(key, `${role}[${i}]`, ecc)));
}

function checkKey(key: Key, role: string, ecc: Ecc.Ecc): Key {
  if (TapTree.isNums(Check.bytes(key, role, 32)))
    fail<Reason>(
      { code: 'staking-contract.unspendable-key', field: role, role },
      `${role}: this is the NUMS key, for which nobody can sign`,
    );
  const text = Hex.encode(key);
  const known = onCurve.get(ecc) ?? new Set<string>();
  onCurve.set(ecc, known);
  if (known.has(text)) return Uint8Array.from(key) as Key;
  const checked = PublicKey.fromXOnly(key, role, ecc);
  if (known.size >= ON_CURVE_MAX) known.clear();
  known.add(text);
  return checked;
}

// A covenant's keys come back with every stake; a square root for each would cost more than all the rest. Pure memory, no behaviour.
const ON_CURVE_MAX = 4096;
const onCurve = new WeakMap<Ecc.Ecc, Set<string>>();

function checkQuorum(quorum: number, keys: number, field: string): number {
  return Check.integer(quorum, field, 1, keys);
}

function checkRolesDisjoint(terms: Terms): void {
  const roleOf = new Map<string, string>();
  for (const role of ['stakerPks', 'finalityProviderPks', 'covenantPks'] as const) {
    for (const pk of terms[role]) {
      const key = Hex.encode(pk);
      const other = roleOf.get(key);
      if (other !== undefined) {
        const reference = `key: ${key}: duplicated key in script`;
        fail<Reason>(
          { code: 'staking-contract.duplicate-key', field: role, key, roles: [other, role], reference },
          `${key} stands in ${other} and in ${role}`,
        );
      }
      roleOf.set(key, role);
    }
  }
}

function checkBabylonV4(terms: Terms): void {
  const refuse = (field: string, rule: string, reference?: string): never =>
    fail<Reason>(
      { code: 'staking-contract.profile', field, profile: 'babylon-v4', rule, ...(reference === undefined ? {} : { reference }) },
      `${field}: ${rule} (profile babylon-v4; use 'generic' for scripts outside the chain)`,
    );
  if (terms.finalityProviderPks.length !== 1)
    refuse('finalityProviderPks', 'a delegation has exactly one finality provider', 'btcstaking/1116');
  if (terms.stakerPks.length !== 1) refuse('stakerPks', 'a delegation has exactly one staker key');
  if (2 * terms.covenantQuorum <= terms.covenantPks.length)
    refuse('covenantQuorum', 'the covenant quorum is more than half of the committee');
}

const copyOfKeys = (keys: readonly Key[]): readonly Key[] => Object.freeze(keys.map((key) => new Uint8Array(key) as Key));

function copyOfTerms(terms: Terms): Terms {
  const { stakerPks, finalityProviderPks, covenantPks } = terms;
  return Object.freeze({
    ...terms,
    stakerPks: copyOfKeys(stakerPks),
    finalityProviderPks: copyOfKeys(finalityProviderPks),
    covenantPks: copyOfKeys(covenantPks),
  });
}

// Called at every look at an output, so the bytes are copied without the checks that other people's bytes need.
function copyOfOutput<Path extends string>(output: Output<Path>): Output<Path> {
  const paths = {} as Record<Path, TapTree.SpendableLeaf>;
  for (const path in output.paths) {
    const { script, leafVersion, leafHash, controlBlock } = output.paths[path];
    paths[path] = {
      script: new Uint8Array(script),
      leafVersion,
      leafHash: new Uint8Array(leafHash),
      controlBlock: new Uint8Array(controlBlock),
    };
  }
  const { merkleRoot, outputKey, parity, scriptPubKey } = output;
  return {
    merkleRoot: new Uint8Array(merkleRoot),
    outputKey: new Uint8Array(outputKey),
    parity,
    scriptPubKey: new Uint8Array(scriptPubKey),
    paths,
  };
}

function at(leaves: readonly TapTree.SpendableLeaf[], index: number): TapTree.SpendableLeaf {
  return leaves[index] as TapTree.SpendableLeaf;
}
