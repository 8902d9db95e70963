/** Finds a message of ours in its thread by the key in its metadata. */
import { z } from 'zod';
import type { SendResult } from '../../core/ports/surface.ts';
import type { Place } from '../address.ts';
import { codeOf, sendFailureOf } from './failures.ts';
import type { Workspaces } from './workspaces.ts';

export const METADATA_TYPE = 'threadcast_message';

const PAGE = 200;
const MOST_PAGES = 20;

const pageSchema = z.object({
  messages: z.array(
    z.looseObject({
      ts: z.string(),
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
): Promise<SendResult<string | null>> {
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
    const found = page.messages.find(
      ({ metadata }) =>
        metadata?.event_type === METADATA_TYPE && metadata.event_payload?.key === key,
    );
    if (found !== undefined) return { ok: true, value: found.ts };
    cursor = page.response_metadata?.next_cursor ?? '';
    if (cursor === '') return { ok: true, value: null };
  }
  return { ok: false, failure: { kind: 'refused', message: 'The thread is too long to search.' } };
}
