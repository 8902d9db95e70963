/** Hub, log, presenter and outbox together, everything in memory; tests write the log. */
import { createEventHub } from '../../../src/core/events/create-hub.ts';
import { encodeEvent } from '../../../src/core/events/append.ts';
import { deriveId, type SessionId } from '../../../src/core/model/ids.ts';
import type { NewEvent } from '../../../src/core/model/events.ts';
import type { Prompt, Session } from '../../../src/core/model/session.ts';
import { createOutbox, type Outbox, type OutboxDeps } from '../../../src/core/outbox/outbox.ts';
import type { SessionCommit, SessionStore } from '../../../src/core/ports/session-store.ts';
import type { OutboxStore, ThreadStore } from '../../../src/core/ports/stores.ts';
import type { Surface } from '../../../src/core/ports/surface.ts';
import { createPresenter, type Presenter } from '../../../src/core/presenter/presenter.ts';
import { createFakeSurface, type FakeSurfaceOptions } from '../../harness/fake-surface.ts';
import { createManualClock } from '../../harness/manual-clock.ts';
import { createMemoryLeases, createMemoryOutbox } from '../../harness/memory-outbox.ts';
import { createMemorySessions } from '../../harness/memory-sessions.ts';
import { createMemoryThreads } from '../../harness/memory-threads.ts';
import { createMemoryWakeBus } from '../../harness/memory-wake-bus.ts';
import { ANN, createLog } from '../outbox/world.ts';

export type PresenterWorld = Awaited<ReturnType<typeof createPresenterWorld>>;

/** The ports of one process; a test may put a fuse before them. */
export interface ProcessPorts {
  readonly store: OutboxStore;
  readonly threads: ThreadStore;
  readonly sessions: SessionStore;
  readonly surface: Surface;
}

export async function createPresenterWorld(options: Omit<FakeSurfaceOptions, 'clock'> = {}) {
  const clock = createManualClock();
  const { sessions, log: rowsOf } = createMemorySessions();
  const threads = createMemoryThreads();
  const leases = createMemoryLeases();
  const store = createMemoryOutbox(leases, threads);
  const surface = createFakeSurface({ clock, ...options });
  const wakeBus = createMemoryWakeBus();
  const log = createLog();
  const sessionId = await deriveId('s', 'the session');
  const hubs = new Set<ReturnType<typeof createEventHub>>();

  const commit = async (change: Omit<SessionCommit, 'at' | 'events'>, events: NewEvent[]) => {
    const all = { ...change, at: clock.now(), events: events.map(encodeEvent) };
    const result = await sessions.commit(all);
    if (!result.ok) throw new Error(`refused: ${result.reason}`);
    for (const hub of hubs) hub.published(result.events);
  };

  const world = {
    clock,
    sessions,
    threads,
    leases,
    store,
    surface,
    wakeBus,
    log,
    sessionId,
    rowsOf,
    /** A process: presenter and outbox on their own hub. */
    process: (name = 'A', over: Partial<ProcessPorts> = {}) => {
      const ports: ProcessPorts = { store, threads, sessions, surface, ...over };
      const hub = createEventHub({ store: ports.sessions, wakeBus, clock, logger: log });
      hubs.add(hub);
      const outboxDeps: OutboxDeps = {
        store: ports.store,
        threads: ports.threads,
        surfaces: new Map([[surface.name, ports.surface]]),
        leases: leases.holder(name),
        resolve: (view) => presenter.resolve(view),
        clock,
        logger: log,
        wakeBus,
        onGivenUp: () => {},
        random: () => 0.5,
      };
      const outbox: Outbox = createOutbox(outboxDeps);
      const presenter: Presenter = createPresenter({
        hub,
        sessions: ports.sessions,
        threads: ports.threads,
        outbox,
        clock,
        logger: log,
      });
      const own = presenter;
      return {
        outbox,
        presenter: own,
        start: async () => {
          await outbox.start();
          own.start();
        },
        /** The process is gone: it hears no events, and its leases are free. */
        kill: () => {
          hubs.delete(hub);
          own.stop();
          leases.kill(name);
        },
      };
    },
    session: async (id: SessionId = sessionId) => {
      await commit({ sessionId: id, create: sessionRow(id, clock.now()) }, [
        { type: 'session.created', data: { agentName: 'Example', agentTemplateId: 'example' } },
      ]);
    },
    bind: async (key: string, id: SessionId = sessionId) => {
      const ref = { surface: surface.name, account: 'acme', key };
      const thread = await threads.ensure(ref, key, clock.now());
      await threads.bind(thread.id, id, clock.now());
      return thread.id;
    },
    /** Appends events that change no rows. */
    append: (events: NewEvent[], id: SessionId = sessionId) => commit({ sessionId: id }, events),
    queue: async (name: string, id: SessionId = sessionId) => {
      const promptId = await deriveId('p', name);
      const insertPrompt = promptRow(id, promptId, name, clock.now());
      await commit({ sessionId: id, insertPrompt }, [
        { type: 'prompt.queued', data: { promptId, text: name, actor: ANN } },
      ]);
      return promptId;
    },
    startTurn: (promptId: Prompt['id'], id: SessionId = sessionId) =>
      commit({ sessionId: id, prompts: [{ id: promptId, from: ['queued'], state: 'running' }] }, [
        { type: 'prompt.started', data: { promptId } },
      ]),
    say: (promptId: Prompt['id'], text: string, id: SessionId = sessionId) =>
      commit({ sessionId: id }, [
        {
          type: 'update',
          data: {
            promptId,
            update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } },
          },
        },
      ]),
    endTurn: (promptId: Prompt['id'], id: SessionId = sessionId) =>
      commit({ sessionId: id, prompts: [{ id: promptId, from: ['running'], state: 'done' }] }, [
        { type: 'turn.ended', data: { promptId, stopReason: 'end_turn' } },
      ]),
    ask: async (promptId: Prompt['id'], name: string) => {
      const requestId = await deriveId('r', name);
      const option = { optionId: 'yes', name: 'Allow', kind: 'allow_once' };
      const row = {
        id: requestId,
        sessionId,
        promptId,
        code: 'k7',
        toolCallId: 'tc1',
        toolCall: {},
        title: 'Delete it',
        kind: 'delete',
        options: [option],
        state: 'pending',
        optionId: null,
        answeredBy: null,
        requestedAt: clock.now(),
        expiresAt: clock.now() + 1_800_000,
        resolvedAt: null,
      } as const;
      const { code, toolCallId, title, kind, toolCall, expiresAt } = row;
      await commit({ sessionId, insertPermission: row }, [
        {
          type: 'permission.requested',
          data: {
            requestId,
            promptId,
            code,
            toolCallId,
            title,
            kind,
            toolCall,
            options: [option],
            expiresAt,
          },
        },
      ]);
      return requestId;
    },
    answer: async (requestId: Awaited<ReturnType<typeof deriveId<'r'>>>) =>
      commit(
        {
          sessionId,
          permissions: [
            {
              id: requestId,
              state: 'answered',
              optionId: 'yes',
              answeredBy: ANN,
              resolvedAt: clock.now(),
            },
          ],
        },
        [
          {
            type: 'permission.resolved',
            data: {
              requestId,
              outcome: 'selected',
              optionId: 'yes',
              optionKind: 'allow_once',
              optionName: 'Allow',
              by: ANN,
            },
          },
        ],
      ),
    bodies: () => surface.messages().map((message) => message.body),
  };
  return world;
}

function sessionRow(id: SessionId, now: number): Session {
  return {
    id,
    agentName: 'Example',
    agentTemplateId: 'example',
    templateVersion: 1,
    spawn: { command: 'agent', args: [] },
    runtime: { provider: 'local' },
    env: {},
    passEnv: [],
    cwd: null,
    mcpServers: [],
    metadata: {},
    createdBy: ANN,
    state: 'idle',
    stateReason: null,
    acpSessionId: null,
    report: null,
    usage: null,
    queuePaused: false,
    tainted: false,
    lastSeq: 0,
    createdAt: now,
    updatedAt: now,
  };
}

function promptRow(sessionId: SessionId, id: Prompt['id'], text: string, now: number) {
  return {
    id,
    sessionId,
    state: 'queued',
    content: [{ type: 'text', text }],
    text,
    actor: ANN,
    cancelRequested: false,
    readOnly: false,
    stopReason: null,
    error: null,
    queuedAt: now,
    startedAt: null,
    endedAt: null,
  } as const;
}
