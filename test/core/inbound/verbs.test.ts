import { expect, test } from 'vitest';
import { ALWAYS, NO, ONCE, READER, say, withTurn } from './story.ts';
import { createInboundWorld } from './world.ts';

const order = (prompts: readonly { text: string }[], text: string): number =>
  prompts.findIndex((prompt) => prompt.text === text);

test('agent=, model= and mode= are carried out; another agent gets a session of its own', async () => {
  const { world, app, session } = await withTurn();
  await say(world, app, '@threadcast model=opus mode=plan think');
  expect(world.configured).toEqual(['model=opus', 'mode=plan']);
  await say(world, app, '@threadcast agent=Codex review this');
  const sessions = await world.all();
  expect(new Set(sessions.map((one) => one.agentTemplateId))).toEqual(
    new Set(['codex', 'example']),
  );
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

test('approve answers a request of an earlier session of the thread as well', async () => {
  const { world, app, session } = await withTurn();
  const [prompt] = await world.prompts(session.id);
  if (prompt === undefined) throw new Error('no prompt');
  const k7 = await world.ask(session.id, prompt.id, 'k7', [ONCE, NO]);
  await say(world, app, '@threadcast new and this');
  await expect(world.session()).rejects.toThrow('2 sessions');
  expect(await say(world, app, '/approve k7')).toBe('');
  expect((await world.sessions.permission(k7))?.optionId).toBe('opt-1');
});

test('a code that was another request’s answers none', async () => {
  const { world, app, session } = await withTurn();
  const [prompt] = await world.prompts(session.id);
  if (prompt === undefined) throw new Error('no prompt');
  await world.ask(session.id, prompt.id, 'k7', [ONCE, NO]);
  await say(world, app, '/deny k7');
  const again = await world.ask(session.id, prompt.id, 'k7', [ONCE, NO], ' again');
  expect(await say(world, app, '/approve k7')).toMatchInlineSnapshot(
    `"Two requests have had the code \`k7\` here, so it answers neither. Please answer \`Run k7\` where it is shown."`,
  );
  expect((await world.sessions.permission(again))?.state).toBe('pending');
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
    "**Example** waits for an answer.
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

    - **Example** is working, active here, made … ago (\`s_ID\`)"
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

test('mode, model and agent alone say what there is to choose from', async () => {
  const { world, app, session } = await withTurn();
  expect(await say(world, app, '/model')).toMatchInlineSnapshot(
    `"The agent offers no model to choose from."`,
  );
  await world.patch(session.id, {
    report: {
      canLoad: false,
      canResume: false,
      promptKinds: [],
      modes: [{ id: 'ask', name: 'Ask' }],
      currentModeId: 'ask',
      configOptions: [
        {
          id: 'model',
          name: 'Model',
          type: 'select',
          currentValue: 'quick',
          options: [
            { value: 'quick', name: 'Quick' },
            { value: 'steady', name: 'Steady' },
          ],
        },
      ],
    },
  });
  expect(await say(world, app, '/mode')).toMatchInlineSnapshot(
    `"The mode is \`ask\`. You can use: \`ask\`."`,
  );
  expect(await say(world, app, '/model')).toMatchInlineSnapshot(
    `"The model is \`quick\`. You can use: \`quick\`, \`steady\`."`,
  );
  expect(await say(world, app, '/agent')).toMatchInlineSnapshot(
    `"The agent is \`example\`. You can use: \`example\`, \`codex\`."`,
  );
  expect(await say(world, app, '/help frob')).toMatchInlineSnapshot(
    `"There is no command \`/frob\`. \`help\` lists what you can do."`,
  );
});

test('status says that the turn is being stopped', async () => {
  const { world, app } = await withTurn();
  await say(world, app, '/stop');
  expect(await say(world, app, '/status')).toContain('**Example** is stopping.');
});
