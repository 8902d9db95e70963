/**
 * The live stream of a page, as server-sent events. Level-triggered: a wake-up only says "look",
 * then what differs from what this reader was sent is sent. A slow reader holds back only itself.
 *
 *   event: message  {id, ordinal, html}   the whole message; the page inserts or morphs it
 *   event: region   {id, html}            the whole region
 *
 * `id:` is a cursor (the newest `updatedAt` sent). After a reconnect everything from a little before
 * it is sent again; sending twice is harmless.
 */
import { createHash } from 'node:crypto';
import type { SSEStreamingApi } from 'hono/streaming';
import type { Caller } from '../../core/model/actor.ts';
import type { Thread } from '../../core/model/thread.ts';
import type { Clock } from '../../core/ports/clock.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { HostedMessageStore } from '../../core/ports/stores.ts';
import type { WakeBus } from '../../core/ports/wake-bus.ts';
import { createPulse, type Pulse } from '../pulse.ts';
import { renderMessage } from '../renderers/message.ts';
import { renderBadge, renderQueue, renderThreads } from '../renderers/regions.ts';
import type { ThreadReader } from '../thread-reader.ts';

export interface StreamDeps {
  readonly hosted: HostedMessageStore;
  readonly reader: ThreadReader;
  readonly wakeBus: WakeBus;
  readonly clock: Clock;
  readonly logger: Logger;
}

const MESSAGE_INTERVAL_MS = 40;
const REGION_INTERVAL_MS = 300;
const HEARTBEAT_MS = 15_000;
/** Edits that were dated before the cursor but became visible after it. */
const OVERLAP_MS = 5_000;

export interface Reader {
  readonly caller: Caller;
  /** Null on the page that shows only the list. */
  readonly thread: Thread | null;
  /** Cursor: what the page has already. */
  readonly after: number;
}

/** Resolves when the reader is gone. */
export function runStream(deps: StreamDeps, sse: SSEStreamingApi, who: Reader): Promise<void> {
  const { clock, wakeBus, logger } = deps;
  return new Promise((resolve) => {
    const endings: (() => void)[] = [];
    const end = (): void => {
      for (const ending of endings.splice(0)) ending();
      resolve();
    };
    const failed = (error: unknown): void => {
      // The page connects again by itself, and gets what it missed.
      logger.warn({ err: error, threadId: who.thread?.id }, 'A live page was disconnected');
      end();
    };
    const pulse = (ms: number, work: () => Promise<void>): Pulse => {
      const made = createPulse(clock, ms, work, failed);
      endings.push(() => made.stop());
      return made;
    };
    const regions = pulse(REGION_INTERVAL_MS, createRegionWork(deps, sse, who));
    const messages = pulse(MESSAGE_INTERVAL_MS, createMessageWork(deps, sse, who));
    const lookAtAll = (): void => {
      regions.poke();
      messages.poke();
    };
    endings.push(
      wakeBus.subscribe('hosted', (id) => {
        regions.poke();
        if (id === who.thread?.id) messages.poke();
      }),
      wakeBus.subscribe('session', () => regions.poke()),
    );
    // A wake-up is a hint that may be lost: look without one as well.
    const heartbeat = pulse(HEARTBEAT_MS, async () => {
      await sse.write(': heartbeat\n\n');
      lookAtAll();
      heartbeat.poke();
    });
    sse.onAbort(end);
    heartbeat.poke();
  });
}

function createMessageWork(deps: StreamDeps, sse: SSEStreamingApi, who: Reader) {
  const { thread } = who;
  let cursor = who.after;
  let sent = new Map<string, string>();
  return async (): Promise<void> => {
    if (thread === null) return;
    const from = cursor - OVERLAP_MS;
    const recent = await deps.hosted.messages(thread.id, from);
    const seen = new Map<string, string>();
    for (const message of recent) {
      if (message.updatedAt < from) continue;
      const digest = createHash('sha256').update(message.body).digest('base64url');
      seen.set(message.id, digest);
      if (sent.get(message.id) === digest) continue;
      cursor = Math.max(cursor, message.updatedAt);
      const { html } = renderMessage(message);
      const data = JSON.stringify({ id: message.id, ordinal: message.ordinal, html });
      await sse.writeSSE({ event: 'message', id: String(cursor), data });
    }
    sent = seen;
  };
}

function createRegionWork(deps: StreamDeps, sse: SSEStreamingApi, who: Reader) {
  const { reader } = deps;
  const sent = new Map<string, string>();
  const send = async (id: string, html: string): Promise<void> => {
    if (sent.get(id) === html) return;
    sent.set(id, html);
    await sse.writeSSE({ event: 'region', data: JSON.stringify({ id, html }) });
  };
  return async (): Promise<void> => {
    const { caller, thread } = who;
    const list = await reader.list(caller);
    await send('threads', renderThreads(list, thread?.id ?? null).html);
    if (thread === null) return;
    const known = list.find((summary) => summary.thread.id === thread.id);
    await send('badge', renderBadge(known ?? (await reader.summary(caller, thread))).html);
    await send('queue', renderQueue(await reader.queue(caller, thread.id)).html);
  };
}
