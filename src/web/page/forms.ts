/** Forms marked `data-async` are sent without leaving the page; what the server says is shown. */
import { toast } from './dom.ts';

export interface Answer {
  readonly message?: string;
  readonly location?: string;
}

/** Rejects when the network failed; `ok` is false when the server refused. */
export async function send(
  form: HTMLFormElement,
  body: URLSearchParams,
): Promise<{ ok: boolean; status: number; answer: Answer }> {
  const response = await fetch(form.action, {
    method: 'POST',
    body,
    headers: { accept: 'application/json' },
  });
  // A proxy in between may answer with a page of its own.
  const answer = await (response.json() as Promise<Answer>).catch((): Answer => ({
    message: `The server said ${response.status}.`,
  }));
  return { ok: response.ok, status: response.status, answer };
}

/** What the browser would send: the fields, and the button that was pressed. */
export function fieldsOf(form: HTMLFormElement, button?: HTMLButtonElement): URLSearchParams {
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form, button)) {
    if (typeof value === 'string') fields.set(name, value);
  }
  return fields;
}

export function startForms(): void {
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !('async' in form.dataset)) return;
    event.preventDefault();
    const button = event.submitter instanceof HTMLButtonElement ? event.submitter : undefined;
    void submit(form, button);
  });
}

async function submit(form: HTMLFormElement, button?: HTMLButtonElement): Promise<void> {
  const buttons = [...form.querySelectorAll('button')];
  if (buttons.some((each) => each.disabled)) return;
  const body = fieldsOf(form, button);
  for (const each of buttons) each.disabled = true;
  try {
    const { answer } = await send(form, body);
    if (answer.message !== undefined) toast(answer.message);
    if (answer.location !== undefined) location.assign(answer.location);
  } catch {
    toast('The server did not answer. Check the connection and try again.');
  } finally {
    for (const each of buttons) each.disabled = false;
  }
}
