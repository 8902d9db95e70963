import { expect, test } from 'vitest';
import { PRIORITY, createWorld, seeded, type World } from './world.ts';
import { createFuse, fused, type Fuse } from './fuse.ts';
import { accountLease } from '../../../src/core/outbox/account.ts';
import { sleep } from '../../../src/core/ports/clock.ts';
import type { Outbox } from '../../../src/core/outbox/outbox.ts';

const state = { priority: PRIORITY.state, version: 1 } as const;
const final = { priority: PRIORITY.final, version: 2 } as const;

const STORE = ['open', 'message', 'unsettled', 'update'] as const;
const SURFACE = ['post', 'edit', 'find'] as const;

/** An outbox whose every port call passes the fuse. */
function outboxBehind(world: World, fuse: Fuse, holder: string): Outbox {
  const surface = fused(world.surface, fuse, SURFACE);
  return world.outbox({
    holder,
    store: fused(world.store, fuse, STORE),
    threads: fused(world.threads, fuse, ['thread']),
    leases: fused(world.leases.holder(holder), fuse, ['acquire', 'release']),
    surfaces: new Map([[surface.name, surface]]),
  });
}

/** Two turns and a notice, from first paint to their ends. Stops where the process dies. */
async function story(world: World, outbox: Outbox): Promise<void> {
  void outbox.start();
  await world.clock.advance(0);
  const threadId = await world.thread('t1');
  const one = await world.turn('one', threadId);
  const two = await world.turn('two', threadId);
  world.setTurn(one.promptId, 'working', 'a');
  world.setTurn(two.promptId, 'queued', '');
  void outbox.open([one.message, two.message]);
  await world.clock.advance(1);
  world.setTurn(one.promptId, 'done', 'A');
  outbox.want(one.message.key, final);
  void outbox.open([world.notice('notice:1', threadId, 'Hello.')]);
  await world.clock.advance(1);
  world.setTurn(two.promptId, 'done', 'B');
  outbox.want(two.message.key, state);
  await world.clock.advance(1);
}

async function callsOfAStory(): Promise<number> {
  const world = await createWorld();
  const fuse = createFuse(Infinity, 'before');
  await story(world, outboxBehind(world, fuse, 'A'));
  return fuse.count();
}

test('killed at any call, and started again: every message is there once, with its final body', async () => {
  const total = await callsOfAStory();
  expect(total).toBeGreaterThan(15);
  for (const effect of ['before', 'after'] as const) {
    for (let dieAt = 1; dieAt <= total; dieAt += 1) {
      const world = await createWorld();
      const fuse = createFuse(dieAt, effect);
      await story(world, outboxBehind(world, fuse, 'A'));
      world.leases.kill('A');
      const next = world.outbox({ holder: 'B' });
      await next.start();
      await world.clock.advance(60_000);
      const where = `${effect} call ${dieAt} of ${total}`;
      const shown = world.store
        .rows()
        .map((row) => [row.key, row.state, world.surface.shown(row.key)?.body]);
      const expected = world.store.rows().map((row) => [row.key, 'settled', BODIES[row.key]]);
      const messages = world.surface.messages().length;
      expect({ where, shown, messages }).toEqual({
        where,
        shown: expected,
        messages: shown.length,
      });
    }
  }
});

const BODIES: Readonly<Record<string, string>> = {
  'turn:one': 'turn done: A',
  'turn:two': 'turn done: B',
  'notice:1': 'Hello.',
};

test('a store that fails now and then loses nothing and doubles nothing', async () => {
  const total = await callsOfAStory();
  for (let failAt = 1; failAt <= total; failAt += 1) {
    const world = await createWorld();
    let calls = 0;
    const update: typeof world.store.update = async (...args) => {
      calls += 1;
      if (calls >= failAt && calls < failAt + 3) throw new Error('database is locked');
      return world.store.update(...args);
    };
    const outbox = world.outbox({ store: { ...world.store, update } });
    await story(world, outbox);
    await world.clock.advance(60_000);
    const shown = world.surface.messages().map((message) => message.body);
    expect({ failAt, shown: new Set(shown), count: shown.length }).toEqual({
      failAt,
      shown: new Set(Object.values(BODIES)),
      count: 3,
    });
  }
});

test('a sender that was fenced stops, and the new owner finishes what it began', async () => {
  const world = await createWorld();
  const a = world.outbox({ holder: 'A' });
  await a.start();
  const { promptId, message } = await world.turn('one', await world.thread('t1'));
  world.setTurn(promptId, 'working', 'a');
  await a.open([message]);
  await world.clock.advance(0);
  world.leases.steal(accountLease('fake', 'acme'), 'B');
  world.setTurn(promptId, 'working', 'by the old owner');
  a.want(message.key, state);
  await world.clock.advance(0);
  expect(a.stats().accounts[0]?.held).toBe(false);
  world.surface.calls.length = 0;
  world.setTurn(promptId, 'done', 'by the new owner');
  const b = world.outbox({ holder: 'B' });
  await b.start();
  a.want(message.key, final);
  b.want(message.key, final);
  await world.clock.advance(20_000);
  expect(world.surface.shown(message.key)?.body).toBe('turn done: by the new owner');
  expect(world.row(message.key)?.state).toBe('settled');
  expect(world.surface.calls).toHaveLength(1);
});

test('what a process without the lease opens and wants is sent by the one that holds it', async () => {
  const world = await createWorld({ intervalMs: 1_000 });
  const b = world.outbox({ holder: 'B' });
  await b.start();
  const threadId = await world.thread('t1');
  await b.open([world.notice('notice:first', threadId, 'B sends for this account.')]);
  await world.clock.advance(0);
  const woken: string[] = [];
  const remote: typeof world.wakeBus = {
    ...world.wakeBus,
    publish: (topic, id) => {
      woken.push(id);
      world.wakeBus.remote(topic, id);
    },
  };
  const a = world.outbox({ holder: 'A', wakeBus: remote });
  await a.start();
  const { promptId, message } = await world.turn('one', threadId);
  world.setTurn(promptId, 'working', 'a');
  await a.open([message]);
  await world.clock.advance(0);
  expect(world.surface.shown(message.key)?.body).toBe('turn working: a');
  woken.length = 0;
  for (let n = 0; n < 100; n += 1) {
    world.setTurn(promptId, 'working', `a${n}`);
    a.want(message.key, { priority: PRIORITY.progress, version: n });
    await world.clock.advance(20);
  }
  expect(woken.length).toBeLessThanOrEqual(3);
  world.setTurn(promptId, 'done', 'z');
  a.want(message.key, final);
  await world.clock.advance(0);
  expect(world.surface.shown(message.key)?.body).toBe('turn done: z');
  world.leases.kill('B');
  await a.open([world.notice('notice:last', threadId, 'A took over.')]);
  await world.clock.advance(10_000);
  expect(world.surface.shown('notice:last')?.body).toBe('A took over.');
  expect(a.stats().accounts[0]?.held).toBe(true);
});

test('a wake-up that got lost is made good by looking at the rows', async () => {
  const world = await createWorld();
  const outbox = world.outbox();
  await outbox.start();
  const { promptId, message } = await world.turn('one', await world.thread('t1'));
  world.setTurn(promptId, 'working', 'a');
  await outbox.open([message]);
  await world.clock.advance(0);
  world.setTurn(promptId, 'done', 'nobody wanted this');
  await world.clock.advance(40_000);
  expect(world.surface.shown(message.key)?.body).toBe('turn done: nobody wanted this');
  // And a row that nobody told us of.
  await world.store.open([world.notice('notice:silent', message.threadId, 'Psst.')]);
  await world.clock.advance(6_000);
  expect(world.surface.shown('notice:silent')?.body).toBe('Psst.');
});

test('a row that was read before its message was finished is read again', async () => {
  const world = await createWorld();
  const message: typeof world.store.message = async (key) => {
    const row = await world.store.message(key);
    await sleep(world.clock, 100);
    return row;
  };
  const outbox = world.outbox({ store: { ...world.store, message } });
  await outbox.start();
  const threadId = await world.thread('t1');
  await outbox.open([world.notice('notice:1', threadId, 'Hello.')]);
  // While the slow read is under way, another way leads to the row, and it is sent and settled.
  world.wakeBus.remote('outbox', threadId);
  await world.clock.advance(50);
  expect(world.row('notice:1')?.state).toBe('settled');
  await world.clock.advance(10_000);
  expect(world.surface.messages()).toHaveLength(1);
});

test('a store or a lease that cannot be read delays messages and loses none', async () => {
  const world = await createWorld();
  let broken = true;
  const failing = async (): Promise<never> => {
    throw new Error('database is locked');
  };
  const holder = world.leases.holder('A');
  const outbox = world.outbox({
    store: {
      ...world.store,
      unsettled: () => (broken ? failing() : world.store.unsettled()),
      message: (key) => (broken ? failing() : world.store.message(key)),
    },
    leases: { ...holder, release: failing },
  });
  await outbox.start();
  await outbox.open([world.notice('notice:1', await world.thread('t1'), 'Hello.')]);
  await world.clock.advance(20_000);
  expect(world.surface.calls).toEqual([]);
  broken = false;
  await world.clock.advance(6_000);
  expect(world.surface.shown('notice:1')?.body).toBe('Hello.');
  await outbox.stop(1_000);
  expect(world.log.lines.at(-1)?.message).toBe('a lease could not be released');
});

test('stopping sends what is final, leaves the rest to the next start, and frees the lease', async () => {
  const world = await createWorld({ latencyMs: 500 });
  const outbox = world.outbox();
  await outbox.start();
  const threadId = await world.thread('t1');
  const one = await world.turn('one', threadId);
  const two = await world.turn('two', threadId);
  world.setTurn(one.promptId, 'working', '');
  world.setTurn(two.promptId, 'working', '');
  await outbox.open([one.message, two.message]);
  await world.clock.advance(2_000);
  world.setTurn(one.promptId, 'done', 'final');
  world.setTurn(two.promptId, 'working', 'more');
  const stopped = (async () => {
    outbox.want(one.message.key, final);
    await outbox.stop(5_000);
    return world.clock.now();
  })();
  outbox.want(two.message.key, state);
  const asked = world.clock.now();
  await world.clock.advance(10_000);
  expect((await stopped) - asked).toBeLessThan(1_000);
  expect(world.surface.shown(one.message.key)?.body).toBe('turn done: final');
  expect(await world.leases.holder('B').acquire(accountLease('fake', 'acme'))).toBe(2);
  expect(world.clock.timers()).toBe(0);
});

test('stopping waits no longer than it may for a surface that hangs', async () => {
  const world = await createWorld();
  const outbox = world.outbox();
  await outbox.start();
  world.surface.fault = () => ({ kind: 'hang' });
  await outbox.open([world.notice('notice:1', await world.thread('t1'), 'Hello.')]);
  await world.clock.advance(0);
  let stoppedAt = 0;
  const from = world.clock.now();
  void outbox.stop(3_000).then(() => {
    stoppedAt = world.clock.now();
  });
  await world.clock.advance(10_000);
  expect(stoppedAt - from).toBe(3_000);
  expect(world.row('notice:1')?.state).toBe('posting');
  expect(world.clock.timers()).toBe(0);
});

const SEEDS = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89];

test.each(SEEDS)(
  'a storm of faults ends with every message right and single (seed %i)',
  async (seed) => {
    const random = seeded(seed);
    const world = await createWorld({
      latencyMs: 20,
      intervalMs: 1_000,
      budget: { burst: 10, perMinute: 600 },
      limit: { burst: 8, perMinute: 300 },
    });
    const stormEnds = world.clock.now() + 120_000;
    world.surface.fault = () => {
      const dice = random();
      if (world.clock.now() > stormEnds || dice > 0.4) return undefined;
      if (dice < 0.08) return { kind: 'lost' };
      if (dice < 0.16) return { kind: 'unknown', message: 'timeout' };
      if (dice < 0.24) return { kind: 'throttled', retryAfterMs: Math.floor(random() * 3_000) };
      if (dice < 0.32) return { kind: 'retry', message: 'down' };
      if (dice < 0.36) return { kind: 'hang', done: random() < 0.5 };
      return { kind: 'throw' };
    };
    const outbox = world.outbox({ random });
    await outbox.start();
    const turns = [];
    for (let n = 0; n < 12; n += 1) {
      const turn = await world.turn(`turn ${n}`, await world.thread(`t${n % 4}`));
      world.setTurn(turn.promptId, 'queued', '');
      await outbox.open([turn.message]);
      turns.push(turn);
    }
    for (let step = 0; step < 200; step += 1) {
      const turn = turns[Math.floor(random() * turns.length)];
      if (turn === undefined) throw new Error('no turn');
      world.setTurn(turn.promptId, 'working', `step ${step}`);
      outbox.want(turn.message.key, { priority: random() < 0.2 ? 2 : 3, version: step });
      await world.clock.advance(Math.floor(random() * 500));
    }
    for (const { promptId, message } of turns) {
      world.setTurn(promptId, 'done', message.key);
      outbox.want(message.key, final);
    }
    await world.clock.advance(900_000);
    for (const { message } of turns) {
      const { key } = message;
      const shown = world.surface.shown(key)?.body;
      expect({ seed, state: world.row(key)?.state, shown }).toEqual({
        seed,
        state: 'settled',
        shown: `turn done: ${key}`,
      });
    }
    expect(world.givenUp).toEqual([]);
  },
);
