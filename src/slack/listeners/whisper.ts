/** A few words that only one person sees. They can vanish: never the only copy of anything. */
import type { Place } from '../address.ts';
import { toMrkdwn } from '../renderers/mrkdwn.ts';
import type { ListenerDeps } from './deps.ts';

/** Never fails; what could not be said is logged. `thread` empty: at the channel's end. */
export async function whisper(
  { workspaces, logger }: Pick<ListenerDeps, 'workspaces' | 'logger'>,
  { team, channel, thread }: Place,
  user: string,
  text: string,
): Promise<void> {
  const answer = await workspaces.call(team, 'chat.postEphemeral', {
    channel,
    user,
    text: toMrkdwn(text),
    ...(thread === '' ? {} : { thread_ts: thread }),
  });
  if (!answer.ok) logger.warn({ failure: answer.failure, channel }, 'a person could not be told');
}
