/** Many mentions at once on GitHub: none is lost, none overtakes another, and a full queue says so. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { QUEUE_LIMIT } from '../../src/core/model/session.ts';
import { expectFinals, expectInOrder, STORM, stormText } from '../contracts/storm.ts';
import type { FakeTurn } from '../harness/fake-agent.ts';
import { openGitHub, type GitHubBench } from './bench.ts';

const HOUR = 3_600_000;
let bench: GitHubBench;
beforeEach(async () => {
  bench = await openGitHub({}, { tokenMs: 24 * HOUR });
});
afterEach(() => bench.close());

test('a thousand mentions at once over a hundred threads all end, each thread in its order', async () => {
  const { people, repo, ann, mia, world, agents, github, stores } = bench;
  const ben = world.user('ben');
  people.setRole(repo, ben, 'write');
  const team = [ann, mia, ben];
  agents.behave = async (turn) => {
    turn.say(`heard ${turn.text.split('\n').at(-1)?.replace('@threadcast ', '') ?? ''}`);
    return 'end_turn';
  };
  const issues = Array.from({ length: STORM.threads }, (_, at) =>
    people.openIssue(ann, repo, { title: `Thread ${at}` }),
  );
  await bench.quiet();
  const before = bench.clock.now();
  for (let n = 0; n < STORM.each; n += 1) {
    for (const [at, issue] of issues.entries()) {
      people.comment(team[(at + n) % 3] ?? ann, issue, `@threadcast ${stormText(at, n)}`);
    }
  }
  await bench.clock.until(
    async () => {
      await bench.quiet();
      return agents.prompts.length >= STORM.threads * STORM.each;
    },
    15 * 60_000,
    2_000,
  );
  const minutes = Math.ceil((bench.clock.now() - before) / 60_000);
  await bench.quiet();
  expectInOrder(agents.prompts);
  // GitHub takes 500 calls an hour that create content: no App can show all of it in one.
  await bench.pass(HOUR / 2, 20_000);
  const rows = stores.outbox.rows().filter(({ mirror }) => mirror === undefined);
  const shown = rows.filter(({ state }) => state === 'settled').length;
  console.log(
    `${agents.prompts.length} turns after ${minutes} min; ${shown} of ${rows.length} shown half an hour later`,
  );
  expect(rows).toHaveLength(STORM.threads * STORM.each);
  expect(rows.filter(({ state }) => state === 'given_up')).toEqual([]);
  expect(shown).toBeGreaterThan(300);
  for (const [at, issue] of issues.entries()) {
    const bodies = github.botComments(issue).map(({ body }) => body);
    expectFinals(at, agents.prompts, bodies);
  }
  expect(github.calls.filter(({ status }) => status === 403 || status === 429)).toEqual([]);
  expect(stores.lines).toEqual([]);
}, 180_000);

test('a full queue is said on the thread, and a later mention works again', async () => {
  const { people, repo, ann, mia, agents, github } = bench;
  const turns: { readonly turn: FakeTurn; readonly end: () => void }[] = [];
  agents.behave = async (turn) => {
    const go = Promise.withResolvers<void>();
    turns.push({ turn, end: go.resolve });
    await go.promise;
    return 'end_turn';
  };
  const issue = people.openIssue(ann, repo, { title: 'Busy' });
  const MORE = 3;
  for (let n = 0; n <= QUEUE_LIMIT + MORE; n += 1) {
    people.comment(n % 2 === 0 ? ann : mia, issue, `@threadcast number ${n}`);
  }
  const full = (): number =>
    github
      .botComments(issue)
      .filter(({ body }) => body.includes('The queue of this session is full')).length;
  await bench.until(() => full() === MORE, 3_600_000);
  expect(github.botComments(issue).map(({ body }) => body.replace(/\n*<!--[\s\S]*/, '')))
    .toMatchInlineSnapshot(`
      [
        "📦 **Example** · preparing environment",
        "🕓 **Example** · queued · number 1 in line",
        "🕓 **Example** · queued · number 2 in line",
        "🕓 **Example** · queued · number 3 in line",
        "🕓 **Example** · queued · number 4 in line",
        "🕓 **Example** · queued · number 5 in line",
        "🕓 **Example** · queued · number 6 in line",
        "🕓 **Example** · queued · number 7 in line",
        "🕓 **Example** · queued · number 8 in line",
        "🕓 **Example** · queued · number 9 in line",
        "🕓 **Example** · queued · number 10 in line",
        "🕓 **Example** · queued · number 11 in line",
        "🕓 **Example** · queued · number 12 in line",
        "🕓 **Example** · queued · number 13 in line",
        "🕓 **Example** · queued · number 14 in line",
        "🕓 **Example** · queued · number 15 in line",
        "🕓 **Example** · queued · number 16 in line",
        "🕓 **Example** · queued · number 17 in line",
        "🕓 **Example** · queued · number 18 in line",
        "🕓 **Example** · queued · number 19 in line",
        "🕓 **Example** · queued · number 20 in line",
        "🕓 **Example** · queued · number 21 in line",
        "🕓 **Example** · queued · number 22 in line",
        "🕓 **Example** · queued · number 23 in line",
        "🕓 **Example** · queued · number 24 in line",
        "🕓 **Example** · queued · number 25 in line",
        "🕓 **Example** · queued · number 26 in line",
        "🕓 **Example** · queued · number 27 in line",
        "🕓 **Example** · queued · number 28 in line",
        "🕓 **Example** · queued · number 29 in line",
        "🕓 **Example** · queued · number 30 in line",
        "🕓 **Example** · queued · number 31 in line",
        "🕓 **Example** · queued · number 32 in line",
        "🕓 **Example** · queued · number 33 in line",
        "🕓 **Example** · queued · number 34 in line",
        "🕓 **Example** · queued · number 35 in line",
        "🕓 **Example** · queued · number 36 in line",
        "🕓 **Example** · queued · number 37 in line",
        "🕓 **Example** · queued · number 38 in line",
        "🕓 **Example** · queued · number 39 in line",
        "🕓 **Example** · queued · number 40 in line",
        "🕓 **Example** · queued · number 41 in line",
        "🕓 **Example** · queued · number 42 in line",
        "🕓 **Example** · queued · number 43 in line",
        "🕓 **Example** · queued · number 44 in line",
        "🕓 **Example** · queued · number 45 in line",
        "🕓 **Example** · queued · number 46 in line",
        "🕓 **Example** · queued · number 47 in line",
        "🕓 **Example** · queued · number 48 in line",
        "🕓 **Example** · queued · number 49 in line",
        "🕓 **Example** · queued · number 50 in line",
        "⚠️ The queue of this session is full. Wait for a turn to end, or clear it.",
        "⚠️ The queue of this session is full. Wait for a turn to end, or clear it.",
        "⚠️ The queue of this session is full. Wait for a turn to end, or clear it.",
      ]
    `);
  expect(turns).toHaveLength(1);
  turns[0]?.end();
  await bench.until(() => turns.length === 2);
  people.comment(mia, issue, '@threadcast one more');
  for (let at = 1; at <= QUEUE_LIMIT + 1; at += 1) {
    await bench.until(() => turns.length > at);
    turns[at]?.end();
  }
  expect(turns.at(-1)?.turn.text).toContain('one more');
  expect(full()).toBe(MORE);
}, 180_000);
