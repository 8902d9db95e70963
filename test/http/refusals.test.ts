/** Every action of the WebSockets by tokens that lack its scope: refused, logged, nothing changed. */
import { expect, test } from 'vitest';
import type { Caller, Role } from '../../src/core/model/actor.ts';
import { act } from '../../src/http/ws/actions.ts';
import type { SessionAction } from '../../src/http/ws/channel-messages.ts';
import { createWorld, OPERATOR, startServer } from '../harness/session-bench.ts';

const token = (id: string, roles: readonly Role[]): Caller => ({
  actor: { surface: 'api', id, name: id, kind: 'token' },
  roles,
});

const isAnswer = ({ action }: SessionAction): boolean => action === 'permission.respond';

interface Lacking {
  readonly roles: readonly Role[];
  readonly mayNot: (message: SessionAction) => boolean;
}

const TOKENS: Readonly<Record<string, Lacking>> = {
  k_none: { roles: [], mayNot: () => true },
  k_read: { roles: ['read'], mayNot: () => true },
  k_run: { roles: ['read', 'run'], mayNot: isAnswer },
  k_approve: { roles: ['read', 'approve'], mayNot: (message) => !isAnswer(message) },
};

test.each(Object.entries(TOKENS))('%s', async (id, { roles, mayNot }) => {
  const server = await startServer(createWorld());
  server.agents.behave = async (turn) => {
    await turn.ask('rm -rf build');
    return 'end_turn';
  };
  const session = await server.open();
  await server.say(session, 'one');
  await server.say(session, 'two');
  await server.clock.advance(10);
  const [request] = await server.service.permissions(OPERATOR);
  const { waiting, running } = await server.service.queue(OPERATOR, session);
  const [queued] = waiting;
  if (request === undefined || queued === undefined) throw new Error('nothing waits');
  // A new action is not compiled before it has a row here.
  const actions: {
    readonly [action in SessionAction['action']]: SessionAction & { action: action };
  } = {
    prompt: { action: 'prompt', text: 'three' },
    'permission.respond': {
      action: 'permission.respond',
      requestId: request.id,
      body: { optionId: 'yes' },
    },
    cancel: { action: 'cancel' },
    terminate: { action: 'terminate' },
    'queue.reorder': { action: 'queue.reorder', order: [queued.id] },
    'queue.clear': { action: 'queue.clear' },
    'queue.pause': { action: 'queue.pause' },
    'queue.resume': { action: 'queue.resume' },
  };
  const all: readonly SessionAction[] = [
    ...Object.values(actions),
    { action: 'cancel', queueId: queued.id },
  ];
  const tries = all.filter(mayNot);
  const before = server.events(session);
  const caller = token(id, roles);
  for (const message of tries) {
    const logged = server.decisions.all.length;
    await expect(act(server.service, caller, session, message)).rejects.toMatchObject({
      code: 'forbidden',
    });
    expect(server.decisions.all.slice(logged)).toMatchObject([
      { outcome: 'refused', actor: { id }, sessionId: session },
    ]);
  }
  await server.clock.advance(1_000);
  expect(server.events(session)).toEqual(before);
  expect(await server.service.queue(OPERATOR, session)).toEqual({
    paused: false,
    running,
    waiting,
  });
  console.log(
    `WebSocket, ${id}: ${tries.length} refused, nothing changed, logged ${tries.length}×`,
  );
});
