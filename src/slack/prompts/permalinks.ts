/**
 * Links to messages of the same workspace. Invariant: nobody reads through us what they could not
 * read themselves: beside the thread's own channel only public ones count, whose messages every
 * member may read.
 */
import { z } from 'zod';
import type { SlackAccess } from '../options.ts';
import { appErrorOf } from '../client/failures.ts';
import type { Workspace } from '../client/workspaces.ts';
import { messageSchema, type SlackMessage } from './quotes.ts';

export interface Permalink {
  readonly channel: string;
  readonly ts: string;
  /** Root of its thread, when it is a reply. */
  readonly thread: string | undefined;
}

const MOST_LINKS = 3;
const LINK = /(https:\/\/[\w.-]+\/)archives\/([A-Z0-9]+)\/p(\d{10})(\d{6})(?:\?([^|>\s]*))?/g;

/** Those in a text, as Slack writes it or as people type it: the first few, each once. */
export function permalinksIn(text: string, workspaceUrl: string | undefined): readonly Permalink[] {
  const found = new Map<string, Permalink>();
  for (const [, base, channel = '', seconds, micros, query = ''] of text.matchAll(LINK)) {
    if (workspaceUrl !== undefined && base !== workspaceUrl) continue;
    const root = /(?:^|&(?:amp;)?)thread_ts=(\d+\.\d+)/.exec(query)?.[1];
    const ts = `${seconds}.${micros}`;
    found.set(`${channel}/${ts}`, { channel, ts, thread: root === ts ? undefined : root });
  }
  return [...found.values()].slice(0, MOST_LINKS);
}

const channelSchema = z.object({
  channel: z.looseObject({ is_private: z.boolean().optional(), is_im: z.boolean().optional() }),
});
const messagesSchema = z.object({ messages: z.array(messageSchema) });

/** Undefined when it is not for whoever asks in `here`, or not to be found. */
export async function readLinked(
  { call }: Workspace,
  access: Pick<SlackAccess, 'guests'>,
  { channel, ts, thread }: Permalink,
  here: string,
): Promise<SlackMessage | undefined> {
  const read = async (
    method: string,
    args: Readonly<Record<string, unknown>>,
  ): Promise<Readonly<Record<string, unknown>> | undefined> => {
    const answer = await call(method, args);
    if (answer.ok) return answer.data;
    if (answer.failure.kind === 'said') return undefined;
    throw appErrorOf(method, answer.failure);
  };
  if (channel !== here) {
    // A guest sees few public channels, and we do not know which.
    const info = access.guests ? undefined : await read('conversations.info', { channel });
    const known = channelSchema.safeParse(info);
    if (!known.success || known.data.channel.is_private !== false || known.data.channel.is_im) {
      return undefined;
    }
  }
  const range = { channel, oldest: ts, latest: ts, inclusive: true, limit: 2 };
  const page =
    thread === undefined
      ? await read('conversations.history', range)
      : await read('conversations.replies', { ...range, ts: thread });
  const parsed = messagesSchema.safeParse(page);
  return parsed.success ? parsed.data.messages.find((each) => each.ts === ts) : undefined;
}
