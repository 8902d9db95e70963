/** What each answer of Slack means: whether a call was made, and when it may be made again. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { clientOptions, createCall } from '../../src/slack/client/calls.ts';

let answer: (response: ServerResponse) => unknown;
let calls = 0;
let server: Server;
beforeAll(async () => {
  server = createServer((_, response) => {
    calls += 1;
    answer(response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
});
afterAll(() => server.close());

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const call = (apiUrl: string) =>
  createCall('xoxb-1', clientOptions(apiUrl, logger))('chat.postMessage', { channel: 'C1' });

const json =
  (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  (response: ServerResponse): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
const no = (error: string) => json(200, { ok: false, error });

const throttled = (retryAfterMs: number) => ({ kind: 'throttled', retryAfterMs });

it.each([
  ['a no', no('is_archived'), { kind: 'said', error: 'is_archived' }],
  ['trouble of its own', no('internal_error'), { kind: 'unknown' }],
  ['a limit in words', no('ratelimited'), throttled(30_000)],
  ['a limit with its time', json(429, {}, { 'retry-after': '7' }), throttled(7_000)],
  ['a limit without a time', json(429, {}), throttled(30_000)],
  ['a gateway without an answer', json(502, {}), { kind: 'unknown' }],
  ['a proxy that lets nothing through', json(400, {}), { kind: 'unreachable' }],
  ['a connection that ends', (response: ServerResponse) => response.destroy(), { kind: 'unknown' }],
  [
    'a page in place of an answer',
    (response: ServerResponse) => response.end('<html>'),
    { kind: 'unknown' },
  ],
] as const)('%s', async (_, told, failure) => {
  answer = told;
  calls = 0;
  const { port } = server.address() as AddressInfo;
  expect(await call(`http://127.0.0.1:${port}/api`)).toMatchObject({ ok: false, failure });
  // The library's own retries could post twice.
  expect(calls).toBe(1);
});

it('nobody there: certainly not done', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => {
    other.listen(0, '127.0.0.1', resolve);
  });
  const { port } = other.address() as AddressInfo;
  await new Promise((resolve) => {
    other.close(resolve);
  });
  expect(await call(`http://127.0.0.1:${port}/api`)).toMatchObject({
    failure: { kind: 'unreachable' },
  });
});
