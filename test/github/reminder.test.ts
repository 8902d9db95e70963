/** What reaches people on GitHub when nobody answers: an edit notifies nobody, a new comment does. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openGitHub, type GitHubBench } from './bench.ts';

let bench: GitHubBench;
beforeEach(async () => {
  bench = await openGitHub();
});
afterEach(() => bench.close());

const visible = (body: string): string => body.replace(/\s*<!--[\s\S]*$/, '');

test('half of its time over, a comment mentions who asked; answered, it says by whom', async () => {
  const { people, repo, ann, mia, agents, github, stores } = bench;
  agents.behave = async (turn) => {
    await turn.ask('rm -rf build');
    return 'end_turn';
  };
  const issue = people.openIssue(ann, repo, { title: 'Clean up' });
  people.comment(ann, issue, '@threadcast clean up');
  const pending = () => stores.memory.sessions.pendingPermissions();
  await bench.until(async () => (await pending()).length === 1);
  const [request] = await pending();
  if (request === undefined) throw new Error('nothing is asked');
  const reminder = () => github.botComments(issue).find(({ body }) => body.startsWith('@ann '));
  await bench.until(() => reminder() !== undefined, 16 * 60_000);
  const posted = reminder();
  expect(visible(posted?.body ?? '').replaceAll(request.code, 'k7')).toMatchInlineSnapshot(
    `"@ann **Example** still waits for an answer: \`rm -rf build\` (\`k7\`). Answer above, or with \`approve k7\` or \`deny k7\`. Without an answer it is refused in 15 min."`,
  );
  people.comment(mia, issue, `/approve ${request.code}`);
  const now = () => github.botComments(issue).find(({ id }) => id === posted?.id)?.body ?? '';
  await bench.until(() => !now().includes('still waits'));
  expect(visible(now()).replaceAll(request.code, 'k7')).toMatchInlineSnapshot(
    `"\`rm -rf build\` (\`k7\`) was allowed by mia."`,
  );
});
