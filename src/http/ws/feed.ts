/**
 * One session's events on one socket. Invariant: each channel is shown every event that it covers
 * after the point that its subscriber named, in order; an event that several channels cover is
 * sent once, on the most specific. History is sent as fast as the reader takes it; once the feed
 * has caught up, a reader that falls behind is cut off by the outlet's bound.
 */
import type { EventHub, LoggedEvent, Subscription } from '../../core/events/hub.ts';
import type { SessionId } from '../../core/model/ids.ts';
import type { Channel } from './frames.ts';
import type { Outlet } from './outlet.ts';

/** A feed that is this near to the end of the log has caught up. */
const NEAR = 50;

/** A channel that shows events of this session. */
export interface Listener {
  readonly channel: Channel;
  /** Lower is more specific. */
  readonly order: number;
  readonly covers: 'all' | ((event: LoggedEvent) => boolean);
}

export interface Feed {
  /** Adds a channel that wants the events after `since`; `head` is the log's newest seq now. */
  listen(listener: Listener, since: number, head: number): void;
  /** Adds a channel that wants what comes from here on. */
  join(listener: Listener): void;
  /** Removes it; gives the number of channels that are left. */
  leave(channel: Channel): number;
  close(): void;
}

export interface FeedDeps {
  readonly hub: EventHub;
  readonly sessionId: SessionId;
  readonly outlet: Outlet;
  readonly replayBufferBytes: number;
  /** Newest seq of the log now; rejects when the caller may not read the session any more. */
  readonly lastSeq: () => Promise<number>;
  /** The session's end was sent. */
  readonly onTerminated: (event: LoggedEvent) => void;
  readonly onFailed: (error: unknown) => void;
}

interface Listening extends Listener {
  /** Events up to here were shown, or were not asked for. */
  shown: number;
}

export function createFeed(deps: FeedDeps): Feed {
  const listeners: Listening[] = [];
  let subscription: Subscription | undefined;
  let live = false;
  let round = 0;

  function start(after: number, head: number): void {
    subscription?.close();
    round += 1;
    const mine = round;
    live = after >= head;
    const isOver = (): boolean => mine !== round;
    subscription = deps.hub.subscribe(deps.sessionId, after, (events) => {
      if (isOver()) return undefined;
      if (live) {
        show(deps, listeners, events);
        return undefined;
      }
      return replay(deps, listeners, events, isOver).then(
        (caughtUp) => {
          if (!isOver()) live = caughtUp;
        },
        (error: unknown) => deps.onFailed(error),
      );
    });
  }

  function add(listener: Listener, since: number): void {
    const known = listeners.find((one) => one.channel === listener.channel);
    if (known !== undefined) {
      known.shown = since;
      return;
    }
    listeners.push({ ...listener, shown: since });
    listeners.sort((a, b) => a.order - b.order);
  }

  return {
    listen(listener, since, head) {
      add(listener, since);
      if (subscription === undefined || since < subscription.seq) start(since, head);
    },
    join: (listener) => add(listener, subscription?.seq ?? 0),
    leave(channel) {
      const index = listeners.findIndex((one) => one.channel === channel);
      if (index >= 0) listeners.splice(index, 1);
      return listeners.length;
    },
    close() {
      round += 1;
      subscription?.close();
    },
  };
}

/** Shows a page of history piece by piece, as the reader takes it; true: the end is near. */
async function replay(
  deps: FeedDeps,
  listeners: Listening[],
  events: readonly LoggedEvent[],
  isOver: () => boolean,
): Promise<boolean> {
  const { outlet, replayBufferBytes } = deps;
  for (const piece of pieces(events, replayBufferBytes / 4)) {
    show(deps, listeners, piece);
    outlet.flush();
    if (outlet.buffered() > replayBufferBytes) await outlet.drained();
    if (isOver() || !outlet.isOpen()) return false;
  }
  return (await deps.lastSeq()) - (events.at(-1)?.seq ?? 0) <= NEAR;
}

function* pieces(events: readonly LoggedEvent[], size: number): Generator<readonly LoggedEvent[]> {
  let piece: LoggedEvent[] = [];
  let gathered = 0;
  for (const event of events) {
    piece.push(event);
    gathered += event.json.length;
    if (gathered < size) continue;
    yield piece;
    piece = [];
    gathered = 0;
  }
  yield piece;
}

function covers(listener: Listening, event: LoggedEvent): boolean {
  return event.seq > listener.shown && (listener.covers === 'all' || listener.covers(event));
}

function show(deps: FeedDeps, listeners: Listening[], events: readonly LoggedEvent[]): void {
  const [first] = events;
  const last = events.at(-1);
  if (first === undefined || last === undefined) return;
  const [top] = listeners;
  if (top?.covers === 'all' && first.seq > top.shown) {
    deps.outlet.events(events, top.channel);
  } else {
    for (const event of events) {
      const channel = listeners.find((one) => covers(one, event))?.channel;
      if (channel !== undefined) deps.outlet.events([event], channel);
    }
  }
  for (const event of events) {
    if (event.type === 'session.terminated' && listeners.some((one) => covers(one, event))) {
      deps.onTerminated(event);
    }
  }
  for (const one of listeners) one.shown = Math.max(one.shown, last.seq);
}
