// Messages tell the remedy: each of these mistakes was made by somebody who read the documents for the first time.
import { describe, expect, it } from 'vitest';
import * as Satlock from '../../src/index.ts';
import { castOf, codeOf, keyOf, P2TR, RULES, signaturesOf, stakeOf, stakingTransaction, untyped } from '../support/stakes.ts';

type Loose = Readonly<Record<string, Readonly<Record<string, (...args: readonly unknown[]) => unknown>>>>;

/** The package without its types, as plain JavaScript sees it. */
const S = untyped<Loose>(Satlock);
const call = (path: string, ...args: readonly unknown[]): unknown => {
  const [space = '', name = ''] = path.split('.');
  return S[space]?.[name]?.(...args);
};

const cast = castOf();
const { contract, delegation } = stakeOf(cast);
const network = Satlock.Networks.from('mainnet');
const params = Satlock.ParamsSet.latest(network.paramsSet);
const transaction = stakingTransaction(contract, 500_000n);
const MAINNET = 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4';
const stake = { contract, valueSats: 500_000n, coins: [], changeScriptPubKey: P2TR, feeRateSatsPerKvb: 2000n };
const flat = { txid: '11'.repeat(32), vout: 0, value: 5 };

describe('a mistake is answered with what to do', () => {
  it.each<readonly [string, () => unknown, string, string]>([
    ['no options', () => call('StakingTx.build'), 'input.missing', 'options: missing'],
    ['no contract', () => call('StakingTx.build', { ...stake, contract: undefined }), 'input.missing', 'contract: missing'],
    [
      'an address as the contract',
      () => call('StakingTx.build', { ...stake, contract: MAINNET }),
      'staking-contract.not-a-contract',
      'StakingContract.from',
    ],
    [
      'a flat coin',
      () => call('StakingTx.build', { ...stake, coins: [flat] }),
      'input.missing',
      '{ outpoint: { txid, vout }, valueSats, scriptPubKey }',
    ],
    [
      'an amount as a number',
      () => call('StakingTx.build', { ...stake, valueSats: 500_000 }),
      'input.not-integer',
      'amounts are bigint: 500000n',
    ],
    ['sat per vbyte', () => call('StakingTx.build', { ...stake, feeRateSatsPerKvb: 2n }), 'input.out-of-range', '1 sat/vB is 1000n'],
    ['an address as change', () => call('Address.checkPayable', MAINNET, 'changeScriptPubKey'), 'input.not-bytes', 'use Address.decode'],
    ['no rules', () => call('Delegation.from', { contract, stakingTransaction: transaction }), 'input.missing', 'rules: missing'],
    [
      'hex as the staking transaction',
      () => call('Delegation.from', { contract, rules: RULES, stakingTransaction: '00' }),
      'tx.not-a-transaction',
      'use Tx.decode or Tx.fromHex',
    ],
    [
      'what was built as the transaction',
      () => call('Delegation.from', { contract, rules: RULES, stakingTransaction: { transaction } }),
      'tx.not-a-transaction',
      'give its .transaction',
    ],
    ['a network as the set', () => call('ParamsSet.latest', network), 'params.not-a-set', 'network.paramsSet'],
    ['a network as the set, with a height', () => call('ParamsSet.atHeight', network, 900_000), 'params.not-a-set', 'network.paramsSet'],
    ['a set as the parameters', () => call('StakingContract.fromParams', network.paramsSet, {}), 'input.missing', 'ParamsSet.atHeight'],
    ['swapped arguments', () => call('StakingTx.checkAgainst', contract, params, 5n), 'params.not-parameters', 'ParamsSet.latest'],
    ['coins before the transaction', () => call('Psbt.fromCoins', [], transaction), 'tx.not-a-transaction', 'expected a Transaction'],
    ['a delegation as a spend', () => call('Psbt.fromLeafSpend', delegation), 'leaf-spend.not-a-leaf-spend', 'stakingSlashing'],
    ['an output as its script', () => call('Address.encode', contract.staking, 'regtest'), 'input.not-bytes', 'expected bytes'],
    ['no vote', () => call('FinalityVote.verify', undefined), 'input.missing', 'vote: missing'],
    ['a key as hex', () => call('StakingContract.from', { ...contract.terms, stakerPk: 'aa' }), 'input.not-bytes', 'PublicKey.fromHex'],
    [
      'a compressed key',
      () => call('PublicKey.fromXOnly', Satlock.PublicKey.compressedOfSecret(keyOf('a').secretKey)),
      'input.wrong-length',
      'fromCompressedAnyParity',
    ],
    ['another network', () => call('Address.decode', MAINNET, 'regtest'), 'address.wrong-network', 'but of mainnet'],
    ['a bad checksum', () => call('Address.decode', `${MAINNET.slice(0, -1)}5`, 'mainnet'), 'address.malformed', 'the checksum is wrong'],
    ['a short address', () => call('Address.decode', MAINNET.slice(0, -1), 'mainnet'), 'address.malformed', 'the length is wrong'],
    ['a foreign letter', () => call('Address.decode', MAINNET.replace('w', 'b'), 'mainnet'), 'address.malformed', 'character 4'],
    ['mixed case', () => call('Address.decode', `B${MAINNET.slice(1)}`, 'mainnet'), 'address.malformed', 'mixed'],
    ['no tree', () => call('TapTree.build', [{ script: P2TR }]), 'tap-tree.not-a-tree', 'two subtrees'],
  ])('%s', (_name, attempt, code, remedy) => {
    expect(codeOf(attempt)).toBe(code);
    expect(attempt).toThrow(remedy);
  });

  it('a quorum that is not reached says why the others did not count', () => {
    const spend = delegation.unbonding;
    const [first, ...others] = signaturesOf(spend, cast.covenant.slice(0, 5));
    const wrong = { publicKey: first?.publicKey, signature: new Uint8Array(64) };
    const stranger = { publicKey: keyOf('stranger').publicKey, signature: new Uint8Array(64) };
    const signatures = { staker: signaturesOf(spend, cast.stakers), covenant: [wrong, stranger, ...others] };
    expect(() => call('Witness.assemble', { contract, path: 'unbonding', spend, signatures })).toThrow(
      'covenant: 6 valid signatures are needed, 4 of the 6 given are: 1 invalid-signature, 1 unknown-signer',
    );
  });
});

describe('shape decides, not the class', () => {
  it('a transaction, contract or spend of another installed copy is taken', () => {
    const foreign = <T extends object>(value: T): T => new Proxy(value, { getPrototypeOf: () => Object.prototype });
    expect(() => Satlock.Tx.check(foreign(transaction))).not.toThrow();
    expect(() => Satlock.StakingContract.check(foreign(contract))).not.toThrow();
    expect(() => Satlock.Delegation.check(foreign(delegation))).not.toThrow();
    expect(() => Satlock.LeafSpend.check(foreign(delegation.unbonding))).not.toThrow();
  });
});
