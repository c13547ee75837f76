// Against the published peer: the messages of registrations, byte for byte, with signatures of the same wallet, and what that wallet is told
// of each PSBT. The wallet is bitcoinjs-lib with tiny-secp256k1, which signs without randomness.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as BabylonAddress from '../../src/babylon/BabylonAddress.ts';
import * as Delegation from '../../src/babylon/Delegation.ts';
import * as ExtensionTx from '../../src/babylon/ExtensionTx.ts';
import * as Message from '../../src/babylon/Message.ts';
import * as ProofOfPossession from '../../src/babylon/ProofOfPossession.ts';
import * as Registration from '../../src/babylon/Registration.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as PlainKey from '../../src/wallet/PlainKey.ts';
import * as Staker from '../../src/wallet/Staker.ts';
import * as Steps from '../../src/wallet/Steps.ts';
import { NETWORK } from '../support/flows.ts';
import { type PeerWallet, walletOf } from '../support/peerWallet.ts';
import { signaturesOf } from '../support/stakes.ts';
import { walletCoin } from '../support/wallets.ts';
import { bytesOf, type PeerMaker, type PeerMessage } from './peerMessages.ts';
import {
  type Case,
  cases,
  contractOf,
  delegationOf,
  hex,
  MAINNET,
  onRandom,
  onRandomAsync,
  type PeerTransaction,
  peer,
  peerParamsOf,
  peerStakingOf,
  rulesOf,
  toPeer,
} from './support.ts';

const ACCOUNTS = [1, 2, 3].map((i) => BabylonAddress.encode(new Uint8Array(20).fill(i)));
const ADDRESS_TYPES = ['p2tr', 'p2wpkh', 'p2sh-p2wpkh', 'p2pkh'] as const;
const SIGNED = new Map<string, string>();

type Both = {
  readonly c: Case;
  readonly address: string;
  readonly account: string;
  readonly staker: Staker.Staker;
  readonly maker: PeerMaker;
  readonly ours: PeerWallet;
  readonly theirs: PeerWallet;
};

/** The same wallet twice, each with a record of what it was asked: one for our staker, one for the peer's manager. */
function both(c: Case, addressType: (typeof ADDRESS_TYPES)[number], account: string): Both {
  const key = PlainKey.from(c.staker.secretKey, { network: 'mainnet', addressType });
  const signMessage = async (message: string, type: 'ecdsa' | 'bip322-simple'): Promise<string> => {
    const name = key.address + message;
    const known = SIGNED.get(name) ?? (await key.signMessage(message, type));
    SIGNED.set(name, known);
    return known;
  };
  const wallet = (): PeerWallet => walletOf(c.staker.secretKey, signMessage);
  const [ours, theirs] = [wallet(), wallet()];
  const { address, publicKey } = key;
  const staker = Staker.from({ network: NETWORK, account: { address, publicKey, babylonAddress: account }, bitcoin: ours });
  const babylon = { signTransaction: async () => new Uint8Array(1) };
  const maker = new peer.BabylonBtcStakingManager(MAINNET, [peerParamsOf(c)], theirs as never, babylon as never) as unknown as PeerMaker;
  return { c, address, account, staker, maker, ours, theirs };
}

function peerMessage({ c, address, account, maker }: Both, stakingTx: PeerTransaction, options?: object): Promise<PeerMessage> {
  const input = {
    finalityProviderPksNoCoordHex: c.providers.map(({ publicKey }) => hex(publicKey)),
    stakingAmountSat: c.valueSats,
    stakingTimelock: c.stakingTime,
  };
  const info = { address, publicKeyNoCoordHex: hex(c.staker.publicKey) };
  const staking = peerStakingOf(c, address);
  return maker.createBtcDelegationMsg('delegation:create', staking, input, stakingTx, account, info, peerParamsOf(c), options);
}

/** What wallets were told, without what only ours says: which inputs to sign, and not to finalise. */
const told = (wallet: PeerWallet): unknown[] =>
  wallet.asked.map(({ method, options, ...rest }) => ({
    method,
    action: options?.action,
    contracts: options?.contracts,
    ...(method === 'signMessage' ? { text: rest.payload } : {}),
  }));

const stakes = fc.tuple(
  cases({ maxProviders: 1, maxMembers: 4 }),
  fc.constantFrom(...ADDRESS_TYPES),
  fc.constantFrom(...ACCOUNTS),
  fc.record({
    index: fc.integer({ min: 1, max: 15 }),
    siblings: fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { minLength: 4, maxLength: 12 }),
    block: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  }),
);

describe('the peer and satlock agree on registrations', () => {
  it('before and after staking: the same bytes, and the wallet is told the same', async () => {
    await onRandomAsync(stakes, async ([c, type, account, { index, siblings, block }]) => {
      const pair = both(c, type, account);
      const delegation = delegationOf(c);
      const { message, consents, pop } = await pair.staker.registerBeforeStaking({ delegation });
      const stakingTx = toPeer(delegation.stakingTransaction);
      const before = await peerMessage(pair, stakingTx);
      expect(before.typeUrl).toBe(message.typeUrl);
      expect(hex(bytesOf(before))).toBe(hex(Message.encode(message).value));
      expect(told(pair.ours)).toEqual(told(pair.theirs));

      const blockHash = hex(block);
      const inclusionProof = { txid: delegation.stakingTxid, blockHash, index, siblings };
      const after = Registration.create({
        delegation,
        stakerAddress: account,
        pop,
        stakingSlashingSignature: consents.staking.signature,
        unbondingSlashingSignature: consents.unbonding.signature,
        inclusionProof,
      });
      const merkle = siblings.map((node) => hex(Uint8Array.from(node).reverse()));
      const proof = pair.maker.getInclusionProof({ pos: index, merkle, blockHashHex: blockHash });
      expect(hex(bytesOf(await peerMessage(pair, stakingTx, { inclusionProof: proof })))).toBe(hex(Message.encode(after).value));
    });
  });

  it('of extensions: the same bytes', async () => {
    const inputs = fc.tuple(stakes, fc.integer({ min: 1, max: 65_535 }));
    await onRandomAsync(inputs, async ([[c, type, account], stakingTime]) => {
      const next = { ...c, stakingTime };
      const pair = both(next, type, account);
      const previous = delegationOf(c);
      const funding = walletCoin('p2wpkh', 300_000n, c.valueSats % 1_000);
      const contract = contractOf(next);
      const { scriptPubKey: changeScriptPubKey } = pair.staker;
      const built = ExtensionTx.build({
        previous,
        contract,
        valueSats: previous.stakingValueSats,
        funding,
        changeScriptPubKey,
        feeRateSatsPerKvb: 2_000n,
      });
      const rules = rulesOf(next);
      const delegation = Delegation.from({ contract, rules, stakingTransaction: built.transaction, stakingOutputIndex: 0 });
      const fundingTransaction = Tx.decode(funding.previousTransaction as Uint8Array);
      const plan = { params: undefined as never, contract, previous, built, funding, delegation };
      const { message } = await pair.staker.registerExtension(plan, { fundingTransaction });
      const info = {
        delegationExpansionInfo: { previousStakingTx: toPeer(previous.stakingTransaction), fundingTx: toPeer(fundingTransaction) },
      };
      const theirs = await peerMessage(pair, toPeer(built.transaction), info);
      expect(theirs.typeUrl).toBe(message.typeUrl);
      expect(hex(bytesOf(theirs))).toBe(hex(Message.encode(message).value));
      expect(told(pair.ours)).toEqual(told(pair.theirs));
    });
  });
});

describe('the peer and satlock agree on proofs of possession', () => {
  it('in the text that is signed, with and without a signing context, and in the method asked for', async () => {
    const inputs = fc.record({
      c: cases({ maxMembers: 1 }),
      type: fc.constantFrom(...ADDRESS_TYPES),
      account: fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => BabylonAddress.encode(bytes)),
      chainId: fc.constantFrom('bbn-1', 'bbn-test-6', 'devnet-7'),
      upgradeHeight: fc.integer({ min: 1, max: 1_000 }),
      height: fc.integer({ min: 1, max: 2_000 }),
      version: fc.integer({ min: 0, max: 3 }),
    });
    await onRandomAsync(inputs, async ({ c, type, account, chainId, upgradeHeight, height, version }) => {
      const { address, publicKey } = PlainKey.from(c.staker.secretKey, { network: 'mainnet', addressType: type });
      const babylon = {
        signTransaction: async () => new Uint8Array(1),
        getCurrentHeight: async () => height,
        getChainId: async () => chainId,
      };
      const asked: [string, string][] = [];
      const signMessage = async (text: string, method: string): Promise<string> => {
        asked.push([text, method]);
        return 'AA==';
      };
      const bitcoin = { signPsbt: async () => '', signMessage, getTransactionHex: async () => '' };
      const upgrade = { pop: { upgradeHeight, version } };
      const manager = new peer.BabylonBtcStakingManager(MAINNET, [peerParamsOf(c)], bitcoin, babylon as never, undefined, upgrade);
      await manager.createProofOfPossession('delegation:create', account, address);
      const popContext = { fromBabylonHeight: upgradeHeight, version };
      const options = { account: { address, publicKey, babylonAddress: account }, bitcoin, babylon, popContext };
      const network = { bitcoinNetwork: NETWORK.bitcoinNetwork, paramsSet: NETWORK.paramsSet };
      // The answer is no signature; it is the question that is compared.
      await expect(Staker.from({ ...options, network }).provePossession()).rejects.toThrow();
      expect(asked[1]).toEqual(asked[0]);
      const context = height >= upgradeHeight ? { context: ProofOfPossession.context({ chainId, role: 'staker', version }) } : {};
      expect(asked[0]?.[0]).toBe(ProofOfPossession.textFor({ babylonAddress: account, ...context }));
    });
  });
});

describe('the peer and satlock agree on unbonding', () => {
  it('in the witness of a quorum of the covenant', () => {
    const inputs = fc.tuple(cases({ maxMembers: 9 }), fc.integer({ min: 0, max: 8 }));
    onRandom(inputs, ([c, shift]) => {
      const { unbonding } = delegationOf(c);
      const signers = [...c.covenant.slice(shift), ...c.covenant.slice(0, shift)].slice(0, c.quorum);
      const covenant = signaturesOf(unbonding, signers);
      const [staker] = signaturesOf(unbonding, [c.staker]) as [ReturnType<typeof signaturesOf>[number]];
      const { script, controlBlock } = unbonding.leaf;
      const theirs = peer.createCovenantWitness(
        [staker.signature, script, controlBlock].map((item) => Buffer.from(item)),
        c.covenant.map(({ publicKey }) => Buffer.from(publicKey)),
        covenant.map(({ publicKey, signature }) => ({ btcPkHex: hex(publicKey), sigHex: hex(signature) })),
        c.quorum,
      );
      const { transaction } = Steps.completeUnbonding(delegationOf(c), { staker: [staker], covenant });
      expect(transaction.ins[0]?.witness.map(hex)).toEqual(theirs.map((item) => item.toString('hex')));
    });
  });
});
