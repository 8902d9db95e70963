/**
 * Between events and rows of the log. Invariant: an event's data is serialised once, when it is
 * appended; the table, the sockets and the streams all use that text.
 */
import type { NewEvent, SessionEvent, StoredEvent } from '../model/events.ts';
import type { EventToAppend } from '../ports/session-store.ts';
import type { LoggedEvent } from './hub.ts';

export function encodeEvent(event: NewEvent): EventToAppend {
  return { type: event.type, json: JSON.stringify(event.data) };
}

/** A row as an event. The log holds what `encodeEvent` wrote, so its shape is known. */
export function decodeEvent(stored: StoredEvent): SessionEvent {
  const { sessionId, seq, at, type, json } = stored;
  const data: unknown = JSON.parse(json);
  return { sessionId, seq, at, type, data } as SessionEvent;
}

/** The row with its parsed and its wire form, each made once and only when asked for. */
export function loggedEvent(stored: StoredEvent): LoggedEvent {
  let event: SessionEvent | undefined;
  let wire: string | undefined;
  return {
    sessionId: stored.sessionId,
    seq: stored.seq,
    type: stored.type,
    json: stored.json,
    at: stored.at,
    get event() {
      event ??= decodeEvent(stored);
      return event;
    },
    get wire() {
      wire ??= `{"type":"${stored.type}","data":${stored.json},"timestamp":"${new Date(stored.at).toISOString()}"}`;
      return wire;
    },
  };
}
