/**
 * Which message asked for a turn. Remembered while the process lives; afterwards found again on the
 * thread, because a prompt's id comes from its message's.
 */
import { z } from 'zod';
import { keepNewest } from '../core/platforms/keep-newest.ts';
import { promptIdOfDelivery } from '../core/inbound/context.ts';
import { messageId, SURFACE, type Place } from './address.ts';
import { appErrorOf } from './client/failures.ts';
import type { Workspaces } from './client/workspaces.ts';

export interface Triggers {
  remember(deliveryId: string, ts: string): Promise<void>;
  /**
   * Timestamp of the message; null when the turn came from elsewhere, or its message is gone.
   * `since`: when the prompt was queued. Rejects with AppError `unavailable` to try again.
   */
  find(place: Place, promptId: string, since: number): Promise<string | null>;
}

const KEPT = 10_000;
/** Between a message and its prompt: delays of deliveries, and clocks that differ. */
const BEFORE_MS = 600_000;

const repliesSchema = z.object({
  messages: z.array(
    z.looseObject({ ts: z.string(), edited: z.looseObject({ ts: z.string() }).optional() }),
  ),
});

/** What an edited message is known by. */
export const editId = (original: string, editedAt: string): string =>
  `${original}/edited/${editedAt}`;

export function createTriggers({
  workspaces,
}: {
  readonly workspaces: Pick<Workspaces, 'call'>;
}): Triggers {
  const known = new Map<string, string>();

  const search = async (place: Place, promptId: string, since: number): Promise<string | null> => {
    const { team, channel, thread } = place;
    const oldest = String(Math.max(0, (since - BEFORE_MS) / 1000));
    const args = { channel, ts: thread, oldest, inclusive: true, limit: 200 };
    const answer = await workspaces.call(team, 'conversations.replies', args);
    if (!answer.ok) {
      if (answer.failure.kind === 'said') return null;
      throw appErrorOf('conversations.replies', answer.failure);
    }
    const { messages } = repliesSchema.parse(answer.data);
    const candidates = [{ ts: thread, edited: undefined }, ...messages];
    for (const { ts, edited } of candidates) {
      const original = messageId(place, ts);
      const ids = edited === undefined ? [original] : [original, editId(original, edited.ts)];
      for (const id of ids) if ((await promptIdOfDelivery(SURFACE, id)) === promptId) return ts;
    }
    return null;
  };

  return {
    async remember(deliveryId, ts) {
      keepNewest(known, await promptIdOfDelivery(SURFACE, deliveryId), ts, KEPT);
    },
    find: async (place, promptId, since) =>
      known.get(promptId) ?? (await search(place, promptId, since)),
  };
}
