/**
 * What reading for prompts may cost an account of a platform. A storm of mentions must not spend the
 * calls that answers and permission requests need: reading gets a share, first come, first served,
 * and who comes too early is told when to come again.
 */
import { AppError } from '../model/errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { OutboundBudget } from '../ports/surface.ts';

export interface Pace {
  /**
   * Throws AppError `unavailable` with `retryAfterMs` while it is not the turn of `cause`; its place
   * in line is kept for it. `reads`: calls that it is about to make.
   */
  takeTurn(account: string, cause: string, reads: number): void;
}

/** A place in line that nobody came back for: its cause was given up. */
const KEPT_MS = 30 * 60_000;

export function createPace({ burst, perMinute }: OutboundBudget, clock: Clock): Pace {
  const intervalMs = 60_000 / perMinute;
  /** When the line in front of an account will be empty. */
  const emptyAt = new Map<string, number>();
  const places = new Map<string, number>();
  return {
    takeTurn: (account, cause, reads) => {
      const now = clock.now();
      const place = JSON.stringify([account, cause]);
      let due = places.get(place);
      if (due === undefined) {
        const from = Math.max(emptyAt.get(account) ?? 0, now);
        emptyAt.set(account, from + reads * intervalMs);
        due = from - (burst - 1) * intervalMs;
      }
      if (due <= now) {
        places.delete(place);
        return;
      }
      for (const [other, at] of places) if (now - at > KEPT_MS) places.delete(other);
      places.set(place, due);
      throw new AppError('unavailable', 'Many came at once, and what they need is read in turn.', {
        details: { retryAfterMs: Math.ceil(due - now) },
      });
    },
  };
}
