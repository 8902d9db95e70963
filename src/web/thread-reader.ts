/** Reads what the page shows beside the messages: the list of threads, the state and queue of one. */
import type { Caller } from '../core/model/actor.ts';
import type { SessionId, ThreadId } from '../core/model/ids.ts';
import type { Session } from '../core/model/session.ts';
import type { Thread } from '../core/model/thread.ts';
import { isAppError } from '../core/model/errors.ts';
import type { ThreadStore } from '../core/ports/stores.ts';
import type { SessionService } from '../core/sessions/service.ts';
import type { QueueState, ThreadSummary } from './renderers/regions.ts';
import { stateOf } from './session-state.ts';

/** Threads in the list; older ones are reached by their address. */
const LISTED = 50;

export interface ThreadReader {
  list(caller: Caller): Promise<readonly ThreadSummary[]>;
  summary(caller: Caller, thread: Thread): Promise<ThreadSummary>;
  /** The queue of the thread's active session; null while it has none. */
  queue(caller: Caller, threadId: ThreadId): Promise<QueueState | null>;
  activeSession(threadId: ThreadId): Promise<SessionId | undefined>;
}

export function createThreadReader(deps: {
  readonly threads: ThreadStore;
  readonly sessions: SessionService;
}): ThreadReader {
  const { threads, sessions } = deps;

  const activeSession: ThreadReader['activeSession'] = async (threadId) => {
    const bindings = await threads.bindingsOfThread(threadId);
    return bindings.toSorted((a, b) => b.boundAt - a.boundAt)[0]?.sessionId;
  };

  /** Undefined also when the session is gone: a list must not fail for one of its threads. */
  const sessionOf = async (caller: Caller, threadId: ThreadId): Promise<Session | undefined> => {
    const id = await activeSession(threadId);
    if (id === undefined) return undefined;
    return sessions.session(caller, id).catch((error: unknown) => {
      if (isAppError(error, 'not_found')) return undefined;
      throw error;
    });
  };

  const summarise = async (
    caller: Caller,
    thread: Thread,
    waiting: ReadonlySet<SessionId>,
  ): Promise<ThreadSummary> => {
    const session = await sessionOf(caller, thread.id);
    if (session === undefined) return { thread, agentName: null, state: 'new', sessionId: null };
    const state = stateOf(session, waiting.has(session.id));
    return { thread, agentName: session.agentName, state, sessionId: session.id };
  };

  const waitingSessions = async (caller: Caller): Promise<ReadonlySet<SessionId>> =>
    new Set((await sessions.permissions(caller)).map(({ sessionId }) => sessionId));

  return {
    activeSession,
    async list(caller) {
      const waiting = await waitingSessions(caller);
      const { data } = await threads.threads('web', null, LISTED);
      return Promise.all(data.map((thread) => summarise(caller, thread, waiting)));
    },
    async summary(caller, thread) {
      return summarise(caller, thread, await waitingSessions(caller));
    },
    async queue(caller, threadId) {
      const session = await sessionOf(caller, threadId);
      if (session === undefined) return null;
      const { paused, waiting } = await sessions.queue(caller, session.id);
      return { sessionId: session.id, paused, waiting };
    },
  };
}
