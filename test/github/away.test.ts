/** A server that starts while GitHub is away or refuses the App, and what becomes of mentions meanwhile. */
import { afterEach, expect, test } from 'vitest';
import { openGitHub, type GitHubBench } from './bench.ts';

let bench: GitHubBench;
afterEach(() => bench.close());

const UNKNOWN =
  "GitHub does not know this App by this key. Set APP_ID to the number on the App's page, and PRIVATE_KEY to a key of that App.";

/** Each call meets `trouble` until it is taken away. */
async function openAway(trouble: () => Promise<Response>) {
  let away = true;
  bench = await openGitHub({ fetch: (url, init) => (away ? trouble() : fetch(url, init)) });
  return () => {
    away = false;
  };
}

const refused = (status: number) => async () =>
  Response.json({ message: 'no' }, { status, headers: { 'content-type': 'application/json' } });

test.each([
  {
    what: 'cannot be reached',
    trouble: () => Promise.reject(new TypeError('fetch failed')),
    says: /^GitHub \(http\S+\) cannot be reached. It is asked again; check the network, a proxy and GHE_HOST.$/,
  },
  { what: 'does not know the key', trouble: refused(401), says: new RegExp(`^${UNKNOWN}$`) },
  { what: 'does not know the App', trouble: refused(404), says: new RegExp(`^${UNKNOWN}$`) },
  {
    what: 'is in trouble itself',
    trouble: refused(502),
    says: /^GitHub answers with status 502 when the App asks who it is\./,
  },
])(
  'a mention while GitHub $what is stored, and answered when that is mended',
  async ({ trouble, says }) => {
    const mend = await openAway(trouble);
    const { people, hooks, repo, ann, github, stores } = bench;
    expect(bench.standing()).toEqual({ state: 'away', says: expect.stringMatching(says) });
    const before = hooks.deliveries.length;
    const issue = people.openIssue(ann, repo, { title: 'Say hello', body: 'Please.' });
    people.comment(ann, issue, '@threadcast hello');
    await bench.pass(120_000, 5_000);
    const answers = hooks.deliveries.slice(before).map(({ statusCode }) => statusCode);
    expect([...new Set(answers)]).toEqual([202]);
    expect((await stores.deliveries.pending('github', 10)).length).toBeGreaterThan(0);
    expect(stores.agents.prompts).toEqual([]);
    // However often it was asked, one line.
    const message = bench.standing().says;
    expect(stores.lines.map((line) => line.message)).toEqual([message]);
    mend();
    await bench.until(() => github.botComments(issue).some(({ body }) => body.includes('done')));
    expect(bench.standing().state).toBe('ready');
    expect(await stores.deliveries.pending('github', 10)).toEqual([]);
  },
);

test('a key that cannot be read is told without a call, and is no start', async () => {
  await expect(openGitHub({ privateKey: 'no key' })).rejects.toThrow(
    'PRIVATE_KEY holds no key that can be read.',
  );
  bench = await openGitHub();
});
