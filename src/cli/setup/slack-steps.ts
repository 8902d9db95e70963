/** What a person clicks in Slack, and what they bring back, for both ways that events can come. */
import { overHttp } from '../manifests.ts';
import type { SlackManifest } from '../manifests.ts';
import { ownCommand } from '../../core/model/own-command.ts';

/** `http`: Slack posts events to PUBLIC_URL. */
export type SlackWay = 'socket' | 'http';

export interface SlackSecret {
  readonly name: 'SLACK_APP_TOKEN' | 'SLACK_BOT_TOKEN' | 'SLACK_SIGNING_SECRET';
  readonly label: string;
  readonly form: RegExp;
  readonly looks: string;
}

const BOT_TOKEN: SlackSecret = {
  name: 'SLACK_BOT_TOKEN',
  label: 'Bot User OAuth Token',
  form: /^xoxb-[\w-]+$/,
  looks: 'it begins with xoxb-',
};

/** In the order in which the pages of Slack give them. */
export const SLACK_SECRETS: Readonly<Record<SlackWay, readonly SlackSecret[]>> = {
  socket: [
    {
      name: 'SLACK_APP_TOKEN',
      label: 'App-Level Token',
      form: /^xapp-[\w-]+$/,
      looks: 'it begins with xapp-',
    },
    BOT_TOKEN,
  ],
  http: [
    {
      name: 'SLACK_SIGNING_SECRET',
      label: 'Signing Secret',
      form: /^[0-9a-f]{32}$/,
      looks: 'it has 32 of the characters 0-9 and a-f',
    },
    BOT_TOKEN,
  ],
};

/** `publicUrl`: where Slack could reach this server; undefined: nowhere. */
export function slackSteps(
  way: SlackWay,
  manifest: SlackManifest,
  publicUrl: string | undefined,
): string {
  const json =
    way === 'http' && publicUrl !== undefined ? overHttp(manifest, publicUrl) : manifest.json;
  const link = `https://api.slack.com/apps?new_app=1&manifest_json=${encodeURIComponent(json)}`;
  const second =
    way === 'http'
      ? '2. Basic Information, Signing Secret, Show: it is SLACK_SIGNING_SECRET.'
      : '2. Basic Information, App-Level Tokens: make one with the scope connections:write. It is SLACK_APP_TOKEN.';
  const other =
    way === 'socket' && publicUrl !== undefined
      ? [
          `Events over HTTP to ${publicUrl} instead of Socket Mode: ${ownCommand('setup slack --http')}`,
        ]
      : [];
  return [
    '1. Open this link, choose the workspace, and press Create:',
    '',
    `  ${link}`,
    '',
    second,
    '3. Install App: press Install. The Bot User OAuth Token is SLACK_BOT_TOKEN.',
    '4. Give both here, or write them into .env, one NAME=value a line, and run this again.',
    ...(way === 'http'
      ? ['5. Start the server. Event Subscriptions: press Retry until the Request URL is verified.']
      : []),
    '',
    ...other,
    ...(publicUrl === undefined ? [] : [manyWorkspaces(publicUrl)]),
  ]
    .join('\n')
    .trimEnd();
}

function manyWorkspaces(publicUrl: string): string {
  return `For many workspaces see "Slack" in the README: each installs the app at ${publicUrl}/slack/install.`;
}
