/** A platform is asked until it answers, and what changes is said once. */
import { beforeEach, expect, test } from 'vitest';
import { createReach, type Reach } from '../../../src/core/platforms/reach.ts';
import type { Logger } from '../../../src/core/ports/logger.ts';
import { createManualClock, type ManualClock } from '../../harness/manual-clock.ts';

let clock: ManualClock;
let reach: Reach;
let trouble: string | undefined;
let attempts: number;
let readies: number;
let lines: string[];

beforeEach(() => {
  clock = createManualClock();
  trouble = undefined;
  attempts = 0;
  readies = 0;
  lines = [];
  const said = (level: string) => (_fields: object, message: string) => {
    lines.push(`${level}: ${message}`);
  };
  const logger: Logger = {
    debug: said('debug'),
    info: said('info'),
    warn: said('warn'),
    error: said('error'),
  };
  reach = createReach({
    name: 'Chat',
    connect: async () => {
      attempts += 1;
      if (trouble !== undefined) throw new Error(trouble);
    },
    explain: (error) => (error instanceof Error ? error.message : ''),
    onReady: () => (readies += 1),
    clock,
    logger,
  });
});

test('one that answers at once is ready when the start has ended', async () => {
  expect(reach.standing().state).toBe('connecting');
  await reach.start();
  expect(reach.standing()).toEqual({ state: 'ready', says: 'Chat answers.' });
  expect([readies, clock.timers()]).toEqual([1, 0]);
});

test('one that is away is asked again, ever more rarely, and each change is one line', async () => {
  trouble = 'No network.';
  await reach.start();
  await clock.advance(10 * 60_000);
  expect(attempts).toBeGreaterThan(12);
  expect(attempts).toBeLessThan(30);
  trouble = 'Wrong key.';
  await clock.advance(60_000);
  expect([readies, reach.standing()]).toEqual([0, { state: 'away', says: 'Wrong key.' }]);
  trouble = undefined;
  await clock.advance(60_000);
  expect(readies).toBe(1);
  expect(lines).toEqual(['warn: No network.', 'warn: Wrong key.', 'info: Chat answers.']);
});

test('hearing from it is a reason to ask now, but not many times a second', async () => {
  trouble = 'No network.';
  await reach.start();
  await clock.advance(5 * 60_000);
  const before = attempts;
  for (let heard = 0; heard < 100; heard += 1) reach.hurry();
  await clock.advance(1_000);
  expect(attempts - before).toBe(1);
  trouble = undefined;
  reach.hurry();
  await clock.advance(1_000);
  expect(reach.standing().state).toBe('ready');
});

test('a connection that is lost is made again, also when it is lost while it is being made', async () => {
  await reach.start();
  reach.lost();
  await clock.advance(1_000);
  expect(attempts).toBe(2);
  const again = reach.start();
  reach.lost();
  await again;
  await clock.advance(1_000);
  expect(attempts).toBe(4);
  // Nothing changed for anybody.
  expect(lines).toEqual(['info: Chat answers.']);
});

test('nothing is asked after the stop', async () => {
  trouble = 'No network.';
  await reach.start();
  reach.stop();
  reach.hurry();
  reach.lost();
  await clock.advance(10 * 60_000);
  expect([attempts, clock.timers()]).toEqual([1, 0]);
});
