/** `threadcast setup slack`: the link that makes the app from its manifest, and a look at its tokens. */
import { checkSlack } from '../checks/slack.ts';
import type { Cli } from '../command.ts';
import { findingLine } from '../mark.ts';
import { readSlackManifest } from '../manifests.ts';
import { needSetup } from '../need-setup.ts';

export async function setupSlack(cli: Cli, args: readonly string[]): Promise<number> {
  if (args.length > 0) {
    cli.err('Usage: threadcast setup slack');
    return 2;
  }
  const manifest = await readSlackManifest();
  const link = `https://api.slack.com/apps?new_app=1&manifest_json=${encodeURIComponent(manifest.json)}`;
  cli.out(`${steps(link)}\n`);
  const setup = needSetup(cli);
  if (setup === undefined) return 1;
  const { slack, publicUrl } = setup.config;
  if (slack === undefined) {
    cli.out('No token is set yet. With them in .env, run this again: it checks them.');
    return 0;
  }
  const findings = await checkSlack({ slack, publicUrl }, manifest);
  cli.out(findings.map(findingLine).join('\n'));
  return findings.some(({ state }) => state === 'bad') ? 1 : 0;
}

function steps(link: string): string {
  return [
    '1. Open this link, choose the workspace, and press Create:',
    '',
    `  ${link}`,
    '',
    '2. Basic Information, App-Level Tokens: make one with the scope connections:write. It is SLACK_APP_TOKEN.',
    '3. Install App: press Install. The Bot User OAuth Token is SLACK_BOT_TOKEN.',
    '4. Write both into .env, one NAME=value a line. (Without Socket Mode: SLACK_SIGNING_SECRET',
    '   from Basic Information instead of SLACK_APP_TOKEN, and request URLs PUBLIC_URL/slack/events.)',
  ].join('\n');
}
