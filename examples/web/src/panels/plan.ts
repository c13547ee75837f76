// The signing plan in words: for each PSBT what it is, when it can be spent, which fee is paid now and which only if slashed.
import { SigningPlan } from '../../../../src/index.ts';
import { el } from '../dom.ts';
import { short } from '../format.ts';
import type { View } from '../model.ts';
import { section } from '../parts.ts';

export function planPanel({ delegation, network, coins }: View): HTMLElement {
  const coinValuesSats = coins?.map(({ valueSats }) => valueSats);
  const { items } = SigningPlan.forDelegation({
    delegation,
    network: network.bitcoinNetwork,
    ...(coinValuesSats === undefined ? {} : { coinValuesSats }),
  });
  return section(
    'plan',
    'Signing plan',
    'What a person is asked to sign, in this order, in words that a wallet can show.',
    el('ol', { class: 'plan' }, ...items.map(itemCard)),
  );
}

function itemCard({ title, what, signature, pays, fee, when, others }: SigningPlan.Item): HTMLElement {
  const list = (name: string, texts: readonly string[]): HTMLElement =>
    el('div', {}, el('h4', {}, name), el('ul', {}, ...texts.map((text) => el('li', {}, text))));
  return el(
    'li',
    { class: 'card' },
    el('h3', {}, title),
    el('p', { class: signature.startsWith('moves') ? 'badge moves' : 'badge' }, signature),
    el('p', {}, what),
    el(
      'table',
      {},
      el('caption', {}, 'Pays'),
      el(
        'tbody',
        {},
        ...pays.map(({ role, amount, to, note }) =>
          el(
            'tr',
            {},
            el('th', { scope: 'row' }, role),
            el('td', { class: 'amount' }, amount.btc),
            el('td', {}, el('code', {}, short(to, 10)), el('small', {}, note)),
          ),
        ),
        el(
          'tr',
          {},
          el('th', { scope: 'row' }, 'fee'),
          el('td', { class: 'amount' }, fee.btc),
          el('td', {}, el('b', {}, fee.when), el('small', {}, fee.note)),
        ),
      ),
    ),
    el('div', { class: 'columns' }, list('When', when), list('Others', others)),
  );
}
