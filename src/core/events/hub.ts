/**
 * The hub hands logged events to readers in this process: in seq order, exactly once, from any
 * cursor. It is told of local commits, and of remote ones by the WakeBus; a gap is read from the log.
 */
import type { SessionId } from '../model/ids.ts';
import type { SessionEvent, StoredEvent } from '../model/events.ts';

/** A stored event, parsed lazily and serialised once for all readers. */
export interface LoggedEvent extends StoredEvent {
  /** Parsed on first use. */
  readonly event: SessionEvent;
  /** `{"type","data","timestamp"}`, the wire form of an event; made on first use, then kept. */
  readonly wire: string;
}

export interface Subscription {
  /** Sequence delivered last. */
  readonly seq: number;
  close(): void;
}

/**
 * Called with events in order. A returned promise says "not ready for more": delivery goes on from
 * the log when it resolves, so a slow reader holds no events in memory and delays nobody.
 * Rejecting closes the subscription.
 */
export type EventSink = (events: readonly LoggedEvent[]) => void | Promise<void>;

export interface EventHub {
  /** Replays events with seq > after, then goes on live. */
  subscribe(sessionId: SessionId, after: number, sink: EventSink): Subscription;
  /** Live events of all sessions, from now on; each session's in order. */
  subscribeAll(sink: EventSink): Subscription;
  /** Called by whoever committed, with the events of that commit. */
  published(events: readonly StoredEvent[]): void;
}
