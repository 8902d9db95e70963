/**
 * Posts and edits messages. What Slack finds wrong with one is answered by a plainer one: without
 * blocks, then shorter; a message that says less is better than none.
 */
import type { Place } from '../address.ts';
import { cut, type SlackBody } from '../renderers/body.ts';
import type { CallResult } from './calls.ts';
import { BAD_BLOCKS, codeOf, TOO_LONG } from './failures.ts';
import { METADATA_TYPE } from './find.ts';
import type { Streams } from './streams.ts';
import type { Workspaces } from './workspaces.ts';

export interface Messages {
  post(place: Place, key: string, body: SlackBody): Promise<CallResult>;
  update(place: Place, ts: string, key: string | undefined, body: SlackBody): Promise<CallResult>;
}

/** Of a message that was too long without blocks, too. */
const SHORT_LIMIT = 3_000;

export function createMessages({
  workspaces,
  streams,
}: {
  readonly workspaces: Workspaces;
  readonly streams: Pick<Streams, 'end'>;
}): Messages {
  const write = async (
    team: string,
    method: 'chat.postMessage' | 'chat.update',
    args: Readonly<Record<string, unknown>>,
    { text, blocks }: SlackBody,
  ): Promise<CallResult> => {
    // Always given: an edit without them would keep the old ones.
    const whole = await workspaces.call(team, method, { ...args, text, blocks });
    if (whole.ok) return whole;
    const code = codeOf(whole.failure);
    if (!BAD_BLOCKS.has(code) && !TOO_LONG.has(code)) return whole;
    const plain = await workspaces.call(team, method, { ...args, text, blocks: [] });
    if (plain.ok || !TOO_LONG.has(codeOf(plain.failure))) return plain;
    const short = cut(text, SHORT_LIMIT);
    return workspaces.call(team, method, { ...args, text: short, blocks: [] });
  };

  return {
    post({ team, channel, thread }, key, body) {
      const quiet = { unfurl_links: false, unfurl_media: false };
      const args = { channel, thread_ts: thread, metadata: metadataOf(key), ...quiet };
      return write(team, 'chat.postMessage', args, body);
    },
    async update(place, ts, key, body) {
      const { team, channel } = place;
      const metadata = key === undefined ? {} : { metadata: metadataOf(key) };
      const args = { channel, ts, ...metadata };
      const first = await write(team, 'chat.update', args, body);
      if (first.ok || codeOf(first.failure) !== 'streaming_state_conflict') return first;
      // A stream of ours from before a restart: ended, it can be edited.
      await streams.end(place, ts);
      return write(team, 'chat.update', args, body);
    },
  };
}

const metadataOf = (key: string) => ({ event_type: METADATA_TYPE, event_payload: { key } });
