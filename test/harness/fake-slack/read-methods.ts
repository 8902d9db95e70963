/** What the app may look up: conversations, people, groups, files. */
import { channelOf, messageOf, required, type Method, type Methods } from './api-call.ts';
import type { ApiCall } from './api-call.ts';
import { flag, textOf } from './arguments.ts';
import { messageJson, tombstone } from './message-json.ts';
import { SlackRefusal } from './refusal.ts';
import { APP_ID, type Json, type SlackMessage } from './state.ts';

const authTest: Method = ({ install, state }) => ({
  url: 'https://fake.slack.com/',
  team: install.teamId,
  user: state.user(install.botUserId).name,
  team_id: install.teamId,
  user_id: install.botUserId,
  bot_id: install.botId,
  app_id: APP_ID,
  is_enterprise_install: false,
});

/** One page of messages; the cursor is the ts to go on from. */
function page(call: ApiCall, all: readonly SlackMessage[], most: number): Json {
  const limit = Math.min(Number(textOf(call.args, 'limit') ?? 100), most);
  const oldest = textOf(call.args, 'oldest') ?? '0';
  const latest = textOf(call.args, 'latest') ?? '9';
  const inclusive = flag(call.args, 'inclusive');
  const after = Number(textOf(call.args, 'cursor') ?? 0);
  const inside = all.filter(
    ({ ts }) => (ts > oldest && ts < latest) || (inclusive && (ts === oldest || ts === latest)),
  );
  const rows = inside.slice(after, after + limit);
  const isMore = after + limit < inside.length;
  const metadata = flag(call.args, 'include_all_metadata');
  return {
    messages: rows.map((each) =>
      each.deleted ? tombstone(each) : messageJson(call.state, call.install, each, { metadata }),
    ),
    has_more: isMore,
    ...(isMore && { response_metadata: { next_cursor: String(after + limit) } }),
  };
}

const visibleOnes = (all: readonly SlackMessage[]): readonly SlackMessage[] =>
  all.filter((each) => each.onlyFor === null && !each.deleted);

const replies: Method = (call) => {
  const channel = channelOf(call);
  const ts = required(call, 'ts');
  const asked = call.state.message(channel.id, ts);
  if (asked === undefined || asked.onlyFor !== null) throw new SlackRefusal('thread_not_found');
  const all = call.state.thread(channel.id, asked.threadTs ?? ts);
  const alive = visibleOnes(all);
  // A deleted root with replies leaves a tombstone; without, there is no thread.
  if (alive.length === 0) throw new SlackRefusal('thread_not_found');
  return page(
    call,
    all.filter((each) => alive.includes(each) || each.ts === ts),
    1000,
  );
};

const history: Method = (call) => {
  const channel = channelOf(call);
  if (!channel.members.has(call.install.botUserId)) throw new SlackRefusal('not_in_channel');
  const roots = visibleOnes(call.state.all(channel.id)).filter((each) => each.threadTs === null);
  return page(call, roots.toReversed(), 999);
};

function channelJson(call: ApiCall, id: string): Json {
  const channel = call.state.channels.get(id);
  const other = [...(channel?.members ?? [])].find((each) => each !== call.install.botUserId);
  return {
    id,
    name: channel?.name,
    is_channel: channel?.kind === 'channel',
    is_group: channel?.kind === 'group',
    is_im: channel?.kind === 'im',
    is_private: channel?.kind !== 'channel',
    is_archived: channel?.archived,
    is_member: channel?.members.has(call.install.botUserId),
    context_team_id: channel?.teamId,
    ...(channel?.kind === 'im' && { user: other }),
  };
}

const members: Method = (call) => {
  const channel = channelOf(call);
  return { members: [...channel.members], response_metadata: { next_cursor: '' } };
};

const open: Method = (call) => {
  const named = textOf(call.args, 'channel');
  if (named !== undefined) return { channel: { id: channelOf(call).id } };
  const [user, ...more] = required(call, 'users').split(',');
  if (user === undefined || more.length > 0) throw new SlackRefusal('too_many_users');
  if (call.state.users.get(user) === undefined) throw new SlackRefusal('user_not_found');
  return { channel: { id: call.state.imOf(call.install.teamId, user, call.install.botUserId).id } };
};

const usersInfo: Method = (call) => {
  const user = call.state.users.get(required(call, 'user'));
  if (user === undefined) throw new SlackRefusal('user_not_found');
  return {
    user: {
      id: user.id,
      team_id: user.teamId,
      name: user.name.toLowerCase(),
      real_name: user.name,
      deleted: user.deleted,
      is_bot: user.isBot,
      is_restricted: user.isGuest,
      is_ultra_restricted: false,
      profile: { real_name: user.name, display_name: user.name },
    },
  };
};

export interface Directory {
  readonly groups: Map<string, readonly string[]>;
  readonly files: Map<string, Json>;
}

export function readMethods({ groups, files }: Directory): Methods {
  return {
    'api.test': () => ({}),
    'auth.test': authTest,
    'conversations.replies': replies,
    'conversations.history': history,
    'conversations.info': (call) => ({ channel: channelJson(call, channelOf(call).id) }),
    'conversations.members': members,
    'conversations.open': open,
    'users.info': usersInfo,
    'usergroups.users.list': (call) => {
      const users = groups.get(required(call, 'usergroup'));
      if (users === undefined) throw new SlackRefusal('no_such_subteam');
      return { users };
    },
    'files.info': (call) => {
      const file = files.get(required(call, 'file'));
      if (file === undefined) throw new SlackRefusal('file_not_found');
      return { file };
    },
  };
}

const EMOJI = /^[a-z0-9_+'-]+(::skin-tone-[2-6])?$/;

function reactable(call: ApiCall): { message: SlackMessage; name: string } {
  const name = required(call, 'name');
  if (!EMOJI.test(name)) throw new SlackRefusal('invalid_name');
  return { message: messageOf(call, channelOf(call), 'timestamp'), name };
}

export const reactionMethods: Methods = {
  'reactions.add': (call) => {
    const { message, name } = reactable(call);
    const users = message.reactions.get(name) ?? new Set();
    if (users.has(call.install.botUserId)) throw new SlackRefusal('already_reacted');
    message.reactions.set(name, users.add(call.install.botUserId));
    call.emit.reacted(message, call.install.botUserId, name, true);
    return {};
  },
  'reactions.remove': (call) => {
    const { message, name } = reactable(call);
    const users = message.reactions.get(name);
    if (users?.delete(call.install.botUserId) !== true) throw new SlackRefusal('no_reaction');
    if (users.size === 0) message.reactions.delete(name);
    call.emit.reacted(message, call.install.botUserId, name, false);
    return {};
  },
  'reactions.get': (call) => {
    const message = messageOf(call, channelOf(call), 'timestamp');
    return { type: 'message', message: messageJson(call.state, call.install, message) };
  },
};
