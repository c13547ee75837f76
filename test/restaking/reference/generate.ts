// Seeded random operation sequences for both restaking ledgers, in the vocabulary of the traces: to compare two implementations step by step.
export { eigenLayerSequence, type Sequence } from './generate-eigenlayer.ts';
export { symbioticSequence } from './generate-symbiotic.ts';
export { Random } from './random.ts';
