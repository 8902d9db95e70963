import { expect, test } from 'vitest';
import { createFuse, fused, type Fuse } from '../outbox/fuse.ts';
import { seeded } from '../outbox/world.ts';
import { createPresenterWorld, type PresenterWorld } from './world.ts';

type Process = ReturnType<PresenterWorld['process']>;

function processBehind(world: PresenterWorld, fuse: Fuse, name: string): Process {
  return world.process(name, {
    store: fused(world.store, fuse, ['open', 'message', 'unsettled', 'update']),
    threads: fused(world.threads, fuse, ['thread', 'bindingsOfSession']),
    sessions: fused(world.sessions, fuse, [
      'session',
      'sessions',
      'prompts',
      'pendingPermissions',
      'events',
    ]),
    surface: fused(world.surface, fuse, ['post', 'edit', 'find']),
  });
}

/** Two turns, a permission request and its answer, on two threads; the log goes on whoever dies. */
async function story(world: PresenterWorld, app: Process): Promise<void> {
  void app.start();
  await world.session();
  await world.bind('t1');
  await world.bind('t2');
  app.presenter.present(world.sessionId);
  await world.clock.advance(1);
  const one = await world.queue('one');
  await world.clock.advance(1);
  const two = await world.queue('two');
  await world.startTurn(one);
  await world.say(one, 'He');
  await world.clock.advance(1);
  const request = await world.ask(one, 'r1');
  await world.clock.advance(1);
  await world.answer(request);
  await world.say(one, 'llo');
  await world.clock.advance(1);
  await world.endTurn(one);
  await world.clock.advance(1);
  await world.startTurn(two);
  await world.endTurn(two);
  await world.clock.advance(1);
}

function expectTheEnd(world: PresenterWorld, where: string): void {
  const lines = world.surface.messages().map((shown) => `${shown.thread} ${shown.body}`);
  const perThread = (thread: string): readonly string[] => [
    `${thread} permission k7 "Delete it": Allow`,
    `${thread} turn done: `,
    `${thread} turn done: He·llo`,
  ];
  const sorted = lines.toSorted((a, b) => a.localeCompare(b));
  const states = [...new Set(world.store.rows().map((row) => row.state))];
  const expected = [...perThread('t1'), ...perThread('t2')];
  expect({ where, sorted, states }).toEqual({ where, sorted: expected, states: ['settled'] });
}

test('killed at any call and started again: every thread has every message once, with its end', async () => {
  const whole = await createPresenterWorld();
  const counting = createFuse(Infinity, 'before');
  await story(whole, processBehind(whole, counting, 'A'));
  await whole.clock.advance(1_000);
  expectTheEnd(whole, 'without a crash');
  const total = counting.count();
  expect(total).toBeGreaterThan(40);
  for (const effect of ['before', 'after'] as const) {
    for (let dieAt = 1; dieAt <= total; dieAt += 1) {
      const world = await createPresenterWorld();
      const app = processBehind(world, createFuse(dieAt, effect), 'A');
      await story(world, app);
      app.kill();
      const next = world.process('B');
      await next.start();
      next.presenter.present(world.sessionId);
      await world.clock.advance(60_000);
      expectTheEnd(world, `${effect} call ${dieAt} of ${total}`);
      expect(next.presenter.count()).toBe(0);
    }
  }
});

test('two processes that present one session show everything once', async () => {
  const world = await createPresenterWorld();
  const other = world.process('B');
  await other.start();
  const app = world.process('A');
  other.presenter.present(world.sessionId);
  await story(world, app);
  await world.clock.advance(60_000);
  expectTheEnd(world, 'presented twice');
});

test.each([11, 22, 33, 44, 55, 66])(
  'whatever stores and surface do now and then, the end is right (seed %i)',
  async (seed) => {
    const random = seeded(seed);
    const world = await createPresenterWorld();
    const calm = world.clock.now() + 20_000;
    const flaky = <T extends unknown[], R>(method: (...args: T) => Promise<R>) => {
      return async (...args: T): Promise<R> => {
        if (world.clock.now() < calm && random() < 0.25) throw new Error('database is locked');
        return method(...args);
      };
    };
    world.surface.fault = () => {
      if (world.clock.now() >= calm || random() < 0.7) return undefined;
      return random() < 0.5 ? { kind: 'lost' } : { kind: 'retry', message: 'down' };
    };
    const app = world.process('A', {
      store: {
        open: flaky(world.store.open),
        message: flaky(world.store.message),
        unsettled: flaky(world.store.unsettled),
        update: flaky(world.store.update),
      },
      sessions: { ...world.sessions, events: flaky(world.sessions.events) },
      threads: { ...world.threads, bindingsOfSession: flaky(world.threads.bindingsOfSession) },
    });
    await story(world, app);
    await world.clock.advance(300_000);
    expectTheEnd(world, `seed ${seed}`);
  },
);
