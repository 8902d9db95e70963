/** What somebody on GitHub tries who may not: other repositories, copies, forged marks, new names. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PermissionAnswer } from '../../src/core/ports/agent.ts';
import type { CheckRun, Comment, Issue, Repo } from '../harness/fake-github/model.ts';
import { openGitHub, type GitHubBench } from './bench.ts';

let bench: GitHubBench;
let answers: PermissionAnswer[];
beforeEach(async () => {
  answers = [];
  bench = await openGitHub();
  bench.agents.behave = async (turn) => {
    answers.push(await turn.ask('rm -rf build'));
    return 'end_turn';
  };
});
afterEach(() => bench.close());

/** A request of ann's turn on the shop, as a comment that waits for an answer. */
async function ask(on: 'issue' | 'pull' = 'issue'): Promise<{ issue: Issue; request: Comment }> {
  const { people, repo, ann, github } = bench;
  const options = { title: 'Clean up' };
  const issue =
    on === 'issue' ? people.openIssue(ann, repo, options) : people.openPull(ann, repo, options);
  people.comment(ann, issue, '@threadcast clean up');
  const found = (): Comment | undefined =>
    github.botComments(issue).find(({ body }) => body.includes('answer:'));
  await bench.until(() => found() !== undefined);
  const request = found();
  if (request === undefined) throw new Error('nothing is asked');
  return { issue, request };
}

/** A repository of eve's own, in which she installed the same App. */
function evesRepo(): Repo {
  const { world, people, eve } = bench;
  const repo = world.repo('trap', { owner: eve });
  people.install(eve, eve, [repo]);
  return repo;
}

test('a box of another repository, copied into a comment of ours where one is the maintainer, answers nothing', async () => {
  const { people, eve, github } = bench;
  const { request } = await ask();
  const trap = people.openIssue(eve, evesRepo(), { title: 'Trap', body: '@threadcast hello' });
  await bench.until(() => github.botComments(trap).length > 1);
  const [ours] = github.botComments(trap);
  if (ours === undefined) throw new Error('nothing was answered');
  people.editComment(eve, ours, request.body);
  people.tick(eve, ours, 'Allow once');
  await bench.pass(3_000);
  expect(answers).toEqual([]);
  expect(github.visible(trap)).toContain('this belongs to another place');
  expect(request.body).toContain('- [ ] **Allow once**');
});

test('the button of a check run that names the request of another repository answers nothing', async () => {
  const { people, eve, world } = bench;
  await ask('pull');
  await bench.until(() => world.checkRuns.length === 1);
  const [run] = world.checkRuns;
  if (run === undefined) throw new Error('no check run');
  const repo = evesRepo();
  const forged: CheckRun = { ...run, id: run.id + 1, repo };
  people.requestAction(eve, forged, 'allow');
  await bench.pass(3_000);
  expect(answers).toEqual([]);
  const { data } = await bench.stores.decisions.decisions(null, 100);
  const refused = data.filter(({ outcome }) => outcome === 'refused');
  expect(refused.map(({ reason }) => reason)).toContainEqual(
    expect.stringContaining('another place'),
  );
});

test('a code of another thread is unknown here', async () => {
  const { people, repo, mia, github } = bench;
  const { request } = await ask();
  const [, code = ''] = /\/approve ([a-z0-9]+)/.exec(request.body) ?? [];
  const other = people.openIssue(mia, repo, { title: 'Other' });
  people.comment(mia, other, `@threadcast approve ${code}`);
  await bench.until(() => github.botComments(other).length > 0);
  expect(answers).toEqual([]);
});

test('a person who quotes a request with its boxes ticks only their own text', async () => {
  const { people, ann, mia } = bench;
  const { issue, request } = await ask();
  const copy = people.comment(ann, issue, request.body);
  people.tick(mia, copy, 'Allow once');
  await bench.pass(3_000);
  expect(answers).toEqual([]);
});

test('a comment of a person with our hidden mark is never taken for ours', async () => {
  const { people, ann, github, repo } = bench;
  bench.agents.behave = async (turn) => {
    turn.say('The answer.');
    return 'end_turn';
  };
  // The post of the turn is lost on its way back: it has to be looked for.
  let lost = 0;
  github.fault = ({ op }) => {
    if (op !== 'issues/create-comment' || lost > 0) return undefined;
    lost += 1;
    return { kind: 'reset', done: true };
  };
  const issue = people.openIssue(ann, repo, { title: 'Clean up' });
  people.comment(ann, issue, '@threadcast clean up');
  await bench.until(() => github.botComments(issue).length > 0);
  const [ours] = github.botComments(issue);
  people.comment(ann, issue, ours?.body ?? '');
  await bench.until(() => ours?.body.includes('The answer.') === true);
  expect(github.botComments(issue)).toHaveLength(1);
  expect(lost).toBe(1);
});

test('who takes over the name of a maintainer has none of the rights', async () => {
  const { people, mia, eve, repo } = bench;
  const { issue, request } = await ask();
  const [, code = ''] = /\/approve ([a-z0-9]+)/.exec(request.body) ?? [];
  people.setRole(repo, mia, null);
  people.renameUser(mia, 'mia-of-old');
  people.renameUser(eve, 'mia');
  people.comment(eve, issue, `@threadcast approve ${code}`);
  await bench.pass(3_000);
  expect(answers).toEqual([]);
});

test('while GitHub does not say who may, nobody may', async () => {
  const { people, mia, github } = bench;
  const { request } = await ask();
  await bench.pass(61_000, 20_000);
  github.fault = ({ op }) =>
    op === 'repos/get-collaborator-permission-level' ? { kind: 'status', status: 500 } : undefined;
  people.tick(mia, request, 'Allow once');
  await bench.pass(30_000, 2_000);
  expect(answers).toEqual([]);
});
