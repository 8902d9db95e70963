/** An outbox with everything around it in memory, and turns whose state the test sets. */
import type { PromptId, RequestId, SessionId, ThreadId } from '../../../src/core/model/ids.ts';
import { deriveId } from '../../../src/core/model/ids.ts';
import {
  PRIORITY,
  UNSENT,
  type MessageView,
  type OutboxMessage,
} from '../../../src/core/model/message.ts';
import type { PermissionView, TurnState, TurnView } from '../../../src/core/model/transcript.ts';
import type { Clock } from '../../../src/core/ports/clock.ts';
import type { Logger } from '../../../src/core/ports/logger.ts';
import type { ResolvedView } from '../../../src/core/ports/surface.ts';
import { createOutbox, type Outbox, type OutboxDeps } from '../../../src/core/outbox/outbox.ts';
import { emptyTranscript } from '../../../src/core/transcript/fold.ts';
import { createFakeSurface, type FakeSurfaceOptions } from '../../harness/fake-surface.ts';
import { createManualClock } from '../../harness/manual-clock.ts';
import { createMemoryLeases, createMemoryOutbox } from '../../harness/memory-outbox.ts';
import { createMemoryThreads } from '../../harness/memory-threads.ts';
import { createMemoryWakeBus } from '../../harness/memory-wake-bus.ts';

export const ANN = { surface: 'fake', id: 'u1', name: 'Ann', kind: 'person' } as const;

export interface LogLine {
  readonly level: string;
  readonly fields: object;
  readonly message: string;
}

export function createLog(): Logger & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, fields, message });
  };
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

const ENDED: readonly TurnState[] = ['done', 'failed', 'stopped', 'interrupted', 'cancelled'];

/** A linear congruential generator: the same seed gives the same storm. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

export type World = Awaited<ReturnType<typeof createWorld>>;

export async function createWorld(options: Omit<FakeSurfaceOptions, 'clock'> = {}) {
  const clock = createManualClock();
  const threads = createMemoryThreads();
  const leases = createMemoryLeases();
  const store = createMemoryOutbox(leases, threads);
  const surface = createFakeSurface({ clock, ...options });
  const wakeBus = createMemoryWakeBus();
  const log = createLog();
  const sessionId = await deriveId('s', 'the session');
  const shown = new Map<string, ResolvedView | 'gone'>();
  const givenUp: OutboxMessage[] = [];

  const idOf = (view: MessageView): string =>
    view.kind === 'turn' ? view.promptId : view.kind === 'permission' ? view.requestId : '';

  const resolve = async (view: MessageView): Promise<ResolvedView | 'gone'> =>
    view.kind === 'notice' ? view : (shown.get(idOf(view)) ?? 'gone');

  const message = (
    key: string,
    threadId: ThreadId,
    view: MessageView,
    account: string,
  ): OutboxMessage => ({
    key,
    threadId,
    surface: surface.name,
    account,
    view,
    ...UNSENT,
    createdAt: clock.now(),
  });

  return {
    clock,
    threads,
    leases,
    store,
    surface,
    wakeBus,
    log,
    givenUp,
    sessionId,
    resolve,
    outbox: (over: Partial<OutboxDeps> & { holder?: string } = {}): Outbox =>
      createOutbox({
        store,
        threads,
        surfaces: new Map([[surface.name, surface]]),
        leases: leases.holder(over.holder ?? 'A'),
        resolve,
        clock,
        logger: log,
        wakeBus,
        onGivenUp: (row) => givenUp.push(row),
        random: () => 0.5,
        ...over,
      }),
    thread: async (name: string, account = 'acme') =>
      (await threads.ensure({ surface: surface.name, account, key: name }, name, clock.now())).id,
    turn: async (name: string, threadId: ThreadId, account = 'acme') => {
      const promptId = await deriveId('p', name);
      const view = { kind: 'turn', sessionId, promptId } as const;
      return { promptId, message: message(`turn:${name}`, threadId, view, account) };
    },
    permission: async (name: string, threadId: ThreadId, account = 'acme') => {
      const requestId = await deriveId('r', name);
      const view = { kind: 'permission', sessionId, requestId } as const;
      return { requestId, message: message(`permission:${name}`, threadId, view, account) };
    },
    notice: (key: string, threadId: ThreadId, markdown: string, account = 'acme') =>
      message(key, threadId, { kind: 'notice', tone: 'info', markdown }, account),
    setTurn: (promptId: PromptId, state: TurnState, text: string) => {
      shown.set(promptId, resolvedTurn(clock, sessionId, promptId, state, text));
    },
    setPermission: (requestId: RequestId, answered: boolean) => {
      shown.set(requestId, resolvedPermission(clock, sessionId, requestId, answered));
    },
    row: (key: string) => store.rows().find((row) => row.key === key),
  };
}

function resolvedTurn(
  clock: Clock,
  sessionId: SessionId,
  promptId: PromptId,
  state: TurnState,
  text: string,
): ResolvedView {
  const turn: TurnView = {
    promptId,
    text: 'go',
    actor: ANN,
    state,
    readOnly: false,
    position: null,
    reason: null,
    stopReason: null,
    parts: [{ type: 'message', messageId: null, text }],
    toolCalls: new Map(),
    plan: [],
    usage: null,
    queuedAt: 0,
    startedAt: 0,
    endedAt: ENDED.includes(state) ? clock.now() : null,
    lastEventAt: 0,
    version: 1,
  };
  return { kind: 'turn', sessionId, turn, transcript: emptyTranscript() };
}

function resolvedPermission(
  clock: Clock,
  sessionId: SessionId,
  requestId: RequestId,
  answered: boolean,
): ResolvedView {
  const option = { optionId: 'a', name: 'Allow', kind: 'allow_once' };
  const permission: PermissionView = {
    requestId,
    promptId: null,
    code: 'k7',
    toolCall: {
      toolCallId: 'tc',
      title: 'rm -rf build',
      kind: 'execute',
      status: 'pending',
      content: [],
      locations: [],
    },
    asked: {},
    options: [option],
    requestedAt: 0,
    expiresAt: 1,
    outcome: answered ? { kind: 'selected', option, by: ANN, at: clock.now() } : null,
  };
  return { kind: 'permission', sessionId, permission, transcript: emptyTranscript() };
}
export { PRIORITY };
