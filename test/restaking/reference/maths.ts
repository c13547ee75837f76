// Whole-number arithmetic of the two reference ledgers, as literally as the rules of the contracts state it. Speed does not matter here.
export const WAD: bigint = 10n ** 18n;
export const GWEI: bigint = 10n ** 9n;
export const MAX_UINT256: bigint = 2n ** 256n - 1n;

/** What a contract answers instead of a result: the name of its error. */
export class Refusal extends Error {
  readonly error: string;
  constructor(error: string) {
    super(error);
    this.error = error;
  }
}

export function refuse(error: string): never {
  throw new Refusal(error);
}

export function require(condition: boolean, error: string): void {
  if (!condition) refuse(error);
}

/** Floor of x·y/z with an exact product. */
export function mulDiv(x: bigint, y: bigint, z: bigint): bigint {
  if (z === 0n) refuse('Panic(0x12)');
  const result = (x * y) / z;
  if (result > MAX_UINT256) refuse('Error(Math: mulDiv overflow)');
  return result;
}

/** Ceiling of x·y/z with an exact product. */
export function mulDivUp(x: bigint, y: bigint, z: bigint): bigint {
  const floor = mulDiv(x, y, z);
  return (x * y) % z === 0n ? floor : floor + 1n;
}

export function mul(x: bigint, y: bigint): bigint {
  return mulDiv(x, y, WAD);
}

export function mulUp(x: bigint, y: bigint): bigint {
  return mulDivUp(x, y, WAD);
}

export function div(x: bigint, y: bigint): bigint {
  return mulDiv(x, WAD, y);
}

/** Checked subtraction of unsigned numbers. */
export function minus(x: bigint, y: bigint): bigint {
  if (y > x) refuse('Panic(0x11)');
  return x - y;
}

/** Checked addition of 256-bit unsigned numbers. */
export function plus(x: bigint, y: bigint): bigint {
  if (x + y > MAX_UINT256) refuse('Panic(0x11)');
  return x + y;
}

/** Checked multiplication of 256-bit unsigned numbers. */
export function times(x: bigint, y: bigint): bigint {
  if (x * y > MAX_UINT256) refuse('Panic(0x11)');
  return x * y;
}

export function min(x: bigint, y: bigint): bigint {
  return x < y ? x : y;
}
