/**
 * Reads what the page shows of one session: the session, its transcript as of now, its queue, and
 * where its threads are. Invariant: nothing is read before the session service has let the caller.
 */
import type { Caller } from '../core/model/actor.ts';
import { AppError } from '../core/model/errors.ts';
import { parseId, type SessionId } from '../core/model/ids.ts';
import type { Session } from '../core/model/session.ts';
import type { ThreadRef } from '../core/model/thread.ts';
import type { Transcript } from '../core/model/transcript.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { ThreadStore } from '../core/ports/stores.ts';
import type { SessionService } from '../core/sessions/service.ts';
import { placeName } from './renderers/name.ts';
import type { QueueState, SessionSummary, ThreadState } from './renderers/regions.ts';
import type { ThreadLink } from './renderers/session-facts.ts';
import { stateOf } from './session-state.ts';

/** A platform that does not say within this time where a thread is costs a link, not a page. */
const LINK_MS = 1_500;

export interface SessionReaderDeps {
  readonly sessions: SessionService;
  readonly threads: ThreadStore;
  /** With every event that was in the log when it was asked. */
  readonly transcript: (id: SessionId) => Promise<Transcript>;
  /** Where people open a thread of another surface. */
  readonly threadUrl: (ref: ThreadRef) => Promise<string | undefined>;
  readonly clock: Clock;
}

/** Sessions looked at for the list of those elsewhere, and listed at most. */
const LOOKED_AT = 50;
const LISTED = 10;

export interface SeenSession {
  readonly session: Session;
  readonly transcript: Transcript;
}

export interface SessionReader {
  /** AppError `not_found` for an id of no session, `forbidden` for who may not read it. */
  session(caller: Caller, id: string): Promise<SeenSession>;
  status(caller: Caller, session: Session): Promise<{ state: ThreadState; queue: QueueState }>;
  threads(session: Session): Promise<readonly ThreadLink[]>;
  /** The newest sessions that no thread of the page shows. */
  elsewhere(caller: Caller): Promise<readonly SessionSummary[]>;
}

export function createSessionReader(deps: SessionReaderDeps): SessionReader {
  const { sessions, threads, clock } = deps;

  const urlOf = (ref: ThreadRef): Promise<string | undefined> =>
    new Promise((resolve) => {
      const forget = clock.after(LINK_MS, () => resolve(undefined));
      deps
        .threadUrl(ref)
        .then(resolve, () => resolve(undefined))
        .finally(forget);
    });

  return {
    async session(caller, id) {
      const sessionId = parseId('s', id);
      if (sessionId === undefined) throw new AppError('not_found', 'There is no such session.');
      const session = await sessions.session(caller, sessionId);
      return { session, transcript: await deps.transcript(sessionId) };
    },
    async status(caller, session) {
      const { id } = session;
      const [{ paused, waiting }, pending] = await Promise.all([
        sessions.queue(caller, id),
        sessions.permissions(caller, id),
      ]);
      return {
        state: stateOf(session, pending.length > 0),
        queue: { sessionId: id, paused, waiting },
      };
    },
    elsewhere: (caller) => listElsewhere(deps, caller),
    async threads(session) {
      const bindings = await threads.bindingsOfSession(session.id);
      const bound = await Promise.all(bindings.map(({ threadId }) => threads.thread(threadId)));
      return Promise.all(
        bound.map(async (thread): Promise<readonly ThreadLink[]> => {
          if (thread === undefined) return [];
          const { surface } = thread.ref;
          const url = surface === 'web' ? `/threads/${thread.id}` : await urlOf(thread.ref);
          const name = `${placeName(surface)}: ${thread.title}`;
          return [{ surface, name, url: ownKind(url) }];
        }),
      ).then((links) => links.flat());
    },
  };
}

async function listElsewhere(
  { sessions, threads }: SessionReaderDeps,
  caller: Caller,
): Promise<readonly SessionSummary[]> {
  const { data } = await sessions.sessions(caller, {}, null, LOOKED_AT);
  const pending = await sessions.permissions(caller);
  const asking = new Set(pending.map(({ sessionId }) => sessionId));
  const found = await Promise.all(
    data.map(async (session): Promise<readonly SessionSummary[]> => {
      const bindings = await threads.bindingsOfSession(session.id);
      const bound = await Promise.all(bindings.map(({ threadId }) => threads.thread(threadId)));
      const refs = bound.flatMap((thread) => thread?.ref.surface ?? []);
      if (refs.includes('web')) return [];
      const place = placeName(refs[0] ?? session.createdBy.surface);
      const title = bound[0]?.title ?? session.agentName;
      return [{ id: session.id, title, place, state: stateOf(session, asking.has(session.id)) }];
    }),
  );
  return found.flat().slice(0, LISTED);
}

/** A platform's answer is an address of the web, or nothing. */
function ownKind(url: string | undefined): string | undefined {
  return url !== undefined && /^(https?:\/\/|\/threads\/)/.test(url) ? url : undefined;
}
