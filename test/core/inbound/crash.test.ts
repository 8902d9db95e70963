import { expect, test } from 'vitest';
import { createFuse, type Fuse } from '../outbox/fuse.ts';
import { createInboundWorld, type InboundWorld } from './world.ts';

const MESSAGES = ['@threadcast first', '/whoami', 'second'] as const;

const deliveries = (world: InboundWorld) =>
  MESSAGES.map((text, index) => world.message(text, { deliveryId: `delivery-${index}` }));

/** Everything is handled and visible, or the process is dead. */
async function story(world: InboundWorld, fuse: Fuse, name: string): Promise<void> {
  const app = world.start(name, { fuse });
  const isOver = (): boolean =>
    fuse.isBlown() ||
    (MESSAGES.every((_, n) => world.inbox.outcome(`delivery-${n}`) === 'done') &&
      world.bodies().length === 3);
  for (const message of deliveries(world)) {
    const stored = app.inbound.accept(message);
    let isStored = false;
    void stored.then(() => {
      isStored = true;
    });
    await world.clock.until(() => isStored || fuse.isBlown(), 10_000, 1);
  }
  await world.clock.until(isOver, 60_000, 5);
  if (fuse.isBlown()) app.kill();
}

async function expectAllOnce(world: InboundWorld, where: string): Promise<void> {
  const sessions = await world.all();
  const prompts = await Promise.all(sessions.map(({ id }) => world.prompts(id)));
  const texts = prompts.map((own) => own.map((prompt) => prompt.text));
  const bodies = world.bodies().toSorted((a, b) => a.localeCompare(b));
  expect({ where, texts, bodies }).toEqual({
    where,
    texts: [['first', 'second']],
    bodies: [
      'turn queued #1: ',
      'turn queued #2: ',
      'You are **Ann** (fake person `u1`), with the role maintain here.',
    ],
  });
}

test('killed at any call of any port and started again: one session, each prompt and message once', async () => {
  const whole = createInboundWorld();
  const counting = createFuse(Infinity, 'before');
  await story(whole, counting, 'A');
  await expectAllOnce(whole, 'without a crash');
  const total = counting.count();
  expect(total).toBeGreaterThan(60);
  for (const effect of ['before', 'after'] as const) {
    for (let dieAt = 1; dieAt <= total; dieAt += 1) {
      const world = createInboundWorld();
      const fuse = createFuse(dieAt, effect);
      await story(world, fuse, 'A');
      // The platform delivers again what was never acknowledged; the rest is known.
      await story(world, createFuse(Infinity, 'before'), 'B');
      await expectAllOnce(world, `${effect} call ${dieAt} of ${total}`);
    }
  }
}, 120_000);
