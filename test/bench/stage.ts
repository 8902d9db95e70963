/** Both fakes, one server that talks to them, and the plain bot beside it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createFakeGitHub } from '../harness/fake-github/fake-github.ts';
import { startFakeSlack } from '../harness/fake-slack/fake-slack.ts';
import { NO_RATE_LIMITS } from '../harness/fake-slack/limiter.ts';
import { startServerProcess, temporaryDirectory } from '../harness/server-process.ts';

const PLAIN_BOT = fileURLToPath(new URL('./plain-bot.ts', import.meta.url));
export const AGENT = fileURLToPath(new URL('./agent.ts', import.meta.url));
const UNLIMITED = { contentPerMinute: 1e9, contentPerHour: 1e9, pointsPerMinute: 1e9 };

export type Stage = Awaited<ReturnType<typeof openStage>>;

/** People, a repository with the App and a channel with the bot are there; webhooks go to `url`. */
export async function openStage() {
  const github = await createFakeGitHub({ ghes: true, limits: UNLIMITED });
  const slack = await startFakeSlack({ rates: NO_RATE_LIMITS });
  const directory = await temporaryDirectory();
  const server = await startServerProcess({
    dataDir: directory.path,
    env: {
      LOG_LEVEL: 'error',
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
  await server.api('POST', '/agent-templates', {
    id: 'bench',
    name: 'Bench',
    spawn: { command: process.execPath, args: [AGENT] },
  });
  const plain = await startPlainBot({
    GITHUB_SECRET: github.secret,
    SLACK_SECRET: slack.signingSecret,
    SLACK_TOKEN: slack.botToken,
    SLACK_API: slack.apiUrl,
  });
  const ann = github.user('ann');
  const repo = github.world.repo('shop', {
    owner: github.world.user('acme', 'Organization'),
    roles: [[ann, 'admin']],
  });
  github.people.install(ann, repo.owner, [repo]);
  const sal = slack.addPerson('Sal');
  const general = slack.addChannel('general', [sal]);
  return {
    github,
    slack,
    server,
    plain,
    ann,
    repo,
    sal,
    general,
    /** From now on what happens is told to the server there. */
    deliverTo(url: string): void {
      github.hooks.target = `${url}/api/github/webhooks`;
      slack.deliverTo(`${url}/slack/events`);
    },
    async close(): Promise<void> {
      plain.stop();
      await server.stop();
      await Promise.all([github.stop(), slack.close()]);
      await directory.remove();
      const broken = [...github.errors, ...slack.broken.map(String)];
      if (broken.length > 0) throw new Error(broken.join('\n'));
    },
  };
}

async function startPlainBot(env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [PLAIN_BOT], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.setEncoding('utf8');
  const [url] = (await once(child.stdout, 'data')) as [string];
  return { url: url.trim(), stop: () => void child.kill('SIGKILL') };
}
