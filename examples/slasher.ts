// A slasher, in order: two votes give evidence, evidence gives the key, the key completes every slashing transaction of the provider.
// Run: npx tsx examples/slasher.ts
import {
  Covenant,
  Delegation,
  Evidence,
  FinalityVote,
  Hex,
  Networks,
  ParamsSet,
  PublicKey,
  Sats,
  Schnorr,
  SecretKey,
  Slasher,
  SpendCheck,
  StakingContract,
  Tx,
} from '../src/index.ts';

const keyOf = (byte: number): SecretKey.SecretKey => SecretKey.from(new Uint8Array(32).fill(byte));
const [staker, provider] = [keyOf(1), keyOf(2)];
const members = [10, 11, 12, 13, 14, 15, 16, 17, 18].map(keyOf);

// A delegation as it stands on the chain, with the signatures that were collected at registration. Test keys play the covenant.
const params = { ...ParamsSet.latest(Networks.from('bbn-1').paramsSet), covenantPks: members.map((key) => PublicKey.ofSecret(key)) };
const contract = StakingContract.fromParams(params, {
  stakerPk: PublicKey.ofSecret(staker),
  finalityProviderPks: [PublicKey.ofSecret(provider)],
  stakingTimeBlocks: 64_000,
});
const stake = { scriptPubKey: contract.staking.scriptPubKey, valueSats: Sats.from(5_000_000n) };
const delegation = Delegation.from({
  contract,
  rules: params,
  stakingTransaction: Tx.create([{ outpoint: { txid: '22'.repeat(32), vout: 0 } }], [stake]),
});
const consent = (spend: Delegation.Delegation['unbonding']): Slasher.Slashable['stakerSignatures']['stakingSlashing'] => [
  { publicKey: PublicKey.ofSecret(staker), signature: Schnorr.sign(spend.sighash(), staker) },
];
const slashable: Slasher.Slashable = {
  delegation,
  stakerSignatures: { stakingSlashing: consent(delegation.stakingSlashing), unbondingSlashing: consent(delegation.unbondingSlashing) },
  covenantSignatures: members.map((secretKey) => Covenant.sign({ delegation, secretKey })),
};

// 1. The provider signs two blocks of one height.
const vote = (block: number): FinalityVote.FinalityVote =>
  FinalityVote.unsafeSign({ secretKey: provider, chainId: 'bbn-1', height: 9n, appHash: new Uint8Array(32).fill(block) });
const evidence = Evidence.fromVotes(vote(1), vote(2));

// 2. The key falls out. It is the even-y key: compare by public key, never by secret bytes.
const key = Evidence.extractKey(evidence);
console.log('the key of', Hex.encode(PublicKey.ofSecret(key)), 'is public');

// 3. Both slashing transactions of every delegation; broadcast those whose output is unspent, again after a reorganisation.
const attempts = Slasher.slashAll([slashable], key);
const due = Slasher.due(attempts, ({ txid }) => (txid === delegation.stakingTxid ? 'unspent' : 'unknown'));
for (const { target, transaction } of due) {
  const prevouts = [{ ...stake, confirmedHeight: 900_000 }];
  const verdict = SpendCheck.verifySpend({ transaction, prevouts, tipHeight: 900_100, medianTime: 1_767_225_600 });
  console.log('slash the', target, 'output:', transaction.virtualSize(), 'vbytes,', verdict.standard ? 'a node takes it' : verdict.failure);
}

// 4. Anybody who sees that transaction on Bitcoin can recover the key from it as well.
const [first] = due;
if (first === undefined) throw new Error('nothing is due');
const recovered = Slasher.recoverKey(slashable, first.transaction);
console.log('recovered from the published slashing:', Hex.encode(recovered.secretKey) === Hex.encode(key));
