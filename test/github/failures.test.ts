/** What each answer of GitHub means for a message: said again, looked for first, or given up. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ProbotOctokit } from 'probot';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AppError } from '../../src/core/model/errors.ts';
import {
  failureOf,
  isTemporary,
  messageOf,
  retryAfterOf,
} from '../../src/github/client/failures.ts';

const NOW = 1_000_000_000;

interface Told {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly message?: string;
}

/** Undefined: the connection breaks. */
let told: Told | undefined;
let server: Server;
beforeAll(async () => {
  server = createServer((_, response) => {
    if (told === undefined) return response.destroy();
    const headers = { 'content-type': 'application/json', ...told.headers };
    return response
      .writeHead(told.status, headers)
      .end(JSON.stringify({ message: told.message ?? 'no' }));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
});
afterAll(() => server.close());

async function errorOf(answer: Told | undefined): Promise<unknown> {
  told = answer;
  const octokit = new ProbotOctokit({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    throttle: { enabled: false },
    retry: { enabled: false },
  });
  return octokit.request('GET /user').then(
    () => expect.unreachable('it was taken'),
    (error: unknown) => error,
  );
}

/** [name, answer, what a post makes of it, what an edit does, whether a delivery waits for it] */
const CASES: readonly (readonly [string, Told | undefined, object, object, boolean])[] = [
  ['a broken connection', undefined, { kind: 'unknown' }, { kind: 'retry' }, true],
  ['502', { status: 502 }, { kind: 'unknown' }, { kind: 'retry' }, true],
  ['401', { status: 401 }, { kind: 'retry' }, { kind: 'retry' }, true],
  ['409', { status: 409 }, { kind: 'retry' }, { kind: 'retry' }, false],
  ['404', { status: 404 }, { kind: 'refused' }, { kind: 'gone' }, false],
  ['410', { status: 410 }, { kind: 'refused' }, { kind: 'gone' }, false],
  ['422', { status: 422 }, { kind: 'refused' }, { kind: 'refused' }, false],
  ['403 for want of a right', { status: 403 }, { kind: 'refused' }, { kind: 'refused' }, false],
  ...(
    [
      ['403 that says how long', { status: 403, headers: { 'retry-after': '17' } }, 17_000],
      [
        'the limit of an hour, by its end',
        {
          status: 403,
          headers: {
            'x-ratelimit-remaining': '0',
            'x-ratelimit-reset': String(NOW / 1_000 + 90),
          },
        },
        90_000,
      ],
      [
        'a limit that should be over already, a second at the least',
        {
          status: 429,
          headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' },
        },
        1_000,
      ],
      ['429 without a word', { status: 429 }, 60_000],
      [
        'a secondary limit that only its words tell',
        { status: 403, message: 'You have exceeded a secondary rate limit.' },
        60_000,
      ],
    ] as const
  ).map(([name, answer, retryAfterMs]) => {
    const failure = { kind: 'throttled', retryAfterMs };
    return [name, answer, failure, failure, true] as const;
  }),
];

it.each(CASES)('%s', async (_, answer, post, edit, temporary) => {
  const error = await errorOf(answer);
  expect(failureOf(error, 'post', NOW)).toMatchObject(post);
  expect(failureOf(error, 'edit', NOW)).toMatchObject(edit);
  expect(isTemporary(error)).toBe(temporary);
  const wait = 'retryAfterMs' in post ? post.retryAfterMs : undefined;
  expect(retryAfterOf(error, NOW)).toBe(wait);
});

it('what we say ourselves before a call: later, or never', () => {
  const busy = new AppError('unavailable', 'Busy.', { details: { retryAfterMs: 5 } });
  expect(failureOf(busy, 'post', NOW)).toEqual({ kind: 'retry', message: 'Busy.' });
  expect([isTemporary(busy), retryAfterOf(busy, NOW)]).toEqual([true, 5]);
  const gone = new AppError('not_found', 'Not installed.');
  expect(failureOf(gone, 'post', NOW)).toEqual({ kind: 'refused', message: 'Not installed.' });
  expect([isTemporary(gone), retryAfterOf(gone, NOW)]).toEqual([false, undefined]);
});

it('no token of GitHub comes into a log with the words of an error', async () => {
  const token = `ghs_${'a1B2'.repeat(9)}`;
  const error = await errorOf({ status: 422, message: `bad credentials ${token}` });
  expect(messageOf(error)).toContain('bad credentials (token)');
  expect(messageOf(error)).not.toContain('a1B2');
  expect(messageOf('x'.repeat(10_000))).toHaveLength(300);
});
