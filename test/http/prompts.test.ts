import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../src/core/model/errors.ts';
import type { SessionId } from '../../src/core/model/ids.ts';
import type { ManualClock } from '../harness/manual-clock.ts';
import { createManualClock } from '../harness/manual-clock.ts';
import type { TestServer } from './control-plane-server.ts';
import { startServer } from './control-plane-server.ts';

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
  return server.fake.add(`fresh-${made}`);
}

function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  return server.call('POST', path, { body, headers });
}

/** Until the fake runs a prompt: the turn that the answer waits for has begun. */
async function running(count: number): Promise<void> {
  await expect.poll(() => server.fake.prompts().length).toBe(count);
}

describe('a prompt', () => {
  it('is stored before it is accepted, and the next one waits', async () => {
    const id = fresh();
    const first = await post(`/api/sessions/${id}/prompts`, { text: 'one' });
    expect([first.status, await first.json()]).toMatchObject([
      202,
      { state: 'running', position: 0 },
    ]);
    const second = await post(`/api/sessions/${id}/prompts`, { text: 'two' });
    expect([second.status, await second.json()]).toMatchObject([
      202,
      { state: 'queued', position: 1 },
    ]);
  });

  it('may be made of ACP content blocks, unknown fields of which are kept', async () => {
    const prompt = [
      { type: 'text', text: 'Look', annotations: { priority: 1 } },
      { type: 'resource_link', uri: 'file:///a', name: 'a' },
    ];
    const response = await post(`/api/sessions/${fresh()}/prompts`, { prompt });
    expect(response.status).toBe(202);
    expect(server.fake.prompts().at(-1)?.content).toEqual(prompt);
  });

  it('can be taken back', async () => {
    const id = fresh();
    await post(`/api/sessions/${id}/prompts`, { text: 'one' });
    const queued = await post(`/api/sessions/${id}/prompts`, { text: 'two' });
    const { promptId } = (await queued.json()) as { promptId: string };
    const one = await post(`/api/sessions/${id}/cancel`, { promptId });
    expect(await one.json()).toEqual({ cancelled: true });
    const turn = await server.call('POST', `/api/sessions/${id}/cancel`);
    expect(await turn.json()).toEqual({ cancelled: true });
    const nothing = await server.call('POST', `/api/sessions/${id}/cancel`);
    expect(await nothing.json()).toEqual({ cancelled: false });
  });
});

describe('an answer that waits', () => {
  it('is kept alive with blanks for as long as the turn takes', async () => {
    const id = fresh();
    const before = server.fake.prompts().length;
    const response = await post(`/api/sessions/${id}/prompts?wait=true`, { text: 'long' });
    expect(response.status).toBe(200);
    await running(before + 1);
    await clock.advance(60 * 60_000);
    server.fake.endTurn(id, { stopReason: 'max_tokens', text: 'Nearly.' });
    const text = await response.text();
    expect(text.match(/^ */)?.[0]).toHaveLength(240);
    expect(JSON.parse(text)).toMatchObject({ stopReason: 'max_tokens', text: 'Nearly.' });
  });

  it('tells a turn that failed, and why', async () => {
    const id = fresh();
    const response = await post(`/api/sessions/${id}/prompts?wait=true`, { text: 'x' });
    server.fake.endTurn(id, { stopReason: 'failed', text: '', error: 'The agent exited with 1.' });
    expect(await response.json()).toMatchObject({
      stopReason: 'failed',
      error: 'The agent exited with 1.',
      code: 'agent_failed',
    });
  });

  it('carries an error in its body when the status has been sent', async () => {
    const id = fresh();
    server.fake.failNext('turnResult', new AppError('unavailable', 'The disk is full.'));
    const response = await post(`/api/sessions/${id}/prompts?wait=true`, { text: 'x' });
    expect(await response.json()).toEqual({
      error: 'The disk is full.',
      code: 'server_busy',
      requestId: response.headers.get('X-Request-Id'),
    });
  });

  it('needs the scope that reads, before anything is stored', async () => {
    const id = fresh();
    const before = server.fake.prompts().length;
    const response = await server.call('POST', `/api/sessions/${id}/prompts?wait=true`, {
      body: { text: 'x' },
      token: await server.token('run'),
    });
    expect(response.status).toBe(403);
    expect(server.fake.prompts()).toHaveLength(before);
  });

  it('refuses with a plain status what is refused at once', async () => {
    const response = await post('/api/sessions/nowhere/prompts?wait=true', { text: 'x' });
    expect(response.status).toBe(404);
  });

  it('stops waiting when the client goes away', async () => {
    const id = fresh();
    const gone = new AbortController();
    const response = await fetch(`${server.url}/api/sessions/${id}/prompts?wait=true`, {
      method: 'POST',
      signal: gone.signal,
      headers: {
        Authorization: `Bearer ${await server.token('run', 'read')}`,
        'Content-Type': 'application/json',
      },
      body: JSON.stringify({ text: 'x' }),
    });
    const timers = clock.timers();
    gone.abort();
    await expect(response.text()).rejects.toThrow('abort');
    await expect.poll(() => clock.timers()).toBeLessThan(timers);
  });
});

describe('the older name', () => {
  it('waits by default and answers with the stop reason', async () => {
    const id = fresh();
    const response = await post(`/api/agents/${id}/prompts`, { text: 'hello' });
    server.fake.endTurn(id);
    expect(await response.json()).toMatchObject({ stopReason: 'end_turn', text: 'Done.' });
  });

  it('says at once that the session is busy', async () => {
    const id = fresh();
    await post(`/api/sessions/${id}/prompts`, { text: 'one' });
    const response = await post(`/api/agents/${id}/prompts`, { text: 'two' });
    const last = server.fake.prompts().at(-1)?.id;
    expect([response.status, await response.json()]).toEqual([
      200,
      { queued: true, queueId: last, position: 1 },
    ]);
  });
});

describe('an Idempotency-Key', () => {
  const key = (value: string) => ({ 'Idempotency-Key': value });

  it('gives the first answer again and makes nothing twice', async () => {
    const id = fresh();
    const path = `/api/sessions/${id}/prompts`;
    const before = server.fake.prompts().length;
    const first = await (await post(path, { text: 'a' }, key('k1'))).json();
    await post(path, { text: 'b' });
    const again = await post(path, { text: 'a' }, key('k1'));
    expect([again.status, await again.json()]).toEqual([202, first]);
    expect(server.fake.prompts()).toHaveLength(before + 2);
  });

  it('refuses another body', async () => {
    const path = `/api/sessions/${fresh()}/prompts`;
    await post(path, { text: 'a' }, key('k2'));
    const other = await post(path, { text: 'b' }, key('k2'));
    expect([other.status, await other.json()]).toMatchObject([409, { code: 'conflict' }]);
  });

  it('belongs to one token and one route', async () => {
    const [a, b] = [fresh(), fresh()];
    const before = server.fake.prompts().length;
    await post(`/api/sessions/${a}/prompts`, { text: 'a' }, key('k3'));
    await post(`/api/sessions/${b}/prompts`, { text: 'b' }, key('k3'));
    await server.call('POST', `/api/sessions/${a}/prompts`, {
      body: { text: 'c' },
      headers: key('k3'),
      token: await server.token('run'),
    });
    expect(server.fake.prompts()).toHaveLength(before + 3);
  });

  it('lets a call that was cut off be repeated while the first still waits', async () => {
    const id = fresh();
    const before = server.fake.prompts().length;
    const path = `/api/sessions/${id}/prompts?wait=true`;
    const first = await post(path, { text: 'a' }, key('k4'));
    const second = await post(path, { text: 'a' }, key('k4'));
    server.fake.endTurn(id);
    expect(await second.json()).toEqual(await first.json());
    expect(server.fake.prompts()).toHaveLength(before + 1);
    const third = await post(path, { text: 'a' }, key('k4'));
    expect(await third.json()).toMatchObject({ stopReason: 'end_turn' });
    expect(server.fake.prompts()).toHaveLength(before + 1);
  });

  it('may be tried again after an error', async () => {
    const id = fresh();
    const path = `/api/sessions/${id}/prompts`;
    server.fake.failNext('prompt', new AppError('unavailable', 'The disk is full.'));
    expect((await post(path, { text: 'a' }, key('k5'))).status).toBe(503);
    expect((await post(path, { text: 'a' }, key('k5'))).status).toBe(202);
  });

  it('makes one session and one template', async () => {
    const session = { agentTemplateId: 'example' };
    const one = await (await post('/api/sessions', session, key('k6'))).json();
    const two = await (await post('/api/sessions', session, key('k6'))).json();
    expect(two).toEqual(one);
    const template = { name: 'My agent', spawn: { command: 'agent', args: [] } };
    const first = await (await post('/api/agent-templates', template, key('k6'))).json();
    const again = await (await post('/api/agent-templates', template, key('k6'))).json();
    expect(again).toEqual(first);
    const list = await (await server.call('GET', '/api/agent-templates')).json();
    expect((list as { data: unknown[] }).data).toHaveLength(1);
  });

  it('is forgotten after a day', async () => {
    const path = `/api/sessions/${fresh()}/prompts`;
    await post(path, { text: 'a' }, key('k7'));
    await clock.advance(23 * 60 * 60_000);
    expect((await post(path, { text: 'b' }, key('k7'))).status).toBe(409);
    await clock.advance(2 * 60 * 60_000);
    await expect.poll(async () => (await post(path, { text: 'b' }, key('k7'))).status).toBe(202);
  });
});
