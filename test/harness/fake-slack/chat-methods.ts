/** chat.*: posting, editing and deleting, with the limits on what they carry. */
import { channelOf, messageOf, metadataOf, required, speakable } from './api-call.ts';
import type { ApiCall, Method, Methods } from './api-call.ts';
import { textOf } from './arguments.ts';
import { checkBlocks } from './blocks.ts';
import { messageJson } from './message-json.ts';
import { SlackRefusal } from './refusal.ts';
import type { Json, SlackChannel } from './state.ts';

const POST_CUT = 40_000;
const UPDATE_LIMIT = 4000;
export const MARKDOWN_LIMIT = 12_000;

interface Content {
  readonly text: string | undefined;
  readonly blocks: readonly Json[] | undefined;
}

/** What the call wants to show. markdown_text stands alone. */
function contentOf(call: ApiCall): Content {
  const { args } = call;
  const markdown = textOf(args, 'markdown_text');
  const text = textOf(args, 'text');
  if (markdown !== undefined) {
    if (text !== undefined || args.blocks !== undefined)
      throw new SlackRefusal('markdown_text_conflict');
    if (markdown.length > MARKDOWN_LIMIT) throw new SlackRefusal('msg_too_long');
    return { text: markdown, blocks: [] };
  }
  return { text, blocks: blocksOf(call) };
}

export function blocksOf(call: ApiCall): readonly Json[] | undefined {
  const { blocks } = call.args;
  if (blocks === undefined) return undefined;
  const verdict = checkBlocks(blocks, 'message', call.blockLimits);
  if (!verdict.ok) {
    const messages = verdict.error === 'invalid_blocks' ? verdict.messages : [verdict.error];
    // Each method has its own word for too much.
    const isTooMuch = verdict.error === 'msg_blocks_too_long';
    const isPlain = call.method === 'chat.update' || call.method === 'chat.postEphemeral';
    const error = isTooMuch && isPlain ? 'msg_too_long' : verdict.error;
    throw new SlackRefusal(error, { response_metadata: { messages }, errors: messages });
  }
  return blocks as readonly Json[];
}

/** Replies go to a root that exists. */
export function threadOf(call: ApiCall, channel: SlackChannel): string | null {
  const threadTs = textOf(call.args, 'thread_ts');
  if (threadTs === undefined) return null;
  const root = call.state.message(channel.id, threadTs);
  if (root === undefined || root.threadTs !== null || root.onlyFor !== null)
    throw new SlackRefusal('cannot_reply_to_message');
  return threadTs;
}

const postMessage: Method = (call) => {
  const channel = speakable(call);
  const { text, blocks } = contentOf(call);
  if ((text ?? '') === '' && (blocks ?? []).length === 0) throw new SlackRefusal('no_text');
  const message = call.state.addMessage(channel.id, {
    user: call.install.botUserId,
    byApp: true,
    text: (text ?? '').slice(0, POST_CUT),
    blocks,
    threadTs: threadOf(call, channel),
    metadata: metadataOf(call.args),
  });
  call.emit.posted(message);
  const cut = (text ?? '').length > POST_CUT;
  return {
    channel: channel.id,
    ts: message.ts,
    message: messageJson(call.state, call.install, message, { metadata: true }),
    ...(cut && { response_metadata: { messages: ['[WARN] message text was truncated'] } }),
  };
};

const update: Method = (call) => {
  const channel = channelOf(call);
  const message = messageOf(call, channel);
  if (!message.byApp) throw new SlackRefusal('cant_update_message');
  const { stream } = message;
  if (stream?.state === 'live' && call.state.clock.now() < stream.endsAt)
    throw new SlackRefusal('streaming_state_conflict');
  const { text, blocks } = contentOf(call);
  if ((text ?? '').length > UPDATE_LIMIT) throw new SlackRefusal('msg_too_long');
  if (text === undefined && blocks === undefined) throw new SlackRefusal('no_text');
  const metadata = metadataOf(call.args);
  const before = messageJson(call.state, call.install, message);
  if (text !== undefined) message.text = text;
  // An edit takes the place of what was streamed.
  message.stream = null;
  // Blocks that are not named stay; an empty list takes them away.
  if (blocks !== undefined) message.blocks = blocks;
  if (metadata !== undefined) message.metadata = metadata;
  message.edited = message.ts;
  message.history.push({ at: call.state.clock.now(), text: message.text });
  call.emit.changed(message, before);
  return {
    channel: channel.id,
    ts: message.ts,
    text: message.text,
    message: messageJson(call.state, call.install, message),
  };
};

const remove: Method = (call) => {
  const channel = channelOf(call);
  const message = messageOf(call, channel);
  if (!message.byApp) throw new SlackRefusal('cant_delete_message');
  const before = messageJson(call.state, call.install, message);
  message.deleted = true;
  call.emit.deleted(message, before);
  return { channel: channel.id, ts: message.ts };
};

const postEphemeral: Method = (call) => {
  const channel = speakable(call);
  const user = required(call, 'user');
  if (!channel.members.has(user)) throw new SlackRefusal('user_not_in_channel');
  const { text, blocks } = contentOf(call);
  if ((text ?? '') === '' && (blocks ?? []).length === 0) throw new SlackRefusal('no_text');
  if ((text ?? '').length > POST_CUT) throw new SlackRefusal('msg_too_long');
  const message = call.state.addMessage(channel.id, {
    user: call.install.botUserId,
    byApp: true,
    text: text ?? '',
    blocks,
    threadTs: threadOf(call, channel),
    onlyFor: user,
  });
  return { message_ts: message.ts };
};

const getPermalink: Method = (call) => {
  const channel = channelOf(call);
  const message = messageOf(call, channel, 'message_ts');
  const digits = message.ts.replace('.', '');
  const thread =
    message.threadTs === null ? '' : `?thread_ts=${message.threadTs}&cid=${channel.id}`;
  return {
    channel: channel.id,
    permalink: `https://fake.slack.com/archives/${channel.id}/p${digits}${thread}`,
  };
};

export const chatMethods: Methods = {
  'chat.postMessage': postMessage,
  'chat.update': update,
  'chat.delete': remove,
  'chat.postEphemeral': postEphemeral,
  'chat.getPermalink': getPermalink,
};
