import { describe, expect, it } from 'vitest';
import { mintId } from '../../../src/core/model/ids.ts';
import { TURN_LIMITS } from '../../../src/core/sessions/turn.ts';
import { createWorld, OPERATOR, startServer } from '../../harness/session-bench.ts';

const COMMON = ['session.created', 'span.environment_setup_start', 'span.environment_setup_end'];

describe('a turn', () => {
  it('goes from the accepted prompt to the stop reason, everything logged in order', async () => {
    const server = await startServer(createWorld());
    const id = await server.open();
    const accepted = await server.say(id, 'hello');
    expect(accepted).toMatchObject({ state: 'running', position: 0, created: true });
    await server.rest(id);
    expect(server.types(id)).toEqual([
      ...COMMON,
      'session.started',
      'session.idle',
      'prompt.queued',
      'prompt.started',
      'update',
      'turn.ended',
      'session.idle',
    ]);
    expect(server.events(id).map((event) => event.seq)).toEqual(
      server.events(id).map((_, index) => index + 1),
    );
  });

  it('joins streamed text but keeps it before what follows', async () => {
    const server = await startServer(createWorld());
    server.agents.behave = async (turn) => {
      for (let n = 0; n < 100; n += 1) turn.say(`${n} `);
      turn.update({ sessionUpdate: 'plan', entries: [] });
      turn.say('end');
      return 'end_turn';
    };
    const id = await server.open();
    await server.say(id, 'go');
    await server.rest(id);
    const updates = server
      .events(id)
      .flatMap((event) => (event.type === 'update' ? [event.data] : []));
    expect(updates.map((data) => [data.update.sessionUpdate, data.chunks ?? 1])).toEqual([
      ['agent_message_chunk', 100],
      ['plan', 1],
      ['agent_message_chunk', 1],
    ]);
  });

  it('runs one prompt at a time and queues the rest in order', async () => {
    const server = await startServer(createWorld());
    const id = await server.open();
    const gate = Promise.withResolvers<void>();
    server.agents.behave = async () => {
      await gate.promise;
      return 'end_turn';
    };
    await server.say(id, 'one');
    await server.clock.advance(10);
    expect(await server.say(id, 'two')).toMatchObject({ state: 'queued', position: 1 });
    expect(await server.say(id, 'three')).toMatchObject({ state: 'queued', position: 2 });
    gate.resolve();
    await server.rest(id);
    expect(server.agents.prompts).toEqual(['one', 'two', 'three']);
  });

  it('refuses the 51st waiting prompt with a sentence', async () => {
    const server = await startServer(createWorld());
    const id = await server.open();
    await server.service.pauseQueue(OPERATOR, id);
    for (let n = 0; n < 50; n += 1) await server.say(id, `${n}`);
    await expect(server.say(id, 'one more')).rejects.toMatchObject({ code: 'limited' });
  });

  it('accepts the same prompt id once', async () => {
    const server = await startServer(createWorld());
    const id = await server.open();
    const first = await server.say(id, 'hello');
    const again = await server.service.prompt(OPERATOR, id, {
      content: [{ type: 'text', text: 'hello' }],
      promptId: first.promptId,
    });
    expect(again).toMatchObject({ promptId: first.promptId, created: false });
    const other = server.service.prompt(OPERATOR, id, {
      content: [{ type: 'text', text: 'something else' }],
      promptId: first.promptId,
    });
    await expect(other).rejects.toMatchObject({ code: 'conflict' });
    await server.rest(id);
    expect(server.agents.prompts).toEqual(['hello']);
  });

  it('stores what the agent reported of its usage with the end of the turn', async () => {
    const server = await startServer(createWorld());
    const id = await server.open();
    server.agents.behave = async (turn) => {
      turn.update({ sessionUpdate: 'usage_update', used: 10, size: 100 });
      return 'end_turn';
    };
    await server.say(id, 'go');
    await server.rest(id);
    expect((await server.service.session(OPERATOR, id)).usage).toMatchObject({ used: 10 });
  });

  it('tells whoever waits for a turn when the log cannot be read as it should', async () => {
    const world = createWorld();
    const server = await startServer(world);
    const id = await server.open();
    server.agents.behave = () => new Promise(() => {});
    const { promptId } = await server.say(id, 'go');
    const result = server.service.turnResult(OPERATOR, promptId, new AbortController().signal);
    const outcome = Promise.allSettled([result]);
    await server.clock.advance(10);
    const [last] = (await world.memory.sessions.events(id, 0, 100)).slice(-1);
    if (last === undefined) throw new Error('nothing logged');
    server.hub.published([{ ...last, seq: last.seq + 1, type: 'turn.ended', json: '{' }]);
    expect(await outcome).toMatchObject([{ reason: { code: 'unavailable' } }]);
  });

  it('gives whoever waits the text and the stop reason', async () => {
    const server = await startServer(createWorld());
    const id = await server.open();
    const { promptId } = await server.say(id, 'hello');
    const result = server.service.turnResult(OPERATOR, promptId, new AbortController().signal);
    await server.rest(id);
    expect(await result).toEqual({ promptId, stopReason: 'end_turn', text: 'you said: hello' });
    const later = server.service.turnResult(OPERATOR, promptId, new AbortController().signal);
    expect(await later).toMatchObject({ stopReason: 'end_turn' });
  });

  it('fails with the agent’s own words when the agent dies, and the next prompt starts it again', async () => {
    const server = await startServer(createWorld());
    const id = await server.open();
    server.agents.behave = async (turn) => {
      turn.say('about to');
      turn.crash();
      return new Promise(() => {});
    };
    await server.say(id, 'die');
    await server.rest(id);
    expect(server.events(id).findLast((event) => event.type === 'turn.ended')?.data).toMatchObject({
      stopReason: 'failed',
      error: 'The agent exited with code 1: boom',
    });
    server.agents.behave = async () => 'end_turn';
    await server.say(id, 'live');
    await server.rest(id);
    expect(server.agents.opened.map(({ how }) => how)).toEqual(['new', 'load']);
    expect(server.types(id).filter((type) => type === 'turn.ended')).toHaveLength(2);
  });

  it('fails with the reason when the agent cannot be started, and says so before any prompt', async () => {
    const world = createWorld();
    const server = await startServer(world);
    server.agents.failStart = 'There is no command "example".';
    const { session } = await server.service.create(OPERATOR, { agentTemplateId: 'example' });
    await server.clock.until(
      async () => (await world.memory.sessions.session(session.id))?.state === 'failed',
    );
    expect(server.events(session.id).at(-1)).toMatchObject({
      type: 'session.error',
      data: { message: 'There is no command "example".' },
    });
    await server.say(session.id, 'hello');
    await server.rest(session.id);
    expect(server.types(session.id).slice(-2)).toEqual(['turn.ended', 'session.idle']);
  });

  it('gives an agent that cannot load the history as context', async () => {
    const server = await startServer(createWorld());
    server.agents.canLoad = false;
    const id = await server.open();
    await server.say(id, 'my name is Ada');
    await server.rest(id);
    server.agents.kill();
    await server.clock.advance(10);
    await server.say(id, 'who am I?');
    await server.rest(id);
    expect(server.agents.prompts.at(-1)).toContain('Asked: my name is Ada');
    expect(server.agents.prompts.at(-1)).toContain('who am I?');
    await server.say(id, 'and now?');
    await server.rest(id);
    expect(server.agents.prompts.at(-1)).toBe('and now?');
    expect(
      server.events(id).findLast((event) => event.type === 'session.started')?.data,
    ).toMatchObject({ how: 'transcript' });
  });

  it('steers: stops the running turn and goes on with the new text before the queue', async () => {
    const server = await startServer(createWorld());
    const id = await server.open();
    server.agents.behave = async (turn) => {
      if (turn.text !== 'long') return 'end_turn';
      await turn.cancelled;
      return 'cancelled';
    };
    await server.say(id, 'long');
    await server.clock.advance(10);
    await server.say(id, 'waiting');
    await server.say(id, 'now this', { steer: true });
    await server.rest(id);
    expect(server.agents.prompts).toEqual(['long', 'now this', 'waiting']);
    expect(server.events(id).find((event) => event.type === 'queue.updated')?.data).toMatchObject({
      items: [
        { text: 'now this', position: 1 },
        { text: 'waiting', position: 2 },
      ],
    });
  });

  it('retries a failed prompt as a new one', async () => {
    const server = await startServer(createWorld());
    const id = await server.open();
    server.agents.behave = async () => {
      throw new Error('nope');
    };
    await server.say(id, 'again please');
    await server.rest(id);
    server.agents.behave = async () => 'end_turn';
    await server.service.retry(OPERATOR, id);
    await server.rest(id);
    expect(server.agents.prompts).toEqual(['again please', 'again please']);
  });
});

describe('stopping', () => {
  it('retries once however often it is told, whatever has ended since', async () => {
    const server = await startServer(createWorld());
    const id = await server.open();
    await server.say(id, 'one');
    await server.rest(id);
    const as = mintId('p', server.clock.now());
    const first = await server.service.retry(OPERATOR, id, undefined, as);
    await server.rest(id);
    await server.say(id, 'two');
    await server.rest(id);
    const again = await server.service.retry(OPERATOR, id, undefined, as);
    expect([first.created, again.created]).toEqual([true, false]);
    expect(server.agents.prompts).toEqual(['one', 'one', 'two']);
  });

  it('cancels the turn, and every pending permission with it', async () => {
    const server = await startServer(createWorld());
    const id = await server.open();
    const answers: unknown[] = [];
    server.agents.behave = async (turn) => {
      answers.push(await turn.ask('Write a file'));
      await turn.cancelled;
      return 'cancelled';
    };
    await server.say(id, 'write');
    await server.clock.advance(10);
    expect(await server.service.cancelTurn(OPERATOR, id)).toBe(true);
    await server.rest(id);
    expect(answers).toEqual([{ outcome: 'cancelled' }]);
    expect(server.types(id).slice(-5)).toEqual([
      'permission.requested',
      'turn.stopping',
      'permission.resolved',
      'turn.ended',
      'session.idle',
    ]);
    expect(await server.service.cancelTurn(OPERATOR, id)).toBe(false);
  });

  it('ends the processes of an agent that ignores the cancel, after the deadline', async () => {
    const server = await startServer(createWorld());
    const id = await server.open();
    server.agents.behave = () => new Promise(() => {});
    await server.say(id, 'hang');
    await server.clock.advance(10);
    await server.service.cancelTurn(OPERATOR, id);
    await server.clock.advance(9000);
    expect(server.agents.running()).toBe(1);
    await server.clock.advance(1500);
    await server.rest(id);
    expect(server.agents.running()).toBe(0);
    expect(server.events(id).findLast((event) => event.type === 'turn.ended')?.data).toMatchObject({
      stopReason: 'cancelled',
    });
  });

  it('stops a silent agent as failed, but never one that waits for a person', async () => {
    const server = await startServer(createWorld());
    const id = await server.open();
    server.agents.behave = async (turn) => {
      if (turn.text === 'ask') await turn.ask('Write');
      else await turn.cancelled;
      return 'cancelled';
    };
    await server.say(id, 'silent');
    await server.clock.advance(16 * 60_000);
    await server.rest(id);
    expect(server.events(id).findLast((event) => event.type === 'turn.ended')?.data).toMatchObject({
      stopReason: 'failed',
      error: 'The agent gave no sign of life for 15 min and was stopped.',
    });
    await server.say(id, 'ask');
    await server.clock.advance(20 * 60_000);
    expect((await server.service.permissions(OPERATOR, id)).length).toBe(1);
  });

  it('stops an agent that says too much, as failed', async () => {
    const limits = { ...TURN_LIMITS, outputChars: 10_000 };
    const server = await startServer(createWorld(), { limits });
    const id = await server.open();
    server.agents.behave = async (turn) => {
      for (let n = 0; n < 20; n += 1) turn.update({ sessionUpdate: 'x', text: 'y'.repeat(1000) });
      await turn.cancelled;
      return 'cancelled';
    };
    await server.say(id, 'flood');
    await server.rest(id);
    expect(server.events(id).findLast((event) => event.type === 'turn.ended')?.data).toMatchObject({
      stopReason: 'failed',
      error: 'The agent said more than 0 MiB in one turn and was stopped.',
    });
  });

  it('gives up a start that never ends when the turn is stopped', async () => {
    const server = await startServer(createWorld());
    server.agents.hangStart = true;
    const { session } = await server.service.create(OPERATOR, { agentTemplateId: 'example' });
    await server.say(session.id, 'hello');
    await server.clock.advance(10);
    await server.service.cancelTurn(OPERATOR, session.id);
    await server.rest(session.id);
    expect(server.agents.running()).toBe(0);
  });

  it('takes a queued prompt out', async () => {
    const server = await startServer(createWorld());
    const id = await server.open();
    await server.service.pauseQueue(OPERATOR, id);
    const { promptId } = await server.say(id, 'never');
    await server.service.cancelPrompt(OPERATOR, id, promptId);
    await server.service.resumeQueue(OPERATOR, id);
    await server.rest(id);
    expect(server.agents.prompts).toEqual([]);
    const result = server.service.turnResult(OPERATOR, promptId, new AbortController().signal);
    expect(await result).toMatchObject({ stopReason: 'cancelled' });
  });

  it('closes a session: turn, queue and agent end, session.terminated is the last event', async () => {
    const server = await startServer(createWorld());
    const id = await server.open();
    server.agents.behave = async (turn) => {
      if (turn.text === 'more') return 'end_turn';
      await turn.cancelled;
      return 'cancelled';
    };
    await server.say(id, 'long');
    await server.clock.advance(10);
    await server.say(id, 'waiting');
    await server.service.close(OPERATOR, id);
    await server.clock.until(
      async () => (await server.memory.sessions.session(id))?.state === 'ended',
    );
    expect(server.types(id).slice(-3)).toEqual([
      'turn.ended',
      'prompt.cancelled',
      'session.terminated',
    ]);
    expect(server.agents.running()).toBe(0);
    await expect(server.say(id, 'more')).rejects.toMatchObject({ code: 'conflict' });
    await server.service.reopen(OPERATOR, id);
    await server.say(id, 'more');
    await server.rest(id);
    expect(server.agents.opened.at(-1)).toMatchObject({ how: 'load' });
  });
});

describe('the queue', () => {
  it('takes a new order only when it names exactly the waiting prompts', async () => {
    const server = await startServer(createWorld());
    const id = await server.open();
    await server.service.pauseQueue(OPERATOR, id);
    const a = await server.say(id, 'a');
    const b = await server.say(id, 'b');
    const c = await server.say(id, 'c');
    await server.service.reorderQueue(OPERATOR, id, [c.promptId, a.promptId, b.promptId]);
    const short = server.service.reorderQueue(OPERATOR, id, [c.promptId, a.promptId]);
    await expect(short).rejects.toMatchObject({ code: 'conflict' });
    const twice = [c.promptId, c.promptId, a.promptId];
    await expect(server.service.reorderQueue(OPERATOR, id, twice)).rejects.toMatchObject({
      code: 'conflict',
    });
    await server.service.resumeQueue(OPERATOR, id);
    await server.rest(id);
    expect(server.agents.prompts).toEqual(['c', 'a', 'b']);
  });

  it('is cleared', async () => {
    const server = await startServer(createWorld());
    const id = await server.open();
    await server.service.pauseQueue(OPERATOR, id);
    await server.say(id, 'a');
    await server.say(id, 'b');
    expect(await server.service.clearQueue(OPERATOR, id)).toBe(2);
    expect(await server.service.queue(OPERATOR, id)).toMatchObject({ paused: true, waiting: [] });
  });
});
