// The three tapscript blocks of staking leaves (BIP342): one key, k-of-n keys by CHECKSIGADD, and a key with a relative timelock (BIP112).
import * as Blocks from '../base/Blocks.ts';
import * as Bytes from '../base/Bytes.ts';
import * as Check from '../base/Check.ts';
import { fail } from '../base/Errors.ts';
import * as Hex from '../base/Hex.ts';
import type { XOnlyPublicKey } from '../crypto/PublicKey.ts';
import { OP, pushData, pushNumber } from './Script.ts';

export type Reason =
  | Check.Reason
  | { readonly code: 'tapscript.no-keys'; readonly field: string }
  | { readonly code: 'tapscript.duplicate-key'; readonly field: string; readonly key: string }
  | { readonly code: 'tapscript.bad-quorum'; readonly field: string; readonly quorum: number; readonly keys: number };

/** Whether a block leaves its result on the stack or fails the script at once. */
export type Ending = 'leave' | 'verify';

/**
 * `<key> CHECKSIG` or `<key> CHECKSIGVERIFY`.
 *
 * @shape 34 bytes
 * @throws input.not-bytes, input.wrong-length - a key of another length than 32 is one that anybody can sign for (BIP342)
 */
export function singleKey(key: XOnlyPublicKey, ending: Ending, field = 'key'): Uint8Array {
  return Bytes.concat(pushData(Check.bytes(key, field, 32)), Uint8Array.of(ending === 'verify' ? OP.CHECKSIGVERIFY : OP.CHECKSIG));
}

/**
 * k-of-n: `<k1> CHECKSIG <k2> CHECKSIGADD … <quorum> NUMEQUAL[VERIFY]`, keys ascending whatever the order given.
 * A single key is written as {@link singleKey}: there the quorum does not appear, so only 1 is accepted.
 *
 * @shape 34 n + |quorum| + 1 bytes
 * @throws tapscript.no-keys, tapscript.duplicate-key
 * @throws tapscript.bad-quorum - when the quorum is no integer in 1..n
 * @source babylon btcstaking/scripts_utils.go buildMultiSigScript
 * @differs refuses quorum 0, quorum > n and duplicates, which the Go builder lets pass in places
 */
export function multiKey(keys: readonly XOnlyPublicKey[], quorum: number, ending: Ending, field = 'keys'): Uint8Array {
  const sorted = sortKeys(keys, field);
  checkQuorum(quorum, sorted.length, field);
  const only = sorted[0] as XOnlyPublicKey;
  if (sorted.length === 1) return singleKey(only, ending);
  const parts = sorted.flatMap((key, i) => [pushData(key), Uint8Array.of(i === 0 ? OP.CHECKSIG : OP.CHECKSIGADD)]);
  return Bytes.concat(...parts, pushNumber(quorum), Uint8Array.of(ending === 'verify' ? OP.NUMEQUALVERIFY : OP.NUMEQUAL));
}

/**
 * `<key(s)> CHECKSIGVERIFY <blocks> CHECKSEQUENCEVERIFY`; with several keys the k-of-n block stands in front.
 * The number stays on the stack as the true value, which is why it is never 0.
 *
 * @throws input.not-integer, input.out-of-range, and as {@link multiKey}
 */
export function timelock(keys: readonly XOnlyPublicKey[], quorum: number, lock: Blocks.TimelockBlocks, field = 'keys'): Uint8Array {
  return Bytes.concat(multiKey(keys, quorum, 'verify', field), pushNumber(Blocks.timelock(lock)), Uint8Array.of(OP.CHECKSEQUENCEVERIFY));
}

/**
 * The keys ascending by their bytes, the order of every script. The witness has them the other way round.
 *
 * @throws tapscript.no-keys, tapscript.duplicate-key
 */
export function sortKeys(keys: readonly XOnlyPublicKey[], field = 'keys'): readonly XOnlyPublicKey[] {
  Check.list(keys, field);
  if (keys.length === 0) fail<Reason>({ code: 'tapscript.no-keys', field }, `${field}: at least one key is needed`);
  for (const [i, key] of keys.entries()) Check.bytes(key, `${field}[${i}]`, 32);
  const sorted = [...keys].sort(Bytes.compare);
  for (let i = 1; i < sorted.length; i++) {
    const key = sorted[i] as XOnlyPublicKey;
    if (Bytes.equal(key, sorted[i - 1] as XOnlyPublicKey)) {
      fail<Reason>({ code: 'tapscript.duplicate-key', field, key: Hex.encode(key) }, `${field}: the key ${Hex.encode(key)} is there twice`);
    }
  }
  return sorted;
}

function checkQuorum(quorum: number, keys: number, field: string): void {
  Check.integer(quorum, `${field} quorum`, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  if (quorum < 1 || quorum > keys) {
    fail<Reason>({ code: 'tapscript.bad-quorum', field, quorum, keys }, `${field}: the quorum must be 1..${keys}, got ${quorum}`);
  }
}
