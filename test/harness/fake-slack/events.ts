/**
 * Which events the app gets of what happened. A message that mentions it arrives twice, as `message`
 * and as `app_mention`, with different event ids; what the app posts and edits comes back to it.
 */
import type { Emit } from './api-call.ts';
import type { Courier, Delivery } from './delivery.ts';
import { messageJson } from './message-json.ts';
import { APP_ID, type Install, type Json, type SlackChannel, type SlackState } from './state.ts';

const CHANNEL_TYPES = { channel: 'channel', group: 'group', im: 'im' } as const;
const MESSAGE_EVENTS = {
  channel: 'message.channels',
  group: 'message.groups',
  im: 'message.im',
} as const;

/** What the app subscribed to; null: everything. */
export type Subscriptions = ReadonlySet<string> | null;

export interface Events extends Emit {
  /** Sends an event that is not about a message; undefined when the app did not subscribe to it. */
  send(teamId: string, event: Json): Delivery | undefined;
}

export function createEvents(
  state: SlackState,
  courier: Courier,
  subscribed: Subscriptions,
): Events {
  const wants = (name: string): boolean => subscribed === null || subscribed.has(name);

  const callback = (install: Install, event: Json): Delivery => {
    const eventTs = typeof event.event_ts === 'string' ? event.event_ts : '';
    return courier.send('event', install.teamId, {
      token: 'deprecated',
      team_id: install.teamId,
      // As recorded: mentions come without these.
      ...(event.type !== 'app_mention' && {
        context_team_id: install.teamId,
        context_enterprise_id: null,
        event_context: `4-${eventTs}`,
      }),
      api_app_id: APP_ID,
      event,
      type: 'event_callback',
      event_id: state.newId('Ev'),
      event_time: Math.floor(Number(eventTs)),
      authorizations: [
        {
          enterprise_id: null,
          team_id: install.teamId,
          user_id: install.botUserId,
          is_bot: true,
          is_enterprise_install: false,
        },
      ],
      is_ext_shared_channel: false,
    });
  };

  /** The channel and the app in it, when the app hears what is said there. */
  const heard = (channelId: string): { channel: SlackChannel; install: Install } | undefined => {
    const channel = state.channels.get(channelId);
    const install = channel === undefined ? undefined : state.installs.get(channel.teamId);
    if (channel === undefined || install === undefined) return undefined;
    return channel.members.has(install.botUserId) ? { channel, install } : undefined;
  };

  const say = (channelId: string, event: Json): void => {
    const where = heard(channelId);
    if (where === undefined || !wants(MESSAGE_EVENTS[where.channel.kind])) return;
    callback(where.install, {
      ...event,
      channel: channelId,
      channel_type: CHANNEL_TYPES[where.channel.kind],
    });
  };

  const eventTs = (channelId: string): string => state.newTs(channelId);

  return {
    send(teamId, event) {
      const install = state.installs.get(teamId);
      if (install === undefined || !wants(String(event.type))) return undefined;
      return callback(install, event);
    },
    posted(message) {
      const where = heard(message.channel);
      if (where === undefined || message.onlyFor !== null) return;
      const json = messageJson(state, where.install, message);
      const event = { ...json, event_ts: message.ts };
      say(message.channel, event);
      const isMention = message.text.includes(`<@${where.install.botUserId}>`);
      if (!isMention || message.byApp || where.channel.kind === 'im' || !wants('app_mention'))
        return;
      callback(where.install, { ...event, type: 'app_mention', channel: message.channel });
    },
    changed(message, before) {
      const where = heard(message.channel);
      if (where === undefined || message.onlyFor !== null) return;
      say(message.channel, {
        type: 'message',
        subtype: 'message_changed',
        message: messageJson(state, where.install, message),
        previous_message: before,
        hidden: true,
        ts: eventTs(message.channel),
        event_ts: eventTs(message.channel),
      });
    },
    deleted(message, before) {
      if (message.onlyFor !== null) return;
      say(message.channel, {
        type: 'message',
        subtype: 'message_deleted',
        previous_message: before,
        hidden: true,
        deleted_ts: message.ts,
        ts: eventTs(message.channel),
        event_ts: eventTs(message.channel),
      });
    },
    reacted(message, user, reaction, added) {
      const where = heard(message.channel);
      const type = added ? 'reaction_added' : 'reaction_removed';
      if (where === undefined || !wants(type)) return;
      callback(where.install, {
        type,
        user,
        reaction,
        item: { type: 'message', channel: message.channel, ts: message.ts },
        item_user: message.user,
        event_ts: eventTs(message.channel),
      });
    },
  };
}
