/**
 * SIGKILL at random points with the page, programs, GitHub and Slack (in both of its modes) live.
 * After each kill: nothing accepted is lost, nothing is doubled, the log has no gap. The platforms
 * live on: what they delivered and was acknowledged is answered in the end, what was not is asked
 * for again (GitHub), and no comment or message is there twice or stays half done.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { startPostgres } from '../harness/databases.ts';
import { testSeed } from '../harness/seeded.ts';
import { eventually } from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import { openStage, type Stage } from './kill-stage.ts';

/** With those on Postgres a hundred. */
const KILLS = 85;
const KILLS_ON_POSTGRES = 15;
/** Longest life after the first accepted prompt, ms: every phase of a turn is met within it. */
const LIFE_MS = 400;
/** Between two rounds of what people and programs do. */
const PAUSE_MS = 80;
/** GitHub's budget alone may take minutes for what so many lives have left open. */
const TO_REST_MS = 240_000;
const OPEN = /· (queued|preparing|working|waiting)/;

const seed = testSeed();
const postgres = await startPostgres();
let stage: Stage;
afterEach(() => stage.close());

describe('a server that is killed again and again loses and doubles nothing', () => {
  it(`on SQLite (${KILLS} kills, TEST_SEED=${seed})`, { timeout: 600_000 }, async () => {
    stage = await openStage({ seed });
    await killAgainAndAgain(KILLS);
  });

  it.skipIf(postgres === undefined)(
    `on Postgres (${KILLS_ON_POSTGRES} kills, TEST_SEED=${seed})`,
    { timeout: 240_000 },
    async () => {
      stage = await openStage({ seed: seed + 1, postgres });
      await killAgainAndAgain(KILLS_ON_POSTGRES);
    },
  );
});

async function killAgainAndAgain(kills: number): Promise<void> {
  const { prompts, posts, random } = stage;
  for (let kill = 1; kill <= kills; kill += 1) {
    await killInTheMiddle(await stage.start(), random() * LIFE_MS);
    const { broken, promptStates, deliveries } = await stage.facts();
    expect(broken, `after kill ${kill}`).toEqual([]);
    const lost = [
      ...[...prompts].filter((id) => !promptStates.has(id)),
      ...[...posts].filter((id) => !deliveries.has(id)),
    ];
    expect(lost, `after kill ${kill}`).toEqual([]);
  }
  expect(prompts.size).toBeGreaterThanOrEqual(kills);
  await comesToRest();
  expectEachThingOnce();
}

async function killInTheMiddle(server: ServerProcess, life: number): Promise<void> {
  stage.mention();
  await stage.prompt(server);
  let alive = true;
  const work = (async () => {
    while (alive) {
      await stage.busy(server);
      await pause(PAUSE_MS);
    }
  })();
  await pause(life);
  await server.kill();
  alive = false;
  await work;
}

async function comesToRest(): Promise<void> {
  const { slack } = stage;
  const server = await stage.start();
  await eventually(async () => {
    await stage.answerAll(server);
    const { data } = await server.api<{ data: { state: string }[] }>('GET', '/sessions?limit=200');
    if (!data.every(({ state }) => state === 'idle' || state === 'failed')) return undefined;
    const { pendingInbox, pendingPermissions, unsettled } = await stage.look();
    return (pendingInbox + pendingPermissions + unsettled === 0 && isAllShown()) || undefined;
  }, TO_REST_MS);
  expect(await server.stop()).toBe(0);
  const facts = await stage.facts();
  expect(facts.broken).toEqual([]);
  expect(facts).toMatchObject({ pendingPermissions: 0, pendingInbox: 0, unsettled: 0 });
  const states = [...facts.promptStates.values()];
  expect(states.filter((state) => state === 'queued' || state === 'running')).toEqual([]);
  expect(states).toContain('interrupted');
  const heard = stage.said.filter(stage.acknowledged);
  expect(heard.length).toBeGreaterThan(stage.said.length / 4);
  const ids = heard.map(({ channel, ts }) => `${slack.teamId}/${channel}/${ts}`);
  expect(ids.filter((id) => !facts.deliveries.has(id))).toEqual([]);
}

/** GitHub's mentions have their ends, also those that had to be asked for again. */
const isAllShown = (): boolean =>
  [...stage.mentions].every(
    ([issue, count]) => turnsOn(issue).filter((body) => !OPEN.test(body)).length >= count,
  );

type Issue = Parameters<Stage['github']['botComments']>[0];

const bodiesOf = (issue: Issue): readonly string[] =>
  stage.github.botComments(issue).map(({ body }) => body);

const turnsOn = (issue: Issue): readonly string[] =>
  bodiesOf(issue).filter((body) => body.includes('Example agent') && !body.includes('wants to'));

function expectEachThingOnce(): void {
  const { github, slack, mentions, roots } = stage;
  const answers = roots.flatMap((root) => slack.answers(root));
  expect(answers.map(slack.read).filter((text) => OPEN.test(text))).toEqual([]);
  for (const [issue, count] of mentions) expect(turnsOn(issue)).toHaveLength(count);
  const keys = [...mentions.keys()]
    .flatMap(bodiesOf)
    .map((body) => /<!-- threadcast:(\S+)/.exec(body)?.[1]);
  expect(keys).toHaveLength(new Set(keys).size);
  const messages = answers.map(({ metadata }) => JSON.stringify(metadata));
  expect(messages).toHaveLength(new Set(messages).size);
  expect(github.errors).toEqual([]);
  expect(slack.broken).toEqual([]);
}
