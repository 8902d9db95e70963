import { expect, test } from 'vitest';
import { AppError } from '../../../src/core/model/errors.ts';
import type { InboundMessage } from '../../../src/core/ports/stores.ts';
import { createInboundWorld, type InboundWorld } from './world.ts';

type App = ReturnType<InboundWorld['start']>;

/** Says it, waits until it was handled, and gives the notices that came of it. */
async function say(
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

async function withTurn(): Promise<{
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

const ONCE = { optionId: 'opt-1', name: 'Allow once', kind: 'allow_once' };
const ALWAYS = { optionId: 'opt-2', name: 'Always allow', kind: 'allow_always' };
const NO = { optionId: 'opt-3', name: 'Reject', kind: 'reject_once' };
const READER = { roles: ['read'], actor: { ...annAs('Bob', 'u2') } } as const;

function annAs(name: string, id: string) {
  return { surface: 'fake', id, name, kind: 'person' } as const;
}

test('a mention starts a session, binds the thread and runs the prompt; nothing else is said', async () => {
  const { world, session } = await withTurn();
  expect(session).toMatchObject({
    agentTemplateId: 'example',
    createdBy: { name: 'Ann' },
    metadata: { surface: 'fake', thread: 'thread-1' },
  });
  expect((await world.prompts(session.id)).map((prompt) => prompt.text)).toEqual(['fix the tests']);
  expect(world.bodies()).toEqual(['turn preparing: ']);
});

test('the same delivery again is known, and does nothing', async () => {
  const world = createInboundWorld();
  const app = world.start();
  const message = world.message('@threadcast hello');
  expect(await app.inbound.accept(message)).toBe('stored');
  expect(await app.inbound.accept(message)).toBe('duplicate');
  await world.clock.until(() => world.inbox.outcome(message.deliveryId) === 'done', 60_000, 1);
  expect(await world.all()).toHaveLength(1);
});

test('what is not for us leaves no trace', async () => {
  const world = createInboundWorld();
  const app = world.start();
  await say(world, app, 'good morning');
  await say(world, app, '(aside) not for the bot');
  expect(await world.all()).toEqual([]);
  expect(world.surface.calls).toEqual([]);
});

test('replies in a bound thread go on with its session; the queue is shown by the turns', async () => {
  const { world, app, session } = await withTurn();
  expect(await say(world, app, 'and the linter')).toBe('');
  expect((await world.prompts(session.id)).map((prompt) => prompt.text)).toEqual([
    'fix the tests',
    'and the linter',
  ]);
  expect(world.bodies()).toEqual(['turn preparing: ', 'turn queued #1: ']);
});

test('where untagged replies are off, commands still need no mention, free text does', async () => {
  const world = createInboundWorld();
  const config = {
    mentions: () => ['threadcast'],
    untaggedReplies: () => false,
    defaultAgent: 'example',
  };
  const app = world.start('A', { over: { config } });
  await say(world, app, '@threadcast fix the tests');
  const { id } = await world.session();
  await say(world, app, 'talk among people');
  await say(world, app, '! urgent talk among people');
  expect(await world.prompts(id)).toHaveLength(1);
  expect(await say(world, app, '/usage')).toBe('The agent has reported no usage yet.');
  await say(world, app, '@threadcast go on');
  expect(await world.prompts(id)).toHaveLength(2);
});

test('an ended session is opened again by the next message; one that ends is waited for', async () => {
  const { world, app, session } = await withTurn();
  const [prompt] = await world.prompts(session.id);
  if (prompt === undefined) throw new Error('no prompt');
  await world.end(session.id, prompt.id);
  await world.patch(session.id, { state: 'ending' });
  const message = world.message('one more thing');
  await app.inbound.accept(message);
  await world.clock.advance(2_000);
  expect(world.inbox.outcome(message.deliveryId)).toBe('pending');
  await world.patch(session.id, { state: 'ended' });
  await world.clock.until(() => world.inbox.outcome(message.deliveryId) === 'done');
  expect(await world.sessions.session(session.id)).toMatchObject({ state: 'idle' });
  expect(await world.prompts(session.id)).toHaveLength(2);
});

test('agent=, model= and mode= are carried out; another agent gets a session of its own', async () => {
  const { world, app, session } = await withTurn();
  await say(world, app, '@threadcast model=opus mode=plan think');
  expect(world.configured).toEqual(['model=opus', 'mode=plan']);
  await say(world, app, '@threadcast agent=Codex review this');
  const sessions = await world.all();
  expect(sessions.map((one) => one.agentTemplateId).toSorted()).toEqual(['codex', 'example']);
  await say(world, app, 'and that');
  const codex = sessions.find((one) => one.id !== session.id);
  if (codex === undefined) throw new Error('no second session');
  expect((await world.prompts(codex.id)).map((prompt) => prompt.text)).toEqual([
    'review this',
    'and that',
  ]);
  expect(await say(world, app, '@threadcast agent=gpt go')).toMatchInlineSnapshot(
    `"There is no agent \`gpt\`. You can use: \`example\`, \`codex\`."`,
  );
  expect(await say(world, app, '@threadcast repo=a/b go')).toMatchInlineSnapshot(
    `"\`repo=\` is not available here yet. Please send your message again without it."`,
  );
  expect(await say(world, app, '@threadcast branch=main go')).toMatchInlineSnapshot(
    `"\`branch=\` is not available here yet. Please send your message again without it."`,
  );
});

test('new and agent start sessions in the thread', async () => {
  const { world, app } = await withTurn();
  expect(await say(world, app, '/new codex look at it afresh')).toBe('');
  expect(await world.all()).toHaveLength(2);
  expect(await say(world, app, '/agent codex')).toMatchInlineSnapshot(
    `"This thread works with **Codex** already. \`new\` starts a fresh session."`,
  );
  expect(await say(world, app, '/agent example')).toMatchInlineSnapshot(
    `"From now on this thread works with **Example**, in a new session. Write what you want done."`,
  );
  expect(await world.all()).toHaveLength(3);
});

test('model and mode name what the agent offers', async () => {
  const { world, app, session } = await withTurn();
  await world.patch(session.id, {
    report: {
      canLoad: false,
      canResume: false,
      promptKinds: [],
      modes: [{ id: 'plan', name: 'Plan' }],
      configOptions: [
        {
          id: 'model',
          name: 'Model',
          type: 'select',
          options: [
            { value: 'opus', name: 'Opus' },
            { value: 'sonnet', name: 'Sonnet' },
          ],
        },
      ],
    },
  });
  expect(await say(world, app, '/model sonnet')).toMatchInlineSnapshot(
    `"The model is \`sonnet\` now."`,
  );
  expect(await say(world, app, '/model gpt')).toMatchInlineSnapshot(
    `"The agent offers no model \`gpt\`. You can use: \`opus\`, \`sonnet\`."`,
  );
  expect(await say(world, app, '/mode plan')).toMatchInlineSnapshot(`"The mode is \`plan\` now."`);
  expect(await say(world, app, '/mode yolo')).toMatchInlineSnapshot(
    `"The agent offers no mode \`yolo\`. You can use: \`plan\`."`,
  );
  expect(world.configured).toEqual(['model=sonnet', 'mode=plan']);
});

test('stop asks the running turn to end, and says so when none runs', async () => {
  const { world, app, session } = await withTurn();
  expect(await say(world, app, '/stop')).toBe('');
  const [prompt] = await world.prompts(session.id);
  expect(prompt?.cancelRequested).toBe(true);
  if (prompt === undefined) throw new Error('no prompt');
  await world.end(session.id, prompt.id);
  expect(await say(world, app, '/stop')).toMatchInlineSnapshot(
    `"Nothing is running here, so there is nothing to stop."`,
  );
  await world.patch(session.id, { state: 'ended' });
  expect(await say(world, app, '/stop')).toMatchInlineSnapshot(
    `"Nothing is running here, so there is nothing to stop."`,
  );
});

test('steer stops the turn and goes first; without a session it starts one', async () => {
  const { world, app, session } = await withTurn();
  await say(world, app, 'later');
  expect(await say(world, app, '!use the other parser')).toBe('');
  const prompts = await world.prompts(session.id);
  expect(prompts.map((prompt) => prompt.text)).toEqual(
    ['use the other parser', 'fix the tests', 'later'].toSorted(
      (a, b) => order(prompts, a) - order(prompts, b),
    ),
  );
  const waiting = await world.sessions.prompts(session.id, ['queued']);
  expect(waiting.map((prompt) => prompt.text)).toEqual(['use the other parser', 'later']);
  const elsewhere = { thread: { surface: 'fake', account: 'acme', key: 'thread-2' } };
  await say(world, app, '@threadcast steer start here', elsewhere);
  expect(await world.all()).toHaveLength(2);
});

const order = (prompts: readonly { text: string }[], text: string): number =>
  prompts.findIndex((prompt) => prompt.text === text);

test('the queue is listed, moved, cut and paused by places from 1', async () => {
  const { world, app, session } = await withTurn();
  expect(await say(world, app, '/queue')).toMatchInlineSnapshot(`"The queue is empty."`);
  for (const text of ['first', 'second `code` **x** <!channel>\nmore', 'third'])
    await say(world, app, text);
  expect(await say(world, app, '/queue')).toMatchInlineSnapshot(`
    "Waiting:

    1. \`first\` (Ann)
    2. \`second 'code' **x** <!channel>\` (Ann)
    3. \`third\` (Ann)"
  `);
  expect(await say(world, app, '/queue move 3 1')).toMatchInlineSnapshot(
    `
    "Waiting:

    1. \`third\` (Ann)
    2. \`first\` (Ann)
    3. \`second 'code' **x** <!channel>\` (Ann)"
  `,
  );
  expect(await say(world, app, '/queue move 9 1')).toMatchInlineSnapshot(
    `"There is no prompt 9 in the queue: it has 3."`,
  );
  expect(await say(world, app, '/queue move 1 9')).toMatchInlineSnapshot(
    `"There is no prompt 9 in the queue: it has 3."`,
  );
  expect(await say(world, app, '/queue cancel 2')).toMatchInlineSnapshot(`
    "Waiting:

    1. \`third\` (Ann)
    2. \`second 'code' **x** <!channel>\` (Ann)"
  `);
  expect(await say(world, app, '/queue cancel 7')).toMatchInlineSnapshot(
    `"There is no prompt 7 in the queue: it has 2."`,
  );
  expect(await say(world, app, '/queue pause')).toMatchInlineSnapshot(`
    "Waiting:

    1. \`third\` (Ann)
    2. \`second 'code' **x** <!channel>\` (Ann)

    The queue is paused; \`queue resume\` goes on."
  `);
  expect((await world.sessions.session(session.id))?.queuePaused).toBe(true);
  expect(await say(world, app, '/queue resume')).toMatchInlineSnapshot(`
    "Waiting:

    1. \`third\` (Ann)
    2. \`second 'code' **x** <!channel>\` (Ann)"
  `);
  expect(await say(world, app, '/queue clear')).toMatchInlineSnapshot(
    `"Taken out of the queue: 2 prompts."`,
  );
  expect(await say(world, app, '/queue clear')).toMatchInlineSnapshot(`"The queue is empty."`);
  expect(await say(world, app, '/queue cancel 1')).toMatchInlineSnapshot(`"The queue is empty."`);
});

test('approve and deny answer by code, with an option that was offered', async () => {
  const { world, app, session } = await withTurn();
  const [prompt] = await world.prompts(session.id);
  if (prompt === undefined) throw new Error('no prompt');
  expect(await say(world, app, '/approve k7')).toMatchInlineSnapshot(
    `"There is no pending request \`k7\` here; nothing waits for an answer."`,
  );
  const k7 = await world.ask(session.id, prompt.id, 'k7', [NO, ALWAYS, ONCE]);
  const m3 = await world.ask(session.id, prompt.id, 'm3', [ALWAYS, NO]);
  const x4 = await world.ask(session.id, prompt.id, 'x4', [{ ...NO, kind: 'weird' }]);
  expect(await say(world, app, '/approve zz')).toMatchInlineSnapshot(
    `"There is no pending request \`zz\` here; pending: \`k7\` (\`Run k7\`), \`m3\` (\`Run m3\`), \`x4\` (\`Run x4\`)."`,
  );
  expect(await say(world, app, '/approve K7')).toBe('');
  expect((await world.sessions.permission(k7))?.optionId).toBe('opt-1');
  expect(await say(world, app, '/approve m3')).toBe('');
  expect((await world.sessions.permission(m3))?.optionId).toBe('opt-2');
  expect(await say(world, app, '/deny x4')).toMatchInlineSnapshot(
    `"The agent offers no way to deny \`x4\`. It offers: \`Reject\`."`,
  );
  expect((await world.sessions.permission(x4))?.state).toBe('pending');
  const n5 = await world.ask(session.id, prompt.id, 'n5', [ONCE, NO]);
  expect(await say(world, app, '/deny n5 not in this repository')).toBe('');
  expect((await world.sessions.permission(n5))?.optionId).toBe('opt-3');
  const waiting = await world.sessions.prompts(session.id, ['queued']);
  expect(waiting.map((one) => one.text)).toMatchInlineSnapshot(`
    [
      "I denied "Run n5" for this reason: not in this repository",
    ]
  `);
});

test('retry runs the last prompt again, continue goes on', async () => {
  const { world, app, session } = await withTurn();
  expect(await say(world, app, '/retry')).toMatchInlineSnapshot(
    `"There is no finished turn to run again."`,
  );
  const [prompt] = await world.prompts(session.id);
  if (prompt === undefined) throw new Error('no prompt');
  await world.end(session.id, prompt.id, 'failed');
  expect(await say(world, app, '/retry')).toBe('');
  expect(await say(world, app, '/continue')).toBe('');
  expect((await world.prompts(session.id)).map((one) => one.text)).toEqual([
    'fix the tests',
    'fix the tests',
    'Continue.',
  ]);
});

test('close ends the session; closing again says how it stands', async () => {
  const { world, app, session } = await withTurn();
  expect(await say(world, app, '/close')).toBe('');
  expect((await world.sessions.session(session.id))?.state).toBe('ending');
  await world.patch(session.id, { state: 'ended' });
  expect(await say(world, app, '/close')).toMatchInlineSnapshot(
    `"**Example** is closed; a new message opens it again."`,
  );
});

test('status, usage, sessions and whoami tell what there is', async () => {
  const { world, app, session } = await withTurn();
  const [prompt] = await world.prompts(session.id);
  if (prompt === undefined) throw new Error('no prompt');
  await say(world, app, 'then this');
  await world.ask(session.id, prompt.id, 'k7', [ONCE, NO]);
  const usage = { used: 12_345, size: 200_000, cost: { amount: 0.4213, currency: 'USD' } };
  await world.patch(session.id, { usage, queuePaused: true });
  await world.clock.advance(125_000);
  expect(await say(world, app, '/status')).toMatchInlineSnapshot(`
    "**Example** is working.
    - Now: \`fix the tests\` (Ann, for 2 min 5 s)
    - Asks: \`Run k7\`; \`approve k7\` or \`deny k7\`
    - Queue: 1 waiting, paused
    - Usage: context 12,345 of 200,000 tokens (6%), cost 0.42 USD."
  `);
  expect(await say(world, app, '/usage')).toMatchInlineSnapshot(
    `"Usage: context 12,345 of 200,000 tokens (6%), cost 0.42 USD."`,
  );
  expect(await say(world, app, '/whoami')).toMatchInlineSnapshot(
    `"You are **Ann** (fake person \`u1\`), with the role maintain here."`,
  );
  expect(await say(world, app, '/whoami', { roles: [] })).toMatchInlineSnapshot(
    `"Sorry, this needs the role \`read\`, which you do not have here. Please ask somebody who has it: members of this repository or channel."`,
  );
  const listed = await say(world, app, '/sessions');
  expect(listed.replace(session.id, 's_ID').replace(/made .* ago/, 'made … ago'))
    .toMatchInlineSnapshot(`
    "Sessions of this thread:

    - **Example**: running, active here, made … ago (\`s_ID\`)"
  `);
  await world.patch(session.id, {
    state: 'failed',
    stateReason: 'The agent exited with code 1.',
    usage: { used: 5 },
  });
  await say(world, app, '/queue clear');
  expect(await say(world, app, '/status')).toMatchInlineSnapshot(`
    "**Example** could not start its agent.
    - Reason: The agent exited with code 1.
    - Now: \`fix the tests\` (Ann, for 2 min 5 s)
    - Asks: \`Run k7\`; \`approve k7\` or \`deny k7\`
    - Queue: empty, paused
    - Usage: context 5 tokens."
  `);
});

test('without a session the verbs that need one say how to start one', async () => {
  const world = createInboundWorld();
  const app = world.start();
  const addressed = { addressed: true };
  const said = new Set<string>();
  for (const text of ['/status', '/stop', '/queue', '/usage', '/retry', '/close', '/sessions']) {
    said.add(await say(world, app, text, addressed));
  }
  expect([...said]).toMatchInlineSnapshot(`
    [
      "There is no session in this thread yet. Mention me with what you want done to start one.",
    ]
  `);
});

test('help lists what the person may do; unknown verbs get one short answer', async () => {
  const { world, app } = await withTurn();
  const help = await say(world, app, '@threadcast help', READER);
  expect(help).toContain('`@threadcast`');
  expect(help).toContain('Others can do more');
  expect(await say(world, app, '/stopp')).toMatchInlineSnapshot(
    `"There is no command \`/stopp\`. Did you mean \`stop\`? \`help\` lists what you can do."`,
  );
  expect(await say(world, app, '/help stop')).toContain('Stop the running turn');
});

test("the agent's own slash commands are prompts", async () => {
  const { world, app, session } = await withTurn();
  await world.append(session.id, [
    {
      type: 'update',
      data: {
        update: {
          sessionUpdate: 'available_commands_update',
          availableCommands: [{ name: 'compact', description: 'Compacts.' }],
        },
      },
    },
  ]);
  expect(await say(world, app, '/compact now')).toBe('');
  expect((await world.prompts(session.id)).at(-1)?.text).toBe('/compact now');
});

test('somebody who may not is told so politely, once an hour per thread, and it is logged', async () => {
  const { world, app, session } = await withTurn();
  expect(await say(world, app, 'do my bidding', READER)).toMatchInlineSnapshot(
    `"Sorry, this needs the role \`run\`, which you do not have here. Please ask somebody who has it: people who may start work here, usually those with write access."`,
  );
  expect(await say(world, app, '/stop', READER)).toBe('');
  expect(await say(world, app, '/approve k7', READER)).toContain('no pending request');
  const carol = { ...READER, actor: annAs('Carol', 'u3') };
  expect(await say(world, app, '/stop', carol)).toContain('Sorry');
  await world.clock.advance(3_600_000);
  expect(await say(world, app, '/stop', READER)).toContain('Sorry');
  const [prompt] = await world.prompts(session.id);
  expect(prompt?.cancelRequested).toBe(false);
  const refused = world.decisions.filter((decision) => decision.outcome === 'refused');
  expect(refused.map((decision) => [decision.actor.name, decision.verb])).toEqual([
    ['Bob', 'prompt'],
    ['Bob', 'stop'],
    ['Carol', 'stop'],
    ['Bob', 'stop'],
  ]);
});

test('an error that nobody expected is a fixed sentence with an id, and the log has the cause', async () => {
  const world = createInboundWorld();
  const app = world.start('A', {
    service: (real) => ({
      ...real,
      create: async () => {
        throw new TypeError('secret internals');
      },
    }),
  });
  const said = await say(world, app, '@threadcast go');
  expect(said.replace(/e_[0-9a-f]{8}/, 'e_ID')).toMatchInlineSnapshot(
    `"Something went wrong on my side, and your message was not carried out. Please try again; if it happens again, tell whoever runs this server the error id \`e_ID\`."`,
  );
  const errorId = /e_[0-9a-f]{8}/.exec(said)?.[0];
  const line = world.log.lines.find((entry) => entry.level === 'error');
  expect(line?.fields).toMatchObject({ errorId });
  expect(world.inbox.outcome('d1')).toContain('secret internals');
});

test('while something is unavailable the thread waits in order, and other threads go on', async () => {
  const world = createInboundWorld();
  let down = true;
  const app = world.start('A', {
    service: (real) => ({
      ...real,
      prompt: async (caller, id, input) => {
        const text = input.content[0]?.type === 'text' ? input.content[0].text : '';
        if (down && text !== 'other') throw new AppError('unavailable', 'The database is busy.');
        return real.prompt(caller, id, input);
      },
    }),
  });
  const first = world.message('@threadcast one');
  const second = world.message('@threadcast two');
  await app.inbound.accept(first);
  await app.inbound.accept(second);
  await say(world, app, '@threadcast other', {
    thread: { surface: 'fake', account: 'acme', key: 'thread-2' },
  });
  expect(world.inbox.outcome(first.deliveryId)).toBe('pending');
  down = false;
  await world.clock.until(() => world.inbox.outcome(second.deliveryId) === 'done');
  const sessions = await world.all();
  const texts = await Promise.all(
    sessions.map(async ({ id }) => (await world.prompts(id)).map((prompt) => prompt.text)),
  );
  expect(texts.toSorted()).toEqual([['one', 'two'], ['other']]);
});

test('what stays unavailable is given up after a while, with a word to the thread', async () => {
  const world = createInboundWorld();
  const app = world.start('A', {
    service: (real) => ({
      ...real,
      create: async () => {
        throw new AppError('unavailable', 'The database is busy.');
      },
    }),
  });
  const message = world.message('@threadcast go');
  await app.inbound.accept(message);
  await world.clock.until(() => world.inbox.outcome('d1') !== 'pending', 900_000, 1_000);
  await world.clock.advance(100);
  expect(world.inbox.outcome('d1')).toBe('given up after 12 attempts: The database is busy.');
  expect(world.notices()).toMatchInlineSnapshot(`
    [
      "I could not do this: something that I need was not available for several minutes. Please send it again.",
    ]
  `);
});

test('one replica works at a time; when it dies another goes on', async () => {
  const world = createInboundWorld();
  const a = world.start('A');
  await world.clock.advance(0);
  const b = world.start('B');
  await say(world, b, '@threadcast by A');
  expect(world.leases.epoch('inbox')).toBe(1);
  a.kill();
  await a.inbound.stop();
  await say(world, b, '@threadcast by B');
  expect(world.leases.epoch('inbox')).toBe(2);
  expect(await world.prompts((await world.session()).id)).toHaveLength(2);
});

test('stopping takes up nothing new and lets go of the lease', async () => {
  const world = createInboundWorld();
  const app = world.start();
  await say(world, app, '@threadcast hello');
  await app.inbound.stop();
  const message = world.message('one more');
  await app.inbound.accept(message);
  await world.clock.advance(60_000);
  expect(world.inbox.outcome(message.deliveryId)).toBe('pending');
  expect(await world.leases.holder('B').acquire('inbox')).toBe(2);
});
