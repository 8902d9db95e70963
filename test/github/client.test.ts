/** The client against GitHub's moods: limits, lost answers, Enterprise Server. */
import { afterEach, expect, test } from 'vitest';
import { openGitHub, type GitHubBench } from './bench.ts';

let bench: GitHubBench;
afterEach(() => bench.close());

const say = async (text: string): Promise<string> => {
  bench.agents.behave = async (turn) => {
    turn.say(text);
    return 'end_turn';
  };
  return text;
};

test('GitHub Enterprise Server is reached through GHE_HOST and GHE_PROTOCOL', async () => {
  bench = await openGitHub({ apiUrl: undefined, gheProtocol: 'http' }, { ghes: true });
  const { people, repo, ann, github } = bench;
  await say('From the enterprise.');
  const issue = people.openIssue(ann, repo, { title: 'Totals' });
  people.comment(ann, issue, '@threadcast go');
  await bench.until(() => github.botComments(issue)[0]?.body.includes('enterprise') === true);
  expect(github.calls.every(({ path }) => path.startsWith('/'))).toBe(true);
});

test('a comment whose answer was lost is found again, not posted twice', async () => {
  bench = await openGitHub();
  const { people, repo, ann, github } = bench;
  await say('Once.');
  let lost = 0;
  github.fault = ({ op }) => {
    if (op !== 'issues/create-comment' || lost > 0) return undefined;
    lost += 1;
    return { kind: 'reset', done: true };
  };
  const issue = people.openIssue(ann, repo, { title: 'Totals' });
  people.comment(ann, issue, '@threadcast go');
  await bench.until(() => github.botComments(issue)[0]?.body.includes('Once.') === true);
  await bench.pass(5_000);
  expect(lost).toBe(1);
  expect(github.botComments(issue)).toHaveLength(1);
});

test('a server error of a post is looked into before it is posted again', async () => {
  bench = await openGitHub();
  const { people, repo, ann, github } = bench;
  await say('Once.');
  let failed = 0;
  github.fault = ({ op }) => {
    if (op !== 'issues/create-comment' || failed > 1) return undefined;
    failed += 1;
    return { kind: 'status', status: 502, done: failed === 2 };
  };
  const issue = people.openIssue(ann, repo, { title: 'Totals' });
  people.comment(ann, issue, '@threadcast go');
  await bench.until(() => github.botComments(issue)[0]?.body.includes('Once.') === true);
  expect(github.botComments(issue)).toHaveLength(1);
});

test('who may is asked again after a minute, and not trusted by name', async () => {
  bench = await openGitHub();
  const { people, repo, ann, agents, github } = bench;
  await say('Done.');
  const issue = people.openIssue(ann, repo, { title: 'Totals' });
  people.comment(ann, issue, '@threadcast one');
  await bench.until(() => agents.prompts.length === 1);
  people.setRole(repo, ann, null);
  await bench.pass(61_000, 5_000);
  people.comment(ann, issue, '@threadcast two');
  await bench.until(() =>
    github.botComments(issue).some(({ body }) => body.includes('nothing runs')),
  );
  expect(agents.prompts).toHaveLength(1);
});

test('a name that somebody else has taken meanwhile gives nobody its rights', async () => {
  bench = await openGitHub();
  const { people, world, repo, mia, eve, agents, github, hooks } = bench;
  await say('Done.');
  const issue = people.openIssue(mia, repo, { title: 'Totals' });
  await bench.quiet();
  hooks.hold();
  people.comment(eve, issue, '@threadcast go');
  // Before we hear of it she is called otherwise, and a maintainer as she was.
  const name = eve.login;
  eve.login = 'eve-of-old';
  people.setRole(repo, world.user(name), 'admin');
  await hooks.pump();
  await bench.until(() =>
    github.botComments(issue).some(({ body }) => body.includes('nothing runs')),
  );
  expect(agents.prompts).toEqual([]);
});

test('a secondary limit pauses the account, and what is final arrives after it', async () => {
  bench = await openGitHub();
  const { people, repo, ann, github } = bench;
  await say('At last.');
  let until = 0;
  github.fault = ({ op, at }) => {
    if (op !== 'issues/create-comment') return undefined;
    until ||= at + 30_000;
    if (at >= until) return undefined;
    return { kind: 'status', status: 403, retryAfterS: 30 };
  };
  const issue = people.openIssue(ann, repo, { title: 'Totals' });
  people.comment(ann, issue, '@threadcast go');
  await bench.until(() => github.botComments(issue)[0]?.body.includes('At last.') === true, 90_000);
  expect(github.count('issues/create-comment')).toBeLessThanOrEqual(3);
});

test('what a person may do is asked once, however much of theirs is read at the same time', async () => {
  bench = await openGitHub();
  const { people, repo, ann, mia, github } = bench;
  await say('Read.');
  const first = people.openIssue(mia, repo, { title: 'First' });
  const issue = people.openIssue(mia, repo, { title: 'Totals', body: `As in #${first.number}.` });
  people.comment(mia, issue, 'They are off by one.');
  people.comment(ann, issue, '@threadcast go');
  await bench.until(() => github.botComments(issue)[0]?.body.includes('Read.') === true);
  const asked = github.calls.filter(({ op }) => op === 'repos/get-collaborator-permission-level');
  const names = asked.map(({ path }) => String(path.split('/').at(-2)));
  expect(names.toSorted()).toEqual(['ann', 'mia']);
});
