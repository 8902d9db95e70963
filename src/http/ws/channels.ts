/** `/ws`: one socket, many channels. An agent here is its session: `agentId` equals `sessionId`. */
import { randomUUID } from 'node:crypto';
import type { LoggedEvent, Subscription } from '../../core/events/hub.ts';
import { AppError } from '../../core/model/errors.ts';
import type { SessionEventType } from '../../core/model/events.ts';
import { parseId } from '../../core/model/ids.ts';
import type { SessionId } from '../../core/model/ids.ts';
import { act } from './actions.ts';
import type { ClientMessage } from './channel-messages.ts';
import { clientMessageSchema } from './channel-messages.ts';
import type { Connection } from './connection.ts';
import { callerOf, notAvailable, readMessages, sendError } from './connection.ts';
import type { Feed, Listener } from './feed.ts';
import { createFeed } from './feed.ts';

type Subscribe = Extract<ClientMessage, { action: 'subscribe' }>;

/** Everything, live from the time of subscribing. */
const AGENTS = 'agents';

const QUEUE_TYPES: ReadonlySet<SessionEventType> = new Set<SessionEventType>([
  'prompt.queued',
  'prompt.started',
  'prompt.cancelled',
  'queue.updated',
  'queue.paused',
  'queue.resumed',
]);

interface SessionChannel extends Omit<Listener, 'shown'> {
  readonly sessionId: SessionId;
}

/** Throws AppError: `invalid` for what is no channel, `unprocessable` for what comes later. */
export function parseChannel(channel: string): SessionChannel | typeof AGENTS {
  if (channel === AGENTS) return AGENTS;
  const [kind, id = '', part, ...more] = channel.split(':');
  if (part === 'terminal' || part === 'fs' || channel === 'terminals') {
    throw notAvailable(`The channel "${channel}"`);
  }
  const sessionId = parseId('s', id);
  if (sessionId !== undefined && more.length === 0) {
    const all = (): boolean => true;
    if (kind === 'session' && part === 'queue') {
      const covers = (event: LoggedEvent): boolean => QUEUE_TYPES.has(event.type);
      return { channel, sessionId, order: 0, covers };
    }
    if (kind === 'session' && part === undefined)
      return { channel, sessionId, order: 1, covers: all };
    if (kind === 'agent' && part === undefined)
      return { channel, sessionId, order: 2, covers: all };
  }
  throw new AppError(
    'invalid',
    'There is no such channel. Channels are agents, agent:<id>, session:<id> and session:<id>:queue.',
  );
}

/** Speaks the channel protocol on a connection; the returned function ends its subscriptions. */
export function serveChannels(connection: Connection): () => void {
  const { http, outlet } = connection;
  const subscriptions = createSubscriptions(connection);

  readMessages(connection, clientMessageSchema, async (message) => {
    switch (message.action) {
      case 'ping':
        outlet.message({ type: 'pong' });
        return;
      case 'subscribe':
        await subscriptions.subscribe(message);
        return;
      case 'unsubscribe':
        subscriptions.unsubscribe(message.channel);
        outlet.message({ type: 'unsubscribed', channel: message.channel });
        return;
      case 'terminal.create':
      case 'terminal.input':
      case 'terminal.resize':
      case 'terminal.kill':
        throw notAvailable(`"${message.action}"`);
      default:
        if (http.isClosing()) throw new AppError('unavailable', 'The server is shutting down.');
        await act(http.sessions, callerOf(connection), message.sessionId, message);
    }
  });
  outlet.message({ type: 'connected', connectionId: randomUUID() });
  return subscriptions.close;
}

function createSubscriptions(connection: Connection) {
  const { http, outlet } = connection;
  const channels = new Set<string>();
  const feeds = new Map<SessionId, Feed>();
  /** What `agents` was shown of sessions that have no feed here. */
  const shown = new Map<string, number>();
  let everything: { readonly tap: Subscription; readonly since: number } | undefined;

  function lifecycle(event: LoggedEvent): void {
    if (event.type !== 'session.created' && event.type !== 'session.terminated') return;
    outlet.message({ type: event.type, sessionId: event.sessionId, agentId: event.sessionId });
  }

  /** A session with a feed gets its `agents` events through it, so that each is sent once. */
  function openFeed(sessionId: SessionId, head: number): Feed {
    const feed = createFeed({
      hub: http.hub,
      sessionId,
      outlet,
      replayBufferBytes: http.limits.replayBufferBytes,
      head,
      lastSeq: async () => (await http.sessions.session(callerOf(connection), sessionId)).lastSeq,
      onSent: lifecycle,
      onFailed: (error) => {
        sendError(connection, error, `session:${sessionId}`);
        feeds.delete(sessionId);
        feed.close();
      },
    });
    feeds.set(sessionId, feed);
    return feed;
  }

  function listenToEverything(feed: Feed, sessionId: SessionId, since: number): void {
    const from = everything?.since ?? 0;
    const covers = (event: LoggedEvent): boolean => event.at >= from;
    feed.listen({ channel: AGENTS, order: 3, covers }, Math.max(since, shown.get(sessionId) ?? 0));
  }

  async function subscribeToSession(parsed: SessionChannel, since: number): Promise<void> {
    const { sessionId, channel } = parsed;
    const session = await http.sessions.session(callerOf(connection), sessionId);
    if (since > session.lastSeq) {
      throw new AppError('invalid', `"since" is past the end of the log, ${session.lastSeq}.`);
    }
    channels.add(channel);
    outlet.message({ type: 'subscribed', channel });
    const known = feeds.get(sessionId);
    const feed = known ?? openFeed(sessionId, session.lastSeq);
    feed.listen(parsed, since);
    if (known === undefined && everything !== undefined) listenToEverything(feed, sessionId, since);
  }

  async function subscribeToEverything(): Promise<void> {
    await http.sessions.sessions(callerOf(connection), {}, null, 1);
    channels.add(AGENTS);
    outlet.message({ type: 'subscribed', channel: AGENTS });
    if (everything !== undefined) return;
    const since = http.clock.now();
    const tap = http.hub.subscribeAll((events) => {
      const last = events.at(-1);
      if (last === undefined || feeds.has(last.sessionId as SessionId)) return;
      outlet.events(events, AGENTS);
      for (const event of events) lifecycle(event);
      if (last.type === 'session.terminated') shown.delete(last.sessionId);
      else shown.set(last.sessionId, last.seq);
    });
    everything = { tap, since };
    for (const [sessionId, feed] of feeds) listenToEverything(feed, sessionId, Infinity);
  }

  function dropChannel(sessionId: SessionId, channel: string): void {
    const feed = feeds.get(sessionId);
    if (feed === undefined || feed.unlisten(channel) > 0) return;
    feed.close();
    feeds.delete(sessionId);
  }

  return {
    async subscribe({ channel, since }: Subscribe): Promise<void> {
      const parsed = parseChannel(channel);
      if (!channels.has(channel) && channels.size >= http.limits.channelsPerSocket) {
        throw new AppError('limited', `One socket has ${channels.size} channels at most.`);
      }
      if (parsed !== AGENTS) return subscribeToSession(parsed, since ?? 0);
      if (since !== undefined) {
        throw new AppError('invalid', '"since" belongs to one session; "agents" has all of them.');
      }
      return subscribeToEverything();
    },
    unsubscribe(channel: string): void {
      const parsed = parseChannel(channel);
      if (!channels.delete(channel)) return;
      if (parsed !== AGENTS) {
        dropChannel(parsed.sessionId, channel);
        return;
      }
      everything?.tap.close();
      everything = undefined;
      shown.clear();
      for (const sessionId of [...feeds.keys()]) dropChannel(sessionId, AGENTS);
    },
    close(): void {
      everything?.tap.close();
      for (const feed of feeds.values()) feed.close();
      feeds.clear();
    },
  };
}
