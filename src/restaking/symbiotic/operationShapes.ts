// The JSON of each operation, as schemas.
import { z } from 'zod';
import { firstProblem, type Problem } from '../state/problem.ts';
import { givenUint, ID, MAX_UINT256 } from '../state/schemas.ts';
import { MAX_TIME } from './Config.ts';
import type { Operation } from './operationTypes.ts';

const uint = givenUint(MAX_UINT256, '2^256 - 1');
const uint96 = givenUint((1n << 96n) - 1n, '2^96 - 1');
const seconds = givenUint(MAX_TIME, '2^48 - 1');
const id = z.string().regex(ID, 'expected a name of 1..80 visible characters without | and :');
const flag = z.boolean();
const subnetwork = { net: id, id: uint96 };
const slash = { ...subnetwork, operator: id, amount: uint, captureAgo: seconds };

type Shape<K extends Operation['op']> = z.ZodType<Extract<Operation, { op: K }>, unknown>;

export const SHAPES: { readonly [K in Operation['op']]: Shape<K> } = {
  advance: z.strictObject({ op: z.literal('advance'), seconds }),
  deposit: z.strictObject({ op: z.literal('deposit'), who: id, amount: uint, onBehalfOf: id.exactOptional() }),
  withdraw: z.strictObject({ op: z.literal('withdraw'), who: id, amount: uint, claimer: id.exactOptional() }),
  redeem: z.strictObject({ op: z.literal('redeem'), who: id, shares: uint, claimer: id.exactOptional() }),
  claim: z.strictObject({ op: z.literal('claim'), who: id, epoch: uint, recipient: id.exactOptional() }),
  claimBatch: z.strictObject({ op: z.literal('claimBatch'), who: id, epochs: z.array(uint), recipient: id.exactOptional() }),
  setDepositWhitelist: z.strictObject({ op: z.literal('setDepositWhitelist'), status: flag }),
  setDepositorWhitelistStatus: z.strictObject({ op: z.literal('setDepositorWhitelistStatus'), account: id, status: flag }),
  setIsDepositLimit: z.strictObject({ op: z.literal('setIsDepositLimit'), status: flag }),
  setDepositLimit: z.strictObject({ op: z.literal('setDepositLimit'), limit: uint }),
  setMaxNetworkLimit: z.strictObject({ op: z.literal('setMaxNetworkLimit'), ...subnetwork, amount: uint }),
  setNetworkLimit: z.strictObject({ op: z.literal('setNetworkLimit'), ...subnetwork, amount: uint }),
  setOperatorNetworkLimit: z.strictObject({ op: z.literal('setOperatorNetworkLimit'), ...subnetwork, operator: id, amount: uint }),
  setOperatorNetworkShares: z.strictObject({ op: z.literal('setOperatorNetworkShares'), ...subnetwork, operator: id, shares: uint }),
  registerOperator: z.strictObject({ op: z.literal('registerOperator'), operator: id }),
  registerNetwork: z.strictObject({ op: z.literal('registerNetwork'), net: id }),
  optInVault: z.strictObject({ op: z.literal('optInVault'), operator: id }),
  optOutVault: z.strictObject({ op: z.literal('optOutVault'), operator: id }),
  optInNetwork: z.strictObject({ op: z.literal('optInNetwork'), operator: id, net: id }),
  optOutNetwork: z.strictObject({ op: z.literal('optOutNetwork'), operator: id, net: id }),
  setResolver: z.strictObject({ op: z.literal('setResolver'), ...subnetwork, resolver: id.nullable().exactOptional() }),
  slash: z.strictObject({ op: z.literal('slash'), ...slash }),
  requestSlash: z.strictObject({ op: z.literal('requestSlash'), ...slash }),
  executeSlash: z.strictObject({ op: z.literal('executeSlash'), net: id, index: uint }),
  vetoSlash: z.strictObject({ op: z.literal('vetoSlash'), index: uint, who: id }),
};

/** The operation, or the first field that is not as it should be. */
export function read(name: Operation['op'], json: unknown): { readonly value: Operation } | Problem {
  const shape = SHAPES[name] as z.ZodType<Operation, unknown>;
  const result = z.safeDecode(shape, json);
  if (result.success) return { value: result.data };
  // Once more for the message alone: what is missing and what has another type differ by their input.
  const again = z.safeDecode(shape, json, { reportInput: true });
  return firstProblem((again.success ? result : again).error as z.ZodError);
}
