// What a slash takes from the vault: active stake and the withdrawals that were not yet out of reach at the capture bear it in proportion.
// Implements symbioticfi/core src/contracts/vault/Vault.sol onSlash, which only the vault's slasher may call.
import { minus, require } from '../state/Revert.ts';
import * as Arithmetic from './arithmetic.ts';
import { currentEpoch, epochAt } from './epochs.ts';
import type { State } from './state.ts';
import * as VaultShares from './vaultShares.ts';

/** @returns what the vault really sends to the burner: at most what it holds. @throws ledger.reverted - InvalidTimestamp, InvalidCaptureEpoch */
export function onSlash(state: State, amount: bigint, captureTimestamp: bigint): bigint {
  const epoch = currentEpoch(state);
  const captured = epochAt(state, captureTimestamp);
  require((epoch === 0n || captured >= epoch - 1n) && captured <= epoch, 'InvalidCaptureEpoch');
  const active = VaultShares.total(state, 'activeStake');
  const next = VaultShares.withdrawalsIn(state, epoch + 1n).assets;
  // Withdrawals of this epoch were asked for in the last one: a capture in this epoch is after they left the stake.
  const current = captured === epoch ? 0n : VaultShares.withdrawalsIn(state, epoch).assets;
  const pool = active + current + next;
  const slashed = Arithmetic.min(amount, pool);
  if (slashed === 0n) return 0n;
  const activeSlashed = Arithmetic.mulDivDown(slashed, active, pool);
  state.note?.('activeSlashed', `floor(${slashed} * ${active} / ${pool})`, activeSlashed);
  if (captured === epoch) {
    VaultShares.setAssetsIn(state, epoch + 1n, minus(next, slashed - activeSlashed));
  } else {
    const parts = withdrawalParts(state, { slashed, activeSlashed, current, next, pool });
    VaultShares.setAssetsIn(state, epoch + 1n, minus(next, parts.next));
    VaultShares.setAssetsIn(state, epoch, current - parts.current);
  }
  VaultShares.setTotal(state, 'activeStake', active - activeSlashed);
  VaultShares.pay(state, state.config.burner, slashed);
  return slashed;
}

type Pool = { slashed: bigint; activeSlashed: bigint; current: bigint; next: bigint; pool: bigint };

/** The rest of both floors falls on the current epoch's withdrawals, and what these do not hold on the next one's. */
function withdrawalParts(state: State, { slashed, activeSlashed, current, next, pool }: Pool): { current: bigint; next: bigint } {
  const nextSlashed = Arithmetic.mulDivDown(slashed, next, pool);
  state.note?.('nextWithdrawalsSlashed', `floor(${slashed} * ${next} / ${pool})`, nextSlashed);
  const rest = slashed - activeSlashed - nextSlashed;
  return rest > current ? { current, next: nextSlashed + rest - current } : { current: rest, next: nextSlashed };
}
