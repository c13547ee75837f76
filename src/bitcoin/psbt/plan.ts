// One input of a signing request: what its output asks for, what a signer is shown of it (BIP174, BIP371), and which keys may sign.
import { sha256 } from '@noble/hashes/sha2.js';
import * as Bytes from '../../base/Bytes.ts';
import * as Check from '../../base/Check.ts';
import { fail } from '../../base/Errors.ts';
import * as Hex from '../../base/Hex.ts';
import * as Sats from '../../base/Sats.ts';
import type { Ecc } from '../../crypto/Ecc.ts';
import * as Address from '../Address.ts';
import type { Coin, Reason as CoinReason, KeyOrigin } from '../Coin.ts';
import * as OutputScript from '../OutputScript.ts';
import { push } from '../Script.ts';
import { amount, withLength } from '../spend/encode.ts';
import * as TapTree from '../TapTree.ts';
import * as Tx from '../Tx.ts';
import { type Field, field, INPUT } from './codec.ts';
import * as Origins from './origins.ts';
import { type Group, groupsOf, keysIn, multisigOf } from './scripts.ts';

export type Reason =
  | CoinReason
  | Origins.Reason
  | TapTree.Reason
  | { readonly code: 'psbt.other-coin'; readonly input: number; readonly txid: string; readonly vout: number }
  | { readonly code: 'psbt.other-internal-key'; readonly input: number }
  | { readonly code: 'psbt.wrong-leaf'; readonly input: number }
  | { readonly code: 'psbt.foreign-key-origin'; readonly field: string };

/** An output of a contract that is spent through a leaf. */
export type LeafSource = {
  readonly leaf: TapTree.SpendableLeaf;
  readonly spentOutput: Tx.SpentOutput;
  /** Keys of the leaf (x-only) that the signer finds by derivation: Keystone and Ledger need this. */
  readonly keyOrigins?: readonly KeyOrigin[];
  /** A key of the leaf, compressed: named to signers that look for keys of theirs as Bitcoin Core's wallet does, without a path. */
  readonly walletKey?: Uint8Array;
};

/** What an input spends: a coin of a wallet, or an output of a contract. */
export type InputSource = { readonly coin: Coin } | LeafSource;

/** Segwit or not: whether signatures stand in the witness, and which hash they sign. */
export type Era = 'legacy' | 'v0';

/** Who may sign an input, and how many must. */
export type Lock =
  | { readonly type: 'key-hash'; readonly era: Era; readonly hash: Uint8Array; readonly scriptCode: Uint8Array }
  | { readonly type: 'multisig'; readonly era: Era; readonly group: Group; readonly scriptCode: Uint8Array }
  | { readonly type: 'key-path'; readonly outputKey: Uint8Array }
  | {
      readonly type: 'leaf';
      readonly leaf: TapTree.SpendableLeaf;
      readonly keys: readonly Uint8Array[];
      readonly groups: readonly Group[] | undefined;
    }
  /** An output of which too little is known: it is shown, but no signature of it can be judged. */
  | { readonly type: 'unknown' };

/** An input as it was planned; all bytes are copies. */
export type Planned = {
  readonly spent: Tx.SpentOutput;
  /** The scriptSig as far as it is known before signing. */
  readonly scriptSig: Uint8Array;
  readonly lock: Lock;
  readonly fields: readonly Field[];
  readonly redeemScript?: Uint8Array;
  readonly witnessScript?: Uint8Array;
};

/** What several inputs share; it keeps the work linear. */
export class Planner {
  readonly transaction: Tx.Transaction;
  readonly allowTxidChange: boolean;
  readonly ecc: Ecc;
  readonly #outputKeys = new Map<string, Uint8Array>();
  readonly #previous = new Map<string, { readonly raw: Uint8Array; readonly transaction: Tx.Transaction }>();

  constructor(transaction: Tx.Transaction, allowTxidChange: boolean, ecc: Ecc) {
    this.transaction = transaction;
    this.allowTxidChange = allowTxidChange;
    this.ecc = ecc;
  }

  /** The output key of an internal key without scripts (BIP86). Wallets have few keys for many coins. */
  outputKeyOf(internalKey: Uint8Array): Uint8Array {
    const id = Hex.encode(internalKey);
    let key = this.#outputKeys.get(id);
    if (key === undefined) {
      key = TapTree.tweak(internalKey, NO_TREE, this.ecc).outputKey;
      this.#outputKeys.set(id, key);
    }
    return key;
  }

  /** The transaction of these bytes; many coins can come from one. */
  previousOf(raw: Uint8Array, txid: string, name: string): Tx.Transaction {
    const known = this.#previous.get(txid);
    if (known !== undefined && Bytes.equal(known.raw, raw)) return known.transaction;
    const transaction = Tx.decode(raw, name);
    this.#previous.set(txid, { raw, transaction });
    return transaction;
  }
}

/** An output without scripts commits to the internal key alone. */
const NO_TREE = new Uint8Array(0);

/** The entry of a spent output. @source BIP174 PSBT_IN_WITNESS_UTXO */
function witnessUtxo({ scriptPubKey, valueSats }: Tx.SpentOutput): Field {
  return field(INPUT.WITNESS_UTXO, Bytes.concat(amount(valueSats), ...withLength(scriptPubKey)));
}

function copyOf({ scriptPubKey, valueSats }: Tx.SpentOutput, name: string): Tx.SpentOutput {
  return {
    scriptPubKey: Bytes.copy(Check.bytes(scriptPubKey, `${name}.scriptPubKey`)),
    valueSats: Sats.from(valueSats, `${name}.valueSats`),
  };
}

/** An output of which only the amount and script are known. P2WPKH and P2TR need no more; a nested one shows its redeem script in the scriptSig. */
export function planOutput(output: Tx.SpentOutput, scriptSig: Uint8Array, name: string): Planned {
  const spent = copyOf(Check.object(output, name), name);
  const script = spent.scriptPubKey;
  const fields = [witnessUtxo(spent)];
  switch (Address.kindOf(script)) {
    case 'p2tr':
      return { spent, scriptSig: NO_TREE, lock: { type: 'key-path', outputKey: script.subarray(2) }, fields };
    case 'p2wpkh':
      return { spent, scriptSig: NO_TREE, lock: keyHash('v0', script.subarray(2)), fields };
    default: {
      const redeemScript = scriptSig.subarray(1);
      const isNested = scriptSig.length === 23 && Address.kindOf(redeemScript) === 'p2wpkh' && isScriptHash(script, redeemScript);
      if (!isNested) return { spent, scriptSig: Bytes.copy(scriptSig), lock: { type: 'unknown' }, fields };
      const shown = [...fields, field(INPUT.REDEEM_SCRIPT, Bytes.copy(redeemScript))];
      return {
        spent,
        scriptSig: Bytes.copy(scriptSig),
        lock: keyHash('v0', Bytes.copy(redeemScript.subarray(2))),
        fields: shown,
        redeemScript: Bytes.copy(redeemScript),
      };
    }
  }
}

function isScriptHash(scriptPubKey: Uint8Array, script: Uint8Array): boolean {
  return Address.kindOf(scriptPubKey) === 'p2sh' && Bytes.equal(OutputScript.hash160(script), scriptPubKey.subarray(2, 22));
}

function keyHash(era: Era, hash: Uint8Array): Lock {
  return { type: 'key-hash', era, hash, scriptCode: OutputScript.p2pkh(hash) };
}

/**
 * The plan of a coin.
 *
 * @throws psbt.other-coin, psbt.other-internal-key, psbt.foreign-key-origin
 * @throws coin.missing-previous-transaction, coin.wrong-previous-transaction, coin.txid-changes, coin.unknown-script, coin.missing-script, coin.wrong-script
 */
export function planCoin(planner: Planner, input: number, coin: Coin, name: string): Planned {
  Check.object(coin, name);
  const outpoint = Tx.checkOutpoint(coin.outpoint, `${name}.outpoint`);
  const spent = copyOf(coin, name);
  if (!Tx.spends(planner.transaction, input, outpoint)) {
    const { txid, vout } = Tx.outpointOf(planner.transaction, input);
    fail<Reason>({ code: 'psbt.other-coin', input, txid, vout }, `input ${input} spends ${txid}:${vout}, the coin given for it is another`);
  }
  const scripts = scriptsOf(coin, spent.scriptPubKey, name);
  const isLegacy = 'era' in scripts.lock && scripts.lock.era === 'legacy';
  if (isLegacy && !planner.allowTxidChange) {
    const kind = scripts.lock.type === 'key-hash' ? 'p2pkh' : 'p2sh';
    fail<Reason>(
      { code: 'coin.txid-changes', field: name, kind },
      `${name}: signing this input changes the txid that everything pre-signed commits to; move the coin to a segwit address first`,
    );
  }
  const fields = [
    ...previousFields(planner, input, coin, spent, scripts.lock, name),
    ...(isLegacy ? [] : [witnessUtxo(spent)]),
    ...(scripts.redeemScript === undefined ? [] : [field(INPUT.REDEEM_SCRIPT, scripts.redeemScript)]),
    ...(scripts.witnessScript === undefined ? [] : [field(INPUT.WITNESS_SCRIPT, scripts.witnessScript)]),
    ...keyFields(planner, input, coin, scripts.lock, name),
  ];
  return { spent, fields, ...scripts };
}

type Scripts = Pick<Planned, 'lock' | 'scriptSig' | 'redeemScript' | 'witnessScript'>;

function scriptsOf(coin: Coin, script: Uint8Array, name: string): Scripts {
  switch (Address.kindOf(script)) {
    case 'p2tr':
      return { lock: { type: 'key-path', outputKey: script.subarray(2) }, scriptSig: NO_TREE };
    case 'p2wpkh':
      return { lock: keyHash('v0', script.subarray(2)), scriptSig: NO_TREE };
    case 'p2pkh':
      return { lock: keyHash('legacy', script.subarray(3, 23)), scriptSig: NO_TREE };
    case 'p2wsh':
      return { ...witnessScriptOf(coin, script.subarray(2), name), scriptSig: NO_TREE };
    case 'p2sh': {
      const redeemScript = redeemScriptOf(coin, script, name);
      const kind = Address.kindOf(redeemScript);
      if (kind === 'p2wpkh') return { lock: keyHash('v0', redeemScript.subarray(2)), scriptSig: push(redeemScript), redeemScript };
      if (kind === 'p2wsh')
        return { ...witnessScriptOf(coin, redeemScript.subarray(2), name), scriptSig: push(redeemScript), redeemScript };
      return { lock: multisigLock('legacy', redeemScript, name), scriptSig: NO_TREE, redeemScript };
    }
    default:
      return fail<Reason>({ code: 'coin.unknown-script', field: name }, `${name}: not a standard output that this library can have signed`);
  }
}

function redeemScriptOf({ redeemScript }: Coin, script: Uint8Array, name: string): Uint8Array {
  if (redeemScript === undefined)
    fail<Reason>({ code: 'coin.missing-script', field: name, which: 'redeemScript' }, `${name}: a P2SH coin needs its redeemScript`);
  if (!isScriptHash(script, Check.bytes(redeemScript, `${name}.redeemScript`)))
    fail<Reason>(
      { code: 'coin.wrong-script', field: name, which: 'redeemScript' },
      `${name}: the redeemScript does not hash to the output`,
    );
  return Bytes.copy(redeemScript);
}

function witnessScriptOf({ witnessScript }: Coin, hash: Uint8Array, name: string): Pick<Scripts, 'lock'> & { witnessScript: Uint8Array } {
  if (witnessScript === undefined)
    fail<Reason>({ code: 'coin.missing-script', field: name, which: 'witnessScript' }, `${name}: a P2WSH coin needs its witnessScript`);
  if (!Bytes.equal(sha256(Check.bytes(witnessScript, `${name}.witnessScript`)), hash))
    fail<Reason>(
      { code: 'coin.wrong-script', field: name, which: 'witnessScript' },
      `${name}: the witnessScript does not hash to the output`,
    );
  const script = Bytes.copy(witnessScript);
  return { lock: multisigLock('v0', script, name), witnessScript: script };
}

function multisigLock(era: Era, script: Uint8Array, name: string): Lock {
  const group = multisigOf(script, era === 'legacy');
  if (group === undefined)
    fail<Reason>(
      { code: 'coin.unknown-script', field: name },
      `${name}: of scripts only k-of-n CHECKMULTISIG of distinct keys can be signed here`,
    );
  return { type: 'multisig', era, group, scriptCode: script };
}

/** The transaction that made the coin: the only proof of the amount for legacy inputs, wanted by hardware wallets for segwit version 0. */
function previousFields(planner: Planner, input: number, coin: Coin, spent: Tx.SpentOutput, lock: Lock, name: string): readonly Field[] {
  const { previousTransaction, outpoint } = coin;
  if (previousTransaction === undefined) {
    if ('era' in lock && lock.era === 'legacy')
      fail<Reason>(
        { code: 'coin.missing-previous-transaction', field: name, kind: lock.type === 'key-hash' ? 'p2pkh' : 'p2sh' },
        `${name}: its signature does not cover the amount, so signers need the previousTransaction`,
      );
    return [];
  }
  const raw = Check.bytes(previousTransaction, `${name}.previousTransaction`);
  const previous = planner.previousOf(raw, outpoint.txid, `${name}.previousTransaction`);
  checkPrevious(previous, Tx.outpointOf(planner.transaction, input), spent, name);
  // BIP371: taproot signatures cover all amounts, the transaction would only be weight.
  return lock.type === 'key-path' ? [] : [field(INPUT.NON_WITNESS_UTXO, Bytes.copy(raw))];
}

/** Which part of the output of a previous transaction is not what is spent, or undefined. */
export function differenceOf(
  previous: Tx.Transaction,
  { txid, vout }: Tx.Outpoint,
  spent: Tx.SpentOutput,
): 'txid' | 'vout' | 'script' | 'value' | undefined {
  if (previous.getId() !== txid) return 'txid';
  const made = previous.outs[vout];
  if (made === undefined) return 'vout';
  if (!Bytes.equal(made.script, spent.scriptPubKey)) return 'script';
  return made.value === spent.valueSats ? undefined : 'value';
}

function checkPrevious(previous: Tx.Transaction, outpoint: Tx.Outpoint, spent: Tx.SpentOutput, name: string): void {
  const what = differenceOf(previous, outpoint, spent);
  if (what !== undefined)
    fail<Reason>(
      { code: 'coin.wrong-previous-transaction', field: name, what },
      `${name}.previousTransaction: the transaction does not have this coin: another ${what}`,
    );
}

/** The keys of a coin: derivations, and for taproot the internal key, which is shown only when it derives the output. */
function keyFields(planner: Planner, input: number, coin: Coin, lock: Lock, name: string): readonly Field[] {
  const origins = Origins.checkOrigins(coin.keyOrigins, `${name}.keyOrigins`);
  const foreign = (i: number): never =>
    fail<Reason>(
      { code: 'psbt.foreign-key-origin', field: `${name}.keyOrigins[${i}]` },
      `${name}.keyOrigins[${i}]: the key is none of this coin`,
    );
  if (lock.type === 'key-path') {
    const internalKey = coin.tapInternalKey ?? (origins.length === 1 ? origins[0]?.publicKey : undefined);
    if (internalKey === undefined) return origins.length === 0 ? [] : foreign(0);
    Check.bytes(internalKey, coin.tapInternalKey === undefined ? `${name}.keyOrigins[0].publicKey` : `${name}.tapInternalKey`, 32);
    if (!Bytes.equal(planner.outputKeyOf(internalKey), lock.outputKey))
      fail<Reason>(
        { code: 'psbt.other-internal-key', input },
        `input ${input}: the taproot coin is not one of that internal key (BIP86): no signer could sign for it`,
      );
    for (const [i, { publicKey }] of origins.entries()) if (!Bytes.equal(publicKey, internalKey)) foreign(i);
    const derivations = origins.map((origin, i) =>
      Origins.tapDerivationField(INPUT.TAP_BIP32_DERIVATION, origin, [], `${name}.keyOrigins[${i}]`),
    );
    return [...derivations, field(INPUT.TAP_INTERNAL_KEY, Bytes.copy(internalKey))];
  }
  if (coin.tapInternalKey !== undefined)
    fail<Reason>({ code: 'psbt.other-internal-key', input }, `input ${input}: an internal key for a coin that is no taproot output`);
  return origins.map((origin, i) => {
    if (!mayHold(lock, origin.publicKey)) foreign(i);
    return Origins.derivationField(INPUT.BIP32_DERIVATION, origin, `${name}.keyOrigins[${i}]`);
  });
}

/** True when the key is one that signs here. */
export function mayHold(lock: Lock, publicKey: Uint8Array): boolean {
  const among = (keys: readonly Uint8Array[]): boolean => keys.some((key) => Bytes.equal(key, publicKey));
  switch (lock.type) {
    case 'key-hash':
      return (
        (publicKey.length === 33 || (lock.era === 'legacy' && publicKey.length === 65)) &&
        Bytes.equal(OutputScript.hash160(publicKey), lock.hash)
      );
    case 'multisig':
      return among(lock.group.keys);
    case 'key-path':
      return Bytes.equal(publicKey, lock.outputKey);
    case 'leaf':
      return among(lock.keys);
    default:
      return false;
  }
}

/**
 * The plan of an output that is spent through a leaf.
 *
 * @throws psbt.wrong-leaf - when the output does not commit to the leaf: nobody could spend it so
 */
export function planLeaf(planner: Planner, input: number, source: LeafSource, name: string): Planned {
  const spent = copyOf(Check.object(source.spentOutput, `${name}.spentOutput`), `${name}.spentOutput`);
  const leaf = checkLeaf(source.leaf, input, `${name}.leaf`);
  const { merkleRoot, internalKey } = rootOf(leaf);
  if (Address.kindOf(spent.scriptPubKey) !== 'p2tr') wrongLeaf(input);
  const output = { outputKey: spent.scriptPubKey.subarray(2), parity: (leaf.controlBlock[0] as number) & 1 };
  if (!TapTree.commits(output, internalKey, merkleRoot, planner.ecc)) wrongLeaf(input);
  const keys = keysIn(leaf.script);
  const lock: Lock = { type: 'leaf', leaf, keys, groups: groupsOf(leaf.script) };
  const origins = Origins.checkOrigins(source.keyOrigins, `${name}.keyOrigins`);
  for (const [i, { publicKey }] of origins.entries())
    if (!mayHold(lock, publicKey))
      fail<Reason>(
        { code: 'psbt.foreign-key-origin', field: `${name}.keyOrigins[${i}]` },
        `${name}.keyOrigins[${i}]: the key is none of the leaf (32 bytes, x-only)`,
      );
  const fields = [
    witnessUtxo(spent),
    ...walletKeyFields(source.walletKey, lock, name),
    field(INPUT.TAP_LEAF_SCRIPT, Bytes.concat(leaf.script, Uint8Array.of(leaf.leafVersion)), leaf.controlBlock),
    ...origins.map((origin, i) =>
      Origins.tapDerivationField(INPUT.TAP_BIP32_DERIVATION, origin, [leaf.leafHash], `${name}.keyOrigins[${i}]`),
    ),
    field(INPUT.TAP_INTERNAL_KEY, internalKey),
    field(INPUT.TAP_MERKLE_ROOT, merkleRoot),
  ];
  return { spent, scriptSig: NO_TREE, lock, fields };
}

/** Bitcoin Core's wallet finds keys by the public keys of this entry and of no other that all its versions read; the path is left empty. */
function walletKeyFields(walletKey: Uint8Array | undefined, lock: Lock, name: string): readonly Field[] {
  if (walletKey === undefined) return [];
  const key = Bytes.copy(Check.bytes(walletKey, `${name}.walletKey`, 33));
  if ((key[0] !== 2 && key[0] !== 3) || !mayHold(lock, key.subarray(1)))
    fail<Reason>({ code: 'psbt.foreign-key-origin', field: `${name}.walletKey` }, `${name}.walletKey: the key is none of the leaf`);
  return [field(INPUT.BIP32_DERIVATION, new Uint8Array(4), key)];
}

function checkLeaf(leaf: TapTree.SpendableLeaf, input: number, name: string): TapTree.SpendableLeaf {
  const { script, controlBlock, leafHash, leafVersion } = Check.object(leaf, name);
  Check.bytes(script, `${name}.script`);
  Check.bytes(controlBlock, `${name}.controlBlock`);
  Check.bytes(leafHash, `${name}.leafHash`, 32);
  Check.integer(leafVersion, `${name}.leafVersion`, 0, 255);
  const pathBytes = controlBlock.length - 33;
  if (pathBytes < 0 || pathBytes % 32 !== 0 || ((controlBlock[0] as number) & 0xfe) !== leafVersion) wrongLeaf(input);
  if (!Bytes.equal(TapTree.leafHash(script, leafVersion), leafHash)) wrongLeaf(input);
  return { script: Bytes.copy(script), controlBlock: Bytes.copy(controlBlock), leafHash: Bytes.copy(leafHash), leafVersion };
}

function wrongLeaf(input: number): never {
  fail<Reason>({ code: 'psbt.wrong-leaf', input }, `input ${input}: the output it spends does not commit to this leaf and control block`);
}

/** The root that leaf and control block lead to. @source BIP341 "Script validation rules" */
function rootOf({ leafHash, controlBlock }: TapTree.SpendableLeaf): { readonly merkleRoot: Uint8Array; readonly internalKey: Uint8Array } {
  let merkleRoot = leafHash;
  for (let at = 33; at < controlBlock.length; at += 32) merkleRoot = TapTree.branchHash(merkleRoot, controlBlock.subarray(at, at + 32));
  return { merkleRoot, internalKey: controlBlock.slice(1, 33) };
}
