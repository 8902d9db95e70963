/** `threadcast setup`, with the browser played by the test, over the fakes. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readGitHubManifest, readSlackManifest } from '../../src/cli/manifests.ts';
import { run } from '../../src/cli/run.ts';
import { createFakeGitHub, type FakeGitHub } from '../harness/fake-github/fake-github.ts';
import { startFakeSlack } from '../harness/fake-slack/fake-slack.ts';
import { fakeCli, validSetup, type FakeCli } from './fake-cli.ts';

const publicUrl = 'https://threadcast.example';
let cwd: string;
let file: string;
let github: FakeGitHub;
let cli: FakeCli;

beforeEach(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'threadcast-setup-'));
  file = path.join(cwd, '.env');
  github = await createFakeGitHub({ ghes: true });
  cli = fakeCli(validSetup({}, { publicUrl }), cwd);
});
afterEach(async () => {
  await github.stop();
  await rm(cwd, { recursive: true });
});

const host = (): string => `http://${github.host}`;

async function startUrl(): Promise<string> {
  await expect.poll(() => cli.stdout()).toContain('http://127.0.0.1:');
  return /http:\/\/127\.0\.0\.1:\S+/.exec(cli.stdout())?.[0] ?? '';
}

interface Form {
  readonly action: string;
  readonly manifest: string;
}

async function formAt(url: string): Promise<Form> {
  const page = await (await fetch(url)).text();
  const read = (name: string): string =>
    (new RegExp(`${name}="([^"]*)"`).exec(page)?.[1] ?? '')
      .replaceAll('&quot;', '"')
      .replaceAll('&amp;', '&');
  return { action: read('action'), manifest: read('value') };
}

/** Where GitHub sends the browser back to. */
async function press({ action, manifest }: Form): Promise<string> {
  const body = new URLSearchParams({ manifest });
  const answer = await fetch(action, { method: 'POST', body, redirect: 'manual' });
  return answer.headers.get('location') ?? '';
}

test('setup github makes the App of an organisation on an Enterprise Server', async () => {
  await writeFile(file, 'PORT=4000', { mode: 0o644 });
  const done = run(['setup', 'github', '--org', 'acme', '--host', host()], cli);
  const form = await formAt(await startUrl());
  expect(form.action).toContain(`${host()}/organizations/acme/settings/apps/new?state=`);
  const asked = await readGitHubManifest();
  expect(JSON.parse(form.manifest)).toMatchObject({
    ...asked,
    hook_attributes: { url: `${publicUrl}/api/github/webhooks`, active: true },
  });
  const back = await fetch(await press(form));
  expect(await back.text()).toContain('/installations/new');
  expect(await done).toBe(0);
  const text = await readFile(file, 'utf8');
  expect(parseEnv(text)).toMatchObject({
    PORT: '4000',
    APP_ID: String(github.world.app.id),
    WEBHOOK_SECRET: github.secret,
    GHE_HOST: github.host,
    GHE_PROTOCOL: 'http',
  });
  expect(parseEnv(text)['PRIVATE_KEY']?.trim()).toBe(github.privateKey.trim());
  expect(text.split('\n').filter((line) => line.includes('PRIVATE KEY'))).toHaveLength(1);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(cli.stdout()).toContain('1. Install it: ');
  expect(cli.stdout()).not.toContain('PRIVATE KEY');
});

test('the page answers only whoever has its address and brings the state back, once', async () => {
  const done = run(['setup', 'github', '--host', host()], cli);
  const url = new URL(await startUrl());
  expect((await fetch(url.origin)).status).toBe(404);
  expect((await fetch(`${url.origin}/callback?code=stolen&state=guessed`)).status).toBe(404);
  expect(github.count('apps/create-from-manifest')).toBe(0);
  const back = await press(await formAt(url.href));
  const answers = await Promise.all([fetch(back), fetch(back).catch(() => undefined)]);
  expect(answers.filter((each) => each?.status === 200)).toHaveLength(1);
  expect(await done).toBe(0);
  expect(github.count('apps/create-from-manifest')).toBe(1);
});

test('a code that GitHub does not know ends it, and nothing is written', async () => {
  const done = run(['setup', 'github', '--host', host()], cli);
  const back = new URL(await press(await formAt(await startUrl())));
  back.searchParams.set('code', 'other');
  expect((await fetch(back)).status).toBe(502);
  expect(await done).toBe(1);
  expect(cli.stderr()).toContain('GitHub answered with status 404');
  await expect(stat(file)).rejects.toThrow('ENOENT');
});

test('what is configured is never overwritten', async () => {
  await writeFile(file, 'WEBHOOK_SECRET=mine\n');
  expect(await run(['setup', 'github'], cli)).toBe(1);
  expect(cli.stderr()).toBe(
    `GitHub is configured already: ${file} has WEBHOOK_SECRET. Remove that first to make another App.`,
  );
  expect(await readFile(file, 'utf8')).toBe('WEBHOOK_SECRET=mine\n');
});

test('names that appear meanwhile are not overwritten, and the lost App is named', async () => {
  const done = run(['setup', 'github', '--host', host()], cli);
  const back = await press(await formAt(await startUrl()));
  await writeFile(file, 'APP_ID=1\n');
  await fetch(back);
  expect(await done).toBe(1);
  expect(cli.stderr()).toContain(`${file} has APP_ID already.\nDelete it (`);
  expect(await readFile(file, 'utf8')).toBe('APP_ID=1\n');
});

test('without PUBLIC_URL there is no address for webhooks, so no App is made', async () => {
  const bare = fakeCli(validSetup(), cwd);
  expect(await run(['setup', 'github'], bare)).toBe(1);
  expect(bare.stderr()).toMatch(/^Set PUBLIC_URL first/);
});

test.each([
  [['setup']],
  [['setup', 'jira']],
  [['setup', 'github', '--host', 'a b']],
  [['setup', 'slack', 'x']],
])('%j is refused with code 2', async (args) => {
  expect(await run(args, cli)).toBe(2);
});

test('setup slack prints the link that makes the app from the manifest', async () => {
  expect(await run(['setup', 'slack'], cli)).toBe(0);
  const link = /https:\/\/api\.slack\.com\S+/.exec(cli.stdout())?.[0] ?? '';
  const { json } = await readSlackManifest();
  expect(new URL(link).searchParams.get('manifest_json')).toBe(json);
  expect(cli.stdout()).toContain('No token is set yet.');
});

test('setup slack checks the tokens that are set', async () => {
  const { scopes } = await readSlackManifest();
  const fake = await startFakeSlack({ scopes });
  try {
    const slack = { appToken: fake.appToken, botToken: fake.botToken, apiUrl: `${fake.url}/api` };
    const good = fakeCli(validSetup({}, { slack }), cwd);
    expect(await run(['setup', 'slack'], good)).toBe(0);
    expect(good.stdout()).toContain('✓ Slack: Socket Mode');
    const wrong = { ...slack, botToken: 'xoxb-wrong' };
    const bad = fakeCli(validSetup({}, { slack: wrong }), cwd);
    expect(await run(['setup', 'slack'], bad)).toBe(1);
    expect(bad.stdout()).toContain('✗ Slack refuses SLACK_BOT_TOKEN: invalid_auth.');
  } finally {
    await fake.close();
  }
});
