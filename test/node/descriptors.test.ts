// Our descriptors in a node: the same checksum and the same address, for the contracts of Babylon's test vectors and of its networks.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as Descriptor from '../../src/babylon/Descriptor.ts';
import * as Networks from '../../src/babylon/Networks.ts';
import * as StakingContract from '../../src/babylon/StakingContract.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as Address from '../../src/bitcoin/Address.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as PublicKey from '../../src/crypto/PublicKey.ts';
import * as Rpc from '../../src/node/BitcoindRpc.ts';
import { describeWithNode } from './support.ts';
import * as World from './world.ts';

type Record = {
  readonly name: string;
  readonly parameters: {
    readonly covenant_public_keys: readonly string[];
    readonly covenant_quorum: number;
    readonly finality_provider_public_keys: readonly string[];
    readonly staker_public_key: string;
    readonly staking_time: number;
    readonly unbonding_time: number;
  };
  readonly expected: { readonly staking_output_pkscript_hex: string; readonly unbonding_transaction_hex: string };
};

const UPSTREAM: readonly Record[] = JSON.parse(
  readFileSync(new URL('../../vectors/babylon/upstream/btcstaking-vectors.json', import.meta.url), 'utf8'),
).vectors;

const key = (compressed: string): PublicKey.XOnlyPublicKey => PublicKey.fromCompressedAnyParity(Hex.decode(compressed));

type Case = {
  readonly name: string;
  readonly contract: StakingContract.StakingContract;
  readonly staking?: string;
  readonly unbonding?: string;
};

const upstream: readonly Case[] = UPSTREAM.map(({ name, parameters, expected }) => ({
  name,
  contract: StakingContract.from({
    stakerPk: key(parameters.staker_public_key),
    finalityProviderPks: parameters.finality_provider_public_keys.map(key),
    covenantPks: parameters.covenant_public_keys.map(key),
    covenantQuorum: parameters.covenant_quorum,
    stakingTimeBlocks: parameters.staking_time,
    unbondingTimeBlocks: parameters.unbonding_time,
    profile: 'generic',
  }),
  staking: expected.staking_output_pkscript_hex,
  unbonding: Hex.encode(Tx.outputOf(Tx.fromHex(expected.unbonding_transaction_hex), 0).scriptPubKey),
}));

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
});
