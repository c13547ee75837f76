// What the chain must refuse: early withdrawals, witnesses in the wrong order, too few or too many signatures, a slash played twice.
import * as WithdrawalTx from '../../babylon/WithdrawalTx.ts';
import * as Sats from '../../base/Sats.ts';
import * as Tx from '../../bitcoin/Tx.ts';
import * as Stakes from './stakes.ts';

const BAD_SIGNATURE = 'Invalid Schnorr signature';
const WRONG_COUNT = 'finished with a false/empty top stack element';

/** On the first stake, which is active. */
export async function beforeTheFault(setting: Stakes.Setting, stakes: readonly Stakes.Stake[]): Promise<void> {
  const { stage, params } = setting;
  const stake = stakes[0] as Stakes.Stake;
  const { contract, staking } = stake.delegation;
  const early = Stakes.withdrawalOf(setting, stake, { contract, from: 'staking', ...staking });
  await stage.mustRefuse('withdraw the stake before its timelock has passed', early.transaction, ['non-BIP68-final']);
  const members = params.covenantPks.length;
  const unbonding = Stakes.unbondingOf(setting, stake);
  const witness = unbonding.ins[0]?.witness ?? [];
  const slots = witness.slice(0, members);
  const rest = witness.slice(members);
  await stage.mustRefuse(
    'unbond with the covenant signatures in ascending order',
    withWitness(unbonding, [...[...slots].reverse(), ...rest]),
    [BAD_SIGNATURE],
  );
  const signed = slots.findIndex((slot) => slot.length > 0);
  const oneLess = slots.map((slot, i) => (i === signed ? new Uint8Array(0) : slot));
  await stage.mustRefuse('unbond with one covenant signature too few', withWitness(unbonding, [...oneLess, ...rest]), [WRONG_COUNT]);
  const holes = slots.filter((slot) => slot.length > 0);
  await stage.mustRefuse('unbond with the empty slots left out', withWitness(unbonding, [...holes, ...rest]), [
    BAD_SIGNATURE,
    'Operation not valid with the current stack size',
  ]);
}

/** On the first slashed stake. */
export async function afterTheSlash(setting: Stakes.Setting, slashed: readonly Stakes.SlashedStake[]): Promise<void> {
  const { stage } = setting;
  const { slashable, transaction } = slashed[0] as Stakes.SlashedStake;
  await stage.mustRefuse('broadcast the same slashing again', transaction, ['txn-already-known', 'missing-inputs']);
  await stage.mustRefuse('unbond the stake that was just slashed', Stakes.unbondingOf(setting, slashable), ['missing-inputs']);
  const valueSats = Sats.from(Tx.outputOf(transaction, WithdrawalTx.SLASHING_CHANGE_INDEX).valueSats);
  const outpoint = { txid: Tx.txid(transaction), vout: WithdrawalTx.SLASHING_CHANGE_INDEX };
  const early = Stakes.withdrawalOf(setting, slashable, {
    contract: slashable.delegation.contract,
    from: 'slashing-change',
    outpoint,
    valueSats,
  });
  await stage.mustRefuse('withdraw the rest before its timelock has passed', early.transaction, ['non-BIP68-final']);
}

function withWitness(transaction: Tx.Transaction, witness: readonly Uint8Array[]): Tx.Transaction {
  const copy = transaction.clone();
  copy.setWitness(0, [...witness]);
  return copy;
}
