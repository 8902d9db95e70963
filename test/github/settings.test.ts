/** What the configuration says of names, labels, Apps and replies; and where we are installed. */
import { afterEach, expect, test } from 'vitest';
import type { GitHubOptions } from '../../src/github/options.ts';
import { appIdOf } from '../harness/fake-github/json.ts';
import { openGitHub, type GitHubBench } from './bench.ts';

let bench: GitHubBench;
afterEach(() => bench.close());

async function open(options: Partial<GitHubOptions> = {}): Promise<GitHubBench> {
  bench = await openGitHub(options);
  bench.agents.behave = async (turn) => {
    turn.say('Done as asked.');
    return 'end_turn';
  };
  return bench;
}

const prompts = (): readonly string[] =>
  bench.agents.prompts.map((text) => text.split('\n').at(-1) ?? '');
const hasRun = (count: number): Promise<void> =>
  bench.until(() => bench.agents.prompts.length === count);
const states = async (): Promise<readonly string[]> => {
  const { data } = await bench.stores.memory.sessions.sessions({}, null, 10);
  return data.map(({ state }) => state);
};

test('an alias addresses us like our own name', async () => {
  const { people, repo, ann } = await open({ aliases: ['@helper'] });
  const issue = people.openIssue(ann, repo, { title: 'Totals' });
  people.comment(ann, issue, '@Helper one');
  people.comment(ann, issue, '@helpers two');
  await hasRun(1);
  await bench.pass(3_000);
  expect(prompts()).toEqual(['one']);
});

test('a bot is heard if its App is named, with no more than write access', async () => {
  const bots: number[] = [];
  const { people, repo, ann, world } = await open({ bots });
  const renovate = world.user('renovate[bot]', 'Bot');
  const nosy = world.user('nosy[bot]', 'Bot');
  bots.push(appIdOf(renovate));
  const issue = people.openIssue(ann, repo, { title: 'Totals' });
  people.comment(nosy, issue, '@threadcast one');
  people.comment(renovate, issue, '@threadcast two');
  await hasRun(1);
  people.comment(renovate, issue, '/ok-to-run');
  await bench.pass(3_000);
  expect(prompts()).toEqual(['two']);
  expect(bench.stores.memory.decisions).toMatchObject([
    { verb: 'prompt', outcome: 'refused', actor: { name: 'nosy[bot]' } },
    { verb: 'ok-to-run', outcome: 'refused', actor: { name: 'renovate[bot]', kind: 'bot' } },
  ]);
});

test('a reply without a mention goes on with the session where that is set', async () => {
  const { people, repo, ann, mia, eve } = await open({ untaggedReplies: true });
  const issue = people.openIssue(ann, repo, { title: 'Totals' });
  people.comment(ann, issue, 'Nothing for you yet.');
  people.comment(ann, issue, '@threadcast one');
  await hasRun(1);
  await bench.pass(3_000);
  people.comment(ann, issue, 'and two');
  await hasRun(2);
  people.comment(mia, issue, '(aside) I like it');
  people.comment(mia, issue, '@ann, what do you think?');
  people.comment(eve, issue, 'and three');
  await bench.pass(3_000);
  expect(prompts()).toEqual(['one', 'and two']);
});

test.each(['removed', 'uninstalled'])('sessions end where the App was %s', async (how) => {
  const { people, repo, ann, mia, installation } = await open();
  const issue = people.openIssue(ann, repo, { title: 'Totals' });
  people.comment(ann, issue, '@threadcast one');
  await hasRun(1);
  await bench.until(async () => (await states())[0] === 'idle');
  if (how === 'removed') people.removeRepos(mia, installation, [repo]);
  else people.uninstall(mia, installation);
  await bench.until(async () => (await states())[0] === 'ended');
  expect(await states()).toEqual(['ended']);
});

test('on an Enterprise Server an address of an issue there refers to nothing, but in code', async () => {
  const { people, repo, ann, github } = await open();
  const address = `http://${github.host}/acme/shop/issues/3`;
  bench.agents.behave = async (turn) => {
    turn.say(`See ${address}, [this](${address}) and \`${address}\`.\n\n    ${address}`);
    return 'end_turn';
  };
  const issue = people.openIssue(ann, repo, { title: 'Totals' });
  people.comment(ann, issue, '@threadcast look');
  await hasRun(1);
  const body = (): string => github.botComments(issue)[0]?.body ?? '';
  await bench.until(() => body().includes('/issues/3'));
  const cut = address.replace('//', '//\u200b');
  expect(body()).toContain(`See ${cut}, [this](${cut}) and \`${address}\`.`);
});
