/** A program at the control plane: what it reads by REST, and its WebSockets. */
import { once } from 'node:events';
import WebSocket from 'ws';
import { eventually } from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';

/** An event as the API shows it. `data` is only read where the type says what is in it. */
export interface Logged {
  readonly seq: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The whole log of a session, page by page. */
export async function readLog(server: ServerProcess, id: string): Promise<readonly Logged[]> {
  const log: Logged[] = [];
  for (;;) {
    const route = `/sessions/${id}/events?limit=200&after=${log.at(-1)?.seq ?? 0}`;
    const { data } = await server.api<{ data: Logged[] }>('GET', route);
    log.push(...data.map(({ seq, type, data: facts }) => ({ seq, type, data: facts })));
    if (data.length < 200) return log;
  }
}

/** The first event that fits, as soon as it stands in the log. */
export function logged(
  server: ServerProcess,
  id: string,
  fits: (event: Logged) => boolean,
  withinMs?: number,
): Promise<Logged> {
  return eventually(async () => (await readLog(server, id)).find(fits), withinMs);
}

/** The end of a prompt's turn. */
export const turnEnded = (
  server: ServerProcess,
  id: string,
  promptId: string,
  withinMs?: number,
): Promise<Logged> =>
  logged(
    server,
    id,
    ({ type, data }) => type === 'turn.ended' && data['promptId'] === promptId,
    withinMs,
  );

export const createSession = (server: ServerProcess): Promise<{ readonly id: string }> =>
  server.api('POST', '/sessions', { agentTemplateId: 'example' });

export const prompt = (
  server: ServerProcess,
  id: string,
  text: string,
): Promise<{ readonly promptId: string; readonly state: string; readonly position: number }> =>
  server.api('POST', `/sessions/${id}/prompts`, { text });

export interface PendingPermission {
  readonly requestId: string;
  readonly sessionId: string;
  readonly code: string;
  readonly options: readonly { readonly optionId: string; readonly kind: string }[];
}

/** The oldest request that waits in a session. */
export const pendingPermission = (server: ServerProcess, id: string): Promise<PendingPermission> =>
  eventually(async () => {
    const route = `/permissions?state=pending&sessionId=${id}`;
    const { data } = await server.api<{ data: PendingPermission[] }>('GET', route);
    return data[0];
  });

/** The session that a thread of the page is bound to. */
export const sessionOfThread = (server: ServerProcess, threadId: string): Promise<string> =>
  eventually(async () => {
    const { data } = await server.api<{ data: { id: string }[] }>('GET', '/sessions?limit=200');
    for (const { id } of data) {
      const { threads } = await server.api<{ threads: { id: string }[] }>('GET', `/sessions/${id}`);
      if (threads.some((thread) => thread.id === threadId)) return id;
    }
    return undefined;
  });

export interface SocketMessage {
  readonly type: string;
  readonly seq?: number;
  readonly code?: string;
  readonly message?: string;
  readonly event?: { readonly type: string; readonly data: Readonly<Record<string, unknown>> };
}

export interface ProgramSocket {
  /** Everything that came, in order. */
  readonly messages: readonly SocketMessage[];
  send(message: unknown): void;
  /** Sends a frame as it is, valid or not. */
  sendRaw(frame: string | Buffer): void;
  until(fits: (message: SocketMessage) => boolean, withinMs?: number): Promise<SocketMessage>;
  isOpen(): boolean;
  /** The code that it was closed with; undefined while it is open. */
  closeCode(): number | undefined;
  close(): void;
}

/** Resolves when the socket is open. */
export async function openSocket(server: ServerProcess, path: string): Promise<ProgramSocket> {
  const ws = new WebSocket(server.url.replace('http', 'ws') + path, {
    headers: { Authorization: `Bearer ${server.token}` },
  });
  const messages: SocketMessage[] = [];
  let looked = (): void => undefined;
  let closedWith: number | undefined;
  ws.on('error', () => undefined);
  ws.on('close', (code) => {
    closedWith = code;
  });
  ws.on('message', (data: Buffer) => {
    messages.push(JSON.parse(data.toString('utf8')) as SocketMessage);
    looked();
  });
  await once(ws, 'open');
  return {
    messages,
    send: (message) => ws.send(JSON.stringify(message)),
    sendRaw: (frame) => ws.send(frame),
    until(fits, withinMs = 20_000) {
      let next = 0;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          reject(new Error(`no such message in time; last: ${JSON.stringify(messages.at(-1))}`));
        }, withinMs);
        looked = () => {
          for (; next < messages.length; next += 1) {
            const message = messages[next];
            if (message === undefined || !fits(message)) continue;
            clearTimeout(timer);
            resolve(message);
            return;
          }
        };
        looked();
      });
    },
    isOpen: () => closedWith === undefined,
    closeCode: () => closedWith,
    close: () => ws.close(),
  };
}
