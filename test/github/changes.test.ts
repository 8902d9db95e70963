/** What becomes of a turn when its text is edited or deleted, and its thread closed or reopened. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Issue, PullFile, PullIssue } from '../harness/fake-github/model.ts';
import { openGitHub, type GitHubBench } from './bench.ts';

let bench: GitHubBench;
let go: PromiseWithResolvers<void>;
beforeEach(async () => {
  bench = await openGitHub();
  go = Promise.withResolvers<void>();
  bench.agents.behave = async (turn) => {
    await Promise.race([go.promise, turn.cancelled]);
    turn.say('Done as asked.');
    return 'end_turn';
  };
});
afterEach(() => bench.close());

const prompts = (): readonly string[] =>
  bench.agents.prompts.map((text) => text.split('\n').at(-1) ?? '');
const hasRun = (count: number): Promise<void> =>
  bench.until(() => bench.agents.prompts.length === count);
const shown = (issue: Issue): string =>
  bench.github
    .botComments(issue)
    .map(({ body }) => body)
    .join('\n');

const FILE: PullFile = {
  filename: 'src/total.ts',
  status: 'modified',
  patch: '@@ -1,3 +1,3 @@\n const a = 1;\n-const b = a;\n+const b = a + 1;\n export { b };',
};
const LINE = { path: 'src/total.ts', line: 2 };

/** A session of this thread is busy, so that whatever is asked next has to wait. */
async function busy(issue: Issue): Promise<void> {
  bench.people.comment(bench.ann, issue, '@threadcast first');
  await hasRun(bench.agents.prompts.length + 1);
}

test('a comment that is edited before its turn runs as it reads then, and gets one reaction', async () => {
  const { people, repo, ann, world } = bench;
  const issue = people.openIssue(ann, repo, { title: 'Totals' });
  await busy(issue);
  const comment = people.comment(ann, issue, '@threadcast as it was');
  await bench.pass(2_000);
  people.editComment(ann, comment, '@threadcast as it is');
  await bench.until(() => shown(issue).includes('the new text is used'));
  go.resolve();
  await hasRun(2);
  expect(prompts()).toEqual(['first', 'as it is']);
  await bench.pass(10_000);
  const reactions = world.reactions.filter(({ subject }) => subject === `comment:${comment.id}`);
  expect(reactions.map(({ content }) => content)).toEqual(['eyes', 'hooray']);
});

test('a comment that is edited twice runs as it reads last, and one that is deleted then not at all', async () => {
  const { people, repo, ann } = bench;
  const issue = people.openIssue(ann, repo, { title: 'Totals' });
  await busy(issue);
  const twice = people.comment(ann, issue, '@threadcast one');
  const gone = people.comment(ann, issue, '@threadcast gone');
  await bench.until(() => shown(issue).includes('number 2 in line'));
  for (const [nth, text] of ['two', 'three'].entries()) {
    people.editComment(ann, twice, `@threadcast ${text}`);
    await bench.until(() => shown(issue).split('the new text is used').length === nth + 2);
  }
  people.editComment(ann, gone, '@threadcast gone as well');
  await bench.until(() => shown(issue).split('the new text is used').length === 4);
  people.deleteComment(ann, gone);
  await bench.until(() => shown(issue).split('cancelled').length === 5);
  go.resolve();
  await hasRun(2);
  await bench.pass(5_000);
  expect(prompts()).toEqual(['first', 'three']);
});

test('a comment of an earlier session of the thread leaves its queue when it is deleted', async () => {
  const { people, repo, ann } = bench;
  const issue = people.openIssue(ann, repo, { title: 'Totals' });
  await busy(issue);
  const gone = people.comment(ann, issue, '@threadcast gone');
  await bench.until(() => shown(issue).includes('number 1 in line'));
  people.comment(ann, issue, '@threadcast new and this');
  await hasRun(2);
  people.deleteComment(ann, gone);
  await bench.until(() => shown(issue).includes('cancelled'));
  go.resolve();
  await bench.pass(5_000);
  expect(prompts()).toEqual(['first', 'and this']);
});

test('a comment that a moderating bot deletes takes back what it asked for', async () => {
  const { people, repo, ann, world } = bench;
  const issue = people.openIssue(ann, repo, { title: 'Totals' });
  await busy(issue);
  const gone = people.comment(ann, issue, '@threadcast delete the tests');
  await bench.until(() => shown(issue).includes('number 1 in line'));
  const moderator = world.user('moderator[bot]', 'Bot');
  people.setRole(repo, moderator, 'write');
  people.deleteComment(moderator, gone);
  await bench.until(() => shown(issue).includes('cancelled'));
  go.resolve();
  await bench.pass(5_000);
  expect(prompts()).toEqual(['first']);
});

test('a mention that is taken out and put in again is heard again, and once', async () => {
  const { people, repo, ann } = bench;
  const issue = people.openIssue(ann, repo, { title: 'Totals' });
  await busy(issue);
  const comment = people.comment(ann, issue, '@threadcast mend it');
  await bench.until(() => shown(issue).includes('number 1 in line'));
  people.editComment(ann, comment, 'Never mind.');
  await bench.until(() => shown(issue).includes('cancelled'));
  people.editComment(ann, comment, '@threadcast mend it after all');
  await bench.until(() => shown(issue).includes('number 1 in line'));
  go.resolve();
  await hasRun(2);
  const late = people.comment(ann, issue, 'and this');
  people.editComment(ann, late, '@threadcast and this');
  await hasRun(3);
  await bench.pass(10_000);
  expect(prompts()).toEqual(['first', 'mend it after all', 'and this']);
  expect(shown(issue)).not.toContain('edit');
});

test('the reaction at the end of an edited text is found again after a restart', async () => {
  const { people, repo, ann, world } = bench;
  const issue = people.openIssue(ann, repo, { title: 'Totals' });
  await busy(issue);
  const comment = people.comment(ann, issue, '@threadcast as it was');
  await bench.pass(2_000);
  people.editComment(ann, comment, '@threadcast as it is');
  await bench.until(() => shown(issue).includes('the new text is used'));
  go.resolve();
  await bench.restart();
  await hasRun(2);
  await bench.pass(10_000);
  const reactions = world.reactions.filter(({ subject }) => subject === `comment:${comment.id}`);
  expect(reactions.map(({ content }) => content)).toContain('hooray');
});

test('the text of a pull request that is edited before its turn runs as it reads then', async () => {
  const { people, repo, ann } = bench;
  bench.hooks.hold();
  const pull = people.openPull(ann, repo, { title: 'Totals', body: '@threadcast as it was' });
  people.comment(ann, pull, '@threadcast first');
  // The comment is told before the pull request: deliveries come in any order.
  await bench.hooks.pump((events) => events.toReversed());
  await bench.until(() => shown(pull).includes('number 1 in line'));
  people.editIssue(ann, pull, { body: '@threadcast as it is' });
  await bench.until(() => shown(pull).includes('the new text is used'));
  go.resolve();
  await hasRun(2);
  expect(prompts()).toEqual(['first', 'as it is']);
});

test('a review comment that is edited before its turn runs as it reads then, one deleted does not', async () => {
  const { people, repo, ann, mia, world } = bench;
  const pull = people.openPull(ann, repo, { title: 'Totals', files: [FILE] });
  const first = people.reviewComment(mia, pull, { ...LINE, body: '@threadcast first' });
  await hasRun(1);
  const second = people.reply(mia, first, '@threadcast as it was');
  const third = people.reply(mia, first, '@threadcast third');
  const replies = (): string =>
    world.reviewComments
      .filter(({ author }) => author === world.app.bot)
      .map(({ body }) => body)
      .join('\n');
  await bench.until(() => replies().includes('number 2 in line'));
  people.editReviewComment(mia, second, '@threadcast as it is');
  people.deleteReviewComment(mia, third);
  await bench.until(
    () => replies().includes('cancelled') && replies().includes('new text is used'),
  );
  go.resolve();
  await hasRun(2);
  await bench.pass(5_000);
  expect(prompts()).toEqual(['first', 'as it is']);
});

test('a mention that is taken out again before its turn takes back what it asked for', async () => {
  const { people, repo, ann } = bench;
  const issue = people.openIssue(ann, repo, { title: 'Totals' });
  await busy(issue);
  const comment = people.comment(ann, issue, '@threadcast delete the tests');
  await bench.until(() => shown(issue).includes('number 1 in line'));
  people.editComment(ann, comment, 'Never mind.');
  await bench.until(() => shown(issue).includes('cancelled'));
  go.resolve();
  await bench.pass(5_000);
  expect(prompts()).toEqual(['first']);
});

async function states(): Promise<readonly string[]> {
  const { data } = await bench.stores.memory.sessions.sessions({}, null, 10);
  return data.map(({ state }) => state);
}

/** A pull request with a session in its conversation and one in a review thread, both at rest. */
async function twoSessions(): Promise<PullIssue> {
  const { people, repo, ann, mia } = bench;
  go.resolve();
  const pull = people.openPull(ann, repo, { title: 'Totals', files: [FILE] });
  people.comment(ann, pull, '@threadcast one');
  people.reviewComment(mia, pull, { ...LINE, body: '@threadcast two' });
  await hasRun(2);
  await bench.until(async () => (await states()).every((state) => state === 'idle'));
  return pull;
}

test('merging ends the sessions of the review threads as well', async () => {
  const { people, mia } = bench;
  const pull = await twoSessions();
  people.merge(mia, pull);
  await bench.until(async () => (await states()).every((state) => state === 'ended'));
  expect(await states()).toEqual(['ended', 'ended']);
});

test('reopening opens all of them again, and each thread is told so', async () => {
  const { people, ann, world } = bench;
  const pull = await twoSessions();
  people.close(ann, pull);
  await bench.until(async () => (await states()).every((state) => state === 'ended'));
  people.reopen(ann, pull);
  await bench.until(async () => (await states()).every((state) => state === 'idle'));
  const open = 'The session is open again. Mention `@threadcast` to go on with it.';
  await bench.until(() => shown(pull).includes(open));
  await bench.until(() => world.reviewComments.some(({ body }) => body.includes(open)));
});

test.each([
  [true, 'the agent has taken it up where it was'],
  [false, 'it was given what was said before'],
])('a mention resumes a closed session; the agent loads it: %s', async (canLoad, says) => {
  const { people, repo, ann, agents } = bench;
  agents.canLoad = canLoad;
  go.resolve();
  const issue = people.openIssue(ann, repo, { title: 'Totals' });
  people.comment(ann, issue, '@threadcast one');
  await bench.until(() => shown(issue).includes('Done as asked.'));
  people.close(ann, issue);
  await bench.until(async () => (await states())[0] === 'ended');
  people.comment(ann, issue, '@threadcast two');
  await hasRun(2);
  await bench.until(() => shown(issue).includes(says));
  expect(agents.opened.at(-1)?.how).toBe(canLoad ? 'load' : 'new');
  expect(agents.prompts[1]?.includes('Done as asked.')).toBe(!canLoad);
});
