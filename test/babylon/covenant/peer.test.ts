// A delegation that the published TypeScript peer built and its wallet signed, before our covenant: reviewed from the peer's own bytes, signed
// by a quorum, taken by the chain's rules, and slashed with a provider's key.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as BabylonAddress from '../../../src/babylon/BabylonAddress.ts';
import * as ChainView from '../../../src/babylon/ChainView.ts';
import * as CovenantReview from '../../../src/babylon/CovenantReview.ts';
import * as CovenantSigner from '../../../src/babylon/CovenantSigner.ts';
import * as Delegation from '../../../src/babylon/Delegation.ts';
import * as Message from '../../../src/babylon/Message.ts';
import * as Params from '../../../src/babylon/Params.ts';
import * as ParamsSet from '../../../src/babylon/ParamsSet.ts';
import * as Registration from '../../../src/babylon/Registration.ts';
import * as Slasher from '../../../src/babylon/Slasher.ts';
import * as StakingContract from '../../../src/babylon/StakingContract.ts';
import * as Hex from '../../../src/base/Hex.ts';
import * as Address from '../../../src/bitcoin/Address.ts';
import * as Tx from '../../../src/bitcoin/Tx.ts';
import * as PlainKey from '../../../src/wallet/PlainKey.ts';
import { bytesOf, type PeerMaker } from '../../differential/peerMessages.ts';
import { type Case, cases, hex, MAINNET, onRandomAsync, peer, peerParamsOf, peerStakingOf, pkOf } from '../../differential/support.ts';
import { walletOf } from '../../support/peerWallet.ts';
import { judge, type KeyPair } from '../../support/stakes.ts';

const ACCOUNT = BabylonAddress.encode(new Uint8Array(20).fill(3));

function paramsOf(c: Case): Params.StakingParams {
  return Params.from({
    version: 0,
    btcActivationHeight: 100,
    covenantPks: c.covenant.map(({ publicKey }) => hex(publicKey)),
    covenantQuorum: c.quorum,
    minStakingValueSats: '100000',
    maxStakingValueSats: '5000000000',
    minStakingTimeBlocks: 1,
    maxStakingTimeBlocks: 65_535,
    slashingPkScriptHex: c.slashingScript,
    minSlashingTxFeeSats: String(c.slashingFee),
    slashingRate: (c.rateBps / 10_000).toFixed(4),
    unbondingTimeBlocks: c.unbondingTime,
    unbondingFeeSats: String(c.unbondingFee),
    minCommissionRate: '0.03',
    delegationCreationBaseGasFee: '0',
    allowListExpirationHeight: '0',
  });
}

/** Everything of it is the peer's: the staking transaction over a coin, both slashing signatures, the proof of possession. */
async function registeredByPeer(c: Case): Promise<Message.Message> {
  const key = PlainKey.from(c.staker.secretKey, { network: 'mainnet', addressType: 'p2wpkh' });
  const { address } = key;
  const scriptPubKey = hex(Address.decode(address, 'mainnet'));
  const utxos = [{ txid: c.valueSats.toString(16).padStart(64, '2'), vout: 1, value: c.valueSats + 100_000, scriptPubKey }];
  const staking = peerStakingOf(c, address);
  const { transaction } = staking.createStakingTransaction(c.valueSats, utxos, 5);
  const wallet = walletOf(c.staker.secretKey, async (message, type) => key.signMessage(message, type));
  const babylon = { signTransaction: async () => new Uint8Array(1) };
  const maker = new peer.BabylonBtcStakingManager(MAINNET, [peerParamsOf(c)], wallet as never, babylon as never) as unknown as PeerMaker;
  const input = {
    finalityProviderPksNoCoordHex: c.providers.map(({ publicKey }) => hex(publicKey)),
    stakingAmountSat: c.valueSats,
    stakingTimelock: c.stakingTime,
  };
  const info = { address, publicKeyNoCoordHex: hex(c.staker.publicKey) };
  const message = await maker.createBtcDelegationMsg('delegation:create', staking, input, transaction, ACCOUNT, info, peerParamsOf(c));
  return Message.decode({ typeUrl: message.typeUrl, value: bytesOf(message) });
}

describe('a delegation of the peer', () => {
  const stakes = cases({ maxProviders: 1, maxMembers: 5 }).map((c) => ({ ...c, quorum: Math.floor(c.covenant.length / 2) + 1 }));

  it('passes every check, is signed by a quorum, taken by the chain, and slashed', async () => {
    await onRandomAsync(
      fc.tuple(stakes),
      async ([c]) => {
        const message = await registeredByPeer(c);
        const params = paramsOf(c);
        const policy = { paramsSet: ParamsSet.from([params]), tipHeight: 500, requirePop: true };
        const subject = CovenantReview.fromMessage(message, { params });
        const signed = c.covenant.slice(0, c.quorum).map(({ publicKey, secretKey }) => {
          const prepared = CovenantSigner.prepare({ subject, policy, covenantPk: publicKey });
          return { prepared, signatures: CovenantSigner.sign({ prepared, secretKey }) };
        });
        const chain = ChainView.from({
          paramsSet: policy.paramsSet,
          tipHeight: 500,
          babylonHeight: 1n,
          confirmationDepthBlocks: 10,
          delegations: [subject.record],
        });
        for (const { prepared, signatures } of signed) {
          const sent = Message.decode(Message.encode(CovenantSigner.toMessage({ prepared, signatures, signer: ACCOUNT })));
          expect(Registration.check(sent, chain)).toEqual({ ok: true, warnings: [] });
        }
        const delegation = Delegation.from({
          contract: StakingContract.fromParams(params, {
            stakerPk: c.staker.publicKey,
            finalityProviderPks: c.providers.map(pkOf),
            stakingTimeBlocks: c.stakingTime,
          }),
          rules: params,
          stakingTransaction: Tx.decode(subject.record.stakingTx),
        });
        const by = (signature: Uint8Array | undefined) => [{ publicKey: c.staker.publicKey, signature: signature ?? new Uint8Array(64) }];
        const slashable: Slasher.Slashable = {
          delegation,
          stakerSignatures: {
            stakingSlashing: by(subject.stakerSignatures.stakingSlashing),
            unbondingSlashing: by(subject.stakerSignatures.unbondingSlashing),
          },
          covenantSignatures: signed.map(({ signatures }) => signatures),
        };
        const [provider] = c.providers as readonly [KeyPair];
        for (const target of ['staking', 'unbonding'] as const) {
          const { transaction, spend } = Slasher.slash(slashable, target, provider.secretKey);
          expect(judge(transaction, spend.spentOutputs)).toBe('valid');
        }
      },
      40,
    );
  }, 120_000);

  it('with any field of the message changed is refused, or asks for the same signatures', async () => {
    const [c] = fc.sample(stakes, { seed: 7, numRuns: 1 }) as [Case];
    const message = (await registeredByPeer(c)) as Message.Message<'/babylon.btcstaking.v1.MsgCreateBTCDelegation'>;
    const params = paramsOf(c);
    const policy = { paramsSet: ParamsSet.from([params]), tipHeight: 500, requirePop: true };
    const [{ publicKey: covenantPk }] = c.covenant as readonly [KeyPair, ...KeyPair[]];
    const checksOf = (value: Partial<typeof message.value>): readonly string[] => {
      const subject = CovenantReview.fromMessage({ ...message, value: { ...message.value, ...value } }, { params });
      return CovenantReview.failures(CovenantReview.review({ subject, policy, covenantPk })).map(({ check }) => check);
    };
    expect(checksOf({})).toEqual([]);
    const { value } = message;
    expect(checksOf({ stakerAddr: BabylonAddress.encode(new Uint8Array(20).fill(4)) })).toEqual(['staker.possession']);
    expect(checksOf({ stakingValue: value.stakingValue + 1n })).toContain('staking.value');
    expect(checksOf({ stakingTime: value.stakingTime === 7 ? 8 : 7 })).toContain('staking.script');
    expect(checksOf({ fpBtcPkList: [Hex.decode('79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798')] })).toContain(
      'staking.script',
    );
    expect(checksOf({ slashingTx: value.unbondingSlashingTx })).toContain('slashing.input');
    expect(checksOf({ delegatorSlashingSig: value.delegatorUnbondingSlashingSig })).toEqual(['staker.slashing-signature']);
    expect(checksOf({ unbondingValue: value.unbondingValue - 1n })).toEqual(['unbonding.value']);
    expect(checksOf({ pop: undefined })).toEqual(['staker.possession']);
  });
});
