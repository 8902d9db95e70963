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
import { createEverything } from './everything.ts';
import type { Everything } from './everything.ts';
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

interface HubDeps {
  readonly store: Pick<SessionStore, 'events' | 'session'>;
  readonly wakeBus: WakeBus;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function createEventHub(deps: HubDeps): EventHub & { close(): void } {
  return new Hub(deps);
}

class Hub implements EventHub {
  readonly #deps: HubDeps;
  readonly #readers = new Map<SessionId, Set<Reader>>();
  readonly #everything: Everything;
  readonly #forgetWakes: () => void;

  constructor(deps: HubDeps) {
    this.#deps = deps;
    this.#everything = createEverything(deps);
    this.#forgetWakes = deps.wakeBus.subscribe('session', (id, remote) => {
      if (remote) this.#remote(id as SessionId);
    });
  }

  subscribe(sessionId: SessionId, after: number, sink: EventSink): Subscription {
    const reader: Reader = {
      sessionId,
      sink,
      cursor: after,
      heard: after,
      again: false,
      busy: false,
      closed: false,
    };
    const set = this.#readers.get(sessionId) ?? new Set();
    set.add(reader);
    this.#readers.set(sessionId, set);
    void this.#catchUp(reader);
    return subscription(reader, () => this.#drop(reader));
  }

  subscribeAll(sink: EventSink): Subscription {
    return this.#everything.subscribe(sink);
  }

  published(events: readonly StoredEvent[]): void {
    const first = events[0];
    if (!first) return;
    const sessionId = first.sessionId as SessionId;
    const set = this.#readers.get(sessionId);
    if (!set && !this.#everything.active()) return;
    const logged = events.map(loggedEvent);
    for (const reader of set ?? []) this.#offer(reader, logged);
    this.#everything.local(sessionId, logged);
  }

  close(): void {
    this.#forgetWakes();
    for (const set of this.#readers.values()) for (const reader of set) reader.closed = true;
    this.#readers.clear();
  }

  #remote(sessionId: SessionId): void {
    for (const reader of this.#readers.get(sessionId) ?? []) {
      reader.again = true;
      if (!reader.busy) void this.#catchUp(reader);
    }
    this.#everything.remote(sessionId);
  }

  #offer(reader: Reader, events: readonly LoggedEvent[]): void {
    const first = events[0];
    const last = events.at(-1);
    if (!first || !last || last.seq <= reader.cursor) return;
    reader.heard = Math.max(reader.heard, last.seq);
    if (reader.busy) return;
    if (first.seq > reader.cursor + 1) {
      void this.#catchUp(reader);
      return;
    }
    try {
      const wait = hand(reader, events.slice(reader.cursor + 1 - first.seq));
      if (wait) void this.#catchUp(reader, wait);
    } catch (error) {
      this.#broken(reader, error);
    }
  }

  /** Reads the log until the reader has everything; then it is live again. */
  async #catchUp(reader: Reader, wait?: Promise<void>): Promise<void> {
    reader.busy = true;
    try {
      await wait;
      while (!reader.closed) {
        reader.again = false;
        const page = await this.#readPage(reader);
        if (page.length === 0 && reader.heard <= reader.cursor && !reader.again) break;
        await hand(reader, page);
      }
    } catch (error) {
      this.#broken(reader, error);
    }
    reader.busy = false;
  }

  async #readPage(reader: Reader): Promise<readonly LoggedEvent[]> {
    const { store, logger, clock } = this.#deps;
    for (;;) {
      try {
        return (await store.events(reader.sessionId, reader.cursor, PAGE)).map(loggedEvent);
      } catch (error) {
        if (reader.closed) return [];
        logger.warn({ sessionId: reader.sessionId, err: error }, 'log not readable, will retry');
        await sleep(clock, RETRY_MS);
      }
    }
  }

  #broken(reader: Reader, error: unknown): void {
    this.#deps.logger.debug({ sessionId: reader.sessionId, err: error }, 'closed by its sink');
    this.#drop(reader);
  }

  #drop(reader: Reader): void {
    reader.closed = true;
    const set = this.#readers.get(reader.sessionId);
    set?.delete(reader);
    if (set?.size === 0) this.#readers.delete(reader.sessionId);
  }
}

/** Hands events that continue the cursor to the sink; the promise, if it wants time. */
function hand(reader: Reader, events: readonly LoggedEvent[]): void | Promise<void> {
  const last = events.at(-1);
  if (!last) return undefined;
  reader.cursor = last.seq;
  return reader.sink(events);
}

function subscription(reader: Reader, close: () => void): Subscription {
  return {
    get seq() {
      return reader.cursor;
    },
    close,
  };
}
