// Rules: amount and time of the stake, against the parameters and against what the user meant.
import { isSatlockError } from '../../base/Errors.ts';
import * as Sats from '../../base/Sats.ts';
import * as SlashingTx from '../SlashingTx.ts';
import * as UnbondingTx from '../UnbondingTx.ts';
import { type Case, duration, type Observation, type Rule, rule, share } from './rule.ts';

const STAKES = ['stake', 'extension'] as const;
const sats = (value: bigint): string => `${value} sat (${Sats.format(Sats.from(value))})`;
const ANY_TXID = '00'.repeat(31).concat('01');

/** Whether a slashing transaction over this value can be built, with the amounts; the reason when it cannot. */
function slashOf(given: Case, valueSats: bigint): { readonly slashedSats: bigint; readonly feeSats: bigint } | string {
  const { contract, params } = given;
  if (contract === undefined || params === undefined) return 'input.missing';
  const feeSats = given.slashingFeeSats ?? params.minSlashingTxFeeSats;
  const funding = { outpoint: { txid: ANY_TXID, vout: 0 }, valueSats: Sats.from(valueSats) };
  try {
    const transaction = SlashingTx.build({ contract, funding, rules: params, feeSats: Sats.from(feeSats) });
    return { slashedSats: transaction.outs[0]?.value ?? 0n, feeSats };
  } catch (error) {
    if (isSatlockError(error)) return error.code;
    throw error;
  }
}

/** What is left in the unbonding output, or undefined when nothing is. */
function unbondingSats({ stakeSats, params, contract }: Case): bigint | undefined {
  if (stakeSats === undefined || params === undefined || contract === undefined) return undefined;
  try {
    const staking = { outpoint: { txid: ANY_TXID, vout: 0 }, valueSats: Sats.from(stakeSats) };
    return UnbondingTx.build({ contract, staking, feeSats: params.unbondingFeeSats }).outs[0]?.value;
  } catch (error) {
    if (isSatlockError(error)) return undefined;
    throw error;
  }
}

export const amountRules: readonly Rule[] = [
  rule({
    code: 'amount.no-stake-output',
    severity: 'error',
    prevents: 'A transaction without the stake, or with two of them, is refused by the chain; two lock twice the coins.',
    flows: STAKES,
    check: ({ stakeOutputs, stakeSats }) =>
      stakeSats !== undefined
        ? undefined
        : {
            facts: { outputs: stakeOutputs.map(String) },
            reason: stakeOutputs.length === 0 ? 'no output pays to the contract' : `outputs ${stakeOutputs.join(', ')} pay to the contract`,
            remedy: 'build the transaction with StakingTx.build: exactly one output pays to the contract',
          },
  }),
  rule({
    code: 'amount.out-of-range',
    severity: 'error',
    prevents: 'The chain refuses stakes outside the limits of its parameters.',
    flows: STAKES,
    check: ({ stakeSats, params }) => {
      if (stakeSats === undefined || params === undefined) return undefined;
      const { minStakingValueSats: min, maxStakingValueSats: max } = params;
      if (stakeSats >= min && stakeSats <= max) return undefined;
      return {
        facts: { stakeSats: String(stakeSats), minSats: String(min), maxSats: String(max) },
        reason: `the stake of ${sats(stakeSats)} is outside ${min}..${max} sat`,
        remedy: `stake between ${sats(min)} and ${sats(max)}`,
      };
    },
  }),
  rule({
    code: 'amount.not-asked',
    severity: 'error',
    prevents: 'Another amount is locked than the user wanted.',
    flows: STAKES,
    needs: ['askedValueSats'],
    check: ({ stakeSats, askedValueSats }) =>
      stakeSats === undefined || stakeSats === askedValueSats
        ? undefined
        : {
            facts: { stakeSats: String(stakeSats), askedSats: String(askedValueSats) },
            reason: `the transaction stakes ${sats(stakeSats)}, asked for was ${sats(askedValueSats)}`,
            remedy: 'build the transaction again with the amount that is meant',
          },
  }),
  rule({
    code: 'amount.not-slashable',
    severity: 'error',
    prevents: 'No slashing or unbonding transaction can be made of so little: the chain refuses the registration.',
    flows: STAKES,
    check: (given) => {
      const { stakeSats, params } = given;
      if (stakeSats === undefined || params === undefined) return undefined;
      const left = unbondingSats(given);
      const why =
        left === undefined ? 'unbonding' : [slashOf(given, stakeSats), slashOf(given, left)].find((one) => typeof one === 'string');
      if (typeof why !== 'string') return undefined;
      return {
        facts: { stakeSats: String(stakeSats), why, minSlashingTxFeeSats: String(params.minSlashingTxFeeSats) },
        reason: `the pre-signed transactions cannot be made of ${sats(stakeSats)} (${why})`,
        remedy: 'stake more: the fees must leave an amount above the dust limit',
      };
    },
  }),
];

export const timeRules: readonly Rule[] = [
  rule({
    code: 'time.out-of-range',
    severity: 'error',
    prevents: 'The chain refuses staking times outside the limits of its parameters.',
    flows: STAKES,
    check: ({ contract, params }) => {
      if (contract === undefined || params === undefined) return undefined;
      const blocks = contract.terms.stakingTimeBlocks;
      const { minStakingTimeBlocks: min, maxStakingTimeBlocks: max } = params;
      if (blocks >= min && blocks <= max) return undefined;
      return {
        facts: { stakingTimeBlocks: blocks, minBlocks: min, maxBlocks: max },
        reason: `the staking time of ${duration(blocks)} is outside ${min}..${max} blocks`,
        remedy:
          min === max ? `this network has one staking time only: ${duration(min)}` : `choose between ${duration(min)} and ${duration(max)}`,
      };
    },
  }),
  rule({
    code: 'time.not-asked',
    severity: 'error',
    prevents: 'Coins are locked for another number of blocks than the user wanted.',
    flows: STAKES,
    needs: ['askedDuration'],
    check: ({ contract, askedDuration: { blocks: asked } }) => {
      const blocks = contract?.terms.stakingTimeBlocks;
      if (blocks === undefined || asked === undefined || asked === blocks) return undefined;
      return {
        facts: { stakingTimeBlocks: blocks, askedBlocks: asked },
        reason: `the stake is locked for ${duration(blocks)}, asked for were ${duration(asked)}`,
        remedy: 'make the contract again with the time that is meant',
      };
    },
  }),
  rule({
    code: 'time.longer-than-asked',
    severity: 'warning',
    prevents: 'Days and blocks are confused, or the network has one long staking time only: coins stay locked longer than the user thinks.',
    flows: STAKES,
    needs: ['askedDuration'],
    check: ({ contract, askedDuration: { days }, limits, params }) => {
      const blocks = contract?.terms.stakingTimeBlocks;
      if (blocks === undefined || days === undefined || blocks * 100 <= days * 144 * (100 + limits.lockTolerancePercent)) return undefined;
      return {
        facts: {
          stakingTimeBlocks: blocks,
          askedDays: days,
          askedBlocksAbout: days * 144,
          unbondingTimeBlocks: params?.unbondingTimeBlocks ?? 0,
        },
        reason: `the stake is locked for ${duration(blocks)}, asked for were ${days} days`,
        remedy:
          'a shorter staking time if the parameters allow one; else only an unbonding, which costs its fee and waits its own time, ends it earlier',
      };
    },
  }),
  rule({
    code: 'time.very-long',
    severity: 'warning',
    prevents: 'If the covenant stops signing, the timelock is the only way out.',
    flows: STAKES,
    check: ({ contract, limits }) => {
      const blocks = contract?.terms.stakingTimeBlocks ?? 0;
      if (blocks <= limits.longLockBlocks) return undefined;
      return {
        facts: { stakingTimeBlocks: blocks, limitBlocks: limits.longLockBlocks },
        reason: `without the covenant's help the coins are locked for ${duration(blocks)}`,
        remedy: `choose at most ${duration(limits.longLockBlocks)}`,
      };
    },
  }),
];

export const slashingRules: readonly Rule[] = [
  rule({
    code: 'slashing.loss',
    severity: 'info',
    prevents: 'What a fault of the provider costs is not known before signing.',
    flows: STAKES,
    check: (given) => lossOf(given),
  }),
  rule({
    code: 'slashing.fee-share',
    severity: 'warning',
    prevents: 'The fee of a slashing transaction is fixed: of a small stake it takes far more than the slashing rate says.',
    flows: STAKES,
    check: (given) => {
      const { stakeSats, params, limits } = given;
      if (stakeSats === undefined || params === undefined) return undefined;
      const feeSats = given.slashingFeeSats ?? params.minSlashingTxFeeSats;
      const { bps, text } = share(feeSats, stakeSats);
      if (bps <= limits.maxSlashingFeeShareBps) return undefined;
      return {
        facts: { slashingFeeSats: String(feeSats), stakeSats: String(stakeSats), shareBps: bps, limitBps: limits.maxSlashingFeeShareBps },
        reason: `the fee of the slashing transaction is ${sats(feeSats)}, ${text} of the stake; it is paid only if the provider is slashed`,
        remedy: 'stake more in one delegation, or accept that a slash costs this much',
      };
    },
  }),
  rule({
    code: 'unbonding.fee-share',
    severity: 'warning',
    prevents: 'The fee of the unbonding transaction is fixed: of a small stake it takes a large part.',
    flows: ['stake', 'extension', 'unbonding'],
    check: ({ stakeSats, params, delegation, limits }) => {
      const feeSats = delegation?.rules.unbondingFeeSats ?? params?.unbondingFeeSats;
      const value = delegation?.stakingValueSats ?? stakeSats;
      if (feeSats === undefined || value === undefined) return undefined;
      const { bps, text } = share(feeSats, value);
      if (bps <= limits.maxUnbondingFeeShareBps) return undefined;
      return {
        facts: { unbondingFeeSats: String(feeSats), stakeSats: String(value), shareBps: bps, limitBps: limits.maxUnbondingFeeShareBps },
        reason: `unbonding before the end costs ${sats(feeSats)}, ${text} of the stake`,
        remedy: 'stake more in one delegation, or wait for the timelock, which costs the withdrawal fee only',
      };
    },
  }),
];

function lossOf(given: Case): Observation | undefined {
  const { stakeSats, params } = given;
  const left = unbondingSats(given);
  if (stakeSats === undefined || params === undefined || left === undefined) return undefined;
  const [staking, unbonding] = [slashOf(given, stakeSats), slashOf(given, left)];
  if (typeof staking === 'string' || typeof unbonding === 'string') return undefined;
  const total = staking.slashedSats + staking.feeSats;
  return {
    facts: {
      stakeSats: String(stakeSats),
      slashedSats: String(staking.slashedSats),
      slashingFeeSats: String(staking.feeSats),
      slashedWhileUnbondingSats: String(unbonding.slashedSats),
      unbondingFeeSats: String(params.unbondingFeeSats),
      unbondingTimeBlocks: params.unbondingTimeBlocks,
    },
    reason: `if the provider signs two blocks at one height, ${sats(staking.slashedSats)} are slashed and ${sats(staking.feeSats)} go to the fee: ${share(total, stakeSats).text} of the stake; the rest stays locked for ${duration(params.unbondingTimeBlocks)}`,
    remedy: 'nothing to do: these amounts are paid only if the provider is slashed',
  };
}
