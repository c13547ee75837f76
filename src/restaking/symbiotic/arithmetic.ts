// Integer arithmetic as the contracts do it: Solidity 0.8, OpenZeppelin 5.5 Math.mulDiv (whose overflow is a Panic, not a text), and the
// conversions of symbioticfi/core src/contracts/libraries/ERC4626Math.sol with one virtual share and one virtual asset.
import { plus } from '../state/checkedArithmetic.ts';
import { revert, UNDERFLOW } from '../state/Revert.ts';
import { MAX_UINT256 } from '../state/schemas.ts';
import { MAX_TIME } from './Config.ts';

/** floor(x y / d), exact in between; `d` is positive. @throws ledger.reverted - Panic(0x11) */
export function mulDivDown(x: bigint, y: bigint, d: bigint): bigint {
  return fits((x * y) / d, MAX_UINT256);
}

/** ceil(x y / d), exact in between; `d` is positive. @throws ledger.reverted - Panic(0x11) */
export function mulDivUp(x: bigint, y: bigint, d: bigint): bigint {
  return fits((x * y + d - 1n) / d, MAX_UINT256);
}

/** What `assets` buy: `previewDeposit`. @throws ledger.reverted - Panic(0x11) */
export function sharesDown(assets: bigint, totalShares: bigint, totalAssets: bigint): bigint {
  return mulDivDown(assets, plus(totalShares, 1n), plus(totalAssets, 1n));
}

/** What `assets` cost: `previewWithdraw`. @throws ledger.reverted - Panic(0x11) */
export function sharesUp(assets: bigint, totalShares: bigint, totalAssets: bigint): bigint {
  return mulDivUp(assets, plus(totalShares, 1n), plus(totalAssets, 1n));
}

/** What `shares` are worth: `previewRedeem`. @throws ledger.reverted - Panic(0x11) */
export function assetsDown(shares: bigint, totalAssets: bigint, totalShares: bigint): bigint {
  return mulDivDown(shares, plus(totalAssets, 1n), plus(totalShares, 1n));
}

/** A timestamp that the contracts can hold. @throws ledger.reverted - Panic(0x11) */
export function uint48(value: bigint): bigint {
  return fits(value, MAX_TIME);
}

export function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function fits(value: bigint, max: bigint): bigint {
  if (value < 0n || value > max) revert(UNDERFLOW);
  return value;
}
