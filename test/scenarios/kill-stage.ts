/**
 * A server with everything live (the page, programs, GitHub, Slack) that is started and killed as
 * often as a test wants, and the people who go on talking to it. All state is of one stage: a test
 * that is run again starts from nothing.
 */
import { randomUUID } from 'node:crypto';
import type { TestPostgres } from '../harness/databases.ts';
import { createFakeGitHub } from '../harness/fake-github/fake-github.ts';
import type { Issue } from '../harness/fake-github/model.ts';
import { startFakeSlack } from '../harness/fake-slack/fake-slack.ts';
import { NO_RATE_LIMITS } from '../harness/fake-slack/limiter.ts';
import type { SlackMessage } from '../harness/fake-slack/state.ts';
import { factsOf, readFacts, type Facts } from '../harness/invariants.ts';
import { seededRandom } from '../harness/seeded.ts';
import { eventually, startServerProcess, temporaryDirectory } from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import type { WebClient } from '../harness/web-client.ts';
import { logIn, webClient } from '../harness/web-client.ts';

const CHAT_WORDS = ['hello', 'plan', 'ask', 'think', 'fail', 'chunks 500'];
const WEB_WORDS = [...CHAT_WORDS, 'ask', 'long', 'chunks 3000', 'crash'];
/** Threads of each place that are talked on: each costs an agent's process in every life. */
const RECENT = 2;
const MESSAGES_A_MINUTE = 1e9;
/** Of the mentions on GitHub: more than 60 would wait out our own budget of a minute in the end. */
const SHARE_ON_GITHUB = 0.4;

interface Pending {
  readonly requestId: string;
  readonly sessionId: string;
  readonly options: readonly { readonly optionId: string }[];
}

export interface StageOptions {
  readonly seed: number;
  /** Undefined: SQLite in the data directory. */
  readonly postgres?: TestPostgres | undefined;
}

export type Stage = Awaited<ReturnType<typeof openStage>>;

export async function openStage({ seed, postgres }: StageOptions) {
  const random = seededRandom(seed);
  const pick = <T>(list: readonly T[]): T => {
    const chosen = list[Math.floor(random() * list.length)];
    if (chosen === undefined) throw new Error('nothing to pick from');
    return chosen;
  };
  const directory = await temporaryDirectory();
  const databaseUrl = await postgres?.freshDatabase();
  const github = await createFakeGitHub({
    ghes: true,
    limits: {
      contentPerMinute: MESSAGES_A_MINUTE,
      contentPerHour: MESSAGES_A_MINUTE,
      pointsPerMinute: MESSAGES_A_MINUTE,
    },
  });
  const slack = await startFakeSlack({ rates: NO_RATE_LIMITS });
  const acme = github.world.user('acme', 'Organization');
  const ann = github.user('ann');
  const repo = github.world.repo('shop', { owner: acme, roles: [[ann, 'admin']] });
  github.people.install(ann, acme, [repo]);
  const sal = slack.addPerson('Sal');
  const general = slack.addChannel('general', [sal]);

  /** What was accepted, and must be there after any kill. */
  const prompts = new Set<string>();
  const posts = new Set<string>();
  /** Issues with the number of mentions in them. */
  const mentions = new Map<Issue, number>();
  const roots: SlackMessage[] = [];
  const said: SlackMessage[] = [];
  const threads: string[] = [];
  const sessions: string[] = [];
  let starts = 0;
  let cookie = '';

  /** Every second start speaks to Slack over Socket Mode. */
  async function start(): Promise<ServerProcess> {
    const socket = (starts += 1) % 2 === 0;
    const server = await startServerProcess({
      dataDir: directory.path,
      env: {
        LOG_LEVEL: 'warn',
        EXAMPLE_DELAY_MS: '1',
        ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
        APP_ID: String(github.world.app.id),
        PRIVATE_KEY: github.privateKey,
        WEBHOOK_SECRET: github.secret,
        GHE_HOST: github.host,
        GHE_PROTOCOL: 'http',
        SLACK_BOT_TOKEN: slack.botToken,
        SLACK_API_URL: slack.apiUrl,
        ...(socket
          ? { SLACK_APP_TOKEN: slack.appToken }
          : { SLACK_SIGNING_SECRET: slack.signingSecret }),
      },
    });
    github.hooks.target = `${server.url}/api/github/webhooks`;
    slack.deliverTo(socket ? null : `${server.url}/slack/events`);
    if (socket) await eventually(async () => slack.sockets.connections() > 0 || undefined);
    if (cookie === '') cookie = await logIn(server.loginUrl);
    return server;
  }

  /** A mention on Slack, and often one on GitHub, on a new thread or a known one. */
  function mention(): void {
    if (mentions.size === 0 || random() < SHARE_ON_GITHUB) mentionOnGitHub();
    const thread = roots.length < RECENT || random() < 0.1 ? undefined : pick(roots.slice(-RECENT));
    const text = `@threadcast ${pick(CHAT_WORDS)}`;
    const message = slack.people.say(sal, general, text, { ...(thread && { thread }) });
    said.push(message);
    if (thread === undefined) roots.push(message);
  }

  function mentionOnGitHub(): void {
    const issues = [...mentions.keys()];
    const issue =
      issues.length < RECENT || random() < 0.1
        ? github.people.openIssue(ann, repo, { title: 'One more', body: 'Please.' })
        : pick(issues.slice(-RECENT));
    github.people.comment(ann, issue, `@threadcast ${pick(CHAT_WORDS)}`);
    mentions.set(issue, (mentions.get(issue) ?? 0) + 1);
  }

  async function write(web: WebClient): Promise<void> {
    const id = randomUUID();
    const text = pick(WEB_WORDS);
    const known =
      threads.length < RECENT || random() < 0.1 ? undefined : pick(threads.slice(-RECENT));
    const thread = known ?? (await web.openThread(text, id));
    if (known === undefined) threads.push(thread);
    else await web.post(thread, text, id);
    posts.add(`${thread}:${id}`);
  }

  async function prompt(server: ServerProcess): Promise<void> {
    let id = sessions.length < RECENT || random() < 0.1 ? undefined : pick(sessions.slice(-RECENT));
    if (id === undefined) {
      const session = { agentTemplateId: 'example' };
      ({ id } = await server.api<{ id: string }>('POST', '/sessions', session));
      sessions.push(id);
    }
    const route = `/sessions/${id}/prompts`;
    const text = pick(WEB_WORDS);
    const { promptId } = await server.api<{ promptId: string }>('POST', route, { text });
    prompts.add(promptId);
  }

  async function answerAll(server: ServerProcess): Promise<void> {
    const { data } = await server.api<{ data: Pending[] }>('GET', '/permissions?state=pending');
    for (const { requestId, sessionId, options } of data) {
      const route = `/sessions/${sessionId}/permissions/${requestId}`;
      const { optionId } = pick(options);
      await server.api('POST', route, { optionId }).catch(() => undefined);
    }
  }

  /** One round of what goes on at the page and in programs; what fails was not accepted. */
  async function busy(server: ServerProcess): Promise<void> {
    const web = webClient(server.url, cookie);
    await Promise.allSettled([write(web), prompt(server), answerAll(server)]);
  }

  const query = async (sql: string) => (await postgres?.query(databaseUrl ?? '', sql)) ?? [];
  /** As it is now, also while a server is up. */
  const look = (): Promise<Facts> =>
    postgres === undefined ? readFacts(directory.path) : factsOf(query);

  /** After a kill. What the dead server had sent to Postgres is done or gone when this resolves. */
  async function facts(): Promise<Facts> {
    if (postgres === undefined) return look();
    await eventually(async () => {
      const others = await query(
        'select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      );
      return others.length === 0 || undefined;
    });
    // As after the nine seconds in which nobody knows yet that it is dead.
    await query('update leases set holder = null');
    await query('delete from holders');
    return look();
  }

  /** Says of Slack that it has heard from us: those must have been worked off in the end. */
  const acknowledged = (message: SlackMessage): boolean =>
    slack.courier.deliveries.some(
      ({ state, payload }) =>
        state === 'acked' && JSON.stringify(payload).includes(`"ts":"${message.ts}"`),
    );

  return {
    github,
    slack,
    random,
    start,
    mention,
    prompt,
    busy,
    answerAll,
    look,
    facts,
    prompts,
    posts,
    mentions,
    roots,
    said,
    acknowledged,
    async close(): Promise<void> {
      await Promise.all([github.stop(), slack.close()]);
      await directory.remove();
    },
  };
}
