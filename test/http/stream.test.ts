import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashToken } from '../../src/http/auth.ts';
import type { SessionId } from '../../src/core/model/ids.ts';
import type { ManualClock } from '../harness/manual-clock.ts';
import { createManualClock } from '../harness/manual-clock.ts';
import type { TestServer } from './control-plane-server.ts';
import { startServer } from './control-plane-server.ts';

interface ServerSentEvent {
  readonly id: number;
  readonly type: string;
  readonly data: Record<string, unknown>;
}

let server: TestServer;
let clock: ManualClock;
beforeAll(async () => {
  clock = createManualClock(Date.now());
  server = await startServer({ clock });
});
afterAll(() => server.close());

let made = 0;
function fresh(): SessionId {
  made += 1;
  return server.fake.add(`stream-${made}`);
}

/** Reads server-sent events of a response as they come. */
function readEvents(response: Response) {
  const events: ServerSentEvent[] = [];
  const comments: string[] = [];
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  let look = (): void => {};
  const ended = (async (): Promise<void> => {
    for (;;) {
      const read = await reader?.read();
      if (read === undefined || read.done) return;
      const blocks = (rest + read.value).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        if (block.startsWith(':')) comments.push(block);
        else events.push(parseBlock(block));
      }
      look();
    }
  })();
  const until = (count: number): Promise<void> =>
    new Promise((resolve) => {
      look = () => {
        if (events.length >= count) resolve();
      };
      look();
    });
  return { events, comments, ended, until, cancel: () => reader?.cancel() };
}

function parseBlock(block: string): ServerSentEvent {
  const fields = new Map(
    block.split('\n').map((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)] as const;
    }),
  );
  return {
    id: Number(fields.get('id')),
    type: fields.get('event') ?? '',
    data: JSON.parse(fields.get('data') ?? '{}'),
  };
}

const seqs = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('a stream', () => {
  it('replays the history, goes on live, and ends with the session', async () => {
    const id = fresh();
    server.fake.say(id, 'before');
    const response = await server.call('GET', `/api/sessions/${id}/stream`);
    expect(response.headers.get('Content-Type')).toContain('text/event-stream');
    expect(response.headers.get('X-Request-Id')).toBeTruthy();
    const stream = readEvents(response);
    await stream.until(2);
    server.fake.say(id, 'after');
    await stream.until(3);
    await server.call('DELETE', `/api/sessions/${id}`);
    await stream.ended;
    expect(stream.events.map(({ id: seq, type }) => `${seq} ${type}`)).toEqual([
      '1 session.created',
      '2 update',
      '3 update',
      '4 session.terminated',
    ]);
    expect(stream.events[2]?.data).toMatchObject({
      type: 'update',
      data: { update: { content: { text: 'after' } } },
      timestamp: expect.any(String),
    });
  });

  it('goes on after a session that was ended and resumed', async () => {
    const id = fresh();
    await server.call('DELETE', `/api/sessions/${id}`);
    const caller = { actor: { surface: 'a', id: 'b', name: 'c', kind: 'system' } as const };
    await server.fake.sessions.reopen({ ...caller, roles: ['maintain'] }, id);
    const stream = readEvents(await server.call('GET', `/api/sessions/${id}/stream`));
    await stream.until(3);
    server.fake.say(id, 'still here');
    await stream.until(4);
    await server.call('DELETE', `/api/sessions/${id}`);
    await stream.ended;
    expect(stream.events.map((event) => event.id)).toEqual(seqs(1, 5));
  });

  it('says 204 when an ended session has nothing left to tell', async () => {
    const id = fresh();
    await server.call('DELETE', `/api/sessions/${id}`);
    const path = `/api/sessions/${id}/stream`;
    expect((await server.call('GET', `${path}?after=2`)).status).toBe(204);
    const stream = readEvents(await server.call('GET', `${path}?after=1`));
    await stream.ended;
    expect(stream.events.map((event) => event.type)).toEqual(['session.terminated']);
  });

  it('tells what was logged after the end, and ends then', async () => {
    const id = fresh();
    await server.call('DELETE', `/api/sessions/${id}`);
    const log = { level: 'warn', message: 'a process was left' } as const;
    server.fake.append(id, { type: 'log', data: log }, { type: 'session.idle', data: {} });
    for (const after of [0, 2, 3]) {
      const path = `/api/sessions/${id}/stream?after=${after}`;
      const stream = readEvents(await server.call('GET', path));
      await stream.ended;
      expect(stream.events.map((event) => event.id)).toEqual(seqs(after + 1, 4));
    }
  });

  it('beats every 15 seconds so that nobody takes it for dead', async () => {
    const stream = readEvents(await server.call('GET', `/api/sessions/${fresh()}/stream`));
    await stream.until(1);
    await clock.advance(45_000);
    await expect.poll(() => stream.comments).toHaveLength(3);
    await stream.cancel();
  });

  it('ends when its token is removed', async () => {
    const token = await server.token('read');
    const path = `/api/sessions/${fresh()}/stream`;
    const stream = readEvents(await server.call('GET', path, { token }));
    await stream.until(1);
    const stored = await server.storage.tokens.byHash(hashToken(token));
    if (!stored) throw new Error('no token');
    await server.storage.tokens.remove(stored.id);
    await clock.advance(15_000);
    await stream.ended;
  });
});

describe('resuming', () => {
  it('has no gap and no repeat wherever it is cut, while events go on', async () => {
    const id = fresh();
    const total = 2000;
    const writing = (async () => {
      for (let i = 1; i < total; i += 1) {
        server.fake.say(id, `word ${i}`);
        if (i % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const seen: number[] = [];
    let cuts = 0;
    while (seen.length < total) {
      const headers = { 'Last-Event-ID': String(seen.at(-1) ?? 0) };
      const path = `/api/sessions/${id}/stream`;
      const stream = readEvents(await server.call('GET', path, { headers }));
      await stream.until(Math.min(150 + cuts * 10, total - seen.length));
      await stream.cancel();
      seen.push(...stream.events.map((event) => event.id));
      cuts += 1;
    }
    await writing;
    expect(seen).toEqual(seqs(1, total));
    expect(cuts).toBeGreaterThan(2);
  });

  it('is refused a place that the log does not have, rather than waiting for it', async () => {
    const path = `/api/sessions/${fresh()}/stream`;
    for (const place of ['99', '-1', 'yesterday', '1.5']) {
      const headers = { 'Last-Event-ID': place };
      expect((await server.call('GET', path, { headers })).status).toBe(400);
    }
  });

  it('may name its place in the query, but the header of a browser wins', async () => {
    const id = fresh();
    for (let i = 0; i < 5; i += 1) server.fake.say(id, 'x');
    const headers = { 'Last-Event-ID': '5' };
    const stream = readEvents(
      await server.call('GET', `/api/sessions/${id}/stream?after=2`, { headers }),
    );
    await stream.until(1);
    expect(stream.events[0]?.id).toBe(6);
    await stream.cancel();
  });
});

describe('a slow reader', () => {
  it('is not sent more than it takes, and misses nothing', async () => {
    const id = fresh();
    const token = await server.token('read');
    const megabyte = 'x'.repeat(1024 * 1024);
    const response = await new Promise<NodeJS.ReadableStream>((resolve) => {
      const headers = { Authorization: `Bearer ${token}` };
      request(`${server.url}/api/sessions/${id}/stream`, { headers }, resolve).end();
    });
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 40; i += 1) {
      server.fake.say(id, megabyte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * 1024 * 1024);
    let bytes = 0;
    let last = '';
    for await (const chunk of response) {
      bytes += chunk.length;
      last = (last + chunk.toString()).slice(-200);
      if (bytes > 40 * megabyte.length) break;
    }
    expect(bytes).toBeGreaterThan(40 * megabyte.length);
  });
});
