/** `threadcast setup github`: makes the App from app.yml and keeps its secrets in `.env`. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { AppError } from '../../core/model/errors.ts';
import type { Cli } from '../command.ts';
import { githubSite } from '../github-site.ts';
import { readGitHubManifest } from '../manifests.ts';
import { needSetup } from '../need-setup.ts';
import { addToEnvFile, namesIn } from './env-file.ts';
import { openManifestFlow } from './manifest-flow.ts';
import type { MadeApp } from './manifest-flow.ts';

const NAMES = [
  'APP_ID',
  'PRIVATE_KEY',
  'PRIVATE_KEY_PATH',
  'WEBHOOK_SECRET',
  'GHE_HOST',
  'GHE_PROTOCOL',
];
const USAGE = 'Usage: threadcast setup github [--org NAME] [--host GHE_HOST]';

interface Wish {
  readonly org: string | undefined;
  readonly host: string | undefined;
  readonly protocol: 'http' | 'https';
}

export async function setupGitHub(cli: Cli, args: readonly string[]): Promise<number> {
  const wish = wishOf(args);
  if (wish === undefined) {
    cli.err(USAGE);
    return 2;
  }
  const setup = needSetup(cli);
  if (setup === undefined) return 1;
  const { publicUrl, github } = setup.config;
  const file = path.join(cli.cwd, '.env');
  const taken = await namesIn(file, NAMES);
  if (github !== undefined || taken.length > 0) {
    const where = taken.length > 0 ? `${file} has ${taken.join(', ')}` : 'APP_ID is set';
    cli.err(`GitHub is configured already: ${where}. Remove that first to make another App.`);
    return 1;
  }
  if (publicUrl === undefined) {
    cli.err(
      'Set PUBLIC_URL first, to the https:// address under which GitHub reaches this server: the App sends its webhooks there.',
    );
    return 1;
  }
  const site = githubSite(wish);
  const flow = await openManifestFlow(site, await readGitHubManifest(), {
    publicUrl,
    org: wish.org,
  });
  try {
    cli.out(`Open this on this machine, and press the buttons that you see:\n\n  ${flow.url}\n`);
    const app = await flow.made;
    await keep(file, app, wish);
    cli.out(next(file, app));
    return 0;
  } finally {
    flow.close();
  }
}

async function keep(file: string, app: MadeApp, { host, protocol }: Wish): Promise<void> {
  const values: Record<string, string> = {
    APP_ID: String(app.id),
    PRIVATE_KEY: app.pem,
    WEBHOOK_SECRET: app.webhook_secret,
  };
  if (host !== undefined) values['GHE_HOST'] = host;
  if (protocol === 'http') values['GHE_PROTOCOL'] = protocol;
  try {
    await addToEnvFile(file, values);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const gone = `The App ${app.slug} is made, but its secrets could not be written: ${why}`;
    throw new AppError('unavailable', `${gone}\nDelete it (${app.html_url}) and begin again.`, {
      cause,
    });
  }
}

function next(file: string, app: MadeApp): string {
  return [
    `The App ${app.slug} is made; its secrets are in ${file}.`,
    '',
    `1. Install it: ${app.html_url}/installations/new, choose the repositories, press Install.`,
    '2. Start the server ("threadcast start"), and check with "threadcast doctor".',
    `3. Write "@${app.slug} agent=example plan" in an issue.`,
  ].join('\n');
}

/** `--host` takes a host, or for a server without TLS its http:// address. */
function wishOf(args: readonly string[]): Wish | undefined {
  try {
    const options = { org: { type: 'string' }, host: { type: 'string' } } as const;
    const { values } = parseArgs({ args: [...args], options });
    const [, scheme = 'https', host] =
      /^(?:(https?):\/\/)?([\w.-]+(?::\d+)?)\/?$/.exec(values.host ?? '') ?? [];
    if (values.host !== undefined && host === undefined) return undefined;
    return {
      org: values.org,
      host: host === 'github.com' ? undefined : host,
      protocol: scheme === 'http' ? 'http' : 'https',
    };
  } catch {
    return undefined;
  }
}
