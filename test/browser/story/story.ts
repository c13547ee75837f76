// A stake from the plan to the unbonding, as a wallet page would do it. It runs in Node and in the browser and gives everything that was made
// as text, so that the two can be compared byte for byte.
import * as Lib from '../../../src/index.ts';
import * as PlainKey from '../../../src/wallet/PlainKey.ts';

const { Hex, Tx } = Lib;
type Wasm = typeof import('../../../src/crypto/ecc/wasm.ts');

export type Result = Readonly<Record<string, string | number | boolean>>;

const secretOf = (text: string): Lib.SecretKey.SecretKey => Lib.SecretKey.fromHex(text.repeat(32));
const MEMBERS = ['a1', 'a2', 'a3', 'a4', 'a5', 'a6', 'a7', 'a8', 'a9'].map(secretOf);
const TIP = 925_000;

/** The same "random" bytes on every host. Only a test may do this: who signs with known randomness has no protection against faults. */
export async function withFixedRandomness<T>(act: () => Promise<T>): Promise<T> {
  const { crypto } = globalThis;
  const before = crypto.getRandomValues;
  crypto.getRandomValues = <B extends ArrayBufferView | null>(buffer: B): B => {
    if (buffer instanceof Uint8Array) buffer.fill(7);
    return buffer;
  };
  try {
    return await act();
  } finally {
    crypto.getRandomValues = before;
  }
}

/** The WASM backend, loaded when it is asked for: the import that a page opts in with. */
export async function loadWasm(): Promise<Lib.Ecc> {
  const { wasm }: Wasm = await import('../../../src/crypto/ecc/wasm.ts');
  return wasm;
}

/** Builds, signs and verifies a stake with this backend. */
export async function story(ecc: Lib.Ecc): Promise<Result> {
  const params = paramsOf(ecc);
  const key = PlainKey.from(secretOf('11'), { network: 'mainnet', addressType: 'p2tr' }, ecc);
  const network = { bitcoinNetwork: 'mainnet', paramsSet: Lib.ParamsSet.from([params]), chainId: 'bbn-1' } as const;
  const babylonAddress = 'bbn1cyqgpk0nlsutlm5ymkfpya30fqntanc8slpure';
  const account = { address: key.address, publicKey: key.publicKey, babylonAddress };
  const staker = Lib.Staker.from({ network, account, bitcoin: key }, ecc);
  const coins = [key.coin({ outpoint: { txid: '5a'.repeat(32), vout: 1 }, valueSats: 8_000_000n })];
  const plan = staker.plan({
    babylonBtcTipHeight: TIP,
    finalityProviderPk: Lib.PublicKey.ofSecret(secretOf('22'), ecc),
    stakingTimeBlocks: 64_000,
    valueSats: 5_000_000n,
    feeRateSatsPerKvb: Lib.Fee.ratePerVbyte('2.5'),
    coins,
  });
  const { delegation, contract } = plan;
  const registered = await staker.registerBeforeStaking(plan);
  const approvals = MEMBERS.map((secretKey) => Lib.Covenant.sign({ delegation, secretKey }, ecc));
  const approval = Lib.CovenantApproval.fromMembers(approvals);
  const staking = await staker.signStaking({ delegation, coins, approval });
  const { transaction: unbonding } = await staker.signUnbonding({ delegation, covenantSignatures: approval.unbonding });
  const slashed = Lib.Slasher.slash(
    {
      delegation,
      covenantSignatures: approvals,
      stakerSignatures: { stakingSlashing: [registered.consents.staking], unbondingSlashing: [registered.consents.unbonding] },
    },
    'unbonding',
    secretOf('22'),
    ecc,
  );
  const withdrawal = await staker.withdraw({ outputs: [{ delegation, from: 'unbonding' }], feeRateSatsPerKvb: 3_000n });
  const { value } = Lib.Message.encode(registered.message);
  const again = Lib.Delegation.fromJson(JSON.parse(JSON.stringify(Lib.Delegation.toJson(delegation))), ecc);
  return {
    stakingScript: Hex.encode(contract.staking.scriptPubKey),
    address: Lib.Address.encode(contract.staking.scriptPubKey, 'mainnet'),
    descriptor: Lib.Descriptor.staking(contract.terms, ecc),
    timelock: Lib.Script.toAsm(contract.staking.paths.timelock.script),
    message: Hex.encode(value),
    pop: Hex.encode(registered.pop.signature),
    popHolds: Lib.ProofOfPossession.verify({ pop: registered.pop, babylonAddress, btcPk: staker.stakerPk }, ecc).valid,
    consent: Hex.encode(registered.consents.staking.signature),
    consentHolds: delegation.stakingSlashing.verify(staker.stakerPk, registered.consents.staking.signature, ecc),
    staking: Tx.toHex(staking),
    stakingVerdict: verdictOf(staking, plan.coins, TIP - 10, ecc),
    unbonding: Tx.toHex(unbonding),
    unbondingVerdict: verdictOf(unbonding, delegation.unbonding.spentOutputs, TIP, ecc),
    slashing: Tx.toHex(slashed.transaction),
    slashingVerdict: verdictOf(slashed.transaction, slashed.spend.spentOutputs, TIP, ecc),
    withdrawal: Tx.toHex(withdrawal.transaction),
    withdrawalTooEarly: verdictOf(withdrawal.transaction, delegation.unbondingSlashing.spentOutputs, TIP, ecc),
    withdrawalVerdict: verdictOf(withdrawal.transaction, delegation.unbondingSlashing.spentOutputs, TIP - 2_000, ecc),
    sameAfterJson: again.unbonding.txid === delegation.unbonding.txid,
    recognised: Lib.Recognise.transaction(unbonding, { delegations: [delegation] }, {}, ecc).spends[0]?.kind ?? 'nothing',
    findings: Lib.StakePolicy.review({ registration: 'pre-staking', contract, params, stakingTransaction: staking }).findings.length,
  };
}

/** Mainnet's newest parameters with a committee whose keys are ours. */
function paramsOf(ecc: Lib.Ecc): Lib.Params.StakingParams {
  const newest = Lib.Params.toJson(Lib.ParamsSet.latest(Lib.Networks.from('bbn-1', ecc).paramsSet));
  const covenantPks = MEMBERS.map((key) => Hex.encode(Lib.PublicKey.ofSecret(key, ecc)));
  return Lib.Params.from({ ...newest, version: 0, covenantPks }, ecc);
}

function verdictOf(transaction: Lib.Tx.Transaction, spent: readonly Lib.Tx.SpentOutput[], confirmedHeight: number, ecc: Lib.Ecc): string {
  const prevouts = spent.map((output) => ({ ...output, confirmedHeight }));
  const given = { transaction: Tx.encode(transaction), prevouts, tipHeight: TIP, medianTime: 1_760_000_000 };
  const { consensusValid, standard, rejectReason, scriptError } = Lib.SpendCheck.verifySpend(given, ecc);
  return consensusValid && standard ? 'ok' : (rejectReason ?? scriptError ?? 'refused');
}
