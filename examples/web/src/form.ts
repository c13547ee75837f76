// The fields: each with its label, its hint and a place for what is wrong with it.
import { byId, el, put } from './dom.ts';
import type { FieldName, Texts } from './model.ts';
import type { Problem } from './problem.ts';

export type Field = {
  readonly name: FieldName;
  readonly label: string;
  readonly hint?: string;
  readonly rows?: number;
  readonly choices?: readonly (readonly [string, string])[];
  readonly value?: string;
  readonly mode?: 'numeric' | 'decimal';
};
type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

/** Ids are of form and field: a network stands in more than one form. */
const idOf = (form: string, name: FieldName): string => `${form}-${name}`;

export function fieldOf(form: string, { name, label, hint, rows, choices, value = '', mode }: Field): HTMLElement {
  const id = idOf(form, name);
  const described = { id, name, 'aria-describedby': `${id}-hint ${id}-error`, autocomplete: 'off', spellcheck: 'false' };
  const control: Control =
    choices !== undefined
      ? el('select', described, ...choices.map(([key, text]) => el('option', { value: key }, text)))
      : rows !== undefined
        ? el('textarea', { ...described, rows, wrap: 'off' }, value)
        : el('input', { ...described, type: 'text', inputmode: mode });
  if (choices === undefined || value !== '') control.value = value;
  return el(
    'div',
    { class: 'field' },
    el('label', { for: id }, label),
    control,
    el('p', { class: 'hint', id: `${id}-hint` }, hint),
    el('p', { class: 'error', id: `${id}-error`, 'aria-live': 'polite' }),
  );
}

export function controlOf(form: string, name: FieldName): Control {
  const found = document.getElementById(idOf(form, name));
  if (found instanceof HTMLInputElement || found instanceof HTMLTextAreaElement || found instanceof HTMLSelectElement) return found;
  throw new Error(`the page has no field ${name}`);
}

export function textsOf(form: string, names: readonly FieldName[]): Texts {
  return Object.fromEntries(names.map((name) => [name, controlOf(form, name).value]));
}

/** Writes each problem beside its field, and those without a field of this form below it. */
export function showProblems(form: string, names: readonly FieldName[], problems: readonly Problem[]): void {
  for (const name of names) {
    const own = problems.filter(({ field }) => field === name);
    const control = controlOf(form, name);
    if (own.length > 0) control.setAttribute('aria-invalid', 'true');
    else control.removeAttribute('aria-invalid');
    put(byId(`${idOf(form, name)}-error`, HTMLElement), ...own.flatMap(linesOf));
  }
  const others = problems.filter(({ field }) => field === undefined || !names.includes(field));
  put(byId(`${form}-error`, HTMLElement), ...others.flatMap(linesOf));
}

const linesOf = ({ code, message }: Problem): readonly Node[] => [el('code', {}, code), el('span', {}, message)];
