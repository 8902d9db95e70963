/**
 * SIGKILL at random points with GitHub and Slack live. The platforms live on: what they delivered
 * and was acknowledged is answered in the end, what was not is asked for again (GitHub), and no
 * comment or message is there twice.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFakeGitHub } from '../harness/fake-github/fake-github.ts';
import type { FakeGitHub } from '../harness/fake-github/fake-github.ts';
import { startFakeSlack } from '../harness/fake-slack/fake-slack.ts';
import type { FakeSlack } from '../harness/fake-slack/fake-slack.ts';
import { NO_RATE_LIMITS } from '../harness/fake-slack/limiter.ts';
import { readFacts } from '../harness/invariants.ts';
import { seededRandom, testSeed } from '../harness/seeded.ts';
import { eventually, startServerProcess, temporaryDirectory } from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';

const KILLS = 100;
/** Longest life of a server after its start, ms: every phase of a turn is met within it. */
const LIFE_MS = 500;
const WORDS = ['hello', 'plan', 'ask', 'think', 'fail', 'chunks 500'];
const OPEN = /· (queued|preparing|working|waiting)/;

const directory = await temporaryDirectory();
const seed = testSeed();
const random = seededRandom(seed);
const pick = <T>(list: readonly T[]): T => {
  const chosen = list[Math.floor(random() * list.length)];
  if (chosen === undefined) throw new Error('nothing to pick from');
  return chosen;
};

let github: FakeGitHub;
let slack: FakeSlack;

beforeAll(async () => {
  const unlimited = { contentPerMinute: 1e9, contentPerHour: 1e9, pointsPerMinute: 1e9 };
  github = await createFakeGitHub({ ghes: true, limits: unlimited });
  slack = await startFakeSlack({ rates: NO_RATE_LIMITS });
});
afterAll(async () => {
  await Promise.all([github.stop(), slack.close()]);
  await directory.remove();
});

async function start(): Promise<ServerProcess> {
  const server = await startServerProcess({
    dataDir: directory.path,
    env: {
      LOG_LEVEL: 'warn',
      EXAMPLE_DELAY_MS: '1',
      APP_ID: String(github.world.app.id),
      PRIVATE_KEY: github.privateKey,
      WEBHOOK_SECRET: github.secret,
      GHE_HOST: github.host,
      GHE_PROTOCOL: 'http',
      SLACK_BOT_TOKEN: slack.botToken,
      SLACK_SIGNING_SECRET: slack.signingSecret,
      SLACK_API_URL: slack.apiUrl,
    },
  });
  github.hooks.target = `${server.url}/api/github/webhooks`;
  slack.deliverTo(`${server.url}/slack/events`);
  return server;
}

interface Pending {
  readonly requestId: string;
  readonly sessionId: string;
  readonly options: readonly { readonly optionId: string }[];
}

async function answerAll(server: ServerProcess): Promise<void> {
  const { data } = await server.api<{ data: Pending[] }>('GET', '/permissions?state=pending');
  for (const { requestId, sessionId, options } of data) {
    const route = `/sessions/${sessionId}/permissions/${requestId}`;
    await server.api('POST', route, { optionId: pick(options).optionId }).catch(() => undefined);
  }
}

describe('a server with both platforms that is killed again and again', () => {
  it(
    `loses and doubles nothing (${KILLS} kills, TEST_SEED=${seed})`,
    { timeout: 280_000 },
    async () => {
      const acme = github.world.user('acme', 'Organization');
      const ann = github.user('ann');
      const repo = github.world.repo('shop', { owner: acme, roles: [[ann, 'admin']] });
      github.people.install(ann, acme, [repo]);
      const sal = slack.addPerson('Sal');
      const general = slack.addChannel('general', [sal]);
      const mentions = new Map<ReturnType<typeof github.people.openIssue>, number>();
      const roots: ReturnType<typeof slack.people.say>[] = [];
      const says: ReturnType<typeof slack.people.say>[] = [];

      function speak(): void {
        const known = [...mentions.keys()];
        const issue =
          known.length < 5 || random() < 0.1
            ? github.people.openIssue(ann, repo, { title: 'One more', body: 'Please.' })
            : pick(known.slice(-5));
        github.people.comment(ann, issue, `@threadcast ${pick(WORDS)}`);
        mentions.set(issue, (mentions.get(issue) ?? 0) + 1);
        const root = roots.length < 5 || random() < 0.1 ? undefined : pick(roots.slice(-5));
        const said = slack.people.say(sal, general, `@threadcast ${pick(WORDS)}`, {
          ...(root && { thread: root }),
        });
        says.push(said);
        if (root === undefined) roots.push(said);
      }

      for (let kill = 0; kill < KILLS; kill += 1) {
        const server = await start();
        speak();
        const alive = random() * LIFE_MS;
        if (alive > 150) {
          await pause(alive / 2);
          await answerAll(server);
          await pause(alive / 2);
        } else await pause(alive);
        await server.kill();
        expect(readFacts(directory.path).broken, `after kill ${kill + 1}`).toEqual([]);
      }

      const server = await start();
      const turns = (bodies: readonly string[]): readonly string[] =>
        bodies.filter((body) => body.includes('Example agent') && !body.includes('wants to'));
      const bodiesOf = (issue: Parameters<typeof github.botComments>[0]) =>
        github.botComments(issue).map(({ body }) => body);
      await eventually(async () => {
        await answerAll(server);
        const { data } = await server.api<{ data: { state: string }[] }>(
          'GET',
          '/sessions?limit=200',
        );
        if (!data.every(({ state }) => state === 'idle' || state === 'failed')) return undefined;
        const shown = [...mentions].every(
          ([issue, count]) =>
            turns(bodiesOf(issue)).filter((body) => !OPEN.test(body)).length >= count,
        );
        return shown || undefined;
      }, 90_000);
      await eventually(async () => {
        const waiting = roots.some((root) =>
          slack.answers(root).some((one) => OPEN.test(slack.read(one))),
        );
        return waiting ? undefined : true;
      }, 60_000);
      expect(await server.stop()).toBe(0);

      const keys = [...mentions.keys()]
        .flatMap(bodiesOf)
        .map((body) => /<!-- threadcast:(\S+)/.exec(body)?.[1]);
      expect(keys).toHaveLength(new Set(keys).size);
      for (const [issue, count] of mentions) expect(turns(bodiesOf(issue))).toHaveLength(count);
      const messages = roots
        .flatMap((root) => slack.answers(root))
        .map(({ metadata }) => JSON.stringify(metadata));
      expect(messages).toHaveLength(new Set(messages).size);
      const facts = readFacts(directory.path);
      expect(facts.broken).toEqual([]);
      expect(facts).toMatchObject({ pendingPermissions: 0, pendingInbox: 0, unsettled: 0 });
      expect([...facts.promptStates.values()]).toContain('interrupted');
      expect(github.errors).toEqual([]);
      expect(slack.broken).toEqual([]);
    },
  );
});
