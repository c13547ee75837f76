// What is looked for on the page itself. Each function runs in the browser and therefore stands alone: it lists what is wrong.

/** Controls, pictures and regions without a name; ids that occur twice; headings that skip a level. */
export function labels(): string[] {
  const found: string[] = [];
  const seen = new Set<string>();
  const nameOf = (element: Element): string => {
    const by = element.getAttribute('aria-labelledby');
    const own = element.getAttribute('aria-label') ?? (by === null ? '' : (document.getElementById(by)?.textContent ?? ''));
    const label = element.id === '' ? null : document.querySelector(`label[for="${element.id}"]`);
    return (
      own ||
      label?.textContent ||
      element.closest('label')?.textContent ||
      (element.matches('button, a') ? element.textContent : '') ||
      ''
    ).trim();
  };
  for (const element of document.querySelectorAll(
    'input, select, textarea, button, a, svg[role=img], [role=tabpanel], [role=region], pre, section',
  ))
    if (nameOf(element) === '') found.push(`no name: ${element.outerHTML.slice(0, 80)}`);
  for (const { id } of document.querySelectorAll('[id]')) {
    if (seen.has(id)) found.push(`id twice: ${id}`);
    seen.add(id);
  }
  for (const element of document.querySelectorAll('[aria-controls], [aria-describedby]'))
    for (const id of `${element.getAttribute('aria-controls') ?? ''} ${element.getAttribute('aria-describedby') ?? ''}`.split(' '))
      if (id !== '' && !seen.has(id)) found.push(`no such id: ${id}`);
  let level = 0;
  for (const heading of document.querySelectorAll('h1, h2, h3, h4')) {
    const next = Number(heading.tagName.charAt(1));
    if (next > level + 1) found.push(`heading skips from ${level} to ${next}: ${heading.textContent}`);
    level = next;
  }
  if (document.documentElement.lang === '') found.push('no language');
  return found;
}

/** Texts with less contrast than WCAG AA asks for (4.5 to 1). */
export function contrasts(): string[] {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  if (canvas === null) return ['no canvas'];
  const over = (color: string, below: readonly number[]): readonly number[] => {
    canvas.fillStyle = `rgb(${below.join(' ')})`;
    canvas.fillRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  };
  const light = (color: readonly number[]): number => {
    const [r = 0, g = 0, b = 0] = color.map((value) =>
      value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element: Element | null): readonly number[] =>
    element === null ? [255, 255, 255] : over(getComputedStyle(element).backgroundColor, behind(element.parentElement));
  const found = new Set<string>();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (parent === null || walker.currentNode.textContent?.trim() === '' || !parent.checkVisibility()) continue;
    const rect = parent instanceof SVGElement ? parent.closest('g')?.querySelector('rect') : null;
    const below = rect === null || rect === undefined ? behind(parent) : over(getComputedStyle(rect).fill, behind(rect.ownerSVGElement));
    const style = getComputedStyle(parent);
    const text = over(parent instanceof SVGElement ? style.fill : style.color, below);
    const [a, b] = [light(text), light(below)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5)
      found.add(`${ratio.toFixed(2)}: ${walker.currentNode.textContent?.slice(0, 30)} (${parent.className || parent.tagName})`);
  }
  return [...found];
}

/** A page that scrolls sideways; boxes whose content stands out; words of neighbours that lie over each other. */
export function overflows(): string[] {
  const found: string[] = [];
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) found.push(`the page is ${scrollWidth} px wide in ${clientWidth}`);
  const scrolls = 'pre, nav, textarea, input, select, .skip, .inputs';
  for (const element of document.querySelectorAll('body *')) {
    if (element.closest(scrolls) !== null || !(element instanceof HTMLElement) || !element.checkVisibility()) continue;
    if (element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== 'inline')
      found.push(`stands out: ${element.tagName}.${element.className} ${element.textContent?.slice(0, 40)}`);
  }
  for (const group of document.querySelectorAll('.flow, .witness li, .facts, .side li, header, .pair, .columns')) {
    const boxes = [...group.children].filter((child) => child.checkVisibility()).map((child) => child.getBoundingClientRect());
    for (const [i, one] of boxes.entries())
      for (const other of boxes.slice(i + 1)) {
        const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
        const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
        if (across > 1 && down > 1) found.push(`overlaps in ${group.className}: ${group.textContent?.slice(0, 40)}`);
      }
  }
  for (const text of document.querySelectorAll('.box text')) {
    const rect = text.closest('g')?.querySelector('rect')?.getBoundingClientRect();
    const own = text.getBoundingClientRect();
    if (rect !== undefined && own.width > rect.width) found.push(`wider than its box: ${text.textContent}`);
  }
  return [...new Set(found)];
}
