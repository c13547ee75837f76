// Kind staking.transactions: from a staking transaction to its unbonding and slashing transactions, what is signed of them, and the
// unbonding witness (babylon btcstaking/staking.go, witness_utils.go; x/btcstaking/types/validate_parsed_message.go).
import * as Delegation from '../../babylon/Delegation.ts';
import * as Witness from '../../babylon/Witness.ts';
import * as Hex from '../../base/Hex.ts';
import * as Rate from '../../base/Rate.ts';
import type { LeafSpend } from '../../bitcoin/LeafSpend.ts';
import * as Network from '../../bitcoin/Network.ts';
import * as Tx from '../../bitcoin/Tx.ts';
import type { Ecc } from '../../crypto/Ecc.ts';
import type { Definition } from '../definition.ts';
import * as Field from '../fields.ts';
import type { Input } from '../model.ts';
import * as Read from '../reader.ts';
import { CONTRACT_FIELDS, contractOf } from './contract.ts';
import { makeTransactionsDraft, transactionSpoilings } from './stakingTransactionsCases.ts';

export const stakingTransactions: Definition = {
  kind: 'staking.transactions',
  about: 'the transactions that follow from a staking transaction, their signature hashes, and the unbonding witness',
  input: {
    ...CONTRACT_FIELDS,
    stakingTransaction: Field.about(Field.hex(), 'raw; a witness does not matter'),
    stakingOutputIndex: Field.integer(),
    unbondingFeeSats: Field.integer('satoshi'),
    slashing: Field.object({
      pkScript: Field.hex(),
      rate: Field.about(Field.text(), 'decimal, at most four places'),
      minFeeSats: Field.integer('satoshi; exactly this fee is paid'),
    }),
    covenantSignatures: Field.about(
      Field.list({ type: 'object', fields: { covenantPk: Field.hex(32), signature: Field.hex() } }),
      'of the unbonding transaction, in any order; of more than the quorum the first valid ones count',
    ),
    stakerSignature: Field.about(Field.hex(), 'of the unbonding transaction'),
  },
  expect: {
    stakingTxid: Field.hex(),
    unbondingTransaction: Field.about(Field.hex(), 'without witness'),
    unbondingTxid: Field.hex(),
    unbondingSighash: Field.about(Field.hex(), 'tapscript, SIGHASH_DEFAULT'),
    unbondingWitness: Field.about(Field.list(Field.hex()), 'bottom item first, with script and control block'),
    stakingSlashingTransaction: Field.hex(),
    stakingSlashingSighash: Field.hex(),
    unbondingSlashingTransaction: Field.hex(),
    unbondingSlashingSighash: Field.hex(),
  },
  outputs(input, ecc) {
    Network.from(Read.text(input, 'network'));
    const delegation = delegationOf(input, ecc);
    const raw = (spend: LeafSpend): string => Tx.toHex(spend.transaction);
    const sighash = (spend: LeafSpend): string => Hex.encode(spend.sighash());
    return {
      stakingTxid: () => delegation.stakingTxid,
      unbondingTransaction: () => raw(delegation.unbonding),
      unbondingTxid: () => delegation.unbonding.txid,
      unbondingSighash: () => sighash(delegation.unbonding),
      unbondingWitness: () => unbondingWitness(input, delegation, ecc),
      stakingSlashingTransaction: () => raw(delegation.stakingSlashing),
      stakingSlashingSighash: () => sighash(delegation.stakingSlashing),
      unbondingSlashingTransaction: () => raw(delegation.unbondingSlashing),
      unbondingSlashingSighash: () => sighash(delegation.unbondingSlashing),
    };
  },
  draft: makeTransactionsDraft,
  spoilings: transactionSpoilings(),
};

function delegationOf(input: Input, ecc: Ecc): Delegation.Delegation {
  const slashing = Read.object(input, 'slashing');
  return Delegation.from({
    contract: contractOf(input, ecc),
    rules: {
      slashingPkScript: Read.bytes(slashing, 'pkScript'),
      slashingRate: Rate.parse(Read.text(slashing, 'rate'), 'rate'),
      minSlashingTxFeeSats: Read.sats(slashing, 'minFeeSats'),
      unbondingFeeSats: Read.sats(input, 'unbondingFeeSats'),
    },
    stakingTransaction: Tx.decode(Read.bytes(input, 'stakingTransaction'), 'stakingTransaction'),
    stakingOutputIndex: Read.integer(input, 'stakingOutputIndex'),
    slashingTxVersion: 2,
  });
}

function unbondingWitness(input: Input, delegation: Delegation.Delegation, ecc: Ecc): readonly string[] {
  const covenant = Read.objects(input, 'covenantSignatures').map((one) => ({
    publicKey: Read.bytes(one, 'covenantPk'),
    signature: Read.bytes(one, 'signature'),
  }));
  const staker = [{ publicKey: Read.bytes(input, 'stakerPk'), signature: Read.bytes(input, 'stakerSignature') }];
  const { contract, unbonding } = delegation;
  const { stack } = Witness.assemble({ contract, path: 'unbonding', spend: unbonding, signatures: { staker, covenant } }, ecc);
  return stack.map((item) => Hex.encode(item));
}
