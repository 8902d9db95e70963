import { describe, expect, it } from 'vitest';
import { createFakeAgents } from '../../harness/fake-agent.ts';
import { settle } from '../../harness/manual-clock.ts';
import { createWorld, OPERATOR, startServer } from '../../harness/session-bench.ts';

describe('a restart after a crash', () => {
  it('shows the running turn as interrupted, cancels what it asked, goes on with the queue', async () => {
    const world = createWorld();
    const first = await startServer(world);
    first.agents.behave = async (turn) => {
      await turn.ask('Write');
      return 'end_turn';
    };
    const id = await first.open();
    await first.say(id, 'one');
    await first.clock.advance(10);
    await first.say(id, 'two');

    const second = await startServer(world);
    await second.rest(id);
    expect(second.types(id).slice(-9)).toEqual([
      'turn.ended',
      'permission.resolved',
      'prompt.started',
      'span.environment_setup_start',
      'span.environment_setup_end',
      'session.started',
      'update',
      'turn.ended',
      'session.idle',
    ]);
    expect(await world.memory.sessions.prompts(id, ['interrupted'])).toMatchObject([
      { text: 'one', error: 'The server stopped in the middle of this turn.' },
    ]);
    expect(await second.service.permissions(OPERATOR, id)).toEqual([]);
    expect(second.agents.prompts).toEqual(['two']);
    expect(second.agents.opened).toEqual([{ previous: 'acp-1', how: 'load' }]);
    expect(second.agents.reaped).toEqual([id]);
    expect(second.types(id).filter((type) => type === 'turn.ended')).toHaveLength(2);
  });

  it('interrupts the running turn when the server is stopped in good order', async () => {
    const world = createWorld();
    const first = await startServer(world);
    first.agents.behave = () => new Promise(() => {});
    const id = await first.open();
    await first.say(id, 'one');
    await first.clock.advance(10);
    await first.manager.stop();
    await first.ownership.stop();
    expect(first.events(id).at(-1)).toMatchObject({
      type: 'turn.ended',
      data: { stopReason: 'interrupted' },
    });
    expect(first.agents.running()).toBe(0);
    expect(await world.memory.leases.holders()).toEqual([]);
  });

  it('leaves resting sessions alone', async () => {
    const world = createWorld();
    const first = await startServer(world);
    await first.open();
    const second = await startServer(world);
    expect(second.manager.count()).toBe(0);
    expect(second.agents.opened).toEqual([]);
  });

  it('puts an idle agent to sleep after half an hour, and wakes it for the next prompt', async () => {
    const server = await startServer(createWorld());
    const id = await server.open();
    await server.say(id, 'one');
    await server.rest(id);
    await server.clock.advance(29 * 60_000);
    expect(server.agents.running()).toBe(1);
    await server.clock.advance(2 * 60_000);
    expect(server.agents.running()).toBe(0);
    expect(server.manager.count()).toBe(0);
    await server.say(id, 'two');
    await server.rest(id);
    expect(server.agents.opened.map(({ how }) => how)).toEqual(['new', 'load']);
  });

  it('lets a session go when its agent is gone and nothing is left to do', async () => {
    const server = await startServer(createWorld());
    await server.open();
    expect(server.manager.count()).toBe(1);
    server.agents.kill();
    await server.clock.advance(5000);
    expect(server.manager.count()).toBe(0);
  });
});

describe('two servers on one database', () => {
  it('leave a session to its living owner, which hears of prompts accepted elsewhere', async () => {
    const world = createWorld();
    const a = await startServer(world, { exclusive: false });
    const id = await a.open();
    const b = await startServer(world, { exclusive: false });
    await b.say(id, 'to b');
    world.wakeBus.remote('session', id);
    await b.rest(id);
    expect(a.agents.prompts).toEqual(['to b']);
    expect(b.agents.prompts).toEqual([]);
  });

  it('answer a permission on either', async () => {
    const world = createWorld();
    const a = await startServer(world, { exclusive: false });
    const answers: unknown[] = [];
    a.agents.behave = async (turn) => {
      answers.push(await turn.ask('Write'));
      return 'end_turn';
    };
    const id = await a.open();
    const b = await startServer(world, { exclusive: false });
    await a.say(id, 'write');
    await a.clock.advance(10);
    const [request] = await b.service.permissions(OPERATOR);
    if (!request) throw new Error('no request');
    await b.service.answerPermission(OPERATOR, id, request.id, { optionId: 'no' });
    world.wakeBus.remote('session', id);
    await b.rest(id);
    expect(answers).toEqual([{ outcome: 'selected', optionId: 'no' }]);
  });

  it('take over a dead owner’s work within 15 s, and fence the late writer', async () => {
    const world = createWorld();
    const a = await startServer(world, { exclusive: false });
    a.agents.behave = async (turn) => {
      await turn.cancelled;
      return 'cancelled';
    };
    const id = await a.open();
    await a.say(id, 'one');
    await a.clock.advance(10);
    const b = await startServer(world, { exclusive: false });
    await b.say(id, 'two');
    // a stops beating without ending: a paused process.
    const beat = world.memory.leases.beat;
    Object.assign(world.memory.leases, {
      beat: async (holder: typeof a.ownership.holder) => {
        if (holder !== a.ownership.holder) await beat(holder);
      },
    });
    await world.clock.advance(15_000);
    await b.rest(id);
    expect(b.agents.prompts).toEqual(['two']);
    expect(await world.memory.sessions.prompts(id, ['interrupted'])).toMatchObject([
      { text: 'one' },
    ]);
    const length = b.events(id).length;
    // The late writer wakes up: it may write nothing, and gives its agent up.
    await a.service.cancelTurn(OPERATOR, id);
    a.agents.kill();
    await world.clock.advance(1000);
    await settle();
    expect(b.events(id).length).toBe(length);
  });
});

describe('a database that fails', () => {
  it('refuses new prompts with its sentence, and stores what a turn said once it works again', async () => {
    const world = createWorld();
    const agents = createFakeAgents();
    const server = await startServer(world, { agents });
    const gate = Promise.withResolvers<void>();
    agents.behave = async (turn) => {
      turn.say('before ');
      await gate.promise;
      for (let n = 0; n < 5; n += 1) turn.say(`${n} `);
      return 'end_turn';
    };
    const id = await server.open();
    const { promptId } = await server.say(id, 'go');
    await server.clock.advance(50);
    world.memory.fail(true);
    await expect(server.say(id, 'more')).rejects.toMatchObject({
      code: 'unavailable',
      message: 'The disk is full.',
    });
    gate.resolve();
    await server.clock.advance(2000);
    world.memory.fail(false);
    await server.rest(id);
    const result = server.service.turnResult(OPERATOR, promptId, new AbortController().signal);
    expect((await result).text).toBe('before 0 1 2 3 4');
    expect(server.events(id).map((event) => event.seq)).toEqual(
      server.events(id).map((_, index) => index + 1),
    );
  });
});
