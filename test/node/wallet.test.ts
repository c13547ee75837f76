// The wallet's flows on a real node: what a wallet of the peer's kind and our own signers sign is relayed and mined, on every path, with every
// kind of coin; and the example tells its whole story.
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as Covenant from '../../src/babylon/Covenant.ts';
import * as Params from '../../src/babylon/Params.ts';
import * as ParamsSet from '../../src/babylon/ParamsSet.ts';
import * as Slasher from '../../src/babylon/Slasher.ts';
import type { Coin } from '../../src/bitcoin/Coin.ts';
import * as InclusionProof from '../../src/bitcoin/InclusionProof.ts';
import * as SigningRequest from '../../src/bitcoin/SigningRequest.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as PlainKey from '../../src/wallet/PlainKey.ts';
import * as Staker from '../../src/wallet/Staker.ts';
import * as Step from '../../src/wallet/Step.ts';
import * as Steps from '../../src/wallet/Steps.ts';
import {
  approvalOf,
  BABYLON_ADDRESS,
  COVENANT,
  FEE_RATE,
  keyOfType,
  NETWORK,
  PARAMS,
  PROVIDER,
  providerOf,
  STAKER,
} from '../support/flows.ts';
import { signaturesOf } from '../support/stakes.ts';
import { describeIfNode, describeWithNode } from './support.ts';
import * as World from './world.ts';

const LIMIT_MS = 120_000;
const UNBONDING_TIME = 5;
const STAKING_TIME = 40;
const params = Params.from({
  ...Params.toJson(PARAMS),
  btcActivationHeight: 1,
  minStakingTimeBlocks: 10,
  maxStakingTimeBlocks: 1_000,
  unbondingTimeBlocks: UNBONDING_TIME,
});
// Scripts are the same on every network, and the proof of possession wants addresses that an independent verifier knows: mainnet's.
const network = { ...NETWORK, paramsSet: ParamsSet.from([params]), chainId: undefined };
type Type = 'p2tr' | 'p2wpkh' | 'p2sh-p2wpkh';
const SIGNERS = ['a wallet of the peer', 'a plain key'] as const;

function stakerOf(type: Type, signer: (typeof SIGNERS)[number]): Staker.Staker {
  const key = keyOfType(type);
  const account = { address: key.address, publicKey: key.publicKey, babylonAddress: BABYLON_ADDRESS };
  return Staker.from({ network, account, bitcoin: signer === 'a plain key' ? key : providerOf({}, type) });
}

describeWithNode('the flows on a node', ({ chain }) => {
  async function coinsOf(type: Type, ...values: readonly bigint[]): Promise<Coin[]> {
    const key = keyOfType(type);
    const funded = await Promise.all(values.map((valueSats) => chain().fund(key.scriptPubKey, valueSats)));
    return Promise.all(
      funded.map(async ({ outpoint, valueSats }) =>
        key.coin({ outpoint, valueSats, previousTransaction: await chain().rawTransaction(outpoint.txid) }),
      ),
    );
  }

  async function open(staker: Staker.Staker, type: Type, stakingTimeBlocks: number = STAKING_TIME) {
    const coins = await coinsOf(type, 400_000n, 300_000n);
    const { height: babylonBtcTipHeight } = await chain().tip();
    const finalityProviderPk = PROVIDER.publicKey;
    const terms = { babylonBtcTipHeight, finalityProviderPk, stakingTimeBlocks, valueSats: 600_000n, feeRateSatsPerKvb: FEE_RATE };
    const plan = staker.plan({ ...terms, coins });
    const registered = await staker.registerBeforeStaking(plan);
    const { delegation } = registered;
    const transaction = await staker.signStaking({ delegation, coins, approval: approvalOf(delegation) });
    const { vsize = 0, feeSats } = await World.mustPass(chain(), transaction);
    expect(feeSats).toBe(plan.built.feeSats);
    expect(Math.ceil(plan.built.signedWeight / 4) - vsize).toBeOneOf([0, 1, 2]);
    return { ...registered, transaction, height: await World.confirm(chain(), transaction) };
  }

  const withdrawal = async (staker: Staker.Staker, output: Staker.Withdrawable): Promise<World.Withdrawal> => {
    const { transaction } = await staker.withdraw({ outputs: [output], feeRateSatsPerKvb: FEE_RATE });
    return { transaction, built: undefined as never };
  };

  describe.each(SIGNERS)('signed by %s', (signer) => {
    it.each(['p2tr', 'p2wpkh', 'p2sh-p2wpkh'] as const)(
      'a stake of %s coins is left on every path',
      async (type) => {
        const staker = stakerOf(type, signer);
        const [kept, left, slashedEarly, slashedLate] = [
          await open(staker, type, 12),
          await open(staker, type),
          await open(staker, type),
          await open(staker, type),
        ];
        const unbond = async ({ delegation }: typeof left): Promise<Tx.Transaction> => {
          const covenantSignatures = signaturesOf(delegation.unbonding, COVENANT.slice(1, 8));
          return (await staker.signUnbonding({ delegation, covenantSignatures })).transaction;
        };
        const slash = ({ delegation, consents }: typeof left, target: Slasher.Target): Tx.Transaction => {
          const stakerSignatures = { stakingSlashing: [consents.staking], unbondingSlashing: [consents.unbonding] };
          const covenantSignatures = COVENANT.map(({ secretKey }) => Covenant.sign({ delegation, secretKey }));
          return Slasher.slash({ delegation, stakerSignatures, covenantSignatures }, target, PROVIDER.secretKey).transaction;
        };
        const early = slash(slashedEarly, 'staking');
        const height = await World.confirm(chain(), await unbond(left), await unbond(slashedLate), early);
        const from = 'slashing-change';
        await World.matures(
          chain(),
          [
            await withdrawal(staker, { delegation: left.delegation, from: 'unbonding' }),
            await withdrawal(staker, { delegation: slashedEarly.delegation, from, slashingTransaction: early }),
          ],
          height,
          UNBONDING_TIME,
        );
        const late = slash(slashedLate, 'unbonding');
        const lateHeight = await World.confirm(chain(), late);
        await World.matures(
          chain(),
          [await withdrawal(staker, { delegation: slashedLate.delegation, from, slashingTransaction: late })],
          lateHeight,
          UNBONDING_TIME,
        );
        const { height: tip } = await chain().tip();
        if (tip < kept.height + 10) await World.mineTo(chain(), kept.height + 10);
        await World.confirm(chain(), (await withdrawal(staker, { delegation: kept.delegation, from: 'staking' })).transaction);
      },
      LIMIT_MS,
    );

    it.each(['p2tr', 'p2wpkh', 'p2sh-p2wpkh'] as const)(
      'a stake is extended with a coin of %s, and the extension unbonded',
      async (type) => {
        const staker = stakerOf(type, signer);
        const { delegation: previous, transaction: parent } = await open(staker, type);
        const [funding] = (await coinsOf(type, 150_000n)) as [Coin];
        const { height: babylonBtcTipHeight } = await chain().tip();
        const terms = { babylonBtcTipHeight, stakingTimeBlocks: STAKING_TIME, valueSats: 650_000n, feeRateSatsPerKvb: FEE_RATE };
        const plan = staker.planExtension({ ...terms, previous, funding });
        const { delegation } = await staker.registerExtension(plan);
        const covenantSignatures = signaturesOf(plan.built.spend, COVENANT.slice(3));
        const transaction = await staker.signExtension({ plan, approval: approvalOf(delegation), covenantSignatures });
        const { feeSats } = await World.mustPass(chain(), transaction);
        expect(feeSats).toBe(plan.built.feeSats);
        const height = await World.confirm(chain(), transaction);
        // The report that Babylon gets of it, with a proof from the block itself.
        const inclusionProof = InclusionProof.fromBlock(await chain().rawBlock(height), Tx.txid(transaction));
        const fundingTransactions = [Tx.decode(funding.previousTransaction ?? new Uint8Array())];
        const { message } = await staker.reportSpend({
          delegation: previous,
          spendingTransaction: transaction,
          inclusionProof,
          fundingTransactions,
        });
        expect((message.value as unknown as { fundingTransactions: unknown[] }).fundingTransactions).toHaveLength(2);
        expect(Tx.txid(parent)).toBe(previous.stakingTxid);
        const unbonding = await staker.signUnbonding({ delegation, covenantSignatures: signaturesOf(delegation.unbonding, COVENANT) });
        await World.confirm(chain(), unbonding.transaction);
      },
      LIMIT_MS,
    );
  });

  it(
    'a partial unbonding is completed by somebody else; a mined stake is registered by its block',
    async () => {
      const staker = stakerOf('p2tr', 'a plain key');
      const { delegation, transaction, height } = await open(staker, 'p2tr');
      const block = await chain().rawBlock(height);
      const inclusionProof = InclusionProof.fromBlock(block, delegation.stakingTxid);
      const existing = {
        stakingTransaction: transaction,
        inclusionHeight: height,
        inclusionProof,
        header: block.slice(0, 80),
        finalityProviderPk: PROVIDER.publicKey,
        stakingTimeBlocks: STAKING_TIME,
        valueSats: 600_000n,
      };
      // A block of regtest has next to no work: mainnet's rules do not take it, those of its own network do.
      await expect(staker.registerAfterStaking(existing)).rejects.toMatchObject({ code: 'inclusion-proof.no-work' });
      const own = PlainKey.from(STAKER.secretKey, { network: 'regtest', addressType: 'p2tr' });
      const account = { address: own.address, publicKey: own.publicKey, babylonAddress: BABYLON_ADDRESS };
      const there = Staker.from({ network: { ...network, bitcoinNetwork: 'regtest' }, account, bitcoin: own });
      const { message } = await there.registerAfterStaking(existing);
      expect((message.value as { stakingTxInclusionProof?: unknown }).stakingTxInclusionProof).toBeDefined();
      // On another machine: the PSBT goes there as a file.
      const step = Steps.unbonding(delegation);
      const answer = await keyOfType('p2tr').signPsbt(SigningRequest.toBase64(step.request), step.options);
      expect(Step.psbtHex(step)).toMatch(/^70736274ff/);
      const covenant = signaturesOf(delegation.unbonding, COVENANT.slice(0, 6));
      const completed = Steps.completeUnbonding(delegation, { staker: [step.accept(answer)], covenant });
      await World.confirm(chain(), completed.transaction);
    },
    LIMIT_MS,
  );
});

describeIfNode('examples/wallet', () => {
  it(
    'tells the whole story',
    () => {
      const root = resolve(import.meta.dirname, '../..');
      const text = execFileSync(process.execPath, ['--import', 'tsx', 'examples/wallet/main.ts'], { cwd: root, encoding: 'utf8' });
      expect(text).toMatch(/the old one UNBONDED, the new one ACTIVE/);
      expect(text.match(/withdrawn .* one block before: staker.not-mature/g)).toHaveLength(3);
      expect(text).toMatch(/done\n$/);
    },
    LIMIT_MS,
  );
});

describe('examples/wallet without a node', () => {
  it('says so and ends with 3', () => {
    const root = resolve(import.meta.dirname, '../..');
    const env = { ...process.env, BITCOIND: '/nowhere/bitcoind' };
    const run = (): string =>
      execFileSync(process.execPath, ['--import', 'tsx', 'examples/wallet/main.ts'], { cwd: root, encoding: 'utf8', env, stdio: 'pipe' });
    expect(run).toThrow(expect.objectContaining({ status: 3, stderr: expect.stringContaining('no bitcoind here') }));
  });
});
