// The keys, quorum and times that staking.scripts and staking.transactions share: how they are read, made and spoiled.
import * as StakingContract from '../../babylon/StakingContract.ts';
import * as Hex from '../../base/Hex.ts';
import type { Ecc } from '../../crypto/Ecc.ts';
import * as PublicKey from '../../crypto/PublicKey.ts';
import * as Field from '../fields.ts';
import type { Input } from '../model.ts';
import type { Random } from '../random.ts';
import * as Read from '../reader.ts';
import * as Made from './made.ts';

export const CONTRACT_FIELDS: Field.Fields = {
  stakerPk: Field.hex(32),
  finalityProviderPks: Field.list(Field.hex(32)),
  covenantPks: Field.about(Field.list(Field.hex(32)), 'in any order'),
  covenantQuorum: Field.integer(),
  stakingTimelock: Field.integer('blocks, 1..65535'),
  unbondingTimelock: Field.integer('blocks, 1..65535'),
  network: Field.text(...Made.NETWORKS),
};

/** The contract of an input; any number of providers, since scripts know no chain rules. */
export function contractOf(input: Input, ecc: Ecc): StakingContract.StakingContract {
  const keys = (field: string): readonly PublicKey.XOnlyPublicKey[] =>
    Read.bytesList(input, field).map((key, i) => PublicKey.fromXOnly(key, `${field}[${i}]`, ecc));
  return StakingContract.from(
    {
      stakerPk: PublicKey.fromXOnly(Read.bytes(input, 'stakerPk'), 'stakerPk', ecc),
      finalityProviderPks: keys('finalityProviderPks'),
      covenantPks: keys('covenantPks'),
      covenantQuorum: Read.integer(input, 'covenantQuorum'),
      stakingTimeBlocks: Read.integer(input, 'stakingTimelock'),
      unbondingTimeBlocks: Read.integer(input, 'unbondingTimelock'),
      profile: 'generic',
    },
    ecc,
  );
}

/** The people of a made contract. */
export type Party = {
  readonly staker: Made.KeyPair;
  readonly providers: readonly Made.KeyPair[];
  readonly covenant: readonly Made.KeyPair[];
  readonly quorum: number;
};

/** Committees from 1-of-1 to 9-of-9, and 18-of-20 (a quorum above 16 is another push); one to three providers, at times ten. */
export function makeParty(random: Random, ecc: Ecc): Party {
  const members = random.pick([1, 2, 2, 3, 3, 3, 5, 5, 7, 9, 9, 20]);
  const quorum = members === 20 ? 18 : random.integer(1, members);
  return {
    staker: Made.keyPair(random, ecc),
    providers: Made.keyPairs(random.pick([1, 1, 1, 1, 1, 2, 2, 3, 10]), random, ecc),
    covenant: Made.keyPairs(members, random, ecc),
    quorum,
  };
}

/** The input of a party, with random times and network. */
export function contractInput({ staker, providers, covenant, quorum }: Party, random: Random): Input {
  return {
    stakerPk: Hex.encode(staker.publicKey),
    finalityProviderPks: Made.hexOf(providers),
    covenantPks: Made.hexOf(covenant),
    covenantQuorum: quorum,
    stakingTimelock: random.pick(Made.LOCKS),
    unbondingTimelock: random.pick(Made.LOCKS),
    network: random.pick(Made.NETWORKS),
  };
}

/** `7of9-2fp`. */
export function nameOf({ providers, covenant, quorum }: Party): string {
  return `${quorum}of${covenant.length}${providers.length === 1 ? '' : `-${providers.length}fp`}`;
}

type ContractSpoiling = {
  readonly name: string;
  readonly error: string;
  readonly changes: (good: Input, random: Random, ecc: Ecc) => Input;
};

/** Every way to spoil keys, quorum and times. */
export const CONTRACT_SPOILINGS: readonly ContractSpoiling[] = [
  spoiling('duplicate-covenant-key', 'tapscript.duplicate-key', (good) => ({
    covenantPks: [...keysOf(good, 'covenantPks'), keysOf(good, 'covenantPks')[0]],
  })),
  spoiling('duplicate-provider', 'tapscript.duplicate-key', (good) => ({
    finalityProviderPks: [...keysOf(good, 'finalityProviderPks'), keysOf(good, 'finalityProviderPks')[0]],
  })),
  spoiling('staker-is-provider', 'staking-contract.duplicate-key', (good) => ({ finalityProviderPks: [good['stakerPk']] })),
  spoiling('staker-in-covenant', 'staking-contract.duplicate-key', (good) => ({
    covenantPks: [...keysOf(good, 'covenantPks').slice(1), good['stakerPk']],
  })),
  spoiling('provider-in-covenant', 'staking-contract.duplicate-key', (good) => ({
    finalityProviderPks: [keysOf(good, 'covenantPks')[0]],
  })),
  spoiling('no-provider', 'tapscript.no-keys', () => ({ finalityProviderPks: [] })),
  spoiling('no-covenant', 'tapscript.no-keys', () => ({ covenantPks: [] })),
  spoiling('quorum-zero', 'input.out-of-range', () => ({ covenantQuorum: 0 })),
  spoiling('quorum-above-members', 'input.out-of-range', (good) => ({ covenantQuorum: keysOf(good, 'covenantPks').length + 1 })),
  spoiling('quorum-fraction', 'input.not-integer', () => ({ covenantQuorum: 0.5 })),
  spoiling('timelock-zero', 'input.out-of-range', () => ({ stakingTimelock: 0 })),
  spoiling('timelock-65536', 'input.out-of-range', () => ({ stakingTimelock: 65_536 })),
  spoiling('timelock-fraction', 'input.not-integer', () => ({ stakingTimelock: 100.5 })),
  spoiling('timelock-negative', 'input.out-of-range', () => ({ stakingTimelock: -1 })),
  spoiling('timelock-in-words', 'input.not-integer', () => ({ stakingTimelock: '100 blocks' })),
  spoiling('unbonding-timelock-zero', 'input.out-of-range', () => ({ unbondingTimelock: 0 })),
  spoiling('unbonding-timelock-65536', 'input.out-of-range', () => ({ unbondingTimelock: 65_536 })),
  spoiling('unbonding-timelock-fraction', 'input.not-integer', () => ({ unbondingTimelock: 1e-9 })),
  spoiling('staker-compressed', 'input.wrong-length', (good) => ({ stakerPk: `02${good['stakerPk']}` })),
  spoiling('staker-uncompressed', 'input.wrong-length', (good, random) => ({ stakerPk: `04${good['stakerPk']}${Made.hex(random, 32)}` })),
  spoiling('staker-31-bytes', 'input.wrong-length', (good) => ({ stakerPk: String(good['stakerPk']).slice(2) })),
  spoiling('staker-off-curve', 'public-key.not-on-curve', (_, random, ecc) => ({ stakerPk: Made.offCurve(random, ecc) })),
  spoiling('staker-is-field-prime', 'public-key.not-on-curve', () => ({ stakerPk: Made.FIELD_PRIME })),
  spoiling('staker-is-nums', 'staking-contract.unspendable-key', () => ({ stakerPk: Made.NUMS })),
  spoiling('staker-odd-hex', 'hex.odd-length', (good) => ({ stakerPk: String(good['stakerPk']).slice(1) })),
  spoiling('staker-no-hex', 'hex.bad-digit', (good) => ({ stakerPk: `${String(good['stakerPk']).slice(2)}zz` })),
  spoiling('staker-null', 'input.not-text', () => ({ stakerPk: null })),
  spoiling('provider-uncompressed', 'input.wrong-length', (_, random) => ({ finalityProviderPks: [`04${Made.hex(random, 64)}`] })),
  spoiling('provider-off-curve', 'public-key.not-on-curve', (_, random, ecc) => ({ finalityProviderPks: [Made.offCurve(random, ecc)] })),
  spoiling('member-off-curve', 'public-key.not-on-curve', (good, random, ecc) => ({
    covenantPks: [...keysOf(good, 'covenantPks').slice(1), Made.offCurve(random, ecc)],
  })),
  spoiling('member-33-bytes', 'input.wrong-length', (good) => ({
    covenantPks: keysOf(good, 'covenantPks').map((key) => `03${key}`),
  })),
];

function spoiling(name: string, error: string, changes: ContractSpoiling['changes']): ContractSpoiling {
  return { name, error, changes };
}

function keysOf(input: Input, field: string): readonly string[] {
  return input[field] as readonly string[];
}
