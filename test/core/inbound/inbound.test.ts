import { expect, test } from 'vitest';
import { AppError } from '../../../src/core/model/errors.ts';
import type { InboundMessage } from '../../../src/core/ports/stores.ts';
import { NO, ONCE, READER, person, say, withTurn } from './story.ts';
import { createInboundWorld } from './world.ts';

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
    botTurnsPerHour: 20,
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
  const carol = { ...READER, actor: person('Carol', 'u3') };
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
  expect(new Set(texts.map((own) => own.join()))).toEqual(new Set(['one,two', 'other']));
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

test('a refusal is said once an hour, also by a server that was started again', async () => {
  const world = createInboundWorld();
  const first = world.start('A');
  await say(world, first, '@threadcast go');
  // Ten minutes before the hour is over: the next one has another key.
  await world.clock.advance(3_000_000 - (world.clock.now() % 3_600_000));
  expect(await say(world, first, '/stop', READER)).toContain('Sorry');
  first.kill();
  await first.inbound.stop();
  const second = world.start('B');
  await world.clock.advance(1_800_000);
  expect(await say(world, second, '/stop', READER)).toBe('');
  await world.clock.advance(1_800_000);
  expect(await say(world, second, '/stop', READER)).toContain('Sorry');
});

test('bots cause so many turns an hour and no more; people are not held up', async () => {
  const world = createInboundWorld();
  const config = {
    mentions: () => ['threadcast'],
    untaggedReplies: () => true,
    botTurnsPerHour: 2,
    defaultAgent: 'example',
  };
  const app = world.start('A', { over: { config } });
  const bot = { actor: { ...person('Renovate', 'b1'), kind: 'bot' } } as const;
  const ask = (text: string, by: Partial<InboundMessage> = bot) => say(world, app, text, by);
  await ask('@threadcast one');
  await ask('@threadcast new two');
  expect(await ask('@threadcast three')).toMatchInlineSnapshot(
    `"Renovate is a bot, and bots have caused 2 turns here within the last hour. To stop loops, I do nothing more for bots in this thread until an hour has passed; a person can still ask me."`,
  );
  expect(await ask('@threadcast retry')).toBe('');
  expect(await ask('@threadcast status')).toContain('Example');
  await ask('@threadcast by a person', {});
  const texts = async () =>
    (await Promise.all((await world.all()).map(({ id }) => world.prompts(id))))
      .flat()
      .map(({ text }) => text)
      .toSorted();
  expect(await texts()).toEqual(['by a person', 'one', 'two']);
  expect(world.decisions.filter(({ outcome }) => outcome === 'refused')).toHaveLength(2);
  await world.clock.advance(3_600_000);
  await ask('@threadcast four');
  expect(await texts()).toContain('four');
});

test('a muted thread shows no turns, but says so, and what needs an answer', async () => {
  const { world, app, session } = await withTurn();
  const shown = () => world.bodies().filter((body) => body.startsWith('turn')).length;
  expect(await say(world, app, '/mute', READER)).toContain('Sorry');
  expect(await say(world, app, '/mute')).toMatchInlineSnapshot(
    `"I show no turns here until \`unmute\`; permission requests and answers to commands still appear. What you ask for is done all the same."`,
  );
  const before = shown();
  expect(await say(world, app, 'more')).toMatchInlineSnapshot(
    `"I am on it. This thread is muted, so the turn is not shown here; \`unmute\` shows the next ones."`,
  );
  expect(shown()).toBe(before);
  const [prompt] = await world.prompts(session.id);
  if (prompt === undefined) throw new Error('no prompt');
  await world.ask(session.id, prompt.id, 'k7', [ONCE]);
  await world.clock.advance(10);
  expect(world.bodies().some((body) => body.includes('k7'))).toBe(true);
  expect(await say(world, app, '/unmute')).toMatchInlineSnapshot(
    `"I show turns here again, from the next one on."`,
  );
  await say(world, app, 'again');
  expect(shown()).toBe(before + 1);
});

test('who answers a request by its code when it is over is told how it ended', async () => {
  const { world, app, session } = await withTurn();
  const [prompt] = await world.prompts(session.id);
  if (prompt === undefined) throw new Error('no prompt');
  await world.ask(session.id, prompt.id, 'k7', [ONCE, NO]);
  await say(world, app, '/approve k7');
  expect(await say(world, app, '/deny k7')).toMatchInlineSnapshot(
    `"Request \`k7\` was allowed by Ann."`,
  );
  expect(await say(world, app, '/deny k8')).toContain('no pending request');
});
