/**
 * What the agent of a thread has not heard: people talk there with each other, too. Kept in memory
 * only: one process works off Slack's deliveries, whoever received them. A thread that it does not
 * know may have been talked on, so it says "perhaps".
 */
import { createBudget } from '../core/outbox/budget.ts';
import { PRIORITY } from '../core/model/message.ts';
import { keepNewest } from '../core/platforms/keep-newest.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { Place } from './address.ts';

export interface Heard {
  /** This message became a prompt. */
  taken(place: Place, ts: string): void;
  /** Whether it did: Slack tells of a mention twice. */
  isTaken(place: Place, ts: string): boolean;
  /** Something was said that became none. */
  missed(place: Place): void;
  /**
   * What to read before a prompt: everything after this message (empty: we know of none). Undefined:
   * nothing. Guesses are few a minute: reading must not hold up a storm.
   */
  gap(place: Place): string | undefined;
}

const MOST_KEPT = 10_000;
const GUESSES = { burst: 10, perMinute: 10 } as const;

interface Known {
  readonly upTo: string;
  readonly hasMissed: boolean;
}

export function createHeard(clock: Clock): Heard {
  const known = new Map<string, Known>();
  const guesses = createBudget(GUESSES, clock);
  const keyOf = ({ team, channel, thread }: Place): string => `${team}/${channel}/${thread}`;
  const keep = (place: Place, value: Known): void => {
    keepNewest(known, keyOf(place), value, MOST_KEPT);
  };
  return {
    taken: (place, ts) => keep(place, { upTo: ts, hasMissed: false }),
    isTaken: (place, ts) => (known.get(keyOf(place))?.upTo ?? '') >= ts,
    missed: (place) => keep(place, { upTo: known.get(keyOf(place))?.upTo ?? '', hasMissed: true }),
    gap(place) {
      const before = known.get(keyOf(place));
      if (before !== undefined) return before.hasMissed ? before.upTo : undefined;
      if (guesses.wait(PRIORITY.permission) > 0) return undefined;
      guesses.take();
      return '';
    },
  };
}
