/** The channels of one socket: which there are, and what feeds them. */
import type { LoggedEvent, Subscription } from '../../core/events/hub.ts';
import { AppError } from '../../core/model/errors.ts';
import type { SessionEventType } from '../../core/model/events.ts';
import { parseId } from '../../core/model/ids.ts';
import type { SessionId } from '../../core/model/ids.ts';
import type { Connection } from './connection.ts';
import { callerOf, notAvailable, sendError } from './connection.ts';
import type { Feed, Listener } from './feed.ts';
import { createFeed } from './feed.ts';

/** Every session, live from the time of subscribing. */
const AGENTS = 'agents';

const QUEUE_TYPES: ReadonlySet<SessionEventType> = new Set<SessionEventType>([
  'prompt.queued',
  'prompt.started',
  'prompt.cancelled',
  'queue.updated',
  'queue.paused',
  'queue.resumed',
]);

interface SessionChannel extends Listener {
  readonly sessionId: SessionId;
}

/** Throws AppError: `invalid` for what is no channel, `unprocessable` for what comes later. */
function parseChannel(channel: string): SessionChannel | typeof AGENTS {
  if (channel === AGENTS) return AGENTS;
  const [kind, id = '', part, ...more] = channel.split(':');
  if (part === 'terminal' || part === 'fs' || channel === 'terminals') {
    throw notAvailable(`The channel "${channel}"`);
  }
  const sessionId = parseId('s', id);
  if (sessionId !== undefined && more.length === 0) {
    if (kind === 'session' && part === 'queue') {
      return { channel, sessionId, order: 0, covers: (event) => QUEUE_TYPES.has(event.type) };
    }
    if (kind === 'session' && part === undefined) {
      return { channel, sessionId, order: 1, covers: 'all' };
    }
    if (kind === 'agent' && part === undefined) {
      return { channel, sessionId, order: 2, covers: 'all' };
    }
  }
  throw new AppError(
    'invalid',
    'There is no such channel. Channels are agents, agent:<id>, session:<id> and session:<id>:queue.',
  );
}

interface State {
  readonly connection: Connection;
  readonly channels: Set<string>;
  readonly feeds: Map<string, Feed>;
  /** What `agents` was shown of sessions that have no feed here. */
  readonly shown: Map<string, number>;
  everything: { readonly tap: Subscription; readonly since: number } | undefined;
}

export interface Subscriptions {
  /** Sends `subscribed`, then what the channel shows. */
  subscribe(channel: string, since: number | undefined): Promise<void>;
  unsubscribe(channel: string): void;
  close(): void;
}

export function createSubscriptions(connection: Connection): Subscriptions {
  const state: State = {
    connection,
    channels: new Set(),
    feeds: new Map(),
    shown: new Map(),
    everything: undefined,
  };
  return {
    async subscribe(channel, since) {
      const parsed = parseChannel(channel);
      const most = connection.http.limits.channelsPerSocket;
      if (!state.channels.has(channel) && state.channels.size >= most) {
        throw new AppError('limited', `One socket has ${most} channels at most.`);
      }
      if (parsed !== AGENTS) return subscribeToSession(state, parsed, since ?? 0);
      if (since !== undefined) {
        throw new AppError('invalid', '"since" belongs to one session; "agents" has all of them.');
      }
      return subscribeToEverything(state);
    },
    unsubscribe(channel) {
      const parsed = parseChannel(channel);
      if (!state.channels.delete(channel)) return;
      if (parsed === AGENTS) stopEverything(state);
      else leave(state, parsed.sessionId, channel);
    },
    close() {
      state.everything?.tap.close();
      for (const feed of state.feeds.values()) feed.close();
      state.feeds.clear();
    },
  };
}

function sendLifecycle({ connection }: State, event: LoggedEvent): void {
  if (event.type !== 'session.created' && event.type !== 'session.terminated') return;
  const { type, sessionId } = event;
  connection.outlet.message({ type, sessionId, agentId: sessionId });
}

function openFeed(state: State, sessionId: SessionId): Feed {
  const { connection, feeds } = state;
  const { http, outlet } = connection;
  const feed = createFeed({
    hub: http.hub,
    sessionId,
    outlet,
    replayBufferBytes: http.limits.replayBufferBytes,
    lastSeq: async () => (await http.sessions.session(callerOf(connection), sessionId)).lastSeq,
    onTerminated: (event) => sendLifecycle(state, event),
    onFailed: (error) => {
      sendError(connection, error, `session:${sessionId}`);
      feeds.delete(sessionId);
      feed.close();
    },
  });
  feeds.set(sessionId, feed);
  return feed;
}

/** A session with a feed gets its `agents` events through it, so that each is sent once. */
function everythingListener(since: number): Listener {
  return { channel: AGENTS, order: 3, covers: (event) => event.at >= since };
}

async function subscribeToSession(
  state: State,
  parsed: SessionChannel,
  since: number,
): Promise<void> {
  const { connection, everything } = state;
  const { sessionId, channel } = parsed;
  const session = await connection.http.sessions.session(callerOf(connection), sessionId);
  if (since > session.lastSeq) {
    throw new AppError('invalid', `"since" is past the end of the log, ${session.lastSeq}.`);
  }
  state.channels.add(channel);
  connection.outlet.message({ type: 'subscribed', channel });
  const known = state.feeds.get(sessionId);
  const feed = known ?? openFeed(state, sessionId);
  feed.listen(parsed, since, session.lastSeq);
  if (known === undefined && everything !== undefined) {
    const from = Math.max(since, state.shown.get(sessionId) ?? 0);
    feed.listen(everythingListener(everything.since), from, session.lastSeq);
  }
}

async function subscribeToEverything(state: State): Promise<void> {
  const { connection, feeds, shown } = state;
  const { http, outlet } = connection;
  await http.sessions.sessions(callerOf(connection), {}, null, 1);
  state.channels.add(AGENTS);
  outlet.message({ type: 'subscribed', channel: AGENTS });
  if (state.everything !== undefined) return;
  const since = http.clock.now();
  const tap = http.hub.subscribeAll((events) => {
    const last = events.at(-1);
    if (last === undefined || feeds.has(last.sessionId)) return;
    outlet.events(events, AGENTS);
    for (const event of events) sendLifecycle(state, event);
    if (last.type === 'session.terminated') shown.delete(last.sessionId);
    else shown.set(last.sessionId, last.seq);
  });
  state.everything = { tap, since };
  for (const feed of feeds.values()) feed.join(everythingListener(since));
}

function stopEverything(state: State): void {
  state.everything?.tap.close();
  state.everything = undefined;
  state.shown.clear();
  for (const sessionId of state.feeds.keys()) leave(state, sessionId, AGENTS);
}

function leave({ feeds }: State, sessionId: string, channel: string): void {
  const feed = feeds.get(sessionId);
  if (feed === undefined || feed.leave(channel) > 0) return;
  feed.close();
  feeds.delete(sessionId);
}
