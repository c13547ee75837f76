// Rules of what comes after the stake: extension, unbonding, withdrawal. Babylon x/btcstaking/types/msg.go, keeper/msg_server.go; BIP68.
import * as Bytes from '../../base/Bytes.ts';
import * as Hex from '../../base/Hex.ts';
import * as Sats from '../../base/Sats.ts';
import * as Tx from '../../bitcoin/Tx.ts';
import type { Delegation } from '../Delegation.ts';
import type { Terms } from '../StakingContract.ts';
import type { PlanWithdrawalInput } from './plan.ts';
import { placeOf } from './read.ts';
import { type Case, duration, type Observation, perVbyte, type Rule, rule } from './rule.ts';

const EXTENSION = ['extension'] as const;
const UNBONDING = ['unbonding'] as const;
const WITHDRAWAL = ['withdrawal'] as const;
const sats = (value: bigint): string => `${value} sat (${Sats.format(Sats.from(value))})`;

const sameKeys = (a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean =>
  a.map(Hex.encode).sort().join() === b.map(Hex.encode).sort().join();

/** Old and new terms of an extension. */
function termsOf({ previous, contract }: Case): { readonly old: Terms; readonly now: Terms } | undefined {
  return previous === undefined || contract === undefined ? undefined : { old: previous.contract.terms, now: contract.terms };
}

/** Blocks until it is too late to broadcast: the child must be k deep while tip + U < end. */
function extensionBlocksLeft({ previous, previousInclusionHeight, tipHeight, network }: Case): number | undefined {
  if (previous === undefined || previousInclusionHeight === undefined || tipHeight === undefined) return undefined;
  const { stakingTimeBlocks, unbondingTimeBlocks } = previous.contract.terms;
  const depth = network?.btccheckpoint?.btcConfirmationDepth ?? 0;
  const expires = previousInclusionHeight + stakingTimeBlocks - unbondingTimeBlocks;
  // Mined in the next block at the earliest, k blocks on top of it, and reported below the expiry.
  return expires - 1 - depth - tipHeight - 1;
}

export const extensionRules: readonly Rule[] = [
  rule({
    code: 'extension.too-late',
    severity: 'error',
    prevents: 'An extension that is not deep enough before its parent expires stays verified for ever: it earns nothing.',
    flows: EXTENSION,
    needs: ['network', 'tipHeight', 'previousInclusionHeight'],
    check: (given) => {
      const left = extensionBlocksLeft(given);
      if (left === undefined || left >= 0) return undefined;
      return {
        facts: { tipHeight: given.tipHeight, blocksLate: -left },
        reason: 'the previous stake expires before the extension can be deep enough',
        remedy: 'wait for the timelock of the previous stake and stake again',
      };
    },
  }),
  rule({
    code: 'extension.deadline-near',
    severity: 'warning',
    prevents: 'Covenant, fees and the report take time: an extension that comes too late earns nothing.',
    flows: EXTENSION,
    needs: ['network', 'tipHeight', 'previousInclusionHeight'],
    check: (given) => {
      const left = extensionBlocksLeft(given);
      if (left === undefined || left < 0 || left > given.limits.deadlineMarginBlocks) return undefined;
      return {
        facts: { tipHeight: given.tipHeight, blocksLeft: left, marginBlocks: given.limits.deadlineMarginBlocks },
        reason: `the extension must be mined within ${duration(left + 1)}`,
        remedy: 'pay a fee that gets into the next blocks, or wait for the timelock and stake again',
      };
    },
  }),
  rule({
    code: 'extension.not-active',
    severity: 'error',
    prevents: 'Only an active delegation can be extended.',
    flows: EXTENSION,
    needs: ['previousStatus'],
    check: ({ previousStatus }) =>
      previousStatus.toUpperCase() === 'ACTIVE'
        ? undefined
        : {
            facts: { status: previousStatus },
            reason: `the previous delegation is ${previousStatus}, not ACTIVE`,
            remedy: 'wait until it is active, or stake again',
          },
  }),
  rule({
    code: 'extension.covenant-overlap',
    severity: 'error',
    prevents: 'Only members of both committees can sign an extension; too few of them never reach the quorum.',
    flows: EXTENSION,
    check: (given) => {
      const terms = termsOf(given);
      if (terms === undefined) return undefined;
      const common = terms.old.covenantPks.filter((key) => terms.now.covenantPks.some((one) => Bytes.equal(one, key))).length;
      const needed = Math.max(terms.old.covenantQuorum, terms.now.covenantQuorum);
      if (common >= needed) return undefined;
      return {
        facts: { common, needed },
        reason: `${common} covenant members belong to both committees, ${needed} are needed`,
        remedy: 'unbond, or wait for the timelock, and stake again',
      };
    },
  }),
  rule({
    code: 'extension.other-staker',
    severity: 'error',
    prevents: 'An extension keeps the staker key.',
    flows: EXTENSION,
    check: (given) => {
      const terms = termsOf(given);
      if (terms === undefined || (sameKeys(terms.old.stakerPks, terms.now.stakerPks) && terms.old.stakerQuorum === terms.now.stakerQuorum))
        return undefined;
      return {
        facts: {},
        reason: 'the new contract has another staker key than the old one',
        remedy: 'make the contract with the same staker key',
      };
    },
  }),
  rule({
    code: 'extension.other-provider',
    severity: 'error',
    prevents: 'An extension keeps the finality provider.',
    flows: EXTENSION,
    check: (given) => {
      const terms = termsOf(given);
      if (terms === undefined || sameKeys(terms.old.finalityProviderPks, terms.now.finalityProviderPks)) return undefined;
      return {
        facts: { before: terms.old.finalityProviderPks.map(Hex.encode), now: terms.now.finalityProviderPks.map(Hex.encode) },
        reason: 'the new contract has another finality provider than the old one',
        remedy: 'keep the provider; to change it, unbond and stake again',
      };
    },
  }),
  rule({
    code: 'extension.value-decreased',
    severity: 'error',
    prevents: 'An extension keeps or raises the stake.',
    flows: EXTENSION,
    check: ({ previous, stakeSats }) =>
      previous === undefined || stakeSats === undefined || stakeSats >= previous.stakingValueSats
        ? undefined
        : {
            facts: { oldSats: String(previous.stakingValueSats), newSats: String(stakeSats) },
            reason: `the stake falls from ${sats(previous.stakingValueSats)} to ${sats(stakeSats)}`,
            remedy: 'build the extension with at least the old amount',
          },
  }),
  rule({
    code: 'extension.wrong-inputs',
    severity: 'error',
    prevents: 'An extension has two inputs, the previous stake first.',
    flows: EXTENSION,
    check: ({ previous, transaction }) => {
      if (previous === undefined || transaction === undefined) return undefined;
      const inputs = transaction.ins.length;
      if (inputs === 2 && Tx.spends(transaction, 0, previous.staking.outpoint)) return undefined;
      return {
        facts: { inputs, stake: `${previous.stakingTxid}:${previous.stakingOutputIndex}` },
        reason: 'the transaction does not have the previous stake as the first of two inputs',
        remedy: 'build it with ExtensionTx.build',
      };
    },
  }),
  rule({
    code: 'extension.other-account',
    severity: 'error',
    prevents: 'An extension keeps the Babylon account.',
    flows: EXTENSION,
    needs: ['accounts'],
    check: ({ accounts: { before, now } }) =>
      before.toLowerCase() === now.toLowerCase()
        ? undefined
        : {
            facts: { before, now },
            reason: 'the previous stake belongs to another Babylon account',
            remedy: 'send the message from the same account',
          },
  }),
];

/** Height at which the timelock path opens. */
const endOf = ({ delegation, inclusionHeight }: Case): number | undefined =>
  delegation === undefined || inclusionHeight === undefined ? undefined : inclusionHeight + delegation.contract.terms.stakingTimeBlocks;

export const unbondingRules: readonly Rule[] = [
  rule({
    code: 'unbonding.wrong-transaction',
    severity: 'error',
    prevents: 'The covenant signed one transaction only: another one cannot be completed, or pays somebody else.',
    flows: UNBONDING,
    needs: ['signed'],
    check: ({ delegation, signed }) => {
      if (delegation === undefined) return undefined;
      const [expected, got] = [delegation.unbonding.txid, Tx.txid(signed)];
      if (expected === got) return undefined;
      return {
        facts: { expectedTxid: expected, gotTxid: got },
        reason: 'this is not the unbonding transaction that was registered',
        remedy: 'sign delegation.unbonding',
      };
    },
  }),
  rule({
    code: 'unbonding.stake-spent',
    severity: 'error',
    prevents: 'The stake is spent already: unbonded, extended, withdrawn or slashed.',
    flows: UNBONDING,
    needs: ['isStakeSpent'],
    check: ({ isStakeSpent, delegation }) =>
      isStakeSpent
        ? {
            facts: { stake: `${delegation?.stakingTxid ?? ''}:${delegation?.stakingOutputIndex ?? 0}` },
            reason: 'the stake is spent already',
            remedy: 'look for the transaction that spends it',
          }
        : undefined,
  }),
  rule({
    code: 'unbonding.covenant-short',
    severity: 'error',
    prevents: 'Without the quorum of the covenant the transaction is invalid.',
    flows: UNBONDING,
    needs: ['covenantSignatures'],
    check: ({ delegation, covenantSignatures }) => {
      const needed = delegation?.contract.terms.covenantQuorum ?? 0;
      if (covenantSignatures >= needed) return undefined;
      return {
        facts: { signatures: covenantSignatures, needed },
        reason: `${covenantSignatures} covenant signatures are there, ${needed} are needed`,
        remedy: 'ask the chain for the delegation again, or wait for the timelock',
      };
    },
  }),
  rule({
    code: 'unbonding.timelock-sooner',
    severity: 'warning',
    prevents: 'Near the end the timelock frees the coins sooner than an unbonding, and without its fee.',
    flows: UNBONDING,
    needs: ['tipHeight', 'inclusionHeight'],
    check: (given) => {
      const end = endOf(given);
      const unbondingTime = given.delegation?.contract.terms.unbondingTimeBlocks ?? 0;
      const free = given.tipHeight + 1 + unbondingTime;
      if (end === undefined || end > free) return undefined;
      const left = Math.max(0, end - given.tipHeight - 1);
      return {
        facts: {
          endHeight: end,
          unbondedAtHeight: free,
          blocksLeft: left,
          unbondingFeeSats: String(given.delegation?.rules.unbondingFeeSats ?? 0n),
        },
        reason: `the timelock ends at height ${end}, unbonded coins would be free at height ${free} at the earliest`,
        remedy: left === 0 ? 'withdraw through the timelock now' : `wait ${duration(left)} and withdraw through the timelock`,
      };
    },
  }),
  rule({
    code: 'unbonding.fee-rate-low',
    severity: 'warning',
    prevents: 'The fee was fixed when the stake was registered and cannot be raised: the transaction may wait for long.',
    flows: UNBONDING,
    needs: ['referenceFeeRate'],
    check: ({ delegation, referenceFeeRate, limits }) => {
      if (delegation === undefined) return undefined;
      const vbytes = unbondingVbytes(delegation);
      const rate = (delegation.rules.unbondingFeeSats * 1000n) / vbytes;
      if (rate * 100n >= referenceFeeRate * BigInt(limits.minFeeRatePercent)) return undefined;
      return {
        facts: {
          unbondingFeeSats: String(delegation.rules.unbondingFeeSats),
          rateSatsPerKvb: String(rate),
          referenceSatsPerKvb: String(referenceFeeRate),
        },
        reason: `the unbonding transaction pays ${perVbyte(rate)}, ${perVbyte(referenceFeeRate)} is usual; neither replacement nor a child can raise it`,
        remedy: 'wait for lower fees before broadcasting',
      };
    },
  }),
  rule({
    code: 'unbonding.provider-slashed',
    severity: 'warning',
    prevents: 'The key of a slashed provider is public: a slashing transaction competes with the unbonding, and may follow it.',
    flows: ['unbonding', 'withdrawal'],
    needs: ['provider', 'providerSlashed'],
    check: ({ providerSlashed }) =>
      providerSlashed
        ? {
            facts: {},
            reason:
              'the finality provider has been slashed: anybody can broadcast the slashing transaction of this output until it is spent',
            remedy: 'broadcast as soon as possible, with a fee that gets into the next block where the fee is yours to choose',
          }
        : undefined,
  }),
];

/** Size of the signed unbonding transaction: all slots of the leaf, the quorum of them filled. */
function unbondingVbytes(delegation: Delegation): bigint {
  const { covenantPks, covenantQuorum, stakerPks, stakerQuorum } = delegation.contract.terms;
  const { script, controlBlock } = delegation.unbonding.leaf;
  const [keys, signers] = [covenantPks.length + stakerPks.length, covenantQuorum + stakerQuorum];
  const slots = 65 * signers + (keys - signers);
  const witness = (keys + 2 < 253 ? 1 : 3) + slots + (script.length < 253 ? 1 : 3) + script.length + 1 + controlBlock.length;
  return BigInt(Math.ceil((4 * delegation.unbonding.transaction.byteLength(false) + 2 + witness) / 4));
}

/** The lock of an output. */
const lockOf = ({ contract, from }: PlanWithdrawalInput): number =>
  from === 'staking' ? contract.terms.stakingTimeBlocks : contract.terms.unbondingTimeBlocks;
const name = ({ outpoint }: PlanWithdrawalInput): string => placeOf(outpoint);

/** The inputs with what the transaction has for them. */
function spent({
  inputs,
  transaction,
}: Case): readonly (PlanWithdrawalInput & { readonly at: number; readonly sequence: number | undefined })[] {
  const places = (transaction?.ins ?? []).map((_, i) => placeOf(Tx.outpointOf(transaction as Tx.Transaction, i)));
  const first = new Map(places.map((place, i) => [place, i] as const).reverse());
  return inputs.map((input) => {
    const at = first.get(placeOf(input.outpoint)) ?? -1;
    return { ...input, at, sequence: transaction?.ins[at]?.sequence };
  });
}

export const withdrawalRules: readonly Rule[] = [
  rule({
    code: 'withdrawal.immature',
    severity: 'error',
    prevents: 'Before its lock has passed no node takes the withdrawal.',
    flows: WITHDRAWAL,
    needs: ['tipHeight', 'minedHeights'],
    check: (given) =>
      given.inputs.flatMap((input): readonly Observation[] => {
        if (input.minedHeight === undefined) return [];
        const ready = input.minedHeight + lockOf(input);
        if (given.tipHeight + 1 >= ready) return [];
        return [
          {
            facts: { output: name(input), spendableAtHeight: ready, tipHeight: given.tipHeight, blocksLeft: ready - given.tipHeight - 1 },
            reason: `${name(input)} can be spent from block ${ready} on, in ${duration(ready - given.tipHeight - 1)}`,
            remedy: 'wait, and sign then: fees may be others',
          },
        ];
      }),
  }),
  rule({
    code: 'withdrawal.spent',
    severity: 'error',
    prevents: 'The output is spent already.',
    flows: WITHDRAWAL,
    needs: ['spent'],
    check: ({ inputs, spent: flags }) =>
      inputs.flatMap((input, i) =>
        flags[i] === true
          ? [
              {
                facts: { output: name(input) },
                reason: `${name(input)} is spent already`,
                remedy: 'look for the transaction that spends it',
              },
            ]
          : [],
      ),
  }),
  rule({
    code: 'withdrawal.wrong-inputs',
    severity: 'error',
    prevents: 'The transaction spends other outputs than those of the plan.',
    flows: WITHDRAWAL,
    check: (given) => {
      const missing = spent(given).filter(({ at }) => at < 0);
      const inputs = given.transaction?.ins.length ?? 0;
      if (missing.length === 0 && inputs === given.inputs.length) return undefined;
      return {
        facts: { missing: missing.map(name), inputs, planned: given.inputs.length },
        reason: 'the inputs of the transaction are not those of the plan',
        remedy: 'build it with WithdrawalTx.build',
      };
    },
  }),
  rule({
    code: 'withdrawal.wrong-sequence',
    severity: 'error',
    prevents: 'The sequence must carry the lock, in a transaction of version 2 or above: else the script fails.',
    flows: WITHDRAWAL,
    check: (given) => {
      const version = given.transaction?.version ?? 2;
      return spent(given).flatMap((input): readonly Observation[] => {
        const { at, sequence } = input;
        const lock = lockOf(input);
        // Bits 31 and 22 turn the lock off, or into one by time.
        const carries = sequence === undefined || ((sequence & 0x8040_0000) === 0 && (sequence & 0xffff) >= lock);
        if (carries && version >= 2) return [];
        return [
          {
            facts: { output: name(input), input: at, sequence: sequence ?? 0, lockBlocks: lock, version },
            reason: `input ${at} does not carry the lock of ${duration(lock)}`,
            remedy: 'build it with WithdrawalTx.build',
          },
        ];
      });
    },
  }),
];
