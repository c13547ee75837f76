// Operations of DurationVaultStrategy.
import type { DurationVault, VaultConfig } from '../DurationVaultStrategy.ts';
import { type Caller, type Fields, type Named, operation, type Shapes } from './fields.ts';

type Vault = { readonly strategy: string };

export type DurationVaultOperation =
  /** Makes a plain vault of the configuration a duration vault (initialize). */
  | Named<'deployDurationVaultStrategy', VaultConfig>
  | Named<'lock' | 'advanceToWithdrawals', Caller & Vault>
  | Named<'markMatured' | 'blacklistToken', Vault>
  | Named<'updateTVLLimits', Caller & Vault & Pick<DurationVault, 'maxPerDeposit' | 'stakeCap'>>
  | Named<'updateDelegationApprover', Caller & Vault & { readonly delegationApprover: string | null }>
  | Named<'setRewardsClaimer', Caller & Vault & { readonly claimer: string }>;

export function durationVaultShapes(f: Fields): Shapes<DurationVaultOperation> {
  const vault = { strategy: f.strategy };
  const calledVault = { ...vault, caller: f.optional(f.id) };
  const caps = { maxPerDeposit: f.uint256, stakeCap: f.uint256 };
  return {
    deployDurationVaultStrategy: operation('deployDurationVaultStrategy', {
      ...vault,
      vaultAdmin: f.id,
      arbitrator: f.id,
      duration: f.uint32,
      ...caps,
      avs: f.id,
      id: f.uint32,
      delegationApprover: f.optional(f.id.nullable()),
    }),
    lock: operation('lock', calledVault),
    advanceToWithdrawals: operation('advanceToWithdrawals', calledVault),
    markMatured: operation('markMatured', vault),
    blacklistToken: operation('blacklistToken', vault),
    updateTVLLimits: operation('updateTVLLimits', { ...calledVault, ...caps }),
    updateDelegationApprover: operation('updateDelegationApprover', { ...calledVault, delegationApprover: f.id.nullable() }),
    setRewardsClaimer: operation('setRewardsClaimer', { ...calledVault, claimer: f.id }),
  };
}
