// Operations of EmissionsController.
import { z } from 'zod';
import type { DistributionRequest } from '../EmissionsController.ts';
import { DISTRIBUTION_TYPES } from '../rewards/rewardsStorage.ts';
import { type Caller, type Fields, type Named, operation, type Shapes } from './fields.ts';

export type EmissionsOperation =
  | Named<'pressButton', { readonly length: bigint }>
  | { readonly op: 'sweep' }
  | Named<'addDistribution', Caller & { readonly distribution: DistributionRequest }>
  | Named<'updateDistribution', Caller & { readonly distributionId: bigint; readonly distribution: DistributionRequest }>
  | Named<'setIncentiveCouncil', Caller & { readonly incentiveCouncil: string }>;

export function emissionsShapes(f: Fields): Shapes<EmissionsOperation> {
  const caller = { caller: f.optional(f.id) };
  const distribution = z.strictObject({
    distributionType: z.enum(DISTRIBUTION_TYPES),
    weight: f.uint64,
    startEpoch: f.uint64,
    totalEpochs: f.uint64,
    operatorSet: f.optional(z.strictObject({ avs: f.id, id: f.uint32 })),
    submissions: z.array(z.array(z.tuple([f.strategy, f.uint96]))),
  });
  return {
    pressButton: operation('pressButton', { length: f.uint256 }),
    sweep: operation('sweep', {}),
    addDistribution: operation('addDistribution', { distribution, ...caller }),
    updateDistribution: operation('updateDistribution', { distributionId: f.uint256, distribution, ...caller }),
    setIncentiveCouncil: operation('setIncentiveCouncil', { incentiveCouncil: f.id, ...caller }),
  };
}
