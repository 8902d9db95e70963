/** Does Slack know our tokens, with every scope that manifest.slack.json asks for? */
import { z } from 'zod';
import type { CliConfig, Finding } from '../command.ts';
import type { SlackManifest } from '../manifests.ts';
import { DEADLINE_MS, unreachable } from './unreachable.ts';

type Slack = NonNullable<CliConfig['slack']>;

const answerSchema = z.object({
  ok: z.boolean(),
  error: z.string().optional(),
  team: z.string().optional(),
  user: z.string().optional(),
});

export async function checkSlack(
  { slack, publicUrl }: Pick<CliConfig, 'publicUrl'> & { readonly slack: Slack },
  manifest: SlackManifest,
): Promise<readonly Finding[]> {
  const api = slack.apiUrl ?? 'https://slack.com/api';
  try {
    return [
      ...(await checkBotToken(api, slack.botToken, manifest.scopes)),
      await checkWay(api, slack, publicUrl),
    ];
  } catch (error) {
    return [unreachable('Slack', api, error)];
  }
}

async function checkBotToken(
  api: string,
  token: string | undefined,
  asked: readonly string[],
): Promise<readonly Finding[]> {
  if (token === undefined) {
    return [{ state: 'note', says: 'Slack: workspaces install the app themselves; no own token' }];
  }
  const { said, headers } = await call(api, 'auth.test', token);
  if (!said.ok) {
    const mend = 'Set SLACK_BOT_TOKEN to the Bot User OAuth Token of the page OAuth & Permissions.';
    return [{ state: 'bad', says: `Slack refuses SLACK_BOT_TOKEN: ${said.error}.`, mend }];
  }
  const known: Finding = {
    state: 'good',
    says: `Slack: ${said.user ?? 'the app'} is in the workspace ${said.team ?? ''}`.trimEnd(),
  };
  const granted = (headers.get('x-oauth-scopes') ?? '').split(',').map((name) => name.trim());
  const missing = asked.filter((scope) => !granted.includes(scope));
  if (missing.length === 0) {
    return [known, { state: 'good', says: 'Slack: scopes as manifest.slack.json asks' }];
  }
  const mend = 'Add them on the page OAuth & Permissions and install the app again.';
  return [known, { state: 'bad', says: `The app lacks scopes: ${missing.join(', ')}.`, mend }];
}

/** How events come to us. */
async function checkWay(
  api: string,
  slack: Slack,
  publicUrl: string | undefined,
): Promise<Finding> {
  if (slack.appToken === undefined) {
    if (publicUrl !== undefined) {
      const says = `Slack: events over HTTP; the app's request URLs must be ${publicUrl}/slack/events`;
      return { state: 'note', says };
    }
    return {
      state: 'bad',
      says: 'Slack has no way to reach this server: neither SLACK_APP_TOKEN nor PUBLIC_URL is set.',
      mend: 'Set SLACK_APP_TOKEN (Socket Mode), or PUBLIC_URL and the request URLs of the app.',
    };
  }
  const { said } = await call(api, 'apps.connections.open', slack.appToken);
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
  return { said: answerSchema.parse(await answer.json()), headers: answer.headers };
}
