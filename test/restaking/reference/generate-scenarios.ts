// Short scripts that lead to states which random operations hardly meet: a scaling factor that rounds to nothing, a burn that nothing backs, an
// operator with fewer native shares than its stakers, a full list of strategies. A sequence may begin with one and goes on at random.
import type { EigenLayerBuilder } from './generate-eigenlayer.ts';

const WAD = 10n ** 18n;

/** Operator ox alone in set vx:0 with all its magnitude of a strategy allocated. */
function soleOperator(b: EigenLayerBuilder, strategy: string): void {
  b.push({ op: 'registerOperator', operator: 'ox', allocationDelay: 0 });
  b.push({ op: 'createOperatorSet', avs: 'vx', id: 0, strategies: [strategy] });
  b.push({ op: 'registerForOperatorSets', operator: 'ox', avs: 'vx', ids: [0] });
  b.push({ op: 'modifyAllocations', operator: 'ox', avs: 'vx', id: 0, strategies: [strategy], newMagnitudes: [String(WAD)] });
}

function slashX(b: EigenLayerBuilder, strategy: string, wad: bigint): void {
  b.push({ op: 'slash', avs: 'vx', id: 0, operator: 'ox', strategies: [strategy], wads: [String(wad)] });
}

/** With magnitude 3 a deposit of one wei leaves k at 2/3; with magnitude 1 the next one would leave it at nothing. */
export function vanishingFactor(b: EigenLayerBuilder): void {
  soleOperator(b, 'S1');
  const shares = BigInt(b.random.between(3, 9)) * WAD + WAD / 3n;
  b.push({ op: 'deposit', staker: 'x', strategy: 'S1', amount: String(shares) });
  b.push({ op: 'delegate', staker: 'x', operator: 'ox' });
  slashX(b, 'S1', WAD - 3n);
  b.push({ op: 'deposit', staker: 'x', strategy: 'S1', amount: '1' });
  slashX(b, 'S1', (6n * WAD) / 10n);
  b.push({ op: 'deposit', staker: 'x', strategy: 'S1', amount: '1' });
  b.push({ op: 'deposit', staker: 'y', strategy: 'S1', amount: '7' });
}

/** Several small withdrawals in the queue when everything is slashed: the older profiles record more than exists. */
export function unbackedBurn(b: EigenLayerBuilder): void {
  soleOperator(b, 'S1');
  const stakers = ['w', 'x', 'y', 'z'];
  for (const staker of stakers) {
    const amount = String(b.random.between(900, 1100));
    b.push({ op: 'deposit', staker, strategy: 'S1', amount });
    b.push({ op: 'delegate', staker, operator: 'ox' });
  }
  slashX(b, 'S1', 1n + b.random.bigBelow(WAD / 3n));
  for (const staker of stakers) {
    const shares = b.number(['stakers', staker, 'depositShares', 'S1']);
    const first = shares / 2n + b.random.bigBelow(9n);
    for (const part of [first, shares - first]) {
      b.push({ op: 'queueWithdrawal', staker, strategies: ['S1'], depositShares: [String(part)] });
    }
  }
  slashX(b, 'S1', WAD);
  if (b.config['profile'] !== 'v1.12.0') b.push({ op: 'advance', blocks: 50_401 });
  b.push({ op: 'clearBurnOrRedistributableShares', avs: 'vx', id: 0, slashId: 1 });
  b.push({ op: 'clearBurnOrRedistributableShares', avs: 'vx', id: 0, slashId: 2 });
}

/** A beacon loss, then two slashes: the operator's native shares fall below what its one staker may withdraw. */
export function nativeShortfall(b: EigenLayerBuilder): void {
  soleOperator(b, 'BEACON');
  b.push({ op: 'createPod', staker: 'x' });
  b.push({ op: 'newValidator', staker: 'x', validator: 'x1', balanceGwei: '32000000000' });
  b.push({ op: 'verifyWithdrawalCredentials', staker: 'x', validators: ['x1'] });
  b.push({ op: 'delegate', staker: 'x', operator: 'ox' });
  b.push({ op: 'setBeaconBalance', validator: 'x1', balanceGwei: '29000000000' });
  b.push({ op: 'advance', blocks: 1 });
  b.push({ op: 'startCheckpoint', staker: 'x' });
  b.push({ op: 'verifyCheckpointProofs', staker: 'x', validators: ['x1'] });
  slashX(b, 'BEACON', 333_333_333_333_333_333n);
  b.push({ op: 'advance', blocks: 1 });
  b.push({ op: 'newValidator', staker: 'x', validator: 'x2', balanceGwei: '32000000000' });
  b.push({ op: 'verifyWithdrawalCredentials', staker: 'x', validators: ['x2'] });
  slashX(b, 'BEACON', 10_000_000_000_000_000n);
  b.push({ op: 'undelegate', staker: 'x' });
  b.push({ op: 'queueWithdrawal', staker: 'x', strategies: ['BEACON'], depositShares: [String(64n * WAD)] });
}

/** A staker with as many strategies as there may be, one more by deposit, and one more by a completed withdrawal. */
export function fullList(b: EigenLayerBuilder): void {
  const { strategies } = b;
  for (const strategy of strategies.slice(0, 32))
    b.push({ op: 'deposit', staker: 'x', strategy, amount: String(1000 + b.random.below(9)) });
  const [first, second] = strategies;
  b.push({ op: 'deposit', staker: 'x', strategy: strategies[32] ?? 'S1', amount: '1000' });
  b.push({ op: 'queueWithdrawal', staker: 'x', strategies: [first ?? '', second ?? ''], depositShares: ['500', '1000'] });
  const id = `W${b.queued - 1}`;
  b.push({ op: 'deposit', staker: 'x', strategy: strategies[32] ?? 'S1', amount: '1000' });
  b.push({ op: 'advance', blocks: 30 });
  b.push({ op: 'completeWithdrawal', withdrawal: id, receiveAsTokens: false });
  b.push({ op: 'completeWithdrawal', withdrawal: id, receiveAsTokens: true });
}

/** A vault at the cap of its shares, and one whose tokens are nearly gone. */
export function strainedVaults(b: EigenLayerBuilder): void {
  b.push({ op: 'deposit', staker: 'x', strategy: 'S1', amount: String(10n ** 38n - 1n) });
  b.push({ op: 'deposit', staker: 'x', strategy: 'S1', amount: '1' });
  b.push({ op: 'deposit', staker: 'x', strategy: 'S2', amount: String(10n ** 38n) });
  b.push({ op: 'deposit', staker: 'x', strategy: 'S2', amount: String(10n ** 18n) });
  b.push({ op: 'deposit', staker: 'y', strategy: 'S2', amount: '5000' });
  b.push({ op: 'queueWithdrawal', staker: 'x', strategies: ['S2', 'S1'], depositShares: [String(10n ** 18n), '12345'] });
  b.push({ op: 'rebaseDown', strategy: 'S2', amount: String(10n ** 18n + 5000n - BigInt(b.random.below(3))) });
  b.push({ op: 'advance', blocks: 30 });
  b.push({ op: 'completeWithdrawal', withdrawal: `W${b.queued - 1}`, receiveAsTokens: true });
  b.push({ op: 'donate', strategy: 'S2', amount: String(b.random.ofAnySize(22)) });
  b.push({ op: 'completeWithdrawal', withdrawal: `W${b.queued - 1}`, receiveAsTokens: true });
}

export const scenarios: readonly ((b: EigenLayerBuilder) => void)[] = [vanishingFactor, unbackedBurn, nativeShortfall, strainedVaults];
