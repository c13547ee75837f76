// The transactions of a delegation in a form that can be drawn: who pays whom, which witness opens which lock, what a node would say.
import * as Lib from '../../../src/index.ts';
import { blocks, short } from './format.ts';
import type { View } from './model.ts';

const { Hex, Tx } = Lib;

export type Role = 'staker' | 'finalityProvider' | 'covenant' | 'script' | 'control' | 'other';
export type WitnessItem = {
  readonly role: Role;
  readonly label: string;
  /** What stands there: hex, or words where nothing is signed yet. */
  readonly text: string;
  readonly state: 'filled' | 'empty' | 'later';
};
export type DrawnInput = {
  readonly role: string;
  readonly outpoint: string;
  readonly valueSats: bigint | undefined;
  readonly lock: string;
  readonly witness: readonly WitnessItem[];
};
export type DrawnOutput = { readonly role: string; readonly valueSats: bigint; readonly to: string; readonly note: string };
export type Drawn = {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly txid: string;
  readonly inputs: readonly DrawnInput[];
  readonly outputs: readonly DrawnOutput[];
  readonly feeSats: bigint | undefined;
  readonly vsize: number | undefined;
  readonly hex: string;
  readonly verdict: { readonly ok: boolean; readonly text: string } | undefined;
};

export const ROLE_NAMES: Readonly<Record<Role, string>> = {
  staker: 'staker',
  finalityProvider: 'finality provider',
  covenant: 'covenant',
  script: 'leaf script',
  control: 'control block',
  other: 'data',
};

type Path = Lib.Witness.Path;

/** All seven, in the order of a life. */
export function drawAll(view: View, ecc: Lib.Ecc): readonly Drawn[] {
  const { delegation, signed } = view;
  const { contract } = delegation;
  const spend = (
    id: string,
    title: string,
    note: string,
    leafSpend: Lib.LeafSpend.LeafSpend,
    path: Path,
    done: Lib.Tx.Transaction | undefined,
  ): Drawn => drawSpend({ view, id, title, note, spend: leafSpend, path, done }, ecc);
  const withdraw = (id: string, title: string, from: Lib.WithdrawalTx.Source, slashing?: Lib.LeafSpend.LeafSpend): Drawn | undefined => {
    const funding = from === 'staking' ? delegation.staking : from === 'unbonding' ? delegation.unbondingOutput : changeOf(slashing);
    const built = withdrawalOf(view, { contract, from, ...funding });
    const [only] = built?.spends ?? [];
    if (only === undefined) return undefined;
    const signature = signed?.sign(only);
    const [publicKey] = contract.terms.stakerPks;
    const signatures = signature === undefined || publicKey === undefined ? undefined : { staker: [{ publicKey, signature }] };
    const done =
      signatures === undefined
        ? undefined
        : only.withWitness(Lib.Witness.assemble({ contract, path: 'timelock', spend: only, signatures }, ecc).stack);
    return spend(id, title, 'The staker alone, when the lock has ended.', only, 'timelock', done);
  };
  const all: readonly (Drawn | undefined)[] = [
    drawStaking(view, ecc),
    spend(
      'unbonding',
      'Unbonding transaction',
      'Ends the stake early: staker and covenant together.',
      delegation.unbonding,
      'unbonding',
      signed?.unbonding,
    ),
    spend(
      'staking-slashing',
      'Slashing of the stake',
      'Possible only after the provider has signed two blocks of one height.',
      delegation.stakingSlashing,
      'slashing',
      signed?.stakingSlashing,
    ),
    spend(
      'unbonding-slashing',
      'Slashing while unbonding',
      'The same, of the unbonding output.',
      delegation.unbondingSlashing,
      'slashing',
      signed?.unbondingSlashing,
    ),
    withdraw('withdraw-staking', 'Withdrawal of the expired stake', 'staking'),
    withdraw('withdraw-unbonding', 'Withdrawal after unbonding', 'unbonding'),
    withdraw('withdraw-change', 'Withdrawal of what a slash left', 'slashing-change', delegation.stakingSlashing),
  ];
  return all.filter((drawn) => drawn !== undefined);
}

function changeOf(slashing: Lib.LeafSpend.LeafSpend | undefined): Lib.SlashingTx.Funding {
  if (slashing === undefined) throw new Error('a slashing change comes from a slashing');
  const vout = Lib.WithdrawalTx.SLASHING_CHANGE_INDEX;
  const { valueSats } = Tx.outputOf(slashing.transaction, vout);
  return { outpoint: { txid: slashing.txid, vout }, valueSats: Lib.Sats.from(valueSats) };
}

/** To the wallet's own script; of a pasted delegation, to the first change output, else to the staker's key. */
function withdrawalOf(view: View, input: Lib.WithdrawalTx.Input): Lib.WithdrawalTx.build.Built | undefined {
  const [stakerPk] = view.delegation.contract.terms.stakerPks;
  const [own] = view.owned;
  const destinationScriptPubKey = own ?? Hex.decode(`5120${Hex.encode(stakerPk ?? new Uint8Array(32))}`);
  try {
    return Lib.WithdrawalTx.build({ inputs: [input], destinationScriptPubKey, feeRateSatsPerKvb: view.feeRate });
  } catch (error) {
    // A stake that is too small to be withdrawn at this rate has no such transaction to draw.
    if (Lib.isSatlockError(error)) return undefined;
    throw error;
  }
}

function drawStaking({ delegation, coins, signed, network, tip }: View, ecc: Lib.Ecc): Drawn {
  const { stakingTransaction, stakingTxid } = delegation;
  const transaction = signed?.staking ?? stakingTransaction;
  const inputs = transaction.ins.map((input, i): DrawnInput => {
    const { txid, vout } = Tx.outpointOf(transaction, i);
    const coin = coins?.find(({ outpoint }) => Tx.spends(transaction, i, outpoint));
    const witness: readonly WitnessItem[] =
      input.witness.length === 0
        ? [{ role: 'staker', label: 'staker', text: 'the signature of the wallet', state: 'later' }]
        : input.witness.map((item) => ({ role: 'staker', label: 'key path signature', text: Hex.encode(item), state: 'filled' }));
    return { role: `coin ${i + 1}`, outpoint: `${short(txid)}:${vout}`, valueSats: coin?.valueSats, lock: 'a coin of the wallet', witness };
  });
  const feeSats = coins === undefined ? undefined : sum(coins) - transaction.outs.reduce((total, { value }) => total + value, 0n);
  const prevouts = coins?.map(({ scriptPubKey, valueSats }) => ({ scriptPubKey, valueSats, confirmedHeight: (tip ?? 1) - 6 }));
  return {
    id: 'staking',
    title: 'Staking transaction',
    note: 'Locks the coins under the contract. Broadcast it after the covenant has signed everything else.',
    txid: stakingTxid,
    inputs,
    outputs: transaction.outs.map(({ script, value }, i) => ({
      role: i === delegation.stakingOutputIndex ? 'stake' : script[0] === 0x6a ? 'data' : 'change',
      valueSats: value,
      to: nameOf(script, network.bitcoinNetwork),
      note: i === delegation.stakingOutputIndex ? `locked for ${blocks(delegation.contract.terms.stakingTimeBlocks)}` : '',
    })),
    feeSats,
    vsize: signed?.staking?.virtualSize(),
    hex: Tx.toHex(transaction),
    verdict: signed?.staking === undefined || prevouts === undefined ? undefined : verdictOf(signed.staking, prevouts, tip ?? 1, ecc),
  };
}

type SpendParts = {
  readonly view: View;
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly spend: Lib.LeafSpend.LeafSpend;
  readonly path: Path;
  readonly done: Lib.Tx.Transaction | undefined;
};

function drawSpend({ view, id, title, note, spend, path, done }: SpendParts, ecc: Lib.Ecc): Drawn {
  const { contract } = view.delegation;
  const { bitcoinNetwork } = view.network;
  const transaction = done ?? spend.transaction;
  const { txid, vout } = Tx.outpointOf(transaction, 0);
  const [spent] = spend.spentOutputs;
  const sequence = transaction.ins[0]?.sequence ?? Tx.FINAL_SEQUENCE;
  const lockBlocks = sequence === Tx.FINAL_SEQUENCE ? 0 : sequence;
  const out = transaction.outs.reduce((total, { value }) => total + value, 0n);
  const tipHeight = 1_000_000;
  const prevouts = spend.spentOutputs.map((output) => ({ ...output, confirmedHeight: tipHeight + 1 - Math.max(lockBlocks, 1) }));
  return {
    id,
    title,
    note,
    txid: spend.txid,
    inputs: [
      {
        role: roleOf(contract, spent?.scriptPubKey),
        outpoint: `${short(txid)}:${vout}`,
        valueSats: spent?.valueSats,
        lock: lockBlocks === 0 ? `by the ${path} leaf` : `by the ${path} leaf, after ${blocks(lockBlocks)}`,
        witness: witnessOf(contract, path, spend, done),
      },
    ],
    outputs: transaction.outs.map(({ script, value }, i) => ({
      role: outputRole(id, i),
      valueSats: value,
      to: nameOf(script, bitcoinNetwork),
      note: outputNote(id, i, contract),
    })),
    feeSats: spent === undefined ? undefined : spent.valueSats - out,
    vsize: done?.virtualSize(),
    hex: Tx.toHex(transaction),
    verdict: done === undefined ? undefined : verdictOf(done, prevouts, tipHeight, ecc),
  };
}

/** The slots in the order of the stack, bottom first: groups from the last to the first, keys descending. */
function witnessOf(
  { terms }: Lib.StakingContract.StakingContract,
  path: Path,
  { leaf }: Lib.LeafSpend.LeafSpend,
  done: Lib.Tx.Transaction | undefined,
): readonly WitnessItem[] {
  const groups: readonly { readonly role: Role; readonly keys: readonly Uint8Array[]; readonly quorum: number }[] = [
    ...(path === 'timelock' ? [] : [{ role: 'covenant' as const, keys: terms.covenantPks, quorum: terms.covenantQuorum }]),
    ...(path === 'slashing' ? [{ role: 'finalityProvider' as const, keys: terms.finalityProviderPks, quorum: 1 }] : []),
    { role: 'staker' as const, keys: terms.stakerPks, quorum: terms.stakerQuorum },
  ];
  const slots = groups.flatMap(({ role, keys, quorum }) =>
    keys
      .map(Hex.encode)
      .sort()
      .reverse()
      .map((key) => ({ role, key, mayBeEmpty: quorum < keys.length })),
  );
  const stack = done?.ins[0]?.witness;
  const items = slots.map(({ role, key, mayBeEmpty }, i): WitnessItem => {
    const label = `${ROLE_NAMES[role]} ${short(key, 4)}`;
    const item = stack?.[i];
    if (item === undefined) return { role, label, text: mayBeEmpty ? 'a signature, or empty' : 'a signature', state: 'later' };
    return item.length === 0
      ? { role, label, text: 'empty: not one of the quorum', state: 'empty' }
      : { role, label, text: Hex.encode(item), state: 'filled' };
  });
  return [
    ...items,
    { role: 'script', label: `${path} leaf`, text: Hex.encode(leaf.script), state: 'filled' },
    { role: 'control', label: 'control block', text: Hex.encode(leaf.controlBlock), state: 'filled' },
  ];
}

function verdictOf(
  transaction: Lib.Tx.Transaction,
  prevouts: readonly Lib.SpendCheck.Prevout[],
  tipHeight: number,
  ecc: Lib.Ecc,
): { readonly ok: boolean; readonly text: string } {
  const { consensusValid, standard, rejectReason, scriptError } = Lib.SpendCheck.verifySpend(
    { transaction: Tx.encode(transaction), prevouts, tipHeight, medianTime: 0 },
    ecc,
  );
  if (consensusValid && standard) return { ok: true, text: 'A node would take it: every signature and lock was checked here.' };
  return { ok: false, text: `A node would refuse it: ${rejectReason ?? scriptError ?? 'not standard'}` };
}

function roleOf(contract: Lib.StakingContract.StakingContract, script: Uint8Array | undefined): string {
  const text = Hex.encode(script ?? new Uint8Array());
  if (text === Hex.encode(contract.staking.scriptPubKey)) return 'stake';
  return text === Hex.encode(contract.unbonding.scriptPubKey) ? 'unbonding output' : 'slashing change';
}

function outputRole(id: string, index: number): string {
  if (id === 'unbonding') return 'unbonding output';
  if (id.endsWith('slashing')) return index === 0 ? 'slashed' : 'slashing change';
  return 'yours';
}

function outputNote(id: string, index: number, { terms }: Lib.StakingContract.StakingContract): string {
  const locked = `the staker's after ${blocks(terms.unbondingTimeBlocks)}`;
  if (id === 'unbonding') return `${locked}, slashable until then`;
  if (id.endsWith('slashing')) return index === 0 ? 'lost' : locked;
  return 'free';
}

export function nameOf(script: Uint8Array, network: Lib.Network.Network): string {
  return Lib.Address.kindOf(script) === undefined ? Lib.Script.toAsm(script) : Lib.Address.encode(script, network);
}

function sum(coins: readonly { readonly valueSats: bigint }[]): bigint {
  return coins.reduce((total, { valueSats }) => total + valueSats, 0n);
}
