/** Does Slack know our tokens, with every scope that manifest.slack.json asks for? */
import { z } from 'zod';
import type { CliConfig, Finding } from '../command.ts';
import type { SlackManifest } from '../manifests.ts';
import { skewFindings } from './clock.ts';
import { probeWebhooks } from './probe.ts';
import type { At } from './probe.ts';
import { DEADLINE_MS, unreachable } from './unreachable.ts';

type Slack = NonNullable<CliConfig['slack']>;

const answerSchema = z.object({
  ok: z.boolean(),
  error: z.string().optional(),
  team: z.string().optional(),
  user: z.string().optional(),
});

export async function checkSlack(
  config: At & { readonly slack: Slack },
  manifest: SlackManifest,
  now: () => number,
): Promise<readonly Finding[]> {
  const { slack } = config;
  const api = slack.apiUrl ?? 'https://slack.com/api';
  try {
    return [
      ...(await checkBotToken(api, config, manifest.scopes, now)),
      ...(await checkWay(api, config)),
    ];
  } catch (error) {
    return [unreachable('Slack', api, error)];
  }
}

async function checkBotToken(
  api: string,
  { slack, publicUrl }: At & { readonly slack: Slack },
  asked: readonly string[],
  now: () => number,
): Promise<readonly Finding[]> {
  if (slack.botToken === undefined) {
    const page = `${publicUrl ?? 'PUBLIC_URL'}/slack/install`;
    return [{ state: 'note', says: `Slack: each workspace installs the app at ${page}` }];
  }
  const { said, answer } = await call(api, 'auth.test', slack.botToken);
  const { headers } = answer;
  const skew = skewFindings('Slack', answer, now());
  if (!said.ok) {
    const mend = 'Set SLACK_BOT_TOKEN to the Bot User OAuth Token of the page OAuth & Permissions.';
    return [{ state: 'bad', says: `Slack refuses SLACK_BOT_TOKEN: ${said.error}.`, mend }, ...skew];
  }
  const known: Finding = {
    state: 'good',
    says: `Slack: ${said.user ?? 'the app'} is in the workspace ${said.team ?? ''}`.trimEnd(),
  };
  return [known, ...skew, scopesFinding(headers.get('x-oauth-scopes'), asked)];
}

function scopesFinding(told: string | null, asked: readonly string[]): Finding {
  if (told === null) return { state: 'note', says: 'Slack does not say which scopes the app has' };
  const granted = told.split(',').map((name) => name.trim());
  const missing = asked.filter((scope) => !granted.includes(scope));
  if (missing.length === 0) {
    return { state: 'good', says: 'Slack: scopes as manifest.slack.json asks' };
  }
  const mend = 'Add them on the page OAuth & Permissions and install the app again.';
  return { state: 'bad', says: `The Slack app lacks scopes: ${missing.join(', ')}.`, mend };
}

/** How events come to us. */
async function checkWay(
  api: string,
  config: At & { readonly slack: Slack },
): Promise<readonly Finding[]> {
  const { slack, publicUrl } = config;
  if (slack.appToken !== undefined) return [await checkSocket(api, slack.appToken)];
  if (publicUrl === undefined) {
    return [
      {
        state: 'bad',
        says: 'Slack has no way to reach this server: neither SLACK_APP_TOKEN nor PUBLIC_URL is set.',
        mend: 'Set SLACK_APP_TOKEN (Socket Mode), or PUBLIC_URL and the request URLs of the app.',
      },
    ];
  }
  const says = `Slack: events over HTTP; the app's request URLs must be ${publicUrl}/slack/events`;
  return [{ state: 'note', says }, ...(await probeWebhooks('Slack', '/slack/events', config))];
}

async function checkSocket(api: string, appToken: string): Promise<Finding> {
  const { said } = await call(api, 'apps.connections.open', appToken);
  if (said.ok) return { state: 'good', says: 'Slack: Socket Mode' };
  return {
    state: 'bad',
    says: `Slack refuses SLACK_APP_TOKEN: ${said.error}.`,
    mend: 'Make one under Basic Information, App-Level Tokens, with the scope connections:write, and switch Socket Mode on.',
  };
}

async function call(api: string, method: string, token: string) {
  const answer = await fetch(`${api}/${method}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  if (!answer.ok) throw new Error(`${method} has status ${answer.status}`);
  return { said: answerSchema.parse(await answer.json()), answer };
}
