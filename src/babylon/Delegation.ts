// One delegation: a contract, the staking transaction that funds it and the parameters that rule it. Every later transaction follows from it.
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Rate from '../base/Rate.ts';
import * as Sats from '../base/Sats.ts';
import * as LeafSpend from '../bitcoin/LeafSpend.ts';
import * as Tx from '../bitcoin/Tx.ts';
import type * as Ecc from '../crypto/Ecc.ts';
import * as Fields from './json/fields.ts';
import * as Json from './json/object.ts';
import type { StakingParams } from './Params.ts';
import * as SlashingTx from './SlashingTx.ts';
import {
  type ContractJson,
  check as checkContract,
  fromJson as contractFromJson,
  toJson as contractToJson,
  type StakingContract,
} from './StakingContract.ts';
import * as StakingTx from './StakingTx.ts';
import * as UnbondingTx from './UnbondingTx.ts';

export type Reason =
  | StakingTx.Reason
  | Fields.Reason
  | Json.Reason
  | Rate.Reason
  | { readonly code: 'delegation.other-transaction'; readonly field: string; readonly expectedTxid: string; readonly gotTxid: string }
  | { readonly code: 'delegation.not-a-delegation'; readonly field: string; readonly got: string }
  | { readonly code: 'delegation.not-the-staking-output'; readonly index: number };

/** What a parameter version says about the pre-signed transactions; `StakingParams` has these fields. */
export type Rules = SlashingTx.Rules & { readonly unbondingFeeSats: Sats.Sats };

export type Options = {
  readonly contract: StakingContract;
  readonly rules: Rules;
  readonly stakingTransaction: Tx.Transaction;
  /** Left out, the one output with the contract's script is taken; several such outputs are refused. */
  readonly stakingOutputIndex?: number;
  /** Version of both slashing transactions: 2, or 1 as the Go builder writes. */
  readonly slashingTxVersion?: 1 | 2;
  /** Fee of both slashing transactions; the parameter's minimum when left out. */
  readonly slashingFeeSats?: Sats.Sats;
  /** The parameter version that `rules` are of; known without it when they are a whole version. */
  readonly paramsVersion?: number;
};

/** A delegation with its three pre-signed transactions, each built at first use and kept. */
export class Delegation {
  readonly contract: StakingContract;
  readonly stakingTxid: string;
  readonly stakingOutputIndex: number;
  readonly stakingValueSats: Sats.Sats;
  /** The parameter version of the rules, where it is known. */
  readonly paramsVersion: number | undefined;
  readonly #stakingTransaction: Tx.Transaction;
  readonly #rules: Rules;
  readonly #slashing: Pick<SlashingTx.build.Options, 'version' | 'feeSats'>;
  #unbonding?: LeafSpend.LeafSpend;
  #stakingSlashing?: LeafSpend.LeafSpend;
  #unbondingSlashing?: LeafSpend.LeafSpend;

  /** Use {@link from}: it checks. */
  constructor(options: Options, stakingOutputIndex: number) {
    this.contract = options.contract;
    // The transactions are built later: a change of the caller's object in the meantime must not reach them.
    const { slashingPkScript, slashingRate, minSlashingTxFeeSats, unbondingFeeSats } = options.rules;
    this.#rules = Object.freeze({
      slashingPkScript: Bytes.copy(Check.bytes(slashingPkScript, 'rules.slashingPkScript')),
      slashingRate: Rate.from(slashingRate, 'rules.slashingRate'),
      minSlashingTxFeeSats: Sats.from(minSlashingTxFeeSats, 'rules.minSlashingTxFeeSats'),
      unbondingFeeSats: Sats.from(unbondingFeeSats, 'rules.unbondingFeeSats'),
    });
    this.#stakingTransaction = Tx.stripped(options.stakingTransaction);
    this.stakingTxid = Tx.txid(this.#stakingTransaction);
    this.stakingOutputIndex = stakingOutputIndex;
    this.stakingValueSats = Sats.from(Tx.outputOf(this.#stakingTransaction, stakingOutputIndex).valueSats);
    this.paramsVersion = versionOf(options);
    this.#slashing = {
      ...(options.slashingTxVersion === undefined ? {} : { version: options.slashingTxVersion }),
      ...(options.slashingFeeSats === undefined ? {} : { feeSats: options.slashingFeeSats }),
    };
    // What the later transactions follow from cannot be changed by hand.
    Object.freeze(this);
  }

  /** What the parameters say; a fresh copy of the script. */
  get rules(): Rules {
    return Object.freeze({ ...this.#rules, slashingPkScript: Bytes.copy(this.#rules.slashingPkScript) });
  }

  /** A fresh copy of the staking transaction, without witness. */
  get stakingTransaction(): Tx.Transaction {
    return Tx.copy(this.#stakingTransaction);
  }

  /** Version of both slashing transactions. */
  get slashingTxVersion(): 1 | 2 {
    return this.#slashing.version ?? 2;
  }

  /** Fee of both slashing transactions. @unit satoshi */
  get slashingFeeSats(): Sats.Sats {
    return this.#slashing.feeSats ?? this.#rules.minSlashingTxFeeSats;
  }

  /** The staking output as later transactions spend it. */
  get staking(): SlashingTx.Funding {
    return { outpoint: { txid: this.stakingTxid, vout: this.stakingOutputIndex }, valueSats: this.stakingValueSats };
  }

  /** The unbonding output as later transactions spend it. */
  get unbondingOutput(): SlashingTx.Funding {
    const { valueSats } = Tx.outputOf(this.unbonding.transaction, UnbondingTx.OUTPUT_INDEX);
    return { outpoint: { txid: this.unbonding.txid, vout: UnbondingTx.OUTPUT_INDEX }, valueSats: Sats.from(valueSats) };
  }

  /** The unbonding transaction: staking output, unbonding leaf. */
  get unbonding(): LeafSpend.LeafSpend {
    this.#unbonding ??= LeafSpend.from({
      transaction: UnbondingTx.build({ contract: this.contract, staking: this.staking, feeSats: this.#rules.unbondingFeeSats }),
      inputIndex: 0,
      spentOutputs: [{ scriptPubKey: this.contract.staking.scriptPubKey, valueSats: this.stakingValueSats }],
      leaf: this.contract.staking.paths.unbonding,
    });
    return this.#unbonding;
  }

  /** The slashing transaction of the staking output. */
  get stakingSlashing(): LeafSpend.LeafSpend {
    this.#stakingSlashing ??= this.#slash(this.staking, this.contract.staking);
    return this.#stakingSlashing;
  }

  /** The slashing transaction of the unbonding output. */
  get unbondingSlashing(): LeafSpend.LeafSpend {
    this.#unbondingSlashing ??= this.#slash(this.unbondingOutput, this.contract.unbonding);
    return this.#unbondingSlashing;
  }

  #slash(funding: SlashingTx.Funding, output: StakingContract['staking'] | StakingContract['unbonding']): LeafSpend.LeafSpend {
    return LeafSpend.from({
      transaction: SlashingTx.build({ contract: this.contract, funding, rules: this.#rules, ...this.#slashing }),
      inputIndex: 0,
      spentOutputs: [{ scriptPubKey: output.scriptPubKey, valueSats: funding.valueSats }],
      leaf: output.paths.slashing,
    });
  }
}

/**
 * The delegation of a staking transaction. Witnesses are dropped: they are no part of what the later transactions commit to.
 *
 * @throws staking-tx.params-mismatch, staking-tx.value-out-of-range, staking-tx.time-out-of-range - when `rules` is a whole parameter version
 * @throws input.* - rules of wrong type or range, an output index that does not exist
 * @throws staking-tx.no-staking-output, staking-tx.several-staking-outputs
 * @throws delegation.not-the-staking-output - when the output of the given index has another script
 */
export function from(options: Options): Delegation {
  const { contract, stakingTransaction, stakingOutputIndex, rules } = Check.object(options, 'options');
  checkContract(contract);
  Check.object(rules, 'rules');
  Tx.check(stakingTransaction, 'stakingTransaction');
  Tx.checkSanity(stakingTransaction);
  const made = (index: number): Delegation => {
    const valueSats = Sats.from(Tx.outputOf(stakingTransaction, index).valueSats);
    if (isWholeVersion(rules)) StakingTx.checkAgainst(rules, contract, valueSats);
    return new Delegation(options, index);
  };
  if (stakingOutputIndex === undefined) return made(StakingTx.findOutput(stakingTransaction, contract));
  const index = Check.integer(stakingOutputIndex, 'stakingOutputIndex', 0, stakingTransaction.outs.length - 1);
  const got = Hex.encode(Tx.outputOf(stakingTransaction, index).scriptPubKey);
  if (got !== Hex.encode(contract.staking.scriptPubKey))
    fail<Reason>({ code: 'delegation.not-the-staking-output', index }, `output ${index} does not pay to this contract`);
  // The chain looks by script and value: a second such output makes it refuse both.
  StakingTx.findOutput(stakingTransaction, contract, Sats.from(Tx.outputOf(stakingTransaction, index).valueSats));
  return made(index);
}

/**
 * Returns `value` when it has the shape of a delegation: two installed copies of the package agree.
 *
 * @throws input.missing, delegation.not-a-delegation
 */
export function check(value: Delegation, field = 'delegation'): Delegation {
  if (value === undefined || value === null) Check.missing(field);
  if (!isDelegation(value)) {
    const got = Check.kindOf(value);
    const advice = 'make one with Delegation.from, or Delegation.fromJson of what toJson gave';
    fail<Reason>({ code: 'delegation.not-a-delegation', field, got }, `${field}: expected a Delegation, got ${got}; ${advice}`);
  }
  return value;
}

/** What was stored, cloned or spread has the fields but not what is made of them. */
function isDelegation(value: Delegation): boolean {
  if (typeof value !== 'object' || typeof value.stakingTxid !== 'string' || !('unbonding' in value)) return false;
  return typeof value.contract === 'object' && typeof value.contract?.hasFinalityProvider === 'function';
}

/** The version of the JSON form. */
export const SCHEMA = 'satlock-delegation/1';

/** The JSON form of a delegation: amounts as decimal text, bytes as hex, the transaction without witness. */
export type DelegationJson = {
  readonly schema: typeof SCHEMA;
  readonly contract: ContractJson;
  /** Says which transaction is meant; a damaged one is found out by it. */
  readonly stakingTxid: string;
  readonly stakingTransactionHex: string;
  readonly stakingOutputIndex: number;
  readonly paramsVersion?: number;
  readonly rules: {
    readonly slashingPkScriptHex: string;
    readonly slashingRate: string;
    readonly minSlashingTxFeeSats: string;
    readonly unbondingFeeSats: string;
  };
  readonly slashingTxVersion: 1 | 2;
  readonly slashingFeeSats: string;
};

/** The delegation as JSON, without loss: {@link fromJson} gives the same transactions, bit for bit. Nothing in it is secret. */
export function toJson(delegation: Delegation): DelegationJson {
  const { contract, rules, paramsVersion, stakingTxid, stakingOutputIndex, ...rest } = partsOf(check(delegation));
  return {
    schema: SCHEMA,
    contract: contractToJson(contract),
    stakingTxid,
    stakingTransactionHex: Tx.toHex(rest.stakingTransaction),
    stakingOutputIndex,
    ...(paramsVersion === undefined ? {} : { paramsVersion }),
    rules: {
      slashingPkScriptHex: Hex.encode(rules.slashingPkScript),
      slashingRate: Rate.format(rules.slashingRate),
      minSlashingTxFeeSats: Sats.from(rules.minSlashingTxFeeSats).toString(),
      unbondingFeeSats: Sats.from(rules.unbondingFeeSats).toString(),
    },
    slashingTxVersion: rest.slashingTxVersion,
    slashingFeeSats: Sats.from(rest.slashingFeeSats).toString(),
  };
}

// Getters of a class are no fields of its own: they are named one by one.
function partsOf(
  d: Delegation,
): Pick<
  Delegation,
  | 'contract'
  | 'rules'
  | 'paramsVersion'
  | 'stakingTxid'
  | 'stakingOutputIndex'
  | 'stakingTransaction'
  | 'slashingTxVersion'
  | 'slashingFeeSats'
> {
  return {
    contract: d.contract,
    rules: Check.object(d.rules, 'delegation.rules'),
    paramsVersion: d.paramsVersion,
    stakingTxid: d.stakingTxid,
    stakingOutputIndex: d.stakingOutputIndex,
    stakingTransaction: d.stakingTransaction,
    slashingTxVersion: d.slashingTxVersion,
    slashingFeeSats: d.slashingFeeSats,
  };
}

const RULES: readonly string[] = ['slashingPkScriptHex', 'slashingRate', 'minSlashingTxFeeSats', 'unbondingFeeSats'];
const FIELDS: readonly string[] = [
  'contract',
  'stakingTxid',
  'stakingTransactionHex',
  'stakingOutputIndex',
  'rules',
  'slashingTxVersion',
  'slashingFeeSats',
];

/**
 * The delegation that JSON spells, checked like any other.
 *
 * @throws json.* - another schema, a field too many or missing, with its path
 * @throws delegation.other-transaction - the transaction has another txid than the one that stands beside it
 * @throws input.*, hex.*, sats.*, rate.*, tx.*, and as {@link from} and `StakingContract.from`
 */
export function fromJson(json: unknown, ecc?: Ecc.Ecc): Delegation {
  const fields = Json.from(json, 'delegation', SCHEMA, FIELDS, ['paramsVersion']);
  const rules = Json.from(fields.values['rules'], 'delegation.rules', undefined, RULES);
  const stakingTransaction = Tx.fromHex(Fields.text(fields, 'stakingTransactionHex'), 'delegation.stakingTransactionHex');
  const expectedTxid = Hex.encode(Fields.bytes(fields, 'stakingTxid', 32));
  const gotTxid = Tx.txid(stakingTransaction);
  if (gotTxid !== expectedTxid) {
    const field = 'delegation.stakingTransactionHex';
    fail<Reason>(
      { code: 'delegation.other-transaction', field, expectedTxid, gotTxid },
      `${field}: this is ${gotTxid}, the delegation is of ${expectedTxid}`,
    );
  }
  const version = Fields.uint32(fields, 'slashingTxVersion');
  return from({
    contract: contractFromJson(fields.values['contract'], ecc, 'delegation.contract'),
    stakingTransaction,
    stakingOutputIndex: Fields.uint32(fields, 'stakingOutputIndex'),
    rules: {
      slashingPkScript: Fields.bytes(rules, 'slashingPkScriptHex'),
      slashingRate: Rate.parse(Fields.text(rules, 'slashingRate'), 'delegation.rules.slashingRate'),
      minSlashingTxFeeSats: Fields.sats(rules, 'minSlashingTxFeeSats'),
      unbondingFeeSats: Fields.sats(rules, 'unbondingFeeSats'),
    },
    slashingTxVersion: Check.integer(version, 'delegation.slashingTxVersion', 1, 2) as 1 | 2,
    slashingFeeSats: Fields.sats(fields, 'slashingFeeSats'),
    ...(Object.hasOwn(fields.values, 'paramsVersion') ? { paramsVersion: Fields.uint32(fields, 'paramsVersion') } : {}),
  });
}

/** The version that the options name, or that whole rules are of. */
function versionOf({ paramsVersion, rules }: Options): number | undefined {
  if (paramsVersion !== undefined) return Check.integer(paramsVersion, 'paramsVersion', 0, 0xffff_ffff);
  return isWholeVersion(rules) && Number.isSafeInteger(rules.version) ? rules.version : undefined;
}

/** Rules that come from a parameter set say which covenant and unbonding time belong to them. */
function isWholeVersion(rules: Rules): rules is StakingParams {
  return 'covenantPks' in rules && 'covenantQuorum' in rules && 'unbondingTimeBlocks' in rules;
}
