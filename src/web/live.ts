/**
 * What every live page does, as server-sent events. Level-triggered: a wake-up only says "look",
 * then what differs from what this reader was sent is sent. A slow reader holds back only itself.
 *
 *   event: region   {id, html}            the whole element; the page morphs it
 *
 * and whatever else the page's own work sends. After a reconnect things are sent again; that is
 * harmless.
 */
import type { SSEStreamingApi } from 'hono/streaming';
import type { Clock } from '../core/ports/clock.ts';
import type { Logger } from '../core/ports/logger.ts';
import type { WakeBus, WakeTopic } from '../core/ports/wake-bus.ts';
import { createPulse, type Pulse } from './pulse.ts';

const HEARTBEAT_MS = 15_000;
/** After which a browser connects again. */
const RETRY_MS = 1_000;
/** For what stands around the messages. */
export const REGION_INTERVAL_MS = 300;

export interface LiveDeps {
  readonly wakeBus: WakeBus;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One part of a page that is kept up to date. */
export interface LiveWork {
  /** Sends what has changed. Never runs twice at the same time. */
  readonly run: () => Promise<void>;
  /** Shortest time between two starts; asked before each. */
  readonly intervalMs: () => number;
  /** Which wake-ups are about it; without an id, all of the topic. */
  readonly wakes: readonly { readonly topic: WakeTopic; readonly id?: string }[];
}

/** Resolves when the reader is gone. */
export function runLive(
  { wakeBus, clock, logger }: LiveDeps,
  sse: SSEStreamingApi,
  works: readonly LiveWork[],
): Promise<void> {
  return new Promise((resolve) => {
    const endings: (() => void)[] = [];
    const end = (): void => {
      for (const ending of endings.splice(0)) ending();
      resolve();
    };
    const failed = (error: unknown): void => {
      // The page connects again by itself, and gets what it missed.
      logger.warn({ err: error }, 'A live page was disconnected');
      end();
    };
    const pulse = (intervalMs: () => number, run: () => Promise<void>): Pulse => {
      const made = createPulse(clock, intervalMs, run, failed);
      endings.push(() => made.stop());
      return made;
    };
    const pulses = works.map(({ intervalMs, run, wakes }) => {
      const made = pulse(intervalMs, run);
      for (const { topic, id } of wakes) {
        endings.push(
          wakeBus.subscribe(topic, (woken) => {
            if (id === undefined || id === woken) made.poke();
          }),
        );
      }
      return made;
    });
    // A wake-up is a hint that may be lost: look without one as well.
    const heartbeat = pulse(
      () => HEARTBEAT_MS,
      async () => {
        await sse.write(`retry: ${RETRY_MS}\n: heartbeat\n\n`);
        for (const each of pulses) each.poke();
        heartbeat.poke();
      },
    );
    sse.onAbort(end);
    heartbeat.poke();
  });
}

/** Sends a region when it reads otherwise than last time. */
export function createRegions(sse: SSEStreamingApi): (id: string, html: string) => Promise<void> {
  const sent = new Map<string, string>();
  return async (id, html) => {
    if (sent.get(id) === html) return;
    sent.set(id, html);
    await sse.writeSSE({ event: 'region', data: JSON.stringify({ id, html }) });
  };
}
