// What a signer is shown of outputs: the keys of change, so that hardware wallets know it for their own, and script trees (BIP174, BIP371).
import { sha256 } from '@noble/hashes/sha2.js';
import * as Bytes from '../../base/Bytes.ts';
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import type { Ecc } from '../../crypto/Ecc.ts';
import * as Address from '../Address.ts';
import type { KeyOrigin } from '../Coin.ts';
import { hash160 } from '../OutputScript.ts';
import { withLength } from '../spend/encode.ts';
import * as TapTree from '../TapTree.ts';
import type * as Tx from '../Tx.ts';
import { type Field, field, join, OUTPUT } from './codec.ts';
import * as Origins from './origins.ts';
import { multisigOf } from './scripts.ts';

export type Reason =
  | Origins.Reason
  | TapTree.Reason
  | { readonly code: 'psbt.no-such-output'; readonly output: number; readonly outputs: number }
  | { readonly code: 'psbt.repeated-output'; readonly output: number }
  | {
      readonly code: 'psbt.other-output-script';
      readonly output: number;
      readonly which: 'tapInternalKey' | 'redeemScript' | 'witnessScript' | 'keyOrigins';
    };

/** What is known of an output of the transaction. All of it is checked against the output's script: a signer will believe it. */
export type OutputInfo = {
  readonly index: number;
  /** 33-byte keys, for taproot the 32-byte internal key. */
  readonly keyOrigins?: readonly KeyOrigin[];
  readonly tapInternalKey?: Uint8Array;
  /** The script tree of a taproot output with leaves. */
  readonly tapTree?: TapTree.Tree;
  readonly redeemScript?: Uint8Array;
  readonly witnessScript?: Uint8Array;
};

/**
 * The entries of each output, in output order.
 *
 * @throws psbt.no-such-output, psbt.repeated-output, psbt.other-output-script
 */
export function plan(transaction: Tx.Transaction, infos: readonly OutputInfo[], ecc: Ecc): readonly (readonly Field[])[] {
  const count = transaction.outs.length;
  const planned: Field[][] = transaction.outs.map(() => []);
  const seen = new Set<number>();
  for (const [i, info] of Check.list(infos, 'outputs').entries()) {
    const { index } = Check.object(info, `outputs[${i}]`);
    Check.integer(index, `outputs[${i}].index`, 0, Number.MAX_SAFE_INTEGER);
    if (index >= count)
      fail<Reason>({ code: 'psbt.no-such-output', output: index, outputs: count }, `outputs[${i}]: the transaction has ${count} outputs`);
    if (seen.has(index)) fail<Reason>({ code: 'psbt.repeated-output', output: index }, `outputs[${i}]: output ${index} is described twice`);
    seen.add(index);
    const { script } = transaction.outs[index] as Tx.Transaction['outs'][number];
    planned[index] = Address.kindOf(script) === 'p2tr' ? taproot(info, script, `outputs[${i}]`, ecc) : older(info, script, `outputs[${i}]`);
  }
  return planned;
}

function other(output: number, which: 'tapInternalKey' | 'redeemScript' | 'witnessScript' | 'keyOrigins', name: string): never {
  fail<Reason>({ code: 'psbt.other-output-script', output, which }, `${name}.${which}: not of output ${output}, which has another script`);
}

function taproot(info: OutputInfo, script: Uint8Array, name: string, ecc: Ecc): Field[] {
  const { index, tapTree, redeemScript, witnessScript } = info;
  if (redeemScript !== undefined) other(index, 'redeemScript', name);
  if (witnessScript !== undefined) other(index, 'witnessScript', name);
  const origins = Origins.checkOrigins(info.keyOrigins, `${name}.keyOrigins`);
  // The internal key of a tree of ours is known to be nobody's.
  const internalKey = info.tapInternalKey ?? (tapTree === undefined ? origins[0]?.publicKey : TapTree.nums());
  if (internalKey === undefined) return [];
  Check.bytes(internalKey, `${name}.tapInternalKey`, 32);
  const expected =
    tapTree === undefined
      ? TapTree.scriptPubKeyOf(TapTree.tweak(internalKey, new Uint8Array(0), ecc).outputKey)
      : TapTree.build(tapTree, internalKey, ecc).scriptPubKey;
  if (!Bytes.equal(expected, script)) other(index, 'tapInternalKey', name);
  for (const { publicKey } of origins) if (!Bytes.equal(publicKey, internalKey)) other(index, 'keyOrigins', name);
  return [
    field(OUTPUT.TAP_INTERNAL_KEY, Bytes.copy(internalKey)),
    ...(tapTree === undefined ? [] : [field(OUTPUT.TAP_TREE, join(treeParts(tapTree, 0)))]),
    ...origins.map((origin, i) => Origins.tapDerivationField(OUTPUT.TAP_BIP32_DERIVATION, origin, [], `${name}.keyOrigins[${i}]`)),
  ];
}

/** Depth, leaf version and script of each leaf, depth first. @source BIP371 PSBT_OUT_TAP_TREE */
function treeParts(tree: TapTree.Tree, depth: number): readonly Uint8Array[] {
  if ('script' in tree) return [Uint8Array.of(depth, tree.leafVersion ?? TapTree.TAPSCRIPT), ...withLength(tree.script)];
  return [...treeParts(tree[0], depth + 1), ...treeParts(tree[1], depth + 1)];
}

function older(info: OutputInfo, script: Uint8Array, name: string): Field[] {
  const { index, redeemScript, witnessScript } = info;
  if (info.tapInternalKey !== undefined || info.tapTree !== undefined) other(index, 'tapInternalKey', name);
  const fields: Field[] = [];
  let program = script;
  if (redeemScript !== undefined) {
    const hash = hash160(Check.bytes(redeemScript, `${name}.redeemScript`));
    if (Address.kindOf(script) !== 'p2sh' || !Bytes.equal(hash, script.subarray(2, 22))) other(index, 'redeemScript', name);
    fields.push(field(OUTPUT.REDEEM_SCRIPT, Bytes.copy(redeemScript)));
    program = redeemScript;
  }
  if (witnessScript !== undefined) {
    const hash = sha256(Check.bytes(witnessScript, `${name}.witnessScript`));
    if (Address.kindOf(program) !== 'p2wsh' || !Bytes.equal(hash, program.subarray(2))) other(index, 'witnessScript', name);
    fields.push(field(OUTPUT.WITNESS_SCRIPT, Bytes.copy(witnessScript)));
  }
  for (const [i, origin] of Origins.checkOrigins(info.keyOrigins, `${name}.keyOrigins`).entries()) {
    if (!holds(program, witnessScript ?? program, origin.publicKey)) other(index, 'keyOrigins', name);
    fields.push(Origins.derivationField(OUTPUT.BIP32_DERIVATION, origin, `${name}.keyOrigins[${i}]`));
  }
  return fields;
}

/** True when the output is paid to that key, alone or among others. */
function holds(program: Uint8Array, script: Uint8Array, publicKey: Uint8Array): boolean {
  switch (Address.kindOf(program)) {
    case 'p2wpkh':
      return publicKey.length === 33 && Bytes.equal(hash160(publicKey), program.subarray(2));
    case 'p2pkh':
      return Bytes.equal(hash160(publicKey), program.subarray(3, 23));
    default:
      return multisigOf(script, true)?.keys.some((key) => Bytes.equal(key, publicKey)) ?? false;
  }
}
