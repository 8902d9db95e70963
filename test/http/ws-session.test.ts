import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { AppError } from '../../src/core/model/errors.ts';
import type { SessionId } from '../../src/core/model/ids.ts';
import { hashToken } from '../../src/http/auth.ts';
import type { ManualClock } from '../harness/manual-clock.ts';
import { createManualClock } from '../harness/manual-clock.ts';
import type { TestServer } from './control-plane-server.ts';
import { openSocket, startServer } from './control-plane-server.ts';

let server: TestServer;
let clock: ManualClock;
beforeAll(async () => {
  clock = createManualClock(Date.now());
  server = await startServer({ clock, allowedOrigins: ['https://board.example'] });
});
afterAll(() => server.close());

let made = 0;
function fresh(): SessionId {
  made += 1;
  return server.fake.add(`single-${made}`);
}

const wsUrl = (path: string): string => `${server.url.replace('http', 'ws')}${path}`;

/** Status and error code of an upgrade that is refused. */
function refused(
  path: string,
  headers: Record<string, string>,
  protocols: readonly string[] = [],
): Promise<{ status: number; code: string }> {
  return new Promise((resolve, reject) => {
    const ws = new WebSocket(wsUrl(path), [...protocols], { headers });
    ws.on('open', () => reject(new Error('was let in')));
    ws.on('error', () => {});
    ws.on('unexpected-response', (_, response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        const { code } = JSON.parse(text) as { code: string };
        resolve({ status: response.statusCode ?? 0, code });
      });
    });
  });
}

describe('a client of one session', () => {
  it('gets the whole history, then what comes, with its place in the log', async () => {
    const id = fresh();
    server.fake.say(id, 'before');
    const socket = await server.connect(`/ws/sessions/${id}`);
    await socket.until(({ seq }) => seq === 2);
    server.fake.say(id, 'after');
    await socket.until(({ seq }) => seq === 3);
    expect(socket.messages[0]).toEqual({ type: 'connected', sessionId: id });
    expect(socket.messages[3]).toEqual({
      type: 'event',
      timestamp: new Date(clock.now()).toISOString(),
      seq: 3,
      event: {
        type: 'update',
        data: {
          update: {
            sessionUpdate: 'agent_message_chunk',
            content: { type: 'text', text: 'after' },
          },
        },
        timestamp: new Date(clock.now()).toISOString(),
      },
    });
  });

  it('resumes from the seq that it saw last', async () => {
    const id = fresh();
    for (let i = 0; i < 9; i += 1) server.fake.say(id, 'x');
    const socket = await server.connect(`/ws/sessions/${id}?since=8`);
    await socket.until(({ seq }) => seq === 10);
    expect(socket.messages.map(({ seq }) => seq)).toEqual([undefined, 9, 10]);
  });

  it('prompts, answers, cancels and terminates', async () => {
    const id = fresh();
    const socket = await server.connect(`/ws/sessions/${id}`);
    socket.send({ action: 'prompt', text: 'hello' });
    await socket.until(({ seq }) => seq === 3);
    const request = server.fake.ask(id);
    const body = { outcome: 'cancelled' };
    socket.send({ action: 'permission.respond', requestId: request.id, body });
    await socket.until(({ seq }) => seq === 5);
    socket.send({ action: 'cancel' });
    await socket.until(({ seq }) => seq === 6);
    socket.send({ action: 'ping' });
    await socket.until(({ type }) => type === 'pong');
    socket.send({ action: 'terminate' });
    const last = await socket.until(({ seq }) => seq === 7);
    expect(last['event']).toMatchObject({ type: 'session.terminated' });
    socket.send({ action: 'prompt', text: 'too late' });
    expect(await socket.until(({ type }) => type === 'error')).toMatchObject({
      message: 'This session has ended.',
      code: 'conflict',
    });
  });

  it('gets big events whole, whatever the length of their frame', async () => {
    const id = fresh();
    const socket = await server.connect(`/ws/sessions/${id}`);
    const lengths = [0, 1, 200, 60_000, 65_000, 66_000, 1_000_000];
    for (const length of lengths) server.fake.say(id, '€'.repeat(length));
    await socket.until(({ seq }) => seq === lengths.length + 1);
    const texts = socket.messages.slice(2).map((message) => {
      const { event } = message as { event: { data: { update: { content: { text: string } } } } };
      return event.data.update.content.text.length;
    });
    expect(texts).toEqual(lengths);
  });
});

describe('an upgrade', () => {
  it('is refused without a valid token, before the socket is opened', async () => {
    const id = fresh();
    const token = await server.token('admin');
    for (const path of ['/ws', `/ws/sessions/${id}`, `/ws?token=${token}`]) {
      expect(await refused(path, {})).toEqual({ status: 401, code: 'unauthenticated' });
      const unknown = { Authorization: `Bearer tc_${'x'.repeat(43)}` };
      expect(await refused(path, unknown)).toEqual({ status: 401, code: 'unauthenticated' });
    }
  });

  it('is refused where the session is not there or may not be read', async () => {
    const bearer = async (scope: 'run' | 'admin') => ({
      Authorization: `Bearer ${await server.token(scope)}`,
    });
    expect((await refused('/ws/sessions/nowhere', await bearer('admin'))).status).toBe(404);
    expect((await refused('/ws/sessions/a%2Fb', await bearer('admin'))).status).toBe(404);
    expect((await refused(`/ws/sessions/${fresh()}`, await bearer('run'))).status).toBe(403);
    const past = await refused(`/ws/sessions/${fresh()}?since=9`, await bearer('admin'));
    expect(past).toEqual({ status: 400, code: 'invalid' });
  });

  it('is refused to pages of other origins and other host names', async () => {
    const Authorization = `Bearer ${await server.token('admin')}`;
    const evil = await refused('/ws', { Authorization, Origin: 'https://evil.example' });
    expect(evil).toEqual({ status: 403, code: 'forbidden' });
    const rebound = await refused('/ws', { Authorization, Host: 'evil.example' });
    expect(rebound).toEqual({ status: 403, code: 'forbidden' });
    const board = { Authorization, Origin: 'https://board.example' };
    const socket = await openSocket(wsUrl('/ws'), board);
    await socket.until(({ type }) => type === 'connected');
  });

  it('takes the token of a browser as a subprotocol and never says it back', async () => {
    const token = await server.token('read');
    const ws = new WebSocket(wsUrl('/ws'), ['threadcast', `threadcast.token.${token}`]);
    await new Promise((resolve, reject) => {
      ws.on('open', resolve);
      ws.on('error', reject);
    });
    expect(ws.protocol).toBe('threadcast');
    ws.close();
    const wrong = await refused('/ws', {}, ['threadcast', 'threadcast.token.tc_wrong']);
    expect(wrong.status).toBe(401);
  });

  it('of another path is left to others', async () => {
    await expect(server.connect('/other')).rejects.toThrow('socket hang up');
  });

  it('that is refused leaves no connection behind, even if its client does not hang up', async () => {
    const port = Number(new URL(server.url).port);
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    client.write('GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n');
    client.write('Upgrade: websocket\r\n\r\n');
    client.resume();
    await once(client, 'end');
    // The first write meets the closed end, a later one is told so.
    const writing = setInterval(() => client.write('anybody there?'), 10);
    const [error] = await once(client, 'error').finally(() => clearInterval(writing));
    expect(error).toHaveProperty('code', expect.stringMatching(/ECONNRESET|EPIPE/));
  });

  it('is refused in words when the service breaks', async () => {
    server.fake.failNext('session', new AppError('unavailable', 'The database is away.'));
    const Authorization = `Bearer ${await server.token('admin')}`;
    const answer = await refused(`/ws/sessions/${fresh()}`, { Authorization });
    expect(answer).toEqual({ status: 503, code: 'server_busy' });
  });
});

describe('an open socket', () => {
  it('is closed when its token is removed', async () => {
    const token = await server.token('read');
    const socket = await server.connect('/ws', { token });
    const stored = await server.storage.tokens.byHash(hashToken(token));
    if (!stored) throw new Error('no token');
    await server.storage.tokens.remove(stored.id);
    await clock.advance(30_000);
    expect(await socket.closed).toBe(4401);
  });

  it('is pinged, and ended after two misses', async () => {
    const dead = await server.connect('/ws');
    const alive = await server.connect('/ws');
    dead.ws.pause();
    const pings: number[] = [];
    alive.ws.on('ping', () => pings.push(clock.now()));
    for (let i = 1; i <= 3; i += 1) {
      await clock.advance(30_000);
      await expect.poll(() => pings.length).toBe(i);
      alive.send({ action: 'ping' });
      await expect.poll(() => alive.messages.filter(({ type }) => type === 'pong').length).toBe(i);
    }
    dead.ws.resume();
    expect(await dead.closed).toBe(1006);
    expect(alive.ws.readyState).toBe(WebSocket.OPEN);
  });
});

it('says goodbye to sockets, streams and waiting answers when it closes', async () => {
  const closing = await startServer();
  const id = closing.fake.add('s1');
  const socket = await closing.connect('/ws');
  const stream = await closing.call('GET', `/api/sessions/${id}/stream`);
  const waiting = await closing.call('POST', `/api/sessions/${id}/prompts?wait=true`, {
    body: { text: 'x' },
  });
  await closing.plane.close();
  expect(await socket.closed).toBe(1001);
  expect(await stream.text()).toContain('event: session.created');
  expect(await waiting.json()).toMatchObject({ code: 'server_busy' });
  await closing.close();
});
