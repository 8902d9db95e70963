/**
 * A clock whose hands tests turn. Timers run in the order of their time, and of their making among
 * equals; between two of them promises get to settle, so code under test sees time pass as it
 * would in life, without a test that waits.
 */
import type { Clock } from '../../src/core/ports/clock.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly fn: () => void;
}

export interface ManualClock extends Clock {
  /** Lets `ms` pass: runs what is due in order, promises settling in between and at the end. */
  advance(ms: number): Promise<void>;
  /** Lets time pass in steps until `done` holds; rejects when it does not within `withinMs`. */
  until(done: () => boolean | Promise<boolean>, withinMs?: number, stepMs?: number): Promise<void>;
  /** Time of the next timer. */
  nextAt(): number | undefined;
  /** Timers that wait: none may be left when the thing under test has stopped. */
  timers(): number;
}

/** 2026-01-01T00:00:00Z, so that shown times read well in snapshots. */
export const MANUAL_EPOCH = Date.UTC(2026, 0, 1);

/** Digests (ids are made of them) and signatures are computed on another thread; not back yet. */
const digests = new Set<Promise<unknown>>();
const { subtle } = crypto;
const digest = subtle.digest.bind(subtle);
const sign = subtle.sign.bind(subtle);
const tracked = <T>(work: Promise<T>): Promise<T> => {
  digests.add(work);
  const forget = (): unknown => digests.delete(work);
  work.then(forget, forget);
  return work;
};
subtle.digest = (...of) => tracked(digest(...of));
subtle.sign = (...of) => tracked(sign(...of));

/**
 * Lets promises settle: a few turns of the event loop, and again after each digest that comes back,
 * however busy the machine is. Files and sockets are not waited for: use `until`.
 */
export async function settle(turns = 3): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
  if (digests.size === 0) return;
  await Promise.allSettled(digests);
  await settle(turns);
}

export function createManualClock(start: number = MANUAL_EPOCH): ManualClock {
  let now = start;
  let made = 0;
  const waiting = new Set<Timer>();

  const earliest = (): Timer | undefined => {
    let first: Timer | undefined;
    for (const timer of waiting) {
      const sooner =
        first === undefined ||
        timer.at < first.at ||
        (timer.at === first.at && timer.order < first.order);
      if (sooner) first = timer;
    }
    return first;
  };

  const advance = async (ms: number): Promise<void> => {
    const end = now + ms;
    await settle();
    for (;;) {
      const next = earliest();
      if (next === undefined || next.at > end) break;
      now = Math.max(now, next.at);
      waiting.delete(next);
      next.fn();
      await settle();
    }
    now = end;
    await settle();
  };

  return {
    now: () => now,
    after: (ms, fn) => {
      const timer: Timer = { at: now + Math.max(0, ms), order: made, fn };
      made += 1;
      waiting.add(timer);
      return () => {
        waiting.delete(timer);
      };
    },
    advance,
    until: async (done, withinMs = 60_000, stepMs = 50) => {
      const end = now + withinMs;
      await settle();
      while (!(await done())) {
        if (now >= end) throw new Error(`not so within ${withinMs} ms of the manual clock`);
        await advance(Math.min(stepMs, end - now));
      }
    },
    nextAt: () => earliest()?.at,
    timers: () => waiting.size,
  };
}
