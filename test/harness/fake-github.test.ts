/** The fake GitHub is as strict as the real one: other tests lean on that. */
import { createHmac } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { apiClient, appJwt, field, installationClient } from './fake-github/api-client.ts';
import { closeStages, stage } from './fake-github/stage.ts';
import type { Answer } from './fake-github/api-client.ts';
import type { Json } from './fake-github/model.ts';
import { createShapeCheck } from './fake-github/payload-shape.ts';
import { loadSchemas } from './fake-github/schemas.ts';

afterEach(closeStages);

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

test('permissions belong to the number of a user and a repository, whatever their names', async () => {
  const { github, alice, repo, installation } = await stage();
  const bob = github.user('bob');
  const app = await installationClient(github, installation);
  const asked = async (login: string): Promise<unknown> => {
    const { body } = await app.call('GET', `/repos/acme/shop/collaborators/${login}/permission`);
    return [field(body, 'permission'), field(body, 'role_name'), field(field(body, 'user'), 'id')];
  };
  expect(await asked('alice')).toEqual(['write', 'write', alice.id]);
  expect(await asked('bob')).toEqual(['read', 'read', bob.id]);
  github.people.setRole(repo, bob, 'maintain');
  expect(await asked('bob')).toEqual(['write', 'maintain', bob.id]);
  github.people.renameUser(alice, 'alice-new');
  github.people.renameUser(bob, 'alice');
  expect(await asked('alice')).toEqual(['write', 'maintain', bob.id]);

  github.people.renameRepo(alice, repo, 'store');
  const moved = await app.call('GET', '/repos/acme/shop');
  expect(moved.status).toBe(301);
  expect(moved.headers.get('location')).toBe(`${github.url}/repositories/${repo.id}`);
  const posted = await app.call('POST', '/repos/acme/shop/issues', { title: 'x' });
  expect([posted.status, posted.headers.get('location')]).toEqual([
    307,
    `${github.url}/repositories/${repo.id}/issues`,
  ]);
  const found = await app.call('GET', `/repositories/${repo.id}`);
  expect(field(found.body, 'full_name')).toBe('acme/store');
  const issue = github.people.openIssue(alice, repo, { title: 'Broken' });
  const comment = github.people.comment(alice, issue, '- [ ] a');
  expect(() => {
    github.people.tick(github.user('eve'), comment, 0);
  }).toThrow('eve is not offered to edit what others wrote');
});

test('texts that are too long are refused with 422, and change nothing', async () => {
  const { github, alice, repo, installation } = await stage();
  const pull = github.people.openPull(alice, repo, { title: 'Mend it', files: [FILE] });
  const app = await installationClient(github, installation);
  const comments = `/repos/acme/shop/issues/${pull.number}/comments`;
  const status = async (method: string, path: string, body: Json): Promise<number> =>
    (await app.call(method, path, body)).status;
  expect(await status('POST', comments, { body: 'x'.repeat(65_536) })).toBe(201);
  expect(await status('POST', comments, { body: 'x'.repeat(65_537) })).toBe(422);
  const [comment] = github.botComments(pull);
  const one = `/repos/acme/shop/issues/comments/${comment?.id}`;
  expect(await status('PATCH', one, { body: 'x'.repeat(65_537) })).toBe(422);
  expect(comment?.body.length).toBe(65_536);

  const run = (fields: Json): Json => ({
    name: 'threadcast / permission',
    head_sha: pull.pull.head.sha,
    output: { title: 'May it?', summary: 'x' },
    ...fields,
  });
  const action = { label: 'l'.repeat(20), description: 'd'.repeat(40), identifier: 'i'.repeat(20) };
  const runs = '/repos/acme/shop/check-runs';
  expect(await status('POST', runs, run({ actions: [action, action, action] }))).toBe(201);
  const tooMuch: readonly Json[] = [
    { actions: [action, action, action, action] },
    { actions: [{ ...action, label: 'l'.repeat(21) }] },
    { actions: [{ ...action, description: 'd'.repeat(41) }] },
    { actions: [{ ...action, identifier: 'i'.repeat(21) }] },
    { output: { title: 't', summary: 'x'.repeat(65_536) } },
    { output: { title: 't', summary: 's', text: 'x'.repeat(65_536) } },
    { head_sha: 'unknown' },
  ];
  for (const fields of tooMuch) expect(await status('POST', runs, run(fields))).toBe(422);
  expect(github.world.checkRuns.length).toBe(1);
  github.errors.splice(0);
});

test.skipIf(!loadSchemas().available)(
  'a body that the public schemas do not allow is refused and noted',
  async () => {
    const schemas = loadSchemas();
    for (const operation of schemas.operations) schemas.problem(operation, {});
    expect(schemas.operations.length).toBe(50);
    const { github, alice, repo, installation } = await stage();
    const issue = github.people.openIssue(alice, repo, { title: 'Broken' });
    const app = await installationClient(github, installation);
    const path = `/repos/acme/shop/issues/${issue.number}/comments`;
    expect((await app.call('POST', path, { text: 'wrong name' })).status).toBe(422);
    expect((await app.call('GET', '/nowhere')).status).toBe(404);
    expect(github.errors.splice(0)).toMatchInlineSnapshot(`
      [
        "POST /repos/{owner}/{repo}/issues/{issue_number}/comments: body must have required property 'body'",
        "no such operation: GET /nowhere",
      ]
    `);
  },
);

test('lists come in pages with links, also under the base path of GHES', async () => {
  const { github, alice, repo, installation } = await stage({ ghes: true });
  expect(github.url).toMatch(/\/api\/v3$/);
  const issue = github.people.openIssue(alice, repo, { title: 'Broken' });
  for (let n = 0; n < 5; n += 1) github.people.comment(alice, issue, `comment ${n}`);
  const app = await installationClient(github, installation);
  const path = `/repos/acme/shop/issues/${issue.number}/comments`;
  const { body, headers } = await app.call('GET', `${path}?per_page=2&page=2`);
  expect(Array.isArray(body) && body.map((one) => field(one, 'body'))).toEqual([
    'comment 2',
    'comment 3',
  ]);
  expect(headers.get('link')?.replaceAll(github.url, '')).toBe(
    `<${path}?per_page=2&page=1>; rel="prev", <${path}?per_page=2&page=1>; rel="first", ` +
      `<${path}?per_page=2&page=3>; rel="next", <${path}?per_page=2&page=3>; rel="last"`,
  );
});

test('the secondary limits hold: points and content a minute, content an hour', async () => {
  const { clock, github, alice, repo, installation } = await stage();
  const issue = github.people.openIssue(alice, repo, { title: 'Broken' });
  const app = await installationClient(github, installation);
  const path = `/repos/acme/shop/issues/${issue.number}`;
  /** How many of `count` calls work, and what the first refused one says. */
  const burst = async (count: number, method: string, below: string, body?: Json) => {
    let worked = 0;
    for (let n = 0; n < count; n += 1) {
      const answer = await app.call(method, `${path}${below}`, body);
      if (answer.status >= 400) {
        return { worked, status: answer.status, retryAfter: answer.headers.get('retry-after') };
      }
      worked += 1;
    }
    return { worked };
  };
  const text = { body: 'hello' };
  expect(await burst(100, 'POST', '/comments', text)).toEqual({
    worked: 80,
    status: 403,
    retryAfter: '60',
  });
  // 500 of the 900 points of this minute are left: what was refused cost nothing.
  await clock.advance(30_000);
  expect(await burst(200, 'POST', '/labels', { labels: ['bug'] })).toEqual({
    worked: 100,
    status: 429,
    retryAfter: '30',
  });
  await clock.advance(30_000);
  for (let minute = 1; minute < 6; minute += 1) {
    await burst(80, 'POST', '/comments', text);
    await clock.advance(60_000);
  }
  expect(await burst(30, 'POST', '/comments', text)).toEqual({
    worked: 20,
    status: 429,
    retryAfter: String(3600 - 6 * 60),
  });
  expect(await burst(300, 'GET', '')).toEqual({ worked: 300 });
  expect(github.count('issues/create-comment', 201)).toBe(500);
  expect(github.count('issues/create-comment', 403)).toBe(1);
});

test('a hundred calls may be open at once, not more', async () => {
  const { clock, github, alice, repo, installation } = await stage();
  const issue = github.people.openIssue(alice, repo, { title: 'Broken' });
  const app = await installationClient(github, installation);
  github.fault = (call) => (call.op === 'issues/get' ? { kind: 'slow', ms: 1000 } : undefined);
  const path = `/repos/acme/shop/issues/${issue.number}`;
  const under: Promise<Answer>[] = Array.from({ length: 101 }, () => app.call('GET', path));
  const refused = await Promise.race(under);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
  github.fault = () => undefined;
  await clock.advance(1000);
  const statuses = (await Promise.all(under)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200).length).toBe(100);
});

test('a thread reads as people see it', async () => {
  const { clock, github, alice, repo, installation } = await stage();
  const pull = github.people.openPull(alice, repo, {
    title: 'Mend the cart',
    body: 'It was broken <!-- hidden -->',
    files: [FILE],
  });
  const app = await installationClient(github, installation);
  await clock.advance(1000);
  github.people.review(alice, pull, {
    state: 'changes_requested',
    body: 'See below',
    comments: [{ path: 'src/cart.ts', line: 2, body: 'why two?' }],
  });
  const [line] = github.world.reviewComments;
  await clock.advance(1000);
  const replies = `/repos/acme/shop/pulls/${pull.number}/comments/${line?.id}/replies`;
  await app.call('POST', replies, { body: 'Because.' });
  await app.call('POST', `/repos/acme/shop/pulls/comments/${line?.id}/reactions`, {
    content: 'eyes',
  });
  await app.call('POST', '/repos/acme/shop/check-runs', {
    name: 'threadcast / permission',
    head_sha: pull.pull.head.sha,
    conclusion: 'action_required',
    output: { title: 'May it?', summary: 'rm -rf build' },
    actions: [{ label: 'Allow once', description: 'Run it now', identifier: 'k7-allow' }],
  });
  github.people.merge(alice, pull);
  expect(github.visible(pull)).toMatchInlineSnapshot(`
    "#1 Mend the cart (merged)

    alice:
      It was broken

    alice reviewed (changes_requested):
      See below

    alice on src/cart.ts:2 (eyes threadcast[bot]):
      why two?

    threadcast[bot] on src/cart.ts:2 (reply):
      Because.

    check threadcast / permission: action_required
      May it?
      rm -rf build
      [Allow once] Run it now"
  `);
});

test('an App is made from a manifest, with a code that is good once', async () => {
  const { github } = await stage();
  const manifest = JSON.stringify({
    name: 'Threadcast',
    url: 'https://threadcast.example',
    redirect_url: 'http://127.0.0.1:4000/done',
    hook_attributes: { url: 'https://threadcast.example/api/github/webhooks' },
    default_permissions: { issues: 'write' },
  });
  const form = await fetch(`http://${github.host}/organizations/acme/settings/apps/new?state=s1`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({ manifest }),
  });
  const back = new URL(form.headers.get('location') ?? '');
  expect([form.status, back.origin, back.searchParams.get('state')]).toEqual([
    302,
    'http://127.0.0.1:4000',
    's1',
  ]);
  const convert = `/app-manifests/${back.searchParams.get('code')}/conversions`;
  const { status, body } = await apiClient(github, null).call('POST', convert);
  expect(status).toBe(201);
  expect(field(field(body, 'owner'), 'login')).toBe('acme');
  expect([field(body, 'pem'), field(body, 'webhook_secret')]).toEqual([
    github.privateKey,
    github.secret,
  ]);
  expect((await apiClient(github, null).call('POST', convert)).status).toBe(404);
});
