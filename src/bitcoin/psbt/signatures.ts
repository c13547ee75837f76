// The signatures in an answer: where they stand in finished and unfinished inputs, whose they are, and whether they are right.
import * as Bytes from '../../base/Bytes.ts';
import * as Hex from '../../base/Hex.ts';
import type { Ecc } from '../../crypto/Ecc.ts';
import * as Schnorr from '../../crypto/Schnorr.ts';
import { hashTypeOf } from '../LeafSpend.ts';
import * as Sighash from '../Sighash.ts';
import * as Ecdsa from '../spend/ecdsa.ts';
import { readWitness } from '../witnessBytes.ts';
import { type FieldMap, INPUT, malformed } from './codec.ts';
import { changed } from './compare.ts';
import { type Lock, mayHold, type Planned } from './plan.ts';
import { pushesOf } from './scripts.ts';

/** A signature that holds. Keys of taproot inputs are x-only (of the key path: the output key); ECDSA signatures are DER with the hash type. */
export type InputSignature = { readonly publicKey: Uint8Array; readonly signature: Uint8Array; readonly leafHash?: Uint8Array };

/** What is wrong with a signature. */
export type Fault =
  | { readonly code: 'signing-request.foreign-signature'; readonly input: number; readonly publicKey: string }
  | {
      readonly code: 'signing-request.invalid-signature';
      readonly input: number;
      readonly publicKey: string;
      readonly why: 'length' | 'encoding' | 'high-s' | 'does-not-verify';
    }
  | {
      readonly code: 'signing-request.other-sighash-type';
      readonly input: number;
      readonly publicKey: string;
      readonly field: string;
      readonly expected: string;
      readonly got: string;
    };

/** What the signatures of one transaction are checked with. The hashes are made once for each input and hash type. */
export class Verifier {
  readonly #context: Sighash.Context;
  readonly #allowed: readonly number[];
  readonly #ecc: Ecc;
  readonly #hashes = new Map<string, Uint8Array>();
  readonly #right = new Set<string>();

  constructor(context: Sighash.Context, allowed: readonly number[], ecc: Ecc) {
    this.#context = context;
    this.#allowed = allowed;
    this.#ecc = ecc;
  }

  /** What is wrong with a signature of a key that may sign here, or undefined. What is known to be right is not verified again. */
  faultOf(input: number, lock: Lock, publicKey: Uint8Array, signature: Uint8Array): Fault | undefined {
    const id = `${input}:${Hex.encode(publicKey)}:${Hex.encode(signature)}`;
    if (this.#right.has(id)) return undefined;
    const fault = this.#judge(input, lock, publicKey, signature);
    if (fault === undefined) this.#right.add(id);
    return fault;
  }

  #judge(input: number, lock: Lock, publicKey: Uint8Array, signature: Uint8Array): Fault | undefined {
    const key = Hex.encode(publicKey);
    const isSchnorr = lock.type === 'key-path' || lock.type === 'leaf';
    const invalid = (why: 'length' | 'encoding' | 'high-s' | 'does-not-verify'): Fault => ({
      code: 'signing-request.invalid-signature',
      input,
      publicKey: key,
      why,
    });
    const der = isSchnorr ? undefined : Ecdsa.parseDer(signature.subarray(0, -1));
    if (!isSchnorr && der === undefined) return invalid('encoding');
    const hashType = isSchnorr ? hashTypeOf(signature) : signature[signature.length - 1];
    if (hashType === undefined) return invalid('length');
    if (!this.allows(lock, hashType)) return this.otherType(input, lock, key, hashType);
    if ((hashType & 3) === 3 && input >= this.#context.transaction.outs.length) return invalid('does-not-verify');
    if (der !== undefined) {
      // Nodes do not relay the higher of the two values that an s can have.
      if (der.s > Ecdsa.N / 2n) return invalid('high-s');
      return Ecdsa.verify(this.#hash(input, lock, hashType), publicKey, der, this.#ecc) ? undefined : invalid('does-not-verify');
    }
    const right = Schnorr.verifyOnce(this.#hash(input, lock, hashType), publicKey, signature.subarray(0, 64), this.#ecc);
    return right ? undefined : invalid('does-not-verify');
  }

  /** True for the hash types that were asked for; ECDSA has no DEFAULT, ALL stands for it. */
  allows(lock: Lock, hashType: number): boolean {
    if (lock.type === 'key-path' || lock.type === 'leaf') return this.#allowed.includes(hashType);
    return this.#allowed.some((type) => (type === Sighash.TYPE.DEFAULT ? Sighash.TYPE.ALL : type) === hashType);
  }

  /** The fault of another hash type than was asked for. */
  otherType(input: number, lock: Lock, publicKey: string, hashType: number): Fault {
    const isSchnorr = lock.type === 'key-path' || lock.type === 'leaf';
    const types = this.#allowed.map((type) => (!isSchnorr && type === Sighash.TYPE.DEFAULT ? Sighash.TYPE.ALL : type));
    return {
      code: 'signing-request.other-sighash-type',
      input,
      publicKey,
      field: `inputs[${input}].sighashType`,
      expected: types.join(' or '),
      got: String(hashType),
    };
  }

  #hash(input: number, lock: Lock, hashType: number): Uint8Array {
    const id = `${input}:${hashType}`;
    let hash = this.#hashes.get(id);
    if (hash === undefined) {
      hash = this.#makeHash(input, lock, hashType);
      this.#hashes.set(id, hash);
    }
    return hash;
  }

  #makeHash(input: number, lock: Lock, hashType: number): Uint8Array {
    switch (lock.type) {
      case 'leaf':
        return Sighash.tapscript(this.#context, input, lock.leaf.leafHash, { hashType });
      case 'key-hash':
      case 'multisig':
        return (lock.era === 'v0' ? Sighash.segwitV0 : Sighash.legacy)(this.#context, input, lock.scriptCode, { hashType });
      default:
        return Sighash.keyPath(this.#context, input, { hashType });
    }
  }
}

/** Called with what is wrong; a strict reader throws there. */
type Report = (fault: Fault) => void;

/**
 * The signatures of one input of an answer that hold, whether it is finished or not.
 *
 * @throws signing-request.other-script-sig, signing-request.other-leaf, psbt.malformed
 */
export function read(verifier: Verifier, input: number, plan: Planned, map: FieldMap, report: Report): readonly InputSignature[] {
  const { lock } = plan;
  const hashType = typeFieldOf(map, input);
  if (hashType !== undefined && !verifier.allows(lock, hashType)) report(verifier.otherType(input, lock, '', hashType));
  const right: InputSignature[] = [];
  const take = (publicKey: Uint8Array, signature: Uint8Array): void => {
    const foreign: Fault = { code: 'signing-request.foreign-signature', input, publicKey: Hex.encode(publicKey) };
    const fault = mayHold(lock, publicKey) ? verifier.faultOf(input, lock, publicKey, signature) : foreign;
    if (fault !== undefined) report(fault);
    else right.push({ publicKey, signature, ...(lock.type === 'leaf' ? { leafHash: Bytes.copy(lock.leaf.leafHash) } : {}) });
  };
  for (const { key, value } of map.values()) {
    if (key[0] === INPUT.PARTIAL_SIG) takePartial(lock, input, key, value, take, report);
    else if (key[0] === INPUT.TAP_KEY_SIG) takeKeyPath(lock, input, key, value, take, report);
    else if (key[0] === INPUT.TAP_SCRIPT_SIG) takeScriptPath(lock, input, key, value, take, report);
  }
  const items = finalItemsOf(plan, input, map);
  if (items !== undefined) takeFinal(verifier, input, plan, items, take);
  return right;
}

function typeFieldOf(map: FieldMap, input: number): number | undefined {
  const given = map.get('03')?.value;
  if (given === undefined) return undefined;
  if (given.length !== 4) malformed('the sighash type has not 4 bytes', `inputs[${input}]`);
  return new DataView(given.buffer, given.byteOffset, 4).getUint32(0, true);
}

type Take = (publicKey: Uint8Array, signature: Uint8Array) => void;

function foreign(input: number, publicKey: Uint8Array): Fault {
  return { code: 'signing-request.foreign-signature', input, publicKey: Hex.encode(publicKey) };
}

function takePartial(lock: Lock, input: number, key: Uint8Array, value: Uint8Array, take: Take, report: Report): void {
  const publicKey = key.slice(1);
  if (publicKey.length !== 33 && publicKey.length !== 65) malformed('a partial signature of no key', `inputs[${input}]`);
  if (lock.type === 'key-hash' || lock.type === 'multisig') take(publicKey, value);
  else report(foreign(input, publicKey));
}

function takeKeyPath(lock: Lock, input: number, key: Uint8Array, value: Uint8Array, take: Take, report: Report): void {
  if (key.length !== 1) malformed('a key path signature with key data', `inputs[${input}]`);
  if (lock.type === 'key-path') take(Bytes.copy(lock.outputKey), value);
  else report(foreign(input, new Uint8Array(0)));
}

function takeScriptPath(lock: Lock, input: number, key: Uint8Array, value: Uint8Array, take: Take, report: Report): void {
  if (key.length !== 65) malformed('a leaf signature without key and leaf hash', `inputs[${input}]`);
  const publicKey = key.slice(1, 33);
  if (lock.type === 'leaf' && Bytes.equal(key.subarray(33), lock.leaf.leafHash)) take(publicKey, value);
  else report(foreign(input, publicKey));
}

/** The items of a finished input: of the witness, or of a scriptSig before segwit. Undefined for one that is not finished. */
function finalItemsOf({ lock, scriptSig }: Planned, input: number, map: FieldMap): readonly Uint8Array[] | undefined {
  const finalScriptSig = map.get('07')?.value;
  const finalWitness = map.get('08')?.value;
  if ('era' in lock && lock.era === 'legacy') {
    if (finalWitness !== undefined && finalWitness.length > 1) malformed('a witness for an input before segwit', `inputs[${input}]`);
    if (finalScriptSig === undefined) return undefined;
    return pushesOf(finalScriptSig) ?? malformed('a scriptSig that does not only push', `inputs[${input}]`);
  }
  // Of a witness input the scriptSig is known, and it is part of the txid.
  if (finalScriptSig !== undefined && !Bytes.equal(finalScriptSig, scriptSig))
    changed('other-script-sig', `inputs[${input}].finalScriptSig`, Hex.encode(scriptSig), Hex.encode(finalScriptSig), { input });
  return finalWitness === undefined ? undefined : stackOf(finalWitness, input);
}

/** Signatures have 73 bytes, scripts 10,000: longer items, and more of them, are no witness of ours. */
const MAX_ITEMS = 1000;

function stackOf(raw: Uint8Array, input: number): readonly Uint8Array[] {
  const read = readWitness(raw);
  if ('fault' in read || read.next !== raw.length || read.stack.length > MAX_ITEMS)
    return malformed('the final witness is broken', `inputs[${input}]`);
  return read.stack;
}

function takeFinal(verifier: Verifier, input: number, plan: Planned, items: readonly Uint8Array[], take: Take): void {
  const { lock } = plan;
  const bad = (): never => malformed(`the finished input is not one of its kind (${lock.type})`, `inputs[${input}]`);
  const [first, second] = items;
  if (lock.type === 'key-hash') {
    if (first === undefined || second === undefined || items.length > 2) bad();
    else take(second, first);
  } else if (lock.type === 'key-path') {
    if (first === undefined || items.length > 1) bad();
    else take(Bytes.copy(lock.outputKey), first);
  } else if (lock.type === 'multisig') {
    const script = items[items.length - 1];
    if (items.length < 2 || first?.length !== 0 || script === undefined || !Bytes.equal(script, lock.scriptCode)) bad();
    takeNameless(verifier, input, lock, items.slice(1, -1), lock.group.keys, take);
  } else if (lock.type === 'leaf') takeLeaf(verifier, input, lock, items, take);
  else bad();
}

function takeLeaf(
  verifier: Verifier,
  input: number,
  lock: Extract<Lock, { type: 'leaf' }>,
  items: readonly Uint8Array[],
  take: Take,
): void {
  const script = items[items.length - 2] ?? new Uint8Array(0);
  const controlBlock = items[items.length - 1] ?? new Uint8Array(0);
  const field = `inputs[${input}].finalScriptWitness`;
  if (!Bytes.equal(script, lock.leaf.script)) changed('other-leaf', field, Hex.encode(lock.leaf.script), Hex.encode(script), { input });
  if (!Bytes.equal(controlBlock, lock.leaf.controlBlock))
    changed('other-leaf', field, Hex.encode(lock.leaf.controlBlock), Hex.encode(controlBlock), { input });
  // Slots stand in the reverse order of the keys in the script.
  takeNameless(verifier, input, lock, items.slice(0, -2).reverse(), lock.keys, take);
}

/**
 * Signatures that stand in a finished input without their keys. With one slot for each key the place tells the key; else, or when that one
 * did not sign, all keys that have not signed yet are tried.
 */
function takeNameless(
  verifier: Verifier,
  input: number,
  lock: Lock,
  slots: readonly Uint8Array[],
  keys: readonly Uint8Array[],
  take: Take,
): void {
  if (slots.length > keys.length) malformed('more signatures than keys', `inputs[${input}]`);
  const unused = new Set(keys);
  for (const [slot, signature] of slots.entries()) {
    if (signature.length === 0) continue;
    const likely = slots.length === keys.length ? keys[slot] : undefined;
    const candidates = likely !== undefined && unused.has(likely) ? [likely, ...unused] : [...unused];
    const signer = candidates.find((key) => verifier.faultOf(input, lock, key, signature) === undefined);
    // Nobody's: the report names the key whose place it has, or the first one that is open.
    const named = signer ?? likely ?? (candidates[0] as Uint8Array);
    unused.delete(named);
    take(named, signature);
  }
}
