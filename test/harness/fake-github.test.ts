/** The fake GitHub is as strict as the real one: other tests lean on that. */
import { createHmac } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { apiClient, appJwt, field, installationClient } from './fake-github/api-client.ts';
import { createFakeGitHub } from './fake-github/fake-github.ts';
import type { FakeGitHub, FakeGitHubOptions } from './fake-github/fake-github.ts';
import { createShapeCheck } from './fake-github/payload-shape.ts';
import { createManualClock } from './manual-clock.ts';

const opened: FakeGitHub[] = [];

afterEach(async () => {
  for (const github of opened.splice(0)) {
    await github.stop();
    if (github.errors.length > 0) throw new Error(github.errors.join('\n'));
  }
});

interface Heard {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

async function stage(options: FakeGitHubOptions = {}) {
  const clock = createManualClock();
  const heard: Heard[] = [];
  const answers = { status: 202 };
  const github = await createFakeGitHub({
    clock,
    target: async (headers, body) => {
      heard.push({ headers, body });
      return { status: answers.status };
    },
    ...options,
  });
  opened.push(github);
  const acme = github.world.user('acme', 'Organization');
  const alice = github.user('alice');
  const repo = github.world.repo('shop', { owner: acme, roles: [[alice, 'write']] });
  const installation = github.people.install(alice, acme, [repo]);
  await github.hooks.idle();
  heard.splice(0);
  const events = (): string[] =>
    heard.map(({ headers, body }) => {
      const payload: unknown = JSON.parse(body);
      const sender = field(field(payload, 'sender'), 'login');
      return `${headers['x-github-event']}.${String(field(payload, 'action'))} by ${String(sender)}`;
    });
  return { clock, github, heard, events, answers, acme, alice, repo, installation };
}

test('an App JWT holds for ten minutes at most, and only if its key signed it', async () => {
  const { clock, github } = await stage();
  const now = clock.now();
  const status = async (jwt: string | null): Promise<number> =>
    (await apiClient(github, jwt).call('GET', '/app')).status;
  const s = Math.floor(now / 1000);
  expect(await status(appJwt(github, now))).toBe(200);
  expect(await status(appJwt(github, now, { exp: s + 600 }))).toBe(200);
  expect(await status(appJwt(github, now, { exp: s + 601 }))).toBe(401);
  expect(await status(appJwt(github, now, { exp: s }))).toBe(401);
  expect(await status(appJwt(github, now, { iat: s + 30 }))).toBe(401);
  expect(await status(appJwt(github, now, { iss: 1 }))).toBe(401);
  expect(await status(`${appJwt(github, now).slice(0, -8)}AAAAAAAA`)).toBe(401);
  expect(await status('garbage')).toBe(401);
  expect(await status(null)).toBe(401);
});

test('an installation token is long, sees its part only, and ends', async () => {
  const { clock, github, acme, alice, repo, installation } = await stage();
  const other = github.world.repo('secret', { owner: acme, private: true });
  github.people.addRepos(alice, installation, [other]);
  const issue = github.people.openIssue(alice, repo, { title: 'Broken' });
  const narrow = await installationClient(github, installation, {
    repositories: ['shop'],
    permissions: { issues: 'read' },
  });
  expect(narrow.token).toMatch(/^ghs_424242_[A-Za-z0-9._-]{480,540}$/);
  const path = `/repos/acme/shop/issues/${issue.number}`;
  expect((await narrow.call('GET', path)).status).toBe(200);
  expect((await narrow.call('POST', `${path}/comments`, { body: 'hi' })).status).toBe(403);
  expect((await narrow.call('GET', '/repos/acme/secret')).status).toBe(404);
  expect((await narrow.call('GET', '/app')).status).toBe(401);
  await clock.advance(3_600_000);
  expect((await narrow.call('GET', path)).status).toBe(401);
  const wide = await installationClient(github, installation);
  expect((await wide.call('GET', '/repos/acme/secret')).status).toBe(200);
  expect((await wide.call('DELETE', '/installation/token')).status).toBe(204);
  expect((await wide.call('GET', '/repos/acme/secret')).status).toBe(401);
});

test('what people and the App write comes back as signed webhooks', async () => {
  const { github, heard, events, alice, repo, installation } = await stage();
  const issue = github.people.openIssue(alice, repo, { title: 'Broken' });
  github.people.comment(alice, issue, '@threadcast mend it');
  const app = await installationClient(github, installation);
  const path = `/repos/acme/shop/issues/${issue.number}/comments`;
  const { body } = await app.call('POST', path, {
    body: '- [ ] Allow once <!-- n1 -->\n- [ ] Deny',
  });
  const [comment] = github.botComments(issue);
  if (comment === undefined) throw new Error('no comment');
  expect(field(body, 'id')).toBe(comment.id);
  github.people.tick(alice, comment, 'Allow once');
  await app.call('PATCH', `/repos/acme/shop/issues/comments/${comment.id}`, { body: 'Allowed' });
  await app.call('POST', `/repos/acme/shop/issues/comments/${comment.id}/reactions`, {
    content: 'hooray',
  });
  await github.hooks.idle();
  expect(events()).toMatchInlineSnapshot(`
    [
      "issues.opened by alice",
      "issue_comment.created by alice",
      "issue_comment.created by threadcast[bot]",
      "issue_comment.edited by alice",
      "issue_comment.edited by threadcast[bot]",
    ]
  `);
  for (const { headers, body: raw } of heard) {
    const digest = createHmac('sha256', github.secret).update(raw).digest('hex');
    expect(headers['x-hub-signature-256']).toBe(`sha256=${digest}`);
  }
  expect(github.visible(issue)).toMatchInlineSnapshot(`
    "#1 Broken (open)

    alice:
      @threadcast mend it

    threadcast[bot] (hooray threadcast[bot]):
      Allowed"
  `);
});

const FILE = {
  filename: 'src/cart.ts',
  status: 'modified',
  patch: '@@ -1,2 +1,3 @@\n const a = 1;\n+const b = 2;\n const c = 3;',
} as const;

test('its payloads have nothing that the public examples have not', async () => {
  const { github, heard, events, alice, repo, installation } = await stage();
  const { people } = github;
  const check = createShapeCheck();
  const issue = people.openIssue(alice, repo, { title: 'Broken', body: 'Mend', labels: ['bug'] });
  const comment = people.comment(alice, issue, 'one');
  people.editComment(alice, comment, 'two');
  people.deleteComment(alice, comment);
  people.editIssue(alice, issue, { title: 'Very broken' });
  people.close(alice, issue);
  people.reopen(alice, issue);
  people.unlabel(alice, issue, 'bug');
  const pull = people.openPull(alice, repo, { title: 'Mend it', files: [FILE] });
  people.comment(alice, pull, 'look');
  const line = people.reviewComment(alice, pull, { path: 'src/cart.ts', line: 2, body: 'why?' });
  people.reply(alice, line, 'because');
  people.review(alice, pull, { state: 'approved', body: 'good' });
  const app = await installationClient(github, installation);
  await app.call('POST', '/repos/acme/shop/check-runs', {
    name: 'threadcast / permission',
    head_sha: pull.pull.head.sha,
    status: 'completed',
    conclusion: 'action_required',
    output: { title: 'May it?', summary: 'rm -rf build' },
    actions: [{ label: 'Allow once', description: 'Run it now', identifier: 'k7-allow' }],
  });
  const [run] = github.world.checkRuns;
  if (run === undefined) throw new Error('no check run');
  people.requestAction(alice, run, 'k7-allow');
  people.push(alice, pull, [FILE]);
  people.merge(alice, pull);
  people.removeRepos(alice, installation, [repo]);
  people.addRepos(alice, installation, [repo]);
  people.suspend(alice, installation);
  people.unsuspend(alice, installation);
  people.uninstall(alice, installation);
  await github.hooks.idle();
  expect(events()).toMatchInlineSnapshot(`
    [
      "issues.opened by alice",
      "issues.labeled by alice",
      "issue_comment.created by alice",
      "issue_comment.edited by alice",
      "issue_comment.deleted by alice",
      "issues.edited by alice",
      "issues.closed by alice",
      "issues.reopened by alice",
      "issues.unlabeled by alice",
      "pull_request.opened by alice",
      "issue_comment.created by alice",
      "pull_request_review_comment.created by alice",
      "pull_request_review.submitted by alice",
      "pull_request_review_comment.created by alice",
      "pull_request_review.submitted by alice",
      "pull_request_review.submitted by alice",
      "check_run.created by threadcast[bot]",
      "check_run.completed by threadcast[bot]",
      "check_run.requested_action by alice",
      "pull_request.synchronize by alice",
      "pull_request.closed by alice",
      "installation_repositories.removed by alice",
      "installation_repositories.added by alice",
      "installation.suspend by alice",
      "installation.unsuspend by alice",
      "installation.deleted by alice",
    ]
  `);
  const odd = heard.flatMap(({ headers, body }) => check(headers['x-github-event'] ?? '', body));
  expect([...new Set(odd)]).toEqual([]);
});
