export type { BitcoinPort } from './chain/BitcoinPort.ts';
/** A Bitcoin chain in memory that judges every spend. */
export { EmbeddedChain } from './chain/EmbeddedChain.ts';
/** From a stake to a slash, told on any chain. */
export * as Story from './story/Story.ts';
