/** The help dialog: by its button, or by `?` while nobody is writing. */

export function startDialogs(): void {
  document.addEventListener('click', (event) => {
    const target = event.target instanceof Element ? event.target : undefined;
    const id = target?.closest<HTMLElement>('[data-open]')?.dataset['open'];
    if (id !== undefined) open(id);
    if (target instanceof HTMLDialogElement) target.close();
  });
  document.addEventListener('keydown', (event) => {
    const writing =
      event.target instanceof Element && event.target.matches('input, textarea, select');
    if (event.key === '?' && !writing && !event.ctrlKey && !event.metaKey) open('help');
  });
}

function open(id: string): void {
  const dialog = document.getElementById(id);
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
}
