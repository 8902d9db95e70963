/**
 * Where a thread cannot be written to any more (archived, left, forbidden), who asked is told in a
 * conversation of their own: without a word they would wait for nothing.
 */
import type { Clock } from '../../core/ports/clock.ts';
import type { Logger } from '../../core/ports/logger.ts';
import { isDirect, type Place } from '../address.ts';
import type { CallFailure } from './calls.ts';
import { codeOf, sendFailureOf } from './failures.ts';
import type { Workspaces } from './workspaces.ts';

/** These speak of the channel; of the workspace nobody could be told anywhere. */
const OF_THE_CHANNEL: ReadonlySet<string> = new Set([
  'channel_not_found',
  'is_archived',
  'not_in_channel',
  'restricted_action',
  'restricted_action_read_only_channel',
  'restricted_action_thread_only_channel',
  'restricted_action_thread_locked',
  'cannot_reply_to_message',
  'thread_not_found',
]);

const QUIET_MS = 3_600_000;

/** Best effort, once an hour for a person and thread; never rejects. `asker`: id of a user of its team. */
export type TellElsewhere = (place: Place, asker: string, failure: CallFailure) => Promise<void>;

export function createTellElsewhere(deps: {
  readonly workspaces: Pick<Workspaces, 'call'>;
  readonly clock: Clock;
  readonly logger: Logger;
}): TellElsewhere {
  const { workspaces, clock, logger } = deps;
  const toldAt = new Map<string, number>();
  return async (place, asker, failure) => {
    if (!OF_THE_CHANNEL.has(codeOf(failure)) || isDirect(place.channel)) return;
    const now = clock.now();
    for (const [key, at] of toldAt) if (now - at >= QUIET_MS) toldAt.delete(key);
    const key = JSON.stringify([place, asker]);
    if (toldAt.has(key)) return;
    toldAt.set(key, now);
    const why = sendFailureOf(failure);
    const reason = 'message' in why ? why.message : '';
    const text = `I cannot answer you in <#${place.channel}>. ${reason} What you asked runs all the same: my Home tab shows it, and stops it.`;
    const args = { channel: asker, text };
    const answer = await workspaces.call(place.team, 'chat.postMessage', args);
    if (!answer.ok) logger.warn({ failure: answer.failure }, 'a person could not be told');
  };
}
