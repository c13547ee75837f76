// Contents page of durable one-time signing: the rule, the signer around it, and what it asks of a store. No chain, no host.
export { type Decision, decide, type Question, type Refusal } from './Decision.ts';
/** Signing histories as JSON: parse, merge, render. */
export * as Interchange from './Interchange.ts';
/** The store in memory: the model of the durable ones. */
export { type MemoryImage, MemoryStore } from './MemoryStore.ts';
export type { Recognisers, Vote } from './Recognisers.ts';
export {
  type EvidenceSource,
  type Item,
  type KeyRing,
  type Limits,
  type Outcome,
  type RandomnessSource,
  Signer,
  type SignerEvent,
  type SignerOptions,
} from './Signer.ts';
export type {
  Claimed,
  Merged,
  MergeInput,
  RandomnessList,
  Reading,
  SignRecord,
  SignStore,
  Slot,
  SlotState,
  StoreIdentity,
} from './SignStore.ts';
export type { PublicKey } from './types.ts';
