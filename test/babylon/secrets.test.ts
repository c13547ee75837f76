// No secret key in any error: planted keys are looked for in the message, the JSON, the stack and the causes of everything that is thrown.
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import * as Covenant from '../../src/babylon/Covenant.ts';
import * as Evidence from '../../src/babylon/Evidence.ts';
import * as FinalityVote from '../../src/babylon/FinalityVote.ts';
import * as PubRandCommit from '../../src/babylon/PubRandCommit.ts';
import * as Slasher from '../../src/babylon/Slasher.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as Witness from '../../src/babylon/Witness.ts';
import * as Address from '../../src/bitcoin/Address.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as SecretKey from '../../src/crypto/SecretKey.ts';
import { castOf, filled, hex, keyOf, keysOf, optionsOf, slashableOf, stakeOf, untyped } from '../support/stakes.ts';

const { secretKey } = keyOf('planted');
const secret = hex(secretKey);
const cast = castOf({ covenant: keysOf('cov', 3), covenantQuorum: 2 });
const slashable = slashableOf(stakeOf(cast));
const { delegation } = slashable;
const contract = delegation.contract;
const appHash = filled(32, 1);

/** All ways in which 32 bytes could stand in a text. */
const SPELLINGS: readonly string[] = [
  secret,
  secret.toUpperCase(),
  Buffer.from(secretKey).toString('base64'),
  [...secretKey].join(','),
  [...secretKey].join(', '),
  BigInt(`0x${secret}`).toString(),
  secret.slice(0, 16),
  secret.slice(-16),
];

const ATTEMPTS: readonly (readonly [string, () => unknown])[] = [
  ['covenant key of a stranger', () => Covenant.sign({ delegation, secretKey })],
  ['slashing with a stranger’s key', () => Slasher.slash(slashable, 'staking', secretKey)],
  ['key as text', () => SecretKey.from(untyped(secret))],
  ['hex key with garbage', () => SecretKey.fromHex(`${secret}zz`)],
  ['hex key with a blank', () => SecretKey.fromHex(`${secret.slice(0, 63)} `)],
  ['long hex key', () => SecretKey.fromHex(`${secret}00`)],
  ['key of 33 bytes', () => SecretKey.from(Uint8Array.from([...secretKey, 0]))],
  ['key out of range', () => SecretKey.from(filled(32, 0xff))],
  ['vote with text as key', () => FinalityVote.unsafeSign({ secretKey: untyped(secret), chainId: 'bbn-1', height: 1n, appHash })],
  ['vote with a bad height', () => FinalityVote.unsafeSign({ secretKey, chainId: 'bbn-1', height: -1n, appHash })],
  ['vote with a bad hash', () => FinalityVote.unsafeSign({ secretKey, chainId: 'bbn-1', height: 1n, appHash: filled(31, 1) })],
  ['vote with the key as chain-id', () => FinalityVote.unsafeSign({ secretKey, chainId: untyped(secretKey), height: 1n, appHash })],
  ['commitment of nothing', () => PubRandCommit.create({ secretKey, chainId: 'bbn-1', startHeight: 1n, numPubRand: 0 })],
  [
    'commitment with a bad aux',
    () => PubRandCommit.create({ secretKey, chainId: 'bbn-1', startHeight: 1n, numPubRand: 1, auxRand: filled(31, 1) }),
  ],
  [
    'key in place of a public key',
    () => StakingContract.from({ ...optionsOf(cast), stakerPk: untyped(Uint8Array.from([...secretKey, 1])) }),
  ],
  ['hex key in place of a public key', () => StakingContract.from({ ...optionsOf(cast), covenantPks: [untyped(secret)] })],
  ['key as profile field', () => StakingContract.from({ ...optionsOf(cast), covenantQuorum: untyped(secretKey) })],
  ['key as address', () => Address.decode(secret, 'mainnet')],
  ['key as transaction', () => Tx.decode(secretKey)],
  ['hex key as transaction', () => Tx.fromHex(secret)],
  [
    'key as signature',
    () =>
      Witness.assemble({
        contract,
        path: 'unbonding',
        spend: delegation.unbonding,
        signatures: { staker: [{ publicKey: keyOf('staker').publicKey, signature: secretKey }] },
      }),
  ],
  ['adaptor key of another delegation', () => Slasher.slash({ ...slashable, covenantSignatures: [] }, 'staking', keyOf('fp1').secretKey)],
  ['evidence that does not fit', () => mismatched()],
];

function mismatched(): unknown {
  const vote = (block: number): FinalityVote.FinalityVote =>
    FinalityVote.unsafeSign({ secretKey, chainId: 'bbn-1', height: 1n, appHash: filled(32, block) });
  const evidence = Evidence.fromVotes(vote(1), vote(2));
  return Evidence.extractKey({ ...evidence, finalityProviderPk: keyOf('other').publicKey });
}

/** Everything that a log could show of an error. */
function shown(error: unknown): string {
  const own = error instanceof Error ? [error.message, error.stack, JSON.stringify(error), shown(error.cause ?? '')] : [String(error)];
  return [...own, inspect(error, { depth: 10, showHidden: true }), error instanceof Error ? '' : JSON.stringify(error)].join('\n');
}

describe('errors do not show the key', () => {
  it.each(ATTEMPTS)('%s', (_, act) => {
    let thrown: unknown;
    try {
      act();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(Error);
    expect((thrown as Error).name).toBe('SatlockError');
    const text = shown(thrown);
    for (const spelling of SPELLINGS) expect(text.includes(spelling), spelling.slice(0, 6)).toBe(false);
  });

  it('the search would find one', () => {
    const careless = Object.assign(new Error(`bad key ${secret}`), { key: secretKey });
    expect(SPELLINGS.filter((spelling) => shown(careless).includes(spelling)).length).toBeGreaterThan(1);
    expect(hex(PublicKey.ofSecret(secretKey))).not.toBe(secret);
  });
});

describe('what slashing hands out shows no key of the provider', () => {
  it('attempts of slashAll', () => {
    const key = keyOf('fp1').secretKey;
    const text = inspect(Slasher.slashAll([slashable, { ...slashable, covenantSignatures: [] }], key), { depth: 12, showHidden: true });
    expect(text.includes(hex(key))).toBe(false);
    expect(text.includes([...key].join(', '))).toBe(false);
  });
});
