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

/** Events looked back for when a session is first heard of from another replica. */
const TAIL = 500;

export function createEverything(deps: {
  readonly store: Pick<SessionStore, 'events' | 'session'>;
  readonly clock: Clock;
  readonly logger: Logger;
}): Everything {
  const sinks = new Set<EventSink>();
  const cursors = new Map<SessionId, number>();
  const reading = new Map<SessionId, Promise<void>>();

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
      let after = cursors.get(sessionId);
      if (after === undefined) {
        const session = await deps.store.session(sessionId);
        after = Math.max(0, (session?.lastSeq ?? 0) - TAIL);
      }
      const rows: readonly StoredEvent[] = await deps.store.events(sessionId, after, TAIL);
      const known = cursors.has(sessionId);
      hand(sessionId, rows.filter((row) => known || row.at >= since).map(loggedEvent));
    } catch (error) {
      deps.logger.warn({ sessionId, err: error }, 'log not readable for the readers of everything');
    }
  }

  return {
    active: () => sinks.size > 0,
    subscribe(sink: EventSink): Subscription {
      sinks.add(sink);
      return { seq: 0, close: () => void sinks.delete(sink) };
    },
    local(sessionId: SessionId, events: readonly LoggedEvent[]): void {
      if (sinks.size > 0) hand(sessionId, events);
      else cursors.clear();
    },
    remote(sessionId: SessionId): void {
      if (sinks.size === 0) return;
      const since = deps.clock.now() - 1000;
      const before = reading.get(sessionId) ?? Promise.resolve();
      const next = before.then(() => read(sessionId, since));
      reading.set(sessionId, next);
      void next.then(() => {
        if (reading.get(sessionId) === next) reading.delete(sessionId);
      });
    },
  };
}
