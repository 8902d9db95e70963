/**
 * A budget for limits that count calls of the last minute or hour (GitHub's): all of them may be made
 * at once, and each comes back when its time has passed. What can wait may only take a part, so that
 * ends and permission requests find the rest. Throttled: half as many, and none before the surface
 * wants us back; quiet: it widens again.
 */
import { PRIORITY, type Priority } from '../model/message.ts';
import type { Clock } from '../ports/clock.ts';
import type { WindowBudget } from '../ports/surface.ts';
import type { Budget } from './budget.ts';

const WIDEN_SHARE_A_MINUTE = 0.2;
const NARROWEST_SHARE = 1 / 16;
const LONGEST_PAUSE_MS = 15 * 60_000;

/** Share of the window that a priority leaves for those before it. */
const LEAVES: Readonly<Record<Priority, number>> = {
  [PRIORITY.permission]: 0,
  [PRIORITY.final]: 0.05,
  [PRIORITY.state]: 0.4,
  [PRIORITY.progress]: 0.7,
};

export function createWindow({ most, withinMs }: WindowBudget, clock: Clock): Budget {
  /** Times of the calls that still count, ascending. */
  let taken: number[] = [];
  let narrowed = most;
  let narrowedAt = 0;
  let pausedUntil = 0;

  const size = (): number => {
    const minutes = Math.max(0, clock.now() - narrowedAt) / 60_000;
    return Math.min(most, narrowed + minutes * WIDEN_SHARE_A_MINUTE * most);
  };
  const count = (): number => {
    const since = clock.now() - withinMs;
    const gone = taken.findIndex((at) => at > since);
    if (gone !== 0) taken = gone === -1 ? [] : taken.slice(gone);
    return taken.length;
  };

  return {
    wait: (priority) => {
      const now = clock.now();
      const allowed = Math.max(1, Math.floor(size() * (1 - LEAVES[priority])));
      const inTheWay = count() - allowed;
      const free = inTheWay < 0 ? now : (taken[inTheWay] ?? now) + withinMs;
      return Math.max(0, pausedUntil - now, free - now);
    },
    take: () => void taken.push(clock.now()),
    giveBack: () => void taken.pop(),
    throttled: (retryAfterMs) => {
      const now = clock.now();
      // Calls that were under way together are throttled together: that is one lesson, not many.
      if (now >= pausedUntil) narrowed = Math.max(most * NARROWEST_SHARE, size() / 2);
      pausedUntil = Math.max(
        pausedUntil,
        now + Math.min(LONGEST_PAUSE_MS, Math.max(0, retryAfterMs)),
      );
      narrowedAt = pausedUntil;
    },
    perMinute: () => (size() * 60_000) / withinMs,
  };
}
