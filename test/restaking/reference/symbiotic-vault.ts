// Symbiotic reference ledger: the vault (Symbiotic core Vault, ERC4626Math with a virtual share and a virtual asset).
import { integer, type Json, type JsonObject, text } from './json.ts';
import { min, mulDiv, mulDivUp, plus, refuse, require } from './maths.ts';
import { epochAt, latest, push, pushAt, type State, type World, withdrawalSharesOf, withdrawalsOfEpoch } from './symbiotic-state.ts';

export function sharesDown(assets: bigint, totalShares: bigint, totalAssets: bigint): bigint {
  return mulDiv(assets, totalShares + 1n, totalAssets + 1n);
}

export function sharesUp(assets: bigint, totalShares: bigint, totalAssets: bigint): bigint {
  return mulDivUp(assets, totalShares + 1n, totalAssets + 1n);
}

export function assetsDown(shares: bigint, totalAssets: bigint, totalShares: bigint): bigint {
  return mulDiv(shares, totalAssets + 1n, totalShares + 1n);
}

export function deposit(world: World, op: JsonObject): Json {
  const { state } = world;
  const who = text(op, 'who');
  const amount = integer(op, 'amount');
  require(amount !== 0n, 'InsufficientDeposit');
  const stake = latest(state.activeStake);
  const shares = latest(state.activeShares);
  const minted = sharesDown(amount, shares, stake);
  state.collateral = plus(state.collateral, amount);
  push(state.activeStake, state.time, stake + amount);
  push(state.activeShares, state.time, shares + minted);
  pushAt(state.sharesOf, who, state.time, latest(state.sharesOf[who]) + minted);
  return { ok: true, mintedShares: String(minted) };
}

/** Moves assets out of the active stake into the withdrawals of the next epoch. */
function moveToNextEpoch(world: World, who: string, assets: bigint, burned: bigint): bigint {
  const { state, config } = world;
  pushAt(state.sharesOf, who, state.time, latest(state.sharesOf[who]) - burned);
  push(state.activeShares, state.time, latest(state.activeShares) - burned);
  push(state.activeStake, state.time, latest(state.activeStake) - assets);
  const epoch = epochAt(config, state.time) + 1n;
  const next = withdrawalsOfEpoch(state, epoch);
  const minted = sharesDown(assets, next.shares, next.assets);
  next.assets += assets;
  next.shares += minted;
  withdrawalSharesOf(state, epoch, who).shares += minted;
  return minted;
}

export function withdraw(world: World, op: JsonObject): Json {
  const { state } = world;
  const who = text(op, 'who');
  const amount = integer(op, 'amount');
  require(amount !== 0n, 'InsufficientWithdrawal');
  const burned = sharesUp(amount, latest(state.activeShares), latest(state.activeStake));
  require(burned <= latest(state.sharesOf[who]), 'TooMuchWithdraw');
  const minted = moveToNextEpoch(world, who, amount, burned);
  return { ok: true, burnedShares: String(burned), mintedShares: String(minted) };
}

export function redeem(world: World, op: JsonObject): Json {
  const { state } = world;
  const who = text(op, 'who');
  const shares = integer(op, 'shares');
  require(shares <= latest(state.sharesOf[who]), 'TooMuchRedeem');
  const assets = assetsDown(shares, latest(state.activeStake), latest(state.activeShares));
  require(assets !== 0n, 'InsufficientRedemption');
  const minted = moveToNextEpoch(world, who, assets, shares);
  return { ok: true, withdrawnAssets: String(assets), mintedShares: String(minted) };
}

/** What an account's withdrawal of an epoch is worth, claimed or not. */
export function withdrawalsOf(state: State, epoch: bigint, account: string): bigint {
  const all = state.withdrawals.find((one) => one.epoch === epoch);
  const own = state.withdrawalShares.find((one) => one.epoch === epoch && one.account === account);
  return assetsDown(own?.shares ?? 0n, all?.assets ?? 0n, all?.shares ?? 0n);
}

export function claim(world: World, op: JsonObject): Json {
  const { state, config } = world;
  const who = text(op, 'who');
  const epoch = integer(op, 'epoch');
  require(epoch < epochAt(config, state.time), 'InvalidEpoch');
  const own = withdrawalSharesOf(state, epoch, who);
  require(!own.claimed, 'AlreadyClaimed');
  const amount = withdrawalsOf(state, epoch, who);
  require(amount !== 0n, 'InsufficientClaim');
  own.claimed = true;
  require(amount <= state.collateral, 'Error(ERC20: balance)');
  state.collateral -= amount;
  state.tokens[who] = (state.tokens[who] ?? 0n) + amount;
  return { ok: true, amount: String(amount) };
}

/** The vault's part of a slash: active stake and the withdrawals that the capture still covers bear it in proportion. */
export function vaultOnSlash(world: World, amount: bigint, capture: bigint): void {
  const { state, config } = world;
  const epoch = epochAt(config, state.time);
  const captureEpoch = epochAt(config, capture);
  if ((epoch > 0n && captureEpoch < epoch - 1n) || captureEpoch > epoch) refuse('InvalidCaptureEpoch');
  const active = latest(state.activeStake);
  const current = withdrawalsOfEpoch(state, epoch);
  const next = withdrawalsOfEpoch(state, epoch + 1n);
  const pool = captureEpoch === epoch ? active + next.assets : active + current.assets + next.assets;
  const slashed = min(amount, pool);
  if (slashed === 0n) return;
  const fromActive = mulDiv(slashed, active, pool);
  push(state.activeStake, state.time, active - fromActive);
  if (captureEpoch === epoch) {
    next.assets -= slashed - fromActive;
  } else {
    let fromNext = mulDiv(slashed, next.assets, pool);
    let fromCurrent = slashed - fromActive - fromNext;
    if (fromCurrent > current.assets) {
      fromNext += fromCurrent - current.assets;
      fromCurrent = current.assets;
    }
    next.assets -= fromNext;
    current.assets -= fromCurrent;
  }
  state.collateral -= slashed;
  state.burner += slashed;
}
