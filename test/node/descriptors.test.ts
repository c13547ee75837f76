// Our descriptors in a node: the same checksum and the same address, for the contracts of Babylon's test vectors and of its networks.
import { HDKey } from '@scure/bip32';
import { describe, expect, it } from 'vitest';
import * as Descriptor from '../../src/babylon/Descriptor.ts';
import * as Networks from '../../src/babylon/Networks.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as WalletPolicy from '../../src/babylon/WalletPolicy.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as Address from '../../src/bitcoin/Address.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as Rpc from '../../src/node/BitcoindRpc.ts';
import { key, upstreamContract, upstreamVectors } from '../support/upstream.ts';
import { describeWithNode } from './support.ts';
import * as World from './world.ts';

type Case = {
  readonly name: string;
  readonly contract: StakingContract.StakingContract;
  readonly staking?: string;
  readonly unbonding?: string;
};

const upstream: readonly Case[] = upstreamVectors.map((vector) => {
  const { name, expected } = vector;
  return {
    name,
    contract: upstreamContract(vector),
    staking: expected.staking_output_pkscript_hex,
    unbonding: Hex.encode(Tx.outputOf(Tx.fromHex(expected.unbonding_transaction_hex), 0).scriptPubKey),
  };
});

const networks: readonly Case[] = (['bbn-1', 'bbn-test-6', 'bbn-test-5'] as const).flatMap((name) =>
  Networks.from(name).paramsSet.versions.map((params) => ({
    name: `${name} version ${params.version}`,
    contract: StakingContract.from({
      stakerPk: World.person('descriptor staker').publicKey,
      finalityProviderPks: [World.person('descriptor provider').publicKey],
      covenantPks: params.covenantPks,
      covenantQuorum: params.covenantQuorum,
      stakingTimeBlocks: params.maxStakingTimeBlocks,
      unbondingTimeBlocks: params.unbondingTimeBlocks,
    }),
  })),
);

const shapes: readonly Case[] = [
  { name: 'locks of one block', covenant: [1, 2], stakingTimeBlocks: 1, unbondingTimeBlocks: 1 } as const,
  { name: 'the longest locks', covenant: [17, 17], stakingTimeBlocks: 65_535, unbondingTimeBlocks: 32_768 } as const,
  { name: '2 of 3 stakers', covenant: [6, 9], stakers: [2, 3], providers: 2, stakingTimeBlocks: 16, unbondingTimeBlocks: 17 } as const,
  {
    name: '1 of 2 stakers, one covenant key',
    covenant: [1, 1],
    stakers: [1, 2],
    stakingTimeBlocks: 128,
    unbondingTimeBlocks: 127,
  } as const,
].map((shape) => ({ name: shape.name, contract: World.castOf(shape).contract }));

describeWithNode('descriptors in a node', ({ node, chain }) => {
  const info = async (text: string) => Rpc.asObject(await node().rpc.call('getdescriptorinfo', text), 'getdescriptorinfo');
  const addresses = async (text: string) => Rpc.asList(await node().rpc.call('deriveaddresses', text), 'deriveaddresses');

  describe.each([...upstream, ...networks, ...shapes])('$name', ({ contract, staking, unbonding }) => {
    const { terms } = contract;
    it.each([
      ['staking', Descriptor.staking(terms), contract.staking.scriptPubKey, staking],
      ['unbonding', Descriptor.unbonding(terms), contract.unbonding.scriptPubKey, unbonding],
      ['slashing change', Descriptor.slashingChange(terms), contract.slashingChange.scriptPubKey, undefined],
    ] as const)('%s', async (_, text, scriptPubKey, published) => {
      const [body, checksum] = text.split('#');
      expect(await info(body ?? '')).toMatchObject({ checksum, descriptor: text, isrange: false, issolvable: true, hasprivatekeys: false });
      expect(await addresses(text)).toEqual([Address.encode(scriptPubKey, 'regtest')]);
      if (published !== undefined) expect(Hex.encode(scriptPubKey)).toBe(published);
    });
  });

  it('a node finds the coins of a stake by descriptor', async () => {
    const { contract } = World.castOf({ name: 'watched', covenant: [2, 3], stakingTimeBlocks: 100, unbondingTimeBlocks: 10 });
    const { terms } = contract;
    const outputs = [contract.staking, contract.unbonding, contract.slashingChange].map(({ scriptPubKey }) => scriptPubKey);
    const funded = await Promise.all(outputs.map((script, i) => chain().fund(script, 10_000n + BigInt(i))));
    const texts = [Descriptor.staking(terms), Descriptor.unbonding(terms), Descriptor.slashingChange(terms)];
    for (const [i, text] of texts.entries()) {
      const scan = Rpc.asObject(await node().rpc.call('scantxoutset', 'start', [text]), 'scantxoutset');
      const found = Rpc.asList(scan['unspents'], 'unspents').map((item) => Rpc.asObject(item, 'unspent'));
      expect(found.map(({ txid, vout }) => ({ txid, vout }))).toEqual([funded[i]?.outpoint]);
    }
  });

  it('a node refuses what is no descriptor of ours', async () => {
    const { terms } = World.castOf({ name: 'watched', covenant: [2, 3], stakingTimeBlocks: 100, unbondingTimeBlocks: 10 }).contract;
    const text = Descriptor.staking(terms);
    const [body = '', checksum = ''] = text.split('#');
    const otherSum = `${body}#${checksum.startsWith('q') ? 'p' : 'q'}${checksum.slice(1)}`;
    await expect(info(otherSum)).rejects.toThrow(/checksum/);
    expect(() => Descriptor.parse(otherSum)).toThrow(/descriptor.bad-checksum/);
    await expect(info(body.replace('older(100)', 'older(0)'))).rejects.toThrow(/bitcoind-rpc.error/);
    // Another order of keys is another output: the node takes it, the strict reader does not.
    const [one = '', two = ''] = terms.covenantPks.map(Hex.encode).sort();
    const swapped = body.replaceAll(one, 'x').replaceAll(two, one).replaceAll('x', two);
    const { descriptor } = await info(swapped);
    expect(await addresses(Rpc.asText(descriptor, 'descriptor'))).not.toEqual(await addresses(text));
    expect(() => Descriptor.parse(swapped)).toThrow(/descriptor.not-ascending/);
  });

  describe('wallet policies', () => {
    const TESTNET = { private: 0x04358394, public: 0x043587cf };
    const node32 = HDKey.fromMasterSeed(new Uint8Array(32).fill(9), TESTNET).derive("m/86'/1'/0'");
    const place = { change: 0, index: 7 } as const;
    const stakerPk = key(Hex.encode(node32.deriveChild(0).deriveChild(7).publicKey ?? new Uint8Array()));
    const account = { xpub: node32.publicExtendedKey, origin: { masterFingerprint: new Uint8Array([1, 2, 3, 4]), path: "86'/1'/0'" } };
    const { params } = { params: Networks.from('bbn-1').paramsSet.versions[5] };
    const contract = StakingContract.fromParams(params ?? Networks.from('bbn-1').paramsSet.versions[0], {
      stakerPk,
      finalityProviderPks: [World.person('descriptor provider').publicKey],
      stakingTimeBlocks: 64_000,
    });
    const kinds = [
      ['staking', contract.staking],
      ['unbonding', contract.unbonding],
      ['slashing-change', contract.slashingChange],
    ] as const;
    const policyOf = (kind: WalletPolicy.Kind) =>
      WalletPolicy.from({ kind, terms: contract.terms, accounts: [account], place, network: 'testnet' });

    it.each(kinds)('%s derives the same address, at its place and by range', async (kind, output) => {
      const policy = policyOf(kind);
      const definite = WalletPolicy.toDescriptor(policy, place);
      const expected = Address.encode(output.scriptPubKey, 'regtest');
      expect(await info(definite)).toMatchObject({ isrange: false, issolvable: true, checksum: definite.slice(-8) });
      expect(await addresses(definite)).toEqual([expected]);
      const multipath = WalletPolicy.toMultipathDescriptor(policy);
      const [ranged] = Rpc.asList((await info(multipath))['multipath_expansion'] ?? [], 'multipath_expansion');
      const text = Rpc.asText(ranged, 'multipath_expansion[0]');
      expect(await node().rpc.call('deriveaddresses', text, [7, 7])).toEqual([expected]);
      // Fixed keys as extended keys are the same to a node.
      const keyed = policy.template.replace(
        /@(\d+)(\/\*\*)?/g,
        (_, i: string, range?: string) => `${policy.keys[Number(i)]}${range === undefined ? '' : '/0/7'}`,
      );
      const { descriptor } = await info(keyed);
      expect(await addresses(Rpc.asText(descriptor, 'descriptor'))).toEqual([expected]);
    });

    it('a watch-only wallet imports them and knows the outputs as its own', async () => {
      const { rpc } = node();
      // Watch-only and empty; it is the node's only wallet.
      await rpc.call('createwallet', 'policies', true, true);
      const requests = kinds.map(([kind]) => ({ desc: WalletPolicy.toDescriptor(policyOf(kind), place), timestamp: 'now' }));
      const results = Rpc.asList(await rpc.call('importdescriptors', requests), 'importdescriptors');
      expect(results.map((result) => Rpc.asObject(result, 'result')['success'])).toEqual([true, true, true]);
      for (const [, output] of kinds) {
        const address = Address.encode(output.scriptPubKey, 'regtest');
        expect(Rpc.asObject(await rpc.call('getaddressinfo', address), 'info')).toMatchObject({
          ismine: true,
          solvable: true,
        });
      }
    });
  });
});
