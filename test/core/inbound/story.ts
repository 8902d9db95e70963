/** How tests of the inbound side talk to it. */
import type { InboundMessage } from '../../../src/core/ports/stores.ts';
import { createInboundWorld, type InboundWorld } from './world.ts';

export type App = ReturnType<InboundWorld['start']>;

/** Says it, waits until it was handled, and gives the notices that came of it. */
export async function say(
  world: InboundWorld,
  app: App,
  text: string,
  over: Partial<InboundMessage> = {},
): Promise<string> {
  const before = world.notices().length;
  const message = world.message(text, over);
  await app.inbound.accept(message);
  await world.clock.until(() => world.inbox.outcome(message.deliveryId) !== 'pending', 60_000, 1);
  await world.clock.advance(10);
  return world.notices().slice(before).join('\n---\n');
}

/** A thread whose first turn runs. */
export async function withTurn(): Promise<{
  world: InboundWorld;
  app: App;
  session: Awaited<ReturnType<InboundWorld['session']>>;
}> {
  const world = createInboundWorld();
  const app = world.start();
  await say(world, app, '@threadcast fix the tests');
  const session = await world.session();
  const [prompt] = await world.prompts(session.id);
  if (prompt === undefined) throw new Error('no prompt');
  await world.run(session.id, prompt.id);
  await world.clock.advance(10);
  return { world, app, session };
}

export const ONCE = { optionId: 'opt-1', name: 'Allow once', kind: 'allow_once' };
export const ALWAYS = { optionId: 'opt-2', name: 'Always allow', kind: 'allow_always' };
export const NO = { optionId: 'opt-3', name: 'Reject', kind: 'reject_once' };

export const person = (name: string, id: string) =>
  ({ surface: 'fake', id, name, kind: 'person' }) as const;
export const READER = { roles: ['read'], actor: person('Bob', 'u2') } as const;
