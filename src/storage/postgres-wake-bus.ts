/**
 * The wake bus over Postgres: LISTEN on a connection of its own, which is made again whenever it is
 * lost; NOTIFY through the pool, once per loop turn for all that was published in it. What is missed
 * meanwhile is only a hint: workers look at the rows anyway.
 */
import { randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import type { Client, Notification } from 'pg';
import type { Clock } from '../core/ports/clock.ts';
import type { Logger } from '../core/ports/logger.ts';
import type { WakeBus, WakeTopic } from '../core/ports/wake-bus.ts';
import type { Tables } from './schema.ts';
import { createLocalWakeBus } from './wake-bus.ts';

const CHANNEL = 'threadcast_wake';
/** Waits between attempts to listen again, ms; the last one repeats. */
const RECONNECT = [50, 200, 1_000, 2_000, 5_000];
const TOPICS: ReadonlySet<string> = new Set<WakeTopic>([
  'session',
  'inbox',
  'deliveries',
  'outbox',
  'hosted',
]);

function isTopic(text: string): text is WakeTopic {
  return TOPICS.has(text);
}

export interface PostgresWakeBus extends WakeBus {
  close(): Promise<void>;
}

interface Deps {
  readonly url: string;
  readonly db: Kysely<Tables>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Keeps one listening connection alive until it is closed. */
function createListener(deps: Deps, onPayload: (payload: string) => void) {
  const { clock, logger } = deps;
  let client: Client | undefined;
  let closed = false;
  let failures = 0;
  let cancelRetry = (): void => {};

  function retryLater(lost: Client, error: unknown): void {
    if (closed || client !== lost) return;
    client = undefined;
    const wait = RECONNECT[Math.min(failures, RECONNECT.length - 1)] ?? 0;
    failures += 1;
    logger.warn({ err: error, wait }, 'wake-ups from other servers interrupted, listening again');
    cancelRetry = clock.after(wait, () => void listen());
    // Frees the socket; that it is broken is known.
    lost.end().catch(() => {});
  }

  async function listen(): Promise<void> {
    if (closed) return;
    const { default: pg } = await import('pg');
    const next = new pg.Client({
      connectionString: deps.url,
      keepAlive: true,
      connectionTimeoutMillis: 5_000,
      application_name: 'threadcast wake-ups',
    });
    client = next;
    next.on('error', (error) => retryLater(next, error));
    next.on('end', () => retryLater(next, new Error('connection ended')));
    next.on('notification', (message: Notification) => onPayload(message.payload ?? ''));
    try {
      await next.connect();
      await next.query(`listen ${CHANNEL}`);
      failures = 0;
    } catch (error) {
      retryLater(next, error);
    }
  }

  return {
    listen,
    async close(): Promise<void> {
      closed = true;
      cancelRetry();
      await client?.end().catch((error: unknown) => {
        logger.debug({ err: error }, 'the listening connection was already broken');
      });
    },
  };
}

/** Sends payloads of one loop turn together, one statement at a time. */
function createNotifier({ db, logger }: Deps) {
  let pending = new Set<string>();
  let sending: Promise<void> | undefined;

  async function send(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    while (pending.size > 0) {
      const payloads = JSON.stringify([...pending]);
      pending = new Set();
      try {
        await sql`select pg_notify(${CHANNEL}, payload) from json_array_elements_text(${payloads}::json) as payload`.execute(
          db,
        );
      } catch (error) {
        logger.warn(
          { err: error },
          'other servers could not be woken, they will look by themselves',
        );
      }
    }
    sending = undefined;
  }

  return {
    notify(payload: string): void {
      pending.add(payload);
      sending ??= send();
    },
    flushed: async (): Promise<void> => sending,
  };
}

/** Resolves when it listens, or when the first attempt failed and it keeps trying. */
export async function createPostgresWakeBus(deps: Deps): Promise<PostgresWakeBus> {
  const local = createLocalWakeBus(deps.logger);
  /** Tells our own notifications, delivered here already, from those of others. */
  const self = randomUUID();
  const notifier = createNotifier(deps);
  const listener = createListener(deps, (payload) => {
    const [sender, topic = '', ...id] = payload.split(':');
    if (sender !== self && isTopic(topic)) local.receive(topic, id.join(':'));
  });
  await listener.listen();
  return {
    publish(topic, id) {
      local.publish(topic, id);
      notifier.notify(`${self}:${topic}:${id}`);
    },
    subscribe: local.subscribe,
    async close() {
      await notifier.flushed();
      await listener.close();
    },
  };
}
