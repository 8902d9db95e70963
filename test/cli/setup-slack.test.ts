/** `threadcast setup slack`, over the fake Slack. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { Ajv } from 'ajv';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CliConfig } from '../../src/cli/command.ts';
import { overHttp, readSlackManifest } from '../../src/cli/manifests.ts';
import { run } from '../../src/cli/run.ts';
import { startFakeSlack, type FakeSlack } from '../harness/fake-slack/fake-slack.ts';
import { fakeCli, validSetup } from './fake-cli.ts';

const publicUrl = 'https://threadcast.example';
const SIGNING_SECRET = '0123456789abcdef'.repeat(2);
const SCHEMA = path.join(
  import.meta.dirname,
  '../../../shared/corpus/slack-manifest.v2.schema.json',
);
const { scopes, json } = await readSlackManifest();
let cwd: string;
let file: string;
let slack: FakeSlack;

beforeEach(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'threadcast-setup-'));
  file = path.join(cwd, '.env');
  slack = await startFakeSlack({ scopes });
});
afterEach(async () => {
  await slack.close();
  await rm(cwd, { recursive: true });
});

const cliWith = (config: Partial<CliConfig> = {}, answers: readonly string[] = []) =>
  fakeCli(validSetup({}, { slackApiUrl: `${slack.url}/api`, ...config }), cwd, answers);
const tokens = () => ({
  appToken: slack.appToken,
  botToken: slack.botToken,
  apiUrl: `${slack.url}/api`,
});
const manifestIn = (output: string): unknown => {
  const link = /https:\/\/api\.slack\.com\S+/.exec(output)?.[0] ?? '';
  return JSON.parse(new URL(link).searchParams.get('manifest_json') ?? '');
};

test('it says what to click, with the link that makes the app for Socket Mode', async () => {
  const cli = cliWith();
  expect(await run(['setup', 'slack'], cli)).toBe(0);
  expect(manifestIn(cli.stdout())).toEqual(JSON.parse(json));
  expect(`\n${cli.stdout().replace(/https:\S+/, '<link>')}`).toMatchInlineSnapshot(`
    "
    1. Open this link, choose the workspace, and press Create:

      <link>

    2. Basic Information, App-Level Tokens: make one with the scope connections:write. It is SLACK_APP_TOKEN.
    3. Install App: press Install. The Bot User OAuth Token is SLACK_BOT_TOKEN.
    4. Give both here, or write them into .env, one NAME=value a line, and run this again.

    App-Level Token (is not shown):
    Nothing is written. With the tokens in .env, run this again: it checks them."
  `);
  expect(existsSync(file)).toBe(false);
});

test('with --http the app posts to PUBLIC_URL, and other workspaces may install it', async () => {
  const cli = cliWith({ publicUrl });
  expect(await run(['setup', 'slack', '--http'], cli)).toBe(0);
  const request_url = `${publicUrl}/slack/events`;
  expect(manifestIn(cli.stdout())).toMatchObject({
    features: { slash_commands: [{ command: '/threadcast', url: request_url }] },
    oauth_config: { redirect_urls: [`${publicUrl}/slack/oauth_redirect`], scopes: { bot: scopes } },
    settings: {
      event_subscriptions: { request_url },
      interactivity: { is_enabled: true, request_url },
      socket_mode_enabled: false,
    },
  });
  expect(cli.stdout()).toContain('2. Basic Information, Signing Secret, Show');
  const socket = cliWith({ publicUrl });
  await run(['setup', 'slack'], socket);
  expect(socket.stdout()).toContain('npm start -- setup slack --http');
});

test.skipIf(!existsSync(SCHEMA))(
  "the manifest for HTTP is valid by Slack's own schema (skipped where ../shared is absent)",
  async () => {
    const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
    const validate = ajv.compile(JSON.parse(readFileSync(SCHEMA, 'utf8')) as object);
    validate(JSON.parse(overHttp(await readSlackManifest(), publicUrl)));
    expect(validate.errors).toBeNull();
  },
);

test.each([undefined, 'http://localhost:3000', 'https://192.168.1.2'])(
  'with PUBLIC_URL %s HTTP is refused, and Socket Mode offered',
  async (url) => {
    const cli = cliWith({ publicUrl: url });
    expect(await run(['setup', 'slack', '--http'], cli)).toBe(1);
    expect(cli.stderr()).toMatch(/cloudflared tunnel .*\nOr leave --http out/);
    expect(cli.stdout()).toBe('');
  },
);

test('tokens that are given and that Slack takes are written, and never shown', async () => {
  await writeFile(file, 'PORT=4000', { mode: 0o644 });
  const cli = cliWith({}, [slack.appToken, slack.botToken]);
  expect(await run(['setup', 'slack'], cli)).toBe(0);
  expect(parseEnv(await readFile(file, 'utf8'))).toEqual({
    PORT: '4000',
    SLACK_APP_TOKEN: slack.appToken,
    SLACK_BOT_TOKEN: slack.botToken,
  });
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(cli.stdout()).toContain(`Written to ${file}.`);
  expect(cli.stdout()).not.toContain(slack.botToken);
  expect(cli.stdout()).not.toContain(slack.appToken);
});

test('over HTTP the Signing Secret and PUBLIC_URL are kept', async () => {
  const cli = cliWith({ publicUrl }, [SIGNING_SECRET, slack.botToken]);
  expect(await run(['setup', 'slack', '--http'], cli)).toBe(0);
  expect(parseEnv(await readFile(file, 'utf8'))).toEqual({
    PUBLIC_URL: publicUrl,
    SLACK_SIGNING_SECRET: SIGNING_SECRET,
    SLACK_BOT_TOKEN: slack.botToken,
  });
});

test('an answer of the wrong form is asked for again, and one that Slack refuses is not written', async () => {
  const cli = cliWith({}, [slack.botToken, slack.appToken, 'xoxb-wrong']);
  expect(await run(['setup', 'slack'], cli)).toBe(1);
  expect(cli.stdout()).toContain('That is no App-Level Token: it begins with xapp-.');
  expect(cli.stdout()).toContain('✗ Slack refuses SLACK_BOT_TOKEN: invalid_auth.');
  expect(cli.stderr()).toContain('Nothing is written. Mend that, and run this again.');
  expect(existsSync(file)).toBe(false);
});

test('a name that .env has is never overwritten', async () => {
  await writeFile(file, 'SLACK_BOT_TOKEN=mine\n');
  const cli = cliWith({}, [slack.appToken, slack.botToken]);
  expect(await run(['setup', 'slack'], cli)).toBe(1);
  expect(cli.stderr()).toContain(`${file} has SLACK_BOT_TOKEN already.`);
  expect(await readFile(file, 'utf8')).toBe('SLACK_BOT_TOKEN=mine\n');
});

test('tokens that are set are checked', async () => {
  const good = cliWith({ slack: tokens() });
  expect(await run(['setup', 'slack'], good)).toBe(0);
  expect(good.stdout()).toContain('✓ Slack: Socket Mode');
  const bad = cliWith({ slack: { ...tokens(), botToken: 'xoxb-wrong' } });
  expect(await run(['setup', 'slack'], bad)).toBe(1);
  expect(bad.stdout()).toContain('✗ Slack refuses SLACK_BOT_TOKEN: invalid_auth.');
});
