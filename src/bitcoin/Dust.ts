// The dust rule of relay policy (3000 sat/kvB, the same numbers as the 1000 sat/kvB rule with factor 3 that the Babylon chain uses).
import * as Check from '../base/Check.ts';
import * as Sats from '../base/Sats.ts';
import * as CompactSize from './CompactSize.ts';

export type Reason = Check.Reason;

/** Output scripts above this many bytes are unspendable and count as dust. */
const MAX_SCRIPT = 10_000;

/** True for OP_RETURN outputs, which are exempt because they are never spent. */
export function isUnspendable(script: Uint8Array): boolean {
  return Check.bytes(script, 'script')[0] === 0x6a;
}

/**
 * The smallest amount that is not dust for this output script: P2TR 330, P2WPKH 294, P2WSH 330, P2PKH 546, P2SH 540, P2A 240.
 *
 * @unit satoshi
 * @source btcd mempool/policy.go GetDustThreshold; Bitcoin Core policy GetDustThreshold at 3000 sat/kvB
 */
export function threshold(script: Uint8Array): bigint {
  Check.bytes(script, 'script');
  const outputBytes = 8 + CompactSize.encode(script.length).length + script.length;
  return BigInt(3 * (outputBytes + 41 + (isWitnessProgram(script) ? 26 : 107)));
}

/** True when the output would not be relayed because spending it costs too much of it. */
export function isDust(script: Uint8Array, valueSats: bigint): boolean {
  if (typeof valueSats !== 'bigint') Sats.from(valueSats, 'valueSats');
  if (isUnspendable(script)) return false;
  return script.length > MAX_SCRIPT || valueSats < threshold(script);
}

/** A witness program: one version opcode, then one direct push of 2..40 bytes to the end (BIP141). */
export function isWitnessProgram(script: Uint8Array): boolean {
  const version = Check.bytes(script, 'script')[0] as number;
  return (
    script.length >= 4 && script.length <= 42 && (version === 0 || (version >= 0x51 && version <= 0x60)) && script[1] === script.length - 2
  );
}
