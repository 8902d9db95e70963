/** `reaction_added`: 🛑 on any message of a session's thread stops its turn. */
import { z } from 'zod';
import { refOf, type Place } from '../address.ts';
import { appErrorOf } from '../client/failures.ts';
import type { reactionSchema } from '../payloads.ts';
import type { ListenerDeps, Source } from './deps.ts';
import { stopTurn } from './stop-turn.ts';

const STOP: ReadonlySet<string> = new Set(['octagonal_sign', 'stop_sign']);

const repliesSchema = z.object({
  messages: z.array(z.looseObject({ ts: z.string(), thread_ts: z.string().optional() })),
});

export async function onReacted(
  deps: ListenerDeps,
  { team }: Source,
  { reaction, user, item }: z.infer<typeof reactionSchema>,
): Promise<void> {
  if (!STOP.has(reaction.replace(/::.*$/, ''))) return;
  const { botUserId } = await deps.workspaces.of(team);
  if (user === botUserId) return;
  const place = await threadOf(deps, { team, channel: item.channel, thread: item.ts });
  if (place === undefined) return;
  await stopTurn(deps, place, user);
}

/** The thread of a message: the event names only the message. */
async function threadOf(deps: ListenerDeps, message: Place): Promise<Place | undefined> {
  if ((await deps.threads.find(refOf(message))) !== undefined) return message;
  const { team, channel, thread: ts } = message;
  const answer = await deps.workspaces.call(team, 'conversations.replies', {
    channel,
    ts,
    limit: 1,
  });
  if (!answer.ok) {
    // A stop must not be lost because Slack had no time.
    if (answer.failure.kind !== 'said') throw appErrorOf('conversations.replies', answer.failure);
    deps.logger.info({ failure: answer.failure }, 'the message of a reaction was not found');
    return undefined;
  }
  const [found] = repliesSchema.parse(answer.data).messages;
  return found === undefined ? undefined : { team, channel, thread: found.thread_ts ?? found.ts };
}
