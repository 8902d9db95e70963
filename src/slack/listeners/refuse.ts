/** Somebody is told that they may not: alone, and at most once an hour in a thread. */
import type { Clock } from '../../core/ports/clock.ts';
import type { Place } from '../address.ts';
import type { ListenerDeps } from './deps.ts';
import { whisper } from './whisper.ts';

/** Of this process: a whisper leaves nothing behind that another one could look at. */
export interface Refused {
  /** True once an hour for the same person in the same thread. */
  isNews(place: Place, user: string): boolean;
}

const HOUR_MS = 3_600_000;

export function createRefused(clock: Clock): Refused {
  const toldAt = new Map<string, number>();
  return {
    isNews: (place, user) => {
      const now = clock.now();
      for (const [key, at] of toldAt) if (now - at >= HOUR_MS) toldAt.delete(key);
      const key = JSON.stringify([place, user]);
      if (toldAt.has(key)) return false;
      toldAt.set(key, now);
      return true;
    },
  };
}

export async function refuse(
  deps: ListenerDeps,
  place: Place,
  user: string,
  reason: string,
): Promise<void> {
  if (deps.refused.isNews(place, user)) await whisper(deps, place, user, reason);
}
