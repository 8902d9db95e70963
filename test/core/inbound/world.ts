/**
 * Inbound with the real session service, presenter and outbox, all stores in memory. No agent runs:
 * the test writes what its session's owner would log.
 */
import type { AgentTemplate } from '../../../src/core/model/agent.ts';
import type { Role } from '../../../src/core/model/actor.ts';
import { deriveId, type PromptId, type SessionId } from '../../../src/core/model/ids.ts';
import type { PermissionOption } from '../../../src/core/model/permission.ts';
import type { PromptState, Session } from '../../../src/core/model/session.ts';
import type { NewEvent } from '../../../src/core/model/events.ts';
import { parseMessage } from '../../../src/core/commands/parse.ts';
import { encodeEvent } from '../../../src/core/events/append.ts';
import { createEventHub } from '../../../src/core/events/create-hub.ts';
import { createInbound, type InboundDeps } from '../../../src/core/inbound/inbound.ts';
import { createOutbox } from '../../../src/core/outbox/outbox.ts';
import type { SessionCommit } from '../../../src/core/ports/session-store.ts';
import type { Decision } from '../../../src/core/model/decision.ts';
import type { InboundMessage, TemplateStore } from '../../../src/core/ports/stores.ts';
import { createPresenter, type Presenter } from '../../../src/core/presenter/presenter.ts';
import { createGuard } from '../../../src/core/sessions/guard.ts';
import { createSessionService } from '../../../src/core/sessions/create-service.ts';
import type { SessionService } from '../../../src/core/sessions/service.ts';
import { createFakeSurface } from '../../harness/fake-surface.ts';
import { createManualClock } from '../../harness/manual-clock.ts';
import { createMemoryInbox } from '../../harness/memory-inbox.ts';
import { createMemoryLeases, createMemoryOutbox } from '../../harness/memory-outbox.ts';
import { createMemorySessions } from '../../harness/memory-sessions.ts';
import { createMemoryThreads } from '../../harness/memory-threads.ts';
import { createMemoryWakeBus } from '../../harness/memory-wake-bus.ts';
import { createFuse, fused, type Fuse } from '../outbox/fuse.ts';
import { ANN, createLog } from '../outbox/world.ts';

const template = (id: string, name: string): AgentTemplate => ({
  id,
  version: 1,
  name,
  spawn: { command: id, args: [] },
  runtime: { provider: 'local' },
  managed: true,
});

const TEMPLATES = [template('example', 'Example'), template('codex', 'Codex')];

const templates: TemplateStore = {
  syncManaged: async () => {},
  templates: async () => TEMPLATES,
  template: async (id) => TEMPLATES.find((one) => one.id === id),
  save: async () => 'managed',
  remove: async () => 'managed',
};

export type InboundWorld = ReturnType<typeof createInboundWorld>;

const SESSIONS = [
  'commit',
  'session',
  'sessions',
  'prompt',
  'prompts',
  'permission',
  'pendingPermissions',
  'events',
] as const;

export function createInboundWorld() {
  const clock = createManualClock();
  const { sessions, log: rowsOf } = createMemorySessions();
  const threads = createMemoryThreads();
  const leases = createMemoryLeases();
  const outboxStore = createMemoryOutbox(leases, threads);
  const inbox = createMemoryInbox();
  const surface = createFakeSurface({ clock });
  const wakeBus = createMemoryWakeBus();
  const log = createLog();
  const decisions: Decision[] = [];
  const configured: string[] = [];
  const hubs = new Set<ReturnType<typeof createEventHub>>();
  let deliveries = 0;
  let reported: Partial<Session> = {};

  /** One process; every port call passes the fuse. */
  const start = (
    name = 'A',
    options: {
      fuse?: Fuse;
      over?: Partial<InboundDeps>;
      service?: (real: SessionService) => SessionService;
    } = {},
  ) => {
    const fuse = options.fuse ?? createFuse(Infinity, 'before');
    const store = fused(sessions, fuse, SESSIONS);
    const ownThreads = fused(threads, fuse, [
      'ensure',
      'thread',
      'touch',
      'bind',
      'bindingsOfThread',
      'bindingsOfSession',
    ]);
    const ownLeases = fused(leases.holder(name), fuse, ['acquire', 'release']);
    const ownSurface = fused(surface, fuse, ['post', 'edit', 'find']);
    const hub = createEventHub({ store, wakeBus, clock, logger: log });
    hubs.add(hub);
    const outbox = createOutbox({
      store: fused(outboxStore, fuse, ['open', 'message', 'unsettled', 'update']),
      threads: ownThreads,
      surfaces: new Map([[surface.name, ownSurface]]),
      leases: ownLeases,
      resolve: (view) => presenter.resolve(view),
      clock,
      logger: log,
      wakeBus,
      onGivenUp: () => {},
      random: () => 0.5,
    });
    const presenter: Presenter = createPresenter({
      hub,
      sessions: store,
      threads: ownThreads,
      outbox,
      clock,
      logger: log,
    });
    const shows = presenter;
    const decisionLog = {
      append: async (decision: Decision) => {
        decisions.push(decision);
      },
      decisions: async () => ({ data: decisions, nextCursor: null }),
    };
    const real = createSessionService({
      store,
      templates,
      hub,
      wakeBus,
      manager: {
        wake: (id) => shows.present(id),
        answered: () => {},
        configure: async (_id, option, value) => {
          configured.push(`${option}=${value}`);
        },
      },
      guard: createGuard({ decisions: decisionLog, threads: ownThreads, clock }),
      clock,
      admit: async () => {},
    });
    const inbound = createInbound({
      inbox: fused(inbox, fuse, ['accept', 'pending', 'done', 'failed']),
      threads: ownThreads,
      outbox,
      sessions: options.service?.(real) ?? real,
      templates,
      decisions: decisionLog,
      parse: parseMessage,
      store,
      transcript: (id) => shows.transcript(id),
      leases: ownLeases,
      clock,
      logger: log,
      wakeBus,
      random: () => 0.5,
      config: {
        mentions: () => ['threadcast'],
        untaggedReplies: () => true,
        botTurnsPerHour: 20,
        defaultAgent: 'example',
      },
      ...options.over,
    });
    void outbox.start();
    shows.start();
    // What the session manager does at its start: it takes over sessions with unfinished work.
    void store.openSessions().then((ids) => {
      for (const id of ids) shows.present(id);
    });
    void inbound.start();
    return {
      inbound,
      outbox,
      presenter: shows,
      kill: () => {
        hubs.delete(hub);
        leases.kill(name);
      },
    };
  };

  const message = (text: string, over: Partial<InboundMessage> = {}): InboundMessage => {
    deliveries += 1;
    return {
      deliveryId: `d${deliveries}`,
      thread: { surface: 'fake', account: 'acme', key: 'thread-1' },
      threadTitle: 'A thread',
      actor: ANN,
      roles: ['maintain'] as readonly Role[],
      text,
      addressed: false,
      receivedAt: clock.now(),
      ...over,
    };
  };

  /** What the owner of the session does. */
  const commit = async (
    sessionId: SessionId,
    change: Omit<SessionCommit, 'at' | 'events' | 'sessionId'>,
    events: NewEvent[],
  ) => {
    const encoded = events.map(encodeEvent);
    const result = await sessions.commit({
      ...change,
      sessionId,
      at: clock.now(),
      events: encoded,
    });
    if (!result.ok) throw new Error(`refused: ${result.reason}`);
    for (const hub of hubs) hub.published(result.events);
  };

  const all = async () => (await sessions.sessions({}, null, 100)).data;
  const prompts = async (id: SessionId) =>
    sessions.prompts(id, ['queued', 'running', 'done', 'failed', 'interrupted', 'cancelled']);

  return {
    clock,
    sessions,
    threads,
    inbox,
    surface,
    wakeBus,
    log,
    leases,
    decisions,
    configured,
    rowsOf,
    start,
    message,
    all,
    prompts,
    /** The only session. */
    session: async () => {
      const [only, ...more] = await all();
      if (only === undefined || more.length > 0) throw new Error(`${more.length + 1} sessions`);
      return only;
    },
    bodies: () => surface.messages().map((shown) => shown.body),
    /** Notices, in order. */
    notices: () =>
      surface
        .messages()
        .filter((shown) => shown.key.startsWith('notice:'))
        .map((shown) => shown.body),
    run: (id: SessionId, promptId: PromptId) =>
      commit(
        id,
        {
          session: { state: 'running', ...reported },
          prompts: [{ id: promptId, from: ['queued'], state: 'running', startedAt: clock.now() }],
        },
        [{ type: 'prompt.started', data: { promptId } }],
      ),
    end: (id: SessionId, promptId: PromptId, state: PromptState = 'done') =>
      commit(
        id,
        { session: { state: 'idle' }, prompts: [{ id: promptId, from: ['running'], state }] },
        [{ type: 'turn.ended', data: { promptId, stopReason: 'end_turn' } }],
      ),
    patch: (id: SessionId, session: SessionCommit['session']) =>
      commit(id, { session: session ?? {} }, []),
    report: (session: Partial<Session>) => {
      reported = session;
    },
    append: (id: SessionId, events: NewEvent[]) => commit(id, {}, events),
    ask: async (
      sessionId: SessionId,
      promptId: PromptId,
      code: string,
      options: readonly PermissionOption[],
      nth = '',
    ) => {
      const requestId = await deriveId('r', `${sessionId} ${code}${nth}`);
      const asked = {
        code,
        toolCallId: `tc-${code}`,
        title: `Run ${code}`,
        kind: 'execute',
        toolCall: {},
        expiresAt: clock.now() + 1_800_000,
      };
      await commit(
        sessionId,
        {
          insertPermission: {
            ...asked,
            id: requestId,
            sessionId,
            promptId,
            options,
            state: 'pending',
            optionId: null,
            answeredBy: null,
            requestedAt: clock.now(),
            resolvedAt: null,
          },
        },
        [
          {
            type: 'permission.requested',
            data: { ...asked, requestId, promptId, options: [...options] },
          },
        ],
      );
      return requestId;
    },
  };
}
