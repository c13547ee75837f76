// The stakers' part: fund, stake, consent to slashing, unbond, extend, withdraw.

import * as Covenant from '../../babylon/Covenant.ts';
import * as Delegation from '../../babylon/Delegation.ts';
import * as ExtensionTx from '../../babylon/ExtensionTx.ts';
import type { StakingParams } from '../../babylon/Params.ts';
import type * as Slasher from '../../babylon/Slasher.ts';
import * as SlashingTx from '../../babylon/SlashingTx.ts';
import * as StakingContract from '../../babylon/StakingContract.ts';
import * as StakingTx from '../../babylon/StakingTx.ts';
import * as UnbondingTx from '../../babylon/UnbondingTx.ts';
import * as WithdrawalTx from '../../babylon/WithdrawalTx.ts';
import * as Witness from '../../babylon/Witness.ts';
import type * as Sats from '../../base/Sats.ts';
import type { LeafSpend } from '../../bitcoin/LeafSpend.ts';
import type * as Tx from '../../bitcoin/Tx.ts';
import type * as Ecc from '../../crypto/Ecc.ts';
import * as Schnorr from '../../crypto/Schnorr.ts';
import type { Fate } from './Account.ts';
import type { Person } from './cast.ts';
import type { Stage } from './stage.ts';
import { scriptOf, signKeyPath } from './wallet.ts';

/** Everything that the stakers share. */
export type Setting = {
  readonly stage: Stage;
  readonly params: StakingParams;
  readonly covenant: readonly Person[];
  readonly finalityProvider: Person;
  readonly ecc: Ecc.Ecc;
};

/** A registered stake. */
export type Stake = Slasher.Slashable & { readonly owner: Person; readonly index: number; readonly fate: Fate };

/** A slashed stake with its mined slashing transaction. */
export type SlashedStake = {
  readonly slashable: Stake;
  readonly target: Slasher.Target;
  readonly transaction: Tx.Transaction;
  readonly height: number;
};

/** 5 sat/vB, in satoshi per 1000 vbytes. */
export const FEE_RATE = 5_000n;
/** What a funding coin has beyond the stake, for fee and change. */
const POCKET_MONEY = 100_000n;
const AUX = new Uint8Array(32);

/** Funds a staker, builds the staking transaction, collects every signature that registration needs, and only then broadcasts it. */
export async function open(setting: Setting, owner: Person, index: number, valueSats: Sats.Sats, fate: Fate): Promise<Stake> {
  const { stage, params, ecc } = setting;
  const contract = contractOf(setting, owner);
  StakingTx.checkAgainst(params, contract, valueSats);
  const coin = await stage.chain.fund(scriptOf(owner), valueSats + POCKET_MONEY);
  const { transaction } = StakingTx.build({
    contract,
    valueSats,
    coins: [coin],
    changeScriptPubKey: scriptOf(owner),
    feeRateSatsPerKvb: FEE_RATE,
  });
  const stake = register(setting, Delegation.from({ contract, rules: params, stakingTransaction: transaction }), owner, index, fate);
  signKeyPath(transaction, 0, [coin], owner, ecc);
  await stage.broadcast('stake', transaction, index);
  return stake;
}

/** The consent of staker and covenant, checked as the chain checks it before it admits a delegation. */
function register({ params, covenant, ecc }: Setting, delegation: Delegation.Delegation, owner: Person, index: number, fate: Fate): Stake {
  const { contract, staking, unbondingOutput } = delegation;
  UnbondingTx.check({ unbonding: delegation.unbonding.transaction, contract, staking, feeSats: params.unbondingFeeSats });
  SlashingTx.check({ slashing: delegation.stakingSlashing.transaction, contract, funding: staking, rules: params });
  SlashingTx.check({ slashing: delegation.unbondingSlashing.transaction, contract, funding: unbondingOutput, rules: params });
  const covenantSignatures = covenant.map(({ secretKey }) => Covenant.sign({ delegation, secretKey, auxRand: AUX }, ecc));
  for (const signatures of covenantSignatures) Covenant.check({ delegation, signatures }, ecc);
  const consent = (spend: LeafSpend): Witness.KeySignature[] => [signatureOf(owner, spend, ecc)];
  const stakerSignatures = {
    stakingSlashing: consent(delegation.stakingSlashing),
    unbondingSlashing: consent(delegation.unbondingSlashing),
  };
  return { delegation, owner, index, fate, covenantSignatures, stakerSignatures };
}

export function contractOf({ params, finalityProvider, ecc }: Setting, owner: Person): StakingContract.StakingContract {
  const options = {
    stakerPk: owner.publicKey,
    finalityProviderPks: [finalityProvider.publicKey],
    stakingTimeBlocks: params.maxStakingTimeBlocks,
  };
  return StakingContract.fromParams(params, options, ecc);
}

/** The signed unbonding transaction: the covenant's signatures were collected at registration. */
export function unbondingOf({ ecc }: Setting, { delegation, owner, covenantSignatures }: Stake): Tx.Transaction {
  const spend = delegation.unbonding;
  const covenant = covenantSignatures.map(({ covenantPk, unbonding }) => ({ publicKey: covenantPk, signature: unbonding }));
  const signatures = { staker: [signatureOf(owner, spend, ecc)], covenant };
  return spend.withWitness(Witness.assemble({ contract: delegation.contract, path: 'unbonding', spend, signatures }, ecc).stack);
}

/** A signed withdrawal of one output to the staker's own key, and what arrives. */
export function withdrawalOf(
  { ecc }: Setting,
  { owner }: Stake,
  input: WithdrawalTx.Input,
): { readonly transaction: Tx.Transaction; readonly valueSats: Sats.Sats; readonly feeSats: Sats.Sats } {
  const built = WithdrawalTx.build({ inputs: [input], destinationScriptPubKey: scriptOf(owner), feeRateSatsPerKvb: FEE_RATE });
  const [spend] = built.spends as readonly [LeafSpend];
  const { stack } = Witness.assemble(
    { contract: input.contract, path: 'timelock', spend, signatures: { staker: [signatureOf(owner, spend, ecc)] } },
    ecc,
  );
  return { transaction: spend.withWitness(stack), valueSats: built.valueSats, feeSats: built.feeSats };
}

/** Extends a stake: the previous output moves into a new one without unbonding. Returns the new delegation in place of the old. */
export async function extend(setting: Setting, stake: Stake): Promise<Stake> {
  const { stage, covenant, params, ecc } = setting;
  const { owner, delegation: previous } = stake;
  const funding = await stage.chain.fund(scriptOf(owner), POCKET_MONEY);
  const contract = contractOf(setting, owner);
  const { spend, transaction } = ExtensionTx.build({
    previous,
    contract,
    valueSats: previous.stakingValueSats,
    funding,
    changeScriptPubKey: scriptOf(owner),
    feeRateSatsPerKvb: FEE_RATE,
  });
  const extended = register(
    setting,
    Delegation.from({ contract, rules: params, stakingTransaction: transaction, stakingOutputIndex: 0 }),
    owner,
    stake.index,
    stake.fate,
  );
  const signatures = { staker: [signatureOf(owner, spend, ecc)], covenant: covenant.map((member) => signatureOf(member, spend, ecc)) };
  const { stack } = Witness.assemble({ contract: previous.contract, path: 'unbonding', spend, signatures }, ecc);
  const signed = spend.withWitness(stack);
  signKeyPath(signed, 1, spend.spentOutputs, owner, ecc);
  await stage.broadcast('extend', signed, stake.index);
  return extended;
}

function signatureOf(signer: Person, spend: LeafSpend, ecc: Ecc.Ecc): Witness.KeySignature {
  return { publicKey: signer.publicKey, signature: Schnorr.sign(spend.sighash(), signer.secretKey, AUX, ecc) };
}
