// Checked arithmetic of Solidity 0.8 on uint256: what leaves the range reverts.
import { revert, UNDERFLOW } from './Revert.ts';
import { MAX_UINT256 } from './schemas.ts';

/** @throws ledger.reverted - Panic(0x11) */
export function plus(a: bigint, b: bigint): bigint {
  return fits(a + b);
}

/** @throws ledger.reverted - Panic(0x11) */
export function times(a: bigint, b: bigint): bigint {
  return fits(a * b);
}

function fits(value: bigint): bigint {
  if (value > MAX_UINT256) revert(UNDERFLOW);
  return value;
}
