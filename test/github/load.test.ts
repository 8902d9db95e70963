/** A hundred live threads in one installation, at GitHub's limits. */
import { afterEach, expect, test } from 'vitest';
import { sleep } from '../../src/core/ports/clock.ts';
import type { Issue } from '../harness/fake-github/model.ts';
import { openGitHub, type GitHubBench } from './bench.ts';

let bench: GitHubBench;
afterEach(() => bench.close());

const THREADS = 100;
const TURN_MS = 10 * 60_000;

test('permission requests are seen within 3 s, every final lands, and GitHub is not run into', async () => {
  bench = await openGitHub();
  const { people, repo, ann, clock, agents, github, stores } = bench;
  let changes = 0;
  agents.behave = async (turn) => {
    const at = prompts.indexOf(turn.text.match(/number (\d+)/)?.[1] ?? '');
    for (let passed = 0; passed < TURN_MS; passed += 5_000) {
      await sleep(clock, 5_000);
      turn.say(`At ${passed / 1_000} s. `);
      changes += 1;
      if (passed === 60_000 + at * 4_000 && at % 10 === 0) {
        askedAt.push(clock.now());
        await turn.ask('rm -rf build');
      }
    }
    turn.say('The end.');
    return 'end_turn';
  };
  const askedAt: number[] = [];
  const prompts = Array.from({ length: THREADS }, (_, at) => String(at));
  const issues: Issue[] = [];
  for (const at of prompts) {
    const issue = people.openIssue(ann, repo, { title: `Thread ${at}` });
    issues.push(issue);
    people.comment(ann, issue, `@threadcast number ${at}`);
    await bench.pass(1_000, 1_000);
  }
  await bench.pass(60 * 60_000, 1_000);
  const asked = issues.flatMap((issue) =>
    github.botComments(issue).filter(({ history }) => history[0]?.body.includes('answer:')),
  );
  const seen = asked.map(({ createdAt }) => createdAt).toSorted((a, b) => a - b);
  const waits = askedAt
    .toSorted((a, b) => a - b)
    .map((at, index) => (seen[index] ?? Infinity) - at);
  const throttled = github.calls.filter(({ status }) => status === 403 || status === 429).length;
  const edits = github.count('issues/update-comment');
  console.log(
    `${changes} changes, ${edits} edits, ${github.calls.length} calls, ${throttled} refused`,
  );
  console.log(`a request is seen after ${waits.map((ms) => `${ms / 1000} s`).join(', ')}`);
  expect(askedAt).toHaveLength(10);
  expect(Math.max(...waits)).toBeLessThanOrEqual(3_000);
  expect(throttled).toBe(0);
  const ended = issues.filter((issue) =>
    github.botComments(issue).some(({ body }) => body.includes('The end.')),
  );
  expect(ended.length).toBe(THREADS);
  expect(stores.lines.filter(({ level }) => level === 'error')).toEqual([]);
  expect(edits).toBeLessThan(changes / 2);
}, 300_000);
