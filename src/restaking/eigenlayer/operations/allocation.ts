// Operations of AllocationManager.
import { z } from 'zod';
import type { MagnitudeChange, NewSet } from '../AllocationManager.ts';
import { type Caller, type Fields, type Named, operation, type Shapes } from './fields.ts';

type Avs = Caller & { readonly avs: string };
type OperatorSet = Avs & { readonly id: bigint };

export type AllocationOperation =
  | Named<'updateAVSMetadataURI', Avs>
  /** How the registrar answers: null agrees, text is the error that it reverts with. */
  | Named<'setAVSRegistrar', Avs & { readonly refusesRegistration: string | null; readonly refusesDeregistration: string | null }>
  /** One set. An AVS that calls itself (no `caller`) announces itself first where it has not. */
  | Named<'createOperatorSet', Avs & NewSet & { readonly redistributionRecipient?: string }>
  | Named<'createOperatorSets', Avs & { readonly params: readonly NewSet[] }>
  | Named<
      'createRedistributingOperatorSets',
      Avs & { readonly params: readonly NewSet[]; readonly redistributionRecipients: readonly string[] }
    >
  | Named<'addStrategies' | 'removeStrategies', OperatorSet & { readonly strategies: readonly string[] }>
  | Named<'setAllocationDelay', Caller & { readonly operator: string; readonly delay: bigint }>
  /** In one set. */
  | Named<'modifyAllocations', Caller & MagnitudeChange & { readonly operator: string }>
  /** In several, all or none. */
  | Named<'modifyAllocations', Caller & { readonly operator: string; readonly params: readonly MagnitudeChange[] }>
  | Named<
      'clearDeallocationQueue',
      { readonly operator: string; readonly strategies: readonly string[]; readonly numToClear: readonly bigint[] }
    >
  | Named<
      'registerForOperatorSets' | 'deregisterFromOperatorSets',
      Caller & { readonly operator: string; readonly avs: string; readonly ids: readonly bigint[] }
    >
  | Named<'updateSlasher', OperatorSet & { readonly slasher: string }>
  | Named<
      'slash',
      OperatorSet & {
        readonly operator: string;
        readonly strategies: readonly string[];
        /** Fractions of what the set holds. @unit 1e-18 */
        readonly wads: readonly bigint[];
      }
    >;

export function allocationShapes(f: Fields): Shapes<AllocationOperation> {
  const caller = { caller: f.optional(f.id) };
  const set = { avs: f.id, id: f.uint32 };
  const strategies = { strategies: z.array(f.strategy) };
  const newSet = { id: f.uint32, ...strategies, slasher: f.optional(f.id) };
  const newSets = { avs: f.id, params: z.array(z.strictObject(newSet)), ...caller };
  const change = { ...set, ...strategies, newMagnitudes: z.array(f.uint64) };
  const registration = { operator: f.id, avs: f.id, ids: z.array(f.uint32), ...caller };
  // An error name, or Error(text).
  const refusal = f.text.refine((text) => /^[ -~]{1,200}$/.test(text), 'expected 1..200 visible characters').nullable();
  return {
    updateAVSMetadataURI: operation('updateAVSMetadataURI', { avs: f.id, ...caller }),
    setAVSRegistrar: operation('setAVSRegistrar', { avs: f.id, refusesRegistration: refusal, refusesDeregistration: refusal, ...caller }),
    createOperatorSet: operation('createOperatorSet', {
      avs: f.id,
      ...newSet,
      redistributionRecipient: f.optional(f.id),
      ...caller,
    }),
    createOperatorSets: operation('createOperatorSets', newSets),
    createRedistributingOperatorSets: operation('createRedistributingOperatorSets', {
      ...newSets,
      redistributionRecipients: z.array(f.id),
    }),
    addStrategies: operation('addStrategies', { ...set, ...strategies, ...caller }),
    removeStrategies: operation('removeStrategies', { ...set, ...strategies, ...caller }),
    setAllocationDelay: operation('setAllocationDelay', { operator: f.id, delay: f.uint32, ...caller }),
    modifyAllocations: z.union([
      operation('modifyAllocations', { operator: f.id, ...change, ...caller }),
      operation('modifyAllocations', { operator: f.id, params: z.array(z.strictObject(change)), ...caller }),
    ]),
    clearDeallocationQueue: operation('clearDeallocationQueue', { operator: f.id, ...strategies, numToClear: z.array(f.uint16) }),
    registerForOperatorSets: operation('registerForOperatorSets', registration),
    deregisterFromOperatorSets: operation('deregisterFromOperatorSets', registration),
    updateSlasher: operation('updateSlasher', { ...set, slasher: f.id, ...caller }),
    slash: operation('slash', { ...set, operator: f.id, ...strategies, wads: z.array(f.uint256), ...caller }),
  };
}
