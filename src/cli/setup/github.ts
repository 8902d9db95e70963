/** `threadcast setup github`: makes the App from app.yml and keeps its secrets in `.env`. */
import { hostname } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { AppError } from '../../core/model/errors.ts';
import type { Cli } from '../command.ts';
import { githubSite } from '../github-site.ts';
import type { GitHubServer } from '../github-site.ts';
import { readGitHubManifest } from '../manifests.ts';
import { needSetup } from '../need-setup.ts';
import type { MadeApp } from './conversion.ts';
import { addToEnvFile, assertWritable, namesIn } from './env-file.ts';
import { openManifestFlow } from './manifest-flow.ts';
import type { ManifestFlow } from './manifest-flow.ts';
import { unreachableAddress } from './public-address.ts';
import { ownCommand } from '../../core/model/own-command.ts';

const SECRETS = ['APP_ID', 'PRIVATE_KEY', 'PRIVATE_KEY_PATH', 'WEBHOOK_SECRET'];
const USAGE = 'Usage: threadcast setup github [--org NAME] [--host GHE_HOST] [--port LOCAL_PORT]';

interface Wish {
  readonly org: string | undefined;
  /** Undefined: as GHE_HOST and GHE_PROTOCOL say. */
  readonly server: GitHubServer | undefined;
  readonly port: number;
}

export async function setupGitHub(cli: Cli, args: readonly string[]): Promise<number> {
  const wish = wishOf(args);
  if (wish === undefined) {
    cli.err(USAGE);
    return 2;
  }
  const setup = needSetup(cli);
  if (setup === undefined) return 1;
  const { config } = setup;
  const server = wish.server ?? config.githubServer;
  const file = path.join(cli.cwd, '.env');
  const taken = await namesIn(file, SECRETS);
  if (config.github !== undefined || taken.length > 0) {
    const where = taken.length > 0 ? `${file} has ${taken.join(', ')}` : 'APP_ID is set';
    cli.err(`GitHub is configured already: ${where}. Remove that first to make another App.`);
    return 1;
  }
  const own = server.host !== undefined && !server.host.endsWith('.ghe.com');
  const wrong = unreachableAddress('GitHub', config.publicUrl, { port: config.port, own });
  if (wrong !== undefined || config.publicUrl === undefined) {
    cli.err(wrong ?? USAGE);
    return 1;
  }
  await assertWritable(file);
  const { publicUrl } = config;
  const flow = await openManifestFlow({
    ...wish,
    site: githubSite(server),
    manifest: await readGitHubManifest(),
    publicUrl,
    onTrouble: (sentence) => cli.err(sentence),
  });
  try {
    cli.out(begin(flow));
    const app = await flow.made;
    await keep(file, app, { PUBLIC_URL: publicUrl, ...namesOf(server) });
    cli.out(next(file, app));
    return 0;
  } finally {
    flow.close();
  }
}

function begin({ url, port }: ManifestFlow): string {
  return [
    'Open this in a browser, and press the buttons that you see:',
    '',
    `  ${url}`,
    '',
    'If the browser is on another machine, first run this there, and leave it running:',
    '',
    `  ssh -N -L ${port}:127.0.0.1:${port} ${hostname()}`,
    '',
    'Waiting for GitHub to send you back, for an hour. Ctrl+C gives up, and writes nothing.',
    '',
  ].join('\n');
}

/** What says which GitHub it is. */
function namesOf({ host, protocol }: GitHubServer): Readonly<Record<string, string>> {
  if (host === undefined) return {};
  return { GHE_HOST: host, ...(protocol === 'http' ? { GHE_PROTOCOL: protocol } : {}) };
}

/** The secrets, and of `known` what the file does not say yet. */
async function keep(
  file: string,
  app: MadeApp,
  known: Readonly<Record<string, string>>,
): Promise<void> {
  try {
    const there = await namesIn(file, Object.keys(known));
    const lacking = Object.entries(known).filter(([name]) => !there.includes(name));
    await addToEnvFile(file, {
      ...Object.fromEntries(lacking),
      APP_ID: String(app.id),
      PRIVATE_KEY: app.pem,
      WEBHOOK_SECRET: app.webhook_secret,
    });
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
    `1. Install it: open ${app.html_url}/installations/new, choose the repositories, press Install.`,
    `2. Start the server ("${ownCommand('start')}"), then look whether all is well ("${ownCommand('doctor')}").`,
    `3. Write "@${app.slug} agent=example plan" in an issue.`,
  ].join('\n');
}

/** `--host` takes a host, or for a server without TLS its http:// address. */
function wishOf(args: readonly string[]): Wish | undefined {
  const text = { type: 'string' } as const;
  let values: { org?: string; host?: string; port?: string };
  try {
    ({ values } = parseArgs({ args: [...args], options: { org: text, host: text, port: text } }));
  } catch {
    return undefined;
  }
  const [, scheme = 'https', host] =
    /^(?:(https?):\/\/)?([\w.-]+(?::\d+)?)\/?$/.exec(values.host ?? '') ?? [];
  const port = Number(values.port ?? 0);
  if (values.host !== undefined && host === undefined) return undefined;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) return undefined;
  const server: GitHubServer = {
    host: host === 'github.com' ? undefined : host,
    protocol: scheme === 'http' ? 'http' : 'https',
  };
  return { org: values.org, port, server: values.host === undefined ? undefined : server };
}
