// Throw-away keys, so that the page can show real signatures. The committee and the provider are known to everybody who reads this file; the
// staker's key is drawn afresh in the page, kept in memory and never shown.
import * as Lib from '../../../src/index.ts';
import * as PlainKey from '../../../src/wallet/PlainKey.ts';

const secret = (byte: string): Lib.SecretKey.SecretKey => Lib.SecretKey.fromHex(byte.repeat(32));
const PROVIDER = secret('f0');
const COMMITTEE = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8', 'c9'].map(secret);
/** An account of nobody: twenty bytes of ones. */
const BABYLON_ADDRESS = Lib.BabylonAddress.encode(new Uint8Array(20).fill(1));

/** The first staker key of a fresh page, so that it shows the same example to everybody. */
export const FIRST_STAKER: Lib.SecretKey.SecretKey = secret('51');

export type DemoKeys = {
  readonly staker: PlainKey.PlainKey;
  readonly providerPk: Lib.PublicKey.XOnlyPublicKey;
  readonly committee: readonly Lib.PublicKey.XOnlyPublicKey[];
};

export function keysOf(staker: Lib.SecretKey.SecretKey, network: Lib.Network.Network, ecc: Lib.Ecc): DemoKeys {
  return {
    staker: PlainKey.from(staker, { network, addressType: 'p2tr' }, ecc),
    providerPk: Lib.PublicKey.ofSecret(PROVIDER, ecc),
    committee: COMMITTEE.map((key) => Lib.PublicKey.ofSecret(key, ecc)),
  };
}

/** The network with our committee in all of its parameter versions. */
export function networkOf(network: Lib.Networks.StakingNetwork, keys: DemoKeys, ecc: Lib.Ecc): Lib.Networks.StakingNetwork {
  const covenantPks = keys.committee.map(Lib.Hex.encode);
  const versions = network.paramsSet.versions.map((params) => {
    const json = Lib.Params.toJson(params);
    return Lib.Params.from({ ...json, covenantPks: covenantPks.slice(0, json.covenantPks.length) }, ecc);
  });
  return { ...network, paramsSet: Lib.ParamsSet.from(versions) };
}

/** True when this page can sign for everybody in the contract. */
export function isOurs({ terms }: Lib.StakingContract.StakingContract, keys: DemoKeys): boolean {
  const known = new Set([keys.staker.stakerPk, keys.providerPk, ...keys.committee].map((key) => Lib.Hex.encode(key)));
  return [...terms.stakerPks, ...terms.finalityProviderPks, ...terms.covenantPks].every((key) => known.has(Lib.Hex.encode(key)));
}

/** Everything that is signed in the life of a stake. */
export type Signed = {
  readonly staking?: Lib.Tx.Transaction;
  readonly unbonding: Lib.Tx.Transaction;
  readonly stakingSlashing: Lib.Tx.Transaction;
  readonly unbondingSlashing: Lib.Tx.Transaction;
  readonly message: Lib.Message.Message;
  readonly sign: (spend: Lib.LeafSpend.LeafSpend) => Uint8Array;
};

/** Signs as staker, provider and committee. A pasted delegation has no coins: its staking transaction stays unsigned. */
export async function signAll(
  delegation: Lib.Delegation.Delegation,
  coins: readonly Lib.Coin.Coin[] | undefined,
  staker: Lib.SecretKey.SecretKey,
  network: Lib.Networks.StakingNetwork,
  ecc: Lib.Ecc,
): Promise<Signed> {
  const { staker: key, committee } = keysOf(staker, network.bitcoinNetwork, ecc);
  const account = { address: key.address, publicKey: key.publicKey, babylonAddress: BABYLON_ADDRESS };
  const flows = Lib.Staker.from({ network, account, bitcoin: key }, ecc);
  const { consents, message } = await flows.registerBeforeStaking({ delegation });
  const members = COMMITTEE.slice(0, delegation.contract.terms.covenantPks.length);
  if (members.length > committee.length) throw new Error('the committee of the page is too small');
  const covenantSignatures = members.map((secretKey) => Lib.Covenant.sign({ delegation, secretKey }, ecc));
  const approval = Lib.CovenantApproval.fromMembers(covenantSignatures);
  const isOwn = coins?.every(({ scriptPubKey }) => Lib.Hex.encode(scriptPubKey) === Lib.Hex.encode(key.scriptPubKey)) === true;
  const staking = isOwn && coins !== undefined ? await flows.signStaking({ delegation, coins, approval }) : undefined;
  const { transaction: unbonding } = await flows.signUnbonding({ delegation, covenantSignatures: approval.unbonding });
  const slashable = {
    delegation,
    covenantSignatures,
    stakerSignatures: { stakingSlashing: [consents.staking], unbondingSlashing: [consents.unbonding] },
  };
  return {
    ...(staking === undefined ? {} : { staking }),
    unbonding,
    stakingSlashing: Lib.Slasher.slash(slashable, 'staking', PROVIDER, ecc).transaction,
    unbondingSlashing: Lib.Slasher.slash(slashable, 'unbonding', PROVIDER, ecc).transaction,
    message,
    sign: (spend) => Lib.Schnorr.sign(spend.sighash(), staker, undefined, ecc),
  };
}
