// When a transaction may be in the next block: nLockTime and the relative locks of its inputs (BIP68, BIP113).
import { fail } from '../../base/Errors.ts';
import type { SpendTransaction } from './decode.ts';
import { type Failure, transactionFailure } from './rules.ts';

export type Reason = { readonly code: 'spend.missing-median-time'; readonly inputIndex: number };

/** What is known of a spent output: its block, and the median time past of the block before that. */
export type CoinAge = { readonly confirmedHeight: number; readonly medianTimeBefore?: number };

/** Lock times from here on are seconds, below they are heights. */
const LOCKTIME_THRESHOLD = 500_000_000;
const FINAL = 0xffff_ffff;
const DISABLE_FLAG = 0x8000_0000;
const TIME_FLAG = 0x0040_0000;
/** One unit of a relative lock by time. @unit seconds */
const TIME_UNIT = 512;

/**
 * The nLockTime rule for a block at tipHeight + 1 after a tip with this median time past.
 *
 * @source BIP113
 */
export function checkLockTime({ locktime, ins }: SpendTransaction, tipHeight: number, medianTime: number): Failure | undefined {
  if (ins.every(({ sequence }) => sequence === FINAL)) return undefined;
  if (locktime < LOCKTIME_THRESHOLD) {
    if (locktime <= tipHeight) return undefined;
    return transactionFailure('non-final', `locked until the tip has height ${locktime}, it has ${tipHeight}`);
  }
  if (locktime < medianTime) return undefined;
  return transactionFailure('non-final', `locked until the tip's median time is above ${locktime}, it is ${medianTime}`);
}

/**
 * The first input whose relative lock has not run out at height tipHeight + 1.
 *
 * @throws spend.missing-median-time - when an input is locked by time and the coin's median time is not given
 * @source BIP68 "Specification"
 */
export function checkSequenceLocks(
  { version, ins }: SpendTransaction,
  coins: readonly CoinAge[],
  tipHeight: number,
  medianTime: number,
): Failure | undefined {
  if (version < 2) return undefined;
  for (const [inputIndex, { sequence }] of ins.entries()) {
    if ((sequence & DISABLE_FLAG) !== 0) continue;
    const coin = coins[inputIndex] as CoinAge;
    const units = sequence & 0xffff;
    if ((sequence & TIME_FLAG) !== 0) {
      const start = coin.medianTimeBefore ?? missingMedianTime(inputIndex);
      const from = start + TIME_UNIT * units;
      if (medianTime < from) return tooYoung(inputIndex, `from median time ${from} on, the tip's is ${medianTime}`);
    } else {
      const from = coin.confirmedHeight + units;
      if (tipHeight + 1 < from) return tooYoung(inputIndex, `from block ${from} on, the next is ${tipHeight + 1}`);
    }
  }
  return undefined;
}

function tooYoung(inputIndex: number, when: string): Failure {
  return transactionFailure('non-BIP68-final', `its relative lock lets the output be spent ${when}`, inputIndex);
}

function missingMedianTime(inputIndex: number): never {
  fail<Reason>(
    { code: 'spend.missing-median-time', inputIndex },
    `prevouts[${inputIndex}].medianTimeBefore is needed: the input has a relative lock by time`,
  );
}
