// A staker in one minute: which calls, in which order. Nothing is sent here; the chain and its committee are played by a few keys.
// Run: npx tsx examples/staker.ts          The same over a real Bitcoin node, with everything that can happen: examples/wallet/main.ts
import {
  Covenant,
  CovenantApproval,
  Delegation,
  Hex,
  Networks,
  Params,
  ParamsSet,
  PublicKey,
  SecretKey,
  Staker,
  Tx,
} from '../src/index.ts';
import * as PlainKey from '../src/wallet/PlainKey.ts';

// The network: mainnet's parameters, with a committee whose keys we have (a wallet takes Networks.from('bbn-1') as it is).
const committee = ['c1', 'c2', 'c3'].map((byte) => SecretKey.fromHex(byte.repeat(32)));
const mainnet = Networks.from('bbn-1');
const committeePks = committee.map((secret) => Hex.encode(PublicKey.ofSecret(secret)));
const own = { version: 0, covenantPks: committeePks, covenantQuorum: 2 };
const params = Params.from({ ...Params.toJson(ParamsSet.latest(mainnet.paramsSet)), ...own });
const network = { ...mainnet, paramsSet: ParamsSet.from([params]) };

// The wallet: any provider object of btc-staking-ts, a browser's wallet by InjectedWallet.connect, or a key.
const wallet = PlainKey.from(SecretKey.fromHex('01'.repeat(32)), { network: 'mainnet', addressType: 'p2tr' });
const coins = [wallet.coin({ outpoint: { txid: '11'.repeat(32), vout: 0 }, valueSats: 1_100_000n })];
const account = { address: wallet.address, publicKey: wallet.publicKey, babylonAddress: 'bbn1cyqgpk0nlsutlm5ymkfpya30fqntanc8slpure' };
const staker = Staker.from({ network, account, bitcoin: wallet });

// 1. Plan: contract, coins, fee, all later transactions. Nobody has been asked anything.
const plan = staker.plan({
  babylonBtcTipHeight: 925_000, // the tip of Babylon's own Bitcoin light client
  finalityProviderPk: PublicKey.fromHex('a0de2f54af59442d224b992a680fa802f6a3d5534f7d2943fdd9bf0061a6fc1a'),
  stakingTimeBlocks: 64_000,
  valueSats: 1_000_000n,
  feeRateSatsPerKvb: 3_000n,
  candidates: coins,
});
const [slashedOutput, rest] = plan.delegation.stakingSlashing.transaction.outs;
console.log(
  '1. plan      fee',
  plan.built.feeSats,
  'sat; if the provider is slashed,',
  slashedOutput?.value,
  'sat and a fee, with',
  rest?.value,
  'left',
);

// 2. Register: the wallet signs two consents to slashing and a proof of its key; every answer is verified. Send the message to Babylon.
const { delegation, message } = await staker.registerBeforeStaking(plan);
console.log('2. register ', message.typeUrl);

// 3. Stake, once the committee has signed: its signatures are verified before the coins move. Send the transaction to Bitcoin.
const approval = CovenantApproval.fromMembers(committee.map((secretKey) => Covenant.sign({ delegation, secretKey })));
const staking = await staker.signStaking({ delegation, coins, approval });
console.log('3. stake    ', Tx.txid(staking), staking.virtualSize(), 'vbytes');

// One value is all that has to be stored: every later transaction follows from it.
const stored = JSON.stringify(Delegation.toJson(delegation));
const restored = Delegation.fromJson(JSON.parse(stored));

// 4. Leave early: the committee's signatures on the unbonding transaction come with the approval.
const unbonding = await staker.signUnbonding({ delegation: restored, covenantSignatures: approval.unbonding });
console.log('4. unbond   ', Tx.txid(unbonding.transaction));

// 5. Withdraw, when the lock has run out; too early is refused here. `from` is 'staking' for a stake that was kept to its end.
const output = { delegation: restored, from: 'unbonding', confirmedHeight: 930_000 } as const;
const withdrawal = await staker.withdraw({ outputs: [output], feeRateSatsPerKvb: 3_000n, tipHeight: 930_301 });
console.log('5. withdraw ', withdrawal.valueSats, 'sat');
