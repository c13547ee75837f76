// Light or dark: as the system says, until it is chosen here.
import { el } from './dom.ts';

const KEY = 'satlock-theme';
type Theme = 'light' | 'dark';

/** A page opened from a file may have no storage. */
function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function current(): Theme {
  const chosen = document.documentElement.dataset['theme'];
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export function themeButton(): HTMLElement {
  const before = stored();
  if (before === 'light' || before === 'dark') document.documentElement.dataset['theme'] = before;
  const button = el('button', { type: 'button', class: 'quiet' });
  const name = (): void => {
    button.textContent = current() === 'dark' ? 'Light theme' : 'Dark theme';
  };
  button.addEventListener('click', () => {
    const next: Theme = current() === 'dark' ? 'light' : 'dark';
    document.documentElement.dataset['theme'] = next;
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // Chosen for this visit only.
    }
    name();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', name);
  name();
  return button;
}
