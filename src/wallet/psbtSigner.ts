// Signs PSBTs with secret keys at hand: taproot key path and leaves (BIP341, BIP342, BIP371), P2WPKH and P2WSH, nested or not (BIP143),
// P2PKH and bare P2SH (the original hash). Used by the plain key and the hierarchical account.
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import * as Address from '../bitcoin/Address.ts';
import type { KeyOrigin } from '../bitcoin/Coin.ts';
import { hash160, p2pkh } from '../bitcoin/OutputScript.ts';
import { Psbt } from '../bitcoin/Psbt.ts';
import * as Script from '../bitcoin/Script.ts';
import * as Sighash from '../bitcoin/Sighash.ts';
import * as TapTree from '../bitcoin/TapTree.ts';
import * as Tx from '../bitcoin/Tx.ts';
import type * as Ecc from '../crypto/Ecc.ts';
import * as Ecdsa from '../crypto/Ecdsa.ts';
import * as Schnorr from '../crypto/Schnorr.ts';
import * as SecretKey from '../crypto/SecretKey.ts';
import { finalizeInput } from './psbtFinalizer.ts';

export type Reason =
  | Check.Reason
  | Tx.Reason
  | { readonly code: 'signer.not-a-psbt' }
  | { readonly code: 'signer.unknown-output'; readonly input: number }
  | { readonly code: 'signer.other-previous-transaction'; readonly input: number }
  | { readonly code: 'signer.sighash-type'; readonly input: number; readonly sighashType: number }
  | { readonly code: 'signer.no-such-input'; readonly input: number; readonly inputs: number }
  | { readonly code: 'signer.not-our-input'; readonly input: number }
  | { readonly code: 'signer.nothing-to-sign' };

/** Keys by what a PSBT says of them. Secret keys are copies, wiped after use. */
export type KeyRing = {
  /** The wallet's compressed key that an output script pays to, or undefined. */
  readonly ownerOf: (scriptPubKey: Uint8Array) => Uint8Array | undefined;
  /** The secret of a compressed or x-only key; the origins are hints from the PSBT. */
  readonly secretOf: (publicKey: Uint8Array, origins: readonly KeyOrigin[]) => SecretKey.SecretKey | undefined;
};

export type Options = {
  /** Only these inputs; every input that the keys can sign when left out. */
  readonly inputs?: readonly number[];
  /** Puts final witnesses where an input is complete. */
  readonly finalize: boolean;
};

type InputData = Psbt['data']['inputs'][number];

type Job = {
  readonly psbt: Psbt;
  readonly transaction: Tx.Transaction;
  readonly context: () => Sighash.Context;
  readonly outputs: readonly (Tx.SpentOutput | undefined)[];
  readonly ring: KeyRing;
  readonly ecc: Ecc.Ecc;
};

/**
 * The PSBT with the signatures of these keys, as lower-case hex. The given PSBT is not changed.
 *
 * @throws signer.*
 */
export function signPsbt(psbtText: string, ring: KeyRing, options: Options, ecc: Ecc.Ecc): string {
  const psbt = parse(psbtText);
  const transaction = Tx.decode(Uint8Array.from(psbt.data.globalMap.unsignedTx.toBuffer()), 'psbt.unsignedTx');
  const outputs = psbt.data.inputs.map((data, i) => spentOutput(data, transaction, i));
  let context: Sighash.Context | undefined;
  const job: Job = {
    psbt,
    transaction,
    outputs,
    ring,
    ecc,
    context: () => {
      context ??= Sighash.prepare(transaction, outputs.map(known));
      return context;
    },
  };
  const wanted = options.inputs ?? [...psbt.data.inputs.keys()];
  let signed = 0;
  for (const index of wanted) {
    const data = psbt.data.inputs[index];
    if (data === undefined) {
      const inputs = psbt.data.inputs.length;
      return fail<Reason>(
        { code: 'signer.no-such-input', input: index, inputs },
        `the PSBT has ${inputs} inputs, input ${index} is asked for`,
      );
    }
    if (data.finalScriptWitness !== undefined || data.finalScriptSig !== undefined) continue;
    const count = signInput(job, index, data);
    if (count === 0 && options.inputs !== undefined)
      fail<Reason>({ code: 'signer.not-our-input', input: index }, `input ${index}: none of these keys signs it`);
    signed += count;
    if (options.finalize && count > 0) finalizeInput(psbt, index);
  }
  if (signed === 0) fail<Reason>({ code: 'signer.nothing-to-sign' }, 'none of these keys signs an input of this PSBT');
  return psbt.toHex();
}

function parse(text: string): Psbt {
  Check.text(text, 'psbt');
  try {
    return /^[0-9a-f]+$/i.test(text) ? Psbt.fromHex(text) : Psbt.fromBase64(text);
  } catch {
    // What the parser says may repeat the input.
    return fail<Reason>({ code: 'signer.not-a-psbt' }, 'the text is no PSBT, neither as hex nor as base64');
  }
}

function known(output: Tx.SpentOutput | undefined, input: number): Tx.SpentOutput {
  if (output === undefined)
    fail<Reason>({ code: 'signer.unknown-output', input }, `input ${input}: the PSBT does not say which output it spends`);
  return output;
}

/** The output that an input spends. A previous transaction is held against the outpoint, and a witness UTXO against that. */
function spentOutput(data: InputData, transaction: Tx.Transaction, input: number): Tx.SpentOutput | undefined {
  const { nonWitnessUtxo, witnessUtxo } = data;
  const stated =
    witnessUtxo === undefined ? undefined : { scriptPubKey: Uint8Array.from(witnessUtxo.script), valueSats: witnessUtxo.value };
  if (nonWitnessUtxo === undefined) return stated;
  const previous = Tx.decode(Uint8Array.from(nonWitnessUtxo), `inputs[${input}].nonWitnessUtxo`);
  const { txid, vout } = Tx.outpointOf(transaction, input);
  const output = previous.outs[vout];
  const isOther =
    Tx.txid(previous) !== txid ||
    output === undefined ||
    (stated !== undefined && (stated.valueSats !== output.value || !Bytes.equal(stated.scriptPubKey, output.script)));
  if (isOther)
    fail<Reason>(
      { code: 'signer.other-previous-transaction', input },
      `input ${input}: the previous transaction is not the one that it spends`,
    );
  return { scriptPubKey: output.script, valueSats: output.value };
}

/** Signs what the keys can sign of one input; the number of signatures. */
function signInput(job: Job, index: number, data: InputData): number {
  const { scriptPubKey } = known(job.outputs[index], index);
  const kind = Address.kindOf(scriptPubKey);
  if (kind === 'p2tr') return signTaproot(job, index, data, scriptPubKey);
  const hashType = data.sighashType ?? Sighash.TYPE.ALL;
  if (hashType !== Sighash.TYPE.ALL) wrongType(index, hashType);
  const origins = (data.bip32Derivation ?? []).map(({ pubkey, masterFingerprint, path }) => ({
    publicKey: pubkey,
    masterFingerprint,
    path,
  }));
  const keys = signersOf(job, data, scriptPubKey);
  const present = new Set((data.partialSig ?? []).map(({ pubkey }) => Hex.encode(pubkey)));
  const made: { pubkey: Uint8Array; signature: Uint8Array }[] = [];
  for (const pubkey of keys) {
    if (present.has(Hex.encode(pubkey))) continue;
    const signature = withSecret(job, pubkey, origins, (secret) => {
      const hash = ecdsaHash(job, index, data, scriptPubKey, pubkey);
      return Bytes.concat(Ecdsa.toDer(Ecdsa.sign(hash, secret, job.ecc)), Uint8Array.of(hashType));
    });
    if (signature !== undefined) made.push({ pubkey, signature });
  }
  if (made.length > 0) job.psbt.data.updateInput(index, { partialSig: made });
  return made.length;
}

/** Keys that could sign an input that is not taproot: the one of a key hash, or all of a multisig script. */
function signersOf({ ring }: Job, data: InputData, scriptPubKey: Uint8Array): readonly Uint8Array[] {
  const script = data.witnessScript ?? nonWitnessScript(data.redeemScript);
  if (script !== undefined) return keysIn(script).filter((key) => key.length === 33);
  const owner = ring.ownerOf(scriptPubKey);
  const named = (data.bip32Derivation ?? []).map(({ pubkey }) => Uint8Array.from(pubkey));
  const hash = keyHashOf(data.redeemScript ?? scriptPubKey);
  return [...(owner === undefined ? [] : [owner]), ...named].filter(
    (key, i, all) => hash !== undefined && Bytes.equal(hash160(key), hash) && all.findIndex((other) => Bytes.equal(other, key)) === i,
  );
}

/** The redeem script when it is a script of its own, and not a witness program. */
function nonWitnessScript(redeemScript: Uint8Array | undefined): Uint8Array | undefined {
  return redeemScript === undefined || Address.kindOf(redeemScript) !== undefined ? undefined : redeemScript;
}

function keysIn(script: Uint8Array): readonly Uint8Array[] {
  return [...Script.instructions(Uint8Array.from(script))].flatMap(({ data }) =>
    data !== undefined && (data.length === 33 || data.length === 32) ? [Bytes.copy(data)] : [],
  );
}

/** The key hash of P2WPKH and P2PKH outputs. */
function keyHashOf(script: Uint8Array): Uint8Array | undefined {
  const kind = Address.kindOf(script);
  if (kind === 'p2wpkh') return script.subarray(2);
  return kind === 'p2pkh' ? script.subarray(3, 23) : undefined;
}

function ecdsaHash({ context }: Job, index: number, data: InputData, scriptPubKey: Uint8Array, pubkey: Uint8Array): Uint8Array {
  const program = data.redeemScript ?? scriptPubKey;
  const kind = Address.kindOf(program);
  if (kind === 'p2wpkh') return Sighash.segwitV0(context(), index, p2pkh(hash160(pubkey)));
  if (kind === 'p2wsh' && data.witnessScript !== undefined) return Sighash.segwitV0(context(), index, Bytes.copy(data.witnessScript));
  // The amount is not signed here: only the previous transaction, which was checked, tells it.
  if (data.nonWitnessUtxo === undefined)
    fail<Reason>({ code: 'signer.unknown-output', input: index }, `input ${index}: a legacy input needs its previous transaction`);
  return Sighash.legacy(context(), index, Bytes.copy(program));
}

function signTaproot(job: Job, index: number, data: InputData, scriptPubKey: Uint8Array): number {
  const hashType = data.sighashType ?? Sighash.TYPE.DEFAULT;
  if (hashType !== Sighash.TYPE.DEFAULT && hashType !== Sighash.TYPE.ALL) wrongType(index, hashType);
  const suffix = Uint8Array.from(hashType === Sighash.TYPE.DEFAULT ? [] : [hashType]);
  const origins = (data.tapBip32Derivation ?? []).map(({ pubkey, masterFingerprint, path }) => ({
    publicKey: pubkey,
    masterFingerprint,
    path,
  }));
  const leaves = data.tapLeafScript ?? [];
  if (leaves.length === 0) return signKeyPath(job, index, data, scriptPubKey, origins, hashType, suffix);
  const made: { pubkey: Uint8Array; signature: Uint8Array; leafHash: Uint8Array }[] = [];
  for (const { script, leafVersion } of leaves) {
    const leafHash = TapTree.leafHash(Uint8Array.from(script), leafVersion);
    for (const pubkey of keysIn(script)) {
      const isPresent = (data.tapScriptSig ?? []).some((one) => Bytes.equal(one.pubkey, pubkey) && Bytes.equal(one.leafHash, leafHash));
      if (pubkey.length !== 32 || isPresent) continue;
      const signature = withSecret(job, pubkey, origins, (secret) => {
        const hash = Sighash.tapscript(job.context(), index, leafHash, { hashType });
        return Bytes.concat(Schnorr.sign(hash, secret, undefined, job.ecc), suffix);
      });
      if (signature !== undefined) made.push({ pubkey, signature, leafHash });
    }
  }
  if (made.length > 0) job.psbt.data.updateInput(index, { tapScriptSig: made });
  return made.length;
}

function signKeyPath(
  job: Job,
  index: number,
  data: InputData,
  scriptPubKey: Uint8Array,
  origins: readonly KeyOrigin[],
  hashType: number,
  suffix: Uint8Array,
): number {
  if (data.tapKeySig !== undefined) return 0;
  const internalKey = data.tapInternalKey ?? job.ring.ownerOf(scriptPubKey)?.subarray(1) ?? origins[0]?.publicKey;
  if (internalKey === undefined) return 0;
  const root = data.tapMerkleRoot ?? new Uint8Array(0);
  const owned = Bytes.equal(TapTree.tweak(Bytes.copy(internalKey), Bytes.copy(root), job.ecc).outputKey, scriptPubKey.subarray(2));
  if (!owned) return 0;
  const tapKeySig = withSecret(job, Bytes.copy(internalKey), origins, (secret) => {
    const tweaked = TapTree.tweakSecret(secret, Bytes.copy(root), job.ecc);
    try {
      return Bytes.concat(Schnorr.sign(Sighash.keyPath(job.context(), index, { hashType }), tweaked, undefined, job.ecc), suffix);
    } finally {
      SecretKey.wipe(tweaked);
    }
  });
  if (tapKeySig === undefined) return 0;
  job.psbt.data.updateInput(index, { tapKeySig });
  return 1;
}

/** Lends a secret key, when it is ours, and wipes the copy. */
function withSecret(
  { ring }: Job,
  publicKey: Uint8Array,
  origins: readonly KeyOrigin[],
  sign: (secret: SecretKey.SecretKey) => Uint8Array,
): Uint8Array | undefined {
  const secret = ring.secretOf(publicKey, origins);
  if (secret === undefined) return undefined;
  try {
    return sign(secret);
  } finally {
    SecretKey.wipe(secret);
  }
}

function wrongType(input: number, sighashType: number): never {
  const reason = { code: 'signer.sighash-type', input, sighashType } as const;
  fail<Reason>(reason, `input ${input}: hash type ${sighashType} would leave parts of the transaction open; ALL and DEFAULT are signed`);
}
