// Mistakes of plain JavaScript: whatever is passed where, a public function returns or throws a SatlockError, never a raw TypeError.
import { describe, expect, it } from 'vitest';
import { isSatlockError } from '../../src/base/Errors.ts';
import * as Satlock from '../../src/index.ts';
import { usualBlock } from '../support/blocks.ts';
import { BURN, castOf, keyOf, P2TR, RULES, signaturesOf, stakeOf, stakingTransaction, untyped } from '../support/stakes.ts';

type Callable = (...args: readonly unknown[]) => unknown;

/** Functions that are not called, and why. In the calls that are right the last argument, the curve backend, is left out: it is code, not data. */
const EXCLUDED: ReadonlyMap<string, string> = new Map([
  ['fail', 'throws what it is given'],
  ['Check.integer', 'limits are written by the author of a check'],
  ['Check.bigInteger', 'limits are written by the author of a check'],
  ['Check.outOfRange', 'throws what it is given'],
  ['Check.wrongLength', 'throws what it is given'],
  ['Check.missing', 'throws what it is given'],
  ['SatlockError', 'a class constructor: errors are made by fail'],
  ['Delegation.Delegation', 'a class constructor: Delegation.from checks'],
  ['LeafSpend.LeafSpend', 'a class constructor: LeafSpend.from checks'],
  ['Staker.Staker', 'a class constructor: Staker.from checks'],
  ['StakingContract.StakingContract', 'a class constructor: StakingContract.from checks'],
  ['BlockReader.Targets', 'a class constructor: BlockReader.targets checks'],
  ['BlockReader.TransactionView', 'a class constructor: made by the reader'],
  ['StakeIndex.StakeIndex', 'a class constructor: StakeIndex.create checks'],
  ['Psbt.Psbt', 'a class of bitcoinjs-lib'],
  ['Tx.Transaction', 'a class of bitcoinjs-lib'],
]);

const WRONG: readonly unknown[] = [
  undefined,
  null,
  42,
  5n,
  'text',
  {},
  [],
  [undefined],
  [{}],
  new Uint8Array(1),
  true,
  (): void => {},
  Object.create(null),
  new Proxy({}, {}),
];

/** Behind the first argument stands the name of a field, which is printed: no data of a user, and never an object that cannot be printed. */
const PRINTABLE: readonly unknown[] = WRONG.filter(
  (value) => typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== null,
);

/** Every public function by its full name, as a caller of the package spells it. */
const PUBLIC: ReadonlyMap<string, Callable> = new Map(
  Object.entries(Satlock).flatMap(([name, value]): readonly (readonly [string, Callable])[] => {
    if (typeof value === 'function') return [[name, value as Callable]];
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([inner, member]) =>
      typeof member === 'function' ? [[`${name}.${inner}`, member as Callable] as const] : [],
    );
  }),
);

/** The error that is none of ours, or undefined. Generators and the like are read to their end, promises awaited. */
async function foreign(call: () => unknown): Promise<unknown> {
  try {
    const returned = call();
    const result = returned instanceof Promise ? await returned : returned;
    if (typeof result === 'object' && result !== null && Symbol.iterator in result && 'next' in result) [...(result as Iterable<unknown>)];
    return undefined;
  } catch (error) {
    return isSatlockError(error) ? undefined : error;
  }
}

function show(value: unknown): string {
  if (value instanceof Uint8Array) return `bytes(${value.length})`;
  if (Array.isArray(value)) return `[${value.map(show).join()}]`;
  if (typeof value === 'object' && value !== null) return Object.getPrototypeOf(value) === null ? 'bare object' : 'object';
  return typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? typeof value);
}

/** Every choice of wrong values for `count` positions. */
function* choices(count: number): Generator<readonly unknown[]> {
  if (count === 0) {
    yield [];
    return;
  }
  for (const rest of choices(count - 1)) for (const value of count === 1 ? WRONG : PRINTABLE) yield [...rest, value];
}

async function failuresOf(name: string, calls: Iterable<readonly unknown[]>): Promise<readonly string[]> {
  const call = PUBLIC.get(name) as Callable;
  const found = new Set<string>();
  for (const args of calls) {
    const error = await foreign(() => call(...args));
    if (error !== undefined) found.add(`${name}(${args.map(show).join(', ')}): ${String(error)}`);
  }
  return [...found].slice(0, 5);
}

const NAMES = [...PUBLIC.keys()].filter((name) => !EXCLUDED.has(name));

describe('every public function', () => {
  it('is known here, and what is excluded exists', () => {
    expect(NAMES.length).toBeGreaterThan(150);
    for (const name of EXCLUDED.keys()) expect(PUBLIC.has(name), name).toBe(true);
  });

  it.each(NAMES)('%s refuses wrong arguments by an error of ours', async (name) => {
    const failures = (await failuresOf(name, [[], ...choices(1), ...choices(2), ...choices(3)])).join('\n');
    expect(failures, failures).toBe('');
  });
});

// ---- one argument or field wrong, the others right

const cast = castOf();
const { contract, delegation } = stakeOf(cast);
const staker = keyOf('staker');
const provider = keyOf('fp1');
const network = Satlock.Networks.from('mainnet');
const params = Satlock.ParamsSet.latest(network.paramsSet);
const transaction = stakingTransaction(contract, 500_000n);
const spend = delegation.unbonding;
const coin = { outpoint: { txid: '22'.repeat(32), vout: 0 }, valueSats: 1_000_000n, scriptPubKey: P2TR };
const funding = delegation.staking;
const address = Satlock.Address.encode(contract.staking.scriptPubKey, 'regtest');
const message = new Uint8Array(32).fill(1);
const vote = (byte: number): unknown =>
  Satlock.FinalityVote.unsafeSign({ secretKey: provider.secretKey, chainId: 'bbn-1', height: 7n, appHash: new Uint8Array(32).fill(byte) });
const votes = [vote(1), vote(2)];
const made = Satlock.PubRandCommit.create({ secretKey: provider.secretKey, chainId: 'bbn-1', startHeight: 5n, numPubRand: 3 });
const proof = Satlock.MerkleTree.prove(made.pubRands, 1);
const signatures = Satlock.Covenant.sign({ delegation, secretKey: (cast.covenant[0] ?? staker).secretKey });
const slashable = { delegation, stakerSignatures: { stakingSlashing: [], unbondingSlashing: [] }, covenantSignatures: [signatures] };
const adaptor = { publicKey: staker.publicKey, encryptionKey: provider.publicKey, message };
const adaptorSignature = Satlock.AdaptorSig.sign({ secretKey: staker.secretKey, encryptionKey: provider.publicKey, message });
const prevouts = [{ scriptPubKey: contract.staking.scriptPubKey, valueSats: 500_000n, confirmedHeight: 1 }];
const stake = { contract, valueSats: 500_000n, coins: [coin], changeScriptPubKey: P2TR, feeRateSatsPerKvb: 2000n };
const fundParams = { ...params, ...contract.terms, minStakingTimeBlocks: 1 };
const coin2 = { ...coin, outpoint: { ...coin.outpoint, vout: 1 } };
const selection = {
  candidates: [coin, coin2],
  outputs: [{ scriptPubKey: P2TR, valueSats: 500_000n }],
  changeScriptPubKey: P2TR,
  feeRateSatsPerKvb: 2000n,
  neverUse: [{ txid: '33'.repeat(32), vout: 0 }],
  mustUse: [coin.outpoint],
  neverUseScripts: [BURN],
  isSpent: () => false,
  avoidChange: { maxExcessSats: 5n },
  consolidate: { upToSats: 5n },
  privacy: 'prefer',
  maxInputs: 5,
  maxWeight: 5_000,
  maxTries: 5,
};
const waiting = Satlock.StakingTx.build(untyped({ ...stake, registration: 'post-staking', replaceable: true })).transaction;
const change = { outpoint: { txid: waiting.getId(), vout: 1 }, valueSats: waiting.outs[1]?.value, scriptPubKey: P2TR };
const extension = {
  previous: delegation,
  contract,
  funding: coin,
  valueSats: 600_000n,
  changeScriptPubKey: P2TR,
  feeRateSatsPerKvb: 2000n,
};
const withdrawal = {
  inputs: [{ contract, from: 'staking', outpoint: coin.outpoint, valueSats: 500_000n }],
  destinationScriptPubKey: P2TR,
  feeRateSatsPerKvb: 2000n,
};
const witness = {
  contract,
  path: 'unbonding',
  spend,
  signatures: { staker: signaturesOf(spend, [staker]), covenant: signaturesOf(spend, cast.covenant) },
};
const slashing = Satlock.SlashingTx.build({ contract, funding, rules: RULES });

const request = Satlock.SigningRequest.fromLeafSpend(spend);
const payment = Satlock.Tx.create([coin], [{ scriptPubKey: P2TR, valueSats: 5n }]);

const inclusionHeader = new Uint8Array(80);
const inclusion = { txid: '11'.repeat(32), blockHash: '22'.repeat(32), index: 1, siblings: [message], transactionCount: 2 };
const undelegation = {
  typeUrl: Satlock.Message.BTC_UNDELEGATE,
  value: {
    signer: 'bbn1cyqgpk0nlsutlm5ymkfpya30fqntanc8slpure',
    stakingTxHash: '11'.repeat(32),
    stakeSpendingTx: message,
    stakeSpendingTxInclusionProof: { key: { index: 1, hash: message }, proof: message },
    fundingTransactions: [message],
  },
};
const undelegationAny = Satlock.Message.encode(untyped(undelegation));
const chainParams = { version: 0, covenant_pks: ['11'.repeat(32)], covenant_quorum: 1, slashing_pk_script: 'agdiYWJ5bG9u' };

const account = 'bbn1cyqgpk0nlsutlm5ymkfpya30fqntanc8slpure';
const ownScript = Satlock.TapTree.scriptPubKeyOf(Satlock.TapTree.tweak(staker.publicKey, new Uint8Array(0)).outputKey);
const compact = Satlock.SignedMessage.sign(account, staker.secretKey);
const walletSignature = Buffer.from(compact).toString('base64');
const wallet = { babylonAddress: account, address: Satlock.Address.encode(ownScript, 'regtest'), network: 'regtest' } as const;
const pop = Satlock.ProofOfPossession.sign({ type: 'BIP322', secretKey: staker.secretKey, ...wallet, auxRand: message });

const reviewed = { contract, params, stakingTransaction: transaction, registration: 'post-staking', hasInclusionProof: true };
const stakePlan = {
  ...reviewed,
  network,
  chain: { tipHeight: 949_000, babylonHeight: 5n, date: '2026-06-01', latestParamsVersion: 5 },
  provider: { publicKey: provider.publicKey, isRegistered: true, commission: '0.05', maxCommission: '0.1', maxCommissionChange: '0.01' },
  wallet: { scripts: [P2TR], owns: (): boolean => true, stakerPks: [staker.publicKey] },
  intent: { valueSats: 500_000n, days: 5 },
  coins: [{ ...coin, confirmations: 1, isSpent: false }],
  referenceFeeRateSatsPerKvb: 1000n,
  addresses: [address],
  knownDelegations: [{ stakerPk: staker.publicKey, stakingTxid: '11'.repeat(32), stakingOutputIndex: 0 }],
  pop: { type: 'BIP322', context: '', bitcoinAddress: address, isValid: true },
  inclusion: { height: 948_000, index: 5 },
  limits: { maxFeeSats: 5n },
};
const withdrawn = Satlock.WithdrawalTx.build(untyped(withdrawal)).transaction;
const xpub = 'xpub6CryUDWPS28eR2cDyojB8G354izmx294BdjeSvH469Ty3o2E6Tq5VjBJCn8rWBgesvTJnyXNAJ3QpLFGuNwqFXNt3gn612raffLWfdHNkYL';
const xpubAccount = { xpub, origin: { masterFingerprint: new Uint8Array(4), path: "86'/0'/0'" } };
const place = { change: 0, index: 5 };
const policy = { template: 'tr(@0,and_v(v:pk(@1/**),older(5)))', keys: [Satlock.WalletPolicy.fixedKey(Satlock.TapTree.nums()), xpub] };
const signingPlan = Satlock.SigningPlan.forDelegation({ delegation, network: 'regtest' });

const known = {
  paramsSet: network.paramsSet,
  phase1: network.phase1,
  delegations: [delegation, { delegation, paramsVersion: 5, confirmedHeight: 100 }],
  contracts: [contract],
  candidates: { stakerPks: [staker.publicKey], finalityProviderPks: [provider.publicKey], stakingTimesBlocks: [64_000] },
  searchTimes: false,
};
const block = usualBlock('misuse', 3);

/** Calls that are right; the wrong values are put at each place in them. */
const RIGHT: readonly (readonly [string, ...(readonly unknown[])])[] = [
  ['StakingTx.build', stake],
  ['StakingTx.build', { ...stake, params }],
  ['StakingTx.findOutput', transaction, contract, 500_000n],
  ['StakingTx.checkAgainst', params, contract, 500_000n],
  ['StakingTx.checkTerms', params, contract],
  [
    'StakingContract.fromParams',
    params,
    { stakerPk: staker.publicKey, finalityProviderPks: [provider.publicKey], stakingTimeBlocks: 64_000 },
  ],
  ['StakingContract.from', { ...contract.terms, stakerPk: staker.publicKey }],
  ['StakingContract.check', contract],
  ['Delegation.from', { contract, rules: RULES, stakingTransaction: transaction }],
  ['Delegation.check', delegation],
  ['Params.toJson', params],
  ['Params.check', params],
  ['Params.fromChain', { version: 0, params: chainParams }, { version: 0, scriptEncoding: 'base64' }],
  ['ParamsSet.fromChain', { data: { params: { bbn: [chainParams] } }, pagination: { next_key: null } }],
  ['Delegation.toJson', delegation],
  ['Delegation.fromJson', Satlock.Delegation.toJson(delegation)],
  ['StakingContract.toJson', contract],
  ['StakingContract.fromJson', Satlock.StakingContract.toJson(contract)],
  ['Message.check', undelegation, { rules: 'wire' }],
  ['Message.encode', undelegation, { rules: 'wire' }],
  ['Message.decode', undelegationAny, { rules: 'chain' }],
  ['Message.decodeTolerant', undelegationAny],
  ['Message.toJson', undelegation],
  ['Message.fromJson', Satlock.Message.toJson(untyped(undelegation))],
  ['Message.toAmino', undelegation],
  ['Message.signerOf', undelegation],
  ['Message.baseGas', { typeUrl: Satlock.Message.BTC_STAKE_EXPAND, value: {} }, { delegationCreationBaseGasFee: 5n }],
  ['Message.isRefundable', [undelegationAny]],
  ['Message.encodeBip322Sig', { address: 'bc1q', sig: message }],
  ['Message.decodeBip322Sig', Satlock.Message.encodeBip322Sig({ address: 'bc1q', sig: message })],
  ['Message.inclusionProof', inclusion],
  ['Message.readInclusionProof', undelegation.value.stakeSpendingTxInclusionProof, '11'.repeat(32)],
  ['InclusionProof.fromTxids', { txids: ['11'.repeat(32)], txid: '11'.repeat(32), blockHash: '22'.repeat(32) }],
  ['InclusionProof.fromElectrum', { merkle: ['11'.repeat(32)], pos: 1, txid: '33'.repeat(32), blockHash: '22'.repeat(32) }],
  ['InclusionProof.fromTxOutProof', inclusionHeader, '11'.repeat(32)],
  ['InclusionProof.fromBlock', inclusionHeader, '11'.repeat(32)],
  ['InclusionProof.fromBytes', { txid: '11'.repeat(32), index: 1, proof: message, blockHash: '22'.repeat(32) }],
  ['InclusionProof.check', inclusion, inclusionHeader, { network: 'regtest' }],
  ['InclusionProof.verify', inclusion, inclusionHeader, { network: 'regtest' }],
  ['InclusionProof.verifyAsChain', { txid: '11'.repeat(32), index: 1, proof: message }, inclusionHeader],
  ['InclusionProof.toBytes', inclusion],
  ['ParamsSet.latest', network.paramsSet],
  ['ParamsSet.atHeight', network.paramsSet, 900_000],
  ['ParamsSet.activationAfter', network.paramsSet, 1],
  ['ParamsSet.byVersion', network.paramsSet, 0],
  ['ParamsSet.from', [params]],
  ['Phase1Params.atHeight', network.phase1, 900_000],
  ['Psbt.fromCoins', Satlock.StakingTx.build(untyped(stake)).transaction, [coin]],
  ['Psbt.fromLeafSpend', spend],
  ['Psbt.signaturesFor', Satlock.Psbt.fromLeafSpend(spend), spend],
  ['SigningRequest.from', { transaction: payment, inputs: [{ coin }], outputs: [{ index: 0 }], sighashType: 1 }],
  ['SigningRequest.from', { transaction: spend.transaction, inputs: [{ leaf: spend.leaf, spentOutput: spend.spentOutputs[0] }] }],
  ['SigningRequest.fromLeafSpend', spend, { coins: {}, sighashType: 0, allowedSighashTypes: [1] }],
  ['SigningRequest.fromLeafSpends', [spend]],
  ['SigningRequest.accept', request, request.toBytes()],
  ['SigningRequest.combine', request, [request.toBytes()]],
  ['SigningRequest.merge', request, [request.toBytes()]],
  ['SigningRequest.toBytes', request],
  ['SigningRequest.toHex', request],
  ['SigningRequest.toBase64', request],
  ['SigningRequest.toPsbt', request],
  ['SigningRequest.check', request],
  ['WitnessFinalizer.finalizeLeaf', { contract, path: 'unbonding', spend, answers: [request.toBytes()], signatures: witness.signatures }],
  ['Sighash.segwitV0', Satlock.Sighash.prepare(spend.transaction, spend.spentOutputs), 0, message, { hashType: 1 }],
  ['Sighash.legacy', Satlock.Sighash.prepare(spend.transaction, spend.spentOutputs), 0, message, { hashType: 1 }],
  ['Psbt.finalize', Satlock.Psbt.fromLeafSpend(spend), 0, [message]],
  ['Address.encode', contract.staking.scriptPubKey, 'regtest'],
  ['Address.decode', address, 'regtest'],
  ['FinalityVote.verify', votes[0]],
  ['FinalityVote.unsafeSign', { secretKey: provider.secretKey, chainId: 'bbn-1', height: 7n, appHash: message }],
  ['Evidence.fromVotes', ...votes],
  ['Evidence.extractKey', Satlock.Evidence.fromVotes(untyped(votes[0]), untyped(votes[1]))],
  ['PubRandCommit.verify', made.commit],
  ['PubRandCommit.includes', made.commit, 6n, made.pubRands[1], proof],
  ['PubRandCommit.checkAgainst', network.finality, made.commit],
  ['PubRandCommit.create', { secretKey: provider.secretKey, chainId: 'bbn-1', startHeight: 5n, numPubRand: 3 }],
  ['MerkleTree.check', made.commit.commitment, made.pubRands[1], proof],
  ['Covenant.sign', { delegation, secretKey: (cast.covenant[0] ?? staker).secretKey }],
  ['Covenant.check', { delegation, signatures }],
  ['Slasher.slash', slashable, 'staking', provider.secretKey],
  ['Slasher.slashAll', [slashable], provider.secretKey],
  ['Slasher.recoverKey', slashable, slashing],
  ['Slasher.targetOf', { delegation, target: 'staking' }],
  ['Slasher.due', [{ delegation, target: 'staking', ok: true }], () => 'unspent'],
  ['SlashingTx.build', { contract, funding, rules: RULES }],
  ['SlashingTx.check', { slashing, contract, funding, rules: RULES }],
  ['SlashingTx.slashingAmountSats', 500_000n, 1000],
  ['UnbondingTx.build', { contract, staking: funding, feeSats: 1000n }],
  ['UnbondingTx.check', { unbonding: spend.transaction, contract, staking: funding, feeSats: RULES.unbondingFeeSats }],
  ['ExtensionTx.build', extension],
  [
    'ExtensionTx.check',
    { previous: delegation, contract, funding: coin, transaction: Satlock.ExtensionTx.build(untyped(extension)).transaction },
  ],
  ['WithdrawalTx.build', withdrawal],
  ['Witness.assemble', witness],
  ['Witness.parse', { contract, path: 'unbonding', leaf: spend.leaf, witness: Satlock.Witness.assemble(untyped(witness)).stack }],
  ['PreSigned.check', spend.transaction, Satlock.PreSigned.UNBONDING],
  ['Descriptor.staking', contract.terms],
  ['Descriptor.unbonding', contract.terms],
  ['Descriptor.slashingChange', contract.terms],
  ['StakePolicy.review', reviewed],
  ['StakePolicy.review', stakePlan],
  ['StakePolicy.reviewExtension', { ...stakePlan, previous: delegation, stakerAddress: 'a', previousStakerAddress: 'b' }],
  ['StakePolicy.reviewUnbonding', { delegation, transaction: spend.transaction, network, covenantSignatures: 6, inclusionHeight: 5 }],
  [
    'StakePolicy.reviewWithdrawal',
    { transaction: withdrawn, inputs: withdrawal.inputs, network, addresses: [address], wallet: { scripts: [P2TR] } },
  ],
  ['StakePolicy.requireAcknowledged', Satlock.StakePolicy.review(untyped(reviewed)), ['coin.runes']],
  ['StakePolicy.toText', Satlock.StakePolicy.review(untyped(stakePlan))],
  ['SigningPlan.forDelegation', { delegation, network: 'regtest', coinValuesSats: [900_000n], inclusionHeight: 5 }],
  ['SigningPlan.forWithdrawal', { transaction: withdrawn, inputs: withdrawal.inputs, network: 'regtest' }],
  [
    'SigningPlan.forExtension',
    {
      previous: delegation,
      contract,
      transaction: Satlock.ExtensionTx.build(untyped(extension)).transaction,
      fundingValueSats: 1_000_000n,
      network: 'regtest',
    },
  ],
  ['SigningPlan.toText', signingPlan],
  ['WalletPolicy.from', { kind: 'staking', terms: contract.terms, accounts: [xpubAccount], place }],
  ['WalletPolicy.account', 'p2tr', xpubAccount],
  ['WalletPolicy.parse', policy, place],
  ['WalletPolicy.toDescriptor', policy, place],
  ['WalletPolicy.toMultipathDescriptor', policy],
  ['OpReturn.build', { tag: new Uint8Array(4), stakerPk: staker.publicKey, finalityProviderPk: provider.publicKey, stakingTimeBlocks: 5 }],
  ['OpReturn.isPossible', transaction, new Uint8Array(4)],
  ['OpReturn.parseStakingTx', { transaction, tag: new Uint8Array(4), covenantPks: contract.terms.covenantPks, covenantQuorum: 6 }],
  ['Coin.toInput', coin],
  ['Coin.unsigned', [Satlock.Coin.toInput(coin)], [{ scriptPubKey: P2TR, valueSats: 5n }]],
  ['Coin.signedWeight', transaction, [Satlock.Coin.toInput(coin)]],
  ['LeafSpend.from', { transaction: spend.transaction, inputIndex: 0, spentOutputs: spend.spentOutputs, leaf: spend.leaf }],
  ['LeafSpend.forInputs', spend.transaction, spend.spentOutputs, [{ inputIndex: 0, leaf: spend.leaf }]],
  ['Sighash.prepare', spend.transaction, spend.spentOutputs],
  ['Sighash.tapscript', Satlock.Sighash.prepare(spend.transaction, spend.spentOutputs), 0, spend.leaf.leafHash, { hashType: 1 }],
  ['Sighash.keyPath', Satlock.Sighash.prepare(spend.transaction, spend.spentOutputs), 0, { annex: new Uint8Array([0x50]) }],
  ['SpendCheck.verifySpend', { transaction: spend.transaction, prevouts, tipHeight: 5, medianTime: 5 }],
  ['TapTree.build', [{ script: BURN }, [{ script: P2TR }, { script: message }]]],
  ['TapTree.tweak', staker.publicKey, message],
  ['Tapscript.multiKey', [staker.publicKey, provider.publicKey], 1, 'verify'],
  ['Tapscript.timelock', [staker.publicKey], 1, 5],
  ['Tx.create', [{ outpoint: coin.outpoint, sequence: 5 }], [{ scriptPubKey: P2TR, valueSats: 5n }]],
  ['Tx.spends', transaction, 0, coin.outpoint],
  ['Tx.outputOf', transaction, 0],
  ['Fee.at', 400, 1000n],
  ['Fee.ratePerVbyte', 1.5],
  ['Fee.rateOf', 400n, 400],
  ['Coin.inputWeight', Satlock.Coin.toInput(coin)],
  ['CoinSelection.select', selection],
  ['CoinSelection.usable', { candidates: [coin], neverUse: [coin.outpoint], feeRateSatsPerKvb: 2000n }],
  [
    'ConsolidationTx.build',
    { candidates: [coin, coin2], scriptPubKey: P2TR, feeRateSatsPerKvb: 2000n, upToSats: 5_000_000n, maxInputs: 5 },
  ],
  ['FeeBump.replacementFee', { signedWeight: 400, replacedFeeSats: 5n, feeRateSatsPerKvb: 2000n }],
  ['FeeBump.replace', { transaction: waiting, coins: [coin], changeIndex: 1, candidates: [coin2], feeRateSatsPerKvb: 9000n }],
  ['FeeBump.signals', waiting],
  ['FeeBump.child', { parent: { transaction: waiting, feeSats: 100n, signedWeight: 600 }, coin: change, packageFeeRateSatsPerKvb: 9000n }],
  [
    'FeeBumping.child',
    {
      kind: 'staking-registered',
      contracts: [contract],
      parent: { transaction: waiting, feeSats: 100n, signedWeight: 600 },
      coin: change,
      packageFeeRateSatsPerKvb: 9000n,
    },
  ],
  ['FeeBumping.answer', 'withdrawal', waiting, [P2TR]],
  [
    'FeeBumping.replaceStaking',
    { registration: 'post-staking', contract, transaction: waiting, coins: [coin], changeIndex: 1, feeRateSatsPerKvb: 9000n },
  ],
  ['FeeBumping.replaceWithdrawal', { ...withdrawal, replacedFeeSats: 100n }],
  ['StakingTx.fund', { ...stake, params: fundParams, candidates: [coin], mustUse: [coin.outpoint], consolidate: { upToSats: 5n } }],
  ['StakingTx.checkForeign', contract, coin],
  ['ExtensionTx.fund', { ...extension, candidates: [coin] }],
  ['UnbondingTx.signedWeight', contract],
  ['Fee.checkCeiling', 400n, 400, 1000n],
  ['Schnorr.sign', message, staker.secretKey, message],
  ['Schnorr.verify', message, staker.publicKey, new Uint8Array(64)],
  ['Ecdsa.sign', message, staker.secretKey],
  ['Ecdsa.signRecoverable', message, staker.secretKey],
  ['Ecdsa.recover', message, new Uint8Array(64).fill(1), 1],
  ['Ecdsa.verify', message, Satlock.PublicKey.compressedOfSecret(staker.secretKey), new Uint8Array(64).fill(1)],
  ['Ecdsa.toDer', new Uint8Array(64).fill(1)],
  ['Ecdsa.fromDer', Satlock.Ecdsa.toDer(new Uint8Array(64).fill(1))],
  ['Bip322.signSimple', 'text', staker.secretKey, ownScript, { auxRand: message }],
  ['Bip322.verifySimple', 'text', ownScript, message],
  ['Bip322.check', 'text', ownScript, [message]],
  ['Bip322.sighash', 'text', ownScript, 1],
  ['Bip322.simpleFromFull', 'text', ownScript, message],
  ['Bip322.encodeWitness', [message, message]],
  ['SignedMessage.sign', 'text', staker.secretKey],
  ['SignedMessage.recover', 'text', compact],
  ['SignedMessage.verify', 'text', Satlock.PublicKey.compressedOfSecret(staker.secretKey), compact],
  ['SignedMessage.withPlainHeader', compact],
  ['BabylonAddress.parse', account],
  ['BabylonAddress.encode', new Uint8Array(20)],
  ['ProofOfPossession.context', { chainId: 'bbn-1', role: 'staker', version: 0 }],
  ['ProofOfPossession.textFor', { babylonAddress: account, context: '' }],
  ['ProofOfPossession.messageFor', { babylonAddress: account, type: 'ECDSA' }],
  ['ProofOfPossession.methodFor', address, 'regtest'],
  ['ProofOfPossession.sign', { type: 'BIP322', secretKey: staker.secretKey, ...wallet, auxRand: message }],
  ['ProofOfPossession.fromWallet', { ...wallet, btcPk: staker.publicKey, signatureBase64: walletSignature }],
  ['ProofOfPossession.readWallet', { ...wallet, signatureBase64: walletSignature }],
  ['ProofOfPossession.verify', { pop, babylonAddress: account, btcPk: staker.publicKey, context: '', network: 'regtest' }],
  ['ProofOfPossession.verifyMessage', { pop, message, btcPk: staker.publicKey, network: 'regtest' }],
  ['ProofOfPossession.warnings', pop, 'regtest'],
  ['ProofOfPossession.encode', pop],
  ['ProofOfPossession.toMessage', pop],
  ['ProofOfPossession.fromBip322', address, message],
  ['Eots.sign', { secretKey: staker.secretKey, secRand: message, message }],
  ['Eots.verify', { publicKey: staker.publicKey, pubRand: staker.publicKey, message, signature: message }],
  ['Eots.check', { publicKey: staker.publicKey, pubRand: staker.publicKey, message, signature: message }],
  [
    'Eots.extract',
    { publicKey: staker.publicKey, pubRand: message, message1: message, signature1: message, message2: P2TR, signature2: message },
  ],
  ['AdaptorSig.sign', { secretKey: staker.secretKey, encryptionKey: provider.publicKey, message, auxRand: message }],
  ['AdaptorSig.verify', { ...adaptor, adaptorSignature }],
  ['AdaptorSig.decrypt', { adaptorSignature, decryptionKey: provider.secretKey }],
  ['AdaptorSig.recover', { adaptorSignature, signature: new Uint8Array(64).fill(1) }],
  ['AdaptorSig.encode', Satlock.AdaptorSig.decode(adaptorSignature)],
  ['PubRand.derive', staker.secretKey, 'bbn-1', 5n],
  ['PubRand.derivePublic', staker.secretKey, 'bbn-1', 5n, 2],
  ['Sats.sub', 5n, 3n],
  ['BlockReader.targets', { scripts: [P2TR], outpoints: [coin.outpoint], opReturnTags: [new Uint8Array(4)], internalKey: message }],
  ['BlockReader.header', block],
  ['BlockReader.check', block, { merkleRoot: false, witnessCommitment: true }],
  ['BlockReader.walk', block],
  ['BlockReader.transactions', block],
  ['BlockReader.scan', block, Satlock.BlockReader.targets({ scripts: [P2TR] })],
  ['LeafReader.parse', contract.staking.paths.timelock.script],
  ['LeafReader.place', { ...contract.staking.paths.slashing, scriptPubKey: contract.staking.scriptPubKey }],
  ['LeafReader.spend', Satlock.Witness.assemble(untyped(witness)).stack, contract.staking.scriptPubKey],
  ['Recognise.context', known],
  ['Recognise.transaction', transaction, known, { height: 900_000, spentOutputs: [coin], spentHeights: [5], phase1ActiveSats: 5n }],
  ['Recognise.transaction', spend.transaction, Satlock.Recognise.context(untyped(known))],
  ['Recognise.psbt', Satlock.Psbt.fromLeafSpend(spend), known],
  ['StakeIndex.create', { ...known, undoBlocks: 5, discover: true }],
  ...walletRows(),
];

/** The wallet folder: a stake of mainnet's own parameters, which nobody signs. */
function walletRows(): readonly (readonly [string, ...(readonly unknown[])])[] {
  const hexSignature = { btcPkHex: '11'.repeat(32), sigHex: '22'.repeat(64) };
  const keySignature = { publicKey: staker.publicKey, signature: new Uint8Array(64) };
  const approval = Satlock.CovenantApproval.fromMembers([signatures]);
  const own = Satlock.Address.encode(P2TR, 'mainnet');
  const account = { address: own, publicKey: staker.publicKey, babylonAddress: 'bbn1cyqgpk0nlsutlm5ymkfpya30fqntanc8slpure' };
  const provided = { signPsbt: async () => '', signMessage: async () => '' };
  const utxo = { txid: '22'.repeat(32), vout: 0, value: 5, scriptPubKey: '51'.repeat(34) };
  const planned = {
    paramsSet: network.paramsSet,
    babylonBtcTipHeight: 925_000,
    stakerPk: staker.publicKey,
    finalityProviderPk: provider.publicKey,
    stakingTimeBlocks: 64_000,
    valueSats: 600_000n,
    feeRateSatsPerKvb: 2000n,
    changeScriptPubKey: P2TR,
    coins: [coin],
  };
  const built = Satlock.ExtensionTx.build(untyped(extension));
  const drawn = Satlock.WithdrawalTx.build(untyped(withdrawal));
  const extended = { previous: delegation, contract, built, funding: coin, covenantSignatures: [keySignature] };
  const options = { autoFinalized: false, signInputs: [{ index: 0, address: own, useTweakedSigner: false }] };
  const { changeScriptPubKey, ...existing } = { ...planned, stakingTransaction: transaction, inclusionHeight: 925_000, inclusionProof: {} };
  return [
    ['ContractMetadata.staking', contract],
    ['ContractMetadata.extension', contract],
    ['ContractMetadata.unbonding', delegation],
    ['ContractMetadata.stakingSlashing', delegation],
    ['ContractMetadata.unbondingSlashing', delegation],
    ['ContractMetadata.withdrawal', contract, 'staking'],
    ['CovenantApproval.fromMembers', [signatures]],
    ['CovenantApproval.fromHex', [hexSignature]],
    ['CovenantApproval.signaturesOf', [hexSignature, keySignature]],
    ['CovenantApproval.check', approval, delegation],
    ['CovenantApproval.checkUnbonding', delegation, [keySignature]],
    ['CovenantApproval.checkPrevious', delegation, spend, [keySignature]],
    ['InjectedWallet.toWalletOptions', 'okx', options, { address: own, publicKey: '02' }],
    ['InjectedWallet.connect', { kind: 'unisat', wallet: provided, network: 'mainnet' }],
    ['Provider.signPsbt', provided, '70736274ff', {}],
    ['Provider.signPsbts', provided, [{ psbtHex: '70736274ff', options: {} }]],
    ['Provider.signMessage', provided, 'text', 'ecdsa'],
    ['Provider.signTransaction', { signTransaction: async () => message }, { typeUrl: '/x', value: {} }],
    ['Provider.ask', 'method', () => 5],
    ['StakePlan.forStake', planned],
    ['StakePlan.forExisting', existing],
    ['StakePlan.forPhase1', { ...existing, phase1: network.phase1 }],
    ['StakePlan.forExtension', { ...planned, previous: delegation, funding: coin, changeScriptPubKey }],
    ['StakePlan.coinsOf', transaction, [coin]],
    ['Staker.from', { network: { bitcoinNetwork: 'mainnet', paramsSet: network.paramsSet }, account, bitcoin: provided }],
    ['Step.ask', provided, Satlock.Steps.unbonding(delegation)],
    ['Step.askAll', provided, [Satlock.Steps.unbonding(delegation)]],
    ['Steps.slashingConsent', delegation, 'staking', { stakerPk: staker.publicKey, keyOrigins: [] }],
    ['Steps.unbonding', delegation, { address: own }],
    ['Steps.completeUnbonding', delegation, { staker: [keySignature], covenant: [hexSignature] }],
    ['Steps.staking', delegation, [coin], []],
    ['Steps.withdrawal', drawn, withdrawal.inputs, { address: own }],
    ['Steps.extension', extended],
    ['Utxo.toCoin', utxo, staker.publicKey],
    ['Utxo.toCoins', [utxo], staker.publicKey],
  ];
}

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

const put = (list: readonly unknown[], at: number, value: unknown): readonly unknown[] => list.map((item, i) => (i === at ? value : item));

/** `value` with a wrong value at each place inside, down to `depth` levels of plain objects and lists. */
function* spoiled(value: unknown, depth: number): Generator<unknown> {
  yield* WRONG;
  if (depth === 0) return;
  if (Array.isArray(value)) {
    for (const [i, item] of value.slice(0, 2).entries()) for (const wrong of spoiled(item, depth - 1)) yield put(value, i, wrong);
  } else if (isPlain(value)) {
    for (const [key, item] of Object.entries(value)) for (const wrong of spoiled(item, depth - 1)) yield { ...value, [key]: wrong };
  }
}

describe('one wrong value among right ones', () => {
  it.each(RIGHT.map((row) => [row[0], row.slice(1)] as const))('%s', async (name, args) => {
    expect(PUBLIC.has(name)).toBe(true);
    const calls = args.flatMap((arg, i) => [...spoiled(arg, 3)].map((wrong) => put(args, i, wrong)));
    const failures = (await failuresOf(name, [args, ...calls, [...args].reverse()])).join('\n');
    expect(failures, failures).toBe('');
  });
});
