import { expect, test } from 'vitest';
import { deriveId } from '../../../src/core/model/ids.ts';
import { createPresenterWorld } from './world.ts';

async function started(options: Parameters<typeof createPresenterWorld>[0] = {}) {
  const world = await createPresenterWorld(options);
  const app = world.process();
  await app.start();
  await world.session();
  return { world, app };
}

test('a turn is one message per bound thread, from queued to done', async () => {
  const { world, app } = await started();
  await world.bind('t1');
  await world.bind('t2');
  app.presenter.present(world.sessionId);
  const one = await world.queue('one');
  const two = await world.queue('two');
  await world.clock.advance(0);
  expect(world.bodies()).toEqual([
    'turn queued #1: ',
    'turn queued #1: ',
    'turn queued #2: ',
    'turn queued #2: ',
  ]);
  await world.startTurn(one);
  await world.say(one, 'Hello');
  await world.clock.advance(0);
  expect(world.bodies()[0]).toBe('turn working: Hello');
  expect(world.bodies()[2]).toBe('turn queued #1: ');
  await world.endTurn(one);
  await world.startTurn(two);
  await world.endTurn(two);
  await world.clock.advance(0);
  expect(world.bodies()).toEqual([
    'turn done: Hello',
    'turn done: Hello',
    'turn done: ',
    'turn done: ',
  ]);
  expect(world.store.rows().map((row) => row.state)).toEqual(Array(4).fill('settled'));
});

test('a session with nothing unfinished leaves memory, and comes back with its next prompt', async () => {
  const { world, app } = await started();
  await world.bind('t1');
  app.presenter.present(world.sessionId);
  const one = await world.queue('one');
  await world.startTurn(one);
  await world.clock.advance(0);
  expect(app.presenter.count()).toBe(1);
  await world.endTurn(one);
  await world.clock.advance(0);
  expect(app.presenter.count()).toBe(0);
  await world.append([{ type: 'session.idle', data: {} }]);
  const two = await world.queue('two');
  await world.startTurn(two);
  await world.say(two, 'again');
  await world.endTurn(two);
  await world.clock.advance(0);
  expect(app.presenter.count()).toBe(0);
  expect(world.bodies()).toEqual(['turn done: ', 'turn done: again']);
});

test('a permission request is a message of its own, and is edited to its outcome', async () => {
  const { world, app } = await started();
  await world.bind('t1');
  app.presenter.present(world.sessionId);
  const one = await world.queue('one');
  await world.startTurn(one);
  const request = await world.ask(one, 'r1');
  await world.clock.advance(0);
  expect(world.bodies()).toEqual(['turn waiting: ·', 'permission k7 "Delete it": pending']);
  await world.answer(request);
  await world.clock.advance(0);
  expect(world.bodies()[1]).toBe('permission k7 "Delete it": Allow');
});

test('a request that a rule decided at once asks nobody', async () => {
  const { world, app } = await started();
  await world.bind('t1');
  app.presenter.present(world.sessionId);
  const one = await world.queue('one');
  await world.startTurn(one);
  const requestId = await deriveId('r', 'ruled');
  await world.append([
    {
      type: 'permission.requested',
      data: {
        requestId,
        promptId: one,
        code: 'k8',
        toolCallId: 'tc',
        title: 'Read',
        kind: 'read',
        toolCall: {},
        options: [],
        expiresAt: 0,
      },
    },
    {
      type: 'permission.resolved',
      data: {
        requestId,
        outcome: 'selected',
        by: { surface: 'system', id: 's', name: 'Threadcast', kind: 'system' },
        rule: 'reads are fine',
      },
    },
  ]);
  await world.clock.advance(0);
  expect(world.store.rows().map((row) => row.view.kind)).toEqual(['turn']);
});

test('silence of 60 s in a running turn is shown once; the clock moves every 15 s', async () => {
  const { world, app } = await started({
    intervalMs: 0,
    render: (view, now) =>
      view.kind === 'turn' ? `silent ${Math.round((now - view.turn.lastEventAt) / 1_000)}` : '',
  });
  await world.bind('t1');
  app.presenter.present(world.sessionId);
  const one = await world.queue('one');
  await world.startTurn(one);
  await world.clock.advance(90_000);
  expect(world.surface.messages()[0]?.history.map((shown) => shown.body)).toEqual([
    'silent 0',
    'silent 15',
    'silent 30',
    'silent 45',
    'silent 60',
    'silent 75',
    'silent 90',
  ]);
  await world.say(one, 'I am back');
  await world.clock.advance(0);
  expect(world.bodies()).toEqual(['silent 0']);
});

test('silence is shown before the interval of progress has passed, and so is its end', async () => {
  const { world, app } = await started({
    intervalMs: 3_600_000,
    render: (view, now) =>
      view.kind === 'turn' ? `silent ${Math.round((now - view.turn.lastEventAt) / 1_000)}` : '',
  });
  await world.bind('t1');
  app.presenter.present(world.sessionId);
  const one = await world.queue('one');
  await world.startTurn(one);
  await world.say(one, 'first');
  await world.clock.advance(300_000);
  await world.say(one, 'second');
  await world.clock.advance(0);
  const history = world.surface.messages()[0]?.history.map((shown) => shown.body);
  expect(history).toEqual(['silent 0', 'silent 60', 'silent 0']);
});

test('while somebody is asked, silence is no news', async () => {
  const { world, app } = await started({ intervalMs: 3_600_000 });
  await world.bind('t1');
  app.presenter.present(world.sessionId);
  const one = await world.queue('one');
  await world.startTurn(one);
  await world.ask(one, 'r1');
  await world.clock.advance(0);
  const before = world.surface.calls.length;
  await world.clock.advance(120_000);
  expect(world.surface.calls.length).toBe(before);
});

test('a failed start and the end of a session are told when no turn tells them', async () => {
  const { world, app } = await started();
  await world.bind('t1');
  app.presenter.present(world.sessionId);
  await world.clock.advance(0);
  await world.append([
    { type: 'session.error', data: { message: 'The agent did not start', code: 'agent_failed' } },
  ]);
  await world.append([
    { type: 'session.terminated', data: { reason: 'terminated', by: { ...annOf() } } },
  ]);
  for (const reason of ['idle_timeout', 'agent_exit', 'error', 'terminated'] as const) {
    await world.append([{ type: 'session.terminated', data: { reason } }]);
  }
  await world.clock.advance(0);
  expect(world.bodies().join('\n')).toMatchInlineSnapshot(`
    "The agent did not start.

    A new message here tries again.
    Ann closed the session. A new message here opens it again.
    The session was closed because nobody used it for a while. A new message here opens it again.
    The agent exited, and its session is closed. A new message here opens it again.
    The session ended with an error. A new message here opens it again.
    The session is closed. A new message here opens it again."
  `);
});

const annOf = () => ({ surface: 'fake', id: 'u1', name: 'Ann', kind: 'person' }) as const;

test('an error that a turn has told already is not told again', async () => {
  const { world, app } = await started();
  await world.bind('t1');
  app.presenter.present(world.sessionId);
  const one = await world.queue('one');
  await world.startTurn(one);
  await world.append([
    {
      type: 'turn.ended',
      data: { promptId: one, stopReason: 'failed', error: 'The agent did not start.' },
    },
    { type: 'session.error', data: { message: 'The agent did not start.', code: 'x' } },
  ]);
  await world.clock.advance(0);
  expect(world.store.rows().map((row) => row.view.kind)).toEqual(['turn']);
});

test('a restart opens nothing twice, and shows what happened while nobody looked', async () => {
  const { world, app } = await started();
  await world.bind('t1');
  app.presenter.present(world.sessionId);
  const one = await world.queue('one');
  await world.startTurn(one);
  await world.clock.advance(0);
  app.kill();
  await world.say(one, 'unseen');
  await world.endTurn(one);
  await world.queue('two');
  await world.clock.advance(0);
  expect(world.bodies()).toEqual(['turn preparing: ']);
  const next = world.process('B');
  await next.start();
  await world.clock.advance(0);
  expect(world.bodies()).toEqual(['turn done: unseen', 'turn queued #1: ']);
});

test('a thread that is bound with its cursor set gets what is new, not the history', async () => {
  const { world, app } = await started();
  await world.bind('t1');
  app.presenter.present(world.sessionId);
  const one = await world.queue('one');
  await world.startTurn(one);
  await world.endTurn(one);
  await world.clock.advance(0);
  const late = await world.bind('t2');
  const presentedSeq = (await world.sessions.session(world.sessionId))?.lastSeq ?? 0;
  await world.store.open([], { threadId: late, sessionId: world.sessionId, presentedSeq });
  await world.queue('two');
  await world.clock.advance(0);
  expect(world.surface.messages().map((shown) => `${shown.thread}: ${shown.body}`)).toEqual([
    't1: turn done: ',
    't1: turn queued #1: ',
    't2: turn queued #1: ',
  ]);
});

test('sessions without a thread, and sessions of other processes, cost nothing', async () => {
  const { world, app } = await started();
  app.presenter.present(world.sessionId);
  const one = await world.queue('one');
  await world.clock.advance(0);
  expect(app.presenter.count()).toBe(0);
  await world.bind('t1');
  app.presenter.drop(world.sessionId);
  await world.startTurn(one);
  await world.endTurn(one);
  await world.clock.advance(0);
  expect(world.store.rows()).toEqual([]);
});

test('when messages cannot be opened, presenting starts anew and misses nothing', async () => {
  const world = await createPresenterWorld();
  let failures = 2;
  const app = world.process('A', {
    store: {
      ...world.store,
      open: async (messages, binding) => {
        failures -= 1;
        if (failures >= 0) throw new Error('disk full');
        return world.store.open(messages, binding);
      },
    },
  });
  await app.start();
  await world.session();
  await world.bind('t1');
  app.presenter.present(world.sessionId);
  const one = await world.queue('one');
  await world.startTurn(one);
  await world.clock.advance(5_000);
  expect(world.bodies()).toEqual(['turn preparing: ']);
});

test('resolve gives gone for what is in no log, and reads the log of sessions at rest once', async () => {
  const { world, app } = await started();
  const one = await world.queue('one');
  const { sessionId } = world;
  const nothing = await deriveId('p', 'nothing');
  const nobody = await deriveId('r', 'nobody');
  expect(await app.presenter.resolve({ kind: 'turn', sessionId, promptId: nothing })).toBe('gone');
  expect(await app.presenter.resolve({ kind: 'permission', sessionId, requestId: nobody })).toBe(
    'gone',
  );
  const [first, second] = await Promise.all([
    app.presenter.resolve({ kind: 'turn', sessionId, promptId: one }),
    app.presenter.resolve({ kind: 'turn', sessionId, promptId: one }),
  ]);
  expect(first).toEqual(second);
  expect(first).toMatchObject({ kind: 'turn', turn: { text: 'one', state: 'queued' } });
});

test('a reminder that was logged before a crash is shown once after it, and edited to the outcome', async () => {
  const { world, app } = await started();
  await world.bind('t1');
  app.presenter.present(world.sessionId);
  const one = await world.queue('one');
  await world.startTurn(one);
  const requestId = await world.ask(one, 'r1');
  await world.clock.advance(0);
  app.kill();
  await world.clock.advance(900_000);
  await world.append([{ type: 'permission.reminded', data: { requestId } }]);
  const next = world.process('B');
  await next.start();
  next.presenter.present(world.sessionId);
  await world.clock.advance(10);
  expect(world.bodies().at(-1)).toMatchInlineSnapshot(
    `"**Example** still waits for an answer: \`Delete it\` (\`k7\`). Answer above, or with \`approve k7\` or \`deny k7\`. Without an answer it is refused in 15 min."`,
  );
  const count = world.bodies().length;
  await world.answer(requestId);
  await world.clock.advance(10_000);
  expect(world.bodies().at(-1)).toMatchInlineSnapshot(
    `"\`Delete it\` (\`k7\`) was allowed by Ann."`,
  );
  expect(world.bodies()).toHaveLength(count);
  expect(world.store.rows().at(-1)).toMatchObject({ view: { kind: 'reminder' }, state: 'settled' });
});

test('an edit that came too late is offered once, and the offer says who took it', async () => {
  const { world, app } = await started();
  await world.bind('t1');
  app.presenter.present(world.sessionId);
  const one = await world.queue('one');
  await world.startTurn(one);
  await world.endTurn(one);
  await world.clock.advance(0);
  const by = annOf();
  await world.append([{ type: 'prompt.edited', data: { promptId: one, text: 'two', by } }]);
  await world.append([{ type: 'prompt.edited', data: { promptId: one, text: 'three', by } }]);
  await world.clock.advance(0);
  expect(world.bodies().at(-1)).toMatchInlineSnapshot(
    `"Ann edited the message after its turn had begun, so the edit is not used: \`three\`. \`retry edited\` runs it again with the edit."`,
  );
  const again = await deriveId('p', 'again');
  const queued = { promptId: again, text: 'three', actor: by, editOf: one };
  await world.append([{ type: 'prompt.queued', data: queued }]);
  await world.clock.advance(0);
  expect(world.bodies().filter((body) => body.includes('edit'))).toMatchInlineSnapshot(`
    [
      "Ann runs it again with the edit.",
    ]
  `);
});
