import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionId } from '../../src/core/model/ids.ts';
import type { TestServer } from './control-plane-server.ts';
import { startServer } from './control-plane-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

type Json = Record<string, unknown>;

async function call(method: string, path: string, body?: unknown) {
  const response = await server.call(method, path, body === undefined ? {} : { body });
  const text = await response.text();
  const json: Json = text === '' ? {} : JSON.parse(text);
  return { status: response.status, json };
}

let made = 0;
function fresh(): SessionId {
  made += 1;
  return server.fake.add(`fresh-${made}`);
}

describe('a session', () => {
  it('is made once for one id, and its secrets are not shown', async () => {
    const body = { sessionId: 'mine-1', agentTemplateId: 'example', name: 'Helper' };
    const first = await call('POST', '/api/sessions', body);
    expect(first.status).toBe(201);
    expect(first.json).toMatchObject({ id: 'mine-1', agentName: 'Helper', status: 'active' });
    expect(JSON.stringify(first.json)).not.toContain('hunter2');
    const again = await call('POST', '/api/sessions', body);
    expect([again.status, again.json['id']]).toEqual([200, 'mine-1']);
  });

  it('says what is not there yet', async () => {
    const later = { agentTemplateId: 'example', webhooks: [{ url: 'https://x.example' }] };
    expect((await call('POST', '/api/sessions', later)).status).toBe(422);
    const elsewhere = { agentTemplateId: 'example', runtimeInstance: 'box-1' };
    expect((await call('POST', '/api/sessions', elsewhere)).status).toBe(422);
  });

  it('has the shape that clients of the older protocol read, and more', async () => {
    const id = fresh();
    const { json: accepted } = await call('POST', `/api/sessions/${id}/prompts`, { text: 'one' });
    await call('POST', `/api/sessions/${id}/prompts`, { text: 'two' });
    const request = server.fake.ask(id);
    const { json } = await call('GET', `/api/sessions/${id}`);
    expect(json).toMatchObject({
      id,
      spawn: { command: 'node', args: ['agent.ts'] },
      status: 'active',
      state: 'idle',
      pendingPermission: {
        requestId: request.id,
        toolCallId: 'call-1',
        title: 'Write notes.txt',
        kind: 'edit',
        options: [
          { optionId: 'yes', name: 'Allow once', kind: 'allow_once' },
          { optionId: 'no', name: 'Reject', kind: 'reject_once' },
        ],
      },
      fileSystem: null,
      promptQueue: { processing: true, paused: false, size: 1, items: [{ text: 'two' }] },
      websocketUrl: `${server.url.replace('http', 'ws')}/ws/sessions/${id}`,
      runtime: 'local',
      turn: { promptId: accepted['promptId'], text: 'one' },
      usage: null,
      configOptions: [],
      threads: [],
      lastSeq: 5,
    });
    const logs = json['logs'] as { seq: number; type: string; timestamp: string }[];
    expect(logs.map((log) => `${log.seq} ${log.type}`)).toEqual([
      '1 session.created',
      '2 prompt.queued',
      '3 prompt.started',
      '4 prompt.queued',
      '5 permission.requested',
    ]);
    expect(Date.parse(logs[0]?.timestamp ?? '')).not.toBeNaN();
  });

  it('carries its newest events only', async () => {
    const id = fresh();
    for (let i = 0; i < 1500; i += 1) server.fake.say(id, `word ${i}`);
    const { json } = await call('GET', `/api/sessions/${id}`);
    const logs = json['logs'] as { seq: number }[];
    expect([logs.length, logs[0]?.seq, logs.at(-1)?.seq]).toEqual([1000, 502, 1501]);
  });

  it('ends, and is then killed', async () => {
    const id = fresh();
    const { status, json } = await call('DELETE', `/api/agents/${id}`);
    expect([status, json['status'], json['state']]).toEqual([200, 'killed', 'ended']);
    expect((await call('POST', `/api/sessions/${id}/prompts`, { text: 'a' })).status).toBe(409);
    expect((await call('GET', '/api/sessions/unknown')).status).toBe(404);
  });
});

describe('lists', () => {
  it('go page by page through everything, once, without logs', async () => {
    const ids = new Set(Array.from({ length: 7 }, () => fresh() as string));
    const seen: Json[] = [];
    let cursor: string | null = null;
    do {
      const query = cursor === null ? '' : `&cursor=${cursor}`;
      const { json } = await call('GET', `/api/sessions?limit=3&status=active${query}`);
      seen.push(...(json['data'] as Json[]));
      cursor = json['nextCursor'] as string | null;
    } while (cursor !== null);
    const listed = seen.map((session) => String(session['id']));
    expect(new Set(listed).size).toBe(listed.length);
    expect([...ids].every((id) => listed.includes(id))).toBe(true);
    expect(seen.every((session) => (session['logs'] as unknown[]).length === 0)).toBe(true);
    expect(seen.every((session) => session['status'] === 'active')).toBe(true);
  });

  it('are a plain array under the older name', async () => {
    const response = await server.call('GET', '/api/agents');
    const agents = (await response.json()) as Json[];
    expect(Array.isArray(agents)).toBe(true);
    expect(agents.length).toBeGreaterThan(6);
  });
});

describe('the log', () => {
  it('is read in pages by seq', async () => {
    const id = fresh();
    for (const text of ['a', 'b', 'c']) server.fake.say(id, text);
    const first = await call('GET', `/api/sessions/${id}/events?limit=3`);
    expect(first.json['nextCursor']).toBe('3');
    const data = first.json['data'] as { seq: number; type: string; data: Json }[];
    expect(data.map((event) => event.seq)).toEqual([1, 2, 3]);
    expect(data[1]?.data).toEqual({
      update: { sessionUpdate: 'agent_message_chunk', content: { type: 'text', text: 'a' } },
    });
    const rest = await call('GET', `/api/sessions/${id}/events?limit=3&after=3`);
    expect(rest.json).toMatchObject({ data: [{ seq: 4 }], nextCursor: null });
  });
});

describe('the queue', () => {
  it('is shown, reordered, paused, and emptied', async () => {
    const id = fresh();
    const path = `/api/sessions/${id}/queue`;
    const prompts: string[] = [];
    for (const text of ['a', 'b', 'c', 'd']) {
      const { json } = await call('POST', `/api/sessions/${id}/prompts`, { text });
      prompts.push(String(json['promptId']));
    }
    const [, b, c, d] = prompts;
    expect((await call('PUT', path, { order: [d, c] })).status).toBe(409);
    expect((await call('PUT', path, { order: [d, c, b] })).status).toBe(204);
    expect((await call('POST', `${path}/pause`)).status).toBe(204);
    expect((await call('DELETE', `${path}/${c}`)).status).toBe(204);
    const { json } = await call('GET', path);
    expect(json).toMatchObject({
      processing: true,
      paused: true,
      items: [
        { queueId: d, text: 'd', position: 1 },
        { queueId: b, text: 'b', position: 2 },
      ],
      size: 2,
    });
    expect((await call('DELETE', path)).json).toEqual({ cancelled: 2 });
    expect((await call('POST', `${path}/resume`)).status).toBe(204);
    expect((await call('GET', path)).json).toMatchObject({ paused: false, size: 0 });
  });

  it('says 429 when it is full', async () => {
    const id = fresh();
    let last = 0;
    for (let i = 0; i < 52; i += 1) {
      last = (await call('POST', `/api/sessions/${id}/prompts`, { text: 'x' })).status;
    }
    expect(last).toBe(429);
  });
});

describe('permission requests', () => {
  it('are listed across sessions with their codes, and answered once', async () => {
    const id = fresh();
    const request = server.fake.ask(id);
    const { json } = await call('GET', '/api/permissions?state=pending');
    const listed = (json['data'] as Json[]).find((one) => one['requestId'] === request.id);
    expect(listed).toMatchObject({ sessionId: id, code: request.code, state: 'pending' });

    const path = `/api/agents/${id}/permissions/${request.id}`;
    expect((await call('POST', path, { optionId: 'maybe' })).status).toBe(422);
    const answered = await call('POST', path, { optionId: 'yes' });
    expect(answered.json).toMatchObject({ state: 'answered', optionId: 'yes' });
    const late = await call('POST', path, { outcome: 'cancelled' });
    expect([late.status, late.json['code'], late.json['error']]).toEqual([
      409,
      'already_answered',
      'Already allowed by test.',
    ]);
  });
});

describe('the configuration of the agent', () => {
  it('is read and set', async () => {
    const id = fresh();
    const set = await call('PUT', `/api/sessions/${id}/config`, { id: 'mode', value: 'code' });
    expect(set.json).toEqual({
      modes: [{ id: 'ask', name: 'Ask' }],
      currentModeId: 'code',
      configOptions: [],
    });
    expect((await call('GET', `/api/sessions/${id}/config`)).json).toEqual(set.json);
    const other = await call('PUT', `/api/sessions/${id}/config`, { id: 'hue', value: 'red' });
    expect(other.status).toBe(422);
  });
});
