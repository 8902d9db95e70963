/**
 * Processes of one platform's side for storms: the real edge, inbound, sessions, presenter and outbox
 * on a real database and a fake platform. No agent runs: the test plays them all at once. Time runs
 * many times faster than it does, so that the platform's limits need no waiting.
 */
import { createActionTokens, type ActionTokens } from '../../src/core/access/action-token.ts';
import { parseMessage } from '../../src/core/commands/parse.ts';
import { encodeEvent } from '../../src/core/events/append.ts';
import { createEventHub } from '../../src/core/events/create-hub.ts';
import { createInbound } from '../../src/core/inbound/inbound.ts';
import type { Inbound } from '../../src/core/inbound/inbound.ts';
import type { AgentTemplate } from '../../src/core/model/agent.ts';
import { textOf } from '../../src/core/model/content.ts';
import type { NewEvent } from '../../src/core/model/events.ts';
import { deriveId, mintId } from '../../src/core/model/ids.ts';
import type { PromptId, SessionId } from '../../src/core/model/ids.ts';
import type { Prompt } from '../../src/core/model/session.ts';
import { createOutbox } from '../../src/core/outbox/outbox.ts';
import type { Outbox } from '../../src/core/outbox/outbox.ts';
import type { Clock } from '../../src/core/ports/clock.ts';
import type { InstallationStore } from '../../src/core/ports/installations.ts';
import type { Logger } from '../../src/core/ports/logger.ts';
import type { SessionCommit } from '../../src/core/ports/session-store.ts';
import { createPresenter } from '../../src/core/presenter/presenter.ts';
import type { Presenter } from '../../src/core/presenter/presenter.ts';
import { createSessionService } from '../../src/core/sessions/create-service.ts';
import { createGuard } from '../../src/core/sessions/guard.ts';
import { createOwnership } from '../../src/core/sessions/ownership.ts';
import type { Surface } from '../../src/core/ports/surface.ts';
import { openStorage } from '../../src/storage/open.ts';
import type { EdgeDeps } from './core-bench.ts';

const EXAMPLE: AgentTemplate = {
  id: 'example',
  version: 1,
  name: 'Example',
  spawn: { command: 'example', args: [] },
  runtime: { provider: 'local' },
  managed: true,
};

/** Real time, `factor` times as fast. */
export function createFastClock(factor: number): Clock {
  const start = Date.now();
  return {
    now: () => Math.floor(start + (Date.now() - start) * factor),
    after: (ms, fn) => {
      const timer = setTimeout(fn, ms / factor);
      timer.unref();
      return () => {
        clearTimeout(timer);
      };
    },
  };
}

interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: object;
}

function createLog(): Logger & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, message, fields });
  };
  return { lines, debug: () => {}, info: () => {}, warn: at('warn'), error: at('error') };
}

/** What an edge makes of what it gets; the same names as in `app.ts`. */
interface StormApp {
  readonly surface: Surface;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Whatever the edge. */
export type AnyStormProcess = Awaited<ReturnType<typeof startStormProcess<StormApp>>>;

interface ProcessOptions<App extends StormApp> {
  readonly clock: Clock;
  readonly dataDir: string;
  /** Undefined = SQLite in the data directory. */
  readonly databaseUrl?: string | undefined;
  /** Our name there. */
  readonly mention: string;
  readonly makeApp: (
    deps: Omit<EdgeDeps, 'templates'> & {
      readonly actionTokens: ActionTokens;
      readonly installations: InstallationStore;
    },
  ) => App;
}

export async function startStormProcess<App extends StormApp>({
  clock,
  dataDir,
  databaseUrl,
  mention,
  makeApp,
}: ProcessOptions<App>) {
  const logger = createLog();
  const storage = await openStorage({ url: databaseUrl, dataDir, clock, logger });
  await storage.templates.syncManaged([EXAMPLE]);
  const shared = { clock, logger, wakeBus: storage.wakeBus, threads: storage.threads };
  const hub = createEventHub({ ...shared, store: storage.sessions });
  const ownership = createOwnership({
    clock,
    logger,
    leases: storage.leases,
    holder: mintId('h', clock.now()),
    exclusive: storage.kind !== 'postgres',
  });
  const late: { inbound?: Inbound; outbox?: Outbox; presenter?: Presenter } = {};
  const sessions = createSessionService({
    ...shared,
    store: storage.sessions,
    templates: storage.templates,
    hub,
    manager: {
      wake: (id) => late.presenter?.present(id),
      answered: () => {},
      configure: async () => {},
    },
    guard: createGuard({ decisions: storage.decisions, threads: storage.threads, clock }),
    admit: async () => {},
  });
  const need = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error('used before it was made');
    return part;
  };
  const app = makeApp({
    ...shared,
    sessions,
    deliveries: storage.deliveries,
    decisions: storage.decisions,
    installations: storage.installations,
    inbound: { accept: (message) => need(late.inbound).accept(message) },
    outbox: () => need(late.outbox),
    actionTokens: createActionTokens({ key: new Uint8Array(32).fill(7) }),
    leases: ownership,
  });
  late.outbox = createOutbox({
    ...shared,
    store: storage.outbox,
    surfaces: new Map([[app.surface.name, app.surface]]),
    leases: ownership,
    resolve: (view) => need(late.presenter).resolve(view),
    onGivenUp: ({ key, error }) => {
      logger.error({ key, error }, 'a message was given up');
    },
  });
  late.presenter = createPresenter({
    ...shared,
    hub,
    sessions: storage.sessions,
    outbox: late.outbox,
  });
  const { presenter } = late;
  late.inbound = createInbound({
    ...shared,
    inbox: storage.inbox,
    leases: ownership,
    outbox: late.outbox,
    sessions,
    templates: storage.templates,
    decisions: storage.decisions,
    parse: parseMessage,
    store: storage.sessions,
    transcript: presenter.transcript,
    config: {
      mentions: () => [mention],
      untaggedReplies: () => false,
      botTurnsPerHour: 20,
      defaultAgent: 'example',
    },
  });
  const { inbound, outbox } = late;
  await ownership.start();
  await outbox.start();
  presenter.start();
  await inbound.start();
  await app.start();
  return {
    storage,
    hub,
    presenter,
    logger,
    app,
    stop: async () => {
      await app.stop();
      await inbound.stop();
      await outbox.stop(0);
      presenter.stop();
      await ownership.stop();
      hub.close();
      await storage.close();
    },
  };
}

/** Plays every agent: answers what waits; asks for permission where the text says "carefully". */
export function createPlayer(processes: readonly AnyStormProcess[], clock: Clock) {
  const [first] = processes;
  if (first === undefined) throw new Error('no process');
  const store = first.storage.sessions;

  const commit = async (
    sessionId: SessionId,
    change: Omit<SessionCommit, 'at' | 'events' | 'sessionId'>,
    events: readonly NewEvent[],
  ): Promise<boolean> => {
    const encoded = events.map(encodeEvent);
    const result = await store.commit({ ...change, sessionId, at: clock.now(), events: encoded });
    if (!result.ok) return false;
    for (const { hub, presenter } of processes) {
      hub.published(result.events);
      presenter.present(sessionId);
    }
    return true;
  };

  const says = (promptId: PromptId, text: string): NewEvent => ({
    type: 'update',
    data: {
      promptId,
      update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text } },
    },
  });

  const start = async (sessionId: SessionId, { id: promptId, content }: Prompt): Promise<void> => {
    const startedAt = clock.now();
    const text = textOf(content).split('\n').at(-1) ?? '';
    await commit(
      sessionId,
      {
        session: { state: 'running' },
        prompts: [{ id: promptId, from: ['queued'], state: 'running', startedAt }],
      },
      [{ type: 'prompt.started', data: { promptId } }, says(promptId, `Heard: ${text}`)],
    );
    if (text.includes('carefully')) await ask(sessionId, promptId);
    else await end(sessionId, promptId);
  };

  const ask = async (sessionId: SessionId, promptId: PromptId): Promise<void> => {
    const asked = {
      requestId: await deriveId('r', promptId),
      promptId,
      code: 'k7',
      toolCallId: `call-${promptId}`,
      title: 'rm -rf build',
      kind: 'execute',
      toolCall: { toolCallId: `call-${promptId}`, rawInput: { command: 'rm -rf build' } },
      options: [
        { optionId: 'allow', name: 'Allow', kind: 'allow_once' },
        { optionId: 'reject', name: 'Reject', kind: 'reject_once' },
      ],
      expiresAt: clock.now() + 86_400_000,
    };
    const { requestId, ...rest } = asked;
    await commit(
      sessionId,
      {
        insertPermission: {
          ...rest,
          id: requestId,
          sessionId,
          state: 'pending',
          optionId: null,
          answeredBy: null,
          requestedAt: clock.now(),
          resolvedAt: null,
        },
      },
      [{ type: 'permission.requested', data: asked }],
    );
  };

  const end = async (sessionId: SessionId, promptId: PromptId): Promise<void> => {
    await commit(
      sessionId,
      { session: { state: 'idle' }, prompts: [{ id: promptId, from: ['running'], state: 'done' }] },
      [{ type: 'turn.ended', data: { promptId, stopReason: 'end_turn' } }],
    );
  };

  return {
    /** Plays one round; gives how many turns began or ended. */
    play: async (): Promise<number> => {
      let played = 0;
      for (const id of await store.openSessions()) {
        const [running] = await store.prompts(id, ['running']);
        const [next] = await store.prompts(id, ['queued']);
        if (running !== undefined && (await store.pendingPermissions(id)).length > 0) continue;
        if (running !== undefined) await end(id, running.id);
        else if (next !== undefined) await start(id, next);
        else continue;
        played += 1;
      }
      return played;
    },
    /** Texts of all prompts, sorted. */
    prompts: async (): Promise<readonly string[]> => {
      const { data } = await store.sessions({}, null, 200);
      const all = await Promise.all(
        data.map(({ id }) =>
          store.prompts(id, ['queued', 'running', 'done', 'failed', 'interrupted', 'cancelled']),
        ),
      );
      return all
        .flat()
        .map((prompt) => `${prompt.state}: ${textOf(prompt.content).split('\n').at(-1) ?? ''}`)
        .toSorted();
    },
  };
}
