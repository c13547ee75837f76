// Random contracts with the whole life of a stake: every transaction that may follow, signed by hand, with or without annex.
import * as Delegation from '../../src/babylon/Delegation.ts';
import * as ExtensionTx from '../../src/babylon/ExtensionTx.ts';
import * as Phase1Params from '../../src/babylon/Phase1Params.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as WithdrawalTx from '../../src/babylon/WithdrawalTx.ts';
import * as Bytes from '../../src/base/Bytes.ts';
import * as Rate from '../../src/base/Rate.ts';
import type { LeafSpend } from '../../src/bitcoin/LeafSpend.ts';
import * as Sighash from '../../src/bitcoin/Sighash.ts';
import type * as Tx from '../../src/bitcoin/Tx.ts';
import * as Schnorr from '../../src/crypto/Schnorr.ts';
import type { Dice } from './blocks.ts';
import { BURN, hex, type KeyPair, keyOf, P2TR, P2WPKH, pks, sats, stakingTransaction } from './stakes.ts';

const POOL: readonly KeyPair[] = Array.from({ length: 80 }, (_, i) => keyOf(`life ${i}`));

/** A contract with everybody's keys. */
export type Life = {
  readonly stakers: readonly KeyPair[];
  readonly providers: readonly KeyPair[];
  readonly covenant: readonly KeyPair[];
  readonly contract: StakingContract.StakingContract;
  readonly delegation: Delegation.Delegation;
  readonly stakingTx: Tx.Transaction;
};

const TIMES = [1, 16, 17, 127, 128, 255, 256, 32_767, 32_768, 65_535];

function draw(dice: Dice, used: Set<number>, count: number): readonly KeyPair[] {
  return Array.from({ length: count }, () => {
    let i = dice.below(POOL.length);
    while (used.has(i)) i = (i + 1) % POOL.length;
    used.add(i);
    return POOL[i] as KeyPair;
  });
}

export function randomLife(dice: Dice): Life {
  const used = new Set<number>();
  const time = (): number => (dice.below(3) === 0 ? (TIMES[dice.below(TIMES.length)] as number) : 1 + dice.below(65_535));
  const stakers = draw(dice, used, dice.below(4) === 0 ? 2 + dice.below(2) : 1);
  const providers = draw(dice, used, dice.below(4) === 0 ? 2 + dice.below(3) : 1);
  const covenant = draw(dice, used, 1 + dice.below(dice.below(10) === 0 ? 22 : 9));
  const contract = StakingContract.from({
    stakers: { pks: pks(stakers), quorum: 1 + dice.below(stakers.length) },
    finalityProviderPks: pks(providers),
    covenantPks: pks(covenant),
    covenantQuorum: 1 + dice.below(covenant.length),
    stakingTimeBlocks: time(),
    unbondingTimeBlocks: time(),
    profile: 'generic',
  });
  const valueSats = BigInt(50_000 + dice.below(16_000_000));
  const stakingTx = stakingTransaction(contract, valueSats, dice.below(3));
  const delegation = Delegation.from({
    contract,
    rules: {
      slashingPkScript: BURN,
      slashingRate: Rate.from(1 + dice.below(5_000)),
      minSlashingTxFeeSats: sats(1_000 + dice.below(3_000)),
      unbondingFeeSats: sats(200 + dice.below(5_000)),
    },
    stakingTransaction: stakingTx,
    slashingTxVersion: dice.below(2) === 0 ? 1 : 2,
  });
  return { stakers, providers, covenant, contract, delegation, stakingTx };
}

export type Path = 'timelock' | 'unbonding' | 'slashing';
export const ANNEX: Uint8Array = Uint8Array.of(0x50, 1, 2, 3);

/** The spend with a witness placed by hand: groups from the last to the first, keys descending, empty slots kept. */
export function signed(
  { stakers, providers, covenant, contract: { terms } }: Life,
  path: Path,
  spend: LeafSpend,
  annex?: Uint8Array,
  provider = 0,
): Tx.Transaction {
  const context = Sighash.prepare(spend.transaction, spend.spentOutputs);
  const hash = Sighash.tapscript(context, spend.inputIndex, spend.leaf.leafHash, annex === undefined ? {} : { annex });
  const slots = (people: readonly KeyPair[], quorum: number): Uint8Array[] => {
    const signing = new Set(people.slice(0, quorum));
    return [...people]
      .sort((a, b) => Bytes.compare(b.publicKey, a.publicKey))
      .map((one) => (signing.has(one) ? Schnorr.sign(hash, one.secretKey, new Uint8Array(32)) : new Uint8Array()));
  };
  const first = [...providers.slice(provider), ...providers.slice(0, provider)];
  return spend.withWitness([
    ...(path === 'timelock' ? [] : slots(covenant, terms.covenantQuorum)),
    ...(path === 'slashing' ? slots(first, 1) : []),
    ...slots(stakers, terms.stakerQuorum),
    spend.leaf.script,
    spend.leaf.controlBlock,
    ...(annex === undefined ? [] : [annex]),
  ]);
}

export const FUNDING: { readonly outpoint: Tx.Outpoint; readonly valueSats: bigint; readonly scriptPubKey: Uint8Array } = {
  outpoint: { txid: '77'.repeat(32), vout: 2 },
  valueSats: 900_000n,
  scriptPubKey: P2TR,
};

/** The same keys with a longer time: what an extension locks. */
export function extensionOf({ contract, delegation }: Life): {
  readonly contract: StakingContract.StakingContract;
  readonly spend: LeafSpend;
} {
  const { stakerPks, stakerQuorum, ...rest } = contract.terms;
  const next = StakingContract.from({
    ...rest,
    stakers: { pks: stakerPks, quorum: stakerQuorum },
    stakingTimeBlocks: contract.terms.stakingTimeBlocks === 65_535 ? 7 : contract.terms.stakingTimeBlocks + 1,
  });
  const { spend } = ExtensionTx.build({
    previous: delegation,
    contract: next,
    valueSats: sats(delegation.stakingValueSats + 1n),
    funding: FUNDING,
    changeScriptPubKey: P2WPKH,
    feeRateSatsPerKvb: 2_000n,
  });
  return { contract: next, spend };
}

export function withdrawalOf({ contract, delegation }: Life, from: WithdrawalTx.Source): LeafSpend {
  const { staking, unbondingOutput, stakingSlashing } = delegation;
  const change = stakingSlashing.transaction.outs[1]?.value ?? 0n;
  const input =
    from === 'staking'
      ? staking
      : from === 'unbonding'
        ? unbondingOutput
        : { outpoint: { txid: stakingSlashing.txid, vout: 1 }, valueSats: sats(change) };
  const built = WithdrawalTx.build({ inputs: [{ contract, from, ...input }], destinationScriptPubKey: P2WPKH, feeSats: sats(2_000) });
  return built.spends[0] as LeafSpend;
}

/** A phase-1 set of one version with the committee of a contract. */
export function phase1Of(
  { terms }: StakingContract.StakingContract,
  changes: Partial<Phase1Params.Phase1ParamsJson> = {},
): Phase1Params.Phase1Set {
  const json = {
    ...{ version: 0, activationHeight: 1, stakingCapSats: `${2n ** 50n}`, capHeight: null, tagHex: '01020304', confirmationDepth: 10 },
    covenantPks: terms.covenantPks.map((key) => ({ compressed: `02${hex(key)}`, xonly: hex(key) })),
    ...{ covenantQuorum: terms.covenantQuorum, unbondingTimeBlocks: terms.unbondingTimeBlocks },
    ...{ unbondingFeeSats: '1000', minStakingSats: '10000', maxStakingSats: `${2n ** 50n}` },
    ...{ minStakingTimeBlocks: 1, maxStakingTimeBlocks: 65_535, ...changes },
  };
  return Phase1Params.setFrom([Phase1Params.from(json)]);
}
