// The hash by which a submission is known: Keccak-256 of the ABI encoding of (AVS, nonce, net submission).
// Implements eigenlayer-contracts src/contracts/core/RewardsCoordinator.sol (abi.encode of RewardsSubmission and
// OperatorDirectedRewardsSubmission); encoding: Solidity documentation, "Contract ABI Specification".
import { keccak_256 } from '@noble/hashes/sha3.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import * as Hex from '../../../base/Hex.ts';
import { accountKey } from '../ledger/addresses.ts';
import type { Submission } from './rewardsStorage.ts';

type Pairs = readonly (readonly [string, bigint])[];
const WORD_BYTES = 32;

/** @shape 32 bytes */
export function submissionHash(submission: Submission): Uint8Array {
  const body = submission.operatorRewards === null ? poolOf(submission) : directedOf(submission, submission.operatorRewards);
  return keccak_256(Hex.decode([address(submission.avs), word(submission.nonce), word(3 * WORD_BYTES), body].join('')));
}

function poolOf({ strategies, token, amount, startTimestamp, duration }: Submission): string {
  const head = [word(5 * WORD_BYTES), address(token), word(amount), word(startTimestamp), word(duration)];
  return [...head, pairs(strategies)].join('');
}

function directedOf({ strategies, token, startTimestamp, duration, description }: Submission, operatorRewards: Pairs): string {
  const parts = [pairs(strategies), pairs(operatorRewards), text(description ?? '')] as const;
  const first = 6 * WORD_BYTES;
  const second = first + parts[0].length / 2;
  const third = second + parts[1].length / 2;
  const head = [word(first), address(token), word(second), word(startTimestamp), word(duration), word(third)];
  return [...head, ...parts].join('');
}

function pairs(list: Pairs): string {
  return [word(list.length), ...list.flatMap(([id, value]) => [address(id), word(value)])].join('');
}

function text(value: string): string {
  const bytes = utf8ToBytes(value);
  const hex = Hex.encode(bytes);
  return word(bytes.length) + hex.padEnd(Math.ceil(bytes.length / WORD_BYTES) * WORD_BYTES * 2, '0');
}

function address(id: string): string {
  return accountKey(id).padStart(WORD_BYTES * 2, '0');
}

function word(value: bigint | number): string {
  return value.toString(16).padStart(WORD_BYTES * 2, '0');
}
