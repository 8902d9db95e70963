/** The faults of the fake GitHub: of its API, and of the webhooks that it sends. */
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { afterEach, expect, test, vi } from 'vitest';
import { apiClient, appJwt, field, installationClient } from './fake-github/api-client.ts';
import { closeStages, stage } from './fake-github/stage.ts';
import type { Fate } from './fake-github/hooks.ts';
import type { ApiFault } from './fake-github/server.ts';

afterEach(closeStages);

test('a call may fail before or after its effect, hang, or lose its connection', async () => {
  const { github, alice, repo, installation } = await stage();
  const issue = github.people.openIssue(alice, repo, { title: 'Broken' });
  const app = await installationClient(github, installation);
  const path = `/repos/acme/shop/issues/${issue.number}/comments`;
  const post = async (body: string, fault: ApiFault): Promise<unknown> => {
    github.fault = (call) => (call.op === 'issues/create-comment' ? fault : undefined);
    const timeout = AbortSignal.timeout(300);
    return app.call('POST', path, { body }, timeout).then(
      (answer) => [answer.status, answer.headers.get('retry-after')],
      () => (timeout.aborted ? 'no answer' : 'connection lost'),
    );
  };
  expect(await post('1', { kind: 'status', status: 502 })).toEqual([502, null]);
  expect(await post('2', { kind: 'status', status: 502, done: true })).toEqual([502, null]);
  expect(await post('3', { kind: 'status', status: 429, retryAfterS: 7 })).toEqual([429, '7']);
  expect(await post('4', { kind: 'reset' })).toBe('connection lost');
  expect(await post('5', { kind: 'reset', done: true })).toBe('connection lost');
  expect(await post('6', { kind: 'hang', done: true })).toBe('no answer');
  expect(await post('7', { kind: 'hang' })).toBe('no answer');
  expect(github.botComments(issue).map(({ body }) => body)).toEqual(['2', '5', '6']);
  expect(github.count('issues/create-comment')).toBe(7);
});

test('a webhook that failed is told once, listed, and sent again only when asked for', async () => {
  const { clock, github, heard, answers, alice, repo } = await stage();
  const issue = github.people.openIssue(alice, repo, { title: 'Broken' });
  await github.hooks.idle();
  answers.status = 500;
  github.people.comment(alice, issue, 'refused');
  await github.hooks.idle();
  answers.status = 202;
  github.hooks.fate = () => ({ kind: 'drop' });
  github.people.comment(alice, issue, 'lost');
  await github.hooks.idle();
  github.hooks.fate = () => undefined;
  await clock.advance(3_600_000);
  expect(heard.length).toBe(2);

  const app = apiClient(github, appJwt(github, clock.now()));
  const failed = await app.call('GET', '/app/hook/deliveries?status=failure&per_page=1');
  const [lost] = Array.isArray(failed.body) ? failed.body : [];
  expect([field(lost, 'status_code'), field(lost, 'event'), field(lost, 'redelivery')]).toEqual([
    502,
    'issue_comment',
    false,
  ]);
  const next = /<([^>]+)>; rel="next"/.exec(failed.headers.get('link') ?? '')?.[1] ?? '';
  const second = await app.call('GET', next.replace(github.url, ''));
  expect(field(Array.isArray(second.body) ? second.body[0] : null, 'status_code')).toBe(500);
  expect(second.headers.get('link')).toBe(null);

  const id = String(field(lost, 'id'));
  expect((await app.call('POST', `/app/hook/deliveries/${id}/attempts`)).status).toBe(202);
  await github.hooks.idle();
  const again = heard.at(-1);
  expect(again?.headers['x-github-delivery']).toBe(field(lost, 'guid'));
  expect(field(field(JSON.parse(again?.body ?? ''), 'comment'), 'body')).toBe('lost');
  const all = await app.call('GET', '/app/hook/deliveries?per_page=1');
  expect(field(Array.isArray(all.body) ? all.body[0] : null, 'redelivery')).toBe(true);
});

test('webhooks may come twice, late, in another order, or signed by somebody else', async () => {
  const { clock, github, heard, alice, repo } = await stage();
  const issue = github.people.openIssue(alice, repo, { title: 'Broken' });
  await github.hooks.idle();
  heard.splice(0);
  const bodies = (): unknown[] =>
    heard.splice(0).map(({ body }) => field(field(JSON.parse(body), 'comment'), 'body'));
  const fates: Record<string, Fate> = {
    twice: { kind: 'duplicate', times: 2 },
    late: { kind: 'delay', ms: 5000 },
    forged: { kind: 'forge' },
  };
  github.hooks.fate = ({ body }) =>
    fates[String(field(field(JSON.parse(body), 'comment'), 'body'))];
  for (const body of ['twice', 'late', 'once']) github.people.comment(alice, issue, body);
  await clock.advance(4999);
  expect(bodies()).toEqual(['twice', 'twice', 'once']);
  await clock.advance(1);
  expect(bodies()).toEqual(['late']);

  github.people.comment(alice, issue, 'forged');
  await github.hooks.idle();
  const [forged] = heard;
  const digest = createHmac('sha256', github.secret)
    .update(forged?.body ?? '')
    .digest('hex');
  expect(forged?.headers['x-hub-signature-256']).not.toBe(`sha256=${digest}`);
  expect(bodies()).toEqual(['forged']);

  github.hooks.hold();
  for (const body of ['1', '2', '3']) github.people.comment(alice, issue, body);
  await github.hooks.idle();
  expect(bodies()).toEqual([]);
  await github.hooks.pump((events) => events.toReversed());
  expect(bodies()).toEqual(['3', '2', '1']);
});

test('webhooks go out over HTTP with a time limit of ten seconds', async () => {
  const { clock, github, alice, repo } = await stage();
  const got: string[] = [];
  const receiver = createServer((request, response) => {
    got.push(`${request.method} ${request.url} ${String(request.headers['x-github-event'])}`);
    request.resume();
    if (got.length < 2) response.writeHead(202).end();
  });
  await new Promise<void>((resolve) => {
    receiver.listen(0, '127.0.0.1', resolve);
  });
  const address = receiver.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  github.hooks.target = `http://127.0.0.1:${port}/api/github/webhooks`;
  const issue = github.people.openIssue(alice, repo, { title: 'Broken' });
  await github.hooks.idle();
  github.people.comment(alice, issue, 'never answered');
  await vi.waitUntil(() => got.length === 2);
  await clock.advance(10_000);
  await github.hooks.idle();
  receiver.closeAllConnections();
  receiver.close();
  github.people.comment(alice, issue, 'nobody listens');
  await github.hooks.idle();
  expect(got).toEqual([
    'POST /api/github/webhooks issues',
    'POST /api/github/webhooks issue_comment',
  ]);
  expect(github.hooks.deliveries.slice(-3).map(({ status }) => status)).toEqual([
    'OK',
    'timed out',
    'failed to connect to host',
  ]);
});
