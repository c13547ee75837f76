// Rules: the fee that is paid now, and where the rest goes.
import * as Hex from '../../base/Hex.ts';
import * as Sats from '../../base/Sats.ts';
import * as Address from '../../bitcoin/Address.ts';
import * as Dust from '../../bitcoin/Dust.ts';
import * as Fee from '../../bitcoin/Fee.ts';
import type * as Tx from '../../bitcoin/Tx.ts';
import { type Case, perVbyte, type Rule, rule, share } from './rule.ts';

const STAKES = ['stake', 'extension'] as const;
const SPENDS = ['stake', 'extension', 'withdrawal'] as const;
const sats = (value: bigint): string => `${value} sat (${Sats.format(Sats.from(value))})`;
/** A transaction that is on Bitcoin already has paid its fee. */
const unmined = ({ inclusion }: Case): boolean => inclusion === undefined;
const positive = (given: Case): boolean => unmined(given) && (given.feeSats === undefined || given.feeSats >= 0n);

/** What the fee is held against: the stake, or what is withdrawn. */
function amountOf(given: Case): bigint | undefined {
  return given.flow === 'withdrawal' ? given.inputs.reduce((sum, { valueSats }) => sum + valueSats, 0n) : given.stakeSats;
}

/** The rate of the signed transaction, rounded up. */
function rateOf(feeSats: bigint, weight: number): bigint {
  const vbytes = (BigInt(weight) + 3n) / 4n;
  return (feeSats * 1000n + vbytes - 1n) / vbytes;
}

export const feeRules: readonly Rule[] = [
  rule({
    code: 'fee.negative',
    severity: 'error',
    prevents: 'The outputs have more than the inputs: no node takes the transaction.',
    flows: SPENDS,
    needs: ['feeSats'],
    applies: unmined,
    check: ({ feeSats }) =>
      feeSats >= 0n
        ? undefined
        : {
            facts: { missingSats: String(-feeSats) },
            reason: `the outputs have ${-feeSats} sat more than the inputs`,
            remedy: 'compare the values of the coins with the chain and build the transaction again',
          },
  }),
  rule({
    code: 'fee.below-relay-minimum',
    severity: 'error',
    prevents: 'Nodes do not relay the transaction; a registration of it waits for ever.',
    flows: SPENDS,
    needs: ['feeSats', 'weight'],
    applies: positive,
    check: ({ feeSats, weight }) => {
      const min = Fee.at(weight, Fee.MIN_RATE);
      if (feeSats >= min) return undefined;
      return {
        facts: { feeSats: String(feeSats), minFeeSats: String(min), weight },
        reason: `a fee of ${feeSats} sat is below the relay minimum of ${min} sat`,
        remedy: 'build the transaction again with a higher rate',
      };
    },
  }),
  rule({
    code: 'fee.high',
    severity: 'warning',
    prevents: 'A large amount goes to the miners, most often by a change output that is missing.',
    flows: SPENDS,
    needs: ['feeSats'],
    applies: positive,
    check: ({ feeSats, limits }) =>
      feeSats <= limits.maxFeeSats
        ? undefined
        : {
            facts: { feeSats: String(feeSats), limitSats: String(limits.maxFeeSats) },
            reason: `the transaction pays a fee of ${sats(feeSats)}`,
            remedy: `look for a missing change output; a fee of at most ${limits.maxFeeSats} sat needs no acknowledgement`,
          },
  }),
  rule({
    code: 'fee.share',
    severity: 'warning',
    prevents: 'The fee takes more of the amount than the yield may bring.',
    flows: SPENDS,
    needs: ['feeSats'],
    applies: positive,
    check: (given) => {
      const amount = amountOf(given);
      if (amount === undefined) return undefined;
      const { bps, text } = share(given.feeSats, amount);
      if (bps <= given.limits.maxFeeShareBps) return undefined;
      return {
        facts: { feeSats: String(given.feeSats), amountSats: String(amount), shareBps: bps, limitBps: given.limits.maxFeeShareBps },
        reason: `the fee of ${sats(given.feeSats)} is ${text} of ${sats(amount)}`,
        remedy: 'wait for lower fees, or move a larger amount at once',
      };
    },
  }),
  rule({
    code: 'fee.rate-high',
    severity: 'warning',
    prevents: 'The rate is far above what is needed: a typing error, or another unit.',
    flows: SPENDS,
    needs: ['feeSats', 'weight', 'referenceFeeRate'],
    applies: positive,
    check: ({ feeSats, weight, referenceFeeRate, limits }) => {
      const rate = rateOf(feeSats, weight);
      if (rate * 100n <= referenceFeeRate * BigInt(limits.maxFeeRatePercent)) return undefined;
      return {
        facts: { rateSatsPerKvb: String(rate), referenceSatsPerKvb: String(referenceFeeRate), limitPercent: limits.maxFeeRatePercent },
        reason: `the transaction pays ${perVbyte(rate)}, ${perVbyte(referenceFeeRate)} is usual`,
        remedy: 'build the transaction again with the usual rate; the unit is satoshi per 1000 vbytes',
      };
    },
  }),
  rule({
    code: 'fee.rate-low',
    severity: 'warning',
    prevents: 'The transaction may wait for long; until it is mined nothing is earned, or paid out.',
    flows: SPENDS,
    needs: ['feeSats', 'weight', 'referenceFeeRate'],
    applies: (given) => positive(given) && (given.feeSats ?? 0n) >= relayMinimum(given),
    check: ({ flow, feeSats, weight, referenceFeeRate, limits }) => {
      const rate = rateOf(feeSats, weight);
      if (rate * 100n >= referenceFeeRate * BigInt(limits.minFeeRatePercent)) return undefined;
      return {
        facts: { rateSatsPerKvb: String(rate), referenceSatsPerKvb: String(referenceFeeRate), limitPercent: limits.minFeeRatePercent },
        reason: `the transaction pays ${perVbyte(rate)}, ${perVbyte(referenceFeeRate)} is usual`,
        remedy:
          flow === 'withdrawal'
            ? 'build the transaction again with the usual rate'
            : 'build the transaction again with the usual rate: once registered it cannot be replaced, for that changes its txid',
      };
    },
  }),
];

function relayMinimum({ weight }: Case): bigint {
  return weight === undefined ? 0n : Fee.at(weight, Fee.MIN_RATE);
}

/** The outputs beside the stake, in their order. */
function others({ transaction, stakeOutputs }: Case): readonly (Tx.SpentOutput & { readonly index: number })[] {
  return (transaction?.outs ?? [])
    .map(({ script, value }, index) => ({ index, scriptPubKey: script, valueSats: value }))
    .filter(({ index }) => !stakeOutputs.includes(index));
}

/** An input of a kind costs this much to spend later. @unit vbytes */
function spendVbytes(script: Uint8Array): bigint {
  const kind = Address.kindOf(script);
  return kind === 'p2tr' ? 58n : kind === 'p2wpkh' ? 68n : kind === 'p2sh' ? 91n : kind === 'p2pkh' ? 148n : 105n;
}

export const outputRules: readonly Rule[] = [
  rule({
    code: 'output.unspendable',
    severity: 'error',
    prevents: 'Coins in an output that nobody can spend, or that anybody can, are lost.',
    flows: SPENDS,
    check: (given) =>
      others(given).flatMap(({ index, scriptPubKey, valueSats }) => {
        const burnt = Dust.isUnspendable(scriptPubKey);
        if ((burnt && valueSats === 0n) || Address.kindOf(scriptPubKey) !== undefined) return [];
        return [
          {
            facts: { output: index, valueSats: String(valueSats), scriptPubKey: Hex.encode(scriptPubKey) },
            reason: `output ${index} ${burnt ? 'burns' : 'pays to a script without an address'} ${sats(valueSats)}`,
            remedy: 'pay to an address of the wallet; a data output has the value 0',
          },
        ];
      }),
  }),
  rule({
    code: 'output.dust',
    severity: 'error',
    prevents: 'Nodes do not relay a transaction with an output below the dust limit.',
    flows: SPENDS,
    applies: unmined,
    check: (given) =>
      others(given).flatMap(({ index, scriptPubKey, valueSats }) => {
        // Scripts without an address have an error of their own.
        if (Address.kindOf(scriptPubKey) === undefined || !Dust.isDust(scriptPubKey, valueSats)) return [];
        const min = Dust.threshold(scriptPubKey);
        return [
          {
            facts: { output: index, valueSats: String(valueSats), minSats: String(min) },
            reason: `output ${index} has ${valueSats} sat, below the dust limit of ${min} sat`,
            remedy: 'leave the change out, or choose other coins',
          },
        ];
      }),
  }),
  rule({
    code: 'output.uneconomic-change',
    severity: 'warning',
    prevents: 'Change that costs more to spend than it is worth is as good as lost.',
    flows: STAKES,
    needs: ['referenceFeeRate'],
    applies: unmined,
    check: (given) =>
      others(given).flatMap(({ index, scriptPubKey, valueSats }) => {
        const cost = (spendVbytes(scriptPubKey) * given.referenceFeeRate + 999n) / 1000n;
        if (Dust.isUnspendable(scriptPubKey) || Dust.isDust(scriptPubKey, valueSats) || valueSats >= cost) return [];
        return [
          {
            facts: { output: index, valueSats: String(valueSats), costSats: String(cost) },
            reason: `output ${index} has ${valueSats} sat; spending it costs about ${cost} sat at ${perVbyte(given.referenceFeeRate)}`,
            remedy: 'leave the change out and pay the fee with it, or choose other coins',
          },
        ];
      }),
  }),
  rule({
    code: 'output.change-not-owned',
    severity: 'error',
    prevents: 'The change goes to somebody else: a wrong address, or one that was exchanged on its way.',
    flows: STAKES,
    needs: ['owns'],
    check: (given) =>
      others(given).flatMap(({ index, scriptPubKey, valueSats }) => {
        if (Address.kindOf(scriptPubKey) === undefined || given.owns(scriptPubKey)) return [];
        return [
          {
            facts: { output: index, valueSats: String(valueSats), scriptPubKey: Hex.encode(scriptPubKey) },
            reason: `output ${index} pays ${sats(valueSats)} to a script that is not the wallet's`,
            remedy: 'build the transaction with a change address of the wallet; pay others in a transaction of its own',
          },
        ];
      }),
  }),
  rule({
    code: 'withdrawal.destination-not-owned',
    severity: 'warning',
    prevents: 'The stake is paid out to somebody else.',
    flows: ['withdrawal'],
    needs: ['owns'],
    check: (given) =>
      others(given).flatMap(({ index, scriptPubKey, valueSats }) => {
        if (Address.kindOf(scriptPubKey) === undefined || given.owns(scriptPubKey)) return [];
        return [
          {
            facts: { output: index, valueSats: String(valueSats), scriptPubKey: Hex.encode(scriptPubKey) },
            reason: `output ${index} pays ${sats(valueSats)} to a script that is not the wallet's`,
            remedy: "withdraw to an address of the wallet, or acknowledge that somebody else's is meant",
          },
        ];
      }),
  }),
];
