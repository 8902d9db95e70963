/** GitHub and Slack on one whole server with the real example agent; only the platforms are fakes. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFakeGitHub } from '../harness/fake-github/fake-github.ts';
import type { FakeGitHub } from '../harness/fake-github/fake-github.ts';
import { startFakeSlack } from '../harness/fake-slack/fake-slack.ts';
import type { FakeSlack } from '../harness/fake-slack/fake-slack.ts';
import { freePort } from '../harness/databases.ts';
import { eventually, startServerProcess, temporaryDirectory } from '../harness/server-process.ts';
import type { ServerProcess } from '../harness/server-process.ts';
import { logIn } from '../harness/web-client.ts';

const directory = await temporaryDirectory();
let github: FakeGitHub;
let slack: FakeSlack;
let server: ServerProcess;
let cookie: string;

const settings = () => ({
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
});

async function start(): Promise<void> {
  const port = String(await freePort());
  server = await startServerProcess({
    dataDir: directory.path,
    env: { ...settings(), PORT: port, PUBLIC_URL: `http://127.0.0.1:${port}` },
  });
  cookie = await logIn(server.loginUrl);
  github.hooks.target = `${server.url}/api/github/webhooks`;
  slack.deliverTo(`${server.url}/slack/events`);
}

beforeAll(async () => {
  github = await createFakeGitHub({ ghes: true });
  slack = await startFakeSlack();
  await start();
});
afterAll(async () => {
  await server.stop();
  await Promise.all([github.stop(), slack.close()]);
  await directory.remove();
});

const until = (done: () => boolean): Promise<true> =>
  eventually(async () => done() || undefined, 30_000);

describe('a server with both platforms', { timeout: 90_000 }, () => {
  it('takes a mention in an issue to its outcome, with a permission answered by a comment', async () => {
    const acme = github.world.user('acme', 'Organization');
    const ann = github.user('ann');
    const repo = github.world.repo('shop', { owner: acme, roles: [[ann, 'admin']] });
    github.people.install(ann, acme, [repo]);
    const issue = github.people.openIssue(ann, repo, { title: 'Say hello', body: 'Please.' });
    github.people.comment(ann, issue, '@threadcast ask');
    await until(() => github.botComments(issue).some(({ body }) => body.includes('/approve')));
    const card = github.botComments(issue).find(({ body }) => body.includes('/approve'));
    const page = /\[answer on its page\]\((\S+)\)/.exec(card?.body ?? '')?.[1] ?? '';
    const stranger = await fetch(page, { headers: { accept: 'text/html' } });
    expect([stranger.status, await stranger.text()]).toEqual([
      401,
      expect.stringContaining(`name="next" value="${new URL(page).pathname}"`),
    ]);
    const code = /\/approve ([a-z]\d+)/.exec(card?.body ?? '')?.[1];
    github.people.comment(ann, issue, `/approve ${code}`);
    await until(() => github.botComments(issue).some(({ body }) => body.includes('is written')));
    await until(() => card?.body.includes('ann') === true);
    expect(github.botComments(issue)).toHaveLength(2);
    const [turn] = github.botComments(issue);
    const session = /\[session page\]\((\S+)\)/.exec(turn?.body ?? '')?.[1] ?? '';
    const html = await (await fetch(session, { headers: { accept: 'text/html', cookie } })).text();
    expect(html).toContain(`href="http://${github.host}/acme/shop/issues/${issue.number}"`);
    expect(html).toContain('Allowed by ann');
    const answered = await (await fetch(page, { headers: { accept: 'text/html', cookie } })).text();
    expect(answered).toContain('Allowed by ann');
    expect(github.errors).toEqual([]);
  });

  it('takes a mention in a channel to its outcome, with a permission answered by a button', async () => {
    const ann = slack.addPerson('Ann');
    const general = slack.addChannel('general', [ann]);
    const root = slack.people.say(ann, general, '@threadcast ask');
    const buttonOf = () =>
      slack.answers(root).find((answer) => JSON.stringify(answer.blocks ?? []).includes('button'));
    await until(() => buttonOf() !== undefined);
    const card = buttonOf();
    if (card === undefined) throw new Error('no card');
    slack.people.click(ann, card, 'Allow');
    await until(() => slack.visible(root).includes('is written'));
    expect(slack.answers(root)).toHaveLength(2);
    const [, session = ''] =
      /<(http[^|]*\/sessions\/[^|]*)\|session page>/.exec(JSON.stringify(slack.answers(root))) ??
      [];
    const html = await (await fetch(session, { headers: { accept: 'text/html', cookie } })).text();
    expect(html).toMatch(new RegExp(`href="https?://[^"]+/archives/${general.id}/p\\d+"`));
    expect(slack.broken).toEqual([]);
  });

  it('refuses an unsigned delivery of either', async () => {
    const body = JSON.stringify({ action: 'created' });
    const post = async (path: string): Promise<number> =>
      (await fetch(`${server.url}${path}`, { method: 'POST', body })).status;
    expect(await post('/api/github/webhooks')).toBeGreaterThanOrEqual(400);
    expect(await post('/slack/events')).toBeGreaterThanOrEqual(400);
  });

  it('comes up while GitHub refuses it and Slack is away, says so, and answers when it may', async () => {
    const acme = github.world.user('late', 'Organization');
    const ann = github.user('lara');
    const repo = github.world.repo('late', { owner: acme, roles: [[ann, 'admin']] });
    github.people.install(ann, acme, [repo]);
    await server.stop();
    github.fault = () => ({ kind: 'status', status: 401 });
    slack.api.fault = () => ({ kind: 'reset' });
    await start();
    const health = () =>
      server.api<{ platforms: Record<string, { state: string; says: string }> }>('GET', '/health');
    await eventually(async () => {
      const { platforms } = await health();
      return Object.values(platforms).every(({ state }) => state === 'away') || undefined;
    });
    expect(await health()).toMatchObject({
      status: 'ok',
      platforms: {
        github: { says: expect.stringContaining('GitHub does not know this App by this key.') },
        slack: { says: expect.stringContaining('Slack did not answer auth.test') },
      },
    });
    expect(server.output().match(/GitHub does not know this App/g)).toHaveLength(1);
    const issue = github.people.openIssue(ann, repo, { title: 'Later', body: 'Please.' });
    github.people.comment(ann, issue, '@threadcast hello');
    await until(() => github.hooks.deliveries.at(-1)?.statusCode === 202);
    github.fault = () => undefined;
    slack.api.fault = () => undefined;
    await until(() => github.botComments(issue).some(({ body }) => body.includes('done')));
    expect((await health()).platforms['github']?.state).toBe('ready');
  });

  it('is up at once and ends in good order though both take every call and answer none', async () => {
    const silent = createServer();
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const host = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    const other = await temporaryDirectory();
    const waiting = await startServerProcess({
      dataDir: other.path,
      env: { ...settings(), GHE_HOST: host, SLACK_API_URL: `http://${host}/api/` },
    });
    const calls = await eventually(async () => {
      const open = await promisify(silent.getConnections.bind(silent))();
      return open >= 2 ? open : undefined;
    });
    expect(calls).toBeGreaterThanOrEqual(2);
    const { platforms } = await waiting.api<{ platforms: Record<string, { state: string }> }>(
      'GET',
      '/health',
    );
    expect(Object.values(platforms).map(({ state }) => state)).not.toContain('ready');
    // 10 s after the signal it would leave with code 1.
    expect(await waiting.stop()).toBe(0);
    silent.close();
    await other.remove();
  });

  it('ends in good order, with code 0, while an outcome waits for its budget', async () => {
    const bob = slack.addPerson('Bob');
    slack.api.fault = ({ method }) =>
      method === 'chat.update' ? { kind: 'throttle', retryAfterSeconds: 60 } : undefined;
    slack.people.say(bob, slack.addChannel('waiting', [bob]), '@threadcast hello');
    await until(() => slack.count('chat.update', 'ratelimited') > 0);
    const asked = performance.now();
    expect(await server.stop()).toBe(0);
    expect(performance.now() - asked).toBeLessThan(9_000);
  });
});
