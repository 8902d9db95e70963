/**
 * The page on a real server, with its stores in memory and one session that the test plays: events
 * pushed here are folded by core, rendered and posted by the real web surface, as the presenter does.
 */
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { createActionTokens } from '../../src/core/access/action-token.ts';
import { createPageLinks } from '../../src/core/access/page-links.ts';
import { createRedactor } from '../../src/core/access/redact.ts';
import { AppError } from '../../src/core/model/errors.ts';
import { answeredAlready } from '../../src/core/sessions/service-deps.ts';
import type { Actor } from '../../src/core/model/actor.ts';
import type { NewEvent } from '../../src/core/model/events.ts';
import { mintId, type PromptId, type RequestId } from '../../src/core/model/ids.ts';
import type { PermissionRequest } from '../../src/core/model/permission.ts';
import type { Prompt, Session } from '../../src/core/model/session.ts';
import type { Thread } from '../../src/core/model/thread.ts';
import type { Clock } from '../../src/core/ports/clock.ts';
import type {
  HostedMessage,
  HostedMessageStore,
  LogoutStore,
  InboundMessage,
} from '../../src/core/ports/stores.ts';
import type { SessionService } from '../../src/core/sessions/service.ts';
import { createFolder } from '../../src/core/transcript/fold.ts';
import { createWebApp } from '../../src/web/app.ts';
import { createWebSurface } from '../../src/web/client/web-surface.ts';
import { createLogin } from '../../src/web/login.ts';
import { createMemoryThreads } from '../harness/memory-threads.ts';
import { createMemoryWakeBus } from '../harness/memory-wake-bus.ts';

export const YOU: Actor = { surface: 'web', id: 'operator', name: 'You', kind: 'person' };

const OPERATOR = { actor: YOU, roles: [] } as const;

export const realClock: Clock = {
  now: () => Date.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, ms).unref();
    return () => clearTimeout(timer);
  },
};

export function createMemoryLogouts(): LogoutStore {
  const ended = new Set<string>();
  return { add: async (login) => void ended.add(login), has: async (login) => ended.has(login) };
}

export function createMemoryHosted(): HostedMessageStore {
  const rows: HostedMessage[] = [];
  const byKey = (threadId: string, key: string): HostedMessage | undefined =>
    rows.find((row) => row.threadId === threadId && row.key === key);
  return {
    async post(message) {
      const known = byKey(message.threadId, message.key);
      if (known !== undefined) return known;
      const ordinal = rows.filter((row) => row.threadId === message.threadId).length + 1;
      rows.push({ ...message, ordinal });
      return { ...message, ordinal };
    },
    async edit(id, body, at) {
      const index = rows.findIndex((row) => row.id === id);
      const row = rows[index];
      if (row === undefined) return false;
      rows[index] = { ...row, body, updatedAt: at };
      return true;
    },
    byKey: async (threadId, key) => byKey(threadId, key),
    messages: async (threadId, since = 0) =>
      rows.filter((row) => row.threadId === threadId && row.updatedAt >= since),
  };
}

export type Stage = Awaited<ReturnType<typeof openStage>>;

export async function openStage(options: { readonly clock?: Clock } = {}) {
  const clock = options.clock ?? realClock;
  const threads = createMemoryThreads();
  const hosted = createMemoryHosted();
  const wakeBus = createMemoryWakeBus();
  const actionTokens = createActionTokens({ key: new Uint8Array(32).fill(7) });
  const login = createLogin({ key: new Uint8Array(32).fill(8), clock });
  const surface = createWebSurface({ hosted, threads, wakeBus, actionTokens, clock });
  const session = createPlayedSession(clock);
  const received: InboundMessage[] = [];
  const logged: object[] = [];
  let failing: Error | null = null;

  const app = createWebApp({
    hosted,
    threads,
    sessions: session.service,
    transcript: async () => session.transcript(),
    threadUrl: async () => undefined,
    redact: createRedactor(),
    wakeBus,
    clock,
    login,
    actionTokens,
    inbound: {
      async accept(message) {
        if (failing !== null) throw failing;
        if (received.some(({ deliveryId }) => deliveryId === message.deliveryId))
          return 'duplicate';
        received.push(message);
        return 'stored';
      },
    },
    templates: {
      templates: async () =>
        ['example', 'codex'].map((id) => ({
          id,
          version: 1,
          name: id,
          spawn: { command: id, args: [] },
          runtime: { provider: 'local' },
          managed: true,
        })),
    },
    logger: { debug() {}, info() {}, warn() {}, error: (fields) => void logged.push(fields) },
    logouts: createMemoryLogouts(),
    cookieKey: new Uint8Array(32).fill(9),
    publicUrl: 'http://127.0.0.1',
    defaultAgent: 'example',
  });

  /** Posts or edits the messages of every turn and permission of the session. */
  const present = async (thread: Thread): Promise<void> => {
    const transcript = session.transcript();
    const { signal } = new AbortController();
    const show = async (key: string, body: string): Promise<void> => {
      const found = await surface.find(thread.ref, key, signal);
      if (!found.ok) throw new Error(found.failure.kind);
      const result =
        found.value === null
          ? await surface.post(thread.ref, key, body, signal)
          : await surface.edit(thread.ref, found.value, body, signal);
      if (!result.ok) throw new Error(result.failure.kind);
    };
    const common = { sessionId: session.id, transcript };
    for (const turn of transcript.turns.values()) {
      await show(turn.promptId, surface.render({ kind: 'turn', turn, ...common }, clock.now()));
      for (const permission of transcript.permissions.values()) {
        if (permission.promptId !== turn.promptId) continue;
        const view = { kind: 'permission', permission, ...common } as const;
        await show(permission.requestId, surface.render(view, clock.now()));
      }
    }
    wakeBus.publish('session', session.id);
  };

  return {
    app,
    surface,
    login,
    threads,
    hosted,
    session,
    received,
    logged,
    present,
    wakeBus,
    clock,
    /** Whatever comes in fails from now on, or no longer. */
    failInbound: (error: Error | null): void => void (failing = error),
    async openThread(title: string, key = 'thread-one'): Promise<Thread> {
      const ref = { surface: 'web', account: 'web', key };
      const thread = await threads.ensure(ref, title, clock.now());
      await threads.bind(thread.id, session.id, clock.now());
      return thread;
    },
    /** Path of the link that a message has to a request; `asked`: to another one than is asked. */
    approvalLink(requestId: string, asked?: Readonly<Record<string, unknown>>): string {
      const permission = session.transcript().permissions.get(requestId as RequestId);
      if (permission === undefined) throw new Error('Nothing was asked');
      const view = {
        sessionId: session.id,
        permission: { ...permission, asked: asked ?? permission.asked },
      };
      return createPageLinks({ publicUrl: '', tokens: actionTokens }).approvalUrl(view);
    },
    listen: () => listen(app),
  };
}

/** The cookie of somebody who followed a login link. */
export async function logInto(stage: Stage): Promise<string> {
  const origin = 'http://127.0.0.1';
  const code = new URL(stage.login.mintLink(origin)).hash.slice(1);
  const response = await stage.app.request(`${origin}/login`, {
    method: 'POST',
    body: new URLSearchParams({ code }),
    headers: { accept: 'application/json', origin },
  });
  return (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}

export async function listen(app: { fetch: Parameters<typeof serve>[0]['fetch'] }, at = 0) {
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: at });
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    /** Ends every connection, streams too; the same port may be listened on again. */
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}

/** One session whose log the test writes, behind as much of SessionService as the page uses. */
function createPlayedSession(clock: Clock) {
  const id = mintId('s', clock.now());
  const folder = createFolder();
  const requests = new Map<string, PermissionRequest>();
  const calls: (readonly unknown[])[] = [];
  let waiting: readonly Prompt[] = [];
  let state: Session['state'] = 'idle';
  let isForbidden = false;
  let seq = 0;

  const push = (...events: readonly NewEvent[]): void => {
    for (const event of events) {
      seq += 1;
      folder.push({ ...event, sessionId: id, seq, at: clock.now() });
      if (event.type === 'permission.requested') {
        const { data } = event;
        requests.set(data.requestId, {
          id: data.requestId as RequestId,
          sessionId: id,
          code: data.code,
          title: data.title,
          promptId: data.promptId as PromptId,
          toolCallId: data.toolCallId,
          toolCall: data.toolCall,
          kind: data.kind,
          options: data.options,
          state: 'pending',
          optionId: null,
          answeredBy: null,
          resolvedAt: null,
          requestedAt: clock.now(),
          expiresAt: data.expiresAt,
        });
      }
    }
  };
  const notPlayed = (): never => {
    throw new Error('The played session does not do this');
  };
  const service: SessionService = {
    create: notPlayed,
    async session(_caller, asked) {
      if (isForbidden) throw new AppError('forbidden', 'Sorry, you may not read this.');
      if (asked !== id) throw new AppError('not_found', `There is no session ${asked}.`);
      const createdBy = { surface: 'github', id: '7', name: 'ann', kind: 'person' } as const;
      const at = clock.now();
      const session = { id, agentName: 'Example', state, stateReason: null, usage: null };
      return { ...session, createdBy, createdAt: at, cwd: folder.view().cwd } as Session;
    },
    sessions: async () => ({ data: [await service.session(OPERATOR, id)], nextCursor: null }),
    async prompt(...call) {
      calls.push(['prompt', ...call]);
      return { promptId: mintId('p', 0), state: 'running', position: 0, created: true };
    },
    turnResult: notPlayed,
    async retry(...call) {
      calls.push(['retry', ...call.slice(1)]);
      return { promptId: mintId('p', 0), state: 'queued', position: 1, created: true };
    },
    setMuted: notPlayed,
    offerEdit: notPlayed,
    runEdit: notPlayed,
    cancelTurn: notPlayed,
    async cancelPrompt(...call) {
      calls.push(['cancelPrompt', ...call.slice(1)]);
      waiting = waiting.filter((prompt) => prompt.id !== call[2]);
    },
    queue: async () => ({ paused: false, running: null, waiting }),
    reorderQueue: notPlayed,
    clearQueue: notPlayed,
    pauseQueue: notPlayed,
    async resumeQueue(...call) {
      calls.push(['resumeQueue', ...call.slice(1)]);
    },
    async answerPermission(caller, _id, requestId, reply) {
      const request = requests.get(requestId);
      if (request === undefined) throw new AppError('not_found', 'There is no such request.');
      if (request.state !== 'pending') throw answeredAlready(request);
      const optionId = 'optionId' in reply ? reply.optionId : '';
      const answered = {
        ...request,
        state: 'answered',
        optionId,
        answeredBy: caller.actor,
      } as const;
      requests.set(requestId, answered);
      const by = caller.actor;
      push({ type: 'permission.resolved', data: { requestId, outcome: 'selected', optionId, by } });
      return answered;
    },
    permissions: async () => [...requests.values()].filter((each) => each.state === 'pending'),
    setConfig: notPlayed,
    close: notPlayed,
    async reopen(...call) {
      calls.push(['reopen', ...call.slice(1)]);
      state = 'idle';
      return service.session(OPERATOR, id);
    },
  };
  return {
    id,
    service,
    push,
    requests,
    calls,
    transcript: () => folder.view(),
    forbidReading: (is: boolean): void => void (isForbidden = is),
    setState: (next: Session['state']): void => void (state = next),
    setWaiting: (prompts: readonly Prompt[]): void => void (waiting = prompts),
  };
}
