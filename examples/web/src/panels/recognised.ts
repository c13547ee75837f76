// Any transaction or PSBT: what it is, of whom, whether it is valid, and who has signed.
import * as Lib from '../../../../src/index.ts';
import { el } from '../dom.ts';
import { type Drawn, nameOf, type Role, type WitnessItem } from '../drawn.ts';
import { blocks, sat, short, shortHex } from '../format.ts';
import { facts, section } from '../parts.ts';
import { fail } from '../problem.ts';
import { transactionCard } from './transactions.ts';

const { Hex, Tx } = Lib;

export type Recognised = {
  readonly recognition: Lib.Recognise.Recognition;
  readonly transaction: Lib.Tx.Transaction;
  readonly form: string;
};

/** A transaction or PSBT by its text: hex of either, or base64 of a PSBT. The stake in view, if any, is known. */
export function recognise(
  text: string,
  network: Lib.Networks.Network,
  known: Lib.Delegation.Delegation | undefined,
  ecc: Lib.Ecc,
): Recognised {
  const raw = text.replace(/\s+/g, '');
  if (raw === '') fail('page.empty', 'paste a transaction or a PSBT');
  const { paramsSet, phase1 } = network;
  const context = Lib.Recognise.context({ paramsSet, phase1, ...(known === undefined ? {} : { delegations: [known] }) }, ecc);
  const psbt = psbtOf(raw);
  if (psbt === undefined) {
    const transaction = Tx.fromHex(raw, 'transaction');
    return { recognition: Lib.Recognise.transaction(transaction, context, {}, ecc), transaction, form: 'transaction' };
  }
  const transaction = Tx.decode(Uint8Array.from(psbt.data.globalMap.unsignedTx.toBuffer()), 'psbt');
  return { recognition: Lib.Recognise.psbt(psbt, context, {}, ecc), transaction, form: 'PSBT' };
}

function psbtOf(raw: string): Lib.Psbt.Psbt | undefined {
  const isHex = /^70736274ff/i.test(raw);
  if (!isHex && !raw.startsWith('cHNidP')) return undefined;
  try {
    return isHex ? Lib.Psbt.Psbt.fromHex(raw.toLowerCase()) : Lib.Psbt.Psbt.fromBase64(raw);
  } catch {
    return fail('page.bad-psbt', 'this begins like a PSBT and is none');
  }
}

export function recognisedPanel({ recognition, transaction, form }: Recognised, network: Lib.Networks.Network): HTMLElement {
  const { stakings, spends, lookAlikes, isValid } = recognition;
  const all = [...stakings.map(({ kind }) => kind), ...spends.map(({ kind }) => kind)];
  const title =
    all.length === 0 ? 'Nothing of Babylon' : [...new Set(all)].map((kind) => kind.charAt(0).toUpperCase() + kind.slice(1)).join(' and ');
  const words =
    all.length === 0
      ? `This ${form} touches no stake that can be recognised. Of a stake after phase 1 only its keys, or its delegation, tell the output.`
      : `This ${form} was recognised${isValid ? ', and nothing is wrong with it.' : '. It has problems.'}`;
  return section(
    'recognised',
    title,
    words,
    ...stakings.map(stakingCard),
    ...spends.map(spendCard),
    ...lookAlikes.map(({ problem }) => problemCard(problem, 'warning')),
    transactionCard(drawnOf(transaction, recognition, network)),
  );
}

function stakingCard({ phase, how, outputIndex, valueSats, contract, paramsVersion, problems, notes }: Lib.Recognise.Staking): HTMLElement {
  const { terms } = contract;
  return el(
    'article',
    { class: 'card' },
    el('h3', {}, `Stake in output ${outputIndex}`),
    facts([
      ['Value', sat(valueSats)],
      ['Locked for', blocks(terms.stakingTimeBlocks)],
      ['Phase', phase === 1 ? 'lock-only (phase 1)' : 'chain'],
      ['Recognised by', how],
      paramsVersion === undefined ? undefined : ['Parameters', `version ${paramsVersion}`],
      ['Staker', terms.stakerPks.map((key) => shortHex(key)).join(', ')],
      ['Finality provider', terms.finalityProviderPks.map((key) => shortHex(key)).join(', ')],
    ]),
    ...problems.map((one) => problemCard(one, 'error')),
    ...notes.map((one) => problemCard(one, 'info')),
  );
}

function spendCard(spend: Lib.Recognise.Spend): HTMLElement {
  const { kind, inputIndex, source, path, certainty, stakers, feeSats, signed, signers, slashedSats, isRegistered, problems, notes } =
    spend;
  const signing = tally(
    signers.map(({ role, isValid }) => `${role}${isValid === false ? ' (not valid)' : isValid === undefined ? ' (not checked)' : ''}`),
  );
  return el(
    'article',
    { class: 'card' },
    el('h3', {}, `${kind.charAt(0).toUpperCase()}${kind.slice(1)}, input ${inputIndex}`),
    facts([
      ['Spends', `the ${source} output${path === undefined ? '' : ` by the ${path} leaf`} (${certainty})`],
      ['Staker', stakers.keys.map((key) => shortHex(key)).join(', ')],
      ['Signed', signing === '' ? signed : `${signed}: ${signing}`],
      feeSats === undefined ? undefined : ['Fee', sat(feeSats)],
      slashedSats === undefined ? undefined : ['Slashed', sat(slashedSats)],
      isRegistered === undefined ? undefined : ['Registered transaction', isRegistered ? 'yes, the very one' : 'no, another one'],
    ]),
    ...problems.map((one) => problemCard(one, 'error')),
    ...notes.map((one) => problemCard(one, 'info')),
  );
}

/** "staker, 6 covenant". */
function tally(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => (count === 1 ? name : `${count} ${name}`)).join(', ');
}

function problemCard({ code, message }: Lib.Recognise.Problem, severity: 'error' | 'warning' | 'info'): HTMLElement {
  return el(
    'div',
    { class: `finding ${severity}` },
    el('p', {}, el('b', { class: 'severity' }, severity === 'info' ? 'note' : severity), el('code', {}, code)),
    el('p', {}, message),
  );
}

function drawnOf(
  transaction: Lib.Tx.Transaction,
  { txid, stakings, spends }: Lib.Recognise.Recognition,
  network: Lib.Networks.Network,
): Drawn {
  return {
    id: 'given',
    title: 'The transaction',
    note: `version ${transaction.version}, locktime ${transaction.locktime}`,
    txid,
    inputs: transaction.ins.map((input, i) => {
      const outpoint = Tx.outpointOf(transaction, i);
      const spend = spends.find(({ inputIndex }) => inputIndex === i);
      return {
        role: spend === undefined ? `input ${i}` : `the ${spend.source} output`,
        outpoint: `${short(outpoint.txid)}:${outpoint.vout}`,
        valueSats: spend?.valueSats,
        lock: `sequence ${input.sequence.toString(16).padStart(8, '0')}`,
        witness: input.witness.map((item, at) => itemOf(item, at, input.witness.length, spend)),
      };
    }),
    outputs: transaction.outs.map(({ script, value }, i) => ({
      role: stakings.some(({ outputIndex }) => outputIndex === i)
        ? 'stake'
        : spends.some(({ next }) => next?.outputIndex === i)
          ? 'under the contract'
          : `output ${i}`,
      valueSats: value,
      to: nameOf(script, network.bitcoinNetwork),
      note: '',
    })),
    feeSats: spends[0]?.feeSats,
    vsize: transaction.virtualSize(),
    hex: Tx.toHex(transaction),
    verdict: undefined,
  };
}

function itemOf(item: Uint8Array, at: number, count: number, spend: Lib.Recognise.Spend | undefined): WitnessItem {
  const text = Hex.encode(item);
  if (spend === undefined)
    return { role: 'other', label: `item ${at}`, text: text || 'empty', state: item.length === 0 ? 'empty' : 'filled' };
  if (at === count - 1) return { role: 'control', label: 'control block', text, state: 'filled' };
  if (at === count - 2) return { role: 'script', label: `${spend.path ?? 'unknown'} leaf`, text, state: 'filled' };
  const role = roleAt(at, spend);
  return item.length === 0
    ? { role, label: role, text: 'empty: not one of the quorum', state: 'empty' }
    : { role, label: role, text, state: 'filled' };
}

/** Groups lie from the covenant at the bottom to the staker at the top. */
function roleAt(at: number, { path, covenant, finalityProviders }: Lib.Recognise.Spend): Role {
  const members = path === 'timelock' ? 0 : (covenant?.keys.length ?? 0);
  if (at < members) return 'covenant';
  return path === 'slashing' && at < members + (finalityProviders?.length ?? 1) ? 'finalityProvider' : 'staker';
}
