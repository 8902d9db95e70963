/**
 * What people do in Slack. Everything is done at once and told to the app meanwhile; nobody waits
 * for the app, as in life (`FakeSlack.quiet` does).
 */
import { isJson } from './arguments.ts';
import type { Courier, Delivery } from './delivery.ts';
import type { Events } from './events.ts';
import type { Hooks } from './hooks.ts';
import { messageJson } from './message-json.ts';
import { APP_ID } from './state.ts';
import type { Install, Json, SlackChannel, SlackMessage, SlackState, SlackUser } from './state.ts';

export interface SayOptions {
  /** Root of the thread that it goes to. */
  readonly thread?: SlackMessage | string;
  readonly files?: readonly Json[];
}

export interface People {
  /** As typed: `@name` of a person or the bot becomes a mention. */
  say(user: SlackUser, channel: SlackChannel, text: string, options?: SayOptions): SlackMessage;
  dm(user: SlackUser, text: string, options?: SayOptions): SlackMessage;
  edit(message: SlackMessage, text: string): void;
  remove(message: SlackMessage): void;
  react(user: SlackUser, message: SlackMessage, name: string): void;
  unreact(user: SlackUser, message: SlackMessage, name: string): void;
  /**
   * Presses the button with this action id or this label; for a select also which option. A copy of
   * the message from before (`{...message}`) presses what the person still had before them.
   */
  click(user: SlackUser, message: SlackMessage, button: string, option?: string): Delivery;
  /** Presses a button on the person's Home tab with this action id or label. */
  /** `of`: whose Home tab the button stands in; default the person's own. */
  clickHome(user: SlackUser, button: string, of?: SlackUser): Delivery;
  slash(user: SlackUser, channel: SlackChannel, text: string, command?: string): Delivery;
  /** The message shortcut with this callback id. */
  shortcut(user: SlackUser, message: SlackMessage, callbackId: string): Delivery;
  openHome(user: SlackUser, tab?: 'home' | 'messages'): Delivery | undefined;
  /** Submits the open modal; `values` is Slack's state.values. */
  submit(user: SlackUser, viewId: string, values?: Json): Delivery;
  /** The native Stop button of an agent's session. */
  stop(user: SlackUser, channel: SlackChannel, thread: SlackMessage | string): void;
  invite(user: SlackUser, channel: SlackChannel): void;
}

interface PeopleDeps {
  readonly state: SlackState;
  readonly events: Events;
  readonly courier: Courier;
  readonly hooks: Hooks;
}

const tsOf = (thread: SlackMessage | string): string =>
  typeof thread === 'string' ? thread : (thread.threadTs ?? thread.ts);

function asTyped(state: SlackState, teamId: string, text: string): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const names = [...state.users.values()].filter((user) => user.teamId === teamId);
  return names.reduce(
    (typed, { id, name }) => typed.replaceAll(new RegExp(`@${name}\\b`, 'gi'), `<@${id}>`),
    escaped,
  );
}

/** The element that the person means, wherever it stands. */
function findElement(blocks: unknown, button: string): { block: Json; element: Json } | undefined {
  if (!Array.isArray(blocks)) return undefined;
  for (const block of blocks.filter(isJson)) {
    const inside = Array.isArray(block.elements) ? block.elements.filter(isJson) : [];
    const all = isJson(block.accessory) ? [...inside, block.accessory] : inside;
    const element = all.find(
      (each) => each.action_id === button || (isJson(each.text) && each.text.text === button),
    );
    if (element !== undefined) return { block, element };
    const below = findElement(block.child_blocks, button);
    if (below !== undefined) return below;
  }
  return undefined;
}

export function createPeople({ state, events, courier, hooks }: PeopleDeps): People {
  const installOf = (user: SlackUser): Install => state.install(user.teamId);

  const who = (user: SlackUser): Json => ({
    id: user.id,
    username: user.name.toLowerCase(),
    name: user.name.toLowerCase(),
    team_id: user.teamId,
  });

  const channelOf = (message: SlackMessage): SlackChannel => {
    const channel = state.channels.get(message.channel);
    if (channel === undefined) throw new Error(`no channel ${message.channel}`);
    return channel;
  };

  const interaction = (
    user: SlackUser,
    channel: SlackChannel | null,
    threadTs: string | null,
    message?: SlackMessage,
  ): Json => ({
    user: who(user),
    api_app_id: APP_ID,
    token: 'deprecated',
    trigger_id: hooks.trigger(user),
    team: { id: user.teamId, domain: 'fake' },
    enterprise: null,
    is_enterprise_install: false,
    ...(channel !== null && {
      channel: { id: channel.id, name: channel.kind === 'im' ? 'directmessage' : channel.name },
      response_url: hooks.responseUrl(user, channel, threadTs, message),
    }),
  });

  const say: People['say'] = (user, channel, text, { thread, files } = {}) => {
    if (!channel.members.has(user.id)) throw new Error(`${user.name} is not in #${channel.name}`);
    const message = state.addMessage(channel.id, {
      user: user.id,
      text: asTyped(state, user.teamId, text),
      threadTs: thread === undefined ? null : tsOf(thread),
      files,
    });
    events.posted(message);
    return message;
  };

  const tell = (message: SlackMessage, change: () => void, how: 'changed' | 'deleted'): void => {
    const before = messageJson(state, state.install(channelOf(message).teamId), message);
    change();
    events[how](message, before);
  };

  return {
    say,
    dm: (user, text, options) =>
      say(user, state.imOf(user.teamId, user.id, installOf(user).botUserId), text, options),
    edit: (message, text) =>
      tell(
        message,
        () => {
          message.text = asTyped(state, channelOf(message).teamId, text);
          message.edited = state.newTs(message.channel);
          message.history.push({ at: state.clock.now(), text: message.text });
        },
        'changed',
      ),
    remove: (message) => tell(message, () => void (message.deleted = true), 'deleted'),
    react(user, message, name) {
      const users = message.reactions.get(name) ?? new Set();
      message.reactions.set(name, users.add(user.id));
      events.reacted(message, user.id, name, true);
    },
    unreact(user, message, name) {
      const users = message.reactions.get(name);
      users?.delete(user.id);
      if (users?.size === 0) message.reactions.delete(name);
      events.reacted(message, user.id, name, false);
    },
    click(user, message, button, option) {
      if (message.onlyFor !== null && message.onlyFor !== user.id)
        throw new Error(`${user.name} does not see this message`);
      const ids = message.blocks.map((block, index) => ({ block_id: `b${index}`, ...block }));
      const found = findElement(ids, button);
      if (found === undefined || message.deleted)
        throw new Error(`There is no button "${button}" on the message`);
      return courier.send('interactive', user.teamId, {
        type: 'block_actions',
        ...interaction(user, channelOf(message), message.threadTs ?? message.ts, message),
        container: {
          type: 'message',
          message_ts: message.ts,
          channel_id: message.channel,
          is_ephemeral: message.onlyFor !== null,
          ...(message.threadTs !== null && { thread_ts: message.threadTs }),
        },
        ...(message.onlyFor === null && { message: messageJson(state, installOf(user), message) }),
        state: { values: {} },
        actions: [actionOf(found.block, found.element, option, state.newTs(message.channel))],
      });
    },
    clickHome(user, button, of = user) {
      const view = hooks.home(of.id);
      const found = findElement(view?.blocks, button);
      if (found === undefined) throw new Error(`There is no button "${button}" on the Home tab`);
      return courier.send('interactive', user.teamId, {
        type: 'block_actions',
        ...interaction(user, null, null),
        container: { type: 'view', view_id: view?.id },
        view,
        actions: [actionOf(found.block, found.element, undefined, `${state.clock.now() / 1000}`)],
      });
    },
    slash: (user, channel, text, command = '/threadcast') =>
      courier.send('command', user.teamId, {
        token: 'deprecated',
        team_id: user.teamId,
        team_domain: 'fake',
        channel_id: channel.id,
        channel_name: channel.kind === 'im' ? 'directmessage' : channel.name,
        user_id: user.id,
        user_name: user.name.toLowerCase(),
        command,
        text,
        api_app_id: APP_ID,
        is_enterprise_install: 'false',
        response_url: hooks.responseUrl(user, channel, null),
        trigger_id: hooks.trigger(user),
      }),
    shortcut: (user, message, callbackId) =>
      courier.send('interactive', user.teamId, {
        type: 'message_action',
        callback_id: callbackId,
        ...interaction(user, channelOf(message), message.threadTs),
        action_ts: state.newTs(message.channel),
        message_ts: message.ts,
        message: messageJson(state, installOf(user), message),
      }),
    openHome: (user, tab = 'home') => {
      const im = state.imOf(user.teamId, user.id, installOf(user).botUserId);
      return events.send(user.teamId, {
        type: 'app_home_opened',
        user: user.id,
        channel: im.id,
        tab,
        event_ts: state.newTs(im.id),
      });
    },
    submit: (user, viewId, values = {}) =>
      courier.send('interactive', user.teamId, {
        type: 'view_submission',
        ...interaction(user, null, null),
        view: { ...hooks.view(viewId), state: { values } },
        response_urls: [],
      }),
    stop(user, channel, thread) {
      const threadTs = tsOf(thread);
      const live = state
        .thread(channel.id, threadTs)
        .filter((each) => each.stream?.state === 'live');
      for (const each of live) if (each.stream) each.stream.state = 'stopped_by_user';
      events.send(user.teamId, {
        type: 'agent_session_stopped',
        channel: channel.id,
        user: user.id,
        thread_ts: threadTs,
        streaming_message_ts: live.map((each) => each.ts),
        event_ts: state.newTs(channel.id),
      });
    },
    invite(user, channel) {
      channel.members.add(user.id);
      events.send(channel.teamId, {
        type: 'member_joined_channel',
        user: user.id,
        channel: channel.id,
        channel_type: channel.kind === 'group' ? 'G' : 'C',
        team: channel.teamId,
        event_ts: state.newTs(channel.id),
      });
    },
  };
}

function actionOf(block: Json, element: Json, option: string | undefined, at: string): Json {
  const options = Array.isArray(element.options) ? element.options.filter(isJson) : [];
  const chosen = options.find(
    (each) => each.value === option || (isJson(each.text) && each.text.text === option),
  );
  if (option !== undefined && chosen === undefined)
    throw new Error(`There is no option "${option}"`);
  const { options: _options, ...rest } = element;
  return {
    ...rest,
    block_id: block.block_id,
    action_ts: at,
    ...(chosen !== undefined && { selected_option: chosen }),
  };
}
