// Kind bitcoin.spend: would a block at tipHeight + 1 hold this transaction, would an empty mempool take it, and if not, why.
// Generated verdicts come from the evaluator of this library; that the evaluator agrees with a Bitcoin node is shown elsewhere, by spends
// that a node has judged (vectors/bitcoin) and by the tests against a running node.
import * as SpendCheck from '../../bitcoin/SpendCheck.ts';
import type { Ecc } from '../../crypto/Ecc.ts';
import type { Definition } from '../definition.ts';
import * as Field from '../fields.ts';
import type { Input } from '../model.ts';
import * as Read from '../reader.ts';
import { makeSpendDraft, spendSpoilings } from './bitcoinSpendCases.ts';

export const bitcoinSpend: Definition = {
  kind: 'bitcoin.spend',
  about: 'whether consensus and relay policy (fees aside) take a transaction that spends P2TR and P2WPKH outputs',
  input: {
    transaction: Field.about(Field.hex(), 'raw, with witness'),
    prevouts: Field.about(
      Field.list({
        type: 'object',
        fields: {
          scriptPubKey: Field.hex(),
          valueSats: Field.integer('satoshi'),
          confirmedHeight: Field.integer(),
          medianTimeBefore: Field.optional(Field.integer('median time past of the block before its confirmation, seconds')),
        },
      }),
      'one for each input, in input order',
    ),
    tipHeight: Field.integer('the spend would be in the block after it'),
    medianTime: Field.integer('median time past of the tip, seconds'),
  },
  expect: {
    consensusValid: Field.boolean(),
    standard: Field.boolean(),
    scriptError: Field.about(
      Field.text(),
      "Bitcoin Core's text of the script failure, in the block or, where that is valid, in the mempool",
    ),
    rejectReason: Field.about(Field.text(), "the mempool's reason when it refuses for something else than a script"),
  },
  always: ['consensusValid', 'standard'],
  outputs(input, ecc) {
    const { consensusValid, standard, scriptError, rejectReason } = judge(input, ecc);
    return {
      consensusValid: () => consensusValid,
      standard: () => standard,
      ...(scriptError === undefined ? {} : { scriptError: () => scriptError }),
      ...(rejectReason === undefined ? {} : { rejectReason: () => rejectReason }),
    };
  },
  draft: makeSpendDraft,
  spoilings: spendSpoilings(),
};

function judge(input: Input, ecc: Ecc): SpendCheck.Verdict {
  const prevouts = Read.objects(input, 'prevouts').map((prevout) => ({
    scriptPubKey: Read.bytes(prevout, 'scriptPubKey'),
    valueSats: Read.bigInteger(prevout, 'valueSats'),
    confirmedHeight: Read.integer(prevout, 'confirmedHeight'),
    ...(Read.has(prevout, 'medianTimeBefore') ? { medianTimeBefore: Read.integer(prevout, 'medianTimeBefore') } : {}),
  }));
  const transaction = Read.bytes(input, 'transaction');
  const tipHeight = Read.integer(input, 'tipHeight');
  return SpendCheck.verifySpend({ transaction, prevouts, tipHeight, medianTime: Read.integer(input, 'medianTime') }, ecc);
}
