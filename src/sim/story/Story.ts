// The whole story on any Bitcoin chain: stakes of several sizes, a provider that votes, then equivocates, and what everybody loses and gets back.

import type { StakingNetwork } from '../../babylon/Networks.ts';
import type { StakingParams } from '../../babylon/Params.ts';
import * as Slasher from '../../babylon/Slasher.ts';
import * as WithdrawalTx from '../../babylon/WithdrawalTx.ts';
import * as Check from '../../base/Check.ts';
import * as Hex from '../../base/Hex.ts';
import * as Rate from '../../base/Rate.ts';
import * as Sats from '../../base/Sats.ts';
import * as Address from '../../bitcoin/Address.ts';
import type * as BitcoinNetwork from '../../bitcoin/Network.ts';
import * as Tx from '../../bitcoin/Tx.ts';
import * as Ecc from '../../crypto/Ecc.ts';
import type * as PublicKey from '../../crypto/PublicKey.ts';
import type * as SecretKey from '../../crypto/SecretKey.ts';
import type { BitcoinPort } from '../chain/BitcoinPort.ts';
import type { Account, Fate, StakerOutcome } from './Account.ts';
import * as Comparison from './Comparison.ts';
import * as Cast from './cast.ts';
import * as Provider from './provider.ts';
import * as Refusals from './refusals.ts';
import { Stage, type Reason as StageReason } from './stage.ts';
import * as Stakes from './stakes.ts';

export type { Account, Fate, Refusal, RestakingOutcome, StakerOutcome, TxRecord } from './Account.ts';
export type Reason = Check.Reason | Provider.Reason | StageReason;

/** More stakers than this would take minutes and more coins than a fresh test chain has. */
export const MAX_STAKERS = 1_000;

export type Options = {
  readonly network: StakingNetwork;
  readonly params: StakingParams;
  readonly stakers: number;
  readonly seed: string;
  readonly chain: BitcoinPort;
  readonly chainName: string;
  /** Where the addresses belong: regtest on a test node. */
  readonly bitcoinNetwork: BitcoinNetwork.Network;
  readonly onStep?: (text: string) => void;
};

/**
 * Plays the story and gives the account of it. The same seed on the same chain gives the same bytes.
 *
 * @throws input.out-of-range - number of stakers
 * @throws story.refused, story.check-failed - when something that must work does not
 */
export async function tell(options: Options, ecc: Ecc.Ecc = Ecc.auto()): Promise<Account> {
  const { seed, chain } = options;
  const count = Check.integer(options.stakers, 'stakers', 1, MAX_STAKERS);
  const stage = new Stage(chain, options.onStep ?? (() => undefined));
  const covenant = options.params.covenantPks.map((_, i) => Cast.person(seed, `covenant member ${i}`, ecc));
  const covenantPks: readonly PublicKey.XOnlyPublicKey[] = covenant.map(({ publicKey }) => publicKey);
  // Everything of the real parameters, but with covenant keys that can sign here.
  const params: StakingParams = { ...options.params, covenantPks };
  const finalityProvider = Cast.person(seed, 'finality provider', ecc);
  const setting: Stakes.Setting = { stage, params, covenant, finalityProvider, ecc };

  stage.say(`${count} staker${count === 1 ? ' locks' : 's lock'} bitcoin; ${covenant.length} covenant members pre-sign their slashing`);
  const opened = await openAll(setting, count, seed);
  stage.say('The finality provider commits randomness and votes honestly');
  const provider = Provider.appear(finalityProvider, options.network, seed, ecc);
  stage.say('Some stakers unbond, withdraw or extend');
  const moved = await moveOn(setting, opened);
  await Refusals.beforeTheFault(setting, moved.stakes);

  stage.say('The provider signs two blocks of one height: its key is public now');
  const { evidence, key } = Provider.equivocate(provider, ecc);
  const faultHeight = (await chain.tip()).height;
  stage.say('Anybody completes the slashing transactions');
  const slashed = await slashAll(setting, moved.stakes, key);
  const recovered = Slasher.recoverKey(slashed.first.slashable, slashed.first.transaction, ecc);
  await Refusals.afterTheSlash(setting, slashed.byStaker);
  stage.say(`After ${params.unbondingTimeBlocks} blocks the slashed stakers withdraw the rest`);
  const outcomes = await settle(setting, options.bitcoinNetwork, moved, slashed);

  return {
    network: options.network.name,
    chain: options.chainName,
    seed,
    paramsVersion: params.version,
    paramsAsOf: options.network.asOf,
    params: describeParams(params),
    covenant: { members: covenant.length, quorum: params.covenantQuorum, publicKeys: covenantPks.map((pk) => Hex.encode(pk)) },
    finalityProvider: Provider.describe(provider, evidence, key),
    faultHeight,
    stakers: outcomes,
    refusals: stage.refusals,
    restaking: Comparison.onRestakingLedger(outcomes, params.slashingRate),
    transactions: stage.records,
    checks: [
      {
        name: 'key extracted from two votes = key of the provider',
        ok: Hex.encode(evidence.finalityProviderPk) === Hex.encode(finalityProvider.publicKey),
      },
      { name: 'key recovered from the first published slashing = the same key', ok: Hex.encode(recovered.secretKey) === Hex.encode(key) },
      { name: 'every stake = slashed + fees + returned', ok: outcomes.every(balances) },
      { name: 'every attempt that must fail was refused', ok: stage.refusals.every(({ refused }) => refused) },
    ],
  };
}

function describeParams(params: StakingParams): Account['params'] {
  return {
    slashingRate: Rate.format(params.slashingRate),
    slashingPkScript: Hex.encode(params.slashingPkScript),
    minSlashingTxFeeSats: params.minSlashingTxFeeSats,
    unbondingFeeSats: params.unbondingFeeSats,
    unbondingTimeBlocks: params.unbondingTimeBlocks,
    stakingTimeBlocks: params.maxStakingTimeBlocks,
  };
}

function balances({ stakeSats, slashedSats, feesSats, returnedSats }: StakerOutcome): boolean {
  return stakeSats === slashedSats + feesSats + returnedSats;
}

/** The second, third and fourth of every six stakers move before the fault; the others stay. */
function fateOf(index: number): Fate {
  return (['active', 'unbonding', 'withdrawn', 'extended', 'active', 'active'] as const)[index % 6] as Fate;
}

async function openAll(setting: Stakes.Setting, count: number, seed: string): Promise<readonly Stakes.Stake[]> {
  const sizes = Cast.stakeSizes(seed, count, setting.params);
  const stakes: Stakes.Stake[] = [];
  for (const [index, valueSats] of sizes.entries()) {
    stakes.push(await Stakes.open(setting, Cast.person(seed, `staker ${index}`, setting.ecc), index, valueSats, fateOf(index)));
  }
  await setting.stage.confirm();
  return stakes;
}

type Withdrawn = { readonly valueSats: Sats.Sats; readonly feeSats: Sats.Sats; readonly height: number };
type Moved = { readonly stakes: readonly Stakes.Stake[]; readonly withdrawn: ReadonlyMap<number, Withdrawn> };

/** Withdrawals first: they need the unbonding time to pass; who is still unbonding at the fault starts after it. */
async function moveOn(setting: Stakes.Setting, opened: readonly Stakes.Stake[]): Promise<Moved> {
  const { stage, params } = setting;
  const leaving = opened.filter(({ fate }) => fate === 'withdrawn');
  for (const stake of leaving) await stage.broadcast('unbond', Stakes.unbondingOf(setting, stake), stake.index);
  // Mined at h, the output can be spent in block h + U: U - 1 more blocks, then the withdrawal's own.
  if (leaving.length > 0) await stage.confirm(params.unbondingTimeBlocks);
  const amounts = new Map<number, Omit<Withdrawn, 'height'>>();
  for (const stake of leaving) {
    const { contract, unbondingOutput } = stake.delegation;
    const { transaction, ...amount } = Stakes.withdrawalOf(setting, stake, { contract, from: 'unbonding', ...unbondingOutput });
    await stage.broadcast('withdraw', transaction, stake.index);
    amounts.set(stake.index, amount);
  }
  const stakes: Stakes.Stake[] = [];
  for (const stake of opened) {
    if (stake.fate === 'unbonding') await stage.broadcast('unbond', Stakes.unbondingOf(setting, stake), stake.index);
    stakes.push(stake.fate === 'extended' ? await Stakes.extend(setting, stake) : stake);
  }
  const height = await stage.confirm();
  return { stakes, withdrawn: new Map([...amounts].map(([index, amount]) => [index, { ...amount, height }])) };
}

type AllSlashed = { readonly byStaker: readonly Stakes.SlashedStake[]; readonly first: Stakes.SlashedStake };

async function slashAll(setting: Stakes.Setting, stakes: readonly Stakes.Stake[], key: SecretKey.SecretKey): Promise<AllSlashed> {
  const { stage, ecc } = setting;
  const open = stakes.filter(({ fate }) => fate !== 'withdrawn');
  const byStaker: Omit<Stakes.SlashedStake, 'height'>[] = [];
  for (const slashable of open) {
    const target = slashable.fate === 'unbonding' ? 'unbonding' : 'staking';
    const { transaction } = Slasher.slash(slashable, target, key, ecc);
    await stage.broadcast('slash', transaction, slashable.index);
    byStaker.push({ slashable, target, transaction });
  }
  const height = await stage.confirm();
  const slashed = byStaker.map((item) => ({ ...item, height }));
  // Staker 0 is always active, so there is one.
  return { byStaker: slashed, first: slashed[0] as Stakes.SlashedStake };
}

/** The rest of every slashed stake goes home once its timelock has passed. */
async function settle(
  setting: Stakes.Setting,
  network: BitcoinNetwork.Network,
  { stakes, withdrawn }: Moved,
  { byStaker }: AllSlashed,
): Promise<readonly StakerOutcome[]> {
  const { stage, params } = setting;
  await stage.confirm(params.unbondingTimeBlocks - 1);
  const returned = new Map<number, { readonly valueSats: Sats.Sats; readonly slashedSats: Sats.Sats }>();
  for (const { slashable, transaction } of byStaker) {
    const { valueSats } = Tx.outputOf(transaction, WithdrawalTx.SLASHING_CHANGE_INDEX);
    const outpoint = { txid: Tx.txid(transaction), vout: WithdrawalTx.SLASHING_CHANGE_INDEX };
    const change = Stakes.withdrawalOf(setting, slashable, {
      contract: slashable.delegation.contract,
      from: 'slashing-change',
      outpoint,
      valueSats: Sats.from(valueSats),
    });
    await stage.broadcast('withdraw the rest', change.transaction, slashable.index);
    returned.set(slashable.index, { valueSats: change.valueSats, slashedSats: Sats.from(Tx.outputOf(transaction, 0).valueSats) });
  }
  const height = await stage.confirm();
  return stakes.map(({ index, owner, fate, delegation }): StakerOutcome => {
    const left = withdrawn.get(index);
    const back = returned.get(index);
    const returnedSats = left?.valueSats ?? back?.valueSats ?? Sats.ZERO;
    const slashedSats = back?.slashedSats ?? Sats.ZERO;
    const stakeSats = delegation.stakingValueSats;
    return {
      index,
      publicKey: Hex.encode(owner.publicKey),
      stakingAddress: Address.encode(delegation.contract.staking.scriptPubKey, network),
      fate,
      stakeSats,
      slashedSats,
      feesSats: Sats.from(stakeSats - slashedSats - returnedSats, 'feesSats'),
      returnedSats,
      returnedHeight: left?.height ?? height,
    };
  });
}
