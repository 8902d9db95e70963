/** Takes the one-time code out of the address (and the history) and logs in with it. */

export function startLogin(): void {
  const form = document.getElementById('login');
  const field = document.getElementById('code');
  const code = location.hash.slice(1);
  if (!(form instanceof HTMLFormElement) || !(field instanceof HTMLInputElement) || code === '') {
    return;
  }
  history.replaceState(null, '', location.pathname);
  field.value = code;
  // Other parts of the script listen for the submit; they start after this one.
  queueMicrotask(() => form.requestSubmit());
}
