import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestServer } from './control-plane-server.ts';
import { startServer } from './control-plane-server.ts';

type Scope = 'read' | 'run' | 'approve' | 'admin';
type Row = readonly [method: string, path: string, scope: Scope, body?: unknown];

/** Every route of the document, with the least scope that opens it. */
const FIXED: readonly Row[] = [
  ['GET', '/api/agent-templates', 'read'],
  ['POST', '/api/agent-templates', 'admin', { name: 'x', spawn: { command: 'x', args: [] } }],
  ['GET', '/api/agent-templates/{id}', 'read'],
  ['PUT', '/api/agent-templates/{id}', 'admin', { name: 'x', spawn: { command: 'x', args: [] } }],
  ['DELETE', '/api/agent-templates/{id}', 'admin'],
  ['GET', '/api/permissions', 'read'],
];
const PER_SESSION: readonly Row[] = [
  ['GET', '', 'read'],
  ['POST', '', 'run', { agentTemplateId: 'example' }],
  ['GET', '/{id}', 'read'],
  ['DELETE', '/{id}', 'run'],
  ['POST', '/{id}/prompts', 'run', { text: 'hello' }],
  ['POST', '/{id}/cancel', 'run'],
  ['GET', '/{id}/queue', 'read'],
  ['PUT', '/{id}/queue', 'run', { order: [] }],
  ['DELETE', '/{id}/queue', 'run'],
  ['DELETE', '/{id}/queue/{promptId}', 'run'],
  ['POST', '/{id}/queue/pause', 'run'],
  ['POST', '/{id}/queue/resume', 'run'],
  ['GET', '/{id}/events', 'read'],
  ['GET', '/{id}/stream', 'read'],
  ['POST', '/{id}/permissions/{requestId}', 'approve', { optionId: 'yes' }],
  ['GET', '/{id}/config', 'read'],
  ['PUT', '/{id}/config', 'run', { id: 'mode', value: 'ask' }],
];
const ROWS: readonly Row[] = [
  ...FIXED,
  ...['/api/sessions', '/api/agents'].flatMap((base) =>
    PER_SESSION.map(([method, path, scope, body]) => [method, base + path, scope, body] as const),
  ),
];
const OPEN = ['GET /api/health', 'GET /api/health/ready'];

let server: TestServer;
const secrets = new Map<string, string>();

beforeAll(async () => {
  server = await startServer();
  for (const scope of ['read', 'run', 'approve', 'admin'] as const) {
    secrets.set(scope, await server.token(scope));
  }
  secrets.set('none', await server.token());
});
afterAll(() => server.close());

function filled(path: string): string {
  return path.replace('{id}', 'nowhere').replace('{promptId}', 'p1').replace('{requestId}', 'r1');
}

async function answer([method, path, , body]: Row, token: string | null) {
  // A stream or a waiting answer would go on: `wait` is off, and the session does not exist.
  const query = path.endsWith('/prompts') ? '?wait=false' : '';
  const response = await server.call(method, filled(path) + query, {
    token,
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  return { status: response.status, text };
}

it('covers every route of the document', async () => {
  const response = await server.call('GET', '/api/openapi.json', { token: null });
  const { paths } = (await response.json()) as { paths: Record<string, Record<string, unknown>> };
  const documented = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const covered = [...OPEN, ...ROWS.map(([method, path]) => `${method} ${path}`)];
  expect(documented.toSorted()).toEqual(covered.toSorted());
});

describe.each(ROWS.map((row) => ({ row, name: `${row[0]} ${row[1]}` })))('$name', ({ row }) => {
  const scope = row[2];

  it('refuses a call without a token', async () => {
    const { status, text } = await answer(row, null);
    expect(status).toBe(401);
    expect(JSON.parse(text)).toMatchObject({ code: 'unauthenticated' });
  });

  it(`names the missing scope ${scope}`, async () => {
    const logged = new Set<string>();
    const lesser = [...secrets].filter(([name]) => name !== scope && name !== 'admin');
    for (const [, secret] of lesser) {
      const { status, text } = await answer(row, secret);
      expect(status).toBe(403);
      expect(JSON.parse(text)).toMatchObject({ code: 'forbidden' });
      expect(text).toContain(`\`${scope}\``);
      const [newest] = (await server.storage.decisions.decisions(null, 1)).data;
      expect(newest).toMatchObject({ outcome: 'refused', actor: { kind: 'token' } });
      logged.add(JSON.stringify(newest));
    }
    expect(logged.size).toBe(lesser.length);
  });

  it.each([scope, 'admin' as const])('lets the scope %s pass', async (name) => {
    const { status } = await answer(row, secrets.get(name) ?? '');
    expect([200, 201, 202, 204, 404, 409]).toContain(status);
  });
});

it('asks for no token where there is nothing to protect', async () => {
  for (const path of ['/api/health', '/api/health/ready', '/api/openapi.json', '/api/docs']) {
    const response = await server.call('GET', path, { token: null });
    expect(response.status).toBe(200);
    await response.text();
  }
});

it('says 405 for a method that a route does not take, and names those that it does', async () => {
  const response = await server.call('PUT', '/api/sessions');
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST']);
  expect(await response.json()).toMatchObject({
    error: '/api/sessions does not take PUT. Use GET, POST.',
    code: 'method_not_allowed',
  });
});

it('says 404 for a route that does not exist, to those who have a token', async () => {
  const response = await server.call('GET', '/api/nowhere');
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({
    error: 'There is no route GET /api/nowhere.',
    code: 'not_found',
  });
  expect((await server.call('GET', '/api/nowhere', { token: null })).status).toBe(401);
});

it('leaves everything outside /api to others', async () => {
  const response = await server.call('GET', '/', { token: null });
  expect(await response.text()).toBe('the page of another surface');
});
