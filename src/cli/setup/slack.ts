/** `threadcast setup slack`: the link that makes the app from its manifest, and its tokens, checked. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { checkSlack } from '../checks/slack.ts';
import type { Cli, CliConfig, CliSlack } from '../command.ts';
import { findingLine } from '../mark.ts';
import { readSlackManifest } from '../manifests.ts';
import { needSetup } from '../need-setup.ts';
import { addToEnvFile, assertWritable, namesIn } from './env-file.ts';
import { unreachableAddress } from './public-address.ts';
import { SLACK_SECRETS, slackSteps } from './slack-steps.ts';
import type { SlackSecret, SlackWay } from './slack-steps.ts';
import { ownCommand } from '../../core/model/own-command.ts';

const USAGE = 'Usage: threadcast setup slack [--http]';

export async function setupSlack(cli: Cli, args: readonly string[]): Promise<number> {
  const isHttp = wantsHttp(args);
  if (isHttp === undefined) {
    cli.err(USAGE);
    return 2;
  }
  const setup = needSetup(cli);
  if (setup === undefined) return 1;
  const { slack, publicUrl, port } = setup.config;
  const way: SlackWay = isHttp || (slack !== undefined && !slack.appToken) ? 'http' : 'socket';
  const wrong = unreachableAddress('Slack', publicUrl, { port, own: false });
  if (way === 'http' && wrong !== undefined) {
    cli.err(`${wrong}\nOr leave --http out: with Socket Mode Slack need not reach this server.`);
    return 1;
  }
  const manifest = await readSlackManifest();
  const canHttp = wrong === undefined;
  cli.out(`${slackSteps(way, manifest, canHttp ? publicUrl : undefined)}\n`);
  if (slack === undefined) return takeTokens(cli, way, setup.config);
  return look(cli, slack, setup.config);
}

function wantsHttp(args: readonly string[]): boolean | undefined {
  try {
    const options = { http: { type: 'boolean', default: false } } as const;
    return parseArgs({ args: [...args], options }).values.http;
  } catch {
    return undefined;
  }
}

async function look(cli: Cli, slack: CliSlack, config: CliConfig): Promise<number> {
  const findings = await checkSlack({ ...config, slack }, await readSlackManifest(), Date.now);
  cli.out(findings.map(findingLine).join('\n'));
  return findings.some(({ state }) => state === 'bad') ? 1 : 0;
}

/** Asks for what is missing, and keeps it once Slack takes it. */
async function takeTokens(cli: Cli, way: SlackWay, config: CliConfig): Promise<number> {
  const { publicUrl } = config;
  const file = path.join(cli.cwd, '.env');
  const wanted = SLACK_SECRETS[way];
  const taken = await namesIn(
    file,
    wanted.map(({ name }) => name),
  );
  if (taken.length > 0) {
    cli.err(`${file} has ${taken.join(', ')} already. Remove that first to use another app.`);
    return 1;
  }
  await assertWritable(file);
  const given: Partial<Record<SlackSecret['name'], string>> = {};
  for (const secret of wanted) {
    const answer = await askFor(cli, secret);
    if (answer === undefined) {
      cli.out('Nothing is written. With the tokens in .env, run this again: it checks them.');
      return 0;
    }
    given[secret.name] = answer;
  }
  const slack: CliSlack = {
    botToken: given.SLACK_BOT_TOKEN,
    appToken: given.SLACK_APP_TOKEN,
    apiUrl: config.slackApiUrl,
  };
  const code = await look(cli, slack, config);
  if (code !== 0) {
    cli.err('\nNothing is written. Mend that, and run this again.');
    return code;
  }
  const address = (await namesIn(file, ['PUBLIC_URL'])).length > 0 ? undefined : publicUrl;
  await addToEnvFile(file, {
    ...(way === 'http' && address !== undefined ? { PUBLIC_URL: address } : {}),
    ...given,
  });
  cli.out(
    `\nWritten to ${file}. Start the server ("${ownCommand('start')}"), then /invite @Threadcast.`,
  );
  return 0;
}

/** Asks until the answer has the right form; undefined when nobody answers. */
async function askFor(cli: Cli, secret: SlackSecret): Promise<string | undefined> {
  for (;;) {
    const answer = await cli.ask(`${secret.label} (is not shown):`);
    if (answer === undefined || answer === '') return undefined;
    if (secret.form.test(answer)) return answer;
    cli.out(`That is no ${secret.label}: ${secret.looks}. Enter alone gives up.`);
  }
}
