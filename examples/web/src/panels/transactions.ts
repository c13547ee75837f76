// Every transaction as a picture of boxes: what goes in, what comes out, and the witness by the role of each item.
import type { Ecc } from '../../../../src/index.ts';
import { el, svg } from '../dom.ts';
import { type Drawn, type DrawnInput, type DrawnOutput, drawAll, type WitnessItem } from '../drawn.ts';
import { btc, sat, short } from '../format.ts';
import type { View } from '../model.ts';
import { copyable, fold, hexLine, section } from '../parts.ts';

export function transactionsPanel(view: View, ecc: Ecc): HTMLElement {
  return section(
    'transactions',
    'Transactions and witnesses',
    'All that can ever happen to the stake. Witness items stand in the order of the stack, from the bottom to the top.',
    ...drawAll(view, ecc).map(transactionCard),
  );
}

export function transactionCard(drawn: Drawn): HTMLElement {
  const { id, title, note, txid, inputs, outputs, feeSats, vsize, hex, verdict } = drawn;
  return el(
    'article',
    { class: 'card transaction', id: `tx-${id}` },
    el('h3', {}, title),
    el('p', { class: 'note' }, note),
    el(
      'div',
      { class: 'flow' },
      el('ul', { class: 'side', 'aria-label': 'Inputs' }, ...inputs.map(inputBox)),
      el(
        'div',
        { class: 'middle' },
        arrow(),
        el(
          'span',
          { class: 'fee' },
          el('span', {}, feeSats === undefined ? 'fee not known' : `fee ${sat(feeSats)}`),
          vsize === undefined ? undefined : el('span', {}, `${vsize} vB`),
        ),
      ),
      el('ul', { class: 'side', 'aria-label': 'Outputs' }, ...outputs.map(outputBox)),
    ),
    ...inputs.map((input, i) => witnessTable(input, inputs.length > 1 ? ` of input ${i}` : '')),
    verdict === undefined ? undefined : el('p', { class: verdict.ok ? 'verdict ok' : 'verdict bad' }, verdict.text),
    el('p', { class: 'ids' }, el('span', {}, 'txid '), copyable(txid, 'txid', short(txid, 10))),
    fold('Raw transaction', hexLine(hex, 'raw transaction')),
  );
}

function arrow(): SVGElement {
  return svg(
    'svg',
    { viewBox: '0 0 100 12', class: 'arrow', 'aria-hidden': 'true' },
    svg('path', { d: 'M0 6H90', stroke: 'currentColor', 'stroke-width': 1.5 }),
    svg('path', { d: 'M88 1L99 6L88 11Z', fill: 'currentColor' }),
  );
}

function inputBox({ role, outpoint, valueSats, lock }: DrawnInput): HTMLElement {
  return el(
    'li',
    {},
    el('b', {}, role),
    el('span', { class: 'amount' }, valueSats === undefined ? 'amount not known' : btc(valueSats)),
    el('code', {}, outpoint),
    el('small', {}, lock),
  );
}

function outputBox({ role, valueSats, to, note }: DrawnOutput): HTMLElement {
  return el(
    'li',
    { class: role === 'slashed' ? 'lost' : undefined },
    el('b', {}, role),
    el('span', { class: 'amount' }, btc(valueSats)),
    el('code', { title: to }, short(to, 12)),
    note === '' ? undefined : el('small', {}, note),
  );
}

export function witnessTable({ witness }: Pick<DrawnInput, 'witness'>, which: string): HTMLElement {
  return el(
    'ol',
    { class: 'witness', 'aria-label': `Witness${which}`, start: 0 },
    ...witness.map(({ role, label, text, state }: WitnessItem) =>
      el(
        'li',
        { class: `${role} ${state}` },
        el('span', { class: 'label' }, label),
        state === 'filled' ? copyable(text, label, short(text)) : el('em', {}, text),
        state === 'filled' ? el('small', {}, `${text.length / 2} bytes`) : undefined,
      ),
    ),
  );
}
