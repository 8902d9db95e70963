/** A mention in an issue, from the webhook to the outcome, on the fake GitHub. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openGitHub, type GitHubBench } from './bench.ts';

let bench: GitHubBench;
beforeEach(async () => {
  bench = await openGitHub();
});
afterEach(() => bench.close());

test('a mention becomes a turn: seen at once, one live comment, and a reaction at the end', async () => {
  const { people, repo, ann, agents, github, world } = bench;
  const go = Promise.withResolvers<void>();
  agents.behave = async (turn) => {
    turn.say('I am looking at it.');
    await go.promise;
    turn.say(' It was `a < b`. Ask @acme/team about #7.');
    return 'end_turn';
  };
  const issue = people.openIssue(ann, repo, {
    title: 'The total is wrong',
    body: 'It is 1 too low.',
  });
  const comment = people.comment(ann, issue, '@threadcast why is that?');
  await bench.until(() => github.botComments(issue).some((one) => one.body.includes('looking')));
  const [live] = github.botComments(issue);
  expect(world.reactions.map(({ subject, content }) => `${subject} ${content}`)).toEqual([
    `comment:${comment.id} eyes`,
  ]);
  expect(bench.clock.now()).toBeLessThan(Date.UTC(2026, 0, 1) + 3_000);
  go.resolve();
  await bench.until(() => live?.body.includes('done') === true);
  await bench.until(() => world.reactions.length === 2);
  expect(github.botComments(issue)).toHaveLength(1);
  expect(github.visible(issue)).toMatchInlineSnapshot(`
    "#1 The total is wrong (open)

    ann:
      It is 1 too low.

    ann (eyes threadcast[bot]) (hooray threadcast[bot]):
      @threadcast why is that?

    threadcast[bot]:
      ✅ **Example** · done · 0 s

      I am looking at it. It was \`a < b\`. Ask @​acme/team about #​7."
  `);
  expect(agents.prompts[0]).toContain('why is that?');
  expect(world.reactions.at(-1)?.content).toBe('hooray');
});
