// The data output of phase-1 staking transactions and the recognition of such a transaction. Babylon btcstaking/identifiable_staking.go (V0).
// Layout of the 71 bytes: tag 4 | version 0 | staker key 32 | finality provider key 32 | staking time 2, big-endian.
import * as Blocks from '../base/Blocks.ts';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail, isSatlockError } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import { OP } from '../bitcoin/Script.ts';
import * as Tx from '../bitcoin/Tx.ts';
import * as Ecc from '../crypto/Ecc.ts';
import * as PublicKey from '../crypto/PublicKey.ts';
import * as StakingContract from './StakingContract.ts';

const TAG_BYTES = 4;
const DATA_BYTES = 71;
/** The two bytes in front of the data: OP_RETURN and the push of 71 bytes. */
const SCRIPT_BYTES = 73;
const VERSION = 0;

/** What a data output says. */
export type StakingData = {
  /** @shape 4 bytes */
  readonly tag: Uint8Array;
  readonly version: 0;
  readonly stakerPk: PublicKey.XOnlyPublicKey;
  readonly finalityProviderPk: PublicKey.XOnlyPublicKey;
  /** 0..65535 as it stands there: 0 can be written, but no contract has it. */
  readonly stakingTimeBlocks: number;
};

/** Why an output is no data output, in the order of the checks. */
export type OutputReason =
  | { readonly code: 'op-return.wrong-length'; readonly gotBytes: number; readonly expectedBytes: 73; readonly reference: string }
  | { readonly code: 'op-return.not-data-push'; readonly reference: 'invalid op return script' }
  | { readonly code: 'op-return.wrong-version'; readonly got: number; readonly reference: string }
  | { readonly code: 'op-return.bad-staker-key'; readonly reference: string }
  | { readonly code: 'op-return.bad-finality-provider-key'; readonly reference: string };

/** `reference` is the text of the Go error, or its beginning where Go appends a cause. */
export type Reason =
  | Check.Reason
  | OutputReason
  | Tx.Reason
  | { readonly code: 'op-return.bad-tag-length'; readonly gotBytes: number; readonly reference: string }
  | { readonly code: 'op-return.no-transaction'; readonly reference: 'nil tx' }
  | { readonly code: 'op-return.no-covenant-keys'; readonly reference: 'no covenant keys specified' }
  | {
      readonly code: 'op-return.quorum-above-keys';
      readonly quorum: number;
      readonly keys: number;
      readonly reference: 'covenant quorum is greater than the number of covenant keys';
    }
  | { readonly code: 'op-return.too-few-outputs'; readonly got: number; readonly reference: 'staking tx must have at least 2 outputs' }
  | {
      readonly code: 'op-return.several-data-outputs';
      readonly indexes: readonly number[];
      readonly reference: 'cannot parse staking transaction: multiple op return outputs found';
    }
  | { readonly code: 'op-return.no-data-output'; readonly reference: 'transaction does not have expected op return output' }
  | { readonly code: 'op-return.bad-contract'; readonly contractCode: string; readonly reference: string }
  | {
      readonly code: 'op-return.several-staking-outputs';
      readonly indexes: readonly number[];
      readonly reference: 'cannot parse staking transaction: multiple staking outputs found';
    }
  | {
      readonly code: 'op-return.no-staking-output';
      readonly reference: 'staking output not found in potential staking transaction';
    }
  | { readonly code: 'op-return.foreign-tag'; readonly got: string; readonly expected: string; readonly reference: string };

export declare namespace build {
  type Options = {
    /** @shape 4 bytes */
    readonly tag: Uint8Array;
    readonly stakerPk: PublicKey.XOnlyPublicKey;
    readonly finalityProviderPk: PublicKey.XOnlyPublicKey;
    readonly stakingTimeBlocks: number;
  };
}

/**
 * The script of the data output; its value is 0.
 *
 * @shape 73 bytes: 6a 47 || data
 * @throws input.not-bytes, input.wrong-length, input.not-integer, input.out-of-range, public-key.not-on-curve
 */
export function build(options: build.Options, ecc: Ecc.Ecc = Ecc.auto()): Uint8Array {
  const tag = Check.bytes(Check.object(options, 'options').tag, 'tag', TAG_BYTES);
  const stakerPk = PublicKey.fromXOnly(options.stakerPk, 'stakerPk', ecc);
  const finalityProviderPk = PublicKey.fromXOnly(options.finalityProviderPk, 'finalityProviderPk', ecc);
  const time = Blocks.timelock(options.stakingTimeBlocks, 'stakingTimeBlocks');
  const header = Uint8Array.of(OP.RETURN, DATA_BYTES);
  return Bytes.concat(header, tag, Uint8Array.of(VERSION), stakerPk, finalityProviderPk, Uint8Array.of(time >> 8, time & 0xff));
}

/**
 * What the data output with this script says.
 *
 * @throws op-return.wrong-length, op-return.not-data-push, op-return.wrong-version, op-return.bad-staker-key, op-return.bad-finality-provider-key
 * @source babylon btcstaking/identifiable_staking.go NewV0OpReturnDataFromTxOutput
 * @differs demands `6a 47` in front. Go accepts every OP_RETURN with one push in 73 bytes, so that in `6a 4c 46 …` it takes the length
 *   byte 46 for the first byte of the tag.
 */
export function parseOutput(script: Uint8Array, ecc: Ecc.Ecc = Ecc.auto()): StakingData {
  const result = read(Check.bytes(script, 'script'), ecc);
  return 'data' in result ? result.data : fail<Reason>(result.reason, result.message);
}

/**
 * The cheap filter before {@link parseStakingTx}: at least two outputs, and exactly one of them is a data push with this tag and
 * version 0. Keys are not looked at, and outputs with other tags do not count.
 *
 * @throws input.not-bytes, input.wrong-length - for the tag
 */
export function isPossible(transaction: Tx.Transaction, tag: Uint8Array): boolean {
  Check.bytes(tag, 'tag', TAG_BYTES);
  if (Tx.check(transaction).outs.length < 2) return false;
  const matches = transaction.outs.filter(
    ({ script }) => isDataPush(script) && Bytes.equal(script.subarray(2, 2 + TAG_BYTES), tag) && script[2 + TAG_BYTES] === VERSION,
  );
  return matches.length === 1;
}

export declare namespace parseStakingTx {
  type Options = {
    readonly transaction: Tx.Transaction;
    /** @shape 4 bytes */
    readonly tag: Uint8Array;
    readonly covenantPks: readonly PublicKey.XOnlyPublicKey[];
    readonly covenantQuorum: number;
  };
}

/** A recognised phase-1 staking transaction; the two indexes are independent of each other. */
export type StakingTx = {
  readonly stakingOutputIndex: number;
  readonly stakingScriptPubKey: Uint8Array;
  readonly stakingValueSats: bigint;
  readonly dataOutputIndex: number;
  readonly data: StakingData;
};

/**
 * Recognises a phase-1 staking transaction: the data output, and the staking output that follows from it and the committee.
 * The staking output is found by its script alone, whatever its value; the tag is compared last.
 *
 * @throws op-return.bad-tag-length, op-return.no-transaction, op-return.no-covenant-keys, op-return.quorum-above-keys,
 *   op-return.too-few-outputs, op-return.several-data-outputs - also when one of them has a foreign tag, op-return.no-data-output,
 *   op-return.bad-contract - with the contract's error as cause, op-return.several-staking-outputs, op-return.no-staking-output,
 *   op-return.foreign-tag - in this order
 * @source babylon btcstaking/identifiable_staking.go ParseV0StakingTx
 * @differs refuses (op-return.bad-contract) what Go would take although nobody could ever spend it: staking time 0 and quorum 0
 */
export function parseStakingTx(options: parseStakingTx.Options, ecc: Ecc.Ecc = Ecc.auto()): StakingTx {
  const { transaction, tag } = Check.object(options, 'options');
  checkArguments(options);
  const [dataOutputIndex, data] = findData(transaction, ecc);
  const stakingScriptPubKey = stakingScript(data, options, ecc);
  const indexes = [...transaction.outs.keys()].filter((i) =>
    Bytes.equal(transaction.outs[i]?.script ?? new Uint8Array(), stakingScriptPubKey),
  );
  const [stakingOutputIndex] = indexes;
  if (indexes.length > 1) {
    const reference = 'cannot parse staking transaction: multiple staking outputs found';
    fail<Reason>(
      { code: 'op-return.several-staking-outputs', indexes, reference },
      `outputs ${indexes.join(', ')} have the staking script`,
    );
  }
  const output = stakingOutputIndex === undefined ? undefined : transaction.outs[stakingOutputIndex];
  if (stakingOutputIndex === undefined || output === undefined) {
    const reference = 'staking output not found in potential staking transaction';
    return fail<Reason>(
      { code: 'op-return.no-staking-output', reference },
      `no output has the staking script ${Hex.encode(stakingScriptPubKey)}`,
    );
  }
  if (!Bytes.equal(data.tag, tag)) {
    const facts = { got: Hex.encode(data.tag), expected: Hex.encode(tag) };
    const reference = `unexpected tag: ${facts.got}, expected: ${facts.expected}`;
    fail<Reason>({ code: 'op-return.foreign-tag', ...facts, reference }, `expected the tag ${facts.expected}, got ${facts.got}`);
  }
  return { stakingOutputIndex, stakingScriptPubKey, stakingValueSats: output.value, dataOutputIndex, data };
}

function checkArguments({ transaction, tag, covenantPks, covenantQuorum }: parseStakingTx.Options): void {
  const gotBytes = Check.bytes(tag, 'tag').length;
  if (gotBytes !== TAG_BYTES) {
    const reference = `invalid tag length: ${gotBytes}, expected: ${TAG_BYTES}`;
    fail<Reason>({ code: 'op-return.bad-tag-length', gotBytes, reference }, `tag: expected ${TAG_BYTES} bytes, got ${gotBytes}`);
  }
  if (transaction === undefined || transaction === null)
    fail<Reason>({ code: 'op-return.no-transaction', reference: 'nil tx' }, 'transaction: missing');
  const keys = Check.list(covenantPks, 'covenantPks').length;
  if (keys === 0) {
    const reference = 'no covenant keys specified';
    fail<Reason>({ code: 'op-return.no-covenant-keys', reference }, 'covenantPks: at least one key is needed');
  }
  const quorum = Check.integer(covenantQuorum, 'covenantQuorum', 0, 0xffff_ffff);
  if (quorum > keys) {
    const reference = 'covenant quorum is greater than the number of covenant keys';
    fail<Reason>({ code: 'op-return.quorum-above-keys', quorum, keys, reference }, `covenantQuorum: at most ${keys}, got ${quorum}`);
  }
  const got = Tx.check(transaction).outs.length;
  if (got < 2) {
    const reference = 'staking tx must have at least 2 outputs';
    fail<Reason>({ code: 'op-return.too-few-outputs', got, reference }, `a phase-1 staking transaction has at least 2 outputs, got ${got}`);
  }
}

function findData(transaction: Tx.Transaction, ecc: Ecc.Ecc): readonly [number, StakingData] {
  const found: [number, StakingData][] = [];
  for (const [i, { script }] of transaction.outs.entries()) {
    const result = read(script, ecc);
    if ('data' in result) found.push([i, result.data]);
  }
  const [first] = found;
  if (found.length > 1) {
    const indexes = found.map(([i]) => i);
    const reference = 'cannot parse staking transaction: multiple op return outputs found';
    fail<Reason>({ code: 'op-return.several-data-outputs', indexes, reference }, `outputs ${indexes.join(', ')} are data outputs`);
  }
  if (first !== undefined) return first;
  const reference = 'transaction does not have expected op return output';
  return fail<Reason>({ code: 'op-return.no-data-output', reference }, 'no output is a data output of version 0');
}

function stakingScript(data: StakingData, options: parseStakingTx.Options, ecc: Ecc.Ecc): Uint8Array {
  try {
    const contract = StakingContract.from(
      {
        stakerPk: data.stakerPk,
        finalityProviderPks: [data.finalityProviderPk],
        covenantPks: options.covenantPks,
        covenantQuorum: options.covenantQuorum,
        stakingTimeBlocks: data.stakingTimeBlocks,
        // Not in the staking output: any time will do.
        unbondingTimeBlocks: 1,
        // What is on Bitcoin is recognised, whether or not a chain would register it.
        profile: 'generic',
      },
      ecc,
    );
    return contract.staking.scriptPubKey;
  } catch (cause) {
    if (!isSatlockError(cause)) throw cause;
    const reference = 'cannot build staking info: ';
    return fail<Reason>(
      { code: 'op-return.bad-contract', contractCode: cause.code, reference },
      `the data output describes no contract: ${cause.message}`,
      { cause },
    );
  }
}

type Read = { readonly data: StakingData } | { readonly reason: OutputReason; readonly message: string };

function read(script: Uint8Array, ecc: Ecc.Ecc): Read {
  if (script.length !== SCRIPT_BYTES) {
    const gotBytes = script.length;
    const reference = `invalid op return data length: ${gotBytes}, expected: ${SCRIPT_BYTES}`;
    const message = `script: a data output has ${SCRIPT_BYTES} bytes, got ${gotBytes}`;
    return { reason: { code: 'op-return.wrong-length', gotBytes, expectedBytes: SCRIPT_BYTES, reference }, message };
  }
  if (!isDataPush(script)) {
    const message = 'script: expected OP_RETURN and one push of 71 bytes (6a47)';
    return { reason: { code: 'op-return.not-data-push', reference: 'invalid op return script' }, message };
  }
  const data = script.subarray(2);
  const version = data[TAG_BYTES] as number;
  if (version !== VERSION) {
    const reference = `invalid op return version: ${version}, expected: ${VERSION}`;
    return { reason: { code: 'op-return.wrong-version', got: version, reference }, message: `expected version 0, got ${version}` };
  }
  const stakerPk = Bytes.copy(data.subarray(5, 37));
  if (!ecc.isXOnly(stakerPk)) {
    const reference = 'cannot create V0 op_return data:invalid staker public key:';
    return { reason: { code: 'op-return.bad-staker-key', reference }, message: 'the staker key is not on the curve' };
  }
  const finalityProviderPk = Bytes.copy(data.subarray(37, 69));
  if (!ecc.isXOnly(finalityProviderPk)) {
    const reference = 'cannot create V0 op_return data:invalid finality provider public key:';
    return {
      reason: { code: 'op-return.bad-finality-provider-key', reference },
      message: 'the finality provider key is not on the curve',
    };
  }
  return {
    data: {
      tag: Bytes.copy(data.subarray(0, TAG_BYTES)),
      version: VERSION,
      stakerPk: stakerPk as PublicKey.XOnlyPublicKey,
      finalityProviderPk: finalityProviderPk as PublicKey.XOnlyPublicKey,
      stakingTimeBlocks: (data[69] as number) * 256 + (data[70] as number),
    },
  };
}

function isDataPush(script: Uint8Array): boolean {
  return script.length === SCRIPT_BYTES && script[0] === OP.RETURN && script[1] === DATA_BYTES;
}
