/**
 * Writing. Invariant: what was written is never lost: it stays in the box until the server has
 * stored it, and is sent again with the same id after a failure of the network.
 */
import { byId, toast } from './dom.ts';
import { fieldsOf, send } from './forms.ts';

const RETRY_MS = [1_000, 2_000, 4_000, 8_000, 15_000];
const isMac = navigator.userAgent.includes('Mac');

export function startComposer(): void {
  const form = byId('compose', HTMLFormElement);
  const text = byId('text', HTMLTextAreaElement);
  const status = byId('sending', HTMLSpanElement);
  if (form === undefined || text === undefined || status === undefined) return;
  const draft = `draft ${location.pathname}`;
  const hint = isMac ? '⌘ Enter sends' : 'Ctrl + Enter sends';
  status.textContent = hint;
  text.value ||= sessionStorage.getItem(draft) ?? '';
  text.addEventListener('input', () => sessionStorage.setItem(draft, text.value));
  text.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || event.isComposing || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    form.requestSubmit();
  });

  let sending = false;
  const deliver = async (): Promise<void> => {
    status.dataset['busy'] = '';
    const result = await sendUntilAnswered(
      form,
      fieldsOf(form),
      (message) => (status.textContent = message),
    );
    delete status.dataset['busy'];
    status.textContent = hint;
    if (!result.ok) {
      toast(result.answer.message ?? 'The message was not accepted.');
      return;
    }
    sessionStorage.removeItem(draft);
    form.reset();
    newDeliveryId(form);
    if (result.answer.location !== undefined) location.assign(result.answer.location);
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (sending || text.value.trim() === '') return;
    sending = true;
    text.readOnly = true;
    void deliver().finally(() => {
      sending = false;
      text.readOnly = false;
      text.focus();
    });
  });
}

async function sendUntilAnswered(
  form: HTMLFormElement,
  body: URLSearchParams,
  say: (message: string) => void,
): ReturnType<typeof send> {
  for (let attempt = 0; ; attempt += 1) {
    say(attempt === 0 ? 'Sending…' : 'No answer from the server, sending again…');
    try {
      const result = await send(form, body);
      if (result.status < 500) return result;
      say(`${result.answer.message ?? 'The server could not take it.'} Sending again…`);
    } catch {
      say('No connection. It is sent as soon as there is one.');
    }
    const wait = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)];
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

/** `randomUUID` exists only on https and localhost. */
function newDeliveryId(form: HTMLFormElement): void {
  const field = form.elements.namedItem('id');
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const id = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  if (field instanceof HTMLInputElement) field.value = id;
}
