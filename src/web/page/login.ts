/**
 * Takes the one-time code out of the address (and the history) and logs in with it. Whoever wanted
 * to see another page first comes back to it, though the login link opens in a tab of its own.
 */

const WANTED = 'wanted';
/** As long as a login link lives. */
const WANTED_MS = 15 * 60_000;

export function startLogin(): void {
  const form = document.getElementById('login');
  const field = document.getElementById('code');
  if (!(form instanceof HTMLFormElement) || !(field instanceof HTMLInputElement)) return;
  const next = form.elements.namedItem('next');
  if (next instanceof HTMLInputElement) remember(next.value);
  const code = location.hash.slice(1);
  if (code === '') return;
  history.replaceState(null, '', location.pathname);
  field.value = code;
  if (next === null) form.append(hidden('next', remembered()));
  // Other parts of the script listen for the submit; they start after this one.
  queueMicrotask(() => form.requestSubmit());
}

function hidden(name: string, value: string): HTMLInputElement {
  const input = document.createElement('input');
  Object.assign(input, { type: 'hidden', name, value });
  return input;
}

function remember(path: string): void {
  localStorage.setItem(WANTED, `${Date.now()} ${path}`);
}

/** The server goes only to pages of its own, whatever stands here. */
function remembered(): string {
  const [at = '', path = ''] = (localStorage.getItem(WANTED) ?? '').split(' ');
  localStorage.removeItem(WANTED);
  return Date.now() - Number(at) < WANTED_MS ? path : '';
}
