/** `threadcast setup github`, with the browser played by the test, over the fakes. */
import { createServer, type AddressInfo } from 'node:net';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { githubSite } from '../../src/cli/github-site.ts';
import { readGitHubManifest } from '../../src/cli/manifests.ts';
import { run } from '../../src/cli/run.ts';
import { openManifestFlow } from '../../src/cli/setup/manifest-flow.ts';
import { apiBase } from '../../src/github/options.ts';
import { createFakeGitHub, type FakeGitHub } from '../harness/fake-github/fake-github.ts';
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
    PUBLIC_URL: publicUrl,
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
  expect(cli.stderr()).toContain(
    'GitHub does not take the code (status 404): each works once, for an hour.',
  );
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

test.each([
  [
    undefined,
    'github.com',
    /^Set PUBLIC_URL first, .*\nWithout one, open a tunnel, .*localhost:3000$/,
  ],
  [
    'http://localhost:3000',
    'github.com',
    /leads only to this machine, where GitHub cannot reach it/,
  ],
  ['https://10.1.2.3', 'github.com', /leads only to your own network/],
  ['https://bot.corp.internal', 'acme.ghe.com', /leads only to your own network/],
  ['http://127.0.0.1:3000', 'git.example.org', /leads only to this machine/],
])('with PUBLIC_URL %s no App is made at %s, and the mend is said', async (url, server, says) => {
  const bare = fakeCli(validSetup({}, { publicUrl: url }), cwd);
  expect(await run(['setup', 'github', '--host', server], bare)).toBe(1);
  expect(bare.stderr()).toMatch(says);
});

test('an Enterprise Server in the own network may send webhooks to an address there', async () => {
  const inside = fakeCli(validSetup({}, { publicUrl: 'http://10.1.2.3:3000' }), cwd);
  cli = inside;
  const done = run(['setup', 'github', '--host', host()], inside);
  await fetch(await press(await formAt(await startUrl())));
  expect(await done).toBe(0);
});

test('GHE_HOST and GHE_PROTOCOL say which GitHub it is, and stay as they are in .env', async () => {
  await writeFile(file, `GHE_HOST=${github.host}\nGHE_PROTOCOL=http\nPUBLIC_URL=${publicUrl}/\n`);
  const githubServer = { host: github.host, protocol: 'http' as const };
  cli = fakeCli(validSetup({}, { publicUrl, githubServer }), cwd);
  const done = run(['setup', 'github'], cli);
  const form = await formAt(await startUrl());
  expect(form.action).toContain(`${host()}/settings/apps/new?state=`);
  await fetch(await press(form));
  expect(await done).toBe(0);
  const names = (await readFile(file, 'utf8')).split('\n').map((line) => line.split('=')[0]);
  expect(names.filter(Boolean)).toEqual([
    'GHE_HOST',
    'GHE_PROTOCOL',
    'PUBLIC_URL',
    'APP_ID',
    'PRIVATE_KEY',
    'WEBHOOK_SECRET',
  ]);
});

test.each([undefined, 'git.example.org:8443', 'acme.ghe.com'])(
  'the set-up and the App look for the API of %s in the same place',
  (name) => {
    const { api } = githubSite({ host: name, protocol: 'https' });
    const key = new Uint8Array(32);
    const lists = { aliases: [], labels: [], bots: [], untaggedReplies: false, signingKey: key };
    const app = { appId: 1, privateKey: '', webhookSecret: '', gheHost: name, ...lists };
    expect(apiBase(app) ?? 'https://api.github.com').toBe(api);
  },
);

test('a browser elsewhere is told of: the port to forward, which may be chosen', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await expect.poll(() => blocker.listening).toBe(true);
  const { port } = blocker.address() as AddressInfo;
  expect(await run(['setup', 'github', '--port', String(port)], cli)).toBe(1);
  expect(cli.stderr()).toBe(
    `Port ${port} on 127.0.0.1 is taken. Choose another with --port, or leave it out for a free one.`,
  );
  await new Promise((resolve) => {
    blocker.close(resolve);
  });
  const done = run(['setup', 'github', '--host', host(), '--port', String(port)], cli);
  const url = await startUrl();
  expect(cli.stdout()).toContain(`ssh -N -L ${port}:127.0.0.1:${port} `);
  const forwarded = url.replace('127.0.0.1', 'localhost');
  await fetch(await press(await formAt(forwarded)));
  expect(await done).toBe(0);
});

test('a second tab, and a way back without a code, use nothing up', async () => {
  const done = run(['setup', 'github', '--host', host()], cli);
  const url = await startUrl();
  const [form, second] = [await formAt(url), await formAt(url)];
  expect(second).toEqual(form);
  const back = new URL(await press(form));
  const cancelled = new URL(back);
  cancelled.searchParams.delete('code');
  const answer = await fetch(cancelled);
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain('GitHub made no App. Begin again where the terminal says.');
  expect((await fetch(back)).status).toBe(200);
  expect(await done).toBe(0);
});

test('while GitHub is away the page can be loaded again, and the App is not lost', async () => {
  const done = run(['setup', 'github', '--host', host()], cli);
  const back = await press(await formAt(await startUrl()));
  github.fault = () => ({ kind: 'status', status: 503 });
  expect(await (await fetch(back)).text()).toContain('Reload this page to ask again.');
  github.fault = () => ({ kind: 'reset' });
  expect((await fetch(back)).status).toBe(502);
  expect(cli.stderr()).toMatch(
    /^GitHub answers with status 503\. Reload the page in the browser to ask again\.\nGitHub does not answer at \S+: .+ Reload the page/,
  );
  github.fault = () => undefined;
  expect((await fetch(back)).status).toBe(200);
  expect(await done).toBe(0);
});

test('after an hour it ends', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const site = githubSite({ host: undefined, protocol: 'https' });
    const manifest = await readGitHubManifest();
    const onTrouble = (): void => {};
    const flow = await openManifestFlow({
      site,
      manifest,
      publicUrl,
      org: undefined,
      port: 0,
      onTrouble,
    });
    vi.advanceTimersByTime(3_600_000);
    await expect(flow.made).rejects.toThrow('No App was made within an hour. Begin again.');
    flow.close();
  } finally {
    vi.useRealTimers();
  }
});

test.skipIf(process.getuid?.() === 0)(
  'a directory where nothing can be written is told before an App is made (skipped for root)',
  async () => {
    await chmod(cwd, 0o500);
    expect(await run(['setup', 'github', '--host', host()], cli)).toBe(1);
    expect(cli.stderr()).toMatch(
      /\.env cannot be written: .* Run this in a directory where you may/,
    );
    await chmod(cwd, 0o700);
  },
);

test('a .env that is a directory is told before an App is made', async () => {
  await mkdir(file);
  expect(await run(['setup', 'github', '--host', host()], cli)).toBe(1);
  expect(cli.stderr()).toContain('EISDIR');
});

test.each([
  [['setup']],
  [['setup', 'jira']],
  [['setup', 'github', '--host', 'a b']],
  [['setup', 'slack', 'x']],
])('%j is refused with code 2', async (args) => {
  expect(await run(args, cli)).toBe(2);
});
