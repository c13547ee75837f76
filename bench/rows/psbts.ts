// Row 16: the PSBTs of one delegation, each from the keys on: contract, transaction, PSBT as hex.
import { type Fixtures, hash, hex, same } from '../fixtures.ts';
import { type Budget, compare } from '../measure.ts';
import type { Finding } from '../report.ts';
import { PEER_RATE, STAKE_SATS, STAKING_TIME, Wallet } from '../wallet.ts';

type Delegation = import('../../src/index.ts').Delegation.Delegation;
type Contract = import('../../src/index.ts').StakingContract.StakingContract;
type Output = import('../../src/index.ts').SlashingTx.Funding;
type PeerStaking = ReturnType<Wallet['peerStaking']>;

const TARGET = 20;

export function psbtRows(fixtures: Fixtures, budget: Budget): readonly Finding[] {
  const { lib, params, provider } = fixtures;
  const wallet = new Wallet(fixtures, 'p2wpkh');
  const terms = { stakerPk: wallet.staker.publicKey, finalityProviderPks: [provider.publicKey], stakingTimeBlocks: STAKING_TIME };
  const signer = { stakerPk: wallet.staker.publicKey, publicKey: wallet.publicKey, address: wallet.address };
  const { scriptPubKey } = lib.StakingContract.fromParams(params, terms).staking;
  const stakingTransaction = lib.Tx.create(
    [{ outpoint: { txid: hex(hash('psbt rows')), vout: 0 } }],
    [{ scriptPubKey, valueSats: lib.Sats.from(STAKE_SATS) }],
  );
  const delegation = (): Delegation =>
    lib.Delegation.from({ contract: lib.StakingContract.fromParams(params, terms), rules: params, stakingTransaction });
  const kept = delegation();
  const stakingTx = wallet.peerTransaction(lib.Tx.toHex(stakingTransaction));
  const unbondingTx = wallet.peerTransaction(lib.Tx.toHex(kept.unbonding.transaction));
  /** What is paid for a withdrawal is the peer's fee: it estimates, we weigh, and the bytes are to be the same. */
  const withdrawal = (from: 'staking' | 'unbonding', feeRateSatsPerKvb: bigint): string => {
    const contract = lib.StakingContract.fromParams(params, terms);
    const inputs = [{ contract, from, ...(from === 'staking' ? stakeIn(contract) : unbondedIn(contract)) }];
    const built = lib.WithdrawalTx.build({ inputs, destinationScriptPubKey: wallet.scriptPubKey, feeRateSatsPerKvb });
    return lib.Step.psbtHex(lib.Steps.withdrawal(built, inputs, signer));
  };
  // Both libraries are given the transaction and find the output in it.
  const stakeIn = (contract: Contract): Output => {
    const vout = lib.StakingTx.findOutput(stakingTransaction, contract);
    return { outpoint: { txid: lib.Tx.txid(stakingTransaction), vout }, valueSats: lib.Sats.from(STAKE_SATS) };
  };
  const { transaction: unbondingTransaction } = kept.unbonding;
  const unbondedIn = (contract: Contract): Output => {
    const output = lib.Tx.outputOf(unbondingTransaction, 0);
    same('unbonding outputs', hex(output.scriptPubKey), hex(contract.unbonding.scriptPubKey));
    return { outpoint: { txid: lib.Tx.txid(unbondingTransaction), vout: 0 }, valueSats: lib.Sats.from(output.valueSats) };
  };
  const slashUnbonded = (): string => {
    const contract = lib.StakingContract.fromParams(params, terms);
    const funding = unbondedIn(contract);
    const { scriptPubKey, paths } = contract.unbonding;
    const transaction = lib.SlashingTx.build({ contract, funding, rules: params });
    const spentOutputs = [{ scriptPubKey, valueSats: funding.valueSats }];
    const spend = lib.LeafSpend.from({ transaction, inputIndex: 0, spentOutputs, leaf: paths.slashing });
    return lib.SigningRequest.toHex(lib.SigningRequest.fromLeafSpend(spend));
  };
  const rateFor = (from: 'staking' | 'unbonding', feeSats: number): bigint => {
    const { contract, staking, unbondingOutput } = kept;
    const inputs = [{ contract, from, ...(from === 'staking' ? staking : unbondingOutput) }];
    for (let rate = 1_000n; rate < 20_000n; rate++) {
      const built = lib.WithdrawalTx.build({ inputs, destinationScriptPubKey: wallet.scriptPubKey, feeRateSatsPerKvb: rate });
      if (built.feeSats >= BigInt(feeSats)) return rate;
    }
    throw new Error('no rate makes the fee of the peer');
  };
  const staking = wallet.peerStaking();
  const expiredRate = rateFor('staking', staking.createWithdrawStakingExpiredPsbt(stakingTx, PEER_RATE).fee);
  const earlyRate = rateFor('unbonding', staking.createWithdrawEarlyUnbondedTransaction(unbondingTx, PEER_RATE).fee);
  const rows: readonly {
    readonly name: string;
    readonly ours: () => string;
    readonly theirs: (peer: PeerStaking) => { toHex(): string };
  }[] = [
    {
      name: 'Withdrawal PSBT of an expired stake',
      ours: () => withdrawal('staking', expiredRate),
      theirs: (peer) => peer.createWithdrawStakingExpiredPsbt(stakingTx, PEER_RATE).psbt,
    },
    {
      name: 'Withdrawal PSBT of an unbonded stake',
      ours: () => withdrawal('unbonding', earlyRate),
      theirs: (peer) => peer.createWithdrawEarlyUnbondedTransaction(unbondingTx, PEER_RATE).psbt,
    },
    {
      name: 'Unbonding transaction and PSBT',
      ours: () => lib.Step.psbtHex(lib.Steps.unbonding(delegation(), signer)),
      theirs: (peer) => peer.toUnbondingPsbt(peer.createUnbondingTransaction(stakingTx).transaction, stakingTx),
    },
    {
      name: 'Slashing PSBT of the staking output',
      ours: () => lib.Step.psbtHex(lib.Steps.slashingConsent(delegation(), 'staking', signer)),
      theirs: (peer) => peer.createStakingOutputSlashingPsbt(stakingTx).psbt,
    },
    {
      name: 'Slashing PSBT of the unbonding output',
      ours: slashUnbonded,
      theirs: (peer) => peer.createUnbondingOutputSlashingPsbt(unbondingTx).psbt,
    },
  ];
  const unsigned = (psbtHex: string): string => hex(lib.Psbt.Psbt.fromHex(psbtHex).data.globalMap.unsignedTx.toBuffer());
  return rows.map(({ name, ours, theirs }) => {
    same(`${name}: unsigned transactions`, unsigned(ours()), unsigned(theirs(staking).toHex()));
    same(`${name}: leaves`, leafOf(fixtures, ours()), leafOf(fixtures, theirs(staking).toHex()));
    const comparison = compare(
      { name: 'satlock: contract, transaction, signing request, PSBT as hex', run: ours },
      { name: 'btc-staking-ts: of a Staking object that is at hand, PSBT as hex', run: () => theirs(staking).toHex() },
      budget,
    );
    return {
      ...{ row: 16, kind: 'ratio', name, comparison },
      checked: 'the unsigned transaction, leaf script and control block; ours says more (merkle root)',
      target: { text: `>= ${TARGET}x`, met: comparison.ratio.median >= TARGET },
      note: "the peer's key checks lie in its constructor, outside the clock; our contract is inside",
    };
  });
}

function leafOf({ lib }: Fixtures, psbtHex: string): string {
  const [leaf] = lib.Psbt.Psbt.fromHex(psbtHex).data.inputs[0]?.tapLeafScript ?? [];
  return leaf === undefined ? 'none' : `${hex(leaf.script)} ${hex(leaf.controlBlock)} ${leaf.leafVersion}`;
}
