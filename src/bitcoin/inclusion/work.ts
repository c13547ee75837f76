// The work in a block header against its own target and the easiest one of the network. Bitcoin Core pow.cpp, kernel/chainparams.cpp.
import type { Network } from '../Network.ts';

/** The easiest target of each network. */
const EASIEST: Readonly<Record<Network, bigint>> = {
  mainnet: (1n << 224n) - 1n,
  testnet: (1n << 224n) - 1n,
  signet: 0x377aen << 216n,
  regtest: (1n << 255n) - 1n,
  simnet: (1n << 255n) - 1n,
};

/** The target of a compact form; undefined for zero, negative and overflowing ones. */
function targetOf(bits: number): bigint | undefined {
  const exponent = bits >>> 24;
  const mantissa = BigInt(bits & 0x7f_ffff);
  const target = exponent <= 3 ? mantissa >> BigInt(8 * (3 - exponent)) : mantissa << BigInt(8 * (exponent - 3));
  const negative = (bits & 0x80_0000) !== 0;
  return target === 0n || negative || target >= 1n << 256n ? undefined : target;
}

/** True when the hash meets the target of `bits`, and that target is one of the network. */
export function hasWork({ bits, hash }: { readonly bits: number; readonly hash: string }, network: Network): boolean {
  const target = targetOf(bits);
  return target !== undefined && target <= EASIEST[network] && BigInt(`0x${hash}`) <= target;
}
