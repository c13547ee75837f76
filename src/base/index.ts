/** Heights and relative timelocks in Bitcoin blocks. */
export * as Blocks from './Blocks.ts';
export type { Brand } from './Brand.ts';
/** Byte arrays. */
export * as Bytes from './Bytes.ts';
/** Checks of untyped input, with field names and limits. */
export * as Check from './Check.ts';
export { fail, hasCode, isSatlockError, type Reason, SatlockError } from './Errors.ts';
/** Strict hexadecimal text. */
export * as Hex from './Hex.ts';
/** The slashing rate in ten-thousandths. */
export * as Rate from './Rate.ts';
/** Amounts in satoshi. */
export * as Sats from './Sats.ts';
