// The whole life of stakes over a real Bitcoin node: a wallet of words, a committee with real keys, and every transaction mined.
// Run: npx tsx examples/wallet/main.ts   (needs bitcoind: BITCOIND, the PATH, or `node scripts/bitcoind.mjs fetch`; exits with 3 without one)
import { sha256 } from '@noble/hashes/sha2.js';
import {
  type Coin,
  Delegation,
  Hex,
  InclusionProof,
  isSatlockError,
  Networks,
  Params,
  ParamsSet,
  PublicKey,
  Sats,
  SecretKey,
  Slasher,
  Staker,
  Tx,
} from '../../src/index.ts';
import * as Bitcoind from '../../src/node/Bitcoind.ts';
import * as RegtestChain from '../../src/node/RegtestChain.ts';
import * as HdAccount from '../../src/wallet/HdAccount.ts';
import { Babylon } from './babylon.ts';

const NO_NODE = 3;
const DEPTH = 2;
const FEE_RATE = 2_000n; // satoshi per 1000 vbytes
const MNEMONIC = 'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about';

const key = (name: string): SecretKey.SecretKey => SecretKey.from(sha256(new TextEncoder().encode(`satlock example ${name}`)));
const say = (text: string): void => console.log(text);
const btc = (value: bigint): string => Sats.format(Sats.from(value));

// ---- the network: mainnet's rules with a committee of ours and times that a person can wait for

const committee = Array.from({ length: 5 }, (_, i) => key(`committee ${i}`));
const provider = key('finality provider');
const params = Params.from({
  ...Params.toJson(ParamsSet.latest(Networks.from('bbn-1').paramsSet)),
  version: 0,
  btcActivationHeight: 1,
  covenantPks: committee.map((secret) => Hex.encode(PublicKey.ofSecret(secret))),
  covenantQuorum: 3,
  minStakingTimeBlocks: 20,
  maxStakingTimeBlocks: 1_000,
  unbondingTimeBlocks: 6,
});

/** Who and what takes part. */
type World = {
  readonly chain: RegtestChain.RegtestChain;
  readonly babylon: Babylon;
  readonly account: HdAccount.HdAccount;
  readonly staker: Staker.Staker;
};

function worldOf(chain: RegtestChain.RegtestChain): World {
  const account = HdAccount.fromMnemonic({ mnemonic: MNEMONIC }, { network: 'regtest', purpose: 86 });
  const staker = Staker.from({
    network: { bitcoinNetwork: 'regtest', paramsSet: ParamsSet.from([params]) },
    account: {
      address: account.address,
      publicKey: account.publicKey,
      babylonAddress: 'bbn1cyqgpk0nlsutlm5ymkfpya30fqntanc8slpure',
      keyOrigins: [account.derive({ index: 0 }).leafKeyOrigin],
    },
    bitcoin: account,
  });
  const finalityProviderPk = PublicKey.ofSecret(provider);
  return { chain, account, staker, babylon: new Babylon({ params, committee, finalityProviderPk, confirmationDepthBlocks: DEPTH }) };
}

/** Babylon's light client sees what Bitcoin has; its height. */
async function tipOf({ chain, babylon }: World): Promise<number> {
  const { height } = await chain.tip();
  babylon.follow(height);
  return height;
}

async function coinOf({ chain, account }: World, index: number, valueSats: bigint): Promise<Coin.Coin> {
  const { outpoint } = await chain.fund(account.derive({ index }).scriptPubKey, valueSats);
  return account.coin({ outpoint, valueSats, place: { index }, previousTransaction: await chain.rawTransaction(outpoint.txid) });
}

/** Sends a transaction and waits until it is as deep as Babylon wants; the height of its block and the proof that it is there. */
async function confirm(
  { chain, babylon }: World,
  transaction: Tx.Transaction,
): Promise<{ readonly height: number; readonly proof: InclusionProof.InclusionProof }> {
  const sent = await chain.submit(Tx.encode(transaction));
  if (!sent.accepted) throw new Error(`the node refuses ${Tx.txid(transaction)}: ${sent.rejectReason}`);
  const { height } = await chain.mine(1);
  const block = await chain.rawBlock(height);
  const tip = await chain.mine(DEPTH);
  babylon.follow(tip.height, { height, raw: block.slice(0, 80) });
  return { height, proof: InclusionProof.fromBlock(block, Tx.txid(transaction)) };
}

type Stake = { readonly registered: Staker.Registered; readonly delegation: Delegation.Delegation; readonly height: number };

/** From a plan to an active stake. */
async function stake(world: World, valueSats: bigint, stakingTimeBlocks: number): Promise<Stake> {
  const { staker, babylon } = world;
  const candidates = await Promise.all([coinOf(world, 1, valueSats / 2n), coinOf(world, 2, valueSats), coinOf(world, 3, 70_000n)]);
  const plan = staker.plan({
    babylonBtcTipHeight: await tipOf(world),
    finalityProviderPk: PublicKey.ofSecret(provider),
    stakingTimeBlocks,
    valueSats,
    feeRateSatsPerKvb: FEE_RATE,
    candidates,
  });
  say(`stake   ${btc(valueSats)} for ${stakingTimeBlocks} blocks: ${plan.coins.length} coins, fee ${plan.built.feeSats} sat`);
  // Two consents to slashing, the proof of possession and the message: nothing is on Bitcoin yet.
  const registered = await staker.registerBeforeStaking(plan);
  babylon.submit(registered.message);
  const { delegation } = registered;
  say(`        registered as ${delegation.stakingTxid.slice(0, 16)}…, ${babylon.status(delegation)}`);
  // The covenant's signatures are verified before the coins move.
  const approval = babylon.approve(delegation.stakingTxid);
  const transaction = await staker.signStaking({ delegation, coins: candidates, approval });
  const { height, proof } = await confirm(world, transaction);
  babylon.submit((await staker.proveInclusion(delegation, proof)).message);
  say(`        mined in block ${height} and proved, ${babylon.status(delegation)}`);
  // A wallet stores one value; everything later follows from it.
  return { registered, delegation: Delegation.fromJson(JSON.parse(JSON.stringify(Delegation.toJson(delegation)))), height };
}

/** A stake becomes a larger and longer one without leaving. */
async function extend(world: World, { delegation: previous }: Stake, valueSats: bigint): Promise<Delegation.Delegation> {
  const { staker, babylon } = world;
  const funding = await coinOf(world, 4, 300_000n);
  const babylonBtcTipHeight = await tipOf(world);
  const terms = { previous, valueSats, stakingTimeBlocks: 900, feeRateSatsPerKvb: FEE_RATE };
  const plan = staker.planExtension({ babylonBtcTipHeight, ...terms, funding });
  const { delegation, message } = await staker.registerExtension(plan);
  babylon.submit(message);
  const approval = babylon.approve(delegation.stakingTxid);
  const covenantSignatures = babylon.signExtension(plan.built.spend);
  const transaction = await staker.signExtension({ plan, approval, covenantSignatures });
  const { proof } = await confirm(world, transaction);
  const fundingTransactions = [Tx.decode(funding.previousTransaction ?? new Uint8Array())];
  const spent = { delegation: previous, spendingTransaction: transaction, inclusionProof: proof, fundingTransactions };
  babylon.submit((await staker.reportSpend(spent)).message);
  say(`extend  to ${btc(valueSats)}: the old one ${babylon.status(previous)}, the new one ${babylon.status(delegation)}`);
  return delegation;
}

/** A stake is left before its time; the height of the unbonding. */
async function unbond(world: World, delegation: Delegation.Delegation): Promise<number> {
  const { staker, babylon } = world;
  const { unbonding: covenantSignatures } = babylon.approve(delegation.stakingTxid);
  const { transaction } = await staker.signUnbonding({ delegation, covenantSignatures });
  const { height, proof } = await confirm(world, transaction);
  const spent = { delegation, spendingTransaction: transaction, inclusionProof: proof };
  babylon.submit((await staker.reportSpend(spent)).message);
  say(`unbond  mined in block ${height}, ${babylon.status(delegation)}; free after ${params.unbondingTimeBlocks} blocks`);
  return height;
}

/** The provider signs two blocks of one height: its key is known then, and everybody can complete the slashing. */
async function slash(
  world: World,
  { registered, delegation }: Stake,
): Promise<{ readonly transaction: Tx.Transaction; readonly height: number }> {
  const { consents } = registered;
  const approval = world.babylon.approve(delegation.stakingTxid);
  const covenantSignatures = approval.unbonding.map(({ publicKey, signature }, i) => ({
    covenantPk: PublicKey.fromXOnly(publicKey),
    stakingSlashing: approval.stakingSlashing[i]?.signatures ?? [],
    unbondingSlashing: approval.unbondingSlashing[i]?.signatures ?? [],
    unbonding: signature,
  }));
  const stakerSignatures = { stakingSlashing: [consents.staking], unbondingSlashing: [consents.unbonding] };
  const { transaction } = Slasher.slash({ delegation, covenantSignatures, stakerSignatures }, 'staking', provider);
  const { height } = await confirm(world, transaction);
  const [burnt, left] = transaction.outs;
  say(`slash   ${btc(burnt?.value ?? 0n)} burnt, ${btc(left?.value ?? 0n)} left under ${params.unbondingTimeBlocks} blocks`);
  return { transaction, height };
}

/** Takes an output in the first block that may hold the withdrawal; one block before, the library refuses. */
async function withdraw(
  world: World,
  output: Staker.Withdrawable & { readonly confirmedHeight: number },
  lockBlocks: number,
): Promise<void> {
  const { chain, staker } = world;
  const take = async () => staker.withdraw({ outputs: [output], feeRateSatsPerKvb: FEE_RATE, tipHeight: await tipOf(world) });
  const wait = output.confirmedHeight + lockBlocks - 2 - (await tipOf(world));
  if (wait > 0) await chain.mine(wait);
  const early = await take().then(
    () => 'nothing refused it',
    (error: unknown) => (isSatlockError(error) ? error.code : String(error)),
  );
  await chain.mine(1);
  const { transaction, valueSats, feeSats } = await take();
  const { height } = await confirm(world, transaction);
  say(`        withdrawn ${btc(valueSats)} in block ${height}, fee ${feeSats} sat; one block before: ${early}`);
}

async function main(chain: RegtestChain.RegtestChain): Promise<void> {
  const world = worldOf(chain);
  const { unbondingTimeBlocks } = params;
  say(`wallet  ${world.staker.account.address}`);

  say('\n1. extended, unbonded early, withdrawn');
  const delegation = await extend(world, await stake(world, 2_000_000n, 800), 2_200_000n);
  const unbonded = await unbond(world, delegation);
  await withdraw(world, { delegation, from: 'unbonding', confirmedHeight: unbonded }, unbondingTimeBlocks);

  say('\n2. kept to its end');
  const kept = await stake(world, 1_000_000n, 20);
  await withdraw(world, { delegation: kept.delegation, from: 'staking', confirmedHeight: kept.height }, 20);

  say('\n3. with a provider that signed two blocks of one height');
  const lost = await stake(world, 5_000_000n, 200);
  const { transaction: slashingTransaction, height: confirmedHeight } = await slash(world, lost);
  await withdraw(
    world,
    { delegation: lost.delegation, from: 'slashing-change', slashingTransaction, confirmedHeight },
    unbondingTimeBlocks,
  );
  say('\ndone');
}

function hasNode(): boolean {
  try {
    return Bitcoind.find() !== null;
  } catch {
    return false; // BITCOIND names no program
  }
}

if (!hasNode()) {
  console.error('no bitcoind here: set BITCOIND, or run node scripts/bitcoind.mjs fetch');
  process.exitCode = NO_NODE;
} else {
  const node = await Bitcoind.startRegtest();
  try {
    await main(await RegtestChain.create(node));
  } finally {
    await node.stop();
  }
}
