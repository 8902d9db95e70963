/** The budget that counts calls of the last minute or hour, and the line in front of reading. */
import { expect, test } from 'vitest';
import { isAppError } from '../../../src/core/model/errors.ts';
import { PRIORITY } from '../../../src/core/model/message.ts';
import { createPace } from '../../../src/core/outbox/pace.ts';
import { createWindow } from '../../../src/core/outbox/window.ts';
import { createManualClock } from '../../harness/manual-clock.ts';
import { seededRandom, testSeed } from '../../harness/seeded.ts';

const MINUTE = { most: 20, withinMs: 60_000 } as const;
const PRIORITIES = Object.values(PRIORITY);

test('a window is never overrun, whoever asks and when (any seed)', async () => {
  const seed = testSeed();
  console.log(`seed ${seed}`);
  const random = seededRandom(seed);
  const clock = createManualClock();
  const window = createWindow(MINUTE, clock);
  const taken: number[] = [];
  for (let step = 0; step < 3_000; step += 1) {
    const priority = PRIORITIES[Math.floor(random() * PRIORITIES.length)] ?? PRIORITY.progress;
    if (window.wait(priority) === 0) {
      window.take();
      taken.push(clock.now());
    }
    const inside = taken.filter((at) => at > clock.now() - MINUTE.withinMs);
    expect(inside.length).toBeLessThanOrEqual(MINUTE.most);
    await clock.advance(Math.floor(random() * 2_000));
  }
  expect(taken.length).toBeGreaterThan(300);
});

test('what can wait leaves a part of the window to what cannot', () => {
  const window = createWindow(MINUTE, createManualClock());
  const takeAll = (priority: (typeof PRIORITIES)[number]): number => {
    let count = 0;
    for (; window.wait(priority) === 0; count += 1) window.take();
    return count;
  };
  expect(takeAll(PRIORITY.progress)).toBe(6);
  expect(takeAll(PRIORITY.state)).toBe(6);
  expect(takeAll(PRIORITY.final)).toBe(7);
  expect(takeAll(PRIORITY.permission)).toBe(1);
  expect(window.wait(PRIORITY.permission)).toBe(60_000);
});

test('a throttled window pauses as long as it is told, is halved, and widens again', async () => {
  const clock = createManualClock();
  const window = createWindow(MINUTE, clock);
  window.throttled(30_000);
  window.throttled(20_000);
  expect(window.wait(PRIORITY.permission)).toBe(30_000);
  expect(window.perMinute()).toBe(10);
  await clock.advance(30_000);
  expect(window.wait(PRIORITY.permission)).toBe(0);
  await clock.advance(3 * 60_000);
  expect(window.perMinute()).toBe(20);
});

test('reading in turn: the burst at once, then one after the other, each at the time it was told', async () => {
  const clock = createManualClock();
  const pace = createPace({ burst: 3, perMinute: 60 }, clock);
  const due = (cause: string): number => {
    try {
      pace.takeTurn('account', cause, 1);
      return 0;
    } catch (error) {
      if (!isAppError(error, 'unavailable')) throw error;
      return Number(error.details['retryAfterMs']);
    }
  };
  expect(['a', 'b', 'c', 'e', 'f'].map(due)).toEqual([0, 0, 0, 1_000, 2_000]);
  expect(due('f')).toBe(2_000);
  await clock.advance(1_000);
  expect([due('e'), due('f')]).toEqual([0, 1_000]);
  await clock.advance(1_000);
  expect(due('f')).toBe(0);
  // Another account has a line of its own.
  expect(() => pace.takeTurn('other', 'a', 1)).not.toThrow();
});
