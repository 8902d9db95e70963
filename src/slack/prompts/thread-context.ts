/** What was said on the thread that the agent has not heard. */
import { z } from 'zod';
import type { Place } from '../address.ts';
import { appErrorOf } from '../client/failures.ts';
import type { Workspace } from '../client/workspaces.ts';
import { messageSchema, type SlackMessage } from './quotes.ts';

const PAGE = 200;
const MOST_PAGES = 5;

const pageSchema = z.object({
  messages: z.array(messageSchema),
  has_more: z.boolean().optional(),
  response_metadata: z.object({ next_cursor: z.string().optional() }).optional(),
});

interface ThreadRange {
  readonly after?: string | undefined;
  readonly before: string;
  /** Only what was said after our own newest message, too. */
  readonly sinceAnswer: boolean;
}

/**
 * Messages of others between two of the thread, oldest first; without `after` from its root. The
 * thread's pages come oldest first: of a very long one the newest are not reached, which `isCut`
 * says. Rejects with AppError `unavailable` to try again.
 */
export async function readThread(
  { call, botUserId, botId }: Workspace,
  { channel, thread }: Place,
  range: ThreadRange,
): Promise<{ readonly messages: readonly SlackMessage[]; readonly isCut: boolean }> {
  const { after = '0', before, sinceAnswer } = range;
  const read: SlackMessage[] = [];
  let cursor = '';
  let pages = 0;
  do {
    const args = { channel, ts: thread, limit: PAGE, oldest: after, latest: before };
    const answer = await call('conversations.replies', cursor === '' ? args : { ...args, cursor });
    if (!answer.ok) {
      // Without the permission to read there is no context, and the question is answered all the same.
      if (answer.failure.kind === 'said') break;
      throw appErrorOf('conversations.replies', answer.failure);
    }
    const page = pageSchema.parse(answer.data);
    read.push(...page.messages);
    cursor = page.response_metadata?.next_cursor ?? '';
    pages += 1;
  } while (cursor !== '' && pages < MOST_PAGES);
  const isOwn = ({ bot_id, user }: SlackMessage): boolean =>
    user === botUserId || (bot_id !== undefined && bot_id === botId);
  const answered = sinceAnswer ? read.filter(isOwn).at(-1)?.ts : undefined;
  const from = answered !== undefined && answered > after ? answered : after;
  const messages = read.filter(
    (each) => each.ts > from && each.ts < before && !isOwn(each) && !isAside(each.text ?? ''),
  );
  return { messages, isCut: cursor !== '' };
}

/** Not meant for the agent. */
export const isAside = (text: string): boolean => /^\s*\(aside\)/i.test(text);
