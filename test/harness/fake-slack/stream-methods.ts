/**
 * Native streaming: a message that grows until it is stopped, by the app, by a person or by its age.
 * While it lives nothing else may edit it; once it ended it is a message like any other.
 */
import { messageOf, metadataOf, speakable, type ApiCall, type Methods } from './api-call.ts';
import { isJson, textOf } from './arguments.ts';
import { checkBlocks } from './blocks.ts';
import { blocksOf, MARKDOWN_LIMIT, threadOf } from './chat-methods.ts';
import { messageJson } from './message-json.ts';
import { SlackRefusal } from './refusal.ts';
import type { Json, SlackMessage, SlackStream } from './state.ts';

const TASK_STATES = new Set(['pending', 'in_progress', 'complete', 'error']);

interface Growth {
  readonly text: string;
  readonly blocks: readonly Json[];
  readonly apply: (stream: SlackStream) => void;
}

function chunkOf(call: ApiCall, chunk: Json): Growth {
  const nothing = { text: '', blocks: [], apply: () => {} };
  switch (chunk.type) {
    case 'markdown_text':
      if (typeof chunk.text !== 'string') throw new SlackRefusal('invalid_chunks');
      return { ...nothing, text: chunk.text };
    case 'plan_update': {
      const { title } = chunk;
      if (typeof title !== 'string') throw new SlackRefusal('invalid_chunks');
      return { ...nothing, apply: (stream) => void (stream.planTitle = title) };
    }
    case 'task_update': {
      const { id, title, status, details = '', output = '' } = chunk;
      if (typeof id !== 'string' || typeof title !== 'string' || !TASK_STATES.has(String(status)))
        throw new SlackRefusal('invalid_chunks');
      const task = {
        title,
        status: String(status),
        details: String(details),
        output: String(output),
      };
      return { ...nothing, apply: (stream) => void stream.tasks.set(id, task) };
    }
    case 'blocks': {
      const verdict = checkBlocks(chunk.blocks, 'message', call.blockLimits);
      if (!verdict.ok) throw new SlackRefusal(verdict.error);
      return { ...nothing, blocks: chunk.blocks as readonly Json[] };
    }
    default:
      throw new SlackRefusal('invalid_chunks');
  }
}

/** What the call adds; checked as a whole before anything is added. */
function growthOf(call: ApiCall): readonly Growth[] {
  const markdown = textOf(call.args, 'markdown_text');
  const { chunks } = call.args;
  if (markdown !== undefined && chunks !== undefined) throw new SlackRefusal('invalid_arguments');
  if (chunks !== undefined && (!Array.isArray(chunks) || !chunks.every(isJson)))
    throw new SlackRefusal('invalid_chunks');
  const growth = Array.isArray(chunks)
    ? chunks.filter(isJson).map((each) => chunkOf(call, each))
    : [];
  if (markdown !== undefined) growth.push({ text: markdown, blocks: [], apply: () => {} });
  const said = growth.reduce((sum, { text }) => sum + text.length, 0);
  if (said > MARKDOWN_LIMIT) throw new SlackRefusal('msg_too_long');
  return growth;
}

function grow(call: ApiCall, message: SlackMessage, growth: readonly Growth[]): void {
  for (const { text, blocks, apply } of growth) {
    message.text += text;
    message.blocks = [...message.blocks, ...blocks];
    if (message.stream !== null) apply(message.stream);
  }
  if (growth.length > 0) message.history.push({ at: call.state.clock.now(), text: message.text });
}

/** The streamed message of the call, if it still lives. */
function live(call: ApiCall): SlackMessage & { readonly stream: SlackStream } {
  const message = messageOf(call, speakable(call));
  const { stream } = message;
  if (!message.byApp) throw new SlackRefusal('message_not_owned_by_app');
  if (stream === null) throw new SlackRefusal('message_not_in_streaming_state');
  if (stream.state === 'live' && call.state.clock.now() >= stream.endsAt) stream.state = 'expired';
  if (stream.state === 'stopped_by_user' && call.method === 'chat.appendStream')
    throw new SlackRefusal('stopped_by_user');
  if (stream.state !== 'live') throw new SlackRefusal('message_not_in_streaming_state');
  return message as SlackMessage & { readonly stream: SlackStream };
}

export interface StreamOptions {
  /** (?) 5 minutes by user reports. */
  readonly lifeMs: number;
  readonly setStatus: (channel: string, threadTs: string, status: string) => void;
}

export function streamMethods({ lifeMs, setStatus }: StreamOptions): Methods {
  return {
    'chat.startStream': (call) => {
      const channel = speakable(call);
      const recipient = textOf(call.args, 'recipient_user_id') ?? null;
      if (channel.kind !== 'im') {
        if (recipient === null) throw new SlackRefusal('missing_recipient_user_id');
        if (textOf(call.args, 'recipient_team_id') === undefined)
          throw new SlackRefusal('missing_recipient_team_id');
      }
      if (recipient !== null && !call.state.users.has(recipient))
        throw new SlackRefusal('user_not_found');
      const growth = growthOf(call);
      const endsAt = call.state.clock.now() + lifeMs;
      const message = call.state.addMessage(channel.id, {
        user: call.install.botUserId,
        byApp: true,
        text: '',
        threadTs: threadOf(call, channel),
        metadata: metadataOf(call.args),
        stream: { state: 'live', endsAt, recipient, planTitle: null, tasks: new Map() },
      });
      grow(call, message, growth);
      call.emit.posted(message);
      return { channel: channel.id, ts: message.ts };
    },
    'chat.appendStream': (call) => {
      const message = live(call);
      const growth = growthOf(call);
      if (growth.length === 0) throw new SlackRefusal('no_text');
      grow(call, message, growth);
      return { channel: message.channel, ts: message.ts };
    },
    'chat.stopStream': (call) => {
      const message = live(call);
      const growth = growthOf(call);
      const blocks = blocksOf(call);
      const before = messageJson(call.state, call.install, message);
      grow(call, message, growth);
      if (blocks !== undefined) message.blocks = [...message.blocks, ...blocks];
      message.metadata = metadataOf(call.args) ?? message.metadata;
      message.stream.state = 'ended';
      const status = textOf(call.args, 'session_status');
      if (status !== undefined) setStatus(message.channel, message.threadTs ?? message.ts, status);
      call.emit.changed(message, before);
      return {
        channel: message.channel,
        ts: message.ts,
        message: messageJson(call.state, call.install, message),
      };
    },
  };
}
