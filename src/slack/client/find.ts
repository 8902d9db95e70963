/**
 * Finds a message of ours in its thread by the key in its metadata. A stream has none until it is
 * edited for the first time: one whose beginning was never heard of is taken away, so that the
 * message can be posted anew and is there once.
 */
import { z } from 'zod';
import type { SendResult } from '../../core/ports/surface.ts';
import { isDirect, type Place } from '../address.ts';
import { codeOf, sendFailureOf } from './failures.ts';
import type { Workspaces } from './workspaces.ts';

export const METADATA_TYPE = 'threadcast_message';

const PAGE = 200;
const MOST_PAGES = 20;

const pageSchema = z.object({
  messages: z.array(
    z.looseObject({
      ts: z.string(),
      bot_id: z.string().optional(),
      metadata: z
        .looseObject({
          event_type: z.string(),
          event_payload: z.looseObject({ key: z.string().optional() }).optional(),
        })
        .optional(),
    }),
  ),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
});

/** Null when there is certainly none. */
export async function findByKey(
  workspaces: Workspaces,
  { team, channel, thread }: Place,
  key: string,
  isLive: (ts: string) => boolean,
): Promise<SendResult<string | null>> {
  const orphans: string[] = [];
  const { botId } = await workspaces.of(team);
  let cursor = '';
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const answer = await workspaces.call(team, 'conversations.replies', {
      channel,
      ts: thread,
      include_all_metadata: true,
      limit: PAGE,
      ...(cursor === '' ? {} : { cursor }),
    });
    if (!answer.ok) {
      if (codeOf(answer.failure) === 'thread_not_found') return { ok: true, value: null };
      return { ok: false, failure: sendFailureOf(answer.failure) };
    }
    const page = pageSchema.parse(answer.data);
    // Any app may write such metadata: a message of another one is never taken for ours.
    const own = page.messages.filter(({ bot_id }) => bot_id !== undefined && bot_id === botId);
    const found = own.find(
      ({ metadata }) =>
        metadata?.event_type === METADATA_TYPE && metadata.event_payload?.key === key,
    );
    if (found !== undefined) return { ok: true, value: found.ts };
    const bare = own.filter(({ ts, metadata }) => metadata === undefined && !isLive(ts));
    orphans.push(...bare.map(({ ts }) => ts));
    cursor = page.response_metadata?.next_cursor ?? '';
    if (cursor === '') return removed(workspaces, { team, channel }, orphans);
  }
  return { ok: false, failure: { kind: 'refused', message: 'The thread is too long to search.' } };
}

/** Only direct messages are streamed. One that is known after all is posted anew by its owner. */
async function removed(
  workspaces: Workspaces,
  { team, channel }: Pick<Place, 'team' | 'channel'>,
  orphans: readonly string[],
): Promise<SendResult<null>> {
  if (!isDirect(channel)) return { ok: true, value: null };
  for (const ts of orphans) {
    await workspaces.call(team, 'chat.stopStream', { channel, ts });
    const answer = await workspaces.call(team, 'chat.delete', { channel, ts });
    if (!answer.ok && codeOf(answer.failure) !== 'message_not_found') {
      return { ok: false, failure: sendFailureOf(answer.failure) };
    }
  }
  return { ok: true, value: null };
}
