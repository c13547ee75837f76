// Numbers and bytes as people read them.
import { Hex, Sats } from '../../../src/index.ts';

/** "5,000,000 sat". */
export const sat = (value: bigint): string => `${value.toLocaleString('en-US')} sat`;

/** "0.05000000 BTC": amounts below each other line up. */
export const btc = (value: bigint): string => Sats.format(Sats.from(value));

/** "0.05 BTC". */
export const btcShort = (value: bigint): string => btc(value).replace(/\.?0+ BTC$/, ' BTC');

/** "64,000 blocks (about 444 days)". */
export function blocks(count: number): string {
  const days = count / 144;
  const rough = days >= 2 ? `${Math.round(days)} days` : `${Math.round(days * 24)} hours`;
  return `${count.toLocaleString('en-US')} blocks (about ${rough})`;
}

/** Both ends of a long text. */
export const short = (text: string, ends = 8): string =>
  text.length <= 2 * ends + 1 ? text : `${text.slice(0, ends)}…${text.slice(-ends)}`;

export const shortHex = (bytes: Uint8Array, ends = 8): string => short(Hex.encode(bytes), ends);
