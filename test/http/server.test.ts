import { once } from 'node:events';
import { connect } from 'node:net';
import { Hono } from 'hono';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createWebServer } from '../../src/http/server.ts';
import { targetOf } from '../../src/http/ws/upgrade.ts';

const server = createWebServer();
let port = 0;
beforeAll(async () => {
  port = Number(new URL(await server.listen('127.0.0.1', 0)).port);
  const api = new Hono().all('/api/*', (c) => c.text('api'));
  const pages = new Hono().all('*', (c) => c.text('page'));
  server.serve({ hooks: [], api, pages }, ({ url }) => targetOf(url) !== undefined);
});
afterAll(() => {
  server.refuse();
  server.close();
});

/** What comes back for a request as it is written, until the server ends the connection. */
async function raw(head: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  socket.write(`${head}\r\nHost: localhost\r\n\r\n`);
  await once(socket, 'close');
  return text;
}

const UPGRADE = 'Connection: close, Upgrade\r\nUpgrade';

it('serves the API and the pages', async () => {
  expect(await raw('GET /api/x HTTP/1.1\r\nConnection: close')).toMatch(/^HTTP\/1.1 200 .*api$/s);
  expect(await raw('GET /x HTTP/1.1\r\nConnection: close')).toMatch(/^HTTP\/1.1 200 .*page$/s);
});

it('answers as always who offers a protocol that it does not speak', async () => {
  const answer = await raw(`GET /api/x HTTP/1.1\r\n${UPGRADE}: h2c`);
  expect(answer).toMatch(/^HTTP\/1.1 200 .*api$/s);
});

it('hangs up on an upgrade to an address that is none', async () => {
  for (const target of ['//', '//[', 'http://[', '/\\\\']) {
    expect(await raw(`GET ${target} HTTP/1.1\r\n${UPGRADE}: websocket`)).toBe('');
  }
});
