// What is known to lose coins or yield, found in the planned stake. Warnings are acknowledged one by one, errors are not.
import { isSatlockError, StakePolicy } from '../../../../src/index.ts';
import { el, put } from '../dom.ts';
import type { View } from '../model.ts';
import { fold, section } from '../parts.ts';

export function reviewPanel(view: View): HTMLElement {
  const lead = 'Looked at before anything is signed. What the page cannot know offline is listed as not checked.';
  const report = reportOf(view);
  if (report === undefined)
    return section(
      'review',
      'Review',
      lead,
      el(
        'p',
        { class: 'finding info' },
        'No parameter version of this network fits this delegation: nothing was reviewed. Choose its network.',
      ),
    );
  const of = (severity: StakePolicy.Severity): readonly StakePolicy.Finding[] => report.findings.filter((one) => one.severity === severity);
  const acknowledged = new Set<string>();
  const state = el('p', { class: 'verdict', role: 'status' });
  const judge = (): void => {
    const refusal = refusalOf(report, [...acknowledged]);
    state.className = refusal === undefined ? 'verdict ok' : 'verdict bad';
    put(state, refusal === undefined ? 'Nothing stands against signing.' : `Signing is blocked: ${refusal}`);
  };
  const toggle = (finding: StakePolicy.Finding, isRead: boolean): void => {
    const text = StakePolicy.acknowledgementOf(finding);
    if (isRead) acknowledged.add(text);
    else acknowledged.delete(text);
    judge();
  };
  judge();
  const notes = of('info');
  return section(
    'review',
    'Review',
    lead,
    el(
      'p',
      { class: 'counts' },
      `${count(of('error').length, 'error')}, ${count(of('warning').length, 'warning')}, ${count(notes.length, 'note')}`,
    ),
    ...[...of('error'), ...of('warning')].map((finding) => findingCard(finding, toggle)),
    notes.length === 0
      ? undefined
      : fold(`${count(notes.length, 'note')}: what was not checked, and why`, ...notes.map((one) => findingCard(one, toggle))),
    state,
  );
}

function reportOf({ delegation, params, network, coins, tip, owned, intent }: View): StakePolicy.Report | undefined {
  if (params === undefined) return undefined;
  const { contract, stakingTransaction } = delegation;
  return StakePolicy.review({
    registration: 'pre-staking',
    contract,
    params,
    stakingTransaction,
    network,
    intent,
    ...(tip === undefined ? {} : { chain: { tipHeight: tip } }),
    ...(coins === undefined ? {} : { coins }),
    ...(owned.length === 0 ? {} : { wallet: { scripts: owned, stakerPks: contract.terms.stakerPks } }),
  });
}

function findingCard(finding: StakePolicy.Finding, toggle: (finding: StakePolicy.Finding, isRead: boolean) => void): HTMLElement {
  const { severity, code, reason, remedy } = finding;
  const tick = el('input', { type: 'checkbox' });
  tick.addEventListener('change', () => toggle(finding, tick.checked));
  return el(
    'div',
    { class: `finding ${severity}` },
    el('p', {}, el('b', { class: 'severity' }, severity === 'info' ? 'note' : severity), el('code', {}, code)),
    el('p', {}, reason),
    el('p', { class: 'remedy' }, remedy),
    severity === 'warning' ? el('label', { class: 'tick' }, tick, `I have read ${code}`) : undefined,
  );
}

function refusalOf(report: StakePolicy.Report, acknowledged: readonly string[]): string | undefined {
  try {
    StakePolicy.requireAcknowledged(report, acknowledged);
    return undefined;
  } catch (error) {
    if (!isSatlockError(error)) throw error;
    const codes = 'codes' in error.reason && Array.isArray(error.reason.codes) ? error.reason.codes.join(', ') : '';
    return `${error.code === 'stake-policy.errors' ? 'errors' : 'not yet acknowledged'}: ${codes}`;
  }
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;
