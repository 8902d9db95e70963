/**
 * Rate limits: a bucket per method, workspace and app, and one per channel for chat.postMessage.
 * A refused call costs nothing, and says after how many seconds it may come again.
 */
import type { Clock } from '../../../src/core/ports/clock.ts';
import { METHODS, type Tier } from './method-table.ts';

export interface Rate {
  readonly burst: number;
  readonly perMinute: number;
}

export interface RateLimits {
  readonly tiers: Readonly<Record<Tier, Rate>>;
  readonly postPerChannel: Rate;
}

const even = (perMinute: number): Rate => ({ burst: perMinute, perMinute });

export const RATE_LIMITS: RateLimits = {
  tiers: { t1: even(1), t2: even(20), t3: even(50), t4: even(100), t5: even(600) },
  // (?) "about 1 a second, short bursts": how long a burst may be is written nowhere.
  postPerChannel: { burst: 5, perMinute: 60 },
};

export const NO_RATE_LIMITS: RateLimits = {
  tiers: { t1: even(1e9), t2: even(1e9), t3: even(1e9), t4: even(1e9), t5: even(1e9) },
  postPerChannel: even(1e9),
};

export interface Limiter {
  /** Seconds to wait, or undefined when the call may be served. */
  take(method: string, teamId: string, channel: string | undefined): number | undefined;
}

export function createLimiter(clock: Clock, limits: RateLimits): Limiter {
  const buckets = new Map<string, { tokens: number; at: number }>();

  const bucketOf = (key: string, rate: Rate) => {
    const now = clock.now();
    const bucket = buckets.get(key) ?? { tokens: rate.burst, at: now };
    const gained = ((now - bucket.at) * rate.perMinute) / 60_000;
    bucket.tokens = Math.min(rate.burst, bucket.tokens + gained);
    bucket.at = now;
    buckets.set(key, bucket);
    return bucket;
  };

  return {
    take(method, teamId, channel) {
      const needed: [string, Rate][] = [
        [`${teamId} ${method}`, limits.tiers[METHODS[method]?.tier ?? 't3']],
      ];
      if (method === 'chat.postMessage' && channel !== undefined)
        needed.push([`${teamId} ${method} ${channel}`, limits.postPerChannel]);
      const all = needed.map(([key, rate]) => ({ bucket: bucketOf(key, rate), rate }));
      const waits = all.map(({ bucket, rate }) =>
        bucket.tokens >= 1 ? 0 : ((1 - bucket.tokens) * 60) / rate.perMinute,
      );
      const longest = Math.max(...waits);
      if (longest > 0) return Math.max(1, Math.ceil(longest));
      for (const { bucket } of all) bucket.tokens -= 1;
      return undefined;
    },
  };
}
