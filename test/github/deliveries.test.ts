/**
 * GitHub tells a thing once, twice or late, in any order, and at several places at once; whatever it
 * does, each thing that people did has its effect once, and what they see does not change by it.
 */
import { afterEach, expect, test } from 'vitest';
import { startPostgres } from '../harness/databases.ts';
import { createFakeGitHub } from '../harness/fake-github/fake-github.ts';
import type { FakeGitHub } from '../harness/fake-github/fake-github.ts';
import type { HookEvent } from '../harness/fake-github/hooks.ts';
import type { Issue } from '../harness/fake-github/model.ts';
import { seededRandom, testSeed } from '../harness/seeded.ts';
import { temporaryDirectory } from '../storage/open-test-storage.ts';
import { createFastClock, createPlayer } from '../harness/storm-process.ts';
import { startProcess } from './storm.ts';
import type { StormProcess } from './storm.ts';

const FASTER = 20;
const THREADS = 12;
/** Every fourth thread asks; one of the three is a pull request. */
const REQUESTS = 3;
const REQUESTS_ON_ISSUES = 2;
/** With nothing that waits: for what is between two rows. */
const QUIET_MS = 12_000;
const AT_ONCE = 64;

const seed = testSeed();
const postgres = await startPostgres();
const cleanUps: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function openStage(databases: readonly (string | undefined)[]) {
  const clock = createFastClock(FASTER);
  const github = await createFakeGitHub({ clock, tokenMs: 86_400_000 });
  cleanUps.push(() => github.stop());
  const acme = github.world.user('acme', 'Organization');
  const [alice, bob, eve] = [github.user('alice'), github.user('bob'), github.user('eve')];
  const repo = github.world.repo('shop', {
    owner: acme,
    roles: [
      [alice, 'maintain'],
      [bob, 'write'],
    ],
  });
  github.people.install(alice, acme, [repo]);
  await github.hooks.idle();
  const processes: StormProcess[] = [];
  for (const databaseUrl of databases) {
    const directory = temporaryDirectory();
    cleanUps.push(directory.remove);
    const process = await startProcess({ github, clock, dataDir: directory.path, databaseUrl });
    cleanUps.push(process.stop);
    processes.push(process);
  }
  /** Each delivery comes to one of the processes, as a load balancer would have it. */
  let turn = 0;
  github.hooks.target = async (headers, body) => {
    turn += 1;
    const request = new Request('http://threadcast.example/api/github/webhooks', {
      method: 'POST',
      headers,
      body,
    });
    const process = processes[turn % processes.length];
    if (process === undefined) throw new Error('nobody listens');
    return process.app.webhooks.handle(request);
  };
  const player = createPlayer(processes, clock);
  return { clock, github, repo, alice, bob, eve, processes, player };
}

type Stage = Awaited<ReturnType<typeof openStage>>;

/** What people do; gives the texts that must become prompts. */
function tellStory({ github, repo, alice, bob, eve }: Stage): {
  readonly threads: readonly Issue[];
  readonly asked: readonly string[];
} {
  const { people } = github;
  const threads: Issue[] = [];
  const asked: string[] = [];
  // Two: one stranger is shown ten cards an hour.
  const strangers = [eve, github.user('stan')] as const;
  for (let n = 0; n < THREADS; n += 1) {
    const pull = n % 3 === 2;
    const open = pull ? people.openPull : people.openIssue;
    const thread = open(alice, repo, { title: `Thread ${n}`, body: 'Something is broken.' });
    threads.push(thread);
    for (const [who, text] of [
      [alice, n % 4 === 0 ? `carefully mend ${n}` : `mend ${n}`],
      [bob, `test ${n}`],
    ] as const) {
      people.comment(who, thread, `@threadcast ${text}`);
      asked.push(text);
    }
    people.comment(bob, thread, 'I only talk to people here.');
    people.comment(bob, thread, '> @threadcast quoted\n\nI agree.');
    people.comment(strangers[n % 2 === 0 ? 0 : 1], thread, `@threadcast stranger ${n}`);
    people.react(alice, thread, 'heart');
  }
  return { threads, asked };
}

/** What a worker has yet to do; reactions come last, and are not waited for. */
async function isWaiting({ storage }: StormProcess): Promise<boolean> {
  const { deliveries, inbox, outbox, sessions } = storage;
  if ((await deliveries.pending('github', 1)).length > 0) return true;
  if ((await inbox.pending(1)).length > 0) return true;
  for (const { mirror, view, sentHash } of await outbox.unsettled()) {
    if (mirror === 'reaction') continue;
    // What a turn shows that asks is not final before it is answered.
    const asks =
      'sessionId' in view && (await sessions.pendingPermissions(view.sessionId)).length > 0;
    if (!asks || sentHash === null) return true;
  }
  return false;
}

/** Plays agents until nothing waits, and nothing has changed for a while. */
async function settle({ clock, github, processes, player }: Stage): Promise<void> {
  let last = '';
  let since = clock.now();
  while (clock.now() - since < QUIET_MS) {
    const played = await player.play();
    await github.hooks.idle();
    await Promise.all(processes.map(({ app }) => app.idle()));
    const waiting = (await Promise.all(processes.map(isWaiting))).includes(true);
    const now = `${played} ${github.calls.length} ${github.hooks.deliveries.length}`;
    if (waiting || played > 0 || now !== last) since = clock.now();
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Bob, who may not, ticks each box first, then Alice; on pull requests she presses the button. */
async function answerRequests(stage: Stage, threads: readonly Issue[]): Promise<void> {
  const { github, alice, bob } = stage;
  const { people } = github;
  const asking = threads.map((thread) => ({
    thread,
    comment: github.botComments(thread).find(({ body }) => body.includes('- [ ] **Allow**')),
  }));
  for (const { thread, comment } of asking) {
    if (comment !== undefined && thread.pull === null) people.tick(bob, comment, 'Allow');
  }
  await settle(stage);
  for (const { thread, comment } of asking) {
    const { pull } = thread;
    if (comment === undefined) continue;
    if (pull === null) people.tick(alice, comment, 'Allow');
    for (const run of github.world.checkRuns) {
      const [action] = run.actions;
      if (run.headSha === pull?.head.sha && action !== undefined) {
        people.requestAction(alice, run, action.identifier);
      }
    }
  }
}

/** What the App says on a thread, in no order: two threads' turns may end in any. */
function botWords(visible: string): readonly string[] {
  return visible
    .split(/\n\n(?=\S+(?: \([^)]*\))*:\n)/)
    .filter((part) => part.startsWith('threadcast[bot]'))
    .map((part) => part.replace(/done · .*$/gm, 'done · …').replace(/\(2\d{3}-[^)]*\)/g, '(…)'))
    .toSorted();
}

const HOORAY = ' (hooray threadcast[bot])';

async function stateOf({ github, player, processes }: Stage, threads: readonly Issue[]) {
  const decisions = await processes[0]?.storage.decisions.decisions(null, 200);
  const decided = (outcome: string): number =>
    decisions?.data.filter((one) => one.verb === 'permission.answer' && one.outcome === outcome)
      .length ?? 0;
  return {
    decisions: { allowed: decided('allowed'), refused: decided('refused') },
    // Reactions at the end come last of all, where calls are scarce: they may still be on their way.
    visible: threads.map((thread) => github.visible(thread).replaceAll(HOORAY, '')),
    prompts: await player.prompts(),
    reactions: github.world.reactions.filter(({ content }) => content !== 'hooray').length,
    comments: github.count('issues/create-comment'),
    edits: github.count('issues/update-comment'),
  };
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** Sends `count` redeliveries of what was told, many at once, in any order. */
async function storm(github: FakeGitHub, count: number, random: () => number): Promise<void> {
  const told = new Map(github.hooks.deliveries.map((one) => [one.guid, one] as const));
  const events: HookEvent[] = [];
  while (events.length < count) events.push(...shuffled([...told.values()], random));
  const queue = events.slice(0, count);
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let event = queue.pop(); event !== undefined; event = queue.pop()) {
        await github.hooks.redeliver(event);
      }
    }),
  );
}

function expectNoErrors({ github, processes }: Stage): void {
  expect(github.errors).toEqual([]);
  for (const { logger } of processes) {
    expect(logger.lines.filter(({ level }) => level === 'error')).toEqual([]);
  }
}

test('10,000 redeliveries, out of order and many at once, change nothing', async () => {
  console.log(`seed ${seed}`);
  const stage = await openStage([undefined]);
  const { threads, asked } = tellStory(stage);
  await settle(stage);
  await answerRequests(stage, threads);
  await settle(stage);
  const before = await stateOf(stage, threads);
  expect(before.prompts).toEqual(asked.map((text) => `done: ${text}`).toSorted());
  expect(before.decisions).toEqual({ allowed: REQUESTS, refused: REQUESTS_ON_ISSUES });
  expect(botWords(before.visible[0] ?? '')).toMatchInlineSnapshot(`
    [
      "threadcast[bot]:
      ### 🙋 eve has no write access here, so nothing runs yet

      A maintainer decides. This is what was asked, and what would run:

      \`\`\`
      @threadcast stranger 0
      \`\`\`

      - [ ] **Run read-only**
      - [ ] **Run**
      - [ ] **Ignore**

      Tick a box, or write \`/ok-to-run\` or \`/ok-to-run read-only\`. Read-only: whatever would change something is refused by itself. The agent runs on our server, without a sandbox.",
      "threadcast[bot]:
      ⚠️ **bob**: Sorry, this needs the role \`approve\`, which you do not have here. Please ask somebody who has it: approvers, usually the maintainers.",
      "threadcast[bot]:
      ✅ **Example** · done · …

      Heard: carefully mend 0

      <details>
      <summary>1 step</summary>

      - ▶️ \`rm -rf build\` · cancelled

      </details>",
      "threadcast[bot]:
      ✅ **Example** · done · …

      Heard: test 0",
      "threadcast[bot]:
      ✅ Allowed by **alice** (…) · \`rm -rf build\`",
    ]
  `);

  const deliveries = stage.github.hooks.deliveries.length;
  const start = Date.now();
  await storm(stage.github, 10_000, seededRandom(seed));
  console.log(`10,000 redeliveries in ${Date.now() - start} ms`);
  await settle(stage);
  const answers = stage.github.hooks.deliveries.slice(deliveries, deliveries + 10_000);
  expect(answers.filter(({ statusCode }) => statusCode !== 202)).toEqual([]);
  expect(await stateOf(stage, threads)).toEqual(before);
  expectNoErrors(stage);
}, 120_000);

/** What the API may do to a call; every second failure comes after the effect. */
function trouble(random: () => number): FakeGitHub['fault'] {
  return ({ method, op }) => {
    const dice = random();
    if (dice > 0.12) return undefined;
    const done = method !== 'GET' && dice < 0.06;
    if (dice < 0.02 && op === 'issues/create-comment') return { kind: 'hang', done };
    return dice < 0.07 ? { kind: 'reset', done } : { kind: 'status', status: 502, done };
  };
}

/**
 * Everything comes several times from the start, in any order, at all processes, while the API is
 * in trouble: who asked is answered once, all the same.
 */
async function stormFromTheStart(databases: readonly (string | undefined)[]): Promise<void> {
  console.log(`seed ${seed}`);
  const random = seededRandom(seed);
  const stage = await openStage(databases);
  const { github } = stage;
  github.fault = trouble(random);
  github.hooks.fate = () =>
    random() < 0.5
      ? { kind: 'duplicate', times: 2 + Math.floor(random() * 3) }
      : { kind: 'delay', ms: random() * 10_000 };
  github.hooks.hold();
  const { threads, asked } = tellStory(stage);
  await github.hooks.pump((events) => shuffled([...events, ...events, ...events], random));
  await settle(stage);
  await answerRequests(stage, threads);
  await storm(github, 2_000, random);
  github.fault = () => undefined;
  await settle(stage);

  const { prompts, decisions } = await stateOf(stage, threads);
  expect(prompts).toEqual(asked.map((text) => `done: ${text}`).toSorted());
  expect(decisions.allowed).toBe(REQUESTS);
  // Logged again when GitHub failed after it, and the tick was looked at once more.
  expect(decisions.refused).toBeGreaterThanOrEqual(REQUESTS_ON_ISSUES);
  const said = threads.flatMap((thread) => github.botComments(thread).map(({ body }) => body));
  for (const text of asked) {
    expect(said.filter((body) => body.includes(`Heard: ${text}\n`)).length).toBe(1);
  }
  expect(said.filter((body) => body.includes('nothing runs yet')).length).toBe(THREADS);
  expect(said.filter((body) => body.includes('Allowed by **alice**')).length).toBe(REQUESTS);
  const toldBob = said.filter((body) => body.includes('**bob**: Sorry, this needs the role'));
  expect(toldBob.length).toBe(REQUESTS_ON_ISSUES);
  const expected =
    /Heard: |nothing runs yet|GitHub did not give what was written|Allowed by \*\*alice\*\*|\*\*bob\*\*: Sorry/;
  expect(said.filter((body) => !expected.test(body))).toEqual([]);
  expect(said.filter((body) => body.includes('Heard') && !body.includes('done'))).toEqual([]);
  expectNoErrors(stage);
}

test('deliveries that come several times from the start, in trouble, have one effect', async () => {
  await stormFromTheStart([undefined]);
}, 120_000);

test.skipIf(postgres === undefined)(
  'the same at two processes on one Postgres',
  async () => {
    const url = await postgres?.freshDatabase();
    await stormFromTheStart([url, url]);
  },
  120_000,
);
