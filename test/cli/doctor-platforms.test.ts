/** What doctor says of GitHub and Slack, over the fakes. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkGitHub } from '../../src/cli/checks/github.ts';
import { checkWorkspaces } from '../../src/cli/checks/slack-workspaces.ts';
import { checkSlack } from '../../src/cli/checks/slack.ts';
import { readGitHubManifest, readSlackManifest } from '../../src/cli/manifests.ts';
import { probeWebhooks } from '../../src/cli/checks/probe.ts';
import type { Installation } from '../harness/fake-github/model.ts';
import { createFakeGitHub, type FakeGitHub } from '../harness/fake-github/fake-github.ts';
import { startFakeSlack, type FakeSlack } from '../harness/fake-slack/fake-slack.ts';

const publicUrl = 'https://threadcast.example';
const at = { publicUrl, host: '127.0.0.1', port: 0 };
const asked = await readGitHubManifest();
const manifest = await readSlackManifest();
let github: FakeGitHub;
let slack: FakeSlack;
let installation: Installation;
const servers: Server[] = [];

beforeEach(async () => {
  const app = { permissions: asked.default_permissions, events: asked.default_events };
  github = await createFakeGitHub({ app, target: `${publicUrl}/api/github/webhooks`, ghes: true });
  github.hooks.hold();
  const acme = github.world.user('acme', 'Organization');
  const repos = ['shop', 'api'].map((name) => github.world.repo(name, { owner: acme }));
  installation = github.people.install(github.user('ann'), acme, repos);
  slack = await startFakeSlack({ scopes: manifest.scopes });
});
afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await github.stop();
  await slack.close();
});

const gitHubSettings = () => ({
  appId: github.world.app.id,
  privateKey: { pem: github.privateKey },
  host: github.host,
  protocol: 'http' as const,
});

const slackSettings = () => ({
  appToken: slack.appToken,
  botToken: slack.botToken,
  apiUrl: `${slack.url}/api`,
});

const bad = (findings: readonly { state: string; says: string }[]): readonly string[] =>
  findings.filter(({ state }) => state === 'bad').map(({ says }) => says);

test('a GitHub App that is as app.yml asks is well', async () => {
  const found = await checkGitHub({ ...at, github: gitHubSettings() }, asked, Date.now);
  expect(found.map(({ state, says }) => `${state} ${says}`)).toEqual([
    `good GitHub: the App ${github.world.app.slug} answers`,
    'good GitHub: permissions and events as app.yml asks',
    `good GitHub: webhooks go to ${publicUrl}/api/github/webhooks`,
    'note GitHub: no webhook was sent in the last three days',
    'good GitHub: installed for acme in 2: shop, api',
  ]);
  expect(github.tokens.every(({ revoked }) => revoked)).toBe(true);
  expect(github.errors).toEqual([]);
});

test('permissions and events that the App lacks are named', async () => {
  const more = {
    ...asked,
    default_permissions: { ...asked.default_permissions, contents: 'write', actions: 'read' },
    default_events: [...asked.default_events, 'push'],
  };
  const found = await checkGitHub({ ...at, github: gitHubSettings() }, more, Date.now);
  expect(bad(found)).toEqual([
    'The App lacks permissions: contents: write, actions: read.',
    'The App lacks events: push.',
    'GitHub: acme has not accepted contents: write, actions: read.',
  ]);
});

test('a key that cannot be read, and a key of another App, are told', async () => {
  const settings = { ...gitHubSettings(), privateKey: { pem: 'PRIVATE KEY' } };
  expect(bad(await checkGitHub({ ...at, github: settings }, asked, Date.now))).toEqual([
    'PRIVATE_KEY holds no key that can be read.',
  ]);
  const other = { ...gitHubSettings(), appId: 1 };
  expect(bad(await checkGitHub({ ...at, github: other }, asked, Date.now))).toEqual([
    'GitHub does not know this App by this key.',
  ]);
});

test('webhooks that go elsewhere, and a clock that goes wrong, are told', async () => {
  const late = (): number => Date.now() + 3_600_000;
  const url = 'https://other.example';
  const found = await checkGitHub(
    { ...at, github: gitHubSettings(), publicUrl: url },
    asked,
    Date.now,
  );
  expect(bad(found)).toEqual([
    `The App sends its webhooks to ${publicUrl}/api/github/webhooks, not here.`,
  ]);
  const skewed = await checkGitHub({ ...at, github: gitHubSettings() }, asked, late);
  expect(bad(skewed).join('\n')).toMatch(/The clock is 3[56]\d\d s ahead of GitHub's\./);
});

test('a GitHub that does not answer is one finding', async () => {
  const settings = { ...gitHubSettings(), host: '127.0.0.1:1' };
  const found = await checkGitHub({ ...at, github: settings }, asked, Date.now);
  expect(bad(found).join('\n')).toMatch(/^GitHub does not answer at http:\/\/127\.0\.0\.1:1/);
});

test('a Slack app with all its scopes and Socket Mode is well', async () => {
  const found = await checkSlack({ ...at, slack: slackSettings() }, manifest, Date.now);
  expect(found.map(({ state }) => state)).toEqual(['good', 'good', 'good']);
  expect(found.at(-1)?.says).toBe('Slack: Socket Mode');
});

test('tokens that Slack refuses, and scopes that are missing, are told', async () => {
  const wrong = { ...slackSettings(), botToken: 'xoxb-wrong', appToken: 'xapp-wrong' };
  expect(bad(await checkSlack({ ...at, slack: wrong }, manifest, Date.now))).toEqual([
    'Slack refuses SLACK_BOT_TOKEN: invalid_auth.',
    'Slack refuses SLACK_APP_TOKEN: invalid_auth.',
  ]);
  const more = { ...manifest, scopes: [...manifest.scopes, 'files:read'] };
  expect(bad(await checkSlack({ ...at, slack: slackSettings() }, more, Date.now))).toEqual([
    'The Slack app lacks scopes: files:read.',
  ]);
});

test('without Socket Mode the server must have an address', async () => {
  const settings = { ...slackSettings(), appToken: undefined };
  expect(
    bad(await checkSlack({ ...at, slack: settings, publicUrl: undefined }, manifest, Date.now)),
  ).toHaveLength(1);
  expect(bad(await checkSlack({ ...at, slack: settings }, manifest, Date.now))).toEqual([]);
});

const gitHub = async (over: object = {}) =>
  bad(await checkGitHub({ ...at, github: gitHubSettings(), ...over }, asked, Date.now));

/** What stands at PUBLIC_URL; as a Threadcast it also tells its health. */
async function serve(status: number, headers: Record<string, string> = {}) {
  const server = createServer((request, response) => {
    if (request.url === '/api/health') response.end('{"version":"1","sessions":0}');
    else response.writeHead(status, headers).end();
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, host: '127.0.0.1', publicUrl: `http://127.0.0.1:${port}` };
}

test('an App that is installed nowhere, or sees nothing, or is suspended, is told', async () => {
  const ann = github.user('ann');
  github.people.suspend(ann, installation);
  expect(await gitHub()).toEqual(['GitHub: the installation for acme is suspended.']);
  github.people.unsuspend(ann, installation);
  github.people.removeRepos(ann, installation, [...installation.repos]);
  expect(await gitHub()).toEqual(['GitHub: acme has given the App no repository.']);
  github.people.uninstall(ann, installation);
  expect(await gitHub()).toEqual(['The App is installed nowhere, so it hears nothing.']);
});

test('how the last webhooks were answered is told, with the mend', async () => {
  const refusing = await serve(401);
  github.hooks.target = `${refusing.publicUrl}/api/github/webhooks`;
  await github.hooks.pump();
  const found = await checkGitHub(
    { ...refusing, github: gitHubSettings() },
    asked,
    () => Date.now() + 1,
  );
  expect(found.filter(({ state }) => state === 'bad')).toEqual([
    {
      state: 'bad',
      says: 'GitHub: the last webhook (installation, 0 min ago) was answered with 401; 1 of the last 1 failed.',
      mend: "Set WEBHOOK_SECRET to the secret of the App's webhook, or the App's to ours.",
    },
  ]);
  const taking = await serve(202);
  github.hooks.target = `${taking.publicUrl}/api/github/webhooks`;
  const [repo] = installation.repos;
  if (repo === undefined) throw new Error('no repository');
  github.people.openIssue(github.user('ann'), repo, { title: 'One', body: '' });
  await github.hooks.idle();
  const after = await checkGitHub({ ...taking, github: gitHubSettings() }, asked, Date.now);
  expect(after.map(({ state, says }) => `${state} ${says}`)).toContain(
    'note GitHub: the last webhook (issues, 0 min ago) was taken; 1 of the last 2 failed',
  );
});

test('calls that run out are told', async () => {
  github.callsLeft = 120;
  const found = await checkGitHub({ ...at, github: gitHubSettings() }, asked, Date.now);
  expect(found.at(-1)?.says).toMatch(/^GitHub: 120 of 5000 calls are left for acme until 20/);
});

test.each([
  [401, {}, undefined],
  [401, { 'www-authenticate': 'Basic' }, 'answers with 401 from something in front of this server'],
  [404, {}, 'answers with 404'],
  [308, { location: 'https://www.example' }, 'redirects to https://www.example'],
  [502, {}, 'answers with 502'],
])(
  'PUBLIC_URL that answers an unsigned webhook with %i %j is told',
  async (status, headers, says) => {
    const there = await serve(status, headers);
    const path = '/api/github/webhooks';
    expect(bad(await probeWebhooks('GitHub', path, there))).toEqual(
      says === undefined ? [] : [`GitHub cannot reach us: ${there.publicUrl}${path} ${says}.`],
    );
  },
);

test('PUBLIC_URL is not blamed while the server does not run', async () => {
  const nobody = { host: '127.0.0.1', port: 1, publicUrl: 'http://127.0.0.1:1' };
  const [found] = await probeWebhooks('Slack', '/slack/events', nobody);
  expect(found?.state).toBe('note');
  expect(found?.says).toContain('shows only while the server runs');
  const { host, port } = await serve(401);
  const { publicUrl: closed } = await serve(401);
  servers.pop()?.close();
  const gone = { host, port, publicUrl: closed };
  expect(bad(await probeWebhooks('Slack', '/slack/events', gone)).join('')).toMatch(
    /^Slack cannot reach us: http:\S+ cannot be reached: .*ECONNREFUSED/,
  );
});

test('a clock that differs from that of Slack is told', async () => {
  const late = (): number => Date.now() - 3_600_000;
  const found = await checkSlack({ ...at, slack: slackSettings() }, manifest, late);
  expect(bad(found).join()).toMatch(/^The clock is 3[56]\d\d s behind Slack's\.$/);
});

test('the workspaces that installed the app by themselves are told, and that none has', async () => {
  expect(await checkWorkspaces(at, async () => ['T1', 'T2'])).toEqual([
    { state: 'good', says: 'Slack: installed in T1, T2' },
  ]);
  expect(await checkWorkspaces(at, async () => [])).toEqual([
    {
      state: 'bad',
      says: 'No workspace has installed the Slack app yet.',
      mend: `Start the server and open ${publicUrl}/slack/install in a browser that is logged in to Slack.`,
    },
  ]);
  expect(await checkWorkspaces(at, async () => undefined)).toEqual([]);
});
