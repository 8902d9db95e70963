/** GitHub hangs at what is of no weight: a mention is taken all the same, and its thread goes on. */
import { afterEach, expect, test } from 'vitest';
import { openGitHub, type GitHubBench } from './bench.ts';

let bench: GitHubBench;
afterEach(() => bench.close());

/** Calls whose path fits are never answered. */
async function openSlow(path: RegExp): Promise<void> {
  bench = await openGitHub({
    fetch: (url, init) => {
      const asked = url instanceof Request ? url.url : String(url);
      return path.test(asked) ? new Promise(() => {}) : fetch(url, init);
    },
  });
}

const until = (done: () => boolean): Promise<void> => bench.clock.until(done, 60_000, 100);

test('a reaction that hangs holds nothing back', async () => {
  await openSlow(/\/reactions/);
  const { people, repo, ann, stores, clock } = bench;
  const issue = people.openIssue(ann, repo, { title: 'Say hello' });
  const from = clock.now();
  people.comment(ann, issue, '@threadcast one');
  people.comment(ann, issue, '@threadcast two');
  await until(() => stores.agents.prompts.length === 2);
  expect(clock.now() - from).toBeLessThan(5_000);
  expect(await stores.deliveries.pending('github', 10)).toEqual([]);
});

test('a discussion that cannot be read in time is left out, and both sides are told', async () => {
  await openSlow(/\/issues\/\d+\/comments\?/);
  const { people, repo, ann, stores, clock, github } = bench;
  const issue = people.openIssue(ann, repo, { title: 'Say hello' });
  const from = clock.now();
  people.comment(ann, issue, '@threadcast one');
  await until(() => stores.agents.prompts.length === 1);
  expect(clock.now() - from).toBeLessThan(15_000);
  expect(stores.agents.prompts[0]).toMatchInlineSnapshot(`
    "GitHub did not give what was written here before within 10 s, so all of it was left out.
    one"
  `);
  await until(() => github.botComments(issue).length === 2);
  expect(github.botComments(issue).map(({ body }) => body.split('\n')[0])).toContainEqual(
    expect.stringContaining('GitHub did not give what was written here before within 10 s'),
  );
});
