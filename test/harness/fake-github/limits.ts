/**
 * The secondary rate limits per caller: points a minute (a read costs 1, a write 5), requests that
 * create content per minute and per hour, and how many are open at once. What is refused costs
 * nothing.
 */
import type { Clock } from '../../../src/core/ports/clock.ts';

export interface Limits {
  readonly pointsPerMinute: number;
  readonly contentPerMinute: number;
  readonly contentPerHour: number;
  readonly concurrent: number;
}

/** What GitHub documents. */
export const GITHUB_LIMITS: Limits = {
  pointsPerMinute: 900,
  contentPerMinute: 80,
  contentPerHour: 500,
  concurrent: 100,
};

export interface Cost {
  readonly points: number;
  readonly content: boolean;
}

export interface Refusal {
  readonly limit: keyof Limits;
  readonly retryAfterS: number;
}

export interface Limiter {
  /** Takes its share, or says what it ran into. */
  take(account: string, cost: Cost): Refusal | undefined;
  /** The request is answered. */
  give(account: string): void;
}

interface Spent {
  readonly at: number;
  readonly cost: Cost;
}

const MINUTE = 60_000;
const HOUR = 3_600_000;

export function createLimiter(clock: Clock, limits: Limits): Limiter {
  const spent = new Map<string, Spent[]>();
  const open = new Map<string, number>();

  /** Seconds until `limit` has room for `amount` again; undefined = it has now. */
  const wait = (
    log: readonly Spent[],
    window: number,
    limit: number,
    amount: number,
    weigh: (cost: Cost) => number,
  ): number | undefined => {
    const since = clock.now() - window;
    const inside = log.filter(({ at }) => at > since);
    let sum = inside.reduce((total, { cost }) => total + weigh(cost), 0);
    if (amount === 0 || sum + amount <= limit) return undefined;
    for (const { at, cost } of inside) {
      sum -= weigh(cost);
      if (sum + amount <= limit) return Math.max(1, Math.ceil((at + window - clock.now()) / 1000));
    }
    return Math.ceil(window / 1000);
  };

  return {
    take: (account, cost) => {
      const log = (spent.get(account) ?? []).filter(({ at }) => at > clock.now() - HOUR);
      spent.set(account, log);
      const busy = open.get(account) ?? 0;
      if (busy >= limits.concurrent) return { limit: 'concurrent', retryAfterS: 1 };
      const points = ({ points: weight }: Cost): number => weight;
      const content = (one: Cost): number => (one.content ? 1 : 0);
      const checks = [
        ['pointsPerMinute', MINUTE, cost.points, points],
        ['contentPerMinute', MINUTE, content(cost), content],
        ['contentPerHour', HOUR, content(cost), content],
      ] as const;
      for (const [limit, window, amount, weigh] of checks) {
        const retryAfterS = wait(log, window, limits[limit], amount, weigh);
        if (retryAfterS !== undefined) return { limit, retryAfterS };
      }
      log.push({ at: clock.now(), cost });
      open.set(account, busy + 1);
      return undefined;
    },
    give: (account) => {
      open.set(account, Math.max(0, (open.get(account) ?? 0) - 1));
    },
  };
}
