// The three forms: build a stake, paste a delegation, recognise a transaction.
import * as Lib from '../../../src/index.ts';
import { el } from './dom.ts';
import { type Field, fieldOf } from './form.ts';
import type { FieldName } from './model.ts';

const NETWORKS: readonly (readonly [string, string])[] = [
  ['bbn-1', 'bbn-1 (mainnet)'],
  ['bbn-test-6', 'bbn-test-6 (testnet)'],
  ['bbn-test-5', 'bbn-test-5 (old testnet)'],
];

export const BUILD_FIELDS: readonly FieldName[] = [
  'network',
  'tip',
  'stakerPk',
  'providerPk',
  'amount',
  'time',
  'feeRate',
  'change',
  'coins',
];
export const READ_FIELDS: readonly FieldName[] = ['network', 'json'];
export const RAW_FIELDS: readonly FieldName[] = ['network', 'raw'];

const network: Field = { name: 'network', label: 'Network', choices: NETWORKS };

export type Handlers = { readonly onBuild: () => void; readonly onNewKey: () => void; readonly onDemo: (isOn: boolean) => void };

export function buildForm({ onBuild, onNewKey, onDemo }: Handlers): HTMLFormElement {
  const field = (one: Field): HTMLElement => fieldOf('build', one);
  const demo = el('input', { type: 'checkbox', id: 'demo', checked: true });
  demo.addEventListener('change', () => onDemo(demo.checked));
  const made = formOf(
    'build',
    'Build the stake',
    onBuild,
    field(network),
    el(
      'div',
      { class: 'demo' },
      el('label', { class: 'tick' }, demo, 'Sign with throw-away keys'),
      el(
        'p',
        { class: 'hint' },
        'A demo provider and a demo committee take the place of the real ones, so that every witness can be made.',
      ),
      el('button', { type: 'button', class: 'quiet', id: 'new-key', onClick: onNewKey }, 'New demo staker key'),
    ),
    field({ name: 'stakerPk', label: 'Staker public key', hint: 'x-only, 64 hex digits' }),
    field({ name: 'providerPk', label: 'Finality provider public key', hint: 'x-only, 64 hex digits' }),
    el(
      'div',
      { class: 'pair' },
      field({ name: 'amount', label: 'Stake, in satoshi', value: '5000000', mode: 'numeric' }),
      field({ name: 'time', label: 'Time, in blocks', value: '64000', mode: 'numeric' }),
    ),
    el(
      'div',
      { class: 'pair' },
      field({ name: 'feeRate', label: 'Fee rate, sat/vB', value: '3', mode: 'decimal' }),
      field({ name: 'tip', label: 'Bitcoin height', mode: 'numeric' }),
    ),
    field({ name: 'change', label: 'Change address', hint: 'the coins below are of this address' }),
    field({
      name: 'coins',
      label: 'Coins',
      rows: 3,
      hint: 'one a line: txid:vout amount confirmations',
      value: `${'5a'.repeat(32)}:0 3100000 12\n${'5b'.repeat(32)}:1 2400000 140\n${'5c'.repeat(32)}:0 800000 3`,
    }),
  );
  made.addEventListener('change', (event) => {
    if (event.target !== demo) onBuild();
  });
  return made;
}

export function readForm(onRead: () => void, onExample: () => void): HTMLFormElement {
  const hint = 'the JSON form that Delegation.toJson gives; nothing in it is secret';
  return formOf(
    'read',
    'Show the delegation',
    onRead,
    fieldOf('read', network),
    fieldOf('read', { name: 'json', label: 'Delegation', rows: 14, hint }),
    el('button', { type: 'button', class: 'quiet', onClick: onExample }, 'Take the stake in view'),
  );
}

export function rawForm(onRecognise: () => void, onExample: () => void): HTMLFormElement {
  const hint = 'a transaction in hex, or a PSBT in hex or base64; the stake of the other tabs is known to it';
  return formOf(
    'raw',
    'Recognise it',
    onRecognise,
    fieldOf('raw', network),
    fieldOf('raw', { name: 'raw', label: 'Transaction or PSBT', rows: 10, hint }),
    el('button', { type: 'button', class: 'quiet', onClick: onExample }, 'Take the unbonding in view'),
  );
}

function formOf(id: string, action: string, onSubmit: () => void, ...children: readonly Node[]): HTMLFormElement {
  const submit = (event: Event): void => {
    event.preventDefault();
    onSubmit();
  };
  return el(
    'form',
    { class: 'form', novalidate: true, onSubmit: submit },
    ...children,
    el('p', { class: 'error', id: `${id}-error`, role: 'alert' }),
    el('button', { type: 'submit', class: 'primary' }, action),
  );
}

/** A height at which the newest parameters of a network apply. */
export function tipOf(name: string): number {
  const known = Lib.Networks.from(name);
  Lib.Networks.assertStaking(known);
  const { btcActivationHeight } = Lib.ParamsSet.latest(known.paramsSet);
  return Math.ceil((btcActivationHeight + 1_000) / 1_000) * 1_000;
}
