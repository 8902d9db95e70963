/** A few words that only one person sees. They can vanish: never the only copy of anything. */
import { sleep } from '../../core/ports/clock.ts';
import type { Place } from '../address.ts';
import { codeOf } from '../client/failures.ts';
import { toMrkdwn } from '../renderers/mrkdwn.ts';
import type { ListenerDeps } from './deps.ts';

/** Where we are no member nobody can be told, except in a conversation of their own. */
const NOT_THERE: ReadonlySet<string> = new Set([
  'not_in_channel',
  'channel_not_found',
  'user_not_in_channel',
  'is_archived',
]);

/** Who asked is still there after so long. */
const LONGEST_WAIT_MS = 10_000;

/** Never fails; what could not be said is logged. `thread` empty: at the channel's end. */
export async function whisper(
  { workspaces, logger, clock }: Pick<ListenerDeps, 'workspaces' | 'logger' | 'clock'>,
  { team, channel, thread }: Place,
  user: string,
  words: string,
): Promise<void> {
  const text = toMrkdwn(words);
  const args = { channel, user, text, ...(thread === '' ? {} : { thread_ts: thread }) };
  let answer = await workspaces.call(team, 'chat.postEphemeral', args);
  const wait = !answer.ok && answer.failure.kind === 'throttled' ? answer.failure.retryAfterMs : 0;
  if (wait > 0 && wait <= LONGEST_WAIT_MS) {
    await sleep(clock, wait);
    answer = await workspaces.call(team, 'chat.postEphemeral', args);
  }
  if (!answer.ok && NOT_THERE.has(codeOf(answer.failure))) {
    const about = `In <#${channel}>: ${text}`;
    answer = await workspaces.call(team, 'chat.postMessage', { channel: user, text: about });
  }
  if (!answer.ok) logger.warn({ failure: answer.failure, channel }, 'a person could not be told');
}
