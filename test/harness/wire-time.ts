/**
 * Simulated time that keeps step with a wire of real sockets: it stands still while a call is on its
 * way, and passes only while each of them waits for the clock in the fake (its latency). So what is
 * measured is the product and the platform's limits, and not how busy this machine is.
 */
import { settle, type ManualClock } from './manual-clock.ts';

export interface WireTime {
  /** Resolves when nothing can happen any more before time passes. */
  quiet(): Promise<void>;
  pass(ms: number): Promise<void>;
  /** Rejects when `done` does not hold within `ms`. */
  until(done: () => boolean, ms: number): Promise<void>;
}

/** Timers this close to each other run together. */
const GRAIN_MS = 20;

/** Watches every call of `fetch`: open it before the program makes its clients. */
export interface Wire {
  /**
   * `held`: calls that the fake keeps waiting for the clock now; `busy`: deliveries of the fake under
   * way.
   */
  time(clock: ManualClock, fake: WaitingFake): WireTime;
  /** Gives back the program's own fetch. */
  close(): void;
}

interface WaitingFake {
  readonly held: () => number;
  readonly busy: () => number;
}

export function watchWire(): Wire {
  const real = globalThis.fetch;
  let underWay = 0;
  globalThis.fetch = async (input, init) => {
    underWay += 1;
    try {
      const response = await real(input, init);
      const { status, statusText, headers } = response;
      const body = await response.arrayBuffer();
      return new Response(status === 204 || status === 304 ? null : body, {
        status,
        statusText,
        headers,
      });
    } finally {
      underWay -= 1;
    }
  };
  return {
    time: (clock, fake) =>
      createWireTime(clock, () => underWay === fake.held() && fake.busy() === 0),
    close: () => {
      globalThis.fetch = real;
    },
  };
}

function createWireTime(clock: ManualClock, isCalm: () => boolean): WireTime {
  const quiet = async (): Promise<void> => {
    for (let calm = 0; calm < 2;) {
      await settle();
      if (isCalm()) calm += 1;
      else {
        calm = 0;
        await new Promise<void>((resolve) => {
          setTimeout(resolve, 0);
        });
      }
    }
  };
  const pass = async (ms: number): Promise<void> => {
    const end = clock.now() + ms;
    await quiet();
    for (let next = clock.nextAt(); next !== undefined && next <= end; next = clock.nextAt()) {
      const at = Math.min(end, Math.ceil(next / GRAIN_MS) * GRAIN_MS);
      await clock.advance(Math.max(0, at - clock.now()));
      await quiet();
    }
    await clock.advance(end - clock.now());
  };
  return {
    quiet,
    pass,
    async until(done, ms) {
      for (let left = ms; !done(); left -= 1_000) {
        if (left <= 0) throw new Error(`not so within ${ms} ms of simulated time`);
        await pass(1_000);
      }
    },
  };
}

/** The same call always takes the same time: 150 to 400 ms, by what it says. */
export function latencyOf(seed: number, call: string): number {
  let hash = seed | 0;
  for (let at = 0; at < call.length; at += 1)
    hash = Math.imul(hash ^ call.charCodeAt(at), 16_777_619);
  return 150 + (((hash ^ (hash >>> 15)) >>> 0) % 251);
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Infinity;
}
