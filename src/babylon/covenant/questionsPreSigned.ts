// Questions about the three pre-signed transactions: each output, amount, fee and lock alone, then the whole against the rebuilt one.
// The chain's own are babylon btcstaking/staking.go CheckSlashingTxMatchFundingTx and x/btcstaking/types/validate_parsed_message.go.
import * as Hex from '../../base/Hex.ts';
import * as Sats from '../../base/Sats.ts';
import * as Dust from '../../bitcoin/Dust.ts';
import type * as LeafSpend from '../../bitcoin/LeafSpend.ts';
import * as Tx from '../../bitcoin/Tx.ts';
import * as PreSigned from '../PreSigned.ts';
import * as SlashingTx from '../SlashingTx.ts';
import * as UnbondingTx from '../UnbondingTx.ts';
import { contractIn, type Facts, shown, transactionOf } from './facts.ts';
import { equal, type Finding, failed, holds, notAsked, notReached, passed, type Question } from './report.ts';

/** One of the two slashing transactions. */
type Slashing = {
  readonly name: 'slashing' | 'unbonding-slashing';
  readonly of: string;
  readonly code: string;
  readonly given: (facts: Facts) => Tx.Transaction;
  readonly rebuilt: (facts: Facts) => LeafSpend.LeafSpend | undefined;
  /** The output that it must spend, as rebuilt. */
  readonly funding: (facts: Facts) => SlashingTx.Funding | undefined;
};

const SLASHING_OF_STAKE: Slashing = {
  name: 'slashing',
  of: 'the slashing transaction of the stake',
  code: 'btcstaking/1108',
  given: ({ subject }) => transactionOf(subject.record.slashingTx),
  rebuilt: ({ stakingSlashing }) => stakingSlashing(),
  funding: ({ stake }) => ({ outpoint: stake.outpoint, valueSats: Sats.from(stake.output.valueSats) }),
};

const SLASHING_OF_UNBONDING: Slashing = {
  name: 'unbonding-slashing',
  of: 'the slashing transaction of the unbonding',
  code: 'btcstaking/1114',
  given: ({ subject }) => transactionOf(subject.record.unbondingSlashingTx),
  rebuilt: ({ unbondingSlashing }) => unbondingSlashing(),
  funding: ({ unbonding }) => {
    const spend = unbonding();
    if (spend === undefined) return undefined;
    return { outpoint: { txid: spend.txid, vout: 0 }, valueSats: Sats.from(Tx.outputOf(spend.transaction, 0).valueSats) };
  },
};

function slashingQuestions(one: Slashing): readonly Question<Facts>[] {
  const { name, of, code: reference } = one;
  const question = (part: string, what: string, ask: (one: Slashing, facts: Facts) => Finding): Question<Facts> => ({
    check: `${name}.${part}`,
    what: `${of} ${what}`,
    reference,
    ask: (facts) => ask(one, facts),
  });
  return [
    question('shape', 'has one input without scriptSig, two outputs, version 1 or 2, no lock, the final sequence', slashingShape),
    question('input', 'spends the right output', slashingInput),
    question('amount', 'slashes at least the rate', slashingAmount),
    question('destination', 'pays to the slashing script', slashingDestination),
    question('change', 'returns the rest under the unbonding time', slashingChange),
    question('dust', 'has no dust', slashingDust),
    question('fee', 'pays at least the minimum fee', slashingFee),
    question('rebuilt', 'is the rebuilt one', slashingRebuilt),
  ];
}

export const SLASHING: readonly Question<Facts>[] = slashingQuestions(SLASHING_OF_STAKE);
export const UNBONDING_SLASHING: readonly Question<Facts>[] = slashingQuestions(SLASHING_OF_UNBONDING);

function shape(transaction: Tx.Transaction, wanted: PreSigned.Shape): Finding {
  PreSigned.check(transaction, wanted);
  return passed('a pre-signed transaction', Tx.txid(transaction));
}

function slashingShape({ given }: Slashing, facts: Facts): Finding {
  return shape(given(facts), PreSigned.SLASHING);
}

function slashingInput({ given, funding }: Slashing, facts: Facts): Finding {
  const expected = funding(facts)?.outpoint;
  const transaction = given(facts);
  if (expected === undefined || transaction.ins.length === 0) return notReached;
  return equal(shown(expected), shown(Tx.outpointOf(transaction, 0)), 'slashing-tx.wrong-input');
}

function slashingAmount({ given, funding }: Slashing, facts: Facts): Finding {
  const valueSats = funding(facts)?.valueSats;
  const got = given(facts).outs[0]?.value;
  if (valueSats === undefined || got === undefined || facts.params === undefined) return notReached;
  const min = SlashingTx.slashingAmountSats(valueSats, facts.params.slashingRate);
  return holds(got >= min && got > 0n, `at least ${min} sat`, `${got} sat`, 'slashing-tx.slashes-too-little');
}

function slashingDestination({ given }: Slashing, facts: Facts): Finding {
  const got = given(facts).outs[0]?.script;
  if (got === undefined || facts.params === undefined) return notReached;
  return equal(Hex.encode(facts.params.slashingPkScript), Hex.encode(got), 'slashing-tx.wrong-slashing-script');
}

function slashingChange({ given }: Slashing, facts: Facts): Finding {
  const got = given(facts).outs[1]?.script;
  const contract = contractIn(facts.stake);
  if (got === undefined || contract === undefined) return notReached;
  return equal(Hex.encode(contract.slashingChange.scriptPubKey), Hex.encode(got), 'slashing-tx.wrong-change-script');
}

function slashingDust({ given }: Slashing, facts: Facts): Finding {
  const at = given(facts).outs.findIndex(({ script, value }) => Dust.isDust(script, value));
  return at < 0 ? passed('no dust') : failed('no dust', `output ${at}`, 'slashing-tx.dust');
}

function slashingFee({ given, funding }: Slashing, facts: Facts): Finding {
  const valueSats = funding(facts)?.valueSats;
  if (valueSats === undefined || facts.params === undefined) return notReached;
  const paid = given(facts).outs.reduce((left, { value }) => left - value, valueSats as bigint);
  const min = facts.params.minSlashingTxFeeSats;
  return holds(paid >= min && paid > 0n, `at least ${min} sat`, `${paid} sat`, 'slashing-tx.fee-below-minimum');
}

/** The whole, byte for byte but for witnesses; and the library's own judge of such transactions must agree. */
function slashingRebuilt({ given, rebuilt, funding }: Slashing, facts: Facts): Finding {
  const expected = rebuilt(facts);
  const spent = funding(facts);
  const contract = contractIn(facts.stake);
  if (expected === undefined || spent === undefined || contract === undefined || facts.params === undefined) return notReached;
  const slashing = given(facts);
  SlashingTx.check({ slashing, contract, funding: spent, rules: facts.params });
  return equal(expected.txid, Tx.txid(slashing), 'covenant-review.not-as-rebuilt');
}

export const UNBONDING: readonly Question<Facts>[] = [
  {
    check: 'unbonding.shape',
    what: 'the unbonding transaction has one input without scriptSig, one output, version 2, no lock, the final sequence',
    reference: 'btcstaking/1114',
    ask: (facts) => shape(unbondingTx(facts), PreSigned.UNBONDING),
  },
  {
    check: 'unbonding.input',
    what: 'the unbonding transaction spends the staking output',
    reference: 'btcstaking/1114',
    ask: unbondingInput,
  },
  { check: 'unbonding.script', what: 'it pays to the rebuilt unbonding script', reference: 'btcstaking/1114', ask: unbondingScript },
  { check: 'unbonding.value', what: 'its value is the registered one', reference: 'btcstaking/1114', ask: unbondingValue },
  { check: 'unbonding.fee', what: 'it pays exactly the unbonding fee', reference: 'btcstaking/1114', ask: unbondingFee },
  { check: 'unbonding.rebuilt', what: 'the unbonding transaction is the rebuilt one', reference: 'btcstaking/1114', ask: unbondingRebuilt },
];

function unbondingTx({ subject }: Facts): Tx.Transaction {
  return transactionOf(subject.record.unbondingTx);
}

function unbondingInput(facts: Facts): Finding {
  const transaction = unbondingTx(facts);
  if (transaction.ins.length === 0) return notReached;
  return equal(shown(facts.stake.outpoint), shown(Tx.outpointOf(transaction, 0)), 'unbonding-tx.wrong-input');
}

function unbondingScript(facts: Facts): Finding {
  const contract = contractIn(facts.stake);
  const got = unbondingTx(facts).outs[0]?.script;
  if (contract === undefined || got === undefined) return notReached;
  return equal(Hex.encode(contract.unbonding.scriptPubKey), Hex.encode(got), 'unbonding-tx.wrong-script');
}

function unbondingValue(facts: Facts): Finding {
  const { unbondingValueSats: expected } = facts.subject;
  if (expected === undefined) return notAsked('only a message names it');
  const got = unbondingTx(facts).outs[0]?.value;
  return got === undefined ? notReached : equal(`${expected} sat`, `${got} sat`, 'registration.unbonding-value');
}

function unbondingFee(facts: Facts): Finding {
  if (facts.params === undefined) return notReached;
  const paid = unbondingTx(facts).outs.reduce((left, { value }) => left - value, facts.stake.output.valueSats);
  return equal(`${facts.params.unbondingFeeSats} sat`, `${paid} sat`, 'unbonding-tx.wrong-fee');
}

function unbondingRebuilt(facts: Facts): Finding {
  const expected = facts.unbonding();
  const contract = contractIn(facts.stake);
  if (expected === undefined || contract === undefined || facts.params === undefined) return notReached;
  const unbonding = unbondingTx(facts);
  const staking = { outpoint: facts.stake.outpoint, valueSats: Sats.from(facts.stake.output.valueSats) };
  UnbondingTx.check({ unbonding, contract, staking, feeSats: facts.params.unbondingFeeSats });
  return equal(expected.txid, Tx.txid(unbonding), 'covenant-review.not-as-rebuilt');
}

/** What the staker gave. */
export const CONSENT: readonly Question<Facts>[] = [
  {
    check: 'staker.slashing-signature',
    what: 'the staker has signed the slashing transaction of the stake',
    reference: 'btcstaking/1109',
    ask: (facts) => stakerSignature(facts, facts.subject.stakerSignatures.stakingSlashing, facts.stakingSlashing()),
  },
  {
    check: 'staker.unbonding-slashing-signature',
    what: 'the staker has signed the slashing transaction of the unbonding',
    reference: 'btcstaking/1109',
    ask: (facts) => stakerSignature(facts, facts.subject.stakerSignatures.unbondingSlashing, facts.unbondingSlashing()),
  },
];

function stakerSignature(facts: Facts, signature: Uint8Array | undefined, spend: LeafSpend.LeafSpend | undefined): Finding {
  const expected = 'a valid signature of 64 bytes';
  if (signature === undefined)
    return facts.policy.requireStakerSignatures === false
      ? notAsked('the form carries no signature of the staker')
      : failed(expected, 'none', 'covenant-review.no-staker-signature');
  if (spend === undefined) return notReached;
  if (signature.length !== 64) return failed(expected, `${signature.length} bytes`, 'registration.bad-signature');
  const valid = spend.verify(facts.subject.record.btcPk, signature, facts.ecc);
  return holds(valid, expected, valid ? expected : 'not this key’s signature of this transaction', 'registration.bad-signature');
}
