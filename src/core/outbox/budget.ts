/**
 * The outbound budget of one account: a token bucket that learns. Throttled: the rate is halved and
 * nothing is sent before the surface wants us back. Quiet: it widens again, up to where it started.
 *
 * Part of the burst is kept for what cannot wait, so that a permission request finds a token even
 * when a hundred threads report progress.
 */
import { PRIORITY, type Priority } from '../model/message.ts';
import type { Clock } from '../ports/clock.ts';
import type { OutboundBudget } from '../ports/surface.ts';

export interface Budget {
  /** Milliseconds until a call of this priority may be made; 0 = now. */
  wait(priority: Priority): number;
  /** One call is made. May overdraw: the debt is paid by waiting. */
  take(): void;
  /** A call that was taken turned out not to be needed. */
  giveBack(): void;
  throttled(retryAfterMs: number): void;
  /** Calls regained a minute at present. */
  perMinute(): number;
}

const WIDEN_EVERY_MS = 30_000;
const WIDEN_SHARE = 0.1;
const NARROWEST_SHARE = 1 / 16;
/** Longest pause that one throttled answer can cause: a broken header must not stop an account. */
const LONGEST_PAUSE_MS = 15 * 60_000;
const EPSILON = 1e-9;

/** Share of the burst that a priority leaves for those before it. */
const RESERVE: Readonly<Record<Priority, number>> = {
  [PRIORITY.permission]: 0,
  [PRIORITY.final]: 0,
  [PRIORITY.state]: 0.2,
  [PRIORITY.progress]: 0.4,
};

export function createBudget(start: OutboundBudget, clock: Clock): Budget {
  let tokens = start.burst;
  let rate = start.perMinute;
  let countedAt = clock.now();
  let quietSince = clock.now();
  let pausedUntil = 0;

  const count = (): void => {
    const now = clock.now();
    const steps = Math.floor((now - quietSince) / WIDEN_EVERY_MS);
    if (steps > 0) {
      rate = Math.min(start.perMinute, rate + steps * WIDEN_SHARE * start.perMinute);
      quietSince += steps * WIDEN_EVERY_MS;
    }
    const from = Math.max(countedAt, Math.min(pausedUntil, now));
    tokens = Math.min(start.burst, tokens + ((now - from) * rate) / 60_000);
    countedAt = now;
  };

  return {
    wait: (priority) => {
      count();
      const need = 1 + Math.floor(start.burst * RESERVE[priority]);
      const paused = Math.max(0, pausedUntil - clock.now());
      if (tokens >= need - EPSILON) return paused;
      return paused + Math.max(1, Math.ceil(((need - tokens) * 60_000) / rate));
    },
    take: () => {
      count();
      tokens -= 1;
    },
    giveBack: () => {
      tokens = Math.min(start.burst, tokens + 1);
    },
    throttled: (retryAfterMs) => {
      count();
      const now = clock.now();
      // Calls that were under way together are throttled together: that is one lesson, not many.
      if (now >= pausedUntil) rate = Math.max(start.perMinute * NARROWEST_SHARE, rate / 2);
      const pause = Math.min(LONGEST_PAUSE_MS, Math.max(0, retryAfterMs));
      pausedUntil = Math.max(pausedUntil, now + pause);
      quietSince = pausedUntil;
      tokens = Math.min(tokens, 1);
    },
    perMinute: () => {
      count();
      return rate;
    },
  };
}
