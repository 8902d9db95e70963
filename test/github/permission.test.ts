/** Who answers a permission request on GitHub, and with what. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { accountLease } from '../../src/core/outbox/account.ts';
import type { PermissionAnswer } from '../../src/core/ports/agent.ts';
import type { Comment, Issue } from '../harness/fake-github/model.ts';
import { openGitHub, type GitHubBench } from './bench.ts';

let bench: GitHubBench;
beforeEach(async () => {
  bench = await openGitHub();
});
afterEach(() => bench.close());

const answers: PermissionAnswer[] = [];

async function ask(on: 'issue' | 'pull' = 'issue'): Promise<{ issue: Issue; request: Comment }> {
  const { people, repo, ann, agents, github } = bench;
  answers.splice(0);
  agents.behave = async (turn) => {
    answers.push(await turn.ask('rm -rf build'));
    turn.say('Gone.');
    return 'end_turn';
  };
  const issue =
    on === 'issue'
      ? people.openIssue(ann, repo, { title: 'Clean up' })
      : people.openPull(ann, repo, { title: 'Clean up' });
  people.comment(ann, issue, '@threadcast clean up');
  const found = (): Comment | undefined =>
    github.botComments(issue).find(({ body }) => body.includes('answer:'));
  await bench.until(() => found() !== undefined);
  const request = found();
  if (request === undefined) throw new Error('nothing is asked');
  return { issue, request };
}

const readable = (body: string): string =>
  body.replace(/answer:[A-Za-z0-9_.~]+/g, 'answer:…').replace(/threadcast:\S+ \S+ -->/, '… -->');

test('a tick of a maintainer is the answer, and the comment says so', async () => {
  const { people, mia } = bench;
  const { request } = await ask();
  expect(readable(request.body).replace(/`[a-z]\d`|[a-z]\d(?=`)/g, '`k7`')).toMatchInlineSnapshot(`
    "### ✋ Example wants to change a file \`k7\`

    rm -rf build

    Asked for by ann · expires 2026-01-01 00:30 UTC

    - [ ] **Allow once** <!-- answer:… -->
    - [ ] **Deny** <!-- answer:… -->

    Tick a box, or write \`/approve \`k7\`\` or \`/deny \`k7\`\`.

    <!-- … -->"
  `);
  people.tick(mia, request, 'Allow once');
  await bench.until(() => answers.length === 1);
  expect(answers).toEqual([{ outcome: 'selected', optionId: 'yes' }]);
  await bench.until(() => request.body.includes('Allowed by **mia**'));
  expect(readable(request.body)).toMatchInlineSnapshot(`
    "✅ Allowed by **mia** (2026-01-01 00:00 UTC) · \`rm -rf build\`

    <!-- … -->"
  `);
});

test('a tick of somebody who may not is put back and explained, and the request stays open', async () => {
  const { people, ann, mia, github } = bench;
  const { issue, request } = await ask();
  const { body } = request;
  people.tick(ann, request, 'Allow once');
  await bench.until(() => github.botComments(issue).length === 3);
  expect(request.body).toBe(body);
  expect(github.botComments(issue).at(-1)?.body).toContain('**ann**: Sorry, this needs the role');
  expect(answers).toEqual([]);
  people.tick(ann, request, 'Allow once');
  await bench.pass(5_000);
  expect(request.body).toBe(body);
  expect(github.botComments(issue)).toHaveLength(3);
  people.tick(mia, request, 'Deny');
  await bench.until(() => answers.length === 1);
  expect(answers).toEqual([{ outcome: 'selected', optionId: 'no' }]);
});

test('a request whose text somebody changed is restored, and a tick in it counts for nothing', async () => {
  const { people, ann, mia } = bench;
  const { request } = await ask();
  const { body } = request;
  people.editComment(ann, request, body.replace('rm -rf build', 'ls build'));
  await bench.until(() => request.body === body);
  // The tick is on the text as it was changed, before that was put back.
  bench.hooks.hold();
  people.editComment(ann, request, body.replace('rm -rf build', 'ls build'));
  people.tick(mia, request, 'Allow once');
  await bench.hooks.pump();
  await bench.pass(5_000);
  expect(answers).toEqual([]);
  expect(request.body).toBe(body);
});

test('two boxes at once, and a box that was not ours, are no answer', async () => {
  const { people, mia } = bench;
  const { request } = await ask();
  const { body } = request;
  people.editComment(mia, request, body.replaceAll('- [ ]', '- [x]'));
  await bench.pass(5_000);
  expect(request.body).toBe(body);
  people.editComment(mia, request, body.replace(/answer:/, 'answer:AAAA').replace('[ ]', '[x]'));
  await bench.pass(5_000);
  expect(answers).toEqual([]);
});

test('on a pull request a check run mirrors it, and its button answers', async () => {
  const { people, mia, world } = bench;
  const { request } = await ask('pull');
  await bench.until(() => world.checkRuns.length === 1);
  const [run] = world.checkRuns;
  if (run === undefined) throw new Error('no check run');
  expect(run).toMatchObject({
    name: 'threadcast / permission',
    conclusion: 'action_required',
    actions: [{ identifier: 'allow' }, { identifier: 'deny' }],
  });
  people.requestAction(mia, run, 'allow');
  await bench.until(() => answers.length === 1);
  expect(answers).toEqual([{ outcome: 'selected', optionId: 'yes' }]);
  await bench.until(() => run.conclusion === 'success' && request.body.includes('Allowed by'));
  expect(run.actions).toEqual([]);
});

test('a button of the check run by somebody who may not is explained, and answers nothing', async () => {
  const { people, ann, world, github } = bench;
  const { issue } = await ask('pull');
  await bench.until(() => world.checkRuns.length === 1);
  const [run] = world.checkRuns;
  if (run === undefined) throw new Error('no check run');
  people.requestAction(ann, run, 'allow');
  const last = (): string => github.botComments(issue).at(-1)?.body ?? '';
  await bench.until(() => last().includes('**ann**: Sorry'));
  expect(answers).toEqual([]);
});

test('a late tick is told who was first, and who ticks their own answer again hears nothing', async () => {
  const { people, ann, mia, github } = bench;
  const { issue, request } = await ask();
  const { body } = request;
  bench.hooks.hold();
  people.tick(mia, request, 'Allow once');
  people.editComment(ann, request, body.replace('[ ] **Deny', '[x] **Deny'));
  people.editComment(mia, request, body);
  people.tick(mia, request, 'Allow once');
  await bench.hooks.pump();
  await bench.until(() => request.body.includes('Allowed by **mia**'));
  await bench.pass(3_000);
  expect(answers).toEqual([{ outcome: 'selected', optionId: 'yes' }]);
  const told = github.botComments(issue).map((one) => one.body);
  expect(told.filter((text) => text.includes('⚠️')).map(readable)).toMatchInlineSnapshot(`
    [
      "⚠️ **ann**: Already allowed by mia: Allow once.

    <!-- … -->",
    ]
  `);
});

test('a button of a check run that shows another input than what is asked answers nothing', async () => {
  const { people, mia, world, github } = bench;
  const { issue } = await ask('pull');
  await bench.until(() => world.checkRuns.length === 1);
  const [run] = world.checkRuns;
  if (run === undefined) throw new Error('no check run');
  run.externalId = run.externalId.replace(/[^/]+$/, 'A'.repeat(43));
  people.requestAction(mia, run, 'allow');
  const last = (): string => github.botComments(issue).at(-1)?.body ?? '';
  await bench.until(() => last().includes('has changed. Please read it again.'));
  expect(answers).toEqual([]);
});

test('a replica that does not send for the account never writes what it puts back: who does will', async () => {
  const { people, ann, github, stores } = bench;
  const { issue, request } = await ask();
  stores.leases.steal(accountLease('github', String(bench.installation.id)), 'another replica');
  // It learns by its next write that the account is not its own any more.
  people.comment(ann, issue, '@threadcast status');
  await bench.pass(5_000);
  const before = github.calls.length;
  people.tick(ann, request, 'Allow once');
  await bench.pass(5_000);
  expect(github.calls.slice(before).filter(({ op }) => op === 'issues/update-comment')).toEqual([]);
  expect(request.body).toContain('- [x]');
  const again = (await stores.outbox.unsettled()).filter(({ mirror }) => mirror?.includes('again'));
  expect(again).toMatchObject([{ externalId: null, state: 'wanted' }]);
});

test('what is put back never overwrites the outcome, though it was made before that', async () => {
  const { people, ann, mia, stores } = bench;
  const { request } = await ask();
  const decided = Promise.withResolvers<void>();
  const { update } = stores.outbox;
  // Between the rendering of what is put back and its writing, the request is answered.
  stores.outbox.update = async (key, lease, patch) => {
    if (key.includes('#again') && patch.state === 'posting') await decided.promise;
    return update(key, lease, patch);
  };
  people.tick(ann, request, 'Allow once');
  await bench.pass(2_000);
  expect(request.body).toContain('- [x] **Allow once');
  people.editComment(mia, request, request.body.replace('- [ ] **Deny', '- [x] **Deny'));
  await bench.until(() => request.body.includes('Denied by **mia**'));
  const texts = [request.body];
  decided.resolve();
  for (let second = 0; second < 40; second += 1) {
    await bench.pass(1_000, 1_000);
    texts.push(request.body);
  }
  expect(new Set(texts).size).toBe(1);
  const rows = stores.outbox.rows().filter(({ key }) => key.includes('#again'));
  expect(rows.map(({ state }) => state)).toEqual(['settled']);
});
