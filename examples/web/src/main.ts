// The page: one form at a time on one side, everything that follows from it on the other. It makes no request and keeps nothing.
import * as Lib from '../../../src/index.ts';
import { backendOf, HAS_WASM } from './backend.ts';
import * as Demo from './demo.ts';
import { byId, el, put } from './dom.ts';
import { controlOf, showProblems, textsOf } from './form.ts';
import { BUILD_FIELDS, buildForm, RAW_FIELDS, READ_FIELDS, rawForm, readForm, tipOf } from './forms.ts';
import { build, type FieldName, type Outcome, read, type Setting, type View } from './model.ts';
import { outputsPanel } from './panels/outputs.ts';
import { planPanel } from './panels/plan.ts';
import { recognise, recognisedPanel } from './panels/recognised.ts';
import { reviewPanel } from './panels/review.ts';
import { summaryPanel } from './panels/summary.ts';
import { transactionsPanel } from './panels/transactions.ts';
import { copyable, fold, section } from './parts.ts';
import { type Problem, problemOf } from './problem.ts';
import { tabs } from './tabs.ts';
import { themeButton } from './theme.ts';

const state: { staker: Lib.SecretKey.SecretKey; isDemo: boolean; ecc: Lib.Ecc; view?: View; turn: number } = {
  staker: Demo.FIRST_STAKER,
  isDemo: true,
  ecc: Lib.autoEcc(),
  turn: 0,
};

const SECTIONS: readonly (readonly [string, string])[] = [
  ['summary', 'Stake'],
  ['review', 'Review'],
  ['plan', 'Signing plan'],
  ['outputs', 'Scripts'],
  ['transactions', 'Transactions'],
  ['data', 'JSON'],
];

function start(): void {
  const results = el('main', { id: 'results', tabindex: -1 });
  const forms = tabs(
    'What to look at',
    [
      { id: 'build', label: 'Build', panel: buildForm({ onBuild: () => void onBuild(), onNewKey, onDemo }) },
      {
        id: 'read',
        label: 'Paste',
        panel: readForm(
          () => void onRead(),
          () => example('read', 'json'),
        ),
      },
      { id: 'raw', label: 'Recognise', panel: rawForm(onRecognise, () => example('raw', 'raw')) },
    ],
    (id) => {
      // What was recognised makes room for the stake again.
      if (id !== 'raw' && state.view !== undefined) showView(results, state.view);
    },
  );
  document.body.append(
    el('a', { class: 'skip', href: '#results' }, 'To the results'),
    header(),
    el('div', { class: 'layout' }, el('aside', { class: 'inputs', 'aria-label': 'Input' }, safety(), forms), results),
    el('footer', {}, 'Works offline: no request leaves this page. Amounts and scripts are computed by satlock, in your browser.'),
  );
  fillDemo();
  void onBuild();
}

function header(): HTMLElement {
  const choices = [el('option', { value: 'pure' }, 'pure JavaScript'), HAS_WASM && el('option', { value: 'wasm' }, 'WASM (1.2 MB)')];
  const curve = el('select', { id: 'curve' }, ...choices);
  curve.addEventListener('change', async () => {
    state.ecc = await backendOf(curve.value);
    void onBuild();
  });
  return el(
    'header',
    {},
    el('div', { class: 'brand' }, el('h1', {}, 'satlock', el('span', {}, ' stake inspector')), el('p', { id: 'speed', role: 'status' })),
    el('div', { class: 'tools' }, el('label', { for: 'curve' }, 'Curve'), curve, themeButton()),
  );
}

function safety(): HTMLElement {
  return el(
    'p',
    { class: 'safety' },
    el('b', {}, 'No secret keys here.'),
    ' This page never asks for one. Do not type a secret key or seed phrase into any page.',
  );
}

// ---- building

const setting = (): Setting => ({ isDemo: state.isDemo, staker: state.staker, ecc: state.ecc });

async function onBuild(): Promise<void> {
  const name = controlOf('build', 'network').value;
  if (controlOf('build', 'tip').dataset['for'] !== name) fillNetwork(name);
  await show('build', BUILD_FIELDS, () => build(textsOf('build', BUILD_FIELDS), setting()));
}

async function onRead(): Promise<void> {
  if (warnOfSecret('read', 'json')) return;
  await show('read', READ_FIELDS, () => read(textsOf('read', READ_FIELDS), setting()));
}

/** Builds, and shows what came out unless something newer has been asked for meanwhile. */
async function show(form: string, names: readonly FieldName[], make: () => Promise<Outcome>): Promise<void> {
  const turn = ++state.turn;
  const results = byId('results', HTMLElement);
  results.setAttribute('aria-busy', 'true');
  const begin = performance.now();
  const outcome = await make();
  if (turn !== state.turn) return;
  results.removeAttribute('aria-busy');
  results.classList.toggle('stale', 'problems' in outcome);
  showProblems(form, names, 'problems' in outcome ? outcome.problems : []);
  if ('problems' in outcome) return;
  state.view = outcome.view;
  showView(results, outcome.view);
  const time = Math.round(performance.now() - begin);
  put(byId('speed', HTMLElement), `everything below in ${time} ms, curve: ${state.ecc.name}`);
}

function showView(results: HTMLElement, view: View): void {
  const { ecc } = state;
  put(
    results,
    el(
      'nav',
      { 'aria-label': 'Results' },
      el('p', { class: 'stale-note' }, 'Below: the last valid stake'),
      ...SECTIONS.map(([id, name]) => el('a', { href: `#${id}` }, name)),
    ),
    summaryPanel(view),
    reviewPanel(view),
    planPanel(view),
    outputsPanel(view, ecc),
    transactionsPanel(view, ecc),
    dataPanel(view),
  );
}

function dataPanel({ delegation, signed }: View): HTMLElement {
  const json = JSON.stringify(Lib.Delegation.toJson(delegation), undefined, 2);
  const message = signed === undefined ? undefined : JSON.stringify(Lib.Message.toJson(signed.message), undefined, 2);
  const lead = 'One value from which everything above follows. A wallet stores it and rebuilds all scripts and transactions from it.';
  return section(
    'data',
    'JSON',
    lead,
    el('p', {}, 'The delegation ', copyable(json, 'delegation as JSON', 'Delegation.toJson')),
    el('pre', { id: 'delegation-json', tabindex: 0, 'aria-label': 'Delegation as JSON' }, json),
    message === undefined
      ? undefined
      : fold('The message that registers it on Babylon', el('pre', { tabindex: 0, 'aria-label': 'Message as JSON' }, message)),
  );
}

// ---- recognising

function onRecognise(): void {
  if (warnOfSecret('raw', 'raw')) return;
  const texts = textsOf('raw', RAW_FIELDS);
  try {
    const network = Lib.Networks.from(texts.network ?? '', state.ecc);
    const found = recognise(texts.raw ?? '', network, state.view?.delegation, state.ecc);
    showProblems('raw', RAW_FIELDS, []);
    state.turn++;
    const results = byId('results', HTMLElement);
    results.classList.remove('stale');
    put(results, recognisedPanel(found, network));
  } catch (error) {
    const problem: Problem = { ...problemOf(error), field: 'raw' };
    showProblems('raw', RAW_FIELDS, [problem]);
  }
}

/** Something to begin with: the delegation in view, or its unbonding transaction. */
function example(form: string, name: FieldName): void {
  if (state.view === undefined) return;
  const { delegation, signed } = state.view;
  const json = JSON.stringify(Lib.Delegation.toJson(delegation), undefined, 2);
  controlOf(form, name).value = name === 'json' ? json : Lib.Tx.toHex(signed?.unbonding ?? delegation.unbonding.transaction);
}

/** Private keys in the usual forms are not looked at: the field is emptied, and says so. */
function warnOfSecret(form: string, name: FieldName): boolean {
  const control = controlOf(form, name);
  const text = control.value.trim();
  if (!/^([5KL9c][1-9A-HJ-NP-Za-km-z]{50,51}|[xtyzuv]prv[1-9A-HJ-NP-Za-km-z]{100,}|[0-9a-fA-F]{64})$/.test(text)) return false;
  control.value = '';
  const message = 'this looks like a secret key and was removed. If it is one, treat it as lost: move its coins';
  showProblems(form, form === 'raw' ? RAW_FIELDS : READ_FIELDS, [{ code: 'page.looks-secret', message, field: name }]);
  return true;
}

// ---- demo keys

function onNewKey(): void {
  state.staker = Lib.SecretKey.random();
  fillDemo();
  void onBuild();
}

function onDemo(isOn: boolean): void {
  state.isDemo = isOn;
  fillDemo();
  void onBuild();
}

function fillNetwork(name: string): void {
  const tip = controlOf('build', 'tip');
  tip.value = String(tipOf(name));
  tip.dataset['for'] = name;
  fillDemo();
}

/** In the demo, keys and address are the page's; otherwise they stay as examples to be replaced. */
function fillDemo(): void {
  const name = controlOf('build', 'network').value;
  const { bitcoinNetwork } = Lib.Networks.from(name, state.ecc);
  const { staker, providerPk } = Demo.keysOf(state.staker, bitcoinNetwork, state.ecc);
  const texts = { stakerPk: Lib.Hex.encode(staker.stakerPk), providerPk: Lib.Hex.encode(providerPk), change: staker.address } as const;
  for (const field of ['stakerPk', 'providerPk', 'change'] as const) {
    const control = controlOf('build', field);
    if (state.isDemo || control.value === '' || field === 'change') control.value = texts[field];
    if (control instanceof HTMLInputElement) control.readOnly = state.isDemo;
  }
  byId('new-key', HTMLButtonElement).hidden = !state.isDemo;
}

start();
