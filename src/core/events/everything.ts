/**
 * Readers of all sessions: live from now on; each session's events in order, once. Unlike readers
 * of one session they have no cursor to come back with.
 */
import type { SessionId } from '../model/ids.ts';
import type { StoredEvent } from '../model/events.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { SessionStore } from '../ports/session-store.ts';
import { loggedEvent } from './append.ts';
import type { EventSink, LoggedEvent, Subscription } from './hub.ts';

export interface Everything {
  active(): boolean;
  subscribe(sink: EventSink): Subscription;
  local(sessionId: SessionId, events: readonly LoggedEvent[]): void;
  /** Another replica wrote. The first time, what is no older than a second is shown. */
  remote(sessionId: SessionId): void;
}

/** Events read at a time; also those looked back for when a session is first heard of. */
const TAIL = 500;

/** Runs pieces of work for one session after each other. They must not reject. */
function createTurns(): (sessionId: SessionId, work: () => Promise<void>) => void {
  const last = new Map<SessionId, Promise<void>>();
  return (sessionId, work) => {
    const next = (last.get(sessionId) ?? Promise.resolve()).then(work);
    last.set(sessionId, next);
    void next.then(() => {
      if (last.get(sessionId) === next) last.delete(sessionId);
    });
  };
}

async function startOfTail(
  store: Pick<SessionStore, 'session'>,
  sessionId: SessionId,
): Promise<number> {
  const session = await store.session(sessionId);
  return Math.max(0, (session?.lastSeq ?? 0) - TAIL);
}

function leavesGap(cursor: number | undefined, [first]: readonly LoggedEvent[]): boolean {
  return cursor !== undefined && first !== undefined && first.seq > cursor + 1;
}

export function createEverything(deps: {
  readonly store: Pick<SessionStore, 'events' | 'session'>;
  readonly clock: Clock;
  readonly logger: Logger;
}): Everything {
  const sinks = new Set<EventSink>();
  const cursors = new Map<SessionId, number>();
  const inTurn = createTurns();

  function hand(sessionId: SessionId, events: readonly LoggedEvent[]): void {
    const cursor = cursors.get(sessionId) ?? 0;
    const fresh = events.filter((event) => event.seq > cursor);
    const last = fresh.at(-1);
    if (!last) return;
    if (last.type === 'session.terminated') cursors.delete(sessionId);
    else cursors.set(sessionId, last.seq);
    for (const sink of sinks) {
      try {
        void sink(fresh);
      } catch {
        sinks.delete(sink);
      }
    }
  }

  async function read(sessionId: SessionId, since: number): Promise<void> {
    try {
      const after = cursors.get(sessionId) ?? (await startOfTail(deps.store, sessionId));
      const rows: readonly StoredEvent[] = await deps.store.events(sessionId, after, TAIL);
      const known = cursors.has(sessionId);
      hand(sessionId, rows.filter((row) => known || row.at >= since).map(loggedEvent));
      if (known && rows.length === TAIL) readSoon(sessionId);
    } catch (error) {
      deps.logger.warn({ sessionId, err: error }, 'log not readable for the readers of everything');
    }
  }

  function readSoon(sessionId: SessionId): void {
    const since = deps.clock.now() - 1000;
    inTurn(sessionId, () => read(sessionId, since));
  }

  return {
    active: () => sinks.size > 0,
    subscribe(sink: EventSink): Subscription {
      sinks.add(sink);
      const close = (): void => {
        sinks.delete(sink);
        // Where the next one begins is not where this one stopped.
        if (sinks.size === 0) cursors.clear();
      };
      return { seq: 0, close };
    },
    local(sessionId: SessionId, events: readonly LoggedEvent[]): void {
      if (sinks.size === 0) return;
      // What is missing was written elsewhere, or is told late: the log has it.
      if (leavesGap(cursors.get(sessionId), events)) readSoon(sessionId);
      else hand(sessionId, events);
    },
    remote(sessionId: SessionId): void {
      if (sinks.size > 0) readSoon(sessionId);
    },
  };
}
