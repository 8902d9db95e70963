/** Stored deliveries: each once and in order, whoever received it, whatever is away or ends. */
import { expect, test } from 'vitest';
import { AppError } from '../../../src/core/model/errors.ts';
import { createDeliveryWorker } from '../../../src/core/platforms/deliveries.ts';
import type { Delivery } from '../../../src/core/ports/deliveries.ts';
import type { Leases } from '../../../src/core/ports/leases.ts';
import type { WakeBus } from '../../../src/core/ports/wake-bus.ts';
import { createManualClock } from '../../harness/manual-clock.ts';
import { createMemoryDeliveries } from '../../harness/memory-deliveries.ts';
import { createMemoryWakeBus } from '../../harness/memory-wake-bus.ts';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function openWorld() {
  const clock = createManualClock();
  const deliveries = createMemoryDeliveries();
  const buses = new Map<string, ReturnType<typeof createMemoryWakeBus>>();
  /** A bus of each process; what one publishes the others hear as remote. */
  const busOf = (name: string): WakeBus => {
    const own = createMemoryWakeBus();
    buses.set(name, own);
    return {
      ...own,
      publish: (topic, id) => {
        for (const [of, bus] of buses) (of === name ? bus.publish : bus.remote)(topic, id);
      },
    };
  };
  const log: string[] = [];
  let owner = '';
  const leasesOf = (name: string): Leases => ({
    acquire: async () => {
      if (owner === '') owner = name;
      return owner === name ? 1 : undefined;
    },
    release: async () => {
      if (owner === name) owner = '';
    },
  });
  const process = (name: string, handle: (delivery: Delivery) => Promise<void>) =>
    createDeliveryWorker({
      source: 'chat',
      deliveries,
      leases: leasesOf(name),
      wakeBus: busOf(name),
      clock,
      logger: silent,
      laneOf: ({ event }) => event,
      handle: async (delivery) => {
        await handle(delivery);
        log.push(`${name}:${delivery.id}`);
      },
      judge: (error) => ({ kind: error instanceof AppError ? 'again' : 'never' }),
      reasonOf: String,
    });
  const accept = (id: string, event = 'lane') =>
    deliveries.accept({ source: 'chat', id, event, body: '{}', receivedAt: clock.now() });
  return { clock, deliveries, log, process, accept, take: (name: string) => (owner = name) };
}

test('what is stored before the start waits for it', async () => {
  const { clock, log, process, accept } = openWorld();
  const worker = process('a', async () => {});
  await accept('1');
  worker.stored();
  await clock.advance(60_000);
  expect(log).toEqual([]);
  worker.start();
  await clock.advance(0);
  expect(log).toEqual(['a:1']);
});

test('a row that ended while the list was read is not taken a second time', async () => {
  const { clock, deliveries, log, process, accept } = openWorld();
  const read = deliveries.pending;
  const gate = Promise.withResolvers<void>();
  let reads = 0;
  deliveries.pending = async (source, limit, known) => {
    const rows = await read(source, limit + (known?.size ?? 0));
    reads += 1;
    // The second list is read while the first row is still pending, and comes after it has ended.
    if (reads === 2) await gate.promise;
    return rows.filter(({ id }) => known?.has(id) !== true);
  };
  const go = Promise.withResolvers<void>();
  const worker = process('a', () => go.promise);
  await accept('1');
  worker.start();
  await clock.advance(0);
  worker.stored();
  await clock.advance(0);
  go.resolve();
  await clock.advance(0);
  gate.resolve();
  await clock.advance(60_000);
  expect(reads).toBeGreaterThan(1);
  expect(log).toEqual(['a:1']);
});

test('what another process received is worked off by the owner at once, in the order of arrival', async () => {
  const { clock, log, process, accept } = openWorld();
  const [a, b] = [process('a', async () => {}), process('b', async () => {})];
  a.start();
  await clock.advance(0);
  b.start();
  await clock.advance(0);
  await accept('1');
  b.stored();
  await clock.advance(0);
  expect(log).toEqual(['a:1']);
  await accept('2');
  a.stored();
  await accept('3');
  b.stored();
  await clock.advance(0);
  expect(log).toEqual(['a:1', 'a:2', 'a:3']);
});

test('a process that lost the lease begins nothing more', async () => {
  const { clock, log, process, accept, take } = openWorld();
  const go = Promise.withResolvers<void>();
  const worker = process('a', () => go.promise);
  for (const id of ['1', '2', '3']) await accept(id);
  worker.start();
  await clock.advance(0);
  take('b');
  worker.stored();
  await clock.advance(0);
  go.resolve();
  await clock.advance(60_000);
  expect(log).toEqual(['a:1']);
});

test('a lane that fails waits, the others go on, and an hour of trouble loses nothing', async () => {
  const { clock, deliveries, log, process, accept } = openWorld();
  let isAway = true;
  const worker = process('a', async ({ event }) => {
    if (event === 'bad' && isAway) throw new AppError('unavailable', 'away');
  });
  await accept('1', 'bad');
  await accept('2', 'bad');
  await accept('3', 'good');
  worker.start();
  await clock.advance(45 * 60_000);
  expect(log).toEqual(['a:3']);
  isAway = false;
  await clock.advance(60_000);
  expect(log).toEqual(['a:3', 'a:1', 'a:2']);
  expect(deliveries.failures()).toEqual([]);
});

test('a stop does not wait for one that hangs', async () => {
  const { clock, process, accept } = openWorld();
  const worker = process('a', () => new Promise(() => {}));
  await accept('1');
  worker.start();
  await clock.advance(0);
  let isOver = false;
  void worker.stop().then(() => (isOver = true));
  await clock.advance(2_000);
  expect(isOver).toBe(true);
});
