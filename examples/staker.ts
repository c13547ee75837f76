// A staker, in order: contract, staking transaction, the two consents to slashing, broadcast; later unbond and withdraw.
// Run: npx tsx examples/staker.ts
import {
  Address,
  Blocks,
  Delegation,
  Hex,
  type LeafSpend,
  Networks,
  ParamsSet,
  PublicKey,
  Sats,
  Schnorr,
  SecretKey,
  StakingContract,
  StakingTx,
  WithdrawalTx,
  Witness,
} from '../src/index.ts';

const network = Networks.from('bbn-1');
const params = ParamsSet.atHeight(network.paramsSet, Blocks.height(925_000)); // the height of your Bitcoin tip
const staker = SecretKey.fromHex('01'.repeat(32));
const stakerPk = PublicKey.ofSecret(staker);
const finalityProviderPk = PublicKey.fromHex('a0de2f54af59442d224b992a680fa802f6a3d5534f7d2943fdd9bf0061a6fc1a');

// 1. The contract: keys and times, checked once; every script follows.
const contract = StakingContract.fromParams(params, { stakerPk, finalityProviderPks: [finalityProviderPk], stakingTimeBlocks: 64_000 });
console.log('stake to', Address.encode(contract.staking.scriptPubKey, network.bitcoinNetwork));

// 2. The staking transaction over a coin of the wallet; given the parameters, what the network would not register is refused.
const valueSats = Sats.from(1_000_000n);
const change = Hex.decode(`5120${Hex.encode(stakerPk)}`);
const coin = { outpoint: { txid: '11'.repeat(32), vout: 0 }, scriptPubKey: change, valueSats: Sats.from(1_100_000n) };
const built = StakingTx.build({ contract, params, valueSats, coins: [coin], changeScriptPubKey: change, feeRateSatsPerKvb: 3_000n });
console.log('staking transaction pays', built.feeSats, 'sat of fee');

// 3. Everything later follows from one value. The staker signs both slashing transactions in advance; the chain asks for these two signatures.
const delegation = Delegation.from({ contract, rules: params, stakingTransaction: built.transaction });
const sign = (spend: LeafSpend.LeafSpend): Uint8Array => Schnorr.sign(spend.sighash(), staker);
const consent = [sign(delegation.stakingSlashing), sign(delegation.unbondingSlashing)];
console.log(
  'consents to slashing:',
  consent.length,
  'signatures; slashed would be',
  delegation.stakingSlashing.transaction.outs[0]?.value,
  'sat',
);

// 4. The unbonding transaction needs the staker and the covenant's quorum; the covenant's signatures come from the chain.
console.log('unbonding transaction', delegation.unbonding.txid);

// 5. Once unbonded and matured, the staker alone withdraws.
const withdrawal = WithdrawalTx.build({
  inputs: [{ contract, from: 'unbonding', ...delegation.unbondingOutput }],
  destinationScriptPubKey: change,
  feeRateSatsPerKvb: 3_000n,
});
const [spend] = withdrawal.spends;
if (spend === undefined) throw new Error('a withdrawal has an input');
const { stack } = Witness.assemble({
  contract,
  path: 'timelock',
  spend,
  signatures: { staker: [{ publicKey: stakerPk, signature: sign(spend) }] },
});
console.log('withdraws', withdrawal.valueSats, 'sat in', spend.withWitness(stack).virtualSize(), 'vbytes');
