import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../src/core/model/errors.ts';
import type { AppErrorCode } from '../../src/core/model/errors.ts';
import type { TestServer } from './control-plane-server.ts';
import { startServer } from './control-plane-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  server.fake.add('s1');
});
afterAll(() => server.close());

async function errorOf(response: Response) {
  const body = (await response.json()) as { error: string; code: string; requestId: string };
  expect(Object.keys(body).toSorted()).toEqual(['code', 'error', 'requestId']);
  expect(body.requestId).toBe(response.headers.get('X-Request-Id'));
  return { status: response.status, code: body.code, error: body.error };
}

describe('unknown and wrong fields', () => {
  it.each([
    ['POST', '/api/sessions', { agentTemplateId: 'a', colour: 1 }, 'colour'],
    ['POST', '/api/sessions', { spawn: { command: 'a', args: [], shell: true } }, 'spawn.shell'],
    ['POST', '/api/sessions', { sessionId: '../etc', agentTemplateId: 'a' }, 'sessionId'],
    ['POST', '/api/sessions/s1/prompts', { text: 'a', model: 'b' }, 'model'],
    ['POST', '/api/sessions/s1/prompts', { text: '  ' }, 'text'],
    ['POST', '/api/sessions/s1/prompts', { text: 5 }, 'text'],
    ['POST', '/api/sessions/s1/prompts', { prompt: [{ type: 'text' }] }, 'prompt.0.text'],
    ['POST', '/api/sessions/s1/cancel', { prompt: 'p1' }, 'prompt'],
    ['PUT', '/api/sessions/s1/queue', { order: [], force: true }, 'force'],
    ['POST', '/api/sessions/s1/permissions/r1', { optionId: 'a', why: 'b' }, 'why'],
    ['PUT', '/api/sessions/s1/config', { id: 'mode' }, 'value'],
    ['POST', '/api/agent-templates', { name: 'a', spawn: { command: 'a', args: [] }, x: 1 }, 'x'],
  ])('%s %s %j is refused and names "%4$s"', async (method, path, body, field) => {
    const { status, code, error } = await errorOf(await server.call(method, path, { body }));
    expect([status, code]).toEqual([400, 'invalid']);
    expect(error).toContain(`"${field}"`);
  });

  it.each([
    [
      'metadata',
      '/api/sessions',
      (deep: string) => `{"agentTemplateId":"a","metadata":{"a":${deep}}}`,
    ],
    [
      'mcpServers',
      '/api/sessions',
      (deep: string) => `{"agentTemplateId":"a","mcpServers":${deep}}`,
    ],
    [
      'prompt',
      '/api/sessions/s1/prompts',
      (deep: string) => `{"prompt":[{"type":"text","text":"a","_meta":${deep}}]}`,
    ],
  ])('%s that is nested too deep to be stored is refused', async (field, path, body) => {
    const levels = 20_000;
    const response = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${await server.token('admin')}`,
        'Content-Type': 'application/json',
      },
      body: body('['.repeat(levels) + ']'.repeat(levels)),
    });
    const { status, error } = await errorOf(response);
    expect(status).toBe(400);
    expect(error).toBe(`The body is not valid at "${field}": it is nested too deep.`);
  });

  it('reads as a sentence', async () => {
    const unknown = await server.call('POST', '/api/sessions', { body: { colour: 1 } });
    expect((await errorOf(unknown)).error).toMatchInlineSnapshot(
      `"Unknown field "colour" in the body."`,
    );
    const neither = await server.call('POST', '/api/sessions', { body: {} });
    expect((await errorOf(neither)).error).toMatchInlineSnapshot(
      `"Give either "agentTemplateId" or "spawn"."`,
    );
    const limit = await server.call('GET', '/api/sessions?limit=1000');
    expect((await errorOf(limit)).error).toMatchInlineSnapshot(
      `"The query is not valid at "limit": Too big: expected number to be <=200."`,
    );
  });

  it.each([
    ['{"text":', 'application/json', 'The body is not valid JSON.'],
    ['text=hello', 'application/x-www-form-urlencoded', 'Send the body as application/json.'],
    ['\u0000\u0001', 'application/octet-stream', 'Send the body as application/json.'],
  ])('%j as %s is refused', async (body, type, sentence) => {
    const response = await fetch(`${server.url}/api/sessions/s1/prompts`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${await server.token('run')}`, 'Content-Type': type },
      body,
    });
    expect(await errorOf(response)).toEqual({ status: 400, code: 'invalid', error: sentence });
  });
});

describe('every error', () => {
  const table: readonly (readonly [AppErrorCode, number, string])[] = [
    ['invalid', 400, 'invalid'],
    ['unauthenticated', 401, 'unauthenticated'],
    ['forbidden', 403, 'forbidden'],
    ['not_found', 404, 'not_found'],
    ['conflict', 409, 'conflict'],
    ['already_answered', 409, 'already_answered'],
    ['unprocessable', 422, 'unprocessable'],
    ['limited', 429, 'limited'],
    ['too_large', 413, 'too_large'],
    ['unavailable', 503, 'server_busy'],
    ['agent_failed', 502, 'agent_failed'],
    ['agent_login_needed', 409, 'agent_login_needed'],
    ['fenced', 503, 'server_busy'],
  ];
  it.each(table)('%s is answered %i %s with its sentence', async (code, status, said) => {
    server.fake.failNext('session', new AppError(code, 'This is why.'));
    const response = await server.call('GET', '/api/sessions/s1');
    const retry = response.headers.get('Retry-After');
    expect(await errorOf(response)).toEqual({ status, code: said, error: 'This is why.' });
    expect(retry !== null).toBe(status === 429 || status === 503);
  });

  it('says how long to wait when it knows', async () => {
    const details = { retryAfterSeconds: 41.2 };
    server.fake.failNext('session', new AppError('limited', 'Too many.', { details }));
    const response = await server.call('GET', '/api/sessions/s1');
    expect(response.headers.get('Retry-After')).toBe('42');
  });

  it('keeps an unknown cause in the log, under the request id', async () => {
    server.fake.failNext('session', new Error('password hunter2 at /srv/secret'));
    const response = await server.call('GET', '/api/sessions/s1');
    const id = response.headers.get('X-Request-Id') ?? '';
    const { status, code, error } = await errorOf(response);
    expect([status, code]).toEqual([500, 'internal']);
    expect(error).not.toContain('hunter2');
    expect(
      server.logged.filter((line) => line.includes(id) && line.includes('hunter2')),
    ).toHaveLength(1);
  });
});

describe('limits', () => {
  const big = 'x'.repeat(2 * 1024 * 1024);

  it('takes a prompt of one megabyte', async () => {
    const text = 'y'.repeat(1024 * 1024);
    const response = await server.call('POST', '/api/sessions/s1/prompts', { body: { text } });
    expect(response.status).toBe(202);
    expect(server.fake.prompts().at(-1)?.text).toBe(text);
  });

  it('refuses a body of more than 2 MiB, whether it says its length or not', async () => {
    const known = await server.call('POST', '/api/sessions/s1/prompts', { body: { text: big } });
    expect(await errorOf(known)).toMatchObject({ status: 413, code: 'too_large' });
    const chunks = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(`{"text":"${big}"}`));
        controller.close();
      },
    });
    const streamed = await fetch(`${server.url}/api/sessions/s1/prompts`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${await server.token('run')}`,
        'Content-Type': 'application/json',
      },
      body: chunks,
      duplex: 'half',
    } as RequestInit);
    expect(await errorOf(streamed)).toMatchObject({ status: 413, code: 'too_large' });
  });
});

describe('a server that closes', () => {
  it('takes no new work, says when to come back, and still answers questions', async () => {
    server.setClosing(true);
    const prompt = await server.call('POST', '/api/sessions/s1/prompts', { body: { text: 'a' } });
    expect(prompt.headers.get('Retry-After')).toBe('2');
    expect(await errorOf(prompt)).toMatchObject({ status: 503, code: 'server_busy' });
    expect((await server.call('GET', '/api/sessions/s1')).status).toBe(200);
    const ready = await server.call('GET', '/api/health/ready', { token: null });
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'closing' }]);
    server.setClosing(false);
  });

  it('is not ready without its database', async () => {
    server.breakDatabase();
    const ready = await server.call('GET', '/api/health/ready', { token: null });
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'no_database' }]);
    const health = await server.call('GET', '/api/health', { token: null });
    expect(await health.json()).toEqual({
      status: 'ok',
      version: '1.2.3',
      sessions: 1,
      platforms: {},
    });
  });
});

it('sends headers that keep browsers careful', async () => {
  const { headers } = await server.call('GET', '/api/sessions');
  const names = [
    'Cache-Control',
    'Content-Security-Policy',
    'Referrer-Policy',
    'X-Content-Type-Options',
    'X-Frame-Options',
  ];
  expect(names.map((name) => `${name}: ${headers.get(name)}`)).toMatchInlineSnapshot(`
    [
      "Cache-Control: no-store",
      "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'",
      "Referrer-Policy: no-referrer",
      "X-Content-Type-Options: nosniff",
      "X-Frame-Options: DENY",
    ]
  `);
});
