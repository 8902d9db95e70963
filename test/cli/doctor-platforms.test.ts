/** What doctor says of GitHub and Slack, over the fakes. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkGitHub } from '../../src/cli/checks/github.ts';
import { checkSlack } from '../../src/cli/checks/slack.ts';
import { readGitHubManifest, readSlackManifest } from '../../src/cli/manifests.ts';
import { createFakeGitHub, type FakeGitHub } from '../harness/fake-github/fake-github.ts';
import { startFakeSlack, type FakeSlack } from '../harness/fake-slack/fake-slack.ts';

const publicUrl = 'https://threadcast.example';
const asked = await readGitHubManifest();
const manifest = await readSlackManifest();
let github: FakeGitHub;
let slack: FakeSlack;

beforeEach(async () => {
  const app = { permissions: asked.default_permissions, events: asked.default_events };
  github = await createFakeGitHub({ app, target: `${publicUrl}/api/github/webhooks`, ghes: true });
  slack = await startFakeSlack({ scopes: manifest.scopes });
});
afterEach(async () => {
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
  const found = await checkGitHub({ github: gitHubSettings(), publicUrl }, asked, Date.now);
  expect(found.map(({ state, says }) => `${state} ${says}`)).toEqual([
    `good GitHub: the App ${github.world.app.slug} answers`,
    'good GitHub: permissions and events as app.yml asks',
    `good GitHub: webhooks go to ${publicUrl}/api/github/webhooks`,
  ]);
});

test('permissions and events that the App lacks are named', async () => {
  const more = {
    ...asked,
    default_permissions: { ...asked.default_permissions, contents: 'write', actions: 'read' },
    default_events: [...asked.default_events, 'push'],
  };
  const found = await checkGitHub({ github: gitHubSettings(), publicUrl }, more, Date.now);
  expect(bad(found)).toEqual([
    'The App lacks permissions: contents: write, actions: read.',
    'The App lacks events: push.',
  ]);
});

test('a key that cannot be read, and a key of another App, are told', async () => {
  const settings = { ...gitHubSettings(), privateKey: { pem: 'PRIVATE KEY' } };
  expect(bad(await checkGitHub({ github: settings, publicUrl }, asked, Date.now))).toEqual([
    'PRIVATE_KEY holds no key that can be read.',
  ]);
  const other = { ...gitHubSettings(), appId: 1 };
  expect(bad(await checkGitHub({ github: other, publicUrl }, asked, Date.now))).toEqual([
    'GitHub does not know this App by this key.',
  ]);
});

test('webhooks that go elsewhere, and a clock that goes wrong, are told', async () => {
  const late = (): number => Date.now() + 3_600_000;
  const url = 'https://other.example';
  const found = await checkGitHub({ github: gitHubSettings(), publicUrl: url }, asked, Date.now);
  expect(bad(found)).toEqual([
    `The App sends its webhooks to ${publicUrl}/api/github/webhooks, not here.`,
  ]);
  const skewed = await checkGitHub({ github: gitHubSettings(), publicUrl }, asked, late);
  expect(bad(skewed).join('\n')).toMatch(/The clock is 3[56]\d\d s ahead of GitHub's\./);
});

test('a GitHub that does not answer is one finding', async () => {
  const settings = { ...gitHubSettings(), host: '127.0.0.1:1' };
  const found = await checkGitHub({ github: settings, publicUrl }, asked, Date.now);
  expect(bad(found).join('\n')).toMatch(/^GitHub does not answer at http:\/\/127\.0\.0\.1:1/);
});

test('a Slack app with all its scopes and Socket Mode is well', async () => {
  const found = await checkSlack({ slack: slackSettings(), publicUrl }, manifest);
  expect(found.map(({ state }) => state)).toEqual(['good', 'good', 'good']);
  expect(found.at(-1)?.says).toBe('Slack: Socket Mode');
});

test('tokens that Slack refuses, and scopes that are missing, are told', async () => {
  const wrong = { ...slackSettings(), botToken: 'xoxb-wrong', appToken: 'xapp-wrong' };
  expect(bad(await checkSlack({ slack: wrong, publicUrl }, manifest))).toEqual([
    'Slack refuses SLACK_BOT_TOKEN: invalid_auth.',
    'Slack refuses SLACK_APP_TOKEN: invalid_auth.',
  ]);
  const more = { ...manifest, scopes: [...manifest.scopes, 'files:read'] };
  expect(bad(await checkSlack({ slack: slackSettings(), publicUrl }, more))).toEqual([
    'The app lacks scopes: files:read.',
  ]);
});

test('without Socket Mode the server must have an address', async () => {
  const settings = { ...slackSettings(), appToken: undefined };
  expect(bad(await checkSlack({ slack: settings, publicUrl: undefined }, manifest))).toHaveLength(
    1,
  );
  expect(bad(await checkSlack({ slack: settings, publicUrl }, manifest))).toEqual([]);
});
