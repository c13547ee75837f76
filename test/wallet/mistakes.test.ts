// What people do on their first day: each mistake is an error of ours that names the field and says what to do.
import { describe, expect, it } from 'vitest';
import * as Delegation from '../../src/babylon/Delegation.ts';
import { isSatlockError } from '../../src/base/Errors.ts';
import * as Hex from '../../src/base/Hex.ts';
import * as Tx from '../../src/bitcoin/Tx.ts';
import * as HdAccount from '../../src/wallet/HdAccount.ts';
import * as Staker from '../../src/wallet/Staker.ts';
import {
  approvalOf,
  BABYLON_ADDRESS,
  FEE_RATE,
  NETWORK,
  PROVIDER,
  planOf,
  STAKE_SATS,
  STAKING_TIME,
  TIP,
  worldOf,
} from '../support/flows.ts';
import { peerBitcoin } from '../support/peerWallet.ts';

const world = worldOf();
const plan = planOf(world);
const { delegation } = plan;
const approval = approvalOf(delegation);
const { staker } = world;

async function messageOf(call: () => unknown): Promise<string> {
  try {
    await call();
  } catch (error) {
    return isSatlockError(error) ? error.message : `not ours: ${String(error)}`;
  }
  return 'nothing thrown';
}

describe('a stored delegation that was not restored', () => {
  const wrong: readonly (readonly [string, unknown])[] = [
    ['its JSON', JSON.parse(JSON.stringify(Delegation.toJson(delegation)))],
    ['a structured clone', structuredClone(delegation)],
    ['a spread', { ...delegation }],
  ];
  const calls: readonly (readonly [string, (given: Delegation.Delegation) => unknown])[] = [
    ['registerBeforeStaking', (given) => staker.registerBeforeStaking({ delegation: given })],
    ['signStaking', (given) => staker.signStaking({ delegation: given, coins: plan.coins, approval })],
    ['signPartialUnbonding', (given) => staker.signPartialUnbonding(given)],
    ['signUnbonding', (given) => staker.signUnbonding({ delegation: given, covenantSignatures: approval.unbonding })],
    ['withdraw', (given) => staker.withdraw({ outputs: [{ delegation: given, from: 'staking' }], feeRateSatsPerKvb: FEE_RATE })],
    ['planExtension', (given) => staker.planExtension({ ...terms, previous: given, candidates: plan.coins })],
    ['toJson', Delegation.toJson],
  ];
  const terms = { babylonBtcTipHeight: TIP, stakingTimeBlocks: STAKING_TIME, feeRateSatsPerKvb: FEE_RATE };
  it.each(wrong.flatMap(([name, given]) => calls.map(([of, call]) => ({ name, of, given, call }))))(
    '$name in $of',
    async ({ given, call }) => {
      const message = await messageOf(() => call(given as Delegation.Delegation));
      expect(message).toMatch(/delegation|previous/);
      expect(message).toContain('Delegation.fromJson');
    },
  );
});

describe('the peer’s things', () => {
  it('a transaction of bitcoinjs-lib 6, whose amounts are numbers', async () => {
    const theirs = peerBitcoin.Transaction.fromHex(Tx.toHex(plan.built.transaction)) as unknown as Tx.Transaction;
    const { contract, params: rules } = plan;
    const message = await messageOf(() => Delegation.from({ contract, rules, stakingTransaction: theirs }));
    expect(message).toContain('stakingTransaction: expected a Transaction');
    expect(message).toContain('Tx.fromHex(it.toHex())');
  });

  it('fields are named as they are written', async () => {
    const terms = { babylonBtcTipHeight: TIP, stakingTimeBlocks: STAKING_TIME, valueSats: STAKE_SATS, feeRateSatsPerKvb: FEE_RATE };
    const planned = (finalityProviderPk: unknown): unknown =>
      staker.plan({ ...terms, finalityProviderPk: finalityProviderPk as never, candidates: plan.coins });
    expect(await messageOf(() => planned(undefined))).toMatch(/^finalityProviderPk: /);
    expect(await messageOf(() => planned(Hex.encode(PROVIDER.publicKey)))).toMatch(/^finalityProviderPk: .*PublicKey\.fromHex/);
    expect(await messageOf(() => Staker.from({ network: NETWORK, account: staker.account } as never))).toMatch(/^bitcoin: missing/);
  });
});

describe('change of a wallet with many addresses', () => {
  const mnemonic = 'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about';
  const wallet = HdAccount.fromMnemonic({ mnemonic }, { network: 'mainnet', purpose: 86 });
  const { scriptPubKey: changeScriptPubKey } = wallet.derive({ change: true, index: 0 });
  const account = { address: wallet.address, publicKey: wallet.publicKey, babylonAddress: BABYLON_ADDRESS };
  const coins = [wallet.coin({ outpoint: { txid: '5b'.repeat(32), vout: 0 }, valueSats: 6_000_000n, place: { index: 7 } })];
  const planned = (of: Staker.Staker): ReturnType<Staker.Staker['plan']> =>
    of.plan({
      babylonBtcTipHeight: TIP,
      finalityProviderPk: PROVIDER.publicKey,
      stakingTimeBlocks: STAKING_TIME,
      valueSats: STAKE_SATS,
      feeRateSatsPerKvb: FEE_RATE,
      coins,
      changeScriptPubKey,
    });

  it('is refused where nobody said that it is the wallet’s', async () => {
    const of = Staker.from({ network: NETWORK, account, bitcoin: wallet });
    expect(await messageOf(() => of.registerBeforeStaking(planned(of)))).toContain('output.change-not-owned');
  });

  it('is its own when the account names its scripts, which nobody changes later', async () => {
    const own = Uint8Array.from(changeScriptPubKey);
    const of = Staker.from({ network: NETWORK, account: { ...account, ownScripts: [own] }, bitcoin: wallet });
    own.fill(0);
    const { message } = await of.registerBeforeStaking(planned(of));
    expect(message.typeUrl).toBe('/babylon.btcstaking.v1.MsgCreateBTCDelegation');
  });

  it('has scripts, not addresses', async () => {
    const ownScripts = [wallet.address] as unknown as Uint8Array[];
    const message = await messageOf(() => Staker.from({ network: NETWORK, account: { ...account, ownScripts }, bitcoin: wallet }));
    expect(message).toMatch(/^account\.ownScripts\[0\]: expected bytes/);
  });
});
