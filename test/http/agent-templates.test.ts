import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestServer } from './control-plane-server.ts';
import { startServer } from './control-plane-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  await server.storage.templates.syncManaged([
    {
      id: 'example',
      name: 'Example',
      spawn: { command: 'node', args: [] },
      runtime: { provider: 'local' },
    },
  ]);
});
afterAll(() => server.close());

async function call(method: string, path: string, body?: unknown) {
  const response = await server.call(method, path, body === undefined ? {} : { body });
  const text = await response.text();
  const json: Record<string, unknown> = text === '' ? {} : JSON.parse(text);
  return { status: response.status, json };
}

const MINE = {
  name: 'My agent',
  spawn: { command: 'my-agent', args: ['--acp'] },
  runtime: { provider: 'local', env: { CACHE: '/var/cache' } },
  env: { API_KEY: 'sk-secret', MODEL: 'large' },
};

it('has values of the environment go in and never come out', async () => {
  const { status, json } = await call('POST', '/api/agent-templates', { ...MINE, id: 'mine' });
  expect(status).toBe(201);
  expect(json).toMatchObject({
    id: 'mine',
    version: 1,
    managed: false,
    env: { API_KEY: '***', MODEL: '***' },
    runtime: { provider: 'local', env: { CACHE: '***' } },
  });
  const all = JSON.stringify((await call('GET', '/api/agent-templates')).json);
  expect(all).not.toContain('sk-secret');
  expect((await server.storage.templates.template('mine'))?.env?.['API_KEY']).toBe('sk-secret');
});

it('makes a new version of every change, and keeps the values that come back masked', async () => {
  const change = { ...MINE, name: 'Renamed', env: { API_KEY: '***', MODEL: 'small' } };
  const { status, json } = await call('PUT', '/api/agent-templates/mine', change);
  expect([status, json['version'], json['name']]).toEqual([200, 2, 'Renamed']);
  const stored = await server.storage.templates.template('mine');
  expect(stored?.env).toEqual({ API_KEY: 'sk-secret', MODEL: 'small' });
  expect((await server.storage.templates.template('mine', 1))?.name).toBe('My agent');
});

it('finds an id of its own when none is given', async () => {
  const { json } = await call('POST', '/api/agent-templates', MINE);
  expect(json['id']).toMatch(/^my-agent-[0-9a-z]{8}$/);
});

it('refuses a second one with the same id', async () => {
  expect((await call('POST', '/api/agent-templates', { ...MINE, id: 'mine' })).status).toBe(409);
});

it('leaves managed ones alone', async () => {
  const changed = await call('PUT', '/api/agent-templates/example', MINE);
  const removed = await call('DELETE', '/api/agent-templates/example');
  const taken = await call('POST', '/api/agent-templates', { ...MINE, id: 'example' });
  expect([changed.status, removed.status, taken.status]).toEqual([409, 409, 409]);
  expect(removed.json['error']).toMatchInlineSnapshot(
    `"The template "example" is managed: it comes from the server or its configuration. Make one of your own with another id."`,
  );
});

it('removes what is ours', async () => {
  expect((await call('DELETE', '/api/agent-templates/mine')).status).toBe(204);
  expect((await call('GET', '/api/agent-templates/mine')).status).toBe(404);
  expect((await call('DELETE', '/api/agent-templates/mine')).status).toBe(404);
});
