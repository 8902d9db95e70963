/**
 * What a Slack workspace remembers: teams, people, channels, messages. Everything else in this
 * folder reads and changes this, so that what an API call did is what people and `replies` see.
 */
import type { Clock } from '../../../src/core/ports/clock.ts';

export type Json = Readonly<Record<string, unknown>>;

export interface SlackUser {
  readonly id: string;
  readonly teamId: string;
  readonly name: string;
  readonly isBot: boolean;
  /** A guest: `is_restricted`. */
  readonly isGuest: boolean;
  deleted: boolean;
}

export interface SlackChannel {
  readonly id: string;
  readonly teamId: string;
  readonly name: string;
  readonly kind: 'channel' | 'group' | 'im';
  readonly members: Set<string>;
  archived: boolean;
}

/** A message that is being streamed, or was. */
export interface SlackStream {
  state: 'live' | 'ended' | 'expired' | 'stopped_by_user';
  readonly endsAt: number;
  readonly recipient: string | null;
  planTitle: string | null;
  readonly tasks: Map<string, { title: string; status: string; details: string; output: string }>;
}

export interface SlackMessage {
  readonly ts: string;
  readonly channel: string;
  readonly user: string;
  /** Posted by the app, not by a person. */
  readonly byApp: boolean;
  /** Null: a root. */
  readonly threadTs: string | null;
  /** Only this person sees it, and nobody can retrieve it. */
  readonly onlyFor: string | null;
  readonly files: readonly Json[];
  text: string;
  blocks: readonly Json[];
  metadata: Json | null;
  edited: string | null;
  deleted: boolean;
  stream: SlackStream | null;
  readonly reactions: Map<string, Set<string>>;
  /** Every text that people saw, in order: half-edited finals show here. */
  readonly history: { readonly at: number; readonly text: string }[];
}

/** The app in one workspace. */
export interface Install {
  readonly teamId: string;
  readonly botUserId: string;
  readonly botId: string;
}

export interface NewMessage {
  readonly user: string;
  readonly text: string;
  readonly byApp?: boolean;
  readonly threadTs?: string | null;
  readonly onlyFor?: string | null;
  readonly blocks?: readonly Json[];
  readonly metadata?: Json | null;
  readonly files?: readonly Json[];
  readonly stream?: SlackStream | null;
}

export type SlackState = ReturnType<typeof createState>;

export const APP_ID = 'A00000APP01';

export function createState(clock: Clock) {
  const users = new Map<string, SlackUser>();
  const channels = new Map<string, SlackChannel>();
  const messages = new Map<string, SlackMessage[]>();
  const byTs = new Map<string, SlackMessage>();
  /** By channel and root; tests with thousands of messages look here at every call. */
  const threads = new Map<string, SlackMessage[]>();
  const installs = new Map<string, Install>();
  const lastTs = new Map<string, number>();
  let made = 0;

  const newId = (letter: string): string => {
    made += 1;
    return `${letter}${made.toString(36).toUpperCase().padStart(10, '0')}`;
  };

  /** Unique in its channel only, as on Slack: two channels may well have the same one. */
  const newTs = (channel: string): string => {
    const micro = Math.max(clock.now() * 1000, (lastTs.get(channel) ?? 0) + 1);
    lastTs.set(channel, micro);
    const digits = String(micro);
    return `${digits.slice(0, -6)}.${digits.slice(-6)}`;
  };

  const addUser = (
    teamId: string,
    name: string,
    more: { isBot?: boolean; isGuest?: boolean } = {},
  ): SlackUser => {
    const { isBot = false, isGuest = false } = more;
    const user = { id: newId('U'), teamId, name, isBot, isGuest, deleted: false };
    users.set(user.id, user);
    return user;
  };

  const addChannel = (
    teamId: string,
    name: string,
    members: Iterable<string>,
    kind: SlackChannel['kind'] = 'channel',
  ): SlackChannel => {
    const id = newId(kind === 'im' ? 'D' : 'C');
    const channel = { id, teamId, name, kind, members: new Set(members), archived: false };
    channels.set(id, channel);
    messages.set(id, []);
    return channel;
  };

  const all = (channel: string): readonly SlackMessage[] => messages.get(channel) ?? [];

  const addMessage = (channel: string, from: NewMessage): SlackMessage => {
    const message: SlackMessage = {
      ts: newTs(channel),
      channel,
      user: from.user,
      byApp: from.byApp ?? false,
      threadTs: from.threadTs ?? null,
      onlyFor: from.onlyFor ?? null,
      files: from.files ?? [],
      text: from.text,
      blocks: from.blocks ?? [],
      metadata: from.metadata ?? null,
      edited: null,
      deleted: false,
      stream: from.stream ?? null,
      reactions: new Map(),
      history: [{ at: clock.now(), text: from.text }],
    };
    messages.get(channel)?.push(message);
    byTs.set(`${channel} ${message.ts}`, message);
    const root = `${channel} ${message.threadTs ?? message.ts}`;
    threads.set(root, [...(threads.get(root) ?? []), message]);
    return message;
  };

  const user = (id: string): SlackUser => {
    const found = users.get(id);
    if (found === undefined) throw new Error(`The fake Slack has no user ${id}`);
    return found;
  };

  return {
    clock,
    users,
    channels,
    installs,
    newId,
    newTs,
    addUser,
    addChannel,
    addMessage,
    all,
    user,
    /** Deleted and ephemeral ones included. */
    message: (channel: string, ts: string): SlackMessage | undefined =>
      byTs.get(`${channel} ${ts}`),
    /** Root first; ephemeral ones included. */
    thread: (channel: string, ts: string): readonly SlackMessage[] =>
      threads.get(`${channel} ${ts}`) ?? [],
    imOf(teamId: string, userId: string, botUserId: string): SlackChannel {
      const known = [...channels.values()].find(
        (each) => each.kind === 'im' && each.members.has(userId) && each.members.has(botUserId),
      );
      return known ?? addChannel(teamId, '', [userId, botUserId], 'im');
    },
    install(teamId: string): Install {
      const found = installs.get(teamId);
      if (found === undefined) throw new Error(`The app is not installed in ${teamId}`);
      return found;
    },
  };
}
