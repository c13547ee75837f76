// Rows 1, 2 and 13: scripts and addresses, the unbonding transaction, the bare tree.
import { NETWORK, p2tr } from '@scure/btc-signer';
import { type Fixtures, hex, same, type XOnly } from '../fixtures.ts';
import { type Budget, compare, type Side } from '../measure.ts';
import { btcStaking, MAINNET, peerBitcoin, peerOutput, peerStakingOutput } from '../peers.ts';
import type { Finding } from '../report.ts';

type Terms = ReturnType<Fixtures['terms']>;

/** Both sides get staker keys that neither has seen before. */
function withFreshStakers(fixtures: Fixtures, label: string, name: string, run: (stakerPk: XOnly) => unknown): Side {
  const source = fixtures.freshKeys(label);
  let keys: XOnly[] = [];
  return {
    name,
    prepare: (count) => {
      keys = Array.from({ length: count }, () => source.next().value as XOnly);
    },
    run: (i) => run(keys[i] as XOnly),
  };
}

function peerData(terms: Terms, stakerPk: XOnly): InstanceType<typeof btcStaking.StakingScriptData> {
  return new btcStaking.StakingScriptData(
    Buffer.from(stakerPk),
    terms.finalityProviderPks.map((pk) => Buffer.from(pk)),
    terms.covenantPks.map((pk) => Buffer.from(pk)),
    terms.covenantQuorum,
    terms.stakingTimeBlocks,
    terms.unbondingTimeBlocks,
  );
}

function peerStaking(fixtures: Fixtures, stakerPk: XOnly): InstanceType<typeof btcStaking.Staking> {
  const { params, provider } = fixtures;
  return new btcStaking.Staking(
    MAINNET,
    { address: 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', publicKeyNoCoordHex: hex(stakerPk) },
    {
      covenantNoCoordPks: params.covenantPks.map(hex),
      covenantQuorum: params.covenantQuorum,
      unbondingTime: params.unbondingTimeBlocks,
      unbondingFeeSat: Number(params.unbondingFeeSats),
      maxStakingAmountSat: Number(params.maxStakingValueSats),
      minStakingAmountSat: Number(params.minStakingValueSats),
      maxStakingTimeBlocks: params.maxStakingTimeBlocks,
      minStakingTimeBlocks: params.minStakingTimeBlocks,
      slashing: {
        slashingPkScriptHex: hex(params.slashingPkScript),
        slashingRate: 0.001,
        minSlashingTxFeeSat: Number(params.minSlashingTxFeeSats),
      },
    },
    [hex(provider.publicKey)],
    64_000,
  );
}

/** Rows 1. */
export function contractRows(fixtures: Fixtures, budget: Budget): readonly Finding[] {
  const { lib } = fixtures;
  const terms = fixtures.terms(fixtures.staker.publicKey);
  const contract = lib.StakingContract.from(terms);
  const peerScripts = peerData(terms, fixtures.staker.publicKey).buildScripts();
  const peer = peerStakingOutput(peerScripts);
  same('addresses', lib.Address.encode(contract.staking.scriptPubKey, 'mainnet'), peer.address);
  same('output scripts', hex(contract.staking.scriptPubKey), hex(peer.scriptPubKey));
  const { timelock, unbonding, slashing } = contract.staking.paths;
  for (const [mine, theirs] of [
    [timelock.script, peerScripts.timelockScript],
    [unbonding.script, peerScripts.unbondingScript],
    [slashing.script, peerScripts.slashingScript],
    [contract.unbonding.paths.timelock.script, peerScripts.unbondingTimelockScript],
  ] as const)
    same('leaf scripts', hex(mine), hex(theirs));
  const unbondingTree = [{ output: peerScripts.slashingScript }, { output: peerScripts.unbondingTimelockScript }];
  same('unbonding outputs', hex(contract.unbonding.scriptPubKey), hex(peerOutput(unbondingTree).scriptPubKey));

  const ourAddress = (stakerPk: XOnly): string =>
    lib.Address.encode(lib.StakingContract.from({ ...terms, stakerPk }).staking.scriptPubKey, 'mainnet');
  const ours = withFreshStakers(fixtures, 'row 1', 'satlock: keys checked, 3 leaves with control blocks, address', ourAddress);
  const scriptsOnly = withFreshStakers(fixtures, 'row 1', 'btc-staking-ts: StakingScriptData, 4 scripts, address', (stakerPk) =>
    peerStakingOutput(peerData(terms, stakerPk).buildScripts()),
  );
  const withChecks = withFreshStakers(fixtures, 'row 1', 'btc-staking-ts: Staking (checks keys), 4 scripts, address', (stakerPk) =>
    peerStakingOutput(peerStaking(fixtures, stakerPk).buildScripts()),
  );
  const checked = 'address, output script and all four leaf scripts; a new staker key for every operation, the covenant stays';
  const first = compare(ours, scriptsOnly, budget);
  const second = compare(ours, withChecks, budget);
  const target = (median: number): NonNullable<Finding['target']> => ({ text: '>= 20x', met: median >= 20 });
  return [
    {
      row: 1,
      kind: 'ratio',
      name: 'Scripts and address of a mainnet contract; the peer does not check keys here',
      checked,
      comparison: first,
      target: target(first.ratio.median),
    },
    {
      row: 1,
      kind: 'ratio',
      name: 'The same; both check every key',
      checked,
      comparison: second,
      target: target(second.ratio.median),
      note: 'we remember public keys that were on the curve before, so of the eleven only the new one costs a square root',
    },
  ];
}

/** Rows 2. */
export function unbondingRows(fixtures: Fixtures, budget: Budget): readonly Finding[] {
  const { lib, params, staker } = fixtures;
  const terms = fixtures.terms(staker.publicKey);
  const kept = lib.StakingContract.from(terms);
  const transaction = fixtures.stakingTransaction(kept);
  const theirTransaction = peerBitcoin.Transaction.fromHex(lib.Tx.toHex(transaction));
  const peer = peerStaking(fixtures, staker.publicKey);
  const build = (contract: typeof kept): import('../../src/index.ts').Tx.Transaction => {
    const vout = lib.StakingTx.findOutput(transaction, contract);
    const valueSats = lib.Sats.from(lib.Tx.outputOf(transaction, vout).valueSats);
    const staking = { outpoint: { txid: lib.Tx.txid(transaction), vout }, valueSats };
    return lib.UnbondingTx.build({ contract, staking, feeSats: params.unbondingFeeSats });
  };
  same('unbonding txids', lib.Tx.txid(build(kept)), peer.createUnbondingTransaction(theirTransaction).transaction.getId());
  const other: Side = {
    name: 'btc-staking-ts: Staking.createUnbondingTransaction',
    run: () => peer.createUnbondingTransaction(theirTransaction),
  };
  const fresh: Side = {
    name: 'satlock: contract from its terms, output found, transaction',
    run: () => build(lib.StakingContract.from(terms)),
  };
  const again: Side = { name: 'satlock: the same with the contract at hand', run: () => build(kept) };
  const comparisons = [fresh, again].map((side) => compare(side, other, budget));
  const names = ['Unsigned unbonding transaction, nothing known but the keys', 'Unsigned unbonding transaction of a kept contract'];
  return comparisons.map((comparison, i) => ({
    row: 2,
    kind: 'ratio',
    name: names[i] ?? '',
    checked: 'txid of the unbonding transaction',
    comparison,
    target: { text: '>= 20x', met: comparison.ratio.median >= 20 },
    ...(i === 0 ? { note: "the peer's key checks lie in its constructor, outside the clock; ours are inside" } : {}),
  }));
}

/** Row 13. */
export function treeRows(fixtures: Fixtures, budget: Budget): readonly Finding[] {
  const { lib } = fixtures;
  const { timelock, unbonding, slashing } = lib.StakingContract.from(fixtures.terms(fixtures.staker.publicKey)).staking.paths;
  const leaf = ({ script }: { readonly script: Uint8Array }): { readonly script: Uint8Array } => ({ script });
  const tree = [[leaf(timelock), leaf(unbonding)], leaf(slashing)] as const;
  const scureTree = [[leaf(timelock), leaf(unbonding)], leaf(slashing)];
  const internal = lib.TapTree.nums();
  const theirs = p2tr(internal, scureTree, NETWORK, true);
  const ours = lib.TapTree.build(tree, internal);
  same('output scripts', hex(ours.scriptPubKey), hex(theirs.script));
  same('addresses', lib.Address.encode(ours.scriptPubKey, 'mainnet'), theirs.address ?? '');
  const comparison = compare(
    {
      name: 'satlock: TapTree.build and Address.encode',
      run: () => lib.Address.encode(lib.TapTree.build(tree, internal).scriptPubKey, 'mainnet'),
    },
    { name: '@scure/btc-signer: p2tr', run: () => p2tr(internal, scureTree, NETWORK, true).address },
    budget,
  );
  const checked = 'address and output script of the same three leaves';
  return [{ row: 13, kind: 'ratio', name: 'Taproot output of a given tree', checked, comparison }];
}

export { peerStaking };
