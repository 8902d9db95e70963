/** A person at the page, without a browser: logs in by the one-time link and posts messages. */
import { randomUUID } from 'node:crypto';

export interface WebClient {
  /** Sends the first message of a new thread; gives the thread's id. */
  openThread(text: string, id?: string): Promise<string>;
  /** Sends a message; the same `id` again is the same message. Throws when it was not accepted. */
  post(threadId: string, text: string, id?: string): Promise<void>;
  /** The thread's page as HTML. */
  page(threadId: string): Promise<string>;
}

/** Logs in once; the cookie outlives restarts of the server, so give `cookie` to come back. */
export async function logIn(loginUrl: string): Promise<string> {
  const { origin, hash } = new URL(loginUrl);
  const response = await fetch(`${origin}/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: { Origin: origin },
    body: new URLSearchParams({ code: hash.slice(1) }),
  });
  const cookie = response.headers.get('set-cookie')?.split(';')[0];
  if (cookie === undefined)
    throw new Error(`no login: ${response.status} ${await response.text()}`);
  return cookie;
}

export function webClient(url: string, cookie: string): WebClient {
  async function send(
    path: string,
    fields: Record<string, string>,
  ): Promise<{ location?: string }> {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      redirect: 'manual',
      headers: { Origin: url, Cookie: cookie, Accept: 'application/json' },
      body: new URLSearchParams(fields),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as { location?: string };
  }
  return {
    async openThread(text, id = randomUUID()) {
      const { location } = await send('/web/threads', { id, text });
      const threadId = location?.split('/').at(-1);
      if (threadId === undefined) throw new Error('no thread was opened');
      return threadId;
    },
    async post(threadId, text, id = randomUUID()) {
      await send(`/web/threads/${threadId}/messages`, { id, text });
    },
    async page(threadId) {
      const response = await fetch(`${url}/threads/${threadId}`, { headers: { Cookie: cookie } });
      return response.text();
    },
  };
}
