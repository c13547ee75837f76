// Tabs by the pattern of the ARIA authoring practices: arrows, Home and End move, the panel follows.
import { el } from './dom.ts';

export type Tab = { readonly id: string; readonly label: string; readonly panel: HTMLElement };

export function tabs(label: string, list: readonly Tab[], onSelect: (id: string) => void): HTMLElement {
  const buttons = list.map(({ id, label: text }) =>
    el('button', { type: 'button', role: 'tab', id: `tab-${id}`, 'aria-controls': `panel-${id}`, onClick: () => select(id) }, text),
  );
  const select = (wanted: string): void => {
    for (const [i, { id, panel }] of list.entries()) {
      const isOn = id === wanted;
      buttons[i]?.setAttribute('aria-selected', String(isOn));
      buttons[i]?.setAttribute('tabindex', isOn ? '0' : '-1');
      panel.hidden = !isOn;
    }
    onSelect(wanted);
  };
  const move = (event: Event): void => {
    if (!(event instanceof KeyboardEvent)) return;
    const at = buttons.findIndex((button) => button.matches(':focus'));
    const last = list.length - 1;
    const next = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at <= 0 ? last : at - 1, Home: 0, End: last }[event.key];
    const tab = next === undefined ? undefined : list[next];
    if (next === undefined || tab === undefined) return;
    event.preventDefault();
    select(tab.id);
    buttons[next]?.focus();
  };
  for (const { id, panel } of list) {
    panel.id = `panel-${id}`;
    panel.setAttribute('role', 'tabpanel');
    panel.setAttribute('aria-labelledby', `tab-${id}`);
  }
  const bar = el('div', { class: 'tabs', role: 'tablist', 'aria-label': label, onKeydown: move }, ...buttons);
  const [first] = list;
  if (first !== undefined) select(first.id);
  return el('div', {}, bar, ...list.map(({ panel }) => panel));
}
