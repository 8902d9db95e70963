/**
 * The event hub. Invariant: a subscription's cursor only moves forward by one event at a time, so
 * whatever order news arrives in, a reader gets every event once and in order. Anything that does
 * not fit the cursor (a gap, a remote commit, a reader that was busy) is read from the log.
 */
import type { SessionId } from '../model/ids.ts';
import type { StoredEvent } from '../model/events.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { SessionStore } from '../ports/session-store.ts';
import { sleep } from '../ports/clock.ts';
import type { WakeBus } from '../ports/wake-bus.ts';
import { loggedEvent } from './append.ts';
import type { EventHub, EventSink, LoggedEvent, Subscription } from './hub.ts';

/** Events read from the log at a time while a reader catches up. */
const PAGE = 500;
/** Wait before the log is read again after the database could not be read. */
const RETRY_MS = 500;

interface Reader {
  readonly sessionId: SessionId;
  readonly sink: EventSink;
  cursor: number;
  /** Newest seq published here; above the cursor = there is more to read. */
  heard: number;
  /** Another replica said that there may be more to read. */
  again: boolean;
  /** Reads the log, or waits for its sink: live events are not handed to it. */
  busy: boolean;
  closed: boolean;
}

export function createEventHub(deps: {
  readonly store: Pick<SessionStore, 'events' | 'session'>;
  readonly wakeBus: WakeBus;
  readonly clock: Clock;
  readonly logger: Logger;
}): EventHub & { close(): void } {
  const readers = new Map<SessionId, Set<Reader>>();
  const everything = createEverything(deps);

  function drop(reader: Reader): void {
    reader.closed = true;
    const set = readers.get(reader.sessionId);
    set?.delete(reader);
    if (set?.size === 0) readers.delete(reader.sessionId);
  }

  /** Hands events that continue the cursor to the sink; the promise, if it wants time. */
  function hand(reader: Reader, events: readonly LoggedEvent[]): void | Promise<void> {
    const last = events.at(-1);
    if (!last) return undefined;
    reader.cursor = last.seq;
    return reader.sink(events);
  }

  async function catchUp(reader: Reader, wait?: Promise<void>): Promise<void> {
    reader.busy = true;
    try {
      await wait;
      while (!reader.closed) {
        reader.again = false;
        const page = await readPage(reader);
        if (page.length === 0 && reader.heard <= reader.cursor && !reader.again) break;
        await hand(reader, page);
      }
    } catch (error) {
      deps.logger.debug({ sessionId: reader.sessionId, err: error }, 'reader closed by its sink');
      drop(reader);
    }
    reader.busy = false;
  }

  async function readPage(reader: Reader): Promise<readonly LoggedEvent[]> {
    for (;;) {
      try {
        return (await deps.store.events(reader.sessionId, reader.cursor, PAGE)).map(loggedEvent);
      } catch (error) {
        if (reader.closed) return [];
        deps.logger.warn(
          { sessionId: reader.sessionId, err: error },
          'log not readable, will retry',
        );
        await sleep(deps.clock, RETRY_MS);
      }
    }
  }

  function offer(reader: Reader, events: readonly LoggedEvent[]): void {
    const first = events[0];
    const last = events.at(-1);
    if (!first || !last || last.seq <= reader.cursor) return;
    reader.heard = Math.max(reader.heard, last.seq);
    if (reader.busy) return;
    if (first.seq > reader.cursor + 1) {
      void catchUp(reader);
      return;
    }
    const fresh = events.slice(reader.cursor + 1 - first.seq);
    try {
      const wait = hand(reader, fresh);
      if (wait) void catchUp(reader, wait);
    } catch (error) {
      deps.logger.debug({ sessionId: reader.sessionId, err: error }, 'reader closed by its sink');
      drop(reader);
    }
  }

  const forget = deps.wakeBus.subscribe('session', (id, remote) => {
    if (!remote) return;
    const sessionId = id as SessionId;
    for (const reader of readers.get(sessionId) ?? []) {
      reader.again = true;
      if (!reader.busy) void catchUp(reader);
    }
    everything.remote(sessionId);
  });

  return {
    subscribe(sessionId, after, sink) {
      const reader: Reader = {
        sessionId,
        sink,
        cursor: after,
        heard: after,
        again: false,
        busy: false,
        closed: false,
      };
      const set = readers.get(sessionId) ?? new Set();
      set.add(reader);
      readers.set(sessionId, set);
      void catchUp(reader);
      return subscription(reader, () => drop(reader));
    },
    subscribeAll: everything.subscribe,
    published(events) {
      const first = events[0];
      if (!first) return;
      const sessionId = first.sessionId as SessionId;
      const set = readers.get(sessionId);
      if (!set && !everything.active()) return;
      const logged = events.map(loggedEvent);
      for (const reader of set ?? []) offer(reader, logged);
      everything.local(sessionId, logged);
    },
    close() {
      forget();
      for (const set of readers.values()) for (const reader of set) reader.closed = true;
      readers.clear();
    },
  };
}

function subscription(reader: Reader, close: () => void): Subscription {
  return {
    get seq() {
      return reader.cursor;
    },
    close,
  };
}

/** Readers of all sessions: live from now on; each session's events in order, once. */
function createEverything(deps: {
  readonly store: Pick<SessionStore, 'events' | 'session'>;
  readonly clock: Clock;
  readonly logger: Logger;
}) {
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
        after = Math.max(0, (session?.lastSeq ?? 0) - PAGE);
      }
      const rows: readonly StoredEvent[] = await deps.store.events(sessionId, after, PAGE);
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
    /** A first wake-up for a session shows what is no older than a second. */
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
