/** Buttons that copy the code beside them. */
import { announce, toast } from './dom.ts';

const SHOWN_MS = 1_500;

export function startCopying(): void {
  document.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest('button.copy') : null;
    if (button instanceof HTMLButtonElement) void copy(button);
  });
}

async function copy(button: HTMLButtonElement): Promise<void> {
  const code = button.parentElement?.querySelector('pre code')?.textContent ?? '';
  try {
    // Exists only on https and localhost.
    await navigator.clipboard.writeText(code);
  } catch {
    toast('The browser did not let us copy. Select the text and copy it by hand.');
    return;
  }
  announce('Copied');
  button.dataset['copied'] = '';
  setTimeout(() => delete button.dataset['copied'], SHOWN_MS);
}
