// PSBTs of every kind of input, signed by the wallet of a real node, accepted by us and then by its mempool. The stakers' leaves as well, found by
// derivation (BIP371) and the way btc-staker names them.
import { networks } from 'bitcoinjs-lib';
import { expect, it } from 'vitest';
import * as WitnessFinalizer from '../../src/babylon/WitnessFinalizer.ts';
import * as Hex from '../../src/base/Hex.ts';
import type { Coin } from '../../src/bitcoin/Coin.ts';
import type { LeafSpend } from '../../src/bitcoin/LeafSpend.ts';
import * as SigningRequest from '../../src/bitcoin/SigningRequest.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import type { Node } from '../../src/node/Bitcoind.ts';
import * as Rpc from '../../src/node/BitcoindRpc.ts';
import { bitcoinjsSign, compressedOf, ECPair, KINDS, type Kind, OWNERS, SCRIPTS } from '../support/signers.ts';
import type { KeyPair } from '../support/stakes.ts';
import { describeWithNode } from './support.ts';
import * as World from './world.ts';

const LIMIT_MS = 60_000;
const METHOD_NOT_FOUND = -32601;
const wifOf = ({ secretKey }: Pick<KeyPair, 'secretKey'>): string =>
  ECPair.fromPrivateKey(secretKey, { network: networks.regtest }).toWIF();

const [alice, bob, carol] = OWNERS as [KeyPair, KeyPair, KeyPair];
const multi = `multi(2,${wifOf(alice)},${wifOf(bob)},${Hex.encode(compressedOf(carol))})`;
const DESCRIPTORS: Readonly<Record<Kind, string>> = {
  p2pkh: `pkh(${wifOf(alice)})`,
  p2sh: `sh(${multi})`,
  'p2sh-p2wpkh': `sh(wpkh(${wifOf(alice)}))`,
  'p2sh-p2wsh': `sh(wsh(${multi}))`,
  p2wpkh: `wpkh(${wifOf(alice)})`,
  p2wsh: `wsh(${multi})`,
  p2tr: `tr(${wifOf(alice)})`,
};
const cast = World.castOf({ name: 'psbt', covenant: [6, 9], stakingTimeBlocks: 20, unbondingTimeBlocks: 5 });
const [staker] = cast.stakers as [World.Person];

/** A wallet with these keys; false when the node was built without wallets. */
async function openWallet({ rpc }: Node): Promise<boolean> {
  try {
    await rpc.call('createwallet', 'psbt', false, true);
  } catch (error) {
    if (Rpc.isRpcError(error, METHOD_NOT_FOUND)) return false;
    throw error;
  }
  const requests = [];
  for (const desc of [...Object.values(DESCRIPTORS), `wpkh(${wifOf(staker)})`]) {
    const { checksum } = Rpc.asObject(await rpc.call('getdescriptorinfo', desc), 'info');
    requests.push({ desc: `${desc}#${Rpc.asText(checksum, 'checksum')}`, timestamp: 'now' });
  }
  const imported = Rpc.asList(await rpc.call('importdescriptors', requests), 'imported');
  for (const one of imported) expect(Rpc.asObject(one, 'imported')).toMatchObject({ success: true });
  return true;
}

describeWithNode('PSBTs at a node', ({ node, chain }) => {
  let wallet: Promise<boolean> | undefined;
  /** What the node's wallet makes of it, or another library where the node has none. */
  async function sign(request: SigningRequest.SigningRequest, finalize: boolean, people: readonly KeyPair[]): Promise<string> {
    wallet ??= openWallet(node());
    if (!(await wallet)) return bitcoinjsSign(SigningRequest.toBytes(request), people).toBase64();
    const answer = await node().rpc.call('walletprocesspsbt', SigningRequest.toBase64(request), true, 'DEFAULT', true, finalize);
    return Rpc.asText(Rpc.asObject(answer, 'answer')['psbt'], 'psbt');
  }

  async function coinOf(kind: Kind, valueSats: bigint): Promise<Coin> {
    const { outpoint, valueSats: value } = await chain().fund(SCRIPTS[kind].scriptPubKey, valueSats);
    return { ...SCRIPTS[kind], outpoint, valueSats: value, previousTransaction: await chain().rawTransaction(outpoint.txid) };
  }

  it.each([...KINDS.map((kind) => [kind]), KINDS].map((kinds) => [kinds.join(', '), kinds] as const))(
    'inputs of kind %s',
    async (_, kinds) => {
      const coins = await Promise.all(kinds.map((kind) => coinOf(kind, 40_000n)));
      const transaction = Tx.create(coins, [{ scriptPubKey: World.p2wpkh(World.HOME), valueSats: 35_000n * BigInt(coins.length) }]);
      const request = SigningRequest.from({ transaction, inputs: coins.map((coin) => ({ coin })), allowTxidChange: true });
      for (const finalize of [false, true]) {
        const { transaction: signed, missing } = SigningRequest.accept(request, await sign(request, finalize, [alice, bob]));
        expect(missing).toEqual([]);
        expect(await chain().testAccept(Tx.encode(signed as Tx.Transaction))).toMatchObject({ allowed: true });
      }
    },
    LIMIT_MS,
  );

  it(
    'unbonding, both slashings and a withdrawal of a stake',
    async () => {
      const [stake] = (await World.openStakes(chain(), cast, 1)) as [World.Stake];
      const { delegation } = stake;
      const masterFingerprint = new Uint8Array(4);
      const asked = (spend: LeafSpend): readonly SigningRequest.SigningRequest[] => [
        SigningRequest.fromLeafSpend(spend, { sighashType: 0, walletKey: staker.compressed }),
        SigningRequest.fromLeafSpend(spend, { keyOrigins: [{ publicKey: staker.publicKey, masterFingerprint, path: 'm' }] }),
      ];
      for (const [spend, path] of [
        [delegation.unbonding, 'unbonding'],
        [delegation.stakingSlashing, 'slashing'],
      ] as const)
        for (const request of asked(spend))
          for (const finalize of [false, true]) {
            const answer = await sign(request, finalize, [staker]);
            expect(SigningRequest.accept(request, answer).signatures[0]?.map(({ publicKey }) => publicKey)).toEqual([staker.publicKey]);
            const { covenant, finalityProvider } = World.signaturesOf(cast, spend);
            const { transaction } = WitnessFinalizer.finalizeLeaf({
              contract: cast.contract,
              path,
              spend,
              answers: [answer],
              signatures: { covenant, finalityProvider },
            });
            await World.mustPass(chain(), transaction as Tx.Transaction);
          }
      for (const request of asked(delegation.unbondingSlashing))
        expect(SigningRequest.accept(request, await sign(request, false, [staker])).signatures[0]).toHaveLength(1);
      await World.mineTo(chain(), stake.confirmedHeight + 20);
      const { built } = World.withdraw(stake, 'staking');
      for (const request of asked(built.spends[0] as LeafSpend))
        for (const finalize of [false, true]) {
          const { transaction } = SigningRequest.accept(request, await sign(request, finalize, [staker]));
          await World.mustPass(chain(), transaction as Tx.Transaction);
        }
    },
    LIMIT_MS,
  );
});
