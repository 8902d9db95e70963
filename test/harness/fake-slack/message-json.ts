/** A message as Slack writes it in answers and events. */
import { APP_ID, type Install, type Json, type SlackMessage, type SlackState } from './state.ts';

/** Of every bot but ours. */
export const OTHER_APP_ID = 'A00000OTHER';

/** What Slack makes of plain text that people type; shared by events and answers. */
function richText(text: string): readonly Json[] {
  const parts = text.split(/(<@[A-Z0-9]+>)/).filter((part) => part !== '');
  const elements = parts.map((part) =>
    /^<@[A-Z0-9]+>$/.test(part)
      ? { type: 'user', user_id: part.slice(2, -1) }
      : { type: 'text', text: part },
  );
  const section = { type: 'rich_text_section', elements };
  return [{ type: 'rich_text', block_id: 'rt', elements: [section] }];
}

function withIds(blocks: readonly Json[]): readonly Json[] {
  return blocks.map((block, index) => ({ block_id: `b${index}`, ...block }));
}

export function messageJson(
  state: SlackState,
  install: Install,
  message: SlackMessage,
  options: { readonly metadata?: boolean } = {},
): Json {
  const root =
    message.threadTs === null ? undefined : state.message(message.channel, message.threadTs);
  const replies = state
    .thread(message.channel, message.ts)
    .filter((each) => each.threadTs === message.ts && !each.deleted && each.onlyFor === null);
  const reactions = [...message.reactions].map(([name, users]) => ({
    name,
    users: [...users],
    count: users.size,
  }));
  const last = replies.at(-1);
  return {
    type: 'message',
    user: message.user,
    ts: message.ts,
    team: install.teamId,
    text: message.text,
    ...(message.byApp
      ? {
          bot_id: install.botId,
          app_id: APP_ID,
          bot_profile: { id: install.botId, app_id: APP_ID, team_id: install.teamId },
          ...(message.blocks.length > 0 && { blocks: withIds(message.blocks) }),
        }
      : state.user(message.user).isBot
        ? { bot_id: `B${message.user.slice(1)}`, app_id: OTHER_APP_ID }
        : { client_msg_id: `c-${message.ts}`, blocks: richText(message.text) }),
    ...(message.threadTs !== null && { thread_ts: message.threadTs, parent_user_id: root?.user }),
    ...(last !== undefined && {
      thread_ts: message.ts,
      reply_count: replies.length,
      latest_reply: last.ts,
    }),
    ...(reactions.length > 0 && { reactions }),
    ...(message.files.length > 0 && { files: message.files }),
    ...(message.edited !== null && { edited: { user: message.user, ts: message.edited } }),
    ...(options.metadata === true && message.metadata !== null && { metadata: message.metadata }),
  };
}

/** What stands where a root with replies was deleted. */
export function tombstone(message: SlackMessage): Json {
  return {
    type: 'message',
    subtype: 'tombstone',
    hidden: true,
    text: 'This message was deleted.',
    user: 'USLACKBOT',
    ts: message.ts,
    thread_ts: message.ts,
  };
}
