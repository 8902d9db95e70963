/**
 * Reactions on messages of people: 👀 when something was taken, ✅ or ❌ when its turn has ended.
 * Adding one twice is harmless, Slack keeps one of each.
 */
import { z } from 'zod';
import { PRIORITY } from '../../core/model/message.ts';
import type { TurnView } from '../../core/model/transcript.ts';
import { createBudget, type Budget } from '../../core/outbox/budget.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { SendResult } from '../../core/ports/surface.ts';
import type { Place } from '../address.ts';
import type { Triggers } from '../triggers.ts';
import { sendFailureOf } from './failures.ts';
import type { Workspaces } from './workspaces.ts';

const SEEN = 'eyes';

/** What the mirror of a turn carries through the outbox. */
const endSchema = z.object({
  reaction: z.enum(['white_check_mark', 'x']),
  promptId: z.string(),
  since: z.number(),
});

export interface Reactions {
  /** 👀, best effort: false when it could not be added. */
  see(place: Place, ts: string): Promise<boolean>;
  /** Carries out what `endReaction` wrote; without a message to react on it is done, too. */
  end(place: Place, body: string): Promise<SendResult<string>>;
}

export const endReaction = ({ state, promptId, queuedAt }: TurnView): string =>
  JSON.stringify({
    reaction: state === 'done' ? 'white_check_mark' : 'x',
    promptId,
    since: queuedAt,
  } satisfies z.infer<typeof endSchema>);

const MOST_SEEN = 10_000;
/** 👀 must not wait, and leaves most of the method's fifty a minute to ends. */
const SEE_BUDGET = { burst: 10, perMinute: 10 } as const;

export function createReactions(deps: {
  readonly workspaces: Workspaces;
  readonly triggers: Triggers;
  readonly clock: Clock;
}): Reactions {
  const { workspaces, triggers, clock } = deps;
  const budgets = new Map<string, Budget>();
  /** Where we put 👀, to take it away at the end. */
  const seen = new Set<string>();
  const keyOf = ({ team, channel }: Place, ts: string): string => `${team}/${channel}/${ts}`;

  return {
    async see(place, ts) {
      const { team, channel } = place;
      const budget = budgets.get(team) ?? createBudget(SEE_BUDGET, clock);
      budgets.set(team, budget);
      if (budget.wait(PRIORITY.permission) > 0) return false;
      budget.take();
      const args = { channel, timestamp: ts, name: SEEN };
      const answer = await workspaces.call(team, 'reactions.add', args);
      if (answer.ok) seen.add(keyOf(place, ts));
      const [oldest] = seen;
      if (seen.size > MOST_SEEN && oldest !== undefined) seen.delete(oldest);
      return answer.ok;
    },
    async end(place, body) {
      const { team, channel } = place;
      const { reaction, promptId, since } = endSchema.parse(JSON.parse(body));
      const timestamp = await triggers.find(place, promptId, since);
      if (timestamp === null) return { ok: true, value: 'none' };
      const args = { channel, timestamp, name: reaction };
      const answer = await workspaces.call(team, 'reactions.add', args);
      // What Slack says no to (the message is gone, the thread locked) is no harm: the turn's own
      // message says it all the same.
      if (!answer.ok && answer.failure.kind !== 'said') {
        return { ok: false, failure: sendFailureOf(answer.failure) };
      }
      if (seen.delete(keyOf(place, timestamp))) {
        await workspaces.call(team, 'reactions.remove', { channel, timestamp, name: SEEN });
      }
      return { ok: true, value: timestamp };
    },
  };
}
