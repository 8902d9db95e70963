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
const NEAR = 500;

/** One channel that shows this session. */
export interface Listener {
  readonly channel: Channel;
  /** Lower is more specific. */
  readonly order: number;
  covers(event: LoggedEvent): boolean;
  /** Events up to here were shown, or not asked for. */
  shown: number;
}

export interface Feed {
  /** Adds a channel that wants the events after `since`. */
  listen(listener: Omit<Listener, 'shown'>, since: number): void;
  /** Removes it; the number of channels that are left. */
  unlisten(channel: Channel): number;
  close(): void;
}

export function createFeed(deps: {
  readonly hub: EventHub;
  readonly sessionId: SessionId;
  readonly outlet: Outlet;
  readonly replayBufferBytes: number;
  /** Newest seq of the log now; rejects when the caller may not read the session any more. */
  readonly lastSeq: () => Promise<number>;
  /** `lastSeq` as it was just now. */
  readonly head: number;
  /** An event was sent. */
  readonly onSent: (event: LoggedEvent) => void;
  readonly onFailed: (error: unknown) => void;
}): Feed {
  const { outlet } = deps;
  const listeners: Listener[] = [];
  let subscription: Subscription | undefined;
  let head = deps.head;
  let live = false;
  let round = 0;

  function channelFor(event: LoggedEvent): Channel | undefined {
    return listeners.find((one) => event.seq > one.shown && one.covers(event))?.channel;
  }

  function show(events: readonly LoggedEvent[]): void {
    for (const event of events) {
      const channel = channelFor(event);
      if (channel === undefined) continue;
      outlet.events([event], channel);
      if (event.type === 'session.terminated') deps.onSent(event);
    }
    const last = events.at(-1);
    if (last === undefined) return;
    for (const one of listeners) one.shown = Math.max(one.shown, last.seq);
  }

  async function pace(seq: number, mine: number): Promise<void> {
    outlet.flush();
    while (outlet.isOpen() && outlet.buffered() > deps.replayBufferBytes) await outlet.drained();
    if (!outlet.isOpen() || mine !== round || seq < head) return;
    try {
      head = await deps.lastSeq();
      live = head - seq <= NEAR;
    } catch (error) {
      deps.onFailed(error);
    }
  }

  function start(after: number): void {
    subscription?.close();
    round += 1;
    const mine = round;
    live = after >= head;
    subscription = deps.hub.subscribe(deps.sessionId, after, (events) => {
      const last = events.at(-1);
      if (mine !== round || last === undefined) return undefined;
      show(events);
      return live ? undefined : pace(last.seq, mine);
    });
  }

  return {
    listen(listener, since) {
      const known = listeners.find((one) => one.channel === listener.channel);
      if (known !== undefined) {
        known.shown = since;
      } else {
        listeners.push({ ...listener, shown: since });
        listeners.sort((a, b) => a.order - b.order);
      }
      if (subscription === undefined || since < subscription.seq) start(since);
    },
    unlisten(channel) {
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
