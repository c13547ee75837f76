// A delegation out of the chain's store with what belongs to it: its parameters, its contract, its parent.
// Babylon x/btcstaking/keeper/btc_delegations.go getBTCDelWithParams.
import type { Ecc } from '../../crypto/Ecc.ts';
import type { ChainView, DelegationRecord } from '../ChainView.ts';
import type { StakingParams } from '../Params.ts';
import * as StakingContract from '../StakingContract.ts';
import * as Basics from './basics.ts';
import { once, parsedOrNone } from './context.ts';
import type { Parsed } from './transactions.ts';
import { type Outcome, plain, staking } from './verdict.ts';

export type Stored = {
  readonly txid: string;
  readonly record: DelegationRecord;
  readonly params: StakingParams;
  readonly stakingTx: Parsed;
  readonly contract: () => StakingContract.StakingContract;
  /** Of an expansion. */
  readonly parent: Stored | undefined;
};

/** The delegation under a hash text, or the refusal that looking it up ends with. */
export function load(chain: ChainView, hash: string, field: string, ecc: Ecc): Stored | Exclude<Outcome, undefined> {
  const bad = Basics.hashIsHex(hash, field);
  if (bad !== undefined) return bad;
  const txid = Basics.storeKey(hash) ?? '';
  const record = chain.delegations.get(txid);
  if (record === undefined) return staking(1102, '', { field, why: 'registration.unknown-delegation', facts: { txid } });
  const params = chain.paramsSet.versions[record.paramsVersion];
  const stakingTx = parsedOrNone(record.stakingTx);
  if (params === undefined || stakingTx === undefined) {
    const facts = { paramsVersion: record.paramsVersion };
    return plain('params version in BTC delegation is not found', { field, why: 'params.unknown-version', facts });
  }
  const contract = once(() => contractOf(record, params, ecc));
  const own = { txid, record, params, stakingTx, contract };
  if (record.expansion === undefined) return { ...own, parent: undefined };
  const { previousStakingTxid } = record.expansion;
  const parent = load(chain, previousStakingTxid, field, ecc);
  if (parent === 'blocked' || isStored(parent)) return parent === 'blocked' ? parent : { ...own, parent };
  const reference = `failed to get previous BTC delegation for stake expansion ${previousStakingTxid}: ${parent.reference}`;
  return { ...parent, reference };
}

/** Tells a delegation from a refusal. */
export function isStored(value: Stored | Outcome): value is Stored {
  return typeof value === 'object' && 'record' in value;
}

function contractOf(record: DelegationRecord, params: StakingParams, ecc: Ecc): StakingContract.StakingContract {
  const { covenantPks, covenantQuorum, unbondingTimeBlocks } = params;
  return StakingContract.from(
    {
      stakerPk: record.btcPk as (typeof covenantPks)[number],
      finalityProviderPks: record.fpBtcPkList as typeof covenantPks,
      covenantPks,
      covenantQuorum,
      stakingTimeBlocks: record.stakingTimeBlocks,
      unbondingTimeBlocks,
      profile: 'generic',
    },
    ecc,
  );
}
