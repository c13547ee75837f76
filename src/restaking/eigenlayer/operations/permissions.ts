// Operations of PermissionController, and of what all contracts have to be paused with.
import { z } from 'zod';
import { CONTRACTS, type PausedRequest, type PauseRequest } from '../Pausable.ts';
import type { AdminRequest, AppointeeRequest } from '../PermissionController.ts';
import { type Fields, type Named, operation, type Shapes } from './fields.ts';

export type PermissionOperation =
  | Named<'addPendingAdmin' | 'removePendingAdmin' | 'removeAdmin', AdminRequest>
  | Named<'acceptAdmin', { readonly account: string; readonly caller: string }>
  | Named<'setAppointee' | 'removeAppointee', AppointeeRequest>
  | Named<'pause' | 'unpause', PauseRequest>
  | Named<'pauseAll', PausedRequest>;

export function permissionShapes(f: Fields): Shapes<PermissionOperation> {
  const caller = { caller: f.optional(f.id) };
  const admin = { account: f.id, admin: f.id, ...caller };
  const appointee = { account: f.id, appointee: f.id, target: f.id, selector: f.id, ...caller };
  const contract = { contract: z.enum(CONTRACTS), strategy: f.optional(f.strategy) };
  return {
    addPendingAdmin: operation('addPendingAdmin', admin),
    removePendingAdmin: operation('removePendingAdmin', admin),
    removeAdmin: operation('removeAdmin', admin),
    acceptAdmin: operation('acceptAdmin', { account: f.id, caller: f.id }),
    setAppointee: operation('setAppointee', appointee),
    removeAppointee: operation('removeAppointee', appointee),
    pause: operation('pause', { ...contract, newPausedStatus: f.uint256 }),
    unpause: operation('unpause', { ...contract, newPausedStatus: f.uint256 }),
    pauseAll: operation('pauseAll', contract),
  };
}
