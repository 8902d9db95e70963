/**
 * The live stream of a thread, and of the page that shows only the list:
 *
 *   event: message  {id, ordinal, html}   the whole message; the page inserts or morphs it
 *
 * `id:` is a cursor (the newest `updatedAt` sent). After a reconnect everything from a little before
 * it is sent again.
 */
import { createHash } from 'node:crypto';
import type { SSEStreamingApi } from 'hono/streaming';
import type { Caller } from '../../core/model/actor.ts';
import type { Thread } from '../../core/model/thread.ts';
import type { HostedMessageStore } from '../../core/ports/stores.ts';
import { createRegions, REGION_INTERVAL_MS, runLive, type LiveDeps } from '../live.ts';
import { renderMessage } from '../renderers/message.ts';
import { renderBadge, renderElsewhere, renderQueue, renderThreads } from '../renderers/regions.ts';
import type { SessionReader } from '../session-reader.ts';
import type { ThreadReader } from '../thread-reader.ts';

export interface StreamDeps extends LiveDeps {
  readonly hosted: HostedMessageStore;
  readonly reader: ThreadReader;
  readonly seen: Pick<SessionReader, 'elsewhere'>;
}

const MESSAGE_INTERVAL_MS = 40;
/** To list them looks at many sessions, and wakes up with every event of each. */
const ELSEWHERE_INTERVAL_MS = 1_000;
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
  const { thread } = who;
  const regions = {
    run: createRegionWork(deps, sse, who),
    intervalMs: () => REGION_INTERVAL_MS,
    wakes: [{ topic: 'hosted' }, { topic: 'session' }],
  } as const;
  if (thread === null) {
    const elsewhere = {
      run: createElsewhereWork(deps, sse, who.caller),
      intervalMs: () => ELSEWHERE_INTERVAL_MS,
      wakes: [{ topic: 'session' }],
    } as const;
    return runLive(deps, sse, [regions, elsewhere]);
  }
  const messages = {
    run: createMessageWork(deps, sse, thread, who.after),
    intervalMs: () => MESSAGE_INTERVAL_MS,
    wakes: [{ topic: 'hosted', id: thread.id }],
  } as const;
  return runLive(deps, sse, [regions, messages]);
}

function createMessageWork(
  { hosted }: StreamDeps,
  sse: SSEStreamingApi,
  thread: Thread,
  after: number,
) {
  let cursor = after;
  let sent = new Map<string, string>();
  return async (): Promise<void> => {
    const from = cursor - OVERLAP_MS;
    const recent = await hosted.messages(thread.id, from);
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

function createElsewhereWork({ seen }: StreamDeps, sse: SSEStreamingApi, caller: Caller) {
  const send = createRegions(sse);
  return async (): Promise<void> =>
    send('elsewhere', renderElsewhere(await seen.elsewhere(caller)).html);
}

function createRegionWork({ reader }: StreamDeps, sse: SSEStreamingApi, who: Reader) {
  const send = createRegions(sse);
  return async (): Promise<void> => {
    const { caller, thread } = who;
    await send('threads', renderThreads(await reader.list(caller), thread?.id ?? null).html);
    if (thread === null) return;
    await send('badge', renderBadge(await reader.summary(caller, thread)).html);
    await send('queue', renderQueue(await reader.queue(caller, thread.id)).html);
  };
}
