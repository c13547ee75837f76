// The small pieces that every panel is made of.
import { el, svg } from './dom.ts';
import { short } from './format.ts';

/** A titled section that the navigation can jump to. */
export function section(id: string, title: string, lead: string, ...children: readonly (Node | undefined)[]): HTMLElement {
  return el(
    'section',
    { id, class: 'panel', 'aria-labelledby': `${id}-title` },
    el('h2', { id: `${id}-title` }, title),
    el('p', { class: 'lead' }, lead),
    ...children,
  );
}

/** A long text in one line that can be copied. */
export function copyable(text: string, label: string, shown: string = text): HTMLElement {
  const button = el('button', { type: 'button', class: 'copy', 'aria-label': `Copy ${label}`, title: `Copy ${label}` }, copyIcon());
  button.addEventListener('click', () => {
    void navigator.clipboard?.writeText(text).then(
      () => flash(button),
      () => undefined,
    );
  });
  return el('span', { class: 'copyable' }, el('code', {}, shown), button);
}

function flash(button: HTMLElement): void {
  button.classList.add('done');
  setTimeout(() => button.classList.remove('done'), 900);
}

function copyIcon(): SVGElement {
  return svg(
    'svg',
    { viewBox: '0 0 16 16', width: 14, height: 14, 'aria-hidden': 'true' },
    svg('rect', { x: 5.5, y: 5.5, width: 8, height: 8, rx: 1.5, fill: 'none', stroke: 'currentColor', 'stroke-width': 1.4 }),
    svg('path', { d: 'M10.5 3.5v-1h-8v8h1', fill: 'none', stroke: 'currentColor', 'stroke-width': 1.4 }),
  );
}

/** Names and values, one below the other. */
export function facts(rows: readonly (readonly [string, Node | string] | undefined)[]): HTMLElement {
  return el('dl', { class: 'facts' }, ...rows.flatMap((row) => (row === undefined ? [] : [el('dt', {}, row[0]), el('dd', {}, row[1])])));
}

/** A picture in two shapes, one for laptops and one for phones: the page shows the one that fits. */
export function frame(wide: SVGElement, tall: SVGElement): HTMLElement {
  wide.classList.add('wide');
  tall.classList.add('tall');
  return el('div', { class: 'frame' }, wide, tall);
}

/** A drawing of this size with words for those who do not see it. */
export function drawing(width: number, height: number, label: string, ...children: readonly SVGElement[]): SVGElement {
  return svg('svg', { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': label }, ...children);
}

/** Something that opens. */
export function fold(summary: string | Node, ...children: readonly Node[]): HTMLDetailsElement {
  return el('details', {}, el('summary', {}, summary), el('div', { class: 'fold' }, ...children));
}

export const hexLine = (hex: string, label: string): HTMLElement => copyable(hex, label, short(hex, 16));

/** A box with up to three lines of text inside a picture. */
export function box(x: number, y: number, width: number, kind: string, lines: readonly string[]): SVGElement {
  const height = 18 + 16 * lines.length;
  return svg(
    'g',
    { class: `box ${kind}`, transform: `translate(${x} ${y})` },
    svg('rect', { width, height, rx: 8 }),
    ...lines.map((line, i) => svg('text', { x: width / 2, y: 23 + 16 * i, 'text-anchor': 'middle', class: i === 0 ? 'strong' : '' }, line)),
  );
}

export const line = (d: string): SVGElement => svg('path', { d, class: 'wire' });

/** A line with a tip where it ends, which is to the right or downwards. */
export function arrow(d: string, way: 'right' | 'down' = 'right'): SVGElement {
  const [x = 0, y = 0] = endOf(d);
  const tip =
    way === 'right' ? `M${x - 2} ${y - 4.5}L${x + 6} ${y}L${x - 2} ${y + 4.5}Z` : `M${x - 4.5} ${y - 2}L${x} ${y + 6}L${x + 4.5} ${y - 2}Z`;
  return svg('g', {}, line(d), svg('path', { d: tip, class: 'tip' }));
}

/** The last point of a path that ends by C, H or V. */
function endOf(d: string): readonly [number, number] {
  const numbers = (d.match(/[\d.]+/g) ?? []).map(Number);
  const last = numbers.at(-1) ?? 0;
  const ending = d.match(/[A-Z](?=[^A-Z]*$)/)?.[0];
  if (ending === 'H') return [last, numbers.at(-2) ?? 0];
  if (ending === 'V') return [numbers.at(-3) ?? 0, last];
  return [numbers.at(-2) ?? 0, last];
}
