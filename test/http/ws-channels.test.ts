import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionId } from '../../src/core/model/ids.ts';
import type { TestServer, TestSocket } from './control-plane-server.ts';
import { startServer } from './control-plane-server.ts';

type Message = Record<string, unknown>;

let server: TestServer;
const open: TestSocket[] = [];
beforeAll(async () => {
  server = await startServer({ limits: { channelsPerSocket: 5, badMessages: 4 } });
});
afterAll(() => server.close());

async function connect(token?: string): Promise<TestSocket> {
  const socket = await server.connect('/ws', token === undefined ? {} : { token });
  open.push(socket);
  return socket;
}

let made = 0;
function fresh(): SessionId {
  made += 1;
  return server.fake.add(`channel-${made}`);
}

/** Everything that was sent before this has arrived: a ping is answered in order. */
async function settled(socket: TestSocket): Promise<void> {
  const before = socket.messages.filter(({ type }) => type === 'pong').length;
  socket.send({ action: 'ping' });
  await expect
    .poll(() => socket.messages.filter(({ type }) => type === 'pong').length)
    .toBe(before + 1);
}

async function subscribe(socket: TestSocket, channel: string, since?: number): Promise<void> {
  socket.send({ action: 'subscribe', channel, ...(since === undefined ? {} : { since }) });
  await socket.until((message) => message['channel'] === channel);
}

const brief = (messages: readonly Message[]): string[] =>
  messages.flatMap(({ type, channel, seq }) =>
    type === 'event' ? [`${String(channel)} ${String(seq)}`] : [],
  );

const error = (socket: TestSocket) => socket.until(({ type }) => type === 'error');

describe('a client of the channel protocol', () => {
  it('connects, subscribes, prompts, answers, cancels and terminates', async () => {
    const socket = await connect();
    const connected = await socket.until(({ type }) => type === 'connected');
    expect(connected).toEqual({ type: 'connected', connectionId: expect.any(String) });
    const created = await server.call('POST', '/api/agents', { body: { agentTemplateId: 'x' } });
    const { id } = (await created.json()) as { id: SessionId };
    await subscribe(socket, `session:${id}`, 0);
    expect(socket.messages[1]).toEqual({ type: 'subscribed', channel: `session:${id}` });

    socket.send({ action: 'prompt', sessionId: id, text: 'hello' });
    const event = await socket.until((message) => message['seq'] === 3);
    expect(event).toEqual({
      type: 'event',
      channel: `session:${id}`,
      sessionId: id,
      agentId: id,
      seq: 3,
      event: {
        type: 'prompt.started',
        data: { promptId: expect.any(String) },
        timestamp: expect.any(String),
      },
    });

    const request = server.fake.ask(id);
    await socket.until((message) => message['seq'] === 4);
    const body = { optionId: 'yes' };
    socket.send({ action: 'permission.respond', sessionId: id, requestId: request.id, body });
    await socket.until((message) => message['seq'] === 5);

    socket.send({ action: 'cancel', sessionId: id });
    socket.send({ action: 'terminate', sessionId: id });
    const terminated = await socket.until(({ type }) => type === 'session.terminated');
    expect(terminated).toEqual({ type: 'session.terminated', sessionId: id, agentId: id });
    const types = socket.messages.flatMap((message) =>
      message['type'] === 'event' ? [(message['event'] as Message)['type']] : [message['type']],
    );
    expect(types).toEqual([
      'connected',
      'subscribed',
      'session.created',
      'prompt.queued',
      'prompt.started',
      'permission.requested',
      'permission.resolved',
      'turn.ended',
      'session.terminated',
      'session.terminated',
    ]);
    socket.send({ action: 'unsubscribe', channel: `session:${id}` });
    expect(await socket.until(({ type }) => type === 'unsubscribed')).toEqual({
      type: 'unsubscribed',
      channel: `session:${id}`,
    });
  });

  it('works the queue', async () => {
    const id = fresh();
    const socket = await connect();
    await subscribe(socket, `session:${id}:queue`);
    for (const text of ['a', 'b', 'c']) socket.send({ action: 'prompt', sessionId: id, text });
    await settled(socket);
    const [, b, c] = server.fake.prompts().filter((prompt) => prompt.sessionId === id);
    socket.send({ action: 'queue.reorder', sessionId: id, order: [c?.id, b?.id] });
    socket.send({ action: 'queue.pause', sessionId: id });
    socket.send({ action: 'cancel', sessionId: id, queueId: b?.id });
    socket.send({ action: 'queue.clear', sessionId: id });
    socket.send({ action: 'queue.resume', sessionId: id });
    await settled(socket);
    const types = socket.messages
      .filter(({ type }) => type === 'event')
      .map((message) => (message['event'] as Message)['type']);
    expect(types).toEqual([
      'prompt.queued',
      'prompt.started',
      'prompt.queued',
      'prompt.queued',
      'queue.updated',
      'queue.paused',
      'prompt.cancelled',
      'prompt.cancelled',
      'queue.resumed',
    ]);
  });
});

describe('channels', () => {
  it('show an event once, on the most specific one that covers it', async () => {
    const id = fresh();
    const socket = await connect();
    await subscribe(socket, 'agents');
    await subscribe(socket, `agent:${id}`, 1);
    server.fake.say(id, 'one');
    await settled(socket);
    await subscribe(socket, `session:${id}`, 2);
    server.fake.say(id, 'two');
    await settled(socket);
    await subscribe(socket, `session:${id}:queue`, 3);
    server.fake.say(id, 'three');
    socket.send({ action: 'prompt', sessionId: id, text: 'hello' });
    await settled(socket);
    expect(brief(socket.messages)).toEqual([
      `agent:${id} 2`,
      `session:${id} 3`,
      `session:${id} 4`,
      `session:${id}:queue 5`,
      `session:${id}:queue 6`,
    ]);
  });

  it('fall back to the next specific one when one is left', async () => {
    const id = fresh();
    const socket = await connect();
    await subscribe(socket, 'agents');
    await subscribe(socket, `session:${id}`, 1);
    server.fake.say(id, 'one');
    await settled(socket);
    socket.send({ action: 'unsubscribe', channel: `session:${id}` });
    server.fake.say(id, 'two');
    await settled(socket);
    server.fake.say(id, 'three');
    socket.send({ action: 'unsubscribe', channel: 'agents' });
    await settled(socket);
    server.fake.say(id, 'four');
    await settled(socket);
    const seqs = brief(socket.messages).map((line) => line.split(' ')[1]);
    expect(seqs).toEqual(['2', '3', '4']);
    expect(brief(socket.messages).at(-1)).toBe('agents 4');
  });

  it('tell about every session that comes and goes on "agents"', async () => {
    const socket = await connect();
    await subscribe(socket, 'agents');
    const id = fresh();
    await server.call('DELETE', `/api/sessions/${id}`);
    await settled(socket);
    expect(socket.messages.slice(2, -1)).toMatchObject([
      { type: 'event', channel: 'agents', sessionId: id, seq: 1 },
      { type: 'session.created', sessionId: id, agentId: id },
      { type: 'event', channel: 'agents', sessionId: id, seq: 2 },
      { type: 'session.terminated', sessionId: id, agentId: id },
    ]);
  });

  it('replay from where a client says, again if it says so again', async () => {
    const id = fresh();
    for (let i = 0; i < 4; i += 1) server.fake.say(id, `word ${i}`);
    const socket = await connect();
    await subscribe(socket, `session:${id}`, 3);
    await settled(socket);
    socket.send({ action: 'subscribe', channel: `session:${id}`, since: 2 });
    await settled(socket);
    server.fake.say(id, 'live');
    await settled(socket);
    const name = `session:${id}`;
    expect(brief(socket.messages)).toEqual([4, 5, 3, 4, 5, 6].map((seq) => `${name} ${seq}`));
  });

  it('have no gap and no repeat while history and live events meet', async () => {
    const id = fresh();
    for (let i = 0; i < 3000; i += 1) server.fake.say(id, `history ${i}`);
    const sockets = await Promise.all(Array.from({ length: 10 }, () => connect()));
    const total = 6000;
    const writing = (async () => {
      for (let i = 3001; i < total; i += 1) {
        server.fake.say(id, `live ${i}`);
        if (i % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    for (const [index, socket] of sockets.entries()) {
      socket.send({ action: 'subscribe', channel: `session:${id}`, since: index * 300 });
    }
    await writing;
    for (const [index, socket] of sockets.entries()) {
      await socket.until((message) => message['seq'] === total);
      const seqs = socket.messages.flatMap(({ seq }) => (typeof seq === 'number' ? [seq] : []));
      const expected = Array.from({ length: total - index * 300 }, (_, at) => index * 300 + at + 1);
      expect(seqs).toEqual(expected);
    }
  });
});

describe('what cannot be', () => {
  it.each([
    ['session:S:terminal', 'unprocessable'],
    ['session:S:terminal:t1', 'unprocessable'],
    ['session:S:fs', 'unprocessable'],
    ['terminals', 'unprocessable'],
    ['sessions', 'invalid'],
    ['session:', 'invalid'],
    ['session:S:queue:x', 'invalid'],
    ['session:nowhere', 'not_found'],
  ])('a subscription to %s is refused as %s', async (name, code) => {
    const channel = name.replace('S', fresh());
    const socket = await connect();
    socket.send({ action: 'subscribe', channel });
    expect(await error(socket)).toMatchObject({ channel, code, message: expect.any(String) });
  });

  it.each(['terminal.create', 'terminal.kill'])('%s is not available yet', async (action) => {
    const socket = await connect();
    socket.send({ action, terminalId: 't1' });
    expect((await error(socket))['message']).toContain('not available yet');
  });

  it('is said for a point past the end of the log', async () => {
    const socket = await connect();
    socket.send({ action: 'subscribe', channel: `session:${fresh()}`, since: 99 });
    expect(await error(socket)).toMatchObject({ code: 'invalid' });
  });

  it('is said for one channel too many', async () => {
    const socket = await connect();
    for (let i = 0; i < 5; i += 1) await subscribe(socket, `session:${fresh()}`, 0);
    socket.send({ action: 'subscribe', channel: `session:${fresh()}` });
    expect(await error(socket)).toMatchObject({ code: 'limited' });
  });

  it('is said for what the token may not do, and the socket lives on', async () => {
    const id = fresh();
    const socket = await connect(await server.token('read'));
    const request = server.fake.ask(id);
    const actions = [
      { action: 'prompt', sessionId: id, text: 'x' },
      {
        action: 'permission.respond',
        sessionId: id,
        requestId: request.id,
        body: { optionId: 'yes' },
      },
      { action: 'cancel', sessionId: id },
      { action: 'terminate', sessionId: id },
      { action: 'queue.reorder', sessionId: id, order: [] },
      { action: 'queue.clear', sessionId: id },
      { action: 'queue.pause', sessionId: id },
      { action: 'queue.resume', sessionId: id },
    ];
    for (const action of actions) socket.send(action);
    await settled(socket);
    const errors = socket.messages.filter(({ type }) => type === 'error');
    expect(errors.map(({ code }) => code)).toEqual(actions.map(() => 'forbidden'));
    const runner = await connect(await server.token('run'));
    runner.send({ action: 'subscribe', channel: `session:${id}` });
    runner.send({ action: 'subscribe', channel: 'agents' });
    await settled(runner);
    const refused = runner.messages.filter(({ type }) => type === 'error');
    expect(refused.map(({ code }) => code)).toEqual(['forbidden', 'forbidden']);
  });
});

describe('rubbish', () => {
  it('is answered in words, and the socket lives on', async () => {
    const socket = await connect();
    socket.ws.send('{"action":');
    socket.ws.send(Buffer.from([0, 1, 2, 255]));
    socket.send({ action: 'dance' });
    await settled(socket);
    socket.send({ action: 'prompt', sessionId: 5 });
    socket.send([]);
    await settled(socket);
    const said = socket.messages.filter(({ type }) => type === 'error');
    expect(said.map(({ code, message }) => `${String(code)}: ${String(message)}`))
      .toMatchInlineSnapshot(`
        [
          "invalid: The message is not valid JSON.",
          "invalid: Send text frames with JSON; this one was binary.",
          "invalid: There is no such action.",
          "invalid: The message is not valid at "text": Invalid input: expected string, received undefined.",
          "invalid: The message is not valid: Invalid input: expected object, received array.",
        ]
      `);
  });

  it('ends the socket when nothing else comes', async () => {
    const socket = await connect();
    for (let i = 0; i < 4; i += 1) socket.ws.send('rubbish');
    expect(await socket.closed).toBe(1008);
  });

  it('that is too long ends the socket and nothing else', async () => {
    const [socket, other] = [await connect(), await connect()];
    socket.ws.send('x'.repeat(2 * 1024 * 1024 + 1));
    expect(await socket.closed).toBe(1009);
    await settled(other);
  });
});
